"""`scipy.sparse.linalg` on Values: systems of equations with a sparse matrix.

>>> import numpy as np
>>> import scipy.sparse
>>> from autograd_mini import grad
>>> a = scipy.sparse.csr_array([[2.0, 0.0], [1.0, 4.0]])
>>> grad(lambda b: np.sum(spsolve(a, b)))(np.ones(2))
array([0.375, 0.25 ])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse.linalg as sl

from ...errors import ShapeError
from ...ops.elementwise import conjugated
from ...ops.norms import length
from ...primitive import TABLE, primitive
from ...record import shape_of
from ..answers import borrowed, has_value, listed
from ..linalg.systems import floats
from .arrays import Pattern, Sparse, csr_array, entries

FULL = Pattern([0, 1, 2, 0, 1], [0, 1, 2, 2, 0], (3, 3))


@primitive(
    name="sparse.solve",
    samples=lambda a: [
        (a(5) * 0.3 + np.array([2.0, 3.0, 4.0, 0.0, 0.0]), a(3), {"pattern": FULL}),
        (a(5) * 0.3 + np.array([2.0, 3.0, 4.0, 0.0, 0.0]), a(3, 2), {"pattern": FULL}),
    ],
)
def solved(data: Any, b: Any, /, pattern: Any) -> Any:
    """The x in a @ x = b for the sparse matrix with these entries."""
    y = sl.spsolve(pattern.matrix(data).tocsc(), b)
    return y.reshape(b.shape)


@solved.vjp_of_all
def _(g: Any, y: Any, data: Any, b: Any, pattern: Pattern) -> tuple[Any, Any]:
    z = solved(conjugated(data), g, pattern=pattern.T)
    return -entries(z, y, pattern), z


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:  # noqa: N803  # SciPy's own name
    """The x in A @ x = b; A is sparse, of SciPy or of `autograd_mini.scipy.sparse`, and b is dense."""
    if not isinstance(A, Sparse) and not has_value(b):
        return sl.spsolve(A, b, permc_spec, use_umfpack)
    a, b = csr_array(A), floats(b)
    if a.shape[0] != a.shape[1] or shape_of(b)[0] != a.shape[0]:
        raise ShapeError(
            f"spsolve: got shapes {a.shape} and {shape_of(b)}; a square matrix with as many rows as b is needed"
        )
    return solved(a.data, b, pattern=a.pattern)


def norm(x: Any, ord: Any = None, axis: Any = None) -> Any:  # noqa: A002  # SciPy's own name
    """The Frobenius norm of a sparse matrix whose entries stand at different places; other norms for numbers only."""
    if isinstance(x, Sparse) and ord in (None, "fro") and axis is None:
        return length(x.data)
    return sl.norm(x.numbers() if isinstance(x, Sparse) and not has_value(x.data) else x, ord, axis)


TABLE[sl.spsolve], TABLE[sl.norm] = spsolve, norm

ITERATIVE = "it stops by the numbers it meets; use spsolve"
FACTORED = "it holds factors of numbers; use spsolve"
EIGEN = "its iteration has no rule here; use numpy.linalg.eigh of csr_array(a).toarray()"
WHOLE = "its rule would fill the pattern; use autograd_mini.scipy.linalg of csr_array(a).toarray()"

EXCLUDED = {
    **dict.fromkeys(
        ("bicg", "bicgstab", "cg", "cgs", "gcrotmk", "gmres", "lgmres", "lsmr", "lsqr", "minres", "qmr", "tfqmr"),
        ITERATIVE,
    ),
    **dict.fromkeys(("SuperLU", "factorized", "spilu", "splu", "use_solver"), FACTORED),
    **dict.fromkeys(("eigs", "eigsh", "lobpcg", "svds"), EIGEN),
    **dict.fromkeys(
        ("expm", "expm_multiply", "inv", "matrix_power", "onenormest", "spsolve_triangular", "funm_multiply_krylov"),
        WHOLE,
    ),
    **dict.fromkeys(
        ("LinearOperator", "LaplacianNd", "aslinearoperator"), "it is a function of numbers; write the function"
    ),
    **dict.fromkeys(("ArpackError", "ArpackNoConvergence", "MatrixRankWarning"), "an error or a warning"),
    **dict.fromkeys(("is_sptriangular", "spbandwidth"), "it tells of where entries stand"),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    return borrowed(__name__, sl, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(sl, globals())


__all__ = ["EXCLUDED", "norm", "spsolve"]
