"""Normalisations: derivatives to the second order, running statistics, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import ShapeError, UsageError, Value, draw, explain, grad, hvp, jvp, vjp
from autograd_mini.testing import assert_close, check_grads
from nn.standardisation import affine, inner, scaled_by_size, standardise

CASES = [
    ((4,), (0,)),
    ((3, 4), (1,)),
    ((5, 3), (0,)),
    ((2, 3, 4), (1, 2)),
    ((4, 3, 2), (0, 2)),
    ((2, 2, 3, 2), (0, 2, 3)),
]


def composed(x, axes, eps):
    """The same of small ops."""
    c = x - np.mean(x, axis=axes, keepdims=True)
    return c / np.sqrt(np.mean(c * c, axis=axes, keepdims=True) + eps)


def numbers(shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def ones(*shape):
    return np.ones(shape)


# ---- the ops


@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_inner_products_over_axes_are_sums_of_products(shape, axes):
    a, b = numbers(shape), numbers(shape, 1)
    assert_close(inner(a, b, axes), np.sum(a * b, axis=axes, keepdims=True))
    assert_close(inner(a, None, axes), np.sum(a, axis=axes, keepdims=True))


@pytest.mark.parametrize("size", [1.0, 1e-4])
@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_standardising_is_its_composition_to_the_second_order(shape, axes, size):
    x, u, t = size * numbers(shape), numbers(shape, 1), numbers(shape, 2)
    ours = lambda v: np.sum(u * standardise(v, axes, 1e-5)[0])
    theirs = lambda v: np.sum(u * composed(v, axes, 1e-5))
    for derivative in (lambda f: f(x), lambda f: grad(f)(x) * size, lambda f: hvp(f, x, t) * size * size):
        assert_close(derivative(ours), derivative(theirs), order=1)


@pytest.mark.parametrize(
    "f",
    [lambda v, axes: standardise(v, axes, 1e-3)[0], lambda v, axes: scaled_by_size(v, axes, 1e-3)],
    ids=["mean", "size"],
)
@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_derivatives_agree_with_differences_and_tangents(f, shape, axes):
    x, t, u = (numbers(shape, seed) for seed in range(3))
    check_grads(lambda v: f(v, axes), (x,), order=2)
    y, pushed = jvp(lambda v: f(v, axes), (x,), (t,))
    np.testing.assert_array_equal(y, f(x, axes))
    assert_close(np.sum(vjp(lambda v: f(v, axes), x)[1](u)[0] * t), np.sum(u * pushed), order=1)


@pytest.mark.parametrize(("shape", "per"), [((4, 3), (3,)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (1, 1)), ((3,), (3,))])
def test_an_affine_map_has_the_derivatives_of_a_product_and_a_sum(shape, per):
    args = numbers(shape), numbers(per, 1), numbers(per, 2)
    check_grads(affine, args, order=2)
    ours, theirs = ([Value(a) for a in args] for _ in range(2))
    affine(*ours).backward(numbers(shape, 3))
    (theirs[0] * theirs[1] + theirs[2]).backward(numbers(shape, 3))
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a.grad, b.grad)


# ---- layers

LAYERS = {
    "LayerNorm": (lambda **o: nn.LayerNorm((3, 2), **o), (2, 3, 2)),
    "RMSNorm": (lambda **o: nn.RMSNorm(2, **o), (2, 3, 2)),
    "GroupNorm": (lambda **o: nn.GroupNorm(2, 4, **o), (2, 4, 2)),
    "BatchNorm1d": (lambda **o: nn.BatchNorm1d(2, **o), (4, 2)),
    "BatchNorm2d": (lambda **o: nn.BatchNorm2d(2, **o), (2, 2, 2, 2)),
    "InstanceNorm1d": (lambda **o: nn.InstanceNorm1d(2, affine=True, **o), (2, 2, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_differentiable_to_the_second_order_by_input_and_parameters(name):
    build, shape = LAYERS[name]
    layer, x, u = build(), numbers(shape), numbers(shape, 1)
    parameters = [p.data + 0.1 for p in layer.parameters()]
    check_grads(lambda v, *ps: u * layer.tree_unflatten(ps)(v), (x, *parameters), order=2)


@pytest.mark.parametrize("name", LAYERS)
def test_float32_layers_stay_float32(name):
    build, shape = LAYERS[name]
    layer, v = build(dtype=np.float32), Value(numbers(shape, dtype=np.float32))
    for y in (layer(v), layer.eval()(v)):
        y.sum().backward()
        assert y.dtype == v.grad.dtype == np.float32
        assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}
    assert {a.dtype.kind + str(a.dtype.itemsize) for a in layer.state().values()} <= {"f4", "i8"}


@pytest.mark.parametrize("name", LAYERS)
def test_whole_numbers_in_lists_are_taken(name):
    build, shape = LAYERS[name]
    x = np.arange(np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(build()(x.tolist()).data, build()(x.astype(float)).data)


def test_equal_numbers_are_standardised_to_0_with_a_finite_gradient():
    v = Value(np.full((2, 3), 7.0))
    y = nn.layer_norm(v, 3)
    np.testing.assert_array_equal(y.data, 0.0)
    y.backward(numbers((2, 3)))
    assert np.all(np.isfinite(v.grad))


def test_arrays_without_values_give_arrays():
    x = numbers((4, 3))
    assert isinstance(nn.layer_norm(x, 3, np.ones(3), np.zeros(3)), np.ndarray)
    assert isinstance(nn.BatchNorm1d(3, affine=False)(x), np.ndarray)
    assert isinstance(nn.normalize(x), np.ndarray)


def test_running_statistics_are_kept_in_place_with_the_unbiased_variance():
    norm, x = nn.BatchNorm1d(3), numbers((5, 3))
    mean, var = norm.running_mean, norm.running_var
    norm(Value(x))
    np.testing.assert_allclose(mean, 0.1 * x.mean(0))
    np.testing.assert_allclose(var, 0.9 + 0.1 * x.var(0, ddof=1))
    assert norm.num_batches_tracked == 1
    before = norm.state()
    norm.eval()(x)
    for name, a in norm.state().items():
        np.testing.assert_array_equal(a, before[name])
    assert norm.running_mean is mean


def test_instance_norm_counts_its_batches_and_averages_without_momentum():
    norm, xs = nn.InstanceNorm1d(3, momentum=None, track_running_stats=True), numbers((2, 4, 3, 5))
    for x in xs:
        norm(x)
    np.testing.assert_allclose(norm.running_mean, xs.mean((0, 1, 3)))
    assert norm.num_batches_tracked == 2


def test_a_batch_that_is_refused_leaves_the_running_statistics_as_they_are():
    norm = nn.BatchNorm1d(3)
    with pytest.raises(ShapeError):
        norm(np.ones((1, 3)))
    assert norm.num_batches_tracked == 0
    np.testing.assert_array_equal(norm.running_mean, 0.0)
    np.testing.assert_array_equal(norm.eval()(np.zeros((1, 3))).data, 0.0)


def test_an_empty_batch_passes_through_what_looks_at_samples():
    assert nn.LayerNorm(3)(np.ones((0, 3))).shape == (0, 3)
    assert nn.GroupNorm(2, 4)(np.ones((0, 4, 2))).shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nn.LayerNorm(3)(ones(3, 2)), r"layer_norm: got x of shape \(3, 2\); its last axes must have"),
        (lambda: nn.RMSNorm((2, 3))(ones(3)), r"rms_norm: got x of shape \(3,\); its last axes"),
        (lambda: nn.layer_norm(ones(3), ()), r"layer_norm: .* the shape \(\)"),
        (lambda: nn.GroupNorm(2, 4)(ones(2, 6)), r"GroupNorm: got x of shape \(2, 6\); .* must be num_channels = 4"),
        (lambda: nn.layer_norm(ones(2, 3), 3, ones(2, 3)), r"layer_norm: got numbers of shape \(2, 3\) for x"),
        (lambda: nn.layer_norm(ones(2, 3), 3, ones(3), 1.0), r"layer_norm: got numbers of shape \(\) for x"),
        (lambda: nn.rms_norm(ones(2, 3), 3, ones(1)), r"rms_norm: got numbers of shape \(1,\) for x"),
        (lambda: nn.GroupNorm(2, 4)(ones(4)), r"GroupNorm: got x of shape \(4,\)"),
        (lambda: nn.group_norm(ones(2, 6), 4), r"group_norm: got x of shape \(2, 6\) and num_groups=4"),
        (lambda: nn.group_norm(ones(2, 6), 2, ones(2)), r"group_norm: got numbers of shape \(2,\) for x"),
        (lambda: nn.BatchNorm1d(3)(ones(2, 4)), r"BatchNorm1d: .* \(2, 4\); its axis 1 must be num_features = 3"),
        (lambda: nn.BatchNorm1d(3)(ones(3)), r"BatchNorm1d: .* \(3,\); it needs \(N, C\) or \(N, C, L\)"),
        (lambda: nn.BatchNorm2d(3)(ones(2, 3)), r"BatchNorm2d: .* it needs \(N, C, H, W\)"),
        (lambda: nn.BatchNorm1d(3)(ones(1, 3)), r"BatchNorm1d: .* \(1, 3\); its mean and variance need two"),
        (lambda: nn.InstanceNorm1d(3)(ones(2, 3, 1)), r"InstanceNorm1d: .* its mean and variance need two"),
        (lambda: nn.InstanceNorm2d(3)(ones(2, 3)), r"InstanceNorm2d: .* it needs \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: nn.InstanceNorm1d(3)(ones(2, 3)), r"InstanceNorm1d: got x of shape \(2, 3\); its axis 0 must be"),
        (lambda: nn.batch_norm(ones(3), ones(3), ones(3)), r"batch_norm: got numbers of shape \(3,\) for x"),
        (lambda: nn.batch_norm(ones(2, 3), ones(2), ones(3)), r"batch_norm: got numbers of shape \(2,\)"),
        (lambda: nn.batch_norm(ones(3), None, None, training=True), r"batch_norm: got x of shape \(3,\)"),
        (lambda: nn.normalize(ones(3)), r"normalize: got x of shape \(3,\) and dim=1"),
        (lambda: nn.LocalResponseNorm(2)(ones(2, 3)), r"local_response_norm: got x of shape \(2, 3\)"),
    ],
)  # fmt: skip
def test_inputs_that_do_not_fit_are_refused(call, said):
    with pytest.raises(ShapeError, match=said):
        call()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nn.batch_norm(ones(2, 3), None, ones(3)), "batch_norm: got running_mean=None; without training"),
        (lambda: nn.instance_norm(ones(2, 3), ones(3), None, use_input_stats=False), "instance_norm: got running_var="),
        (lambda: nn.LayerNorm(0), "LayerNorm: got normalized_shape = 0"),
        (lambda: nn.LayerNorm(()), r"LayerNorm: got normalized_shape=\(\); it needs an axis"),
        (lambda: nn.GroupNorm(4, 6), "GroupNorm: got num_groups=4 and num_channels=6; groups are of equal"),
        (lambda: nn.BatchNorm1d(0), "BatchNorm1d: got num_features = 0"),
        (lambda: nn.LocalResponseNorm(0), "LocalResponseNorm: got size = 0"),
        (lambda: nn.local_response_norm(np.ones((2, 3)), 0), "local_response_norm: got size = 0"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(call, said):
    with pytest.raises(UsageError, match=said):
        call()


def test_weights_may_be_lists_and_values():
    x = numbers((4, 3))
    expected = nn.layer_norm(x, 3) * np.array([1.0, 2.0, 3.0]) + 1.0
    w = Value(np.array([1.0, 2.0, 3.0]))
    assert_close(nn.layer_norm(x, 3, [1, 2, 3], [1, 1, 1]), expected)
    assert_close(nn.layer_norm(x, 3, w, [1, 1, 1]).data, expected)
    assert_close(nn.layer_norm(x, 3, None, [1.0, 1.0, 1.0]), nn.layer_norm(x, 3) + 1.0)


def test_normalised_values_are_drawn_and_explained():
    y = nn.LayerNorm(3)(Value(numbers((2, 3)), name="x")).sum()
    assert "nn.standardised" in draw(y).source
    assert "How x influences" in str(explain(y, "x"))
