"""The continuous distributions of everyday use."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np
import scipy.special as sp

from ...primitive import Elementwise
from ..special.declared import derivative
from ..special.integrals import integral, panels
from .density import Continuous

LOG_ROOT_TWO_PI = 0.5 * log(2 * pi)


def phi(z: Any) -> Any:
    """The logarithm of the standard normal density."""
    return -0.5 * z * z - LOG_ROOT_TWO_PI


def log_mass(a: Any, b: Any) -> Any:
    """log(Phi(b) - Phi(a)), from the side where it does not cancel."""
    right = np.greater(a, 0)
    low, high = np.where(right, -b, a), np.where(right, -a, b)
    top = sp.log_ndtr(high)
    return top + np.log1p(-np.exp(sp.log_ndtr(low) - top))


def turned(kappa: Any, x: Any) -> Any:
    """The integral of the density of von Mises from -pi to x, whole turns counted."""
    turns = np.round(x / (2 * pi))
    t, w = panels(16)
    span = x - 2 * pi * turns + pi
    f = lambda kappa, span: w * np.exp(kappa * (np.cos(span * t - pi) - 1))
    return turns + span / (2 * pi * sp.i0e(kappa)) * integral(f, kappa, span)


def falling(z: Any) -> Any:
    """The operand where it is negative, else 0."""
    return np.where(np.less(z, 0), z, 0.0)


def rising(z: Any) -> Any:
    """The operand where it is not negative, else 0."""
    return np.where(np.less(z, 0), 0.0, z)


def gennorm_density(z: Any, beta: Any) -> Any:
    """The logarithm of the density of the generalised normal distribution."""
    return np.log(0.5 * beta) - sp.gammaln(1 / beta) - np.power(np.abs(z), beta)


def gennorm_formula(z: Any, beta: Any) -> Any:
    """Its distribution function, but for the derivative in z at 0."""
    at_zero = np.equal(z, 0)
    size = np.power(np.where(at_zero, 1.0, np.abs(z)), beta)
    return 0.5 + 0.5 * np.sign(z) * sp.gammainc(1 / beta, size)


gennorm_cdf = Elementwise(
    "stats.gennorm.cdf",
    gennorm_formula,
    (lambda y, z, beta: np.exp(gennorm_density(z, beta)), derivative(gennorm_formula, 1)),
    samples=lambda a: [(np.array([-0.7, 0.4]), 1.6)],
)


def on_the_rise(z: Any, c: Any) -> Any:
    """Where a triangle rises."""
    return np.less(z, c)


norm = Continuous(
    "norm",
    phi,
    cdf=sp.ndtr,
    sf=lambda z: sp.ndtr(-z),
    logcdf=sp.log_ndtr,
    logsf=lambda z: sp.log_ndtr(-z),
    ppf=sp.ndtri,
    isf=lambda q: -sp.ndtri(q),
)
t = Continuous(
    "t",
    lambda z, df: -0.5 * (df + 1) * np.log1p(z * z / df) - 0.5 * np.log(df) - sp.betaln(0.5, 0.5 * df),
    cdf=lambda z, df: sp.stdtr(df, z),
    sf=lambda z, df: sp.stdtr(df, -z),
    ppf=lambda q, df: sp.stdtrit(df, q),
    isf=lambda q, df: -sp.stdtrit(df, q),
    at=(3.3,),
)
beta = Continuous(
    "beta",
    lambda z, a, b: sp.xlog1py(b - 1, -z) + sp.xlogy(a - 1, z) - sp.betaln(a, b),
    cdf=lambda z, a, b: sp.betainc(a, b, z),
    sf=lambda z, a, b: sp.betaincc(a, b, z),
    ppf=lambda q, a, b: sp.betaincinv(a, b, q),
    isf=lambda q, a, b: sp.betainccinv(a, b, q),
    at=(1.4, 2.3),
)
gamma = Continuous(
    "gamma",
    lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a),
    cdf=lambda z, a: sp.gammainc(a, z),
    sf=lambda z, a: sp.gammaincc(a, z),
    ppf=lambda q, a: sp.gammaincinv(a, q),
    isf=lambda q, a: sp.gammainccinv(a, q),
    at=(1.7,),
)
erlang = gamma
chi2 = Continuous(
    "chi2",
    lambda z, df: sp.xlogy(0.5 * df - 1, z) - 0.5 * z - sp.gammaln(0.5 * df) - 0.5 * log(2) * df,
    cdf=lambda z, df: sp.chdtr(df, z),
    sf=lambda z, df: sp.chdtrc(df, z),
    ppf=lambda q, df: 2 * sp.gammaincinv(0.5 * df, q),
    isf=lambda q, df: sp.chdtri(df, q),
    at=(3.3,),
)
expon = Continuous(
    "expon",
    lambda z: -z,
    cdf=lambda z: -np.expm1(-z),
    sf=lambda z: np.exp(-z),
    logsf=lambda z: -z,
    ppf=lambda q: -np.log1p(-q),
    isf=lambda q: -np.log(q),
)
uniform = Continuous(
    "uniform", lambda z: 0 * z, cdf=lambda z: 1 * z, sf=lambda z: 1 - z, ppf=lambda q: 1 * q, isf=lambda q: 1 - q
)
laplace = Continuous(
    "laplace",
    lambda z: -np.abs(z) - log(2),
    cdf=lambda z: np.where(np.less(z, 0), 0.5 * np.exp(falling(z)), 1 - 0.5 * np.exp(-rising(z))),
    sf=lambda z: np.where(np.less(z, 0), 1 - 0.5 * np.exp(falling(z)), 0.5 * np.exp(-rising(z))),
    logcdf=lambda z: np.where(np.less(z, 0), z - log(2), np.log1p(-0.5 * np.exp(-rising(z)))),
    logsf=lambda z: np.where(np.less(z, 0), np.log1p(-0.5 * np.exp(falling(z))), -z - log(2)),
    ppf=lambda q: np.where(np.less(q, 0.5), np.log(2 * q), -np.log(2 * (1 - q))),
    isf=lambda q: np.where(np.less(q, 0.5), -np.log(2 * q), np.log(2 * (1 - q))),
)
logistic = Continuous(
    "logistic",
    lambda z: sp.log_expit(z) + sp.log_expit(-z),
    cdf=sp.expit,
    sf=lambda z: sp.expit(-z),
    logcdf=sp.log_expit,
    logsf=lambda z: sp.log_expit(-z),
    ppf=sp.logit,
    isf=lambda q: -sp.logit(q),
)
cauchy = Continuous(
    "cauchy",
    lambda z: -np.log1p(z * z) - log(pi),
    cdf=lambda z: np.arctan2(1.0, -z) / pi,
    sf=lambda z: np.arctan2(1.0, z) / pi,
    ppf=lambda q: -1 / np.tan(pi * q),
    isf=lambda q: 1 / np.tan(pi * q),
)
pareto = Continuous(
    "pareto",
    lambda z, b: np.log(b) - (b + 1) * np.log(z),
    cdf=lambda z, b: -np.expm1(-b * np.log(z)),
    sf=lambda z, b: np.power(z, -b),
    logsf=lambda z, b: -b * np.log(z),
    ppf=lambda q, b: np.power(1 - q, -1 / b),
    isf=lambda q, b: np.power(q, -1 / b),
    at=(1.8,),
)
truncnorm = Continuous(
    "truncnorm",
    lambda z, a, b: phi(z) - log_mass(a, b),
    cdf=lambda z, a, b: np.exp(log_mass(a, z) - log_mass(a, b)),
    sf=lambda z, a, b: np.exp(log_mass(z, b) - log_mass(a, b)),
    logcdf=lambda z, a, b: log_mass(a, z) - log_mass(a, b),
    logsf=lambda z, a, b: log_mass(z, b) - log_mass(a, b),
    at=(-1.2, 1.9),
)
gennorm = Continuous("gennorm", gennorm_density, cdf=gennorm_cdf, sf=lambda z, beta: gennorm_cdf(-z, beta), at=(1.6,))
vonmises = Continuous(
    "vonmises",
    lambda z, kappa: kappa * (np.cos(z) - 1) - np.log(2 * pi * sp.i0e(kappa)),
    cdf=lambda z, kappa: turned(kappa, z),
    at=(1.4,),
)
wrapcauchy = Continuous(
    "wrapcauchy",
    lambda z, c: np.log1p(-c * c) - np.log(2 * pi * (1 + c * c - 2 * c * np.cos(z))),
    cdf=lambda z, c: np.arctan2((1 + c) * np.sin(0.5 * z), (1 - c) * np.cos(0.5 * z)) / pi,
    ppf=lambda q, c: 2 * np.arctan2((1 - c) * np.sin(pi * q), (1 + c) * np.cos(pi * q)),
    at=(0.4,),
)
lognorm = Continuous(
    "lognorm",
    lambda z, s: phi(np.log(z) / s) - np.log(s * z),
    cdf=lambda z, s: sp.ndtr(np.log(z) / s),
    sf=lambda z, s: sp.ndtr(-np.log(z) / s),
    logcdf=lambda z, s: sp.log_ndtr(np.log(z) / s),
    logsf=lambda z, s: sp.log_ndtr(-np.log(z) / s),
    ppf=lambda q, s: np.exp(s * sp.ndtri(q)),
    isf=lambda q, s: np.exp(-s * sp.ndtri(q)),
    at=(0.7,),
)
weibull_min = Continuous(
    "weibull_min",
    lambda z, c: np.log(c) + sp.xlogy(c - 1, z) - np.power(z, c),
    cdf=lambda z, c: -np.expm1(-np.power(z, c)),
    sf=lambda z, c: np.exp(-np.power(z, c)),
    logsf=lambda z, c: -np.power(z, c),
    ppf=lambda q, c: np.power(-np.log1p(-q), 1 / c),
    isf=lambda q, c: np.power(-np.log(q), 1 / c),
    at=(1.6,),
)
weibull_max = Continuous(
    "weibull_max",
    lambda z, c: np.log(c) + sp.xlogy(c - 1, -z) - np.power(-z, c),
    cdf=lambda z, c: np.exp(-np.power(-z, c)),
    sf=lambda z, c: -np.expm1(-np.power(-z, c)),
    logcdf=lambda z, c: -np.power(-z, c),
    ppf=lambda q, c: -np.power(-np.log(q), 1 / c),
    isf=lambda q, c: -np.power(-np.log1p(-q), 1 / c),
    at=(1.6,),
)
gumbel_r = Continuous(
    "gumbel_r",
    lambda z: -z - np.exp(-z),
    cdf=lambda z: np.exp(-np.exp(-z)),
    sf=lambda z: -np.expm1(-np.exp(-z)),
    logcdf=lambda z: -np.exp(-z),
    ppf=lambda q: -np.log(-np.log(q)),
    isf=lambda q: -np.log(-np.log1p(-q)),
)
gumbel_l = Continuous(
    "gumbel_l",
    lambda z: z - np.exp(z),
    cdf=lambda z: -np.expm1(-np.exp(z)),
    sf=lambda z: np.exp(-np.exp(z)),
    logsf=lambda z: -np.exp(z),
    ppf=lambda q: np.log(-np.log1p(-q)),
    isf=lambda q: np.log(-np.log(q)),
)
f = Continuous(
    "f",
    lambda z, dfn, dfd: (
        0.5 * dfn * np.log(dfn)
        + 0.5 * dfd * np.log(dfd)
        + sp.xlogy(0.5 * dfn - 1, z)
        - 0.5 * (dfn + dfd) * np.log(dfd + dfn * z)
        - sp.betaln(0.5 * dfn, 0.5 * dfd)
    ),
    cdf=lambda z, dfn, dfd: sp.fdtr(dfn, dfd, z),
    sf=lambda z, dfn, dfd: sp.fdtrc(dfn, dfd, z),
    ppf=lambda q, dfn, dfd: sp.fdtri(dfn, dfd, q),
    at=(3.4, 4.6),
)
invgamma = Continuous(
    "invgamma",
    lambda z, a: -(a + 1) * np.log(z) - sp.gammaln(a) - 1 / z,
    cdf=lambda z, a: sp.gammaincc(a, 1 / z),
    sf=lambda z, a: sp.gammainc(a, 1 / z),
    ppf=lambda q, a: 1 / sp.gammainccinv(a, q),
    isf=lambda q, a: 1 / sp.gammaincinv(a, q),
    at=(2.6,),
)
rayleigh = Continuous(
    "rayleigh",
    lambda z: np.log(z) - 0.5 * z * z,
    cdf=lambda z: -np.expm1(-0.5 * z * z),
    sf=lambda z: np.exp(-0.5 * z * z),
    logsf=lambda z: -0.5 * z * z,
    ppf=lambda q: np.sqrt(-2 * np.log1p(-q)),
    isf=lambda q: np.sqrt(-2 * np.log(q)),
)
halfnorm = Continuous(
    "halfnorm",
    lambda z: phi(z) + log(2),
    cdf=lambda z: sp.erf(z / sqrt(2)),
    sf=lambda z: sp.erfc(z / sqrt(2)),
    logsf=lambda z: sp.log_ndtr(-z) + log(2),
    ppf=lambda q: sp.ndtri(0.5 * (1 + q)),
    isf=lambda q: -sp.ndtri(0.5 * q),
)
skewnorm = Continuous(
    "skewnorm",
    lambda z, a: log(2) + phi(z) + sp.log_ndtr(a * z),
    cdf=lambda z, a: sp.ndtr(z) - 2 * sp.owens_t(z, a),
    sf=lambda z, a: sp.ndtr(-z) + 2 * sp.owens_t(z, a),
    at=(1.3,),
)
triang = Continuous(
    "triang",
    lambda z, c: (
        log(2)
        + np.log(np.where(on_the_rise(z, c), z, 1 - z))
        - np.log(np.where(on_the_rise(z, c), c, np.where(np.equal(c, 1), 1.0, 1 - c)))
    ),
    cdf=lambda z, c: np.where(
        on_the_rise(z, c),
        z * z / np.where(on_the_rise(z, c), c, 1.0),
        1 - (1 - z) * (1 - z) / np.where(on_the_rise(z, c), 1.0, np.where(np.equal(c, 1), 1.0, 1 - c)),
    ),
    ppf=lambda q, c: np.where(np.less(q, c), np.sqrt(c * q), 1 - np.sqrt((1 - c) * (1 - q))),
    at=(0.4,),
)

COMMON = (
    norm, t, beta, gamma, chi2, expon, uniform, laplace, logistic, cauchy, pareto, truncnorm, gennorm, vonmises,
    wrapcauchy, lognorm, weibull_min, weibull_max, gumbel_r, gumbel_l, f, invgamma, rayleigh, halfnorm, skewnorm,
    triang,
)  # fmt: skip

__all__ = ["COMMON", "log_mass", "phi"]
