"""What layers and losses ask of sizes, shapes and settings, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_mini import UsageError, Value, array, is_compiling

__all__ = ["as_operand", "check_choice", "check_whole", "data_of", "shape_of"]


def as_operand(x: Any) -> Any:
    """What is computed with: a list, of numbers or of Values, as an array; anything else as it is."""
    return array(x) if isinstance(x, (list, tuple)) else x


def data_of(x: Any) -> Any:
    """The numbers of a Value or of anything else, to be checked and nothing more; None of a Value in compiled code."""
    if isinstance(x, Value):
        return None if is_compiling() else np.asarray(x.detach().data)
    return np.asarray(x)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a Value, an array, a list or a number."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def check_whole(where: str, name: str, n: Any, least: int = 1) -> None:
    """Raise UsageError unless n is a whole number from `least` on."""
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < least:
        raise UsageError(f"{where}: got {name} = {n!r}; it must be a whole number from {least} on; give another {name}")


def check_choice(where: str, name: str, given: Any, choices: Sequence[Any]) -> None:
    """Raise UsageError unless `given` is one of the choices."""
    if given not in choices:
        raise UsageError(
            f"{where}: got {name}={given!r}; it is one of {', '.join(map(repr, choices))}; choose one of them"
        )
