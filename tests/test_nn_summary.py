"""`summary` says what layers give, hold and compute, as counted by hand, and leaves the network as it was."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value, no_grad
from nn import Linear, Module, ModuleList, Residual, Sequential, Tanh, summary


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


def test_the_table_reads_as_it_should():
    shared = Linear(4, 4, rng=rng())
    net = Sequential(shared, Sequential(Tanh(), shared), np.square, Residual(Linear(4, 4, rng=rng()))).freeze("3")
    assert str(summary(net, (4,), batch=2)) == (
        "layer             output     trained  frozen  FLOPs\n"
        "---------------------------------------------------\n"
        "Sequential        (2, 4)                          8\n"
        "  0: Linear       (2, 4) ×2       20            144\n"
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
    assert str(found).endswith("not counted: fft ×1")


@pytest.mark.parametrize(
    ("f", "count"),
    [
        (lambda x: np.einsum("ij,jk->ik", x, np.ones((6, 5))), 2 * 4 * 6 * 5),
        (lambda x: np.einsum("ij,j->ij", x, np.ones(6)), 4 * 6),
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
