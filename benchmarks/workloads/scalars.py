"""Long computations of single numbers: one after the other, and side by side."""

from . import Workload

N = 1000  # operations


def chain(library, *, n):
    def f(x):
        y = x
        for _ in range(n // 2):
            y = y * 0.99 + x
        return y

    return library.gradients(f, 0.5)


def wide(library, *, n):
    def f(*xs):
        y = xs[0]
        for a, b in zip(xs[1:], xs, strict=False):
            y = y + a * b * 0.5
        return y

    return library.gradients(f, *[0.001 * i for i in range(n // 3 + 1)])


WORKLOADS = (
    Workload("chain", "scalar chain, per operation", chain, "scalars", {"n": N}, {"n": 10}, units="n"),
    Workload("wide", "scalar wide, per operation", wide, "scalars", {"n": N - 1}, {"n": 9}, units="n"),
)
