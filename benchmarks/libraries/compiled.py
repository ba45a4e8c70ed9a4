"""autograd_mini, compiled: what `ours` does, by functions that were compiled."""

import numpy as np

import autograd_mini
from autograd_mini import Value

from .ours import (
    add,
    divide,
    exp,
    log,
    log1p,
    logistic,
    matmul,
    multiply,
    relu,
    row_sums,
    sin,
    sqrt,
    square,
    subtract,
    tanh,
    total,
)  # fmt: skip

PACKAGE = "autograd-mini"
MODULE = "autograd_mini.compiler"
CAN = {"scalars", "arrays"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "logistic", "matmul", "multiply", "relu", "row_sums", "sin", "sqrt",
    "square", "subtract", "tanh", "total",
]  # fmt: skip
BACKEND = "auto"


def constant(x):
    return x


def numbers(x):
    return np.asarray(x)


def gradients(f, *parameters, spare=False):
    places = tuple(range(len(parameters)))
    both = autograd_mini.compile(autograd_mini.value_and_grad(f, places), backend=BACKEND)

    def run():
        y, gradient = both(*parameters)
        return [y, *gradient]

    return run


def descent(f, *parameters, rate):
    leaves = [Value(p) for p in parameters]

    def step():
        for v in leaves:
            v.grad = None
        y = f(*leaves)
        y.backward()
        for v in leaves:
            v.data -= rate * v.grad
            v.grad = None
        return y

    step = autograd_mini.compile(step, backend=BACKEND)
    return lambda: [step(), *[v.data for v in leaves]]


def value_and_gradient(f):
    return autograd_mini.compile(autograd_mini.value_and_grad(f), backend=BACKEND)
