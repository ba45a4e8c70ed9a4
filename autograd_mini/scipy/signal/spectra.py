"""Spectra of signals and of filters, and signals made by formulas."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import scipy.signal as ss

from ...errors import NoRuleError, UsageError
from ...ops.elementwise import conjugated, is_complex
from ...ops.operands import data_of
from ...ops.shape import moveaxis
from ...record import shape_of
from ..answers import for_values
from ..linalg.systems import floats
from .filters import detrend as without_trend

# ---- transforms


@for_values(ss.hilbert)
def hilbert(x: Any, N: int | None = None, axis: int = -1) -> Any:  # noqa: N803  # SciPy's own name
    """The signal with its Hilbert transform as the imaginary part."""
    x = moveaxis(floats(x), axis, -1)
    n = shape_of(x)[-1] if N is None else N
    twice = np.zeros(n)
    twice[0] = 1.0
    twice[1 : (n + 1) // 2] = 2.0
    if n % 2 == 0:
        twice[n // 2] = 1.0
    return moveaxis(np.fft.ifft(np.fft.fft(x, n) * twice), -1, axis)


@for_values(ss.resample)
def resample(x: Any, num: int, t: Any = None, axis: int = 0, window: Any = None, domain: str = "time") -> Any:
    """The signal at `num` even places, its spectrum cut or continued with zeros; with `t`, those places too."""
    if window is not None or domain != "time":
        raise NoRuleError(
            f"resample: got window={window!r} and domain={domain!r}, which have no rule; leave them out, "
            "or multiply np.fft.fft(x)"
        )
    x = moveaxis(floats(x), axis, -1)
    n = shape_of(x)[-1]
    k = min(n, num)
    half = k // 2
    spectrum = np.fft.fft(x)
    positive, negative = spectrum[..., : (k + 1) // 2], spectrum[..., n - (k - 1) // 2 :]
    middle = [np.zeros((*shape_of(x)[:-1], num - k), complex)]
    if k % 2 == 0:  # the element at half the rate stands for both signs of the frequency
        top = spectrum[..., half : half + 1]
        if num > n:
            middle = [0.5 * top, *middle, 0.5 * top]
            middle[1] = middle[1][..., : num - k - 1]
        elif num < n:
            middle = [top + spectrum[..., n - half : n - half + 1]]
        else:
            middle = [top]
    y = np.fft.ifft(np.concatenate([positive, *middle, negative], -1)) * (num / n)
    y = moveaxis(y if is_complex(x) else np.real(y), -1, axis)
    if t is None:
        return y
    t = floats(t)
    return y, np.arange(num) * (t[1] - t[0]) * n / num + t[0]


@for_values(ss.czt)
def czt(x: Any, m: int | None = None, w: Any = None, a: Any = 1 + 0j, axis: int = -1) -> Any:
    """The z-transform at the m places a * w**-k, by Bluestein's convolution."""
    x = moveaxis(floats(x), axis, -1)
    n = shape_of(x)[-1]
    m = n if m is None else m
    w = np.exp(-2j * pi / m) if w is None else w

    def half(k: Any) -> Any:
        return w ** (k * k / 2.0)

    places = np.arange(float(n))
    size = n + m - 1
    chirp = np.fft.fft(1.0 / half(np.arange(1.0 - n, m)), size)
    y = np.fft.ifft(np.fft.fft(x * a**-places * half(places), size) * chirp)[..., n - 1 : size]
    return moveaxis(y * half(np.arange(float(m))), -1, axis)


@for_values(ss.zoom_fft)
def zoom_fft(x: Any, fn: Any, m: int | None = None, fs: Any = 2, endpoint: bool = False, axis: int = -1) -> Any:
    """The Fourier transform at m even frequencies between two."""
    low, high = (0.0, fn) if np.ndim(fn) == 0 else fn
    m = shape_of(floats(x))[axis] if m is None else m
    share = (high - low) * m / (fs * (m - 1)) if endpoint else (high - low) / fs
    return czt(x, m, np.exp(-2j * pi / m * share), np.exp(2j * pi * low / fs), axis=axis)


# ---- spectra of segments


def window_of(window: Any, nperseg: int | None, n: int, default: int | None) -> tuple[Any, int]:
    """The window, and its length."""
    if not isinstance(window, (str, tuple)):
        w = floats(window)
        return w, shape_of(w)[0]
    size = min(n, (default or n) if nperseg is None else int(nperseg))
    return ss.get_window(window, size), size


class Segments:
    """The spectra of the segments of a signal: how it is cut, and with which window and scale."""

    def __init__(
        self, n: int, fs: Any, window: Any, nperseg: int | None, noverlap: int | None, nfft: int | None, detrend: Any,
        onesided: bool, scaling: str, default: int | None = 256,
    ) -> None:  # fmt: skip
        self.window, self.size = window_of(window, nperseg, n, default)
        self.nfft = self.size if nfft is None else nfft
        self.step = self.size - (self.size // 2 if noverlap is None else noverlap)
        if self.nfft < self.size or self.step <= 0:
            raise UsageError(
                f"spectrum: got segments of {self.size}, nfft={nfft} and noverlap={noverlap}; "
                "nfft must be no less, and noverlap less, than a segment is long; change one of them"
            )
        if scaling not in ("density", "spectrum", "psd"):
            raise UsageError(f'spectrum: got scaling={scaling!r}; it must be "density" or "spectrum"; choose one')
        self.fs, self.detrend, self.onesided = fs, detrend, onesided
        power = np.sum(self.window * self.window) * fs
        self.scale = 1.0 / (np.sum(self.window) ** 2 if scaling == "spectrum" else power)

    def frequencies(self) -> Any:
        """The frequency of each element."""
        return (np.fft.rfftfreq if self.onesided else np.fft.fftfreq)(self.nfft) * self.fs

    def times(self, n: int) -> Any:
        """The middle of each segment."""
        return (np.arange(1 + (n - self.size) // self.step) * self.step + self.size / 2) / self.fs

    def __call__(self, x: Any) -> Any:
        """The spectra.  (..., n) -> (..., segments, frequencies)"""
        count = 1 + (shape_of(x)[-1] - self.size) // self.step
        places = np.arange(count)[:, None] * self.step + np.arange(self.size)
        parts = x[..., places]
        if callable(self.detrend):
            parts = self.detrend(parts)
        elif self.detrend:
            parts = without_trend(parts, type=self.detrend)
        return (np.fft.rfft if self.onesided else np.fft.fft)(parts * self.window, self.nfft)

    def doubled(self, p: Any) -> Any:
        """Powers of both signs of the frequency, where only one is held."""
        if not self.onesided:
            return p
        times = np.full(self.nfft // 2 + 1, 2.0)
        times[0] = 1.0
        if self.nfft % 2 == 0:
            times[-1] = 1.0
        return p * times


def cross_power(x: Any, y: Any, cut: Segments) -> Any:
    """The products of the spectra of each segment.  (..., segments, frequencies)"""
    p = cut(x)
    q = p if y is x else cut(y)
    power = conjugated(p) * q
    return cut.doubled((np.real(power) if y is x else power) * cut.scale)


def averaged(p: Any, how: str) -> Any:
    """The mean, or the median without its bias, over segments."""
    if how == "mean":
        return np.mean(p, -2)
    if how != "median":
        raise UsageError(f'spectrum: got average={how!r}; it must be "mean" or "median"; choose one')
    n = shape_of(p)[-2]
    k = 2.0 * np.arange(1, (n - 1) // 2 + 1)
    bias = 1 + np.sum(1.0 / (k + 1) - 1.0 / k)  # Allen et al., "FINDCHIRP" (2012), appendix B
    middle = np.median(np.real(p), -2)
    return (middle + 1j * np.median(np.imag(p), -2) if is_complex(p) else middle) / bias


def pair(x: Any, y: Any, axis: int) -> tuple[Any, Any]:
    """Both signals along the last axis, the shorter one continued with zeros."""
    p = moveaxis(floats(x), axis, -1)
    if y is x:
        return p, p
    q = moveaxis(floats(y), axis, -1)
    n = max(shape_of(p)[-1], shape_of(q)[-1])
    p, q = (np.pad(z, [(0, 0)] * (len(shape_of(z)) - 1) + [(0, n - shape_of(z)[-1])]) for z in (p, q))
    return p, q


def spectrum_of(
    x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, onesided: bool,
    scaling: str, axis: int, average: str,
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and powers averaged over segments."""
    p, q = pair(x, y, axis)
    onesided = onesided and not (is_complex(p) or is_complex(q))
    cut = Segments(shape_of(p)[-1], fs, window, nperseg, noverlap, nfft, detrend, onesided, scaling)
    return cut.frequencies(), moveaxis(averaged(cross_power(p, q, cut), average), -1, axis)


@for_values(ss.csd)
def csd(
    x: Any, y: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and the cross power of two signals by Welch's method."""
    return spectrum_of(x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)


@for_values(ss.welch)
def welch(
    x: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and the power of a signal, averaged over segments."""
    return spectrum_of(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)


@for_values(ss.periodogram)
def periodogram(
    x: Any, fs: Any = 1.0, window: Any = "boxcar", nfft: Any = None, detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density", axis: int = -1,
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and the power of a signal, as one segment."""
    n = shape_of(floats(x))[axis]
    if nfft is not None and nfft < n:
        x, n = moveaxis(moveaxis(floats(x), axis, -1)[..., :nfft], -1, axis), nfft
    window = "boxcar" if window is None else window
    return spectrum_of(x, x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis, "mean")


@for_values(ss.coherence)
def coherence(
    x: Any, y: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", axis: int = -1,
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and how far two signals go together at each."""
    options = (fs, window, nperseg, noverlap, nfft, detrend, True, "density", axis, "mean")
    frequencies, p = spectrum_of(x, x, *options)
    return frequencies, np.abs(spectrum_of(x, y, *options)[1]) ** 2 / p / spectrum_of(y, y, *options)[1]


@for_values(ss.spectrogram)
def spectrogram(
    x: Any, fs: Any = 1.0, window: Any = ("tukey", 0.25), nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    mode: str = "psd",
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Frequencies, times, and the power of each segment; or its spectrum, as mode="complex", "magnitude" or "angle"."""
    if mode not in ("psd", "complex", "magnitude", "angle"):
        raise NoRuleError(
            f'spectrogram: got mode={mode!r}; "psd", "complex", "magnitude" and "angle" have a rule; use np.unwrap'
        )
    p = moveaxis(floats(x), axis, -1)
    n = shape_of(p)[-1]
    size = window_of(window, nperseg, n, 256)[1]
    onesided = return_onesided and not is_complex(p)
    noverlap = size // 8 if noverlap is None else noverlap
    cut = Segments(n, fs, window, nperseg, noverlap, nfft, detrend, onesided, scaling)
    s = cross_power(p, p, cut) if mode == "psd" else cut(p) * np.sqrt(cut.scale)
    if mode in ("magnitude", "angle"):
        s = np.abs(s) if mode == "magnitude" else np.angle(s)
    return cut.frequencies(), cut.times(n), moveaxis(np.swapaxes(s, -1, -2), -2, axis if axis >= 0 else axis - 1)


CONTINUED = {"zeros": "constant", "even": "reflect", "constant": "edge"}


@for_values(ss.stft)
def stft(
    x: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = 256, noverlap: Any = None, nfft: Any = None,
    detrend: Any = False, return_onesided: bool = True, boundary: Any = "zeros", padded: bool = True, axis: int = -1,
    scaling: str = "spectrum",
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Frequencies, times, and the spectrum of each segment."""
    if boundary is not None and boundary not in CONTINUED:
        raise NoRuleError(
            f'stft: got boundary={boundary!r}; "zeros", "even", "constant" and None have a rule; pad x first'
        )
    p = moveaxis(floats(x), axis, -1)
    onesided = return_onesided and not is_complex(p)
    cut = Segments(shape_of(p)[-1], fs, window, nperseg, noverlap, nfft, detrend, onesided, scaling)
    before = [(0, 0)] * (len(shape_of(p)) - 1)
    if boundary is not None:
        p = np.pad(p, [*before, (cut.size // 2, cut.size // 2)], CONTINUED[boundary])
    if padded:
        p = np.pad(p, [*before, (0, -(shape_of(p)[-1] - cut.size) % cut.step % cut.size)])
    n = shape_of(p)[-1]
    times = cut.times(n) - (cut.size / 2 / fs if boundary is not None else 0.0)
    s = cut(p) * np.sqrt(cut.scale)
    return cut.frequencies(), times, moveaxis(np.swapaxes(s, -1, -2), -2, axis if axis >= 0 else axis - 1)


@for_values(ss.istft)
def istft(
    Zxx: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None,  # noqa: N803  # SciPy's own name
    noverlap: Any = None, nfft: Any = None,  # SciPy's own name
    input_onesided: bool = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2,
    scaling: str = "spectrum",
) -> tuple[Any, Any]:  # fmt: skip
    """Times, and the signal with these spectra of segments."""
    z = moveaxis(floats(Zxx), (freq_axis, time_axis), (-1, -2))
    rows, width = shape_of(z)[-2:]
    full = 2 * (width - 1) if input_onesided else width
    size = full if nperseg is None else int(nperseg)
    nfft = (size if size == full + 1 and input_onesided else full) if nfft is None else nfft
    cut = Segments(size, fs, window, size, noverlap, nfft, False, input_onesided, scaling)
    parts = (np.fft.irfft if input_onesided else np.fft.ifft)(z, nfft)[..., : cut.size] * (
        cut.window / np.sqrt(cut.scale)
    )
    n = cut.size + (rows - 1) * cut.step
    before = [(0, 0)] * (len(shape_of(parts)) - 2)
    # Every so many segments follow each other without overlap: those are one row each.
    period = -(-cut.size // cut.step)
    wide = np.pad(parts, [*before, (0, 0), (0, period * cut.step - cut.size)])
    square = np.pad(cut.window**2, (0, period * cut.step - cut.size))
    x: Any = 0.0
    weight: Any = 0.0
    for k in range(min(period, rows)):
        some = wide[..., k::period, :]
        row = np.reshape(some, (*shape_of(some)[:-2], -1))
        length = shape_of(row)[-1]
        margin = (k * cut.step, max(0, n - k * cut.step - length))
        x = x + np.pad(row, [*before, margin])[..., :n]
        weight = weight + np.pad(np.tile(square, length // shape_of(square)[0]), margin)[:n]
    if boundary:
        x, weight = (y[..., cut.size // 2 : n - cut.size // 2] for y in (x, weight))
    x = x / np.where(data_of(weight) > 1e-10, weight, 1.0)
    axis = min(time_axis % len(shape_of(z)), freq_axis % len(shape_of(z)))
    return np.arange(shape_of(x)[-1]) / fs, moveaxis(x, -1, axis) if len(shape_of(x)) > 1 else x
