"""Programs made shorter: each rule, and what no rule may touch."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import Value, compile, grad, hessian, logistic
from autograd_mini.compiler.simplify import simplified
from autograd_mini.testing import as_data

POINTS = np.array([-2.5, -1.0, -0.3, 0.7, 1.0, 3.25])


def ops_of(f, *args):
    """The names of the ops that remain of a function."""
    compiled = compile(f)
    compiled(*args)
    program = simplified(compiled.traced(args, {})[0])
    return [t.op.name for t in program.terms if t.op is not None]


@pytest.mark.parametrize(
    ("f", "ops"),
    [
        (lambda x: x * 1.0, []),
        (lambda x: x / 1.0, []),
        (lambda x: x + 0.0, []),
        (lambda x: x - 0.0, []),
        (lambda x: x**1, []),
        (lambda x: np.negative(-x), []),
        (lambda x: 0.5 * (x * 2.0), []),
        (lambda x: 0.5 * (3.0 * (x * 2.0)), ["multiply"]),
        (lambda x: -(0.5 * (x * 3.0)), ["multiply"]),
        (lambda x: x * -1.0, ["negative"]),
        (lambda x: (-x) * (-x), ["multiply"]),
        (lambda x: 2.0 * -x, ["multiply"]),
        (lambda x: x + -np.exp(x), ["exp", "subtract"]),
        (lambda x: x - (-np.exp(x)), ["exp", "add"]),
        (lambda x: -(x - np.exp(x)), ["exp", "subtract"]),
        (lambda x: x + x, ["multiply"]),
        (lambda x: x / 4.0, ["multiply"]),
        (lambda x: x / 5.0, ["divide"]),
        (lambda x: x**2, ["square"]),
        (lambda x: x**3, ["square", "multiply"]),
        (lambda x: x**-1, ["reciprocal"]),
        (lambda x: np.exp(x) * np.exp(x), ["exp", "multiply"]),
        (lambda x: np.reshape(np.reshape(x, (2, 3)), (6,)), []),
        (lambda x: np.reshape(np.reshape(x, (2, 3)), (3, 2)), ["reshape"]),
        (lambda x: np.reshape(x, (2, 3)).T.T, ["reshape"]),
        (lambda x: np.broadcast_to(np.exp(x), (6,)), ["exp"]),
        (lambda x: x * np.ones(6), []),
        (lambda x: x[:, None] * 2.0 * x * x, None),
    ],
)
def test_a_rule_leaves_fewer_ops_and_the_same_numbers(f, ops):
    compiled = compile(f)
    for x in (POINTS, POINTS[::-1].copy(), np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-310])):
        with np.errstate(all="ignore"):
            expected = as_data(f(Value(x)))
            np.testing.assert_allclose(compiled(x), expected, rtol=1e-15)
    if ops is not None:
        assert ops_of(f, POINTS) == ops


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 0.0,
        lambda x: x - x,
        lambda x: x / x,
        lambda x: 1e-200 * (x * 1e200),
        lambda x: x * (1.0 / x),
        lambda x: np.log(np.exp(x)),
        lambda x: np.sqrt(x * x),
        lambda x: x**0.5,
        lambda x: x**0.0,
        lambda x: np.where(x > 0, x, 0.0 * x),
    ],
)
def test_what_holds_for_some_numbers_only_is_no_rule(f):
    compiled = compile(f)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e150, -3.0])
    compiled(np.ones(7))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(compiled(x), as_data(f(Value(x))))


def test_numbers_beside_float32_keep_it_and_strong_ones_do_not():
    x = np.linspace(0, 1, 7, dtype=np.float32)
    strong = Value(2.0)
    for f in (lambda x: 0.5 * (x * 3.0) - x / 4.0, lambda x: 0.5 * (x * strong) * 3.0, lambda x: x * strong - (-x)):
        expected = as_data(f(Value(x)))
        found = compile(f)(x)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_whole_numbers_stay_whole():
    f = lambda x: np.where(np.arange(6) // 2 * 2 + np.arange(6) > 5, x, -x)  # as any f here
    np.testing.assert_array_equal(compile(f)(POINTS), as_data(f(Value(POINTS))))


def test_stacked_columns_are_multiplied_last():
    x = np.random.default_rng(0).normal(size=(50, 40))
    f = hessian(lambda w: np.sum(np.log1p(np.exp(x @ w))))
    w = np.random.default_rng(1).normal(size=40)
    np.testing.assert_allclose(compile(f)(w), f(w), rtol=1e-12, atol=1e-12)
    compiled = compile(f)
    compiled(w)
    program = simplified(compiled.traced((w,), {})[0])
    assert [t.op.name for t in program.terms if t.op is not None and t.shape == (40, 50)] == ["multiply"]


def test_gradients_of_parts_are_put_together_in_one_array():
    def f(x):
        return np.sum(np.sin(x[:2]) * x[2:4]) + x[5] * np.sum(x[1:3]) + np.sum(x * x)

    slope = compile(grad(f))
    for x in (POINTS, POINTS * 0.3):
        np.testing.assert_allclose(slope(x), grad(f)(x), rtol=1e-14)
    large = np.random.default_rng(0).normal(size=300)
    np.testing.assert_allclose(slope(large), grad(f)(large), rtol=1e-14)


def random_function(rng):
    """A function of a matrix and a vector, made of random ops."""
    unary = (np.tanh, np.sin, np.square, logistic, np.negative, lambda x: x * 0.5, lambda x: 2.0 - x, np.exp)
    binary = (np.add, np.subtract, np.multiply, lambda x, y: x / (2.0 + y * y))
    steps = [(rng.integers(4), rng.integers(100), rng.integers(100), rng.integers(100)) for _ in range(12)]

    def f(x, v):
        seen = [x, v, x + v]
        for kind, i, j, k in steps:
            a, b = seen[i % len(seen)], seen[j % len(seen)]
            if kind == 0:
                y = unary[k % len(unary)](np.tanh(a))
            elif kind == 1:
                y = binary[k % len(binary)](a, b)
            elif kind == 2:
                y = np.sum(a, axis=-1, keepdims=True) * 0.1 if k % 2 else np.mean(a) * b
            else:
                y = a[..., ::-1] if k % 2 else a * 0.25 - b
            seen.append(y)
        return sum(np.sum(np.tanh(y)) for y in seen[-4:])

    return f


@pytest.mark.parametrize("shape", [(2, 3), (5, 8)])
@pytest.mark.parametrize("seed", range(25))
def test_gradients_of_random_programs_are_those_of_the_functions(seed, shape):
    rng = np.random.default_rng(seed)
    f = random_function(rng)
    slope = compile(grad(f, (0, 1)))
    for _ in range(2):
        x, v = rng.normal(size=shape), rng.normal(size=shape[1])
        for found, expected in zip(slope(x, v), grad(f, (0, 1))(x, v), strict=True):
            size = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * size)
    assert slope.stats.eager_calls == 0
