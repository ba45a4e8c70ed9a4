"""What a function was given, Value or not, brought to one form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import MutationError
from ..record import TRACES, Record, tracing

__all__ = ["ASKED", "MISSING", "data_of", "is_value", "numbers", "operand", "refuse_out"]

ASKED = "what was asked here"
MISSING: Any = getattr(np, "_NoValue")  # noqa: B009  # NumPy's own mark of an argument that is not given


def is_value(x: Any) -> bool:
    """Whether it is a Value."""
    return isinstance(x, Record)


def operand(x: Any, dtype: Any = None) -> Any:
    """A Value as it is; anything else as an array."""
    return x if isinstance(x, Record) else np.asarray(x, dtype)


def data_of(x: Any) -> Any:
    """The numbers of a Value; anything else as it is.

    In a function that is compiled, a Value that is a constant for derivatives: what is made of it is computed anew on
    each call, and where it is branched upon, a call that would go another way runs the function itself.
    """
    if not isinstance(x, Record):
        return x
    if TRACES and (trace := tracing()) is not None:
        return trace.data_of(x.settled())
    return x._data


def numbers(x: Any) -> Any:
    """The numbers of a Value, for a question with one answer; a function that is compiled has none."""
    return x.left(ASKED) if isinstance(x, Record) else x  # type: ignore[attr-defined]  # of a Value


def refuse_out(name: str, out: Any) -> None:
    """Raise if the result is to be written into an array."""
    if out is not None and out is not MISSING:
        raise MutationError(f"{name}: got out=; a recorded array is never overwritten; write y = np.{name}(...)")
