"""Systems of linear equations: general, triangular, factored, banded; and equations for a matrix.

For x = inv(a) @ b with cotangent g: that of b is z = inv(a)' @ g, that of a is -z @ x', in those elements of
`a` that are read.

Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.elementwise import conjugated, is_complex
from ...ops.factorisation import adjoint, from_triangle, precision
from ...ops.linalg import least_squares
from ...ops.linalg import lstsq as numpys_lstsq
from ...ops.operands import data_of
from ...primitive import discrete, primitive
from ...record import Record, shape_of
from ..answers import as_value, for_values

# ---- stacks of matrices


def stacked(f: Callable[..., Any], *arrays: Any, core: tuple[int, ...] = ()) -> Any:
    """`f` of each matrix in stacks that broadcast; `core` says how many axes each operand's own shape has."""
    axes = core or (2,) * len(arrays)
    if all(x.ndim == n for x, n in zip(arrays, axes, strict=True)):
        return f(*arrays)
    lead = np.broadcast_shapes(*(x.shape[: x.ndim - n] for x, n in zip(arrays, axes, strict=True)))
    whole = [np.broadcast_to(x, lead + x.shape[x.ndim - n :]) for x, n in zip(arrays, axes, strict=True)]
    if not all(lead):
        whole = [np.ones(x.shape[len(lead) :], x.dtype) for x in whole]
        y = f(*whole)
        parts = y if isinstance(y, tuple) else (y,)
        empty = tuple(np.empty(lead + p.shape, p.dtype) for p in parts)
        return empty if isinstance(y, tuple) else empty[0]
    results = [f(*(x[i] for x in whole)) for i in np.ndindex(lead)]
    if isinstance(results[0], tuple):
        return tuple(np.stack(part).reshape(lead + part[0].shape) for part in zip(*results, strict=True))
    return np.stack(results).reshape(lead + results[0].shape)


def square_of(a: Any, where: str) -> Any:
    """The operand as an array of square matrices; or ShapeError."""
    a = as_value(a)
    a = a if isinstance(a, Record) else np.asarray(a)
    shape = shape_of(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"{where}: got shape {shape}; square matrices are needed; reshape it")
    return a if a.dtype.kind in "fc" else np.astype(a, float)


def floats(x: Any) -> Any:
    """An array of real or complex numbers, or a Value; from lists of either."""
    x = as_value(x)
    x = x if isinstance(x, Record) else np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def as_columns(solve: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """`solve(a, b)` for b a vector (one axis), or columns of vectors."""
    if len(shape_of(b)) == 1:
        return solve(a, np.expand_dims(b, -1))[..., 0]
    return solve(a, b)


# ---- general and structured matrices

KINDS = {
    "general": "gen", "symmetric": "sym", "hermitian": "her", "positive definite": "pos",
    "lower triangular": "lower", "upper triangular": "upper", "banded": "gen", None: "gen",
}  # fmt: skip


def within(a: Any, width: int) -> Any:
    """The band of the matrix that is `width` diagonals wide on each side."""
    return np.tril(np.triu(a, -width), width)


def whole_of(a: Any, kind: str, lower: bool) -> Any:
    """The matrix that is meant, from the elements that are read."""
    if kind in ("her", "pos"):
        return from_triangle(a, lower)
    if kind == "sym":
        half = np.tril(a, -1) if lower else np.triu(a, 1)
        return half + np.swapaxes(half, -1, -2) + within(a, 0)
    if kind in ("diagonal", "tridiagonal"):
        return within(a, 0 if kind == "diagonal" else 1)
    return a


@for_values(sl.solve)
def solve(a: Any, b: Any, lower: bool = False, assume_a: str | None = None, transposed: bool = False) -> Any:
    """The x in a @ x = b, or a.T @ x = b; the derivative lies in those elements of `a` that `assume_a` reads."""
    a, b = square_of(a, "solve"), floats(b)
    kind = KINDS.get(assume_a, assume_a)
    if kind not in {*KINDS.values(), "diagonal", "tridiagonal"}:
        raise UsageError(
            f"solve: got assume_a={assume_a!r}; it must be one of {[k for k in KINDS if k]}; choose another"
        )
    if transposed and is_complex(a):
        raise NoRuleError("solve: got transposed=True with complex numbers, which SciPy does not take; give a.T")
    if kind in ("lower", "upper"):
        return as_columns(lambda a, b: triangular(a, b, lower=kind == "lower", transposed=transposed), a, b)
    if kind == "pos":
        factor = np.linalg.cholesky(whole_of(a, kind, lower))
        return as_columns(lambda u, b: by_cholesky(u, b, lower=True), factor, b)
    a = whole_of(a, kind, lower)
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@for_values(sl.lstsq)
def lstsq(a: Any, b: Any, cond: Any = None) -> Any:
    """(x, sums of squared residuals, rank, singular values) of the shortest x with the least |a @ x - b|."""
    a, b = floats(a), floats(b)
    x, squares, rank, s = numpys_lstsq(a, b, rcond=precision(a) if cond is None else cond)
    if len(shape_of(b)) == 1 and len(shape_of(squares)) == 1 and shape_of(squares)[0] == 1:
        squares = squares[0]
    return x, squares, rank, s


# ---- triangular and factored matrices


def triangle_of(a: Any, *, lower: bool, unit_diagonal: bool) -> Any:
    """The elements that a triangular solver reads."""
    return np.tril(a, -1 if unit_diagonal else 0) if lower else np.triu(a, 1 if unit_diagonal else 0)


def dominant(a: Any, *shape: int) -> Any:
    """Samples: matrices far from singular."""
    return a(*shape) + 4 * np.eye(*shape[-2:])


@primitive(
    name="linalg.triangular",
    samples=lambda a: [
        (dominant(a, 3, 3), a(3, 2)),
        (dominant(a, 3, 3), a(3, 2), True, True),
        (dominant(a, 2, 3, 3), a(3, 1), False, True),
        (dominant(a, 3, 3), a(2, 3, 2), True, False, {"unit_diagonal": True}),
    ],
)
def triangular(a: Any, b: Any, /, lower: bool = False, transposed: bool = False, unit_diagonal: bool = False) -> Any:
    """The x in a @ x = b, or a.T @ x = b, by substitution.  (..., n, n), (..., n, k) -> (..., n, k)"""
    trans = "T" if transposed else "N"
    return stacked(lambda a, b: sl.solve_triangular(a, b, trans, lower, unit_diagonal, check_finite=False), a, b)


@triangular.vjp_of_all
def _(g: Any, y: Any, a: Any, b: Any, lower: bool, transposed: bool, unit_diagonal: bool) -> tuple[Any, Any]:
    z = triangular(conjugated(a), g, lower=lower, transposed=not transposed, unit_diagonal=unit_diagonal)
    ga = conjugated(y) @ np.swapaxes(z, -1, -2) if transposed else z @ adjoint(y)
    return -triangle_of(ga, lower=lower, unit_diagonal=unit_diagonal), z


@for_values(sl.solve_triangular)
def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """The x in op(a) @ x = b for a triangle of `a`; op is nothing, "T" or "C"."""
    a, b = square_of(a, "solve_triangular"), floats(b)
    how = {0: "N", 1: "T", 2: "C"}.get(trans, trans)
    if how == "C":
        a = conjugated(a)
    options = {"lower": lower, "transposed": how != "N", "unit_diagonal": unit_diagonal}
    return as_columns(lambda a, b: triangular(a, b, **options), a, b)


def by_cholesky(c: Any, b: Any, *, lower: bool) -> Any:
    """The solution for the positive definite matrix with that Cholesky factor."""
    back = conjugated(c)
    if lower:
        return triangular(back, triangular(c, b, lower=True), lower=True, transposed=True)
    return triangular(c, triangular(back, b, transposed=True))


@for_values(sl.cho_factor)
def cho_factor(a: Any, lower: bool = False) -> tuple[Any, bool]:
    """(the Cholesky factor, lower) for `cho_solve`; zeros stand where SciPy leaves what was there."""
    return np.linalg.cholesky(square_of(a, "cho_factor"), upper=not lower), lower


@for_values(sl.cho_solve)
def cho_solve(c_and_lower: Any, b: Any) -> Any:
    """The x in a @ x = b, from `cho_factor(a)`."""
    c, lower = c_and_lower
    return as_columns(lambda c, b: by_cholesky(c, b, lower=bool(lower)), floats(c), floats(b))


def order_of(pivots: Any) -> Any:
    """The order of the rows after the exchanges that LAPACK's pivots tell.  (..., k) -> (..., k)"""
    pivots = np.asarray(pivots).astype(int)
    rows = np.broadcast_to(np.arange(pivots.shape[-1]), pivots.shape).copy()
    for i in np.ndindex(pivots.shape[:-1]):
        for k, p in enumerate(pivots[i]):
            rows[i][[k, p]] = rows[i][[p, k]]
    return rows


rows_of_pivots = discrete(order_of, name="linalg.rows_of_pivots", samples=lambda a: [(np.array([1, 2, 2]),)])


@for_values(sl.lu_solve)
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0) -> Any:
    """The x in op(a) @ x = b, from `lu_factor(a)`; op is nothing, transposed (1) or adjoint (2)."""
    lu, pivots = lu_and_piv
    lu, b = floats(lu), floats(b)
    rows = rows_of_pivots(pivots)
    if len(shape_of(b)) == 1 and len(shape_of(lu)) == 2:
        return by_lu(lu, rows, np.expand_dims(b, -1), trans)[..., 0]
    return by_lu(lu, rows, b, trans)


def by_lu(lu: Any, rows: Any, b: Any, trans: int) -> Any:
    """The solution by two substitutions; a = p @ l @ u."""
    if trans == 0:
        permuted = np.take_along_axis(b, rows[..., None], -2)
        return triangular(lu, triangular(lu, permuted, lower=True, unit_diagonal=True))
    lu = conjugated(lu) if trans == 2 else lu
    x = triangular(lu, triangular(lu, b, transposed=True), lower=True, transposed=True, unit_diagonal=True)
    return np.take_along_axis(x, np.argsort(data_of(rows), axis=-1)[..., None], -2)


# ---- banded matrices


def shifted(x: Any, k: int) -> Any:
    """Zeros moved in from the front for k > 0, from the end for k < 0, along the first axis."""
    n = shape_of(x)[0]
    rest = [(0, 0)] * (len(shape_of(x)) - 1)
    if abs(k) >= n:
        return 0 * x
    return np.pad(x[: n - k], [(k, 0), *rest]) if k >= 0 else np.pad(x[-k:], [(0, -k), *rest])


def transposed_band(ab: Any, low: int, high: int) -> Any:
    """The diagonals of the adjoint matrix, in the order of `solve_banded`, with low and high exchanged."""
    return np.stack([shifted(conjugated(ab[high + d]), d) for d in range(low, -high - 1, -1)])


@primitive(
    name="linalg.banded",
    samples=lambda a: [
        (a(3, 4) + np.array([[0.0], [5.0], [0.0]]), a(4, 2), 1, 1),
        (a(3, 4) + np.array([[0.0], [0.0], [5.0]]), a(4, 1), 0, 2),
        (a(1, 3) + 3, a(3, 1), 0, 0),
    ],
)
def banded(ab: Any, b: Any, /, low: int, high: int) -> Any:
    """The x in a @ x = b for the matrix with these diagonals.  (low + high + 1, n), (n, k) -> (n, k)"""
    return sl.solve_banded((low, high), ab, b, check_finite=False)


@banded.vjp_of_all
def _(g: Any, y: Any, ab: Any, b: Any, low: int, high: int) -> tuple[Any, Any]:
    z = banded(transposed_band(ab, low, high), g, low=high, high=low)
    yh = conjugated(y)
    return -np.stack([np.sum(shifted(z, d) * yh, axis=1) for d in range(high, -low - 1, -1)]), z


@for_values(sl.solve_banded)
def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any) -> Any:
    """The x in a @ x = b for a banded matrix, of which ab[u + i - j, j] = a[i, j]."""
    (low, high), b = l_and_u, floats(b)
    if shape_of(ab)[0] != low + high + 1 or shape_of(ab)[-1] != shape_of(b)[0]:
        raise ShapeError(
            f"solve_banded: got diagonals of shape {shape_of(ab)} for b of shape {shape_of(b)}; "
            f"({low + high + 1}, {shape_of(b)[0]}) is needed; check l_and_u"
        )
    return as_columns(lambda ab, b: banded(ab, b, low=low, high=high), floats(ab), b)


@for_values(sl.solveh_banded)
def solveh_banded(ab: Any, b: Any, lower: bool = False) -> Any:
    """The x in a @ x = b for a positive definite banded matrix, given by one half of its diagonals."""
    ab, width = floats(ab), shape_of(ab)[0] - 1
    half = ab if not lower else np.flip(ab, 0)
    if lower:  # the diagonals below, each moved to where the one above stands
        half = np.stack([shifted(conjugated(half[k]), width - k) for k in range(width + 1)])
    below = [shifted(conjugated(half[width - k]), -k) for k in range(1, width + 1)]
    return solve_banded((width, width), np.concatenate([half, np.stack(below)]) if width else half, b)


# ---- equations for a matrix


@primitive(
    name="linalg.sylvester",
    samples=lambda a: [
        (dominant(a, 2, 2), dominant(a, 3, 3), a(2, 3)),
        (dominant(a, 2, 2, 2), dominant(a, 2, 2), a(2, 2)),
    ],
)
def solve_equation(a: Any, b: Any, q: Any, /) -> Any:
    """The x in a @ x + x @ b = q."""
    return stacked(sl.solve_sylvester, a, b, q).astype(np.result_type(a, b, q), copy=False)


@solve_equation.vjp_of_all
def _(g: Any, y: Any, a: Any, b: Any, q: Any) -> tuple[Any, Any, Any]:
    z = solve_equation(adjoint(a), adjoint(b), g)
    yh = adjoint(y)
    return -(z @ yh), -(yh @ z), z


@for_values(sl.solve_sylvester)
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The x in a @ x + x @ b = q.  (..., m, m), (..., n, n), (..., m, n) -> (..., m, n)"""
    return solve_equation(square_of(a, "solve_sylvester"), square_of(b, "solve_sylvester"), floats(q))


__all__ = [
    "as_columns",
    "banded",
    "by_cholesky",
    "cho_factor",
    "cho_solve",
    "floats",
    "least_squares",
    "lstsq",
    "lu_solve",
    "rows_of_pivots",
    "shifted",
    "solve",
    "solve_banded",
    "solve_equation",
    "solve_sylvester",
    "solve_triangular",
    "solveh_banded",
    "square_of",
    "stacked",
    "triangular",
]  # fmt: skip
