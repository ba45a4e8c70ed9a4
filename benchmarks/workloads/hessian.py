"""Second derivatives: the Hessian of a logistic regression, and the product of one with a vector, of a network."""

import numpy as np

from . import Workload
from .logistic_regression import regression


def whole(library, *, n, features):
    loss, at = regression(library, n=n, features=features)
    second = library.hessian(loss)
    return lambda: [second(at)]


def product(library, *, widths, batch):
    rng = np.random.default_rng(0)
    n_in, hidden, n_out = widths
    x = library.constant(rng.standard_normal((batch, n_in)))
    t = library.constant(rng.standard_normal((batch, n_out)))
    shapes = (n_in, hidden), (hidden,), (hidden, n_out), (n_out,)

    def loss(w1, b1, w2, b2):
        off = library.tanh(x @ w1 + b1) @ w2 + b2 - t
        return library.total(off * off) / batch

    point, direction = [[rng.standard_normal(s) / 3 for s in shapes] for _ in range(2)]
    return library.hessian_vector_product(loss, point, direction)


WORKLOADS = (
    Workload(
        "hessian",
        "Hessian, 50 parameters",
        whole,
        needs="hessian",
        size={"n": 100, "features": 50},
        tiny={"n": 4, "features": 3},
    ),
    Workload(
        "hvp",
        "Hessian-vector product, MLP 20-32-1, batch 64",
        product,
        needs="hessian",
        size={"widths": (20, 32, 1), "batch": 64},
        tiny={"widths": (2, 3, 1), "batch": 2},
    ),
)
