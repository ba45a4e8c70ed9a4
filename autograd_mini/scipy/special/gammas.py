"""The gamma family: gamma, its logarithm and its derivatives, beta, binomials, zeta."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

import numpy as np
import scipy.special as sp

from ...primitive import Elementwise, Primitive, discrete
from .declared import derivative, numbers_of, special
from .integrals import integral

POSITIVE = ((0.4, 1.5, 3.2),)
PAIRS = ((0.4, 1.5, 3.2), (1.1, 0.6, 2.3))

# B_2, B_4 ... B_24 over their factorials, for Euler and Maclaurin's formula: DLMF 2.10.1
BERNOULLI = [float(b) / factorial(2 * j) for j, b in enumerate(sp.bernoulli(24)[2::2], 1)]


# ---- polygamma


def polygamma_of(n: Any, x: Any) -> Any:
    """The nth derivative of digamma; for complex x by recurrence and its asymptotic series, DLMF 5.15.5 and 5.15.8."""
    if not np.iscomplexobj(x):
        return sp.polygamma(n, x)
    total: Any = 0.0
    sign = (-1.0) ** (int(n) + 1)
    for k in range(16):
        total = total + sign * factorial(n) / (x + k) ** (n + 1)
    z = x + 16
    series = factorial(n - 1) / z**n + factorial(n) / (2 * z ** (n + 1))
    for j, b in enumerate(BERNOULLI, 1):
        series = series + b * factorial(2 * j + n - 1) / z ** (2 * j + n)
    return total + sign * series


polygamma_op: Primitive = Primitive(
    "special.polygamma",
    lambda x, n: polygamma_of(n, x),
    vjps=(lambda g, y, x, n: g * np.conjugate(polygamma_op(x, n=n + 1)),),
    n_operands=1,
    defaults={"n": 1},
    samples=lambda a: [(np.array([0.4, 1.5, 3.2]), {"n": 1}), (1.5, {"n": 2}), (np.array([1 + 2j]), {"n": 1})],
)
polygamma_op.jvps = (lambda t, y, x, n: t * polygamma_op(x, n=n + 1),)


def polygamma(n: Any, x: Any) -> Any:
    """The nth derivative of digamma at x; n is a whole number."""
    orders = np.unique(numbers_of(n))
    if np.ndim(n):
        y: Any = 0.0
        for k in orders:
            y = y + np.equal(n, k) * polygamma(int(k), x)
        return y
    return polygamma_op(x, n=int(orders[0])) if orders[0] else sp.digamma(x)


# ---- gamma

psi = special(sp.psi, lambda y, x: polygamma(1, x), points=POSITIVE)
gamma = special(sp.gamma, lambda y, x: y * sp.psi(x), points=((0.4, 1.5, -1.3),))
gammaln = special(sp.gammaln, lambda y, x: sp.psi(x), points=((0.4, 1.5, -1.3),))
loggamma = special(sp.loggamma, lambda y, x: sp.psi(x), points=POSITIVE)
gammasgn = discrete(sp.gammasgn, name="special.gammasgn")
gammasgn.samples = lambda a: [(np.array([0.4, -0.5]),)]


def slope_of_rgamma(y: Any, x: Any) -> Any:
    """-psi(x) / gamma(x); left of 1/2 by reflection, DLMF 5.5.3, as at 0, -1, -2 ... it is finite."""
    left = np.less(np.real(x), 0.5)
    z = 1 - np.where(left, x, 0.0)
    angle = pi * np.where(left, x, 0.0)
    reflected = sp.gamma(z) * (np.cos(angle) - sp.psi(z) * np.sin(angle) / pi)
    return np.where(left, reflected, -y * sp.psi(np.where(left, 1.0, x)))


rgamma = special(sp.rgamma, slope_of_rgamma, points=((0.4, 1.5, -1.3),))

# ---- beta, binomials

beta = special(
    sp.beta,
    lambda y, a, b: y * (sp.psi(a) - sp.psi(a + b)),
    lambda y, a, b: y * (sp.psi(b) - sp.psi(a + b)),
    points=PAIRS,
)
betaln = special(
    sp.betaln, lambda y, a, b: sp.psi(a) - sp.psi(a + b), lambda y, a, b: sp.psi(b) - sp.psi(a + b), points=PAIRS
)


def binom_by_gammas(n: Any, k: Any) -> Any:
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)), whose derivative is finite where it is 0."""
    return sp.gamma(n + 1) * sp.rgamma(k + 1) * sp.rgamma(n - k + 1)


def is_small(n: Any, k: Any) -> Any:
    """Where gamma(n + 1) does not overflow."""
    return np.less(np.abs(n), 150)


binom = special(
    sp.binom,
    lambda y, n, k: np.where(
        is_small(n, k),
        derivative(binom_by_gammas, 0)(y, np.where(is_small(n, k), n, 1.0), k),
        y * (sp.psi(n + 1) - sp.psi(n - k + 1)),
    ),
    lambda y, n, k: np.where(
        is_small(n, k),
        derivative(binom_by_gammas, 1)(y, np.where(is_small(n, k), n, 1.0), k),
        y * (sp.psi(n - k + 1) - sp.psi(k + 1)),
    ),
    points=((4.5, 3.2, 6.0), (1.2, 0.7, 8.0)),
)
poch = special(
    sp.poch,
    lambda y, z, m: y * (sp.psi(z + m) - sp.psi(z)),
    lambda y, z, m: y * sp.psi(z + m),
    points=PAIRS,
)


# ---- zeta


def zeta_by_sum(x: Any, q: Any) -> Any:
    """The sum of (k + q)**-x by Euler and Maclaurin's formula, DLMF 25.11.28."""
    n = 14
    end = q + n
    total = integral(lambda s, a: np.power(a + np.arange(n), -s), x, q)
    total = total + np.power(end, 1 - x) / (x - 1) + 0.5 * np.power(end, -x)
    term = x * np.power(end, -x - 1)
    for j, b in enumerate(BERNOULLI, 1):
        total = total + b * term
        term = term * (x + 2 * j - 1) * (x + 2 * j) / (end * end)
    return total


zeta_op: Elementwise = special(
    sp.zeta,
    derivative(zeta_by_sum, 0),
    lambda y, x, q: -x * zeta_op(x + 1, q),
    points=((1.3, 2.4, 4.0), (0.4, 1.5, 2.5)),
)


def zeta(x: Any, q: Any = None) -> Any:
    """Hurwitz's zeta function, the sum of (k + q)**-x; Riemann's where q is None."""
    return zetac(x) + 1 if q is None else zeta_op(x, q)


def zeta_by_reflection(x: Any) -> Any:
    """The function of Riemann for x < 0, DLMF 25.4.1."""
    return 2 * np.power(2 * pi, x - 1) * np.sin(pi / 2 * x) * sp.gamma(1 - x) * zeta_by_sum(1 - x, 1.0)


def zeta_of_riemann(x: Any) -> Any:
    """The function of Riemann from either side of 0."""
    left = np.less(x, 0)
    return np.where(left, zeta_by_reflection(np.where(left, x, -0.5)), zeta_by_sum(np.where(left, 2.0, x), 1.0))


zetac = special(sp.zetac, derivative(zeta_of_riemann, 0), points=((1.5, 3.2, 0.4, -1.4),))

__all__ = ["polygamma", "zeta"]
