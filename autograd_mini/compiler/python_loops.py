"""Repeated steps as a loop of Python's, with the lines of a step inside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .guards import with_few_guards
from .inner import with_inner_products
from .program import FLOAT64, Program, Term
from .python_text import ATOM
from .python_writer import Writer

__all__ = ["write_loop"]

Body = Callable[[Writer, Program], None]


def write_loop(w: Writer, t: Term, write_body: Body) -> None:
    """Write a loop; `write_body` writes the lines of one step."""
    body, n, n_fed, n_rows = (t.options[k] for k in ("body", "n", "n_fed", "n_rows"))
    body = with_inner_products(with_few_guards(body))
    carried = [w.name(x.name or "carried") for x in body.inputs[:n_fed]]
    if carried:
        w.line(f"{', '.join(carried)} = {', '.join(w.text(a) for a in t.args[:n_fed])}")
    for a in t.args[n_fed:]:
        if not (a.is_constant or w.text(a).isidentifier()):  # an expression, which is computed once
            w.assign(a, w.text(a))
    stacks = []
    for y in body.outputs[n_fed:]:
        stacks.append(w.name("stack"))
        w.line(f"{stacks[-1]} = {w.given('empty', np.empty)}({(n, *y.shape)!r}, {y.dtype.char!r})")
    i = w.name("i")
    with w.block(f"for {i} in range({n}):"):
        for x, a, name in zip(body.inputs, t.args, [*carried, *[None] * (len(t.args) - n_fed)], strict=True):
            w.names[id(x)] = (name, ATOM) if name else w.names[id(a)]
        for x, a in zip(body.inputs[n_fed : n_fed + n_rows], t.args[n_fed:], strict=False):
            w.assign(x, row(w, a, i))
        free, w.pool = w.pool, {}
        write_body(w, body)
        w.pool = {k: [*free.get(k, ()), *w.pool.get(k, ())] for k in {**free, **w.pool}}
        for stack, y in zip(stacks, body.outputs[n_fed:], strict=True):
            w.line(f"{stack}[{i}] = {w.text(y)}")
        pairs = [(name, w.result(y)) for name, y in zip(carried, body.outputs, strict=False)]
        pairs = [(name, text) for name, text in pairs if name != text]
        if pairs:
            w.line(f"{', '.join(name for name, _ in pairs)} = {', '.join(text for _, text in pairs)}")
    w.assign(t, "(" + ", ".join([*carried, *stacks, ""]).strip() + ")")


def row(w: Writer, a: Term, i: str) -> str:
    """One row of an array."""
    text = w.text(a)
    return f"{text}.item({i})" if len(a.shape) == 1 and a.dtype == FLOAT64 else f"{text}[{i}]"
