"""A Kalman filter's likelihood, and the noise levels that make it largest.

An object moves along a line; its place is measured with noise, its speed is not measured at all. The filter
is ordinary NumPy: predict, compare with what was measured, correct. Its log-likelihood is a function of the
two noise levels, and its gradient, exact to rounding, leads to the levels that the data was made with.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the filter: NumPy only


def model(dt, log_process, log_measurement):
    """Transition, process noise, what is measured, measurement noise."""
    transition = np.array([[1.0, dt], [0.0, 1.0]])
    shape = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    process = np.exp(2 * log_process) * shape
    observed = np.array([[1.0, 0.0]])
    noise = np.exp(2 * log_measurement) * np.eye(1)
    return transition, process, observed, noise


def predict(mean, cov, transition, process):
    """Mean and covariance one step later."""
    return transition @ mean, transition @ cov @ transition.T + process


def correct(mean, cov, y, observed, noise):
    """Mean and covariance once `y` is known, and the log-likelihood of `y`."""
    residual = y - observed @ mean
    s = observed @ cov @ observed.T + noise
    gain = np.linalg.solve(s, observed @ cov).T
    mean = mean + gain @ residual
    # Joseph's form, which stays symmetric and positive
    left = np.eye(len(cov)) - gain @ observed
    cov = left @ cov @ left.T + gain @ noise @ gain.T
    _, logdet = np.linalg.slogdet(2 * np.pi * s)
    loglik = -0.5 * (logdet + residual @ np.linalg.solve(s, residual))
    return mean, cov, loglik


def filtered(ys, log_process, log_measurement, dt=0.5):
    """The filtered means, their standard deviations, and the log-likelihood of all measurements."""
    transition, process, observed, noise = model(dt, log_process, log_measurement)
    mean = np.zeros(2)
    cov = 10.0 * np.eye(2)
    total = 0.0
    means, deviations = [], []
    for y in ys:
        mean, cov = predict(mean, cov, transition, process)
        mean, cov, loglik = correct(mean, cov, np.atleast_1d(y), observed, noise)
        total += loglik
        means.append(mean)
        deviations.append(np.sqrt(np.diag(cov)))
    return np.stack(means), np.stack(deviations), total


def log_likelihood(levels, ys):
    """The log-likelihood of the measurements at log noise levels (process, measurement)."""
    return filtered(ys, levels[0], levels[1])[2]


def simulated(n, log_process, log_measurement, dt=0.5, seed=0):
    """Places and measurements of an object that is pushed at random."""
    rng = np.random.default_rng(seed)
    transition, process, observed, noise = model(dt, log_process, log_measurement)
    root = np.linalg.cholesky(process)
    x = np.zeros(2)
    places, ys = [], []
    for _ in range(n):
        x = transition @ x + root @ rng.standard_normal(2)
        places.append(x[0])
        ys.append((observed @ x)[0] + np.sqrt(noise[0, 0]) * rng.standard_normal())
    return np.array(places), np.array(ys)


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    _, ys = simulated(15, -1.0, -0.5)
    return lambda levels, ys: -log_likelihood(levels, ys), (np.array([-0.7, -0.2]), ys)


def main():
    """Compare with differences, then fit."""
    f, args = problem()
    measured = [numerical_gradient(f, args, i) for i in range(2)]
    value, gradients = value_and_grad(f, argnums=(0, 1))(*args)
    off = max(np.abs(a - b).max() for a, b in zip(gradients, measured, strict=True))
    print(f"log-likelihood {-value:.6f}; gradients agree with differences: {off < 1e-7}")

    places, ys = simulated(50, -1.0, -0.5, seed=1)
    levels = np.array([0.5, 0.5])
    both = value_and_grad(lambda levels: -log_likelihood(levels, ys) / len(ys))
    for _ in range(25):
        _, g = both(levels)
        levels = levels - 0.8 * g
    means, deviations, _ = filtered(ys, *levels)
    inside = np.mean(np.abs(means[:, 0] - places) < 2 * deviations[:, 0])
    print(f"fitted log noise levels: {levels.round(2)}; places within two deviations: {inside:.0%}")


if __name__ == "__main__":
    main()
