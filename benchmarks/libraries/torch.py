"""PyTorch on the CPU, eager; `ADAPTER` is eager, and `adapter(torch.compile)` compiles each function."""

import os
from functools import partial
from types import SimpleNamespace

import numpy as np
import torch
from torch import add, divide, exp, log, log1p, matmul, multiply, nn, relu, sin, sqrt, subtract, tanh
from torch.nn.functional import cross_entropy

PACKAGE = "torch"
MODULE = "torch"
CAN = {"scalars", "arrays", "hessian", "adam", "convolution", "transformer", "modules", "import"}
__all__ = [
    "ADAPTER", "adapter", "add", "cross_entropy", "divide", "exp", "log", "log1p", "matmul", "multiply", "nn", "relu",
    "sin", "sqrt", "subtract", "tanh",
]  # fmt: skip

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
logistic, total = torch.sigmoid, torch.sum
gelu = partial(nn.functional.gelu, approximate="tanh")


def row_sums(x):
    return torch.sum(x, -1, True)


def constant(x):
    return torch.from_numpy(x)


labels = constant


def numbers(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def kind(dtype):
    return getattr(torch, dtype)


def later(n, dtype):
    return nn.Transformer.generate_square_subsequent_mask(n, dtype=kind(dtype))


def leaf(x):
    return torch.tensor(x, dtype=torch.float64 if isinstance(x, float) else None, requires_grad=True)


def gradients(f, *parameters, spare=False, through):
    leaves, f = [leaf(p) for p in parameters], through(f)

    def run():
        for v in leaves:
            v.grad = None
        y = f(*leaves)
        y.backward()
        return [y, *[v.grad for v in leaves]]

    return run


def descent(f, *parameters, rate, through):
    leaves, f = [leaf(p) for p in parameters], through(f)

    def run():
        y = f(*leaves)
        y.backward()
        with torch.no_grad():
            for v in leaves:
                v.sub_(rate * v.grad)
                v.grad = None
        return [y, *leaves]

    return run


def value_and_gradient(f, *, through):
    f = through(f)

    def run(x):
        v = torch.tensor(x, requires_grad=True)
        y = f(v)
        y.backward()
        return y.item(), v.grad.numpy()

    return run


def hessian(f, *, through):
    second = torch.func.hessian(through(f))
    return lambda x: second(torch.from_numpy(x)).numpy()


def hessian_vector_product(f, point, direction, *, through):
    leaves, directions, f = [leaf(x) for x in point], [torch.from_numpy(x) for x in direction], through(f)

    def run():
        slopes = torch.autograd.grad(f(*leaves), leaves, create_graph=True)
        return torch.autograd.grad(slopes, leaves, directions)

    return run


def trained(model, numbers, loss, *, rate, through):
    model.load_state_dict({name: torch.from_numpy(x.copy()) for name, x in numbers.items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loss = through(loss)

    def run():
        optimizer.zero_grad()
        y = loss(model)
        y.backward()
        optimizer.step()
        return [y, *model.parameters()]

    return run


def adapter(through):
    """The adapter, with `through` applied to each function that is differentiated."""
    callables = gradients, descent, value_and_gradient, hessian, hessian_vector_product, trained
    return SimpleNamespace(**{**globals(), **{f.__name__: partial(f, through=through) for f in callables}})


ADAPTER = adapter(lambda f: f)
