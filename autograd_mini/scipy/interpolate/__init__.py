"""`scipy.interpolate` on Values, under SciPy's names: lines, cubics, splines and grids.

The values, the places, and the points where an interpolant is read may all be Values. EXCLUDED lists what has no
rule, with the reason: those are SciPy's own, for numbers only.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import interpolate
>>> import numpy as np
>>> curve = interpolate.CubicSpline(np.arange(4.0), np.arange(4.0) ** 3)
>>> round(float(grad(curve)(1.5)), 9)
6.75
"""

from __future__ import annotations

from typing import Any

import scipy.interpolate as sp

from ..answers import borrowed, listed
from .grids import RegularGridInterpolator, interp1d, interpn
from .polynomials import (
    Akima1DInterpolator,
    CubicHermiteSpline,
    CubicSpline,
    PchipInterpolator,
    PPoly,
    pchip_interpolate,
)  # fmt: skip
from .splines import BSpline, make_interp_spline, splev

FITPACK = "it chooses knots by the numbers; use make_interp_spline, or BSpline with knots of your own"
SCATTERED = "its triangles or neighbours are of numbers; solve for the weights of kernels by numpy.linalg.solve"
GLOBAL = "its divided differences have no rule here; use numpy.polynomial, or CubicSpline"
OF_SPLINES = "it is of splines as tuples of numbers; use the methods of BSpline"
SMOOTHING = "its penalty is chosen by the numbers; use BSpline with coefficients by numpy.linalg.lstsq"

EXCLUDED = {
    **dict.fromkeys(
        (
            "BivariateSpline", "InterpolatedUnivariateSpline", "LSQBivariateSpline", "LSQSphereBivariateSpline",
            "LSQUnivariateSpline", "RectBivariateSpline", "RectSphereBivariateSpline", "SmoothBivariateSpline",
            "SmoothSphereBivariateSpline", "UnivariateSpline", "bisplev", "bisplrep", "generate_knots", "splprep",
            "splrep", "make_splprep", "make_splrep",
        ),
        FITPACK,
    ),
    **dict.fromkeys(
        (
            "CloughTocher2DInterpolator", "LinearNDInterpolator", "NearestNDInterpolator", "RBFInterpolator", "Rbf",
            "griddata",
        ),
        SCATTERED,
    ),
    **dict.fromkeys(
        (
            "AAA", "BarycentricInterpolator", "FloaterHormannInterpolator", "KroghInterpolator",
            "approximate_taylor_polynomial", "barycentric_interpolate", "krogh_interpolate", "lagrange", "pade",
        ),
        GLOBAL,
    ),
    **dict.fromkeys(("insert", "spalde", "splantider", "splder", "splint", "sproot"), OF_SPLINES),
    **dict.fromkeys(("make_lsq_spline", "make_smoothing_spline"), SMOOTHING),
    **dict.fromkeys(("BPoly", "NdBSpline", "NdPPoly"), "it holds numbers; use PPoly, or BSpline, along one axis"),
    "interp2d": "SciPy has taken it away; use RegularGridInterpolator",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    return borrowed(__name__, sp, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(sp, globals())


__all__ = [
    "EXCLUDED", "Akima1DInterpolator", "BSpline", "CubicHermiteSpline", "CubicSpline", "PPoly", "PchipInterpolator",
    "RegularGridInterpolator", "interp1d", "interpn", "make_interp_spline", "pchip_interpolate", "splev",
]  # fmt: skip
