"""Forms that a rotation brings a matrix to, and bases of its spaces.

For a = z @ t @ z' with a unitary z, w = z' dz is skew, and dt = z' da z - w t + t w: the elements that t must not
have are 0 there, which determines w.

Source: the differentials are those of Higham, "Functions of Matrices" (2008), section 8.9, for the polar form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import DegenerateError, NoRuleError, UsageError
from ...ops.elementwise import conjugated, is_complex
from ...ops.factorisation import adjoint, orthogonal_triangular, precision, singular, total
from ...ops.indexing import picked
from ...ops.norms import length
from ...ops.operands import data_of
from ...primitive import primitive
from ...record import shape_of
from ..answers import for_values
from .factors import eigh
from .systems import floats, solve_equation, square_of, stacked, triangular

# ---- Schur


@primitive(name="linalg.schur", samples=lambda a: [])
def triangulated(a: Any, /, output: str = "real") -> Any:
    """The triangle and the unitary matrix."""
    return stacked(lambda x: sl.schur(x, output, check_finite=False), a)


@triangulated.vjp
def _(g: Any, y: Any, a: Any, output: str) -> Any:
    gt, gz = g
    t, z = picked(y)
    zh, th = adjoint(z), adjoint(t)
    inner = None if gt is None else gt
    turn = total(None if gz is None else zh @ gz, None if gt is None else th @ gt - gt @ th)
    skew = turn - adjoint(turn)
    raw = data_of(skew)
    size = 1e3 * raw.shape[-1] * precision(raw) * max(np.abs(data_of(x)).max(initial=0.0) for x in g if x is not None)
    if np.abs(np.diagonal(raw, axis1=-2, axis2=-1)).max(initial=0.0) > size:
        raise DegenerateError(
            "schur: the result depends on the phases of the vectors, which are arbitrary; "
            "use a function of absolute values, or of products of a vector with its conjugate"
        )
    if (np.abs(np.tril(raw, -1)) > size).any():
        inner = total(inner, rotation(t, np.tril(skew, -1)))
    return z @ inner @ zh if inner is not None else None


def rotation(t: Any, x: Any) -> Any:
    """The strictly lower y for which the strictly lower part of y t' - t' y is x: columns from the last one."""
    n = shape_of(t)[-1]
    values = np.diagonal(data_of(t), axis1=-2, axis2=-1)
    gap = np.where(np.eye(n, dtype=bool), np.inf, np.abs(values[..., None, :] - values[..., :, None]))
    if gap.min(initial=np.inf) <= 10 * n * precision(data_of(t)) * np.abs(values).max(initial=0.0):
        raise DegenerateError(
            f"schur: two eigenvalues are {gap.min():.1e} apart; the vectors of two that coincide have no derivative, "
            "and this result depends on them; use the eigenvalues alone"
        )
    th = adjoint(t)
    columns: list[Any] = []  # the last one first; column j holds the rows below j
    for j in range(n - 2, -1, -1):
        known = x[..., j + 1 :, j : j + 1]
        for k, y in enumerate(reversed(columns)):  # column j + 1 + k
            c = j + 1 + k
            known = known - np.concatenate(
                [np.zeros_like(data_of(known))[..., : c - j, :], y * th[..., c : c + 1, j : j + 1]], -2
            )
        part = th[..., j : j + 1, j : j + 1] * np.eye(n - j - 1) - th[..., j + 1 :, j + 1 :]
        columns.append(triangular(part, known, lower=True))
    whole = [
        np.concatenate([np.zeros_like(data_of(x))[..., : n - shape_of(y)[-2], :1], y], -2) for y in reversed(columns)
    ]
    return np.concatenate([*whole, np.zeros_like(data_of(x))[..., :1]], -1)


@for_values(sl.schur)
def schur(a: Any, output: str = "real") -> tuple[Any, Any]:
    """The triangle t and the unitary z with a = z @ t @ z'; for eigenvalues that differ.

    Real matrices with complex eigenvalues have a triangle, and a derivative here, with output="complex" only.
    """
    a = square_of(a, "schur")
    if output not in {"real", "r", "complex", "c"}:
        raise UsageError(f'schur: got output={output!r}; it must be "real" or "complex"; choose one')
    if output[0] == "c" and not is_complex(a):
        a = a + 0j
    t, z = picked(triangulated(a, output="complex" if is_complex(a) else "real"))
    if not is_complex(a) and np.any(np.diagonal(data_of(t), -1, -2, -1)):
        raise NoRuleError(
            'schur: got a real matrix with complex eigenvalues, which output="real" leaves as blocks; '
            'blocks have no rule; write schur(a, output="complex")'
        )
    return t, z


# ---- Hessenberg


@for_values(sl.hessenberg)
def hessenberg(a: Any, calc_q: bool = False) -> Any:
    """The form that is 0 below the first subdiagonal, by reflections; with calc_q, (h, q) of a = q @ h @ q'."""
    h = square_of(a, "hessenberg")
    n = shape_of(h)[-1]
    q = np.eye(n, dtype=h.dtype)
    small = precision(data_of(h)) * np.abs(data_of(h)).max((-1, -2), initial=0.0)
    for k in range(n - 1 if is_complex(h) else n - 2):
        x = h[..., k + 1 :, k]
        first, rest = data_of(x)[..., 0], data_of(x)[..., 1:]
        if (np.maximum(np.abs(rest).max(-1, initial=0.0), np.abs(first.imag)) <= small).any():
            raise DegenerateError(
                f"hessenberg: column {k} is 0 below the subdiagonal already; the sign of what a change would bring "
                "there is open, so there is no derivative; use the matrix as it is"
            )
        beta = -np.where(first.real < 0, -1.0, 1.0) * length(x, -1)
        tail = x[..., 1:] / (x[..., :1] - beta[..., None])
        v = np.concatenate([np.ones_like(data_of(x))[..., :1], tail], -1)
        column, row = v[..., None], adjoint(v[..., None])
        scale = ((beta - x[..., 0]) / beta)[..., None, None]
        # The reflection is 1 - scale v v'; its adjoint comes from the left.
        left = h[..., k + 1 :, :]
        h = np.concatenate([h[..., : k + 1, :], left - conjugated(scale) * (column @ (row @ left))], -2)
        h = np.concatenate([h[..., : k + 1], reflected(h[..., k + 1 :], scale, column, row)], -1)
        if calc_q:
            whole = np.broadcast_to(q, (*shape_of(h)[:-2], n, n))
            q = np.concatenate([whole[..., : k + 1], reflected(whole[..., k + 1 :], scale, column, row)], -1)
    h = np.triu(h, -1)
    return (h, q) if calc_q else h


def reflected(x: Any, scale: Any, column: Any, row: Any) -> Any:
    """X times the reflection."""
    return x - scale * ((x @ column) @ row)


# ---- the polar form


def of_full_rank(a: Any, *shape: int) -> Any:
    """Samples: tall matrices."""
    return a(*shape) + 3 * np.eye(*shape[-2:])


@primitive(name="linalg.polar", samples=lambda a: [])
def right_polar(a: Any, /) -> Any:
    """Orthonormal columns u and the positive p with a = u @ p, of tall matrices."""
    return stacked(sl.polar, a)


@right_polar.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    # For w = u' du: w p + p w = u' da - da' u, and dp = u' da - w p.
    gu, gp = g
    u, p = picked(y)
    uh = adjoint(u)
    turn = total(None if gu is None else uh @ gu, None if gp is None else -(gp @ p))
    z = solve_equation(p, p, turn)
    ga = total(u @ (z - adjoint(z)), None if gp is None else u @ gp)
    m, n = shape_of(a)[-2:]
    if gu is None or m == n:
        return ga
    return ga + adjoint(np.linalg.solve(p, adjoint(gu - u @ (uh @ gu))))


@for_values(sl.polar)
def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """U and the positive p with a = u @ p, or p @ u for side="left"; the rank of `a` must be full."""
    if side not in {"right", "left"}:
        raise UsageError(f'polar: got side={side!r}; it must be "right" or "left"; choose one')
    a = floats(a)
    m, n = shape_of(a)[-2:]
    u, p = picked(right_polar(a if m >= n else adjoint(a)))
    if m < n:
        return adjoint(u), (p if side == "left" else u @ p @ adjoint(u))
    return u, (p if side == "right" else u @ p @ adjoint(u))


@for_values(sl.orthogonal_procrustes)
def orthogonal_procrustes(A: Any, B: Any) -> tuple[Any, Any]:  # noqa: N803  # SciPy's own name
    """The orthogonal r for which the length of A @ r - B is least, and the sum of the singular values of A' @ B."""
    r, p = polar(adjoint(floats(A)) @ floats(B))
    return r, np.real(np.trace(p))


# ---- spaces


def rank_of(a: Any, rcond: float | None) -> int:
    """How many singular values count."""
    s = np.linalg.svd(data_of(a), compute_uv=False)
    share = max(shape_of(a)) * precision(data_of(a)) if rcond is None else rcond
    return int((s > share * s.max(initial=0.0)).sum())


@for_values(sl.orth)
def orth(A: Any, rcond: float | None = None) -> Any:  # noqa: N803  # SciPy's own name
    """Orthonormal columns that span what A reaches: its left singular vectors."""
    a = floats(A)
    return picked(singular(a, full_matrices=False))[0][..., : rank_of(a, rcond)]


@for_values(sl.null_space)
def null_space(A: Any, rcond: float | None = None) -> Any:  # noqa: N803  # SciPy's own name
    """Orthonormal columns that span what A takes to 0; the result must be the same for every basis of it."""
    a = floats(A)
    return adjoint(picked(singular(a, full_matrices=True))[2][..., rank_of(a, rcond) :, :])


@for_values(sl.subspace_angles)
def subspace_angles(A: Any, B: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The angles between the spaces that the columns of A and of B span, descending.

    From the cosines where those are small, else from the sines, as Knyazev and Argentati (2002) have it.
    """
    p, q = (picked(orthogonal_triangular(floats(x)))[0] for x in (A, B))
    if shape_of(p)[-1] < shape_of(q)[-1]:
        p, q = q, p
    cosines = np.linalg.svdvals(adjoint(p) @ q)[..., ::-1]
    sines = np.linalg.svdvals(q - p @ (adjoint(p) @ q))
    near = np.greater_equal(data_of(cosines) ** 2, 0.5)
    return np.where(near, np.arcsin(np.where(near, sines, 0.0)), np.arccos(np.where(near, 0.0, cosines)))


# ---- eigenvalues of banded matrices, by the whole matrix


@for_values(sl.eigh_tridiagonal, always=True)
def eigh_tridiagonal(d: Any, e: Any, eigvals_only: bool = False) -> Any:
    """Eigenvalues and vectors of a symmetric matrix with the diagonal d and the subdiagonal e."""
    d, e = floats(d), floats(e)
    return eigh(np.diag(d) + np.diag(e, 1) + np.diag(e, -1), eigvals_only=eigvals_only)


@for_values(sl.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal(d: Any, e: Any) -> Any:
    """Eigenvalues of a symmetric matrix with the diagonal d and the subdiagonal e."""
    return eigh_tridiagonal(d, e, eigvals_only=True)


@for_values(sl.eig_banded, always=True)
def eig_banded(a_band: Any, lower: bool = False, eigvals_only: bool = False) -> Any:
    """Eigenvalues and vectors of a Hermitian matrix, given by one half of its diagonals."""
    band = floats(a_band)
    width, n = shape_of(band)[0] - 1, shape_of(band)[1]
    rows = [band[k if lower else width - k] for k in range(width + 1)]
    parts = [np.diag(row[: n - k] if lower else row[k:], -k if lower else k) for k, row in enumerate(rows)]
    return eigh(sum(parts[1:], parts[0]), lower=lower, eigvals_only=eigvals_only)


@for_values(sl.eigvals_banded)
def eigvals_banded(a_band: Any, lower: bool = False) -> Any:
    """Eigenvalues of a Hermitian matrix, given by one half of its diagonals."""
    return eig_banded(a_band, lower=lower, eigvals_only=True)
