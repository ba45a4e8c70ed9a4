"""Reading parts of an array, choosing between arrays, sorting; and writing the parts back."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import ShapeError
from ..primitive import composite, linear, primitive
from ..record import Record, record, shape_of
from ..sweep import Picked, Scattered
from .operands import numbers
from .shape import concatenate, expand_dims, moveaxis, ravel, reshape, stack


class Hole(Enum):
    """The place of an index array in a key: the array itself is an operand."""

    HOLE = "array"

    def __repr__(self) -> str:
        return self.value


HOLE = Hole.HOLE


def filled(key: Any, indices: tuple[Any, ...]) -> Any:
    """The key as it was written, its index arrays put back."""
    if not indices:
        return key
    rest = iter(indices)
    if key is HOLE:
        return indices[0]
    return tuple(next(rest) if k is HOLE else k for k in key)


@primitive(
    name="getitem",
    smooth=True,
    samples=lambda a: [
        (a(4), {"key": 1}),
        (a(4), {"key": slice(None, None, -2)}),
        (a(2, 3), {"key": (Ellipsis, None, 0)}),
        (a(4), np.array([0, 0, 3]), {"key": HOLE}),
        (a(2, 3), np.array([True, False]), {"key": (HOLE, slice(1, None))}),
        (a(2, 3), np.array([0, 1, 1]), np.array([2, 0, 0]), {"key": (HOLE, HOLE)}),
    ],
)
def part(x: Any, /, *indices: Any, key: Any) -> Any:
    """x[key], with every kind of key that NumPy has."""
    array: Any = np.float64(x) if x.__class__ is float else x
    return array[filled(key, indices)]


@part.vjp_of_each
def _(i: int, g: Any, y: Any, x: Any, *indices: Any, key: Any) -> Any:
    if i:
        return None
    return scatter(g, *indices, key=key, shape=shape_of(x))


@primitive(
    smooth=True,
    samples=lambda a: [
        (a(2), {"key": slice(0, 2), "shape": (4,)}),
        (a(3), np.array([0, 0, 3]), {"key": HOLE, "shape": (4,)}),
    ],
)
def scatter(g: Any, /, *indices: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of that shape, with `g` added at `key`; repeated places add up."""
    y = np.zeros(shape, g_dtype(g))
    np.add.at(y, filled(key, indices), g)
    return y


@scatter.vjp_of_each
def _(i: int, g: Any, y: Any, x: Any, *indices: Any, key: Any, shape: tuple[int, ...]) -> Any:
    return None if i else part(g, *indices, key=key)


def read_back(g: Any, y: Any, x: Any, *indices: Any, key: Any) -> Any:
    """The cotangent of x in x[key] on arrays: added by the sweep into one buffer."""
    if not shape_of(x):  # one number, of which a buffer could not be written to
        return g
    return Scattered(g, filled(key, indices) if indices else key, not indices)


def add_part(q: Any, g: Any, is_new: bool, key: Any) -> None:
    """Add the cotangent `g` of x[key], a key without index arrays, into that of x, zeros if it is new."""
    if is_new:
        q[key] = g  # 1,000 of 1,300 ns less than to add it
    else:
        there = q[key]
        if there.__class__ is np.ndarray:
            there += g  # a view: 100 of 1,400 ns less than q[key] += g
        else:
            q[key] = there + g


part.raw_vjp(read_back)
part.adds = add_part


BASIC = frozenset({int, slice, type(None), type(Ellipsis)})


def getitem(x: Any, key: Any) -> Any:
    """x[key], where the index arrays and masks of `key` may be Values."""
    if (
        isinstance(x, Record)
        and x._data.__class__ is np.ndarray
        and (key.__class__ in BASIC or (key.__class__ is tuple and BASIC.issuperset(map(type, key))))
    ):  # 1,800 of 2,600 ns less than the general path
        data = x._data.copy() if x.exposed else x._data
        return record(x.__class__, part, data[key], (x,), (data,), {"key": key})
    if not isinstance(key, tuple):
        return part(x, key=key) if is_basic(key) else part(x, index_array(key), key=HOLE)
    places = [not is_basic(k) for k in key]
    return part(
        x,
        *(index_array(k) for k, is_hole in zip(key, places, strict=True) if is_hole),
        key=tuple(HOLE if is_hole else k for k, is_hole in zip(key, places, strict=True)),
    )


def is_basic(k: Any) -> bool:
    """Whether reading at `k` gives a view: a truth value is a mask."""
    return (isinstance(k, (int, slice)) and not isinstance(k, bool)) or k is None or k is Ellipsis


def index_array(k: Any) -> Any:
    """A list as the array of integers or booleans that it stands for."""
    if not isinstance(k, list):
        return k
    return nested(k) if k else np.array(k, int)


@composite(np.take)
def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    """The slices at `indices` along `axis`; of the flattened array when None."""
    if axis is None:
        a, axis = ravel(a), 0
    axis = normalize_axis_index(axis, np.ndim(a))
    n = np.shape(a)[axis]
    if mode != "raise":
        indices = np.asarray(indices) % n if mode == "wrap" else np.clip(indices, 0, n - 1)
    places = indices if isinstance(indices, Record) else np.asarray(indices)
    return getitem(a, (slice(None),) * axis + (places,))


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The elements at `indices`, an array of places along `axis`."""
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = normalize_axis_index(axis, np.ndim(arr))
    shape = [1] * np.ndim(arr)
    key = []
    for i, n in enumerate(np.shape(arr)):
        key.append(indices if i == axis else np.arange(n).reshape((*shape[:i], n, *shape[i + 1 :])))
    return getitem(arr, tuple(key))


@composite(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    """The slices where `condition` holds."""
    return take(a, np.flatnonzero(numbers(condition)), axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements where `condition` holds, in a row."""
    return compress(np.ravel(condition), ravel(arr), 0)


# ---- one output of an op that has several


@primitive()
def pick(outputs: Any, /, index: int) -> Any:
    """One output of an op that records a tuple of them."""
    return outputs[index]


pick.vjp(lambda g, y, outputs, index: Picked(g, index))
pick.jvps = (lambda t, y, outputs, index: t[index],)


def picked(outputs: Any) -> tuple[Any, ...]:
    """The outputs of an op with several: each by itself when they are recorded."""
    if not isinstance(outputs, Record):
        return tuple(outputs)
    return tuple(pick(outputs, index=i) for i in range(len(outputs._data)))


# ---- choosing


@primitive(
    smooth=True,
    samples=lambda a: [
        (np.array([True, False, True]), a(3), a(3)),
        (np.array([[True], [False]]), a(3), a()),
        (True, a(2), a(2)),
    ],
)
def choice(condition: Any, x: Any, y: Any, /) -> Any:
    """X where the condition holds, else y."""
    return np.where(condition, x, y)


def g_dtype(g: Any) -> Any:
    """The dtype of a cotangent."""
    return np.float64 if g.__class__ is float else g.dtype


choice.vjps = (
    None,
    lambda g, z, condition, x, y: choice(condition, g, np.zeros((), g_dtype(g))),
    lambda g, z, condition, x, y: choice(condition, np.zeros((), g_dtype(g)), g),
)


@composite(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """X where the condition holds, else y; what is not chosen gets a cotangent of exactly 0."""
    if x is None and y is None:
        return np.where(numbers(condition))
    return choice(condition, x, y)


@primitive(samples=lambda a: [(a(5) * 2, -1.0, 1.0), (a(2, 3) * 2, np.array([-0.5, -0.6, -0.7]), 1.1)])
def clipped(x: Any, low: Any, high: Any, /) -> Any:
    """X kept between two bounds, which win over it; its derivative at a bound is 1."""
    return np.clip(x, low, high)


clipped.vjp(lambda g, y, x, low, high: g * inside(x, low, high))
clipped.vjp(lambda g, y, x, low, high: g * np.logical_and(np.less(x, low), np.less_equal(low, high)))
clipped.vjp(lambda g, y, x, low, high: g * np.logical_or(np.greater(x, high), np.greater(low, high)))


def inside(x: Any, low: Any, high: Any) -> Any:
    """Whether x is between the bounds, or on one."""
    return np.logical_and(np.greater_equal(x, low), np.less_equal(x, high))


@composite(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002  # NumPy's own names
    """The elements kept between two bounds, either of which may be None."""
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return clipped(a, -np.inf if low is None else low, np.inf if high is None else high)


# ---- triangles and diagonals


@linear(np.tril, transpose=lambda g, x, k: np.tril(g, k), samples=lambda a: [(a(3, 3),), (a(2, 3, 4), 1)])
def tril(m: Any, /, k: int = 0) -> Any:
    """The lower triangle; zeros above it."""
    return np.tril(m, k)


@linear(np.triu, transpose=lambda g, x, k: np.triu(g, k), samples=lambda a: [(a(3, 3),), (a(2, 3, 4), -1)])
def triu(m: Any, /, k: int = 0) -> Any:
    """The upper triangle; zeros below it."""
    return np.triu(m, k)


@composite(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of the plane of two axes, as the last axis."""
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(a)[-2:]
    n = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    i = np.arange(n)
    return a[..., i + max(0, -offset), i + max(0, offset)]


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix; or a matrix with that diagonal."""
    if np.ndim(v) == 2:
        return diagonal(v, k)
    if np.ndim(v) != 1:
        raise ShapeError(f"diag: got shape {np.shape(v)}; one or two axes are needed; use np.diagonal for more")
    n = np.shape(v)[0] + abs(k)
    i = np.arange(np.shape(v)[0])
    return scatter(v, i + max(0, -k), i + max(0, k), key=(HOLE, HOLE), shape=(n, n))


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with the flattened array on its diagonal."""
    return diag(ravel(v), k)


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """The sum of the diagonal."""
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


# ---- sorting


@composite(np.sort)
def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """The elements along `axis` from small to large."""
    if axis is None:
        a, axis = ravel(a), -1
    return take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis)


@composite(np.nonzero)
def nonzero(a: Any) -> Any:
    """The places of what is not zero, as arrays of integers."""
    return np.nonzero(numbers(a))


@composite(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Whether two arrays have one shape and equal numbers."""
    a, b = map(numbers, (a1, a2))
    return bool(np.array_equal(a, b, equal_nan))


@composite(np.allclose)
def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether two arrays have nearly equal numbers."""
    a, b = map(numbers, (a, b))
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


def nested(rows: Any) -> Any:
    """Lists of lists of Values and numbers as one array."""
    if not isinstance(rows, (list, tuple)):
        return rows
    parts = [nested(r) for r in rows]
    if not any(isinstance(p, Record) for p in parts):
        return np.array(parts)
    shapes = {np.shape(p) for p in parts}
    if len(shapes) > 1:
        raise ShapeError(
            f"array: got rows of shapes {sorted(shapes)}; all must be equal; use np.concatenate to join them"
        )
    return stack(parts)


__all__ = [
    "allclose", "array_equal", "choice", "clip", "clipped", "compress", "concatenate", "diag", "diagflat", "diagonal",
    "expand_dims", "extract", "getitem", "nested", "nonzero", "part", "reshape", "scatter", "sort", "take",
    "take_along_axis", "trace", "tril", "triu", "where",
]  # fmt: skip
