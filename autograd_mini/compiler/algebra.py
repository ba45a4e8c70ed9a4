"""Rules of arithmetic, whose results differ by rounding at most.

Infinities, nan and the signs of zeros stay what they are. Constants that are put together are neither so large nor
so small that their product could run over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..record import EMPTY
from .array_rules import joined_parts
from .program import FLOAT64, Term
from .rewriting import Call, Rule, as_it_is, fits, is_op, number, op_of

__all__ = ["ALGEBRA"]

LARGEST = 1e30  # a constant that is multiplied into another


def add(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X + (-y) = x - y; x + x = 2 x; parts of an array put together."""
    a, b = args
    for x, y in ((a, b), (b, a)):
        # 0.0 + -0.0 is 0.0, which no cotangent tells apart.
        if number(y) == 0 and fits(t, x):
            return x
        if is_op(y, "negative") and is_plain(t):
            return Call(op_of("subtract"), (x, y.args[0]))
    if a is b and t.dtype.kind == "f":
        return Call(op_of("multiply"), (Term.constant(2.0), a))
    return joined_parts(t, a, b)


def subtract(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X - 0 = x, x - (-y) = x + y."""
    a, b = args
    if number(b) == 0 and fits(t, a):
        return a
    if is_op(b, "negative") and is_plain(t):
        return Call(op_of("add"), (a, b.args[0]))
    return None


def multiply(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """1 x = x, -1 x = -x, c (d x) = (c d) x, c (-x) = (-c) x, (-x) (-y) = x y, x (1/y) = x / y."""
    if not is_plain(t):
        return None
    for i, (x, y) in enumerate((args, args[::-1])):
        c = number(y)
        if c is None:
            if is_op(x, "reciprocal") and is_alike(x, t):
                return Call(op_of("divide"), (y, x.args[0]))
            continue
        if c == 1 and fits(t, x):
            return x
        if c == -1 and fits(t, x):
            return Call(op_of("negative"), (x,))
        if is_op(x, "negative") and is_alike(x, t):
            return scaled(-c, y, x.args[0], i)
        if is_op(x, "multiply") and is_alike(x, t) and x.name is None:  # what has a name is worth reading
            for j, (z, d) in enumerate((x.args, x.args[::-1])):
                if is_factor(t, c, y, d) and z.dtype == t.dtype:
                    return scaled(c * number(d), y, z, j)
    x, y = args
    if is_op(x, "negative") and is_op(y, "negative"):
        return Call(op_of("multiply"), (x.args[0], y.args[0]))
    return None


def scaled(c: Any, like: Term, x: Term, i: int) -> Call:
    """C times x, the constant first if i is 1."""
    constant = Term(None, (), EMPTY, (), like.dtype, value=c, is_weak=like.is_weak)
    return Call(op_of("multiply"), (constant, x) if i else (x, constant))


def is_factor(t: Term, c: Any, like: Term, d: Term) -> bool:
    """Whether constants c and d can be put together: weak ones are float32 beside float32, others are not."""
    x = number(d)
    return (
        x is not None
        and (d.is_weak == like.is_weak or t.dtype == FLOAT64)
        and all(isinstance(n, (float, int)) and 1 / LARGEST < abs(n) < LARGEST for n in (c, x))
    )


def divide(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X / 1 = x; x / c = x (1/c) where c is a power of two, so that nothing is rounded; 1 / y = reciprocal."""
    x, c = args[0], number(args[1])
    if c == 1 and fits(t, x):
        return x
    if (
        is_plain(t)
        and isinstance(c, (float, int))
        and c
        and abs(np.frexp(c)[0]) == 0.5
        and 1 / LARGEST < abs(c) < LARGEST
    ):
        return Call(op_of("multiply"), (x, Term.constant(1.0 / c)))
    return None


def power(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X ** 1 = x, x ** 2 = x x, x ** 3 = x (x x), x ** -1 = 1 / x."""
    x, n = args[0], number(args[1])
    if n == 1 and fits(t, x):
        return x
    if n is None or (x.shape, x.dtype) != (t.shape, t.dtype) or t.dtype.kind != "f":
        return None
    if n == 2:
        return Call(op_of("square"), (x,))
    if n == -1:
        return Call(op_of("reciprocal"), (x,))
    if n == 3:
        return Call(op_of("multiply"), (x, like(x, "square", x)))
    return None


def like(t: Term, name: str, *args: Term) -> Term:
    """The result of an op, of the shape and dtype of a term."""
    return Term(op_of(name), args, EMPTY, t.shape, t.dtype)


def negative(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """-(-x) = x, -(x - y) = y - x, -(c x) = (-c) x."""
    x = args[0]
    if not is_plain(t):
        return None
    if is_op(x, "negative"):
        return x.args[0]
    if is_op(x, "subtract"):
        return Call(op_of("subtract"), x.args[::-1])
    if is_op(x, "multiply"):
        for i, (y, c) in enumerate((x.args, x.args[::-1])):
            if number(c) is not None and is_alike(y, t) and isinstance(number(c), (float, int)):
                return scaled(-number(c), c, y, i)
            if is_op(y, "subtract") and y.shape == t.shape:
                pair = like(y, "subtract", *y.args[::-1]), c
                return Call(op_of("multiply"), pair[::-1] if i else pair)
    return None


def is_plain(t: Term) -> bool:
    """Whether a term is of real numbers."""
    return not isinstance(t.dtype, tuple) and t.dtype.kind == "f"


def is_alike(x: Term, t: Term) -> bool:
    """Whether x has the shape and dtype of t, and gives way to as much."""
    return (x.shape, x.dtype, x.is_weak) == (t.shape, t.dtype, t.is_weak)


ALGEBRA: dict[str, Rule] = {
    "add": add,
    "divide": divide,
    "multiply": multiply,
    "negative": negative,
    "positive": as_it_is,
    "power": power,
    "subtract": subtract,
}
