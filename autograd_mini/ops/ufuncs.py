"""What all ufuncs have in common: their methods, their keyword arguments, and those with two outputs.

A method without an answer of its own is made of calls of the ufunc: `reduce` and `accumulate` go
from element to element, `reduceat` from part to part.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import MutationError, NoRuleError
from ..primitive import TABLE, composite, discrete, dotted, elementwise, primitive
from .elementwise import conjugated
from .indexing import HOLE, choice, scatter
from .operands import MISSING, is_value
from .reduction import logsumexp
from .shape import astype, broadcast_to, expand_dims, moveaxis, reshape, squeeze, stack

# Options that choose how NumPy computes, not what.
IDLE = ("order", "subok", "casting", "signature")

# ---- keyword arguments


@composite((np.ufunc, "__call__"))
def called(
    ufunc: np.ufunc, *operands: Any, where: Any = True, out: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """The ufunc with keyword arguments.

    where: the elements to compute; elsewhere the result is that of `out`, or 0 without it. out: a
    buffer to write into; beside `where` an array too, which is read and not written.
    """
    target: Any = out[0] if isinstance(out, tuple) else out
    if isinstance(target, np.ndarray) and where is True:
        raise written_into(ufunc)
    op = TABLE.get(ufunc)
    if op is None:
        raise NoRuleError(
            f"{dotted(ufunc)}: it has no rule for Values; autograd_mini.functions() lists those that have; "
            "compose it of those, declare it with autograd_mini.primitive, or use .data for its numbers alone"
        )
    for name in IDLE:
        options.pop(name, None)
    if dtype is not None:
        operands = tuple(cast(ufunc, x, dtype) for x in operands)
    y = over_axes(ufunc, op, operands, options) if options else op(*operands)
    if where is not True:
        shape = np.broadcast_shapes(np.shape(y), np.shape(where))
        before = np.zeros((), y.dtype) if target is None else target
        y = choice(where, broadcast_to(y, shape), before)
    if is_value(target):
        target[...] = y  # a Buffer takes it; what is recorded refuses
        return target
    return y


def written_into(ufunc: Any) -> MutationError:
    """The error of a ufunc that would write into an array."""
    return MutationError(
        f"{dotted(ufunc)}: it writes into an array, by out= or an in-place operator; what is recorded is a new Value; "
        "write a = a + v for a += v, y = np.exp(v) for out=, np.where(mask, v, a) for a[mask] = v"
    )


def cast(ufunc: np.ufunc, x: Any, dtype: Any) -> Any:
    """An operand in the dtype that the ufunc computes in, if that is one of real or complex numbers."""
    kind = np.dtype(dtype)
    if kind.kind not in "fc":
        if is_value(x) and x.dtype.kind in "fc" and kind.kind != "b":
            raise NoRuleError(
                f"{dotted(ufunc)}: got dtype={kind}; derivatives are of real or complex numbers; "
                "write np.astype(y, dtype) of its result"
            )
        return x
    return astype(x, kind) if is_value(x) and x.dtype != kind else x


def over_axes(ufunc: np.ufunc, op: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc of vectors or matrices, whose axes are given by `axis` or `axes`."""
    axis, axes, keepdims = options.pop("axis", None), options.pop("axes", None), options.pop("keepdims", False)
    if options or ufunc.signature is None:
        raise NoRuleError(
            f"{dotted(ufunc)}: got the options {sorted(options) or ['axes']}; those that have a rule are: "
            "where, out, dtype, and for ufuncs of vectors axis, axes, keepdims; leave the others out"
        )
    cores: list[str] = re.findall(r"\(([^)]*)\)", ufunc.signature)
    if axis is not None:
        axes = [(axis,) if core else () for core in cores]
    if axes is not None:
        axes = [(a,) if isinstance(a, int) else tuple(a) for a in axes]
        operands = tuple(
            moveaxis(x, a, tuple(range(-len(a), 0))) if a else x for x, a in zip(operands, axes, strict=False)
        )
    y = op(*operands)
    last = axes[len(operands)] if axes is not None and len(axes) > len(operands) else ()
    if keepdims:
        lost = axes[0] if axes is not None else (-1,)
        return expand_dims(y, lost)
    return moveaxis(y, tuple(range(-len(last), 0)), last) if last and cores[-1] else y


# ---- methods


@composite((np.ufunc, "outer"))
def outer(ufunc: np.ufunc, a: Any, b: Any, /, **options: Any) -> Any:
    """The ufunc of every pair of an element of `a` and one of `b`."""
    n = np.ndim(b)
    left = reshape(a, np.shape(a) + (1,) * n) if n else a
    return called(ufunc, left, b, **options) if options else ufunc(left, b)


@composite((np.ufunc, "reduce"))
def reduce(
    ufunc: np.ufunc,
    array: Any,
    /,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = True,
) -> Any:
    """The ufunc between all elements along `axis`, one after the other."""
    check_binary(ufunc, out, "reduce")
    a = array if dtype is None else astype(array, dtype)
    n = np.ndim(a)
    lost = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    if len(lost) != 1:
        for i in sorted(lost, reverse=True):
            a = reduce(ufunc, a, axis=i, keepdims=True, where=where, initial=initial)
            where, initial = True, MISSING
        return a if keepdims else squeeze(a, lost)
    parts = list(moveaxis(a, lost[0], 0))
    y = (ufunc.identity if not parts or where is not True else None) if initial is MISSING else initial
    if y is None and (not parts or where is not True):
        raise ValueError(f"{ufunc.__name__}.reduce: got no elements, or where=; it has no identity; give initial=")
    masks = [True] * len(parts) if where is True else list(moveaxis(broadcast_to(where, np.shape(a)), lost[0], 0))
    for x, mask in zip(parts, masks, strict=True):
        z = x if y is None else ufunc(y, x)
        y = z if mask is True else choice(mask, z, y)
    y = y if parts else np.add.reduce(a, axis=lost[0]) + np.asarray(y, a.dtype)
    y = broadcast_to(y, np.shape(a)[: lost[0]] + np.shape(a)[lost[0] + 1 :])
    return expand_dims(y, lost[0]) if keepdims else y


@composite((np.ufunc, "accumulate"))
def accumulate(ufunc: np.ufunc, array: Any, /, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """The ufunc between all elements along `axis` so far, for each of them."""
    check_binary(ufunc, out, "accumulate")
    a = array if dtype is None else astype(array, dtype)
    if not np.shape(a)[axis]:
        return a
    ys: list[Any] = []
    for x in moveaxis(a, axis, 0):
        ys.append(ufunc(ys[-1], x) if ys else x)
    return stack(ys, normalize_axis_index(axis, np.ndim(a)))


@composite((np.ufunc, "reduceat"))
def reduceat(ufunc: np.ufunc, array: Any, /, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """The ufunc between the elements of each part, from one index to the next."""
    check_binary(ufunc, out, "reduceat")
    a = moveaxis(array, axis, 0)
    starts = [int(i) for i in indices]
    ends = [*starts[1:], np.shape(a)[0]]
    parts = [ufunc.reduce(a[i:j], axis=0, dtype=dtype) if i < j else a[i] for i, j in zip(starts, ends, strict=True)]
    return stack(parts, normalize_axis_index(axis, np.ndim(array)))


@composite((np.ufunc, "at"))
def at(ufunc: np.ufunc, a: Any, indices: Any, b: Any = None, /) -> None:
    """Write into a buffer; repeated places add up. For `np.add` and `np.subtract` only."""
    if not is_value(a) or ufunc not in (np.add, np.subtract) or a.op is not None:
        raise MutationError(
            f"{dotted(ufunc)}.at: it writes into an array; only np.add.at and np.subtract.at of a buffer are recorded; "
            "write into b = v.copy(), or b[i] = f(b[i], v)"
        )
    key = tuple(indices) if isinstance(indices, tuple) else (indices,)
    places = np.empty(np.shape(a), "?")[key]
    values = broadcast_to(b, np.shape(places)) if is_value(b) else np.broadcast_to(b, np.shape(places))
    arrays = tuple(
        np.asarray(k) for k in key if not isinstance(k, (int, slice)) and k is not None and k is not Ellipsis
    )
    holes = tuple(k if isinstance(k, (int, slice)) or k is None or k is Ellipsis else HOLE for k in key)
    a[...] = ufunc(a, scatter(values, *arrays, key=holes, shape=np.shape(a)))


def check_binary(ufunc: np.ufunc, out: Any, method: str) -> None:
    """Raise unless the ufunc takes two operands and gives one result, a new one."""
    if out is not None and out != (None,):
        raise written_into(ufunc)
    if ufunc.nin != 2 or ufunc.nout != 1:
        raise ValueError(f"{ufunc.__name__}.{method}: it takes {ufunc.nin} operands; it must take two and give one")


@composite((np.logaddexp, "reduce"))
def _(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
    if options or dtype is not None or out is not None or not np.size(array):
        return reduce(np.logaddexp, array, axis, dtype, out, keepdims, **options)
    return logsumexp(array, axis, keepdims)


# ---- those that remain

heaviside = elementwise(np.heaviside, None, lambda z, x, y: np.equal(x, 0), domain=((0.2, 2.0), (0.5, 1.0)))
nextafter = elementwise(np.nextafter, 1, None, domain=((0.2, 1.0), (1.2, 2.0)))
spacing = discrete(np.spacing)
exponent = discrete(lambda x: np.frexp(x)[1], name="exponent", samples=lambda a: [(a(3),), (a(2, 2) * 9,)])


@primitive(np.ldexp, samples=lambda a: [(a(3), np.array([1, -2, 0])), (a(2, 2), 3)])
def ldexp(x: Any, n: Any, /) -> Any:
    """`x` times 2 to the power of a whole number."""
    return np.ldexp(x, n)


ldexp.vjps = (lambda g, y, x, n: np.ldexp(g, n), None)


@composite(np.modf)
def modf(x: Any, /) -> Any:
    """The part after the point, and the whole number before it, which has no derivative."""
    whole = np.trunc(x)
    return choice(
        np.isinf(x), np.copysign(np.zeros((), x.dtype), x), x - choice(np.isinf(x), np.zeros((), x.dtype), whole)
    ), whole


@composite(np.frexp)
def frexp(x: Any, /) -> Any:
    """`x` as a number of size 1/2 to 1 times a power of 2, whose exponent has no derivative."""
    n = exponent(x)
    return np.ldexp(x, -n), n


@composite(np.divmod)
def divmod_(x: Any, y: Any, /) -> Any:
    """The whole number of times that y goes into x, and what remains."""
    return np.floor_divide(x, y), np.remainder(x, y)


@primitive(samples=lambda a: [(a(4), 1), (a(2, 3) * 4, 2), (a(), 3)])
def bessel_i(x: Any, /, n: int) -> Any:
    """The modified Bessel function of the first kind and whole order n.

    The mean of exp(x*cos(t)) * cos(n*t) over a turn, by the trapezoidal rule: the integrand is
    periodic and analytic, so the error falls faster than any power of the number of points.
    """
    x = np.asarray(x)
    largest = np.abs(x).max(initial=1.0)
    t = np.linspace(0, 2 * np.pi, 2 * int(10 * np.sqrt(largest) + n + 20), endpoint=False)
    wide = x.astype(np.result_type(x.dtype, np.float64))[..., None]
    top = np.abs(wide.real)
    y = np.mean(np.exp(wide * np.cos(t) - top) * np.cos(n * t), axis=-1) * np.exp(top[..., 0])
    return y.astype(x.dtype)[()]


@bessel_i.vjp
def _(g: Any, y: Any, x: Any, n: int) -> Any:
    return g * conjugated((bessel_i(x, n=n - 1) + bessel_i(x, n=n + 1)) / 2)


@primitive(np.i0, samples=lambda a: [(a(4),), (a(2, 3) * 4,), (a(),)])
def i0(x: Any, /) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    return np.i0(x)[()]


i0.vjp(lambda g, y, x: g * bessel_i(x, n=1))
