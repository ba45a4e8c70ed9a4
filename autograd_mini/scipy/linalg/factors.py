"""Factorisations under SciPy's names: LU, LDL, Cholesky, QR, singular values and eigenvalues.

Those that NumPy has too share NumPy's rules. For a = l @ u the differential is
inv(l) da inv(u) = inv(l) dl + du inv(u), whose two terms are strictly lower and upper triangular; so each is a
triangle of the left side.

Source: Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum
experimental design" (2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import NoRuleError, UsageError
from ...ops.elementwise import is_complex
from ...ops.factorisation import (
    adjoint,
    from_triangle,
    in_triangle,
    orthogonal_triangular,
    singular,
    symmetric_eigen,
    total,
)
from ...ops.indexing import picked
from ...ops.linalg import pinv as numpys_pinv
from ...ops.operands import data_of
from ...primitive import discrete, primitive
from ...record import shape_of
from ..answers import for_values
from .systems import floats, rows_of_pivots, square_of, stacked, triangular

# ---- a = p @ l @ u


@primitive(name="linalg.lu", samples=lambda a: [])
def packed(a: Any, /) -> Any:
    """Both triangles in one matrix, and the rows that were exchanged."""
    return stacked(lambda x: sl.lu_factor(x, check_finite=False), a)


def unpacked(lu: Any) -> tuple[Any, Any]:
    """The unit lower and the upper triangle of a packed matrix.  (..., m, n) -> (..., m, k), (..., k, n)"""
    m, n = shape_of(lu)[-2:]
    k = min(m, n)
    return np.tril(lu, -1)[..., :k] + np.eye(m, k, dtype=lu.dtype), np.triu(lu)[..., :k, :]


@packed.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    g, (lu, pivots) = g[0], picked(y)
    if g is None:
        return None
    m, n = shape_of(lu)[-2:]
    k = min(m, n)
    l, u = unpacked(lu)  # noqa: E741  # as everybody calls it
    gl, gu = np.tril(g, -1)[..., :k], np.triu(g)[..., :k, :]
    square, rest, l_top, u_left = None, None, l[..., :k, :], u[..., :k]
    lh = adjoint(l_top)
    if m > k:  # the rows below: l2 = a2 inv(u)
        below = solved_right(gl[..., k:, :], u_left)
        gl, gu, rest = gl[..., :k, :], gu - adjoint(l[..., k:, :]) @ below, below
    if n > k:  # the columns beyond: u2 = inv(l) a2
        beyond = triangular(lh, gu[..., k:], unit_diagonal=True)
        gl, gu, rest = gl - beyond @ adjoint(u[..., k:]), gu[..., :k], beyond
    inner = np.tril(lh @ gl, -1) + np.triu(gu @ adjoint(u_left))
    square = solved_right(triangular(lh, inner, unit_diagonal=True), u_left)
    ga = square if rest is None else np.concatenate([square, rest], -2 if m > k else -1)
    rows = rows_of_pivots_to(pivots, m)
    return np.take_along_axis(ga, np.argsort(data_of(rows), axis=-1)[..., None], -2)


def solved_right(x: Any, u: Any) -> Any:
    """X @ inv(u') for an upper triangle."""
    return adjoint(triangular(u, adjoint(x)))


def rows_of_pivots_to(pivots: Any, m: int) -> Any:
    """The order of m rows; those beyond the pivots stay."""
    short = m - shape_of(pivots)[-1]
    if short > 0:
        own = np.broadcast_to(np.arange(m - short, m), (*shape_of(pivots)[:-1], short))
        pivots = np.concatenate([data_of(pivots), own], -1)
    return rows_of_pivots(pivots)


@for_values(sl.lu_factor)
def lu_factor(a: Any) -> tuple[Any, Any]:
    """Both triangles in one matrix, and the rows exchanged with each, which have no derivative."""
    return picked(packed(floats(a)))


matrix_of_rows = discrete(
    lambda rows: (rows[..., None, :] == np.arange(rows.shape[-1])[:, None]).astype(float),
    name="linalg.matrix_of_rows",
    samples=lambda a: [(np.array([2, 0, 1]),)],
)


@for_values(sl.lu)
def lu(a: Any, permute_l: bool = False, p_indices: bool = False) -> Any:
    """P, l, u with a = p @ l @ u; p @ l, u with permute_l. The exchange of rows has no derivative."""
    both, pivots = picked(packed(floats(a)))
    lower, upper = unpacked(both)
    rows = rows_of_pivots_to(pivots, shape_of(both)[-2])
    back = np.argsort(rows, axis=-1)
    if permute_l:
        return np.take_along_axis(lower, back[..., None], -2), upper
    return (back if p_indices else matrix_of_rows(rows)), lower, upper


# ---- a = l @ d @ l'


@primitive(name="linalg.ldl", samples=lambda a: [])
def factored(a: Any, /, lower: bool = True, hermitian: bool = True) -> Any:
    """The outer factor, the blocks, and the order of rows."""
    return stacked(lambda x: sl.ldl(from_triangle(x, lower), lower, hermitian, check_finite=False), a)


@factored.vjp
def _(g: Any, y: Any, a: Any, lower: bool, hermitian: bool) -> Any:
    (gl, gd, _), (outer, d, order) = g, picked(y)
    order = data_of(order)[..., None]
    blocks = (data_of(d) != 0) | np.eye(shape_of(d)[-1], dtype=bool)
    # inv(l) da inv(l)' = f d + dd + d f', where f = inv(l) dl lies below the blocks.
    factor = np.take_along_axis(outer, order, -2)
    fh = adjoint(factor)
    inner = None if gd is None else gd * blocks
    if gl is not None:
        below = (np.tril if lower else np.triu)(~blocks)
        gf = (fh @ np.take_along_axis(gl, order, -2)) * below
        inner = total(inner, adjoint(np.linalg.solve(d, adjoint(gf))))
    if inner is None:
        return None
    ga = np.linalg.solve(fh, adjoint(np.linalg.solve(fh, adjoint(inner))))
    back = np.argsort(order, axis=-2)
    ga = np.take_along_axis(np.take_along_axis(ga, back, -2), np.swapaxes(back, -1, -2), -1)
    return in_triangle(ga, lower)


@for_values(sl.ldl)
def ldl(A: Any, lower: bool = True, hermitian: bool = True) -> tuple[Any, Any, Any]:  # noqa: N803  # SciPy's own name
    """The permuted outer factor, the diagonal blocks, and the order of rows of a Hermitian matrix: of one triangle."""
    a = square_of(A, "ldl")
    if is_complex(a) and not hermitian:
        raise NoRuleError("ldl: got a complex matrix with hermitian=False; only Hermitian ones have a rule here")
    return picked(factored(a, lower=lower, hermitian=hermitian))


# ---- those that NumPy has too


@for_values(sl.cholesky)
def cholesky(a: Any, lower: bool = False) -> Any:
    """The triangular factor of a positive definite matrix, of which that triangle is read."""
    return np.linalg.cholesky(square_of(a, "cholesky"), upper=not lower)


@for_values(sl.qr)
def qr(a: Any, mode: str = "full", pivoting: bool = False) -> Any:
    """Q and r with a = q @ r; with pivoting, the order of columns too. mode: "full", "economic" or "r"."""
    a = floats(a)
    if mode not in {"full", "economic", "r"}:
        raise NoRuleError(f'qr: got mode={mode!r}; its derivative is known for "full", "economic" and "r"')
    order: tuple[Any, ...] = ()
    if pivoting:
        order = (stacked(lambda x: sl.qr(x, mode="r", pivoting=True, check_finite=False)[1], data_of(a)),)
        a = np.take_along_axis(a, order[0][..., None, :], -1)
    q, r = picked(orthogonal_triangular(a, complete=mode != "economic"))
    return (r, *order) if mode == "r" else (q, r, *order)


@for_values(sl.rq)
def rq(a: Any, mode: str = "full") -> Any:
    """R and q with a = r @ q, by the decomposition of the matrix turned round. mode: "full", "economic" or "r"."""
    a = floats(a)
    m, n = shape_of(a)[-2:]
    if mode not in {"full", "economic", "r"}:
        raise UsageError(f'rq: got mode={mode!r}; it must be "full", "economic" or "r"; choose one')
    if m > n or (mode == "full" and m < n):
        raise NoRuleError(
            f'rq: got shape {(m, n)} with mode={mode!r}; it has a rule for mode="economic" of matrices that are '
            "not tall; use that, or qr of the transpose"
        )
    q, r = picked(orthogonal_triangular(adjoint(np.flip(a, -2))))
    r, q = np.flip(adjoint(r), (-1, -2)), np.flip(adjoint(q), -2)
    theirs = stacked(lambda x: sl.rq(x, mode="economic", check_finite=False)[1], data_of(a))
    signs = np.sum(np.conjugate(data_of(q)) * theirs, -1)
    signs = signs / np.abs(signs)  # LAPACK's choice here is not that of qr
    r, q = r * np.conjugate(signs)[..., None, :], signs[..., None] * q
    return (np.pad(r, [(0, 0)] * (len(shape_of(r)) - 1) + [(n - m, 0)]) if m < n else r) if mode == "r" else (r, q)


@for_values(sl.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, s and vh; s alone without compute_uv. Vectors have a derivative where singular values differ."""
    u, s, vh = picked(singular(floats(a), full_matrices=full_matrices and compute_uv))
    return (u, s, vh) if compute_uv else s


@for_values(sl.svdvals)
def svdvals(a: Any) -> Any:
    """Singular values, descending."""
    return np.linalg.svdvals(floats(a))


@for_values(sl.pinv)
def pinv(a: Any, atol: float | None = None, rtol: float | None = None, return_rank: bool = False) -> Any:
    """The pseudo-inverse; singular values of at most atol + rtol * the largest count as 0."""
    a = floats(a)
    s = np.linalg.svd(data_of(a), compute_uv=False)
    largest = s.max(-1, initial=0.0)
    if rtol is None:
        rtol = max(shape_of(a)[-2:]) * float(np.finfo(s.dtype).eps) if atol is None else 0.0
    share = rtol + np.divide(atol or 0.0, largest, out=np.zeros_like(largest), where=largest > 0)
    y = numpys_pinv(a, rtol=share if share.ndim else float(share))
    return (y, np.sum(s > (share * largest)[..., None], -1)) if return_rank else y


@for_values(sl.pinvh)
def pinvh(
    a: Any, atol: float | None = None, rtol: float | None = None, lower: bool = True, return_rank: bool = False
) -> Any:
    """The pseudo-inverse of Hermitian matrices, of which one triangle is read."""
    return pinv(from_triangle(square_of(a, "pinvh"), lower), atol=atol, rtol=rtol, return_rank=return_rank)


@for_values(sl.eigh, always=True)
def eigh(
    a: Any, b: Any = None, lower: bool = True, eigvals_only: bool = False, type: int = 1,  # noqa: A002  # SciPy's own name
    driver: Any = None, subset_by_index: Any = None,
) -> Any:  # fmt: skip
    """Eigenvalues, ascending, and vectors of a Hermitian matrix, or of the pair of it and the positive definite `b`.

    One triangle of both is read. The signs of vectors are NumPy's, of numbers too. For a pair, type 1 solves
    a v = w b v, type 2 a b v = w v, type 3 b a v = w v.
    """
    a = square_of(a, "eigh")
    if b is None:
        w, v = picked(symmetric_eigen(a, lower=lower))
    else:
        b = square_of(b, "eigh")
        w, v = eigen_of_pair(from_triangle(a, lower), from_triangle(b, lower), type)
    if subset_by_index is not None:
        low, high = subset_by_index
        w, v = w[..., low : high + 1], v[..., low : high + 1]
    return w if eigvals_only else (w, v)


def eigen_of_pair(a: Any, b: Any, kind: int) -> tuple[Any, Any]:
    """By the factor b = l @ l': the problem for inv(l) a inv(l)', or for l' a l."""
    l = np.linalg.cholesky(b)  # noqa: E741  # as everybody calls it
    lh = adjoint(l)
    half = triangular(l, a, lower=True) if kind == 1 else a @ l
    c = adjoint(triangular(l, adjoint(half), lower=True)) if kind == 1 else lh @ half
    w, y = picked(symmetric_eigen(0.5 * (c + adjoint(c))))
    return w, l @ y if kind == 3 else triangular(lh, y)


@for_values(sl.eigvalsh)
def eigvalsh(
    a: Any,
    b: Any = None,
    lower: bool = True,
    type: int = 1,  # noqa: A002  # SciPy's own name
    driver: Any = None,
    subset_by_index: Any = None,
) -> Any:
    """Eigenvalues of a Hermitian matrix, or of a pair, ascending."""
    options = {"lower": lower, "type": type, "subset_by_index": subset_by_index}
    return eigh(a, b, eigvals_only=True, **options)


@for_values(sl.eig)
def eig(a: Any, b: Any = None) -> tuple[Any, Any]:
    """Eigenvalues, always complex as SciPy's are, and right eigenvectors of length 1."""
    if b is not None:
        raise NoRuleError("eig: got a pair of matrices; it has no rule here; write eig(solve(b, a))")
    w, v = np.linalg.eig(square_of(a, "eig"))
    return w if is_complex(w) else w + 0j, v


@for_values(sl.eigvals)
def eigvals(a: Any, b: Any = None) -> Any:
    """Eigenvalues of square matrices, always complex as SciPy's are; of a pair, those of inv(b) @ a, in their order."""
    a = square_of(a, "eigvals")
    w = np.linalg.eigvals(a if b is None else np.linalg.solve(square_of(b, "eigvals"), a))
    return w if is_complex(w) else w + 0j
