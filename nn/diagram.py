"""A network of neurons as textbooks draw it: a circle for each neuron, a line for each weight, from the live graph."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from autograd_mini import Graph, UsageError

__all__ = ["Diagram", "diagram"]

RADIUS, COLUMN, ROW, MARGIN = 27.0, 230.0, 118.0, 40.0
POSITIVE, NEGATIVE, INK, QUIET, GROUND = "#0072b2", "#d55e00", "#111827", "#4b5563", "#ffffff"
FONT = "'DejaVu Sans', Verdana, Arial, sans-serif"
Place = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A weight, or a bias: from one circle to another."""

    tail: str
    head: str
    name: str
    value: float


@dataclass(frozen=True)
class Diagram:
    """The picture: `svg` as text, shown by a notebook, `save` to a file."""

    svg: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg


def diagram(output: Any, *, weights: bool = False) -> Diagram:
    """The neurons that `output` was computed with, and the weights between them.

    A neuron is what `Neuron` makes: a weighted sum called net_<name>, and out_<name>. weights: write
    name and number of each on its line, and the numbers of inputs and biases; a line is blue and solid
    where the weight is positive, orange and dashed where it is negative, and thicker the larger it is.

    Raises: UsageError where there is no neuron.

    Example
    -------
    >>> from nn.worked_example import two_two_two
    >>> diagram(two_two_two().error(), weights=True).svg[:4]
    '<svg'
    """
    graph = Graph.of(output)
    lines, biases = list[Line](), list[Line]()
    for node in graph.nodes:
        if node.name.startswith("net_") and node.op is not None:
            for kind, line in terms(node):
                (lines if kind == "weight" else biases).append(line)
    if not lines:
        raise UsageError(
            f"diagram: got {graph}, without neurons; a neuron has a weighted sum named net_<name>; "
            "build the network of nn.Neuron or nn.Layer"
        )
    values = {node.name: float(node.value) for node in graph.nodes if node.is_scalar}
    return Diagram("\n".join(drawn(lines, biases, values, weights=weights)) + "\n")


def terms(net: Any) -> Iterator[tuple[str, Line]]:
    """The weights and biases of a weighted sum, in the order in which they were added."""
    head = net.name.removeprefix("net_")
    stack = [net]
    while stack:
        node = stack.pop()
        if node is not net and (node.is_leaf or node.is_named):
            yield "bias", Line(node.name, head, node.name, float(node.value))
        elif node.op.name == "add":
            stack += [p for p in reversed(node.operands) if hasattr(p, "op")]
        elif node.op.name == "multiply" and all(hasattr(p, "op") for p in node.operands):
            weight, source = node.operands
            yield "weight", Line(source.name.removeprefix("out_"), head, weight.name, float(weight.value))


def places(lines: list[Line], biases: list[Line]) -> dict[str, Place]:
    """The centre of each circle: a column for each layer, and a bias below the column before its layer."""
    column = {line.tail: 0 for line in lines}
    for line in lines:  # in the order of computation: tails are known before heads
        column[line.head] = max(column.get(line.head, 0), column[line.tail] + 1)
    rows: dict[int, list[str]] = {}
    for name, c in column.items():
        rows.setdefault(c, []).append(name)
    tallest = max(map(len, rows.values()))
    found = {
        name: (MARGIN + RADIUS + c * COLUMN, MARGIN + RADIUS + ROW * (r + (tallest - len(names)) / 2))
        for c, names in rows.items()
        for r, name in enumerate(names)
    }
    below: dict[int, int] = {}
    for line in biases:
        if line.tail not in found:
            c = column[line.head] - 1
            x = MARGIN + RADIUS + c * COLUMN + 2.6 * RADIUS * below.get(c, 0)
            found[line.tail] = (x, MARGIN + RADIUS + ROW * (tallest - 0.1))
            below[c] = below.get(c, 0) + 1
    return found


def drawn(lines: list[Line], biases: list[Line], values: dict[str, float], *, weights: bool) -> Iterator[str]:
    """The lines of the file."""
    at = places(lines, biases)
    width = max(x for x, _ in at.values()) + RADIUS + MARGIN
    height = max(y for _, y in at.values()) + RADIUS + MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" font-size="13" role="img">'
    )
    yield f"<title>{escape('neurons ' + ', '.join(at))}</title>"
    yield f'<rect width="100%" height="100%" fill="{GROUND}"/>'
    largest = max(abs(line.value) for line in (*lines, *biases)) or 1.0
    for line in (*lines, *biases):
        yield stroke(line, at, largest if weights else None)
    for line in (*lines, *biases) if weights else ():
        if line in lines:
            yield from label(line, at)
    names = {line.tail for line in biases if line.tail not in {x.tail for x in lines}}
    for name, place in at.items():
        number = values.get(name) if weights else None
        yield from circle(name, place, number, is_bias=name in names)
    yield "</svg>"


def stroke(line: Line, at: dict[str, Place], largest: float | None) -> str:
    """A line between two circles; with its sign and size if `largest` is known."""
    (x, y), (u, v) = at[line.tail], at[line.head]
    color, dash, size = QUIET, "", 1.5
    if largest is not None:
        color, dash = (NEGATIVE, ' stroke-dasharray="7 4"') if line.value < 0 else (POSITIVE, "")
        size = 1.0 + 2.5 * abs(line.value) / largest
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}"'
    said = f"<title>{escape(f'{line.name} = {line.value:.6g}')}</title>"
    return f'<line {ends} stroke="{color}" stroke-width="{size:.2f}"{dash}>{said}</line>'


def label(line: Line, at: dict[str, Place]) -> Iterator[str]:
    """The name and the number of a weight, nearer to its first circle, where lines do not cross."""
    (x, y), (u, v) = at[line.tail], at[line.head]
    px, py = x + 0.31 * (u - x), y + 0.31 * (v - y)
    text = f"{line.name} {line.value:.4g}"
    width = 7.6 * len(text) + 6
    yield f'<rect x="{px - width / 2:.1f}" y="{py - 9:.1f}" width="{width:.1f}" height="18" rx="4" fill="{GROUND}"/>'
    yield f'<text x="{px:.1f}" y="{py + 4.5:.1f}" text-anchor="middle" fill="{INK}">{escape(text)}</text>'


def circle(name: str, place: Place, number: float | None, *, is_bias: bool) -> Iterator[str]:
    """A neuron, an input or a bias."""
    x, y = place
    dash = ' stroke-dasharray="4 3"' if is_bias else ""
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{GROUND}" stroke="{INK}" stroke-width="1.5"{dash}/>'
    rise = 4.5 if number is None else -1.0
    yield (
        f'<text x="{x:.1f}" y="{y + rise:.1f}" text-anchor="middle" font-weight="bold" fill="{INK}">'
        f"{escape(name)}</text>"
    )
    if number is not None:
        yield (
            f'<text x="{x:.1f}" y="{y + 14:.1f}" text-anchor="middle" font-size="11" fill="{QUIET}">{number:.4g}</text>'
        )
