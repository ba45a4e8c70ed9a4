"""Incomplete gamma and beta functions, the distribution functions made of them, and all their inverses.

SciPy's argument orders are kept. An inverse is differentiated by the implicit function theorem, from
the function that it inverts.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import derivative, derivatives, flat, inverse, special, unknown
from .errors import ROOT_TWO_PI
from .integrals import HALF, UNIT, integral, reach

A, B, X = (0.6, 1.4, 3.3), (0.8, 2.2, 1.7), (0.4, 1.3, 2.6)
P = (0.3, 0.6, 0.8)

# ---- incomplete gamma: DLMF 8.2, and 8.8.13 in x


def gamma_density(a: Any, x: Any) -> Any:
    """The derivative d P(a, x) / d x; 0 where x < 0."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def lower_gamma(a: Any, x: Any) -> Any:
    """P(a, x) as an integral over (0, x), for a + 1 by DLMF 8.8.5, so that a may be small."""
    f = lambda a, x: UNIT.w * UNIT.r * np.exp((a + 1) * (UNIT.log_s + np.log(x)) - x * UNIT.s - sp.gammaln(a + 1))
    return np.exp(a * np.log(x) - x - sp.gammaln(a + 1)) + integral(f, a, x)


def upper_gamma(a: Any, x: Any) -> Any:
    """Q(a, x) as an integral over (x, inf)."""
    f = lambda a, x: HALF.w * np.exp(HALF.log_t + (a - 1) * np.log(x + HALF.t) - x - HALF.t - sp.gammaln(a))
    return integral(f, a, x)


def gamma_in_a(a: Any, x: Any) -> Any:
    """The derivative d P(a, x) / d a, by the smaller of P and Q."""
    inside = np.logical_and(np.greater(x, 0), np.isfinite(x))
    x = np.where(inside, x, 1.0)
    is_low = np.less(x, a)
    low = derivative(lower_gamma, 0)(None, a, np.where(is_low, x, 0.5 * a))
    high = derivative(upper_gamma, 0)(None, a, np.where(is_low, a, x))
    return np.where(inside, np.where(is_low, low, -high), 0.0)


gammainc = special(sp.gammainc, lambda y, a, x: gamma_in_a(a, x), lambda y, a, x: gamma_density(a, x), points=(A, X))
gammaincc = special(
    sp.gammaincc, lambda y, a, x: -gamma_in_a(a, x), lambda y, a, x: -gamma_density(a, x), points=(A, X)
)
gammaincinv = special(sp.gammaincinv, *inverse(sp.gammainc, 1, 2), points=(A, P))
gammainccinv = special(sp.gammainccinv, *inverse(sp.gammaincc, 1, 2), points=(A, P))

# ---- incomplete beta: DLMF 8.17


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """The derivative d I_x(a, b) / d x."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def lower_beta(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b) as an integral over (0, x), for a + 1 by DLMF 8.17.20, so that a may be small."""

    def f(a: Any, b: Any, x: Any) -> Any:
        log_power = (a + 1) * (np.log(x) + UNIT.log_s) + (b - 1) * np.log1p(-x * UNIT.s)
        return UNIT.w * UNIT.r * np.exp(log_power - sp.betaln(a + 1, b))

    return np.exp(a * np.log(x) + b * np.log1p(-x) - sp.betaln(a, b)) / a + integral(f, a, b, x)


def beta_in(i: int) -> Callable[..., Any]:
    """The derivative in a or b, by the integral on the smaller side: I_x(a, b) = 1 - I_(1-x)(b, a)."""

    def rule(y: Any, a: Any, b: Any, x: Any) -> Any:
        inside = np.logical_and(np.greater(x, 0), np.less(x, 1))
        x = np.where(inside, x, 0.5)
        mean = a / (a + b)
        is_low = np.less(x, mean)
        low = derivative(lower_beta, i)(None, a, b, np.where(is_low, x, mean))
        high = derivative(lower_beta, 1 - i)(None, b, a, np.where(is_low, 1 - mean, 1 - x))
        return np.where(inside, np.where(is_low, low, -high), 0.0)

    return rule


def minus(f: Callable[..., Any]) -> Callable[..., Any]:
    """The partial with the other sign."""
    return lambda *args: -f(*args)


BETA = (beta_in(0), beta_in(1), lambda y, a, b, x: beta_density(a, b, x))
betainc = special(sp.betainc, *BETA, points=(A, B, P))
betaincc = special(sp.betaincc, *map(minus, BETA), points=(A, B, P))
betaincinv = special(sp.betaincinv, *inverse(sp.betainc, 2, 3), points=(A, B, P))
betainccinv = special(sp.betainccinv, *inverse(sp.betaincc, 2, 3), points=(A, B, P))
btdtria = special(sp.btdtria, *inverse(sp.betainc, 0, 3), points=(P, B, (0.4, 0.7, 0.6)))
btdtrib = special(sp.btdtrib, *inverse(sp.betainc, 1, 3), points=(A, P, (0.4, 0.7, 0.6)))

# ---- gamma and chi-square

CHI: Callable[..., Any] = lambda v, x: sp.gammainc(0.5 * v, 0.5 * x)
GAMMA: Callable[..., Any] = lambda a, b, x: sp.gammainc(b, a * x)
chdtr = special(sp.chdtr, *derivatives(CHI, 2), points=(A, X))
chdtrc = special(sp.chdtrc, *map(minus, derivatives(CHI, 2)), points=(A, X))
chdtri = special(sp.chdtri, *inverse(lambda v, x: 1 - CHI(v, x), 1, 2), points=(A, P))
chdtriv = special(sp.chdtriv, *inverse(CHI, 0, 2), points=(P, X))
gdtr = special(sp.gdtr, *derivatives(GAMMA, 3), points=(A, B, X))
gdtrc = special(sp.gdtrc, *map(minus, derivatives(GAMMA, 3)), points=(A, B, X))
gdtria = special(sp.gdtria, *inverse(GAMMA, 0, 3), points=(P, B, X))
gdtrib = special(sp.gdtrib, *inverse(GAMMA, 1, 3), points=(A, P, X))
gdtrix = special(sp.gdtrix, *inverse(GAMMA, 2, 3), points=(A, B, P))

# ---- Poisson, binomial and negative binomial; the counts that SciPy floors have no derivative

POISSON: Callable[..., Any] = lambda k, m: sp.gammaincc(k + 1, m)
BINOMIAL: Callable[..., Any] = lambda k, n, p: sp.betaincc(k + 1, n - k, p)
FAILURES: Callable[..., Any] = lambda k, n, p: sp.betainc(n, k + 1, p)
K, TRIALS, MEANS = (2.0, 1.0, 3.0), (5, 4, 7), (1.4, 0.6, 2.7)


def below(f: Callable[..., Any]) -> Callable[..., Any]:
    """BINOMIAL where k < n; 1 above."""

    def formula(k: Any, n: Any, p: Any) -> Any:
        inside = np.less(k, n)
        return np.where(inside, f(np.where(inside, k, 0.0), np.where(inside, n, 1.0), p), 1.0)

    return formula


FLOORED = flat(below(BINOMIAL), 0, 1)
pdtr = special(sp.pdtr, None, derivative(flat(POISSON, 0), 1), points=(K, MEANS))
pdtrc = special(sp.pdtrc, None, minus(derivative(flat(POISSON, 0), 1)), points=(K, MEANS))
pdtri = special(sp.pdtri, None, inverse(flat(POISSON, 0), 1, 2)[1], points=((2, 1, 3), P))
pdtrik = special(sp.pdtrik, *inverse(POISSON, 0, 2), points=(P, (4.4, 3.6, 2.7)))
bdtr = special(sp.bdtr, None, None, derivative(FLOORED, 2), points=(K, TRIALS, P))
bdtrc = special(sp.bdtrc, None, None, minus(derivative(FLOORED, 2)), points=(K, TRIALS, P))
bdtri = special(sp.bdtri, None, None, inverse(FLOORED, 2, 3)[2], points=(K, TRIALS, P))
bdtrik = special(sp.bdtrik, *inverse(BINOMIAL, 0, 3), points=(P, (9.5, 7.2, 6.4), (0.6, 0.4, 0.7)))
bdtrin = special(sp.bdtrin, *inverse(BINOMIAL, 1, 3), points=((2.5, 1.2, 3.0), P, (0.6, 0.4, 0.7)))
COUNTED = flat(FAILURES, 0, 1)
nbdtr = special(sp.nbdtr, None, None, derivative(COUNTED, 2), points=((2, 1, 3), TRIALS, P))
nbdtrc = special(sp.nbdtrc, None, None, minus(derivative(COUNTED, 2)), points=((2, 1, 3), TRIALS, P))
nbdtri = special(sp.nbdtri, None, None, inverse(COUNTED, 2, 3)[2], points=((2, 1, 3), TRIALS, P))
nbdtrik = special(sp.nbdtrik, *inverse(FAILURES, 0, 3), points=(P, (5.5, 4.2, 6.4), (0.3, 0.4, 0.5)))
nbdtrin = special(sp.nbdtrin, *inverse(FAILURES, 1, 3), points=((2.5, 1.2, 3.0), P, (0.3, 0.4, 0.5)))

# ---- Student and Fisher

ORDINARY = ((1.4, 3.3, 0.8), (-1.3, 0.4, 2.2))


def student(df: Any, t: Any) -> Any:
    """The distribution function of Student's t."""
    z = np.where(np.equal(t, 0), 1.0, t)  # the sign takes care of 0
    return 0.5 + 0.5 * np.sign(t) * sp.betainc(0.5, 0.5 * df, z * z / (df + z * z))


def student_density(df: Any, t: Any) -> Any:
    """The density, gamma((df+1)/2) / (sqrt(pi df) gamma(df/2)) (1 + t*t/df)**(-(df+1)/2)."""
    return np.exp(-0.5 * (df + 1) * np.log1p(t * t / df) - 0.5 * np.log(df) - sp.betaln(0.5 * df, 0.5))


stdtr = special(sp.stdtr, derivative(student, 0), lambda y, df, t: student_density(df, t), points=ORDINARY)
stdtrit = special(sp.stdtrit, *inverse(sp.stdtr, 1, 2), points=((1.4, 3.3, 0.8), P))
stdtridf = special(sp.stdtridf, *inverse(sp.stdtr, 0, 2), points=((0.9, 0.2, 0.95), (1.7, -1.1, 2.2)))


def fisher(dfn: Any, dfd: Any, x: Any) -> Any:
    """The distribution function of F."""
    return sp.betainc(0.5 * dfn, 0.5 * dfd, dfn * x / (dfd + dfn * x))


fdtr = special(sp.fdtr, *derivatives(fisher, 3), points=(A, B, X))
fdtrc = special(sp.fdtrc, *map(minus, derivatives(fisher, 3)), points=(A, B, X))
fdtri = special(sp.fdtri, *inverse(sp.fdtr, 2, 3), points=(A, B, P))
fdtridfd = special(sp.fdtridfd, *inverse(sp.fdtr, 1, 3), points=((1.4, 2.2, 3.0), (0.7, 0.5, 0.6), (1.7, 0.9, 1.1)))

# ---- non-central ones: chi-square and F as Poisson mixtures, t as a mean of normal ones


def mixture(f: Callable[..., Any], nc: Any, *xs: Any) -> Any:
    """The mean of f(j, *xs) over j, drawn from Poisson's distribution with mean nc / 2."""
    j = np.arange(40 + ceil(0.5 * reach(nc) + 8 * reach(nc) ** 0.5))
    return integral(lambda nc, *xs: np.exp(sp.xlogy(j, 0.5 * nc) - 0.5 * nc - sp.gammaln(j + 1)) * f(j, *xs), nc, *xs)


def noncentral_chi(x: Any, df: Any, nc: Any) -> Any:
    """The distribution function of the non-central chi-square."""
    return mixture(lambda j, x, df: sp.gammainc(0.5 * df + j, 0.5 * x), nc, x, df)


def noncentral_f(dfn: Any, dfd: Any, nc: Any, f: Any) -> Any:
    """The distribution function of the non-central F."""
    y = dfn * f / (dfd + dfn * f)
    return mixture(lambda j, dfn, dfd, y: sp.betainc(0.5 * dfn + j, 0.5 * dfd, y), nc, dfn, dfd, y)


def noncentral_t(df: Any, nc: Any, t: Any) -> Any:
    """The distribution function of the non-central t: the mean of Phi(t s - nc), df s^2 being chi-square."""

    def f(df: Any, nc: Any, t: Any) -> Any:
        half = 0.5 * df
        s = HALF.t
        log_density = df * HALF.log_t + half * np.log(half) - half * s * s - sp.gammaln(half)
        return 2 * HALF.w * np.exp(log_density) * sp.ndtr(t * s - nc)

    return integral(f, df, nc, t)


NC = (0.7, 1.9, 0.4)
SOLVED = tuple(sp.ncfdtr((1.6, 3.3), (2.2, 3.7), (0.7, 1.9), (0.9, 1.6)).tolist())
chndtr = special(sp.chndtr, *derivatives(noncentral_chi, 3), points=(X, A, NC))
chndtrix = special(sp.chndtrix, *inverse(sp.chndtr, 0, 3), points=(P, A, NC))
chndtridf = special(sp.chndtridf, *inverse(sp.chndtr, 1, 3), points=(X, (0.3, 0.2, 0.6), NC))
chndtrinc = special(sp.chndtrinc, *inverse(sp.chndtr, 2, 3), points=(X, A, (0.2, 0.3, 0.2)))
ncfdtr = special(sp.ncfdtr, *derivatives(noncentral_f, 4), points=(A, B, NC, X))
ncfdtri = special(sp.ncfdtri, *inverse(sp.ncfdtr, 3, 4), points=(A, B, NC, P))
ncfdtridfd = special(
    sp.ncfdtridfd,
    *inverse(sp.ncfdtr, 1, 4),
    points=((1.6, 3.3), SOLVED, (0.7, 1.9), (0.9, 1.6)),
)
ncfdtridfn = special(
    sp.ncfdtridfn,
    *inverse(sp.ncfdtr, 0, 4),
    points=(SOLVED, (2.2, 3.7), (0.7, 1.9), (0.9, 1.6)),
)
ncfdtrinc = special(sp.ncfdtrinc, *inverse(sp.ncfdtr, 2, 4), points=(A, B, (0.2, 0.3, 0.3), X))
nctdtr = special(sp.nctdtr, *derivatives(noncentral_t, 3), points=(A, NC, X))
nctdtridf = special(sp.nctdtridf, *inverse(sp.nctdtr, 0, 3), points=((0.5, 0.3, 0.7), NC, (0.9, 1.6, 1.2)))
nctdtrinc = special(sp.nctdtrinc, *inverse(sp.nctdtr, 1, 3), points=(A, P, X))
nctdtrit = special(sp.nctdtrit, *inverse(sp.nctdtr, 2, 3), points=(A, NC, P))
nrdtrimn = special(sp.nrdtrimn, *derivatives(lambda p, std, x: x - std * sp.ndtri(p), 3), points=(P, A, X))
nrdtrisd = special(
    sp.nrdtrisd, *derivatives(lambda mn, p, x: (x - mn) / sp.ndtri(p), 3), points=(A, P, (2.4, 3.3, 4.6))
)

# ---- Kolmogorov and Smirnov


def kolmogorov_by_sums(y: Any) -> Any:
    """P(K > y): two theta series, each used where it converges fast."""
    is_low = np.less(y, 1)
    k = np.arange(1, 12)
    odd = np.square((2 * k - 1) * (pi / 2)) / 2
    low, high = np.where(is_low, y, 1.0), np.where(is_low, 1.0, y)
    small = 1 - ROOT_TWO_PI / low * integral(lambda y: np.exp(-odd / (y * y)), low)
    large = 2 * integral(lambda y: np.where(k % 2, 1.0, -1.0) * np.exp(-2 * k * k * y * y), high)
    return np.where(is_low, small, large)


def kolmogorov_slope(y: Any) -> Any:
    """The partial; 0 where y <= 0."""
    inside = np.greater(y, 0)
    return np.where(inside, derivative(kolmogorov_by_sums, 0)(None, np.where(inside, y, 1.0)), 0.0)


kolmogorov = special(sp.kolmogorov, lambda z, y: kolmogorov_slope(y), points=((0.4, 0.8, 1.3),))
kolmogi = special(sp.kolmogi, *inverse(sp.kolmogorov, 0, 1), points=(P,))


def smirnov_by_sum(n: Any, d: Any) -> Any:
    """P(D+ > d) of n draws: Birnbaum and Tingey, Ann. Math. Stat. 22 (1951)."""
    j = np.arange(int(reach(n)) + 1)

    def f(n: Any, d: Any) -> Any:
        rest = 1 - d - j / n
        counts = np.logical_and(np.greater(rest, 0), np.less_equal(j, n))
        rest = np.where(counts, rest, 1.0)
        log_term = (j - 1) * np.log(d + j / n) + (n - j) * np.log(rest)
        return np.where(counts, sp.binom(n, np.where(np.less_equal(j, n), j, 0)) * np.exp(log_term), 0.0)

    return d * integral(f, n, d)


SMIRNOV = derivative(smirnov_by_sum, 1)
smirnov = special(
    sp.smirnov, unknown(sp.smirnov, "n", "n is a whole number"), SMIRNOV, points=((2, 5, 3), (0.4, 0.3, 0.6))
)
smirnovi = special(
    sp.smirnovi,
    unknown(sp.smirnovi, "n", "n is a whole number"),
    inverse(smirnov_by_sum, 1, 2)[1],
    points=((2, 5, 3), P),
)

__all__ = ["beta_density", "gamma_density", "student_density"]
