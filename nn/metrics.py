"""Metrics: how good outputs are, as numbers without derivatives, of one batch or exactly over many.

Like losses, and unlike scikit-learn's functions of such names, they take the output first and the target second. They
agree with scikit-learn; where a ratio is 0 / 0, it is 0, without a warning.

Classes are given as scores or as labels. Scores (N, C, ...) against labels (N, ...) stand for the class of the largest
score. An output of the target's shape holds labels if it is of integers, booleans or text; if it is of floats, they are
scores of class 1 against 0, which is predicted above the threshold: 0.5 is for probabilities, 0 for logits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd_mini import UsageError

from .sums import (
    Sums,
    absolute_of,
    added,
    confusion_of,
    errors,
    errors_merged,
    explained_of,
    f1_of,
    hits,
    mean_of,
    numbers,
    pair,
    precision_of,
    recall_of,
    root_of,
    squared_of,
    table,
    tables_merged,
    top_hits,
)  # fmt: skip

__all__ = [
    "Metric",
    "accuracy",
    "confusion_matrix",
    "f1",
    "mean_absolute_error",
    "mean_squared_error",
    "precision",
    "r2_score",
    "recall",
    "rmse",
    "roc_auc",
    "top_k_accuracy",
]


class Metric:
    """A metric over many batches: `update` with each, then `result` is what the function gives of all of them at once.

    function: one of this module, or your own of (output, target). options: for the function, as in
    `Metric(f1, average="macro")`. Metrics of this module keep sums alone; of your own function, all outputs and targets
    are kept, unless `mean` says that it is a mean over samples: then it is averaged, weighted by their numbers.

    Raises: UsageError, from `result`, where there was no batch.

    Example
    -------
    >>> metric = Metric(recall)
    >>> metric.update(np.array([1, 0]), np.array([1, 1]))
    >>> metric.update(np.array([1]), np.array([1]))
    >>> metric.result()
    0.6666666666666666
    """

    def __init__(
        self, function: Callable[..., Any], name: str | None = None, *, mean: bool = False, **options: Any
    ) -> None:
        function, options = opened(function, options)
        self.name = str(name or getattr(function, "__name__", type(function).__name__))
        counts = {k: options[k] for k in options if k in {"threshold", "k"}}
        rest = {k: options[k] for k in options if k not in counts}
        own = Parts(partial(sized, function, options), added, mean_of) if mean else kept_whole(function, options)
        found = PARTS.get(function)
        self.parts = own if found is None else Parts(partial(found.of_batch, **counts), found.merged, found.result)
        self.is_cheap = found is not None or mean  # whether a result now and then costs little
        self.options = {} if found is None else rest
        self.sums: Sums = {}

    def update(self, output: Any, target: Any) -> None:
        """Count a batch."""
        new = self.parts.of_batch(numbers(output), numbers(target))
        self.sums = self.parts.merged(self.sums, new) if self.sums else new

    def result(self) -> Any:
        """The metric of all that was counted."""
        if not self.sums:
            raise UsageError(f"Metric: {self.name} has seen no batch; it needs one; call update(output, target) first")
        return self.parts.result(self.sums, **self.options)

    def reset(self) -> None:
        """Forget what was counted."""
        self.sums = {}

    def state(self) -> Sums:
        """What was counted, as `load` takes it."""
        return dict(self.sums)

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what was counted elsewhere."""
        self.sums = dict(state)


class Parts(NamedTuple):
    """A metric as sums: of a batch, of two batches together, and the number that they give."""

    of_batch: Callable[..., Sums]
    merged: Callable[[Sums, Sums], Sums]
    result: Callable[..., Any]


def accuracy(output: Any, target: Any, *, threshold: float = 0.5) -> float:
    """The share of labels that are right, from 0 to 1.

    Raises: ShapeError for shapes that do not belong together, or for nothing.

    Example
    -------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return mean_of(hits(numbers(output), numbers(target), threshold=threshold))


def top_k_accuracy(output: Any, target: Any, k: int = 5) -> float:
    """The share of labels that are among the k classes of the largest scores.  (N, C, ...), (N, ...) -> a number

    Of equal scores, that of the higher class counts as larger, as in scikit-learn.

    Raises: ShapeError for shapes that do not belong together, UsageError for labels that are no class.
    """
    return mean_of(top_hits(numbers(output), numbers(target), k=k))


def precision(
    output: Any, target: Any, average: str | None = "binary", pos_label: Any = 1, *, threshold: float = 0.5
) -> Any:
    """Of what is predicted to be of a class, the share that is.

    average: "binary" is for class `pos_label` of two; "macro" is the mean over the classes that occur, "weighted" one
    by their numbers in the target, "micro" counts all together; None gives each class its own, in order.

    Raises: UsageError for another average, and for "binary" of other classes.

    Example
    -------
    >>> precision(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2]), "macro")
    0.8333333333333334
    """
    return precision_of(table(numbers(output), numbers(target), threshold=threshold), average, pos_label)


def recall(
    output: Any, target: Any, average: str | None = "binary", pos_label: Any = 1, *, threshold: float = 0.5
) -> Any:
    """Of what is of a class, the share that is predicted to be; settings as in `precision`."""
    return recall_of(table(numbers(output), numbers(target), threshold=threshold), average, pos_label)


def f1(output: Any, target: Any, average: str | None = "binary", pos_label: Any = 1, *, threshold: float = 0.5) -> Any:
    """The harmonic mean of precision and recall; settings as in `precision`.

    Example
    -------
    >>> f1(np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0]))
    0.5
    """
    return f1_of(table(numbers(output), numbers(target), threshold=threshold), average, pos_label)


def confusion_matrix(output: Any, target: Any, labels: Any = None, *, threshold: float = 0.5) -> Any:
    """How often each class (row) is predicted to be each class (column).

    labels: the classes and their order; those that occur, in order, if it is None.

    Raises: UsageError if none of the labels occurs in the target.

    Example
    -------
    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]))
    array([[1, 1],
           [0, 1]])
    """
    return confusion_of(table(numbers(output), numbers(target), threshold=threshold), labels)


def roc_auc(output: Any, target: Any) -> float:
    """How likely a sample of class 1 has a larger score than one of class 0; equal scores count half.

    Raises: ShapeError for unequal shapes; UsageError for targets other than 0 and 1, or of one class alone.
    Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve" (1982).

    Example
    -------
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    scores, labels = (x.ravel() for x in pair("roc_auc", output, target))
    n, n_positive = len(labels), int(np.sum(labels == 1))
    if np.any((labels != 0) & (labels != 1)) or n_positive in {0, n}:
        raise UsageError(
            f"roc_auc: got a target with {', '.join(map(str, np.unique(labels)[:4]))}; "
            "it compares scores of class 1 with those of class 0; give labels of 0 and 1, both of them"
        )
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    above = float(np.sum(ranks[labels == 1])) - n_positive * (n_positive + 1) / 2
    return above / (n_positive * (n - n_positive))


def mean_absolute_error(output: Any, target: Any) -> float:
    """The mean of abs(target - output).

    Raises: ShapeError for unequal shapes, or for nothing.
    """
    return absolute_of(errors("mean_absolute_error", numbers(output), numbers(target)))


def mean_squared_error(output: Any, target: Any) -> float:
    """The mean of (target - output)^2.

    Raises: ShapeError for unequal shapes, or for nothing.
    """
    return squared_of(errors("mean_squared_error", numbers(output), numbers(target)))


def rmse(output: Any, target: Any) -> float:
    """The root of the mean squared error; of several columns, the mean of their roots.  (N, ...), (N, ...) -> a number

    Raises: ShapeError for unequal shapes, or for nothing.
    """
    return root_of(errors("rmse", numbers(output), numbers(target)))


def r2_score(output: Any, target: Any) -> float:
    """1 - (the squared error / that of the target's mean); of several columns, their mean.

    Of a target that is all alike it is 1 if the output is exact, else 0; of a single sample it is nan.

    Raises: ShapeError for unequal shapes, or for nothing.
    """
    return explained_of(errors("r2_score", numbers(output), numbers(target)))


def metrics_of(where: str, metrics: Any) -> list[Metric]:
    """Fresh Metrics of functions and Metrics, in a list or by name.

    Raises: UsageError for what is neither, and for two of one name.
    """
    if isinstance(metrics, (Metric, str)) or callable(metrics):
        metrics = [metrics]
    pairs: Iterable[tuple[Any, Any]] = metrics.items() if isinstance(metrics, Mapping) else [(None, m) for m in metrics]
    found: list[Metric] = []
    for name, m in pairs:
        if not isinstance(m, Metric) and not callable(m):
            raise UsageError(
                f"{where}: got the metric {m!r}; it is a function of (output, target), or a Metric; "
                "give one of nn.metrics, such as nn.metrics.accuracy"
            )
        metric = copy.copy(m) if isinstance(m, Metric) else Metric(m)
        metric.name = name or metric.name
        metric.reset()
        found.append(metric)
    names = ["loss", *(m.name for m in found)]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"{where}: got two metrics named {name!r}; the history has a column for each; "
                "give them by name, as in {'f1_macro': Metric(f1, average='macro')}"
            )
    return found


def opened(function: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The function that `partial` gave options, and these."""
    while isinstance(function, partial) and not function.args:
        function, options = function.func, {**function.keywords, **options}
    return function, options


def sized(function: Callable[..., Any], options: Mapping[str, Any], output: Any, target: Any) -> Sums:
    """A mean over samples, as a sum over them."""
    n = len(target)
    return {"sum": float(numbers(function(output, target, **options))) * n, "n": n}


def kept_whole(function: Callable[..., Any], options: Mapping[str, Any]) -> Parts:
    """A metric that needs all outputs and targets at once."""

    def result(s: Sums) -> Any:
        found = numbers(function(np.concatenate(s["outputs"]), np.concatenate(s["targets"]), **options))
        return found if found.ndim else found.item()

    return Parts(lambda output, target: {"outputs": [output], "targets": [target]}, added, result)


PARTS: dict[Any, Parts] = {
    accuracy: Parts(hits, added, mean_of),
    top_k_accuracy: Parts(top_hits, added, mean_of),
    precision: Parts(table, tables_merged, precision_of),
    recall: Parts(table, tables_merged, recall_of),
    f1: Parts(table, tables_merged, f1_of),
    confusion_matrix: Parts(table, tables_merged, confusion_of),
    mean_absolute_error: Parts(partial(errors, "mean_absolute_error"), errors_merged, absolute_of),
    mean_squared_error: Parts(partial(errors, "mean_squared_error"), errors_merged, squared_of),
    rmse: Parts(partial(errors, "rmse"), errors_merged, root_of),
    r2_score: Parts(partial(errors, "r2_score"), errors_merged, explained_of),
}
