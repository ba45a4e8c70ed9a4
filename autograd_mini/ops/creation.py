"""New arrays: those that NumPy makes with `like=v`, and the forms whose NumPy counterparts cannot take Values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..primitive import TABLE, composite
from .indexing import nested
from .joining import moved
from .operands import data_of, is_value, operand
from .shape import astype, broadcast_arrays, ravel, reshape
from .ufuncs import i0

# ---- np.asarray([v, w], like=v): NumPy hands the call over


def array_of_values(rows: Any, dtype: Any = None, *, ndmin: int = 0) -> Any:
    """Nested lists of Values and numbers as one array, of `ndmin` axes or more."""
    y = operand(nested(rows))
    y = y if dtype is None or y.dtype == dtype else astype(y, dtype)
    return reshape(y, (1,) * (ndmin - np.ndim(y)) + np.shape(y)) if ndmin > np.ndim(y) else y


@composite(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require)
def asarray(a: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
    """A Value as it is; nested lists of Values as one array."""
    return array_of_values(a, dtype)


def unlike(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes constants, called with `like=`."""

    def made(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    made.__name__ = function.__name__
    return made


for maker in (np.arange, np.fromfunction, np.fromiter, np.fromstring, np.frombuffer, np.tri):
    TABLE[maker] = unlike(maker)

# ---- numbers beyond the real line: the functions of np.emath give complex results where the real ones give nan


def widened(function: Any, op: Any, is_inside: Callable[[Any], Any]) -> None:
    """Let `op` answer for a function of np.emath, of complex numbers where some lie outside its real domain."""

    def wide(x: Any) -> Any:
        if x.dtype.kind != "c" and not np.all(is_inside(data_of(x))):
            x = x + 0j
        return op(x)

    composite(function)(wide)


for name in ("sqrt", "log", "log2", "log10"):
    widened(getattr(np.emath, name), getattr(np, name), lambda x: np.greater_equal(x, 0))
for name in ("arccos", "arcsin", "arctanh"):
    widened(getattr(np.emath, name), getattr(np, name), lambda x: np.less_equal(np.abs(x), 1))


@composite(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """The logarithm of x to the base n."""
    return np.emath.log(x) / np.emath.log(n)


@composite(np.emath.power)
def emath_power(x: Any, p: Any) -> Any:
    """X to the power p, complex where x is negative."""
    data = data_of(operand(x))
    return np.power(x + 0j if np.any(np.less(np.real(data), 0)) else x, p)


# ---- forms that NumPy cannot hand over


def kaiser(M: int, beta: Any) -> Any:  # noqa: N803  # NumPy's own name
    """The window of Kaiser with M points, whose `beta` may be a Value; np.kaiser cannot take one.

    >>> kaiser(3, 2.0).round(4)
    array([0.4387, 1.    , 0.4387])
    """
    if M < 1:
        return np.zeros(0)
    if M == 1:
        return np.ones(1)
    t = (np.arange(M) - (M - 1) / 2.0) / ((M - 1) / 2.0)
    return i0(beta * np.sqrt(1 - t * t)) / i0(beta)


class Joiner:
    """`r_[a, b]`, `c_[a, b]` with Values; np.r_ and np.c_ cannot take them.

    >>> r_[1.0, 2:4, [5.0]]
    array([1., 2., 3., 5.])
    """

    def __init__(self, numpys: Any) -> None:
        self.numpys = numpys

    def __getitem__(self, key: Any) -> Any:
        """The parts in a row, as NumPy joins their places."""
        parts = key if isinstance(key, tuple) else (key,)
        parts = tuple(nested(p) if isinstance(p, list) else p for p in parts)
        values = [p for p in parts if is_value(p)]
        if not values:
            return self.numpys[key]
        if any(p in ("r", "c") for p in parts if isinstance(p, str)):
            raise NoRuleError("r_: got a directive for a matrix, which takes no Values; write np.concatenate")
        arrays = [self.numpys_part(p) for p in parts if not isinstance(p, str)]
        is_directive = [isinstance(p, str) for p in parts]

        def joined(*places: Any) -> Any:
            rest = iter(places)
            return self.numpys[tuple(p if s else next(rest) for p, s in zip(parts, is_directive, strict=True))]

        return moved(joined, *arrays)

    def numpys_part(self, p: Any) -> Any:
        """One part: a slice as the numbers that it stands for."""
        return p if is_value(p) else np.r_[p] if isinstance(p, slice) else np.asarray(p)


r_, c_ = Joiner(np.r_), Joiner(np.c_)


class vectorize:  # noqa: N801  # NumPy's own name
    """A function of numbers, made to take arrays of Values: it is called for every element.

    As np.vectorize, which cannot take Values, without `signature`. For speed, write f with NumPy's functions.

    >>> vectorize(lambda a, b: a if a > b else b * b)(np.array([1.0, 5.0]), 3.0)
    array([9., 5.])
    """

    def __init__(self, pyfunc: Callable[..., Any], *, excluded: Sequence[int | str] = ()) -> None:
        self.pyfunc, self.excluded = pyfunc, frozenset(excluded)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results, in the shape to which the arguments broadcast."""
        names = [*range(len(args)), *kwargs]
        given = [*args, *kwargs.values()]
        swept = [k for k in range(len(names)) if names[k] not in self.excluded]
        arrays = broadcast_arrays(*(operand(x) for x in (given[k] for k in swept)))
        shape = np.shape(arrays[0]) if arrays else ()
        rows = [ravel(a) for a in arrays]
        results = []
        for i in range(int(np.prod(shape))):
            for k, row in zip(swept, rows, strict=True):
                given[k] = row[i]
            results.append(self.pyfunc(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True))))
        if not results:
            return np.zeros(shape)
        if isinstance(results[0], tuple):
            return tuple(reshape(nested(list(part)), shape) for part in zip(*results, strict=True))
        return reshape(nested(results), shape)
