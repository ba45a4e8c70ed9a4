"""Principal components by eigh: how each measurement moves the variance that they explain, and the axes themselves."""

from __future__ import annotations

import numpy as np

from autograd_mini import grad, jacobian
from autograd_mini.testing import numerical_gradient

# ---- the components: NumPy only


def standardised(data):
    """Columns of mean 0 and standard deviation 1."""
    centred = data - data.mean(axis=0)
    return centred / data.std(axis=0, ddof=1)


def components(data, weights=None):
    """Variances from large to small, and the axes as columns."""
    z = standardised(data)
    if weights is None:
        weights = np.full(len(data), 1.0 / (len(data) - 1))
    cov = (z * weights[:, None]).T @ z
    variances, axes = np.linalg.eigh(cov)
    order = np.argsort(variances)[::-1]
    variances, axes = variances[order], axes[:, order]
    signs = np.sign(axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])])
    return variances, axes * signs


def explained(data, k=2):
    """The share of the variance along the first k axes."""
    variances, _ = components(data)
    return np.sum(variances[:k]) / np.sum(variances)


def reconstructed(data, k=2):
    """The data as far as the first k axes go."""
    _, axes = components(data)
    z = standardised(data)
    scores = z @ axes[:, :k]
    return scores @ axes[:, :k].T * np.std(data, axis=0, ddof=1) + np.mean(data, axis=0)


def error(data, k=2):
    """The root mean square of what is lost."""
    return np.sqrt(np.mean((data - reconstructed(data, k)) ** 2))


def entropy(data):
    """How evenly the variance is spread: the exponential of its entropy, a number of axes."""
    p, _ = components(data)
    p = p / p.sum()
    return np.exp(-np.sum(p * np.log(p)))


def measurements(n=12, seed=0):
    """Four quantities that two causes drive."""
    rng = np.random.default_rng(seed)
    causes = rng.standard_normal((n, 2)) * np.array([2.0, 1.0])
    mixing = np.array([[1.0, 0.8, 0.2, -0.5], [0.1, -0.6, 0.9, 0.3]])
    return causes @ mixing + 0.2 * rng.standard_normal((n, 4)) + np.array([1.0, 2.0, 3.0, 4.0])


# ---- their derivatives


def problem():
    """What is differentiated, and where."""
    return lambda data: explained(data) + error(data) + entropy(data), (measurements(6),)


def main():
    """Compare with differences; find the measurement that matters most; rotate an axis by one cell."""
    f, args = problem()
    off = np.abs(grad(f)(*args) - numerical_gradient(f, args)).max()
    print(f"value {f(*args):.6f}; gradient agrees with differences: {off < 1e-6}")

    data = measurements()
    influence = grad(explained)(data)
    row, column = np.unravel_index(np.argmax(np.abs(influence)), data.shape)
    print(f"two axes explain {explained(data):.1%}; most influential: row {row}, column {column}")
    moved = data.copy()
    moved[row, column] += 1e-3
    predicted = explained(data) + 1e-3 * influence[row, column]
    print(f"first order predicts a change of it to {abs(explained(moved) - predicted):.0e}")

    turning = jacobian(lambda x: components(x)[1][:, 0])(data)
    first = components(data)[1][:, 0]
    across = np.einsum("i,ijk->jk", first, turning)
    print(f"an axis of length 1 only turns: {np.abs(across).max() < 1e-10}")


if __name__ == "__main__":
    main()
