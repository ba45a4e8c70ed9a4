"""Further continuous distributions: each by the logarithm of its density, and by what else has a short formula."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np
import scipy.special as sp

from .common import falling, phi, rising
from .density import Continuous

HALF_LOG_TWO_PI = 0.5 * log(2 * pi)


def tail_log(z: Any, c: Any) -> Any:
    """log(1 + c z) / c, with its limit z at c = 0."""
    return z * sp.hyp2f1(1.0, 1.0, 2.0, -c * z)


def levy_log(z: Any) -> Any:
    """The logarithm of Levy's density."""
    return -HALF_LOG_TWO_PI - 1.5 * np.log(z) - 0.5 / z


def inverse_gauss(z: Any, mu: Any) -> Any:
    """The logarithm of Wald's density."""
    return -HALF_LOG_TWO_PI - 1.5 * np.log(z) - 0.5 * np.square((z - mu) / mu) / z


def fatigue(z: Any, c: Any) -> Any:
    """What is normal in the fatigue life distribution."""
    return (np.sqrt(z) - 1 / np.sqrt(z)) / c


FURTHER = (
    Continuous("alpha", lambda z, a: -2 * np.log(z) - sp.log_ndtr(a) + phi(a - 1 / z), at=(1.7,),
               cdf=lambda z, a: sp.ndtr(a - 1 / z) / sp.ndtr(a)),
    Continuous("anglit", lambda z: np.log(np.cos(2 * z)), cdf=lambda z: np.square(np.sin(z + pi / 4)),
               ppf=lambda q: np.arcsin(np.sqrt(q)) - pi / 4),
    Continuous("arcsine", lambda z: -log(pi) - 0.5 * (np.log(z) + np.log1p(-z)),
               cdf=lambda z: 2 / pi * np.arcsin(np.sqrt(z)), ppf=lambda q: np.square(np.sin(0.5 * pi * q))),
    Continuous("betaprime", lambda z, a, b: sp.xlogy(a - 1, z) - (a + b) * np.log1p(z) - sp.betaln(a, b),
               cdf=lambda z, a, b: sp.betainc(a, b, z / (1 + z)), sf=lambda z, a, b: sp.betaincc(a, b, z / (1 + z)),
               at=(1.6, 2.7)),
    Continuous("bradford", lambda z, c: np.log(c) - np.log1p(c * z) - np.log(np.log1p(c)),
               cdf=lambda z, c: np.log1p(c * z) / np.log1p(c), ppf=lambda q, c: np.expm1(q * np.log1p(c)) / c,
               at=(1.3,)),
    Continuous("burr", lambda z, c, d: np.log(c * d) + (-c - 1) * np.log(z) - (d + 1) * np.log1p(np.power(z, -c)),
               cdf=lambda z, c, d: np.power(1 + np.power(z, -c), -d), at=(2.3, 1.4),
               ppf=lambda q, c, d: np.power(np.power(q, -1 / d) - 1, -1 / c)),
    Continuous("burr12", lambda z, c, d: np.log(c * d) + sp.xlogy(c - 1, z) - (d + 1) * np.log1p(np.power(z, c)),
               cdf=lambda z, c, d: -np.expm1(-d * np.log1p(np.power(z, c))), at=(2.3, 1.4),
               sf=lambda z, c, d: np.power(1 + np.power(z, c), -d),
               ppf=lambda q, c, d: np.power(np.expm1(-np.log1p(-q) / d), 1 / c)),
    Continuous("chi", lambda z, df: (1 - 0.5 * df) * log(2) + sp.xlogy(df - 1, z) - 0.5 * z * z - sp.gammaln(0.5 * df),
               cdf=lambda z, df: sp.gammainc(0.5 * df, 0.5 * z * z),
               sf=lambda z, df: sp.gammaincc(0.5 * df, 0.5 * z * z),
               ppf=lambda q, df: np.sqrt(2 * sp.gammaincinv(0.5 * df, q)), at=(2.7,)),
    Continuous("cosine", lambda z: np.log1p(np.cos(z)) - log(2 * pi), cdf=lambda z: (pi + z + np.sin(z)) / (2 * pi)),
    Continuous("dgamma", lambda z, a: sp.xlogy(a - 1, np.abs(z)) - np.abs(z) - log(2) - sp.gammaln(a),
               cdf=lambda z, a: np.where(np.greater(z, 0), 0.5 + 0.5 * sp.gammainc(a, np.abs(z)),
                                         0.5 * sp.gammaincc(a, np.abs(z))), at=(1.7,)),
    Continuous("dweibull", lambda z, c: np.log(0.5 * c) + sp.xlogy(c - 1, np.abs(z)) - np.power(np.abs(z), c),
               cdf=lambda z, c: np.where(np.greater(z, 0), 1 - 0.5 * np.exp(-np.power(np.abs(z), c)),
                                         0.5 * np.exp(-np.power(np.abs(z), c))), at=(1.7,)),
    Continuous("exponnorm", lambda z, k: (0.5 / (k * k) - z / k) - np.log(k) + sp.log_ndtr(z - 1 / k),
               cdf=lambda z, k: sp.ndtr(z) - np.exp(0.5 / (k * k) - z / k + sp.log_ndtr(z - 1 / k)), at=(1.4,)),
    Continuous("exponpow", lambda z, b: 1 + np.log(b) + sp.xlogy(b - 1, z) + np.power(z, b) - np.exp(np.power(z, b)),
               cdf=lambda z, b: -np.expm1(-np.expm1(np.power(z, b))), at=(1.7,),
               ppf=lambda q, b: np.power(np.log1p(-np.log1p(-q)), 1 / b)),
    Continuous("exponweib", lambda z, a, c: (np.log(a * c) + sp.xlogy(a - 1, -np.expm1(-np.power(z, c)))
                                             - np.power(z, c) + sp.xlogy(c - 1, z)),
               cdf=lambda z, a, c: np.power(-np.expm1(-np.power(z, c)), a), at=(1.7, 1.4),
               ppf=lambda q, a, c: np.power(-np.log1p(-np.power(q, 1 / a)), 1 / c)),
    Continuous("fatiguelife", lambda z, c: (np.log1p(z) - log(2) - np.log(c) - 1.5 * np.log(z) - HALF_LOG_TWO_PI
                                            - 0.5 * np.square(fatigue(z, c))),
               cdf=lambda z, c: sp.ndtr(fatigue(z, c)), sf=lambda z, c: sp.ndtr(-fatigue(z, c)), at=(0.9,)),
    Continuous("fisk", lambda z, c: np.log(c) + (c - 1) * np.log(z) - 2 * np.log1p(np.power(z, c)),
               cdf=lambda z, c: sp.expit(c * np.log(z)), sf=lambda z, c: sp.expit(-c * np.log(z)), at=(1.7,),
               ppf=lambda q, c: np.exp(sp.logit(q) / c)),
    Continuous("foldcauchy", lambda z, c: np.log(1 / (1 + np.square(z - c)) + 1 / (1 + np.square(z + c))) - log(pi),
               cdf=lambda z, c: (np.arctan(z - c) + np.arctan(z + c)) / pi, at=(0.8,)),
    Continuous("foldnorm", lambda z, c: np.logaddexp(phi(z - c), phi(z + c)),
               cdf=lambda z, c: sp.ndtr(z - c) - sp.ndtr(-z - c), at=(0.8,)),
    Continuous("genextreme", lambda z, c: (1 - c) * -tail_log(z, -c) - np.exp(-tail_log(z, -c)),
               cdf=lambda z, c: np.exp(-np.exp(-tail_log(z, -c))), logcdf=lambda z, c: -np.exp(-tail_log(z, -c)),
               sf=lambda z, c: -np.expm1(-np.exp(-tail_log(z, -c))), at=(0.3,)),
    Continuous("gengamma", lambda z, a, c: np.log(np.abs(c)) + sp.xlogy(c * a - 1, z) - np.power(z, c) - sp.gammaln(a),
               cdf=lambda z, a, c: np.where(np.greater(c, 0), sp.gammainc(a, np.power(z, c)),
                                            sp.gammaincc(a, np.power(z, c))), at=(1.7, 1.4)),
    Continuous("genhalflogistic", lambda z, c: (log(2) + (1 / c - 1) * np.log1p(-c * z)
                                                - 2 * np.log1p(np.power(1 - c * z, 1 / c))),
               cdf=lambda z, c: (1 - np.power(1 - c * z, 1 / c)) / (1 + np.power(1 - c * z, 1 / c)), at=(0.6,)),
    Continuous("geninvgauss", lambda z, p, b: (sp.xlogy(p - 1, z) - 0.5 * b * (z + 1 / z) - log(2)
                                                  - np.log(sp.kve(p, b)) + b),
               at=(1.3, 0.8)),
    Continuous("genlogistic", lambda z, c: np.log(c) - z - (c + 1) * np.logaddexp(0.0, -z),
               cdf=lambda z, c: np.exp(-c * np.logaddexp(0.0, -z)), logcdf=lambda z, c: -c * np.logaddexp(0.0, -z),
               ppf=lambda q, c: -np.log(np.expm1(-np.log(q) / c)), at=(1.6,)),
    Continuous("genpareto", lambda z, c: -(1 + c) * tail_log(z, c), cdf=lambda z, c: -np.expm1(-tail_log(z, c)),
               sf=lambda z, c: np.exp(-tail_log(z, c)), logsf=lambda z, c: -tail_log(z, c),
               ppf=lambda q, c: -sp.boxcox(1 - q, -c), isf=lambda q, c: -sp.boxcox(q, -c), at=(0.3,)),
    Continuous("gompertz", lambda z, c: np.log(c) + z - c * np.expm1(z), cdf=lambda z, c: -np.expm1(-c * np.expm1(z)),
               sf=lambda z, c: np.exp(-c * np.expm1(z)), ppf=lambda q, c: np.log1p(-np.log1p(-q) / c), at=(0.8,)),
    Continuous("halfcauchy", lambda z: log(2 / pi) - np.log1p(z * z), cdf=lambda z: 2 / pi * np.arctan(z),
               sf=lambda z: 2 / pi * np.arctan2(1.0, z), ppf=lambda q: np.tan(0.5 * pi * q)),
    Continuous("halfgennorm", lambda z, beta: np.log(beta) - sp.gammaln(1 / beta) - np.power(z, beta),
               cdf=lambda z, beta: sp.gammainc(1 / beta, np.power(z, beta)),
               sf=lambda z, beta: sp.gammaincc(1 / beta, np.power(z, beta)), at=(1.6,)),
    Continuous("halflogistic", lambda z: log(2) - z - 2 * sp.log1p(np.exp(-z)), cdf=lambda z: np.tanh(0.5 * z),
               sf=lambda z: 2 * sp.expit(-z), ppf=lambda q: 2 * np.arctanh(q)),
    Continuous("hypsecant", lambda z: -log(pi) - np.log(np.cosh(z)), cdf=lambda z: 2 / pi * np.arctan(np.exp(z)),
               sf=lambda z: 2 / pi * np.arctan(np.exp(-z)), ppf=lambda q: np.log(np.tan(0.5 * pi * q))),
    Continuous("invgauss", inverse_gauss, at=(0.8,)),
    Continuous("wald", lambda z: inverse_gauss(z, 1.0)),
    Continuous("invweibull", lambda z, c: np.log(c) - (c + 1) * np.log(z) - np.power(z, -c),
               cdf=lambda z, c: np.exp(-np.power(z, -c)), logcdf=lambda z, c: -np.power(z, -c),
               sf=lambda z, c: -np.expm1(-np.power(z, -c)), ppf=lambda q, c: np.power(-np.log(q), -1 / c), at=(1.7,)),
    Continuous("johnsonsb", lambda z, a, b: np.log(b) - np.log(z) - np.log1p(-z) + phi(a + b * sp.logit(z)),
               cdf=lambda z, a, b: sp.ndtr(a + b * sp.logit(z)), sf=lambda z, a, b: sp.ndtr(-a - b * sp.logit(z)),
               ppf=lambda q, a, b: sp.expit((sp.ndtri(q) - a) / b), at=(0.4, 1.2)),
    Continuous("johnsonsu", lambda z, a, b: np.log(b) - 0.5 * np.log1p(z * z) + phi(a + b * np.arcsinh(z)),
               cdf=lambda z, a, b: sp.ndtr(a + b * np.arcsinh(z)), sf=lambda z, a, b: sp.ndtr(-a - b * np.arcsinh(z)),
               ppf=lambda q, a, b: np.sinh((sp.ndtri(q) - a) / b), at=(0.4, 1.2)),
    Continuous("kappa3", lambda z, a: np.log(a) - (1 + 1 / a) * np.log(a + np.power(z, a)),
               cdf=lambda z, a: z * np.power(a + np.power(z, a), -1 / a), at=(1.3,)),
    Continuous("laplace_asymmetric",
               lambda z, kappa: -z * np.where(np.greater_equal(z, 0), kappa, -1 / kappa) - np.log(kappa + 1 / kappa),
               cdf=lambda z, kappa: np.where(np.less(z, 0), kappa * kappa * np.exp(falling(z) / kappa),
                                             1 + kappa * kappa - np.exp(-kappa * rising(z))) / (1 + kappa * kappa),
               at=(1.4,)),
    Continuous("levy", levy_log, cdf=lambda z: sp.erfc(np.sqrt(0.5 / z)), sf=lambda z: sp.erf(np.sqrt(0.5 / z)),
               ppf=lambda q: 0.5 / np.square(sp.erfcinv(q))),
    Continuous("levy_l", lambda z: levy_log(np.abs(z)), cdf=lambda z: sp.erf(np.sqrt(-0.5 / z)),
               sf=lambda z: sp.erfc(np.sqrt(-0.5 / z))),
    Continuous("loggamma", lambda z, c: c * z - np.exp(z) - sp.gammaln(c), cdf=lambda z, c: sp.gammainc(c, np.exp(z)),
               sf=lambda z, c: sp.gammaincc(c, np.exp(z)), at=(1.7,)),
    Continuous("loglaplace", lambda z, c: np.log(0.5 * c) + np.where(np.less(z, 1), c - 1, -c - 1) * np.log(z),
               cdf=lambda z, c: np.where(np.less(z, 1), 0.5 * np.power(z, c), 1 - 0.5 * np.power(z, -c)), at=(1.7,)),
    Continuous("loguniform", lambda z, a, b: -np.log(z) - np.log(np.log(b) - np.log(a)),
               cdf=lambda z, a, b: (np.log(z) - np.log(a)) / (np.log(b) - np.log(a)),
               ppf=lambda q, a, b: np.exp(np.log(a) + q * (np.log(b) - np.log(a))), at=(0.6, 3.4)),
    Continuous("lomax", lambda z, c: np.log(c) - (c + 1) * np.log1p(z), cdf=lambda z, c: -np.expm1(-c * np.log1p(z)),
               sf=lambda z, c: np.exp(-c * np.log1p(z)), logsf=lambda z, c: -c * np.log1p(z),
               ppf=lambda q, c: np.expm1(-np.log1p(-q) / c), at=(1.7,)),
    Continuous("maxwell", lambda z: 0.5 * log(2 / pi) + 2 * np.log(z) - 0.5 * z * z,
               cdf=lambda z: sp.gammainc(1.5, 0.5 * z * z), sf=lambda z: sp.gammaincc(1.5, 0.5 * z * z),
               ppf=lambda q: np.sqrt(2 * sp.gammaincinv(1.5, q))),
    Continuous("mielke", lambda z, k, s: np.log(k) + (k - 1) * np.log(z) - (1 + k / s) * np.log1p(np.power(z, s)),
               cdf=lambda z, k, s: np.power(z, k) / np.power(1 + np.power(z, s), k / s), at=(1.7, 2.2)),
    Continuous("moyal", lambda z: -0.5 * (z + np.exp(-z)) - HALF_LOG_TWO_PI,
               cdf=lambda z: sp.erfc(np.exp(-0.5 * z) / sqrt(2)), sf=lambda z: sp.erf(np.exp(-0.5 * z) / sqrt(2))),
    Continuous("nakagami", lambda z, nu: (log(2) + sp.xlogy(nu, nu) - sp.gammaln(nu) + sp.xlogy(2 * nu - 1, z)
                                          - nu * z * z),
               cdf=lambda z, nu: sp.gammainc(nu, nu * z * z), sf=lambda z, nu: sp.gammaincc(nu, nu * z * z), at=(1.3,)),
    Continuous("norminvgauss",
               lambda z, a, b: (np.log(a / pi * sp.k1e(a * np.hypot(1, z))) - 0.5 * np.log1p(z * z)
                                + np.sqrt(a * a - b * b) + b * z - a * np.hypot(1, z)), at=(1.7, 0.6)),
    Continuous("powerlaw", lambda z, a: np.log(a) + sp.xlogy(a - 1, z), cdf=np.power,
               logcdf=lambda z, a: a * np.log(z), ppf=lambda q, a: np.power(q, 1 / a), at=(1.7,)),
    Continuous("powerlognorm", lambda z, c, s: (np.log(c) - np.log(z * s) + phi(np.log(z) / s)
                                                + (c - 1) * sp.log_ndtr(-np.log(z) / s)),
               sf=lambda z, c, s: np.exp(c * sp.log_ndtr(-np.log(z) / s)),
               cdf=lambda z, c, s: -np.expm1(c * sp.log_ndtr(-np.log(z) / s)), at=(1.7, 0.6)),
    Continuous("powernorm", lambda z, c: np.log(c) + phi(z) + (c - 1) * sp.log_ndtr(-z),
               cdf=lambda z, c: -np.expm1(c * sp.log_ndtr(-z)), sf=lambda z, c: np.exp(c * sp.log_ndtr(-z)),
               ppf=lambda q, c: -sp.ndtri(np.power(1 - q, 1 / c)), at=(1.7,)),
    Continuous("rdist", lambda z, c: (0.5 * c - 1) * np.log1p(-z * z) - sp.betaln(0.5, 0.5 * c),
               cdf=lambda z, c: sp.betainc(0.5 * c, 0.5 * c, 0.5 * (1 + z)), at=(2.6,)),
    Continuous("reciprocal", lambda z, a, b: -np.log(z) - np.log(np.log(b) - np.log(a)),
               cdf=lambda z, a, b: (np.log(z) - np.log(a)) / (np.log(b) - np.log(a)),
               ppf=lambda q, a, b: np.exp(np.log(a) + q * (np.log(b) - np.log(a))), at=(0.6, 3.4)),
    Continuous("recipinvgauss", lambda z, mu: (-HALF_LOG_TWO_PI - 0.5 * np.log(z)
                                                - 0.5 * np.square((1 - mu * z) / mu) / z),
               at=(0.8,)),
    Continuous("rice", lambda z, b: np.log(z) - 0.5 * np.square(z - b) + np.log(sp.i0e(z * b)), at=(0.8,)),
    Continuous("semicircular", lambda z: log(2 / pi) + 0.5 * np.log1p(-z * z),
               cdf=lambda z: 0.5 + (z * np.sqrt(1 - z * z) + np.arcsin(z)) / pi),
    Continuous("skewcauchy", lambda z, a: -np.log(pi * (1 + np.square(z / (1 + a * np.sign(z))))),
               cdf=lambda z, a: 0.5 * (1 - a) + ((1 - a) * np.arctan(falling(z) / (1 - a))
                                                 + (1 + a) * np.arctan(rising(z) / (1 + a))) / pi, at=(0.4,)),
    Continuous("truncexpon", lambda z, b: -z - np.log(-np.expm1(-b)), cdf=lambda z, b: np.expm1(-z) / np.expm1(-b),
               ppf=lambda q, b: -np.log1p(q * np.expm1(-b)), at=(1.8,)),
    Continuous("truncpareto", lambda z, b, c: np.log(b) - np.log(-np.expm1(-b * np.log(c))) - (b + 1) * np.log(z),
               cdf=lambda z, b, c: np.expm1(-b * np.log(z)) / np.expm1(-b * np.log(c)), at=(1.7, 3.2)),
    Continuous("tukeylambda", lambda z, lam: -np.log(np.power(sp.tklmbda(z, lam), lam - 1)
                                                     + np.power(1 - sp.tklmbda(z, lam), lam - 1)),
               cdf=sp.tklmbda, ppf=lambda q, lam: sp.boxcox(q, lam) - sp.boxcox1p(-q, lam),
               at=(0.3,)),
    Continuous("ncx2", lambda z, df, nc: (-0.5 * (np.square(np.sqrt(z) - np.sqrt(nc))) - log(2)
                                          + (0.25 * df - 0.5) * (np.log(z) - np.log(nc))
                                          + np.log(sp.ive(0.5 * df - 1, np.sqrt(nc * z)))),
               cdf=sp.chndtr, at=(2.7, 1.3)),
)  # fmt: skip

__all__ = ["FURTHER"]
