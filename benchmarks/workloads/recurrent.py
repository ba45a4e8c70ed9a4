"""A training step of a classifier of sequences: a layer of long short-term memories and a linear map of its last state."""

import numpy as np

from . import Workload

RATE = 2.0**-13  # the same in float32


def step(library, *, dtype, steps, width, hidden, batch):
    rng = np.random.default_rng(0)
    xs = rng.standard_normal((steps, batch, width)).astype(dtype)
    labels = library.labels(rng.integers(0, 10, batch))
    shapes = {
        "0.weight_ih_l0": (4 * hidden, width),
        "0.weight_hh_l0": (4 * hidden, hidden),
        "0.bias_ih_l0": (4 * hidden,),
        "0.bias_hh_l0": (4 * hidden,),
        "1.weight": (10, hidden),
        "1.bias": (10,),
    }
    numbers = {name: (rng.standard_normal(s) / hidden**0.5).astype(dtype) for name, s in shapes.items()}

    if "modules" in library.CAN:
        nn, kind, x = library.nn, library.kind(dtype), library.constant(xs)
        model = nn.ModuleList([nn.LSTM(width, hidden, dtype=kind), nn.Linear(hidden, 10, dtype=kind)])

        def error(model):
            lstm, linear = model
            return library.cross_entropy(linear(lstm(x)[0][-1]), labels)

        return library.trained(model, numbers, error, rate=RATE)

    def loss(wx, wh, bx, bh, w, b):
        def advance(state, x):
            h, c = state
            z = x @ wx.T + h @ wh.T + (bx + bh)
            i, f, g, o = (z[:, k * hidden : (k + 1) * hidden] for k in range(4))
            c = library.logistic(f) * c + library.logistic(i) * library.tanh(g)
            return library.logistic(o) * library.tanh(c), c

        start = library.constant(np.zeros((batch, hidden), dtype))
        h, _ = library.last_state(advance, (start, start), xs)
        return library.cross_entropy(h @ w.T + b, labels)

    return library.adam(loss, *numbers.values(), rate=RATE)


WORKLOADS = (
    Workload(
        "train-lstm",
        "LSTM 28 steps of 28, hidden 64, batch 32, Adam, float32",
        step,
        needs="adam",
        size={"dtype": "float32", "steps": 28, "width": 28, "hidden": 64, "batch": 32},
        tiny={"dtype": "float64", "steps": 3, "width": 2, "hidden": 2, "batch": 2},
    ),
)
