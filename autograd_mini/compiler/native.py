"""Native code for a program: kernels in C for all that C is written for, and Python that calls them and NumPy.

Laws: a kernel is called with lists of objects, and looks at each before it reads it; what is not as it was when the
program was made is copied into that form, or refused. While a kernel runs, other threads run too.
"""

from __future__ import annotations

import ctypes
import sys
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
from .program import Program, Term, repeated
from .python_source import ATOM, Code, FoundNan, Writer, code_by

__all__ = ["calls_before_native", "native_code"]

LARGE = 1 << 17  # bytes, from which on memory is given back to the system
MOST_CALLS = 10_000  # before anything is compiled
LEAST = 3  # terms of a kernel: a call of it takes as long as NumPy takes for two of small arrays


def native_code(program: Program, *, fast_math: bool = False) -> Code:
    """The code of a program.

    Raises: BackendError where there is no C compiler, or it fails.
    """
    objects = layout()
    file = File()
    writer = NativeWriter(file)
    code = code_by(writer, lowered(program), finish=lambda: writer.linked(objects, fast_math=fast_math))
    code.c_source = file.source
    return code


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


class NativeWriter(Writer):
    """Writes Python whose terms are computed by kernels, where C is written for them."""

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file = file
        self.kernels: list[Kernel] = []
        self.space |= {"again": again, "bound": bound, "unheld": unheld}
        self.taken |= {"bad", *self.space}
        self.guarded: set[int] = set()
        self.is_quiet = True

    def inner(self) -> NativeWriter:
        """A writer of the function of a loop's body."""
        inner = NativeWriter(self.file)
        inner.space, inner.taken, inner.kernels = self.space, self.taken, self.kernels
        return inner

    def linked(self, objects: str, *, fast_math: bool) -> None:
        """Put the functions of the compiled kernels where the Python finds them."""
        if not self.kernels:
            return
        made = library(f"{HEAD}{objects}{C_HEAD}{self.file.source}", fast_math=fast_math)
        for k in self.kernels:
            k.method = ctypes.c_char.in_dll(made, f"method_{k.name}")

    def warns(self, x: Any) -> bool:
        """Whether something from outside is a function that may warn."""
        return super().warns(x) and x not in (again, bound, unheld, np.array)

    def body(self, program: Program) -> None:
        """The lines of all steps."""
        terms = [t for t in program.terms if t.op is not None or t.source is None]
        results = {id(t) for t in program.results}
        self.results, self.uses = results, {}
        self.leaves_as_it_is: set[int] = set()
        roots = self.roots = self.roots_of(terms)
        steps = planned(terms, program)
        wanted = {id(t) for t in (*program.outputs, *(t for _, t in program.writes))}
        later: list[set[int]] = []  # what each step must leave to those after it
        for step in reversed(steps):
            later.append(set(wanted))
            wanted |= {id(a) for a in arguments(step)}
        made: list[list[Term]] = []
        read: list[list[Term]] = []
        done: dict[int, Kernel] = {}
        for k, (step, left) in enumerate(zip(steps, reversed(later), strict=True)):
            if isinstance(step, Term):
                made.append([step])
                read.append(list(step.args))
                continue
            inside = {id(t) for t in step}
            guards = [g for g in program.guards if id(g) in inside]
            self.guarded |= {id(g) for g in guards}
            needed = [t for t in step if id(t) in left and kind_of(t) != "view"]
            found = done[k] = kernel(self.file, step, needed, guards)
            made.append([*found.arrays, *found.numbers])
            read.append(found.inputs)
            for t in made[-1]:
                roots[id(t)] = frozenset({id(t)})
        for args in read:
            for a in args:
                self.uses[id(a)] = self.uses.get(id(a), 0) + 1
        last: dict[int, int] = {}
        for k, args in enumerate(read):
            for a in args:
                for r in roots.get(id(a), ()):
                    last[r] = k
        for t in program.results:
            for r in roots.get(id(t), ()):
                last[r] = len(steps)
        for k, step in enumerate(steps):
            self.now = k
            self.dying = {r for a in read[k] for r in roots.get(id(a), ()) if last.get(r) == k}
            if isinstance(step, Term):
                self.term(step)
            else:
                self.call_kernel(done[k])
            kept = {r for t in made[k] for r in roots.get(id(t), ())}
            for r in self.dying:
                if r in self.owner and r not in kept:
                    buffer, key = self.owner.pop(r), self.keys.pop(r)
                    self.pool.setdefault(key, []).append(buffer)

    def guard(self, terms: list[Term]) -> None:
        """Raise where a gradient that no kernel looked at holds a nan."""
        super().guard([t for t in terms if id(t) not in self.guarded])

    def call_kernel(self, k: Kernel) -> None:
        """The lines that call a kernel."""
        name = self.name("kernel")
        self.kernels.append(k)
        made, numbers = self.given("made", k), self.name("n")
        self.setup.append(f"{name}, {numbers} = bound({made})")
        xs = [self.names[id(t)][0] if t.is_float or t.shape != () else self.boxed(t) for t in k.inputs]
        ys = []
        for t in k.arrays:
            if t.shape == ():
                ys.append(self.buffer(t))
            elif t.shape != () and self.escapes(t):
                new = self.name(t.name or f"y{len(self.taken)}")
                if prod(t.shape) * t.dtype.itemsize < LARGE:
                    self.line(f"{new} = empty({t.shape!r}, {t.dtype.char!r})")
                else:
                    kept = self.name("kept")
                    self.setup.append(f"{kept} = []")
                    self.line(f"{new} = unheld({kept}, {t.shape!r}, {t.dtype.char!r})")
                self.names[id(t)] = new, ATOM
                self.leaves_as_it_is.add(id(t))
                ys.append(new)
            else:
                ys.append(self.buffer(t))
        given = ", ".join([*xs, *ys])
        self.line(f"if bad := {name}({given}): again(bad, {name}, {made}, {given})")
        for t, y in zip(k.arrays, ys, strict=True):
            if t.shape == ():
                self.assign(t, f"{y}[()]")
        if k.numbers:
            names = [self.name(t.name or f"t{len(self.taken)}") for t in k.numbers]
            for t, n in zip(k.numbers, names, strict=True):
                self.names[id(t)] = n, ATOM
            if len(names) == 1:
                self.line(f"{names[0]} = {numbers}.item()")
            else:
                self.line(f"{', '.join(names)} = {numbers}.tolist()")

    def boxed(self, t: Term) -> str:
        """A number that is no float64, as an array."""
        return f"{self.given('array', np.array)}({self.names[id(t)][0]}, {t.dtype.char!r})"


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
