"""Optimizers that walk along the gradient itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import UsageError

from .optimizer import Optimizer, Settings, State, beside

__all__ = ["ASGD", "SGD"]


class SGD(Optimizer):
    """Gradient descent: p becomes p - lr * p.grad; with momentum, p - lr * (a decaying sum of gradients).

    momentum: what stays of that sum each step; its first gradient enters whole, later ones times
    1 - dampening. nesterov: look ahead by one momentum step. weight_decay: adds weight_decay * p to
    the gradient. Settings as in PyTorch.

    Raises: as `Optimizer`; UsageError for nesterov without momentum, or with dampening.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).

    Example
    -------
    >>> from autograd_mini import Value
    >>> p = Value(1.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> p.data
    0.8
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
                "nesterov": nesterov, "maximize": maximize,
            },
        )  # fmt: skip

    def settings(self, group: Settings) -> dict[str, Any]:
        """The settings of a group as plain numbers."""
        settings = super().settings(group)
        if settings["nesterov"] and (settings["momentum"] == 0 or settings["dampening"] != 0):
            raise UsageError(
                f"{type(self).__name__}: got nesterov with momentum = {settings['momentum']} and dampening = "
                f"{settings['dampening']}; it looks ahead along an undamped momentum; give momentum=0.9, dampening=0"
            )
        return settings

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The sum of gradients, if there is momentum."""
        return ("step", "momentum_buffer") if settings["momentum"] else ()

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step along the gradient, or along what momentum made of it."""
        if settings["weight_decay"]:
            g = g + settings["weight_decay"] * p
        if "momentum_buffer" in state:
            momentum = settings["momentum"]
            is_first = 0.0 ** state["step"]  # 1, and from the second step on 0
            weight = beside(p, 1 - settings["dampening"] * (1 - is_first))
            buffer = beside(p, momentum) * state["momentum_buffer"] + weight * g
            state = {"step": state["step"] + 1, "momentum_buffer": buffer}
            g = g + beside(p, momentum) * buffer if settings["nesterov"] else buffer
        return p - beside(p, settings["lr"]) * g, state


class ASGD(Optimizer):
    """Averaged gradient descent: steps that shrink, and from step t0 on the mean of all points in its state "ax".

    The step is lr / (1 + lambd * lr * step) ** alpha, and each point shrinks by lambd times that.

    Source: Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992), with
    the steps of Bottou, "Large-Scale Machine Learning with Stochastic Gradient Descent" (2010).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The mean of the points, the size of the coming step, and how far the mean moves by it."""
        return ("step", "ax", "eta", "mu")

    @classmethod
    def start(cls, p: Any, settings: Settings) -> State:
        """The first step has the size lr, and the mean is then its point."""
        return {**super().start(p, settings), "eta": settings["lr"], "mu": 1.0}

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A shrinking step, and the mean moved towards its point."""
        lr, lambd, step = settings["lr"], settings["lambd"], state["step"] + 1
        if settings["weight_decay"]:
            g = g + settings["weight_decay"] * p
        eta = state["eta"]
        p = p * beside(p, 1 - lambd * eta) - beside(p, eta) * g
        ax = state["ax"] + beside(p, state["mu"]) * (p - state["ax"])
        eta = lr / (1 + lambd * lr * step) ** settings["alpha"]
        mu = 1 / np.maximum(1.0, step - settings["t0"])
        return p, {"step": step, "ax": ax, "eta": eta, "mu": mu}
