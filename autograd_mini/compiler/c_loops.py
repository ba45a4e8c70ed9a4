"""Loops in C over arrays of known shapes, as functions of their pointers, in words that are equal where the loops are.

Axes that all arrays go through alike are one axis; the innermost loop is one that compilers vectorise. Sums are taken
over blocks, each in several lanes, so that roundings stay few in float32.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np

from .c_functions import FAR

__all__ = ["Access", "Loops", "Product"]

BLOCK = 1024  # numbers that are added in lanes before what they give is added to the rest


@dataclass(frozen=True)
class Access:
    """An array in a loop: a pointer in C, the type of its numbers, and a stride, in numbers, for each axis."""

    pointer: str
    kind: str
    strides: tuple[int, ...]


# Of reductions: where they start, how they go on, and what the compiler is told.
START = {"sum": "0", "prod": "1", "max": "-__builtin_inf()", "min": "__builtin_inf()"}
GOES_ON = {
    "sum": "{0} + {1}",
    "prod": "{0} * {1}",
    "max": "{1} > {0} ? {1} : {0}",
    "min": "{1} < {0} ? {1} : {0}",
}
KEEPS_NAN = {"max": "({1} > {0}) | ({1} != {1}) ? {1} : {0}", "min": "({1} < {0}) | ({1} != {1}) ? {1} : {0}"}
TOLD = {"sum": "+", "prod": "*", "max": "max", "min": "min"}


@dataclass
class Reduction:
    """A reduction in a loop: what it is called in C, and the array that it goes to."""

    op: str
    at: int
    x: str
    kind: str
    size: int


@dataclass
class Loops:
    """A loop over `shape`, that is filled line by line and then written."""

    shape: tuple[int, ...]
    accesses: dict[Access, int] = field(default_factory=dict)
    pointers: dict[tuple[str, str], int] = field(default_factory=dict)
    scalars: dict[str, tuple[str, str]] = field(default_factory=dict)
    loaded: dict[Access, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    has_flags: bool = False
    count: int = 0

    def at(self, access: Access) -> int:
        """The number of an access."""
        self.pointers.setdefault((access.pointer, access.kind), len(self.pointers))
        return self.accesses.setdefault(access, len(self.accesses))

    def let(self, text: str, kind: str) -> str:
        """A name for an expression."""
        name = f"v{self.count}"
        self.count += 1
        self.lines.append(f"const {kind} {name} = {text};")
        return name

    def load(self, access: Access) -> str:
        """A name for a number of an array."""
        if access not in self.loaded:
            kind = "int" if access.kind == "unsigned char" else access.kind
            self.loaded[access] = self.let(f"@{self.at(access)}@", kind)
        return self.loaded[access]

    def scalar(self, text: str, kind: str) -> str:
        """A name for a number that is the same everywhere."""
        if text not in self.scalars:
            self.scalars[text] = f"s{len(self.scalars)}", kind
        return self.scalars[text][0]

    def store(self, access: Access, text: str) -> None:
        """Put a number into an array."""
        self.lines.append(f"@{self.at(access)}@ = {text};")

    def reduce(self, op: str, access: Access, x: str, size: int) -> None:
        """Go on with a reduction to an array of that size."""
        self.reductions.append(Reduction(op, self.at(access), x, access.kind, size))

    def guard(self, x: str) -> None:
        """Say so if a number is nan."""
        self.lines.append(f"bad |= {x} != {x} ? 2 : 0;")
        self.has_flags = True

    def far(self, x: str) -> None:
        """Say so if a number is too far from 0 for the sine of it."""
        self.lines.append(f"bad |= ({x} > {FAR:.1f} | {x} < -{FAR:.1f}) & ({x} - {x} == 0) ? 4 : 0;")
        self.has_flags = True

    def written(self) -> tuple[str, list[str]]:
        """(the function, in which NAME stands for its name, what it is called with)."""
        sizes, strides = self.collapsed()
        pointers = list(self.pointers)
        texts = []
        for access, steps in zip(self.accesses, strides, strict=True):
            name = f"a{self.pointers[access.pointer, access.kind]}"
            texts.append(f"{name}[{index(steps)}]")
        arguments = [f"{kind} *restrict a{i}" for i, (_, kind) in enumerate(pointers)]
        arguments += [f"{kind} {name}" for name, kind in self.scalars.values()]
        flags = ["    int bad = 0;"] if self.has_flags else []
        body = self.nest(sizes, strides, texts)
        text = "\n".join(
            [
                f"static {'int' if self.has_flags else 'void'} NAME({', '.join(arguments) or 'void'}) {{",
                *flags,
                *(f"    {line}" for line in body),
                *(["    return bad;"] if self.has_flags else []),
                "}",
            ]
        )
        return text, [*(pointer for pointer, _ in pointers), *self.scalars]

    def collapsed(self) -> tuple[list[int], list[tuple[int, ...]]]:
        """(lengths of the loops, strides of each access in them): axes of length 1 left out, others put together."""
        columns = list(zip(*(a.strides for a in self.accesses), strict=True)) or [() for _ in self.shape]
        axes = [(n, column) for n, column in zip(self.shape, columns, strict=True) if n != 1]
        out: list[tuple[int, tuple[int, ...]]] = []
        for n, column in axes:
            if out and all(a == b * n for a, b in zip(out[-1][1], column, strict=True)):
                out[-1] = out[-1][0] * n, column
            else:
                out.append((n, column))
        if not out:
            out = [(1, (0,) * len(self.accesses))]
        return [n for n, _ in out], [tuple(column[i] for _, column in out) for i in range(len(self.accesses))]

    def nest(self, sizes: list[int], strides: list[tuple[int, ...]], texts: list[str]) -> list[str]:
        """The lines of the loops."""
        depth = len(sizes) - 1
        local = [r for r in self.reductions if strides[r.at][-1] == 0]
        is_blocked = sizes[-1] > BLOCK and any(r.op == "sum" for r in local)
        first, before, at_end, inner = [], [], [], list(self.lines)
        clauses = ["reduction(|:bad)"] if self.has_flags else []
        for k, r in enumerate(self.reductions):
            kind = "int" if r.kind == "unsigned char" else r.kind
            target = texts[r.at]
            if r in local:
                whole = not is_blocked and all(s for s in strides[r.at][:-1])
                if not whole:
                    first.append(filled(r, self.accesses, self.pointers))
                before.append(f"{kind} r{k} = ({kind}){START[r.op]};")
                inner.append(f"r{k} = {GOES_ON[r.op].format(f'r{k}', r.x)};")
                clauses.append(f"reduction({TOLD[r.op]}:r{k})")
                if r.op in KEEPS_NAN:
                    before.append(f"int n{k} = 0;")
                    inner.append(f"n{k} |= {r.x} != {r.x};")
                    clauses.append(f"reduction(|:n{k})")
                    at_end.append(f'if (n{k}) r{k} = ({kind})__builtin_nan("");')
                joined = KEEPS_NAN.get(r.op, GOES_ON[r.op]).format(target, f"r{k}")
                at_end.append(f"{target} = {f'r{k}' if whole else joined};")
            else:
                first.append(filled(r, self.accesses, self.pointers))
                inner.append(f"{target} = {KEEPS_NAN.get(r.op, GOES_ON[r.op]).format(target, r.x)};")
        last = [f"#pragma omp simd {' '.join(clauses)}".rstrip()] if sizes[-1] > 1 else []
        i, n = f"i{depth}", sizes[-1]
        start, end = ("b", "e") if is_blocked else ("0", str(n))
        inner = [f"    {replaced(line, texts)}" for line in inner]
        last += [f"for (int64 {i} = {start}; {i} < {end}; {i}++) {{", *inner, "}"]
        lines = [*before, *last, *at_end]
        if is_blocked:
            lines = [
                f"for (int64 b = 0; b < {n}; b += {BLOCK}) {{",
                f"    const int64 e = b + {BLOCK} < {n} ? b + {BLOCK} : {n};",
                *(f"    {line}" for line in lines),
                "}",
            ]
        for k in reversed(range(depth)):
            lines = [f"for (int64 i{k} = 0; i{k} < {sizes[k]}; i{k}++) {{", *(f"    {line}" for line in lines), "}"]
        return [*first, *lines]


def index(steps: tuple[int, ...]) -> str:
    """The place of an element."""
    parts = [f"i{k}" if s == 1 else f"i{k} * {s}" for k, s in enumerate(steps) if s]
    return " + ".join(parts) or "0"


def filled(r: Reduction, accesses: dict[Access, int], pointers: dict[tuple[str, str], int]) -> str:
    """A loop that starts a reduction."""
    access = list(accesses)[r.at]
    name = f"a{pointers[access.pointer, access.kind]}"
    return f"for (int64 k = 0; k < {r.size}; k++) {name}[k] = ({r.kind}){START[r.op]};"


def replaced(line: str, texts: list[str]) -> str:
    """A line with the elements of arrays in the places of their numbers."""
    parts = line.split("@")
    parts[1::2] = [texts[int(k)] for k in parts[1::2]]
    return "".join(parts)


class Product:
    """A product of matrices, vectors, or stacks of matrices, of these layouts."""

    def __init__(self, a: np.ndarray, b: np.ndarray, kind: str) -> None:
        self.kind = kind
        self.n_inner = a.shape[-1]
        if a.ndim == 1:
            a = a[None]
        if b.ndim == 1:
            b = b[:, None]
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        self.a, self.b = np.broadcast_to(a, stack + a.shape[-2:]), np.broadcast_to(b, stack + b.shape[-2:])
        self.stack, self.rows, self.columns = stack, a.shape[-2], b.shape[-1]
        size = a.itemsize
        self.steps_a = tuple(s // size for s in self.a.strides)
        self.steps_b = tuple(s // size for s in self.b.strides)
        is_packed = self.rows > 1 and self.columns > 1 and self.steps_b[-1] != 1
        self.n_packed = self.n_inner * self.columns if is_packed else 0

    def written(self) -> str:
        """The function of pointers to both, to the product, and, if needed, to n_packed numbers."""
        kind, m, k, n = self.kind, self.rows, self.n_inner, self.columns
        (si, sk), (tk, tj) = self.steps_a[-2:], self.steps_b[-2:]
        fma = "FMA" if kind == "double" else "FMAF"
        if n == 1 or m == 1:
            if m == 1:
                rows, row, step, x, along = n, tj, tk, "a", sk
            else:
                rows, row, step, x, along = m, si, sk, "b", tk
            matrix = "b" if m == 1 else "a"
            if row == 1 and step != 1 and rows >= 4:
                body = [
                    f"for (int64 i = 0; i < {rows}; i++) y[i] = 0;",
                    f"for (int64 k = 0; k < {k}; k++) {{",
                    f"    const {kind} c = {x}[k * {along}];",
                    "    #pragma omp simd",
                    f"    for (int64 i = 0; i < {rows}; i++) y[i] = {fma}({matrix}[i + k * {step}], c, y[i]);",
                    "}",
                ]
            else:
                told = ["    #pragma omp simd reduction(+:c)"] if k >= 8 else []
                body = [
                    f"for (int64 i = 0; i < {rows}; i++) {{",
                    f"    {kind} c = 0;",
                    *told,
                    f"    for (int64 k = 0; k < {k}; k++)",
                    f"        c = {fma}({matrix}[i * {row} + k * {step}], {x}[k * {along}], c);",
                    "    y[i] = c;",
                    "}",
                ]
        else:
            body = []
            if self.n_packed:
                body += [
                    f"for (int64 k = 0; k < {k}; k++)",
                    f"    for (int64 j = 0; j < {n}; j++) q[k * {n} + j] = b[k * {tk} + j * {tj}];",
                ]
                tk = n
            source = "q" if self.n_packed else "b"
            four = k - k % 4
            terms = f"y[i * {n} + j]"
            for u in range(4):
                terms = f"{fma}(c{u}, {source}[(k + {u}) * {tk} + j], {terms})"
            body += [
                f"for (int64 i = 0; i < {m}; i++) {{",
                f"    for (int64 j = 0; j < {n}; j++) y[i * {n} + j] = 0;",
            ]
            if four:
                body += [
                    f"    for (int64 k = 0; k < {four}; k += 4) {{  /* four at once: a quarter of the stores */",
                    f"        const {kind} "
                    + ", ".join(f"c{u} = a[i * {si} + (k + {u}) * {sk}]" for u in range(4))
                    + ";",
                    "        #pragma omp simd",
                    f"        for (int64 j = 0; j < {n}; j++) y[i * {n} + j] = {terms};",
                    "    }",
                ]
            if k % 4:
                body += [
                    f"    for (int64 k = {four}; k < {k}; k++) {{",
                    f"        const {kind} c = a[i * {si} + k * {sk}];",
                    "        #pragma omp simd",
                    f"        for (int64 j = 0; j < {n}; j++)",
                    f"            y[i * {n} + j] = {fma}(c, {source}[k * {tk} + j], y[i * {n} + j]);",
                    "    }",
                ]
            body.append("}")
        return self.stacked(body)

    def stacked(self, body: list[str]) -> str:
        """The function that does this for each of a stack of matrices."""
        kind = self.kind
        for k in reversed(range(len(self.stack))):
            size = prod(self.stack[k + 1 :]) * self.rows * self.columns
            body = [
                f"for (int64 s{k} = 0; s{k} < {self.stack[k]}; s{k}++) {{",
                f"    const {kind} *restrict a{k} = a + s{k} * {self.steps_a[k]};",
                f"    const {kind} *restrict b{k} = b + s{k} * {self.steps_b[k]};",
                f"    {kind} *restrict y{k} = y + s{k} * {size};",
                f"    {{ const {kind} *restrict a = a{k}, *restrict b = b{k}; {kind} *restrict y = y{k};",
                *(f"    {line}" for line in body),
                "    }",
                "}",
            ]
        scratch = f", {kind} *restrict q" if self.n_packed else ""
        head = f"static void NAME(const {kind} *restrict a, const {kind} *restrict b, {kind} *restrict y{scratch}) {{"
        return "\n".join([head, *(f"    {line}" for line in body), "}"])
