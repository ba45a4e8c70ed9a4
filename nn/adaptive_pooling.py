"""The mean, or the largest number, of each of as many windows of an array as asked for, as functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_mini import ShapeError

from .checks import shape_of
from .pooling_ops import average_pooling, maximum_pooling
from .windows import Sizes, batched, sizes, unbatched

__all__ = [
    "adapted",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "largest_of_uneven",
    "mean_of_uneven",
]

OutputSize = int | None | tuple[int | None, ...]


def adaptive_avg_pool2d(input: Any, output_size: OutputSize) -> Any:  # noqa: A002  # as users of PyTorch know it
    """The mean of each of as many windows as asked for.  (N, C, H, W) -> (N, C, H_out, W_out)

    output_size: lengths of the output; None for those of x. Along an axis of length n, window i of m begins at
    floor(i n / m) and ends before ceil((i + 1) n / m); they overlap where m does not divide n.

    Raises: ShapeError for x with other axes, or nothing in it; UsageError for sizes that are none.

    Example
    -------
    >>> adaptive_avg_pool2d(np.arange(6.0).reshape(1, 2, 3), (1, 2)).tolist()
    [[[2.0, 3.0]]]
    """
    return adapted("adaptive_avg_pool2d", 2, input, output_size, mean_of_uneven)


def adaptive_avg_pool1d(input: Any, output_size: OutputSize) -> Any:  # noqa: A002  # as users of PyTorch know it
    """The mean of each of as many windows as asked for.  (N, C, L) -> (N, C, L_out)

    As `adaptive_avg_pool2d`, in one dimension.
    """
    return adapted("adaptive_avg_pool1d", 1, input, output_size, mean_of_uneven)


def adaptive_avg_pool3d(input: Any, output_size: OutputSize) -> Any:  # noqa: A002  # as users of PyTorch know it
    """The mean of each of as many windows as asked for.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `adaptive_avg_pool2d`, in three dimensions.
    """
    return adapted("adaptive_avg_pool3d", 3, input, output_size, mean_of_uneven)


def adaptive_max_pool2d(
    input: Any,  # noqa: A002  # as users of PyTorch know it
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """The largest number of each of as many windows as asked for.  (N, C, H, W) -> (N, C, H_out, W_out)

    output_size: lengths of the output; None for those of x. Along an axis of length n, window i of m begins at
    floor(i n / m) and ends before ceil((i + 1) n / m); they overlap where m does not divide n. return_indices: also the
    place of the first of the largest in the plane of its channel, flattened. Ties share the derivative, as in
    `max_pool2d`.

    Raises: ShapeError for x with other axes, or nothing in it; UsageError for sizes that are none.

    Example
    -------
    >>> adaptive_max_pool2d(np.arange(6.0).reshape(1, 2, 3), (1, 2)).tolist()
    [[[4.0, 5.0]]]
    """
    return adapted("adaptive_max_pool2d", 2, input, output_size, largest_of_uneven, return_indices)


def adaptive_max_pool1d(
    input: Any,  # noqa: A002  # as users of PyTorch know it
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """The largest number of each of as many windows as asked for.  (N, C, L) -> (N, C, L_out)

    As `adaptive_max_pool2d`, in one dimension.
    """
    return adapted("adaptive_max_pool1d", 1, input, output_size, largest_of_uneven, return_indices)


def adaptive_max_pool3d(
    input: Any,  # noqa: A002  # as users of PyTorch know it
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """The largest number of each of as many windows as asked for.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `adaptive_max_pool2d`, in three dimensions.
    """
    return adapted("adaptive_max_pool3d", 3, input, output_size, largest_of_uneven, return_indices)


def adapted(
    where: str, n: int, x: Any, output_size: Any, of_uneven: Callable[..., Any], return_indices: bool = False
) -> Any:
    """As many windows as asked for: of one size if they can be, else by `of_uneven`."""
    x, alone = batched(where, x, n)
    lengths = shape_of(x)[2:]
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * n
    if len(given) == n:
        given = tuple(m if k is None else k for k, m in zip(given, lengths, strict=True))
    counts = sizes(where, "output_size", given, n)
    if 0 in lengths:
        raise ShapeError(f"{where}: got x of shape {shape_of(x)}; a window needs a number; give a longer x")
    axes = tuple(range(2, n + 2))
    is_mean = of_uneven is mean_of_uneven
    if set(counts) == {1}:
        y = np.mean(x, axis=axes, keepdims=True) if is_mean else np.max(x, axis=axes, keepdims=True)
    elif any(m % k for m, k in zip(lengths, counts, strict=True)):
        y = of_uneven(x, lengths, counts)
    else:
        kernel = tuple(m // k for m, k in zip(lengths, counts, strict=True))
        window: Any = {"kernel": kernel, "stride": kernel, "padding": (0,) * n, "ceil_mode": False}
        if is_mean:
            y = average_pooling(x, **window, count_include_pad=True, divisor=None)
        else:
            y = maximum_pooling(x, **window, dilation=(1,) * n)
    if return_indices:
        return unbatched(y, alone), unbatched(places_of_largest(x, lengths, counts), alone)
    return unbatched(y, alone)


def bounds(length: int, count: int) -> tuple[Any, Any]:
    """Where each of `count` windows begins, and before where it ends, along an axis."""
    i = np.arange(count)
    return i * length // count, -(-(i + 1) * length // count)


def mean_of_uneven(x: Any, lengths: Sizes, counts: Sizes) -> Any:
    """The means of windows of several sizes: a matrix product along each axis."""
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
    for axis, (length, count) in enumerate(zip(lengths, counts, strict=True), 2):
        first, end = bounds(length, count)
        places = np.arange(length)[:, None]
        weights = ((first <= places) & (places < end)) / (end - first)
        x = np.swapaxes(np.matmul(np.swapaxes(x, axis, -1), weights.astype(dtype)), axis, -1)
    return x


def largest_of_uneven(x: Any, lengths: Sizes, counts: Sizes) -> Any:
    """The largest numbers of windows of several sizes."""
    return np.max(uneven_windows(x, lengths, counts)[0], axis=tuple(range(-len(lengths), 0)))


def places_of_largest(x: Any, lengths: Sizes, counts: Sizes) -> Any:
    """Where the first of the largest numbers of each window is: its place in a sample's channel, flattened."""
    windows, places = uneven_windows(x, lengths, counts)
    flat = np.ravel_multi_index(np.broadcast_arrays(*places), lengths).reshape(math.prod(counts), -1)
    first = np.argmax(np.reshape(windows, (*x.shape[:2], *counts, -1)), axis=-1)
    return flat[np.arange(len(flat)).reshape(counts), first]


def uneven_windows(x: Any, lengths: Sizes, counts: Sizes) -> tuple[Any, list[Any]]:
    """Windows of several sizes, (N, C, *counts, *longest), and which places they read along each axis.

    All are read as long as the longest, and what is not of a shorter one is -inf.
    """
    n = len(lengths)
    key: list[Any] = []
    within: Any = True
    for axis, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        first, end = bounds(length, count)
        places = first[:, None] + np.arange(np.max(end - first))
        shape = [1] * (2 * n)
        shape[axis], shape[n + axis] = places.shape
        within = within & (places < end[:, None]).reshape(shape)
        key.append(np.minimum(places, length - 1).reshape(shape))
    return np.where(within, x[(slice(None), slice(None), *key)], -np.inf), key
