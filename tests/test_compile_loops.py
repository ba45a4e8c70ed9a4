"""Loops inside compiled functions: nested, with draws, state and derivatives; the same as in Python."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import (
    ShapeError,
    TraceError,
    UsageError,
    Value,
    compile,
    grad,
    hessian,
    hvp,
    jvp,
    loop,
    read_state,
    sample,
    scan,
    write_state,
)

A = np.random.default_rng(0).normal(size=(3, 3))
X, Y = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.2, -0.3])


def nested(x):
    """A loop in a loop."""
    return np.sum(loop(lambda y: np.cos(loop(lambda t: np.sin(t * x), 3)(y)), 4)(x))


def coupled(x):
    """Two things go round, and one is read from outside."""
    return np.sum(loop(lambda a, b: (np.tanh(A @ b) + x, 0.5 * a), 5)(x, 2 * x)[0])


def scanned(x):
    """What goes round, with rows of a tree, and stacked trees."""
    last, rows = scan(lambda c, r: (np.sin(c * r["a"]) + r["b"], {"y": c * r["a"], "z": c}), 0.3, {"a": x, "b": x**2})
    return last + np.sum(rows["y"] ** 2) + np.sum(rows["z"])


LOOPS = {"nested": nested, "coupled": coupled, "scanned": scanned}
DERIVATIVES = {
    "value": lambda f: f,
    "gradient": grad,
    "Hessian": hessian,
    "Hessian-vector product": lambda f: lambda x: hvp(f, x, np.ones(3)),
    "directional": lambda f: lambda x: jvp(f, (x,), (np.ones(3),))[1],
}


@pytest.mark.parametrize("kind", DERIVATIVES)
@pytest.mark.parametrize("name", LOOPS)
def test_loops_and_their_derivatives_are_those_of_python(name, kind):
    f = DERIVATIVES[kind](LOOPS[name])
    c = compile(f)
    for x in (X, Y):
        np.testing.assert_allclose(c(x), f(x), rtol=1e-11, atol=1e-12)
    assert (c.stats.programs, c.stats.eager_calls) == (1, 0)


def test_a_first_step_may_widen_what_goes_round():
    f = lambda x: np.sum(loop(lambda y: A @ y, 4)(x))
    x = X.astype(np.float32)
    assert compile(f)(x).__class__ is float
    np.testing.assert_allclose(compile(grad(f))(x), grad(f)(x), rtol=1e-5)
    with pytest.raises(ShapeError, match="loop: what a step returns has shape"):
        compile(loop(lambda y: np.concatenate([y, y]), 3))(X)


def test_draws_and_state_inside_a_loop_are_those_of_python():
    rng, same, kept, twin = np.random.default_rng(0), np.random.default_rng(0), {"n": 0.0}, {"n": 0.0}

    def walk(rng, kept):
        def step(x):
            write_state(kept, "n", read_state(kept, "n") + 1.0)
            return x + sample(rng, "normal") * read_state(kept, "n")

        return loop(step, 5)

    c, f = compile(walk(rng, kept)), walk(same, twin)
    for _ in range(2):
        np.testing.assert_allclose(c(1.0), f(1.0), rtol=1e-14)
        assert kept == twin
        assert rng.bit_generator.state == same.bit_generator.state


def test_gradients_through_parameters_that_a_loop_reads():
    w, v = Value(X), Value(X)

    def step(p, x):
        p.grad = None
        np.sum(loop(lambda y: np.tanh(y * p), 4)(x)).backward()

    c = compile(lambda x: step(w, x))
    for x in (X, Y):
        c(x)
        step(v, Value(x))
        np.testing.assert_allclose(w.grad, v.grad, rtol=1e-12)


def test_what_loops_do_not_do_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(TraceError, match="through a loop that draws random numbers"):
        compile(grad(loop(lambda y: y * sample(rng, "normal"), 3)))(2.0)
    with pytest.raises(TraceError, match="a branch on it"):
        compile(loop(lambda y: y if y > 0 else -y, 3))(2.0)
    with pytest.raises(UsageError, match="got n = 0"):
        loop(lambda x: x, 0)
    with pytest.raises(ShapeError, match="scan: got first axes"):
        scan(lambda c, x: (c, x), 0.0, 1.0)
