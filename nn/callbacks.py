"""Callbacks: what `fit` calls between its steps and epochs."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograd_mini import UsageError

from .checks import check_choice, check_whole
from .run import Run

__all__ = ["Callback", "Checkpoint", "EarlyStopping", "LambdaCallback"]

LARGER = {"accuracy", "top_k_accuracy", "precision", "recall", "f1", "roc_auc", "r2_score"}
SMALLER = {"loss", "mean_absolute_error", "mean_squared_error", "rmse"}
HOOKS = ("on_fit_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_interrupt", "on_fit_end")


class Callback:
    """Base of callbacks: define the hooks that you need; each gets the `Run`, whose `stop = True` ends the training.

    Hooks are called between whole steps: model, optimizer, schedule and history belong together whenever they run, and
    if one raises, `fit` ends with its error and leaves them so. A callback with a memory that a resumed training needs
    gives it by `state()`, in arrays, numbers and texts, and takes it back by `load`.
    """

    def on_fit_begin(self, run: Run) -> None:
        """Before the first step; `run.is_resumed` says whether it goes on from a checkpoint, which is loaded then."""

    def on_epoch_begin(self, run: Run) -> None:
        """Before an epoch; `run.epoch` are done."""

    def on_step_end(self, run: Run) -> None:
        """After each step of the optimizer."""

    def on_epoch_end(self, run: Run) -> None:
        """After an epoch and its validation; `run.history` has its row."""

    def on_interrupt(self, run: Run) -> None:
        """After Ctrl-C, when the last step is whole."""

    def on_fit_end(self, run: Run) -> None:
        """At the end, however it comes; `run.error` is what ended the training, None if nothing did."""

    def state(self) -> dict[str, Any]:
        """What is to stand in a checkpoint."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""


class LambdaCallback(Callback):
    """Functions as hooks, by their names.

    Raises: UsageError for a name that is no hook, or what cannot be called.

    Example
    -------
    >>> from nn import SGD, Linear, fit, mse_loss
    >>> model = Linear(1, 1)
    >>> told = LambdaCallback(on_epoch_end=lambda run: print("epoch", run.epoch, "is done"))
    >>> x = [[1.0], [2.0]]
    >>> _ = fit(model, (x, x), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, callbacks=told)
    epoch 1 is done
    epoch 2 is done
    """

    def __init__(self, **hooks: Callable[[Run], Any]) -> None:
        for name, hook in hooks.items():
            if name not in HOOKS or not callable(hook):
                raise UsageError(
                    f"LambdaCallback: got {name}={hook!r}; the hooks are {', '.join(HOOKS)}, each a function of a Run; "
                    "give these"
                )
            setattr(self, name, hook)


class Best:
    """The best number so far of a column of the history."""

    def __init__(self, where: str, monitor: str, mode: str | None, min_delta: float = 0.0) -> None:
        check_choice(where, "mode", mode, (None, "min", "max"))
        if not math.isfinite(min_delta) or min_delta < 0:
            raise UsageError(f"{where}: got min_delta = {min_delta!r}; it is a finite number from 0 on; try 0.001")
        name = monitor.removeprefix("val_")
        if mode is None and name not in LARGER | SMALLER:
            raise UsageError(
                f"{where}: got monitor={monitor!r}, of which it is not known whether more is better; "
                "say mode='max' or mode='min'"
            )
        self.where, self.monitor, self.min_delta = where, monitor, min_delta
        self.sign = 1.0 if mode == "max" or (mode is None and name in LARGER) else -1.0
        self.number: float | None = None

    def is_new(self, run: Run) -> bool:
        """Whether the last epoch is better than all before it by more than min_delta; nan never is."""
        number = run.history[self.monitor][-1]
        if math.isnan(number):
            return False
        is_better = self.number is None or self.sign * (number - self.number) > self.min_delta
        if is_better:
            self.number = number
        return is_better


class EarlyStopping(Callback):
    """Ends the training when `monitor` was not better than its best by more than `min_delta` for `patience` epochs.

    monitor: a column of the history. mode: "min" or "max", known for losses and the metrics of nn.metrics.
    restore_best: at the end, set the model to its numbers of the best epoch, unless an error or Ctrl-C ended it.

    `best_epoch` is the best, from 1 on, and `best` its number.

    Raises: UsageError for other settings; at the begin of `fit`, for a column that there will not be.

    Example
    -------
    >>> from nn import SGD, Linear, fit, mse_loss
    >>> model, stopping = Linear(1, 1), EarlyStopping("loss", patience=3, min_delta=1e-3)
    >>> x = [[1.0], [2.0]]
    >>> history = fit(model, (x, x), mse_loss, SGD(model.parameters(), lr=0.1), epochs=1000, callbacks=stopping)
    >>> len(history) < 1000, len(history) - stopping.best_epoch
    (True, 3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = False,
    ) -> None:
        check_whole("EarlyStopping", "patience", patience)
        self.found = Best("EarlyStopping", monitor, mode, min_delta)
        self.monitor, self.patience, self.restore_best = monitor, patience, restore_best
        self.waited = self.best_epoch = 0
        self.best_state: dict[str, Any] | None = None

    @property
    def best(self) -> float | None:
        """The number of the best epoch."""
        return self.found.number

    def on_fit_begin(self, run: Run) -> None:
        """Begin anew, unless the training is resumed."""
        run.check_column("EarlyStopping", self.monitor)
        if not run.is_resumed:
            self.load({"best": None, "waited": 0, "best_epoch": 0, "best_state": None})

    def on_epoch_begin(self, run: Run) -> None:
        """Stop where a training that is resumed had stopped."""
        run.stop = run.stop or self.waited >= self.patience

    def on_epoch_end(self, run: Run) -> None:
        """Compare, and stop."""
        if self.found.is_new(run):
            self.waited, self.best_epoch = 0, run.epoch
            self.best_state = run.model.state() if self.restore_best else None
        else:
            self.waited += 1
        run.stop = run.stop or self.waited >= self.patience

    def on_fit_end(self, run: Run) -> None:
        """Go back to the best."""
        if self.restore_best and self.best_state is not None and run.error is None:
            run.model.load(self.best_state)

    def state(self) -> dict[str, Any]:
        """The best so far, and how long ago it was."""
        return {
            "best": self.best,
            "waited": self.waited,
            "best_epoch": self.best_epoch,
            "best_state": self.best_state,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take these back."""
        self.found.number, self.waited = state["best"], state["waited"]
        self.best_epoch, self.best_state = state["best_epoch"], state["best_state"]


class Checkpoint(Callback):
    """Writes the whole training into a file, from which `fit(..., resume=path)` goes on bit for bit.

    path: "{epoch}" and "{step}" in it are how many were done; without them each file takes the place of the last.
    every: epochs from one file to the next. every_steps: steps instead, counted over all epochs. monitor, mode: write
    at the end of an epoch only when that column of the history is the best so far. Without a monitor, Ctrl-C writes
    one, too.

    Raises: UsageError for other settings; at the begin of `fit`, for a column that there will not be, or a folder that
    there is not.

    Example
    -------
    >>> import tempfile
    >>> from nn import SGD, Linear, fit, mse_loss
    >>> model, x = Linear(1, 1), [[1.0], [2.0]]
    >>> optimizer = SGD(model.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Checkpoint(f"{folder}/epoch{{epoch}}.npz", every=2)
    ...     _ = fit(model, (x, x), mse_loss, optimizer, epochs=3, callbacks=file)
    ...     history = fit(model, (x, x), mse_loss, optimizer, epochs=5, resume=f"{folder}/epoch2.npz")
    >>> history["epoch"]
    [1, 2, 3, 4, 5]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every: int = 1,
        every_steps: int | None = None,
        monitor: str | None = None,
        mode: str | None = None,
    ) -> None:
        check_whole("Checkpoint", "every", every)
        if every_steps is not None:
            check_whole("Checkpoint", "every_steps", every_steps)
        if monitor is not None and (every != 1 or every_steps is not None):
            raise UsageError(
                "Checkpoint: got a monitor with every or every_steps; the best epoch can be any; "
                "leave these out, or give two Checkpoints"
            )
        self.path, self.every, self.every_steps, self.monitor = os.fspath(path), every, every_steps, monitor
        self.found = None if monitor is None else Best("Checkpoint", monitor, mode)

    def on_fit_begin(self, run: Run) -> None:
        """Look whether there is a place for the file."""
        folder = Path(self.path).parent
        if not folder.is_dir():
            raise UsageError(f"Checkpoint: got {self.path!r}; there is no folder {str(folder)!r}; make it first")
        if self.monitor is not None:
            run.check_column("Checkpoint", self.monitor)
        if self.found is not None and not run.is_resumed:
            self.found.number = None

    def on_step_end(self, run: Run) -> None:
        """Write, if it is time."""
        if self.every_steps is not None and run.step % self.every_steps == 0:
            self.write(run)

    def on_epoch_end(self, run: Run) -> None:
        """Write, if it is time or the best."""
        is_best = self.found is not None and self.found.is_new(run)
        if is_best or (self.found is None and self.every_steps is None and run.epoch % self.every == 0):
            self.write(run)

    def on_interrupt(self, run: Run) -> None:
        """Write what there is."""
        if self.monitor is None:
            self.write(run)

    def write(self, run: Run) -> None:
        """Write the file."""
        run.save(self.path.replace("{epoch}", str(run.epoch)).replace("{step}", str(run.step)))

    def state(self) -> dict[str, Any]:
        """The best so far."""
        return {"best": None if self.found is None else self.found.number}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take it back."""
        if self.found is not None:
            self.found.number = state["best"]
