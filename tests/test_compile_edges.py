"""Compiled functions where numbers could come from the wrong place: old gradients, views, expressions, draws."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import Value, compile, grad, loop, sample, value_and_grad

BACKENDS = ("numpy", "native")


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_add_up_after_data_were_assigned(backend):
    def runs(compiled):
        w = Value([1.0, 2.0])

        def step(x):
            w.data = 0.9 * w.data
            np.sum(w * x).backward()

        step = compile(step, backend=backend) if compiled else step
        for factor in (1.0, 2.0, 3.0):
            step(factor * np.array([1.0, -1.0]))
        return w.data, w.grad

    np.testing.assert_allclose(runs(compiled=True), runs(compiled=False), rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loop_finds_the_gradient_that_was_there_after_data_were_assigned(backend):
    def runs(compiled):
        w = Value([1.0, 2.0])
        w.grad = np.ones(2)

        def step():
            w.data = 0.9 * w.data
            np.sum(w**2).backward()

        train = compile(loop(step, 3), backend=backend) if compiled else loop(step, 3)
        train()
        train()
        return w.data, w.grad

    np.testing.assert_allclose(runs(compiled=True), runs(compiled=False), rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_expression_that_a_loop_reads_stays_in_its_brackets(backend):
    def f(x):
        shift = x - 2.0
        return loop(lambda u: 0.5 * u + 0.1 * shift, 2)(x)

    assert compile(f, backend=backend)(1.0) == pytest.approx(f(1.0), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_element_outlives_the_array_that_it_was_taken_from(backend, dtype):
    def f(x):
        first = np.maximum(x, 0.5)[..., 0]
        return first * np.sin(np.tanh(x) * 2)

    x = np.array([2.0, 1.0, -1.0], dtype)
    got = compile(f, backend=backend)(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, f(x), rtol=1e-6)


def test_what_a_loop_gives_is_taken_where_the_loop_is_in_c():
    def f(x):
        rate = np.tanh(np.sum(np.tanh(x)))
        start = np.sum(np.tanh(np.std(x[np.array([0, -1, 0])], axis=0)))
        return np.tanh(loop(lambda u: 0.5 * np.sin(u) + 0.1 * rate, 2)(start)) + np.tanh(np.prod(np.sin(x)) * rate)

    x = np.arange(1.0, 6.0)[:, None]
    np.testing.assert_allclose(compile(grad(f), backend="native")(x), grad(f)(x), rtol=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
def test_draws_are_made_in_the_order_in_which_they_stand(backend):
    def runs(compiled):
        rng = np.random.default_rng(0)

        def f(x):
            first, unused, second = (sample(rng, "normal", size=3), sample(rng, "exponential"), sample(rng, "uniform"))
            del unused
            y = loop(lambda u: u * sample(rng, "uniform") + sample(rng, "normal"), 2)(second * x + first)
            third, fourth = sample(rng, "normal"), sample(rng, "uniform")
            return fourth * third - y

        f = compile(f, backend=backend) if compiled else f
        return [*(f(np.ones(3)) for _ in range(3)), rng.random()]

    for got, want in zip(runs(compiled=True), runs(compiled=False), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("x", [np.arange(3), np.arange(3, dtype=np.int8), np.array([True, False]), np.int64(3)])
def test_derivatives_at_whole_numbers_are_those_at_floats(x):
    f = value_and_grad(lambda x: np.sum(x * x + np.sin(x)))
    want = f(np.asarray(x, float))
    for backend in BACKENDS:
        for got, expected in zip(compile(f, backend=backend)(x), want, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-12)
            assert np.asarray(got).dtype == np.float64


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_that_is_taken_away_is_gone_whether_there_was_one_when_it_was_compiled(backend):
    w = Value([1.0, 2.0])

    def f(x):
        w.grad = None
        return x * w

    f = compile(f, backend=backend)
    for grad_before in (None, np.ones(2), None, 2 * np.ones(2)):
        w.grad = grad_before
        f(1.0)
        assert w.grad is None
    (w * w).sum().backward()
    f(1.0)
    assert w.grad is None
    assert f.stats.programs == 1
