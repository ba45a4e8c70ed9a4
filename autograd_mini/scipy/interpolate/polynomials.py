"""Piecewise polynomials through points: cubic splines, and those of Hermite, Fritsch and Carlson, and Akima.

Sources: de Boor, "A Practical Guide to Splines" (1978), chapter IV; Fritsch and Butland, "A method for constructing
local monotone piecewise cubic interpolants" (1984); Akima, "A new method of interpolation and smooth curve fitting"
(1970).
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import scipy.interpolate as sp

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.curves import interval_of
from ...ops.indexing import getitem
from ...ops.operands import data_of
from ...ops.shape import moveaxis, reshape, stack
from ...primitive import TABLE
from ...record import Record, shape_of
from ..answers import as_value
from ..linalg.systems import banded, floats

__all__ = [
    "Akima1DInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "PPoly",
    "PchipInterpolator",
    "pchip_interpolate",
]


def gathered(x: Any, places: Any) -> Any:
    """The rows at these places."""
    return getitem(x, places) if isinstance(x, Record) or isinstance(places, Record) else x[places]


def wide(x: Any, n: int) -> Any:
    """`x` with n axes of length 1 behind."""
    return reshape(x, (*shape_of(x), *(1,) * n)) if n else x


class PPoly:
    """A piecewise polynomial with the coefficients c[k, i] of (v - x[i])**(n - 1 - k) between x[i] and x[i + 1].

    Coefficients, breakpoints and the points where it is read may all be Values.
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> None:
        self.c, self.x, self.axis = floats(c), floats(x), axis
        self.extrapolate = True if extrapolate is None else extrapolate
        if len(shape_of(self.x)) != 1 or shape_of(self.c)[1] != shape_of(self.x)[0] - 1:
            raise ShapeError(
                f"PPoly: got coefficients of shape {shape_of(self.c)} and breakpoints of shape {shape_of(self.x)}; "
                "(k, m, ...) and (m + 1,) are needed"
            )

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The polynomial, or its derivative of order nu, at the points."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        v = floats(x)
        rest = shape_of(self.c)[2:]
        if extrapolate == "periodic":
            v = self.x[0] + np.mod(v - self.x[0], self.x[-1] - self.x[0])
        flat = reshape(v, (-1,))
        i = interval_of(flat, self.x)
        s = wide(flat - gathered(self.x, i), len(rest))
        degree = shape_of(self.c)[0] - 1
        y: Any = 0.0 * s + np.zeros(rest)
        for k in range(degree - nu + 1):
            power = degree - k
            y = y * s + factorial(power) / factorial(power - nu) * gathered(self.c[k], i)
        if not extrapolate:
            outside = (data_of(flat) < data_of(self.x)[0]) | (data_of(flat) > data_of(self.x)[-1])
            y = np.where(wide(outside, len(rest)), np.nan, y) if outside.any() else y
        y = reshape(y, shape_of(v) + rest)
        n = len(shape_of(v))
        return moveaxis(y, tuple(range(n)), tuple(range(self.axis, self.axis + n))) if self.axis and n else y

    def derivative(self, nu: int = 1) -> PPoly:
        """The derivative of order nu, as a piecewise polynomial."""
        degree = shape_of(self.c)[0] - 1
        if nu > degree:
            return PPoly(0.0 * self.c[:1], self.x, self.extrapolate, self.axis)
        factors = np.array([factorial(p) / factorial(p - nu) for p in range(degree, nu - 1, -1)])
        c = self.c[: degree - nu + 1] * wide(factors, len(shape_of(self.c)) - 1)
        return PPoly(c, self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The integral from the first breakpoint, taken nu times, as a piecewise polynomial."""
        if nu > 1:
            return self.antiderivative().antiderivative(nu - 1)
        n, m = shape_of(self.c)[:2]
        rest = len(shape_of(self.c)) - 2
        c = self.c / wide(np.arange(n, 0, -1.0), rest + 1)
        h = wide(np.diff(self.x), rest)
        area = 0.0 * c[0]
        for k in range(n):
            area = (area + c[k]) * h
        start = np.concatenate([0.0 * area[:1], np.cumsum(area, 0)[: m - 1]])
        extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return PPoly(np.concatenate([c, start[None]]), self.x, extrapolate, self.axis)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        if (self.extrapolate if extrapolate is None else extrapolate) == "periodic":
            raise NoRuleError("integrate: the spline is periodic, whose integral has no rule here; cut it into periods")
        whole = self.antiderivative()
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("c", "x") or not hasattr(sp.PPoly, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if isinstance(self.c, Record) or isinstance(self.x, Record):
            raise NoRuleError(f"{type(self).__name__}: got {name!r} of a spline of Values; it has no rule; use numbers")
        return getattr(sp.PPoly(self.c, self.x, self.extrapolate, self.axis), name)


def points_of(where: str, x: Any, y: Any, axis: int) -> tuple[Any, Any]:
    """The places, and the values along the first axis."""
    x, y = floats(as_value(x)), moveaxis(floats(as_value(y)), axis, 0)
    n = shape_of(x)[0] if len(shape_of(x)) == 1 else 0
    if n < 2 or shape_of(y)[0] != n:
        raise ShapeError(
            f"{where}: got places of shape {shape_of(x)} for values of shape {shape_of(y)}; "
            "two or more places in a row are needed, and a value for each"
        )
    if (np.diff(data_of(x)) <= 0).any():
        raise UsageError(f"{where}: the places do not rise; they must, strictly; sort them")
    return x, y


class CubicHermiteSpline(PPoly):
    """The cubics through points with given slopes."""

    def __init__(self, x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> None:
        x, y = points_of(type(self).__name__, x, y, axis)
        self.by_slopes(x, y, moveaxis(floats(dydx), axis, 0), axis, extrapolate)

    def by_slopes(self, x: Any, y: Any, slopes: Any, axis: int, extrapolate: Any) -> None:
        """Fill in the coefficients."""
        h = wide(np.diff(x), len(shape_of(y)) - 1)
        m = np.diff(y, axis=0) / h
        t = (slopes[:-1] + slopes[1:] - 2 * m) / h
        c = stack([t / h, (m - slopes[:-1]) / h - t, slopes[:-1], y[:-1]])
        super().__init__(c, x, extrapolate, axis % (len(shape_of(y))))


class CubicSpline(CubicHermiteSpline):
    """The cubics through points whose second derivatives are continuous.

    bc_type: "not-a-knot", "natural", "clamped", "periodic"; or for each end one of the first three, or a pair
    (order, value) of the derivative there.
    """

    def __init__(self, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> None:
        x, y = points_of("CubicSpline", x, y, axis)
        h = np.diff(x)
        m = np.diff(y, axis=0) / wide(h, len(shape_of(y)) - 1)
        if isinstance(bc_type, str) and bc_type == "periodic":
            slopes = periodic_slopes(h, y, m)
            extrapolate = "periodic" if extrapolate is None else extrapolate
        else:
            ends = (bc_type, bc_type) if isinstance(bc_type, str) else tuple(bc_type)
            slopes = smooth_slopes(h, y, m, [end_of(e) for e in ends])
        self.by_slopes(x, y, slopes, axis, extrapolate)


def end_of(end: Any) -> Any:
    """A condition at an end: None for "not-a-knot", else the order and value of a derivative."""
    named = {"not-a-knot": None, "natural": (2, 0.0), "clamped": (1, 0.0)}
    if isinstance(end, str):
        if end not in named:
            raise UsageError(
                f'CubicSpline: got bc_type={end!r}; it is "not-a-knot", "natural", "clamped" or "periodic"'
            )
        return named[end]
    if len(end) != 2 or end[0] not in (1, 2):
        raise UsageError(f"CubicSpline: got bc_type={end!r}; a pair of the order, 1 or 2, and the value is needed")
    return end


def smooth_slopes(h: Any, y: Any, m: Any, ends: list[Any]) -> Any:
    """The slopes for which second derivatives are continuous, with a condition at each end."""
    n, rest = shape_of(y)[0], len(shape_of(y)) - 1
    if n == 2:
        ends = [(1, m[0]) if e is None else e for e in ends]
    w = wide(h, rest)
    inner = 3 * (w[1:] * m[:-1] + w[:-1] * m[1:])
    diagonal, above, below = [2 * (h[:-1] + h[1:])], [h[:-1]], [h[1:]]
    if n == 3 and ends == [None, None]:  # one parabola
        one = np.ones(1)
        first, last = (one, one, 2 * m[:1]), (one, one, 2 * m[1:])
    else:
        first = end_row(ends[0], h[:2], m[:2], y, 1.0)
        last = end_row(ends[1], h[:-3:-1], m[:-3:-1], y, -1.0)
    zero = np.zeros(1)
    bands = stack([
        np.concatenate([zero, first[1], *above]),
        np.concatenate([first[0], *diagonal, last[0]]),
        np.concatenate([*below, last[1], zero]),
    ])  # fmt: skip
    right = np.concatenate([first[2], inner, last[2]])
    solved = banded(bands, reshape(right, (n, -1)), low=1, high=1)
    return reshape(solved, shape_of(right))


def end_row(end: Any, h: Any, m: Any, y: Any, sign: float) -> tuple[Any, Any, Any]:
    """The equation at an end: the factors of its slope and of the next one, and the right side."""
    rest = len(shape_of(y)) - 1
    one = np.ones(1)
    if end is None:  # the third derivative is continuous at the next point
        a, b = h[:1], h[1:2]
        d, wa, wb = a + b, wide(a, rest), wide(b, rest)
        wd = wa + wb
        return b, d, ((wa + 2 * wd) * wb * m[:1] + wa * wa * m[1:2]) / wd
    order, value = end
    value = np.broadcast_to(floats(value), shape_of(y)[1:])[None]
    if order == 1:
        return one, 0.0 * one, value
    a = h[:1]
    return 2 * a, a, wide(a, rest) * 3 * m[:1] - sign * 0.5 * wide(a, rest) ** 2 * value


def periodic_slopes(h: Any, y: Any, m: Any) -> Any:
    """The slopes of a spline whose end goes over into its beginning."""
    n = shape_of(h)[0]
    if not np.allclose(data_of(y)[0], data_of(y)[-1], rtol=1e-15, atol=1e-15):
        raise UsageError("CubicSpline: the first and the last value differ; a periodic spline needs them equal")
    before = np.roll(h, 1)
    w, v = wide(h, len(shape_of(m)) - 1), wide(before, len(shape_of(m)) - 1)
    eye = np.eye(n)
    a = eye * (2 * (h + before))[:, None] + np.roll(eye, 1, 1) * before[:, None] + np.roll(eye, -1, 1) * h[:, None]
    right = 3 * (w * np.roll(m, 1, 0) + v * m)
    slopes = reshape(np.linalg.solve(a, reshape(right, (n, -1))), shape_of(right))
    return np.concatenate([slopes, slopes[:1]])


class PchipInterpolator(CubicHermiteSpline):
    """The cubics through points that rise and fall only as the points do."""

    def __init__(self, x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> None:
        x, y = points_of("PchipInterpolator", x, y, axis)
        h = wide(np.diff(x), len(shape_of(y)) - 1)
        m = np.diff(y, axis=0) / h
        if shape_of(x)[0] == 2:
            slopes = np.concatenate([m, m])
        else:
            a, b, p, q = h[:-1], h[1:], m[:-1], m[1:]
            turns = data_of(p) * data_of(q) <= 0
            weights = (2 * b + a) / np.where(turns, 1.0, p) + (b + 2 * a) / np.where(turns, 1.0, q)
            inner = np.where(turns, 0.0, 3 * (a + b) / np.where(turns, 1.0, weights))
            first, last = monotone_end(h[:2], m[:2]), monotone_end(h[:-3:-1], m[:-3:-1])
            slopes = np.concatenate([first, inner, last])
        self.by_slopes(x, y, slopes, axis, extrapolate)


def monotone_end(h: Any, m: Any) -> Any:
    """The slope at an end by three points, no steeper than monotonicity allows."""
    a, b, p, q = h[:1], h[1:2], m[:1], m[1:2]
    d = ((2 * a + b) * p - a * q) / (a + b)
    raw, sp_, sq = data_of(d), data_of(p), data_of(q)
    flat = np.sign(raw) != np.sign(sp_)
    steep = (np.sign(sp_) != np.sign(sq)) & (np.abs(raw) > 3 * np.abs(sp_))
    return np.where(flat, 0.0, np.where(steep, 3 * p, d))


class Akima1DInterpolator(CubicHermiteSpline):
    """The cubics through points with the slopes of Akima, or with method="makima" those modified."""

    def __init__(self, x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: Any = None) -> None:
        if method not in ("akima", "makima"):
            raise UsageError(f'Akima1DInterpolator: got method={method!r}; it must be "akima" or "makima"; choose one')
        x, y = points_of("Akima1DInterpolator", x, y, axis)
        m = np.diff(y, axis=0) / wide(np.diff(x), len(shape_of(y)) - 1)
        if shape_of(x)[0] == 2:
            slopes = np.concatenate([m, m])
        else:
            before = 2 * m[:1] - m[1:2]
            after = 2 * m[-1:] - m[-2:-1]
            m = np.concatenate([2 * before - m[:1], before, m, after, 2 * after - m[-1:]])
            change = np.abs(np.diff(m, axis=0))
            if method == "makima":
                change = change + 0.5 * np.abs(m[1:] + m[:-1])
            left, right = change[2:], change[:-2]
            both = left + right
            none = data_of(both) <= 1e-9 * data_of(both).max(initial=-np.inf)
            weighted = (left * m[1:-2] + right * m[2:-1]) / np.where(none, 1.0, both)
            plain = 0.5 * (m[3:] + m[:-3])
            slopes = np.where(none, 0.0 if method == "makima" else plain, weighted)
        self.by_slopes(x, y, slopes, axis, False if extrapolate is None else extrapolate)


def pchip_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """The monotone cubics through points, or their derivative, at x."""
    return PchipInterpolator(xi, yi, axis=axis)(x, nu=der)


for ours in (PPoly, CubicHermiteSpline, CubicSpline, PchipInterpolator, Akima1DInterpolator, pchip_interpolate):
    TABLE[getattr(sp, ours.__name__)] = ours
