"""Optimizers that take the sign of the gradient, and leave its size."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, Settings, State, beside

__all__ = ["Lion", "Rprop"]


class Lion(Optimizer):
    """Evolved sign momentum: p becomes p - lr * (sign(c) + weight_decay * p), c a mean of gradients.

    betas: what stays of the momentum in c, and what stays of it from step to step. Every number moves
    by lr, so that lr is to be smaller than Adam's, 3 to 10 times, and weight_decay larger by as much.

    Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2.

    Example
    -------
    >>> from autograd_mini import Value
    >>> p = Value([1.0, -2.0])
    >>> optimizer = Lion([p], lr=0.5)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    array([ 0.5, -1.5])
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The momentum."""
        return ("exp_avg",)

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step of size lr in each number."""
        (beta1, beta2), lr, momentum = settings["betas"], settings["lr"], state["exp_avg"]
        direction = np.sign(beside(p, beta1) * momentum + beside(p, 1 - beta1) * g)
        momentum = beside(p, beta2) * momentum + beside(p, 1 - beta2) * g
        if settings["weight_decay"]:
            direction = direction + settings["weight_decay"] * p
        return p - beside(p, lr) * direction, {"exp_avg": momentum}


class Rprop(Optimizer):
    """Resilient propagation: each number has a step of its own, which grows while its gradient keeps its sign.

    etas: the factors of a step whose gradient changed its sign, and of one whose gradient kept it; after
    a change the number rests for a step. step_sizes: the least and the largest step. For whole
    batches: signs of noisy gradients say little. Settings as in PyTorch.

    Source: Riedmiller & Braun, "A Direct Adaptive Method for Faster Backpropagation Learning" (1993).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The last gradient, and the size of each number's step."""
        return ("prev", "step_size")

    @classmethod
    def start(cls, p: Any, settings: Settings) -> State:
        """All steps have the size lr."""
        zeros = super().start(p, settings)
        return {**zeros, "step_size": zeros["step_size"] + settings["lr"]}

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step against the sign of the gradient, where that is the one it had."""
        (shrinks, grows), (least, largest) = settings["etas"], settings["step_sizes"]
        sign = np.sign(g * state["prev"])
        size = state["step_size"] * np.where(sign > 0, grows, np.where(sign < 0, shrinks, 1.0)).astype(sign.dtype)
        size = np.clip(size, least, largest)
        g = np.where(sign < 0, 0.0, g)
        return p - np.sign(g) * size, {"prev": g, "step_size": size}
