"""Windows that slide over arrays of shape (N, C, *lengths): how many fit, where they lie, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, array

from ..checks import shape_of

__all__ = [
    "Pairs",
    "Sizes",
    "as_operand",
    "batched",
    "count_of_windows",
    "sizes",
    "taps",
    "unbatched",
    "view_of_windows",
    "zeros_around",
]

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Slices = tuple[slice, ...]


def sizes(where: str, name: str, given: Any, n: int, least: int = 1) -> Sizes:
    """A whole number for each of n axes: one for all, or a sequence of n.

    Raises: UsageError for anything else.
    """
    several = tuple(given) if isinstance(given, (tuple, list)) else (given,) * n
    whole = all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) and k >= least for k in several)
    if len(several) == 1 and whole:
        several *= n
    if len(several) != n or not whole:
        raise UsageError(
            f"{where}: got {name} = {given!r}; it is a whole number from {least} on, or {n} of them in a tuple; "
            f"give another {name}"
        )
    return tuple(int(k) for k in several)


def as_operand(x: Any) -> Any:
    """Lists as an array; Values and arrays as they are."""
    return x if isinstance(x, (Value, np.ndarray)) else array(x)


def batched(where: str, x: Any, n: int) -> tuple[Any, bool]:
    """(N, C, *lengths) with n lengths, made of x, and whether it came without N.

    Raises: ShapeError for another number of axes.
    """
    x = as_operand(x)
    shape = shape_of(x)
    if len(shape) == n + 1:
        return np.reshape(x, (1, *shape)), True
    if len(shape) != n + 2:
        lengths = ", ".join(("D", "H", "W")[3 - n :]) if n > 1 else "L"
        raise ShapeError(
            f"{where}: got x of shape {shape}; it must be (N, C, {lengths}), or (C, {lengths}) alone; reshape x"
        )
    return x, False


def unbatched(y: Any, alone: bool) -> Any:
    """The output for the one sample that came without N; else all of them."""
    return np.reshape(y, shape_of(y)[1:]) if alone else y


def count_of_windows(
    where: str, lengths: Sizes, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> Sizes:
    """How many windows fit along each axis.

    Raises: ShapeError if none does along one of them.
    """
    counts = tuple(
        (n + before + after - d * (k - 1) - 1) // s + 1
        for n, k, s, (before, after), d in zip(lengths, kernel, stride, padding, dilation, strict=True)
    )
    if min(counts, default=1) < 1:
        spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        whole = tuple(n + sum(p) for n, p in zip(lengths, padding, strict=True))
        raise ShapeError(
            f"{where}: got x of lengths {lengths}, with padding {whole}, and windows of lengths {spans}; "
            "a window must fit in; give a longer x, more padding, or a smaller kernel"
        )
    return counts


def zeros_around(shape: Sizes, padding: Pairs, dtype: Any) -> tuple[Any, Any]:
    """Zeros for an array of that shape with padding around its last axes, and the part of them that is the array's."""
    lead = len(shape) - len(padding)
    lengths = shape[lead:]
    wide = tuple(n + before + max(after, 0) for n, (before, after) in zip(lengths, padding, strict=True))
    whole = np.zeros(shape[:lead] + wide, dtype)
    within: Any = tuple(slice(before, before + n) for n, (before, _) in zip(lengths, padding, strict=True))
    return whole, whole[(..., *within)]


def view_of_windows(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, counts: Sizes) -> Any:
    """The windows of a padded array, without a copy.  (N, C, *lengths) -> (N, C, *kernel, *counts)"""
    steps = x.strides[-len(kernel) :]
    inside = tuple(d * step for d, step in zip(dilation, steps, strict=True))
    between = tuple(s * step for s, step in zip(stride, steps, strict=True))
    lead = x.ndim - len(kernel)
    return np.lib.stride_tricks.as_strided(
        x, x.shape[:lead] + kernel + counts, x.strides[:lead] + inside + between, writeable=False
    )


def taps(
    lengths: Sizes, counts: Sizes, kernel: Sizes, stride: Sizes, before: Sizes, dilation: Sizes
) -> Iterator[tuple[Sizes, Slices, Slices]]:
    """(k, places in x, windows) for every place k in the kernel: where x lies under it, and in which windows.

    before: how much padding stands before x. Windows whose place k is in the padding are left out, so
    no array needs to be padded.
    """
    axes = [
        [tap(k, *axis) for k in range(axis[2])]
        for axis in zip(lengths, counts, kernel, stride, before, dilation, strict=True)
    ]
    for along in product(*axes):
        if None not in along:
            yield tuple(a[0] for a in along), tuple(a[1] for a in along), tuple(a[2] for a in along)


def tap(k: int, n: int, count: int, kernel: int, stride: int, before: int, dilation: int) -> Any:
    """(k, places, windows) along one axis; None if all windows have place k in the padding."""
    offset = k * dilation - before
    first = max(0, -(offset // stride))
    end = min(count, (n - 1 - offset) // stride + 1)
    if end <= first:
        return None
    return k, slice(first * stride + offset, (end - 1) * stride + offset + 1, stride), slice(first, end)
