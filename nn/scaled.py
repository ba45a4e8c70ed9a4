"""`Scaled`: a network between the units of its data and those it is trained in."""

from __future__ import annotations

from typing import Any

import numpy as np

from .module import Module

__all__ = ["Scaled", "centre_and_spread"]


class Scaled(Module):
    """module((x - x_mean) / x_scale) * y_scale + y_mean: outputs in the units of the targets, of inputs in their own.

    (N, ...) -> (N, ...), as the module. What is None is left out. The means and scales are buffers: they are saved with
    the numbers of the module, and not trained.

    Example
    -------
    >>> kelvin = Scaled(lambda x: x, x_mean=np.array(32.0), x_scale=np.array(1.8), y_mean=np.array(273.15))
    >>> float(kelvin(np.array([212.0]))[0])
    373.15
    """

    def __init__(
        self, module: Any, x_mean: Any = None, x_scale: Any = None, y_mean: Any = None, y_scale: Any = None
    ) -> None:
        self.module = module
        self.x_mean, self.x_scale, self.y_mean, self.y_scale = x_mean, x_scale, y_mean, y_scale

    def __call__(self, x: Any) -> Any:
        """What the module gives, in the units of the targets."""
        y = self.module(self.inputs(x))
        y = y if self.y_scale is None else y * self.y_scale
        return y if self.y_mean is None else y + self.y_mean

    def inputs(self, x: Any) -> Any:
        """Inputs as the module takes them."""
        x = x if self.x_mean is None else x - self.x_mean
        return x if self.x_scale is None else x / self.x_scale

    def targets(self, y: Any) -> Any:
        """Targets as the module is to give them."""
        y = y if self.y_mean is None else y - self.y_mean
        return y if self.y_scale is None else y / self.y_scale


def centre_and_spread(x: Any, weight: Any = None) -> tuple[Any, Any]:
    """The means and the standard deviations of the columns, 1 where a column is constant.  (N, n) -> (n,), (n,)"""
    mean = np.average(x, axis=0, weights=weight)
    spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    is_constant = spread <= 10 * np.finfo(x.dtype).eps * np.abs(mean)  # what rounding leaves of a constant
    return mean.astype(x.dtype), np.where(is_constant, 1, spread).astype(x.dtype)
