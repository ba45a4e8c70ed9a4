"""Integrals of functions: their derivative by the limits is the function there, by all else that of the function,
integrated.

The integral of a derivative is computed as adaptively as the integral itself, and is differentiated in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as si
from scipy.special import roots_legendre

from ...errors import NoRuleError, UsageError
from ...primitive import TABLE
from ..answers import as_value, for_values
from .watched import Watched, data_of, is_recorded, joined, parted, solution

Function = Callable[..., Any]


def limit_of(x: Any) -> Any:
    """A limit of an integral as a number, or a Value."""
    x = as_value(x)
    if np.ndim(x):
        raise UsageError(f"quad: got a limit of shape {np.shape(x)}; it must be one number; integrate over each")
    return x if is_recorded(x) else float(x)


def integral(
    f: Function, a: Any, b: Any, integrate: Function, *, rest: tuple[Any, ...] | None = None
) -> tuple[Any, ...]:
    """(the integral of f from a to b, and what else `integrate` gives); f may give an array."""
    watched = Watched(f)
    value, *others = integrate(watched.numbers, data_of(a), data_of(b))

    def rule(g: Any, y: Any, low: Any, high: Any) -> tuple[Any, ...]:
        recorded = is_recorded(g, y)
        ends: list[Any] = []
        for end, x, sign in ((a, low, -1.0), (b, high, 1.0)):
            if not is_recorded(end):
                ends.append(None)
                continue
            there = watched(x)
            there = there if recorded else data_of(there)
            ends.append(
                sign * np.sum(np.real(np.conjugate(there) * g) if np.iscomplexobj(data_of(there)) else there * g)
            )
        values = watched.values
        if not values:
            return tuple(ends)

        def slopes(t: float) -> Any:
            return joined(watched.pulled(watched(t), g, values, recorded=recorded))

        row = integral(slopes, low, high, integrate)[0]
        return (*ends, *parted(row if recorded else data_of(row), values))

    return (solution("quad", value, [a, b], watched, rule), *others)


def adaptive(options: dict[str, Any]) -> Function:
    """An integrator of functions that give a number, by `quad`, or an array, by `quad_vec`."""
    shared = {k: options[k] for k in ("epsabs", "epsrel", "limit", "points") if k in options}

    def integrate(f: Function, a: float, b: float) -> Any:
        middle = f(inner_point(a, b))
        if np.ndim(middle) == 0 and not np.iscomplexobj(middle):
            return si.quad(lambda t: float(f(t)), a, b, **options)
        return si.quad_vec(lambda t: np.asarray(f(t)), a, b, **{"epsabs": 1.49e-8, "epsrel": 1.49e-8, **shared})[:2]

    return integrate


def inner_point(a: float, b: float) -> float:
    """A number between the limits, of which one or both may be infinite."""
    if np.isfinite(a) and np.isfinite(b):
        return 0.5 * (a + b)
    return a + np.copysign(1.0, b - a) if np.isfinite(a) else b + np.copysign(1.0, a - b) if np.isfinite(b) else 0.0


@for_values(si.quad, always=True)
def quad(
    func: Function, a: Any, b: Any, args: Any = (), full_output: int = 0, epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
    limit: int = 50, points: Any = None, weight: Any = None, wvar: Any = None, complex_func: bool = False,
) -> Any:  # fmt: skip
    """(the integral of func from a to b, an estimate of its error); derivatives by a, b, args and what func captures.

    >>> from autograd_mini import grad
    >>> round(float(grad(lambda p: quad(lambda t: t**p, 0.0, 1.0)[0])(1.0)), 9)
    -0.25
    """
    args = args if isinstance(args, tuple) else (args,)
    options: dict[str, Any] = {"epsabs": epsabs, "epsrel": epsrel, "limit": limit}
    options |= {k: x for k, x in (("points", points), ("full_output", full_output)) if x}
    if weight is not None or wvar is not None:
        watched = Watched(lambda t: func(t, *args))
        result = si.quad(watched.numbers, data_of(a), data_of(b), weight=weight, wvar=wvar, **options)
        if watched.values or is_recorded(a, b):
            raise NoRuleError(f"quad: got weight={weight!r} with Values; it has no rule; multiply func by the weight")
        return result
    a, b = limit_of(a), limit_of(b)
    if complex_func:
        options = {"epsabs": epsabs, "epsrel": epsrel, "limit": limit}
    return integral(lambda t: func(t, *args), a, b, adaptive(options))


def quad_vec(
    f: Function,
    a: Any,
    b: Any,
    epsabs: float = 1e-200,
    epsrel: float = 1e-8,
    args: tuple[Any, ...] = (),
    **options: Any,
) -> Any:
    """(the integral of f, which gives an array, from a to b, an estimate of the error)."""
    if options.get("full_output"):
        raise NoRuleError("quad_vec: got full_output=True, which has no rule; leave it out")

    def integrate(f: Function, a: float, b: float) -> Any:
        return si.quad_vec(lambda t: np.asarray(f(t)), a, b, epsabs=epsabs, epsrel=epsrel, **options)

    return integral(lambda t: f(t, *args), limit_of(a), limit_of(b), integrate)


TABLE[si.quad_vec] = quad_vec


def called(limit: Any, *args: Any) -> Any:
    """A limit that may depend on the outer variables."""
    return limit(*args) if callable(limit) else limit


@for_values(si.dblquad, always=True)
def dblquad(
    func: Function,
    a: Any,
    b: Any,
    gfun: Any,
    hfun: Any,
    args: Any = (),
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
) -> Any:
    """(the integral of func(y, x) over x from a to b and y from gfun(x) to hfun(x), an estimate of its error)."""
    options = {"epsabs": epsabs, "epsrel": epsrel}
    inner = lambda x: quad(lambda y: func(y, x, *args), called(gfun, x), called(hfun, x), **options)[0]
    return quad(inner, a, b, **options)


@for_values(si.tplquad, always=True)
def tplquad(
    func: Function, a: Any, b: Any, gfun: Any, hfun: Any, qfun: Any, rfun: Any, args: Any = (), epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
) -> Any:  # fmt: skip
    """The same of func(z, y, x), with z from qfun(x, y) to rfun(x, y)."""
    options = {"epsabs": epsabs, "epsrel": epsrel}

    def inner(y: Any, x: Any) -> Any:
        return quad(lambda z: func(z, y, x, *args), called(qfun, x, y), called(rfun, x, y), **options)[0]

    return dblquad(inner, a, b, gfun, hfun, **options)


@for_values(si.nquad, always=True)
def nquad(func: Function, ranges: Any, args: Any = (), opts: Any = None) -> Any:
    """(the integral of func over several variables, the first one innermost, an estimate of its error).

    ranges: for each variable its limits, or a function of the variables after it that gives them.
    """
    args = args if isinstance(args, tuple) else (args,)
    n = len(ranges)

    def option(k: int, *outer: Any) -> dict[str, Any]:
        given = opts[k] if isinstance(opts, (list, tuple)) else opts
        return dict(called(given, *outer, *args) or {})

    def over(k: int, *outer: Any) -> Any:
        low, high = called(ranges[k], *outer, *args)
        f = (lambda t: func(t, *outer, *args)) if k == 0 else (lambda t: over(k - 1, t, *outer)[0])
        return quad(f, low, high, **option(k, *outer))

    return over(n - 1)


@for_values(si.fixed_quad, always=True)
def fixed_quad(func: Function, a: Any, b: Any, args: Any = (), n: int = 5) -> tuple[Any, None]:
    """(the integral of func, which takes arrays, by Gauss's rule of n places, None)."""
    a, b = limit_of(a), limit_of(b)
    if not (np.isfinite(data_of(a)) and np.isfinite(data_of(b))):
        raise UsageError("fixed_quad: got an infinite limit; both must be finite; use quad")
    places, weights = roots_legendre(n)
    t = (b - a) * ((places + 1) / 2.0) + a
    return (b - a) / 2.0 * np.sum(weights * as_value(func(t, *args)), -1), None
