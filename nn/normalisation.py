"""Normalisations as modules, with weights of 1 and biases of 0 to start from, and running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, read_state

from . import normalisation_functions as f
from .checks import check_whole
from .module import Module

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


class LayerNorm(Module):
    """The last axes of each sample standardised, then times weight plus bias, both of `normalized_shape`.

    Raises: UsageError for sizes that are not whole numbers from 1 on; ShapeError, when called, for other last axes.

    Example
    -------
    >>> LayerNorm(2)(np.array([[1.0, 3.0]])).data.round(3)
    array([[-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        self.normalized_shape, self.eps = sizes("LayerNorm", normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self.weight: Any = Value(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None
        self.bias: Any = Value(np.zeros(self.normalized_shape, dtype)) if elementwise_affine and bias else None

    def __call__(self, x: Any) -> Any:
        """(..., *normalized_shape) -> (..., *normalized_shape)"""
        return f.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """The last axes of each sample over the root of their mean square, then times weight, of `normalized_shape`.

    eps: when None, the distance from 1 to the next number of the input's dtype.

    Raises: UsageError for sizes that are not whole numbers from 1 on; ShapeError, when called, for other last axes.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        self.normalized_shape, self.eps = sizes("RMSNorm", normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self.weight: Any = Value(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None

    def __call__(self, x: Any) -> Any:
        """(..., *normalized_shape) -> (..., *normalized_shape)"""
        return f.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """Each sample's groups of neighbouring channels standardised, then times weight plus bias, by channel.

    With bias=False there is a weight alone, and with affine=False neither.

    Raises: UsageError for sizes below 1, and groups that do not divide the channels; ShapeError, when called, for
    another number of channels.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        check_whole("GroupNorm", "num_groups", num_groups)
        check_whole("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise UsageError(
                f"GroupNorm: got num_groups={num_groups} and num_channels={num_channels}; groups are of equal size; "
                "give a number of groups that divides the channels"
            )
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight: Any = Value(np.ones(num_channels, dtype)) if affine else None
        self.bias: Any = Value(np.zeros(num_channels, dtype)) if affine and bias else None

    def __call__(self, x: Any) -> Any:
        """(N, C, ...) -> (N, C, ...)"""
        x = f.floats(x)
        check_channels("GroupNorm", x.shape, 1, self.num_channels, "num_channels")
        return f.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LocalResponseNorm(Module):
    """x / (k + alpha mean(x^2))^beta, the mean of `size` neighbouring channels; beyond the ends they count as 0.

    Raises: UsageError for a size below 1; ShapeError, when called, for fewer than three axes.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        check_whole("LocalResponseNorm", "size", size)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def __call__(self, x: Any) -> Any:
        """(N, C, ...) -> (N, C, ...)"""
        return f.local_response_norm(x, self.size, self.alpha, self.beta, self.k)


class ByChannel(Module):
    """What standardises channels, and keeps running statistics of them."""

    ndims: ClassVar[tuple[int, ...]]  # that an input may have
    layouts: ClassVar[str]

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track: bool, bias: bool, dtype: Any
    ) -> None:
        check_whole(type(self).__name__, "num_features", num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track
        self.weight: Any = Value(np.ones(num_features, dtype)) if affine else None
        self.bias: Any = Value(np.zeros(num_features, dtype)) if affine and bias else None
        self.running_mean: Any = np.zeros(num_features, dtype) if track else None
        self.running_var: Any = np.ones(num_features, dtype) if track else None
        self.num_batches_tracked: Any = np.array(0) if track else None

    def checked(self, x: Any, axis: int = 1) -> Any:
        """The input as a Value or an array of real numbers, with this number of channels along the axis."""
        x, name = f.floats(x), type(self).__name__
        if x.ndim not in self.ndims:
            raise ShapeError(f"{name}: got x of shape {x.shape}; it needs {self.layouts}; reshape x")
        check_channels(name, x.shape, axis, self.num_features, "num_features")
        return x

    def track(self, mean: Any, variance: Any) -> None:
        """Count a batch, and move the running statistics towards its own."""
        count = read_state(self.num_batches_tracked) + 1
        self.set_buffer("num_batches_tracked", count)
        by = 1.0 / count if self.momentum is None else self.momentum
        f.move(self.running_mean, mean, by)
        f.move(self.running_var, variance, by)


class BatchNorm(ByChannel):
    """Channels standardised over the batch; and, after `eval()`, by the running statistics."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def __call__(self, x: Any) -> Any:
        """The input, each channel standardised, times weight plus bias; of its shape."""
        x, name = self.checked(x), type(self).__name__
        if not self.training and self.running_mean is not None:
            return f.by_running(name, x, self.running_mean, self.running_var, self.weight, self.bias, self.eps)
        y, mean, variance = f.by_batch(name, x, self.weight, self.bias, self.eps)
        if self.training and self.running_mean is not None:
            self.track(mean, variance)
        return y


class BatchNorm1d(BatchNorm):
    """Each channel standardised over the batch, then times weight plus bias.  (N, C) or (N, C, L), and the same out

    With bias=False there is a weight alone, and with affine=False neither.

    In training, running statistics move by `momentum` towards those of each batch, or, when it is None, are the
    average of all; the variance that they keep is of n - 1 degrees of freedom. After `eval()` they are what is used,
    unless there are none, as with track_running_stats=False.

    Raises: UsageError for a number of features below 1; ShapeError, when called, for other axes or channels, and in
    training for a single number in each channel.

    Example
    -------
    >>> norm = BatchNorm1d(2)
    >>> norm(np.array([[1.0, 3.0], [3.0, 3.0]])).data.round(3)
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> norm.running_mean
    array([0.2, 0.3])
    """

    ndims, layouts = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm2d(BatchNorm):
    """BatchNorm1d, of (N, C, H, W)."""

    ndims, layouts = (4,), "(N, C, H, W)"


class BatchNorm3d(BatchNorm):
    """BatchNorm1d, of (N, C, D, H, W)."""

    ndims, layouts = (5,), "(N, C, D, H, W)"


class InstanceNorm(ByChannel):
    """Channels of each sample standardised; and, after `eval()`, by the running statistics, if they are tracked."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def __call__(self, x: Any) -> Any:
        """The input, each channel of each sample standardised, times weight plus bias; of its shape."""
        x = f.floats(x)
        without_batch = x.ndim == self.ndims[0]
        x, name = self.checked(x, 0 if without_batch else 1), type(self).__name__
        if without_batch:
            return self(x[None])[0]
        if not self.training and self.running_mean is not None:
            return f.by_running(name, x, self.running_mean, self.running_var, self.weight, self.bias, self.eps)
        y, mean, variance = f.by_batch(name, x, self.weight, self.bias, self.eps, of_samples=True)
        if self.training and self.running_mean is not None:
            self.track(mean, variance)
        return y


class InstanceNorm1d(InstanceNorm):
    """Each channel of each sample standardised, then times weight plus bias.  (N, C, L) or (C, L), and the same out

    Weights and running statistics are there if they are asked for, with bias=False the weight alone; the latter move
    by `momentum` towards the means over the batch, or, when it is None, are the average of all batches: PyTorch's then
    stay as they are, and its num_batches_tracked stays 0 in any case.

    Raises: UsageError for a number of features below 1; ShapeError, when called, for other axes or channels, and for
    a single number in each channel of a sample.
    """

    ndims, layouts = (2, 3), "(N, C, L) or (C, L)"


class InstanceNorm2d(InstanceNorm):
    """InstanceNorm1d, of (N, C, H, W) or (C, H, W)."""

    ndims, layouts = (3, 4), "(N, C, H, W) or (C, H, W)"


class InstanceNorm3d(InstanceNorm):
    """InstanceNorm1d, of (N, C, D, H, W) or (C, D, H, W)."""

    ndims, layouts = (4, 5), "(N, C, D, H, W) or (C, D, H, W)"


def sizes(where: str, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The shape as a tuple; or UsageError."""
    shape = tuple(normalized_shape) if isinstance(normalized_shape, (list, tuple)) else (normalized_shape,)
    for n in shape:
        check_whole(where, "normalized_shape", n)
    if not shape:
        raise UsageError(f"{where}: got normalized_shape=(); it needs an axis or more; give the last axes' sizes")
    return shape


def check_channels(where: str, shape: tuple[int, ...], axis: int, n: int, name: str) -> None:
    """Raise ShapeError unless that axis has n places."""
    if len(shape) <= axis or shape[axis] != n:
        raise ShapeError(
            f"{where}: got x of shape {shape}; its axis {axis} must be {name} = {n}; "
            f"reshape x, or build {where} with that {name}"
        )
