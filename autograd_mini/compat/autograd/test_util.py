"""Derivatives compared with differences, in HIPS autograd's form: `check_grads(f, modes, order)(*args)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np

from ...errors import DerivativeError, UsageError
from ...testing import STENCIL, assert_close
from ...tree import flatten, map_leaves
from .differential_operators import data, pulled, pushed
from .wrap_util import unary_to_nary

__all__ = ["check_equivalent", "check_grads", "check_jvp", "check_vjp", "combo_check"]

Function = Callable[..., Any]


@unary_to_nary
def check_grads(f: Function, x: Any, modes: Iterable[str] = ("fwd", "rev"), order: int = 2) -> None:
    """None if derivatives up to `order`, in forward and reverse mode, agree with differences.

    Raises: DerivativeError, which is an AssertionError too.

    Example
    -------
    >>> check_grads(np.tanh, modes=["rev"], order=2)(np.array([0.5, 1.0]))
    """
    modes = tuple(modes)
    if not set(modes) <= {"fwd", "rev"}:
        raise UsageError(f'check_grads: got modes {modes}; they are "fwd" and "rev"')
    rng = np.random.default_rng(0)
    if "fwd" in modes:
        check_jvp(f, x)
        if order > 1:
            v = drawn(x, rng)
            check_grads(lambda x, v: pushed(f, x)(v)[1], (0, 1), modes, order - 1)(x, v)
    if "rev" in modes:
        check_vjp(f, x)
        if order > 1:
            g = drawn(f(x), rng)
            check_grads(lambda x, g: pulled(f, x)[0](g), (0, 1), modes, order - 1)(x, g)


def check_vjp(f: Function, x: Any) -> None:
    """None if the pullback of `f` at `x` agrees with a difference, in random directions."""
    rng = np.random.default_rng(1)
    vjp, y = pulled(f, x)
    v, g = drawn(x, rng), drawn(y, rng)
    assert_close(inner(vjp(g), v), inner(g, difference(f, x, v)), order=1, where="check_grads: the vjp")


def check_jvp(f: Function, x: Any) -> None:
    """None if the pushforward of `f` at `x` agrees with a difference, in a random direction."""
    v = drawn(x, np.random.default_rng(2))
    for ours, truth in zip(flatten(pushed(f, x)(v)[1])[0], flatten(difference(f, x, v))[0], strict=True):
        assert_close(ours, truth, order=1, where="check_grads: the jvp")


def check_equivalent(x: Any, y: Any) -> None:
    """None if two trees have the same shapes and nearly the same numbers."""
    xs, ys = flatten(x)[0], flatten(y)[0]
    if len(xs) != len(ys):
        raise DerivativeError(f"check_equivalent: got {len(xs)} and {len(ys)} arrays; trees must be equal")
    for a, b in zip(xs, ys, strict=True):
        assert_close(a, b, order=1, where="check_equivalent")


def combo_check(fun: Function, *args: Any, **kwargs: Any) -> Function:
    """`check_grads(fun, *args, **kwargs)` at every combination of the arguments listed."""

    def check(*lists: Any, **named: Any) -> None:
        for chosen in product(*lists):
            for options in product(*named.values()):
                check_grads(fun, *args, **kwargs)(*chosen, **dict(zip(named, options, strict=True)))

    return check


def difference(f: Function, x: Any, v: Any) -> Any:
    """The derivative of `f` at `x` in the direction `v`, by a difference of fourth order."""
    h = 1e-3
    total: Any = None
    for k, w in STENCIL:
        y = f(map_leaves(lambda a, b, k=k: a + k * h * b, x, v))
        part = map_leaves(lambda a, w=w: w / h * np.asarray(data(a)), y)
        total = part if total is None else map_leaves(np.add, total, part)
    return total


def drawn(tree: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the shapes and dtypes of a tree."""

    def one(x: Any) -> Any:
        v = rng.standard_normal(np.shape(x))
        return (v + 1j * rng.standard_normal(np.shape(x)) if np.iscomplexobj(data(x)) else v)[()]

    return map_leaves(one, map_leaves(data, tree))


def inner(g: Any, t: Any) -> float:
    """The real part of the sum of products, without conjugates: its convention."""
    return sum(float(np.real(np.sum(a * b))) for a, b in zip(flatten(g)[0], flatten(t)[0], strict=True))
