"""Normalisations, linear maps and embeddings beside PyTorch's: outputs, gradients and running statistics."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

PRECISION = {"float64": 1e-10, "float32": 1e-5}
of_both_dtypes = pytest.mark.parametrize("dtype", PRECISION)


def assert_near(ours, theirs, dtype, where=""):
    assert str(ours.dtype) == dtype
    theirs = theirs.detach().numpy()
    limit = PRECISION[dtype]
    np.testing.assert_allclose(ours, theirs, rtol=limit, atol=limit * np.abs(theirs).max(initial=0.0), err_msg=where)


def same(name, *settings, dtype, seed=0, **options):
    """A layer of ours and PyTorch's, of the same random numbers; names and shapes are checked."""
    rng = np.random.default_rng(seed)
    ours = getattr(nn, name)(*settings, **options, dtype=dtype)
    theirs = getattr(torch.nn, name)(*settings, **options, dtype=getattr(torch, dtype))
    state = {k: rng.uniform(0.5, 1.5, v.shape).astype(dtype) for k, v in ours.named_parameters()}
    start = theirs.state_dict()
    assert {k: tuple(v.shape) for k, v in start.items()} == {k: v.shape for k, v in ours.state().items()}
    for k, v in ours.state().items():
        assert str(start[k].dtype) == f"torch.{v.dtype}"
        if k not in state:
            np.testing.assert_array_equal(v, start[k].numpy())
    ours.load({**ours.state(), **state})
    theirs.load_state_dict({**start, **{k: torch.tensor(v) for k, v in state.items()}})
    return ours, theirs


def drawn_alike(name, *settings, dtype, **options):
    """A layer of PyTorch's, and ours with its numbers."""
    theirs = getattr(torch.nn, name)(*settings, **options, dtype=getattr(torch, dtype))
    ours = getattr(nn, name)(*settings, **options, dtype=dtype)
    ours.load({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def assert_same_call(ours, theirs, dtype, *shapes, seed=1):
    """Outputs and all gradients of two layers agree on random inputs, and so do their buffers afterwards."""
    rng = np.random.default_rng(seed)
    xs = [(2.0 * rng.normal(size=shape) + 0.5).astype(dtype) for shape in shapes]
    vs, ts = [Value(x) for x in xs], [torch.tensor(x, requires_grad=True) for x in xs]
    y, z = ours(*vs), theirs(*ts)
    assert y.shape == tuple(z.shape)
    cotangent = rng.normal(size=y.shape).astype(dtype)
    ours.zero_grad()
    theirs.zero_grad()
    y.backward(cotangent)
    z.backward(torch.tensor(cotangent))
    assert_near(y.data, z, dtype, "output")
    for v, t in zip(vs, ts, strict=True):
        assert_near(v.grad, t.grad, dtype, "input")
    for (name, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert_near(p.grad, q.grad, dtype, name)
    for name, q in theirs.named_buffers():
        if name != "num_batches_tracked":
            assert_near(getattr(ours, name), q, dtype, name)


# ---- normalisations

LAYER_NORMS = [
    ("LayerNorm", (5,), {}, (3, 5)),
    ("LayerNorm", (5,), {}, (5,)),
    ("LayerNorm", ((4, 5),), {}, (2, 3, 4, 5)),
    ("LayerNorm", ((4, 5), 1e-2), {}, (2, 4, 5)),
    ("LayerNorm", (64,), {"bias": False}, (2, 7, 64)),
    ("LayerNorm", (5,), {"elementwise_affine": False}, (3, 5)),
    ("RMSNorm", (5,), {}, (3, 5)),
    ("RMSNorm", ((4, 5), 1e-3), {}, (2, 4, 5)),
    ("RMSNorm", (64,), {"elementwise_affine": False}, (2, 7, 64)),
    ("GroupNorm", (2, 6), {}, (3, 6)),
    ("GroupNorm", (3, 6), {}, (2, 6, 5)),
    ("GroupNorm", (6, 6), {}, (2, 6, 4, 3)),
    ("GroupNorm", (1, 6), {"affine": False}, (2, 6, 2, 3, 2)),
]


@of_both_dtypes
@pytest.mark.parametrize(("name", "settings", "options", "shape"), LAYER_NORMS, ids=str)
def test_normalisations_of_samples_are_those_of_torch(name, settings, options, shape, dtype):
    ours, theirs = same(name, *settings, dtype=dtype, **options)
    assert_same_call(ours, theirs, dtype, shape)


BATCH_NORMS = [
    ("BatchNorm1d", (8, 3)),
    ("BatchNorm1d", (4, 3, 7)),
    ("BatchNorm1d", (1, 3, 7)),
    ("BatchNorm2d", (2, 3, 4, 5)),
    ("BatchNorm3d", (2, 3, 2, 3, 4)),
    ("InstanceNorm1d", (4, 3, 7)),
    ("InstanceNorm1d", (3, 7)),
    ("InstanceNorm2d", (2, 3, 4, 5)),
    ("InstanceNorm2d", (3, 4, 5)),
    ("InstanceNorm3d", (2, 3, 2, 3, 4)),
    ("InstanceNorm3d", (3, 2, 3, 4)),
]
OPTIONS = [
    {},
    {"eps": 1e-2, "momentum": 0.3},
    {"affine": True, "track_running_stats": True},
    {"affine": False, "track_running_stats": True},
    {"affine": True, "track_running_stats": False},
]


@of_both_dtypes
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("name", "shape"), BATCH_NORMS, ids=str)
def test_normalisations_of_channels_are_those_of_torch_in_training_and_after(name, shape, options, dtype):
    ours, theirs = same(name, 3, dtype=dtype, **options)
    for i in range(3):
        assert_same_call(ours, theirs, dtype, shape, seed=i)
    ours.eval()
    theirs.eval()
    assert_same_call(ours, theirs, dtype, shape, seed=3)


@of_both_dtypes
def test_batch_norm_without_momentum_keeps_the_average_as_torch_does(dtype):
    ours, theirs = same("BatchNorm2d", 3, momentum=None, dtype=dtype)
    for i in range(4):
        assert_same_call(ours, theirs, dtype, (2, 3, 4, 5), seed=i)
    assert ours.num_batches_tracked == theirs.num_batches_tracked.item() == 4


@of_both_dtypes
@pytest.mark.parametrize("training", [True, False])
def test_the_functions_move_running_statistics_as_those_of_torch(training, dtype):
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=s).astype(dtype) for s in ((4, 3, 5), (3,), (3,)))
    for name in ("batch_norm", "instance_norm"):
        mean, var = rng.normal(size=3).astype(dtype), rng.uniform(0.5, 2.0, 3).astype(dtype)
        m, v = torch.tensor(mean), torch.tensor(var)
        y = getattr(nn, name)(x, mean, var, w, b, training, 0.3, 1e-3)
        z = getattr(torch.nn.functional, name)(
            *map(torch.tensor, (x,)), m, v, *map(torch.tensor, (w, b)), training, 0.3, 1e-3
        )
        for a, t in ((y, z), (mean, m), (var, v)):
            assert_near(a, t, dtype, name)


@of_both_dtypes
@pytest.mark.parametrize(("p", "dim"), [(2.0, 1), (1.0, 0), (3.0, -1), (float("inf"), 2)])
def test_normalize_is_that_of_torch(p, dim, dtype):
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(dtype)
    x[0] = 0.0
    v, t = Value(x), torch.tensor(x, requires_grad=True)
    y, z = nn.normalize(v, p, dim), torch.nn.functional.normalize(t, p, dim)
    y.backward(np.cos(x))
    z.backward(torch.tensor(np.cos(x)))
    assert_near(y.data, z, dtype)
    nonzero = np.linalg.vector_norm(x, axis=dim, keepdims=True) > 0
    assert_near(v.grad * nonzero, t.grad * torch.tensor(nonzero), dtype)


@of_both_dtypes
@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 7, 3, 4), (2, 7, 2, 3, 2)])
@pytest.mark.parametrize("settings", [(3,), (4, 0.5, 0.6, 2.0), (1, 1.0), (9, 1.0)], ids=str)
def test_local_response_norm_is_that_of_torch(settings, shape, dtype):
    assert_same_call(nn.LocalResponseNorm(*settings), torch.nn.LocalResponseNorm(*settings), dtype, shape)


# ---- starting numbers


@pytest.mark.parametrize(
    "call",
    [
        *((n, None) for n in ("linear", "conv2d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")),
        ("leaky_relu", 0.3),
    ],
    ids=str,
)
def test_gains_are_those_of_torch(call):
    np.testing.assert_allclose(nn.init.calculate_gain(*call), torch.nn.init.calculate_gain(*call), rtol=1e-15)


@pytest.mark.parametrize(("shape", "groups"), [((3, 2, 3), 1), ((4, 2, 3, 4), 2), ((2, 3, 1, 2, 5), 1), ((6, 1, 3), 3)])
def test_dirac_is_that_of_torch(shape, groups):
    np.testing.assert_array_equal(
        nn.init.dirac(shape, groups), torch.nn.init.dirac_(torch.empty(shape), groups).numpy()
    )


# ---- linear maps and embeddings


@of_both_dtypes
@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3), (0, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_that_of_torch(bias, shape, dtype):
    ours, theirs = drawn_alike("Linear", 3, 4, bias=bias, dtype=dtype)
    assert_same_call(ours, theirs, dtype, shape)


@of_both_dtypes
@pytest.mark.parametrize("lead", [(5,), (2, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_is_that_of_torch(bias, lead, dtype):
    ours, theirs = drawn_alike("Bilinear", 3, 4, 6, bias=bias, dtype=dtype)
    assert_same_call(ours, theirs, dtype, (*lead, 3), (*lead, 4))


@of_both_dtypes
@pytest.mark.parametrize("padding_idx", [None, 2, -1])
@pytest.mark.parametrize("indices", [3, [0, 2, 2, 5], [[1, 5], [2, 1]]], ids=str)
def test_embedding_is_that_of_torch(indices, padding_idx, dtype):
    ours, theirs = drawn_alike("Embedding", 6, 3, padding_idx, dtype=dtype)
    y, z = ours(indices), theirs(torch.tensor(indices))
    assert_near(y.data, z, dtype)
    g = np.random.default_rng(0).normal(size=y.shape).astype(dtype)
    y.backward(g)
    z.backward(torch.tensor(g))
    assert_near(ours.weight.grad, theirs.weight.grad, dtype)


@of_both_dtypes
@pytest.mark.parametrize("settings", [(), (0,), (1, 2), (0, -2)], ids=str)
def test_flatten_and_unflatten_are_those_of_torch(settings, dtype):
    assert_same_call(nn.Flatten(*settings), torch.nn.Flatten(*settings), dtype, (2, 3, 4, 5))
    assert_same_call(nn.Unflatten(-1, (2, 3)), torch.nn.Unflatten(-1, (2, 3)), dtype, (2, 6))


@pytest.mark.parametrize("name", ["Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout"])
@pytest.mark.parametrize("p", [0.3, 0.8])
def test_dropout_gives_the_numbers_that_torch_gives(name, p):
    x = np.random.default_rng(0).normal(size=(8, 50, 4))
    ours, theirs = getattr(nn, name)(p, rng=np.random.default_rng(0)), getattr(torch.nn, name)(p)
    y, z = Value(x), torch.tensor(x, requires_grad=True)
    torch.manual_seed(0)
    a, b = ours(y), theirs(z)
    a.sum().backward()
    b.sum().backward()
    kept = (y.grad != 0) & (z.grad.numpy() != 0)
    dropped = (y.grad == 0) & (z.grad.numpy() == 0)
    assert kept.sum() > 0
    assert dropped.sum() > 0
    for both in (kept, dropped):
        np.testing.assert_allclose(a.data[both], b.detach().numpy()[both], rtol=1e-10)
        np.testing.assert_allclose(y.grad[both], z.grad.numpy()[both], rtol=1e-10)
