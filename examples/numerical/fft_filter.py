"""A filter in the frequency domain, tuned so that a noisy signal comes out clean.

Window, transform, weigh, transform back: the gradient goes through the complex spectrum and comes out real.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the filter: NumPy only


def response(frequencies, params):
    """A band-pass of second order times a delay: complex weights."""
    center, width, delay = np.exp(params[0]), np.exp(params[1]), params[2] / 100
    detuning = (frequencies**2 - center**2) / (frequencies * width + 1e-9)
    gain = 1.0 / np.sqrt(1.0 + detuning**2)
    return gain * np.exp(-2j * np.pi * frequencies * delay)


def filtered(signal, params, rate):
    """The signal, weighed frequency by frequency."""
    n = len(signal)
    spectrum = np.fft.rfft(signal)
    frequencies = np.fft.rfftfreq(n, 1 / rate)
    return np.fft.irfft(spectrum * response(frequencies, params), n)


def power(signal):
    """The power spectrum, by Hann's window."""
    n = len(signal)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    spectrum = np.fft.rfft(signal * window)
    return (spectrum * spectrum.conj()).real / np.sum(window**2)


def outside(signal, rate, low, high):
    """The share of power outside of a band, in decibels."""
    p = power(signal)
    frequencies = np.fft.rfftfreq(len(signal), 1 / rate)
    band = (frequencies >= low) & (frequencies <= high)
    return 10 * np.log10(p[~band].sum() / p.sum())


def misfit(params, noisy, clean, rate):
    """The mean squared difference to the clean signal, in units of its power."""
    return np.mean((filtered(noisy, params, rate) - clean) ** 2) / np.var(clean)


def recording(n=256, rate=100.0, seed=0):
    """A tone that swells, the same late and with hum and noise, and the sampling rate."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / rate
    envelope = np.exp(-(((t - t.mean()) / 0.6) ** 2))
    clean = envelope * np.sin(2 * np.pi * 8.0 * t)
    late = np.roll(clean, -1)  # the tone comes early by one sample: a delay puts it right
    return late + 0.8 * np.sin(2 * np.pi * 1.5 * t) + 0.5 * rng.standard_normal(n), clean, rate


START = np.array([np.log(6.0), np.log(6.0), 0.0])  # log center, log width, delay in hundredths of a second


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    noisy, clean, rate = recording(32)
    return lambda params, noisy: misfit(params, noisy, clean, rate), (START, noisy)


def main():
    """Compare with differences, then tune."""
    f, args = problem()
    value, gradients = value_and_grad(f, argnums=(0, 1))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"misfit {value:.6f}; gradients agree with differences: {off < 1e-7}")

    noisy, clean, rate = recording()
    params = START
    slope = grad(misfit)
    scale = np.array([0.005, 0.3, 0.3])
    for _ in range(150):
        params = params - scale * slope(params, noisy, clean, rate)
    center, delay = np.exp(params[0]), params[2]
    print(f"misfit {misfit(START, noisy, clean, rate):.2f} -> {misfit(params, noisy, clean, rate):.2f}")
    print(f"center {center:.1f} (the tone: 8.0), delay {10 * delay:.0f} ms (the tone: 10)")
    better = outside(noisy, rate, 6, 10) - outside(filtered(noisy, params, rate), rate, 6, 10)
    print(f"power outside of the band: {better:.0f} dB less")


if __name__ == "__main__":
    main()
