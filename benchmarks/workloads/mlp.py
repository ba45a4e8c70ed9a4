"""A training step of a network of three layers, with softmax cross entropy by small operations."""

from itertools import pairwise

import numpy as np

from . import Workload


def step(library, *, dtype, widths, batch):
    rng = np.random.default_rng(0)
    relu, exp, log, total, row_sums = library.relu, library.exp, library.log, library.total, library.row_sums
    x = library.constant(rng.standard_normal((batch, widths[0])).astype(dtype))
    picked = np.zeros((batch, widths[-1]), dtype)
    picked[np.arange(batch), rng.integers(0, widths[-1], batch)] = 1 / batch
    share = library.constant(picked)

    def loss(w1, b1, w2, b2, w3, b3):
        h = relu(x @ w1 + b1)
        h = relu(h @ w2 + b2)
        z = h @ w3 + b3
        return total(share * (log(row_sums(exp(z))) - z))

    parameters = []
    for n_in, n_out in pairwise(widths):
        parameters += [(rng.standard_normal((n_in, n_out)) / n_in**0.5).astype(dtype), np.full(n_out, 0.1, dtype)]
    return library.descent(loss, *parameters, rate=0.1)


WORKLOADS = tuple(
    Workload(
        f"mlp-{dtype}",
        f"MLP 784-256-128-10 step, batch 128, {dtype}",
        step,
        size={"dtype": dtype, "widths": (784, 256, 128, 10), "batch": 128},
        tiny={"widths": (4, 3, 3, 2), "batch": 2},
    )
    for dtype in ("float32", "float64")
)
