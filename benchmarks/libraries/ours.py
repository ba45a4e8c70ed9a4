"""autograd_mini: operators and methods; `through_numpy` has NumPy's functions in their place."""

from operator import add, matmul, mul, sub, truediv  # noqa: F401  # the adapter's names
from types import SimpleNamespace

import numpy as np

import autograd_mini
import nn
from autograd_mini import Value
from nn import cross_entropy  # noqa: F401  # the adapter's name

PACKAGE = "autograd-mini"
MODULE = "autograd_mini"
CAN = {"scalars", "arrays", "hessian", "adam", "convolution", "transformer", "modules", "memory", "import"}

exp, log, tanh, sqrt, relu, logistic, total = (
    Value.exp, Value.log, Value.tanh, Value.sqrt, autograd_mini.relu, autograd_mini.logistic, Value.sum
)  # fmt: skip
log1p, sin, kind = np.log1p, np.sin, np.dtype
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
    return np.asarray(x.data if isinstance(x, Value) else x)


def labels(x):
    return x


def gelu(x):
    return nn.gelu(x, "tanh")


def later(n, dtype):  # is_causal says it
    return None


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
    one = one_step(f, leaves, rate)
    return lambda: [one().data, *[v.data for v in leaves]]


def one_step(f, leaves, rate):
    """A step of descent, as a function that can be compiled."""

    def step():
        y = f(*leaves)
        y.backward()
        for v in leaves:
            v.data -= rate * v.grad
            v.grad = None
        return y

    return step


def trained(model, numbers, loss, *, rate, through=lambda f: f):
    model.load(numbers)
    optimizer = nn.Adam(model.parameters(), lr=rate)

    @through
    def step():
        optimizer.zero_grad()
        error = loss(model)
        error.backward()
        optimizer.step()
        return error

    return lambda: [step(), *[v.data for v in model.parameters()]]


value_and_gradient, hessian = autograd_mini.value_and_grad, autograd_mini.hessian


def hessian_vector_product(f, point, direction):
    return lambda: autograd_mini.hvp(lambda p: f(*p), point, direction)
