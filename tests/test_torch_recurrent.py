"""Recurrent layers and cells give PyTorch's outputs and gradients on the same weights."""

from itertools import product

import numpy as np
import pytest

import nn
from autograd_mini import Value, grad

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN:UserWarning")

TOLERANCES = {"float64": 1e-10, "float32": 1e-5}
KINDS = ("RNN", "LSTM", "GRU")
SETTINGS = {
    "plain": {},
    "without bias": {"bias": False},
    "two layers": {"num_layers": 2},
    "bidirectional": {"bidirectional": True},
    "two layers, bidirectional, batch first": {"num_layers": 2, "bidirectional": True, "batch_first": True},
}
CASES = [
    *((kind, options) for kind, options in product(KINDS, SETTINGS.values())),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True, "bias": False}),
]


def text(case):
    """What a case is called."""
    return str(case) if isinstance(case, str) else ", ".join(f"{k}={v}" for k, v in case.items()) or "plain"


def twins(kind, *sizes, dtype="float64", **options):
    """PyTorch's module, and ours with its numbers."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, kind)(*sizes, **options).to(getattr(torch, dtype))
    ours = getattr(nn, kind)(*sizes, **options, dtype=dtype)
    ours.load({name: p.detach().numpy() for name, p in theirs.named_parameters()})
    return theirs, ours


def flat(outputs):
    """Nested tuples of results as a list."""
    return [y for part in outputs for y in flat(part)] if isinstance(outputs, tuple) else [outputs]


def assert_near(ours, theirs, dtype, where):
    ours = ours.data if isinstance(ours, Value) else ours
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape, where
    assert ours.dtype == theirs.dtype == dtype, where
    assert np.abs(ours - theirs).max() <= TOLERANCES[dtype] * max(np.abs(theirs).max(), 1e-30), where


def assert_parity(theirs, ours, x, states, dtype, call=None):
    """Outputs, and the gradients of a weighted sum of them by the input, the states and all parameters, agree."""
    rng = np.random.default_rng(1)
    tx, *ts = [torch.tensor(a, requires_grad=True) for a in (x, *states)]
    vx, *vs = [Value(a) for a in (x, *states)]
    packed = lambda s: (s[0] if len(s) == 1 else tuple(s),) if s else ()
    mine = flat(ours(vx, *packed(vs)))
    other = flat(call(tx, *packed(ts)) if call else theirs(tx, *packed(ts)))
    ours_total, theirs_total = 0.0, 0.0
    for i, (a, b) in enumerate(zip(mine, other, strict=True)):
        assert_near(a, b, dtype, f"output {i}")
        weights = rng.standard_normal(b.shape).astype(dtype)
        ours_total, theirs_total = ours_total + (a * weights).sum(), theirs_total + (b * torch.tensor(weights)).sum()
    ours_total.backward()
    theirs_total.backward()
    for i, (a, b) in enumerate(zip([vx, *vs], [tx, *ts], strict=True)):
        assert_near(a.grad, b.grad, dtype, f"gradient of input {i}")
    for (name, v), (their_name, p) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == their_name
        assert_near(v.grad, p.grad, dtype, name)


def numbers(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def initial(kind, options, batch, hidden, dtype):
    n = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    h = numbers(n, *batch, options.get("proj_size", 0) or hidden, dtype=dtype, seed=2)
    return (h, numbers(n, *batch, hidden, dtype=dtype, seed=3)) if kind == "LSTM" else (h,)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("kind", "options"), CASES, ids=text)
def test_layers_agree_on_batches(kind, options, dtype):
    theirs, ours = twins(kind, 3, 4, dtype=dtype, **options)
    x = numbers(*((2, 5) if options.get("batch_first") else (5, 2)), 3, dtype=dtype)
    assert_parity(theirs, ours, x, (), dtype)
    assert_parity(*twins(kind, 3, 4, dtype=dtype, **options), x, initial(kind, options, (2,), 4, dtype), dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("kind", "options"), CASES, ids=text)
def test_layers_agree_on_one_sequence(kind, options, dtype):
    x = numbers(6, 3, dtype=dtype)
    assert_parity(*twins(kind, 3, 4, dtype=dtype, **options), x, (), dtype)
    assert_parity(*twins(kind, 3, 4, dtype=dtype, **options), x, initial(kind, options, (), 4, dtype), dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_sequence_agrees(kind, monkeypatch):
    monkeypatch.setattr(nn.layers.recurrences, "STRETCH", 1000)  # so that it has several stretches
    assert_parity(*twins(kind, 5, 7, num_layers=2), numbers(60, 3, 5), (), "float64")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_lengths_do_what_packing_does(kind, dtype):
    options = {"num_layers": 2, "bidirectional": True}
    theirs, ours = twins(kind, 3, 4, dtype=dtype, **options)
    lengths = [3, 6, 1, 4]

    def call(x, hx):
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, last = theirs(packed, hx)
        return torch.nn.utils.rnn.pad_packed_sequence(y)[0], last

    x = numbers(6, 4, 3, dtype=dtype)
    states = initial(kind, options, (4,), 4, dtype)
    with_lengths = Bound(ours, lengths)
    assert_parity(theirs, with_lengths, x, states, dtype, call)


class Bound(nn.Module):
    """A layer with the lengths of its sequences."""

    def __init__(self, layer, lengths):
        self._layer, self._lengths = layer, lengths

    def named_parameters(self):
        return self._layer.named_parameters()

    def __call__(self, x, hx):
        return self._layer(x, hx, lengths=self._lengths)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("batch", [(), (3,)], ids=["one", "three"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("RNNCell", {}),
        ("RNNCell", {"nonlinearity": "relu", "bias": False}),
        ("LSTMCell", {}),
        ("LSTMCell", {"bias": False}),
        ("GRUCell", {}),
        ("GRUCell", {"bias": False}),
    ],
    ids=text,
)
def test_cells_agree(kind, options, batch, dtype):
    x, h = numbers(*batch, 3, dtype=dtype), numbers(*batch, 4, dtype=dtype, seed=2)
    states = (h, numbers(*batch, 4, dtype=dtype, seed=3)) if kind == "LSTMCell" else (h,)
    assert_parity(*twins(kind, 3, 4, dtype=dtype, **options), x, states, dtype)
    assert_parity(*twins(kind, 3, 4, dtype=dtype, **options), x, (), dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_take_arguments_in_the_same_order(kind):
    given = (3, 4, 2, "relu", False, True, 0.0, True) if kind == "RNN" else (3, 4, 2, False, True, 0.0, True)
    theirs, ours = twins(kind, *given)
    assert_parity(theirs, ours, numbers(2, 5, 3), (), "float64")
    state = {name: tuple(p.shape) for name, p in theirs.state_dict().items()}
    assert {name: x.shape for name, x in ours.state().items()} == state


@pytest.mark.parametrize("kind", [*KINDS, "RNNCell", "LSTMCell", "GRUCell"])
def test_second_derivatives_agree(kind):
    theirs, ours = twins(kind, 2, 3)
    x = numbers(*((2,) if kind.endswith("Cell") else (4, 2)), 2)
    tx, vx = torch.tensor(x, requires_grad=True), Value(x)
    (slope,) = torch.autograd.grad((flat(theirs(tx))[0] ** 2).sum(), tx, create_graph=True)
    (slope**2).sum().backward()

    def of_slope(v, module):
        return (grad(lambda u: (flat(module(u))[0] ** 2).sum())(v) ** 2).sum()

    by_x, by_module = grad(of_slope, (0, 1))(vx, ours)
    assert_near(by_x, tx.grad, "float64", "x")
    for name, p in theirs.named_parameters():
        assert_near(getattr(by_module, name), p.grad, "float64", name)
