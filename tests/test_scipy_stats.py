"""`scipy.stats` on Values: every distribution against differences of SciPy's, in each argument; statistics."""

from math import log, pi

import numpy as np
import pytest
import scipy.special as sp
import scipy.stats as st

from autograd_mini import Value, grad
from autograd_mini.errors import ShapeError, UsageError
from autograd_mini.scipy import stats
from autograd_mini.scipy.stats.density import Continuous
from autograd_mini.testing import STENCIL, assert_close, check_grads, numerical_gradient

CONTINUOUS = [d for d in stats.DISTRIBUTIONS.values() if isinstance(d, Continuous)]
COUNTS = [d for d in stats.DISTRIBUTIONS.values() if not isinstance(d, Continuous)]
OF_X = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf")
OF_Q = ("ppf", "isf")
Q = np.array([0.15, 0.45, 0.8])
LOC, SCALE = 0.3, 1.7
# SciPy computes these by iteration or quadrature, to about ten digits.
COARSE = {
    "geninvgauss", "invgauss", "norminvgauss", "recipinvgauss", "rice", "skewnorm", "vonmises", "tukeylambda", "ncx2",
    "exponnorm", "wald", "kappa3", "f", "semicircular",
}  # fmt: skip


def of(distributions):
    return pytest.mark.parametrize("d", distributions, ids=lambda d: d.name)


def scipys(d):
    return getattr(st, d.name)


def points(d, method):
    """Arguments for one method: x where SciPy has the probabilities Q, or those."""
    shapes = tuple(float(s) for s in d.at_shapes)
    x = Q if method in OF_Q else scipys(d).ppf(Q, *shapes, loc=LOC, scale=SCALE)
    return (x, *shapes, LOC, SCALE)


def columns(args):
    """Each argument as an array of the length of the first."""
    return tuple(np.broadcast_to(np.asarray(x, float), Q.shape).copy() for x in args)


def difference(f, args, i):
    """The derivative of f in argument i by differences, at all places at once."""
    x = args[i]
    h = np.finfo(float).eps ** 0.2 * np.maximum(1.0, np.abs(x)) * 0.5
    return sum(w * f(*args[:i], x + k * h, *args[i + 1 :]) for k, w in STENCIL) / h


def order_of(d):
    return 3 if d.name in COARSE else 1


# ---- continuous


@of(CONTINUOUS)
@pytest.mark.parametrize("method", [*OF_X, *OF_Q])
def test_values_are_scipys_inside_and_outside_of_the_support(d, method):
    args = points(d, method)
    expected = getattr(scipys(d), method)(*args)
    assert_close(getattr(d, method)(*args), expected, order=order_of(d))
    y = getattr(d, method)(*map(Value, args))
    assert isinstance(y, Value)
    assert_close(y, expected, order=order_of(d))
    low, high = scipys(d).support(*args[1:])
    beyond = (0.0, 1.0, -0.5, 1.5, np.nan) if method in OF_Q else (low - 1, low, high, high + 1, np.nan)
    beyond = np.array([x for x in beyond if not np.isinf(x)])
    with np.errstate(all="ignore"):
        assert_close(getattr(d, method)(beyond, *args[1:]), getattr(scipys(d), method)(beyond, *args[1:]), order=1)


@of(CONTINUOUS)
@pytest.mark.parametrize("method", [*OF_X, *OF_Q])
def test_gradients_agree_with_differences_of_scipys_methods(d, method):
    args = columns(points(d, method))
    for i in range(len(args)):
        ours = grad(lambda *xs: np.sum(getattr(d, method)(*xs)), i)(*args)
        measured = difference(getattr(scipys(d), method), args, i)
        order = 3 if d.name in COARSE and method not in {"pdf", "logpdf"} else 1
        assert_close(ours, measured, order=order, where=f"{d.name}.{method}, argument {i}")


@of(CONTINUOUS)
@pytest.mark.parametrize("method", ["logpdf", "logcdf", "ppf"])
def test_second_derivatives_agree_with_differences(d, method):
    args = columns(points(d, method))
    n = len(args)
    for i in range(n):
        j = (i + 1) % n
        first = grad(lambda *xs: np.sum(getattr(d, method)(*xs)), i)
        ours = grad(lambda *xs, first=first: np.sum(first(*xs)), j)(*args)
        if method == "ppf" and d.name in COARSE:
            continue  # the quantile itself is too coarse for differences of what it enters
        assert_close(ours, difference(first, args, j), order=2, where=f"{d.name}.{method}, arguments {i}, {j}")


@of([d for d in CONTINUOUS if d.name in COARSE])
def test_a_quantile_undoes_the_distribution_function_to_the_second_order(d):
    shapes = columns(points(d, "ppf"))[1:-2]
    for i in range(1 + len(shapes)):
        slope = grad(lambda *xs: np.sum(d.cdf(d.ppf(*xs), *xs[1:])), i)
        exact = np.full_like(Q, float(i == 0))
        assert_close(slope(Q, *shapes), exact, order=1, where=d.name)
        again = grad(lambda *xs, slope=slope: np.sum(slope(*xs) * xs[0]), i)
        assert_close(again(Q, *shapes), exact, order=2, where=d.name)


@of(CONTINUOUS)
def test_derivatives_outside_of_the_support_are_zero(d):
    args = points(d, "pdf")
    low, high = scipys(d).support(*args[1:])
    for x in (low - 1, high + 1):
        if np.isinf(x):
            continue
        for method in OF_X:
            for i in range(len(args)):
                g = grad(lambda *xs, method=method: getattr(d, method)(*xs), i)(float(x), *args[1:])
                assert g == 0.0, (d.name, method, i, g)


@of(CONTINUOUS)
def test_names_of_parameters_are_scipys(d):
    args = points(d, "pdf")
    named = dict(zip((*d.shapes, "loc", "scale"), args[1:], strict=True))
    assert_close(d.pdf(args[0], **named), scipys(d).pdf(args[0], **named), order=1)
    assert_close(d.pdf(args[0], *args[1:-2]), scipys(d).pdf(args[0], *args[1:-2]), order=1)


def test_a_scale_that_is_not_positive_gives_nan_as_in_scipy():
    assert np.isnan(stats.norm.pdf(0.3, 0.0, -1.0))
    assert_close(stats.norm.logcdf(0.3, 0.0, np.array([1.0, 0.0])), np.array([st.norm.logcdf(0.3), np.nan]))
    assert np.isnan(stats.gamma.pdf(0.3, -1.0))
    assert np.isnan(stats.beta.ppf(0.3, -1.0, 1.0))


@pytest.mark.parametrize("args", [(), (1.0, 2.0, 3.0, 4.0, 5.0)])
def test_parameters_that_are_missing_or_too_many_are_named(args):
    with pytest.raises(
        UsageError, match=r"stats.beta: got . parameters by position .* its parameters are a, b, loc, scale"
    ):
        stats.beta.pdf(0.3, *args)
    with pytest.raises(UsageError, match=r"\['mean'\] by name"):
        stats.norm.pdf(0.3, mean=1.0)


def test_tails_keep_their_logarithm():
    for x in (-40.0, -300.0):
        ratio = -x - 1 / x + 2 / x**3  # Mills's, DLMF 7.12.1
        assert_close(grad(stats.norm.logcdf)(x), ratio, order=3)
        assert_close(grad(lambda v: stats.norm.logsf(-v))(x), ratio, order=3)
        assert_close(grad(stats.logistic.logcdf)(x), 1.0)
        assert_close(grad(lambda v, x=x: stats.truncnorm.logpdf(v, -x, -x + 1))(-x + 0.3), x - 0.3)


def test_the_slope_of_a_distribution_function_at_a_kink_of_its_density_is_the_density():
    for d, shapes in (
        (stats.laplace, ()),
        (stats.gennorm, (1.6,)),
        (stats.gennorm, (0.7,)),
        (stats.skewcauchy, (0.4,)),
    ):
        assert_close(grad(lambda x, d=d, s=shapes: d.cdf(x, *s))(0.0), d.pdf(0.0, *shapes), order=1)
    assert_close(grad(stats.laplace.ppf)(0.5), 2.0)
    assert_close(grad(lambda q: stats.gennorm.ppf(q, 1.6))(0.5), 1 / st.gennorm.pdf(0.0, 1.6), order=1)


def test_single_precision_is_kept():
    x = np.array([0.3, 1.2], np.float32)
    v = Value(x)
    y = stats.norm.logpdf(v, np.float32(0.2), np.float32(1.3))
    np.sum(y).backward()
    assert v.grad.dtype == np.float32
    assert_close(y, st.norm.logpdf(x, 0.2, 1.3), dtype=np.float32)


def test_names_that_have_no_derivatives_here_say_so():
    with pytest.raises(AttributeError, match=r"'levy_stable': its density .* for numbers alone, use scipy\.stats"):
        stats.levy_stable
    assert stats.erlang is stats.gamma
    assert "norm" in dir(stats)
    assert repr(stats.norm) == "<stats.norm>"


# ---- counts


@of(COUNTS)
@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "sf", "logcdf", "logsf"])
def test_counts_have_scipys_values_and_the_derivatives_of_differences(d, method):
    f, g = getattr(d, method), getattr(scipys(d), method)
    with np.errstate(all="ignore"):
        everywhere = np.array([-2.0, 0.0, 1.0, 2.0, 3.0, 5.0, 20.0])
        assert_close(f(everywhere, *d.at_shapes), g(everywhere, *d.at_shapes), order=1)
        assert_close(f(everywhere + 1, *d.at_shapes, 1), g(everywhere + 1, *d.at_shapes, loc=1), order=1)
    k = np.array([1.0]) if d.name == "bernoulli" else np.array([1.0, 2.0, 3.0])
    k = k - 1 if d.name == "bernoulli" and method in {"logsf", "logcdf"} else k
    for i, s in enumerate(d.at_shapes):
        if isinstance(s, int):
            continue
        rest = (d.at_shapes[:i], d.at_shapes[i + 1 :])

        def ours(z, rest=rest):
            return np.sum(f(k, *rest[0], z, *rest[1]))

        assert_close(grad(ours)(s), numerical_gradient(lambda z, r=rest: g(k, *r[0], z, *r[1]), (s,)), order=1)
        assert_close(grad(grad(ours))(s), numerical_gradient(grad(ours), (s,)), order=2)


def test_a_count_between_whole_numbers_has_no_mass():
    assert stats.poisson.pmf(1.5, 2.0) == 0.0
    assert stats.poisson.logpmf(1.5, 2.0) == -np.inf
    assert grad(lambda mu: stats.poisson.pmf(1.5, mu))(2.0) == 0.0
    assert grad(lambda mu: stats.poisson.logpmf(-1.0, mu))(2.0) == 0.0
    assert_close(stats.poisson.cdf(1.5, 2.0), st.poisson.cdf(1.5, 2.0))
    assert np.isnan(stats.poisson.pmf(1.0, -2.0))


def test_masses_at_the_ends_of_a_probability_are_exact():
    assert_close(grad(lambda p: stats.bernoulli.logpmf(0, p))(0.0), -1.0)
    assert_close(grad(lambda p: stats.binom.logpmf(5, 5, p))(1.0), 5.0)
    assert_close(grad(lambda p: stats.binom.pmf(0, 5, p))(0.0), -5.0)


# ---- vectors and matrices

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3))
COV = A @ A.T + 2 * np.eye(3)
POINTS = RNG.normal(size=(4, 3))
MEAN = np.array([0.1, -0.4, 0.6])
SIMPLEX = np.array([0.2, 0.5, 0.3])
ALPHA = np.array([1.2, 2.3, 0.7])
OTHER = COV @ COV + np.eye(3)

VECTORS = {
    "multivariate_normal": [
        ("logpdf", (POINTS, MEAN, COV), (0, 1)), ("pdf", (POINTS[0], MEAN, COV), (0, 1)),
        ("logpdf", (POINTS[:, 0], None, 1.7), (0,)), ("pdf", (0.7, 0.2, 1.7), (0, 1)),
        ("logpdf", (POINTS, MEAN, np.array([1.2, 0.5, 2.0])), (0, 1, 2)),
        ("entropy", (MEAN, COV), ()),
    ],
    "multivariate_t": [("logpdf", (POINTS, MEAN, COV, 3.4), (0, 1, 3)), ("pdf", (POINTS, MEAN, COV, 3.4), (0, 3))],
    "dirichlet": [("logpdf", (SIMPLEX, ALPHA), (1,)), ("pdf", (SIMPLEX[:2], ALPHA), (0, 1)), ("mean", (ALPHA,), (0,)),
                  ("var", (ALPHA,), (0,)), ("entropy", (ALPHA,), (0,))],
    "multinomial": [("logpmf", (np.array([2, 3, 1]), 6, SIMPLEX), ()),
                    ("pmf", (np.array([[2, 3, 1], [6, 0, 0]]), 6, SIMPLEX), ())],
    "wishart": [("logpdf", (OTHER, 4.5, COV), (1,)), ("pdf", (OTHER, 4.5, COV), (1,))],
    "invwishart": [("logpdf", (OTHER, 4.5, COV), (1,)), ("pdf", (OTHER, 4.5, COV), (1,))],
    "matrix_normal": [("logpdf", (POINTS, POINTS * 0.3, np.eye(4) * 1.3, COV), (0, 1)),
                      ("pdf", (POINTS, POINTS * 0.3, np.eye(4)), (0, 1))],
}  # fmt: skip


@pytest.mark.parametrize(("name", "i"), [(n, i) for n, cases in VECTORS.items() for i in range(len(cases))])
def test_vectors_have_scipys_values_and_the_derivatives_of_differences(name, i):
    method, args, places = VECTORS[name][i]
    ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(st, name), method)
    expected = theirs(*args)
    assert_close(ours(*args), np.squeeze(expected), order=1)
    for k in places:
        g = grad(lambda *xs: np.sum(ours(*xs)), k)(*args)
        assert_close(g, numerical_gradient(theirs, args, k), order=1, where=f"{name}.{method}, argument {k}")
    if places:
        check_grads(ours, args, argnums=places)


@pytest.mark.parametrize("name", ["multivariate_normal", "multivariate_t", "wishart", "invwishart", "matrix_normal"])
def test_matrices_have_the_derivatives_of_differences_along_symmetric_ones(name):
    def of_matrix(s, cov):
        c = (cov + np.swapaxes(cov, 0, 1)) / 2
        d = getattr(s, name)
        args = {"multivariate_normal": (POINTS, MEAN, c), "multivariate_t": (POINTS, MEAN, c, 3.4)}
        if name in args:
            return d.logpdf(*args[name])
        return (
            d.logpdf(POINTS, POINTS * 0.3, np.eye(4), c)
            if name == "matrix_normal"
            else d.logpdf(OTHER, 4.5, c) + d.logpdf(c, 5.5, OTHER)
        )

    ours = grad(lambda cov: np.sum(of_matrix(stats, cov)))(COV)
    assert_close(ours, numerical_gradient(lambda cov: of_matrix(st, cov), (COV,)), order=1)
    check_grads(lambda cov: of_matrix(stats, cov), (COV,))


def test_counts_that_do_not_add_up_have_no_mass_in_the_multinomial():
    assert stats.multinomial.logpmf(np.array([2, 3]), 6, np.array([0.4, 0.6])) == -np.inf
    assert stats.multinomial.pmf(np.array([7, -1]), 6, np.array([0.4, 0.6])) == 0.0
    p = np.array([0.4, 0.6])
    assert_close(
        grad(lambda v: stats.multinomial.logpmf(np.array([2, 4]), 6, v))(p), np.array([2 / 0.4 - 4 / 0.6, 0.0])
    )


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(
        ShapeError, match=r"multivariate_normal: got points of shape \(2,\) and a matrix of shape \(3, 3\)"
    ):
        stats.multivariate_normal.logpdf(np.zeros(2), np.zeros(3), np.eye(3))
    with pytest.raises(ShapeError, match=r"dirichlet: got x of shape \(4,\) and alpha of shape \(3,\)"):
        stats.dirichlet.logpdf(np.full(4, 0.25), np.ones(3))


# ---- statistics of samples

X = RNG.normal(size=(5, 4))
G = RNG.uniform(0.5, 2.5, (5, 4))
W = RNG.uniform(0.5, 2.5, 5)
SAMPLES = {
    "gmean": [(lambda s, x: s.gmean(x), G), (lambda s, x: s.gmean(x, axis=1), G),
              (lambda s, x: s.gmean(x, axis=None), G),
              (lambda s, w: s.gmean(G[:, 0], weights=w), W)],
    "hmean": [(lambda s, x: s.hmean(x, axis=1), G)],
    "pmean": [(lambda s, x: s.pmean(x, 1.7, axis=1), G), (lambda s, x: s.pmean(x, 0), G),
              (lambda s, p: s.pmean(G, p, axis=None), 1.7)],
    "expectile": [(lambda s, x: s.expectile(x, 0.3), X[:, 0])],
    "moment": [(lambda s, x: s.moment(x, 3, axis=1), X), (lambda s, x: s.moment(x, 2, center=0.4), X),
               (lambda s, x: s.moment(x), X)],
    "skew": [(lambda s, x: s.skew(x, axis=1), X), (lambda s, x: s.skew(x, axis=None, bias=False), X)],
    "kurtosis": [(lambda s, x: s.kurtosis(x, axis=1), X), (lambda s, x: s.kurtosis(x, bias=False, fisher=False), X)],
    "sem": [(lambda s, x: s.sem(x, axis=1), X), (lambda s, x: s.sem(x, axis=None, ddof=0), X)],
    "variation": [(lambda s, x: s.variation(x, axis=1, ddof=1), G)],
    "zscore": [(lambda s, x: s.zscore(x, axis=1) * G, X), (lambda s, x: s.zscore(x, axis=None, ddof=1) * G, X)],
    "zmap": [(lambda s, x: s.zmap(x, X, axis=1) * G, G), (lambda s, x: s.zmap(G, x) * G, X)],
    "gzscore": [(lambda s, x: s.gzscore(x) * X, G)],
    "gstd": [(lambda s, x: s.gstd(x, axis=1), G)],
    "entropy": [(lambda s, x: s.entropy(x, axis=1), G), (lambda s, q: s.entropy(W, q, base=2), W[::-1] + 0.1)],
    "pearsonr": [(lambda s, x: s.pearsonr(x, W)[0], X[:, 0]), (lambda s, x: s.pearsonr(x, W)[1], X[:, 0])],
    "trim_mean": [(lambda s, x: s.trim_mean(x, 0.25, axis=1), X), (lambda s, x: s.trim_mean(x, 0.1, axis=None), X)],
    "iqr": [(lambda s, x: s.iqr(x, axis=1), X), (lambda s, x: s.iqr(x, rng=(10, 80)), X)],
    "tmean": [(lambda s, x: s.tmean(x, (-0.8, 0.9)), X), (lambda s, x: s.tmean(x, (None, 0.9), axis=0), X)],
    "circmean": [(lambda s, x: s.circmean(x, axis=1), G), (lambda s, x: s.circmean(x, 180.0, -180.0), 40 * X)],
    "circvar": [(lambda s, x: s.circvar(x, axis=1), G)],
    "circstd": [(lambda s, x: s.circstd(x, axis=1), G), (lambda s, x: s.circstd(x, 5.0, normalize=True), G)],
    "boxcox_llf": [(lambda s, a: s.boxcox_llf(a, W), 0.6), (lambda s, x: s.boxcox_llf(0.6, x), G)],
    "yeojohnson_llf": [(lambda s, a: s.yeojohnson_llf(a, X[:, 0]), 0.6),
                       (lambda s, x: s.yeojohnson_llf(0.6, x), X[:, 0])],
    "wasserstein_distance": [(lambda s, x: s.wasserstein_distance(x, W), X[:, 0])],
    "gaussian_kde": [
        (lambda s, x: s.gaussian_kde(x)(W), X[:, 0]),
        (lambda s, x: s.gaussian_kde(x, "silverman").logpdf(X.T[:2]), G.T[:2]),
        (lambda s, w: s.gaussian_kde(X[:, 0], 0.4, w)(W), W), (lambda s, x: s.gaussian_kde(W).pdf(x), X[:, 0]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "i"), [(n, i) for n, cases in SAMPLES.items() for i in range(len(cases))])
def test_statistics_have_scipys_values_and_the_derivatives_of_differences(name, i):
    f, x = SAMPLES[name][i]
    expected = np.asarray(f(st, x))
    weights = np.linspace(0.5, 1.5, expected.size).reshape(expected.shape)
    assert_close(f(stats, x), expected[()], order=1)
    ours = grad(lambda v: np.sum(weights * f(stats, v)))(x)
    assert_close(ours, numerical_gradient(lambda v: f(st, v), (x,), 0, weights), order=1)
    check_grads(lambda v: f(stats, v), (x,))


def test_every_statistic_is_tested():
    functions = {f.__name__ for f in stats.samples.SAMPLES}
    assert functions == set(SAMPLES)
    assert {v.name for v in stats.vectors.VECTORS} == set(VECTORS)


def test_arguments_that_make_no_sense_are_named():
    with pytest.raises(UsageError, match=r"trim_mean: got proportiontocut=0.6 of 5 elements; less than half"):
        stats.trim_mean(W, 0.6)
    with pytest.raises(UsageError, match=r"wasserstein_distance: got samples of shapes \(5,\) and \(4,\)"):
        stats.wasserstein_distance(W, W[:4])
    with pytest.raises(UsageError, match="gaussian_kde: got bw_method='wide'"):
        stats.gaussian_kde(W, "wide")


def test_a_likelihood_is_fitted_by_newtons_method():
    # the maximum of the gamma likelihood solves log(a) - psi(a) = log(mean) - mean(log)
    x = np.random.default_rng(0).gamma(2.3, 1.4, 200)
    f = lambda a: np.mean(stats.gamma.logpdf(x, a, scale=np.mean(x) / a))
    a = 1.5
    for _ in range(20):
        a -= grad(f)(a) / grad(grad(f))(a)
    assert_close(log(a) - sp.psi(a), log(np.mean(x)) - np.mean(np.log(x)), order=1)


def test_the_entropy_of_a_gaussian_is_its_closed_form():
    assert_close(stats.multivariate_normal.entropy(None, COV), 0.5 * log(np.linalg.det(2 * pi * np.e * COV)), order=1)
    g = grad(lambda c: stats.multivariate_normal.entropy(None, c))(COV)
    assert_close(g, 0.5 * np.linalg.inv(COV).T, order=1)
