"""From operators on functions of one argument to operators on functions of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

__all__ = ["unary_to_nary", "wraps"]

Function = Callable[..., Any]


def unary_to_nary(operator: Function) -> Callable[..., Function]:
    """`operator(f, x)` as `operator(f, argnum)(*args, **kwargs)`; a tuple of argnums makes x a tuple.

    Example
    -------
    >>> @unary_to_nary
    ... def doubled(f, x):
    ...     return f(2 * x)
    >>> doubled(lambda a, b: a - b, 1)(1.0, 5.0)
    -9.0
    """

    @wraps(operator)
    def on_functions(fun: Function, argnum: Any = 0, *more: Any, **options: Any) -> Function:
        @wraps(fun)
        def on_arguments(*args: Any, **kwargs: Any) -> Any:
            single = isinstance(argnum, int)
            places = [argnum] if single else list(argnum)
            x = args[argnum] if single else tuple(args[i] for i in places)

            @wraps(fun)
            def of_one(x: Any) -> Any:
                given = list(args)
                for i, part in zip(places, (x,) if single else x, strict=True):
                    given[i] = part
                return fun(*given, **kwargs)

            return operator(of_one, x, *more, **options)

        return on_arguments

    return on_functions
