"""Convolutions and padding: their derivatives, their sizes, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import ShapeError, UsageError, Value, grad, hvp, jvp, vjp
from autograd_mini.testing import assert_close, check_grads, every_sample
from nn.conv_ops import convolution, convolution_of_weight, transposed_convolution
from nn.padding import padded, unpadded

FORMS = [convolution, transposed_convolution, convolution_of_weight]
SAMPLES = every_sample(FORMS)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ---- derivatives


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_each_form_has_two_derivatives(sample):
    check_grads(sample, sample.operands, order=2)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_tangents_are_the_transposes_of_cotangents(sample):
    tangents = tuple(numbers(*x.shape, seed=i) for i, x in enumerate(sample.operands))
    y, pushed = jvp(sample, sample.operands, tangents)
    seed = numbers(*y.shape, seed=9)
    pulled = vjp(sample, *sample.operands)[1](seed)
    assert_close(np.sum(pushed * seed), sum(np.sum(g * t) for g, t in zip(pulled, tangents, strict=True)))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_complex_convolutions_are_differentiated(sample):
    check_grads(sample, tuple(x * (1 + 0.5j) for x in sample.operands), order=1)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_float32_stays_float32(sample):
    values = [Value(x) for x in sample.astype(np.float32).operands]
    y = sample(*values)
    y.sum().backward()
    assert {v.grad.dtype for v in values} == {y.dtype} == {np.dtype(np.float32)}
    assert_close(y, sample().astype(np.float32), order=0)


def test_a_convolution_is_the_sum_of_products_that_its_definition_says():
    x, w = numbers(2, 4, 7, 6), numbers(6, 2, 3, 2)
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (1, 1)))
    expected = np.zeros((2, 6, 4, 6))
    for d, i, j in np.ndindex(6, 4, 6):
        channels = slice(0, 2) if d < 3 else slice(2, 4)
        window = padded[:, channels, 2 * i : 2 * i + 5 : 2, j : j + 4 : 2][:, :, :, :2]
        expected[:, d, i, j] = np.sum(window * w[d], axis=(1, 2, 3))
    y = nn.conv2d(x, w, None, (2, 1), (2, 1), 2, 2)
    assert_close(y, expected)


def test_many_samples_are_what_they_are_one_by_one():
    x, w = numbers(40, 16, 12, 12), numbers(8, 16, 3, 3)  # more than the columns in the cache at a time
    together = nn.conv2d(x, w)
    assert_close(together, np.stack([nn.conv2d(sample, w) for sample in x]))
    _, pull = vjp(nn.conv2d, x, w)
    dx, dw = pull(together)
    alone = [vjp(nn.conv2d, sample, w)[1](y) for sample, y in zip(x, together, strict=True)]
    assert_close(dx, np.stack([a for a, _ in alone]))
    assert_close(dw, sum(b for _, b in alone))


def test_an_empty_batch_has_an_empty_output_and_no_gradient():
    conv = nn.Conv2d(2, 3, 2)
    y = conv(np.zeros((0, 2, 4, 4)))
    assert y.shape == (0, 3, 3, 3)
    y.sum().backward()
    assert not np.any(conv.weight.grad)
    assert not np.any(conv.bias.grad)


def test_lists_and_integers_are_taken():
    assert nn.conv1d([[1, 2, 3]], [[[1, 1]]]).tolist() == [[3, 5]]
    assert nn.conv_transpose1d([[1, 2]], [[[1, 1]]], [10]).tolist() == [[11, 13, 12]]


def test_a_module_is_a_tree_to_gradients_and_products_with_the_hessian():
    conv, x = nn.Conv1d(2, 2, 2, rng=np.random.default_rng(0)), numbers(3, 2, 5)

    def loss(c):
        return np.sum(c(x) ** 2)

    gradient = grad(loss)(conv)
    assert gradient.weight.shape == conv.weight.shape
    # The loss is quadratic in weight and bias: its Hessian times them is its gradient.
    product = hvp(loss, conv, conv)
    assert_close(product.weight, gradient.weight, order=1)
    assert_close(product.bias, gradient.bias, order=1)


# ---- modules


@pytest.mark.parametrize(
    ("build", "shape", "bound"),
    [(nn.Conv2d, (6, 2, 3, 3), 18), (nn.ConvTranspose2d, (4, 3, 3, 3), 27)],
)
def test_weights_start_uniformly_within_one_over_the_root_of_the_fan_in(build, shape, bound):
    conv = build(4, 6, 3, groups=2)
    assert conv.weight.shape == shape
    assert conv.bias.shape == (6,)
    large = build(256, 512, 3, groups=2, rng=np.random.default_rng(0)).weight.data
    assert np.abs(conv.weight.data).max() <= bound**-0.5
    bound = (large[0].size) ** -0.5
    assert np.abs(large).max() <= bound
    np.testing.assert_allclose(np.quantile(large, [0.1, 0.5, 0.9]) / bound, [-0.8, 0.0, 0.8], atol=0.01)


def test_equal_generators_give_equal_convolutions():
    one, other = (nn.Conv3d(1, 2, 2, rng=np.random.default_rng(3)).state() for _ in range(2))
    assert list(one) == ["weight", "bias"]
    np.testing.assert_array_equal(one["weight"], other["weight"])
    assert list(nn.ConvTranspose1d(1, 2, 2, bias=False).state()) == ["weight"]


def test_same_keeps_lengths_and_puts_the_larger_half_behind():
    conv = nn.Conv1d(1, 1, 4, padding="same", bias=False)
    conv.load({"weight": [[[1.0, 10.0, 100.0, 1000.0]]]})
    assert conv(np.array([[[1.0, 2.0, 3.0]]])).data.tolist() == [[[3210.0, 321.0, 32.0]]]


@pytest.mark.parametrize("output_size", [(9, 12), [9, 12], (1, 9, 12), (5, 1, 9, 12)])
def test_output_size_is_the_size_of_the_output(output_size):
    up = nn.ConvTranspose2d(2, 1, 3, stride=(2, 3), padding=1)
    assert up(np.ones((5, 2, 5, 4)), output_size=output_size).shape == (5, 1, 9, 12)


# ---- padding


@pytest.mark.parametrize("sample", every_sample([padded, unpadded]), ids=str)
def test_padding_and_its_transpose_have_two_derivatives(sample):
    check_grads(lambda x: sample(x) ** 2, sample.operands)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_has_two_derivatives(mode):
    check_grads(lambda x: nn.pad(x, (1, 2, 2, -1), mode) ** 2, (numbers(2, 4, 3),))


def test_a_constant_stands_around():
    assert nn.pad([1.0, 2.0], (1, 1), value=7.0).tolist() == [7.0, 1.0, 2.0, 7.0]
    assert nn.ConstantPad1d((2, 0), 7.0)([[1.0]]).tolist() == [[7.0, 7.0, 1.0]]
    assert nn.pad(np.float32([1.0]), (1, 1), value=7.0).dtype == np.float32


# ---- refusals

X = np.ones((1, 4, 5, 5))
W = np.ones((6, 2, 3, 3))
REFUSED = [
    (lambda: nn.conv2d(np.ones((5, 5)), W), ShapeError, r"conv2d: got x of shape \(5, 5\); it must be \(N, C, H, W\)"),
    (lambda: nn.conv2d(X, W), ShapeError, r"conv2d: got x of shape \(1, 4, 5, 5\); it must have 2 channels"),
    (lambda: nn.conv2d(X, np.ones((6, 4, 3))), ShapeError, r"weight of shape \(6, 4, 3\); it must be \(out_channels"),
    (lambda: nn.conv2d(X, np.ones((5, 2, 3, 3)), groups=2), ShapeError, "groups must divide its first axis"),
    (lambda: nn.conv2d(X, W, np.ones(5), groups=2), ShapeError, r"got a bias of shape \(5,\); it must be \(6,\)"),
    (lambda: nn.conv2d(X, W, groups=0), UsageError, "got groups = 0; it must be a whole number from 1 on"),
    (lambda: nn.conv2d(X, W, stride=0, groups=2), UsageError, "got stride = 0; it is a whole number from 1 on, or 2"),
    (lambda: nn.conv2d(X, W, stride=(1, 2, 3), groups=2), UsageError, r"got stride = \(1, 2, 3\)"),
    (lambda: nn.conv2d(X, W, dilation=1.0, groups=2), UsageError, "got dilation = 1.0"),
    (lambda: nn.conv2d(X, W, padding=-1, groups=2), UsageError, "got padding = -1; it is a whole number from 0 on"),
    (lambda: nn.conv2d(X, W, padding="full", groups=2), UsageError, "padding='full'; it is one of 'valid', 'same'"),
    (lambda: nn.conv2d(X, W, None, 2, "same", 1, 2), UsageError, r'got padding="same" with stride \(2, 2\)'),
    (lambda: nn.conv2d(X, W, dilation=3, groups=2), ShapeError, r"windows of lengths \(7, 7\); a window must fit in"),
    (lambda: nn.conv_transpose2d(X, np.ones((3, 2, 3, 3))), ShapeError, "it must have 3 channels"),
    (lambda: nn.conv_transpose2d(X, np.ones((4, 2, 3, 3)), output_padding=1), UsageError, "it must be smaller"),
    (lambda: nn.conv_transpose2d(X, np.ones((4, 2, 3, 3)), padding=4), ShapeError, r"leave an output of lengths \(-1"),
    (lambda: nn.conv_transpose2d(X, np.ones((4, 2))), ShapeError, "it must be .in_channels, out_channels / groups"),
    (lambda: nn.Conv2d(4, 6, 3, groups=4), UsageError, "Conv2d: got in_channels = 4, out_channels = 6 and groups = 4"),
    (lambda: nn.Conv2d(0, 6, 3), UsageError, "Conv2d: got in_channels = 0"),
    (lambda: nn.Conv2d(4, 6, (3, 0)), UsageError, r"Conv2d: got kernel_size = \(3, 0\)"),
    (lambda: nn.Conv1d(4, 6, 3, stride=2, padding="same"), UsageError, 'Conv1d: got padding="same" with stride'),
    (
        lambda: nn.Conv1d(4, 6, 3, padding_mode="symmetric"),
        UsageError,
        "padding_mode='symmetric'; it is one of 'zeros'",
    ),
    (lambda: nn.ConvTranspose1d(4, 6, 3, padding_mode="reflect"), UsageError, "padding_mode='reflect'; it is one of"),
    (lambda: nn.Conv2d(3, 6, 3)(X), ShapeError, "Conv2d: got x of shape .* it must have 3 channels"),
    (lambda: nn.Conv2d(4, 6, 3, padding=5, padding_mode="reflect")(X), ShapeError, "of mode 'reflect'; an axis must"),
    (
        lambda: nn.ConvTranspose1d(4, 6, 3)(X[0], output_size=[9, 9, 9, 9]),
        UsageError,
        r"ConvTranspose1d: got output_size = \[9",
    ),
    (lambda: nn.ConvTranspose1d(4, 6, 3)(X[0, :, 0], output_size=(9,)), ShapeError, r"the least is \(7,\)"),
    (lambda: nn.pad(X, (1, 2, 3)), UsageError, r"pad: got pad = \(1, 2, 3\) for shape"),
    (lambda: nn.pad(X, 1), UsageError, "pad: got pad = 1 for shape"),
    (lambda: nn.pad(X, (1, 1), "wrap"), UsageError, "pad: got mode='wrap'; it is one of 'constant', 'reflect'"),
    (lambda: nn.pad(X, (1, 1), "reflect", 1.0), UsageError, 'only "constant" takes a value'),
    (lambda: nn.pad(X, (5, 1), "reflect"), ShapeError, r"pad: got x of shape .* and padding \(\(5, 1\),\)"),
    (lambda: nn.pad(X, (6, 1), "circular"), ShapeError, "an axis must be longer than what is taken from it"),
    (lambda: nn.pad(X, (-3, -3)), ShapeError, "an axis must be longer than what is taken from it"),
    (lambda: nn.pad(np.ones((2, 0)), (1, 1), "replicate"), ShapeError, "an axis must be longer"),
    (
        lambda: nn.ZeroPad2d((1, 2)),
        UsageError,
        r"ZeroPad2d: got padding = \(1, 2\); it is a whole number, or 4 of them",
    ),
    (lambda: nn.ReflectionPad1d(1)(X), ShapeError, "ReflectionPad1d: got x of shape"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
