"""Python source for a program: scalars as arithmetic of floats, arrays as NumPy's calls into arrays that are reused.

Laws: results and what is written are new arrays, or copies; arrays that are reused belong to one run at a time, and
nothing of them leaves it. Where arithmetic of floats raises, as 1/0 does, the function itself is run instead.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..state import drawn
from .program import FLOAT64, Program, Term, repeated
from .simplify import tiles

__all__ = ["Code", "FoundNan", "python_code"]

WIDTH = 100  # of an expression that is written into another


class FoundNan(Exception):  # noqa: N818  # not an error of anybody
    """A gradient holds a nan: the function itself is to be run, which knows what to do."""


class Code:
    """A function and its source.

    run: takes the raw data of the program's inputs, gives (outputs, written) as lists, and raises FoundNan
    where a guard found one. generators: those that it draws from.
    """

    def __init__(self, make: Callable[[], Callable[..., Any]], source: str, generators: list[Any]) -> None:
        self.make, self.source, self.generators = make, source, generators
        self.c_source = ""
        self.free = [make()]  # those that no thread is in

    def run(self, *inputs: Any) -> Any:
        """(outputs, written)."""
        try:
            run = self.free.pop()
        except IndexError:
            run = self.make()
        try:
            return run(*inputs)
        finally:
            self.free.append(run)


def python_code(program: Program) -> Code:
    """The code of a program."""
    return code_by(Writer(), program)


def code_by(writer: Writer, program: Program, finish: Callable[[], None] = lambda: None) -> Code:
    """The code of a program, by this writer; `finish` is called when all is written."""
    source = writer.function(program, "compiled")
    finish()
    body = "\n".join([*(f"    {line}" for line in writer.setup), *(f"    {line}" for line in source)])
    space = writer.space
    text = f"def make():\n{body}\n    return compiled\n"
    exec(compile(text, "<compiled>", "exec"), space)  # noqa: S102  # the source that was just written
    return Code(space["make"], text, writer.generators)


Text = tuple[str, int]  # an expression, and how tightly it binds
COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = 2, 5, 6, 7, 8, 10

# Scalars: what stands for an op on Python's floats and truth values.
INFIX = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "greater": (">", COMPARE), "greater_equal": (">=", COMPARE), "less": ("<", COMPARE),
    "less_equal": ("<=", COMPARE), "equal": ("==", COMPARE), "not_equal": ("!=", COMPARE),
}  # fmt: skip
CALLS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name)
    for name in (
        "exp",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "sqrt",
        "hypot",
    )
}
CALLS |= {
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "arcsinh": math.asinh, "arccosh": math.acosh,
    "arctanh": math.atanh, "arctan2": math.atan2, "abs": abs, "power": math.pow, "copysign": math.copysign,
}  # fmt: skip

# Ops, besides NumPy's ufuncs, that never give a view of an operand.
FRESH = {
    "choice", "clipped", "concatenate", "cumsum", "einsum", "log_softmax", "logistic", "logsumexp", "matmul", "max",
    "mean", "min", "prod", "relu", "scatter", "softmax", "std", "sum", "tiles", "var",
}  # fmt: skip


PLAIN = (FoundNan, np.errstate, np.empty, np.float64, abs)


class Writer:
    """Writes functions, one inside another for loops; keeps their names, and what they find from outside."""

    def __init__(self) -> None:
        self.space: dict[str, Any] = {
            "float64": np.float64,
            "FoundNan": FoundNan,
            "errstate": np.errstate,
            "empty": np.empty,
        }
        self.setup: list[str] = []  # lines that are run once for each set of buffers
        self.taken: set[str] = {"make", "compiled", "nan", *self.space}
        self.generators: list[Any] = []
        self.lines: list[str] = []
        self.depth = 0
        self.names: dict[int, Text] = {}
        self.pool: dict[tuple[Any, Any], list[str]] = {}
        self.owner: dict[int, str] = {}  # a term's own buffer
        self.static: set[str] = set()  # names of arrays that are the same in every call
        self.cells: dict[tuple[int, Any], str] = {}
        self.keys: dict[int, tuple[Any, Any]] = {}

    # ---- names

    def name(self, wanted: str) -> str:
        """A name that is free: `wanted`, or with a number."""
        wanted = re.sub(r"\W", "_", wanted) or "t"
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

    # ---- a function

    def function(self, program: Program, name: str) -> list[str]:
        """The lines of a function of the program's inputs."""
        inputs = []
        for i, t in enumerate(program.inputs):
            x = self.name(t.name or f"x{i + 1}")
            inputs.append(x)
            self.names[id(t)] = x, ATOM
        outer, self.lines, depth, self.depth = self.lines, [], self.depth, 0
        with self.block(f"def {name}({', '.join(inputs)}):"):
            self.body(program)
            self.guard(program.guards)
            self.given_away: set[int] = set()
            outputs = ", ".join(self.result(t) for t in program.outputs)
            written = ", ".join(self.result(t) for _, t in program.writes)
            self.line(f"return [{outputs}], [{written}]")
        lines, self.lines, self.depth = self.lines, outer, depth
        head, *rest = lines
        if any(map(self.warns, self.space.values())):
            rest = ["    with errstate(all='ignore'):", *(f"    {line}" for line in rest)]
        return [head, *rest]

    def warns(self, x: Any) -> bool:
        """Whether something from outside is a function that may warn, where the function itself does not."""
        return callable(x) and getattr(x, "__module__", None) != "math" and x not in PLAIN

    def result(self, t: Term) -> str:
        """A term as it leaves the function: never an array that is used again."""
        text = self.names[id(t)][0]
        if t.shape == ():
            return text
        if id(t) in self.leaves_as_it_is and id(t) not in self.given_away:
            self.given_away.add(id(t))
            return text
        return f"{self.given('array', np.array)}({text})"

    def body(self, program: Program) -> None:
        """The lines of all terms."""
        terms = [t for t in program.terms if t.op is not None or t.source is None]
        results = {id(t) for t in program.results}
        uses: dict[int, int] = {}
        for t in terms:
            for a in t.args:
                uses[id(a)] = uses.get(id(a), 0) + 1
        self.uses, self.results = uses, results
        self.leaves_as_it_is: set[int] = set()
        roots = self.roots_of(terms)
        last: dict[int, int] = {}
        for i, t in enumerate(terms):
            for a in t.args:
                for r in roots.get(id(a), ()):
                    last[r] = i
        for t in program.results:
            for r in roots.get(id(t), ()):
                last[r] = len(terms)
        for i, t in enumerate(terms):
            self.now = i
            self.dying = {r for a in t.args for r in roots.get(id(a), ()) if last.get(r) == i}
            self.roots = roots
            self.term(t)
            for r in self.dying:
                if r in self.owner and r not in roots.get(id(t), ()):
                    buffer, key = self.owner.pop(r), self.keys.pop(r)
                    self.pool.setdefault(key, []).append(buffer)

    def guard(self, terms: list[Term]) -> None:
        """Raise where a gradient holds a nan: then so does a sum of all, and of products of arrays with themselves."""
        texts = list(dict.fromkeys(self.names[id(t)][0] if t.shape == () else self.product(t) for t in terms))
        if texts:
            self.line(f"nan = {' + '.join(texts)}")
            self.line("if nan != nan: raise FoundNan")

    def product(self, t: Term) -> str:
        """The product of an array with itself, which takes less time than to look for nan."""
        text = self.names[id(t)][0]
        return f"{self.given('vdot', np.vdot)}({text}, {text})"

    def roots_of(self, terms: list[Term]) -> dict[int, frozenset[int]]:
        """The terms whose memory each array may share."""
        roots: dict[int, frozenset[int]] = {}
        for t in terms:
            if t.op is None or t.shape == ():
                continue
            own = frozenset({id(t)})
            fresh = isinstance(t.op.fn, np.ufunc) or t.op.name in FRESH
            roots[id(t)] = own if fresh else own.union(*(roots.get(id(a), ()) for a in t.args))
        return roots

    # ---- terms

    def term(self, t: Term) -> None:
        """The lines of one term."""
        if t.op is None:
            self.constant(t)
        elif t.op is repeated:
            self.loop(t)
        elif is_scalar(t) and (text := self.scalar(t)) is not None:
            self.keep_scalar(t, text)
        elif t.shape == () or isinstance(t.dtype, tuple):
            self.assign(t, self.call(t))
        else:
            self.array(t)

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

    def scalar(self, t: Term) -> Text | None:
        """A scalar as an expression; None if there is none."""
        name: str = t.op.name  # type: ignore[union-attr]  # it has an op
        if not all(is_scalar(a) for a in t.args):
            return self.reduction(t)
        xs = [self.names[id(a)] for a in t.args]
        if name in INFIX:
            symbol, level = INFIX[name]
            left, right = xs
            return f"{bracketed(left, level + (level == COMPARE))} {symbol} {bracketed(right, level + 1)}", level
        if name in CALLS and t.is_float:
            return f"{self.given(CALLS[name].__name__, CALLS[name])}({', '.join(x for x, _ in xs)})", ATOM
        match name:
            case "negative":
                return f"-{bracketed(xs[0], SIGN)}", SIGN
            case "square":
                return (f"{xs[0][0]} * {xs[0][0]}", PRODUCT) if xs[0][0].isidentifier() else None
            case "reciprocal":
                return f"1.0 / {bracketed(xs[0], SIGN)}", PRODUCT
            case "logistic":
                exp = self.given("exp", math.exp)
                return f"1.0 / (1.0 + {exp}(-{bracketed(xs[0], SIGN)}))", PRODUCT
            case "relu" if xs[0][0].isidentifier():
                return f"({xs[0][0]} if {xs[0][0]} > 0.0 else 0.0 * {xs[0][0]})", ATOM
            case "choice" if t.is_float:
                return f"({bracketed(xs[1], 1)} if {xs[0][0]} else {bracketed(xs[2], 1)})", ATOM
            case "logical_not":
                return f"(not {bracketed(xs[0], COMPARE + 1)})", ATOM
            case "astype" if t.is_float:
                return f"float({xs[0][0]})", ATOM
            case "reshape" | "broadcast_to":
                return xs[0]
        return None

    def reduction(self, t: Term) -> Text | None:
        """A scalar of an array as an expression; None if there is no short one."""
        x = t.args[0]
        text = bracketed(self.names[id(x)], ATOM)
        name = t.op.name  # type: ignore[union-attr]  # it has an op
        if not t.is_float or x.dtype != FLOAT64 or not isinstance(x.shape, tuple):
            return None
        add_reduce = self.given("add_reduce", np.add.reduce)
        if name == "sum":
            return f"float({add_reduce}({text}, None))", ATOM
        if name == "mean" and x.shape:
            return f"float({add_reduce}({text}, None)) / {math.prod(x.shape)}", PRODUCT
        if name == "matmul" and t.args[1].dtype == FLOAT64 and len(x.shape) == 1 == len(t.args[1].shape):
            return f"float({text}.dot({self.names[id(t.args[1])][0]}))", ATOM
        if name == "getitem" and len(t.args) == 1 and is_place(t.options["key"]):
            return f"{text}.item({', '.join(map(str, place(t.options['key'])))})", ATOM
        if name == "reshape":
            return f"{text}.item()", ATOM
        return None

    def keep_scalar(self, t: Term, text: Text) -> None:
        """Write a scalar into the one that uses it, or give it a name."""
        reads_array = any(a.shape != () for a in t.args)
        once = self.uses.get(id(t), 0) == 1 and id(t) not in self.results
        if (once and not t.name and not reads_array and len(text[0]) < WIDTH) or (
            text[0].isidentifier() and not t.name
        ):
            self.names[id(t)] = text
        else:
            self.assign(t, text[0])

    def assign(self, t: Term, text: str) -> None:
        """Give a result a name."""
        name = self.name(t.name or f"t{len(self.taken)}")
        self.line(f"{name} = {text}")
        self.names[id(t)] = name, ATOM

    def call(self, t: Term) -> str:
        """The op called as it is when it is recorded."""
        op: Any = t.op
        if op is drawn:
            self.generators.append(t.options["rng"])
        fn = self.given(op.name.replace(".", "_"), op.fn)
        said = [self.operand(a) for a in t.args]
        said += [f"{k}={self.option(x)}" for k, x in t.options.items()]
        text = f"{fn}({', '.join(said)})"
        return f"float({text})" if t.is_float else text

    def operand(self, a: Term) -> str:
        """A term in a call: the float of a Value is a float64, and does not give way to narrower arrays."""
        text = self.names[id(a)][0]
        return f"float64({text})" if a.is_float and not a.is_weak else text

    def option(self, x: Any) -> str:
        """An option as it is written, or by a name."""
        text = written(x)
        return self.given("o", x) if text is None else text

    # ---- arrays

    def array(self, t: Term) -> None:
        """The lines of an array."""
        op: Any = t.op
        name = op.name
        if isinstance(op.fn, np.ufunc) and op.fn.nout == 1:
            self.into(
                t,
                lambda out: (
                    f"{self.given(op.fn.__name__, op.fn)}({', '.join([*(self.cell(a, t) for a in t.args), *out])})"
                ),
                in_place=True,
            )
        elif name == "relu":
            self.into(
                t,
                lambda out: (
                    f"{self.given('maximum', np.maximum)}({', '.join([self.cell(t.args[0], t), self.zero(t), *out])})"
                ),
                in_place=True,
            )
        elif (
            name == "matmul"
            and all(a.dtype == t.dtype for a in t.args)
            and len(t.shape) in (1, 2)
            and max(len(a.shape) for a in t.args) < 3
        ):
            a, b = (self.names[id(x)][0] for x in t.args)
            self.into(t, lambda out: f"{self.given('dot', np.dot)}({', '.join([a, b, *out])})")
        elif name == "matmul":
            self.into(
                t,
                lambda out: (
                    f"{self.given('matmul', np.matmul)}({', '.join([*(self.operand(x) for x in t.args), *out])})"
                ),
            )
        elif name == "sum" and t.options.get("dtype") is None and t.args[0].dtype == t.dtype:
            x, axis, keeps = self.names[id(t.args[0])][0], t.options["axis"], t.options["keepdims"]
            reduce = self.given("add_reduce", np.add.reduce)
            tail = [", None, {}, True" if keeps else ", None, {}"]
            self.into(
                t,
                lambda out: (
                    f"{reduce}({x}, {written(axis)}"
                    + (tail[0].format(out[0]) if out else ", keepdims=True" if keeps else "")
                    + ")"
                ),
            )
        elif name == "broadcast_to":
            buffer = self.buffer(t)
            self.line(f"{buffer}[...] = {self.names[id(t.args[0])][0]}")
        elif name in ("scatter", "tiles") and (name == "tiles" or len(t.args) == 1):
            self.put_together(t)
        elif (view := self.view(t)) is not None:
            source = t.args[0]
            text = self.names[id(source)][0]
            if text in self.static:
                made = self.name(t.name or "v")
                self.setup.append(f"{made} = {view}")
                self.static.add(made)
                self.names[id(t)] = made, ATOM
            else:
                self.assign(t, view)
        else:
            self.assign(t, self.call(t))

    def view(self, t: Term) -> str | None:
        """A view of an array as an expression."""
        x = t.args[0] if t.args else None
        if x is None or x.shape == ():
            return None
        text = bracketed(self.names[id(x)], ATOM)
        name = t.op.name  # type: ignore[union-attr]  # it has an op
        if name == "transpose":
            axes = t.options.get("axes")
            return (
                f"{text}.T"
                if axes is None or (len(axes) == 2 and tuple(a % 2 for a in axes) == (1, 0))
                else f"{text}.transpose({written(tuple(axes))})"
            )
        if name == "getitem" and len(t.args) == 1 and (key := written_key(t.options["key"])) is not None:
            return f"{text}[{key}]"
        if name == "reshape" and t.options["order"] == "C" and text not in self.static:
            return f"{text}.reshape({written(t.shape)})"
        return None

    def put_together(self, t: Term) -> None:
        """Parts at their places in an array; zeros where there is none."""
        keys = t.options["keys"] if t.op is tiles else (t.options["key"],)
        count = np.zeros(t.shape, np.int32)
        for key in keys:
            count[key] += 1
        buffer = self.buffer(t)
        overlaps = bool((count > 1).any())
        if overlaps or not count.all():
            self.line(f"{buffer}.fill(0)")
        for key, part in zip(keys, t.args, strict=True):
            text, x = written_key(key), self.names[id(part)][0]
            where = f"{buffer}[{self.given('k', key) if text is None else text}]"
            self.line(f"{where} {'+=' if overlaps else '='} {x}")

    def cell(self, a: Term, t: Term) -> str:
        """An operand of a ufunc: scalars in arrays without axes, which NumPy takes faster than numbers."""
        text = self.names[id(a)][0]
        if a.shape != ():
            return text
        if not (a.is_float or a.is_weak):
            return text
        dtype = FLOAT64 if not a.is_weak else t.args[0].dtype if t.args[1:] and a is t.args[1] else t.args[-1].dtype
        if a.is_constant:
            if a.is_weak and np.dtype(dtype).kind != "f":
                return text
            return self.static_array(np.array(a.value, dtype))
        if a.is_weak:
            return text
        key = (id(a), self.now if self.depth > 1 else -1)
        if key not in self.cells:
            self.cells[key] = name = self.name("s")
            self.setup.append(f"{name} = empty((), 'd')")
            self.line(f"{name}[()] = {text}")
        return self.cells[key]

    def zero(self, t: Term) -> str:
        """Zero in the dtype of a term."""
        return self.static_array(np.zeros((), t.dtype))

    def static_array(self, x: Any) -> str:
        """The name of a constant array without axes."""
        key = f"k_{x.item()!r}_{x.dtype.char}".replace("-", "m").replace(".", "_").replace("+", "")
        if key not in self.space:
            self.space[key] = x
            self.taken.add(key)
        return key

    def into(self, t: Term, call: Callable[[list[str]], str], *, in_place: bool = False) -> None:
        """A call that writes into a buffer; a result is made anew."""
        if self.escapes(t):
            self.assign(t, call([]))
            self.leaves_as_it_is.add(id(t))
            return
        buffer = self.dying_buffer(t) if in_place else None
        self.line(call([buffer or self.buffer(t)]))
        if buffer:
            self.names[id(t)] = buffer, ATOM

    def escapes(self, t: Term) -> bool:
        """Whether an array is a result."""
        return id(t) in self.results

    def dying_buffer(self, t: Term) -> str | None:
        """The buffer of an operand that nothing else needs, to be written over."""
        for a in t.args:
            r = id(a)
            if r in self.dying and r in self.owner and self.keys[r] == (t.shape, t.dtype) and self.roots[r] == {r}:
                self.dying.discard(r)
                self.owner[id(t)] = self.owner.pop(r)
                self.keys[id(t)] = self.keys.pop(r)
                return self.owner[id(t)]
        return None

    def buffer(self, t: Term) -> str:
        """An array for a term: one that is free, or a new one."""
        key = (t.shape, t.dtype)
        free = self.pool.get(key)
        if free:
            buffer = free.pop()
        else:
            buffer = self.name(f"b{len(self.taken)}")
            self.setup.append(f"{buffer} = empty({t.shape!r}, {t.dtype.char!r})")
            self.static.add(buffer)
        self.owner[id(t)] = buffer
        self.keys[id(t)] = key
        self.names[id(t)] = buffer, ATOM
        return buffer

    # ---- loops

    def loop(self, t: Term) -> None:
        """A loop: its body as a function of its own, called again and again."""
        body, n, n_fed, n_rows = (t.options[k] for k in ("body", "n", "n_fed", "n_rows"))
        inner = self.inner()
        name = self.name("step")
        lines = inner.function(body, name)
        self.generators += inner.generators
        self.setup += [*inner.setup, *lines]
        fed = [self.name("u") for _ in range(n_fed)]
        stacks = [self.name("ys") for _ in body.outputs[n_fed:]]
        for x, a in zip(fed, t.args, strict=False):
            self.line(f"{x} = {self.names[id(a)][0]}")
        for stack in stacks:
            self.line(f"{stack} = []")
        i = self.name("i")
        rows = t.args[n_fed : n_fed + n_rows]
        rest = t.args[n_fed + n_rows :]
        with self.block(f"for {i} in range({n}):"):
            said = [*fed, *(self.row(a, i) for a in rows), *(self.names[id(a)][0] for a in rest)]
            ys = [self.name("y") for _ in stacks]
            self.line(f"[{', '.join([*fed, *ys])}], _ = {name}({', '.join(said)})")
            for stack, y in zip(stacks, ys, strict=True):
                self.line(f"{stack}.append({y})")
        array = self.given("array", np.array)
        self.assign(t, "(" + ", ".join([*fed, *(f"{array}({stack})" for stack in stacks), ""]) + ")")

    def inner(self) -> Writer:
        """A writer of the function of a loop's body."""
        inner = Writer()
        inner.space, inner.taken = self.space, self.taken
        return inner

    def row(self, a: Term, i: str) -> str:
        """One row of an array."""
        text = self.names[id(a)][0]
        return f"{text}.item({i})" if len(a.shape) == 1 and a.dtype == FLOAT64 else f"{text}[{i}]"


def is_scalar(t: Term) -> bool:
    """Whether a term is one float or truth value, which arithmetic of Python's does."""
    return bool(t.shape == () and not isinstance(t.dtype, tuple) and (t.dtype in (FLOAT64, np.bool_) or t.is_weak))


def bracketed(text: Text, least: int) -> str:
    """An expression, in brackets if it binds less tightly."""
    return text[0] if text[1] >= least else f"({text[0]})"


def is_place(key: Any) -> bool:
    """Whether a key is whole numbers alone."""
    return all(isinstance(k, (int, np.integer)) for k in place(key))


def place(key: Any) -> tuple[Any, ...]:
    """A key as a tuple."""
    return key if isinstance(key, tuple) else (key,)


def written(x: Any) -> str | None:
    """Something as Python writes it; None if it has to be given by name."""
    if x is None or x.__class__ in (bool, int, str):
        return repr(x)
    if isinstance(x, np.integer):
        return repr(int(x))
    if x.__class__ is float and math.isfinite(x):
        return repr(x)
    if x.__class__ in (tuple, list):
        parts = [written(y) for y in x]
        if None in parts:
            return None
        inside = ", ".join(map(str, parts)) + ("," if len(parts) == 1 and x.__class__ is tuple else "")
        return f"({inside})" if x.__class__ is tuple else f"[{inside}]"
    return None


def written_key(key: Any) -> str | None:
    """A key of whole numbers, slices, ... and None, as it stands between brackets; None for others."""
    parts = []
    for k in place(key):
        if isinstance(k, slice):
            ends = [k.start, k.stop, k.step]
            if not all(e is None or isinstance(e, (int, np.integer)) for e in ends):
                return None
            parts.append(":".join("" if e is None else str(int(e)) for e in (ends if k.step is not None else ends[:2])))
        elif k is Ellipsis:
            parts.append("...")
        elif k is None:
            parts.append("None")
        elif isinstance(k, (int, np.integer)) and not isinstance(k, bool):
            parts.append(str(int(k)))
        else:
            return None
    return ", ".join(parts) + ("," if len(parts) == 1 and isinstance(key, tuple) else "") or "()"
