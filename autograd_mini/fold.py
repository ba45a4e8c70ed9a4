"""How a drawing with too many cards is folded: which of them stand together, and what is said of them."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .graph import OPERATORS, Node
from .layout import columns
from .outline import Modules, Part, outline

__all__ = ["FOLDED", "Group", "folded"]

FOLDED = 40  # cards of a drawing that had too many
FEW = 4  # inputs, and values of a kind, that are shown one by one where others are folded
MOST_KINDS = 3  # of operations that a card names
Pair = tuple[int, int]


@dataclass(frozen=True)
class Group:
    """Nodes that stand on one card; one by itself is shown as it is. frame: the open module that it is in."""

    nodes: tuple[Node, ...]
    label: str = ""
    frame: str = ""

    @property
    def is_single(self) -> bool:
        """Whether it is one node."""
        return len(self.nodes) == 1 and not self.label

    @property
    def rows(self) -> list[str]:
        """What is in it: how many values, made by which operations."""
        kinds = Counter(kind_of(node) for node in self.nodes if node.op is not None)
        leaves = len(self.nodes) - kinds.total()
        said = [f"{len(self.nodes):,} values"]
        if kinds:
            rest = kinds.total() - sum(n for _, n in kinds.most_common(MOST_KINDS))
            said.append(", ".join(f"{n:,} {kind}" for kind, n in kinds.most_common(MOST_KINDS)))
            said += [f"{rest:,} other operation{'s' * (rest != 1)}"] * bool(rest)
        return said + [f"{leaves:,} {'leaf' if leaves == 1 else 'leaves'}"] * bool(leaves)


def kind_of(node: Node) -> str:
    """What an operation is called on a card."""
    op: Any = node.op
    return str(op.symbol or OPERATORS.get(op.name) or op.name)


def folded(
    shown: Sequence[Node],
    lines: Sequence[Pair],
    owner: Modules,
    *,
    fold: bool,
    depth: int | None,
    kept: Iterable[Node],
    limit: int,
) -> list[Group]:
    """The cards of a drawing, in an order in which operands come first.

    shown: the nodes to draw; lines: between them, by place. owner: the module of each; fold: show each
    module as one card. depth: how many lines from an output are still shown. kept: nodes that are to be seen, if
    that is possible. limit: with more cards than these, as many are folded as it takes.
    """
    far: list[int] = []
    near = list(range(len(shown)))
    if depth is not None:
        column = columns(len(shown), lines)
        last = max(column, default=0)
        far = [i for i in near if last - column[i] > depth]
        near = [i for i in near if last - column[i] <= depth]
    groups = (
        [Group(tuple(shown[i] for i in far), "further away")] if len(far) > 1 else [Group((shown[i],)) for i in far]
    )
    if not owner.labels and len(near) + len(groups) <= limit:
        return groups + [Group((shown[i],)) for i in near]
    # What nothing is computed from, or what is computed from nothing, can stand by itself wherever it is.
    seen, heads, tails = set(kept), {b for _, b in lines}, {a for a, _ in lines}
    alone = [i for i in near if shown[i] in seen and not (i in heads and i in tails)]
    if not owner.labels:
        groups += [Group((shown[i],)) for i in alone]
        near = sorted(set(near) - set(alone))
    place = {i: k for k, i in enumerate(near)}
    inner = [(place[a], place[b]) for a, b in lines if a in place and b in place]
    nodes = [shown[i] for i in near]
    parts = outline(inner, [n.name for n in nodes], [kind_key(n) for n in nodes], ranks(owner, nodes), owner.labels)
    budget = (limit if len(near) + len(groups) <= limit else min(limit, FOLDED)) - len(groups)
    opened = open_parts(parts, nodes, seen, budget, closed=fold)
    return in_order([*groups, *opened], shown, lines)


def ranks(owner: Modules, nodes: Sequence[Node]) -> list[int]:
    """The module of each node, as `outline` takes it."""
    return [owner.of[node] for node in nodes] if owner.labels else []


def kind_key(node: Node) -> tuple[str, str]:
    """What makes two nodes alike: the operation, and the name without its number."""
    return node.op.name if node.op else "", node.name.rstrip("0123456789") if node.is_named else ""


def members(part: Part | int) -> list[int]:
    """The items of a part."""
    if isinstance(part, int):
        return [part]
    found, stack = list[int](), [part]
    while stack:
        for p in stack.pop().parts:
            if isinstance(p, int):
                found.append(p)
            else:
                stack.append(p)
    return sorted(found)


def open_parts(
    parts: Sequence[Part | int], nodes: Sequence[Node], kept: set[Node], budget: int, *, closed: bool
) -> list[Group]:
    """The parts to draw: those with what is to be seen opened first, then the smallest, while there is room.

    Many values of one kind stay together even if there is room: nothing is seen in them one by one.
    """
    sizes: dict[int, list[int]] = {}
    done: list[Group] = []
    heap: list[tuple[int, int, int, Part, str]] = []
    total, ticket, wanted = len(parts), 0, set[int]()

    def put(part: Part | int, frame: str) -> None:
        nonlocal ticket
        if isinstance(part, int):
            done.append(Group((nodes[part],), frame=frame))
            return
        ticket += 1
        items = sizes[ticket] = members(part)
        if any(nodes[i] in kept for i in items):
            wanted.add(ticket)
        heapq.heappush(heap, (ticket not in wanted, len(part.parts), ticket, part, frame))

    for part in parts:
        put(part, "")
    while heap:
        *_, key, part, frame = heapq.heappop(heap)
        extra = len(part.parts) - 1
        keeps = closed and part.is_module and (part.label != "input" or len(part.parts) > FEW)
        alike = len(sizes[key]) > FEW and len({kind_key(nodes[i]) for i in sizes[key]}) == 1
        if keeps or total + extra > budget or (alike and not part.is_module and key not in wanted):
            done.append(Group(tuple(nodes[i] for i in sizes[key]), part.label, frame))
            continue
        total += extra
        for p in part.parts:
            put(p, part.label if part.is_module else frame)
    return done


def in_order(groups: Sequence[Group], shown: Sequence[Node], lines: Sequence[Pair]) -> list[Group]:
    """The groups, operands first; those that read one another are joined."""
    where = {node: g for g, group in enumerate(groups) for node in group.nodes}
    after: dict[int, set[int]] = {g: set() for g in range(len(groups))}
    count = dict.fromkeys(after, 0)
    for a, b in lines:
        u, v = where[shown[a]], where[shown[b]]
        if u != v and v not in after[u]:
            after[u].add(v)
            count[v] += 1
    first = [min(node.index for node in group.nodes) for group in groups]
    ready = [(first[g], g) for g, n in count.items() if not n]
    heapq.heapify(ready)
    found: list[Group] = []
    while ready:
        _, g = heapq.heappop(ready)
        found.append(groups[g])
        for v in after[g]:
            count[v] -= 1
            if not count[v]:
                heapq.heappush(ready, (first[v], v))
    left = [groups[g] for g, n in count.items() if n]
    if left:
        joined = tuple(sorted((node for group in left for node in group.nodes), key=lambda n: n.index))
        found.append(Group(joined, " + ".join(dict.fromkeys(g.label for g in left if g.label)) or "values"))
    return found
