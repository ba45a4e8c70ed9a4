"""Schedules that raise the learning rates and lower them again, and momentum against them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from autograd_mini import UsageError

from ..checks import check_choice, check_whole
from ..optim import Optimizer
from .cosine import falling
from .scheduler import LRScheduler, check_number, groups_of, spread

__all__ = ["CyclicLR", "OneCycleLR"]


class CyclicLR(LRScheduler):
    """Rates from base_lr to max_lr in step_size_up steps and back in step_size_down, again and again.

    mode: "triangular" keeps the height, "triangular2" halves it each cycle, "exp_range" multiplies it
    by gamma each step; scale_fn, a function of the number of the cycle or, by scale_mode, of the step,
    is used in its place. cycle_momentum: momentum, or the first of betas, goes from max_momentum to
    base_momentum while rates rise. Rates and momenta may be lists, with one for each group.

    Raises: UsageError for settings out of their range, or cycle_momentum where there is no momentum.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        groups = groups_of("CyclicLR", optimizer)
        step_size_down = step_size_up if step_size_down is None else step_size_down
        check_whole("CyclicLR", "step_size_up", step_size_up)
        check_whole("CyclicLR", "step_size_down", step_size_down)
        check_choice("CyclicLR", "mode", mode, ("triangular", "triangular2", "exp_range"))
        check_choice("CyclicLR", "scale_mode", scale_mode, ("cycle", "iterations"))
        check_number("CyclicLR", "gamma", gamma, 0)
        lows = numbers("CyclicLR", "base_lr", base_lr, len(groups))
        self.max_lrs = numbers("CyclicLR", "max_lr", max_lr, len(groups))
        self.momenta = Momenta("CyclicLR", groups, base_momentum, max_momentum) if cycle_momentum else None
        self.length, self.rise = step_size_up + step_size_down, step_size_up / (step_size_up + step_size_down)
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        for group, low in zip(groups, lows, strict=True):
            if last_epoch == -1:
                group["lr"] = group["initial_lr"] = low
        super().__init__(optimizer, last_epoch)

    def scale(self, x: float) -> float:
        """What the height is multiplied by in cycle x, or at step x."""
        if self.scale_fn is not None:
            return float(self.scale_fn(x))
        if self.mode == "triangular":
            return 1.0
        return float(0.5 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[float]:
        """The rates, by how high the triangle is; momentum is set as well."""
        cycle = math.floor(1 + self.last_epoch / self.length)
        x = 1 + self.last_epoch / self.length - cycle
        height = x / self.rise if x <= self.rise else (x - 1) / (self.rise - 1)
        height *= self.scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.momenta is not None:
            self.momenta.set([high - (high - low) * height for low, high in self.momenta.ranges])
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]


class OneCycleLR(LRScheduler):
    """Rates up to max_lr in pct_start of total_steps, and down to almost nothing in the rest; momentum against them.

    They begin at max_lr / div_factor, and end at that over final_div_factor. total_steps: of the whole
    training, or epochs * steps_per_epoch. anneal_strategy: along half a "cos", or "linear".
    three_phase: down to where they began as fast as up, and to the end then. cycle_momentum: momentum,
    or the first of betas, goes from max_momentum to base_momentum and back. Rates and momenta may be
    lists, with one for each group.

    Raises: UsageError for settings out of their range, cycle_momentum where there is no momentum, and
    for a step after the last.

    Source: Smith & Topin, "Super-Convergence" (2019).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        groups = groups_of("OneCycleLR", optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise UsageError(
                    f"OneCycleLR: got total_steps = None, epochs = {epochs} and steps_per_epoch = {steps_per_epoch}; "
                    "the cycle must have an end; give total_steps, or both of the others"
                )
            check_whole("OneCycleLR", "epochs", epochs)
            check_whole("OneCycleLR", "steps_per_epoch", steps_per_epoch)
            total_steps = epochs * steps_per_epoch
        check_whole("OneCycleLR", "total_steps", total_steps)
        check_number("OneCycleLR", "pct_start", pct_start, 0, 1)
        check_choice("OneCycleLR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        check_number("OneCycleLR", "div_factor", div_factor, 1)
        check_number("OneCycleLR", "final_div_factor", final_div_factor, 1)
        self.max_lrs = numbers("OneCycleLR", "max_lr", max_lr, len(groups))
        self.momenta = Momenta("OneCycleLR", groups, base_momentum, max_momentum) if cycle_momentum else None
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.final_div_factor = final_div_factor
        self.ends = [float(pct_start * total_steps) - 1, total_steps - 1]
        if three_phase:
            self.ends.insert(1, float(2 * pct_start * total_steps) - 2)
        if last_epoch == -1:
            for group, high in zip(groups, self.max_lrs, strict=True):
                group["initial_lr"] = high / div_factor
        super().__init__(optimizer, last_epoch)

    def step(self) -> None:
        """Go on by one step, up to step total_steps."""
        if self.last_epoch >= self.total_steps:
            raise UsageError(
                f"OneCycleLR.step: got a step after the last; the cycle has {self.total_steps}; "
                "make it with the total_steps of the whole training"
            )
        super().step()

    def get_lr(self) -> list[float]:
        """The rates, by how much of the present phase is over; momentum is set as well."""
        phase = next((i for i, end in enumerate(self.ends) if self.last_epoch <= end), len(self.ends) - 1)
        begin, end = self.ends[phase - 1] if phase else 0.0, self.ends[phase]
        x = (self.last_epoch - begin) / (end - begin) if end != begin else 1.0
        share = 1 - falling(x) if self.anneal_strategy == "cos" else x
        if self.momenta is not None:
            ways = [(high, low, high, high)[phase : phase + 2] for low, high in self.momenta.ranges]
            self.momenta.set([a + (b - a) * share for a, b in ways])
        rates = []
        for first, high in zip(self.base_lrs, self.max_lrs, strict=True):
            stops = [first, high, first, first / self.final_div_factor]
            if len(self.ends) == 2:
                del stops[2]
            a, b = stops[phase : phase + 2]
            rates.append(a + (b - a) * share)
        return rates


class Momenta:
    """The momenta of an optimizer's groups, or the first of their betas, and the ranges that they move in."""

    def __init__(self, where: str, groups: list[dict[str, Any]], low: Any, high: Any) -> None:
        if not all("momentum" in group or "betas" in group for group in groups):
            raise UsageError(
                f"{where}: got cycle_momentum=True and an optimizer without momentum or betas; "
                "there is nothing to cycle; give cycle_momentum=False"
            )
        lows, highs = (
            numbers(where, "base_momentum", low, len(groups)),
            numbers(where, "max_momentum", high, len(groups)),
        )
        self.groups, self.ranges = groups, list(zip(lows, highs, strict=True))

    def set(self, momenta: list[float]) -> None:
        """Give each group its momentum."""
        for group, momentum in zip(self.groups, momenta, strict=True):
            if "betas" in group:
                group["betas"] = (momentum, group["betas"][1])
            else:
                group["momentum"] = momentum


def numbers(where: str, name: str, x: Any, n: int) -> list[float]:
    """A number from 0 on for each of n groups."""
    given = spread(where, name, x, n)
    for number in given:
        check_number(where, name, number, 0)
    return [float(number) for number in given]
