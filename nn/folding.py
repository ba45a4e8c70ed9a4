"""Windows of a plane as columns, and columns added up to a plane: functions and modules."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd_mini import ShapeError, linear

from .checks import shape_of
from .module import Module
from .windows import (
    Pairs,
    Sizes,
    as_operand,
    batched,
    count_of_windows,
    sizes,
    taps,
    unbatched,
    view_of_windows,
    zeros_around,
)

__all__ = ["Fold", "Unfold", "fold", "unfold"]

Size = int | Sizes

PLANES: Any = [  # shapes, and options that both ops have
    ((2, 2, 3, 4), {"kernel": (2, 2), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}),
    ((1, 1, 5, 6), {"kernel": (3, 2), "stride": (2, 3), "padding": ((1, 1), (0, 0)), "dilation": (1, 2)}),
]


@linear(
    name="nn.unfold",
    transpose=lambda g, x, **window: added_up(g, shape_of(x)[2:], **window),
    samples=lambda a: [(a(*x), o) for x, o in PLANES],
)
def columns_of_windows(x: Any, /, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Any:
    """The windows of an array as columns.  (N, C, *lengths) -> (N, C * kernel, windows)"""
    counts = count_of_windows("unfold", x.shape[2:], kernel, stride, padding, dilation)
    if any(map(any, padding)):
        whole, middle = zeros_around(x.shape, padding, x.dtype)
        middle[...] = x
        x = whole
    view = view_of_windows(x, kernel, stride, dilation, counts)
    return np.reshape(view, (x.shape[0], x.shape[1] * prod(kernel), prod(counts)))


def added_up(g: Any, lengths: Sizes, **window: Any) -> Any:
    """The transpose of `columns_of_windows`, which is declared with it."""
    return sums_of_windows(g, lengths=lengths, **window)


@linear(
    name="nn.fold",
    transpose=lambda g, y, lengths, **window: columns_of_windows(g, **window),
    samples=lambda a: [(a(*columns_of_windows.fn(np.ones(x), **o).shape), {"lengths": x[2:], **o}) for x, o in PLANES],
)
def sums_of_windows(y: Any, /, lengths: Sizes, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Any:
    """An array in which columns stand as windows, added where they overlap.  (N, C * kernel, windows) -> (N, C, ...)"""
    counts = count_of_windows("fold", lengths, kernel, stride, padding, dilation)
    n, c = y.shape[0], y.shape[1] // prod(kernel)
    y = y.reshape(n, c, *kernel, *counts)
    x = np.zeros((n, c, *lengths), y.dtype)
    for k, at, windows in taps(lengths, counts, kernel, stride, tuple(p[0] for p in padding), dilation):
        x[(slice(None), slice(None), *at)] += y[(slice(None), slice(None), *k, *windows)]
    return x


def unfold(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Any:
    """The windows of a plane as columns.  (N, C, H, W) -> (N, C * KH * KW, windows)

    x may come as (C, H, W), without N.

    Raises: ShapeError for x with other axes, or smaller than the window; UsageError for settings that are none.

    Example
    -------
    >>> unfold([[[1, 2, 3], [4, 5, 6]]], (2, 2)).tolist()
    [[1, 2], [2, 3], [4, 5], [5, 6]]
    """
    x, alone = batched("unfold", input, 2)
    window = checked_window("unfold", kernel_size, dilation, padding, stride)
    count_of_windows("unfold", shape_of(x)[2:], **window)
    return unbatched(columns_of_windows(x, **window), alone)


def fold(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Any:
    """A plane in which columns stand as windows, added where they overlap.  (N, C * KH * KW, windows) -> (N, C, H, W)

    The transpose of `unfold`. x may come without N.

    Raises: ShapeError for columns that are not those of a plane of output_size; UsageError for settings that are none.

    Example
    -------
    >>> fold([[1, 2], [2, 3], [4, 5], [5, 6]], (2, 3), (2, 2)).tolist()
    [[[1, 4, 3], [4, 10, 6]]]
    """
    x = as_operand(input)
    shape = shape_of(x)
    lengths = sizes("fold", "output_size", output_size, 2)
    window = checked_window("fold", kernel_size, dilation, padding, stride)
    columns = prod(count_of_windows("fold", lengths, **window))
    height = prod(window["kernel"])
    if len(shape) not in (2, 3) or shape[-1] != columns or shape[-2] % height or not shape[-2]:
        raise ShapeError(
            f"fold: got x of shape {shape}; for output_size = {lengths} it must be (N, C * {height}, {columns}), "
            "a column for each window; reshape x, or give the settings with which it was unfolded"
        )
    alone = len(shape) == 2
    return unbatched(sums_of_windows(np.reshape(x, (1, *shape)) if alone else x, lengths=lengths, **window), alone)


def checked_window(where: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    """The window as options of an op."""
    return {
        "kernel": sizes(where, "kernel_size", kernel_size, 2),
        "stride": sizes(where, "stride", stride, 2),
        "padding": tuple((p, p) for p in sizes(where, "padding", padding, 2, 0)),
        "dilation": sizes(where, "dilation", dilation, 2),
    }


class Unfold(Module):
    """The windows of a plane as columns.  (N, C, H, W) -> (N, C * KH * KW, windows)

    As `unfold`.
    """

    def __init__(self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> None:
        checked_window("Unfold", kernel_size, dilation, padding, stride)
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def __call__(self, x: Any) -> Any:
        """(N, C, H, W) -> (N, C * KH * KW, windows); also without N."""
        return unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Module):
    """A plane in which columns stand as windows, added where they overlap.  (N, C * KH * KW, windows) -> (N, C, H, W)

    As `fold`.
    """

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        checked_window("Fold", kernel_size, dilation, padding, stride)
        self.output_size = sizes("Fold", "output_size", output_size, 2)
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def __call__(self, x: Any) -> Any:
        """(N, C * KH * KW, windows) -> (N, C, H, W); also without N."""
        return fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
