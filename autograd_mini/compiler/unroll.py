"""Tiny arrays taken apart into floats, where that is faster: a float takes 40 ns an op, an array 450 and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import Primitive
from ..record import EMPTY
from .array_rules import tiles
from .program import FLOAT64, Program, Term
from .rewriting import op_of

__all__ = ["element", "gathered", "spread", "unrolled"]

MOST = 16  # elements of an array
FLOAT, ARRAY, MADE = 0.045, 0.45, 0.5  # what an op on floats, on an array, and an array made of floats takes, in us

# Ops that Python's floats have.
ON_FLOATS = {
    "abs", "add", "cos", "divide", "exp", "expm1", "log", "log1p", "logistic", "multiply", "negative", "reciprocal",
    "sin", "sqrt", "square", "subtract", "tanh",
}  # fmt: skip


def only_written(*args: Any, **options: Any) -> Any:
    """Raise: code for it is written where it stands."""
    raise NotImplementedError


spread = Primitive("spread", only_written, is_registered=False)
element = Primitive("element", only_written, is_registered=False, defaults={"place": None})
gathered = Primitive("gathered", only_written, is_registered=False, defaults={"shape": None})


class Unsuited(Exception):  # noqa: N818  # not an error of anybody
    """A program is better left as it is."""


def unrolled(program: Program) -> Program:
    """The program on floats, if all its arrays are tiny and it is faster so; else itself."""
    terms = program.terms
    arrays = [t for t in terms if t.op is not None and t.shape != ()]
    if not arrays or any(isinstance(t.dtype, tuple) or t.dtype != FLOAT64 or np.prod(t.shape) > MOST for t in arrays):
        return program
    new: dict[int, Any] = {}
    try:
        for t in terms:
            new[id(t)] = taken_apart(t, [new[id(a)] for a in t.args])
    except Unsuited:
        return program
    whole: dict[int, Term] = {}

    def put_together(t: Term) -> Term:
        if id(t) not in whole:
            parts = new[id(t)]
            whole[id(t)] = t if t.op is None else parts.item() if t.shape == () else gather(parts, t)
        return whole[id(t)]

    result = Program(
        program.inputs,
        [put_together(t) for t in program.outputs],
        [(target, put_together(t)) for target, t in program.writes],
        [p for t in program.guards for p in new[id(t)].flat if not p.is_constant],
    )
    after = result.terms
    made = sum(t.op is gathered for t in after)
    floats = sum(t.op is not None and t.op not in (gathered, spread, element) for t in after)
    scalars = sum(t.op is not None and t.shape == () for t in terms)
    if MADE * made + FLOAT * floats > ARRAY * len(arrays) + FLOAT * scalars:
        return program
    return result


def gather(parts: Any, t: Term) -> Term:
    """An array of floats."""
    return Term(gathered, tuple(parts.flat), {"shape": t.shape}, t.shape, t.dtype, name=t.name)


def taken_apart(t: Term, args: list[Any]) -> Any:
    """The elements of a term, as an array of terms; Unsuited if it cannot be taken apart."""
    if t.dtype != FLOAT64 and not (t.shape == () and t.is_constant):
        raise Unsuited
    if t.op is None:
        return parts_of(t)
    name = t.op.name
    if name in ON_FLOATS:
        made = np.frompyfunc(lambda *xs: Term(t.op, xs, EMPTY, (), FLOAT64), len(args), 1)(*args)
        y = np.empty(t.shape, object)
        y[...] = made
        return labelled(y, t.name)
    if name not in MOVES:
        raise Unsuited
    try:
        return labelled(MOVES[name](t, *args).reshape(t.shape), t.name)
    except (TypeError, ValueError, AttributeError):
        raise Unsuited from None


def parts_of(t: Term) -> Any:
    """The elements of an input or constant."""
    y = np.empty(t.shape, object)
    if t.shape == ():
        y[()] = t
    elif np.prod(t.shape) > MOST:
        raise Unsuited
    elif t.is_constant:
        y[...] = np.frompyfunc(number, 1, 1)(t.value)
    else:
        whole = Term(spread, (t,), EMPTY, (t.shape,), (t.dtype,), name=t.name)
        for at in np.ndindex(t.shape):
            y[at] = Term(element, (whole,), {"place": at}, (), FLOAT64)
    return y


def number(x: Any) -> Term:
    """A number as a term."""
    return Term.constant(float(x))


def labelled(y: Any, name: str | None) -> Any:
    """Elements with the name of their array and their place, unless they have names."""
    for at in np.ndindex(y.shape) if name else ():
        x = y[at]
        if x.op is not None and x.op is not element and x.name is None:
            label = f"{name}_{''.join(str(i + 1) for i in at)}" if at else name
            y[at] = Term(x.op, x.args, x.options, x.shape, x.dtype, name=label)
    return y


def plus(a: Term, b: Term) -> Term:
    """The sum of two floats."""
    return Term(op_of("add"), (a, b), EMPTY, (), FLOAT64)


def times(a: Term, b: Term) -> Term:
    """The product of two floats."""
    return Term(op_of("multiply"), (a, b), EMPTY, (), FLOAT64)


def summed(y: Any, axis: Any) -> Any:
    """Sums along axes."""
    axes = range(y.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for a in sorted((a % y.ndim for a in axes), reverse=True):
        total = np.frompyfunc(plus, 2, 1).reduce(y, axis=a)
        y = np.empty(np.shape(total), object)
        y[...] = total
    return y


def product(t: Term, a: Any, b: Any) -> Any:
    """The matrix product."""
    if a.ndim > 2 or b.ndim > 2:
        raise Unsuited
    left = a if a.ndim == 2 else a[None]
    right = b if b.ndim == 2 else b[:, None]
    return summed(np.frompyfunc(times, 2, 1)(left[:, :, None], right[None]), 1)


def placed(t: Term, *parts: Any) -> Any:
    """Parts in their places, zeros elsewhere."""
    if t.op is not tiles and len(t.args) > 1:
        raise Unsuited
    y = np.empty(t.shape, object)
    zero = number(0.0)
    y[...] = zero
    for key, x in zip(t.options["keys"] if t.op is tiles else (t.options["key"],), parts, strict=True):
        if any(old is not zero for old in np.ravel(y[key])):
            y[key] = np.frompyfunc(plus, 2, 1)(y[key], x)
        else:
            y[key] = x[()] if x.shape == () else x
    return y


def part(t: Term, x: Any) -> Any:
    """Part of an array."""
    if len(t.args) > 1:
        raise Unsuited
    y = np.empty((), object)
    y[()] = x[t.options["key"]]
    return y if isinstance(y[()], Term) else y[()]


MOVES: dict[str, Callable[..., Any]] = {
    "broadcast_to": lambda t, x: np.broadcast_to(x, t.shape).copy(),
    "getitem": part,
    "matmul": product,
    "reshape": lambda t, x: x.reshape(t.shape, order=t.options["order"]),
    "scatter": placed,
    "sum": lambda t, x: summed(x, t.options["axis"]),
    "tiles": placed,
    "transpose": lambda t, x: x.transpose(t.options.get("axes")),
}
