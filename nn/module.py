"""`Module`: a network, or a part of one, whose state is its attributes.

Laws: a Value in an attribute is a parameter, an array is a buffer, and anything else is an
ordinary setting; nothing is registered. Attributes are searched through modules, lists, tuples
and dicts, in the order in which they were set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError, Value

__all__ = ["Module"]


class Module:
    """Base of everything that holds parameters: give it attributes, and `__call__`.

    A Value that is reached in two ways is one parameter, under the name by which it is met first.

    Example
    -------
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Value(2.0)
    ...         self.intercept = Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> Line()
    Line(slope=2.0, intercept=1.0)
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'intercept']
    """

    def __call__(self, x: Any) -> Any:
        """The output for `x`; each kind of module says what that is."""
        raise NotImplementedError(
            f"{type(self).__name__}: it has no __call__; a module computes by being called; define __call__(self, x)"
        )

    def parameters(self) -> list[Value]:
        """The Values that training changes, each once.

        Raises: UsageError if an attribute holds a Value that was computed.
        """
        return [v for _, v in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(name, parameter) pairs; a name is the path to it, as in "hidden.weight" or "layers.0.bias".

        Raises: UsageError if an attribute holds a Value that was computed, or if two have one name.
        """
        pairs = [(name, x) for name, x in self.named_leaves() if isinstance(x, Value)]
        for name, v in pairs:
            if not v.is_leaf:
                raise UsageError(
                    f"{type(self).__name__}.parameters: {name} was computed ({v.label()}), and cannot be trained; "
                    "a parameter is a leaf; hold Value(numbers), and keep results out of attributes"
                )
        return pairs

    def state(self) -> dict[str, Any]:
        """Copies of the numbers of all parameters and buffers, by name: what `load` takes."""
        self.named_parameters()
        return {name: np.array(x.detach().data if isinstance(x, Value) else x) for name, x in self.named_leaves()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Set all parameters and buffers to the numbers of `state`, in the dtypes that they have.

        Raises: UsageError for names that are missing or unknown, ShapeError for numbers of another
        shape, DtypeError for what does not convert. Then nothing has been changed.
        """
        where = f"{type(self).__name__}.load"
        mine = dict(self.named_leaves())
        self.named_parameters()
        missing, unknown = [k for k in mine if k not in state], [k for k in state if k not in mine]
        if missing or unknown:
            found = [f"no {', '.join(missing)}"] * bool(missing)
            found += [f"unknown names {', '.join(map(str, unknown))}"] * bool(unknown)
            raise UsageError(
                f"{where}: got {' and '.join(found)}; every name is needed, and no other; "
                "give the state() of a module that is built the same way"
            )
        new = {name: converted(state[name], x, f"{where}: {name}") for name, x in mine.items()}
        for name, x in mine.items():
            if isinstance(x, Value):
                x.data = new[name]
            else:
                x[...] = new[name]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: each `.grad` is None again."""
        for p in self.parameters():
            p.zero_grad()

    def tree_flatten(self) -> list[Value]:
        """The parameters as the leaves of a tree, so that `grad` and its like take a module as an argument.

        Example
        -------
        >>> from autograd_mini import grad
        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope = Value(2.0)
        ...     def __call__(self, x):
        ...         return self.slope * x
        >>> grad(lambda line: line(3.0) ** 2)(Line()).slope.data
        36.0
        """
        return [x for _, x in self.named_leaves() if isinstance(x, Value)]

    def tree_unflatten(self, leaves: list[Any]) -> Module:
        """A copy of this module with others in the places of its parameters; buffers and settings are shared."""
        mine = {id(v): leaf for v, leaf in zip(self.tree_flatten(), leaves, strict=True)}
        return rebuilt(self, mine)  # type: ignore[no-any-return]  # a Module

    def named_leaves(self) -> Iterator[tuple[str, Any]]:
        """(name, x) for every Value and array in the attributes, each object once.

        Raises: UsageError if two have one name, as the keys 1 and "1" of a dict would.
        """
        names: set[str] = set()
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [("", self)]
        while stack:
            name, x = stack.pop()
            is_leaf = isinstance(x, (Value, np.ndarray))
            inside = () if is_leaf else contents(x)
            if id(x) in seen or not (is_leaf or inside):
                continue
            seen.add(id(x))
            if is_leaf:
                if name in names:
                    raise UsageError(
                        f"{type(self).__name__}: two of its parameters have the name {name!r}; "
                        "names are paths, and must differ; rename an attribute or a dict's key"
                    )
                names.add(name)
                yield name, x
            stack += [(f"{name}.{key}" if name else str(key), y) for key, y in reversed(inside)]

    def __repr__(self) -> str:
        return shown(self, set())


def contents(x: Any) -> tuple[tuple[Any, Any], ...]:
    """(key, part) pairs of what a module looks into; () for anything else."""
    if isinstance(x, Module):
        return tuple(vars(x).items())
    if isinstance(x, dict):
        return tuple(x.items())
    if isinstance(x, (list, tuple)):
        return tuple(enumerate(x))
    return ()


def rebuilt(x: Any, parts: dict[int, Any]) -> Any:
    """A part of a module with what `parts` has for the parts of it, by identity; the rest as it is."""
    if id(x) in parts:
        return parts[id(x)]
    inside = contents(x)
    if not inside:
        return x
    if isinstance(x, Module):
        copy = parts[id(x)] = object.__new__(type(x))
        vars(copy).update((k, rebuilt(y, parts)) for k, y in inside)
        return copy
    new = [rebuilt(y, parts) for _, y in inside]
    if isinstance(x, dict):
        return type(x)(zip(x, new, strict=True))
    return type(x)(*new) if hasattr(x, "_fields") else type(x)(new)


def converted(numbers: Any, old: Any, where: str) -> Any:
    """A new array of `numbers` with the shape and dtype of `old`; an error if they do not fit."""
    if isinstance(numbers, Value):
        numbers = numbers.data
    try:
        array = np.array(numbers)
    except ValueError:
        raise ShapeError(f"{where}: got a ragged {type(numbers).__name__}; it has shape {old.shape}") from None
    if array.shape != old.shape:
        raise ShapeError(
            f"{where}: got shape {array.shape}; it has shape {old.shape}; "
            "load the state of a module with the same sizes"
        )
    if not np.can_cast(array.dtype, old.dtype, "same_kind"):
        raise DtypeError(
            f"{where}: got dtype {array.dtype}; it holds {old.dtype}; convert the numbers without losing what they say"
        )
    return array.astype(old.dtype)


def shown(x: Any, above: set[int]) -> str:
    """How a part of a module prints: modules by their attributes, arrays by their shape."""
    if id(x) in above:
        return "..."
    above = {*above, id(x)}
    if isinstance(x, Module):
        return laid_out(type(x).__name__, [(f"{k}=", y) for k, y in vars(x).items()], "()", above)
    if isinstance(x, dict):
        return laid_out("", [(f"{k!r}: ", y) for k, y in x.items()], "{}", above)
    if isinstance(x, (list, tuple)):
        return laid_out("", [("", y) for y in x], "[]" if isinstance(x, list) else "()", above)
    if isinstance(x, (Value, np.ndarray)):
        numbers = f"array of shape {x.shape}" if x.shape else f"{x.item()!r}"
        name = x.name if isinstance(x, Value) else None
        return f"{name}: {numbers}" if name else numbers
    return getattr(x, "__name__", None) or repr(x)


def laid_out(head: str, parts: list[tuple[str, Any]], brackets: str, above: set[int]) -> str:
    """Parts on one line, or, if they hold modules, on a line each."""
    texts = [label + shown(y, above) for label, y in parts]
    if not any(isinstance(y, Module) or "\n" in text for (_, y), text in zip(parts, texts, strict=True)):
        return f"{head}{brackets[0]}{', '.join(texts)}{brackets[1]}"
    lines = ",\n".join(texts).replace("\n", "\n  ")
    return f"{head}{brackets[0]}\n  {lines},\n{brackets[1]}"
