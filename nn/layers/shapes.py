"""Modules that change no number: what passes on its input, and what gives it another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from ..checks import as_operand, check_whole, shape_of
from ..module import Module

__all__ = ["Flatten", "Identity", "Unflatten"]


class Identity(Module):
    """The input itself; takes any settings, and forgets them, so that it can stand in for another module."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    def __call__(self, x: Any) -> Any:
        """(...) -> (...)"""
        return x


class Flatten(Module):
    """Axes from start_dim to end_dim, which is among them, as one.  (N, C, H, W) -> (N, C*H*W)

    Raises: ShapeError, when called, for an x without these axes, or in another order.

    Example
    -------
    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def __call__(self, x: Any) -> Any:
        """(..., n, ..., m, ...) -> (..., n*...*m, ...)"""
        x = as_operand(x)
        shape = shape_of(x)
        n = max(len(shape), 1)  # a number is taken for an array of one
        first, last = (d + n if d < 0 else d for d in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < n:
            raise ShapeError(
                f"Flatten: got x of shape {shape}; it needs the axes from start_dim = {self.start_dim} to end_dim = "
                f"{self.end_dim}, in this order; reshape x, or build Flatten with others"
            )
        return np.reshape(x, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


class Unflatten(Module):
    """One axis as several, of sizes whose product is its own; one of them may be -1, for what is left.

    Raises: UsageError for sizes that mean nothing; ShapeError, when called, for an x whose axis they do not make up.

    Example
    -------
    >>> Unflatten(1, (3, -1))(np.ones((2, 12))).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        sizes = tuple(unflattened_size)
        for n in sizes:
            check_whole("Unflatten", "unflattened_size", n, -1)
        if not sizes or sizes.count(-1) > 1:
            raise UsageError(
                f"Unflatten: got unflattened_size={sizes}; an axis becomes one or more; give others, at most one -1"
            )
        self.dim, self.unflattened_size = dim, sizes

    def __call__(self, x: Any) -> Any:
        """(..., n, ...) -> (..., *unflattened_size, ...)"""
        x = as_operand(x)
        shape, sizes = shape_of(x), self.unflattened_size
        i = self.dim + len(shape) if self.dim < 0 else self.dim
        known = math.prod(n for n in sizes if n != -1)
        fits = 0 <= i < len(shape) and (shape[i] == known or (-1 in sizes and known and shape[i] % known == 0))
        if not fits:
            raise ShapeError(
                f"Unflatten: got x of shape {shape}; its axis {self.dim} must be made up of {sizes}; "
                "reshape x, or build Unflatten with other sizes"
            )
        sizes = tuple(shape[i] // known if n == -1 else n for n in sizes)
        return np.reshape(x, (*shape[:i], *sizes, *shape[i + 1 :]))
