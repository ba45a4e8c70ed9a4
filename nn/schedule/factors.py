"""Schedules that multiply the learning rates by factors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from autograd_mini import UsageError

from ..checks import check_whole
from ..optim import Optimizer
from .scheduler import LRScheduler, check_number, spread

__all__ = [
    "ConstantLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]


class FactorLR(LRScheduler):
    """A schedule whose rate at step n is that at the beginning times `factor(n)`, if no other schedule changes it.

    Each step multiplies what the rate is by what the factor has grown by, so that several schedules
    of one optimizer multiply.
    """

    def factor(self, n: int) -> float:
        """The factor at step n."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """The rates, multiplied by what the factor has grown by."""
        n = self.last_epoch
        if n and self.is_new:
            return self.rates()
        new, old = self.factor(n), self.factor(n - 1) if n else 1.0
        growth = 1.0 if new == old else new / old
        return [rate * growth for rate in self.rates()]


class StepLR(FactorLR):
    """Rates times gamma, once every step_size steps.

    Example
    -------
    >>> from autograd_mini import Value
    >>> from nn import SGD
    >>> schedule = StepLR(SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> rates = []
    >>> for _ in range(6):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        check_whole("StepLR", "step_size", step_size)
        check_number("StepLR", "gamma", gamma, 0)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, n: int) -> float:
        """Gamma to the number of times that it was applied."""
        return float(self.gamma ** (n // self.step_size))


class MultiStepLR(FactorLR):
    """Rates times gamma at each of the milestones, which are numbers of steps; at one that comes twice, twice."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        for milestone in self.milestones:
            check_whole("MultiStepLR", "a milestone", milestone, 0)
        check_number("MultiStepLR", "gamma", gamma, 0)
        super().__init__(optimizer, last_epoch)

    def factor(self, n: int) -> float:
        """Gamma to the number of milestones that were passed."""
        return float(self.gamma ** bisect_right(self.milestones, n))


class ConstantLR(FactorLR):
    """Rates times one factor before step total_iters, and whole from there on."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        check_share("ConstantLR", "factor", factor)
        check_whole("ConstantLR", "total_iters", total_iters, 0)
        self.at_first, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, n: int) -> float:
        """The one factor, or 1."""
        return self.at_first if n < self.total_iters else 1.0


class LinearLR(FactorLR):
    """Rates times a factor that goes from start_factor to end_factor in total_iters steps: a warm-up.

    Source: Goyal et al., "Accurate, Large Minibatch SGD" (2017), section 2.2.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        check_share("LinearLR", "start_factor", start_factor)
        check_number("LinearLR", "end_factor", end_factor, 0, 1)
        check_whole("LinearLR", "total_iters", total_iters)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, n: int) -> float:
        """The factor between both."""
        return self.start_factor + (self.end_factor - self.start_factor) * min(n, self.total_iters) / self.total_iters


class ExponentialLR(LRScheduler):
    """Rates times gamma at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        check_number("ExponentialLR", "gamma", gamma, 0)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates times gamma, but at the first step."""
        growth = self.gamma if self.last_epoch and not self.is_new else 1.0
        return [rate * growth for rate in self.rates()]


class PolynomialLR(FactorLR):
    """Rates times (1 - n / total_iters) ** power at step n, and 0 from total_iters on."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        check_whole("PolynomialLR", "total_iters", total_iters)
        check_number("PolynomialLR", "power", power, 0)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, n: int) -> float:
        """The power of what is left."""
        return float((1 - min(n, self.total_iters) / self.total_iters) ** self.power)


class LambdaLR(LRScheduler):
    """The first rates times lr_lambda(n) at step n; a list has a function for each group.

    Functions are not part of `state`: make the schedule with them again before `load`.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas = functions("LambdaLR", lr_lambda, optimizer)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The first rates times what the functions give."""
        return [base * float(f(self.last_epoch)) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(LRScheduler):
    """The last rates times lr_lambda(n) at step n, but for the first rates; a list has a function for each group.

    Functions are not part of `state`: make the schedule with them again before `load`.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas = functions("MultiplicativeLR", lr_lambda, optimizer)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The last rates times what the functions give."""
        if self.is_new:
            return self.rates()
        return [rate * float(f(self.last_epoch)) for rate, f in zip(self.rates(), self.lr_lambdas, strict=True)]

    def restart(self) -> None:
        """Begin again at step 0, from the rates of now."""
        self.last_epoch = -1
        self.step()


def functions(where: str, given: Any, optimizer: Optimizer) -> list[Callable[[int], float]]:
    """A function for each group."""
    fs = spread(where, "lr_lambda", given, len(optimizer.param_groups))
    for f in fs:
        if not callable(f):
            raise UsageError(f"{where}: got lr_lambda = {f!r}; it is a function of the number of the step; give one")
    return fs


def check_share(where: str, name: str, x: Any) -> None:
    """Raise UsageError unless x is a number above 0, from which a rate can come back, and up to 1."""
    check_number(where, name, x, 0, 1)
    if x == 0:
        raise UsageError(f"{where}: got {name} = 0; a rate of 0 cannot grow again; give a small number, as 1e-8")
