"""Losses: functions of an output and a target, of equal shapes.

reduction: "sum" and "mean" are over all elements, and "none" gives every element's own loss. A mean
is the sum divided by the number n of elements, so a learning rate that suits the sum is to
be multiplied by n for the same steps.

Shapes must be equal: an output (n, 1) against a target (n,) would broadcast to (n, n), and train
towards something else without a word.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from autograd_mini import ShapeError, array

from .checks import check_choice, shape_of

__all__ = ["half_squared_error", "mse_loss"]

Reduction = Literal["sum", "mean", "none"]


def half_squared_error(output: Any, target: Any, reduction: Reduction = "sum") -> Any:
    """1/2 (target - output)^2, whose derivative is output - target.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.

    Example
    -------
    >>> half_squared_error(np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    np.float64(0.125)
    """
    difference = difference_of("half_squared_error", output, target)
    return reduced("half_squared_error", 0.5 * difference**2, reduction)


def mse_loss(output: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """The mean of (output - target)^2.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.

    Example
    -------
    >>> mse_loss(np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    np.float64(0.125)
    """
    difference = difference_of("mse_loss", output, target)
    return reduced("mse_loss", difference**2, reduction)


def difference_of(where: str, output: Any, target: Any) -> Any:
    """What the output lacks to the target, of equal shapes; lists are made into arrays first."""
    output, target = (array(x) if isinstance(x, (list, tuple)) else x for x in (output, target))
    shapes = (shape_of(output), shape_of(target))
    if shapes[0] != shapes[1]:
        raise ShapeError(
            f"{where}: got an output of shape {shapes[0]} and a target of shape {shapes[1]}; "
            "they must be equal, as broadcasting would pair every output with every target; reshape one of them"
        )
    return target - output


def reduced(where: str, losses: Any, reduction: Reduction) -> Any:
    """The losses of all elements, as the reduction says."""
    check_choice(where, "reduction", reduction, ("sum", "mean", "none"))
    shape = shape_of(losses)
    if reduction == "none" or shape == ():
        return losses
    if reduction == "sum":
        return np.sum(losses)
    if 0 in shape:
        raise ShapeError(f"{where}: got arrays of shape {shape}; a mean needs an element; leave this batch out")
    return np.mean(losses)
