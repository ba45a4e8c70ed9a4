"""`Objective`: the loss of a batch whose samples have weights, or none."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from inspect import signature
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from .checks import shape_of
from .data import TensorDataset
from .loss_modules import Loss

__all__ = ["Objective", "weighted_data"]


class Objective:
    """The mean loss of a batch of outputs, (N, n_outputs), each sample's times its weight, divided by N.

    Raises: UsageError for a loss that cannot give the losses of single samples, where these have weights; when
    called, ShapeError for outputs of another shape.
    """

    def __init__(self, where: str, loss: Any, n_outputs: int, *, is_weighted: bool) -> None:
        self.where, self.n_outputs = where, n_outputs
        self.loss = self.each = loss
        if is_weighted:
            self.each = of_samples(where, loss)

    def __call__(self, output: Any, target: Any) -> Any:
        """The loss of a batch, whose target is an array, or one with the fields "y" and "weight"."""
        shape = shape_of(output)
        if shape != (len(target), self.n_outputs):
            raise ShapeError(
                f"{self.where}: got a module whose output has shape {shape} for {len(target)} samples; it must be "
                f"{(len(target), self.n_outputs)}; let the module end with {self.n_outputs} outputs for each sample"
            )
        if target.dtype.names is None:
            return self.loss(output, target)
        losses = self.each(output, target["y"])
        if losses.ndim > 1:
            losses = np.mean(losses, axis=tuple(range(1, losses.ndim)))
        return np.mean(losses * target["weight"])


def of_samples(where: str, loss: Any) -> Callable[[Any, Any], Any]:
    """The function that gives the loss of each sample."""
    if isinstance(loss, Loss) and hasattr(loss, "reduction"):
        each = copy(loss)
        each.reduction = "none"
        return each
    if isinstance(loss, Loss) or "reduction" not in signature(loss).parameters:
        raise UsageError(
            f"{where}: got weights, and loss={loss!r:.60}, which has no option reduction; weights need the loss of "
            'each sample; give a loss that takes reduction="none", or leave the weights out'
        )
    return partial(loss, reduction="none")


def weighted_data(x: Any, y: Any, weight: Any = None) -> TensorDataset:
    """Inputs and targets, with weights as fields beside the targets, so that batches are slices of two arrays."""
    if weight is None:
        return TensorDataset(x, y)
    targets = np.empty(len(y), [("y", y.dtype, y.shape[1:]), ("weight", weight.dtype)])
    targets["y"], targets["weight"] = y, weight
    return TensorDataset(x, targets)
