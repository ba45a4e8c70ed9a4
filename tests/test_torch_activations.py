"""Activations beside PyTorch's: values and derivatives, at kinks and far out too."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")
F = torch.nn.functional

PRECISION = {"float64": 1e-10, "float32": 1e-5}
# PyTorch's own gradient of hardsigmoid has 1/6 in float32, in float64 too.
THEIRS = {"hardsigmoid": lambda x: F.relu6(x + 3.0) / 6.0}
# Name and further arguments of a function.
CALLS = [
    ("sigmoid",), ("tanh",), ("relu",), ("relu6",), ("hardtanh",), ("hardtanh", -0.5, 2.0), ("leaky_relu",),
    ("leaky_relu", 0.3), ("leaky_relu", 1.5), ("rrelu",), ("rrelu", 0.2, 0.3), ("elu",), ("elu", 0.7), ("selu",),
    ("celu",), ("celu", 2.0), ("gelu",), ("silu",), ("mish",), ("softplus",), ("softplus", 0.5, 1.0),
    ("softplus", 3.0), ("softsign",), ("softshrink",), ("softshrink", 1.0), ("hardshrink",), ("hardshrink", 1.0),
    ("tanhshrink",), ("threshold", 0.25, -7.0), ("hardsigmoid",), ("hardswish",), ("logsigmoid",), ("softmax", -1),
    ("softmax", 0), ("softmin", 1), ("log_softmax", -1), ("log_softmax", 0), ("glu",), ("glu", 0),
]  # fmt: skip
ROWWISE = {"softmax", "softmin", "log_softmax", "glu"}
SHAPES = [(4, 6), (2, 3, 4), (2, 2, 3, 2)]


def both(name, *settings, x, seed=None, **options):
    """Values and gradients of our function and of PyTorch's."""
    ours, theirs = Value(x), torch.tensor(x, requires_grad=True)
    y = getattr(nn, name)(ours, *settings, **options)
    z = THEIRS.get(name, getattr(F, name))(theirs, *settings, **options)
    seed = np.ones(y.shape, x.dtype) if seed is None else seed[tuple(map(slice, y.shape))]
    y.backward(seed)
    z.backward(torch.tensor(seed))
    return (y.data, ours.grad), (z.detach().numpy(), theirs.grad.numpy())


def assert_near(ours, theirs, dtype):
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=PRECISION[dtype], atol=PRECISION[dtype] * np.abs(b).max())


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_values_and_gradients_are_those_of_torch(call, dtype):
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        x = (3.0 * rng.normal(size=shape)).astype(dtype)
        assert_near(*both(*call, x=x, seed=rng.normal(size=shape).astype(dtype)), dtype)


@pytest.mark.parametrize("dtype", PRECISION)
def test_the_tanh_form_of_gelu_is_that_of_torch(dtype):
    x = (3.0 * np.random.default_rng(2).normal(size=(5, 7))).astype(dtype)
    assert_near(*both("gelu", x=x, approximate="tanh"), dtype)


@pytest.mark.parametrize("call", [c for c in CALLS if c[0] not in ROWWISE], ids=str)
def test_kinks_have_the_derivative_of_torch(call):
    x = np.array([-6.0, -3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0])
    assert_near(*both(*call, x=x), "float64")


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("call", [c for c in CALLS if c[0] not in ROWWISE], ids=str)
def test_far_out_values_and_gradients_are_those_of_torch(call, dtype):
    x = np.array([-1e37, -1e6, -1e3, -100.0, -30.0, 30.0, 100.0, 1e3, 1e6, 1e37], dtype)
    ours, theirs = both(*call, x=x)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=PRECISION[dtype], atol=PRECISION[dtype])


@pytest.mark.parametrize("call", [c for c in CALLS if c[0] not in ROWWISE], ids=str)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_infinities_give_what_torch_gives_where_that_is_a_number(call):
    x = np.array([-np.inf, np.inf])
    (y, g), (z, h) = both(*call, x=x)
    for a, b in ((y, z), (g, h)):
        np.testing.assert_allclose(np.where(np.isnan(b), b, a), b, rtol=0, atol=1e-300)


@pytest.mark.parametrize("call", [c for c in CALLS if c[0] not in ROWWISE], ids=str)
def test_nan_stays_nan(call):
    (y, _), (z, _) = both(*call, x=np.array([np.nan, 1.0]))
    np.testing.assert_array_equal(np.isnan(y), [True, False])
    np.testing.assert_array_equal(np.isnan(y), np.isnan(z))


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 5, 3), (2, 5, 3, 2)])
@pytest.mark.parametrize("n", [1, 5])
def test_prelu_and_its_weight_have_the_gradients_of_torch(n, shape, dtype):
    if shape == (5,) and n == 5:
        shape = (3, 5)
    rng = np.random.default_rng(3)
    x = rng.normal(size=shape).astype(dtype)
    ours, theirs = nn.PReLU(n, 0.3, dtype=dtype), torch.nn.PReLU(n, 0.3, dtype=getattr(torch, dtype))
    v, t = Value(x), torch.tensor(x, requires_grad=True)
    y, z = ours(v), theirs(t)
    seed = rng.normal(size=shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    assert [k for k, _ in ours.named_parameters()] == [k for k, _ in theirs.named_parameters()]
    assert_near(
        (y.data, v.grad, ours.weight.grad), (z.detach().numpy(), t.grad.numpy(), theirs.weight.grad.numpy()), dtype
    )


MODULES = [
    ("CELU", 0.7), ("ELU", 0.7), ("GELU", "tanh"), ("GELU",), ("GLU", 0), ("SELU",), ("Hardshrink", 0.3),
    ("Hardsigmoid",), ("Hardswish",), ("Hardtanh", -0.5, 0.7), ("LeakyReLU", 0.2), ("LogSigmoid",), ("LogSoftmax", 0),
    ("Mish",), ("RReLU",), ("ReLU",), ("ReLU6",), ("SiLU",), ("Sigmoid",), ("Softmax", 0), ("Softmin", 1),
    ("Softplus", 2.0, 1.0), ("Softshrink", 0.3), ("Softsign",), ("Tanh",), ("Tanhshrink",), ("Threshold", 0.1, 20.0),
]  # fmt: skip


@pytest.mark.parametrize("call", MODULES, ids=str)
def test_modules_take_the_settings_that_torch_takes(call):
    name, *settings = call
    x = 2.0 * np.random.default_rng(4).normal(size=(4, 6))
    y = getattr(nn, name)(*settings).eval()(x)
    assert isinstance(y, np.ndarray)
    np.testing.assert_allclose(y, getattr(torch.nn, name)(*settings).eval()(torch.tensor(x)).numpy(), rtol=1e-10)


def test_the_defaults_are_those_of_torch():
    x = 4.0 * np.random.default_rng(5).normal(size=50)
    for name in {call[0] for call in MODULES} - {"Softmax", "Softmin", "LogSoftmax", "Threshold"}:
        ours, theirs = getattr(nn, name)().eval()(x), getattr(torch.nn, name)().eval()(torch.tensor(x))
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-14)
