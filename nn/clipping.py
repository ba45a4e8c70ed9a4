"""Gradients made smaller before a step, so that one batch cannot throw the parameters far away."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from autograd_mini import UsageError, Value

from .module import Module

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm"]

Parameters = Value | Module | Iterable[Value]


def clip_grad_norm_(
    parameters: Parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Any:
    """The norm of all gradients as one vector, which are then scaled so that it is max_norm at most.

    parameters: a Value, several, or a module; those without a gradient are left out. norm_type: the p
    of the p-norm; math.inf for the largest absolute value. The factor is max_norm / (norm + 1e-6), and 1
    at most; a norm that is nan or infinite makes gradients nan or 0, or with error_if_nonfinite an error.

    Raises: UsageError for a bound below 0, a p that is not above 0, or, if asked for, a norm that is
    not finite; then no gradient has changed.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).

    Example
    -------
    >>> p = Value([3.0, 4.0])
    >>> (p * p).sum().backward()
    >>> clip_grad_norm_([p], max_norm=1.0)
    np.float64(10.0)
    >>> p.grad.round(5)
    array([0.6, 0.8])
    """
    check_bound("clip_grad_norm_", "max_norm", max_norm)
    ps = with_gradients("clip_grad_norm_", parameters)
    total = get_total_norm([p.grad for p in ps], norm_type, error_if_nonfinite)
    factor = np.minimum(float(max_norm) / (total + 1e-6), 1.0)
    with np.errstate(invalid="ignore"):  # infinite gradients times 0
        new = [p.grad * factor_like(factor, p.dtype) for p in ps]
    for p, g in zip(ps, new, strict=True):
        p.grad = g
    return total


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Bring every number of every gradient between -clip_value and clip_value.

    parameters: a Value, several, or a module; those without a gradient are left out.

    Raises: UsageError for a bound below 0.

    Example
    -------
    >>> p = Value([3.0, -0.2])
    >>> (p * p).sum().backward()
    >>> clip_grad_value_([p], 1.0)
    >>> p.grad
    array([ 1. , -0.4])
    """
    check_bound("clip_grad_value_", "clip_value", clip_value)
    for p in with_gradients("clip_grad_value_", parameters):
        p.grad = np.clip(p.grad, -float(clip_value), float(clip_value))


def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Any:
    """The p-norm of all numbers of several arrays, as one vector; 0 of none.

    Raises: UsageError for a p that is not above 0, or, if asked for, a norm that is not finite.

    Example
    -------
    >>> get_total_norm([np.array([3.0]), np.array([[4.0]])])
    np.float64(5.0)
    """
    if not isinstance(norm_type, Real) or not float(norm_type) > 0:
        raise UsageError(f"get_total_norm: got norm_type = {norm_type!r}; it is a number above 0; give 2.0 or math.inf")
    arrays = [tensors] if isinstance(tensors, (Value, np.ndarray)) else list(tensors)
    norms = [p_norm(np.abs(a), norm_type) for a in arrays]
    total = p_norm(np.stack(norms), norm_type) if norms else np.float64(0.0)
    if error_if_nonfinite and not np.isfinite(total):
        raise UsageError(
            f"get_total_norm: the norm of {len(arrays)} arrays is {total}; clipping would spread it to all of them; "
            "find its cause by autograd_mini.detect_anomaly(), or leave error_if_nonfinite out"
        )
    return total


def p_norm(sizes: Any, p: float) -> Any:
    """The p-norm of absolute values."""
    if p == math.inf:
        return np.max(sizes, initial=0.0)
    if p == 2:
        return np.sqrt(np.sum(sizes * sizes))
    return np.sum(sizes**p) ** (1 / p)


def factor_like(factor: Any, dtype: Any) -> Any:
    """A factor in the dtype of a gradient, which it leaves what it is."""
    return factor.astype(dtype) if isinstance(factor, Value) else np.dtype(dtype).type(factor)


def with_gradients(where: str, parameters: Parameters) -> list[Value]:
    """The parameters that have a gradient, each once."""
    if isinstance(parameters, Module):
        given = parameters.parameters()
    else:
        given = [parameters] if isinstance(parameters, Value) else list(parameters)
    for p in given:
        if not isinstance(p, Value):
            raise UsageError(
                f"{where}: got a {type(p).__name__} among the parameters; each is a Value; give module.parameters()"
            )
    return [p for p in dict.fromkeys(given) if p.grad is not None]


def check_bound(where: str, name: str, x: Any) -> None:
    """Raise UsageError unless x is a number from 0 on; an infinite one bounds nothing."""
    if not isinstance(x, Real) or not float(x) >= 0:
        raise UsageError(f"{where}: got {name} = {x!r}; it is a number from 0 on; give a bound")
