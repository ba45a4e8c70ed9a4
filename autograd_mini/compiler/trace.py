"""One run of a function under observation: what it computed, read, wrote and drew, as a Program.

Laws: the run leaves every Value, gradient, array and generator as it was; what depends on the numbers of a
Value, and not on its shape alone, is refused.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from sys import _getframe
from threading import get_ident
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np

from ..errors import MutationError, ShapeError, TraceError
from ..ops.indexing import part, scatter
from ..ops.operands import ASKED
from ..primitive import Primitive
from ..record import EMPTY, TRACES, Record, clock, leaf, operands, record, recording, shape_of, site
from ..state import drawn, found
from ..sweep import ancestry, full, full_recorded, is_differentiable, pullback
from ..transform import stop_gradient
from ..value import Value
from .program import Program, Source, Term, dtype_of

__all__ = ["NOTHING", "Trace", "as_value", "is_nothing"]


class Trace:
    """What keeps track of a function while it runs: `with trace: ...`, in which `trace.program(results)` is taken.

    outer: the trace of the function around, of a loop that is traced inside it.
    """

    def __init__(self, outer: Trace | None = None) -> None:
        self.outer = outer
        self.since = clock()  # what has a smaller index was there before
        self.oldest: int = self.since if outer is None else outer.oldest  # before the first of nested traces
        self.inputs: dict[Record, Source] = {}
        self.before: dict[Any, tuple[Any, ...]] = {}  # Values as they were
        self.seen: dict[Any, bool] = {}  # of Values whose first gradient mattered, whether it was None
        self.graded: set[Any] = set()  # Values whose first gradient is read, or was replaced before that
        self.assigned: dict[Any, list[tuple[int, Any]]] = {}  # their new data, with the time
        self.states: dict[tuple[int, Any], Any] = {}
        self.holders: dict[tuple[int, Any], Any] = {}
        self.written: dict[tuple[int, Any], Any] = {}
        self.generators: dict[int, np.random.Generator] = {}
        self.draws: list[Any] = []  # draws, and loops that draw, in their order
        self.reached: set[Any] = set()  # leaves that `backward` came to
        self.guards: list[Any] = []
        self.decisions: list[Any] = []  # 0 while the numbers that something was decided by are the same, else nan
        self.settings: list[tuple[Callable[[], Any], Any]] = []
        self.unset: list[tuple[Source, bool]] = []  # gradients that matter, and whether they were None
        self.labels: dict[Any, str] = {}  # what Values without a name are called in the function

    def __enter__(self) -> Self:
        TRACES[get_ident()] = self
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.outer is None:
            del TRACES[get_ident()]
        else:
            TRACES[get_ident()] = self.outer
        try:
            self.put_back()
        except BaseException:  # Ctrl-C: once begun, it is carried through, and then raised
            self.put_back()
            raise

    def put_back(self) -> None:
        """Give all Values what they had."""
        for v, (data, exposed, raw, own, cot) in self.before.items():
            v._data, v.exposed, v.own, v.cot = data, exposed, own, cot
            if v.op is None:
                v.raw = raw

    # ---- inputs

    def argument(self, data: Any, place: int) -> Any:
        """The Value that stands for the leaf at `place` of the arguments."""
        v = leaf(Value, float(data) if isinstance(data, np.float64) else data)
        self.inputs[v] = Source("argument", place)
        return v

    def value_argument(self, v: Any, place: int) -> None:
        """Note that a Value is the leaf at `place` of the arguments."""
        self.inputs[v] = Source("value", place)

    def read(self, holder: Any, key: Any) -> Any:
        """The Value that stands for some state; what is no number is a setting."""
        at = (id(holder), key)
        if at in self.states:
            return self.states[at]
        now = found(holder, key)
        if isinstance(now, Record):
            return now
        if not isinstance(now, (float, np.ndarray, np.generic)):
            return self.depend(holder, key)
        v = leaf(
            Value, np.array(now) if isinstance(now, np.ndarray) else float(now) if isinstance(now, np.float64) else now
        )
        self.inputs[v] = Source("state", holder=holder, key=key)
        self.states[at], self.holders[at] = v, holder
        return v

    def write(self, holder: Any, key: Any, new: Any) -> None:
        """Note what some state is to be."""
        now = found(holder, key)
        if isinstance(now, Record):
            self.assign(now, new)
            return
        at = (id(holder), key)
        self.holders[at] = holder
        new = stop_gradient(as_value(new))
        if isinstance(now, np.ndarray):
            if shape_of(new._data) != now.shape:
                new = np.broadcast_to(new, now.shape)
            if new.dtype != now.dtype:
                new = np.astype(new, now.dtype)
        self.states[at] = self.written[at] = new

    def depend(self, holder: Any, key: Any) -> Any:
        """What stands there; with another one, the program is another."""
        now = found(holder, key)
        self.settings.append((lambda: found(holder, key), now))
        return now

    def draw(self, rng: np.random.Generator, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The Value of a draw, from a copy of the generator, so that it is not moved."""
        copy = self.generators.setdefault(id(rng), deepcopy(rng))
        data = getattr(copy, method)(*args, **options)
        with recording():
            v = record(Value, drawn, data, (), (), {"rng": rng, "method": method, "args": args, "options": options})
        self.draws.append(v)
        return v

    # ---- what Values ask for

    def touch(self, v: Any, *, reads: bool = True) -> None:
        """Keep what a Value is, to be put back; a gradient that it has is an input if it is read."""
        if v not in self.before:
            self.before[v] = (v._data, v.exposed, v.raw if v.op is None else None, v.own, v.cot)
        if reads and v not in self.graded and self.is_outer(v):
            self.graded.add(v)
            grad = v.own if v.cot is None else full(v.cot, v._data)
            self.seen[v] = grad is None
            source = Source("grad", self.place(v), v)
            if self.outer is None:  # else the trace around sees it, too
                self.unset.append((source, grad is None))
            if grad is not None:
                g = leaf(Value, grad)
                self.inputs[g] = source
                v.own, v.cot = g, None

    def data_of(self, v: Value) -> Any:
        """`.data`: the Value as a constant for derivatives."""
        return v if v.op is stop_gradient else stop_gradient(v)

    def detached(self, v: Value) -> Any:
        """`.detach()`: a leaf that begins with the numbers of a Value."""
        new = leaf(Value, v._data)
        new.name = v.name
        self.begun(new, v)
        return new

    def begun(self, new: Any, v: Any) -> None:
        """Note that a leaf begins with the numbers of a Value."""
        v = v.settled()
        with recording():
            self.assigned[new] = [(new.index, v if v.dtype == new.dtype else np.astype(v, new.dtype))]

    def assign(self, v: Any, new: Any) -> None:
        """`.data = new`."""
        if v.op is not None:
            raise MutationError(
                f".data of {v.label()}: its derivative belongs to the result of {v.op.name}; "
                "only a leaf's data can be set; use Value(...) for new data"
            )
        self.touch(v, reads=False)
        new = as_value(new)
        if shape_of(new._data) != shape_of(v._data):
            raise ShapeError(
                f".data of {v.label()}: got shape {new.shape}; it must be {v.shape}; reshape or broadcast it"
            )
        if dtype_of(new._data) != dtype_of(v._data):
            new = np.astype(new, v.dtype)
        new = stop_gradient(new)
        v._data, v.exposed = new._data, False
        v.raw = (clock(),)
        self.assigned.setdefault(v, []).append((v.raw[0], new))

    def grad_of(self, v: Any) -> Any:
        """`.grad`: a Value, or None."""
        self.touch(v)
        return None if v.own is None else stop_gradient(v.own)

    def assign_grad(self, v: Any, new: Any) -> None:
        """`.grad = new`."""
        self.touch(v, reads=False)
        self.graded.add(v)
        v.own, v.cot = None if new is None else np.broadcast_to(as_value(new), v.shape), None

    def backward(self, root: Any, seed: Any) -> None:
        """`root.backward(seed)`, recorded."""
        found = order, _, leaves = ancestry(root)
        cotangents = pullback({root: seed}, recorded=True, found=found)
        self.reached.update(v for v in leaves if cotangents[v] is not None)
        for v in leaves:
            c = cotangents[v]
            if not is_differentiable(v._data):
                continue
            self.touch(v)
            c = as_value(full(0.0, v._data)) if c is None else as_value(full_recorded(c, v))
            v.own, v.cot = c if v.own is None else v.own + c, None
        for v in order:
            c = cotangents[v]
            self.touch(v)
            v.own, v.cot = None if c is None or c.__class__ is tuple else as_value(full_recorded(c, v)), None

    def swept(self, cotangents: dict[Any, Any], leaves: Sequence[Any]) -> None:
        """Note the cotangents of leaves that a sweep ended with, to look for nan, and name those of named Values."""
        self.guards += [c for v in leaves if isinstance(c := cotangents[v], Record)]
        for v, c in cotangents.items():
            if v.name and isinstance(c, Record) and c.op is not None and c.name is None and c.index > self.since:
                c.name = f"d_{v.name}"

    def without_history(self, op: Any, data: Any, args: Any, raw: Any, options: Any = EMPTY) -> Any:
        """A record inside `no_grad`: computed anew on each call, and a leaf for derivatives."""
        with recording():
            n = len(args) if options is not EMPTY or op.n_operands is None else op.n_operands
            xs = [x if p is None else p._data for p, x in zip(args[:n], raw[:n], strict=True)]
            v = record(Value, op, data, tuple(args[:n]), tuple(xs), options)
            return v if data.__class__ is tuple else self.detached(v)

    def asked(self, v: Any, how: str) -> Any:
        """The numbers of a Value, for code of this package that decides by them; TraceError for any other.

        A call for which they would be others runs the function itself.
        """
        frame: Any = _getframe(2)
        while name_of(frame) in BETWEEN or name_of(frame).partition(".")[0] in ("numpy", "scipy"):
            frame = frame.f_back
        if how == ASKED or not name_of(frame).startswith("autograd_mini."):
            self.refuse(v, how)
        data = v._data
        was = bool(data) if how == "a branch on it" else data
        with recording():
            self.decisions.append(record(Value, unchanged, 0.0, (v,), (data,), {"was": was}))
        return data

    def refuse(self, v: Value, how: str) -> NoReturn:
        """Raise TraceError, with the line that asked for the numbers of a Value."""
        frame: Any = _getframe(3)
        while name_of(frame).partition(".")[0] in ("autograd_mini", "nn", "numpy", "scipy", "copy"):
            frame = frame.f_back
        where = site(frame)
        line = ""
        if where is not None:
            code, at = where
            number = next((n for start, stop, n in code.co_lines() if start <= at < stop), code.co_firstlineno)
            text = linecache.getline(code.co_filename, number or 0).strip()
            line = f" in {code.co_filename}, line {number}" + (f": {text!r}" if text else "")
        raise TraceError(
            f"compile: {how} needs the numbers of {v.label()}{line}; compiled code is for all numbers; "
            "use np.where for a choice, np.take for places, keep it a Value, or name the argument in static="
        )

    # ---- the program

    def program(self, results: Sequence[Any]) -> Program:
        """The Program of some results, and of all that was written."""
        finals: list[tuple[Source, Any]] = []
        for v, times in self.assigned.items():
            if self.is_outer(v):
                finals.append((Source("value", self.place(v), v), times[-1][1]))
        for v, was in self.before.items():
            own, cot = was[3:]
            if v in self.seen:
                is_new = not (own is cot is None) if v.own is None else v.own is not own and v.own is not cot
            else:
                is_new = v in self.graded  # over whatever is there
            if self.is_outer(v) and is_new:
                source = self.inputs.get(v.own)
                if source is None or source.kind != "grad" or source.holder is not v:
                    finals.append((Source("grad", self.place(v), v), v.own))
        finals += [(Source("state", holder=self.holders[at], key=at[1]), new) for at, new in self.written.items()]
        terms = self.terms([*results, *(x for _, x in finals if x is not None), *self.decisions])
        inputs = {v: t for v, t in terms.items() if t.source is not None}
        program = Program(
            [
                inputs[v]
                for v in sorted(
                    inputs, key=lambda v: (v not in self.inputs or self.inputs[v].kind != "argument", v.index)
                )
            ],
            [self.term_of(x, terms) for x in results],
            [(target, NOTHING if x is None else self.term_of(x, terms)) for target, x in finals],
            # What nothing else depends on is not computed.
            [terms[g] for g in (*self.guards, *self.decisions) if g in terms],
        )
        used = set(map(id, program.terms))
        program.inputs = [t for t in program.inputs if id(t) in used]
        return program

    def final(self, target: Source) -> Any:
        """The numbers that a target has at the end of the run."""
        if target.kind == "state":
            return as_value(self.written[id(target.holder), target.key])._data
        v = target.holder
        return v._data if target.kind == "value" else None if v.own is None else v.own._data

    def is_outer(self, v: Any) -> bool:
        """Whether a Value was there before the run."""
        return bool(v.index < self.since)

    def place(self, v: Any) -> int | None:
        """The place of a Value among the leaves of the arguments, if it is one of them."""
        return self.inputs[v].place if v in self.inputs else None

    def term_of(self, x: Any, terms: dict[Any, Term]) -> Term:
        """The term of a result: a Value, as it is at the end, or a constant."""
        if not isinstance(x, Record):
            return Term.constant(x)
        return terms[self.version(x, None)]

    def version(self, p: Any, time: int | None) -> Any:
        """The record that gives the data of `p` at some time: itself, or what was assigned to it before."""
        best = p
        for t, new in self.assigned.get(p, ()):
            if time is None or t < time:
                best = new
        return best

    def terms(self, roots: Sequence[Any]) -> dict[Any, Term]:
        """The term of every record that the roots depend on."""
        out: dict[Any, Term] = {}
        before = dict(zip(self.draws[1:], self.draws, strict=False))
        stack = [self.version(r, None) for r in roots if isinstance(r, Record)]
        while stack:
            v = stack[-1]
            if v in out:
                stack.pop()
                continue
            if v.op is None or v.index < self.since:
                out[v] = self.given(v)
                continue
            args = [self.version(p, v.index) if isinstance(p, Record) else p for p in operands(v)]
            if v in before:  # an operand, so that one generator draws in the same order
                args.append(before[v])
            waiting = [p for p in args if isinstance(p, Record) and p not in out]
            if waiting:
                stack += waiting
                continue
            data = v._data
            several = data.__class__ is tuple
            made = tuple(out[p] if isinstance(p, Record) else Term.constant(p) for p in args)
            if v.op in (part, scatter):
                made = (made[0], *map(of_count, made[1:], args[1:]))
            options = v.options or EMPTY
            if v in before and "body" in options:
                options = {**options, "body": with_another_input(options["body"], made[-1])}
            out[v] = Term(
                v.op,
                made,
                options,
                tuple(map(shape_of, data)) if several else shape_of(data),
                tuple(map(dtype_of, data)) if several else dtype_of(data),
                name=v.name,
                site=None if v.options is None else v.site,
            )
            if v.op.name in FREE:
                out[v] = of_shape(out[v], out[v].shape)
        return out

    def given(self, v: Any) -> Term:
        """The term of a leaf, or of what was computed before: an input, or a constant."""
        source = self.inputs.get(v)
        if source is None and v.index < self.since and (v.op is None or self.outer is not None):
            source = Source("value", None, v)
        if source is None:
            constant = Term.constant(v._data) if v._data.__class__ is not float else strong(v._data)
            return replace(constant, name=v.name)
        data = v._data
        return Term(None, (), EMPTY, shape_of(data), dtype_of(data), source=source, name=v.name or self.labels.get(v))


BETWEEN = frozenset([Value.__module__, "autograd_mini.ops.operands"])  # who asks, asks through these


def name_of(frame: Any) -> str:
    """The name of the module whose code a frame runs."""
    return str(frame.f_globals.get("__name__"))


def strong(x: float) -> Term:
    """The number of a Value, which is a float64 beside narrower arrays."""
    return Term(None, (), EMPTY, (), dtype_of(x), value=x)


def with_another_input(body: Program, x: Term) -> Program:
    """The body of a loop that is given `x`, too, and does not read it."""
    given = Term(None, (), EMPTY, x.shape, x.dtype, source=Source("argument"))
    return Program([*body.inputs, given], body.outputs, body.writes, body.guards)


NOTHING = Term(None, (), EMPTY, (), dtype_of(0.0), value=None)


# Ops whose result has a shape that depends on numbers.
FREE = frozenset(["argwhere", "bincount", "distinct", "flatnonzero", "set_part", "trimmed_places"])

# What is checked as the code runs: an error makes the function itself be run.


def check(x: Any, shape: Any, count: Any) -> Any:
    """`x`, if it has that shape, and, of a mask, so many places."""
    if x.shape != shape:
        raise ShapeError(f"compile: got shape {x.shape}; the code is for {shape}; run the function itself")
    if count is not None and np.count_nonzero(x) != count:
        raise ShapeError(f"compile: got a mask of {np.count_nonzero(x)}; the code is for {count}; run the function")
    return x


checked = Primitive("checked", check, n_operands=1, is_registered=False, defaults={"shape": (), "count": None})
unchanged = Primitive(
    "unchanged",
    lambda x, was: (
        0.0 if (bool(x) is was if was.__class__ is bool else np.array_equal(x, was, equal_nan=True)) else np.nan
    ),
    n_operands=1,
    is_registered=False,
    defaults={"was": None},
)


def of_shape(t: Term, shape: Any, count: Any = None) -> Term:
    """A term whose shape depends on numbers, as long as it has that shape."""
    return Term(checked, (t,), {"shape": shape, "count": count}, t.shape, t.dtype)


def of_count(t: Term, mask: Any) -> Term:
    """A mask of as many places as it had; anything else, and a constant, as it is."""
    if t.is_constant or t.dtype != np.bool_:
        return t
    return of_shape(t, t.shape, int(np.count_nonzero(mask._data)))


def is_nothing(t: Term) -> bool:
    """Whether a gradient is to be None."""
    return t.is_constant and t.value is None


def as_value(x: Any) -> Any:
    """X as a Value."""
    return (
        x
        if isinstance(x, Record)
        else leaf(Value, float(x) if isinstance(x, (int, float, np.float64)) else np.array(x))
    )
