"""ONNX's operators in NumPy's functions, which take arrays and Values: the table that `from_onnx` runs by."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import numpy as np

from ..buffer import written
from ..errors import UsageError
from ..ops.elementwise import logistic, relu
from ..ops.indexing import HOLE, scatter
from ..ops.reduction import log_softmax, logsumexp, softmax
from ..record import Record

__all__ = ["OPERATORS", "onnx_operator", "whole_numbers"]

Operator = TypeVar("Operator", bound=Callable[..., Any])

# The name of an operator -> a function (*inputs, **attributes) of arrays and Values; None for inputs left out.
OPERATORS: dict[str, Callable[..., Any]] = {
    "Abs": np.abs, "Acos": np.arccos, "Acosh": np.arccosh, "Add": np.add, "And": np.logical_and, "Asin": np.arcsin,
    "Asinh": np.arcsinh, "Atan": np.arctan, "Atanh": np.arctanh, "BitwiseAnd": np.bitwise_and,
    "BitwiseNot": np.invert, "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor, "Ceil": np.ceil, "Cos": np.cos,
    "Cosh": np.cosh, "Equal": np.equal, "Exp": np.exp, "Floor": np.floor, "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal, "Identity": lambda x: x, "IsNaN": np.isnan, "Less": np.less,
    "LessOrEqual": np.less_equal, "Log": np.log, "MatMul": np.matmul, "Max": lambda *xs: reduce(np.maximum, xs),
    "Mean": lambda *xs: reduce(np.add, xs) / len(xs), "Min": lambda *xs: reduce(np.minimum, xs), "Mul": np.multiply,
    "Neg": np.negative, "Not": np.logical_not, "Or": np.logical_or, "Reciprocal": np.reciprocal, "Relu": relu,
    "Round": np.rint, "Sigmoid": logistic, "Sign": np.sign, "Sin": np.sin, "Sinh": np.sinh, "Sqrt": np.sqrt,
    "Sub": np.subtract, "Sum": lambda *xs: reduce(np.add, xs), "Tan": np.tan, "Tanh": np.tanh, "Where": np.where,
    "Xor": np.logical_xor, "Softsign": lambda x: x / (1.0 + np.abs(x)), "Dropout": lambda x, *_: x,
    "Softplus": lambda x: np.logaddexp(x, np.zeros((), x.dtype)), "Shape": lambda x, start=0, end=None: (
        np.array(np.shape(x), np.int64)[start:end]), "Size": lambda x: np.int64(np.size(x)),
    "Softmax": lambda x, axis=-1: softmax(x, axis=axis), "LogSoftmax": lambda x, axis=-1: log_softmax(x, axis=axis),
    "LeakyRelu": lambda x, alpha=0.01: np.where(x < 0, alpha * x, x),
    "PRelu": lambda x, slope: np.where(x < 0, slope * x, x),
    "Elu": lambda x, alpha=1.0: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x),
    "Celu": lambda x, alpha=1.0: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0) / alpha), x),
    "Selu": lambda x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875: (
        gamma * np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x)),
    "HardSigmoid": lambda x, alpha=0.2, beta=0.5: np.clip(alpha * x + beta, 0.0, 1.0),
    "HardSwish": lambda x: x * np.clip(x / 6.0 + 0.5, 0.0, 1.0),
    "Mish": lambda x: x * np.tanh(np.logaddexp(x, np.zeros((), x.dtype))),
    "Transpose": lambda x, perm=None: np.transpose(x, perm),
    "Concat": lambda *xs, axis: np.concatenate(xs, axis),
    "Gather": lambda x, indices, axis=0: np.take(x, indices, axis),
    "GatherElements": lambda x, indices, axis=0: np.take_along_axis(x, indices, axis),
    "Range": np.arange,
    "Tile": lambda x, repeats: np.tile(x, whole_numbers(repeats)),
    "Expand": lambda x, shape: np.broadcast_to(x, np.broadcast_shapes(np.shape(x), tuple(whole_numbers(shape)))),
    "Einsum": lambda *xs, equation: np.einsum(equation, *xs),
}  # fmt: skip


def onnx_operator(name: str) -> Callable[[Operator], Operator]:
    """Decorator: how `from_onnx` runs ONNX's operator of this name: a function `(*inputs, **attributes)`.

    Inputs are arrays and Values, None where they are left out; it gives an array, a Value, or a tuple of them. A name
    such as "MaxPool/2" is of the operator where two of its outputs are asked for.

    Raises: UsageError if the operator is in the table already.
    """

    def declare(function: Operator) -> Operator:
        if name in OPERATORS:
            raise UsageError(f"onnx_operator: {name!r} is in the table already; an operator has one function")
        OPERATORS[name] = function
        return function

    return declare


def whole_numbers(x: Any) -> list[int]:
    """The numbers of an input that says shapes, axes or places."""
    return [int(n) for n in np.ravel(x._data if isinstance(x, Record) else x)]


def is_whole(x: Any) -> bool:
    """Whether an input holds whole numbers."""
    return bool(np.dtype(x.dtype).kind in "biu")


@onnx_operator("Div")
def _(a: Any, b: Any) -> Any:
    return np.astype(np.trunc(a / b), a.dtype) if is_whole(a) else a / b


@onnx_operator("Pow")
def _(a: Any, b: Any) -> Any:
    y = np.power(a, b)
    return y if y.dtype == a.dtype else np.astype(y, a.dtype)


@onnx_operator("Mod")
def _(a: Any, b: Any, fmod: int = 0) -> Any:
    return np.fmod(a, b) if fmod else np.remainder(a, b)


@onnx_operator("Clip")
def _(x: Any, low: Any = None, high: Any = None) -> Any:
    return np.clip(x, low, high) if not (low is None and high is None) else x


@onnx_operator("IsInf")
def _(x: Any, detect_negative: int = 1, detect_positive: int = 1) -> Any:
    if detect_negative and detect_positive:
        return np.isinf(x)
    return np.equal(x, np.inf if detect_positive else -np.inf)


@onnx_operator("Cast")
def _(x: Any, to: Any, saturate: int = 1) -> Any:
    return np.astype(x, to)


@onnx_operator("CastLike")
def _(x: Any, like: Any, saturate: int = 1) -> Any:
    return np.astype(x, like.dtype)


# ---- reductions


def reducing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction, whose axes are an input, as since version 18 of most, or an attribute."""

    def operator(x: Any, places: Any = None, axes: Any = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Any:
        given = axes if places is None else whole_numbers(places)
        if not given and noop_with_empty_axes:
            return x
        return function(x, axis=tuple(given) if given else None, keepdims=bool(keepdims))

    return operator


OPERATORS |= {
    "ReduceSum": reducing(np.sum),
    "ReduceMean": reducing(np.mean),
    "ReduceMax": reducing(np.max),
    "ReduceMin": reducing(np.min),
    "ReduceProd": reducing(np.prod),
    "ReduceL1": reducing(lambda x, **o: np.sum(np.abs(x), **o)),
    "ReduceL2": reducing(lambda x, **o: np.sqrt(np.sum(np.square(x), **o))),
    "ReduceSumSquare": reducing(lambda x, **o: np.sum(np.square(x), **o)),
    "ReduceLogSum": reducing(lambda x, **o: np.log(np.sum(x, **o))),
    "ReduceLogSumExp": reducing(logsumexp),
}


def extreme_place(function: Any) -> Callable[..., Any]:
    """ArgMax and ArgMin: the first place of the extreme, or the last."""

    def operator(x: Any, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
        if not select_last_index:
            return function(x, axis=axis, keepdims=bool(keepdims))
        return np.shape(x)[axis] - 1 - function(np.flip(x, axis), axis=axis, keepdims=bool(keepdims))

    return operator


OPERATORS["ArgMax"], OPERATORS["ArgMin"] = extreme_place(np.argmax), extreme_place(np.argmin)


@onnx_operator("CumSum")
def _(x: Any, axis: Any, exclusive: int = 0, reverse: int = 0) -> Any:
    place = whole_numbers(axis)[0]
    y = np.cumsum(np.flip(x, place), place) if reverse else np.cumsum(x, place)
    y = np.flip(y, place) if reverse else y
    return y - x if exclusive else y


@onnx_operator("TopK")
def _(x: Any, k: Any, axis: int = -1, largest: int = 1, sorted: int = 1) -> Any:  # noqa: A002  # ONNX's name
    n = whole_numbers(k)[0]
    order = np.argsort(-x if largest else x, axis=axis, kind="stable")
    places = np.take(order, np.arange(n), axis)
    return np.take_along_axis(x, places, axis), places


@onnx_operator("Gemm")
def _(
    a: Any, b: Any, c: Any = None, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0  # noqa: N803  # ONNX's names
) -> Any:  # fmt: skip
    y = np.matmul(np.transpose(a) if transA else a, np.transpose(b) if transB else b)
    y = y if alpha == 1 else alpha * y
    return y if c is None else y + (c if beta == 1 else beta * c)


# ---- shapes


@onnx_operator("Reshape")
def _(x: Any, shape: Any, allowzero: int = 0) -> Any:
    old = np.shape(x)
    return np.reshape(x, tuple(old[i] if n == 0 and not allowzero else n for i, n in enumerate(whole_numbers(shape))))


@onnx_operator("Flatten")
def _(x: Any, axis: int = 1) -> Any:
    shape = np.shape(x)
    return np.reshape(x, (int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))))


@onnx_operator("Squeeze")
def _(x: Any, places: Any = None, axes: Any = None) -> Any:
    given = axes if places is None else whole_numbers(places)
    return np.squeeze(x, None if given is None else tuple(given))


@onnx_operator("Unsqueeze")
def _(x: Any, places: Any = None, axes: Any = None) -> Any:
    return np.expand_dims(x, tuple(axes if places is None else whole_numbers(places)))


@onnx_operator("Slice")
def _(x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    starts, ends = whole_numbers(starts), whole_numbers(ends)
    places = range(len(starts)) if axes is None else whole_numbers(axes)
    key = [slice(None)] * np.ndim(x)
    for axis, a, b, step in zip(
        places, starts, ends, [1] * len(starts) if steps is None else whole_numbers(steps), strict=True
    ):
        n = np.shape(x)[axis]
        # An end before the first element stays there: NumPy would count it from the back.
        key[axis] = slice(a, None if step < 0 and b < -n else b, step)
    return x[tuple(key)]


@onnx_operator("Split")
def _(x: Any, lengths: Any = None, axis: int = 0, num_outputs: int | None = None, split: Any = None) -> Any:
    n = np.shape(x)[axis]
    given = split if lengths is None else whole_numbers(lengths)
    if given is None:
        each = -(-n // int(num_outputs or 1))
        given = [each] * (int(num_outputs or 1) - 1)
    return tuple(np.split(x, np.cumsum(given[: len(given) - (sum(given) == n)]).tolist(), axis))


@onnx_operator("Pad")
def _(x: Any, pads: Any, value: Any = None, axes: Any = None, mode: str = "constant") -> Any:
    places = range(np.ndim(x)) if axes is None else whole_numbers(axes)
    given = whole_numbers(pads)
    pairs = [(0, 0)] * np.ndim(x)
    for i, axis in enumerate(places):
        pairs[axis] = given[i], given[i + len(given) // 2]
    if mode != "constant":
        return np.pad(x, pairs, mode=mode)  # type: ignore[call-overload]  # one of NumPy's modes
    fill = 0.0 if value is None else np.ravel(value._data if isinstance(value, Record) else value)[0]
    return np.pad(x, pairs, constant_values=fill.item() if hasattr(fill, "item") else fill)


@onnx_operator("Trilu")
def _(x: Any, k: Any = None, upper: int = 1) -> Any:
    place = 0 if k is None else whole_numbers(k)[0]
    return np.triu(x, place) if upper else np.tril(x, place)


@onnx_operator("Constant")
def _(value: Any = None, **others: Any) -> Any:
    if value is not None:
        return value
    ((name, given),) = others.items()
    return np.array(given, np.float32 if name.startswith("value_float") else np.int64)


@onnx_operator("ConstantOfShape")
def _(shape: Any, value: Any = None) -> Any:
    fill = np.zeros(1, np.float32) if value is None else value
    return np.full(tuple(whole_numbers(shape)), fill[0], fill.dtype)


# ---- reading and writing at places


def places_of(indices: Any) -> tuple[Any, ...]:
    """The index arrays of an input whose last axis holds the numbers of one place."""
    return tuple(indices[..., i] for i in range(np.shape(indices)[-1]))


@onnx_operator("GatherND")
def _(x: Any, indices: Any, batch_dims: int = 0) -> Any:
    key = places_of(indices)
    shape, depth = np.shape(indices)[:-1], len(np.shape(indices)) - 1
    batch = [
        np.arange(n).reshape([-1 if i == j else 1 for j in range(depth)]) for i, n in enumerate(shape[:batch_dims])
    ]
    return x[(*batch, *key)]


@onnx_operator("ScatterND")
def _(x: Any, indices: Any, updates: Any, reduction: str = "none") -> Any:
    key = places_of(indices)
    if reduction == "none":
        if not any(isinstance(k, Record) for k in key):
            return written(x, updates, keys=(key,))
        added = np.zeros(np.shape(x), bool)
        added[tuple(k._data if isinstance(k, Record) else k for k in key)] = True
        return np.where(added, scatter(updates, *key, key=(HOLE,) * len(key), shape=np.shape(x)), x)
    if reduction == "add":
        return x + scatter(updates, *key, key=(HOLE,) * len(key), shape=np.shape(x))
    raise UsageError(f"from_onnx: ScatterND got reduction={reduction!r}; 'none' and 'add' can be run")


# ---- normalisation


def scaled(x: Any, mean: Any, variance: Any, epsilon: float) -> Any:
    """Numbers with mean 0 and variance 1."""
    return (x - mean) / np.sqrt(variance + epsilon)


def by_channel(x: Any, n: int) -> Any:
    """Numbers for each channel, which is the second of n axes."""
    return np.reshape(x, (-1,) + (1,) * (n - 2))


@onnx_operator("LayerNormalization")
def _(
    x: Any, scale: Any, bias: Any = None, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Any:  # fmt: skip
    axes = tuple(range(axis % np.ndim(x), np.ndim(x)))
    y = scaled(x, np.mean(x, axes, keepdims=True), np.var(x, axes, keepdims=True), epsilon) * scale
    return y if bias is None else y + bias


@onnx_operator("BatchNormalization")
def _(
    x: Any, scale: Any, bias: Any, mean: Any, variance: Any, epsilon: float = 1e-5, momentum: float = 0.9,
    training_mode: int = 0,
) -> Any:  # fmt: skip
    if training_mode:
        raise UsageError(
            "from_onnx: BatchNormalization is to be trained, and then changes numbers of the model; "
            "export the model as after eval()"
        )
    n = np.ndim(x)
    return scaled(x, by_channel(mean, n), by_channel(variance, n), epsilon) * by_channel(scale, n) + by_channel(bias, n)


@onnx_operator("InstanceNormalization")
def _(x: Any, scale: Any, bias: Any, epsilon: float = 1e-5) -> Any:
    axes, n = tuple(range(2, np.ndim(x))), np.ndim(x)
    y = scaled(x, np.mean(x, axes, keepdims=True), np.var(x, axes, keepdims=True), epsilon)
    return y * by_channel(scale, n) + by_channel(bias, n)


@onnx_operator("GlobalAveragePool")
def _(x: Any) -> Any:
    return np.mean(x, tuple(range(2, np.ndim(x))), keepdims=True)


@onnx_operator("GlobalMaxPool")
def _(x: Any) -> Any:
    return np.max(x, tuple(range(2, np.ndim(x))), keepdims=True)
