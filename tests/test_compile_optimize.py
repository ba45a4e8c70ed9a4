"""SciPy's optimisers with compiled derivatives: the same solutions, for every method and constraint."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import ShapeError, TraceError, grad
from autograd_mini.optimize import curve_fit, fixed_point, least_squares, minimize, root


def rosenbrock(p, a=1.0):
    """A valley."""
    return (a - p["x"]) ** 2 + 10.0 * np.sum((p["y"] - p["x"] ** 2) ** 2)


START = {"x": 0.5, "y": np.array([0.2, 0.9])}


@pytest.mark.parametrize(
    "method",
    [None, "BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "trust-exact", "dogleg", "Nelder-Mead", "SLSQP"],
)
def test_a_minimum_is_found_with_compiled_derivatives(method):
    start = {"x": 0.9, "y": np.array([0.9, 0.9])}
    found, expected = (minimize(rosenbrock, start, method=method, compile=c) for c in (True, False))
    np.testing.assert_allclose(found.x["x"], expected.x["x"], rtol=1e-6)
    np.testing.assert_allclose(found.x["y"], expected.x["y"], rtol=1e-6)
    assert found.nfev == expected.nfev


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints_are_compiled_too(method):
    so = pytest.importorskip("scipy.optimize")
    constraint = (
        {"type": "ineq", "fun": lambda p: 1.0 - p["x"] ** 2 - np.sum(p["y"] ** 2)}
        if method == "SLSQP"
        else so.NonlinearConstraint(lambda p: p["x"] ** 2 + np.sum(p["y"] ** 2), -np.inf, 1.0)
    )
    found, expected = (
        minimize(rosenbrock, START, method=method, constraints=constraint, compile=c) for c in (True, False)
    )
    np.testing.assert_allclose(found.x["y"], expected.x["y"], rtol=1e-5)


def test_solutions_stay_differentiable():
    solve = lambda a, c: minimize(rosenbrock, START, args=(a,), compile=c, tol=1e-10).x["x"]
    np.testing.assert_allclose(grad(lambda a: solve(a, True))(1.2), 1.0, rtol=1e-4)
    assert grad(lambda a: root(lambda x, a: x * x - a, 1.0, args=(a,), compile=True).x)(4.0) == pytest.approx(0.25)


def test_fits_roots_and_fixed_points_are_found():
    t = np.linspace(0.0, 2.0, 20)
    y = 2.0 * np.exp(-1.5 * t)
    f = lambda t, p: p["a"] * np.exp(-p["b"] * t)
    p, covariance = curve_fit(f, t, y, {"a": 1.0, "b": 1.0}, compile=True)
    q, expected = curve_fit(f, t, y, {"a": 1.0, "b": 1.0})
    np.testing.assert_allclose([p["a"], p["b"]], [q["a"], q["b"]], rtol=1e-8)
    np.testing.assert_allclose(covariance, expected, atol=1e-12)
    r = least_squares(lambda p: p * t[1:3] - 1.0, np.ones(2), compile=True)
    np.testing.assert_allclose(r.x, 1.0 / t[1:3], rtol=1e-8)
    assert fixed_point(np.cos, 1.0, compile=True) == pytest.approx(fixed_point(np.cos, 1.0), rel=1e-12)


def test_functions_that_cannot_be_compiled_are_refused():
    with pytest.raises(TraceError, match=r"test_compile_optimize\.py, line \d+"):
        minimize(lambda x: x if x > 0 else -x, 1.0, compile=True)
    with pytest.raises(ShapeError, match="minimize: the function gave shape"):
        minimize(lambda x: x, np.ones(2), compile=True)
