"""Arrays read at other places along their axes, between their own numbers: an op, and its transpose."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd_mini import linear

from .checks import shape_of
from .windows import Sizes

__all__ = ["resized", "resized_back"]

RESIZED: Any = [  # shapes, and options that both ops have
    ((1, 2, 3), {"size": (5,), "mode": "nearest", "align_corners": False, "scales": None}),
    ((2, 1, 5), {"size": (3,), "mode": "nearest-exact", "align_corners": False, "scales": None}),
    ((1, 2, 4), {"size": (9,), "mode": "linear", "align_corners": False, "scales": (2.3,)}),
    ((1, 1, 3, 4), {"size": (5, 2), "mode": "linear", "align_corners": True, "scales": None}),
    ((1, 1, 4, 3), {"size": (6, 7), "mode": "cubic", "align_corners": False, "scales": None}),
    ((1, 1, 2, 3, 2), {"size": (3, 2, 4), "mode": "linear", "align_corners": False, "scales": None}),
]


@linear(
    name="nn.resize",
    transpose=lambda g, x, **options: sent_back(g, shape_of(x)[2:], **options),
    samples=lambda a: [(a(*x), o) for x, o in RESIZED],
)
def resized(x: Any, /, size: Sizes, mode: str, align_corners: bool, scales: tuple[float, ...] | None) -> Any:
    """The array at other places along each axis.  (N, C, *lengths) -> (N, C, *size)

    scales: how much longer an axis is said to be, where that is not the quotient of its lengths.
    """
    for axis, places in axes_of(x.shape[2:], size, mode, align_corners, scales):
        y: Any = None
        for at, weight in places:
            part = np.take(x, at, axis)
            if weight is not None:
                part *= weight.astype(x.real.dtype)
            y = part if y is None else np.add(y, part, out=y)
        x = y
    return x


def sent_back(g: Any, lengths: Sizes, **options: Any) -> Any:
    """The transpose of `resized`, which is declared with it."""
    return resized_back(g, lengths=lengths, **options)


@linear(
    name="nn.resize_transpose",
    transpose=lambda g, y, lengths, **options: resized(g, **options),
    samples=lambda a: [(a(*x[:2], *o["size"]), {"lengths": x[2:], **o}) for x, o in RESIZED],
)
def resized_back(
    g: Any, /, lengths: Sizes, size: Sizes, mode: str, align_corners: bool, scales: tuple[float, ...] | None
) -> Any:
    """Each number added to those that it was read from, by their weights.  (N, C, *size) -> (N, C, *lengths)"""
    for axis, places in axes_of(lengths, size, mode, align_corners, scales):
        n, m = lengths[axis], size[axis]
        # A product with a matrix that is mostly zeros: eight times faster than sums of runs at places.
        weights = np.zeros((n, m), g.real.dtype)
        for at, weight in places:
            np.add.at(weights, (at, np.arange(m)), 1 if weight is None else weight.ravel())
        shape = (*g.shape[:axis], n, *g.shape[g.ndim + axis + 1 :])
        after = prod(g.shape[g.ndim + axis + 1 :])
        g = g.reshape(-1, m) @ weights.T if after == 1 else weights @ g.reshape(-1, m, after)
        g = g.reshape(shape)
    return g


def axes_of(
    lengths: Sizes, size: Sizes, mode: str, align_corners: bool, scales: tuple[float, ...] | None
) -> list[tuple[int, list[tuple[Any, Any]]]]:
    """(axis, [(places, weights), ...]) for each axis, counted from behind: what each number is the sum of.

    Weights are None where they are 1.
    """
    out = []
    for i, (n, m) in enumerate(zip(lengths, size, strict=True)):
        axis = i - len(size)
        step = n / m if scales is None else 1 / scales[i]
        column = (m, *(1,) * (-axis - 1))
        if mode in ("nearest", "nearest-exact"):
            # In single precision, as in PyTorch for planes: where two are as near, the rounding decides.
            middle = 0 if mode == "nearest" else np.float32(0.5)
            at = np.floor((np.arange(m, dtype=np.float32) + middle) * np.float32(step)).astype(int)
            out.append((axis, [(np.minimum(at, n - 1), None)]))
            continue
        if align_corners:
            source = np.arange(m) * ((n - 1) / (m - 1) if m > 1 else 0.0)
        else:
            source = (np.arange(m) + 0.5) * step - 0.5
            source = np.maximum(source, 0) if mode == "linear" else source
        low = np.floor(source).astype(int)
        t = source - low
        weights = [1 - t, t] if mode == "linear" else [cubic(1 + t), cubic(t), cubic(1 - t), cubic(2 - t)]
        first = 0 if mode == "linear" else -1
        places = [np.clip(low + first + k, 0, n - 1) for k in range(len(weights))]
        out.append((axis, [(at, w.reshape(column)) for at, w in zip(places, weights, strict=True)]))
    return out


def cubic(distance: Any) -> Any:
    """The weight of a number at that distance, from 0 to 2, from the place where it is read.

    Source: Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -3/4.
    """
    a, d = -0.75, distance
    return np.where(d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1, a * (((d - 5) * d + 8) * d - 4))
