# ruff: noqa: A001, A002  # `input` is the name that PyTorch has
"""Losses of numbers that are to be near others: functions of an input and a target, of equal shapes.

`nn/reduction.py` says what a reduction is, and why shapes must be equal.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from autograd_mini import ShapeError, primitive

from ..checks import as_operand, shape_of
from .reduction import (
    Reduction,
    as_precise,
    check_each,
    check_positive,
    check_reduction,
    floored,
    in_precision_of,
    matched,
    reduced,
    weighted,
)

__all__ = [
    "gaussian_nll_loss",
    "half_squared_error",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def half_squared_error(input: Any, target: Any, reduction: Reduction = "sum") -> Any:
    """1/2 (target - input)^2, whose derivative is input - target.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.

    Example
    -------
    >>> half_squared_error(np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    np.float64(0.125)
    """
    input, target = matched("half_squared_error", reduction, input=input, target=target)
    return reduced(0.5 * (target - input) ** 2, reduction)


def mse_loss(input: Any, target: Any, reduction: Reduction = "mean", weight: Any = None) -> Any:
    """The mean of (input - target)^2; with weights of the same shape, their weighted mean.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.

    Example
    -------
    >>> mse_loss(np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    np.float64(0.125)
    """
    input, target = matched("mse_loss", reduction, input=input, target=target)
    return weighted_mean("mse_loss", (target - input) ** 2, weight, reduction)


def l1_loss(input: Any, target: Any, reduction: Reduction = "mean", weight: Any = None) -> Any:
    """The mean of |input - target|, whose derivative is 0 at 0; with weights of the same shape, their weighted mean.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.

    Example
    -------
    >>> l1_loss(np.array([0.5, 1.0]), np.array([0.0, 2.0]), "sum")
    np.float64(1.5)
    """
    input, target = matched("l1_loss", reduction, input=input, target=target)
    return weighted_mean("l1_loss", np.abs(target - input), weight, reduction)


def weighted_mean(where: str, losses: Any, weight: Any, reduction: Reduction) -> Any:
    """The losses times their weights, reduced; a mean is divided by the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    weight = weighted(where, weight, losses)
    if reduction != "mean":
        return reduced(losses * weight, reduction)
    total = np.sum(weight)
    check_each(where, "weights whose sum is", total, lambda x: x != 0, "a mean divides by it; give one that is not 0")
    return np.sum(losses * weight) / total


def smooth_l1_loss(input: Any, target: Any, reduction: Reduction = "mean", beta: float = 1.0) -> Any:
    """The mean of d^2 / (2 beta) where |d| = |input - target| is below beta, of |d| - beta / 2 elsewhere.

    It is `l1_loss` when beta is 0, and `huber_loss` divided by beta otherwise.

    Raises: as `mse_loss`; UsageError for a beta below 0.
    Source: Girshick, "Fast R-CNN" (2015), section 2.3.

    Example
    -------
    >>> smooth_l1_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), "none")
    array([0.125, 2.5  ])
    """
    input, target = matched("smooth_l1_loss", reduction, input=input, target=target)
    check_positive("smooth_l1_loss", "beta", beta, zero=True)
    if beta == 0:
        return reduced(np.abs(input - target), reduction)
    return reduced(huber(input - target, delta=float(beta)) * (1 / beta), reduction)


def huber_loss(input: Any, target: Any, reduction: Reduction = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """The mean of d^2 / 2 where |d| = |input - target| is below delta, of delta (|d| - delta / 2) elsewhere.

    weight: a factor for each element. As in PyTorch, a mean is then divided by the number of elements.

    Raises: as `mse_loss`; UsageError for a delta that is not above 0.
    Source: Huber, "Robust Estimation of a Location Parameter" (1964).

    Example
    -------
    >>> huber_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), "none", delta=2.0)
    array([0.125, 4.   ])
    """
    input, target = matched("huber_loss", reduction, input=input, target=target)
    check_positive("huber_loss", "delta", delta)
    losses = huber(input - target, delta=float(delta))
    return reduced(losses if weight is None else losses * weighted("huber_loss", weight, losses), reduction)


@primitive(name="nn.huber", smooth=True, samples=lambda a: [(a(2, 3) * 2, {"delta": 1.5}), (a(3), {"delta": 9.0})])
def huber(x: Any, /, delta: float) -> Any:
    """x^2 / 2 where |x| is below delta, and the tangent of that elsewhere."""
    near = np.clip(x, -delta, delta)
    return near * (x - 0.5 * near)


huber.vjp(lambda g, y, x, delta: g * np.clip(x, -delta, delta))


def kl_div(
    input: Any, target: Any, reduction: Reduction | Literal["batchmean"] = "mean", log_target: bool = False
) -> Any:
    """The mean of target * (log(target) - input), where the input holds logarithms of probabilities.

    reduction: "batchmean", the sum divided by the length of the first axis, is the divergence of
    distributions; "mean" divides by all elements. log_target: the target holds logarithms too. Where
    the target is 0 so is the loss, even if the input is -inf there; PyTorch's is nan.

    Raises: as `mse_loss`; UsageError for targets below 0.
    Source: Kullback & Leibler, "On Information and Sufficiency" (1951).

    Example
    -------
    >>> kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), "batchmean")
    np.float64(0.6931471805599453)
    """
    input, target = matched("kl_div", "none", input=input, target=target)
    shape = shape_of(input)
    check_reduction("kl_div", reduction, shape, ("batchmean",))
    if log_target:
        p, log_p = np.exp(target), target
    else:
        check_each("kl_div", "target", target, lambda t: t >= 0, "probabilities are from 0 on; or say log_target=True")
        p, log_p = target, np.log(np.where(np.equal(target, 0), 1.0, target))
    losses = p * np.where(np.equal(p, 0), 0.0, log_p - input)
    if reduction == "batchmean":
        return np.sum(losses) / float(shape[0]) if shape else losses
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: Reduction = "mean",
) -> Any:
    """The mean of exp(input) - target * input, where the input is the logarithm of the expected count.

    log_input: when False, the input is the count itself, and the loss input - target * log(input + eps).
    full: add Stirling's approximation of log(target!) where the target is above 1.

    Raises: as `mse_loss`.

    Example
    -------
    >>> poisson_nll_loss(np.array([0.0]), np.array([2.0]))
    np.float64(1.0)
    """
    input, target = matched("poisson_nll_loss", reduction, input=input, target=target)
    losses = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        is_many = np.greater(target, 1)
        n = np.where(is_many, target, 1.0)
        losses = losses + np.where(is_many, n * np.log(n) - n + 0.5 * np.log(2 * math.pi * n), 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: Reduction = "mean"
) -> Any:
    """The mean of 1/2 (log(var) + (input - target)^2 / var), where var is at least eps.

    var: a variance for each element; or for each row, of the shape without the last axis, or with
    one axis of length 1; or one number. Where it is below eps, its derivative is that of eps.
    full: add 1/2 log(2 pi).

    Raises: as `mse_loss`; ShapeError for another shape of var; UsageError for variances below 0.
    Source: Nix & Weigend, "Estimating the Mean and Variance of the Target Probability Distribution" (1994).

    Example
    -------
    >>> gaussian_nll_loss(np.array([1.0]), np.array([3.0]), np.array([1.0]))
    np.float64(2.0)
    """
    input, target = matched("gaussian_nll_loss", reduction, input=input, target=target)
    var = spread("gaussian_nll_loss", input, as_operand(var))
    check_each("gaussian_nll_loss", "var", var, lambda x: x >= 0, "a variance is from 0 on; take the exp of an output")
    check_positive("gaussian_nll_loss", "eps", eps)
    var = floored(var, eps)
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def spread(where: str, input: Any, var: Any) -> Any:
    """Variances in a shape that broadcasts to the input's along one axis at most."""
    shape, given = shape_of(input), shape_of(var)
    one_axis = len(given) == len(shape) and sum(n != m for n, m in zip(shape, given, strict=True)) == 1
    if given in {shape, ()} or (one_axis and all(n in {1, m} for n, m in zip(given, shape, strict=True))):
        return in_precision_of(input, var) if hasattr(var, "dtype") else as_precise(var, input)
    if given == shape[:-1]:
        return np.reshape(in_precision_of(input, var), (*given, 1))
    raise ShapeError(
        f"{where}: got input of shape {shape} and var of shape {given}; "
        "variances are of each element, of each row, or of one axis of length 1; reshape var"
    )
