"""Resampling, shuffled channels and unfolded windows: their derivatives, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import ShapeError, UsageError, Value, jvp, vjp
from autograd_mini.testing import assert_close, check_grads, every_sample
from nn.folding import columns_of_windows, sums_of_windows
from nn.resize_ops import resized, resized_back

SAMPLES = every_sample([resized, resized_back, columns_of_windows, sums_of_windows])


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_each_op_has_two_derivatives(sample):
    check_grads(lambda x: sample(x) ** 2, sample.operands, order=2)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_tangents_are_the_transposes_of_cotangents(sample):
    rng = np.random.default_rng(0)
    (x,) = sample.operands
    tangent = rng.normal(size=x.shape)
    y, pushed = jvp(sample, (x,), (tangent,))
    seed = rng.normal(size=y.shape)
    assert_close(np.sum(pushed * seed), np.sum(vjp(sample, x)[1](seed)[0] * tangent))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_float32_stays_float32(sample):
    x = Value(sample.astype(np.float32).operands[0])
    y = sample(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


def test_a_line_stays_a_line():
    x = np.linspace(0, 1, 5)[None, None]
    assert_close(nn.interpolate(x, 9, mode="linear", align_corners=True), np.linspace(0, 1, 9)[None, None])


def test_one_number_is_spread_over_all():
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
        assert_close(nn.interpolate(np.full((1, 1, 1, 1), 3.0), (2, 3), mode=mode), np.full((1, 1, 2, 3), 3.0))


def test_integers_are_repeated_or_become_floats():
    assert nn.interpolate([[[1, 2]]], scale_factor=2).tolist() == [[[1, 1, 2, 2]]]
    assert nn.interpolate([[[1, 2]]], 3, mode="linear").tolist() == [[[1.0, 1.5, 2.0]]]


def test_what_is_shuffled_comes_back():
    x = Value(np.random.default_rng(0).normal(size=(2, 12, 3, 5)))
    y = nn.PixelUnshuffle(2)(nn.PixelShuffle(2)(x))
    np.testing.assert_array_equal(y.data, x.data)
    y.backward(x.data)
    np.testing.assert_array_equal(x.grad, x.data)


def test_windows_that_do_not_overlap_fold_back():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    np.testing.assert_array_equal(nn.Fold((4, 6), 2, stride=2)(nn.Unfold(2, stride=2)(x)), x)


def test_a_convolution_is_a_product_with_unfolded_windows():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2))
    columns = nn.unfold(x, (3, 2), padding=1)
    assert_close(nn.conv2d(x, w, padding=1), (w.reshape(4, -1) @ columns).reshape(2, 4, 5, 7), order=1)


X = np.ones((1, 2, 5, 5))
REFUSED = [
    (lambda: nn.interpolate(X), UsageError, "interpolate: got size = None and scale_factor = None"),
    (lambda: nn.interpolate(X, 2, 2.0), UsageError, "got size = 2 and scale_factor = 2.0; one says the lengths"),
    (lambda: nn.interpolate(X, 2, mode="cubic"), UsageError, "got mode='cubic'; it is one of 'nearest'"),
    (lambda: nn.interpolate(X, 2, mode="linear"), ShapeError, r"with mode='linear'; it must be \(N, C, and 1 lengths"),
    (lambda: nn.interpolate(X[0, 0], 2), ShapeError, r"got x of shape \(5, 5\) with mode='nearest'"),
    (lambda: nn.interpolate(X[..., :0], 2), ShapeError, r"\(1, 2, 5, 0\)"),
    (lambda: nn.interpolate(X, 0), UsageError, "got size = 0"),
    (lambda: nn.interpolate(X, scale_factor=0.1), UsageError, r"got size = \(0, 0\)"),
    (lambda: nn.interpolate(X, scale_factor=-1.0), UsageError, "got scale_factor = -1.0; it is a positive number"),
    (lambda: nn.interpolate(X, scale_factor=(1.0,)), UsageError, r"scale_factor = \(1.0,\)"),
    (lambda: nn.interpolate(X, 2, align_corners=True), UsageError, "got align_corners = True with mode='nearest'"),
    (nn.Upsample, UsageError, "Upsample: got size = None"),
    (lambda: nn.Upsample(2, mode="trilinear")(X), ShapeError, "Upsample: got x of shape"),
    (lambda: nn.PixelShuffle(2)(X), ShapeError, r"PixelShuffle: got x of shape .*; it must be \(..., C \* 4, H, W\)"),
    (lambda: nn.pixel_unshuffle(X, 2), ShapeError, r"pixel_unshuffle: got x of shape .*H \* 2, W \* 2"),
    (lambda: nn.PixelShuffle(0), UsageError, "PixelShuffle: got upscale_factor = 0"),
    (lambda: nn.PixelUnshuffle(1.5), UsageError, "PixelUnshuffle: got downscale_factor = 1.5"),
    (lambda: nn.unfold(X[0, 0], 2), ShapeError, "unfold: got x of shape"),
    (lambda: nn.unfold(X, 6), ShapeError, "unfold: got x of lengths .*; a window must fit in"),
    (lambda: nn.Unfold((1, 2, 3)), UsageError, r"Unfold: got kernel_size = \(1, 2, 3\)"),
    (lambda: nn.fold(np.ones((1, 8, 5)), 3, 2), ShapeError, r"it must be \(N, C \* 4, 4\), a column for each window"),
    (lambda: nn.fold(np.ones((1, 7, 4)), 3, 2), ShapeError, r"fold: got x of shape \(1, 7, 4\)"),
    (lambda: nn.Fold(3, 2, stride=0), UsageError, "Fold: got stride = 0"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
