"""Arrays read at other places, between their own: resampling to other lengths, and channels shuffled into a plane."""

from __future__ import annotations

from math import floor, isfinite
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from .adaptive_pooling import adapted, mean_of_uneven
from .checks import check_choice, check_whole, shape_of
from .module import Module
from .resize_ops import resized
from .windows import Sizes, as_operand, sizes

__all__ = ["PixelShuffle", "PixelUnshuffle", "Upsample", "interpolate", "pixel_shuffle", "pixel_unshuffle"]

Size = int | Sizes
Scale = float | tuple[float, ...]

# Names of the modes -> what the op does along each axis, and the number of axes that it is for.
MODES: dict[str, tuple[str, tuple[int, ...]]] = {
    "nearest": ("nearest", (1, 2, 3)),
    "nearest-exact": ("nearest-exact", (1, 2, 3)),
    "linear": ("linear", (1,)),
    "bilinear": ("linear", (2,)),
    "trilinear": ("linear", (3,)),
    "bicubic": ("cubic", (2,)),
    "area": ("area", (1, 2, 3)),
}


def interpolate(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    size: Size | None = None,
    scale_factor: Scale | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:
    """An array of other lengths, read from the given one.  (N, C, *lengths) -> (N, C, *size), of one to three lengths

    Give size, or scale_factor: how many times as long, rounded down. mode: "nearest" and "nearest-exact" take the
    number at the begin or the middle of each new place; "linear", "bilinear" and "trilinear" weigh the neighbour on
    each side, and "bicubic" two of them; "area" takes means, as `adaptive_avg_pool2d`. align_corners: whether the
    middles of the first and last numbers stay where they are, or the ends of the axes. recompute_scale_factor: whether
    places follow from the rounded lengths in place of the scale_factor. Unlike PyTorch's, it has no antialias.

    Raises: ShapeError for x with other axes than the mode is for; UsageError for both or none of size and scale_factor,
    and settings that are none.

    Example
    -------
    >>> interpolate([[[1.0, 3.0]]], scale_factor=2, mode="linear").tolist()
    [[[1.0, 1.5, 2.5, 3.0]]]
    """
    return interpolated("interpolate", input, size, scale_factor, mode, align_corners, recompute_scale_factor)


def interpolated(
    where: str,
    x: Any,
    size: Any,
    scale_factor: Any,
    mode: str,
    align_corners: bool | None,
    recompute_scale_factor: bool | None,
) -> Any:
    """The array of other lengths, of arguments that are checked here."""
    check_mode(where, mode, align_corners, size, scale_factor)
    x = as_operand(x)
    shape = shape_of(x)
    n, (kind, dimensions) = len(shape) - 2, MODES[mode]
    if n not in dimensions or 0 in shape[2:]:
        several = " or ".join(map(str, dimensions))
        raise ShapeError(
            f"{where}: got x of shape {shape} with mode={mode!r}; it must be (N, C, and {several} "
            "lengths from 1 on); reshape x, or choose another mode"
        )
    scales = None
    if size is None:
        factors = factors_of(where, scale_factor, n)
        size = tuple(floor(m * f) for m, f in zip(shape[2:], factors, strict=True))
        scales = None if recompute_scale_factor else factors
    size = sizes(where, "size", size, n)
    if kind == "area":
        return adapted(where, n, x, size, mean_of_uneven)
    if x.dtype.kind not in "fc" and "nearest" not in kind:
        x = np.asarray(x, float)
    return resized(x, size=size, mode=kind, align_corners=bool(align_corners), scales=scales)


def check_mode(where: str, mode: str, align_corners: bool | None, size: Any, scale_factor: Any) -> None:
    """Raise UsageError unless the settings go together."""
    check_choice(where, "mode", mode, tuple(MODES))
    if (size is None) == (scale_factor is None):
        raise UsageError(
            f"{where}: got size = {size} and scale_factor = {scale_factor}; one says the lengths; give one of them"
        )
    if align_corners is not None and MODES[mode][0] not in ("linear", "cubic"):
        raise UsageError(
            f"{where}: got align_corners = {align_corners} with mode={mode!r}; only linear, bilinear, trilinear and "
            "bicubic have corners to align; leave it out"
        )


def factors_of(where: str, scale_factor: Any, n: int) -> tuple[float, ...]:
    """How many times as long each axis becomes.

    Raises: UsageError for what are no positive numbers, one for all axes or one for each.
    """
    given = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * n
    if len(given) != n or not all(isinstance(f, (int, float, np.number)) and f > 0 and isfinite(f) for f in given):
        raise UsageError(
            f"{where}: got scale_factor = {scale_factor!r}; it is a positive number, or {n} of them in a tuple; "
            "give such numbers"
        )
    return tuple(map(float, given))


class Upsample(Module):
    """An array of other lengths, read from the given one.  (N, C, *lengths) -> (N, C, *size), of one to three lengths

    As `interpolate`.

    Example
    -------
    >>> Upsample(scale_factor=2)(np.ones((5, 3, 4, 6))).shape
    (5, 3, 8, 12)
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: Scale | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        check_mode("Upsample", mode, align_corners, size, scale_factor)
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *size)"""
        return interpolated(
            "Upsample", x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:  # noqa: A002  # the name that users of PyTorch know
    """Channels made into finer pixels.  (..., C * r * r, H, W) -> (..., C, H * r, W * r), r being upscale_factor

    Raises: ShapeError for channels that are no multiple of r * r; UsageError for another factor than a whole number.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network" (2016), section 3.2.

    Example
    -------
    >>> pixel_shuffle([[[1]], [[2]], [[3]], [[4]]], 2).tolist()
    [[[1, 2], [3, 4]]]
    """
    return shuffled("pixel_shuffle", input, upscale_factor)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:  # noqa: A002  # the name that users of PyTorch know
    """Pixels made into channels, as `pixel_shuffle` undoes it.  (..., C, H * r, W * r) -> (..., C * r * r, H, W)

    Raises: ShapeError for lengths that are no multiples of r; UsageError for another factor than a whole number.

    Example
    -------
    >>> pixel_unshuffle([[[1, 2], [3, 4]]], 2).tolist()
    [[[1]], [[2]], [[3]], [[4]]]
    """
    return unshuffled("pixel_unshuffle", input, downscale_factor)


def shuffled(where: str, x: Any, r: int) -> Any:
    """Channels made into finer pixels, of arguments that are checked here."""
    check_whole(where, "upscale_factor", r)
    x = as_operand(x)
    shape = shape_of(x)
    if len(shape) < 3 or shape[-3] % (r * r):
        raise ShapeError(
            f"{where}: got x of shape {shape}; it must be (..., C * {r * r}, H, W) for upscale_factor = {r}; "
            "give as many channels"
        )
    *lead, c, h, w = shape
    n = len(lead)
    x = np.reshape(x, (*lead, c // (r * r), r, r, h, w))
    x = np.transpose(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return np.reshape(x, (*lead, c // (r * r), h * r, w * r))


def unshuffled(where: str, x: Any, r: int) -> Any:
    """Pixels made into channels, of arguments that are checked here."""
    check_whole(where, "downscale_factor", r)
    x = as_operand(x)
    shape = shape_of(x)
    if len(shape) < 3 or shape[-2] % r or shape[-1] % r:
        raise ShapeError(
            f"{where}: got x of shape {shape}; it must be (..., C, H * {r}, W * {r}) for downscale_factor = {r}; "
            "give such lengths"
        )
    *lead, c, h, w = shape
    n = len(lead)
    x = np.reshape(x, (*lead, c, h // r, r, w // r, r))
    x = np.transpose(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return np.reshape(x, (*lead, c * r * r, h // r, w // r))


class PixelShuffle(Module):
    """Channels made into finer pixels.  (..., C * r * r, H, W) -> (..., C, H * r, W * r)

    As `pixel_shuffle`.
    """

    def __init__(self, upscale_factor: int) -> None:
        check_whole("PixelShuffle", "upscale_factor", upscale_factor)
        self.upscale_factor = upscale_factor

    def __call__(self, x: Any) -> Any:
        """(..., C * r * r, H, W) -> (..., C, H * r, W * r)"""
        return shuffled("PixelShuffle", x, self.upscale_factor)


class PixelUnshuffle(Module):
    """Pixels made into channels.  (..., C, H * r, W * r) -> (..., C * r * r, H, W)

    As `pixel_unshuffle`.
    """

    def __init__(self, downscale_factor: int) -> None:
        check_whole("PixelUnshuffle", "downscale_factor", downscale_factor)
        self.downscale_factor = downscale_factor

    def __call__(self, x: Any) -> Any:
        """(..., C, H * r, W * r) -> (..., C * r * r, H, W)"""
        return unshuffled("PixelUnshuffle", x, self.downscale_factor)
