"""Straight lines, and steps, between points on a line or on a grid."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import scipy.interpolate as sp

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.curves import interval_of
from ...ops.indexing import getitem
from ...ops.operands import data_of
from ...ops.shape import moveaxis, reshape, stack
from ...primitive import TABLE, discrete
from ...record import Record, shape_of
from ..answers import as_value
from ..linalg.systems import floats
from .polynomials import gathered, points_of, wide
from .splines import make_interp_spline

__all__ = ["RegularGridInterpolator", "interp1d", "interpn"]


def nearest(x: Any, xp: Any, up: bool) -> Any:
    """The place of the point nearest to each."""
    middle = 0.5 * (xp[1:] + xp[:-1])
    return np.searchsorted(middle, x, side="right" if up else "left")


def before(x: Any, xp: Any, up: bool) -> Any:
    """The place of the last point that is not beyond each."""
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 1)


def after(x: Any, xp: Any, up: bool) -> Any:
    """The place of the first point that is not short of each."""
    return np.clip(np.searchsorted(xp, x, side="left"), 0, len(xp) - 1)


samples = lambda a: [(a(4), np.array([-1.0, 0.5, 1.0]))]  # one for all three
STEPS = {
    name: discrete(f, name=f"interpolate.{f.__name__}", n_operands=2, samples=samples, up=False)
    for name, f in (("nearest", nearest), ("previous", before), ("next", after))
}
STEPS["zero"] = STEPS["previous"]


class interp1d:  # noqa: N801  # SciPy's own name
    """A function through points: straight lines, steps, or splines of second and third order.

    kind: "linear", "nearest", "nearest-up", "previous", "next", "zero", "slinear", "quadratic", "cubic", or a degree.
    Places, values, fill_value, and the points where it is read may be Values.
    """

    def __init__(
        self, x: Any, y: Any, kind: Any = "linear", axis: int = -1, copy: bool = True, bounds_error: bool | None = None,
        fill_value: Any = np.nan, assume_sorted: bool = False,
    ) -> None:  # fmt: skip
        x = floats(as_value(x))
        axis %= len(shape_of(floats(as_value(y))))
        rows = moveaxis(floats(as_value(y)), axis, 0)
        if not assume_sorted:
            order = np.argsort(data_of(x), kind="mergesort")
            x, rows = gathered(x, order), gathered(rows, order)
        self.x, self.rows = points_of("interp1d", x, rows, 0)
        self.axis, self.kind = (
            axis,
            {1: "linear", 2: "quadratic", 3: "cubic", "slinear": "linear", 0: "zero"}.get(kind, kind),
        )
        self.extends = isinstance(fill_value, str) and fill_value == "extrapolate"
        self.fill = fill_value
        is_default = (
            not isinstance(fill_value, (tuple, Record)) and not self.extends and bool(np.all(np.isnan(fill_value)))
        )
        self.bounds_error = (is_default if bounds_error is None else bounds_error) and not self.extends
        degrees = {"quadratic": 2, "cubic": 3}
        if self.kind in degrees or isinstance(self.kind, int):
            self.spline = make_interp_spline(self.x, self.rows, degrees.get(self.kind, self.kind))
        elif self.kind not in {"linear", "nearest-up", *STEPS}:
            raise UsageError(f"interp1d: got kind={kind!r}; it is not one of SciPy's; see the list in its docstring")

    def __call__(self, x: Any) -> Any:
        """The values at the points."""
        v = floats(as_value(x))
        flat = reshape(v, (-1,))
        raw, edges = data_of(flat), data_of(self.x)
        below, above = raw < edges[0], raw > edges[-1]
        if self.bounds_error and (below.any() or above.any()):
            worst = raw[below | above][0]
            raise UsageError(
                f"interp1d: got {worst:.6g}; it must lie between {edges[0]:.6g} and {edges[-1]:.6g}; "
                'give fill_value, as in fill_value="extrapolate"'
            )
        rest = shape_of(self.rows)[1:]
        y = self.inside(flat)
        if not self.extends and (below.any() or above.any()):
            low, high = self.fill if isinstance(self.fill, tuple) else (self.fill, self.fill)
            y = np.where(wide(below, len(rest)), low, np.where(wide(above, len(rest)), high, y))
        n = len(shape_of(v))
        y = reshape(y, shape_of(v) + rest)
        return moveaxis(y, tuple(range(n)), tuple(range(self.axis, self.axis + n))) if self.axis and n else y

    def inside(self, flat: Any) -> Any:
        """The values as if there were no edges."""
        if hasattr(self, "spline"):
            return self.spline(flat)
        if self.kind != "linear":
            up = self.kind == "nearest-up"
            return gathered(self.rows, STEPS["nearest" if up else self.kind](flat, self.x, up=up))
        i = interval_of(flat, self.x)
        start = gathered(self.x, i)
        share = wide((flat - start) / (gathered(self.x, i + 1) - start), len(shape_of(self.rows)) - 1)
        low = gathered(self.rows, i)
        return low + share * (gathered(self.rows, i + 1) - low)


class RegularGridInterpolator:
    """Values on a grid, read in between by products of straight lines, or at the nearest point of the grid."""

    def __init__(
        self, points: Any, values: Any, method: str = "linear", bounds_error: bool = True, fill_value: Any = np.nan
    ) -> None:
        self.grid = [floats(as_value(p)) for p in points]
        self.values, self.method = floats(as_value(values)), method
        self.bounds_error, self.fill = bounds_error, fill_value
        if method not in ("linear", "nearest"):
            raise NoRuleError(
                f'RegularGridInterpolator: got method={method!r}; "linear" and "nearest" have a rule here; '
                "use CubicSpline along one axis after another"
            )
        shape = tuple(shape_of(p)[0] for p in self.grid)
        if shape_of(self.values)[: len(shape)] != shape:
            raise ShapeError(
                f"RegularGridInterpolator: got values of shape {shape_of(self.values)} on a grid of shape {shape}; "
                "give a value for each point of the grid"
            )

    def __call__(self, xi: Any) -> Any:
        """The values at points, whose coordinates are the last axis.  (..., axes) -> (...)"""
        d = len(self.grid)
        v = stack(np.broadcast_arrays(*map(floats, xi)), -1) if isinstance(xi, tuple) else floats(as_value(xi))
        if d == 1 and shape_of(v)[-1:] != (1,):
            v = v[..., None]
        if shape_of(v)[-1] != d:
            raise ShapeError(f"RegularGridInterpolator: got points of {shape_of(v)[-1]} coordinates; the grid has {d}")
        lead = shape_of(v)[:-1]
        rows = reshape(v, (-1, d))
        raw = data_of(rows)
        outside = np.zeros(raw.shape[0], bool)
        for k, p in enumerate(self.grid):
            edges = data_of(p)
            outside |= (raw[:, k] < min(edges[0], edges[-1])) | (raw[:, k] > max(edges[0], edges[-1]))
        if self.bounds_error and outside.any():
            raise UsageError(
                f"RegularGridInterpolator: got {raw[outside][0].tolist()}, outside of the grid; it must lie inside; "
                "give bounds_error=False"
            )
        y = self.inside(rows)
        rest = len(shape_of(y)) - 1
        if self.fill is not None and outside.any():
            y = np.where(wide(outside, rest), self.fill, y)
        return reshape(y, lead + shape_of(y)[1:])

    def inside(self, rows: Any) -> Any:
        """The values as if there were no edges."""
        d, rest = len(self.grid), len(shape_of(self.values)) - len(self.grid)
        if self.method == "nearest":
            places = tuple(data_of(STEPS["nearest"](rows[:, k], p)) for k, p in enumerate(self.grid))
            return getitem(self.values, places) if isinstance(self.values, Record) else self.values[places]
        low, share = [], []
        for k, p in enumerate(self.grid):
            i = data_of(interval_of(rows[:, k], p))
            start = gathered(p, i)
            low.append(i)
            share.append((rows[:, k] - start) / (gathered(p, i + 1) - start))
        y: Any = 0.0
        for corner in product((0, 1), repeat=d):
            weight: Any = 1.0
            for k, c in enumerate(corner):
                weight = weight * (share[k] if c else 1 - share[k])
            places = tuple(i + c for i, c in zip(low, corner, strict=True))
            part = getitem(self.values, places) if isinstance(self.values, Record) else self.values[places]
            y = y + wide(weight, rest) * part
        return y


def interpn(
    points: Any, values: Any, xi: Any, method: str = "linear", bounds_error: bool = True, fill_value: Any = np.nan
) -> Any:
    """The values on a grid, read at the points xi."""
    return RegularGridInterpolator(points, values, method, bounds_error, fill_value)(xi)


for ours in (interp1d, RegularGridInterpolator, interpn):
    TABLE[getattr(sp, ours.__name__)] = ours
