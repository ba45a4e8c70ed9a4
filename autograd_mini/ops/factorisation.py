"""Factorisations of matrices of shape (..., m, n): cholesky, qr, eigenvalues, singular values.

A function that reads one triangle of a symmetric (Hermitian) matrix, as NumPy's `cholesky` and `eigh`
do, has its derivative in that triangle: the symmetric gradient on symmetric matrices is half the sum
of it and its transpose. Eigenvectors and singular vectors have a derivative where their eigenvalues
differ; where they do not, one is given if the result is the same for every choice of the vectors.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Walter and Lehmann, "Algorithmic differentiation of linear algebra functions
with application in optimum experimental design" (2010). Formulas for complex matrices follow from the
same differentials.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..errors import DegenerateError, NoRuleError, UsageError
from ..primitive import composite, primitive
from ..record import shape_of
from .elementwise import absolute, conjugated, is_complex
from .indexing import picked, take_along_axis
from .operands import data_of

SVDResult: Any = type(np.linalg.svd(np.eye(1)))
QRResult: Any = type(np.linalg.qr(np.eye(1)))
EigResult: Any = type(np.linalg.eig(np.eye(1)))
EighResult: Any = type(np.linalg.eigh(np.eye(1)))


# ---- what the rules are written in; on arrays and on Values alike


def adjoint(x: Any) -> Any:
    """The conjugate of the transposed matrices."""
    return conjugated(np.swapaxes(x, -1, -2))


def on_diagonal(d: Any) -> Any:
    """Matrices with these numbers on their diagonals, to be added to others.  (..., n) -> (..., n, n)"""
    return d[..., None, :] * np.eye(shape_of(d)[-1], dtype=bool)


def wide(g: Any, axes: int = 2) -> Any:
    """`g` with axes of length 1 behind: a number for each matrix of a stack."""
    return np.reshape(g, (*shape_of(g), *(1,) * axes))


def precision(x: Any) -> float:
    """The rounding error of the dtype of `x`."""
    return float(np.finfo(x.dtype).eps)


def total(*terms: Any) -> Any:
    """The sum of the terms that are not None."""
    return reduce(lambda a, b: a + b, [t for t in terms if t is not None])


def from_triangle(x: Any, lower: bool) -> Any:
    """The Hermitian matrix that one triangle of `x` stands for."""
    half = np.tril(x, -1) if lower else np.triu(x, 1)
    return half + adjoint(half) + real_part(x) * np.eye(shape_of(x)[-1], dtype=bool)


def in_triangle(g: Any, lower: bool) -> Any:
    """The transpose of `from_triangle`."""
    both = g + adjoint(g)
    half = np.tril(both, -1) if lower else np.triu(both, 1)
    return half + real_part(g) * np.eye(shape_of(g)[-1], dtype=bool)


def real_part(x: Any) -> Any:
    """The real part; real numbers as they are."""
    return np.real(x) if is_complex(x) else x


def check_independent(where: str, values: Any, pairs: Any, dependence: Any, scale: Any) -> None:
    """Raise if a result depends on which vectors belong to coinciding eigenvalues (or singular values).

    pairs: where they coincide; dependence: by how much the result changes when those two turn.
    """
    found, size = np.abs(data_of(dependence)), np.abs(data_of(scale))
    allowed = 1e3 * found.shape[-1] * precision(found) * size.max(initial=0.0)
    bad = pairs & (found > allowed)
    if bad.any():
        *stacked, i, j = (int(k) for k in np.argwhere(bad)[0])
        values = data_of(values)[tuple(stacked)]
        i, j = sorted((min(i, values.size - 1), min(j, values.size - 1)))
        raise DegenerateError(
            f"{where}: numbers {i} and {j}, {values[i]:.6g} and {values[j]:.6g}, are {abs(values[i] - values[j]):.1e} "
            "apart; the vectors of two that coincide have no derivative, and this result depends on them; "
            "use the eigenvalues alone, or a function that is the same for every choice of these vectors"
        )


def apart(values: Any) -> tuple[Any, Any]:
    """1 / (v[j] - v[i]) for the pairs (i, j) of values that differ, 0 for the others; and where those are.

    The diagonal is 0, and is no pair.
    """
    gap = values[..., None, :] - values[..., :, None]
    raw = np.abs(data_of(values))
    n = raw.shape[-1]
    near = 10 * n * precision(raw) * raw.max(-1, initial=0.0)[..., None, None]
    same = np.abs(data_of(gap)) <= near
    return np.logical_not(same) / (gap + same), same & ~np.eye(n, dtype=bool)


def pinned_rows(vectors: Any, row: int | None) -> Any:
    """For each column, a mask of the row that LAPACK makes real; none where that cannot be told.

    row: which it is; the row of the largest element when None. It fixes the phase of complex vectors.
    """
    v = data_of(vectors)
    eps = precision(v)
    is_real = np.abs(v.imag) <= 4 * eps
    size = np.abs(v) * is_real
    if row is not None:
        mask = np.zeros(v.shape, bool)
        mask[..., row, :] = True
        mask &= is_real.all(-1, keepdims=True)
    else:
        mask = np.arange(v.shape[-2])[:, None] == size.argmax(-2)[..., None, :]
    return mask & (size > eps**0.5)


def phase_kept(g: Any, turn: Any, vectors: Any, mask: Any, where: str) -> Any:
    """The cotangent of complex vectors, less the part that a change of their phases would have.

    turn: by how much the result changes when column i turns by a phase. LAPACK's phase makes one
    row real, so a vector turns back by what would make that row complex.
    """
    free = ~mask.any(-2)
    found = np.abs(data_of(turn))
    allowed = 1e3 * found.shape[-1] * precision(found) * np.abs(data_of(g)).max(initial=0.0)
    if (free & (found > allowed)).any():
        raise DegenerateError(
            f"{where}: the result depends on the phase of complex vectors; it is arbitrary; "
            "use a function of absolute values, or of products of a vector with its conjugate"
        )
    pivot = np.sum(np.real(vectors) * mask, axis=-2)
    return g - 1j * (mask * (turn / (pivot + free))[..., None, :])


def turned(t: Any, vectors: Any, mask: Any) -> Any:
    """The tangent of complex vectors, each turned so that the row that LAPACK makes real stays real."""
    pivot = np.sum(np.real(vectors) * mask, axis=-2)
    angle = -np.sum(np.imag(t) * mask, axis=-2) / (pivot + ~mask.any(-2))
    return t + 1j * (vectors * angle[..., None, :])


def lost(t: Any, pairs: Any, mixing: Any) -> Any:
    """The tangent of vectors, nan in those columns that a direction tears out of an eigenspace.

    mixing: what the direction does to each pair of vectors.
    """
    size = np.abs(data_of(mixing))
    torn = (pairs & (size > 1e3 * size.shape[-1] * precision(size) * size.max(initial=0.0))).any(-2)
    return np.where(torn[..., None, :], np.array(np.nan, t.dtype), t) if torn.any() else t


# ---- triangular factors


def positive_definite(a: Any, *shape: int) -> Any:
    """Samples: symmetric matrices with well separated eigenvalues."""
    x = a(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.diag(4.0 + np.arange(shape[-1]))


@primitive(
    np.linalg.cholesky,
    samples=lambda a: [
        (positive_definite(a, 3, 3),),
        (positive_definite(a, 2, 2, 2),),
        (positive_definite(a, 3, 3), {"upper": True}),
        (positive_definite(a, 1, 1),),
    ],
)
def cholesky(a: Any, /, upper: bool = False) -> Any:
    """The triangular factor of a positive definite matrix, of which it reads that triangle.

    (..., n, n) -> (..., n, n)
    """
    return np.linalg.cholesky(a, upper=upper)


@cholesky.vjp
def _(g: Any, y: Any, a: Any, upper: bool) -> Any:
    if upper:
        g, y = adjoint(g), adjoint(y)
    yh = adjoint(y)
    p = yh @ g
    half = np.tril(p, -1) + 0.5 * real_part(p) * np.eye(shape_of(p)[-1], dtype=bool)
    s = np.linalg.solve(yh, adjoint(np.linalg.solve(yh, adjoint(half))))
    return in_triangle(s, lower=not upper)


@primitive(name="qr")
def orthogonal_triangular(a: Any, /, complete: bool = False) -> Any:
    """Orthonormal columns q and an upper triangle r with a = q @ r."""
    return tuple(np.linalg.qr(a, "complete" if complete else "reduced"))


@orthogonal_triangular.vjp
def _(g: Any, y: Any, a: Any, complete: bool) -> Any:
    m, n = shape_of(a)[-2:]
    gq, gr = g
    q, r = picked(y)
    if complete and m > n:
        q, gq = without_complement("qr", q, gq, n)
        r, gr = r[..., :n, :], None if gr is None else gr[..., :n, :]
    if m >= n:
        return of_tall(gq, gr, q, r)
    # a = [x, z] with square x = q @ u, and z = q @ v.
    z, u = a[..., m:], r[..., :m]
    gu, gv = (None, None) if gr is None else (gr[..., :m], gr[..., m:])
    gz = np.zeros_like(data_of(z)) if gv is None else q @ gv
    gq = gq if gv is None else total(gq, z @ adjoint(gv))
    return np.concatenate([of_tall(gq, gu, q, u), gz], axis=-1)


def of_tall(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """The cotangent of a = q @ r, r square, of which LAPACK makes the diagonal real."""
    w = total(None if gq is None else adjoint(q) @ gq, None if gr is None else -(gr @ adjoint(r)))
    skew = w - adjoint(w)
    t = np.tril(skew, -1) + (0.5 * skew * np.eye(shape_of(r)[-1], dtype=bool) if is_complex(r) else 0)
    return adjoint(np.linalg.solve(r, adjoint(total(gq, q @ (t - w)))))


def without_complement(where: str, q: Any, g: Any, n: int) -> tuple[Any, Any]:
    """The first n of orthonormal columns, and a cotangent of them that stands for that of all.

    The others span the complement: the result must be the same for each basis of it.
    """
    first = q[..., :n]
    if g is None:
        return first, None
    rest, g_rest = q[..., n:], g[..., n:]
    x = adjoint(rest) @ g_rest
    skew = np.abs(data_of(x - adjoint(x)))
    if (skew > 1e3 * shape_of(q)[-1] * precision(skew) * np.abs(data_of(g)).max(initial=0.0)).any():
        raise DegenerateError(
            f"{where}: the result depends on the basis of the {shape_of(q)[-1] - n} columns that complete {n}; "
            "any other would do as well; use the reduced form, or a function that is the same for every basis"
        )
    return first, g[..., :n] - rest @ (adjoint(g_rest) @ first)


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Orthonormal columns and an upper triangle: of (..., m, n), the first n columns must be independent.

    mode: "reduced", "complete" or "r"; "raw" has no rule.
    """
    if mode not in {"reduced", "complete", "r"}:
        raise NoRuleError(f'qr: got mode={mode!r}; its derivative is known for "reduced", "complete" and "r"')
    result = QRResult(*picked(orthogonal_triangular(a, complete=mode == "complete")))
    return result.R if mode == "r" else result


# ---- eigenvalues


@primitive(name="eigh")
def symmetric_eigen(a: Any, /, lower: bool = True) -> Any:
    """Eigenvalues, ascending, and eigenvectors of a Hermitian matrix, of which it reads one triangle."""
    return tuple(np.linalg.eigh(a, "L" if lower else "U"))


def check_eigen(where: str, gw: Any, w: Any, x: Any, pairs: Any, *turning: tuple[Any, Any]) -> None:
    """Raise unless the result is the same for every choice of the vectors of coinciding eigenvalues.

    x: the vectors' adjoint times their cotangent. turning: what turns together, vectors and their cotangent.
    With a cotangent of the eigenvalues too, the result may be a function of the matrix, whose derivative is not
    known from these: then nothing may couple two such vectors. Vectors without a common element turn into each
    other through a point where every symmetric function is stationary, so nothing can be told from x.
    """
    if pairs.any():
        xh, scale = adjoint(x), total(*(np.abs(data_of(g)).max(initial=0.0) for _, g in turning))
        check_independent(where, w, pairs, x - xh, scale)
        if gw is not None:
            check_independent(where, w, pairs, x + xh, scale)
        used = total(*(np.abs(data_of(g)).max(-2, initial=0.0) for _, g in turning))
        common = total(*(adjoint(np.abs(data_of(v))) @ np.abs(data_of(v)) for v, _ in turning))
        aloof = pairs & (common <= 10 * common.shape[-1] * precision(common))
        check_independent(where, w, aloof, used[..., None, :] + used[..., :, None], scale)


@symmetric_eigen.vjp
def _(g: Any, y: Any, a: Any, lower: bool) -> Any:
    gw, gv = g
    w, v = picked(y)
    vh = adjoint(v)
    inner = None if gw is None else on_diagonal(gw)
    if gv is not None:
        if is_complex(v):
            turn = np.imag(np.sum(np.conjugate(v) * gv, axis=-2))
            gv = phase_kept(gv, turn, v, pinned_rows(v, 0 if lower else -1), "eigh")
        f, pairs = apart(w)
        x = vh @ gv
        check_eigen("eigh", gw, w, x, pairs, (v, gv))
        inner = total(inner, f * x)
    return None if inner is None else in_triangle(v @ inner @ vh, lower)


def eigh_tangents(t: Any, y: Any, a: Any, lower: bool) -> Any:
    """The tangents of eigenvalues and eigenvectors."""
    w, v = picked(y)
    e = adjoint(v) @ from_triangle(t, lower) @ v
    f, pairs = apart(w)
    dv = v @ (f * e)
    if is_complex(v):
        dv = turned(dv, v, pinned_rows(v, 0 if lower else -1))
    return real_part(np.diagonal(e, axis1=-2, axis2=-1)), lost(dv, pairs, e)


symmetric_eigen.jvps = (eigh_tangents,)


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803  # NumPy's own name
    """Eigenvalues, ascending, and eigenvectors of Hermitian matrices.  (..., n, n) -> (..., n), (..., n, n)

    It reads the triangle UPLO; the derivative lies there. Eigenvalues have finite derivatives everywhere.
    Complex eigenvectors have LAPACK's phase, in which the first row ("L") or the last one ("U") is real.
    """
    return EighResult(*picked(symmetric_eigen(a, lower=triangle(UPLO))))


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803  # NumPy's own name
    """Eigenvalues of Hermitian matrices, ascending.  (..., n, n) -> (..., n)"""
    return picked(symmetric_eigen(a, lower=triangle(UPLO)))[0]


def triangle(uplo: str) -> bool:
    """Whether it is the lower one."""
    if uplo.upper() not in {"L", "U"}:
        raise UsageError(f'eigh: got UPLO={uplo!r}; it is "L" or "U"')
    return uplo.upper() == "L"


@primitive(name="eig")
def eigen(a: Any, /) -> Any:
    """Eigenvalues and right eigenvectors of length 1."""
    return tuple(np.linalg.eig(a))


@eigen.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    gw, gv = g
    w, v = picked(y)
    vh = adjoint(v)
    inner = None if gw is None else on_diagonal(gw)
    if gv is not None:
        along = np.sum(conjugated(v) * gv, axis=-2)
        whole = gv
        if is_complex(v):
            gv = phase_kept(gv, np.imag(along), v, pinned_rows(v, None), "eig")
        f, pairs = apart(w)
        x = vh @ (gv - v * real_part(along)[..., None, :])
        check_eigen("eig", True, w, x, pairs, (v, whole))
        inner = total(inner, conjugated(f) * x)
    return None if inner is None else np.linalg.solve(vh, inner @ vh)


def eig_tangents(t: Any, y: Any, a: Any) -> Any:
    """The tangents of eigenvalues and eigenvectors."""
    w, v = picked(y)
    e = np.linalg.solve(v, t @ v)
    f, pairs = apart(w)
    dv = v @ (f * e)
    dv = dv - v * real_part(np.sum(conjugated(v) * dv, axis=-2))[..., None, :]
    if is_complex(v):
        dv = turned(dv, v, pinned_rows(v, None))
    return np.diagonal(e, axis1=-2, axis2=-1), lost(dv, pairs, e)


eigen.jvps = (eig_tangents,)


@composite(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and right eigenvectors of square matrices.  (..., n, n) -> (..., n), (..., n, n)

    The vectors have length 1 and, if complex, LAPACK's phase, in which the largest element is real.
    """
    return EigResult(*picked(eigen(a)))


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues of square matrices.  (..., n, n) -> (..., n)"""
    return picked(eigen(a))[0]


# ---- singular values


@primitive(name="svd")
def singular(a: Any, /, full_matrices: bool = True) -> Any:
    """U, s and vh with a = u @ diag(s) @ vh."""
    return tuple(np.linalg.svd(a, full_matrices))


def real_row(u: Any, vh: Any) -> tuple[Any, Any]:
    """The rows that LAPACK makes real, which fix the common phases of u and v; in one of the two."""
    in_u, in_v = pinned_rows(u, 0), pinned_rows(adjoint(vh), 0)
    is_v = in_v.any() and (np.abs(data_of(vh)[..., 0].imag) <= 4 * precision(data_of(vh))).all()
    return (in_u & False, in_v) if is_v else (in_u, in_v & False)


def reciprocals(s: Any) -> tuple[Any, Any]:
    """1 / s where s is not 0, else 0; and where it is 0."""
    raw = data_of(s)
    zero = raw <= 10 * raw.shape[-1] * precision(raw) * raw.max(-1, initial=0.0)[..., None]
    return np.logical_not(zero) / (s + zero), zero


def sums(s: Any) -> tuple[Any, Any]:
    """1 / (s[i] + s[j]), or 0 where both are 0; and where they are."""
    raw = data_of(s)
    both = s[..., None, :] + s[..., :, None]
    zero = data_of(both) <= 10 * raw.shape[-1] * precision(raw) * raw.max(-1, initial=0.0)[..., None, None]
    return np.logical_not(zero) / (both + zero), zero


@singular.vjp
def _(g: Any, y: Any, a: Any, full_matrices: bool) -> Any:
    gu, gs, gvh = g
    u, s, vh = picked(y)
    k = shape_of(s)[-1]
    gv = None if gvh is None else adjoint(gvh)
    v = adjoint(vh)
    u, gu = without_complement("svd", u, gu, k) if shape_of(u)[-1] > k else (u, gu)
    v, gv = without_complement("svd", v, gv, k) if shape_of(v)[-1] > k else (v, gv)
    vh = adjoint(v)
    if gu is None and gv is None:
        return None if gs is None else (u * gs[..., None, :]) @ vh
    gu = np.zeros_like(data_of(u)) if gu is None else gu
    gv = np.zeros_like(data_of(v)) if gv is None else gv
    if is_complex(u):
        turn = np.imag(np.sum(np.conjugate(u) * gu, axis=-2) + np.sum(np.conjugate(v) * gv, axis=-2))
        in_u, in_v = real_row(u, vh)
        if in_v.any():
            gv = phase_kept(gv, turn, v, in_v, "svd")
        else:
            gu = phase_kept(gu, turn, u, in_u, "svd")
    x, z = adjoint(u) @ gu, vh @ gv
    # The sum of the two rotations u'du + v'dv is (e + e') / (s[j] - s[i]) for e = u' da v, their difference
    # (e - e') / (s[i] + s[j]).
    f, pairs = apart(s)
    over, zeros = sums(s)
    size = total(np.abs(data_of(gu)).max(initial=0.0), np.abs(data_of(gv)).max(initial=0.0))
    check_eigen("svd", gs, s, x + z, pairs, (u, gu), (v, gv))
    if zeros.any():
        check_independent("svd", s, zeros, (x - z) - adjoint(x - z), size)
    both, difference = f * (x + z), over * (x - z)
    inner = 0.5 * (both + adjoint(both) + difference - adjoint(difference))
    c = u @ (inner if gs is None else inner + on_diagonal(gs)) @ vh
    m, n = shape_of(a)[-2:]
    if m == n:
        return c
    upon, zero = reciprocals(s)
    # What leaves the span of u (of v).
    away = (gu - u @ x) if m > n else (gv - v @ z)
    if zero.any():
        check_independent("svd", s, zero[..., None, :], away, size)
    away = away * upon[..., None, :]
    return c + (away @ vh if m > n else u @ adjoint(away))


def svd_tangents(t: Any, y: Any, a: Any, full_matrices: bool) -> Any:
    """The tangents of u, s and vh."""
    all_u, s, all_vh = picked(y)
    k = shape_of(s)[-1]
    all_v = adjoint(all_vh)
    u, v = all_u[..., :k], all_v[..., :k]
    e = adjoint(u) @ t @ v
    eh = adjoint(e)
    f, pairs = apart(s)
    over, zeros = sums(s)
    both, difference = f * (e + eh), over * (e - eh)
    du, dv = u @ (0.5 * (both + difference)), v @ (0.5 * (both - difference))
    upon, _ = reciprocals(s)
    m, n = shape_of(a)[-2:]
    if m > n:
        tv = t @ v
        du = du + (tv - u @ (adjoint(u) @ tv)) * upon[..., None, :]
    if m < n:
        tu = adjoint(t) @ u
        dv = dv + (tu - v @ (adjoint(v) @ tu)) * upon[..., None, :]
    if is_complex(u):
        in_u, in_v = real_row(u, adjoint(v))
        mask, leading, tangent = (in_v, v, dv) if in_v.any() else (in_u, u, du)
        pivot = np.sum(np.real(leading) * mask, axis=-2)
        angle = -np.sum(np.imag(tangent) * mask, axis=-2) / (pivot + ~mask.any(-2))
        du, dv = (d + 1j * (w * angle[..., None, :]) for d, w in ((du, u), (dv, v)))
    du, dv = (lost(lost(d, pairs, e + eh), zeros, e - eh) for d in (du, dv))
    du, dv = with_complement(du, all_u, k), with_complement(dv, all_v, k)
    return du, real_part(np.diagonal(e, axis1=-2, axis2=-1)), adjoint(dv)


singular.jvps = (svd_tangents,)


def with_complement(t: Any, columns: Any, k: int) -> Any:
    """The tangents of the first k of orthonormal columns, and of those that complete them, which do not turn."""
    if shape_of(columns)[-1] == k:
        return t
    rest = -(columns[..., :k] @ (adjoint(t) @ columns[..., k:]))
    return np.concatenate([t, rest], axis=-1)


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular values, descending, and vectors.  (..., m, n) -> (..., m, k), (..., k), (..., k, n), k = min(m, n)

    Singular values have finite derivatives everywhere; vectors where singular values differ, and are not 0 for
    a matrix that is not square. Complex vectors have LAPACK's phase, in which the first row of v is real; of u,
    for a wide matrix.
    """
    if hermitian:
        return svd_by_eigen(a, compute_uv)
    result = SVDResult(*picked(singular(a, full_matrices=full_matrices and compute_uv)))
    return result if compute_uv else result.S


def svd_by_eigen(a: Any, compute_uv: bool) -> Any:
    """The decomposition of Hermitian matrices."""
    w, v = eigh(a)
    s = absolute(w)
    order = np.argsort(data_of(s))[..., ::-1]
    s = take_along_axis(s, order, -1)
    if not compute_uv:
        return s
    u = take_along_axis(v, order[..., None, :], -1)
    signs = np.take_along_axis(np.sign(data_of(w)), order, -1)
    return SVDResult(u, s, adjoint(u * signs[..., None, :]))


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values, descending.  (..., m, n) -> (..., min(m, n))"""
    return picked(singular(x, full_matrices=False))[1]
