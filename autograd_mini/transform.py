"""Functions of functions: a function's derivatives as functions.

Each call makes inputs of its own, so an outer variable is never taken for an inner one and
nesting needs no bookkeeping: leaves of its own for arrays, and for a Value an alias, by which
the outer derivative sees through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from operator import index
from typing import Any

import numpy as np

from .errors import DtypeError, ShapeError, UsageError
from .ops.shape import alias
from .record import PAUSED, Record, paused, recording
from .sweep import ancestry, full, full_recorded, pullback, time_of
from .value import Value

__all__ = ["grad", "value_and_grad"]

Argnums = int | tuple[int, ...]


def fresh(x: Any) -> Any:
    """An input of its own: a leaf for data, an alias for a Value."""
    return alias(x) if isinstance(x, Record) else Value(x)


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that gives (f(...), the gradient of f(...)), f computed once.

    argnums: which positional argument the gradient is with respect to; a tuple gives a tuple.
    f must give a real scalar. Gradients have the shape and dtype of their argument; Values in
    (or captured by f) give Values out, and so does every higher derivative; numbers and arrays
    give numbers and arrays. An argument that f does not use gets zeros.

    Inside `no_grad` too: derivatives asked for there are taken, and come back without history.

    Raises: ShapeError if f gives an array, DtypeError if it gives no number or a complex one,
    UsageError if there is no such argument.

    Example
    -------
    >>> value_and_grad(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0)
    (18.0, (12.0, 9.0))
    """
    places = argnums if isinstance(argnums, tuple) else (argnums,)
    try:
        places = tuple(map(index, places))
    except TypeError:
        raise DtypeError(f"grad: got argnums={argnums!r}; it is a whole number, or a tuple of them") from None

    @wraps(f)
    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if PAUSED and paused():
            with recording():
                y, g = taken(f, argnums, places, args, kwargs)
            return detached(y), detached(g)
        return taken(f, argnums, places, args, kwargs)

    return with_gradient


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives the gradient of f(...): see `value_and_grad`.

    Example
    -------
    >>> grad(np.sin)(0.0)
    1.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def taken(
    f: Callable[..., Any], argnums: Argnums, places: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    """The value and the gradient of f at these arguments."""
    for i in places:
        if not -len(args) <= i < len(args):
            raise UsageError(
                f"grad: got argnums={argnums} and {len(args)} positional arguments; give that argument by position"
            )
    inputs = {i % len(args): fresh(args[i]) for i in places}
    y = f(*(inputs.get(i, x) for i, x in enumerate(args)), **kwargs)
    check_scalar(f, y)
    cotangents, recorded = {}, any(v.op is not None for v in inputs.values())
    if isinstance(y, Record):
        found = ancestry(y)
        recorded = recorded or is_older(found[1], inputs.values())
        seed = {y: full(1.0, y._data)}
        if recorded:
            cotangents = pullback(seed, inputs=inputs.values(), recorded=True, keep=False)
        else:
            cotangents = pullback(seed, found=found, keep=False)
            y = y._data
    gradients = tuple(gradient_of(v, cotangents.get(v), recorded=recorded) for v in inputs.values())
    by_place = dict(zip(inputs, gradients, strict=True))
    if not isinstance(argnums, tuple):
        return y, gradients[0]
    return y, tuple(by_place[i % len(args)] for i in places)


def check_scalar(f: Any, y: Any) -> None:
    """Raise unless `y` is one real number."""
    name = getattr(f, "__name__", "f")
    raw = y._data if isinstance(y, Record) else y
    if raw.__class__ is float:
        return
    kind = np.result_type(raw).kind if isinstance(raw, (float, int, complex, np.generic, np.ndarray)) else None
    if kind is None and hasattr(raw, "dtype"):
        kind = raw.dtype.kind
    if kind is None or kind not in "?bfciu":
        raise DtypeError(f"grad: {name} gave {type(raw).__name__}; a gradient is of one number; return a scalar Value")
    if np.shape(raw) != ():
        raise ShapeError(
            f"grad: {name} gave an array of shape {np.shape(raw)}; a gradient is of one number; "
            "reduce it, as in np.sum(...)"
        )
    if kind == "c":
        raise DtypeError(
            f"grad: {name} gave a complex number; a gradient is of a real one; take np.real or np.abs of it"
        )


def is_older(found: Iterable[Record], inputs: Collection[Any]) -> bool:
    """Whether one of these is from before the inputs of this call: then derivatives stay Values."""
    return bool(inputs) and min(map(time_of, found)) < min(map(time_of, inputs))


def gradient_of(v: Any, c: Any, *, recorded: bool) -> Any:
    """The cotangent of an input as its gradient: zeros if none arrived."""
    if c is None:
        c = 0.0
    if not recorded:
        return c if c.__class__ is float and v._data.__class__ is float else full(c, v._data)
    return full_recorded(c, v) if isinstance(c, Record) else Value(full(c, v._data))


def detached(x: Any) -> Any:
    """What was computed inside `no_grad`: Values without their history."""
    if isinstance(x, tuple):
        return tuple(map(detached, x))
    return x.detach() if isinstance(x, Value) else x
