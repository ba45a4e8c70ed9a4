"""Polynomials, by their coefficients from the highest power down."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NoRuleError, ShapeError, UsageError
from ..primitive import composite, primitive
from .curves import convolve
from .elementwise import conjugated
from .operands import data_of, is_value, operand
from .shape import astype, atleast_1d, concatenate, reshape, stack


def coefficients(p: Any) -> Any:
    """A polynomial as an array: a Value as it is, the coefficients of a np.poly1d, or a list."""
    return atleast_1d(p) if is_value(p) else np.atleast_1d(getattr(p, "coeffs", p))


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The value of a polynomial at x, by Horner's rule; x may be a np.poly1d only where no Value is near."""
    y = np.zeros_like(x) if not is_value(x) else x * 0.0
    for c in coefficients(p):
        y = y * x + c
    return y


def padded(p: Any, n: int) -> Any:
    """The coefficients with zeros before them, n in all."""
    k = n - np.size(p)
    return concatenate([np.zeros(k, p.dtype), p]) if k > 0 else p


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials."""
    a, b = coefficients(a1), coefficients(a2)
    n = max(np.size(a), np.size(b))
    return padded(a, n) + padded(b, n)


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials."""
    a, b = coefficients(a1), coefficients(a2)
    n = max(np.size(a), np.size(b))
    return padded(a, n) - padded(b, n)


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials."""
    return convolve(coefficients(a1), coefficients(a2))


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """The quotient and the remainder of two polynomials; the remainder without leading zeros."""
    r, b = coefficients(u) + 0.0, coefficients(v) + 0.0
    m, n = np.size(r) - 1, np.size(b) - 1
    quotient = []
    for _ in range(m - n + 1):
        q = r[0] / b[0]
        quotient.append(q)
        r = concatenate([r[1 : n + 1] - q * b[1:], r[n + 1 :]])
    if not quotient:
        return r[:1] * 0.0, r
    data = data_of(r)
    if not data.size:
        return stack(quotient), quotient[0][None] * 0.0
    lead = 0
    while lead < data.size - 1 and np.allclose(data[lead], 0, rtol=1e-14):
        lead += 1
    return stack(quotient), r[lead:]


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the derivative of order m."""
    if m < 0:
        raise UsageError(f"polyder: got m={m}; the order of a derivative is 0 or more; use np.polyint")
    p = coefficients(p)
    for _ in range(m):
        n = np.size(p) - 1
        p = p[:-1] * np.arange(n, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of the integral of order m, with the constants k, which may be Values."""
    if m < 0:
        raise UsageError(f"polyint: got m={m}; the order of an integral is 0 or more; use np.polyder")
    p = coefficients(p)
    constants = np.zeros(1, p.dtype) if k is None else coefficients(k)
    if np.size(constants) not in (1, m):
        raise ShapeError(f"polyint: got {np.size(constants)} constants for m={m}; give one, or one for each integral")
    for i in range(m):
        n = np.size(p)
        c = constants[i % np.size(constants)]
        p = concatenate([p / np.arange(n, 0, -1), reshape(c, (1,))])
    return p


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these roots, or of the characteristic one of a matrix."""
    roots_ = seq_of_zeros
    if isinstance(roots_, (list, tuple)):
        roots_ = stack([atleast_1d(r)[0] if is_value(r) else np.asarray(r) for r in roots_])
    if np.ndim(roots_) == 2 and np.shape(roots_)[0] == np.shape(roots_)[1]:
        matrix_is_real = roots_.dtype.kind != "c"
        p = product_of_roots(np.linalg.eigvals(roots_))
        return np.real(p) if matrix_is_real and p.dtype.kind == "c" else p
    if np.ndim(roots_) > 1:
        raise ShapeError(f"poly: got shape {np.shape(roots_)}; roots stand in a row; or give a square matrix")
    p = product_of_roots(atleast_1d(roots_))
    return np.real(p) if p.dtype.kind == "c" and are_conjugate(roots_) else p


def product_of_roots(roots_: Any) -> Any:
    """The coefficients of the product of x - r."""
    p: Any = np.ones(1, roots_.dtype)
    for r in roots_:
        p = concatenate([p, np.zeros(1, p.dtype)]) - concatenate([np.zeros(1, p.dtype), r * p])
    return p


def are_conjugate(roots_: Any) -> bool:
    """Whether complex roots come in conjugate pairs, so that the coefficients are real."""
    data = data_of(roots_)
    return bool(np.all(np.sort(data) == np.sort(data.conjugate())))


@primitive(
    np.roots,
    samples=lambda a: [(np.array([1.0, -3.0, -6.0, 8.0]),), (np.array([2.0, 1.0, 3.0]),), (np.array([1.0, -3.0]),)],
)
def roots(p: Any, /) -> Any:
    """The roots of a polynomial; their derivative is infinite where two are equal."""
    return np.roots(p)


@roots.vjp
def _(g: Any, y: Any, p: Any) -> Any:
    # p(r) = 0, so p'(r) dr = -sum of r**k dp[k].
    share = -g / conjugated(polyval(polyder(p), y))
    powers = conjugated(vander(y, np.shape(p)[0]))
    c = np.sum(powers * share[:, None], axis=0)
    return np.real(c) if p.dtype.kind != "c" else c


@composite(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803  # NumPy's own name
    """The powers of each element as a row, the highest first."""
    if np.ndim(x) != 1:
        raise ShapeError(f"vander: got shape {np.shape(x)}; one axis is needed; ravel it")
    n = np.shape(x)[0] if N is None else N
    kind = np.promote_types(x.dtype, int)
    x = x if x.dtype == kind else astype(x, kind)
    powers = [x * 0.0 + 1.0] if n else []
    while len(powers) < n:
        powers.append(powers[-1] * x)
    if not powers:
        return np.zeros((np.shape(x)[0], 0), x.dtype)
    return stack(powers if increasing else powers[::-1], 1)


@composite(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: Any, rcond: float | None = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The coefficients of the polynomial of degree `deg` that is nearest to the points, by least squares.

    x, y and the weights w may be Values.
    """
    if full:
        raise NoRuleError(
            "polyfit: got full=True; singular values and rank are of the fit, not of the points; leave it out"
        )
    x, y = (operand(z, float) for z in (x, y))
    powers = [int(d) for d in np.sort(np.atleast_1d(deg))] if np.ndim(deg) else list(range(int(deg) + 1))
    order = powers[-1] + 1
    columns = vander(x, order)[:, [order - 1 - d for d in powers[::-1]]]
    right = y
    if w is not None:
        columns = columns * np.reshape(w, (-1, 1))
        right = right * (w if np.ndim(y) == 1 else np.reshape(w, (-1, 1)))
    scale = np.sqrt(np.sum(columns * columns, axis=0))
    columns = columns / scale
    # The normal equations of scaled columns, solved through QR: R c = Q' y
    q, r = np.linalg.qr(columns)
    c = np.linalg.solve(r, np.matmul(q.T, right))
    fit = (c.T / scale).T
    if len(powers) < order:
        raise_places = np.zeros((order, len(powers)))
        for i, d in enumerate(powers[::-1]):
            raise_places[order - 1 - d, i] = 1.0
        fit = np.matmul(raise_places, fit)
    if not cov:
        return fit
    inverse = np.linalg.inv(np.matmul(r.T, r))
    base = inverse / (scale[:, None] * scale[None, :])
    if cov == "unscaled":
        return fit, base
    n = np.shape(x)[0]
    if n <= order:
        raise UsageError(f"polyfit: got {n} points for {order} coefficients; with cov, more points are needed")
    residual = right - np.matmul(columns, c)
    factor = np.sum(residual * residual, axis=0) / (n - order)
    return fit, (base * factor if np.ndim(y) == 1 else base[:, :, None] * factor)
