"""The normalisations as functions, under PyTorch's names, defaults and order of arguments.

A channel is a place along axis 1. Means and variances are of the numbers at hand: a variance divides by their count n,
but what is kept of it in running statistics by n - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, read_state, write_state

from .checks import as_operand, check_whole
from .standardisation import affine, numbers_of, scaled_by_size, standardise

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    Raises: ShapeError where the last axes, or a weight or bias, have another shape.
    Source: Ba et al., "Layer normalization" (2016).

    Example
    -------
    >>> layer_norm(np.array([[1.0, 3.0], [5.0, 5.0]]), 2).round(3)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    x = floats(x)
    axes = last_axes("layer_norm", x, normalized_shape)
    weight, bias = (of_axes("layer_norm", a, x, axes) for a in (weight, bias))
    y, _, _ = standardise(x, axes, eps)
    return scaled(y, weight, bias)


def rms_norm(x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """`x / sqrt(mean(x^2) + eps) * weight`, over the last axes, which have `normalized_shape`.

    eps: when None, the distance from 1 to the next number of x's dtype.

    Raises: ShapeError where the last axes, or a weight or bias, have another shape.
    Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).

    Example
    -------
    >>> rms_norm(np.array([1.0, 7.0]), 2).round(3)
    array([0.2, 1.4])
    """
    x = floats(x)
    axes = last_axes("rms_norm", x, normalized_shape)
    weight = of_axes("rms_norm", weight, x, axes)
    y = scaled_by_size(x, axes, float(np.finfo(x.dtype).eps) if eps is None else eps)
    return scaled(y, weight, None)


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each sample's groups of neighbouring channels standardised, and scaled by channel.  (N, C, ...) -> (N, C, ...)

    Raises: ShapeError for channels that do not make up equal groups.
    Source: Wu and He, "Group normalization" (2018).

    Example
    -------
    >>> group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """
    x = floats(x)
    shape = x.shape
    check_whole("group_norm", "num_groups", num_groups)
    if len(shape) < 2 or shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: got x of shape {shape} and num_groups={num_groups}; axis 1 is cut into equal groups; "
            "give a number of groups that divides it"
        )
    rows = x.reshape((shape[0], num_groups, int(np.prod(shape[1:])) // num_groups))
    y, _, _ = standardise(rows, (2,), eps)
    return scaled(y.reshape(shape), of_channels("group_norm", weight, x), of_channels("group_norm", bias, x))


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel standardised over all samples, and scaled.  (N, C, ...) -> (N, C, ...)

    In training it is by the numbers at hand, and the running arrays, if there are any, move towards their statistics
    by `momentum`, in place; else it is by the running arrays.

    Raises: ShapeError for running statistics or weights that are not one for each channel, and in training for a
    single number in each channel; UsageError for none, without training.
    Source: Ioffe and Szegedy, "Batch normalization" (2015).
    """
    if not training:
        return by_running("batch_norm", floats(x), running_mean, running_var, weight, bias, eps)
    y, mean, variance = by_batch("batch_norm", floats(x), weight, bias, eps)
    move(running_mean, mean, momentum)
    move(running_var, variance, momentum)
    return y


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel of each sample standardised, and scaled.  (N, C, ...) -> (N, C, ...)

    use_input_stats: by the numbers at hand, and the running arrays, if there are any, move towards the means over the
    samples of their statistics by `momentum`, in place; else by the running arrays.

    Raises: ShapeError for running statistics or weights that are not one for each channel, and for a single number
    in each channel of a sample; UsageError for none, without use_input_stats.
    Source: Ulyanov et al., "Instance normalization" (2016).
    """
    if not use_input_stats:
        return by_running("instance_norm", floats(x), running_mean, running_var, weight, bias, eps)
    y, mean, variance = by_batch("instance_norm", floats(x), weight, bias, eps, of_samples=True)
    move(running_mean, mean, momentum)
    move(running_var, variance, momentum)
    return y


def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """`x` over its p-norm along `dim`, or over eps if that is larger.  (..., n, ...) -> (..., n, ...)

    Raises: ShapeError where x has no such axis.

    Example
    -------
    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    x = floats(x)
    if not -x.ndim <= dim < x.ndim:
        raise ShapeError(f"normalize: got x of shape {x.shape} and dim={dim}; it needs that axis; give another dim")
    return x / np.maximum(np.linalg.vector_norm(x, ord=p, axis=dim, keepdims=True), eps)


def local_response_norm(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """`x / (k + alpha mean(x^2))^beta`, the mean of `size` neighbouring channels; beyond the ends they count as 0.

    Raises: UsageError for a size below 1; ShapeError for fewer than three axes.
    Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012).
    """
    check_whole("local_response_norm", "size", size)
    x = floats(x)
    if x.ndim < 3:
        raise ShapeError(
            f"local_response_norm: got x of shape {x.shape}; it needs (N, C, ...) with three axes or more; reshape x"
        )
    squares = np.pad(np.square(x), [(0, 0), (size // 2, (size - 1) // 2), *[(0, 0)] * (x.ndim - 2)])
    total = squares[:, : x.shape[1]]
    for i in range(1, size):
        total = total + squares[:, i : i + x.shape[1]]
    return x / (total * (alpha / size) + k) ** beta


# ---- what they share


def floats(x: Any) -> Any:
    """`x` as a Value or an array of real numbers; whole numbers as float64."""
    x = as_operand(x)
    x = x if isinstance(x, Value) else np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def last_axes(where: str, x: Any, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The axes at the end of x that have that shape; or ShapeError."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    k = x.ndim - len(shape)
    if k < 0 or tuple(x.shape[k:]) != shape or not shape:
        raise ShapeError(
            f"{where}: got x of shape {x.shape}; its last axes must have the shape {shape}; "
            "reshape x, or give another normalized_shape"
        )
    return tuple(range(k, x.ndim))


def scaled(y: Any, weight: Any, bias: Any) -> Any:
    """`y * weight + bias`, of those that there are."""
    if weight is not None and bias is not None:
        return affine(y, weight, bias)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def of_axes(where: str, numbers: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Numbers of the shape that x has along the axes; None stays None. Or ShapeError."""
    if numbers is None:
        return None
    numbers = floats(numbers)
    needed = tuple(x.shape[i] for i in axes)
    if numbers.shape != needed:
        raise ShapeError(
            f"{where}: got numbers of shape {numbers.shape} for x of shape {x.shape}; "
            f"they must have the shape {needed} of its last axes; reshape them"
        )
    return numbers


def of_channels(where: str, numbers: Any, x: Any) -> Any:
    """One number for each channel, in a shape that broadcasts against x; None stays None. Or ShapeError."""
    if numbers is None:
        return None
    numbers, channels = floats(numbers), x.shape[1:2]
    if numbers.shape != channels or not channels:
        raise ShapeError(
            f"{where}: got numbers of shape {numbers.shape} for x of shape {x.shape}; "
            "they must be one for each channel, a place of axis 1; give as many as it has places"
        )
    return numbers if x.ndim == 2 else numbers.reshape((*channels, *(1,) * (x.ndim - 2)))


def by_batch(
    where: str, x: Any, weight: Any, bias: Any, eps: float, *, of_samples: bool = False
) -> tuple[Any, Any, Any]:
    """(y, mean, variance): channels standardised by their own numbers, of all samples or of each; (C,) of each.

    The variance is that of n - 1 degrees of freedom, as running statistics have it.
    """
    shape = x.shape
    axes = tuple(i for i in range(x.ndim) if i != 1 and not (of_samples and i == 0))
    n = numbers_of(axes, shape) if len(shape) > 1 else 0
    if n < 2:
        raise ShapeError(
            f"{where}: got x of shape {shape}; its mean and variance need two numbers or more in each channel; "
            "give a larger batch, or call eval() to use running statistics"
        )
    weight, bias = of_channels(where, weight, x), of_channels(where, bias, x)
    y, mean, variance = standardise(x, axes, eps)
    if of_samples:
        mean, variance = np.mean(mean, axis=0), np.mean(variance, axis=0)
    return scaled(y, weight, bias), mean.reshape(shape[1:2]), variance.reshape(shape[1:2]) * (n / (n - 1))


def by_running(where: str, x: Any, mean: Any, variance: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Channels less a known mean, over the root of a known variance, and scaled: one affine map for each."""
    if mean is None or variance is None:
        lacking = "running_mean" if mean is None else "running_var"
        raise UsageError(
            f"{where}: got {lacking}=None; without training it needs both running statistics; "
            "give them, or let it take those of the batch"
        )
    mean, variance, weight, bias = (
        of_channels(where, a, x) for a in (*map(read_state, (mean, variance)), weight, bias)
    )
    scale = 1.0 / np.sqrt(variance + eps)
    scale = scale if weight is None else weight * scale
    shift = -mean * scale
    return affine(x, scale, shift if bias is None else bias + shift)


def move(running: Any, new: Any, momentum: float) -> None:
    """Move running statistics towards new ones, in place; nothing if there are none."""
    if running is not None:
        write_state(running, None, (1.0 - momentum) * read_state(running) + momentum * new)
