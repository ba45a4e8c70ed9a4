"""Logistic regression by Newton's method: gradient and Hessian exact, standard errors at the end."""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, hessian, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the model: NumPy only


def design(x):
    """A column of ones, the columns of `x`, and their products in pairs."""
    n, d = x.shape
    columns = [np.ones(n)]
    columns += [x[:, j] for j in range(d)]
    columns += [x[:, i] * x[:, j] for i in range(d) for j in range(i, d)]
    return np.column_stack(columns)


def negative_log_likelihood(beta, features, labels, penalty=1e-3):
    """Minus the log-likelihood of labels 0 and 1, with a small ridge but for the intercept."""
    z = features @ beta
    fit = np.sum(np.logaddexp(0, z) - labels * z)
    return fit + 0.5 * penalty * np.sum(beta[1:] ** 2)


def probabilities(beta, features):
    """The probability of label 1."""
    z = np.clip(features @ beta, -500, 500)
    return 1.0 / (1.0 + np.exp(-z))


def newton(f, slope, curvature, beta, tolerance=1e-10, max_rounds=30):
    """A minimum by Newton's steps, halved until they go down."""
    history = [f(beta)]
    for _ in range(max_rounds):
        g = slope(beta)
        step = np.linalg.solve(curvature(beta), g)
        if g @ step < tolerance:
            break
        t = 1.0
        while f(beta - t * step) > history[-1] - 1e-4 * t * (g @ step):
            t /= 2
        beta = beta - t * step
        history.append(f(beta))
    return beta, history


def classes(n=120, seed=0):
    """Two quantities and a label: inside of a noisy ellipse or not."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    inside = 1.5 - x[:, 0] ** 2 - 2 * x[:, 1] ** 2 + 0.5 * x[:, 0]
    return x, (rng.random(n) < 1 / (1 + np.exp(-2 * inside))).astype(float)


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    x, labels = classes(15)
    return lambda beta, x: negative_log_likelihood(beta, design(x), labels), (np.linspace(-0.5, 0.5, 6), x)


def main():
    """Compare with differences and with the textbook, then fit."""
    f, args = problem()
    value, gradients = value_and_grad(f, argnums=(0, 1))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"negative log-likelihood {value:.6f}; gradients agree with differences: {off < 1e-6}")

    x, labels = classes()
    features = design(x)
    loss = lambda beta: negative_log_likelihood(beta, features, labels)
    beta, history = newton(loss, grad(loss), hessian(loss), np.zeros(6))
    p = probabilities(beta, features)
    weights = p * (1 - p)
    textbook = features.T @ (weights[:, None] * features) + 1e-3 * np.diag([0, 1, 1, 1, 1, 1])
    curvature = hessian(loss)(beta)
    print(f"{len(history) - 1} rounds; Hessian is X' W X: {np.allclose(curvature, textbook)}")
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
    clear = np.sum(np.abs(beta) > 2 * errors)
    print(f"accuracy {np.mean((p > 0.5) == labels):.0%}; clear of 0 by two errors: {clear} of 6")


if __name__ == "__main__":
    main()
