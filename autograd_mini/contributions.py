"""Paths and shares: by which ways a Value influences an output, and how much goes each way.

A path is a way through the graph, from operand to result; it contributes the product of the local
derivatives on it, and the contributions of all paths add up to the derivative. There can be more
paths than atoms in the world: they are counted and ranked node by node, never listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .chain import Way, way
from .errors import DtypeError, UsageError
from .graph import Node
from .record import recording
from .sweep import full, pullback
from .typeset import Text, decimal
from .value import Value

__all__ = ["Path", "Paths", "Share", "paths", "shares"]

BAR, LONGEST = 12, 200
TEXT = Text()


@dataclass(frozen=True)
class Path:
    """A path from the Value to the output: its nodes in order, and the product of its local derivatives."""

    contribution: float
    nodes: tuple[Node, ...]

    def names(self, *, everything: bool = False) -> list[str]:
        """The names on the way: of both ends, leaves and named Values; or of every node."""
        ends = (self.nodes[0], self.nodes[-1])
        return [TEXT.name(n.name) for n in self.nodes if everything or n.is_named or n.is_leaf or n in ends]


@dataclass(frozen=True)
class Paths:
    """The paths that contribute most, largest first; how many there are, and what all come to.

    mass: the sum of the absolute contributions of all paths, shown or not.
    """

    start: Node
    end: Node
    derivative: float
    count: int
    mass: float
    top: tuple[Path, ...]

    @property
    def shown(self) -> float:
        """The part of the mass that the paths in `top` have."""
        return math.fsum(abs(p.contribution) for p in self.top) / self.mass if self.mass else 1.0

    @property
    def cancellation(self) -> float:
        """The part of the mass that paths of opposite sign take from each other: 0 if all have one sign."""
        return max(0.0, 1.0 - abs(self.derivative) / self.mass) if self.mass else 0.0

    def __str__(self) -> str:
        start, end = TEXT.name(self.start.name), TEXT.name(self.end.name)
        said = [
            f"{counted(self.count)} path{'s' * (self.count != 1)} from {start} to {end}; "
            f"{TEXT.derivative(self.end.name, self.start.name)} = {decimal(self.derivative)}"
            + (f"; top {len(self.top)}:" if self.top else "")
        ]
        largest = max((abs(p.contribution) for p in self.top), default=0.0)
        names = [p.names() for p in self.top]
        for path, short in zip(self.top, names, strict=True):
            route = " → ".join(short if names.count(short) == 1 else path.names(everything=True))
            if len(route) > LONGEST:
                route = f"{route[: LONGEST // 2]} … {route[-LONGEST // 2 :]} ({len(path.nodes):,} nodes)"
            size = abs(path.contribution) / largest if largest else 0.0
            bar = "█" * max(1, round(BAR * size)) if math.isfinite(size) else "?"
            said.append(f"  {path.contribution:+.6e} {'−' if path.contribution < 0 else '+'}{bar:<{BAR}} {route}")
        if self.top:
            said.append(
                f"  shown {100 * self.shown:.1f}% of Σ|contribution| = {decimal(self.mass, 6)}; "
                f"cancellation {100 * self.cancellation:.0f}%"
            )
        return "\n".join(said)


def paths(output: Any, wrt: Any, k: int = 5) -> Paths:
    """The k paths from `wrt`, a Value or its name, to `output` that contribute most to the derivative.

    Exactly, and in time that grows with the graph times k: of each node only the k largest products
    from the output down to it are kept, as no others can be part of the k largest further down. Equal
    contributions keep the order of the operands. Paths without a derivative, as through a
    comparison, do not count; those with the derivative 0 do.

    Raises: UsageError for an output that is not one real number, an array on the way, or k below 1.

    Example
    -------
    >>> from autograd_mini import Value, paths
    >>> x = Value(3.0, name="x")
    >>> found = paths(x * x + 2 * x, x)
    >>> found.count, [path.contribution for path in found.top]
    (3, [3.0, 3.0, 2.0])
    """
    if not isinstance(k, int) or k < 1:
        raise UsageError(f"paths: got k={k!r}; it is how many paths are shown, from 1 on; give a whole number")
    between = way("paths", output, wrt)
    for node in between.between:
        if not node.is_scalar or node.dtype.kind != "f":
            raise UsageError(
                f"paths: got {node.name} of shape {node.shape} and dtype {node.dtype} on the way; a path is a product "
                "of real numbers; ask for shares(...), which takes arrays, or compute with scalars"
            )
    return ranked(between, k)


# A path down to a node: its product, and the node above with the place of the path there.
Step = tuple[float, Node | None, int]


def ranked(between: Way, k: int) -> Paths:
    """Count, weigh and rank the paths, from the end down."""
    start, end = between.start, between.end
    best: dict[Node, list[Step]] = {end: [(1.0, None, 0)]}
    count, mass, total = {end: 1}, {end: 1.0}, {end: 1.0}
    for node in reversed(between.between):
        if node is start or node not in count:
            continue
        mine = best[node] = top(best[node], k)
        n, m, g = count.pop(node), mass.pop(node), total.pop(node)
        for p, d in edges(between, node):
            best.setdefault(p, []).extend((c * d, node, i) for i, (c, _, _) in enumerate(mine))
            if len(best[p]) > 4 * k:
                best[p] = top(best[p], k)
            count[p] = count.get(p, 0) + n
            mass[p] = mass.get(p, 0.0) + m * abs(d)
            total[p] = total.get(p, 0.0) + g * d
    found = []
    for step in top(best.get(start, []), k):
        nodes, (_, above, i) = [start], step
        while above is not None:
            nodes.append(above)
            _, above, i = best[above][i]
        found.append(Path(step[0], tuple(nodes)))
    return Paths(start, end, total.get(start, 0.0), count.get(start, 0), mass.get(start, 0.0), tuple(found))


def top(steps: list[Step], k: int) -> list[Step]:
    """The k largest by absolute product, in a stable order; what is not a number comes last."""
    return sorted(steps, key=lambda s: math.inf if math.isnan(s[0]) else -abs(s[0]))[:k]


def edges(between: Way, node: Node) -> Iterator[tuple[Node, float]]:
    """The operands on the way, and the local derivative by each; one that stands twice comes twice."""
    if all(p not in between.is_between for p in node.operands if isinstance(p, Node)):
        return
    for p, d in zip(node.operands, node.partials, strict=True):
        if isinstance(p, Node) and p in between.is_between and d is not None:
            yield p, float(d)


def counted(n: int) -> str:
    """A count; a very large one by its size."""
    return f"{n:,}" if n < 10**15 else f"about 10^{int(math.log10(2) * (n.bit_length() - 1))}"


@dataclass(frozen=True)
class Share:
    """How much of the derivative goes from `tail` into `head`, as its operand number `operand`."""

    tail: Node
    head: Node
    operand: int
    share: float


def shares(output: Any, wrt: Any) -> list[Share]:
    """How the derivative of `output` by `wrt`, a Value or its name, is spread over the graph.

    The share of an edge is tangent times local derivative times adjoint: d tail / d wrt,
    d head / d tail, d output / d head. Over every cut between the two the shares add up to the
    derivative. Where `wrt` is an array, they add up to the norm of its gradient: the
    tangent is then taken along the gradient.

    Raises: UsageError for an output that is not one real number.

    Example
    -------
    >>> from autograd_mini import Value, shares
    >>> x = Value(3.0, name="x")
    >>> [(s.tail.name, s.head.name, s.share) for s in shares(2 * x + x, x)]
    [('x', 'v1', 2.0), ('v1', 'v2', 2.0), ('x', 'v2', 1.0)]
    """
    between = way("shares", output, wrt)
    if not between.connects:
        return []
    tangents: dict[Node, Any] = {between.start: direction(between)}
    found = []
    for node in between.between:
        g = between.adjoints[node]
        if node is between.start:
            continue
        moved: Any = None
        cotangents = (None,) * len(node.operands) if g is None else node.pulled(g)
        for i, (p, c) in enumerate(zip(node.operands, cotangents, strict=True)):
            if isinstance(p, Node) and p in between.is_between and c is not None and tangents.get(p) is not None:
                if isinstance(c, tuple):
                    raise DtypeError(
                        f"shares: got {node.name} computed from {p.name}, which has several outputs; shares are of "
                        "numbers and arrays; use paths or explain"
                    )
                found.append(Share(p, node, i, float(np.sum(np.real(c * np.conj(tangents[p]))))))
                t = pushed(node, i, tangents[p])
                moved = t if moved is None else moved + t
        tangents[node] = moved
    return found


def direction(between: Way) -> Any:
    """The tangent to start from: 1, or for an array the direction of its gradient."""
    g = between.adjoints[between.start]
    if between.start.is_scalar:
        return 1.0
    norm = 0.0 if g is None else float(np.linalg.norm(np.ravel(g)))
    return full(0.0 if g is None else g, between.start.value) / (norm or 1.0)


def pushed(node: Node, i: int, tangent: Any) -> Any:
    """The tangent of a node that the tangent of its operand i causes: its vjp, transposed.

    <u, J t> = <J'u, t> for every u: the derivative of the right side by u is J t.
    """
    if node.is_scalar and (d := node.partials[i]) is not None:
        return float(np.sum(d * tangent))
    with recording():
        u = Value(full(0.0, node.value))
        xs = [Value(p.value) if isinstance(p, Node) else p for p in node.operands]
        op: Any = node.op
        c = pullback({op(*xs, **node.options): u}, inputs=[xs[i]], recorded=True).get(xs[i])
        if not isinstance(c, Value):
            return full(0.0, node.value)
        g = pullback({c: full(tangent, c.data)}, inputs=[u]).get(u)
        return full(0.0 if g is None else g, node.value)
