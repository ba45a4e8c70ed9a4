"""Statistics of samples, in the order and with the keyword arguments of SciPy."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np
import scipy.special as sp

from ...errors import UsageError
from ...ops.reduction import logsumexp
from ..special.declared import numbers_of

Axis = int | None


def gmean(a: Any, axis: Axis = 0, dtype: Any = None, weights: Any = None) -> Any:
    """The geometric mean."""
    return np.exp(np.average(np.log(a), axis=axis, weights=weights))


def hmean(a: Any, axis: Axis = 0, dtype: Any = None, *, weights: Any = None) -> Any:
    """The harmonic mean."""
    return 1 / np.average(1 / a, axis=axis, weights=weights)


def pmean(a: Any, p: Any, *, axis: Axis = 0, dtype: Any = None, weights: Any = None) -> Any:
    """The power mean; p = 0 gives the geometric one."""
    if not np.ndim(p) and numbers_of(p) == 0:
        return gmean(a, axis, weights=weights)
    return np.power(np.average(np.power(a, p), axis=axis, weights=weights), 1 / p)


def expectile(a: Any, alpha: float = 0.5, *, weights: Any = None) -> Any:
    """What minimises the squares, weighted by alpha above it and 1 - alpha below.

    It is found on numbers, and then is a weighted mean.
    """
    x = numbers_of(a)
    w = np.ones_like(x) if weights is None else numbers_of(weights)
    t = np.average(x, weights=w)
    for _ in range(200):
        sides = np.where(x > t, alpha, 1 - alpha) * w
        t, last = np.sum(sides * x) / np.sum(sides), t
        if t == last:
            break
    sides = np.where(x > t, alpha, 1 - alpha) * (1.0 if weights is None else weights)
    return np.sum(sides * a) / np.sum(sides * np.ones_like(x))


def moment(a: Any, order: int = 1, axis: Axis = 0, nan_policy: str = "propagate", *, center: Any = None) -> Any:
    """The mean of the powers of the distances from the mean, or from `center`."""
    if center is None and order == 1:
        return np.mean(a * 0.0, axis=axis)
    c = np.mean(a, axis=axis, keepdims=True) if center is None else center
    return np.mean((a - c) ** order, axis=axis)


def skew(a: Any, axis: Axis = 0, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """The third central moment in units of the standard deviation."""
    m2, m3 = moment(a, 2, axis), moment(a, 3, axis)
    y = m3 / np.power(m2, 1.5)
    n = np.size(a) if axis is None else np.shape(a)[axis]
    return y if bias or n < 3 else y * np.sqrt(n * (n - 1.0)) / (n - 2.0)


def kurtosis(a: Any, axis: Axis = 0, fisher: bool = True, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """The fourth central moment in units of the variance squared, less 3 if it is Fisher's."""
    m2, m4 = moment(a, 2, axis), moment(a, 4, axis)
    y = m4 / (m2 * m2)
    n = np.size(a) if axis is None else np.shape(a)[axis]
    if not bias and n > 3:
        y = ((n * n - 1.0) * y - 3 * (n - 1.0) ** 2) / ((n - 2.0) * (n - 3.0)) + 3
    return y - 3 if fisher else y


def sem(a: Any, axis: Axis = 0, ddof: int = 1, nan_policy: str = "propagate") -> Any:
    """The standard error of the mean."""
    n = np.size(a) if axis is None else np.shape(a)[axis]
    return np.std(a, axis=axis, ddof=ddof) / np.sqrt(n)


def variation(a: Any, axis: Axis = 0, nan_policy: str = "propagate", ddof: int = 0, *, keepdims: bool = False) -> Any:
    """The standard deviation over the mean."""
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / np.mean(a, axis=axis, keepdims=keepdims)


def zscore(a: Any, axis: Axis = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """The distance of each element from the mean, in standard deviations."""
    return zmap(a, a, axis, ddof)


def zmap(scores: Any, compare: Any, axis: Axis = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """The distances of scores from the mean of others, in the standard deviations of those."""
    mean = np.mean(compare, axis=axis, keepdims=True)
    return (scores - mean) / np.std(compare, axis=axis, ddof=ddof, keepdims=True)


def gzscore(a: Any, *, axis: Axis = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """The zscore of the logarithms."""
    return zscore(np.log(a), axis, ddof)


def gstd(a: Any, axis: Axis = 0, ddof: int = 1) -> Any:
    """The geometric standard deviation."""
    return np.exp(np.std(np.log(a), axis=axis, ddof=ddof))


def entropy(pk: Any, qk: Any = None, base: float | None = None, axis: int = 0) -> Any:
    """Shannon's entropy of pk, made to sum to 1; or its divergence from qk."""
    p = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        y = np.sum(sp.entr(p), axis=axis)
    else:
        y = np.sum(sp.rel_entr(p, qk / np.sum(qk, axis=axis, keepdims=True)), axis=axis)
    return y if base is None else y / np.log(base)


def pearsonr(x: Any, y: Any, *, axis: int = 0) -> tuple[Any, Any]:
    """The correlation of two samples, and the probability of one as far from 0 by chance."""
    n = np.shape(x)[axis]
    u, v = x - np.mean(x, axis=axis, keepdims=True), y - np.mean(y, axis=axis, keepdims=True)
    r = np.sum(u * v, axis=axis) / np.sqrt(np.sum(u * u, axis=axis) * np.sum(v * v, axis=axis))
    ab = 0.5 * n - 1
    return r, 2 * sp.betaincc(ab, ab, 0.5 * (1 + np.abs(r)))


def trim_mean(a: Any, proportiontocut: float, axis: Axis = 0) -> Any:
    """The mean without that share of the smallest and of the largest elements."""
    if axis is None:
        a, axis = np.ravel(a), 0
    n = np.shape(a)[axis]
    cut = int(proportiontocut * n)
    if 2 * cut >= n:
        raise UsageError(
            f"trim_mean: got proportiontocut={proportiontocut} of {n} elements; less than half can be cut from each end"
        )
    inner = np.moveaxis(np.sort(a, axis=axis), axis, 0)[cut : n - cut]
    return np.mean(inner, axis=0)


def iqr(
    x: Any,
    axis: Axis = None,
    rng: tuple[float, float] = (25, 75),
    scale: float = 1.0,
    nan_policy: str = "propagate",
    interpolation: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The distance of two percentiles."""
    low, high = (np.percentile(x, q, axis=axis, method=interpolation, keepdims=keepdims) for q in sorted(rng))
    return (high - low) / scale


def tmean(a: Any, limits: Any = None, inclusive: tuple[bool, bool] = (True, True), axis: Axis = None) -> Any:
    """The mean of the elements between two limits."""
    if limits is None:
        return np.mean(a, axis=axis)
    x = numbers_of(a)
    low, high = (-np.inf if limits[0] is None else limits[0]), (np.inf if limits[1] is None else limits[1])
    inside = ((x >= low) if inclusive[0] else (x > low)) & ((x <= high) if inclusive[1] else (x < high))
    return np.sum(np.where(inside, a, 0.0), axis=axis) / np.sum(inside, axis=axis)


def circmean(samples: Any, high: float = 2 * pi, low: float = 0.0, axis: Axis = None) -> Any:
    """The mean of angles on a circle from low to high."""
    s, c = directions(samples, high, low, axis)
    angle = np.arctan2(s, c)
    return np.where(np.less(angle, 0), angle + 2 * pi, angle) * ((high - low) / (2 * pi)) + low


def circvar(samples: Any, high: float = 2 * pi, low: float = 0.0, axis: Axis = None) -> Any:
    """1 less the length of the mean direction."""
    return 1 - np.hypot(*directions(samples, high, low, axis))


def circstd(samples: Any, high: float = 2 * pi, low: float = 0.0, axis: Axis = None, *, normalize: bool = False) -> Any:
    """The standard deviation of a wrapped normal distribution with that mean direction."""
    y = np.sqrt(-2 * np.log(np.hypot(*directions(samples, high, low, axis))))
    return y if normalize else y * ((high - low) / (2 * pi))


def directions(samples: Any, high: float, low: float, axis: Axis) -> tuple[Any, Any]:
    """The means of sine and cosine."""
    angles = (samples - low) * (2 * pi / (high - low))
    return np.mean(np.sin(angles), axis=axis), np.mean(np.cos(angles), axis=axis)


def boxcox_llf(lmb: Any, data: Any, *, axis: int = 0) -> Any:
    """The log-likelihood of a Box-Cox exponent."""
    n = np.shape(data)[axis]
    return (lmb - 1) * np.sum(np.log(data), axis=axis) - 0.5 * n * np.log(np.var(sp.boxcox(data, lmb), axis=axis))


def yeojohnson_llf(lmb: Any, data: Any) -> Any:
    """The log-likelihood of a Yeo-Johnson exponent."""
    right = np.greater_equal(data, 0)
    up, down = np.where(right, data, 0.0), np.where(right, 0.0, -data)
    moved = np.where(right, sp.boxcox1p(up, lmb), -sp.boxcox1p(down, 2 - lmb))
    n = np.shape(data)[0]
    logs = np.sum(np.sign(numbers_of(data)) * np.log1p(up + down), axis=0)
    return -0.5 * n * np.log(np.var(moved, axis=0)) + (lmb - 1) * logs


def wasserstein_distance(u_values: Any, v_values: Any) -> Any:
    """The area between the distribution functions of two samples of equal length."""
    if np.shape(u_values) != np.shape(v_values):
        raise UsageError(
            f"wasserstein_distance: got samples of shapes {np.shape(u_values)} and {np.shape(v_values)}; "
            "they must have one length"
        )
    return np.mean(np.abs(np.sort(u_values) - np.sort(v_values)))


class gaussian_kde:  # noqa: N801  # SciPy's own name
    """A density estimated from a sample as a sum of normal ones.

    dataset: (n,) or (d, n). bw_method: a factor, "scott" or "silverman". weights: (n,).
    """

    def __init__(self, dataset: Any, bw_method: float | str | None = None, weights: Any = None) -> None:
        self.dataset = np.reshape(dataset, (1, -1)) if np.ndim(dataset) == 1 else dataset
        self.d, self.n = np.shape(self.dataset)
        self.weights = np.full(self.n, 1 / self.n) if weights is None else weights / np.sum(weights)
        self.neff = 1 / np.sum(self.weights * self.weights)
        power = -1.0 / (self.d + 4)
        if bw_method is None or bw_method == "scott":
            self.factor: Any = self.neff**power
        elif bw_method == "silverman":
            self.factor = (self.neff * (self.d + 2) / 4.0) ** power
        elif isinstance(bw_method, str):
            raise UsageError(f'gaussian_kde: got bw_method={bw_method!r}; it is "scott", "silverman" or a number')
        else:
            self.factor = bw_method
        z = self.dataset - np.sum(self.weights * self.dataset, axis=1, keepdims=True)
        spread = (self.weights * z) @ np.transpose(z) / (1 - np.sum(self.weights * self.weights))
        self.covariance = spread * (self.factor * self.factor)

    def logpdf(self, x: Any) -> Any:
        """The logarithm of the density.  (m,) or (d, m) -> (m,)"""
        points = np.reshape(x, (self.d, -1))
        z = np.expand_dims(points, 2) - np.expand_dims(self.dataset, 1)
        rows = np.reshape(z, (self.d, -1))
        distance = np.sum(rows * np.linalg.solve(self.covariance, rows), axis=0)
        distance = np.reshape(distance, np.shape(z)[1:])
        scale = np.linalg.slogdet(self.covariance)[1] + self.d * np.log(2 * pi)
        from_each = np.log(self.weights) - 0.5 * (distance + scale)
        return logsumexp(from_each, axis=1)

    def __call__(self, x: Any) -> Any:
        """The density.  (m,) or (d, m) -> (m,)"""
        return np.exp(self.logpdf(x))

    pdf = evaluate = __call__


SAMPLES: tuple[Callable[..., Any], ...] = (
    gmean, hmean, pmean, expectile, moment, skew, kurtosis, sem, variation, zscore, zmap, gzscore, gstd, entropy,
    pearsonr, trim_mean, iqr, tmean, circmean, circvar, circstd, boxcox_llf, yeojohnson_llf, wasserstein_distance,
    gaussian_kde,
)  # fmt: skip

__all__ = ["SAMPLES"]
