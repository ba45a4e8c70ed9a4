"""Optimizers that divide each number's step by the size of its gradients so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, Settings, State, beside

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    """Steps over the root of the sum of all squared gradients: rare features keep large steps.

    lr_decay: the rate at step t is lr / (1 + (t - 1) * lr_decay). Settings as in PyTorch.

    Source: Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (2011).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value, "eps": eps, "maximize": maximize,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The sum of squares."""
        return ("step", "sum")

    @classmethod
    def start(cls, p: Any, settings: Settings) -> State:
        """The sum starts from initial_accumulator_value."""
        zeros = super().start(p, settings)
        return {**zeros, "sum": zeros["sum"] + settings["initial_accumulator_value"]}

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step over the root of the sum of squares."""
        if settings["weight_decay"]:
            g = g + settings["weight_decay"] * p
        total = state["sum"] + g * g
        size = beside(p, settings["lr"] / (1 + state["step"] * settings["lr_decay"]))
        return p - size * g / (np.sqrt(total) + settings["eps"]), {"step": state["step"] + 1, "sum": total}


class Adadelta(Optimizer):
    """Steps as large as the last ones were, over the root of a decaying mean of squared gradients.

    rho: what stays of both means each step. Settings as in PyTorch.

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The means of squared gradients and of squared steps."""
        return ("square_avg", "acc_delta")

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step as large as the last ones."""
        rho, eps = settings["rho"], settings["eps"]
        if settings["weight_decay"]:
            g = g + settings["weight_decay"] * p
        stays, comes = beside(p, rho), beside(p, 1 - rho)
        square = stays * state["square_avg"] + comes * (g * g)
        move = np.sqrt(state["acc_delta"] + eps) / np.sqrt(square + eps) * g
        moves = stays * state["acc_delta"] + comes * (move * move)
        return p - beside(p, settings["lr"]) * move, {"square_avg": square, "acc_delta": moves}


class RMSprop(Optimizer):
    """Steps over the root of a decaying mean of squared gradients.

    alpha: what stays of the mean each step. centered: over the standard deviation instead. momentum:
    what stays of a sum of the steps. Settings as in PyTorch.

    Source: Tieleman & Hinton, "Lecture 6.5: RMSProp" (2012); Graves, "Generating Sequences With
    Recurrent Neural Networks" (2013) for centered.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum,
                "centered": centered, "maximize": maximize,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The mean of squares; of gradients, if centered; the sum of steps, if there is momentum."""
        names = ["square_avg"] + ["grad_avg"] * settings["centered"] + ["momentum_buffer"] * bool(settings["momentum"])
        return tuple(names)

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step over the root of the mean of squares, or along momentum."""
        stays, comes = beside(p, settings["alpha"]), beside(p, 1 - settings["alpha"])
        if settings["weight_decay"]:
            g = g + settings["weight_decay"] * p
        square = stays * state["square_avg"] + comes * (g * g)
        new, variance = {"square_avg": square}, square
        if settings["centered"]:
            mean = new["grad_avg"] = state["grad_avg"] + comes * (g - state["grad_avg"])
            variance = np.maximum(square - mean * mean, 0.0)  # which rounding may take below 0
        move = g / (np.sqrt(variance) + settings["eps"])
        if "momentum_buffer" in state:
            move = new["momentum_buffer"] = beside(p, settings["momentum"]) * state["momentum_buffer"] + move
        return p - beside(p, settings["lr"]) * move, new
