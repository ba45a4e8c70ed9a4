"""Functions of functions: a function's derivatives as functions.

Each call makes inputs of its own, so an outer variable is never taken for an inner one and
nesting needs no bookkeeping: leaves of its own for arrays, and for a Value an alias, by which
the outer derivative sees through.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .errors import DtypeError, ShapeError
from .ops.shape import alias
from .record import Record, shape_of
from .sweep import ancestry, full, full_recorded, pullback
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

    Raises: ShapeError if f gives an array, DtypeError if it gives no number or a complex one.

    Example
    -------
    >>> value_and_grad(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0)
    (18.0, (12.0, 9.0))
    """
    places = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @wraps(f)
    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        for i in places:
            if not -len(args) <= i < len(args):
                raise IndexError(
                    f"grad: got argnums={argnums} and {len(args)} positional arguments; give that argument by position"
                )
        args_in = list(args)
        inputs = []
        for i in places:
            args_in[i] = fresh(args[i])
            inputs.append(args_in[i])
        y = f(*args_in, **kwargs)
        check_scalar(f, y)
        if not isinstance(y, Record):
            gradients = [full(0.0, v._data) for v in inputs]
            return y, gradients[0] if isinstance(argnums, int) else tuple(gradients)
        recorded = depends_on_others(y, inputs)
        seed = full(1.0, y._data)
        cotangents = pullback({y: seed}, inputs=inputs, recorded=recorded, keep=False)
        gradients = [gradient_of(v, cotangents.get(v), recorded=recorded) for v in inputs]
        value = y if recorded else y._data
        return value, gradients[0] if isinstance(argnums, int) else tuple(gradients)

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


def check_scalar(f: Any, y: Any) -> None:
    """Raise unless `y` is one real number."""
    name = getattr(f, "__name__", "f")
    raw = y._data if isinstance(y, Record) else y
    if not isinstance(raw, (float, int, np.generic, np.ndarray)) and not hasattr(raw, "dtype"):
        raise DtypeError(f"grad: {name} gave {type(y).__name__}; a gradient is of one number; return a scalar Value")
    if np.shape(raw) != ():
        raise ShapeError(
            f"grad: {name} gave an array of shape {np.shape(raw)}; a gradient is of one number; reduce it, as in np.sum(...)"
        )
    if np.iscomplexobj(raw):
        raise DtypeError(
            f"grad: {name} gave a complex number; a gradient is of a real one; take np.real or np.abs of it"
        )


def depends_on_others(y: Record, inputs: list[Any]) -> bool:
    """Whether `y` depends on a leaf or a Value that is not of this call: then derivatives stay Values."""
    if any(v.op is not None for v in inputs):
        return True
    mine = set(inputs)
    return any(v.op is None and v not in mine for v in ancestry(y)[1])


def gradient_of(v: Any, c: Any, *, recorded: bool) -> Any:
    """The cotangent of an input as its gradient: zeros if none arrived."""
    if c is None:
        return full(0.0, v._data)
    if not recorded:
        return full(c, v._data) if shape_of(c) != shape_of(v._data) or isinstance(c, np.ndarray) else c
    return full_recorded(c, v)
