"""`Module`: a network, or a part of one, whose state is its attributes.

Laws: a Value in an attribute is a parameter, an array is a buffer, and anything else is an
ordinary setting; nothing is registered. Attributes are searched through modules, lists, tuples
and dicts, in the order in which they were set; those whose name begins with "_" are not searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograd_mini import (
    DtypeError,
    ShapeError,
    TraceError,
    UsageError,
    Value,
    depends_on,
    is_compiling,
    note_change,
    write_state,
)

from .words import OF_MODULES, unknown

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

    _training = True

    @property
    def training(self) -> bool:
        """Whether it trains: False once `eval()` was called, and then dropout and batch statistics are still."""
        return bool(depends_on(self, "_training"))

    @training.setter
    def training(self, mode: bool) -> None:
        self._training = bool(mode)

    def __setattr__(self, name: str, x: Any) -> None:
        if name[:1] != "_":
            if isinstance(x, Value) and x.op is not None and is_compiling():
                raise TraceError(
                    f"compile: {type(self).__name__}.{name} was set to a Value that was computed, which has no numbers "
                    "yet; compiled code does not set attributes; return it, or keep an array and use set_buffer"
                )
            if self.__dict__.get(name, x) is not x:
                note_change()
        object.__setattr__(self, name, x)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """The output; each kind of module says what that is. A class that defines `forward` gives what that gives."""
        forward = getattr(self, "forward", None)
        if forward is None:
            raise NotImplementedError(
                f"{type(self).__name__}: it has no __call__; a module computes by being called; "
                "define __call__(self, x)"
            )
        return forward(*args, **options)

    def parts(self) -> Iterable[tuple[Any, Any]]:
        """(key, part) pairs: what this module is made of, and what names its parameters; its attributes."""
        return [(k, x) for k, x in vars(self).items() if k[0] != "_"]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(name, module) pairs: this one, as "", and all inside it, each once, in the order of the parameters."""
        return ((name, x) for name, x in walked(self) if isinstance(x, Module))

    def modules(self) -> list[Module]:
        """The module itself and all inside it, each once."""
        return [m for _, m in self.named_modules()]

    def train(self, mode: bool = True) -> Self:
        """The module, it and all inside it set to train: dropout drops, batches are normalised by their own numbers."""
        for m in self.modules():
            m.training = mode
        return self

    def eval(self) -> Self:
        """The module, it and all inside it set to predict: dropout passes on, running statistics are used."""
        return self.train(False)

    def freeze(self, *names: str) -> Self:
        """The module, with parameters made constants: arrays, which no optimizer moves and which have no gradient.

        names: of parameters, or of parts, as in "encoder"; all parameters when there is none. State has the same names
        as before. A parameter that is shared is frozen in all its places inside this module.

        Raises: UsageError for a name that fits no parameter; then nothing is frozen.
        """
        found = dict(self.named_parameters())
        for name in names:
            if not any(within(k, name) for k in found):
                raise UsageError(
                    f"{type(self).__name__}.freeze: got {name!r}; its parameters are {', '.join(found) or 'none'}; "
                    "give names of these, or what they begin with"
                )
        chosen = [v for k, v in found.items() if not names or any(within(k, name) for name in names)]
        pairs = [(v, np.array(v.data)) for v in chosen]
        for v in chosen:  # else an optimizer that was made before would go on to move it by what it has
            v.zero_grad()
        self._frozen = [*getattr(self, "_frozen", ()), *pairs]
        put(self, {id(v): a for v, a in pairs})
        return self

    def unfreeze(self) -> Self:
        """The module, with all that `freeze` made constant trained again: the same Values, with the numbers of now."""
        pairs = [pair for m in self.modules() for pair in getattr(m, "_frozen", ())]
        put(self, {id(a): v for v, a in pairs})
        for v, a in pairs:
            v.data = a
        for m in self.modules():
            m._frozen = []
        return self

    def astype(self, dtype: Any) -> Self:
        """The module, with real parameters and buffers of another precision, such as np.float32.

        Parameters are new Values: make the optimizer afterwards.
        """
        old = [x for _, x in self.named_leaves() if np.dtype(x.dtype).kind == "f"]
        new = [x.detach().data if isinstance(x, Value) else x for x in old]
        arrays = [np.array(x, dtype) for x in new]
        put(
            self,
            {id(x): Value(a, name=x.name) if isinstance(x, Value) else a for x, a in zip(old, arrays, strict=True)},
        )
        return self

    def set_buffer(self, name: str, numbers: Any) -> None:
        """Write numbers into the buffer of this name; of a Value, those that it holds now."""
        write_state(getattr(self, name), None, numbers)

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

        A parameter that is shared may stand under any of its names, or under several if their numbers are equal.

        Raises: UsageError for names that are missing or unknown, ShapeError for numbers of another
        shape, DtypeError for what does not convert. Then nothing has been changed.
        """
        where = f"{type(self).__name__}.load"
        mine = dict(self.named_leaves())
        self.named_parameters()
        state = under_first_names(state, other_names(self, mine), where)
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

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: each `.grad` is None again; or 0, if it is not to be None."""
        for p in self.parameters():
            p.grad = None if set_to_none else 0.0

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
        for name, x in walked(self):
            if isinstance(x, Module):
                continue
            if name in names:
                raise UsageError(
                    f"{type(self).__name__}: two of its parameters have the name {name!r}; "
                    "names are paths, and must differ; rename an attribute or a dict's key"
                )
            names.add(name)
            yield name, x

    if not TYPE_CHECKING:  # where a name that is misspelt is to be found

        def __getattr__(self, name: str) -> Any:
            if name in OF_MODULES:
                raise unknown(f"{type(self).__name__!r} object", name, OF_MODULES)
            return object.__getattribute__(self, name)  # raises Python's own error, or again that of a property

    def __repr__(self) -> str:
        return shown(self, set())


def walked(module: Module) -> Iterator[tuple[str, Any]]:
    """(name, x) for every module, Value and array in a module, itself first, each object once."""
    seen: set[int] = set()
    stack: list[tuple[str, Any]] = [("", module)]
    while stack:
        name, x = stack.pop()
        is_leaf = isinstance(x, (Value, np.ndarray))
        inside = () if is_leaf else contents(x)
        if id(x) in seen or not (is_leaf or inside or isinstance(x, Module)):
            continue
        seen.add(id(x))
        if is_leaf or isinstance(x, Module):
            yield name, x
        stack += [(f"{name}.{key}" if name else str(key), y) for key, y in reversed(inside)]


def other_names(module: Module, named: Mapping[str, Any]) -> dict[str, str]:
    """Further names of Values and arrays that are shared: the name of each among those that are `named`."""
    first = {id(x): name for name, x in named.items()}
    found = {}
    stack: list[tuple[str, Any, tuple[int, ...]]] = [("", module, ())]
    while stack:
        name, x, above = stack.pop()
        if first.get(id(x), name) != name:
            found[name] = first[id(x)]
        inside = () if id(x) in above else contents(x)
        stack += [(f"{name}.{key}" if name else str(key), y, (*above, id(x))) for key, y in inside]
    return found


def under_first_names(state: Mapping[str, Any], others: Mapping[str, str], where: str) -> dict[str, Any]:
    """The state, with the numbers of what is shared under its first name alone."""
    state = dict(state)
    for other in [k for k in others if k in state]:
        numbers, first = state.pop(other), others[other]
        one, two = (
            np.asarray(x.data if isinstance(x, Value) else x) for x in (numbers, state.setdefault(first, numbers))
        )
        if not np.array_equal(one, two, equal_nan=one.dtype.kind in "fc"):
            raise UsageError(
                f"{where}: got different numbers for {first} and {other}, which are one parameter of this module; "
                "give the state of a module that shares it too, or build one that does not"
            )
    return state


def within(name: str, part: str) -> bool:
    """Whether a parameter is the one that is named, or stands in the part that is."""
    return name == part or name.startswith(f"{part}.")


def put(module: Module, new: Mapping[int, Any]) -> None:
    """Put others in the places of some Values and arrays, by identity, wherever they stand in a module."""
    note_change()
    seen: set[int] = set()
    stack: list[Any] = [module]
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        inside: Any = vars(x) if isinstance(x, Module) else x
        keys = list(inside) if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ()
        for key in keys:
            if not (isinstance(x, Module) and str(key)[0] == "_"):
                inside[key] = exchanged(inside[key], new)
                stack.append(inside[key])
        if isinstance(inside, tuple):
            stack += inside


def exchanged(x: Any, new: Mapping[int, Any]) -> Any:
    """What stands for x; a tuple is made anew, as it cannot be changed."""
    if not isinstance(x, tuple):
        return new.get(id(x), x)
    parts = [exchanged(y, new) for y in x]
    return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)


def contents(x: Any) -> tuple[tuple[Any, Any], ...]:
    """(key, part) pairs of what a module looks into; () for anything else."""
    if isinstance(x, Module):
        return tuple(x.parts())
    if isinstance(x, dict):
        return tuple(x.items())
    if isinstance(x, (list, tuple)):
        return tuple(enumerate(x))
    return ()


def rebuilt(x: Any, parts: dict[int, Any]) -> Any:
    """A part of a module with what `parts` has for the parts of it, by identity; the rest as it is."""
    if id(x) in parts:
        return parts[id(x)]
    if isinstance(x, Module):
        copy = parts[id(x)] = object.__new__(type(x))
        vars(copy).update((k, y if k[0] == "_" else rebuilt(y, parts)) for k, y in vars(x).items())
        return copy
    inside = contents(x)
    if not inside:
        return x
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
        return laid_out(
            type(x).__name__, [(f"{k}=" if str(k).isidentifier() else f"{k}: ", y) for k, y in contents(x)], "()", above
        )
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
