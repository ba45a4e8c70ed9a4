"""`Run`: a training in progress, which moves in whole steps and can be saved between any two of them.

Laws: what a step changes (parameters, buffers, what the optimizer and the schedule keep, generators, the history) is
changed wholly or not at all, whatever is raised in it; what is saved is what the next step depends on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from inspect import signature
from typing import Any

import numpy as np

from autograd_mini import AnomalyError, UsageError, Value, diagnose

from .checkpoints import load_checkpoint, save_checkpoint
from .clipping import clip_grad_norm_
from .compiling import CompiledSteps
from .evaluation import Loss, Totals, measure, number_of, parts_of
from .history import History
from .interrupts import Interrupts
from .loader import DataLoader, Epoch, generator_state, set_generator
from .metrics import Metric, metrics_of
from .module import Module
from .optim import LBFGS
from .saving import FilePath

__all__ = ["Run"]

END = object()


class Run:
    """A training in progress, as callbacks see it.

    model, optimizer, scheduler, loader, validation, history: what `fit` was given, and made. epoch: whole epochs that
    are done. step: whole steps, over all epochs; batches: those of the epoch that is going on. totals: its loss and
    metrics so far. stop: set it, and the training ends after this step or epoch. error: what ended it, if anything.
    """

    def __init__(
        self,
        model: Module,
        loader: DataLoader,
        loss: Loss,
        optimizer: Any,
        *,
        validation: DataLoader | None = None,
        metrics: list[Metric] | None = None,
        scheduler: Any = None,
        scheduler_every: str = "epoch",
        monitor: str | None = None,
        clip_norm: float | None = None,
        rngs: Sequence[np.random.Generator] = (),
        history: History | None = None,
        callbacks: Sequence[Any] = (),
        compiled: CompiledSteps | None = None,
    ) -> None:
        self.model, self.loader, self.loss, self.optimizer = model, loader, loss, optimizer
        self.validation, self.metrics = validation, metrics or []
        self.scheduler, self.scheduler_every, self.clip_norm = scheduler, scheduler_every, clip_norm
        self.monitor = monitor or ("loss" if validation is None else "val_loss")
        self.rngs, self.callbacks, self.compiled = rngs, callbacks, compiled
        if compiled is not None and clip_norm is not None:
            compiled.clip = partial(clip_grad_norm_, max_norm=clip_norm)
        self.history = History() if history is None else history
        self.totals = Totals(self.metrics)
        self.buffers: list[Any] = []  # what a step may change besides parameters, looked up at the begin of an epoch
        self.drawn: list[np.random.Generator] = []
        self.interrupts = Interrupts()
        self.epoch = self.step = self.batches = 0
        self.order: Epoch | None = None  # of the epoch that is going on
        self.stop = self.is_resumed = False
        self.error: BaseException | None = None
        self.is_measured = scheduler is not None and takes_measure(scheduler)
        if self.is_measured:
            self.check_column("fit: scheduler", self.monitor)
            if scheduler_every == "step":
                raise UsageError(
                    f"fit: got scheduler_every='step' with a {type(scheduler).__name__}, whose step needs a number of "
                    "the history; that has one for each epoch; leave scheduler_every='epoch'"
                )

    # ---- steps and epochs

    def train_epoch(self) -> None:
        """The rest of an epoch: its steps, its validation, and its row in the history."""
        self.call("on_epoch_begin")
        if self.stop:
            return
        self.buffers, self.drawn = self.changing(), list(self.generators().values())
        if self.order is None:
            with self.undone_on_failure():
                self.order = self.loader.begun()
                self.batches = self.order.given
        batches = self.loader.read(self.order)
        while self.one_step(batches):
            self.call("on_step_end")
            self.interrupts.check()
            if self.stop:
                return
        if not self.totals.n:
            raise UsageError(
                "fit: got data without a batch; an epoch needs one; give more samples, or leave out drop_last"
            )
        self.end_epoch()
        self.call("on_epoch_end")
        self.interrupts.check()

    def one_step(self, batches: Iterator[Any]) -> bool:
        """Whether there was a batch; if so, the optimizer has made a step by its gradient."""
        with ExitStack() as shield:
            with self.undone_on_failure():
                batch = next(batches, END)
                if batch is END:
                    return False
                *inputs, target = parts_of("fit", batch)
                output, loss = self.differentiated(inputs, target)
                number = number_of("fit", loss)
                self.totals.add(number, output, target)
                shield.enter_context(self.interrupts.shielded())
                rate = self.lr
                if isinstance(self.optimizer, LBFGS):
                    known = [loss]  # its gradients are there
                    self.optimizer.step(lambda: known.pop() if known else self.differentiated(inputs, target)[1])
                elif self.compiled is not None:
                    self.compiled.call(self.compiled.move)
                else:
                    self.optimizer.step()
            self.step, self.batches = self.step + 1, self.batches + 1
            self.history.steps.append({"step": self.step, "epoch": self.epoch + 1, "loss": number, "lr": rate})
            if self.scheduler is not None and self.scheduler_every == "step":
                self.scheduler.step()
        return True

    def differentiated(self, inputs: Sequence[Any], target: Any) -> tuple[Any, Value]:
        """The output for a batch and its loss, whose gradients are in the parameters."""
        if self.compiled is not None:
            output, number, total = self.compiled.call(self.compiled.differentiate, list(inputs), target)
            number_of("fit", number)
            if np.isfinite(number) and np.isfinite(total):
                return output, number
            # Something is not finite: what it was is found out in the function itself.
        self.optimizer.zero_grad()
        output = self.model(*inputs)
        loss = self.loss(output, target)
        self.check_loss(loss)
        loss.backward()
        self.check_gradients(loss)
        if self.clip_norm is not None:
            clip_grad_norm_(self.optimizer.parameters, self.clip_norm)
        return output, loss

    def end_epoch(self) -> None:
        """Measure the epoch, and begin to count the next."""
        row = {"epoch": self.epoch + 1, **self.totals.results()}
        if self.validation is not None:
            with self.undone_on_failure():
                totals = Totals(metrics_of("fit", self.metrics))
                measure(
                    "fit: validation",
                    self.model,
                    self.validation,
                    self.loss,
                    totals,
                    self.interrupts.check,
                    None if self.compiled is None else partial(self.compiled.call, self.compiled.measure),
                )
            row |= {f"val_{name}": number for name, number in totals.results().items()}
        row["lr"] = self.history.steps["lr"][-1]
        odd = [name for name, number in row.items() if np.ndim(number)]
        if odd:
            raise UsageError(
                f"fit: got the metric {odd[0]!r}, which gives an array; the history has one number for each epoch; "
                "give an average, or call it on predict(model, data)"
            )
        with self.interrupts.shielded():
            self.history.epochs.append(row)
            self.epoch, self.batches, self.order = self.epoch + 1, 0, None
            self.totals.reset()
            if self.scheduler is not None and self.scheduler_every == "epoch":
                self.scheduler.step(*([row[self.monitor]] if self.is_measured else []))

    def call(self, hook: str) -> None:
        """Call a hook of all callbacks."""
        for callback in self.callbacks:
            getattr(callback, hook)(self)

    @contextmanager
    def undone_on_failure(self) -> Iterator[None]:
        """A block that leaves buffers, generators and totals as they were, if anything is raised in it."""
        buffers = [(a, a.copy()) for a in self.buffers]
        rngs = [(rng, rng.bit_generator.state) for rng in self.drawn]
        totals = self.totals.state()
        try:
            yield
        except BaseException:
            with self.interrupts.shielded():
                for a, numbers in buffers:
                    a[...] = numbers
                for rng, state in rngs:
                    rng.bit_generator.state = state
                self.totals.load(totals)
                self.optimizer.zero_grad()
            raise

    def changing(self) -> list[Any]:
        """The buffers that a step may change: arrays, but those that `freeze` has put in the places of parameters."""
        modules = [x for x in (self.model, self.loss) if isinstance(x, Module)]
        frozen = {id(a) for x in modules for m in x.modules() for _, a in getattr(m, "_frozen", ())}
        leaves = [a for x in modules for _, a in x.named_leaves()]
        return [a for a in leaves if isinstance(a, np.ndarray) and id(a) not in frozen]

    # ---- what is looked at on the way

    @property
    def lr(self) -> float:
        """The learning rate, of the first group if they differ."""
        return float(self.optimizer.param_groups[0].get("lr", math.nan))

    def columns(self) -> list[str]:
        """The columns that an epoch has in the history."""
        names = ["loss", *(m.name for m in self.metrics)]
        return [*names, *(f"val_{name}" for name in names if self.validation is not None), "lr"]

    def check_column(self, where: str, name: str) -> None:
        """Raise UsageError unless the history will have a column of that name."""
        if name not in self.columns():
            raise UsageError(
                f"{where}: got monitor={name!r}; the history of this training has {', '.join(self.columns())}; "
                "choose one of them, or give validation data or that metric"
            )

    def place(self) -> str:
        """Which step this is, in words."""
        return f"epoch {self.epoch + 1}, step {self.batches + 1}"

    def check_loss(self, loss: Any) -> None:
        """Raise an error for a loss that no step can be made by."""
        number = number_of("fit", loss)
        if not isinstance(loss, Value):
            raise UsageError(
                f"fit: got a loss that is a {type(loss).__name__}; it must be a Value computed from parameters; "
                "hold parameters as Values, compute with NumPy's functions, and leave no_grad"
            )
        if not math.isfinite(number):
            raise self.anomaly(f"a loss of {number}", loss)

    def check_gradients(self, loss: Value) -> None:
        """Raise AnomalyError for a gradient that is nan or infinite."""
        with np.errstate(all="ignore"):
            # A sum is finite only if all are, and needs no array of truths.
            odd = [p for p in self.optimizer.parameters if p.grad is not None and not np.isfinite(np.sum(p.grad))]
        for p in odd:
            if not np.all(np.isfinite(p.grad)):
                names = {v: name for name, v in self.model.named_parameters()}
                raise self.anomaly(f"a gradient of {names.get(p, 'a parameter')} with nan or infinity", loss)

    def anomaly(self, what: str, loss: Value) -> AnomalyError:
        """The error of a number that is not finite, with its diagnosis."""
        return AnomalyError(
            f"fit: got {what} in {self.place()}; a step needs finite numbers, and this one was not made; lower the "
            f"learning rate, or look at the data; autograd_mini.diagnose(loss) says: {diagnose(loss)}"
        )

    # ---- saved and loaded

    def generators(self) -> dict[str, np.random.Generator]:
        """All generators that a step may draw from, by name."""
        found = {f"rng.{i}": rng for i, rng in enumerate(self.rngs)}
        for part, module in (("model", self.model), ("loss", self.loss)):
            for name, m in module.named_modules() if isinstance(module, Module) else ():
                found |= {f"{part}.{name}.{k}": x for k, x in vars(m).items() if isinstance(x, np.random.Generator)}
        found["loader"] = self.loader.rng
        if self.validation is not None:
            found["validation"] = self.validation.rng
        return found

    def save(self, path: FilePath) -> None:
        """Write a checkpoint, from which `fit(..., resume=path)` goes on."""
        with self.interrupts.shielded():
            save_checkpoint(path, self.state())

    def state(self) -> dict[str, Any]:
        """All that the rest of the training depends on, as after the last whole step."""
        kept = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        kept |= {"loss": self.loss} if isinstance(self.loss, Module) else {}
        return {
            **{name: None if x is None else x.state() for name, x in kept.items()},
            "history": self.history.state(),
            "totals": self.totals.state(),
            "loader": None if self.order is None else {**vars(self.order), "given": self.batches},
            "rngs": {name: generator_state(rng) for name, rng in self.generators().items()},
            "callbacks": {name: c.state() for name, c in self.named_callbacks().items()},
            **{name: getattr(self, name) for name in ("epoch", "step", "batches")},
        }

    def named_callbacks(self) -> dict[str, Any]:
        """The callbacks, by class and number."""
        found: dict[str, Any] = {}
        for c in self.callbacks:
            kind = type(c).__name__
            found[f"{kind}.{sum(k.startswith(f'{kind}.') for k in found)}"] = c
        return found

    def resume(self, path: FilePath) -> None:
        """Go on from a checkpoint.

        Raises: FileNotFoundError; UsageError and others for a file that is not whole, or of another training; then
        nothing has been changed.
        """
        state = load_checkpoint(path)
        before = self.state()
        missing = sorted(set(before) - set(state)) if isinstance(state, dict) else sorted(before)
        if missing:
            raise UsageError(
                f"fit: got resume={str(path)!r}, a checkpoint without {', '.join(missing)}; "
                "fit writes all of them; give a file that fit has written"
            )
        with self.interrupts.shielded():
            try:
                self.load(state)
            except BaseException:
                self.load(before)
                raise
        self.is_resumed = True

    def load(self, state: Mapping[str, Any]) -> None:
        """Set everything to a state."""
        if (state["scheduler"] is None) != (self.scheduler is None):
            raise UsageError(
                f"fit: got resume of a training {'without' if state['scheduler'] is None else 'with'} a scheduler; "
                "what was trained one way goes on so; give the same arguments as before"
            )
        names = list(self.generators())
        if set(state["rngs"]) != set(names) or len(state["totals"]["metrics"]) != len(self.metrics):
            raise UsageError(
                f"fit: got resume of a training with {len(state['totals']['metrics'])} metrics and the generators "
                f"{', '.join(state['rngs'])}; this one has {len(self.metrics)} and {', '.join(names)}; "
                "give the same model and arguments as before"
            )
        order = self.loader.epoch_of(state["loader"])
        self.model.load(state["model"])
        if isinstance(self.loss, Module):
            self.loss.load(state["loss"])
        self.optimizer.load(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load(state["scheduler"])
        for name, rng in self.generators().items():
            set_generator("fit: resume", rng, state["rngs"][name])
        self.history.load(state["history"])
        self.totals.load(state["totals"])
        for name, c in self.named_callbacks().items():
            if name in state["callbacks"]:
                c.load(state["callbacks"][name])
        self.epoch, self.step, self.batches, self.order = state["epoch"], state["step"], state["batches"], order


def takes_measure(scheduler: Any) -> bool:
    """Whether the step of a schedule needs a number, as ReduceLROnPlateau's does."""
    return any(
        p.default is p.empty and p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
        for p in signature(scheduler.step).parameters.values()
    )
