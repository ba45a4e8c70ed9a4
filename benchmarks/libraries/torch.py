"""PyTorch on the CPU, eager, one thread."""

import numpy as np
import torch
from torch import add, divide, exp, log, log1p, matmul, multiply, relu, sin, sqrt, square, subtract, tanh

PACKAGE = "torch"
MODULE = "torch"
CAN = {"scalars", "arrays", "import"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "matmul", "multiply", "relu", "sin", "sqrt", "square", "subtract", "tanh",
]  # fmt: skip

torch.set_num_threads(1)
logistic, total = torch.sigmoid, torch.sum


def row_sums(x):
    return torch.sum(x, -1, True)


def constant(x):
    return torch.from_numpy(x)


def numbers(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def leaf(x):
    return torch.tensor(x, dtype=torch.float64 if isinstance(x, float) else None, requires_grad=True)


def gradients(f, *parameters, spare=False):
    leaves = [leaf(p) for p in parameters]

    def run():
        for v in leaves:
            v.grad = None
        y = f(*leaves)
        y.backward()
        return [y, *[v.grad for v in leaves]]

    return run


def descent(f, *parameters, rate):
    leaves = [leaf(p) for p in parameters]

    def run():
        y = f(*leaves)
        y.backward()
        with torch.no_grad():
            for v in leaves:
                v.sub_(rate * v.grad)
                v.grad = None
        return [y, *leaves]

    return run


def value_and_gradient(f):
    def run(x):
        v = torch.tensor(x, requires_grad=True)
        y = f(v)
        y.backward()
        return y.item(), v.grad.numpy()

    return run
