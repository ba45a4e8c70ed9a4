"""Sparse matrices with Values in a fixed pattern, or constant ones, and their products with Values.

A matrix of SciPy refuses a Value, as it takes arrays of numbers only; `csr_array(a) @ v` is the form to use.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as ss

from ...errors import ShapeError, UsageError
from ...ops.elementwise import conjugated
from ...ops.indexing import getitem
from ...ops.operands import data_of
from ...ops.shape import reshape
from ...primitive import primitive
from ...record import Record, shape_of
from ..answers import as_value
from ..linalg.systems import floats

__all__ = [
    "Pattern",
    "Sparse",
    "coo_array",
    "coo_matrix",
    "csc_array",
    "csc_matrix",
    "csr_array",
    "csr_matrix",
    "issparse",
]


class Pattern:
    """Where the entries of a sparse matrix stand: rows, columns and shape. Entries at one place add up."""

    def __init__(self, row: Any, col: Any, shape: tuple[int, int]) -> None:
        self.row, self.col, self.shape = np.array(row, np.intp), np.array(col, np.intp), (int(shape[0]), int(shape[1]))
        for places, n, what in ((self.row, self.shape[0], "row"), (self.col, self.shape[1], "column")):
            if places.size and (places.min() < 0 or places.max() >= n):
                raise UsageError(f"sparse: got the {what} {places.max()} for shape {self.shape}; it must be below {n}")

    @cached_property
    def T(self) -> Pattern:  # noqa: N802  # SciPy's own name
        """The pattern of the transposed matrix."""
        return Pattern(self.col, self.row, self.shape[::-1])

    def matrix(self, data: Any) -> Any:
        """The matrix of SciPy with these entries."""
        return ss.csr_array((data, (self.row, self.col)), shape=self.shape)

    def __repr__(self) -> str:
        return f"<pattern of {self.row.size} entries in {self.shape}>"


def rows_at(x: Any, places: Any) -> Any:
    """The rows at these places."""
    return getitem(x, places) if isinstance(x, Record) else x[places]


def entries(g: Any, x: Any, pattern: Pattern) -> Any:
    """The elements of g @ x' at the places of the pattern."""
    y = rows_at(g, pattern.row) * conjugated(rows_at(x, pattern.col))
    return np.sum(y, axis=1) if len(shape_of(y)) > 1 else y


CROSS = Pattern([0, 1, 2, 0], [1, 2, 0, 0], (3, 3))


@primitive(
    name="sparse.product",
    samples=lambda a: [(a(4), a(3), {"pattern": CROSS}), (a(4), a(3, 2), {"pattern": CROSS})],
)
def product(data: Any, x: Any, /, pattern: Any) -> Any:
    """The sparse matrix with these entries times a vector, or a matrix."""
    return pattern.matrix(data) @ x


@product.vjp_of_all
def _(g: Any, y: Any, data: Any, x: Any, pattern: Pattern) -> tuple[Any, Any]:
    return entries(g, x, pattern), product(conjugated(data), g, pattern=pattern.T)


class Sparse:
    """A sparse matrix: its entries `data`, a Value or an array, and its pattern, which is constant."""

    __array_ufunc__ = None  # so that an array leaves `array @ sparse` to it

    def __init__(self, data: Any, pattern: Pattern) -> None:
        self.data, self.pattern = floats(data), pattern
        if shape_of(self.data) != pattern.row.shape:
            raise ShapeError(
                f"sparse: got entries of shape {shape_of(self.data)} for {pattern.row.size} places; give one for each"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pattern.shape

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self.data.dtype

    @property
    def nnz(self) -> int:
        """How many entries there are."""
        return int(self.pattern.row.size)

    @property
    def T(self) -> Sparse:  # noqa: N802  # SciPy's own name
        """The transposed matrix."""
        return Sparse(self.data, self.pattern.T)

    def transpose(self) -> Sparse:
        """The transposed matrix."""
        return self.T

    def conj(self) -> Sparse:
        """The matrix of conjugates."""
        return Sparse(conjugated(self.data), self.pattern)

    def dot(self, x: Any) -> Any:
        """The product with a vector or a matrix."""
        return self @ x

    def __matmul__(self, x: Any) -> Any:
        x = floats(as_value(x))
        if len(shape_of(x)) not in (1, 2) or shape_of(x)[0] != self.shape[1]:
            raise ShapeError(f"sparse @: got shapes {self.shape} and {shape_of(x)}; they must fit; transpose one")
        return product(self.data, x, pattern=self.pattern)

    def __rmatmul__(self, x: Any) -> Any:
        x = floats(as_value(x))
        return self.T @ x if len(shape_of(x)) == 1 else (self.T @ x.T).T

    def multiply(self, factor: Any) -> Sparse:
        """Each entry times a number; or times the element of a dense array that stands at its place."""
        factor = floats(as_value(factor))
        if not shape_of(factor):
            return Sparse(self.data * factor, self.pattern)
        whole = np.broadcast_to(factor, self.shape)
        places = (self.pattern.row, self.pattern.col)
        return Sparse(
            self.data * (getitem(whole, places) if isinstance(whole, Record) else whole[places]), self.pattern
        )

    __mul__ = __rmul__ = multiply

    def __truediv__(self, divisor: Any) -> Sparse:
        return self.multiply(1.0 / floats(divisor))

    def __neg__(self) -> Sparse:
        return Sparse(-self.data, self.pattern)

    def __add__(self, other: Any) -> Sparse:
        other = csr_array(other)
        if other.shape != self.shape:
            raise ShapeError(f"sparse +: got shapes {self.shape} and {other.shape}; they must be equal")
        ours, theirs = self.pattern, other.pattern
        row, col = np.concatenate([ours.row, theirs.row]), np.concatenate([ours.col, theirs.col])
        return Sparse(np.concatenate([self.data, other.data]), Pattern(row, col, self.shape))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Sparse:
        return self + -csr_array(other)

    def sum(self, axis: int | None = None) -> Any:
        """The sum of the entries; of each column with axis=0, of each row with axis=1."""
        if axis is None:
            return np.sum(self.data)
        return (self.T if axis % 2 == 0 else self) @ np.ones(self.shape[axis % 2])

    def diagonal(self) -> Any:
        """The elements of the diagonal."""
        n = min(self.shape)
        on = self.pattern.row == self.pattern.col
        return product(self.data * on, np.ones(self.shape[1]), pattern=self.pattern)[:n]

    def toarray(self) -> Any:
        """The dense matrix."""
        return product(self.data, np.eye(self.shape[1]), pattern=self.pattern)

    todense = toarray

    def tocsr(self) -> Sparse:
        """Itself: there is one form."""
        return self

    tocsc = tocoo = asformat = tocsr

    def numbers(self) -> Any:
        """The matrix of SciPy with the numbers of the entries."""
        return self.pattern.matrix(data_of(self.data))

    def __repr__(self) -> str:
        return f"Sparse({self.data!r}, {self.pattern!r})"


def csr_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Sparse:
    """A sparse matrix: of one of SciPy's, of (entries, (rows, columns)), or of a dense matrix; entries may be Values.

    >>> from autograd_mini import grad
    >>> a = lambda d: csr_array((d, ([0, 1], [1, 0])), shape=(2, 2))
    >>> grad(lambda d: np.sum(a(d) @ np.array([1.0, 2.0])))(np.array([3.0, 4.0]))
    array([2., 1.])
    """
    if isinstance(arg1, Sparse):
        return arg1
    if ss.issparse(arg1):
        coo = arg1.tocoo()
        row, col = coo.coords
        return Sparse(coo.data.astype(np.result_type(coo.data.dtype, np.float32)), Pattern(row, col, coo.shape))
    if isinstance(arg1, tuple) and len(arg1) == 2 and isinstance(arg1[1], (tuple, list)):
        data, (row, col) = arg1
        size = (np.max(row, initial=-1) + 1, np.max(col, initial=-1) + 1) if shape is None else shape
        return Sparse(as_value(data), Pattern(row, col, size))
    if isinstance(arg1, tuple) and len(arg1) == 3:
        raise UsageError(
            "csr_array: got entries, indices and pointers; give (entries, (rows, columns)), as to coo_array"
        )
    dense = floats(as_value(arg1))
    if len(shape_of(dense)) != 2:
        raise ShapeError(f"csr_array: got shape {shape_of(dense)}; a matrix, or (entries, (rows, columns)), is needed")
    row, col = np.nonzero(data_of(dense))
    flat = reshape(dense, -1) if isinstance(dense, Record) else dense.reshape(-1)
    return Sparse(rows_at(flat, row * shape_of(dense)[1] + col), Pattern(row, col, shape_of(dense)))


coo_array = coo_matrix = csc_array = csc_matrix = csr_matrix = csr_array


def issparse(x: Any) -> bool:
    """Whether it is a sparse matrix, of SciPy or of this module."""
    return isinstance(x, Sparse) or ss.issparse(x)
