"""What Values are called in the function that is compiled: by its arguments, and by the variables that it finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from ..record import Record

__all__ = ["labels"]

MOST = 1000  # elements of a list that are looked at


def labels(f: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> dict[Any, str]:
    """The names of Values, by the arguments and variables of `f` that lead to them."""
    named = [*variables(f), *arguments(f, args, kwargs)]
    return {v: path for name, x in named for path, v in leaves(name, x)}


def arguments(f: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names and contents of arguments."""
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return []
    return list(bound.arguments.items())


def variables(f: Callable[..., Any]) -> list[tuple[str, Any]]:
    """Names and contents of the variables that a function finds outside, and of the attributes of its object."""
    f = inspect.unwrap(f)
    owner = getattr(f, "__self__", None)
    found = list(getattr(owner, "__dict__", {}).items())
    code = getattr(f, "__code__", None)
    if code is not None:
        world = getattr(f, "__globals__", {})
        found += [(name, world[name]) for name in code.co_names if name in world]
        with suppress(ValueError):  # a variable that is assigned later
            found += list(inspect.getclosurevars(f).nonlocals.items()) if inspect.isfunction(f) else []
    return found


def leaves(name: str, x: Any, depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Values in containers, and parameters of modules, with the path to each."""
    if isinstance(x, Record):
        yield x.name or name, x
    elif depth and isinstance(x, (list, tuple)):
        for i, y in enumerate(islice(x, MOST), 1):
            yield from leaves(f"{name}_{i}", y, depth - 1)
    elif depth and isinstance(x, dict):
        for key, y in x.items():
            yield from leaves(str(key), y, depth - 1)
    elif callable(parameters := getattr(type(x), "named_parameters", None)):
        yield from ((path.replace(".", "_"), v) for path, v in parameters(x) if isinstance(v, Record))
