"""The three bilinear forms of a convolution: its outputs, its cotangent by x, and its cotangent by the weight.

With x (N, C, *lengths), weight w (D, C/groups, *kernel) and y (N, D, *counts), they are y of x and w, x of y
and w, and w of x and y. Each is linear in both of its operands, and its transposes are the other two: so
they have derivatives of every order. Samples are taken a few at a time, so that their windows, laid out as
the columns of a matrix, stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from autograd_mini import primitive

from .checks import shape_of
from .windows import Pairs, Sizes, count_of_windows, taps, view_of_windows, zeros_around

__all__ = ["convolution", "convolution_of_weight", "transposed_convolution"]

CACHE = 1 << 19  # bytes of columns at a time; a quarter or twice of it takes as long

FORMS: Any = [  # shapes of x and w, and what a convolution is told; w.shape[1] * groups == x.shape[1]
    ((2, 2, 5), (3, 2, 3), {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}),
    ((1, 2, 7), (2, 1, 2), {"stride": (2,), "padding": ((1, 0),), "dilation": (2,), "groups": 2}),
    ((2, 1, 4, 5), (3, 1, 2, 3), {"stride": (1, 1), "padding": ((0, 0),) * 2, "dilation": (1, 1), "groups": 1}),
    ((1, 2, 3, 3), (2, 2, 2, 2), {"stride": (1, 1), "padding": ((1, 1),) * 2, "dilation": (1, 1), "groups": 1}),
    ((1, 2, 5, 4), (2, 1, 2, 2), {"stride": (2, 3), "padding": ((1, 0), (2, 1)), "dilation": (2, 1), "groups": 2}),
    (
        (1, 1, 3, 2, 3),
        (1, 1, 2, 2, 2),
        {"stride": (1,) * 3, "padding": ((0, 1),) * 3, "dilation": (1,) * 3, "groups": 1},
    ),
]


def counts_of(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Sizes:
    """How many windows x has along each axis."""
    return count_of_windows("conv", shape[2:], kernel, stride, padding, dilation)


@primitive(
    name="nn.conv",
    smooth=True,
    samples=lambda a: [(a(*x), a(*w), o) for x, w, o in FORMS] + [(a(2, 2, 4), a(3, 2, 2), a(3), FORMS[0][2])],
)
def convolution(*operands: Any, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int) -> Any:
    """The outputs y of x and w, and of a bias if there is one.  (N, C, *lengths), (D, C/groups, *kernel), (D,)"""
    x, w, *bias = operands
    dtype = np.result_type(*operands)
    n, d, kernel = len(x), len(w), w.shape[2:]
    counts = counts_of(x.shape, kernel, stride, padding, dilation)
    y = np.empty((n, groups, d // groups, prod(counts)), dtype)
    rows = w.reshape(groups, d // groups, -1)
    for some, columns in columns_of(x, kernel, stride, padding, dilation, groups, counts, dtype):
        np.matmul(rows, columns, out=y[some])
        for b in bias:
            y[some] += b.reshape(groups, -1, 1)
    return y.reshape((n, d, *counts))


@convolution.vjp_of_each
def _(i: int, g: Any, y: Any, *operands: Any, **options: Any) -> Any:
    x, w, *_ = operands
    if i == 0:
        return transposed_convolution(g, conjugated(w), lengths=shape_of(x)[2:], **options)
    if i == 1:
        return convolution_of_weight(conjugated(x), g, kernel=shape_of(w)[2:], **options)
    return np.sum(g, axis=(0, *range(2, len(shape_of(g)))))


# Tangents the short way: without these they take the transpose of each transpose.
convolution.jvps = (
    lambda t, y, x, w, *bias, **options: convolution(t, w, **options),
    lambda t, y, x, w, *bias, **options: convolution(x, t, **options),
    lambda t, y, x, w, bias, **options: np.reshape(t, (-1, *(1,) * (len(shape_of(x)) - 2))),
)


@primitive(
    name="nn.conv_transpose",
    smooth=True,
    samples=lambda a: [
        (a(x[0], w[0], *counts_of(x, w[2:], o["stride"], o["padding"], o["dilation"])), a(*w), {"lengths": x[2:], **o})
        for x, w, o in FORMS
    ],
)
def transposed_convolution(
    y: Any, w: Any, /, lengths: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Any:
    """What y and w give for x: the transpose of the map from x to y.  (N, D, *counts) -> (N, C, *lengths)"""
    n, d = y.shape[:2]
    c, kernel, counts = w.shape[1] * groups, w.shape[2:], y.shape[2:]
    # The padding of another convolution that gives x, of the kernel turned round.
    around = tuple(
        (step * (k - 1) - before, length - count + before)
        for k, step, (before, _), length, count in zip(kernel, dilation, padding, lengths, counts, strict=True)
    )
    if set(stride) == {1} and d <= 2 * c and min(map(min, around)) >= 0:  # then it writes less than columns of x
        turned = np.flip(w, tuple(range(2, w.ndim))).reshape(groups, d // groups, c // groups, *kernel)
        turned = turned.swapaxes(1, 2).reshape(c, d // groups, *kernel)
        return convolution.fn(y, turned, stride=stride, padding=around, dilation=dilation, groups=groups)
    dtype = np.result_type(y, w)
    x = np.zeros((n, c, *lengths), dtype)
    rows = np.ascontiguousarray(w.reshape(groups, d // groups, -1).swapaxes(1, 2))
    y = y.reshape(n, groups, d // groups, prod(counts))
    before = tuple(p[0] for p in padding)
    places = list(taps(lengths, counts, kernel, stride, before, dilation))
    step = fitting(n, rows.shape[1] * groups * prod(counts) * dtype.itemsize)
    for some in slices(n, step):
        columns = np.matmul(rows, y[some]).reshape(-1, c, *kernel, *counts)
        for k, at, windows in places:
            x[(some, slice(None), *at)] += columns[(slice(None), slice(None), *k, *windows)]
    return x


@transposed_convolution.vjp
def _(g: Any, x: Any, y: Any, w: Any, lengths: Sizes, **options: Any) -> Any:
    return convolution(g, conjugated(w), **options)


@transposed_convolution.vjp
def _(g: Any, x: Any, y: Any, w: Any, lengths: Sizes, **options: Any) -> Any:
    return convolution_of_weight(g, conjugated(y), kernel=shape_of(w)[2:], **options)


transposed_convolution.jvps = (
    lambda t, x, y, w, **options: transposed_convolution(t, w, **options),
    lambda t, x, y, w, **options: transposed_convolution(y, t, **options),
)


@primitive(
    name="nn.conv_weight",
    smooth=True,
    samples=lambda a: [
        (a(*x), a(x[0], w[0], *counts_of(x, w[2:], o["stride"], o["padding"], o["dilation"])), {"kernel": w[2:], **o})
        for x, w, o in FORMS
    ],
)
def convolution_of_weight(
    x: Any, y: Any, /, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Any:
    """What x and y give for w: the transpose of the map from w to y.  -> (D, C/groups, *kernel)"""
    n, d = y.shape[:2]
    dtype = np.result_type(x, y)
    counts = y.shape[2:]
    c = x.shape[1] // groups
    y = y.reshape(n, groups, d // groups, prod(counts))
    w = np.zeros((groups, c * prod(kernel), d // groups), dtype)
    for some, columns in columns_of(x, kernel, stride, padding, dilation, groups, counts, dtype):
        # Columns by y, as the other order takes 1.3 times as long; each w of few columns is large for its work.
        if prod(counts) < 64:
            w += np.matmul(side_by_side(columns), side_by_side(y[some]).swapaxes(1, 2))
        else:
            w += np.add.reduce(np.matmul(columns, y[some].swapaxes(2, 3)), 0)
    return w.swapaxes(1, 2).reshape(d, c, *kernel)


@convolution_of_weight.vjp
def _(g: Any, w: Any, x: Any, y: Any, kernel: Sizes, **options: Any) -> Any:
    return transposed_convolution(conjugated(y), g, lengths=shape_of(x)[2:], **options)


@convolution_of_weight.vjp
def _(g: Any, w: Any, x: Any, y: Any, kernel: Sizes, **options: Any) -> Any:
    return convolution(conjugated(x), g, **options)


convolution_of_weight.jvps = (
    lambda t, w, x, y, **options: convolution_of_weight(t, y, **options),
    lambda t, w, x, y, **options: convolution_of_weight(x, t, **options),
)


def conjugated(x: Any) -> Any:
    """The conjugate of complex numbers; real ones as they are, without a copy."""
    return np.conj(x) if x.dtype.kind == "c" else x


def side_by_side(b: Any) -> Any:
    """The matrices of all samples as one wide one.  (n, G, K, P) -> (G, K, n * P)"""
    return np.moveaxis(b, 0, 2).reshape(*b.shape[1:3], len(b) * b.shape[-1])


def fitting(n: int, size: int) -> int:
    """How many of n samples to take at a time, each of which has columns of that many bytes."""
    return max(1, min(n, CACHE // max(size, 1)))


def slices(n: int, step: int) -> Iterator[slice]:
    """Slices that take n samples, `step` at a time."""
    return (slice(i, i + step) for i in range(0, n, step))


def columns_of(
    x: Any, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int, counts: Sizes, dtype: Any
) -> Iterator[tuple[slice, Any]]:
    """(samples, their windows as columns) of x, a few samples at a time: (groups, C/groups * kernel, counts) each."""
    n, c = x.shape[:2]
    shape = (groups, c // groups * prod(kernel), prod(counts))
    step = fitting(n, prod(shape) * dtype.itemsize)
    if prod(kernel) == 1 and set(stride) == {1} and not any(map(any, padding)):
        x = x.astype(dtype, copy=False).reshape(n, *shape)  # pointwise: x itself
        yield from ((some, x[some]) for some in slices(n, step))
        return
    behind = tuple(min(after, 0) or None for _, after in padding)
    x = x[(..., *map(slice, behind))]
    # Zeros are put around a few samples at a time: around all, in new memory, it takes three times as long.
    is_padded = any(map(any, padding))
    whole, middle = zeros_around((step, *x.shape[1:]), padding, x.dtype) if is_padded else (x, x)
    view = view_of_windows(whole, kernel, stride, dilation, counts)
    room = np.empty((step, c, *kernel, *counts), dtype)
    for some in slices(n, step):
        part = x[some]
        columns = room[: len(part)]
        if is_padded:
            middle[: len(part)] = part
        columns[...] = view[: len(part)] if is_padded else view[some]
        yield some, columns.reshape(len(part), *shape)
