"""SciPy's optimisers with exact derivatives: value, gradient, Jacobian and Hessian products from one recorded pass.

`x0` is any tree of numbers and arrays, and so is the solution. Solutions are differentiable: a
Value in `args`, or captured by the function, gives a solution of Values, by the implicit function
theorem. Needs the extra `scipy`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .compiler import compile as straight
from .errors import ConvergenceError, ShapeError, UsageError
from .ops.shape import concatenate, ravel, reshape
from .primitive import Primitive
from .record import Record, no_grad
from .state import refuse_to_compile
from .sweep import full, pullback, pushforward
from .transform import Inputs, captured, data_of, grad, hessian, hvp, jacobian, one_hot, outputs_of, value_and_grad
from .tree import flatten

try:
    import scipy.optimize as so
    from scipy import sparse
except ImportError as error:
    raise ImportError(
        "autograd_mini.optimize: it needs SciPy, which is not installed; pip install 'autograd-mini[scipy]'"
    ) from error

__all__ = ["curve_fit", "fixed_point", "hessian_sparse", "jacobian_sparse", "least_squares", "minimize", "root"]

Function = Callable[..., Any]

# Methods of `minimize` that use second derivatives, as products with a vector or whole.
WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
WITH_HESSIAN = {"dogleg", "trust-exact"}
WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}


class Vector:
    """A tree of numbers and arrays as one vector, and back."""

    def __init__(self, tree: Any, what: str) -> None:
        refuse_to_compile(what)
        leaves, self.rebuild = flatten(data_of(tree))
        arrays = [np.asarray(x) for x in leaves]
        if not arrays or any(a.dtype.kind not in "fiu" for a in arrays):
            raise UsageError(f"{what}: got x0 = {tree!r}; it must hold real numbers or arrays of them")
        self.shapes = [a.shape for a in arrays]
        self.sizes = [a.size for a in arrays]
        self.start = np.concatenate([a.ravel() for a in arrays]).astype(float)

    def tree(self, x: Any) -> Any:
        """The vector, raw or recorded, in the tree's form."""
        edges = np.cumsum([0, *self.sizes])
        parts = [x[a:b] for a, b in pairwise(edges)]
        shaped = [
            reshape(p, s) if isinstance(p, Record) else p.reshape(s)[()]
            for p, s in zip(parts, self.shapes, strict=True)
        ]
        return self.rebuild(shaped)


def flattened(tree: Any) -> Any:
    """All numbers of a tree in one vector, raw or recorded."""
    leaves = flatten(tree)[0]
    if len(leaves) == 1 and np.ndim(leaves[0]) == 1:
        return leaves[0]
    return concatenate([ravel(x) for x in leaves])


def numbers(x: Any) -> Any:
    """The data of a Value, or the thing itself."""
    return x._data if isinstance(x, Record) else x


class Recorded:
    """A function of a vector, recorded once at each point and swept as often as asked."""

    def __init__(self, f: Function, *, scalar: bool) -> None:
        self.f, self.scalar = f, scalar
        self.x: Any = None
        self.n_evaluations = 0

    def at(self, x: Any) -> None:
        """Record the function at `x`, unless it is there already."""
        refuse_to_compile("a sparse derivative")
        if self.x is not None and np.array_equal(x, self.x):
            return
        self.inputs = Inputs([np.array(x, float)], 0, "optimize")
        y: Any = self.f(self.inputs.args[0])
        self.output: Any = y.settled() if isinstance(y, Record) else y
        shape = np.shape(numbers(self.output))
        if self.scalar and shape != ():
            raise ShapeError(f"minimize: the function gave shape {shape}; it must give one number; use np.sum")
        self.slope: Any = None
        self.x = np.array(x, float)
        self.n_evaluations += 1

    def value(self, x: Any) -> Any:
        """f(x)."""
        self.at(x)
        y = numbers(self.output)
        return y if self.scalar else np.atleast_1d(y)

    def gradient(self, x: Any) -> Any:
        """The gradient at x."""
        self.at(x)
        (v,) = self.inputs.values
        if not isinstance(self.output, Record):
            return np.zeros(v.shape)
        c = pullback({self.output: full(1.0, self.output._data)}, inputs=[v], keep=False).get(v)
        return full(0.0 if c is None else c, v._data)

    def product(self, x: Any, direction: Any) -> Any:
        """The Hessian at x times a direction: the recorded gradient, swept forward."""
        self.at(x)
        (v,) = self.inputs.values
        if self.slope is None:
            c = pullback({self.output: full(1.0, self.output._data)}, inputs=[v], recorded=True, keep=False).get(v)
            self.slope = c
        if not isinstance(self.slope, Record):
            return np.zeros(v.shape)
        t = pushforward([self.slope], {v: np.array(direction, float)}).get(self.slope)
        return full(0.0 if t is None else t, v._data)

    def hessian(self, x: Any) -> Any:
        """The Hessian at x."""
        return np.stack([self.product(x, e) for e in np.eye(len(x))], axis=1)

    def jacobian(self, x: Any) -> Any:
        """The Jacobian at x: a row for each output."""
        self.at(x)
        (v,) = self.inputs.values
        n, m = v.size, int(np.size(numbers(self.output)))
        if not isinstance(self.output, Record):
            return np.zeros((m, n))
        shape = np.shape(numbers(self.output))
        if n < m:
            columns = []
            for e in np.eye(n):
                t = pushforward([self.output], {v: e}).get(self.output)
                columns.append(np.broadcast_to(0.0 if t is None else t, shape).ravel())
            return np.stack(columns, axis=1)
        rows = []
        for i in range(m):
            c = pullback({self.output: full(one_hot(shape, i), self.output._data)}, inputs=[v], keep=False).get(v)
            rows.append(full(0.0 if c is None else c, v._data))
        return np.stack(rows)


class Straight:
    """The same as compiled functions: one for the value with its gradient, and others as they are asked for."""

    def __init__(self, f: Function, *, scalar: bool) -> None:
        def number(x: Any) -> Any:
            y = f(x)
            if np.shape(y) != ():
                raise ShapeError(
                    f"minimize: the function gave shape {np.shape(y)}; it must give one number; use np.sum"
                )
            return y

        def row(x: Any) -> Any:
            y = f(x)
            return np.reshape(y, (-1,)) if np.ndim(y) != 1 else y

        self.scalar = scalar
        self.x: Any = None
        self.both = straight(value_and_grad(number))
        self.product_of = straight(lambda x, v: hvp(number, x, v))
        self.hessian_of = straight(hessian(number))
        self.values = straight(row)
        self.jacobian_of = straight(jacobian(row))

    def at(self, x: Any) -> None:
        """Compute the value and the gradient at `x`, unless they are those of the last call."""
        if self.x is None or not np.array_equal(x, self.x):
            self.found = self.both(np.array(x, float))
            self.x = np.array(x, float)

    def value(self, x: Any) -> Any:
        """f(x)."""
        if not self.scalar:
            return self.values(np.array(x, float))
        self.at(x)
        return self.found[0]

    def gradient(self, x: Any) -> Any:
        """The gradient at x."""
        self.at(x)
        return self.found[1].copy()

    def product(self, x: Any, direction: Any) -> Any:
        """The Hessian at x times a direction."""
        return self.product_of(np.array(x, float), np.array(direction, float))

    def hessian(self, x: Any) -> Any:
        """The Hessian at x."""
        return self.hessian_of(np.array(x, float))

    def jacobian(self, x: Any) -> Any:
        """The Jacobian at x: a row for each output."""
        return self.jacobian_of(np.array(x, float))


def differentiated(f: Function, *, scalar: bool, compile: bool) -> Any:  # noqa: A002  # as its callers name it
    """A function of a vector with its derivatives: recorded at each point, or compiled."""
    return (Straight if compile else Recorded)(f, scalar=scalar)


def minimize(
    fun: Function,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: str | None = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[[Any], Any] | None = None,
    options: Mapping[str, Any] | None = None,
    compile: bool = False,  # noqa: A002  # the name of the function that does it
) -> Any:
    """SciPy's `minimize` with exact derivatives; `result.x` has the tree of x0.

    fun(x, *args) gives one number. Methods that use second derivatives get Hessian products or
    the Hessian. bounds: a tree like x0 of (low, high) pairs, or SciPy's form for the flat vector.
    constraints: SciPy's dictionaries ({"type", "fun"}) or NonlinearConstraint and
    LinearConstraint; Jacobians and Hessians of their functions, which take the tree, are supplied.
    compile: whether fun, the functions of constraints and their derivatives are compiled first, as
    by `autograd_mini.compile`, which pays if the function is small and there are many steps.
    With Values in `args`, or captured by fun, `result.x` holds Values: derivatives of the
    solution by the implicit function theorem, for an unconstrained minimum.

    Example
    -------
    >>> from autograd_mini.optimize import minimize
    >>> result = minimize(lambda p: (p["a"] - 1.0) ** 2 + (p["b"] - p["a"]) ** 2, {"a": 5.0, "b": 5.0})
    >>> round(float(result.x["a"]), 6), round(float(result.x["b"]), 6)
    (1.0, 1.0)
    """
    vector = Vector(x0, "minimize")
    recorded = differentiated(lambda x: fun(vector.tree(x), *args), scalar=True, compile=compile)
    name = (method or "").lower()
    supplied: dict[str, Any] = {}
    if name not in WITHOUT_GRADIENT:
        supplied["jac"] = recorded.gradient
    if name in WITH_PRODUCTS:
        supplied["hessp"] = recorded.product
    if name in WITH_HESSIAN:
        supplied["hess"] = recorded.hessian
    result = so.minimize(
        recorded.value,
        vector.start,
        method=method,
        bounds=flat_bounds(bounds, vector),
        constraints=[with_derivatives(c, vector, compile=compile) for c in listed(constraints)],
        tol=tol,
        callback=None if callback is None else lambda x, *_: callback(vector.tree(np.array(x))),
        options=dict(options or {}),
        **supplied,
    )
    free = bounds is None and not listed(constraints)
    slope: Function = lambda x, *rest: flattened(grad(lambda p: fun(vector.tree(p), *rest))(x))
    result.x = solution(slope, np.asarray(result.x), args, vector, "minimize", is_free=free)
    return result


def listed(constraints: Any) -> list[Any]:
    """One constraint or several, as a list."""
    return list(constraints) if isinstance(constraints, Sequence) else [constraints]


def flat_bounds(bounds: Any, vector: Vector) -> Any:
    """Bounds for the flat vector: SciPy's own form, or pairs in the tree of x0 spread over its arrays."""
    if bounds is None or isinstance(bounds, so.Bounds):
        return bounds
    if isinstance(bounds, Sequence) and len(bounds) == len(vector.start) and not isinstance(bounds, tuple):
        return bounds
    pairs: list[Any] = []

    def collect(tree: Any) -> None:
        if isinstance(tree, tuple) and len(tree) == 2 and all(b is None or np.ndim(b) == 0 for b in tree):
            pairs.append(tree)
        else:
            for part in tree.values() if isinstance(tree, Mapping) else tree:
                collect(part)

    collect(bounds)
    if len(pairs) != len(vector.sizes):
        raise ShapeError(
            f"minimize: got {len(pairs)} pairs of bounds; "
            f"x0 has {len(vector.sizes)} arrays and {len(vector.start)} numbers; "
            "give a pair for each array in the tree of x0, or a list with a pair for each number"
        )
    return [pair for pair, n in zip(pairs, vector.sizes, strict=True) for _ in range(n)]


def with_derivatives(constraint: Any, vector: Vector, *, compile: bool) -> Any:  # noqa: A002  # as its caller names it
    """A constraint on the flat vector, with its Jacobian and Hessian."""
    if isinstance(constraint, so.LinearConstraint):
        return constraint
    if isinstance(constraint, Mapping):
        extra = tuple(constraint.get("args", ()))
        recorded = differentiated(lambda x: constraint["fun"](vector.tree(x), *extra), scalar=False, compile=compile)
        return {"type": constraint["type"], "fun": recorded.value, "jac": recorded.jacobian}
    f = constraint.fun
    recorded = differentiated(lambda x: f(vector.tree(x)), scalar=False, compile=compile)
    curvature = straight(lambda x, v: hessian(lambda z: np.sum(np.reshape(f(vector.tree(z)), (-1,)) * v))(x))

    def weighted(x: Any, v: Any) -> Any:
        if compile:
            return curvature(np.array(x, float), np.array(v, float))
        one = Recorded(lambda z: np.sum(np.reshape(f(vector.tree(z)), (-1,)) * v), scalar=True)
        return one.hessian(x)

    return so.NonlinearConstraint(
        recorded.value, constraint.lb, constraint.ub, jac=recorded.jacobian, hess=weighted,
        keep_feasible=constraint.keep_feasible,
    )  # fmt: skip


def least_squares(
    fun: Function,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    jac_sparsity: Any = None,
    compile: bool = False,  # noqa: A002  # the name of the function that does it
    **options: Any,
) -> Any:
    """SciPy's `least_squares` with an exact Jacobian; `result.x` has the tree of x0.

    fun(x, *args) gives the residuals. jac_sparsity: the pattern of the Jacobian, or "auto" to
    find it; then the Jacobian is sparse, and takes as many forward sweeps as columns need colours.
    compile: as for `minimize`; not of a sparse Jacobian.

    Example
    -------
    >>> from autograd_mini.optimize import least_squares
    >>> result = least_squares(lambda p: p * np.arange(1.0, 3.0) - np.array([2.0, 6.0]), np.zeros(2))
    >>> result.x.round(6).tolist()
    [2.0, 3.0]
    """
    vector = Vector(x0, "least_squares")
    residuals = lambda x: np.reshape(fun(vector.tree(x), *args), (-1,))
    recorded = differentiated(residuals, scalar=False, compile=compile)
    if jac_sparsity is None:
        jac: Any = recorded.jacobian
    else:
        jac = jacobian_sparse(residuals, None if isinstance(jac_sparsity, str) else jac_sparsity)
    result = so.least_squares(recorded.value, vector.start, jac=jac, **options)
    slope: Function = lambda x, *rest: normal(lambda z: np.reshape(fun(vector.tree(z), *rest), (-1,)), x)
    result.x = solution(slope, np.asarray(result.x), args, vector, "least_squares", is_free="bounds" not in options)
    return result


def normal(f: Function, x: Any) -> Any:
    """J' r, which is zero at a least-squares solution."""
    return grad(lambda z: 0.5 * np.sum(f(z) ** 2))(x)


def root(
    fun: Function,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: str = "hybr",
    compile: bool = False,  # noqa: A002  # the name of the function that does it
    **options: Any,
) -> Any:
    """SciPy's `root` with an exact Jacobian; `result.x` has the tree of x0.

    fun(x, *args) gives a tree with as many numbers as x0 has. compile: as for `minimize`.

    Example
    -------
    >>> from autograd_mini import grad
    >>> from autograd_mini.optimize import root
    >>> solve = lambda a: root(lambda x, a: x * x - a, 1.0, args=(a,)).x
    >>> round(float(grad(solve)(4.0)), 9)
    0.25
    """
    vector = Vector(x0, "root")
    equations: Function = lambda x, *rest: flattened(fun(vector.tree(x), *rest))
    recorded = differentiated(lambda x: equations(x, *args), scalar=False, compile=compile)
    supplied = {"jac": recorded.jacobian} if method in ("hybr", "lm") else {}
    result = so.root(recorded.value, vector.start, method=method, **supplied, **options)
    result.x = solution(equations, np.asarray(result.x), args, vector, "root")
    return result


def fixed_point(
    fun: Function,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    xtol: float = 1e-10,
    maxiter: int = 500,
    compile: bool = False,  # noqa: A002  # the name of the function that does it
) -> Any:
    """The tree x with fun(x, *args) = x, found by iteration from x0; differentiable in args.

    compile: as for `minimize`.

    Raises: ConvergenceError if it is not reached in `maxiter` steps to the relative tolerance `xtol`.

    Example
    -------
    >>> from autograd_mini.optimize import fixed_point
    >>> round(float(fixed_point(np.cos, 1.0)), 9)
    0.739085133
    """
    vector = Vector(x0, "fixed_point")
    difference: Function = lambda x, *rest: flattened(fun(vector.tree(x), *rest)) - x
    x = vector.start
    step_at = straight(lambda x: difference(x, *args)) if compile else lambda x: difference(x, *args)
    for _ in range(maxiter):
        with no_grad():
            step = np.asarray(numbers(step_at(x)))
        x = x + step
        if np.all(np.abs(step) <= xtol * np.maximum(np.abs(x), 1.0)):
            return solution(difference, x, args, vector, "fixed_point")
    raise ConvergenceError(
        f"fixed_point: the last of {maxiter} steps was {np.max(np.abs(step)):.3g}; xtol is {xtol:.3g}; "
        "start nearer, allow more steps, or use root on fun(x) - x"
    )


def solution(
    equations: Function, x: Any, args: tuple[Any, ...], vector: Vector, what: str, *, is_free: bool = True
) -> Any:
    """The solution x of equations(x, *args) = 0 as a tree: recorded if it depends on Values.

    The derivative of x(args) follows from that of equations(x(args), args) = 0: J dx = -(d equations).
    """
    arguments = Inputs(args, tuple(range(len(args))), what) if any_value(args) else None
    mine = Inputs([x], 0, what)
    given = arguments.args if arguments is not None else args
    here = equations(mine.args[0], *given)
    outputs = outputs_of(here)[0]
    known = set(arguments.values) if arguments is not None else set()
    others = [v for v in captured(outputs, mine) if v not in known]
    outer = [v.args[0] for v in arguments.values if v.op is not None] if arguments is not None else []
    if not outer and not others:
        return vector.tree(x)
    if not is_free:
        raise UsageError(
            f"{what}: got Values with bounds or constraints; "
            "the solution's derivative is that of an unconstrained one; use numbers, or leave the bounds away"
        )

    def again(g: Any, y: Any, *_: Any) -> tuple[Any, ...]:
        recorded = isinstance(y, Record)
        j = jacobian(lambda z: equations(z, *args))(y)
        j = j if recorded else numbers(j)
        weights = -np.linalg.solve(np.swapaxes(j, 0, 1), g)
        fresh = Inputs(args, tuple(range(len(args))), what) if outer else None
        z = equations(y, *(fresh.args if fresh is not None else args))
        wanted = [*(v for v in fresh.values if v.op is not None), *others] if fresh is not None else others
        if not isinstance(z, Record):
            return (None,) * len(wanted)
        found = pullback({z.settled(): weights}, inputs=wanted, recorded=recorded, keep=False)
        return tuple(found.get(v) for v in wanted)

    op = Primitive(what, lambda *_: x, is_registered=False)
    op.vjp_of_all(again)
    return vector.tree(op(*outer, *others))


def any_value(tree: Any) -> bool:
    """Whether a tree holds a Value."""
    return any(isinstance(x, Record) for x in flatten(tree)[0])


def curve_fit(
    f: Function, xdata: Any, ydata: Any, p0: Any, *, sigma: Any = None, absolute_sigma: bool = False, **options: Any
) -> Any:
    """(parameters, covariance) of the least-squares fit of f(xdata, p) to ydata, with an exact Jacobian.

    p0: the tree of parameters to start from, which f takes as its second argument; the first
    result has the same tree, and the covariance is that of its numbers in order. sigma: the
    uncertainty of each datum, or their covariance matrix; relative, unless absolute_sigma. options: those of
    `least_squares`, compile=True among them.

    Example
    -------
    >>> from autograd_mini.optimize import curve_fit
    >>> t = np.arange(5.0)
    >>> p, covariance = curve_fit(lambda t, p: p["a"] * t + p["b"], t, 2 * t + 1, {"a": 0.0, "b": 0.0})
    >>> round(float(p["a"]), 6), covariance.shape
    (2.0, (2, 2))
    """
    vector = Vector(p0, "curve_fit")
    y = np.asarray(ydata, float)
    if sigma is None:
        whitened: Function = lambda r: r
    elif np.ndim(sigma) == 1:
        whitened = lambda r: r / sigma
    else:
        factor = np.linalg.inv(np.linalg.cholesky(sigma))
        whitened = lambda r: factor @ r
    result = least_squares(lambda p: whitened(np.reshape(f(xdata, p) - y, (-1,))), p0, **options)
    if not result.success:
        raise ConvergenceError(f"curve_fit: {result.message}; start nearer, or raise max_nfev")
    j = result.jac.toarray() if sparse.issparse(result.jac) else result.jac
    covariance = np.linalg.pinv(j.T @ j)
    if not absolute_sigma:
        freedom = y.size - len(vector.start)
        covariance = covariance * (2 * result.cost / freedom) if freedom > 0 else np.full_like(covariance, np.inf)
    return result.x, covariance


# ---- sparse derivatives


def colours(pattern: Any) -> Any:
    """For each column of a sparse pattern, a colour; columns of one colour share no row.

    Source: greedy colouring in order of the number of entries; Curtis, Powell and Reid,
    "On the estimation of sparse Jacobian matrices" (1974).
    """
    columns = sparse.csc_matrix(pattern)
    rows = columns.tocsr()
    n = columns.shape[1]
    result = np.full(n, -1)
    for j in np.argsort(-np.diff(columns.indptr), kind="stable"):
        mine = columns.indices[columns.indptr[j] : columns.indptr[j + 1]]
        near = {int(result[k]) for i in mine for k in rows.indices[rows.indptr[i] : rows.indptr[i + 1]]}
        colour = 0
        while colour in near:
            colour += 1
        result[j] = colour
    return result


def jacobian_sparse(f: Function, pattern: Any = None) -> Function:
    """The function that gives the Jacobian of f, of a vector to a vector, as a sparse matrix.

    pattern: where it can be nonzero (a matrix, dense or sparse); found at the first call when
    None, by one dense Jacobian at a nearby point. Each call takes a forward sweep per colour.

    Example
    -------
    >>> from autograd_mini.optimize import jacobian_sparse
    >>> jacobian_sparse(np.square)(np.array([1.0, 2.0])).toarray().tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    recorded = Recorded(f, scalar=False)
    known: dict[str, Any] = {}

    def derivative(x: Any) -> Any:
        if not known:
            nearby = x + 1e-3 * np.random.default_rng(0).standard_normal(np.shape(x)) * np.maximum(np.abs(x), 1.0)
            where = sparse.coo_matrix(recorded.jacobian(nearby) != 0 if pattern is None else pattern)
            known.update(where=where, colours=colours(where))
        where, colour = known["where"], known["colours"]
        recorded.at(x)
        (v,) = recorded.inputs.values
        entries = np.zeros(where.nnz)
        for c in range(colour.max(initial=-1) + 1):
            if not isinstance(recorded.output, Record):
                break
            t = pushforward([recorded.output], {v: (colour == c).astype(float)}).get(recorded.output)
            column = np.broadcast_to(0.0 if t is None else t, np.shape(numbers(recorded.output))).ravel()
            mine = colour[where.col] == c
            entries[mine] = column[where.row[mine]]
        return sparse.csr_matrix((entries, (where.row, where.col)), where.shape)

    return derivative


def hessian_sparse(f: Function, pattern: Any = None) -> Function:
    """The function that gives the Hessian of f, of a vector to a number, as a sparse matrix: see `jacobian_sparse`.

    Example
    -------
    >>> from autograd_mini.optimize import hessian_sparse
    >>> hessian_sparse(lambda x: np.sum(x**3))(np.array([1.0, 2.0])).toarray().tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    return jacobian_sparse(grad(f), pattern)
