"""Quantiles, covariance, and counts by bin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError, UsageError
from ..primitive import composite, discrete, primitive
from .aggregate import given, in_rows, restored
from .contraction import matmul
from .discrete import isnan
from .indexing import HOLE, choice, scatter, sort, take_along_axis
from .operands import MISSING, data_of, is_value, numbers, operand, refuse_out
from .reduction import Axis
from .shape import astype, atleast_2d, broadcast_to, concatenate, moveaxis, ravel, reshape

# ---- quantiles

# Methods whose result moves along with q, and a, b in its place in the sorted data, n*q + a + q*(1 - a - b) - 1.
CONTINUOUS = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


@primitive(
    samples=lambda a: [
        (np.sort(a(2, 5), -1), 0.3, True),
        (np.sort(a(5)), np.array([0.15, 0.85]), True, {"method": "hazen"}),
        (np.sort(a(5)), np.array([0.15, 0.85]), True, {"method": "lower"}),
        (np.sort(a(2, 4)), np.array([0.3, 0.6]), np.array([[1.0, 2.0, 1.0, 3.0]]), {"method": "inverted_cdf"}),
        (np.sort(a(5)), 0.6, True, {"is_nan_left_out": True}),
    ]
)
def quantile_place(x: Any, q: Any, weights: Any, /, method: str = "linear", is_nan_left_out: bool = False) -> Any:
    """Where in each sorted row the quantiles lie, counted from 0: 1.5 is halfway between the second and the third.

    (..., n), (m, ...) -> (m, ..., ...). It is the quantile of the places themselves; a row with nan gives
    that of its last element, which is nan.
    """
    n = x.shape[-1]
    places = np.broadcast_to(np.arange(float(n)), x.shape)
    options = {} if weights is True else {"weights": np.broadcast_to(weights, x.shape)}
    is_nan = np.isnan(x)
    if is_nan_left_out and is_nan.any():
        is_lost = is_nan.all(-1)
        seen = np.where(is_nan & ~is_lost[..., None], np.nan, places)
        return np.where(is_lost, n - 1.0, np.nanquantile(seen, q, axis=-1, method=method, **options))
    return np.where(is_nan[..., -1], n - 1.0, np.quantile(places, q, axis=-1, method=method, **options))


@quantile_place.vjp
def _(g: Any, y: Any, x: Any, q: Any, weights: Any, method: str, is_nan_left_out: bool) -> None:
    return None  # a place does not move with the data


@quantile_place.vjp
def _(g: Any, y: Any, x: Any, q: Any, weights: Any, method: str, is_nan_left_out: bool) -> Any:
    if method not in CONTINUOUS:
        return np.zeros_like(q)
    a, b = CONTINUOUS[method]
    n = np.sum(~isnan(x), axis=-1) if is_nan_left_out else np.shape(x)[-1]
    inside = np.logical_and(np.greater(y, 0), np.less(y, n - 1)) * (n + 1 - a - b)
    return np.sum(g * inside, axis=tuple(range(np.ndim(q), np.ndim(y))))


quantile_place.vjps = (None, quantile_place.vjps[1], None)


def quantiles(
    a: Any, q: Any, axis: Axis, method: str, keepdims: bool, weights: Any = None, *, is_nan_left_out: bool = False
) -> Any:
    """The quantiles of `a` along `axis`, each an average of two neighbours in the sorted row."""
    a = a if a.dtype.kind == "f" else astype(a, float)
    rows = in_rows(a, axis)
    if not np.shape(rows)[-1]:
        y = np.sum(rows, axis=-1) + np.full((*np.shape(q), *np.shape(rows)[:-1]), np.nan, a.dtype)
        return restored(y, a, axis, lead=np.ndim(q)) if keepdims else y
    if weights is None:
        s, mass = sort(rows, -1), True
    else:
        if np.shape(weights) != np.shape(a):
            weights = np.reshape(weights, [-1 if i == axis else 1 for i in range(np.ndim(a))])
        order = np.argsort(rows, axis=-1)
        s, mass = (
            take_along_axis(rows, order, -1),
            take_along_axis(in_rows(broadcast_to(weights, np.shape(a)), axis), order, -1),
        )
    place = quantile_place(s, q, mass, method=method, is_nan_left_out=is_nan_left_out)
    low = np.floor(place)
    flat = (-1, *np.shape(rows)[:-1])
    i = moveaxis(reshape(astype(low, int), flat), 0, -1)
    part = astype(place - low, a.dtype if isinstance(q, float) else np.result_type(a.dtype, q.dtype))
    between = np.not_equal(part, 0)
    below = reshape(moveaxis(take_along_axis(s, i, -1), -1, 0), np.shape(place))
    above = reshape(moveaxis(take_along_axis(s, np.minimum(i + 1, np.shape(s)[-1] - 1), -1), -1, 0), np.shape(place))
    step = choice(between, above, below) - below
    y = choice(np.isfinite(below), below + part * choice(np.isfinite(below), step, np.zeros((), a.dtype)), below)
    return restored(y, a, axis, lead=np.ndim(q)) if keepdims else y


def quantile_of(function: Any, scale: float, *, is_nan_left_out: bool) -> Any:
    """A function with the signature of np.quantile."""

    def along(
        a: Any,
        q: Any,
        axis: Axis = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: Any = None,
    ) -> Any:
        refuse_out(function.__name__, out)
        share = (q if isinstance(q, (float, int)) else operand(q)) / scale
        return quantiles(a, share, axis, method, keepdims, weights, is_nan_left_out=is_nan_left_out)

    along.__name__ = function.__name__
    return composite(function)(along)


quantile = quantile_of(np.quantile, 1, is_nan_left_out=False)
percentile = quantile_of(np.percentile, 100, is_nan_left_out=False)
nanquantile = quantile_of(np.nanquantile, 1, is_nan_left_out=True)
nanpercentile = quantile_of(np.nanpercentile, 100, is_nan_left_out=True)


@composite(np.median)
def median(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The middle element; the mean of the two middle ones when their number is even."""
    refuse_out("median", out)
    return quantiles(a, 0.5, axis, "linear", keepdims)


@composite(np.nanmedian)
def nanmedian(
    a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = MISSING
) -> Any:
    """The middle element of what is not nan."""
    refuse_out("nanmedian", out)
    return quantiles(a, 0.5, axis, "linear", given(keepdims), is_nan_left_out=True)


# ---- covariance


@composite(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariance of the rows, each a variable; weights may be Values."""
    if ddof is not None and ddof != int(ddof):
        raise UsageError(f"cov: got ddof={ddof}; it must be a whole number")

    kinds = [np.float64, *(x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype for x in (m, y) if x is not None)]
    kind = np.result_type(*kinds) if dtype is None else np.dtype(dtype)

    def variables(x: Any) -> Any:
        x = atleast_2d(operand(x))
        x = x if x.dtype == kind else astype(x, kind)
        return x if rowvar or np.shape(x)[0] == 1 else x.T

    if np.ndim(m) > 2 or np.ndim(y if y is not None else m) > 2:
        raise ShapeError(f"cov: got {np.ndim(m)} axes; variables and observations make two; reshape it")
    x = variables(m)
    if y is not None:
        x = concatenate([x, variables(y)], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    if weights is None:
        centred = x - np.mean(x, axis=1, keepdims=True)
        freedom: Any = max(np.shape(x)[1] - ddof, 0)
        weighted = centred
    else:
        mass = np.sum(weights)
        centred = x - np.sum(x * weights, axis=1, keepdims=True) / mass
        weighted = centred * weights
        lost = 1 if aweights is None else np.sum(weights * aweights) / mass
        freedom = mass - ddof * lost
    product = matmul(centred, np.conjugate(weighted).T)
    return np.squeeze(product / freedom if weights is not None else product * np.divide(1.0, freedom).item())


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlation of the rows: their covariance, divided by their standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    s = np.sqrt(np.real(np.diagonal(c)))
    r = c / s[:, None] / s[None, :]
    if r.dtype.kind == "c":
        return np.clip(np.real(r), -1, 1) + 1j * np.clip(np.imag(r), -1, 1)
    return np.clip(r, -1, 1)


# ---- counts by bin

bins_of = discrete(
    lambda x, edges: np.where(x == edges[-1], len(edges) - 2, np.searchsorted(edges, x, side="right") - 1),
    name="bins_of",
    n_operands=2,
    samples=lambda a: [(a(5), np.array([-2.0, -1.0, 0.5, 2.0]))],
)


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """The sum of the weights of each whole number; how often it stands there, without weights."""
    if weights is None:
        return counts(x, minlength=minlength)
    places = operand(x)
    if np.shape(places) != np.shape(weights):
        raise ShapeError(
            f"bincount: got {np.shape(places)} numbers and {np.shape(weights)} weights; give one weight for each"
        )
    n = max(int(np.max(getattr(places, "data", places), initial=-1)) + 1, minlength)
    return scatter(astype(weights, float), places, key=HOLE, shape=(n,))


counts = discrete(
    lambda x, minlength: np.bincount(x, minlength=minlength),
    name="bincount",
    samples=lambda a: [(np.array([0, 2, 2]),)],
    minlength=0,
)


def edges_of(a: Any, bins: Any, range: Any, weights: Any) -> Any:  # noqa: A002  # NumPy's own names
    """The edges of the bins: as they are given, or evenly from the smallest to the largest element."""
    if np.ndim(bins) == 1:
        return bins
    moves = range is None and is_value(a) and np.size(a)
    if moves and isinstance(bins, (int, np.integer)):
        count = bins + 1
    else:
        edges = np.histogram_bin_edges(numbers(a), bins, range, numbers(weights))
        count = len(edges)
    if moves and np.ptp(data_of(a)) != 0:
        return np.linspace(np.min(a), np.max(a), count)
    return np.histogram_bin_edges(numbers(a), bins, range, numbers(weights))


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:  # noqa: A002  # NumPy's own names
    """The edges of the bins, which move with the smallest and the largest element."""
    return edges_of(a, bins, range, weights)


@composite(np.histogram)
def histogram(
    a: Any,
    bins: Any = 10,
    range: Any = None,  # noqa: A002  # NumPy's own name
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, Any]:
    """The sum of the weights in each bin, and the edges; counts have no derivative, weights and edges have."""
    edges = edges_of(a, bins, range, weights)
    y = summed(flat_bins([ravel(a)], [edges]), weights, a, (np.shape(edges)[0] - 1,))
    if density:
        y = y / np.diff(edges) / np.sum(y)
    return y, edges


def flat_bins(columns: list[Any], edges: list[Any]) -> Any:
    """The number of the bin of each point, in all dimensions together; that after the last one, if it is in none."""
    total: Any = 0
    is_inside: Any = True
    size = 1
    for x, e in zip(columns, edges, strict=True):
        k, n = bins_of(x, e), np.shape(e)[0] - 1
        total = total * n + k
        is_inside = np.logical_and(is_inside, np.logical_and(np.greater_equal(k, 0), np.less(k, n)))
        size *= n
    return np.where(is_inside, total, size)


def summed(places: Any, weights: Any, like: Any, shape: tuple[int, ...]) -> Any:
    """The sum of the weights of the points at each place, without the last place."""
    size = int(np.prod(shape))
    if weights is None:
        y = counts(places, minlength=size + 1)
    else:
        y = scatter(ravel(weights), places, key=HOLE, shape=(size + 1,))
    return reshape(y[:size], shape)


@composite(np.histogramdd)
def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,  # noqa: A002  # NumPy's own name
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, list[Any]]:
    """The sum of the weights in each box of a grid, and the edges along each axis."""
    if isinstance(sample, (list, tuple)):
        columns = list(sample)
    else:
        sample = sample if np.ndim(sample) == 2 else np.reshape(sample, (-1, 1))
        columns = list(sample.T)
    d = len(columns)
    each = [bins] * d if np.ndim(bins) == 0 else list(bins)
    ranges = [None] * d if range is None else list(range)
    edges = [edges_of(x, n, r, None) for x, n, r in zip(columns, each, ranges, strict=True)]
    shape = tuple(np.shape(e)[0] - 1 for e in edges)
    y = astype(summed(flat_bins(columns, edges), weights, columns[0], shape), float)
    if density:
        y = y / np.sum(y)
        for i, e in enumerate(edges):
            y = y / np.reshape(np.diff(e), (*(1,) * i, -1, *(1,) * (d - 1 - i)))
    return y, edges


@composite(np.histogram2d)
def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,  # noqa: A002  # NumPy's own name
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Any, Any, Any]:
    """The sum of the weights in each cell of a grid, and the edges along both axes."""
    n = len(bins) if isinstance(bins, (list, tuple, np.ndarray)) else 1
    if n not in (1, 2):
        bins = [bins, bins]
    counts_, edges = histogramdd([x, y], bins, range, density, weights)
    return counts_, edges[0], edges[1]
