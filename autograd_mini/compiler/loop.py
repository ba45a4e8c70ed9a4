"""`loop` and `scan`: steps that are repeated, in Python as they stand, and inside a compiled function as one op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError, UsageError
from ..ops.indexing import pick
from ..record import EMPTY, TRACES, Record, record, shape_of, tracing
from ..tree import flatten, is_number, map_leaves
from ..value import Value
from .program import FLOAT64, Program, Source, Term, dtype_of, repeated
from .trace import NOTHING, Trace, as_value

__all__ = ["loop", "scan", "zeros_of"]


def loop(step: Callable[..., Any], n: int) -> Callable[..., Any]:
    """The function that applies `step` n times: what it returns is what the next one is given.

    step: takes and gives one argument, or as many as it is called with, as a tuple; with none, it is called for
    what it does to Values, as a round of training does, and the last result is given back. Inside a compiled
    function the loop is one op, whose body is compiled once, and a derivative of it is another loop, backward. All
    steps are made: there is no way out before the last one.

    Raises: UsageError for n below 1; ShapeError, when compiled, if a step gives other shapes than it was given.

    Example
    -------
    >>> loop(lambda x: x / 2 + 1, 100)(0.0)
    2.0
    """
    check_count(n)

    def repeated_step(*carry: Any) -> Any:
        if TRACES and (trace := tracing()) is not None:
            return traced_loop(trace, step, n, carry)
        y: Any = None
        for _ in range(n):
            y = step(*carry)
            carry = carry if not carry else y if len(carry) > 1 else (y,)
        return y

    return repeated_step


def scan(step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any) -> tuple[Any, Any]:
    """(the last carry, all outputs stacked), of `carry, y = step(carry, x)` for each x along the first axis of `xs`.

    xs: an array, or a tree of arrays with first axes of one length. Inside a compiled function it is one op.

    Example
    -------
    >>> scan(lambda total, x: (total + x, total + x), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([1., 3., 6.]))
    """
    lengths = {shape_of(x)[:1] for x in flatten(xs)[0]}
    if len(lengths) != 1 or () in lengths:
        raise ShapeError(f"scan: got first axes {sorted(lengths)}; there must be one, of equal lengths; give arrays")
    n = lengths.pop()[0]
    check_count(n)
    if TRACES and (trace := tracing()) is not None:
        return traced_scan(trace, step, n, carry, xs)
    ys = []
    for i in range(n):
        carry, y = step(carry, map_leaves(lambda x, i=i: x[i], xs))
        ys.append(y)
    return carry, map_leaves(lambda *rows: stacked(rows), *ys)


def stacked(rows: tuple[Any, ...]) -> Any:
    """Rows as one array, or Value."""
    return np.stack(rows)


def check_count(n: Any) -> None:
    """Raise UsageError unless n is a whole number from 1 on."""
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise UsageError(f"loop: got n = {n!r}; it must be a whole number from 1 on; give how often to step")


def row_of(x: Any, i: int) -> Any:
    """Row i of an array; a float of an array of floats."""
    return float(x[i]) if x.ndim == 1 and x.dtype == FLOAT64 else x[i]


def traced_loop(
    trace: Trace, step: Callable[..., Any], n: int, carry: tuple[Any, ...], *, is_second: bool = False
) -> Any:
    """`loop(step, n)(*carry)` as one op of the function that is being compiled; is_second: one was made already."""
    leaves, rebuild = flatten(carry)
    body = Body(trace, lambda new: step(*rebuild(new)), leaves, [])
    if not (body.is_steady and (body.keeps_dtypes or is_second)):  # the first step makes what the others find
        y = step(*carry)
        carry = carry if not carry else y if len(carry) > 1 else (y,)
        return y if n == 1 else traced_loop(trace, step, n - 1, carry, is_second=True)
    ends, _ = body.recorded(n, feeds_results=True)
    return body.rebuild(ends)


def traced_scan(
    trace: Trace, step: Callable[..., Any], n: int, carry: Any, xs: Any, *, is_second: bool = False
) -> tuple[Any, Any]:
    """`scan(step, carry, xs)` as one op of the function that is being compiled."""
    leaves, rebuild = flatten(carry)
    rows, rebuild_rows = flatten(xs)
    m = len(leaves)
    body = Body(trace, lambda new: step(rebuild(new[:m]), rebuild_rows(new[m:])), leaves, rows)
    if not (body.is_steady and (body.keeps_dtypes or is_second)):
        carry, y = step(carry, map_leaves(lambda x: x[0], xs))
        if n == 1:
            return carry, map_leaves(lambda x: x[None], y)
        carry, ys = traced_scan(trace, step, n - 1, carry, map_leaves(lambda x: x[1:], xs), is_second=True)
        return carry, map_leaves(lambda first, rest: np.concatenate([first[None], rest]), y, ys)
    ends, stacks = body.recorded(n, feeds_results=False)
    return body.rebuild([*ends, *stacks])  # type: ignore[no-any-return]  # a pair


class Body:
    """One step under a trace of its own, and what it takes from the function around it."""

    def __init__(self, trace: Trace, step: Callable[[list[Any]], Any], carry: list[Any], rows: list[Any]) -> None:
        self.trace = trace
        self.carry, self.rows = [list(map(as_value, xs)) for xs in (carry, rows)]
        sub = self.sub = Trace(trace)
        with sub:
            first = [row_of(x._data, 0) for x in self.rows]
            given = [sub.argument(x, i) for i, x in enumerate([*(v._data for v in self.carry), *first])]
            leaves, self.fill = flatten(step(given))
            self.others = [None if is_number(x) else (x,) for x in leaves]  # what is no number, as None, is given back
            self.results = [as_value(x.settled() if isinstance(x, Record) else x) for x in leaves if is_number(x)]
            self.program = sub.program(self.results)
            self.data = [v._data for v in self.results]
            self.written = [sub.final(target) for target, _ in self.program.writes]

    def rebuild(self, results: list[Any]) -> Any:
        """What a step returns, of these results."""
        rest = iter(results)
        return self.fill([next(rest) if x is None else x[0] for x in self.others])

    @property
    def is_steady(self) -> bool:
        """Whether a second step would find what the first one found: gradients, or none, in the same places."""
        return all(
            self.sub.seen.get(target.holder, term is NOTHING) == (term is NOTHING)
            for target, term in self.program.writes
            if target.kind == "grad"
        )

    @property
    def keeps_dtypes(self) -> bool:
        """Whether what goes round has the dtype that it began with, as numbers of Python may not."""
        return all(dtype_of(v._data) == dtype_of(x) for v, x in zip(self.carry, self.data, strict=False))

    def recorded(self, n: int, *, feeds_results: bool) -> tuple[list[Any], list[Any]]:
        """What n steps carry in the end, and their stacked results; what they write is noted in the trace around."""
        program, trace = self.program, self.trace
        m = len(self.results) if feeds_results else len(self.carry)
        starts = self.carry or [zeros_of(x) for x in self.data[:m]]
        writes = [(target, t) for target, t in program.writes if t is not NOTHING]
        finals = [x for (_, t), x in zip(program.writes, self.written, strict=True) if t is not NOTHING]
        by_source = {key_of(t.source): t for t in program.inputs}
        fed = [by_source.pop(("argument", i, None, None), None) for i in range(m)]
        row_terms = [by_source.pop(("argument", len(self.carry) + j, None, None), None) for j in range(len(self.rows))]
        fed += [by_source.pop(key_of(target), None) for target, _ in writes]
        operands = [*starts]
        for (target, _), term, x in zip(writes, fed[m:], finals, strict=True):
            operands.append(zeros_of(x) if term is None else self.current(target))
        operands += self.rows
        operands += [self.current(t.source) for t in by_source.values() if t.source is not None]
        samples = [*self.data[:m], *finals]
        for start, end, what in zip(
            operands, samples, [*["what a step returns"] * m, *(describe(t) for t, _ in writes)], strict=False
        ):
            check_same(start._data, end, what)
        inputs = [
            t or unused(x)
            for t, x in zip([*fed, *row_terms], [*samples, *(row_of(v._data, 0) for v in self.rows)], strict=True)
        ]
        outputs = [*program.outputs[:m], *(t for _, t in writes), *program.outputs[m:]]
        body = Program([*inputs, *by_source.values()], outputs, [], program.guards)
        data = (*samples, *(np.stack([x] * n) for x in self.data[m:]))
        raw = tuple(v._data for v in operands)
        loops = record(
            Value, repeated, data, tuple(operands), raw,
            {"body": body, "n": n, "n_fed": len(samples), "n_rows": len(self.rows)},
        )  # fmt: skip
        if self.sub.draws:
            trace.draws.append(loops)
        ends = [pick(loops, index=i) for i in range(len(data))]
        for (target, _), end in zip(writes, ends[m:], strict=False):
            if target.kind == "value":
                trace.assign(target.holder, end)
            elif target.kind == "grad":
                trace.assign_grad(target.holder, end)
            else:
                trace.write(target.holder, target.key, end)
        for target, t in program.writes:
            if t is NOTHING:
                trace.assign_grad(target.holder, None)
        trace.settings += self.sub.settings
        return ends[:m], ends[len(samples) :]

    def current(self, source: Source) -> Any:
        """What the function around has at a source."""
        if source.kind == "value":
            return source.holder
        if source.kind == "grad":
            return self.trace.grad_of(source.holder)
        return self.trace.read(source.holder, source.key)


def key_of(source: Any) -> tuple[Any, ...]:
    """A source as a key: two are one if they are of the same holder."""
    return (
        source.kind,
        source.place if source.kind == "argument" else None,
        id(source.holder) if source.kind != "argument" else None,
        source.key,
    )


def zeros_of(x: Any) -> Any:
    """A Value to start from where no step reads it."""
    return as_value(np.zeros_like(x) if isinstance(x, np.ndarray) else 0.0 * x)


def unused(x: Any) -> Term:
    """An input that no op reads."""
    return Term(None, (), EMPTY, shape_of(x), dtype_of(x), source=Source("argument"))


def check_same(start: Any, end: Any, what: str) -> None:
    """Raise ShapeError unless a step leaves the shape and dtype that it found."""
    if shape_of(start) != shape_of(end) or dtype_of(start) != dtype_of(end):
        raise ShapeError(
            f"loop: {what} has shape {shape_of(end)} and dtype {dtype_of(end)} after a step, and {shape_of(start)} and "
            f"{dtype_of(start)} before; all steps run the same code; give what goes round one shape and dtype"
        )


def describe(target: Source) -> str:
    """A target in words."""
    if target.kind == "state":
        return f"the state {target.key!r}"
    return f"{'the gradient of ' if target.kind == 'grad' else ''}{target.holder.label()}"
