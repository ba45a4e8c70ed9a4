"""Primitives of one's own in HIPS autograd's form: `primitive`, and rules given as makers of vjps and jvps.

A maker `(ans, *args, **kwargs) -> (g -> cotangent)` is called when the sweep arrives. Vector
spaces are not needed: whatever a Value can hold can be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ...errors import NoRuleError, UsageError
from ...ops.indexing import picked
from ...primitive import Primitive
from ...record import Record
from ...tree import flatten

__all__ = [
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "primitive",
]

Function = Callable[..., Any]


class Rules:
    """The rules of one primitive.

    vjps: (argnums, ans, args, kwargs) -> (g -> a cotangent for each). jvps: (argnums, tangents,
    ans, args, kwargs) -> tangent; None: transposed from the vjps.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.vjps: Function | None = None
        self.jvps: Function | None = None


def primitive(f: Function) -> Function:
    """Decorator: f works on plain arrays, and its derivatives follow by `defvjp` and `defjvp`.

    Values may stand in nested containers too. f gives an array, or a tuple of arrays.

    Example
    -------
    >>> from autograd_mini.compat.autograd import grad
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(grad(cube))(2.0)
    np.float64(12.0)
    """
    rules = Rules(getattr(f, "__name__", "primitive"))

    @wraps(f)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        given = Arguments(args, kwargs, rules.name)
        if not given.values:
            return f(*args, **kwargs)
        op = Primitive(rules.name, lambda *xs: f(*given.filled(xs), **kwargs), is_registered=False)
        op.vjp_of_all(lambda g, y, *xs: cotangents(rules, given, g, y, xs))
        if rules.jvps is not None:
            op.jvps = tuple(tangent_rule(rules, given, i) for i in range(len(given.values)))
        y = op(*given.values)
        return picked(y) if isinstance(y._data, tuple) else y

    recorded.rules = rules  # type: ignore[attr-defined]  # `defvjp` looks there
    return recorded


class Arguments:
    """The arguments of a call, and where its Values are: (argument, place among the leaves of it)."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> None:
        if any(isinstance(x, Record) for x in flatten(kwargs)[0]):
            raise UsageError(f"{name}: got a Value by keyword; a primitive is differentiated by position; give it so")
        self.args, self.kwargs = args, kwargs
        self.values: list[Any] = []
        self.places: list[tuple[int, int]] = []
        for i, x in enumerate(args):
            leaves = [x] if isinstance(x, Record) else flatten(x)[0]
            for k, leaf in enumerate(leaves):
                if isinstance(leaf, Record):
                    self.values.append(leaf)
                    self.places.append((i, k))
        self.argnums = tuple(dict.fromkeys(i for i, _ in self.places))

    def filled(self, xs: Sequence[Any]) -> list[Any]:
        """The arguments with these numbers in the places of the Values."""
        args = list(self.args)
        for i in self.argnums:
            mine = {k: of_numpy(x) for (j, k), x in zip(self.places, xs, strict=True) if j == i}
            if isinstance(args[i], Record):
                args[i] = mine[0]
            else:
                leaves, rebuild = flatten(args[i])
                args[i] = rebuild([mine.get(k, leaf) for k, leaf in enumerate(leaves)])
        return args


def cotangents(rules: Rules, given: Arguments, g: Any, y: Any, xs: Sequence[Any]) -> tuple[Any, ...]:
    """The cotangent of each Value of a call, from what the user's makers give for its arguments."""
    if rules.vjps is None:
        raise NoRuleError(f"{rules.name}: it has no vjp; a backward sweep needs one; define it with defvjp")
    if isinstance(g, tuple):
        g = tuple(np.zeros(np.shape(part)) if c is None else c for c, part in zip(g, y, strict=True))
    args = given.filled(xs)
    found = rules.vjps(given.argnums, of_numpy(y), args, given.kwargs)(conjugate(of_numpy(g)))
    by_argument = dict(zip(given.argnums, found, strict=True))
    out = []
    for (i, k), x in zip(given.places, xs, strict=True):
        c = by_argument[i]
        c = c if isinstance(given.args[i], Record) else None if c is None else flatten(c)[0][k]
        c = conjugate(c)
        out.append(np.real(c) if is_complex(c) and not is_complex(x) else c)
    return tuple(out)


def tangent_rule(rules: Rules, given: Arguments, place: int) -> Function:
    """The jvp of one Value of a call, of what the user's makers give for its argument."""
    jvps: Any = rules.jvps

    def tangent(t: Any, y: Any, *xs: Any) -> Any:
        i, k = given.places[place]
        args = given.filled(xs)
        if not isinstance(given.args[i], Record):
            leaves, rebuild = flatten(args[i])
            t = rebuild([t if n == k else np.zeros(np.shape(x)) for n, x in enumerate(leaves)])
        return jvps((i,), (of_numpy(t),), of_numpy(y), args, given.kwargs)

    return tangent


# ---- rules


def defvjp(fun: Function, *makers: Function | None, argnums: Sequence[int] | None = None) -> None:
    """Give `fun` a vjp per argument: makers `(ans, *args, **kwargs) -> (g -> cotangent)`; None: no derivative.

    argnums: which arguments they are for; the first ones, when None.
    """
    by_argument = dict(zip(range(len(makers)) if argnums is None else argnums, makers, strict=True))
    rules = rules_of(fun, "defvjp")

    def each(argnums: Sequence[int], ans: Any, args: list[Any], kwargs: dict[str, Any]) -> Function:
        missing = [i for i in argnums if i not in by_argument]
        if missing:
            raise NoRuleError(
                f"{rules.name}: it has no vjp for argument {missing[0]}; "
                "give defvjp one more maker, or None where there is no derivative"
            )
        pulls = [None if (m := by_argument[i]) is None else m(ans, *args, **kwargs) for i in argnums]
        return lambda g: tuple(None if pull is None else pull(g) for pull in pulls)

    rules.vjps = each


def defvjp_argnum(fun: Function, maker: Function) -> None:
    """Give `fun` one maker for all its arguments: `(argnum, ans, args, kwargs) -> (g -> cotangent)`."""

    def each(argnums: Sequence[int], ans: Any, args: list[Any], kwargs: dict[str, Any]) -> Function:
        pulls = [maker(i, ans, args, kwargs) for i in argnums]
        return lambda g: tuple(pull(g) for pull in pulls)

    rules_of(fun, "defvjp_argnum").vjps = each


def defvjp_argnums(fun: Function, maker: Function) -> None:
    """Give `fun` a maker for several arguments at once: `(argnums, ans, args, kwargs) -> (g -> cotangents)`."""
    rules_of(fun, "defvjp_argnums").vjps = maker


def defjvp(fun: Function, *jvps: Function | str | None, argnums: Sequence[int] | None = None) -> None:
    """Give `fun` a jvp per argument: `(t, ans, *args, **kwargs) -> tangent`, "same" where fun is linear, or None.

    argnums: which arguments they are for; the first ones, when None. Without any, the vjps are transposed.
    """
    by_argument = dict(zip(range(len(jvps)) if argnums is None else argnums, jvps, strict=True))
    rules = rules_of(fun, "defjvp")

    def along(i: int, t: Any, ans: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if i not in by_argument:
            raise NoRuleError(f"{rules.name}: it has no jvp for argument {i}; give defjvp one more")
        jvp = by_argument[i]
        if jvp is None:
            return np.zeros(np.shape(ans))
        return fun(*replaced(args, i, t), **kwargs) if isinstance(jvp, str) else jvp(t, ans, *args, **kwargs)

    defjvp_argnum(fun, along)


def defjvp_argnum(fun: Function, jvp: Function) -> None:
    """Give `fun` one jvp for all its arguments: `(argnum, t, ans, args, kwargs) -> tangent`."""

    def added(argnums: Sequence[int], ts: Sequence[Any], ans: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return sum(jvp(i, t, ans, args, kwargs) for i, t in zip(argnums, ts, strict=True))

    rules_of(fun, "defjvp_argnum").jvps = added


def defjvp_argnums(fun: Function, jvp: Function) -> None:
    """Give `fun` a jvp for several arguments at once: `(argnums, ts, ans, args, kwargs) -> tangent`."""
    rules_of(fun, "defjvp_argnums").jvps = jvp


def def_linear(fun: Function) -> None:
    """Say that `fun` is linear in each argument: its jvp is itself."""
    defjvp_argnum(fun, lambda i, t, ans, args, kwargs: fun(*replaced(args, i, t), **kwargs))


def rules_of(fun: Function, what: str) -> Rules:
    """Where the rules of a primitive are kept."""
    rules = getattr(fun, "rules", None)
    if not isinstance(rules, Rules):
        name = getattr(fun, "__name__", fun)
        raise UsageError(f"{what}: {name} is not a primitive; rules belong to one; write f = primitive({name}) first")
    return rules


def replaced(args: Sequence[Any], i: int, x: Any) -> list[Any]:
    """The arguments with another in place i."""
    return [*args[:i], x, *args[i + 1 :]]


# ---- conventions


def of_numpy(x: Any) -> Any:
    """Python's float as NumPy's, which has a shape and a dtype; those in a tuple too."""
    if x.__class__ is tuple:
        return tuple(map(of_numpy, x))
    return np.float64(x) if x.__class__ is float else x


def is_complex(x: Any) -> bool:
    """Whether `x` holds complex numbers."""
    return isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c"


def conjugate(x: Any) -> Any:
    """The conjugate of what is complex: its convention is the conjugate of ours."""
    if isinstance(x, tuple):
        return tuple(map(conjugate, x))
    return np.conj(x) if is_complex(x) else x
