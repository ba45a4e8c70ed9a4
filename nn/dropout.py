"""Dropout: in training some numbers, drawn anew at each call, are 0, and the others are larger for it.

After `eval()`, and where p is 0, the input is passed on.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from autograd_mini import ShapeError, UsageError, sample

from .checks import as_operand, shape_of
from .init import given
from .module import Module

__all__ = [
    "AlphaDropout",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]

Rng = np.random.Generator | None
# What SELU tends to on the left: minus its scale times its alpha.
LEAST_OF_SELU = -1.7580993408473766


def dropout(x: Any, p: float = 0.5, training: bool = True, *, rng: Rng = None) -> Any:
    """`x` with each number 0 with probability p, and else divided by 1 - p.  (...) -> (...)

    Raises: UsageError for a p that is no probability.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
    """
    return dropped("dropout", as_operand(x), p, training, rng)


def dropout1d(x: Any, p: float = 0.5, training: bool = True, *, rng: Rng = None) -> Any:
    """Dropout of whole channels.  (N, C, L) or (C, L), and the same out"""
    return by_channel("dropout1d", (2, 3), "(N, C, L) or (C, L)", x, p, training, rng)


def dropout2d(x: Any, p: float = 0.5, training: bool = True, *, rng: Rng = None) -> Any:
    """Dropout of whole channels.  (N, C, H, W) -> (N, C, H, W)

    Three axes, which PyTorch takes with a warning as (N, C, L), are refused: `dropout1d` is for those.

    Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
    """
    return by_channel("dropout2d", (4,), "(N, C, H, W)", x, p, training, rng)


def dropout3d(x: Any, p: float = 0.5, training: bool = True, *, rng: Rng = None) -> Any:
    """Dropout of whole channels.  (N, C, D, H, W) or (C, D, H, W), and the same out"""
    return by_channel("dropout3d", (4, 5), "(N, C, D, H, W) or (C, D, H, W)", x, p, training, rng)


def alpha_dropout(x: Any, p: float = 0.5, training: bool = False, *, rng: Rng = None) -> Any:
    """`x` with each number, with probability p, the least that SELU gives; then scaled and shifted.  (...) -> (...)

    A mean of 0 and a variance of 1 stay so. `training` is False unless it is said, as in PyTorch.

    Raises: UsageError for a p that is no probability.
    Source: Klambauer et al., "Self-normalizing neural networks" (2017), section "New dropout technique".
    """
    x = as_operand(x)
    return saturated("alpha_dropout", x, shape_of(x), p, training, rng)


def feature_alpha_dropout(x: Any, p: float = 0.5, training: bool = False, *, rng: Rng = None) -> Any:
    """Alpha dropout of whole channels.  (N, C, ...) -> (N, C, ...)

    Raises: UsageError for a p that is no probability; ShapeError for fewer than two axes.
    """
    x = as_operand(x)
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(
            f"feature_alpha_dropout: got x of shape {shape}; it needs (N, C, ...), with two axes or more; reshape x"
        )
    return saturated("feature_alpha_dropout", x, (*shape[:2], *(1,) * (len(shape) - 2)), p, training, rng)


class Dropping(Module):
    """What drops with probability p in training, and draws from its own generator."""

    function: ClassVar[Any]

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        check_probability(type(self).__name__, p)
        self.p = p
        self._rng = given(rng)

    def __call__(self, x: Any) -> Any:
        """The input, with some of it dropped in training; of its shape."""
        return type(self).function(x, self.p, self.training, rng=self._rng)


class Dropout(Dropping):
    """Each number 0 with probability p, and else divided by 1 - p; the input itself after `eval()`.  (...) -> (...)

    Raises: UsageError for a p that is no probability.

    Example
    -------
    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> layer(np.ones(6))
    array([2., 2., 2., 0., 0., 0.])
    >>> layer.eval()(np.ones(3))
    array([1., 1., 1.])
    """

    function = staticmethod(dropout)


class Dropout1d(Dropping):
    """Dropout of whole channels, of (N, C, L) or (C, L); ShapeError for other axes."""

    function = staticmethod(dropout1d)


class Dropout2d(Dropping):
    """Dropout of whole channels, of (N, C, H, W); ShapeError for other axes, three among them: see `dropout2d`."""

    function = staticmethod(dropout2d)


class Dropout3d(Dropping):
    """Dropout of whole channels, of (N, C, D, H, W) or (C, D, H, W); ShapeError for other axes."""

    function = staticmethod(dropout3d)


class AlphaDropout(Dropping):
    """Dropout that keeps a mean of 0 and a variance of 1, to stand behind SELU: see `alpha_dropout`."""

    function = staticmethod(alpha_dropout)


class FeatureAlphaDropout(Dropping):
    """Alpha dropout of whole channels, of (N, C, ...)."""

    function = staticmethod(feature_alpha_dropout)


# ---- what they share


def kept(rng: np.random.Generator, shape: tuple[int, ...], p: float) -> Any:
    """True with probability 1 - p, of that shape: the one place where dropout draws."""
    return sample(rng, "random", shape, np.float32) >= p  # half the time of float64; p is met to one in 2**24


def dropped(where: str, x: Any, p: float, training: bool, rng: Rng, shape: tuple[int, ...] | None = None) -> Any:
    """Dropout of what the places of `shape`, that of x unless it is given, stand for."""
    check_probability(where, p)
    if not training or p == 0:
        return x
    mask = kept(given(rng), shape_of(x) if shape is None else shape, p)
    return x * (mask * precision(x).type(1.0 / (1.0 - p) if p < 1 else 0.0))


def by_channel(where: str, ndims: tuple[int, ...], layouts: str, x: Any, p: float, training: bool, rng: Rng) -> Any:
    """Dropout of whole channels, of inputs that have one of these numbers of axes, the last with a batch."""
    x = as_operand(x)
    shape = shape_of(x)
    if len(shape) not in ndims:
        raise ShapeError(f"{where}: got x of shape {shape}; it needs {layouts}; reshape x")
    n = 2 if len(shape) == ndims[-1] else 1
    return dropped(where, x, p, training, rng, (*shape[:n], *(1,) * (len(shape) - n)))


def saturated(where: str, x: Any, shape: tuple[int, ...], p: float, training: bool, rng: Rng) -> Any:
    """Alpha dropout of what the places of `shape` stand for."""
    check_probability(where, p)
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0.0
    a = 1.0 / math.sqrt((1.0 - p) * (1.0 + p * LEAST_OF_SELU**2))
    mask = kept(given(rng), shape, p)
    number = precision(x).type
    return x * (mask * number(a)) + (number(LEAST_OF_SELU * a * (1.0 - p)) - mask * number(LEAST_OF_SELU * a))


def precision(x: Any) -> Any:
    """The dtype of x, and float64 for whole numbers."""
    dtype = getattr(x, "dtype", np.dtype(float))
    return dtype if dtype.kind == "f" else np.dtype(float)


def check_probability(where: str, p: Any) -> None:
    """Raise UsageError unless p lies between 0 and 1."""
    if isinstance(p, (bool, str)) or not 0 <= p <= 1:
        raise UsageError(f"{where}: got p={p!r}; it is a probability; give a number between 0 and 1")
