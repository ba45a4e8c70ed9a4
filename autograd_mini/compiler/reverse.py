"""The derivative of a loop: another loop, from the last step to the first, over what each step was given."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TraceError
from ..record import record
from ..state import drawn
from ..sweep import is_differentiable
from ..transform import vjp
from ..value import Value
from .loop import scan, zeros_of
from .program import Program, Term, repeated
from .trace import as_value

__all__ = ["of_loop", "replayed"]


def of_loop(g: Any, y: Any, *operands: Any, body: Program, n: int, n_fed: int, n_rows: int) -> tuple[Any, ...]:
    """The cotangents of a loop's operands: the loop is run again, its steps are kept, and gone through backward."""
    if has_draws(body):
        raise TraceError(
            "compile: a derivative is taken through a loop that draws random numbers, which would be drawn anew; "
            "draw before the loop, and give the numbers to scan as xs"
        )
    operands = tuple(map(as_value, operands))
    fed, rows, rest = operands[:n_fed], operands[n_fed : n_fed + n_rows], operands[n_fed + n_rows :]
    counts = [is_differentiable(x._data) for x in operands]
    outputs = [is_differentiable(x) for x in y._data]
    seeds = [zeros_of(x) if c is None else as_value(c) for c, x in zip(g, y._data, strict=True)]

    def forward(carry: Any, x: Any) -> tuple[Any, Any]:
        return tuple(replayed(body, [*carry, *x[1], *rest])[:n_fed]), carry

    _, before = scan(forward, fed, (np.arange(n), rows))
    first, last = seeds[:n_fed], seeds[n_fed:]
    start = [s for s, d in zip(first, outputs, strict=False) if d]
    sums = [zeros_of(x._data) for x, d in zip(rest, counts[n_fed + n_rows :], strict=True) if d]

    def backward(carry: Any, x: Any) -> tuple[Any, Any]:
        into, totals = carry
        given = [*x[1], *x[2], *rest]

        def step(*wanted: Any) -> list[Any]:
            mine = iter(wanted)
            found = replayed(body, [next(mine) if d else a for a, d in zip(given, counts, strict=True)])
            return [z for z, d in zip(found, outputs, strict=True) if d]

        _, pull = vjp(step, *(a for a, d in zip(given, counts, strict=True) if d))
        found = pull([*into, *(s for s, d in zip(x[3], outputs[n_fed:], strict=True) if d)])
        a, b = sum(counts[:n_fed]), sum(counts[: n_fed + n_rows])
        return (list(found[:a]), [t + c for t, c in zip(totals, found[b:], strict=True)]), list(found[a:b])

    (ends, totals), each = scan(
        backward,
        (start, sums),
        (np.arange(n), tuple(x[::-1] for x in before), tuple(x[::-1] for x in rows), tuple(x[::-1] for x in last)),
    )
    found = iter([*ends, *(x[::-1] for x in each), *totals])
    return tuple(next(found) if d else None for d in counts)


repeated.vjp_of_all(of_loop)


def replayed(body: Program, inputs: list[Any]) -> list[Any]:
    """What one step gives, recorded op by op."""
    known: dict[int, Any] = {id(t): x for t, x in zip(body.inputs, inputs, strict=True)}
    for t in body.terms:
        if id(t) not in known:
            known[id(t)] = constant_of(t) if t.op is None else called(t, [known[id(a)] for a in t.args])
    return [known[id(t)] for t in body.outputs]


def constant_of(t: Term) -> Any:
    """A constant as an operand: the float of a Value is a float64 beside narrower arrays."""
    return np.float64(t.value) if t.is_float and not t.is_weak else t.value


def called(t: Term, args: list[Any]) -> Any:
    """The op of a term on operands, recorded; of a loop inside, whose numbers nobody needs, by its shapes."""
    if t.op is not repeated:
        return t.op(*args, **t.options)  # type: ignore[misc]  # it has an op
    values = tuple(map(as_value, args))
    data = tuple(
        np.zeros(s, d) if s else (0.0 if d == np.float64 else d.type(0)) for s, d in zip(t.shape, t.dtype, strict=True)
    )
    return record(Value, repeated, data, values, tuple(v._data for v in values), t.options)


def has_draws(body: Program) -> bool:
    """Whether a step draws random numbers."""
    return any(t.op is drawn or (t.op is repeated and has_draws(t.options["body"])) for t in body.terms)
