"""What a function was given, Value or not, brought to one form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import MutationError
from ..record import Record

__all__ = ["MISSING", "data_of", "is_value", "operand", "refuse_out"]

MISSING: Any = getattr(np, "_NoValue")  # noqa: B009  # NumPy's own mark of an argument that is not given


def is_value(x: Any) -> bool:
    """Whether it is a Value."""
    return isinstance(x, Record)


def operand(x: Any, dtype: Any = None) -> Any:
    """A Value as it is; anything else as an array."""
    return x if isinstance(x, Record) else np.asarray(x, dtype)


def data_of(x: Any) -> Any:
    """The numbers of a Value; anything else as it is."""
    return x._data if isinstance(x, Record) else x


def refuse_out(name: str, out: Any) -> None:
    """Raise if the result is to be written into an array."""
    if out is not None and out is not MISSING:
        raise MutationError(f"{name}: got out=; a recorded array is never overwritten; write y = np.{name}(...)")
