"""`scipy.linalg` on Values, under SciPy's names: stacks of matrices where SciPy takes them.

A function that reads one triangle, or band, of a matrix has its derivative there. EXCLUDED lists what has no rule,
with the reason: those are SciPy's own functions, for numbers only.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import linalg
>>> import numpy as np
>>> grad(lambda a: np.sum(linalg.expm(a)))(np.zeros((2, 2)))
array([[1., 1.],
       [1., 1.]])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ..answers import as_value, borrowed, for_values, listed
from .equations import (
    solve_continuous_are,
    solve_continuous_lyapunov,
    solve_discrete_are,
    solve_discrete_lyapunov,
)
from .factors import (
    cholesky,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    ldl,
    lu,
    lu_factor,
    pinv,
    pinvh,
    qr,
    rq,
    svd,
    svdvals,
)  # fmt: skip
from .functions import (
    coshm,
    cosm,
    expm,
    expm_frechet,
    fractional_matrix_power,
    funm,
    logm,
    signm,
    sinhm,
    sinm,
    sqrtm,
    tanhm,
    tanm,
)  # fmt: skip
from .spectral import (
    eig_banded,
    eigh_tridiagonal,
    eigvals_banded,
    eigvalsh_tridiagonal,
    hessenberg,
    null_space,
    orth,
    orthogonal_procrustes,
    polar,
    schur,
    subspace_angles,
)  # fmt: skip
from .structured import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    diagsvd,
    fiedler,
    fiedler_companion,
    hankel,
    khatri_rao,
    leslie,
    matmul_toeplitz,
    solve_circulant,
    solve_toeplitz,
    toeplitz,
)  # fmt: skip
from .systems import (
    cho_factor,
    cho_solve,
    floats,
    lstsq,
    lu_solve,
    solve,
    solve_banded,
    solve_sylvester,
    solve_triangular,
    solveh_banded,
    square_of,
)  # fmt: skip

solve_lyapunov = solve_continuous_lyapunov


@for_values(sl.inv)
def inv(a: Any) -> Any:
    """The inverse of square matrices."""
    return np.linalg.inv(square_of(a, "inv"))


@for_values(sl.det)
def det(a: Any) -> Any:
    """The determinant of square matrices; all its derivatives are right where it is 0, too."""
    return np.linalg.det(square_of(a, "det"))


@for_values(sl.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002  # SciPy's own name
    """The norm of that order of vectors or matrices; of all elements when neither order nor axis is given."""
    return np.linalg.norm(floats(as_value(a)), ord, axis, keepdims)


CONSTANTS = "it makes constants, and takes no array"
UPDATES = "it changes a factorisation by a step; factor the changed matrix, as in qr(a)"
OF_PAIRS = "it is of a pair of matrices, of which no differential is written out here; solve(b, a) has the eigenvalues"
OF_BAND = "no differential of the banded factor is written out here; use solveh_banded, or cholesky of the whole matrix"
LOW_LEVEL = "it names routines of BLAS and LAPACK, which take memory"
NUMBER = "it tells of rounding, or of where numbers stand"

EXCLUDED = {
    **dict.fromkeys(("dft", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal"), CONSTANTS),
    **dict.fromkeys(("qr_delete", "qr_insert", "qr_update"), UPDATES),
    **dict.fromkeys(("qz", "ordqz"), OF_PAIRS),
    **dict.fromkeys(("cholesky_banded", "cho_solve_banded"), OF_BAND),
    **dict.fromkeys(("find_best_blas_type", "get_blas_funcs", "get_lapack_funcs"), LOW_LEVEL),
    **dict.fromkeys(("bandwidth", "ishermitian", "issymmetric", "expm_cond"), NUMBER),
    "LinAlgError": "an error",
    "LinAlgWarning": "a warning",
    "cdf2rdf": "it pairs complex eigenvalues by comparing them; use the complex ones",
    "clarkson_woodruff_transform": "it is a random sketch; multiply by a sketching matrix of your own",
    "cossin": "no differential of the cosine-sine form is written out here; svd of the blocks gives the angles",
    "matrix_balance": "its scaling is by powers of two, found by comparing; multiply by the scales of the data",
    "qr_multiply": "write q @ c with the q of qr(a)",
    "rsf2csf": 'write schur(a, output="complex")',
}


def __getattr__(name: str) -> Any:
    return borrowed(__name__, sl, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(sl, globals())


__all__ = [
    "EXCLUDED", "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "convolution_matrix",
    "coshm", "cosm", "det", "diagsvd", "eig", "eig_banded", "eigh", "eigh_tridiagonal", "eigvals", "eigvals_banded",
    "eigvalsh", "eigvalsh_tridiagonal", "expm", "expm_frechet", "fiedler", "fiedler_companion",
    "fractional_matrix_power", "funm", "hankel", "hessenberg", "inv", "khatri_rao", "ldl", "leslie", "logm", "lstsq",
    "lu", "lu_factor", "lu_solve", "matmul_toeplitz", "norm", "null_space", "orth", "orthogonal_procrustes", "pinv",
    "pinvh", "polar", "qr", "rq", "schur", "signm", "sinhm", "sinm", "solve", "solve_banded", "solve_circulant",
    "solve_continuous_are", "solve_continuous_lyapunov", "solve_discrete_are", "solve_discrete_lyapunov",
    "solve_lyapunov", "solve_sylvester", "solve_toeplitz", "solve_triangular", "solveh_banded", "sqrtm",
    "subspace_angles", "svd", "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip
