"""How an op is declared: its forward function, its rules, its samples and its doc, in one place.

A rule is `(g, y, *operands, **options) -> cotangent`, written in NumPy. On arrays it runs at
NumPy's speed; on Values, NumPy hands the calls back to the ops, so a rule is differentiable.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from sys import _getframe
from typing import Any, TypeVar

import numpy as np

from .errors import MutationError, NoRuleError, ShapeError, UsageError
from .record import EMPTY, PAUSED, WATCHES, Record, clock, constant, new, record, scalar_record, shape_of, site

__all__ = [
    "OF",
    "REAL_LINE",
    "REGISTRY",
    "TABLE",
    "Elementwise",
    "Interval",
    "Primitive",
    "composite",
    "discrete",
    "dotted",
    "elementwise",
    "functions",
    "linear",
    "primitive",
]

Rule = Callable[..., Any]
Samples = Callable[[Callable[..., Any]], list[tuple[Any, ...]]]
Interval = tuple[float, float]

ndarray = np.ndarray
FLOAT64 = np.dtype(np.float64)
WEAK = (float, int)
add_reduce: Any = np.add.reduce
vdot: Any = np.vdot
Composite = TypeVar("Composite", bound=Callable[..., Any])

# NumPy's function, or (ufunc, method) -> what answers for it: read by every NumPy protocol.
TABLE: dict[Any, Callable[..., Any]] = {}
# NumPy's ufunc -> what answers for operands alone, without options: 100 to 200 of 1,500 ns less than by the table.
OF: dict[Any, Callable[..., Any]] = {}
# Name -> op: read by tests, documentation, pickling and drawings.
REGISTRY: dict[str, Primitive] = {}

REAL_LINE: Interval = (-2.0, 2.0)


class Primitive:
    """A function with its derivative rules.

    name: unique, the key in REGISTRY. fn: the forward function on raw data. vjps: a rule per
    operand, None where the operand has no derivative; or, for a function of any number of
    operands, `vjp_each`, a rule `(i, g, y, *operands, **options)` for operand i. stands_for: the
    NumPy functions it answers for. samples: given a source of arrays, the arguments to test it at,
    a trailing dict being options. symbol: how it prints as an operator.
    """

    is_elementwise = False
    # Whether no nan or infinity is born in it, so that the line that calls it need not be kept.
    is_smooth = False

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        *,
        stands_for: Iterable[Any] = (),
        vjps: tuple[Rule | None, ...] = (),
        symbol: str | None = None,
        samples: Samples | None = None,
        domain: tuple[Interval, ...] = (),
        n_operands: int | None = None,
        defaults: Mapping[str, Any] = EMPTY,
        doc: str | None = None,
        is_registered: bool = True,
    ) -> None:
        if name in REGISTRY and is_registered:
            raise UsageError(f"Primitive: the name {name!r} is taken; names are unique; choose another")
        self.name, self.fn, self.symbol = name, fn, symbol
        self.vjps = vjps
        self.vjp_each: Rule | None = None
        self.joint_vjp: Rule | None = None
        self.jvps: tuple[Rule | None, ...] | None = None
        self.raw_rules: tuple[Rule | None, ...] = ()
        self.real_rules: tuple[Any, ...] = ()  # for arrays of real numbers, where those can be faster
        self.adds: Callable[..., None] | None = None  # adds a cotangent into that of the operand that it is a part of
        self.sums: tuple[Rule, ...] = ()  # for operands that are one number, where the output is an array of float64
        self.stands_for = tuple(stands_for)
        self.samples, self.domain = samples, domain
        self.n_operands = n_operands
        self.option_names = tuple(defaults)  # in NumPy's order, to be given by position
        self.defaults = {k: d for k, d in defaults.items() if k != "out"}
        self.__doc__ = doc
        self.__name__ = name
        if is_registered:
            REGISTRY[name] = self
        for function in self.stands_for:
            TABLE[function] = self

    def __call__(self, *args: Any, **options: Any) -> Any:
        """The result: a Value if an operand is one, else what `fn` gives on arrays."""
        n = self.n_operands
        if n is not None and len(args) > n:
            options.update(zip(self.option_names, args[n:], strict=False))
            args = args[:n]
        cls = None
        for x in args:
            if isinstance(x, Record):
                cls = x.result_class
                break
        if options:
            self.check(options)
            options = {**self.defaults, **options}
        else:
            options = self.defaults
        if cls is None:
            return self.fn(*args, **options)
        if n == 1 and args[0]._data.__class__ is ndarray:  # 400 of 2,300 ns less than the general path
            x = args[0]
            x, data = x.operand() if x.exposed else (x, x._data)
            try:
                return record(cls, self, self.fn(data, **options), (x,), (data,), options or EMPTY)
            except (ValueError, ArithmeticError):  # which the general path explains
                pass
        if n == 2 == len(args) and not options:
            return self.of(*args)
        return self.recorded(args, options)

    def recorded(self, args: tuple[Any, ...], options: Mapping[str, Any] = EMPTY) -> Any:
        """The Value of operands, one of them a Value, and options that have been checked: the general path."""
        cls: Any = next(x.result_class for x in args if isinstance(x, Record))
        operands: list[Record | None] = []
        raw: list[Any] = []
        has_floats = False
        for x in args:
            if isinstance(x, Record):
                p, data = x.operand() if x.exposed else (x, x._data)
                operands.append(p)
                raw.append(data)
                has_floats = has_floats or data.__class__ is float
            else:
                operands.append(None)
                raw.append(constant(x, self.name))
        try:
            data = self.fn(*raw, **options)
            if has_floats and data.__class__ is not float and is_of_python(data):
                raw = on_numpy(operands, raw)
                data = self.fn(*raw, **options)
        except ArithmeticError:  # a function of Python floats raises where NumPy's give inf or nan
            raw = on_numpy(operands, raw)
            data = self.fn(*raw, **options)
        except ValueError as error:
            if error.__class__ is not ValueError:
                raise
            shapes = " and ".join(str(np.shape(x)) for x in raw)
            raise ShapeError(f"{self.name}: {str(error).strip()}; the operands have shapes {shapes}") from error
        return record(cls, self, data, tuple(operands), tuple(raw), options or EMPTY)

    def of(self, a: Any, b: Any) -> Any:
        """The result for two operands, one of them a Value, and no options: 850 of 1,700 ns less for arrays."""
        p = q = None
        x, y = a, b
        if isinstance(a, Record):
            p, x, cls = a, a._data, a.result_class
            if a.exposed:
                p, x = a.operand()
        if b.__class__ is not float and b.__class__ is not int and isinstance(b, Record):
            q, y, cls = b, b._data, b.result_class
            if b.exposed:
                q, y = b.operand()
        # Two arrays, or one and a number; the float of a Value is a float64, which is no weak number.
        if x.__class__ is ndarray:
            if y.__class__ is not ndarray and (y.__class__ not in WEAK or (q is not None and x.dtype is not FLOAT64)):
                return self.recorded((a, b))
        elif y.__class__ is not ndarray or x.__class__ not in WEAK or (p is not None and y.dtype is not FLOAT64):
            return self.recorded((a, b))
        if p is None and x.__class__ is ndarray:
            x = x.copy("K") if x.dtype is FLOAT64 else constant(x, self.name)
        elif q is None and y.__class__ is ndarray:
            y = y.copy("K") if y.dtype is FLOAT64 else constant(y, self.name)
        try:
            data = self.fn(x, y)
        except (ValueError, ArithmeticError):
            return self.recorded((a, b))  # which explains what is wrong
        if PAUSED or data.__class__ is not ndarray:
            return record(cls, self, data, (p, q), (x, y), EMPTY)
        v = new(cls)  # in line: 150 of 400 ns less than a call of record
        v._data = data
        v.op = self
        v.options = EMPTY
        v.args = p, q
        v.raw = x, y
        v.site = None if self.is_smooth and not WATCHES else site(_getframe(2))  # the caller is ours
        v.index = clock()
        v.name = v.cot = v.own = v.mark = None
        v.exposed = False
        return v

    def check(self, options: dict[str, Any]) -> None:
        """Take `out=None` away; refuse any other `out`, unknown options, and Values; copy what can change."""
        if options.pop("out", None) is not None:
            raise MutationError(
                f"{self.name}: got out=; a recorded array is never overwritten; write y = {self.name}(...) instead"
            )
        for name, option in options.items():
            if (option is None or option.__class__ in (bool, int)) and name in self.defaults:
                continue  # 350 of 700 ns less for the options of np.sum
            if name not in self.defaults:
                known = ", ".join(self.defaults) or "none"
                raise NoRuleError(f"{self.name}: got the option {name!r}; the options that have a rule are: {known}")
            if isinstance(option, Record):
                raise NoRuleError(
                    f"{self.name}: got a Value as the option {name!r}; an option has no derivative; use its .data"
                )
            if isinstance(option, (list, dict, np.ndarray)):
                options[name] = deepcopy(option)

    def vjp(self, rule: Rule) -> Rule:
        """Decorator: the rule of the next operand."""
        self.vjps += (rule,)
        return rule

    def vjp_of_each(self, rule: Rule) -> Rule:
        """Decorator: one rule for any number of operands, which takes the operand's place first."""
        self.vjp_each = rule
        return rule

    def vjp_of_all(self, rule: Rule) -> Rule:
        """Decorator: one rule that gives the cotangents of all operands at once, as a tuple."""
        self.joint_vjp = rule
        return self.vjp_of_each(lambda i, *args, **options: rule(*args, **options)[i])

    def raw_vjp(self, rule: Rule) -> Rule:
        """Decorator: a faster rule of the next operand for the sweep on arrays, tested to agree."""
        self.raw_rules += (rule,)
        return rule

    def real_vjp(self, rule: Rule) -> Rule:
        """Decorator: a faster rule of the next operand for outputs that are real arrays, tested to agree."""
        self.real_rules += (rule,)
        return rule

    def vjps_of(self, n: int) -> tuple[Rule | None, ...]:
        """The rules of a call with n operands."""
        if self.vjp_each is not None:
            return tuple(partial(self.vjp_each, i) for i in range(n))
        return self.vjps

    def raw_vjps(self, n: int) -> tuple[Rule | None, ...]:
        """The rules of a call with n operands in the sweep on arrays."""
        rules = self.raw_rules
        if not rules:
            return self.vjps if self.vjp_each is None else self.vjps_of(n)
        return rules if len(rules) == n else rules + self.vjps_of(n)[len(rules) :]

    @property
    def is_discrete(self) -> bool:
        """Whether the op has values but no derivative."""
        return self.vjp_each is None and all(rule is None for rule in self.vjps)

    def takes_small(self, v: Record) -> bool:
        """Whether the rules of a call work on a cotangent smaller than the output, which broadcasts to it."""
        return False

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> Any:
        return (registered, (self.name,))


NARROW = (np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.complex64))


def is_of_python(data: Any) -> bool:
    """Whether a result differs from what NumPy's float64 scalars, held as Python's floats, would have given.

    They would not give way to narrower arrays, nor turn complex at the root of a negative number.
    """
    return data.__class__ is complex or getattr(data, "dtype", None) in NARROW


def on_numpy(operands: list[Record | None], raw: list[Any]) -> list[Any]:
    """The data of operands, with NumPy's numbers for the floats of Values."""
    return [np.float64(x) if p is not None and x.__class__ is float else x for p, x in zip(operands, raw, strict=True)]


def registered(name: str) -> Primitive:
    """The op of that name; what a pickled graph refers to."""
    try:
        return REGISTRY[name]
    except KeyError:
        raise NoRuleError(
            f"unpickling: the graph uses an op {name!r}, which is not declared; "
            "import the module that declares it first"
        ) from None


class Elementwise(Primitive):
    """An op that works element by element: each partial is stated once.

    partials: per operand, `(y, *operands) -> d y / d operand`, a number, or None. Broadcasting,
    complex conjugation and the sum over broadcast axes follow. scalar: the same function on a
    Python float, from `math`, for which the partials are computed as soon as it is called.
    """

    is_elementwise = True

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        partials: tuple[Rule | float | None, ...],
        *,
        scalar: Callable[[float], float] | None = None,
        real: tuple[Rule, ...] = (),
        **declared: Any,
    ) -> None:
        super().__init__(name, fn, vjps=tuple(map(times, partials)), n_operands=len(partials), **declared)
        self.partials, self.scalar = partials, scalar
        self.jvps = tuple(map(times_tangent, partials))
        if None not in partials:
            self.sums = tuple(map(summed, partials))
            self.real_rules = real or tuple(times_real(d, len(partials)) for d in partials)

    def of_one(self, x: Any) -> Any:
        """The result for a Value, the one operand."""
        return self.recorded((x,))

    def takes_small(self, v: Record) -> bool:
        """Whether no Value is broadcast: then no rule needs to sum over axes that the cotangent lacks."""
        shape = shape_of(v._data)
        for p, x in zip(v.args, v.raw, strict=True):  # noqa: SIM110  # all(...) takes 300 ns more
            if p is not None and shape_of(x) != shape:
                return False
        return True


class Unary(Elementwise):
    """An elementwise op of one operand, with paths of their own for floats and arrays."""

    def __call__(self, x: Any, /, *args: Any, **options: Any) -> Any:
        if args or options or not isinstance(x, Record):
            return super().__call__(x, *args, **options)
        return self.of_one(x)

    def of_one(self, x: Any) -> Any:
        """The result for a Value, the one operand."""
        data = x._data
        if data.__class__ is ndarray:  # 850 of 1,700 ns less than the general path
            if x.exposed:
                x, data = x.operand()
            y = self.fn(data)
            if PAUSED or y.__class__ is not ndarray:
                return record(x.result_class, self, y, (x,), (data,), EMPTY)
            v = new(x.result_class)
            v._data = y
            v.op = self
            v.options = EMPTY
            v.args = (x,)
            v.raw = (data,)
            v.site = None if self.is_smooth and not WATCHES else site(_getframe(2))  # the caller is ours
            v.index = clock()
            v.name = v.cot = v.own = v.mark = None
            v.exposed = False
            return v
        scalar = self.scalar
        if data.__class__ is float and scalar is not None:
            try:
                z = scalar(data)
                d = self.partials[0](z, data)  # type: ignore[misc, operator]  # a rule: `elementwise` checks it
                if d.__class__ is not float:
                    d = float(d)
            except (ValueError, ArithmeticError):
                return super().__call__(x)  # inf and nan, with NumPy's warnings
            if z - z == 0.0 == d - d:
                return scalar_record(x.result_class, self, z, x, d, None, None)
        return super().__call__(x)


class Binary(Elementwise):
    """An elementwise op of two operands, with a path of its own for arrays."""

    def __call__(self, a: Any, b: Any, /, *args: Any, **options: Any) -> Any:
        if args or options or not (isinstance(a, Record) or isinstance(b, Record)):
            return super().__call__(a, b, *args, **options)
        return self.of(a, b)


def times_tangent(partial: Rule | float | None) -> Rule | None:
    """The jvp that a partial implies: the tangent times it."""
    if callable(partial):
        return lambda t, y, *xs: t * partial(y, *xs)
    return None if partial is None else lambda t, y, *xs: t * partial


def times(partial: Rule | float | None) -> Rule | None:
    """The vjp that a partial implies: g times its conjugate."""
    if partial is None:
        return None
    if not callable(partial):
        factor = partial
        return (lambda g, y, *xs: g) if factor == 1 else (lambda g, y, *xs: g * factor)

    def vjp(g: Any, y: Any, *xs: Any) -> Any:
        # A real output of complex operands, as of abs, has its partial in that form already.
        if y.__class__ is not float and y.dtype.kind == "c":
            return g * np.conj(partial(y, *xs))
        return g * partial(y, *xs)

    return vjp


def summed(partial: Rule | float | None) -> Rule:
    """The rule that a partial implies for an operand that is one number, where the output is an array of float64."""
    if not callable(partial):
        factor = partial or 0.0
        return lambda g, y, *xs: float(add_reduce(g, None)) * factor

    def rule(g: Any, y: Any, *xs: Any) -> float:
        d = partial(y, *xs)
        if d.__class__ is ndarray and d.shape == g.shape and g.dtype is FLOAT64:
            return float(vdot(g, d))  # 420 against 1,100 ns to multiply and add up
        return float(add_reduce(g * d, None).real)

    return rule


def times_real(partial: Rule | float | None, n: int) -> Rule | None:
    """The vjp that a partial of n operands implies for real arrays: 100 to 200 of 1,200 ns less than by `times`."""
    if partial is None or not callable(partial):
        return times(partial)
    if n == 1:
        return lambda g, y, x: g * partial(y, x)
    if n == 2:
        return lambda g, z, x, y: g * partial(z, x, y)
    return lambda g, y, *xs: g * partial(y, *xs)


def elementwise(
    ufunc: Callable[..., Any],
    *partials: Rule | float | None,
    name: str | None = None,
    fn: Callable[..., Any] | None = None,
    scalar: Callable[[float], float] | None = None,
    real: tuple[Rule, ...] = (),
    domain: Interval | tuple[Interval, ...] = REAL_LINE,
    symbol: str | None = None,
    smooth: bool | None = None,
    also: Iterable[Any] = (),
    doc: str | None = None,
) -> Elementwise:
    """Declare an elementwise op by its partials.

    domain: the interval, or one per operand, where the op is smooth and is tested. smooth: whether
    no nan or infinity is born in it; if not said, whether it is smooth everywhere. also: further
    functions it answers for. fn: the forward function, if not `ufunc` itself. real: faster vjps
    where the output is an array of real numbers.
    """
    intervals = domain if isinstance(domain[0], tuple) else (domain,) * len(partials)
    if scalar is not None and not callable(partials[0]):
        raise UsageError("elementwise: scalar= needs a partial that is a function of (y, x)")
    op = {1: Unary, 2: Binary}.get(len(partials), Elementwise)(
        name or ufunc.__name__,
        fn or ufunc,
        partials,
        scalar=scalar,
        real=real,
        stands_for=(ufunc, *also),
        domain=intervals,
        symbol=symbol,
        doc=doc or getattr(ufunc, "__doc__", None),
    )
    op.is_smooth = domain is REAL_LINE if smooth is None else smooth
    for function in op.stands_for:
        if isinstance(op, (Unary, Binary)):
            OF[function] = op.of_one if isinstance(op, Unary) else op.of
    return op


def primitive(
    *stands_for: Any, samples: Samples | None = None, name: str | None = None, smooth: bool = False
) -> Callable[[Callable[..., Any]], Primitive]:
    """Decorator: declare an op by its forward function; operands stand before the slash.

    smooth: whether no nan or infinity is born in it. Its vjps follow with `@op.vjp`, one per operand
    in order. A parameter `*xs` takes any number of operands; their rule follows with `@op.vjp_of_each`.
    """

    def declare(fn: Callable[..., Any]) -> Primitive:
        parameters = inspect.signature(fn).parameters.values()
        variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        places = sum(p.kind is p.POSITIONAL_ONLY for p in parameters)
        options = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        op = Primitive(
            name or fn.__name__.rstrip("_"),
            fn,
            stands_for=stands_for,
            samples=samples,
            n_operands=None if variadic else places,
            defaults={p.name: p.default for p in options},
            doc=fn.__doc__,
        )
        op.is_smooth = smooth
        return op

    return declare


def linear(
    *stands_for: Any, transpose: Rule, samples: Samples | None = None, name: str | None = None
) -> Callable[[Callable[..., Any]], Primitive]:
    """Decorator: declare an op that is linear in its one operand, by its transpose `(g, x, **options)`."""

    def declare(fn: Callable[..., Any]) -> Primitive:
        op = primitive(*stands_for, samples=samples, name=name, smooth=True)(fn)
        op.vjp(lambda g, y, x, **options: transpose(g, x, **options))
        op.jvps = (lambda t, y, x, **options: op(t, **options),)
        return op

    return declare


def discrete(
    function: Callable[..., Any],
    *,
    n_operands: int = 1,
    name: str | None = None,
    also: Iterable[Any] = (),
    samples: Samples | None = None,
    **options: Any,
) -> Primitive:
    """Declare an op with values but no derivative: comparisons, rounding, counting.

    samples: needed unless it works element by element on real numbers.
    """
    return Primitive(
        name or function.__name__,
        function,
        stands_for=(function, *also),
        vjps=(None,) * n_operands,
        samples=samples,
        domain=(REAL_LINE,) * n_operands,
        n_operands=n_operands,
        defaults=options,
        doc=function.__doc__,
    )


def dotted(function: Any) -> str:
    """The name of a function, or of a (ufunc, method), as one writes it: numpy.add.reduce."""
    if isinstance(function, tuple):
        return f"{dotted(function[0])}.{function[1]}"
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None)
    if module is None and getattr(sys.modules.get("scipy.special"), name, None) is function:
        module = "scipy.special"  # whose ufuncs do not know it
    return f"{module}.{name}" if module else name


def functions() -> list[str]:
    """The names of the functions of NumPy and SciPy that take Values, sorted.

    Example
    -------
    >>> {"numpy.sin", "numpy.sum", "numpy.add.reduce"} <= set(functions())
    True
    """
    return sorted({name for name in map(dotted, TABLE) if name.startswith(("numpy.", "scipy."))})


def composite(*stands_for: Any) -> Callable[[Composite], Composite]:
    """Decorator: let plain code over other ops answer for NumPy's functions; it needs no rule."""

    def declare(fn: Composite) -> Composite:
        for function in stands_for:
            TABLE[function] = fn
            OF.pop(function, None)
        return fn

    return declare
