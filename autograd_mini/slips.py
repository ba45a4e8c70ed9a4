"""Slips: which mistake in a derivation by hand would give the number that somebody has.

Every slip is tried on the numbers of the graph, in the order in which people make them; only one
that gives the reader's number, to its last digit, is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from .chain import Link, Way
from .errors import AutogradError
from .graph import Graph, Node, expression
from .symbols import Formula
from .typeset import Text, line, written

__all__ = ["Question", "slip"]

MOST_TRIALS, MOST_LINKS, MOST_OPERATIONS, MOST_SAID = 20_000, 200, 40, 3
LONGEST = 60
TEXT = Text()


@dataclass(frozen=True)
class Question:
    """A number of the reader's: `given`, to a last digit worth `unit`; `right` is what it should be.

    It is the value of `node`, or the derivative of `of` by `node` over the way between; order: when it
    is computed.
    """

    name: str
    given: float
    unit: float
    right: float
    order: tuple[int, int, int]
    node: Node
    of: Node | None = None
    way: Way | None = None

    def fits(self, x: float | None) -> bool:
        """Whether x is the reader's number, rounded or cut off after its last digit."""
        return x is not None and abs(x - self.given) <= max(self.unit * (1 - 1e-9), 1e-12 * abs(x))


# How likely a slip is: those of the first kind that gives the number are told.
OWN, LIKE, TURNED, ALONE, WITHOUT, TWICE, SIGN, UNLIKE = range(8)
Slip = tuple[int, float | None, str]


def slip(graph: Graph, q: Question, before: Sequence[Question], rate: float | None) -> str:
    """The likeliest slips that give the reader's number, in words that follow "what comes out"; or nothing."""
    if q.order[0] == 2:
        return ""
    tried = of_value(graph, q, before) if q.way is None else of_derivative(graph, q, q.way, before, rate)
    found = [(kind, words) for kind, x, words in islice(tried, MOST_TRIALS) if q.fits(x)]
    if q.fits(-q.right):
        found.append((TURNED, "with the sign turned"))
    likeliest = min((kind for kind, _ in found), default=None)
    return ", or ".join([words for kind, words in found if kind == likeliest][:MOST_SAID])


def candidates(graph: Graph, right: str) -> list[tuple[int, str, float]]:
    """The named numbers of a graph, those first whose name is like that of the right one, as w6 is like w7."""
    found = [
        (LIKE if stem(n.name) == stem(right) else UNLIKE, n.name, float(n.value))
        for n in graph.nodes
        if n.is_named and n.is_scalar and n.dtype.kind == "f" and n.name != right
    ]
    return sorted(found, key=lambda c: c[0])[:MOST_LINKS]


def stem(name: str) -> str:
    """A name without its number: w of w7, out_h of out_h1."""
    return name.rstrip("0123456789")


def of_value(graph: Graph, q: Question, before: Sequence[Question]) -> Iterator[Slip]:
    """Another value in place of one that the node is computed from, or one that was wrong before."""
    if q.node.is_leaf:
        return
    inner = fold(q.node)
    inputs = list(dict.fromkeys(p for u in inner for p in u.operands if isinstance(p, Node) and p not in inner))
    if len(inner) > MOST_OPERATIONS or any(not p.is_scalar for p in inputs):
        return
    wrong = {b.node: b.given for b in before if b.way is None and not b.fits(b.right) and b.node in inputs}
    if wrong:
        yield OWN, again(q.node, inner, wrong), f"with your own {' and '.join(line(p.name) for p in wrong)}"
    said = expression(q.node)
    said = said if len(said) <= LONGEST else "its formula"
    for p in inputs:
        for kind, name, x in candidates(graph, p.name):
            yield kind, again(q.node, inner, {p: x}), f"with {line(name)} where {line(p.name)} belongs, in {line(said)}"


def fold(node: Node) -> dict[Node, None]:
    """The node, and the unnamed operations that it is made of."""
    found = {node: None}
    stack = [node]
    while stack and len(found) <= MOST_OPERATIONS:
        for p in stack.pop().operands:
            if isinstance(p, Node) and p not in found and not p.is_named and not p.is_leaf:
                found[p] = None
                stack.append(p)
    return found


def again(node: Node, inner: dict[Node, None], instead: dict[Node, float]) -> float | None:
    """The value of a node, computed again with other numbers for some that it is computed from."""
    made: dict[Node, Any] = dict(instead)
    try:
        with np.errstate(all="ignore"):
            for u in sorted(inner, key=lambda n: n.index):
                op: Any = u.op
                xs = [made.get(p, p.value) if isinstance(p, Node) else p for p in u.operands]
                made[u] = op.fn(*map(np.asarray, xs), **u.options)
        return float(made[node])
    except (ArithmeticError, TypeError, ValueError):
        return None


def of_derivative(
    graph: Graph, q: Question, way: Way, before: Sequence[Question], rate: float | None
) -> Iterator[Slip]:
    """Slips in the chain rule: each changes one link of the way, and so the derivative by its share."""
    if not way.connects or not way.is_of_scalars:
        return
    adjoints = {n: float(way.adjoints[n] or 0.0) for n in way.milestones}
    links = list(islice(((r, n, way.link(r, n)) for n in way.milestones for r in way.readers_of(n)), MOST_LINKS))
    tangents = {q.node: 1.0}  # d node / d start
    for r, n, link in links:
        tangents[r] = tangents.get(r, 0.0) + tangents.get(n, 0.0) * (link.number or 0.0)
    for b in before:
        if b.way is not None and b.of is q.of and b.node in adjoints and not b.fits(b.right) and b.node in tangents:
            yield OWN, q.right + tangents[b.node] * (b.given - b.right), f"with your own {line(b.name)}"
    steps: list[tuple[Link, float]] = [(link, tangents.get(n, 0.0) * adjoints[r]) for r, n, link in links]
    for link, rest in steps:
        yield from swapped(graph, q, link, rest, rate)
    for link, rest in steps:
        if link.number not in (None, 1.0):
            said = TEXT.derivative(link.of.name, link.by.name)
            yield WITHOUT, q.right + rest * (1 - link.number), f"without the factor {said}"
            yield TWICE, q.right + rest * link.number * (link.number - 1), f"with the factor {said} taken twice"
    for n in way.milestones:
        readers = [(r, link) for r, m, link in links if m is n]
        for r, link in readers if len(readers) > 1 else ():
            part = adjoints[r] * (link.number or 0.0)
            alone = q.right + tangents.get(n, 0.0) * (part - adjoints[n])
            yield ALONE, alone, f"with the branch through {line(r.name)} alone"
    for link, rest in steps:
        if link.number is not None:
            said = TEXT.derivative(link.of.name, link.by.name)
            yield SIGN, q.right - 2 * rest * link.number, f"with the sign of {said} turned"


def swapped(graph: Graph, q: Question, link: Link, rest: float, rate: float | None) -> Iterator[Slip]:
    """Another Value where one belongs in the formula of a link."""
    if link.formula is None or link.number is None:
        return
    said = f"in {TEXT.derivative(link.of.name, link.by.name)} = {written(link.formula, TEXT)}"
    for right in sorted(names_in(link.formula)):
        if right not in (known := {n.name: n for n in graph.nodes if n.is_scalar}):
            continue
        instead = candidates(graph, right)
        node = known[right]
        if rate is not None and node.is_leaf and node.grad is not None:
            moved = float(node.value) - rate * float(node.grad)
            instead = [(LIKE, f"{right} after the step", moved), *instead]
        values = {name: float(n.value) for name, n in known.items()}
        for kind, name, x in instead:
            d = evaluated(link.formula, {**values, right: x})
            if d is not None:
                where = f"with {line(name)} where {line(right)} belongs, {said}"
                yield kind, q.right + rest * (d - link.number), where


def names_in(f: Formula) -> set[str]:
    """The names that a formula holds."""
    return {f.text} if f.kind == "name" else set().union(*map(names_in, f.parts))


def evaluated(f: Formula, values: dict[str, float]) -> float | None:
    """The number that a formula comes to; None for what is not arithmetic."""
    if f.kind == "number":
        return f.number
    if f.kind == "name":
        return values.get(f.text)
    parts = [evaluated(p, values) for p in f.parts]
    xs = [x for x in parts if x is not None]
    if len(xs) < len(parts):
        return None
    try:
        if f.kind == "sum":
            return sum(xs)
        if f.kind == "product":
            return f.number * float(np.prod(xs))
        if f.kind == "quotient":
            return xs[0] / xs[1]
        if f.kind == "power":
            return float(xs[0] ** f.number)
    except (ArithmeticError, TypeError, AutogradError):
        return None
    return None
