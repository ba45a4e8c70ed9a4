"""Resampling, shuffled channels and unfolded windows, against PyTorch: outputs and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def agree(ours, theirs, shape, dtype):
    """Output and gradient of two functions of the same numbers, to the tolerance of the dtype."""
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    v, t = Value(x), torch.tensor(x, requires_grad=True)
    y, z = ours(v), theirs(t)
    assert y.shape == tuple(z.shape)
    assert y.dtype == dtype
    seed = np.random.default_rng(9).normal(size=y.shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    for a, b in ((y.data, z.detach().numpy()), (v.grad, t.grad.numpy())):
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


SHAPES = [(2, 3, 7), (2, 3, 5, 6), (2, 2, 3, 4, 5)]
MODES = {"nearest": SHAPES, "nearest-exact": SHAPES, "area": SHAPES, "linear": SHAPES[:1], "bilinear": SHAPES[1:2]}
MODES |= {"bicubic": SHAPES[1:2], "trilinear": SHAPES[2:]}
LENGTHS = [
    {"size": 1},
    {"size": 3},
    {"size": 11},
    {"scale_factor": 2},
    {"scale_factor": 3.0},
    {"scale_factor": 1.7},
    {"scale_factor": 0.6},
    {"scale_factor": 1.7, "recompute_scale_factor": True},
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_resampling_is_theirs(mode, lengths, dtype):
    corners = (None, False, True) if "linear" in mode or "cubic" in mode else (None,)
    for shape in MODES[mode]:
        for align_corners in corners:
            options = {**lengths, "mode": mode, "align_corners": align_corners}
            ours, theirs = (m.interpolate for m in (nn, torch.nn.functional))
            agree(lambda x: ours(x, **options), lambda x: theirs(x, **options), shape, dtype)  # noqa: B023  # called in this round of the loop
            agree(nn.Upsample(**options), torch.nn.Upsample(**options), shape, dtype)


def test_each_axis_has_its_own_length():
    for options in ({"size": (3, 8)}, {"scale_factor": (0.5, 2.5)}):
        ours, theirs = (m.interpolate for m in (nn, torch.nn.functional))
        for mode in ("nearest", "bilinear", "bicubic"):
            agree(
                lambda x: ours(x, **options, mode=mode),  # noqa: B023  # called in this round of the loop
                lambda x: theirs(x, **options, mode=mode),  # noqa: B023  # called in this round of the loop
                (2, 3, 5, 6),
                "float64",
            )


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_the_nearest_of_many_are_theirs(mode, dtype):
    for n in (1, 2, 3, 7, 12, 50):
        x = np.arange(n).astype(dtype)[None, None, None]
        for m in range(1, 120):
            y = torch.nn.functional.interpolate(torch.tensor(x), size=(2, m), mode=mode)
            np.testing.assert_array_equal(nn.interpolate(x, (2, m), mode=mode), y.numpy())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(2, 12, 4, 6), (12, 4, 6), (2, 3, 4, 2, 2)])
@pytest.mark.parametrize("name", ["PixelShuffle", "PixelUnshuffle"])
def test_shuffled_channels_are_theirs(name, shape, dtype):
    agree(getattr(nn, name)(2), getattr(torch.nn, name)(2), shape, dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 7, 8)])
@pytest.mark.parametrize(
    "window",
    [(2,), ((3, 2),), (3, 1, 1, 2), ((2, 3), (2, 1), (1, 0), (1, 2))],
    ids=["small", "oblong", "padded", "wide"],
)
def test_unfolded_windows_are_theirs_and_fold_back(window, shape, dtype):
    agree(nn.Unfold(*window), torch.nn.Unfold(*window), shape, dtype)
    columns = torch.nn.Unfold(*window)(torch.zeros(shape)).shape
    agree(nn.Fold((7, 8), *window), torch.nn.Fold((7, 8), *window), tuple(columns), dtype)
