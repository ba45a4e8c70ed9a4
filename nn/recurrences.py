"""Recurrences: what the steps of recurrent layers compute, and each whole run over a sequence as one op.

Laws: inputs come multiplied with their weights, all steps at once, as `xz` of shape (L, N, gates * H), or (L, ...)
without N. A run's backward rule goes by stretches of steps, from the last. It recomputes the gates of a stretch
together from the states that the run gave, so that its loop has only what is carried from step to step. Forward
functions and rules are NumPy's calls on arrays and Values alike: the rules can be differentiated, and a forward
function called with Values takes the op apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_mini import logistic, primitive, relu

__all__ = ["gru_run", "gru_step", "lstm_run", "lstm_step", "rnn_run", "rnn_step"]


# How many numbers of xz a stretch has, so that all arrays of its size stay in a cache: 100 steps of 32 sequences with
# 128 units take 47 instead of 79 ms backward.
STRETCH = 2**16


def rnn_step(z: Any, nonlinearity: str) -> Any:
    """The next state: tanh or relu of what input and state add up to.  (..., H) -> (..., H)"""
    return np.tanh(z) if nonlinearity == "tanh" else relu(z)


def lstm_step(z: Any, c: Any) -> tuple[Any, Any]:
    """The next output, not yet projected, and the next memory.  (..., 4 H), (..., H) -> (..., H), (..., H)

    z holds the four gates' sums in PyTorch's order: input, forget, candidate, output.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); the forget gate is of Gers et al. (2000).
    """
    n = z.shape[-1] // 4
    gates = logistic(z)
    c = gates[..., n : 2 * n] * c + gates[..., :n] * np.tanh(z[..., 2 * n : 3 * n])
    return gates[..., 3 * n :] * np.tanh(c), c


def gru_step(xz: Any, hz: Any, h: Any) -> Any:
    """The next state, of what comes from the input and from the state, and of the state.

    (..., 3 H), (..., 3 H), (..., H) -> (..., H). Both hold reset, update and candidate, in PyTorch's order. The reset
    gate is applied after the state's product with its weights.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014), first version.
    """
    n = h.shape[-1]
    gates = logistic(xz[..., : 2 * n] + hz[..., : 2 * n])
    candidate = np.tanh(xz[..., 2 * n :] + gates[..., :n] * hz[..., 2 * n :])
    return candidate + gates[..., n:] * (h - candidate)


# ---- runs


@primitive(
    name="nn.rnn",
    smooth=True,
    samples=lambda a: [
        (a(3, 2, 2), a(1, 2), a(2, 2)),
        (a(3, 2), a(2), a(2, 2)),
    ],
)
def rnn_run(xz: Any, h0: Any, w_hh: Any, /, nonlinearity: str = "tanh") -> Any:
    """The states after each step.  (L, N, H), (N or 1, H), (H, H) -> (L, N, H)"""
    w, h, states = w_hh.T, h0, []
    for t in range(xz.shape[0]):
        h = rnn_step(xz[t] + h @ w, nonlinearity)
        states.append(h)
    return np.stack(states)


@rnn_run.vjp_of_all
def _(g: Any, y: Any, xz: Any, h0: Any, w_hh: Any, nonlinearity: str) -> tuple[Any, ...]:
    return by_stretches(partial(of_rnn, nonlinearity=nonlinearity), g, y, xz, (h0,), (w_hh,))


def of_rnn(g: Any, y: Any, xz: Any, starts: Any, weights: Any, carried: Any, nonlinearity: str) -> Any:
    """What `by_stretches` asks for, of the states' one kind of cotangent."""
    (h0,), (w_hh,), (back,) = starts, weights, carried
    slope = 1 - y * y if nonlinearity == "tanh" else np.greater(y, 0)
    sums = []
    for t in reversed(range(xz.shape[0])):
        dz = (g[t] + back) * slope[t]
        back = dz @ w_hh
        sums.append(dz)
    dxz = np.stack(sums[::-1])
    return dxz, (back,), (weight_cotangent(dxz, before(h0, y)),)


@primitive(
    name="nn.lstm",
    smooth=True,
    samples=lambda a: [
        (a(3, 2, 8), a(2, 2), a(1, 2), a(8, 2)),
        (a(3, 8), a(2), a(2), a(8, 2)),
        (a(2, 2, 8), a(1, 1), a(2, 2), a(8, 1), a(1, 2)),
    ],
)
def lstm_run(*operands: Any) -> Any:
    """The outputs and memories after each step, side by side.

    xz (L, N, 4 H), h0 (N or 1, P), c0 (N or 1, H), w_hh (4 H, P), and w_hr (P, H), which projects the outputs, unless
    P is H -> (L, N, P + H)
    """
    xz, h, c, w_hh, *w_hr = operands
    w, projection, steps = w_hh.T, [x.T for x in w_hr], []
    for t in range(xz.shape[0]):
        h, c = lstm_step(xz[t] + h @ w, c)
        for p in projection:
            h = h @ p
        steps.append(np.concatenate([h, c], -1))
    return np.stack(steps)


@lstm_run.vjp_of_all
def _(g: Any, y: Any, xz: Any, h0: Any, c0: Any, *weights: Any) -> tuple[Any, ...]:
    return by_stretches(of_lstm, g, y, xz, (h0, c0), weights)


def of_lstm(g: Any, y: Any, xz: Any, starts: Any, weights: Any, carried: Any) -> Any:
    """What `by_stretches` asks for, of the cotangents of outputs and memories."""
    (h0, c0), (w_hh, *w_hr), (back, dc) = starts, weights, carried
    n, width = w_hh.shape[0] // 4, w_hh.shape[1]
    h_before, c_before = before(h0, y[..., :width]), before(c0, y[..., width:])
    z = xz + of_states(h_before, w_hh)
    gates, candidate, squashed = logistic(z), np.tanh(z[..., 2 * n : 3 * n]), np.tanh(y[..., width:])
    slopes = gates * (1 - gates)
    keep, out = gates[..., n : 2 * n], gates[..., 3 * n :]
    # A step's sums depend on its memory by the first three gates, and on its output by the last.
    by_sum = np.concatenate(
        [
            slopes[..., :n] * candidate,
            slopes[..., n : 2 * n] * c_before,
            gates[..., :n] * (1 - candidate * candidate),
            slopes[..., 3 * n :] * squashed,
        ],
        -1,
    )
    to_memory = out * (1 - squashed * squashed)
    gh, gc = g[..., :width], g[..., width:]
    sums, outs = [], []
    for t in reversed(range(xz.shape[0])):
        dh = gh[t] + back
        outs.append(dh)
        for p in w_hr:
            dh = dh @ p
        dc = gc[t] + dc + dh * to_memory[t]
        dz = np.concatenate([dc, dc, dc, dh], -1) * by_sum[t]
        dc = dc * keep[t]
        back = dz @ w_hh
        sums.append(dz)
    dxz = np.stack(sums[::-1])
    dw_hr = (weight_cotangent(np.stack(outs[::-1]), out * squashed),) if w_hr else ()
    return dxz, (back, dc), (weight_cotangent(dxz, h_before), *dw_hr)


@primitive(
    name="nn.gru",
    smooth=True,
    samples=lambda a: [
        (a(3, 2, 6), a(1, 2), a(6, 2), a(6)),
        (a(3, 6), a(2), a(6, 2)),
    ],
)
def gru_run(*operands: Any) -> Any:
    """The states after each step.  xz (L, N, 3 H), h0 (N or 1, H), w_hh (3 H, H) and, if any, b_hh (3 H,) -> (L, N, H)

    The bias of the state is an operand of its own, as the reset gate multiplies a part of it.
    """
    xz, h, w_hh, *b_hh = operands
    w, bias, states = w_hh.T, b_hh[0] if b_hh else 0.0, []
    for t in range(xz.shape[0]):
        h = gru_step(xz[t], h @ w + bias, h)
        states.append(h)
    return np.stack(states)


@gru_run.vjp_of_all
def _(g: Any, y: Any, xz: Any, h0: Any, *weights: Any) -> tuple[Any, ...]:
    return by_stretches(of_gru, g, y, xz, (h0,), weights)


def of_gru(g: Any, y: Any, xz: Any, starts: Any, weights: Any, carried: Any) -> Any:
    """What `by_stretches` asks for, of the states' one kind of cotangent."""
    (h0,), (w_hh, *b_hh), (back,) = starts, weights, carried
    n = w_hh.shape[1]
    h_before = before(h0, y)
    hz = of_states(h_before, w_hh) + (b_hh[0] if b_hh else 0.0)
    gates = logistic(xz[..., : 2 * n] + hz[..., : 2 * n])
    reset, keep = gates[..., :n], gates[..., n:]
    candidate = np.tanh(xz[..., 2 * n :] + reset * hz[..., 2 * n :])
    of_candidate = (1 - keep) * (1 - candidate * candidate)
    of_reset = of_candidate * hz[..., 2 * n :] * reset * (1 - reset)
    of_keep = (h_before - candidate) * keep * (1 - keep)
    by_state = np.concatenate([of_reset, of_keep, of_candidate * reset], -1)
    sums, states = [], []
    for t in reversed(range(xz.shape[0])):
        dh = g[t] + back
        dz = np.concatenate([dh, dh, dh], -1) * by_state[t]
        back = dh * keep[t] + dz @ w_hh
        sums.append(dz)
        states.append(dh)
    dhz, dh = np.stack(sums[::-1]), np.stack(states[::-1])
    dxz = np.concatenate([dhz[..., : 2 * n], dh * of_candidate], -1)
    db_hh = (np.sum(np.reshape(dhz, (-1, 3 * n)), 0),) if b_hh else ()
    return dxz, (back,), (weight_cotangent(dhz, h_before), *db_hh)


# ---- backward


def by_stretches(
    rule: Callable[..., Any], g: Any, y: Any, xz: Any, starts: Sequence[Any], weights: Sequence[Any]
) -> tuple[Any, ...]:
    """The cotangents of xz, of the initial states and of the weights.

    rule: for a stretch, (its g, y and xz, the states before it, weights, what later steps carry back to its states)
    -> (the cotangent of its xz, what it carries back, and what it adds to the cotangents of the weights).
    """
    n_steps = xz.shape[0]
    length = max(1, STRETCH * n_steps // max(1, xz.size))
    ends = [0, *(x.shape[-1] for x in starts[:-1])]
    carried: Any = (0.0,) * len(starts)
    parts, totals = [], None
    for end in range(n_steps, 0, -length):
        first = max(0, end - length)
        states = starts
        if first:
            states = [y[first - 1, ..., a:b] for a, b in zip(ends, [*ends[1:], None], strict=True)]
        dxz, carried, of_weights = rule(g[first:end], y[first:end], xz[first:end], states, weights, carried)
        parts.append(dxz)
        totals = of_weights if totals is None else [a + b for a, b in zip(totals, of_weights, strict=True)]
    return (np.concatenate(parts[::-1]), *carried, *(totals or ()))


def before(start: Any, states: Any) -> Any:
    """The state before each step, of the first one and those after each step."""
    return np.concatenate([np.broadcast_to(start, states.shape[1:])[None], states[:-1]])


def of_states(h: Any, w: Any) -> Any:
    """What the states of all steps bring to the gates, in one product.  (..., H), (K, H) -> (..., K)"""
    return np.reshape(np.reshape(h, (-1, w.shape[1])) @ w.T, (*h.shape[:-1], w.shape[0]))


def weight_cotangent(dz: Any, x: Any) -> Any:
    """The cotangent of w in z = x @ w.T, over all steps and sequences.  (..., K), (..., H) -> (K, H)"""
    return np.reshape(dz, (-1, dz.shape[-1])).T @ np.reshape(x, (-1, x.shape[-1]))
