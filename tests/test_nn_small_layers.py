"""Dropout, embeddings, bilinear maps and changes of shape: what they compute, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, hvp, jvp, vjp
from autograd_mini.testing import Sample, assert_close, check_grads, samples_of
from nn.embedding import gathered, looked_up


def numbers(shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# ---- dropout

DROPOUTS = {
    "Dropout": (50, 40),
    "Dropout1d": (50, 40, 3),
    "Dropout2d": (50, 40, 2, 3),
    "Dropout3d": (50, 40, 2, 1, 3),
    "AlphaDropout": (50, 40),
    "FeatureAlphaDropout": (50, 40, 3),
}


@pytest.mark.parametrize("name", DROPOUTS)
def test_dropout_draws_from_its_generator_anew_at_each_call(name):
    build, x = getattr(nn, name), numbers(DROPOUTS[name])
    layer = build(0.5, rng=np.random.default_rng(1))
    one, other = layer(x), layer(x)
    assert np.any(one != other)
    again = build(0.5, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(again(x), one)
    np.testing.assert_array_equal(again(Value(x)).data, other)
    assert np.any(build(0.5)(x) != build(0.5)(x))
    assert layer.state() == {}
    assert repr(layer) == f"{name}(p=0.5)"


@pytest.mark.parametrize("name", DROPOUTS)
def test_after_eval_and_without_probability_the_input_is_passed_on(name):
    x = Value(numbers(DROPOUTS[name]))
    assert getattr(nn, name)(0.5).eval()(x) is x
    assert getattr(nn, name)(0.0)(x) is x


@pytest.mark.parametrize("name", DROPOUTS)
def test_all_is_dropped_at_probability_1(name):
    np.testing.assert_array_equal(getattr(nn, name)(1.0)(numbers(DROPOUTS[name])), 0.0)


@pytest.mark.parametrize("name", ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d"])
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_kept_numbers_are_larger_by_what_is_dropped_and_channels_go_together(name, p):
    x = np.ones(DROPOUTS[name])
    y = getattr(nn, name)(p, rng=np.random.default_rng(0))(x)
    channels = y.reshape(*y.shape[:2], -1)
    np.testing.assert_array_equal(channels, np.broadcast_to(channels[..., :1], channels.shape))
    np.testing.assert_allclose(np.unique(y), [0.0, 1.0 / (1.0 - p)])
    assert abs(np.mean(channels[..., 0] == 0) - p) < 5 * np.sqrt(p * (1 - p) / 2_000)


@pytest.mark.parametrize(("name", "shape"), [("Dropout1d", (40, 3)), ("Dropout3d", (40, 2, 1, 3))])
def test_channels_without_a_batch_are_dropped_together(name, shape):
    y = getattr(nn, name)(0.5, rng=np.random.default_rng(0))(np.ones(shape)).reshape(40, -1)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert 0 < np.count_nonzero(y[:, 0]) < 40


@pytest.mark.parametrize(("name", "size"), [("AlphaDropout", (400, 500)), ("FeatureAlphaDropout", (400, 500, 1))])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(name, size, p):
    y = getattr(nn, name)(p, rng=np.random.default_rng(0))(numbers(size))
    assert abs(np.mean(y)) < 0.02
    assert abs(np.var(y) - 1.0) < 0.02
    values, counts = np.unique(y, return_counts=True)
    assert abs(counts.max() / y.size - p) < 0.01
    least = -1.0507009873554805 * 1.6732632423543772
    a = 1.0 / np.sqrt((1.0 - p) * (1.0 + p * least**2))
    np.testing.assert_allclose(values[counts.argmax()], a * least * (1.0 - p), rtol=1e-12)


@pytest.mark.parametrize("name", DROPOUTS)
def test_dropout_is_linear_or_affine_with_the_slope_of_what_is_kept(name):
    x = Value(numbers(DROPOUTS[name], dtype=np.float32))
    layer = getattr(nn, name)(0.5, rng=np.random.default_rng(1))
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32
    nothing = getattr(nn, name)(0.5, rng=np.random.default_rng(1))(np.zeros(x.shape, np.float32))
    np.testing.assert_allclose(y.data, nothing + x.grad * x.data, rtol=1e-5, atol=1e-5)


def test_dropout_takes_lists_of_whole_numbers():
    y = nn.dropout([[2, 4], [6, 8]], 0.5, rng=np.random.default_rng(0))
    assert set(y.ravel().tolist()) <= {0.0, 4.0, 8.0, 12.0, 16.0}
    assert nn.dropout([1, 2], training=False).tolist() == [1, 2]


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), True, "0.5"])
@pytest.mark.parametrize("name", DROPOUTS)
def test_what_is_no_probability_is_refused(name, p):
    with pytest.raises(UsageError, match=f"{name}: got p={p!r}; it is a probability"):
        getattr(nn, name)(p)


# ---- embeddings


@pytest.mark.parametrize("sample", [s for op in (looked_up, gathered) for s in samples_of(op)], ids=str)
def test_lookups_have_the_derivatives_that_differences_measure(sample):
    assert isinstance(sample, Sample)
    if sample.options.get("padding_idx") is None or sample.op is gathered:
        check_grads(sample, sample.operands, order=2)
    x, u = sample.operands[0], numbers(np.shape(sample()))
    t = numbers(np.shape(x), 1)
    pushed = jvp(sample, (x,), (t,))[1]
    assert_close(np.sum(vjp(sample, x)[1](u)[0] * t), np.sum(u * pushed))


def test_the_gradient_of_a_row_is_the_sum_over_its_uses():
    table, indices, u = nn.Embedding(5, 3), np.array([[1, 4], [1, 1]]), numbers((2, 2, 3))
    y = table(indices)
    np.testing.assert_array_equal(y.data, table.weight.data[indices])
    y.backward(u)
    np.testing.assert_allclose(table.weight.grad[1], u[0, 0] + u[1, 0] + u[1, 1], rtol=1e-15)
    np.testing.assert_array_equal(table.weight.grad[[0, 2, 3]], 0.0)
    assert_close(
        hvp(lambda w: np.sum(nn.embedding(indices, w) ** 2), table.weight.data, np.ones((5, 3)))[1], 6.0 * np.ones(3)
    )


@pytest.mark.parametrize("padding_idx", [1, -4])
def test_padding_starts_as_zeros_and_has_no_gradient(padding_idx):
    table = nn.Embedding(5, 3, padding_idx)
    assert table.padding_idx == 1
    np.testing.assert_array_equal(table.weight.data[1], 0.0)
    table([1, 2]).sum().backward()
    np.testing.assert_array_equal(table.weight.grad, [[0.0] * 3, [0.0] * 3, [1.0] * 3, [0.0] * 3, [0.0] * 3])
    second = grad(lambda w: np.sum(np.sin(grad(lambda v: np.sum(np.cos(nn.embedding([1, 2], v, 1))))(w))))(
        numbers((5, 3))
    )
    assert np.all(second[2] != 0)
    np.testing.assert_array_equal(second[[0, 1, 3, 4]], 0.0)


def test_embeddings_start_with_normal_numbers_of_their_dtype():
    w = nn.Embedding(200, 100, rng=np.random.default_rng(0), dtype=np.float32).weight.data
    assert w.dtype == np.float32
    assert abs(w.mean()) < 0.02
    assert abs(w.std() - 1.0) < 0.02


def test_pretrained_rows_are_copied_and_frozen_unless_they_are_to_be_trained():
    rows = numbers((4, 2), dtype=np.float32)
    table = nn.Embedding.from_pretrained(rows)
    assert table.parameters() == []
    np.testing.assert_array_equal(table([3, 0]), rows[[3, 0]])
    trained = nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0)
    assert [p.dtype for p in trained.parameters()] == [np.float32]
    np.testing.assert_array_equal(trained(0).data, rows[0])
    assert trained.padding_idx == 0
    rows[:] = 0
    assert np.all(table([3]) != 0)


def test_places_that_were_computed_are_taken():
    table = nn.Embedding(5, 3)
    v = Value(np.array([[0.0, 2.0, 1.0], [4.0, 0.0, 1.0]]))
    np.testing.assert_array_equal(table(np.argmax(v, axis=1)).data, table.weight.data[[1, 0]])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.Embedding(4, 2)([1, 4]), UsageError, "Embedding: got indices from 1 to 4; .* between 0 and 3"),
        (lambda: nn.Embedding(4, 2)(-1), UsageError, "Embedding: got indices from -1 to -1"),
        (lambda: nn.Embedding(4, 2)([0.0]), DtypeError, "Embedding: got indices of dtype float64"),
        (lambda: nn.Embedding(4, 2)([True]), DtypeError, "Embedding: got indices of dtype bool"),
        (lambda: nn.embedding([4], np.ones((4, 2))), UsageError, "embedding: got indices from 4 to 4"),
        (lambda: nn.embedding([0], np.ones(4)), ShapeError, r"embedding: got a weight of shape \(4,\)"),
        (lambda: nn.Embedding(4, 2, 4), UsageError, "Embedding: got padding_idx=4; .* between -4 and 3"),
        (lambda: nn.Embedding(4, 2, 0.5), UsageError, "Embedding: got padding_idx=0.5"),
        (lambda: nn.Embedding(0, 2), UsageError, "Embedding: got num_embeddings = 0"),
        (lambda: nn.Embedding(2, 0), UsageError, "Embedding: got embedding_dim = 0"),
        (lambda: nn.Embedding.from_pretrained(np.ones(3)), ShapeError, r"from_pretrained: got .* \(3,\)"),
    ],
)  # fmt: skip
def test_what_is_no_place_in_a_table_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


# ---- bilinear maps


def test_bilinear_is_a_form_for_each_output():
    layer = nn.Bilinear(2, 3, 4)
    x1, x2 = numbers((5, 1, 2)), numbers((5, 1, 3), 1)
    w, b = layer.weight.data, layer.bias.data
    np.testing.assert_allclose(layer(x1, x2).data, np.einsum("nai,kij,naj->nak", x1, w, x2) + b, rtol=1e-13)
    assert layer(x1[0, 0], x2[0, 0]).shape == (4,)
    assert layer(x1[:0], x2[:0]).shape == (0, 1, 4)
    check_grads(lambda a, c, *ps: layer.tree_unflatten(ps)(a, c), (x1, x2, w, b), order=2)
    assert nn.Bilinear(2, 3, 4, bias=False).bias is None


def test_bilinear_starts_within_one_over_the_root_of_its_first_inputs():
    layer = nn.Bilinear(16, 20, 30, rng=np.random.default_rng(0))
    assert 0.249 < np.abs(layer.weight.data).max() <= 0.25
    assert np.abs(layer.bias.data).max() <= 0.25


@pytest.mark.parametrize(("one", "other"), [((2,), (2,)), ((4, 2), (3,)), ((4, 2), (5, 3)), ((), (3,))])
def test_bilinear_refuses_inputs_that_do_not_match(one, other):
    with pytest.raises(ShapeError, match=r"Bilinear: got x1 of shape .* and x2 of shape .*; they must end with"):
        nn.Bilinear(2, 3, 4)(np.ones(one), np.ones(other))


@pytest.mark.parametrize("name", ["in1_features", "in2_features", "out_features"])
def test_bilinear_refuses_sizes_below_1(name):
    with pytest.raises(UsageError, match=f"Bilinear: got {name} = 0"):
        nn.Bilinear(**{"in1_features": 1, "in2_features": 1, "out_features": 1, name: 0})


# ---- shapes


@pytest.mark.parametrize(
    ("settings", "shape", "expected"),
    [
        ((), (2, 3, 4), (2, 12)),
        ((0,), (2, 3, 4), (24,)),
        ((0,), (), (1,)),
        ((1, 2), (2, 3, 4, 5), (2, 12, 5)),
        ((-3, -2), (2, 3, 4, 5), (2, 12, 5)),
        ((1, 1), (2, 3), (2, 3)),
        ((), (0, 3, 4), (0, 12)),
    ],
)
def test_flatten_makes_one_axis_of_several(settings, shape, expected):
    x = Value(numbers(shape))
    y = nn.Flatten(*settings)(x)
    assert y.shape == expected
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(shape))


@pytest.mark.parametrize(
    ("dim", "sizes", "shape", "expected"),
    [
        (1, (3, 4), (2, 12), (2, 3, 4)),
        (-1, [3, -1], (2, 12), (2, 3, 4)),
        (0, (2, 1, 2), (4, 3), (2, 1, 2, 3)),
        (1, (-1, 3), (0, 6), (0, 2, 3)),
    ],
)
def test_unflatten_makes_several_axes_of_one(dim, sizes, shape, expected):
    x = Value(numbers(shape))
    y = nn.Unflatten(dim, sizes)(x)
    assert y.shape == expected
    np.testing.assert_array_equal(y.data.ravel(), x.data.ravel())
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(shape))


def test_identity_passes_on_its_input_whatever_it_was_built_with():
    x = Value(1.0)
    assert nn.Identity(54, kind="any")(x) is x


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.Flatten()(np.ones(3)), ShapeError, r"Flatten: got x of shape \(3,\); it needs the axes"),
        (lambda: nn.Flatten(2, 1)(np.ones((2, 3, 4))), ShapeError, r"Flatten: .* in this order"),
        (lambda: nn.Flatten(0, 3)(np.ones((2, 3))), ShapeError, r"Flatten: .* end_dim = 3"),
        (lambda: nn.Unflatten(1, (3, 5))(np.ones((2, 12))), ShapeError, r"Unflatten: got .* \(2, 12\); its axis 1"),
        (lambda: nn.Unflatten(1, (5, -1))(np.ones((2, 12))), ShapeError, r"must be made up of \(5, -1\)"),
        (lambda: nn.Unflatten(2, (3,))(np.ones((2, 3))), ShapeError, "Unflatten: .* its axis 2"),
        (lambda: nn.Unflatten(1, (-1, -1)), UsageError, r"Unflatten: got unflattened_size=\(-1, -1\)"),
        (lambda: nn.Unflatten(1, ()), UsageError, r"Unflatten: got unflattened_size=\(\)"),
        (lambda: nn.Unflatten(1, (2.0,)), UsageError, "Unflatten: got unflattened_size = 2.0"),
        (lambda: nn.Dropout1d()(np.ones(3)), ShapeError, r"dropout1d: got x of shape \(3,\); it needs \(N, C, L\) or"),
        (lambda: nn.Dropout2d()(np.ones((2, 3, 4))), ShapeError, r"dropout2d: .* it needs \(N, C, H, W\)"),
        (lambda: nn.Dropout3d()(np.ones((2, 3))), ShapeError, r"dropout3d: .* it needs \(N, C, D, H, W\)"),
        (lambda: nn.FeatureAlphaDropout()(np.ones(3)), ShapeError, r"feature_alpha_dropout: got x of shape \(3,\)"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()
