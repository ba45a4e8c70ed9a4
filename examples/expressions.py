"""Derivatives of arbitrary expressions: of numbers, of arrays, and a second time.

python examples/expressions.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_mini import Value, grad, relu


def main() -> None:
    """Print each expression with its value and its derivatives."""
    of_numbers()
    of_arrays()
    second_derivatives()


def of_numbers() -> None:
    """Plain arithmetic on scalars; the expression is the one in the README of Andrej Karpathy's micrograd."""
    a, b = Value(-4.0, name="a"), Value(2.0, name="b")
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c - a
    d = d + d * 2 + relu(b + a)
    d = d + 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    g.backward()
    print("An expression of two numbers, a = -4 and b = 2")
    print(f"  g     = {g:.4f}")
    print(f"  dg/da = {a.grad:.4f}")
    print(f"  dg/db = {b.grad:.4f}")


def of_arrays() -> None:
    """NumPy's functions on arrays: the gradient has the shape of its array."""
    x = Value(np.array([[0.5, 1.0, 1.5], [2.0, 2.5, 3.0]]), name="x")
    scale = Value(np.array([1.0, 10.0, 100.0]), name="scale")
    y = np.sum(np.log1p(np.exp(x)) * scale, axis=0).max()
    y.backward()
    print("\nThe largest column of softplus(x) * scale, where scale is broadcast over the rows of x")
    print(f"  y          = {y:.6f}")
    print(f"  dy/dx      = {np.array2string(x.grad, precision=4, prefix='  dy/dx      = ')}")
    print(f"  dy/dscale  = {np.array2string(scale.grad, precision=4)}")


def second_derivatives() -> None:
    """`grad` of a function is a function, so it can be taken again."""
    f: Callable[..., Any] = np.sin
    print("\nDerivatives of sin at 1: sin, cos, -sin, -cos")
    for order in range(4):
        print(f"  order {order}: {f(1.0):+.12f}")
        f = grad(f)

    def rosenbrock(x: float, y: float) -> float:
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    print("\nSecond derivatives of (1 - x)^2 + 100 (y - x^2)^2 at x = -1, y = 2")
    for i, row in enumerate("xy"):
        seconds = [grad(grad(rosenbrock, i), j)(-1.0, 2.0) for j in range(2)]
        print(f"  d/d{row} of the gradient: {seconds[0]:9.1f} {seconds[1]:9.1f}")


if __name__ == "__main__":
    main()
