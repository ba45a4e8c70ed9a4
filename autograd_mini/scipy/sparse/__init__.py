"""`scipy.sparse` on Values: `csr_array(a) @ v`, with Values in the vector, in the entries, or in both.

The pattern is constant. EXCLUDED lists what has no rule, with the reason: those are SciPy's own, for numbers only.

>>> import numpy as np
>>> import scipy.sparse
>>> from autograd_mini import grad
>>> from autograd_mini.scipy import sparse
>>> a = sparse.csr_array(scipy.sparse.eye_array(2) * 3.0)
>>> grad(lambda v: np.sum(a @ v))(np.ones(2))
array([3., 3.])
"""

from __future__ import annotations

from typing import Any

import scipy.sparse as ss

from ..answers import borrowed, listed
from . import linalg
from .arrays import Sparse, coo_array, coo_matrix, csc_array, csc_matrix, csr_array, csr_matrix, issparse

OTHER_FORM = "its form has no rule here; use csr_array"
CONSTANTS = "it makes constants; give them to csr_array"
JOINS = "it joins matrices of numbers; join entries and places, and give them to csr_array"
FORMS = "it tells of the form of a matrix, or of where entries stand"

EXCLUDED = {
    **dict.fromkeys(
        (
            "bsr_array", "bsr_matrix", "dia_array", "dia_matrix", "dok_array", "dok_matrix", "lil_array", "lil_matrix",
            "sparray", "spmatrix",
        ),
        OTHER_FORM,
    ),
    **dict.fromkeys(
        ("diags", "diags_array", "eye", "eye_array", "identity", "rand", "random", "random_array", "spdiags"), CONSTANTS
    ),
    **dict.fromkeys(
        ("block_array", "block_diag", "bmat", "hstack", "kron", "kronsum", "permute_dims", "swapaxes", "tril", "triu",
         "vstack", "expand_dims", "matrix_transpose"),
        JOINS,
    ),
    **dict.fromkeys(
        ("find", "get_index_dtype", "isspmatrix", "isspmatrix_bsr", "isspmatrix_coo", "isspmatrix_csc",
         "isspmatrix_csr",
         "isspmatrix_dia", "isspmatrix_dok", "isspmatrix_lil", "load_npz", "safely_cast_index_arrays", "save_npz"),
        FORMS,
    ),
    "SparseEfficiencyWarning": "a warning",
    "SparseWarning": "a warning",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    return borrowed(__name__, ss, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(ss, globals())


__all__ = [
    "EXCLUDED", "Sparse", "coo_array", "coo_matrix", "csc_array", "csc_matrix", "csr_array", "csr_matrix", "issparse",
    "linalg",
]  # fmt: skip
