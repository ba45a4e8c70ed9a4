"""Native code for a program: kernels in C for all that C is written for, and Python that calls them and NumPy.

Laws: a kernel is called with lists of objects, and looks at each before it reads it; what is not as it was when the
program was made is copied into that form, or refused. While a kernel runs, other threads run too.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from functools import cache
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from ..errors import BackendError
from .c_compiler import library
from .c_file import N_HEAD, File
from .c_functions import HEAD
from .c_source import Kernel, kernel
from .c_terms import DEAR, kind_of, lowered
from .guards import with_few_guards
from .program import Program, Term, repeated
from .python_source import Code, code_by, write_items
from .python_text import ATOM
from .python_writer import FoundNan, Writer

__all__ = ["calls_before_native", "native_code"]

LARGE = 1 << 17  # bytes, from which on memory is given back to the system
MOST_CALLS = 10_000  # before anything is compiled
LEAST = 3  # terms of a kernel: a call of it takes as long as NumPy takes for two of small arrays


def native_code(program: Program, name: str = "compiled", *, fast_math: bool = False) -> Code:
    """The code of a program, as a function of that name.

    Raises: BackendError where there is no C compiler, or it fails.
    """
    objects = layout()
    w = NativeWriter()
    program = with_few_guards(lowered(program))
    code = code_by(w, write_native, program, name, lambda: w.link(objects, fast_math=fast_math))
    code.c_source = w.file.source
    return code


def write_native(w: Any, program: Program) -> None:
    """Write the lines of a program, of which kernels compute what C is written for."""
    terms = [t for t in program.terms if t.op is not None or t.source is None]
    steps = planned(terms, program)
    wanted = {id(t) for t in (*program.outputs, *(t for _, t in program.writes))}
    items: list[Any] = []
    for step in reversed(steps):
        reads = {id(a) for a in arguments(step)}
        items.append(step if isinstance(step, Term) else w.kernel_of(step, program, wanted))
        wanted |= reads
    write_items(w, program, items[::-1], write_native)


def calls_before_native(program: Program) -> int:
    """After how many calls C is worth compiling: when NumPy has taken about as long as the compiler will; 0 for never.

    By rough figures, so that it is the same in every run: what switched at another call would round differently.
    """
    terms = [t for t in program.terms if t.op is not None]
    saved = sum(map(microseconds, terms))
    return max(1, min(MOST_CALLS, round((100_000 + 400 * len(terms)) / saved))) if saved else 0


def microseconds(t: Term) -> float:
    """About how long NumPy takes for a term that C is written for."""
    kind = kind_of(t)
    if kind in (None, "view", "pick"):
        return 0.0
    if t.op is repeated:
        return float(t.options["n"] * sum(microseconds(u) for u in t.options["body"].terms if u.op is not None))
    if is_scalar_step(t):
        return 0.05
    size = max(prod(t.shape), *(prod(a.shape) for a in t.args))
    is_dear = t.op.name in DEAR  # type: ignore[union-attr]  # it has an op
    return 0.5 + float(size) * (0.01 if is_dear else 0.001)


class Call:
    """A kernel among the items of a program."""

    def __init__(self, terms: list[Term], kernel: Kernel) -> None:
        self.terms, self.kernel = terms, kernel

    def write(self, w: Writer) -> None:
        """The lines that call it."""
        k = self.kernel
        name, made, numbers = w.name("kernel"), w.given("made", k), w.name("n")
        w.setup.append(f"{name}, {numbers} = {w.given('bound', bound)}({made})")
        xs = [w.text(t) if t.is_float or t.shape != () else boxed(w, t) for t in k.inputs]
        ys = [new_array(w, t) for t in k.arrays]
        given = ", ".join([*xs, *ys])
        w.line(f"if bad := {name}({given}): {w.given('again', again)}(bad, {name}, {made}, {given})")
        for t, y in zip(k.arrays, ys, strict=True):
            if t.shape == ():
                w.assign(t, f"{y}[()]")
        if k.numbers:
            names = [w.name(w.wanted(t)) for t in k.numbers]
            for t, n in zip(k.numbers, names, strict=True):
                w.names[id(t)] = n, ATOM
            w.line(f"{names[0]} = {numbers}.item()" if not names[1:] else f"{', '.join(names)} = {numbers}.tolist()")


class NativeWriter(Writer):
    """Writes Python that calls kernels."""

    def __init__(self) -> None:
        super().__init__()
        self.file = File()
        self.kernels: list[Kernel] = []
        self.inside: set[int] = set()  # terms that kernels compute
        self.taken.add("bad")

    def kernel_of(self, step: list[Term], program: Program, wanted: set[int]) -> Call:
        """The call of a kernel that computes these terms, and gives those that are wanted."""
        inside = {id(t) for t in step}
        guards = [g for g in program.guards if id(g) in inside]
        self.guarded |= {id(g) for g in guards}
        self.inside |= {id(t) for t in step if kind_of(t) != "view"}
        needed = [t for t in step if id(t) in wanted and kind_of(t) != "view"]
        k = kernel(self.file, step, needed, guards)
        self.kernels.append(k)
        return Call(step, k)

    def link(self, objects: str, *, fast_math: bool) -> None:
        """Compile the kernels."""
        if self.kernels:
            made = library(f"{HEAD}{objects}{C_HEAD}{self.file.source}", fast_math=fast_math)
            for k in self.kernels:
                k.method = ctypes.c_char.in_dll(made, f"method_{k.name}")

    def place(self, terms: Iterable[Term]) -> None:
        """Find the terms that can be written where they are needed: none that a kernel computes, or reads."""
        super().place(t for t in terms if id(t) not in self.inside)
        self.placed = {i: at for i, at in self.placed.items() if i not in self.inside}


def new_array(w: Writer, t: Term) -> str:
    """The name of the array that a result of a kernel is put into: a buffer, or a new one."""
    if t.shape == () or id(t) not in w.results:
        return w.buffer(t)
    name = w.name(w.wanted(t))
    if prod(t.shape) * t.dtype.itemsize < LARGE:
        w.line(f"{name} = {w.given('empty', np.empty)}({t.shape!r}, {t.dtype.char!r})")
    else:
        kept = w.name("kept")
        w.setup.append(f"{kept} = []")
        w.line(f"{name} = {w.given('unheld', unheld)}({kept}, {t.shape!r}, {t.dtype.char!r})")
    w.names[id(t)] = name, ATOM
    w.new_arrays.add(id(t))
    return name


def boxed(w: Writer, t: Term) -> str:
    """A number that is no float64, as an array."""
    return f"{w.given('array', np.array)}({w.text(t)}, {t.dtype.char!r})"


def arguments(step: Term | list[Term]) -> list[Term]:
    """What a step reads that it does not compute."""
    if isinstance(step, Term):
        return list(step.args)
    inside = {id(t) for t in step}
    return [a for t in step for a in t.args if id(a) not in inside]


def planned(terms: list[Term], program: Program) -> list[Any]:
    """The steps of a program: terms that Python computes, and lists of those of a kernel.

    Kernels and Python take turns, each with all that it can compute by then. What only shows memory in another way is
    done by whoever needs it.
    """
    kinds = {id(t): kind_of(t) if t.op is not None else "constant" for t in terms}
    while True:
        steps = staged(terms, kinds, program)
        lonely = [step for step in steps if isinstance(step, list) and not is_worth_it(step)]
        if not lonely:
            return steps
        for step in lonely:
            for t in step:
                if kinds[id(t)] != "view":
                    kinds[id(t)] = None


def is_worth_it(step: list[Term]) -> bool:
    """Whether a kernel of these terms is faster than NumPy, or Python, on them."""
    kinds = [kind_of(t) for t in step]
    if "repeat" in kinds:
        return True
    arrays = [t for t, kind in zip(step, kinds, strict=True) if kind not in ("view", "pick") and not is_scalar_step(t)]
    if not arrays:
        return len(step) >= 30
    return len(arrays) >= LEAST or any(t.op.name in DEAR for t in arrays)  # type: ignore[union-attr]  # they have ops


def is_scalar_step(t: Term) -> bool:
    """Whether a term is arithmetic of numbers."""
    return t.shape == () and all(a.shape == () for a in t.args)


def staged(terms: list[Term], kinds: dict[int, str | None], program: Program) -> list[Any]:
    """The steps for these kinds: even stages are kernels, odd ones are Python's."""
    stage: dict[int, int] = {}
    for t in terms:
        kind = kinds[id(t)]
        first = max((stage.get(id(a), 0) for a in t.args), default=0)
        is_odd = first % 2 == 1
        stage[id(t)] = first if kind in ("view", "constant") else first + (is_odd if kind else not is_odd)
    put_off(terms, kinds, stage)
    views = {id(t) for t in terms if kinds[id(t)] == "view"}
    for_python: set[int] = set()
    for_kernels: dict[int, set[int]] = {}
    results = {id(t) for t in program.results}
    for t in reversed(terms):
        if id(t) in views:
            if id(t) in results or id(t) in for_python:
                for_python |= {id(t), *(id(a) for a in t.args if id(a) in views)}
            for chosen in for_kernels.values():
                if id(t) in chosen:
                    chosen |= {id(a) for a in t.args if id(a) in views}
        elif kinds[id(t)] in (None, "constant"):
            for_python |= {id(a) for a in t.args if id(a) in views}
        else:
            for_kernels.setdefault(stage[id(t)], set()).update(id(a) for a in t.args if id(a) in views)
    steps: list[Any] = [t for t in terms if kinds[id(t)] == "constant"]
    for level in range(max(stage.values(), default=0) + 1):
        if level % 2 == 0:
            chosen = for_kernels.get(level, set())
            step = [
                t
                for t in terms
                if id(t) in chosen or (kinds[id(t)] not in ("view", "constant", None) and stage[id(t)] == level)
            ]
            if any(id(t) not in views for t in step):
                steps.append(step)
        steps += [
            t
            for t in terms
            if (kinds[id(t)] is None and stage[id(t)] == level) or (id(t) in for_python and stage[id(t)] == level)
        ]
    return steps


def put_off(terms: list[Term], kinds: dict[int, str | None], stage: dict[int, int]) -> None:
    """Move what kernels compute into the last one that is early enough, so that it is fused with what needs it.

    In a step of Adam the running means are then read and written once, with the parameters: 0.8 of the time.
    """
    latest: dict[int, int] = {}
    following = ("view", "pick")  # which are computed with what they are taken of
    for t in reversed(terms):
        kind = kinds[id(t)]
        if kind not in (None, "constant", *following) and id(t) in latest:
            stage[id(t)] = max(stage[id(t)], latest[id(t)] - latest[id(t)] % 2)
        at = latest.get(id(t), stage[id(t)]) if kind in following else stage[id(t)]
        for a in t.args:
            latest[id(a)] = min(latest.get(id(a), at), at - (kind is None))
    for t in terms:
        if kinds[id(t)] in following:
            stage[id(t)] = max((stage.get(id(a), 0) for a in t.args), default=0)


# ---- objects as C finds them

C_HEAD = """
#define DATA(x) (*(char **)((x) + AT_DATA))
#define CONSTANT(w, i) ((*(char ***)(w))[i])
struct method { const char *name; void *run; int flags; const char *doc; };
void *PyLong_FromLong(long), *PyEval_SaveThread(void); void PyEval_RestoreThread(void *);
/* Pointers to the numbers of some objects; 0 unless each is of its kind, in one piece, of the shape it had. */
static int fetched(char *w, char **xs, char **p, int n, const int64 *kinds) {
    char **head = (char **)w;
    for (int i = 0; i < n; i++) {
        char *x = xs[i], *type = *(char **)(x + AT_TYPE);
        const int64 dtype = *kinds++, axes = *kinds++;
        if (dtype == 4) {
            if (type != head[5] && type != head[6]) return 0;
            p[i] = x + AT_NUMBER;
        } else {
            if (type != head[7] || *(char **)(x + AT_DTYPE) != head[1 + dtype]) return 0;
            if ((*(int *)(x + AT_FLAGS) & 0x101) != 0x101 || *(int *)(x + AT_AXES) != axes) return 0;
            const int64 *shape = *(const int64 **)(x + AT_SHAPE);
            for (int64 k = 0; k < axes; k++) if (shape[k] != *kinds++) return 0;
            p[i] = DATA(x);
        }
    }
    return 1;
}
"""
DTYPES = [np.dtype(c) for c in "df?l"]


@cache
def layout() -> str:
    """Where C finds what it needs of lists, floats and arrays, as definitions in C.

    These are CPython's structures and NumPy's, which extension modules are compiled with; they are looked at here
    before they are relied on.

    Raises: BackendError where they are others.
    """
    array, other = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2).T
    size = ctypes.sizeof(ctypes.c_void_p)
    if sys.implementation.name == "cpython" and size == 8 and np.dtype(np.int64).char == "l":
        head = object.__basicsize__
        at = {
            "TYPE": head - 8, "NUMBER": head, "DATA": head, "AXES": head + 8,
            "SHAPE": head + 16, "DTYPE": head + 40, "FLAGS": head + 48,
        }  # fmt: skip
        found = [
            number(array, at["TYPE"]) == id(np.ndarray),
            number(0.1, at["NUMBER"], ctypes.c_double) == 0.1,
            number(np.float64(0.3), at["NUMBER"], ctypes.c_double) == 0.3,
            number(array, at["DATA"]) == array.ctypes.data,
            number(array, at["AXES"], ctypes.c_int) == 2,
            ctypes.c_int64.from_address(number(array, at["SHAPE"]) + 8).value == 3,
            number(array, at["DTYPE"]) == id(array.dtype),
            number(array, at["FLAGS"], ctypes.c_int) & 0x101 == 0x101,
            number(other, at["FLAGS"], ctypes.c_int) & 0x101 == 0x100,
        ]
        if all(found):
            return "".join(f"#define AT_{name} {x}\n" for name, x in at.items())
    raise BackendError(
        f"compile: native code was asked for on {sys.implementation.name}; it needs CPython with 64 bits; "
        "give backend='numpy'"
    )


def number(x: Any, at: int, kind: Any = ctypes.c_void_p) -> Any:
    """What stands in an object."""
    return kind.from_address(id(x) + at).value


def bound(k: Kernel) -> tuple[Any, np.ndarray]:
    """(the function of a kernel with memory for one run of it at a time, where the numbers are that it gives).

    The function is one of Python's own, as those of extension modules are: a call of it takes 60 ns, and one by way of
    ctypes 450.
    """
    addresses = np.array([x.ctypes.data for x in k.constants] or [0], np.int64)
    whole = np.zeros(k.work + 64, np.uint8)
    start = -whole.ctypes.data % 64
    memory = whole[start : start + k.work].view(Memory)
    memory.kept = k, addresses
    memory[: 8 * N_HEAD].view(np.int64)[:] = [
        addresses.ctypes.data, *map(id, DTYPES), id(float), id(np.float64), id(np.ndarray)
    ]  # fmt: skip
    numbers = np.asarray(memory)[k.numbers_at : k.numbers_at + 8 * len(k.numbers)].view(np.float64)
    return new_function(ctypes.addressof(k.method), memory, None), numbers


def unheld(kept: list[np.ndarray], shape: tuple[int, ...], char: str) -> np.ndarray:
    """An array for a result: one that was given before and that nobody holds any more, or a new one.

    A new one of 800 kB costs 400 microseconds, as the system gives its pages one by one.
    """
    for i in range(len(kept)):
        if getrefcount(kept[i]) <= UNHELD:
            return kept[i]
    y = np.empty(shape, char)
    kept.append(y)
    if len(kept) > 2:  # parameters hold the array of the last call while the next one computes another
        del kept[0]
    return y


NOBODYS = [np.empty(0)]
UNHELD = getrefcount(NOBODYS[0])  # of an array that only a list holds


class Memory(np.ndarray):
    """Bytes, and all that they point to."""

    kept: Any


new_function = ctypes.pythonapi.PyCFunction_NewEx
new_function.argtypes, new_function.restype = [ctypes.c_void_p, ctypes.py_object, ctypes.py_object], ctypes.py_object


def again(bad: int, run: Any, k: Kernel, *given: Any) -> None:
    """Do what a kernel could not, if all that it lacked were inputs in the form that it takes: with copies.

    Raises: FoundNan where a gradient holds a nan, or a sine is to be taken too far from 0.
    """
    if bad != 1:
        raise FoundNan
    n = len(k.inputs)
    copies = [plain(x, t) for x, t in zip(given[:n], k.inputs, strict=True)]
    if run(*copies, *given[n:]):
        raise FoundNan


def plain(x: Any, t: Term) -> Any:
    """An input in the form that a kernel takes."""
    if t.is_float:
        return float(x)
    y = np.asarray(x)
    if y.shape != t.shape or y.dtype != t.dtype:
        raise FoundNan
    return np.array(y, np.dtype(t.dtype.char if t.dtype.char != "q" else "l"), order="C", copy=True)
