"""Products of shifts in any number of dimensions, and what is made of them: resampling by a filter, medians of windows.

The convolution is linear in each operand, and its transpose is a convolution with the other one turned round.
"""

from __future__ import annotations

from math import gcd, prod
from typing import Any

import numpy as np
import scipy.signal as ss

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.elementwise import conjugated, is_complex
from ...ops.indexing import getitem
from ...ops.operands import data_of
from ...ops.shape import moveaxis, reshape
from ...primitive import primitive
from ...record import shape_of
from ..answers import for_values
from ..linalg.systems import floats

MODES = ("full", "same", "valid")


def turned_round(x: Any) -> Any:
    """The conjugate, reversed along every axis."""
    return np.flip(conjugated(x))


@primitive(
    name="signal.convolve",
    samples=lambda a: [
        (a(5), a(3)),
        (a(3), a(5)),
        (a(4), a(2), "valid"),
        (a(3, 4), a(2, 2)),
        (a(3, 4), a(2, 3), "valid"),
        (a(2, 3), a(1, 2)),
    ],
)
def convolved(x: Any, kernel: Any, /, mode: str = "full", method: str = "auto") -> Any:
    """The sums of products at every shift; for "valid" the first operand is the larger one along every axis."""
    return ss.convolve(x, kernel, mode, method)


@convolved.vjp
def _(g: Any, y: Any, x: Any, kernel: Any, mode: str, method: str) -> Any:
    return convolved(g, turned_round(kernel), mode="valid" if mode == "full" else "full", method=method)


@convolved.vjp
def _(g: Any, y: Any, x: Any, kernel: Any, mode: str, method: str) -> Any:
    if mode == "full":
        return convolved(g, turned_round(x), mode="valid", method=method)
    return np.flip(convolved(conjugated(x), np.flip(g), mode="valid", method=method))


def centred(y: Any, shape: tuple[int, ...], axes: Any = None) -> Any:
    """The middle part, of that shape."""
    have = shape_of(y)
    key = [slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(have, shape, strict=True)]
    return y[tuple(key)] if axes is None else y[tuple(k if i in axes else slice(None) for i, k in enumerate(key))]


def checked(where: str, x: Any, y: Any, mode: str) -> tuple[Any, Any]:
    """Both operands as arrays of floats, of one number of axes."""
    x, y = floats(x), floats(y)
    if mode not in MODES:
        raise UsageError(f'{where}: got mode={mode!r}; it must be "full", "same" or "valid"; choose one')
    if len(shape_of(x)) != len(shape_of(y)):
        raise ShapeError(
            f"{where}: got shapes {shape_of(x)} and {shape_of(y)}; they must have as many axes; reshape one"
        )
    return x, y


def is_smaller(x: Any, y: Any) -> bool:
    """Whether the second operand is larger along some axis; then "valid" exchanges them."""
    return any(n < m for n, m in zip(shape_of(x), shape_of(y), strict=True))


@for_values(ss.convolve)
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The sums of products of the first operand and the second reversed, at every shift."""
    x, y = checked("convolve", in1, in2, mode)
    if not shape_of(x):
        return x * y
    if mode == "valid":
        return convolved(*((y, x) if is_smaller(x, y) else (x, y)), mode="valid", method=method)
    whole = convolved(x, y, method=method)
    return whole if mode == "full" else centred(whole, shape_of(x))


@for_values(ss.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The sums of products of the first operand and the conjugate of the second, at every shift."""
    x, y = checked("correlate", in1, in2, mode)
    return convolve(x, turned_round(y), mode, method)


@for_values(ss.fftconvolve)
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same as `convolve`, by Fourier transforms; along some axes, the others being broadcast."""
    x, y = checked("fftconvolve", in1, in2, mode)
    n = len(shape_of(x))
    axes = tuple(range(n)) if axes is None else tuple(k % n for k in np.atleast_1d(axes).tolist())
    a, b = shape_of(x), shape_of(y)
    if mode == "valid" and any(a[k] < b[k] for k in axes):
        x, y, a, b = y, x, b, a
    lengths = [a[k] + b[k] - 1 for k in axes]
    whole: Any
    if is_complex(x) or is_complex(y):
        whole = np.fft.ifftn(np.fft.fftn(x, lengths, axes) * np.fft.fftn(y, lengths, axes), lengths, axes)
    else:
        whole = np.fft.irfftn(np.fft.rfftn(x, lengths, axes) * np.fft.rfftn(y, lengths, axes), lengths, axes)
    if mode == "full":
        return whole
    have = shape_of(whole)
    wanted = {k: a[k] if mode == "same" else a[k] - b[k] + 1 for k in axes}
    return centred(whole, tuple(wanted.get(k, m) for k, m in enumerate(have)))


@for_values(ss.oaconvolve)
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The same as `fftconvolve`, of which SciPy's takes less memory for long and short operands."""
    return fftconvolve(in1, in2, mode, axes)


PADDING = {
    "fill": "constant",
    "pad": "constant",
    "wrap": "wrap",
    "circular": "wrap",
    "symm": "symmetric",
    "symmetric": "symmetric",
}


@for_values(ss.convolve2d)
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The convolution of two matrices, the first one continued beyond its edges as `boundary` tells."""
    x, y = checked("convolve2d", in1, in2, mode)
    return of_planes("convolve2d", x, y, mode, boundary, fillvalue, [(m - 1) // 2 for m in shape_of(y)])


@for_values(ss.correlate2d)
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The correlation of two matrices, the first one continued beyond its edges as `boundary` tells."""
    x, y = checked("correlate2d", in1, in2, mode)
    return of_planes("correlate2d", x, turned_round(y), mode, boundary, fillvalue, [m // 2 for m in shape_of(y)])


def of_planes(where: str, x: Any, y: Any, mode: str, boundary: str, fillvalue: Any, starts: list[int]) -> Any:
    """The convolution of matrices; starts: where "same" begins in the whole."""
    if boundary not in PADDING:
        raise UsageError(f'{where}: got boundary={boundary!r}; it must be "fill", "wrap" or "symm"; choose one')
    if mode == "valid":
        return convolve(x, y, mode)
    sizes = shape_of(y)
    margins = [(m - 1, m - 1) for m in sizes]
    if mode == "same":
        margins = [(m - 1 - s, s) for m, s in zip(sizes, starts, strict=True)]
    options = {"constant_values": fillvalue} if PADDING[boundary] == "constant" else {}
    return convolved(np.pad(x, margins, PADDING[boundary], **options), y, mode="valid")


# ---- along one axis


def along(x: Any, kernel: Any, mode: str = "full") -> Any:
    """Each row of the last axis convolved with a kernel of one axis."""
    return convolved(x, reshape(kernel, (1,) * (len(shape_of(x)) - 1) + (-1,)), mode=mode)


def with_zeros_between(x: Any, up: int) -> Any:
    """The last axis with up - 1 zeros after each element but the last."""
    if up == 1:
        return x
    shape = shape_of(x)
    spread = np.pad(x[..., None], [(0, 0)] * len(shape) + [(0, up - 1)])
    return reshape(spread, (*shape[:-1], shape[-1] * up))[..., : (shape[-1] - 1) * up + 1]


def check_zeros_outside(where: str, mode: Any, cval: Any) -> None:
    """Raise unless a signal is continued with zeros."""
    if mode not in (None, "constant") or cval not in (None, 0):
        raise NoRuleError(
            f"{where}: got {mode!r} and cval={cval!r}; only a signal that goes on with zeros has a rule; "
            "continue it by np.pad(x, ...) first"
        )


@for_values(ss.upfirdn)
def upfirdn(h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: Any = "constant", cval: Any = 0) -> Any:
    """The signal with zeros put between, filtered by h, of which every `down`-th element is taken."""
    check_zeros_outside("upfirdn", mode, cval)
    x = moveaxis(floats(x), axis, -1)
    return moveaxis(along(with_zeros_between(x, up), floats(h))[..., ::down], -1, axis)


@for_values(ss.resample_poly)
def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: Any = "constant",
    cval: Any = None,
) -> Any:
    """The signal at up / down times its rate, by a filter without shift in time."""
    check_zeros_outside("resample_poly", padtype, cval)
    x = floats(x)
    up, down = up // gcd(up, down), down // gcd(up, down)
    if up == down:
        return x + 0.0
    if isinstance(window, (str, tuple)):
        half = 10 * max(up, down)
        h = ss.firwin(2 * half + 1, 1.0 / max(up, down), window=window).astype(x.real.dtype)
    else:
        h = floats(window)
        half = (shape_of(h)[0] - 1) // 2
    x = moveaxis(x, axis, -1)
    n = -(-shape_of(x)[-1] * up // down)
    y = along(with_zeros_between(x, up), h * up)
    short = half + (n - 1) * down + 1 - shape_of(y)[-1]
    y = np.pad(y, [(0, 0)] * (len(shape_of(y)) - 1) + [(0, short)]) if short > 0 else y
    return moveaxis(y[..., half : half + (n - 1) * down + 1 : down], -1, axis)


# ---- windows


def windows_of(x: Any, sizes: tuple[int, ...]) -> Any:
    """The elements around each one, zeros beyond the edges.  (...) -> (..., prod(sizes))"""
    shape = shape_of(x)
    padded = np.pad(x, [(k // 2, k // 2) for k in sizes])
    places = np.arange(prod(shape_of(padded))).reshape(shape_of(padded))
    view = np.lib.stride_tricks.sliding_window_view(places, sizes).reshape(*shape, -1)
    return getitem(reshape(padded, -1), view)


def odd_sizes(where: str, kernel_size: Any, n: int) -> tuple[int, ...]:
    """The length of a window along each axis."""
    sizes = tuple(np.broadcast_to(3 if kernel_size is None else kernel_size, n).tolist())
    if any(k % 2 == 0 for k in sizes):
        raise UsageError(f"{where}: got sizes {sizes}; each must be odd; add one")
    return sizes


@for_values(ss.medfilt)
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """The median of the elements around each one, zeros beyond the edges."""
    x = floats(volume)
    return np.median(windows_of(x, odd_sizes("medfilt", kernel_size, len(shape_of(x)))), -1)


@for_values(ss.medfilt2d)
def medfilt2d(input: Any, kernel_size: Any = 3) -> Any:  # noqa: A002  # SciPy's own name
    """The same of a matrix."""
    return medfilt(input, kernel_size)


@for_values(ss.order_filter)
def order_filter(a: Any, domain: Any, rank: int) -> Any:
    """The element of that rank among those around each one, where `domain` is not 0."""
    x, domain = floats(a), data_of(np.asarray(domain))
    sizes = odd_sizes("order_filter", domain.shape, domain.ndim)
    return np.sort(windows_of(x, sizes)[..., domain.ravel() != 0], -1)[..., rank]


@for_values(ss.wiener)
def wiener(im: Any, mysize: Any = None, noise: Any = None) -> Any:
    """The mean of the elements around each one, and the more of the element itself, the more they vary."""
    x = floats(im)
    sizes = tuple(np.broadcast_to(3 if mysize is None else mysize, len(shape_of(x))).tolist())
    kernel = np.full(sizes, 1.0 / prod(sizes))
    mean = correlate(x, kernel, "same")
    variance = correlate(x**2, kernel, "same") - mean**2
    noise = np.mean(variance) if noise is None else noise
    is_quiet = np.less(data_of(variance), data_of(noise))
    return mean + np.where(is_quiet, 0.0, (x - mean) * (1 - noise / np.where(is_quiet, 1.0, variance)))
