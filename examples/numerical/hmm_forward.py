"""A hidden Markov model: the forward pass in logarithms, whose gradient is the backward pass.

The gradient of the log-likelihood by the log-probabilities of the emissions is the probability of each state at
each time, given everything seen: what forward-backward computes. Nobody has to write the backward half.
"""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, value_and_grad
from autograd_mini.testing import numerical_gradient

# ---- the model: NumPy only


def log_softmax(logits):
    """Logarithms of probabilities along the last axis."""
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def log_dot(log_p, log_matrix):
    """log(exp(log_p) @ exp(log_matrix)), without underflow."""
    terms = log_p[:, np.newaxis] + log_matrix
    top = terms.max(axis=0)
    return top + np.log(np.exp(terms - top).sum(axis=0))


def log_densities(ys, means, log_deviation):
    """The log-density of each measurement in each state.  (t,), (k,) -> (t, k)"""
    z = (ys[:, None] - means[None, :]) / np.exp(log_deviation)
    return -0.5 * z**2 - log_deviation - 0.5 * np.log(2 * np.pi)


def forward(log_start, log_transition, log_emission):
    """The log-likelihood of a sequence, by the forward recursion."""
    alpha = log_start + log_emission[0]
    for row in log_emission[1:]:
        alpha = log_dot(alpha, log_transition) + row
    top = np.amax(alpha)
    return top + np.log(np.sum(np.exp(alpha - top)))


def log_likelihood(params, ys):
    """The log-likelihood of measurements at free parameters in a dict."""
    log_start = log_softmax(params["start"])
    log_transition = log_softmax(params["transition"])
    emission = log_densities(ys, params["means"], params["log_deviation"])
    return forward(log_start, log_transition, emission)


def simulated(n, seed=0):
    """A sequence that stays in one of two states for a while, and the states."""
    rng = np.random.default_rng(seed)
    state, states = 0, []
    for _ in range(n):
        if rng.random() < 0.1:
            state = 1 - state
        states.append(state)
    states = np.array(states)
    return np.where(states == 1, 2.0, -1.0) + 0.7 * rng.standard_normal(n), states


def forward_backward(log_start, log_transition, log_emission):
    """The probability of each state at each time, by both recursions: to compare with."""
    p, q = np.exp(log_transition), np.exp(log_emission)
    n, k = q.shape
    a, b = np.zeros((n, k)), np.ones((n, k))
    a[0] = np.exp(log_start) * q[0]
    for t in range(1, n):
        a[t] = (a[t - 1] @ p) * q[t]
        a[t] /= a[t].sum()
    for t in range(n - 2, -1, -1):
        b[t] = p @ (q[t + 1] * b[t + 1])
        b[t] /= b[t].sum()
    both = a * b
    return both / both.sum(axis=1, keepdims=True)


START = {
    "start": np.zeros(2),
    "transition": np.array([[1.0, 0.0], [0.0, 1.0]]),
    "means": np.array([-0.5, 0.5]),
    "log_deviation": 0.0,
}


# ---- its derivatives


def problem():
    """What is differentiated, and where."""
    ys, _ = simulated(12)

    def f(transition, means, ys):
        return log_likelihood({**START, "transition": transition, "means": means}, ys)

    return f, (START["transition"], START["means"], ys)


def main():
    """Compare with differences, then fit, then read off the states."""
    f, args = problem()
    value, gradients = value_and_grad(f, argnums=(0, 1, 2))(*args)
    off = max(np.abs(g - numerical_gradient(f, args, i)).max() for i, g in enumerate(gradients))
    print(f"log-likelihood {value:.6f}; gradients agree with differences: {off < 1e-7}")

    ys, states = simulated(150, seed=1)
    params = START
    ascent = grad(lambda p: log_likelihood(p, ys) / len(ys))
    for _ in range(40):
        g = ascent(params)
        params = {k: params[k] + 0.8 * g[k] for k in params}
    print(f"fitted means {params['means'].round(1)}, deviation {np.exp(params['log_deviation']):.1f}")

    log_start, log_transition = log_softmax(params["start"]), log_softmax(params["transition"])
    emission = log_densities(ys, params["means"], params["log_deviation"])
    probabilities = grad(lambda e: forward(log_start, log_transition, e))(emission)
    truth = forward_backward(log_start, log_transition, emission)
    print(f"its gradient is forward-backward: {np.allclose(probabilities, truth)}")
    print(f"states found: {np.mean(probabilities.argmax(axis=1) == states):.0%}")


if __name__ == "__main__":
    main()
