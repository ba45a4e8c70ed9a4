"""How a module of this package answers for one of SciPy: SciPy's own function for numbers, ours for Values.

SciPy has no protocol by which its functions would hand a call on Values over, so each module here has
SciPy's names. `for_values` declares one of them by what it does with a Value; with numbers only, the call
goes to SciPy as it is. What has no rule is in the module's table EXCLUDED, and says so when it gets a Value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import ModuleType
from typing import Any, TypeVar

from ..errors import NoRuleError
from ..ops.indexing import nested
from ..primitive import TABLE
from ..record import Record

__all__ = ["as_value", "borrowed", "for_values", "has_value", "listed"]

F = TypeVar("F", bound=Callable[..., Any])

# What changes how SciPy computes, and not what: ours takes no notice of it.
SILENT = frozenset(
    [
        "block_size", "blocksize", "check_finite", "disp", "lapack_driver", "lwork", "overwrite_a", "overwrite_ab",
        "overwrite_b", "overwrite_data", "overwrite_x", "workers",
    ]
)  # fmt: skip


def has_value(x: Any) -> bool:
    """Whether an argument is a Value, or holds one in lists, tuples and dicts."""
    if isinstance(x, Record):
        return True
    if isinstance(x, (list, tuple)):
        return any(has_value(part) for part in x)
    return isinstance(x, dict) and any(has_value(part) for part in x.values())


def as_value(x: Any) -> Any:
    """Nested lists as one array, of Values if they hold some; anything else as it is."""
    return nested(x) if isinstance(x, (list, tuple)) else x


def for_values(function: Callable[..., Any], *, always: bool = False) -> Callable[[F], F]:
    """Decorator: what a function of SciPy does if an argument is, or holds, a Value; called as SciPy's is.

    Options of SciPy's that ours lacks must have their defaults. always: call ours for numbers, too,
    where it has those options.
    """

    def declare(ours: F) -> F:
        theirs = inspect.signature(function)
        known = inspect.signature(ours).parameters
        takes_rest = any(p.kind is p.VAR_KEYWORD for p in known.values())

        @wraps(ours)
        def answer(*args: Any, **kwargs: Any) -> Any:
            has_none = not has_value(args) and not has_value(kwargs)
            if has_none and not always:
                return function(*args, **kwargs)
            given = theirs.bind(*args, **kwargs)
            positional: list[Any] = []
            options: dict[str, Any] = {}
            for name, x in given.arguments.items():
                parameter = theirs.parameters[name]
                if parameter.kind is parameter.VAR_POSITIONAL:
                    positional += x
                elif parameter.kind is parameter.VAR_KEYWORD:
                    options.update(x)
                elif name in known or takes_rest:
                    options[name] = x
                elif name not in SILENT and x is not parameter.default and x != parameter.default:
                    if has_none:
                        return function(*args, **kwargs)
                    raise NoRuleError(
                        f"{function.__name__}: got {name}={x!r} with a Value; that option has no rule here; "
                        "leave it out, or give numbers, as in v.data"
                    )
            return ours(*positional, **options)

        TABLE[function] = answer
        answer.__name__ = function.__name__
        answer.__signature__ = theirs  # type: ignore[attr-defined]  # a function may have one
        return answer  # type: ignore[return-value]  # it is called as ours is

    return declare


def borrowed(module: str, theirs: ModuleType, excluded: Mapping[str, str], name: str) -> Any:
    """The attribute of SciPy's module that has that name: a function in EXCLUDED refuses Values, with the reason."""
    thing = None if name.startswith("__") else getattr(theirs, name, None)
    if thing is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if name not in excluded or not callable(thing):
        return thing
    return refusing(thing, f"{theirs.__name__}.{name}", excluded[name])


def refusing(thing: Any, name: str, reason: str) -> Any:
    """A function, or class, of SciPy that says why it takes no Values."""
    if isinstance(thing, type):
        return refusing_class(thing, name, reason)

    @wraps(thing)
    def refused(*args: Any, **kwargs: Any) -> Any:
        check(args, kwargs, name, reason)
        return thing(*args, **kwargs)

    return refused


def refusing_class(thing: Any, name: str, reason: str) -> Any:
    """A class whose instances are SciPy's own, made of numbers only."""
    kind: Any = type(thing)

    class Refusing(kind):  # type: ignore[misc]  # the metaclass is known at run time only
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # a metaclass
            check(args, kwargs, name, reason)
            return thing(*args, **kwargs)

        def __instancecheck__(cls, x: Any) -> bool:  # noqa: N805  # a metaclass
            return isinstance(x, thing)

    return Refusing(thing.__name__, (thing,), {"__doc__": thing.__doc__})


def check(args: Any, kwargs: Any, name: str, reason: str) -> None:
    """Raise if an argument is, or holds, a Value."""
    if has_value(args) or has_value(kwargs):
        raise NoRuleError(f"{name}: got a Value; it takes numbers only: {reason}; give it v.data to leave the graph")


def listed(theirs: ModuleType, ours: Mapping[str, Any]) -> list[str]:
    """The names of a module here: SciPy's, and its own."""
    return sorted({*getattr(theirs, "__all__", ()), *(n for n in ours if not n.startswith("_"))})
