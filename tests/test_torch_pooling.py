"""Pooling, against PyTorch: outputs and gradients, on several shapes and dtypes."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
SHAPES = {1: [(3, 2, 13), (2, 9)], 2: [(3, 2, 8, 9), (2, 7, 10)], 3: [(2, 2, 5, 6, 7), (2, 6, 5, 5)]}


def agree(ours, theirs, x, dtype):
    """Output and gradient of two functions of the same numbers, to the tolerance of the dtype."""
    v, t = Value(x.astype(dtype)), torch.tensor(x.astype(dtype), requires_grad=True)
    y, z = ours(v), theirs(t)
    assert y.shape == tuple(z.shape)
    assert y.dtype == dtype
    seed = np.random.default_rng(9).normal(size=y.shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    for a, b in ((y.data, z.detach().numpy()), (v.grad, t.grad.numpy())):
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


def drawn(shape):
    """Numbers without ties, which PyTorch gives to the first."""
    n = int(np.prod(shape))
    return np.random.default_rng(0).permutation(n).reshape(shape) / n * 4 - 2


WINDOWS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": 2, "stride": 3},
    {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
    {"kernel_size": 1, "stride": 2},
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize(
    "window", [*WINDOWS, {"kernel_size": 2, "dilation": 2}, {"kernel_size": 3, "dilation": 2, "padding": 1}]
)
def test_largest_numbers_are_theirs(window, n, dtype):
    for shape in SHAPES[n]:
        ours, theirs = (getattr(m, f"max_pool{n}d") for m in (nn, torch.nn.functional))
        agree(lambda x: ours(x, **window), lambda x: theirs(x, **window), drawn(shape), dtype)  # noqa: B023  # called in this round of the loop
        ours, theirs = (getattr(m, f"MaxPool{n}d")(**window) for m in (nn, torch.nn))
        agree(ours, theirs, drawn(shape), dtype)


@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize("window", WINDOWS)
def test_places_of_the_largest_are_theirs(window, n):
    for shape in SHAPES[n]:
        x = np.random.default_rng(0).integers(0, 3, shape).astype(float)
        y, ours = getattr(nn, f"max_pool{n}d")(x, **window, return_indices=True)
        z, theirs = getattr(torch.nn.functional, f"max_pool{n}d")(torch.tensor(x), **window, return_indices=True)
        np.testing.assert_array_equal(y, z.numpy())
        np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize("extra", [{}, {"count_include_pad": False}, {"divisor_override": 5}])
@pytest.mark.parametrize("window", WINDOWS)
def test_means_are_theirs(window, extra, n, dtype):
    if n == 1 and "divisor_override" in extra:
        extra = {}  # which theirs has not in one dimension
    options = {**window, **extra}
    for shape in SHAPES[n]:
        ours, theirs = (getattr(m, f"avg_pool{n}d") for m in (nn, torch.nn.functional))
        agree(lambda x: ours(x, **options), lambda x: theirs(x, **options), drawn(shape), dtype)  # noqa: B023  # called in this round of the loop
        ours, theirs = (getattr(m, f"AvgPool{n}d")(**options) for m in (nn, torch.nn))
        agree(ours, theirs, drawn(shape), dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 3, 8, (5, 2, 3), (None, 4, 1)])
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_pooling_is_theirs(kind, size, n, dtype):
    if n == 1 and isinstance(size, tuple):
        size = 5  # theirs takes no tuple in one dimension
    size = size[:n] if isinstance(size, tuple) else size
    for shape in SHAPES[n]:
        ours, theirs = (getattr(m, f"adaptive_{kind}_pool{n}d") for m in (nn, torch.nn.functional))
        agree(lambda x: ours(x, size), lambda x: theirs(x, size), drawn(shape), dtype)  # noqa: B023  # called in this round of the loop
        ours, theirs = (getattr(m, f"Adaptive{kind.capitalize()}Pool{n}d")(size) for m in (nn, torch.nn))
        agree(ours, theirs, drawn(shape), dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("n", SHAPES)
@pytest.mark.parametrize(
    ("p", "window"),
    [(2, {"kernel_size": 2}), (3.0, {"kernel_size": 3, "stride": 2, "ceil_mode": True}), (1, {"kernel_size": 2})],
)
def test_norms_are_theirs(p, window, n, dtype):
    for shape in SHAPES[n]:
        x = drawn(shape) + 3
        ours, theirs = (getattr(m, f"lp_pool{n}d") for m in (nn, torch.nn.functional))
        agree(lambda x: ours(x, p, **window), lambda x: theirs(x, p, **window), x, dtype)  # noqa: B023  # called in this round of the loop
        ours, theirs = (getattr(m, f"LPPool{n}d")(p, **window) for m in (nn, torch.nn))
        agree(ours, theirs, x, dtype)
