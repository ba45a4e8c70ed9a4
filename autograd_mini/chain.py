"""The chain rule between milestones: named Values and leaves, with what lies between folded into one factor.

A Way is all that lies between one Value and an output. Derivatives of the output come from one
backward sweep, those between neighbouring milestones from sweeps over what lies between them, and
formulas from the ops' own rules: a fold is computed again on placeholders, and swept on Values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .errors import AutogradError, UsageError
from .graph import Graph, Node, swept
from .record import recording
from .sweep import full, pullback
from .symbols import Formula, derivative, formula_of, name
from .value import Value

__all__ = ["Link", "Way", "way"]

MOST_OPERATIONS = 12  # of a fold whose derivative is still written as a formula


@dataclass(frozen=True)
class Link:
    """The derivative of a milestone `of` by the milestone `by` that it was computed from.

    number: None between arrays. formula: None where it is too long; `folded` is how many unnamed
    operations lie between.
    """

    of: Node
    by: Node
    number: float | None
    formula: Formula | None
    folded: int


class Way:
    """What lies between `start` and `end`: its milestones, and the derivatives between them."""

    def __init__(self, graph: Graph, end: Node, start: Node) -> None:
        self.graph, self.end, self.start = graph, end, start
        self.readers: dict[Node, list[Node]] = {start: []}
        for node in graph.nodes[start.index + 1 : end.index + 1]:
            if node in (found := self.readers):
                continue
            for p in dict.fromkeys(p for p in node.operands if isinstance(p, Node)):
                if p in found:
                    found.setdefault(node, [])
                    found[p].append(node)
        back, stack = {end}, [end]
        while stack:
            for p in stack.pop().operands:
                if isinstance(p, Node) and p in self.readers and p not in back:
                    back.add(p)
                    stack.append(p)
        self.between = [node for node in self.readers if node in back]
        self.is_between = back & self.readers.keys()
        self.locals: dict[Node, dict[Node, Any]] = {}
        self.formulas: dict[Node, dict[Node, Formula | None]] = {}
        self.sizes: dict[Node, int] = {}

    @property
    def connects(self) -> bool:
        """Whether the end was computed from the start."""
        return self.end in self.is_between

    def is_milestone(self, node: Node) -> bool:
        """Whether a derivation stops here: at a name, a leaf and either end."""
        return node.is_named or node.is_leaf or node is self.end or node is self.start

    def stops(self, node: Node) -> bool:
        """Whether a sweep towards the start ends here."""
        return node not in self.is_between or self.is_milestone(node)

    @cached_property
    def milestones(self) -> list[Node]:
        """Those on the way, operands first."""
        return [node for node in self.between if self.is_milestone(node)]

    @cached_property
    def is_of_scalars(self) -> bool:
        """Whether every milestone is one real number."""
        return all(node.is_scalar and node.dtype.kind == "f" for node in self.milestones)

    @cached_property
    def adjoints(self) -> dict[Node, Any]:
        """The derivative of the end by each node on the way; None where there is none."""
        found = pullback({self.end.record: full(1.0, self.end.value)}, inputs=[self.start.record])
        return {
            node: None if (g := found.get(node.record)) is None or isinstance(g, tuple) else full(g, node.value)
            for node in self.between
        }

    def readers_of(self, node: Node) -> list[Node]:
        """The milestones that `node` was read by, through unnamed operations, in order."""
        found: dict[Node, None] = {}
        seen, stack = {node}, [node]
        while stack:
            for reader in self.readers[stack.pop()]:
                if reader in seen or reader not in self.is_between:
                    continue
                seen.add(reader)
                if self.is_milestone(reader):
                    found[reader] = None
                else:
                    stack.append(reader)
        return sorted(found, key=lambda n: n.index)

    def number(self, of: Node, by: Node) -> float | None:
        """The derivative of a milestone by one of those that it was computed from; None if one is an array."""
        if of not in self.locals:
            seed = 1.0 if of.is_scalar and of.dtype.kind == "f" else None
            self.locals[of] = swept(of, seed, self.stops)
        found = self.locals[of].get(by)
        return float(found) if found is not None and by.is_scalar and by.dtype.kind == "f" else None

    def is_term(self, of: Node, by: Node) -> bool:
        """Whether `of` is a sum in which `by` stands once, by itself."""
        name = "" if of.op is None else of.op.name
        first, *others = of.operands or (None,)
        return name in ("add", "subtract") and (by is first or name == "add") and (first is by) != (by in others)

    def link(self, of: Node, by: Node) -> Link:
        """The derivative of a milestone by one of those that it was computed from, and its formula."""
        if of not in self.formulas:
            inner = self.fold(of, MOST_OPERATIONS + 1)
            is_short = len(inner) <= MOST_OPERATIONS
            self.formulas[of] = self.derived(of, inner) if is_short else {}
            self.sizes[of] = len(inner) if is_short else len(self.fold(of, len(self.graph.nodes)))
        return Link(of, by, self.number(of, by), self.formulas[of].get(by), self.sizes[of] - 1)

    def fold(self, of: Node, most: int) -> list[Node]:
        """The milestone and the unnamed operations behind it, latest first; no more than so many."""
        found = {of: None}
        stack = [of]
        while stack and len(found) <= most:
            for p in stack.pop().operands:
                if isinstance(p, Node) and p not in found and not self.is_milestone(p):
                    found[p] = None
                    stack.append(p)
        return sorted(found, key=lambda n: -n.index)

    def derived(self, of: Node, inner: list[Node]) -> dict[Node, Formula | None]:
        """The formula of the derivative of `of` by each milestone that it was computed from.

        Of an array, and by one, it is what becomes of the derivative of the end by `of`.
        """
        names: dict[Any, Formula] = {}
        made: dict[Node, Any] = {}
        inputs: dict[Node, Any] = {}
        try:
            with recording():
                for node in reversed(inner):
                    for p in node.operands:
                        if isinstance(p, Node) and p not in made:
                            made[p] = Value(p.value)
                            names[made[p]] = name(p.name)
                            inputs[p] = made[p]
                    xs = [made[p] if isinstance(p, Node) else p for p in node.operands]
                    op: Any = node.op
                    made[node] = op(*xs, **node.options)
                names[made[of]] = name(of.name)
                seed: Any = 1.0
                if not self.is_of_scalars and of is not self.end:
                    seed = Value(self.adjoints[of])
                    names[seed] = derivative(self.end.name, of.name)
                wanted = {p: v for p, v in inputs.items() if p in self.is_between}
                found = pullback({made[of]: seed}, inputs=wanted.values(), recorded=True)
                return {p: formula_of(found[v], names) for p, v in wanted.items() if found.get(v) is not None}
        except (AutogradError, AttributeError, TypeError, ValueError):
            return {}  # a rule that does not run on Values has numbers, and no formula


def way(where: str, output: Any, wrt: Any) -> Way:
    """What lies between `wrt`, a Value or a name, and the Value `output`.

    Raises: UsageError unless the output is one real number, and for what it does not hold.
    """
    graph = output if isinstance(output, Graph) else Graph.of(output)
    end = graph.outputs[0]
    if not end.is_scalar or end.dtype.kind != "f":
        raise UsageError(
            f"{where}: got {end.name} of shape {end.shape} and dtype {end.dtype}; a derivative is of one real number; "
            "reduce it, as in np.sum(...)"
        )
    return Way(graph, end, graph[wrt])
