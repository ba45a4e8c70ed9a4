"""Starting numbers: their distributions, bounds and dtypes, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError
from nn import Linear, init

DRAWN = {
    "uniform": lambda s, **o: init.uniform(s, -2.0, 3.0, **o),
    "normal": lambda s, **o: init.normal(s, 1.0, 2.0, **o),
    "trunc_normal": lambda s, **o: init.trunc_normal(s, 0.5, 1.0, **o),
    "xavier_uniform": init.xavier_uniform,
    "xavier_normal": init.xavier_normal,
    "kaiming_uniform": init.kaiming_uniform,
    "kaiming_normal": init.kaiming_normal,
    "orthogonal": init.orthogonal,
    "sparse": lambda s, **o: init.sparse(s, 0.1, 1.0, **o),
}
SHAPE = (300, 500)


@pytest.mark.parametrize("name", DRAWN)
def test_numbers_come_from_the_generator_alone_and_have_the_dtype(name):
    before = repr(np.random.get_state())  # noqa: NPY002  # it must stay as it is
    one, other = (DRAWN[name]((4, 6), rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (4, 6)
    assert one.dtype == np.float64
    assert DRAWN[name]((4, 6), dtype=np.float32).dtype == np.float32
    assert np.any(DRAWN[name]((4, 6)) != DRAWN[name]((4, 6)))
    assert repr(np.random.get_state()) == before  # noqa: NPY002  # the global generator is what it is about


@pytest.mark.parametrize(
    ("name", "mean", "std", "bound"),
    [
        ("uniform", 0.5, 5 / math.sqrt(12.0), 3.0),
        ("normal", 1.0, 2.0, math.inf),
        ("xavier_uniform", 0.0, math.sqrt(2 / 800), math.sqrt(6 / 800)),
        ("xavier_normal", 0.0, math.sqrt(2 / 800), math.inf),
        ("kaiming_uniform", 0.0, math.sqrt(2 / 500), math.sqrt(6 / 500)),
        ("kaiming_normal", 0.0, math.sqrt(2 / 500), math.inf),
        ("orthogonal", 0.0, math.sqrt(1 / 500), 1.0),
        ("sparse", 0.0, math.sqrt(0.9), math.inf),
    ],
)
def test_means_deviations_and_bounds_are_those_of_the_distribution(name, mean, std, bound):
    x = DRAWN[name](SHAPE, rng=np.random.default_rng(0))
    assert abs(x.mean() - mean) < 5 * std / math.sqrt(x.size)
    assert abs(x.std() / std - 1.0) < 0.01
    assert np.abs(x).max() <= bound
    if bound < 1.0:
        assert np.abs(x).max() > 0.999 * bound


def test_truncated_normal_numbers_keep_within_their_bounds_and_their_moments():
    x = init.trunc_normal(SHAPE, rng=np.random.default_rng(0))
    assert np.abs(x).max() <= 2.0
    density, inside = math.exp(-2.0) / math.sqrt(2.0 * math.pi), math.erf(math.sqrt(2.0))
    assert abs(x.var() - (1.0 - 4.0 * density / inside)) < 0.01
    y = init.trunc_normal(1_000, 0.0, 1.0, 1.0, 1.5, rng=np.random.default_rng(0))
    assert y.min() >= 1.0
    assert y.max() <= 1.5


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (4, 2, 3), (10, 2, 2)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns(shape):
    w = init.orthogonal(shape, 2.0, rng=np.random.default_rng(0)).reshape(shape[0], -1) / 2.0
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-14)


def test_orthogonal_weights_favour_no_sign():
    rng = np.random.default_rng(0)
    heads = [init.orthogonal((2, 2), rng=rng)[0, 0] > 0 for _ in range(400)]
    assert 150 < sum(heads) < 250


def test_fans_count_the_field_of_a_convolution():
    assert abs(init.kaiming_normal((100, 50, 3, 3), rng=np.random.default_rng(0)).std() / math.sqrt(2 / 450) - 1) < 0.02
    backward = init.kaiming_uniform((100, 50, 3), math.sqrt(5), "fan_out", rng=np.random.default_rng(0))
    assert 0.999 < np.abs(backward).max() * math.sqrt(300) <= 1.0
    wide = init.xavier_uniform((100, 50, 3), 2.0, rng=np.random.default_rng(0))
    assert 0.999 < np.abs(wide).max() / (2.0 * math.sqrt(6 / 450)) <= 1.0


def test_each_column_of_a_sparse_weight_has_its_part_of_zeros_at_places_of_its_own():
    w = init.sparse((10, 40), 0.25, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(np.sum(w == 0, axis=0), 3)
    assert len({tuple(c) for c in (w == 0).T.tolist()}) > 20


def test_numbers_that_are_known():
    np.testing.assert_array_equal(init.constant((2, 2), 0.5), [[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(init.zeros(2), [0.0, 0.0])
    np.testing.assert_array_equal(init.ones(2, dtype=np.float32), np.ones(2, np.float32))
    np.testing.assert_array_equal(init.eye((2, 3)), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_weights_are_assigned_to_the_data_of_a_layer():
    layer = Linear(3, 2)
    layer.weight.data = init.constant(layer.weight.shape, 2.0)
    np.testing.assert_array_equal(layer(np.ones(3)).data - layer.bias.data, [6.0, 6.0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: init.xavier_uniform(3), ShapeError, r"xavier_uniform: got shape \(3,\); it needs 2 or more axes"),
        (lambda: init.kaiming_normal((3,)), ShapeError, r"kaiming_normal: got shape \(3,\)"),
        (lambda: init.orthogonal((3,)), ShapeError, r"orthogonal: got shape \(3,\)"),
        (lambda: init.eye((3,)), ShapeError, r"eye: got shape \(3,\); it needs 2 axes"),
        (lambda: init.sparse((3, 2, 2), 0.1), ShapeError, r"sparse: got shape \(3, 2, 2\); it needs 2 axes"),
        (lambda: init.dirac((3, 2)), ShapeError, r"dirac: got shape \(3, 2\); it needs 3 to 5 axes"),
        (lambda: init.dirac((3, 2, 2), 2), ShapeError, r"dirac: got shape \(3, 2, 2\) and groups=2"),
        (lambda: init.sparse((3, 2), 1.5), UsageError, r"sparse: got sparsity=1.5; it is a part"),
        (lambda: init.kaiming_uniform((3, 2), mode="fan"), UsageError, "kaiming_uniform: got mode='fan'"),
        (lambda: init.calculate_gain("gelu"), UsageError, "calculate_gain: got nonlinearity='gelu'; it is one of"),
        (lambda: init.trunc_normal(3, 0.0, 1.0, 5.0, 6.0), UsageError, "trunc_normal: got mean=0.0, std=1.0, a=5.0"),
        (lambda: init.trunc_normal(3, 0.0, 0.0), UsageError, "trunc_normal: .* give a positive std"),
    ],
)
def test_what_has_no_meaning_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("name", [n for n in init.__all__ if n != "calculate_gain"])
def test_a_parameter_in_the_place_of_its_shape_is_refused_with_the_line_to_write(name):
    more = {"constant": (1.0,), "sparse": (0.5,)}.get(name, ())
    words = rf"{name}: got a Value of shape \(2, 3\); .* write p\.data = init\.{name}\(p\.shape\)"
    with pytest.raises(UsageError, match=words):
        getattr(init, name)(Linear(3, 2).weight, *more)
