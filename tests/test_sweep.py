"""The chain rule on whole programs: random ones, deep ones, wide ones, and zeros that stay zero."""

import math
import operator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd_mini import ShapeError, Value, grad, primitive
from autograd_mini.primitive import REGISTRY
from autograd_mini.sweep import ancestry
from autograd_mini.testing import assert_close, complex_step_gradient, numerical_gradient

# ---- random programs, against the complex step: exact where the program is analytic

UNARY = [np.sin, np.cos, np.tanh, np.exp, np.square, operator.neg, lambda x: x * 0.5, lambda x: 1.5 - x, np.arctan]
BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    lambda a, b: a / (b * b + 2),
    lambda a, b: np.exp(-a * a) * b,
    lambda a, b: a + b * 2.0,
]


@st.composite
def programs(draw, unary, binary, n_inputs=2, longest=12):
    """Steps that each take one or two of what is there already; the last adds up everything."""
    steps = []
    for n in range(n_inputs, n_inputs + draw(st.integers(longest // 2, longest))):
        place = st.integers(0, n - 1)
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(unary)), (draw(place),)))
        else:
            steps.append((draw(st.sampled_from(binary)), (draw(place), draw(place))))
    return steps


def run(steps, inputs):
    found = list(inputs)
    for f, places in steps:
        found.append(f(*(found[i] for i in places)))
    return found


def is_tame(numbers):
    return all(np.all(np.isfinite(x)) and np.all(np.abs(x) < 100) for x in numbers)


@settings(deadline=None)
@given(programs(UNARY, BINARY), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_random_scalar_program_has_the_derivative_of_the_complex_step(steps, a, b):
    assume(is_tame(run(steps, (a, b))))
    x, y = Value(a), Value(b)
    z = run(steps, (x, y))[-1]
    z.backward()
    for i, v in enumerate((x, y)):
        truth = complex_step_gradient(lambda *args: run(steps, args)[-1], (a, b), i)
        assume(abs(truth) < 1e4)
        assert_close(0.0 if v.grad is None else v.grad, float(truth), order=1)


@given(programs(UNARY, BINARY, longest=6), st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=50, deadline=None)
def test_a_random_scalar_program_has_a_second_derivative(steps, a, b):
    assume(is_tame(run(steps, (a, b))))

    def slope(x, y):
        return grad(lambda u: run(steps, (u, y))[-1] * 1.0)(x)

    def slope_by_complex_step(x, y):
        return complex_step_gradient(lambda u: run(steps, (u, y))[-1] * 1.0, (x,), 0)

    truth = numerical_gradient(slope_by_complex_step, (a, b), 0)
    assume(abs(truth) < 1e3)
    assert_close(float(grad(slope)(a, b)), float(truth), order=3)


ARRAY_UNARY = [
    np.sin,
    np.tanh,
    np.square,
    lambda x: x.T,
    lambda x: x[::-1],
    lambda x: x[[0, 0, 2]] * 0.5,
    lambda x: np.sum(x, axis=0) * 0.3 + x,
    lambda x: x - np.mean(x, axis=1, keepdims=True),
    lambda x: np.reshape(np.reshape(x, (9,)), (3, 3)),
    lambda x: np.concatenate([x[:1], x[1:] * 2]),
    lambda x: np.sum(x) * np.ones((3, 3)) * 0.1 + x,
    lambda x: np.cumsum(x, axis=0) * 0.3,
    lambda x: np.where(np.eye(3) > 0, x, x * 2),
]
ARRAY_BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    lambda a, b: a @ b * 0.3,
    lambda a, b: a / (b * b + 2),
    lambda a, b: a[0] + b,
    lambda a, b: a[:, :1] * b,
    lambda a, b: np.sum(a) * 0.1 - b,
    lambda a, b: a[1, 2] * b,
]


@given(programs(ARRAY_UNARY, ARRAY_BINARY, longest=8), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_a_random_array_program_has_the_derivative_of_the_complex_step(steps, seed):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, 3, 3))
    assume(is_tame(run(steps, (a, b))))
    x, y = Value(a), Value(b)
    np.sum(run(steps, (x, y))[-1] * np.arange(9.0).reshape(3, 3)).backward()
    for i, v in enumerate((x, y)):
        truth = complex_step_gradient(lambda *args: run(steps, args)[-1], (a, b), i, seed=np.arange(9.0).reshape(3, 3))
        assume(np.all(np.abs(truth) < 1e4))
        assert_close(np.zeros((3, 3)) if v.grad is None else v.grad, truth, order=1)


@given(programs(ARRAY_UNARY, ARRAY_BINARY, longest=5), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_a_recorded_sweep_gives_the_numbers_of_the_raw_one(steps, seed):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, 3, 3))

    def f(x, y):
        return np.sum(run(steps, (x, y))[-1] * 1.0)

    assume(is_tame(run(steps, (a, b))))
    raw = grad(f, (0, 1))(a, b)
    recorded = grad(f, (0, 1))(Value(a), Value(b))
    for r, v in zip(raw, recorded, strict=True):
        assert isinstance(v, Value)
        assert_close(v.data, r, order=1)


# ---- deep and wide


@pytest.mark.parametrize("data", [0.5, np.array([0.5, -0.25])], ids=repr)
def test_a_chain_of_many_operations_is_differentiated(data):
    n = 100_000 if isinstance(data, float) else 10_000
    x = Value(data)
    y = x
    for _ in range(n):
        y = y * 0.9999
    np.sum(y).backward(keep="leaves")
    assert_close(x.grad, 0.9999**n + 0 * x.data, order=1)


def test_a_value_with_20_000_uses_adds_them_all():
    for data in (0.5, np.array([0.5, -0.25])):
        x = Value(data)
        n = 20_000 if isinstance(data, float) else 5_000
        total = sum(x * 2.0 for _ in range(n))
        np.sum(total).backward()
        assert_close(x.grad, 2.0 * n + 0 * x.data)


def test_a_value_used_twice_at_each_of_60_levels_is_visited_once():
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60
    order, seen, _ = ancestry(y)
    assert len(order) == 60
    assert len(seen) == 61


def test_many_parts_read_of_one_array_cost_one_buffer():
    x = Value(np.arange(5000.0))
    total = sum(x[i] * x[i] for i in range(5000))
    total.backward()
    assert_close(x.grad, 2 * np.arange(5000.0))


def test_records_are_swept_latest_first():
    a = Value(2.0)
    b = a * 3
    c = b * a
    order, seen, _ = ancestry(c + b)
    assert [v.op.name for v in order] == ["add", "multiply", "multiply"]
    assert order[1] is c
    assert order[2] is b
    assert a in seen


# ---- a zero cotangent stays zero


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0, 0, 0.25]),
        (lambda x: np.where(x > 0, np.log(np.abs(x)), 0.0), [0, 0, 0.25]),
        (lambda x: np.where(x > 0, 1 / x, 0.0), [0, 0, -1 / 16]),
        (lambda x: np.where(x > 0, x**0.5, x), [1, 1, 0.25]),
        (lambda x: np.sqrt(x)[2], [0, 0, 0.25]),
    ],
)
def test_what_was_not_chosen_contributes_exactly_0(f, slope):
    data = np.array([-1.0, 0.0, 4.0])
    x = Value(data)
    with np.errstate(all="ignore"):
        y = f(x)
        y.backward(np.ones(y.shape))
        again = grad(lambda u: np.sum(f(u)))(Value(data)).data
    assert_close(x.grad, np.array(slope, float), order=1)
    assert_close(again, np.array(slope, float), order=1)


def test_scalars_not_chosen_contribute_exactly_0():
    x = Value(0.0)
    with np.errstate(all="ignore"):
        np.where(x > 0, np.sqrt(x), x * 3).backward()
    assert x.grad == 3


def test_a_nan_of_the_data_stays_nan():
    x = Value([math.nan, 1.0])
    np.sum(x * x).backward()
    assert math.isnan(x.grad[0])
    assert x.grad[1] == 2


# ---- rules that do not fit


def declared(name, forward, rule):
    op = primitive(name=name)(forward)
    op.vjp(rule)
    del REGISTRY[name]  # which other tests read
    return op


def test_a_cotangent_that_does_not_fit_names_the_rule():
    f = declared("too_long", lambda x, /: x * 2.0, lambda g, y, x: np.ones(7))
    for y in (f(Value(np.ones(3))), f(Value(np.ones(3)) * 1.0)):
        with pytest.raises(ShapeError, match=r"vjp of too_long: it gave shape \(7,\) for an operand of shape \(3,\)"):
            y.backward(np.ones(3))


def test_a_rule_may_give_a_smaller_cotangent_or_none():
    f = declared("one_for_all", lambda x, /: x * 2.0, lambda g, y, x: 2.0)
    h = declared("one_per_row", lambda x, /: x * 2.0, lambda g, y, x: np.full((x.shape[0], 1), 2))
    none = declared("nothing", lambda x, /: x * 2.0, lambda g, y, x: None)
    for op, slope in ((f, 2.0), (h, 2.0), (none, 0.0)):
        x = Value(np.ones((2, 3)))
        (op(x * 3.0) + 0.0).backward(np.ones((2, 3)))
        assert x.grad.tolist() == np.full((2, 3), 3 * slope).tolist()


def test_rules_of_python_floats_give_inf_and_nan_as_numpy_does():
    for name, forward, rule, x, slope in (
        ("inverse_", lambda x, /: np.divide(1.0, x), lambda g, y, x: -g / x**2, 0.0, -math.inf),
        ("root_", lambda x, /: np.sqrt(x), lambda g, y, x: 0.5 * g / x**0.5, -4.0, math.nan),
        ("exp_", lambda x, /: np.exp(x), lambda g, y, x: g * math.e**x, 1e4, math.inf),
    ):
        f = declared(name, forward, rule)
        v = Value(x)
        with np.errstate(all="ignore"):
            f(v).backward()
        assert np.array_equal(v.grad, slope, equal_nan=True)


def test_functions_of_python_floats_give_inf_and_nan_as_numpy_does():
    f = declared("inverse_of_float", lambda x, /: 1.0 / x, lambda g, y, x: -g / (x * x))
    h = declared("root_of_float", lambda x, /: x**0.5, lambda g, y, x: 0.5 * g / y)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert f(Value(0.0)).data == math.inf
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert math.isnan(h(Value(-4.0)).data)
    assert h(Value(4.0)).data == 2
