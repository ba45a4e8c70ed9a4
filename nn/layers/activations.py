"""Activations as modules, to stand between layers: each is the function of the same name, and holds its settings."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from autograd_mini import Value

from ..checks import check_choice, check_whole
from ..module import Module
from . import activation_functions as f

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Logistic",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class Sigmoid(Module):
    """1 / (1 + exp(-x)), between 0 and 1."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.sigmoid(x)


class Logistic(Sigmoid):
    """Sigmoid, by the name that tells it from other curves of that shape."""


class Tanh(Module):
    """The hyperbolic tangent, between -1 and 1."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.tanh(x)


class ReLU(Module):
    """x where it is positive, else 0; the derivative at 0 is 0."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.relu(x)


class ReLU6(Module):
    """x between 0 and 6, and the nearer of them beyond."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.relu6(x)


class SELU(Module):
    """The ELU scaled so that means of 0 and variances of 1 stay so."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.selu(x)


class SiLU(Module):
    """x / (1 + exp(-x)), also called swish."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.silu(x)


class Mish(Module):
    """x tanh(softplus(x))."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.mish(x)


class Softsign(Module):
    """x / (1 + |x|), between -1 and 1."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.softsign(x)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.tanhshrink(x)


class Hardsigmoid(Module):
    """x / 6 + 1/2, within 0 and 1."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.hardsigmoid(x)


class Hardswish(Module):
    """x hardsigmoid(x)."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.hardswish(x)


class LogSigmoid(Module):
    """log(1 / (1 + exp(-x))), at most 0."""

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.logsigmoid(x)


class LeakyReLU(Module):
    """x where it is positive, else x * negative_slope."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.leaky_relu(x, self.negative_slope)


class ELU(Module):
    """x where it is positive, else alpha (exp(x) - 1)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.elu(x, self.alpha)


class CELU(Module):
    """x where it is positive, else alpha (exp(x / alpha) - 1)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.celu(x, self.alpha)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.softplus(x, self.beta, self.threshold)


class Softshrink(Module):
    """x, nearer to 0 by lambd; 0 within lambd of it."""

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.softshrink(x, self.lambd)


class Hardshrink(Module):
    """x, but 0 within lambd of 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.hardshrink(x, self.lambd)


class Threshold(Module):
    """x where it is above the threshold, else the value."""

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.threshold(x, self.threshold, self.value)


class Softmax(Module):
    """exp(x) / sum(exp(x)) along `dim`, the last axis where PyTorch's default is an older rule."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Any) -> Any:
        """The function of each row along `dim`.  (..., n, ...) -> (..., n, ...)"""
        return f.softmax(x, self.dim)


class Softmin(Module):
    """softmax(-x) along `dim`, the last axis where PyTorch's default is an older rule."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Any) -> Any:
        """The function of each row along `dim`.  (..., n, ...) -> (..., n, ...)"""
        return f.softmin(x, self.dim)


class LogSoftmax(Module):
    """The logarithm of softmax along `dim`, the last axis where PyTorch's default is an older rule."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Any) -> Any:
        """The function of each row along `dim`.  (..., n, ...) -> (..., n, ...)"""
        return f.log_softmax(x, self.dim)


class GELU(Module):
    """x times the probability that a standard normal number is below x; approximate: "none", or "tanh" for a formula.

    Raises: UsageError for another approximation.
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        check_choice("GELU", "approximate", approximate, ("none", "tanh"))
        self.approximate = approximate

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.gelu(x, self.approximate)


class GLU(Module):
    """a sigmoid(b), where a and b are the halves of the input along `dim`.

    Raises: ShapeError, when called, where the length of that axis is odd.
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def __call__(self, x: Any) -> Any:
        """(..., 2n, ...) -> (..., n, ...)"""
        return f.glu(x, self.dim)


class Hardtanh(Module):
    """x between `min_val` and `max_val`, and the nearer of them beyond.

    Raises: UsageError for a least value above the greatest.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        f.check_ordered("Hardtanh", "min_val", min_val, "max_val", max_val)
        self.min_val, self.max_val = min_val, max_val

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.hardtanh(x, self.min_val, self.max_val)


class PReLU(Module):
    """x where it is positive, else x * weight, which is trained: one for all, or one for each channel of axis 1.

    Raises: UsageError for a number of parameters below 1; ShapeError, when called, for another number of channels.

    Source: He et al., "Delving deep into rectifiers" (2015).
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float64) -> None:
        check_whole("PReLU", "num_parameters", num_parameters)
        self.num_parameters = num_parameters
        self.weight: Any = Value(np.full(num_parameters, init, dtype))

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (N, C, ...) -> (N, C, ...)"""
        return f.prelu(x, self.weight)


class RReLU(Module):
    """x where it is positive, else x times a slope: in training drawn for each element, else midway of the bounds.

    Raises: UsageError for a lower bound above the upper.

    Source: Xu et al., "Empirical evaluation of rectified activations in convolutional network" (2015).
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: np.random.Generator | None = None) -> None:
        f.check_ordered("RReLU", "lower", lower, "upper", upper)
        self.lower, self.upper = lower, upper
        self._rng = np.random.default_rng() if rng is None else rng

    def __call__(self, x: Any) -> Any:
        """The function of each element.  (...) -> (...)"""
        return f.rrelu(x, self.lower, self.upper, self.training, rng=self._rng)
