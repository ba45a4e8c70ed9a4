"""The largest number, the mean or a norm of every window of an array, as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError

from .checks import check_whole, shape_of
from .pooling_ops import average_pooling, count_of_pools, indices_of_maxima, maximum_pooling
from .windows import Sizes, batched, sizes, unbatched

__all__ = [
    "averaged",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "largest",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "normed",
]

Size = int | Sizes


def max_pool2d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    x may come as (C, H, W), without N. stride: kernel_size, when None. padding: places on all sides that
    no maximum takes. ceil_mode: also windows that reach over the end. return_indices: also the place of the first of
    the largest in the plane of its channel, flattened.

    Where several are the largest, they share the derivative evenly, as for np.max; PyTorch gives all to the first.

    Raises: ShapeError for x with other axes, or smaller than the window; UsageError for other settings, and a padding
    of more than half a window.

    Example
    -------
    >>> max_pool2d([[[1.0, 2.0, 5.0], [3.0, 0.0, 4.0]]], (2, 1)).tolist()
    [[[3.0, 2.0, 5.0]]]
    """
    return largest("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of every window.  (N, C, L) -> (N, C, L_out)

    As `max_pool2d`, in one dimension.
    """
    return largest("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `max_pool2d`, in three dimensions.
    """
    return largest("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool2d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    x may come as (C, H, W), without N. stride: kernel_size, when None. ceil_mode: also windows that reach over the end.
    count_include_pad: whether padding counts as numbers that are 0, or is left out. divisor_override: what the sum is
    divided by, in place of how many numbers there are.

    Raises: as `max_pool2d`.

    Example
    -------
    >>> avg_pool2d([[[1.0, 2.0, 5.0], [3.0, 0.0, 4.0]]], (2, 1)).tolist()
    [[[2.0, 1.0, 4.5]]]
    """
    return averaged(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool1d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of every window.  (N, C, L) -> (N, C, L_out)

    As `avg_pool2d`, in one dimension.
    """
    return averaged("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool3d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `avg_pool2d`, in three dimensions.
    """
    return averaged(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def lp_pool2d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Any:
    """(sum of x**p)**(1/p) of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    norm_type p: 1 gives the sum, infinity would give `max_pool2d`. As in PyTorch, of the numbers and not of their
    absolute values: an odd p is for numbers that are not negative.

    Raises: as `max_pool2d`.

    Example
    -------
    >>> lp_pool2d([[[3.0, 4.0]]], 2.0, (1, 2)).tolist()
    [[[5.0]]]
    """
    return normed("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool1d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Any:
    """(sum of x**p)**(1/p) of every window.  (N, C, L) -> (N, C, L_out)

    As `lp_pool2d`, in one dimension.
    """
    return normed("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Any:
    """(sum of x**p)**(1/p) of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `lp_pool2d`, in three dimensions.
    """
    return normed("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


# ---- for every number of dimensions


def checked_window(
    where: str, x: Any, n: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> dict[str, Any]:
    """The window as options of an op.

    Raises: UsageError for settings that are none, ShapeError for x in which no window fits.
    """
    kernel = sizes(where, "kernel_size", kernel_size, n)
    stride = kernel if stride is None else sizes(where, "stride", stride, n)
    padding, dilation = sizes(where, "padding", padding, n, 0), sizes(where, "dilation", dilation, n)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise UsageError(
            f"{where}: got padding = {padding} with kernel_size {kernel}; it is at most half of that, as a window "
            "of padding alone has no numbers; give less padding"
        )
    lengths = shape_of(x)[2:]
    if min(count_of_pools(lengths, kernel, stride, padding, dilation, ceil_mode=ceil_mode)) < 1:
        raise ShapeError(
            f"{where}: got x of lengths {lengths}, with padding {padding}, and windows of lengths {spans}; "
            "a window must fit in; give a longer x, more padding, or a smaller kernel_size"
        )
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": bool(ceil_mode)}


def largest(
    where: str,
    n: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """The largest number of every window, of arguments that are checked here."""
    x, alone = batched(where, x, n)
    if x.dtype.kind == "c":
        raise DtypeError(
            f"{where}: got dtype {x.dtype}; complex numbers have no largest; take np.abs(x), or a part of x"
        )
    window = checked_window(where, x, n, kernel_size, stride, padding, dilation, ceil_mode)
    y = unbatched(maximum_pooling(x, **window), alone)
    return (y, unbatched(indices_of_maxima(x, **window), alone)) if return_indices else y


def averaged(
    where: str,
    n: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    """The mean of every window, of arguments that are checked here."""
    x, alone = batched(where, x, n)
    window = checked_window(where, x, n, kernel_size, stride, padding, 1, ceil_mode)
    del window["dilation"]
    if divisor is not None:
        check_whole(where, "divisor_override", divisor)
    y = average_pooling(x, **window, count_include_pad=bool(count_include_pad), divisor=divisor)
    return unbatched(y, alone)


def normed(where: str, n: int, x: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    """The norm of every window, of arguments that are checked here."""
    if not p > 0:
        raise UsageError(f"{where}: got norm_type = {p}; a norm has a positive one; give another norm_type")
    x, alone = batched(where, x, n)
    window = checked_window(where, x, n, kernel_size, stride, 0, 1, ceil_mode)
    del window["dilation"]
    # A window over the end has the mean of what is in it, times the size of a whole one, as in PyTorch.
    size = float(np.prod(window["kernel"]))
    y = (average_pooling(x**p, **window, count_include_pad=True, divisor=None) * size) ** (1 / p)
    return unbatched(y, alone)
