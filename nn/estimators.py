# ruff: noqa: N803, N806  # X is the name that scikit-learn has
"""`Classifier` and `Regressor`: networks as estimators of scikit-learn, trained by `fit`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np

from autograd_mini import ShapeError, UsageError, log_softmax, softmax

from .classification import multi_margin_loss
from .entropy import cross_entropy, nll_loss
from .estimation import Estimator
from .losses import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .scikit_learn import (
    ClassifierMixin,
    RegressorMixin,
    check_classification_targets,
    compute_sample_weight,
    validate_data,
)

__all__ = ["Classifier", "Regressor"]


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]  # scikit-learn has no annotations
    """A network that tells classes apart, as an estimator of scikit-learn.  (N, n_features) -> (N,)

    The network is a perceptron with `hidden_layer_sizes` and an `activation` between its layers (a name such as "tanh",
    a function, or a module); or `module`: a Module, which is copied, or a function (n_features, n_outputs, rng) ->
    Module, with an output for each class. X has rows of numbers: a network for pictures begins with Unflatten. Unlike
    scikit-learn's MLPClassifier, it takes each feature in units of its standard deviation from its mean over the
    training data; standardize=False takes X as it is.

    The training is that of `nn.fit`, with its batch_size, shuffle, clip_norm, callbacks and progress. optimizer: a
    name of nn.optim, a class, or a function of the parameters; it gets `lr` and `weight_decay`, unless they are None,
    which leaves its own defaults. scheduler: a name of nn.schedule, or a function of the optimizer, such as
    `functools.partial(nn.CosineAnnealingLR, T_max=100)`. loss: a name, a loss of `nn`, or a function of the outputs
    (N, n_classes) and the places of the targets in `classes_`; probabilities are the softmax of the outputs.
    class_weight: a factor for the loss of each class in a dict, or "balanced".

    It ends after `epochs`, or once the loss of an epoch was not better than the best by min_delta for `patience` epochs
    (None: never); that the loss could still fall gives no warning. With early_stopping it is the loss of a
    validation_fraction of the data, which is held back, and the network goes back to its best epoch. warm_start: `fit`
    goes on with the numbers of the network, and a new optimizer. random_state: as in scikit-learn, or a Generator,
    which is drawn from.

    `module_` is the trained network, from X as it is given to the outputs, and `module_.module` what is inside the
    standardising. `classes_`, `n_features_in_`, `feature_names_in_`, `loss_curve_` and `n_iter_` are as in
    scikit-learn; `history_` is the History of all its training, `optimizer_` and `scheduler_` are the last ones. It can
    be pickled if its settings can, as functions of a module, but not lambdas; nn.save(model.module_, path) writes the
    numbers alone.

    Raises: when it is fitted, UsageError for settings that do not fit.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from nn import Classifier
    >>> X, X_test, y, y_test = train_test_split(*load_iris(return_X_y=True), random_state=0)
    >>> model = Classifier(random_state=0).fit(X, y)
    >>> model.predict_proba(X_test).shape
    (38, 3)
    >>> model.score(X_test, y_test) > 0.9
    True
    """

    LOSSES: ClassVar = {"cross_entropy": cross_entropy, "multi_margin_loss": multi_margin_loss, "nll_loss": nll_loss}

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        *,
        activation: Any = "relu",
        module: Any = None,
        loss: Any = "cross_entropy",
        optimizer: Any = "AdamW",
        lr: float | None = None,
        weight_decay: float | None = None,
        scheduler: Any = None,
        scheduler_every: Literal["epoch", "step"] = "epoch",
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        clip_norm: float | None = None,
        standardize: bool = True,
        class_weight: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int | None = 10,
        min_delta: float = 1e-4,
        warm_start: bool = False,
        callbacks: Any = (),
        progress: bool | Literal["auto"] = False,
        dtype: Any = np.float64,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, activation, module, loss, optimizer, lr, weight_decay, scheduler, scheduler_every,
            epochs, batch_size, shuffle, clip_norm, standardize, early_stopping, validation_fraction, patience,
            min_delta, warm_start, callbacks, progress, dtype, random_state,
        )  # fmt: skip
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """The classifier, trained for one epoch more on a part of the data, with the optimizer and schedule it has.

        classes: all that there will be; needed in the first call. What X is standardised by is learned there.
        sample_weight: a factor for the loss of each sample, as it is; a mean other than 1 makes steps of another size.

        Raises: UsageError without classes in the first call, for a class that was not named there, for early_stopping,
        and for class_weight="balanced"; and as `fit`.
        """
        where = "Classifier.partial_fit"
        if classes is None and not hasattr(self, "module_"):
            raise UsageError(f"{where}: got no classes; the first call must say all that there will be; give classes")
        if isinstance(self.class_weight, str):
            raise UsageError(
                f"{where}: got class_weight={self.class_weight!r}; how often classes are is not known from a part of "
                "the data; give the weights in a dict"
            )
        return self._go_on(X, y, sample_weight, classes)

    def _data(self, X: Any, y: Any, *, first: bool, classes: Any = None) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, reset=first, dtype=self.dtype)
        check_classification_targets(y)
        found = np.unique(y)
        named = found if classes is None else np.unique(classes)
        if first:
            self.classes_, self.n_outputs_ = named, len(named)
        odd = np.setdiff1d(np.union1d(found, named), self.classes_)
        if odd.size:
            raise UsageError(
                f"Classifier: got the class {odd[0]!r}; the network knows {self.classes_.tolist()}; name all classes "
                "in the first call of partial_fit, or fit anew without warm_start"
            )
        return X, np.searchsorted(self.classes_, y)

    def _weight(self, X: Any, y: Any, sample_weight: Any) -> Any:
        weight = super()._weight(X, y, sample_weight)
        if self.class_weight is None:
            return weight
        by_class = compute_sample_weight(self.class_weight, self.classes_[y]).astype(self.dtype)
        return by_class if weight is None else weight * by_class

    def decision_function(self, X: Any) -> Any:
        """The outputs of the network, before softmax; of two classes, those of the second less those of the first.

        (N, n_features) -> (N, n_classes), or (N,) for two classes
        """
        outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if self.n_outputs_ == 2 else outputs

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the order of `classes_`.  (N, n_features) -> (N, n_classes)"""
        return softmax(self._outputs(X), axis=1)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of the probabilities, exact where these are too small for a number."""
        return log_softmax(self._outputs(X), axis=1)

    def predict(self, X: Any) -> Any:
        """The class of the largest output.  (N, n_features) -> (N,)"""
        outputs = self._outputs(X)
        return self.classes_[np.argmax(outputs, axis=1)]


class Regressor(RegressorMixin, Estimator):  # type: ignore[misc]  # scikit-learn has no annotations
    """A network that predicts numbers, as an estimator of scikit-learn.  (N, n_features) -> (N,) or (N, n_targets)

    Settings and attributes are those of Classifier, but that its targets are numbers, one or several for each sample.
    They too are taken in units of their standard deviation from their mean, so that losses, min_delta and the settings
    of a loss are in these units; predictions, and the outputs of `module_`, are in the units of y. Where targets are
    not to be moved, as counts with poisson_nll_loss, set standardize_target=False.

    loss: a name, a loss of `nn`, or a function of outputs and targets, (N, n_outputs) both.

    Raises: as Classifier.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import cross_val_score
    >>> from nn import Regressor
    >>> scores = cross_val_score(Regressor(epochs=50, random_state=0), *load_diabetes(return_X_y=True), cv=3)
    >>> scores.mean() > 0.4
    np.True_
    """

    LOSSES: ClassVar = {
        "mse_loss": mse_loss,
        "l1_loss": l1_loss,
        "huber_loss": huber_loss,
        "smooth_l1_loss": smooth_l1_loss,
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        *,
        activation: Any = "relu",
        module: Any = None,
        loss: Any = "mse_loss",
        optimizer: Any = "AdamW",
        lr: float | None = None,
        weight_decay: float | None = None,
        scheduler: Any = None,
        scheduler_every: Literal["epoch", "step"] = "epoch",
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        clip_norm: float | None = None,
        standardize: bool = True,
        standardize_target: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int | None = 10,
        min_delta: float = 1e-4,
        warm_start: bool = False,
        callbacks: Any = (),
        progress: bool | Literal["auto"] = False,
        dtype: Any = np.float64,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, activation, module, loss, optimizer, lr, weight_decay, scheduler, scheduler_every,
            epochs, batch_size, shuffle, clip_norm, standardize, early_stopping, validation_fraction, patience,
            min_delta, warm_start, callbacks, progress, dtype, random_state,
        )  # fmt: skip
        self.standardize_target = standardize_target

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """The regressor, trained for one epoch more on a part of the data, with the optimizer and schedule it has.

        What X and y are standardised by is learned in the first call. sample_weight: as in Classifier.partial_fit.

        Raises: UsageError for early_stopping; ShapeError for another number of targets; and as `fit`.
        """
        return self._go_on(X, y, sample_weight)

    def _data(self, X: Any, y: Any, *, first: bool, classes: Any = None) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, reset=first, dtype=self.dtype, multi_output=True, y_numeric=True)
        n = 1 if y.ndim == 1 else y.shape[1]
        if first:
            self.target_shape_, self.n_outputs_ = y.shape[1:], n
        if n != self.n_outputs_:
            raise ShapeError(
                f"Regressor: got y of shape {y.shape}; the network gives {self.n_outputs_} numbers for each sample; "
                "give as many, or fit anew without warm_start"
            )
        return X, y.reshape(-1, n).astype(self.dtype)

    def predict(self, X: Any) -> Any:
        """What the network gives, in the shape and units of the targets.  (N, n_features) -> (N,) or (N, n_targets)"""
        outputs = self._outputs(X)
        return outputs.reshape(-1, *self.target_shape_)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn is told: that targets may be several."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
