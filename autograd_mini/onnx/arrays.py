"""The ONNX nodes of ops that sum, sort, move and join."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import UsageError
from ..ops.shape import width_pairs
from .nodes import NODES, common, onnx_node
from .sizes import Length, Size
from .writer import Edge, Writer

__all__ = ["axes_of"]

INT64 = np.dtype(np.int64)


def axes_of(axis: Any, n: int) -> tuple[int, ...]:
    """The axes that are meant, counted from the front; all for None."""
    return tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)


def flat(w: Writer, x: Edge, axis: int | None, kind: Any) -> tuple[str, int]:
    """An array in a dtype, and the axis that is meant, where None flattens."""
    name = w.cast(x, kind)
    return (w.reshape(name, [-1]), 0) if axis is None else (name, axis % max(x.ndim, 1))


# ---- reductions


def reduction(op_type: str) -> Any:
    """The rule of a reduction that ONNX has."""

    def rule(w: Writer, y: Edge, x: Edge, axis: Any, keepdims: bool, dtype: Any = None) -> str:
        return reduced(w, op_type, w.cast(x, y.dtype), axes_of(axis, x.ndim), keepdims=keepdims)

    return rule


def reduced(w: Writer, op_type: str, name: str, axes: tuple[int, ...], *, keepdims: bool) -> str:
    """The name of a reduction over axes."""
    return str(w(op_type, name, w.ints(axes), keepdims=int(keepdims))) if axes else name


for op, op_type in {"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin",
                    "prod": "ReduceProd"}.items():  # fmt: skip
    NODES[op] = reduction(op_type)


@onnx_node("logsumexp")
def _(w: Writer, y: Edge, x: Edge, axis: Any, keepdims: bool) -> str:
    # By hand, as the operator gives nan for infinities.
    axes, name = axes_of(axis, x.ndim), w.cast(x, y.dtype)
    if not axes:
        return name
    top = reduced(w, "ReduceMax", name, axes, keepdims=True)
    top = w("Where", w("Or", w("IsInf", top), w("IsNaN", top)), w.weak(0.0, y), top)
    total = w("Add", w("Log", reduced(w, "ReduceSum", w("Exp", w("Sub", name, top)), axes, keepdims=True)), top)
    return str(total) if keepdims else w.squeeze(total, axes)


for op, op_type in {"softmax": "Softmax", "log_softmax": "LogSoftmax"}.items():
    NODES[op] = lambda w, y, x, axis, op_type=op_type: w(op_type, w.cast(x, y.dtype), axis=axis % x.ndim)


def spread(w: Writer, y: Edge, x: Edge, axis: Any, ddof: float, keepdims: bool) -> str:
    """The variance, from the squares of the differences to the mean."""
    axes, name = axes_of(axis, x.ndim), w.cast(x, y.dtype)
    d = w("Sub", name, reduced(w, "ReduceMean", name, axes, keepdims=True))
    squares = w("Mul", d, d)
    if not ddof:
        return reduced(w, "ReduceMean", squares, axes, keepdims=keepdims)
    lengths = w("Gather", w("Shape", name), w.ints(axes))
    count = w("Cast", w("ReduceProd", lengths, keepdims=0), to=w.type_of(y.dtype))
    total = reduced(w, "ReduceSum", squares, axes, keepdims=keepdims)
    return str(w("Div", total, w("Sub", count, w.weak(ddof, y))))


@onnx_node("var")
def _(w: Writer, y: Edge, x: Edge, axis: Any, dtype: Any, ddof: float, keepdims: bool) -> str:
    return spread(w, y, x, axis, ddof, keepdims)


@onnx_node("std")
def _(w: Writer, y: Edge, x: Edge, axis: Any, dtype: Any, ddof: float, keepdims: bool) -> str:
    return str(w("Sqrt", spread(w, y, x, axis, ddof, keepdims)))


@onnx_node("length")
def _(w: Writer, y: Edge, x: Edge, axis: Any, keepdims: bool) -> str:
    return reduced(w, "ReduceL2", w.cast(x, y.dtype), axes_of(axis, x.ndim), keepdims=keepdims)


@onnx_node("power_norm")
def _(w: Writer, y: Edge, x: Edge, order: float, axis: Any, keepdims: bool) -> str:
    powers = w("Pow", w("Abs", w.cast(x, y.dtype)), w.weak(order, y))
    total = reduced(w, "ReduceSum", powers, axes_of(axis, x.ndim), keepdims=keepdims)
    return str(w("Pow", total, w.weak(1 / order, y)))


@onnx_node("cumsum")
def _(w: Writer, y: Edge, x: Edge, axis: int | None, dtype: Any) -> str:
    name, axis = flat(w, x, axis, y.dtype)
    return str(w("CumSum", name, w.constant(np.int64(axis))))


def count(op_type: str) -> Any:
    """The rule of all, any and count_nonzero."""

    def rule(w: Writer, y: Edge, x: Edge, axis: Any, keepdims: bool) -> str:
        truths = w("Cast", w.cast(x, bool), to=w.type_of(INT64))
        return w.cast(reduced(w, op_type, truths, axes_of(axis, x.ndim), keepdims=keepdims), y.dtype, INT64)

    return rule


NODES["all"], NODES["any"], NODES["count_nonzero"] = count("ReduceMin"), count("ReduceMax"), count("ReduceSum")


def place_of(op_type: str) -> Any:
    """The rule of argmax and argmin."""

    def rule(w: Writer, y: Edge, x: Edge, axis: int | None, keepdims: bool) -> str:
        name, place = flat(w, x, axis, np.int64 if x.dtype.kind in "biu" else x.dtype)
        z = w(op_type, name, axis=place, keepdims=int(keepdims and axis is not None))
        return w.reshape(z, [1] * x.ndim) if keepdims and axis is None else str(z)

    return rule


NODES["argmax"], NODES["argmin"] = place_of("ArgMax"), place_of("ArgMin")


@onnx_node("argsort")
def _(w: Writer, y: Edge, x: Edge, axis: int | None, kind: Any, order: Any, stable: Any) -> str:
    name, axis = flat(w, x, axis, np.int64 if x.dtype.kind in "biu" else x.dtype)
    n = w("Shape", name, start=axis, end=axis + 1)
    return str(w("TopK", name, n, outputs=2, axis=axis, largest=0, sorted=1)[1])


# ---- products


@onnx_node("matmul")
def _(w: Writer, y: Edge, a: Edge, b: Edge) -> str:
    return str(w("MatMul", w.cast(a, y.dtype), w.cast(b, y.dtype)))


@onnx_node("einsum")
def _(w: Writer, y: Edge, *xs: Edge, subscripts: str, optimize: Any) -> str:
    return str(w("Einsum", *(w.cast(x, y.dtype) for x in xs), equation=subscripts))


# ---- shapes


@onnx_node("reshape")
def _(w: Writer, y: Edge, x: Edge, shape: Any, order: str, copy: Any) -> str:
    if order not in ("C", "F"):
        raise UsageError(f"to_onnx: reshape got order={order!r}; a model has no memory layout; give 'C' or 'F'")
    if order == "C":
        return w.reshape(x, y.shape)
    name = w.reshape(w.transpose(x, range(x.ndim)[::-1]), y.shape[::-1])
    return w.transpose(name, range(y.ndim)[::-1])


@onnx_node("transpose")
def _(w: Writer, y: Edge, x: Edge, axes: Any) -> str:
    return w.transpose(x, range(x.ndim)[::-1] if axes is None else axes_of(axes, x.ndim))


@onnx_node("broadcast_to")
def _(w: Writer, y: Edge, x: Edge, shape: Any, subok: bool) -> str:
    return str(w("Expand", x, w.ints(y.shape)))


@onnx_node("full_like")
def _(w: Writer, y: Edge, x: Edge, fill_value: Any, **_options: Any) -> str:
    return str(w("Expand", w.constant(fill_value, y.dtype), w.ints(y.shape)))


@onnx_node("flip")
def _(w: Writer, y: Edge, x: Edge, axis: Any) -> str:
    name = w.name(x)
    for i in axes_of(axis, x.ndim):
        name = w.flip(name, i)
    return name


@onnx_node("roll")
def _(w: Writer, y: Edge, x: Edge, shift: Any, axis: Any) -> str:
    name = w.name(x)
    if axis is None:
        return w.reshape(rolled(w, w.reshape(x, [-1]), 0, int(np.sum(shift)), product(x.shape)), y.shape)
    for i, k in zip(*np.broadcast_arrays(np.atleast_1d(axis), shift), strict=True):
        name = rolled(w, name, int(i) % x.ndim, int(k), x.shape[int(i)])
    return name


def product(shape: tuple[Length, ...]) -> Length | None:
    """The number of elements; None where it depends on the batch."""
    lengths = [n for n in shape if not isinstance(n, Size)]
    return int(np.prod(lengths)) if len(lengths) == len(shape) else None


def rolled(w: Writer, name: str, axis: int, shift: int, n: Length | None) -> str:
    """The elements shifted round; where the length depends on the batch, by less than it."""
    shift = shift % n if isinstance(n, int) and n else shift
    if not shift:
        return name
    ends, whole = w.slice(name, axis, -shift, np.iinfo(np.int64).max), w.slice(name, axis, 0, -shift)
    return str(w("Concat", ends, whole, axis=axis))


@onnx_node("pad_zeros")
def _(w: Writer, y: Edge, x: Edge, pad_width: Any) -> str:
    pairs = width_pairs(pad_width, x.ndim)
    pads = w.ints([a for a, _ in pairs] + [b for _, b in pairs])
    return str(w("Pad", w.cast(x, y.dtype), pads, w.weak(0, y)))


for op, upper in {"tril": 0, "triu": 1}.items():
    NODES[op] = lambda w, y, x, k, upper=upper: w("Trilu", x, w.constant(np.int64(k)), upper=upper)


@onnx_node("concatenate")
def _(w: Writer, y: Edge, *xs: Edge, axis: int | None) -> str:
    kind = common(*xs)
    if axis is None:
        return str(w("Concat", *(w.reshape(w.cast(x, kind), [-1]) for x in xs), axis=0))
    return str(w("Concat", *(w.cast(x, kind) for x in xs), axis=axis % y.ndim))


@onnx_node("rot90")
def _(w: Writer, y: Edge, x: Edge, k: int, axes: Any) -> str:
    a, b = (i % x.ndim for i in axes)
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    if k % 4 == 2:
        return w.flip(w.flip(x, a), b)
    if k % 4 == 1:
        return w.transpose(w.flip(x, b), order)
    return w.flip(w.transpose(x, order), b) if k % 4 else w.name(x)
