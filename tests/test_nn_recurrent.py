"""Recurrent layers: their ops against cells in a loop, lengths, starts, and what they refuse."""

import numpy as np
import pytest

import nn
from autograd_mini import ShapeError, UsageError, Value, grad, hvp, jvp
from autograd_mini.testing import assert_close, check_grads
from nn import recurrences
from nn.recurrences import gru_run, lstm_run, rnn_run

KINDS = ("RNN", "LSTM", "GRU")


def rng(seed=0):
    return np.random.default_rng(seed)


def numbers(*shape, seed=0):
    return rng(seed).standard_normal(shape)


def flat(outputs):
    return [y for part in outputs for y in flat(part)] if isinstance(outputs, tuple) else [outputs]


# ---- the ops


def every_run():
    """(op, arguments, options) for every sample."""
    for op in (rnn_run, lstm_run, gru_run):
        for args in op.samples(lambda *shape: numbers(*shape, seed=sum(shape))):
            for options in ({"nonlinearity": "tanh"}, {"nonlinearity": "relu"}) if op is rnn_run else ({},):
                yield pytest.param(
                    op, args, options, id=f"{op.name}-{len(args)}-{args[0].shape}-{options.get('nonlinearity')}"
                )


@pytest.mark.parametrize(("op", "args", "options"), list(every_run()))
def test_rules_agree_with_differences_to_the_second_order(op, args, options):
    check_grads(lambda *xs: op(*xs, **options), args)


@pytest.mark.parametrize("stretch", [1, 32, recurrences.STRETCH])
@pytest.mark.parametrize(("op", "args", "options"), list(every_run()))
def test_a_run_taken_apart_has_the_same_numbers_and_derivatives(op, args, options, stretch, monkeypatch):
    """Called with Values, the forward function is a composition of small ops, with derivatives of its own."""
    monkeypatch.setattr(recurrences, "STRETCH", stretch)
    weights = numbers(*op(*args, **options).shape, seed=5)

    def total(f):
        return lambda *xs: (weights * f(*xs, **options) ** 2).sum()

    places = tuple(range(len(args)))
    assert_close(op(*args, **options), op.fn(*map(Value, args), **options))
    for i, (ours, truth) in enumerate(
        zip(grad(total(op), places)(*args), grad(total(op.fn), places)(*map(Value, args)), strict=True)
    ):
        assert np.abs(ours - truth.data).max() <= 1e-12 * max(1.0, np.abs(truth.data).max())
        direction = numbers(*args[i].shape, seed=7)

        def at(x, f, i=i):
            return total(f)(*(Value(a) if j != i else x for j, a in enumerate(args)))

        second = [hvp(lambda x, f=f: at(x, f), Value(args[i]), direction) for f in (op, op.fn)]
        a, b = (np.asarray(x.data if isinstance(x, Value) else x) for x in second)
        assert np.abs(a - b).max() <= 1e-12 * max(1.0, np.abs(b).max())


@pytest.mark.parametrize(("op", "args", "options"), list(every_run()))
def test_tangents_and_cotangents_of_a_run_agree(op, args, options):
    tangents = tuple(numbers(*a.shape, seed=8 + i) for i, a in enumerate(args))
    y, pushed = jvp(lambda *xs: op(*xs, **options), args, tangents)
    seed = numbers(*y.shape, seed=4)
    pulled = grad(lambda *xs: (seed * op(*xs, **options)).sum(), tuple(range(len(args))))(*args)
    assert_close((seed * pushed).sum(), sum((t * g).sum() for t, g in zip(tangents, pulled, strict=True)), order=1)


@pytest.mark.parametrize(("op", "args", "options"), list(every_run()))
def test_a_run_keeps_single_precision(op, args, options):
    x = [Value(a.astype(np.float32)) for a in args]
    y = op(*x, **options)
    (y * y).sum().backward()
    assert {y.dtype, *(v.grad.dtype for v in x)} == {np.dtype(np.float32)}


# ---- layers


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_in_a_loop(kind):
    layer, cell = getattr(nn, kind)(3, 4, rng=rng()), getattr(nn, f"{kind}Cell")(3, 4)
    cell.load({name.removesuffix("_l0"): x for name, x in layer.state().items()})
    x, state, outputs = numbers(5, 2, 3), None, []
    for step in x:
        state = cell(step, state)
        outputs.append(flat(state)[0].data)
    output, last = layer(x)
    assert_close(output, np.stack(outputs))
    for a, b in zip(flat(last), flat(state), strict=True):
        assert_close(a[0], b)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_in_a_padded_batch_is_as_it_is_alone(kind):
    layer = getattr(nn, kind)(3, 4, num_layers=2, bidirectional=True, batch_first=True, rng=rng())
    x, lengths = numbers(3, 6, 3), [6, 2, 4]
    padded = x.copy()
    for row, n in zip(padded, lengths, strict=True):
        row[n:] = np.nan  # which is not read
    v = Value(padded)
    output, last = layer(v, lengths=lengths)
    (output**2).sum().backward()
    for i, n in enumerate(lengths):
        alone = Value(x[i, :n])
        output_alone, last_alone = layer(alone)
        (output_alone**2).sum().backward()
        assert_close(output[i, :n], output_alone)
        assert not output.data[i, n:].any()
        assert not v.grad[i, n:].any()
        assert_close(v.grad[i, :n], alone.grad, order=1)
        for a, b in zip(flat(last), flat(last_alone), strict=True):
            assert_close(a[:, i], b)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_arrays_and_values_give_the_same(kind):
    layer = getattr(nn, kind)(2, 3, rng=rng())
    x = numbers(4, 1, 2)
    states = [numbers(1, 1, 3, seed=i) for i in range(2 if kind == "LSTM" else 1)]
    results = [
        flat(layer(f(x), tuple(map(f, states)) if kind == "LSTM" else f(states[0])))
        for f in (np.array, np.ndarray.tolist, Value)
    ]
    for others in results[1:]:
        for a, b in zip(results[0], others, strict=True):
            assert_close(a, b)


@pytest.mark.parametrize("kind", [*KINDS, "RNNCell", "LSTMCell", "GRUCell"])
def test_parameters_start_uniform_between_bounds_of_the_hidden_size(kind):
    module = getattr(nn, kind)(50, 64, rng=rng())
    drawn = np.concatenate([p.data.ravel() for p in module.parameters()]) * np.sqrt(64)
    assert np.abs(drawn).max() <= 1
    assert_near_uniform(drawn)
    twin = getattr(nn, kind)(50, 64, rng=rng())
    assert all((a.data == b.data).all() for a, b in zip(module.parameters(), twin.parameters(), strict=True))


def assert_near_uniform(drawn):
    """The mean and the variance are within five standard errors of those of uniform numbers from -1 to 1."""
    n = drawn.size
    assert abs(drawn.mean()) < 5 * np.sqrt(1 / 3 / n)
    assert abs((drawn**2).mean() - 1 / 3) < 5 * np.sqrt(4 / 45 / n)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_falls_between_layers_only_and_in_training_only(kind):
    def last_of(n_layers, mode):
        layer = getattr(nn, kind)(3, 4, num_layers=n_layers, dropout=0.9, rng=rng()).train(mode)
        return [layer(numbers(5, 2, 3))[0].data for _ in range(2)]

    assert all(np.array_equal(*last_of(n, mode)) for n, mode in ((1, True), (1, False), (2, False)))
    assert not np.array_equal(*last_of(2, True))


@pytest.mark.parametrize("kind", KINDS)
def test_an_initial_state_has_a_gradient_and_frozen_parameters_have_none(kind):
    layer = getattr(nn, kind)(2, 3, rng=rng()).freeze("weight_hh_l0")
    h = [Value(numbers(1, 2, 3, seed=i)) for i in range(2 if kind == "LSTM" else 1)]
    output, _ = layer(numbers(4, 2, 2), tuple(h) if kind == "LSTM" else h[0])
    (output**2).sum().backward()
    assert all(np.abs(v.grad).max() > 0 for v in h)
    assert "weight_hh_l0" not in dict(layer.named_parameters())
    assert np.abs(layer.weight_ih_l0.grad).max() > 0


# ---- what is refused

REFUSED = [
    (lambda: nn.RNN(0, 3), "RNN: got input_size = 0; it must be a whole number from 1 on"),
    (lambda: nn.GRU(2, 3.0), r"GRU: got hidden_size = 3\.0; it must be a whole number"),
    (lambda: nn.LSTM(2, 3, 0), "LSTM: got num_layers = 0; it must be a whole number from 1 on"),
    (lambda: nn.RNN(2, 3, nonlinearity="sine"), "RNN: got nonlinearity='sine'; it is one of 'tanh', 'relu'"),
    (lambda: nn.RNNCell(2, 3, nonlinearity="sine"), "RNNCell: got nonlinearity='sine'; it is one of"),
    (lambda: nn.LSTM(2, 3, proj_size=3), "LSTM: got proj_size = 3 and hidden_size = 3; .* give a smaller proj_size"),
    (lambda: nn.LSTM(2, 3, proj_size=-1), "LSTM: got proj_size = -1; it must be a whole number from 0 on"),
    (lambda: nn.GRU(2, 3)(np.ones((4, 1, 3))), r"GRU: got x of shape \(4, 1, 3\); it must be \(L, N, input_size\)"),
    (
        lambda: nn.GRU(2, 3, batch_first=True)(np.ones(2)),
        r"GRU: got x of shape \(2,\); it must be \(N, L, input_size\)",
    ),
    (lambda: nn.RNN(2, 3)(np.ones((0, 1, 2))), r"RNN: got x of shape \(0, 1, 2\); .* with steps and sequences"),
    (
        lambda: nn.RNN(2, 3, 2)(np.ones((4, 5, 2)), np.ones((1, 5, 3))),
        r"RNN: got an initial state of shape \(1, 5, 3\) for x of shape \(4, 5, 2\); it must be \(2, 5, 3\)",
    ),
    (lambda: nn.LSTM(2, 3)(np.ones((4, 5, 2)), np.ones((1, 5, 3))), r"LSTM: got states hx of type ndarray; .*\(h, c\)"),
    (lambda: nn.LSTMCell(2, 3)(np.ones(2), (np.ones(3),)), r"LSTMCell: got states hx of type tuple; .*\(h, c\)"),
    (lambda: nn.GRU(2, 3)(np.ones((4, 2, 2)), lengths=[4, 5]), r"GRU: got lengths=\[4, 5\]; .* from 1 to 4"),
    (lambda: nn.GRU(2, 3)(np.ones((4, 2, 2)), lengths=[0, 1]), r"GRU: got lengths=\[0, 1\]; .* one for each of the 2"),
    (
        lambda: nn.GRU(2, 3)(np.ones((4, 2, 2)), lengths=[1.0, 2.0]),
        r"GRU: got lengths=\[1\.0, 2\.0\]; .* whole numbers",
    ),
    (lambda: nn.GRU(2, 3)(np.ones((4, 2)), lengths=[4]), r"GRU: got lengths=\[4\]; .* sequences of a batch"),
    (lambda: nn.GRUCell(2, 3)(np.ones((4, 3))), r"GRUCell: got x of shape \(4, 3\); it must be \(N, input_size\)"),
    (lambda: nn.GRUCell(2, 3)(np.ones((4, 2)), np.ones(3)), r"GRUCell: got a state of shape \(3,\) for x of shape"),
    (lambda: nn.RNNCell(2, -1), "RNNCell: got hidden_size = -1; it must be a whole number"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused_in_words(call, words):
    with pytest.raises((ShapeError, UsageError), match=words):
        call()
