"""`fit`: the loop that trains a model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Literal

import numpy as np

from autograd_mini import UsageError

from .callbacks import Callback, Checkpoint
from .checks import check_choice, check_whole
from .compiling import CompiledSteps
from .evaluation import Loss, loader_of, modes_kept
from .history import History
from .metrics import metrics_of
from .module import Module
from .progress import bar_for, is_seen
from .run import Run
from .saving import FilePath

__all__ = ["fit"]


def fit(
    model: Module,
    data: Any,
    loss: Loss,
    optimizer: Any,
    *,
    epochs: int,
    batch_size: int = 32,
    shuffle: bool = True,
    validation: Any = None,
    metrics: Any = (),
    scheduler: Any = None,
    scheduler_every: Literal["epoch", "step"] = "epoch",
    monitor: str | None = None,
    callbacks: Callback | Iterable[Callback] = (),
    clip_norm: float | None = None,
    progress: bool | Literal["auto"] = "auto",
    checkpoint: FilePath | Checkpoint | None = None,
    resume: FilePath | None = None,
    history: History | None = None,
    rng: np.random.Generator | Sequence[np.random.Generator] | None = None,
    compile: bool = False,  # noqa: A002  # the name of the function that does it
) -> History:
    """Train a model, and give what was measured on the way.

    Each step is: `output = model(*inputs)`, `loss(output, target).backward()`, `optimizer.step()`.

    data, validation: a DataLoader; a tuple of arrays, (x, y) or several inputs and a target, or a data set, which are
    taken in batches of `batch_size`, the training data in an order of each epoch's own if `shuffle`. Batches are
    tuples, whose last part is the target. The loss of an epoch is the mean over its batches, weighted by their sizes;
    metrics are those of all its samples.

    epochs: how many there are to be in all, those of a training that is resumed among them. metrics: functions of
    nn.metrics or your own, or `Metric`s, in a list or by name. scheduler: its `step()` is called after every epoch or
    step, as `scheduler_every` says; if it needs a number, as ReduceLROnPlateau's does, it gets the column `monitor` of
    the history, which is "val_loss", or without validation "loss". clip_norm: the most that the common norm of all
    gradients may be; larger ones are scaled down.

    progress: a bar on stderr by tqdm; "auto" draws one if tqdm is installed, and stderr is a terminal or a notebook.

    checkpoint: a file that is written after every epoch, and on Ctrl-C; or a Checkpoint. resume: such a file, from
    which the training goes on: with the same arguments as before, the parameters are in the end, bit for bit, those of
    a training that was never interrupted, from the end of an epoch as from the middle of one. For this, the file holds
    the states of all generators: of the loaders, those in attributes of the model's modules, and `rng`. An object that
    your own code draws from otherwise begins anew.

    history: an empty History, to which rows are added as they come, so that it is at hand when `fit` is interrupted.
    rng: a generator, or several: the first shuffles arrays; give here also those that your own code draws from.

    compile: compile the steps, as `autograd_mini.compile` does; with the same results, but for rounding. The batches
    that have one size share a program, which is made when the first one comes; stderr says so if that takes over a
    second. What cannot be compiled raises TraceError with its line.

    Parts of a model that are set to eval stay so while the rest trains; a model that is set to eval is set to train.
    Afterwards all modes are as before.

    Ctrl-C ends the training after the step that is being made, so that parameters, buffers, optimizer and history are
    those of the same whole step; the checkpoint, if one was asked for, is written; then KeyboardInterrupt goes on to
    the caller, as a program that went on would take a model half trained for a whole one. A second Ctrl-C does not
    wait for the step: it is undone.

    Raises: AnomalyError for a loss or gradient that is nan or infinite, before the step, which leaves the model as it
    was; UsageError for arguments that do not fit; what the model, the loss or a callback raises, with the last whole
    step in place.

    Example
    -------
    >>> from nn import SGD, Linear, fit, mse_loss
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(64, 3))
    >>> y = x @ np.array([[1.0], [2.0], [3.0]])
    >>> model = Linear(3, 1, rng=rng)
    >>> history = fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=20, rng=rng)
    >>> len(history["loss"]), history["loss"][-1] < 1e-3
    (20, True)
    """
    check_settings(model, optimizer, epochs, scheduler, scheduler_every, clip_norm, history)
    rngs = [] if rng is None else [rng] if isinstance(rng, np.random.Generator) else list(rng)
    files = [] if checkpoint is None else [checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)]
    hooks = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
    for hook in hooks:
        if not isinstance(hook, Callback):
            raise UsageError(
                f"fit: got {hook!r:.60} as a callback; it has no hooks; "
                "derive from Callback, or give LambdaCallback(on_epoch_end=...)"
            )
    given = [*hooks, *bar_for(progress, epochs), *files]
    steps = CompiledSteps(model, loss, optimizer, is_shown=is_seen(progress)) if compile else None
    run = Run(
        model,
        loader_of("fit", data, batch_size, shuffle=shuffle, rng=rngs[0] if rngs else None),
        loss,
        optimizer,
        validation=None if validation is None else loader_of("fit: validation", validation, batch_size),
        metrics=metrics_of("fit", metrics),
        scheduler=scheduler,
        scheduler_every=scheduler_every,
        monitor=monitor,
        clip_norm=clip_norm,
        rngs=rngs,
        history=history,
        compiled=steps,
        callbacks=sorted(given, key=lambda c: isinstance(c, Checkpoint)),  # they save what the others have done
    )
    with ExitStack() as stack:
        stack.enter_context(run.interrupts)
        if resume is not None:
            run.resume(resume)
        stack.enter_context(modes_kept(model, loss))
        for module in (model, loss):
            if isinstance(module, Module) and not module.training:
                module.train()
        try:
            for callback in reversed(run.callbacks):
                stack.callback(partial(end, callback, run))
            run.call("on_fit_begin")
            while run.epoch < epochs and not run.stop:
                run.train_epoch()
        except BaseException as error:
            run.error = error
            if isinstance(error, KeyboardInterrupt):
                with run.interrupts.shielded():
                    run.call("on_interrupt")
            raise
    return run.history


def end(callback: Callback, run: Run) -> None:
    """Tell a callback that the training ended."""
    callback.on_fit_end(run)


def check_settings(
    model: Any, optimizer: Any, epochs: int, scheduler: Any, scheduler_every: str, clip_norm: Any, history: Any
) -> None:
    """Raise UsageError for settings that no training can have."""
    check_whole("fit", "epochs", epochs)
    check_choice("fit", "scheduler_every", scheduler_every, ("epoch", "step"))
    if not isinstance(model, Module):
        raise UsageError(f"fit: got a {type(model).__name__} as the model; it trains parameters; give a Module")
    if not hasattr(optimizer, "param_groups"):
        raise UsageError(
            f"fit: got {optimizer!r:.60} as the optimizer; it moves the parameters; "
            "give one of nn.optim, such as SGD(model.parameters(), lr=0.1)"
        )
    if clip_norm is not None and not (math.isfinite(clip_norm) and clip_norm > 0):
        raise UsageError(f"fit: got clip_norm = {clip_norm!r}; it is a finite number above 0; try 1.0, or None")
    if history is not None and len(history.steps):
        raise UsageError(
            f"fit: got a history with {len(history.steps)} steps; each training has its own; give an empty History()"
        )
