"""Equal computations side by side, whose results are stacked, as one computation on stacked arrays.

Such are the columns of a Hessian: a sweep for each, which differ in their seeds alone. A Hessian of 50 parameters
takes a tenth of the time so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..record import EMPTY
from .array_rules import tiles
from .program import FLOAT64, Program, Term
from .rewriting import frozen, is_op, op_of

__all__ = ["batched", "has_stacks"]

FEWEST = 3  # computations that are put together
MOST = 4_000_000  # elements of a stacked array


def batched(program: Program) -> Program:
    """The program with stacks of equal computations as computations on stacks; itself if it has none."""
    stacks = [t for t in program.terms if is_stack(t)]
    if not stacks:
        return program
    batch = Batch()
    new: dict[int, Term] = {}
    for t in stacks:
        parts = [a.args[0] for a in t.args]
        if batch.can_lift(parts):
            whole, is_stacked = batch.lifted(parts)
            if is_stacked:
                new[id(t)] = reshaped(whole, t.shape)
    if not new:
        return program
    for t in program.terms:
        if id(t) not in new:
            args = tuple(new.get(id(a), a) for a in t.args)
            is_changed = any(a is not b for a, b in zip(args, t.args, strict=True))
            new[id(t)] = Term(t.op, args, t.options, t.shape, t.dtype, name=t.name, site=t.site) if is_changed else t
    guards = {id(g): g for t in program.guards for g in [batch.found.get(id(t), new[id(t)])]}
    return Program(
        program.inputs,
        [new[id(t)] for t in program.outputs],
        [(target, new[id(t)]) for target, t in program.writes],
        list(guards.values()),
    )


def has_stacks(program: Program) -> bool:
    """Whether something is stacked."""
    return any(map(is_stack, program.terms))


def is_stack(t: Term) -> bool:
    """Whether a term is arrays of one shape under each other, of float64."""
    return (
        is_op(t, "concatenate")
        and len(t.args) >= FEWEST
        and t.options["axis"] == 0
        and t.dtype == FLOAT64
        and all(is_op(a, "reshape") and a.shape == (1, *a.args[0].shape) and a.dtype == FLOAT64 for a in t.args)
    )


class Batch:
    """What was put together already."""

    def __init__(self) -> None:
        self.memo: dict[tuple[int, ...], tuple[Term, bool]] = {}
        self.found: dict[int, Term] = {}  # the stack that holds a term
        self.kept: list[Any] = []  # so that identities stay theirs

    def can_lift(self, ts: Sequence[Term]) -> bool:
        """Whether the last ops of computations are one op on one number of operands, with a rule for stacks."""
        first = ts[0]
        return (
            first.op is not None
            and not isinstance(first.dtype, tuple)
            and first.dtype == FLOAT64
            and len(ts) * math.prod(first.shape) <= MOST
            and all(
                (t.op, t.shape, t.dtype, len(t.args)) == (first.op, first.shape, first.dtype, len(first.args))
                for t in ts
            )
            and all(frozen(t.options) == frozen(first.options) for t in ts)
            and (first.op.is_elementwise or first.op.name in RULES)
            and all(len({a.shape for a in column}) == 1 for column in zip(*(t.args for t in ts), strict=True))
        )

    def lifted(self, ts: Sequence[Term]) -> tuple[Term, bool]:
        """(the stack of some terms, True), or (the one that they all are, False)."""
        first = ts[0]
        if all(t is first for t in ts):
            return first, False
        key = tuple(map(id, ts))
        if key not in self.memo:
            self.kept.append(ts)
            self.memo[key] = self.stack(ts), True
            for t in ts:
                self.found[id(t)] = self.memo[key][0]
        return self.memo[key]

    def stack(self, ts: Sequence[Term]) -> Term:
        """The stack of some terms that are not all one."""
        first = ts[0]
        shape = len(ts), *first.shape
        if all(t.is_constant for t in ts):
            return Term(None, (), EMPTY, shape, first.dtype, value=np.stack([t.value for t in ts]))
        if self.can_lift(ts):
            pairs = [self.lifted(column) for column in zip(*(t.args for t in ts), strict=True)]
            xs, flags = [x for x, _ in pairs], [flag for _, flag in pairs]
            if first.op.is_elementwise:  # type: ignore[union-attr]  # it has an op
                xs = [aligned(x, len(first.shape)) if flag else x for x, flag in pairs]
                return Term(first.op, tuple(xs), first.options, shape, first.dtype, name=first.name)
            y = RULES[first.op.name](first, len(ts), xs, flags)  # type: ignore[union-attr]  # it has an op
            if y is not None:
                return y
        rows = tuple(reshaped(t, (1, *t.shape)) for t in ts)
        return Term(op_of("concatenate"), rows, {"axis": 0}, shape, first.dtype)


def aligned(x: Term, ndim: int) -> Term:
    """A stack of arrays with as many axes as those beside them."""
    return reshaped(x, (x.shape[0], *[1] * (ndim + 1 - len(x.shape)), *x.shape[1:]))


def reshaped(x: Term, shape: tuple[int, ...]) -> Term:
    """An array of another shape."""
    if x.shape == shape:
        return x
    return Term(op_of("reshape"), (x,), {"shape": shape, "order": "C", "copy": None}, shape, x.dtype)


def matmul(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Products of matrices, or with vectors, of which one or both are stacked."""
    (a, b), (many_a, many_b) = xs, flags
    m, k = len(a.shape) - many_a, len(b.shape) - many_b
    if max(m, k) > 2:
        return None
    shape = (n, *t.shape)
    if m == k == 1 and many_a and many_b:
        both = Term(op_of("multiply"), (a, b), EMPTY, a.shape, t.dtype)
        return Term(op_of("sum"), (both,), SUM | {"axis": (1,)}, shape, t.dtype)
    if many_a and not many_b:
        if m == 2:
            flat = reshaped(a, (n * a.shape[1], a.shape[2]))
            return reshaped(product(flat, b, (n * a.shape[1], *b.shape[1:])), shape)
        return product(a, b, shape)
    if not many_a and k == 1:
        return product(b, turned(a) if m == 2 else a, shape)
    if many_a and k == 1:
        return reshaped(product(a, reshaped(b, (*b.shape, 1)), (*shape, 1)), shape)
    if many_a and m == 1:
        return reshaped(product(reshaped(a, (n, 1, a.shape[1])), b, (n, 1, b.shape[2])), shape)
    return product(a, b, shape)


def product(a: Term, b: Term, shape: tuple[int, ...]) -> Term:
    """A matrix product."""
    return Term(op_of("matmul"), (a, b), EMPTY, shape, a.dtype)


def turned(a: Term) -> Term:
    """The transpose of a matrix."""
    return Term(op_of("transpose"), (a,), {"axes": (1, 0)}, a.shape[::-1], a.dtype)


SUM = {"axis": None, "dtype": None, "keepdims": False}


def summed(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Sums, or means, along axes."""
    axis = t.options["axis"]
    axes = range(len(xs[0].shape) - 1) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    m = len(xs[0].shape) - 1
    return moved(t, n, xs[0], axis=tuple(a % m + 1 for a in axes)) if m else None


def moved(t: Term, n: int, x: Term, **options: Any) -> Term:
    """The op of `t` on a stack, with other options."""
    return Term(t.op, (x,), {**t.options, **options}, (n, *t.shape), t.dtype, name=t.name)


def reshape(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Reshapes of each."""
    return reshaped(xs[0], (n, *t.shape)) if t.options["order"] == "C" else None


def transpose(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Transposes of each."""
    m = len(t.shape)
    axes = t.options.get("axes") or range(m)[::-1]
    return moved(t, n, xs[0], axes=(0, *(a % m + 1 for a in axes)))


def broadcast_to(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Broadcasts of each."""
    return moved(t, n, aligned(xs[0], len(t.shape)), shape=(n, *t.shape))


def getitem(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """The same part of each."""
    return moved(t, n, xs[0], key=behind(t.options["key"])) if len(xs) == 1 else None


def placed(t: Term, n: int, xs: list[Term], flags: list[bool]) -> Term | None:
    """Each put in the same places."""
    if (t.op is not tiles and len(xs) > 1) or not all(flags):
        return None
    keys = {"keys": tuple(map(behind, t.options["keys"]))} if t.op is tiles else {"key": behind(t.options["key"])}
    return Term(t.op, tuple(xs), {**keys, "shape": (n, *t.shape)}, (n, *t.shape), t.dtype)


def behind(key: Any) -> Any:
    """A key for what lies behind the first axis."""
    return (slice(None), *(key if isinstance(key, tuple) else (key,)))


RULES: dict[str, Callable[[Term, int, list[Term], list[bool]], Term | None]] = {
    "broadcast_to": broadcast_to,
    "getitem": getitem,
    "matmul": matmul,
    "mean": summed,
    "reshape": reshape,
    "scatter": placed,
    "sum": summed,
    "tiles": placed,
    "transpose": transpose,
}
