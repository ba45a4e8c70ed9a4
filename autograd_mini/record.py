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

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from reprlib import repr as brief
from sys import _getframe
from threading import get_ident
from types import CodeType, FrameType
from typing import Any, ClassVar

import numpy as np

from .errors import DtypeError

__all__ = [
    "EMPTY",
    "INPUT",
    "TRACES",
    "Record",
    "constant",
    "no_grad",
    "numbers",
    "operands",
    "paused",
    "plain",
    "recording",
    "rows",
    "shape_of",
    "site",
    "tracing",
]

EMPTY: Mapping[str, Any] = {}
INPUT: Mapping[str, Any] = {}  # the options of a leaf with respect to which something is being differentiated
CHARS = frozenset("?bhilqBHILQefdgFDG")  # dtypes a computation may hold

# Threads that do not record, with how many `no_grad` blocks each is in.
PAUSED: dict[int, int] = {}

# Threads that watch for anomalies, and what looks at the cotangents of their sweeps: see `detect_anomaly`.
WATCHES: dict[int, Callable[[dict[Record, Any], dict[Record, Any]], None]] = {}

# Threads in which a function is being compiled, and what keeps track of it there: see `autograd_mini.compiler`.
TRACES: dict[int, Any] = {}

clock = count(1).__next__  # the creation order of records is a topological order
new = object.__new__


class Record:
    """Data, and the call that made it; the base of `Value`, below everything that has rules.

    `index` is the time of creation. A leaf's `raw` holds the time of the last assignment to its
    data, if there was one; `exposed` says that the user holds a leaf's array and may write to it,
    so that recording copies it. `cot` is the cotangent of the last sweep, not yet looked at; `own`
    the gradient once it was.
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
        "mark",
        "name",
        "op",
        "options",
        "own",
        "pending",
        "raw",
        "site",
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
    mark: object  # of the last sweep by `autograd_mini.floats`, with the cotangent that it found
    pending: Any
    grad: Any  # of a Value
    a: Record | None
    b: Record | None
    da: Any
    db: Any
    args: tuple[Record | None, ...]
    raw: tuple[Any, ...]
    site: tuple[CodeType, int] | None

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
    v.index, v.name, v.exposed, v.cot, v.own, v.mark = clock(), None, False, None, None, None
    return v


def scalar_record(cls: type[Record], op: Any, z: float, a: Record | None, da: Any, b: Record | None, db: Any) -> Any:
    """The record of a float computed from floats, with its partials."""
    if PAUSED and paused():
        trace = tracing()
        return leaf(cls, z) if trace is None else trace.without_history(op, z, (a, b), (da, db))
    v = new(cls)
    v._data = z
    v.op = op
    v.options = None
    v.a = a
    v.da = da
    v.b = b
    v.db = db
    v.index = clock()
    v.name = v.cot = v.own = v.mark = None
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
    kind = data.__class__
    if kind is np.float64:
        data = float(data)
    elif kind is np.ndarray:
        if not data.shape:
            data = data[()]
            data = float(data) if data.__class__ is np.float64 else data
    elif kind is not float:
        data = result(data, op.name)
    if PAUSED and paused():
        trace = tracing()
        return leaf(cls, data) if trace is None else trace.without_history(op, data, args, raw, options)
    v = new(cls)
    v._data = data
    v.op = op
    v.options = options
    v.args = args
    v.raw = raw
    v.site = None if op.is_smooth and not WATCHES else site(_getframe(2))
    v.index = clock()
    v.name = v.cot = v.own = v.mark = None
    v.exposed = False
    return v


# The packages whose lines are not the user's.
OURS = frozenset({"autograd_mini", "nn"})
IS_OURS: dict[str | None, bool] = {}  # of every package met


def site(frame: FrameType | None) -> tuple[CodeType, int] | None:
    """Where the user's code stands: code and instruction, from which `diagnose` reads file and line.

    It takes 300 to 500 ns, so smooth ops keep it only while anomalies are watched for.
    """
    while frame is not None:
        package = frame.f_globals.get("__package__")
        is_ours = IS_OURS.get(package)
        if is_ours is None:
            is_ours = IS_OURS[package] = (package or "").partition(".")[0] in OURS
        if not is_ours:
            return frame.f_code, frame.f_lasti
        frame = frame.f_back
    return None


def result(data: Any, where: str) -> Any:
    """What an op gave, as a record keeps it: Python's numbers as NumPy's; or DtypeError."""
    if isinstance(data, (int, complex)):
        return np.asarray(data)[()]
    if not hasattr(data, "dtype") and not isinstance(data, tuple):
        raise DtypeError(
            f"{where}: its function gave {type(data).__name__}; an op gives an array or a number; return np.array(...)"
        )
    return data


def operands(v: Record) -> tuple[Any, ...]:
    """The operands of the call that made `v`, in order: Values and constants."""
    if v.options is None:
        both = (v.a if v.a is not None else v.da, v.b if v.b is not None else v.db)
        return both[: v.op.n_operands]
    return tuple(x if p is None else p for p, x in zip(v.args, v.raw, strict=True))


def constant(x: Any, where: str) -> Any:
    """`x` as a computation may keep it: a number, or an array of its own; or DtypeError."""
    kind = x.__class__
    if kind is float or kind is int or kind is bool or kind is complex:
        return x
    if isinstance(x, np.ndarray):
        return numbers(np.array(x), where) if kind is np.ndarray else plain(x, where)
    if isinstance(x, np.generic):
        return numbers(x, where)
    if isinstance(x, (list, tuple)):
        return numbers(rows(x, where), where)
    if hasattr(x, "__array_function__") and hasattr(x, "copy"):
        return x.copy()
    raise DtypeError(
        f"{where}: got {kind.__name__} {brief(x)}; it must be a number, an array, or nested lists of numbers; "
        "convert it first"
    )


def plain(x: Any, where: str) -> Any:
    """A copy of a subclass of NumPy's array as a plain array; a mask would be lost, and is refused."""
    if hasattr(x, "mask"):
        raise DtypeError(f"{where}: got a masked array; masks have no derivative; fill it, as in x.filled(0.0)")
    return numbers(np.array(x), where)


def numbers(x: Any, where: str) -> Any:
    """`x` itself if its dtype is one that a computation may hold; or DtypeError."""
    if x.dtype.char not in CHARS:
        raise DtypeError(
            f"{where}: got dtype {x.dtype}; it must be real or complex numbers; convert it, as in x.astype(float)"
        )
    return x


def rows(x: Any, where: str) -> Any:
    """Nested lists as an array; or DtypeError if they are ragged."""
    try:
        return np.array(x)
    except ValueError:
        raise DtypeError(
            f"{where}: got a ragged {type(x).__name__}; rows must have equal lengths; "
            "pad the rows, or take each by itself"
        ) from None


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of raw data or of a Value."""
    return () if isinstance(x, (float, int, complex)) else x.shape


def tracing() -> Any:
    """What keeps track of the function that the calling thread compiles; None if it compiles none."""
    return TRACES.get(get_ident()) if TRACES else None


@contextmanager
def recording() -> Iterator[None]:
    """Record in this thread, even inside `no_grad`: for a derivative that is asked for there."""
    thread = get_ident()
    depth = PAUSED.pop(thread, 0)
    try:
        yield
    finally:
        if depth:
            PAUSED[thread] = depth


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
