"""The table of ONNX nodes by op: how ops, ours and those of others, are written into a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..errors import UsageError
from ..primitive import REGISTRY
from .writer import Edge

__all__ = ["BY_PARTS", "LEFT_OUT", "NODES", "common", "onnx_by_parts", "onnx_left_out", "onnx_node", "why_not"]

Rule = TypeVar("Rule", bound=Callable[..., str])

# The name of an op -> its rule (w, y, *operands, **options), which gives the name of the output.
NODES: dict[str, Callable[..., str]] = {}
# Ops that are written as the ops that their forward functions are made of.
BY_PARTS: set[str] = set()

# Ops of NumPy's functions without nodes, by the reason.
NO_OPERATOR = "ONNX has no operator for it, and none of those that it has make it up"
COMPLEX = "its numbers are complex, which ONNX's operators do not take"
BY_NUMBERS = "the shape of its result depends on the numbers, or it only places numbers for a rule"
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(
        ["nextafter", "spacing", "exponent", "ldexp", "gcd", "lcm", "left_shift", "right_shift", "bitwise_count",
         "cumprod", "bessel_i", "i0", "sinc_derivative", "unwrap", "searchsorted", "digitize", "quantile_place",
         "isin", "argpartition", "convolved"], NO_OPERATOR),
    **dict.fromkeys(
        ["solve", "least_squares", "matrix_rank", "cholesky", "qr", "eigh", "svd", "inv", "pinv", "det", "slogdet",
         "roots", "pick"], "ONNX has no linear algebra but products, and no runtime of it has"),
    **dict.fromkeys(["fft", "ifft", "rfft", "irfft", "eig", "imag"], COMPLEX),
    **dict.fromkeys(
        ["record_places", "set_part", "trimmed_places", "argwhere", "flatnonzero", "bins_of", "bincount", "distinct",
         "interval_of", "nanargmax", "nanargmin"], BY_NUMBERS),
}  # fmt: skip

# The same for all ops of a module of SciPy that have no nodes.
MODULES_LEFT_OUT = {
    "interpolate": BY_NUMBERS,
    "linalg": LEFT_OUT["solve"],
    "signal": NO_OPERATOR,
    "sparse": "ONNX's operators take no sparse matrices",
    "special": NO_OPERATOR,
    "stats": NO_OPERATOR,
}


def why_not(op: str) -> str | None:
    """Why the op of this name has no nodes; None if nobody said."""
    return LEFT_OUT.get(op) or MODULES_LEFT_OUT.get(op.partition(".")[0])


def onnx_node(op: str) -> Callable[[Rule], Rule]:
    """Decorator: the ONNX nodes of the op of this name, by a rule `(w, y, *operands, **options)`.

    w writes nodes: `w("Add", a, b)` is the name of a new node's output, `w.constant(...)` that of a constant,
    `w.ints([...])` that of lengths. y and the operands have `shape` and `dtype`; what the rule gives is the name of
    the output, which must have the shape and the dtype of y. Attributes of the node are keywords.

    Raises: UsageError if no op has the name, or it has nodes already.

    Example
    -------
    >>> from autograd_mini import elementwise, onnx_node
    >>> softsign = elementwise(lambda x: x / (1 + abs(x)), lambda y, x: (1 - abs(y)) ** 2, name="doc_softsign")
    >>> @onnx_node("doc_softsign")
    ... def _(w, y, x):
    ...     return w("Softsign", x)
    """

    def declare(rule: Rule) -> Rule:
        if op not in REGISTRY:
            raise UsageError(f"onnx_node: got {op!r}, and no op has this name; declare the op first")
        if op in NODES:
            raise UsageError(f"onnx_node: the op {op!r} has its nodes already; an op has one rule; choose another op")
        NODES[op] = rule
        return rule

    return declare


def onnx_by_parts(*ops: str) -> None:
    """Let the ops of these names be written as the ops that their forward functions are made of.

    Such a function is called with Values: it must be made of NumPy's functions and of ops.

    Raises: UsageError for a name that no op has, or one that has nodes already.
    """
    for op in ops:
        onnx_node(op)(by_parts)
    BY_PARTS.update(ops)


def onnx_left_out(reason: str, *ops: str) -> None:
    """Say why the ops of these names have no ONNX nodes: the error of who exports them gives the reason."""
    LEFT_OUT.update(dict.fromkeys(ops, reason))


def by_parts(*_: Any, **__: Any) -> str:
    """What stands in the table for an op that is taken apart before it is written."""
    raise AssertionError


def common(*xs: Edge) -> Any:
    """The dtype in which NumPy combines operands: a number of Python takes that of the others."""
    numbers = [0 if type(x.value).__name__ == "Size" else x.value if x.is_weak else x.dtype for x in xs]
    return np.result_type(*numbers)
