"""Activations, optimizers and schedules by name, and `perceptron`, the network that is built of such settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from inspect import signature
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_mini import UsageError

from . import activation_functions, optim, schedule
from .checks import check_choice
from .container import Sequential
from .linear import Linear
from .module import Module
from .shapes import Identity

__all__ = ["ACTIVATIONS", "OPTIMIZERS", "SCHEDULES", "built", "chosen", "perceptron"]

OPTIMIZERS = {name: getattr(optim, name) for name in optim.__all__ if name != "Optimizer"}
SCHEDULES = {name: getattr(schedule, name) for name in schedule.__all__ if name != "LRScheduler"}
ACTIVATIONS = {
    name: getattr(activation_functions, name)
    for name in (
        "celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish", "relu",
        "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh", "tanhshrink",
    )
} | {"identity": Identity, "logistic": activation_functions.sigmoid}  # fmt: skip


def chosen(where: str, name: str, given: Any, table: Mapping[str, Any]) -> Any:
    """What a setting stands for: the entry of that name, or the function or class itself.

    Raises: UsageError for a name that the table has not, and for what cannot be called.
    """
    if isinstance(given, str):
        check_choice(where, name, given, list(table))
        return table[given]
    if not callable(given):
        raise UsageError(
            f"{where}: got {name}={given!r:.60}; it is a name or a function; give one of {', '.join(map(repr, table))}"
        )
    return given


def built(where: str, name: str, kind: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """What a class or a function makes of arguments; settings that are None are left to its own defaults.

    Raises: UsageError if it does not take them.
    """
    given = {k: x for k, x in settings.items() if x is not None}
    try:
        signature(kind).bind(*args, **given)
    except TypeError as error:
        shown = getattr(kind, "__name__", repr(kind))
        raise UsageError(
            f"{where}: got {name}={shown} with {', '.join(given) or 'no settings'}, which it does not take ({error}); "
            "give what it needs by functools.partial, and leave out what it has not"
        ) from None
    return kind(*args, **given)


def perceptron(
    sizes: Sequence[int], activation: Any, *, dtype: Any = np.float64, rng: np.random.Generator | None = None
) -> Sequential:
    """Linear layers from each size to the next, with the activation between them.  (N, sizes[0]) -> (N, sizes[-1])

    activation: a function, a module, of which each place gets a copy, or a class of modules.

    Example
    -------
    >>> len(perceptron([4, 8, 8, 3], np.tanh))
    5
    """
    steps: list[Any] = []
    for n, m in pairwise(sizes):
        steps += [*([step(activation)] if steps else []), Linear(n, m, dtype=dtype, rng=rng)]
    return Sequential(*steps)


def step(activation: Any) -> Any:
    """An activation for one place."""
    if isinstance(activation, type):
        return activation()
    return deepcopy(activation) if isinstance(activation, Module) else activation
