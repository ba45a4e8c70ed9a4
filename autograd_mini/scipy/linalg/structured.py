"""Matrices made of vectors, and systems that use how they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import ShapeError, UsageError
from ...ops.elementwise import conjugated, is_complex, multiply
from ...ops.factorisation import real_part
from ...ops.indexing import getitem
from ...ops.operands import data_of
from ...ops.shape import moveaxis, ravel, reshape
from ...primitive import primitive
from ...record import Record, shape_of
from ..answers import for_values
from .systems import floats

# ---- matrices made of vectors


def vector(x: Any) -> Any:
    """All elements of the operand in one row."""
    return ravel(floats(x)) if isinstance(floats(x), Record) else floats(x).ravel()


def gathered(x: Any, places: Any) -> Any:
    """The matrix with the elements of a vector at these places."""
    return getitem(x, places) if isinstance(x, Record) else x[places]


def column_and_row(c: Any, r: Any) -> tuple[Any, Any]:
    """The first column and the first row, which is the conjugate of the column if it is not given."""
    c = vector(c)
    return c, conjugated(c) if r is None else vector(r)


def toeplitz_of(c: Any, r: Any) -> Any:
    """The matrix with constant diagonals."""
    n, m = shape_of(c)[0], shape_of(r)[0]
    places = np.arange(n)[:, None] - np.arange(m)[None, :] + m - 1
    return gathered(np.concatenate([r[:0:-1], c]), places)


@for_values(sl.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals, of its first column and its first row."""
    return toeplitz_of(*column_and_row(c, r))


@for_values(sl.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with constant antidiagonals, of its first column and its last row, zeros if that is not given."""
    c = vector(c)
    r = np.zeros_like(data_of(c)) if r is None else vector(r)
    places = np.arange(shape_of(c)[0])[:, None] + np.arange(shape_of(r)[0])[None, :]
    return gathered(np.concatenate([c, r[1:]]), places)


@for_values(sl.circulant)
def circulant(c: Any) -> Any:
    """The matrix whose columns are c, each turned on by one.  (..., n) -> (..., n, n)"""
    c = floats(c)
    n = shape_of(c)[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)[None, :]) % n]


@for_values(sl.companion)
def companion(a: Any) -> Any:
    """The matrix whose characteristic polynomial has these coefficients.  (..., n + 1) -> (..., n, n)"""
    a = floats(a)
    n = shape_of(a)[-1] - 1
    top = (-a[..., 1:] / a[..., :1])[..., None, :]
    below = np.broadcast_to(np.eye(n - 1, n, dtype=a.dtype), (*shape_of(a)[:-1], n - 1, n))
    return np.concatenate([top, below], -2)


@for_values(sl.fiedler_companion)
def fiedler_companion(a: Any) -> Any:
    """The same, in five diagonals."""
    a = vector(a)
    a = a / a[0]
    n = shape_of(a)[0] - 1
    places, ones = np.zeros((n, n), int), np.zeros((n, n))
    places[:1, :1] = 1
    for k in range(0, n, 2):  # row k holds coefficients k + 1 and k + 2, and a 1 beyond
        places[k, k - 1 if k else 0] = k + 1
        if k + 1 < n:
            places[k, k + 1] = k + 2
            ones[k + 1, max(k - 1, 0)] = 1.0
        if k + 2 < n:
            ones[k, k + 2] = 1.0
    return ones - gathered(a, places) * (places > 0)


@for_values(sl.leslie)
def leslie(f: Any, s: Any) -> Any:
    """The matrix with the first row f and the subdiagonal s."""
    f, s = floats(f), floats(s)
    n = shape_of(f)[-1]
    below = np.eye(n - 1, n, dtype=bool) * s[..., :, None]
    return np.concatenate([np.broadcast_to(f[..., None, :], (*shape_of(below)[:-2], 1, n)), below], -2)


@for_values(sl.fiedler)
def fiedler(a: Any) -> Any:
    """The absolute differences of the numbers."""
    a = floats(a)
    return np.abs(a[..., :, None] - a[..., None, :])


@for_values(sl.convolution_matrix)
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix that convolves a vector of n numbers with `a`."""
    a, m = floats(a), shape_of(floats(a))[-1]
    places = np.arange(n + m - 1)[:, None] - np.arange(n)[None, :]
    if mode == "same":
        start = (min(n, m) - 1) // 2
        places = places[start : start + max(n, m)]
    elif mode == "valid":
        places = places[min(n, m) - 1 : max(n, m)]
    elif mode != "full":
        raise UsageError(f'convolution_matrix: got mode={mode!r}; it must be "full", "same" or "valid"; choose one')
    inside = (places >= 0) & (places < m)
    return a[..., np.where(inside, places, 0)] * inside


@for_values(sl.block_diag)
def block_diag(*arrs: Any) -> Any:
    """The blocks on the diagonal, zeros elsewhere.  Stacks of blocks must have the same leading axes."""
    blocks = [floats(x) for x in arrs]
    blocks = [reshape(x, (1, -1)) if len(shape_of(x)) < 2 else x for x in blocks]
    width = sum(shape_of(x)[-1] for x in blocks)
    lead = np.broadcast_shapes(*(shape_of(x)[:-2] for x in blocks))
    rows, start = [], 0
    for x in blocks:
        n = shape_of(x)[-1]
        whole = np.broadcast_to(x, (*lead, *shape_of(x)[-2:]))
        rows.append(np.pad(whole, [(0, 0)] * (len(lead) + 1) + [(start, width - start - n)]))
        start += n
    return np.concatenate(rows, -2)


@for_values(sl.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of columns.  (n, k), (m, k) -> (n * m, k)"""
    a, b = floats(a), floats(b)
    y = multiply(a[..., :, None, :], b[..., None, :, :])
    return reshape(y, (*shape_of(y)[:-3], -1, shape_of(y)[-1]))


@for_values(sl.diagsvd)
def diagsvd(s: Any, M: int, N: int) -> Any:  # noqa: N803  # SciPy's own name
    """The (M, N) matrix with the singular values on its diagonal."""
    k = min(M, N)
    return np.pad(np.diag(s), [(0, M - k), (0, N - k)])


# ---- systems


def dominant_column(a: Any, n: int) -> Any:
    """Samples: columns of matrices far from singular."""
    return a(n) + np.array([6.0] + [0.0] * (n - 1))


@primitive(
    name="linalg.toeplitz",
    samples=lambda a: [(dominant_column(a, 4), a(4), a(4, 2)), (dominant_column(a, 1), a(1), a(1, 1))],
)
def levinson(c: Any, r: Any, b: Any, /) -> Any:
    """The x in t @ x = b for the matrix with constant diagonals; the first element of r is not read."""
    return sl.solve_toeplitz((c, r), b, check_finite=False)


@levinson.vjp_of_all
def _(g: Any, y: Any, c: Any, r: Any, b: Any) -> tuple[Any, Any, Any]:
    column = np.concatenate([conjugated(c[:1]), conjugated(r[1:])])
    z = levinson(column, conjugated(c), g)
    n = shape_of(c)[0]
    # Minus the sums of z @ y' along its diagonals, which are products of shifts.
    shifts = [np.convolve(z[:, k], conjugated(y[:, k])[::-1]) for k in range(shape_of(y)[1])]
    sums: Any = -np.sum(np.stack(shifts), axis=0)
    first = np.zeros_like(data_of(r[:1]))
    return sums[n - 1 :], np.concatenate([first, sums[: n - 1][::-1]]), z


def given(c_or_cr: Any) -> tuple[Any, Any]:
    """A column, or a pair of column and row, as both."""
    return column_and_row(*c_or_cr) if isinstance(c_or_cr, tuple) else column_and_row(c_or_cr, None)


@for_values(sl.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Any) -> Any:
    """The x in toeplitz(c, r) @ x = b, by Levinson's recursion.  (n,), (n, ...) -> (n, ...)"""
    c, r = given(c_or_cr)
    b = floats(b)
    n = shape_of(c)[0]
    if shape_of(r)[0] != n or shape_of(b)[0] != n:
        raise ShapeError(
            f"solve_toeplitz: got {n} and {shape_of(r)[0]} numbers for b of shape {shape_of(b)}; "
            "a square matrix with as many rows as b is needed"
        )
    return reshape(levinson(c, r, reshape(b, (n, -1))), shape_of(b))


@for_values(sl.matmul_toeplitz)
def matmul_toeplitz(c_or_cr: Any, x: Any) -> Any:
    """toeplitz(c, r) @ x, by Fourier transforms."""
    c, r = given(c_or_cr)
    x = floats(x)
    n, m = shape_of(c)[0], shape_of(r)[0]
    columns = reshape(x, (m, -1))
    around = np.fft.fft(np.concatenate([c, r[:0:-1]]))
    y = np.fft.ifft(around[:, None] * np.fft.fft(columns, n + m - 1, 0), axis=0)[:n]
    y = y if any(map(is_complex, (c, r, x))) else np.real(y)
    return reshape(y, (n, *shape_of(x)[1:]))


@for_values(sl.solve_circulant)
def solve_circulant(
    c: Any, b: Any, singular: str = "raise", tol: float | None = None, caxis: int = -1, baxis: int = 0, outaxis: int = 0
) -> Any:
    """The x in circulant(c) @ x = b, by Fourier transforms; singular="lstsq" takes the shortest of the best."""
    c, b = moveaxis(np.atleast_1d(floats(c)), caxis, -1), moveaxis(np.atleast_1d(floats(b)), baxis, -1)
    spectrum = np.fft.fft(c)
    size = np.abs(data_of(spectrum))
    if tol is None:
        tol = size.max(-1, initial=0.0)[..., None] * shape_of(c)[-1] * float(np.finfo(size.dtype).eps)
    null = size <= np.abs(tol)
    if null.any() and singular == "raise":
        raise np.linalg.LinAlgError("solve_circulant: the matrix is singular")
    x = np.fft.ifft(np.fft.fft(b) / np.where(null, 1.0, spectrum) * ~null)
    x = x if is_complex(c) or is_complex(b) else real_part(x)
    return moveaxis(x, -1, outaxis)
