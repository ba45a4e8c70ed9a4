"""Value and gradient of a regularised logistic regression."""

import numpy as np

from . import Workload


def regression(library, *, n, features):
    """The loss, and where to start."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, features))
    sign = np.where(x @ rng.standard_normal(features) + rng.standard_normal(n) > 0, 1.0, -1.0)
    rows = library.constant(-sign[:, None] * x)

    def loss(w):
        return library.total(library.log1p(library.exp(rows @ w))) + 0.05 * library.total(w * w)

    return loss, rng.standard_normal(features) / 10


def fit(library, *, n, features):
    loss, at = regression(library, n=n, features=features)
    both = library.value_and_gradient(loss)
    return lambda: both(at)


WORKLOADS = (
    Workload(
        "logistic-regression",
        "logistic regression, 100 x 5, value and gradient",
        fit,
        size={"n": 100, "features": 5},
        tiny={"n": 4},
    ),
)
