"""`compile`: what is kept for each kind of arguments, and how a call finds, runs and ends it."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import update_wrapper
from threading import RLock, get_ident
from time import perf_counter
from types import MethodType
from typing import Any

import numpy as np

from ..errors import AutogradError, BackendError, UsageError
from ..graph import Graph
from ..record import PAUSED, TRACES, WATCHES, Record, clock, paused, tracing
from ..state import Changes, found, put
from ..tree import flatten
from .arguments import Leaves, NotKnown, Recorded, key_of, places_of, setting_key, stood_for, valued
from .draws import Generators
from .names import labels
from .native import calls_before_native, native_code
from .program import Program, Source
from .python_source import Code, FoundNan, python_code
from .results import brought_back, finisher, kept, number_of
from .simplify import simplified
from .trace import Trace, is_nothing

__all__ = ["Compiled", "Stats", "compile"]

BACKENDS = ("auto", "numpy", "native")
NOTICES: list[str] = []  # that native code cannot be made: given once


@dataclass(slots=True)
class Stats:
    """What a compiled function did so far.

    programs: how many were made, one for each kind of arguments. calls: of them all. eager_calls: those that ran
    the function itself, as code met an error, a nan in a gradient, or too many kinds of arguments. terms, lines: of
    the last program, and of its code. native: how many programs are C by now. trace_seconds, code_seconds: spent on
    the first calls, and on compiling C. reason: why the function itself was run last.
    """

    programs: int = 0
    calls: int = 0
    eager_calls: int = 0
    terms: int = 0
    lines: int = 0
    native: int = 0
    trace_seconds: float = 0.0
    code_seconds: float = 0.0
    reason: str = ""


NO_LEAVES = Leaves()


class Entry:
    """A program and its code, with what it depends on besides the kinds of the arguments."""

    def __init__(self, program: Program, code: Code, finish: Any, trace: Trace, given: Any) -> None:
        self.program, self.code, self.finish = program, code, finish
        self.calls_left = 0  # before it is compiled to C; 0 for never, or done
        self.settings = trace.settings
        self.args, self.kwargs = kept(given[0]), kept(given[1])  # for `graph`
        self.fetched, self.put_back, self.has_gradients = ways_in_and_out(program, trace.unset)
        self.generators = list({id(g): g for g in code.generators}.values())
        sources = [*(t.source for t in program.inputs), *(target for target, _ in program.writes)]
        self.captured = frozenset(
            s.holder for s in sources if s is not None and s.place is None and isinstance(s.holder, Record)
        )

    def fits(self, leaves: Leaves) -> bool:
        """Whether all settings are what they were, and no Value is among the arguments that was found outside of them.

        The other way round is not told: a Value that is both found outside and an argument is taken as an argument.
        """
        if leaves.places and not self.captured.isdisjoint(leaves.places):
            return False
        if not self.has_gradients(leaves):
            return False
        for check, was in self.settings:
            now = check()
            if now is not was and not same(now, was):  # 700 ns of 4,500 less for 8 parameters than with `same` alone
                return False
        return True


class Compiled:
    """A function that was compiled: call it as the function itself. See `compile`."""

    def __init__(
        self,
        f: Callable[..., Any],
        static: Sequence[str | int] = (),
        backend: str = "auto",
        limit: int = 8,
        donate: Sequence[str | int] = (),
        fast_math: bool = False,
    ) -> None:
        f = getattr(f, "f", f) if isinstance(f, Compiled) else f
        update_wrapper(self, f)
        self.f, self.backend, self.limit, self.fast_math = f, backend, limit, fast_math
        self.static, self.donate = places_of(f, static, "static"), places_of(f, donate, "donate")
        self.entries: dict[Any, list[Entry]] = {}
        self.stats = Stats()
        self.last: Entry | None = None
        self.lock = RLock()
        self.changes = Changes.count
        self.is_warned = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives, as numbers and arrays."""
        if TRACES and tracing() is not None:  # inside another function that is compiled: a part of it
            return self.f(*self.with_values(args), **self.with_values(kwargs))
        if WATCHES and get_ident() in WATCHES:  # for anomalies, which have a line in the function itself
            return self.eagerly(args, kwargs, "anomalies are watched for")
        leaves, key = NO_LEAVES, ()
        try:
            if args or kwargs or PAUSED:
                leaves = Leaves()
                key = self.key_of(args, kwargs, leaves)
        except Recorded:
            self.stats.eager_calls += 1
            self.stats.reason = "a Value that is being differentiated is among the arguments"
            return self.f(*self.with_values(args), **self.with_values(kwargs))
        except NotKnown:
            return self.eagerly(args, kwargs, "an argument is an object whose arrays may change")
        stats = self.stats
        stats.calls += 1
        if self.changes != Changes.count:
            with self.lock:
                self.changes = Changes.count
                self.entries = {}
                self.warn_of_changes()
        for entry in self.entries.get(key, ()):
            if entry.fits(leaves):
                break
        else:
            found_entry = self.new_entry(key, leaves, args, kwargs)
            if found_entry is None:
                return self.eagerly(args, kwargs, "there are too many kinds of arguments")
            entry = found_entry
        if entry.calls_left:
            self.count_call(entry)
        states = [(rng, rng.bit_generator.state) for rng in entry.generators] if entry.generators else ()
        written = None
        try:
            outputs, written = entry.code.run(*entry.fetched(leaves))
            if entry.program.writes:
                entry.put_back(leaves, *written)
        except BaseException as error:
            if (
                written is not None and entry.program.writes
            ):  # Ctrl-C: once begun, it is carried through, and then raised
                entry.put_back(leaves, *written)
                raise
            for rng, state in states:
                rng.bit_generator.state = state
            if not isinstance(error, Exception):
                raise
            return self.eagerly(args, kwargs, reason_of(error))
        result = entry.finish(outputs)
        return self.donated(result, args, kwargs) if self.donate else result

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The method of an object: compiled for it alone, and kept in its attributes."""
        if instance is None:
            return self
        name = f"_compiled_{getattr(self.f, '__name__', 'method')}"
        space = getattr(instance, "__dict__", None)
        if space is None:
            return MethodType(self, instance)
        bound = space.get(name)
        if bound is None or bound.f.__self__ is not instance:  # the object is a copy of another
            method = MethodType(self.f, instance)
            bound = space[name] = Compiled(method, *self.settings())
        return bound

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        """A copy that has compiled nothing yet, as what was compiled belongs to the Values that it found."""
        return Compiled(deepcopy(self.f, memo), *self.settings())

    def __reduce__(self) -> Any:
        """Its pickle: the function and the settings."""
        return Compiled, (self.f, *self.settings())

    def settings(self) -> tuple[Any, ...]:
        """What it was made with besides the function."""
        return named(self.static), self.backend, self.limit, named(self.donate), self.fast_math

    @property
    def source(self) -> str:
        """The code of the last program that was made.

        Raises: UsageError before the first call.
        """
        return self.made().code.source

    @property
    def c_source(self) -> str:
        """The C of the last program that was made; empty where none was compiled.

        Raises: UsageError before the first call.
        """
        return self.made().code.c_source

    @property
    def graph(self) -> Graph:
        """The graph of the function and of all derivatives in it, at the arguments with which it was last compiled.

        Of arrays of more than a megabyte that are gone by then, it has other numbers.

        Raises: UsageError before the first call.
        """
        entry = self.made()
        return self.traced(brought_back(entry.args), brought_back(entry.kwargs))[2]

    def made(self) -> Entry:
        """What was made for the last kind of arguments."""
        if self.last is None:
            raise UsageError(f"{self!r}: it was not called yet; code is made for given shapes; call it first")
        return self.last

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.f, '__name__', 'function')}: {self.stats.programs} programs>"

    def key_of(self, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: Leaves) -> Any:
        """What of the arguments a program depends on; the leaves are appended to `leaves`."""
        static = self.static
        parts = [setting_key(x) if i in static else key_of(x, leaves) for i, x in enumerate(args)]
        if kwargs:
            parts += [(name, setting_key(x) if name in static else key_of(x, leaves)) for name, x in kwargs.items()]
        if PAUSED:
            parts.append(paused())
        return tuple(parts)

    def warn_of_changes(self) -> None:
        """Warn, once, where most calls had to be compiled, as attributes of modules change in between."""
        programs, calls = self.stats.programs, self.stats.calls
        if not self.is_warned and programs >= self.limit and 2 * programs > calls:
            self.is_warned = True
            warnings.warn(
                f"compile: {getattr(self.f, '__name__', 'a function')} was compiled {programs} times in {calls} calls, "
                "as attributes of modules are set in between; keep what changes in an attribute that begins with _, or "
                "in an array that is written to",
                RuntimeWarning,
                stacklevel=3,
            )

    def new_entry(self, key: Any, leaves: Leaves, args: Any, kwargs: Any) -> Entry | None:
        """The program of these arguments, made now; None if there are too many already."""
        with self.lock:
            for entry in self.entries.get(key, ()):
                if entry.fits(leaves):
                    return entry  # another thread made it
            if sum(map(len, self.entries.values())) >= self.limit:
                if not self.is_warned:
                    self.is_warned = True
                    warnings.warn(
                        f"compile: {getattr(self.f, '__name__', 'a function')} was compiled for {self.limit} kinds of "
                        "arguments, and now runs as it is for others; give fewer shapes, whole numbers as floats or "
                        "arrays, or a larger limit=",
                        RuntimeWarning,
                        stacklevel=3,
                    )
                return None
            start = perf_counter()
            program, finish, _, trace = self.traced(args, kwargs)
            between = perf_counter()
            program = simplified(program)
            code = python_code(program, getattr(self.f, "__name__", "compiled"))
            entry = Entry(program, code, finish, trace, (args, kwargs))
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
            self.last = entry
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
            name = getattr(self.f, "__name__", "compiled")
            entry.code = native_code(entry.program, name, fast_math=self.fast_math)
            self.stats.native += 1
        except BackendError as error:
            if self.backend == "native" and not NOTICES:
                NOTICES.append(str(error))
                warnings.warn(f"{error}; NumPy source is used instead", RuntimeWarning, stacklevel=4)

    def traced(self, args: Any, kwargs: Any) -> tuple[Program, Any, Graph, Trace]:
        """The program of these arguments, what makes a result of its outputs, its graph, and its trace."""
        static = self.static
        trace = Trace()
        generators = Generators(self.f, args, kwargs)
        with trace:
            leaves: list[Any] = []
            args = [x if i in static else stood_for(x, leaves, trace) for i, x in enumerate(args)]
            kwargs = {k: x if k in static else stood_for(x, leaves, trace) for k, x in kwargs.items()}
            trace.labels = labels(self.f, args, kwargs)
            try:
                leaves_of_result, rebuild = flatten(self.f(*args, **kwargs))
            except AutogradError:
                raise
            except Exception as error:
                error.add_note("while compile ran the function, with Values in the places of numbers")
                raise
            finally:
                generators.check()
            outputs = [x.settled() if isinstance(x, Record) else x for x in leaves_of_result]
            recorded = [x for x in outputs if isinstance(x, Record)]
            program = trace.program(recorded)
            graph = Graph.of(*recorded)
        finish = finisher(outputs, rebuild)
        leaves_of_result[:] = [None] * len(outputs)  # which `rebuild` would keep alive, and all that was recorded
        return program, finish, graph, trace

    def eagerly(self, args: Any, kwargs: Any, reason: str) -> Any:
        """What the function itself gives, as numbers."""
        self.stats.eager_calls += 1
        self.stats.reason = reason
        outputs, rebuild = flatten(self.f(*self.with_values(args), **self.with_values(kwargs)))
        return self.donated(rebuild([number_of(x) for x in outputs]), args, kwargs)

    def with_values(self, args: Any) -> Any:
        """Arguments with Values in the places of numbers, as the function itself takes them."""
        if isinstance(args, dict):
            return {name: x if name in self.static else valued(x) for name, x in args.items()}
        return [x if i in self.static else valued(x) for i, x in enumerate(args)]

    def donated(self, result: Any, args: Any, kwargs: Any) -> Any:
        """The result, each array of it in one that was donated and has its shape and dtype, if there is one."""
        if not self.donate:
            return result
        given = [x for i, x in enumerate(args) if i in self.donate] + [kwargs[k] for k in kwargs if k in self.donate]
        free = {id(x): x for x in flatten(given)[0] if isinstance(x, np.ndarray) and x.flags.writeable}
        leaves, rebuild = flatten(result)
        for i, y in enumerate(leaves):
            x = next(
                (x for x in free.values() if isinstance(y, np.ndarray) and (x.shape, x.dtype) == (y.shape, y.dtype)),
                None,
            )
            if x is not None:
                x[...] = y
                leaves[i] = free.pop(id(x))
        return rebuild(leaves)


def compile(  # noqa: A001  # the name that users of other libraries know
    f: Callable[..., Any] | None = None,
    *,
    static: str | int | Sequence[str | int] = (),
    donate: str | int | Sequence[str | int] = (),
    backend: str = "auto",
    limit: int = 8,
    fast_math: bool = False,
) -> Any:
    """The function f as straight code: run once to see what it does, and from then on without a graph being built.

    f: takes and gives numbers, arrays, and trees of them; gradients, Hessian-vector products, `backward` and steps of
    optimizers inside it are compiled with it. Inside it arguments are Values; what it gives are numbers. Values
    that it finds (parameters, among the arguments or outside) are read on each call, and what it does to their data
    and gradients is done at the end of each call. A program is made for each combination of shapes, dtypes, whole
    numbers, texts and other settings among the arguments, up to `limit` of them, and then f runs as it is.

    Where a call meets what the code is not for (a nan in a gradient, division by zero, a decision that would go another
    way), it runs f itself, with the same result. Called with Values that are being differentiated, or inside another
    function that is compiled, it is f itself, and derivatives flow.

    static: names or places of further arguments that are settings. donate: those whose arrays may be overwritten, with
    results of their shape and dtype. backend: "numpy" for Python source, "native" for C, or "auto" for Python source
    until the calls have taken about as long as compiling C does. Without a C compiler all is Python source. fast_math:
    let C round sums and quotients in another order than NumPy.

    Raises: TraceError, on the first call, where f needs the numbers of a Value, as in `if x > 0`.

    Example
    -------
    >>> from autograd_mini import grad
    >>> slope = compile(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    """
    if f is None:
        return lambda f: compile(f, static=static, donate=donate, backend=backend, limit=limit, fast_math=fast_math)
    if not callable(f):
        raise UsageError(f"compile: got {type(f).__name__}; it takes a function; give one")
    if backend not in BACKENDS:
        names = ", ".join(map(repr, BACKENDS))
        raise UsageError(f"compile: got backend={backend!r}; there are {names}; give one of them")
    return Compiled(f, listed(static), backend, limit, listed(donate), fast_math)


def listed(names: Any) -> tuple[Any, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, (str, int)) else tuple(names)


def named(places: frozenset[str | int]) -> tuple[str, ...]:
    """The names among names and places."""
    return tuple(sorted(x for x in places if isinstance(x, str)))


def reason_of(error: Exception) -> str:
    """Why the function itself was run."""
    return "a nan, or another decision" if isinstance(error, FoundNan) else f"{type(error).__name__}: {error}"


# ---- code around a program


def ways_in_and_out(
    program: Program, unset: list[tuple[Source, bool]]
) -> tuple[Callable[..., Any], Callable[..., None], Callable[..., bool]]:
    """What fetches the data of a program's inputs, given the leaves of the arguments, and what puts back what it wrote;
    and whether the gradients that it adds to are those that it was made for: None, or not.

    Written out as code, as a call for each costs more than many a program.
    """
    space: dict[str, Any] = {"clock": clock, "found": found, "put": put, "ndarray": np.ndarray}
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
        if t.shape == () and not t.is_float and new != "None":
            lines.append(f"n{i} = n{i}[()] if n{i}.__class__ is ndarray else n{i}")
        if target.kind == "state":
            space[f"q{i}"] = target.key
            lines.append(f"put(w{i}, q{i}, {new})")
        elif target.kind == "value":
            # A new array that nothing else holds may be handed out as it is: .data need not copy it, which took 250 ns.
            lines.append(f"v = {holder}; v._data = {new}; v.exposed = {t.shape != ()}; v.raw = now")
        else:
            lines.append(f"v = {holder}; v.own = {new}; v.cot = None")
    held = []
    for i, (source, is_none) in enumerate(unset):
        holder = space_of(source, f"g{i}", space)
        held.append(f"{'' if is_none else 'not '}({holder}.own is None and {holder}.cot is None)")
    names = "".join(f", n{i}" for i, (_, t) in enumerate(program.writes) if not is_nothing(t))
    text = f"def fetched(leaves):\n    return [{', '.join(fetched)}]\ndef put_back(leaves{names}):\n    "
    text += "\n    ".join(["now = (clock(),)", *lines])
    text += f"\ndef has_gradients(leaves):\n    return {' and '.join(held) or True}\n"
    exec(builtins.compile(text, "<compiled>", "exec"), space)  # noqa: S102  # the code that was just written
    return space["fetched"], space["put_back"], space["has_gradients"]


def space_of(source: Source, name: str, space: dict[str, Any]) -> str:
    """What stands for the holder of a source: a leaf of the arguments, or a name."""
    if source.place is not None:
        return f"leaves[{source.place}]"
    space[name] = source.holder
    return name


def same(now: Any, was: Any) -> bool:
    """Whether a setting is what it was."""
    return now is was or (type(now) is type(was) and bool(np.all(now == was)))
