"""The steps of a training as compiled functions, and a notice while one is being compiled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any

import numpy as np

from autograd_mini import Value, compile, no_grad  # noqa: A004  # the name that users of other libraries know

from .module import Module

__all__ = ["CompiledSteps", "noticed"]

PATIENCE = 1.0  # seconds until a notice
LIMIT = 32  # kinds of batches: sizes, with and without gradients, train and eval


class CompiledSteps:
    """What `fit` computes, compiled: gradients, the optimizer's step, and what validation measures.

    is_shown: whether a notice is written to stderr while a step is compiled for longer than a second.
    """

    def __init__(self, model: Module, loss: Any, optimizer: Any, *, is_shown: bool) -> None:
        self.model, self.loss, self.optimizer, self.is_shown = model, loss, optimizer, is_shown
        self.clip: Callable[[Sequence[Value]], None] | None = None
        self.differentiate = compile(self.with_gradients, limit=LIMIT)
        self.move = compile(self.moved, limit=LIMIT)
        self.measure = compile(self.measured, limit=LIMIT)

    def with_gradients(self, inputs: Any, target: Any) -> tuple[Any, Any, Any]:
        """The output for a batch, its loss, and the sum of all gradients, which are in the parameters."""
        self.optimizer.zero_grad()
        output = self.model(*inputs)
        loss = self.loss(output, target)
        loss.backward()
        total = sum(np.sum(p.grad) for p in self.optimizer.parameters if p.grad is not None)
        if self.clip is not None:
            self.clip(self.optimizer.parameters)
        return output, loss, total

    def moved(self) -> None:
        """Make the optimizer's step."""
        self.optimizer.step()

    def measured(self, inputs: Any, target: Any) -> tuple[Any, Any]:
        """The output for a batch and its loss, without gradients."""
        with no_grad():
            output = self.model(*inputs)
            return output, self.loss(output, target)

    def call(self, f: Any, *args: Any) -> Any:
        """What a compiled function gives; with a notice, if it has to be compiled."""
        before = f.stats.programs
        if not self.is_shown or before > LIMIT:
            return f(*args)
        with noticed(f"compiling {words(f)}"):
            return f(*args)


def words(f: Any) -> str:
    """What is being compiled."""
    return {"with_gradients": "the gradient", "moved": "the optimizer's step"}.get(f.__name__, "the validation")


@contextmanager
def noticed(what: str) -> Iterator[None]:
    """A block during which stderr says so, from the second second on, with a dot for each second."""
    stopped = False
    timer: Timer | None = None
    seconds = 0

    def tick() -> None:
        nonlocal seconds, timer
        if stopped:
            return
        seconds += 1
        sys.stderr.write(f"\rfit: {what} {'.' * seconds} {seconds} s")
        sys.stderr.flush()
        timer = started(tick)

    timer = started(tick)
    try:
        yield
    finally:
        stopped = True
        timer.cancel()
        if seconds:
            sys.stderr.write("\r" + " " * 79 + "\r")
            sys.stderr.flush()


def started(f: Callable[[], None]) -> Timer:
    """A timer that calls f after a second, and ends with the program."""
    timer = Timer(PATIENCE, f)
    timer.daemon = True
    timer.start()
    return timer
