"""B-splines: sums of the basis functions of de Boor and Cox, with Values as coefficients, knots and points.

Source: de Boor, "A Practical Guide to Splines" (1978), chapter X.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate as sp

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.operands import data_of
from ...ops.shape import moveaxis, reshape
from ...primitive import TABLE, discrete
from ...record import Record, shape_of
from ..linalg.systems import floats
from .polynomials import gathered, points_of, wide

__all__ = ["BSpline", "make_interp_spline", "splev"]

span_of = discrete(
    lambda x, t, low, high: np.clip(np.searchsorted(t, x, side="right") - 1, low, high),
    name="interpolate.span_of",
    n_operands=2,
    samples=lambda a: [(a(4), np.array([-1.0, -1.0, 0.5, 1.0, 1.0]), {"low": 1, "high": 2})],
    low=0,
    high=0,
)


def basis(x: Any, t: Any, k: int, n: int) -> tuple[Any, list[Any]]:
    """For each point the span of knots that it lies in, and the k + 1 basis functions that are not 0 there."""
    span = span_of(x, t, low=k, high=n - 1)
    functions: list[Any] = [np.ones(shape_of(x))]
    for j in range(1, k + 1):
        saved: Any = 0.0
        raised = []
        for r in range(j):
            high, low = gathered(t, span + (r + 1)), gathered(t, span + (r + 1 - j))
            part = functions[r] / (high - low)
            raised.append(saved + (high - x) * part)
            saved = (x - low) * part
        functions = [*raised, saved]
    return span, functions


class BSpline:
    """The spline of degree k with the knots t and the coefficients c; all may be Values, and so may the points."""

    def __init__(self, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        self.t, self.k, self.extrapolate, self.axis = floats(t), int(k), extrapolate, axis
        self.c = moveaxis(floats(c), axis, 0)
        n = shape_of(self.t)[0] - self.k - 1
        if n < self.k + 1 or shape_of(self.c)[0] < n:
            raise ShapeError(
                f"BSpline: got {shape_of(self.t)[0]} knots and {shape_of(self.c)[0]} coefficients of degree {k}; "
                f"{2 * k + 2} knots or more are needed, and {k + 1} coefficients less than knots"
            )

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The spline, or its derivative of order nu, at the points."""
        if nu:
            return self.derivative(nu)(x, extrapolate=self.extrapolate if extrapolate is None else extrapolate)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        v = floats(x)
        n = shape_of(self.t)[0] - self.k - 1
        low, high = self.t[self.k], self.t[n]
        if extrapolate == "periodic":
            v = low + np.mod(v - low, high - low)
        flat = reshape(v, (-1,))
        rest = shape_of(self.c)[1:]
        span, functions = basis(flat, self.t, self.k, n)
        y: Any = 0.0
        for j, f in enumerate(functions):
            y = y + wide(f, len(rest)) * gathered(self.c, span + (j - self.k))
        if not extrapolate:
            outside = (data_of(flat) < data_of(low)) | (data_of(flat) > data_of(high))
            y = np.where(wide(outside, len(rest)), np.nan, y) if outside.any() else y
        y = reshape(y, shape_of(v) + rest)
        m = len(shape_of(v))
        return moveaxis(y, tuple(range(m)), tuple(range(self.axis, self.axis + m))) if self.axis and m else y

    def derivative(self, nu: int = 1) -> BSpline:
        """The derivative of order nu, as a spline."""
        if nu == 0:
            return self
        n = shape_of(self.t)[0] - self.k - 1
        if self.k == 0:
            zero = BSpline(self.t, 0.0 * self.c, 0, self.extrapolate)
            zero.axis = self.axis
            return zero
        width = self.t[self.k + 1 : self.k + n] - self.t[1:n]
        none = data_of(width) == 0
        rise = self.k * np.diff(self.c[:n], axis=0) / wide(np.where(none, 1.0, width), len(shape_of(self.c)) - 1)
        lower = BSpline(self.t[1:-1], rise * wide(~none, len(shape_of(self.c)) - 1), self.k - 1, self.extrapolate)
        lower.axis = self.axis
        return lower.derivative(nu - 1)

    def antiderivative(self, nu: int = 1) -> BSpline:
        """The integral from the first knot, taken nu times, as a spline."""
        if nu == 0:
            return self
        n = shape_of(self.t)[0] - self.k - 1
        width = wide(self.t[self.k + 1 :] - self.t[:n], len(shape_of(self.c)) - 1) / (self.k + 1.0)
        sums = np.cumsum(self.c[:n] * width, axis=0)
        knots = np.concatenate([self.t[:1], self.t, self.t[-1:]])
        c = np.concatenate([0.0 * sums[:1], sums])
        higher = BSpline(knots, c, self.k + 1, False if self.extrapolate == "periodic" else self.extrapolate)
        higher.axis = self.axis
        return higher.antiderivative(nu - 1)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        whole = self.antiderivative()
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("t", "c", "k") or not hasattr(sp.BSpline, name):
            raise AttributeError(f"'BSpline' object has no attribute {name!r}")
        if isinstance(self.c, Record) or isinstance(self.t, Record):
            raise NoRuleError(f"BSpline: got {name!r} of a spline of Values; it has no rule; use numbers")
        return getattr(sp.BSpline(self.t, self.c, self.k, self.extrapolate), name)


def make_interp_spline(x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0) -> BSpline:
    """The spline of degree k through points; places, values and knots may be Values.

    Without `t` the knots are SciPy's: those of "not-a-knot", between the places for even k.
    """
    x, y = points_of("make_interp_spline", x, y, axis)
    if bc_type not in (None, "not-a-knot", (None, None)):
        raise NoRuleError(f"make_interp_spline: got bc_type={bc_type!r}, which has no rule here; use CubicSpline")
    n = shape_of(x)[0]
    if n < k + 1:
        raise UsageError(
            f"make_interp_spline: got {n} points for degree {k}; {k + 1} are needed; give more, or lower k"
        )
    if t is None:
        middle = x[(k + 1) // 2 : n - (k + 1) // 2] if k % 2 else 0.5 * (x[1:] + x[:-1])[k // 2 : n - 1 - k // 2]
        if k == 0:
            t = np.concatenate([x, x[-1:]])
        else:
            t = np.concatenate([*[x[:1]] * (k + 1), middle, *[x[-1:]] * (k + 1)])
    t = floats(t)
    if k == 0:
        spline = BSpline(t, y, 0)
    else:
        span, functions = basis(x, t, k, n)
        columns = np.arange(n)
        a = sum(f[:, None] * (columns == (data_of(span) + (j - k))[:, None]) for j, f in enumerate(functions))
        c = np.linalg.solve(a, reshape(y, (n, -1)))
        spline = BSpline(t, reshape(c, shape_of(y)), k)
    spline.axis = axis % len(shape_of(y))
    return spline


def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """The spline (t, c, k), or its derivative, at x; beyond the knots it goes on, or with ext=1 is 0."""
    if ext not in (0, 1):
        raise NoRuleError(f"splev: got ext={ext}; 0 and 1 have a rule; clip x first")
    t, c, k = tck
    t = floats(t)
    y = BSpline(t, c, k)(x, nu=der)
    if ext == 0:
        return y
    n = shape_of(t)[0] - k - 1
    v, edges = data_of(floats(x)), data_of(t)
    return np.where((v < edges[k]) | (v > edges[n]), 0.0, y)


for ours in (BSpline, make_interp_spline, splev):
    TABLE[getattr(sp, ours.__name__)] = ours
