"""Linear algebra over stacks of matrices of shape (..., m, n): systems of equations, determinants, products.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least
squares problems whose variables separate" (1973).
"""

from __future__ import annotations

from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import ShapeError, UsageError
from ..primitive import composite, primitive
from ..record import Record, shape_of
from .contraction import as_array, matmul, outer, tensordot, vecdot
from .elementwise import conjugated, is_complex, multiply
from .factorisation import (
    adjoint,
    from_triangle,
    in_triangle,
    positive_definite,
    precision,
    svd,
    svdvals,
    wide,
)
from .indexing import diagonal, picked, trace
from .operands import data_of
from .reduction import sum_
from .shape import matrix_transpose, moveaxis, ravel, reshape, stack, transpose

SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


# ---- systems of equations


def regular(a: Any, *shape: int) -> Any:
    """Samples: matrices that are far from singular."""
    return a(*shape) + 4.0 * np.eye(*shape[-2:])


@primitive(np.linalg.inv, samples=lambda a: [(regular(a, 3, 3),), (regular(a, 2, 2, 2),), (regular(a, 1, 1),)])
def inv(a: Any, /) -> Any:
    """The inverse of square matrices.  (..., n, n) -> (..., n, n)"""
    return np.linalg.inv(a)


@inv.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    y = adjoint(y)
    return -(y @ g @ y)


@primitive(
    np.linalg.solve,
    samples=lambda a: [
        (regular(a, 3, 3), a(3)),
        (regular(a, 3, 3), a(3, 2)),
        (regular(a, 2, 3, 3), a(3)),
        (regular(a, 3, 3), a(2, 3, 1)),
        (regular(a, 2, 1, 2, 2), a(3, 2, 1)),
    ],
)
def solve(a: Any, b: Any, /) -> Any:
    """The x in a @ x = b; b is one vector, or a stack of matrices.  (..., n, n), (..., n, k) -> (..., n, k)"""
    return np.linalg.solve(a, b)


@solve.vjp_of_all
def _(g: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    if len(shape_of(b)) == 1:
        z = np.linalg.solve(adjoint(a), g[..., None])
        return -(z * conjugated(y)[..., None, :]), z[..., 0]
    z = np.linalg.solve(adjoint(a), g)
    return -(z @ adjoint(y)), z


@primitive(
    samples=lambda a: [(a(4, 2), a(4), {"rcond": 1e-9}), (a(2, 4), a(2, 3), {"rcond": 1e-9}), (regular(a, 3, 3), a(3))]
)
def least_squares(a: Any, b: Any, /, rcond: float | None = None) -> Any:
    """The shortest x for which the length of a @ x - b is least.  (m, n), (m, k) -> (n, k)"""
    return np.linalg.lstsq(a, b, rcond)[0]


def of_least_squares(g: Any, y: Any, a: Any, b: Any, rcond: float | None) -> tuple[Any, Any]:
    """The cotangents of a and b; from the differential of the pseudo-inverse."""
    if len(shape_of(b)) == 1:
        ga, gb = of_least_squares(g[:, None], y[:, None], a, b[:, None], rcond=rcond)
        return ga, gb[:, 0]
    p = np.linalg.pinv(a, rtol=relative(a, rcond))
    z = adjoint(p) @ g
    residual = b - a @ y
    ga = residual @ adjoint(p @ z) + adjoint(p) @ y @ adjoint(g - adjoint(a) @ z) - z @ adjoint(y)
    return ga, z


least_squares.vjp_of_all(of_least_squares)


def relative(a: Any, rcond: float | None) -> float:
    """Below which part of the largest singular value another counts as 0, in `lstsq`."""
    return precision(a) * max(shape_of(a)) if rcond is None else max(rcond, 0.0)


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, int, Any]:
    """(x, sums of squared residuals, rank, singular values); the rank is a number without derivative."""
    a, b = as_array(a), as_array(b)
    share = relative(a, rcond)
    s = svdvals(a)
    m, n = shape_of(a)
    rank = int(np.sum(data_of(s) > share * data_of(s).max(initial=0.0)))
    x = least_squares(a, b, rcond=rcond) if rank == min(m, n) else pinv(a, rtol=share) @ b
    columns = b - a @ x
    if len(shape_of(columns)) == 1:
        columns = reshape(columns, (-1, 1))
    squares = sum_(np.real(columns * conjugated(columns)), 0)
    return x, squares if rank == n < m else squares[:0], rank, s


AS_RCOND = "as rcond"  # NumPy tells an rtol that was not given from one that is None


@primitive(
    name="pinv",
    samples=lambda a: [
        (a(3, 2),),
        (a(2, 3),),
        (regular(a, 2, 3, 3),),
        (positive_definite(a, 3, 3), {"hermitian": True}),
    ],
)
def full_pinv(a: Any, /, rcond: Any = None, hermitian: bool = False, rtol: Any = AS_RCOND) -> Any:
    """The pseudo-inverse of matrices whose small singular values are 0, and stay so."""
    options = {} if isinstance(rtol, str) else {"rtol": rtol}
    return np.linalg.pinv(a, rcond, hermitian, **options)


@full_pinv.vjp
def _(g: Any, p: Any, a: Any, rcond: Any, hermitian: bool, rtol: Any) -> Any:
    if hermitian:
        a = from_triangle(a, lower=True)
    ph, gh = adjoint(p), adjoint(g)
    left, right = gh - a @ (p @ gh), gh - (gh @ p) @ a  # (1 - a p) g', g' (1 - p a)
    c = left @ p @ ph + ph @ p @ right - ph @ g @ ph
    if isinstance(c, Record):  # 0, but not its derivative where the rank is not full
        cube, cut = ph @ p @ ph, a - a @ p @ a
        c = c + cut @ g @ cube + cube @ g @ cut
    return in_triangle(c, lower=True) if hermitian else c


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = AS_RCOND) -> Any:
    """The pseudo-inverse, differentiated as if its rank stayed as it is.  (..., m, n) -> (..., n, m)

    A singular value counts as 0 if it is at most `rcond`, or `rtol`, times the largest.
    """
    options = {"rcond": rcond, "hermitian": hermitian}
    if rtol is not AS_RCOND:
        options["rtol"] = rtol
    a = as_array(a)
    whole = from_triangle(a, lower=True) if hermitian else a
    share = precision(a) * max(shape_of(a)[-2:]) if rtol is None else rcond if rtol is AS_RCOND else rtol
    kept_ones = not_cut(whole, 1e-15 if share is None else share)
    if kept_ones is None:
        return full_pinv(a, **options)
    u, s, vh = svd(whole, full_matrices=False)
    return (adjoint(vh) * (kept_ones / (s + ~kept_ones))[..., None, :]) @ adjoint(u)


def not_cut(a: Any, share: Any) -> Any:
    """Which singular values exceed that share of the largest, if one that does not is more than rounding; else None."""
    s = np.linalg.svd(data_of(a), compute_uv=False)
    largest = s.max(-1, initial=0.0)[..., None]
    stays = s > np.asarray(share)[..., None] * largest
    return stays if (~stays & (s > 10 * max(shape_of(a)[-2:]) * precision(s) * largest)).any() else None


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The x in tensordot(a, x, x.ndim) = b."""
    a, b = as_array(a), as_array(b)
    n = len(shape_of(a))
    if axes is not None:
        moved = normalize_axis_tuple(axes, n)
        a = transpose(a, (*(k for k in range(n) if k not in moved), *moved))
    rest = shape_of(a)[len(shape_of(b)) :]
    m = product(rest)
    if m * m != a.size:
        raise ShapeError(
            f"tensorsolve: got shapes {shape_of(a)} and {shape_of(b)}; the last axes of the first must have as many "
            "elements as the second; reshape it, or choose axes"
        )
    return reshape(np.linalg.solve(reshape(a, (m, m)), ravel(b)), rest)


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse for tensordot with `ind` axes."""
    shape = shape_of(a)
    n = product(shape[ind:])
    return reshape(np.linalg.inv(reshape(a, (n, -1))), shape[ind:] + shape[:ind])


# ---- determinants


@primitive(
    np.linalg.det,
    samples=lambda a: [
        (a(3, 3),),
        (a(2, 2, 2),),
        (a(1, 1),),
        (a(3, 3) * np.array([1.0, 1.0, 0.0]),),
        (a(3, 1) * a(1, 3),),
        (np.zeros((2, 2)),),
    ],
)
def det(a: Any, /) -> Any:
    """The determinant; all its derivatives are right where it is 0, too.  (..., n, n) -> (...)"""
    return np.linalg.det(a)


@det.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    return wide(g) * conjugated(cofactors(a, y))


def cofactors(a: Any, y: Any) -> Any:
    """The derivative of the determinant `y` by each element: y * inv(a).T where `a` is regular."""
    shape = shape_of(a)
    s = np.linalg.svd(data_of(a), compute_uv=False)
    null = s <= precision(s) ** 0.5 * s.max(-1, initial=0.0)[..., None]
    if not null.any():
        return wide(y) * matrix_transpose(np.linalg.inv(a))
    stacked, dets = reshape(a, (-1, *shape[-2:])), reshape(y, (-1,))
    parts = []
    for i, is_null in enumerate(null.reshape(-1, shape[-1])):
        x = stacked[i]
        parts.append(singular_cofactors(x, is_null) if is_null.any() else dets[i] * np.linalg.inv(x).T)
    return reshape(stack(parts), shape)


def singular_cofactors(a: Any, null: Any) -> Any:
    """The cofactors of one matrix of which some singular values are (nearly) 0, without dividing by them.

    With p = s*u@v' over the null vectors, and b = a + p, which is regular: det(a) = det(b) * det(k) for the
    small matrix k = 1 - s*v'@inv(b)@u.
    """
    u, s, vh = map(data_of, np.linalg.svd(data_of(a)))
    u, vh, size = u[:, null], vh[null], float(s[0]) or 1.0
    b = a + size * (u @ vh)
    inverse = np.linalg.inv(b)
    left, right = inverse @ u, vh @ inverse
    eye = np.eye(u.shape[1], dtype=u.dtype)
    adjugate, small = adjugate_and_det(eye - size * (right @ u), eye)
    whole = np.linalg.det(b)
    return whole * small * inverse.T + whole * size * (left @ adjugate @ right).T


def adjugate_and_det(k: Any, eye: Any) -> tuple[Any, Any]:
    """Both of one small matrix, by the recurrence of Faddeev and LeVerrier: polynomials of its elements."""
    n = eye.shape[0]
    m = eye + 0 * k
    for j in range(1, n):
        p = k @ m
        m = p - (np.trace(p) / j) * eye
    sign = -1.0 if n % 2 == 0 else 1.0
    return sign * m, np.trace(k @ m) * (sign / n)


@primitive(name="slogdet")
def sign_and_log(a: Any, /) -> Any:
    """The sign (phase) of the determinant, and the logarithm of its absolute value."""
    return tuple(np.linalg.slogdet(a))


@sign_and_log.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    g_sign, g_log = g
    if g_sign is not None and is_complex(a):
        turn = 1j * np.real(np.conjugate(g_sign) * picked(y)[0] * 1j)
        g_log = turn if g_log is None else g_log + turn
    return None if g_log is None else wide(g_log) * adjoint(np.linalg.inv(a))


@composite(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """The sign (phase) of the determinant, and the logarithm of its absolute value.  (..., n, n) -> (...), (...)"""
    return SlogdetResult(*picked(sign_and_log(a)))


# ---- products


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """The matrix times itself, n times; of its inverse for negative n."""
    if n == 0:
        return np.eye(shape_of(a)[-1], dtype=a.dtype) + 0 * a
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = None
    while n:
        if n % 2:
            result = a if result is None else matmul(result, a)
        n //= 2
        a = matmul(a, a) if n else a
    return result


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of several matrices, in the order that takes the fewest multiplications."""
    arrays = [as_array(x) for x in arrays]
    if len(arrays) < 2:
        raise UsageError(f"multi_dot: got {len(arrays)} arrays; two or more are needed; use the array itself")
    first, last = (len(shape_of(arrays[i])) == 1 for i in (0, -1))
    arrays[0] = reshape(arrays[0], (1, -1)) if first else arrays[0]
    arrays[-1] = reshape(arrays[-1], (-1, 1)) if last else arrays[-1]
    y = chained(arrays)
    if first or last:
        y = reshape(y, shape_of(y)[int(first) : 2 - int(last)])
    return y


def chained(arrays: list[Any]) -> Any:
    """The product of matrices, by the cheapest order of all (Cormen et al., "Introduction to Algorithms", 15.2)."""
    sizes = [shape_of(x)[0] for x in arrays] + [shape_of(arrays[-1])[1]]
    n = len(arrays)
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def between(i: int, j: int) -> Any:
        k = best[i, j][1]
        return arrays[i] if i == j else matmul(between(i, k), between(k + 1, j))

    return between(0, n - 1)


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Every product of an element of `a` with the whole of `b`, as blocks."""
    a, b = as_array(a), as_array(b)
    n = max(len(shape_of(a)), len(shape_of(b)))
    left, right = ((1,) * (n - len(shape_of(x))) + shape_of(x) for x in (a, b))
    x = reshape(a, tuple(k for s in left for k in (s, 1)))
    y = reshape(b, tuple(k for s in right for k in (1, s)))
    return reshape(multiply(x, y), tuple(p * q for p, q in zip(left, right, strict=True)))


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The cross product of vectors of three elements; of two, with a third that is 0."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = moveaxis(as_array(a), axisa, -1), moveaxis(as_array(b), axisb, -1)
    n, m = shape_of(x)[-1], shape_of(y)[-1]
    if n not in {2, 3} or m not in {2, 3}:
        raise ShapeError(f"cross: got vectors of {n} and {m} elements; three (or two) are needed; choose the axes")
    x0, x1, y0, y1 = x[..., 0], x[..., 1], y[..., 0], y[..., 1]
    last = x0 * y1 - x1 * y0
    if n == m == 2:
        return last
    x2, y2 = (x[..., 2] if n == 3 else 0 * x0), (y[..., 2] if m == 3 else 0 * y0)
    return moveaxis(stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, last], -1), -1, axisc)


@composite(np.linalg.cross)
def vector_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The cross product of vectors of three elements."""
    for x in (x1, x2):
        if np.shape(x)[axis] != 3:
            raise ShapeError(f"cross: got vectors of {np.shape(x)[axis]} elements; three are needed; choose the axis")
    return cross(x1, x2, axis=axis)


@composite(np.linalg.outer)
def vector_outer(x1: Any, x2: Any, /) -> Any:
    """Every product of elements of two vectors."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"outer: got shapes {np.shape(x1)} and {np.shape(x2)}; two vectors are needed; use np.outer")
    return outer(x1, x2)


@composite(np.linalg.trace)
def matrix_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum of the diagonal of the last two axes."""
    return trace(x, offset, -2, -1, dtype)


@composite(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of the last two axes."""
    return diagonal(x, offset, -2, -1)


@composite(np.linalg.tensordot)
def matrix_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes."""
    return tensordot(x1, x2, axes)


composite(np.linalg.matmul)(matmul)
composite(np.linalg.vecdot)(vecdot)
composite(np.linalg.matrix_transpose)(matrix_transpose)
