"""scipy.signal on Values: what SciPy gives, and derivatives to the second order against differences."""

import warnings

import numpy as np
import pytest
import scipy.signal as ss

from autograd_mini import NoRuleError, ShapeError, UsageError, Value
from autograd_mini.primitive import REGISTRY
from autograd_mini.scipy import signal
from autograd_mini.testing import as_data, assert_close, check_grads, every_sample

rng = np.random.default_rng(5)
x, y = rng.normal(size=12), rng.normal(size=12)
k3, k4 = rng.normal(size=3), rng.normal(size=4)
X, K = rng.normal(size=(5, 6)), rng.normal(size=(2, 3))
W = rng.normal(size=(2, 16))
z = x + 1j * y
DEN = np.array([1.2, 0.3, -0.2])
SOS = np.array([[0.2, 0.3, 0.1, 1.0, 0.1, 0.2], [0.4, -0.3, 0.2, 1.0, -0.2, 0.1]])
ZI = rng.normal(size=(2, 2))

CASES = [
    *((name, (a, b), {"mode": mode}) for name in ("convolve", "correlate", "fftconvolve", "oaconvolve")
      for mode in ("full", "same", "valid") for a, b in ((x, k3), (x, k4), (k3, x), (X, K))),
    ("convolve", (z, k3), {}), ("correlate", (z, k3 + 0.3j), {}), ("convolve", (x, k3), {"method": "fft"}),
    ("fftconvolve", (z, k3 + 1j), {"mode": "same"}), ("fftconvolve", (X, K[:1]), {"axes": 1}),
    ("fftconvolve", (X, K[:1]), {"axes": [1], "mode": "valid"}),
    *((name, (X, K), {"mode": mode, "boundary": b}) for name in ("convolve2d", "correlate2d")
      for mode in ("full", "same", "valid") for b in ("fill", "wrap", "symm")),
    ("convolve2d", (X, K), {"fillvalue": 1.5}), ("convolve2d", (X, K), {"mode": "same", "fillvalue": 0.5}),
    ("upfirdn", (k3, x), {"up": 2}), ("upfirdn", (k3, W), {"up": 2, "down": 3}), ("upfirdn", (k3, X), {"axis": 0}),
    ("resample_poly", (x, 3, 2), {}), ("resample_poly", (x, 1, 3), {}), ("resample_poly", (W, 2, 4), {"axis": 1}),
    ("resample_poly", (x, 2, 1), {"window": np.array([0.2, 0.5, 0.2])}), ("medfilt", (x, 5), {}), ("medfilt", (X,), {}),
    ("medfilt2d", (X, 3), {}), ("order_filter", (X, np.ones((3, 3)), 2), {}), ("wiener", (X,), {}),
    ("wiener", (x, 5, 0.5), {}),
    ("lfilter", (k3, DEN, x), {}), ("lfilter", (k4, DEN, W), {}), ("lfilter", (k3, DEN, X), {"axis": 0}),
    ("lfilter", (k3, np.array([2.0]), x), {}), ("lfilter", (k3, DEN, z), {}),
    ("lfilter", (k3 + 0.2j, DEN + 0.1j, z), {}),
    ("lfilter", (k3, DEN, x), {"zi": np.array([0.4, -0.3])}), ("lfilter", (k3, DEN, W), {"zi": ZI}),
    ("lfilter", (k4, DEN, x[:2]), {"zi": np.array([0.4, -0.3, 0.7])}), ("lfilter_zi", (k3, DEN), {}),
    ("lfiltic", (k3, DEN, k4), {}), ("lfiltic", (k3, DEN, x[:1], k4), {}), ("deconvolve", (x[:6], k3), {}),
    ("deconvolve", (k3, k4), {}),
    ("sosfilt", (SOS, x), {}), ("sosfilt", (SOS, W), {}), ("sosfilt", (SOS, x), {"zi": ZI}), ("sosfilt_zi", (SOS,), {}),
    ("filtfilt", (k3, DEN, x), {}), ("filtfilt", (k3, DEN, x), {"padtype": "even"}),
    ("filtfilt", (k3, DEN, x), {"padtype": "constant", "padlen": 4}),
    ("filtfilt", (k3, DEN, W), {"padtype": None}),
    ("filtfilt", (np.array([0.5, 0.5]), np.array([1.0]), W.T), {"axis": 0}),
    ("sosfiltfilt", (SOS, W), {}), ("decimate", (np.concatenate([x, y, x]), 2), {}),
    ("decimate", (np.concatenate([x, y, x]), 2), {"zero_phase": False}),
    ("decimate", (W, 2), {"ftype": "fir"}), ("decimate", (W, 2), {"ftype": "fir", "zero_phase": False}),
    ("detrend", (X,), {}), ("detrend", (X,), {"type": "constant", "axis": 0}), ("detrend", (x,), {"bp": [5, 8]}),
    ("savgol_filter", (x, 5, 2), {}), ("savgol_filter", (x, 5, 3), {"deriv": 1, "delta": 0.5}),
    *(("savgol_filter", (x, 5, 2), {"mode": m}) for m in ("mirror", "nearest", "wrap", "constant")),
    ("savgol_filter", (X, 3, 1), {"axis": 0, "deriv": 1}),
    ("hilbert", (x,), {}), ("hilbert", (x[:7],), {}), ("hilbert", (X,), {"N": 8, "axis": 0}),
    *(("resample", (v, n), {}) for v in (x, x[:7], z, z[:7]) for n in (5, 6, 7, 12, 15, 16)),
    ("resample", (X, 4), {"axis": 1}),
    ("czt", (x,), {}), ("czt", (z, 5), {}), ("czt", (x, 4, np.exp(-0.3j), 1.1 + 0j), {}), ("zoom_fft", (x, 0.5), {}),
    ("zoom_fft", (x, (0.2, 0.7)), {"m": 5, "endpoint": True}),
    ("welch", (W,), {"nperseg": 8}), ("welch", (x,), {}),
    ("welch", (x,), {"nperseg": 5, "scaling": "spectrum", "detrend": "linear"}),
    ("welch", (z,), {"nperseg": 4}), ("welch", (W,), {"nperseg": 4, "average": "median"}),
    ("welch", (x,), {"nperseg": 4, "nfft": 7, "fs": 2.0}),
    ("welch", (x,), {"nperseg": 6, "return_onesided": False}), ("csd", (x, y), {"nperseg": 4}),
    ("csd", (x, y[:9]), {"nperseg": 5, "noverlap": 1}),
    ("csd", (W, W[::-1]), {"nperseg": 4, "average": "median"}), ("coherence", (x, y), {"nperseg": 4}),
    ("periodogram", (x,), {}),
    ("periodogram", (x[:7],), {"window": "hann", "nfft": 9}), ("periodogram", (x,), {"nfft": 8}),
    ("periodogram", (X,), {"axis": 0}),
    *(("spectrogram", (W,), {"nperseg": 8, "mode": m}) for m in ("psd", "complex", "magnitude", "angle")),
    ("spectrogram", (X,), {"nperseg": 3, "axis": 0}),
    ("stft", (x,), {"nperseg": 4}), ("stft", (W,), {"nperseg": 5, "boundary": "even"}),
    ("stft", (z,), {"nperseg": 4, "scaling": "psd"}),
    ("stft", (x,), {"nperseg": 5, "boundary": None, "padded": False, "noverlap": 2}),
    ("stft", (X,), {"nperseg": 2, "axis": 0}),
    ("istft", (ss.stft(W, nperseg=4)[2],), {}), ("istft", (ss.stft(x, nperseg=6, noverlap=4)[2],), {"noverlap": 4}),
    ("freqz", (k3, DEN), {"worN": 5}), ("freqz", (k3,), {"worN": np.array([0.1, 0.4])}),
    ("freqz", (k3, DEN), {"worN": 4, "whole": True, "fs": 2.0}),
    ("sosfreqz", (SOS,), {"worN": 5}), ("freqs", (k3, DEN), {"worN": np.array([0.1, 0.4])}),
    ("freqs", (k3, DEN), {"worN": 5}),
    *(("chirp", (np.linspace(0, 1, 4), 1.3, 0.9, 2.1), {"method": m})
      for m in ("linear", "quadratic", "logarithmic", "hyperbolic")),
    ("chirp", (np.linspace(0, 1, 4), 1.3, 0.9, 2.1, "quadratic", 30.0), {"vertex_zero": False}),
    ("gausspulse", (0.1 * k3, 1.3, 0.5, -6.0, -60.0), {"retquad": True, "retenv": True}),
    ("sawtooth", (np.linspace(0.1, 9, 5), 0.3), {}), ("sweep_poly", (np.linspace(0, 1, 4), k3), {"phi": 20.0}),
    ("vectorstrength", (x, 1.7), {}),
    ("vectorstrength", (x, np.array([1.7, 0.9])), {}),
]  # fmt: skip


def as_values(p):
    return Value(p) if isinstance(p, np.ndarray) and p.dtype.kind in "fc" else p


def parts(result):
    return [np.asarray(as_data(p)) for p in result] if isinstance(result, tuple) else [np.asarray(as_data(result))]


def check_along_lines(f, operands):
    """Check derivatives to the second order along a line through each operand, of a weighted sum of the results."""
    source = np.random.default_rng(3)
    lines = [source.normal(size=np.shape(p)) * (0.2 + 0.1j if np.iscomplexobj(p) else 0.2) for p in operands]

    def on_lines(*steps):
        result = f(*(p + s * d for p, s, d in zip(operands, steps, lines, strict=True)))
        weights = np.random.default_rng(4)
        values = [p for p in (result if isinstance(result, tuple) else [result]) if isinstance(p, Value)]
        pairs = [(p, weights.normal(size=p.shape), weights.normal(size=p.shape)) for p in values]
        return sum(np.sum(np.real(p) * a + np.imag(p) * b) for p, a, b in pairs)

    check_grads(on_lines, (0.0,) * len(operands))


@pytest.mark.parametrize(("name", "operands", "options"), CASES, ids=lambda p: p if isinstance(p, str) else "")
def test_values_give_what_scipy_gives(name, operands, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of segments longer than the signal, and of complex ones
        theirs = parts(getattr(ss, name)(*operands, **options))
    wanted = operands if name != "order_filter" else operands[:1]
    ours = parts(getattr(signal, name)(*map(as_values, wanted), *operands[len(wanted) :], **options))
    if name == "istft":  # SciPy counts the times along the first axis, whichever that is
        ours, theirs = ours[1:], theirs[1:]
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a.astype(b.dtype) if b.dtype.kind == "f" else a, b, order=1)  # two algorithms


@pytest.mark.parametrize(("name", "operands", "options"), CASES, ids=lambda p: p if isinstance(p, str) else "")
def test_derivatives_agree_with_differences_to_the_second_order(name, operands, options):
    f = getattr(signal, name)
    smooth = [i for i, p in enumerate(operands) if isinstance(p, (np.ndarray, float, complex))]
    if name == "order_filter":
        smooth = [0]

    def of_smooth(*xs):
        args = list(operands)
        for i, p in zip(smooth, xs, strict=True):
            args[i] = p
        return f(*args, **options)

    check_along_lines(of_smooth, [operands[i] for i in smooth])


@pytest.mark.parametrize("sample", every_sample(op for n, op in REGISTRY.items() if n.startswith("signal.")), ids=str)
def test_samples_of_the_ops_have_second_derivatives(sample):
    check_along_lines(sample, sample.operands)


def test_states_of_filters_have_derivatives():
    check_along_lines(lambda b, a, x, zi: signal.lfilter(b, a, x, zi=zi), (k3, DEN, x, ZI[0]))
    check_along_lines(lambda sos, x, zi: signal.sosfilt(sos, x, zi=zi), (SOS, x, ZI))


def test_windows_and_frequencies_have_derivatives():
    check_along_lines(lambda x, w: signal.welch(x, window=w)[1], (x, np.hanning(6)[1:-1]))
    check_along_lines(lambda x, w: signal.stft(x, window=w, nperseg=4)[2], (x, np.hanning(6)[1:-1]))
    check_along_lines(lambda b, w: signal.freqz(b, 1.0, worN=w)[1], (k3, k4))
    check_along_lines(lambda x, fs: signal.periodogram(x, fs=fs)[1], (x, 2.0))


def test_the_inverse_of_a_short_time_transform_is_the_signal():
    _, back = signal.istft(signal.stft(Value(x), nperseg=4)[2])
    assert_close(back.data[: x.size], x, order=1)


def test_arrays_go_to_scipy_and_give_arrays():
    assert isinstance(signal.convolve(x, k3), np.ndarray)
    assert signal.butter(2, 0.3)[0].shape == (3,)
    assert isinstance(signal.lfilter(k3, DEN, x), np.ndarray)


def test_what_has_no_rule_says_why():
    v = Value(x)
    with pytest.raises(NoRuleError, match=r"scipy.signal.find_peaks: got a Value; .* places"):
        signal.find_peaks(v)
    with pytest.raises(NoRuleError, match="gust"):
        signal.filtfilt(k3, DEN, v, method="gust")
    with pytest.raises(NoRuleError, match=r"systems|system"):
        signal.lti(Value(k3), DEN)
    with pytest.raises(NoRuleError, match="domain='freq'"):
        signal.resample(v, 4, domain="freq")
    with pytest.raises(NoRuleError, match="zeros"):
        signal.upfirdn(k3, v, mode="wrap")
    with pytest.raises(NoRuleError, match="odd length"):
        signal.savgol_filter(v, 4, 2)
    with pytest.raises(NoRuleError, match="ftype"):
        signal.decimate(v, 2, ftype=ss.dlti([1.0], [1.0]))


def test_errors_say_what_is_needed():
    v = Value(x)
    with pytest.raises(ShapeError, match=r"convolve: got shapes \(12,\) and \(2, 3\)"):
        signal.convolve(v, K)
    with pytest.raises(UsageError, match="convolve: got mode='all'"):
        signal.convolve(v, k3, mode="all")
    with pytest.raises(ShapeError, match="lfilter: got zi"):
        signal.lfilter(k3, DEN, v, zi=np.zeros(5))
    with pytest.raises(ShapeError, match="filtfilt: got 12 numbers to be continued by 20"):
        signal.filtfilt(k3, DEN, v, padlen=20)
    with pytest.raises(UsageError, match="boundary='odd'"):
        signal.convolve2d(Value(X), K, boundary="odd")
    with pytest.raises(UsageError, match="spectrum: got segments"):
        signal.welch(v, nperseg=4, noverlap=4)


def test_every_public_name_is_answered_or_excluded():
    left = {n for n in ss.__all__ if callable(getattr(ss, n))} - set(signal.__all__) - set(signal.EXCLUDED)
    assert not left
