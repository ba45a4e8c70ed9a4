"""MyGrad."""

import math

import mygrad as mg
import numpy as np
from mygrad import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, subtract, tanh
from mygrad.nnet.activations import relu, softmax
from mygrad.nnet.activations import sigmoid as logistic
from mygrad.nnet.layers import conv_nd
from mygrad.nnet.layers import max_pool as pooled
from mygrad.nnet.losses import softmax_crossentropy as cross_entropy

from .adam import Adam

PACKAGE = "mygrad"
MODULE = "mygrad"
CAN = {"scalars", "arrays", "adam", "convolution", "transformer", "memory", "import"}
__all__ = [
    "add", "cross_entropy", "divide", "exp", "log", "log1p", "logistic", "matmul", "multiply", "relu", "sin", "softmax",
    "sqrt", "subtract", "tanh",
]  # fmt: skip

total, permuted = mg.sum, mg.transpose


def row_sums(x):
    return mg.sum(x, -1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + mg.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def conv(x, w):
    return conv_nd(x, w, stride=1, padding=1)


def max_pool(x):
    return pooled(x, (2, 2), 2)


def last_state(step, state, xs):
    for x in xs:
        state = step(state, x)
    return state


def constant(x):
    return x


labels = constant


def numbers(x):
    return x.data if isinstance(x, mg.Tensor) else np.asarray(x)


def gradients(f, *parameters, spare=False):
    leaves = [mg.tensor(p) for p in parameters]

    def run():
        for v in leaves:
            v.null_grad()
        y = f(*leaves)
        y.backward()
        return [y, *[v.grad for v in leaves]]

    return run


def descent(f, *parameters, rate):
    leaves = [mg.tensor(p) for p in parameters]

    def run():
        y = f(*leaves)
        y.backward()
        for v in leaves:
            v.data -= rate * v.grad
            v.null_grad()
        return [y, *leaves]

    return run


def value_and_gradient(f):
    def run(x):
        v = mg.tensor(x)
        y = f(v)
        y.backward()
        return y.item(), v.grad

    return run


def adam(f, *parameters, rate):
    def both(parameters):
        leaves = [mg.tensor(p, copy=False) for p in parameters]
        y = f(*leaves)
        y.backward()
        return y, [v.grad for v in leaves]

    return Adam(parameters, rate).stepping(both)
