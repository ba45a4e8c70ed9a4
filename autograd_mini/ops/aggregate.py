"""Reductions that leave nan out, tests of all elements, and running extremes.

What is left out is replaced by what does not count, and gets a cotangent of exactly 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..primitive import composite, primitive
from .discrete import all_, any_, isnan
from .indexing import choice, take_along_axis
from .operands import MISSING, operand, refuse_out
from .reduction import (
    Axis,
    count,
    cumprod,
    cumsum,
    max_,
    max_of,
    mean_of,
    min_,
    min_of,
    prod_of,
    std_of,
    sum_of,
    var_of,
)
from .shape import astype, expand_dims, reshape, transpose


def given(keepdims: Any) -> bool:
    """`keepdims` as it was given, or False."""
    return keepdims is not MISSING and bool(keepdims)


def only(a: Any, where: Any, otherwise: Any) -> Any:
    """`a` where the mask holds, and a constant elsewhere."""
    kind = a.dtype if hasattr(a, "dtype") else np.asarray(a).dtype
    return choice(where, a, operand(otherwise, kind))


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
    return sum_of(only(a, ~isnan(a), 0), axis, dtype, out, keepdims, **options)


@composite(np.nanprod)
def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    """The product of what is not nan."""
    return prod_of(only(a, ~isnan(a), 1), axis, dtype, out, keepdims, **options)


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


nanmax = composite(np.nanmax)(nan_extreme(max_, max_of, "nanmax"))
nanmin = composite(np.nanmin)(nan_extreme(min_, min_of, "nanmin"))


def seen(a: Any, where: Any) -> Any:
    """The mask of what is not nan, within another one."""
    return ~isnan(a) if where is True or where is MISSING else np.logical_and(~isnan(a), where)


@composite(np.nanmean)
def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The mean of what is not nan."""
    return mean_of(a, axis, dtype, out, keepdims, where=seen(a, where))


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
    return var_of(only(a, mask, 0), axis, dtype, out, ddof, keepdims, where=mask, **options)


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
    return std_of(only(a, mask, 0), axis, dtype, out, ddof, keepdims, where=mask, **options)


# ---- running


@composite(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running sum, in which nan counts 0."""
    return cumsum(only(a, ~isnan(a), 0), axis, dtype, out)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running product, in which nan counts 1."""
    return cumprod(only(a, ~isnan(a), 1), axis, dtype, out)


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


for extremes in (np.maximum, np.minimum):
    composite((extremes, "accumulate"))(running_extreme(extremes))
