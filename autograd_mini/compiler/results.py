"""What compiled code gives, made into the result of a call; and the arguments that are kept for the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from ..record import Record
from .arguments import mapped

__all__ = ["brought_back", "finisher", "kept", "number_of"]


def finisher(outputs: list[Any], rebuild: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    """What makes a result of a program's outputs: NumPy's numbers without axes, and what was no Value, put in.

    Arrays that are the same on each call are copied, so that none is shared by two results.
    """
    places = [i for i, x in enumerate(outputs) if isinstance(x, Record)]
    scalars = [
        k for k, i in enumerate(places) if outputs[i]._data.__class__ not in (float, tuple) and not outputs[i].shape
    ]
    others = [None if isinstance(x, Record) else x for x in outputs]
    if len(places) == len(outputs) and not scalars:
        return rebuild

    def finish(found: list[Any]) -> Any:
        for k in scalars:
            found[k] = found[k][()] if isinstance(found[k], np.ndarray) else found[k]
        leaves = [number_of(x) for x in others]
        for i, x in zip(places, found, strict=True):
            leaves[i] = x
        return rebuild(leaves)

    return finish


def number_of(x: Any) -> Any:
    """A leaf of a result as numbers that belong to nobody else."""
    x = x.settled()._data if isinstance(x, Record) else x
    return x.copy() if isinstance(x, np.ndarray) else x


# ---- what `graph` is traced with


LARGE = 2**20  # bytes of an array that is not kept alive


class Gone:
    """A large array among arguments: itself as long as it lives, and then its first numbers over and over."""

    def __init__(self, x: Any) -> None:
        self.at, self.shape, self.first = ref(x), x.shape, np.array(x.ravel()[:1000])

    def now(self) -> Any:
        """The array."""
        x = self.at()
        return np.resize(self.first, self.shape) if x is None else x


def kept(tree: Any) -> Any:
    """Arguments, without the memory of large arrays."""
    return mapped(tree, lambda x: Gone(x) if x.__class__ is np.ndarray and x.nbytes > LARGE else kept(x))


def brought_back(tree: Any) -> Any:
    """Arguments that were kept."""
    return tree.now() if isinstance(tree, Gone) else mapped(tree, brought_back)
