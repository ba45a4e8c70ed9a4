"""autograd_mini: operators and methods; `through_numpy` has NumPy's functions in their place."""

from operator import add, matmul, mul, sub, truediv  # noqa: F401  # the adapter's names
from types import SimpleNamespace

import numpy as np

import autograd_mini
from autograd_mini import Value

PACKAGE = "autograd-mini"
MODULE = "autograd_mini"
CAN = {"scalars", "arrays", "memory", "import"}

exp, log, tanh, sqrt, relu, logistic, total = (
    Value.exp, Value.log, Value.tanh, Value.sqrt, autograd_mini.relu, autograd_mini.logistic, Value.sum
)  # fmt: skip
log1p, sin, square = np.log1p, np.sin, np.square
subtract, multiply, divide = sub, mul, truediv


def row_sums(x):
    return x.sum(-1, keepdims=True)


through_numpy = SimpleNamespace(
    exp=np.exp,
    log=np.log,
    tanh=np.tanh,
    sqrt=np.sqrt,
    total=np.sum,
    matmul=np.matmul,
    add=np.add,
    subtract=np.subtract,
    multiply=np.multiply,
    divide=np.divide,
)


def constant(x):
    return x


def numbers(x):
    return np.asarray(x)


def gradients(f, *parameters, spare=False):
    leaves = [Value(p) for p in parameters]
    keep = "leaves" if spare else "all"

    def run():
        for v in leaves:
            v.grad = None
        y = f(*leaves)
        y.backward(keep=keep)
        return [y.data, *[v.grad for v in leaves]]

    return run


def descent(f, *parameters, rate):
    leaves = [Value(p) for p in parameters]

    def run():
        y = f(*leaves)
        y.backward()
        for v in leaves:
            v.data -= rate * v.grad
            v.grad = None
        return [y.data, *[v.data for v in leaves]]

    return run


value_and_gradient = autograd_mini.value_and_grad
