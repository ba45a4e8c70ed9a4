"""`const_graph`, for programs that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["const_graph"]


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`fun` with these arguments filled in; it is recorded anew at each call, and so may branch.

    >>> const_graph(pow, 2.0)(3.0)
    8.0
    """
    return partial(fun, *args, **kwargs)
