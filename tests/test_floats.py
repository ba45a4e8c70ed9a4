"""The sweep over Python floats alone gives what the general one gives, and stands back for it."""

import math

import numpy as np
import pytest

from autograd_mini import Value, floats
from autograd_mini.sweep import pullback


def network(leaves):
    x, y, z = leaves
    h = (x * y - 0.5 * z).logistic() + (y / z) ** 2
    return h * h + x.exp() * (1.0 - h) / z + y**3.0


@pytest.fixture
def leaves():
    return [Value(0.3), Value(0.7), Value(1.1)]


def test_gradients_are_those_of_the_general_sweep(leaves):
    out = network(leaves)
    expected = pullback({out: 1.0})
    assert floats.backward(out, 1.0, keep=True)
    for v, c in expected.items():
        assert v.grad == pytest.approx(c, rel=1e-14)


def test_it_stands_back_while_another_one_is_under_way(leaves):
    out = network(leaves)
    with floats.SWEEPING:
        assert not floats.backward(out, 1.0, keep=True)
        out.backward()
    first = [v.grad for v in leaves]
    out.backward()
    assert [v.grad for v in leaves] == pytest.approx([2 * g for g in first], rel=1e-14)


def test_it_stands_back_from_arrays():
    x = Value(2.0)
    out = (x * np.ones(3)).sum() * x
    assert not floats.backward(out, 1.0, keep=True)
    assert x.grad is None


def test_a_negative_zero_keeps_its_sign():
    x = Value(-0.0)
    y = Value(2.0)
    (x * y).backward()
    assert math.copysign(1.0, y.grad) == -1.0


def test_only_leaves_keep_theirs_if_asked(leaves):
    out = network(leaves)
    out.backward(keep="leaves")
    assert out.grad is None
    assert all(v.grad is not None for v in leaves)


def test_what_cannot_be_stored_leaves_the_lock_free(leaves, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    out = network(leaves)
    monkeypatch.setattr(floats, "swept", interrupted)
    with pytest.raises(KeyboardInterrupt):
        out.backward()
    assert [v.grad for v in leaves] == [None] * 3
    assert not floats.SWEEPING.locked()
