"""`compile`: the same numbers as the function itself, at the arguments that it was traced with and at others."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import TraceError, UsageError, Value, compile, grad, logistic, loop, no_grad, scan
from nn.worked_example import two_two_two


def test_a_gradient_is_compiled_with_its_function():
    def f(x):
        return np.sum(np.tanh(x) ** 2)

    slope = compile(grad(f))
    for x in (np.linspace(0, 1, 4), np.linspace(-3, 2, 4)):
        np.testing.assert_allclose(slope(x), grad(f)(x), rtol=1e-14)
    assert slope.stats.programs == 1


def a_step():
    w, b = Value([0.5, -0.2]), Value(0.1)

    def step(x, t):
        w.grad = b.grad = None
        error = np.sum((logistic(x @ w + b) - t) ** 2)
        error.backward()
        w.data -= 0.5 * w.grad
        b.data -= 0.5 * b.grad
        return error

    return w, b, step


def test_parameters_and_gradients_are_those_of_the_function_itself_step_by_step():
    x, t = np.random.default_rng(0).normal(size=(5, 2)), np.ones(5)
    w, b, step = a_step()
    v, c, other = a_step()
    compiled = compile(other)
    for _ in range(3):
        assert compiled(x, t) == pytest.approx(step(x, t).item(), rel=1e-14)
        for ours, theirs in ((v, w), (c, b)):
            np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-14)
            np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-14)
    w.data, v.data = [1.0, 1.0], [1.0, 1.0]
    assert compiled(x, t) == pytest.approx(step(x, t).item(), rel=1e-14)
    assert (compiled.stats.programs, compiled.stats.eager_calls) == (1, 0)


def test_a_gradient_that_comes_out_as_nan_is_that_of_the_function_itself():
    slope = compile(grad(lambda x: np.where(x > 0, np.sqrt(x), 0 * x).sum()))
    np.testing.assert_array_equal(slope(np.array([1.0, 4.0])), [0.5, 0.25])
    np.testing.assert_array_equal(slope(np.array([0.0, 4.0])), [0.0, 0.25])
    assert slope.stats.eager_calls == 1


def test_a_branch_on_a_value_is_refused_with_its_line():
    def f(x):
        return 1.0 if x > 0 else x

    with pytest.raises(TraceError, match=r"test_compile\.py, line \d+: 'return 1\.0 if x > 0 else x'.*np\.where"):
        compile(f)(2.0)


def test_a_step_of_the_worked_example_is_compiled():
    net = two_two_two("scalar", bias="fixed")

    def step():
        net.zero_grad()
        error = net.error()
        error.backward()
        return error

    error = step().item()
    gradients = [p.grad for p in net.parameters()]
    assert compile(step)() == pytest.approx(error, rel=1e-15)
    assert [p.grad for p in net.parameters()] == pytest.approx(gradients, rel=1e-14)


def test_a_loop_inside_gives_what_the_steps_give():
    assert compile(loop(lambda x: x / 2 + 1, 100))(0.0) == 2.0
    x, t = np.random.default_rng(0).normal(size=(5, 2)), np.ones(5)
    w, _, step = a_step()
    v, _, other = a_step()
    errors = [step(x, t).item() for _ in range(4)]
    assert compile(lambda x, t: loop(lambda: other(x, t), 4)())(x, t) == pytest.approx(errors[-1], rel=1e-14)
    np.testing.assert_allclose(v.data, w.data, rtol=1e-14)


def test_gradients_that_add_up_in_a_loop_start_from_none():
    w = Value([0.5, -0.2])
    compile(loop(lambda: (w * w).sum().backward(), 3))()
    np.testing.assert_allclose(w.grad, [3.0, -1.2], rtol=1e-15)


def test_a_scan_stacks_what_its_steps_give():
    def step(total, x):
        return total + x, total * x

    xs = np.arange(4.0)
    last, ys = compile(lambda xs: scan(step, 0.0, xs))(xs)
    assert last == 6.0
    np.testing.assert_array_equal(ys, [0.0, 0.0, 2.0, 9.0])
    np.testing.assert_array_equal(scan(step, 0.0, xs)[1], ys)


def test_what_is_computed_without_recording_is_computed_anew_and_is_a_constant():
    def f(x):
        with no_grad():
            y = x * x
        return x * y

    np.testing.assert_array_equal(compile(grad(f))(3.0), 9.0)


def test_what_cannot_be_an_argument_is_refused():
    with pytest.raises(UsageError, match="compile: got int"):
        compile(3)
    with pytest.raises(UsageError, match="got static='z'; the arguments are x"):
        compile(lambda x: x, static="z")
