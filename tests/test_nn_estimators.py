"""Classifier and Regressor: what scikit-learn asks of estimators, and what they compute."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_classification, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import nn
from autograd_mini import AnomalyError, ShapeError, UsageError, to_onnx
from nn import (
    LBFGS,
    SGD,
    Classifier,
    Conv2d,
    CosineAnnealingLR,
    CrossEntropyLoss,
    Dropout,
    Flatten,
    HuberLoss,
    LambdaCallback,
    Linear,
    Regressor,
    ReLU,
    Sequential,
    Tanh,
    Unflatten,
    cross_entropy,
    mse_loss,
    poisson_nll_loss,
    predict,
)
from nn.fitting.scaled import Scaled, centre_and_spread

SLOW = {"check_classifiers_train", "check_regressors_train", "check_regressor_data_not_an_array"}
IRIS, DIABETES = load_iris(return_X_y=True), load_diabetes(return_X_y=True)
FEW = IRIS[0][::5], IRIS[1][::5]


def checks():
    """scikit-learn's checks of both, but the one that needs SCIPY_ARRAY_API before anything is imported."""
    for estimator in (Classifier(), Regressor()):
        for _, check in estimator_checks_generator(estimator):
            name = check.func.__name__
            if name != "check_array_api_input":
                options = "".join(f"-{k}={x}" for k, x in check.keywords.items())
                marks = [pytest.mark.slow] * (name in SLOW)
                yield pytest.param(estimator, check, id=f"{type(estimator).__name__}-{name}{options}", marks=marks)


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_the_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_the_check_of_the_array_api_passes():
    lines = [
        "from nn import Classifier, Regressor",
        "from sklearn.utils.estimator_checks import estimator_checks_generator",
        "checks = [(e, c) for x in (Classifier(), Regressor()) for e, c in estimator_checks_generator(x)]",
        "print(len([c(e) for e, c in checks if c.func.__name__ == 'check_array_api_input']))",
    ]
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"


def test_scikit_learn_is_imported_on_first_use_and_its_extra_is_named_without_it():
    lines = [
        "import sys, nn",
        "assert not any(name.split('.')[0] == 'sklearn' for name in sys.modules)",
        "sys.modules['sklearn'] = None",
        "try: nn.Classifier",
        "except ImportError as error: print(error)",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert "scikit-learn 1.6 or later is not installed" in done.stdout
    assert "pip install 'autograd-mini[sklearn]'" in done.stdout


def test_a_name_that_nn_has_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'Clasifier'"):
        nn.Clasifier


# ---- how well it predicts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "data", "cv", "least"),
    [
        (Classifier(random_state=0), IRIS, StratifiedKFold(5, shuffle=True, random_state=0), 0.93),
        (Regressor(random_state=0), DIABETES, KFold(5, shuffle=True, random_state=0), 0.45),
    ],
    ids=["iris", "diabetes"],
)
def test_the_defaults_predict_well(model, data, cv, least):
    assert cross_val_score(model, *data, cv=cv).mean() >= least


@pytest.mark.slow
def test_scaled_digits_are_told_apart_in_97_of_100_cases():
    model = make_pipeline(StandardScaler(), Classifier(random_state=0))
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    assert cross_val_score(model, *load_digits(return_X_y=True), cv=cv).mean() >= 0.97


def test_without_hidden_layers_it_is_logistic_regression():
    x, y = make_classification(120, 4, flip_y=0.2, random_state=1)
    optimizer = partial(LBFGS, tolerance_grad=1e-12, tolerance_change=0.0)
    model = Classifier((), optimizer=optimizer, epochs=20, batch_size=120, patience=None, random_state=0).fit(x, y)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(model.predict_proba(x), theirs.predict_proba(x), rtol=0, atol=1e-6)


def test_without_hidden_layers_and_with_weights_it_is_weighted_least_squares():
    x, y = make_regression(80, 3, n_targets=2, noise=20.0, random_state=1)
    weight = np.random.default_rng(0).uniform(0.1, 3.0, 80)
    optimizer = partial(LBFGS, tolerance_grad=1e-12, tolerance_change=0.0)
    model = Regressor((), optimizer=optimizer, epochs=10, batch_size=80, patience=None, random_state=0)
    model.fit(x, y, sample_weight=weight)
    design, root = np.column_stack([x, np.ones(80)]), np.sqrt(weight)[:, None]
    solution = np.linalg.lstsq(design * root, y * root)[0]
    np.testing.assert_allclose(model.predict(x), design @ solution, rtol=1e-10, atol=1e-8)


def test_balanced_class_weights_find_more_of_a_rare_class():
    x, y = make_classification(300, 5, weights=[0.95], flip_y=0.05, class_sep=0.6, random_state=0)
    model = Classifier((16,), epochs=15, random_state=0)
    plain, balanced = (clone(model).set_params(class_weight=w).fit(x, y).predict(x) for w in (None, "balanced"))
    assert recall_score(y, balanced) > recall_score(y, plain) + 0.2


def test_class_weights_are_sample_weights_of_each_class():
    x, y = FEW
    by_class = Classifier((8,), class_weight={0: 1.0, 1: 5.0, 2: 0.5}, epochs=3, random_state=0).fit(x, y)
    by_sample = Classifier((8,), epochs=3, random_state=0).fit(x, y, sample_weight=np.array([1.0, 5.0, 0.5])[y])
    assert np.array_equal(by_class.predict_proba(x), by_sample.predict_proba(x))
    both = Classifier((8,), class_weight={1: 5.0}, epochs=3, random_state=0)
    both.fit(x, y, sample_weight=np.array([1.0, 1.0, 0.5])[y])
    assert np.array_equal(by_class.predict_proba(x), both.predict_proba(x))


# ---- in scikit-learn's company


@pytest.mark.slow
def test_a_grid_search_sets_its_settings_within_a_pipeline():
    grid = {
        "classifier__hidden_layer_sizes": [(), (16,)],
        "classifier__lr": [1e-5, 1e-2],
        "classifier__optimizer": ["Adam", partial(SGD, momentum=0.9)],
    }
    model = make_pipeline(StandardScaler(), Classifier(epochs=15, random_state=0))
    search = GridSearchCV(model, grid, cv=3).fit(*IRIS)
    assert search.best_params_["classifier__lr"] == 1e-2
    assert search.best_score_ > 0.9
    assert search.score(*IRIS) > 0.9


def test_it_stands_inside_other_estimators():
    model = TransformedTargetRegressor(Regressor((8,), epochs=20, random_state=0), func=np.log, inverse_func=np.exp)
    assert model.fit(*DIABETES).score(*DIABETES) > 0.2


def test_a_clone_is_fitted_alike_and_its_settings_are_as_they_were_given():
    model = Classifier((8,), module=Sequential(Linear(4, 3)), epochs=2, random_state=np.random.default_rng(3))
    copies = [clone(model).fit(*FEW).predict_proba(FEW[0]) for _ in range(2)]
    assert np.array_equal(*copies)
    assert model.get_params()["hidden_layer_sizes"] == (8,)


@pytest.mark.parametrize("kind", [Classifier, Regressor])
def test_a_pickle_predicts_and_goes_on_as_the_original(kind):
    schedule = partial(CosineAnnealingLR, T_max=10)
    model = kind((8,), epochs=3, optimizer="Adam", scheduler=schedule, random_state=0).fit(*FEW)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(FEW[0]), model.predict(FEW[0]))
    assert again.history_["loss"] == model.loss_curve_
    for m in (model, again):
        m.partial_fit(*FEW)
    state, other = model.module_.state(), again.module_.state()
    assert all(np.array_equal(state[k], other[k]) for k in state)
    assert again.history_["lr"] == model.history_["lr"]


@pytest.mark.parametrize(
    "seed",
    [lambda: 7, lambda: np.random.RandomState(7), lambda: np.random.default_rng(7), lambda: np.random.seed(7)],  # noqa: NPY002  # as users may
    ids=["int", "RandomState", "Generator", "None, from the state of numpy.random"],
)
def test_equal_random_states_give_equal_networks(seed):
    build = lambda n, m, rng: Sequential(Linear(n, 8, rng=rng), Dropout(0.5, rng=rng), Linear(8, m, rng=rng))
    first, second = (Classifier(module=build, epochs=3, random_state=seed()).fit(*FEW) for _ in range(2))
    assert np.array_equal(first.predict_proba(FEW[0]), second.predict_proba(FEW[0]))


def test_another_seed_gives_another_network():
    first, second = (Classifier(epochs=2, random_state=i).fit(*FEW).predict_proba(FEW[0]) for i in range(2))
    assert not np.allclose(first, second)


def test_a_notebook_shows_it_without_a_warning():
    shown = make_pipeline(StandardScaler(), Classifier((8,)), Regressor(lr=0.5))._repr_html_()
    assert "hidden_layer_sizes" in shown
    assert "standardize_target" in shown


# ---- the network


def test_the_network_gives_the_predictions_and_is_saved_as_numbers(tmp_path):
    model = Regressor((8,), epochs=5, random_state=0).fit(*DIABETES)
    expected = model.predict(DIABETES[0])
    np.testing.assert_allclose(predict(model.module_, DIABETES[0])[:, 0], expected, rtol=1e-12)
    nn.save(model.module_, tmp_path / "model.npz")
    net = Sequential(Linear(10, 8), ReLU(), Linear(8, 1))
    empty = Scaled(net, x_mean=np.zeros(10), x_scale=np.zeros(10), y_mean=np.zeros(1), y_scale=np.zeros(1))
    nn.load(empty, tmp_path / "model.npz")
    np.testing.assert_allclose(predict(empty, DIABETES[0])[:, 0], expected, rtol=1e-12)


def test_the_network_is_exported_with_its_scales():
    onnxruntime = pytest.importorskip("onnxruntime", reason="the independent runtime: install the extra `test`")
    model = Regressor((8,), epochs=5, random_state=0).fit(*DIABETES)
    exported = to_onnx(model.module_, DIABETES[0])
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    output = session.run(None, {session.get_inputs()[0].name: DIABETES[0]})[0]
    np.testing.assert_allclose(output[:, 0], model.predict(DIABETES[0]), rtol=1e-9)


def test_a_module_that_is_given_is_where_training_begins_and_stays_as_it_was():
    given = Sequential(Linear(4, 5), Tanh(), Linear(5, 3))
    before = given.state()
    model = Classifier(module=given, standardize=False, lr=0.0, weight_decay=0.0, epochs=1).fit(*FEW)
    np.testing.assert_allclose(model._outputs(FEW[0]), predict(given, FEW[0]))
    assert list(model.module_.state()) == [f"module.{name}" for name in before]
    model.set_params(lr=0.1, epochs=3).fit(*FEW)
    assert all(np.array_equal(given.state()[k], before[k]) for k in before)
    assert not np.allclose(model._outputs(FEW[0]), predict(given, FEW[0]))


def convolutional(n_features, n_outputs, rng):
    """A network for pictures of 8 times 8."""
    return Sequential(
        Unflatten(1, (1, 8, 8)), Conv2d(1, 8, 3, stride=2, rng=rng), ReLU(), Flatten(), Linear(72, n_outputs, rng=rng)
    )


@pytest.mark.slow
def test_a_function_builds_the_network_for_the_sizes_of_the_data():
    x, y = load_digits(return_X_y=True)
    model = Classifier(module=convolutional, epochs=8, lr=0.01, dtype="float32", random_state=0).fit(x[:1200], y[:1200])
    assert model.score(x[1200:], y[1200:]) > 0.9


@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity", np.sin, Tanh, nn.LeakyReLU(0.2), nn.gelu])
def test_activations_are_names_functions_classes_and_modules(activation):
    model = Regressor([6, 5], activation=activation, epochs=2, random_state=0).fit(*FEW)
    assert [p.shape for p in model.module_.parameters()] == [(6, 4), (6,), (5, 6), (5,), (1, 5), (1,)]
    assert np.isfinite(model.predict(FEW[0])).all()


def test_the_network_computes_in_the_dtype_that_is_asked_for():
    model = Classifier((8,), dtype=np.float32, epochs=2, random_state=0).fit(*FEW, sample_weight=np.ones(30))
    assert {x.dtype for _, x in model.module_.named_leaves()} == {np.dtype(np.float32)}
    assert model.predict_proba(FEW[0]).dtype == np.float32


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.0, 3.0])])
def test_means_and_spreads_are_those_of_the_standard_scaler(weight):
    x = np.array([[1.0, 0.1, 1e6], [2.0, 0.1, 1e6 + 1], [4.0, 0.1, 1e6], [5.0, 0.1, 1e6 + 2]])
    theirs = StandardScaler().fit(x, sample_weight=weight)
    mean, spread = centre_and_spread(x, weight)
    np.testing.assert_allclose(mean, theirs.mean_)
    np.testing.assert_allclose(spread, theirs.scale_)


def test_units_of_the_data_do_not_matter():
    x, y = DIABETES
    factor = 2.0 ** np.arange(10)
    first, second = (Regressor((8,), epochs=3, random_state=0).fit(x * s, y * t) for s, t in ((1, 1), (factor, 4)))
    np.testing.assert_allclose(second.predict(x * factor), 4 * first.predict(x), rtol=1e-9)


# ---- targets


@pytest.mark.parametrize("shape", [(30,), (30, 1), (30, 2)])
def test_predictions_have_the_shape_of_the_targets(shape):
    y = np.random.default_rng(0).normal(size=shape)
    assert Regressor((4,), epochs=1).fit(FEW[0], y).predict(FEW[0]).shape == shape


def test_classes_are_what_they_are_called():
    names = np.array(["setosa", "versicolor", "virginica"])
    model = Classifier((16,), lr=0.01, epochs=30, random_state=0).fit(IRIS[0], names[IRIS[1]])
    assert list(model.classes_) == list(names)
    assert model.score(IRIS[0], names[IRIS[1]]) > 0.9


def test_logarithms_of_small_probabilities_are_exact():
    module = Linear(1, 2)
    module.load({"weight": [[0.0], [1.0]], "bias": [0.0, 0.0]})
    model = Classifier(module=module, standardize=False, lr=0.0, weight_decay=0.0, epochs=1)
    model.fit([[0.0], [1.0]], [0, 1])
    np.testing.assert_allclose(model.predict_log_proba([[-2000.0]]), [[0.0, -2000.0]])
    np.testing.assert_allclose(model.decision_function([[-2000.0]]), [-2000.0])


# ---- training


def test_losses_are_names_functions_and_modules():
    kinds = ["cross_entropy", cross_entropy, CrossEntropyLoss()]
    found = [Classifier((4,), loss=loss, epochs=2, random_state=0).fit(*FEW).loss_curve_ for loss in kinds]
    assert found[0] == found[1] == found[2]
    weighted = [
        Classifier((4,), loss=loss, epochs=2, random_state=0).fit(*FEW, sample_weight=np.full(30, 2.0)).loss_curve_
        for loss in [*kinds, partial(cross_entropy, label_smoothing=0.0)]
    ]
    np.testing.assert_allclose(weighted, [found[0]] * 4, rtol=1e-12)


def test_targets_of_losses_that_need_their_units_stay_as_they_are():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = rng.poisson(np.exp(x[:, 0] + 1))
    model = Regressor((), loss=poisson_nll_loss, standardize_target=False, lr=0.05, epochs=40, random_state=0).fit(x, y)
    assert np.mean(np.exp(model.predict(x))) == pytest.approx(y.mean(), rel=0.1)


def test_losses_with_settings_of_their_own_train():
    model = Regressor((8,), loss=HuberLoss(delta=0.5), epochs=20, random_state=0)
    assert model.fit(*DIABETES, sample_weight=np.ones(442)).score(*DIABETES) > 0.3


def test_schedules_are_names_and_functions_of_the_optimizer():
    model = Regressor((4,), lr=0.1, scheduler=partial(CosineAnnealingLR, T_max=4), epochs=5).fit(*FEW)
    np.testing.assert_allclose(model.history_["lr"], 0.05 * (1 + np.cos(np.pi * np.arange(5) / 4)), atol=1e-12)
    named = Regressor((4,), optimizer="SGD", lr=0.0, scheduler="ReduceLROnPlateau", epochs=13, patience=None).fit(*FEW)
    assert len(named.history_) == 13


def test_training_ends_when_the_loss_no_longer_falls():
    model = Classifier((4,), optimizer="SGD", lr=0.0, patience=3, random_state=0).fit(*FEW)
    assert model.n_iter_ == len(model.loss_curve_) == 4
    assert model.set_params(patience=None, epochs=6).fit(*FEW).n_iter_ == 6


@pytest.mark.parametrize("kind", [Classifier, Regressor])
@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 1.5, 150)])
def test_early_stopping_goes_back_to_the_best_epoch(kind, weight):
    states = []
    keep = LambdaCallback(on_epoch_end=lambda run: states.append(run.model.state()))
    model = kind((30,), early_stopping=True, validation_fraction=0.3, lr=0.05, patience=4, callbacks=keep)
    model.set_params(min_delta=0.0, random_state=0, epochs=60).fit(*IRIS, sample_weight=weight)
    best = int(np.argmin(model.history_["val_loss"]))
    assert model.n_iter_ < 60
    final = model.module_.module.state()
    assert all(np.array_equal(final[k], states[best][k]) for k in final)


def test_warm_start_goes_on_and_without_it_training_begins_anew():
    model = Classifier((8,), epochs=4, warm_start=True, random_state=0).fit(*FEW)
    first = model.loss_curve_[:]
    model.fit(*FEW)
    assert model.n_iter_ == 8
    assert model.loss_curve_[4] < first[0]
    assert model.history_["epoch"] == list(range(1, 9))
    assert model.history_.steps["step"] == list(range(1, 9))
    assert model.set_params(warm_start=False).fit(*FEW).loss_curve_ == first


def test_the_first_partial_fit_is_an_epoch_of_fit():
    part, whole = Classifier((8,), random_state=0), Classifier((8,), epochs=1, random_state=0)
    part.partial_fit(*FEW, classes=[0, 1, 2])
    assert np.array_equal(part.predict_proba(FEW[0]), whole.fit(*FEW).predict_proba(FEW[0]))


def test_parts_of_the_data_are_learned_one_after_the_other():
    model = Classifier((16,), lr=0.01, random_state=0)
    order = np.random.default_rng(0).permutation(150)
    for places in np.split(np.tile(order, 10), 30):
        model.partial_fit(IRIS[0][places], IRIS[1][places], classes=[0, 1, 2])
    assert model.score(*IRIS) > 0.9
    assert model.n_iter_ == len(model.history_) == 30


def test_a_training_that_is_interrupted_leaves_the_last_whole_step():
    def interrupt(run):
        if run.epoch == 3:
            raise KeyboardInterrupt

    model = Regressor((4,), callbacks=[LambdaCallback(on_epoch_end=interrupt)], random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*FEW)
    assert model.n_iter_ == 3
    assert model.predict(FEW[0]).shape == (30,)


# ---- errors


def no_reduction(output, target):
    return mse_loss(output, target)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"hidden_layer_sizes": (8, 0)}, UsageError, "got hidden_layer_sizes = 0; it must be a whole number from 1 on"),
        ({"hidden_layer_sizes": 2.5}, UsageError, "got hidden_layer_sizes = 2.5"),
        ({"hidden_layer_sizes": (8, 2.5)}, UsageError, "got hidden_layer_sizes = 2.5"),
        ({"activation": "rulu"}, UsageError, "got activation='rulu'; it is one of 'celu'"),
        ({"activation": 3}, UsageError, "got activation=3; it is a name or a function; give one of 'celu'"),
        ({"optimizer": "adamw2"}, UsageError, "got optimizer='adamw2'; it is one of 'ASGD'"),
        ({"optimizer": "LBFGS", "weight_decay": 0.1}, UsageError, "got optimizer=LBFGS with weight_decay, which it"),
        ({"scheduler": "StepLR"}, UsageError, "got scheduler=StepLR with no settings, .*give what it needs by functo"),
        ({"loss": "mae"}, UsageError, "got loss='mae'; it is one of 'mse_loss', 'l1_loss'"),
        ({"module": 3}, UsageError, "got module=3, which gives a int; a network is a Module"),
        ({"module": lambda *sizes: np.sin}, UsageError, "which gives a ufunc; a network is a Module"),
        ({"module": Linear(4, 2)}, ShapeError, r"output has shape \(30, 2\) for 30 samples; it must be \(30, 1\)"),
        ({"epochs": 0}, UsageError, "got epochs = 0; it must be a whole number from 1 on"),
        ({"batch_size": 0}, UsageError, "got batch_size = 0"),
        ({"patience": 0}, UsageError, "EarlyStopping: got patience = 0"),
        ({"early_stopping": True, "validation_fraction": 2.0}, ValueError, "test_size"),
        ({"optimizer": "SGD", "lr": 1e200}, AnomalyError, "a step needs finite numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")
def test_settings_that_do_not_fit_are_refused(settings, error, words):
    with pytest.raises(error, match=words):
        Regressor(**settings).fit(*FEW)


def test_settings_that_are_refused_leave_the_network_that_was():
    model = Regressor((4,), epochs=1, random_state=0).fit(*FEW)
    before = model.predict(FEW[0])
    good = model.get_params()
    for settings in ({"optimizer": "adamw2"}, {"lr": -1.0}, {"loss": "mae"}, {"module": 3}, {"patience": 0}):
        with pytest.raises(UsageError):
            model.set_params(**(good | settings)).fit(*FEW)
        assert np.array_equal(model.predict(FEW[0]), before)


@pytest.mark.parametrize("loss", [no_reduction, partial(no_reduction)])
def test_weights_need_the_losses_of_samples(loss):
    assert Regressor((4,), loss=loss, epochs=1).fit(*FEW).n_iter_ == 1
    with pytest.raises(UsageError, match=r"got weights, and loss=.* which has no option reduction; weights need"):
        Regressor((4,), loss=loss).fit(*FEW, sample_weight=np.ones(30))


def test_weights_below_zero_or_all_zero_are_refused():
    with pytest.raises(UsageError, match=r"Classifier.fit: got weights from 0.0 to 0.0; they are from 0 on, and some"):
        Classifier(class_weight={0: 0.0, 1: 0.0, 2: 0.0}).fit(*FEW)
    with pytest.raises(UsageError, match=r"Regressor.partial_fit: got weights from -1.0 to 28.0"):
        Regressor().partial_fit(*FEW, sample_weight=np.arange(-1.0, 29.0))


def test_classes_of_partial_fit_are_named_in_its_first_call():
    with pytest.raises(UsageError, match=r"Classifier.partial_fit: got no classes; the first call must say all"):
        Classifier().partial_fit(*FEW)
    model = Classifier((4,)).partial_fit(*FEW, classes=[0, 1, 2, 3])
    assert model.predict_proba(FEW[0]).shape == (30, 4)
    with pytest.raises(UsageError, match=r"got the class .*7.*; the network knows \[0, 1, 2, 3\]; name all classes"):
        model.partial_fit([[0.0] * 4], [7])


def test_what_partial_fit_cannot_do_is_refused():
    with pytest.raises(UsageError, match="got class_weight='balanced'; how often classes are is not known from a part"):
        Classifier(class_weight="balanced").partial_fit(*FEW, classes=[0, 1, 2])
    with pytest.raises(UsageError, match=r"Regressor.partial_fit: got early_stopping=True; an epoch cannot be stopped"):
        Regressor(early_stopping=True).partial_fit(*FEW)
    model = Regressor((4,)).partial_fit(*FEW)
    with pytest.raises(ShapeError, match=r"got y of shape \(30, 2\); the network gives 1 numbers for each sample"):
        model.partial_fit(FEW[0], np.ones((30, 2)))
