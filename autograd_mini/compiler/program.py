"""A traced computation as a list of terms: what passes rewrite, and what code is written from.

Laws: a term never changes; terms stand in an order in which operands come before results; a term without
an op is an input or a constant. Numbers of inputs appear nowhere, only their shapes and dtypes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..primitive import Primitive
from ..record import EMPTY

__all__ = ["FLOAT64", "Program", "Source", "Target", "Term", "dtype_of", "reachable", "repeated"]

FLOAT64 = np.dtype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where the numbers of an input come from on each call.

    kind: "argument" (the leaf at `place` of the arguments), "value" (the data of the Value `holder`, or of the one at
    `place` of the arguments), "grad" (the gradient of such a Value), "state" (what stands at `key` of `holder`).
    """

    kind: str
    place: int | None = None
    holder: Any = None
    key: Any = None


Target = Source  # where the numbers of a result are put at the end of each call


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Term:
    """One value of a program: an input (`source`), a constant (`value`), or the result of an op.

    shape, dtype: of its numbers; of an op with several outputs, tuples of them. is_weak: whether it is a
    number of Python, which gives way to narrower arrays. site: where the user's code called the op, if that is known.
    """

    op: Primitive | None
    args: tuple[Term, ...]
    options: Mapping[str, Any]
    shape: Any
    dtype: Any
    source: Source | None = None
    value: Any = None
    is_weak: bool = False
    name: str | None = None
    site: Any = None

    @property
    def is_constant(self) -> bool:
        """Whether its numbers are known."""
        return self.op is None and self.source is None

    @property
    def is_float(self) -> bool:
        """Whether it is one float64, which is held as Python's float."""
        return bool(self.shape == () and self.dtype == FLOAT64)

    def __repr__(self) -> str:
        if self.op is not None:
            return f"<Term {self.op.name} {self.dtype} {self.shape}>"
        return f"<Term {self.source.kind if self.source else self.value!r} {self.shape}>"

    @classmethod
    def constant(cls, value: Any) -> Term:
        """A term of known numbers."""
        if value.__class__ is tuple:
            return cls(None, (), EMPTY, tuple(map(np.shape, value)), tuple(map(dtype_of, value)), value=value)
        return cls(None, (), EMPTY, np.shape(value), dtype_of(value), value=value, is_weak=is_weak(value))


def dtype_of(x: Any) -> Any:
    """The dtype of raw data."""
    return FLOAT64 if x.__class__ is float else np.asarray(x).dtype if not hasattr(x, "dtype") else x.dtype


def is_weak(x: Any) -> bool:
    """Whether a number is Python's own."""
    return x.__class__ in (float, int, bool, complex)


@dataclass(slots=True)
class Program:
    """What a function does for arguments of given shapes: terms in order, results, and what is written at the end.

    guards: terms whose numbers must hold no nan, or else the careful program is to be run.
    """

    inputs: list[Term]
    outputs: list[Term]
    writes: list[tuple[Target, Term]] = field(default_factory=list)
    guards: list[Term] = field(default_factory=list)

    @property
    def results(self) -> list[Term]:
        """All terms that must be computed."""
        return [*self.outputs, *(t for _, t in self.writes), *self.guards]

    @property
    def terms(self) -> list[Term]:
        """All terms that the results depend on, in order; the inputs are those that are used."""
        return reachable(self.results)


def reachable(roots: Iterable[Term]) -> list[Term]:
    """All terms that the roots depend on, operands before results, in the order in which they are first needed."""
    seen: set[int] = set()
    out: list[Term] = []
    stack: list[tuple[Term, bool]] = [(t, False) for t in reversed(list(roots))]
    while stack:
        t, is_ready = stack.pop()
        if is_ready:
            out.append(t)
        elif id(t) not in seen:
            seen.add(id(t))
            stack.append((t, True))
            stack += [(a, False) for a in reversed(t.args) if id(a) not in seen]
    return out


def repeat(*operands: Any, body: Program, n: int, n_fed: int, n_rows: int) -> tuple[Any, ...]:
    """What n runs of the body give: what is fed back in the end, then its other results of all runs, stacked.

    operands: what is fed back (n_fed), then arrays whose rows are gone through (n_rows), then what stays. The body
    takes them in this order, and its first n_fed outputs are what is fed back. Code for it is written where it stands.
    """
    raise NotImplementedError


repeated = Primitive("repeat", repeat, is_registered=False, defaults=dict.fromkeys(("body", "n", "n_fed", "n_rows")))
repeated.is_smooth = True
