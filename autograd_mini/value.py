"""`Value`: a record that a person can compute with."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import FrameType
from typing import Any, Literal, NoReturn, Self

import numpy as np

from . import floats
from .errors import DetachError, DtypeError, MutationError, NoRuleError, ShapeError, TraceError, UsageError
from .excluded import EXCLUDED
from .methods import ArrayMethods
from .ops import aggregate, contraction, discrete, indexing, reduction, shape
from .ops.elementwise import (
    absolute,
    add,
    divide,
    exp,
    log,
    logistic,
    multiply,
    negative,
    positive,
    power,
    reciprocal,
    relu,
    sqrt,
    square,
    subtract,
    tanh,
)  # fmt: skip
from .ops.reduction import add_reduce, sum_
from .primitive import OF, TABLE, dotted
from .record import (
    EMPTY,
    TRACES,
    Record,
    clock,
    constant,
    leaf,
    new,
    numbers,
    operands,
    record,
    scalar_record,
    shape_of,
    tracing,
)
from .sweep import ancestry, full, is_changed, is_differentiable, pullback

__all__ = ["Value"]

ndarray = np.ndarray
FLOAT64 = np.dtype(np.float64)
Index = Any
Number = float | int | complex | np.generic
ArrayLike = Any


def infix(op: Any, symbol: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operator and its reflection, for operands that the float path leaves over."""

    def forward(a: Any, b: Any) -> Any:
        kind = b.__class__
        return op(a, b) if kind is Value or kind is ndarray or is_operand(b) else NotImplemented

    def reflected(b: Any, a: Any) -> Any:
        return op(a, b) if is_operand(a) else NotImplemented

    forward.__doc__ = f"a {symbol} b."
    reflected.__doc__ = f"a {symbol} b, where a is not a Value."
    return forward, reflected


def is_operand(x: Any) -> bool:
    """Whether an operator takes `x`: a Value, a number, an array, or a list of numbers."""
    return (
        x.__class__ is Value
        or isinstance(x, (float, int, complex, ndarray, np.generic, list, tuple))
        or hasattr(x, "__array_function__")
    )


def refusal(what: str, instead: str) -> DetachError:
    """The error of a conversion that would lose the derivative."""
    return DetachError(
        f"{what}: a Value would lose its derivative; {instead}, or leave the graph on purpose with .data"
    )


def instead_for(frame: FrameType | None) -> str:
    """What to write where an array was about to be made of a Value, by who asked for it."""
    callers = []
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(("numpy", "scipy")):
        callers.append(str(frame.f_globals["__name__"]))
        frame = frame.f_back
    if any(name.startswith("scipy.sparse") for name in callers):
        return "write autograd_mini.scipy.sparse.csr_array(m) @ v for a sparse m @ v"
    if any(name.startswith("scipy") for name in callers):
        return "take the function of the same name from autograd_mini.scipy or autograd_mini.optimize"
    if any(name.startswith("numpy.testing") for name in callers):
        return "compare v.data"
    return (
        "write autograd_mini.array([v, w]) for np.array([v, w]), v * np.ones(n) for np.full(n, v), "
        "b = autograd_mini.zeros(n) or np.zeros(n, like=v) before b[i] = v, and v itself for np.asarray(v)"
    )


class Value(ArrayMethods):
    """Data that remembers how it was computed, so that `backward` can differentiate it.

    data: a number, an array, or nested lists; integers and booleans become floats. Arrays are
    copied. name: what drawings and explanations call it.

    Raises: DtypeError for strings, objects and ragged lists.

    Example
    -------
    >>> x = Value(3.0)
    >>> y = x * x + 2
    >>> y.backward()
    >>> x.grad
    6.0
    """

    __slots__ = ("__weakref__",)
    __hash__ = object.__hash__

    def __init__(self, data: ArrayLike, name: str | None = None) -> None:
        of = None
        if data.__class__ is not float:
            if TRACES and isinstance(data, Record) and tracing() is not None:  # what .data and .grad give there
                of, data = data, data._data
            data = leaf_data(data)
        self._data, self.op, self.options, self.args, self.raw = data, None, EMPTY, (), ()
        self.index, self.name, self.exposed, self.cot, self.own, self.mark = clock(), name, False, None, None, None
        if of is not None:
            tracing().begun(self, of)

    # ---- data and gradient

    @property
    def data(self) -> Any:
        """The numbers: a Python float for a float64 scalar, else an array; outside of the graph.

        A leaf's array is yours to change, by `v.data -= ...` or `v.data[...] = ...`; what was
        recorded before keeps the numbers that it was recorded with. A computed Value's array is
        read-only.
        """
        if TRACES and (trace := tracing()) is not None:
            return trace.data_of(self)
        data = self._data
        if data.__class__ is float:  # 80 of 150 ns less than by way of what follows
            return data
        if data.__class__ is not ndarray:
            if data.__class__ is tuple:
                return tuple(map(read_only, data))
            return data.copy() if hasattr(data, "__array_function__") and data.shape else data
        if self.op is not None:
            return read_only(data)
        if not self.exposed:
            self._data = data = data.copy()
            self.exposed = True
        return data

    @data.setter
    def data(self, data: ArrayLike) -> None:
        if self.op is not None:
            raise MutationError(
                f".data of {self.label()}: its derivative belongs to the result of {self.op.name}; "
                "only a leaf's data can be set; use Value(...) for new data"
            )
        if TRACES and (trace := tracing()) is not None:
            trace.assign(self, data)
            return
        if data is not self._data:
            if data.__class__ is not float or self._data.__class__ is not float:
                data = fitted(leaf_data(data), self, ".data")
            self._data, self.exposed = data, False
        self.raw = (clock(),)

    @property
    def grad(self) -> Any:
        """The gradient, with the shape and dtype of the data; None before `backward`.

        A leaf's gradients add up over calls of `backward`, until `zero_grad`; a computed Value
        has that of the last call.
        """
        if TRACES and (trace := tracing()) is not None:
            return trace.grad_of(self)
        c = self.cot
        if c is None:
            return self.own
        if c.__class__ is tuple:
            return None  # several outputs together
        if c.__class__ is not float or self._data.__class__ is not float:
            c = full(c, self._data)
        self.own, self.cot = c, None
        return c

    @grad.setter
    def grad(self, grad: ArrayLike) -> None:
        if TRACES and (trace := tracing()) is not None:
            trace.assign_grad(self, grad)
            return
        if grad is None:
            self.own = self.cot = None
            return
        grad = cotangent(grad, ".grad")
        if np.shape(grad) == ():
            grad = np.full(self.shape, grad)
        self.own, self.cot = fitted(grad, self, ".grad"), None

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        self.grad = None

    def backward(self, seed: ArrayLike | None = None, *, keep: Literal["all", "leaves"] = "all") -> None:
        """Fill `.grad` of every Value that this one depends on, by the chain rule.

        seed: the cotangent of this Value, of its shape; 1 for a scalar. keep: "leaves" holds the
        gradients of leaves only and lets go of the others on the way, which spares memory.

        Leaves add to what they have; computed Values get fresh gradients. If anything fails
        before the sweep is through, every gradient is as it was.

        Raises: ShapeError without a seed for a Value that is not a scalar, or with one of
        another shape.

        Example
        -------
        >>> x = Value([1.0, 2.0])
        >>> (x * x).backward(np.array([1.0, 10.0]))
        >>> x.grad
        array([ 2., 40.])
        """
        if keep not in ("all", "leaves"):
            raise UsageError(f'backward: got keep={keep!r}; it is "all" or "leaves"')
        root = self if self.op is not None else self.settled()
        if TRACES and (trace := tracing()) is not None:
            trace.backward(root, self.seed_from(seed) if not isinstance(seed, Record) else seed)
            return
        if root.options is None and floats.backward(root, self.seed_from(seed), keep=keep == "all"):
            return
        found = order, _, leaves = ancestry(root)
        cotangents = pullback({root: self.seed_from(seed)}, keep=keep == "all", found=found)
        sums: dict[Record, Any] = {}
        for v in leaves:
            c = cotangents[v]
            if v.own is not None or v.cot is not None:
                sums[v] = v.grad if c is None else v.grad + full(c, v._data)
            elif c is None and is_differentiable(v._data):
                sums[v] = full(0.0, v._data)
        if keep == "leaves":
            sums |= dict.fromkeys(order)
        try:
            store(cotangents, sums)
        except BaseException:  # Ctrl-C: once begun, it is carried through, and then raised
            store(cotangents, sums)
            raise

    def seed_from(self, seed: ArrayLike | None) -> Any:
        """The cotangent to start from: 1 for a scalar, or a checked copy of what was given."""
        data = self._data
        if seed is None:
            if data.__class__ is float:
                return 1.0
            if shape_of(data) != ():
                raise ShapeError(
                    f"backward: {self.label()} has shape {shape_of(data)}; only a scalar has a gradient; "
                    "reduce it first, as in v.sum().backward(), or give a seed of that shape"
                )
            return full(1.0, data)
        return fitted(cotangent(seed, "backward"), self, "the seed")

    # ---- what it is

    @property
    def is_leaf(self) -> bool:
        """Whether nobody computed it."""
        return self.op is None

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands of the call that made it, Values and constants; none for a leaf."""
        return () if self.op is None else operands(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes; () for a scalar."""
        return shape_of(self._data)

    @property
    def dtype(self) -> Any:
        """The dtype of its data."""
        return FLOAT64 if self._data.__class__ is float else self._data.dtype

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(shape_of(self._data))

    @property
    def size(self) -> int:
        """How many elements it has."""
        return 1 if self._data.__class__ is float else self._data.size

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of its data."""
        return self.size * self.itemsize

    def label(self) -> str:
        """What error messages call it."""
        return self.name or ("a leaf" if self.op is None else f"the result of {self.op.name}")

    def __repr__(self) -> str:
        return f"Value({numbers_of(self)}{self.trailer()})"

    def trailer(self) -> str:
        """Dtype, name, gradient and op, as far as they say something."""
        if self._data.__class__ is tuple:
            return f", op={self.op.name}"
        if TRACES and tracing() is not None:
            return f", op={self.op.name}" if self.op is not None else ""
        said = "" if self.dtype == FLOAT64 else f", dtype={self.dtype}"
        said += f", name={self.name!r}" if self.name else ""
        said += f", op={self.op.name}" if self.op is not None else ""
        if (self.own is not None or self.cot is not None) and self.size <= 8:
            said += f", grad={np.array2string(np.asarray(self.grad), separator=', ')}"
        return said

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        self.left("a text of it")
        if self.shape:
            return np.array2string(self._data, separator=", ", formatter={"all": lambda x: format(x, spec)})
        return format(self._data if self._data.__class__ is float else self._data.item(), spec)

    def __len__(self) -> int:
        if not self.shape:
            raise DtypeError("len: a scalar Value has no length; it has .size 1")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        if not self.shape:
            raise DtypeError("iter: a scalar Value cannot be iterated over; its number is .data")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(np.equal(self.left("in"), x.left("in") if isinstance(x, Value) else x)))

    # ---- arithmetic: floats on a path of their own, as the partials are known at once

    def __add__(self, other: Any) -> Any:
        kind, x = other.__class__, self._data
        if x.__class__ is float:
            if kind is Value:
                y = other._data
                if y.__class__ is float:
                    z = x + y
                    if z - z == 0.0:
                        return scalar_record(Value, add, z, self, 1.0, other, 1.0)
            elif kind is float or kind is int:
                z = x + other
                if z - z == 0.0:
                    return scalar_record(Value, add, z, self, 1.0, None, other)
        return add.of(self, other) if kind is Value or kind is float or is_operand(other) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        kind, y = other.__class__, self._data
        if y.__class__ is float and (kind is float or kind is int):
            z = other + y
            if z - z == 0.0:
                return scalar_record(Value, add, z, None, other, self, 1.0)
        return add.of(other, self) if is_operand(other) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        kind, x = other.__class__, self._data
        if x.__class__ is float:
            if kind is Value:
                y = other._data
                if y.__class__ is float:
                    z = x - y
                    if z - z == 0.0:
                        return scalar_record(Value, subtract, z, self, 1.0, other, -1.0)
            elif kind is float or kind is int:
                z = x - other
                if z - z == 0.0:
                    return scalar_record(Value, subtract, z, self, 1.0, None, other)
        return subtract.of(self, other) if kind is Value or kind is float or is_operand(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        kind, y = other.__class__, self._data
        if y.__class__ is float and (kind is float or kind is int):
            z = other - y
            if z - z == 0.0:
                return scalar_record(Value, subtract, z, None, other, self, -1.0)
        return subtract.of(other, self) if is_operand(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        kind, x = other.__class__, self._data
        if x.__class__ is float:
            if kind is Value:
                y = other._data
                if y.__class__ is float:
                    z = x * y
                    if z - z == 0.0:
                        return scalar_record(Value, multiply, z, self, y, other, x)
            elif kind is float or kind is int:
                z = x * other
                if z - z == 0.0:
                    return scalar_record(Value, multiply, z, self, other, None, other)
        return multiply.of(self, other) if kind is Value or kind is float or is_operand(other) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        kind, y = other.__class__, self._data
        if y.__class__ is float and (kind is float or kind is int):
            z = other * y
            if z - z == 0.0:
                return scalar_record(Value, multiply, z, None, other, self, other)
        return multiply.of(other, self) if is_operand(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        kind, x = other.__class__, self._data
        if x.__class__ is float:
            if kind is Value:
                y = other._data
                if y.__class__ is float and y != 0.0:
                    d = 1.0 / y
                    z = x / y
                    e = -z * d
                    if z - z == 0.0 == e - e and d - d == 0.0:
                        return scalar_record(Value, divide, z, self, d, other, e)
            elif (kind is float or kind is int) and other:
                d = 1.0 / other
                z = x / other
                if z - z == 0.0 == d - d:
                    return scalar_record(Value, divide, z, self, d, None, other)
        return divide.of(self, other) if kind is Value or kind is float or is_operand(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        kind, y = other.__class__, self._data
        if y.__class__ is float and (kind is float or kind is int) and y != 0.0:
            z = other / y
            e = -z / y
            if z - z == 0.0 == e - e:
                return scalar_record(Value, divide, z, None, other, self, e)
        return divide.of(other, self) if is_operand(other) else NotImplemented

    def __pow__(self, other: Any) -> Any:
        kind, x = other.__class__, self._data
        if kind is float or kind is int:
            # As NumPy does for arrays: a simpler op where there is one.
            if other == 2:
                if x.__class__ is float:
                    z = x * x
                    if z - z == 0.0:
                        return scalar_record(Value, square, z, self, x + x, None, None)
                return square.of_one(self)
            if other == 0.5:
                return sqrt.of_one(self)
            if other == -1:
                return reciprocal.of_one(self)
        if x.__class__ is float and x > 0.0 and (kind is float or kind is int):
            try:
                z = x**other
                d = other * x ** (other - 1)
            except OverflowError:
                z = d = np.inf
            if z - z == 0.0 == d - d:
                return scalar_record(Value, power, z, self, d, None, other)
        return power(self, other) if kind is Value or kind is float or is_operand(other) else NotImplemented

    __rpow__ = infix(power, "**")[1]
    __matmul__, __rmatmul__ = infix(contraction.matmul.of, "@")
    __floordiv__, __rfloordiv__ = infix(discrete.floor_divide, "//")
    __mod__, __rmod__ = infix(np.remainder, "%")
    __and__, __rand__ = infix(discrete.bitwise_and, "&")
    __or__, __ror__ = infix(discrete.bitwise_or, "|")
    __xor__, __rxor__ = infix(discrete.bitwise_xor, "^")
    __eq__ = infix(discrete.equal, "==")[0]
    __ne__ = infix(discrete.not_equal, "!=")[0]
    __lt__ = infix(discrete.less, "<")[0]
    __le__ = infix(discrete.less_equal, "<=")[0]
    __gt__ = infix(discrete.greater, ">")[0]
    __ge__ = infix(discrete.greater_equal, ">=")[0]

    def __neg__(self) -> Any:
        x = self._data
        return (
            scalar_record(Value, negative, -x, self, -1.0, None, None)
            if x.__class__ is float
            else negative.of_one(self)
        )

    def __pos__(self) -> Any:
        return positive.of_one(self)

    def __abs__(self) -> Any:
        return absolute.of_one(self)

    def __invert__(self) -> Any:
        return discrete.invert(self)

    def __round__(self, decimals: int = 0) -> Any:
        return discrete.round_(self, decimals)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    # ---- indexing

    def __getitem__(self, key: Index) -> Any:
        return indexing.getitem(self, key)

    def __setitem__(self, key: Index, value: Any) -> NoReturn:
        if TRACES and tracing() is not None:
            raise TraceError(
                f"compile: v[...] = ... on {self.label()}: arrays are not written to in a function that is compiled; "
                "write v.data = np.where(mask, new, v.data) for a leaf, or b[...] = new into b = v.copy()"
            )
        raise MutationError(
            f"v[...] = ... on {self.label()}: what was recorded is not overwritten; "
            "write into v.copy(), np.zeros_like(v) or autograd_mini.zeros(shape), or np.where(mask, new, old), "
            "or set a leaf's numbers by v.data[...] = ..."
        )

    # ---- methods of arrays

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The sum along `axis`."""
        if axis is dtype is out is None and not keepdims and not options:
            data = self._data
            if data.__class__ is ndarray and data.dtype is FLOAT64 and not self.exposed:  # 1,800 of 3,200 ns less
                return record(Value, sum_, float(add_reduce(data, None)), (self,), (data,), sum_.defaults)
            return sum_(self)
        return (reduction.sum_of if options else reduction.sum_)(self, axis, dtype, out, keepdims, **options)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The mean along `axis`."""
        return (reduction.mean_of if options else reduction.mean)(self, axis, dtype, out, keepdims, **options)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The largest element along `axis`."""
        return (reduction.max_of if options else reduction.max_)(self, axis, out, keepdims, **options)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The smallest element along `axis`."""
        return (reduction.min_of if options else reduction.min_)(self, axis, out, keepdims, **options)

    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The product along `axis`."""
        return (reduction.prod_of if options else reduction.prod_)(self, axis, dtype, out, keepdims, **options)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """The variance along `axis`."""
        return reduction.var_of(self, axis, dtype, out, ddof, keepdims, **options)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """The standard deviation along `axis`."""
        return reduction.std_of(self, axis, dtype, out, ddof, keepdims, **options)

    def cumsum(self, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
        """The running sum along `axis`."""
        return reduction.cumsum(self, axis, dtype, out)

    def argmax(self, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """The place of the largest element; without derivative."""
        return discrete.argmax(self, axis, out, keepdims)

    def argmin(self, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """The place of the smallest element; without derivative."""
        return discrete.argmin(self, axis, out, keepdims)

    def argsort(self, axis: int | None = -1) -> Any:
        """The places that would sort it; without derivative."""
        return discrete.argsort(self, axis)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Whether all elements are true; without derivative."""
        return aggregate.every(self, axis, out, keepdims, **options)

    def any(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Whether any element is true; without derivative."""
        return aggregate.some(self, axis, out, keepdims, **options)

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """Rounded; without derivative."""
        return discrete.round_(self, decimals, out)

    def reshape(self, *shape_: Any, order: str = "C") -> Any:
        """The same numbers in another shape."""
        return shape.reshape(self, shape_[0] if len(shape_) == 1 else shape_, order)

    def ravel(self, order: str = "C") -> Any:
        """All elements in one row."""
        return shape.ravel(self, order)

    flatten = ravel

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed when none are given."""
        return shape.transpose(
            self,
            None
            if not axes or axes[0] is None
            else axes[0]
            if len(axes) == 1 and not isinstance(axes[0], int)
            else axes,
        )

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's own name
        """The axes reversed."""
        return shape.transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's own name
        """The last two axes exchanged."""
        return shape.matrix_transpose(self)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return shape.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Axes of length 1 taken away."""
        return shape.squeeze(self, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Each element in a row `repeats` times."""
        return shape.repeat(self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
        """The slices at `indices`."""
        return indexing.take(self, indices, axis, out, mode)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The diagonal of the plane of two axes."""
        return indexing.diagonal(self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The sum of the diagonal."""
        return indexing.trace(self, offset, axis1, axis2)

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> Any:  # noqa: A002  # NumPy's own names
        """The elements kept between two bounds."""
        return indexing.clip(self, min, max, out)

    def dot(self, b: Any, out: Any = None) -> Any:
        """The product with a vector or a matrix."""
        return contraction.dot(self, b, out)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """In another dtype, recorded."""
        return shape.astype(self, dtype, copy)

    def copy(self, order: str = "C") -> Any:
        """The same numbers, recorded; an array to write into: `c = v.copy(); c[i] = w`."""
        return TABLE[np.copy](self, order)

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)

    def conj(self) -> Any:
        """The complex conjugate."""
        return np.conjugate(self)

    conjugate = conj

    def compress(self, condition: Any, axis: int | None = None, out: Any = None) -> Any:
        """The slices where `condition` holds."""
        return indexing.compress(condition, self, axis, out)

    def nonzero(self) -> Any:
        """The places of what is not zero, as arrays of integers."""
        return indexing.nonzero(self)

    def exp(self) -> Any:
        """E to its power."""
        return exp.of_one(self)

    def log(self) -> Any:
        """The natural logarithm."""
        return log.of_one(self)

    def sqrt(self) -> Any:
        """The square root."""
        return sqrt.of_one(self)

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return tanh.of_one(self)

    def relu(self) -> Any:
        """Itself where positive, else 0."""
        return relu.of_one(self)

    def logistic(self) -> Any:
        """1 / (1 + exp(-v))."""
        return logistic.of_one(self)

    sigmoid = logistic

    # ---- ways out of the graph, each asked for by name

    def item(self, *place: Any) -> Any:
        """The number of a Value of one element, or that at `place`, as Python's own; outside of the graph."""
        return np.asarray(self.left("item()")).item(*place)

    def tolist(self) -> Any:
        """The numbers as nested lists; outside of the graph."""
        data = self.left("tolist()")
        return data if data.__class__ is float else data.tolist()

    def left(self, how: str) -> Any:
        """The data, for a way out of the graph; TraceError while a function is compiled, for all numbers."""
        if TRACES and (trace := tracing()) is not None:
            return trace.asked(self.settled(), how)
        return self._data

    def detach(self) -> Value:
        """A leaf with the same numbers: a constant as far as derivatives go."""
        if TRACES and (trace := tracing()) is not None:
            return trace.detached(self)  # type: ignore[no-any-return]  # a Value
        v = leaf(Value, self._data.copy() if self.exposed else self._data)
        v.name = self.name
        return v  # type: ignore[no-any-return]  # a Value

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"bool: the truth of {self.label()} of shape {self.shape} is ambiguous; use v.any() or v.all()"
            )
        return bool(self.left("a branch on it"))

    def __float__(self) -> float:
        if TRACES and tracing() is not None:
            return float(self.left("float()"))
        raise refusal(
            "a float from a Value",
            "write v for float(v), np.sin(v) for math.sin(v), b = autograd_mini.zeros(n) before b[i] = v, "
            "v.item() for the number",
        )

    def __int__(self) -> int:
        if TRACES and tracing() is not None:
            return int(self.left("int()"))
        raise refusal("int(v)", "write np.trunc(v), or v.item() for the number")

    def __complex__(self) -> complex:
        if TRACES and tracing() is not None:
            return complex(self.left("complex()"))
        raise refusal("complex(v)", "write v + 0j, or v.item() for the number")

    def __index__(self) -> int:
        if self.dtype.kind in "iu" and not self.shape:
            return int(self.left("a place"))  # a place, as argmax gives: it has no derivative to lose
        raise refusal("a Value as an index", "index with whole numbers, or with a Value that argmax or argsort gave")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.dtype.kind in "biu" or (TRACES and tracing() is not None):
            # Places or a mask, as for array[v]: it has no derivative to lose.
            return np.array(self.left("an array"), dtype)
        raise refusal("an array from a Value", instead_for(sys._getframe(1)))

    @property
    def _mask(self) -> NoReturn:  # np.ma takes the `_data` and the `_mask` of anything that has them
        raise refusal("a masked array and a Value", "fill the masked array first, as in m.filled(0.0)")

    # ---- NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            op = OF.get(ufunc)
            if op is not None:
                return op(*inputs)
            op = TABLE.get(ufunc)
            return op(*inputs) if op is not None else answer(ufunc, inputs, kwargs)
        op = TABLE.get((ufunc, method))
        if op is not None:
            return op(*inputs, **kwargs)
        if ufunc not in TABLE:
            return answer(ufunc if method == "__call__" else (ufunc, method), inputs, kwargs)
        return TABLE[np.ufunc, method](ufunc, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return answer(function, args, kwargs)

    # ---- copying

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        self.left("a copy of it")
        return copied([self.settled()], memo)[0]

    def __copy__(self) -> Value:
        return shape.alias(self)  # type: ignore[no-any-return]  # a Value

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.left("a pickle of it")
        v = self.settled()
        if v.op is None:
            return (rebuilt_leaf, (v._data, v.name, self.grad))
        return (rebuilt, flattened(v))  # type: ignore[arg-type]  # settled: a Value


def store(cotangents: dict[Any, Any], sums: dict[Any, Any]) -> None:
    """Make these the gradients: the cotangents, but where there is a sum."""
    for v, c in cotangents.items():
        v.own, v.cot = None, c
    for v, own in sums.items():
        v.own, v.cot = own, None


def answer(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call what answers for a NumPy function; one without a rule is refused by name, and with its reason."""
    op = TABLE.get(function) or answer_of_scipy(function)
    if op is None:
        name = dotted(function)
        reason = EXCLUDED.get(name.removeprefix("numpy."))
        if reason is not None:
            raise NoRuleError(f"{name}: it takes no Values: {reason}")
        raise NoRuleError(
            f"{name}: it has no rule for Values; autograd_mini.functions() lists those that have; "
            "compose it of those, declare it with autograd_mini.primitive, or use .data for its numbers alone"
        )
    if kwargs.get("out") is not None:
        raise MutationError(
            f"{dotted(function)}: it writes into an array, by out=; what is recorded is a new Value; "
            "write y = f(v), or b[...] = f(v) into a buffer"
        )
    n = getattr(op, "n_operands", None)
    if n is not None and len(args) < n:
        args, kwargs = by_position(function, n, args, kwargs)
    return op(*args, **kwargs)


def by_position(function: Any, n: int, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The operands that were given by name, put in their places."""
    args, rest = list(args), dict(kwargs)
    for name in list(inspect.signature(function).parameters)[len(args) : n]:
        if name in rest:
            args.append(rest.pop(name))
    return args, rest


def answer_of_scipy(function: Any) -> Any:
    """What answers for a function of SciPy: declared when the first one is met, if SciPy is in use."""
    if "scipy" not in sys.modules or f"{__package__}.scipy" in sys.modules:
        return None
    import_module(f"{__package__}.scipy")
    return TABLE.get(function)


def leaf_data(data: Any) -> Any:
    """What a leaf holds of what the user gave: a float, a NumPy scalar, or an array of its own."""
    if data.__class__ is ndarray and data.dtype is FLOAT64 and data.ndim:
        return data.copy("K")  # 600 of 900 ns less
    if isinstance(data, Record):
        raise refusal("Value(v)", "use v itself, or v.detach() for a constant")
    if isinstance(data, (list, tuple)) and holds_a_value(data):
        raise refusal("Value([v, w])", "write autograd_mini.array([v, w])")
    data = constant(data, "Value")
    if not isinstance(data, (ndarray, np.generic, float, int, complex)):
        return data
    array = numbers(np.asarray(data), "Value")
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.ndim:
        return array
    return float(array) if array.dtype == FLOAT64 else array[()]


def read_only(data: Any) -> Any:
    """A view of a recorded array that cannot be written to."""
    if data.__class__ is not ndarray:
        return data  # a number, among the outputs of an op with several
    view = data.view()
    view.flags.writeable = False
    return view


def cotangent(x: Any, where: str) -> Any:
    """A seed or a gradient that the user gave, as data."""
    if isinstance(x, Record):
        raise refusal(f"{where}: got a Value", "give an array")
    return constant(x, where)


def fitted(x: Any, v: Value, where: str) -> Any:
    """New numbers of a Value, brought to its dtype; ShapeError, or DtypeError for complex numbers of a real one."""
    if np.shape(x) != v.shape:
        raise ShapeError(
            f"{where} of {v.label()}: got shape {np.shape(x)}; it must be {v.shape}; reshape or broadcast it"
        )
    if np.iscomplexobj(x) and v.dtype.kind != "c":
        raise DtypeError(
            f"{where} of {v.label()}: got complex numbers; it must be real; take the real part, as in x.real"
        )
    return full(x, v._data)


def holds_a_value(rows: Any) -> bool:
    """Whether nested lists hold a Value."""
    return any(isinstance(r, Record) or (isinstance(r, (list, tuple)) and holds_a_value(r)) for r in rows)


def numbers_of(v: Value) -> str:
    """The numbers of a Value as its repr shows them."""
    data = v._data
    if data.__class__ is tuple:
        return f"{len(data)} arrays"
    if TRACES and tracing() is not None:
        return f"{v.dtype} of shape {v.shape}, of any numbers"
    if shape_of(data):
        return np.array2string(data, separator=", ", prefix="Value(")
    return repr(data if data.__class__ is float else data.item())


Value.result_class = Value


# ---- copies of whole graphs, without recursion


def copied(roots: list[Any], memo: dict[int, Any]) -> list[Value]:
    """Deep copies of Values and of everything that they depend on, sharing what they shared."""
    for root in roots:
        order, _, leaves = ancestry(root)
        for v in (*leaves, *reversed(order)):
            if id(v) in memo:
                continue
            u = new(Value)
            u._data = v._data.copy() if v._data.__class__ is ndarray else v._data
            u.op, u.options, u.index, u.name, u.exposed = v.op, v.options, v.index, v.name, v.exposed
            u.own, u.cot, u.mark = v.grad, None, None
            u.own = u.own.copy() if u.own.__class__ is ndarray else u.own
            if v.options is None:
                u.a, u.b = (None if p is None else memo[id(p)] for p in (v.a, v.b))
                u.da, u.db = v.da, v.db
            else:
                u.args, u.raw = tuple(None if p is None else memo[id(p)] for p in v.args), v.raw
                u.site = v.site if v.op is not None else None
            memo[id(v)] = u
    return [memo[id(r)] for r in roots]


def rebuilt_leaf(data: Any, name: str | None, grad: Any) -> Value:
    """A leaf from its pickle."""
    v = leaf(Value, data)
    v.name, v.own = name, grad
    return v  # type: ignore[no-any-return]  # a Value


def flattened(root: Value) -> tuple[list[Any], list[tuple[Any, ...]], list[int]]:
    """Leaves, the calls that lead to `root` with the places of their operands, and which leaves were changed."""
    order, _, leaves = ancestry(root)
    place: dict[Any, int] = {v: i for i, v in enumerate(leaves)}
    calls = []
    changed = set()
    for v in reversed(order):
        place[v] = len(place)
        is_scalar = v.options is None
        both = (v.a, v.b) if is_scalar else v.args
        changed |= {place[p] for i, p in enumerate(both) if p is not None and p.op is None and is_changed(p, v, i)}
        links = tuple(None if p is None else place[p] for p in both)
        rest = (v.da, v.db) if is_scalar else v.raw
        options = None if v.options is None else dict(v.options)
        calls.append((v._data, v.op, options, links, rest, v.name, v.grad))
    return leaves, calls, sorted(changed)


def rebuilt(leaves: list[Any], calls: list[tuple[Any, ...]], changed: list[int]) -> Value:
    """The last Value of a pickled graph."""
    values = list(leaves)
    for data, op, options, links, rest, name, grad in calls:
        v = new(Value)
        v._data, v.op, v.options, v.index, v.name = data, op, options, clock(), name
        v.exposed, v.own, v.cot, v.mark = False, grad, None, None
        parents = tuple(None if i is None else values[i] for i in links)
        if options is None:
            (v.a, v.b), (v.da, v.db) = parents, rest
        else:
            v.args, v.raw, v.site = parents, rest, None
        values.append(v)
    for i in changed:
        values[i].raw = (clock(),)  # later than the calls that read it
    return values[-1]  # type: ignore[no-any-return]  # a list of Any
