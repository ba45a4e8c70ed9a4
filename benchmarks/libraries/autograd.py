"""HIPS autograd."""

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad as value_and_gradient
from autograd.numpy import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, square, subtract, tanh

PACKAGE = "autograd"
MODULE = "autograd"
CAN = {"scalars", "arrays", "memory", "import"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "matmul", "multiply", "sin", "sqrt", "square", "subtract", "tanh",
    "value_and_gradient",
]  # fmt: skip

total = anp.sum


def logistic(x):
    return 1 / (1 + anp.exp(-x))


def relu(x):
    return anp.maximum(x, 0)


def row_sums(x):
    return anp.sum(x, -1, keepdims=True)


def constant(x):
    return x


def numbers(x):
    return np.asarray(x)


def gradients(f, *parameters, spare=False):
    both = value_and_gradient(f, tuple(range(len(parameters))))

    def run():
        y, gradient = both(*parameters)
        return [y, *gradient]

    return run


def descent(f, *parameters, rate):
    parameters = list(parameters)
    both = value_and_gradient(f, tuple(range(len(parameters))))

    def run():
        y, gradient = both(*parameters)
        parameters[:] = [p - rate * g for p, g in zip(parameters, gradient, strict=True)]
        return [y, *parameters]

    return run
