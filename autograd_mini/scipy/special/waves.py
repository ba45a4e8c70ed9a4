"""Functions of several outputs: Airy's, Kelvin's, integrals, parabolic cylinders, Mathieu's, spheroidal waves.

In the argument, a solution of a differential equation of second order comes with its first
derivative, and the equation gives the second.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import along, of_real, several, special, unknown
from .errors import over
from .integrals import panels, reach

POSITIVE = ((0.4, 1.5, 2.7),)
SIGNED = ((-1.3, 0.4, 2.2),)

# ---- Airy: w'' = x w (DLMF 9.2.1)


def airy_slopes(x: Any) -> tuple[Any, ...]:
    """Of Ai, Ai', Bi, Bi'."""
    ai, aip, bi, bip = sp.airy(x)
    return aip, x * ai, bip, x * bi


def scaled_airy_slopes(x: Any) -> tuple[Any, ...]:
    """The same times exp(+-2/3 x**1.5); for x < 0, where SciPy scales Bi by 1 and has no Ai, without it."""
    ai, aip, bi, bip = sp.airye(x)
    root = np.sqrt(np.maximum(x, 0.0))
    return aip + root * ai, x * ai + root * aip, bip - root * bi, x * bi - root * bip


airy = several(sp.airy, airy_slopes, points=SIGNED)
airye = several(sp.airye, lambda x: of_real(sp.airye, lambda y, x: scaled_airy_slopes(x))(None, x), points=POSITIVE)
itairy = several(
    sp.itairy,
    lambda x: (sp.airy(x)[0], sp.airy(x)[2], sp.airy(-x)[0], sp.airy(-x)[2]),
    points=((0.1, 0.3, 0.5),),
)


def kelvin_slopes(x: Any) -> tuple[Any, ...]:
    """Of Be, Ke, Be', Ke', which are complex: w'' = i w - w'/x (DLMF 10.61.1)."""
    be, ke, bep, kep = sp.kelvin(x)
    return bep, kep, 1j * be - bep / x, 1j * ke - kep / x


kelvin = several(sp.kelvin, kelvin_slopes, points=POSITIVE)

# ---- integrals of Bessel functions

itj0y0 = several(sp.itj0y0, lambda x: (sp.j0(x), sp.y0(x)), points=POSITIVE)
iti0k0 = several(sp.iti0k0, lambda x: (sp.i0(x), sp.k0(x)), points=POSITIVE)
it2j0y0 = several(sp.it2j0y0, lambda x: (over(x, lambda z: 1 - sp.j0(z), 0.0), -sp.y0(x) / x), points=POSITIVE)
it2i0k0 = several(sp.it2i0k0, lambda x: (over(x, lambda z: sp.i0(z) - 1, 0.0), -sp.k0(x) / x), points=POSITIVE)

# ---- parabolic cylinders: w'' = (x*x/4 + a) w, a = -v - 1/2; DLMF 12.2, 12.4


def even(a: Any, x: Any) -> Any:
    """The even solution, DLMF 12.4.3."""
    return np.exp(-0.25 * x * x) * sp.hyp1f1(0.5 * a + 0.25, 0.5, 0.5 * x * x)


def odd(a: Any, x: Any) -> Any:
    """The odd solution, DLMF 12.4.4."""
    return x * np.exp(-0.25 * x * x) * sp.hyp1f1(0.5 * a + 0.75, 1.5, 0.5 * x * x)


def cylinder_d(v: Any, x: Any) -> Any:
    """D_v(x) = U(-v - 1/2, x), DLMF 12.4.1."""
    a = -v - 0.5
    scale = sqrt(pi) * np.power(2.0, 0.5 * v)
    first = sp.rgamma(0.5 * (1 - v)) * even(a, x)
    return scale * (first - sqrt(2.0) * sp.rgamma(-0.5 * v) * odd(a, x))


def cylinder_v(v: Any, x: Any) -> Any:
    """V(a, x), a = -v - 1/2, DLMF 12.4.2 with the values at 0 of 12.2.8 and 12.2.9."""
    a = -v - 0.5
    y1 = sp.gamma(0.25 - 0.5 * a) * np.power(2.0, -0.5 * a - 0.25) * even(a, x)
    y2 = sp.gamma(0.75 - 0.5 * a) * np.power(2.0, -0.5 * a + 0.25) * odd(a, x)
    turn = pi * (0.25 + 0.5 * a)
    return (np.sin(turn) * y1 + np.cos(turn) * y2) * sp.rgamma(0.5 - a) / sqrt(pi)


def in_both(f: Callable[..., Any], i: int) -> Callable[..., Any]:
    """The partials in operand i of f and of its derivative in x, the last operand."""

    def rule(*xs: Any) -> tuple[Any, ...]:
        last = len(xs) - 1
        return along(f, i, *xs), along(lambda *us: along(f, last, *us), i, *xs)

    return rule


def parabolic(ufunc: Any) -> Callable[..., Any]:
    """The partials in x of D and D', or of V and V'."""

    def rule(v: Any, x: Any) -> tuple[Any, ...]:
        w, slope = ufunc(v, x)
        return slope, (0.25 * x * x - v - 0.5) * w

    return rule


CYLINDERS = ((0.4, 1.3, -0.6), (-0.7, 0.5, 1.4))
pbdv = several(sp.pbdv, in_both(cylinder_d, 0), parabolic(sp.pbdv), points=CYLINDERS)
pbvv = several(sp.pbvv, in_both(cylinder_v, 0), parabolic(sp.pbvv), points=CYLINDERS)


def power_series(a: Any, x: Any, start: int) -> Any:
    """The even solution of Weber's equation, or the odd one over x, DLMF 12.14.8 to 12.14.12."""
    older, newer = 1.0, a * x * x / ((start + 1) * (start + 2))
    total = older + newer
    for n in range(40 + int(4 * reach(x) + 2 * reach(a))):
        k = 2 * n + 2 + start
        older, newer = newer, (a * x * x * newer - 0.25 * x * x * x * x * older) / ((k + 1) * (k + 2))
        total = total + newer
    return total


def cylinder_w(a: Any, x: Any) -> Any:
    """W(a, x), DLMF 12.14.4 with the values at 0 of 12.14.2 and 12.14.3."""
    g1 = np.real(sp.loggamma(0.25 + 0.5j * a))
    g3 = np.real(sp.loggamma(0.75 + 0.5j * a))
    w1 = power_series(a, x, 0)
    w2 = x * power_series(a, x, 1)
    ratio = np.exp(0.5 * (g1 - g3))
    return 2**-0.75 * (ratio * w1 - sqrt(2.0) * w2 / ratio)


def weber_slopes(a: Any, x: Any) -> tuple[Any, ...]:
    """Of W and W': w'' = (a - x*x/4) w, DLMF 12.14.1."""
    w, slope = sp.pbwa(a, x)
    return slope, (a - 0.25 * x * x) * w


pbwa = several(sp.pbwa, in_both(cylinder_w, 0), weber_slopes, points=((0.4, 1.3, -0.6), (0.7, 0.5, 1.4)))

# ---- Mathieu: y'' = (2 q cos(2 t) - a) y, modified: y'' = (a - 2 q cosh(2 x)) y; DLMF 28.2.1, 28.20.1


def in_angle(ufunc: Any, value: Any) -> Callable[..., Any]:
    """The partials in x, an angle in degrees, of a wave and of its derivative by the angle in radians."""

    def rule(m: Any, q: Any, x: Any) -> tuple[Any, ...]:
        y, slope = ufunc(m, q, x)
        return slope * (pi / 180), (2 * q * sp.cosdg(2 * x) - value(m, q)) * y * (pi / 180)

    return rule


def in_depth(ufunc: Any, value: Any) -> Callable[..., Any]:
    """The partials in x of a modified wave and of its derivative."""

    def rule(m: Any, q: Any, x: Any) -> tuple[Any, ...]:
        y, slope = ufunc(m, q, x)
        return slope, (value(m, q) - 2 * q * np.cosh(2 * x)) * y

    return rule


def in_strength(wave: Any) -> Callable[..., Any]:
    """The derivative d a / d q: the mean of 2 cos(2 t) y**2 over that of y**2 (Hellmann and Feynman)."""
    degrees = np.arange(0.0, 360.0, 360.0 / 256)
    weights = 2 * np.cos(2 * np.radians(degrees))

    def rule(y: Any, m: Any, q: Any) -> Any:
        w = np.square(wave(np.expand_dims(m, -1), np.expand_dims(q, -1), degrees)[0])
        return np.sum(weights * w, axis=-1) / np.sum(w, axis=-1)

    return rule


WAVES = ((1, 2, 3), (0.6, 1.7, 2.4), (20.0, 65.0, 130.0))
DEPTHS = ((1, 2, 3), (0.6, 1.7, 2.4), (0.3, 0.8, 1.1))
WHY = "it is a whole number"
mathieu_a = special(sp.mathieu_a, unknown(sp.mathieu_a, "m", WHY), in_strength(sp.mathieu_cem), points=WAVES[:2])
mathieu_b = special(sp.mathieu_b, unknown(sp.mathieu_b, "m", WHY), in_strength(sp.mathieu_sem), points=WAVES[:2])
for wave, value in ((sp.mathieu_cem, sp.mathieu_a), (sp.mathieu_sem, sp.mathieu_b)):
    several(wave, unknown(wave, "m", WHY), unknown(wave, "q"), in_angle(wave, value), points=WAVES)
for wave, value in (
    (sp.mathieu_modcem1, sp.mathieu_a),
    (sp.mathieu_modcem2, sp.mathieu_a),
    (sp.mathieu_modsem1, sp.mathieu_b),
    (sp.mathieu_modsem2, sp.mathieu_b),
):
    several(wave, unknown(wave, "m", WHY), unknown(wave, "q"), in_depth(wave, value), points=DEPTHS)

# ---- spheroidal waves, DLMF 30.2.1: sign = 1 for prolate ones, -1 for oblate ones


def spheroidal(m: Any, c: Any, value: Any, x: Any, y: Any, slope: Any, sign: int, *, radial: bool) -> tuple[Any, ...]:
    """The partials in x of an angular or a radial wave and of its derivative."""
    if radial and sign < 0:
        lead, force = x * x + 1, value - c * c * x * x - m * m / (x * x + 1)
    else:
        lead, force = x * x - 1, value - sign * c * c * x * x + m * m / (x * x - 1)
    return slope, (force * y - 2 * x * slope) / lead


def declare_spheroidal(kind: str, sign: int) -> None:
    """The waves and characteristic values of one kind."""
    value = getattr(sp, f"{kind}_cv")
    for suffix, radial in (("ang1", False), ("rad1", True), ("rad2", True)):
        wave, given = getattr(sp, f"{kind}_{suffix}"), getattr(sp, f"{kind}_{suffix}_cv")

        def rule(m: Any, n: Any, c: Any, x: Any, wave: Any = wave, radial: bool = radial) -> tuple[Any, ...]:
            y, slope = wave(m, n, c, x)
            return spheroidal(m, c, value(m, n, c), x, y, slope, sign, radial=radial)

        def rule_given(
            m: Any, n: Any, c: Any, cv: Any, x: Any, given: Any = given, radial: bool = radial
        ) -> tuple[Any, ...]:
            y, slope = given(m, n, c, cv, x)
            return spheroidal(m, c, cv, x, y, slope, sign, radial=radial)

        x = (0.2, 0.6) if not radial else (4.0, 2.5)
        args = ((0, 1), (1, 2), (0.7, 1.3))
        values = tuple(np.asarray(value(*map(np.array, args))).tolist())
        several(wave, unknown(wave, "m", WHY), unknown(wave, "n", WHY), unknown(wave, "c"), rule, points=(*args, x))
        several(
            given,
            unknown(given, "m", WHY),
            unknown(given, "n", WHY),
            unknown(given, "c"),
            unknown(given, "cv"),
            rule_given,
            points=(*args, values, x),
        )

    def in_c(y: Any, m: Any, n: Any, c: Any) -> Any:
        """The derivative d value / d c: 2 c times the mean of sign * x**2 over the angular wave squared."""
        x, w = panels(4)
        s = np.square(getattr(sp, f"{kind}_ang1")(*(np.expand_dims(z, -1) for z in (m, n, c)), x)[0])
        return 2 * sign * c * np.sum(w * x * x * s, axis=-1) / np.sum(w * s, axis=-1)

    special(value, unknown(value, "m", WHY), unknown(value, "n", WHY), in_c, points=((0, 1), (1, 2), (0.7, 1.3)))


declare_spheroidal("pro", 1)
declare_spheroidal("obl", -1)

__all__ = ["cylinder_d", "cylinder_v", "cylinder_w"]
