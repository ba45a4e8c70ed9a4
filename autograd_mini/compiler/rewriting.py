"""What rules are written with: calls that they give, and questions about terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..primitive import REGISTRY, Primitive
from ..record import EMPTY
from .program import Term

__all__ = ["Call", "Rule", "as_it_is", "fits", "frozen", "is_op", "number", "op_of"]


class Call(NamedTuple):
    """An op on operands."""

    op: Primitive
    args: tuple[Term, ...]
    options: Mapping[str, Any] = EMPTY


Rule = Callable[[Term, tuple[Term, ...]], "Term | Call | None"]


def number(t: Term) -> Any:
    """The number of a constant scalar; None for anything else."""
    return t.value if t.is_constant and t.shape == () and not isinstance(t.value, tuple) else None


def as_it_is(t: Term, args: tuple[Term, ...]) -> Term | None:
    """x, of an op that gives it back."""
    return args[0] if (args[0].shape, args[0].dtype) == (t.shape, t.dtype) and fits(t, args[0]) else None


def fits(t: Term, x: Term) -> bool:
    """Whether x can stand for t: alike, and no number of Python in the place of a float64."""
    return (x.shape, x.dtype) == (t.shape, t.dtype) and not (x.is_weak and not t.is_weak)


def is_op(t: Term, name: str) -> bool:
    """Whether a term is the result of the op of that name."""
    return t.op is not None and t.op.name == name


def op_of(name: str) -> Primitive:
    """The op of that name."""
    return REGISTRY[name]


def frozen(x: Any) -> Any:
    """Options as a key; two that are equal have equal keys."""
    if isinstance(x, Mapping):
        return tuple((k, frozen(y)) for k, y in x.items())
    if isinstance(x, (tuple, list)):
        return (type(x), *map(frozen, x))
    if isinstance(x, slice):
        return slice, frozen(x.start), frozen(x.stop), frozen(x.step)
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype, x.tobytes()
    try:
        hash(x)
    except TypeError:
        return id(x)
    return type(x), x
