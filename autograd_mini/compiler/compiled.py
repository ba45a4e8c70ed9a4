"""`compile`: what is kept for each kind of arguments, and how a call finds, runs and ends it."""

from __future__ import annotations

import builtins
import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import update_wrapper
from threading import RLock
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import BackendError, DtypeError, UsageError
from ..graph import Graph
from ..record import Record, clock, shape_of
from ..state import found, put
from ..tree import flatten
from ..value import Value
from .native import calls_before_native, native_code
from .program import Program, Source
from .python_source import Code, python_code
from .simplify import simplified
from .trace import Trace, is_nothing

__all__ = ["Compiled", "Stats", "compile"]

BACKENDS = ("auto", "numpy", "native")
NOTICES: list[str] = []  # that native code cannot be made: given once


@dataclass(slots=True)
class Stats:
    """What a compiled function did so far.

    programs: how many there are, one for each kind of arguments. calls: of them all. eager_calls: those that ran
    the function itself, as code met an error, a nan in a gradient, or too many kinds of arguments. terms, lines: of
    the last program, and of its code. native: how many programs are C by now. trace_seconds, code_seconds: spent on
    the first calls, and on compiling C.
    """

    programs: int = 0
    calls: int = 0
    eager_calls: int = 0
    terms: int = 0
    lines: int = 0
    native: int = 0
    trace_seconds: float = 0.0
    code_seconds: float = 0.0


class Entry:
    """A program and its code, with what it depends on besides the kinds of the arguments."""

    def __init__(self, program: Program, code: Code, rebuild: Any, trace: Trace) -> None:
        self.program, self.code, self.rebuild = program, code, rebuild
        self.calls_left = 0  # before it is compiled to C; 0 for never, or done
        self.settings = trace.settings
        self.fetched, self.put_back = ways_in_and_out(program)
        self.generators = list({id(g): g for g in code.generators}.values())

    def fits(self) -> bool:
        """Whether all settings are what they were."""
        return all(same(check(), was) for check, was in self.settings)


class Compiled:
    """A function that was compiled: call it as the function itself. See `compile`."""

    def __init__(
        self, f: Callable[..., Any], static: Sequence[str | int], backend: str, limit: int, fast_math: bool
    ) -> None:
        update_wrapper(self, f)
        self.f, self.backend, self.limit, self.fast_math = f, backend, limit, fast_math
        self.static = places_of(f, static)
        self.entries: dict[Any, list[Entry]] = {}
        self.stats = Stats()
        self.last: tuple[Entry, Any, Any] | None = None
        self.lock = RLock()
        self.is_warned = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives, as numbers and arrays."""
        leaves: list[Any] = []
        key = self.key_of(args, kwargs, leaves) if args or kwargs else ()
        self.stats.calls += 1
        for entry in self.entries.get(key, ()):
            if not entry.settings or entry.fits():
                break
        else:
            found_entry = self.new_entry(key, args, kwargs)
            if found_entry is None:
                return self.eagerly(args, kwargs)
            entry = found_entry
        if entry.calls_left:
            self.count_call(entry)
        states = [(rng, rng.bit_generator.state) for rng in entry.generators] if entry.generators else ()
        try:
            outputs, written = entry.code.run(*entry.fetched(leaves))
        except Exception:  # noqa: BLE001  # the function itself says what is wrong, or does better
            for rng, state in states:
                rng.bit_generator.state = state
            return self.eagerly(args, kwargs)
        if written:
            entry.put_back(leaves, *written)
        return entry.rebuild(outputs)

    @property
    def source(self) -> str:
        """The code of the last program that was made.

        Raises: UsageError before the first call.
        """
        return self.made()[0].code.source

    @property
    def c_source(self) -> str:
        """The C of the last program that was made; empty where none was compiled.

        Raises: UsageError before the first call.
        """
        return self.made()[0].code.c_source

    @property
    def graph(self) -> Graph:
        """The graph of the function and of all derivatives in it, at the arguments with which it was last compiled.

        Raises: UsageError before the first call.
        """
        _, args, kwargs = self.made()
        return self.traced(args, kwargs)[2]

    def made(self) -> tuple[Entry, Any, Any]:
        """The last program, with the arguments that it was made for."""
        if self.last is None:
            raise UsageError(f"{self!r}: it was not called yet; code is made for given shapes; call it first")
        return self.last

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.f, '__name__', 'function')}: {self.stats.programs} programs>"

    def key_of(self, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]) -> Any:
        """What of the arguments a program depends on; the leaves are appended to `leaves`."""
        static = self.static
        parts = [setting_key(x) if i in static else key_of(x, leaves) for i, x in enumerate(args)]
        if kwargs:
            parts += [
                (name, setting_key(kwargs[name]) if name in static else key_of(kwargs[name], leaves))
                for name in sorted(kwargs)
            ]
        return tuple(parts)

    def new_entry(self, key: Any, args: Any, kwargs: Any) -> Entry | None:
        """The program of these arguments, made now; None if there are too many already."""
        with self.lock:
            for entry in self.entries.get(key, ()):
                if entry.fits():
                    return entry  # another thread made it
            if self.stats.programs >= self.limit:
                if not self.is_warned:
                    self.is_warned = True
                    warnings.warn(
                        f"compile: {getattr(self.f, '__name__', 'a function')} was compiled for {self.limit} kinds of "
                        "arguments, and now runs as it is for others; give fewer shapes, or a larger limit=",
                        RuntimeWarning,
                        stacklevel=3,
                    )
                return None
            start = perf_counter()
            program, rebuild, _, trace = self.traced(args, kwargs)
            between = perf_counter()
            program = simplified(program)
            entry = Entry(program, python_code(program), rebuild, trace)
            if self.backend == "native":
                self.compile_natively(entry)
            elif self.backend == "auto":
                entry.calls_left = calls_before_native(program)
            stats = self.stats
            stats.trace_seconds += between - start
            stats.code_seconds += perf_counter() - between
            stats.programs += 1
            stats.terms, stats.lines = len(program.terms), entry.code.source.count("\n")
            self.entries.setdefault(key, []).append(entry)
            self.last = entry, args, kwargs
            return entry

    def count_call(self, entry: Entry) -> None:
        """Note a call of a program that is to be compiled to C when it was called often enough."""
        with self.lock:
            if entry.calls_left:
                entry.calls_left -= 1
                if not entry.calls_left:
                    start = perf_counter()
                    self.compile_natively(entry)
                    self.stats.code_seconds += perf_counter() - start

    def compile_natively(self, entry: Entry) -> None:
        """Put C in the place of a program's code; where there is no compiler, say so once if C was asked for."""
        try:
            entry.code = native_code(entry.program, fast_math=self.fast_math)
            self.stats.native += 1
        except BackendError as error:
            if self.backend == "native" and not NOTICES:
                NOTICES.append(str(error))
                warnings.warn(f"{error}; NumPy source is used instead", RuntimeWarning, stacklevel=4)

    def traced(self, args: Any, kwargs: Any) -> tuple[Program, Any, Graph, Trace]:
        """The program of these arguments, what rebuilds its results, its graph, and its trace."""
        static = self.static
        trace = Trace()
        with trace:
            leaves: list[Any] = []
            args = [x if i in static else stood_for(x, leaves, trace) for i, x in enumerate(args)]
            kwargs = {
                name: kwargs[name] if name in static else stood_for(kwargs[name], leaves, trace)
                for name in sorted(kwargs)
            }
            outputs, rebuild = flatten(self.f(*args, **kwargs))
            outputs = [x.settled() if isinstance(x, Record) else x for x in outputs]
            program = trace.program(outputs)
            graph = Graph.of(*(x for x in outputs if isinstance(x, Record)))
        return program, rebuild, graph, trace

    def eagerly(self, args: Any, kwargs: Any) -> Any:
        """What the function itself gives, as numbers."""
        self.stats.eager_calls += 1
        args = [x if i in self.static else valued(x) for i, x in enumerate(args)]
        kwargs = {name: x if name in self.static else valued(x) for name, x in kwargs.items()}
        outputs, rebuild = flatten(self.f(*args, **kwargs))
        return rebuild([x.settled()._data if isinstance(x, Record) else x for x in outputs])


def compile(  # noqa: A001  # the name that users of other libraries know
    f: Callable[..., Any] | None = None,
    *,
    static: str | int | Sequence[str | int] = (),
    backend: str = "auto",
    limit: int = 8,
    fast_math: bool = False,
) -> Any:
    """The function f as straight code: run once to see what it does, and from then on without a graph being built.

    f: takes and gives numbers, arrays, and trees of them; gradients, Hessian-vector products, `backward` and steps of
    optimizers inside it are compiled with it. Inside it arguments are Values; what it gives are numbers. Values
    that it finds (parameters, among the arguments or outside) are read on each call, and what it does to their data
    and gradients is done at the end of each call. A program is made for each combination of shapes, dtypes, whole
    numbers, texts and other settings among the arguments, up to `limit` of them.
    static: names or places of further arguments that are settings. backend: "numpy" for Python source, "native"
    for C, or "auto" for Python source until the calls have taken about as long as compiling C does. Without a C
    compiler all is Python source. fast_math: let C round sums and quotients in another order than NumPy.

    Raises: TraceError, on the first call, where f needs the numbers of a Value, as in `if x > 0`.

    Example
    -------
    >>> from autograd_mini import grad
    >>> slope = compile(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    """
    if f is None:
        return lambda f: compile(f, static=static, backend=backend, limit=limit, fast_math=fast_math)
    if not callable(f):
        raise UsageError(f"compile: got {type(f).__name__}; it takes a function; give one")
    if backend not in BACKENDS:
        names = ", ".join(map(repr, BACKENDS))
        raise UsageError(f"compile: got backend={backend!r}; there are {names}; give one of them")
    return Compiled(f, (static,) if isinstance(static, (str, int)) else tuple(static), backend, limit, fast_math)


# ---- arguments


def places_of(f: Callable[..., Any], static: Sequence[str | int]) -> frozenset[str | int]:
    """Places and names of the arguments that are settings: each by both."""
    if not static:
        return frozenset()
    names = list(inspect.signature(f).parameters)
    for x in static:
        if x not in names and not (isinstance(x, int) and -len(names) <= x < len(names)):
            raise UsageError(f"compile: got static={x!r}; the arguments are {', '.join(names)}; give one of them")
    chosen = {x if isinstance(x, str) else names[x] for x in static}
    return frozenset(chosen | {i for i, name in enumerate(names) if name in chosen})


def key_of(x: Any, leaves: list[Any]) -> Any:
    """What of an argument a program depends on: not the numbers of floats and arrays, which are leaves."""
    kind = x.__class__
    if kind is np.ndarray:
        leaves.append(x)
        return x.shape, x.dtype
    if kind is float:
        leaves.append(x)
        return float
    if isinstance(x, Record):
        if x.op is not None:
            raise DtypeError(
                f"compile: got {getattr(x, 'name', None) or 'a Value'}, which was computed; a compiled function takes "
                "numbers, and leaves such as parameters; compile the whole computation, or give its .data"
            )
        leaves.append(x)
        return "value", shape_of(x._data), getattr(x._data, "dtype", float)
    if isinstance(x, np.generic):
        leaves.append(x)
        return "number", x.dtype
    if kind is list or kind is tuple:
        return kind, *(key_of(y, leaves) for y in x)
    if isinstance(x, dict):
        return kind, *((setting_key(k), key_of(y, leaves)) for k, y in x.items())
    if isinstance(x, tuple):
        return kind, *(key_of(y, leaves) for y in x)
    if is_dataclass(x) and not isinstance(x, type):
        return kind, *(key_of(getattr(x, f.name), leaves) for f in fields(x))
    return setting_key(x)


def setting_key(x: Any) -> Any:
    """A setting as a key: by its type and value, or, if it cannot be hashed, by identity."""
    try:
        hash(x)
    except TypeError:
        return id(x)
    return type(x), x


def stood_for(x: Any, leaves: list[Any], trace: Trace) -> Any:
    """An argument with Values in the places of its floats and arrays, in the order of `key_of`."""
    kind = x.__class__
    if isinstance(x, Record):
        leaves.append(x)
        trace.value_argument(x, len(leaves) - 1)
        return x
    if kind is float or isinstance(x, (np.ndarray, np.generic)):
        leaves.append(x)
        return trace.argument(x, len(leaves) - 1)
    return mapped(x, lambda y: stood_for(y, leaves, trace))


def valued(x: Any) -> Any:
    """An argument with Values in the places of its floats and arrays, as it has while f is compiled."""
    if x.__class__ is float or isinstance(x, (np.ndarray, np.generic)):
        return Value(x) if np.asarray(x).dtype.kind in "fc" else x
    return mapped(x, valued)


def mapped(x: Any, f: Callable[[Any], Any]) -> Any:
    """A container with f of each of its parts; anything else as it is."""
    kind = x.__class__
    if isinstance(x, tuple):
        parts = [f(y) for y in x]
        return kind(*parts) if hasattr(x, "_fields") else kind(parts)
    if kind is list:
        return [f(y) for y in x]
    if isinstance(x, dict):
        return kind((k, f(y)) for k, y in x.items())
    if is_dataclass(x) and not isinstance(x, type):
        copy = object.__new__(kind)
        for field in fields(x):
            object.__setattr__(copy, field.name, f(getattr(x, field.name)))
        return copy
    return x


def ways_in_and_out(program: Program) -> tuple[Callable[..., Any], Callable[..., None]]:
    """What fetches the data of a program's inputs, given the leaves of the arguments, and what puts back what it wrote.

    Written out as code, as a call for each costs more than many a program.
    """
    space: dict[str, Any] = {"clock": clock, "found": found, "put": put, "float64": np.float64}
    fetched = []
    for i, t in enumerate(program.inputs):
        source: Any = t.source
        holder = space_of(source, f"h{i}", space)
        if source.kind == "argument":
            fetched.append(f"float({holder})" if t.is_float else holder)
        elif source.kind == "state":
            space[f"k{i}"] = source.key
            fetched.append(f"float(found(h{i}, k{i}))" if t.is_float else f"found(h{i}, k{i})")
        else:
            fetched.append(f"{holder}.{'_data' if source.kind == 'value' else 'grad'}")
    lines = []
    for i, (target, t) in enumerate(program.writes):
        holder = space_of(target, f"w{i}", space)
        new = "None" if is_nothing(t) else f"n{i}"
        if target.kind == "state":
            space[f"q{i}"] = target.key
            lines.append(f"put(w{i}, q{i}, {new})")
        elif target.kind == "value":
            # A new array that nothing else holds may be handed out as it is: .data need not copy it, which took 250 ns.
            owned = t.shape != ()
            lines.append(f"v = {holder}; v._data = {new}; v.exposed = {owned}; v.raw = now")
        else:
            lines.append(f"v = {holder}; v.own = {new}; v.cot = None")
    names = "".join(f", n{i}" for i in range(len(program.writes)))
    text = f"def fetched(leaves):\n    return [{', '.join(fetched)}]\ndef put_back(leaves{names}):\n    "
    text += "\n    ".join(["now = (clock(),)", *lines])
    exec(builtins.compile(text, "<compiled>", "exec"), space)  # noqa: S102  # the code that was just written
    return space["fetched"], space["put_back"]


def space_of(source: Source, name: str, space: dict[str, Any]) -> str:
    """What stands for the holder of a source: a leaf of the arguments, or a name."""
    if source.place is not None:
        return f"leaves[{source.place}]"
    space[name] = source.holder
    return name


def same(now: Any, was: Any) -> bool:
    """Whether a setting is what it was."""
    return now is was or (type(now) is type(was) and bool(np.all(now == was)))
