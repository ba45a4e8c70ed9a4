"""Numbers that weights start from: functions of a shape that give arrays, under PyTorch's names.

>>> import numpy as np
>>> from nn import Linear, init
>>> rng = np.random.default_rng(0)
>>> layer = Linear(3, 2, rng=rng)
>>> layer.weight.data = init.xavier_uniform(layer.weight.shape, rng=rng)

Arrays are float64 unless `dtype` says otherwise, and a parameter's data keeps the dtype that it is given: for a float32
layer give dtype=np.float32. Without an `rng` the numbers come from a new generator that nobody can repeat.

A weight of shape (out, in, ...) has a fan-in of `in` times the size of what follows, and a fan-out of `out` times that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from autograd_mini import ShapeError, UsageError, Value

from .checks import check_choice, check_whole

__all__ = [
    "calculate_gain",
    "constant",
    "dirac",
    "eye",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "ones",
    "orthogonal",
    "sparse",
    "trunc_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Shape = int | Sequence[int]
Rng = np.random.Generator | None
Mode = Literal["fan_in", "fan_out"]


def uniform(shape: Shape, a: float = 0.0, b: float = 1.0, *, rng: Rng = None, dtype: Any = np.float64) -> Any:
    """Numbers that are uniform between a and b."""
    check_shape("uniform", shape)
    return given(rng).uniform(a, b, shape).astype(dtype, copy=False)


def normal(shape: Shape, mean: float = 0.0, std: float = 1.0, *, rng: Rng = None, dtype: Any = np.float64) -> Any:
    """Normal numbers."""
    check_shape("normal", shape)
    return given(rng).normal(mean, std, shape).astype(dtype, copy=False)


def trunc_normal(
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    *,
    rng: Rng = None,
    dtype: Any = np.float64,
) -> Any:
    """Normal numbers, those outside of a and b drawn again; a and b are numbers, not multiples of std.

    Raises: UsageError where less than one in a thousand lies between a and b.
    """
    check_shape("trunc_normal", shape)
    below_a, below_b = (math.erf((x - mean) / (std * math.sqrt(2.0))) / 2 if std > 0 else 0.0 for x in (a, b))
    if not below_b - below_a >= 1e-3:
        raise UsageError(
            f"trunc_normal: got mean={mean}, std={std}, a={a} and b={b}; of such numbers hardly any lie between "
            "a and b, so drawing would not end; give a positive std, and an interval near to the mean"
        )
    rng = given(rng)
    x = rng.normal(mean, std, shape)
    out = (x < a) | (x > b)
    while out.any():
        x[out] = rng.normal(mean, std, int(out.sum()))
        out = (x < a) | (x > b)
    return x.astype(dtype, copy=False)


def constant(shape: Shape, val: float, *, dtype: Any = np.float64) -> Any:
    """One number everywhere."""
    check_shape("constant", shape)
    return np.full(shape, val, dtype)


def zeros(shape: Shape, *, dtype: Any = np.float64) -> Any:
    """Zeros."""
    check_shape("zeros", shape)
    return np.zeros(shape, dtype)


def ones(shape: Shape, *, dtype: Any = np.float64) -> Any:
    """Ones."""
    check_shape("ones", shape)
    return np.ones(shape, dtype)


def eye(shape: Sequence[int], *, dtype: Any = np.float64) -> Any:
    """The identity, as far as a matrix of that shape has it.

    Raises: ShapeError for what is no matrix.
    """
    rows, columns = sizes("eye", shape, 2, 2)
    return np.eye(rows, columns, dtype=dtype)


def dirac(shape: Sequence[int], groups: int = 1, *, dtype: Any = np.float64) -> Any:
    """A convolution's weight that passes each channel on as it is, as far as there are as many on both sides.

    Raises: ShapeError for other than 3, 4 or 5 axes, or channels that groups do not divide.
    """
    dims = sizes("dirac", shape, 3, 5)
    check_whole("dirac", "groups", groups)
    if dims[0] % groups:
        raise ShapeError(
            f"dirac: got shape {dims} and groups={groups}; axis 0 is cut into groups; give a divisor of it"
        )
    out, n = np.zeros(dims, dtype), dims[0] // groups
    centre = tuple(k // 2 for k in dims[2:])
    for i in range(groups):
        for j in range(min(n, dims[1])):
            out[(i * n + j, j, *centre)] = 1.0
    return out


def xavier_uniform(shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: Any = np.float64) -> Any:
    """Numbers uniform within gain * sqrt(6 / (fan-in + fan-out)), so that variances pass both ways unchanged.

    Raises: ShapeError for fewer than two axes.
    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).

    Example
    -------
    >>> bool(abs(xavier_uniform((3, 5))).max() <= (6 / 8) ** 0.5)
    True
    """
    bound = gain * math.sqrt(6.0 / sum(fans("xavier_uniform", shape)))
    return uniform(shape, -bound, bound, rng=rng, dtype=dtype)


def xavier_normal(shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: Any = np.float64) -> Any:
    """Normal numbers with the standard deviation gain * sqrt(2 / (fan-in + fan-out)); see `xavier_uniform`."""
    return normal(shape, 0.0, gain * math.sqrt(2.0 / sum(fans("xavier_normal", shape))), rng=rng, dtype=dtype)


def kaiming_uniform(
    shape: Sequence[int],
    a: float = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Rng = None,
    dtype: Any = np.float64,
) -> Any:
    """Numbers uniform within gain * sqrt(3 / fan), so that variances pass one way unchanged.

    a: the slope of the leaky ReLU that follows; mode: the way, "fan_in" forward and "fan_out" backward.

    Raises: ShapeError for fewer than two axes; UsageError for another mode or nonlinearity.
    Source: He et al., "Delving deep into rectifiers" (2015).
    """
    bound = math.sqrt(3.0) * kaiming_std("kaiming_uniform", shape, a, mode, nonlinearity)
    return uniform(shape, -bound, bound, rng=rng, dtype=dtype)


def kaiming_normal(
    shape: Sequence[int],
    a: float = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Rng = None,
    dtype: Any = np.float64,
) -> Any:
    """Normal numbers with the standard deviation gain / sqrt(fan); see `kaiming_uniform`."""
    return normal(shape, 0.0, kaiming_std("kaiming_normal", shape, a, mode, nonlinearity), rng=rng, dtype=dtype)


def orthogonal(shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: Any = np.float64) -> Any:
    """`gain` times a matrix with orthonormal rows, or columns if those are fewer; further axes count as columns.

    All such matrices are equally likely.

    Raises: ShapeError for fewer than two axes.
    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks" (2014).
    """
    dims = sizes("orthogonal", shape, 2)
    rows, columns = dims[0], math.prod(dims[1:])
    q, r = np.linalg.qr(given(rng).normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # else the signs that qr prefers would be likelier
    return (gain * (q if rows >= columns else q.T)).reshape(dims).astype(dtype, copy=False)


def sparse(
    shape: Sequence[int], sparsity: float, std: float = 0.01, *, rng: Rng = None, dtype: Any = np.float64
) -> Any:
    """Normal numbers, with a part of each column, rounded up, at random places 0.

    Raises: ShapeError for what is no matrix; UsageError for a part that is not between 0 and 1.
    Source: Martens, "Deep learning via Hessian-free optimization" (2010).
    """
    rows, columns = sizes("sparse", shape, 2, 2)
    if not 0 <= sparsity <= 1:
        raise UsageError(f"sparse: got sparsity={sparsity}; it is a part of each column; give one between 0 and 1")
    rng = given(rng)
    out = normal((rows, columns), 0.0, std, rng=rng, dtype=dtype)
    places = np.argsort(rng.random((rows, columns)), axis=0)[: math.ceil(sparsity * rows)]
    np.put_along_axis(out, places, 0.0, axis=0)
    return out


GAINS: dict[str, Callable[[float], float]] = {
    **dict.fromkeys(["linear", "conv1d", "conv2d", "conv3d", "sigmoid"], lambda _: 1.0),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], lambda _: 1.0),
    "tanh": lambda _: 5.0 / 3.0,
    "relu": lambda _: math.sqrt(2.0),
    "leaky_relu": lambda slope: math.sqrt(2.0 / (1.0 + slope**2)),
    "selu": lambda _: 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights are to be larger on account of the function that follows them.

    param: the slope of a leaky ReLU, 0.01 when None.

    Raises: UsageError for another nonlinearity.

    Example
    -------
    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    check_choice("calculate_gain", "nonlinearity", nonlinearity, tuple(GAINS))
    return GAINS[nonlinearity](0.01 if param is None else param)


def check_shape(where: str, shape: Any) -> None:
    """Raise UsageError for a parameter in the place of its shape."""
    if isinstance(shape, Value):
        raise UsageError(
            f"{where}: got a Value of shape {shape.shape}; it takes a shape, and gives an array; "
            f"write p.data = init.{where}(p.shape)"
        )


def given(rng: Rng) -> np.random.Generator:
    """The generator, or a new one."""
    return np.random.default_rng() if rng is None else rng


def sizes(where: str, shape: Shape, least: int, most: int | None = None) -> tuple[int, ...]:
    """The shape as a tuple, if it has that many axes; or ShapeError."""
    check_shape(where, shape)
    dims = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    if len(dims) < least or (most is not None and len(dims) > most):
        needed = (
            f"{least} axes" if most == least else f"{least} or more axes" if most is None else f"{least} to {most} axes"
        )
        raise ShapeError(f"{where}: got shape {dims}; it needs {needed}; use another function for such a weight")
    return dims


def fans(where: str, shape: Sequence[int]) -> tuple[int, int]:
    """(fan-in, fan-out) of a weight; or ShapeError."""
    dims = sizes(where, shape, 2)
    field = math.prod(dims[2:])
    return dims[1] * field, dims[0] * field


def kaiming_std(where: str, shape: Sequence[int], a: float, mode: Mode, nonlinearity: str) -> float:
    """`gain / sqrt(fan)`, of the fan that the mode says."""
    check_choice(where, "mode", mode, ("fan_in", "fan_out"))
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(where, shape)[mode == "fan_out"])
