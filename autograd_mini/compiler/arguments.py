"""What of the arguments a program depends on, trees, shapes, dtypes and settings; and what stands for their numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..errors import DtypeError, UsageError
from ..record import INPUT, Record, constant, numbers, shape_of
from ..value import Value
from .trace import Trace

__all__ = ["Leaves", "NotKnown", "Recorded", "key_of", "mapped", "places_of", "setting_key", "stood_for", "valued"]


class Recorded(Exception):  # noqa: N818  # not an error of anybody
    """An argument is being differentiated: the function itself is to be run, so that derivatives flow."""


class NotKnown(Exception):  # noqa: N818  # not an error of anybody
    """An argument holds arrays, in attributes of its own, that may be other ones in a call with the same object."""


class Leaves(list[Any]):
    """The numbers among arguments, and the first places of Values among them."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        self.places: dict[Record, int] = {}


class Identity:
    """A key that is equal to that of the same object only, which it keeps alive."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


def places_of(f: Callable[..., Any], names: Sequence[str | int], option: str) -> frozenset[str | int]:
    """Places and names of the arguments that an option names: each by both."""
    if not names:
        return frozenset()
    known = list(inspect.signature(f).parameters)
    for x in names:
        if x not in known and not (isinstance(x, int) and -len(known) <= x < len(known)):
            raise UsageError(f"compile: got {option}={x!r}; the arguments are {', '.join(known)}; give one of them")
    chosen = {x if isinstance(x, str) else known[x] for x in names}
    return frozenset(chosen | {i for i, name in enumerate(known) if name in chosen})


def key_of(x: Any, leaves: Leaves) -> Any:
    """What of an argument a program depends on: not the numbers of floats and arrays, which are leaves."""
    kind = x.__class__
    if kind is np.ndarray:
        leaves.append(x)
        return x.shape, x.dtype
    if kind is float:
        leaves.append(x)
        return float
    if isinstance(x, Record):
        if kind is not Value or x.op is not None or x.options is INPUT:
            raise Recorded
        first = leaves.places.setdefault(x, len(leaves))  # a Value may be given twice
        leaves.append(x)
        return "value", shape_of(x._data), getattr(x._data, "dtype", float), first
    if kind is list or kind is tuple:
        return kind, *(key_of(y, leaves) for y in x)
    if kind is dict:
        return kind, *((k.__class__, k, key_of(y, leaves)) for k, y in x.items())
    if is_numeric(x):
        x = plain(x)
        leaves.append(x)
        return "number", x.shape, x.dtype
    parts = parts_of(x)
    if parts is None:
        if hasattr(x, "tree_flatten") and holds_only_arrays(x):
            raise NotKnown
        return setting_key(x)
    return kind, *((setting_key(k), key_of(y, leaves)) for k, y in parts)


def is_numeric(x: Any) -> bool:
    """Whether it is a number or an array, of any class, whose numbers are read on each call."""
    return isinstance(x, (np.ndarray, np.generic, complex)) and not isinstance(x, np.bool_)


def plain(x: Any) -> Any:
    """An array or number as NumPy's own; a mask would be lost, and is refused."""
    if isinstance(x, np.ndarray):
        return np.asarray(x) if not hasattr(x, "mask") else constant(x, "compile")
    return np.asarray(x)[()]


def parts_of(x: Any) -> list[tuple[Any, Any]] | None:
    """The parts of a tree with their keys; None for what is none, such as a module, whose Values are read anew."""
    if isinstance(x, (list, tuple)):
        return list(enumerate(x))
    if isinstance(x, dict):
        return list(x.items())
    if is_dataclass(x) and not isinstance(x, type) and not hasattr(x, "tree_flatten"):
        return [(f.name, getattr(x, f.name)) for f in fields(x)]
    return None


def holds_only_arrays(x: Any) -> bool:
    """Whether an object has no Values, but arrays, as gradients in the form of a module are."""
    return not isinstance(x, type) and not any(isinstance(y, Record) for y in x.tree_flatten()) and holds_arrays(x)


def holds_arrays(x: Any) -> bool:
    """Whether there is an array in an object, or in what its attributes hold."""
    if isinstance(x, np.ndarray):
        return True
    if hasattr(x, "tree_flatten") and hasattr(x, "__dict__"):
        return any(map(holds_arrays, vars(x).values()))
    parts = parts_of(x)
    return parts is not None and any(holds_arrays(y) for _, y in parts)


def setting_key(x: Any) -> Any:
    """A setting as a key: by its type and value, or, if it cannot be hashed, by what it holds, or by identity."""
    if isinstance(x, (float, complex, np.inexact)):
        return type(x), repr(x)  # 0.0 is not -0.0, and nan is nan
    if isinstance(x, np.ndarray) and not x.dtype.hasobject:
        return type(x), x.shape, x.dtype, x.tobytes()
    if isinstance(x, (list, tuple)):
        return type(x), *map(setting_key, x)
    if isinstance(x, dict):
        return type(x), *((setting_key(k), setting_key(y)) for k, y in x.items())
    if isinstance(x, Record):
        return Identity(x)
    try:
        hash(x)
    except TypeError:
        return Identity(x)
    return type(x), x


def stood_for(x: Any, leaves: list[Any], trace: Trace) -> Any:
    """An argument with Values in the places of its floats and arrays, in the order of `key_of`."""
    if isinstance(x, Record):
        leaves.append(x)
        trace.value_argument(x, next(i for i, y in enumerate(leaves) if y is x))
        return x
    if x.__class__ is float or is_numeric(x):
        x = plain(x) if x.__class__ is not float else x
        if isinstance(x, np.ndarray) and x.dtype.kind not in "biufc":
            raise DtypeError(
                f"compile: got an array of dtype {x.dtype}; the arguments of compiled code are numbers; "
                "name the argument in static="
            )
        leaves.append(x if x.__class__ is float else numbers(x, "compile"))
        return trace.argument(x, len(leaves) - 1)
    return mapped(x, lambda y: stood_for(y, leaves, trace))


def valued(x: Any) -> Any:
    """An argument with Values in the places of its floats and arrays, as it has while f is compiled."""
    if x.__class__ is float or is_numeric(x):
        x = plain(x) if x.__class__ is not float else x
        return Value(x) if x.__class__ is float or x.dtype.kind in "fc" else x
    return mapped(x, valued)


def mapped(x: Any, f: Callable[[Any], Any]) -> Any:
    """A tree with f of each of its parts; anything else as it is."""
    if isinstance(x, Record):
        return x
    parts = parts_of(x)
    if parts is None:
        return x
    new = [f(y) for _, y in parts]
    if isinstance(x, tuple):
        return x.__class__(*new) if hasattr(x, "_fields") else tuple(new)
    if x.__class__ is list:
        return new
    other = copy(x) if isinstance(x, (list, dict)) else object.__new__(x.__class__)
    for (k, _), y in zip(parts, new, strict=True):
        if isinstance(x, (list, dict)):
            other[k] = y
        else:
            object.__setattr__(other, k, y)
    return other
