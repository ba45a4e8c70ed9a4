"""`scipy.signal` on Values, and HIPS autograd's `convolve`, with axes to sum over and axes left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....errors import ShapeError, UsageError
from . import lookup

__all__ = ["convolve"]

Axes = Sequence[Sequence[int]]


def convolve(A: Any, B: Any, axes: Axes | None = None, dot_axes: Axes = ((), ()), mode: str = "full") -> Any:  # noqa: N803  # its names
    """The convolution of two arrays along pairs of axes, summed over other pairs.

    axes: the axes of A and those of B that are convolved; all, when None. dot_axes: those that are
    multiplied and summed over. The result has A's other axes, B's other axes, the convolved axes.
    mode: "full", "valid" or "same" (as large as A).

    Example
    -------
    >>> convolve(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 1., 12., 20.])
    """
    if mode not in ("full", "valid", "same"):
        raise UsageError(f'convolve: got mode={mode!r}; it is "full", "valid" or "same"')
    n, m = np.ndim(A), np.ndim(B)
    if axes is None:
        if n != m:
            raise ShapeError(f"convolve: got shapes {np.shape(A)} and {np.shape(B)}; give as many axes, or axes=")
        axes = (range(n), range(n))
    along_a, along_b = ([i % k for i in found] for k, found in zip((n, m), axes, strict=True))
    dot_a, dot_b = ([i % k for i in found] for k, found in zip((n, m), dot_axes, strict=True))
    a, left_a = arranged(A, dot_a, along_a)
    b, left_b = arranged(B, dot_b, along_b)
    if a.shape[1] != b.shape[1]:
        raise ShapeError(f"convolve: got {a.shape[1]} and {b.shape[1]} elements to sum over; they must be equal")
    y = convolved(a, b, mode)
    return np.reshape(y, left_a + left_b + np.shape(y)[2:])


def arranged(x: Any, dot: list[int], along: list[int]) -> tuple[Any, tuple[int, ...]]:
    """(`x` with its axes as (left alone, summed over, *convolved), the lengths of those left alone)."""
    alone = [i for i in range(np.ndim(x)) if i not in dot and i not in along]
    lengths = [np.shape(x)[i] for i in range(np.ndim(x))]
    left = tuple(lengths[i] for i in alone)
    summed = int(np.prod([lengths[i] for i in dot], dtype=int))
    moved = np.transpose(x, (*alone, *dot, *along))
    return np.reshape(moved, (int(np.prod(left, dtype=int)), summed, *(lengths[i] for i in along))), left


def convolved(a: Any, b: Any, mode: str) -> Any:
    """The convolution of (i, d, *n) and (j, d, *m) as (i, j, *k): a shifted product for each place in `b`."""
    size_a, size_b = np.shape(a)[2:], np.shape(b)[2:]
    if mode == "valid" and any(s < t for s, t in zip(size_a, size_b, strict=True)):
        if any(s > t for s, t in zip(size_a, size_b, strict=True)):
            raise ShapeError(f"convolve: got sizes {size_a} and {size_b}; for mode=valid one must hold the other")
        return np.swapaxes(convolved(b, a, mode), 0, 1)
    if mode == "valid":
        before = after = [0] * len(size_b)
    elif mode == "full":
        before = after = [t - 1 for t in size_b]
    else:
        before = [t // 2 for t in size_b]
        after = [t - 1 - t // 2 for t in size_b]
    padded = np.pad(a, [(0, 0), (0, 0), *zip(before, after, strict=True)])
    size = [s - t + 1 for s, t in zip(np.shape(padded)[2:], size_b, strict=True)]
    y: Any = 0.0
    for place in np.ndindex(*size_b):
        start = [t - 1 - p for t, p in zip(size_b, place, strict=True)]
        window = padded[(slice(None), slice(None), *(slice(s, s + k) for s, k in zip(start, size, strict=True)))]
        weights = b[(slice(None), slice(None), *place)]
        y = y + np.swapaxes(np.tensordot(weights, window, axes=([1], [1])), 0, 1)
    return y


__getattr__ = lookup("signal")
