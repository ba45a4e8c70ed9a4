"""Linear algebra: np.linalg, over stacks of matrices of shape (..., m, n).

A function that reads one triangle of a symmetric (Hermitian) matrix, as NumPy's `cholesky` and `eigh`
do, has its derivative in that triangle: the symmetric gradient on symmetric matrices is half the sum
of it and its transpose. Eigenvectors and singular vectors have a derivative where their eigenvalues
differ; where they do not, one is given if the result is the same for every choice of the vectors.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Walter and Lehmann, "Algorithmic differentiation of linear algebra functions
with application in optimum experimental design" (2010); Golub and Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems whose variables separate" (1973). Formulas for
complex matrices follow from the same differentials.
"""

from __future__ import annotations

from functools import reduce
from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import DegenerateError, NoRuleError, ShapeError
from ..primitive import composite, discrete, primitive
from ..record import Record, shape_of
from ..sweep import pullback
from .contraction import as_array, matmul, outer, tensordot, vecdot
from .elementwise import absolute, conjugated, is_complex, multiply
from .indexing import diagonal, picked, take_along_axis, trace
from .reduction import kept, max_, min_, sum_
from .shape import matrix_transpose, moveaxis, ravel, reshape, stack, transpose

Axis = int | tuple[int, ...] | None
add_reduce: Any = np.add.reduce
SVDResult: Any = type(np.linalg.svd(np.eye(1)))
QRResult: Any = type(np.linalg.qr(np.eye(1)))
EigResult: Any = type(np.linalg.eig(np.eye(1)))
EighResult: Any = type(np.linalg.eigh(np.eye(1)))
SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


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


def data_of(x: Any) -> Any:
    """The numbers of an array or a Value."""
    return x._data if isinstance(x, Record) else x


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


# ---- systems of equations


def positive_definite(a: Any, *shape: int) -> Any:
    """Samples: symmetric matrices with well separated eigenvalues."""
    x = a(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.diag(4.0 + np.arange(shape[-1]))


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


@least_squares.vjp_of_all
def _(g: Any, y: Any, a: Any, b: Any, rcond: float | None) -> tuple[Any, Any]:
    if len(shape_of(b)) == 1:
        ga, gb = least_squares.joint_vjp(g[:, None], y[:, None], a, b[:, None], rcond=rcond)
        return ga, gb[:, 0]
    p = np.linalg.pinv(a, rtol=relative(a, rcond))
    z = adjoint(p) @ g
    residual = b - a @ y
    ga = residual @ adjoint(p @ z) + adjoint(p) @ y @ adjoint(g - adjoint(a) @ z) - z @ adjoint(y)
    return ga, z


def relative(a: Any, rcond: float | None) -> float:
    """Below which part of the largest singular value another counts as 0, in `lstsq`."""
    return precision(a) * max(shape_of(a)) if rcond is None else max(rcond, 0.0)


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, int, Any]:
    """(x, sums of squared residuals, rank, singular values); the rank is a number without derivative."""
    a, b = as_array(a), as_array(b)
    x = least_squares(a, b, rcond=rcond)
    s = svdvals(a)
    m, n = shape_of(a)
    rank = int(np.sum(data_of(s) > relative(a, rcond) * data_of(s).max(initial=0.0)))
    columns = b - a @ x
    if len(shape_of(columns)) == 1:
        columns = reshape(columns, (-1, 1))
    squares = sum_(np.real(columns * conjugated(columns)), 0)
    return x, squares if rank == n < m else squares[:0], rank, s


AS_RCOND = "as rcond"  # NumPy tells an rtol that was not given from one that is None


@primitive(
    np.linalg.pinv,
    samples=lambda a: [
        (a(3, 2),),
        (a(2, 3),),
        (regular(a, 2, 3, 3),),
        (a(3, 1) * a(1, 3), {"rcond": 0.1}),
        (positive_definite(a, 3, 3), {"hermitian": True}),
    ],
)
def pinv(a: Any, /, rcond: Any = None, hermitian: bool = False, rtol: Any = AS_RCOND) -> Any:
    """The pseudo-inverse, differentiated as if its rank stayed as it is.  (..., m, n) -> (..., n, m)"""
    options = {} if rtol is AS_RCOND else {"rtol": rtol}
    return np.linalg.pinv(a, rcond, hermitian, **options)


@pinv.vjp
def _(g: Any, p: Any, a: Any, rcond: Any, hermitian: bool, rtol: Any) -> Any:
    if hermitian:
        a = from_triangle(a, lower=True)
    ph, gh = adjoint(p), adjoint(g)
    left, right = gh - a @ (p @ gh), gh - (gh @ p) @ a  # (1 - a p) g', g' (1 - p a)
    c = left @ p @ ph + ph @ p @ right - ph @ g @ ph
    return in_triangle(c, lower=True) if hermitian else c


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
    u, s, vh = np.linalg.svd(data_of(a))
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


# ---- factorisations


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


def check_eigen(where: str, gw: Any, w: Any, x: Any, pairs: Any, scale: Any) -> None:
    """Raise unless the result is the same for every choice of the vectors of coinciding eigenvalues.

    x: the vectors' adjoint times their cotangent. With a cotangent of the eigenvalues too, the result may be a
    function of the matrix, whose derivative is not known from these: then nothing may couple two such vectors.
    """
    if pairs.any():
        xh = adjoint(x)
        check_independent(where, w, pairs, x - xh, scale)
        if gw is not None:
            check_independent(where, w, pairs, x + xh, scale)


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
        check_eigen("eigh", gw, w, x, pairs, gv)
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
        raise ValueError(f'eigh: got UPLO={uplo!r}; it is "L" or "U"')
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
        if pairs.any():
            check_independent("eig", w, pairs, x, whole)
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
    check_eigen("svd", gs, s, x + z, pairs, size)
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


rank = discrete(
    np.linalg.matrix_rank,
    samples=lambda a: [(a(3, 2),), (a(2, 3, 3),), (a(3, 1) * a(1, 3),)],
    tol=None,
    hermitian=False,
    rtol=None,
)


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number in the matrix norm `p`; by singular values for None, 2 and -2."""
    if p is None or p in {2, -2}:
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))


# ---- norms


LENGTHS = lambda a: [(a(4),), (a(2, 3), 0), (a(2, 3), (0, 1), {"keepdims": True}), (a(2, 2),), (a(),)]  # one for both


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    """Every axis when None."""
    n = len(shape_of(x))
    return tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)


@primitive(samples=LENGTHS)
def length(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The Euclidean norm over `axis`; its derivative at 0 is 0, and its square is smooth there."""
    x = np.asarray(x)
    squares = x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x
    return np.sqrt(add_reduce(squares, axes_of(x, axis), None, None, keepdims))


@length.vjp
def _(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    axis = axes_of(x, axis)
    zero = np.equal(data_of(y), 0)
    slope = g / (y + zero)
    if zero.any():
        slope = np.where(zero, slope_at_zero(g, y), slope)
    return (wide(slope, len(axis)) if not shape_of(slope) else kept(slope, shape_of(x), axis, keepdims)) * x


def slope_at_zero(g: Any, y: Any) -> Any:
    """What g / y tends to where y is 0: the derivative of g by y, if g is recorded as a function of y, and 0 there."""
    if not isinstance(g, Record) or not isinstance(y, Record):
        return 0.0
    slope = pullback({g: np.ones(shape_of(g), g.dtype)[()]}, inputs=[y], recorded=True).get(y)  # type: ignore[attr-defined]  # of Values
    return 0.0 if slope is None else np.where(np.equal(data_of(g), 0), slope, 0.0)


@primitive(samples=lambda a: [(a(4), 3), (a(2, 3), 1.5, 0), (a(2, 3), -1.0, (0, 1), {"keepdims": True}), (a(3), 0.5)])
def power_norm(x: Any, /, order: float, axis: Axis = None, keepdims: bool = False) -> Any:
    """sum(|x|**order)**(1/order) over `axis`; its derivative is 0 where the result is."""
    x = np.asarray(x)
    return add_reduce(np.abs(x) ** order, axes_of(x, axis), None, None, keepdims) ** (1 / order)


@power_norm.vjp
def _(g: Any, y: Any, x: Any, order: float, axis: Axis, keepdims: bool) -> Any:
    shape, axis = shape_of(x), axes_of(x, axis)
    g, y = kept(g, shape, axis, keepdims), kept(y, shape, axis, keepdims)
    size = np.abs(x)
    none = np.equal(data_of(size), 0)
    direction = x / (size + none) if is_complex(x) else np.sign(x)
    ratio = (size + none) / (y + np.equal(data_of(y), 0))
    return g * direction * np.where(none, 0, ratio ** (order - 1))


def vector_norm_over(x: Any, order: Any, axis: Axis, keepdims: bool) -> Any:
    """The vector norm of that order over `axis`."""
    if order is None or order == 2:
        return length(x, axis, keepdims=keepdims)
    if order == np.inf:
        return max_(absolute(x), axis, keepdims=keepdims)
    if order == -np.inf:
        return min_(absolute(x), axis, keepdims=keepdims)
    if order == 0:
        return sum_(np.astype(np.not_equal(x, 0), absolute(x).dtype), axis, keepdims=keepdims)
    if order == 1:
        return sum_(absolute(x), axis, keepdims=keepdims)
    if isinstance(order, str):
        raise ValueError(f"norm: got ord={order!r} for vectors; it must be a number; give two axes for matrices")
    return power_norm(x, order, axis, keepdims=keepdims)


def matrix_norm_over(x: Any, order: Any, rows: int, columns: int, keepdims: bool) -> Any:
    """The matrix norm of that order over two axes."""
    n = len(shape_of(x))
    rows, columns = normalize_axis_index(rows, n), normalize_axis_index(columns, n)
    if order is None or order in {"fro", "f"}:
        return length(x, (rows, columns), keepdims=keepdims)
    if order in {1, -1, np.inf, -np.inf}:
        along, over = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums_ = sum_(absolute(x), along, keepdims=True)
        y = (max_ if order > 0 else min_)(sums_, over, keepdims=True)
    elif order in {2, -2, "nuc"}:
        s = svdvals(moveaxis(x, (rows, columns), (-2, -1)))
        y = sum_(s, -1) if order == "nuc" else s[..., 0 if order == 2 else -1]
        return np.expand_dims(y, (rows, columns)) if keepdims else y
    else:
        raise ValueError(f"norm: got ord={order!r} for matrices; it is 1, 2, inf, their negatives, 'fro' or 'nuc'")
    return y if keepdims else np.squeeze(y, (rows, columns))


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002  # NumPy's own name
    """The norm of that order of vectors (one axis) or matrices (two); of all elements when neither is given."""
    x = as_array(x)
    n = len(shape_of(x))
    if axis is None:
        if ord is None:
            return length(x, keepdims=keepdims)
        if n not in {1, 2}:
            raise ShapeError(f"norm: got shape {shape_of(x)} with ord={ord!r}; give one axis, or two for matrices")
        axis = tuple(range(n))
    axis = normalize_axis_tuple(axis, n)
    if len(axis) == 1:
        return vector_norm_over(x, ord, axis, keepdims)
    if len(axis) != 2:
        raise ShapeError(f"norm: got {len(axis)} axes; give one for vectors, or two for matrices; or use vector_norm")
    return matrix_norm_over(x, ord, *axis, keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002  # NumPy's own name
    """The vector norm over `axis`; of all elements when None."""
    return vector_norm_over(as_array(x), ord, axis, keepdims)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002  # NumPy's own name
    """The matrix norm of the last two axes."""
    return matrix_norm_over(as_array(x), ord, -2, -1, keepdims)


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
        raise ValueError(f"multi_dot: got {len(arrays)} arrays; two or more are needed; use the array itself")
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
