"""Fixed points, differentiated by the equation that they solve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import make_vjp
from ..extend import defvjp, primitive

__all__ = ["fixed_point"]

Function = Callable[..., Any]


@primitive
def fixed_point(f: Function, a: Any, x0: Any, distance: Function, tol: float) -> Any:
    """The x with f(a)(x) = x, by iteration from x0 until `distance` of two iterates is at most `tol`.

    Differentiable with respect to `a`.

    Example
    -------
    >>> from autograd_mini.compat.autograd import grad
    >>> def root(a):
    ...     return fixed_point(lambda a: lambda x: 0.5 * (x + a / x), a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> grad(root)(4.0).round(9)
    np.float64(0.25)
    """
    step = f(a)
    return iterated(step, x0, distance, tol)


def iterated(step: Function, x: Any, distance: Function, tol: float) -> Any:
    """The limit of x, step(x), step(step(x)) ..."""
    new = step(x)
    while distance(new, x) > tol:
        new, x = step(new), new
    return new


def of_a(ans: Any, f: Function, a: Any, x0: Any, distance: Function, tol: float) -> Function:
    """The vjp by `a`: w = g + (df/dx)' w solved by iteration, and pulled back through f by a."""
    by_x, _ = make_vjp(f(a), ans)
    by_a, _ = make_vjp(lambda a: f(a)(ans), a)

    def pull(g: Any) -> Any:
        return by_a(iterated(lambda w: g + by_x(w), g, distance, tol))

    return pull


defvjp(fixed_point, None, of_a, None)
