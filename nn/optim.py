"""Optimizers: they move parameters by what `backward` left in `.grad`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from autograd_mini import UsageError, Value

from .module import Module

__all__ = ["SGD"]


class SGD:
    """Gradient descent: p becomes p - lr * p.grad.

    parameters: leaves, as `module.parameters()` gives; one that comes twice is moved once. lr: the
    learning rate, from 0 on; it is an attribute, to be changed at will.

    All parameters move at once: every gradient was taken before the first of them moves.

    Raises: UsageError for no parameters, for ones that are not leaves, and for other rates.

    Example
    -------
    >>> p = Value(1.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> p.data
    0.8
    """

    def __init__(self, parameters: Iterable[Value], lr: float) -> None:
        if isinstance(parameters, (Module, Value)):
            raise UsageError(
                f"SGD: got a {type(parameters).__name__}; it takes several parameters; "
                "give module.parameters(), or a list of Values"
            )
        given = list(parameters)
        for p in given:
            if not isinstance(p, Value) or not p.is_leaf:
                what = p.label() if isinstance(p, Value) else type(p).__name__
                raise UsageError(
                    f"SGD: got {what} among the parameters; each must be a leaf Value; give module.parameters()"
                )
        if not given:
            raise UsageError("SGD: got no parameters; there is nothing to train; give module.parameters()")
        self.parameters = list(dict.fromkeys(given))
        self.lr = lr
        self.rate()

    def step(self) -> None:
        """Move every parameter that has a gradient, or none if an error is raised.

        Raises: UsageError if none has a gradient.
        """
        rate = self.rate()
        new = [(p, p.data - rate * g) for p in self.parameters if (g := p.grad) is not None]
        if not new:
            raise UsageError(
                "SGD.step: no parameter has a gradient; a step needs one; call backward() on the loss first"
            )
        for p, data in new:
            p.data = data

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: each `.grad` is None again."""
        for p in self.parameters:
            p.zero_grad()

    def rate(self) -> float:
        """The learning rate as a float, which keeps float32 parameters what they are."""
        if not isinstance(self.lr, Real) or not math.isfinite(self.lr) or self.lr < 0:
            raise UsageError(f"SGD: got lr = {self.lr!r}; a learning rate is a finite number from 0 on; try 0.1")
        return float(self.lr)

    def __repr__(self) -> str:
        return f"SGD({len(self.parameters)} parameters, lr={self.lr})"
