"""Ordinary differential equations, with gradients by the adjoint equation, or through the steps that were taken.

For y' = f(t, y), the cotangent of y at the end, taken backward in time by c' = -(df/dy)' c, is that of y at the
beginning; the cotangent of what else f depends on is the integral of (df/dp)' c. The adjoint equation is solved by
the same solver, with the solution itself from each output time to the one before; and so are its own derivatives.

Source: Chen, Rubanova, Bettencourt and Duvenaud, "Neural ordinary differential equations" (2018).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as si

from ...errors import NoRuleError, ShapeError, UsageError
from ...ops.shape import alias, stack
from ...primitive import TABLE
from ...record import Record, shape_of
from ...value import Value
from ..answers import as_value
from ..linalg.systems import floats
from .watched import Watched, data_of, is_recorded, joined, parted, solution

Function = Callable[..., Any]
# solver(f, y0, times): the rows y(t) of y' = f(t, y), the first of which is y0; all of numbers.
Solver = Callable[[Function, Any, Any], Any]


def flow(f: Watched, y0: Any, times: Any, solver: Solver, rows: Any = None) -> Any:
    """The solution of y' = f(t, y) at each time, which starts as y0 at the first of them.  (n,), (m,) -> (m, n)

    rows: the solution, if it is known.
    """
    if rows is None:
        rows = solver(f.numbers, data_of(y0), data_of(times))

    def rule(g: Any, y: Any, start: Any, ts: Any) -> tuple[Any, ...]:
        recorded = is_recorded(g, y)
        values = f.values
        n, m = shape_of(start)[0], shape_of(ts)[0]
        raw_times = data_of(ts)
        is_free = is_recorded(times)

        def slope(i: int) -> Any:
            d = f(ts[i], y[i])
            return d if recorded else data_of(d)

        def backward(t: Any, state: Any) -> Any:
            here = state[:n]
            here = alias(here) if isinstance(here, Record) else Value(here)
            there = f(t, here)
            c = state[n : 2 * n]
            pulled = f.pulled(there, c, [here, *values], recorded=recorded)
            there = there if recorded else data_of(there)
            return joined([there, -joined(pulled)])

        c, parameters = 0.0 * g[0], np.zeros(sum(int(np.size(v._data)) for v in values), rows.dtype)
        slopes = [0.0] * m
        for i in range(m - 1, 0, -1):
            c = c + g[i]
            if is_free:
                slopes[i] = real_product(g[i], slope(i))
            if raw_times[i] == raw_times[i - 1]:
                continue
            state = joined([y[i], c, parameters])
            span = stack([ts[i], ts[i - 1]])
            end = flow(Watched(backward), state, span, solver)[1]
            end = end if recorded else data_of(end)
            c, parameters = end[n : 2 * n], end[2 * n :]
        if is_free:
            slopes[0] = -real_product(c, slope(0))
        return (c + g[0], stack(slopes) if is_free else None, *parted(parameters, values))

    return solution("odeint", rows, [y0, times], f, rule)


def real_product(g: Any, d: Any) -> Any:
    """The real inner product."""
    return np.sum(np.real(np.conjugate(g) * d)) if np.iscomplexobj(data_of(d)) else np.sum(g * d)


def checked_gradient(where: str, gradient: str) -> None:
    """Raise unless the way to differentiate is known."""
    if gradient not in ("adjoint", "direct"):
        raise UsageError(f'{where}: got gradient={gradient!r}; it must be "adjoint" or "direct"; choose one')


def smallest(tolerance: Any) -> Any:
    """One tolerance for equations of any number of unknowns."""
    return None if tolerance is None else float(np.min(tolerance))


def odeint(
    func: Function, y0: Any, t: Any, args: tuple[Any, ...] = (), Dfun: Any = None,  # noqa: N803  # SciPy's own name
    col_deriv: bool = False,  # SciPy's own name
    full_output: bool = False, ml: Any = None, mu: Any = None, rtol: Any = None, atol: Any = None, tcrit: Any = None,
    h0: float = 0.0, hmax: float = 0.0, hmin: float = 0.0, ixpr: bool = False, mxstep: int = 0, mxhnil: int = 0,
    mxordn: int = 12, mxords: int = 5, printmessg: bool = False, tfirst: bool = False, *, gradient: str = "adjoint",
) -> Any:  # fmt: skip
    """The solution of y' = func(y, t, *args) at the times `t`, of which the first is that of y0.  -> (times, unknowns)

    Derivatives by y0, t, args and what func captures, exact to the tolerances rtol and atol. gradient: "adjoint",
    which holds no steps in memory; or "direct", through the steps of the method RK45, with steps held as they are.

    >>> from autograd_mini import grad
    >>> y = lambda k: odeint(lambda y, t: -k * y, np.ones(1), np.array([0.0, 1.0]), rtol=1e-10, atol=1e-10)[1, 0]
    >>> round(float(grad(y)(1.0)), 6)
    -0.367879
    """
    checked_gradient("odeint", gradient)
    args = args if isinstance(args, tuple) else (args,)
    y0, t = np.atleast_1d(floats(y0)), floats(t)
    watched = Watched((lambda t, y: func(t, y, *args)) if tfirst else (lambda t, y: func(y, t, *args)))
    steps = {
        "h0": h0,
        "hmax": hmax,
        "hmin": hmin,
        "mxstep": mxstep,
        "mxhnil": mxhnil,
        "mxordn": mxordn,
        "mxords": mxords,
    }
    own = {"ml": ml, "mu": mu, "tcrit": tcrit, "ixpr": ixpr, "printmessg": printmessg, "col_deriv": col_deriv}
    if Dfun is not None:
        own["Dfun"] = (lambda t, y: Dfun(t, y, *args)) if tfirst else (lambda t, y: Dfun(y, t, *args))
    if len(shape_of(y0)) != 1:
        raise ShapeError(f"odeint: got y0 of shape {shape_of(y0)}; one axis is needed; ravel it")
    first, info = si.odeint(
        watched.numbers, data_of(y0), data_of(t), rtol=rtol, atol=atol, tfirst=True, full_output=True, **steps, **own
    )
    if gradient == "direct" and (watched.values or is_recorded(y0, t)):
        wanted = {
            "rtol": 1.49e-8 if rtol is None else smallest(rtol),
            "atol": 1.49e-8 if atol is None else smallest(atol),
        }
        rows = through_steps(watched, y0, (t[0], t[-1]), t, "RK45", wanted)
    else:

        def again(f: Function, y0: Any, times: Any) -> Any:
            return si.odeint(
                f, y0, times, rtol=smallest(rtol) or 1e-10, atol=smallest(atol) or 1e-10, tfirst=True, **steps
            )

        rows = flow(watched, y0, t, again, first)
    return (rows, info) if full_output else rows


TABLE[si.odeint] = odeint


def solve_ivp(
    fun: Function, t_span: Any, y0: Any, method: Any = "RK45", t_eval: Any = None, dense_output: bool = False,
    events: Any = None, vectorized: bool = False, args: Any = None, *, gradient: str = "adjoint", **options: Any,
) -> Any:  # fmt: skip
    """SciPy's `solve_ivp`: the result's `t` and `y` hold Values if the solution depends on Values.

    Derivatives by y0, t_span, t_eval, args and what fun captures, exact to the tolerances rtol and atol. gradient:
    "adjoint", which holds no steps in memory; or "direct", through the steps of the methods RK45 and RK23.

    >>> from autograd_mini import grad
    >>> y = lambda k: solve_ivp(lambda t, y: -k * y, (0.0, 1.0), np.ones(1), rtol=1e-9, atol=1e-9).y[0, -1]
    >>> round(float(grad(y)(1.0)), 6)
    -0.367879
    """
    checked_gradient("solve_ivp", gradient)
    extra = () if args is None else tuple(args)
    y0 = np.atleast_1d(floats(y0))
    span = tuple(as_value(end) for end in t_span)
    t_eval = None if t_eval is None else floats(t_eval)
    watched = Watched(lambda t, y: fun(t, y, *extra))
    result = si.solve_ivp(
        watched.numbers, tuple(float(data_of(end)) for end in span), data_of(y0), method=method, t_eval=data_of(t_eval),
        dense_output=dense_output, events=events, vectorized=vectorized, **options,
    )  # fmt: skip
    if not watched.values and not is_recorded(y0, t_eval, *span):
        return result
    if dense_output or events is not None:
        raise NoRuleError(
            "solve_ivp: got dense_output or events with Values; they have no rule; give the times as t_eval, or find "
            "the time of an event by autograd_mini.optimize.root"
        )
    start, stop = span
    first, last = data_of(start), data_of(stop)
    times = start + (stop - start) * ((result.t - first) / (last - first)) if t_eval is None else t_eval
    times = times[: result.t.size]
    if gradient == "direct":
        rows = through_steps(watched, y0, span, times, method, options)
    else:
        shared = {
            k: smallest(x) if k in ("rtol", "atol") else x
            for k, x in options.items()
            if k not in ("jac", "jac_sparsity", "lband", "uband")
        }

        def again(f: Function, y0: Any, times: Any) -> Any:
            return si.solve_ivp(f, (times[0], times[-1]), y0, method=method, t_eval=times, **shared).y.T

        whole = np.concatenate([np.reshape(start, (1,)), times]) if is_recorded(start, times) else np.r_[first, times]
        known = np.concatenate([data_of(y0)[None], result.y.T])
        rows = flow(watched, y0, whole, again, known)[1:]
    result.t, result.y = times, rows.T
    return result


TABLE[si.solve_ivp] = solve_ivp


def through_steps(f: Watched, y0: Any, span: Any, times: Any, method: Any, options: dict[str, Any]) -> Any:
    """The solution at the times, recorded through the steps of an explicit Runge-Kutta method.  -> (times, unknowns)

    The steps are those that the solver chose; each keeps its share of the whole span.
    """
    tables = {"RK45": si.RK45, "RK23": si.RK23}
    if method not in tables:
        raise NoRuleError(
            f'solve_ivp: got method={method!r} with gradient="direct"; only the steps of "RK45" and "RK23" are '
            'recorded; use one of them, or gradient="adjoint"'
        )
    table = tables[method]
    start, stop = span
    first, last = float(data_of(start)), float(data_of(stop))
    nodes = si.solve_ivp(f.numbers, (first, last), data_of(y0), method=method, dense_output=True, **options).sol.ts
    places = start + (stop - start) * ((nodes - first) / (last - first))
    raw = data_of(times)
    forward = 1.0 if last >= first else -1.0
    step_of = np.clip(np.searchsorted(forward * nodes, forward * raw, side="left") - 1, 0, len(nodes) - 2)
    rows: list[Any] = [None] * len(raw)
    y, slope = y0, f(places[0], y0)
    for i in range(len(nodes) - 1):
        t, h = places[i], places[i + 1] - places[i]
        slopes = [slope]
        for c, a in zip(table.C[1:], table.A[1:], strict=True):
            slopes.append(f(t + c * h, y + h * combined(a, slopes)))
        after = y + h * combined(table.B, slopes)
        slope = f(t + h, after)
        slopes.append(slope)
        for k in np.flatnonzero(step_of == i):
            x = (times[k] - t) / h
            weights = [p @ stack([x ** (j + 1) for j in range(table.P.shape[1])]) for p in table.P]
            rows[k] = y + h * sum((w * s for w, s in zip(weights[1:], slopes[1:], strict=True)), weights[0] * slopes[0])
        y = after
    return stack(rows)


def combined(weights: Any, slopes: list[Any]) -> Any:
    """The weighted sum of slopes."""
    terms = [w * s for w, s in zip(weights, slopes, strict=False) if w]
    return sum(terms[1:], terms[0])
