"""A long short-term memory run over a sequence, by small operations: 18 of them a step."""

import numpy as np

from . import Workload


def lstm(library, *, steps, hidden, batch):
    rng = np.random.default_rng(0)
    logistic, tanh = library.logistic, library.tanh
    xs = [library.constant(rng.standard_normal((batch, hidden))) for _ in range(steps)]
    start = library.constant(np.zeros((batch, hidden)))

    def f(wx, wh, b):
        h = c = start
        for x in xs:
            z = x @ wx + h @ wh + b
            i = logistic(z[:, :hidden])
            j = logistic(z[:, hidden : 2 * hidden])
            o = logistic(z[:, 2 * hidden : 3 * hidden])
            g = tanh(z[:, 3 * hidden :])
            c = j * c + i * g
            h = o * tanh(c)
        return library.total(h * h)

    weights = [rng.standard_normal(s) / 4 for s in ((hidden, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,))]
    return library.gradients(f, *weights)


SIZE = {"steps": 50, "hidden": 16, "batch": 4}
WORKLOADS = (
    Workload(
        "lstm",
        "LSTM 50 steps, hidden 16, batch 4",
        lstm,
        "sequences",
        size=SIZE,
        tiny={"steps": 3, "hidden": 2, "batch": 2},
    ),
)
