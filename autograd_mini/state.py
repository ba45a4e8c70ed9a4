"""What a computation reads, writes and draws besides its arguments: told to `compile`, and else done at once.

A compiled function runs its Python code once. A number that this code finds in an attribute, a dict or an
array would then stay what it was; asked for by these functions, it is read again on each call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import TraceError, UsageError
from .primitive import Primitive
from .record import TRACES, Record, tracing

__all__ = [
    "Changes",
    "depends_on",
    "drawn",
    "found",
    "is_compiling",
    "note_change",
    "put",
    "read_state",
    "refuse_to_compile",
    "sample",
    "write_state",
]


def read_state(holder: Any, key: Any = None) -> Any:
    """What stands at `key` of a dict, in that attribute of an object, or, without a key, in an array: numbers.

    In a function that is compiled it is a Value, whose numbers are read again on each call.

    Example
    -------
    >>> read_state({"steps": 3.0}, "steps")
    3.0
    """
    if TRACES and (trace := tracing()) is not None:
        return trace.read(holder, key)
    return found(holder, key)


def write_state(holder: Any, key: Any, new: Any) -> None:
    """Put numbers, or those of a Value, at `key` of a dict, in an attribute, or, where key is None, into an array.

    In a function that is compiled this is done at the end of each call, if nothing has failed.

    Example
    -------
    >>> mean = np.zeros(2)
    >>> write_state(mean, None, [1.0, 2.0])
    >>> mean
    array([1., 2.])
    """
    if TRACES and (trace := tracing()) is not None:
        trace.write(holder, key, new)
    else:
        put(holder, key, new._data if isinstance(new, Record) else new)


def depends_on(holder: Any, key: Any) -> Any:
    """What stands at `key`, as a setting: a compiled function is compiled anew for another.

    Example
    -------
    >>> depends_on({"nesterov": True}, "nesterov")
    True
    """
    if TRACES and (trace := tracing()) is not None:
        trace.depend(holder, key)
    return found(holder, key)


def sample(rng: np.random.Generator, method: str, *args: Any, **options: Any) -> Any:
    """What a generator gives, by the name of its method: sample(rng, "normal", size=3).

    A compiled function draws anew on each call.

    Example
    -------
    >>> sample(np.random.default_rng(0), "integers", 10)
    np.int64(8)
    """
    if not isinstance(rng, np.random.Generator):
        raise UsageError(f"sample: got {type(rng).__name__}; numbers come from a numpy.random.Generator; give one")
    if TRACES and (trace := tracing()) is not None:
        return trace.draw(rng, method, args, options)
    return getattr(rng, method)(*args, **options)


def is_compiling() -> bool:
    """Whether the calling thread compiles a function: then Values have no numbers to be checked.

    Example
    -------
    >>> is_compiling()
    False
    """
    return tracing() is not None


def refuse_to_compile(what: str) -> None:
    """Raise TraceError if the calling thread compiles a function: `what` runs on numbers, which it has not.

    Example
    -------
    >>> refuse_to_compile("minimize")
    """
    if tracing() is not None:
        raise TraceError(
            f"compile: {what} goes step by step as numbers tell it; compiled code is for all numbers; "
            "call it outside, and compile the function that it is given"
        )


class Changes:
    """How often the make of modules was changed: then what was compiled with them is compiled anew."""

    count = 0


def note_change() -> None:
    """Say that an object has other parts than before, as a module that is frozen: compiled functions begin anew.

    Example
    -------
    >>> note_change()
    """
    Changes.count += 1


def found(holder: Any, key: Any) -> Any:
    """What stands there now."""
    if key is None:
        return holder
    return holder[key] if isinstance(holder, dict) else getattr(holder, key)


def put(holder: Any, key: Any, new: Any) -> None:
    """Put it there."""
    if key is None:
        holder[...] = new
    elif isinstance(holder, dict):
        holder[key] = new
    else:
        setattr(holder, key, new)


# An op whose result is another on each call; its operand, if there is one, is the draw before.
drawn = Primitive(
    "draw",
    lambda *_, rng, method, args, options: getattr(rng, method)(*args, **options),
    n_operands=0,
    is_registered=False,
)
