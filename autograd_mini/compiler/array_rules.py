"""Rules for arrays: what only moves, repeats or adds up elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import Primitive
from .program import Term
from .rewriting import Call, Rule, as_it_is, fits, is_op, op_of

__all__ = ["ARRAY_RULES", "joined_parts", "tiles"]


def transpose(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """The transpose of a transpose of two axes."""
    x = args[0]
    if len(t.shape) < 2:
        return x
    if len(t.shape) == 2 and is_op(x, "transpose") and swaps(t) and swaps(x):
        return x.args[0]
    return None


def swaps(t: Term) -> bool:
    """Whether a transpose of a matrix exchanges its axes."""
    axes = t.options.get("axes")
    return axes is None or tuple(a % 2 for a in axes) == (1, 0)


def reshape(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """A reshape to the shape that is there, or of another reshape."""
    x = args[0]
    if x.shape == t.shape and (t.options["order"] == "C" or len(t.shape) < 2):
        return x
    if is_op(x, "reshape") and x.options["order"] == t.options["order"] == "C":
        return Call(t.op, x.args, t.options)  # type: ignore[arg-type]  # it has an op
    return None


def summed(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """The sum of one number; of one that is repeated, n times it; of -x, minus the sum."""
    x = args[0]
    if x.shape == t.shape == () and fits(t, x):
        return x
    if t.shape == () and is_op(x, "broadcast_to") and x.args[0].shape == () and fits(t, x.args[0]):
        return Call(op_of("multiply"), (x.args[0], Term.constant(float(math.prod(x.shape)))))
    return None


# ---- parts of an array, put together


def joined_parts(t: Term, a: Term, b: Term) -> Call | None:
    """The sum of arrays that are parts put in their places, as one."""
    if t.shape and is_placed(a) and is_placed(b) and a.shape == b.shape == t.shape and a.dtype == b.dtype:
        return Call(tiles, (*a.args, *b.args), {"keys": keys_of(a) + keys_of(b), "shape": t.shape})
    return None


def tile(*parts: Any, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of that shape, with each part added at its key."""
    y = np.zeros(shape, np.result_type(*parts))
    for key, x in zip(keys, parts, strict=True):
        y[key] += x
    return y


tiles = Primitive("tiles", tile, is_registered=False, defaults=dict.fromkeys(("keys", "shape")))


def is_placed(t: Term) -> bool:
    """Whether a term is parts put in their places, none by an array of places."""
    return t.op is tiles or (is_op(t, "scatter") and len(t.args) == 1)


def keys_of(t: Term) -> tuple[Any, ...]:
    """The places of the parts."""
    return t.options["keys"] if t.op is tiles else (t.options["key"],)


ARRAY_RULES: dict[str, Rule] = {
    "alias": as_it_is,
    "astype": as_it_is,
    "broadcast_to": as_it_is,
    "copy": as_it_is,
    "reshape": reshape,
    "stop_gradient": as_it_is,
    "sum": summed,
    "transpose": transpose,
}
