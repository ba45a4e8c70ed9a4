"""The loss of sequences without alignment: connectionist temporal classification.

A target of L labels becomes S = 2L + 1 states, a blank before, between and after the labels. In a step of
time one stays in a state or goes on by one, or by two where that leaves out a blank between labels that
differ. The loss is -log of the sum, over all ways through the states, of the product of the probabilities.

Source: Graves et al., "Connectionist Temporal Classification" (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError, Value, is_compiling, primitive

from .checks import check_whole, shape_of
from .reduction import Reduction, as_operand, check_each, check_reduction, in_precision_of, kind_of, reduced

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> Any:
    """The mean of -log of the probability of each target, divided by the target's length (at least 1).

    log_probs: (T, N, C), the logarithms of the probabilities of C classes at T times, as from
    log_softmax; or (T, C) for one sequence. targets: whole numbers other than `blank`, padded, (N, S),
    or in a row without padding, (sum of target_lengths,). input_lengths, target_lengths: (N,), how many
    times and labels of each sequence count. Reductions "none", (N,), and "sum" divide by no length.

    A target that does not fit into its times has the loss inf, or 0 with zero_infinity, and the
    derivative 0. The derivative by log_probs is what these words say; PyTorch's adds exp(log_probs),
    which makes no difference behind a log_softmax.

    Raises: ShapeError for shapes and lengths that do not fit, or a mean over nothing; DtypeError for
    what is not whole numbers; UsageError for labels and settings that are not there.

    Example
    -------
    >>> log_probs = np.log(np.full((3, 1, 2), 0.5))
    >>> ctc_loss(log_probs, [[1]], [3], [1]).round(4)  # 6 of the 8 ways to go give "1"
    np.float64(0.2877)
    """
    where = "ctc_loss"
    log_probs = in_precision_of(1.0, as_operand(log_probs))
    shape = shape_of(log_probs)
    if len(shape) not in {2, 3} or 0 in {shape[0], shape[-1]}:
        raise ShapeError(
            f"{where}: got log_probs of shape {shape}; they have times and classes; give (T, N, C), (T, C)"
        )
    check_reduction(where, reduction, shape[1:-1])
    is_one = len(shape) == 2
    if is_one:
        log_probs, shape = np.expand_dims(log_probs, 1), (shape[0], 1, shape[1])
    n_times, n, n_classes = shape
    check_whole(where, "blank", blank, 0)
    if blank >= n_classes:
        raise UsageError(f"{where}: got blank = {blank}; classes are 0 to {n_classes - 1}; give one of these")
    times = lengths(where, "input_lengths", input_lengths, n)
    counts = lengths(where, "target_lengths", target_lengths, n)
    check_each(where, "input_lengths", times, lambda x: x <= n_times, f"log_probs have {n_times} times; give as many")
    labels = padded(where, whole(where, "targets", targets), counts, is_one=is_one)
    is_label = np.arange(labels.shape[1]) < counts[:, None]
    check_each(
        where,
        "targets",
        labels,
        lambda x: ~is_label | ((x >= 0) & (x < n_classes) & (x != blank)),
        f"labels are classes from 0 to {n_classes - 1} other than blank = {blank}; give these",
    )
    losses = -log_likelihood(log_probs, np.where(is_label, labels, blank), times, counts, blank)
    if zero_infinity:
        losses = np.where(np.isinf(losses), 0.0, losses)
    if is_one:
        losses, counts = losses[0], counts[0]
    return reduced(
        losses * (1 / np.maximum(counts, 1)).astype(losses.dtype) if reduction == "mean" else losses, reduction
    )


def log_likelihood(log_probs: Any, labels: Any, times: Any, counts: Any, blank: int) -> Any:
    """Log of the probability of each target.  (T, N, C), (N, L) -> (N,)"""
    rows = np.arange(len(labels))
    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    may_skip = np.zeros(states.shape, bool)
    may_skip[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    log_sums = lattice(log_probs[:, rows[:, None], states], may_skip)
    last = np.maximum(times - 1, 0)
    blank_last = log_sums[last, rows, 2 * counts]
    label_last = log_sums[last, rows, np.maximum(2 * counts - 1, 0)]
    both = np.where(counts > 0, np.logaddexp(blank_last, label_last), blank_last)
    return np.where(times > 0, both, np.where(counts > 0, -np.inf, 0.0).astype(both.dtype))


@primitive(
    name="nn.ctc_lattice",
    samples=lambda a: [
        (a(4, 1, 3), np.array([[False, False, False]])),
        (a(3, 2, 5), np.array([[False, False, False, True, False], [False] * 5])),
    ],
)
def lattice(x: Any, may_skip: Any, /) -> Any:
    """Log of the sum, over the ways to each state at each time, of the product of exp(x) on them.

    (T, N, S), (N, S) -> (T, N, S); a way begins in one of the first two states, and comes to a
    state from itself, from the one before, and where it may skip from the one before that.
    """
    y = np.full_like(x, -np.inf)
    y[0, :, :2] = x[0, :, :2]
    closed = np.where(may_skip, 0, -np.inf).astype(x.dtype)[:, 2:]
    for now, before, out in zip(x[1:], y[:-1], y[1:], strict=True):
        out[...] = before
        np.logaddexp(out[:, 1:], before[:, :-1], out=out[:, 1:])
        np.logaddexp(out[:, 2:], before[:, :-2] + closed, out=out[:, 2:])
        np.add(out, now, out=out)
    return y


def through_lattice(g: Any, y: Any, x: Any, may_skip: Any) -> Any:
    """The cotangent of x: that of each state, with what comes back from the states that it led to.

    A state hands its cotangent back to those that it came from, by their shares in its sum.
    """
    n_times, _, n_states = shape_of(x)
    is_dead = np.equal(y, -np.inf)  # no way leads there
    alive = np.where(is_dead, 0.0, y)
    rest = np.where(is_dead, -np.inf, x)[1:] - alive[1:]
    shares = [
        np.exp(y[:-1, :, : n_states - k] + rest[:, :, k:]) * (may_skip[:, k:] if k == 2 else 1)
        for k in range(min(3, n_states))
    ]
    total = g[n_times - 1]
    totals = [total]
    for i in range(n_times - 2, -1, -1):
        back = g[i] + shares[0][i] * total
        for k, share in enumerate(shares[1:], 1):
            back = back + widened(share[i] * total[:, k:], k)
        total = back
        totals.append(total)
    return np.where(is_dead, 0.0, np.stack(totals[::-1]))


def widened(x: Any, k: int) -> Any:
    """Columns, with k of zeros after them."""
    return np.concatenate([x, np.zeros((shape_of(x)[0], k), x.dtype)], axis=1)


lattice.vjps = (through_lattice, None)


# ---- targets and lengths


def whole(where: str, name: str, x: Any) -> Any:
    """Whole numbers as an array; a Value of them could change after they were read, and is refused."""
    if isinstance(x, Value):
        if is_compiling():
            x.left(f"{name} of {where}")
        raise DtypeError(f"{where}: got a Value as {name}; they are plain whole numbers; use {name}.data")
    x = np.asarray(x)
    if x.size and kind_of(x) not in "iu":
        raise DtypeError(f"{where}: got {name} of dtype {x.dtype}; they are whole numbers; convert them by astype(int)")
    return x.astype(int)


def lengths(where: str, name: str, x: Any, n: int) -> Any:
    """How long each of n sequences is; one number will do for one sequence."""
    x = whole(where, name, x)
    if x.shape != (n,) and not (n == 1 and x.shape == ()):
        raise ShapeError(f"{where}: got {name} of shape {x.shape} for {n} sequences; each has one; give shape {(n,)}")
    check_each(where, name, x, lambda k: k >= 0, "a length is from 0 on; give another")
    return np.reshape(x, n)


def padded(where: str, targets: Any, counts: Any, *, is_one: bool) -> Any:
    """Labels in rows of one length; those given in a row are cut into theirs."""
    n, longest = len(counts), int(counts.max(initial=0))
    if is_one and targets.ndim == 1:
        targets = targets[None]
    if targets.ndim == 2 and len(targets) == n:
        if longest > targets.shape[1]:
            raise ShapeError(
                f"{where}: got targets of shape {targets.shape} and a target length of {longest}; "
                "a length is at most that of the rows; give longer rows"
            )
        return targets[:, :longest]
    if targets.shape != (counts.sum(),):
        raise ShapeError(
            f"{where}: got targets of shape {targets.shape} for {n} sequences with {counts.sum()} labels in all; "
            f"they are rows, ({n}, S), or all in a row, ({counts.sum()},); reshape them"
        )
    rows = np.zeros((n, longest), int)
    rows[np.arange(longest) < counts[:, None]] = targets
    return rows
