"""`ReduceLROnPlateau`: learning rates that fall when a measure no longer improves."""

from __future__ import annotations

import math
from typing import Any, Literal

from autograd_mini import UsageError, Value

from ..checks import check_choice, check_whole
from ..optim import Optimizer
from .scheduler import LRScheduler, check_number, groups_of, spread

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Rates times factor, once a measure has not improved for more than patience steps.

    mode: "min" for a measure that is to become small, as a loss, "max" for one that is to grow.
    threshold: by how much it must, relative to the best ("rel") or absolutely ("abs"). cooldown: steps
    after a reduction in which nothing is counted. min_lr: rates stop there, one or a list with one for
    each group; a change of eps or less is not made. A measure that is nan does not improve.

    Raises: UsageError for settings out of their range.

    Example
    -------
    >>> from nn import SGD
    >>> schedule = ReduceLROnPlateau(SGD([Value(1.0)], lr=1.0), factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    keeps = ("last_epoch", "last_lrs", "best", "num_bad_epochs", "cooldown_counter")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: Any = 0.0,
        eps: float = 1e-8,
    ) -> None:
        where = "ReduceLROnPlateau"
        groups = groups_of(where, optimizer)
        check_choice(where, "mode", mode, ("min", "max"))
        check_choice(where, "threshold_mode", threshold_mode, ("rel", "abs"))
        check_number(where, "factor", factor, 0)
        if factor >= 1:
            raise UsageError(f"{where}: got factor = {factor!r}; a rate times it must be smaller; give one below 1")
        check_whole(where, "patience", patience, 0)
        check_whole(where, "cooldown", cooldown, 0)
        for name, x in (("threshold", threshold), ("eps", eps)):
            check_number(where, name, x, 0)
        self.min_lrs = [float(x) for x in spread(where, "min_lr", min_lr, len(groups))]
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        self.last_epoch = self.num_bad_epochs = self.cooldown_counter = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.last_lrs = self.rates()

    def step(self, metrics: Any) -> None:  # type: ignore[override]  # this one is driven by a measure
        """Go on by one step with what was measured, a number or a scalar Value."""
        measure = float(metrics.item() if isinstance(metrics, Value) else metrics)
        self.last_epoch += 1
        is_better = self.is_better(measure)
        if is_better:
            self.best = measure
        self.num_bad_epochs = 0 if is_better else self.num_bad_epochs + 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        rates = self.rates()
        if self.num_bad_epochs > self.patience:
            lower = [max(rate * self.factor, least) for rate, least in zip(rates, self.min_lrs, strict=True)]
            rates = [new if old - new > self.eps else old for old, new in zip(rates, lower, strict=True)]
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self.set_rates(rates)

    def is_better(self, measure: float) -> bool:
        """Whether a measure improves on the best by more than the threshold."""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * measure > sign * self.best * (1 + sign * self.threshold)
        return sign * measure > sign * self.best + self.threshold
