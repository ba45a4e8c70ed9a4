"""Each public function of NumPy with each argument that changes its values or derivatives, as one writes it.

A line is a call. The letters are arrays: what holds real numbers is differentiated, masks and whole
numbers are not. Values must be NumPy's, and derivatives of the first two orders those of differences.
"""

import re

import numpy as np
import pytest

from autograd_mini import Value
from autograd_mini.testing import assert_close, check_grads

CALLS = """
# ufuncs with keyword arguments
np.add(x, y, where=m, out=np.zeros((3, 4)))
np.multiply(x, y, where=m, out=np.zeros((3, 4)))
np.multiply(x, r, where=m, out=y.copy())
np.exp(x, where=m, out=np.ones((3, 4)))
np.sqrt(g, dtype=float)
np.divide(x, g, where=m[:, :1], out=np.ones((3, 4)))
np.power(g, y, where=m, out=np.zeros((3, 4)))
np.sin(x, order="C", casting="same_kind")
np.matmul(a, a, axes=[(1, 0), (0, 1), (0, 1)])
np.matmul(c, a, axes=[(0, 2), (0, 1), (1, 0)])
np.vecdot(x, y, axis=0)
np.vecdot(x, y, axes=[(0,), (0,), ()])

# their methods
np.add.reduce(x)
np.add.reduce(x, axis=None)
np.add.reduce(x, axis=(0, 1), keepdims=True)
np.add.reduce(x, axis=1, where=m, initial=2.0)
np.multiply.reduce(x, axis=1, initial=2.0)
np.multiply.reduce(x, axis=1, where=m)
np.maximum.reduce(x, axis=1)
np.minimum.reduce(x, axis=None)
np.maximum.reduce(x, axis=1, where=m, initial=-3.0)
np.hypot.reduce(x, axis=1)
np.hypot.reduce(x, axis=None)
np.subtract.reduce(x, axis=1, keepdims=True)
np.divide.reduce(g, axis=1)
np.logaddexp.reduce(x)
np.logaddexp.reduce(x, axis=1, keepdims=True)
np.logaddexp.reduce(x, axis=1, where=m, initial=0.5)
np.logaddexp2.reduce(x, axis=1)
np.add.accumulate(x, axis=1)
np.multiply.accumulate(x)
np.maximum.accumulate(x, axis=1)
np.minimum.accumulate(x, axis=0)
np.logaddexp.accumulate(x, axis=1)
np.hypot.accumulate(x, 1)
np.subtract.accumulate(r)
np.add.outer(t, r)
np.multiply.outer(x, t)
np.power.outer(g[0], t)
np.arctan2.outer(g[0], t)
np.maximum.outer(t, s)
np.add.reduceat(q, [0, 3, 2, 5])
np.multiply.reduceat(x, [0, 2], axis=1)
np.maximum.reduceat(q, np.array([1, 4]))
np.logaddexp.reduceat(q, [0, 2])

# ufuncs that are not everywhere smooth, or have two outputs
np.remainder(x, g)
np.mod(x, -g)
np.fmod(x, g)
np.modf(x * 5)[0]
np.divmod(x, g)[1]
divmod(x, g)[1]
divmod(3.0, g)[1]
np.frexp(x)[0]
np.ldexp(x, k)
np.ldexp(*np.frexp(x))
np.copysign(x, y)
np.copysign(1.5, y) * x
np.nextafter(x, y)
np.heaviside(x, y)
np.heaviside(np.zeros(4), r)
np.float_power(g, y)
np.pow(g, y)
np.fabs(x)
np.sinc(x)
np.i0(r)
np.nan_to_num(n)
np.nan_to_num(n, nan=2.0, posinf=1.0)
np.spacing(x) + x
np.sign(x) * x
np.trunc(x) * x
np.fix(x) + np.rint(x) * x
np.around(x, 0) * x
np.round(g * 10, decimals=-1) * x
np.isclose(x, y) * x
np.signbit(x) * x
np.emath.sqrt(g)
np.real(np.emath.sqrt(x) * 2)
np.real(np.emath.log(x)) + np.imag(np.emath.sqrt(x))
np.emath.logn(2, g)
np.emath.power(g, y)
np.emath.arcsin(p)
np.emath.arccos(p * 0.8) + np.emath.arctanh(p * 0.8)
np.emath.log2(g) * np.emath.log10(g)
np.imag(np.emath.arccos(g))
np.imag(np.emath.arcsin(-g))
np.real_if_close(x)
np.real_if_close(x + 0j) * 1.0
x[np.ix_([0, 2], m[0])]

# sums, products, extremes, means, spreads
np.sum(x, where=m)
np.sum(x, axis=1, where=m[:, :1], initial=s)
np.sum(c, axis=(0, -1), keepdims=True)
np.sum(x, axis=0, dtype=float)
np.prod(x, axis=1, where=m)
np.prod(x, axis=0, initial=s)
np.prod(x * m, axis=1)
np.prod(c, axis=(0, 2), keepdims=True)
np.prod(x * m)
np.max(x, axis=1, where=m, initial=-2.5)
np.max(x, initial=0.4)
np.max(x, axis=0, keepdims=True)
np.max(c, axis=(0, 2))
np.min(x, axis=1, where=m, initial=2.5)
np.min(x, axis=(0, 1), where=m, initial=s, keepdims=True)
np.amax(x, 0)
np.amin(x, 1)
np.ptp(x, axis=1)
np.ptp(x, axis=0, keepdims=True)
np.mean(x, axis=1, where=m)
np.mean(x, axis=None, where=m, keepdims=True)
np.mean(c, axis=(0, 1))
np.var(x, axis=1, ddof=1)
np.var(x, axis=1, correction=1)
np.var(x, axis=1, where=m, keepdims=True)
np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))
np.var(x, axis=0, mean=y[:1], ddof=1)
np.std(x, axis=0, ddof=1)
np.std(x, axis=0, correction=0.5)
np.std(x, where=m)
np.std(c, axis=(0, 2), keepdims=True)
np.std(x, axis=1, mean=y[:, :1])
np.average(x)
np.average(x, axis=1, weights=g)
np.average(x, axis=1, weights=r * r)
np.average(x, axis=1, weights=g, keepdims=True)
np.average(c, axis=(0, 2), weights=c[:, 0] ** 2)
np.average(x, axis=1, weights=g, returned=True)[1]

# nan left out
np.nansum(n, axis=1)
np.nansum(n, where=m, initial=1.0)
np.nanprod(n, axis=0)
np.nanprod(n * m, axis=1)
np.nanmax(n, axis=1)
np.nanmin(n, axis=0, keepdims=True)
np.nanmax(n, axis=1, initial=0.2)
np.nanmean(n)
np.nanmean(n, axis=1, where=k < 3)
np.nanvar(n, axis=1, ddof=1)
np.nanvar(n, axis=0, keepdims=True)
np.nanstd(n, axis=1, correction=1)
np.nanstd(n)
np.nanmedian(n)
np.nanmedian(n, axis=1, keepdims=True)
np.nanmedian(n, axis=0)
np.nanquantile(n, p[0], axis=1)
np.nanquantile(n, 0.35, axis=0, method="hazen")
np.nanpercentile(n, 40.0, axis=1)
np.nanpercentile(n, np.array([20.0, 70.0]), axis=None)
np.nancumsum(n, axis=1)
np.nancumprod(n, axis=1)
np.nancumprod(n)

# running
np.cumsum(x)
np.cumsum(c, axis=1)
np.cumprod(x)
np.cumprod(x * m, axis=1)
np.cumulative_sum(q)
np.cumulative_sum(x, axis=1, include_initial=True)
np.cumulative_prod(x, axis=0)
np.cumulative_prod(x, axis=-1, include_initial=True)

# quantiles
np.median(x)
np.median(x, axis=1, keepdims=True)
np.median(c, axis=(0, 2))
np.median(q)
np.quantile(x, 0.3)
np.quantile(x, s, axis=1)
np.quantile(x, p[0], axis=1)
np.quantile(x, p[:2, :2], axis=0, keepdims=True)
np.quantile(c, 0.6, axis=(0, 1))
np.quantile(x, 0.3, axis=1, method="hazen")
np.quantile(q, s, method="weibull")
np.quantile(q, s, method="median_unbiased")
np.quantile(q, s, method="normal_unbiased")
np.quantile(q, s, method="interpolated_inverted_cdf")
np.quantile(q, s, method="inverted_cdf")
np.quantile(q, s, method="averaged_inverted_cdf")
np.quantile(q, s, method="closest_observation")
np.quantile(q, s, method="lower")
np.quantile(q, s, method="higher")
np.quantile(q, s, method="midpoint")
np.quantile(q, s, method="nearest")
np.quantile(x, 0.3, axis=1, method="inverted_cdf", weights=g)
np.quantile(x, s, axis=1, method="inverted_cdf", weights=r * r)
np.percentile(x, 30.0, axis=1)
np.percentile(x, [20.0, 50.0], axis=0)
np.percentile(q, 100 * s)

# covariance, counts by bin
np.cov(x)
np.cov(x, rowvar=False)
np.cov(r, t[[0, 1, 2, 0]])
np.cov(x, bias=True)
np.cov(x, ddof=0)
np.cov(x, y)
np.cov(x, fweights=np.array([1, 2, 1, 3]))
np.cov(x, aweights=r * r)
np.cov(x, aweights=r * r, fweights=np.array([1, 2, 1, 3]), ddof=0)
np.cov(q)
np.corrcoef(x)
np.corrcoef(x, y)
np.corrcoef(x, rowvar=False)
np.bincount(i, weights=t)
np.bincount(i, weights=t, minlength=6)
np.histogram(xs, bins=3, weights=r)[0]
np.histogram(xs, bins=np.array([0.0, 0.5, 1.6, 3.0]), weights=r)[0]
np.histogram(xs, bins=4, range=(0.5, 3.0), weights=r)[0]
np.histogram(xs, bins=3, weights=r * r, density=True)[0]
np.histogram(q, bins=3)[1]
np.histogram(q, bins=3, density=True)[0]
np.histogram_bin_edges(q, bins=4)
np.histogram2d(xs, xs[::-1] ** 2, bins=2, weights=r)[0]
np.histogram2d(xs, xs, bins=[2, 3], weights=r * r, density=True)[0]
np.histogramdd(np.stack([xs, xs**2], 1), bins=(2, 3), weights=r)[0]
np.histogramdd(x, bins=2, weights=t)[1][0]

# slopes, areas, values in between
np.diff(x)
np.diff(x, n=2, axis=0)
np.diff(x, prepend=y[:, :1], append=y[:, 1:2])
np.diff(x, prepend=s)
np.ediff1d(x)
np.ediff1d(q, to_begin=s, to_end=t)
np.gradient(q)
np.gradient(x, axis=1)
np.gradient(x)[0]
np.gradient(x, s, axis=0)
np.gradient(x, 0.5, 2.0)[1]
np.gradient(x, axis=(1, 0))[1]
np.gradient(x, xs, axis=1)
np.gradient(r, g[0] * np.arange(4))
np.gradient(q, s, edge_order=2)
np.gradient(x, xs, axis=1, edge_order=2)
np.gradient(r, g[0] * np.arange(4), edge_order=2)
np.gradient(c, 0.5, axis=-1, edge_order=2)
np.trapezoid(q)
np.trapezoid(x, axis=0)
np.trapezoid(x, dx=s)
np.trapezoid(x, xs)
np.trapezoid(x, t, axis=0)
np.trapezoid(x, y, axis=1)
np.trapezoid(r, g[0])
np.interp(z, xs, r)
np.interp(z, g[0] * xs, r)
np.interp(z, xs, r, left=s, right=u)
np.interp(z * 2.9, xs, r, period=2.5)
np.interp(s, xs, r)
np.interp(z, [1.0], [2.0]) + z
np.unwrap(q * 5)
np.unwrap(x * 4, axis=0, discont=4.0)
np.unwrap(q * 3, period=3.0)

# products of shifts
np.convolve(q, t)
np.convolve(t, q)
np.convolve(q, t, "same")
np.convolve(q, r, mode="same")
np.convolve(t, q, "same")
np.convolve(q, t, "valid")
np.convolve(t, q, mode="valid")
np.convolve(q, q)
np.correlate(q, t)
np.correlate(q, t, "full")
np.correlate(t, q, "full")
np.correlate(q, r, mode="same")
np.correlate(r, q, mode="same")
np.correlate(t, q)

# polynomials
np.polyval(t, x)
np.polyval(t, s)
np.polyval([1.0, -2.0], x)
np.polyadd(q, t)
np.polyadd(t, q)
np.polysub(t, q)
np.polymul(q, t)
np.polydiv(q, g[0, :3])[0]
np.polydiv(q, g[0, :3])[1]
np.polydiv(t, q)[1]
np.polyder(q)
np.polyder(q, m=2)
np.polyint(q)
np.polyint(q, m=2, k=t[:2])
np.polyint(q, m=2, k=s)
np.polyfit(xs, r, 1)
np.polyfit(xs, r, 2, w=g[0])
np.polyfit(g[0] * np.arange(4), r, 2)
np.polyfit(xs, x.T, 1)
np.polyfit(xs, r, 1, cov=True)[1]
np.polyfit(xs, r, 1, cov="unscaled")[0]
np.poly(t)
np.poly([s, u])
np.poly(a)
np.abs(np.roots(g[0] * np.array([1.0, -3.0, -6.0, 8.0])))
np.sum(np.roots(np.concatenate([[1.0], t])).real)
np.vander(t)
np.vander(t, 4)
np.vander(t, N=3, increasing=True)
np.polynomial.polynomial.polyval(x, [1.0, 2.0, 3.0])
np.polynomial.chebyshev.chebval(x, [1.0, 2.0, 3.0])
np.polynomial.legendre.legval(x, [1.0, 2.0, 3.0])

# joining and splitting
np.block([[x, y], [y, x]])
np.block([x, s * np.ones((3, 1))])
np.block([[t], [t]])
np.block([[c], [c]])
np.concatenate([x, y], axis=None)
np.concat([x, y, x], axis=1)
np.stack([x, y], axis=-1)
np.vstack([x, r])
np.hstack([t, q])
np.dstack([x, y])
np.column_stack([t, x])
np.append(x, y)
np.append(x, y, axis=1)
np.insert(q, 2, s)
np.insert(q, [1, 4], t[:2])
np.insert(q, [4, 1, 1], t)
np.insert(x, 1, r, axis=0)
np.insert(x, -1, t, axis=1)
np.insert(x, [0, 3], y[:, :2], axis=1)
np.insert(x, slice(0, 3, 2), s, axis=1)
np.insert(q, m[0].nonzero()[0], s)
np.delete(q, 2)
np.delete(x, [0, 3], axis=1)
np.delete(x, slice(None, None, 2), axis=0)
np.delete(x, m[0], axis=1)
np.delete(x, -1)
np.resize(x, (5, 4))
np.resize(x, (2, 3))
np.resize(t, 7)
np.split(q, 3)[1]
np.split(q, [1, 4], axis=0)[1]
np.array_split(x, 3, axis=1)[0]
np.hsplit(x, 2)[1]
np.vsplit(x, [1])[1]
np.dsplit(c, 2)[0]
np.unstack(c, axis=1)[2]
np.tile(t, (2, 2))
np.tile(x, 2)
np.tile(x, (2, 1, 3))
np.repeat(x, 2)
np.repeat(x, [1, 0, 2, 1], axis=-1)
np.trim_zeros(np.concatenate([np.zeros(2), q, np.zeros(1)]))
np.trim_zeros(np.concatenate([np.zeros(2), q, np.zeros(1)]), "b")
np.trim_zeros(np.pad(x, 1))
np.meshgrid(t, r)[0]
np.meshgrid(t, r, q, indexing="ij")[2]
np.meshgrid(t, r, sparse=True)[1]
np.lib.stride_tricks.sliding_window_view(q, 3)
np.lib.stride_tricks.sliding_window_view(x, (2, 2))
np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)
np.linspace(s, u, 5)
np.linspace(s, u, 4, endpoint=False)
np.linspace(t, u, 4, axis=1)
np.linspace(s, u, 5, retstep=True)[1]
np.linspace(0.0, u, 1)
np.logspace(s, u, 4)
np.logspace(s, u, 4, base=g[0], axis=1)
np.logspace(s, u, 4, base=2.0, endpoint=False)
np.geomspace(s, u, 5)
np.geomspace(g[0], u, 3, axis=-1)
np.geomspace(s, u, 4, endpoint=False)
np.full_like(x, s)
np.fromfunction(lambda j, l: s * j + l * u, (2, 3))
np.lib.scimath.sqrt(g)

# padding
np.pad(x, 1)
np.pad(x, ((1, 2), (0, 3)), constant_values=2.0)
np.pad(x, ((1, 2), (0, 3)), constant_values=((1.0, 2.0), (3.0, 4.0)))
np.pad(x, ((1, 2), (0, 3)), constant_values=s)
np.pad(x, ((1, 2), (0, 3)), constant_values=((s, u), (u, s)))
np.pad(x, 2, "linear_ramp", end_values=s)
np.pad(x, ((1, 2), (0, 3)), "edge")
np.pad(x, ((4, 5), (0, 9)), "wrap")
np.pad(x, ((4, 5), (0, 9)), "reflect")
np.pad(x, ((4, 5), (0, 9)), "symmetric")
np.pad(x, ((2, 1), (0, 3)), "reflect", reflect_type="odd")
np.pad(q, (7, 16), "reflect", reflect_type="odd")
np.pad(x, ((2, 3), (1, 4)), "symmetric", reflect_type="odd")
np.pad(q, (3, 14), "symmetric", reflect_type="odd")
np.pad(x, ((1, 2), (0, 3)), "linear_ramp")
np.pad(x, ((1, 2), (0, 3)), "linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0)))
np.pad(x, ((1, 2), (0, 3)), "mean")
np.pad(x, ((1, 2), (2, 3)), "mean", stat_length=((1, 2), (3, 2)))
np.pad(x, ((1, 2), (0, 3)), "median")
np.pad(x, 2, "maximum")
np.pad(x, 2, mode="minimum", stat_length=2)

# choosing
np.choose(i, [t, t * t, 2 * t])
np.choose([0, 5, -1], [t, s, 2 * t], mode="clip")
np.choose([0, 5, -1], [t, t * t], mode="wrap")
np.select([m, ~m], [x, y * 2])
np.select([m, x > 0], [x * y, y], default=s)
np.select([m], [x])
np.piecewise(x, [x < 0, x >= 0], [np.square, lambda z: 3 * z])
np.piecewise(x, [x < 0, x > 1], [lambda z, b: z * b, 2.0, lambda z, b: b - z**3], 1.5)
np.piecewise(q, q > 0, [lambda z: z * z])
np.piecewise(s, [s > 0], [lambda z: z * z, 1.0])
np.where(m, x, s)
np.where(x > 0, np.sqrt(np.abs(x)), y)
np.clip(x, -0.5, t[:, None] + 1)
np.clip(x, None, s)
np.clip(x, min=s, max=u)
np.extract(m, x)
np.compress([True, False, True], x, axis=0)
np.compress(m[0], x, axis=-1)
np.take(x, i)
np.take(x, i, axis=1)
np.take(x, [[0, 9], [-1, 2]], axis=0, mode="clip")
np.take(x, [4, -7], axis=1, mode="wrap")
np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
np.take_along_axis(x, k % 3, axis=0)
np.apply_along_axis(lambda row: np.sum(row**2), 1, x)
np.apply_along_axis(lambda row: np.cumsum(row), 0, x)
np.apply_along_axis(lambda row, b: np.outer(row, row) * b, 1, x, 2.0)
np.apply_over_axes(np.sum, c, [0, 2])
np.apply_over_axes(np.mean, c, -1)

# order and sets
np.sort(x)
np.sort(x, axis=0)
np.sort(x, axis=None)
np.sort(x, kind="stable")
np.partition(x, 2)
np.partition(x, (0, 2), axis=1)
np.partition(x, 1, axis=0)
np.partition(x, 5, axis=None)
np.real(np.sort_complex(q))
x[np.arange(3), np.argmax(x, axis=1)]
q[np.lexsort((q, np.array([0, 1, 0, 1, 0, 1])))]
q[np.argpartition(q, 2)[:2]]
q[np.searchsorted(np.array([-1.0, 0.0, 1.0]), t)]
q[np.digitize(t, [-1.0, 0.0, 1.0])]
q[np.flatnonzero(q > 0)]
np.nanargmax(n, axis=1) * t
np.unique(q)
np.unique(x, axis=0)
np.unique(q, return_index=True, return_inverse=True)[0]
np.unique(q, return_inverse=True)[1] * q
np.unique_values(t)
np.unique_all(t).values
np.unique_counts(t).values
np.unique_inverse(t).values
np.union1d(q, t)
np.setdiff1d(q, t)
np.setxor1d(q, t)
np.intersect1d(q, q[2:])
np.isin(q, q[:2]) * q

# methods and attributes
x.sum(1, where=m)
x.mean(axis=0, where=m)
x.prod(1, initial=s)
x.max(0, initial=0.1)
x.min(1, where=m, initial=3.0)
x.var(1, mean=y[:, :1])
x.std(1, ddof=1)
x.std(axis=0, ddof=1, keepdims=True)
x.cumsum(1)
x.cumprod(axis=1)
x.clip(-0.5, s)
x.flat[5] * x
x.real * x.imag + x.conj() * x.conjugate()
x.compress([True, False, True], axis=0)
x.take(i, axis=1, mode="clip")
x.repeat(2, axis=0)
x.diagonal(1)
x.trace(offset=-1)
x.argpartition(1) * x
x.argsort(0) * x
q.searchsorted(0.5) * q
x.round() * x
x * np.all(x > y, axis=1, where=m, keepdims=True)
x * np.any(x > y, axis=0, where=m)
x * (x > y).any(where=m)
x.astype(np.float64)
x.__array_namespace__().sin(x)
"""

RNG = np.random.default_rng(4)


def apart(*shape, low=-2.0, high=2.0):
    """Numbers in general position: no two are close, and none is close to 0."""
    size = int(np.prod(shape))
    places = (RNG.permutation(size) + RNG.uniform(0.3, 0.7, size)) / size
    return (low + (high - low) * places).reshape(shape)


REAL = {
    "x": apart(3, 4),
    "y": apart(3, 4),
    "g": apart(3, 4, low=1.2, high=2.4),
    "p": apart(3, 4, low=0.1, high=0.9),
    "h": apart(3, 4),
    "c": apart(2, 3, 4),
    "a": apart(4, 4) + 4 * np.eye(4),
    "q": apart(6),
    "r": apart(4, low=-2.0, high=1.7),
    "t": apart(3, low=-1.8, high=1.6),
    "z": np.array([0.4, 1.3, 2.0, -0.6, 3.4]),
    "s": 0.37,
    "u": 1.7,
}
FIXED = {
    "np": np,
    "m": np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]]),
    "i": np.array([0, 2, 1]),
    "k": np.array([[1, 0, 3, 2], [0, 3, 1, 2], [2, 2, 0, 1]]),
    "xs": np.array([0.0, 0.7, 1.5, 2.3]),
}
SEEN = np.array([[True, True, False, True], [True, True, True, True], [False, True, True, False]])
EVERY_CALL = [line for line in CALLS.splitlines() if line and not line.startswith("#")]


def letters(call):
    """The arrays that a call reads; `n` is `h` with nan in some places."""
    bare = re.sub(r'"[^"]*"|\.\w+|\w+=(?!=)', "", call)
    bare = re.sub(r"lambda ([\w, ]*):", "", bare)
    found = [name for name in REAL if re.search(rf"\b{name}\b", bare)]
    return [*found, "h"] if re.search(r"\bn\b", bare) and "h" not in found else found


def called(call, names):
    """The call as a function of its arrays."""

    def f(*xs):
        env = {**FIXED, **dict(zip(names, xs, strict=True))}
        if "h" in env:
            env["n"] = np.where(SEEN, env["h"], np.nan)
        return eval(call, env)  # noqa: S307  # the text stands above

    return f


def of_calls(calls):
    return pytest.mark.parametrize("call", calls, ids=str)


@of_calls(EVERY_CALL)
def test_values_are_those_of_numpy_and_derivatives_those_of_differences(call):
    names = letters(call)
    f = called(call, names)
    given = [REAL[name] for name in names]
    expected = f(*given)
    y = f(*map(Value, given))
    assert isinstance(y, Value)
    assert y.dtype == np.asarray(expected).dtype
    assert_close(y._data, expected, order=1)
    check_grads(f, given)


@of_calls(EVERY_CALL)
def test_single_precision_gives_what_it_gives_in_numpy(call):
    names = letters(call)
    f = called(call, names)
    given = [np.asarray(REAL[name], np.float32)[()] for name in names]
    expected = f(*given)
    y = f(*map(Value, given))
    assert y.dtype == np.asarray(expected).dtype
    assert_close(y._data, expected, order=1, dtype=np.float32)
