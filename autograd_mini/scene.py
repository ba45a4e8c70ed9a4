"""What a drawing shows of a Graph: cards for its nodes, wires between them, and the words on both.

Text here is plain: whoever writes it out escapes it. Lengths are cut here and nowhere else.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .errors import UsageError
from .fold import FOLDED, Group, folded
from .graph import OPERATORS, SPOKEN, Graph, Node, expression, formula, number, same
from .links import Link, every_link, folded_links, size
from .ops.indexing import part
from .outline import modules

__all__ = ["Card", "Row", "Scene", "View", "Wire", "scene", "size"]

LONGEST_NAME, LONGEST_OP, LONGEST_FORMULA = 40, 18, 34
MOST_NUMBERS = 6  # an array with no more than these is shown number by number
FEWEST_NAMED = 3  # computed Values with names, which tell enough to fold everything between them
Style = Literal["value", "array", "quiet", "positive", "negative", "missing"]


@dataclass(frozen=True)
class Row:
    """A line of text on a card."""

    text: str
    style: Style


@dataclass(frozen=True)
class Card:
    """A node: its name, the operation that made it, and its value and gradient in rows."""

    id: str
    name: str
    is_named: bool
    is_output: bool
    op: tuple[str, ...]
    rows: tuple[Row, ...]
    about: tuple[str, ...]
    is_faded: bool = False


@dataclass(frozen=True)
class Wire:
    """The way from an operand to a result, by places in `Scene.cards`.

    sign: of the local derivative; 0 where it is 0, an array, or does not exist. share: of the
    largest contribution in the drawing, from 0 to 1, by absolute value; None before `backward`.
    """

    tail: int
    head: int
    label: str
    sign: int
    share: float | None
    is_smooth: bool
    about: tuple[str, ...]
    is_faded: bool = False


@dataclass(frozen=True)
class Scene:
    """All that a drawing shows; `legend` says how to read it, each piece with the sign that it explains."""

    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]
    legend: tuple[tuple[int | None, str], ...]
    frames: tuple[tuple[str, tuple[int, ...]], ...] = ()  # modules, with the places of their cards


@dataclass(frozen=True)
class View:
    """What the user asks to see; see `draw`."""

    operations: bool = True
    highlight: Any = None
    network: Any = None
    fold: bool = False
    depth: int | None = None
    limit: int = 200


def scene(graph: Graph, view: View) -> Scene:
    """What to show: every node, or leaves, outputs and named Values with all between them folded; not too many."""
    chosen = None if view.highlight is None else graph[view.highlight]
    marked = {*graph.outputs, *(() if chosen is None else (chosen,))}

    def is_shown(node: Node) -> bool:
        return node.is_named or node.is_leaf or node in marked

    limit = max(view.limit, FOLDED)
    operations, notes = view.operations, list[str]()
    shown = list(graph.nodes) if operations else [node for node in graph.nodes if is_shown(node)]
    links: list[Link] | None = None
    if operations and len(shown) > limit and view.network is None:
        named = [node for node in shown if is_shown(node)]
        if sum(node.is_named and node.op is not None for node in named) >= FEWEST_NAMED:
            with suppress(UsageError):
                links = list(folded_links(named, is_shown))
                notes.append(f"folded: {len(shown) - len(named):,} unnamed operations, into the lines between names")
                shown, operations, limit = named, False, FOLDED
    if links is None:
        links = list(every_link(shown) if operations else folded_links(shown, is_shown))
    place = {node: i for i, node in enumerate(shown)}
    pairs = [(place[p], place[v]) for p, v, _, _ in links]
    owner = modules(graph, view.network)
    groups = folded(
        shown, pairs, owner, fold=view.fold, depth=view.depth, kept={graph.outputs[0], *marked}, limit=limit
    )
    hidden = sum(len(g.nodes) for g in groups if not g.is_single)
    if hidden:
        on = sum(not g.is_single for g in groups)
        notes.append(f"folded: {hidden:,} of {len(graph.nodes):,} values, on {on} card{'s' * (on != 1)}")
    where = {node: g for g, group in enumerate(groups) for node in group.nodes}
    cards = [
        card(g.nodes[0], owner.paths.get(g.nodes[0]), is_output=g.nodes[0] in graph.outputs, is_folded=not operations)
        if g.is_single
        else group_card(g, marked)
        for g in groups
    ]
    wires = joined(links, where)
    frames: dict[str, list[int]] = {}
    for i, g in enumerate(groups):
        if g.frame:
            frames.setdefault(g.frame, []).append(i)
    if chosen is not None:
        cards, wires = faded(cards, wires, where[chosen])
    said = (*legend(graph, shown, wires), *((None, note) for note in notes))
    return Scene(tuple(cards), tuple(wires), said, tuple((k, tuple(v)) for k, v in frames.items()))


def joined(links: Sequence[Link], where: dict[Node, int]) -> list[Wire]:
    """A wire for each link between cards; between a card of many and another, one for all."""
    count = Counter(where.values())
    bundles: dict[Any, list[Link]] = {}
    for k, link in enumerate(links):
        tail, head = where[link[0]], where[link[1]]
        if tail != head:
            bundles.setdefault((tail, head, k if count[tail] == count[head] == 1 else None), []).append(link)
    flows = [sum(c for *_, c in bundle if c is not None and np.isfinite(c)) for bundle in bundles.values()]
    largest = max(flows, default=0.0)
    return [
        wire(*bundle[0], (tail, head), largest)
        if len(bundle) == 1
        else bundled(bundle, (tail, head), flow / (largest or 1))
        for ((tail, head, _), bundle), flow in zip(bundles.items(), flows, strict=True)
    ]


def bundled(bundle: Sequence[Link], ends: tuple[int, int], share: float) -> Wire:
    """The wire of many links."""
    known = any(c is not None for *_, c in bundle)
    is_smooth = any(not is_cut(p, v, d, c) for p, v, d, c in bundle)
    said = f"{len(bundle):,} lines"
    return Wire(*ends, f"× {len(bundle):,}", 0, share if known else None, is_smooth, (said,))


def group_card(group: Group, marked: set[Node]) -> Card:
    """The card of many nodes: what they are, and the gradient of their leaves."""
    rows = [Row(text, "quiet") for text in group.rows]
    flows = [size(n.grad) for n in group.nodes if n.is_leaf and n.grad is not None]
    if flows:
        rows.append(Row(f"∂ ‖{number(float(np.linalg.norm(flows)), 4)}‖ of the leaves", "value"))
    name = shortened(clean(group.label), LONGEST_NAME)
    about = (
        f"{clean(group.label)}: {len(group.nodes):,} values, from {group.nodes[0].name} to {group.nodes[-1].name}",
    )
    is_output = any(node in marked for node in group.nodes)
    return Card(f"g{group.nodes[0].index}", name, True, is_output, ("…",), tuple(rows), about)  # fmt: skip


def wire(p: Node, v: Node, d: Any, c: float | None, ends: tuple[int, int], largest: float) -> Wire:
    """The wire of a link."""
    of, by = clean(v.name), clean(p.name)
    if is_cut(p, v, d, c):
        return Wire(*ends, "", 0, None, False, (f"{of} has no derivative with respect to {by}",))
    is_number = d is not None and np.ndim(d) == 0
    about = [f"∂{of}/∂{by}" + (f" = {plain(d)!r}" if is_number else "")]
    label, sign, share = "", 0, None
    if c is not None:
        about.append(f"carries {number(c, 9)} of the gradient")
        label = f"‖{number(c, 3)}‖"
        share = 1.0 if np.isinf(c) else c / largest if c > 0 else 0.0
    if is_number:
        label, sign = number(d, 4), 0 if np.isnan(d) or np.iscomplexobj(d) else int(np.sign(d))
    return Wire(*ends, label, sign, share, True, tuple(about))


def is_cut(p: Node, v: Node, d: Any, c: float | None) -> bool:
    """Whether nothing can flow from `v` to its operand `p`, before or after `backward`."""
    if d is not None or c is not None:
        return False
    discrete = v.op is None or v.op.is_discrete or any(np.dtype(k).kind not in "fc" for k in (*dtypes(p), *dtypes(v)))
    return discrete or v.is_scalar or v.grad is not None


def dtypes(node: Node) -> tuple[Any, ...]:
    """The dtypes of all its outputs."""
    return node.dtype if isinstance(node.value, tuple) else (node.dtype,)


def card(node: Node, path: str | None = None, *, is_output: bool, is_folded: bool) -> Card:
    """The card of a node; `path` is what its network calls it."""
    name = node.name if node.is_named or path is None else path
    rows = [*value_rows(node), *gradient_rows(node)]
    op: tuple[str, ...] = ()
    if node.op is not None and is_folded:
        lines = textwrap.wrap(clean(expression(node)), LONGEST_FORMULA, max_lines=2, placeholder=" …")
        rows = [Row(("= " if not k else "   ") + line, "quiet") for k, line in enumerate(lines)] + rows
    elif node.op is not None:
        op = tuple(shortened(line, LONGEST_OP) for line in op_lines(node))
    about = [clean(formula(node))]
    if node.is_scalar:
        about.append(f"value {plain(node.value)!r}")
        about.append("no gradient yet" if node.grad is None else f"gradient {plain(node.grad)!r}")
    return Card(
        node.id,
        shortened(clean(name), LONGEST_NAME),
        node.is_named or path is not None,
        is_output,
        op,
        tuple(rows),
        tuple(about),
    )


def op_lines(node: Node) -> list[str]:
    """The operation by its symbol or name, with the constants and options that it was given."""
    op: Any = node.op
    xs = node.operands
    symbol = op.symbol or OPERATORS.get(op.name)
    if symbol and len(xs) == 2:
        a, b = ("" if isinstance(x, Node) else constant(x) for x in xs)
        return [f"{a} {symbol} {b}".strip()]
    if symbol and len(xs) == 1:
        return [symbol if op.name in ("negative", "invert") else f"( ){symbol}"]
    text = clean(formula(node).partition(" = ")[2])
    if op is part:
        return [text.removeprefix(clean(xs[0].name)) if isinstance(xs[0], Node) else text]
    constants = [constant(x) for x in xs if not isinstance(x, Node)]
    said = [SPOKEN.get(op.name, op.name)]
    if constants and len(xs) > 1:
        said.append("(" + ", ".join("·" if isinstance(x, Node) else constant(x) for x in xs) + ")")
    options = {k: x for k, x in node.options.items() if not same(x, op.defaults.get(k))}
    return said + [f"{k}={clean(str(x))}" for k, x in options.items()][:2]


def constant(x: Any) -> str:
    """A constant operand."""
    return number(plain(x), 4) if np.ndim(x) == 0 and not isinstance(x, str) else f"array {np.shape(x)}"


def value_rows(node: Node) -> Iterator[Row]:
    """The value: a number; or shape and dtype, and the numbers or what they are like."""
    if node.is_scalar:
        kind = "" if node.dtype == np.float64 else f"  {node.dtype}"
        yield Row(number(node.value) + kind, "value")
        return
    for x in map(np.asarray, node.parts):
        yield Row(f"{x.shape} {x.dtype}", "quiet")
        lines = grid(x)
        if lines:
            yield from (Row(line, "array") for line in lines)
        else:
            yield Row(summary(x), "value")


def gradient_rows(node: Node) -> Iterator[Row]:
    """The gradient: a dash before `backward`, a signed number, or what the numbers of an array are."""
    g = node.grad
    if isinstance(node.value, tuple) or any(np.dtype(k).kind not in "fc" for k in dtypes(node)):
        yield Row("no gradient", "missing")
    elif g is None:
        yield Row("∂ –", "missing")
    elif node.is_scalar:
        g = plain(g)
        falls = not isinstance(g, complex) and g < 0
        yield Row(f"∂ {g:+.4g}", "negative" if falls else "positive" if abs(g) > 0 else "quiet")
    else:
        lines = grid(np.asarray(g))
        for k, line in enumerate(lines):
            yield Row(("∂ " if not k else "  ") + line, "array")
        if not lines:
            yield Row(f"∂ ‖{number(size(g), 4)}‖", "quiet")


def grid(x: Any) -> list[str]:
    """The numbers of a small array, in aligned rows; nothing for a large one."""
    if not 0 < x.size <= MOST_NUMBERS or x.ndim > 2:
        return []
    texts = [[number(e, 4) for e in row] for row in np.atleast_2d(x)]
    width = max(len(t) for row in texts for t in row)
    return ["[" + "  ".join(t.rjust(width) for t in row) + "]" for row in texts]


def summary(x: Any) -> str:
    """What the numbers of a large array are like."""
    if not x.size:
        return "empty"
    if x.dtype.kind == "b":
        return f"{np.count_nonzero(x):,} of {x.size:,} true"
    with np.errstate(all="ignore"):
        size_ = np.abs(x) if x.dtype.kind == "c" else x
        finite = size_[np.isfinite(size_)].astype(float)
        odd = f", {x.size - finite.size:,} not finite" if finite.size < x.size else ""
        if not finite.size:
            return "nothing finite"
        low, high = finite.min(), finite.max()
        text = f"{number(low, 3)} … {number(high, 3)}, mean {number(finite.mean(), 3)}"
        if low == high:
            text = f"all {number(low)}"
        return ("|x| " if x.dtype.kind == "c" else "") + text + odd


def faded(cards: list[Card], wires: list[Wire], start: int) -> tuple[list[Card], list[Wire]]:
    """The same with everything faded that does not lie on a way from the card `start` to an output."""
    reached = {start}
    for w in sorted(wires, key=lambda w: w.tail):
        if w.tail in reached:
            reached.add(w.head)
    return (
        [c if i in reached else replace(c, is_faded=True) for i, c in enumerate(cards)],
        [w if w.tail in reached else replace(w, is_faded=True) for w in wires],
    )


def legend(graph: Graph, shown: Sequence[Node], wires: Sequence[Wire]) -> Iterator[tuple[int | None, str]]:
    """How to read the drawing, as far as it has what there is to read."""
    done = any(node.grad is not None for node in shown)
    names = ", ".join(shortened(clean(node.name), 20) for node in graph.outputs[:3])
    if len(graph.outputs) == 1 and graph.outputs[0].grad is not None:
        yield None, f"∂: gradient of {names}"
    else:
        yield None, "∂: gradient" if done else "∂ –: no gradient before backward()"
    if any(w.label and not w.label.startswith("‖") for w in wires):
        yield None, "number on a line: local derivative"
    if any(w.label.startswith("‖") for w in wires):
        yield None, "‖ ‖: norm of the gradient that flows"
    for sign, word in ((1, "positive"), (-1, "negative")):
        if any(w.sign == sign for w in wires):
            yield sign, word
    if len({w.share for w in wires}) > 1:
        yield None, "thicker: more of the gradient flows"


def clean(text: str) -> str:
    """`text` on one line, without characters that no file of text may hold."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() or c == " " else "�" for c in line)


def shortened(text: str, longest: int) -> str:
    """`text`, its middle left out if it is long."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def plain(x: Any) -> Any:
    """A scalar as Python's own number."""
    return x.item() if isinstance(x, (np.generic, np.ndarray)) else x
