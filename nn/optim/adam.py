"""Adam and its kin: steps along the mean of gradients, over the root of the mean of their squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, Settings, State, beside

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"]

Betas = tuple[float, float]
MEANS = ("step", "exp_avg", "exp_avg_sq")


class Adam(Optimizer):
    """Adaptive moments: p becomes p - lr * m / (sqrt(v) + eps), m and v the means of gradients and of their squares.

    betas: what stays of m and of v each step; both are corrected for their start at zero. amsgrad:
    the largest v so far in its place. weight_decay: adds weight_decay * p to the gradient, or, with
    decoupled_weight_decay, shrinks p by lr * weight_decay before the step. Settings as in PyTorch.

    Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015); Reddi et al., "On the
    Convergence of Adam and Beyond" (2018) for amsgrad.

    Example
    -------
    >>> from autograd_mini import Value
    >>> p = Value(1.0)
    >>> optimizer = Adam([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 6)
    0.9
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
                "maximize": maximize, "decoupled_weight_decay": decoupled_weight_decay,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """Both means, and the largest of the second."""
        return ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq") if settings["amsgrad"] else MEANS

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step along the corrected means."""
        beta1, beta2 = settings["betas"]
        p, g = decayed(p, g, settings)
        state = moments(p, g, state, settings)
        square = state["exp_avg_sq"]
        if settings["amsgrad"]:
            square = state["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], square)
        root = beside(p, (1 - beta2 ** state["step"]) ** 0.5)
        size = beside(p, settings["lr"] / (1 - beta1 ** state["step"]))
        return p - size * state["exp_avg"] / (np.sqrt(square) / root + settings["eps"]), state


class AdamW(Adam):
    """Adam with decoupled weight decay: p shrinks by lr * weight_decay before each step.

    Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class Adamax(Optimizer):
    """Adam with a decaying maximum of the gradients' sizes in place of the root of the mean of squares.

    Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), section 7.1.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The mean, and the decaying maximum."""
        return ("step", "exp_avg", "exp_inf")

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step along the corrected mean, over the maximum."""
        beta1, beta2 = settings["betas"]
        step = state["step"] + 1
        p, g = decayed(p, g, settings)
        mean = averaged(p, state["exp_avg"], g, beta1)
        largest = np.maximum(beside(p, beta2) * state["exp_inf"], np.abs(g) + settings["eps"])
        size = beside(p, settings["lr"] / (1 - beta1**step))
        return p - size * mean / largest, {"step": step, "exp_avg": mean, "exp_inf": largest}


class NAdam(Optimizer):
    """Adam that looks ahead by one step of a momentum that grows towards betas[0], the faster by momentum_decay.

    Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """Both means, and the product of the momenta so far."""
        return ("step", "mu_product", "exp_avg", "exp_avg_sq")

    @classmethod
    def start(cls, p: Any, settings: Settings) -> State:
        """The product of no momenta is 1."""
        return {**super().start(p, settings), "mu_product": 1.0}

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step along the gradient and the mean as it will be."""
        (beta1, beta2), lr, decay = settings["betas"], settings["lr"], settings["momentum_decay"]
        p, g = decayed(p, g, settings)
        product = state["mu_product"]
        state = moments(p, g, state, settings)
        step = state["step"]
        mu, ahead = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product = state["mu_product"] = product * mu
        below = np.sqrt(state["exp_avg_sq"] / beside(p, 1 - beta2**step)) + settings["eps"]
        now, then = beside(p, lr * (1 - mu) / (1 - product)), beside(p, lr * ahead / (1 - product * ahead))
        return p - (now * g + then * state["exp_avg"]) / below, state


class RAdam(Optimizer):
    """Adam that rectifies the variance of its first steps: along the mean alone, until there is enough to divide by.

    Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (2020).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
            },
        )  # fmt: skip

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """Both means."""
        return MEANS

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """A step along the corrected mean, over the rectified root once the average is longer than 5."""
        beta1, beta2 = settings["betas"]
        p, g = decayed(p, g, settings)
        state = moments(p, g, state, settings)
        step = state["step"]
        correction = 1 - beta2**step
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * beta2**step / correction
        is_long = np.where(length > 5, 1.0, 0.0)
        safe = np.maximum(length, 5.0)
        rectified = ((safe - 4) * (safe - 2) * longest / ((longest - 4) * (longest - 2) * safe)) ** 0.5
        adaptive = beside(p, is_long * rectified * correction**0.5) / (np.sqrt(state["exp_avg_sq"]) + settings["eps"])
        size = beside(p, settings["lr"] / (1 - beta1**step))
        return p - size * state["exp_avg"] * (adaptive + beside(p, 1 - is_long)), state


def decayed(p: Any, g: Any, settings: Settings) -> tuple[Any, Any]:
    """The parameter and its gradient after weight decay, which changes one of them."""
    decay = settings["weight_decay"]
    if not decay:
        return p, g
    if settings.get("decoupled_weight_decay"):
        return p * beside(p, 1 - settings["lr"] * decay), g
    return p, g + decay * p


def averaged(p: Any, mean: Any, x: Any, beta: Any) -> Any:
    """A decaying mean, moved towards x."""
    return mean + beside(p, 1 - beta) * (x - mean)


def moments(p: Any, g: Any, state: State, settings: Settings) -> State:
    """What was kept, with the step counted and both means moved towards the gradient and its square."""
    beta1, beta2 = settings["betas"]
    return {
        **state,
        "step": state["step"] + 1,
        "exp_avg": averaged(p, state["exp_avg"], g, beta1),
        "exp_avg_sq": beside(p, beta2) * state["exp_avg_sq"] + beside(p, 1 - beta2) * (g * g),
    }
