"""HIPS autograd's operators on functions, with its arguments and its convention for complex numbers.

That convention is the conjugate of ours: its gradient of a real f of z = x + iy is df/dx - i df/dy,
and its pullback of a holomorphic f multiplies by f'. Results are NumPy's, floats included.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import BoundArguments, signature
from typing import Any

import numpy as np

from ... import transform
from ...errors import DtypeError, UsageError
from ...record import Record
from ...tree import flatten, map_leaves
from .wrap_util import unary_to_nary, wraps

__all__ = [
    "checkpoint",
    "deriv",
    "egrad",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]

Function = Callable[..., Any]


# ---- pullback and pushforward, which the others are made of


def pulled(fun: Function, x: Any) -> tuple[Function, Any]:
    """(vjp, fun(x)): what `make_vjp` gives for one argument."""
    y, pull = transform.vjp(fun, x)
    return lambda g: of_numpy(conjugated(pull(conjugated(g))[0])), of_numpy(y)


def pushed(fun: Function, x: Any) -> Function:
    """The function of a tangent that gives (fun(x), tangent of fun(x)): what `make_jvp` gives for one argument."""
    return lambda v: of_numpy(transform.jvp(fun, (x,), (v,)))


make_vjp = unary_to_nary(pulled)
make_jvp = unary_to_nary(pushed)


@unary_to_nary
def value_and_grad(fun: Function, x: Any) -> tuple[Any, Any]:
    """(fun(x), its gradient); fun gives one real number, in any shape."""
    vjp, y = pulled(fun, x)
    check_single(fun, y)
    return y, vjp(ones_like(y))


@unary_to_nary
def grad(fun: Function, x: Any) -> Any:
    """The gradient of `fun`, which gives one real number, in any shape.

    Example
    -------
    >>> grad(np.square)(3.0)
    np.float64(6.0)
    >>> grad(lambda z: np.abs(z) ** 2)(1 + 2j)
    np.complex128(2-4j)
    """
    vjp, y = pulled(fun, x)
    check_single(fun, y)
    return vjp(ones_like(y))


@unary_to_nary
def elementwise_grad(fun: Function, x: Any) -> Any:
    """The gradient of the sum of a real result: each element's own derivative, where fun works on each by itself."""
    vjp, y = pulled(fun, x)
    if any(map(np.iscomplexobj, flatten(y)[0])):
        raise DtypeError(
            "elementwise_grad: got complex results; a gradient is of real ones; use holomorphic_grad, or np.real"
        )
    return vjp(ones_like(y))


egrad = elementwise_grad


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """The derivative of `fun` in the direction of ones, by a forward sweep."""
    return pushed(fun, x)(ones_like(x))[1]


@unary_to_nary
def holomorphic_grad(fun: Function, z: Any) -> Any:
    """The complex derivative f'(z) of a holomorphic function of numbers.

    Example
    -------
    >>> holomorphic_grad(lambda z: z**3)(1j)
    np.complex128(-3+0j)
    """
    return grad(lambda z: np.real(fun(z)))(z)


@unary_to_nary
def grad_and_aux(fun: Function, x: Any) -> tuple[Any, Any]:
    """(the gradient of the first result of `fun`, its second result)."""
    g, aux = transform.grad(fun, has_aux=True)(x)
    return of_numpy(conjugated(g)), of_numpy(aux)


# ---- Jacobians and second derivatives


@unary_to_nary
def jacobian(fun: Function, x: Any) -> Any:
    """Every derivative of every output: shape (*output, *input)."""
    if not any(map(np.iscomplexobj, map(data, flatten(x)[0]))):
        return of_numpy(transform.jacobian(fun)(x))
    vjp, y = pulled(fun, x)
    if np.iscomplexobj(data(y)):
        raise DtypeError(
            "jacobian: got complex input and output; its rows would need df/dz; "
            "use autograd_mini.jacobian(f, holomorphic=True), or np.real and np.imag of the output"
        )
    shape = np.shape(y)
    sweeps = [vjp(transform.one_hot(shape, i)[()]) for i in range(int(np.size(y)))]
    return transform.joined(sweeps, shape + np.shape(x), complex)


@unary_to_nary
def hessian(fun: Function, x: Any) -> Any:
    """All second derivatives: shape (*output, *input, *input)."""
    return jacobian(jacobian(fun))(x)


@unary_to_nary
def make_hvp(fun: Function, x: Any) -> tuple[Function, Any]:
    """(the function of v that gives the Hessian times v, the gradient)."""
    return pulled(grad(fun), x)


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """The function of (*args, v) that gives the Hessian times v.

    Example
    -------
    >>> hessian_tensor_product(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """

    def along(*args: Any, **kwargs: Any) -> Any:
        *rest, v = args
        return np.tensordot(grad(fun, argnum)(*rest, **kwargs), v, np.ndim(v))

    return grad(along, argnum)


hessian_vector_product = hessian_tensor_product


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """The function of (*args, v) that gives v times the Jacobian.

    Example
    -------
    >>> tensor_jacobian_product(np.square)(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 2., 40.])
    """

    def along(*args: Any, **kwargs: Any) -> Any:
        *rest, v = args
        return np.tensordot(v, fun(*rest, **kwargs), np.ndim(v))

    return jacobian(along, argnum)


vector_jacobian_product = tensor_jacobian_product


def half_square(y: Any) -> Any:
    """Half the sum of squares along the last axis."""
    return 0.5 * np.sum(y**2, axis=-1)


def make_ggnvp(f: Function, g: Function = half_square, f_argnum: int = 0) -> Function:
    """The function of x that gives the function of v: the generalised Gauss-Newton product J' H v J, H of `g`."""

    @unary_to_nary
    def products(f: Function, x: Any) -> Function:
        return lambda v: of_numpy(transform.ggnvp(f, x, v, g))

    return products(f, f_argnum)


# ---- arguments by name, memory


def grad_named(fun: Function, argname: str) -> Function:
    """The gradient with respect to the argument of that name, given by position."""
    names = list(signature(fun).parameters)
    if argname not in names:
        raise UsageError(f"grad_named: got {argname!r}; the arguments are {', '.join(names)}; give one of those")
    return grad(fun, names.index(argname))


def multigrad_dict(fun: Function) -> Function:
    """The gradients with respect to all arguments, as a dict by name.

    Example
    -------
    >>> multigrad_dict(lambda a, b=2.0: a * b)(3.0)
    {'a': np.float64(2.0), 'b': np.float64(3.0)}
    """
    described = signature(fun)

    def of_all(arguments: dict[str, Any]) -> Any:
        bound = BoundArguments(described, arguments)
        return fun(*bound.args, **bound.kwargs)

    @wraps(fun)
    def gradients(*args: Any, **kwargs: Any) -> Any:
        bound = described.bind(*args, **kwargs)
        bound.apply_defaults()
        return grad(of_all)(dict(bound.arguments))

    return gradients


checkpoint = transform.checkpoint


# ---- conventions


def data(x: Any) -> Any:
    """The numbers of a Value, or the thing itself."""
    return x._data if isinstance(x, Record) else x


def conjugated(tree: Any) -> Any:
    """The conjugates of what is complex."""
    return map_leaves(lambda x: np.conj(x) if np.iscomplexobj(data(x)) else x, tree)


def of_numpy(tree: Any) -> Any:
    """Python's floats as NumPy's, which have a shape and a dtype."""
    return map_leaves(lambda x: np.float64(x) if x.__class__ is float else x, tree)


def ones_like(tree: Any) -> Any:
    """Ones of the shape and dtype of each leaf."""
    return map_leaves(lambda x: np.ones(np.shape(x), getattr(x, "dtype", float))[()], tree)


def check_single(fun: Function, y: Any) -> None:
    """Raise unless `y` is one real number."""
    transform.check_scalar(fun, np.reshape(y, ()) if np.ndim(y) and np.size(y) == 1 else y)
