"""`evaluate` and `predict`: what a model does on data, in parts that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, no_grad

from .checks import shape_of
from .data import TensorDataset
from .loader import DataLoader
from .metrics import Metric, metrics_of
from .module import Module
from .sums import numbers

__all__ = ["Totals", "evaluate", "loader_of", "measure", "modes_kept", "parts_of", "predict"]

Loss = Callable[[Any, Any], Any]


class Totals:
    """The loss and the metrics of the batches so far; the loss is weighted by the number of samples of each."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.loss, self.n = 0.0, 0
        for m in self.metrics:
            m.reset()

    def add(self, loss: float | None, output: Any, target: Any) -> None:
        """Count a batch; if a metric raises, `load` with the state of before makes it undone."""
        n = size_of(target)
        for m in self.metrics:
            m.update(output, target)
        self.loss, self.n = self.loss + (loss or 0.0) * n, self.n + n

    def means(self) -> dict[str, Any]:
        """The loss and the metrics that are cheap to know at any time."""
        return {"loss": self.loss / self.n, **{m.name: m.result() for m in self.metrics if m.is_cheap}}

    def results(self) -> dict[str, Any]:
        """The loss and all metrics."""
        return {"loss": self.loss / self.n, **{m.name: m.result() for m in self.metrics}}

    def state(self) -> dict[str, Any]:
        """What was counted."""
        return {"loss": self.loss, "n": self.n, "metrics": [m.state() for m in self.metrics]}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take back what was counted."""
        self.loss, self.n = state["loss"], state["n"]
        for m, sums in zip(self.metrics, state["metrics"], strict=True):
            m.load(sums)


def evaluate(
    model: Callable[..., Any],
    data: Any,
    loss: Loss | None = None,
    metrics: Any = (),
    *,
    batch_size: int = 256,
) -> dict[str, Any]:
    """The loss and the metrics of a model on data, by name; the model is set to eval meanwhile, and nothing recorded.

    data: as for `fit`. The loss is the mean over batches, weighted by their sizes; metrics are those of all outputs
    at once.

    Raises: UsageError for data without targets, or without a batch.

    Example
    -------
    >>> from nn import Linear, evaluate, metrics, mse_loss
    >>> x, y = np.ones((5, 3)), np.zeros((5, 2))
    >>> sorted(evaluate(Linear(3, 2), (x, y), mse_loss, [metrics.rmse]))
    ['loss', 'rmse']
    """
    totals = Totals(metrics_of("evaluate", metrics))
    measure("evaluate", model, loader_of("evaluate", data, batch_size), loss, totals)
    results = totals.results()
    if loss is None:
        results.pop("loss")
    return results


def measure(
    where: str,
    model: Callable[..., Any],
    loader: DataLoader,
    loss: Loss | None,
    totals: Totals,
    between: Callable[[], None] = lambda: None,
    compiled: Callable[[list[Any], Any], tuple[Any, Any]] | None = None,
) -> None:
    """Add the loss and the metrics of all batches to the totals; `between` is called after each.

    compiled: gives the output and the loss of a batch.
    """
    with predicting(model, loss):
        for batch in loader:
            *inputs, target = parts_of(where, batch)
            if compiled is not None:
                output, number = compiled(inputs, target)
                totals.add(number_of(where, number), output, target)
            else:
                output = model(*inputs)
                totals.add(None if loss is None else number_of(where, loss(output, target)), output, target)
            between()
    if not totals.n:
        raise UsageError(f"{where}: got data without a batch; there is nothing to average; give at least one sample")


def predict(model: Callable[..., Any], data: Any, *, batch_size: int = 256) -> Any:
    """The outputs of a model for all samples, in one array, or in tuples and dicts of them as the model gives.

    data: an array of inputs, or data as for `fit`, whose targets are left out. The model is set to eval meanwhile, and
    nothing is recorded.

    Raises: UsageError for data without a batch; ShapeError for an output without a first axis, which no batch has.

    Example
    -------
    >>> from nn import Linear, predict
    >>> predict(Linear(3, 2), np.ones((5, 3))).shape
    (5, 2)
    """
    loader = loader_of("predict", (data,) if isinstance(data, (np.ndarray, Value)) else data, batch_size)
    outputs = []
    with predicting(model):
        for batch in loader:
            parts = batch if isinstance(batch, tuple) else (batch,)
            outputs.append(model(*(parts[:-1] or parts)))
    if not outputs:
        raise UsageError("predict: got data without a batch; there is nothing to predict; give at least one sample")
    return joined(outputs)


def joined(outputs: list[Any]) -> Any:
    """The outputs of batches, one behind the other."""
    first = outputs[0]
    if isinstance(first, tuple):
        parts = [joined(list(part)) for part in zip(*outputs, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    if isinstance(first, Mapping):
        return {k: joined([o[k] for o in outputs]) for k in first}
    arrays = [numbers(o) for o in outputs]
    if not all(a.ndim for a in arrays):
        raise ShapeError(
            "predict: got an output of shape () for a batch; each sample needs one of its own; "
            "let the model keep the first axis"
        )
    return np.concatenate(arrays)


def loader_of(
    where: str, data: Any, batch_size: int, *, shuffle: bool = False, rng: np.random.Generator | None = None
) -> DataLoader:
    """A loader as it is; one of a tuple of arrays, or of a data set."""
    if isinstance(data, DataLoader):
        return data
    if isinstance(data, (np.ndarray, Value)):
        raise UsageError(
            f"{where}: got an array of shape {data.shape} alone; a loss needs targets too; "
            "give (x, y), or a DataLoader of such pairs"
        )
    if isinstance(data, tuple):
        data = TensorDataset(*(numbers(x) for x in data))
    return DataLoader(data, batch_size, shuffle and hasattr(data, "__getitem__"), rng=rng)


def parts_of(where: str, batch: Any) -> tuple[Any, ...]:
    """The inputs and, last, the target of a batch."""
    if not isinstance(batch, tuple) or len(batch) < 2:
        what = f"a tuple of {len(batch)}" if isinstance(batch, tuple) else f"a {type(batch).__name__}"
        raise UsageError(
            f"{where}: got a batch that is {what}; it is (input, target), or several inputs and a target; "
            "let the data give such tuples"
        )
    return batch


def size_of(target: Any) -> int:
    """How many samples a target is of: the length of its first axis."""
    while isinstance(target, (tuple, Mapping)):
        target = next(iter(target.values() if isinstance(target, Mapping) else target))
    shape = shape_of(target)
    return shape[0] if shape else 1


def number_of(where: str, loss: Any) -> float:
    """A loss as a float."""
    if shape_of(loss) != ():
        raise ShapeError(
            f"{where}: got a loss of shape {shape_of(loss)}; it must be one number; "
            'let the loss have reduction="mean", or wrap it'
        )
    return float(numbers(loss))


@contextmanager
def modes_kept(*modules: Any) -> Iterator[None]:
    """A block after which each module trains or predicts as it did before."""
    modes = [(m, m.training) for x in modules if isinstance(x, Module) for m in x.modules()]
    try:
        yield
    finally:
        for m, mode in modes:
            m.training = mode


@contextmanager
def predicting(*modules: Any) -> Iterator[None]:
    """A block in which modules are set to eval, and nothing is recorded."""
    with modes_kept(*modules), no_grad():
        for m in modules:
            if isinstance(m, Module):
                m.eval()
        yield
