"""JAX on the CPU, compiled by jit: the first call is part of the warm-up."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.nn import gelu, relu, softmax
from jax.nn import sigmoid as logistic
from jax.numpy import add, divide, exp, log, log1p, matmul, multiply, sin, sqrt, subtract, tanh

PACKAGE = "jax"
MODULE = "jax"
CAN = {"scalars", "arrays", "loop", "hessian", "adam", "convolution", "transformer", "import"}
__all__ = [
    "add", "divide", "exp", "gelu", "log", "log1p", "logistic", "matmul", "multiply", "relu", "sin", "softmax", "sqrt",
    "subtract", "tanh",
]  # fmt: skip

jax.config.update("jax_enable_x64", True)
total, permuted = jnp.sum, jnp.transpose


def row_sums(x):
    return jnp.sum(x, -1, keepdims=True)


def constant(x):
    return jnp.asarray(x)


labels = constant


def conv(x, w):
    return lax.conv_general_dilated(x, w, (1, 1), "SAME")


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def cross_entropy(z, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], 1))


def last_state(step, start, xs):
    return lax.scan(lambda state, x: (step(state, x), None), start, jnp.asarray(xs))[0]


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
    step = jax.jit(one_step(f, len(parameters), rate))

    def run():
        after = jax.block_until_ready(step(*parameters))
        parameters[:] = after[1:]
        return after

    return run


def one_step(f, n, rate):
    both = jax.value_and_grad(f, tuple(range(n)))

    def step(*parameters):
        y, gradient = both(*parameters)
        return [y, *[p - rate * g for p, g in zip(parameters, gradient, strict=True)]]

    return step


def long_descent(f, *parameters, rate, n):
    parameters = [jnp.asarray(p) for p in parameters]
    step = one_step(f, len(parameters), rate)
    steps = jax.jit(lambda *start: lax.fori_loop(0, n, lambda i, state: step(*state[1:]), [jnp.zeros(()), *start]))

    def run():
        after = jax.block_until_ready(steps(*parameters))
        parameters[:] = after[1:]
        return after

    return run


def adam(f, *parameters, rate):
    both = jax.value_and_grad(f, tuple(range(len(parameters))))

    @partial(jax.jit, donate_argnums=0)
    def step(state):
        parameters, means, squares, t = state
        t = t + 1
        y, gradient = both(*parameters)
        means = [0.9 * m + 0.1 * g for m, g in zip(means, gradient, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, gradient, strict=True)]
        size = rate / (1 - 0.9**t)
        parameters = [
            p - (size * m / (jnp.sqrt(s / (1 - 0.999**t)) + 1e-8)).astype(p.dtype)
            for p, m, s in zip(parameters, means, squares, strict=True)
        ]
        return y, (parameters, means, squares, t)

    state = [jnp.array(p) for p in parameters], *[[jnp.zeros_like(p) for p in parameters] for _ in range(2)], 0.0

    def run():
        nonlocal state
        y, state = jax.block_until_ready(step(state))
        return [y, *[np.array(p) for p in state[0]]]

    return run


def value_and_gradient(f):
    both = jax.jit(jax.value_and_grad(f))

    def run(x):
        y, g = both(x)
        return float(y), np.asarray(g)

    return run


def hessian(f):
    second = jax.jit(jax.hessian(f))
    return lambda x: np.asarray(second(x))


def hessian_vector_product(f, point, direction):
    @jax.jit
    def product(point, direction):
        return jax.jvp(jax.grad(lambda p: f(*p)), (point,), (direction,))[1]

    point, direction = ([jnp.asarray(x) for x in xs] for xs in (point, direction))
    return lambda: jax.block_until_ready(product(point, direction))
