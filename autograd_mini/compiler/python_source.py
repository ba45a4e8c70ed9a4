"""Python source for a program: scalars as arithmetic of floats, arrays as NumPy's calls into arrays that are reused.

Laws: results and what is written are new arrays, or copies; arrays that are reused belong to one run at a time, and
nothing of them leaves it. Where arithmetic of floats raises, as 1/0 does, the function itself is run instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any

import numpy as np

from .guards import with_few_guards
from .inner import with_inner_products
from .program import Program, Term, repeated
from .python_arrays import call, write_array
from .python_blocks import Group, grouped, write_group
from .python_loops import write_loop
from .python_scalars import write_gathered, write_scalar, write_spread
from .python_text import ATOM
from .python_writer import FoundNan, Writer, is_scalar
from .simplify import simplified
from .unroll import gathered, spread, unrolled

__all__ = ["Code", "FoundNan", "code_by", "python_code", "write_items"]


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


Body = Callable[[Writer, Program], None]


def python_code(program: Program, name: str = "compiled") -> Code:
    """The code of a program, as a function of that name."""
    return code_by(Writer(), write_body, prepared(program), name)


def code_by(w: Writer, body: Body, program: Program, name: str, ready: Callable[[], None] = lambda: None) -> Code:
    """The code of a program by a writer: `body` writes its lines, and `ready` is called before it is run."""
    name = w.name(name if name.isidentifier() else "compiled")
    function = written(w, program, name, body)
    ready()
    given = [f"#   {k} = {said(x)}" for k, x in w.space.items() if not is_known(x)]
    head = [
        f"# {name}, compiled: it takes what it reads, and returns its results and what it writes.",
        *(["# NumPy's functions put their results into their last argument."] if w.setup else []),
        *(["# Besides functions it is given:", *given] if given else []),
    ]
    if w.setup:
        lines = [*w.setup, "", *function, "", f"return {name}"]
        function = ["def make():", *(f"    {line}" if line else "" for line in lines)]
    source = "\n".join([*head, *function]) + "\n"
    space = {**w.space}
    exec(compile(source, f"<compiled {name}>", "exec"), space)  # noqa: S102  # the source that was just written
    new = space["make"] if w.setup else lambda: space[name]

    def make() -> Callable[..., Any]:
        # NumPy's functions warn where the function itself does not. A context that is kept takes 10 ns a call, and
        # np.errstate 1,400.
        with np.errstate(all="ignore"):
            return partial(copy_context().run, new())

    return Code(make, source, w.generators)


def prepared(program: Program) -> Program:
    """The program as Python does it fastest."""
    floats = unrolled(program)
    return with_inner_products(with_few_guards(program if floats is program else simplified(floats)))


def is_known(x: Any) -> bool:
    """Whether something needs no explanation: a function."""
    return callable(x)


def said(x: Any) -> str:
    """A constant in short."""
    if not isinstance(x, np.ndarray) or x.size <= 8:
        return " ".join(repr(x).split())[:100]
    return f"an array of {x.dtype}, shape {x.shape}"


def written(w: Writer, program: Program, name: str, body: Body) -> list[str]:
    """The lines of a function of the program's inputs."""
    inputs = []
    for t in program.inputs:
        inputs.append(w.name(t.name or "x"))
        w.names[id(t)] = inputs[-1], ATOM
    held = {place_of(t.source): t for t in program.inputs}
    for target, t in program.writes:
        old = held.get(place_of(target))
        if target.kind == "value" and t.op is not None and old is not None:
            w.updates.setdefault(id(t), old)
        if t.name is None and t.op is not None and (label := label_of(target, held)):
            w.targets.setdefault(id(t), label)
    with w.block(f"def {name}({', '.join(inputs)}):"):
        body(w, program)
        outputs = ", ".join(w.result(t) for t in program.outputs)
        kept = ", ".join(w.result(t) for _, t in program.writes if not (t.is_constant and t.value is None))
        w.line(f"return [{outputs}], [{kept}]")
    return w.lines


def place_of(source: Any) -> tuple[Any, ...]:
    """Where numbers come from, to be compared with where others go."""
    return source.kind, source.place, id(source.holder) if source.place is None else None, source.key


def label_of(target: Any, held: dict[Any, Term]) -> str | None:
    """What a term is called that is written there: as what stands there, with d_ before it for a gradient."""
    name = getattr(target.holder, "name", None)
    if not isinstance(name, str):
        t = held.get(("value", *place_of(target)[1:]))
        name = None if t is None else t.name
    if target.kind == "state":
        return str(target.key) if target.key is not None else None
    return name and (f"d_{name}" if target.kind == "grad" else name)


def write_body(w: Writer, program: Program) -> None:
    """Write the lines of all terms, and the guards."""
    write_items(w, program, grouped(program), write_body)


def write_items(w: Writer, program: Program, items: Sequence[Any], body: Body) -> None:
    """Write the lines of terms, groups, and other items that write themselves; and the guards."""
    dying = w.scan(items, program)
    for i, (item, dead) in enumerate(zip(items, dying, strict=False)):
        w.dying, w.now = dead, i
        if isinstance(item, Group):
            write_group(w, item)
        elif not isinstance(item, Term):
            item.write(w)
        elif item.op is None:
            w.constant(item)
        elif item.op is repeated:
            write_loop(w, item, body)
        elif item.op is spread:
            write_spread(w, item)
        elif item.op is gathered:
            write_gathered(w, item)
        elif is_scalar(item) and write_scalar(w, item):
            pass
        elif item.shape == () or isinstance(item.dtype, tuple):
            w.assign(item, call(w, item))
        else:
            write_array(w, item)
        w.release(w.dying)
    guard(w, [g for g in program.guards if id(g) not in w.guarded])


def guard(w: Writer, terms: list[Term]) -> None:
    """Raise where a gradient holds a nan: then so does a sum of all, and of products of arrays with themselves."""
    texts = list(dict.fromkeys(w.text(t) if t.shape == () else square(w, t) for t in terms))
    if texts:
        w.line(f"nan = {' + '.join(texts)}")
        w.line(f"if nan != nan: raise {w.given('FoundNan', FoundNan)}")


def square(w: Writer, t: Term) -> str:
    """The product of an array with itself, which takes less time than to look for nan."""
    text = w.text(t)
    return f"{text}.dot({text})" if len(t.shape) == 1 else f"{w.given('vdot', np.vdot)}({text}, {text})"
