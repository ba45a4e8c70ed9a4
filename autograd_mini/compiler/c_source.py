"""C for a list of terms: one function, called with Python's objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .c_block import Block, is_number
from .c_file import LONG, File
from .program import Term

__all__ = ["Kernel", "kernel"]


@dataclass
class Kernel:
    """A function in C, and what it is to be called with.

    inputs: terms whose numbers it takes. arrays, numbers: terms that it gives; numbers are float64, at `numbers_at` of
    the work space, of `work` bytes. constants: arrays whose addresses it finds by way of the work space.
    """

    name: str
    inputs: list[Term]
    arrays: list[Term]
    numbers: list[Term]
    constants: list[np.ndarray]
    numbers_at: int
    work: int
    method: Any = None


def kernel(file: File, terms: list[Term], results: Iterable[Term], guards: Iterable[Term]) -> Kernel:
    """The kernel that computes these terms, of which it gives `results`; its C is in the file."""
    file.begin()
    block = Block(file)
    found = {id(t) for t in terms}
    outside = {id(a): a for t in terms for a in t.args if id(a) not in found and not is_number(a)}
    inputs = [a for a in outside.values() if not a.is_constant]
    results = list({id(t): t for t in results}.values())
    arrays = [t for t in results if t.shape != () or t.dtype.char != "d"]
    numbers = [t for t in results if t.shape == () and t.dtype.char == "d"]
    n = len(inputs)
    file.first_constant = n + len(arrays)
    for i, a in enumerate(inputs):
        block.take(a, f"p[{i}]")
    numbers_at = file.allocate(8 * len(numbers))
    block.constants(a for a in outside.values() if a.is_constant)
    block.write(terms, {id(t): f"p[{n + i}]" for i, t in enumerate(arrays)}, list(guards))
    for i, t in enumerate(numbers):
        x = block.number(t)
        block.add(f"((double *)(w + {numbers_at}))[{i}] = {x};", read=[x])
    lines, _ = file.assembled(block.items)
    name = f"run{len(file.entries)}"
    n_constants = len(file.constants)
    first = file.first_constant
    inside = [
        f"    char *p[{max(1, first + n_constants)}]; int bad = 0;",
        f"    if (!fetched(w, xs, p, {n}, kinds_{name})) return 1;",
        f"    for (int i = {n}; i < {first}; i++) p[i] = DATA(xs[i]);" * bool(arrays),
        f"    for (int i = 0; i < {n_constants}; i++) p[{first} + i] = CONSTANT(w, i);" * bool(n_constants),
        *(f"    {line}" for line in lines),
        "    return bad;",
    ]
    calls = f"in_{name}(DATA(memory), xs)"
    entry = [
        file.kinds(inputs, f"kinds_{name}"),
        f"static int in_{name}(char *w, char **xs) {{",
        *(line for line in inside if line),
        "}",
        f"static void *{name}(char *memory, char **xs, int64 n) {{",
        f"    if (n != {first}) return PyLong_FromLong(1);",
        f"    return PyLong_FromLong({calls});"
        if file.load < LONG
        else f"    void *thread = PyEval_SaveThread(); const int bad = {calls};\n"
        "    PyEval_RestoreThread(thread); return PyLong_FromLong(bad);",
        "}",
        f'struct method method_{name} = {{"{name}", {name}, 0x80, 0}};',
    ]
    file.entries.append("\n".join(entry))
    return Kernel(name, inputs, arrays, numbers, file.constants, numbers_at, file.work)
