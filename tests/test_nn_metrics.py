"""Metrics: equal to scikit-learn's, of one batch and of many."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value
from nn import metrics
from nn.metrics import Metric, accuracy, confusion_matrix, f1, metrics_of, precision, recall, top_k_accuracy

sk = pytest.importorskip("sklearn.metrics", reason="its metrics are compared")

AVERAGES = ["macro", "micro", "weighted", None]
RATIOS = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
ERRORS = {
    "mean_absolute_error": sk.mean_absolute_error,
    "mean_squared_error": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "r2_score": sk.r2_score,
}


def labels(seed, n, classes):
    """Predicted and true labels; some classes do not occur in one of them."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.integers(max(0, classes - 3), classes + 1, n)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("name", RATIOS)
def test_ratios_of_many_classes_are_those_of_scikit_learn(name, average, seed):
    output, target = labels(seed, 30, 5)
    expected = RATIOS[name](target, output, average=average, zero_division=0)
    np.testing.assert_allclose(getattr(metrics, name)(output, target, average), expected, rtol=1e-14)


@pytest.mark.parametrize("pos_label", [0, 1])
@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("seed", range(3))
def test_ratios_of_two_classes_are_those_of_scikit_learn(name, pos_label, seed):
    output, target = np.random.default_rng(seed).integers(0, 2, (2, 20))
    expected = RATIOS[name](target, output, pos_label=pos_label)
    assert getattr(metrics, name)(output, target, pos_label=pos_label) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", RATIOS)
def test_ratios_of_nothing_are_zero(name):
    assert getattr(metrics, name)([0, 0], [0, 0]) == 0.0


def test_texts_are_labels_too():
    output, target = np.array(["cat", "dog", "cat"]), np.array(["cat", "cat", "eel"])
    assert f1(output, target, "macro") == pytest.approx(sk.f1_score(target, output, average="macro"))
    assert f1(output, target, None).shape == (3,)


@pytest.mark.parametrize("seed", range(4))
def test_confusion_matrices_are_those_of_scikit_learn(seed):
    output, target = labels(seed, 40, 4)
    np.testing.assert_array_equal(confusion_matrix(output, target), sk.confusion_matrix(target, output))
    for chosen in ([0, 1, 2, 3, 4, 5], [3, 1], [4, 2, 9]):
        expected = sk.confusion_matrix(target, output, labels=chosen)
        np.testing.assert_array_equal(confusion_matrix(output, target, chosen), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_classes_stand_for_the_class_of_the_largest(dtype):
    rng = np.random.default_rng(0)
    scores, target = rng.normal(size=(12, 4)).astype(dtype), rng.integers(0, 4, 12)
    assert accuracy(scores, target) == sk.accuracy_score(target, scores.argmax(1))
    assert accuracy(Value(scores), target) == accuracy(scores.tolist(), target.tolist())
    assert f1(scores, target, "macro") == pytest.approx(sk.f1_score(target, scores.argmax(1), average="macro"))
    images, places = rng.normal(size=(2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    assert accuracy(images, places) == np.mean(images.argmax(1) == places)


def test_scores_of_class_one_are_compared_with_the_threshold():
    scores, target = np.array([[0.2], [0.7], [0.5]]), np.array([[0.0], [1.0], [0.0]])
    assert accuracy(scores, target) == 1.0
    assert recall(scores, target, threshold=0.8) == 0.0
    assert precision(np.array([-1.0, 0.3]), np.array([True, True]), threshold=0) == 1.0


@pytest.mark.parametrize("k", [1, 2, 3, 7])
@pytest.mark.parametrize("digits", [0, 9])
def test_the_top_k_are_those_of_scikit_learn_ties_included(k, digits):
    rng = np.random.default_rng(k)
    scores, target = np.round(rng.normal(size=(60, 8)), digits), rng.integers(0, 8, 60)
    expected = sk.top_k_accuracy_score(target, scores, k=k, labels=range(8))
    assert top_k_accuracy(scores, target, k) == pytest.approx(expected, rel=1e-14)


def test_a_score_that_is_nan_is_never_among_the_top():
    assert top_k_accuracy(np.array([[np.nan, 1.0]]), np.array([0]), 2) == 0.0


@pytest.mark.parametrize("shape", [(9,), (9, 1), (9, 3), (1, 2)], ids=str)
@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_those_of_scikit_learn(name, shape):
    output, target = np.random.default_rng(1).normal(size=(2, *shape))
    if (name, shape) == ("r2_score", (1, 2)):
        assert np.isnan(metrics.r2_score(output, target))
        return
    assert getattr(metrics, name)(Value(output), target) == pytest.approx(ERRORS[name](target, output), rel=1e-13)


@pytest.mark.parametrize("output", [[1.0, 1.0], [1.0, 2.0]], ids=str)
def test_a_target_that_is_all_alike_is_explained_or_not(output):
    assert metrics.r2_score(output, [1.0, 1.0]) == sk.r2_score([1.0, 1.0], output)


@pytest.mark.parametrize("digits", [1, 9])
def test_the_area_under_the_curve_is_that_of_scikit_learn(digits):
    rng = np.random.default_rng(0)
    scores, target = np.round(rng.normal(size=50), digits), rng.integers(0, 2, 50)
    assert metrics.roc_auc(scores, target) == pytest.approx(sk.roc_auc_score(target, scores), rel=1e-14)


def in_batches(metric, output, target):
    """The result over batches of different sizes, through a state in the middle."""
    ends = [0, 1, 8, 11, len(target)]
    for i, (start, end) in enumerate(pairwise(ends)):
        if i == 2:
            state = metric.state()
            metric.reset()
            metric.update(output[:1], target[:1])
            metric.load(state)
        metric.update(output[start:end], target[start:end])
    return metric.result()


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("function", [precision, recall, f1])
def test_ratios_over_batches_are_those_of_all_at_once(function, average):
    output, target = labels(5, 30, 6)
    expected = function(output, target, average)
    np.testing.assert_array_equal(in_batches(Metric(function, average=average), output, target), expected)
    np.testing.assert_array_equal(in_batches(Metric(partial(function, average=average)), output, target), expected)


def test_counts_over_batches_are_those_of_all_at_once():
    output, target = labels(6, 30, 6)
    assert in_batches(Metric(accuracy), output, target) == accuracy(output, target)
    np.testing.assert_array_equal(
        in_batches(Metric(confusion_matrix), output, target), confusion_matrix(output, target)
    )
    scores = np.random.default_rng(0).normal(size=(30, 9))
    assert in_batches(Metric(top_k_accuracy, k=2), scores, target) == top_k_accuracy(scores, target, 2)
    assert in_batches(Metric(accuracy, threshold=0), scores[:, 0], target > 4) == np.mean(
        (scores[:, 0] > 0) == (target > 4)
    )


@pytest.mark.parametrize("name", ERRORS)
def test_errors_over_batches_are_those_of_all_at_once_far_from_zero_too(name):
    output, target = 1e6 + np.random.default_rng(2).normal(size=(2, 30, 2))
    function = getattr(metrics, name)
    assert in_batches(Metric(function), output, target) == pytest.approx(function(output, target), rel=1e-9)


def test_a_function_of_your_own_sees_all_outputs_at_once_unless_it_is_a_mean():
    def largest(output, target):
        return float(np.max(np.abs(output - target)))

    output, target = np.random.default_rng(3).normal(size=(2, 30))
    assert in_batches(Metric(largest), output, target) == largest(output, target)
    assert in_batches(Metric(metrics.roc_auc), output, (target > 0).astype(int)) == metrics.roc_auc(output, target > 0)
    mean = Metric(lambda output, target: np.mean(output * target), "product", mean=True)
    assert in_batches(mean, output, target) == pytest.approx(np.mean(output * target), rel=1e-13)
    assert mean.name == "product"


def test_metrics_are_named_by_their_functions_or_by_keys_and_begin_anew():
    used = Metric(accuracy)
    used.update([1], [1])
    found = metrics_of("fit", [used, f1, Metric(f1, "macro_f1", average="macro")])
    assert [m.name for m in found] == ["accuracy", "f1", "macro_f1"]
    assert found[0].sums == {}
    assert used.result() == 1.0
    assert [m.name for m in metrics_of("fit", {"a": f1, "b": f1})] == ["a", "b"]
    assert [m.name for m in metrics_of("fit", accuracy)] == ["accuracy"]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: accuracy([[0.1], [0.2]], [0, 1]), ShapeError, r"accuracy: got an output of shape \(2, 1\)"),
        (lambda: accuracy([0.0, 1.0], [0, 2]), UsageError, "got scores of one class and a target with"),
        (lambda: accuracy(np.zeros((0, 3)), np.zeros(0, int)), ShapeError, "it needs an element"),
        (lambda: f1([0, 1, 2], [0, 1, 1]), UsageError, r"got the classes \[0, 1, 2\] with average='binary'"),
        (lambda: f1([2, 3], [2, 3]), UsageError, "with average='binary' and pos_label=1"),
        (lambda: f1([0, 1], [0, 1], "mean"), UsageError, "got average='mean'"),
        (lambda: confusion_matrix([0], [0], [7]), UsageError, r"got labels \[7\]; the target has \[0\]"),
        (lambda: top_k_accuracy([[0.1, 0.2]], [2], 1), UsageError, "there are scores of 2 classes"),
        (lambda: top_k_accuracy([0.1, 0.2], [0, 1], 1), ShapeError, r"they are scores \(N, C, ...\)"),
        (lambda: top_k_accuracy([[0.1, 0.2]], [0], 0), UsageError, "got k = 0"),
        (lambda: metrics.rmse([1.0], [[1.0]]), ShapeError, "rmse: got an output of shape"),
        (lambda: metrics.mean_absolute_error([], []), ShapeError, "it needs an element"),
        (lambda: metrics.roc_auc([0.1, 0.2], [1, 1]), UsageError, "give labels of 0 and 1, both of them"),
        (lambda: Metric(f1).result(), UsageError, "f1 has seen no batch"),
        (lambda: metrics_of("fit", [f1, f1]), UsageError, "fit: got two metrics named 'f1'"),
        (lambda: metrics_of("fit", ["f1"]), UsageError, "fit: got the metric 'f1'"),
    ],
    ids=range(16),
)
def test_metrics_say_what_does_not_fit(call, error, words):
    with pytest.raises(error, match=words):
        call()
