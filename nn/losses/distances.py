"""Distances and similarities of vectors, and the losses made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from ..checks import as_operand, shape_of
from .reduction import (
    TINY,
    Reduction,
    check_positive,
    check_reduction,
    check_signs,
    floored,
    in_precision_of,
    matched,
    reduced,
)

__all__ = [
    "cosine_embedding_loss",
    "cosine_similarity",
    "pairwise_distance",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

Distance = Callable[[Any, Any], Any]


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along an axis, whose lengths count as at least eps.

    The two are broadcast to one shape, as in PyTorch, and that loses the axis `dim`.

    Raises: ShapeError for shapes that do not broadcast, or lack the axis.

    Example
    -------
    >>> cosine_similarity(np.array([3.0, 4.0]), np.array([4.0, 3.0]), dim=0).round(2)
    np.float64(0.96)
    """
    x1, x2, shape = together("cosine_similarity", x1, x2)
    if not -len(shape) <= dim < len(shape):
        raise ShapeError(
            f"cosine_similarity: got dim = {dim} for vectors of shape {shape}; it is one of their axes; give another"
        )
    check_positive("cosine_similarity", "eps", eps)
    x1, x2 = (x if shape_of(x) == shape else np.broadcast_to(x, shape) for x in (x1, x2))
    lengths = [floored(np.linalg.norm(x, axis=dim, keepdims=True), eps) for x in (x1, x2)]
    return np.sum((x1 / lengths[0]) * (x2 / lengths[1]), axis=dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last axis; eps keeps the derivative from being lost at 0.

    (..., D), (..., D) -> (...); the two are broadcast to one shape, as in PyTorch.

    Raises: ShapeError for shapes that do not broadcast, or without an axis.

    Example
    -------
    >>> pairwise_distance(np.array([3.0, 4.0]), np.zeros(2)).round(3)
    np.float64(5.0)
    """
    x1, x2, shape = together("pairwise_distance", x1, x2)
    if not shape:
        raise ShapeError("pairwise_distance: got two numbers; vectors have an axis; use abs(x1 - x2), or give (N, D)")
    return np.linalg.norm(x1 - x2 + eps, ord=p, axis=-1, keepdims=keepdim)


def together(where: str, x1: Any, x2: Any) -> tuple[Any, Any, tuple[int, ...]]:
    """Two operands, and the shape to which they broadcast."""
    x1, x2 = as_operand(x1), as_operand(x2)
    try:
        shape = np.broadcast_shapes(shape_of(x1), shape_of(x2))
    except ValueError:
        raise ShapeError(
            f"{where}: got x1 of shape {shape_of(x1)} and x2 of shape {shape_of(x2)}; they must be equal or broadcast; "
            "reshape one of them"
        ) from None
    return x1, in_precision_of(x1, x2), shape


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: Reduction = "mean",
) -> Any:
    """The mean of max(0, d(anchor, positive) - d(anchor, negative) + margin), where d is `pairwise_distance`.

    (N, D) thrice, or (D,) thrice. swap: take d(positive, negative) instead of d(anchor, negative) where it is smaller.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another
    reduction, and for a margin that is not above 0.
    Source: Balntas et al., "Learning local feature descriptors with triplets" (2016).

    Example
    -------
    >>> triplet_margin_loss(np.array([0.0]), np.array([3.0]), np.array([5.0]), margin=4.0).round(3)
    np.float64(2.0)
    """
    where = "triplet_margin_loss"
    distance: Distance = lambda a, b: pairwise_distance(a, b, p, eps)
    return triplet(where, anchor, positive, negative, distance, margin, swap=swap, reduction=reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Distance | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: Reduction = "mean",
) -> Any:
    """`triplet_margin_loss` by a distance of one's own: a function of two arrays of vectors, smaller for what is alike.

    Raises: as `triplet_margin_loss`; ShapeError for distances of shapes that differ.

    Example
    -------
    >>> city = lambda a, b: np.sum(np.abs(a - b), axis=-1)
    >>> triplet_margin_with_distance_loss(np.zeros(2), np.ones(2), np.ones(2), distance_function=city)
    np.float64(1.0)
    """
    where, distance = "triplet_margin_with_distance_loss", distance_function or pairwise_distance
    if not callable(distance):
        raise UsageError(
            f"{where}: got distance_function = {distance!r}; it is a function of two arrays; "
            "give one, or None for pairwise_distance"
        )
    return triplet(where, anchor, positive, negative, distance, margin, swap=swap, reduction=reduction)


def triplet(
    where: str,
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Distance,
    margin: float,
    *,
    swap: bool,
    reduction: Reduction,
) -> Any:
    """The losses of triplets by a distance, reduced."""
    anchor, positive, negative = matched(where, reduction, anchor=anchor, positive=positive, negative=negative)
    check_positive(where, "margin", margin)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    if shape_of(near) != shape_of(far):
        raise ShapeError(
            f"{where}: got distances of shapes {shape_of(near)} and {shape_of(far)}; they must be equal; "
            "mend the distance_function"
        )
    return reduced(np.clip(margin + near - far, 0.0, None), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Reduction = "mean"
) -> Any:
    """The mean of 1 - cos where the target is 1, and of max(0, cos - margin) where it is -1.

    (N, D), (N, D), (N,) -> (), or (D,), (D,), () -> (). Squared lengths have 1e-12 added to them.

    Raises: ShapeError for shapes that do not fit, or a mean over nothing; UsageError for another
    reduction, and for targets other than 1 and -1.

    Example
    -------
    >>> cosine_embedding_loss(np.ones((2, 3)), np.ones((2, 3)), np.array([1, -1]), reduction="none").round(6)
    array([0., 1.])
    """
    where = "cosine_embedding_loss"
    input1, input2 = matched(where, "none", input1=input1, input2=input2)
    shape, target = shape_of(input1), in_precision_of(input1, as_operand(target))
    if len(shape) not in {1, 2} or shape_of(target) != shape[:-1]:
        raise ShapeError(
            f"{where}: got inputs of shape {shape} and target of shape {shape_of(target)}; "
            "vectors (N, D) have targets (N,), and one (D,) has one number; reshape them"
        )
    check_reduction(where, reduction, shape[:-1])
    check_signs(where, target)
    squares = [np.sum(x * x, axis=-1) + TINY for x in (input1, input2)]
    cosine = np.sum(input1 * input2, axis=-1) / np.sqrt(squares[0] * squares[1])
    return reduced(np.where(np.equal(target, 1), 1.0 - cosine, np.clip(cosine - margin, 0.0, None)), reduction)
