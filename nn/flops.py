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
    shapes = [shape_of(x) for x in node.operands]
    if op.name in COUNTED:
        return COUNTED[op.name](out, shapes, node.options)
    if op.name in PER_ELEMENT:
        return PER_ELEMENT[op.name] * prod(shapes[0])
    return prod(out) if op.is_elementwise or op.name in DISCRETE else None


def of_matmul(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A multiply-add for each element of the result and each place of the axis that is summed over."""
    return 2 * prod(out) * shapes[0][-1]


def of_einsum(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A product of all operands for every place of all axes, and an addition where some are summed over."""
    inputs, output = options["subscripts"].split("->")
    terms = inputs.split(",")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1))  # an axis of length 1 is broadcast
    return (len(terms) - 1 + (len(sizes) > len(output))) * prod(sizes.values())


def of_conv(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A multiply-add for each element of the result and each place of a kernel; an addition for the bias."""
    _, w, *bias = shapes
    return (2 * prod(w[1:]) + len(bias)) * prod(out)


def of_transposed_conv(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A multiply-add for each element that goes in and each place of a kernel."""
    y, w = shapes
    return 2 * prod(w[1:]) * prod(y)


def of_conv_weight(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A multiply-add for each cotangent and each place of a kernel."""
    return 2 * prod(out[1:]) * prod(shapes[1])


def of_pool(out: Shape, shapes: list[Shape], options: Any) -> int:
    """A comparison or an addition for each number of each window."""
    kernel: Shape = options["kernel"]
    return prod(kernel) * prod(out)


def of_resize(out: Shape, shapes: list[Shape], options: Any) -> int:
    """Along each axis, weighted sums of 2 numbers, or 4 where they are cubic; nothing where the nearest is taken."""
    taps = {"linear": 2, "cubic": 4}.get(options["mode"], 0)
    sizes: list[int] = [prod(out[: i + 1] + shapes[0][i + 1 :]) for i in range(2, len(out))]
    return max(2 * taps - 1, 0) * sum(sizes)


def of_rnn(out: Shape, shapes: list[Shape], options: Any) -> int:
    """At each step, the state times its weights, plus the input, and the function of that."""
    xz, _, w_hh = shapes
    return prod(xz) * (2 * w_hh[1] + 2)


def of_lstm(out: Shape, shapes: list[Shape], options: Any) -> int:
    """At each step, the four gates; f * c + i * g, its tanh and o times that; the projection, if there is one."""
    xz, _, _, w_hh, *projection = shapes
    hidden = prod(xz) // 4
    return prod(xz) * (2 * w_hh[1] + 2) + 5 * hidden + sum(2 * hidden * w[0] for w in projection)


def of_gru(out: Shape, shapes: list[Shape], options: Any) -> int:
    """At each step, the state times its weights, and 10 for each element: 2 gates, the candidate, the mean of both."""
    xz, _, w_hh, *bias = shapes
    return prod(xz) * (2 * w_hh[1] + len(bias)) + 10 * (prod(xz) // 3)


# Ops that compute no number.
MOVES = frozenset({
    "alias", "astype", "broadcast_to", "choice", "concatenate", "conj", "copy", "distinct", "flip", "full_like",
    "getitem", "imag", "nn.looked_up", "nn.of_class", "nn.pad", "nn.to_class", "nn.unfold", "pad_zeros", "pick",
    "real", "record_places", "reshape", "roll", "rot90", "scatter", "set_part", "stop_gradient", "transpose", "tril",
    "trimmed_places", "triu", "written",
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
    "log_softmax": 5, "logsumexp": 4, "max": 1, "mean": 1, "min": 1, "nan_to_num": 1, "nn.avg_pool_transpose": 1,
    "nn.fold": 1, "nn.gathered": 1, "nn.huber": 3, "nn.max_pool_transpose": 1, "nn.mean_over": 1,
    "nn.pad_transpose": 1, "nn.probability_loss": 5, "nn.softmax_cross_entropy": 5, "nn.standardised": 2,
    "nn.variance_over": 3, "prod": 1, "sinc": 2, "softmax": 5, "std": 4, "sum": 1, "var": 4,
}  # fmt: skip

COUNTED: dict[str, Callable[[Shape, list[Shape], Any], int]] = {
    "einsum": of_einsum,
    "matmul": of_matmul,
    "nn.affine": lambda out, shapes, options: 2 * prod(out),
    "nn.avg_pool": of_pool,
    "nn.conv": of_conv,
    "nn.conv_transpose": of_transposed_conv,
    "nn.conv_weight": of_conv_weight,
    "nn.gru": of_gru,
    "nn.lstm": of_lstm,
    "nn.max_pool": of_pool,
    "nn.max_pool_indices": of_pool,
    "nn.max_pool_tangent": of_pool,
    "nn.resize": of_resize,
    "nn.resize_transpose": lambda out, shapes, options: of_resize(shapes[0], [out], options),
    "nn.rnn": of_rnn,
}
