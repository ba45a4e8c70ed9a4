"""What Values are called in the function that is compiled: by its arguments, and by the variables that it finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..record import Record

__all__ = ["labels"]


def labels(f: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> dict[Any, str]:
    """The names of Values, by the arguments and variables of `f` that lead to them."""
    found: dict[Any, str] = {}
    for name, x in [*variables(f), *arguments(f, args, kwargs)]:
        for path, v in leaves(name, x):
            found[v] = path
    return found


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
        for name, cell in zip(code.co_freevars, getattr(f, "__closure__", None) or (), strict=False):
            try:
                found.append((name, cell.cell_contents))
            except ValueError:  # it is assigned later
                continue
    return found


def leaves(name: str, x: Any, depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Values in containers, and parameters of modules, with the path to each."""
    if isinstance(x, Record):
        yield x.name or name, x
    elif depth and isinstance(x, (list, tuple)):
        for i, y in enumerate(x, 1):
            yield from leaves(f"{name}_{i}", y, depth - 1)
    elif depth and isinstance(x, dict):
        for key, y in x.items():
            yield from leaves(str(key), y, depth - 1)
    elif callable(parameters := getattr(type(x), "named_parameters", None)):
        yield from ((path.replace(".", "_"), v) for path, v in parameters(x))
