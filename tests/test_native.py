"""Programs in C: the numbers of the function itself, for every op that C is written for and for programs of many."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_mini import UsageError, Value, compile, grad, logistic, loop, relu, scan, value_and_grad
from autograd_mini.compiler import c_terms
from autograd_mini.testing import direction, every_sample, flat, is_differentiable, numbers, pulled_back
from nn.worked_example import two_two_two

pytestmark = pytest.mark.native
TOLERANCE = {"d": 1e-12, "f": 1e-5}
WRITTEN = {
    *c_terms.COMPARED, *c_terms.WHOLE, *c_terms.COPIED, *c_terms.REAL, *c_terms.LIBM, *c_terms.VIEWS, *c_terms.REDUCED,
    *c_terms.RULES, "logistic", "choice", "matmul", "concatenate", "scatter",
}  # fmt: skip
SAMPLES = {
    name: [s for s in samples if s.operands]
    for name, samples in groupby(sorted(every_sample(), key=lambda s: s.op.name), key=lambda s: s.op.name)
    if name in WRITTEN
}


def assert_same(ours, theirs):
    """Equal shapes, dtypes and nan, and numbers as close as their dtype allows."""
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for x, y in zip(map(np.asarray, ours), map(np.asarray, theirs), strict=True):
        assert x.shape == y.shape
        if y.dtype.kind == "f":
            scale = np.abs(y[np.isfinite(y)]).max(initial=1.0)
            np.testing.assert_allclose(x, y, rtol=0, atol=TOLERANCE.get(y.dtype.char, 0) * scale)
        else:
            np.testing.assert_array_equal(x, y)


def as_dtype(x, dtype):
    """An operand of a sample in another dtype."""
    return np.asarray(x, dtype)[()] if is_differentiable(x) and np.asarray(x).dtype == np.float64 else x


@pytest.mark.parametrize("dtype", ["d", "f"])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_op_and_its_cotangents_are_those_of_the_function_itself(name, dtype):
    samples, rng = SAMPLES[name], np.random.default_rng(0)
    operands = [tuple(as_dtype(x, dtype) for x in s.operands) for s in samples]
    seeds = []
    for s, xs in zip(samples, operands, strict=True):
        with np.errstate(all="ignore"):
            outputs = flat(numbers(s(*map(Value, xs)))) if any(map(is_differentiable, xs)) else []
        seeds.append(tuple(direction(y, rng) for y in outputs if is_differentiable(y)))

    def f(*given_):
        results, rest = [], list(given_)
        for s, xs, gs in zip(samples, operands, seeds, strict=True):
            ys, rest = rest[: len(xs)], rest[len(xs) :]
            results.append(s(*ys))
            places = tuple(i for i, x in enumerate(xs) if is_differentiable(x))
            if gs and places:
                results += flat(pulled_back(s, places, len(xs))(*ys, *gs))
        return results

    compiled = compile(f, backend="native")
    everything = [x for xs in operands for x in xs]
    with np.errstate(all="ignore"):
        theirs = numbers(f(*(Value(x) if is_differentiable(x) else x for x in everything)))
    assert_same(compiled(*everything), theirs)


def test_nan_infinity_and_zeros_are_what_they_are_in_numpy():
    specials = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 1.0, -1.0])
    functions = (np.exp, np.log, np.log1p, np.tanh, logistic, np.sqrt, relu, np.square, np.abs, lambda x: 1 / x)

    def f(x, y):
        pairs = (np.maximum(x, y), np.minimum(x, y), x / y, np.where(x > y, x, y), np.clip(x, -1.0, y))
        return [g(x) for g in functions] + [*pairs, np.max(x), np.min(y), np.sum(x * y)]

    x, y = (z.ravel() for z in np.meshgrid(specials, specials))
    for dtype in ("d", "f"):
        with np.errstate(all="ignore"):
            theirs = numbers(f(Value(x.astype(dtype)), Value(y.astype(dtype))))
            ours = compile(f, backend="native")(x.astype(dtype), y.astype(dtype))
        for a, b in zip(ours, theirs, strict=True):
            # Eager code keeps exp(-x) from overflowing at 1e308, and C does not: there a logistic function is smaller.
            np.testing.assert_allclose(
                a, b, rtol=1e-5 if dtype == "f" else 1e-14, atol=1e-37 if dtype == "f" else 1e-307
            )


UNARY = (np.exp, np.tanh, np.sin, logistic, relu, np.square, lambda x: np.log1p(np.abs(x)), lambda x: x / (1 + x * x))
BINARY = (np.add, np.subtract, np.multiply, np.maximum, lambda a, b: np.where(a > b, a, 0.5 * b))
SHAPED = (
    lambda x: x.T, lambda x: np.reshape(x, (-1,)), lambda x: np.sum(x, axis=0), lambda x: x[..., None],
    lambda x: np.mean(x, axis=-1, keepdims=True), lambda x: x[::-1], lambda x: x[:-1],
    lambda x: np.concatenate([x, x + 1]), lambda x: np.max(x, axis=-1), lambda x: (x * 0.1) @ x.T,
)  # fmt: skip


def program(steps):
    """A function of three arrays, of these steps: an op, and the places of its operands among what was computed."""

    def f(*xs):
        ys = [*xs]
        for kind, which, i, j in steps:
            a, b = ys[i % len(ys)], ys[j % len(ys)]
            if kind == 0:
                y = UNARY[which % len(UNARY)](a)
            elif kind == 1 and a.shape[-1:] == b.shape[-1:]:
                y = BINARY[which % len(BINARY)](a, b) if max(a.ndim, b.ndim) < 3 and a.shape == b.shape else a * 0.5
            elif a.ndim and a.size and a.shape[0] > 1:
                y = SHAPED[which % len(SHAPED)](a)
            else:
                y = a - 1.0
            ys.append(0.5 * y)
        return sum(np.sum(np.tanh(y)) for y in ys)

    return f


STEPS = st.lists(
    st.tuples(*[st.integers(0, 2), st.integers(0, 20), st.integers(0, 30), st.integers(0, 30)]), max_size=20
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(STEPS, st.sampled_from([((4, 3), (3,), ()), ((17,), (17,), (1,)), ((0, 3), (3,), ()), ((2, 3), (2, 3), (3, 1))]))
def test_programs_of_many_ops_and_their_gradients(steps, shapes):
    rng = np.random.default_rng(0)
    f = value_and_grad(program(steps), (0, 1, 2))
    compiled = compile(f, backend="native")
    for _ in range(2):
        xs = [rng.normal(size=s) if s else float(rng.normal()) for s in shapes]
        with np.errstate(all="ignore"):
            assert_same(compiled(*xs), numbers(f(*xs)))


def test_arrays_in_any_layout_are_taken():
    x = np.arange(24.0).reshape(4, 6)
    f = lambda x: np.sum(np.tanh(x) * x, axis=1)  # compared with itself
    compiled = compile(f, backend="native")
    spoilt = x.byteswap().view(x.dtype.newbyteorder())
    for y in (x, x[::-1], np.asfortranarray(x), np.broadcast_to(x[0], x.shape), x.T.copy().T, spoilt.astype("d")):
        np.testing.assert_allclose(compiled(y), f(y), rtol=1e-14)
    assert compiled.stats.eager_calls == 0


def test_results_are_arrays_of_their_own():
    compiled = compile(lambda x: (np.exp(x) * 2 - 1, x * 1.5 + np.tanh(x)), backend="native")
    x = np.linspace(0, 1, 5)
    first = compiled(x)
    kept = [y.copy() for y in first]
    second = compiled(x + 1)
    np.testing.assert_array_equal(first, kept)
    assert not any(np.shares_memory(a, b) for a in (*first, x) for b in second)


def test_large_arrays_are_used_again_when_nobody_holds_them_and_not_before():
    compiled = compile(lambda x: np.exp(x) * 2 - 1, backend="native")
    x = np.linspace(0, 1, 50_000)
    held = [compiled(x + i)[10:] for i in range(5)]
    for i, y in enumerate(held):
        np.testing.assert_allclose(y, (np.exp(x + i) * 2 - 1)[10:], rtol=1e-14)
    addresses = {compiled(x).__array_interface__["data"][0] for _ in range(5)}
    assert len(addresses) == 1


def test_threads_call_one_compiled_function_at_once():
    compiled = compile(grad(lambda x: np.sum(np.tanh(x) * np.sin(x))), backend="native")
    xs = [np.linspace(0, i, 40_000) for i in range(1, 9)]
    expected = [compiled(x) for x in xs]
    with ThreadPoolExecutor(4) as pool:
        for y, ours in zip(expected * 5, pool.map(compiled, xs * 5), strict=True):
            np.testing.assert_array_equal(ours, y)


def test_a_nan_in_a_gradient_is_left_to_the_function_itself():
    slope = compile(grad(lambda x: np.where(x > 0, np.sqrt(x), 0 * x).sum()), backend="native")
    np.testing.assert_array_equal(slope(np.array([1.0, 4.0])), [0.5, 0.25])
    np.testing.assert_array_equal(slope(np.array([0.0, 4.0])), [0.0, 0.25])
    assert slope.stats.eager_calls == 1


def test_sines_far_from_zero_are_left_to_numpy():
    compiled = compile(lambda x: np.sin(x) + np.cos(x), backend="native")
    x = np.array([1.0, 1e6, 2e6, 1e300])
    np.testing.assert_allclose(compiled(x), np.sin(x) + np.cos(x), rtol=1e-15)
    assert compiled.stats.eager_calls == 1


def test_steps_in_a_loop_are_those_of_python():
    def trained(n, *, is_compiled):
        net = two_two_two("scalar", bias="fixed")

        def step():
            net.zero_grad()
            error = net.error()
            error.backward()
            for p in net.parameters():
                p.data -= 0.5 * p.grad
            return error

        run = loop(step, n)
        error = compile(run, backend="native")() if is_compiled else run().item()
        return [error, *(p.data for p in net.parameters())]

    assert trained(50, is_compiled=True) == pytest.approx(trained(50, is_compiled=False), rel=1e-13)


def test_a_scan_over_rows_with_arrays_that_change_places():
    def f(xs, h):
        def step(carry, x):
            a, b = carry
            return (b, np.tanh(a * x) + b), np.sum(a * b)

        (a, b), ys = scan(step, (h, 2.0 * h), xs)
        return a, b, ys

    rng = np.random.default_rng(0)
    xs, h = rng.normal(size=(7, 3)), rng.normal(size=3)
    compiled = compile(f, backend="native")
    assert_same(compiled(xs, h), f(xs, h))
    assert compiled.stats.native == 1


def test_what_c_is_not_written_for_is_done_by_numpy_between_kernels():
    def f(x):
        y = np.linalg.inv(np.tanh(x) @ x.T + 5 * np.eye(3))
        return np.sum(np.exp(-y) * y + np.sin(y)), np.cumsum(y * y + np.cos(y), axis=0)

    x = np.random.default_rng(0).normal(size=(3, 3))
    compiled = compile(f, backend="native")
    assert_same(compiled(x), f(x))
    assert len(re.findall(r":= kernel\w*\(", compiled.source)) == 2


def test_large_products_are_those_of_blas():
    x = np.random.default_rng(0).normal(size=(64, 64))
    compiled = compile(lambda x: np.tanh(x @ x) * np.exp(x) - x, backend="native")
    np.testing.assert_allclose(compiled(x), np.tanh(x @ x) * np.exp(x) - x, rtol=1e-12)
    assert "dot(" in compiled.source


def test_three_thousand_operations_are_compiled_in_seconds():
    def f(x):
        y = x
        for i in range(150):
            y = np.tanh(y * 0.9 + 0.1 * i / 150) * x + np.sin(y) * 0.01
        return np.sum(y * y)

    compiled = compile(grad(f), backend="native")
    x = np.linspace(-1, 1, 20)
    start = process_time()
    y = compiled(x)
    assert process_time() - start < 20
    assert compiled.stats.terms > 2_800
    np.testing.assert_allclose(y, grad(f)(x), rtol=1e-10)


def test_functions_are_compiled_to_c_when_they_were_called_often():
    compiled = compile(loop(lambda x: np.tanh(x) + 0.1, 1_000))
    assert compiled(0.0) == pytest.approx(compiled(0.0), rel=1e-13)
    assert compiled.stats.native == 0
    while compiled.stats.calls < 10_000 and not compiled.stats.native:
        compiled(0.0)
    assert 1 < compiled.stats.calls < 10_000


def test_a_backend_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="got backend='c'; there are 'auto', 'numpy', 'native'"):
        compile(lambda x: x, backend="c")


def test_fast_math_gives_nearly_the_same():
    x = np.linspace(0, 1, 5_000)
    f = grad(lambda x: np.sum(np.tanh(x) / (1 + x)))
    np.testing.assert_allclose(compile(f, backend="native", fast_math=True)(x), f(x), rtol=1e-12)
