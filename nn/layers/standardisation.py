"""What all normalisations are made of: numbers less their mean, over their spread; and a scale and a shift.

`standardise` gives (x - mean) / sqrt(variance + eps) over some axes. Mean and variance are discrete ops, as the op
that uses them answers for their share of its derivative: so they are computed once, and serve running statistics too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_mini import discrete, elementwise, primitive

__all__ = ["affine", "numbers_of", "scaled_by_size", "standardise", "standardised"]

Axes = tuple[int, ...]


def standardise(x: Any, axes: Axes, eps: float) -> tuple[Any, Any, Any]:
    """(y, mean, variance): x standardised over axes that count from 0, and what was taken of it; axes are kept."""
    m = mean_over(x, axes=axes)
    v = variance_over(x, m, axes=axes)
    return standardised(x, m, v, axes=axes, eps=eps), m, v


def scaled_by_size(x: Any, axes: Axes, eps: float) -> Any:
    """`x` over the root of the mean of its squares over axes that count from 0."""
    return standardised(x, 0.0, variance_over(x, 0.0, axes=axes), axes=axes, eps=eps, centred=False)


def numbers_of(axes: Iterable[int], shape: tuple[int, ...]) -> int:
    """How many numbers each mean over the axes is of."""
    n = 1
    for i in axes:
        n *= shape[i]
    return n


def inner(a: Any, b: Any, axes: Axes) -> Any:
    """The sums of a * b over axes, which are kept; b None stands for ones."""
    shape, n = a.shape, a.ndim
    k = n
    while k - 1 in axes:
        k -= 1
    if k == n:
        if b is None:
            return np.add.reduce(a, axes, keepdims=True)
        kept = [i for i in range(n) if i not in axes]
        sums = np.einsum(a, range(n), b, range(n), kept)
    else:  # dot products of rows: 75 of 265 us for 2000 rows of 768 float32, where sum and einsum take all
        a = a.reshape(*shape[:k], numbers_of(range(k, n), shape))
        b = np.ones(a.shape[-1:], a.dtype) if b is None else b.reshape(a.shape)
        sums = np.vecdot(a, b)
        ahead = tuple(i for i in axes if i < k)
        if ahead:
            sums = np.add.reduce(sums, ahead)
    return sums.reshape(tuple(1 if i in axes else size for i, size in enumerate(shape)))


def mean_of_numbers(x: Any, axes: Axes) -> Any:
    """The mean over axes, which are kept."""
    return inner(x, None, axes) * (1 / numbers_of(axes, x.shape))


def variance_of_numbers(x: Any, m: Any, axes: Axes) -> Any:
    """The mean over axes, which are kept, of (x - m)^2; m is 0 if it is one number."""
    c = x - m if np.ndim(m) else x
    return inner(c, c, axes) * (1 / numbers_of(axes, x.shape))


mean_over = discrete(mean_of_numbers, name="nn.mean_over", axes=(), samples=lambda a: [(a(2, 3), {"axes": (1,)})])
variance_over = discrete(
    variance_of_numbers,
    n_operands=2,
    name="nn.variance_over",
    axes=(),
    samples=lambda a: [(a(2, 3), 0.0, {"axes": (1,)}), (a(2, 3), a(2, 1), {"axes": (1,)})],
)


@primitive(name="nn.standardised", smooth=True)
def standardised(x: Any, m: Any, v: Any, /, axes: Axes, eps: float, centred: bool = True) -> Any:
    """`(x - m) / sqrt(v + eps)`, where m and v are x's mean and variance over the axes; only x has a derivative.

    centred: else m is 0, whatever the mean, and v the mean of x^2.
    """
    scale = 1.0 / np.sqrt(v + eps)
    if not centred:
        return x * scale
    y = x - m
    y *= scale
    return y


def standardised_vjp(g: Any, y: Any, x: Any, m: Any, v: Any, axes: Axes, eps: float, centred: bool) -> Any:
    """With s = 1 / sqrt(v + eps): s (g - mean(g) - y mean(g y)). Of x alone, so that it has a derivative by it.

    Source: Ioffe and Szegedy, "Batch normalization" (2015), section 3, with the three terms put together.
    """
    c = x - np.mean(x, axis=axes, keepdims=True) if centred else x
    s = 1.0 / np.sqrt(np.mean(np.square(c), axis=axes, keepdims=True) + eps)
    d = g - np.mean(g, axis=axes, keepdims=True) if centred else g
    return s * (d - y * np.mean(g * y, axis=axes, keepdims=True))


@standardised.raw_vjp
def _(g: Any, y: Any, x: Any, m: Any, v: Any, axes: Axes, eps: float, centred: bool) -> Any:
    """The same, with the variance that is known."""
    n = 1 / numbers_of(axes, x.shape)
    d = y * (inner(g, y, axes) * -n)
    d += g
    if centred:
        d -= inner(g, None, axes) * n
    d *= 1.0 / np.sqrt(v + eps)
    return d


standardised.vjps = (standardised_vjp, None, None)


def summed(g: Any, y: Any, x: Any) -> Any:
    """The sums of g * y, or of g, over the axes along which x was broadcast, in its shape."""
    lead = g.ndim - x.ndim
    axes = (*range(lead), *(lead + i for i, n in enumerate(x.shape) if n == 1 and g.shape[lead + i] != 1))
    return inner(g, y, axes).reshape(x.shape) if axes else g if y is None else g * y


def scaled_and_shifted(x: Any, w: Any, b: Any) -> Any:
    """`x * w + b`, in one new array."""
    y = x * w
    return np.add(y, b, y) if y.dtype == b.dtype else y + b


affine = elementwise(
    scaled_and_shifted,
    lambda y, x, w, b: w,
    lambda y, x, w, b: x,
    1,
    name="nn.affine",
    real=(
        lambda g, y, x, w, b: g * w,
        lambda g, y, x, w, b: summed(g, x, w),
        lambda g, y, x, w, b: summed(g, None, b),
    ),
    doc="""x * w + b, as one op.""",
)
