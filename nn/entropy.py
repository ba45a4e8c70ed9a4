# ruff: noqa: A001, A002  # `input` is the name that PyTorch has
"""Losses of one class out of several: cross entropy of logits, and of logarithms of probabilities.

Classes lie along the second axis, or along the only one: (N, C), (N, C, d1, ...) or (C,). Targets are
the numbers of classes, in the same shape without that axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError, Value, log_softmax, primitive, softmax

from .checks import shape_of
from .reduction import (
    Reduction,
    as_operand,
    as_precise,
    check_each,
    check_reduction,
    data_of,
    dtype_of,
    in_precision_of,
    kind_of,
    reduced,
)

__all__ = ["class_weights", "cross_entropy", "nll_loss", "of_class", "whole_targets"]


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The mean of -log of the probability that softmax of the logits gives to the class of the target.

    (N, C), (N,) -> (); likewise (N, C, d1, ...), (N, d1, ...) and (C,), (). A target of the shape of
    the input, of real numbers, holds the probabilities of all classes instead.

    weight: a factor for each class, (C,); the mean is then divided by the sum of the weights of the
    targets, but with probabilities as targets by the number of rows. ignore_index: targets with this
    number count neither in the sum nor in the mean. label_smoothing: this part of every target is
    spread over all classes alike. A class whose logit is -inf takes no part, and its derivative is 0.

    Raises: ShapeError for shapes that do not fit, or a mean over nothing; DtypeError for targets of
    real numbers in the shape of classes; UsageError for a class that is not there, for targets that
    are all ignored and wanted as a mean, and for other settings.
    Source: Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7, for label smoothing.

    Example
    -------
    >>> cross_entropy(np.array([[2.0, 2.0], [0.0, 1000.0]]), np.array([0, 1]), reduction="none")
    array([0.69314718, 0.        ])
    """
    where = "cross_entropy"
    input, target = in_precision_of(1.0, as_operand(input)), as_operand(target)
    if isinstance(label_smoothing, Value) or not 0 <= label_smoothing <= 1:
        raise UsageError(
            f"{where}: got label_smoothing = {label_smoothing!r}; it is a part of 1; give a number from 0 to 1"
        )
    shape = shape_of(input)
    axis = class_axis(where, shape)
    weight = class_weights(where, weight, input, shape[axis])
    if shape_of(target) == shape and kind_of(target) == "f":
        return of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing, axis)
    target, counts, share = counted(where, input, target, weight, ignore_index, reduction, axis)
    if not label_smoothing:
        losses = softmax_cross_entropy(input, target, axis=axis)
        return averaged(losses if share is None else losses * share, counts, share, reduction)
    log_p = log_softmax(input, axis=axis)
    own = of_class(log_p, target, axis=axis) * (label_smoothing - 1.0)
    evenly = np.sum(log_p if weight is None else log_p * weight, axis=axis) * (label_smoothing / shape[axis])
    return averaged((own if share is None else own * share) - evenly, counts, share, reduction)


def of_probabilities(
    input: Any,
    target: Any,
    weight: Any,
    ignore_index: int,
    reduction: Reduction,
    label_smoothing: float,
    axis: int,
) -> Any:
    """The cross entropy with probabilities of all classes as targets."""
    where, shape = "cross_entropy", shape_of(input)
    check_reduction(where, reduction, shape)
    if ignore_index >= 0:
        raise UsageError(
            f"{where}: got ignore_index = {ignore_index} and class probabilities; no row of these has that number; "
            "leave it out"
        )
    check_each(where, "target", target, lambda t: t >= 0, "probabilities are from 0 on; give those, or whole numbers")
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / shape[axis]
    # A class that has neither a logit nor a probability would be 0 * -inf.
    terms = target * np.where(np.equal(target, 0), 0.0, log_softmax(input, axis=axis))
    return reduced(-np.sum(terms if weight is None else terms * weight, axis=axis), reduction)


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: Reduction = "mean"
) -> Any:
    """The mean of what the input has for the class of the target, negated: the input holds log(probabilities).

    Shapes, weight, ignore_index and reduction are those of `cross_entropy`, which is this after log_softmax.

    Raises: as `cross_entropy`.

    Example
    -------
    >>> nll_loss(np.array([[-1.0, -2.0], [-3.0, -4.0]]), np.array([0, 1]))
    np.float64(2.5)
    """
    input, target = in_precision_of(1.0, as_operand(input)), as_operand(target)
    shape = shape_of(input)
    axis = class_axis("nll_loss", shape)
    weight = class_weights("nll_loss", weight, input, shape[axis])
    target, counts, share = counted("nll_loss", input, target, weight, ignore_index, reduction, axis)
    losses = -of_class(input, target, axis=axis)
    return averaged(losses if share is None else losses * share, counts, share, reduction)


# ---- shapes, targets and weights


def class_axis(where: str, shape: tuple[int, ...]) -> int:
    """The axis of the classes: the second, or the only one."""
    axis = min(len(shape) - 1, 1)
    if axis < 0 or not shape[axis]:
        raise ShapeError(
            f"{where}: got input of shape {shape}; it has a number for each class; give (N, C), (N, C, d1, ...) or (C,)"
        )
    return axis


def class_weights(where: str, weight: Any, input: Any, n: int) -> Any:
    """A weight for each of n classes, in the precision of the input and a shape that fits its class axis."""
    if weight is None:
        return None
    weight = as_operand(weight)
    if shape_of(weight) != (n,):
        raise ShapeError(
            f"{where}: got a weight of shape {shape_of(weight)} for {n} classes; it has one for each; give shape {(n,)}"
        )
    return np.reshape(as_precise(weight, input), (n, *(1,) * max(len(shape_of(input)) - 2, 0)))


def whole_targets(where: str, target: Any, shape: tuple[int, ...], n: int, ignored: int | None = None) -> None:
    """Raise unless a target holds numbers of n classes, in that shape; or the one number that is ignored."""
    if shape_of(target) != shape:
        raise ShapeError(
            f"{where}: got target of shape {shape_of(target)}; the classes of this input have shape {shape}; "
            "reshape the target"
        )
    if kind_of(target) not in "iu":
        raise DtypeError(
            f"{where}: got target of dtype {dtype_of(target)} and shape {shape}; classes are whole numbers; "
            "convert it, as in target.astype(int)"
        )
    check_each(
        where,
        "target",
        target,
        lambda t: ((t >= 0) & (t < n)) | (False if ignored is None else t == ignored),
        f"classes are 0 to {n - 1}; give one of these{'' if ignored is None else f', or ignore_index = {ignored}'}",
    )


def counted(
    where: str, input: Any, target: Any, weight: Any, ignore_index: int, reduction: Reduction, axis: int
) -> tuple[Any, Any, Any]:
    """Targets without the ignored number, where they count, None if all do, and their weights, None if all are 1."""
    shape, n = shape_of(input), shape_of(input)[axis]
    each = shape[:axis] + shape[axis + 1 :]
    if shape_of(target) == shape:
        raise DtypeError(
            f"{where}: got target of dtype {dtype_of(target)} in the shape {shape} "
            f"of the input; classes have shape {each}; give these, or probabilities to cross_entropy"
        )
    whole_targets(where, target, each, n, ignore_index)
    check_reduction(where, reduction, each)
    target = target if isinstance(target, Value) else np.asarray(target)
    counts = np.not_equal(target, ignore_index)
    if isinstance(target, Value) or not np.all(counts):
        target = np.where(counts, target, 0)
        if reduction == "mean" and is_all_zero(counts):
            raise UsageError(
                f"{where}: got targets that are all ignore_index = {ignore_index}; a mean needs one that counts; "
                "leave this batch out, or use reduction='sum'"
            )
    else:
        counts = None
    if weight is None:
        return target, counts, None
    share = np.ravel(weight)[target]
    if reduction == "mean" and is_all_zero(share if counts is None else share * counts):
        raise UsageError(
            f"{where}: got weights that are 0 for all classes of the targets; a mean divides by their sum; "
            "leave this batch out, or use reduction='sum'"
        )
    return target, counts, share


def is_all_zero(x: Any) -> bool:
    """Whether numbers that are known are all zero."""
    data = data_of(x)
    return data is not None and not np.any(data)


def averaged(losses: Any, counts: Any, share: Any, reduction: Reduction) -> Any:
    """The losses where they count, reduced; a mean is divided by the sum of their weights."""
    if counts is not None:
        losses = np.where(counts, losses, 0.0)
        share = in_precision_of(losses, counts) if share is None else np.where(counts, share, 0.0)
    if share is None or reduction != "mean":
        return reduced(losses, reduction)
    return np.sum(losses) / np.sum(share)


# ---- the ops


def places(target: Any, axis: int) -> tuple[Any, ...]:
    """The key of each target's element in an array that has the classes along an axis."""
    key = [*np.indices(np.shape(target), sparse=True)]
    return (*key[:axis], target, *key[axis:])


@primitive(
    name="nn.of_class",
    smooth=True,
    samples=lambda a: [(a(3, 4), np.array([1, 0, 1]), {"axis": 1}), (a(4), np.array(2), {"axis": 0})],
)
def of_class(x: Any, target: Any, /, axis: int) -> Any:
    """The element of each target's class.  (N, C, ...), (N, ...) -> (N, ...)"""
    return x[places(target, axis)]


@primitive(
    name="nn.to_class",
    smooth=True,
    samples=lambda a: [(a(3), np.array([1, 0, 1]), {"axis": 1, "n": 2}), (a(), np.array(2), {"axis": 0, "n": 3})],
)
def to_class(g: Any, target: Any, /, axis: int, n: int) -> Any:
    """Zeros for n classes, with `g` at each target's.  (N, ...), (N, ...) -> (N, C, ...)"""
    g = np.asarray(g)
    y = np.zeros((*g.shape[:axis], n, *g.shape[axis:]), g.dtype)
    y[places(target, axis)] = g
    return y


of_class.vjps = (lambda g, y, x, target, axis: to_class(g, target, axis=axis, n=shape_of(x)[axis]), None)
to_class.vjps = (lambda g, y, x, target, axis, n: of_class(g, target, axis=axis), None)


@primitive(
    name="nn.softmax_cross_entropy",
    smooth=True,
    samples=lambda a: [
        (a(3, 4), np.array([1, 0, 1]), {"axis": 1}),
        (a(2, 3, 2), np.array([[1, 0], [2, 2]]), {"axis": 1}),
        (a(4), np.array(2), {"axis": 0}),
    ],
)
def softmax_cross_entropy(x: Any, target: Any, /, axis: int) -> Any:
    """-log softmax of the logits at each target's class, without overflow.  (N, C, ...), (N, ...) -> (N, ...)"""
    top = np.max(x, axis, keepdims=True)
    e = np.subtract(x, top)
    np.exp(e, e)
    return np.log(np.sum(e, axis)) + (np.squeeze(top, axis) - of_class(x, target, axis=axis))


softmax_cross_entropy.vjps = (
    lambda g, y, x, target, axis: (
        np.expand_dims(g, axis) * softmax(x, axis=axis) - to_class(g, target, axis=axis, n=shape_of(x)[axis])
    ),
    None,
)


@softmax_cross_entropy.raw_vjp
def _(g: Any, y: Any, x: Any, target: Any, axis: int) -> Any:
    c = np.subtract(x, np.max(x, axis, keepdims=True))
    np.exp(c, c)
    c *= np.expand_dims(g, axis) / np.sum(c, axis, keepdims=True)
    c[places(target, axis)] -= g
    return c
