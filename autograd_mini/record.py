"""What a computation is: data, and the call that made it.

A Record is made in one of two ways, told apart by `options`:

* of Python floats (`options is None`): the partials are known when the call is made, so the
  record keeps them, and the backward sweep is a multiplication and an addition per operand.
  `a` and `b` are the operands, None where an operand is a constant or missing; `da` and `db`
  are the partials, or the constant itself.
* of anything else: `args` are the operands (None for a constant), `raw` the data of every
  operand at that time, and `options` the static arguments.

Laws: raw data is never written to after it has been recorded; a record points to its operands
only, so graphs have no reference cycles and are freed as soon as they are let go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from threading import get_ident
from typing import Any, ClassVar

import numpy as np

from .errors import DtypeError

__all__ = ["EMPTY", "Record", "constant", "no_grad", "operands", "paused", "shape_of"]

EMPTY: Mapping[str, Any] = {}
CHARS = frozenset("?bhilqBHILQefdgFDG")  # dtypes a computation may hold

# Threads that do not record, with how many `no_grad` blocks each is in.
PAUSED: dict[int, int] = {}

clock = count(1).__next__  # the creation order of records is a topological order
new = object.__new__


class Record:
    """Data, and the call that made it; the base of `Value`, below everything that has rules.

    `index` is the time of creation, or of the last assignment to a leaf's data; `exposed` says
    that the user holds a leaf's array and may write to it, so that recording copies it; `cot`
    is the cotangent of the last sweep, not yet looked at; `own` the gradient once it was.
    """

    __slots__ = (
        "_data",
        "a",
        "args",
        "b",
        "cot",
        "da",
        "db",
        "exposed",
        "index",
        "name",
        "op",
        "options",
        "own",
        "raw",
    )

    # The class of a result computed from this one.
    result_class: ClassVar[type[Record]]

    _data: Any
    op: Any
    options: Mapping[str, Any] | None
    index: int
    name: str | None
    exposed: bool
    cot: Any
    own: Any
    a: Record | None
    b: Record | None
    da: Any
    db: Any
    args: tuple[Record | None, ...]
    raw: tuple[Any, ...]

    def settled(self) -> Record:
        """Itself; an array under construction gives what was written so far."""
        return self

    def operand(self) -> tuple[Record, Any]:
        """What a call records of an operand that is exposed: it, and a copy of its data."""
        return self, self._data.copy()


def leaf(cls: type[Record], data: Any) -> Any:
    """A `cls` that nobody computed."""
    v = new(cls)
    v._data, v.op, v.options, v.args, v.raw = data, None, EMPTY, (), ()
    v.index, v.name, v.exposed, v.cot, v.own = clock(), None, False, None, None
    return v


def scalar_record(cls: type[Record], op: Any, z: float, a: Record | None, da: Any, b: Record | None, db: Any) -> Any:
    """The record of a float computed from floats, with its partials."""
    if PAUSED and paused():
        return leaf(cls, z)
    v = new(cls)
    v._data = z
    v.op = op
    v.options = None
    v.a = a
    v.da = da
    v.b = b
    v.db = db
    v.index = clock()
    v.name = v.cot = v.own = None
    v.exposed = False
    return v


def record(
    cls: type[Record],
    op: Any,
    data: Any,
    args: tuple[Record | None, ...],
    raw: tuple[Any, ...],
    options: Mapping[str, Any],
) -> Any:
    """The record of any other call."""
    if data.__class__ is np.float64:
        data = float(data)
    elif data.__class__ is np.ndarray and not data.shape:
        data = data[()]
        data = float(data) if data.__class__ is np.float64 else data
    if PAUSED and paused():
        return leaf(cls, data)
    v = new(cls)
    v._data = data
    v.op = op
    v.options = options
    v.args = args
    v.raw = raw
    v.index = clock()
    v.name = v.cot = v.own = None
    v.exposed = False
    return v


def operands(v: Record) -> tuple[Any, ...]:
    """The operands of the call that made `v`, in order: Values and constants."""
    if v.options is None:
        both = (v.a if v.a is not None else v.da, v.b if v.b is not None else v.db)
        return both[: v.op.n_operands]
    return tuple(x if p is None else p for p, x in zip(v.args, v.raw, strict=True))


def constant(x: Any, where: str) -> Any:
    """`x` as a computation may keep it: arrays copied unless they can't change; or DtypeError."""
    kind = x.__class__
    if kind is float or kind is int or kind is bool or kind is complex:
        return x
    if isinstance(x, np.ndarray):
        if x.dtype.char not in CHARS:
            raise DtypeError(
                f"{where}: got an array of dtype {x.dtype}; operands are real or complex numbers; "
                "convert it, for example with x.astype(float)"
            )
        return x if not x.flags.writeable and x.flags.owndata else x.copy()
    if isinstance(x, np.generic):
        if x.dtype.char not in CHARS:
            raise DtypeError(f"{where}: got {x!r}; operands are real or complex numbers")
        return x
    if isinstance(x, (list, tuple)):
        try:
            array = np.array(x)
        except ValueError:
            raise DtypeError(
                f"{where}: got a ragged {kind.__name__}; rows must have equal lengths; "
                "pad the rows, or compute with each by itself"
            ) from None
        return constant(array, where)
    if hasattr(x, "__array_function__") and hasattr(x, "copy"):
        return x.copy()
    raise DtypeError(
        f"{where}: got an operand of type {kind.__name__}; operands are Values, arrays, numbers, or lists of numbers"
    )


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of raw data or of a Value."""
    return () if isinstance(x, (float, int, complex)) else x.shape


def paused() -> bool:
    """Whether the calling thread is inside `no_grad`."""
    return get_ident() in PAUSED


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording in this thread: results are leaves, without derivative.

    Example
    -------
    >>> from autograd_mini import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.is_leaf
    True
    """
    thread = get_ident()
    PAUSED[thread] = PAUSED.get(thread, 0) + 1
    try:
        yield
    finally:
        depth = PAUSED.pop(thread) - 1
        if depth:
            PAUSED[thread] = depth


@contextmanager
def recording() -> Iterator[None]:
    """Record in this thread even inside `no_grad`: for what a rule needs for itself."""
    thread = get_ident()
    depth = PAUSED.pop(thread, 0)
    try:
        yield
    finally:
        if depth:
            PAUSED[thread] = depth
