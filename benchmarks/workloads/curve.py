"""Value and gradient of a fit of three Gaussian peaks and a base line: 10 parameters."""

import numpy as np

from . import Workload


def fit(library, *, n):
    rng = np.random.default_rng(0)
    at = np.array([1.0, 0.2, 0.1, 0.7, 0.5, 0.05, 1.2, 0.8, 0.15, 0.1])
    x = np.linspace(0.0, 1.0, n)
    truth = sum(at[i] * np.exp(-0.5 * ((x - at[i + 1]) / at[i + 2]) ** 2) for i in (0, 3, 6)) + at[9]
    y = library.constant(truth + 0.05 * rng.standard_normal(n))
    t = library.constant(x)

    def loss(p):
        model = p[9]
        for i in (0, 3, 6):
            model = model + p[i] * library.exp(-0.5 * ((t - p[i + 1]) / p[i + 2]) ** 2)
        return library.total((model - y) ** 2)

    near, both = at * 1.1, library.value_and_gradient(loss)
    return lambda: both(near)


WORKLOADS = (
    Workload("curve", "curve of 10 parameters, 100 points, value and gradient", fit, size={"n": 100}, tiny={"n": 5}),
)
