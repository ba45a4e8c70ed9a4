"""What an explanation says, before it is written down: the chain, its branches, deltas and the step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .chain import Link, Way
from .graph import Node
from .sweep import is_changed
from .symbols import Formula

__all__ = ["Derivation", "Factor", "Flow", "Term", "derivation"]

MOST_FACTORS, MOST_TERMS, MOST_DELTAS, MOST_FLOWS = 12, 8, 12, 12
MOST_LOOKS = 1_000  # neighbours looked at, in search of what a branch leads to
ACTIVATIONS = frozenset({"logistic", "tanh", "relu", "softmax", "log_softmax", "arctan"})


@dataclass(frozen=True)
class Term:
    """What one reader adds to a derivative: d target / d reader, times d reader / d this.

    is_path: whether there is but one way from the reader on.
    """

    target: str
    reader: str
    adjoint: float
    link: Link
    is_path: bool

    @property
    def number(self) -> float:
        """The product."""
        return self.adjoint * (self.link.number or 0.0)


@dataclass(frozen=True)
class Factor:
    """A factor of the chain, d of / d by: with a formula, or as a sum of terms.

    omitted: how many terms are left out, and what they come to; skipped: how many milestones a
    factor spans that are not written out.
    """

    of: str
    by: str
    number: float
    formula: Formula | None = None
    folded: int = 0
    terms: tuple[Term, ...] = ()
    omitted: tuple[int, float] = (0, 0.0)
    skipped: int = 0


@dataclass(frozen=True)
class Flow:
    """Where arrays are on the way: d end / d by, as a sum of one formula for each reader."""

    by: Node
    value: Any
    formulas: tuple[tuple[str, Formula | None], ...]
    omitted: int


@dataclass(frozen=True)
class Derivation:
    """How `start` influences `end`."""

    end: Node
    start: Node
    gradient: Any
    chain: tuple[Factor, ...]
    flows: tuple[Flow, ...]
    flows_omitted: int
    deltas: tuple[tuple[str, str, float], ...]  # label, name, number
    deltas_omitted: int
    by_delta: tuple[tuple[str, Term], ...]  # label of the delta, and the term
    rate: float | None
    is_stale: bool  # whether the start has been given another value since

    @property
    def is_of_scalars(self) -> bool:
        """Whether it is a product of numbers."""
        return bool(self.chain)


def derivation(way: Way, rate: float | None) -> Derivation:
    """The derivation of the derivative of the end by the start."""
    end, start = way.end, way.start
    gradient = way.adjoints[start] if way.connects else None
    stale = is_stale(way)
    nothing: Any = ((), (), 0, (), 0, (), rate, stale)
    if gradient is None or start is end:
        return Derivation(end, start, 1.0 if start is end else None, *nothing)
    if not way.is_of_scalars:
        flows, omitted = flows_of(way)
        return Derivation(end, start, gradient, (), flows, omitted, (), 0, (), rate, stale)
    readers = way.readers_of(start)
    deltas = {node: delta_label(node) for node in reversed(way.milestones) if is_net(way, node) and node is not start}
    by_delta: tuple[tuple[str, Term], ...] = ()
    if readers and len(readers) <= MOST_TERMS and all(node in deltas for node in readers):
        by_delta = tuple((deltas[r], term(way, r, start)) for r in readers)
    said = [(label, node.name, number_of(way, node)) for node, label in deltas.items()]
    left = max(0, len(said) - MOST_DELTAS)
    if left:
        said = said[: MOST_DELTAS // 2] + said[-(MOST_DELTAS // 2) :]
    return Derivation(end, start, float(gradient), chain(way), (), 0, tuple(said), left, by_delta, rate, stale)


def is_stale(way: Way) -> bool:
    """Whether the start was a leaf of other data when it was read."""
    start = way.start
    return start.is_leaf and any(
        p is start and is_changed(start.record, reader.record, i)
        for reader in way.readers[start]
        for i, p in enumerate(reader.operands)
    )


def number_of(way: Way, node: Node) -> float:
    """The derivative of the end by a scalar; 0 where none arrives."""
    g = way.adjoints[node]
    return 0.0 if g is None else float(g)


def chain(way: Way) -> tuple[Factor, ...]:
    """The factors, from the end down to the start: while each is read by one other, then a sum over branches.

    A factor that is 1, as of a sum, is left out, but the last. Of a long chain the middle is one factor.
    """
    steps: list[tuple[Node, Node, Node]] = []  # of, the reader of by, by
    node, last = way.start, None
    while node is not way.end:
        readers = way.readers_of(node)
        if len(readers) != 1:
            last = branches(way, node, readers)
            break
        (reader,) = readers
        if steps and way.is_term(reader, node):
            steps[-1] = (reader, *steps[-1][1:])
        else:
            steps.append((reader, reader, node))
        node = reader
    half = MOST_FACTORS // 2
    middle = steps[half:-half] if len(steps) > MOST_FACTORS else []
    factors = [factor(way, *step) for step in (steps[:half] if middle else steps)]
    if middle:
        number = float(np.prod([way.number(reader, by) or 0.0 for _, reader, by in middle]))
        factors.append(Factor(middle[-1][0].name, middle[0][2].name, number, skipped=len(middle)))
        factors += [factor(way, *step) for step in steps[-half:]]
    return tuple(reversed([*factors, *([] if last is None else [last])]))


def factor(way: Way, of: Node, reader: Node, by: Node) -> Factor:
    """The factor d of / d by, which is that of the reader of `by`."""
    link = way.link(reader, by)
    return Factor(of.name, by.name, link.number or 0.0, link.formula, link.folded)


def branches(way: Way, node: Node, readers: list[Node]) -> Factor:
    """The derivative of the end by a Value that several others read, largest terms first if some are left out."""
    terms = [term(way, reader, node) for reader in readers]
    left = (0, 0.0)
    if len(terms) > MOST_TERMS:
        largest = sorted(terms, key=lambda t: -abs(t.number))[:MOST_TERMS]
        left = (len(terms) - MOST_TERMS, sum(t.number for t in terms) - sum(t.number for t in largest))
        terms = largest
    return Factor(way.end.name, node.name, number_of(way, node), terms=tuple(terms), omitted=left)


def term(way: Way, reader: Node, node: Node) -> Term:
    """What `reader` adds to the derivative by `node`; its own derivative is told of the nearest whole."""
    target, is_path = reader, True
    for _ in range(MOST_LOOKS):
        if target is way.end or (target is not reader and way.adjoints[target] == 1):
            break
        above = way.readers_of(target)
        if len(above) != 1:
            target, is_path = way.end, False
            break
        target = above[0]
    else:
        target, is_path = way.end, False
    return Term(target.name, reader.name, number_of(way, reader), way.link(reader, node), is_path)


def is_net(way: Way, node: Node) -> bool:
    """Whether an activation reads it, by itself."""
    return any(
        reader.op is not None and reader.op.name in ACTIVATIONS and len(reader.operands) == 1
        for reader in way.readers[node]
        if reader in way.is_between
    )


def delta_label(node: Node) -> str:
    """What a delta is called: net_h1 has the delta h1."""
    return node.name.removeprefix("net_")


def flows_of(way: Way) -> tuple[tuple[Flow, ...], int]:
    """How the derivative of the end comes down to the start, array by array."""
    nodes = [node for node in reversed(way.milestones) if node is not way.end and way.adjoints[node] is not None]
    left = max(0, len(nodes) - MOST_FLOWS)
    if left:
        nodes = nodes[: MOST_FLOWS // 2] + nodes[-(MOST_FLOWS // 2) :]
    found = []
    for node in nodes:
        readers = [r for r in way.readers_of(node) if way.adjoints[r] is not None]
        links = [way.link(reader, node) for reader in readers[:MOST_TERMS]]
        said = tuple((x.of.name, x.formula) for x in links)
        found.append(Flow(node, way.adjoints[node], said, max(0, len(readers) - MOST_TERMS)))
    return tuple(found), left
