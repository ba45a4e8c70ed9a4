"""Random programs of up to 30 operations on arrays, for NumPy and for libraries that have its functions."""

from __future__ import annotations

import numpy as np

__all__ = ["Shaped", "program"]

SHAPES = [(), (3,), (0,), (2, 3), (1, 3), (2, 1), (0, 3)]
# What a program may go on with: few shapes, as JAX compiles each operation for each of them.
KEPT = {*SHAPES, (6,)}

# Each takes the namespace (NumPy's or JAX's) and arrays; results stay of moderate size.
UNARY = [
    lambda xp, x: xp.tanh(x),
    lambda xp, x: xp.sin(x),
    lambda xp, x: xp.exp(-xp.square(x)),
    lambda xp, x: xp.log1p(xp.abs(x)),
    lambda xp, x: xp.sqrt(1 + x * x),
    lambda xp, x: xp.arctan(x) * 2,
    lambda xp, x: 1 / (1 + x**2),
    lambda xp, x: xp.maximum(x, 0.1) - 0.3,
    lambda xp, x: xp.where(x > 0, xp.sqrt(xp.abs(x) + 0.1), x),
    lambda xp, x: xp.clip(x, -0.8, 0.7),
    lambda xp, x: x - xp.mean(x) if x.size else x,
    lambda xp, x: xp.flip(x),
    lambda xp, x: xp.reshape(x, (-1,)),
    lambda xp, x: xp.transpose(x),
    lambda xp, x: x[None],
    lambda xp, x: xp.cumsum(x) / max(x.size, 1),
    lambda xp, x: xp.logaddexp(x, 0.2),
    lambda xp, x: xp.sum(x) / max(x.size, 1),
    lambda xp, x: xp.max(x) if x.size else xp.sum(x),
    lambda xp, x: xp.std(x + spread(x.shape)) if x.size > 1 else xp.sum(x),
    lambda xp, x: xp.prod(xp.tanh(x)) if x.size else xp.sum(x),
    lambda xp, x: xp.sum(x, axis=-1, keepdims=True) / max(x.shape[-1], 1) if x.ndim else x,
    lambda xp, x: xp.mean(x, axis=0) if x.ndim and x.shape[0] else x,
    lambda xp, x: xp.min(x, axis=0) if x.ndim and x.shape[0] else x,
    lambda xp, x: x[..., ::-1] if x.ndim else x,
    lambda xp, x: x[..., 1:] if x.ndim else x,
    lambda xp, x: x[np.array([0, 0, -1])] if x.ndim and x.shape[0] else x,
    lambda xp, x: x[..., np.array([-1, 0])] if x.ndim and x.shape[-1] else x,
    lambda xp, x: xp.sort(x, axis=None),
    lambda xp, x: xp.broadcast_to(x, (2, *x.shape)),
    lambda xp, x: xp.concatenate([x, 2 * x]) if x.ndim else x,
    lambda xp, x: xp.stack([x, x * x], axis=-1) / 2,
    lambda xp, x: xp.roll(x, 1),
    lambda xp, x: xp.pad(x, 1) if x.ndim else x,
    lambda xp, x: xp.tile(x, 2),
    lambda xp, x: xp.repeat(x, 2),
    lambda xp, x: xp.diff(x) if x.ndim and x.shape[-1] > 1 else x,
    lambda xp, x: xp.tril(x) if x.ndim > 1 else x,
    lambda xp, x: xp.squeeze(x),
    lambda xp, x: xp.moveaxis(x, 0, -1) if x.ndim else x,
]
BINARY = [
    lambda xp, x, y: x + y,
    lambda xp, x, y: x - 0.5 * y,
    lambda xp, x, y: x * y,
    lambda xp, x, y: x / (2 + y * y),
    lambda xp, x, y: xp.maximum(x, y),
    lambda xp, x, y: xp.minimum(x, y),
    lambda xp, x, y: xp.hypot(x, y + 0.3),
    lambda xp, x, y: xp.arctan2(x, 1 + y * y),
    lambda xp, x, y: (1 + x * x) ** xp.tanh(y),
    lambda xp, x, y: xp.where(x > y, x, 2 * y),
    lambda xp, x, y: xp.logaddexp(x, y),
]
PRODUCTS = [
    lambda xp, x, y: xp.tanh(xp.outer(x, y)),
    lambda xp, x, y: xp.tanh(xp.einsum("...,...->...", x, y)),
    lambda xp, x, y: xp.tanh(xp.tensordot(x, y, axes=0)),
]
LARGEST = 60  # elements; a program does not grow beyond


def program(seed):
    """Inputs, and a function of (namespace, inputs) that gives one number."""
    rng = np.random.default_rng(seed)
    shapes = [SHAPES[i] for i in rng.integers(len(SHAPES), size=rng.integers(1, 4))]
    inputs = [np.array(rng.uniform(-1.5, 1.5, s)) for s in shapes]
    if rng.random() < 0.3:
        inputs[0] = inputs[0][..., ::-1] if inputs[0].ndim else inputs[0]
    steps = [(rng.random(), rng.integers(1 << 30), rng.random(2)) for _ in range(rng.integers(3, 31))]

    def run(xp, *xs):
        pool = list(xs)
        for kind, which, places in steps:
            x, y = (pool[int(p * len(pool))] for p in places)
            z = None
            if kind < 0.5:
                z = UNARY[which % len(UNARY)](xp, x)
            elif broadcast(x.shape, y.shape):
                z = BINARY[which % len(BINARY)](xp, x, y)
            if z is None or (kind > 0.9 and x.size * y.size <= LARGEST):
                table = PRODUCTS if broadcast(x.shape, y.shape) else PRODUCTS[::2]
                z = table[which % len(table)](xp, x, y) if x.size * y.size <= LARGEST else x
            if z.shape in KEPT:
                pool.append(z)
        return sum(xp.sum(xp.sin(z)) for z in pool[-6:])

    return inputs, run


def spread(shape):
    """Numbers that are not all equal: where they are, JAX's derivative of std is nan."""
    return 5.0 * np.arange(np.prod(shape, dtype=int)).reshape(shape)


def broadcast(a, b):
    """Whether two shapes broadcast."""
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


class Shaped:
    """NumPy, with numbers that have a shape, as JAX's have."""

    def __getattr__(self, name):
        return getattr(np, name)
