"""Derivatives measured by differences, and checks of ours against them; for us and for users.

>>> import numpy as np
>>> from autograd_mini.testing import check_grads
>>> check_grads(lambda x, y: np.sin(x) * y, (np.array([0.5, 1.0]), 2.0))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

import numpy as np

from .errors import DerivativeError, UsageError
from .primitive import REAL_LINE, REGISTRY, Interval, Primitive
from .record import Record
from .transform import grad
from .value import Value

__all__ = [
    "TOLERANCES",
    "Sample",
    "as_precise",
    "assert_close",
    "check_grads",
    "complex_step_gradient",
    "every_sample",
    "is_differentiable",
    "numerical_gradient",
    "of_numpy",
    "samples_of",
]

# How far two results may be apart, relative to the largest element or to 1, by precision and by
# order. Order 0: one number computed in two ways. Order n: a derivative of order n against the
# differences of the one below it.
TOLERANCES: dict[tuple[str, int], float] = {
    ("float64", 0): 4e-15,
    ("float64", 1): 1e-9,
    ("float64", 2): 1e-8,
    ("float64", 3): 1e-7,
    ("float32", 0): 2e-6,
    ("float32", 1): 2e-4,
    ("float32", 2): 2e-3,
    ("float32", 3): 2e-2,
    ("float16", 0): 2e-3,
    ("float16", 1): 5e-2,
    ("float16", 2): 2e-1,
    ("float16", 3): 1.0,
}

# f'(x) h = sum of w f(x + k h), up to O(h**5): (k, w).
STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


# ---- checks


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    *,
    argnums: int | Sequence[int] | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """None if the derivatives of `f` at `args`, up to `order`, agree with differences.

    f takes Values where it is given Values, and gives a Value, or a list or tuple of them. Its
    derivatives are checked in one random direction of its outputs; from the second order on, with
    respect to that direction too. argnums: the arguments to differentiate by; all that hold real
    or complex numbers, when None. rng: where the direction comes from.

    Raises: DerivativeError, which is an AssertionError too, naming order, argument and element.

    Example
    -------
    >>> check_grads(np.tanh, (np.array([0.5, 1.0]),), order=3)
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if order < 1:
        raise UsageError(f"check_grads: got order={order}; the lowest derivative is the first; give 1 or more")
    args = tuple(as_data(x) for x in args)
    if argnums is None:
        places = tuple(i for i, x in enumerate(args) if is_differentiable(x))
    else:
        places = tuple(i % len(args) for i in ((argnums,) if isinstance(argnums, int) else argnums))
    name = getattr(f, "__name__", "f")

    def on_values(*xs: Any) -> Any:
        return numbers(f(*(Value(x) if i in places else x for i, x in enumerate(xs))))

    checked: Callable[..., Any] = f
    measured: Callable[..., Any] = on_values
    for n in range(1, order + 1):
        outputs = [y for y in flat(measured(*args)) if is_differentiable(y)]
        seeds = tuple(direction(y, rng) for y in outputs)
        pulled = pulled_back(checked, places, len(args))
        ours = pulled(*args, *seeds)
        for k, i in enumerate(places):
            truth = numerical_gradient(measured, args, i, seeds)
            assert_close(ours[k], truth, order=n, dtype=coarsest(args), where=f"{name}: order {n}, argument {i}")
        places = (*places, *range(len(args), len(args) + len(seeds)))
        args = (*args, *seeds)
        checked = measured = pulled


def assert_close(ours: Any, truth: Any, *, order: int = 0, dtype: Any = None, where: str = "assert_close") -> None:
    """None if two arrays have one shape and nearly equal elements, by TOLERANCES.

    order: of the derivative; dtype: the precision it was computed in, that of `ours` when None.
    nan equals nan, and infinities equal themselves.

    Raises: DerivativeError, naming the element that is furthest off.
    """
    ours, truth = as_data(ours), as_data(truth)
    if np.shape(ours) != np.shape(truth):
        raise DerivativeError(
            f"{where}: got shape {np.shape(ours)}; {np.shape(truth)} was expected; "
            "the rule must give one number for each element"
        )
    if not np.size(truth):
        return
    a, b = np.asarray(ours), np.asarray(truth)
    tolerance = TOLERANCES[precision(a.dtype if dtype is None else dtype), min(order, 3)]
    a, b = (x if x.dtype.kind in "fc" else x.astype(float) for x in (a, b))
    with np.errstate(all="ignore"):
        off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    off = np.where(np.isnan(off), np.inf, off)
    size = np.abs(b[np.isfinite(b)]).max(initial=1.0)
    if off.max() > tolerance * size:
        worst = np.unravel_index(int(off.argmax()), off.shape)
        place = f"element {tuple(map(int, worst))}" if worst else "the number"
        raise DerivativeError(
            f"{where}: got {place} = {a[worst]!s}; {b[worst]!s} was expected, to within {tolerance * size:.1e}; "
            "correct the rule, or move the arguments off a kink"
        )


def pulled_back(f: Callable[..., Any], places: tuple[int, ...], n: int) -> Callable[..., tuple[Any, ...]]:
    """The function of n arguments of `f`, and of a cotangent for each output, that gives the gradients."""

    def pulled(*args_and_seeds: Any) -> tuple[Any, ...]:
        args, seeds = args_and_seeds[:n], args_and_seeds[n:]

        def along(*xs: Any) -> Any:
            outputs = [y for y in flat(f(*xs)) if is_differentiable(y)]
            return sum((inner(s, y) for s, y in zip(seeds, outputs, strict=True)), 0.0)

        gradients = grad(along, places)(*args)
        return tuple(gradients)

    return pulled


# ---- derivatives measured


def numerical_gradient(f: Callable[..., Any], args: Sequence[Any], argnum: int = 0, seed: Any = None) -> Any:
    """The gradient of <seed, f(*args)> with respect to one argument, by differences of fourth order.

    f is computed on numbers and arrays, and may give a list or tuple of them; then so must seed. For
    a complex argument z = x + iy it is d/dx + i d/dy. Accurate to about eps**(4/5).

    Example
    -------
    >>> numerical_gradient(lambda x: x**3, (2.0,)).round(8)
    np.float64(12.0)
    """
    x = np.asarray(args[argnum])
    if x.dtype.kind not in "fc":
        x = x.astype(float)
    seeds = None if seed is None else flat(seed)
    eps = float(np.finfo(x.dtype).eps)
    out = np.zeros(x.shape, np.result_type(x.dtype, np.float64))

    def along(z: Any) -> float:
        outputs = [y for y in flat(f(*args[:argnum], z, *args[argnum + 1 :])) if is_differentiable(y)]
        weights = [1.0] * len(outputs) if seeds is None else seeds
        return sum(float(inner(s, y, np.float64)) for s, y in zip(weights, outputs, strict=True))

    for i in np.ndindex(x.shape):
        h = eps**0.2 * max(1.0, abs(complex(x[i])))
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            total = 0.0
            for k, w in STENCIL:
                z = np.copy(x, order="K")
                z[i] += k * h * unit
                # The step that was taken: x + k*h is rounded.
                total += w * along(z if x.shape else z[()]) * (k * h / abs(complex(z[i] - x[i])) * np.sign(k))
            out[i] += unit * total / h
    return out[()]


def complex_step_gradient(f: Callable[..., Any], args: Sequence[Any], argnum: int = 0, seed: Any = 1.0) -> Any:
    """The gradient of <seed, f(*args)> with respect to one real argument, as Im f(x + ih) / h.

    Exact to rounding, as nothing is subtracted; f must be analytic, and computed on complex numbers.

    Example
    -------
    >>> complex_step_gradient(np.exp, (0.0,))
    np.float64(1.0)
    """
    x = np.asarray(args[argnum], dtype=complex)
    h = 1e-30
    out = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        z = np.copy(x, order="K")
        z[i] += 1j * h
        y = f(*args[:argnum], z if x.shape else z[()], *args[argnum + 1 :])
        out[i] = np.sum(seed * np.imag(y)) / h
    return out[()]


def inner(s: Any, y: Any, dtype: Any = None) -> Any:
    """The real inner product of a cotangent and an output; in that precision, on numbers."""
    product = np.real(np.conjugate(s) * y) if is_complex(s) or is_complex(y) else s * y
    return np.sum(product, dtype=dtype) if dtype is not None else np.sum(product)


def direction(y: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the shape and dtype of `y`, none near 0."""
    y = np.asarray(y)
    s = rng.uniform(0.5, 1.5, y.shape) * rng.choice((-1.0, 1.0), y.shape)
    if y.dtype.kind == "c":
        s = s + 1j * rng.uniform(0.5, 1.5, y.shape)
    return s.astype(y.dtype)[()]


# ---- samples of every op


@dataclass(frozen=True)
class Sample:
    """An op and arguments to test it at: operands in order, and options."""

    op: Primitive
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *operands: Any) -> Any:
        """The op at its own operands, or at these in place of the differentiable ones."""
        return self.op(*self.filled(operands), **self.options)

    def filled(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments, with `operands` in place of the differentiable ones."""
        if not operands:
            return self.args
        new = dict(zip(self.places, operands, strict=True))
        return tuple(new.get(i, x) for i, x in enumerate(self.args))

    @property
    def places(self) -> tuple[int, ...]:
        """Which operands hold real or complex numbers."""
        return tuple(i for i, x in enumerate(self.args) if is_differentiable(x))

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands that hold real or complex numbers."""
        return tuple(self.args[i] for i in self.places)

    def astype(self, dtype: Any) -> Sample:
        """The same sample with those operands in a real dtype, or in its complex counterpart."""
        return replace(self, args=self.filled(tuple(as_precise(x, dtype) for x in self.operands)))

    def __str__(self) -> str:
        shapes = "x".join(str(np.shape(x)).replace(" ", "") for x in self.args)
        said = ",".join(f"{k}={getattr(v, '__name__', v)}" for k, v in self.options.items())
        return f"{self.op.name}-{shapes}" + (f"-{said}" if said else "")


UNARY_SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (((2, 3),), ((),), ((0,),), ((1, 0, 2),))
BINARY_SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((), (3,)),
    ((3,), ()),
    ((1,), ()),
    ((), ()),
    ((0, 3), (3,)),
    ((0,), ()),
)


def samples_of(op: Primitive) -> Iterator[Sample]:
    """The samples of one op: those it declares, or arrays of several shapes in its domain; none if it has neither."""
    rng = np.random.default_rng(crc32(op.name.encode()))
    if op.samples is not None:
        interval = op.domain[0] if op.domain else REAL_LINE
        for given in op.samples(lambda *shape: drawn(rng, shape, interval)):
            options = given[-1] if isinstance(given[-1], dict) else {}
            args = given[: len(given) - isinstance(given[-1], dict)]
            n = len(args) if op.n_operands is None else op.n_operands
            yield Sample(op, args[:n], {**dict(zip(op.option_names, args[n:], strict=False)), **options})
    elif op.domain:
        for shapes in shapes_of(len(op.domain)):
            yield Sample(op, tuple(drawn(rng, s, d) for s, d in zip(shapes, op.domain, strict=True)))


def shapes_of(n: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Shapes at which an elementwise op of n operands is tested: equal ones, and those that broadcast."""
    if n <= 2:
        return UNARY_SHAPES if n == 1 else BINARY_SHAPES
    return (((2, 3),) * n, ((),) * n, ((2, 1), (1, 3), *((),) * (n - 2)), ((0,),) * n)


def every_sample(ops: Iterable[Primitive] | None = None) -> list[Sample]:
    """The samples of these ops, or of all but those of SciPy, which are declared when they are met.

    Example
    -------
    >>> from autograd_mini.ops.reduction import cumsum
    >>> [str(s) for s in every_sample([cumsum])][:2]
    ['cumsum-(5,)', 'cumsum-(2,3)-axis=-1']
    """
    return [s for op in (of_numpy() if ops is None else ops) for s in samples_of(op)]


def of_numpy() -> list[Primitive]:
    """The ops that are declared, but for those named after a module of SciPy, as in "special.erf"."""
    return [op for op in REGISTRY.values() if "." not in op.name]


def drawn(rng: np.random.Generator, shape: tuple[int, ...], interval: Interval) -> Any:
    """Numbers in the interval, no two of them close; a float when the shape is ()."""
    n = int(np.prod(shape, dtype=int))
    low, high = interval
    places = (rng.permutation(n) + rng.uniform(0.3, 0.7, n)) / max(n, 1)
    x = (low + (high - low) * places).reshape(shape)
    return x if shape else float(x)


# ---- data


def as_data(x: Any) -> Any:
    """The numbers of a Value; anything else as it is."""
    return x._data if isinstance(x, Record) else x


def numbers(y: Any) -> Any:
    """The numbers of a Value, or of each in a list or tuple."""
    return tuple(map(numbers, y)) if isinstance(y, (list, tuple)) else as_data(y)


def flat(y: Any) -> list[Any]:
    """The outputs of a function that gives one, or nested lists and tuples of them."""
    return [z for part in y for z in flat(part)] if isinstance(y, (list, tuple)) else [y]


def is_differentiable(x: Any) -> bool:
    """Whether `x` is, or holds, real or complex numbers: not integers, masks or options."""
    if isinstance(x, (bool, int, str)) or x is None:
        return False
    return isinstance(x, (float, complex)) or getattr(getattr(x, "dtype", None), "kind", "") in tuple("fc")


def is_complex(x: Any) -> bool:
    """Whether `x` holds complex numbers."""
    return isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c"


def precision(dtype: Any) -> str:
    """The name of the real dtype that has the precision of `dtype`."""
    dtype = np.dtype(dtype)
    return np.empty(0, dtype).real.dtype.name if dtype.kind in "fc" else "float64"


def as_precise(x: Any, dtype: Any) -> Any:
    """`x` in a real dtype, or in its complex counterpart."""
    x = np.asarray(x)
    return x.astype(np.result_type(dtype, np.complex64) if x.dtype.kind == "c" else dtype)[()]


def coarsest(args: Sequence[Any]) -> Any:
    """The least precise dtype among the arguments that hold real or complex numbers."""
    dtypes = [np.asarray(x).real.dtype for x in args if is_differentiable(x)]
    return min(dtypes, key=lambda d: d.itemsize, default=np.dtype(float))
