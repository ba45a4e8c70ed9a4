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
from typing import TYPE_CHECKING, Any

from .buffer import empty, full, ones, zeros
from .errors import (
    AnomalyError,
    AutogradError,
    BackendError,
    ConvergenceError,
    DegenerateError,
    DerivativeError,
    DetachError,
    DtypeError,
    MutationError,
    NoRuleError,
    ShapeError,
    TraceError,
    UsageError,
)  # fmt: skip
from .ops.creation import c_, kaiser, r_, vectorize
from .ops.elementwise import logistic, relu
from .ops.indexing import nested as array
from .ops.reduction import log_softmax, logsumexp, softmax
from .primitive import composite, discrete, elementwise, functions, linear, primitive
from .record import no_grad
from .state import (
    depends_on,
    is_compiling,
    note_change,
    read_state,
    refuse_to_compile,
    sample,
    write_state,
)
from .transform import (
    checkpoint,
    custom_rule,
    elementwise_grad,
    ggnvp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    laplacian,
    stop_gradient,
    value_and_grad,
    vjp,
)  # fmt: skip
from .value import Value

if TYPE_CHECKING:  # of those that are found on first use
    from .onnx.export import to_onnx as to_onnx
    from .onnx.operators import onnx_operator as onnx_operator
    from .onnx.reading import from_onnx as from_onnx
    from .onnx.tables import onnx_by_parts as onnx_by_parts
    from .onnx.tables import onnx_left_out as onnx_left_out
    from .onnx.tables import onnx_node as onnx_node

sigmoid = logistic

__all__ = [
    "AnomalyError",
    "AutogradError",
    "BackendError",
    "ConvergenceError",
    "DegenerateError",
    "DerivativeError",
    "DetachError",
    "Diagnosis",
    "DtypeError",
    "MutationError",
    "NoRuleError",
    "ShapeError",
    "TraceError",
    "UsageError",
    "Value",
    "array",
    "c_",
    "checkpoint",
    "composite",
    "custom_rule",
    "depends_on",
    "detect_anomaly",
    "diagnose",
    "discrete",
    "elementwise",
    "elementwise_grad",
    "empty",
    "full",
    "functions",
    "ggnvp",
    "grad",
    "hessian",
    "hvp",
    "is_compiling",
    "jacobian",
    "jvp",
    "kaiser",
    "laplacian",
    "linear",
    "log_softmax",
    "logistic",
    "logsumexp",
    "no_grad",
    "note_change",
    "ones",
    "primitive",
    "r_",
    "read_state",
    "refuse_to_compile",
    "relu",
    "sample",
    "sigmoid",
    "softmax",
    "stop_gradient",
    "value_and_grad",
    "vectorize",
    "vjp",
    "write_state",
    "zeros",
]
__version__ = "0.1.0"

# What takes long to import, as the package graphviz does, and is not always used: on first use.
LAZY = {
    "Diagnosis": "doctor",
    "Graph": "graph",
    "Compiled": "compiler",
    "compare": "comparison",
    "compile": "compiler",
    "loop": "compiler",
    "scan": "compiler",
    "detect_anomaly": "doctor",
    "diagnose": "doctor",
    "draw": "render",
    "explain": "explanation",
    "explore": "explorer",
    "from_onnx": "onnx.reading",
    "onnx_by_parts": "onnx.tables",
    "onnx_left_out": "onnx.tables",
    "onnx_node": "onnx.tables",
    "onnx_operator": "onnx.operators",
    "paths": "contributions",
    "read_csv": "sheet",
    "shares": "contributions",
    "to_onnx": "onnx.export",
}


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(f".{LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
