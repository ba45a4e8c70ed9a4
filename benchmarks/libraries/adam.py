"""Adam for libraries that give gradients as arrays, in NumPy and in place."""

import numpy as np

__all__ = ["Adam"]


class Adam:
    """The parameters, and their moments."""

    def __init__(self, parameters, rate):
        self.parameters = [np.array(p) for p in parameters]
        self.means, self.squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))
        self.rate, self.t = rate, 0

    def stepping(self, both):
        """A callable that takes a step on `both`, which gives the value and gradients at parameters."""

        def run():
            y, gradients = both(self.parameters)
            self.step(gradients)
            return [y, *self.parameters]

        return run

    def step(self, gradients):
        self.t += 1
        size, root = self.rate / (1 - 0.9**self.t), (1 - 0.999**self.t) ** 0.5
        for p, m, s, g in zip(self.parameters, self.means, self.squares, gradients, strict=True):
            np.multiply(m, 0.9, m)
            np.add(m, 0.1 * g, m)
            np.multiply(s, 0.999, s)
            np.add(s, 0.001 * (g * g), s)
            below = np.sqrt(s)
            np.divide(below, root, below)
            np.add(below, 1e-8, below)
            np.subtract(p, size * (m / below), p)
