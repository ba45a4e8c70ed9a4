"""Scalars as arithmetic of Python's floats and truth values."""

from __future__ import annotations

import math
from collections.abc import Callable
from struct import Struct
from typing import Any

import numpy as np

from .program import FLOAT64, Term
from .python_text import ATOM, COMPARE, PRODUCT, SIGN, SUM, Text, bracketed, place
from .python_writer import Writer, is_scalar
from .unroll import element

__all__ = ["write_gathered", "write_scalar", "write_spread"]

WIDTH = 90  # of an expression that is written into another
FEW = 1000  # elements whose sum is taken as a product with ones

INFIX = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "greater": (">", COMPARE), "greater_equal": (">=", COMPARE), "less": ("<", COMPARE),
    "less_equal": ("<=", COMPARE), "equal": ("==", COMPARE), "not_equal": ("!=", COMPARE),
}  # fmt: skip
CALLS: dict[str, Callable[..., Any]] = {
    "exp": math.exp, "expm1": math.expm1, "log": math.log, "log2": math.log2, "log10": math.log10,
    "log1p": math.log1p, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh,
    "tanh": math.tanh, "sqrt": math.sqrt, "hypot": math.hypot, "arcsin": math.asin, "arccos": math.acos,
    "arctan": math.atan, "arcsinh": math.asinh, "arccosh": math.acosh, "arctanh": math.atanh,
    "arctan2": math.atan2, "abs": abs, "power": math.pow, "copysign": math.copysign,
}  # fmt: skip
TWICE = ("square", "relu")  # whose operand is written twice, and so needs a name


def write_scalar(w: Writer, t: Term) -> bool:
    """Write a scalar, into the one that uses it or under a name of its own; False if it has to be called."""
    if t.op is element:
        w.names[id(t)] = w.elements[id(t.args[0])][t.options["place"]], ATOM
        return True
    text = of_scalars(w, t) if all(map(is_scalar, t.args)) else of_arrays(w, t)
    if text is None:
        return False
    is_used_once = w.uses.get(id(t), 0) == 1 and id(t) not in w.results
    reads_array = any(a.shape != () for a in t.args)
    if w.wanted(t) is None and ((is_used_once and not reads_array and len(text[0]) < WIDTH) or text[0].isidentifier()):
        w.names[id(t)] = text
        w.inlined.append(id(t))
    else:
        w.assign(t, text[0])
    return True


def of_scalars(w: Writer, t: Term) -> Text | None:
    """A scalar of scalars as an expression; None if there is none."""
    name: str = t.op.name  # type: ignore[union-attr]  # it has an op
    if name in TWICE and not w.text(t.args[0]).isidentifier():
        w.assign(t.args[0], w.text(t.args[0]))
    xs = [w.names[id(a)] for a in t.args]
    if name in INFIX:
        symbol, level = INFIX[name]
        return f"{bracketed(xs[0], level + (level == COMPARE))} {symbol} {bracketed(xs[1], level + 1)}", level
    if name in CALLS and t.is_float:
        return f"{w.given(CALLS[name].__name__, CALLS[name])}({', '.join(x for x, _ in xs)})", ATOM
    match name:
        case "negative":
            return f"-{bracketed(xs[0], SIGN)}", SIGN
        case "square":
            return f"{xs[0][0]} * {xs[0][0]}", PRODUCT
        case "reciprocal":
            return f"1.0 / {bracketed(xs[0], SIGN)}", PRODUCT
        case "logistic":
            return f"1.0 / (1.0 + {w.given('exp', math.exp)}(-{bracketed(xs[0], SIGN)}))", PRODUCT
        case "relu":
            return f"({xs[0][0]} if {xs[0][0]} > 0.0 else 0.0 * {xs[0][0]})", ATOM
        case "choice" if t.is_float:
            return f"({bracketed(xs[1], 1)} if {xs[0][0]} else {bracketed(xs[2], 1)})", ATOM
        case "logical_not":
            return f"(not {bracketed(xs[0], COMPARE + 1)})", ATOM
        case "astype" if t.is_float:
            return f"float({xs[0][0]})", ATOM
        case "reshape" | "broadcast_to":
            return xs[0]
    return None


def of_arrays(w: Writer, t: Term) -> Text | None:
    """A scalar of an array as an expression; None if there is no short one."""
    x = t.args[0]
    if not t.is_float or isinstance(x.dtype, tuple) or x.dtype != FLOAT64:
        return None
    text = bracketed(w.names[id(x)], ATOM)
    size = math.prod(x.shape)
    match t.op.name:  # type: ignore[union-attr]  # it has an op
        case "sum":
            return f"float({total(w, text, x)})", ATOM
        case "mean" if x.shape and size:
            return f"float({total(w, text, x)}) / {size}", PRODUCT
        case "inner":
            other = w.text(t.args[1])
            if len(x.shape) == 1:
                return f"float({text}.dot({other}))", ATOM
            return f"float({w.given('vdot', np.vdot)}({text}, {other}))", ATOM
        case "matmul" if t.args[1].dtype == FLOAT64 and len(x.shape) == 1 == len(t.args[1].shape):
            return f"float({text}.dot({w.text(t.args[1])}))", ATOM
        case "getitem" if len(t.args) == 1 and is_place(t.options["key"]):
            return f"{text}.item({', '.join(map(str, place(t.options['key'])))})", ATOM
        case "reshape":
            return f"{text}.item()", ATOM
    return None


def write_spread(w: Writer, t: Term) -> None:
    """Write the names of all elements of an array."""
    x = t.args[0]
    names = {at: w.name(f"{w.text(x)}_{''.join(str(i + 1) for i in at)}") for at in np.ndindex(x.shape)}
    w.elements[id(t)] = names
    w.line(f"{nested(list(names.values()), x.shape)} = {w.text(x)}.tolist()")


def nested(texts: list[str], shape: tuple[int, ...]) -> str:
    """Names in nested brackets, as the elements of an array of that shape."""
    if len(shape) == 1:
        return f"[{', '.join(texts)}]"
    step = len(texts) // shape[0]
    return f"[{', '.join(nested(texts[i : i + step], shape[1:]) for i in range(0, len(texts), step))}]"


def write_gathered(w: Writer, t: Term) -> None:
    """Write an array of floats; `pack_into` fills one in 440 ns, where np.array takes 1,200."""
    n = len(t.args)
    fill = w.given(f"fill_{n}", FILLS.setdefault(n, Struct(f"{n}d").pack_into))
    w.assign(t, f"{w.given('empty', np.empty)}({t.shape!r})")
    w.new_arrays.add(id(t))
    w.line(f"{fill}({w.text(t)}, 0, {', '.join(w.text(a) for a in t.args)})")


FILLS: dict[int, Callable[..., None]] = {}


def total(w: Writer, text: str, x: Term) -> str:
    """The sum of all elements of an array as an expression."""
    if len(x.shape) == 1 and 0 < x.shape[0] <= FEW:
        return f"{text}.dot({w.ones(x.shape[0], x.dtype)})"
    return f"{w.given('add_reduce', np.add.reduce)}({text}, None)"


def is_place(key: Any) -> bool:
    """Whether a key is whole numbers alone."""
    return all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in place(key))
