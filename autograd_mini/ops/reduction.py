"""Functions that reduce along axes, and running sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import ShapeError, UsageError
from ..primitive import composite, linear, primitive
from ..record import shape_of
from .elementwise import conjugated

Axis = int | Sequence[int] | None
SMALL = 10_000  # elements
ndarray = np.ndarray
add_reduce: Any = np.add.reduce
max_reduce: Any = np.maximum.reduce
min_reduce: Any = np.minimum.reduce
multiply_reduce: Any = np.multiply.reduce


def kept(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool = False) -> Any:
    """`g` with the axes that a reduction of `shape` took away, each of length 1."""
    if keepdims or axis is None or g.__class__ is float:
        return g
    if axis.__class__ is int:
        i = axis if axis >= 0 else axis + len(shape)
        return g.reshape((*shape[:i], 1, *shape[i + 1 :]))
    lost = normalize_axis_tuple(axis, len(shape))
    return g.reshape(tuple(1 if i in lost else n for i, n in enumerate(shape)))


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements each result of a reduction is made of."""
    if axis is None:
        return product(shape)
    if axis.__class__ is int:
        return shape[axis]
    return product(shape[i] for i in normalize_axis_tuple(axis, len(shape)))


REDUCTIONS: Any = lambda a: [
    (a(3),),
    (a(2, 3),),
    (a(2, 3), 0),
    (a(2, 3), -1),
    (a(2, 3), ()),
    (a(2, 3, 2), (0, -1)),
    (a(2, 3), 1, {"keepdims": True}),
    (a(0, 3), 1),
    (a(),),
]  # one table for all
WITH_EMPTY = lambda a: [*REDUCTIONS(a), (a(0),), (a(2, 0), 1), (a(0, 3), 0, {"keepdims": True})]  # not for an extreme


@linear(
    np.sum,
    transpose=lambda g, x, axis, dtype, keepdims: kept(g, shape_of(x), axis, keepdims),
    samples=WITH_EMPTY,
)
def sum_(a: Any, /, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """The sum along `axis`; over all elements when None."""
    return add_reduce(a, axis, dtype, None, keepdims)


@sum_.raw_vjp
def _(g: Any, y: Any, x: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    if axis is not None:
        return kept(g, shape_of(x), axis, keepdims)
    if g.__class__ is float and x.__class__ is ndarray and x.size < SMALL:
        c = np.empty(x.shape, x.dtype)  # 200 ns, and the rules that take it from here save more than that
        c.fill(g)
        return c
    return g  # which stays small until it is needed in full


@linear(
    np.mean,
    transpose=lambda g, x, axis, dtype, keepdims: (
        kept(g, shape_of(x), axis, keepdims) * (1 / max(1, count(shape_of(x), axis)))
    ),
    samples=REDUCTIONS,
)
def mean(a: Any, /, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """The arithmetic mean along `axis`; over all elements when None."""
    if dtype is not None or shape_of(a) == () or a.dtype.char not in "fd" or not a.size:
        return np.mean(a, axis, dtype, keepdims=keepdims)
    return add_reduce(a, axis, None, None, keepdims) / a.dtype.type(count(a.shape, axis))


def of_the_extreme(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """`g` to the elements equal to their maximum or minimum `y`, split evenly; to a nan if there is one."""
    shape = shape_of(x)
    y, g = kept(y, shape, axis, keepdims), kept(g, shape, axis, keepdims)
    is_it = np.logical_or(np.equal(x, y), np.isnan(x))
    return is_it * (g / np.sum(is_it, axis=axis, keepdims=True))


@primitive(np.max, np.amax, name="max", smooth=True, samples=REDUCTIONS)
def max_(a: Any, /, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """The largest element along `axis`; ties share the derivative evenly."""
    return max_reduce(a, axis, None, None, keepdims)


@primitive(np.min, np.amin, name="min", smooth=True, samples=REDUCTIONS)
def min_(a: Any, /, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """The smallest element along `axis`; ties share the derivative evenly."""
    return min_reduce(a, axis, None, None, keepdims)


max_.vjp(of_the_extreme)
min_.vjp(of_the_extreme)


def in_last_axis(x: Any, axis: Axis) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """`x` with the axes of a reduction flattened into the last one, and what undoes it."""
    n = len(shape_of(x))
    lost = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    order = (*(i for i in range(n) if i not in lost), *lost)
    moved = np.transpose(x, order)
    shape = moved.shape
    flat = np.reshape(moved, (*shape[: n - len(lost)], product(shape[n - len(lost) :])))
    return flat, shape, tuple(np.argsort(order).tolist())


def products_of_others(x: Any) -> Any:
    """For each element along the last axis, the product of all the others; no division, so zeros are exact.

    Products of pairs, of pairs of pairs and so on up; then down again, each half times its sibling.
    """
    n = x.shape[-1]
    if n == 0:
        return x
    if n == 1:
        return np.ones(shape_of(x), x.dtype)
    half = n // 2
    left, right, odd = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    above = products_of_others(np.concatenate([left * right, odd], axis=-1))
    pairs, last = above[..., :half], above[..., half:]
    return np.concatenate([pairs * right, pairs * left, last], axis=-1)


@primitive(np.prod, name="prod", samples=WITH_EMPTY)
def prod_(a: Any, /, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """The product along `axis`; exact, with all its derivatives, when factors are 0."""
    return multiply_reduce(a, axis, dtype, None, keepdims)


@prod_.vjp
def _(g: Any, y: Any, x: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    if not shape_of(x):
        return g
    flat, shape, back = in_last_axis(x, axis)
    others = np.transpose(np.reshape(products_of_others(flat), shape), back)
    return kept(g, shape_of(x), axis, keepdims) * conjugated(others)


def centred(x: Any, axis: Axis) -> Any:
    """X less its mean."""
    return x - np.mean(x, axis=axis, keepdims=True)


SPREADS = lambda a: [
    (a(4),),
    (a(2, 3), 0),
    (a(2, 3), 1, {"keepdims": True, "ddof": 1}),
    (a(2, 3, 2), (0, 2)),
]  # one table for both


def freedom(x: Any, axis: Axis, ddof: float) -> float:
    """The divisor of a variance."""
    return max(count(shape_of(x), axis) - ddof, 0)


@primitive(np.var, samples=SPREADS)
def var(
    a: Any, /, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """The mean squared distance from the mean, of n - ddof degrees of freedom."""
    return np.var(a, axis, dtype, None, ddof, keepdims)


@var.vjp
def _(g: Any, y: Any, x: Any, axis: Axis, dtype: Any, ddof: float, keepdims: bool) -> Any:
    return kept(g, shape_of(x), axis, keepdims) * (centred(x, axis) * np.divide(2.0, freedom(x, axis, ddof)).item())


@primitive(np.std, samples=SPREADS)
def std(
    a: Any, /, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """The square root of the variance; its derivative is 0 where all elements are equal."""
    return np.std(a, axis, dtype, None, ddof, keepdims)


@std.vjp
def _(g: Any, y: Any, x: Any, axis: Axis, dtype: Any, ddof: float, keepdims: bool) -> Any:
    shape = shape_of(x)
    y = kept(y, shape, axis, keepdims)
    slope = 1 / (np.where(np.equal(y, 0), 1, y) * np.divide(1.0, freedom(x, axis, ddof)).item() ** -1)
    return kept(g, shape, axis, keepdims) * (centred(x, axis) * np.where(np.equal(y, 0), 0, slope))


@primitive(np.cumsum, samples=lambda a: [(a(5),), (a(2, 3), -1), (a(2, 3), 0), (a(2, 2),), (a(0),), (a(2, 0), 1)])
def cumsum(a: Any, /, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running sum along `axis`; of the flattened array when None."""
    return np.cumsum(a, axis, dtype)


@cumsum.vjp
def _(g: Any, y: Any, x: Any, axis: int | None, dtype: Any) -> Any:
    c = np.flip(np.cumsum(np.flip(g, axis), axis), axis)
    return np.reshape(c, shape_of(x)) if axis is None else c


@primitive(
    np.cumprod, samples=lambda a: [(a(5),), (a(2, 3), 1), (a(3, 2), -2), (a(2, 2),), (a(1),), (a(0),), (a(2, 0), 1)]
)
def cumprod(a: Any, /, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """The running product along `axis`, of the flattened array when None; exact, with all its derivatives, at 0."""
    return np.cumprod(a, axis, dtype)


@cumprod.vjp
def _(g: Any, y: Any, x: Any, axis: int | None, dtype: Any) -> Any:
    if axis is None:
        flat = cumprod_cotangent(g, y, np.reshape(x, -1))
        return np.reshape(flat, shape_of(x))
    return np.moveaxis(cumprod_cotangent(*(np.moveaxis(v, axis, -1) for v in (g, y, x))), -1, axis)


def cumprod_cotangent(g: Any, y: Any, x: Any) -> Any:
    """The cotangent of x along the last axis, without division.

    That of x[i] is y[i-1] * s[i], where s[i] = g[i] + x[i+1] * s[i+1]: a recurrence solved by doubling, as
    s[i] = b[i] + a[i] * s[i+d] for d = 1, 2, 4, ...
    """
    if not shape_of(x)[-1]:
        return g
    x, y = conjugated(x), conjugated(y)
    end = np.zeros_like(x[..., :1])
    a, b = np.concatenate([x[..., 1:], end], axis=-1), g
    d, n = 1, shape_of(x)[-1]
    while d < n:
        rest = np.zeros_like(x[..., :d])
        b = b + np.concatenate([a[..., :-d] * b[..., d:], rest], axis=-1)
        a = np.concatenate([a[..., :-d] * a[..., d:], rest], axis=-1)
        d *= 2
    return np.concatenate([np.ones_like(end), y[..., :-1]], axis=-1) * b


# ---- the same of some of the elements only, and from a first number on

MISSING: Any = np._NoValue  # what NumPy takes for an option that is not given


def chosen(a: Any, where: Any, otherwise: Any) -> Any:
    """`a` where the mask holds (everywhere when none is given), else a neutral number."""
    if where is MISSING or where is True:
        return a
    dtype = a.dtype if hasattr(a, "dtype") else float
    return np.where(where, a, np.asarray(otherwise, dtype))


def started(y: Any, initial: Any, op: Any) -> Any:
    """The result and a first number."""
    return y if initial is MISSING or initial is None else op(y, initial)


@composite(np.sum)
def sum_of(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = MISSING,
) -> Any:
    """The sum of the elements where the mask holds, and of `initial`."""
    return started(sum_(chosen(a, where, 0), axis, dtype, out, keepdims), initial, np.add)


@composite(np.prod)
def prod_of(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = MISSING,
) -> Any:
    """The product of the elements where the mask holds, and of `initial`."""
    return started(prod_(chosen(a, where, 1), axis, dtype, out, keepdims), initial, np.multiply)


@composite(np.max, np.amax)
def max_of(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = MISSING,
) -> Any:
    """The largest of the elements where the mask holds, and of `initial`."""
    check_initial("max", initial, where)
    if initial is not MISSING and not count(np.shape(a), axis):
        return np.add.reduce(a, axis, keepdims=keepdims) + initial
    return started(max_(chosen(a, where, -np.inf), axis, out, keepdims), initial, np.maximum)


@composite(np.min, np.amin)
def min_of(
    a: Any,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = MISSING,
) -> Any:
    """The smallest of the elements where the mask holds, and of `initial`."""
    check_initial("min", initial, where)
    if initial is not MISSING and not count(np.shape(a), axis):
        return np.add.reduce(a, axis, keepdims=keepdims) + initial
    return started(min_(chosen(a, where, np.inf), axis, out, keepdims), initial, np.minimum)


def check_initial(name: str, initial: Any, where: Any) -> None:
    """Raise if a mask may leave nothing to choose from."""
    if where is not MISSING and where is not True and initial is MISSING:
        raise UsageError(f"{name}: got where= without initial=; a mask may leave no element; give initial= too")


def mask_of(a: Any, where: Any) -> Any:
    """The mask in the shape of `a`, as numbers."""
    return np.astype(np.broadcast_to(where, np.shape(a)), a.real.dtype)


@composite(np.mean)
def mean_of(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = MISSING
) -> Any:
    """The mean of the elements where the mask holds."""
    if where is MISSING or where is True:
        return mean(a, axis, dtype, out, keepdims)
    n = np.sum(mask_of(a, where), axis=axis, keepdims=keepdims)
    return sum_(chosen(a, where, 0), axis, dtype, out, keepdims) / n


@composite(np.var)
def var_of(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = MISSING,
    mean: Any = MISSING,
    correction: Any = MISSING,
) -> Any:
    """The variance of the elements where the mask holds, about `mean`; correction: another name of ddof."""
    ddof = corrected("var", ddof, correction)
    if (where is MISSING or where is True) and mean is MISSING:
        return var(a, axis, dtype, out, ddof, keepdims)
    mask = mask_of(a, True if where is MISSING else where)
    centre = mean_of(a, axis, dtype, keepdims=True, where=where) if mean is MISSING else mean
    off = np.abs(np.where(mask, a - centre, np.zeros((), a.dtype)))
    n = np.sum(mask, axis=axis, keepdims=keepdims)
    return sum_(off * off, axis, dtype, out, keepdims) / np.maximum(n - ddof, 0).astype(n.dtype)


@composite(np.std)
def std_of(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = MISSING,
    mean: Any = MISSING,
    correction: Any = MISSING,
) -> Any:
    """The square root of that variance; its derivative is 0 where it is 0."""
    ddof = corrected("std", ddof, correction)
    if (where is MISSING or where is True) and mean is MISSING:
        return std(a, axis, dtype, out, ddof, keepdims)
    y = var_of(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean)
    is_flat = np.equal(y, 0)
    return np.where(is_flat, np.zeros((), y.dtype), np.sqrt(np.where(is_flat, np.ones((), y.dtype), y)))


def corrected(name: str, ddof: float, correction: Any) -> float:
    """The degrees of freedom that are lost, given under one of two names."""
    if correction is MISSING:
        return ddof
    if ddof:
        raise UsageError(f"{name}: got ddof={ddof} and correction={correction}; they are one thing; give one")
    return float(correction)


# ---- the same as methods of ufuncs, where the first axis stands for no axis


def method(function: Any) -> Any:
    """`function` with the signature that `reduce` and `accumulate` have."""

    def of_first_axis(array: Any, axis: Axis = 0, dtype: Any = None, out: Any = None, **options: Any) -> Any:
        given = {} if dtype is None else {"dtype": dtype}
        if out is not None:
            given["out"] = out
        return function(array, axis, **given, **options)

    return of_first_axis


for ufunc, reduced in ((np.add, sum_of), (np.multiply, prod_of), (np.maximum, max_of), (np.minimum, min_of)):
    composite((ufunc, "reduce"))(method(reduced))
for ufunc, running in ((np.add, cumsum), (np.multiply, cumprod)):
    composite((ufunc, "accumulate"))(method(running))


@composite(np.cumulative_sum)
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """The running sum, from 0 on if `include_initial`."""
    return with_initial(cumsum(x, one_axis("cumulative_sum", x, axis), dtype, out), 0, axis, include_initial)


@composite(np.cumulative_prod)
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    """The running product, from 1 on if `include_initial`."""
    return with_initial(cumprod(x, one_axis("cumulative_prod", x, axis), dtype, out), 1, axis, include_initial)


def one_axis(name: str, x: Any, axis: int | None) -> int | None:
    """The axis to run along; or ShapeError if there are several and none is given."""
    if axis is None and np.ndim(x) > 1:
        raise ShapeError(f"{name}: got shape {np.shape(x)} and no axis; it needs one to run along; give axis=")
    return axis


def with_initial(y: Any, initial: float, axis: int | None, include: bool) -> Any:
    """`y` behind the first number, if that is wanted."""
    if not include:
        return y
    axis = 0 if axis is None else normalize_axis_index(axis, np.ndim(y))
    first = np.full((*np.shape(y)[:axis], 1, *np.shape(y)[axis + 1 :]), initial, y.dtype)
    return np.concatenate([first, y], axis=axis)


def finite_max(x: Any, axis: Axis) -> Any:
    """The largest element along `axis`, or 0 where it is infinite: what keeps exp from overflowing."""
    m = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(m), m, np.zeros((), m.dtype))


@primitive(samples=lambda a: [(a(4),), (a(2, 3), 0), (a(2, 3), 1, {"keepdims": True}), (a(2, 2), (0, 1)), (a(),)])
def logsumexp(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along `axis`, without overflow.

    -inf where every x is -inf: each then has the same share of the derivative.

    >>> float(logsumexp(np.array([1000.0, 1000.0])))
    1000.6931471805599
    """
    x = np.asarray(x)
    m = finite_max(x, axis)
    with np.errstate(divide="ignore"):
        y = np.log(add_reduce(np.exp(x - m), axis, None, None, True)) + m
    if keepdims:
        return y
    return np.squeeze(y, axis if axis is None or isinstance(axis, int) else tuple(axis))


@logsumexp.vjp
def _(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    shape = shape_of(x)
    y, g = kept(y, shape, axis, keepdims), kept(g, shape, axis, keepdims)
    at_infinity = np.isinf(y)
    same = np.equal(x, y)
    even = same / np.maximum(np.sum(same, axis=axis, keepdims=True), 1)
    finite = np.exp(np.where(at_infinity, 0.0, x) - np.where(at_infinity, 0.0, y))
    return g * np.where(at_infinity, even, conjugated(finite))


@primitive(smooth=True, samples=lambda a: [(a(4),), (a(2, 3), 0), (a(2, 3), 1)])
def softmax(x: Any, /, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`, without overflow."""
    e = np.exp(x - max_reduce(x, axis, None, None, True))
    return e / add_reduce(e, axis, None, None, True)


@softmax.vjp
def _(g: Any, y: Any, x: Any, axis: int) -> Any:
    y = conjugated(y)
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@primitive(smooth=True, samples=lambda a: [(a(4),), (a(2, 3), 0), (a(2, 3), 1)])
def log_softmax(x: Any, /, axis: int = -1) -> Any:
    """The logarithm of softmax, without overflow or log(0)."""
    shifted = x - max_reduce(x, axis, None, None, True)
    return shifted - np.log(add_reduce(np.exp(shifted), axis, None, None, True))


@log_softmax.vjp
def _(g: Any, y: Any, x: Any, axis: int) -> Any:
    return g - conjugated(np.exp(y)) * np.sum(g, axis=axis, keepdims=True)


@composite(np.average)
def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean along `axis`, weighted if weights are given."""
    shape = np.shape(a)
    if weights is None:
        y = mean(a, axis, keepdims=keepdims)
        return (y, np.full(np.shape(y), float(count(shape, axis)))[()]) if returned else y
    if np.shape(weights) != shape:
        weights = in_place(weights, shape, axis)
    total = sum_(np.broadcast_to(weights, shape), axis, keepdims=keepdims)
    y = sum_(a * weights, axis, keepdims=keepdims) / total
    return (y, total) if returned else y


def in_place(weights: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Weights of the averaged axes, in their order, with axes of length 1 for the others."""
    if axis is None:
        raise ShapeError(
            f"average: got weights of shape {np.shape(weights)} for shape {shape} and no axis; "
            "say by axis= which axes the weights are of"
        )
    axes = normalize_axis_tuple(axis, len(shape))
    if np.shape(weights) != tuple(shape[i] for i in axes):
        raise ShapeError(
            f"average: got weights of shape {np.shape(weights)} for the axes {axes} of shape {shape}; "
            "give one for each element"
        )
    ordered = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    return np.reshape(ordered, tuple(n if i in axes else 1 for i, n in enumerate(shape)))


@composite(np.ptp)
def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """The largest element less the smallest."""
    return max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims)
