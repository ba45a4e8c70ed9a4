"""Functions that a solver of SciPy calls with numbers, watched for the Values that they depend on.

Their derivative with respect to those Values is that of the solution: neither arguments nor closures need be named.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...errors import MutationError
from ...primitive import Primitive
from ...record import Record, clock, shape_of
from ...state import refuse_to_compile
from ...sweep import full, pullback
from ...transform import captured
from ..answers import as_value

__all__ = ["Watched", "data_of", "is_recorded", "solution"]


def data_of(x: Any) -> Any:
    """The numbers of a Value, or of an array."""
    return x.settled()._data if isinstance(x, Record) else x


def is_recorded(*xs: Any) -> bool:
    """Whether a rule runs on Values."""
    return any(isinstance(x, Record) for x in xs)


class Watched:
    """A function, and the Values from before that its results were found to depend on."""

    def __init__(self, f: Callable[..., Any]) -> None:
        refuse_to_compile("a solver of SciPy's")
        self.f, self.since = f, clock()
        self.found: dict[Record, None] = {}

    def __call__(self, *args: Any) -> Any:
        """The result, as a Value or an array; lists of either as one."""
        y = as_value(self.f(*args))
        return y.settled() if isinstance(y, Record) else y

    def numbers(self, *args: Any) -> Any:
        """The result as numbers."""
        y = self(*args)
        if not isinstance(y, Record):
            return y
        self.found.update(dict.fromkeys(captured([y], SimpleNamespace(values=[], since=self.since))))
        return y._data

    @property
    def values(self) -> list[Record]:
        """The Values that the results depend on."""
        return list(self.found)

    def pulled(self, y: Any, g: Any, inputs: list[Any], *, recorded: bool) -> list[Any]:
        """The cotangent of each input for a result with the cotangent g, whole."""
        if not isinstance(y, Record):
            return [np.zeros(shape_of(v._data)) for v in inputs]
        g = g if is_recorded(g) or shape_of(g) == shape_of(y._data) else full(g, y._data)
        found = pullback({y: g}, inputs=inputs, recorded=recorded, keep=False)
        return [whole(found.get(v), v) for v in inputs]


def whole(c: Any, v: Any) -> Any:
    """A cotangent in the shape of its Value."""
    if isinstance(c, Record):
        return np.broadcast_to(c, shape_of(v._data)) if shape_of(c._data) != shape_of(v._data) else c
    return full(0.0 if c is None else c, v._data)


def joined(parts: list[Any]) -> Any:
    """All numbers of several cotangents in a row."""
    return np.concatenate([np.reshape(p, (-1,)) for p in parts]) if parts else np.zeros(0)


def parted(row: Any, values: list[Any]) -> list[Any]:
    """The row cut into the shapes of Values; real where they are."""
    out, start = [], 0
    for v in values:
        n = int(np.size(v._data))
        part = np.reshape(row[start : start + n], shape_of(v._data))
        out.append(np.real(part) if np.isrealobj(v._data) and np.iscomplexobj(data_of(part)) else part)
        start += n
    return out


def solution(where: str, data: Any, operands: list[Any], watched: Watched, rule: Callable[..., Any]) -> Any:
    """The data as recorded from the operands and from what the function was found to depend on.

    rule(g, y, *operands) gives their cotangents; those of the Values found come last.
    """
    values = watched.values
    if not values and not is_recorded(*operands):
        return data

    def checked(g: Any, y: Any, *xs: Any) -> Any:
        for v, x in zip(values, xs[len(operands) :], strict=True):
            if not isinstance(x, Record) and not np.array_equal(v._data, x, equal_nan=True):
                raise MutationError(
                    f"backward: the data of {v.name or 'a Value'} was changed after {where} used it, and its "
                    "derivative runs the function again; take the derivative before changing it"
                )
        return rule(g, y, *xs[: len(operands)])

    op = Primitive(where, lambda *_: data, is_registered=False)
    op.vjp_of_all(checked)
    return op(*operands, *values)
