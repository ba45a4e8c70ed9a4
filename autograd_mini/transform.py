"""Functions of functions: a function's derivatives as functions.

Each call makes inputs of its own, so an outer variable is never taken for an inner one and
nesting needs no bookkeeping: leaves of its own for arrays, and for a Value an alias, by which
the outer derivative sees through. Arguments and results may be trees: see `autograd_mini.tree`.
Values in, or captured by the function, give Values out; numbers and arrays give numbers and arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, wraps
from operator import index
from typing import Any, Literal

import numpy as np

from .errors import DtypeError, ShapeError, UsageError
from .ops.indexing import nested
from .ops.shape import alias, reshape
from .primitive import Primitive, discrete
from .record import INPUT, PAUSED, TRACES, Record, clock, operands, paused, recording, shape_of, tracing
from .sweep import ancestry, fitted, full, full_recorded, pullback, pushforward
from .tree import flatten, is_number
from .value import Value

__all__ = [
    "checkpoint",
    "custom_rule",
    "elementwise_grad",
    "ggnvp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "laplacian",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


class Inputs:
    """The inputs of one call: what it is differentiated with respect to, and how to put them back.

    args: the arguments with fresh Values in the places that count. values: those Values, flat.
    since: the time of the call.
    """

    def __init__(self, args: Iterable[Any], argnums: Argnums, what: str) -> None:
        self.since = clock()
        self.args = list(args)
        self.is_single = not isinstance(argnums, tuple)
        n = len(self.args)
        self.values: list[Any] = []
        self.rebuilds: list[tuple[int, list[bool], Any]] = []
        self.places = places_of(argnums, n, what)
        for i in self.places if self.is_single else dict.fromkeys(self.places):
            x = self.args[i]
            if x.__class__ is float or x.__class__ is np.ndarray:  # no tree: 2,500 of 6,000 ns less
                self.args[i] = v = Value(x)
                v.options = INPUT
                self.values.append(self.args[i])
                self.rebuilds.append((1, [True], first))
                continue
            leaves, rebuild = flatten(x)
            counts = [is_number(x) for x in leaves]
            fresh = [self.fresh(x, what) if n else x for x, n in zip(leaves, counts, strict=True)]
            if not any(counts):
                raise DtypeError(
                    f"{what}: argument {i} is {self.args[i]!r}; it must hold numbers or arrays; "
                    "choose others by argnums"
                )
            self.args[i] = rebuild(fresh)
            self.values += [x for x, n in zip(fresh, counts, strict=True) if n]
            self.rebuilds.append((sum(counts), counts, rebuild))

    def fresh(self, x: Any, what: str) -> Any:
        """An input of its own: a leaf for data, an alias for a Value, whole numbers as floats."""
        if isinstance(x, Record):
            return np.astype(x, np.float64) if np.result_type(x._data).kind in "biu" else alias(x)
        v = Value(x)
        v.options = INPUT
        return v

    def arranged(self, results: list[Any]) -> Any:
        """One result for each value, in the trees of the arguments; None where nothing counts."""
        trees = []
        start = 0
        for n, counts, rebuild in self.rebuilds:
            if rebuild is first:
                trees.append(results[start])
                start += 1
                continue
            mine = iter(results[start : start + n])
            trees.append(rebuild([next(mine) if c else None for c in counts]))
            start += n
        if self.is_single:
            return trees[0]
        by_place = dict(zip(dict.fromkeys(self.places), trees, strict=True))
        return tuple(by_place[i] for i in self.places)

    def flat(self, trees: Any, what: str) -> list[Any]:
        """Tangents or the like, given in the trees of the arguments, as one for each value."""
        given = (trees,) if self.is_single else tuple(trees)
        if len(given) != len(self.rebuilds):
            raise ShapeError(f"{what}: got {len(given)} tangents for {len(self.rebuilds)} arguments; give one for each")
        out = []
        for tree, (_, counts, _) in zip(given, self.rebuilds, strict=True):
            leaves = flatten(tree)[0]
            if len(leaves) != len(counts):
                raise ShapeError(
                    f"{what}: got a tangent with {len(leaves)} leaves; its argument has {len(counts)}; "
                    "give it the same tree"
                )
            out += [x for x, c in zip(leaves, counts, strict=True) if c]
        for v, t in zip(self.values, out, strict=True):
            if np.shape(t) != v.shape:
                raise ShapeError(
                    f"{what}: got a tangent of shape {np.shape(t)} for an input of shape {v.shape}; "
                    "shapes must be equal"
                )
        return out


def first(leaves: list[Any]) -> Any:
    """The tree of a single leaf."""
    return leaves[0]


def whole(argnums: Argnums, what: str) -> list[int]:
    """The argnums as a list of whole numbers."""
    try:
        return [index(i) for i in (argnums if isinstance(argnums, tuple) else (argnums,))]
    except TypeError:
        raise DtypeError(f"{what}: got argnums={argnums!r}; it is a whole number, or a tuple of them") from None


def places_of(argnums: Argnums, n: int, what: str) -> list[int]:
    """The places that argnums name among n positional arguments."""
    if argnums.__class__ is int and 0 <= argnums < n:
        return [argnums]
    places = whole(argnums, what)
    if not all(-n <= i < n for i in places):
        raise UsageError(f"{what}: got argnums={argnums} and {n} positional arguments; give that argument by position")
    return [i % n for i in places]


def without_history(derivative: Function) -> Function:
    """Decorator: inside `no_grad` a derivative is taken all the same, and comes back without history."""

    @wraps(derivative)
    def taken(*args: Any, **kwargs: Any) -> Any:
        if not (PAUSED and paused()):
            return derivative(*args, **kwargs)
        with recording():
            leaves, rebuild = flatten(derivative(*args, **kwargs))
        return rebuild([x.detach() if isinstance(x, Value) else x for x in leaves])

    return taken


def outputs_of(y: Any) -> tuple[list[Any], Any]:
    """The leaves of a function's result, and what rebuilds it."""
    leaves, rebuild = flatten(y)
    return [x.settled() if isinstance(x, Record) else x for x in leaves], rebuild


def data_of(y: Any) -> Any:
    """A tree with the numbers of its Values."""
    leaves, rebuild = flatten(y)
    return rebuild([x._data if isinstance(x, Record) else x for x in leaves])


def captured(outputs: list[Any], inputs: Inputs) -> list[Record]:
    """The Values from before the call that outputs depend on other than through its inputs."""
    seen = set(inputs.values)
    stack = [y for y in outputs if isinstance(y, Record) and y not in seen]
    seen.update(stack)
    found = []
    while stack:
        v = stack.pop()
        if v.index < inputs.since:
            found.append(v)
        elif v.op is not None:
            new = [p for p in operands(v) if isinstance(p, Record) and p not in seen]
            seen.update(new)
            stack += new
    return found


def history(outputs: list[Any], inputs: Inputs) -> tuple[bool, Any]:
    """Whether outputs depend on a Value from before the call: then derivatives stay Values; if not, their ancestry."""
    if any(v.op is not None for v in inputs.values) or (TRACES and tracing() is not None):
        return True, None
    found = order, _, leaves = ancestry(*[y for y in outputs if isinstance(y, Record)])
    since = inputs.since
    if order and order[-1].index < since:
        return True, None
    for v in leaves:
        if v.index < since:
            return True, None
    return False, found


def gradient_of(v: Any, c: Any, *, recorded: bool) -> Any:
    """The cotangent of an input, whole: zeros if none arrived."""
    if c is None:
        c = 0.0
    if recorded:
        return full_recorded(c, v) if isinstance(c, Record) else Value(full(c, v._data))
    return c if c.__class__ is float and v._data.__class__ is float else full(c, v._data)


def pulled(seeds: dict[Record, Any], inputs: Inputs, found: Any, *, recorded: bool) -> list[Any]:
    """The gradient of each input; `found` is the ancestry, where it is known and of this call alone."""
    if found is None or recorded:
        cotangents = pullback(seeds, inputs=inputs.values, recorded=recorded, keep=False)
    else:
        cotangents = pullback(seeds, found=found, keep=False)
    gradients = [gradient_of(v, cotangents.get(v), recorded=recorded) for v in inputs.values]
    return distinct(gradients) if recorded else gradients


def distinct(gradients: list[Any]) -> list[Any]:
    """The same Values, but another one for each that stands there again, as where two inputs are added."""
    seen: set[Any] = set()
    for i, g in enumerate(gradients):
        if g in seen:
            gradients[i] = alias(g)
        seen.add(g)
    return gradients


def value_and_grad(f: Function, argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., tuple[Any, Any]]:
    """The function that gives (f(...), the gradient of f(...)), f computed once.

    argnums: which positional argument the gradient is with respect to; a tuple gives a tuple.
    has_aux: f gives (number, anything else), and so does the first result.
    f must give a real scalar. Gradients have the tree, shapes and dtypes of their argument. An
    argument that f does not use gets zeros. For complex z = x + iy it is df/dx + i df/dy.

    Raises: ShapeError if f gives an array, DtypeError if it gives no number or a complex one.

    Example
    -------
    >>> value_and_grad(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0)
    (18.0, (12.0, 9.0))
    """
    whole(argnums, "grad")

    @wraps(f)
    @without_history
    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        inputs = Inputs(args, argnums, "grad")
        y = f(*inputs.args, **kwargs)
        y, aux = y if has_aux else (y, None)
        check_scalar(f, y)
        y = y.settled() if isinstance(y, Record) else y
        if not isinstance(y, Record):
            value = y
            gradients = [gradient_of(v, None, recorded=v.op is not None) for v in inputs.values]
        else:
            recorded, found = history([y], inputs)
            gradients = pulled({y: full(1.0, y._data)}, inputs, found, recorded=recorded)
            value = y if recorded else y._data
            aux = data_of(aux) if has_aux and not recorded else aux
        return (value, aux) if has_aux else value, inputs.arranged(gradients)

    return with_gradient


def grad(f: Function, argnums: Argnums = 0, *, has_aux: bool = False) -> Function:
    """The function that gives the gradient of f(...), or (gradient, aux): see `value_and_grad`.

    Example
    -------
    >>> grad(np.sin)(0.0)
    1.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(f, argnums, has_aux=has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def check_scalar(f: Any, y: Any) -> None:
    """Raise unless `y` is one real number."""
    name = getattr(f, "__name__", "f")
    raw = y._data if isinstance(y, Record) else y
    if raw.__class__ is float:
        return
    kind = np.result_type(raw).kind if isinstance(raw, (float, int, complex, np.generic, np.ndarray)) else None
    if kind is None and hasattr(raw, "dtype"):
        kind = raw.dtype.kind
    if kind is None or kind not in "?bfciu":
        raise DtypeError(f"grad: {name} gave {type(raw).__name__}; a gradient is of one number; return a scalar Value")
    if np.shape(raw) != ():
        raise ShapeError(
            f"grad: {name} gave an array of shape {np.shape(raw)}; a gradient is of one number; "
            "reduce it, as in np.sum(...), or use jacobian"
        )
    if kind == "c":
        raise DtypeError(
            f"grad: {name} gave a complex number; a gradient is of a real one; take np.real or np.abs of it"
        )


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives the derivative of each element of f(...) with respect to its own element.

    f works element by element; what comes back is the gradient of the sum of its result.

    Example
    -------
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    @wraps(f)
    def total(*args: Any, **kwargs: Any) -> Any:
        return np.sum(f(*args, **kwargs))

    return grad(total, argnums)


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*primals), pull), where pull(cotangent) gives the cotangents of the primals, a tuple.

    The cotangent has the tree and shapes of f's result; pull may be called again and again. For
    complex results, pull(g) is J* g in the convention of `grad`: conj(dz/dx) g for holomorphic f.

    Example
    -------
    >>> y, pull = vjp(lambda x, w: x * w, 3.0, 2.0)
    >>> y, pull(1.0)
    (6.0, (2.0, 3.0))
    """
    inputs = Inputs(primals, tuple(range(len(primals))), "vjp")
    y = f(*inputs.args)
    outputs, _ = outputs_of(y)
    others, found = history(outputs, inputs)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds, recorded = seeds_from(cotangent, outputs, "pull")
        return tuple(inputs.arranged(pulled(seeds, inputs, found, recorded=recorded or others)))

    return y if others else data_of(y), pull


def seeds_from(cotangent: Any, outputs: list[Any], what: str) -> tuple[dict[Record, Any], bool]:
    """A checked cotangent for each output that is a Value, and whether any is a Value itself."""
    given = flatten(cotangent)[0]
    if len(given) != len(outputs):
        raise ShapeError(f"{what}: got {len(given)} cotangents for {len(outputs)} outputs; give one for each")
    seeds: dict[Record, Any] = {}
    for g, y in zip(given, outputs, strict=True):
        if not isinstance(y, Record):
            continue
        if np.shape(g) != shape_of(y._data):
            raise ShapeError(
                f"{what}: got a cotangent of shape {np.shape(g)} for an output of shape {shape_of(y._data)}; "
                "shapes must be equal"
            )
        seed = fitted(g, y) if isinstance(g, Record) else full(g, y._data)
        seeds[y] = seeds[y] + seed if y in seeds else seed
    return seeds, any(isinstance(g, Record) for g in given)


@without_history
def jvp(f: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """(f(*primals), the derivative of f in the direction of the tangents), in forward mode.

    Tangents have the trees and shapes of the primals.

    Example
    -------
    >>> jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, 10.0))
    (6.0, 32.0)
    """
    inputs = Inputs(primals, tuple(range(len(primals))), "jvp")
    flat = inputs.flat(tangents, "jvp")
    y = f(*inputs.args)
    outputs, rebuild = outputs_of(y)
    recorded = any(isinstance(t, Record) for t in flat) or history(outputs, inputs)[0]
    result = pushed(inputs, flat, outputs, recorded=recorded)
    return y if recorded else data_of(y), rebuild(result)


def pushed(inputs: Inputs, tangents: list[Any], outputs: list[Any], *, recorded: bool) -> list[Any]:
    """The tangent of each output: zeros where none arrives."""
    given = {
        v: fitted(t, v) if isinstance(t, Record) else full(t, v._data)
        for v, t in zip(inputs.values, tangents, strict=True)
    }
    roots = [y for y in outputs if isinstance(y, Record)]
    result = pushforward(roots, given, recorded=recorded)
    return [
        result[y] if isinstance(y, Record) and result.get(y) is not None else np.zeros(np.shape(y))[()] for y in outputs
    ]


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    *,
    mode: Literal["auto", "forward", "reverse"] = "auto",
    holomorphic: bool = False,
) -> Function:
    """The function that gives every derivative of every output: shape (*output, *input).

    mode: "reverse" sweeps backward once per output, "forward" sweeps forward once per input;
    "auto" takes what needs fewer. Trees of outputs give a tree of trees of inputs. Complex
    inputs need holomorphic=True, and give df/dz.

    Example
    -------
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in ("auto", "forward", "reverse"):
        raise UsageError(f'jacobian: got mode={mode!r}; it is "auto", "forward" or "reverse"')

    @wraps(f)
    @without_history
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums, "jacobian")
        if not holomorphic and any(v.dtype.kind == "c" for v in inputs.values):
            raise DtypeError(
                "jacobian: got complex input; df/dz exists for holomorphic functions only; "
                "pass holomorphic=True, or differentiate with respect to real and imaginary parts"
            )
        outputs, rebuild = outputs_of(f(*inputs.args, **kwargs))
        recorded = history(outputs, inputs)[0]
        n_in, n_out = sum(v.size for v in inputs.values), sum(int(np.size(y)) for y in outputs)
        is_complex = any(np.iscomplexobj(y) for y in data_of(outputs))  # then not by rows, which are real
        forward = holomorphic or is_complex or mode == "forward" or (mode == "auto" and n_in < n_out)
        parts = (columns if forward else rows)(inputs, outputs, recorded=recorded)
        return rebuild([inputs.arranged(row) for row in parts])

    return derivatives


def rows(inputs: Inputs, outputs: list[Any], *, recorded: bool) -> list[list[Any]]:
    """The Jacobian by backward sweeps: for each output, its derivatives by each input."""
    parts = []
    for y in outputs:
        shape = np.shape(y)
        if not isinstance(y, Record):
            parts.append([np.zeros(shape + v.shape, v.dtype)[()] for v in inputs.values])
            continue
        swept = [
            pulled({y: full(one_hot(shape, i), y._data)}, inputs, None, recorded=recorded)
            for i in range(int(np.size(y)))
        ]
        parts.append([joined([s[k] for s in swept], shape + v.shape, v.dtype) for k, v in enumerate(inputs.values)])
    return parts


def columns(inputs: Inputs, outputs: list[Any], *, recorded: bool) -> list[list[Any]]:
    """The Jacobian by forward sweeps: for each output, its derivatives by each input."""
    by_input = []
    for k, v in enumerate(inputs.values):
        swept = []
        for i in range(v.size):
            tangents = [full(one_hot(v.shape, i) if j == k else 0.0, u._data) for j, u in enumerate(inputs.values)]
            swept.append(pushed(inputs, tangents, outputs, recorded=recorded))
        by_input.append(swept)
    parts = []
    for j, y in enumerate(outputs):
        row = []
        for v, swept in zip(inputs.values, by_input, strict=True):
            stacked = joined([s[j] for s in swept], v.shape + np.shape(y), v.dtype)
            n = v.ndim
            order = (*range(n, n + np.ndim(y)), *range(n))
            row.append(np.transpose(stacked, order) if order else stacked)
        parts.append(row)
    return parts


def one_hot(shape: tuple[int, ...], i: int) -> Any:
    """Zeros, and 1 in the i-th place."""
    e = np.zeros(shape)
    e.reshape(-1)[i] = 1.0
    return e


def joined(parts: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Equal parts as one array of that shape."""
    if not parts:
        return np.zeros(shape, dtype)
    return reshape(nested(parts), shape) if shape else parts[0]


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives all second derivatives: shape (*input, *input), forward over reverse.

    Example
    -------
    >>> hessian(lambda x: x[0] * x[1])(np.array([3.0, 2.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    return jacobian(grad(f, argnums), argnums, mode="forward")


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of the Hessian of f at x with v, without the Hessian: forward over reverse.

    Example
    -------
    >>> hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return jvp(grad(f), (x,), (v,))[1]


def half_square(y: Any) -> Any:
    """Half the sum of squares."""
    return 0.5 * np.sum(y * y)


def ggnvp(f: Function, x: Any, v: Any, loss: Function = half_square) -> Any:
    """The generalised Gauss-Newton product J' H J v: J of f at x, H the Hessian of `loss` at f(x).

    Source: Schraudolph, "Fast curvature matrix-vector products for second-order gradient descent" (2002).

    Example
    -------
    >>> ggnvp(lambda x: x * x, np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 4., 16.])
    """
    y, t = jvp(f, (x,), (v,))
    _, pull = vjp(f, x)
    return pull(hvp(loss, y, t))[0]


def laplacian(f: Function) -> Function:
    """The function that gives the sum of the second derivatives of f along each input.

    Example
    -------
    >>> laplacian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    18.0
    """
    gradient = grad(f)

    @wraps(f)
    def total(x: Any) -> Any:
        shape = np.shape(x)
        n = int(np.size(x))
        seconds = [jvp(gradient, (x,), (one_hot(shape, i)[()],))[1] for i in range(n)]
        out = sum(reshape(s, (n,))[i] for i, s in enumerate(seconds))
        return float(out) if isinstance(out, np.float64) else out

    return total


stop_gradient = discrete(lambda x: x, name="stop_gradient")
stop_gradient.__doc__ = """The same numbers, recorded as a constant: no derivative flows through.

>>> grad(lambda x: x * stop_gradient(x))(3.0)
3.0
"""


def custom_rule(f: Function, *vjps: Function | None) -> Function:
    """A function of arrays with derivatives of your own.

    f works on raw arrays. vjps: one rule per positional argument, `(g, y, *args) -> cotangent`
    written in NumPy, None where there is no derivative. The rules are differentiated in turn.
    Keyword arguments are static, and are passed to the rules too.

    Example
    -------
    >>> cube = custom_rule(lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    >>> grad(grad(cube))(2.0)
    12.0
    """

    @wraps(f)
    def recorded(*args: Any, **options: Any) -> Any:
        rules = tuple(None if rule is None else partial(rule, **options) for rule in vjps)
        op = Primitive(getattr(f, "__name__", "custom"), partial(f, **options), vjps=rules, is_registered=False)
        return op(*args)

    return recorded


def checkpoint(f: Function) -> Function:
    """f, with its inner results forgotten after the call and computed again in the backward sweep.

    It spares the memory of f's inner results for the time of a second evaluation. Values that f
    captures keep their derivatives. f must give one array, and the same one each time.

    Example
    -------
    >>> grad(checkpoint(lambda x: np.sin(np.sin(x))))(0.0)
    1.0
    """

    @wraps(f)
    def forgetful(*args: Any, **kwargs: Any) -> Any:
        if TRACES and tracing() is not None:
            return f(*args, **kwargs)  # compiled code keeps no graph
        given = Inputs(args, tuple(range(len(args))), "checkpoint")
        y = f(*given.args, **kwargs).settled()
        others = captured([y], given)
        outer = [v.args[0] if v.op is not None else v._data for v in given.values]

        def again(g: Any, _: Any, *xs: Any) -> tuple[Any, ...]:
            inner = Inputs([xs[: len(outer)]], 0, "checkpoint")
            arguments = given.arranged(list(inner.values))
            z = f(*arguments, **kwargs).settled()
            wanted = [*inner.values, *others]
            recorded = isinstance(g, Record) or any(isinstance(x, Record) for x in xs)
            found = pullback({z: g}, inputs=wanted, recorded=recorded, keep=False)
            return tuple(found.get(v) for v in wanted)

        op = Primitive(f"checkpoint of {getattr(f, '__name__', 'f')}", lambda *_: y._data, is_registered=False)
        op.vjp_of_all(again)
        return op(*outer, *others)

    return forgetful
