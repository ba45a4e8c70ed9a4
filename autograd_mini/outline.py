"""How a large computation folds: into the modules of a network, then into columns, then into what is alike.

Law: folding makes no cycle. An item's module is never before that of an operand, its column always
after; a part is of one module and of neighbouring columns, or of items in one column, so every
line leads from an earlier part to a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .graph import Graph, Node
from .layout import columns

__all__ = ["FEW", "Modules", "Part", "modules", "outline", "outline_around"]

FEW = 60  # items that are shown without folding
MOST_PARTS = 12  # into which a part is divided
ALIKE = 3  # so many items of a kind in a column are folded into one part


@dataclass(frozen=True)
class Part:
    """Items, and parts of their own, that fold into one card."""

    label: str
    is_module: bool
    parts: tuple[Part | int, ...]


@dataclass(frozen=True)
class Modules:
    """The module of each node, by place in `labels`, in an order in which operands come first; parameters by path."""

    labels: tuple[str, ...]
    of: Mapping[Node, int]
    paths: Mapping[Node, str]


INPUT, AFTER = "input", "error"


def modules(graph: Graph, network: Any) -> Modules:
    """Which module of `network` each node belongs to; without a network, none.

    network: anything with `named_parameters()`. A computed node belongs to the last module whose
    parameters it depends on; but what is computed behind all parameters, and is more than a function
    of one operand or a sum within a neuron, is "error". Other leaves that are multiplied with a
    parameter are "input"; the rest, as a fixed bias or a target, belong where they are read.
    """
    paths: dict[Node, str] = {}
    if network is not None:
        paths = {graph.places[v]: path for path, v in network.named_parameters() if v in graph.places}
    if not paths:
        return Modules((), {}, {})
    names = list(dict.fromkeys(map(module_of, paths.values())))
    last = 1 + len(names)
    pure = set(paths)  # parameters, and what is made of them alone: a transposed matrix
    of = {node: 1 + names.index(module_of(path)) for node, path in paths.items()}
    is_read = leads_to_parameters(graph, paths)
    readers: dict[Node, int] = {}
    for node in graph.nodes:
        near = [p for p in node.operands if isinstance(p, Node)]
        if node.op is None:
            of.setdefault(node, 0)
            continue
        found = max((of[p] for p in near), default=0)
        if near and pure.issuperset(near):
            pure.add(node)
        stays = len(node.operands) == 1 or not pure.isdisjoint(near) or is_sum_within(node, near, of)
        of[node] = found if stays or is_read[node.index] or not found else last
        for p in near:
            if p.op is None and p not in paths:
                readers[p] = min(readers.get(p, last), 0 if not pure.isdisjoint(near) else of[node])
    of.update(readers)
    after = graph.outputs[0].name if AFTER in names else AFTER
    return Modules((INPUT, *names, after), of, paths)


def is_sum_within(node: Node, near: Sequence[Node], of: Mapping[Node, int]) -> bool:
    """Whether a node adds up parts of one neuron: computed in one module, and not yet through an activation."""
    computed = [p for p in near if p.op is not None]
    inside = all(len(p.operands) > 1 for p in computed)
    return len(near) > 1 and getattr(node.op, "name", "") == "add" and inside and len({of[p] for p in computed}) == 1


def leads_to_parameters(graph: Graph, paths: Mapping[Node, str]) -> list[bool]:
    """For each node, whether something computed from it meets a parameter again."""
    found = [False] * len(graph.nodes)
    for node in reversed(graph.nodes):
        near = [p for p in node.operands if isinstance(p, Node)]
        meets = any(p in paths for p in near)
        for p in near:
            if p not in paths and p.op is not None and (meets or found[node.index]):
                found[p.index] = True
    return found


def module_of(path: str) -> str:
    """The module in a parameter's path: "hidden" of "hidden.neurons.0.bias", "layers.2" of "layers.2.weight"."""
    keys = path.split(".")[:-1]
    if not keys:
        return path
    return ".".join(keys[:2]) if len(keys) > 1 and keys[1].isdecimal() else keys[0]


def outline(
    lines: Sequence[tuple[int, int]],
    names: Sequence[str],
    kinds: Sequence[Any],
    ranks: Sequence[int],
    labels: Sequence[str],
) -> tuple[Part | int, ...]:
    """How items fold: each part has few parts of its own, at every depth.

    lines: from an earlier item to a later one. names and kinds: what each is called, and what it is
    like. ranks: the module of each, by place in `labels`; without labels there are no modules.
    """
    n = len(names)
    folder = Folder(names, kinds, columns(n, lines))
    if not labels:
        return tuple(range(n)) if n <= FEW else folder.divided(range(n))
    members: dict[int, list[int]] = {}
    for i, rank in enumerate(ranks):
        members.setdefault(rank, []).append(i)
    return tuple(
        Part(labels[rank], True, tuple(items) if n <= FEW else folder.divided(items))
        for rank, items in sorted(members.items())
    )


def outline_around(
    stops: Sequence[int],
    lines: Sequence[tuple[int, int]],
    names: Sequence[str],
    kinds: Sequence[Any],
    ranks: Sequence[int],
    labels: Sequence[str],
) -> tuple[Part | int, ...]:
    """As `outline`, but with each item first folded into the first of `stops` that it leads to.

    stops: items in order, the last item among them; what leads to no other stop leads to it. An item
    that nothing leads to, a leaf, stays by itself if several stops read it.
    """

    def when(i: int) -> tuple[int, int]:  # an order in which operands come first, module by module
        return (ranks[i] if labels else 0, i)

    readers: list[list[int]] = [[] for _ in names]
    is_computed = [False] * len(names)
    for u, v in lines:
        readers[u].append(v)
        is_computed[v] = True
    is_stop = set(stops)
    holder = list(range(len(names)))
    for i in reversed(range(len(names))):
        found = {holder[v] for v in readers[i]}
        if found and (len(found) == 1 if not is_computed[i] else i not in is_stop):
            holder[i] = min(found, key=when)
    members: dict[int, list[int]] = {}
    for i, h in enumerate(holder):
        members.setdefault(h, []).append(i)
    held = sorted(members, key=when)
    place = {h: k for k, h in enumerate(held)}
    inner: dict[int, list[tuple[int, int]]] = {}
    outer = []
    for u, v in lines:
        if holder[u] == holder[v]:
            inner.setdefault(holder[u], []).append((u, v))
        else:
            outer.append((place[holder[u]], place[holder[v]]))

    def part(h: int) -> Part | int:
        items = members[h]
        if len(items) == 1:
            return h
        at = {i: k for k, i in enumerate(items)}
        pairs = [(at[u], at[v]) for u, v in inner.get(h, [])]
        found = outline(pairs, [names[i] for i in items], [kinds[i] for i in items], [0] * len(items), [])
        return Part(names[h], False, tuple(mapped(p, lambda k: items[k]) for p in found))

    chosen = outline(outer, [names[h] for h in held], [kinds[h] for h in held], [ranks[h] for h in held], labels)
    return tuple(mapped(p, lambda k: part(held[k])) for p in chosen)


def mapped(part: Part | int, change: Callable[[int], Part | int]) -> Part | int:
    """The part with another item, or part, in the place of each item."""
    if isinstance(part, int):
        return change(part)
    return Part(part.label, part.is_module, tuple(mapped(p, change) for p in part.parts))


class Folder:
    """What all parts of one outline share."""

    def __init__(self, names: Sequence[str], kinds: Sequence[Any], column: Sequence[int]) -> None:
        self.names, self.kinds, self.column = names, kinds, column

    def divided(self, items: Iterable[int]) -> tuple[Part | int, ...]:
        """Items by column and likeness, in not many more than MOST_PARTS parts."""
        items = list(items)
        if len(items) <= MOST_PARTS:
            return tuple(items)
        by_column: dict[int, list[int]] = {}
        for i in items:
            by_column.setdefault(self.column[i], []).append(i)
        rows = [by_column[c] for c in sorted(by_column)]
        if len(rows) == 1:
            parts = list(self.alike(items))
            return parts[0].parts if isinstance(parts[0], Part) and len(parts) == 1 else tuple(parts)
        if len(rows) <= MOST_PARTS:
            parts = [p for row in rows for p in self.alike(row)]
            if len(parts) <= 2 * MOST_PARTS:
                return tuple(parts)
            return tuple(self.part(row) if len(row) > 1 else row[0] for row in rows)
        return tuple(self.part(chunk) for chunk in chunks(rows))

    def alike(self, items: list[int]) -> tuple[Part | int, ...]:
        """Items of one column: those of a kind in one part."""
        kinds: dict[Any, list[int]] = {}
        for i in items:
            kinds.setdefault(self.kinds[i], []).append(i)
        if len(kinds) == 1 or len(kinds) > MOST_PARTS:
            return (self.part(items),) if len(items) >= ALIKE else tuple(items)
        found: list[Part | int] = []
        for group in kinds.values():
            found += [self.part(group)] if len(group) >= ALIKE else group
        return tuple(found)

    def part(self, items: list[int]) -> Part:
        """A part of these items, divided further if they are many."""
        label = f"{self.names[items[0]]} … {self.names[items[-1]]}"
        if len({self.column[i] for i in items}) > 1:
            return Part(label, False, self.divided(items))
        if len(items) <= 2 * MOST_PARTS:
            return Part(label, False, tuple(items))
        return Part(label, False, tuple(self.part(chunk) for chunk in chunks([[i] for i in items])))


def chunks(rows: Sequence[list[int]]) -> list[list[int]]:
    """Neighbouring rows joined into at most MOST_PARTS lists, of about equally many items."""
    total = sum(map(len, rows))
    found: list[list[int]] = [[] for _ in range(MOST_PARTS)]
    seen = 0
    for row in rows:
        found[(2 * seen + len(row)) * MOST_PARTS // (2 * total)] += row  # by its middle: never all in one
        seen += len(row)
    return [chunk for chunk in found if chunk]
