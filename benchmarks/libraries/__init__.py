"""One adapter a library: a module with these names, as far as the library can do them, or one that has `ADAPTER`.

PACKAGE: its distribution. MODULE: what is imported. CAN: of "scalars" (a Value of one number), "arrays", "loop"
(repeats inside), "hessian", "adam", "convolution", "transformer" (what the training steps need), "modules"
(layers and optimizers of its own), "memory" (its arrays are NumPy's, so tracemalloc sees them), "import". SLACK: by
which factor its results may be less precise, if there is a reason.

exp, log, log1p, tanh, sin, sqrt, logistic, relu, gelu (its formula with tanh), softmax (over the last axis), total
(the sum of all), row_sums (over the last axis, kept with length 1): functions of its values.
matmul, add, subtract, multiply, divide: the operators as functions.
conv (3x3, as large as its input), max_pool (2x2), cross_entropy(scores, labels), permuted(x, axes),
last_state(step, start, xs).
constant(array), labels(whole numbers): data without derivative. numbers(x): a result as NumPy's.

gradients(f, *parameters, spare=False): a callable that computes f of its own parameters, and the
gradients of all of them; spare lets go of what is between. descent(f, *parameters, rate): a
callable that does the same, and takes a step; adam(...), one of Adam's. They give [f, ...] then the gradients
(the parameters after it). long_descent(f, *parameters, rate, n): n steps in one call.
value_and_gradient(f): a callable of an array that gives f there and the gradient, as a user of an
optimiser writes it: data in, data out. hessian(f): a callable of an array that gives the Hessian.
hessian_vector_product(f, point, direction): a callable that gives the product, in parts.

nn, kind(dtype), later(n, dtype): its layers, its name of a dtype, its mask of what comes later.
trained(model, numbers, loss, rate): a callable that takes a step of Adam on loss(model), and gives it and all
parameters.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["NAMES", "OURS", "loaded", "why_missing"]

OURS = ("ours", "compiled", "native")  # eager, compiled to Python and NumPy, compiled to C
NAMES = (*OURS, "torch", "torch_compile", "jax", "autograd", "mygrad", "micrograd", "tinygrad", "numpy")


def loaded(name: str) -> Any:
    """The adapter of a library, or None if it cannot be used here."""
    return found(name)[0]


def why_missing(name: str) -> str:
    """Why a library cannot be used here."""
    return found(name)[1]


@cache
def found(name: str) -> tuple[Any, str]:
    """The adapter of a library, or None and the reason."""
    try:
        module = import_module(f".{name}", __name__)
    except ImportError as error:
        return None, str(error)
    return getattr(module, "ADAPTER", module), ""
