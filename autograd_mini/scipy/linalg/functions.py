"""Functions of square matrices: exponential, logarithm, roots, powers, circular and hyperbolic functions.

The derivative of f at A in the direction E stands in the corner of f([[A, E], [0, A]]), and its transpose is
the derivative at the adjoint of A; so each rule is the function itself, of matrices twice as large.

Source: Higham, "Functions of Matrices" (2008): theorem 3.6 for the corner, 5.3 for the sign, 6.1 for the root.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg as sl

from ...errors import NoRuleError, ShapeError
from ...ops.factorisation import adjoint, real_part
from ...ops.linalg import inv, matrix_power
from ...ops.operands import data_of
from ...primitive import Primitive, primitive
from ...record import shape_of
from ..answers import as_value, for_values
from .systems import solve_equation, square_of, stacked


def corner(a: Any, e: Any) -> Any:
    """[[a, e], [0, a]]."""
    return np.concatenate([np.concatenate([a, e], -1), np.concatenate([0 * a, a], -1)], -2)


def matrix_function(name: str, fn: Callable[..., Any], samples: Any) -> Primitive:
    """Declare an analytic function with f(conj(a)) = conj(f(a)); options are scalars."""
    op = Primitive(
        f"linalg.{name}", lambda a, **options: stacked(partial(fn, **options), a), samples=samples, n_operands=1
    )

    def rule(g: Any, y: Any, a: Any, **options: Any) -> Any:
        n = shape_of(a)[-1]
        return op(corner(adjoint(a), g), **options)[..., :n, n:]

    op.vjp(rule)
    op.jvps = (lambda t, y, a, **options: op(corner(a, t), **options)[..., : shape_of(a)[-1], shape_of(a)[-1] :],)
    return op


def near(a: Any, *shape: int) -> Any:
    """Samples: matrices near the identity."""
    return 0.3 * a(*shape) + np.eye(shape[-1])


def samples(a: Any) -> list[tuple[Any, ...]]:
    """A stack of matrices, a number as a matrix, and one that is not diagonalisable."""
    return [(near(a, 2, 2, 2),), (near(a, 1, 1),), (np.array([[1.0, 1.0], [0.0, 1.0]]),)]


def same_kind(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one matrix, computed in double precision, that gives the precision it was given."""

    def kept(a: Any, **options: Any) -> Any:
        y = f(a.astype(np.result_type(a.dtype, float)), **options)
        return y.astype(np.result_type(a.dtype, np.complex64) if y.dtype.kind == "c" else a.dtype, copy=False)

    return kept


exponential = matrix_function("expm", same_kind(sl.expm), samples)
logarithm = matrix_function("logm", same_kind(sl.logm), samples)
power = matrix_function(
    "fractional_matrix_power",
    same_kind(sl.fractional_matrix_power),
    lambda a: [(*s, {"t": 0.7}) for s in samples(a)],
)
power.defaults = {"t": 1.0}


@primitive(name="linalg.sqrtm", samples=samples)
def root(a: Any, /) -> Any:
    """The principal square root."""
    return stacked(same_kind(sl.sqrtm), a)


@root.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    return solve_equation(adjoint(y), adjoint(y), g)


@primitive(name="linalg.signm", samples=lambda a: [(near(a, 2, 2) * np.array([1.0, -1.0]),), (near(a, 3, 3),)])
def sign(a: Any, /) -> Any:
    """The matrix whose eigenvalues are the signs of those of `a`."""
    return stacked(same_kind(sl.signm), a)


@sign.vjp
def _(g: Any, y: Any, a: Any) -> Any:
    s, n = adjoint(y), adjoint(a @ y)
    z = solve_equation(n, n, g)
    return z - s @ z @ s


@for_values(sl.expm)
def expm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The exponential of square matrices.  (..., n, n) -> (..., n, n)"""
    return exponential(square_of(A, "expm"))


@for_values(sl.expm_frechet)
def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True) -> Any:  # noqa: N803  # SciPy's own name
    """The exponential of A, and its derivative in the direction E; the latter alone without compute_expm."""
    a, e = square_of(A, "expm_frechet"), as_value(E)
    if shape_of(a) != np.shape(e):
        raise ShapeError(f"expm_frechet: got shapes {shape_of(a)} and {np.shape(e)}; they must be equal")
    n = shape_of(a)[-1]
    both = exponential(corner(a, e))
    return (both[..., :n, :n], both[..., :n, n:]) if compute_expm else both[..., :n, n:]


@for_values(sl.logm)
def logm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The principal logarithm of matrices without eigenvalues on the negative real axis."""
    return logarithm(square_of(A, "logm"))


@for_values(sl.sqrtm)
def sqrtm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The principal square root of matrices without eigenvalues on the negative real axis."""
    return root(square_of(A, "sqrtm"))


@for_values(sl.signm)
def signm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The sign of matrices without eigenvalues on the imaginary axis."""
    return sign(square_of(A, "signm"))


@for_values(sl.fractional_matrix_power)
def fractional_matrix_power(A: Any, t: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The principal power t of matrices; both may be Values."""
    a = square_of(A, "fractional_matrix_power")
    exponent = data_of(t)
    if exponent is not t:
        return exponential(t * logarithm(a))
    return matrix_power(a, int(exponent)) if exponent == int(exponent) else power(a, t=float(exponent))


def circular(a: Any) -> tuple[Any, Any]:
    """The cosine and the sine."""
    if data_of(a).dtype.kind != "c":
        both = exponential(1j * a)
        return np.real(both), np.imag(both)
    plus, minus = exponential(1j * a), exponential(-1j * a)
    return 0.5 * (plus + minus), -0.5j * (plus - minus)


def hyperbolic(a: Any) -> tuple[Any, Any]:
    """The hyperbolic cosine and sine."""
    plus, minus = exponential(a), exponential(-a)
    return 0.5 * (plus + minus), 0.5 * (plus - minus)


@for_values(sl.cosm)
def cosm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The cosine of square matrices."""
    return circular(square_of(A, "cosm"))[0]


@for_values(sl.sinm)
def sinm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The sine of square matrices."""
    return circular(square_of(A, "sinm"))[1]


@for_values(sl.tanm)
def tanm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The tangent of square matrices."""
    return np.linalg.solve(*circular(square_of(A, "tanm")))


@for_values(sl.coshm)
def coshm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The hyperbolic cosine of square matrices."""
    return hyperbolic(square_of(A, "coshm"))[0]


@for_values(sl.sinhm)
def sinhm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The hyperbolic sine of square matrices."""
    return hyperbolic(square_of(A, "sinhm"))[1]


@for_values(sl.tanhm)
def tanhm(A: Any) -> Any:  # noqa: N803  # SciPy's own name
    """The hyperbolic tangent of square matrices."""
    return np.linalg.solve(*hyperbolic(square_of(A, "tanhm")))


@for_values(sl.funm)
def funm(A: Any, func: Callable[[Any], Any], disp: bool = True) -> Any:  # noqa: N803  # SciPy's own name
    """The function of square matrices that `func` is of numbers; func takes the array of eigenvalues.

    By eigenvectors: the eigenvalues must differ. func may depend on Values.
    """
    if not disp:
        raise NoRuleError("funm: got disp=False, which adds an estimate of the error; it has no rule; leave it out")
    a = square_of(A, "funm")
    w, v = np.linalg.eig(a)
    y = (v * func(w)[..., None, :]) @ inv(v)
    size = np.abs(data_of(y))
    is_real = data_of(a).dtype.kind != "c" and np.all(np.abs(data_of(y).imag) <= 1e-12 * size.max(initial=1.0))
    return real_part(y) if is_real else y
