"""A program made shorter, with the same results: equal terms once, constants computed, identities of algebra.

A rule takes a term and its new operands and gives a term that has the same numbers, or `Call`, another op on
operands; shapes and dtypes stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..primitive import REGISTRY, Primitive
from ..record import EMPTY
from ..state import drawn
from .program import FLOAT64, Program, Term, repeated

__all__ = ["simplified", "tiles"]

MOST_FOLDED = 100_000  # elements of a constant that is computed beforehand


class Call(NamedTuple):
    """An op on operands."""

    op: Primitive
    args: tuple[Term, ...]
    options: Mapping[str, Any] = EMPTY


Rule = Callable[[Term, tuple[Term, ...]], "Term | Call | None"]


def simplified(program: Program) -> Program:
    """The same program, shorter."""
    new: dict[int, Term] = {}
    memo: dict[Any, Term] = {}
    for t in program.terms:
        new[id(t)] = once(t, memo) if t.op is None else simpler(t, tuple(new[id(a)] for a in t.args), memo)
    return Program(
        [new.get(id(t), t) for t in program.inputs],
        [new[id(t)] for t in program.outputs],
        [(target, new[id(t)]) for target, t in program.writes],
        [new[id(t)] for t in program.guards],
    )


def once(t: Term, memo: dict[Any, Term]) -> Term:
    """A constant number as one term wherever it stands; any other input or constant as it is."""
    if t.source is not None or t.shape != () or t.value is None:
        return t
    return memo.setdefault((repr(t.value), t.dtype, t.is_weak), t)


def simpler(t: Term, args: tuple[Term, ...], memo: dict[Any, Term]) -> Term:
    """The term `t` on new operands, by the first rules that hold, and once."""
    op, options = t.op, t.options
    if op.is_elementwise:  # type: ignore[union-attr]  # it has an op
        args = without_broadcasts(t, args)
    while (rule := RULES.get(op.name)) is not None:  # type: ignore[union-attr]  # it has an op
        found = rule(replace(t, op=op, options=options), args)
        if found is None:
            break
        if isinstance(found, Term):
            return found
        op, args, options = found
    if op is repeated:
        options = {**options, "body": simplified(options["body"])}
    if op in (drawn, repeated):
        return replace(t, op=op, args=args, options=options)
    if all(a.is_constant for a in args):
        folded = computed(op, args, options)
        if folded is not None and np.size(folded) <= MOST_FOLDED and not isinstance(folded, tuple):
            value = float(folded) if t.is_float else folded
            return once(Term(None, (), EMPTY, t.shape, t.dtype, value=value, name=t.name), memo)
    key = (op, tuple(map(id, args)), frozen(options))
    found = memo.get(key)
    if found is None:
        found = memo[key] = replace(t, op=op, args=args, options=options)
    elif t.name and not found.name:
        found = memo[key] = replace(found, name=t.name)
    return found


def computed(op: Any, args: tuple[Term, ...], options: Mapping[str, Any]) -> Any:
    """What an op gives on constants; None if that fails, so that it fails when it is called."""
    xs = [np.float64(a.value) if a.is_float and not a.is_weak else a.value for a in args]
    try:
        with np.errstate(all="ignore"):
            return op.fn(*xs, **options)
    except Exception:  # noqa: BLE001  # whatever it is, it belongs to the call
        return None


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


def without_broadcasts(t: Term, args: tuple[Term, ...]) -> tuple[Term, ...]:
    """The operands of an elementwise op, without copies along axes that the others have anyway."""
    for i, a in enumerate(args):
        small = a.args[0] if is_op(a, "broadcast_to") else one_number(a)
        if small is not None:
            shorter = (*args[:i], small, *args[i + 1 :])
            if np.broadcast_shapes(*(b.shape for b in shorter)) == t.shape:
                return without_broadcasts(t, shorter)
    return args


def one_number(t: Term) -> Term | None:
    """The number of a constant array that holds but one."""
    if not t.is_constant or not isinstance(t.value, np.ndarray) or not 0 < t.value.size <= MOST_FOLDED:
        return None
    x = t.value.flat[0]
    if not (t.value == x).all():
        return None
    return Term(None, (), EMPTY, (), t.dtype, value=float(x) if t.dtype == FLOAT64 else x)


# ---- rules


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


def add(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X + 0 = x, x + (-y) = x - y, x + x = 2 x; parts of an array put together."""
    a, b = args
    for x, y in ((a, b), (b, a)):
        if number(y) == 0 and fits(t, x):
            return x
        if is_op(y, "negative") and t.shape in (x.shape, y.shape):
            return Call(op_of("subtract"), (x, y.args[0]))
    if a is b:
        return Call(op_of("multiply"), (a, Term.constant(2.0)))
    if t.shape and is_placed(a) and is_placed(b) and a.shape == b.shape == t.shape and a.dtype == b.dtype:
        return Call(tiles, (*a.args, *b.args), {"keys": keys_of(a) + keys_of(b), "shape": t.shape})
    return None


def subtract(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X - 0 = x, x - (-y) = x + y, 0 - x = -x."""
    a, b = args
    if number(b) == 0 and fits(t, a):
        return a
    if is_op(b, "negative"):
        return Call(op_of("add"), (a, b.args[0]))
    return None


def multiply(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """1 x = x, -1 x = -x, (-x) y = -(x y) where that meets another minus."""
    for x, y in (args, args[::-1]):
        if number(y) == 1 and fits(t, x):
            return x
        if number(y) == -1 and fits(t, x):
            return Call(op_of("negative"), (x,))
        if is_op(x, "negative") and is_op(y, "negative"):
            return Call(op_of("multiply"), (x.args[0], y.args[0]))
    return None


def divide(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X / 1 = x; x / c = x (1/c) where c is a power of two, so that nothing is rounded."""
    x, c = args[0], number(args[1])
    if c == 1 and fits(t, x):
        return x
    if isinstance(c, (float, int)) and c and abs(np.frexp(c)[0]) == 0.5 and 2.0**-1000 < abs(c) < 2.0**1000:
        return Call(op_of("multiply"), (x, Term.constant(1.0 / c)))
    return None


def power(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """X ** 1 = x, x ** 2 = x x, x ** -1 = 1 / x, x ** 0.5 = sqrt(x)."""
    x, n = args[0], number(args[1])
    if n == 1 and fits(t, x):
        return x
    if n is None or (x.shape, x.dtype) != (t.shape, t.dtype):
        return None
    names = {2: "square", -1: "reciprocal"}
    return Call(op_of(names[n]), (x,)) if n in names and t.dtype.kind == "f" else None


def negative(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """-(-x) = x, -(x - y) = y - x."""
    x = args[0]
    if is_op(x, "negative"):
        return x.args[0]
    if is_op(x, "subtract"):
        return Call(op_of("subtract"), x.args[::-1])
    return None


def transpose(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """The transpose of a transpose of two axes."""
    x = args[0]
    if len(t.shape) < 2:
        return x
    if len(t.shape) == 2 and is_op(x, "transpose") and swaps(t) and swaps(x):
        return x.args[0]
    return None


def swaps(t: Term) -> bool:
    """Whether a transpose of a matrix exchanges its axes."""
    axes = t.options.get("axes")
    return axes is None or tuple(a % 2 for a in axes) == (1, 0)


def reshape(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """A reshape to the shape that is there, or of another reshape."""
    x = args[0]
    if x.shape == t.shape and (t.options["order"] == "C" or len(t.shape) < 2):
        return x
    if is_op(x, "reshape") and x.options["order"] == t.options["order"] == "C":
        return Call(t.op, x.args, t.options)  # type: ignore[arg-type]  # it has an op
    return None


def summed(t: Term, args: tuple[Term, ...]) -> Term | Call | None:
    """The sum of one number."""
    return args[0] if args[0].shape == t.shape == () and fits(t, args[0]) else None


# ---- parts of an array, put together


def tile(*parts: Any, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of that shape, with each part added at its key."""
    y = np.zeros(shape, np.result_type(*parts))
    for key, x in zip(keys, parts, strict=True):
        y[key] += x
    return y


tiles = Primitive("tiles", tile, is_registered=False, defaults=dict.fromkeys(("keys", "shape")))


def is_placed(t: Term) -> bool:
    """Whether a term is parts put in their places, none by an array of places."""
    return t.op is tiles or (is_op(t, "scatter") and len(t.args) == 1)


def keys_of(t: Term) -> tuple[Any, ...]:
    """The places of the parts."""
    return t.options["keys"] if t.op is tiles else (t.options["key"],)


RULES: dict[str, Rule] = {
    "add": add,
    "alias": as_it_is,
    "astype": as_it_is,
    "broadcast_to": as_it_is,
    "copy": as_it_is,
    "divide": divide,
    "multiply": multiply,
    "negative": negative,
    "positive": as_it_is,
    "power": power,
    "reshape": reshape,
    "stop_gradient": as_it_is,
    "subtract": subtract,
    "sum": summed,
    "transpose": transpose,
}
