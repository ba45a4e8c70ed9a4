"""How many floating-point operations the ops of a graph take.

Law: one FLOP is one number computed from numbers: a sum, a product, a quotient, a comparison, an exp. So a
multiply-add counts 2, and what only moves numbers or chooses among them counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, cast

from .checks import shape_of

__all__ = ["flops"]

Shape = tuple[int, ...]


def flops(node: Any) -> int | None:
    """The FLOPs of the op that made a node of a Graph; 0 for a leaf, None for an op that the tables below lack."""
    op, out = node.op, cast(Shape, node.shape)
    if op is None or op.name in MOVES:
        return 0
    if op.is_elementwise or op.name in DISCRETE:
        return prod(out)
    shapes = [shape_of(x) for x in node.operands]
    if op.name in PER_ELEMENT:
        return PER_ELEMENT[op.name] * prod(shapes[0])
    count = COUNTED.get(op.name)
    return None if count is None else count(out, shapes, node.options)


def of_matmul(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A multiply-add for each element of the result and each place of the axis that is summed over."""
    return 2 * prod(out) * shapes[0][-1]


def of_einsum(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A product of all operands for every place of all axes, and an addition where some are summed over."""
    inputs, output = options["subscripts"].split("->")
    terms = inputs.split(",")
    sizes = {
        letter: n for term, shape in zip(terms, shapes, strict=True) for letter, n in zip(term, shape, strict=True)
    }
    return (len(terms) - 1 + (len(sizes) > len(output))) * prod(sizes.values())


# Ops that compute no number.
MOVES = frozenset({
    "alias", "array_split", "astype", "broadcast_to", "choice", "concatenate", "conj", "copy", "distinct", "flip",
    "full_like", "getitem", "imag", "pad_zeros", "pick", "real", "record_places", "reshape", "roll", "rot90", "scatter",
    "set_part", "stop_gradient", "transpose", "tril", "trimmed_places", "triu", "written",
})  # fmt: skip

# Ops without derivative that compute a number for each element of their result.
DISCRETE = frozenset({
    "all", "any", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil", "equal", "floor", "floor_divide", "greater",
    "greater_equal", "invert", "isclose", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "not_equal", "rint", "round", "sign", "signbit", "trunc",
})  # fmt: skip

# FLOPs for each element of the first operand: softmax takes a comparison, a difference, an exp, a sum and a quotient.
PER_ELEMENT = {
    "argmax": 1, "argmin": 1, "clipped": 2, "count_nonzero": 1, "cumprod": 1, "cumsum": 1, "length": 2,
    "log_softmax": 5, "logsumexp": 4, "max": 1, "mean": 1, "min": 1, "nan_to_num": 1, "prod": 1, "sinc": 2,
    "softmax": 5, "std": 4, "sum": 1, "var": 4,
}  # fmt: skip

COUNTED: dict[str, Callable[[Shape, list[Shape], Any], int]] = {
    "einsum": of_einsum,
    "matmul": of_matmul,
}
