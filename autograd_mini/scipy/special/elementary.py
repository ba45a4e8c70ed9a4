"""Functions close to the elementary ones: logarithms that keep their accuracy, entropies, Box-Cox, losses, degrees."""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np
import scipy.special as sp

from ...primitive import discrete
from .declared import derivatives, inverse, special

LN2, LN10, DEGREE = log(2.0), log(10.0), pi / 180

APART = ((0.4, 1.3, 2.2), (0.7, 1.9, 0.3))
SIGNED = ((-1.3, 0.4, 2.2),)
POSITIVE = ((0.3, 1.4, 2.6),)
INSIDE = ((0.2, 0.5, 0.9),)


def nonzero(x: Any) -> Any:
    """The operand, with 1 for 0: a divisor whose quotient is not looked at there."""
    return np.where(np.equal(x, 0), 1.0, x)


# ---- exponentials, logarithms, powers

exp2 = special(sp.exp2, lambda y, x: LN2 * y, points=SIGNED)
exp10 = special(sp.exp10, lambda y, x: LN10 * y, points=SIGNED)
expm1 = special(sp.expm1, lambda y, x: y + 1, points=SIGNED)
log1p = special(sp.log1p, lambda y, x: 1 / (1 + x), points=POSITIVE)
cbrt = special(sp.cbrt, lambda y, x: 1 / (3 * y * y), points=SIGNED)
# exprel(x) = 1F1(1; 2; x)
exprel = special(sp.exprel, lambda y, x: 0.5 * sp.hyp1f1(2.0, 3.0, x), points=SIGNED)
cosm1 = special(sp.cosm1, lambda y, x: -np.sin(x), points=SIGNED)
powm1 = special(
    sp.powm1,
    lambda z, x, y: y * np.power(x, y - 1),
    lambda z, x, y: np.power(x, y) * np.log(x),
    points=APART,
)
# the product of both, as 1 - y is 0 already where y is nearly 1
expit = special(sp.expit, lambda y, x: sp.expit(x) * sp.expit(-x), points=SIGNED)
logit = special(sp.logit, lambda y, x: 1 / (x * (1 - x)), points=INSIDE)
log_expit = special(sp.log_expit, lambda y, x: sp.expit(-x), points=SIGNED)
wrightomega = special(sp.wrightomega, lambda y, x: y / (1 + y), points=SIGNED)
round_ = discrete(sp.round, name="special.round")
round_.samples = lambda a: [(np.array([0.4, 1.7]),)]

# ---- products with a logarithm: 0 where both factors are singular


def log_beside_zero(x: Any, y: Any) -> Any:
    """log(y), and 0 where x and y are both 0."""
    return np.log(np.where(both_zero(x, y), 1.0, y))


def both_zero(x: Any, y: Any) -> Any:
    """Where x = y = 0."""
    return np.logical_and(np.equal(x, 0), np.equal(y, 0))


xlogy = special(
    sp.xlogy,
    lambda z, x, y: log_beside_zero(x, y),
    lambda z, x, y: x / np.where(both_zero(x, y), 1.0, y),
    points=APART,
)
xlog1py = special(
    sp.xlog1py,
    lambda z, x, y: np.log1p(np.where(both_zero(x, 1 + y), 0.0, y)),
    lambda z, x, y: x / np.where(both_zero(x, 1 + y), 1.0, 1 + y),
    points=APART,
)
# constant, as infinite, outside of their domains
entr = special(
    sp.entr, lambda y, x: np.where(np.less(x, 0), 0.0, -1 - np.log(np.where(np.less(x, 0), 1, x))), points=POSITIVE
)


def in_domain(x: Any, y: Any) -> Any:
    """Where rel_entr and kl_div are finite."""
    return np.logical_and(np.greater_equal(x, 0), np.greater(y, 0))


def log_ratio(x: Any, y: Any) -> Any:
    """log(x / y) in that domain, else 0."""
    inside = in_domain(x, y)
    return np.log(np.where(inside, x, 1.0)) - np.log(np.where(inside, y, 1.0))


def ratio(x: Any, y: Any) -> Any:
    """The ratio x / y in that domain, else 0."""
    inside = in_domain(x, y)
    return np.where(inside, x, 0.0) / np.where(inside, y, 1.0)


rel_entr = special(
    sp.rel_entr, lambda z, x, y: in_domain(x, y) + log_ratio(x, y), lambda z, x, y: -ratio(x, y), points=APART
)
kl_div = special(
    sp.kl_div, lambda z, x, y: log_ratio(x, y), lambda z, x, y: in_domain(x, y) - ratio(x, y), points=APART
)

# ---- Box-Cox: x -> (x**lmbda - 1) / lmbda = L * exprel(lmbda * L), L = log(x), and its inverse


def in_power(logarithm: Any, lmbda: Any) -> Any:
    """d/d lmbda of L * exprel(lmbda * L), smooth at lmbda = 0."""
    return logarithm * logarithm * (0.5 * sp.hyp1f1(2.0, 3.0, lmbda * logarithm))


def in_inverse_power(y: Any, lmbda: Any) -> Any:
    """d/d lmbda of log(1 + lmbda*y) / lmbda = y * 2F1(1, 1; 2; -lmbda*y), smooth at lmbda = 0."""
    return -0.5 * y * y * sp.hyp2f1(2.0, 2.0, 3.0, -lmbda * y)


BOXED = ((0.4, 1.3, 2.2), (0.5, -0.3, 0.7))
boxcox = special(sp.boxcox, lambda z, x, a: np.power(x, a - 1), lambda z, x, a: in_power(np.log(x), a), points=BOXED)
boxcox1p = special(
    sp.boxcox1p, lambda z, x, a: np.power(1 + x, a - 1), lambda z, x, a: in_power(np.log1p(x), a), points=BOXED
)
inv_boxcox = special(
    sp.inv_boxcox,
    lambda z, y, a: z / (1 + a * y),
    lambda z, y, a: z * in_inverse_power(y, a),
    points=BOXED,
)
inv_boxcox1p = special(
    sp.inv_boxcox1p,
    lambda z, y, a: (1 + z) / (1 + a * y),
    lambda z, y, a: (1 + z) * in_inverse_power(y, a),
    points=BOXED,
)


def tukey_quantile(p: Any, lmbda: Any) -> Any:
    """The quantile function of Tukey's lambda distribution."""
    return sp.boxcox(p, lmbda) - sp.boxcox(1 - p, lmbda)


def in_support(rule: Any) -> Any:
    """The partial where 0 < p < 1; 0 outside of the support, where p is constant."""

    def guarded(p: Any, x: Any, lmbda: Any) -> Any:
        inside = np.logical_and(np.greater(p, 0), np.less(p, 1))
        return np.where(inside, rule(np.where(inside, p, 0.5), x, lmbda), 0.0)

    return guarded


tklmbda = special(
    sp.tklmbda, *map(in_support, inverse(tukey_quantile, 0, 2)), points=((-0.7, 0.4, 0.9), (0.6, -0.5, 1.2))
)

# ---- losses


def within(delta: Any, r: Any) -> Any:
    """Where Huber's loss is quadratic."""
    return np.less_equal(np.abs(r), delta)


huber = special(
    sp.huber,
    lambda y, delta, r: np.where(np.logical_or(within(delta, r), np.less(delta, 0)), 0.0, np.abs(r) - delta),
    lambda y, delta, r: np.where(
        within(delta, r), r, np.where(np.less(delta, 0), 0.0, np.where(np.isnan(y), y, delta) * np.sign(r))
    ),
    points=((0.5, 1.0, 1.5), (1.2, -2.2, 0.4)),
)


def excess(delta: Any, r: Any) -> Any:
    """hypot(delta, r) - delta, without cancellation, where delta > 0."""
    return r * r / nonzero(np.hypot(delta, r) + delta)


pseudo_huber = special(
    sp.pseudo_huber,
    lambda y, delta, r: excess(delta, r) * excess(delta, r) / nonzero(np.hypot(delta, r)),
    lambda y, delta, r: delta * r / nonzero(np.hypot(delta, r)),
    points=((0.5, 1.0, 1.5), (1.2, -2.2, 0.4)),
)

# ---- degrees

ANGLES = ((20.0, 65.0, -130.0),)
sindg = special(sp.sindg, lambda y, x: DEGREE * sp.cosdg(x), points=ANGLES)
cosdg = special(sp.cosdg, lambda y, x: -DEGREE * sp.sindg(x), points=ANGLES)
tandg = special(sp.tandg, lambda y, x: DEGREE * (1 + y * y), points=ANGLES)
cotdg = special(sp.cotdg, lambda y, x: -DEGREE * (1 + y * y), points=ANGLES)
radian = special(sp.radian, DEGREE, DEGREE / 60, DEGREE / 3600, points=((10.0, 20.0), (5.0, 7.5), (30.0, 12.5)))


def agm_by_carlson(a: Any, b: Any) -> Any:
    """The arithmetic-geometric mean, pi/2 / R_F(0, a^2, b^2): DLMF 19.8.5 and 19.25.1."""
    return np.sign(a) * (pi / 2) / sp.elliprf(0.0, a * a, b * b)


agm = special(sp.agm, *derivatives(agm_by_carlson, 2), points=((0.6, 1.5, 2.0), (1.1, 0.4, 2.0)))

__all__ = ["nonzero"]
