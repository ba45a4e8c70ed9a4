"""Distributions over vectors, simplices and matrices."""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np
import scipy.special as sp

from ...errors import ShapeError
from ..special.functions import multigammaln

LOG_TWO_PI = log(2 * pi)


class Gaussian:
    """The multivariate normal distribution of full rank. x: (..., d); mean: (d,); cov: (d, d), (d,) or a number."""

    name = "multivariate_normal"

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density.  (..., d) -> (...)"""
        x, mean, cov, d = arranged(x, mean, cov, self.name)
        distance, log_det = squared_distance(x - mean, cov)
        return np.squeeze(-0.5 * (d * LOG_TWO_PI + log_det + distance))

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density.  (..., d) -> (...)"""
        return np.exp(self.logpdf(x, mean, cov))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The differential entropy, which depends on `cov` alone."""
        _, _, cov, d = arranged(np.zeros(np.shape(cov)[:1]), mean, cov, self.name)
        return 0.5 * (d * (LOG_TWO_PI + 1) + np.linalg.slogdet(cov)[1])


class StudentVector:
    """The multivariate t distribution. x: (..., d); loc: (d,); shape: (d, d)."""

    name = "multivariate_t"

    def logpdf(self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
        """The logarithm of the density.  (..., d) -> (...)"""
        x, loc, shape, d = arranged(x, loc, shape, self.name)
        distance, log_det = squared_distance(x - loc, shape)
        top = sp.gammaln(0.5 * (df + d)) - sp.gammaln(0.5 * df) - 0.5 * d * np.log(pi * df) - 0.5 * log_det
        return np.squeeze(top - 0.5 * (df + d) * np.log1p(distance / df))

    def pdf(self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
        """The density.  (..., d) -> (...)"""
        return np.exp(self.logpdf(x, loc, shape, df))


class Dirichlet:
    """Dirichlet's distribution on the simplex. x: (k,) or (k - 1,), or with a further axis of points; alpha: (k,)."""

    name = "dirichlet"

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density."""
        if np.shape(x)[0] + 1 == np.shape(alpha)[0]:
            x = np.concatenate([x, np.expand_dims(1 - np.sum(x, axis=0), 0)])
        if np.shape(x)[0] != np.shape(alpha)[0]:
            raise ShapeError(
                f"dirichlet: got x of shape {np.shape(x)} and alpha of shape {np.shape(alpha)}; "
                "their first axes must be equal, or that of x shorter by 1"
            )
        columns = np.reshape(alpha, (-1, *(1,) * (np.ndim(x) - 1)))
        return np.sum(sp.xlogy(columns - 1, x), axis=0) - self.log_volume(alpha)

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density."""
        return np.exp(self.logpdf(x, alpha))

    def log_volume(self, alpha: Any) -> Any:
        """The logarithm of the beta function of a vector."""
        return np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))

    def mean(self, alpha: Any) -> Any:
        """The mean.  (k,) -> (k,)"""
        return alpha / np.sum(alpha)

    def var(self, alpha: Any) -> Any:
        """The variances.  (k,) -> (k,)"""
        total = np.sum(alpha)
        return alpha * (total - alpha) / (total * total * (total + 1))

    def entropy(self, alpha: Any) -> Any:
        """The differential entropy."""
        total, k = np.sum(alpha), np.shape(alpha)[0]
        return self.log_volume(alpha) + (total - k) * sp.psi(total) - np.sum((alpha - 1) * sp.psi(alpha))


class Multinomial:
    """Counts of n draws, in p. x: (..., k); p: (k,), whose last element SciPy takes as 1 less the others."""

    name = "multinomial"

    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """The logarithm of the mass.  (..., k) -> (...)"""
        p = np.concatenate([p[..., :-1], 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1)
        y = sp.gammaln(n + 1) + np.sum(sp.xlogy(x, p) - sp.gammaln(np.asarray(x) + 1.0), axis=-1)
        return np.where(np.equal(np.sum(x, axis=-1), n) & np.all(np.asarray(x) >= 0, axis=-1), y, -np.inf)

    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """The mass.  (..., k) -> (...)"""
        return np.exp(self.logpmf(x, n, p))


class Wishart:
    """Wishart's distribution over positive definite matrices. x, scale: (d, d)."""

    name = "wishart"

    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The logarithm of the density of one matrix."""
        d = np.shape(scale)[-1]
        log_x, log_scale = np.linalg.slogdet(x)[1], np.linalg.slogdet(scale)[1]
        trace = np.trace(np.linalg.solve(scale, x))
        top = 0.5 * (df - d - 1) * log_x - 0.5 * trace
        return top - 0.5 * df * d * log(2) - 0.5 * df * log_scale - multigammaln(0.5 * df, d)

    def pdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The density of one matrix."""
        return np.exp(self.logpdf(x, df, scale))


class InverseWishart:
    """The distribution of the inverse of a Wishart matrix. x, scale: (d, d)."""

    name = "invwishart"

    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The logarithm of the density of one matrix."""
        d = np.shape(scale)[-1]
        log_x, log_scale = np.linalg.slogdet(x)[1], np.linalg.slogdet(scale)[1]
        trace = np.trace(np.linalg.solve(x, scale))
        top = 0.5 * df * log_scale - 0.5 * trace - 0.5 * (df + d + 1) * log_x
        return top - 0.5 * df * d * log(2) - multigammaln(0.5 * df, d)

    def pdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The density of one matrix."""
        return np.exp(self.logpdf(x, df, scale))


class MatrixNormal:
    """The normal distribution over matrices, of rows and columns each correlated. X: (m, n)."""

    name = "matrix_normal"

    def logpdf(self, X: Any, mean: Any = 0.0, rowcov: Any = None, colcov: Any = None) -> Any:  # noqa: N803  # SciPy's own name
        """The logarithm of the density of one matrix."""
        m, n = np.shape(X)
        rowcov = np.eye(m) if rowcov is None else rowcov
        colcov = np.eye(n) if colcov is None else colcov
        z = X - mean
        white = np.linalg.solve(rowcov, z) * np.transpose(np.linalg.solve(colcov, np.transpose(z)))
        logs = n * np.linalg.slogdet(rowcov)[1] + m * np.linalg.slogdet(colcov)[1]
        return -0.5 * (m * n * LOG_TWO_PI + logs + np.sum(white))

    def pdf(self, X: Any, mean: Any = 0.0, rowcov: Any = None, colcov: Any = None) -> Any:  # noqa: N803  # SciPy's own name
        """The density of one matrix."""
        return np.exp(self.logpdf(X, mean, rowcov, colcov))


def arranged(x: Any, mean: Any, cov: Any, name: str) -> tuple[Any, Any, Any, int]:
    """The points with a last axis of d coordinates, the mean, and a d by d matrix."""
    x = x if hasattr(x, "shape") else np.asarray(x, float)
    sizes = [np.shape(z)[-1] for z in (mean, cov) if z is not None and np.ndim(z)]
    d = sizes[0] if sizes else 1
    if np.ndim(cov) < 2:
        cov = cov * np.eye(d)
    if np.ndim(x) == 0:
        x = np.reshape(x, (1,))
    elif np.ndim(x) == 1 and d == 1:
        x = np.expand_dims(x, -1)
    if np.shape(x)[-1] != d or np.shape(cov) != (d, d):
        raise ShapeError(
            f"{name}: got points of shape {np.shape(x)} and a matrix of shape {np.shape(cov)}; "
            f"with {d} coordinates they are (..., {d}) and ({d}, {d})"
        )
    return x, np.zeros(d) if mean is None else mean, cov, d


def squared_distance(z: Any, cov: Any) -> tuple[Any, Any]:
    """The form z' cov^-1 z over the last axis of z, and log det cov."""
    d = np.shape(z)[-1]
    rows = np.reshape(z, (-1, d))
    white = np.transpose(np.linalg.solve(cov, np.transpose(rows)))
    return np.reshape(np.sum(rows * white, axis=-1), np.shape(z)[:-1]), np.linalg.slogdet(cov)[1]


VECTORS = (Gaussian(), StudentVector(), Dirichlet(), Multinomial(), Wishart(), InverseWishart(), MatrixNormal())

__all__ = ["VECTORS"]
