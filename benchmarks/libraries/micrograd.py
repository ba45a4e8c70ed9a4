"""micrograd: scalars only.

Its release has no exp, so there is no logistic to build from its own operations. Here it is one
operation more, written as those in its engine are: data, a child, and a closure.
"""

import math
import sys

import numpy as np
from micrograd.engine import Value

PACKAGE = "micrograd"
MODULE = "micrograd.engine"
CAN = {"scalars", "import"}

sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))  # its backward is recursive


def logistic(x):
    y = 1 / (1 + math.exp(-x.data))
    out = Value(y, (x,), "logistic")

    def _backward():
        x.grad += y * (1 - y) * out.grad

    out._backward = _backward
    return out


def numbers(x):
    return np.asarray(x)


def gradients(f, *parameters, spare=False):
    leaves = [Value(p) for p in parameters]

    def run():
        for v in leaves:
            v.grad = 0
        y = f(*leaves)
        y.backward()
        return [y.data, *[v.grad for v in leaves]]

    return run


def descent(f, *parameters, rate):
    leaves = [Value(p) for p in parameters]

    def run():
        y = f(*leaves)
        y.backward()
        for v in leaves:
            v.data -= rate * v.grad
            v.grad = 0
        return [y.data, *[v.data for v in leaves]]

    return run
