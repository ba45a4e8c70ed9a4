"""`RNN`, `LSTM` and `GRU`: layers that read a sequence step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError

from ..checks import as_operand, check_choice, check_whole, shape_of
from ..module import Module
from .cells import pair, uniform_value
from .dropout import Dropout
from .recurrences import gru_run, lstm_run, rnn_run

__all__ = ["GRU", "LSTM", "RNN"]


class Recurrent(Module):
    """What the recurrent layers share: their parameters, and the order of layers, directions and steps.

    A kind of layer says how many `gates` it has, and gives the states after all steps by `states`.
    """

    gates: int
    proj_size = 0

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        dtype: Any,
        rng: np.random.Generator | None,
    ) -> None:
        where = type(self).__name__
        for name, n in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            check_whole(where, name, n)
        check_whole(where, "proj_size", self.proj_size, 0)
        if self.proj_size >= hidden_size:
            raise UsageError(
                f"{where}: got proj_size = {self.proj_size} and hidden_size = {hidden_size}; a projection "
                "makes outputs smaller; give a smaller proj_size, or 0 for none"
            )
        rng = np.random.default_rng() if rng is None else rng
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.bidirectional = batch_first, bidirectional
        self.dropout = Dropout(dropout, rng=rng)
        rows, width = self.gates * hidden_size, self.output_size
        for suffix in self.suffixes():
            n_in = input_size if suffix.startswith("l0") else width * (1 + bidirectional)
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, n_in), "weight_hh": (rows, width)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if self.proj_size:
                shapes["weight_hr"] = (self.proj_size, hidden_size)
            for name, shape in shapes.items():
                setattr(self, f"{name}_{suffix}", uniform_value(rng, hidden_size, shape, dtype))

    @property
    def output_size(self) -> int:
        """The length of an output of one direction."""
        return self.proj_size or self.hidden_size

    def suffixes(self) -> list[str]:
        """What the names of the parameters end in: layer by layer, and direction by direction."""
        return [f"l{i}{way}" for i in range(self.num_layers) for way in ("", "_reverse")[: 1 + self.bidirectional]]

    def part(self, name: str, suffix: str) -> Any:
        """The parameter of that name in one layer and direction, or None."""
        return getattr(self, f"{name}_{suffix}", None)

    def states(self, xz: Any, starts: Sequence[Any], suffix: str) -> Any:
        """The states after each step, side by side, of what comes from the inputs, and of the initial states."""
        raise NotImplementedError

    def run(self, x: Any, starts: Sequence[Any], widths: Sequence[int], lengths: Any) -> tuple[Any, Any]:
        """(output, last states side by side) of a sequence, and of initial states with those widths, or of none."""
        where = type(self).__name__
        x, *starts = map(as_operand, (x, *starts))
        shape = shape_of(x)
        if len(shape) not in {2, 3} or shape[-1] != self.input_size or 0 in shape:
            layout = "(N, L, input_size)" if self.batch_first else "(L, N, input_size)"
            raise ShapeError(
                f"{where}: got x of shape {shape}; it must be {layout}, or (L, input_size) without a batch, with steps "
                f"and sequences and input_size = {self.input_size}; reshape x, or build {where} with that input_size"
            )
        is_batch = len(shape) == 3
        if is_batch and self.batch_first:
            x = np.swapaxes(x, 0, 1)
        n_steps, *batch = x.shape[:-1]
        checked_lengths = None if lengths is None else whole_lengths(where, lengths, n_steps, batch)
        suffixes = self.suffixes()
        for start, width in zip(starts, widths, strict=False):
            if shape_of(start) != (len(suffixes), *batch, width):
                raise ShapeError(
                    f"{where}: got an initial state of shape {shape_of(start)} for x of shape {shape}; it must "
                    f"be {(len(suffixes), *batch, width)}, one for each layer and direction; reshape or omit it"
                )
        dtype = self.part("weight_hh", "l0").dtype
        # One row of zeros serves for a batch of any size.
        zeros = [np.zeros((1, width) if is_batch else width, dtype) for width in widths]
        steps = Steps(n_steps, checked_lengths)
        x = steps.kept(x)
        last: list[Any] = []
        outputs: list[Any] = []
        for i, suffix in enumerate(suffixes):
            is_reverse = suffix.endswith("reverse")
            if i and not is_reverse:
                x, outputs = self.dropout(joined(outputs)), []
            xz = self.projected(steps.reverse(x) if is_reverse else x, suffix)
            y = self.states(xz, [start[i] for start in starts] or zeros, suffix)
            last.append(steps.last(y))
            h = y[..., : widths[0]] if len(widths) > 1 else y
            outputs.append(steps.reverse(h) if is_reverse else h)
        output = steps.kept(joined(outputs))
        return np.swapaxes(output, 0, 1) if is_batch and self.batch_first else output, np.stack(last)

    def projected(self, x: Any, suffix: str) -> Any:
        """What the inputs of all steps bring to the gates, in one product.  (L, N, input) -> (L, N, gates * H)"""
        w, bias = self.part("weight_ih", suffix), self.part("bias_ih", suffix)
        z = np.reshape(x, (-1, x.shape[-1])) @ w.T
        if bias is not None:
            z = z + self.input_bias(bias, self.part("bias_hh", suffix))
        return np.reshape(z, (x.shape[0], *(-1,) * (len(x.shape) - 2), w.shape[0]))

    def input_bias(self, bias_ih: Any, bias_hh: Any) -> Any:
        """What is added to all steps' inputs at once: both biases, where they are only ever added."""
        return bias_ih + bias_hh


class RNN(Recurrent):
    """h = tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh) at each step of a sequence.

    (L, N, input_size) -> (L, N, D * hidden_size) and (D * num_layers, N, hidden_size), where D is 2 if bidirectional,
    else 1. batch_first: N before L in x and in the output, never in the states. Without a batch, N is missing
    everywhere. The output has the last layer's states after all steps, and the second result the last states of every
    layer and direction.

    nonlinearity: "tanh" or "relu". dropout: the share of a layer's outputs that training drops before the next layer
    reads them; nothing with one layer. Names and layouts of parameters, as in weight_ih_l0 and weight_hh_l1_reverse,
    and their starting distribution, uniform between plus and minus 1 / sqrt(hidden_size), are PyTorch's.

    Sequences of different lengths are padded to one, and `lengths=` says how long each is: what lies beyond is not
    read, outputs there are 0, last states are those at the end of each sequence, and the reverse direction begins
    there. It does what packing does in PyTorch, which has no such argument; here nothing is sorted or packed.

    Raises: UsageError for sizes and settings, and for lengths that are not whole numbers from 1 to L; ShapeError, when
    called, for x or states of other shapes.
    Source: Elman, "Finding Structure in Time" (1990).

    Example
    -------
    >>> rnn = RNN(3, 4, num_layers=2, bidirectional=True, rng=np.random.default_rng(0))
    >>> output, last = rnn(np.ones((5, 2, 3)), lengths=[5, 3])
    >>> output.shape, last.shape
    ((5, 2, 8), (4, 2, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_choice("RNN", "nonlinearity", nonlinearity, ("tanh", "relu"))
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng)

    def __call__(self, x: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """(output, last states); hx: initial states, shaped like the last; zeros when None."""
        return self.run(x, () if hx is None else (hx,), (self.hidden_size,), lengths)

    def states(self, xz: Any, starts: Sequence[Any], suffix: str) -> Any:
        """The states after each step."""
        return rnn_run(xz, starts[0], self.part("weight_hh", suffix), nonlinearity=self.nonlinearity)


class LSTM(Recurrent):
    """A long short-term memory: gates say what its memory c keeps, takes in and gives out at each step.

    i, f, o = logistic(...), g = tanh(...) of x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh, in rows i, f, g, o;
    c = f * c + i * g; h = o * tanh(c), or with proj_size that @ weight_hr.T, of proj_size numbers.

    Shapes, `lengths=` and the rest are as in `RNN`, but there are two states: the call takes (h, c) and gives
    (output, (h, c)), with c of shape (D * num_layers, N, hidden_size), and h with proj_size, if there is one, for that.

    Raises: as RNN; UsageError for a proj_size from hidden_size on, and for states that are no pair.
    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Sak, Senior and Beaufays, "Long Short-Term
    Memory Based Recurrent Neural Network Architectures" (2014), for the projection.

    Example
    -------
    >>> lstm = LSTM(3, 4, rng=np.random.default_rng(0))
    >>> output, (h, c) = lstm(np.ones((5, 2, 3)))
    >>> output.shape, h.shape, c.shape
    ((5, 2, 4), (1, 2, 4), (1, 2, 4))
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.proj_size = proj_size
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng)

    def __call__(self, x: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, tuple[Any, Any]]:
        """(output, (last outputs, last memories)); hx: the initial ones, shaped like the last; zeros when None."""
        width = self.output_size
        starts = () if hx is None else pair("LSTM", hx)
        output, last = self.run(x, starts, (width, self.hidden_size), lengths)
        return output, (last[..., :width], last[..., width:])

    def states(self, xz: Any, starts: Sequence[Any], suffix: str) -> Any:
        """The outputs and memories after each step."""
        projection = (self.part("weight_hr", suffix),) if self.proj_size else ()
        return lstm_run(xz, *starts, self.part("weight_hh", suffix), *projection)


class GRU(Recurrent):
    """A gated recurrent unit: gates say how much of its state to read, and how much to keep at each step.

    r, z = logistic(...) of x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh, in rows r, z, n;
    n = tanh(x's part + r * h's part), each with its bias; h = (1 - z) * n + z * h.

    Shapes, results, `lengths=` and the rest are as in `RNN`.

    Raises: as RNN.
    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014), first version.

    Example
    -------
    >>> gru = GRU(3, 4, batch_first=True, rng=np.random.default_rng(0))
    >>> output, last = gru(np.ones((2, 5, 3)))
    >>> output.shape, last.shape
    ((2, 5, 4), (1, 2, 4))
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng)

    def __call__(self, x: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """(output, last states); hx: initial states, shaped like the last; zeros when None."""
        return self.run(x, () if hx is None else (hx,), (self.hidden_size,), lengths)

    def states(self, xz: Any, starts: Sequence[Any], suffix: str) -> Any:
        """The states after each step."""
        bias = self.part("bias_hh", suffix)
        return gru_run(xz, starts[0], self.part("weight_hh", suffix), *(() if bias is None else (bias,)))

    def input_bias(self, bias_ih: Any, bias_hh: Any) -> Any:
        """The input's bias: a part of the state's is multiplied by the reset gate."""
        return bias_ih


class Steps:
    """The steps of sequences that are padded to one length, or, without lengths, of that length."""

    def __init__(self, n: int, lengths: Any) -> None:
        self.lengths = lengths
        if lengths is not None:
            t = np.arange(n)[:, None]
            self.is_within = (t < lengths)[..., None]
            self.mirror = np.where(t < lengths, lengths - 1 - t, t), np.arange(lengths.size)

    def kept(self, x: Any) -> Any:
        """The steps up to the ends, and 0 beyond."""
        return x if self.lengths is None else np.where(self.is_within, x, 0.0)

    def reverse(self, x: Any) -> Any:
        """Each sequence from its end to its start."""
        return x[::-1] if self.lengths is None else x[self.mirror]

    def last(self, y: Any) -> Any:
        """What is at the end of each sequence."""
        return y[-1] if self.lengths is None else y[self.lengths - 1, np.arange(self.lengths.size)]


def joined(outputs: Sequence[Any]) -> Any:
    """The outputs of one direction, or of two side by side."""
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, -1)


def whole_lengths(where: str, lengths: Any, n_steps: int, batch: Sequence[int]) -> Any:
    """The lengths as an array; an error unless there is one, from 1 to n_steps, for each sequence."""
    given = np.asarray(lengths)
    fits = given.dtype.kind in "iu" and given.shape == tuple(batch) and len(batch) == 1
    if not fits or given.min() < 1 or given.max() > n_steps:
        raise UsageError(
            f"{where}: got lengths={lengths!r}; they are whole numbers from 1 to {n_steps}, one for each of the "
            f"{batch[0] if batch else 'sequences of a batch'}; give how many steps of each sequence count"
        )
    return given
