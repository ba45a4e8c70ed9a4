"""Attention and transformers give PyTorch's outputs and gradients on the same weights and masks."""

import numpy as np
import pytest

import nn
from autograd_mini import Value, grad

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")

TOLERANCES = {"float64": 1e-10, "float32": 1e-5}


def numbers(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def mask(*shape, share=0.3, seed=1):
    """Booleans, mostly False, with a False in every row."""
    blocked = np.random.default_rng(seed).random(shape) < share
    blocked[..., 0] = False
    return blocked


def added(*shape, dtype="float64"):
    """Numbers to add to scores, -inf among them."""
    return np.where(mask(*shape), -np.inf, numbers(*shape, seed=9)).astype(dtype)


def twins(kind, *sizes, dtype="float64", **options):
    """PyTorch's module, with numbers off their starts, and ours with the same."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, kind)(*sizes, **options).to(getattr(torch, dtype))
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(0.1 * torch.randn_like(p))
    ours = getattr(nn, kind)(*sizes, **options, dtype=dtype)
    ours.load({name: p.detach().numpy() for name, p in theirs.named_parameters()})
    return theirs, ours


def assert_near(ours, theirs, dtype, where):
    ours = ours.data if isinstance(ours, Value) else ours
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape, where
    assert ours.dtype == theirs.dtype == dtype, where
    assert np.abs(ours - theirs).max() <= TOLERANCES[dtype] * max(np.abs(theirs).max(), 1e-30), where


def assert_parity(theirs, ours, inputs, dtype, masks=None, their_masks=None):
    """Outputs, and the gradients of a weighted sum of them by the inputs and all parameters, agree.

    Inputs that are one array are one Value and one tensor.
    """
    rng = np.random.default_rng(1)
    made = {id(a): (torch.tensor(a, requires_grad=True), Value(a)) for a in inputs}
    masks = masks or {}
    their_masks = masks if their_masks is None else their_masks
    as_tensors = {k: torch.tensor(m) if isinstance(m, np.ndarray) else m for k, m in their_masks.items()}
    mine = ours(*(made[id(a)][1] for a in inputs), **masks)
    other = theirs(*(made[id(a)][0] for a in inputs), **as_tensors)
    pairs = list(zip(mine, other, strict=True)) if isinstance(other, tuple) else [(mine, other)]
    ours_total, theirs_total = 0.0, 0.0
    for i, (a, b) in enumerate(pairs):
        if b is None:
            assert a is None
            continue
        assert_near(a, b, dtype, f"output {i}")
        weights = rng.standard_normal(b.shape).astype(dtype)
        ours_total, theirs_total = ours_total + (a * weights).sum(), theirs_total + (b * torch.tensor(weights)).sum()
    ours_total.backward()
    theirs_total.backward()
    for i, (b, a) in enumerate(made.values()):
        assert_near(a.grad, b.grad, dtype, f"gradient of input {i}")
    if isinstance(ours, nn.Module):
        named = dict(ours.named_parameters())
        assert set(named) == {name for name, _ in theirs.named_parameters()}
        for name, p in theirs.named_parameters():
            assert_near(named[name].grad, p.grad, dtype, name)


# ---- scaled_dot_product_attention

FUNCTION_CASES = {
    "plain": ((2, 3), {}),
    "no batch": ((), {}),
    "causal": ((2,), {"is_causal": True}),
    "scale": ((2,), {"scale": 0.3}),
    "booleans": ((2, 3), {"attn_mask": ~mask(4, 5)}),
    "booleans for each batch": ((2, 3), {"attn_mask": ~mask(2, 1, 4, 5)}),
    "numbers": ((2, 3), {"attn_mask": numbers(4, 5)}),
    "numbers and infinities": ((2, 3), {"attn_mask": added(3, 4, 5)}),
}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("case", FUNCTION_CASES)
def test_the_function_agrees(case, dtype):
    batch, options = FUNCTION_CASES[case]
    options = {k: m.astype(dtype) if isinstance(m, np.ndarray) and m.dtype != bool else m for k, m in options.items()}
    inputs = [numbers(*batch, n, d, dtype=dtype, seed=n + d) for n, d in ((4, 6), (5, 6), (5, 3))]
    assert_parity(
        torch.nn.functional.scaled_dot_product_attention, nn.scaled_dot_product_attention, inputs, dtype, options
    )


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_groups_of_heads_agree(dtype):
    inputs = [numbers(2, h, n, d, dtype=dtype, seed=n + d) for h, n, d in ((6, 4, 6), (2, 5, 6), (2, 5, 3))]
    assert_parity(
        torch.nn.functional.scaled_dot_product_attention,
        nn.scaled_dot_product_attention,
        inputs,
        dtype,
        {"enable_gqa": True},
    )


@pytest.mark.parametrize("as_numbers", [False, True], ids=["booleans", "numbers"])
def test_a_query_that_may_look_at_nothing_gets_zeros_as_there(as_numbers):
    allowed = np.array([[True, False, True], [False, False, False]])
    given = np.where(allowed, 0.0, -np.inf) if as_numbers else allowed
    inputs = [numbers(2, 4), numbers(3, 4, seed=1), numbers(3, 2, seed=2)]
    functions = torch.nn.functional.scaled_dot_product_attention, nn.scaled_dot_product_attention
    if not as_numbers:
        assert_parity(*functions, inputs, "float64", {"attn_mask": given})
    values = [Value(x) for x in inputs]
    y = nn.scaled_dot_product_attention(*values, given)
    (y**2).sum().backward()
    assert not y.data[1].any()
    assert not values[0].grad[1].any()
    assert all(np.isfinite(v.grad).all() for v in values)


# ---- MultiheadAttention

SETTINGS = {
    "plain": {},
    "without bias": {"bias": False},
    "batch first": {"batch_first": True},
    "one more key": {"add_bias_kv": True},
    "zero key": {"add_zero_attn": True},
    "both": {"add_bias_kv": True, "add_zero_attn": True, "bias": False},
    "other widths": {"kdim": 3, "vdim": 5},
    "another width": {"vdim": 5, "batch_first": True, "add_bias_kv": True},
}


def of_attention(options, batch, dtype, n_queries=4, n_keys=5):
    """Query, key and value for attention of 6 numbers."""
    widths = (6, options.get("kdim", 6), options.get("vdim", 6))

    def one(n, d, seed):
        shape = (*batch, n, d) if options.get("batch_first") else (n, *batch, d)
        return numbers(*shape, dtype=dtype, seed=seed)

    return [one(n, d, i) for i, (n, d) in enumerate(zip((n_queries, n_keys, n_keys), widths, strict=True))]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("batch", [(2,), ()], ids=["batch", "no batch"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_attention_agrees(setting, batch, dtype):
    options = SETTINGS[setting]
    for masks in (
        {},
        {"need_weights": False},
        {"average_attn_weights": False},
        {"key_padding_mask": mask(*batch, 5), "attn_mask": mask(4, 5)},
        {"key_padding_mask": added(*batch, 5, dtype=dtype), "attn_mask": added(4, 5, dtype=dtype)},
        {"attn_mask": mask(*(2 * n for n in batch), 4, 5) if batch else mask(2, 4, 5)},
        {"attn_mask": added(4, 5, dtype=dtype), "need_weights": False},
    ):
        modules = twins("MultiheadAttention", 6, 2, **options, dtype=dtype)
        assert_parity(*modules, of_attention(options, batch, dtype), dtype, masks)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("setting", [name for name, options in SETTINGS.items() if "vdim" not in options])
def test_attention_to_itself_agrees(setting, dtype):
    options = SETTINGS[setting]
    x = of_attention(options, (3,), dtype)[0]
    later = np.triu(np.ones((4, 4), bool), 1)
    for masks in ({}, {"attn_mask": later}):
        assert_parity(*twins("MultiheadAttention", 6, 3, **options, dtype=dtype), [x, x, x], dtype, masks)
    theirs = {"attn_mask": later, "is_causal": True}
    modules = twins("MultiheadAttention", 6, 3, **options, dtype=dtype)
    assert_parity(*modules, [x, x, x], dtype, {"is_causal": True}, theirs)


def test_attention_to_a_memory_agrees():
    query, key, _ = of_attention({}, (2,), "float64")
    assert_parity(*twins("MultiheadAttention", 6, 2), [query, key, key], "float64")


def test_arguments_stand_in_the_same_order():
    theirs, ours = twins("MultiheadAttention", 6, 2, 0.0, False, True, True, 3, 5, True)
    options = {"kdim": 3, "vdim": 5, "batch_first": True}
    inputs = of_attention(options, (2,), "float64")
    assert_parity(theirs, ours, inputs, "float64")
    positional = [mask(2, 5), True, mask(4, 5), False]
    y, weights = ours(*inputs, *positional)
    ty, tw = theirs(
        *map(torch.tensor, inputs), *(torch.tensor(m) if isinstance(m, np.ndarray) else m for m in positional)
    )
    assert_near(y, ty, "float64", "output")
    assert_near(weights, tw, "float64", "weights")


# ---- transformers

LAYERS = {
    "plain": {},
    "gelu, batch first": {"activation": "gelu", "batch_first": True},
    "norm first, without bias": {"norm_first": True, "bias": False},
    "norm first, batch first, other eps": {"norm_first": True, "batch_first": True, "layer_norm_eps": 0.1},
}


def of_layer(options, n, seed, dtype):
    return numbers(*((2, n) if options.get("batch_first") else (n, 2)), 6, dtype=dtype, seed=seed)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("setting", LAYERS)
def test_encoder_layers_agree(setting, dtype):
    options = {"dropout": 0.0, "dim_feedforward": 7, **LAYERS[setting]}
    x = of_layer(options, 4, 0, dtype)
    for masks in ({}, {"src_mask": mask(4, 4), "src_key_padding_mask": mask(2, 4)}):
        assert_parity(*twins("TransformerEncoderLayer", 6, 2, **options, dtype=dtype), [x], dtype, masks)
    x = numbers(4, 6, dtype=dtype)
    assert_parity(*twins("TransformerEncoderLayer", 6, 2, **options, dtype=dtype), [x], dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("setting", LAYERS)
def test_decoder_layers_agree(setting, dtype):
    options = {"dropout": 0.0, "dim_feedforward": 7, **LAYERS[setting]}
    inputs = [of_layer(options, 4, 0, dtype), of_layer(options, 5, 1, dtype)]
    for masks in (
        {},
        {
            "tgt_mask": mask(4, 4),
            "memory_mask": mask(4, 5),
            "tgt_key_padding_mask": mask(2, 4),
            "memory_key_padding_mask": mask(2, 5),
        },
    ):
        assert_parity(*twins("TransformerDecoderLayer", 6, 2, **options, dtype=dtype), inputs, dtype, masks)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("setting", LAYERS)
def test_transformers_agree(setting, dtype):
    options = {"dropout": 0.0, "dim_feedforward": 7, **LAYERS[setting]}
    inputs = [of_layer(options, 5, 0, dtype), of_layer(options, 4, 1, dtype)]
    masks = {
        "src_key_padding_mask": mask(2, 5),
        "memory_key_padding_mask": mask(2, 5),
        "tgt_mask": torch.nn.Transformer.generate_square_subsequent_mask(4).numpy().astype(dtype) == -np.inf,
    }
    assert_parity(*twins("Transformer", 6, 2, 2, 1, **options, dtype=dtype), inputs, dtype, masks)
    causal = {"tgt_mask": nn.Transformer.generate_square_subsequent_mask(4, dtype)}
    modules = twins("Transformer", 6, 2, 1, 2, **options, dtype=dtype)
    assert_parity(*modules, inputs, dtype, {"tgt_is_causal": True}, causal)


def test_a_stack_of_encoder_layers_and_a_function_between_the_maps_agree():
    options = {"dropout": 0.0, "dim_feedforward": 7}
    theirs_layer = torch.nn.TransformerEncoderLayer(6, 2, activation=torch.tanh, **options).double()
    theirs = torch.nn.TransformerEncoder(theirs_layer, 3, enable_nested_tensor=False)
    ours = nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, activation=np.tanh, **options), 3)
    ours.load({name: p.detach().numpy() for name, p in theirs.named_parameters()})
    assert_parity(theirs, ours, [numbers(4, 2, 6)], "float64", {"mask": mask(4, 4)})
    theirs_layer = torch.nn.TransformerDecoderLayer(6, 2, **options).double()
    theirs = torch.nn.TransformerDecoder(theirs_layer, 2, torch.nn.LayerNorm(6).double())
    ours = nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, **options), 2, nn.LayerNorm(6))
    ours.load({name: p.detach().numpy() for name, p in theirs.named_parameters()})
    assert_parity(theirs, ours, [numbers(4, 2, 6), numbers(3, 2, 6)], "float64", {"memory_mask": mask(4, 3)})


@pytest.mark.parametrize("norm_first", [False, True])
def test_weights_go_both_ways_under_the_same_names(norm_first):
    theirs = torch.nn.Transformer(6, 2, 2, 2, 7, norm_first=norm_first).double()
    ours = nn.Transformer(6, 2, 2, 2, 7, norm_first=norm_first)
    assert {k: x.shape for k, x in ours.state().items()} == {k: tuple(x.shape) for k, x in theirs.state_dict().items()}
    theirs.load_state_dict({k: torch.tensor(x) for k, x in ours.state().items()})
    theirs.eval()
    inputs = [numbers(5, 2, 6), numbers(4, 2, 6)]
    assert_near(ours.eval()(*inputs), theirs(*map(torch.tensor, inputs)), "float64", "output")


def test_second_derivatives_agree():
    theirs, ours = twins("TransformerEncoderLayer", 4, 2, dim_feedforward=3, dropout=0.0, activation="gelu")
    x, blocked = numbers(3, 2, 4), mask(3, 3)
    tx, vx = torch.tensor(x, requires_grad=True), Value(x)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        (slope,) = torch.autograd.grad((theirs(tx, torch.tensor(blocked)) ** 3).sum(), tx, create_graph=True)
        (slope**2).sum().backward()

    def of_slope(v, module):
        return (grad(lambda u: (module(u, blocked) ** 3).sum())(v) ** 2).sum()

    by_x, by_module = grad(of_slope, (0, 1))(vx, ours)
    assert_near(by_x, tx.grad, "float64", "x")
    ours_by_name = dict(by_module.named_leaves())
    for name, p in theirs.named_parameters():
        # A parameter that changes nothing has a zero there, and rounding here.
        if np.abs(p.grad.numpy()).max() > 1e-12:
            assert_near(ours_by_name[name], p.grad, "float64", name)
