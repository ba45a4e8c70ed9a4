"""The activation functions, under PyTorch's names and defaults; each takes Values, arrays, lists and numbers.

All but `softmax`, `softmin`, `log_softmax`, `glu` and `prelu` work element by element, on any shape. None overflows,
nor gives nan at a finite x, in value or derivative. At a kink the derivative is PyTorch's; that of relu at 0 is 0.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

import autograd_mini as ag
from autograd_mini import ShapeError, UsageError, logistic

from .activation_ops import (
    above,
    clipped,
    cut_out,
    hardsigmoid_op,
    hardswish_op,
    leaky,
    logsigmoid_op,
    mish_op,
    nearer_zero,
    scaled_elu,
    smooth_relu,
    softsign_op,
    swish,
    tanh_gate,
)
from .checks import as_operand, check_choice, shape_of
from .normal_cdf import normal_cdf

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]

# Klambauer et al., "Self-normalizing neural networks" (2017): means of 0 and variances of 1 stay so.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), the logistic function, between 0 and 1."""
    return logistic(as_operand(x))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, between -1 and 1."""
    return np.tanh(as_operand(x))


def relu(x: Any) -> Any:
    """`x` where it is positive, else 0; the derivative at 0 is 0."""
    return ag.relu(as_operand(x))


def relu6(x: Any) -> Any:
    """`x` between 0 and 6, and the nearer of them beyond; the derivative at both is 0."""
    return clipped(as_operand(x), 0.0, 6.0)


def hardtanh(x: Any, min_val: Any = -1.0, max_val: Any = 1.0) -> Any:
    """`x` between `min_val` and `max_val`, and the nearer of them beyond; the derivative at both is 0."""
    return clipped(as_operand(x), min_val, max_val)


def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """`x` where it is positive, else x * negative_slope."""
    return leaky(as_operand(x), negative_slope)


def prelu(x: Any, weight: Any) -> Any:
    """`x` where it is positive, else x times a weight that is trained.

    weight: one number, (1,), or one for each channel, (C,), the second axis of x; the only one, where x has just one.

    Raises: ShapeError for another number of weights.

    Example
    -------
    >>> prelu(np.array([[-2.0, -2.0, 3.0]]), np.array([0.5, 0.25, 0.0]))
    array([[-1. , -0.5,  3. ]])
    """
    x, weight = as_operand(x), as_operand(weight)
    shape, n = shape_of(x), shape_of(weight)
    if n in {(), (1,)}:
        return leaky(x, np.reshape(weight, ()))
    channels = shape[min(1, len(shape) - 1)] if shape else 1
    if n != (channels,):
        raise ShapeError(
            f"prelu: got a weight of shape {n} for x of shape {shape}; it needs one number, or one for each of the "
            f"{channels} channels of axis 1; give a weight of shape (1,) or ({channels},)"
        )
    return leaky(x, np.reshape(weight, (channels, *(1,) * (len(shape) - 2))))


def rrelu(
    x: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    *,
    rng: np.random.Generator | None = None,
) -> Any:
    """`x` where it is positive, else x times a slope: in training drawn for each element, else midway of the bounds.

    Raises: UsageError for a lower bound above the upper.
    """
    x = as_operand(x)
    check_ordered("rrelu", "lower", lower, "upper", upper)
    if not training:
        return leaky(x, (lower + upper) / 2)
    rng = np.random.default_rng() if rng is None else rng
    drawn = ag.sample(rng, "uniform", lower, upper, shape_of(x))
    return leaky(x, drawn.astype(x.dtype) if getattr(x, "dtype", None) == np.float32 else drawn)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """`x` where it is positive, else alpha (exp(x) - 1).

    Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units" (2016).
    """
    return scaled_elu(as_operand(x), alpha, 1.0)


def celu(x: Any, alpha: Any = 1.0) -> Any:
    """`x` where it is positive, else alpha (exp(x / alpha) - 1), whose slope at 0 is 1.

    Source: Barron, "Continuously differentiable exponential linear units" (2017).
    """
    return scaled_elu(as_operand(x), alpha, 1.0 / alpha)


def selu(x: Any) -> Any:
    """`scale * elu(x, alpha)`, with which means of 0 and variances of 1 stay so from layer to layer.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017), which gives scale and alpha.
    """
    return SELU_SCALE * scaled_elu(as_operand(x), SELU_ALPHA, 1.0)


def gelu(x: Any, approximate: Literal["none", "tanh"] = "none") -> Any:
    """`x` times the probability that a standard normal number is below x; "tanh" has a formula near to it.

    The formula is x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. Without it the result keeps its relative
    precision at large negative x too, where PyTorch's is rounded to multiples of 1e-16 x.

    Raises: UsageError for another approximation.
    Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).

    Example
    -------
    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    check_choice("gelu", "approximate", approximate, ("none", "tanh"))
    x = as_operand(x)
    return x * (normal_cdf(x) if approximate == "none" else tanh_gate(x))


def silu(x: Any) -> Any:
    """`x / (1 + exp(-x))`, also called swish."""
    return swish(as_operand(x))


def mish(x: Any) -> Any:
    """`x tanh(softplus(x))`.  Source: Misra, "Mish: a self regularized non-monotonic activation function" (2020)."""
    return mish_op(as_operand(x))


def softplus(x: Any, beta: Any = 1.0, threshold: Any = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold."""
    return smooth_relu(as_operand(x), beta, threshold)


def softsign(x: Any) -> Any:
    """`x / (1 + |x|)`, between -1 and 1."""
    return softsign_op(as_operand(x))


def softshrink(x: Any, lambd: Any = 0.5) -> Any:
    """`x`, nearer to 0 by lambd; 0 within lambd of it, where the derivative is 0, at both ends too."""
    return nearer_zero(as_operand(x), lambd)


def hardshrink(x: Any, lambd: Any = 0.5) -> Any:
    """`x`, but 0 within lambd of 0, where the derivative is 0, at both ends too."""
    return cut_out(as_operand(x), lambd)


def tanhshrink(x: Any) -> Any:
    """`x - tanh(x)`."""
    x = as_operand(x)
    return x - np.tanh(x)


def threshold(x: Any, threshold: Any, value: Any) -> Any:
    """`x` where it is above the threshold, else the value."""
    return above(as_operand(x), threshold, value)


def hardsigmoid(x: Any) -> Any:
    """`x / 6 + 1/2`, within 0 and 1; the derivative at -3 and 3 is 0."""
    return hardsigmoid_op(as_operand(x))


def hardswish(x: Any) -> Any:
    """`x hardsigmoid(x)`; the derivative at -3 is 0, and at 3 it is 1."""
    return hardswish_op(as_operand(x))


def logsigmoid(x: Any) -> Any:
    """log(1 / (1 + exp(-x)))."""
    return logsigmoid_op(as_operand(x))


def softmax(x: Any, dim: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along `dim`: positive numbers whose sum is 1. PyTorch's `dim` has no fixed default.

    Example
    -------
    >>> softmax(np.array([0.0, 0.0, 1000.0]))
    array([0., 0., 1.])
    """
    return ag.softmax(as_operand(x), axis=dim)


def softmin(x: Any, dim: int = -1) -> Any:
    """softmax(-x), largest where x is smallest."""
    return ag.softmax(np.negative(as_operand(x)), axis=dim)


def log_softmax(x: Any, dim: int = -1) -> Any:
    """The logarithm of softmax(x), without overflow or log(0)."""
    return ag.log_softmax(as_operand(x), axis=dim)


def glu(x: Any, dim: int = -1) -> Any:
    """`a sigmoid(b)`, where a and b are the halves of x along `dim`.  (..., 2n, ...) -> (..., n, ...)

    Raises: ShapeError where the length of that axis is odd.
    Source: Dauphin et al., "Language modeling with gated convolutional networks" (2017).

    Example
    -------
    >>> glu(np.array([4.0, 6.0, 0.0, 50.0]))
    array([2., 6.])
    """
    x = as_operand(x)
    shape = shape_of(x)
    if not -len(shape) <= dim < len(shape) or shape[dim] % 2:
        raise ShapeError(
            f"glu: got x of shape {shape} and dim={dim}; that axis is cut in two halves; give one of even length"
        )
    i, n = dim % len(shape), shape[dim] // 2
    lead = (slice(None),) * i
    return x[(*lead, slice(None, n))] * logistic(x[(*lead, slice(n, None))])


def check_ordered(where: str, low: str, a: Any, high: str, b: Any) -> None:
    """Raise UsageError unless a bound is below the other."""
    if not a <= b:
        raise UsageError(f"{where}: got {low}={a!r} and {high}={b!r}; {low} must not be above {high}; exchange them")
