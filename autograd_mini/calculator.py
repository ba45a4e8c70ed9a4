"""Expressions as text, such as "sin(x*y) + x**2": read by a list of what is allowed, and computed with Values.

Laws: nothing is executed but the operations listed here, on numbers and Values; whatever else the
text holds is refused, with its place marked.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .errors import DtypeError, UsageError
from .ops.elementwise import logistic, relu
from .ops.reduction import log_softmax, logsumexp, softmax
from .primitive import REGISTRY, Elementwise

__all__ = ["CONSTANTS", "FUNCTIONS", "computed", "number_of"]

LONGEST = 10_000
OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.Mod: operator.mod, ast.MatMult: operator.matmul,
}  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e}


def elementwise_functions() -> dict[str, Callable[..., Any]]:
    """NumPy's functions that work element by element and have a derivative here, by their names there."""
    found: dict[str, Any] = {}
    for op in REGISTRY.values():
        for function in op.stands_for if isinstance(op, Elementwise) else ():
            name = str(getattr(function, "__name__", ""))
            if getattr(np, name, None) is function:
                found[name] = function
    return found


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **elementwise_functions(),
    "abs": np.absolute, "sigmoid": logistic, "logistic": logistic, "relu": relu, "softmax": softmax,
    "log_softmax": log_softmax, "logsumexp": logsumexp, "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max,
    "min": np.min, "dot": np.dot,
}  # fmt: skip


def computed(text: str, values: Mapping[str, Any]) -> Any:
    """What the expression comes to, with these Values for its names.

    Numbers, the names given, pi, e, + - * / ** % @, brackets, and the functions of FUNCTIONS.

    Raises: UsageError for anything else, with its place marked.

    Example
    -------
    >>> from autograd_mini import Value
    >>> x = Value(3.0, name="x")
    >>> computed("x**2 + 2*x", {"x": x}).data
    15.0
    """
    nodes = in_order(text)
    made: dict[ast.AST, Any] = {}
    for node in nodes:
        made[node] = result(node, made, values, text)
    return made[nodes[-1]]


def in_order(text: str) -> list[ast.expr]:
    """The parts of an expression, operands first."""
    if len(text) > LONGEST:
        raise UsageError(f"expression: got {len(text):,} characters; up to {LONGEST:,} are read; write it as a program")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        place = (error.offset or 1) - 1
        raise UsageError(f"expression: {error.msg}{marked(text.strip(), place)}") from None
    except (MemoryError, RecursionError, ValueError) as error:
        why = "a character that cannot be read" if isinstance(error, ValueError) else "operations nested too deeply"
        raise UsageError(f"expression: got {why}; simplify it") from None
    found: list[ast.expr] = []
    stack: list[ast.expr] = [tree.body]
    while stack:
        node = stack.pop()
        found.append(node)
        stack += parts(node, text.strip())
    return found[::-1]


def parts(node: ast.expr, text: str) -> list[ast.expr]:
    """The operands of a part that is allowed; or UsageError."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        return [node.operand]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.Name):
        return []
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise refused(node.func, text, "is no function that is known here", functions_like(node.func))
        if node.keywords or any(isinstance(x, ast.Starred) for x in node.args):
            raise refused(node, text, "has an option", "give a function its operands only")
        return list(node.args)
    raise refused(node, text, "is not allowed", "use numbers, names, + - * / ** % @, brackets and functions")


def functions_like(node: ast.expr) -> str:
    """Functions to choose from: those that begin alike, or the usual ones."""
    start = node.id[:2] if isinstance(node, ast.Name) else ""
    like = [name for name in sorted(FUNCTIONS) if start and name.startswith(start)]
    return "there are " + ", ".join(like or ["exp", "log", "sin", "cos", "tanh", "sqrt", "sigmoid", "relu", "maximum"])


def result(node: ast.expr, made: Mapping[ast.AST, Any], values: Mapping[str, Any], text: str) -> Any:
    """What a part comes to, of what its operands do."""
    text = text.strip()
    if isinstance(node, ast.Constant):
        try:
            return float(node.value)  # type: ignore[arg-type]  # `parts` lets numbers through
        except OverflowError:
            raise refused(node, text, "is too large a number", "write it as 1e400 for infinity") from None
    if isinstance(node, ast.Name):
        if node.id in values:
            return values[node.id]
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        raise refused(node, text, "has no value", f"give it one, as in {node.id}=2")
    try:
        if isinstance(node, ast.BinOp):
            a, b = made[node.left], made[node.right]
            return OPERATORS[type(node.op)](a, b)
        if isinstance(node, ast.UnaryOp):
            return -made[node.operand] if isinstance(node.op, ast.USub) else made[node.operand]
        assert isinstance(node, ast.Call)  # noqa: S101  # all that `parts` lets through
        assert isinstance(node.func, ast.Name)  # noqa: S101  # the parser has checked it
        return FUNCTIONS[node.func.id](*[made[x] for x in node.args])
    except (ArithmeticError, TypeError, ValueError) as error:
        raise refused(node, text, f"cannot be computed: {error.args[-1]}", "change it or its operands") from None


def refused(node: ast.expr, text: str, why: str, remedy: str) -> UsageError:
    """The error of a part, with its place marked."""
    part = ast.get_source_segment(text, node) or text
    part = part if len(part) <= 60 else part[:59] + "…"
    place = len(text.encode()[: node.col_offset].decode())
    length = len((ast.get_source_segment(text, node) or "").partition("\n")[0])
    return UsageError(f"expression: {part!r} {why}; {remedy}{marked(text, place, length)}")


def marked(text: str, place: int, length: int = 1) -> str:
    """The text on a line of its own, and marks below a part of it."""
    line = text.partition("\n")[0]
    start = max(0, place - 50)
    return f"\n  {line[start : start + 100]}\n  {' ' * (place - start)}{'^' * max(1, min(length, 100))}"


def number_of(text: str) -> Any:
    """A number, or nested lists of numbers: what a name is given on the command line.

    >>> number_of("-2e-3"), number_of("[1, 2]")
    (-0.002, [1, 2])
    """
    try:
        x = ast.literal_eval(text)
        array = np.asarray(x, dtype=float)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError, OverflowError):
        raise DtypeError(
            f"got {text!r}; a name is given a number, or a list of numbers, as in x=2 or x=[1,2]"
        ) from None
    return x if array.shape else float(x)
