"""Arrays under construction: `b[i] = v` on what `zeros`, `zeros_like` and `copy` give.

A Buffer keeps what is written into it, and is recorded as one op over all of it when it is read
in an expression, so n writes cost O(n) in all. What was recorded is not overwritten: later
writes make a new record, and earlier readings keep what they read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import DtypeError, ShapeError
from .ops.creation import array_of_values
from .ops.indexing import getitem
from .ops.shape import alias, copy
from .primitive import TABLE, composite, primitive
from .record import EMPTY, TRACES, Record, constant, leaf, record, shape_of, tracing
from .value import Value

FLOAT = np.dtype(float)

__all__ = ["Buffer", "empty", "full", "ones", "zeros"]


@primitive(
    samples=lambda a: [
        (a(4), a(2), a(), {"keys": (slice(1, 3), 2)}),
        (a(2, 2), a(2), a(2, 1), {"keys": (0, np.array([1, 1]))}),
    ]
)
def written(base: Any, /, *values: Any, keys: tuple[Any, ...]) -> Any:
    """`base` with each value written at its key, in order."""
    y = np.array(base, np.complex128 if any(map(np.iscomplexobj, values)) else None)
    for key, value in zip(keys, values, strict=True):
        y[key] = value
    return y


@written.vjp_of_all
def _(g: Any, y: Any, base: Any, *values: Any, keys: tuple[Any, ...]) -> tuple[Any, ...]:
    # Each element of each write gets a number of its own; what stands in the end is who wrote last.
    last = np.full(shape_of(base), -1)
    numbers = []
    start = 0
    for key in keys:
        place = last[key]
        mine = np.arange(start, start + np.size(place)).reshape(np.shape(place))
        last[key] = mine
        numbers.append(mine)
        start += mine.size
    contributions = []
    for key, mine in zip(keys, numbers, strict=True):
        stands = last[key] == mine
        contributions.append(g[key] if np.all(stands) else np.where(stands, g[key], 0.0))
    return np.where(last < 0, g, 0.0), *contributions


def in_place(operation: Callable[[Any, Any], Any]) -> Callable[[Buffer, Any], Buffer]:
    """An operator that writes its result into the buffer, under all the buffer's names, as into NumPy's arrays."""

    def written_over(b: Buffer, other: Any) -> Buffer:
        y = operation(b.settled(), other)
        if np.shape(y) != b.shape or y.dtype != b.dtype:
            b[...] = y
            return b
        b._data, b.base = np.array(y._data), y
        b.keys, b.values, b.by_key = [], [], {}
        return b

    return written_over


class Buffer(Value):
    """A Value that can be written into, made by `autograd_mini.zeros`, `np.zeros_like(v)`, `v.copy()`.

    Example
    -------
    >>> from autograd_mini import Value, zeros
    >>> v = Value(3.0)
    >>> b = zeros(3)
    >>> for i in range(3):
    ...     b[i] = v**i
    >>> b.sum().backward()
    >>> v.grad
    7.0
    """

    __slots__ = ("base", "by_key", "keys", "values")

    base: Any
    keys: list[Any]
    values: list[Any]
    __hash__ = object.__hash__

    def __init__(self, base: Any) -> None:
        """base: an array, or a Value whose numbers it starts from."""
        data = base._data if isinstance(base, Record) else base
        self._data, self.op, self.options, self.args, self.raw = np.array(data), None, EMPTY, (), ()
        self.index, self.name, self.exposed, self.cot, self.own, self.mark = 0, None, True, None, None, None
        self.base, self.keys, self.values = base, [], []
        # Where every write so far is of single places of one depth: the value last written there.
        self.by_key: dict[tuple[int, ...], Any] | None = {}

    def settled(self) -> Value:
        """What was written so far, as one record; later writes do not change it."""
        if self.keys or not isinstance(self.base, Record):
            operands = (self.base, *self.values)
            args = tuple(x if isinstance(x, Record) else None for x in operands)
            raw = tuple(x._data if isinstance(x, Record) else x for x in operands)
            data = self._data.copy()
            if any(x is not None for x in args):
                self.base = record(Value, written, data, args, raw, {"keys": tuple(self.keys)})
            else:
                self.base = record(Value, alias, data, (None,), (data,), EMPTY)
            self.keys, self.values, self.by_key = [], [], {}
            self.base.name = self.name
        return self.base  # type: ignore[return-value]  # a Value by now

    def operand(self) -> tuple[Record, Any]:
        """As an operand: its record so far."""
        base = self.settled()
        return base, base._data

    def __setitem__(self, key: Any, value: Any) -> None:  # type: ignore[override]  # other Values refuse
        key = plain(key)
        value = value.settled() if isinstance(value, Record) else constant(value, "b[i] = v")
        raw = value._data if isinstance(value, Record) else value
        if np.iscomplexobj(raw) and self._data.dtype.kind != "c":
            raise DtypeError(
                "b[i] = v: got a complex value for a real buffer; its imaginary part would be lost; "
                "make the buffer complex, or write np.real(v)"
            )
        if self._data.dtype.kind in "biu" and getattr(raw, "dtype", FLOAT).kind == "f" and isinstance(value, Record):
            raise DtypeError(
                f"b[i] = v: got a Value for a buffer of {self._data.dtype}; its fraction would be lost; "
                "make the buffer of floats, as in np.zeros(n, like=v)"
            )
        try:
            self._data[key] = raw
        except ValueError:
            raise ShapeError(
                f"b[i] = v: got a value of shape {np.shape(raw)} for a place of shape {self._data[key].shape}; "
                "it must broadcast to the place"
            ) from None
        self.keys.append(key)
        self.values.append(value)
        single = single_place(key, self._data.shape)
        if single is None:
            self.by_key = None
        elif self.by_key is not None:
            fits = isinstance(value, Record) and shape_of(raw) == () and np.asarray(raw).dtype == self._data.dtype
            self.by_key[single] = value if fits else None

    __iadd__ = in_place(operator.add)
    __isub__ = in_place(operator.sub)
    __imul__ = in_place(operator.mul)
    __itruediv__ = in_place(operator.truediv)
    __ifloordiv__ = in_place(operator.floordiv)
    __imod__ = in_place(operator.mod)
    __ipow__ = in_place(operator.pow)
    __imatmul__ = in_place(operator.matmul)

    def __getitem__(self, key: Any) -> Any:
        if self.keys and self.by_key is not None:
            single = single_place(key, self._data.shape)
            if single is not None:
                value = self.by_key.get(single)
                if value is not None:
                    return value
                if single not in self.by_key:
                    if isinstance(self.base, Record):
                        return getitem(self.base, single)
                    number = self.base[single]
                    return record(Value, alias, number, (None,), (number,), EMPTY)
        return getitem(self.settled(), key)

    @property
    def data(self) -> Any:
        """The numbers written so far, read-only."""
        if TRACES and (trace := tracing()) is not None:
            return trace.data_of(self.settled())
        view = self._data.view()
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, data: Any) -> None:
        self[...] = data

    @property
    def grad(self) -> Any:
        """The gradient of what was written so far; None before `backward`."""
        return self.settled().grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self.settled().grad = grad

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.settled().zero_grad()

    @property
    def is_leaf(self) -> bool:
        """Whether nothing but numbers was written so far."""
        return not any(isinstance(x, Record) for x in (self.base, *self.values))


def plain(key: Any) -> Any:
    """A key as it may be kept: index arrays copied, Values as their numbers."""
    if isinstance(key, tuple):
        return tuple(plain(k) for k in key)
    if isinstance(key, Record):
        return key.left("a place to write to")  # type: ignore[attr-defined]  # of a Value
    if isinstance(key, list):
        return np.array(key, dtype=None if key else int)
    return key.copy() if isinstance(key, np.ndarray) else key


def single_place(key: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The place of one element as non-negative integers; None for any other key."""
    places = key if isinstance(key, tuple) else (key,)
    if len(places) != len(shape) or not all(k.__class__ is int for k in places):
        return None
    if not all(-n <= k < n for k, n in zip(places, shape, strict=True)):
        return None  # NumPy says what is wrong
    return tuple(k % n for k, n in zip(places, shape, strict=True))


def started(data: Any) -> Any:
    """A buffer that starts from an array; a leaf for a single number."""
    return Buffer(data) if np.ndim(data) else leaf(Value, float(data) if data.dtype == float else data[()])


@composite(np.zeros)
def zeros(shape: Any, dtype: Any = float, order: str = "C", **_: Any) -> Any:
    """Zeros to write into: `b[i] = v`, `b[mask] += w`; also as `np.zeros(shape, like=v)`, v any Value."""
    return started(np.zeros(shape, dtype))


@composite(np.ones)
def ones(shape: Any, dtype: Any = float, order: str = "C", **_: Any) -> Any:
    """Ones to write into."""
    return started(np.ones(shape, dtype))


@composite(np.empty)
def empty(shape: Any, dtype: Any = float, order: str = "C", **_: Any) -> Any:
    """As `zeros`: what is not written is 0, and not left over from elsewhere."""
    return zeros(shape, dtype)


@composite(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **_: Any) -> Any:
    """An array filled with one number or Value, to write into.

    >>> full((2, 2), 7.0).data
    array([[7., 7.],
           [7., 7.]])
    """
    if isinstance(fill_value, Record):
        b = zeros(shape, dtype or np.asarray(fill_value._data).dtype)
        if isinstance(b, Buffer):
            b[...] = fill_value
            return b
        return fill_value
    return started(np.full(shape, fill_value, dtype or (float if isinstance(fill_value, int) else None)))


@composite(np.array)
def array(
    object: Any,  # noqa: A002  # NumPy's own name
    dtype: Any = None,
    *,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
) -> Any:
    """An array of its own, of numbers and Values, to write into: `np.array(a, like=v)`."""
    y = array_of_values(object, dtype, ndmin=ndmin)
    if isinstance(y, Record):
        return Buffer(y) if np.ndim(y) else y
    return started(np.asarray(y))


@composite(np.eye)
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float, order: str = "C", **_: Any) -> Any:  # noqa: N803  # NumPy's own names
    """Ones on a diagonal, to write into: `np.eye(n, like=v)`."""
    return started(np.eye(N, M, k, dtype))


@composite(np.identity)
def identity(n: int, dtype: Any = None, **_: Any) -> Any:
    """As `eye`."""
    return started(np.identity(n, dtype))


def like(a: Any, dtype: Any, shape: Any) -> tuple[Any, Any]:
    """The shape and dtype of a new array like `a`."""
    return (np.shape(a) if shape is None else shape), dtype or a.dtype


@composite(np.zeros_like)
def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    """Zeros of the shape and dtype of `a`, to write into."""
    return zeros(*like(a, dtype, shape))


@composite(np.empty_like)
def empty_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    """As `zeros_like`."""
    return zeros(*like(a, dtype, shape))


@composite(np.ones_like)
def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
    """Ones of the shape and dtype of `a`, to write into."""
    return ones(*like(a, dtype, shape))


@composite(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **_: Any
) -> Any:
    """An array of the shape and dtype of `a`, filled with one number or Value, to write into."""
    size, kind = like(a, dtype, shape)
    return full(size, fill_value, kind)


def copied(a: Any, order: str = "K", subok: bool = False) -> Any:
    """The same numbers, to write into."""
    y = copy(a)
    return Buffer(y) if isinstance(y, Record) and np.ndim(y) else y


TABLE[np.copy] = copied
