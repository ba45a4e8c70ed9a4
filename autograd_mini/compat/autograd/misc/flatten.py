"""Containers of numbers and arrays as one vector, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....errors import ShapeError

__all__ = ["flatten", "flatten_func"]


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of nested lists, tuples and dicts as one vector, and the function that undoes it.

    Dictionaries go by sorted keys. Both ways can be differentiated through.

    Example
    -------
    >>> vector, undo = flatten({"b": 3.0, "a": [1.0, np.array([2.0, 5.0])]})
    >>> vector
    array([1., 2., 5., 3.])
    >>> undo(vector)
    {'b': np.float64(3.0), 'a': [np.float64(1.0), array([2., 5.])]}
    """
    leaves: list[Any] = []
    rebuild = walk(value, leaves)
    sizes = [int(np.size(x)) for x in leaves]
    edges = [0, *np.cumsum(sizes, dtype=int).tolist()]
    shapes = [np.shape(x) for x in leaves]
    vector = np.concatenate([np.ravel(x) for x in leaves]) if leaves else np.zeros(0)

    def unflatten(vector: Any) -> Any:
        if np.shape(vector) != (edges[-1],):
            raise ShapeError(f"unflatten: got shape {np.shape(vector)}; it must be ({edges[-1]},), as `flatten` gave")
        parts = zip(edges[:-1], edges[1:], shapes, strict=True)
        return rebuild(iter([np.reshape(vector[a:b], s) if s else vector[a] for a, b, s in parts]))

    return vector, unflatten


def walk(value: Any, leaves: list[Any]) -> Callable[[Any], Any]:
    """Append the leaves of a container, and give what rebuilds it from others."""
    if isinstance(value, (list, tuple)):
        kind = type(value)
        rebuilds = [walk(x, leaves) for x in value]
        return lambda rest: kind([r(rest) for r in rebuilds])
    if isinstance(value, dict):
        by_key = {k: walk(value[k], leaves) for k in sorted(value)}
        keys = list(value)

        def rebuilt(rest: Any) -> Any:
            made = {k: r(rest) for k, r in by_key.items()}
            return {k: made[k] for k in keys}

        return rebuilt
    leaves.append(value)
    return next


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """(`func` of and to vectors, what undoes a vector, the example as one)."""
    start, unflatten = flatten(example)
    return lambda x, *args: flatten(func(unflatten(x), *args))[0], unflatten, start
