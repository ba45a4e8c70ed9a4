"""Functions that move numbers without changing them; each transpose moves them back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import NoRuleError
from ..primitive import composite, linear, primitive
from ..record import Record, shape_of
from ..sweep import unbroadcast
from .discrete import filled

Axes = int | Sequence[int]


@linear(transpose=lambda g, x: g, samples=lambda a: [(a(),), (a(3),)])
def alias(x: Any, /) -> Any:
    """`x` itself, recorded: its own input for a nested derivative."""
    return x


@linear(np.copy, transpose=lambda g, x, **_: g, samples=lambda a: [(a(),), (a(2, 3),)])
def copy(a: Any, /, order: str = "K", subok: bool = False) -> Any:
    """The same numbers, recorded."""
    return np.copy(a, order)


@linear(
    np.astype,
    transpose=lambda g, x, **_: g,
    samples=lambda a: [(a(3), float), (a(2, 2), np.float64)],
)
def astype(x: Any, /, dtype: Any, copy: bool = True, device: Any = None) -> Any:
    """`x` in another dtype; the sweep brings the cotangent back to that of x."""
    return np.asarray(x).astype(dtype)


def order_of(x: Any, order: str) -> str:
    """The order "C" or "F" in which the elements of `x` are read; "A" goes by its memory."""
    if order != "A":
        return order
    flags = (x._data if isinstance(x, Record) else np.asarray(x)).flags
    return "F" if flags.f_contiguous and not flags.c_contiguous else "C"


@linear(
    np.reshape,
    transpose=lambda g, x, shape, order, copy: np.reshape(g, shape_of(x), order=order_of(x, order)),
    samples=lambda a: [
        (a(2, 3), (3, 2)),
        (a(4), (2, -1)),
        (a(), (1, 1)),
        (a(2, 3), (3, 2), {"order": "F"}),
        (a(0, 3), (3, 0)),
    ],
)
def reshape(a: Any, /, shape: Any, order: str = "C", copy: Any = None) -> Any:
    """The same numbers in another shape."""
    return np.reshape(a, shape, order=order)


@composite(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """All elements in one row."""
    if order == "K":  # as they lie in memory
        strides = np.abs((a._data if isinstance(a, Record) else np.asarray(a)).strides)
        return reshape(transpose(a, tuple(np.argsort(-strides, kind="stable").tolist())), -1)
    return reshape(a, -1, order)


def permuted_back(g: Any, x: Any, axes: Any) -> Any:
    """`g` with its axes in the order that they had before `transpose`."""
    return (
        np.transpose(g) if axes is None else np.transpose(g, tuple(np.argsort(normalize_axis_tuple(axes, len(axes)))))
    )


@linear(
    np.transpose,
    transpose=permuted_back,
    samples=lambda a: [(a(2, 3),), (a(2, 3, 4), (2, 0, 1)), (a(2, 3), (-1, 0)), (a(3),)],
)
def transpose(a: Any, /, axes: Any = None) -> Any:
    """The axes in another order; reversed when `axes` is None."""
    return np.transpose(a, axes)


@composite(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    order = list(range(np.ndim(a)))
    i, j = normalize_axis_index(axis1, len(order)), normalize_axis_index(axis2, len(order))
    order[i], order[j] = order[j], order[i]
    return transpose(a, tuple(order))


@composite(np.moveaxis)
def moveaxis(a: Any, source: Axes, destination: Axes) -> Any:
    """Axes moved to other places; the rest keep their order."""
    n = np.ndim(a)
    origin, target = normalize_axis_tuple(source, n), normalize_axis_tuple(destination, n)
    order = [i for i in range(n) if i not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return transpose(a, tuple(order))


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis moved back until it lies before `start`."""
    n = np.ndim(a)
    axis = normalize_axis_index(axis, n)
    start = start + n if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


@composite(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


@composite(np.permute_dims)
def permute_dims(a: Any, axes: Any = None) -> Any:
    """The array API's name of transpose."""
    return transpose(a, axes)


@composite(np.expand_dims)
def expand_dims(a: Any, axis: Axes) -> Any:
    """New axes of length 1 at `axis`."""
    places = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    n = np.ndim(a) + len(places)
    places = normalize_axis_tuple(places, n)
    rest = iter(np.shape(a))
    return reshape(a, tuple(1 if i in places else next(rest) for i in range(n)))


@composite(np.squeeze)
def squeeze(a: Any, axis: Axes | None = None) -> Any:
    """Axes of length 1 taken away."""
    return reshape(a, np.squeeze(np.empty(np.shape(a), np.dtype("?")), axis).shape)


@composite(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Each as an array of one axis or more."""
    out = tuple(a if np.ndim(a) else reshape(a, (1,)) for a in arys)
    return out[0] if len(out) == 1 else out


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Each as an array of two axes or more; a row for one axis."""
    out = tuple(a if np.ndim(a) > 1 else reshape(a, (1, -1)) for a in arys)
    return out[0] if len(out) == 1 else out


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Each as an array of three axes or more."""
    out = tuple(reshape(a, np.atleast_3d(np.empty(np.shape(a), "?")).shape) for a in arys)
    return out[0] if len(out) == 1 else out


@linear(
    np.broadcast_to,
    transpose=lambda g, x, **_: unbroadcast(g, shape_of(x)),
    samples=lambda a: [(a(3), (2, 3)), (a(), (2, 2)), (a(2, 1), (2, 3))],
)
def broadcast_to(array: Any, /, shape: Any, subok: bool = False) -> Any:
    """The numbers repeated along new axes and axes of length 1."""
    return np.broadcast_to(array, shape)


@composite(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """`fill_value` in the shape and dtype of `a`, and with the derivative of `fill_value`."""
    if not isinstance(fill_value, Record):
        return filled(a, fill_value, dtype=dtype, order=order, shape=shape)
    y = broadcast_to(fill_value, np.shape(a) if shape is None else shape)
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    return y if y.dtype == dtype else astype(y, dtype)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """All brought to one shape."""
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(broadcast_to(a, shape) for a in args)


@linear(
    np.flip,
    transpose=lambda g, x, axis: np.flip(g, axis),
    samples=lambda a: [(a(4),), (a(2, 3), 1), (a(2, 3, 2), (0, -1))],
)
def flip(m: Any, /, axis: Axes | None = None) -> Any:
    """The elements along `axis` (along all when None) in reverse."""
    return np.flip(m, axis)


@composite(np.fliplr)
def fliplr(m: Any) -> Any:
    """Columns in reverse."""
    return flip(m, 1)


@composite(np.flipud)
def flipud(m: Any) -> Any:
    """Rows in reverse."""
    return flip(m, 0)


@linear(
    np.rot90,
    transpose=lambda g, x, k, axes: np.rot90(g, -k, axes),
    samples=lambda a: [(a(2, 3),), (a(2, 3), 2), (a(2, 3, 4), 3, (1, 2))],
)
def rot90(m: Any, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turned by k quarter turns in the plane of two axes."""
    return np.rot90(m, k, axes)


def rolled_back(g: Any, x: Any, shift: Any, axis: Any) -> Any:
    """The opposite roll."""
    return np.roll(g, np.negative(shift).tolist(), axis)


@linear(
    np.roll,
    transpose=rolled_back,
    samples=lambda a: [(a(5), 2), (a(2, 3), -1, 1), (a(2, 3), (1, 1), (0, 1)), (a(2, 3), 4)],
)
def roll(a: Any, /, shift: Any, axis: Any = None) -> Any:
    """Elements shifted round along `axis`."""
    return np.roll(a, shift, axis)


# ---- joining


@primitive(
    name="concatenate",
    smooth=True,
    samples=lambda a: [(a(2), a(3)), (a(2, 1), a(2, 3), {"axis": 1}), (a(2, 2), a(1, 2), a(3, 2))],
)
def joined(*arrays: Any, axis: int | None = 0) -> Any:
    """Arrays in a row along `axis`; flattened first when None."""
    return np.concatenate(arrays, axis)


@joined.vjp_of_all
def _(g: Any, y: Any, *arrays: Any, axis: int | None) -> tuple[Any, ...]:
    shapes = [shape_of(x) for x in arrays]
    edges = accumulate((product(s) if axis is None else s[axis] for s in shapes), initial=0)
    before = () if axis is None else (slice(None),) * normalize_axis_index(axis, len(shape_of(g)))
    parts = (g[(*before, slice(a, b))] for a, b in pairwise(edges))
    return tuple(np.reshape(c, s) if axis is None else c for c, s in zip(parts, shapes, strict=True))


def rows(arrays: Any) -> tuple[Any, ...]:
    """The arrays to join: a sequence of them, or the first axis of one Value."""
    return tuple(arrays)


@composite(np.concatenate)
def concatenate(
    arrays: Any, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays in a row along `axis`; flattened first when None."""
    if out is not None:
        raise NoRuleError("concatenate: got out=; a recorded array is never overwritten; write y = np.concatenate(...)")
    y = joined(*rows(arrays), axis=axis)
    return y if dtype is None else astype(y, dtype)


@composite(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays of one shape, side by side along a new axis."""
    return concatenate([expand_dims(a, axis) for a in rows(arrays)], axis, out, dtype=dtype)


@composite(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Rows on top of each other."""
    return concatenate([atleast_2d(a) for a in rows(tup)], 0, dtype=dtype)


@composite(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Columns beside each other."""
    arrays = [atleast_1d(a) for a in rows(tup)]
    return concatenate(arrays, 0 if arrays and np.ndim(arrays[0]) == 1 else 1, dtype=dtype)


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    """Along the third axis."""
    return concatenate([atleast_3d(a) for a in rows(tup)], 2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """One-dimensional arrays as the columns of a matrix."""
    return concatenate([a if np.ndim(a) > 1 else reshape(a, (-1, 1)) for a in rows(tup)], 1)


@composite(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """`values` after `arr`."""
    if axis is None:
        arr, values, axis = ravel(arr), ravel(values), 0
    return concatenate((arr, values), axis)


# ---- splitting


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along `axis`, of nearly equal length or between the given places."""
    n = np.shape(ary)[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        each, more = divmod(n, int(indices_or_sections))
        edges = np.cumsum([0] + more * [each + 1] + (indices_or_sections - more) * [each]).tolist()
    else:
        edges = [0, *indices_or_sections, n]
    before = (slice(None),) * normalize_axis_index(axis, np.ndim(ary))
    return [ary[(*before, slice(a, b))] for a, b in pairwise(edges)]


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along `axis`, of equal length or between the given places."""
    if isinstance(indices_or_sections, (int, np.integer)) and np.shape(ary)[axis] % indices_or_sections:
        raise ValueError(
            f"split: got an axis of length {np.shape(ary)[axis]} and {indices_or_sections} sections; "
            "the parts must be equal; use np.array_split for unequal parts"
        )
    return array_split(ary, indices_or_sections, axis)


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the columns."""
    return split(ary, indices_or_sections, 0 if np.ndim(ary) == 1 else 1)


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the rows."""
    return split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the third axis."""
    return split(ary, indices_or_sections, 2)


@composite(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts along `axis`, without it."""
    return tuple(moveaxis(x, axis, 0)[i] for i in range(np.shape(x)[axis]))


# ---- repeating and padding


@composite(np.tile)
def tile(A: Any, reps: Any) -> Any:  # noqa: N803  # NumPy's own name
    """The array laid side by side `reps` times along each axis."""
    times = (reps,) if isinstance(reps, (int, np.integer)) else tuple(reps)
    n = max(np.ndim(A), len(times))
    times = (1,) * (n - len(times)) + times
    shape = (1,) * (n - np.ndim(A)) + np.shape(A)
    y = reshape(A, tuple(k for s in shape for k in (1, s)))
    y = broadcast_to(y, tuple(k for r, s in zip(times, shape, strict=True) for k in (r, s)))
    return reshape(y, tuple(r * s for r, s in zip(times, shape, strict=True)))


@composite(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element (slice, with `axis`) in a row `repeats` times."""
    if axis is None:
        a, axis = ravel(a), 0
    axis = normalize_axis_index(axis, np.ndim(a))
    if isinstance(repeats, Record):
        raise NoRuleError("repeat: got repeats as a Value; how often to repeat is a number; use repeats.data")
    places = np.repeat(np.arange(np.shape(a)[axis]), repeats)
    return a[(slice(None),) * axis + (places,)]


def width_pairs(pad_width: Any, n: int) -> list[tuple[int, int]]:
    """(before, after) for each of n axes."""
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * n
        for axis, width in pad_width.items():
            pairs[axis] = (width, width) if isinstance(width, int) else tuple(width)
        return pairs
    return [tuple(p) for p in np.broadcast_to(np.asarray(pad_width), (n, 2)).tolist()]


@linear(
    transpose=lambda g, x, pad_width: g[
        tuple(slice(b, b + n) for (b, _), n in zip(pad_width, shape_of(x), strict=True))
    ],
    samples=lambda a: [(a(3), ((1, 2),)), (a(2, 2), ((0, 1), (2, 0)))],
)
def pad_zeros(array: Any, /, pad_width: Any) -> Any:
    """Zeros before and after, along each axis."""
    return np.pad(array, pad_width)


STATISTICS = {"mean": np.mean, "maximum": np.max, "minimum": np.min}


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """Numbers before and after, along each axis; in every mode but "constant", taken from the array."""
    n = np.ndim(array)
    pairs = tuple(width_pairs(pad_width, n))
    if mode == "empty" and not kwargs:
        return pad_zeros(array, pairs)
    if mode == "constant" and kwargs.keys() <= {"constant_values"}:
        fill = kwargs.get("constant_values", 0)
        y = pad_zeros(array, pairs)
        if isinstance(fill, (int, float)) and fill == 0:
            return y
        return y + np.pad(np.zeros(np.shape(array)), pairs, constant_values=fill).astype(y.dtype)
    if mode in {"edge", "wrap"} and not kwargs:
        return padded_by_places(array, pairs, mode)
    if mode in {"reflect", "symmetric"} and kwargs.keys() <= {"reflect_type"}:
        is_odd = kwargs.get("reflect_type", "even") == "odd"
        return padded_by_odd_reflection(array, pairs, mode) if is_odd else padded_by_places(array, pairs, mode)
    if mode in STATISTICS and kwargs.keys() <= {"stat_length"}:
        return padded_by_statistics(array, pairs, STATISTICS[mode], kwargs.get("stat_length"))
    if mode == "linear_ramp" and kwargs.keys() <= {"end_values"}:
        return padded_by_ramps(array, pairs, np.broadcast_to(np.asarray(kwargs.get("end_values", 0)), (n, 2)))
    raise NoRuleError(
        f"pad: got mode={mode!r} with {kwargs}; modes that have a rule: "
        f"constant, empty, edge, wrap, reflect, symmetric, linear_ramp, {', '.join(STATISTICS)}"
    )


def along(axis: int, key: Any) -> Any:
    """The key that reads `key` along `axis`."""
    return (*(slice(None),) * axis, key)


def padded_by_places(y: Any, pairs: Any, mode: Any) -> Any:
    """Each new element is an element of the array."""
    for axis, pair in enumerate(pairs):
        y = y[along(axis, np.pad(np.arange(np.shape(y)[axis]), pair, mode=mode))]
    return y


def padded_by_odd_reflection(y: Any, pairs: Any, mode: Any) -> Any:
    """Each new element is u * first + w * last + (1 - u - w) * an element between, by NumPy's own u and w."""
    for axis, pair in enumerate(pairs):
        n = np.shape(y)[axis]
        places = np.pad(np.arange(n), pair, mode=mode)
        at_end = np.arange(n)[:, None] == np.array([0, n - 1])
        u, w = (np.pad(e.astype(float), pair, mode=mode, reflect_type="odd") for e in at_end.T)
        w = w * (n > 1)
        rest = np.where(np.isin(places, (0, n - 1)), 0.0, 1 - u - w)
        column = (-1, *(1,) * (np.ndim(y) - axis - 1))
        first, last = y[along(axis, slice(0, 1))], y[along(axis, slice(n - 1, n))]
        u, w, rest = (k.reshape(column).astype(y.dtype) for k in (u, w, rest))
        y = u * first + w * last + rest * y[along(axis, places)]
    return y


def padded_by_statistics(y: Any, pairs: Any, statistic: Any, lengths: Any) -> Any:
    """New elements are a statistic of those next to them, or of all."""
    within = np.broadcast_to(np.asarray(-1 if lengths is None else lengths), (len(pairs), 2)).tolist()
    for axis, (pair, length) in enumerate(zip(pairs, within, strict=True)):
        n = np.shape(y)[axis]
        first, last = (n if k < 0 else min(k, n) for k in length)
        before = statistic(y[along(axis, slice(0, first))], axis=axis, keepdims=True)
        after = statistic(y[along(axis, slice(n - last, n))], axis=axis, keepdims=True)
        y = between(y, axis, *(spread(x, axis, k) for x, k in zip((before, after), pair, strict=True)))
    return y


def padded_by_ramps(y: Any, pairs: Any, ends: Any) -> Any:
    """New elements lie on a line from the edge to an end value."""
    for axis, ((b, a), (low, high)) in enumerate(zip(pairs, ends.tolist(), strict=True)):
        n = np.shape(y)[axis]
        column = (-1, *(1,) * (np.ndim(y) - axis - 1))
        up = (np.arange(b) / max(b, 1)).reshape(column).astype(y.dtype)
        down = (np.arange(a)[::-1] / max(a, 1)).reshape(column).astype(y.dtype)
        before = y[along(axis, slice(0, 1))] * up + low * (1 - up)
        after = y[along(axis, slice(n - 1, n))] * down + high * (1 - down)
        y = between(y, axis, before, after)
    return y


def spread(x: Any, axis: int, n: int) -> Any:
    """An axis of length 1 broadcast to n."""
    shape = np.shape(x)
    return broadcast_to(x, (*shape[:axis], n, *shape[axis + 1 :]))


def between(y: Any, axis: int, before: Any, after: Any) -> Any:
    """`y` between two arrays along `axis`."""
    return concatenate([before, y, after], axis)
