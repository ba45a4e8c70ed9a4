"""One adapter a library: a module with these names, as far as the library can do them.

PACKAGE: its distribution. CAN: of "scalars" (a Value of one number), "arrays", "memory" (its
arrays are NumPy's, so tracemalloc sees them), "import".
exp, log, log1p, tanh, sin, sqrt, square, logistic, relu, total (the sum of all), row_sums (over
the last axis, kept with length 1): functions of its values.
matmul, add, subtract, multiply, divide: the operators as functions.
constant(array): data without derivative. numbers(x): a result as NumPy's.
gradients(f, *parameters, spare=False): a callable that computes f of its own parameters, and the
gradients of all of them; spare lets go of what is between. descent(f, *parameters, rate): a
callable that does the same, and takes a step. Both give [f, ...] then the gradients (the parameters after it).
value_and_gradient(f): a callable of an array that gives f there and the gradient, as a user of an
optimiser writes it: data in, data out.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType

__all__ = ["NAMES", "OURS", "loaded"]

OURS = "ours"
NAMES = ("micrograd", "torch", "jax", "autograd", "mygrad", "numpy")


@cache
def loaded(name: str) -> ModuleType | None:
    """The adapter of a library, or None if the library is not installed."""
    try:
        return import_module(f".{name}", __name__)
    except ModuleNotFoundError:
        return None
