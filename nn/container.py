"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograd_mini import UsageError

from .module import Module

__all__ = ["ModuleDict", "ModuleList", "Residual", "Sequential"]

Step = Callable[[Any], Any]


class Sequential(Module):
    """Modules applied one after the other; functions, such as np.sin, may stand among them.

    Parameters are named by place, as in "0.weight"; `net[0]` is the first module, `net[:2]` a
    Sequential of the first two.

    Raises: UsageError for a step that cannot be called.
    """

    def __init__(self, *layers: Step) -> None:
        self.layers = [checked(layer, "Sequential", i) for i, layer in enumerate(layers)]

    def __call__(self, x: Any) -> Any:
        """What x becomes step by step."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parts(self) -> Iterable[tuple[Any, Any]]:
        """(place, step) pairs, and the attributes of a class derived from this."""
        return [*enumerate(self.layers), *(pair for pair in super().parts() if pair[0] != "layers")]

    def append(self, layer: Step) -> Sequential:
        """The same Sequential, with a step more."""
        self.layers.append(checked(layer, "Sequential", len(self.layers)))
        return self

    def __getitem__(self, i: int | slice) -> Any:
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


class ModuleList(Module):
    """Modules in a list, for code that calls them as it likes; parameters are named by place, as in "0.weight".

    A plain list in an attribute does as well: this has the names that PyTorch's has, and `append` and `extend`.

    Raises: UsageError for what cannot be called.
    """

    def __init__(self, modules: Iterable[Step] = ()) -> None:
        self.items = [checked(m, "ModuleList", i) for i, m in enumerate(modules)]

    def parts(self) -> Iterable[tuple[Any, Any]]:
        """(place, module) pairs."""
        return list(enumerate(self.items))

    def append(self, module: Step) -> ModuleList:
        """The same ModuleList, with a module more."""
        return self.extend([module])

    def extend(self, modules: Iterable[Step]) -> ModuleList:
        """The same ModuleList, with more modules."""
        self.items += [checked(m, "ModuleList", i) for i, m in enumerate(modules, len(self.items))]
        return self

    def __getitem__(self, i: int | slice) -> Any:
        return ModuleList(self.items[i]) if isinstance(i, slice) else self.items[i]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class ModuleDict(Module):
    """Modules by name; parameters are named by key, as in "encoder.weight".

    Raises: UsageError for what cannot be called, and for keys that are not text.
    """

    def __init__(self, modules: Mapping[str, Step] | None = None) -> None:
        self.items_by_name: dict[str, Step] = {}
        for name, module in (modules or {}).items():
            self[name] = module

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
