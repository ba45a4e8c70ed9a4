"""A training step of the network of 2 inputs, 2 hidden and 2 output neurons, by single numbers and by matrices.

Also 10,000 of them in one call, where the library can repeat inside; else 100 in Python's loop.
"""

import numpy as np

from . import Workload

INPUTS, TARGETS, RATE = (0.05, 0.10), (0.01, 0.99), 0.5
WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
BIASES = (0.35, 0.60)


def scalars(library):
    logistic = library.logistic
    (i1, i2), (t1, t2), (b1, b2) = INPUTS, TARGETS, BIASES

    def error(w1, w2, w3, w4, w5, w6, w7, w8):
        h1 = logistic(w1 * i1 + w2 * i2 + b1)
        h2 = logistic(w3 * i1 + w4 * i2 + b1)
        o1 = logistic(w5 * h1 + w6 * h2 + b2)
        o2 = logistic(w7 * h1 + w8 * h2 + b2)
        return 0.5 * (t1 - o1) ** 2 + 0.5 * (t2 - o2) ** 2

    return error, WEIGHTS


def matrices(library):
    logistic, total = library.logistic, library.total
    x, t = library.constant(np.array(INPUTS)), library.constant(np.array(TARGETS))
    b1, b2 = BIASES

    def error(w1, w2):
        h = logistic(w1 @ x + b1)
        o = logistic(w2 @ h + b2)
        return 0.5 * total((t - o) ** 2)

    return error, np.array(WEIGHTS).reshape(2, 2, 2)


def step(library, *, network):
    error, weights = network(library)
    return library.descent(error, *weights, rate=RATE)


def rounds(library, *, network, n):
    error, weights = network(library)
    if "loop" in library.CAN:
        return library.long_descent(error, *weights, rate=RATE, n=n)
    one = library.descent(error, *weights, rate=RATE)

    def run():
        for _ in range(n - 1):
            one()
        return one()

    return run


WORKLOADS = (
    Workload("step-scalars", "2-2-2 step, one Value per weight", step, needs="scalars", size={"network": scalars}),
    Workload("step-matrices", "2-2-2 step, matrices", step, size={"network": matrices}),
    *(
        Workload(
            f"rounds-{network.__name__}",
            f"2-2-2, 10,000 rounds inside, {network.__name__}, per round",
            rounds,
            needs=needs,
            size={"network": network, "n": 10_000},
            tiny={"n": 5},
            shorter={"n": 100},
            units="n",
        )
        for network, needs in ((scalars, "scalars"), (matrices, "arrays"))
    ),
)
