"""`Linear`: an affine map of the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, Value

from .checks import check_whole, shape_of
from .module import Module

__all__ = ["Linear", "uniform"]


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
        shape = shape_of(x)
        if shape[-1:] != (self.in_features,):
            raise ShapeError(
                f"Linear: got x of shape {shape}; its last axis must be in_features = {self.in_features}; "
                "reshape x, or build Linear with that in_features"
            )
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


def uniform(rng: np.random.Generator, in_features: int, shape: tuple[int, ...]) -> Any:
    """Numbers between plus and minus 1 / sqrt(in_features), where PyTorch's layers start.

    Source: LeCun et al., "Efficient BackProp" (1998), section 4.6, whose standard deviation of
    1 / sqrt(in_features) this has up to a factor 1 / sqrt(3).
    """
    bound = 1 / np.sqrt(in_features)
    return rng.uniform(-bound, bound, shape)
