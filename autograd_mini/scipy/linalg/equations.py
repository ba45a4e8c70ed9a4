"""Equations of Lyapunov and Riccati.

Their derivative is again an equation of Lyapunov: for the solution x of r(x, a, b, q) = 0, dx solves the
linearised equation, whose matrix is that of the closed loop, a - b @ k with the gain k.

Source: Kao and Hennequin, "Automatic differentiation of Sylvester, Lyapunov, and algebraic Riccati equations" (2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import ShapeError
from ...ops.factorisation import adjoint
from ...primitive import primitive
from ...record import shape_of
from ..answers import for_values
from .systems import floats, solve_equation, square_of, stacked


@for_values(sl.solve_continuous_lyapunov)
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """The x in a @ x + x @ a' = q."""
    a = square_of(a, "solve_continuous_lyapunov")
    return solve_equation(a, adjoint(a), square_of(q, "solve_continuous_lyapunov"))


@primitive(name="linalg.discrete_lyapunov", samples=lambda a: [(0.3 * a(2, 2), a(2, 2)), (0.2 * a(2, 2), a(2, 2, 2))])
def discrete(a: Any, q: Any, /) -> Any:
    """The x in a @ x @ a' - x + q = 0."""
    return stacked(sl.solve_discrete_lyapunov, a, q).astype(np.result_type(a, q), copy=False)


@discrete.vjp_of_all
def _(g: Any, y: Any, a: Any, q: Any) -> tuple[Any, Any]:
    z = discrete(adjoint(a), g)
    return z @ a @ adjoint(y) + adjoint(z) @ a @ y, z


@for_values(sl.solve_discrete_lyapunov)
def solve_discrete_lyapunov(a: Any, q: Any, method: str | None = None) -> Any:
    """The x in a @ x @ a' - x + q = 0."""
    return discrete(square_of(a, "solve_discrete_lyapunov"), square_of(q, "solve_discrete_lyapunov"))


def plants(a: Any) -> list[tuple[Any, ...]]:
    """Samples: a system that can be controlled."""
    return [(0.5 * a(2, 2), a(2, 1) + 3, np.diag([1.0, 2.0]), np.array([[4.0]]))]


@primitive(name="linalg.continuous_are")
def continuous_are(a: Any, b: Any, q: Any, r: Any, /) -> Any:
    """The x in a' x + x a - x b inv(r) b' x + q = 0."""
    return stacked(sl.solve_continuous_are, a, b, symmetric(q), symmetric(r))


continuous_are.samples = plants


@continuous_are.vjp_of_all
def _(g: Any, x: Any, a: Any, b: Any, q: Any, r: Any) -> tuple[Any, ...]:
    gain = np.linalg.solve(r, adjoint(b) @ x)
    loop = a - b @ gain
    z = solve_equation(loop, adjoint(loop), -g)
    both = x @ (z + adjoint(z))
    gh = adjoint(gain)
    return both, -(both @ gh), symmetric(z), symmetric(gain @ z @ gh)


@primitive(name="linalg.discrete_are")
def discrete_are(a: Any, b: Any, q: Any, r: Any, /) -> Any:
    """The x in a' x a - x - a' x b inv(r + b' x b) b' x a + q = 0."""
    return stacked(sl.solve_discrete_are, a, b, symmetric(q), symmetric(r))


discrete_are.samples = plants


@discrete_are.vjp_of_all
def _(g: Any, x: Any, a: Any, b: Any, q: Any, r: Any) -> tuple[Any, ...]:
    bx = adjoint(b) @ x
    gain = np.linalg.solve(r + bx @ b, bx @ a)
    loop = a - b @ gain
    z = discrete(loop, g)
    both = x @ loop @ (z + adjoint(z))
    gh = adjoint(gain)
    return both, -(both @ gh), symmetric(z), symmetric(gain @ z @ gh)


def symmetric(z: Any) -> Any:
    """The part of a cotangent of a symmetric matrix that counts: its own symmetric part."""
    return 0.5 * (z + adjoint(z))


def operands(where: str, a: Any, b: Any, q: Any, r: Any) -> tuple[Any, ...]:
    """The matrices of a system, checked; q and r as the symmetric matrices that they must be."""
    a, b, q, r = square_of(a, where), floats(b), square_of(q, where), square_of(r, where)
    if (
        len(shape_of(b)) < 2
        or shape_of(b)[-2:] != (shape_of(a)[-1], shape_of(r)[-1])
        or shape_of(q)[-1] != shape_of(a)[-1]
    ):
        raise ShapeError(
            f"{where}: got shapes {', '.join(str(shape_of(m)) for m in (a, b, q, r))}; "
            "(n, n), (n, m), (n, n) and (m, m) are needed; reshape them"
        )
    return a, b, symmetric(q), symmetric(r)


@for_values(sl.solve_continuous_are)
def solve_continuous_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """The stabilising x in e' x a + a' x e - (e' x b + s) inv(r) (b' x e + s') + q = 0; q and r are symmetric.

    The derivative in q and r is symmetric: each element changes together with its mirror image.
    """
    a, b, q, r = operands("solve_continuous_are", a, b, q, r)
    a, q = without_cross_term(a, b, q, r, s)
    if e is None:
        return continuous_are(a, b, q, r)
    e = square_of(e, "solve_continuous_are")  # inv(e) a, inv(e) b have the solution e' x e
    x = continuous_are(np.linalg.solve(e, a), np.linalg.solve(e, b), q, r)
    return framed(x, e)


@for_values(sl.solve_discrete_are)
def solve_discrete_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """The stabilising x in a' x a - e' x e - (a' x b + s) inv(r + b' x b) (b' x a + s') + q = 0; q and r are symmetric.

    The derivative in q and r is symmetric: each element changes together with its mirror image.
    """
    a, b, q, r = operands("solve_discrete_are", a, b, q, r)
    a, q = without_cross_term(a, b, q, r, s)
    if e is None:
        return discrete_are(a, b, q, r)
    e = square_of(e, "solve_discrete_are")  # a inv(e) and inv(e)' q inv(e) have the same solution
    return discrete_are(adjoint(np.linalg.solve(adjoint(e), adjoint(a))), b, symmetric(framed(q, e)), r)


def framed(x: Any, e: Any) -> Any:
    """inv(e)' @ x @ inv(e)."""
    eh = adjoint(e)
    return adjoint(np.linalg.solve(eh, adjoint(np.linalg.solve(eh, x))))


def without_cross_term(a: Any, b: Any, q: Any, r: Any, s: Any) -> tuple[Any, Any]:
    """The a and q of the same equation without s: the control is shifted by inv(r) s' x."""
    if s is None:
        return a, q
    s = floats(s)
    shift = np.linalg.solve(r, adjoint(s))
    return a - b @ shift, symmetric(q - s @ shift)
