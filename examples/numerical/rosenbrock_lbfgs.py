"""Rosenbrock's valley in ten dimensions, walked down by L-BFGS with exact gradients.

The optimiser is a plain two-loop recursion with a line search; it knows nothing of how the gradient is made.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, hvp, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- valley and optimiser: NumPy only


def rosenbrock(x):
    """The valley: 0 at ones, curved and narrow everywhere else."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_in_a_loop(x):
    """The same, one term at a time."""
    total = 0
    for i in range(len(x) - 1):
        a, b = x[i], x[i + 1]
        total += 100 * (b - a * a) ** 2 + (1 - a) ** 2
    return total


def direction(g, steps, changes):
    """Minus the gradient times the inverse Hessian that the last steps suggest."""
    q = g.copy()
    memory = []
    for s, y in zip(reversed(steps), reversed(changes), strict=True):
        rho = 1.0 / (y @ s)
        a = rho * (s @ q)
        q = q - a * y
        memory.append((rho, a))
    if steps:
        q = q * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for (s, y), (rho, a) in zip(zip(steps, changes, strict=True), reversed(memory), strict=True):
        q = q + s * (a - rho * (y @ q))
    return -q


def line_search(f, x, value, g, d):
    """A step length by Wolfe's conditions, found by bisection."""
    low, high, t = 0.0, np.inf, 1.0
    slope = g @ d
    for _ in range(40):
        new, new_g = f(x + t * d)
        if new > value + 1e-4 * t * slope:
            high = t
        elif new_g @ d < 0.9 * slope:
            low = t
        else:
            break
        t = 2 * low if np.isinf(high) else (low + high) / 2
    return t, new, new_g


def lbfgs(f, x, tolerance=1e-9, memory=8, max_rounds=200):
    """The minimum of a function that gives (value, gradient), and how many rounds it took."""
    value, g = f(x)
    steps, changes = [], []
    for n in range(max_rounds):
        if np.max(np.abs(g)) < tolerance:
            return x, n
        d = direction(g, steps, changes)
        t, value, new_g = line_search(f, x, value, g, d)
        steps = [*steps, t * d][-memory:]
        changes = [*changes, new_g - g][-memory:]
        x, g = x + t * d, new_g
    return x, max_rounds


# ---- their derivatives


def problem():
    """What is differentiated, and where."""
    return rosenbrock, (np.array([-1.2, 1.0, 0.5, -0.3, 2.0]),)


def main():
    """Compare with differences, then minimise."""
    f, args = problem()
    value, g = value_and_grad(f)(*args)
    off = np.abs(g - numerical_gradient(f, args)).max()
    same = np.allclose(grad(rosenbrock_in_a_loop)(*args), g)
    print(f"value {value:.2f}; gradient agrees with differences: {off < 1e-6}; with the loop: {same}")
    v = np.ones(5)
    h = 1e-5
    product = (grad(f)(args[0] + h * v) - grad(f)(args[0] - h * v)) / (2 * h)
    print(f"Hessian times a vector agrees with differences: {np.allclose(hvp(f, args[0], v), product)}")

    x, rounds = lbfgs(value_and_grad(rosenbrock), np.tile([-1.2, 1.0], 5))
    print(f"minimum after {rounds} rounds, off by {np.abs(x - 1).max():.0e} at most")


if __name__ == "__main__":
    main()
