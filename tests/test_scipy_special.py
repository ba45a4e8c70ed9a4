"""`scipy.special` on Values: every ufunc against differences of SciPy's, to the second order; singular points."""

import subprocess
import sys
from math import log, pi

import numpy as np
import pytest
import scipy.special as sp

from autograd_mini import Value, grad, jvp
from autograd_mini.errors import NoRuleError
from autograd_mini.primitive import REGISTRY, TABLE
from autograd_mini.scipy import special
from autograd_mini.testing import (
    STENCIL,
    assert_close,
    complex_step_gradient,
    is_differentiable,
    numerical_gradient,
    samples_of,
)

OPS = [op for op in REGISTRY.values() if op.name.startswith("special.")]
UFUNCS = [f for f in vars(sp).values() if isinstance(f, np.ufunc)]

# y solves f(..., y, ...) = target: SciPy finds y by iteration, less accurately than differences need, so that
# these are held against the function that they invert, which is tested by differences: (f, place of y).
POISSON = lambda k, m: sp.gammaincc(k + 1, m)
BINOMIAL = lambda k, n, p: sp.betaincc(k + 1, n - k, p)
FAILURES = lambda k, n, p: sp.betainc(n, k + 1, p)
INVERSES = {
    "bdtri": (sp.bdtr, 2), "bdtrik": (BINOMIAL, 0), "bdtrin": (BINOMIAL, 1), "betainccinv": (sp.betaincc, 2),
    "betaincinv": (sp.betainc, 2), "btdtria": (sp.betainc, 0), "btdtrib": (sp.betainc, 1), "chdtri": (sp.chdtrc, 1),
    "chdtriv": (sp.chdtr, 0), "chndtridf": (sp.chndtr, 1), "chndtrinc": (sp.chndtr, 2), "chndtrix": (sp.chndtr, 0),
    "fdtri": (sp.fdtr, 2), "fdtridfd": (sp.fdtr, 1), "gammainccinv": (sp.gammaincc, 1), "gammaincinv": (sp.gammainc, 1),
    "gdtria": (sp.gdtr, 0), "gdtrib": (sp.gdtr, 1), "gdtrix": (sp.gdtr, 2), "kolmogi": (sp.kolmogorov, 0),
    "nbdtri": (sp.nbdtr, 2), "nbdtrik": (FAILURES, 0), "nbdtrin": (FAILURES, 1), "ncfdtri": (sp.ncfdtr, 3),
    "ncfdtridfd": (sp.ncfdtr, 1),
    "ncfdtridfn": (sp.ncfdtr, 0), "ncfdtrinc": (sp.ncfdtr, 2), "nctdtridf": (sp.nctdtr, 0),
    "nctdtrinc": (sp.nctdtr, 1), "nctdtrit": (sp.nctdtr, 2), "pdtri": (sp.pdtr, 1), "pdtrik": (POISSON, 0),
    "smirnovi": (sp.smirnov, 1), "stdtridf": (sp.stdtr, 0), "stdtrit": (sp.stdtr, 1),
}  # fmt: skip
# What SciPy computes to about seven digits only.
COARSE = {"itairy"}


def name_of(op):
    return op.name.removeprefix("special.")


def called(op):
    """What a user calls: the ufunc itself, or our function of SciPy's name."""
    f = getattr(sp, name_of(op))
    return f if isinstance(f, np.ufunc) else op


def arrays(op):
    return next(iter(samples_of(op)))


def outputs(y):
    return list(y) if isinstance(y, tuple) else [y]


def weighted(y):
    """One real number of each place, in which every output and both parts of a complex one count."""
    total = 0.0
    for i, part in enumerate(outputs(y)):
        total = total + (1 + 0.3 * i) * np.real(part)
        if np.iscomplexobj(part):
            total = total + (0.7 - 0.1 * i) * np.imag(part)
    return total


def known(op):
    """The operands in which the op has a derivative."""
    sample = arrays(op)
    places = [i for i in sample.places if op.vjp_each is not None or op.vjps[i] is not None]
    return [i for i in places if not raises(op, sample, i)]


def raises(op, sample, i):
    try:
        partial(op, sample, i)(*sample.args)
    except NoRuleError:
        return True
    return False


def partial(op, sample, i):
    """The function that gives d weighted / d operand i, place by place."""

    def f(*args):
        return np.sum(weighted(called(op)(*args, **sample.options)))

    return grad(f, i)


def difference(f, args, i):
    """The derivative of f in operand i by differences, at all places at once."""
    x = np.asarray(args[i], float)
    h = np.finfo(float).eps ** 0.2 * np.maximum(1.0, np.abs(x)) * 0.5
    total = 0.0
    for k, w in STENCIL:
        total = total + w * f(*args[:i], x + k * h, *args[i + 1 :])
    return total / h


def of(ops):
    return pytest.mark.parametrize("op", ops, ids=name_of)


SMOOTH = [op for op in OPS if not op.is_discrete]
MEASURED = [op for op in SMOOTH if name_of(op) not in INVERSES]


# ---- what there is


def test_every_ufunc_of_scipy_special_is_covered():
    assert [f.__name__ for f in UFUNCS if f not in TABLE] == []


def test_every_function_of_scipy_special_is_covered_or_excluded_with_a_reason():
    functions = {n for n in sp.__all__ if callable(getattr(sp, n))}
    covered = {n for n in functions if getattr(sp, n) in TABLE}
    assert functions - covered - set(special.EXCLUDED) == set()
    assert covered & set(special.EXCLUDED) == set()
    assert all(special.EXCLUDED.values())


def test_names_are_scipys():
    assert special.gamma is TABLE[sp.gamma]
    assert special.digamma is special.psi
    assert special.bernoulli is sp.bernoulli
    assert dir(special) == sorted(sp.__all__)
    with pytest.raises(AttributeError, match="no attribute 'gama'"):
        special.gama


def test_a_ufunc_of_scipy_works_before_our_package_is_imported():
    code = "import scipy.special as s; from autograd_mini import grad; assert grad(s.expit)(0.0) == 0.25"
    subprocess.run([sys.executable, "-c", code], check=True)  # our own line


def test_scipy_is_named_as_an_extra_where_it_is_missing():
    code = "import sys; sys.modules['scipy'] = None; import autograd_mini.scipy"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)  # our own line
    assert "ImportError: autograd_mini.scipy: SciPy is not installed" in run.stderr
    assert "autograd-mini[scipy]" in run.stderr


# ---- every op at its samples


@of(OPS)
def test_the_result_is_what_scipy_gives(op):
    for sample in samples_of(op):
        scipys = (lambda x, n: sp.polygamma(n, np.real(x))) if name_of(op) == "polygamma" else getattr(sp, name_of(op))
        if name_of(op) == "polygamma" and np.iscomplexobj(sample.args[0]):
            continue  # SciPy has it for real numbers only
        expected = outputs(scipys(*sample.args, **sample.options))
        values = [Value(x) if is_differentiable(x) else x for x in sample.args]
        ours = outputs(called(op)(*values, **sample.options))
        on_numbers = outputs(called(op)(*sample.args, **sample.options))
        for y, n, e in zip(ours, on_numbers, expected, strict=True):
            assert isinstance(y, Value)
            assert not isinstance(n, Value)
            assert_close(y, e)
            assert_close(n, e)


@of(MEASURED)
def test_gradients_agree_with_differences_of_scipys_function(op):
    sample = arrays(op)
    for i in known(op):
        measured = difference(lambda *xs: weighted(called(op)(*xs, **sample.options)), sample.args, i)
        order = 3 if name_of(op) in COARSE else 1
        assert_close(partial(op, sample, i)(*sample.args), measured, order=order, where=f"{op.name}, operand {i}")


@of(MEASURED)
def test_second_derivatives_agree_with_differences(op):
    sample = arrays(op)
    places = known(op)
    for i in places:
        first = partial(op, sample, i)
        for j in places:
            if j < i or unknown_twice(first, sample, j):
                continue
            ours = grad(lambda *args, first=first: np.sum(first(*args)), j)(*sample.args)
            assert_close(ours, difference(first, sample.args, j), order=2, where=f"{op.name}, operands {i}, {j}")


def unknown_twice(first, sample, j):
    """Whether the second derivative in operand j is not known."""
    args = sample.args
    try:
        grad(lambda x: np.sum(first(*args[:j], x, *args[j + 1 :])))(args[j])
    except NoRuleError:
        return True
    return False


@of([op for op in OPS if name_of(op) in INVERSES])
def test_an_inverse_undoes_its_function_to_the_second_order(op):
    f, place = INVERSES[name_of(op)]
    sample = arrays(op)

    def identity(*args):
        y = called(op)(*args)
        return f(*args[:place], y, *args[place + 1 :])

    for i in sample.places:
        if op.vjps[i] is None:
            continue
        slope = grad(lambda *args: np.sum(identity(*args)), i)
        exact = np.full_like(sample.args[i], float(i == place))
        assert_close(slope(*sample.args), exact, order=1, where=op.name)
        again = grad(lambda *args, slope=slope: np.sum(slope(*args) * args[place]), i)
        assert_close(again(*sample.args), exact, order=2, where=op.name)


@of(SMOOTH)
def test_tangents_and_cotangents_agree(op):
    sample = arrays(op)
    for i in known(op):
        args = sample.args

        def f(x, args=args, i=i):
            return weighted(called(op)(*args[:i], x, *args[i + 1 :], **sample.options))

        t = np.linspace(0.5, 1.5, np.size(args[i])).reshape(np.shape(args[i])).astype(np.asarray(args[i]).dtype)
        _, pushed = jvp(f, (args[i],), (t,))
        assert_close(np.sum(pushed), np.sum(t * partial(op, sample, i)(*args)), where=op.name)


@of([op for op in MEASURED if op.is_elementwise])
def test_single_precision_is_kept_as_scipy_keeps_it(op):
    sample = arrays(op)
    single = sample.astype(np.float32)
    expected = called(op)(*single.args)
    leaves = [Value(x) if is_differentiable(x) else x for x in single.args]
    y = called(op)(*leaves)
    assert y.dtype == expected.dtype
    for i in known(op):
        g = partial(op, single, i)(*single.args)
        assert g.dtype == np.float32
        double = partial(op, sample, i)(*(np.asarray(x, float) if is_differentiable(x) else x for x in single.args))
        assert_close(g, double, order=2, dtype=np.float32, where=f"{op.name}, operand {i}")


@of([op for op in OPS if op.is_discrete])
def test_a_piecewise_constant_function_has_gradient_zero(op):
    x = arrays(op).args[0]
    assert_close(grad(lambda v: np.sum(called(op)(v)) + np.sum(v))(x), np.ones_like(x))


@pytest.mark.parametrize(
    ("f", "rest"), [(sp.pdtr, (1.4,)), (sp.bdtr, (5, 0.3))], ids=lambda f: getattr(f, "__name__", "")
)
def test_counts_that_scipy_floors_have_no_derivative(f, rest):
    assert grad(lambda v: f(v, *rest) + v)(2.4) == 1.0


@pytest.mark.parametrize(
    ("f", "args", "argument"),
    [
        (sp.expn, (2.0, 0.5), "n"),
        (sp.kn, (2.0, 0.5), "n"),
        (sp.mathieu_cem, (1, 0.5, 20.0), "q"),
        (sp.pro_ang1, (0, 1, 0.7, 0.2), "c"),
        (sp.jve, (0.5, 1.0 + 1j), "complex arguments"),
        (sp.airye, (1.0 + 1j,), "complex arguments"),
    ],
    ids=lambda f: getattr(f, "__name__", None),
)
def test_a_derivative_that_is_not_known_is_refused_by_name(f, args, argument):
    i = 0 if argument == "n" else 1 if argument == "q" else 2 if argument == "c" else len(args) - 1
    with pytest.raises(
        NoRuleError, match=rf"scipy.special.{f.__name__}: its derivative in {argument} was asked for; .* constant"
    ):
        grad(lambda x: weighted(f(*args[:i], x, *args[i + 1 :])))(args[i])


# ---- against closed forms


def test_the_order_derivative_of_bessel_functions_of_order_one_half():
    # DLMF 10.15.6 to 10.15.9, 10.38.6, 10.38.7
    for x in (0.3, 1.7, 6.0, 25.0):
        si, ci = sp.sici(2 * x)
        scale = np.sqrt(2 / (pi * x))
        assert_close(grad(lambda v, x=x: sp.jv(v, x))(0.5), scale * (ci * np.sin(x) - si * np.cos(x)), order=1)
        assert_close(grad(lambda v, x=x: sp.jv(v, x))(-0.5), scale * (ci * np.cos(x) + si * np.sin(x)), order=1)
        assert_close(grad(lambda v, x=x: sp.yv(v, x))(0.5), scale * (ci * np.cos(x) + (si - pi) * np.sin(x)), order=1)
        exact = np.sqrt(pi / (2 * x)) * sp.exp1(2 * x) * np.exp(x)
        assert_close(grad(lambda v, x=x: sp.kv(v, x))(0.5), exact, order=1)
        size = 1 / np.sqrt(2 * pi * x)
        exact = -size * (sp.exp1(2 * x) * np.exp(x) + sp.expi(2 * x) * np.exp(-x))
        assert_close(grad(lambda v, x=x: sp.iv(v, x))(0.5) * np.exp(-x), exact * np.exp(-x), order=1)


def test_the_order_derivative_of_integer_order_at_zero_order():
    # DLMF 10.15.3, 10.15.4: d J / d v = pi/2 Y and d Y / d v = -pi/2 J at v = 0
    x = np.array([0.2, 2.0, 9.0])
    zero = np.zeros(3)
    assert_close(grad(lambda v: np.sum(sp.jv(v, x)))(zero), pi / 2 * sp.y0(x), order=1)
    assert_close(grad(lambda v: np.sum(sp.yv(v, x)))(zero), -pi / 2 * sp.j0(x), order=1)
    assert_close(grad(lambda v: np.sum(sp.iv(v, x)))(zero), -sp.k0(x), order=1)
    assert_close(grad(lambda v: np.sum(sp.kv(v, x)))(zero), zero, order=1)


@pytest.mark.parametrize("a", [1e-3, 0.02, 0.7, 30.0, 1e3])
def test_the_incomplete_gamma_function_in_a_obeys_its_recurrence(a):
    # P(a + 1, x) = P(a, x) - x**a exp(-x) / gamma(a + 1), DLMF 8.8.5
    for x in (0.01, 0.9 * a + 0.1, a, 1.1 * a + 0.3):
        step = grad(lambda a, x=x: np.exp(a * np.log(x) - x - sp.gammaln(a + 1)))(a)
        left = grad(lambda a, x=x: sp.gammainc(a + 1, x))(a)
        assert_close(left, grad(lambda a, x=x: sp.gammainc(a, x))(a) - step, order=1)
        assert grad(lambda a, x=x: sp.gammainc(a, x))(a) == -grad(lambda a, x=x: sp.gammaincc(a, x))(a)


@pytest.mark.parametrize("x", [1e-3, 0.3, 0.999])
def test_the_incomplete_beta_function_in_a_and_b_has_its_closed_forms(x):
    # I_x(a, 1) = x**a and I_x(1, b) = 1 - (1 - x)**b
    for p in (0.02, 1.3, 40.0):
        assert_close(grad(sp.betainc, 0)(p, 1.0, x), x**p * log(x), order=1)
        assert_close(grad(sp.betainc, 1)(1.0, p, x), -((1 - x) ** p) * np.log1p(-x), order=1)


def test_hypergeometric_functions_in_their_parameters_have_closed_forms():
    for z in (-3.0, -0.4, 0.3, 0.8):
        # 2F1(a, b; b; z) = (1 - z)**-a
        exact = -np.log1p(-z) * (1 - z) ** -0.7
        assert_close(grad(sp.hyp2f1, 0)(0.7, 1.4, 1.4, z), exact, order=1)
        # 1F1(a; a; z) = exp(z): the partials in a and b cancel
        both = grad(sp.hyp1f1, 0)(0.7, 0.7, z) + grad(sp.hyp1f1, 1)(0.7, 0.7, z)
        assert_close(both, 0.0, order=1)


def test_zeta_of_riemann_and_hurwitz():
    # zeta'(2) = pi**2/6 (gamma + log(2 pi) - 12 log A), A of Glaisher and Kinkelin
    glaisher = 1.2824271291006226
    exact = pi**2 / 6 * (np.euler_gamma + log(2 * pi) - 12 * log(glaisher))
    assert_close(grad(special.zeta)(2.0), exact, order=1)
    assert_close(grad(special.zeta)(0.0), -0.5 * log(2 * pi), order=1)
    assert_close(grad(lambda s: special.zeta(s, 1.0))(2.0), exact, order=1)
    assert_close(grad(lambda q: special.zeta(2.0, q))(1.5), -2 * sp.zeta(3.0, 1.5))


@pytest.mark.parametrize(
    ("f", "z"),
    [
        (sp.erf, 0.4 + 0.7j), (sp.wofz, 0.4 + 0.7j), (sp.gamma, 1.4 + 0.7j), (sp.loggamma, 1.4 + 0.7j),
        (sp.psi, 1.4 + 0.7j), (sp.rgamma, 0.4 + 0.7j), (sp.exp1, 0.4 + 0.7j), (sp.spence, 0.4 + 0.7j),
        (lambda z: sp.jv(0.5, z), 1.4 + 0.7j), (lambda z: sp.hankel1e(1, z), 1.4 + 0.7j),
        (lambda z: sp.kve(0.5, z), 1.4 + 0.7j), (lambda z: sp.airy(z)[2], 0.4 + 0.7j),
        (lambda z: sp.fresnel(z)[0], 0.4 + 0.7j), (lambda z: sp.hyp2f1(0.3, 1.2, 1.9, z), 0.2 + 0.3j),
        (special.lambertw, 0.4 + 0.7j), (lambda z: special.spherical_jn(2, z), 0.4 + 0.7j),
        (sp.log_ndtr, 0.4 + 0.7j), (sp.wrightomega, 0.4 + 0.7j), (lambda z: sp.elliprc(z, 1.2), 0.4 + 0.7j),
    ],
)  # fmt: skip
def test_derivatives_at_complex_numbers(f, z):
    def parts(v):
        y = f(v)
        return np.real(y) + 0.7 * np.imag(y)

    assert_close(grad(parts)(z), numerical_gradient(parts, (z,)), order=1)


def test_the_complex_step_confirms_the_error_function_and_gamma():
    x = np.array([0.3, 1.2])
    for f in (sp.erf, sp.gamma, sp.psi, sp.log_ndtr):
        assert_close(grad(lambda v, f=f: np.sum(f(v)))(x), complex_step_gradient(f, (x,)), order=1)


# ---- singular points


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (sp.xlogy, (0.0, 0.0), (0.0, 0.0)),
        (sp.xlogy, (0.0, 2.0), (log(2.0), 0.0)),
        (sp.xlog1py, (0.0, -1.0), (0.0, 0.0)),
        (sp.entr, (0.0,), (np.inf,)),
        (sp.entr, (-1.0,), (0.0,)),
        (sp.rel_entr, (0.0, 2.0), (-np.inf, 0.0)),
        (sp.rel_entr, (-1.0, 2.0), (0.0, 0.0)),
        (sp.rel_entr, (1.0, 0.0), (0.0, 0.0)),
        (sp.kl_div, (0.0, 2.0), (-np.inf, 1.0)),
        (sp.kl_div, (-1.0, 2.0), (0.0, 0.0)),
        (sp.huber, (0.0, 0.0), (0.0, 0.0)),
        (sp.pseudo_huber, (0.0, 0.0), (0.0, 0.0)),
        (sp.huber, (-1.0, 2.0), (0.0, 0.0)),
        (sp.gammainc, (1.3, 0.0), (0.0, 0.0)),
        (sp.gammainc, (1.0, 0.0), (0.0, 1.0)),
        (sp.betainc, (1.3, 1.0, 1.0), (0.0, 0.0, 1.3)),
        (sp.betainc, (1.0, 1.3, 0.0), (0.0, 0.0, 1.3)),
        (sp.rgamma, (0.0,), (1.0,)),
        (sp.rgamma, (-1.0,), (-1.0,)),
        (sp.rgamma, (-2.0,), (2.0,)),
        (sp.spence, (1.0,), (-1.0,)),
        (sp.exprel, (0.0,), (0.5,)),
        (sp.boxcox, (1.7, 0.0), (1 / 1.7, 0.5 * log(1.7) ** 2)),
        (sp.inv_boxcox, (0.4, 0.0), (np.exp(0.4), -0.08 * np.exp(0.4))),
        (sp.ellipk, (0.0,), (pi / 8,)),
        (sp.ellipe, (0.0,), (-pi / 8,)),
        (sp.ellipkinc, (0.0, 0.5), (1.0, 0.0)),
        (sp.j1, (0.0,), (0.5,)),
        (sp.i1, (0.0,), (0.5,)),
        (sp.beip, (0.0,), (0.5,)),
        (sp.struve, (0.0, 0.0), (np.nan, 2 / pi)),
        (sp.tklmbda, (1.5, 1.0), (0.0, 0.0)),
        (sp.stdtr, (3.0, 0.0), (0.0, 2 / (pi * np.sqrt(3.0)))),
        (sp.kolmogorov, (-1.0,), (0.0,)),
        (sp.expit, (800.0,), (0.0,)),
        (sp.log_expit, (-800.0,), (1.0,)),
        (sp.log_ndtr, (-1e10,), (1e10,)),
    ],
    ids=lambda f: getattr(f, "__name__", str(f)),
)
def test_singular_points_have_the_derivative_of_their_limit(f, at, expected):
    for i, e in enumerate(expected):
        assert_close(grad(f, i)(*at), e, order=1, where=f"{f.__name__}{at}, operand {i}")


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (sp.spence, 1.0, 0.5),
        (sp.exprel, 0.0, 1 / 3),
        (sp.ellipk, 0.0, 9 * pi / 64),
        (lambda a: sp.boxcox(1.7, a), 0.0, log(1.7) ** 3 / 3),
        (sp.rgamma, 0.0, 2 * np.euler_gamma),
        (lambda r: sp.pseudo_huber(2.0, r), 0.0, 1.0),
    ],
)
def test_second_derivatives_are_smooth_there_too(f, at, expected):
    assert_close(grad(grad(f))(at), expected, order=2)


def test_third_derivatives_need_no_further_rules():
    assert_close(grad(grad(grad(sp.gammaln)))(1.7), sp.polygamma(2, 1.7), order=1)
    assert_close(grad(grad(grad(sp.j0)))(1.7), (3 * sp.j1(1.7) - sp.jv(3, 1.7)) / 4, order=1)


# ---- functions that are no ufuncs

X = np.random.default_rng(0).normal(size=(2, 3))
G = np.random.default_rng(1).uniform(0.6, 2.5, (2, 3))
FUNCTIONS = {
    "logsumexp": [(lambda s, x: s.logsumexp(x), X), (lambda s, x: s.logsumexp(x, axis=1, keepdims=True), X),
                  (lambda s, x: s.logsumexp(x, axis=1, b=G), X), (lambda s, b: s.logsumexp(X, axis=0, b=b), G),
                  (lambda s, x: s.logsumexp(x, b=-G, return_sign=True)[0], X)],
    "softmax": [(lambda s, x: s.softmax(x) * G, X), (lambda s, x: s.softmax(x, axis=1) * G, X),
                (lambda s, x: s.softmax(x, axis=(0, 1)) * G, X)],
    "log_softmax": [(lambda s, x: s.log_softmax(x) * G, X), (lambda s, x: s.log_softmax(x, axis=0) * G, X)],
    "polygamma": [(lambda s, x: s.polygamma(1, x), G), (lambda s, x: s.polygamma(np.array([0, 1, 3]), x), G)],
    "multigammaln": [(lambda s, x: s.multigammaln(x, 3), G + 2)],
    "zeta": [(lambda s, x: s.zeta(x, 1.5), G + 1), (lambda s, q: s.zeta(2.5, q), G), (lambda s, x: s.zeta(x), G + 1)],
    "factorial": [(lambda s, x: s.factorial(x), G), (lambda s, x: s.factorial(x), -G)],
    "comb": [(lambda s, n: s.comb(n + 2, 1.3), G), (lambda s, k: s.comb(4.5, k), G), (lambda s, k: s.comb(0.5, k), G),
             (lambda s, n: s.comb(n, 2, repetition=True), G)],
    "perm": [(lambda s, n: s.perm(n + 2, 1.3), G), (lambda s, k: s.perm(4.5, k), G)],
    "lambertw": [(lambda s, z: np.real(s.lambertw(z)), G), (lambda s, z: np.real(s.lambertw(z, -1)), -0.15 - 0.02 * G)],
    "diric": [(lambda s, x: s.diric(x, 3), X), (lambda s, x: s.diric(x, 4), X)],
    "sinc": [(lambda s, x: s.sinc(x), X)],
    "spherical_jn": [(lambda s, z: s.spherical_jn(2, z), G), (lambda s, z: s.spherical_jn(0, z, True), G)],
    "spherical_yn": [(lambda s, z: s.spherical_yn(2, z), G)],
    "spherical_in": [(lambda s, z: s.spherical_in(2, z, derivative=True), G)],
    "spherical_kn": [(lambda s, z: s.spherical_kn(0, z), G)],
    "jvp": [(lambda s, z: s.jvp(2, z), G), (lambda s, v: s.jvp(v, 1.3, 2), G)],
    "yvp": [(lambda s, z: s.yvp(1.5, z, 3), G)],
    "ivp": [(lambda s, z: s.ivp(1.5, z, 2), G)],
    "kvp": [(lambda s, z: s.kvp(1.5, z, 3), G)],
    "h1vp": [(lambda s, z: np.real(s.h1vp(1.5, z)), G)],
    "h2vp": [(lambda s, z: np.imag(s.h2vp(1.5, z)), G)],
    "sph_harm_y": [(lambda s, t: np.real(s.sph_harm_y(3, 2, t, 0.4)), G),
                   (lambda s, p: np.imag(s.sph_harm_y(3, -2, 0.7, p)), G)],
}  # fmt: skip
CASES = [(n, i) for n, cases in FUNCTIONS.items() if hasattr(sp, n) for i in range(len(cases))]


@pytest.mark.parametrize(("name", "i"), CASES)
def test_functions_have_scipys_values_and_the_derivatives_of_differences(name, i):
    f, x = FUNCTIONS[name][i]
    weights = np.linspace(0.5, 1.5, np.size(f(sp, x))).reshape(np.shape(f(sp, x)))
    assert_close(f(special, x), f(sp, x), order=1)
    assert_close(f(special, Value(x)), f(sp, x), order=1)
    ours = grad(lambda v: np.sum(weights * f(special, v)))
    assert_close(ours(x), numerical_gradient(lambda v: f(sp, v), (x,), 0, weights), order=1)
    again = grad(lambda v: np.sum(weights.flat[0] * ours(v) * x))
    assert_close(again(x), numerical_gradient(lambda v: ours(v) * weights.flat[0], (x,), 0, x), order=2)


def test_logsumexp_of_minus_infinity_shares_evenly_and_skips_weights_of_zero():
    assert_close(grad(special.logsumexp)(np.full(4, -np.inf)), np.full(4, 0.25))
    x, b = np.array([0.3, np.inf, 1.2]), np.array([1.0, 0.0, 2.0])
    assert_close(special.logsumexp(x, b=b), sp.logsumexp(x, b=b))
    assert_close(grad(lambda v: special.logsumexp(v, b=b))(x)[1], 0.0)


@pytest.mark.parametrize("f", [special.factorial, special.comb, special.perm])
def test_exact_whole_numbers_are_refused(f):
    with pytest.raises(
        NoRuleError, match="exact=True or extend=; Values have the floating point function; leave them out"
    ):
        f(*(Value(3.0),) * (1 if f is special.factorial else 2), exact=True)
