"""Python source for a program: one line a term, in the words of NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..state import drawn
from .program import Program, Term

__all__ = ["Code", "FoundNan", "python_code"]


class FoundNan(Exception):
    """A gradient holds a nan: the function itself is to be run, which knows what to do."""


class Code:
    """A function and its source.

    run: takes the raw data of the program's inputs, gives (outputs, written) as lists, and raises FoundNan
    where a guard found one. generators: those that it draws from.
    """

    def __init__(self, run: Callable[..., Any], source: str, generators: list[np.random.Generator]) -> None:
        self.run, self.source, self.generators = run, source, generators


def python_code(program: Program) -> Code:
    """The plainest code: every op is called as it is when it is recorded."""
    names: dict[int, str] = {}
    space: dict[str, Any] = {"float64": np.float64, "isnan": np.isnan, "FoundNan": FoundNan}
    lines: list[str] = []
    for i, t in enumerate(program.inputs):
        names[id(t)] = f"x{i}"
    for t in program.terms:
        if id(t) in names:
            continue
        name = names[id(t)] = f"t{len(names)}"
        if t.op is None:
            space[name] = t.value
            continue
        fn = f"{t.op.name.replace('.', '_')}_{len(names)}"
        space[fn] = t.op.fn
        options = ""
        if t.options:
            space[f"o{len(names)}"] = dict(t.options)
            options = f", **o{len(names)}"
        call = f"{fn}({', '.join(operand(a, t, names) for a in t.args)}{options})"
        lines.append(f"{name} = float({call})" if t.is_float else f"{name} = {call}")
    for t in program.guards:
        n = names[id(t)]
        lines.append(f"if {n} != {n}: raise FoundNan" if t.is_float else f"if isnan({n}).any(): raise FoundNan")
    results = [names[id(t)] for t in program.outputs]
    written = [names[id(t)] for _, t in program.writes]
    lines.append(f"return [{', '.join(results)}], [{', '.join(written)}]")
    source = f"def compiled({', '.join(f'x{i}' for i in range(len(program.inputs)))}):\n    " + "\n    ".join(lines) + "\n"
    exec(compile(source, "<compiled>", "exec"), space)  # noqa: S102  # the source that was just written
    run = space["compiled"]

    def quiet(*inputs: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*inputs)

    return Code(quiet, source, [t.options["rng"] for t in program.terms if t.op is drawn])


def operand(a: Term, t: Term, names: dict[int, str]) -> str:
    """How a term stands in a call: the float of a Value is a float64, and does not give way to narrower arrays."""
    name = names[id(a)]
    return f"float64({name})" if a.is_float and not a.is_weak else name
