"""The ONNX nodes of those functions of scipy.special that networks are made of; they need no SciPy."""

from __future__ import annotations

import math
from typing import Any

from .elementwise import log1p
from .nodes import NODES
from .writer import Edge, Writer

__all__: list[str] = []


def erf(w: Writer, y: Edge, x: Edge) -> str:
    """The error function."""
    return str(w("Erf", w.cast(x, y.dtype)))


def erfc(w: Writer, y: Edge, x: Edge) -> str:
    """1 less the error function, with fewer digits than SciPy's where that is near 0."""
    return str(w("Sub", w.weak(1.0, y), erf(w, y, x)))


def ndtr(w: Writer, y: Edge, x: Edge) -> str:
    """The distribution function of the standard normal."""
    half = w.weak(0.5, y)
    scaled = w("Mul", w.cast(x, y.dtype), w.weak(math.sqrt(0.5), y))
    return str(w("Add", w("Mul", w("Erf", scaled), half), half))


def expit(w: Writer, y: Edge, x: Edge) -> str:
    """The logistic function."""
    return str(w("Sigmoid", w.cast(x, y.dtype)))


def logit(w: Writer, y: Edge, x: Edge) -> str:
    """The inverse of the logistic function."""
    name = w.cast(x, y.dtype)
    return str(w("Log", w("Div", name, w("Sub", w.weak(1.0, y), name))))


def log_expit(w: Writer, y: Edge, x: Edge) -> str:
    """The logarithm of the logistic function, without overflow."""
    name = w.cast(x, y.dtype)
    rest = log1p(w, y, w("Exp", w("Neg", w("Abs", name))))
    return str(w("Sub", w("Min", name, w.weak(0.0, y)), rest))


def exp10(w: Writer, y: Edge, x: Edge) -> str:
    """10 to the power of x."""
    return str(w("Pow", w.weak(10.0, y), w.cast(x, y.dtype)))


def product_with_log(*, of_next: bool) -> Any:
    """The rule of x * log(y), or x * log(1 + y), which is 0 where x is."""

    def rule(w: Writer, z: Edge, x: Edge, y: Edge) -> str:
        factor, name, zero = w.cast(x, z.dtype), w.cast(y, z.dtype), w.weak(0.0, z)
        is_zero = w("And", w("Equal", factor, zero), w("Not", w("IsNaN", name)))
        logarithm = log1p(w, z, name) if of_next else w("Log", name)
        return str(w("Where", is_zero, zero, w("Mul", factor, logarithm)))

    return rule


NODES |= {
    "special.erf": erf,
    "special.erfc": erfc,
    "special.ndtr": ndtr,
    "special.expit": expit,
    "special.logit": logit,
    "special.log_expit": log_expit,
    "special.exp10": exp10,
    "special.xlogy": product_with_log(of_next=False),
    "special.xlog1py": product_with_log(of_next=True),
    "special.cbrt": NODES["cbrt"],
    "special.exp2": NODES["exp2"],
    "special.expm1": NODES["expm1"],
    "special.log1p": NODES["log1p"],
    "special.round": NODES["rint"],
}
