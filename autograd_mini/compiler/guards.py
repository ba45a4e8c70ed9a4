"""Which numbers have to be looked at for nan: as few as tell of all."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .array_rules import tiles
from .program import Program, Term
from .rewriting import number

__all__ = ["with_few_guards"]

# Ops whose result holds a nan if an operand does.
SPREADING = {
    "abs", "add", "broadcast_to", "copy", "cos", "divide", "exp", "expm1", "log", "log1p", "logistic", "matmul", "mean",
    "multiply", "negative", "reciprocal", "reshape", "sin", "sqrt", "square", "subtract", "sum", "tanh", "transpose",
}  # fmt: skip
# Those of them whose result holds one only if an operand does, the other one being a number.
KEEPING = {"add", "broadcast_to", "multiply", "negative", "reshape", "subtract", "transpose"}


def with_few_guards(program: Program) -> Program:
    """The program, guarding only terms whose nan reaches no other one that is guarded."""
    if not program.guards:
        return program
    guards = {id(t): t for g in program.guards for t in sources(g)}
    reaching: set[int] = set()
    for t in reversed(program.terms):
        if (id(t) in guards or id(t) in reaching) and t.op is not None and t.op.name in SPREADING:
            reaching.update(id(a) for a in t.args)
    few = [t for t in guards.values() if id(t) not in reaching and not t.is_constant]
    return Program(program.inputs, program.outputs, program.writes, few)


def sources(t: Term) -> Iterator[Term]:
    """The terms that hold a nan exactly if `t` does: its parts, or what it is a multiple of."""
    if t.op is tiles or (t.op is not None and t.op.name == "scatter" and len(t.args) == 1):
        for a in t.args:
            yield from sources(a)
    elif t.op is not None and t.op.name in KEEPING and len(rest := [a for a in t.args if not is_finite(a)]) == 1:
        yield from sources(rest[0])
    else:
        yield t


def is_finite(t: Term) -> bool:
    """Whether a term is a number besides 0, infinity and nan."""
    x = number(t)
    return isinstance(x, (float, int)) and x != 0 and math.isfinite(x)
