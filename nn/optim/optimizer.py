"""`Optimizer`: parameters in groups with settings, and the one loop that moves them.

Laws: what an optimizer does to a parameter is a function without memory, `update`, from the
parameter, its gradient, what is kept for it and the settings to the new parameter and what is kept
next. It is written in NumPy's functions and branches on settings and on names alone, never on a
number that training changes, such as the count of steps. All parameters move at once, or none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, depends_on, is_compiling, note_change, read_state, write_state

from ..module import Module
from .settings import FLAGS, NUMBERS, PAIRS, plain
from .stored import fitting, refuse_names, stored, unpacked

__all__ = ["Optimizer", "Settings", "State", "beside"]

State = dict[str, Any]
Settings = Mapping[str, Any]
SAVED = {*NUMBERS, *PAIRS, *FLAGS}


class Optimizer:
    """Base of all optimizers: a class derived from this says what it keeps, and how it updates one parameter.

    params: leaves, as `module.parameters()` gives; or (name, leaf) pairs, as `module.named_parameters()`
    gives, whose names then stand in `state()`; or dicts, groups with "params" and settings of their
    own. One that comes twice in a group is moved once. defaults: the settings of groups that do not
    say otherwise; "maximize" walks up the gradient instead of down.

    `param_groups` is a list of dicts, each with "params" and its settings, to be changed at will; they
    are checked when they are used.

    Raises: UsageError for no parameters, for ones that are not leaves or stand in two groups, for
    names on some only, and for settings out of their range.

    Example
    -------
    >>> class Signs(Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     @staticmethod
    ...     def update(p, g, state, settings):
    ...         return p - settings["lr"] * np.sign(g), state
    >>> p = Value([1.0, 2.0])
    >>> (p * p).sum().backward()
    >>> Signs([p], lr=0.5).step()
    >>> p.data
    array([0.5, 1.5])
    """

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = {"maximize": False, **defaults}
        self.param_groups: list[dict[str, Any]] = []
        self.names: dict[Value, str] = {}
        self.states: dict[Value, State] = {}
        given: Any = params if isinstance(params, (Module, Value)) else list(params)
        are_groups = isinstance(given, list) and given and all(isinstance(x, dict) for x in given)
        for group in given if are_groups else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Train more parameters: a dict with "params", and with settings where they differ from the defaults.

        Raises: UsageError as the construction does; then nothing was added.
        """
        where = type(self).__name__
        if "params" not in param_group:
            raise UsageError(
                f'{where}: got a group of {", ".join(param_group)}; its parameters are missing; give them as "params"'
            )
        unknown = [k for k in param_group if k not in self.defaults and k not in ("params", "initial_lr")]
        if unknown:
            raise UsageError(
                f"{where}: got a group with {', '.join(unknown)}; its settings are {', '.join(self.defaults)}; "
                "leave out what it does not have"
            )
        named = named_leaves(where, param_group["params"], len(self.names))
        uses = Counter([*self.names.values(), *named.values()])
        twice = {self.names.get(p, name): p for p, name in named.items() if p in self.names or uses[name] > 1}
        if twice:
            raise UsageError(
                f"{where}: got {', '.join(twice)} in two groups, or two parameters of that name; each parameter has "
                "one group and a name of its own; leave it out of the others"
            )
        group = {**self.defaults, **param_group, "params": list(named)}
        self.settings(group)
        self.param_groups.append(group)
        self.names |= named
        note_change()

    def settings(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a group as plain numbers.

        Raises: UsageError for one out of its range.
        """
        return plain(type(self).__name__, {k: x for k, x in group.items() if k != "params"})

    def current(self, group: dict[str, Any]) -> dict[str, Any]:
        """What a function that is compiled reads anew: the learning rate; with other settings it is compiled anew."""
        for k in group:
            if k not in ("params", "lr"):
                depends_on(group, k)
        rate = read_state(group, "lr")
        return {"lr": rate} if isinstance(rate, Value) else {}

    @staticmethod
    def keeps(settings: Settings) -> tuple[str, ...]:
        """The names of what is kept for each parameter between steps."""
        return ()

    @classmethod
    def start(cls, p: Any, settings: Settings) -> State:
        """What is kept for a parameter before its first step: zeros like it, and "step" as the number 0."""
        return {k: 0.0 if k == "step" or isinstance(p, float) else np.zeros_like(p) for k in cls.keeps(settings)}

    @staticmethod
    def update(p: Any, g: Any, state: State, settings: Settings) -> tuple[Any, State]:
        """What a parameter becomes by its gradient, and what is kept for it then; p, g and state stay as they are."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient, or none if an error is raised; what `closure` gave, or None.

        closure: called first, to take the gradients anew; it gives the loss.

        Raises: UsageError if no parameter has a gradient; ShapeError if `update` gives another shape.
        """
        loss = None if closure is None else closure()
        moves = []
        for group in self.param_groups:
            first = self.settings(group)
            settings = first | self.current(group)
            moves += [(p, *self.moved(p, g, settings, first)) for p in group["params"] if (g := p.grad) is not None]
        if not moves:
            raise self.no_gradient()
        for p, data, kept, state in moves:
            p.data = data
            self.states[p] = kept
            for k, x in state.items():
                write_state(kept, k, x)
        return loss

    def no_gradient(self) -> UsageError:
        """The error of a step for which nothing was differentiated."""
        return UsageError(
            f"{type(self).__name__}.step: no parameter has a gradient; a step needs one; "
            "call backward() on the loss first"
        )

    def moved(self, p: Value, g: Any, settings: Settings, first: Settings) -> tuple[Any, State, State]:
        """The new numbers of a parameter, what was kept for it, and what is kept then; complex ones move as pairs.

        first: the settings as numbers, for what is kept before the first step.
        """
        x, is_complex = p.data, p.dtype.kind == "c"
        if is_complex:
            x, g = as_real(x), as_real(g)
        if settings["maximize"]:
            g = -g
        kept = self.states.get(p, {})
        if tuple(kept) != self.keeps(settings):
            fresh = self.start(like(p), first)
            kept = {k: kept.get(k, fresh[k]) for k in fresh}
        new, state = self.update(x, g, {k: read_state(kept, k) for k in kept}, settings)
        if np.shape(new) != np.shape(x):
            raise ShapeError(
                f"{type(self).__name__}.update: got {np.shape(new)} for a parameter of shape {np.shape(x)}; "
                "a parameter keeps its shape; give the new numbers of each"
            )
        if isinstance(x, float):
            state = {k: float(a) for k, a in state.items()}
        return as_complex(new) if is_complex else new, kept, state

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: each `.grad` is None again; or 0, if it is not to be None."""
        for p in self.names:
            p.grad = None if set_to_none else 0.0

    @property
    def parameters(self) -> list[Value]:
        """The parameters of all groups."""
        return list(self.names)

    @property
    def lr(self) -> Any:
        """The learning rate of all groups; setting it sets it for all.

        Raises: UsageError if it is read where groups differ.
        """
        rates = [read_state(group, "lr") for group in self.param_groups]
        if is_compiling():
            return rates[0]
        if any(rate != rates[0] for rate in rates):
            raise UsageError(
                f"{type(self).__name__}.lr: its groups have the rates {', '.join(map(str, rates))}; "
                'there is not one for all; read param_groups[i]["lr"]'
            )
        return rates[0]

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self.param_groups:
            write_state(group, "lr", lr)

    def state(self) -> dict[str, Any]:
        """Copies of all that a later step depends on, besides the parameters, by name: what `load` takes.

        Names are "parameters.<name>.<what is kept>" and "groups.<i>.<setting>"; a parameter that was
        given without a name has its place among all as its name.

        Example
        -------
        >>> from nn import SGD
        >>> p = Value([1.0, 2.0])
        >>> optimizer = SGD([("w", p)], lr=0.1, momentum=0.9)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> optimizer.state()["parameters.w.momentum_buffer"]
        array([2., 4.])
        """
        kept = {
            f"parameters.{name}.{k}": stored(x)
            for p, name in self.names.items()
            for k, x in self.states.get(p, {}).items()
        }
        return kept | {
            f"groups.{i}.{k}": stored(x)
            for i, group in enumerate(self.param_groups)
            for k, x in group.items()
            if k in SAVED
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave: the next steps are, bit for bit, those that would have come then.

        Raises: UsageError for names that are missing or unknown and settings out of their range,
        ShapeError or DtypeError for what does not fit its parameter. Then nothing has been changed.
        """
        where = f"{type(self).__name__}.load"
        names: dict[str, None] = {}  # those that are needed, in order
        groups, states = [], {}
        for i, group in enumerate(self.param_groups):
            places = {k: f"groups.{i}.{k}" for k in [*group, "initial_lr"] if k in SAVED}
            found = {k: unpacked(state[name]) for k, name in places.items() if name in state}
            names |= dict.fromkeys(name for k, name in places.items() if k in found or k != "initial_lr")
            groups.append(plain(where, found))
            for p in group["params"]:
                places, start = self.places(p, {**group, **groups[-1]})
                if any(name in state for name in places.values()):
                    names |= dict.fromkeys(places.values())
                    states[p] = places, start
        refuse_names(where, names, state)
        note_change()
        self.states = {
            p: {k: fitting(f"{where}: {name}", state[name], start[k]) for k, name in places.items()}
            for p, (places, start) in states.items()
        }
        for group, new in zip(self.param_groups, groups, strict=True):
            group.update(new)

    def places(self, p: Value, settings: Settings) -> tuple[dict[str, str], State]:
        """Under which names the state has what is kept for a parameter; and what that is before its first step."""
        start = self.start(like(p), settings)
        return {k: f"parameters.{self.names[p]}.{k}" for k in start}, start

    def __repr__(self) -> str:
        rates = ", ".join(dict.fromkeys(str(group["lr"]) for group in self.param_groups))
        groups = f" in {len(self.param_groups)} groups" if len(self.param_groups) > 1 else ""
        return f"{type(self).__name__}({len(self.names)} parameters{groups}, lr={rates})"


def beside(p: Any, x: Any) -> Any:
    """A number that leaves the dtype of p what it is: Python's float, or a Value of that dtype."""
    return x.astype(p.dtype) if isinstance(x, Value) else float(x)


def named_leaves(where: str, params: Any, number: int) -> dict[Value, str]:
    """The parameters of a group with their names; without names, these are numbers from `number` on."""
    if isinstance(params, (Module, Value)):
        raise UsageError(
            f"{where}: got a {type(params).__name__}; it takes several parameters; "
            "give module.parameters(), or a list of Values"
        )
    given = list(params)
    if not given:
        raise UsageError(f"{where}: got no parameters; there is nothing to train; give module.parameters()")
    are_named = [isinstance(x, tuple) and len(x) == 2 and isinstance(x[0], str) for x in given]
    if any(are_named) and not all(are_named):
        raise UsageError(f"{where}: got names for some parameters only; give module.named_parameters()")
    leaves = [x[1] for x in given] if any(are_named) else given
    for p in leaves:
        if not isinstance(p, Value) or not p.is_leaf:
            what = p.label() if isinstance(p, Value) else type(p).__name__
            raise UsageError(
                f"{where}: got {what} among the parameters; each must be a leaf Value; give module.parameters()"
            )
    names = [x[0] for x in given] if any(are_named) else []
    return {p: names[i] if names else str(number + i) for i, p in enumerate(dict.fromkeys(leaves))}


def like(p: Value) -> Any:
    """Zeros like the numbers of a parameter, or the pairs of real ones that stand for complex ones."""
    zeros = np.zeros(p.shape, p.dtype)
    if p.dtype.kind == "c":
        return as_real(zeros)
    return zeros if p.shape or p.dtype != np.float64 else 0.0


def as_real(x: Any) -> Any:
    """Complex numbers as pairs of real ones.  (...) -> (..., 2)"""
    return np.stack([x.real, x.imag], -1)


def as_complex(x: Any) -> Any:
    """Pairs of real numbers as complex ones.  (..., 2) -> (...)"""
    return x[..., 0] + 1j * x[..., 1]
