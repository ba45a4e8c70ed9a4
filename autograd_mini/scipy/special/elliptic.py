"""Elliptic integrals and functions, by Carlson's symmetric forms: DLMF 19.16, 19.18, 19.25, 22.13."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import scipy.special as sp

from .declared import derivatives, several, special
from .integrals import HALF, integral

INSIDE = ((0.2, 0.6, -1.3),)
FIRST = ((0.4, 1.3, 2.2), (0.7, 0.2, 1.1), (1.6, 0.9, 0.3), (0.8, 1.2, 2.5))


# ---- Carlson's integrals over t > 0; those with a pole on the way have no rule: nan


def regular(y: Any) -> Any:
    """The operand where it is positive, else nan: a principal value has another derivative."""
    return y if np.iscomplexobj(y) else np.where(np.greater(y, 0), y, np.nan)


def c_by_integral(x: Any, y: Any) -> Any:
    """R_C, DLMF 19.16.6."""
    t, w = HALF.t, HALF.t * HALF.w
    return integral(lambda x, y: 0.5 * w / (np.sqrt(t + x) * (t + y)), x, regular(y))


def j_by_integral(x: Any, y: Any, z: Any, p: Any) -> Any:
    """R_J, DLMF 19.16.2; R_D(x, y, z) = R_J(x, y, z, z)."""
    t, w = HALF.t, HALF.t * HALF.w
    f = lambda x, y, z, p: 1.5 * w / (np.sqrt(t + x) * np.sqrt(t + y) * np.sqrt(t + z) * (t + p))
    return integral(f, x, y, z, regular(p))


def g_by_integral(x: Any, y: Any, z: Any) -> Any:
    """R_G, DLMF 19.16.3 with 19.23.7."""
    t, w = HALF.t, HALF.t * HALF.t * HALF.w

    def f(x: Any, y: Any, z: Any) -> Any:
        root = np.sqrt(t + x) * np.sqrt(t + y) * np.sqrt(t + z)
        return 0.25 * w * (x / (t + x) + y / (t + y) + z / (t + z)) / root

    return integral(f, x, y, z)


elliprc = special(sp.elliprc, *derivatives(c_by_integral, 2), points=FIRST[:2])
elliprd = special(sp.elliprd, *derivatives(lambda x, y, z: j_by_integral(x, y, z, z), 3), points=FIRST[:3])
elliprj = special(sp.elliprj, *derivatives(j_by_integral, 4), points=FIRST)
elliprg = special(sp.elliprg, *derivatives(g_by_integral, 3), points=FIRST[:3])
# DLMF 19.18.1
elliprf = special(
    sp.elliprf,
    lambda r, x, y, z: -sp.elliprd(y, z, x) / 6,
    lambda r, x, y, z: -sp.elliprd(z, x, y) / 6,
    lambda r, x, y, z: -sp.elliprd(x, y, z) / 6,
    points=FIRST[:3],
)

# ---- Legendre's integrals

ellipk = special(sp.ellipk, lambda y, m: sp.elliprd(0.0, 1.0, 1 - m) / 6, points=INSIDE)
ellipkm1 = special(sp.ellipkm1, lambda y, p: -sp.elliprd(0.0, 1.0, p) / 6, points=((0.2, 0.6, 1.3),))
ellipe = special(sp.ellipe, lambda y, m: -sp.elliprd(0.0, 1 - m, 1.0) / 6, points=INSIDE)


def squares(phi: Any, m: Any) -> tuple[Any, ...]:
    """Sine, its square and that of the cosine of phi less n*pi; twice n; 1 - m sin^2."""
    n = np.round(phi / pi)
    s = np.sin(phi - pi * n)
    return s, s * s, np.square(np.cos(phi)), 2 * n, 1 - m * s * s


def f_in_m(y: Any, phi: Any, m: Any) -> Any:
    """The derivative d F / d m."""
    s, ss, cc, turns, root = squares(phi, m)
    return (s * ss * sp.elliprd(cc, 1.0, root) + turns * sp.elliprd(0.0, 1.0, 1 - turned(m, turns))) / 6


def e_in_m(y: Any, phi: Any, m: Any) -> Any:
    """The derivative d E / d m."""
    s, ss, cc, turns, root = squares(phi, m)
    return -(s * ss * sp.elliprd(cc, root, 1.0) + turns * sp.elliprd(0.0, 1 - turned(m, turns), 1.0)) / 6


def turned(m: Any, turns: Any) -> Any:
    """The parameter m where phi is past a quarter turn, else 0: a complete integral of m >= 1 is not looked at."""
    return np.where(np.equal(turns, 0), 0.0, m)


ANGLED = ((0.4, 1.2, -2.8), (0.3, 0.7, -1.2))
ellipkinc = special(sp.ellipkinc, lambda y, phi, m: 1 / np.sqrt(1 - m * np.square(np.sin(phi))), f_in_m, points=ANGLED)
ellipeinc = special(sp.ellipeinc, lambda y, phi, m: np.sqrt(1 - m * np.square(np.sin(phi))), e_in_m, points=ANGLED)

# ---- Jacobi's functions sn, cn, dn and the amplitude


def in_u(u: Any, m: Any) -> tuple[Any, ...]:
    """DLMF 22.13.1 to 22.13.3."""
    sn, cn, dn, _ = sp.ellipj(u, m)
    return cn * dn, -sn * dn, -m * sn * cn, dn


def in_m(u: Any, m: Any) -> tuple[Any, ...]:
    """From F(am, m) = u, held fixed."""
    sn, cn, dn, am = sp.ellipj(u, m)
    turn = -dn * f_in_m(None, am, m)
    return cn * turn, -sn * turn, -(sn * sn + 2 * m * sn * cn * turn) / (2 * dn), turn


ellipj = several(sp.ellipj, in_u, in_m, points=((0.4, 1.3, 2.9), (0.3, 0.7, 0.5)))

__all__ = ["j_by_integral"]
