"""Nested containers as flat lists of leaves, and back.

A tree is a list, tuple, dict, namedtuple, dataclass, an object with the methods `tree_flatten()`
and `tree_unflatten(leaves)`, or a leaf. Dictionaries keep their order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import ShapeError
from .record import Record

__all__ = ["flatten", "is_number", "map_leaves", "structure"]

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves of a tree in order, and the function that puts others in their places.

    Example
    -------
    >>> leaves, rebuild = flatten({"a": [1.0, 2.0], "b": 3.0})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild([4.0, 5.0, 6.0])
    {'a': [4.0, 5.0], 'b': 6.0}
    """
    leaves: list[Any] = []
    rebuild = walk(tree, leaves)

    def rebuilt(values: list[Any]) -> Any:
        if len(values) != len(leaves):
            raise ShapeError(f"tree: got {len(values)} leaves; the tree has {len(leaves)}; give one for each")
        return rebuild(iter(values))

    return leaves, rebuilt


def walk(tree: Any, leaves: list[Any]) -> Callable[[Iterator[Any]], Any]:
    """Append the leaves of `tree`; and the function that rebuilds it from an iterator over others."""
    parts = children(tree)
    if parts is None:
        leaves.append(tree)
        return next
    values, assemble = parts
    rebuilds = [walk(v, leaves) for v in values]
    return lambda rest: assemble([r(rest) for r in rebuilds])


def children(tree: Any) -> tuple[list[Any], Rebuild] | None:
    """The parts of a container and what assembles them; None for a leaf."""
    if isinstance(tree, Record):
        return None
    if isinstance(tree, tuple):
        if hasattr(tree, "_fields"):
            return list(tree), lambda parts: type(tree)(*parts)
        return list(tree), tuple
    if isinstance(tree, list):
        return list(tree), list
    if isinstance(tree, dict):
        keys = list(tree)
        return [tree[k] for k in keys], lambda parts: type(tree)(zip(keys, parts, strict=True))
    if hasattr(tree, "tree_flatten") and not isinstance(tree, type):
        return list(tree.tree_flatten()), tree.tree_unflatten
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [f.name for f in dataclasses.fields(tree)]
        return [getattr(tree, n) for n in names], lambda parts: replaced(tree, names, parts)
    return None


def replaced(tree: Any, names: list[str], parts: list[Any]) -> Any:
    """A copy of a dataclass instance with other field values, `__post_init__` not run again."""
    copy = object.__new__(type(tree))
    for name, part in zip(names, parts, strict=True):
        object.__setattr__(copy, name, part)
    return copy


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree of f(leaf, and the leaves in its place in `others`)."""
    leaves, rebuild = flatten(tree)
    rest = [flatten(t)[0] for t in others]
    return rebuild([f(*xs) for xs in zip(leaves, *rest, strict=True)])


def structure(tree: Any) -> Any:
    """The tree with every leaf replaced by None: equal for trees of one shape."""
    leaves, rebuild = flatten(tree)
    return rebuild([None] * len(leaves))


def is_number(x: Any) -> bool:
    """Whether a leaf is something to differentiate with respect to: a Value, a number or an array of numbers."""
    if isinstance(x, (bool, np.bool_)):
        return False
    if isinstance(x, (Record, float, int, complex)):
        return True
    return hasattr(x, "dtype") and getattr(x.dtype, "kind", "") in "fciu"
