"""`compile`: a function of Values run once, and from then on as straight code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..errors import UsageError
from ..record import Record, shape_of
from ..tree import flatten
from ..value import Value
from .program import Program, Source
from .python_source import Code, python_code
from .trace import NOTHING, Trace

__all__ = ["Compiled", "compile"]


class Entry:
    """One program: for arguments of given shapes, and settings as they were."""

    def __init__(self, program: Program, code: Code, rebuild: Any, settings: Any) -> None:
        self.program, self.code, self.rebuild, self.settings = program, code, rebuild, settings
        self.careful: Entry | None = None


class Compiled:
    """A function that was compiled: call it as the function itself. See `compile`."""

    def __init__(self, f: Callable[..., Any], static: tuple[str | int, ...], backend: str, limit: int) -> None:
        self.f, self.static, self.backend, self.limit = f, static, backend, limit
        self.entries: dict[Any, list[Entry]] = {}
        wraps(f)(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten((args, kwargs))
        data = [raw(x) for x in leaves]
        key = tuple(map(kind_of, leaves))  # and the tree
        for entry in self.entries.get(key, ()):
            if all(same(check(), was) for check, was in entry.settings):
                break
        else:
            entry = self.traced(args, kwargs, leaves, careful=False)
            self.entries.setdefault(key, []).append(entry)
        found = self.run(entry, data, leaves)
        if found is None:
            if entry.careful is None:
                entry.careful = self.traced(args, kwargs, leaves, careful=True)
            entry = entry.careful
            found = self.run(entry, data, leaves)
        outputs, written = found
        for (target, term), new in zip(entry.program.writes, written, strict=True):
            put(target, leaves, None if term is NOTHING else new)
        return entry.rebuild(outputs)

    def run(self, entry: Entry, data: list[Any], leaves: list[Any]) -> Any:
        """What the code of an entry gives."""
        return entry.code.run(*(given(t.source, data, leaves) for t in entry.program.inputs))

    def traced(self, args: Any, kwargs: Any, leaves: list[Any], *, careful: bool) -> Entry:
        """The program of these arguments."""
        trace = Trace(careful=careful)
        with trace:
            try:
                new = []
                for i, x in enumerate(leaves):
                    if isinstance(x, Value):
                        trace.value_argument(x, i)
                        new.append(x)
                    elif isinstance(x, (np.ndarray, np.generic)) or x.__class__ is float:
                        new.append(trace.argument(x, i))
                    else:
                        new.append(x)
                args, kwargs = flatten((args, kwargs))[1](new)
                y = self.f(*args, **kwargs)
                outputs, rebuild = flatten(y)
                outputs = [x.settled() if isinstance(x, Record) else x for x in outputs]
                program = trace.program(outputs)
            finally:
                trace.restore()
        return Entry(program, python_code(program), rebuild, trace.settings)


def compile(  # noqa: A001  # the name that users of other libraries know
    f: Callable[..., Any] | None = None,
    *,
    static: str | int | Sequence[str | int] = (),
    backend: str = "auto",
    limit: int = 8,
) -> Any:
    """The function f as straight code."""
    if f is None:
        return lambda f: compile(f, static=static, backend=backend, limit=limit)
    if not callable(f):
        raise UsageError(f"compile: got {type(f).__name__}; it takes a function; give one")
    static = (static,) if isinstance(static, (str, int)) else tuple(static)
    return Compiled(f, static, backend, limit)


def kind_of(x: Any) -> Any:
    """What of a leaf a program depends on."""
    if isinstance(x, Record):
        return "value", shape_of(x._data), getattr(x._data, "dtype", None)
    if x.__class__ is float:
        return float
    if isinstance(x, (np.ndarray, np.generic)):
        return x.shape, x.dtype
    return x.__class__, x


def raw(x: Any) -> Any:
    """The numbers of a leaf."""
    if isinstance(x, Record):
        return x._data
    return float(x) if x.__class__ is np.float64 else x


def given(source: Source | None, data: list[Any], leaves: list[Any]) -> Any:
    """The raw data of an input."""
    assert source is not None  # noqa: S101  # inputs have one
    if source.kind in ("argument", "value") and source.place is not None:
        return data[source.place]
    if source.kind == "value":
        return source.holder._data
    if source.kind == "grad":
        v = leaves[source.place] if source.place is not None else source.holder
        return v.grad
    return source.holder if source.key is None else source.holder[source.key] if isinstance(source.holder, dict) else getattr(source.holder, source.key)


def put(target: Source, leaves: list[Any], new: Any) -> None:
    """Write a result where it belongs."""
    if target.kind == "state":
        if target.key is None:
            target.holder[...] = new
        elif isinstance(target.holder, dict):
            target.holder[target.key] = new
        else:
            setattr(target.holder, target.key, new)
        return
    v = leaves[target.place] if target.place is not None else target.holder
    if target.kind == "value":
        v.data = new
    else:
        v.grad = new


def same(now: Any, was: Any) -> bool:
    """Whether a setting is what it was."""
    return now is was or (type(now) is type(was) and bool(np.all(now == was)))
