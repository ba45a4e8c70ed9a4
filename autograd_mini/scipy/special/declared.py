"""How an op of `scipy.special` is declared: SciPy's function forward, and its partials.

A partial is a formula in SciPy's own functions, which are ops too; or, where there is only a
series or an integral, the derivative of that formula in forward mode; or, for an inverse, what the
implicit function theorem gives. All three can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as bound
from typing import Any, NoReturn

import numpy as np

from ...errors import NoRuleError
from ...ops.indexing import picked
from ...ops.operands import data_of, operand
from ...primitive import TABLE, Elementwise, Primitive, Unary
from ...transform import jvp

__all__ = [
    "along",
    "derivative",
    "derivatives",
    "flat",
    "inverse",
    "numbers_of",
    "of_real",
    "several",
    "special",
    "unknown",
]

Formula = Callable[..., Any]
Points = tuple[tuple[float, ...], ...]


def special(ufunc: Any, *partials: Formula | float | None, points: Points, also: tuple[Any, ...] = ()) -> Elementwise:
    """Declare a function of one output by its partials, `(y, *operands) -> d y / d operand`, or numbers.

    A partial is None where the function is piecewise constant. points: per operand, where it is tested.
    """
    return (Unary if len(partials) == 1 else Elementwise)(
        f"special.{ufunc.__name__}",
        ufunc,
        partials,
        stands_for=(ufunc, *also),
        samples=bound(sampled, points),
        doc=ufunc.__doc__,
    )


def several(ufunc: Any, *partials: Formula | None, points: Points) -> Formula:
    """Declare a function of several outputs: per operand, `(*operands) -> the partial of each output`."""
    op = Primitive(
        f"special.{ufunc.__name__}",
        ufunc,
        vjps=tuple(p and bound(pulled_through, p) for p in partials),
        n_operands=len(partials),
        samples=bound(sampled, points),
        doc=ufunc.__doc__,
    )
    op.jvps = tuple(p and bound(pushed_through, p) for p in partials)

    def outputs(*args: Any, **options: Any) -> tuple[Any, ...]:
        return picked(op(*args, **options))

    outputs.__name__, outputs.__doc__ = ufunc.__name__, ufunc.__doc__
    TABLE[ufunc] = outputs
    return outputs


def sampled(points: Points, source: Any) -> list[tuple[Any, ...]]:
    """The points as arrays, and the first of each as numbers."""
    return [tuple(map(np.array, points)), tuple(p[0] for p in points)]


def pulled_through(partials: Formula, g: tuple[Any, ...], y: Any, *xs: Any) -> Any:
    """The cotangent of an operand from those of the outputs, None for an output without one."""
    parts = [gi * np.conjugate(d) for gi, d in zip(g, partials(*xs), strict=True) if gi is not None]
    return sum(parts[1:], parts[0]) if parts else None


def pushed_through(partials: Formula, t: Any, y: Any, *xs: Any) -> tuple[Any, ...]:
    """The tangents of the outputs from that of an operand."""
    return tuple(t * d for d in partials(*xs))


# ---- partials


def along(f: Formula, i: int, *xs: Any) -> Any:
    """The derivative d f / d x for operand i of an elementwise formula, in forward mode."""
    shape = np.broadcast_shapes(*map(np.shape, xs))
    x = xs[i] if np.shape(xs[i]) == shape else np.broadcast_to(xs[i], shape)
    return jvp(lambda v: f(*xs[:i], v, *xs[i + 1 :]), (x,), (np.ones(shape)[()],))[1]


def derivative(f: Formula, i: int) -> Formula:
    """The partial in operand i of a formula that equals the function."""
    return lambda y, *xs: along(f, i, *xs)


def derivatives(f: Formula, n: int) -> tuple[Formula, ...]:
    """The partials in all n operands of a formula that equals the function."""
    return tuple(derivative(f, i) for i in range(n))


def inverse(f: Formula, i: int, n: int) -> tuple[Formula, ...]:
    """The partials of y(x0 ... xn), that solves f(x0 ..., y, ... xn) = xi, with y in the place of xi."""

    def solved(k: int) -> Formula:
        def rule(y: Any, *xs: Any) -> Any:
            args = (*xs[:i], y, *xs[i + 1 :])
            slope = along(f, i, *args)
            return 1 / slope if k == i else -along(f, k, *args) / slope

        return rule

    return tuple(solved(k) for k in range(n))


def unknown(ufunc: Any, argument: str, why: str = "no formula for it is known here") -> Formula:
    """The partial in an argument in which the derivative is not known: an error, never a silent 0."""

    def rule(*args: Any) -> NoReturn:
        raise NoRuleError(
            f"scipy.special.{ufunc.__name__}: its derivative in {argument} was asked for; {why}; "
            f"give {argument} as a constant, as in v.data"
        )

    return rule


def of_real(ufunc: Any, rule: Formula) -> Formula:
    """A partial that holds for real operands only; with complex ones, an error."""
    why = "it is known for real arguments only"

    def checked(y: Any, *xs: Any) -> Any:
        if any(np.iscomplexobj(x) for x in xs):
            unknown(ufunc, "complex arguments", why)()
        return rule(y, *xs)

    return checked


def flat(f: Formula, *places: int) -> Formula:
    """The formula with the operands at these places floored, as SciPy takes whole numbers there."""

    def floored(*xs: Any) -> Any:
        return f(*(np.floor(numbers_of(x)) if i in places else x for i, x in enumerate(xs)))

    return floored


def numbers_of(x: Any) -> Any:
    """The numbers of a Value, as an array; for choices that have no derivative."""
    return operand(data_of(x))
