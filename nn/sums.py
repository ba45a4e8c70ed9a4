"""What metrics keep of batches: sums that add up exactly, and the numbers that they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, array

from .checks import check_choice, check_whole

__all__ = [
    "Sums",
    "absolute_of",
    "added",
    "confusion_of",
    "errors",
    "errors_merged",
    "explained_of",
    "f1_of",
    "hits",
    "mean_of",
    "numbers",
    "pair",
    "precision_of",
    "recall_of",
    "root_of",
    "squared_of",
    "table",
    "tables_merged",
    "top_hits",
]

Sums = dict[str, Any]


def numbers(x: Any) -> Any:
    """The array of a Value, a list or an array; trees of them stay as they are."""
    if isinstance(x, Value):
        return x.detach().data
    if isinstance(x, list):
        x = array(x)
        return x.detach().data if isinstance(x, Value) else x
    return x if isinstance(x, (tuple, Mapping)) else np.asarray(x)


def pair(where: str, output: Any, target: Any) -> tuple[Any, Any]:
    """Output and target as arrays of one shape, which is not empty."""
    output, target = np.asarray(numbers(output)), np.asarray(numbers(target))
    if output.shape != target.shape:
        raise ShapeError(
            f"{where}: got an output of shape {output.shape} and a target of shape {target.shape}; "
            "they must be equal; reshape one of them"
        )
    if not output.size:
        raise ShapeError(f"{where}: got arrays of shape {output.shape}; it needs an element; leave this batch out")
    return output, target


def labels_of(where: str, output: Any, target: Any, threshold: float) -> tuple[Any, Any]:
    """The predicted labels and the true ones, each in one row."""
    output, target = np.asarray(output), np.asarray(target)
    if output.ndim == target.ndim + 1 and output.shape[:1] + output.shape[2:] == target.shape and output.shape[1] > 1:
        output = output.argmax(axis=1) if output.size else np.zeros(target.shape, int)
    elif output.shape != target.shape:
        raise ShapeError(
            f"{where}: got an output of shape {output.shape} and a target of shape {target.shape}; "
            "they are labels or scores of one shape, or scores (N, C, ...) of several classes and labels (N, ...); "
            "reshape one of them"
        )
    elif output.dtype.kind == "f":
        if np.any((target != 0) & (target != 1)):
            raise UsageError(
                f"{where}: got scores of one class and a target with {np.max(target)!r}; scores of the target's shape "
                "are of class 1 against 0; give scores (N, C) of all classes, or labels of an integer dtype"
            )
        output, target = (output > threshold).astype(int), target.astype(int)
    if not target.size:
        raise ShapeError(f"{where}: got arrays of shape {target.shape}; it needs an element; leave this batch out")
    return output.ravel(), target.ravel()


def hits(output: Any, target: Any, threshold: float = 0.5) -> Sums:
    """How many labels are right, of how many."""
    predicted, true = labels_of("accuracy", output, target, threshold)
    return {"sum": int(np.sum(predicted == true)), "n": true.size}


def top_hits(output: Any, target: Any, k: int = 5) -> Sums:
    """How many labels are among the k classes of the largest scores, of how many."""
    check_whole("top_k_accuracy", "k", k)
    if output.ndim != target.ndim + 1 or output.shape[:1] + output.shape[2:] != target.shape or not target.size:
        raise ShapeError(
            f"top_k_accuracy: got an output of shape {output.shape} and a target of shape {target.shape}; "
            "they are scores (N, C, ...) and labels (N, ...), at least one; reshape one of them"
        )
    n_classes = output.shape[1]
    true = np.expand_dims(target, 1)
    if target.dtype.kind not in "iu" or np.any((target < 0) | (target >= n_classes)):
        raise UsageError(
            f"top_k_accuracy: got labels of dtype {target.dtype} from {target.min()} to {target.max()}; "
            f"there are scores of {n_classes} classes; give whole numbers from 0 to {n_classes - 1}"
        )
    own = np.take_along_axis(output, true, axis=1)
    classes = np.arange(n_classes).reshape(-1, *(1,) * (target.ndim - 1))
    ahead = np.sum((output > own) | ((output == own) & (classes > true)), axis=1)
    return {"sum": int(np.sum((ahead < k) & ~np.isnan(own[:, 0]))), "n": target.size}


def table(output: Any, target: Any, threshold: float = 0.5) -> Sums:
    """The labels that occur, and how often each (row) is predicted to be each (column)."""
    predicted, true = labels_of("confusion_matrix", output, target, threshold)
    labels, place = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    n = len(labels)
    counts = np.bincount(place[: true.size] * n + place[true.size :], minlength=n * n)
    return {"labels": labels, "counts": counts.reshape(n, n)}


def tables_merged(a: Sums, b: Sums) -> Sums:
    """Two tables in one of all their labels."""
    labels = np.union1d(a["labels"], b["labels"])
    counts = np.zeros((len(labels), len(labels)), int)
    for t in (a, b):
        at = np.searchsorted(labels, t["labels"])
        counts[np.ix_(at, at)] += t["counts"]
    return {"labels": labels, "counts": counts}


def confusion_of(t: Sums, labels: Any = None) -> Any:
    """The counts of the labels asked for."""
    if labels is None:
        return t["counts"].copy()
    wanted = np.asarray(labels)
    n = len(wanted)
    counts = np.zeros((n, n), int)
    row, column = np.nonzero(wanted[:, None] == t["labels"])
    if not np.any(t["counts"][column].sum(axis=1)):
        raise UsageError(
            f"confusion_matrix: got labels {wanted.tolist()}; the target has {t['labels'].tolist()[:9]}; "
            "give labels that occur in it"
        )
    counts[np.ix_(row, row)] = t["counts"][np.ix_(column, column)]
    return counts


def ratio(a: Any, b: Any) -> Any:
    """The ratio a / b, and 0 where both are 0."""
    return np.divide(a, b, out=np.zeros(np.broadcast(a, b).shape), where=np.asarray(b) != 0)


def averaged(where: str, t: Sums, score: Callable[..., Any], average: str | None, pos_label: Any) -> Any:
    """A score of (right, predicted, true) counts, over the classes as `average` says."""
    check_choice(where, "average", average, ("binary", "macro", "micro", "weighted", None))
    counts, labels = t["counts"], t["labels"]
    right, predicted, true = np.diagonal(counts), counts.sum(axis=0), counts.sum(axis=1)
    if average == "micro":
        return float(score(right.sum(), predicted.sum(), true.sum()))
    each = score(right, predicted, true)
    if average is None:
        return each
    if average == "macro":
        return float(np.mean(each))
    if average == "weighted":
        return float(np.sum(each * true) / np.sum(true))
    is_positive = labels == pos_label
    if len(labels) > 2 or (len(labels) == 2 and not np.any(is_positive)):
        raise UsageError(
            f"{where}: got the classes {labels.tolist()[:9]} with average='binary' and pos_label={pos_label!r}; "
            "binary is of two classes, pos_label among them; give average='macro', or another pos_label"
        )
    return float(np.sum(each[is_positive]))


def precision_of(t: Sums, average: str | None = "binary", pos_label: Any = 1) -> Any:
    """The precision of a table."""
    return averaged("precision", t, lambda right, predicted, true: ratio(right, predicted), average, pos_label)


def recall_of(t: Sums, average: str | None = "binary", pos_label: Any = 1) -> Any:
    """The recall of a table."""
    return averaged("recall", t, lambda right, predicted, true: ratio(right, true), average, pos_label)


def f1_of(t: Sums, average: str | None = "binary", pos_label: Any = 1) -> Any:
    """The F1 of a table."""
    return averaged("f1", t, lambda right, predicted, true: ratio(2 * right, predicted + true), average, pos_label)


def errors(where: str, output: Any, target: Any) -> Sums:
    """Of each column: sums of errors, absolute and squared, and the target's mean and squared distance from it."""
    output, target = pair(where, output, target)
    n = output.shape[0] if output.ndim else 1
    o, t = (x.reshape(n, -1).astype(np.float64, copy=False) for x in (output, target))
    mean = t.mean(axis=0)
    return {
        "n": n,
        "absolute": np.abs(t - o).sum(axis=0),
        "squared": ((t - o) ** 2).sum(axis=0),
        "mean": mean,
        "spread": ((t - mean) ** 2).sum(axis=0),
    }


def errors_merged(a: Sums, b: Sums) -> Sums:
    """Two sets of samples as one.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    """
    n = a["n"] + b["n"]
    apart = b["mean"] - a["mean"]
    return {
        "n": n,
        "absolute": a["absolute"] + b["absolute"],
        "squared": a["squared"] + b["squared"],
        "mean": a["mean"] + apart * (b["n"] / n),
        "spread": a["spread"] + b["spread"] + apart**2 * (a["n"] * b["n"] / n),
    }


def absolute_of(s: Sums) -> float:
    """The mean absolute error of sums."""
    return float(np.mean(s["absolute"] / s["n"]))


def squared_of(s: Sums) -> float:
    """The mean squared error of sums."""
    return float(np.mean(s["squared"] / s["n"]))


def root_of(s: Sums) -> float:
    """The root of the mean squared error of each column, averaged."""
    return float(np.mean(np.sqrt(s["squared"] / s["n"])))


def explained_of(s: Sums) -> float:
    """The share of the target's spread that is explained."""
    if s["n"] < 2:
        return float("nan")
    left = np.divide(s["squared"], s["spread"], out=(s["squared"] != 0).astype(float), where=s["spread"] != 0)
    return float(np.mean(1 - left))


def added(a: Sums, b: Sums) -> Sums:
    """The sums of both."""
    return {k: a[k] + b[k] for k in a}


def mean_of(s: Sums) -> float:
    """A sum, divided by the number of what it is over."""
    return float(s["sum"] / s["n"])
