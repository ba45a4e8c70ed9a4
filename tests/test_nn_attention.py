"""Attention, transformers and positions: masks, starts, dropout, closed forms, and what they refuse."""

import copy

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value
from autograd_mini.testing import assert_close, check_grads


def rng(seed=0):
    return np.random.default_rng(seed)


def numbers(*shape, seed=0):
    return rng(seed).standard_normal(shape)


def data(x):
    return x.data if isinstance(x, Value) else x


# ---- attention


@pytest.mark.parametrize(
    "mask", [None, np.tri(3, 4, dtype=bool), np.where(np.tri(3, 4), 0.5, -np.inf)], ids=["none", "booleans", "numbers"]
)
def test_attention_agrees_with_differences_to_the_second_order(mask):
    check_grads(
        lambda q, k, v: nn.scaled_dot_product_attention(q, k, v, mask),
        (numbers(3, 2), numbers(4, 2, seed=1), numbers(4, 2, seed=2)),
    )


def test_a_mask_that_is_a_value_is_differentiated_where_it_is_finite():
    query, key, value = numbers(2, 3), numbers(3, 3, seed=1), numbers(3, 2, seed=2)
    mask = Value(np.array([[0.5, -np.inf, 0.1], [-np.inf, -np.inf, -np.inf]]))
    y = nn.scaled_dot_product_attention(query, key, value, mask)
    (y**2).sum().backward()
    assert np.isfinite(mask.grad).all()
    assert (mask.grad != 0).tolist() == [[True, False, True], [False, False, False]]
    assert not y.data[1].any()


def test_arrays_give_arrays_and_lists_are_taken():
    query, key, value = numbers(2, 3), numbers(4, 3, seed=1), numbers(4, 2, seed=2)
    y = nn.scaled_dot_product_attention(query, key, value)
    assert type(y) is np.ndarray
    of_lists = nn.scaled_dot_product_attention(
        *(x.tolist() for x in (query, key, value)), np.ones((2, 4), bool).tolist()
    )
    assert_close(of_lists, y)
    scores = np.exp(query @ key.T / np.sqrt(3))
    assert_close(y, scores / scores.sum(1, keepdims=True) @ value)


def test_blocked_scores_far_above_the_others_have_no_weight():
    query, key, value = np.full((1, 1), 1e3), np.array([[1e3], [-1e3]]), np.array([[1.0], [2.0]])
    for dtype in (np.float64, np.float32):
        y = nn.scaled_dot_product_attention(*(x.astype(dtype) for x in (query, key, value)), np.array([[False, True]]))
        assert y.dtype == dtype
        assert y.item() == 2.0


def test_single_precision_stays_whatever_the_precision_of_a_mask():
    attention = nn.MultiheadAttention(4, 2, dtype=np.float32, rng=rng())
    x = numbers(3, 2, 4).astype(np.float32)
    y, weights = attention(x, x, x, attn_mask=numbers(3, 3), key_padding_mask=np.zeros((2, 3), bool))
    assert {y.dtype, weights.dtype} == {np.dtype(np.float32)}


def test_a_sequence_whose_keys_are_all_padding_gets_zeros_and_no_nan():
    attention = nn.MultiheadAttention(4, 2, batch_first=True, rng=rng())
    x = Value(numbers(2, 3, 4))
    padding = np.array([[False, False, True], [True, True, True]])
    y, weights = attention(x, x, x, key_padding_mask=padding)
    (y**2).sum().backward()
    assert not weights.data[1].any()
    assert_close(weights.data[0].sum(-1), np.ones(3))
    assert_close(y.data[1], np.broadcast_to(attention.out_proj.bias.data, (3, 4)))
    assert np.isfinite(x.grad).all()
    assert all(np.isfinite(p.grad).all() for p in attention.parameters())


@pytest.mark.parametrize("options", [{}, {"kdim": 3, "vdim": 5, "add_bias_kv": True}], ids=["one weight", "three"])
def test_attention_starts_as_glorot_and_bengio_say_and_repeats_for_a_generator(options):
    attention = nn.MultiheadAttention(64, 4, **options, rng=rng())
    for name, p in attention.named_parameters():
        if name.endswith("proj_weight"):
            bound = np.sqrt(6 / sum(p.shape))
            assert 0.99 * bound < np.abs(p.data).max() <= bound, name
        elif name in {"bias_k", "bias_v"}:
            assert abs(p.data.std() * np.sqrt(64) - 1) < 0.4, name
        elif name == "out_proj.weight":
            assert 0.99 / 8 < np.abs(p.data).max() <= 1 / 8
        else:
            assert not p.data.any(), name
    again = nn.MultiheadAttention(64, 4, **options, rng=rng()).state()
    assert all((again[name] == x).all() for name, x in attention.state().items())


def test_dropout_drops_weights_in_training_only():
    attention = nn.MultiheadAttention(4, 2, dropout=0.5, rng=rng())
    x = numbers(6, 1, 4)
    _, weights = attention(x, x, x, average_attn_weights=False)
    assert (weights.data == 0).any()
    _, weights = attention.eval()(x, x, x, average_attn_weights=False)
    assert (weights.data > 0).all()
    ones = np.ones((8, 8))
    y = nn.scaled_dot_product_attention(ones, ones, np.eye(8), dropout_p=0.5, rng=rng())
    assert np.unique(y).round(12).tolist() == [0.0, 0.25]


# ---- transformers


def test_layers_of_a_stack_start_equal_and_drop_differently():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, rng=rng())
    stack = nn.TransformerEncoder(layer, 2)
    first, second = (part.state() for part in stack.layers)
    assert all((first[name] == second[name]).all() for name in first)
    assert stack.layers[0].linear1.weight is not stack.layers[1].linear1.weight
    x = numbers(3, 1, 4)
    a, b = (part(x).data for part in stack.layers)
    assert not np.array_equal(a, b)
    assert_close(*(part.eval()(x) for part in stack.layers))


def test_a_transformer_starts_uniform_and_each_layer_trains():
    net = nn.Transformer(8, 2, 2, 2, 16, dropout=0.0, rng=rng())
    for name, p in net.named_parameters():
        if len(p.shape) > 1:
            bound = np.sqrt(6 / sum(p.shape))
            assert 0.9 * bound < np.abs(p.data).max() <= bound, name
    (net(numbers(5, 3, 8), numbers(4, 3, 8, seed=1)) * numbers(4, 3, 8, seed=2)).sum().backward()
    assert all(p.grad.any() for p in net.parameters())


def test_a_transformer_takes_other_modules_and_lists_and_can_be_copied():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, norm_first=True, rng=rng())
    net = nn.Transformer(4, 2, 1, 1, 8, 0.0, custom_encoder=nn.TransformerEncoder(layer, 1), rng=rng())
    assert net.encoder.norm is None
    src, tgt = numbers(3, 2, 4), numbers(2, 2, 4, seed=1)
    y = net(src, tgt)
    assert_close(net(src.tolist(), tgt.tolist()), y)
    assert_close(copy.deepcopy(net)(src, tgt), y)


def test_what_comes_later_does_not_matter_to_a_causal_stack():
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, rng=rng()), 2)
    x, other = numbers(5, 1, 4), numbers(5, 1, 4)
    other[3:] += 1
    y, z = (stack(u, is_causal=True).data for u in (x, other))
    assert_close(y[:3], z[:3])
    assert (y[3:] != z[3:]).all()
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    assert_close(stack(x, mask), y)


# ---- positions


def test_sinusoidal_positions_are_sines_and_cosines_of_both_ends_of_the_frequencies():
    table = nn.sinusoidal_positions(50, 6)
    p = np.arange(50)
    for i in range(3):
        angle = p / 10000 ** (2 * i / 6)
        assert_close(table[:, 2 * i], np.sin(angle))
        assert_close(table[:, 2 * i + 1], np.cos(angle))
    assert nn.sinusoidal_positions(4, 5).shape == (4, 5)


@pytest.mark.parametrize("batch_first", [False, True], ids=["length first", "batch first"])
def test_positions_are_added_along_the_axis_of_positions(batch_first):
    learned = nn.LearnedPositions(6, 4, batch_first=batch_first, rng=rng())
    for module, table in (
        (nn.SinusoidalPositions(4, batch_first=batch_first), nn.sinusoidal_positions(5, 4)),
        (learned, learned.weight.data[:5]),
    ):
        x = numbers(2, 5, 4) if batch_first else numbers(5, 2, 4)
        assert_close(module(x) - x, np.broadcast_to(table if batch_first else table[:, None], x.shape), order=1)
        assert_close(module(x[0] if batch_first else x[:, 0]).shape, (5, 4))
        assert module.astype(np.float32)(x.astype(np.float32)).dtype == np.float32
    assert nn.SinusoidalPositions(4).state() == {}
    assert nn.SinusoidalPositions(2)(np.zeros((2, 2), int)).dtype == np.float64


@pytest.mark.parametrize("interleaved", [True, False])
def test_products_of_rotated_vectors_depend_on_how_far_apart_they_are(interleaved):
    rotary = nn.RotaryPositions(6, interleaved=interleaved)
    q, k = numbers(6), numbers(6, seed=1)
    scores = rotary(np.tile(q, (8, 1))) @ rotary(np.tile(k, (8, 1))).T
    for distance in range(-7, 8):
        assert np.ptp(np.diagonal(scores, distance)) < 1e-13
    x = numbers(2, 8, 6)
    assert_close(rotary(x[:, 3:], offset=3), rotary(x)[:, 3:])
    assert_close(np.linalg.norm(rotary(x), axis=-1), np.linalg.norm(x, axis=-1))
    assert rotary(x.astype(np.float32)).dtype == np.float32
    check_grads(rotary, (numbers(3, 6),))


def test_rotary_positions_are_products_with_complex_numbers():
    x = numbers(5, 6)
    turn = np.exp(1j * np.arange(5)[:, None] * 100.0 ** (-np.arange(3) / 3))
    z = (x[:, 0::2] + 1j * x[:, 1::2]) * turn
    assert_close(nn.RotaryPositions(6, base=100.0)(x), np.stack([z.real, z.imag], -1).reshape(5, 6))
    z = (x[:, :3] + 1j * x[:, 3:]) * turn
    halves = nn.RotaryPositions(6, base=100.0, interleaved=False)
    assert_close(halves(x.tolist()), np.concatenate([z.real, z.imag], -1))


# ---- what is refused

X = np.ones((3, 2, 4))
REFUSED = [
    (
        lambda: nn.MultiheadAttention(5, 2),
        UsageError,
        "got embed_dim = 5 and num_heads = 2; .* a num_heads that divides it",
    ),
    (
        lambda: nn.MultiheadAttention(4, 0),
        UsageError,
        "MultiheadAttention: got num_heads = 0; it must be a whole number",
    ),
    (lambda: nn.MultiheadAttention(4, 2, kdim=0), UsageError, "MultiheadAttention: got kdim = 0"),
    (
        lambda: nn.MultiheadAttention(4, 2)(X, X, X[:2]),
        ShapeError,
        r"got query, key and value of shapes \(3, 2, 4\), .* must be \(L, N, 4\), \(S, N, 4\) and \(S, N, 4\)",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2, kdim=5, batch_first=True)(X, X, X),
        ShapeError,
        r"they must be \(N, L, 4\), \(N, S, 5\) and \(N, S, 4\), or without N",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(X, X, X, np.zeros((3, 2), bool)),
        ShapeError,
        r"got key_padding_mask of shape \(3, 2\); it must be \(N, S\) = \(2, 3\)",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(X, X, X, attn_mask=np.zeros((2, 3, 3))),
        ShapeError,
        r"got attn_mask of shape \(2, 3, 3\); it must be \(L, S\) = \(3, 3\) or \(N \* num_heads, L, S\) = \(4, 3, 3\)",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(X, X, X, attn_mask=np.zeros((3, 3), int)),
        DtypeError,
        "MultiheadAttention: got a mask of dtype int64; it must hold booleans, or real numbers",
    ),
    (
        lambda: nn.scaled_dot_product_attention(X, X[..., :3], X),
        ShapeError,
        r"got query, key and value of shapes \(3, 2, 4\), \(3, 2, 3\) and",
    ),
    (lambda: nn.scaled_dot_product_attention(X[0, 0], X, X), ShapeError, r"of shapes \(4,\), \(3, 2, 4\)"),
    (
        lambda: nn.scaled_dot_product_attention(X, X[:2], X[:2], enable_gqa=True),
        ShapeError,
        r"got query of shape \(3, 2, 4\) and key or value of shape \(2, 2, 4\) with enable_gqa",
    ),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"),
        UsageError,
        "TransformerEncoderLayer: got activation='tanh'; it is one of 'relu', 'gelu'",
    ),
    (lambda: nn.TransformerDecoderLayer(4, 2, activation=3), UsageError, "TransformerDecoderLayer: got activation=3"),
    (lambda: nn.TransformerEncoder(nn.Tanh(), 0), UsageError, "TransformerEncoder: got num_layers = 0"),
    (lambda: nn.TransformerDecoder(nn.Tanh(), 0), UsageError, "TransformerDecoder: got num_layers = 0"),
    (
        lambda: nn.Transformer(4, 2, 1, 1, 8)(X, X[:, :1]),
        ShapeError,
        r"got src of shape \(3, 2, 4\) and tgt of shape \(3, 1, 4\); .* equal batches along axis 1",
    ),
    (lambda: nn.sinusoidal_positions(-1, 2), UsageError, "sinusoidal_positions: got n = -1"),
    (lambda: nn.SinusoidalPositions(0), UsageError, "SinusoidalPositions: got d_model = 0"),
    (lambda: nn.SinusoidalPositions(3)(X), ShapeError, r"got x of shape \(3, 2, 4\); it must be \(L, N, d_model\)"),
    (lambda: nn.LearnedPositions(2, 4)(X), UsageError, "got 3 positions; it has learned max_len = 2"),
    (lambda: nn.LearnedPositions(0, 4), UsageError, "LearnedPositions: got max_len = 0"),
    (lambda: nn.RotaryPositions(3), UsageError, "RotaryPositions: got dim = 3; it turns pairs of numbers"),
    (
        lambda: nn.RotaryPositions(2)(X),
        ShapeError,
        r"got x of shape \(3, 2, 4\); it must be \(..., L, dim\) with dim = 2",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused_in_words(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
