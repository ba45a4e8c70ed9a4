"""What C can be written for: which ops, on which numbers, and as which expressions; ops made of others, taken apart."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..primitive import REGISTRY
from ..record import EMPTY
from .c_functions import FUNCTIONS, literal
from .program import Program, Term, repeated
from .simplify import tiles

__all__ = ["C_TYPES", "computed_in", "expression", "kind_of", "layout_of", "literal_of", "lowered"]

C_TYPES = {"d": "double", "f": "float", "q": "int64", "l": "int64", "?": "unsigned char"}
MOST_PRODUCTS = 100_000  # of a matrix product; with more, BLAS is faster by more than it costs to leave a kernel

# Elementwise ops as expressions of operands {0}, {1}, {2}; F stands for "f" in float and nothing in double.
COMPARED = {
    "greater": "{0} > {1}", "greater_equal": "{0} >= {1}", "less": "{0} < {1}", "less_equal": "{0} <= {1}",
    "equal": "{0} == {1}", "not_equal": "{0} != {1}", "logical_and": "({0} != 0) & ({1} != 0)",
    "logical_or": "({0} != 0) | ({1} != 0)", "logical_not": "{0} == 0", "logical_xor": "({0} != 0) ^ ({1} != 0)",
    "isnan": "{0} != {0}", "isinf": "__builtin_fabsF({0}) == __builtin_infF()",
    "isfinite": "__builtin_fabsF({0}) < __builtin_infF()",
}  # fmt: skip
WHOLE = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "negative": "-{0}", "square": "{0} * {0}",
}  # fmt: skip
COPIED = dict.fromkeys(("alias", "astype", "copy", "positive", "stop_gradient", "broadcast_to", "reshape"), "{0}")
REAL = {
    "divide": "{0} / {1}", "reciprocal": "1 / {0}", "sqrt": "__builtin_sqrtF({0})", "abs": "__builtin_fabsF({0})",
    "relu": "{0} <= 0 ? 0 : {0}", "maximum": "({0} >= {1}) | ({0} != {0}) ? {0} : {1}",
    "minimum": "({0} <= {1}) | ({0} != {0}) ? {0} : {1}", "fmax": "({0} >= {1}) | ({1} != {1}) ? {0} : {1}",
    "fmin": "({0} <= {1}) | ({1} != {1}) ? {0} : {1}",
    "clipped": "({1} != {1}) ? {1} : ({2} != {2}) ? {2} : {0} < {1} ? ({1} > {2} ? {2} : {1}) : {0} > {2} ? {2} : {0}",
    "sign": "{0} > 0 ? 1 : {0} < 0 ? -1 : {0} * 0",
}  # fmt: skip
LIBM = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "cbrt": "cbrt", "ceil": "ceil", "copysign": "copysign", "cosh": "cosh", "exp2": "exp2",
    "expm1": "expm1", "floor": "floor", "hypot": "hypot", "log10": "log10", "log2": "log2", "power": "pow",
    "rint": "rint", "sinh": "sinh", "tan": "tan", "trunc": "trunc", "exp": "exp", "log": "log", "log1p": "log1p",
    "sin": "sin", "cos": "cos", "tanh": "tanh",
}  # fmt: skip
DEAR = {*LIBM, "logistic"}
VIEWS = {"getitem", "transpose", "reshape", "broadcast_to", "flip", "alias", "stop_gradient", "rot90"}
REDUCED = {"sum", "max", "min", "prod"}


def is_map(t: Term) -> bool:
    """Whether each number of a term is an expression of one number of each operand."""
    name = t.op.name  # type: ignore[union-attr]  # it has an op
    if name in COMPARED:
        return bool(t.dtype.char == "?")
    if name in WHOLE or name in COPIED or name == "choice":
        return name in COPIED or name == "choice" or bool(t.dtype.kind in "fi")
    return (name in REAL or name in LIBM or name == "logistic") and bool(t.dtype.kind == "f")


def kind_of(t: Term) -> str | None:
    """How C is written for a term: "map", "view", "reduce", "single", "pick", "repeat"; None if it is not."""
    op: Any = t.op
    if op is repeated:
        return "repeat" if all(u.op is None or kind_of(u) for u in t.options["body"].terms) and is_plain(t) else None
    if op.name == "pick":
        return "pick" if t.args[0].op is repeated and kind_of(t.args[0]) else None
    if not all(isinstance(a.dtype, np.dtype) and a.dtype.char in C_TYPES for a in (t, *t.args)):
        return None
    if op.name in VIEWS and t.args[0].shape != () and len(t.args) == 1:
        return "view" if op.name != "reshape" or t.options["order"] == "C" or len(t.args[0].shape) < 2 else None
    if is_map(t) and np.broadcast_shapes(*(a.shape for a in t.args), t.shape) == t.shape:
        return "map" if op.name not in ("reshape", "broadcast_to") or t.args[0].shape == () else None
    if op.name in REDUCED and t.options.get("dtype") is None:
        x = t.args[0]
        is_real = x.dtype.kind == "f" or (op.name == "sum" and t.dtype.kind == "i")
        return "reduce" if is_real and x.shape != () and (op.name in ("sum", "prod") or prod(x.shape)) else None
    if op.name == "matmul":
        a, b = t.args
        n = prod(t.shape) * a.shape[-1]
        return "single" if n <= MOST_PRODUCTS and a.dtype == b.dtype == t.dtype and t.dtype.kind == "f" else None
    if op is tiles or op.name == "concatenate" or (op.name == "scatter" and len(t.args) == 1):
        return "single" if all(a.dtype == t.dtype for a in t.args) and t.dtype.kind == "f" else None
    return None


def is_plain(t: Term) -> bool:
    """Whether C holds all that goes round in a loop."""
    inner = [u for u in t.options["body"].terms if u.op is None] + t.options["body"].inputs
    dtypes = [u.dtype for u in inner] + list(t.dtype) + [a.dtype for a in t.args]
    return all(isinstance(d, np.dtype) and d.char in C_TYPES for d in dtypes)


def layout_of(t: Term, x: np.ndarray) -> np.ndarray | None:
    """What a view op makes of an array that stands for the memory of its operand; None where it would copy."""
    if t.op.name == "getitem":  # type: ignore[union-attr]  # it has an op
        key = t.options["key"]
        key = key if isinstance(key, tuple) else (key,)
        y = x[key if any(k is Ellipsis for k in key) else (*key, ...)]
    elif t.op.name == "reshape":  # type: ignore[union-attr]  # it has an op
        try:
            y = np.reshape(x, t.shape, copy=False)
        except ValueError:
            return None
    elif t.op.name in ("alias", "stop_gradient"):  # type: ignore[union-attr]  # it has an op
        return x
    else:
        y = t.op.fn(x, **t.options)  # type: ignore[union-attr]  # it has an op
    return y if y.size == 0 or np.may_share_memory(x, y) else None


def computed_in(t: Term) -> Any:
    """The dtype that an elementwise op computes in."""
    if t.op.name not in COMPARED:  # type: ignore[union-attr]  # it has an op
        return t.dtype
    given = [({"f": 1.0, "i": 1, "b": True}[a.dtype.kind] if a.is_weak else a.dtype) for a in t.args]
    return np.result_type(*given)


def literal_of(t: Term) -> str:
    """A constant number in C."""
    x = t.value
    if isinstance(x, (bool, np.bool_, int, np.integer)) and t.dtype.kind in "ib":
        return f"{int(x)}LL" if t.dtype.kind == "i" else str(int(x))
    x = float(x)
    if x != x or x in (np.inf, -np.inf):
        return '__builtin_nan("")' if x != x else "__builtin_inf()" if x > 0 else "(-__builtin_inf())"
    return f"({literal(x, 'double')})"


def expression(t: Term, xs: list[str], *, is_many: bool) -> tuple[str, str | None]:
    """(the expression of a term, the one of ours that it calls), of operands as they are computed with.

    is_many: in a loop over many numbers, where our functions are vectorised and those of C are not.
    """
    name = t.op.name  # type: ignore[union-attr]  # it has an op
    char = computed_in(t).char
    suffix = "f" if char == "f" else ""
    if name == "power":
        n = t.args[1].value if t.args[1].is_constant and t.args[1].shape == () else None
        if n in (3, 4) and xs[0].isidentifier():
            return (f"{xs[0]} * {xs[0]} * {xs[0]}" if n == 3 else f"({xs[0]} * {xs[0]}) * ({xs[0]} * {xs[0]})"), None
    if name == "choice":
        return f"{xs[0]} ? {xs[1]} : {xs[2]}", None
    ours = f"{name}_{char}"
    if ours in FUNCTIONS and (is_many or name == "logistic"):
        return f"{ours}({xs[0]})", ours
    if name in LIBM:
        return f"__builtin_{LIBM[name]}{suffix}({', '.join(xs)})", None
    text = COMPARED.get(name) or WHOLE.get(name) or COPIED.get(name) or REAL[name]
    return text.replace("F(", f"{suffix}(").format(*(x if x.isidentifier() else f"({x})" for x in xs)), None


# ---- ops made of others


def lowered(program: Program) -> Program:
    """The same program, of ops that C is written for where there are such."""
    new: dict[int, Term] = {}
    for t in program.terms:
        args = tuple(new[id(a)] for a in t.args)
        made = t if all(x is y for x, y in zip(args, t.args, strict=True)) else copy_of(t, args)
        if t.op is repeated:
            made = copy_of(made, args, {**t.options, "body": lowered(t.options["body"])})
        elif t.op is not None and (rule := RULES.get(t.op.name)) and isinstance(t.dtype, np.dtype):
            x = args[0]
            if x.dtype == t.dtype and x.dtype.char in "df" and x.shape and prod(x.shape):
                made = rule(made, x)
        new[id(t)] = made
    return Program(
        [new.get(id(t), t) for t in program.inputs],
        [new[id(t)] for t in program.outputs],
        [(target, new[id(t)]) for target, t in program.writes],
        [new[id(t)] for t in program.guards],
    )


def copy_of(t: Term, args: tuple[Term, ...], options: Any = None) -> Term:
    """The op of a term on other operands."""
    return Term(t.op, args, t.options if options is None else options, t.shape, t.dtype, name=t.name, site=t.site)


def made(name: str, *args: Term, shape: Any = None, dtype: Any = None, **options: Any) -> Term:
    """A term of the op of that name; elementwise unless a shape is given."""
    shape = np.broadcast_shapes(*(a.shape for a in args)) if shape is None else shape
    return Term(REGISTRY[name], args, options or EMPTY, shape, args[0].dtype if dtype is None else dtype)


def reduced(name: str, x: Term, axis: Any, keepdims: bool = True) -> Term:
    """A reduction of x."""
    shape = np.empty(x.shape, "?").max(axis=axis, keepdims=keepdims).shape
    options = {"dtype": None} if name in ("sum", "prod") else {}
    return made(name, x, shape=shape, axis=axis, keepdims=keepdims, **options)


def mean(t: Term, x: Term) -> Term:
    """The sum over the count."""
    if t.options["dtype"] is not None:
        return t
    axis, keepdims = t.options["axis"], t.options["keepdims"]
    return made("divide", reduced("sum", x, axis, keepdims), Term.constant(prod(x.shape) / max(1, prod(t.shape))))


def var(t: Term, x: Term) -> Term:
    """The sum of squared distances from the mean, over its degrees of freedom."""
    if t.options["dtype"] is not None:
        return t
    axis, keepdims = t.options["axis"], t.options["keepdims"]
    n = prod(x.shape) / max(1, prod(t.shape))
    centre = made("divide", reduced("sum", x, axis), Term.constant(n))
    total = reduced("sum", made("square", made("subtract", x, centre)), axis, keepdims)
    return made("divide", total, Term.constant(float(max(n - t.options["ddof"], 0))))


def std(t: Term, x: Term) -> Term:
    """The square root of the variance."""
    v = var(t, x)
    return t if v is t else made("sqrt", v)


def softmax(t: Term, x: Term) -> Term:
    """exp(x - m) over its sum, where m is the largest."""
    e = made("exp", made("subtract", x, reduced("max", x, t.options["axis"])))
    return made("divide", e, reduced("sum", e, t.options["axis"]))


def log_softmax(t: Term, x: Term) -> Term:
    """X less its logsumexp."""
    axis = t.options["axis"]
    y = made("subtract", x, reduced("max", x, axis))
    return made("subtract", y, made("log", reduced("sum", made("exp", y), axis)))


def logsumexp(t: Term, x: Term) -> Term:
    """The logarithm of the sum of exp(x - m), and m, where m is the largest, or 0 for infinity."""
    axis, zero = t.options["axis"], Term.constant(np.zeros((), x.dtype))
    m = reduced("max", x, axis)
    m = made("choice", made("isfinite", m, dtype=np.dtype(bool)), m, zero, dtype=x.dtype)
    y = made("add", made("log", reduced("sum", made("exp", made("subtract", x, m)), axis)), m)
    options = {"shape": t.shape, "order": "C", "copy": None}
    return y if y.shape == t.shape else Term(REGISTRY["reshape"], (y,), options, t.shape, t.dtype)


RULES: dict[str, Callable[[Term, Term], Term]] = {
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "mean": mean,
    "softmax": softmax,
    "std": std,
    "var": var,
}
