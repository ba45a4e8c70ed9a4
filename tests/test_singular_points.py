"""One convention for each point where a function has no derivative, or more than one; for floats and arrays alike."""

import itertools

import numpy as np
import pytest

from autograd_mini import Value, grad, logistic, logsumexp, relu, softmax
from autograd_mini.testing import assert_close, check_grads

inf, nan, pi = np.inf, np.nan, np.pi


def derivatives(f, x, order):
    """f', f'', ... at x of a function that works element by element."""
    found = []
    for _ in range(order):
        f = grad(lambda v, f=f: np.sum(f(v)))
        with np.errstate(all="ignore"):
            found.append(f(x))
    return found


def gradient(f, *xs):
    """The gradients of sum(f(*xs)), by `backward`."""
    leaves = [Value(x) for x in xs]
    with np.errstate(all="ignore"):
        np.sum(f(*leaves)).backward()
    gradients = [v.grad for v in leaves]
    return gradients[0] if len(xs) == 1 else gradients


# (name, function, point, derivatives from the first on)
OF_ONE = [
    ("sqrt at 0", np.sqrt, 0.0, [inf]),
    ("power 0.5 at 0", lambda x: x**0.5, 0.0, [inf]),
    ("np.power 0.5 at 0", lambda x: np.power(x, 0.5), 0.0, [inf]),
    ("float_power 0.5 at 0", lambda x: np.float_power(x, 0.5), 0.0, [inf]),
    ("sqrt at 0, cotangent 0", lambda x: np.sqrt(x) * 0.0, 0.0, [0.0, 0.0]),
    ("sqrt of square at 0", lambda x: np.sqrt(x**2), 0.0, [nan]),
    ("cbrt at 0", np.cbrt, 0.0, [inf]),
    ("abs at 0", np.abs, 0.0, [0.0, 0.0]),
    ("builtin abs at 0", abs, 0.0, [0.0, 0.0]),
    ("fabs at 0", np.fabs, 0.0, [0.0, 0.0]),
    ("relu at 0", relu, 0.0, [0.0, 0.0]),
    ("maximum with 0 at 0", lambda x: np.maximum(x, 0.0), 0.0, [0.5, 0.0]),
    ("minimum with 0 at 0", lambda x: np.minimum(x, 0.0), 0.0, [0.5, 0.0]),
    ("fmax with 0 at 0", lambda x: np.fmax(x, 0.0), 0.0, [0.5, 0.0]),
    ("fmin with 0 at 0", lambda x: np.fmin(x, 0.0), 0.0, [0.5, 0.0]),
    ("clip at its lower bound", lambda x: np.clip(x, 1.0, 2.0), 1.0, [1.0, 0.0]),
    ("clip at its upper bound", lambda x: np.clip(x, 1.0, 2.0), 2.0, [1.0, 0.0]),
    ("clip below", lambda x: np.clip(x, 1.0, 2.0), 0.5, [0.0, 0.0]),
    ("sinc at 0", np.sinc, 0.0, [0.0, -(pi**2) / 3, 0.0, pi**4 / 5]),
    ("sinc near 0", np.sinc, 1e-9, [-(pi**2) / 3 * 1e-9, -(pi**2) / 3, pi**4 / 5 * 1e-9]),
    ("power 0 at 0", lambda x: x**0, 0.0, [0.0, 0.0]),
    ("power 0.0 at 0", lambda x: np.power(x, 0.0), 0.0, [0.0, 0.0]),
    ("power 1 at 0", lambda x: x**1, 0.0, [1.0, 0.0, 0.0]),
    ("power 1.0 at 0", lambda x: np.power(x, 1.0), 0.0, [1.0, 0.0, 0.0]),
    ("power 2 at 0", lambda x: x**2, 0.0, [0.0, 2.0, 0.0]),
    ("power 2.0 at 0", lambda x: np.power(x, 2.0), 0.0, [0.0, 2.0, 0.0]),
    ("power 3 at 0", lambda x: x**3, 0.0, [0.0, 0.0, 6.0, 0.0]),
    ("power 3 at -2", lambda x: x**3, -2.0, [12.0, -12.0, 6.0]),
    ("np.power 3.0 at -2", lambda x: np.power(x, 3.0), -2.0, [12.0, -12.0, 6.0]),
    ("power -1 at -2", lambda x: x**-1, -2.0, [-0.25, -0.25]),
    ("square at 0", np.square, 0.0, [0.0, 2.0, 0.0]),
    ("reciprocal at 0", np.reciprocal, 0.0, [-inf]),
    ("1/x at 0", lambda x: 1 / x, 0.0, [-inf]),
    ("log at 0", np.log, 0.0, [inf]),
    ("log2 at 0", np.log2, 0.0, [inf]),
    ("log10 at 0", np.log10, 0.0, [inf]),
    ("log1p at -1", np.log1p, -1.0, [inf]),
    ("log below 0", np.log, -1.0, [-1.0]),
    ("arcsin at 1", np.arcsin, 1.0, [inf]),
    ("arcsin at -1", np.arcsin, -1.0, [inf]),
    ("arccos at 1", np.arccos, 1.0, [-inf]),
    ("arccos at -1", np.arccos, -1.0, [-inf]),
    ("arctanh at 1", np.arctanh, 1.0, [inf]),
    ("arccosh at 1", np.arccosh, 1.0, [inf]),
    ("exp at 1000", np.exp, 1000.0, [inf]),
    ("exp at -1000", np.exp, -1000.0, [0.0, 0.0]),
    ("tanh at 1000", np.tanh, 1000.0, [0.0, 0.0]),
    ("logistic at 1000", logistic, 1000.0, [0.0, 0.0]),
    ("logistic at -1000", logistic, -1000.0, [0.0, 0.0]),
    ("nan_to_num at inf", np.nan_to_num, inf, [0.0, 0.0]),
    ("nan_to_num at nan", np.nan_to_num, nan, [0.0, 0.0]),
    ("copysign at 0", lambda x: np.copysign(x, -1.0), 0.0, [0.0, 0.0]),
    ("remainder at a jump", lambda x: np.remainder(x, 2.0), 4.0, [1.0, 0.0]),
    ("fmod at a jump", lambda x: np.fmod(x, 2.0), 4.0, [1.0, 0.0]),
    *(
        (f"{f.__name__} at {x}", f, x, [0.0, 0.0])
        for f in (np.round, np.floor, np.ceil, np.sign, np.trunc, np.rint, np.fix)
        for x in (0.0, 0.5, 1.0, -1.5)
    ),
]


@pytest.mark.parametrize(("f", "x", "expected"), [c[1:] for c in OF_ONE], ids=[c[0] for c in OF_ONE])
def test_functions_of_one_number(f, x, expected):
    for point in (x, np.array(x), np.array([x, x]), np.array([[x]])):
        for n, (ours, truth) in enumerate(zip(derivatives(f, point, len(expected)), expected, strict=True), 1):
            assert_close(ours, np.full(np.shape(point), truth)[()], where=f"derivative {n} at {point!r}")
        assert_close(gradient(f, point), np.full(np.shape(point), expected[0])[()])


# (name, function, point, gradients)
OF_TWO = [
    ("hypot at the origin", np.hypot, (0.0, 0.0), (0.0, 0.0)),
    ("hypot on an axis", np.hypot, (0.0, -2.0), (0.0, -1.0)),
    ("arctan2 at the origin", np.arctan2, (0.0, 0.0), (0.0, 0.0)),
    ("arctan2 on the negative axis", np.arctan2, (0.0, -2.0), (-0.5, 0.0)),
    ("maximum at a tie", np.maximum, (1.0, 1.0), (0.5, 0.5)),
    ("minimum at a tie", np.minimum, (1.0, 1.0), (0.5, 0.5)),
    ("fmax at a tie", np.fmax, (1.0, 1.0), (0.5, 0.5)),
    ("fmin at a tie", np.fmin, (1.0, 1.0), (0.5, 0.5)),
    ("fmax with a nan", np.fmax, (nan, 1.0), (0.0, 1.0)),
    ("fmin with a nan", np.fmin, (1.0, nan), (1.0, 0.0)),
    ("power of a negative number", np.power, (-2.0, 3.0), (12.0, nan)),
    ("power of 0", np.power, (0.0, 2.0), (0.0, 0.0)),
    ("0 to the power 0", np.power, (0.0, 0.0), (0.0, 0.0)),
    ("logaddexp at -inf", np.logaddexp, (-inf, -inf), (0.5, 0.5)),
    ("logaddexp at inf", np.logaddexp, (inf, inf), (0.5, 0.5)),
    ("logaddexp of -inf and a number", np.logaddexp, (-inf, 1.0), (0.0, 1.0)),
    ("logaddexp of inf and a number", np.logaddexp, (inf, 1.0), (1.0, 0.0)),
    ("logaddexp of inf and -inf", np.logaddexp, (inf, -inf), (1.0, 0.0)),
    ("logaddexp2 at -inf", np.logaddexp2, (-inf, -inf), (0.5, 0.5)),
    ("logaddexp2 at inf", np.logaddexp2, (inf, inf), (0.5, 0.5)),
    ("division by 0", np.divide, (1.0, 0.0), (inf, -inf)),
    ("floor_divide", np.floor_divide, (4.0, 2.0), (0.0, 0.0)),
]


@pytest.mark.parametrize(("f", "x", "expected"), [c[1:] for c in OF_TWO], ids=[c[0] for c in OF_TWO])
def test_functions_of_two_numbers(f, x, expected):
    for form in (float, lambda z: np.array([z, z]), lambda z: np.array([[z]])):
        ours = gradient(f, *map(form, x))
        for place, (g, truth) in enumerate(zip(ours, expected, strict=True)):
            assert_close(g, np.full(np.shape(form(0.0)), truth)[()], where=f"operand {place}")


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_a_tie_has_second_derivative_zero(f):
    for x in (1.0, np.array([1.0, 1.0])):
        for i, j in itertools.product((0, 1), repeat=2):
            second = grad(lambda *v, i=i: np.sum(grad(lambda *w: np.sum(f(*w)), i)(*v)), j)(x, x)
            assert_close(second, np.zeros(np.shape(x))[()])


def test_the_exponent_has_no_derivative_at_a_negative_base_but_none_is_needed_for_a_constant():
    with np.errstate(all="raise"):
        for exponent in (3, 3.0):
            for x in (-2.0, np.array([-2.0, -2.0])):
                v = Value(x)
                np.sum(v**exponent).backward()
                assert_close(v.grad, np.full(np.shape(x), 12.0)[()])


def test_the_extreme_elements_share_one_unit_of_gradient():
    for f, x in ((np.max, [1.0, 3.0, 3.0]), (np.min, [5.0, 3.0, 3.0])):
        assert_close(gradient(f, np.array(x)), np.array([0.0, 0.5, 0.5]))
        assert_close(gradient(f, np.full(4, 7.0)), np.full(4, 0.25))
        rows = gradient(lambda v, f=f: f(v, axis=1), np.array([x, [2.0, 2.0, 2.0]]))
        assert_close(rows, np.array([[0.0, 0.5, 0.5], [1 / 3] * 3]))
        assert_close(derivatives(f, np.array(x), 2)[1], np.zeros(3))
        assert gradient(f, 2.0) == 1.0


def test_a_nan_among_the_data_takes_the_gradient_of_the_extreme():
    for f in (np.max, np.min):
        assert_close(gradient(f, np.array([1.0, nan, 3.0])), np.array([0.0, 1.0, 0.0]))
        assert_close(gradient(f, np.array([nan, 1.0, nan])), np.array([0.5, 0.0, 0.5]))


def test_ptp_of_constant_data_has_gradient_zero():
    assert_close(gradient(np.ptp, np.full(3, 2.0)), np.zeros(3))


def test_the_standard_deviation_of_constant_data_has_gradient_zero():
    for x in (np.full(4, 3.0), np.full((2, 3), -1.0), 2.0):
        assert_close(gradient(np.std, x), np.zeros(np.shape(x))[()])
    one_is_constant = np.array([[1.0, 1.0], [1.0, 3.0]])
    assert_close(gradient(lambda v: np.std(v, axis=1), one_is_constant), np.array([[0.0, 0.0], [-0.5, 0.5]]))
    assert_close(gradient(lambda v: np.std(v, axis=0, where=one_is_constant > 0), np.ones((2, 2))), np.zeros((2, 2)))


def test_the_variance_of_constant_data_has_its_second_derivative():
    hessian_row = grad(lambda v: grad(np.var)(v)[0])(np.full(4, 3.0))
    assert_close(hessian_row, np.array([0.375, -0.125, -0.125, -0.125]))


# ---- products


@pytest.mark.parametrize(
    "x", [[0.0, 2.0, 3.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 5.0], [0.0], [1.0, 0.0, 2.0, 4.0]]
)
def test_a_product_with_zeros_has_all_its_derivatives(x):
    x = np.array(x)
    n = len(x)

    def without(*places):
        return np.prod(np.delete(x, places))

    assert_close(gradient(np.prod, x), np.array([without(i) for i in range(n)]))
    hessian = np.array([grad(lambda v, i=i: grad(np.prod)(v)[i])(x) for i in range(n)])
    assert_close(hessian, np.array([[without(i, j) * (i != j) for j in range(n)] for i in range(n)]))
    check_grads(np.prod, (x,), order=3)


@pytest.mark.parametrize("x", [[0.0, 2.0, 3.0], [2.0, 0.0, 0.0, 3.0], [0.0, 0.0], [2.0, 0.0, 3.0, 0.0, 1.5]])
def test_a_running_product_with_zeros_has_all_its_derivatives(x):
    check_grads(np.cumprod, (np.array(x),), order=3)


# ---- exponentials


def test_logsumexp_of_nothing_but_minus_infinity_is_shared_evenly():
    assert_close(gradient(logsumexp, np.full(4, -inf)), np.full(4, 0.25))
    x = np.array([[-inf, -inf], [0.0, -inf]])
    assert_close(gradient(lambda v: logsumexp(v, axis=1), x), np.array([[0.5, 0.5], [1.0, 0.0]]))


def test_logsumexp_at_infinity_goes_to_the_infinite():
    assert_close(gradient(logsumexp, np.array([inf, 1.0, inf])), np.array([0.5, 0.0, 0.5]))


def test_softmax_of_masked_scores_has_finite_derivatives():
    x = np.array([1.0, -inf, 2.0])
    g = grad(lambda v: softmax(v)[0])(x)
    p = np.exp([1.0, 2.0]) / np.sum(np.exp([1.0, 2.0]))
    assert_close(g, np.array([p[0] * p[1], 0.0, -p[0] * p[1]]))


# ---- a zero cotangent stays zero

AT = np.array([-1.0, 0.0, 4.0])
NOT_TAKEN = [
    ("where", lambda x: np.where(x > 0, np.sqrt(x), 0.0)),
    ("where, of a condition on arrays", lambda x: np.where(AT > 0, np.sqrt(x), x * 0.0)),
    ("index by a mask", lambda x: np.sqrt(x)[x > 0]),
    ("index by places", lambda x: np.sqrt(x)[np.array([2])]),
    ("index by a slice", lambda x: np.sqrt(x)[2:]),
    ("take", lambda x: np.take(np.sqrt(x), [2])),
    ("compress", lambda x: np.compress([False, False, True], np.sqrt(x))),
    ("sum over a mask", lambda x: np.sum(np.sqrt(x), where=AT > 0)),
    ("nan_to_num of the forbidden", lambda x: np.nan_to_num(np.sqrt(x)) * (x > 0)),
    ("fmax", lambda x: np.fmax(np.sqrt(x), 1.0)),
]


@pytest.mark.parametrize("f", [c[1] for c in NOT_TAKEN], ids=[c[0] for c in NOT_TAKEN])
def test_a_branch_not_taken_contributes_nothing(f):
    assert_close(gradient(f, AT), np.array([0.0, 0.0, 0.25]))
    with np.errstate(all="ignore"):
        assert_close(grad(lambda x: np.sum(f(x)))(AT), np.array([0.0, 0.0, 0.25]))


NOT_TAKEN_AT_0 = [
    ("maximum", lambda x: np.maximum(np.sqrt(x), 1.0)),
    ("max", lambda x: np.max(np.sqrt(x))),
    ("clip", lambda x: np.clip(np.sqrt(x), 1.0, 3.0)),
    ("a mask as factor", lambda x: np.sqrt(x) * (x > 0)),
    ("relu", lambda x: relu(np.sqrt(x) - 1.0)),
    ("sort", lambda x: np.sort(np.sqrt(x))[2]),
]


@pytest.mark.parametrize("f", [c[1] for c in NOT_TAKEN_AT_0], ids=[c[0] for c in NOT_TAKEN_AT_0])
def test_a_branch_not_taken_at_a_vertical_slope_contributes_nothing(f):
    assert_close(gradient(f, np.array([0.0, 0.0, 4.0])), np.array([0.0, 0.0, 0.25]))


@pytest.mark.parametrize("x", [-1.0, 0.0, 4.0])
def test_a_branch_not_taken_by_a_float_contributes_nothing(x):
    expected = 0.25 if x > 0 else 0.0
    assert gradient(lambda v: np.where(v > 0, np.sqrt(v), 0.0), x) == expected
    assert gradient(lambda v: np.fmax(np.sqrt(v), 1.0), x) == expected
    if x == 0.0:
        assert gradient(lambda v: np.maximum(np.sqrt(v), 1.0), x) == 0.0
        assert gradient(lambda v: np.clip(np.sqrt(v), 1.0, 3.0), x) == 0.0
        assert gradient(lambda v: np.sqrt(v) * (v > 0), x) == 0.0
        assert gradient(lambda v: v * 0.0 + np.log(v) * 0, x) == 0.0


def test_a_branch_not_taken_contributes_nothing_to_second_derivatives():
    def f(x):
        return np.where(x > 0, np.sqrt(x), 0.0)

    for x in (AT, *AT.tolist()):
        second = derivatives(f, x, 2)[1]
        with np.errstate(all="ignore"):
            assert_close(second, np.where(np.greater(x, 0), -0.25 * np.power(np.abs(x), -1.5), 0.0)[()])


def test_the_branch_taken_keeps_its_infinity():
    assert gradient(lambda v: np.where(v >= 0, np.sqrt(v), 0.0), 0.0) == inf


def test_a_zero_slope_times_an_infinite_cotangent_is_nan():
    for x in (0.0, np.array([0.0])):
        assert np.isnan(gradient(lambda v: np.sqrt(v**2), x)).all()
        assert np.isnan(gradient(lambda v: np.sqrt(np.maximum(v - 1.0, 0.0)), x)).all()


def test_forbidden_operands_of_a_branch_not_taken_leave_other_leaves_alone():
    x, w = Value(np.array([0.0, 4.0])), Value(3.0)
    with np.errstate(all="ignore"):
        np.sum(np.where(x > 0, w * np.sqrt(x), w)).backward()
    assert_close(x.grad, np.array([0.0, 0.75]))
    assert w.grad == 3.0


def test_the_modulus_of_a_complex_zero_has_gradient_zero():
    for x in (0j, np.array([0j, 3 + 4j])):
        z = np.asarray(x)
        assert_close(gradient(np.abs, x), np.where(z == 0, 0, z / 5)[()])
