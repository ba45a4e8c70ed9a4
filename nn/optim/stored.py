"""Numbers on their way out by `state()` and back by `load()`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError

__all__ = ["fitting", "refuse_names", "stored", "unpacked"]


def stored(x: Any) -> Any:
    """A copy of an array, or the number; a pair or a list of numbers as an array."""
    return np.array(x) if isinstance(x, (np.ndarray, np.generic, tuple, list)) else x


def unpacked(x: Any) -> Any:
    """A number, a flag or a tuple of numbers from what holds it: itself, or the array that a file made of it."""
    if not isinstance(x, (np.ndarray, np.generic)):
        return x
    return tuple(x.tolist()) if x.ndim else x.item()


def fitting(where: str, x: Any, like: Any) -> Any:
    """A copy of x, in the dtype of what it takes the place of.

    Raises: ShapeError for another shape, DtypeError for what is not of its kind.
    """
    array = np.asarray(x)
    if array.shape != np.shape(like):
        raise ShapeError(
            f"{where}: got shape {array.shape}; it has shape {np.shape(like)}; load what was saved for the same sizes"
        )
    dtype = np.result_type(like)
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise DtypeError(f"{where}: got dtype {array.dtype}; it holds {dtype}; load what `state` gave")
    return float(array) if isinstance(like, float) else array.astype(dtype)


def refuse_names(where: str, wanted: Iterable[str], given: Mapping[str, Any]) -> None:
    """Raise UsageError unless all wanted names are given, and no others."""
    missing, unknown = [k for k in wanted if k not in given], sorted(map(str, set(given).difference(wanted)))
    if missing or unknown:
        found = [f"no {listed(missing)}"] * bool(missing) + [f"unknown names {listed(unknown)}"] * bool(unknown)
        raise UsageError(
            f"{where}: got {' and '.join(found)}; every name is needed, and no other; "
            "give the state() of one that was built the same way"
        )


def listed(names: list[str]) -> str:
    """Up to four names, and how many there are besides."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
