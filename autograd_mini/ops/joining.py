"""Arrays put together from parts, grown and shrunk: block, insert, delete, resize, pad, meshgrid, linspace."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from ..primitive import composite, discrete
from . import shape as shapes
from .indexing import choice, getitem, nested
from .operands import is_value, numbers, operand
from .shape import (
    astype,
    broadcast_arrays,
    broadcast_to,
    concatenate,
    expand_dims,
    padded_by_statistics,
    ravel,
    reshape,
    width_pairs,
)  # fmt: skip


def moved(function: Any, *arrays: Any) -> Any:
    """What a function that only moves elements makes of the arrays.

    It is run on the places of the elements, counted through all arrays, and then says which to take.
    """
    start = 0
    places = []
    for a in arrays:
        places.append(np.arange(start, start + np.size(a)).reshape(np.shape(a)))
        start += np.size(a)
    row = ravel(arrays[0]) if len(arrays) == 1 else concatenate([ravel(a) for a in arrays])
    return getitem(row, function(*places))


# ---- joining


@composite(np.block)
def block(arrays: Any) -> Any:
    """Blocks in nested lists: the innermost are joined along the last axis, the next along that before it."""

    def depth(x: Any) -> int:
        return 1 + max(map(depth, x), default=0) if isinstance(x, list) else 0

    def joined(x: Any, level: int, n: int) -> Any:
        if not isinstance(x, list):
            x = operand(x)
            return reshape(x, (1,) * (n - np.ndim(x)) + np.shape(x))
        return concatenate([joined(part, level - 1, n) for part in x], -level)

    def widest(x: Any) -> int:
        return max(map(widest, x)) if isinstance(x, list) else np.ndim(x)

    d = depth(arrays)
    return joined(arrays, d, max(d, widest(arrays)))


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """`values`, which may be Values, before the places `obj`."""
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = normalize_axis_index(axis, np.ndim(arr))
    arr = operand(arr)
    values = operand(values, arr.dtype)
    obj = numbers(obj)
    n = np.shape(arr)[axis]
    marks = np.insert(np.zeros(n, int), obj, 1)
    is_new = marks.astype(bool)
    k = int(marks.sum())
    if np.ndim(obj) == 0 and not isinstance(obj, slice) and np.ndim(values):
        # NumPy puts the first axis of the values along `axis`, for a single place.
        values = np.moveaxis(reshape(values, (1,) * (np.ndim(arr) - np.ndim(values)) + np.shape(values)), 0, axis)
        k = np.shape(values)[axis]
        is_new = np.insert(np.zeros(n, bool), np.full(k, int(np.asarray(obj))), True)  # the value itself
    whole = list(np.shape(arr))
    whole[axis] = k
    values = broadcast_to(values, tuple(whole))
    # The inserted parts in the order in which they come to stand.
    order = np.arange(k)
    if np.ndim(obj) or isinstance(obj, slice):
        at = np.arange(n)[obj] if isinstance(obj, slice) else np.asarray(obj)
        at = np.flatnonzero(at) if at.dtype == bool else np.where(at < 0, at + n, at)
        order = np.argsort(at, kind="stable") if at.size > 1 else order
    place = np.empty(n + k, int)
    place[is_new], place[~is_new] = n + order, np.arange(n)
    return getitem(concatenate([arr, astype(values, arr.dtype)], axis), (slice(None),) * axis + (place,))


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """What is left without the places `obj`."""
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = normalize_axis_index(axis, np.ndim(arr))
    kept = np.delete(np.arange(np.shape(arr)[axis]), numbers(obj))
    return getitem(arr, (slice(None),) * axis + (kept,))


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements again and again, until the new shape is full."""
    if not np.size(a):
        return np.zeros_like(a, shape=new_shape)
    return moved(lambda places: np.resize(places, new_shape), a)


@composite(sliding_window_view)
def windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    """All windows of that shape, their elements in new axes at the end; a copy, and not a view."""
    return moved(lambda places: sliding_window_view(places, window_shape, axis), x)


def places_left(x: Any, /, trim: str = "fb", axis: int | None = None) -> Any:
    """The places along one axis between the first and the last element that is not zero."""
    others = tuple(i for i in range(np.ndim(x)) if i != (axis or 0))
    places = np.flatnonzero(np.any(x != 0, axis=others))
    n = np.shape(x)[axis or 0]
    if not places.size:
        return np.arange(0)
    start = places[0] if "f" in trim.lower() else 0
    return np.arange(start, places[-1] + 1 if "b" in trim.lower() else n)


trimmed_places = discrete(
    places_left,
    name="trimmed_places",
    samples=lambda a: [(np.array([0.0, 0.0, 1.5, 0.0, 2.5, 0.0]),)],
    trim="fb",
    axis=None,
)


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Without the zeros at the front and at the back."""
    n = np.ndim(filt)
    axes = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    y = filt
    for i in axes:
        y = getitem(y, (slice(None),) * i + (trimmed_places(filt, trim=trim, axis=i),))
    return y


# ---- grids


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Each array along an axis of its own, repeated along the others."""
    n = len(xi)
    parts = [reshape(x, (1,) * i + (-1,) + (1,) * (n - 1 - i)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        parts[0] = reshape(parts[0], (1, -1) + (1,) * (n - 2))
        parts[1] = reshape(parts[1], (-1, 1) + (1,) * (n - 2))
    return tuple(parts) if sparse else broadcast_arrays(*parts)


@composite(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Places or masks for each axis, as indices that pick every combination."""
    return np.ix_(*(numbers(a) for a in args))


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`num` numbers, evenly from `start` to `stop`."""
    parts = num - 1 if endpoint else num
    kind = np.result_type(*(getattr(x, "dtype", x) for x in (start, stop)), 0.0)
    start, stop = broadcast_arrays(*(operand(x, kind) for x in (start, stop)))
    t = np.arange(num, dtype=kind).reshape((-1,) + (1,) * np.ndim(start)) / max(parts, 1)
    step = (stop - start) / parts if parts else (stop - start) * np.nan
    y = start + (stop - start) * t
    if endpoint and num > 1:
        y = concatenate([y[:-1], expand_dims(stop, 0)])
    y = np.moveaxis(y, 0, axis) if axis else y
    y = y if dtype is None else astype(y, dtype)
    return (y, step) if retstep else y


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` powers of the base, whose exponents go evenly from `start` to `stop`."""
    if np.ndim(base):
        start, stop, base = broadcast_arrays(*(operand(x) for x in (start, stop, base)))
        base = expand_dims(base, axis)
    y = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else astype(y, dtype)


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """`num` numbers from `start` to `stop`, each the same multiple of the one before it."""
    start, stop = broadcast_arrays(*(operand(x, float) for x in (start, stop)))
    t = (
        linspace(0.0, 1.0, num, endpoint).reshape((-1,) + (1,) * np.ndim(start))
        if num
        else np.zeros((0,) + (1,) * np.ndim(start))
    )
    y = start * np.power(stop / start, t)
    if num > 0:
        y = concatenate([expand_dims(start, 0), y[1:]])
    if num > 1 and endpoint:
        y = concatenate([y[:-1], expand_dims(stop, 0)])
    y = np.moveaxis(y, 0, axis) if axis else y
    return y if dtype is None else astype(y, dtype)


# ---- padding: with Values, and with medians


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Numbers before and after, along each axis; the constants and the ends of ramps may be Values."""
    if not np.ndim(array):
        return array
    pairs = tuple(width_pairs(pad_width, np.ndim(array)))
    if mode == "median" and kwargs.keys() <= {"stat_length"}:
        return padded_by_statistics(array, pairs, np.median, kwargs.get("stat_length"))
    fill = nested(kwargs.get("constant_values" if mode == "constant" else "end_values"))
    if not is_value(fill):
        return shapes.pad(array, pairs, mode, **kwargs)
    y = operand(array)
    ends = broadcast_to(fill if fill.dtype == y.dtype else astype(fill, y.dtype), (np.ndim(y), 2))
    for i, ((before, after), (first, last)) in enumerate(zip(pairs, ends, strict=True)):
        left, right = edge(y, i, 0), edge(y, i, -1)
        is_ramp = mode == "linear_ramp"
        y = concatenate([ramp(left, first, before, i, is_ramp), y, np.flip(ramp(right, last, after, i, is_ramp), i)], i)
    return y


def edge(y: Any, axis: int, place: int) -> Any:
    """The first or the last slice along `axis`, which stays."""
    return y[(slice(None),) * axis + (slice(place, place + 1 or None),)]


def ramp(start: Any, end: Any, width: int, axis: int, is_ramp: bool) -> Any:
    """`width` steps from `end` to the one before `start`; or `end` everywhere."""
    t = (
        (np.arange(width) / max(width, 1) * is_ramp)
        .astype(start.dtype)
        .reshape((-1,) + (1,) * (np.ndim(start) - axis - 1))
    )
    return choice(np.equal(t, 0), end, end + (start - end) * t)
