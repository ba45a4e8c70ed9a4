"""Schedules that follow a cosine."""

from __future__ import annotations

import math

from autograd_mini import UsageError

from ..checks import check_whole
from ..optim import Optimizer
from .scheduler import LRScheduler, check_number

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """Rates from their first down to eta_min along half a cosine of T_max steps, and up again in the next T_max.

    Source: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without
    the restarts.

    Example
    -------
    >>> from autograd_mini import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> schedule.step()
    >>> round(schedule.get_last_lr()[0], 12)
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803  # PyTorch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_whole("CosineAnnealingLR", "T_max", T_max)
        check_number("CosineAnnealingLR", "eta_min", eta_min, 0)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """What the rates are above eta_min, multiplied by what the cosine has grown by."""
        n, low = self.last_epoch, self.eta_min
        if n == 0 or self.is_new:
            return self.rates()
        new, old = (falling(k / self.T_max) for k in (n, n - 1))
        if old == 0:  # at the bottom nothing is left to multiply
            return [rate + (base - low) * new for rate, base in zip(self.rates(), self.base_lrs, strict=True)]
        return [low + (rate - low) * (new / old) for rate in self.rates()]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Rates from their first down to eta_min along half a cosine, again and again; each run T_mult times as long.

    The first run has T_0 steps. `step(epoch)` takes a number of epochs, fractions too.

    Source: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
    """

    keeps = (*LRScheduler.keeps, "epoch")

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803  # PyTorch's name
        T_mult: int = 1,  # noqa: N803  # PyTorch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_whole("CosineAnnealingWarmRestarts", "T_0", T_0)
        check_whole("CosineAnnealingWarmRestarts", "T_mult", T_mult)
        check_number("CosineAnnealingWarmRestarts", "eta_min", eta_min, 0)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.epoch = float(last_epoch)
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Go on by one step, or to a number of epochs.

        Raises: UsageError for a number below 0.
        """
        if epoch is not None and not epoch >= 0:
            raise UsageError(
                f"CosineAnnealingWarmRestarts.step: got epoch = {epoch!r}; it is a number from 0 on; "
                "give the epochs that are done"
            )
        self.epoch = self.epoch + 1 if epoch is None else float(epoch)
        self.last_epoch = math.floor(self.epoch) - 1
        super().step()

    def restart(self) -> None:
        """Begin again at step 0."""
        self.step(0)

    def get_lr(self) -> list[float]:
        """The rates, by how much of the present run is over."""
        done, run = self.epoch, self.T_0
        if self.T_mult == 1:
            done %= run
        while done >= run:
            done, run = done - run, run * self.T_mult
        return [self.eta_min + (base - self.eta_min) * falling(done / run) for base in self.base_lrs]


def falling(x: float) -> float:
    """From 1 to 0 along half a cosine, while x goes from 0 to 1."""
    return (1 + math.cos(math.pi * x)) / 2
