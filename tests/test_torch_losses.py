"""Losses and their gradients are PyTorch's, on the same numbers."""

from __future__ import annotations

import warnings
from inspect import signature

import numpy as np
import pytest

import nn
from autograd_mini import Value, log_softmax

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

TOLERANCES = {"float64": 1e-10, "float32": 1e-5}
RNG = np.random.default_rng(0)
normal = lambda *shape: RNG.normal(size=shape)
positive = lambda *shape: RNG.uniform(0.1, 2.0, shape)
share = lambda *shape: RNG.uniform(0.02, 0.98, shape)
classes = lambda n, *shape: RNG.integers(0, n, shape)
signs = lambda *shape: RNG.choice([-1.0, 1.0], shape)
bits = lambda *shape: RNG.integers(0, 2, shape).astype(float)


def probabilities(*shape):
    x = positive(*shape)
    return x / x.sum(axis=min(len(shape) - 1, 1), keepdims=True)


LABELS = np.array([[3, 0, -1, 1], [-1, 2, 0, 3], [2, 2, 1, 0]])
SOME = np.array([0, 3, -100, 1, -100])

# Name, operands, settings; real numbers are differentiated, but for those named in FIXED.
CASES = [
    *(
        (name, (normal(*s), normal(*s)), settings)
        for s in ((), (4,), (2, 3), (2, 1, 3))
        for name, settings in (
            ("mse_loss", {}),
            ("l1_loss", {}),
            ("smooth_l1_loss", {}),
            ("smooth_l1_loss", {"beta": 0.3}),
            ("smooth_l1_loss", {"beta": 0.0}),
            ("huber_loss", {}),
            ("huber_loss", {"delta": 0.4}),
        )
    ),
    *(
        (name, (normal(2, 3), normal(2, 3)), {"weight": positive(2, 3)})
        for name in ("mse_loss", "l1_loss", "huber_loss")
    ),
    *(
        ("cross_entropy", (4 * normal(*s), classes(s[min(len(s) - 1, 1)], *each)), settings)
        for s, each in (((4,), ()), ((5, 4), (5,)), ((2, 4, 3), (2, 3)), ((2, 4, 3, 2), (2, 3, 2)), ((3, 1), (3,)))
        for settings in (
            {},
            {"label_smoothing": 0.2},
            {"weight": positive(s[min(len(s) - 1, 1)])},
            {"weight": positive(s[min(len(s) - 1, 1)]), "label_smoothing": 0.3},
        )
    ),
    *(
        (name, (normal(5, 4), SOME), {**settings, **more})
        for name, more in (("cross_entropy", {}), ("cross_entropy", {"label_smoothing": 0.1}), ("nll_loss", {}))
        for settings in ({}, {"weight": positive(4)}, {"weight": np.array([0.0, 1.0, 2.0, 3.0])})
    ),
    ("cross_entropy", (normal(5, 4), np.array([0, 3, 2, 1, 2])), {"ignore_index": 2, "weight": positive(4)}),
    *(
        ("cross_entropy", (normal(*s), probabilities(*s)), settings)
        for s in ((4,), (5, 4), (2, 4, 3))
        for settings in ({}, {"label_smoothing": 0.2}, {"weight": positive(4)})
    ),
    *(
        ("nll_loss", (normal(*s), classes(4, *each)), settings)
        for s, each in (((4,), ()), ((5, 4), (5,)), ((2, 4, 3), (2, 3)))
        for settings in ({}, {"weight": positive(4)})
    ),
    *(("binary_cross_entropy", (share(*s), share(*s)), {}) for s in ((), (4,), (2, 3))),
    ("binary_cross_entropy", (share(2, 3), bits(2, 3)), {"weight": positive(3)}),
    *(("binary_cross_entropy_with_logits", (normal(*s), share(*s)), {}) for s in ((), (4,), (2, 3))),
    ("binary_cross_entropy_with_logits", (normal(2, 3), bits(2, 3)), {"weight": positive(2, 1)}),
    ("binary_cross_entropy_with_logits", (5 * normal(2, 3), share(2, 3)), {"pos_weight": positive(3)}),
    (
        "binary_cross_entropy_with_logits",
        (5 * normal(2, 3), bits(2, 3)),
        {"pos_weight": positive(3), "weight": positive(3)},
    ),
    *(
        ("kl_div", (np.log(probabilities(*s)), probabilities(*s)), {"reduction": r})
        for s in ((4,), (3, 4), (2, 4, 3))
        for r in ("mean", "sum", "none", "batchmean")
    ),
    ("kl_div", (np.log(probabilities(3, 4)), np.log(probabilities(3, 4))), {"log_target": True}),
    *(("soft_margin_loss", (normal(*s), signs(*s)), {}) for s in ((), (4,), (2, 3))),
    *(
        ("multi_margin_loss", (normal(*s), classes(4, *each)), settings)
        for s, each in (((4,), ()), ((5, 4), (5,)))
        for settings in ({}, {"p": 2, "margin": 0.7}, {"weight": positive(4), "margin": 1.5})
    ),
    ("multilabel_margin_loss", (normal(3, 4), LABELS), {}),
    ("multilabel_margin_loss", (normal(4), LABELS[0]), {}),
    ("multilabel_margin_loss", (normal(2, 4), np.full((2, 4), -1)), {}),
    *(("multilabel_soft_margin_loss", (normal(*s), bits(*s)), {}) for s in ((3,), (4, 3), (2, 3, 2))),
    ("multilabel_soft_margin_loss", (normal(4, 3), share(4, 3)), {"weight": positive(3)}),
    *(("hinge_embedding_loss", (positive(*s), signs(*s)), {"margin": 1.2}) for s in ((), (4,), (2, 3))),
    *(("margin_ranking_loss", (normal(5), normal(5), signs(5)), m) for m in ({}, {"margin": 0.5})),
    ("margin_ranking_loss", (np.ones(2), np.ones(2), np.array([1.0, -1.0])), {}),
    ("hinge_embedding_loss", (np.ones(2), np.array([1.0, -1.0])), {}),
    *(
        ("triplet_margin_loss", (normal(*s), normal(*s), normal(*s)), settings)
        for s in ((3,), (5, 3))
        for settings in ({}, {"p": 1.0}, {"p": 3.0, "margin": 2.0}, {"swap": True}, {"p": np.inf}, {"eps": 0.1})
    ),
    ("triplet_margin_with_distance_loss", (normal(5, 3), normal(5, 3), normal(5, 3)), {"swap": True, "margin": 0.5}),
    *(("cosine_embedding_loss", (normal(5, 3), normal(5, 3), signs(5)), m) for m in ({}, {"margin": 0.3})),
    ("cosine_embedding_loss", (normal(3), normal(3), np.array(-1.0)), {"margin": -0.9}),
    ("cosine_embedding_loss", (np.zeros((1, 3)), normal(1, 3), np.array([1.0])), {}),
    *(
        ("poisson_nll_loss", (positive(2, 3), 2 * positive(2, 3)), {"log_input": log, "full": full})
        for log in (True, False)
        for full in (True, False)
    ),
    ("poisson_nll_loss", (positive(3), np.array([0.5, 1.0, 7.0])), {"full": True, "eps": 0.5, "log_input": False}),
    *(
        ("gaussian_nll_loss", (normal(2, 3), normal(2, 3), var), {"full": full})
        for var in (
            positive(2, 3),
            positive(2, 1),
            positive(2),
            1e-8 * positive(2, 3),
            np.zeros((2, 3)),
            positive(1, 3),
        )
        for full in (True, False)
    ),
]
# Functions that are no losses: without a reduction.
FUNCTIONS = [
    ("cosine_similarity", (normal(3, 4), normal(3, 4)), {}),
    ("cosine_similarity", (normal(3, 4, 2), normal(4, 1)), {"dim": -2}),
    ("cosine_similarity", (normal(3, 4, 2), normal(4, 2)), {"dim": 1}),
    ("cosine_similarity", (np.zeros((1, 3)), normal(1, 3)), {}),
    ("cosine_similarity", (1e-9 * normal(2, 3), normal(2, 3)), {"eps": 1e-3}),
    *(
        ("pairwise_distance", (normal(*s), normal(3)), {"p": p})
        for s in ((3,), (4, 3))
        for p in (1.0, 2.0, 3.5, np.inf, 0.0)
    ),
    ("pairwise_distance", (np.ones((2, 3)), np.ones((2, 3))), {"keepdim": True}),
]
# Functions whose last operand PyTorch does not differentiate by.
FIXED = ("soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "cosine_embedding_loss")


def named(cases):
    """The cases, called by function, shapes and settings."""
    found = []
    for i, (name, xs, settings) in enumerate(cases):
        said = ",".join(k if isinstance(x, np.ndarray) else f"{k}={x}" for k, x in settings.items())
        shapes = "x".join(str(np.shape(x)).replace(" ", "") for x in xs)
        found.append(pytest.param(name, xs, settings, id=f"{i}-{name}-{shapes}-{said}"))
    return found


def with_gradients(name, xs, settings, dtype):
    """What ours and PyTorch's give, and the gradients of one random seed: pairs."""
    with_seed = np.random.default_rng(1)
    of_reals = lambda x: x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
    xs, settings = [of_reals(np.asarray(x)) for x in xs], {k: of_reals(x) for k, x in settings.items()}
    is_free = [x.dtype.kind == "f" and not (name in FIXED and i == len(xs) - 1) for i, x in enumerate(xs)]
    mine = [Value(x) if free else x for x, free in zip(xs, is_free, strict=True)]
    other = [torch.tensor(x, requires_grad=free) for x, free in zip(xs, is_free, strict=True)]
    y = getattr(nn, name)(*mine, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's of its mean of kl_div
        theirs = {k: torch.tensor(x) if isinstance(x, np.ndarray) else x for k, x in settings.items()}
        z = getattr(torch.nn.functional, name)(*other, **theirs)
    assert y.dtype == dtype
    seed = with_seed.uniform(0.5, 1.5, y.shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    pairs = [(y.data, z.detach().numpy())]
    for a, b, free in zip(mine, other, is_free, strict=True):
        if free:
            zero = np.zeros(a.shape)
            pairs.append((zero if a.grad is None else a.grad, zero if b.grad is None else b.grad.numpy()))
    return pairs


def assert_alike(pairs, dtype):
    for ours, theirs in pairs:
        assert np.shape(ours) == theirs.shape
        tolerance = TOLERANCES[dtype]
        np.testing.assert_allclose(ours, theirs, tolerance, tolerance * np.abs(theirs).max(initial=1e-3))


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("name", "xs", "settings"), named(CASES))
def test_a_loss_is_that_of_pytorch(name, xs, settings, dtype):
    for reduction in [settings["reduction"]] if "reduction" in settings else ["mean", "sum", "none"]:
        assert_alike(with_gradients(name, xs, {**settings, "reduction": reduction}, dtype), dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("name", "xs", "settings"), named(FUNCTIONS))
def test_a_distance_is_that_of_pytorch(name, xs, settings, dtype):
    assert_alike(with_gradients(name, xs, settings, dtype), dtype)


def test_an_axis_that_is_broadcast_counts_in_the_length_of_vectors():
    assert_alike(with_gradients("cosine_similarity", (normal(3, 4), normal(4)), {"dim": 0}, "float64"), "float64")


# ---- sequences

SEQUENCES = [
    # T, N, C, labels of each, times of each
    pytest.param(6, 3, 4, [[1, 2], [3, 3, 1], [2]], [6, 6, 4], id="several"),
    pytest.param(5, 2, 3, [[], [1, 2, 1]], [5, 3], id="empty-and-full"),
    pytest.param(1, 1, 3, [[2]], [1], id="one-time"),
    pytest.param(4, 1, 2, [[1, 1]], [4], id="repeated"),
    pytest.param(30, 4, 12, [list(RNG.integers(1, 12, n)) for n in (3, 9, 12, 1)], [30, 28, 30, 7], id="long"),
    pytest.param(4, 2, 3, [[], []], [4, 2], id="no-labels"),
]


def both_ctc(x, labels, times, dtype, *, padded, **settings):
    """The loss of logits by ours and by PyTorch's, and its gradients."""
    counts = [len(row) for row in labels]
    flat = [k for row in labels for k in row]
    rows = np.zeros((len(labels), max(counts)), int)
    for row, to in zip(labels, rows, strict=True):
        to[: len(row)] = row
    targets = rows if padded else np.array(flat, int)
    mine = Value(x.astype(dtype))
    other = torch.tensor(x.astype(dtype), requires_grad=True)
    y = nn.ctc_loss(log_softmax(mine, axis=-1), targets, times, counts, **settings)
    z = torch.nn.functional.ctc_loss(
        other.log_softmax(-1), torch.tensor(targets), torch.tensor(times), torch.tensor(counts), **settings
    )
    seed = np.random.default_rng(1).uniform(0.5, 1.5, y.shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    assert y.dtype == mine.grad.dtype == dtype
    return [(y.data, z.detach().numpy()), (mine.grad, other.grad.numpy())]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize(("n_times", "n", "n_classes", "labels", "times"), SEQUENCES)
def test_the_loss_of_sequences_is_that_of_pytorch(n_times, n, n_classes, labels, times, padded, dtype):
    x = np.random.default_rng(2).normal(size=(n_times, n, n_classes))
    for reduction in ("mean", "sum", "none"):
        assert_alike(both_ctc(x, labels, times, dtype, padded=padded, reduction=reduction), dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_a_blank_may_be_any_class_and_a_target_that_does_not_fit_may_count_nothing(dtype):
    x = np.random.default_rng(3).normal(size=(3, 2, 4))
    settings = {"blank": 3, "zero_infinity": True, "padded": True}
    assert_alike(both_ctc(x, [[0, 0, 1], [2]], [3, 3], dtype, **settings), dtype)


def test_one_sequence_needs_no_axis_of_sequences():
    x = np.random.default_rng(4).normal(size=(5, 4))
    mine, other = Value(x), torch.tensor(x, requires_grad=True)
    for targets, lengths in (([1, 2], (5, 2)), ([3], ([4], [1]))):
        y = nn.ctc_loss(log_softmax(mine, axis=-1), targets, *lengths)
        z = torch.nn.functional.ctc_loss(other.log_softmax(-1), torch.tensor(targets), *map(torch.tensor, lengths))
        assert y.shape == tuple(z.shape) == ()
        np.testing.assert_allclose(y.data, z.detach().numpy(), 1e-12)


# ---- numbers at the edge


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("settings", [{}, {"reduction": "none"}, {"weight": np.array([1.0, 2.0, 0.5])}], ids=[1, 2, 3])
def test_large_logits_and_classes_that_are_masked_give_the_gradients_of_pytorch(settings, dtype):
    x = np.array(
        [[1e4, 0.0, -1e4], [-np.inf, 1.0, 2.0], [1e4, 1e4, -np.inf], [0.5, -np.inf, -np.inf], [-1e4, 1e4, 3.0]]
    )
    assert_alike(with_gradients("cross_entropy", (x, np.array([0, 2, 1, 0, 0])), settings, dtype), dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_probabilities_of_0_and_1_give_what_pytorch_gives(dtype):
    xs = np.array([0.0, 0.0, 1.0, 1.0, 1e-30]), np.array([0.0, 1.0, 0.0, 1.0, 0.5])
    (y, z), (a, b), _ = with_gradients("binary_cross_entropy", xs, {"reduction": "none"}, dtype)
    assert_alike([(y, z), (a, b)], dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_large_logits_of_yes_and_no_give_what_pytorch_gives(dtype):
    xs = np.array([1e4, -1e4, 1e4, -1e4, 0.0]), np.array([0.0, 1.0, 1.0, 0.0, 0.5])
    for settings in ({}, {"pos_weight": np.array(3.0)}):
        assert_alike(with_gradients("binary_cross_entropy_with_logits", xs, settings, dtype), dtype)


# ---- modules

MODULES = [name for name in vars(nn) if name.endswith("Loss") and name != "Loss"] + [
    "CosineSimilarity",
    "PairwiseDistance",
]
# Settings of ours that PyTorch's functions have and its modules have not.
MORE = {"MSELoss": ["weight"], "L1Loss": ["weight"], "HuberLoss": ["weight"]}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_the_settings_of_pytorch_in_its_order(name):
    theirs = signature(getattr(torch.nn, name).__init__).parameters
    expected = {k: p.default for k, p in theirs.items() if k not in {"self", "size_average", "reduce"}}
    ours = {k: p.default for k, p in signature(getattr(nn, name)).parameters.items() if k not in MORE.get(name, ())}
    assert list(ours.items()) == list(expected.items())
