"""Curves as SVG, without any other package: a line for each series, on axes that may be logarithmic."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from autograd_mini import UsageError

__all__ = ["curves"]

# Colours of Okabe and Ito, each with a dash of its own.
STYLES = (
    ("#0072b2", ""), ("#d55e00", "7 4"), ("#009e73", "2 3"), ("#7b3294", "9 3 2 3"),
    ("#a06a00", "4 2"), ("#4b5563", "1 2"),
)  # fmt: skip
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720.0, 400.0, 78.0, 150.0, 44.0, 52.0
FONT = "'DejaVu Sans', Verdana, Arial, sans-serif"
Point = tuple[float, float]


def curves(
    series: Mapping[str, Sequence[Point]],
    path: str | os.PathLike[str] | None = None,
    *,
    title: str = "",
    x: str = "",
    y: str = "",
    log: str = "",
) -> str:
    """The picture of some series of points (x, y), as SVG; written to `path` too.

    log: the axes that are logarithmic, of "x", "y" and "xy". Points that such an axis cannot show, and
    those that are not finite, are left out.

    Raises: UsageError where no point is left, or for another axis.

    Example
    -------
    >>> curves({"square": [(1.0, 1.0), (2.0, 4.0)]})[:4]
    '<svg'
    """
    if set(log) - {"x", "y"}:
        raise UsageError(f'curves: got log={log!r}; it names axes; give "x", "y" or "xy"')
    kept = {name: [p for p in points if fits(p, log)] for name, points in series.items()}
    points = [p for some in kept.values() for p in some]
    if not points:
        raise UsageError("curves: got no point that can be shown; a plot needs one; give finite (x, y) pairs")
    across = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, is_log="x" in log)
    up = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, is_log="y" in log)
    text = "\n".join(drawn(kept, across, up, title, x, y)) + "\n"
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def fits(point: Point, log: str) -> bool:
    """Whether a point can be shown."""
    return all(math.isfinite(c) and (c > 0 or axis not in log) for c, axis in zip(point, "xy", strict=True))


class Axis:
    """Where a number stands along an axis, and which numbers are written beside it."""

    def __init__(self, numbers: Sequence[float], start: float, end: float, *, is_log: bool) -> None:
        self.start, self.end, self.is_log = start, end, is_log
        low, high = float(min(numbers)), float(max(numbers))
        if is_log:
            self.low: float = math.floor(math.log10(low) + 1e-9)
            self.high: float = math.ceil(math.log10(high) - 1e-9)
            self.high += self.low == self.high
            every = max(1, math.ceil((self.high - self.low) / 8))
            self.marks = [10.0**k for k in range(int(self.low), int(self.high) + 1, every)]
        else:
            width = float((high - low) or abs(high) or 1.0)
            step = 10.0 ** math.floor(math.log10(width / 4))
            step *= next(m for m in (1, 2, 5, 10) if width / (step * m) <= 6)
            self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
            if self.low == self.high:
                self.high += step
            self.marks = [self.low + k * step for k in range(round((self.high - self.low) / step) + 1)]

    def at(self, x: float) -> float:
        """The place of a number."""
        u = math.log10(x) if self.is_log else x
        return self.start + (self.end - self.start) * (u - self.low) / (self.high - self.low)


def drawn(kept: Mapping[str, Sequence[Point]], across: Axis, up: Axis, title: str, x: str, y: str) -> Iterator[str]:
    """The lines of the file."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" '
        f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" font-family="{FONT}" font-size="12" fill="#111827" role="img">'
    )
    yield f"<title>{escape(title or 'plot')}</title>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    yield f'<text x="{LEFT}" y="24" font-size="14" font-weight="bold">{escape(title)}</text>'
    for mark in across.marks:
        at = across.at(mark)
        yield f'<path d="M{at:.1f},{up.start}V{up.end}" stroke="#e5e7eb"/>'
        yield f'<text x="{at:.1f}" y="{up.start + 18:.1f}" text-anchor="middle">{mark:.4g}</text>'
    for mark in up.marks:
        at = up.at(mark)
        yield f'<path d="M{across.start},{at:.1f}H{across.end}" stroke="#e5e7eb"/>'
        yield f'<text x="{across.start - 8:.1f}" y="{at + 4:.1f}" text-anchor="end">{mark:.4g}</text>'
    yield f'<path d="M{across.start},{up.end}V{up.start}H{across.end}" fill="none" stroke="#4b5563"/>'
    middle, centre = (up.start + up.end) / 2, (across.start + across.end) / 2
    yield f'<text x="{centre:.1f}" y="{HEIGHT - 12:.1f}" text-anchor="middle">{escape(x)}</text>'
    turned = f'transform="rotate(-90 18 {middle:.1f})"'
    yield f'<text x="18" y="{middle:.1f}" text-anchor="middle" {turned}>{escape(y)}</text>'
    for k, (name, points) in enumerate(kept.items()):
        color, dash = STYLES[k % len(STYLES)]
        style = f'fill="none" stroke="{color}" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        if points:
            path = "L".join(f"{across.at(a):.1f},{up.at(b):.1f}" for a, b in points)
            yield f'<path d="M{path}" {style}><title>{escape(name)}</title></path>'
        level = TOP + 10 + 20 * k
        yield f'<path d="M{WIDTH - RIGHT + 14},{level}h28" {style}/>'
        yield f'<text x="{WIDTH - RIGHT + 48}" y="{level + 4}">{escape(name)}</text>'
    yield "</svg>"
