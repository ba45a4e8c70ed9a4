"""The ONNX nodes of ops that work element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .nodes import NODES, common, onnx_node
from .writer import Edge, Writer

__all__: list[str] = []

FLOAT64 = np.dtype(np.float64)


def arithmetic(op_type: str) -> Any:
    """The rule of an op that ONNX has: operands in the dtype of the output."""
    return lambda w, y, *xs: w(op_type, *(w.cast(x, y.dtype) for x in xs))


def comparison(op_type: str, *, negated: bool = False) -> Any:
    """The rule of a comparison: operands in the dtype that they have in common."""

    def rule(w: Writer, y: Edge, *xs: Edge) -> str:
        kind = common(*xs)
        kind = np.int64 if kind.kind in "biu" else kind
        z = w(op_type, *(w.cast(x, kind) for x in xs))
        return str(w("Not", z) if negated else z)

    return rule


def logical(op_type: str) -> Any:
    """The rule of an op on truth values."""
    return lambda w, y, *xs: w(op_type, *(w.cast(x, bool) for x in xs))


def scaled(op_type: str, factor: float) -> Any:
    """The rule of what ONNX has up to a factor."""
    return lambda w, y, x: w("Mul", w(op_type, w.cast(x, y.dtype)), w.weak(factor, y))


ONNX_HAS = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow", "float_power": "Pow",
    "maximum": "Max", "minimum": "Min", "negative": "Neg", "positive": "Identity", "reciprocal": "Reciprocal",
    "sqrt": "Sqrt", "abs": "Abs", "fabs": "Abs", "exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan",
    "arcsin": "Asin", "arccos": "Acos", "arctan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh",
    "arcsinh": "Asinh", "arccosh": "Acosh", "arctanh": "Atanh", "logistic": "Sigmoid", "relu": "Relu", "sign": "Sign",
    "floor": "Floor", "ceil": "Ceil", "rint": "Round", "conj": "Identity", "real": "Identity", "alias": "Identity",
    "copy": "Identity", "stop_gradient": "Identity", "astype": "Identity",
}  # fmt: skip
# Of truth values, NumPy adds by "or" and multiplies by "and".
OF_TRUTHS = {"Add": "Or", "Mul": "And", "Max": "Or", "Min": "And"}
for op, op_type in ONNX_HAS.items():
    NODES[op] = arithmetic(op_type)
for op in ("add", "multiply", "maximum", "minimum"):
    op_type = ONNX_HAS[op]
    NODES[op] = lambda w, y, *xs, op_type=op_type: w(
        OF_TRUTHS[op_type] if y.dtype == bool else op_type, *(w.cast(x, y.dtype) for x in xs)
    )
for op in ("copy", "astype", "alias"):  # whose options are in the dtype of the output
    NODES[op] = lambda w, y, x, **_options: w.cast(x, y.dtype)
for op, op_type in {"equal": "Equal", "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
                    "greater_equal": "GreaterOrEqual"}.items():  # fmt: skip
    NODES[op] = comparison(op_type)
NODES["not_equal"] = comparison("Equal", negated=True)
for op, op_type in {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor", "logical_not": "Not"}.items():
    NODES[op] = logical(op_type)
for op, op_type in {"bitwise_and": "And", "bitwise_or": "Or", "bitwise_xor": "Xor", "invert": "Not"}.items():
    NODES[op] = lambda w, y, *xs, op_type=op_type: w(
        op_type if y.dtype == bool else f"Bitwise{op_type}", *(w.cast(x, y.dtype) for x in xs)
    )
NODES["degrees"] = scaled("Identity", 180 / math.pi)
NODES["radians"] = scaled("Identity", math.pi / 180)
NODES["log2"] = scaled("Log", 1 / math.log(2))
NODES["log10"] = scaled("Log", 1 / math.log(10))
for op in ("isreal", "iscomplex"):
    NODES[op] = lambda w, y, x, is_real=(op == "isreal"): w("Expand", w.constant(is_real), w.ints(x.shape))


@onnx_node("square")
def _(w: Writer, y: Edge, x: Edge) -> str:
    return str(w("Mul", w.cast(x, y.dtype), w.cast(x, y.dtype)))


@onnx_node("exp2")
def _(w: Writer, y: Edge, x: Edge) -> str:
    return str(w("Pow", w.weak(2.0, y), w.cast(x, y.dtype)))


@onnx_node("cbrt")
def _(w: Writer, y: Edge, x: Edge) -> str:
    name = w.cast(x, y.dtype)
    return str(w("Mul", w("Sign", name), w("Pow", w("Abs", name), w.weak(1 / 3, y))))


@onnx_node("expm1")
def _(w: Writer, y: Edge, x: Edge) -> str:
    # 2t / (1 - t) with t = tanh(x / 2) keeps all digits near 0; away from there exp(x) - 1 does.
    name, one = w.cast(x, y.dtype), w.weak(1.0, y)
    t = w("Tanh", w("Mul", name, w.weak(0.5, y)))
    near = w("Div", w("Add", t, t), w("Sub", one, t))
    return str(w("Where", w("Less", w("Abs", name), one), near, w("Sub", w("Exp", name), one)))


@onnx_node("log1p")
def _(w: Writer, y: Edge, x: Edge) -> str:
    return log1p(w, y, w.cast(x, y.dtype))


def log1p(w: Writer, y: Edge, name: str) -> str:
    """log(1 + x) with all digits near 0.  Source: Goldberg, "What Every Computer Scientist Should Know" (1991), 4."""
    one = w.weak(1.0, y)
    u = w("Add", name, one)
    rounded = w("Sub", u, one)
    is_exact = w("Equal", rounded, name)
    factor = w("Div", name, w("Where", is_exact, one, rounded))
    log = w("Log", u)
    by_factor = w("Mul", log, factor)
    tiny = w("Equal", rounded, w.weak(0.0, y))
    return str(w("Where", tiny, name, w("Where", is_exact, log, by_factor)))


@onnx_node("logaddexp")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    return logaddexp(w, y, w.cast(a, y.dtype), w.cast(b, y.dtype))


def logaddexp(w: Writer, y: Edge, a: str, b: str) -> str:
    """log(exp(a) + exp(b)); their maximum where they are equal infinities, whose difference is no number."""
    top = w("Max", a, b)
    difference = w("Sub", w("Min", a, b), top)
    difference = w("Where", w("IsNaN", difference), w.weak(0.0, y), difference)
    return str(w("Add", top, log1p(w, y, w("Exp", difference))))


@onnx_node("logaddexp2")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    ln2 = w.weak(math.log(2), y)
    return str(w("Div", logaddexp(w, y, w("Mul", w.cast(a, y.dtype), ln2), w("Mul", w.cast(b, y.dtype), ln2)), ln2))


@onnx_node("hypot")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    # Scaled by the larger, so that no square overflows.
    p, q = w("Abs", w.cast(a, y.dtype)), w("Abs", w.cast(b, y.dtype))
    top, one = w("Max", p, q), w.weak(1.0, y)
    is_zero = w("Equal", top, w.weak(0.0, y))
    ratio = w("Div", w("Min", p, q), w("Where", is_zero, one, top))
    return str(w("Mul", top, w("Sqrt", w("Add", one, w("Mul", ratio, ratio)))))


@onnx_node("arctan2")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    p, q = w.cast(a, y.dtype), w.cast(b, y.dtype)
    zero, half = w.weak(0.0, y), w.weak(math.pi / 2, y)
    below = is_negative(w, y, p)
    side = w("Where", below, w.weak(-1.0, y), w.weak(1.0, y))
    on_axis = w("Equal", q, zero)
    angle = w("Atan", w("Div", p, w("Where", on_axis, w.weak(1.0, y), q)))
    turned = w("Where", w("Less", q, zero), w("Add", angle, w("Mul", side, w.weak(math.pi, y))), angle)
    upright = w("Where", w("Equal", p, zero), w("Where", is_negative(w, y, q), w.weak(math.pi, y), zero), half)
    return str(w("Where", on_axis, w("Mul", side, upright), turned))


def is_negative(w: Writer, y: Edge, name: str) -> str:
    """Whether numbers have a minus sign, zeros too."""
    zero = w.weak(0.0, y)
    inverse = w("Div", w.weak(1.0, y), w("Where", w("Equal", name, zero), name, w.weak(1.0, y)))
    return str(w("Or", w("Less", name, zero), w("Less", inverse, zero)))


@onnx_node("signbit")
def _(w: Writer, y: Edge, x: Edge) -> str:
    kind = x.dtype if x.dtype.kind == "f" else FLOAT64
    return is_negative(w, Edge(None, (), kind), w.cast(x, kind))


@onnx_node("copysign")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    size = w("Abs", w.cast(a, y.dtype))
    return str(w("Where", is_negative(w, y, w.cast(b, y.dtype)), w("Neg", size), size))


@onnx_node("fmod")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    return str(w("Mod", w.cast(a, y.dtype), w.cast(b, y.dtype), fmod=1))


@onnx_node("remainder")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    return remainder(w, y, w.cast(a, y.dtype), w.cast(b, y.dtype))


def remainder(w: Writer, y: Edge, a: str, b: str) -> str:
    """The remainder that has the sign of the divisor."""
    r, zero = w("Mod", a, b, fmod=1), w.weak(0, y)
    other_side = w("Xor", w("Less", r, zero), w("Less", b, zero))
    return str(w("Where", w("And", other_side, w("Not", w("Equal", r, zero))), w("Add", r, b), r))


@onnx_node("floor_divide")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    p, q = w.cast(a, y.dtype), w.cast(b, y.dtype)
    quotient = w("Div", w("Sub", p, remainder(w, y, p, q)), q)
    return str(w("Round", quotient) if y.dtype.kind == "f" else quotient)


@onnx_node("trunc")
def _(w: Writer, y: Edge, x: Edge) -> str:
    return str(w("Mul", w("Sign", w.cast(x, y.dtype)), w("Floor", w("Abs", w.cast(x, y.dtype)))))


@onnx_node("round")
def _(w: Writer, y: Edge, x: Edge, decimals: int) -> str:
    if y.dtype.kind != "f":
        return w.cast(x, y.dtype)
    power = w.weak(10.0 ** abs(decimals), y)
    there, back = ("Mul", "Div") if decimals >= 0 else ("Div", "Mul")
    return str(w(back, w("Round", w(there, w.cast(x, y.dtype), power)), power) if decimals else w("Round", x))


@onnx_node("heaviside")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    p, zero = w.cast(a, y.dtype), w.weak(0.0, y)
    steps = w("Where", w("Less", p, zero), zero, w("Where", w("Equal", p, zero), w.cast(b, y.dtype), w.weak(1.0, y)))
    return str(w("Where", w("IsNaN", p), p, steps))


def without_nan(op_type: str) -> Any:
    """The rule of fmax and fmin: of a number and nan, the number."""

    def rule(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
        p, q = w.cast(a, y.dtype), w.cast(b, y.dtype)
        return str(w("Where", w("IsNaN", p), q, w("Where", w("IsNaN", q), p, w(op_type, p, q))))

    return rule


NODES["fmax"], NODES["fmin"] = without_nan("Max"), without_nan("Min")


def asked(rule: Any) -> Any:
    """The rule of a question about floats; others are numbers, and finite."""
    return lambda w, y, x, **_: rule(
        w, w.cast(x, FLOAT64 if x.dtype.kind != "f" else x.dtype if x.dtype.itemsize > 2 else np.float32)
    )


NODES["isnan"] = asked(lambda w, x: w("IsNaN", x))
NODES["isinf"] = asked(lambda w, x: w("IsInf", x))
NODES["isposinf"] = asked(lambda w, x: w("IsInf", x, detect_negative=0))
NODES["isneginf"] = asked(lambda w, x: w("IsInf", x, detect_positive=0))
NODES["isfinite"] = asked(lambda w, x: w("Not", w("Or", w("IsNaN", x), w("IsInf", x))))


@onnx_node("isclose")
def _(w: Writer, y: Edge, a: Edge, b: Edge, rtol: float, atol: float, equal_nan: bool) -> str:
    kind = np.result_type(common(a, b), np.float32)
    like = Edge(None, (), kind)
    p, q = w.cast(a, kind), w.cast(b, kind)
    bound = w("Add", w.weak(atol, like), w("Mul", w.weak(rtol, like), w("Abs", q)))
    near = w("And", w("LessOrEqual", w("Abs", w("Sub", p, q)), bound), w("Not", w("IsInf", q)))
    near = w("Or", near, w("Equal", p, q))
    return str(w("Or", near, w("And", w("IsNaN", p), w("IsNaN", q))) if equal_nan else near)


@onnx_node("choice")
def _(w: Writer, y: Edge, condition: Edge, a: Edge, b: Edge) -> str:
    return str(w("Where", w.cast(condition, bool), w.cast(a, y.dtype), w.cast(b, y.dtype)))


@onnx_node("clipped")
def _(w: Writer, y: Edge, x: Edge, low: Edge, high: Edge) -> str:
    name = w.cast(x, y.dtype)
    for op_type, bound, none in (("Max", low, -np.inf), ("Min", high, np.inf)):
        if not (bound.is_weak and bound.value == none):
            name = w(op_type, name, w.cast(bound, y.dtype))
    return str(name)


@onnx_node("nan_to_num")
def _(w: Writer, y: Edge, x: Edge, copy: Any, nan: float, posinf: float | None, neginf: float | None) -> str:
    if y.dtype.kind != "f":
        return w.cast(x, y.dtype)
    name, least, most = w.cast(x, y.dtype), np.finfo(w.kind(y.dtype)).min, np.finfo(w.kind(y.dtype)).max
    up, down = w("IsInf", name, detect_negative=0), w("IsInf", name, detect_positive=0)
    name = w("Where", w("IsNaN", name), w.weak(nan, y), name)
    name = w("Where", up, w.weak(most if posinf is None else posinf, y), name)
    return str(w("Where", down, w.weak(least if neginf is None else neginf, y), name))


@onnx_node("sinc")
def _(w: Writer, y: Edge, x: Edge) -> str:
    u = w("Mul", w.cast(x, y.dtype), w.weak(math.pi, y))
    is_zero, one = w("Equal", u, w.weak(0.0, y)), w.weak(1.0, y)
    return str(w("Where", is_zero, one, w("Div", w("Sin", u), w("Where", is_zero, one, u))))
