"""MyGrad."""

import mygrad as mg
import numpy as np
from mygrad import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, square, subtract, tanh
from mygrad.nnet.activations import relu
from mygrad.nnet.activations import sigmoid as logistic

PACKAGE = "mygrad"
MODULE = "mygrad"
CAN = {"scalars", "arrays", "memory", "import"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "logistic", "matmul", "multiply", "relu", "sin", "sqrt", "square",
    "subtract", "tanh",
]  # fmt: skip

total = mg.sum


def row_sums(x):
    return mg.sum(x, -1, keepdims=True)


def constant(x):
    return x


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
