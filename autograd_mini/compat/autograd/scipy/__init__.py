"""SciPy's functions on Values, and SciPy's own where there are none; needs the extra `scipy`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

try:
    import scipy
except ImportError as error:
    raise ImportError(
        "autograd_mini.compat.autograd.scipy: SciPy is not installed; it must be SciPy 1.13 or newer; "
        "install the extra, as in pip install autograd-mini[scipy]"
    ) from error

from .... import scipy as ours

__all__ = ["integrate", "linalg", "misc", "signal", "special", "stats"]

PACKAGE = ours.__name__


def lookup(name: str) -> Callable[[str], Any]:
    """What finds a name in our module of SciPy's module `name`, or else in SciPy's own."""
    theirs = import_module(f"{scipy.__name__}.{name}")
    mine: ModuleType | None
    try:
        mine = import_module(f"{PACKAGE}.{name}")
    except ModuleNotFoundError:
        mine = None

    def found(attribute: str) -> Any:
        if mine is not None and not attribute.startswith("_") and hasattr(mine, attribute):
            return getattr(mine, attribute)
        return getattr(theirs, attribute)

    return found


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f".{name}", __name__)
