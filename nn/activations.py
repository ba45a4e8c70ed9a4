"""Activations as modules, to stand between layers; each works element by element, on any shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import logistic, relu

from .module import Module

__all__ = ["Logistic", "ReLU", "Tanh"]


class Logistic(Module):
    """1 / (1 + exp(-x)), between 0 and 1; PyTorch calls it Sigmoid."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return logistic(x)


class Tanh(Module):
    """The hyperbolic tangent, between -1 and 1."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return np.tanh(x)


class ReLU(Module):
    """x where it is positive, else 0; the derivative at 0 is 0."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return relu(x)
