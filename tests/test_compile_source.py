"""What `compile` writes: code to be read, and arrays that are never shared with anybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograd_mini import Value, compile, grad, hessian, logistic, loop, scan, value_and_grad
from nn.worked_example import two_two_two

DELTA_RULE = """\
# step, compiled: it takes what it reads, and returns its results and what it writes.
def step(w1, w2, w3, w4, w5, w6, w7, w8):
    net_h1 = w1 * 0.05 + w2 * 0.1 + 0.35
    out_h1 = 1.0 / (1.0 + exp(-net_h1))
    net_h2 = w3 * 0.05 + w4 * 0.1 + 0.35
    out_h2 = 1.0 / (1.0 + exp(-net_h2))
    net_o1 = w5 * out_h1 + w6 * out_h2 + 0.6
    out_o1 = 1.0 / (1.0 + exp(-net_o1))
    t1 = 0.01 - out_o1
    E_o1 = 0.5 * (t1 * t1)
    net_o2 = w7 * out_h1 + w8 * out_h2 + 0.6
    out_o2 = 1.0 / (1.0 + exp(-net_o2))
    t2 = 0.99 - out_o2
    E_o2 = 0.5 * (t2 * t2)
    E_total = E_o1 + E_o2
    d_out_o2 = out_o2 - 0.99
    d_net_o2 = d_out_o2 * (out_o2 * (1 - out_o2))
    d_out_o1 = out_o1 - 0.01
    d_net_o1 = d_out_o1 * (out_o1 * (1 - out_o1))
    d_out_h1 = d_net_o2 * w7 + d_net_o1 * w5
    d_net_h1 = d_out_h1 * (out_h1 * (1 - out_h1))
    d_w1 = d_net_h1 * 0.05
    w1 = w1 - 0.5 * d_w1
    d_w2 = d_net_h1 * 0.1
    w2 = w2 - 0.5 * d_w2
    d_out_h2 = d_net_o2 * w8 + d_net_o1 * w6
    d_net_h2 = d_out_h2 * (out_h2 * (1 - out_h2))
    d_w3 = d_net_h2 * 0.05
    w3 = w3 - 0.5 * d_w3
    d_w4 = d_net_h2 * 0.1
    w4 = w4 - 0.5 * d_w4
    d_w5 = d_net_o1 * out_h1
    w5 = w5 - 0.5 * d_w5
    d_w6 = d_net_o1 * out_h2
    w6 = w6 - 0.5 * d_w6
    d_w7 = d_net_o2 * out_h1
    w7 = w7 - 0.5 * d_w7
    d_w8 = d_net_o2 * out_h2
    w8 = w8 - 0.5 * d_w8
    nan = d_w5 + d_w6 + d_w7 + d_w8 + d_net_h1 + d_net_h2
    if nan != nan: raise FoundNan
    return [E_total], [w1, w2, w3, w4, w5, w6, w7, w8]
"""


def trained(form):
    network = two_two_two(form)

    def step():
        network.zero_grad()
        error = network.error()
        error.backward()
        for p in network.parameters():
            p.data -= 0.5 * p.grad
            p.grad = None
        return error

    return network, step


@pytest.mark.parametrize("form", ["scalar", "matrix"])
def test_the_worked_example_trains_as_without_compiling(form):
    network, step = trained(form)
    other, plain = trained(form)
    step = compile(step)
    for _ in range(5):
        assert step() == pytest.approx(plain().item(), rel=1e-14)
    for p, q in zip(network.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-14)
    assert step.stats.eager_calls == 0


def test_the_source_of_the_worked_example_is_the_delta_rule():
    _, step = trained("scalar")
    step = compile(step)
    step()
    assert step.source == DELTA_RULE


def test_the_worked_example_in_matrices_is_floats():
    _, step = trained("matrix")
    step = compile(step)
    step()
    assert "d_net_o_1 = d_out_o_1 * (out_o_1 * (1 - out_o_1))\n" in step.source
    assert "    w_o = empty((2, 2))\n" in step.source


def test_results_are_arrays_that_nobody_else_holds():
    def f(x):
        y = np.tanh(x)
        return y, y, y.T, x, x.T, y[0], np.ones((3, 4)), y.reshape(-1)

    x = np.random.default_rng(0).normal(size=(3, 4))
    compiled = compile(f)
    first, second = compiled(x), compiled(x)
    arrays = [x, *first, *second]
    for i, a in enumerate(arrays):
        for b in arrays[:i]:
            assert not np.shares_memory(a, b)
    for a in first:
        a[...] = 7.0
    np.testing.assert_array_equal(compiled(x)[2], np.tanh(x).T)


def test_updates_read_what_they_replace():
    w, v = Value(np.random.default_rng(0).normal(size=(512, 256))), Value(np.ones(3))
    start = w.data.copy()

    def step(x):
        old = w.data
        w.data = 0.5 * w.data + x * w.data
        v.data = np.concatenate([v.data[1:], v.data[:1] * 2.0])
        return np.sum(old)

    step = compile(step)
    assert step(0.25) == pytest.approx(start.sum(), rel=1e-12)
    np.testing.assert_allclose(w.data, 0.75 * start, rtol=1e-15)
    np.testing.assert_array_equal(v.data, [1.0, 1.0, 2.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(100_003,), (1001, 70), (70, 1000)])
def test_large_arrays_in_blocks_are_what_they_are_at_once(shape, dtype):
    rng = np.random.default_rng(0)
    x, row = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[1:]).astype(dtype)

    def f(x, row):
        y = logistic(x * row + 1.0) * np.maximum(x, 0)
        return np.sum(y), np.sum(y, axis=0), y - np.sum(y) / y.size

    compiled = compile(f)
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for found, expected in zip(compiled(x, row), f(Value(x), Value(row)), strict=True):
        assert np.asarray(found).dtype == dtype
        np.testing.assert_allclose(found, expected.data, rtol=tolerance, atol=tolerance * 100)
    assert "for rows" in compiled.source
    slope = compile(grad(lambda x, row: f(x, row)[0], 1))
    expected = grad(lambda x, row: f(x, row)[0], 1)(x, row)
    np.testing.assert_allclose(slope(x, row), expected, rtol=tolerance, atol=tolerance * 1000)
    assert (compiled.stats.eager_calls, slope.stats.eager_calls) == (0, 0)


def test_threads_call_at_once():
    f = compile(value_and_grad(lambda x: np.sum(np.tanh(np.sin(x) * x) @ x.T)))
    xs = [np.random.default_rng(i).normal(size=(30, 30)) for i in range(8)]
    expected = [f(x) for x in xs]
    with ThreadPoolExecutor(8) as pool:
        for (y, g), (z, h) in zip(pool.map(f, xs * 20), expected * 20, strict=True):
            assert y == z
            np.testing.assert_array_equal(g, h)


def test_a_hessian_is_one_computation_on_stacked_columns():
    x = np.random.default_rng(0).normal(size=(30, 12))

    def f(w):
        h = np.log1p(np.exp(x @ w))
        return np.sum(h) + np.sum((w[1:] - w[:-1] ** 2) ** 2) + np.mean(np.reshape(w, (3, 4)) @ np.ones(4))

    compiled = compile(hessian(f))
    for w in np.random.default_rng(1).normal(size=(2, 12)):
        np.testing.assert_allclose(compiled(w), hessian(f)(w), rtol=1e-12, atol=1e-12)
    assert compiled.source.count("\n") < 80


def test_loops_stand_in_line():
    f = compile(lambda x: loop(lambda x, y: (y, x * 0.5 + y), 3)(x, x + 1))
    assert f(1.0) == loop(lambda x, y: (y, x * 0.5 + y), 3)(1.0, 2.0)
    assert "for i in range(3):" in f.source
    rows = np.random.default_rng(0).normal(size=(4, 3))
    g = compile(lambda rows: scan(lambda c, x: (np.tanh(c + x), c * x), np.zeros(3), rows))
    for found, expected in zip(g(rows), scan(lambda c, x: (np.tanh(c + x), c * x), np.zeros(3), rows), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_logistic_does_not_overflow():
    x = np.array([-1e4, -720.0, -30.0, 0.0, 30.0, 1e4])
    least = np.finfo(float).tiny  # below it numbers are not normal, and have no relative precision
    np.testing.assert_allclose(compile(logistic)(np.tile(x, 4)), np.tile(logistic(x), 4), rtol=1e-12, atol=least)


def test_errors_of_floats_are_left_to_the_function_itself():
    f = compile(lambda x: 1.0 / x)
    f(2.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert f(0.0) == np.inf
    assert f.stats.eager_calls == 1


def test_sums_of_products_are_inner_products():
    def f(x, y):
        z = np.tanh(x)
        return np.sum(x * y), np.sum(z * z), np.sum(z**2, axis=0), z

    compiled = compile(f)
    x, y = np.random.default_rng(0).normal(size=(2, 9, 20))
    for found, expected in zip(compiled(x, y), f(x, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert compiled.source.count("vdot(") == 2


def test_names_are_those_of_arguments_variables_and_their_paths():
    weights = {"slope": Value([1.0, 2.0]), "lambda": Value(0.5)}

    def line(x, exp):
        return np.sum(np.exp(weights["slope"] * x)) * weights["lambda"] + later(exp)

    compiled = compile(line)

    def later(y):
        return y * 2.0

    assert compiled(np.ones(2), 3.0) == pytest.approx((np.e + np.e**2) * 0.5 + 6.0)
    assert "def line(x, exp, slope, _lambda):\n" in compiled.source
    assert compiled.stats.eager_calls == 0


def test_source_of_functions_that_have_no_name_of_their_own_is_code():
    compiled = compile(lambda slice: np.sum(np.tanh(slice)))  # noqa: A006  # a name that code could want
    compiled(np.ones(100_000))
    assert "def compiled(slice_2):" in compiled.source
    assert compiled.stats.eager_calls == 0
