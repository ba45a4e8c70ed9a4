"""A Gaussian process: its marginal likelihood in the kernel's parameters, and predictions differentiated by place.

Cholesky factor, two triangular solves, the sum of the logarithms of the diagonal: as in any textbook.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import elementwise_grad, hessian, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the process: NumPy only


def squared_distances(a, b):
    """The squared distance of each point of `a` to each of `b`.  (n, d), (m, d) -> (n, m)"""
    return np.sum((a[:, None, :] - b[None, :, :]) ** 2, axis=-1)


def kernel(a, b, params):
    """The covariance of two sets of points: squared exponential plus a periodic part."""
    log_scale, log_length, log_period, log_ripple = params[:4]
    d2 = squared_distances(a, b)
    smooth = np.exp(2 * log_scale - 0.5 * d2 / np.exp(2 * log_length))
    distance = np.sqrt(np.where(d2 > 0, d2, 0.0))
    wave = np.exp(2 * log_ripple) * np.exp(-2 * np.sin(np.pi * distance / np.exp(log_period)) ** 2)
    return smooth + wave


def factor(x, params):
    """The Cholesky factor of the covariance of noisy data."""
    cov = kernel(x, x, params)
    noise = np.exp(2 * params[4]) + 1e-10
    cov = cov + noise * np.eye(len(x))
    return np.linalg.cholesky(cov)


def log_marginal_likelihood(params, x, y):
    """The logarithm of p(y | x, params)."""
    lower = factor(x, params)
    half = np.linalg.solve(lower, y)
    quadratic = half @ half
    logdet = 2 * np.log(np.diagonal(lower)).sum()
    return -0.5 * (quadratic + logdet + len(x) * np.log(2 * np.pi))


def posterior(new, params, x, y):
    """Mean and variance of the process at new points."""
    lower = factor(x, params)
    weights = np.linalg.solve(lower.T, np.linalg.solve(lower, y))
    across = kernel(new, x, params)
    mean = across @ weights
    v = np.linalg.solve(lower, across.T)
    variance = np.exp(2 * params[0]) + np.exp(2 * params[3]) - np.sum(v * v, axis=0)
    return mean, variance


def data(n=20, seed=0):
    """Noisy values of a wave on a slope."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 4, n))[:, None]
    y = np.sin(3 * x[:, 0]) + 0.5 * x[:, 0] + 0.1 * rng.standard_normal(n)
    return x, y - y.mean()


START = np.array([0.0, 0.3, 0.7, -0.5, -1.5])  # logs of scale, length, period, ripple, noise


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    x, y = data(8)
    smoother = START + np.array([0.0, 0.0, 1.0, 0.0, 0.5])
    return lambda params, x, y: -log_marginal_likelihood(params, x, y), (smoother, x, y)


def main():
    """Compare with differences, then fit, then differentiate the fit."""
    f, args = problem()
    value, gradients = value_and_grad(f, argnums=(0, 1, 2))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"log marginal likelihood {-value:.6f}; gradients agree with differences: {off < 1e-6}")

    x, y = data()
    params, scale = START, len(x)
    loss = value_and_grad(lambda p: -log_marginal_likelihood(p, x, y) / scale)
    for _ in range(80):
        _, g = loss(params)
        params = params - 0.1 * g
    curvature = hessian(lambda p: -log_marginal_likelihood(p, x, y))(params)
    print(f"fitted noise {np.exp(params[4]):.3f}; curvature is symmetric: {np.allclose(curvature, curvature.T)}")

    places = np.linspace(0.5, 3.5, 5)
    slopes = elementwise_grad(lambda t: posterior(t[:, None], params, x, y)[0])(places)
    truth = 3 * np.cos(3 * places) + 0.5
    print(f"slopes of the prediction {slopes.round(2)}; of the truth {truth.round(2)}")


if __name__ == "__main__":
    main()
