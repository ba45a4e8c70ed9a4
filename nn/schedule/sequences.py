"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_mini import UsageError

from ..checks import check_whole
from ..optim import Optimizer
from ..optim.stored import refuse_names
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler

__all__ = ["ChainedScheduler", "SequentialLR"]


class Composed(LRScheduler):
    """A schedule made of `schedulers`, whose states stand in its own."""

    keeps = ("last_epoch", "last_lrs")
    schedulers: list[LRScheduler]

    def state(self) -> dict[str, Any]:
        """All that a later step depends on, besides the optimizer: what `load` takes."""
        inside = {f"schedulers.{i}.{k}": x for i, part in enumerate(self.schedulers) for k, x in part.state().items()}
        return super().state() | inside

    def loaded(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """What a state has for this schedule, and under the place of each schedule what it has for that."""
        kind, wanted = type(self).__name__, self.state()
        refuse_names(f"{kind}.load", wanted, state)
        new: dict[str, Any] = super().loaded({k: state[k] for k in self.keeps})
        for i, part in enumerate(self.schedulers):
            new[str(i)] = part.loaded({k: state[f"schedulers.{i}.{k}"] for k in part.state()})
        return new

    def put(self, new: Mapping[str, Any]) -> None:
        """Take what `loaded` gave."""
        super().put({k: new[k] for k in self.keeps})
        for i, part in enumerate(self.schedulers):
            part.put(new[str(i)])


class SequentialLR(Composed):
    """One schedule after the other: the next takes over, from its own step 0, at each of the milestones.

    Raises: UsageError for schedules of other optimizers or of measures, and other than one milestone
    less than schedules, each above the one before.

    Example
    -------
    >>> from autograd_mini import Value
    >>> from nn import SGD
    >>> from nn.schedule import CosineAnnealingLR, LinearLR
    >>> optimizer = SGD([Value(1.0)], lr=0.8)
    >>> warm, cool = LinearLR(optimizer, 0.5, total_iters=2), CosineAnnealingLR(optimizer, 2)
    >>> schedule, rates = SequentialLR(optimizer, [warm, cool], milestones=[2]), []
    >>> for _ in range(5):
    ...     rates += [round(schedule.get_last_lr()[0], 12)]
    ...     schedule.step()
    >>> rates
    [0.4, 0.6, 0.8, 0.4, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self.schedulers, self.milestones = parts("SequentialLR", schedulers, optimizer), list(milestones)
        for schedule in self.schedulers:
            if isinstance(schedule, (ReduceLROnPlateau, SequentialLR, ChainedScheduler)):
                raise UsageError(
                    f"SequentialLR: got a {type(schedule).__name__} among the schedules; each must be one that "
                    "begins again by itself; step this one beside it"
                )
        for milestone in self.milestones:
            check_whole("SequentialLR", "a milestone", milestone)
        rises = all(a < b for a, b in zip(self.milestones, self.milestones[1:], strict=False))
        if len(self.milestones) != len(self.schedulers) - 1 or not rises:
            raise UsageError(
                f"SequentialLR: got {len(self.schedulers)} schedules and the milestones {self.milestones}; "
                "there is one between each two, above the one before; give the steps at which the next takes over"
            )
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        self.schedulers[0].restart()
        self.last_lrs = self.rates()

    def step(self) -> None:
        """Go on by one step of the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self.milestones, self.last_epoch)
        if turn and self.milestones[turn - 1] == self.last_epoch:
            self.schedulers[turn].restart()
        else:
            self.schedulers[turn].step()
        self.last_lrs = self.rates()


class ChainedScheduler(Composed):
    """Several schedules of one optimizer, which step together: their factors multiply.

    Raises: UsageError for schedules of several optimizers, or of measures.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        first = schedulers[0].optimizer if optimizer is None and schedulers else optimizer
        self.schedulers = parts("ChainedScheduler", schedulers, first)
        if any(isinstance(schedule, ReduceLROnPlateau) for schedule in self.schedulers):
            raise UsageError(
                "ChainedScheduler: got a ReduceLROnPlateau among the schedules; it needs a measure; "
                "step it beside this one"
            )
        self.optimizer, self.last_epoch = self.schedulers[0].optimizer, 0
        self.last_lrs = self.rates()

    def step(self) -> None:
        """Go on by one step of each schedule, in their order."""
        for schedule in self.schedulers:
            schedule.step()
        self.last_epoch += 1
        self.last_lrs = self.rates()


def parts(where: str, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> list[LRScheduler]:
    """The schedules, if there are any, and all are of one optimizer."""
    found = list(schedulers)
    for schedule in found:
        if not isinstance(schedule, LRScheduler) or schedule.optimizer is not optimizer:
            what = f"one of {schedule.optimizer}" if isinstance(schedule, LRScheduler) else type(schedule).__name__
            raise UsageError(
                f"{where}: got {what} among the schedules; each must be a schedule of the one optimizer {optimizer}; "
                "make them for it"
            )
    if not found:
        raise UsageError(f"{where}: got no schedules; there is nothing to follow; give at least one")
    return found
