"""What tells a recorded number from a plain one: here, whether it is a Value."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ...record import Record
from ...tree import map_leaves
from ...value import Value
from .extend import primitive

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]

Box = Value


def isbox(x: Any) -> bool:
    """Whether `x` is recorded."""
    return isinstance(x, Record)


def getval(x: Any) -> Any:
    """The numbers of a Value, outside of the graph; anything else as it is.

    >>> getval(Value(3.0))
    np.float64(3.0)
    """
    if not isinstance(x, Value):
        return x
    data = x.data
    return np.float64(data) if data.__class__ is float else data


def notrace_primitive(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: f sees plain numbers, and what it gives is a constant."""

    @wraps(f)
    def unrecorded(*args: Any, **kwargs: Any) -> Any:
        return f(*map_leaves(getval, args), **map_leaves(getval, kwargs))

    return unrecorded
