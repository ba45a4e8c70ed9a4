"""The error function and its kin, Fresnel's integrals, the exponential, sine and logarithmic integrals."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import derivatives, several, special, unknown

TWO_OVER_ROOT_PI = 2 / sqrt(pi)
ROOT_PI_OVER_TWO = sqrt(pi) / 2
ROOT_TWO, ROOT_TWO_PI, ROOT_TWO_OVER_PI = sqrt(2.0), sqrt(2 * pi), sqrt(2 / pi)

SIGNED = ((-1.3, 0.4, 1.7),)
POSITIVE = ((0.3, 1.4, 2.6),)
INSIDE = ((0.2, 0.5, 0.9),)

# ---- error functions: DLMF 7.10

erf = special(sp.erf, lambda y, x: TWO_OVER_ROOT_PI * np.exp(-x * x), points=SIGNED)
erfc = special(sp.erfc, lambda y, x: -TWO_OVER_ROOT_PI * np.exp(-x * x), points=SIGNED)
erfi = special(sp.erfi, lambda y, x: TWO_OVER_ROOT_PI * np.exp(x * x), points=SIGNED)
erfcx = special(sp.erfcx, lambda y, x: 2 * x * y - TWO_OVER_ROOT_PI, points=SIGNED)
erfinv = special(sp.erfinv, lambda y, x: ROOT_PI_OVER_TWO * np.exp(y * y), points=((-0.6, 0.2, 0.8),))
erfcinv = special(sp.erfcinv, lambda y, x: -ROOT_PI_OVER_TWO * np.exp(y * y), points=INSIDE)
dawsn = special(sp.dawsn, lambda y, x: 1 - 2 * x * y, points=SIGNED)
wofz = special(sp.wofz, lambda y, z: 1j * TWO_OVER_ROOT_PI - 2 * z * y, points=SIGNED)


def voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    """Voigt's profile by the function of Faddeeva: DLMF 7.19."""
    return np.real(sp.wofz((x + 1j * gamma) / (ROOT_TWO * sigma))) / (ROOT_TWO_PI * sigma)


voigt_profile = special(
    sp.voigt_profile, *derivatives(voigt, 3), points=((-0.7, 0.4, 1.2), (0.6, 1.1, 0.8), (0.9, 0.3, 0.5))
)

# ---- the normal distribution


def hazard(x: Any) -> Any:
    """phi(x) / Phi(x), without cancellation."""
    return ROOT_TWO_OVER_PI / sp.erfcx(-x / ROOT_TWO)


ndtr = special(sp.ndtr, lambda y, x: np.exp(-0.5 * x * x) / ROOT_TWO_PI, points=SIGNED)
ndtri = special(sp.ndtri, lambda y, p: ROOT_TWO_PI * np.exp(0.5 * y * y), points=INSIDE)
log_ndtr = special(sp.log_ndtr, lambda y, x: hazard(x), points=((-6.0, -1.3, 0.4),))
ndtri_exp = special(sp.ndtri_exp, lambda y, p: 1 / hazard(y), points=((-9.0, -2.0, -0.3),))
owens_t = special(
    sp.owens_t,
    lambda y, h, a: np.exp(-0.5 * h * h) * sp.erf(h * a / ROOT_TWO) / (-2 * ROOT_TWO_PI),
    lambda y, h, a: np.exp(-0.5 * h * h * (1 + a * a)) / (2 * pi * (1 + a * a)),
    points=((0.4, 1.3, -0.7), (0.8, -0.5, 1.6)),
)

# ---- Fresnel's integrals: DLMF 7.2.7, 7.2.8

fresnel = several(sp.fresnel, lambda x: (np.sin(pi / 2 * x * x), np.cos(pi / 2 * x * x)), points=SIGNED)
# SciPy's values at x < 0 are off, and are not tested against
K_SCALE = np.exp(-0.25j * pi).item() / sqrt(pi)
modfresnelp = several(
    sp.modfresnelp,
    lambda x: (-np.exp(1j * x * x), -2j * x * sp.modfresnelp(x)[1] - K_SCALE),
    points=POSITIVE,
)
modfresnelm = several(
    sp.modfresnelm,
    lambda x: (-np.exp(-1j * x * x), 2j * x * sp.modfresnelm(x)[1] - K_SCALE.conjugate()),
    points=POSITIVE,
)

# ---- exponential, sine and logarithmic integrals: DLMF 6.2, 8.19.13, 25.12


def lower_expn(n: Any, x: Any) -> Any:
    """E of order n - 1; of order -1, (1 + 1/x) exp(-x) / x."""
    is_last = np.less_equal(n, 0)
    z = np.where(is_last, x, 1.0)
    return np.where(is_last, (1 + 1 / z) * np.exp(-z) / z, sp.expn(np.maximum(n - 1, 0), x))


def over(x: Any, f: Any, at_zero: float) -> Any:
    """f(x) / x, with its limit at 0."""
    is_zero = np.equal(x, 0)
    z = np.where(is_zero, 1.0, x)
    return np.where(is_zero, at_zero, f(z) / z)


exp1 = special(sp.exp1, lambda y, x: -np.exp(-x) / x, points=POSITIVE)
expi = special(sp.expi, lambda y, x: np.exp(x) / x, points=SIGNED)
expn = special(
    sp.expn,
    unknown(sp.expn, "n", "n is a whole number"),
    lambda y, n, x: -lower_expn(n, x),
    points=((2, 1, 3, 0), (0.4, 1.3, 2.2, 0.8)),
)
sici = several(sp.sici, lambda x: (np.sinc(x / pi), np.cos(x) / x), points=POSITIVE)
shichi = several(sp.shichi, lambda x: (0.5 * (sp.exprel(x) + sp.exprel(-x)), np.cosh(x) / x), points=POSITIVE)


def slope_of_spence(y: Any, z: Any) -> Any:
    """log(z) / (1 - z); for real z without the division of 0 by 0 at 1."""
    return np.log(z) / (1 - z) if np.iscomplexobj(z) else -1 / sp.exprel(np.log(z))


spence = special(sp.spence, slope_of_spence, points=POSITIVE)

__all__ = ["ROOT_TWO_PI", "hazard", "over"]
