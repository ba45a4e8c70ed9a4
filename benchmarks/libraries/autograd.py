"""HIPS autograd."""

import math

import autograd
import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad as value_and_gradient
from autograd.numpy import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, subtract, tanh

from .adam import Adam

PACKAGE = "autograd"
MODULE = "autograd"
CAN = {"scalars", "arrays", "hessian", "adam", "transformer", "memory", "import"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "matmul", "multiply", "sin", "sqrt", "subtract", "tanh",
    "value_and_gradient",
]  # fmt: skip

total, permuted = anp.sum, anp.transpose


def logistic(x):
    return 1 / (1 + anp.exp(-x))


def relu(x):
    return anp.maximum(x, 0)


def row_sums(x):
    return anp.sum(x, -1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + anp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def softmax(x):
    y = anp.exp(x - anp.max(x, -1, keepdims=True))
    return y / anp.sum(y, -1, keepdims=True)


def cross_entropy(z, labels):
    z = z - anp.max(z, -1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(z), -1)) - z[anp.arange(len(labels)), labels])


def last_state(step, state, xs):
    for x in xs:
        state = step(state, x)
    return state


def constant(x):
    return x


labels = constant


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


def adam(f, *parameters, rate):
    both = value_and_gradient(f, tuple(range(len(parameters))))
    return Adam(parameters, rate).stepping(lambda parameters: both(*parameters))


hessian = autograd.hessian


def hessian_vector_product(f, point, direction):
    product = autograd.make_hvp(lambda p: f(*p))
    return lambda: product(tuple(point))[0](tuple(direction))
