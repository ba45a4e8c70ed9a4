"""What a distribution is here: formulas in our ops, in standard form; SciPy's methods follow from them.

loc and scale are handled once, and so is what lies outside of the support: density 0, its logarithm
-inf, and derivatives of 0 there. What has no formula comes from SciPy: a distribution function, whose
derivatives are those of the integral of the density; a quantile, by the implicit function theorem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats as st

from ...errors import UsageError
from ...primitive import Elementwise
from ..special.declared import derivatives, inverse, numbers_of
from ..special.integrals import half, integral, unit

__all__ = ["Continuous", "Discrete"]

Formula = Callable[..., Any]

# The ends stop short of where 1 / z**2 overflows: the densities without a distribution function are smooth there.
NODES, BELOW = unit(1 / 16, 4.2), half(1 / 24, 4.0)


class Distribution:
    """A distribution of SciPy's, by its name; its shape parameters are what SciPy calls them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scipys = getattr(st, name)
        self.shapes = tuple(s.strip() for s in (self.scipys.shapes or "").split(",") if s.strip())
        self.__doc__ = f"The methods of scipy.stats.{name} that have a derivative, on Values and arrays."

    def __repr__(self) -> str:
        return f"<stats.{self.name}>"

    def parameters(self, args: tuple[Any, ...], named: dict[str, Any], rest: dict[str, float]) -> tuple[list[Any], ...]:
        """Shape parameters, and loc (and scale), given by position or by name."""
        names = (*self.shapes, *rest)
        given = dict(zip(names, args, strict=False))
        wrong = [n for n in named if n not in names or n in given]
        missing = [n for n in self.shapes if n not in given and n not in named]
        if wrong or missing or len(args) > len(names):
            raise UsageError(
                f"stats.{self.name}: got {len(args)} parameters by position and {sorted(named)} by name; "
                f"its parameters are {', '.join(names)}; give each of them once"
            )
        given = {**rest, **given, **named}
        return [given[n] for n in self.shapes], [given[n] for n in rest]

    def support(self, *args: Any, **named: Any) -> tuple[Any, Any]:
        """The ends of the support, as numbers; SciPy's."""
        options = {k: numbers_of(x) for k, x in named.items()}
        return self.scipys.support(*map(numbers_of, args), **options)  # type: ignore[no-any-return]  # SciPy's


class Continuous(Distribution):
    """A distribution with a density.

    logpdf, cdf, sf, logcdf, logsf, ppf, isf: formulas `(z, *shapes)` in standard form, the last two of
    a probability. All but the first may be missing. at: the shape parameters it is tested at.
    """

    def __init__(
        self,
        name: str,
        logpdf: Formula,
        *,
        cdf: Formula | None = None,
        sf: Formula | None = None,
        logcdf: Formula | None = None,
        logsf: Formula | None = None,
        ppf: Formula | None = None,
        isf: Formula | None = None,
        at: tuple[float, ...] = (),
    ) -> None:
        super().__init__(name)
        self.at_shapes = at
        n = 1 + len(self.shapes)
        density: Formula = lambda z, *shapes: np.exp(logpdf(z, *shapes))
        if cdf is None:
            cdf = self.from_scipy("cdf", derivatives(self.accumulated(density), n))
        if ppf is None:
            ppf = self.from_scipy("ppf", inverse(cdf, 0, n))
        self.standard: dict[str, Formula] = {
            "logpdf": logpdf,
            "pdf": density,
            "cdf": cdf,
            "sf": sf or (lambda z, *shapes: 1 - cdf(z, *shapes)),
            "ppf": ppf,
            "isf": isf or (lambda q, *shapes: ppf(1 - q, *shapes)),
        }
        self.standard["logcdf"] = logcdf or (lambda z, *shapes: np.log(self.standard["cdf"](z, *shapes)))
        self.standard["logsf"] = logsf or (lambda z, *shapes: np.log(self.standard["sf"](z, *shapes)))

    def from_scipy(self, method: str, partials: tuple[Formula, ...]) -> Elementwise:
        """An op that SciPy computes, with these partials."""
        function = getattr(self.scipys, method)
        name = f"stats.{self.name}.{method}"
        points = self.scipys.ppf((0.2, 0.7), *self.at_shapes) if method == "cdf" else np.array((0.2, 0.7))
        return Elementwise(
            name,
            lambda *xs: np.asarray(function(*xs))[()],
            partials,
            samples=lambda a: [(points, *self.at_shapes)],
            doc=function.__doc__,
        )

    def accumulated(self, density: Formula) -> Formula:
        """The integral of the density from the lower end of the support."""

        def f(z: Any, *shapes: Any) -> Any:
            low = np.asarray(self.support(*shapes)[0])
            if not np.all(np.isfinite(low)):
                t, w = BELOW.t, BELOW.t * BELOW.w
                return integral(lambda z, *shapes: w * density(z - t, *shapes), z, *shapes)
            low = np.expand_dims(low, -1)
            weight = NODES.w * NODES.s * NODES.r
            return integral(
                lambda z, *shapes: weight * (z - low) * density(low + (z - low) * NODES.s, *shapes), z, *shapes
            )

        return f

    def pdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The density; 0 outside of the support."""
        return self.of_x(x, args, named, "pdf", 0.0, 0.0, closed=True)

    def logpdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of the density; -inf outside of the support."""
        return self.of_x(x, args, named, "logpdf", -np.inf, -np.inf, closed=True)

    def cdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of less than x."""
        return self.of_x(x, args, named, "cdf", 0.0, 1.0)

    def sf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of more than x."""
        return self.of_x(x, args, named, "sf", 1.0, 0.0)

    def logcdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of `cdf`."""
        return self.of_x(x, args, named, "logcdf", -np.inf, 0.0)

    def logsf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of `sf`."""
        return self.of_x(x, args, named, "logsf", 0.0, -np.inf)

    def ppf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The x that is not reached with probability q: the inverse of `cdf`."""
        return self.quantile(q, args, named, "ppf", flipped=False)

    def isf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The x that is exceeded with probability q: the inverse of `sf`."""
        return self.quantile(q, args, named, "isf", flipped=True)

    def of_x(
        self,
        x: Any,
        args: tuple[Any, ...],
        named: dict[str, Any],
        method: str,
        below: float,
        above: float,
        *,
        closed: bool = False,
    ) -> Any:
        """One of the functions of x, constant outside of the support."""
        shapes, (loc, scale) = self.parameters(args, named, {"loc": 0.0, "scale": 1.0})
        with np.errstate(all="ignore"):
            z = (x - loc) / scale
        low, high = self.support(*shapes)
        valid = np.greater(numbers_of(scale), 0) & ~np.isnan(low)
        raw = numbers_of(z)
        with np.errstate(invalid="ignore"):
            under, over = (raw < low, raw > high) if closed else (raw <= low, raw >= high)
        y = self.inside(method, np.where(under | over, safe(low, high), z), shapes)
        if closed and np.any(undefined := np.isnan(numbers_of(y)) & ((raw == low) | (raw == high))):
            under, over = under | (undefined & (raw == low)), over | (undefined & (raw == high))
            y = self.inside(method, np.where(under | over, safe(low, high), z), shapes)
        outside = under | over
        if method == "pdf":
            y = y / scale
        elif method == "logpdf":
            y = y - np.log(scale)
        if np.any(outside):
            y = np.where(outside, np.where(under, below, above), y)
        return y if np.all(valid) else np.where(valid, y, np.nan)

    def inside(self, method: str, z: Any, shapes: list[Any]) -> Any:
        """The formula; a density that is singular at an end of the support may be nan there."""
        with np.errstate(all="ignore"):
            return self.standard[method](z, *shapes)

    def quantile(self, q: Any, args: tuple[Any, ...], named: dict[str, Any], method: str, *, flipped: bool) -> Any:
        """One of the two inverses; the ends of the support at 0 and 1."""
        shapes, (loc, scale) = self.parameters(args, named, {"loc": 0.0, "scale": 1.0})
        low, high = self.support(*shapes)
        raw = numbers_of(q)
        inside = (raw > 0) & (raw < 1)
        at_0, at_1 = (high, low) if flipped else (low, high)
        at_0, at_1 = (high, low) if flipped else (low, high)
        at_ends = np.where(raw == 0, at_0, np.where(raw == 1, at_1, np.nan))
        z = self.standard[method](q if np.all(inside) else np.where(inside, q, 0.5), *shapes)
        z = z if np.all(inside) else np.where(inside, z, at_ends)
        valid = np.greater(numbers_of(scale), 0) & ~np.isnan(low)
        x = loc + scale * z
        return x if np.all(valid) else np.where(valid, x, np.nan)


def safe(low: Any, high: Any) -> Any:
    """A point inside the support, to compute at in place of one outside."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    finite_low, finite_high = np.isfinite(low), np.isfinite(high)
    a, b = np.where(finite_low, low, 0.0), np.where(finite_high, high, 0.0)
    one_sided = np.where(finite_low, a + 1, np.where(finite_high, b - 1, 0.5))
    return np.where(finite_low & finite_high, 0.5 * (a + b), one_sided)


class Discrete(Distribution):
    """A distribution over whole numbers; its functions have derivatives in the shape parameters.

    logpmf, cdf, sf: formulas `(k, *shapes)` at whole k inside the support; a missing cdf is a sum.
    at: the shape parameters it is tested at.
    """

    def __init__(
        self,
        name: str,
        logpmf: Formula,
        *,
        cdf: Formula | None = None,
        sf: Formula | None = None,
        at: tuple[float, ...] = (),
    ) -> None:
        super().__init__(name)
        self.at_shapes = at
        self.formula, self.cdf_formula, self.sf_formula = logpmf, cdf, sf

    def mass(self, k: Any, args: tuple[Any, ...], named: dict[str, Any], outside: float) -> tuple[Any, Any]:
        """The logarithm of the mass at k, or 0, and where it counts."""
        shapes, (loc,) = self.parameters(args, named, {"loc": 0.0})
        k = numbers_of(k) - numbers_of(loc)
        low, high = self.support(*shapes)
        counts = (k >= low) & (k <= high) & (np.floor(k) == k)
        y = self.formula(np.where(counts, k, self.inner(low, high)), *shapes)
        return np.where(np.isnan(low), np.nan, y), counts

    def inner(self, low: Any, high: Any) -> Any:
        """A whole number inside the support."""
        return np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))

    def pmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of k; 0 outside of the support."""
        y, counts = self.mass(k, args, named, 0.0)
        return np.where(counts, np.exp(y), np.where(np.isnan(numbers_of(y)), np.nan, 0.0))

    def logpmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of `pmf`."""
        y, counts = self.mass(k, args, named, -np.inf)
        return np.where(counts, y, np.where(np.isnan(numbers_of(y)), np.nan, -np.inf))

    def tail(self, k: Any, args: tuple[Any, ...], named: dict[str, Any], *, upper: bool, log: bool) -> Any:
        """One of cdf, sf and their logarithms."""
        shapes, (loc,) = self.parameters(args, named, {"loc": 0.0})
        k = np.floor(numbers_of(k) - numbers_of(loc))
        low, high = self.support(*shapes)
        under, over = k < low, k >= high
        inside = ~(under | over)
        z = np.where(inside, k, self.inner(low, high))
        if upper and self.sf_formula is not None:
            y = self.sf_formula(z, *shapes)
        else:
            y = self.total(z, low, shapes) if self.cdf_formula is None else self.cdf_formula(z, *shapes)
            y = 1 - y if upper else y
        at_low, at_high = (1.0, 0.0) if upper else (0.0, 1.0)
        if not log:
            return np.where(np.isnan(low), np.nan, np.where(inside, y, np.where(under, at_low, at_high)))
        y = np.log(np.where(inside, y, 1.0))
        ends = np.where(under, 0.0 if upper else -np.inf, -np.inf if upper else 0.0)
        return np.where(np.isnan(low), np.nan, np.where(inside, y, ends))

    def total(self, k: Any, low: Any, shapes: list[Any]) -> Any:
        """The sum of the mass up to k."""
        low = np.asarray(low, float)
        n = int(np.max(np.where(np.isfinite(low), k - low, 0.0), initial=0.0)) + 1
        j = np.expand_dims(low, -1) + np.arange(n)
        counts = j <= np.expand_dims(k, -1)
        j = np.where(counts, j, np.expand_dims(low, -1))
        return integral(lambda *shapes: np.where(counts, np.exp(self.formula(j, *shapes)), 0.0), *shapes)

    def cdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of at most k."""
        return self.tail(k, args, named, upper=False, log=False)

    def sf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability of more than k."""
        return self.tail(k, args, named, upper=True, log=False)

    def logcdf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of `cdf`."""
        return self.tail(k, args, named, upper=False, log=True)

    def logsf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The logarithm of `sf`."""
        return self.tail(k, args, named, upper=True, log=True)
