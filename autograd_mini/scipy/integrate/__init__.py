"""`scipy.integrate` on Values, under SciPy's names: integrals of samples and of functions, and differential equations.

Functions to be integrated may depend on Values in any way. EXCLUDED lists what has no rule, with the reason: those
are SciPy's own functions, for numbers only.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import integrate
>>> float(grad(lambda b: integrate.quad(lambda t: t**2, 0.0, b)[0])(2.0))
4.0
"""

from __future__ import annotations

from typing import Any

import scipy.integrate as si

from ..answers import borrowed, listed
from .equations import odeint, solve_ivp
from .quadrature import dblquad, fixed_quad, nquad, quad, quad_vec, tplquad
from .samples import cumulative_simpson, cumulative_trapezoid, romb, simpson, trapezoid

STEPS = "it is an object that takes steps, of numbers; use solve_ivp"
CONSTANTS = "it makes constants, and takes no array"
OTHER_QUAD = "its sums have no rule here; use quad, or nquad"

EXCLUDED = {
    **dict.fromkeys(
        (
            "BDF", "DOP853", "DenseOutput", "LSODA", "OdeSolution", "OdeSolver", "RK23", "RK45", "Radau", "complex_ode",
            "ode",
        ),
        STEPS,
    ),
    **dict.fromkeys(("newton_cotes", "lebedev_rule"), CONSTANTS),
    **dict.fromkeys(("cubature", "nsum", "qmc_quad", "tanhsinh"), OTHER_QUAD),
    "IntegrationWarning": "a warning",
    "ODEintWarning": "a warning",
    "solve_bvp": "its meshes of collocation have no rule; solve for the unknown start by autograd_mini.optimize.root",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    return borrowed(__name__, si, EXCLUDED, name)


def __dir__() -> list[str]:
    return listed(si, globals())


__all__ = [
    "EXCLUDED", "cumulative_simpson", "cumulative_trapezoid", "dblquad", "fixed_quad", "nquad", "odeint", "quad",
    "quad_vec", "romb", "simpson", "solve_ivp", "tplquad", "trapezoid",
]  # fmt: skip
