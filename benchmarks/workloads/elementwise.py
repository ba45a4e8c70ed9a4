"""20 elementwise operations on a long array, and a sum: time, and the memory of it."""

import numpy as np

from ..measure import peak_bytes
from . import Workload

N = 10**6


def chain(library, *, n, dtype, spare=False):
    functions = (library.tanh, library.logistic, library.sin, library.exp)

    def f(x):
        y = x
        for function in functions:
            y = function(y * x + 0.5) * x - y
        return library.total(y)

    return library.gradients(f, np.linspace(0.1, 1.0, n, dtype=dtype), spare=spare)


WORKLOADS = (
    *(
        Workload(
            f"elementwise-{dtype}",
            f"20 elementwise ops on 10^6, {dtype}, per element",
            chain,
            size={"n": N, "dtype": dtype},
            tiny={"n": 5},
            units="n",
        )
        for dtype in ("float32", "float64")
    ),
    Workload(
        "elementwise-memory",
        "peak memory of the same, float64, keeping leaves only",
        chain,
        needs="memory",
        size={"n": N, "dtype": "float64", "spare": True},
        tiny={"n": 5},
        clock=peak_bytes,
        unit="bytes",
    ),
)
