"""Bessel functions and their kin: by recurrence in the argument, by an integral in the order.

Sources: DLMF 10.6.1 and 10.29.1 for the argument; 10.9.6, 10.9.7, 10.32.4 and 10.32.9 for the order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import derivative, numbers_of, of_real, special, unknown
from .errors import over
from .integrals import UNIT, integral, panels, reach

POSITIVE = ((0.4, 1.5, 3.2),)
ORDERS = ((0.4, 1.5, -0.7), (0.6, 2.3, 1.4))
WHOLE = ((0, 1, 3), (0.6, 2.3, 1.4))

# ---- in the order, for x > 0


def angles(v: Any, x: Any) -> tuple[Any, Any]:
    """Nodes and weights over (0, pi), enough for the waves of x sin(t) - v t."""
    t, w = panels(min(400, 2 + ceil((reach(v) + reach(x)) / 6)))
    return pi * t, pi * w


def tail(v: Any, x: Any, *, falls: bool) -> tuple[Any, Any]:
    """Nodes and weights over t > 0 as far as exp(-x sinh(t)), times exp(|v| t) or exp(-v t) if it falls, counts."""
    size, rate = np.maximum(numbers_of(x), 1e-300), np.abs(numbers_of(v))
    end = np.arcsinh(45 / size)
    if falls:
        end = np.minimum(end, 45 / np.maximum(numbers_of(v), 1e-3))
    for _ in range(4):
        longer = np.arcsinh((45 + rate * end) / size)
        end = np.where(numbers_of(v) > 0, end, longer) if falls else longer
    t, w = panels(10)
    return end * t, end * w


def j_by_integrals(v: Any, x: Any) -> Any:
    """J."""
    t, w = angles(v, x)
    y = integral(lambda v, x: w * np.cos(x * np.sin(t) - v * t), v, x) / pi

    def fall(v: Any, x: Any) -> Any:
        t, w = tail(v, x, falls=True)
        return w * np.exp(-x * np.sinh(t) - v * t)

    return y - np.sin(pi * v) / pi * integral(fall, v, x)


def y_by_integrals(v: Any, x: Any) -> Any:
    """Y."""
    t, w = angles(v, x)
    y = integral(lambda v, x: w * np.sin(x * np.sin(t) - v * t), v, x) / pi

    def rise(v: Any, x: Any) -> Any:
        t, w = tail(v, x, falls=False)
        fall = -x * np.sinh(t)
        return w * (np.exp(fall + v * t) + np.exp(fall - v * t) * np.cos(pi * v))

    return y - integral(rise, v, x) / pi


def scaled_i_by_integrals(v: Any, x: Any) -> Any:
    """exp(-x) I."""
    t, w = angles(v, x)
    y = integral(lambda v, x: w * np.exp(x * (np.cos(t) - 1)) * np.cos(v * t), v, x) / pi

    def fall(v: Any, x: Any) -> Any:
        t, w = tail(v, x, falls=True)
        return w * np.exp(-x * (np.cosh(t) + 1) - v * t)

    return y - np.sin(pi * v) / pi * integral(fall, v, x)


def scaled_k_by_integral(v: Any, x: Any) -> Any:
    """exp(x) K."""

    def rise(v: Any, x: Any) -> Any:
        t, w = tail(v, x, falls=False)
        fall = -2 * x * np.square(np.sinh(t / 2))
        return w * 0.5 * (np.exp(fall + v * t) + np.exp(fall - v * t))

    return integral(rise, v, x)


def in_order(ufunc: Any, f: Callable[..., Any], *, at_zero: bool = False) -> Callable[..., Any]:
    """The partial in the order for x > 0; at 0, 0 for a positive order of J and I; nan elsewhere."""
    rule = derivative(f, 0)

    def guarded(y: Any, v: Any, x: Any) -> Any:
        inside = np.greater(x, 0)
        d = rule(y, v, np.where(inside, x, 1.0))
        rest = np.where(np.logical_and(np.equal(x, 0), np.greater(v, 0)), 0.0 if at_zero else np.nan, np.nan)
        return np.where(inside, d, rest)

    return of_real(ufunc, guarded)


j_in_order, y_in_order = in_order(sp.jv, j_by_integrals, at_zero=True), in_order(sp.yv, y_by_integrals)
i_in_order, k_in_order = in_order(sp.ive, scaled_i_by_integrals, at_zero=True), in_order(sp.kve, scaled_k_by_integral)


def half_difference(f: Any) -> Callable[..., Any]:
    """(f of order v - 1, less f of order v + 1) / 2, the partial of J, Y and Hankel's functions."""
    return lambda y, v, x: 0.5 * (f(v - 1, x) - f(v + 1, x))


def half_sum(f: Any) -> Callable[..., Any]:
    """(f of order v - 1, plus f of order v + 1) / 2, the partial of I and of -K."""
    return lambda y, v, x: 0.5 * (f(v - 1, x) + f(v + 1, x))


jv = special(sp.jv, j_in_order, half_difference(sp.jv), points=ORDERS)
yv = special(sp.yv, y_in_order, half_difference(sp.yv), points=ORDERS)
jve = special(sp.jve, j_in_order, of_real(sp.jve, half_difference(sp.jve)), points=ORDERS)
yve = special(sp.yve, y_in_order, of_real(sp.yve, half_difference(sp.yve)), points=ORDERS)
iv = special(sp.iv, lambda y, v, x: np.exp(x) * i_in_order(y, v, x), half_sum(sp.iv), points=ORDERS)
ive = special(
    sp.ive, i_in_order, of_real(sp.ive, lambda y, v, x: half_sum(sp.ive)(y, v, x) - np.sign(x) * y), points=ORDERS
)
kv = special(
    sp.kv,
    lambda y, v, x: np.exp(-x) * k_in_order(y, v, x),
    lambda y, v, x: -half_sum(sp.kv)(y, v, x),
    points=ORDERS,
)
kve = special(sp.kve, k_in_order, lambda y, v, x: y - half_sum(sp.kve)(y, v, x), points=ORDERS)
yn = special(sp.yn, unknown(sp.yn, "n", "n is a whole number; yv takes any"), half_difference(sp.yv), points=WHOLE)
kn = special(
    sp.kn,
    unknown(sp.kn, "n", "n is a whole number; kv takes any"),
    lambda y, n, x: -half_sum(sp.kv)(y, n, x),
    points=WHOLE,
)


def hankel_in_order(ufunc: Any, side: complex, scaled: complex) -> Callable[..., Any]:
    """The partial in the order of J + side * Y, times exp(scaled * x)."""
    rule: Callable[..., Any] = lambda y, v, x: j_in_order(y, v, x) + side * y_in_order(y, v, x)
    return of_real(ufunc, rule if not scaled else lambda y, v, x: np.exp(scaled * x) * rule(y, v, x))


hankel1 = special(sp.hankel1, hankel_in_order(sp.hankel1, 1j, 0), half_difference(sp.hankel1), points=ORDERS)
hankel2 = special(sp.hankel2, hankel_in_order(sp.hankel2, -1j, 0), half_difference(sp.hankel2), points=ORDERS)
hankel1e = special(
    sp.hankel1e,
    hankel_in_order(sp.hankel1e, 1j, -1j),
    lambda y, v, x: half_difference(sp.hankel1e)(y, v, x) - 1j * y,
    points=ORDERS,
)
hankel2e = special(
    sp.hankel2e,
    hankel_in_order(sp.hankel2e, -1j, 1j),
    lambda y, v, x: half_difference(sp.hankel2e)(y, v, x) + 1j * y,
    points=ORDERS,
)

# ---- of order 0 and 1

j0 = special(sp.j0, lambda y, x: -sp.j1(x), points=POSITIVE)
j1 = special(sp.j1, lambda y, x: 0.5 * (sp.j0(x) - sp.jv(2, x)), points=POSITIVE)
y0 = special(sp.y0, lambda y, x: -sp.y1(x), points=POSITIVE)
y1 = special(sp.y1, lambda y, x: sp.y0(x) - y / x, points=POSITIVE)
i0 = special(sp.i0, lambda y, x: sp.i1(x), points=POSITIVE)
i1 = special(sp.i1, lambda y, x: 0.5 * (sp.i0(x) + sp.iv(2, x)), points=POSITIVE)
i0e = special(sp.i0e, lambda y, x: sp.i1e(x) - np.sign(x) * y, points=POSITIVE)
i1e = special(sp.i1e, lambda y, x: 0.5 * (sp.i0e(x) + sp.ive(2, x)) - np.sign(x) * y, points=POSITIVE)
k0 = special(sp.k0, lambda y, x: -sp.k1(x), points=POSITIVE)
k1 = special(sp.k1, lambda y, x: -sp.k0(x) - y / x, points=POSITIVE)
k0e = special(sp.k0e, lambda y, x: y - sp.k1e(x), points=POSITIVE)
k1e = special(sp.k1e, lambda y, x: y - sp.k0e(x) - y / x, points=POSITIVE)

# ---- Struve's functions: DLMF 11.4.27, 11.5.1, 11.5.6; in the order for v > -1/2


def struve_by_integral(wave: Any) -> Callable[..., Any]:
    """The formula with sin for struve, with sinh for modstruve."""

    def f(v: Any, x: Any) -> Any:
        log_weight = UNIT.log_r + np.log1p(UNIT.s)
        y = integral(
            lambda v, x: UNIT.w * UNIT.s * np.exp((v - 0.5) * log_weight + UNIT.log_r) * wave(x * UNIT.s), v, x
        )
        return 2 * np.power(x / 2, v) * sp.rgamma(v + 0.5) / np.sqrt(pi) * y

    rule = derivative(f, 0)

    def guarded(y: Any, v: Any, x: Any) -> Any:
        inside = np.logical_and(np.greater(v, -0.5), np.greater(x, 0))
        return np.where(inside, rule(y, np.where(inside, v, 0.0), np.where(inside, x, 1.0)), np.nan)

    return guarded


def struve_in_x(f: Any, sign: int) -> Callable[..., Any]:
    """The partial in x: v/x f + sign * f_(v+1) + the term of the recurrence; at x = 0 from both sides of v."""

    def rule(y: Any, v: Any, x: Any) -> Any:
        is_zero = np.equal(x, 0)
        z = np.where(is_zero, 1.0, x)
        term = np.power(0.5 * x, v) * sp.rgamma(v + 1.5) / np.sqrt(pi)
        at_zero = 0.5 * (f(v - 1, 0.0) + term)
        return np.where(is_zero, at_zero, v / z * f(v, z) + sign * f(v + 1, z) + term)

    return rule


STRUVE = ((0.4, 1.5, -0.2), (0.6, 2.3, 1.4))
struve = special(sp.struve, struve_by_integral(np.sin), struve_in_x(sp.struve, -1), points=STRUVE)
modstruve = special(sp.modstruve, struve_by_integral(np.sinh), struve_in_x(sp.modstruve, 1), points=STRUVE)
itstruve0 = special(sp.itstruve0, lambda y, x: sp.struve(0.0, x), points=POSITIVE)
itmodstruve0 = special(sp.itmodstruve0, lambda y, x: sp.modstruve(0.0, x), points=POSITIVE)
it2struve0 = special(sp.it2struve0, lambda y, x: -over(x, lambda z: sp.struve(0.0, z), 2 / pi), points=POSITIVE)

# ---- Kelvin's functions: w'' = i w - w'/x, for w = ber + i bei and w = ker + i kei (DLMF 10.61)

ber = special(sp.ber, lambda y, x: sp.berp(x), points=POSITIVE)
bei = special(sp.bei, lambda y, x: sp.beip(x), points=POSITIVE)
ker = special(sp.ker, lambda y, x: sp.kerp(x), points=POSITIVE)
kei = special(sp.kei, lambda y, x: sp.keip(x), points=POSITIVE)
berp = special(sp.berp, lambda y, x: -sp.bei(x) - over(x, sp.berp, 0.0), points=POSITIVE)
beip = special(sp.beip, lambda y, x: sp.ber(x) - over(x, sp.beip, 0.5), points=POSITIVE)
kerp = special(sp.kerp, lambda y, x: -sp.kei(x) - sp.kerp(x) / x, points=POSITIVE)
keip = special(sp.keip, lambda y, x: sp.ker(x) - sp.keip(x) / x, points=POSITIVE)


def power_moment(a: Any, lmb: Any, nu: Any) -> Any:
    """The integral of t**lmb J_nu(2 a t) over (0, 1)."""
    return integral(
        lambda a, lmb, nu: UNIT.w * UNIT.r * np.exp((lmb + 1) * UNIT.log_s) * sp.jv(nu, 2 * a * UNIT.s), a, lmb, nu
    )


besselpoly = special(
    sp.besselpoly,
    derivative(power_moment, 0),
    derivative(power_moment, 1),
    derivative(power_moment, 2),
    points=((0.4, 1.2), (0.7, 0.3), (0.5, 1.3)),
)

__all__ = ["half_difference", "half_sum"]
