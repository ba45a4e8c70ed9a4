"""`Linear`: an affine map of the last axis; `Bilinear`: a map of two, linear in each."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, Value

from .checks import as_operand, check_whole, shape_of
from .module import Module

__all__ = ["Bilinear", "Linear", "uniform"]


class Linear(Module):
    """y = x @ weight.T + bias.  (..., in_features) -> (..., out_features)

    weight has shape (out_features, in_features) and bias (out_features,): a row for each output,
    PyTorch's layout, names and initial distribution, which is uniform between plus and minus
    1 / sqrt(in_features) for both. Unlike there, the numbers come from `rng`, or without one
    from a new generator that nobody can repeat.

    Both are ordinary attributes. `linear.bias = Value(0.0)` is one bias for all outputs,
    `linear.bias = np.zeros(n)` one that is not trained, and `linear.bias = None` none.

    Raises: UsageError for sizes that are not whole numbers from 1 on; ShapeError, when called,
    for x with another last axis.

    Example
    -------
    >>> linear = Linear(3, 2, rng=np.random.default_rng(0))
    >>> linear(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("Linear", "in_features", in_features)
        check_whole("Linear", "out_features", out_features)
        rng = np.random.default_rng() if rng is None else rng
        self.in_features, self.out_features = in_features, out_features
        self.weight = Value(uniform(rng, in_features, (out_features, in_features)).astype(dtype))
        self.bias: Any = Value(uniform(rng, in_features, (out_features,)).astype(dtype)) if bias else None

    def __call__(self, x: Any) -> Any:
        """(..., in_features) -> (..., out_features)"""
        x = as_operand(x)
        shape = shape_of(x)
        if shape[-1:] != (self.in_features,):
            raise ShapeError(
                f"Linear: got x of shape {shape}; its last axis must be in_features = {self.in_features}; "
                "reshape x, or build Linear with that in_features"
            )
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


class Bilinear(Module):
    """y[k] = x1 @ weight[k] @ x2 + bias[k].  (..., in1_features) and (..., in2_features) -> (..., out_features)

    weight has shape (out_features, in1_features, in2_features) and bias (out_features,); both start uniformly between
    plus and minus 1 / sqrt(in1_features).

    Raises: UsageError for sizes that are not whole numbers from 1 on; ShapeError, when called, for inputs with
    another last axis, or others before it that differ.

    Example
    -------
    >>> Bilinear(3, 4, 2)(np.ones((5, 3)), np.ones((5, 4))).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("Bilinear", "in1_features", in1_features)
        check_whole("Bilinear", "in2_features", in2_features)
        check_whole("Bilinear", "out_features", out_features)
        rng = np.random.default_rng() if rng is None else rng
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight: Any = Value(uniform(rng, in1_features, (out_features, in1_features, in2_features)).astype(dtype))
        self.bias: Any = Value(uniform(rng, in1_features, (out_features,)).astype(dtype)) if bias else None

    def __call__(self, x1: Any, x2: Any) -> Any:
        """(..., in1_features), (..., in2_features) -> (..., out_features)"""
        x1, x2 = as_operand(x1), as_operand(x2)
        shapes, n1, n2 = (shape_of(x1), shape_of(x2)), self.in1_features, self.in2_features
        lead = shapes[0][:-1]
        if shapes != ((*lead, n1), (*lead, n2)):
            raise ShapeError(
                f"Bilinear: got x1 of shape {shapes[0]} and x2 of shape {shapes[1]}; they must end with in1_features = "
                f"{n1} and in2_features = {n2}, and else be equal; reshape them, or build Bilinear with other sizes"
            )
        columns = np.reshape(np.transpose(self.weight, (1, 0, 2)), (n1, self.out_features * n2))
        rows = np.reshape(x1 @ columns, (*lead, self.out_features, n2))
        y = np.squeeze(rows @ np.expand_dims(x2, -1), -1)
        return y if self.bias is None else y + self.bias


def uniform(rng: np.random.Generator, in_features: int, shape: tuple[int, ...]) -> Any:
    """Numbers between plus and minus 1 / sqrt(in_features), where PyTorch's layers start.

    Source: LeCun et al., "Efficient BackProp" (1998), section 4.6, whose standard deviation of
    1 / sqrt(in_features) this has up to a factor 1 / sqrt(3).
    """
    bound = 1 / np.sqrt(in_features)
    return rng.uniform(-bound, bound, shape)
