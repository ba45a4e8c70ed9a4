"""`scipy.signal` on Values, under SciPy's names: convolutions, filters, spectra and waves.

Filters may be Values as well as signals. EXCLUDED lists what has no rule, with the reason: those are SciPy's own
functions, for numbers only.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import signal
>>> import numpy as np
>>> grad(lambda b: np.sum(signal.lfilter(b, [1.0, -0.5], np.array([1.0, 0.0, 0.0]))))(np.array([1.0, 2.0]))
array([1.75, 1.5 ])
"""

from __future__ import annotations

from typing import Any

import scipy.signal as ss

from ..answers import borrowed, listed
from .convolution import (
    convolve,
    convolve2d,
    correlate,
    correlate2d,
    fftconvolve,
    medfilt,
    medfilt2d,
    oaconvolve,
    order_filter,
    resample_poly,
    upfirdn,
    wiener,
)  # fmt: skip
from .filters import (
    decimate,
    deconvolve,
    detrend,
    filtfilt,
    lfilter,
    lfilter_zi,
    lfiltic,
    savgol_filter,
    sosfilt,
    sosfilt_zi,
    sosfiltfilt,
)  # fmt: skip
from .spectra import coherence, csd, czt, hilbert, istft, periodogram, resample, spectrogram, stft, welch, zoom_fft
from .waves import chirp, freqs, freqz, freqz_sos, gausspulse, sawtooth, sosfreqz, sweep_poly, vectorstrength

CONSTANTS = "it makes constants, and takes no signal"
DESIGN = "it designs a filter by numbers, and may reorder its roots; write the coefficients as formulas"
PLACES = "it finds places, which have no derivative"
SYSTEM = "systems are objects of numbers; write scipy.linalg.expm and products, or lfilter"
FORMS = "it goes through roots of polynomials, or pairs them; use np.roots and np.poly"
SPLINES = "its smoothing splines have no rule; use scipy.interpolate.make_interp_spline"
CLASS = "it holds numbers; use the function of that name"

EXCLUDED = {
    **dict.fromkeys(
        (
            "CZT", "ZoomFFT",
        ),
        CLASS,
    ),
    **dict.fromkeys(
        (
            "check_COLA", "check_NOLA", "choose_conv_method", "correlation_lags", "czt_points", "get_window",
            "max_len_seq", "unit_impulse", "closest_STFT_dual_window", "savgol_coeffs", "gammatone",
        ),
        CONSTANTS,
    ),
    **dict.fromkeys(
        (
            "BadCoefficients", "band_stop_obj", "bessel", "besselap", "bilinear", "bilinear_zpk", "buttap", "butter",
            "buttord", "cheb1ap", "cheb1ord", "cheb2ap", "cheb2ord", "cheby1", "cheby2", "ellip", "ellipap", "ellipord",
            "findfreqs", "firls", "firwin", "firwin2", "firwin_2d", "iircomb", "iirdesign", "iirfilter", "iirnotch",
            "iirpeak", "kaiser_atten", "kaiser_beta", "kaiserord", "lp2bp", "lp2bp_zpk", "lp2bs", "lp2bs_zpk", "lp2hp",
            "lp2hp_zpk", "lp2lp", "lp2lp_zpk", "minimum_phase", "normalize", "remez", "place_poles",
        ),
        DESIGN,
    ),
    **dict.fromkeys(
        (
            "argrelextrema", "argrelmax", "argrelmin", "find_peaks", "find_peaks_cwt", "peak_prominences",
            "peak_widths",
        ),
        PLACES,
    ),
    **dict.fromkeys(
        (
            "StateSpace", "TransferFunction", "ZerosPolesGain", "abcd_normalize", "bode", "cont2discrete", "dbode",
            "dfreqresp", "dimpulse", "dlsim", "dlti", "dstep", "freqresp", "impulse", "lsim", "lti", "step", "ss2tf",
            "ss2zpk", "tf2ss", "zpk2ss",
        ),
        SYSTEM,
    ),
    **dict.fromkeys(
        (
            "freqs_zpk", "freqz_zpk", "group_delay", "invres", "invresz", "residue", "residuez", "sos2tf", "sos2zpk",
            "tf2sos", "tf2zpk", "unique_roots", "zpk2sos", "zpk2tf",
        ),
        FORMS,
    ),
    **dict.fromkeys(
        (
            "cspline1d", "cspline1d_eval", "cspline2d", "gauss_spline", "qspline1d", "qspline1d_eval", "qspline2d",
            "spline_filter", "symiirorder1", "symiirorder2", "sepfir2d",
        ),
        SPLINES,
    ),
    "ShortTimeFFT": "it holds numbers; use stft and istft",
    "envelope": "its bands of frequencies are objects of numbers; write np.abs(hilbert(x))",
    "hilbert2": "its halves of the plane differ between versions of SciPy; multiply np.fft.fft2(x) by a mask",
    "lombscargle": "its sums over frequencies are written in C; write the products with np.cos and np.sin",
    "square": "it is piecewise constant: its derivative is 0; give it v.data",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    return borrowed(__name__, ss, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(ss, globals())


__all__ = [
    "EXCLUDED", "chirp", "coherence", "convolve", "convolve2d", "correlate", "correlate2d", "csd", "czt", "decimate",
    "deconvolve", "detrend", "fftconvolve", "filtfilt", "freqs", "freqz", "freqz_sos", "gausspulse", "hilbert", "istft",
    "lfilter", "lfilter_zi", "lfiltic", "medfilt", "medfilt2d", "oaconvolve", "order_filter", "periodogram", "resample",
    "resample_poly", "savgol_filter", "sawtooth", "sosfilt", "sosfilt_zi", "sosfiltfilt", "sosfreqz", "spectrogram",
    "stft", "sweep_poly", "upfirdn", "vectorstrength", "welch", "wiener", "zoom_fft",
]  # fmt: skip
