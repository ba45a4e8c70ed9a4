"""`RNNCell`, `LSTMCell` and `GRUCell`: one step of a recurrent layer, for loops of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value

from ..checks import as_operand, check_choice, check_whole, shape_of
from ..module import Module
from .linear import uniform
from .recurrences import gru_step, lstm_step, rnn_step

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "pair", "uniform_value"]


class Cell(Module):
    """What the cells share: weight_ih, weight_hh and, with bias, bias_ih and bias_hh, of gates * hidden_size rows."""

    gates: int

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, dtype: Any, rng: np.random.Generator | None
    ) -> None:
        where = type(self).__name__
        check_whole(where, "input_size", input_size)
        check_whole(where, "hidden_size", hidden_size)
        rng = np.random.default_rng() if rng is None else rng
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.gates * hidden_size
        self.weight_ih = uniform_value(rng, hidden_size, (rows, input_size), dtype)
        self.weight_hh = uniform_value(rng, hidden_size, (rows, hidden_size), dtype)
        self.bias_ih: Any = uniform_value(rng, hidden_size, (rows,), dtype) if bias else None
        self.bias_hh: Any = uniform_value(rng, hidden_size, (rows,), dtype) if bias else None

    def checked(self, x: Any, states: tuple[Any, ...] | None, n_states: int = 1) -> tuple[Any, ...]:
        """The input and the states, which are zeros when None; an error if they do not fit."""
        where = type(self).__name__
        x = as_operand(x)
        shape = shape_of(x)
        if len(shape) not in {1, 2} or shape[-1] != self.input_size:
            raise ShapeError(
                f"{where}: got x of shape {shape}; it must be (N, input_size) or (input_size,), with input_size = "
                f"{self.input_size}; reshape x, or build {where} with that input_size"
            )
        if states is None:
            # One row of zeros serves for a batch of any size.
            zeros = np.zeros((*(1,) * (len(shape) - 1), self.hidden_size), self.weight_hh.dtype)
            return (x, *(zeros,) * n_states)
        states = tuple(map(as_operand, states))
        for h in states:
            if shape_of(h) != (*shape[:-1], self.hidden_size):
                raise ShapeError(
                    f"{where}: got a state of shape {shape_of(h)} for x of shape {shape}; it must be "
                    f"{(*shape[:-1], self.hidden_size)}; reshape it, or leave it out"
                )
        return (x, *states)

    def sums(self, x: Any, h: Any) -> tuple[Any, Any]:
        """What the input and the state bring to the gates.  (N, gates * hidden_size), twice"""
        xz, hz = x @ self.weight_ih.T, h @ self.weight_hh.T
        return (xz, hz) if self.bias_ih is None else (xz + self.bias_ih, hz + self.bias_hh)


class RNNCell(Cell):
    """One step of an `RNN`: the next state.  (N, input_size), (N, hidden_size) -> (N, hidden_size), or without N

    nonlinearity: "tanh" or "relu".

    Raises: UsageError for sizes and settings; ShapeError, when called, for x or a state of another shape.

    Example
    -------
    >>> cell = RNNCell(3, 4, rng=np.random.default_rng(0))
    >>> h = cell(np.ones((2, 3)))
    >>> cell(np.ones((2, 3)), h).shape
    (2, 4)
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_choice("RNNCell", "nonlinearity", nonlinearity, ("tanh", "relu"))
        super().__init__(input_size, hidden_size, bias, dtype, rng)
        self.nonlinearity = nonlinearity

    def __call__(self, x: Any, hx: Any = None) -> Any:
        """The next state; hx: the state before, zeros when None."""
        x, h = self.checked(x, None if hx is None else (hx,))
        xz, hz = self.sums(x, h)
        return rnn_step(xz + hz, self.nonlinearity)


class LSTMCell(Cell):
    """One step of an `LSTM`: the next output and the next memory.

    (N, input_size), two of (N, hidden_size) -> two of (N, hidden_size), or without N

    Raises: UsageError for sizes, and for states that are no pair; ShapeError, when called, for x or a state of another
    shape.

    Example
    -------
    >>> cell = LSTMCell(3, 4, rng=np.random.default_rng(0))
    >>> h, c = cell(np.ones((2, 3)))
    >>> h, c = cell(np.ones((2, 3)), (h, c))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype, rng)

    def __call__(self, x: Any, hx: Any = None) -> tuple[Any, Any]:
        """The next (h, c); hx: the pair before, zeros when None."""
        x, h, c = self.checked(x, None if hx is None else pair("LSTMCell", hx), 2)
        xz, hz = self.sums(x, h)
        return lstm_step(xz + hz, c)


class GRUCell(Cell):
    """One step of a `GRU`: the next state.  (N, input_size), (N, hidden_size) -> (N, hidden_size), or without N

    Raises: UsageError for sizes; ShapeError, when called, for x or a state of another shape.

    Example
    -------
    >>> cell = GRUCell(3, 4, rng=np.random.default_rng(0))
    >>> h = cell(np.ones((2, 3)))
    >>> cell(np.ones((2, 3)), h).shape
    (2, 4)
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype, rng)

    def __call__(self, x: Any, hx: Any = None) -> Any:
        """The next state; hx: the state before, zeros when None."""
        x, h = self.checked(x, None if hx is None else (hx,))
        return gru_step(*self.sums(x, h), h)


def pair(where: str, hx: Any) -> tuple[Any, Any]:
    """The two states of an LSTM; an error for anything but a pair."""
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise UsageError(f"{where}: got states hx of type {type(hx).__name__}; they are a pair; give (h, c)")
    return hx[0], hx[1]


def uniform_value(rng: np.random.Generator, hidden_size: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """A parameter between plus and minus 1 / sqrt(hidden_size)."""
    return Value(uniform(rng, hidden_size, shape).astype(dtype))
