"""`LRScheduler`: learning rates that change from step to step, and the base of every schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from autograd_mini import UsageError, refuse_to_compile

from ..optim import Optimizer
from ..optim.settings import is_number
from ..optim.stored import fitting, refuse_names, stored

__all__ = ["LRScheduler", "check_number", "spread"]


class LRScheduler:
    """Base of all schedules: a class derived from this gives, in `get_lr`, a rate for each group of the optimizer.

    last_epoch: the number of the last step, -1 before the first one; if it is another, groups need
    "initial_lr", and have the rates that training stopped with. Being made sets the rates of step 0,
    so that the loop is: optimizer.step(), then schedule.step(), once for each epoch or batch.

    Raises: UsageError for what is not an optimizer of ours, and groups without "initial_lr".

    Example
    -------
    >>> from autograd_mini import Value
    >>> from nn import SGD
    >>> class Halved(LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
    >>> schedule = Halved(SGD([Value(1.0)], lr=0.8))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.4]
    """

    keeps: ClassVar[tuple[str, ...]] = ("last_epoch", "base_lrs", "last_lrs")

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer, self.last_epoch = optimizer, last_epoch
        groups = groups_of(type(self).__name__, optimizer)
        for i, group in enumerate(groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise UsageError(
                    f'{type(self).__name__}: got last_epoch = {last_epoch}, and group {i} has no "initial_lr"; '
                    "a schedule that goes on must know where it began; load the optimizer's state first"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in groups]
        self.last_lrs = self.rates()
        self.is_new = True  # the rates are those that the optimizer was given, or had when it was saved
        self.step()
        self.is_new = False

    def get_lr(self) -> list[float]:
        """The rate of each group at step `last_epoch`, given that the optimizer has those of the step before."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The rate that the last step gave to each group."""
        return list(self.last_lrs)

    def rates(self) -> list[float]:
        """The rate that each group has now."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def step(self) -> None:
        """Go on by one step, and give the optimizer its rates.

        Raises: UsageError if the optimizer has other groups than when the schedule was made.
        """
        refuse_to_compile("the step of a schedule")
        n = len(self.optimizer.param_groups)
        if n != len(self.base_lrs):
            raise UsageError(
                f"{type(self).__name__}.step: got an optimizer of {n} groups; it had {len(self.base_lrs)}; "
                "make the schedule after the last add_param_group"
            )
        self.last_epoch += 1
        self.set_rates(self.get_lr())

    def set_rates(self, rates: list[float]) -> None:
        """Give each group its rate."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.last_lrs = list(rates)

    def restart(self) -> None:
        """Begin again at step 0, from the rates that the optimizer began with."""
        self.set_rates(self.base_lrs)
        self.last_epoch = -1
        self.step()

    def state(self) -> dict[str, Any]:
        """All that a later step depends on, besides the optimizer: what `load` takes."""
        return {k: stored(getattr(self, k)) for k in self.keeps}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; the optimizer's own state has the rates of its groups.

        Raises: UsageError for names that are missing or unknown, ShapeError or DtypeError for what
        does not fit. Then nothing has been changed.
        """
        self.put(self.loaded(state))

    def loaded(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """What a state has for each name that is kept, as it is held here."""
        kind = type(self).__name__
        refuse_names(f"{kind}.load", self.keeps, state)
        new = {}
        for k in self.keeps:
            old = getattr(self, k)
            x = fitting(f"{kind}.load: {k}", state[k], np.asarray(old))
            new[k] = x.tolist() if isinstance(old, list) else type(old)(x)
        return new

    def put(self, new: Mapping[str, Any]) -> None:
        """Take what `loaded` gave."""
        for k, x in new.items():
            setattr(self, k, x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(step {self.last_epoch}, lr={', '.join(map(str, dict.fromkeys(self.last_lrs)))})"


def groups_of(where: str, optimizer: Any) -> list[dict[str, Any]]:
    """The groups of an optimizer of ours."""
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"{where}: got a {type(optimizer).__name__}; it schedules the rates of an Optimizer; give one")
    return optimizer.param_groups


def check_number(where: str, name: str, x: Any, least: float = -math.inf, most: float = math.inf) -> None:
    """Raise UsageError unless x is a finite number in a range."""
    if not is_number(x) or not least <= x <= most:
        bounds = [f"from {least} on"] * (least > -math.inf) + [f"up to {most}"] * (most < math.inf)
        raise UsageError(
            f"{where}: got {name} = {x!r}; it is a finite number{' ' * bool(bounds)}{' and '.join(bounds)}; "
            f"give another {name}"
        )


def spread(where: str, name: str, x: Any, n: int) -> list[Any]:
    """One x for each of n groups: x itself, or those of a list."""
    if not isinstance(x, (list, tuple)):
        return [x] * n
    if len(x) != n:
        raise UsageError(f"{where}: got {len(x)} of {name}; the optimizer has {n} groups; give one for each, or one")
    return list(x)
