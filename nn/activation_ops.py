"""The ops of the activations that are no compositions: each is declared once, with its partials.

Settings are operands, so that they may be Values: the slope of a leaky ReLU is the weight of PReLU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import elementwise, logistic

__all__ = [
    "above",
    "clipped",
    "cut_out",
    "hardsigmoid_op",
    "hardswish_op",
    "leaky",
    "logsigmoid_op",
    "mish_op",
    "nearer_zero",
    "scaled_elu",
    "smooth_relu",
    "softsign_op",
    "swish",
    "tanh_gate",
]


def either(chosen: Any, a: Any, b: Any) -> Any:
    """`a` where it is chosen, else `b`; of numbers a number."""
    return np.where(chosen, a, b)[()]


def between(x: Any, low: Any, high: Any) -> Any:
    """Whether x lies inside the interval, its ends left out."""
    return np.logical_and(np.greater(x, low), np.less(x, high))


def outside(x: Any, bound: Any) -> Any:
    """Whether x lies beyond plus or minus `bound`; so does nan, which then stays nan."""
    return np.logical_not(np.logical_and(np.greater_equal(x, -bound), np.less_equal(x, bound)))


def leaky_of_numbers(x: Any, slope: Any) -> Any:
    """`x` where it is positive, else x * slope: 240 us on 2**18 float32 of either sign, where np.where takes 970."""
    return np.maximum(x, 0.0) + slope * np.minimum(x, 0.0)


def through_leaky(g: Any, y: Any, x: Any, slope: Any) -> Any:
    """`g`, or g * slope where x is not positive, which is exact as either term is 0."""
    is_positive = np.greater(x, 0)
    one, slope = y.dtype.type(1.0), np.asarray(slope, y.dtype)
    return g * (is_positive * one + np.logical_not(is_positive) * slope)


leaky = elementwise(
    leaky_of_numbers,
    lambda y, x, slope: np.where(np.greater(x, 0), 1.0, slope),
    lambda y, x, slope: np.minimum(x, 0.0),
    name="nn.leaky_relu",
    real=(through_leaky, lambda g, y, x, slope: g * np.minimum(x, 0.0)),
    domain=((-2.0, -0.2), (0.1, 0.5)),
    smooth=True,
)


def elu_of_numbers(x: Any, scale: Any, rate: Any) -> Any:
    """`x` where it is positive, else scale (exp(rate x) - 1); either term is 0."""
    return np.maximum(x, 0.0) + scale * np.expm1(rate * np.minimum(x, 0.0))


def through_elu(g: Any, y: Any, x: Any, scale: Any, rate: Any) -> Any:
    """`g * scale * rate * exp(rate x)`, or g where x is positive."""
    d = (scale * rate) * np.exp(rate * np.minimum(x, 0.0))
    return g * (d + np.greater(x, 0) * np.asarray(1.0 - scale * rate, y.dtype))


scaled_elu = elementwise(
    elu_of_numbers,
    lambda y, x, scale, rate: np.where(np.greater(x, 0), 1.0, scale * rate * np.exp(rate * np.minimum(x, 0.0))),
    lambda y, x, scale, rate: np.expm1(rate * np.minimum(x, 0.0)),
    lambda y, x, scale, rate: scale * np.minimum(x, 0.0) * np.exp(rate * np.minimum(x, 0.0)),
    name="nn.elu",
    real=(
        through_elu,
        lambda g, y, x, scale, rate: g * np.expm1(rate * np.minimum(x, 0.0)),
        lambda g, y, x, scale, rate: g * (scale * np.minimum(x, 0.0) * np.exp(rate * np.minimum(x, 0.0))),
    ),
    domain=((-2.0, -0.2), (0.5, 1.5), (0.5, 1.5)),
    smooth=True,
)
clipped = elementwise(
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda y, x, low, high: between(x, low, high),
    lambda y, x, low, high: np.less_equal(x, low),
    lambda y, x, low, high: np.greater_equal(x, high),
    name="nn.hardtanh",
    domain=((-0.5, 0.5), (-1.0, -0.8), (0.8, 1.0)),
    smooth=True,
)


def normal_gate(x: Any) -> Any:
    """(1 + tanh(v)) / 2, with v = sqrt(2/pi) (x + 0.044715 x^3); beyond 10 it is 0 or 1 to rounding."""
    b = np.clip(x, -10.0, 10.0)
    return 0.5 + 0.5 * np.tanh(b * (ROOT_2_OVER_PI + (0.044715 * ROOT_2_OVER_PI) * (b * b)))


def gate_partial(y: Any, x: Any) -> Any:
    """`d gate / d x` = 2 gate (1 - gate) dv/dx."""
    b = np.clip(x, -10.0, 10.0)
    return 2.0 * y * (1.0 - y) * (ROOT_2_OVER_PI + (0.134145 * ROOT_2_OVER_PI) * (b * b))


ROOT_2_OVER_PI = 0.7978845608028654
tanh_gate = elementwise(normal_gate, gate_partial, name="nn.tanh_gate", smooth=True)


def swish_of_numbers(x: Any) -> Any:
    """`x / (1 + exp(-x))`; exp may overflow, and then the quotient is 0, as it should be."""
    with np.errstate(over="ignore"):
        return x / (1.0 + np.exp(np.negative(x)))


def swish_partial(y: Any, x: Any) -> Any:
    """`d y / d x` = s + y (1 - s), with s = 1 / (1 + exp(-x))."""
    s = logistic(x)
    return s + y * (1.0 - s)


swish = elementwise(swish_of_numbers, swish_partial, name="nn.silu", smooth=True)


def mish_of_numbers(x: Any) -> Any:
    """`x n / (n + 2)`, with n = exp(x) (exp(x) + 2), as the quotient is tanh(softplus(x)); beyond 20 that is 1."""
    e = np.exp(np.minimum(x, 20.0))
    n = e * (e + 2.0)
    return x * (n / (n + 2.0))


def mish_partial(y: Any, x: Any) -> Any:
    """`d y / d x` = t + x s (1 - t^2), with t = n / (n + 2) and s = e / (1 + e)."""
    b = np.minimum(x, 20.0)
    e = np.exp(b)
    n = e * (e + 2.0)
    return n / (n + 2.0) + b * (e / (1.0 + e)) * (4.0 * (n + 1.0) / np.square(n + 2.0))


mish_op = elementwise(mish_of_numbers, mish_partial, name="nn.mish", smooth=True)
smooth_relu = elementwise(
    lambda x, beta, bound: either(np.greater(x * beta, bound), x, -log_of_logistic(-beta * x) / beta),
    lambda y, x, beta, bound: np.where(np.greater(x * beta, bound), 1.0, logistic(x * beta)),
    lambda y, x, beta, bound: np.where(np.greater(x * beta, bound), 0.0, (x * logistic(x * beta) - y) / beta),
    None,
    name="nn.softplus",
    domain=((-2.0, 2.0), (0.5, 2.0), (20.0, 21.0)),
    smooth=True,
)


def log_of_logistic(x: Any) -> Any:
    """log(1 / (1 + exp(-x))); exp is of what is not positive."""
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


logsigmoid_op = elementwise(log_of_logistic, lambda y, x: logistic(-x), name="nn.logsigmoid", smooth=True)
softsign_op = elementwise(
    lambda x: x / (1.0 + np.abs(x)), lambda y, x: np.square(1.0 / (1.0 + np.abs(x))), name="nn.softsign", smooth=True
)
nearer_zero = elementwise(
    lambda x, bound: x - np.clip(x, -bound, bound),
    lambda y, x, bound: outside(x, bound),
    lambda y, x, bound: -np.sign(y),
    name="nn.softshrink",
    domain=((-2.0, -0.7), (0.1, 0.5)),
    smooth=True,
)
cut_out = elementwise(
    lambda x, bound: x * outside(x, bound),
    lambda y, x, bound: outside(x, bound),
    None,
    name="nn.hardshrink",
    domain=((-2.0, -0.7), (0.1, 0.5)),
    smooth=True,
)
above = elementwise(
    lambda x, bound, value: either(np.less_equal(x, bound), value, x),
    lambda y, x, bound, value: np.logical_not(np.less_equal(x, bound)),
    None,
    lambda y, x, bound, value: np.less_equal(x, bound),
    name="nn.threshold",
    domain=((0.7, 2.0), (0.1, 0.5), (-1.0, 1.0)),
    smooth=True,
)
hardsigmoid_op = elementwise(
    lambda x: np.clip(x + 3.0, 0.0, 6.0) / 6.0,
    lambda y, x: between(x, -3.0, 3.0) * (1 / 6),
    name="nn.hardsigmoid",
    real=(lambda g, y, x: g * between(x, -3.0, 3.0) * (1 / 6),),
    smooth=True,
)
hardswish_op = elementwise(
    lambda x: x * np.clip(x + 3.0, 0.0, 6.0) / 6.0,
    lambda y, x: np.where(np.less_equal(x, -3.0), 0.0, np.where(np.less(x, 3.0), x / 3.0 + 0.5, 1.0)),
    name="nn.hardswish",
    smooth=True,
)
