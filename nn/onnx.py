"""ONNX and layers: the nodes of the layers' ops, the operators that layers stand for, and `from_onnx` as a module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_mini
from autograd_mini import UsageError, Value, onnx_by_parts, onnx_left_out, onnx_node, onnx_operator

from .activation_functions import gelu
from .conv_ops import convolution, transposed_convolution
from .folding import columns_of_windows
from .module import Module
from .normal_cdf import normal_cdf
from .pooling_ops import average_pooling, indices_of_maxima, maximum_pooling
from .resize_ops import axes_of

__all__ = ["OnnxModule", "from_onnx"]

onnx_left_out(
    "it is a derivative's, whose op ONNX has not",
    "nn.avg_pool_transpose", "nn.conv_weight", "nn.gathered", "nn.max_pool_tangent", "nn.max_pool_transpose",
    "nn.pad_transpose", "nn.resize_transpose", "nn.to_class",
)  # fmt: skip
onnx_left_out("it is a loss, of alignments that are summed step by step", "nn.ctc_lattice")
onnx_by_parts(
    "nn.elu", "nn.gru", "nn.hardshrink", "nn.hardsigmoid", "nn.hardswish", "nn.hardtanh", "nn.huber",
    "nn.leaky_relu", "nn.logit_loss", "nn.logsigmoid", "nn.lstm", "nn.mish", "nn.pad", "nn.probability_loss", "nn.rnn",
    "nn.silu", "nn.softplus", "nn.softshrink", "nn.softsign", "nn.standardised", "nn.tanh_gate", "nn.threshold",
)  # fmt: skip


class OnnxModule(Module):
    """A model that was read from ONNX, as a module: its parameters have the names that the model gives them.

    Called with the model's inputs in order, or by name, it gives the output, or a tuple of the outputs.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.weights: dict[str, Any] = dict(model.parameters)

    def parts(self) -> list[tuple[Any, Any]]:
        """(name, parameter) pairs."""
        return list(self.weights.items())

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """What the model computes."""
        return self._model.run(self.weights, inputs, named)


def from_onnx(model: Any) -> OnnxModule:
    """The model in a file, or of an `onnx.ModelProto`, as a module that can be trained, frozen, saved and exported.

    It is as `autograd_mini.from_onnx`, with the operators of layers.

    Raises: as there.

    Example
    -------
    >>> import numpy as np
    >>> from autograd_mini import to_onnx
    >>> from nn import Linear, Sequential, Tanh, from_onnx
    >>> net = Sequential(Linear(2, 3), Tanh())
    >>> again = from_onnx(to_onnx(net, np.ones((1, 2))))
    >>> sorted(again.state()) == sorted(net.state())
    True
    """
    return OnnxModule(autograd_mini.from_onnx(model))


# ---- nodes of ops


@onnx_node("nn.normal_cdf")
def _(w: Any, y: Any, x: Any) -> Any:
    erf = w("Erf", w("Mul", w.cast(x, y.dtype), w.constant(math.sqrt(0.5), y.dtype)))
    half = w.constant(0.5, y.dtype)
    return w("Add", w("Mul", erf, half), half)


@onnx_node("nn.conv")
def _(w: Any, y: Any, *xs: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    return w(
        "Conv", *(w.cast(x, y.dtype) for x in xs), strides=list(stride), pads=ends(padding), dilations=list(dilation),
        group=groups,
    )  # fmt: skip


@onnx_node("nn.conv_transpose")
def _(
    w: Any, y: Any, x: Any, weight: Any, lengths: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:  # fmt: skip
    shapes = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, lengths, strict=True)
    more = [n - ((m - 1) * s + d * (k - 1) + 1 - before - after) for m, k, s, (before, after), d, n in shapes]
    return w(
        "ConvTranspose", w.cast(x, y.dtype), w.cast(weight, y.dtype), strides=list(stride), pads=ends(padding),
        dilations=list(dilation), group=groups, output_padding=more,
    )  # fmt: skip


def ends(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Pairs of numbers before and after as ONNX has them: all before, and then all after."""
    return [a for a, _ in pairs] + [b for _, b in pairs]


def padding_of_pools(
    x: Any, y: Any, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> list[tuple[int, int]]:  # fmt: skip
    """The padding with which every window lies inside, those that reach over the end too."""
    shapes = zip(x.shape[2:], y.shape[2:], kernel, stride, padding, dilation, strict=True)
    return [(p, max(p, (m - 1) * s + d * (k - 1) + 1 - n - p)) for n, m, k, s, p, d in shapes]


def max_pool(
    w: Any, y: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, outputs: int
) -> Any:  # fmt: skip
    """The largest numbers, and where they are if there are two outputs."""
    pads = ends(padding_of_pools(x, y, kernel, stride, padding, dilation))
    return w(
        "MaxPool", x, kernel_shape=list(kernel), strides=list(stride), dilations=list(dilation), pads=pads,
        outputs=outputs,
    )  # fmt: skip


@onnx_node("nn.max_pool")
def _(w: Any, y: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    return max_pool(w, y, x, kernel, stride, padding, dilation, 1)


@onnx_node("nn.max_pool_indices")
def _(w: Any, y: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    places = max_pool(w, y, x, kernel, stride, padding, dilation, 2)[1]
    return w("Mod", places, w.constant(np.int64(math.prod(x.shape[2:]))))  # ONNX counts through all planes


@onnx_node("nn.avg_pool")
def _(
    w: Any, y: Any, x: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool,
    divisor: int | None,
) -> Any:  # fmt: skip
    pads = ends(padding_of_pools(x, y, kernel, stride, padding, (1,) * len(kernel)))
    mean = w("AveragePool", x, kernel_shape=list(kernel), strides=list(stride), pads=pads, count_include_pad=1)
    ones = np.ones((1, 1, *x.shape[2:]))
    window = {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    # What the sums are divided by does not depend on x: it shows where all of x is 1.
    sums = average_pooling(ones, **window, count_include_pad=True, divisor=1)
    means = average_pooling(ones, **window, count_include_pad=count_include_pad, divisor=divisor)
    factor = means / sums * math.prod(kernel)
    return mean if np.allclose(factor, 1, 1e-15, 0) else w("Mul", mean, w.constant(factor, y.dtype))


def places_of_windows(lengths: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """Where the numbers of windows stand in an array without padding, flattened.  -> (kernel, windows)"""
    options = {"stride": stride, "padding": ((0, 0),) * len(kernel), "dilation": dilation}
    counted = np.arange(math.prod(lengths), dtype=np.float64).reshape(1, 1, *lengths)
    return columns_of_windows(counted, kernel=kernel, **options)[0].astype(np.int64)


@onnx_node("nn.unfold")
def _(w: Any, y: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    n, c, *lengths = x.shape
    around = [m + sum(pair) for m, pair in zip(lengths, padding, strict=True)]
    whole = w("Pad", x, w.ints(ends(((0, 0), (0, 0), *padding))), w.constant(0, y.dtype))
    flat = w.reshape(whole, (n, c, math.prod(around)))
    places = places_of_windows(around, kernel, stride, dilation)
    return w.reshape(w("Gather", flat, w.constant(places), axis=2), y.shape)


@onnx_node("nn.fold")
def _(w: Any, y: Any, x: Any, lengths: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    n, c = y.shape[:2]
    around = [m + sum(pair) for m, pair in zip(lengths, padding, strict=True)]
    places = places_of_windows(around, kernel, stride, dilation)
    parts = w.reshape(x, (n, c, places.size))
    zeros = w("Expand", w.constant(0, y.dtype), w.ints((math.prod(around), n, c)))
    index = w.constant(places.reshape(-1, 1))
    whole = w("ScatterND", zeros, index, w.transpose(parts, (2, 0, 1)), reduction="add")
    whole = w.reshape(w.transpose(whole, (1, 2, 0)), (n, c, *around))
    for axis, (length, (before, _)) in enumerate(zip(lengths, padding, strict=True), 2):
        whole = w.slice(whole, axis, before, before + length)
    return whole


@onnx_node("nn.resize")
def _(w: Any, y: Any, x: Any, size: Any, mode: str, align_corners: bool, scales: Any) -> Any:
    name = w.name(x)
    for axis, places in axes_of(x.shape[2:], size, mode, align_corners, scales):
        total = None
        for at, weight in places:
            part = w("Gather", name, w.constant(np.asarray(at, np.int64)), axis=x.ndim + axis)
            part = part if weight is None else w("Mul", part, w.constant(weight, y.dtype))
            total = part if total is None else w("Add", total, part)
        name = total
    return name


def of_class(w: Any, x: Any, target: Any, axis: int) -> Any:
    """The element of each target's class."""
    places = w.unsqueeze(w.cast(target, np.int64), [axis])
    return w.squeeze(w("GatherElements", x, places, axis=axis), [axis])


@onnx_node("nn.of_class")
def _(w: Any, y: Any, x: Any, target: Any, axis: int) -> Any:
    return of_class(w, x, target, axis % x.ndim)


@onnx_node("nn.softmax_cross_entropy")
def _(w: Any, y: Any, x: Any, target: Any, axis: int) -> Any:
    axis %= x.ndim
    return w("Neg", of_class(w, w("LogSoftmax", w.cast(x, y.dtype), axis=axis), target, axis))


@onnx_node("nn.affine")
def _(w: Any, y: Any, x: Any, scale: Any, shift: Any) -> Any:
    return w("Add", w("Mul", w.cast(x, y.dtype), w.cast(scale, y.dtype)), w.cast(shift, y.dtype))


@onnx_node("nn.looked_up")
def _(w: Any, y: Any, weight: Any, indices: Any, padding_idx: int | None) -> Any:
    return w("Gather", weight, indices, axis=0)


@onnx_node("nn.mean_over")
def _(w: Any, y: Any, x: Any, axes: Any) -> Any:
    return w("ReduceMean", w.cast(x, y.dtype), w.ints(axes), keepdims=1) if axes else w.cast(x, y.dtype)


@onnx_node("nn.variance_over")
def _(w: Any, y: Any, x: Any, m: Any, axes: Any) -> Any:
    c = w("Sub", w.cast(x, y.dtype), w.cast(m, y.dtype))
    squares = w("Mul", c, c)
    return w("ReduceMean", squares, w.ints(axes), keepdims=1) if axes else squares


# ---- operators that are read


def windowed(x: Any, kernel: Any, attributes: dict[str, Any]) -> tuple[Any, Any, list[tuple[int, int]]]:
    """Strides, dilations and padding of an operator with windows; UsageError for others."""
    n = len(kernel)
    strides = tuple(attributes.get("strides") or (1,) * n)
    dilations = tuple(attributes.get("dilations") or (1,) * n)
    pads, how = attributes.get("pads") or [0] * (2 * n), attributes.get("auto_pad", "NOTSET")
    pairs = list(zip(pads[:n], pads[n:], strict=True))
    if how in ("SAME_UPPER", "SAME_LOWER"):
        pairs = []
        for m, k, s, d in zip(np.shape(x)[2:], kernel, strides, dilations, strict=True):
            total = max((-(-m // s) - 1) * s + d * (k - 1) + 1 - m, 0)
            half = total // 2
            pairs.append((half, total - half) if how == "SAME_UPPER" else (total - half, half))
    return strides, dilations, pairs


@onnx_operator("Conv")
def _(x: Any, weight: Any, bias: Any = None, group: int = 1, **attributes: Any) -> Any:
    strides, dilations, pairs = windowed(x, np.shape(weight)[2:], attributes)
    operands = (x, weight) if bias is None else (x, weight, bias)
    return convolution(*operands, stride=strides, padding=tuple(pairs), dilation=dilations, groups=group)


@onnx_operator("ConvTranspose")
def _(x: Any, weight: Any, bias: Any = None, group: int = 1, **attributes: Any) -> Any:
    kernel = np.shape(weight)[2:]
    if attributes.get("output_shape") or attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise UsageError("from_onnx: ConvTranspose got output_shape or auto_pad; export it with pads")
    strides, dilations, pairs = windowed(x, kernel, attributes)
    more = attributes.get("output_padding") or [0] * len(kernel)
    shapes = zip(np.shape(x)[2:], kernel, strides, dilations, pairs, more, strict=True)
    lengths = tuple((m - 1) * s + d * (k - 1) + 1 - sum(pair) + extra for m, k, s, d, pair, extra in shapes)
    y = transposed_convolution(
        x, weight, lengths=lengths, stride=strides, padding=tuple(pairs), dilation=dilations, groups=group
    )
    return y if bias is None else y + np.reshape(bias, (-1,) + (1,) * len(kernel))


def pool_of(x: Any, kernel_shape: Any, attributes: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """x, with padding that is not alike at both ends, and the options of a maximum pooling."""
    strides, dilations, pairs = windowed(x, kernel_shape, attributes)
    if any(a != b for a, b in pairs):
        x = np.pad(x, [(0, 0), (0, 0), *pairs], constant_values=-np.inf)
        pairs = [(0, 0)] * len(kernel_shape)
    before, ceil_mode = tuple(a for a, _ in pairs), bool(attributes.get("ceil_mode", 0))
    window = {"kernel": tuple(kernel_shape), "stride": strides, "dilation": dilations}
    return x, {**window, "padding": before, "ceil_mode": ceil_mode}


@onnx_operator("MaxPool")
def _(x: Any, kernel_shape: Any, **attributes: Any) -> Any:
    padded, window = pool_of(x, kernel_shape, attributes)
    return maximum_pooling(padded, **window)


@onnx_operator("MaxPool/2")
def _(x: Any, kernel_shape: Any, **attributes: Any) -> Any:
    padded, window = pool_of(x, kernel_shape, attributes)
    if padded is not x or attributes.get("storage_order"):
        raise UsageError(
            "from_onnx: MaxPool is to give places, in columns or with padding that is not alike at both ends; "
            "export it with padding that is, and storage_order=0"
        )
    shape = np.shape(x)
    planes = np.arange(shape[0] * shape[1]).reshape((*shape[:2], *(1,) * len(kernel_shape)))
    return maximum_pooling(x, **window), indices_of_maxima(x, **window) + planes * math.prod(shape[2:])


@onnx_operator("AveragePool")
def _(x: Any, kernel_shape: Any, ceil_mode: int = 0, count_include_pad: int = 0, **attributes: Any) -> Any:
    strides, dilations, pairs = windowed(x, kernel_shape, attributes)
    uneven = any(a != b for a, b in pairs)
    if set(dilations) != {1} or (uneven and (ceil_mode or not count_include_pad)):
        raise UsageError(
            f"from_onnx: AveragePool got dilations={list(dilations)} and padding {pairs}; windows without dilation, "
            "and padding that is alike at both ends or counts, can be run"
        )
    if uneven:
        x = np.pad(x, [(0, 0), (0, 0), *pairs])
        pairs = [(0, 0)] * len(kernel_shape)
    before = tuple(a for a, _ in pairs)
    return average_pooling(
        x, kernel=tuple(kernel_shape), stride=strides, padding=before, ceil_mode=bool(ceil_mode),
        count_include_pad=bool(count_include_pad), divisor=None,
    )  # fmt: skip


@onnx_operator("Erf")
def _(x: Any) -> Any:
    return 2.0 * normal_cdf(x * math.sqrt(2.0)) - 1.0


@onnx_operator("Gelu")
def _(x: Any, approximate: Any = "none") -> Any:
    return gelu(x if isinstance(x, Value) else np.asarray(x), approximate)
