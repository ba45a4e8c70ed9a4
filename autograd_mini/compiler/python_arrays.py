"""Arrays as NumPy's calls, whose last operand is the array that the result is put into."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..state import drawn
from .program import Term
from .python_text import ATOM, bracketed, written
from .python_writer import FRESH, Writer, cover, is_elementwise, keys_of
from .simplify import tiles

__all__ = ["call", "elementwise", "filled", "write_array"]

FEW = 100_000  # elements whose sums along an axis are taken as products with ones


def write_array(w: Writer, t: Term) -> None:
    """Write the lines of an array."""
    name: str = t.op.name  # type: ignore[union-attr]  # it has an op
    if is_elementwise(t):
        cells = [w.cell(a, t) for a in t.args]
        *first, last = elementwise(w, t, cells)
        if not first:
            w.into(t, lambda out: filled(last, out), in_place=True)
        else:  # several calls, each into the result of the one before
            w.into(t, lambda out: filled(first[0], out), in_place=True)
            for template in (*first[1:], last):
                w.line(template.replace("{x}", w.text(t)).replace("{out}", w.text(t)))
    elif name == "matmul" and all(a.dtype == t.dtype for a in t.args) and max(len(a.shape) for a in t.args) < 3:
        a, b = (w.text(x) for x in t.args)
        w.into(t, lambda out: filled(f"{w.given('dot', np.dot)}({a}, {b}, {{out}})", out))
    elif name == "matmul":
        xs = ", ".join(w.operand(x) for x in t.args)
        w.into(t, lambda out: filled(f"{w.given('matmul', np.matmul)}({xs}, {{out}})", out))
    elif name == "sum" and t.options.get("dtype") is None and t.args[0].dtype == t.dtype:
        write_sum(w, t)
    elif name == "broadcast_to":
        w.line(f"{w.array(t)}[...] = {w.text(t.args[0])}")
    elif t.op is tiles or (name == "scatter" and len(t.args) == 1):
        put_together(w, t)
    elif (view := viewed(w, t)) is not None:
        x = t.args[0]
        owner = w.owner.get(id(x), w.text(x))
        if owner in w.static:
            w.names[id(t)] = w.view(view.replace(w.text(x), owner, 1)), ATOM
        else:
            w.assign(t, view)
    else:
        w.assign(t, call(w, t))


def filled(template: str, out: str | None) -> str:
    """A call into an array, or, without one, a call that makes one."""
    return template.replace("{out}", out) if out else template.replace(", out={out}", "").replace(", {out}", "")


def elementwise(w: Writer, t: Term, cells: list[str]) -> list[str]:
    """The calls of an elementwise op on the operands `cells`, with {out} for the result, and {x} for it in between."""
    op: Any = t.op
    if op.name == "relu":
        return [f"{w.given('maximum', np.maximum)}({cells[0]}, {w.number(0.0, t.dtype)}, out={{out}})"]
    if op.name == "logistic":
        least = -math.log(float(np.finfo(t.dtype).max))  # exp overflows below
        return [
            f"{w.given('maximum', np.maximum)}({cells[0]}, {w.number(math.ceil(least), t.dtype)}, out={{out}})",
            f"{w.given('negative', np.negative)}({{x}}, {{out}})",
            f"{w.given('exp', np.exp)}({{x}}, {{out}})",
            f"{w.given('add', np.add)}({{x}}, {w.number(1.0, t.dtype)}, {{out}})",
            f"{w.given('reciprocal', np.reciprocal)}({{x}}, {{out}})",
        ]
    out = "out={out}" if op.fn in (np.maximum, np.minimum) else "{out}"  # NumPy advises against a third one of these
    return [f"{w.given(op.fn.__name__, op.fn)}({', '.join(cells)}, {out})"]


def write_sum(w: Writer, t: Term) -> None:
    """A sum along axes; of few elements a product with ones, which takes a third of the time."""
    x, axis, keeps = t.args[0], t.options["axis"], t.options["keepdims"]
    text = w.text(x)
    axes = axis if isinstance(axis, tuple) else (axis,)
    if (
        len(x.shape) == 2
        and len(axes) == 1
        and axis is not None
        and 0 < math.prod(x.shape) <= FEW
        and x.dtype.kind == "f"
    ):
        along = int(axes[0]) % 2
        ones = w.ones(x.shape[along], x.dtype)
        dot = w.given("dot", np.dot)
        if not keeps:
            xs = f"{ones}, {text}" if along == 0 else f"{text}, {ones}"
            w.into(t, lambda out: filled(f"{dot}({xs}, {{out}})", out))
            return
        row = w.view(f"{ones}.reshape({(1, x.shape[0]) if along == 0 else (x.shape[1], 1)!r})")
        xs = f"{row}, {text}" if along == 0 else f"{text}, {row}"
        w.into(t, lambda out: filled(f"{dot}({xs}, {{out}})", out))
        return
    reduce = w.given("add_reduce", np.add.reduce)

    def said(out: str | None) -> str:
        if out is None:
            return f"{reduce}({text}, {written(axis)}{', keepdims=True' if keeps else ''})"
        return f"{reduce}({text}, {written(axis)}, None, {out}{', True' if keeps else ''})"

    w.into(t, said)


def viewed(w: Writer, t: Term) -> str | None:
    """A view of an array as an expression."""
    x = t.args[0] if t.args else None
    if x is None or x.shape == () or not isinstance(x.shape, tuple):
        return None
    text = bracketed(w.names[id(x)], ATOM)
    match t.op.name:  # type: ignore[union-attr]  # it has an op
        case "transpose":
            axes = t.options.get("axes")
            if axes is None or (len(axes) == 2 and tuple(a % 2 for a in axes) == (1, 0)):
                return f"{text}.T"
            return f"{text}.transpose({written(tuple(axes))})"
        case "getitem" if len(t.args) == 1 and all(is_basic(k) for k in as_tuple(t.options["key"])):
            return f"{text}[{w.key(t.options['key'])}]"
        # A reshape of a buffer is a view, as buffers are contiguous; of a view of one it may be a copy, of old numbers.
        case "reshape" if t.options["order"] == "C" and (id(x) in w.owner or text not in w.static):
            return f"{text}.reshape({written(t.shape)})"
    return None


def as_tuple(key: Any) -> tuple[Any, ...]:
    """A key as a tuple."""
    return key if isinstance(key, tuple) else (key,)


def is_basic(k: Any) -> bool:
    """Whether a part of a key gives a view."""
    return (
        k is None
        or k is Ellipsis
        or isinstance(k, slice)
        or (isinstance(k, (int, np.integer)) and k.__class__ is not bool)
    )


def put_together(w: Writer, t: Term) -> None:
    """Parts at their places in an array; zeros where there is none."""
    pairs = list(zip(keys_of(t), t.args, strict=True))
    name = w.owner.get(id(t)) or w.array(t)
    w.names[id(t)] = name, ATOM
    count = cover(t)
    overlaps = bool((count > 1).any())
    if overlaps and (whole := [pair for pair in pairs if pair[0] is ...]):
        pairs.remove(whole[0])
        w.line(f"{name}[...] = {w.text(whole[0][1])}")
    elif overlaps or not count.all():
        w.line(f"{name}.fill(0)")
    for key, part in pairs:
        if id(part) not in w.placed:
            w.line(f"{name}[{w.key(key)}] {'+=' if overlaps else '='} {w.text(part)}")


def call(w: Writer, t: Term) -> str:
    """The op called as it is when it is recorded."""
    op: Any = t.op
    if op is drawn:
        w.generators.append(t.options["rng"])
    fn = w.given(op.name.replace(".", "_"), op.fn)
    said = [w.operand(a) for a in t.args]
    for k, x in t.options.items():
        text = written(x)
        said.append(f"{k}={w.given('o', x) if text is None else text}")
    text = f"{fn}({', '.join(said)})"
    if t.is_float:
        return f"float({text})"
    reads_array = any(a.shape != () for a in t.args)
    is_view = t.shape == () and reads_array and not isinstance(op.fn, np.ufunc) and op.name not in FRESH
    return f"{w.given('number_in', number_in)}({text})" if is_view else text


def number_in(x: Any) -> Any:
    """The number in an array without axes, which may be a view of one that is used again."""
    return x[()] if x.__class__ is np.ndarray else x
