"""A scene as SVG, written without any other program.

No fonts are at hand to measure text with, so widths are estimated from above: what a reader's font
makes of the text is narrower, and nothing is cut off.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from math import ceil
from typing import Literal

from .layout import Point, layered
from .scene import Card, Row, Scene, Style, Wire

__all__ = ["COLORS", "INK", "Direction", "svg", "text_width", "thickness"]

Direction = Literal["LR", "RL", "TB", "BT"]

# Blue and vermilion of Okabe and Ito, told apart by every kind of colour vision.
COLORS = {1: "#0072b2", -1: "#d55e00", 0: "#6b7280"}
INK = {
    "text": "#111827", "value": "#111827", "array": "#111827", "quiet": "#4b5563", "missing": "#6b7280",
    "positive": "#005a8e", "negative": "#a84300", "border": "#4b5563", "strip": "#e8edf3", "faded": "#c9ced6",
    "faded text": "#a3abb8", "ground": "#f7f8fa",
}  # fmt: skip
FONT, MONOSPACE = "'DejaVu Sans', Verdana, Arial, sans-serif", "'DejaVu Sans Mono', Menlo, Consolas, monospace"
SIZE, SMALL, LINE, PAD, MARGIN = 12.0, 10.5, 16.0, 9.0, 16.0
ARROW = 6.0
MONO = 0.602  # the width of every monospaced character, in units of the font's size

NARROW, SLIM = frozenset("ijlI.,:;'|!"), frozenset('frt()[]-/\\ `"')
BROAD, BROADEST = frozenset("ABCDEFGHJKLNOPQRSTUVXYZmw&<>+=~"), frozenset("WM@%")


def text_width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """An upper bound of the width of `text`."""
    if mono:
        return 1.02 * MONO * size * sum(1 if ord(c) < 0x2000 or c in "…–" else 2 for c in text)
    ems = sum(map(em, text))
    return size * ems * (1.12 if bold else 1.0)


def em(c: str) -> float:
    """An upper bound of the width of a character, in units of the font's size."""
    if c in NARROW:
        return 0.38
    if c in SLIM:
        return 0.47
    if c in BROADEST:
        return 1.02
    if c in BROAD:
        return 0.85
    if unicodedata.combining(c):
        return 0.0
    if ord(c) < 0x250 or c in "∂–‖×·²":
        return 0.64
    return 1.05


def thickness(wire: Wire) -> float:
    """The thickness of a line: its area grows with the contribution."""
    return 1.3 if wire.share is None else 1.0 + 3.2 * wire.share**0.5


def svg(scene: Scene, direction: Direction) -> str:
    """The picture, as the text of a file."""
    flat = direction in ("LR", "RL")
    cards = list(labelled(scene))
    boxes = [box(c, flat=flat) for c in cards]
    tags = [(text_width(w.label, SMALL) + 6.0, 15.0) if w.label else (0.0, 0.0) for w in scene.wires]
    turn = (lambda s: s) if flat else (lambda s: (s[1], s[0]))
    plan = layered(
        [turn(b) for b in boxes],
        [(w.tail, w.head) for w in scene.wires],
        [turn(t) for t in tags],
    )
    width, height = turn(plan.size)
    legend, below = legend_lines(scene.legend, max(width, 320.0), height + 2 * MARGIN + 4)
    full = max(width, *(length for length, _ in legend))
    left = MARGIN + (full - width) / 2

    def at(p: Point) -> Point:
        x = plan.size[0] - p[0] if direction in ("RL", "BT") else p[0]
        return (x + left, p[1] + MARGIN) if flat else (p[1] + left, x + MARGIN)

    w, h = ceil(full + 2 * MARGIN), ceil(below)
    extent = f'width="{w}" height="{h}" viewBox="0 0 {w} {h}"'
    body: list[str] = []
    for wire, points in sorted(zip(scene.wires, plan.lines, strict=True), key=lambda pair: not pair[0].is_faded):
        body += drawn_wire(wire, [at(p) for p in points], flat=flat)
    body += [tag(wire, at(p)) for wire, p in zip(scene.wires, plan.labels, strict=True) if wire.label]
    for c, p, size in zip(cards, plan.cards, boxes, strict=True):
        body += drawn_card(c, at(p), size, flat=flat)
    body += [line for _, lines in legend for line in lines]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {extent} font-family="{FONT}" font-size="{SIZE:g}" role="img">',
            f"<title>{escape('graph of ' + ', '.join(c.name for c in scene.cards if c.is_output))}</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def labelled(scene: Scene) -> Iterator[Card]:
    """The cards, with the module that each belongs to: frames around them would overlap."""
    module = {i: name for name, places in scene.frames for i in places}
    for i, card in enumerate(scene.cards):
        name = module.get(i, "")
        said = not name or card.name.startswith(f"{name}.") or card.name == name
        yield card if said else replace(card, rows=(Row(f"in {name}", "quiet"), *card.rows))


def strip_size(card: Card, *, flat: bool) -> float:
    """How much of the card's width (or height, from top to bottom) the operation takes."""
    if not card.op:
        return 0.0
    if flat:
        return max(26.0, 12.0 + max(text_width(t, op_size(card), bold=True) for t in card.op))
    return 8.0 + LINE * len(card.op)


def op_size(card: Card) -> float:
    """The size of the operation's font: large for a symbol."""
    return 15.0 if len(card.op) == 1 and len(card.op[0]) <= 2 else SMALL


def box(card: Card, *, flat: bool) -> Point:
    """The width and height of a card."""
    strip = strip_size(card, flat=flat)
    inner = max(row_width(r) for r in (Row(card.name, "value"), *card.rows))
    inner = max(inner, text_width(card.name, SIZE, bold=True))
    width, height = inner + 2 * PAD, LINE * (1 + len(card.rows)) + PAD
    if flat:
        return width + strip, max(height, 8.0 + 13.0 * len(card.op))
    ops = max((text_width(t, op_size(card), bold=True) for t in card.op), default=0.0) + 12.0
    return max(width, ops), height + strip


def row_width(row: Row) -> float:
    """The width of a row's text."""
    return text_width(row.text, font_size(row.style), mono=row.style == "array")


def font_size(style: Style) -> float:
    """The size of a row's font."""
    return SMALL if style in ("array", "quiet") else SIZE


def drawn_card(card: Card, centre: Point, size: Point, *, flat: bool) -> Iterator[str]:
    """A card: a rounded box, the operation where the wires arrive, the name and the rows."""
    (x, y), (w, h) = centre, size
    left, top = x - w / 2, y - h / 2
    strip = strip_size(card, flat=flat)
    border = INK["faded"] if card.is_faded else INK["border"]
    yield f'<g id="{card.id}" class="node">'
    yield f"<title>{escape(chr(10).join(card.about))}</title>"
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}" rx="7" fill="#ffffff" '
        f'stroke="{border}" stroke-width="{2.2 if card.is_output else 1}"/>'
    )
    if strip:
        yield strip_path(left, top, strip if flat else w, h if flat else strip, flat=flat)
        cx, cy = (left + strip / 2, y) if flat else (x, top + strip / 2)
        step = 13.0 if flat else LINE
        for k, text in enumerate(card.op):
            size_ = op_size(card) if k == 0 else SMALL - 1
            ty = cy + step * (k - (len(card.op) - 1) / 2) + size_ * 0.36
            yield text_line(text, cx, ty, ink(card, "text"), size_, anchor="middle", weight=k == 0)
    tx = left + PAD + (strip if flat else 0.0)
    ty = top + LINE - 1 + (0.0 if flat else strip)
    used = LINE * (1 + len(card.rows)) + PAD
    ty += max(0.0, (h - used - (0.0 if flat else strip)) / 2)
    yield text_line(card.name, tx, ty, ink(card, "text" if card.is_named else "quiet"), SIZE, weight=card.is_named)
    for row in card.rows:
        ty += LINE
        yield text_line(row.text, tx, ty, ink(card, row.style), font_size(row.style), mono=row.style == "array")
    yield "</g>"


def ink(card: Card, style: str) -> str:
    """The colour of text on a card."""
    return INK["faded text"] if card.is_faded else INK[style]


def strip_path(left: float, top: float, w: float, h: float, *, flat: bool) -> str:
    """The shaded end of a card that holds its operation, inside of the border: its outer corners are round."""
    x, y, r = left + 0.5, top + 0.5, 6.5
    if flat:
        w, h = w - 0.5, h - 1
        round_ = f"a{r},{r} 0 0 0 {-r},{r}v{h - 2 * r:.1f}a{r},{r} 0 0 0 {r},{r}"
        d = f"M{x + w:.1f},{y:.1f}h{r - w:.1f}{round_}h{w - r:.1f}Z"
    else:
        w, h = w - 1, h - 0.5
        round_ = f"a{r},{r} 0 0 1 {r},{-r}h{w - 2 * r:.1f}a{r},{r} 0 0 1 {r},{r}"
        d = f"M{x:.1f},{y + h:.1f}v{r - h:.1f}{round_}v{h - r:.1f}Z"
    return f'<path d="{d}" fill="{INK["strip"]}"/>'


def text_line(
    text: str, x: float, y: float, fill: str, size: float, *,
    anchor: str = "", weight: bool = False, mono: bool = False,
) -> str:  # fmt: skip
    """One line of text."""
    said = f' text-anchor="{anchor}"' if anchor else ""
    said += ' font-weight="bold"' if weight else ""
    said += f' font-family="{MONOSPACE}"' if mono else ""
    said += "" if size == SIZE else f' font-size="{size:g}"'
    shown = escape(text.lstrip().replace(" ", "\u00a0") if mono else text)
    if mono:  # some programs drop spaces at the start, of whichever kind
        x += MONO * size * (len(text) - len(text.lstrip()))
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}"{said}>{shown}</text>'


def drawn_wire(wire: Wire, points: list[Point], *, flat: bool) -> Iterator[str]:
    """A line with its arrow, along the points of the layout."""
    color = INK["faded"] if wire.is_faded else COLORS[wire.sign]
    width = thickness(wire)
    size = ARROW + width
    qx, qy = points[-1]
    if flat:
        way = 1 if points[-1][0] > points[0][0] else -1
        end = (qx - way * size, qy)
        tip = [(qx, qy), (end[0], qy - size * 0.42), (end[0], qy + size * 0.42)]
    else:
        way = 1 if points[-1][1] > points[0][1] else -1
        end = (qx, qy - way * size)
        tip = [(qx, qy), (qx - size * 0.42, end[1]), (qx + size * 0.42, end[1])]
    dash = dashes(wire)
    yield f'<g class="edge"><title>{escape(chr(10).join(wire.about))}</title>'
    yield (
        f'<path d="{curve([*points[:-1], end], flat=flat)}" fill="none" stroke="{color}" '
        f'stroke-width="{width:.2f}"{dash}/>'
    )
    yield f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in tip)}" fill="{color}"/></g>'


def dashes(wire: Wire) -> str:
    """Dashes where the local derivative is negative, dots where there is none."""
    if not wire.is_smooth:
        return ' stroke-dasharray="1.5 3"'
    return ' stroke-dasharray="7 4"' if wire.sign < 0 else ""


def curve(points: list[Point], *, flat: bool) -> str:
    """The path through the points: straight where two are level, else a curve that starts and ends level."""
    x, y = points[0]
    said = [f"M{x:.1f},{y:.1f}"]
    for qx, qy in points[1:]:
        if abs((qy - y) if flat else (qx - x)) < 0.05:
            said.append(f"L{qx:.1f},{qy:.1f}")
        elif flat:
            m = (x + qx) / 2
            said.append(f"C{m:.1f},{y:.1f} {m:.1f},{qy:.1f} {qx:.1f},{qy:.1f}")
        else:
            m = (y + qy) / 2
            said.append(f"C{x:.1f},{m:.1f} {qx:.1f},{m:.1f} {qx:.1f},{qy:.1f}")
        x, y = qx, qy
    return "".join(said)


def tag(wire: Wire, centre: Point) -> str:
    """The label of a wire, on a white ground that keeps it off the line."""
    x, y = centre
    w = text_width(wire.label, SMALL)
    fill = INK["faded text"] if wire.is_faded else INK["text"]
    ground = (
        f'<rect x="{x - w / 2:.1f}" y="{y - 7:.1f}" width="{w:.1f}" height="14" fill="#ffffff" fill-opacity="0.9"/>'
    )
    return ground + text_line(wire.label, x, y + SMALL * 0.36, fill, SMALL, anchor="middle")


def legend_lines(
    pieces: Sequence[tuple[int | None, str]], width: float, top: float
) -> tuple[list[tuple[float, list[str]]], float]:
    """The legend's pieces in lines no wider than the picture, each line with its width; and where they end."""
    lines: list[tuple[float, list[str]]] = []
    x, y, drawn = 0.0, top + 6, list[str]()
    for sign, text in pieces:
        sample = 0.0 if sign is None else 34.0
        w = sample + text_width(text, SMALL)
        if drawn and x + w > width:
            lines.append((x, drawn))
            x, y, drawn = 0.0, y + LINE, []
        if sign is not None:
            dash = ' stroke-dasharray="7 4"' if sign < 0 else ""
            drawn.append(
                f'<path d="M{x + MARGIN:.1f},{y - 4:.1f}h28" stroke="{COLORS[sign]}" stroke-width="2.5"{dash}/>'
            )
        drawn.append(text_line(text, x + MARGIN + sample, y, INK["quiet"], SMALL))
        x += w + 18
    lines.append((x, drawn))
    return lines, y + 10
