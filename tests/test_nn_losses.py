"""Losses: what they refuse, what they keep, and their derivatives of the second order."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, hessian, jvp, log_softmax, no_grad, vjp
from autograd_mini.testing import assert_close, check_grads, every_sample
from nn.classification import logit_loss, probability_loss
from nn.ctc import lattice
from nn.entropy import of_class, softmax_cross_entropy, to_class
from nn.losses import huber

RNG = np.random.default_rng(0)
normal = lambda *shape: RNG.normal(size=shape)
OPS = [huber, probability_loss, logit_loss, of_class, to_class, softmax_cross_entropy, lattice]
SAMPLES = every_sample(OPS)

# Losses whose operands all have one shape, with numbers that each takes: (name, operands).
HALF, SIGNS = np.full((2, 3), 0.5), np.array([[1, -1, 1], [-1, -1, 1]])
ALIKE = {
    "half_squared_error": (HALF, HALF),
    "mse_loss": (HALF, HALF),
    "l1_loss": (HALF, HALF),
    "smooth_l1_loss": (HALF, HALF),
    "huber_loss": (HALF, HALF),
    "kl_div": (HALF, HALF),
    "poisson_nll_loss": (HALF, HALF),
    "binary_cross_entropy": (HALF, HALF),
    "binary_cross_entropy_with_logits": (HALF, HALF),
    "multilabel_soft_margin_loss": (HALF, HALF),
    "soft_margin_loss": (HALF, SIGNS),
    "hinge_embedding_loss": (HALF, SIGNS),
    "margin_ranking_loss": (HALF, HALF, SIGNS),
    "triplet_margin_loss": (HALF, HALF, HALF),
    "triplet_margin_with_distance_loss": (HALF, HALF, HALF),
}
# The rest, with operands of one batch of two.
TWO = np.array([1, 0])
OTHERS = {
    "cross_entropy": (HALF, TWO),
    "nll_loss": (HALF, TWO),
    "multi_margin_loss": (HALF, TWO),
    "multilabel_margin_loss": (HALF, np.array([[1, 2, -1], [0, -1, -1]])),
    "cosine_embedding_loss": (HALF, HALF + SIGNS, np.array([1, -1])),
    "gaussian_nll_loss": (HALF, HALF, HALF),
    "ctc_loss": (np.log(np.full((4, 2, 3), 1 / 3)), np.array([[1, 2], [2, 0]]), [4, 4], [2, 1]),
}
ALL = {**ALIKE, **OTHERS}


# ---- derivatives


def finite(y):
    """The numbers, with 0 for -inf: the states of a sequence that cannot be reached."""
    return np.where(np.isfinite(y), y, 0.0)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_derivatives_of_ops_are_those_measured(sample):
    check_grads(lambda *xs: finite(sample(*xs)), sample.operands, order=2)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_tangents_and_cotangents_of_ops_agree(sample):
    directions = [np.cos(np.arange(np.size(x), dtype=float)).reshape(np.shape(x))[()] for x in sample.operands]
    out, pushed = jvp(lambda *xs: finite(sample(*xs)), sample.operands, directions)
    seed = np.sin(1 + np.arange(np.size(out), dtype=float)).reshape(np.shape(out))[()]
    pulled = vjp(lambda *xs: finite(sample(*xs)), *sample.operands)[1](seed)
    assert_close(np.sum(seed * pushed), sum(np.sum(t * c) for t, c in zip(directions, pulled, strict=True)))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_ops_keep_single_precision(sample):
    narrow = sample.astype(np.float32)
    values = [Value(x) for x in narrow.operands]
    out = narrow(*values)
    np.sum(finite(out)).backward()
    assert {out.dtype, *(v.grad.dtype for v in values)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", [name for name in ALL if name not in {"multilabel_margin_loss", "multi_margin_loss"}])
def test_derivatives_of_losses_are_those_measured(name):
    # Off the kinks.
    xs = [
        x + 0.1 * (i + 1) * np.sin(1.0 + np.arange(x.size)).reshape(x.shape) if x.dtype.kind == "f" else x
        for i, x in enumerate(map(np.asarray, ALL[name]))
    ]
    check_grads(lambda *ys: getattr(nn, name)(*ys, reduction="sum"), xs, order=2, argnums=0)


@pytest.mark.parametrize(
    "settings", [{}, {"weight": np.array([1.0, 2.0, 3.0])}, {"label_smoothing": 0.2}], ids=[1, 2, 3]
)
def test_the_hessian_of_cross_entropy_is_that_of_its_parts(settings):
    x, target, w = normal(3), 2, settings.get("weight", np.ones(3))

    def of_parts(x):
        log_p, s = x - np.log(np.sum(np.exp(x))), settings.get("label_smoothing", 0.0)
        return -(1 - s) * log_p[target] * w[target] - s / 3 * np.sum(log_p)

    ours = lambda x: nn.cross_entropy(x, target, reduction="sum", **settings)
    assert_close(ours(x), of_parts(x))
    assert_close(grad(ours)(x), grad(of_parts)(x))
    assert_close(hessian(ours)(x), hessian(of_parts)(x))


def test_the_hessian_of_huber_at_0_is_that_of_a_square():
    assert_close(hessian(lambda x: nn.huber_loss(x, np.zeros(2), "sum"))(np.array([0.0, 5.0])), np.diag([1.0, 0.0]))


@pytest.mark.parametrize("x", [[0.0, -np.inf, 1.0], [1e4, -1e4, 0.0], [1e308, 0.0, -np.inf]], ids=str)
def test_masked_and_large_logits_have_finite_gradients(x):
    x = np.array(x)
    p = np.exp(log_softmax(x))
    for target in (0, np.array([1.0, 0.0, 0.0]) if np.isinf(x).any() else np.array([0.5, 0.5, 0.0])):
        v = Value(x)
        nn.cross_entropy(v, target).backward()
        expected = p - (np.eye(3)[0] if np.ndim(target) == 0 else target)
        assert_close(v.grad, expected)


def test_a_probability_of_0_wants_no_logarithm():
    log_p = Value(np.array([[-np.inf, 0.0]]))
    loss = nn.kl_div(log_p, np.array([[0.0, 1.0]]), "batchmean")
    loss.backward()
    assert loss.item() == 0.0
    np.testing.assert_array_equal(log_p.grad, [[0.0, -1.0]])


# ---- what is kept


@pytest.mark.parametrize("name", ALL)
def test_a_loss_takes_lists_arrays_and_values_alike_and_keeps_no_precision_that_was_not_there(name):
    xs = [np.asarray(x) for x in ALL[name]]
    f = getattr(nn, name)
    of_arrays = f(*xs)
    assert_close(f(*(x.tolist() for x in xs)), of_arrays)
    assert isinstance(of_arrays, np.generic)
    first = Value(xs[0].astype(np.float32))
    narrow = f(first, *(x.astype(np.float32) if x.dtype.kind == "f" else x for x in xs[1:]))
    assert narrow.dtype == np.float32
    assert_close(narrow.data, of_arrays, dtype=np.float32)
    with no_grad():
        assert f(first, *xs[1:]).is_leaf


@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint8])
def test_whole_targets_do_not_widen_a_loss_of_single_precision(dtype):
    x = Value(np.array([0.25, 0.75], np.float32))
    for f in (nn.mse_loss, nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits, nn.kl_div, nn.huber_loss):
        assert f(x, np.array([0, 1], dtype)).dtype == np.float32


def test_numbers_and_weights_of_other_precisions_do_not_widen_a_loss():
    x = Value(np.array([[0.25, 0.75]], np.float32))
    for loss in (
        nn.gaussian_nll_loss(x, x, 0.5),
        nn.mse_loss(x, x, weight=[[1.0, 2.0]]),
        nn.cross_entropy(x, [1], weight=[1, 2]),
        nn.cross_entropy(x, [1], weight=np.ones(2), label_smoothing=0.5, ignore_index=0),
        nn.nll_loss(x, [-100], weight=[1, 2], reduction="sum"),
        nn.binary_cross_entropy_with_logits(x, x, weight=[1, 2], pos_weight=3.0),
        nn.multi_margin_loss(x, [1], weight=[1.0, 2.0]),
    ):
        assert loss.dtype == np.float32


def test_numbers_and_whole_numbers_are_taken():
    assert nn.mse_loss(2.0, 0.0, weight=np.array(3.0)) == 4.0
    assert nn.gaussian_nll_loss(1, 2, 1) == 0.5
    assert_close(nn.cross_entropy(np.array([[1, 1]]), [0]), np.log(2.0))
    assert_close(nn.ctc_loss(np.array([[0, -50]]), [], 1, 0, reduction="sum"), 0.0)


def test_classes_may_come_from_values():
    x = Value(normal(4, 3))
    labels = np.argmax(x, axis=1)
    for f in (nn.cross_entropy, nn.nll_loss, nn.multi_margin_loss):
        assert_close(f(x, labels).data, f(x.data, np.argmax(x.data, axis=1)))
    assert_close(
        nn.cross_entropy(x, labels, ignore_index=0).data,
        nn.cross_entropy(x.data, np.argmax(x.data, axis=1), ignore_index=0),
    )


def test_targets_that_are_ignored_leave_no_trace():
    x, target = Value(np.array([[1.0, 2.0], [-np.inf, np.inf], [0.0, 0.5]])), np.array([1, -100, 0])
    with np.errstate(invalid="ignore"):
        loss = nn.cross_entropy(x, target, reduction="none")
    assert loss.data[1] == 0
    kept = [0, 2]
    assert_close(np.mean(loss.data[kept]), nn.cross_entropy(x.data[kept], target[kept]))


def test_weights_may_be_trained():
    w = Value(np.array([1.0, 3.0]))
    nn.cross_entropy(np.zeros((2, 2)), np.array([0, 1]), weight=w, reduction="sum").backward()
    assert_close(w.grad, np.full(2, np.log(2)))


def test_a_distillation_sends_a_gradient_to_both_sides():
    check_grads(lambda x, y: nn.cross_entropy(x, np.exp(log_softmax(y))), (normal(2, 3), normal(2, 3)))
    check_grads(lambda x, y: nn.kl_div(log_softmax(x), log_softmax(y), "batchmean", True), (normal(2, 3), normal(2, 3)))


# ---- sequences


def collapsed(path, blank):
    """The labels of a way: one of each run, without blanks."""
    return [k for i, k in enumerate(path) if k != blank and (i == 0 or path[i - 1] != k)]


@pytest.mark.parametrize("labels", [[], [1], [1, 1], [1, 2], [2, 1, 2]], ids=str)
@pytest.mark.parametrize("blank", [0, 3])
def test_the_loss_of_a_sequence_is_that_of_all_its_ways(labels, blank):
    log_p = log_softmax(normal(5, 4))
    ways = [w for w in product(range(4), repeat=5) if collapsed(w, blank) == labels]
    total = sum(np.exp(sum(log_p[t, k] for t, k in enumerate(w))) for w in ways)
    found = nn.ctc_loss(log_p, np.array(labels, int), 5, len(labels), blank, reduction="sum")
    np.testing.assert_allclose(found, -np.log(total), 1e-13)


def test_derivatives_of_sequences_are_those_measured():
    log_p = log_softmax(normal(5, 2, 4))
    f = lambda x: nn.ctc_loss(x, [[1, 1, 2], [3, 0, 0]], [5, 4], [3, 1], reduction="sum")
    check_grads(f, (log_p,), order=2)


def test_a_sequence_that_does_not_fit_has_an_infinite_loss_and_no_gradient():
    x = Value(log_softmax(normal(2, 2, 3)))
    loss = nn.ctc_loss(x, [[1, 1], [1, 2]], [2, 2], [2, 2], reduction="none")
    loss.backward(np.ones(2))
    assert np.isinf(loss.data).tolist() == [True, False]
    assert np.isfinite(x.grad).all()
    assert not x.grad[:, 0].any()
    assert nn.ctc_loss(x, [[1, 1], [1, 2]], [2, 2], [2, 2], reduction="none", zero_infinity=True).data[0] == 0


def test_classes_without_probability_give_finite_gradients():
    x = np.zeros((4, 1, 3))
    x[1:, :, 2] = -np.inf
    v = Value(x)
    nn.ctc_loss(v, [[1, 1]], [4], [2]).backward()
    assert np.isfinite(v.grad).all()
    nn.ctc_loss(v, [[1, 2]], [4], [2]).backward()
    assert np.isfinite(v.grad).all()


# ---- modules


@pytest.mark.parametrize("name", [name for name in vars(nn) if name.endswith("Loss") and name != "Loss"])
def test_a_module_is_its_function(name):
    module = getattr(nn, name)()
    function = type(module).function
    assert_close(module(*ALL[function.__name__]), function(*ALL[function.__name__]))
    assert module.state() == {}
    assert repr(module).startswith(f"{name}(")


def test_weights_of_modules_are_buffers():
    module = nn.BCEWithLogitsLoss([1.0, 2.0], pos_weight=np.ones(2))
    assert {k: v.tolist() for k, v in module.state().items()} == {"weight": [1.0, 2.0], "pos_weight": [1.0, 1.0]}
    assert module.parameters() == []
    module.astype(np.float32)
    x = np.zeros((1, 2), np.float32)
    assert module(x, x).dtype == np.float32
    assert repr(nn.CTCLoss(1, zero_infinity=True)) == "CTCLoss(blank=1, reduction='mean', zero_infinity=True)"


def test_a_distance_that_is_a_module_is_trained():
    class Scaled(nn.Module):
        def __init__(self):
            self.scale = Value(2.0)

        def __call__(self, a, b):
            return self.scale * np.sum(np.abs(a - b), axis=-1)

    module = nn.TripletMarginWithDistanceLoss(distance_function=Scaled())
    assert [name for name, _ in module.named_parameters()] == ["distance_function.scale"]
    module(np.zeros(2), np.ones(2), np.ones(2) / 4).backward()
    assert module.parameters()[0].grad == 1.5


def test_a_function_of_ones_own_becomes_a_module():
    class PowerLoss(nn.Loss):
        function = staticmethod(lambda x, y, p=2.0, reduction="sum": np.sum(np.abs(x - y) ** p))

    assert PowerLoss(3.0)(np.ones(2), np.zeros(2)) == 2.0
    assert repr(PowerLoss()) == "PowerLoss(p=2.0, reduction='sum')"


def test_a_module_refuses_settings_that_it_has_not():
    for given in ({"size_average": True}, {"weight": 1, "wait": 2}):
        with pytest.raises(UsageError, match=r"NLLLoss: got an .*; its settings are weight, ignore_index, reduction; "):
            nn.NLLLoss(**given)


# ---- what is refused


@pytest.mark.parametrize("name", ALIKE)
@pytest.mark.parametrize("place", [-1, 1])
def test_a_loss_refuses_shapes_that_would_broadcast(name, place):
    for shape in ((2, 1), (3,), (), (1, 2, 3)):
        xs = list(ALIKE[name])
        xs[place] = np.ones(shape)
        with pytest.raises(ShapeError) as error:
            getattr(nn, name)(*(Value(x) for x in xs))
        assert str(error.value).startswith(f"{name}: got ")
        assert " of shape (2, 3) and " in str(error.value)
        assert f" of shape {shape}; they must be equal, as broadcasting would pair" in str(error.value)


@pytest.mark.parametrize("name", ALL)
def test_a_loss_refuses_other_reductions(name):
    with pytest.raises(UsageError, match=f"{name}: got reduction='avg'; it is one of 'sum', 'mean'"):
        getattr(nn, name)(*ALL[name], reduction="avg")


@pytest.mark.parametrize("name", ALL)
def test_a_loss_refuses_the_mean_of_nothing(name):
    xs = [np.asarray(x) for x in ALL[name]]
    xs = [x[:, :0] if name == "ctc_loss" and i == 0 else x[:0] for i, x in enumerate(xs)]
    with pytest.raises(ShapeError, match=rf"{name}: got arrays of shape \(0.*\); a mean needs an element"):
        getattr(nn, name)(*xs, reduction="mean")
    assert getattr(nn, name)(*xs, reduction="sum") == 0.0
    assert getattr(nn, name)(*xs, reduction="none").size == 0


CLASSES = "classes are whole numbers; convert it"
REFUSED = [
    ("cross_entropy", (HALF, [0, 3]), {}, UsageError, r"got target 3 in place \(1,\); classes are 0 to 2; .*or"),
    ("cross_entropy", (HALF, [-1, 0]), {}, UsageError, r"got target -1 in place \(0,\)"),
    ("cross_entropy", (HALF[0], 5), {}, UsageError, "got target 5; classes are 0 to 2"),
    ("cross_entropy", (HALF, [0.0, 1.0]), {}, DtypeError, f"got target of dtype float64 and shape .2,.; {CLASSES}"),
    ("cross_entropy", (HALF, [[0], [1]]), {}, ShapeError, r"got target of shape \(2, 1\); the classes of this input"),
    ("cross_entropy", (HALF, SIGNS), {}, DtypeError, r"got target of dtype int64 in the shape \(2, 3\) of the input"),
    ("cross_entropy", (HALF, HALF - 1), {}, UsageError, r"got target -0\.5 in place \(0, 0\); probabilities are from"),
    ("cross_entropy", (HALF, HALF), {"ignore_index": 1}, UsageError, "got ignore_index = 1 and class probabilities"),
    ("cross_entropy", (HALF, TWO), {"label_smoothing": 1.5}, UsageError, "got label_smoothing = 1.5; it is a part of"),
    ("cross_entropy", (HALF, TWO), {"weight": [1, 2]}, ShapeError, r"got a weight of shape \(2,\) for 3 classes"),
    ("cross_entropy", (HALF, TWO), {"weight": [0, 0, 1]}, UsageError, "got weights that are 0 for all classes of the"),
    ("cross_entropy", (HALF, [7, 7]), {"ignore_index": 7}, UsageError, "got targets that are all ignore_index = 7; a"),
    ("cross_entropy", (0.5, 0), {}, ShapeError, r"got input of shape \(\); it has a number for each class"),
    ("cross_entropy", (np.ones((2, 0)), TWO), {}, ShapeError, r"got input of shape \(2, 0\); it has a number for each"),
    ("nll_loss", (HALF, [0, 3]), {}, UsageError, r"got target 3 in place \(1,\)"),
    ("nll_loss", (HALF, HALF), {}, DtypeError, r"got target of dtype float64 in the shape \(2, 3\) .* to"),
    ("nll_loss", (HALF, [-100, -100]), {}, UsageError, "got targets that are all ignore_index = -100"),
    ("binary_cross_entropy", (HALF * 3, HALF), {}, UsageError, r"got input 1\.5 in place \(0, 0\); .*_with_logits"),
    ("binary_cross_entropy", (Value(HALF * np.nan), HALF), {}, UsageError, r"got input nan in place \(0, 0\)"),
    ("binary_cross_entropy", (HALF, SIGNS), {}, UsageError, r"got target -1\.0 in place \(0, 1\)"),
    ("binary_cross_entropy", (HALF, HALF), {"weight": np.ones(2)}, ShapeError, r"got a weight of shape \(2,\) for"),
    ("binary_cross_entropy_with_logits", (HALF, SIGNS), {}, UsageError, r"got target -1\.0 in place \(0, 1\)"),
    ("binary_cross_entropy_with_logits", (HALF, HALF), {"pos_weight": np.ones(2)}, ShapeError, "got a weight of"),
    ("multilabel_soft_margin_loss", (HALF, SIGNS), {}, UsageError, r"got target -1\.0 in place \(0, 1\)"),
    ("multilabel_soft_margin_loss", (0.5, 1.0), {}, ShapeError, r"got input of shape \(\); its last axis"),
    ("kl_div", (HALF, -HALF), {}, UsageError, r"got target -0\.5 in place \(0, 0\); .* log_target=True"),
    ("soft_margin_loss", (HALF, HALF), {}, UsageError, r"got target 0\.5 in place \(0, 0\); a target is 1 or -1"),
    ("hinge_embedding_loss", (HALF, 0 * SIGNS), {}, UsageError, r"got target 0\.0 in place \(0, 0\); a target is 1"),
    ("margin_ranking_loss", (HALF, HALF, HALF), {}, UsageError, r"got target 0\.5 in place \(0, 0\)"),
    ("cosine_embedding_loss", (HALF, HALF, [1, 0]), {}, UsageError, r"got target 0\.0 in place \(1,\)"),
    ("cosine_embedding_loss", (HALF, HALF, [[1], [1]]), {}, ShapeError, r"got inputs of shape .2, 3. and target of"),
    ("multi_margin_loss", (HALF, [0, 3]), {}, UsageError, r"got target 3 in place \(1,\)"),
    ("multi_margin_loss", (HALF, TWO), {"p": 3}, UsageError, "got p=3; it is one of 1, 2"),
    ("multi_margin_loss", (HALF, [0.5, 1]), {}, DtypeError, f"got target of dtype float64 and shape .2,.; {CLASSES}"),
    ("multi_margin_loss", (HALF[None], TWO), {}, ShapeError, r"got input of shape \(1, 2, 3\); .*give \(N, C\) or"),
    ("multilabel_margin_loss", (HALF, [[0, 3, -1], [0, 0, 0]]), {}, UsageError, r"got target 3 in place \(0, 1\)"),
    ("multilabel_margin_loss", (HALF, TWO), {}, ShapeError, r"got target of shape \(2,\)"),
    ("smooth_l1_loss", (HALF, HALF), {"beta": -1.0}, UsageError, r"got beta = -1\.0; it must be a number from 0 on"),
    ("huber_loss", (HALF, HALF), {"delta": 0}, UsageError, "got delta = 0; it must be a number above 0"),
    ("mse_loss", (HALF, HALF), {"weight": np.ones(3)}, ShapeError, r"got a weight of shape \(3,\) .*they must be"),
    ("mse_loss", (HALF, HALF), {"weight": 0 * HALF}, UsageError, r"got weights whose sum is 0\.0; a mean divides by"),
    ("triplet_margin_loss", (HALF, HALF, HALF), {"margin": 0.0}, UsageError, r"got margin = 0\.0; .* above 0"),
    (
        "triplet_margin_with_distance_loss",
        (HALF,) * 3,
        {"distance_function": "l2"},
        UsageError,
        "got distance_function",
    ),
    ("gaussian_nll_loss", (HALF, HALF, -HALF), {}, UsageError, r"got var -0\.5 in place \(0, 0\); a variance is from"),
    ("gaussian_nll_loss", (HALF, HALF, [1.0, 1.0, 1.0]), {}, ShapeError, r"got input of shape \(2, 3\) and var of"),
    ("gaussian_nll_loss", (HALF, HALF, HALF), {"eps": 0.0}, UsageError, r"got eps = 0\.0"),
]
LOG_P = OTHERS["ctc_loss"][0]
REFUSED += [
    ("ctc_loss", (LOG_P, *more), settings, error, said)
    for more, settings, error, said in (
        (([[1, 3]] * 2, [4, 4], [2, 2]), {}, UsageError, r"got targets 3 in place \(0, 1\); labels are classes from"),
        (([[1, 0]] * 2, [4, 4], [2, 1]), {}, UsageError, r"got targets 0 in place \(0, 1\); .* other than blank = 0"),
        (([[1, 2]] * 2, [4, 5], [2, 2]), {}, UsageError, r"got input_lengths 5 in place \(1,\); log_probs have 4"),
        (([[1, 2]] * 2, [4, 4], [2, -1]), {}, UsageError, r"got target_lengths -1 in place \(1,\); a length is from"),
        (([[1, 2]] * 2, [4, 4], [2, 3]), {}, ShapeError, r"got targets of shape \(2, 2\) and a target length of 3"),
        (([1, 2, 1], [4, 4], [2, 2]), {}, ShapeError, r"got targets of shape \(3,\) for 2 sequences with 4 labels in"),
        (([[1, 2]] * 2, [4], [2, 2]), {}, ShapeError, r"got input_lengths of shape \(1,\) for 2 sequences"),
        (([[1.0, 2.0]] * 2, [4, 4], [2, 2]), {}, DtypeError, "got targets of dtype float64; they are whole numbers"),
        (([[1, 2]] * 2, [4, 4], Value([2.0, 2.0])), {}, DtypeError, r"got a Value as target_lengths;"),
        (([[1, 2]] * 2, [4, 4], [2, 2]), {"blank": 3}, UsageError, "got blank = 3; classes are 0 to 2"),
        (([[1, 2]] * 2, [4, 4], [2, 2]), {"blank": -1}, UsageError, "got blank = -1; it must be a whole number from"),
    )
]
REFUSED.append(("ctc_loss", (np.ones(3), [1], 3, 1), {}, ShapeError, r"got log_probs of shape \(3,\); they have times"))


@pytest.mark.parametrize(
    ("name", "xs", "settings", "error", "said"), REFUSED, ids=[f"{i}-{case[0]}" for i, case in enumerate(REFUSED)]
)
def test_what_does_not_fit_is_refused_with_the_reason(name, xs, settings, error, said):
    with pytest.raises(error, match=f"^{name}: {said}"):
        getattr(nn, name)(*xs, **settings)


def test_distances_refuse_vectors_that_do_not_fit():
    with pytest.raises(
        ShapeError, match=r"pairwise_distance: got x1 of shape \(2,\) and x2 of shape \(3,\); they must be"
    ):
        nn.pairwise_distance(np.ones(2), np.ones(3))
    with pytest.raises(ShapeError, match="pairwise_distance: got two numbers"):
        nn.pairwise_distance(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"cosine_similarity: got dim = 1 for vectors of shape \(3,\)"):
        nn.cosine_similarity(np.ones(3), np.ones(3))
    odd = lambda a, b: np.sum(a - b) if np.all(b == 1) else np.sum(a - b, axis=-1)
    with pytest.raises(ShapeError, match=r"triplet_margin_with_distance_loss: got distances of shapes \(\) and \(2,\)"):
        nn.triplet_margin_with_distance_loss(HALF, HALF * 2, HALF, distance_function=odd)


def test_a_loss_module_takes_its_operands_by_name_too():
    x, y = np.array([1.0, 3.0]), np.array([0.0, 1.0])
    assert nn.MSELoss()(input=x, target=y) == nn.MSELoss()(x, target=y) == nn.mse_loss(x, y)
