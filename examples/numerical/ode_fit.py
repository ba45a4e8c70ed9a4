"""Predator and prey: the rates of a differential equation, fitted to what was counted.

A Runge-Kutta step of fourth order in a loop, as one writes it by hand; the gradient by rates and starting
numbers runs back through every step. Gauss-Newton with the exact Jacobian needs a handful of rounds.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograd_mini import grad, jacobian
from autograd_mini.testing import numerical_gradient

# ---- the equation: NumPy only


def lotka_volterra(t, state, rates):
    """The rates of change of prey and predators."""
    prey, predators = state
    birth, hunted, fed, death = rates
    return np.stack([prey * (birth - hunted * predators), predators * (fed * prey - death)])


def runge_kutta_4(f, state, times, *args, substeps=2):
    """The states at `times`, from the first on.  (d,), (n,) -> (n, d)"""
    states = [state]
    for start, end in pairwise(times):
        h = (end - start) / substeps
        for i in range(substeps):
            t = start + i * h
            k1 = f(t, state, *args)
            k2 = f(t + h / 2, state + h / 2 * k1, *args)
            k3 = f(t + h / 2, state + h / 2 * k2, *args)
            k4 = f(t + h, state + h * k3, *args)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(state)
    return np.stack(states)


def residuals(params, times, counted):
    """How far the logarithms of simulated numbers are from those counted."""
    start, rates = np.exp(params[:2]), np.exp(params[2:])
    states = runge_kutta_4(lotka_volterra, start, times, rates)
    return (np.log(states) - np.log(counted)).ravel()


def misfit(params, times, counted):
    """Half the sum of squared residuals."""
    r = residuals(params, times, counted)
    return 0.5 * np.dot(r, r)


TRUTH = np.log(np.array([10.0, 5.0, 1.1, 0.4, 0.1, 0.4]))  # numbers at the start, then rates


def counts(n=16, noise=0.05, seed=0):
    """Times, and noisy numbers of both kinds."""
    rng = np.random.default_rng(seed)
    times = np.linspace(0.0, 8.0, n)
    states = runge_kutta_4(lotka_volterra, np.exp(TRUTH[:2]), times, np.exp(TRUTH[2:]))
    return times, states * np.exp(noise * rng.standard_normal(states.shape))


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    times, counted = counts(6)
    return misfit, (TRUTH + 0.1, times, counted)


def main():
    """Compare with differences, then fit by Gauss-Newton."""
    f, args = problem()
    g = grad(f)(*args)
    off = np.abs(g - numerical_gradient(f, args)).max()
    print(f"misfit {f(*args):.6f}; gradient agrees with differences: {off < 1e-6}")

    times, counted = counts()
    params = TRUTH + np.array([0.1, -0.1, 0.2, -0.2, 0.1, 0.1])
    slopes = jacobian(residuals)
    for _ in range(5):
        j, r = slopes(params, times, counted), residuals(params, times, counted)
        params = params - np.linalg.solve(j.T @ j, j.T @ r)
    spread = np.sqrt(np.diag(np.linalg.inv(j.T @ j)) * np.var(r))
    print(f"rates {np.exp(params[2:]).round(2)}; true ones {np.exp(TRUTH[2:]).round(2)}")
    print(f"gradient at the fit is 0: {np.abs(grad(misfit)(params, times, counted)).max() < 1e-6}")
    print(f"truth within four standard errors: {bool(np.all(np.abs(params - TRUTH) < 4 * spread))}")


if __name__ == "__main__":
    main()
