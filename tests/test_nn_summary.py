"""`summary` says what layers give, hold and compute, as counted by hand, and leaves the network as it was."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value, no_grad
from autograd_mini.primitive import REGISTRY
from nn import (
    GRU,
    LSTM,
    RNN,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    Module,
    ModuleList,
    MultiheadAttention,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    Upsample,
    summary,
)
from nn.flops import COUNTED, DISCRETE, MOVES, PER_ELEMENT


def rng():
    return np.random.default_rng(0)


def linear(n, n_in, n_out):
    """FLOPs of an affine map of n rows: a multiply-add for each weight, and an addition for each bias."""
    return 2 * n * n_in * n_out + n * n_out


def row(found, name):
    return next(r for r in found.rows if r.name == name)


def test_a_multilayer_perceptron_is_counted_as_by_hand():
    net = Sequential(Linear(784, 128, rng=rng()), Tanh(), Linear(128, 10, rng=rng()))
    found = summary(net, (784,), batch=64)
    assert [(r.name, r.kind, r.depth, r.output, r.trained, r.flops) for r in found.rows] == [
        ("", "Sequential", 0, (64, 10), 0, 0),
        ("0", "Linear", 1, (64, 128), 784 * 128 + 128, linear(64, 784, 128)),
        ("1", "Tanh", 1, (64, 128), 0, 64 * 128),
        ("2", "Linear", 1, (64, 10), 128 * 10 + 10, linear(64, 128, 10)),
    ]
    assert found.trained == 101_770
    assert found.bytes == 8 * 101_770
    assert found.flops == sum(r.flops for r in found.rows)
    assert (found.frozen, found.buffers, found.uncounted) == (0, 0, {})


def test_a_convolutional_network_is_counted_as_by_hand():
    net = Sequential(
        Conv2d(3, 8, 5, stride=2, padding=1, rng=rng()), BatchNorm2d(8), ReLU(), MaxPool2d(2),
        Conv2d(8, 4, (1, 3), bias=False, groups=2, rng=rng()), Flatten(), Linear(4 * 7 * 5, 10, rng=rng()),
    )  # fmt: skip
    found = summary(net, (3, 30, 30), batch=6)
    first, second = 6 * 8 * 14 * 14, 6 * 4 * 7 * 5
    assert [(r.output, r.trained, r.buffers) for r in found.rows[1:]] == [
        ((6, 8, 14, 14), 8 * 3 * 25 + 8, 0),
        ((6, 8, 14, 14), 16, 17),
        ((6, 8, 14, 14), 0, 0),
        ((6, 8, 7, 7), 0, 0),
        ((6, 4, 7, 5), 4 * 4 * 3, 0),
        ((6, 140), 0, 0),
        ((6, 10), 1410, 0),
    ]
    counts = [r.flops for r in found.rows[1:]]
    assert counts[0] == 2 * first * 3 * 25 + first
    assert 2 * first <= counts[1] <= 2 * first + 100  # a product and a sum each, and what is done once a channel
    assert counts[2:] == [first, 6 * 8 * 7 * 7 * 4, 2 * second * 4 * 3, 0, linear(6, 140, 10)]
    assert found.uncounted == {}


def test_a_transposed_convolution_takes_what_its_convolution_takes():
    assert summary(ConvTranspose2d(4, 2, 3, bias=False, rng=rng()), (4, 5, 6)).flops == 2 * (4 * 5 * 6) * (2 * 3 * 3)


@pytest.mark.parametrize(
    ("mode", "count"),
    [("nearest", 0), ("bilinear", 3 * 2 * (6 * 4 + 6 * 8)), ("bicubic", 7 * 2 * (6 * 4 + 6 * 8))],
)
def test_resizing_is_counted_axis_by_axis(mode, count):
    found = summary(Upsample(size=(6, 8), mode=mode), (2, 3, 4))
    assert (found.flops, found.uncounted) == (count, {})


@pytest.mark.parametrize(
    ("kind", "gates", "each", "once"),
    [
        (RNN, 1, 3, 1),  # of each state: the bias, the sum of both products, tanh; once: the sum of both biases
        (LSTM, 4, 4 + 4 + 4 + 5, 4),  # likewise for four gates; f * c, i * g, their sum, its tanh, o times that
        (GRU, 3, 3 + 3 + 2 + 2 + 3 + 3, 0),  # both biases; sums, functions; r * h, its sum, tanh; n + z * (h - n)
    ],
)
def test_recurrent_layers_are_counted_as_by_hand(kind, gates, each, once):
    length, batch, n_in, hidden = 7, 3, 5, 4
    found = summary(kind(n_in, hidden, rng=rng()), np.ones((length, batch, n_in)))
    products = 2 * gates * hidden * (n_in + hidden)
    assert found.trained == gates * hidden * (n_in + hidden + 2)
    assert found.flops == length * batch * (products + each * hidden) + once * hidden
    assert found.uncounted == {}


def test_attention_is_counted_as_by_hand():
    batch, heads, length, width = 2, 4, 9, 16
    net = MultiheadAttention(width, heads, batch_first=True, rng=rng())
    x = np.ones((batch, length, width))
    found = summary(net, x, x, x)
    n, weights = batch * length, batch * heads * length * length
    projections = linear(n, width, 3 * width) + linear(n, width, width)
    products = 2 * 2 * batch * length * length * width  # scores, and means of values
    softmax = 5 * weights
    assert found.trained == 4 * width * width + 4 * width
    scale, mean = n * width, weights  # of the queries, and of the weights over the heads
    assert found.flops == projections + products + softmax + scale + mean
    assert row(found, "out_proj").trained == width * width + width
    assert found.uncounted == {}


def test_a_table_and_a_norm_are_counted_as_by_hand():
    found = summary(Sequential(Embedding(10, 6, rng=rng()), LayerNorm(6)), np.zeros((4, 5), dtype=int))
    assert [(r.output, r.trained) for r in found.rows[1:]] == [((4, 5, 6), 60), ((4, 5, 6), 12)]
    assert found.rows[1].flops == 0
    assert found.rows[2].flops == 120 * (1 + 3 + 2 + 2)  # mean, variance, standardised, scaled and shifted
    assert found.uncounted == {}


def test_the_flops_of_all_ops_of_nn_are_known():
    ops = [op for op in REGISTRY.values() if op.name.startswith("nn.") and not op.is_elementwise]
    known = MOVES | DISCRETE | PER_ELEMENT.keys() | COUNTED.keys()
    assert [op.name for op in ops if op.name not in known] == ["nn.ctc_lattice"]
    assert [name for name in known if name not in REGISTRY] == []


def test_the_table_reads_as_it_should():
    shared = Linear(4, 4, rng=rng())
    net = Sequential(shared, Sequential(Tanh(), shared), np.square, Residual(Linear(4, 4, rng=rng()))).freeze("3")
    assert str(summary(net, (4,), batch=2)) == (
        "layer             output     trained  frozen  FLOPs\n"
        "---------------------------------------------------\n"
        "Sequential        (2, 4)                          8\n"
        "  0: Linear       (2, 4) x2       20            144\n"
        "  1: Sequential   (2, 4)\n"
        "    0: Tanh       (2, 4)                          8\n"
        "  3: Residual     (2, 4)                          8\n"
        "    body: Linear  (2, 4)                  20     72\n"
        "\n"
        "parameters: 20 trained, 20 frozen\n"
        "memory: 320 B\n"
        "FLOPs: 240 forward"
    )


def test_without_inputs_nothing_is_called():
    class Silent(Module):
        def __init__(self):
            self.weight = Value(np.zeros((2, 3)))
            self.mean = np.zeros(5, dtype=np.float32)

        def __call__(self):
            raise AssertionError

    found = summary(Silent())
    assert (found.trained, found.buffers, found.bytes, found.has_run) == (6, 5, 68, False)
    assert str(found) == (
        "layer   trained  buffers\n"
        "------------------------\n"
        "Silent        6        5\n"
        "\n"
        "parameters: 6 trained\n"
        "memory: 68 B"
    )


def test_parameters_that_are_shared_count_once():
    first, second = Linear(3, 3, rng=rng()), Linear(3, 3, rng=rng())
    second.weight = first.weight
    found = summary(Sequential(first, second), np.ones((1, 3)))
    assert [(r.trained, r.shared) for r in found.rows] == [(0, 0), (12, 0), (3, 9)]
    assert found.trained == 15
    assert "3 (shared)" in str(found)
    assert row(found, "1").flops == linear(1, 3, 3)


def test_parameters_that_are_frozen_and_shared_count_once():
    first, second = Linear(3, 3, rng=rng()), Linear(3, 3, rng=rng())
    second.weight = first.weight
    found = summary(Sequential(first, second).freeze(), np.ones((1, 3)))
    assert [(r.frozen, r.shared, r.buffers) for r in found.rows] == [(0, 0, 0), (12, 0, 0), (3, 9, 0)]
    assert found.flops == 2 * linear(1, 3, 3)


def test_layers_in_lists_and_dicts_are_named_by_their_path():
    class Branches(Module):
        def __init__(self):
            self.towers = {"left": [Linear(2, 3, rng=rng())], "right": [Linear(2, 3, rng=rng())]}
            self.spare = ModuleList([Tanh()])

        def __call__(self, x):
            return self.towers["left"][0](x), {"right": self.towers["right"][0](x)}

    found = summary(Branches(), (2,))
    assert [(r.name, r.label, r.depth, r.calls) for r in found.rows] == [
        ("", "", 0, 1),
        ("towers.left.0", "towers.left.0", 1, 1),
        ("towers.right.0", "towers.right.0", 1, 1),
        ("spare", "spare", 1, 0),
        ("spare.0", "0", 2, 0),
    ]
    assert found.rows[0].output == [(1, 3), [(1, 3)]]
    assert str(found).splitlines()[2:7] == [
        "Branches                  (1, 3), (1, 3)",
        "  towers.left.0: Linear   (1, 3)                9     15",
        "  towers.right.0: Linear  (1, 3)                9     15",
        "  spare: ModuleList",
        "    0: Tanh",
    ]


class Wandering(Module):
    """A module that changes itself at every call."""

    def __init__(self):
        self.weight = Value(np.ones(3))
        self.calls = np.zeros(())
        self.rng = np.random.default_rng(3)
        self._kept = []

    def __call__(self, x):
        assert not self.training
        self.set_buffer("calls", self.calls + 1)
        self._kept.append(self.rng.random())
        return x * self.weight


def test_the_network_stays_as_it_is():
    net = Sequential(Wandering(), Linear(3, 2, rng=rng()))
    net[1].eval()
    inner = net[0]
    (net[1](np.ones(3)) ** 2).sum().backward()
    before, state = net.state(), inner.rng.bit_generator.state
    gradient = net[1].weight.grad.copy()
    summary(net, np.ones((4, 3)))
    assert all(np.array_equal(before[k], x) for k, x in net.state().items())
    assert (inner.rng.bit_generator.state, inner._kept) == (state, [])
    assert (net.training, inner.training, net[1].training) == (True, True, False)
    assert [type(m) for m in net.modules()] == [Sequential, Wandering, Linear]
    assert inner.weight.grad is None
    assert np.array_equal(net[1].weight.grad, gradient)


def test_inputs_that_were_computed_bring_nothing_of_their_own():
    net = Linear(3, 2, rng=rng())
    x = Value(np.ones((5, 3)))
    assert summary(net, np.exp(x) * 2).flops == summary(net, np.ones((5, 3))).flops == linear(5, 3, 2)


def test_inputs_may_be_several_and_named():
    class Sum(Module):
        def __call__(self, x, pair, *, scale=None):
            return x @ pair[0] + pair[1] if scale is None else (x @ pair[0]) * scale

    pair = (np.ones((3, 2)), np.ones(2))
    assert summary(Sum(), (3,), pair, batch=7).flops == linear(7, 3, 2)
    assert summary(Sum(), (3,), pair, batch=7, scale=np.ones(2, np.float32)).flops == linear(7, 3, 2)


def test_zeros_have_the_dtype_of_the_parameters_or_the_one_that_is_asked_for():
    seen = []

    class Seen(Module):
        def __init__(self):
            self.weight = Value(np.ones(3, np.float32))

        def __call__(self, x):
            seen.append(x.dtype)
            return self.weight * x

    summary(Seen(), (3,))
    summary(Seen(), (3,), dtype=np.int64)
    summary(Seen().freeze(), (3,))
    assert seen == [np.float32, np.int64, np.float32]


def test_what_is_computed_inside_no_grad_is_not_counted():
    class Still(Module):
        def __init__(self):
            self.inner = Linear(2, 2, rng=rng())

        def __call__(self, x):
            with no_grad():
                y = self.inner(x)
            return y + 1.0

    found = summary(Still(), np.ones((1, 2)))
    assert [(r.calls, r.output, r.flops) for r in found.rows] == [(1, (1, 2), 2), (1, (1, 2), 0)]


def test_ops_that_nobody_counts_are_named():
    class Spectrum(Module):
        def __call__(self, x):
            return np.fft.fft(x) + 1.0

    found = summary(Spectrum(), np.ones(8))
    assert found.uncounted == {"fft": 1}
    assert found.flops == 8
    assert str(found).endswith("not counted: fft x1")


@pytest.mark.parametrize(
    ("f", "count"),
    [
        (lambda x: np.einsum("ij,jk->ik", x, np.ones((6, 5))), 2 * 4 * 6 * 5),
        (lambda x: np.einsum("ij,j->ij", x, np.ones(6)), 4 * 6),
        (lambda x: np.einsum("ij,jk->ik", x, np.ones((1, 5))), 2 * 4 * 6 * 5),
        (lambda x: np.einsum("ij->j", x), 4 * 6),
        (lambda x: np.ones((2, 3, 4)) @ x, 2 * 2 * 3 * 4 * 6),
        (lambda x: x @ np.ones(6), 2 * 4 * 6),
        (lambda x: np.tensordot(x, x, 2), 2 * 4 * 6),
        (lambda x: x.sum(axis=0), 4 * 6),
        (lambda x: np.where(x > 0, x, 0.0), 4 * 6),
        (lambda x: x.T.reshape(-1)[::2], 0),
        (lambda x: np.concatenate([x, x]), 0),
        (lambda x: np.outer(x[0], x[1]), 36),
    ],
)
def test_flops_of_ops(f, count):
    class Step(Module):
        def __call__(self, x):
            return f(x)

    found = summary(Step(), np.ones((4, 6)))
    assert (found.flops, found.uncounted) == (count, {})


def test_an_error_of_the_network_says_in_which_layer():
    net = Sequential(Linear(3, 4, rng=rng()), Residual(Linear(3, 4, rng=rng())))
    with pytest.raises(ShapeError, match="Linear: got x of shape") as caught:
        summary(net, (3,))
    assert caught.value.__notes__ == ["summary: raised in 1.body, a Linear"]


class Locked(Module):
    def __init__(self):
        self.source = (i for i in range(3))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: summary(np.sin, (3,)), "summary: got ufunc; it describes a module; give a Module of nn"),
        (lambda: summary(Locked(), (3,)), "summary: got a Locked that cannot be copied"),
        (lambda: summary(Tanh(), (3,), batch=0), "summary: got batch = 0; it must be a whole number from 1 on"),
        (lambda: summary(Tanh(), (-3,)), "summary: got the shape"),
    ],
)
def test_what_cannot_be_described_is_refused(call, said):
    with pytest.raises(UsageError, match=said):
        call()


def test_inside_no_grad_there_is_no_record():
    with no_grad(), pytest.raises(UsageError, match="summary: got called inside no_grad, where no op is recorded"):
        summary(Tanh(), (3,))
