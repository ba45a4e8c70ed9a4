# ruff: noqa: A001, A002  # `input` is the name that PyTorch has
"""Losses of yes and no, of one or many labels, and of the margin by which the right class is ahead."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, Value, elementwise, logistic, primitive, relu

from ..checks import as_operand, check_choice, shape_of
from .entropy import class_weights, of_class, whole_targets
from .reduction import (
    TINY,
    Reduction,
    check_each,
    check_reduction,
    check_signs,
    matched,
    reduced,
    weighted,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]


# ---- yes and no


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: Reduction = "mean") -> Any:
    """The mean of -(target * log(input) + (1 - target) * log(1 - input)), where both are probabilities.

    Logarithms are at least -100, and the divisor of the derivative at least 1e-12. weight: a factor
    for each element, which broadcasts to the input; a mean is divided by the number of elements.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another
    reduction, and for numbers outside of 0 to 1.

    Example
    -------
    >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none")
    array([  0.69314718, 100.        ])
    """
    input, target = matched("binary_cross_entropy", reduction, input=input, target=target)
    check_each("binary_cross_entropy", "input", input, is_probability, PROBABILITIES)
    check_each("binary_cross_entropy", "target", target, is_probability, PROBABILITIES)
    return reduced(factored("binary_cross_entropy", probability_loss(input, target), weight), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: Reduction = "mean", pos_weight: Any = None
) -> Any:
    """The mean of `binary_cross_entropy` of logistic(input), exact for large inputs too.

    weight: a factor for each element, which broadcasts to the input. pos_weight: a factor for what
    comes with a target of 1, which broadcasts likewise; above 1 it makes misses dearer.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another
    reduction, and for targets outside of 0 to 1.

    Example
    -------
    >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0]), reduction="none")
    array([0.69314718, 0.        ])
    """
    where = "binary_cross_entropy_with_logits"
    input, target = matched(where, reduction, input=input, target=target)
    check_each(where, "target", target, is_probability, "a target is a probability, from 0 to 1; divide by its largest")
    if pos_weight is None:
        return reduced(factored(where, logit_loss(input, target), weight), reduction)
    positive = weighted(where, pos_weight, input, broadcast=True) * target
    losses = positive * logit_loss(input, 1.0) + (1.0 - target) * logit_loss(input, 0.0)
    return reduced(factored(where, losses, weight), reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, reduction: Reduction = "mean") -> Any:
    """The mean over rows of the mean over the last axis of `binary_cross_entropy_with_logits`.

    (N, C), (N, C) -> (); reduction "none" gives (N,). weight: a factor for each class, which broadcasts.

    Raises: as `binary_cross_entropy_with_logits`; ShapeError for no axis of classes.

    Example
    -------
    >>> multilabel_soft_margin_loss(np.zeros((1, 2)), np.array([[0, 1]]))
    np.float64(0.6931471805599453)
    """
    where = "multilabel_soft_margin_loss"
    input, target = matched(where, reduction, input=input, target=target)
    shape = shape_of(input)
    if not shape or not shape[-1]:
        raise ShapeError(f"{where}: got input of shape {shape}; its last axis has a number for each class; give (N, C)")
    check_each(where, "target", target, is_probability, "a target is a probability, from 0 to 1; divide by its largest")
    return reduced(np.mean(factored(where, logit_loss(input, target), weight), axis=-1), reduction)


def soft_margin_loss(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The mean of log(1 + exp(-target * input)), where targets are 1 and -1; without overflow.

    Raises: as `binary_cross_entropy`; UsageError for targets other than 1 and -1.

    Example
    -------
    >>> soft_margin_loss(np.array([0.0, -1000.0]), np.array([1, 1]), "none")
    array([6.93147181e-01, 1.00000000e+03])
    """
    input, target = matched("soft_margin_loss", reduction, input=input, target=target)
    check_signs("soft_margin_loss", target)
    return reduced(logit_loss(target * input, 1.0), reduction)


def is_probability(x: Any) -> Any:
    """Where numbers are from 0 to 1."""
    return (x >= 0) & (x <= 1)


PROBABILITIES = "probabilities are from 0 to 1; use binary_cross_entropy_with_logits for logits"


def factored(where: str, losses: Any, weight: Any) -> Any:
    """The losses times weights that broadcast to them."""
    return losses if weight is None else losses * weighted(where, weight, losses, broadcast=True)


@primitive(
    name="nn.probability_loss",
    samples=lambda a: [(np.array([0.3, 0.9]), np.array([0.2, 1.0])), (np.array([[0.6]]), np.array([[0.0]]))],
)
def probability_loss(x: Any, t: Any, /) -> Any:
    """-(t * log(x) + (1 - t) * log(1 - x)), its logarithms at least -100."""
    with np.errstate(divide="ignore"):
        return (t - 1) * np.maximum(np.log1p(-x), -100.0) - t * np.maximum(np.log(x), -100.0)


probability_loss.vjp(lambda g, y, x, t: g * (x - t) / np.maximum(x * (1 - x), TINY))
probability_loss.vjp(lambda g, y, x, t: g * (np.maximum(np.log1p(-x), -100.0) - np.maximum(np.log(x), -100.0)))


def loss_of_logit(x: Any, t: Any) -> Any:
    """log(1 + exp(x)) - t * x, exact to rounding for large |x| of both signs, and t of 0 or 1."""
    return np.maximum(x, 0) - t * x + np.log1p(np.exp(-np.abs(x)))


logit_loss = elementwise(
    loss_of_logit,
    lambda z, x, t: logistic(x) - t,
    lambda z, x, t: -x,
    name="nn.logit_loss",
    domain=((-2.0, 2.0), (0.0, 1.0)),
    smooth=True,
)


# ---- margins


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: Reduction = "mean"
) -> Any:
    """The mean of 1/C times the sum over the wrong classes j of max(0, margin - input[target] + input[j])^p.

    (N, C), (N,) -> (), or (C,), () -> (). p: 1 or 2. weight: a factor for each class, (C,), by target.

    Raises: ShapeError for shapes that do not fit, or a mean over nothing; DtypeError for targets that
    are not whole numbers; UsageError for a class that is not there, and for other settings.
    Source: Crammer & Singer, "Multiclass Kernel-based Vector Machines" (2001).

    Example
    -------
    >>> multi_margin_loss(np.array([[0.1, 0.2, 0.4, 0.8]]), np.array([3])).round(4)
    np.float64(0.325)
    """
    where = "multi_margin_loss"
    input, target = as_operand(input), as_operand(target)
    n = classes(where, input)
    check_choice(where, "p", p, (1, 2))
    weight = class_weights(where, weight, input, n)
    each = shape_of(input)[:-1]
    whole_targets(where, target, each, n)
    check_reduction(where, reduction, each)
    own = of_class(input, target, axis=len(each))
    is_wrong = np.not_equal(np.expand_dims(target, -1), np.arange(n))
    behind = relu(margin - np.expand_dims(own, -1) + input) * is_wrong
    losses = np.sum(behind if p == 1 else behind * behind, axis=-1) * (1 / n)
    return reduced(losses if weight is None else losses * weight[target], reduction)


def multilabel_margin_loss(input: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The mean of 1/C times the sum of max(0, 1 - input[j] + input[i]) over the right classes j and the wrong i.

    (N, C), (N, C) -> (), or (C,), (C,) -> (). A row of the target begins with the numbers of the
    right classes, and -1 follows them.

    Raises: as `multi_margin_loss`.

    Example
    -------
    >>> multilabel_margin_loss(np.array([[0.1, 0.2, 0.4, 0.8]]), np.array([[3, 0, -1, 1]])).round(4)
    np.float64(0.85)
    """
    where = "multilabel_margin_loss"
    input, target = as_operand(input), as_operand(target)
    n = classes(where, input)
    whole_targets(where, target, shape_of(input), n, -1)
    check_reduction(where, reduction, shape_of(input)[:-1])
    is_label = np.equal(np.cumsum(np.less(target, 0), axis=-1), 0)
    if not isinstance(target, Value):  # only as many columns as the longest row has labels
        width = max(1, int(np.max(np.sum(is_label, axis=-1), initial=0)))
        target, is_label = np.asarray(target)[..., :width], is_label[..., :width]
    target = np.where(is_label, target, 0)
    own = np.take_along_axis(input, target, axis=-1)
    is_own = np.logical_and(np.expand_dims(is_label, -1), np.equal(np.expand_dims(target, -1), np.arange(n)))
    is_wrong = np.logical_not(np.any(is_own, axis=-2, keepdims=True))
    pairs = np.logical_and(np.expand_dims(is_label, -1), is_wrong)
    behind = relu(1.0 - np.expand_dims(own, -1) + np.expand_dims(input, -2)) * pairs
    return reduced(np.sum(behind, axis=(-2, -1)) * (1 / n), reduction)


def classes(where: str, input: Any) -> int:
    """How many classes an input (N, C) or (C,) has."""
    shape = shape_of(input)
    if len(shape) not in {1, 2} or not shape[-1]:
        raise ShapeError(f"{where}: got input of shape {shape}; it has a number for each class; give (N, C) or (C,)")
    return shape[-1]


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: Reduction = "mean") -> Any:
    """The mean of the input where the target is 1, of max(0, margin - input) where it is -1; inputs are distances.

    Raises: as `soft_margin_loss`.

    Example
    -------
    >>> hinge_embedding_loss(np.array([0.5, 0.25]), np.array([1, -1]), reduction="none")
    array([0.5 , 0.75])
    """
    input, target = matched("hinge_embedding_loss", reduction, input=input, target=target)
    check_signs("hinge_embedding_loss", target)
    return reduced(np.where(np.equal(target, 1), input, np.clip(margin - input, 0.0, None)), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Reduction = "mean"
) -> Any:
    """The mean of max(0, margin - target * (input1 - input2)): the first is to be larger where the target is 1.

    Raises: as `soft_margin_loss`.

    Example
    -------
    >>> margin_ranking_loss(np.array([2.0, 2.0]), np.array([1.0, 1.0]), np.array([1, -1]), reduction="none")
    array([0., 1.])
    """
    input1, input2, target = matched("margin_ranking_loss", reduction, input1=input1, input2=input2, target=target)
    check_signs("margin_ranking_loss", target)
    return reduced(np.clip(margin - target * (input1 - input2), 0.0, None), reduction)
