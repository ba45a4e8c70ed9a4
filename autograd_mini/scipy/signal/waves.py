"""Responses of filters to frequencies, and signals made by formulas."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import scipy.signal as ss

from ...errors import NoRuleError, UsageError
from ...ops.operands import data_of
from ...record import Record, shape_of
from ..answers import for_values
from ..linalg.systems import floats

# ---- responses of filters


def frequencies_of(worN: Any, whole: bool, fs: Any, include_nyquist: bool) -> tuple[Any, Any]:  # noqa: N803  # SciPy's own name
    """The frequencies asked for, and the same as angles."""
    if worN is None or np.ndim(worN) == 0:
        n = 512 if worN is None else int(worN)
        last = include_nyquist and not whole
        angles = np.linspace(0, 2 * pi if whole else pi, n, endpoint=last)
        return angles * (fs / (2 * pi)), angles
    w = floats(worN)
    return w, w * (2 * pi / fs)


@for_values(ss.freqz)
def freqz(
    b: Any, a: Any = 1, worN: Any = 512, whole: bool = False, fs: Any = 2 * pi,  # noqa: N803  # SciPy's own name
    include_nyquist: bool = False
) -> tuple[Any, Any]:  # fmt: skip
    """Frequencies, and the response of the filter b / a at each."""
    w, angles = frequencies_of(worN, whole, fs, include_nyquist)
    z = np.exp(-1j * angles)
    b, a = (np.atleast_1d(floats(c)) for c in (b, a))
    return w, np.polyval(b[::-1], z) / np.polyval(a[::-1], z)


def freqz_sos(sos: Any, worN: Any = 512, whole: bool = False, fs: Any = 2 * pi) -> tuple[Any, Any]:  # noqa: N803  # SciPy's own name
    """Frequencies, and the response of sections of second order at each."""
    sos = floats(sos)
    w, h = None, 1.0
    for k in range(shape_of(sos)[0]):
        w, part = freqz(sos[k, :3], sos[k, 3:], worN, whole, fs=fs)
        h = h * part
    return w, h


sosfreqz = for_values(ss.sosfreqz)(freqz_sos)
if hasattr(ss, "freqz_sos"):  # since SciPy 1.15
    freqz_sos = for_values(ss.freqz_sos)(freqz_sos)


@for_values(ss.freqs)
def freqs(b: Any, a: Any, worN: Any = 200) -> tuple[Any, Any]:  # noqa: N803  # SciPy's own name
    """Frequencies, and the response of the analog filter b / a at each; found from the roots if `worN` is a number."""
    b, a = (np.atleast_1d(floats(c)) for c in (b, a))
    w = ss.freqs(data_of(b), data_of(a), worN)[0] if worN is None or np.ndim(worN) == 0 else floats(worN)
    return w, np.polyval(b, 1j * w) / np.polyval(a, 1j * w)


# ---- signals made by formulas


@for_values(ss.chirp)
def chirp(
    t: Any, f0: Any, t1: Any, f1: Any, method: str = "linear", phi: Any = 0,
    vertex_zero: bool = True, *, complex: bool = False,  # noqa: A002  # SciPy's own name
) -> Any:  # fmt: skip
    """A cosine whose frequency goes from f0 at the time 0 to f1 at t1; phi is in degrees."""
    t = t if isinstance(t, Record) else np.asarray(t)
    if method in ("linear", "lin", "li"):
        turns = f0 * t + 0.5 * (f1 - f0) / t1 * t * t
    elif method in ("quadratic", "quad", "q"):
        rate = (f1 - f0) / t1**2
        turns = f0 * t + rate * t**3 / 3 if vertex_zero else f1 * t + rate * ((t1 - t) ** 3 - t1**3) / 3
    elif method in ("logarithmic", "log", "lo"):
        ratio = f1 / f0
        turns = f0 * t if data_of(f0) == data_of(f1) else t1 / np.log(ratio) * f0 * (ratio ** (t / t1) - 1.0)
    elif method in ("hyperbolic", "hyp"):
        pole = -f1 * t1 / (f0 - f1) if data_of(f0) != data_of(f1) else None
        turns = f0 * t if pole is None else -pole * f0 * np.log(np.abs(1 - t / pole))
    else:
        raise UsageError(
            f"chirp: got method={method!r}; it must be linear, quadratic, logarithmic or hyperbolic; choose one"
        )
    angle = 2 * pi * turns + phi * (pi / 180)
    return np.exp(1j * angle) if complex else np.cos(angle)


@for_values(ss.gausspulse)
def gausspulse(
    t: Any, fc: Any = 1000, bw: Any = 0.5, bwr: Any = -6, tpr: Any = -60, retquad: bool = False, retenv: bool = False
) -> Any:
    """A sinusoid of frequency fc in a Gaussian envelope; with its quadrature and its envelope, if asked for."""
    if isinstance(t, str):
        raise NoRuleError('gausspulse: got t="cutoff" with a Value, which has no rule; give the times')
    a = -((pi * fc * bw) ** 2) / (4.0 * np.log(10.0 ** (bwr / 20.0)))
    envelope = np.exp(-a * t * t)
    parts = [envelope * np.cos(2 * pi * fc * t)]
    parts += [envelope * np.sin(2 * pi * fc * t)] if retquad else []
    parts += [envelope] if retenv else []
    return parts[0] if len(parts) == 1 else tuple(parts)


@for_values(ss.sawtooth)
def sawtooth(t: Any, width: Any = 1) -> Any:
    """A wave of period 2 pi that rises from -1 to 1 in the share `width` of it, and falls back."""
    angle = np.mod(t, 2 * pi)
    rises = np.less(data_of(angle), data_of(width) * 2 * pi)
    up = angle / (pi * np.where(rises, width, 1.0)) - 1
    return np.where(rises, up, (pi * (width + 1) - angle) / (pi * np.where(rises, 1.0, 1 - width)))


@for_values(ss.sweep_poly)
def sweep_poly(t: Any, poly: Any, phi: Any = 0) -> Any:
    """A cosine whose frequency is a polynomial of the time; phi is in degrees."""
    poly = floats(poly)
    n = shape_of(poly)[0]
    return np.cos(2 * pi * np.polyval(np.pad(poly / np.arange(n, 0, -1), (0, 1)), t) + phi * (pi / 180))


@for_values(ss.vectorstrength)
def vectorstrength(events: Any, period: Any) -> tuple[Any, Any]:
    """How well events keep to a period, and the phase at which they come; for each period, if there are several."""
    events, period = floats(events), floats(period)
    turns = np.exp(2j * pi * (events / period if not shape_of(period) else events / period[:, None]))
    mean = np.mean(turns, -1)
    return np.abs(mean), np.angle(mean)
