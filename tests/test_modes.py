"""vjp, jvp, jacobian, hessian and what is made of them, over trees and nested in each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import (
    DtypeError,
    NoRuleError,
    ShapeError,
    UsageError,
    Value,
    checkpoint,
    custom_rule,
    elementwise_grad,
    ggnvp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    stop_gradient,
    value_and_grad,
    vjp,
)  # fmt: skip
from autograd_mini.testing import check_grads

X = np.array([0.3, -0.7, 1.1])
T = np.array([1.0, 2.0, -0.5])
CLOSE = {"rtol": 1e-12, "atol": 1e-13}


def curve(x):
    """A smooth function of three numbers to three."""
    return np.tanh(np.outer(x, x)) @ np.sin(x) + np.cumsum(x)[::-1] * np.prod(x)


def height(x):
    """A smooth function of an array to a number."""
    return np.sum(curve(x) ** 2)


# ---- vjp and jvp


def test_tangents_and_cotangents_agree():
    u = np.array([0.2, -1.0, 3.0])
    _, pull = vjp(curve, X)
    _, t = jvp(curve, (X,), (T,))
    np.testing.assert_allclose(u @ t, pull(u)[0] @ T, **CLOSE)


def test_pull_may_be_called_again_and_gives_the_same():
    _, pull = vjp(curve, X)
    first = pull(T)[0].copy()
    pull(2 * T)
    np.testing.assert_array_equal(pull(T)[0], first)


def test_vjp_gives_the_value_of_the_function():
    y, _ = vjp(curve, X)
    np.testing.assert_array_equal(y, curve(X))
    assert isinstance(y, np.ndarray)


def test_pull_takes_a_tree_of_cotangents():
    y, pull = vjp(lambda x: {"s": np.sum(x), "p": (x * x,)}, X)
    assert set(y) == {"s", "p"}
    np.testing.assert_allclose(pull({"s": 2.0, "p": (T,)})[0], 2.0 + 2 * X * T, **CLOSE)


def test_pull_refuses_a_cotangent_of_another_shape_or_tree():
    _, pull = vjp(curve, X)
    with pytest.raises(ShapeError, match=r"cotangent of shape \(2,\) for an output of shape \(3,\)"):
        pull(np.ones(2))
    with pytest.raises(ShapeError, match="got 2 cotangents for 1 outputs"):
        pull((np.ones(3), np.ones(3)))


def test_jvp_refuses_a_tangent_of_another_shape():
    with pytest.raises(ShapeError, match=r"tangent of shape \(2,\) for an input of shape \(3,\)"):
        jvp(curve, (X,), (np.ones(2),))


def test_jvp_of_an_output_that_is_constant_is_zero():
    _y, t = jvp(lambda x: (x, np.ones(2), 3.0), (2.0,), (1.0,))
    assert t[0] == 1.0
    assert t[1].tolist() == [0.0, 0.0]
    assert t[2] == 0.0


def test_jvp_carries_tangents_of_several_primals():
    assert jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, 10.0)) == (6.0, 32.0)


def test_jvp_flows_through_broadcasting_and_dtype():
    x = np.float32([1.0, 2.0])
    y, t = jvp(lambda x: np.ones((3, 2), np.float32) * x, (x,), (np.float32([1.0, 5.0]),))
    assert t.dtype == y.dtype == np.float32
    assert t.tolist() == [[1.0, 5.0]] * 3


# ---- jacobian and hessian


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_every_mode_of_the_jacobian_agrees_with_differences(mode):
    h = 1e-6
    expected = np.stack([(curve(X + h * e) - curve(X - h * e)) / (2 * h) for e in np.eye(3)], axis=1)
    np.testing.assert_allclose(jacobian(curve, mode=mode)(X), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_jacobian_has_the_shape_of_output_then_input(mode):
    f = lambda x: np.einsum("ij,kj->ikj", x, x)
    assert jacobian(f, mode=mode)(np.ones((2, 3))).shape == (2, 2, 3, 2, 3)
    assert jacobian(np.sum, mode=mode)(np.ones((2, 3))).shape == (2, 3)
    assert np.shape(jacobian(lambda s: s * np.ones(4), mode=mode)(2.0)) == (4,)
    assert jacobian(lambda s: s * s, mode=mode)(2.0) == 4.0


def test_jacobian_of_several_arguments_is_a_tuple_of_each():
    a, b = jacobian(np.outer, argnums=(0, 1))(X, T)
    assert a.shape == b.shape == (3, 3, 3)
    np.testing.assert_allclose(np.einsum("ijk,k->ij", a, X), np.outer(X, T), **CLOSE)


def test_jacobian_of_trees_is_a_tree_of_trees():
    j = jacobian(lambda p: {"out": p["a"] * p["b"]})({"a": X, "b": 2.0})
    np.testing.assert_array_equal(j["out"]["a"], 2.0 * np.eye(3))
    np.testing.assert_array_equal(j["out"]["b"], X)


def test_the_hessian_is_symmetric_and_agrees_with_differences_of_the_gradient():
    h = 1e-6
    g = grad(height)
    expected = np.stack([(g(X + h * e) - g(X - h * e)) / (2 * h) for e in np.eye(3)])
    result = hessian(height)(X)
    np.testing.assert_allclose(result, expected, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(result, result.T, **CLOSE)


def test_a_hessian_by_two_backward_sweeps_is_the_same():
    np.testing.assert_allclose(hessian(height)(X), jacobian(grad(height), mode="reverse")(X), **CLOSE)


def test_third_derivatives_nest():
    third = jacobian(hessian(lambda x: x[0] ** 3 * x[1]))(np.array([2.0, 3.0]))
    assert third[0, 0, 0] == 6 * 3.0
    assert third[0, 0, 1] == third[0, 1, 0] == third[1, 0, 0] == 6 * 2.0
    assert third[1, 1, 1] == 0.0


def test_hvp_is_the_hessian_times_the_vector():
    np.testing.assert_allclose(hvp(height, X, T), hessian(height)(X) @ T, **CLOSE)


def test_ggnvp_is_j_h_j_times_the_vector():
    j = jacobian(curve)(X)
    np.testing.assert_allclose(ggnvp(curve, X, T), j.T @ (j @ T), **CLOSE)
    loss = lambda y: np.sum(y**4)
    h = hessian(loss)(curve(X))
    np.testing.assert_allclose(ggnvp(curve, X, T, loss), j.T @ (h @ (j @ T)), **CLOSE)


def test_the_laplacian_is_the_trace_of_the_hessian():
    np.testing.assert_allclose(laplacian(height)(X), np.trace(hessian(height)(X)), **CLOSE)
    np.testing.assert_allclose(grad(laplacian(lambda x: np.sum(x**4)))(X), 24 * X, **CLOSE)


def test_elementwise_grad_nests():
    np.testing.assert_allclose(elementwise_grad(elementwise_grad(np.sin))(X), -np.sin(X), **CLOSE)


def test_an_unknown_mode_is_refused():
    with pytest.raises(UsageError, match='"auto", "forward" or "reverse"'):
        jacobian(curve, mode="backward")


# ---- nesting


def test_perturbations_of_nested_derivatives_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * jvp(lambda y: x * y, (2.0,), (1.0,))[1])(3.0) == 6.0
    assert jvp(lambda x: x * grad(lambda y: x * y)(2.0), (3.0,), (1.0,))[1] == 6.0
    assert jvp(lambda x: jvp(lambda y: x * y * y, (x,), (1.0,))[1], (3.0,), (1.0,))[1] == 4 * 3.0
    assert grad(lambda x: jacobian(lambda y: y * x * y)(x))(2.0) == 4 * 2.0


def test_a_derivative_inside_of_another_gives_numbers_when_nothing_outer_is_a_value():
    assert isinstance(grad(lambda x: jvp(lambda y: y * y * x, (2.0,), (1.0,))[1])(5.0), float)


def test_a_captured_value_keeps_its_derivative():
    w = Value(2.0)
    for g in (grad(lambda x: x * x * w)(3.0), jvp(lambda x: x * x * w, (3.0,), (1.0,))[1]):
        assert isinstance(g, Value)
        g.backward()
        assert g.data == 12.0
    assert w.grad == 12.0


def test_a_tangent_that_is_a_value_is_differentiated():
    t = Value(1.0)
    jvp(lambda x: x**3, (2.0,), (t,))[1].backward()
    assert t.grad == 12.0


def test_a_cotangent_that_is_a_value_is_differentiated():
    _, pull = vjp(lambda x: x**3, 2.0)
    g = Value(1.0)
    pull(g)[0].backward()
    assert g.grad == 12.0


# ---- trees


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Fit:
    slope: Any
    label: str = "line"


def test_a_gradient_has_the_tree_of_its_argument():
    g = grad(lambda p: np.sum(p["w"][0] * p["w"][1].x) * p["fit"].slope)(
        {"w": [X, Point(T, 1.0)], "fit": Fit(2.0), "note": "static", "flag": True, "none": None}
    )
    np.testing.assert_array_equal(g["w"][0], 2 * T)
    np.testing.assert_array_equal(g["w"][1].x, 2 * X)
    assert g["w"][1].y == 0.0
    assert g["fit"].slope == np.dot(X, T)
    assert g["fit"].label is None
    assert g["note"] is g["flag"] is g["none"] is None


def test_integers_in_a_tree_are_differentiated_as_floats():
    assert grad(lambda p: p[0] * p[1])([3, 4]) == [4.0, 3.0]


def test_aux_comes_along_as_numbers():
    (value, aux), g = value_and_grad(lambda x: (x * x, {"twice": 2 * x}), has_aux=True)(3.0)
    assert (value, aux, g) == (9.0, {"twice": 6.0}, 6.0)
    assert grad(lambda x: (x * x, "said"), has_aux=True)(3.0) == (6.0, "said")


def test_an_argument_without_numbers_is_refused():
    with pytest.raises(DtypeError, match="must hold numbers or arrays"):
        grad(lambda s: 1.0)("text")


# ---- complex numbers


def test_the_jacobian_of_a_holomorphic_function_is_its_derivative():
    z = np.array([1 + 2j, 0.5 - 1j])
    np.testing.assert_allclose(jacobian(np.square, holomorphic=True)(z), np.diag(2 * z), **CLOSE)
    with pytest.raises(DtypeError, match="holomorphic=True"):
        jacobian(np.square)(z)


def test_the_gradient_of_a_real_function_points_to_steepest_ascent():
    z = np.array([1 + 2j, 0.5 - 1j])
    np.testing.assert_allclose(grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * z, **CLOSE)


# ---- rules of one's own


def test_stop_gradient_is_a_constant_to_every_mode():
    f = lambda x: x * stop_gradient(x * x)
    assert grad(f)(3.0) == 9.0
    assert jvp(f, (3.0,), (1.0,))[1] == 9.0
    assert grad(grad(f))(3.0) == 0.0


def test_a_custom_rule_is_differentiated_in_turn():
    cube = custom_rule(lambda x, k=3: x**k, lambda g, y, x, k=3: g * k * x ** (k - 1))
    check_grads(cube, (X + 2,), order=3)
    assert grad(lambda x: cube(x, k=4))(2.0) == 32.0
    assert cube(2.0) == 8.0
    assert jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)


def test_two_custom_rules_may_have_one_name():
    first, second = (custom_rule(lambda x: x, lambda g, y, x, k=k: g * k) for k in (1.0, 2.0))
    assert (grad(first)(0.0), grad(second)(0.0)) == (1.0, 2.0)


def test_a_primitive_of_ones_own_takes_three_lines():
    softsign = am.elementwise(
        lambda x: x / (1 + np.abs(x)), lambda y, x: 1 / (1 + np.abs(x)) ** 2, name="softsign in three lines"
    )
    check_grads(softsign, (X,), order=2)


def test_a_checkpoint_has_the_same_derivatives():
    np.testing.assert_allclose(grad(checkpoint(height))(X), grad(height)(X), **CLOSE)
    np.testing.assert_allclose(hessian(checkpoint(height))(X), hessian(height)(X), **CLOSE)


def test_a_checkpoint_sees_captured_values_and_their_past():
    w = Value(2.0)
    h = w * 3
    f = checkpoint(lambda x: np.sin(x * h * w))
    x = Value(0.5)
    f(x * 2).backward()
    dx, dw = x.grad, w.grad
    x, w = Value(0.5), Value(2.0)
    np.sin(x * 2 * (w * 3) * w).backward()
    np.testing.assert_allclose([dx, dw], [x.grad, w.grad], **CLOSE)


def test_a_checkpoint_forgets_its_inner_results():
    x = Value(X)
    assert len(checkpoint(height)(x).operands) == 1


def test_a_function_without_forward_rule_says_so_by_name():
    with pytest.raises(NoRuleError, match="busday_count"):
        grad(lambda x: np.busday_count(x, x))(1.0)
