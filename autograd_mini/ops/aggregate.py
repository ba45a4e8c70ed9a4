"""Reductions with `where`, `initial`, `mean` and `correction`; those that leave nan out; running ones.

A call with none of these goes straight to the op in `reduction`; else the elements left out are
replaced by what does not count, and get a cotangent of exactly 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import ShapeError
from ..primitive import composite, elementwise, primitive
from .discrete import all_, any_, isnan
from .indexing import choice, take_along_axis
from .operands import MISSING, operand, refuse_out
from .reduction import (
    Axis,
    count,
    cumprod,
    cumsum,
    max_,
    mean,
    min_,
    prod_,
    std,
    sum_,
    var,
)  # fmt: skip
from .shape import astype, broadcast_to, concatenate, expand_dims, reshape, transpose

# sqrt, whose derivative at 0 is 0: the spread of constant data
root = elementwise(
    lambda x: np.sqrt(x),  # noqa: PLW0108  # a function of its own, as np.sqrt has another rule
    lambda y, x: np.where(np.equal(y, 0), 0.0, 0.5 / np.where(np.equal(y, 0), 1.0, y)),
    name="root",
    domain=(0.2, 2.0),
    doc="The square root; its derivative at 0 is 0.",
)


def given(keepdims: Any) -> bool:
    """`keepdims` as it was given, or False."""
    return keepdims is not MISSING and bool(keepdims)


def only(a: Any, where: Any, otherwise: Any) -> Any:
    """`a` where the mask holds, and a constant elsewhere."""
    kind = a.dtype if hasattr(a, "dtype") else np.asarray(a).dtype
    return choice(where, a, operand(otherwise, kind)[()])


# ---- sums, products, extremes, means


@composite(np.sum)
def total(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = MISSING,
    where: Any = True,
) -> Any:
    """The sum along `axis`, of the elements where a mask holds, and of `initial`."""
    if where is True and initial is MISSING:
        return sum_(a, axis, dtype, out, keepdims)
    refuse_out("sum", out)
    if where is not True and where is not MISSING:
        a = only(a, where, 0)
    y = sum_(a, axis, dtype, None, given(keepdims))
    return y if initial is MISSING else y + initial


@composite(np.prod)
def product(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = MISSING,
    where: Any = True,
) -> Any:
    """The product along `axis`, of the elements where a mask holds, and of `initial`."""
    if where is True and initial is MISSING:
        return prod_(a, axis, dtype, out, keepdims)
    refuse_out("prod", out)
    if where is not True and where is not MISSING:
        a = only(a, where, 1)
    y = prod_(a, axis, dtype, None, given(keepdims))
    return y if initial is MISSING else y * initial


def extreme(op: Any, larger: Any) -> Any:
    """The largest or the smallest element along `axis`, with NumPy's options."""

    def along(
        a: Any, axis: Axis = None, out: Any = None, keepdims: Any = False, initial: Any = MISSING, where: Any = True
    ) -> Any:
        if where is True and initial is MISSING:
            return op(a, axis, out, keepdims)
        refuse_out(op.name, out)
        is_masked = where is not True and where is not MISSING
        if is_masked and initial is MISSING:
            raise ValueError(
                f"{op.name}: got where= without initial=; a row where the mask holds nowhere has no {op.name}; "
                "give the number that it is to have"
            )
        if initial is MISSING:
            return op(a, axis, None, given(keepdims))
        if not is_masked and count(np.shape(a), axis):
            return larger(op(a, axis, None, given(keepdims)), initial)
        # The mask may hold nowhere, and a may be empty: one more element, which is `initial`.
        rows = in_rows(a, axis)
        kept = only(rows, in_rows(broadcast_to(where, np.shape(a)), axis), -np.inf if op is max_ else np.inf)
        one_more = operand(initial, a.dtype)
        y = op(concatenate([kept, broadcast_to(one_more, (*np.shape(rows)[:-1], 1))], -1), -1)
        return restored(y, a, axis) if given(keepdims) else y

    along.__name__ = op.name
    along.__doc__ = op.__doc__
    return along


def in_rows(a: Any, axis: Axis) -> Any:
    """`a` with the axes of a reduction flattened into the last one."""
    n = np.ndim(a)
    lost = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    left = tuple(i for i in range(n) if i not in lost)
    a = a if lost == tuple(range(len(left), n)) else transpose(a, (*left, *lost))
    return reshape(a, (*np.shape(a)[: len(left)], count(np.shape(a), tuple(range(len(left), n)))))


def restored(y: Any, a: Any, axis: Axis, lead: int = 0) -> Any:
    """A reduction of `a` with the axes that it took away, each of length 1, behind `lead` new ones."""
    n = np.ndim(a)
    lost = range(n) if axis is None else normalize_axis_tuple(axis, n)
    return expand_dims(y, tuple(i + lead for i in sorted(lost)))


largest = composite(np.max, np.amax)(extreme(max_, np.maximum))
smallest = composite(np.min, np.amin)(extreme(min_, np.minimum))


@composite(np.mean)
def middle(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The arithmetic mean along `axis`, of the elements where a mask holds."""
    if where is True or where is MISSING:
        return mean(a, axis, dtype, out, keepdims)
    refuse_out("mean", out)
    return total(a, axis, dtype, None, keepdims, where=where) / counted(a, where, axis, given(keepdims))


def counted(a: Any, where: Any, axis: Axis, keepdims: bool) -> Any:
    """How many elements a mask leaves of each row."""
    return astype(np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims), a.real.dtype)


def spread(op: Any) -> Any:
    """The variance or the standard deviation, with NumPy's options."""

    def along(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = MISSING,
        correction: Any = MISSING,
    ) -> Any:
        refuse_out(op.name, out)
        if correction is not MISSING:
            if ddof != 0:
                raise ValueError(f"{op.name}: got ddof and correction; they mean the same; give one of them")
            ddof = correction
        if (where is True or where is MISSING) and mean is MISSING:
            return op(a, axis, dtype, None, ddof, given(keepdims))
        if dtype is not None:
            a = astype(a, dtype)
        mask: Any = True if where is MISSING else where
        centre = middle(a, axis, keepdims=True, where=mask) if mean is MISSING else mean
        d = a - centre
        squares = np.real(d * np.conjugate(d)) if d.dtype.kind == "c" else d * d
        n = count(np.shape(a), axis) if mask is True else counted(a, mask, axis, given(keepdims))
        y = total(squares, axis, keepdims=keepdims, where=mask) / np.maximum(n - ddof, np.zeros((), squares.dtype))
        return root(y) if op is std else y

    along.__name__ = op.name
    along.__doc__ = op.__doc__
    return along


variance = composite(np.var)(spread(var))
deviation = composite(np.std)(spread(std))


# ---- tests


@composite(np.all)
def every(a: Any, axis: Axis = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """Whether all elements are true where a mask holds; without derivative."""
    refuse_out("all", out)
    if where is not True and where is not MISSING:
        a = np.logical_or(a, np.logical_not(where))
    return all_(a, axis, None, given(keepdims))


@composite(np.any)
def some(a: Any, axis: Axis = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """Whether any element is true where a mask holds; without derivative."""
    refuse_out("any", out)
    if where is not True and where is not MISSING:
        a = np.logical_and(a, where)
    return any_(a, axis, None, given(keepdims))


# ---- nan left out


@composite(np.nansum)
def nansum(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    """The sum of what is not nan."""
    return total(only(a, ~isnan(a), 0), axis, dtype, out, keepdims, **options)


@composite(np.nanprod)
def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    """The product of what is not nan."""
    return product(only(a, ~isnan(a), 1), axis, dtype, out, keepdims, **options)


def nan_extreme(op: Any, along: Any, name: str) -> Any:
    """The largest or smallest element that is not nan; nan where all are."""

    def without_nan(
        a: Any, axis: Axis = None, out: Any = None, keepdims: Any = False, initial: Any = MISSING, where: Any = True
    ) -> Any:
        refuse_out(name, out)
        least = -np.inf if op is max_ else np.inf
        y = along(only(a, ~isnan(a), least), axis, None, keepdims, initial, where)
        is_lost = np.all(isnan(a), axis=axis, keepdims=given(keepdims))
        return y if initial is not MISSING else only(y, ~is_lost, np.nan)

    without_nan.__name__ = name
    return without_nan


nanmax = composite(np.nanmax)(nan_extreme(max_, largest, "nanmax"))
nanmin = composite(np.nanmin)(nan_extreme(min_, smallest, "nanmin"))


def seen(a: Any, where: Any) -> Any:
    """The mask of what is not nan, within another one."""
    return ~isnan(a) if where is True or where is MISSING else np.logical_and(~isnan(a), where)


@composite(np.nanmean)
def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The mean of what is not nan."""
    return middle(a, axis, dtype, out, keepdims, where=seen(a, where))


@composite(np.nanvar)
def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    **options: Any,
) -> Any:
    """The variance of what is not nan."""
    mask = seen(a, where)
    return variance(only(a, mask, 0), axis, dtype, out, ddof, keepdims, where=mask, **options)


@composite(np.nanstd)
def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    **options: Any,
) -> Any:
    """The standard deviation of what is not nan."""
    mask = seen(a, where)
    return deviation(only(a, mask, 0), axis, dtype, out, ddof, keepdims, where=mask, **options)


# ---- running


@composite(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running sum, in which nan counts 0."""
    return cumsum(only(a, ~isnan(a), 0), axis, dtype, out)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running product, in which nan counts 1."""
    return cumprod(only(a, ~isnan(a), 1), axis, dtype, out)


def running(op: Any, start: float, name: str) -> Any:
    """The array API's running sum or product."""

    def along(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        if axis is None:
            if np.ndim(x) > 1:
                raise ShapeError(f"{name}: got {np.ndim(x)} axes; of more than one, give axis=")
            axis = 0
        y = op(x, axis, dtype, out)
        if not include_initial:
            return y
        first = list(np.shape(y))
        first[axis] = 1
        return concatenate([np.full(first, start, y.dtype), y], axis)

    along.__name__ = name
    return along


cumulative_sum = composite(np.cumulative_sum)(running(cumsum, 0, "cumulative_sum"))
cumulative_prod = composite(np.cumulative_prod)(running(cumprod, 1, "cumulative_prod"))


@primitive(samples=lambda a: [(a(6),), (a(2, 4), {"axis": 1}), (a(3, 2), {"is_max": False})])
def record_places(x: Any, /, is_max: bool = True, axis: int = 0) -> Any:
    """For each element along `axis`, the place of the first that is the extreme so far; a nan stays it."""
    m = np.moveaxis((np.maximum if is_max else np.minimum).accumulate(x, axis), axis, -1)
    before, after = m[..., :-1], m[..., 1:]
    is_new = np.zeros(m.shape, "?")
    is_new[..., 1:] = (before != after) & ~np.isnan(before)
    places = np.where(is_new, np.arange(m.shape[-1]), 0)
    return np.moveaxis(np.maximum.accumulate(places, -1), -1, axis)


record_places.vjps = (None,)


def running_extreme(ufunc: Any) -> Any:
    """The largest or smallest element so far; the first of several equal ones has the derivative."""

    def accumulate(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse_out(f"{ufunc.__name__}.accumulate", out)
        a = array if dtype is None else astype(array, dtype)
        return take_along_axis(a, record_places(a, is_max=ufunc is np.maximum, axis=axis), axis)

    return accumulate


# ---- the same as methods of ufuncs, where the first axis stands for no axis


def method(along: Any, *, has_dtype: bool) -> Any:
    """A reduction with the signature that `reduce` has."""

    def reduce(array: Any, axis: Axis = 0, dtype: Any = None, out: Any = None, *args: Any, **options: Any) -> Any:
        options.update(zip(("keepdims", "initial", "where"), args, strict=False))
        if has_dtype:
            return along(array, axis, dtype, out, **options)
        return along(array if dtype is None else astype(array, dtype), axis, out, **options)

    return reduce


for function, along in ((np.add, total), (np.multiply, product)):
    composite((function, "reduce"))(method(along, has_dtype=True))
for extremes, along in ((np.maximum, largest), (np.minimum, smallest)):
    composite((extremes, "reduce"))(method(along, has_dtype=False))
    composite((extremes, "accumulate"))(running_extreme(extremes))
