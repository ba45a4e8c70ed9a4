"""The search for a step along a line that is long enough, and lowers the function enough: the strong Wolfe conditions.

Source: Nocedal & Wright, "Numerical Optimization" (2nd edition, 2006), algorithms 3.5 and 3.6, with
the safeguards of Schmidt's minFunc, which PyTorch has as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Point", "strong_wolfe"]

LOWERED = 1e-4  # of what the slope at the start promises
FLATTENED = 0.9  # of the slope at the start
SHORTEST = 1e-9  # interval, in the largest change of a parameter


class Point(NamedTuple):
    """A step, the function's value there, its slope along the line, and its gradient."""

    step: float
    value: float
    slope: float
    gradient: Any


def strong_wolfe(at: Callable[[float], Point], start: Point, step: float, size: float, most: int) -> tuple[Point, int]:
    """The point that was found, and how often the function was evaluated; the lowest, if none meets the conditions.

    at: the point of a step. start: that of the step 0, with a slope below 0. step: the first to be
    tried. size: by how much a step of 1 changes a parameter at most. most: trials after the first.
    """

    def is_high(p: Point) -> bool:
        return p.value > start.value + LOWERED * p.step * start.slope

    def is_flat(p: Point) -> bool:
        return abs(p.slope) <= -FLATTENED * start.slope

    old, new, n = start, at(step), 0
    while n < most:
        if is_high(new) or (n > 1 and new.value >= old.value):
            break
        if is_flat(new):
            return new, n + 1
        if new.slope >= 0:
            break
        step = lowest_of_cubic(old, new, new.step + 0.01 * (new.step - old.step), 10 * new.step)
        old, new, n = new, at(step), n + 1
    else:
        old = start

    ends, was_near = [old, new], False
    low = lower(ends)
    while n < most and abs(ends[1].step - ends[0].step) * size >= SHORTEST:
        left, right = sorted(p.step for p in ends)
        step, margin = lowest_of_cubic(ends[0], ends[1], left, right), 0.1 * (right - left)
        is_near = min(right - step, step - left) < margin
        if is_near and (was_near or not left < step < right):
            step = right - margin if abs(step - right) < abs(step - left) else left + margin
            is_near = False
        was_near = is_near
        new, n = at(step), n + 1
        if is_high(new) or new.value >= ends[low].value:
            ends[1 - low] = new
            low = lower(ends)
            continue
        if is_flat(new):
            return new, n + 1
        if new.slope * (ends[1 - low].step - ends[low].step) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low], n + 1


def lower(ends: list[Point]) -> int:
    """Which of two points is lower; the first, at a tie."""
    return 0 if ends[0].value <= ends[1].value else 1


def lowest_of_cubic(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through both points with their slopes is lowest, between bounds; their middle if nowhere."""
    if a.step > b.step:
        a, b = b, a
    width = b.step - a.step
    bend = a.slope + b.slope - 3 * (b.value - a.value) / width if width else math.nan
    square = bend * bend - a.slope * b.slope
    root = math.sqrt(square) if square >= 0 else math.nan
    below = b.slope - a.slope + 2 * root
    if not below or math.isnan(below):
        return (least + most) / 2
    return min(max(b.step - width * (b.slope + root - bend) / below, least), most)
