"""Functions with values but no derivative: comparisons, rounding, tests, counts."""

from __future__ import annotations

import numpy as np

from ..primitive import TABLE, discrete
from ..record import Record

equal = discrete(np.equal, n_operands=2)
not_equal = discrete(np.not_equal, n_operands=2)
greater = discrete(np.greater, n_operands=2)
greater_equal = discrete(np.greater_equal, n_operands=2)
less = discrete(np.less, n_operands=2)
less_equal = discrete(np.less_equal, n_operands=2)
logical_and = discrete(np.logical_and, n_operands=2)
logical_or = discrete(np.logical_or, n_operands=2)
logical_xor = discrete(np.logical_xor, n_operands=2)
logical_not = discrete(np.logical_not)
isnan = discrete(np.isnan)
isinf = discrete(np.isinf)
isfinite = discrete(np.isfinite)
signbit = discrete(np.signbit)
sign = discrete(np.sign)
floor = discrete(np.floor)
ceil = discrete(np.ceil)
trunc = discrete(np.trunc, also=(np.fix,))
rint = discrete(np.rint)
round_ = discrete(np.round, decimals=0, out=None)
floor_divide = discrete(np.floor_divide, n_operands=2)

ALONG_AXES = lambda a: [(a(3),), (a(2, 3), 0), (a(2, 3), {"axis": 1, "keepdims": True})]  # one table for all
MASKS = lambda a: [
    (a(2, 3) > 0, a(3) > 0),
    (a(3) > 0, True),
    (np.array([1, 6]), np.array([[3], [5]])),
]  # one table for all
argmax = discrete(np.argmax, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
argmin = discrete(np.argmin, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
argsort = discrete(
    np.argsort, samples=lambda a: [(a(5),), (a(2, 3), 0), (a(2, 3), None)], axis=-1, kind=None, order=None, stable=None
)
count_nonzero = discrete(np.count_nonzero, samples=ALONG_AXES, axis=None, keepdims=False)
all_ = discrete(np.all, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
any_ = discrete(np.any, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
invert = discrete(np.invert, samples=lambda a: [(a(2, 3) > 0,), (np.array([1, 6]),)])
bitwise_and = discrete(np.bitwise_and, samples=MASKS, n_operands=2)
bitwise_or = discrete(np.bitwise_or, samples=MASKS, n_operands=2)
bitwise_xor = discrete(np.bitwise_xor, samples=MASKS, n_operands=2)


# What is known of a Value without its numbers is not an op: it comes back as it is.
TABLE[np.shape] = lambda a: a.shape
TABLE[np.ndim] = lambda a: a.ndim
TABLE[np.size] = lambda a, axis=None: a.size if axis is None else a.shape[axis]
TABLE[np.iscomplexobj] = lambda x: x.dtype.kind == "c"
TABLE[np.isrealobj] = lambda x: x.dtype.kind != "c"
TABLE[np.result_type] = lambda *xs: np.result_type(
    *(np.result_type(x._data) if isinstance(x, Record) else x for x in xs)
)

filled = discrete(
    np.full_like,
    name="full_like",
    samples=lambda a: [(a(2, 3), 2.0), (a(2, 3), np.array([1.0, 2.0, 3.0])), (a(), 2)],
    fill_value=0,
    dtype=None,
    order="K",
    subok=True,
    shape=None,
    device=None,
)
