"""The C of several kernels: functions that they share, names, the work space, and arrays in it.

Laws: equal functions are written once; long ones are split, as compilers take more than proportionally long for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .c_functions import needed
from .c_loops import Access
from .c_terms import C_TYPES
from .program import Term

__all__ = ["LONG", "N_HEAD", "File", "Item", "Place", "names_in", "scalar_type"]

MOST_LINES = 250  # of one function: gcc takes 0.1 s for them, and 4 s for 3,000
LONG = 20_000  # numbers that are computed, in about 10 microseconds: a kernel of more lets other threads run
N_HEAD = 8  # pointers that stand first in the work space


class File:
    """The C of several kernels: functions that they share, and what the blocks of the present one have in common."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}  # by their text without a name
        self.parts: list[str] = []
        self.entries: list[str] = []
        self.names: dict[str, int] = {}  # of elementary functions, with how often they are called
        self.count = 0
        self.begin()

    def begin(self) -> None:
        """Start a kernel."""
        self.constants: list[np.ndarray] = []
        self.constant_at: dict[int, int] = {}
        self.first_constant = 0
        self.work = 8 * N_HEAD
        self.load = 0
        self.slots: dict[str, int] = {}
        self.kinds_of_names: dict[str, str] = {}

    @property
    def source(self) -> str:
        """All of it."""
        return "\n".join([needed(self.names), *self.functions.values(), *self.parts, *self.entries, ""])

    def allocate(self, n: int) -> int:
        """The place of n more bytes of the work space."""
        at = self.work
        self.work += -(-n // 64) * 64
        return at

    def name(self, prefix: str) -> str:
        """A new name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def function(self, text: str) -> str:
        """The name of the function of this text, in which NAME stands for it."""
        if text not in self.functions:
            self.functions[text] = text.replace("NAME", f"f{len(self.functions)}", 1)
        return self.functions[text].split("(", 1)[0].rsplit(" ", 1)[1]

    def kinds(self, inputs: list[Term], name: str) -> str:
        """The table of what the inputs must be: the dtype, the number of axes, and the shape of each."""
        order = {"d": 0, "f": 1, "?": 2, "l": 3, "q": 3}
        rows = [[4 if t.is_float else order[t.dtype.char], len(t.shape), *t.shape] for t in inputs]
        return f"static const int64 {name}[] = {{{', '.join(map(str, [x for row in rows for x in row] or [0]))}}};"

    def slot(self, name: str, kind: str) -> str:
        """The number of that name, as it stands in the work space."""
        if name not in self.slots:
            if len(self.slots) % 8 == 0:
                self.free_slots = self.allocate(64)
            self.slots[name] = self.free_slots + 8 * (len(self.slots) % 8)
        return f"*({kind} *)(w + {self.slots[name]})"

    def assembled(self, items: list[Item]) -> tuple[list[str], dict[str, str]]:
        """(lines of C, names that must stand in their slots before) of some items: in functions, if they are many."""
        declared = {name: kind for item in items for name, kind in item.declared.items()}
        if sum(len(item.lines) for item in items) <= MOST_LINES:
            return [line for item in items for line in item.text()], {}
        chunks: list[list[Item]] = [[]]
        n = 0
        for item in items:
            n += len(item.lines)
            if n > MOST_LINES and chunks[-1]:
                chunks.append([])
                n = len(item.lines)
            chunks[-1].append(item)
        owner = {name: i for i, chunk in enumerate(chunks) for item in chunk for name in item.declared}
        kinds = {**self.kinds_of_names, **declared}
        crossing = {
            name
            for i, chunk in enumerate(chunks)
            for item in chunk
            for name in item.read | item.set_
            if owner.get(name) != i
        }
        calls = []
        for chunk in chunks:
            own = {name: kind for item in chunk for name, kind in item.declared.items()}
            touched = {name: None for item in chunk for name in sorted(item.read | item.set_)}
            taken = [name for name in touched if name not in own]
            changed = {name: None for item in chunk for name in sorted(item.set_)}
            kept = [name for name in own if name in crossing] + [name for name in changed if name not in own]
            part = self.name("part")
            lines = [
                f"static __attribute__((noinline)) int {part}(char *w, char **p) {{",
                "    int bad = 0;",
                *(f"    {kinds[name]} {name} = {self.slot(name, kinds[name])};" for name in taken),
                *(f"    {line}" for item in chunk for line in item.text()),
                *(f"    {self.slot(name, kinds[name])} = {name};" for name in kept),
                "    return bad;",
                "}",
            ]
            self.parts.append("\n".join(lines))
            calls.append(f"bad |= {part}(w, p);")
        return calls, {name: kinds[name] for name in sorted(crossing) if name not in owner}


@dataclass
class Place:
    """Where an array is: a pointer in C, what stands for the memory that begins there, and the array's part of it."""

    pointer: str
    root: np.ndarray
    part: np.ndarray

    def access(self, shape: tuple[int, ...]) -> Access:
        """The array as it is read in a loop of that shape."""
        x, size = np.broadcast_to(self.part, shape), self.part.itemsize
        offset = (address(self.part) - address(self.root)) // size if self.part.size else 0
        kind = C_TYPES[x.dtype.char]
        pointer = f"({kind} *)({self.pointer})" + f" + {offset}" * bool(offset)
        return Access(pointer, kind, tuple(s // size for s in x.strides))


def address(x: np.ndarray) -> int:
    """Where the memory of an array begins."""
    return int(x.__array_interface__["data"][0])


@dataclass
class Item:
    """Lines of C, with the names of numbers that they declare, read and set."""

    lines: list[str]
    declared: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    set_: set[str] = field(default_factory=set)

    def text(self) -> list[str]:
        """The lines, with declarations."""
        if len(self.lines) == len(self.declared) == 1 and self.lines[0].startswith(f"{next(iter(self.declared))} ="):
            return [f"{next(iter(self.declared.values()))} {self.lines[0]}"]
        return [*(f"{kind} {name};" for name, kind in self.declared.items()), *self.lines]


def names_in(pointer: str) -> set[str]:
    """The names of numbers in a pointer: those of rows of a loop."""
    words = pointer.replace(")", " ").replace("(", " ").split()
    return {word for word in words if word[0] == "i" and word[1:].isdigit()}


def scalar_type(dtype: Any) -> str:
    """The type of a number by itself."""
    return "int" if dtype.char == "?" else C_TYPES[dtype.char]
