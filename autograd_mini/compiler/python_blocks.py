"""Elementwise ops on large arrays, together, in blocks of rows that stay in a cache.

A group is a set of elementwise ops on arrays of one shape, with the sums of their results over all elements or
over the rows, of which none needs another group in between. Its lines are a loop over blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .program import Program, Term
from .python_arrays import elementwise, filled
from .python_writer import Writer, is_elementwise

__all__ = ["Group", "grouped", "write_group"]

LARGE = 65_536  # elements from which blocks pay
CACHE = 1_000_000  # bytes of all blocks together
BLOCK = 16_384  # elements of a block, at most


class Group:
    """Terms that are computed together, block by block."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = terms
        self.shape: tuple[int, ...] = next(t.shape for t in terms if is_blocked(t))


def grouped(program: Program) -> list[Term | Group]:
    """The terms of a program in an order in which groups stand together."""
    terms = [t for t in program.terms if t.op is not None or t.source is None]
    if not any(map(is_blocked, terms)):
        return list(terms)
    level: dict[int, int] = {}
    sums: set[int] = set()
    for t in terms:
        mine = is_blocked(t)
        level[id(t)] = 0
        for a in t.args:
            if id(a) not in level:
                continue  # an input
            waits = (is_blocked(a) and not (mine and a.shape == t.shape)) or id(a) in sums
            level[id(t)] = max(level[id(t)], level[id(a)] + waits)
        if is_sum(t) and is_blocked(t.args[0]):  # it is taken in the loop of its operand
            sums.add(id(t))
            level[id(t)] = level[id(t.args[0])]
    groups: dict[Any, list[Term]] = {}
    for t in terms:
        if is_blocked(t) or id(t) in sums:
            shape = t.shape if is_blocked(t) else t.args[0].shape
            groups.setdefault((level[id(t)], 1, shape), []).append(t)
        else:
            groups.setdefault((level[id(t)], 0, ()), []).append(t)
    items: list[Term | Group] = []
    for (_, is_group, _), members in sorted(groups.items(), key=lambda item: item[0][:2]):
        if is_group and len(members) > 1:
            items.append(Group(members))
        else:
            items += members
    return items


def is_blocked(t: Term) -> bool:
    """Whether a term is an elementwise op on large arrays that have rows, or broadcast along them."""
    if t.op is None or not isinstance(t.shape, tuple) or not t.shape or not is_elementwise(t):
        return False
    size = math.prod(t.shape)
    return (
        size >= LARGE
        and size // t.shape[0] <= BLOCK
        and all(a.shape == () or a.shape == t.shape or is_same(a, t) for a in t.args)
    )


def is_same(a: Term, t: Term) -> bool:
    """Whether an operand is the same for all rows."""
    return len(a.shape) < len(t.shape) or a.shape[0] == 1


def is_sum(t: Term) -> bool:
    """Whether a term is a sum over all elements, or over the rows, that blocks can be added to."""
    if t.op is None or t.op.name != "sum" or t.options.get("dtype") is not None or t.options["keepdims"]:
        return False
    x, axis = t.args[0], t.options["axis"]
    if x.dtype != t.dtype or t.dtype.kind != "f":
        return False
    everything = axis is None or (t.shape == () and len(x.shape) >= 1)
    return everything or axis in (0, (0,))


def write_group(w: Writer, group: Group) -> None:
    """Write the loop over the blocks of a group."""
    terms, shape = group.terms, group.shape
    last = {id(a): i for i, t in enumerate(terms) for a in t.args}
    uses_inside: dict[int, int] = {}
    for t in terms:
        for a in t.args:
            uses_inside[id(a)] = uses_inside.get(id(a), 0) + 1
    kept = [
        t for t in terms if is_blocked(t) and (id(t) in w.results or w.uses.get(id(t), 0) > uses_inside.get(id(t), 0))
    ]
    sums = [t for t in terms if not is_blocked(t)]
    for t in kept:
        keep(w, t)
    for t in sums:
        start(w, t)
    calls, buffers = laid_out(w, terms, last, {id(t) for t in kept})
    row = math.prod(shape[1:])
    block = max(1, min(BLOCK, CACHE // sum(d.itemsize for d in buffers.values()) if buffers else BLOCK) // row)
    rows, made = w.name("rows"), {}
    for local, dtype in buffers.items():
        made[local] = w.static_array("block", f"{w.given('empty', np.empty)}({(block, *shape[1:])!r}, {dtype.char!r})")
    i = w.name("i")
    parts = ", ".join(f"{name}[:{shape[0]} - {i}]" for name in made.values())
    blocks = w.static_array(
        "blocks", f"[(slice({i}, {i} + {block}), {parts}) for {i} in range(0, {shape[0]}, {block})]"
    )
    with w.block(f"for {', '.join([rows, *buffers])}{'' if buffers else ','} in {blocks}:"):
        for text in calls:
            w.line(text.replace("{rows}", rows))
    for t in sums:
        if t.shape == () and not t.is_float:
            w.line(f"{w.text(t)} = {w.given(t.dtype.name, t.dtype.type)}({w.text(t)})")


def laid_out(
    w: Writer, terms: Sequence[Term], last: dict[int, int], kept: set[int]
) -> tuple[list[str], dict[str, Any]]:
    """The lines for one block, and the names of the arrays of a block that they need, with dtypes."""
    lines: list[str] = []
    local: dict[int, str] = {}
    buffers: dict[str, Any] = {}
    free: dict[Any, list[str]] = {}
    for i, t in enumerate(terms):
        operands = [operand(w, a, t, local, lines) for a in t.args]
        dead = [a for a in {id(a): a for a in t.args}.values() if last[id(a)] == i and local.get(id(a)) in buffers]
        if not is_blocked(t):
            lines.append(added(w, t, operands[0]))
        else:
            if id(t) in kept:
                out = local[id(t)] = w.name(t.name or "part")
                lines.append(f"{out} = {w.text(t)}[{{rows}}]")
            else:
                dead_ones = [a for a in dead if buffers[local[id(a)]] == t.dtype]
                if dead_ones:
                    out = local[id(dead_ones[0])]
                    dead = [a for a in dead if a is not dead_ones[0]]
                elif free.get(t.dtype):
                    out = free[t.dtype].pop()
                else:
                    out = w.name("b1" if not buffers else f"b{len(buffers) + 1}")
                    buffers[out] = t.dtype
                local[id(t)] = out
            lines += [filled(c, out).replace("{x}", out) for c in elementwise(w, t, operands)]
        for a in dead:
            free.setdefault(a.dtype, []).append(local[id(a)])
    return lines, buffers


def operand(w: Writer, a: Term, t: Term, local: dict[int, str], lines: list[str]) -> str:
    """An operand as it is called within a block."""
    if id(a) in local:
        return local[id(a)]
    shape = t.shape if is_blocked(t) else t.args[0].shape
    if a.shape != shape:
        return w.cell(a, t)
    name = local[id(a)] = w.name("part")
    lines.append(f"{name} = {w.text(a)}[{{rows}}]")
    return name


def keep(w: Writer, t: Term) -> None:
    """Write the array that a result of a group goes into."""
    if id(t) in w.results:
        w.assign(t, f"{w.given('empty', np.empty)}({t.shape!r}, {t.dtype.char!r})")
        w.new_arrays.add(id(t))
    else:
        w.buffer(t)


def start(w: Writer, t: Term) -> None:
    """Write the zero that a sum starts from."""
    if t.shape == ():
        w.assign(t, "0.0")
    elif id(t) in w.results:
        w.assign(t, f"{w.given('zeros', np.zeros)}({t.shape!r}, {t.dtype.char!r})")
        w.new_arrays.add(id(t))
    else:
        w.line(f"{w.buffer(t)}.fill(0)")


def added(w: Writer, t: Term, x: str) -> str:
    """The line that adds the sum of a block; float32 blocks add up in float64."""
    reduce = w.given("add_reduce", np.add.reduce)
    if t.shape == ():
        return f"{w.text(t)} += float({reduce}({x}, None))"
    return f"{w.text(t)} += {reduce}({x}, 0)"
