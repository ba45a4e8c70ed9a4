"""Layers start from PyTorch's distributions: bounds, means and deviations of large ones, and numbers that are fixed."""

from __future__ import annotations

import numpy as np
import pytest

import nn

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")

LAYERS = [
    ("Linear", (400, 300), {}),
    ("Bilinear", (60, 50, 40), {}),
    *((f"Conv{n}d", (60, 80, k), {"groups": g}) for n, k in ((1, 9), (2, 4), (3, 3)) for g in (1, 4)),
    *((f"ConvTranspose{n}d", (60, 80, k), {"groups": g}) for n, k in ((1, 9), (2, 4), (3, 3)) for g in (1, 4)),
    ("Embedding", (500, 200), {"padding_idx": 3}),
    ("RNN", (150, 120), {"num_layers": 2, "bidirectional": True}),
    ("LSTM", (100, 80), {"num_layers": 2, "proj_size": 50}),
    ("GRU", (100, 80), {"num_layers": 2}),
    *((f"{kind}Cell", (150, 120), {}) for kind in ("RNN", "LSTM", "GRU")),
    ("MultiheadAttention", (120, 4), {}),
    ("MultiheadAttention", (120, 4), {"kdim": 70, "vdim": 90, "add_bias_kv": True}),
    ("TransformerEncoderLayer", (120, 4, 300), {}),
    ("TransformerDecoderLayer", (120, 4, 300), {}),
    ("Transformer", (64, 4, 1, 1, 200), {}),
    ("PReLU", (200,), {}),
    *((f"{kind}{n}d", (200,), {"affine": True}) for kind in ("BatchNorm", "InstanceNorm") for n in (1, 2, 3)),
    ("GroupNorm", (4, 200), {}),
    ("LayerNorm", (200,), {}),
    ("RMSNorm", (200,), {}),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "args", "options"), LAYERS, ids=str)
def test_large_layers_start_as_those_of_pytorch(name, args, options, dtype):
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **options, dtype=getattr(torch, dtype)).state_dict()
    made = getattr(nn, name)
    ours = made(*args, **options, dtype=dtype, **({"rng": np.random.default_rng(0)} if takes_rng(made) else {})).state()
    assert set(ours) == set(theirs)
    for k, mine in ours.items():
        other = theirs[k].numpy()
        assert (mine.shape, mine.dtype) == (other.shape, other.dtype), k
        assert_alike(mine, other, k)


def takes_rng(made):
    return "rng" in made.__init__.__kwdefaults__


def assert_alike(mine, other, where):
    """The same numbers if they are all one, or the same mean, deviation, kurtosis and bound, as far as chance lets."""
    if np.ptp(other) == 0:
        np.testing.assert_array_equal(mine, other, err_msg=where)
        return
    mine, other, n = mine.astype(float), other.astype(float), mine.size
    error = 6.0 * other.std() / np.sqrt(n)  # of means, six times; of deviations, about a half of it
    assert abs(mine.mean() - other.mean()) < 2 * error, where
    assert abs(mine.std() - other.std()) < 1.5 * error, where
    if n < 1_000:
        return
    # 1.8 where numbers are uniform, 3 where they are normal
    kurtosis = [np.mean((x - x.mean()) ** 4) / x.var() ** 2 for x in (mine, other)]
    assert abs(kurtosis[0] - kurtosis[1]) < 0.6, where
    if kurtosis[1] < 2.2:
        np.testing.assert_allclose(np.abs(mine).max(), np.abs(other).max(), rtol=10.0 / n**0.5, err_msg=where)


@pytest.mark.parametrize("shape", [(300, 400), (80, 60, 5), (40, 30, 3, 3)])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("uniform", (-1.0, 2.0)),
        ("normal", (0.5, 2.0)),
        ("trunc_normal", (0.1, 1.0, -1.0, 0.5)),
        ("xavier_uniform", (2.0,)),
        ("xavier_normal", (2.0,)),
        ("kaiming_uniform", (0.2, "fan_out")),
        ("kaiming_uniform", (0.0, "fan_in", "tanh")),
        ("kaiming_normal", (0.2, "fan_out", "relu")),
        ("orthogonal", (1.5,)),
    ],
    ids=str,
)
def test_ways_to_start_have_the_distributions_of_pytorch(name, settings, shape):
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, f"{name}_")(torch.empty(shape, dtype=torch.float64), *settings).numpy()
    assert_alike(getattr(nn.init, name)(shape, *settings, rng=np.random.default_rng(0)), theirs, name)


def test_sparse_weights_have_as_many_zeros_as_those_of_pytorch():
    theirs = torch.nn.init.sparse_(torch.empty(30, 40), 0.35).numpy()
    ours = nn.init.sparse((30, 40), 0.35, rng=np.random.default_rng(0))
    np.testing.assert_array_equal((ours == 0).sum(0), (theirs == 0).sum(0))
