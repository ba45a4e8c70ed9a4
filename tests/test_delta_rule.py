"""Autodiff of random logistic networks against the delta rule, derived by hand and written in plain Python.

For E = sum of 1/2 (target - out)^2 and out = logistic(net), net = weights . out_below + bias:
delta = (out - target) out (1 - out) in the last layer; below, delta_k = (sum over j of delta_j w_jk)
out_k (1 - out_k); dE/dw_jk = delta_j out_k; dE/db_j = delta_j, summed where neurons share a bias.

Every number goes with a magnitude: the same sums without their signs, in which nothing cancels. A
sum is as exact as its terms are, so errors are measured against that.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_mini import Value
from nn import Layer, Linear, Logistic, Sequential, half_squared_error

RELATIVE = 1e-12
BIAS = ("fixed", "shared", "each")

sizes = st.lists(st.integers(1, 6), min_size=2, max_size=7)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("bias", BIAS)
@settings(deadline=None, max_examples=60)
@given(sizes=sizes, seed=seeds)
def test_scalar_networks_follow_the_delta_rule(bias, sizes, seed):
    layers, x, target = random_network(sizes, seed, bias)
    network = Sequential(*(Layer(len(w[0]), len(w), bias=bias, weights=w, biases=b) for w, b in layers))
    error = half_squared_error(network(x), target)
    error.backward()
    value, gradients = delta_rule(layers, bias, x, target)
    assert_close(error.item(), value)
    for layer, (of_weights, of_biases) in zip(network, gradients, strict=True):
        assert_close([[w.grad for w in neuron.weights] for neuron in layer.neurons], of_weights)
        if bias == "each":
            assert_close([neuron.bias.grad for neuron in layer.neurons], of_biases)
        elif bias == "shared":
            assert_close(layer.bias.grad, of_biases)


@pytest.mark.parametrize("bias", BIAS)
@settings(deadline=None, max_examples=60)
@given(sizes=sizes, seed=seeds)
def test_matrix_networks_follow_the_delta_rule(bias, sizes, seed):
    layers, x, target = random_network(sizes, seed, bias)
    network = matrices(layers, bias)
    error = half_squared_error(network(np.array(x)), np.array(target))
    error.backward()
    value, gradients = delta_rule(layers, bias, x, target)
    assert_close(error.item(), value)
    for linear, (of_weights, of_biases) in zip(list(network)[::2], gradients, strict=True):
        assert_close(linear.weight.grad, of_weights)
        if bias != "fixed":
            assert_close(linear.bias.grad, of_biases)


@pytest.mark.parametrize("bias", BIAS)
@settings(deadline=None, max_examples=30)
@given(sizes=sizes, seed=seeds, batch=st.integers(1, 5))
def test_the_gradient_of_a_batch_is_the_sum_over_its_examples(bias, sizes, seed, batch):
    layers, _, _ = random_network(sizes, seed, bias)
    rng = np.random.default_rng([seed, 1])
    xs, targets = rng.uniform(-1, 1, (batch, sizes[0])), rng.uniform(0, 1, (batch, sizes[-1]))
    network = matrices(layers, bias)
    half_squared_error(network(xs), targets).backward()
    each = [delta_rule(layers, bias, x, t)[1] for x, t in zip(xs.tolist(), targets.tolist(), strict=True)]
    for i, linear in enumerate(list(network)[::2]):
        assert_close(linear.weight.grad, np.sum([gradients[i][0] for gradients in each], axis=0))
        if bias != "fixed":
            assert_close(linear.bias.grad, np.sum([gradients[i][1] for gradients in each], axis=0))


def random_network(sizes, seed, bias):
    """(weights, bias or biases) of each layer as lists, an input, and a target."""
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        start = rng.uniform(-1, 1, n_out if bias == "each" else None)
        layers.append((rng.uniform(-2, 2, (n_out, n_in)).tolist(), np.asarray(start).tolist()))
    return layers, rng.uniform(-1, 1, sizes[0]).tolist(), rng.uniform(0, 1, sizes[-1]).tolist()


def matrices(layers, bias):
    """The network of `Linear` and `Logistic` with those numbers."""
    steps = []
    for weights, start in layers:
        linear = Linear(len(weights[0]), len(weights))
        linear.weight = Value(weights)
        linear.bias = np.array(start) if bias == "fixed" else Value(start)
        steps += [linear, Logistic()]
    return Sequential(*steps)


def delta_rule(layers, bias, x, target):
    """E, and per layer the gradients of the weights and of the bias or biases; each with its magnitude, last."""
    outs = [x]
    for weights, start in layers:
        biases = start if bias == "each" else [start] * len(weights)
        nets = [
            sum(w * out for w, out in zip(row, outs[-1], strict=True)) + b
            for row, b in zip(weights, biases, strict=True)
        ]
        outs.append([1 / (1 + math.exp(-net)) for net in nets])
    ends = list(zip(target, outs[-1], strict=True))
    value = (sum((t - out) ** 2 / 2 for t, out in ends), sum((t + out) ** 2 / 2 for t, out in ends))
    deltas = [((out - t) * out * (1 - out), (out + t) * out * (1 - out)) for t, out in ends]
    gradients = []
    for (weights, _), below in zip(reversed(layers), reversed(outs[:-1]), strict=True):
        of_weights = [[(d * out, size * abs(out)) for out in below] for d, size in deltas]
        total = (sum(d for d, _ in deltas), sum(size for _, size in deltas))
        gradients.append((of_weights, deltas if bias == "each" else total))
        deltas = [
            (
                sum(d * row[k] for (d, _), row in zip(deltas, weights, strict=True)) * out * (1 - out),
                sum(size * abs(row[k]) for (_, size), row in zip(deltas, weights, strict=True)) * out * (1 - out),
            )
            for k, out in enumerate(below)
        ]
    return value, gradients[::-1]


def assert_close(found, expected):
    """Equal to the expected numbers, relative to their magnitudes."""
    expected = np.asarray(expected)
    assert np.shape(found) == expected.shape[:-1]
    assert np.all(np.abs(np.asarray(found) - expected[..., 0]) <= RELATIVE * expected[..., 1])
