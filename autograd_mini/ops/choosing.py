"""Choosing elements: by index, by condition, by rank; and the sets that arrays make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import NoRuleError, ShapeError, UsageError
from ..primitive import composite, discrete, primitive
from ..record import shape_of
from .indexing import choice, getitem, sort, take_along_axis
from .operands import is_value, numbers, operand
from .shape import astype, broadcast_arrays, broadcast_to, concatenate, moveaxis, ravel, reshape, stack

# ---- by index and by condition


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Each element from the array of choices whose number stands in `a`."""
    if out is not None:
        raise NoRuleError("choose: got out=; a recorded array is never overwritten; write y = np.choose(...)")
    index, *arrays = broadcast_arrays(*(operand(x) for x in (a, *choices)))
    n = len(arrays)
    if mode == "wrap":
        index = np.remainder(index, n)
    elif mode == "clip":
        index = np.clip(astype(index, float), 0, n - 1).astype(int)
    elif np.any(index < 0) or np.any(index >= n):
        raise ValueError(f"choose: got a number that is not one of the {n} choices; count from 0, or give mode='clip'")
    kind = np.result_type(*(x.dtype for x in arrays))
    everything = stack([x if x.dtype == kind else astype(x, kind) for x in arrays])
    return reshape(take_along_axis(everything, reshape(index, (1, *np.shape(index))), 0), np.shape(index))


@composite(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Each element from the first array of choices whose condition holds there."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ShapeError(
            f"select: got {len(condlist)} conditions and {len(choicelist)} choices; give one choice for each condition"
        )
    y = default
    for condition, x in reversed(list(zip(condlist, choicelist, strict=True))):
        y = choice(condition, x, y)
    shape = np.broadcast_shapes(*map(np.shape, (*condlist, *choicelist)))
    return y if np.shape(y) == shape else broadcast_to(y, shape)


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Each element by the function of the last condition that holds there; functions see their elements only."""
    x = operand(x)
    if is_value(condlist) or isinstance(condlist, np.ndarray):
        conditions = list(condlist) if np.ndim(condlist) > np.ndim(x) else [condlist]
    else:
        is_one = not len(condlist) or (np.ndim(condlist[0]) == 0 and np.ndim(x) != 0)
        conditions = [np.asarray(condlist)] if is_one else list(condlist)
    if len(funclist) == len(conditions) + 1:
        nothing: Any = True
        for c in conditions:
            nothing = np.logical_and(nothing, np.logical_not(c))
        conditions.append(nothing)
    if len(funclist) != len(conditions):
        raise UsageError(
            f"piecewise: got {len(conditions)} conditions and {len(funclist)} functions; "
            "give a function for each, and one more for the rest if need be"
        )
    row = ravel(x)
    y: Any = np.zeros(np.shape(row), x.dtype)
    for c, f in zip(conditions, funclist, strict=True):
        mask = reshape(np.broadcast_to(c, np.shape(x)), -1) if is_value(c) else np.broadcast_to(c, np.shape(x)).ravel()
        values = f
        if callable(f):
            part = getitem(row, mask)
            values = f(part, *args, **kw) if np.size(part) else part
        place = np.maximum(np.cumsum(np.astype(mask, int)) - 1, 0)
        spread = getitem(values, place) if np.ndim(values) and np.size(values) else values
        y = choice(mask, spread, y) if np.size(spread) or not np.size(y) else y
    return reshape(y, np.shape(x))


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The function of every row along `axis`, its result in place of the row."""
    axis = normalize_axis_index(axis, np.ndim(arr))
    rows = moveaxis(arr, axis, -1)
    lead = np.shape(rows)[:-1]
    if 0 in lead:
        raise ShapeError(
            "apply_along_axis: got an array without rows; the shape of the result is not known; give elements"
        )
    results = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(lead)]
    results = [operand(r) for r in results]
    inner = np.shape(results[0])
    y = reshape(stack(results), (*lead, *inner))
    n = len(lead)
    return moveaxis(y, tuple(range(n, n + len(inner))), tuple(range(axis, axis + len(inner))))


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """The function `func(a, axis)` over one axis after the other; each keeps its place, with length 1."""
    y = a
    for axis in np.atleast_1d(axes).tolist():
        axis = normalize_axis_index(axis, np.ndim(a))  # noqa: PLW2901  # the same axis, counted from the front
        z = func(y, axis)
        y = z if np.ndim(z) == np.ndim(y) else np.expand_dims(z, axis)
        if np.ndim(y) != np.ndim(a):
            raise ShapeError("apply_over_axes: the function took away more than one axis; it must give one axis less")
    return y


# ---- by rank

argpartition = discrete(
    np.argpartition,
    samples=lambda a: [(a(6), 2), (a(3, 4), {"kth": 1, "axis": 0})],
    kth=0,
    axis=-1,
    kind="introselect",
    order=None,
)


@composite(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The elements so that the kth is where sorting puts it, with the smaller before and the larger after it."""
    if axis is None:
        a, axis = ravel(a), -1
    return take_along_axis(a, argpartition(a, kth, axis), axis)


@composite(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """The elements from small to large, as complex numbers."""
    y = sort(a, -1)
    return y if y.dtype.kind == "c" else astype(y, complex)


# ---- sets


@primitive(
    samples=lambda a: [
        (a(5),),
        (a(2, 3),),
        (a(3, 2), {"axis": 0}),
    ]
)
def distinct(x: Any, /, axis: int | None = None, equal_nan: bool = True) -> Any:
    """The elements without repetition, sorted; equal ones share the derivative evenly."""
    return np.unique(x, axis=axis, equal_nan=equal_nan)


@distinct.vjp
def _(g: Any, y: Any, x: Any, axis: int | None, equal_nan: bool) -> Any:
    inverse, times = parts_of_set(x, axis=axis, equal_nan=equal_nan)
    share = getitem(1.0 / times, inverse).astype(g.dtype)
    if axis is None:
        return reshape(getitem(g, inverse) * share, shape_of(x))
    wide = tuple(-1 if i == axis % len(shape_of(x)) else 1 for i in range(len(shape_of(x))))
    return np.take(g, inverse, axis) * np.reshape(share, wide)


def parts_of_set(x: Any, *, axis: int | None, equal_nan: bool) -> tuple[Any, Any]:
    """For each element its place among the distinct ones, and how often each of these stands there."""
    options = {"axis": axis, "equal_nan": equal_nan}
    inverse = set_part(x, index=1, **options)
    return np.reshape(inverse, -1), set_part(x, index=2, **options)


set_part = discrete(
    lambda x, index, axis, equal_nan: np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
    )[index + 1],
    name="set_part",
    samples=lambda a: [(np.array([2.0, 1.0, 2.0]), {"index": k}) for k in range(3)],
    index=0,
    axis=None,
    equal_nan=True,
)


@composite(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,  # noqa: A002  # NumPy's own name
) -> Any:
    """The elements without repetition; places and counts have no derivative."""
    options = {"axis": axis, "equal_nan": equal_nan}
    asked = (return_index, return_inverse, return_counts)
    more = [set_part(ar, index=k, **options) for k, is_asked in enumerate(asked) if is_asked]
    y = distinct(ar, **options)
    return (y, *more) if more else y


class UniqueAll(NamedTuple):
    """What np.unique_all gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What np.unique_counts gives."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What np.unique_inverse gives."""

    values: Any
    inverse_indices: Any


@composite(np.unique_all)
def unique_all(x: Any) -> UniqueAll:
    """The distinct elements, their places, each element's place among them, and counts."""
    return UniqueAll(*unique(x, True, True, True, equal_nan=False))  # NumPy's own order


@composite(np.unique_counts)
def unique_counts(x: Any) -> UniqueCounts:
    """The distinct elements and how often each stands there."""
    return UniqueCounts(*unique(x, return_counts=True, equal_nan=False))


@composite(np.unique_inverse)
def unique_inverse(x: Any) -> UniqueInverse:
    """The distinct elements, and each element's place among them."""
    return UniqueInverse(*unique(x, return_inverse=True, equal_nan=False))


@composite(np.unique_values)
def unique_values(x: Any) -> Any:
    """The distinct elements, sorted."""
    return distinct(x, equal_nan=False)


isin = discrete(
    np.isin,
    n_operands=2,
    samples=lambda a: [(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0]))],
    assume_unique=False,
    invert=False,
    kind=None,
)


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The distinct elements of both."""
    return distinct(concatenate([ravel(ar1), ravel(ar2)]))


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements of the first that are not in the second."""
    first = ravel(ar1) if assume_unique else distinct(ar1)
    return getitem(first, isin(first, ar2, invert=True))


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements of either that are not in the other."""
    a, b = (ravel(x) if assume_unique else distinct(x) for x in (ar1, ar2))
    return sort(concatenate([getitem(a, isin(a, b, invert=True)), getitem(b, isin(b, a, invert=True))]))


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The distinct elements of both; the derivative is shared evenly by all places where one stands."""
    both = distinct(concatenate([ravel(ar1), ravel(ar2)]))
    y = getitem(both, np.logical_and(isin(both, ar1), isin(both, ar2)))
    if not return_indices:
        return y
    places = np.intersect1d(*(numbers(x) for x in (ar1, ar2)), assume_unique, True)[1:]  # NumPy's own order
    return (y, *places)
