"""Norms of vectors and matrices, condition numbers and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import ShapeError, UsageError
from ..primitive import composite, discrete, primitive
from ..record import Record, shape_of
from ..sweep import ancestry, pullback
from .contraction import as_array
from .elementwise import absolute, is_complex
from .factorisation import svdvals, wide
from .operands import data_of
from .reduction import kept, max_, min_, sum_
from .shape import moveaxis

Axis = int | tuple[int, ...] | None
add_reduce: Any = np.add.reduce


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
    if zero.any():  # of a compiled function, in a call that meets one: the function itself
        slope = np.where(zero, slope_at_zero(g, y), slope)
    return (wide(slope, len(axis)) if not shape_of(slope) else kept(slope, shape_of(x), axis, keepdims)) * x


def slope_at_zero(g: Any, y: Any) -> Any:
    """What g / y tends to where y is 0: the derivative of g by y, if g is recorded as a function of y, and 0 there.

    The same norm may have been recorded more than once.
    """
    if not isinstance(g, Record) or not isinstance(y, Record):
        return 0.0
    twins = [v for v in ancestry(g)[0] if v.op is y.op and v.args == y.args and v.options == y.options]
    found = pullback({g: np.ones(shape_of(g), g.dtype)[()]}, inputs=twins, recorded=True)  # type: ignore[attr-defined]  # of Values
    slopes = [c for v in twins if (c := found.get(v)) is not None]
    return np.where(np.equal(data_of(g), 0), sum(slopes), 0.0) if slopes else 0.0


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
        raise UsageError(f"norm: got ord={order!r} for vectors; it must be a number; give two axes for matrices")
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
        raise UsageError(f"norm: got ord={order!r} for matrices; it is 1, 2, inf, their negatives, 'fro' or 'nuc'")
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
    return matrix_norm_over(x, ord, axis[0], axis[1], keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002  # NumPy's own name
    """The vector norm over `axis`; of all elements when None."""
    return vector_norm_over(as_array(x), ord, axis, keepdims)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002  # NumPy's own name
    """The matrix norm of the last two axes."""
    return matrix_norm_over(as_array(x), ord, -2, -1, keepdims)


# ---- condition and rank


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
        with np.errstate(all="ignore"):  # infinite for a singular matrix
            return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
