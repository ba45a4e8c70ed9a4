"""Functions on a grid: slopes, areas, values in between, and products of shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import ShapeError, UsageError
from ..primitive import composite, discrete, linear, primitive
from ..record import shape_of
from .calculus import diff
from .elementwise import conjugated
from .indexing import choice, getitem
from .operands import is_value, operand
from .reduction import sum_
from .shape import astype, concatenate, reshape

# ---- slopes


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope along each axis: differences of the second order inside, of `edge_order` at the ends.

    varargs: the distance of the points, or their places, which may be Values; one for all axes, or one for each.
    """
    n = np.ndim(f)
    axes = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    if len(varargs) not in (0, 1, len(axes)):
        raise UsageError(
            f"gradient: got {len(varargs)} distances for {len(axes)} axes; give none, one for all, or one for each"
        )
    if edge_order not in (1, 2):
        raise UsageError(f"gradient: got edge_order={edge_order}; it must be 1 or 2")
    spacing = varargs if len(varargs) == len(axes) else (varargs or (1.0,)) * len(axes)
    f = f if f.dtype.kind in "fc" else np.astype(f, float)
    slopes = tuple(slope(f, h, i, edge_order) for h, i in zip(spacing, axes, strict=True))
    return slopes[0] if len(axes) == 1 else slopes


def slope(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """The slope along one axis."""
    n, m = np.ndim(f), np.shape(f)[axis]
    if m < edge_order + 1:
        raise ShapeError(
            f"gradient: got {m} points along axis {axis}; {edge_order + 1} are needed; give more, or leave the axis out"
        )

    def at(start: int | None, stop: int | None) -> Any:
        return f[(slice(None),) * axis + (slice(start, stop),)]

    is_even = np.ndim(spacing) == 0
    if is_even:
        h = spacing
        inner = (at(2, None) - at(None, -2)) / (2.0 * h)
        first, last = (at(1, 2) - at(0, 1)) / h, (at(-1, None) - at(-2, -1)) / h
        if edge_order == 2:
            first = (-1.5 / h) * at(0, 1) + (2.0 / h) * at(1, 2) + (-0.5 / h) * at(2, 3)
            last = (0.5 / h) * at(-3, -2) + (-2.0 / h) * at(-2, -1) + (1.5 / h) * at(-1, None)
        return concatenate([first, inner, last], axis)
    if np.shape(spacing) != (m,):
        raise ShapeError(f"gradient: got places of shape {np.shape(spacing)} for {m} points; give one for each")
    h = diff(operand(spacing))
    a, b = h[:-1], h[1:]

    def wide(x: Any) -> Any:
        return np.reshape(x, (-1,) + (1,) * (n - axis - 1))

    inner = (
        wide(-b / (a * (a + b))) * at(None, -2)
        + wide((b - a) / (a * b)) * at(1, -1)
        + wide(a / (b * (a + b))) * at(2, None)
    )
    first, last = (at(1, 2) - at(0, 1)) / h[0], (at(-1, None) - at(-2, -1)) / h[-1]
    if edge_order == 2:
        p, q = h[0], h[1]
        first = -(2.0 * p + q) / (p * (p + q)) * at(0, 1) + (p + q) / (p * q) * at(1, 2) - p / (q * (p + q)) * at(2, 3)
        p, q = h[-2], h[-1]
        last = (
            q / (p * (p + q)) * at(-3, -2)
            - (q + p) / (p * q) * at(-2, -1)
            + (2.0 * q + p) / (q * (p + q)) * at(-1, None)
        )
    y = concatenate([first, inner, last], axis)
    return y if y.dtype == f.dtype else astype(y, f.dtype)


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The area below straight lines between the points, at the places x or dx apart."""
    n = np.ndim(y)
    before = (slice(None),) * normalize_axis_index(axis, n)
    y = operand(y)
    if x is None:
        width: Any = dx
    else:
        x = operand(x)
        width = diff(x, axis=0 if np.ndim(x) == 1 else axis)
        if np.ndim(x) == 1:
            width = reshape(width, (-1,) + (1,) * (n - len(before) - 1))
    return sum_(width * (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]), axis) / 2.0


# ---- values in between

interval_of = discrete(
    lambda x, xp: np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(len(xp) - 2, 0)),
    name="interval_of",
    n_operands=2,
    samples=lambda a: [(a(4), np.array([-1.0, 0.5, 1.0]))],
)


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    """Straight lines between the points (xp, fp), read at x; all three may be Values, and left and right.

    At a point of xp the derivative is that to its right.
    """
    x, xp, fp = (operand(z) for z in (x, xp, fp))
    x, xp = (z if z.dtype == float else astype(z, float) for z in (x, xp))
    kind = np.result_type(fp.dtype, float)
    fp = fp if fp.dtype == kind else astype(fp, kind)
    if period is not None:
        if period == 0:
            raise UsageError("interp: got period=0; it must not be 0; leave it out")
        period = abs(period)
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = np.argsort(xp)
        xp, fp = getitem(xp, order), getitem(fp, order)
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    if np.shape(xp)[0] == 1:
        y = fp[0] + 0.0 * x
    else:
        i = interval_of(x, xp)
        start, height = getitem(xp, i), getitem(fp, i)
        y = height + (getitem(fp, i + 1) - height) / (getitem(xp, i + 1) - start) * (x - start)
    y = choice(np.less(x, xp[0]), fp[0] if left is None else left, y)
    return choice(np.greater(x, xp[-1]), fp[-1] if right is None else right, y)


@linear(
    np.unwrap,
    transpose=lambda g, p, **_options: g,
    samples=lambda a: [(a(6) * 3,), (a(2, 5) * 3, {"axis": 0}), (a(5) * 3, {"period": 2.0, "discont": 1.2})],
)
def unwrap(p: Any, /, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    """Angles without jumps: whole periods are added, which have no derivative."""
    return np.unwrap(p, discont, axis, period=period)


unwrap.jvps = (lambda t, y, p, **_options: t,)

# ---- products of shifts

MODES = ("full", "valid")


@primitive(samples=lambda a: [(a(5), a(3)), (a(4), a(4)), (a(5), a(2), "valid")])
def convolved(a: Any, v: Any, /, mode: str = "full") -> Any:
    """The sums of products of `a` and `v` reversed, at every shift, where `a` is no shorter."""
    return np.convolve(a, v, mode)


@convolved.vjp
def _(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    return convolution(g, conjugated(v)[::-1], "valid" if mode == "full" else "full")


@convolved.vjp
def _(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    a = conjugated(a)
    if mode == "full":
        return convolution(g, a[::-1], "valid")
    return convolution(a, g[::-1], "valid")[::-1]


def convolution(a: Any, v: Any, mode: str) -> Any:
    """`convolved` in either order."""
    return convolved(a, v, mode=mode) if shape_of(a)[0] >= shape_of(v)[0] else convolved(v, a, mode=mode)


def in_a_row(x: Any, name: str) -> Any:
    """`x` with one axis, for a convolution."""
    if np.ndim(x) > 1 or not np.size(x):
        raise ShapeError(f"{name}: got shape {np.shape(x)}; one axis is needed, with elements; ravel it")
    return reshape(x, -1) if is_value(x) else np.asarray(x).reshape(-1)


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The sums of products of `a` and `v` reversed, at every shift."""
    a, v = in_a_row(a, "convolve"), in_a_row(v, "convolve")
    mode = {"f": "full", "s": "same", "v": "valid"}.get(mode[:1], mode)
    if mode in MODES:
        return convolution(a, v, mode)
    n, m = sorted((np.size(v), np.size(a)))
    return convolution(a, v, "full")[(n - 1) // 2 : (n - 1) // 2 + m]


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The sums of products of `a` and the conjugate of `v`, at every shift."""
    a, v = in_a_row(a, "correlate"), in_a_row(v, "correlate")
    mode = {"f": "full", "s": "same", "v": "valid"}.get(mode[:1], mode)
    v = conjugated(v)[::-1]
    if mode in MODES:
        return convolution(a, v, mode)
    n, m = sorted((np.size(v), np.size(a)))
    start = (n - 1) // 2 if np.size(a) >= np.size(v) else n // 2
    return convolution(a, v, "full")[start : start + m]
