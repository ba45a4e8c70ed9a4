"""Every sample of every op, compiled: the numbers of the op itself, and of its first and second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from autograd_mini import TraceError, Value, compile
from autograd_mini.testing import as_data, direction, every_sample, flat, is_differentiable, numbers, pulled_back

SAMPLES = {name: list(samples) for name, samples in groupby(every_sample(), key=lambda s: s.op.name)}


def other(x: Any) -> Any:
    """Another argument like x, from its domain: the same numbers the other way round."""
    if not is_differentiable(x):
        return x
    y = np.flip(np.asarray(x)).copy() if np.shape(x) else np.asarray(x) * 0.9
    return y if y.shape else float(y) if y.dtype == float else y[()]


def assert_equal(found: Any, expected: Any, tolerance: float) -> None:
    found, expected = flat(found), flat(expected)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        a, b = np.asarray(as_data(x)), np.asarray(as_data(y))
        assert a.shape == b.shape
        size = np.abs(b[np.isfinite(b)]).max(initial=1.0) if b.dtype.kind in "fc" else 1.0
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * size)


def differ(f: Callable[..., Any], traced: tuple[Any, ...], called: tuple[Any, ...], tolerance: float) -> None:
    compiled = compile(f)
    compiled(*traced)
    assert_equal(compiled(*called), numbers(f(*called)), tolerance)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.filterwarnings("ignore")  # samples at another point may leave the domain: nan on both sides
def test_a_compiled_op_and_its_derivatives_are_those_of_the_op(name):
    for s in SAMPLES[name]:
        xs = tuple(s.operands)
        ys = tuple(map(other, xs))
        try:
            outputs = [o for o in flat(numbers(s(*map(Value, ys)))) if is_differentiable(o)]
        except Exception:  # noqa: BLE001, S112  # this op has no value at the other point
            continue
        try:
            compiled = compile(lambda *xs, s=s: s(*xs))
            compiled(*xs)
        except TraceError:
            continue
        assert_equal(compiled(*ys), numbers(s(*(Value(y) if is_differentiable(y) else y for y in ys))), 1e-12)
        if not outputs or not xs:
            continue
        rng = np.random.default_rng(1)
        seeds = tuple(direction(o, rng) for o in outputs)
        first = pulled_back(lambda *xs, s=s: s(*xs), tuple(range(len(xs))), len(xs))
        differ(first, (*xs, *seeds), (*ys, *seeds), 1e-12)
        again = tuple(direction(x, rng) for x in xs)
        n = len(xs) + len(seeds)
        differ(pulled_back(first, tuple(range(n)), n), (*xs, *seeds, *again), (*ys, *seeds, *again), 1e-11)
