"""scipy.integrate on Values: what SciPy gives, closed forms, and derivatives against differences."""

import numpy as np
import pytest
import scipy.integrate as si

from autograd_mini import MutationError, NoRuleError, ShapeError, UsageError, Value, grad, hessian, jvp
from autograd_mini.scipy import integrate
from autograd_mini.testing import as_data, assert_close, check_grads

rng = np.random.default_rng(5)
T5, T6 = np.array([0.0, 0.4, 1.1, 1.5, 2.3]), np.array([0.0, 0.4, 1.1, 1.5, 2.3, 2.9])
Y5, Y6 = rng.normal(size=5), rng.normal(size=6)
Y = rng.normal(size=(2, 5, 3))

SAMPLED = [
    ("trapezoid", (Y5, T5), {}), ("trapezoid", (Y,), {"axis": 1, "dx": 0.3}), ("trapezoid", (Y,), {"x": T5, "axis": 1}),
    ("cumulative_trapezoid", (Y5, T5), {}), ("cumulative_trapezoid", (Y,), {"axis": 1, "initial": 0}),
    *(("simpson", (y, x), {}) for y, x in ((Y5, T5), (Y6, T6), (Y5[:3], T5[:3]), (Y5[:2], T5[:2]))),
    ("simpson", (Y,), {"axis": 1, "dx": 0.3}),
    ("simpson", (Y,), {"x": T5, "axis": 1}), ("simpson", (Y6,), {"dx": 0.3}),
    *(("cumulative_simpson", (y,), {"x": x}) for y, x in ((Y5, T5), (Y6, T6), (Y5[:3], T5[:3]), (Y5[:2], T5[:2]))),
    ("cumulative_simpson", (Y,), {"axis": 1, "dx": 0.3, "initial": 1.5}), ("romb", (Y5,), {"dx": 0.3}),
    ("romb", (Y,), {"axis": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "operands", "options"), SAMPLED, ids=lambda p: p if isinstance(p, str) else "")
def test_integrals_of_samples(name, operands, options):
    f = getattr(integrate, name)
    theirs = getattr(si, name)(operands[0], **({"x": operands[1]} if len(operands) > 1 else {}), **options)
    both = (lambda y, x: f(y, x=x, **options)) if len(operands) > 1 else (lambda y: f(y, **options))
    assert_close(as_data(both(*map(Value, operands))), theirs, order=1)
    check_grads(both, operands, order=1)
    check_grads(lambda s, *rest: both(operands[0] * (1 + s), *rest), (0.5, *operands[1:]))


def test_an_integral_has_derivatives_by_its_limits():
    f = lambda a, b: integrate.quad(lambda t: np.sin(t) * t, a, b)[0]
    check_grads(f, (0.3, 1.7), order=3)
    assert f(Value(0.3), 1.7).data == pytest.approx(si.quad(lambda t: np.sin(t) * t, 0.3, 1.7)[0])


def test_an_integral_has_derivatives_by_arguments_and_by_what_the_function_captures():
    check_grads(lambda p, b: integrate.quad(lambda t, p: np.exp(-p * t), 0.0, b, args=(p,))[0], (0.7, 1.5), order=3)
    check_grads(lambda p: integrate.quad(lambda t: np.sum(np.cos(p * t)), 0.0, 2.0)[0], (np.array([0.5, 1.2]),))
    check_grads(lambda p, q: integrate.quad(lambda t: q * np.exp(-p * t * t), -np.inf, np.inf)[0], (0.7, 1.1))
    check_grads(lambda p: integrate.quad(lambda t: 1 / (p + t), 0.0, p, points=[0.1])[0], (0.7,))


def test_forward_mode_goes_through_integrals():
    f = lambda p: integrate.quad(lambda t: np.exp(-p * t), 0.0, p)[0]
    assert_close(jvp(f, (0.7,), (1.0,))[1], grad(f)(0.7), order=1)


def test_an_integral_of_numbers_is_scipys():
    assert integrate.quad(np.cos, 0.0, 1.0) == si.quad(np.cos, 0.0, 1.0)
    assert integrate.quad(np.cos, 0.0, 1.0, weight="cos", wvar=3.0) == si.quad(np.cos, 0.0, 1.0, weight="cos", wvar=3.0)
    assert integrate.fixed_quad(np.cos, 0.0, 1.0)[0] == pytest.approx(si.fixed_quad(np.cos, 0.0, 1.0)[0])


def test_an_integral_may_be_an_array():
    f = lambda p, b: integrate.quad_vec(lambda t: np.exp(-p * t), 0.0, b)[0]
    assert_close(f(Value(Y5), 1.0).data, (1 - np.exp(-Y5)) / Y5, order=1)
    check_grads(f, (Y5[:2], 1.2))


def test_integrals_over_several_variables():
    f = lambda p, b: integrate.dblquad(lambda y, x: p * x * y, 0.0, b, 0.0, lambda x: x)[0]
    assert_close(np.array(grad(f, (0, 1))(0.7, 1.2)), np.array([1.2**4 / 8, 0.7 * 1.2**3 / 2]), order=1)
    h = lambda b: integrate.tplquad(lambda z, y, x: 0.7 * x + y * z, 0, b, 0, lambda x: x, 0, lambda x, y: 0.7)[0]
    assert h(1.2) == pytest.approx(0.7**2 * 1.25 * 1.2**3 / 3)
    assert_close(grad(h)(1.2), 0.7**2 * 1.25 * 1.2**2, order=1)
    n = lambda p, b: integrate.nquad(lambda x, y: p * x * y, [lambda y: (0.0, y), (0.0, b)])[0]
    assert_close(n(Value(0.7), 1.2).data, 0.7 * 1.2**4 / 8, order=1)
    assert_close(np.array(grad(n, (0, 1))(0.7, 1.2)), np.array([1.2**4 / 8, 0.7 * 1.2**3 / 2]), order=1)


def test_gausss_rule_has_derivatives():
    check_grads(
        lambda a, b, p: integrate.fixed_quad(lambda t, p: np.sin(p * t), a, b, args=(p,), n=4)[0], (0.1, 1.2, 0.7)
    )


# ---- differential equations

K = np.array([0.5, 1.2])
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
TIMES = np.array([0.2, 0.5, 1.3])


def decay(y, t, k):
    return -k * y * (1 + 0.5 * np.sin(t))


def exactly(y0, k, times):
    phase = lambda t: t - 0.5 * np.cos(t)
    return y0 * np.exp(-k * (phase(times[:, None]) - phase(times[0])))


SOLVERS = {
    "odeint": lambda y0, k, t: integrate.odeint(decay, y0, t, args=(k,), **TIGHT),
    "odeint direct": lambda y0, k, t: integrate.odeint(decay, y0, t, args=(k,), gradient="direct", **TIGHT),
    "solve_ivp": lambda y0, k, t: integrate.solve_ivp(
        lambda t, y: decay(y, t, k), (t[0], t[-1]), y0, t_eval=t, method="DOP853", **TIGHT).y.T,
    "solve_ivp direct": lambda y0, k, t: integrate.solve_ivp(
        lambda t, y, k: decay(y, t, k), (t[0], t[-1]), y0, t_eval=t, args=(k,), gradient="direct", **TIGHT).y.T,
}  # fmt: skip


@pytest.mark.parametrize("name", SOLVERS)
def test_solutions_and_gradients_are_those_of_the_closed_form(name):
    solve = SOLVERS[name]
    y0, weights = np.array([1.0, -2.0]), rng.normal(size=(3, 2))
    assert_close(as_data(solve(Value(y0), K, TIMES)), exactly(y0, K, TIMES), order=1)
    ours = grad(lambda *xs: np.sum(weights * solve(*xs)), (0, 1, 2))(y0, K, TIMES)
    theirs = grad(lambda *xs: np.sum(weights * exactly(*xs)), (0, 1, 2))(y0, K, TIMES)
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a, b, order=2)


@pytest.mark.parametrize("name", ["odeint", "solve_ivp direct"])
def test_second_derivatives_are_those_of_the_closed_form(name):
    times = TIMES[[0, 2]]
    ours = hessian(lambda k: np.sum(SOLVERS[name](np.array([1.0]), k, times) ** 2))(K[:1])
    assert_close(ours, hessian(lambda k: np.sum(exactly(np.array([1.0]), k, times) ** 2))(K[:1]), order=3)


def test_time_may_run_backward():
    times = TIMES[::-1].copy()
    for name in ("odeint", "odeint direct"):
        solve = SOLVERS[name]
        ours = grad(lambda k: np.sum(solve(np.array([1.0, 2.0]), k, times)))(K)  # noqa: B023  # called at once
        assert_close(ours, grad(lambda k: np.sum(exactly(np.array([1.0, 2.0]), k, times)))(K), order=2)


@pytest.mark.parametrize("gradient", ["adjoint", "direct"])
def test_the_solvers_own_times_have_derivatives_by_the_span(gradient):
    def end(t1):
        result = integrate.solve_ivp(lambda t, y: -y * t, (0.0, t1), np.ones(1), gradient=gradient, **TIGHT)
        assert isinstance(result.t, Value)
        return result.y[0, -1]

    assert_close(grad(end)(1.3), -1.3 * np.exp(-0.5 * 1.3**2), order=2)


def test_states_may_be_complex():
    f = lambda w: np.real(
        integrate.solve_ivp(lambda t, y: 1j * w * y, (0.0, 1.0), np.array([1.0 + 0j]), **TIGHT).y[0, -1]
    )
    assert_close(grad(f)(0.7), -np.sin(0.7), order=2)


def test_a_matrix_of_parameters_and_a_list_of_slopes():
    a = rng.normal(size=(2, 2))
    f = lambda a: integrate.odeint(lambda y, t: a @ y, np.array([1.0, 0.5]), np.array([0.0, 0.7]), **TIGHT)[1]
    g = lambda a: integrate.odeint(
        lambda y, t: [a[0] @ y, a[1] @ y], np.array([1.0, 0.5]), np.array([0.0, 0.7]), **TIGHT
    )[1]
    assert_close(grad(lambda a: np.sum(f(a)))(a), grad(lambda a: np.sum(g(a)))(a), order=2)


def test_a_solution_of_numbers_is_scipys():
    y0, t = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    assert np.array_equal(integrate.odeint(decay, y0, t, (K,)), si.odeint(decay, y0, t, (K,)))
    ours, info = integrate.odeint(decay, y0, t, (K,), full_output=True)
    assert isinstance(ours, np.ndarray)
    assert "nst" in info
    assert callable(integrate.solve_ivp(lambda t, y: -y, (0, 1), y0, dense_output=True).sol)


def test_a_changed_parameter_is_refused_not_mixed():
    k = Value(np.array([0.5]))
    y = np.sum(integrate.odeint(lambda y, t: -k * y, np.ones(1), np.array([0.0, 1.0])))
    k.data = np.array([0.9])
    with pytest.raises(MutationError, match="odeint"):
        y.backward()


def test_what_has_no_rule_says_why():
    v = Value(np.ones(2))
    span = (0.0, 1.0)
    with pytest.raises(NoRuleError, match="dense_output"):
        integrate.solve_ivp(lambda t, y: -y, span, v, dense_output=True)
    with pytest.raises(NoRuleError, match="method='LSODA'"):
        integrate.solve_ivp(lambda t, y: -y, span, v, method="LSODA", gradient="direct")
    with pytest.raises(NoRuleError, match="weight='cos'"):
        integrate.quad(lambda t: t, 0.0, Value(1.0), weight="cos", wvar=1.0)
    with pytest.raises(NoRuleError, match="solve_bvp"):
        integrate.solve_bvp(lambda x, y: y, lambda a, b: a, v, v)


def test_errors_say_what_is_needed():
    with pytest.raises(UsageError, match="gradient='exact'"):
        integrate.odeint(decay, np.ones(2), TIMES, (K,), gradient="exact")
    with pytest.raises(ShapeError, match="odeint: got y0 of shape"):
        integrate.odeint(decay, Value(np.ones((2, 2))), TIMES, (K,))
    with pytest.raises(UsageError, match="romb: got 6 samples"):
        integrate.romb(Value(Y6))
    with pytest.raises(ShapeError, match="simpson: got 6 places for 5 samples"):
        integrate.simpson(Value(Y5), x=T6)
    with pytest.raises(UsageError, match="infinite limit"):
        integrate.fixed_quad(np.sin, Value(0.0), np.inf)
    with pytest.raises(UsageError, match=r"quad: got a limit of shape \(2,\)"):
        integrate.quad(np.sin, Value(np.zeros(2)), 1.0)


def test_every_public_name_is_answered_or_excluded():
    left = {n for n in si.__all__ if callable(getattr(si, n))} - set(integrate.__all__) - set(integrate.EXCLUDED)
    assert not left
