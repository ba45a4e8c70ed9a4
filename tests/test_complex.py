"""Complex numbers: the gradient of a real function of z = x + iy is df/dx + i df/dy, through every op."""

import numpy as np
import pytest

from autograd_mini import DtypeError, Value, grad, hessian, jacobian, jvp, logsumexp, vjp
from autograd_mini.testing import assert_close, check_grads, direction, inner, numerical_gradient

rng = np.random.default_rng(5)
START = rng.bit_generator.state


@pytest.fixture(autouse=True)
def _each_test_draws_the_same_numbers():
    rng.bit_generator.state = START


def real(*shape):
    return (rng.uniform(0.3, 1.5, shape) * rng.choice((-1.0, 1.0), shape))[()]


def complex_(*shape):
    return real(*shape) + 1j * real(*shape)


z, w, r, v = complex_(3, 4), complex_(3, 4), real(3, 4), complex_(4)
MASK = r > 0

CASES = {
    # elementwise functions
    **{
        f.__name__: (f, z)
        for f in (
            np.abs, np.angle, np.arccos, np.arccosh, np.arcsin, np.arcsinh, np.arctan, np.arctanh, np.conj, np.cos,
            np.cosh, np.exp, np.exp2, np.expm1, np.imag, np.log, np.log10, np.log1p, np.log2, np.negative, np.positive,
            np.real, np.reciprocal, np.sign, np.sin, np.sinc, np.sinh, np.sqrt, np.square, np.tan, np.tanh,
            np.nan_to_num,
        )
    },
    "angle in degrees": (lambda z: np.angle(z, deg=True), z),
    "z.real, z.imag, z.conj()": (lambda z: z.real * z.imag + z.conj(), z),
    "a power of whole order": (lambda z: [z**2, z**3, z**-1, z**0], z),
    "a power of broken order": (lambda z: [z**0.5, z**2.5], z),
    "power": (np.power, z, w),
    "power of a complex base to a real exponent": (np.power, z, r),
    "power of a real base to a complex exponent": (np.power, np.abs(r), z),
    # real and complex operands together
    **{
        f"{f.__name__}, {kind}": (f, a, b)
        for f in (np.add, np.subtract, np.multiply, np.divide)
        for kind, a, b in (("real, complex", r, z), ("complex, real", z, r), ("complex, complex", z, w))
    },
    "a complex constant": (lambda x: [1j * x, x / (1 + 2j), (1 + 2j) / x, x - 1j, (1 + 1j) ** x], np.abs(r)),
    "broadcast": (lambda x, y: x[:, :1] * y[0], r, z),
    "astype": (lambda x: x.astype(complex) * (1 + 2j), r),
    "maximum of absolute values": (lambda z: np.max(np.abs(z), axis=0), z),
    # reductions
    **{
        f.__name__: (lambda z, f=f: f(z, axis=0), z)
        for f in (np.sum, np.mean, np.prod, np.var, np.std, np.cumsum, np.cumprod, np.nansum, np.nanmean, np.diff)
    },
    "var, ddof": (lambda z: np.var(z, axis=1, ddof=1, keepdims=True), z),
    "average": (lambda z, w: np.average(z, axis=0, weights=w), z, np.abs(r)),
    "logsumexp": (lambda z: logsumexp(z, 0), z),
    "cov": (np.cov, z),
    "trapezoid": (np.trapezoid, z),
    "gradient": (lambda z: np.gradient(z, axis=1), z),
    # products
    "matmul": (np.matmul, z, complex_(4, 2)),
    "matmul, real and complex": (np.matmul, r, complex_(4, 2)),
    "matmul of stacks": (np.matmul, complex_(2, 1, 3, 4), real(3, 4, 2)),
    "matvec": (np.matvec, z, v) if hasattr(np, "matvec") else (np.matmul, z, v),
    "vecmat": (np.vecmat, complex_(3), z) if hasattr(np, "vecmat") else (np.matmul, complex_(3), z),
    "dot": (np.dot, z, v),
    "vdot": (np.vdot, z, w),
    "vecdot": (np.vecdot, z, w),
    "vecdot, complex and real": (np.vecdot, z, r),
    "inner": (np.inner, z, w),
    "outer": (np.outer, v, z),
    "tensordot": (lambda a, b: np.tensordot(a, b, ([0, 1], [0, 1])), z, w),
    "einsum": (lambda a, b: np.einsum("ij,kj->ik", a, np.conj(b)), z, w),
    "einsum of a diagonal": (lambda a: np.einsum("ii->i", a), complex_(3, 3)),
    "kron": (np.kron, z, complex_(2)),
    "convolve": (np.convolve, v, complex_(3)),
    "correlate": (np.correlate, v, complex_(3)),
    # parts and arrangements
    "a slice": (lambda z: z[1:, ::2], z),
    "the same place twice": (lambda z: z[[0, 0, 2]], z),
    "a mask": (lambda z: z[MASK], z),
    "where": (lambda a, b: [np.where(MASK, a, b), np.where(MASK, b, a)], z, r),
    "concatenate": (lambda a, b: np.concatenate([a, b]), z, r),
    "stack": (lambda a, b: np.stack([a, b], axis=1), r, z),
    "take": (lambda z: np.take(z, [0, 1, 1], axis=1), z),
    "sort": (lambda z: np.sort(z, axis=0), z),
    "sort_complex": (np.sort_complex, v),
    "sort_complex of real numbers": (np.sort_complex, real(4)),
    "diagonal, trace, tril": (lambda z: [np.diagonal(z), np.trace(z), np.tril(z)], z),
    "pad, tile, roll, flip": (lambda z: [np.pad(z, 1), np.tile(z, 2), np.roll(z, 1), np.flip(z)], z),
    "linspace": (lambda a, b: np.linspace(a, b, 5), complex_(), real()),
    # numbers
    "a complex number": (lambda z: np.abs(z * z + 2) * np.exp(1j * z) / z, 0.3 + 0.4j),
    "a real number beside complex ones": (lambda x: [np.exp(1j * x), abs(x * 1j + 2), x**2 * 1j], 0.7),
    "a real and a complex number": (lambda x, z: x * z / (z + 1j) - z**x, 0.7, 0.2 - 1j),
    "a number to a complex power": (lambda z: 2.0**z, 0.3 + 0.4j),
}  # fmt: skip
of_cases = pytest.mark.parametrize("name", CASES)


def outputs(y):
    return tuple(y) if isinstance(y, (list, tuple)) else (y,)


@of_cases
def test_derivatives_agree_with_differences_to_the_second_order(name):
    f, *args = CASES[name]
    check_grads(f, args)


@of_cases
def test_values_are_numpys(name):
    f, *args = CASES[name]
    if name == "logsumexp":
        return  # NumPy has none
    for y, expected in zip(outputs(f(*map(Value, args))), outputs(f(*args)), strict=True):
        assert y.dtype == np.asarray(expected).dtype
        assert_close(y, expected, order=1)


@of_cases
def test_tangents_and_cotangents_agree(name):
    f, *args = CASES[name]
    y, pull = vjp(lambda *xs: outputs(f(*xs)), *args)
    cotangents, tangents = (tuple(direction(x, rng) for x in xs) for xs in (y, args))
    _, pushed = jvp(lambda *xs: outputs(f(*xs)), tuple(args), tangents)
    here = sum(inner(g, t) for g, t in zip(cotangents, pushed, strict=True))
    there = sum(inner(c, t) for c, t in zip(pull(cotangents), tangents, strict=True))
    assert_close(here, there, order=1)


@of_cases
def test_gradients_have_the_dtype_of_their_leaf(name):
    f, *args = CASES[name]
    leaves = [Value(np.asarray(x, np.complex64 if np.iscomplexobj(x) else np.float32)) for x in args]
    ys = outputs(f(*leaves))
    sum(np.sum(np.abs(y) ** 2) for y in ys).backward()
    for leaf in leaves:
        assert leaf.grad.dtype == leaf.dtype
    if name != "logsumexp":
        expected = outputs(f(*(leaf.data for leaf in leaves)))
        assert [y.dtype for y in ys] == [np.asarray(y).dtype for y in expected]


# ---- the convention


def test_the_gradient_points_uphill():
    x = 0.6 - 0.8j
    assert_close(grad(lambda z: np.abs(z) ** 2)(x), 2 * x)
    assert_close(grad(lambda z: (z * np.conj(z)).real)(x), 2 * x)
    assert_close(grad(np.abs)(x), x / abs(x))
    assert_close(grad(np.real)(x), np.complex128(1.0))
    assert_close(grad(np.imag)(x), np.complex128(1j))


def test_a_holomorphic_function_pulls_by_its_conjugate_derivative():
    x, g = 0.6 - 0.8j, 1.0 + 2.0j
    _, pull = vjp(np.exp, x)
    assert_close(pull(g)[0], np.conj(np.exp(x)) * g)
    assert_close(jvp(np.exp, (x,), (g,))[1], np.exp(x) * g)
    assert_close(jacobian(np.exp, holomorphic=True)(x), np.exp(x))


def test_parts_have_the_derivatives_that_real_variables_have():
    def f(x, y):
        return np.abs(np.sin(x + 1j * y)) ** 2

    x, y = real(3), real(3)
    gx, gy = grad(lambda x, y: np.sum(f(x, y)), (0, 1))(x, y)
    g = grad(lambda z: np.sum(np.abs(np.sin(z)) ** 2))(x + 1j * y)
    assert_close(g, gx + 1j * gy, order=1)


def test_a_real_function_through_complex_numbers_has_its_real_derivatives():
    x = real(4)

    def through(x):
        return np.sum(np.real(np.exp(1j * x)))

    assert_close(grad(through)(x), -np.sin(x))
    assert_close(hessian(through)(x), -np.diag(np.cos(x)), order=1)


def test_analytic_signals_have_real_gradients():
    x = real(6)

    def envelope(x):
        spectrum = np.fft.fft(x)
        return np.sum(np.abs(np.fft.ifft(spectrum * np.array([1, 2, 2, 1, 0, 0]))))

    g = grad(envelope)(x)
    assert g.dtype == np.float64
    assert_close(g, numerical_gradient(envelope, (x,)), order=1)


def test_complex_scalars_are_numpys():
    x = Value(1 + 2j)
    assert isinstance(x.data, np.complex128)
    (x * x).real.backward()
    assert_close(x.grad, np.complex128(2 - 4j))


# ---- where derivatives are missing


def test_the_absolute_value_and_the_sign_have_gradient_zero_at_zero():
    zero = np.zeros(2, complex)
    assert_close(grad(lambda z: np.sum(np.abs(z)))(zero), zero)
    assert_close(grad(lambda z: np.sum(np.sign(z).real))(zero), zero)
    assert_close(grad(lambda z: np.sum(np.angle(z)))(zero), zero)


def test_the_sign_of_real_numbers_has_no_derivative():
    x = Value(np.array([-2.0, 3.0]))
    assert_close(np.sign(x), np.array([-1.0, 1.0]))
    assert_close(grad(lambda x: np.sum(np.sign(x)) + np.sum(x))(x.data), np.ones(2))


def test_the_gradient_of_a_complex_number_is_refused():
    with pytest.raises(DtypeError, match=r"take np\.real or np\.abs"):
        grad(lambda z: z * z)(1j)
