"""Activations: derivatives to the second order, closed forms, settings, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from autograd_mini import ShapeError, UsageError, Value, grad, hvp, jvp, vjp
from autograd_mini.testing import Sample, assert_close, check_grads
from nn.layers import activation_ops
from nn.layers.normal_cdf import normal_cdf

OPS = [getattr(activation_ops, name) for name in activation_ops.__all__] + [normal_cdf]


def samples(op):
    """An op at numbers and arrays of its domain, and at settings that are one number or broadcast."""
    rng = np.random.default_rng(0)
    for shapes in (((2, 3), ()), ((), ()), ((0,), ()), ((2, 3), (3,))):
        of_each = (shapes[0], *shapes[1:] * (len(op.domain) - 1))
        yield Sample(op, tuple(rng.uniform(*d, s)[()] for d, s in zip(op.domain, of_each, strict=True)))


SAMPLES = [s for op in OPS for s in samples(op)]
FUNCTIONS = [
    "celu", "elu", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish",
    "relu", "relu6", "rrelu", "selu", "sigmoid", "silu", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
]  # fmt: skip

# ---- the ops


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_derivatives_agree_with_differences_to_the_second_order(sample):
    check_grads(sample, sample.operands, order=2)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_tangents_and_cotangents_agree(sample):
    rng = np.random.default_rng(0)
    x, t = sample.operands, tuple(rng.normal(size=np.shape(x))[()] for x in sample.operands)
    y, pushed = jvp(sample, x, t)
    u = rng.normal(size=np.shape(y))[()]
    pulled = vjp(sample, *x)[1](u)
    assert_close(sum(np.sum(a * b) for a, b in zip(pulled, t, strict=True)), np.sum(u * pushed))


@pytest.mark.parametrize("sample", [next(samples(op)) for op in OPS], ids=str)
def test_float32_stays_float32_in_value_and_gradient(sample):
    x, *settings = sample.args
    v = Value(x.astype(np.float32))
    y = sample.op(v, *map(float, settings))
    assert y.dtype == np.float32
    y.sum().backward()
    truth = grad(lambda z: sample.op(z, *map(float, settings)).sum())(x)
    assert v.grad.dtype == np.float32
    assert_close(v.grad, truth, order=1, dtype=np.float32)


# ---- the functions


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lists_numbers_and_whole_numbers_are_taken(name):
    f = getattr(nn, name)
    expected = f(np.array([-2.0, 0.0, 1.0]))
    np.testing.assert_allclose(f([-2, 0, 1]), expected, rtol=1e-15)
    np.testing.assert_allclose([f(-2.0), f(0), f(1)], expected, rtol=1e-15)
    np.testing.assert_allclose(f([Value(-2.0), 0.0, 1.0]).data, expected, rtol=1e-15)
    assert np.ndim(f(-2.0)) == 0
    assert f(Value(-2.0)).shape == ()


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (nn.gelu(1.0), 0.5 * (1.0 + math.erf(math.sqrt(0.5)))),
        (nn.gelu(np.array([-8.0]))[0], -4.0 * math.erfc(math.sqrt(32.0))),
        (nn.gelu(1.0, approximate="tanh"), 0.5 * (1.0 + math.tanh(math.sqrt(2.0 / math.pi) * 1.044715))),
        (nn.silu(2.0), 2.0 / (1.0 + math.exp(-2.0))),
        (nn.mish(2.0), 2.0 * math.tanh(math.log1p(math.exp(2.0)))),
        (nn.softplus(-40.0), math.exp(-40.0)),
        (nn.logsigmoid(-1000.0), -1000.0),
        (nn.celu(-1.0, 2.0), 2.0 * math.expm1(-0.5)),
    ],
)
def test_closed_forms(y, expected):
    assert_close(y, expected)


def test_the_normal_distribution_is_that_of_pythons_erfc():
    x = np.linspace(-4.0, 9.0, 30_000).reshape(3, -1)
    truth = np.array([0.5 * math.erfc(-v / math.sqrt(2.0)) for v in x.ravel().tolist()]).reshape(x.shape)
    np.testing.assert_allclose(normal_cdf(x), truth, rtol=4e-15)
    np.testing.assert_allclose(normal_cdf(x.astype(np.float32)), truth, rtol=2e-6)
    np.testing.assert_allclose(normal_cdf(x.astype(np.float16)), truth, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", [*FUNCTIONS, "softmax", "softmin", "log_softmax"])
def test_values_and_two_derivatives_are_numbers_far_out(name):
    f = getattr(nn, name)
    for dtype in (np.float64, np.float32):
        x = np.array([-1e35, -800.0, -90.0, 0.0, 90.0, 800.0, 1e35], dtype)
        assert np.all(np.isfinite(f(x)))
        assert np.all(np.isfinite(grad(lambda v: f(v).sum())(x)))
        assert np.all(np.isfinite(hvp(lambda v: f(v).sum(), x, np.ones_like(x))))


@pytest.mark.parametrize(
    ("name", "settings", "at", "derivative"),
    [
        ("relu", (), 0.0, 0.0),
        ("relu6", (), 6.0, 0.0),
        ("leaky_relu", (0.1,), 0.0, 0.1),
        ("elu", (0.5,), 0.0, 0.5),
        ("hardtanh", (), -1.0, 0.0),
        ("softshrink", (), 0.5, 0.0),
        ("hardshrink", (), -0.5, 0.0),
        ("threshold", (1.0, 0.0), 1.0, 0.0),
        ("hardswish", (), 3.0, 1.0),
    ],
)
def test_kinks_have_one_of_their_derivatives(name, settings, at, derivative):
    assert grad(getattr(nn, name))(at, *settings) == derivative
    np.testing.assert_array_equal(grad(lambda x: getattr(nn, name)(x, *settings).sum())(np.array([at])), [derivative])


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "celu", "softplus", "softshrink", "hardtanh"])
def test_settings_may_be_values(name):
    f = getattr(nn, name)
    settings = (-0.7, 0.7) if name == "hardtanh" else (0.3,)
    check_grads(f, (np.array([-2.0, -0.9, 0.2, 1.4]), *settings), order=2)


def test_glu_gates_one_half_with_the_other():
    x = np.array([[1.0, 2.0, 0.0, 0.0], [3.0, 4.0, 50.0, -50.0]])
    np.testing.assert_allclose(nn.glu(x), [[0.5, 1.0], [3.0, 4.0 * math.exp(-50.0)]])
    assert nn.GLU(dim=0)(x).shape == (1, 4)


@pytest.mark.parametrize(("shape", "dim"), [((3,), -1), ((2, 3), 1), ((2, 2), 2), ((), 0)])
def test_glu_refuses_what_has_no_halves(shape, dim):
    with pytest.raises(ShapeError, match=r"glu: got x of shape .* and dim=.*; that axis is cut in two halves"):
        nn.glu(np.zeros(shape), dim)


@pytest.mark.parametrize(("shape", "weight"), [((2, 3), (2,)), ((3,), (2,)), ((2, 3), (1, 3)), ((), (2,))])
def test_prelu_refuses_another_number_of_weights(shape, weight):
    with pytest.raises(ShapeError, match=r"prelu: got a weight of shape .*; it needs one number, or one for each"):
        nn.prelu(np.zeros(shape), np.zeros(weight))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nn.GELU("erf"), "GELU: got approximate='erf'; it is one of 'none', 'tanh'"),
        (lambda: nn.gelu(0.0, "no"), "gelu: got approximate='no'"),
        (lambda: nn.Hardtanh(1.0, -1.0), r"Hardtanh: got min_val=1.0 and max_val=-1.0; min_val must not be above"),
        (lambda: nn.RReLU(0.5, 0.1), "RReLU: got lower=0.5 and upper=0.1"),
        (lambda: nn.rrelu(0.0, 0.5, 0.1), "rrelu: got lower=0.5 and upper=0.1"),
        (lambda: nn.PReLU(0), "PReLU: got num_parameters = 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(call, said):
    with pytest.raises(UsageError, match=said):
        call()


def test_rrelu_draws_a_slope_for_each_element_in_training_only():
    x = np.full((100, 100), -1.0)
    module = nn.RReLU(0.1, 0.3, rng=np.random.default_rng(0))
    slopes = -module(x)
    assert np.all((slopes >= 0.1) & (slopes <= 0.3))
    assert abs(np.mean(slopes) - 0.2) < 0.002
    v = Value(x)
    again = module(v)
    again.sum().backward()
    np.testing.assert_array_equal(v.grad, -again.data)
    assert np.any(again.data != -slopes)
    np.testing.assert_allclose(module.eval()(x), -0.2)
    np.testing.assert_array_equal(nn.RReLU(0.1, 0.3, rng=np.random.default_rng(0))(x), -slopes)
    assert module.train()(x.astype(np.float32)).dtype == np.float32
    assert "rng" not in repr(module)
    assert module.state() == {}


def test_softplus_is_the_input_beyond_its_threshold():
    np.testing.assert_array_equal(nn.softplus(np.array([2.0, 3.0]), 1.0, 1.5), [2.0, 3.0])
