"""Reverse-mode automatic differentiation on NumPy: Values record what is done to them.

>>> import numpy as np
>>> from autograd_mini import Value
>>> x = Value([1.0, 2.0, 3.0])
>>> y = np.sum(np.sin(x) * x)
>>> y.backward()
>>> x.grad.shape
(3,)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import (
    AutogradError,
    DerivativeError,
    DetachError,
    DtypeError,
    MutationError,
    NoRuleError,
    ShapeError,
    UsageError,
)  # fmt: skip
from .ops.elementwise import logistic, relu
from .ops.indexing import nested as array
from .ops.reduction import log_softmax, logsumexp, softmax
from .primitive import composite, discrete, elementwise, functions, linear, primitive
from .record import no_grad
from .transform import grad, value_and_grad
from .value import Value

sigmoid = logistic

__all__ = [
    "AutogradError",
    "DerivativeError",
    "DetachError",
    "DtypeError",
    "MutationError",
    "NoRuleError",
    "ShapeError",
    "UsageError",
    "Value",
    "array",
    "composite",
    "discrete",
    "elementwise",
    "functions",
    "grad",
    "linear",
    "log_softmax",
    "logistic",
    "logsumexp",
    "no_grad",
    "primitive",
    "relu",
    "sigmoid",
    "softmax",
    "value_and_grad",
]
__version__ = "0.1.0"

# Drawing needs the package graphviz, which takes longer to import than all the rest: on first use.
LAZY = {
    "Graph": "graph",
    "compare": "comparison",
    "draw": "render",
    "explain": "explanation",
    "explore": "explorer",
    "paths": "contributions",
    "read_csv": "sheet",
    "shares": "contributions",
}


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(f".{LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
