"""Stochastic gradient descent, RMSprop and Adam: `optimizer(grad, x0, callback, num_iters, ...)`, x0 any container.

grad and callback are called as grad(x, i) and callback(x, i, g) at iteration i.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

from .flatten import flatten

__all__ = ["adam", "rmsprop", "sgd", "unflatten_optimizer"]

Function = Callable[..., Any]


def unflatten_optimizer(optimize: Function) -> Function:
    """Decorator: an optimiser of vectors made to work on containers of numbers and arrays."""

    @wraps(optimize)
    def on_trees(grad: Function, x0: Any, callback: Function | None = None, *args: Any, **kwargs: Any) -> Any:
        start, unflatten = flatten(x0)

        def report(x: Any, i: int, g: Any) -> None:
            if callback is not None:
                callback(unflatten(x), i, unflatten(g))

        found = optimize(lambda x, i: flatten(grad(unflatten(x), i))[0], start, report, *args, **kwargs)
        return unflatten(found)

    return on_trees


def gradients(grad: Function, x: Any, callback: Function | None, num_iters: int) -> Iterator[tuple[int, Any]]:
    """The gradient at each iteration, reported; `x` is changed in place meanwhile."""
    for i in range(num_iters):
        g = grad(x, i)
        if callback is not None:
            callback(x, i, g)
        yield i, g


@unflatten_optimizer
def sgd(
    grad: Function,
    x: Any,
    callback: Function | None = None,
    num_iters: int = 200,
    step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:
    """Gradient descent with momentum.

    Example
    -------
    >>> sgd(lambda x, i: 2 * x, np.array([1.0, -2.0])).round(3)
    array([-0.,  0.])
    """
    x = np.array(x, float)
    velocity = np.zeros(len(x))
    for _, g in gradients(grad, x, callback, num_iters):
        velocity = mass * velocity - (1 - mass) * g
        x += step_size * velocity
    return x


@unflatten_optimizer
def rmsprop(
    grad: Function,
    x: Any,
    callback: Function | None = None,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """Steps divided by a running root mean square of the gradient.

    Source: Hinton, Srivastava and Swersky, "Neural networks for machine learning", lecture 6 (2012).
    """
    x = np.array(x, float)
    squares = np.ones(len(x))
    for _, g in gradients(grad, x, callback, num_iters):
        squares = gamma * squares + (1 - gamma) * g**2
        x -= step_size * g / (np.sqrt(squares) + eps)
    return x


@unflatten_optimizer
def adam(
    grad: Function,
    x: Any,
    callback: Function | None = None,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Steps by running means of the gradient and of its square, both corrected for their start at 0.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
    """
    x = np.array(x, float)
    mean, squares = np.zeros(len(x)), np.zeros(len(x))
    for i, g in gradients(grad, x, callback, num_iters):
        mean = b1 * mean + (1 - b1) * g
        squares = b2 * squares + (1 - b2) * g**2
        unbiased = squares / (1 - b2 ** (i + 1))
        x -= step_size * mean / (1 - b1 ** (i + 1)) / (np.sqrt(unbiased) + eps)
    return x
