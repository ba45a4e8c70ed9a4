"""Distributions over whole numbers: derivatives in their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from .density import Discrete


def log_binom(n: Any, k: Any) -> Any:
    """The logarithm of n over k."""
    return -sp.betaln(1 + n - k, 1 + k) - np.log(n + 1)


bernoulli = Discrete(
    "bernoulli",
    lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
    cdf=lambda k, p: 1 - p,
    sf=lambda k, p: p,
    at=(0.3,),
)
binom = Discrete(
    "binom",
    lambda k, n, p: log_binom(n, k) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p),
    cdf=lambda k, n, p: sp.betaincc(k + 1, n - k, p),
    sf=lambda k, n, p: sp.betainc(k + 1, n - k, p),
    at=(5, 0.3),
)
poisson = Discrete(
    "poisson",
    lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
    cdf=lambda k, mu: sp.gammaincc(k + 1, mu),
    sf=lambda k, mu: sp.gammainc(k + 1, mu),
    at=(1.7,),
)
geom = Discrete(
    "geom",
    lambda k, p: sp.xlog1py(k - 1, -p) + np.log(p),
    cdf=lambda k, p: -np.expm1(k * np.log1p(-p)),
    sf=lambda k, p: np.exp(k * np.log1p(-p)),
    at=(0.3,),
)
nbinom = Discrete(
    "nbinom",
    lambda k, n, p: sp.gammaln(n + k) - sp.gammaln(k + 1) - sp.gammaln(n) + n * np.log(p) + sp.xlog1py(k, -p),
    cdf=lambda k, n, p: sp.betainc(n, k + 1, p),
    sf=lambda k, n, p: sp.betaincc(n, k + 1, p),
    at=(2.6, 0.4),
)
betabinom = Discrete(
    "betabinom",
    lambda k, n, a, b: log_binom(n, k) + sp.betaln(k + a, n - k + b) - sp.betaln(a, b),
    at=(5, 1.4, 2.3),
)
betanbinom = Discrete(
    "betanbinom",
    lambda k, n, a, b: -np.log(n + k) - sp.betaln(n, k + 1) + sp.betaln(a + n, b + k) - sp.betaln(a, b),
    at=(3, 2.4, 1.3),
)
boltzmann = Discrete(
    "boltzmann", lambda k, lambda_, n: np.log(np.expm1(-lambda_) / np.expm1(-lambda_ * n)) - lambda_ * k, at=(0.7, 6)
)
dlaplace = Discrete(
    "dlaplace",
    lambda k, a: np.log(np.tanh(0.5 * a)) - a * np.abs(k),
    cdf=lambda k, a: np.where(
        k >= 0, 1 - np.exp(-a * np.abs(k + 1)) * sp.expit(a), np.exp(-a * np.abs(k)) * sp.expit(a)
    ),
    at=(0.8,),
)
logser = Discrete("logser", lambda k, p: k * np.log(p) - np.log(k) - np.log(-np.log1p(-p)), at=(0.6,))
planck = Discrete(
    "planck",
    lambda k, lambda_: np.log(-np.expm1(-lambda_)) - lambda_ * k,
    cdf=lambda k, lambda_: -np.expm1(-lambda_ * (k + 1)),
    sf=lambda k, lambda_: np.exp(-lambda_ * (k + 1)),
    at=(0.7,),
)
yulesimon = Discrete("yulesimon", lambda k, alpha: np.log(alpha) + sp.betaln(k, alpha + 1), at=(2.3,))
zipf = Discrete("zipf", lambda k, a: -a * np.log(k) - np.log1p(sp.zetac(a)), at=(2.6,))

COUNTS = (
    bernoulli, binom, poisson, geom, nbinom, betabinom, betanbinom, boltzmann, dlaplace, logser, planck, yulesimon,
    zipf,
)  # fmt: skip

__all__ = ["COUNTS"]
