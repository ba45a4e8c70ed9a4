"""Fourier transforms: linear, so each one's transpose is another of them.

Transposes are for the real inner product, in which a complex number counts as two real ones. `rfft`
gives half of a spectrum, of which the rest follows by symmetry; so does `irfft` read half of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..primitive import composite, linear
from ..record import shape_of
from .elementwise import conjugated
from .shape import roll

# The scaling of a transform -> that of its transpose.
SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def cut(x: Any, n: int, axis: int) -> Any:
    """`x` cut, or continued with zeros, to length n along `axis`: the transpose of how a transform begins."""
    shape = shape_of(x)
    axis = normalize_axis_index(axis, len(shape))
    if shape[axis] >= n:
        return x[(slice(None),) * axis + (slice(n),)] if shape[axis] > n else x
    return np.pad(x, [(0, n - m if i == axis else 0) for i, m in enumerate(shape)])


def length_of(x: Any, n: int | None, axis: int) -> int:
    """How many numbers a transform takes of `x`."""
    return shape_of(x)[axis] if n is None else n


def adjoint_of_fft(inverse: Any) -> Any:
    """The transpose of a full transform: the inverse one, scaled otherwise."""

    def transpose(g: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
        return cut(inverse(g, None, axis, SWAPPED[norm]), shape_of(x)[axis], axis)

    return transpose


def samples(a: Any) -> list[tuple[Any, ...]]:
    """Lengths odd and even; cut and continued; every axis and scaling."""
    return [
        (a(4),),
        (a(5),),
        (a(3, 2), 5, 0),
        (a(2, 5), 3),
        (a(2, 6), 4, -1, "ortho"),
        (a(5), 6, -1, "forward"),
    ]


def complex_samples(a: Any) -> list[tuple[Any, ...]]:
    """The same, of complex numbers."""
    return [(x * (1 + 0.5j) + 0.1j, *rest) for x, *rest in samples(a)]


@linear(
    np.fft.fft,
    transpose=adjoint_of_fft(np.fft.ifft),
    samples=lambda a: samples(a) + complex_samples(a),
)
def fft(a: Any, /, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The Fourier transform along `axis`."""
    return np.fft.fft(a, n, axis, norm)


@linear(
    np.fft.ifft,
    transpose=adjoint_of_fft(np.fft.fft),
    samples=lambda a: samples(a) + complex_samples(a),
)
def ifft(a: Any, /, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The inverse of `fft`."""
    return np.fft.ifft(a, n, axis, norm)


def adjoint_of_rfft(g: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The half spectrum, continued with zeros, through the inverse transform; the real part of it."""
    m = length_of(x, n, axis)
    return cut(np.real(np.fft.ifft(g, m, axis, SWAPPED[norm])), shape_of(x)[axis], axis)


@linear(np.fft.rfft, transpose=adjoint_of_rfft, samples=samples)
def rfft(a: Any, /, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The first half of the spectrum of real numbers: n//2 + 1 of n."""
    return np.fft.rfft(a, n, axis, norm)


def adjoint_of_irfft(g: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The spectrum of g, counted twice where `irfft` adds the mirror image: not at 0, nor at n/2."""
    m = shape_of(g)[axis]
    half = np.fft.rfft(g, None, axis, SWAPPED[norm])
    times = np.full(m // 2 + 1, 2.0, g.dtype)
    times[0] = 1.0
    if m % 2 == 0:
        times[-1] = 1.0
    shape = [1] * len(shape_of(g))
    shape[axis] = -1
    return cut(half * times.reshape(shape), shape_of(x)[axis], axis)


@linear(
    np.fft.irfft,
    transpose=adjoint_of_irfft,
    samples=lambda a: [
        *complex_samples(a),
        (a(3) + 1j * a(3), 5),
        (a(3) + 1j * a(3), 4),
        (a(2, 3) + 1j, 1),
        (a(3), 5),
    ],
)
def irfft(a: Any, /, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The inverse of `rfft`: n real numbers, 2 * (m - 1) of m when None."""
    return np.fft.irfft(a, n, axis, norm)


@composite(np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The real spectrum of numbers whose second half is the conjugate of the first."""
    return irfft(conjugated(a), n, axis, SWAPPED[norm], out)


@composite(np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """The inverse of `hfft`."""
    return conjugated(rfft(a, n, axis, SWAPPED[norm], out))


# ---- several axes, one after another


def lengths_and_axes(a: Any, s: Sequence[int] | None, axes: Sequence[int] | None) -> list[tuple[int | None, int]]:
    """The length and axis of each transform; a length of -1 is that of the array."""
    if axes is None:
        axes = range(-len(shape_of(a)) if s is None else -len(s), 0)
    lengths = [None] * len(axes) if s is None else [None if n in {None, -1} else n for n in s]
    return list(zip(lengths, axes, strict=True))


def along_each(transform: Any, a: Any, pairs: list[tuple[int | None, int]], norm: str | None) -> Any:
    """`transform` along each axis in turn, the last one first."""
    for n, axis in reversed(pairs):
        a = transform(a, n, axis, norm)
    return a


@composite(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """The Fourier transform along several axes; all when None."""
    return along_each(fft, a, lengths_and_axes(a, s, axes), norm)


@composite(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """The inverse of `fftn`."""
    return along_each(ifft, a, lengths_and_axes(a, s, axes), norm)


@composite(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """The Fourier transform of real numbers along several axes; half of the spectrum along the last."""
    *first, (n, axis) = lengths_and_axes(a, s, axes)
    return along_each(fft, rfft(a, n, axis, norm), first, norm)


@composite(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """The inverse of `rfftn`: real numbers."""
    *first, (n, axis) = lengths_and_axes(a, s, axes)
    for m, k in first:
        a = ifft(a, m, k, norm)
    return irfft(a, n, axis, norm)


def in_the_plane(transform: Any) -> Any:
    """`transform` of several axes, on the last two."""

    def of_two(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
        return transform(a, s, axes, norm)

    of_two.__doc__ = transform.__doc__
    return of_two


fft2, ifft2 = composite(np.fft.fft2)(in_the_plane(fftn)), composite(np.fft.ifft2)(in_the_plane(ifftn))
rfft2, irfft2 = composite(np.fft.rfft2)(in_the_plane(rfftn)), composite(np.fft.irfft2)(in_the_plane(irfftn))


# ---- the order of frequencies


def shifted(x: Any, axes: Any, back: int) -> Any:
    """`x` rolled by half of its length along each axis; rounded up to undo that."""
    n = len(shape_of(x))
    axes = tuple(range(n)) if axes is None else (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)
    return roll(x, tuple((shape_of(x)[k] + back) // 2 for k in axes), axes)


@composite(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """The frequency 0 in the middle."""
    return shifted(x, axes, 0)


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of `fftshift`."""
    return shifted(x, axes, 1)
