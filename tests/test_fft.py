"""np.fft: every transform with every option, against differences, its transpose, and identities of Fourier's."""

import numpy as np
import pytest

from autograd_mini import Value, grad, jvp, vjp
from autograd_mini.testing import as_precise, assert_close, check_grads, direction

rng = np.random.default_rng(11)
fft = np.fft


def real(*shape):
    return rng.normal(size=shape)


def complex_(*shape):
    return real(*shape) + 1j * real(*shape)


ONE_AXIS = {"fft": complex_, "ifft": complex_, "rfft": real, "irfft": complex_, "hfft": complex_, "ihfft": real}
TWO_AXES = {"fft2": complex_, "ifft2": complex_, "rfft2": real, "irfft2": complex_}
SEVERAL_AXES = {"fftn": complex_, "ifftn": complex_, "rfftn": real, "irfftn": complex_}
SCALINGS = (None, "backward", "ortho", "forward")

CASES = {}
for name, m in ONE_AXIS.items():
    for i, options in enumerate(
        [
            {},
            {"n": 3},
            {"n": 4},
            {"n": 7},
            {"n": 8, "axis": 0},
            {"n": 1},
            {"axis": -2},
            *({"norm": norm} for norm in SCALINGS),
            *({"n": 7, "norm": norm, "axis": 0} for norm in SCALINGS),
        ]
    ):
        CASES[f"{name}, {options}"] = (name, m(*((3, 5), (4, 6))[i % 2]), options)
for name, m in TWO_AXES.items():
    for options in ({}, {"s": (3, 4)}, {"axes": (0, 1)}, {"s": (5, 2), "axes": (1, 0), "norm": "ortho"}):
        CASES[f"{name}, {options}"] = (name, m(2, 3, 4), options)
for name, m in SEVERAL_AXES.items():
    for options in (
        {},
        {"s": (3, 5), "axes": (0, 2)},
        {"axes": (2, 0)},
        {"s": (-1, 3), "axes": (0, 1), "norm": "forward"},
        {"norm": "ortho"},
        {"axes": (1,)},
    ):
        CASES[f"{name}, {options}"] = (name, m(2, 3, 4), options)
# Real numbers where complex ones may be given.
for name in ("fft", "ifft", "irfft", "hfft", "fft2", "fftn", "irfftn"):
    CASES[f"{name} of real numbers"] = (name, real(3, 4), {})
for name in ("fftshift", "ifftshift"):
    for axes in (None, 0, (1,), (0, -1)):
        CASES[f"{name}, {axes}"] = (name, real(4, 5), {"axes": axes})

of_cases = pytest.mark.parametrize("case", CASES)


def function(case):
    name, x, options = CASES[case]
    return lambda x: getattr(fft, name)(x, **options), x


@of_cases
def test_values_are_numpys(case):
    f, x = function(case)
    y = f(Value(x))
    assert isinstance(y, Value)
    assert y.dtype == f(x).dtype
    assert_close(y, f(x))


@of_cases
def test_derivatives_agree_with_differences_to_the_second_order(case):
    f, x = function(case)
    check_grads(lambda x: f(x) * f(x), [x])


@of_cases
def test_tangents_and_cotangents_agree(case):
    f, x = function(case)
    y, pull = vjp(f, x)
    g, t = direction(y, rng), direction(x, rng)
    pushed = jvp(f, (x,), (t,))[1]
    assert_close(pushed, f(t))  # it is linear
    assert_close(np.sum(np.real(np.conj(g) * pushed)), np.sum(np.real(np.conj(pull(g)[0]) * t)), order=1)


@of_cases
def test_single_precision_is_kept(case):
    f, x = function(case)
    v = Value(as_precise(x, np.float32))
    y = f(v)
    assert y.dtype == f(as_precise(x, np.float32)).dtype
    np.sum(np.abs(y) ** 2).backward()
    assert v.grad.dtype == v.dtype
    assert_close(as_precise(v.grad, float), grad(lambda x: np.sum(np.abs(f(x)) ** 2))(x), order=1, dtype=np.float32)


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_a_transform_and_its_inverse_have_the_identity_as_derivative(n):
    for forward, inverse, m in (
        (fft.fft, fft.ifft, complex_),
        (fft.rfft, lambda y: fft.irfft(y, n), real),
        (fft.ihfft, lambda y: fft.hfft(y, n), real),
    ):
        x, t = m(n), m(n)
        assert_close(jvp(lambda x, a=forward, b=inverse: b(a(x)), (x,), (t,))[1], t, order=1)
        assert_close(vjp(lambda x, a=forward, b=inverse: b(a(x)), x)[1](np.asarray(t, x.dtype))[0], t, order=1)


@pytest.mark.parametrize("n", [5, 6])
def test_parsevals_sum_has_the_derivative_of_the_sum_of_squares(n):
    x = complex_(n)
    assert_close(grad(lambda x: np.sum(np.abs(fft.fft(x, norm="ortho")) ** 2))(x), 2 * x, order=1)


@pytest.mark.parametrize("n", [5, 6])
def test_what_irfft_does_not_read_has_gradient_zero(n):
    x = complex_(n // 2 + 3)
    g = grad(lambda x: np.sum(fft.irfft(x, n) ** 3))(x)
    assert_close(g[n // 2 + 1 :], np.zeros(2, complex))
    assert_close(g[0].imag, np.float64(0.0))
    if n % 2 == 0:
        assert_close(g[n // 2].imag, np.float64(0.0))


def test_a_convolution_by_fft_has_the_derivative_of_a_convolution():
    x, k = real(6), real(3)

    def by_fft(x, k):
        return fft.irfft(fft.rfft(x, 8) * fft.rfft(k, 8), 8)

    assert_close(by_fft(x, k), np.convolve(x, k))
    g = real(8)
    _, pull = vjp(by_fft, x, k)
    assert_close(pull(g)[0], np.correlate(g, k, "valid"), order=1)
    assert_close(pull(g)[1], np.correlate(g, x, "valid"), order=1)
