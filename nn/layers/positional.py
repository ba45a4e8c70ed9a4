"""Positions for attention, which does not know any: sinusoidal and learned ones to be added, rotary ones to turn by."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value

from ..checks import as_operand, check_whole, shape_of
from ..module import Module
from .dropout import Dropout

__all__ = ["LearnedPositions", "RotaryPositions", "SinusoidalPositions", "sinusoidal_positions"]


def sinusoidal_positions(n: int, d_model: int) -> Any:
    """Sines, in even places, and cosines, in odd ones, of n positions at d_model / 2 frequencies.  -> (n, d_model)

    The frequencies are 10000^(-2i / d_model), so that a shift of positions is a rotation of each pair. An odd d_model
    has one cosine less.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.5.

    Example
    -------
    >>> sinusoidal_positions(2, 2)
    array([[0.        , 1.        ],
           [0.84147098, 0.54030231]])
    """
    check_whole("sinusoidal_positions", "n", n, 0)
    check_whole("sinusoidal_positions", "d_model", d_model)
    angles = angles_of(np.arange(n), d_model, 10000.0)
    table = np.empty((n, d_model))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : d_model // 2])
    return table


class SinusoidalPositions(Module):
    """x plus `sinusoidal_positions`, then dropout.  (L, N, d_model) -> (L, N, d_model)

    batch_first: N before L; without a batch, N is missing. Any length: nothing is trained, and nothing is in the state.

    Raises: UsageError for sizes; ShapeError, when called, for x of another shape.
    Source: as `sinusoidal_positions`.

    Example
    -------
    >>> SinusoidalPositions(2)(np.zeros((3, 1, 2)))[0, 0]
    array([0., 1.])
    """

    def __init__(
        self,
        d_model: int,
        dropout: float = 0.0,
        batch_first: bool = False,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("SinusoidalPositions", "d_model", d_model)
        self.d_model, self.batch_first = d_model, batch_first
        self.dropout = Dropout(dropout, rng=rng)
        self._table = sinusoidal_positions(0, d_model)

    def __call__(self, x: Any) -> Any:
        """(L, N, d_model) -> (L, N, d_model)"""
        x = as_operand(x)
        n = length_of("SinusoidalPositions", x, self.d_model, batch_first=self.batch_first)
        if n > len(self._table):
            self._table = sinusoidal_positions(n, self.d_model)
        return self.dropout(
            x + beside(self._table[:n].astype(np.result_type(x.dtype, 1.0)), x, batch_first=self.batch_first)
        )


class LearnedPositions(Module):
    """x plus a learned vector for each position, then dropout.  (L, N, d_model) -> (L, N, d_model)

    weight has shape (max_len, d_model), and starts normal with standard deviation 0.02. batch_first: N before L;
    without a batch, N is missing.

    Raises: UsageError for sizes, and, when called, for more than max_len positions; ShapeError for x of another shape.
    Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), whose start this is.

    Example
    -------
    >>> LearnedPositions(10, 4, rng=np.random.default_rng(0))(np.zeros((3, 2, 4))).shape
    (3, 2, 4)
    """

    def __init__(
        self,
        max_len: int,
        d_model: int,
        dropout: float = 0.0,
        batch_first: bool = False,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("LearnedPositions", "max_len", max_len)
        check_whole("LearnedPositions", "d_model", d_model)
        rng = np.random.default_rng() if rng is None else rng
        self.max_len, self.d_model, self.batch_first = max_len, d_model, batch_first
        self.weight = Value(rng.normal(0, 0.02, (max_len, d_model)).astype(dtype))
        self.dropout = Dropout(dropout, rng=rng)

    def __call__(self, x: Any) -> Any:
        """(L, N, d_model) -> (L, N, d_model)"""
        n = length_of("LearnedPositions", x, self.d_model, batch_first=self.batch_first)
        if n > self.max_len:
            raise UsageError(
                f"LearnedPositions: got {n} positions; it has learned max_len = {self.max_len}; shorten x, or build it "
                "with a larger max_len"
            )
        return self.dropout(x + beside(self.weight[:n], x, batch_first=self.batch_first))


class RotaryPositions(Module):
    """x with each pair of numbers turned by an angle that grows with the position.  (..., L, dim) -> (..., L, dim)

    For queries and keys, after they were split into heads: their products then depend on how far apart two positions
    are, and not on where they are. Position p turns pair i by p * base^(-2i / dim). interleaved: pairs are neighbours,
    as in the paper; else pair i is of numbers i and i + dim / 2, as in many published models, whose weights need it.

    Raises: UsageError for a dim that is not even; ShapeError, when called, for x of another last axis.
    Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021), section 3.2.

    Example
    -------
    >>> rotary = RotaryPositions(2)
    >>> rotary(np.array([[1.0, 0.0], [1.0, 0.0]]))
    array([[1.        , 0.        ],
           [0.54030231, 0.84147098]])
    """

    def __init__(self, dim: int, base: float = 10000.0, interleaved: bool = True) -> None:
        check_whole("RotaryPositions", "dim", dim)
        if dim % 2:
            raise UsageError(f"RotaryPositions: got dim = {dim}; it turns pairs of numbers; give an even dim")
        self.dim, self.base, self.interleaved = dim, base, interleaved

    def __call__(self, x: Any, offset: int = 0) -> Any:
        """(..., L, dim) -> (..., L, dim); offset: the position of the first, as when earlier keys are kept."""
        x = as_operand(x)
        shape = shape_of(x)
        if len(shape) < 2 or shape[-1] != self.dim:
            raise ShapeError(
                f"RotaryPositions: got x of shape {shape}; it must be (..., L, dim) with dim = {self.dim}; reshape x, "
                "or build RotaryPositions with that dim"
            )
        angles = angles_of(np.arange(offset, offset + shape[-2]), self.dim, self.base)
        cos, sin = (y.astype(np.result_type(x.dtype, 1.0)) for y in (np.cos(angles), np.sin(angles)))
        if self.interleaved:
            a, b = x[..., 0::2], x[..., 1::2]
            turned = np.stack([a * cos - b * sin, a * sin + b * cos], -1)
            return np.reshape(turned, (*turned.shape[:-2], self.dim))
        a, b = x[..., : self.dim // 2], x[..., self.dim // 2 :]
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], -1)


def angles_of(positions: Any, dim: int, base: float) -> Any:
    """Each position times each frequency.  (L,) -> (L, (dim + 1) // 2)"""
    return positions[:, None] * base ** (-np.arange(0, dim, 2) / dim)


def length_of(where: str, x: Any, d_model: int, *, batch_first: bool) -> int:
    """How many positions x has; an error for x that is no sequence, or batch of sequences, of d_model."""
    shape = shape_of(x)
    if len(shape) not in {2, 3} or shape[-1] != d_model:
        layout = "(N, L, d_model)" if batch_first else "(L, N, d_model)"
        raise ShapeError(
            f"{where}: got x of shape {shape}; it must be {layout}, or (L, d_model) without a batch, with d_model = "
            f"{d_model}; reshape x, or build {where} with that d_model"
        )
    return shape[1] if batch_first and len(shape) == 3 else shape[0]


def beside(table: Any, x: Any, *, batch_first: bool) -> Any:
    """A table of positions (L, d_model), shaped to be added to x."""
    return table[:, None] if len(shape_of(x)) == 3 and not batch_first else table
