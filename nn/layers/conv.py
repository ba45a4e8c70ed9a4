"""Convolutions in one, two and three dimensions, and their transposes, as modules."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

import numpy as np

from autograd_mini import ShapeError, UsageError, Value

from ..checks import check_choice, check_whole, shape_of
from ..module import Module
from .conv_functions import convolved, padding_pairs, spread
from .linear import uniform
from .padding import MODES, surrounded
from .windows import Sizes, batched, sizes, unbatched

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Size = int | Sizes


class Convolution(Module):
    """What convolutions of all dimensions share, transposed or not: sizes, settings and starting weights."""

    n: ClassVar[int]
    transposed: ClassVar[bool] = False

    def start(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        dilation: Size,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: Any,
        rng: np.random.Generator | None,
    ) -> None:
        """Check the settings, keep them, and draw the weights."""
        where = type(self).__name__
        for name, k in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
            check_whole(where, name, k)
        if in_channels % groups or out_channels % groups:
            raise UsageError(
                f"{where}: got in_channels = {in_channels}, out_channels = {out_channels} and groups = {groups}; "
                "groups must divide both; give another number of groups"
            )
        check_choice(where, "padding_mode", padding_mode, ("zeros",) if self.transposed else ("zeros", *MODES))
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = sizes(where, "kernel_size", kernel_size, self.n)
        self.stride, self.dilation = sizes(where, "stride", stride, self.n), sizes(where, "dilation", dilation, self.n)
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        rng = np.random.default_rng() if rng is None else rng
        self.weight = Value(uniform(rng, prod(shape[1:]), shape).astype(dtype))
        self.bias: Any = Value(uniform(rng, prod(shape[1:]), (out_channels,)).astype(dtype)) if bias else None


class Convolving(Convolution):
    """A convolution of which a class says the number of dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.start(in_channels, out_channels, kernel_size, stride, dilation, groups, bias, padding_mode, dtype, rng)
        self.padding = (
            padding if isinstance(padding, str) else sizes(type(self).__name__, "padding", padding, self.n, 0)
        )
        padding_pairs(type(self).__name__, self.padding, self.kernel_size, self.stride, self.dilation)

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, D, *counts), or (C, *lengths) -> (D, *counts)"""
        where = type(self).__name__
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            x, alone = batched(where, x, self.n)
            pairs = padding_pairs(where, padding, self.kernel_size, self.stride, self.dilation)
            x, padding = unbatched(surrounded(where, x, pairs, self.padding_mode), alone), 0
        return convolved(where, self.n, x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(Convolving):
    """Sums of products of kernels with every window, plus bias.  (N, in_channels, L) -> (N, out_channels, L_out)

    As `Conv2d`, in one dimension.

    Example
    -------
    >>> Conv1d(2, 4, 3, padding="same")(np.ones((5, 2, 8))).shape
    (5, 4, 8)
    """

    n = 1


class Conv2d(Convolving):
    """Sums of products of kernels with every window, plus bias.  (N, in_channels, H, W) -> (N, out_channels, ...)

    weight has shape (out_channels, in_channels / groups, KH, KW) and bias (out_channels,). Both start uniformly between
    plus and minus 1 / sqrt(in_channels / groups * KH * KW). padding is as in `conv2d`; padding_mode "zeros", "reflect",
    "replicate" or "circular" says what stands there. groups = in_channels gives every channel its own kernels.

    Raises: UsageError for sizes that are none, groups that do not divide the channels, an unknown padding_mode, and
    "same" with a stride; when called, ShapeError for x with other channels, or smaller than the window.

    Example
    -------
    >>> conv = Conv2d(1, 8, kernel_size=3, rng=np.random.default_rng(0))
    >>> conv(np.ones((32, 1, 28, 28))).shape
    (32, 8, 26, 26)
    """

    n = 2


class Conv3d(Convolving):
    """Sums of products of kernels with every window, plus bias.  (N, in_channels, D, H, W) -> (N, out_channels, ...)

    As `Conv2d`, in three dimensions.

    Example
    -------
    >>> Conv3d(1, 2, (1, 3, 3))(np.ones((5, 1, 4, 4, 4))).shape
    (5, 2, 4, 2, 2)
    """

    n = 3


class Transposed(Convolution):
    """A transposed convolution of which a class says the number of dimensions."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.start(in_channels, out_channels, kernel_size, stride, dilation, groups, bias, padding_mode, dtype, rng)
        where = type(self).__name__
        self.padding = sizes(where, "padding", padding, self.n, 0)
        self.output_padding = sizes(where, "output_padding", output_padding, self.n, 0)

    def __call__(self, x: Any, output_size: Any = None) -> Any:
        """(N, C, *lengths) -> (N, D, *output_size); output_size: in place of output_padding, the lengths of the output.

        Raises: ShapeError if no output_padding gives that size.
        """
        extra = self.output_padding if output_size is None else self.missing(x, output_size)
        where = type(self).__name__
        return spread(
            where,
            self.n,
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def missing(self, x: Any, output_size: Any) -> Sizes:
        """The output_padding that gives the output these lengths; they may come with N and C before them."""
        where = type(self).__name__
        shape = shape_of(batched(where, x, self.n)[0])
        if isinstance(output_size, (tuple, list)) and len(output_size) in (self.n + 1, self.n + 2):
            output_size = output_size[-self.n :]
        size = sizes(where, "output_size", output_size, self.n)
        least = tuple(
            (m - 1) * s - 2 * p + d * (k - 1) + 1
            for m, s, p, d, k in zip(shape[2:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        )
        extra = tuple(a - b for a, b in zip(size, least, strict=True))
        if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, self.stride, self.dilation, strict=True)):
            raise ShapeError(
                f"{where}: got output_size = {size}; for x of shape {shape} the least is {least}, and each may "
                f"be larger by less than stride {self.stride} or dilation {self.dilation}; give another size"
            )
        return extra


class ConvTranspose1d(Transposed):
    """The transpose of a convolution, plus bias.  (N, in_channels, L) -> (N, out_channels, L_out)

    As `ConvTranspose2d`, in one dimension.

    Example
    -------
    >>> ConvTranspose1d(2, 4, 3, stride=2)(np.ones((5, 2, 8))).shape
    (5, 4, 17)
    """

    n = 1


class ConvTranspose2d(Transposed):
    """The transpose of a convolution, plus bias.  (N, in_channels, H, W) -> (N, out_channels, H_out, W_out)

    weight has shape (in_channels, out_channels / groups, KH, KW) and bias (out_channels,). Both start uniformly between
    plus and minus 1 / sqrt(out_channels / groups * KH * KW). Settings are as in `conv_transpose2d`.

    Raises: UsageError for sizes that are none, groups that do not divide the channels, and a padding_mode but "zeros";
    when called, ShapeError for x with other channels, or an output_size that cannot be.

    Example
    -------
    >>> up = ConvTranspose2d(8, 4, 3, stride=2, padding=1)
    >>> up(np.ones((5, 8, 7, 7))).shape, up(np.ones((5, 8, 7, 7)), output_size=(14, 14)).shape
    ((5, 4, 13, 13), (5, 4, 14, 14))
    """

    n = 2


class ConvTranspose3d(Transposed):
    """The transpose of a convolution, plus bias.  (N, in_channels, D, H, W) -> (N, out_channels, ...)

    As `ConvTranspose2d`, in three dimensions.

    Example
    -------
    >>> ConvTranspose3d(1, 2, 2, stride=2)(np.ones((5, 1, 2, 3, 4))).shape
    (5, 2, 4, 6, 8)
    """

    n = 3
