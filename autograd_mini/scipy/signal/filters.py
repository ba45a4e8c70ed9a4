"""Recursive filters, forward and both ways; trends and polynomials taken out.

For y = (B / A) x with the polynomials of delays B and A, the cotangent g of y run backward in time through 1 / A is
h; then that of x is B run backward over h, that of b[k] is <h, x delayed by k> and that of a[k] is
-<h, y delayed by k>.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import scipy.signal as ss

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.elementwise import conjugated
from ...ops.operands import data_of
from ...ops.shape import moveaxis, stack
from ...primitive import primitive
from ...record import Record, shape_of
from ..answers import for_values
from ..linalg.systems import floats
from .convolution import along, resample_poly, upfirdn

# ---- forward


def stable(a: Any, n: int) -> Any:
    """Samples: the denominator of a filter that dies away."""
    return np.concatenate([[1.3], 0.15 * a(n)])


@primitive(
    name="signal.filtered",
    samples=lambda a: [
        (a(3), stable(a, 2), a(6)),
        (a(2), stable(a, 3), a(2, 5)),
        (a(1), stable(a, 0), a(4)),
        (a(4), stable(a, 1), a(2)),
    ],
)
def filtered(b: Any, a: Any, x: Any, /) -> Any:
    """The signal along the last axis, through the filter that starts from rest."""
    return ss.lfilter(b, a, x)


@filtered.vjp_of_all
def _(g: Any, y: Any, b: Any, a: Any, x: Any) -> tuple[Any, Any, Any]:
    one = np.ones(1, data_of(a).dtype)
    h = np.flip(filtered(one, conjugated(a), np.flip(g, -1)), -1)
    gx = np.flip(filtered(conjugated(b), one, np.flip(h, -1)), -1)
    return delays(h, x, shape_of(b)[0]), -delays(h, y, shape_of(a)[0]), gx


def delays(h: Any, x: Any, n: int) -> Any:
    """The products of h with the conjugate of x, delayed by 0 to n - 1."""
    m = shape_of(x)[-1]
    xc = conjugated(x)
    zero = np.zeros((), data_of(xc).dtype)
    return stack([np.sum(h[..., k:] * xc[..., : m - k]) if k < m else zero for k in range(n)])


@for_values(ss.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The signal through the filter b / a; with the state `zi` to start from, the final state too."""
    b, a, x = np.atleast_1d(floats(b)), np.atleast_1d(floats(a)), moveaxis(floats(x), axis, -1)
    y = filtered(b, a, x)
    if zi is None:
        return moveaxis(y, -1, axis)
    first = data_of(a)[0]
    m, n = max(shape_of(b)[0], shape_of(a)[0]) - 1, shape_of(x)[-1]
    state = moveaxis(floats(zi), axis, -1)
    if shape_of(state)[-1] != m:
        raise ShapeError(
            f"lfilter: got zi of shape {np.shape(zi)}; {m} numbers along the axis are needed; see lfilter_zi"
        )
    if isinstance(a, Record) or first != 1.0:
        b, a = b / a[0], a / a[0]
    lead = shape_of(y)[:-1]
    state = np.broadcast_to(state, (*lead, m))
    # The state comes in as m numbers added to the input of 1 / A.
    whole = np.concatenate([state, np.zeros((*lead, max(n - m, 0)))], -1)
    y = y + filtered(np.ones(1), a, whole[..., :n])
    return moveaxis(y, -1, axis), moveaxis(final_state(b, a, x, y, state), -1, axis)


def final_state(b: Any, a: Any, x: Any, y: Any, state: Any) -> Any:
    """What a filter holds at the end: what the last inputs and outputs still add to later outputs."""
    m, n = shape_of(state)[-1], shape_of(x)[-1]
    if not m:
        return state
    b, a = (np.pad(c, (0, m + 1 - shape_of(c)[0])) for c in (b, a))
    parts = []
    for k in range(m):
        held = state[..., k + n] if k + n < m else 0.0
        for j in range(k + 1, m + 1):
            i = n - j + k
            if i >= 0:
                held = held + b[j] * x[..., i] - a[j] * y[..., i]
        parts.append(held + 0 * state[..., 0])
    return stack(parts, -1)


@for_values(ss.lfilter_zi)
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state in which a filter stays at rest at the input 1."""
    b, a = np.atleast_1d(floats(b)), np.atleast_1d(floats(a))
    b, a = b / a[0], a / a[0]
    n = max(shape_of(a)[0], shape_of(b)[0])
    b, a = (np.pad(c, (0, n - shape_of(c)[0])) for c in (b, a))
    if n == 1:
        return 0 * b[:0]
    shift = np.eye(n - 1) - np.eye(n - 1, k=1)
    first = np.zeros((1, n - 1))
    first[0, 0] = 1.0
    return np.linalg.solve(shift + a[1:, None] * first, b[1:] - a[1:] * b[0])


@for_values(ss.lfiltic)
def lfiltic(b: Any, a: Any, y: Any, x: Any = None) -> Any:
    """The state of a filter after these outputs and inputs, the latest one first."""
    b, a, y = np.atleast_1d(floats(b)), np.atleast_1d(floats(a)), np.atleast_1d(floats(y))
    x = np.zeros(1) if x is None else np.atleast_1d(floats(x))
    b, a = b / a[0], a / a[0]
    m = max(shape_of(a)[0], shape_of(b)[0]) - 1
    x, y = (np.flip(np.pad(z, (0, m))[:m]) for z in (x, y))
    return final_state(b, a, x, y, np.zeros(m))


@for_values(ss.deconvolve)
def deconvolve(signal: Any, divisor: Any) -> tuple[Any, Any]:
    """Quotient and remainder of polynomials, the highest power first."""
    signal, divisor = np.atleast_1d(floats(signal)), np.atleast_1d(floats(divisor))
    n = shape_of(signal)[0] - shape_of(divisor)[0] + 1
    if n < 1:
        return np.zeros(0), signal
    quotient = filtered(signal, divisor, np.eye(1, n)[0])
    return quotient, signal - along(divisor, quotient)


# ---- sections of second order


def sections(sos: Any) -> list[tuple[Any, Any]]:
    """The filters of second order, one after another."""
    sos = floats(sos)
    if len(shape_of(sos)) != 2 or shape_of(sos)[1] != 6:
        raise ShapeError(f"sosfilt: got sections of shape {shape_of(sos)}; (n, 6) is needed; see tf2sos")
    return [(sos[k, :3], sos[k, 3:]) for k in range(shape_of(sos)[0])]


@for_values(ss.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The signal through sections of second order; with states `zi` to start from, the final states too."""
    y = moveaxis(floats(x), axis, -1)
    states = []
    for k, (b, a) in enumerate(sections(sos)):
        if zi is None:
            y = filtered(b, a, y)
        else:
            y, state = lfilter(b, a, y, zi=moveaxis(floats(zi)[k], axis, -1))
            states.append(moveaxis(state, -1, axis))
    y = moveaxis(y, -1, axis)
    return y if zi is None else (y, stack(states))


@for_values(ss.sosfilt_zi)
def sosfilt_zi(sos: Any) -> Any:
    """The states in which sections stay at rest at the input 1."""
    scale, parts = 1.0, []
    for b, a in sections(sos):
        parts.append(scale * lfilter_zi(b, a))
        scale = scale * np.sum(b) / np.sum(a)
    return stack(parts)


# ---- forward and backward


def extended(x: Any, kind: str | None, n: int) -> Any:
    """The last axis continued by n at both ends."""
    if kind not in ("odd", "even", "constant", None):
        raise UsageError(f'filtfilt: got padtype={kind!r}; it must be "odd", "even", "constant" or None; choose one')
    if kind is None or not n:
        return x
    if shape_of(x)[-1] <= n:
        raise ShapeError(
            f"filtfilt: got {shape_of(x)[-1]} numbers to be continued by {n}; more than that are needed; choose padlen"
        )
    if kind == "constant":
        return np.pad(x, [(0, 0)] * (len(shape_of(x)) - 1) + [(n, n)], "edge")
    left, right = x[..., n:0:-1], x[..., -2 : -n - 2 : -1]
    if kind == "odd":
        left, right = 2 * x[..., :1] - left, 2 * x[..., -1:] - right
    return np.concatenate([left, x, right], -1)


def both_ways(run: Any, x: Any, axis: int, padtype: str | None, n: int) -> Any:
    """A filter run forward and backward over the continued signal, from rest at its first element."""
    x = moveaxis(floats(x), axis, -1)
    n = 0 if padtype is None else n
    y = extended(x, padtype, n)
    for _ in range(2):
        y = np.flip(run(y), -1)
    return moveaxis(y[..., n : shape_of(y)[-1] - n], -1, axis)


@for_values(ss.filtfilt)
def filtfilt(
    b: Any, a: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None, method: str = "pad"
) -> Any:
    """The signal through b / a forward and backward: without shift in time."""
    if method != "pad":
        raise NoRuleError(f'filtfilt: got method={method!r}, which has no rule here; use method="pad"')
    b, a = np.atleast_1d(floats(b)), np.atleast_1d(floats(a))
    zi = lfilter_zi(b, a)
    n = 3 * max(shape_of(a)[0], shape_of(b)[0]) if padlen is None else padlen
    return both_ways(
        lambda y: lfilter(b, a, y, zi=zi * y[..., :1])[0] if shape_of(zi)[0] else filtered(b, a, y), x, axis, padtype, n
    )


@for_values(ss.sosfiltfilt)
def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None) -> Any:
    """The signal through sections of second order forward and backward."""
    parts, raw = sections(sos), data_of(floats(sos))
    if padlen is None:
        padlen = 3 * (2 * len(parts) + 1 - min(int((raw[:, 2] == 0).sum()), int((raw[:, 5] == 0).sum())))
    zi = sosfilt_zi(sos)

    def run(y: Any) -> Any:
        start = y[..., :1]
        for k, (b, a) in enumerate(parts):
            y, _ = lfilter(b, a, y, zi=zi[k] * start)
        return y

    return both_ways(run, x, axis, padtype, padlen)


@for_values(ss.decimate)
def decimate(x: Any, q: int, n: int | None = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True) -> Any:
    """Every q-th element of the signal, after a filter that takes away what would alias."""
    x = floats(x)
    every = moveaxis(x, axis, -1)
    if ftype == "fir":
        h = ss.firwin((20 * q if n is None else n) + 1, 1.0 / q, window="hamming")
        if zero_phase:
            return resample_poly(x, 1, q, axis=axis, window=h)
        y = upfirdn(h, every, 1, q)
        return moveaxis(y[..., : -(-shape_of(every)[-1] // q)], -1, axis)
    if ftype != "iir":
        raise NoRuleError(
            f'decimate: got ftype={ftype!r}, a system; only "iir" and "fir" have a rule; filter, then slice'
        )
    sos = ss.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos")
    y = sosfiltfilt(sos, every) if zero_phase else sosfilt(sos, every)
    return moveaxis(y[..., ::q], -1, axis)


# ---- trends and polynomials


@for_values(ss.detrend)
def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0) -> Any:  # noqa: A002  # SciPy's own name
    """The signal less its mean, or less the straight line of the least squares between each two places `bp`."""
    x = moveaxis(floats(data), axis, -1)
    if type in ("constant", "c"):
        return moveaxis(x - np.mean(x, -1, keepdims=True), -1, axis)
    if type not in ("linear", "l"):
        raise UsageError(f'detrend: got type={type!r}; it must be "linear" or "constant"; choose one')
    n = shape_of(x)[-1]
    edges = np.unique(np.concatenate([[0], np.atleast_1d(bp), [n]]).astype(int))
    parts = []
    for start, stop in pairwise(edges):
        line = np.linalg.qr(np.stack([np.ones(stop - start), np.arange(1.0, stop - start + 1)], 1))[0]
        part = x[..., start:stop]
        parts.append(part - (part @ line.astype(x.real.dtype)) @ line.T.astype(x.real.dtype))
    return moveaxis(np.concatenate(parts, -1), -1, axis)


PADDED = {"mirror": "reflect", "constant": "constant", "nearest": "edge", "wrap": "wrap"}


@for_values(ss.savgol_filter)
def savgol_filter(
    x: Any, window_length: int, polyorder: int, deriv: int = 0, delta: float = 1.0, axis: int = -1,
    mode: str = "interp", cval: float = 0.0,
) -> Any:  # fmt: skip
    """The polynomials that fit the elements around each one by least squares, there; or their derivative."""
    x = moveaxis(floats(x), axis, -1)
    half, n = window_length // 2, shape_of(x)[-1]
    if window_length % 2 == 0 or (mode != "interp" and mode not in PADDED):
        raise NoRuleError(
            f"savgol_filter: got window_length={window_length} and mode={mode!r}; an odd length has "
            'a rule, and the modes "interp", "mirror", "nearest", "wrap" and "constant"; choose of those'
        )
    kernel = ss.savgol_coeffs(window_length, polyorder, deriv=deriv, delta=delta).astype(x.real.dtype)
    margin = [(0, 0)] * (len(shape_of(x)) - 1) + [(half, half)]
    if mode != "interp":
        options = {"constant_values": cval} if mode == "constant" else {}
        return moveaxis(along(np.pad(x, margin, PADDED[mode], **options), kernel, "valid"), -1, axis)
    if window_length > n:
        raise ShapeError(
            f"savgol_filter: got {n} numbers for windows of {window_length}; as many are needed; shorten it"
        )
    powers = np.vander(np.arange(float(window_length)), polyorder + 1, increasing=True)
    slopes = powers
    for _ in range(deriv):
        slopes = np.concatenate([np.zeros((window_length, 1)), slopes[:, :-1] * np.arange(1, polyorder + 1)], 1)
    fit = (slopes @ np.linalg.pinv(powers) / delta**deriv).T.astype(x.real.dtype)
    first, last = x[..., :window_length] @ fit[:, :half], x[..., n - window_length :] @ fit[:, window_length - half :]
    return moveaxis(np.concatenate([first, along(x, kernel, "valid"), last], -1), -1, axis)
