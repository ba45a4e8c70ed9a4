"""Random programs, compiled: their values, gradients and Hessian-vector products at two points, and in loops."""

from __future__ import annotations

import numpy as np
import pytest
from random_programs import Shaped, program

from autograd_mini import compile, grad, jvp, loop, scan, value_and_grad

PER_TEST = 10


def checked(c, f, inputs, tolerance, seed):
    """Whether a compiled function gives what the function itself gives, at two points."""
    for factor in (1.0, -0.7):
        xs = [np.asarray(factor * x, x.dtype) for x in inputs]
        for a, b in zip(flat(c(*xs)), flat(f(*xs)), strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype, f"seed {seed}"
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=f"seed {seed}")


def flat(tree):
    """The leaves of tuples."""
    return [x for part in tree for x in flat(part)] if isinstance(tree, tuple) else [tree]


@pytest.mark.parametrize("start", range(0, 200, PER_TEST))
def test_random_programs_and_their_gradients_are_themselves(start):
    for seed in range(start, start + PER_TEST):
        inputs, run = program(seed)
        f = value_and_grad(lambda *xs, run=run: run(Shaped(), *xs), tuple(range(len(inputs))))
        c = compile(f)
        checked(c, f, inputs, 1e-12, seed)
        assert c.stats.programs == 1
        if seed % 5 == 0:
            single = [x.astype(np.float32) for x in inputs]
            checked(compile(f), f, single, 2e-5, seed)


@pytest.mark.parametrize("start", range(0, 60, PER_TEST))
def test_second_derivatives_of_random_programs_are_themselves(start):
    for seed in range(start, start + PER_TEST):
        inputs, run = program(seed)
        gradient = grad(lambda *xs, run=run: run(Shaped(), *xs), tuple(range(len(inputs))))
        directions = tuple(np.cos(1.0 + np.arange(x.size)).reshape(x.shape) for x in inputs)
        f = lambda *xs, gradient=gradient, directions=directions: jvp(gradient, xs, directions)[1]
        checked(compile(f), f, inputs, 1e-10, seed)


@pytest.mark.parametrize("start", range(0, 40, PER_TEST))
def test_gradients_of_loops_of_random_programs_are_those_of_their_steps(start):
    for seed in range(start, start + PER_TEST):
        inputs, run = program(seed)

        def step(*xs, run=run):
            y = np.tanh(run(Shaped(), *xs))
            return tuple(0.9 * x + 0.1 * y for x in xs) if len(xs) > 1 else 0.9 * xs[0] + 0.1 * y

        def f(*xs, step=step):
            ys = loop(step, 3)(*xs)
            return sum(np.sum(np.cos(y)) for y in (ys if isinstance(ys, tuple) else (ys,)))

        slope = grad(f, tuple(range(len(inputs))))
        checked(compile(slope), slope, inputs, 1e-11, seed)


@pytest.mark.parametrize("start", range(0, 20, PER_TEST))
def test_gradients_of_scans_of_random_programs_are_those_of_their_steps(start):
    for seed in range(start, start + PER_TEST):
        (x, *_), run = program(seed)

        def f(c, xs, run=run):
            last, ys = scan(lambda c, x: (np.tanh(c + np.sum(run(Shaped(), x))), c * x), c, xs)
            return last + np.sum(ys**2)

        slope = grad(f, (0, 1))
        checked(compile(slope), slope, [np.asarray(0.3), np.stack([x, 0.5 * x, -x])], 1e-11, seed)
