"""What code is written with: names, lines, arrays that are reused, and which terms share memory.

Laws: an array that is reused belongs to one run at a time; it is free again once no term that may share its memory
is needed.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .program import FLOAT64, Program, Term
from .python_text import ATOM, SIGN, Text, written_key
from .simplify import tiles

__all__ = ["FoundNan", "Writer", "cover", "is_elementwise", "is_scalar", "keys_of"]

# Ops, besides NumPy's ufuncs, that never give a view of an operand.
FRESH = {
    "broadcast_to", "choice", "clipped", "concatenate", "cumsum", "einsum", "log_softmax", "logistic", "logsumexp",
    "matmul", "max", "mean", "min", "prod", "relu", "scatter", "softmax", "std", "sum", "tiles", "var",
}  # fmt: skip


class FoundNan(Exception):  # noqa: N818  # not an error of anybody
    """A gradient holds a nan: the function itself is to be run, which knows what to do."""


def is_scalar(t: Term) -> bool:
    """Whether a term is one float or truth value, which arithmetic of Python's does."""
    return bool(t.shape == () and not isinstance(t.dtype, tuple) and (t.dtype in (FLOAT64, np.bool_) or t.is_weak))


def is_elementwise(t: Term) -> bool:
    """Whether a term is computed by calls of ufuncs."""
    op: Any = t.op
    if op.name in ("relu", "logistic"):
        return bool(t.dtype.kind == "f" and t.args[0].dtype == t.dtype)
    return isinstance(op.fn, np.ufunc) and op.fn.nout == 1


class Writer:
    """The text of a function, as far as it is written, and what its terms are called there."""

    def __init__(self) -> None:
        self.space: dict[str, Any] = {}  # what the code finds from outside
        self.setup: list[str] = []  # lines that are run once for each set of buffers
        self.taken: set[str] = {"make", "nan", "float", "range", "slice"}
        self.generators: list[Any] = []
        self.lines: list[str] = []
        self.depth = 0
        self.count = 0
        self.counts: dict[str, int] = {}
        self.names: dict[int, Text] = {}
        self.pool: dict[Any, list[str]] = {}  # buffers that are free, by shape and dtype
        self.owner: dict[int, str] = {}  # a term's own buffer
        self.keys: dict[int, Any] = {}  # its shape and dtype
        self.static: set[str] = set()  # names of arrays that are the same in every call
        self.views: dict[str, str] = {}  # names of views of those, by how they are written
        self.cells: dict[int, str] = {}
        self.elements: dict[int, dict[Any, str]] = {}  # names of the elements of arrays
        self.numbers: dict[Any, str] = {}  # of constants without axes
        self.uses: dict[int, int] = {}
        self.results: set[int] = set()
        self.new_arrays: set[int] = set()  # results that nothing else holds
        self.roots: dict[int, frozenset[int]] = {}
        self.fresh: set[int] = set()  # arrays of which results are views
        self.view_of: dict[int, Term] = {}
        self.placed: dict[int, tuple[Term, Any]] = {}  # terms that are written into their place of another one
        self.dying: set[int] = set()
        self.guarded: set[int] = set()  # terms that something else looks for nan in
        self.now = 0  # which item is being written
        self.last_use: dict[int, int] = {}
        self.inlined: list[int] = []  # scalars that are written into what uses them
        self.targets: dict[int, str] = {}  # names of what terms are written to
        self.updates: dict[int, Term] = {}  # inputs, by the terms that are written over them

    # ---- names

    def name(self, wanted: str | None) -> str:
        """A name that is free: `wanted`, or with a number."""
        if not wanted:
            self.count += 1
            wanted = f"t{self.count}"
        wanted = re.sub(r"\W", "_", wanted)
        if wanted[0].isdigit() or keyword.iskeyword(wanted):
            wanted = f"_{wanted}"
        name, i = wanted, 1
        while name in self.taken:
            i += 1
            name = f"{wanted}_{i}"
        self.taken.add(name)
        return name

    def given(self, wanted: str, x: Any) -> str:
        """The name of something from outside: a function, a constant."""
        if self.space.get(wanted) is x:
            return wanted
        name = self.name(wanted)
        self.space[name] = x
        return name

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a line, and what follows further in."""
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def text(self, t: Term) -> str:
        """What a term is called."""
        return self.names[id(t)][0]

    def assign(self, t: Term, text: str) -> None:
        """Give a result a name: that of what it is written over, if nothing reads that again."""
        old = self.updates.get(id(t))
        name = self.text(old) if old is not None and self.is_done(old) else self.name(self.wanted(t))
        self.line(f"{name} = {text}")
        self.names[id(t)] = name, ATOM

    def wanted(self, t: Term) -> str | None:
        """The name of a term, or of what it is written to."""
        return t.name or self.targets.get(id(t))

    def is_done(self, old: Term) -> bool:
        """Whether no line to come reads an input."""
        if self.depth != 1 or id(old) in self.results or self.last_use.get(id(old), 0) > self.now:
            return False
        word = re.compile(rf"\b{self.text(old)}\b")
        return not any(self.last_use.get(i, 0) > self.now and word.search(self.names[i][0]) for i in self.inlined)

    def constant(self, t: Term) -> None:
        """A number as it is written, an array by a name."""
        if t.value is None:
            self.names[id(t)] = "None", ATOM
        elif t.shape == () and t.value.__class__ in (float, int, bool) and math.isfinite(t.value):
            text = repr(t.value)
            self.names[id(t)] = text, SIGN if text.startswith("-") else ATOM
        else:
            name = self.given(t.name or "c", t.value)
            self.static.add(name)
            self.names[id(t)] = name, ATOM

    # ---- what lives how long

    def scan(self, items: Sequence[Any], program: Program) -> list[set[int]]:
        """For each item, a term or a group of them, the memory that nothing needs after it."""
        self.results |= {id(t) for t in program.results}
        terms = [t for item in items for t in (item.terms if hasattr(item, "terms") else (item,))]
        for t in terms:
            for a in t.args:
                self.uses[id(a)] = self.uses.get(id(a), 0) + 1
        for t in program.results:
            x = t
            while x.op is not None and x.op.name in ("transpose", "reshape") and x.args[0].shape:
                self.view_of[id(x)] = x = x.args[0]
            if x is not t:
                self.fresh.add(id(x))
        self.place(terms)
        for t in terms:
            if t.op is not None and t.shape != ():
                self.roots[id(t)] = self.roots_of(t)
        last: dict[int, int] = {}
        for i, item in enumerate(items):
            for t in item.terms if hasattr(item, "terms") else (item,):
                for a in (t, *t.args):
                    self.last_use[id(a)] = i
                    for r in self.roots.get(id(a), ()):
                        last[r] = i
        for t in program.results:
            for r in self.roots.get(id(t), ()):
                last[r] = len(items)
        dying: list[set[int]] = [set() for _ in range(len(items) + 1)]
        for r, i in last.items():
            dying[i].add(r)
        return dying

    def roots_of(self, t: Term) -> frozenset[int]:
        """The terms whose memory an array may share."""
        if id(t) in self.placed:
            return frozenset({id(self.placed[id(t)][0])})
        own = frozenset({id(t)})
        is_fresh = isinstance(t.op.fn, np.ufunc) or t.op.name in FRESH  # type: ignore[union-attr]  # it has an op
        return own if is_fresh else own.union(*(self.roots.get(id(a), ()) for a in t.args))

    def place(self, terms: Iterable[Term]) -> None:
        """Find the terms that can be written where they are needed: parts of an array that is put together of them."""
        for t in terms:
            if t.op is not tiles or id(t) in self.results or id(t) in self.fresh:
                continue
            count = cover(t)
            if (count != 1).any():
                continue
            for key, part in zip(t.options["keys"], t.args, strict=True):
                is_alone = (
                    self.uses[id(part)] == 1 and id(part) not in self.results | self.fresh and part.op is not None
                )
                has_place = part.dtype == t.dtype and part.shape and count[key].shape == part.shape
                if is_alone and has_place and is_elementwise(part) and np.shares_memory(count, count[key]):
                    self.placed[id(part)] = t, key

    def release(self, dying: set[int]) -> None:
        """Give back the buffers of what is no longer needed."""
        for r in dying:
            if r in self.owner:
                self.pool.setdefault(self.keys.pop(r), []).append(self.owner.pop(r))

    # ---- arrays that are reused

    def into(self, t: Term, call: Callable[[str | None], str], *, in_place: bool = False) -> None:
        """Write a call whose result goes into a buffer; a result of the function is made anew."""
        if id(t) in self.results or id(t) in self.fresh:
            self.assign(t, call(None))
            self.new_arrays.add(id(t))
            return
        if id(t) in self.placed:
            whole, key = self.placed[id(t)]
            if id(whole) not in self.owner:
                self.buffer(whole)
            self.names[id(t)] = self.view(f"{self.owner[id(whole)]}[{self.key(key)}]"), ATOM
        elif not (in_place and self.take_over(t)):
            self.buffer(t)
        text = call(self.text(t))
        if self.wanted(t):
            self.assign(t, text)
        else:
            self.line(text)

    def take_over(self, t: Term) -> bool:
        """Whether there is a buffer of an operand that nothing else needs, to be written over."""
        for a in t.args:
            r = id(a)
            if r in self.dying and r in self.owner and self.keys[r] == (t.shape, t.dtype) and self.roots[r] == {r}:
                self.dying.discard(r)
                self.owner[id(t)], self.keys[id(t)] = self.owner.pop(r), self.keys.pop(r)
                self.names[id(t)] = self.owner[id(t)], ATOM
                return True
        return False

    def array(self, t: Term) -> str:
        """An array for a term: a new one for a result, else one that is reused."""
        if id(t) not in self.results and id(t) not in self.fresh:
            return self.buffer(t)
        self.updates.pop(id(t), None)  # what it replaces is still to be read
        self.assign(t, f"{self.given('empty', np.empty)}({t.shape!r}, {t.dtype.char!r})")
        self.new_arrays.add(id(t))
        return self.text(t)

    def buffer(self, t: Term) -> str:
        """An array for a term: one that is free, or a new one."""
        key = (t.shape, t.dtype)
        free = self.pool.get(key)
        if free:
            buffer = free.pop()
        else:
            buffer = self.static_array("b", f"{self.given('empty', np.empty)}({t.shape!r}, {t.dtype.char!r})")
        self.owner[id(t)], self.keys[id(t)] = buffer, key
        self.names[id(t)] = buffer, ATOM
        return buffer

    def static_array(self, wanted: str, text: str) -> str:
        """The name of an array that is made once."""
        self.counts[wanted] = self.counts.get(wanted, 0) + 1
        name = self.name(f"{wanted}{self.counts[wanted]}")
        self.setup.append(f"{name} = {text}")
        self.static.add(name)
        return name

    def view(self, text: str) -> str:
        """The name of a view of a static array, which is taken once."""
        if text not in self.views:
            self.views[text] = self.static_array("v", text)
        return self.views[text]

    def key(self, key: Any) -> str:
        """A key as it stands between brackets."""
        text = written_key(key)
        return self.given("key", key) if text is None else text

    def number(self, value: Any, dtype: Any) -> str:
        """The name of a constant array without axes, which NumPy takes 260 ns faster than a number."""
        dtype = np.dtype(dtype)
        if dtype.kind == "f":
            value = float(value)
        key = repr(value), dtype
        if key not in self.numbers:
            said = re.sub(r"\W", "_", repr(value).replace("-", "minus_").replace("+", "").removesuffix(".0"))
            name = self.numbers[key] = self.name(f"c_{said}" if dtype == FLOAT64 else f"c_{said}_{dtype.name}")
            self.static.add(name)
            if value.__class__ in (float, int, bool) and math.isfinite(value):
                char = "" if dtype == FLOAT64 and value.__class__ is float else f", {dtype.char!r}"
                self.setup.append(f"{name} = {self.given('array', np.array)}({value!r}{char})")
            else:
                self.space[name] = np.array(value, dtype)
        return self.numbers[key]

    def ones(self, n: int, dtype: Any) -> str:
        """The name of n ones: a product with them is a sum, in 500 ns instead of 1,700."""
        char = "" if dtype == FLOAT64 else f", {np.dtype(dtype).char!r}"
        return self.view(f"{self.given('full', np.full)}({n}, 1.0{char})")

    # ---- operands

    def operand(self, a: Term) -> str:
        """A term in a call: the float of a Value is a float64, and does not give way to narrower arrays."""
        text = self.text(a)
        return f"{self.given('float64', np.float64)}({text})" if a.is_float and not a.is_weak else text

    def cell(self, a: Term, t: Term) -> str:
        """An operand of a ufunc: scalars in arrays without axes, which NumPy takes faster than numbers."""
        text = self.text(a)
        if a.shape != () or not (a.is_float or a.is_weak):
            return text
        if a.is_constant:
            dtype = FLOAT64
            if a.is_weak:
                dtype = t.args[0].dtype if t.args[1:] and a is t.args[1] else t.args[-1].dtype
                if np.dtype(dtype).kind != "f" or a.value.__class__ is complex:
                    return text
            return self.number(a.value, dtype)
        if a.is_weak:
            return text
        if id(a) not in self.cells:
            self.cells[id(a)] = name = self.static_array("s", f"{self.given('empty', np.empty)}(())")
            self.line(f"{name}[()] = {text}")
        return self.cells[id(a)]

    def result(self, t: Term) -> str:
        """A term as it leaves the function: never an array that is used again, nor one twice."""
        text = self.text(t)
        if t.shape == () and not isinstance(t.dtype, tuple):
            return text
        while id(t) not in self.new_arrays and id(t) in self.view_of:
            t = self.view_of[id(t)]
        if id(t) in self.new_arrays:
            self.new_arrays.discard(id(t))
            return text
        return f"{self.given('array', np.array)}({text})"


def keys_of(t: Term) -> tuple[Any, ...]:
    """The places of the parts of an array."""
    return t.options["keys"] if t.op is tiles else (t.options["key"],)


def cover(t: Term) -> Any:
    """How many parts lie on each element of an array that is put together."""
    count = np.zeros(t.shape, np.int32)
    for key in keys_of(t):
        count[key] += 1
    return count
