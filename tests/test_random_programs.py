"""Random programs of up to 30 operations, differentiated here and by an independent engine, JAX in float64."""

from __future__ import annotations

import numpy as np
import pytest
from random_programs import Shaped, program

from autograd_mini import grad, jvp

jax = pytest.importorskip("jax", reason="the independent engine is JAX: install the extra `test-parity`")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

N_SEEDS = 5000
PER_TEST = 100
@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, N_SEEDS, PER_TEST))
def test_gradients_of_random_programs_are_those_of_an_independent_engine(start):
    for seed in range(start, start + PER_TEST):
        inputs, run = program(seed)
        places = tuple(range(len(inputs)))
        ours = grad(lambda *xs, run=run: run(Shaped(), *xs), places)(*inputs)
        theirs = jax.grad(lambda *xs, run=run: run(jnp, *xs), places)(*inputs)
        for x, a, b in zip(inputs, ours, theirs, strict=True):
            assert np.shape(a) == x.shape
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11, err_msg=f"seed {seed}")


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 500, 50))
def test_second_derivatives_of_random_programs_are_those_of_an_independent_engine(start):
    for seed in range(start, start + 50):
        inputs, run = program(seed)
        directions = tuple(np.cos(1.0 + np.arange(x.size)).reshape(x.shape) for x in inputs)
        places = tuple(range(len(inputs)))
        gradient = grad(lambda *xs, run=run: run(Shaped(), *xs), places)
        _, ours = jvp(gradient, tuple(inputs), directions)
        _, theirs = jax.jvp(jax.grad(lambda *xs, run=run: run(jnp, *xs), places), tuple(inputs), directions)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10, err_msg=f"seed {seed}")
