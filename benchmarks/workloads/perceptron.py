"""A training step of a network of three layers as users write it: layers, cross entropy, Adam."""

from itertools import pairwise

import numpy as np

from . import Workload

RATE = 2.0**-13  # the same in float32


def step(library, *, dtype, widths, batch):
    rng = np.random.default_rng(0)
    x = library.constant(rng.standard_normal((batch, widths[0])).astype(dtype))
    labels = library.labels(rng.integers(0, widths[-1], batch))
    numbers = {}
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        numbers[f"{2 * i}.weight"] = (rng.standard_normal((n_out, n_in)) / n_in**0.5).astype(dtype)
        numbers[f"{2 * i}.bias"] = np.full(n_out, 0.1, dtype)

    if "modules" in library.CAN:
        nn, kind = library.nn, library.kind(dtype)
        linear = [nn.Linear(n_in, n_out, dtype=kind) for n_in, n_out in pairwise(widths)]
        model = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
        return library.trained(model, numbers, lambda model: library.cross_entropy(model(x), labels), rate=RATE)

    def loss(w1, b1, w2, b2, w3, b3):
        h = library.relu(x @ w1.T + b1)
        h = library.relu(h @ w2.T + b2)
        return library.cross_entropy(h @ w3.T + b3, labels)

    return library.adam(loss, *numbers.values(), rate=RATE)


WORKLOADS = (
    Workload(
        "train-mlp",
        "MLP 784-256-128-10, batch 128, Adam, float32",
        step,
        needs="adam",
        size={"dtype": "float32", "widths": (784, 256, 128, 10), "batch": 128},
        tiny={"dtype": "float64", "widths": (4, 3, 3, 2), "batch": 2},
    ),
)
