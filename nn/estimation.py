# ruff: noqa: N803, N806  # X is the name that scikit-learn has
"""`Estimator`: what Classifier and Regressor have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, ClassVar, Literal, Self

import numpy as np

from autograd_mini import UsageError

from .callbacks import Callback, EarlyStopping
from .checks import check_whole
from .evaluation import predict
from .fitting import fit
from .history import History
from .module import Module
from .named import ACTIVATIONS, OPTIMIZERS, SCHEDULES, built, chosen, perceptron
from .objective import Objective, weighted_data
from .scaled import Scaled, centre_and_spread
from .scikit_learn import (
    BaseEstimator,
    ClassifierMixin,
    check_is_fitted,
    check_random_state,
    checked_weights,
    train_test_split,
    validate_data,
)

__all__ = ["Estimator"]

AT_ONCE = 1024  # samples that are predicted together


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no annotations
    """What both have: a network, its training, and its outputs."""

    LOSSES: ClassVar[Mapping[str, Callable[..., Any]]]
    standardize_target = False
    module_: Scaled
    optimizer_: Any
    scheduler_: Any
    history_: History
    rng_: np.random.Generator
    n_outputs_: int

    def __init__(
        self,
        hidden_layer_sizes: Any,
        activation: Any,
        module: Any,
        loss: Any,
        optimizer: Any,
        lr: float | None,
        weight_decay: float | None,
        scheduler: Any,
        scheduler_every: Literal["epoch", "step"],
        epochs: int,
        batch_size: int,
        shuffle: bool,
        clip_norm: float | None,
        standardize: bool,
        early_stopping: bool,
        validation_fraction: float,
        patience: int | None,
        min_delta: float,
        warm_start: bool,
        callbacks: Any,
        progress: bool | Literal["auto"],
        dtype: Any,
        random_state: Any,
    ) -> None:
        self.hidden_layer_sizes, self.activation, self.module = hidden_layer_sizes, activation, module
        self.loss, self.optimizer, self.lr, self.weight_decay = loss, optimizer, lr, weight_decay
        self.scheduler, self.scheduler_every = scheduler, scheduler_every
        self.epochs, self.batch_size, self.shuffle, self.clip_norm = epochs, batch_size, shuffle, clip_norm
        self.standardize, self.early_stopping = standardize, early_stopping
        self.validation_fraction, self.patience, self.min_delta = validation_fraction, patience, min_delta
        self.warm_start, self.callbacks, self.progress = warm_start, callbacks, progress
        self.dtype, self.random_state = dtype, random_state

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch, as it was trained on."""
        return self.history_["loss"] if len(self.history_) else []

    @property
    def n_iter_(self) -> int:
        """How many epochs the network was trained for."""
        return len(self.history_)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """The estimator, trained on X, (N, n_features), and targets; with warm_start, from where it was.

        sample_weight: a factor for the loss of each sample; only their ratios matter.

        Raises: ValueError for data that scikit-learn refuses; UsageError and ShapeError for settings that do not fit;
        AnomalyError for a loss that is not finite. After Ctrl-C the network is that of the last whole step.
        """
        first = not (self.warm_start and hasattr(self, "module_"))
        X, y = self._data(X, y, first=first)
        weight = self._weight(X, y, sample_weight)
        if weight is not None:
            check_weights(f"{type(self).__name__}.fit", weight)
            weight = weight / np.mean(weight)
        return self._train(X, y, weight, first=first, onward=False)

    def _go_on(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """The estimator, trained for an epoch more."""
        where = type(self).__name__
        if self.early_stopping:
            raise UsageError(
                f"{where}.partial_fit: got early_stopping=True; an epoch cannot be stopped early; "
                "set early_stopping=False, or call fit"
            )
        first = not hasattr(self, "module_")
        X, y = self._data(X, y, first=first, classes=classes)
        weight = self._weight(X, y, sample_weight)
        if weight is not None:
            check_weights(f"{where}.partial_fit", weight)
        return self._train(X, y, weight, first=first, onward=True)

    def _data(self, X: Any, y: Any, *, first: bool, classes: Any = None) -> tuple[Any, Any]:
        """Inputs and targets as arrays that the loss takes; first: what they look like is learned from them."""
        raise NotImplementedError

    def _weight(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """The weight of each sample, or None."""
        return None if sample_weight is None else checked_weights(sample_weight, X, dtype=self.dtype)

    def _train(self, X: Any, y: Any, weight: Any, *, first: bool, onward: bool) -> Self:
        """Train; first: a new network; onward: for one epoch, with the optimizer that there is."""
        where = type(self).__name__
        loss = chosen(where, "loss", self.loss, self.LOSSES)
        objective = Objective(where, loss, self.n_outputs_, is_weighted=weight is not None)
        rng = generator(self.random_state) if first else self.rng_
        parts = self._split(X, y, weight, rng) if self.early_stopping else [(X, y, weight)]
        module = self._built(where, *parts[0], rng) if first else self.module_
        if first or not onward:
            optimizer, scheduler = self._optimizer(where, module.module)
        else:
            optimizer, scheduler = self.optimizer_, self.scheduler_
        callbacks = [self.callbacks] if isinstance(self.callbacks, Callback) else list(self.callbacks)
        if self.patience is not None and not onward:
            column = "val_loss" if self.early_stopping else "loss"
            callbacks.append(EarlyStopping(column, self.patience, self.min_delta, restore_best=len(parts) > 1))
        data = [weighted_data(module.inputs(a), module.targets(b), w) for a, b, w in parts]
        self.module_, self.optimizer_, self.scheduler_, self.rng_ = module, optimizer, scheduler, rng
        if first:
            self.history_ = History()
        history = History()
        try:
            fit(
                module.module,
                data[0],
                objective,
                optimizer,
                epochs=1 if onward else self.epochs,
                batch_size=self.batch_size,
                shuffle=self.shuffle,
                validation=data[1] if len(data) > 1 else None,
                scheduler=scheduler,
                scheduler_every=self.scheduler_every,
                callbacks=callbacks,
                clip_norm=self.clip_norm,
                progress=self.progress,
                history=history,
                rng=rng,
            )
        finally:
            extend(self.history_, history)
        return self

    def _split(self, X: Any, y: Any, weight: Any, rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
        """Inputs, targets and weights to train on, and those to validate on."""
        found = train_test_split(
            *[a for a in (X, y, weight) if a is not None],
            test_size=self.validation_fraction,
            random_state=int(rng.integers(2**31)),
            stratify=y if isinstance(self, ClassifierMixin) else None,
        )
        found += [None, None] if weight is None else []
        return [tuple(found[0::2]), tuple(found[1::2])]

    def _built(self, where: str, X: Any, y: Any, weight: Any, rng: np.random.Generator) -> Scaled:
        """A new network for these data."""
        n, m = self.n_features_in_, self.n_outputs_
        if self.module is None:
            given = self.hidden_layer_sizes
            sizes = list(given) if np.iterable(given) else [given]
            for size in sizes:
                check_whole(where, "hidden_layer_sizes", size)
            core: Any = perceptron([n, *sizes, m], chosen(where, "activation", self.activation, ACTIVATIONS), rng=rng)
        elif isinstance(self.module, Module):
            core = deepcopy(self.module)
        else:
            core = self.module(n, m, rng) if callable(self.module) else self.module
        if not isinstance(core, Module):
            raise UsageError(
                f"{where}: got module={self.module!r:.60}, which gives a {type(core).__name__}; a network is a Module; "
                "give one, or a function (n_features, n_outputs, rng) -> Module"
            )
        x_statistics = centre_and_spread(X, weight) if self.standardize else (None, None)
        y_statistics = centre_and_spread(y, weight) if self.standardize_target else (None, None)
        return Scaled(core.astype(self.dtype), *x_statistics, *y_statistics)

    def _optimizer(self, where: str, core: Module) -> tuple[Any, Any]:
        """A new optimizer, and its schedule."""
        kind = chosen(where, "optimizer", self.optimizer, OPTIMIZERS)
        optimizer = built(where, "optimizer", kind, core.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        if self.scheduler is None:
            return optimizer, None
        return optimizer, built(where, "scheduler", chosen(where, "scheduler", self.scheduler, SCHEDULES), optimizer)

    def _outputs(self, X: Any) -> Any:
        """What the network gives.  (N, n_features) -> (N, n_outputs)"""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=self.dtype)
        return predict(self.module_, X, batch_size=AT_ONCE)


def generator(random_state: Any) -> np.random.Generator:
    """The generator that scikit-learn's random_state stands for; a Generator is itself."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return np.random.default_rng(check_random_state(random_state).randint(0, 2**32, 4, dtype=np.uint32))


def check_weights(where: str, weight: Any) -> None:
    """Raise UsageError for weights below 0, or all 0."""
    if np.min(weight) < 0 or not np.any(weight):
        raise UsageError(
            f"{where}: got weights from {np.min(weight)} to {np.max(weight)}; they are from 0 on, and some above 0; "
            "leave out what is not to be learned, and give the rest a weight above 0"
        )


def extend(history: History, more: History) -> None:
    """Put the rows of another training behind those of a history, counted on."""
    epochs, steps = len(history.epochs), len(history.steps)
    for row in more.epochs.rows():
        history.epochs.append({**row, "epoch": row["epoch"] + epochs})
    for row in more.steps.rows():
        history.steps.append({**row, "step": row["step"] + steps, "epoch": row["epoch"] + epochs})
