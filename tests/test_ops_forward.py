"""Forward mode of every op: tangents and cotangents agree, also when they are differentiated."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import grad, jvp, vjp
from autograd_mini.testing import assert_close, direction, every_sample, is_differentiable

SMOOTH = [s for s in every_sample() if s.places and not s.op.is_discrete]


def of_operands(sample):
    """The sample's op as a function of its operands that have derivatives."""

    def f(*operands):
        return sample.op(*sample.filled(operands), **sample.options)

    return f


def inner(a, b):
    """The real inner product."""
    return float(np.sum(np.real(np.conj(a) * b)))


def points_and_directions(sample):
    """Operands as floats or arrays, and a direction for each."""
    rng = np.random.default_rng(3)
    points = tuple(np.asarray(x, np.result_type(x, float))[()] for x in sample.operands)
    points = tuple(float(x) if np.shape(x) == () and np.isrealobj(x) else x for x in points)
    return points, tuple(direction(x, rng) for x in points), rng


@pytest.mark.parametrize("sample", SMOOTH, ids=str)
def test_tangents_and_cotangents_agree(sample):
    points, tangents, rng = points_and_directions(sample)
    f = of_operands(sample)
    y, pushed = jvp(f, points, tangents)
    _, pull = vjp(f, *points)
    if not is_differentiable(y):
        assert not np.any(pushed)
        return
    u = direction(y, rng)
    left = inner(u, pushed)
    right = sum(inner(c, t) for c, t in zip(pull(u), tangents, strict=True))
    assert_close(left, right)
    assert np.shape(pushed) == np.shape(y)


@pytest.mark.parametrize("sample", [s for s in SMOOTH if all(np.isrealobj(x) for x in s.operands)], ids=str)
def test_a_tangent_is_differentiated_as_the_cotangent_is(sample):
    points, tangents, rng = points_and_directions(sample)
    f = of_operands(sample)
    y, _ = jvp(f, points, tangents)
    if not is_differentiable(y) or np.iscomplexobj(y):
        return
    u = direction(y, rng)
    places = tuple(range(len(points)))
    by_forward = grad(lambda *xs: np.sum(u * jvp(f, xs, tangents)[1]), places)(*points)
    by_reverse = jvp(grad(lambda *xs: np.sum(u * f(*xs)), places), points, tangents)[1]
    for a, b in zip(by_forward, by_reverse, strict=True):
        assert_close(a, b, order=1)
