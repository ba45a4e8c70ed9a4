"""Ops that take the largest number, or the mean, of every window, and their transposes.

A window is a product of ranges, so its largest number and its sum are taken along one axis after the other.
Padding is never written down: what a window has outside of x is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from autograd_mini import discrete, linear, primitive

from .checks import shape_of
from .windows import Sizes, taps

__all__ = ["average_pooling", "count_of_pools", "indices_of_maxima", "maximum_pooling"]

POOLS: Any = [  # shapes of x, and options that both kinds of pooling have
    ((2, 2, 5), {"kernel": (2,), "stride": (2,), "padding": (0,), "ceil_mode": False}),
    ((1, 2, 6), {"kernel": (3,), "stride": (2,), "padding": (1,), "ceil_mode": True}),
    ((1, 2, 4, 6), {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": False}),
    ((2, 1, 5, 4), {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 0), "ceil_mode": False}),
    ((1, 1, 4, 5), {"kernel": (2, 2), "stride": (3, 3), "padding": (1, 0), "ceil_mode": True}),
    ((1, 1, 3, 4, 3), {"kernel": (2, 2, 2), "stride": (1, 2, 1), "padding": (0, 1, 0), "ceil_mode": False}),
]


def count_of_pools(
    lengths: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, *, ceil_mode: bool
) -> Sizes:
    """How many windows there are along each axis.

    ceil_mode: also one that reaches over the end, if it begins within x or the padding before it.
    """
    counts = []
    for n, k, s, p, d in zip(lengths, kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        count = -(-room // s) + 1 if ceil_mode else room // s + 1
        counts.append(count - (ceil_mode and (count - 1) * s >= n + p))
    return tuple(counts)


def along_axes(
    lengths: Sizes, counts: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Iterator[tuple[int, list[tuple[Any, Any]]]]:
    """(axis, keys of x and of the windows for every place in the kernel) for each axis, as counted from behind."""
    for i, axis in enumerate(zip(lengths, counts, kernel, stride, padding, dilation, strict=True)):
        rest = (slice(None),) * (len(lengths) - i - 1)
        one = taps(*((n,) for n in axis))
        yield i - len(lengths), [((..., *at, *rest), (..., *windows, *rest)) for _, at, windows in one]


def with_length(shape: Sizes, axis: int, n: int) -> Sizes:
    """The shape with another length of one axis, as counted from behind."""
    at = len(shape) + axis
    return (*shape[:at], n, *shape[at + 1 :])


def reduced(ufunc: Any, x: Any, start: Any, counts: Sizes, *window: Sizes) -> Any:
    """A ufunc of all numbers of each window, one axis after the other; `start` where it has none."""
    for (axis, keys), count in zip(along_axes(x.shape[-len(counts) :], counts, *window), counts, strict=True):
        shape = with_length(x.shape, axis, count)
        y: Any = None
        for at, windows in keys:
            part = x[at]
            if y is None and part.shape == shape:
                y = part.copy()
                continue
            if y is None:
                y = np.full(shape, start, x.dtype)
            ufunc(y[windows], part, out=y[windows])
        x = np.full(shape, start, x.dtype) if y is None else y
    return x


# ---- the largest number


@primitive(
    name="nn.max_pool",
    smooth=True,
    samples=lambda a: (
        [(a(*x), {**o, "dilation": (1,) * len(o["kernel"])}) for x, o in POOLS]
        + [(a(1, 2, 7), {**POOLS[0][1], "dilation": (3,)}), (a(1, 1, 7), {**POOLS[1][1], "dilation": (2,)})]
    ),
)
def maximum_pooling(x: Any, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> Any:
    """The largest number of each window.  (N, C, *lengths) -> (N, C, *counts); ties share the derivative."""
    counts = count_of_pools(x.shape[2:], kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return reduced(np.maximum, x, least, counts, kernel, stride, padding, dilation)


@primitive(name="nn.max_pool_transpose", smooth=True)
def spread_to_maxima(
    g: Any, x: Any, y: Any, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Any:
    """Numbers of windows, shared evenly among those of x that are the largest, y, of the window."""
    masks, ties = maxima(x, y, kernel, stride, padding, dilation)
    share = g if ties is None else g / ties
    out = np.zeros(x.shape, share.dtype)
    overlap = any(d * (k - 1) >= s and k > 1 for k, s, d in zip(kernel, stride, dilation, strict=True))
    for at, windows, is_it in masks:
        if overlap:
            out[at] += is_it * share[windows]
        else:
            np.multiply(is_it, share[windows], out=out[at])
    return out


@primitive(name="nn.max_pool_tangent", smooth=True)
def mean_at_maxima(
    t: Any, x: Any, y: Any, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Any:
    """The mean of the numbers t, for each window, where x is the largest, y, of it."""
    masks, ties = maxima(x, y, kernel, stride, padding, dilation)
    out = np.zeros(y.shape, t.dtype)
    for at, windows, is_it in masks:
        out[windows] += is_it * t[at]
    return out if ties is None else out / ties


# Which numbers are the largest does not change nearby: x and y have no derivative.
maximum_pooling.vjp(lambda g, y, x, **window: spread_to_maxima(g, x, y, **window))
maximum_pooling.jvps = (lambda t, y, x, **window: mean_at_maxima(t, x, y, **window),)
for op, transpose in ((spread_to_maxima, mean_at_maxima), (mean_at_maxima, spread_to_maxima)):
    op.vjps = (lambda g, z, t, x, y, transpose=transpose, **window: transpose(g, x, y, **window), None, None)
    op.jvps = (lambda t, z, s, x, y, op=op, **window: op(t, x, y, **window), None, None)


def places_of(
    x: Any, y: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Iterator[tuple[Any, Any]]:
    """(key of x, key of the windows) for every place in the kernel."""
    for _, at, windows in taps(x.shape[2:], y.shape[2:], kernel, stride, padding, dilation):
        yield (..., *at), (..., *windows)


def maxima(x: Any, y: Any, *window: Sizes) -> tuple[list[tuple[Any, Any, Any]], Any]:
    """(key of x, key of the windows, where x is the largest, y) for every place in the kernel; and how many are.

    None in place of the number where it is 1 everywhere. A nan is larger than all numbers.
    """
    has_nan = y.dtype.kind == "f" and np.isnan(np.max(y, initial=-np.inf))
    places = list(places_of(x, y, *window))
    count = np.zeros(y.shape, np.uint8 if len(places) < 256 else np.int64)  # bytes: a third of the time
    masks = []
    for at, windows in places:
        is_it = x[at] == y[windows]
        if has_nan:
            is_it |= np.isnan(x[at])
        count[windows] += is_it.view(np.uint8)
        masks.append((at, windows, is_it))
    return masks, np.maximum(count, 1).astype(x.dtype) if np.max(count, initial=1) > 1 else None


def places_in_planes(x: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> Any:
    """Where the first of the largest numbers of each window is: its place in a sample's channel, flattened."""
    lengths = x.shape[2:]
    nowhere = prod(lengths)
    flat = np.arange(nowhere).reshape(lengths)
    largest = maximum_pooling.fn(x, kernel, stride, padding, dilation, ceil_mode)
    place = np.full(largest.shape, nowhere)
    for at, windows, is_it in maxima(x, largest, kernel, stride, padding, dilation)[0]:
        np.minimum(place[windows], np.where(is_it, flat[at], nowhere), out=place[windows])
    return place


indices_of_maxima = discrete(
    places_in_planes,
    name="nn.max_pool_indices",
    kernel=None,
    stride=None,
    padding=None,
    dilation=None,
    ceil_mode=False,
)


# ---- the mean


def divisors(
    lengths: Sizes,
    counts: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    count_include_pad: bool,
    divisor: int | None,
    dtype: Any,
) -> Any:
    """By how much the sum of each window is divided: one number, or an array of them."""
    if divisor is not None:
        return divisor
    sizes: Any = 1
    for n, count, k, s, p in zip(lengths, counts, kernel, stride, padding, strict=True):
        first = np.arange(count) * s - p
        inside = (
            np.minimum(first + k, n + p) - first
            if count_include_pad
            else np.minimum(first + k, n) - np.maximum(first, 0)
        )
        sizes = np.multiply.outer(sizes, inside)
    least, most = sizes.min(), sizes.max()
    return int(most) if least == most else sizes.astype(dtype)


MEANS: Any = lambda a: (
    [(a(*x), {**o, "count_include_pad": includes, "divisor": None}) for includes in (True, False) for x, o in POOLS]
    + [(a(*POOLS[3][0]), {**POOLS[3][1], "count_include_pad": True, "divisor": 5})]
)  # one table for both


@linear(
    name="nn.avg_pool",
    transpose=lambda g, x, **window: spread_evenly(g, shape_of(x)[2:], **window),
    samples=MEANS,
)
def average_pooling(
    x: Any,
    /,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    """The mean of each window.  (N, C, *lengths) -> (N, C, *counts)

    count_include_pad: whether padding counts as numbers that are 0. divisor: in place of how many they are.
    """
    ones = (1,) * len(kernel)
    lengths = x.shape[2:]
    counts = count_of_pools(lengths, kernel, stride, padding, ones, ceil_mode=ceil_mode)
    y = reduced(np.add, x, 0, counts, kernel, stride, padding, ones)
    return y / divisors(lengths, counts, kernel, stride, padding, count_include_pad, divisor, x.real.dtype)


def spread_evenly(g: Any, lengths: Sizes, **window: Any) -> Any:
    """The transpose of `average_pooling`, which is declared with it."""
    return transposed_average_pooling(g, lengths=lengths, **window)


@linear(
    name="nn.avg_pool_transpose",
    transpose=lambda g, y, lengths, **window: average_pooling(g, **window),
    samples=lambda a: [
        (a(*average_pooling.fn(np.ones(x), **o).shape), {"lengths": x[2:], **o}) for x, o in MEANS(lambda *shape: shape)
    ],
)
def transposed_average_pooling(
    g: Any,
    /,
    lengths: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    """A number of each window, divided evenly among its places.  (N, C, *counts) -> (N, C, *lengths)"""
    counts = g.shape[2:]
    x = g / divisors(lengths, counts, kernel, stride, padding, count_include_pad, divisor, g.real.dtype)
    for (axis, keys), n in zip(
        along_axes(lengths, counts, kernel, stride, padding, (1,) * len(kernel)), lengths, strict=True
    ):
        wide = np.zeros(with_length(x.shape, axis, n), x.dtype)
        for at, windows in keys:
            wide[at] += x[windows]
        x = wide
    return x
