"""`Training` keeps what a network was like on some rounds."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value, logistic
from nn import SGD, Layer, Linear, Logistic, Neuron, ReLU, Sequential, Tanh, Training, half_squared_error
from nn.worked_example import INPUTS, TARGETS, named_values, recorded, rounds, two_two_two

RELATIVE = 1e-13  # fifteen digits are kept


def test_rounds_are_spaced_evenly_on_a_logarithmic_scale():
    kept = recorded(two_two_two(), 1_000).history()["rounds"]
    assert kept[:5] == [0, 1, 2, 3, 4]
    assert {10, 100, 1_000} <= set(kept)
    assert kept[-1] == 1_000
    assert len(kept) < 200
    gaps = np.diff(np.log(kept[1:]))
    assert gaps[-50:].max() < 0.1


@pytest.mark.parametrize("form", ["scalar", "matrix"])
def test_a_round_holds_the_numbers_of_that_round(form):
    history = recorded(two_two_two(form, bias="each"), 20).history()
    network = two_two_two("scalar", bias="each")
    errors = [*islice(rounds(network), 20)]
    error = network.error()
    error.backward()
    values = named_values(error)
    at = history["rounds"].index(20)
    assert history["errors"][0] == pytest.approx(errors[0], rel=RELATIVE)
    assert history["errors"][at] == pytest.approx(error.item(), rel=RELATIVE)
    weights = dict(zip(range(8), history["weights"][at], strict=False))
    slopes = dict(zip(range(8), history["gradients"][at], strict=False))
    for k in range(8):
        assert weights[k] == pytest.approx(values[f"w{k + 1}"].item(), rel=RELATIVE)
        assert slopes[k] == pytest.approx(values[f"w{k + 1}"].grad, rel=RELATIVE)
    (hidden, outputs) = history["activations"][at][0]
    assert hidden == pytest.approx([values["out_h1"].item(), values["out_h2"].item()], rel=RELATIVE)
    assert outputs == pytest.approx([values["out_o1"].item(), values["out_o2"].item()], rel=RELATIVE)


def test_recording_leaves_the_network_as_it_is():
    network = two_two_two()
    training = recorded(network, 10)
    assert network.parameters()[0].item() == 0.15
    assert all(p.grad is None for p in network.parameters())
    assert training.network is network


def test_weights_and_neurons_have_the_names_of_the_network():
    history = recorded(two_two_two(bias="shared"), 2).history()
    assert [layer["title"] for layer in history["layers"]] == ["inputs", "hidden", "outputs"]
    assert [layer["neurons"] for layer in history["layers"]] == [["i1", "i2"], ["h1", "h2"], ["o1", "o2"]]
    assert [s["name"] for s in history["synapses"]] == [f"w{k}" for k in range(1, 9)]
    assert [b["name"] for b in history["biases"]] == ["b1", "b2"]
    third = history["synapses"][2]
    assert (third["from"], third["to"]) == ([0, 0], [1, 1])


@pytest.mark.parametrize("activation", [Tanh(), Logistic(), ReLU(), np.sin], ids=["tanh", "logistic", "relu", "sin"])
def test_activations_of_arrays_are_those_behind_the_function(activation):
    rng = np.random.default_rng(0)
    first, second = Linear(3, 4, rng=rng), Linear(4, 2, rng=rng)
    x = [0.1, -0.2, 0.3]
    training = Training(Sequential(first, activation, second, Logistic()), [(x, [0, 1])], rounds=0)
    training.record(1.0)
    (hidden, outputs) = training.history()["activations"][0][0]
    behind = activation(first(Value(x)))
    assert hidden == pytest.approx(behind.data.tolist(), rel=RELATIVE)
    assert outputs == pytest.approx(logistic(second(behind)).data.tolist(), rel=RELATIVE)


def test_examples_each_have_their_activations():
    net = Layer(1, 1, weights=[[2.0]], biases=[0.0], activation=np.tanh, name="o")
    training = Training(net, [([1.0], [0.5]), ([-1.0], [0.0])], rounds=0)
    training.record(half_squared_error(net([1.0]), [0.5]))
    a, b = (example[0][0] for example in training.history()["activations"][0])
    assert a == pytest.approx(np.tanh(2.0), rel=RELATIVE)
    assert b == -a


def test_a_neuron_by_itself_can_be_watched():
    neuron = Neuron(2, weights=[1.0, 2.0], bias=0.5, name="n")
    training = Training(neuron, [([0.1, 0.2], [1.0])], rounds=1)
    for _ in range(2):
        training.record(0.0)
    assert training.history()["layers"][1]["neurons"] == ["n"]


def test_only_rounds_that_are_due_are_kept():
    training = Training(two_two_two(), [(INPUTS, TARGETS)], rounds=10_000)
    due = []
    for k in range(10_001):
        if training.is_due:
            due.append(k)
            training.record(1.0)
        else:
            training.record()
    assert training.history()["rounds"] == due


def test_training_with_an_optimizer_is_recorded_round_by_round():
    net = Layer(2, 1, weights=[[0.5, -0.5]], biases=[0.1], name="o")
    optimizer = SGD(net.parameters(), lr=0.5)
    training = Training(net, [([1.0, 2.0], [1.0])], rounds=3, rate=0.5)
    for _ in range(4):
        optimizer.zero_grad()
        error = half_squared_error(net([1.0, 2.0]), [1.0])
        error.backward()
        training.record(error)
        optimizer.step()
    weights, slopes = training.history()["weights"], training.history()["gradients"]
    for before, after, slope in zip(weights, weights[1:], slopes, strict=False):
        assert after == pytest.approx([w - 0.5 * g for w, g in zip(before, slope, strict=True)], rel=1e-9)


@pytest.mark.parametrize(
    ("network", "examples", "error", "words"),
    [
        (Tanh(), [([1], [1])], UsageError, "without a Layer, Neuron or Linear"),
        (Linear(90, 20), [(np.ones(90), np.ones(20))], UsageError, "a network of 110 neurons"),
        (Linear(2, 1), [([1], [1])], ShapeError, "an example of 1 inputs and 1 targets; the network has 2 and 1"),
        (Linear(2, 1), [], UsageError, "got no examples"),
    ],
)
def test_what_cannot_be_shown_is_refused(network, examples, error, words):
    with pytest.raises(error, match=words):
        Training(network, examples, rounds=1)


def test_a_round_that_is_kept_needs_its_error():
    training = Training(Linear(1, 1), [([1], [1])], rounds=1)
    with pytest.raises(UsageError, match="round 0 is to be kept, and has no error"):
        training.record()
    with pytest.raises(UsageError, match="nothing was recorded"):
        training.history()
