"""A program made shorter, with the same results: equal terms once, constants computed, identities of algebra.

A rule takes a term and its new operands and gives a term that has the same numbers, or `Call`, another op on
operands; shapes and dtypes stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..record import EMPTY
from ..state import drawn
from .algebra import ALGEBRA
from .array_rules import ARRAY_RULES, tiles
from .batch import batched, has_stacks
from .program import FLOAT64, Program, Term, repeated
from .rewriting import Rule, as_it_is, frozen, is_op

__all__ = ["simplified", "tiles"]

MOST_FOLDED = 100_000  # elements of a constant that is computed beforehand


def simplified(program: Program) -> Program:
    """The same program, shorter."""
    if has_stacks(program):  # which are of equal computations as long as no identity was applied to one of them
        program = batched(rewritten(program, LIGHT))
    return rewritten(program, RULES)


def rewritten(program: Program, rules: Mapping[str, Rule]) -> Program:
    """The program by some rules, with equal terms once and constants computed."""
    new: dict[int, Term] = {}
    memo: dict[Any, Term] = {}
    for t in program.terms:
        new[id(t)] = once(t, memo) if t.op is None else simpler(t, tuple(new[id(a)] for a in t.args), memo, rules)
    return Program(
        [new.get(id(t), t) for t in program.inputs],
        [new[id(t)] for t in program.outputs],
        [(target, new[id(t)]) for target, t in program.writes],
        [new[id(t)] for t in program.guards],
    )


def once(t: Term, memo: dict[Any, Term]) -> Term:
    """A constant as one term wherever it stands; an input as it is."""
    if t.source is not None or t.value is None or isinstance(t.dtype, tuple):
        return t
    if t.shape == ():
        return memo.setdefault((repr(t.value), t.dtype, t.is_weak), t)
    if not isinstance(t.value, np.ndarray) or t.value.size > MOST_FOLDED or t.dtype.hasobject:
        return t
    return memo.setdefault((t.shape, t.dtype, t.value.tobytes()), t)


def simpler(t: Term, args: tuple[Term, ...], memo: dict[Any, Term], rules: Mapping[str, Rule]) -> Term:
    """The term `t` on new operands, by the first rules that hold, and once."""
    op, options = t.op, t.options
    if rules is RULES and op.is_elementwise:  # type: ignore[union-attr]  # it has an op
        args = without_broadcasts(t, args)
    while (rule := rules.get(op.name)) is not None:  # type: ignore[union-attr]  # it has an op
        found = rule(replace(t, op=op, options=options), args)
        if found is None:
            break
        if isinstance(found, Term):
            return found
        op, args, options = found
    args = tuple(once(a, memo) if a.op is None else a for a in args)
    if op is repeated:
        options = {**options, "body": simplified(options["body"])}
    if op in (drawn, repeated):
        return replace(t, op=op, args=args, options=options)
    key = (op, tuple(map(id, args)), frozen(options))
    if all(a.is_constant for a in args):
        if key in memo:
            return memo[key]
        folded = computed(op, args, options)
        if folded is not None and np.size(folded) <= MOST_FOLDED and not isinstance(folded, tuple):
            value = float(folded) if t.is_float else folded
            memo[key] = once(Term(None, (), EMPTY, t.shape, t.dtype, value=value, name=t.name), memo)
            return memo[key]
    found = memo.get(key)
    if found is None:
        found = memo[key] = replace(t, op=op, args=args, options=options)
    elif t.name and not found.name:
        found = memo[key] = replace(found, name=t.name)
    return found


def computed(op: Any, args: tuple[Term, ...], options: Mapping[str, Any]) -> Any:
    """What an op gives on constants; None if that fails, so that it fails when it is called."""
    xs = [np.float64(a.value) if a.is_float and not a.is_weak else a.value for a in args]
    try:
        with np.errstate(all="ignore"):
            return op.fn(*xs, **options)
    except Exception:  # noqa: BLE001  # whatever it is, it belongs to the call
        return None


def without_broadcasts(t: Term, args: tuple[Term, ...]) -> tuple[Term, ...]:
    """The operands of an elementwise op, without copies along axes that the others have anyway."""
    for i, a in enumerate(args):
        small = a.args[0] if is_op(a, "broadcast_to") else one_number(a)
        if small is not None:
            shorter = (*args[:i], small, *args[i + 1 :])
            if np.broadcast_shapes(*(b.shape for b in shorter)) == t.shape:
                return without_broadcasts(t, shorter)
    return args


def one_number(t: Term) -> Term | None:
    """The number of a constant array that holds but one."""
    if not t.is_constant or not isinstance(t.value, np.ndarray) or not 0 < t.value.size <= MOST_FOLDED:
        return None
    x = t.value.flat[0]
    if not (t.value == x).all():
        return None
    return Term(None, (), EMPTY, (), t.dtype, value=float(x) if t.dtype == FLOAT64 else x)


RULES: dict[str, Rule] = {**ALGEBRA, **ARRAY_RULES}
LIGHT: dict[str, Rule] = dict.fromkeys(("alias", "stop_gradient", "copy"), as_it_is)
