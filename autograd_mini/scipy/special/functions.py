"""The functions of `scipy.special` that are no ufuncs, so that NumPy has no protocol for them: as SciPy names them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as bound
from math import comb as choose
from math import pi
from typing import Any, Literal

import numpy as np
import scipy.special as sp

from ...errors import NoRuleError
from ...ops import reduction
from ...primitive import TABLE, Elementwise, Primitive
from ...record import Record
from .declared import numbers_of, sampled, unknown
from .gammas import polygamma, zeta
from .integrals import integral

Axis = int | tuple[int, ...] | None

# ---- over an axis


def logsumexp(a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log(sum(b * exp(a))) along `axis`, without overflow; with return_sign, of its size, and its sign.

    >>> float(logsumexp(np.array([1000.0, 1000.0]), b=np.array([1.0, 3.0])).round(6))
    1001.386294
    """
    if b is None and not return_sign:
        return reduction.logsumexp(a, axis=axis, keepdims=keepdims)
    a, b = np.broadcast_arrays(a, 1.0 if b is None else b) if not recorded(a, b) else spread(a, b)
    size = np.where(numbers_of(b) == 0, -np.inf, numbers_of(a))
    top = np.max(size, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.sum(b * np.exp(np.where(np.equal(b, 0), top, a) - top), axis=axis, keepdims=keepdims)
    shift = top if keepdims else np.sum(top, axis=axis)
    if not return_sign:
        return np.log(total) + shift
    return np.log(np.abs(total)) + shift, np.sign(total)


def recorded(*xs: Any) -> bool:
    """Whether one of them is a Value."""
    return any(isinstance(x, Record) for x in xs)


def spread(a: Any, b: Any) -> tuple[Any, Any]:
    """Both broadcast to one shape."""
    b = 1.0 if b is None else b
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def softmax(x: Any, axis: Axis = None) -> Any:
    """exp(x) / sum(exp(x)) along `axis`; over all elements when None."""
    return reduction.softmax(x, axis) if isinstance(axis, int) else np.exp(log_softmax(x, axis))


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """The logarithm of softmax."""
    if isinstance(axis, int):
        return reduction.log_softmax(x, axis)
    return x - reduction.logsumexp(x, axis=axis, keepdims=True)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(0.0, x)


# ---- counting


def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the gamma function of d by d matrices: DLMF 35.3.5."""
    return 0.25 * d * (d - 1) * np.log(pi) + integral(lambda a: sp.gammaln(a - 0.5 * np.arange(d)), a)


def factorial(n: Any, exact: bool = False, extend: Literal["zero"] = "zero") -> Any:
    """gamma(n + 1), and 0 where n < 0."""
    refuse_exact("factorial", exact or extend != "zero")
    inside = np.greater_equal(n, 0)
    return np.where(inside, sp.gamma(np.where(inside, n, 0.0) + 1), 0.0)


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:  # noqa: N803  # SciPy's own name
    """Ways to choose k of N things, 0 where k < 0 or k > N."""
    refuse_exact("comb", exact)
    if repetition:
        none = np.logical_and(np.equal(k, 0), np.greater_equal(N, 0))
        return np.where(none, 1.0, sp.binom(np.where(none, 1.0, N + k - 1), k))
    inside = chooses(N, k)
    return np.where(inside, sp.binom(np.where(inside, N, 1.0), np.where(inside, k, 0.0)), 0.0)


def perm(N: Any, k: Any, exact: bool = False) -> Any:  # noqa: N803  # SciPy's own name
    """Ways to choose k of N things in order, 0 where k < 0 or k > N."""
    refuse_exact("perm", exact)
    inside = chooses(N, k)
    return np.where(inside, sp.poch(np.where(inside, N - k + 1, 1.0), np.where(inside, k, 0.0)), 0.0)


def chooses(N: Any, k: Any) -> Any:  # noqa: N803  # SciPy's own name
    """Where k of N things can be chosen."""
    return np.logical_and(np.less_equal(k, N), np.logical_and(np.greater_equal(k, 0), np.greater_equal(N, 0)))


def refuse_exact(name: str, asked: bool) -> None:
    """An error for what works on Python's integers only."""
    if asked:
        raise NoRuleError(
            f"scipy.special.{name}: got exact=True or extend=; Values have the floating point function; leave them out"
        )


# ---- Lambert's W, a spherical wave, a periodic kernel


def slope_of_w(y: Any) -> Any:
    """The derivative d W / d z = exp(-W) / (1 + W), finite at 0: DLMF 4.13.4."""
    return np.exp(-y) / (1 + y)


lambertw = Primitive(
    "special.lambertw",
    sp.lambertw,
    stands_for=(sp.lambertw,),
    vjps=(lambda g, y, z, k, tol: g * np.conjugate(slope_of_w(y)),),
    n_operands=1,
    defaults={"k": 0, "tol": 1e-8},
    samples=lambda a: [(np.array([0.4, 1.5, 3.2]),), (0.4,), (np.array([-0.2, -0.1]), {"k": -1})],
    doc=sp.lambertw.__doc__,
)
lambertw.jvps = (lambda t, y, z, k, tol: t * slope_of_w(y),)


def diric(x: Any, n: int) -> Any:
    """sin(n x / 2) / (n sin(x / 2)): the mean of n cosines, smooth everywhere."""
    k = np.arange(n) - 0.5 * (n - 1)
    return integral(lambda x: np.cos(k * x), x) / n


def sph_harm_y(n: int, m: int, theta: Any, phi: Any) -> Any:
    """The spherical harmonic of degree n and order m at polar angle theta and azimuth phi: DLMF 14.30.1."""
    size = abs(m)
    scale = np.sqrt((2 * n + 1) / (4 * pi) / sp.poch(n - size + 1.0, 2.0 * size))
    sign = (-1) ** size if m < 0 else 1
    return sign * scale * sp.lpmv(size, n, np.cos(theta)) * np.exp(1j * m * phi)


# ---- spherical Bessel functions: DLMF 10.51.2, 10.51.5


def spherical(name: str, lower: float, upper: float) -> Callable[..., Any]:
    """One of them, by f' = (lower * n f_(n-1) + upper * (n + 1) f_(n+1)) / (2 n + 1)."""
    function = getattr(sp, name)

    def slope(y: Any, n: Any, z: Any) -> Any:
        below = n * op(np.maximum(n - 1, 0), z)
        return (lower * below + upper * (n + 1) * op(n + 1, z)) / (2 * n + 1)

    op = Elementwise(
        f"special.{name}",
        function,
        (unknown(function, "n", "n is a whole number"), slope),
        samples=bound(sampled, ((2, 0, 1), (0.6, 1.5, 2.3))),
    )

    def either(n: Any, z: Any, derivative: bool = False) -> Any:
        return slope(None, n, z) if derivative else op(n, z)

    either.__name__ = name
    either.__doc__ = f"SciPy's {name} of whole order n at z, or its derivative in z."
    return either


spherical_jn = spherical("spherical_jn", 1.0, -1.0)
spherical_yn = spherical("spherical_yn", 1.0, -1.0)
spherical_in = spherical("spherical_in", 1.0, 1.0)
spherical_kn = spherical("spherical_kn", -1.0, -1.0)


# ---- derivatives of Bessel functions: DLMF 10.6.7, 10.29.5


def nth_derivative(name: str, function: Any, step: int, sign: int) -> Callable[..., Any]:
    """The nth derivative in z: sign**n / 2**n times the sum of step**k (n over k) f of order v - n + 2 k."""

    def f(v: Any, z: Any, n: int = 1) -> Any:
        terms = [step**k * choose(n, k) * function(v - n + 2 * k, z) for k in range(n + 1)]
        return sum(terms[1:], terms[0]) * (sign / 2) ** n

    f.__name__ = name
    f.__doc__ = f"SciPy's {name}: the nth derivative of a Bessel function of order v at z."
    return f


jvp = nth_derivative("jvp", sp.jv, -1, 1)
yvp = nth_derivative("yvp", sp.yv, -1, 1)
h1vp = nth_derivative("h1vp", sp.hankel1, -1, 1)
h2vp = nth_derivative("h2vp", sp.hankel2, -1, 1)
ivp = nth_derivative("ivp", sp.iv, 1, 1)
kvp = nth_derivative("kvp", sp.kv, 1, -1)

FUNCTIONS = (
    comb, diric, factorial, h1vp, h2vp, ivp, jvp, kvp, log_softmax, logsumexp, multigammaln, perm, polygamma, softmax,
    softplus, sph_harm_y, spherical_in, spherical_jn, spherical_kn, spherical_yn, yvp, zeta,
)  # fmt: skip
for ours in FUNCTIONS:
    if hasattr(sp, ours.__name__):  # softplus is newer than the others
        TABLE[getattr(sp, ours.__name__)] = ours

__all__ = ["FUNCTIONS"]
