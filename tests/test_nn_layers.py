"""Neurons, layers and containers: shapes, starting numbers, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value, logistic
from nn import Layer, Linear, Logistic, Neuron, ReLU, Sequential, Tanh

# ---- Linear


def test_linear_is_a_product_with_the_rows_of_its_weight_plus_the_bias():
    linear = Linear(3, 2)
    linear.load({"weight": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "bias": [10.0, 20.0]})
    np.testing.assert_array_equal(linear(np.array([1.0, 0.0, -1.0])).data, [8.0, 18.0])


@pytest.mark.parametrize("lead", [(), (4,), (2, 5), (0,)])
def test_linear_keeps_the_axes_before_the_last(lead):
    linear = Linear(3, 2)
    x = Value(np.ones((*lead, 3)))
    y = linear(x)
    assert y.shape == (*lead, 2)
    y.sum().backward()
    assert linear.weight.grad.shape == (2, 3)
    assert linear.bias.grad.shape == (2,)
    assert x.grad.shape == (*lead, 3)


def test_linear_takes_lists_of_numbers_and_of_values():
    linear = Linear(2, 1)
    assert linear([[1, 2], [3, 4]]).shape == (2, 1)
    v = Value(1.0)
    linear([v, 2.0]).sum().backward()
    assert v.grad == linear.weight.data[0, 0]


def test_linear_without_bias_has_one_parameter():
    linear = Linear(3, 2, bias=False)
    assert linear.bias is None
    assert len(linear.parameters()) == 1
    np.testing.assert_array_equal(linear(np.zeros(3)).data, [0.0, 0.0])


def test_linear_starts_uniformly_within_one_over_the_root_of_its_inputs():
    linear = Linear(16, 5_000, rng=np.random.default_rng(0))
    for p in linear.parameters():
        assert np.all(np.abs(p.data) <= 0.25)
        low, mean, high = np.quantile(p.data, [0.1, 0.5, 0.9])
        assert (round(low, 1), round(mean, 1), round(high, 1)) == (-0.2, 0.0, 0.2)


def test_equal_generators_give_equal_layers_and_none_gives_others():
    one, other = (Linear(2, 2, rng=np.random.default_rng(3)).state() for _ in range(2))
    np.testing.assert_array_equal(one["weight"], other["weight"])
    np.testing.assert_array_equal(one["bias"], other["bias"])
    assert np.any(Linear(2, 2).state()["weight"] != Linear(2, 2).state()["weight"])


def test_no_layer_draws_from_the_global_generator():
    before = repr(np.random.get_state())  # noqa: NPY002  # it must stay as it is
    Sequential(Linear(2, 2), Layer(2, 2), Neuron(2))
    assert repr(np.random.get_state()) == before  # noqa: NPY002  # the global generator is what it is about


def test_a_float32_linear_stays_float32_with_its_gradients():
    linear = Linear(3, 2, dtype=np.float32)
    y = linear(np.ones((4, 3), np.float32))
    y.sum().backward()
    assert y.dtype == linear.weight.grad.dtype == linear.bias.grad.dtype == np.float32


@pytest.mark.parametrize("shape", [(), (2,), (3, 2), (3, 4)])
def test_linear_refuses_another_last_axis(shape):
    with pytest.raises(ShapeError, match=r"Linear: got x of shape .*; its last axis must be in_features = 3; reshape"):
        Linear(3, 2)(np.ones(shape))


@pytest.mark.parametrize("build", [Linear, Layer])
@pytest.mark.parametrize("size", [0, -1, 2.0, "2", None, True])
def test_sizes_are_whole_numbers_from_one_on(build, size):
    with pytest.raises(UsageError, match=f"{build.__name__}: got in_features = .*whole number"):
        build(size, 2)
    with pytest.raises(UsageError, match=f"{build.__name__}: got out_features = .*whole number"):
        build(2, size)


# ---- Neuron and Layer


def test_a_neuron_names_its_parts():
    neuron = Neuron(2, weights=[0.15, 0.20], bias=0.35, name="h1")
    out = neuron([Value(0.05, name="i1"), 0.10])
    assert [p.name for p in neuron.parameters()] == ["w1", "w2", "b_h1"]
    assert out.name == "out_h1"
    assert out.operands[0].name == "net_h1"


def test_a_neuron_with_one_input_and_no_activation_keeps_the_name_of_its_sum():
    neuron = Neuron(1, weights=[2.0], bias=1.0, activation=lambda net: net, name="n")
    y = neuron([3.0])
    assert y.item() == 7.0
    assert y.name == "net_n"


@pytest.mark.parametrize(("bias", "count"), [("fixed", 6), ("shared", 7), ("each", 9)])
def test_a_layer_trains_the_biases_that_it_is_asked_to(bias, count):
    layer = Layer(2, 3, bias=bias)
    assert len(layer.parameters()) == count
    outs = layer([0.5, 1.0])
    assert [o.name for o in outs] == ["out_n1", "out_n2", "out_n3"]


def test_a_layer_of_scalars_computes_what_matrices_compute():
    rng = np.random.default_rng(5)
    weights, biases, x = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)
    outs = Layer(2, 3, activation=np.tanh, weights=weights, biases=biases)(x.tolist())
    np.testing.assert_allclose([o.item() for o in outs], np.tanh(weights @ x + biases), rtol=1e-12)


def test_a_layer_numbers_its_weights_from_where_it_is_told():
    layer = Layer(3, 2, number_from=7, bias="shared", bias_name="b2")
    assert [p.name for p in layer.parameters()] == ["w7", "w8", "w9", "b2", "w10", "w11", "w12"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Neuron(2, weights=[1.0]), ShapeError, r"Neuron n: got weights of shape \(1,\); it needs \(2,\)"),
        (lambda: Neuron(2)([1.0, 2.0, 3.0]), ShapeError, "Neuron n: got 3 inputs; it has 2 weights"),
        (lambda: Layer(2, 2)([1.0]), ShapeError, "Neuron n1: got 1 inputs; it has 2 weights"),
        (lambda: Layer(2, 2, weights=[[1.0, 2.0]]), ShapeError, r"numbers of shape \(1, 2\); it needs shape \(2, 2\)"),
        (lambda: Layer(2, 2, weights=1.0), ShapeError, r"Layer: got numbers of shape \(\); it needs shape \(2, 2\)"),
        (lambda: Layer(2, 2, biases=[1.0, 2.0, 3.0]), ShapeError, r"numbers of shape \(3,\); it needs shape \(2,\)"),
        (lambda: Layer(2, 2, bias="shared", biases=[1.0, 2.0]), ShapeError, r"it needs shape \(\)"),
        (lambda: Layer(2, 2, bias="no"), UsageError, "Layer: got bias='no'; it is one of 'fixed', 'shared', 'each'"),
        (lambda: Neuron(0), UsageError, "Neuron: got in_features = 0"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_neuron_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


# ---- activations and Sequential


@pytest.mark.parametrize(
    ("module", "function"), [(Logistic(), logistic), (Tanh(), np.tanh), (ReLU(), lambda x: np.maximum(x, 0.0))]
)
def test_an_activation_is_its_function_on_arrays_and_on_values(module, function):
    x = np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, 30.0]])
    np.testing.assert_array_equal(module(x), function(x))
    np.testing.assert_array_equal(module(Value(x)).data, function(x))
    assert module.parameters() == []


def test_sequential_applies_its_steps_in_order_and_lets_one_reach_them():
    net = Sequential(lambda x: x + 1.0, np.square)
    assert net(2.0) == 9.0
    assert len(net) == 2
    assert net[1] is np.square
    assert list(net) == net.layers


def test_an_empty_sequential_gives_what_it_is_given():
    x = Value(1.0)
    assert Sequential()(x) is x


@pytest.mark.parametrize("step", [3, [Tanh()], Tanh])
def test_sequential_refuses_a_step_that_is_not_built(step):
    with pytest.raises(UsageError, match=r"Sequential: got .* in place 1; a step is a module or a function"):
        Sequential(Tanh(), step)
