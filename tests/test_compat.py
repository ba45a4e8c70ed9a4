"""Programs in the style of HIPS autograd run under its names, and give closed forms and its conventions."""

from __future__ import annotations

import warnings

import numpy as raw  # noqa: ICN001  # np is the other one here
import pytest

import autograd_mini.compat.autograd.numpy as np
import autograd_mini.compat.autograd.numpy.random as npr
from autograd_mini.compat.autograd import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from autograd_mini.compat.autograd.builtins import isinstance as isinstance_
from autograd_mini.compat.autograd.extend import defjvp, defvjp, defvjp_argnums, primitive
from autograd_mini.compat.autograd.misc import const_graph, flatten
from autograd_mini.compat.autograd.misc.fixed_points import fixed_point
from autograd_mini.compat.autograd.misc.optimizers import adam, rmsprop, sgd
from autograd_mini.compat.autograd.numpy.linalg import inv, slogdet
from autograd_mini.compat.autograd.test_util import check_grads, combo_check

close = raw.testing.assert_allclose


def differences(f, x, h=1e-6):
    """The gradient of f at an array, by central differences."""
    out = raw.zeros(raw.shape(x))
    for i in raw.ndindex(raw.shape(x)):
        e = raw.zeros(raw.shape(x))
        e[i] = h
        out[i] = (f(x + e) - f(x - e)) / (2 * h)
    return out


# ---- programs


def tanh(x):
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def test_derivatives_of_tanh_to_the_third_order():
    x = raw.linspace(-2, 2, 7)
    t = raw.tanh(x)
    close(elementwise_grad(tanh)(x), 1 - t**2)
    close(elementwise_grad(elementwise_grad(tanh))(x), -2 * t * (1 - t**2), atol=1e-12)
    third = elementwise_grad(elementwise_grad(elementwise_grad(tanh)))(x)
    close(third, (1 - t**2) * (6 * t**2 - 2), atol=1e-12)
    close(grad(grad(tanh))(0.5), -2 * raw.tanh(0.5) * (1 - raw.tanh(0.5) ** 2))


def test_logistic_regression_learns_and_its_gradient_is_the_closed_form():
    inputs = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]])
    targets = np.array([True, True, False, True])

    def loss(weights):
        preds = 0.5 * (np.tanh(np.dot(inputs, weights) / 2) + 1)
        return -np.sum(np.log(preds * targets + (1 - preds) * (1 - targets)))

    weights = np.zeros(3)
    gradient = grad(loss)
    start = loss(weights)
    preds = 1 / (1 + raw.exp(-inputs @ weights))
    close(gradient(weights), inputs.T @ (preds - targets))
    for _ in range(100):
        weights -= gradient(weights) * 0.1
    assert loss(weights) < start / 4
    check_grads(loss, modes=["rev"])(weights)


def test_a_network_with_parameters_in_a_list_of_tuples():
    rng = npr.RandomState(0)
    params = [(rng.randn(3, 4), rng.randn(4)), (rng.randn(4, 2), rng.randn(2))]
    x, y = rng.randn(5, 3), rng.randn(5, 2)

    def predict(params, inputs):
        for w, b in params:
            outputs = np.dot(inputs, w) + b
            inputs = np.tanh(outputs)
        return outputs

    def objective(params):
        return np.mean((predict(params, x) - y) ** 2)

    g = grad(objective)(params)
    assert type(g) is list
    assert type(g[0]) is tuple
    flat, unflatten = flatten(params)
    measured = differences(lambda v: objective(unflatten(v)), flat)
    close(flatten(g)[0], measured, atol=1e-8)
    for optimise, rate in ((sgd, 0.5), (rmsprop, 0.05), (adam, 0.05)):
        seen = []
        note = lambda p, i, g, seen=seen: seen.append(i)
        found = optimise(lambda p, i: grad(objective)(p), params, note, num_iters=30, step_size=rate)
        assert objective(found) < objective(params) / 2
        assert seen == list(range(30))


def test_a_fluid_carried_back_in_time():
    n, steps = 8, 3
    rng = npr.RandomState(1)

    def project(vx, vy):
        p = np.zeros(vx.shape)
        div = -0.5 * (np.roll(vx, -1, axis=1) - np.roll(vx, 1, axis=1))
        div = div - 0.5 * (np.roll(vy, -1, axis=0) - np.roll(vy, 1, axis=0))
        for _ in range(4):
            p = (div + np.roll(p, 1, 1) + np.roll(p, -1, 1) + np.roll(p, 1, 0) + np.roll(p, -1, 0)) / 4.0
        vx = vx - 0.5 * (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1))
        vy = vy - 0.5 * (np.roll(p, -1, axis=0) - np.roll(p, 1, axis=0))
        return vx, vy

    def advect(f, vx, vy):
        rows, cols = f.shape
        xs, ys = np.meshgrid(np.arange(rows), np.arange(cols))
        at_x, at_y = (xs - vx).ravel(), (ys - vy).ravel()
        left, top = np.floor(at_x).astype(int), np.floor(at_y).astype(int)
        rw, bw = at_x - left, at_y - top
        left, right = np.mod(left, rows), np.mod(left + 1, rows)
        top, bottom = np.mod(top, cols), np.mod(top + 1, cols)
        flat = (1 - rw) * ((1 - bw) * f[left, top] + bw * f[left, bottom])
        flat = flat + rw * ((1 - bw) * f[right, top] + bw * f[right, bottom])
        return np.reshape(flat, (rows, cols))

    smoke, target = rng.rand(n, n), rng.rand(n, n)

    def objective(velocity):
        vx, vy = np.reshape(velocity, (2, n, n))
        s = smoke
        for _ in range(steps):
            new_vx, new_vy = advect(vx, vx, vy), advect(vy, vx, vy)
            vx, vy = project(new_vx, new_vy)
            s = advect(s, vx, vy)
        return np.mean((s - target) ** 2)

    velocity = 0.3 * rng.randn(2 * n * n)
    value, gradient = value_and_grad(objective)(velocity)
    close(value, objective(velocity))
    close(gradient, differences(objective, velocity), atol=1e-7)


def test_a_bayesian_network_by_the_reparameterised_bound():
    rng = npr.RandomState(2)
    noise = rng.randn(20, 3)

    def log_density(w):
        return -0.5 * np.sum(w**2, axis=1) + np.sum(np.cos(w), axis=1)

    def bound(params):
        mean, log_std = params[:3], params[3:]
        samples = noise * np.exp(log_std) + mean
        entropy = 0.5 * 3 * (1.0 + np.log(2 * np.pi)) + np.sum(log_std)
        return -(entropy + np.mean(log_density(samples)))

    params = np.concatenate([rng.randn(3), -1 * np.ones(3)])
    close(grad(bound)(params), differences(bound, params), atol=1e-8)
    rows = [differences(lambda p, i=i: grad(bound)(p)[i], params) for i in range(6)]
    close(hessian(bound)(params), rows, atol=1e-6)


# ---- operators


def test_results_are_plain_and_scalars_are_of_numpy():
    value, gradient = value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    assert type(value) is raw.float64
    assert type(gradient) is raw.ndarray
    assert grad(lambda x: x * x)(3.0).shape == ()
    assert grad(lambda x: x**2)(raw.array([2.0])).tolist() == [4.0]


def test_argnum_chooses_arguments_by_place_or_name():
    def f(x, y, scale=1.0):
        return scale * np.sum(x * y**2)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    close(grad(f, 1)(x, y, scale=2.0), 4 * x * y)
    gx, gy = grad(f, argnum=(0, 1))(x, y)
    close(gx, y**2)
    close(gy, 2 * x * y)
    close(grad_named(f, "y")(x, y), 2 * x * y)


def test_vjp_jvp_and_their_products():
    w = npr.RandomState(3).randn(2, 3)
    f = lambda x: np.tanh(np.dot(w, x))
    x, v, u = np.array([0.1, 0.2, 0.3]), np.array([1.0, -1.0, 2.0]), np.array([2.0, 1.0])
    matrix = (1 - raw.tanh(w @ x) ** 2)[:, None] * w
    close(jacobian(f)(x), matrix)
    vjp, value = make_vjp(f)(x)
    close(vjp(u), u @ matrix)
    close(value, f(x))
    value, tangent = make_jvp(f)(x)(v)
    close(tangent, matrix @ v)
    close(tensor_jacobian_product(f)(x, u), u @ matrix)
    close(vector_jacobian_product(f)(x, u), u @ matrix)
    close(deriv(np.sin)(np.array([0.5, 1.0])), raw.cos([0.5, 1.0]))
    close(make_ggnvp(f)(x)(v), matrix.T @ matrix @ v)


def test_products_with_hessians():
    a = npr.RandomState(4).randn(4, 4)
    f = lambda x: np.sum(np.sin(np.dot(a, x)))
    x, v = npr.RandomState(5).randn(4), npr.RandomState(6).randn(4)
    h = -(a.T * raw.sin(a @ x)) @ a
    close(hessian(f)(x), h)
    close(hessian_vector_product(f)(x, v), h @ v)
    close(hessian_tensor_product(lambda m: f(np.ravel(m)))(x.reshape(2, 2), v.reshape(2, 2)), (h @ v).reshape(2, 2))
    hvp, gradient = make_hvp(f)(x)
    close(hvp(v), h @ v)
    close(gradient, raw.cos(a @ x) @ a)


def test_the_jacobian_of_a_function_of_matrices_has_both_shapes():
    m = npr.RandomState(7).randn(3, 3) + 4 * np.eye(3)
    whole = jacobian(inv)(m)
    assert whole.shape == (3, 3, 3, 3)
    n = raw.linalg.inv(m)
    close(whole, -raw.einsum("ik,lj->ijkl", n, n))
    close(grad(lambda m: slogdet(m)[1])(m), n.T)


def test_what_else_a_function_gives_comes_back_beside_its_gradient():
    g, aux = grad_and_aux(lambda x: (np.sum(x**2), 3 * x))(np.array([1.0, 2.0]))
    close(g, [2.0, 4.0])
    close(aux, [3.0, 6.0])
    assert type(aux) is raw.ndarray


def test_dicts_lists_and_tuples_are_differentiated_by():
    params = {"w": np.array([1.0, 2.0]), "rest": [3.0, (4.0,)]}

    def f(p):
        w, (a, (b,)) = p["w"], p["rest"]
        return np.sum(w**2) * a + np.exp(b)

    g = grad(f)(params)
    close(g["w"], [6.0, 12.0])
    close(g["rest"][0], 5.0)
    close(g["rest"][1][0], raw.exp(4.0))
    assert "rest" in {k for k, _ in g.items()}


def test_what_is_not_used_gets_zeros():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(grad(lambda x: 1.0)(2.0), 0.0)
    close(grad(lambda x, y: np.sum(y), 0)(np.ones(2), np.ones(3)), [0.0, 0.0])


def test_checkpoints_change_no_gradient():
    def f(x):
        return np.sum(np.exp(np.sin(x)) * x)

    x = np.array([0.3, 0.4])
    close(grad(checkpoint(f))(x), grad(f)(x))
    close(grad(lambda x: checkpoint(f)(x) ** 2)(x), 2 * f(x) * grad(f)(x))
    close(hessian(checkpoint(f))(x), hessian(f)(x))


def test_a_constant_graph_gives_what_the_function_gives():
    f = const_graph(lambda x, y: np.sin(x) * y)
    close([f(1.0, 2.0), f(2.0, 3.0)], [2 * raw.sin(1.0), 3 * raw.sin(2.0)])
    close(grad(lambda x: f(x, 2.0))(1.0), 2 * raw.cos(1.0))


def test_a_fixed_point_is_differentiated_by_its_equation():
    def babylon(a):
        return lambda x: (x + a / x) / 2

    def root(a):
        return fixed_point(babylon, a, 1.0, lambda x, y: np.abs(x - y), 1e-12)

    close(root(2.0), raw.sqrt(2.0))
    close(grad(root)(2.0), 0.5 / raw.sqrt(2.0))


# ---- primitives of one's own


@primitive
def logsumexp(x):
    """Numerically stable log(sum(exp(x)))"""
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def logsumexp_vjp(ans, x):
    shape = x.shape
    return lambda g: np.full(shape, g) * np.exp(x - np.full(shape, ans))


defvjp(logsumexp, logsumexp_vjp)


def test_a_primitive_of_ones_own_is_differentiated_twice():
    x = np.array([1.5, 6.7, 1e-10])
    p = raw.exp(x) / raw.exp(x).sum()
    close(grad(logsumexp)(x), p)
    close(hessian(logsumexp)(x), raw.diag(p) - raw.outer(p, p), atol=1e-12)
    check_grads(logsumexp, modes=["rev"])(x)
    close(logsumexp(x), raw.log(raw.exp(x).sum()))
    assert type(logsumexp(x)) is raw.float64


def test_primitives_see_plain_arrays_and_options():
    seen = []

    @primitive
    def scaled(x, y, factor=1.0, label=None):
        seen.extend([type(x), type(y), label])
        return factor * x * y

    defvjp(
        scaled,
        lambda ans, x, y, factor=1.0, label=None: lambda g: g * factor * y,
        lambda ans, x, y, factor=1.0, label=None: lambda g: g * factor * x,
    )
    total = lambda x, y: np.sum(scaled(x, y, factor=3.0, label="two"))
    gx, gy = grad(total, (0, 1))(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert seen == [raw.ndarray, raw.ndarray, "two"]
    close(gx, [9.0, 12.0])
    close(gy, [3.0, 6.0])


def test_an_argument_without_derivative_is_said_by_none():
    @primitive
    def power(x, n):
        return x**n

    defvjp(power, lambda ans, x, n: lambda g: g * n * x ** (n - 1), None)
    close(grad(power, (0, 1))(2.0, 3.0), [12.0, 0.0])


def test_a_primitive_takes_functions_and_containers():
    @primitive
    def combined(f, pair):
        return f(pair[0]) * pair[1]

    def by_pair(ans, f, pair):
        return lambda g: [g * np.cos(pair[0]) * pair[1], g * np.sin(pair[0])]

    defvjp(combined, None, by_pair)
    g = grad(lambda x: combined(raw.sin, [x, x**2]) if not isinstance_(x, list) else 0.0)(0.5)
    close(g, raw.cos(0.5) * 0.25 + raw.sin(0.5))


def test_a_rule_for_several_arguments_at_once():
    @primitive
    def product(x, y):
        return x * y

    defvjp_argnums(product, lambda argnums, ans, args, kwargs: lambda g: tuple(g * args[1 - i] for i in argnums))
    close(grad(product, (0, 1))(2.0, 5.0), [5.0, 2.0])


def test_a_jvp_of_ones_own():
    @primitive
    def cube(x):
        return x**3

    defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    defjvp(cube, lambda g, ans, x: g * 3 * x**2)
    close(make_jvp(cube)(2.0)(1.0)[1], 12.0)
    close(deriv(deriv(cube))(2.0), 12.0)
    check_grads(cube, order=2)(2.0)


def test_a_linear_primitive_says_same():
    @primitive
    def doubled(x):
        return 2 * x

    defvjp(doubled, lambda ans, x: lambda g: 2 * g)
    defjvp(doubled, "same")
    close(deriv(lambda x: doubled(np.sin(x)))(0.5), 2 * raw.cos(0.5))


# ---- complex numbers: conjugates of ours


def test_the_gradient_of_a_real_function_of_a_complex_number():
    z = 1.0 + 2.0j
    close(grad(lambda z: np.abs(z) ** 2)(z), 2 * raw.conj(z))
    close(grad(np.real)(z), 1.0)
    close(grad(np.imag)(z), -1.0j)
    close(jacobian(lambda z: np.abs(z) ** 2)(np.array([z, 3.0])), raw.diag([2 - 4j, 6.0]))


def test_the_derivative_of_a_holomorphic_function():
    close(holomorphic_grad(lambda z: z**3)(1 + 2j), 3 * (1 + 2j) ** 2)
    vjp, _ = make_vjp(lambda z: 1j * z**2)(1 + 2j)
    close(vjp(1 + 1j), (1 + 1j) * 2j * (1 + 2j))
    close(make_jvp(lambda z: 1j * z**2)(1 + 2j)(1 + 1j)[1], (1 + 1j) * 2j * (1 + 2j))


def test_a_complex_primitive_of_ones_own_has_its_convention():
    @primitive
    def square(z):
        return z * z

    defvjp(square, lambda ans, z: lambda g: g * 2 * z)
    close(holomorphic_grad(square)(1 + 2j), 2 + 4j)
    close(grad(lambda z: np.abs(square(z)))(1 + 2j), grad(lambda z: np.abs(z * z))(1 + 2j))


def test_a_spectrum_is_differentiated_through():
    x = npr.RandomState(8).randn(8)
    f = lambda x: np.sum(np.abs(np.fft.fft(x)[1:4]) ** 2)
    close(grad(f)(x), differences(f, x), atol=1e-6)


# ---- numpy, containers and questions of type


def test_arrays_of_values_are_built_as_arrays_of_numbers_are():
    f = lambda x: np.sum(np.array([[x, 2.0], [x**2, np.sin(x)]]) * np.array([[1.0, 2.0], [3.0, 4.0]]))
    close(grad(f)(0.5), 1 + 3 * 2 * 0.5 + 4 * raw.cos(0.5))
    close(jacobian(lambda x: np.array([x[0] * x[1], x[1] ** 2]))(np.array([2.0, 3.0])), [[3.0, 2.0], [0.0, 6.0]])
    close(jacobian(lambda x: np.concatenate([np.full(2, x[0]), np.array(x)]))(np.array([2.0])), [[1.0], [1.0], [1.0]])
    assert type(np.array([1, 2])) is raw.ndarray


def test_questions_of_type_see_the_numbers():
    seen = []

    def f(x):
        seen.append((isinstance_(x, raw.ndarray), isinstance_(x[0], float), isinstance_(x, list)))
        return np.sum(x)

    grad(f)(np.ones(2))
    assert seen == [(True, True, False)]


def test_check_grads_names_what_is_wrong():
    @primitive
    def wrong(x):
        return x**2

    defvjp(wrong, lambda ans, x: lambda g: g * x)
    with pytest.raises(AssertionError):
        check_grads(wrong, modes=["rev"], order=1)(3.0)


def test_combinations_of_arguments_and_options_are_checked():
    f = lambda x, axis=None, keepdims=False: np.sum(np.sin(x), axis=axis, keepdims=keepdims)
    arrays = [np.ones((2, 3)), np.zeros((3, 1))]
    combo_check(f, [0], modes=["rev"], order=1)(arrays, axis=[None, 1], keepdims=[False, True])
