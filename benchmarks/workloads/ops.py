"""52 operations on 8x8 matrices and a sum, by operators and methods, and through NumPy's functions."""

import numpy as np

from . import Workload

ROUNDS = 4  # of 13 operations


def data(n):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, n)), rng.standard_normal((n, n)) / n, rng.standard_normal(n)


def by_operators(library, *, n):
    exp, log, tanh, sqrt, total = library.exp, library.log, library.tanh, library.sqrt, library.total

    def f(x, w, b):
        y = x
        for _ in range(ROUNDS):
            h = tanh(y @ w + b)
            u = (h * y - h) / 2.0
            s = sqrt(log(exp(u) + 1.0) * 3.0)
            y = (s + h) * 0.5
        return total(y)

    return library.gradients(f, *data(n))


def by_functions(library, *, n):
    x = getattr(library, "through_numpy", library)
    exp, log, tanh, sqrt, total = x.exp, x.log, x.tanh, x.sqrt, x.total
    matmul, add, subtract, multiply, divide = x.matmul, x.add, x.subtract, x.multiply, x.divide

    def f(x, w, b):
        y = x
        for _ in range(ROUNDS):
            h = tanh(add(matmul(y, w), b))
            u = divide(subtract(multiply(h, y), h), 2.0)
            s = sqrt(multiply(log(add(exp(u), 1.0)), 3.0))
            y = multiply(add(s, h), 0.5)
        return total(y)

    return library.gradients(f, *data(n))


SIZES = {"size": {"n": 8}, "tiny": {"n": 2}, "units": 13 * ROUNDS}
WORKLOADS = (
    Workload("ops-8x8", "52 ops on 8x8, operators and methods, per op", by_operators, **SIZES),
    Workload("ops-64x64", "52 ops on 64x64, per op", by_operators, **{**SIZES, "size": {"n": 64}}),
    Workload("ops-8x8-np", "52 ops on 8x8 through np.*, per op", by_functions, **SIZES),
)
