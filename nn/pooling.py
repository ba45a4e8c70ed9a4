"""The largest number, the mean or a norm of every window of an array, as modules."""

from __future__ import annotations

from typing import Any, ClassVar

from .adaptive_pooling import adapted, largest_of_uneven, mean_of_uneven
from .checks import check_whole
from .module import Module
from .pooling_functions import averaged, largest, normed
from .windows import Sizes, sizes

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]

Size = int | Sizes
OutputSize = int | None | tuple[int | None, ...]


class Pooling(Module):
    """What modules of pooling share: a number of dimensions, and windows."""

    n: ClassVar[int]

    def keep(self, kernel_size: Any, stride: Any, padding: Any = 0) -> None:
        """Check the settings of the window, and keep them."""
        where = type(self).__name__
        self.kernel_size = sizes(where, "kernel_size", kernel_size, self.n)
        self.stride = self.kernel_size if stride is None else sizes(where, "stride", stride, self.n)
        self.padding = sizes(where, "padding", padding, self.n, 0)


class Largest(Pooling):
    """The largest number of every window; a class says of how many dimensions."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.keep(kernel_size, stride, padding)
        self.dilation = sizes(type(self).__name__, "dilation", dilation, self.n)
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *counts), and the places of the largest if return_indices; also without N."""
        where = type(self).__name__
        window = self.kernel_size, self.stride, self.padding, self.dilation
        return largest(where, self.n, x, *window, self.ceil_mode, self.return_indices)


class Averaging(Pooling):
    """The mean of every window; a class says of how many dimensions."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self.keep(kernel_size, stride, padding)
        if divisor_override is not None:
            check_whole(type(self).__name__, "divisor_override", divisor_override)
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *counts); also without N."""
        where = type(self).__name__
        window = self.kernel_size, self.stride, self.padding
        return averaged(where, self.n, x, *window, self.ceil_mode, self.count_include_pad, self.divisor_override)


class Norming(Pooling):
    """The norm of every window; a class says of how many dimensions."""

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        self.keep(kernel_size, stride)
        self.norm_type, self.ceil_mode = norm_type, ceil_mode

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *counts); also without N."""
        where = type(self).__name__
        return normed(where, self.n, x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class AdaptiveMean(Pooling):
    """The mean of each of as many windows as asked for; a class says of how many dimensions."""

    def __init__(self, output_size: OutputSize) -> None:
        self.output_size = output_size

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *output_size); also without N."""
        return adapted(type(self).__name__, self.n, x, self.output_size, mean_of_uneven)


class AdaptiveLargest(Pooling):
    """The largest number of each of as many windows as asked for; a class says of how many dimensions."""

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        self.output_size, self.return_indices = output_size, return_indices

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *output_size), and the places of the largest if return_indices; also without N."""
        where = type(self).__name__
        return adapted(where, self.n, x, self.output_size, largest_of_uneven, self.return_indices)


class MaxPool2d(Largest):
    """The largest number of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    Settings are as in `max_pool2d`; where several are the largest, they share the derivative evenly.

    Raises: as `max_pool2d`, for the window when it is called.

    Example
    -------
    >>> import numpy as np
    >>> MaxPool2d(2)(np.ones((32, 8, 26, 26))).shape
    (32, 8, 13, 13)
    """

    n = 2


class MaxPool1d(Largest):
    """The largest number of every window.  (N, C, L) -> (N, C, L_out)

    As `MaxPool2d`, in one dimension.
    """

    n = 1


class MaxPool3d(Largest):
    """The largest number of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `MaxPool2d`, in three dimensions.
    """

    n = 3


class AvgPool2d(Averaging):
    """The mean of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    Settings are as in `avg_pool2d`.

    Raises: as `avg_pool2d`, for the window when it is called.
    """

    n = 2


class AvgPool1d(Averaging):
    """The mean of every window.  (N, C, L) -> (N, C, L_out)

    As `AvgPool2d`, in one dimension.
    """

    n = 1

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)


class AvgPool3d(Averaging):
    """The mean of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `AvgPool2d`, in three dimensions.
    """

    n = 3


class LPPool2d(Norming):
    """(sum of x**p)**(1/p) of every window.  (N, C, H, W) -> (N, C, H_out, W_out)

    As `lp_pool2d`.
    """

    n = 2


class LPPool1d(Norming):
    """(sum of x**p)**(1/p) of every window.  (N, C, L) -> (N, C, L_out)

    As `lp_pool1d`.
    """

    n = 1


class LPPool3d(Norming):
    """(sum of x**p)**(1/p) of every window.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `lp_pool3d`.
    """

    n = 3


class AdaptiveAvgPool2d(AdaptiveMean):
    """The mean of each of as many windows as asked for.  (N, C, H, W) -> (N, C, H_out, W_out)

    As `adaptive_avg_pool2d`.

    Example
    -------
    >>> import numpy as np
    >>> AdaptiveAvgPool2d((1, None))(np.ones((5, 8, 7, 6))).shape
    (5, 8, 1, 6)
    """

    n = 2


class AdaptiveAvgPool1d(AdaptiveMean):
    """The mean of each of as many windows as asked for.  (N, C, L) -> (N, C, L_out)

    As `adaptive_avg_pool1d`.
    """

    n = 1


class AdaptiveAvgPool3d(AdaptiveMean):
    """The mean of each of as many windows as asked for.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `adaptive_avg_pool3d`.
    """

    n = 3


class AdaptiveMaxPool2d(AdaptiveLargest):
    """The largest number of each of as many windows as asked for.  (N, C, H, W) -> (N, C, H_out, W_out)

    As `adaptive_max_pool2d`.
    """

    n = 2


class AdaptiveMaxPool1d(AdaptiveLargest):
    """The largest number of each of as many windows as asked for.  (N, C, L) -> (N, C, L_out)

    As `adaptive_max_pool1d`.
    """

    n = 1


class AdaptiveMaxPool3d(AdaptiveLargest):
    """The largest number of each of as many windows as asked for.  (N, C, D, H, W) -> (N, C, D_out, H_out, W_out)

    As `adaptive_max_pool3d`.
    """

    n = 3
