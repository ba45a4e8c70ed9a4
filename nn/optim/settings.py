"""What an optimizer's settings may be: numbers in their ranges, pairs of numbers, and flags."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from autograd_mini import UsageError

__all__ = ["FLAGS", "NUMBERS", "PAIRS", "is_number", "plain"]

Test = Callable[..., bool]

FROM_ZERO = "it is a finite number from 0 on"
BELOW_ONE = "it is a pair of numbers from 0 on and below 1"

NUMBERS: dict[str, tuple[Test, str]] = {
    "lr": (lambda x: x >= 0, "a learning rate is a finite number from 0 on; try 0.1"),
    "momentum": (lambda x: x >= 0, f"{FROM_ZERO}; 0.9 is usual"),
    "dampening": (lambda x: True, "it is a finite number; 0 is usual"),
    "weight_decay": (lambda x: x >= 0, f"{FROM_ZERO}; 0.01 is usual"),
    "eps": (lambda x: x >= 0, f"{FROM_ZERO}; 1e-8 is usual"),
    "alpha": (lambda x: x >= 0, f"{FROM_ZERO}; keep the default"),
    "rho": (lambda x: 0 <= x <= 1, "it is a number from 0 to 1; 0.9 is usual"),
    "lambd": (lambda x: x >= 0, f"{FROM_ZERO}; 1e-4 is usual"),
    "t0": (lambda x: x >= 0, f"{FROM_ZERO}; 1e6 is usual"),
    "lr_decay": (lambda x: x >= 0, f"{FROM_ZERO}; 0 is usual"),
    "initial_accumulator_value": (lambda x: x >= 0, f"{FROM_ZERO}; 0 is usual"),
    "momentum_decay": (lambda x: x >= 0, f"{FROM_ZERO}; 0.004 is usual"),
    "tolerance_grad": (lambda x: x >= 0, f"{FROM_ZERO}; 1e-7 is usual"),
    "tolerance_change": (lambda x: x >= 0, f"{FROM_ZERO}; 1e-9 is usual"),
    "initial_lr": (lambda x: x >= 0, f"{FROM_ZERO}; it is the rate that a schedule starts from"),
}
PAIRS: dict[str, tuple[Test, str]] = {
    "betas": (lambda a, b: 0 <= a < 1 and 0 <= b < 1, f"{BELOW_ONE}; (0.9, 0.999) is usual"),
    "etas": (lambda a, b: 0 < a < 1 < b, "it is a number between 0 and 1 and one above 1; (0.5, 1.2) is usual"),
    "step_sizes": (lambda a, b: 0 <= a <= b, "it is the least and the largest step; (1e-6, 50) is usual"),
}
FLAGS = frozenset(["nesterov", "amsgrad", "centered", "decoupled_weight_decay", "maximize"])


def plain(where: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with Python's floats for numbers, which keep float32 parameters what they are.

    Raises: UsageError for one out of its range; one whose name is not known here passes as it is.
    """
    return {name: plain_setting(where, name, x) for name, x in settings.items()}


def plain_setting(where: str, name: str, x: Any) -> Any:
    """One setting as Python's numbers."""
    if name in NUMBERS:
        fits, needed = NUMBERS[name]
        if is_number(x) and fits(x):
            return float(x)
    elif name in PAIRS:
        fits, needed = PAIRS[name]
        if isinstance(x, (tuple, list)) and len(x) == 2 and all(map(is_number, x)) and fits(*x):
            return (float(x[0]), float(x[1]))
    elif name in FLAGS:
        needed = "it is True or False; choose one of them"
        if isinstance(x, bool):
            return x
    else:
        return x
    raise UsageError(f"{where}: got {name} = {x!r}; {needed}")


def is_number(x: Any) -> bool:
    """Whether x is a finite real number."""
    return isinstance(x, Real) and math.isfinite(x)
