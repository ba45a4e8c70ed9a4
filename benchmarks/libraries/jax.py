"""JAX on the CPU, compiled by jit: the first call is part of the warm-up."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import relu
from jax.nn import sigmoid as logistic
from jax.numpy import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, square, subtract, tanh

PACKAGE = "jax"
MODULE = "jax"
CAN = {"scalars", "arrays", "import"}
__all__ = [
    "add", "divide", "exp", "log", "log1p", "logistic", "matmul", "multiply", "relu", "sin", "sqrt", "square",
    "subtract", "tanh",
]  # fmt: skip

jax.config.update("jax_enable_x64", True)
total = jnp.sum


def row_sums(x):
    return jnp.sum(x, -1, keepdims=True)


def constant(x):
    return jnp.asarray(x)


def numbers(x):
    return np.asarray(x)


def gradients(f, *parameters, spare=False):
    parameters = [jnp.asarray(p) for p in parameters]
    both = jax.jit(jax.value_and_grad(f, tuple(range(len(parameters)))))

    def run():
        y, gradient = both(*parameters)
        return jax.block_until_ready([y, *gradient])

    return run


def descent(f, *parameters, rate):
    parameters = [jnp.asarray(p) for p in parameters]
    both = jax.value_and_grad(f, tuple(range(len(parameters))))

    @jax.jit
    def step(*parameters):
        y, gradient = both(*parameters)
        return [y, *[p - rate * g for p, g in zip(parameters, gradient, strict=True)]]

    def run():
        after = jax.block_until_ready(step(*parameters))
        parameters[:] = after[1:]
        return after

    return run


def value_and_gradient(f):
    both = jax.jit(jax.value_and_grad(f))

    def run(x):
        y, g = both(x)
        return float(y), np.asarray(g)

    return run
