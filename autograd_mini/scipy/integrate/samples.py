"""Integrals of samples: straight lines, parabolas, and Romberg's extrapolation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import scipy.integrate as si

from ...errors import ShapeError, UsageError
from ...ops.shape import moveaxis
from ...record import shape_of
from ..answers import for_values
from ..linalg.systems import floats


def rows_of(where: str, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """The samples, and the widths between them, along the last axis."""
    y = floats(y)
    n = shape_of(y)[axis]
    rows = moveaxis(y, axis, -1)
    if x is None:
        width = floats(dx)
        if len(shape_of(width)) == len(shape_of(y)) and len(shape_of(y)):
            width = moveaxis(width, axis, -1)
        return rows, np.broadcast_to(width, (*shape_of(rows)[:-1], max(n - 1, 0)))
    x = floats(x)
    if len(shape_of(x)) > 1:
        x = moveaxis(x, axis, -1)
    if shape_of(x)[-1] != n:
        raise ShapeError(
            f"{where}: got {shape_of(x)[-1]} places for {n} samples; give one for each, or choose the axis"
        )
    return rows, np.diff(x)


@for_values(si.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The area below straight lines between the samples."""
    rows, width = rows_of("trapezoid", y, x, dx, axis)
    return np.sum(width * (rows[..., 1:] + rows[..., :-1]), -1) / 2.0


@for_values(si.cumulative_trapezoid)
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The area below straight lines up to each sample but the first; up to each of them with initial=0."""
    rows, width = rows_of("cumulative_trapezoid", y, x, dx, axis)
    return from_start(np.cumsum(width * (rows[..., 1:] + rows[..., :-1]) / 2.0, -1), initial, axis)


def from_start(total: Any, initial: Any, axis: int) -> Any:
    """The sums, with `initial` before and added, moved to their axis."""
    if initial is not None:
        first = floats(initial)
        if len(shape_of(first)) and len(shape_of(first)) == len(shape_of(total)):
            first = moveaxis(first, axis, -1)
        first = np.broadcast_to(first, (*shape_of(total)[:-1], 1))
        total = np.concatenate([first, total + first], -1)
    return moveaxis(total, -1, axis)


def of_parabolas(y: Any, h: Any) -> Any:
    """The areas below parabolas through samples 0, 1, 2, through 2, 3, 4, and so on; in all."""
    a, b = h[..., :-1:2], h[..., 1::2]
    left, middle, right = y[..., :-2:2], y[..., 1:-1:2], y[..., 2::2]
    both = a + b
    return np.sum(both / 6.0 * (left * (2.0 - b / a) + middle * (both * both / (a * b)) + right * (2.0 - a / b)), -1)


@for_values(si.simpson)
def simpson(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The area below parabolas through three samples each; of an even number, the last strip below the last parabola.

    Source: Cartwright, "Simpson's rule cumulative integration with MS Excel and irregularly-spaced data" (2017).
    """
    rows, h = rows_of("simpson", y, x, dx, axis)
    n = shape_of(rows)[-1]
    if n == 2:
        return 0.5 * h[..., 0] * (rows[..., 0] + rows[..., 1])
    if n % 2:
        return of_parabolas(rows, h)
    a, b = h[..., -2], h[..., -1]
    last = (
        (2 * b * b + 3 * a * b) / (6 * (a + b)) * rows[..., -1]
        + (b * b + 3 * a * b) / (6 * a) * rows[..., -2]
        - b**3 / (6 * a * (a + b)) * rows[..., -3]
    )
    return of_parabolas(rows[..., :-1], h[..., :-1]) + last


@for_values(si.cumulative_simpson)
def cumulative_simpson(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The area up to each sample but the first, of each strip below a parabola through it and a neighbour."""
    rows, h = rows_of("cumulative_simpson", y, x, dx, axis)
    n = shape_of(rows)[-1]
    if n < 3:
        return cumulative_trapezoid(y, x, dx, axis, initial)
    first = strips(rows, h)
    second = np.flip(strips(np.flip(rows, -1), np.flip(h, -1)), -1)
    none = 0.0 * first[..., :1]
    forward = (np.arange(n - 1) % 2 == 0) & (np.arange(n - 1) < n - 2)
    parts = np.where(forward, np.concatenate([first, none], -1), np.concatenate([none, second], -1))
    return from_start(np.cumsum(parts, -1), initial, axis)


def strips(y: Any, h: Any) -> Any:
    """The area of the first of each two neighbouring strips below the parabola through three samples."""
    a, b = h[..., :-1], h[..., 1:]
    p, q = a / (a + b), a / b
    return a / 6.0 * ((3 - p) * y[..., :-2] + (3 + p * q + p) * y[..., 1:-1] - p * q * y[..., 2:])


@for_values(si.romb)
def romb(y: Any, dx: Any = 1.0, axis: int = -1, show: bool = False) -> Any:
    """Romberg's extrapolation of the trapezoids of 2**k + 1 samples."""
    rows = moveaxis(floats(y), axis, -1)
    n = shape_of(rows)[-1] - 1
    if n < 1 or n & (n - 1):
        raise UsageError(f"romb: got {n + 1} samples; one more than a power of 2 is needed; use simpson")
    areas = []
    step = n
    while step:
        some = rows[..., ::step]
        areas.append(step * dx * (np.sum(some, -1) - 0.5 * (some[..., 0] + some[..., -1])))
        step //= 2
    factor = 4.0
    while len(areas) > 1:
        areas = [b + (b - a) / (factor - 1) for a, b in pairwise(areas)]
        factor *= 4.0
    return areas[0]
