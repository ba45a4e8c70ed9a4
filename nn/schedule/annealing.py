"""`SWALR`: from whatever the learning rates are to the constant ones that weights are averaged with."""

from __future__ import annotations

from typing import Any, Literal

from ..checks import check_choice, check_whole
from ..optim import Optimizer
from .cosine import falling
from .scheduler import LRScheduler, check_number, groups_of, spread

__all__ = ["SWALR"]


class SWALR(LRScheduler):
    """Rates to swa_lr in anneal_epochs steps, along half a "cos" or "linear"; there they stay.

    swa_lr: one rate, or a list with one for each group.

    Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (2018).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        self.swa_lrs = spread("SWALR", "swa_lr", swa_lr, len(groups_of("SWALR", optimizer)))
        for rate in self.swa_lrs:
            check_number("SWALR", "swa_lr", rate, 0)
        check_whole("SWALR", "anneal_epochs", anneal_epochs, 0)
        check_choice("SWALR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def left(self, n: int) -> float:
        """What is left of the way at step n."""
        if n >= self.anneal_epochs:
            return 0.0
        share = max(n, 0) / max(self.anneal_epochs, 1)
        return falling(share) if self.anneal_strategy == "cos" else 1 - share

    def get_lr(self) -> list[float]:
        """The rates, with what they are away from swa_lr multiplied by what of the way is left."""
        new, old = self.left(self.last_epoch), self.left(self.last_epoch - 1)
        growth = new / old if old and not self.is_new else float(bool(new))
        return [last + (rate - last) * growth for rate, last in zip(self.rates(), self.swa_lrs, strict=True)]
