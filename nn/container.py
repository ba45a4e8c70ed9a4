"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from autograd_mini import UsageError

from .module import Module

__all__ = ["ModuleDict", "ModuleList", "Residual", "Sequential"]

Step = Callable[[Any], Any]


class Listed(Module):
    """Steps in a list: parameters are named by place, as in "0.weight", and steps are read and changed as a list's."""

    def __init__(self, layers: Iterable[Step] = ()) -> None:
        self.layers: list[Any] = []
        self.extend(layers)

    def parts(self) -> Iterable[tuple[Any, Any]]:
        """(place, step) pairs, and the attributes of a class derived from this."""
        return [*enumerate(self.layers), *(pair for pair in super().parts() if pair[0] != "layers")]

    def append(self, layer: Step) -> Self:
        """The same module, with a step more."""
        return self.extend([layer])

    def extend(self, layers: Iterable[Step]) -> Self:
        """The same module, with more steps."""
        self.layers += [checked(m, type(self).__name__, i) for i, m in enumerate(layers, len(self.layers))]
        return self

    def insert(self, i: int, layer: Step) -> Self:
        """The same module, with a step more before place i."""
        self.layers.insert(i, checked(layer, type(self).__name__, i))
        return self

    def __setitem__(self, i: int, layer: Step) -> None:
        self.layers[i] = checked(layer, type(self).__name__, i)

    def __delitem__(self, i: int | slice) -> None:
        del self.layers[i]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


class Sequential(Listed):
    """Modules applied one after the other; functions, such as np.sin, may stand among them.

    Parameters are named by place, as in "0.weight"; `net[0]` is the first module, `net[:2]` a
    Sequential of the first two, and `net[-1] = Linear(8, 3)` puts another in the place of the last.

    Raises: UsageError for a step that cannot be called.
    """

    def __init__(self, *layers: Step) -> None:
        super().__init__(layers)

    def __call__(self, x: Any) -> Any:
        """What x becomes step by step."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i: int | slice) -> Any:
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]


class ModuleList(Listed):
    """Modules in a list, for code that calls them as it likes; parameters are named by place, as in "0.weight".

    A plain list in an attribute does as well: this has the names that PyTorch's has.

    Raises: UsageError for what cannot be called.
    """

    def __init__(self, modules: Iterable[Step] = ()) -> None:
        super().__init__(modules)

    def __getitem__(self, i: int | slice) -> Any:
        return ModuleList(self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __iadd__(self, modules: Iterable[Step]) -> Self:
        return self.extend(modules)


class ModuleDict(Module):
    """Modules by name; parameters are named by key, as in "encoder.weight".

    Raises: UsageError for what cannot be called, and for keys that are not text.
    """

    def __init__(self, modules: Mapping[str, Step] | None = None) -> None:
        self.items_by_name: dict[str, Step] = {}
        self.update(modules or {})

    def parts(self) -> Iterable[tuple[Any, Any]]:
        """(name, module) pairs."""
        return list(self.items_by_name.items())

    def keys(self) -> Iterable[str]:
        """The names."""
        return self.items_by_name.keys()

    def values(self) -> Iterable[Step]:
        """The modules."""
        return self.items_by_name.values()

    def items(self) -> Iterable[tuple[str, Step]]:
        """(name, module) pairs."""
        return self.items_by_name.items()

    def update(self, modules: Mapping[str, Step]) -> None:
        """Add these modules, in the places of those that have their names."""
        for name, module in modules.items():
            self[name] = module

    def pop(self, name: str) -> Any:
        """The module of that name, which is taken out."""
        return self.items_by_name.pop(name)

    def __getitem__(self, name: str) -> Any:
        return self.items_by_name[name]

    def __setitem__(self, name: str, module: Step) -> None:
        if not isinstance(name, str):
            raise UsageError(f"ModuleDict: got the key {name!r}; parameters are named by key; give text")
        self.items_by_name[name] = checked(module, "ModuleDict", name)

    def __delitem__(self, name: str) -> None:
        del self.items_by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self.items_by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_by_name)

    def __len__(self) -> int:
        return len(self.items_by_name)


class Residual(Module):
    """x + body(x): what `body` computes is added to its input; shortcut: a module for x, where shapes differ.

    Raises: UsageError for what cannot be called.
    Source: He et al., "Deep Residual Learning for Image Recognition" (2015), section 3.2.

    Example
    -------
    >>> float(Residual(lambda x: 2 * x)(1.0))
    3.0
    """

    def __init__(self, body: Step, shortcut: Step | None = None) -> None:
        self.body = checked(body, "Residual", "body")
        self.shortcut = None if shortcut is None else checked(shortcut, "Residual", "shortcut")

    def __call__(self, x: Any) -> Any:
        """x, or what the shortcut makes of it, plus body(x)."""
        return (x if self.shortcut is None else self.shortcut(x)) + self.body(x)


def checked(layer: Any, where: str, place: Any) -> Any:
    """A step that can be called; an error for a class, or what is no step at all."""
    if isinstance(layer, type) or not callable(layer):
        raise UsageError(
            f"{where}: got {layer!r} in place {place}; a step is a module or a function; "
            "give modules one by one, built, as in Sequential(Linear(2, 3), Tanh())"
        )
    return layer
