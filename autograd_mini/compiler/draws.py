"""Draws of random numbers that a function makes by itself, found out while it is compiled."""

from __future__ import annotations

from types import CodeType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..tree import flatten

__all__ = ["Generators"]


class Generators:
    """The generators that a function has at hand, to find out whether it draws from one of them by itself."""

    def __init__(self, f: Any, args: Any, kwargs: Any) -> None:
        self.name = getattr(f, "__name__", "the function")
        f = getattr(f, "__func__", f)
        code, space = getattr(f, "__code__", None), getattr(f, "__globals__", {})
        cells = [c.cell_contents for c in getattr(f, "__closure__", None) or () if has_contents(c)]
        known = [space[name] for name in (code.co_names if code else ()) if name in space]
        at_hand = flatten([list(args), kwargs])[0] + cells + known
        found = [x for x in at_hand if isinstance(x, np.random.Generator)]
        self.states = [(g.bit_generator, g.bit_generator.state) for g in {id(g): g for g in found}.values()]
        # NumPy's own generator is looked at if the code names it: SciPy draws from it, too, where that is no matter.
        self.names_legacy = code is not None and "random" in names_in(code)
        self.legacy: Any = np.random.get_state()  # noqa: NPY002  # whether somebody draws from it

    def check(self) -> None:
        """Raise TraceError if one has moved; then it is put back."""
        moved = [(g, state) for g, state in self.states if str(g.state) != str(state)]
        for g, state in moved:
            g.state = state
        legacy: Any = np.random.get_state()  # noqa: NPY002  # as above
        is_legacy = self.names_legacy and (
            legacy[2:] != self.legacy[2:] or legacy[1].tobytes() != self.legacy[1].tobytes()
        )
        if is_legacy:
            np.random.set_state(self.legacy)  # noqa: NPY002  # as it was
        if moved or is_legacy:
            raise TraceError(
                f"compile: {self.name} draws random numbers by itself, which would be the same on each call; draws are "
                'ops; write autograd_mini.sample(rng, "normal", size=3) for rng.normal(size=3)'
            )


def names_in(code: Any) -> set[str]:
    """The names that a function's code looks up, and those in functions inside of it."""
    inner = [names_in(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def has_contents(cell: Any) -> bool:
    """Whether a variable of the function around was set."""
    try:
        cell.cell_contents  # noqa: B018  # it raises
    except ValueError:
        return False
    return True
