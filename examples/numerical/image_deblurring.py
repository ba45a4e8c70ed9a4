"""A blurred picture made sharp: blur by convolution, a smoothed total variation against noise, and conjugate gradients.

The width of the blur is found first, from the picture of something known.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the optics: NumPy only


def point_spread(log_width, radius=3):
    """A round blur that sums to 1."""
    r = np.arange(-radius, radius + 1)
    row = np.exp(-0.5 * (r / np.exp(log_width)) ** 2)
    spread = row[:, None] * row[None, :]
    return spread / spread.sum()


def blurred(picture, spread):
    """The picture convolved with the spread, its border repeated."""
    radius = spread.shape[0] // 2
    padded = np.pad(picture, radius, mode="edge")
    h, w = picture.shape
    total = 0.0
    for dy in range(spread.shape[0]):
        for dx in range(spread.shape[1]):
            total = total + spread[dy, dx] * padded[dy : dy + h, dx : dx + w]
    return total


def variation(picture, epsilon=0.05):
    """The smoothed total variation: edges cost, but no more than their height."""
    dy = np.diff(picture, axis=0, append=picture[-1:])
    dx = np.diff(picture, axis=1, append=picture[:, -1:])
    return np.sum(np.sqrt(dx**2 + dy**2 + epsilon**2) - epsilon)


def objective(picture, log_width, seen, strength=0.002):
    """How badly a picture and a width explain what was seen."""
    residual = blurred(picture, point_spread(log_width)) - seen
    return 0.5 * np.sum(residual**2) + strength * variation(picture)


def scene(n=20, seed=0):
    """A bright square with a dark disc, and what a camera with a blur of width 1.2 saw of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:n, :n]
    sharp = np.zeros((n, n))
    sharp[n // 5 : -n // 5, n // 5 : -n // 5] = 1.0
    sharp[(y - n / 2) ** 2 + (x - n / 2) ** 2 < (n / 6) ** 2] = 0.2
    return sharp, blurred(sharp, point_spread(np.log(1.2))) + 0.005 * rng.standard_normal((n, n))


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    sharp, seen = scene(6)
    start = 0.9 * sharp + 0.01 * np.arange(36).reshape(6, 6)
    return lambda picture, log_width: objective(picture, log_width, seen), (start, np.array(0.1))


def main():
    """Compare with differences, then sharpen."""
    f, args = problem()
    value, gradients = value_and_grad(f, argnums=(0, 1))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"objective {value:.6f}; gradients agree with differences: {off < 1e-7}")

    sharp, seen = scene()
    chart = np.kron(np.indices((5, 5)).sum(axis=0) % 2, np.ones((4, 4)))
    seen_chart = blurred(chart, point_spread(np.log(1.2)))
    off_focus = grad(lambda log_width: objective(chart, log_width, seen_chart))
    log_width = 0.0
    for _ in range(30):
        log_width = log_width - 0.03 * off_focus(log_width)

    picture = seen
    both = value_and_grad(objective)
    d_old, g_old, step = 0.0, None, 0.5
    value, g = both(picture, log_width, seen)
    for _ in range(60):
        beta = 0.0 if g_old is None else max(0.0, np.sum(g * (g - g_old)) / np.sum(g_old**2))
        d = -g + beta * d_old
        if np.sum(g * d) >= 0:
            d = -g
        while objective(picture + step * d, log_width, seen) > value and step > 1e-6:
            step /= 2
        picture = picture + step * d
        d_old, g_old, step = d, g, min(2 * step, 4.0)
        value, g = both(picture, log_width, seen)
    before, after = (np.sqrt(np.mean((p - sharp) ** 2)) for p in (seen, picture))
    print(f"error of the picture {before:.3f} -> {after:.3f}; width {np.exp(log_width):.2f} (truth 1.20)")
    flat = grad(variation)(np.ones((4, 4)))
    print(f"a flat picture has no gradient of variation: {not np.any(flat)}")


if __name__ == "__main__":
    main()
