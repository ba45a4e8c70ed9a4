"""Differences of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import UsageError
from ..primitive import composite
from .shape import broadcast_to, concatenate, ravel

MISSING: Any = getattr(np, "_NoValue")  # noqa: B009  # NumPy's own default of prepend and append


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = MISSING, append: Any = MISSING) -> Any:
    """Each element along `axis` less the one before it, n times over."""
    if n < 0:
        raise UsageError(f"diff: got n={n}; differences are taken 0 times or more")
    axis = normalize_axis_index(axis, np.ndim(a))
    shape = np.shape(a)
    if prepend is not MISSING or append is not MISSING:
        ends = [
            x if np.ndim(x) else broadcast_to(x, (*shape[:axis], 1, *shape[axis + 1 :]))
            for x in (prepend, append)
            if x is not MISSING
        ]
        parts = [*ends[:1], a, *ends[1:]] if prepend is not MISSING else [a, *ends]
        a = concatenate(parts, axis)
    before = (slice(None),) * axis
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours in the flattened array, between `to_begin` and `to_end`."""
    y = diff(ravel(ary))
    parts = [ravel(x) for x in (to_begin,) if x is not None] + [y] + [ravel(x) for x in (to_end,) if x is not None]
    return y if len(parts) == 1 else concatenate(parts)
