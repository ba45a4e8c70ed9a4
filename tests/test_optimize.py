"""SciPy's optimisers with our derivatives, and derivatives of their solutions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize as so

from autograd_mini import ConvergenceError, ShapeError, UsageError, Value, grad, jacobian
from autograd_mini.optimize import (
    colours,
    curve_fit,
    fixed_point,
    hessian_sparse,
    jacobian_sparse,
    least_squares,
    minimize,
    root,
)  # fmt: skip

CLOSE = {"rtol": 1e-6, "atol": 1e-7}


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


METHODS = [
    "BFGS",
    "L-BFGS-B",
    "CG",
    "Newton-CG",
    "trust-ncg",
    "trust-krylov",
    "trust-exact",
    "dogleg",
    "trust-constr",
    "TNC",
]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum_of_rosenbrocks_valley(method):
    start = np.array([0.5, 0.6, 0.7]) if method != "dogleg" else np.array([0.99, 0.98, 0.96])
    options = {"maxfun": 2000} if method == "TNC" else {}
    result = minimize(rosenbrock, start, method=method, tol=1e-10, options=options)
    assert rosenbrock(result.x) < 1e-7


def test_exact_gradients_need_fewer_evaluations_than_differences():
    ours = minimize(rosenbrock, np.zeros(10), method="L-BFGS-B").nfev
    theirs = so.minimize(rosenbrock, np.zeros(10), method="L-BFGS-B").nfev
    assert ours * 5 < theirs


def test_the_solution_has_the_tree_of_the_start():
    result = minimize(lambda p: (p["a"] - 1) ** 2 + np.sum((p["b"] - p["a"]) ** 2), {"a": 3.0, "b": np.zeros((2, 2))})
    assert np.shape(result.x["b"]) == (2, 2)
    np.testing.assert_allclose(result.x["a"], 1.0, **CLOSE)
    np.testing.assert_allclose(result.x["b"], 1.0, **CLOSE)


def test_bounds_are_given_in_the_tree_or_for_each_number():
    f = lambda p: (p["a"] - 1) ** 2 + np.sum((p["b"] - p["a"]) ** 2)
    start = {"a": 0.1, "b": np.zeros(2)}
    tree = minimize(f, start, bounds={"a": (0, 0.5), "b": (None, None)}).x
    flat = minimize(f, start, bounds=[(0, 0.5), (None, None), (None, None)]).x
    for x in (tree, flat):
        np.testing.assert_allclose(x["a"], 0.5, **CLOSE)
        np.testing.assert_allclose(x["b"], 0.5, **CLOSE)
    with pytest.raises(ShapeError, match="give a pair for each array"):
        minimize(f, start, bounds={"a": (0, 1)})


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints_get_their_derivatives(method):
    inside = (
        {"type": "ineq", "fun": lambda x: 1 - np.sum(x**2)}
        if method == "SLSQP"
        else so.NonlinearConstraint(lambda x: np.sum(x**2), -np.inf, 1.0)
    )
    result = minimize(rosenbrock, np.zeros(2), method=method, constraints=inside, tol=1e-9)
    np.testing.assert_allclose(result.x, [0.7864151, 0.6176983], rtol=1e-5)  # where the valley meets the circle
    np.testing.assert_allclose(np.sum(result.x**2), 1.0, rtol=1e-6)


def test_a_function_that_gives_an_array_is_refused():
    with pytest.raises(ShapeError, match=r"gave shape \(2,\); it must give one number"):
        minimize(lambda x: x * x, np.ones(2))
    with pytest.raises(UsageError, match="must hold real numbers"):
        minimize(np.sum, ["text"])


def test_the_derivative_of_a_minimum_is_that_of_its_arguments():
    a = np.array([1.0, 2.0])
    solve = lambda a: np.sum(
        minimize(lambda x, a: np.sum((x - a) ** 2) + np.sum(x**4) / 4, np.zeros(2), args=(a,), tol=1e-12).x ** 2
    )
    # 2 (x - a) + x^3 = 0 gives dx/da = 2 / (2 + 3 x^2)
    x = minimize(lambda x: np.sum((x - a) ** 2) + np.sum(x**4) / 4, np.zeros(2), tol=1e-12).x
    np.testing.assert_allclose(grad(solve)(a), 2 * x * 2 / (2 + 3 * x**2), rtol=1e-5)


def test_a_root_is_differentiated_to_the_second_order():
    solve = lambda a: root(lambda x, a: x * x - a, 1.0, args=(a,)).x
    np.testing.assert_allclose(grad(solve)(4.0), 0.25, rtol=1e-10)
    np.testing.assert_allclose(grad(grad(solve))(4.0), -1 / 32, rtol=1e-10)


def test_a_captured_value_gets_its_gradient_through_a_solution():
    w = Value(4.0)
    root(lambda x: x * x - w, 1.0).x.backward()
    np.testing.assert_allclose(w.grad, 0.25, rtol=1e-10)


def test_roots_of_systems_have_the_tree_of_the_start():
    solve = lambda a: root(lambda p: {"x": p["x"] * p["y"] - a, "y": p["x"] - p["y"]}, {"x": 1.0, "y": 1.5}).x
    np.testing.assert_allclose(solve(4.0)["x"], 2.0, rtol=1e-9)
    np.testing.assert_allclose(grad(lambda a: solve(a)["y"])(4.0), 0.25, rtol=1e-8)


def test_a_fixed_point_is_differentiated():
    x = fixed_point(np.cos, 1.0)
    np.testing.assert_allclose(np.cos(x), x, rtol=1e-9)
    slope = grad(lambda a: fixed_point(lambda x, a: np.cos(a * x), 1.0, args=(a,)))(1.0)
    np.testing.assert_allclose(slope, -np.sin(x) * x / (1 + np.sin(x)), rtol=1e-8)


def test_an_iteration_that_does_not_arrive_says_so():
    with pytest.raises(ConvergenceError, match="the last of 20 steps was"):
        fixed_point(lambda x: 2 * x, 1.0, maxiter=20)


def test_the_derivative_of_a_bounded_solution_is_refused():
    with pytest.raises(UsageError, match="unconstrained"):
        minimize(lambda x, a: (x - a) ** 2, 0.0, args=(Value(1.0),), bounds=[(0, 1)])


def test_least_squares_agrees_with_scipys_own():
    t = np.linspace(0, 1, 20)
    y = 2 * np.exp(-3 * t) + 0.5
    residuals = lambda p: p[0] * np.exp(-p[1] * t) + p[2] - y
    result = least_squares(residuals, np.ones(3))
    np.testing.assert_allclose(result.x, [2.0, 3.0, 0.5], rtol=1e-7)
    assert result.njev <= 15


def test_a_sparse_jacobian_takes_a_sweep_for_each_colour():
    f = lambda x: np.concatenate([x[:1] ** 2, x[1:] * x[:-1], np.sin(x)])
    x = np.random.default_rng(0).standard_normal(30)
    found = jacobian_sparse(f)
    np.testing.assert_allclose(found(x).toarray(), jacobian(f)(x), rtol=1e-12)
    np.testing.assert_allclose(found(2 * x).toarray(), jacobian(f)(2 * x), rtol=1e-12)
    assert colours(found(x) != 0).max() + 1 == 2


def test_columns_of_one_colour_share_no_row():
    pattern = np.random.default_rng(1).random((40, 30)) < 0.08
    colour = colours(pattern)
    for c in range(colour.max() + 1):
        assert pattern[:, colour == c].sum(axis=1).max() <= 1


def test_a_sparse_hessian_agrees_with_the_dense_one():
    x = np.random.default_rng(2).standard_normal(12)
    np.testing.assert_allclose(
        hessian_sparse(rosenbrock)(x).toarray(), jacobian(grad(rosenbrock))(x), rtol=1e-12, atol=1e-12
    )


def test_least_squares_solves_a_large_sparse_problem():
    n = 200
    result = least_squares(lambda p: np.concatenate([p**2 - np.arange(1.0, n + 1)]), np.ones(n), jac_sparsity="auto")
    np.testing.assert_allclose(result.x, np.sqrt(np.arange(1.0, n + 1)), rtol=1e-8)


def test_curve_fit_agrees_with_scipys_own():
    rng = np.random.default_rng(3)
    t = np.linspace(0, 4, 50)
    y = 2.5 * np.exp(-1.3 * t) + 0.5 + 0.05 * rng.standard_normal(50)
    sigma = 0.02 + 0.01 * t
    tight = {"ftol": 1e-14, "xtol": 1e-14, "gtol": 1e-14}
    for options in ({}, {"sigma": sigma}, {"sigma": np.diag(sigma**2)}, {"sigma": sigma, "absolute_sigma": True}):
        p, covariance = curve_fit(lambda t, p: p[0] * np.exp(-p[1] * t) + p[2], t, y, np.ones(3), **options, **tight)
        slopes = lambda t, a, b, c: np.stack([np.exp(-b * t), -a * t * np.exp(-b * t), 1 + 0 * t], 1)
        model = lambda t, a, b, c: a * np.exp(-b * t) + c
        q, expected = so.curve_fit(model, t, y, np.ones(3), jac=slopes, **options, **tight)
        np.testing.assert_allclose(p, q, rtol=1e-6)
        np.testing.assert_allclose(covariance, expected, rtol=1e-4)
