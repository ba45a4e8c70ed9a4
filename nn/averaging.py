"""`AveragedModel`: a copy of a network whose parameters are means of those that it passed while it was trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from autograd_mini import UsageError, Value, no_grad

from .module import Module
from .normalisation import BatchNorm

__all__ = ["AveragedModel", "get_ema_avg_fn", "get_swa_avg_fn", "update_bn"]

Average = Callable[[Any, Any, int], Any]


class AveragedModel(Module):
    """What a model computes with averaged parameters; `update_parameters(model)` adds those of now to the mean.

    model: copied; the first update copies its parameters again. avg_fn: the new mean from the mean, the
    parameter of now and how many were averaged; by default the mean of all, as of stochastic weight
    averaging, and `get_ema_avg_fn()` for one that forgets. use_buffers: average buffers too; else they
    are those of the model at the last update. After averaging, `update_bn` takes the statistics of
    batch normalisation anew.

    Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (2018).

    Example
    -------
    >>> from nn import Linear
    >>> model = Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for number in (1.0, 2.0, 6.0):
    ...     model.weight.data = np.array([[number]])
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.data
    array([[3.]])
    """

    def __init__(self, model: Module, avg_fn: Average | None = None, use_buffers: bool = False) -> None:
        self.n_averaged = np.array(0)
        self.module = deepcopy(model)
        self.avg_fn = get_swa_avg_fn() if avg_fn is None else avg_fn
        self.use_buffers = use_buffers

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the model gives, with the averaged parameters."""
        return self.module(*args, **options)

    def update_parameters(self, model: Module) -> None:
        """Move the means towards the parameters of a model, built as the first one; its buffers are averaged or copied.

        Raises: UsageError for a model with other parameters and buffers; then nothing has been changed.
        """
        mine, theirs = dict(self.module.named_leaves()), dict(model.named_leaves())
        if [(k, x.shape) for k, x in mine.items()] != [(k, x.shape) for k, x in theirs.items()]:
            raise UsageError(
                f"AveragedModel.update_parameters: got a {type(model).__name__} whose parameters and buffers differ "
                "from those that are averaged, in names or shapes; give the model that it was made from"
            )
        n = int(self.n_averaged)
        new = {}
        for k, x in mine.items():
            now = numbers_of(theirs[k])
            is_averaged = n and (self.use_buffers or isinstance(x, Value))
            new[k] = self.avg_fn(numbers_of(x), now, n) if is_averaged else now
        for k, x in mine.items():
            if isinstance(x, Value):
                x.data = new[k]
            else:
                x[...] = new[k]
        self.set_buffer("n_averaged", n + 1)


def get_swa_avg_fn() -> Average:
    """The mean of all, as an `avg_fn` of `AveragedModel`."""
    return mean_of_all


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The mean that keeps the share `decay` of itself at each update, as an `avg_fn` of `AveragedModel`.

    Raises: UsageError for a share that is not from 0 to 1.
    """
    if not 0 <= decay <= 1:
        raise UsageError(f"get_ema_avg_fn: got decay = {decay!r}; it is a share from 0 to 1; 0.999 is usual")
    return partial(forgetting_mean, 1 - decay)


def mean_of_all(mean: Any, now: Any, n: int) -> Any:
    """The mean of n + 1, from that of n and the last."""
    return mean + (now - mean) / (n + 1)


def forgetting_mean(share: float, mean: Any, now: Any, n: int) -> Any:
    """The mean, with this share of it exchanged for the last."""
    return mean + share * (now - mean)


def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Take the running statistics of all batch normalisation anew: the means over the batches of one pass.

    loader: batches, each an input of the model, or a tuple or list that begins with one. Layers are as
    they were afterwards, but for the statistics.

    Example
    -------
    >>> from nn import BatchNorm1d
    >>> model = BatchNorm1d(1)
    >>> update_bn([np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])], model)
    >>> model.running_mean
    array([4.])
    """
    layers = [m for m in model.modules() if isinstance(m, BatchNorm) and m.running_mean is not None]
    if not layers:
        return
    modes, momenta = [(m, m.training) for m in model.modules()], [m.momentum for m in layers]
    for m in layers:
        m.set_buffer("running_mean", 0.0)
        m.set_buffer("running_var", 1.0)
        m.set_buffer("num_batches_tracked", 0)
        m.momentum = None
    try:
        model.train()
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    finally:
        for m, momentum in zip(layers, momenta, strict=True):
            m.momentum = momentum
        for part, training in modes:
            part.training = training


def numbers_of(x: Any) -> Any:
    """The numbers of a parameter or a buffer."""
    return x.detach().data if isinstance(x, Value) else x
