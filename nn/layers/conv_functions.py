"""Convolutions in one, two and three dimensions, and their transposes, as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from ..checks import check_choice, check_whole, shape_of
from .conv_ops import convolution, transposed_convolution
from .windows import Pairs, Sizes, as_operand, batched, count_of_windows, sizes, unbatched

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolved",
    "padding_pairs",
    "spread",
]

Size = int | Sizes


def conv1d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Sums of products of a kernel with every window.  (N, C, L), (D, C/groups, K) -> (N, D, L_out)

    As `conv2d`, in one dimension.

    Example
    -------
    >>> conv1d([[[1.0, 2.0, 4.0, 8.0]]], [[[-1.0, 1.0]]]).tolist()
    [[[1.0, 2.0, 4.0]]]
    """
    return convolved("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Sums of products of a kernel with every window.  (N, C, H, W), (D, C/groups, KH, KW) -> (N, D, H_out, W_out)

    The kernel is not turned round (a correlation). x may come as (C, H, W), without N. padding: zeros on both sides of
    each axis, or "valid" for none, or "same" for as many as give y the lengths of x (an odd number has its larger half
    behind). groups: channels are taken in that many groups, each of which has its own kernels. H_out is
    (H + 2 padding - dilation (KH - 1) - 1) // stride + 1.

    Raises: ShapeError for shapes that do not fit, or a window larger than the padded x; UsageError for other settings.
    """
    return convolved("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Sums of products of a kernel with every window.  (N, C, D, H, W) -> (N, C_out, D_out, H_out, W_out)

    As `conv2d`, in three dimensions.
    """
    return convolved("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """The transpose of `conv1d` as a linear map.  (N, C, L), (C, D/groups, K) -> (N, D, L_out)

    As `conv_transpose2d`, in one dimension.

    Example
    -------
    >>> conv_transpose1d([[[1.0, 10.0]]], [[[1.0, 2.0, 3.0]]], stride=2).tolist()
    [[[1.0, 2.0, 13.0, 20.0, 30.0]]]
    """
    return spread("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """The transpose of `conv2d` as a linear map.  (N, C, H, W), (C, D/groups, KH, KW) -> (N, D, H_out, W_out)

    Every number of x puts a kernel, times itself, into y. padding takes as many numbers away from all sides of y, and
    output_padding adds to its ends, which several lengths of x have in common when stride is not 1. H_out is
    (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1.

    Raises: ShapeError for shapes that do not fit, or nothing left of y; UsageError for other settings, and for an
    output_padding that is not smaller than stride or dilation.
    """
    return spread("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """The transpose of `conv3d` as a linear map.  (N, C, D, H, W) -> (N, C_out, D_out, H_out, W_out)

    As `conv_transpose2d`, in three dimensions.
    """
    return spread("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def convolved(
    where: str, n: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """The convolution in n dimensions, of arguments that are checked here."""
    x, alone = batched(where, x, n)
    weight, operands = checked_weight(where, n, x, weight, bias, groups, out_axis=0)
    kernel = shape_of(weight)[2:]
    stride, dilation = sizes(where, "stride", stride, n), sizes(where, "dilation", dilation, n)
    pairs = padding_pairs(where, padding, kernel, stride, dilation)
    count_of_windows(where, shape_of(x)[2:], kernel, stride, pairs, dilation)
    y = convolution(x, weight, *operands, stride=stride, padding=pairs, dilation=dilation, groups=groups)
    return unbatched(y, alone)


def spread(
    where: str,
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    """The transposed convolution in n dimensions, of arguments that are checked here."""
    x, alone = batched(where, x, n)
    weight, operands = checked_weight(where, n, x, weight, bias, groups, out_axis=1)
    kernel = shape_of(weight)[2:]
    stride, dilation = sizes(where, "stride", stride, n), sizes(where, "dilation", dilation, n)
    padding, extra = sizes(where, "padding", padding, n, 0), sizes(where, "output_padding", output_padding, n, 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise UsageError(
            f"{where}: got output_padding = {extra} with stride {stride} and dilation {dilation}; it must be smaller "
            "than one of both along each axis; give a smaller one"
        )
    lengths = tuple(
        (m - 1) * s - 2 * p + d * (k - 1) + e + 1
        for m, s, p, d, k, e in zip(shape_of(x)[2:], stride, padding, dilation, kernel, extra, strict=True)
    )
    if min(lengths) < 1:
        raise ShapeError(
            f"{where}: got x of shape {shape_of(x)} and padding {padding}, which leave an output of lengths {lengths}; "
            "one number must be left; give a longer x, or less padding"
        )
    y = transposed_convolution(
        x,
        weight,
        lengths=lengths,
        stride=stride,
        # Behind, without the windows that the convolution of so long a y would have and x has not.
        padding=tuple((p, p - e // s * s) for p, e, s in zip(padding, extra, stride, strict=True)),
        dilation=dilation,
        groups=groups,
    )
    for b in operands:
        y = y + np.reshape(b, (-1, *(1,) * n))
    return unbatched(y, alone)


def checked_weight(
    where: str, n: int, x: Any, weight: Any, bias: Any, groups: int, out_axis: int
) -> tuple[Any, list[Any]]:
    """The weight, and the bias in a list, or none; out_axis: which axis of the weight is the output's channels.

    Raises: ShapeError unless they fit each other, x and the groups.
    """
    check_whole(where, "groups", groups)
    weight = as_operand(weight)
    shape, given = shape_of(weight), shape_of(x)
    if len(shape) != n + 2 or 0 in shape[1:]:
        layout = ("out_channels, in_channels / groups", "in_channels, out_channels / groups")[out_axis]
        raise ShapeError(
            f"{where}: got a weight of shape {shape}; it must be ({layout}, and {n} lengths of the kernel); reshape it"
        )
    if shape[0] % groups:
        raise ShapeError(
            f"{where}: got a weight of shape {shape} and groups = {groups}; groups must divide its first axis; "
            "give another number of groups"
        )
    channels, out = (shape[1] * groups, shape[0]) if out_axis == 0 else (shape[0], shape[1] * groups)
    if given[1] != channels:
        raise ShapeError(
            f"{where}: got x of shape {given}; it must have {channels} channels, for a weight of shape {shape} and "
            f"groups = {groups}; give x as (N, {channels}, ...), or another weight"
        )
    if bias is None:
        return weight, []
    bias = as_operand(bias)
    if shape_of(bias) != (out,):
        raise ShapeError(
            f"{where}: got a bias of shape {shape_of(bias)}; it must be ({out},), one for each channel of the output; "
            "reshape it"
        )
    return weight, [bias]


def padding_pairs(where: str, padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Pairs:
    """How many numbers to add before and behind each axis.

    Raises: UsageError for what is no padding, and for "same" with a stride.
    """
    if isinstance(padding, str):
        check_choice(where, "padding", padding, ("valid", "same"))
        if padding == "same" and set(stride) != {1}:
            raise UsageError(
                f'{where}: got padding="same" with stride {stride}; an output of the same lengths has stride 1; '
                "give the padding as numbers"
            )
        totals = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
        return tuple((t // 2, t - t // 2) for t in totals)
    return tuple((p, p) for p in sizes(where, "padding", padding, len(kernel), 0))
