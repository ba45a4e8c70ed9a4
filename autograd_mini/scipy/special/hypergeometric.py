"""Hypergeometric functions, and what is made of them: orthogonal polynomials, Legendre's and Wright's functions.

In the argument: DLMF 15.5.1, 13.3.15, 13.3.22, 18.9. In a parameter: the derivative of the series or
of the integral.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import derivative, derivatives, numbers_of, special, unknown
from .integrals import HALF, integral, reach

N, X = (0.7, 2.3, 3.6), (0.4, -0.3, 0.8)
A, B = (0.6, 1.4, 0.3), (0.8, 0.2, 1.7)


# ---- in the parameters: power series


def series(n: int, ratio: Callable[..., Any], *xs: Any) -> Any:
    """1 + the sum of n terms, each of which is the one before it times ratio(k, *xs), k = 0, 1, 2 ..."""
    k = np.arange(n)
    return 1 + integral(lambda *xs: np.cumprod(ratio(k, *xs), axis=-1), *xs)


def series_0f1(v: Any, z: Any) -> Any:
    """DLMF 16.2.1."""
    return series(30 + ceil(3 * reach(z) ** 0.5), lambda k, v, z: z / ((v + k) * (k + 1)), v, z)


def series_1f1(a: Any, b: Any, z: Any) -> Any:
    """DLMF 13.2.2 for z >= 0, else by Kummer's transformation, 13.2.39."""
    falls = np.less(np.real(z), 0)
    first, size = np.where(falls, b - a, a), np.where(falls, -z, z)
    n = 40 + ceil(2 * reach(z) + reach(first))
    total = series(n, lambda k, a, b, z: (a + k) * z / ((b + k) * (k + 1)), first, b, size)
    return np.where(falls, np.exp(np.where(falls, z, 0.0)), 1.0) * total


def series_2f1(a: Any, b: Any, c: Any, z: Any) -> Any:
    """DLMF 15.2.1 for 0 <= z < 1; for z < 0 by Pfaff's transformation, 15.8.1."""
    falls = np.less(np.real(z), 0)
    down = np.where(falls, z, 0.0)
    second, size = np.where(falls, c - b, b), np.where(falls, down / (down - 1), z)
    largest = min(reach(size), 0.9995)
    n = 30 + ceil(2 * reach(a, second, c) + (40 / -log(largest) if largest > 0 else 0))
    size = np.where(np.less(np.abs(size), 0.9995), size, np.nan)
    ratio = lambda k, a, b, c, z: (a + k) * (b + k) * z / ((c + k) * (k + 1))
    return np.power(1 - down, -a) * series(n, ratio, a, second, c, size)


def u_by_integral(a: Any, b: Any, x: Any) -> Any:
    """U for a > 0 and x > 0, DLMF 13.4.4."""
    f = lambda a, b, x: HALF.w * np.exp(a * HALF.log_t - x * HALF.t + (b - a - 1) * np.log1p(HALF.t))
    return sp.rgamma(a) * integral(f, a, b, x)


def u_formula(a: Any, b: Any, x: Any) -> Any:
    """U for any a with a > 0 or a - b + 1 > 0, by Kummer's transformation 13.2.40; else by recurrence in a, 13.3.7."""
    steps = ceil(max(0.0, -float(np.min(numbers_of(a), initial=0.0)))) + 1 if np.any(numbers_of(a) <= 0) else 0
    if not steps:
        return u_by_integral(a, b, x)
    above, here = u_by_integral(a + steps + 1, b, x), u_by_integral(a + steps, b, x)
    for k in range(steps, 0, -1):
        s = a + k
        above, here = here, (2 * s - b + x) * here - s * (s - b + 1) * above
    return here


hyp0f1 = special(
    sp.hyp0f1,
    derivative(series_0f1, 0),
    lambda y, v, z: sp.hyp0f1(v + 1, z) / v,
    points=((0.7, 1.3, 2.2), (0.5, -1.4, 2.3)),
)
hyp1f1 = special(
    sp.hyp1f1,
    derivative(series_1f1, 0),
    derivative(series_1f1, 1),
    lambda y, a, b, z: a / b * sp.hyp1f1(a + 1, b + 1, z),
    points=((0.7, 1.3, 2.2), (1.5, 0.8, 2.3), (0.5, -1.4, 2.3)),
)
hyp2f1 = special(
    sp.hyp2f1,
    derivative(series_2f1, 0),
    derivative(series_2f1, 1),
    derivative(series_2f1, 2),
    lambda y, a, b, c, z: a * b / c * sp.hyp2f1(a + 1, b + 1, c + 1, z),
    points=((0.7, 1.3, 2.2), (1.5, 0.8, 2.3), (1.9, 2.4, 3.1), (0.4, -1.4, 0.6)),
)
hyperu = special(
    sp.hyperu,
    derivative(u_formula, 0),
    derivative(u_formula, 1),
    lambda y, a, b, x: -a * sp.hyperu(a + 1, b + 1, x),
    points=((0.7, 1.3, 2.2), (1.5, 0.8, 2.3), (0.5, 1.4, 2.3)),
)


# ---- Wright's function: the sum of x**k / k! / gamma(a k + b)


def wright_series(a: Any, b: Any, x: Any) -> Any:
    """DLMF 10.46.1, for x > 0."""
    k = np.arange(30 + ceil(reach(x) + 10 * reach(x) ** 0.5))
    f = lambda a, b, x: np.exp(sp.xlogy(k, x) - sp.gammaln(k + 1)) * sp.rgamma(a * k + b)
    return integral(f, a, b, x)


wright_bessel = special(
    sp.wright_bessel,
    derivative(wright_series, 0),
    derivative(wright_series, 1),
    lambda y, a, b, x: sp.wright_bessel(a, a + b, x),
    points=((0.7, 1.3, 0.4), (1.5, 0.8, 2.3), (0.5, 1.4, 2.3)),
)
if hasattr(sp, "log_wright_bessel"):  # new in SciPy 1.14
    log_wright_bessel = special(
        sp.log_wright_bessel,
        lambda y, a, b, x: derivative(wright_series, 0)(y, a, b, x) * np.exp(-y),
        lambda y, a, b, x: derivative(wright_series, 1)(y, a, b, x) * np.exp(-y),
        lambda y, a, b, x: np.exp(sp.log_wright_bessel(a, a + b, x) - y),
        points=((0.7, 1.3, 0.4), (1.5, 0.8, 2.3), (0.5, 1.4, 2.3)),
    )

# ---- orthogonal polynomials, of any degree: DLMF 18.5.7, 18.5.9, 18.5.12


def jacobi(n: Any, a: Any, b: Any, x: Any) -> Any:
    """Jacobi's."""
    return sp.binom(n + a, n) * sp.hyp2f1(-n, n + a + b + 1, a + 1, 0.5 * (1 - x))


def gegenbauer(n: Any, a: Any, x: Any) -> Any:
    """Gegenbauer's."""
    scale = sp.gamma(n + 2 * a) * sp.rgamma(2 * a) * sp.rgamma(n + 1)
    return scale * sp.hyp2f1(-n, n + 2 * a, a + 0.5, 0.5 * (1 - x))


def legendre(n: Any, x: Any) -> Any:
    """Legendre's."""
    return sp.hyp2f1(-n, n + 1, 1.0, 0.5 * (1 - x))


def chebyshev_t(n: Any, x: Any) -> Any:
    """Chebyshev's, of the first kind."""
    return sp.hyp2f1(-n, n, 0.5, 0.5 * (1 - x))


def chebyshev_u(n: Any, x: Any) -> Any:
    """Chebyshev's, of the second kind."""
    return (n + 1) * sp.hyp2f1(-n, n + 2, 1.5, 0.5 * (1 - x))


def laguerre(n: Any, a: Any, x: Any) -> Any:
    """Laguerre's."""
    return sp.binom(n + a, n) * sp.hyp1f1(-n, a + 1, x)


def shifted_jacobi(n: Any, p: Any, q: Any, x: Any) -> Any:
    """Jacobi's on [0, 1]: G_n(p, q, x)."""
    return jacobi(n, p - q, q - 1, 2 * x - 1) / sp.binom(2 * n + p - 1, n)


def lower(f: Callable[..., Any]) -> Callable[..., Any]:
    """The partial in x, by a polynomial of degree n - 1; 0 for n = 0, where there is none."""

    def rule(y: Any, n: Any, *rest: Any) -> Any:
        is_constant = np.equal(n, 0)
        return np.where(is_constant, 0.0, f(np.where(is_constant, 1, n), *rest))

    return rule


# d C_n^a / dx = 2 a C_(n-1)^(a+1); for P_n = C_n^(1/2), U_n = C_n^1 and T_n' = n U_(n-1)
eval_jacobi = special(
    sp.eval_jacobi,
    *derivatives(jacobi, 3),
    lower(lambda n, a, b, x: 0.5 * (n + a + b + 1) * sp.eval_jacobi(n - 1, a + 1, b + 1, x)),
    points=(N, A, B, X),
)
eval_sh_jacobi = special(
    sp.eval_sh_jacobi,
    *derivatives(shifted_jacobi, 3),
    lower(lambda n, p, q, x: n * sp.eval_sh_jacobi(n - 1, p + 2, q + 1, x)),
    points=(N, (2.6, 3.4, 2.3), B, (0.4, 0.3, 0.8)),
)
eval_gegenbauer = special(
    sp.eval_gegenbauer,
    *derivatives(gegenbauer, 2),
    lower(lambda n, a, x: 2 * a * sp.eval_gegenbauer(n - 1, a + 1, x)),
    points=(N, A, X),
)
eval_legendre = special(
    sp.eval_legendre,
    derivative(legendre, 0),
    lower(lambda n, x: sp.eval_gegenbauer(n - 1, 1.5, x)),
    points=(N, X),
)
eval_chebyt = special(
    sp.eval_chebyt, derivative(chebyshev_t, 0), lower(lambda n, x: n * sp.eval_chebyu(n - 1, x)), points=(N, X)
)
eval_chebyu = special(
    sp.eval_chebyu,
    derivative(chebyshev_u, 0),
    lower(lambda n, x: 2 * sp.eval_gegenbauer(n - 1, 2.0, x)),
    points=(N, X),
)
eval_chebyc = special(
    sp.eval_chebyc,
    derivative(lambda n, x: 2 * chebyshev_t(n, 0.5 * x), 0),
    lower(lambda n, x: n * sp.eval_chebyu(n - 1, 0.5 * x)),
    points=(N, X),
)
eval_chebys = special(
    sp.eval_chebys,
    derivative(lambda n, x: chebyshev_u(n, 0.5 * x), 0),
    lower(lambda n, x: sp.eval_gegenbauer(n - 1, 2.0, 0.5 * x)),
    points=(N, X),
)
SHIFTED = (0.4, 0.3, 0.8)
eval_sh_legendre = special(
    sp.eval_sh_legendre,
    derivative(lambda n, x: legendre(n, 2 * x - 1), 0),
    lower(lambda n, x: 2 * sp.eval_gegenbauer(n - 1, 1.5, 2 * x - 1)),
    points=(N, SHIFTED),
)
eval_sh_chebyt = special(
    sp.eval_sh_chebyt,
    derivative(lambda n, x: chebyshev_t(n, 2 * x - 1), 0),
    lower(lambda n, x: 2 * n * sp.eval_chebyu(n - 1, 2 * x - 1)),
    points=(N, SHIFTED),
)
eval_sh_chebyu = special(
    sp.eval_sh_chebyu,
    derivative(lambda n, x: chebyshev_u(n, 2 * x - 1), 0),
    lower(lambda n, x: 4 * sp.eval_gegenbauer(n - 1, 2.0, 2 * x - 1)),
    points=(N, SHIFTED),
)
eval_laguerre = special(
    sp.eval_laguerre,
    derivative(lambda n, x: laguerre(n, 0.0, x), 0),
    lower(lambda n, x: -sp.eval_genlaguerre(n - 1, 1.0, x)),
    points=(N, B),
)
eval_genlaguerre = special(
    sp.eval_genlaguerre,
    *derivatives(laguerre, 2),
    lower(lambda n, a, x: -sp.eval_genlaguerre(n - 1, a + 1, x)),
    points=(N, A, B),
)
WHOLE = "n is a whole number"
eval_hermite = special(
    sp.eval_hermite,
    unknown(sp.eval_hermite, "n", WHOLE),
    lower(lambda n, x: 2 * n * sp.eval_hermite(n - 1, x)),
    points=((2, 0, 3), X),
)
eval_hermitenorm = special(
    sp.eval_hermitenorm,
    unknown(sp.eval_hermitenorm, "n", WHOLE),
    lower(lambda n, x: n * sp.eval_hermitenorm(n - 1, x)),
    points=((2, 0, 3), X),
)


def ferrers(m: Any, v: Any, x: Any) -> Any:
    """P_v^m for whole m >= 0, DLMF 14.3.4, with the sign (-1)**m."""
    scale = np.power(-0.5, m) * sp.poch(v - m + 1, 2 * m) * sp.rgamma(m + 1)
    wave = sp.hyp2f1(m - v, m + v + 1, m + 1.0, 0.5 * (1 - x))
    return np.where(np.greater_equal(m, 0), scale * np.power(1 - x * x, 0.5 * m) * wave, np.nan)


lpmv = special(
    sp.lpmv,
    unknown(sp.lpmv, "m", "m is a whole number"),
    derivative(ferrers, 1),
    lambda y, m, v, x: ((v + 1) * x * y - (v - m + 1) * sp.lpmv(m, v + 1, x)) / (1 - x * x),
    points=((0, 1, 2), (1.3, 2.4, 3.1), X),
)

__all__ = ["laguerre", "series_2f1"]
