"""Pooling: its derivatives, its ties, its sizes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, jvp, vjp
from autograd_mini.testing import assert_close, check_grads, every_sample
from nn.pooling_ops import average_pooling, maximum_pooling, transposed_average_pooling

SAMPLES = every_sample([maximum_pooling, average_pooling, transposed_average_pooling])
NAN = float("nan")


def gradient_of(f, x):
    """The gradient of the sum of f(x)."""
    return grad(lambda v: np.sum(f(v)))(np.array(x)).tolist()


# ---- derivatives


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_pooling_has_two_derivatives(sample):
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


@pytest.mark.parametrize("counts", [(2, 3), (3, 2), (1, 1), (7, 4), (5, 6)])
@pytest.mark.parametrize("pool", [nn.adaptive_avg_pool2d, nn.adaptive_max_pool2d])
def test_adaptive_pooling_has_two_derivatives(pool, counts):
    x = np.random.default_rng(0).permutation(60).reshape(2, 1, 5, 6) / 60
    check_grads(lambda v: pool(v, counts) ** 2, (x,))


def test_norms_have_two_derivatives():
    check_grads(lambda x: nn.lp_pool2d(x, 3, 2), (np.random.default_rng(0).uniform(1, 2, (1, 4, 5)),))


def test_the_transpose_of_a_maximum_is_differentiated_forward_and_again():
    x = np.random.default_rng(0).permutation(30).reshape(1, 5, 6) / 10

    def pull(g):
        return vjp(lambda v: nn.max_pool2d(v, 3, 2, 1), x)[1](g)[0]

    g, t = np.random.default_rng(1).normal(size=(2, 1, 3, 3))
    assert_close(jvp(pull, (g,), (t,))[1], pull(t))  # it is linear
    check_grads(pull, (g,))


# ---- ties


def test_the_largest_of_a_window_share_its_derivative_evenly():
    assert gradient_of(lambda x: nn.max_pool2d(x, 2), [[[5.0, 5.0], [5.0, 1.0]]]) == [[[1 / 3, 1 / 3], [1 / 3, 0.0]]]
    for x in ([[2.0, 2.0, 1.0]], [[0.0, 0.0, 0.0]], [[1.0, 3.0, 2.0]]):
        assert gradient_of(lambda v: nn.max_pool1d(v, 3), x) == gradient_of(lambda v: np.max(v, axis=-1), x)
        assert gradient_of(lambda v: nn.adaptive_max_pool1d(v, 1), x) == gradient_of(lambda v: np.max(v, axis=-1), x)


def test_windows_that_overlap_add_their_shares():
    assert gradient_of(lambda x: nn.max_pool1d(x, 2, 1), [[1.0, 4.0, 4.0, 0.0]]) == [[0.0, 1.5, 1.5, 0.0]]
    assert gradient_of(lambda x: nn.adaptive_max_pool1d(x, 2), [[1.0, 4.0, 4.0]]) == [[0.0, 1.5, 0.5]]


def test_tangents_of_ties_are_their_mean():
    _, t = jvp(lambda x: nn.max_pool1d(x, 2), (np.array([[3.0, 3.0, 1.0, 2.0]]),), (np.array([[1.0, 5.0, 7.0, 9.0]]),))
    assert t.tolist() == [[3.0, 9.0]]


def test_a_nan_is_the_largest_and_takes_the_derivative():
    x = np.array([[1.0, NAN, 2.0, 3.0]])
    np.testing.assert_array_equal(nn.max_pool1d(x, 2), [[NAN, 3.0]])
    assert gradient_of(lambda v: nn.max_pool1d(v, 2), x) == [[0.0, 1.0, 0.0, 1.0]]
    assert nn.max_pool1d(x, 2, return_indices=True)[1].tolist() == [[1, 3]]


def test_the_first_of_the_largest_is_the_one_that_is_named():
    y, places = nn.max_pool2d(Value([[[0.0, 7.0, 7.0], [7.0, 0.0, 0.0]]]), 2, 1, return_indices=True)
    assert y.data.tolist() == [[[7.0, 7.0]]]
    assert np.asarray(places.data if isinstance(places, Value) else places).tolist() == [[[1, 1]]]


# ---- sizes


def test_padding_is_less_than_all_numbers_and_integers_stay_so():
    assert nn.max_pool1d([[1, 2, 2]], 3, return_indices=True)[1].tolist() == [[1]]
    assert nn.max_pool1d([[-5, -3, -4]], 2, 2, 1).tolist() == [[-5, -3]]
    assert nn.max_pool1d(np.array([[-np.inf, -np.inf]]), 2).tolist() == [[-np.inf]]


def test_what_no_window_reads_has_no_derivative():
    assert gradient_of(lambda x: nn.max_pool1d(x, 1, 3), [[1.0, 2.0, 3.0, 4.0, 5.0]]) == [[1.0, 0.0, 0.0, 1.0, 0.0]]
    assert gradient_of(lambda x: nn.avg_pool1d(x, 2, 3), [[1.0, 2.0, 3.0, 4.0]]) == [[0.5, 0.5, 0.0, 0.0]]


@pytest.mark.parametrize("pool", [nn.max_pool2d, nn.avg_pool2d])
def test_an_empty_batch_has_an_empty_output(pool):
    x = Value(np.zeros((0, 2, 4, 4)))
    y = pool(x, 2)
    assert y.shape == (0, 2, 2, 2)
    y.sum().backward()
    assert x.grad.shape == x.shape


def test_an_adaptive_mean_of_all_is_the_mean():
    x = np.random.default_rng(0).normal(size=(3, 2, 5, 4))
    assert_close(nn.AdaptiveAvgPool2d(1)(x), x.mean((2, 3), keepdims=True))
    assert nn.AdaptiveMaxPool2d((None, 2))(x).shape == (3, 2, 5, 2)


def test_modules_show_their_settings():
    assert repr(nn.MaxPool1d(2)) == (
        "MaxPool1d(kernel_size=(2), stride=(2), padding=(0), dilation=(1), return_indices=False, ceil_mode=False)"
    )


# ---- refusals

X = np.ones((1, 2, 5, 5))
REFUSED = [
    (lambda: nn.max_pool2d(np.ones((5, 5)), 2), ShapeError, r"max_pool2d: got x of shape \(5, 5\); it must be"),
    (lambda: nn.max_pool2d(X, 0), UsageError, "max_pool2d: got kernel_size = 0; it is a whole number from 1 on"),
    (lambda: nn.max_pool2d(X, 2, 0), UsageError, "got stride = 0"),
    (lambda: nn.max_pool2d(X, 2, 2, -1), UsageError, "got padding = -1"),
    (lambda: nn.max_pool2d(X, 2, 2, 2), UsageError, r"got padding = \(2, 2\) with kernel_size \(2, 2\); it is at most"),
    (lambda: nn.max_pool2d(X, 2, 2, 0, (1, 1, 1)), UsageError, r"got dilation = \(1, 1, 1\)"),
    (lambda: nn.max_pool2d(X * 1j, 2), DtypeError, "got dtype complex128; complex numbers have no largest"),
    (lambda: nn.max_pool2d(X, 6), ShapeError, r"windows of lengths \(6, 6\); a window must fit in"),
    (lambda: nn.avg_pool2d(X, (2, 6)), ShapeError, r"avg_pool2d: got x of lengths \(5, 5\)"),
    (lambda: nn.avg_pool2d(X, 2, divisor_override=0), UsageError, "got divisor_override = 0"),
    (lambda: nn.lp_pool2d(X, 0, 2), UsageError, "lp_pool2d: got norm_type = 0; a norm has a positive one"),
    (lambda: nn.adaptive_avg_pool2d(X, 0), UsageError, "adaptive_avg_pool2d: got output_size = "),
    (lambda: nn.adaptive_avg_pool2d(X, (1, 2, 3)), UsageError, r"got output_size = \(1, 2, 3\)"),
    (lambda: nn.adaptive_max_pool2d(X[..., :0], 1), ShapeError, r"shape \(1, 2, 5, 0\); a window needs a number"),
    (lambda: nn.MaxPool2d((1, 2, 3)), UsageError, r"MaxPool2d: got kernel_size = \(1, 2, 3\)"),
    (lambda: nn.AvgPool2d(2, divisor_override=-1), UsageError, "AvgPool2d: got divisor_override = -1"),
    (lambda: nn.MaxPool1d(6)(X[0]), ShapeError, "MaxPool1d: got x of lengths"),
    (lambda: nn.AdaptiveMaxPool3d(1)(X[0, 0]), ShapeError, "AdaptiveMaxPool3d: got x of shape"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
