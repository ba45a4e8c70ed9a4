"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd_mini import UsageError

from .module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Modules applied one after the other; functions, such as np.sin, may stand among them.

    Parameters are named by place, as in "layers.0.weight"; `net[0]` is the first module.

    Raises: UsageError for a step that cannot be called.
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            if isinstance(layer, type) or not callable(layer):
                raise UsageError(
                    f"Sequential: got {layer!r} in place {i}; a step is a module or a function; "
                    "give its steps one by one, built, as in Sequential(Linear(2, 3), Tanh())"
                )
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        """What x becomes step by step."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i: int) -> Callable[[Any], Any]:
        return self.layers[i]

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)
