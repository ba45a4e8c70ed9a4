"""More functions without derivative: tests, places, order; and what is known without the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import TABLE, composite, discrete
from .discrete import ALONG_AXES, round_
from .elementwise import real
from .operands import is_value, numbers

# ---- tests of each element

isclose = discrete(np.isclose, n_operands=2, rtol=1e-05, atol=1e-08, equal_nan=False)
iscomplex = discrete(np.iscomplex)
isreal = discrete(np.isreal)
isneginf = discrete(np.isneginf, out=None)
isposinf = discrete(np.isposinf, out=None)

# ---- whole numbers

WHOLE = lambda a: [(np.array([6, 4, 9]), np.array([2, 1, 3])), (np.array([[8], [3]]), 2)]
gcd = discrete(np.gcd, n_operands=2, samples=WHOLE)
lcm = discrete(np.lcm, n_operands=2, samples=WHOLE)
left_shift = discrete(np.left_shift, n_operands=2, samples=WHOLE)
right_shift = discrete(np.right_shift, n_operands=2, samples=WHOLE)
bitwise_count = discrete(np.bitwise_count, samples=lambda a: [(np.array([6, 4, 9]),)])

# ---- places

nanargmax = discrete(np.nanargmax, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
nanargmin = discrete(np.nanargmin, samples=ALONG_AXES, axis=None, out=None, keepdims=False)
argwhere = discrete(np.argwhere, samples=lambda a: [(np.array([0.0, 2.0, 1.0]),)])
flatnonzero = discrete(np.flatnonzero, samples=lambda a: [(np.array([0.0, 2.0, 1.0]),)])
searchsorted = discrete(
    np.searchsorted,
    n_operands=2,
    samples=lambda a: [(np.array([-1.0, 0.0, 1.0]), a(4)), (np.array([-1.0, 0.0, 1.0]), a(4), "right")],
    side="left",
    sorter=None,
)
digitize = discrete(
    np.digitize, n_operands=2, samples=lambda a: [(a(4), np.array([-1.0, 0.0, 1.0]), {"right": True})], right=False
)


@composite(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The places that sort by the last key, then by the one before it, and so on."""
    order: Any = None
    for key in keys:
        k = key if order is None else np.take_along_axis(key, order, axis)
        step = np.argsort(k, axis=axis, stable=True)
        order = step if order is None else np.take_along_axis(order, step, axis)
    return order


@composite(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """The places in an array of that shape, from those in its flattened form."""
    return tuple(np.asarray(i) for i in np.unravel_index(numbers(indices), shape, order))


@composite(np.ravel_multi_index)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """The places in the flattened form of an array of that shape."""
    return np.ravel_multi_index(tuple(map(numbers, multi_index)), dims, mode, order)


@composite(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> bool:
    """Whether two arrays have equal numbers once they are broadcast."""
    return bool(np.array_equiv(numbers(a1), numbers(a2)))


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part, if every imaginary part is close to 0."""
    return real(a) if a.dtype.kind == "c" and np.isrealobj(np.real_if_close(numbers(a), tol)) else a


# ---- what is known without the numbers, or said of them

TABLE[np.around] = round_
for function in (
    np.array2string,
    np.array_repr,
    np.array_str,
    np.can_cast,
    np.common_type,
    np.diag_indices_from,
    np.einsum_path,
    np.may_share_memory,
    np.min_scalar_type,
    np.shares_memory,
    np.tril_indices_from,
    np.triu_indices_from,
):
    composite(function)(lambda *args, function=function, **options: function(*map(array_of, args), **options))


def array_of(x: Any) -> Any:
    """The numbers of a Value as an array; anything else as it is."""
    return np.asarray(numbers(x)) if is_value(x) else x
