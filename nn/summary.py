"""`summary`: a table of a network's layers, with what each gives, holds and computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd_mini import Graph, UsageError, Value

from .checks import check_whole, shape_of
from .flops import flops
from .module import Module

__all__ = ["Row", "Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """A layer of a Summary: `name` is its path, "" for the network itself, and `output` the shape of what it gave.

    Numbers are its own, without those of the modules inside it, so that each column adds up to its total. A parameter
    that several layers share is counted in the first; `shared` are those that were counted above. `calls` is 0, and
    `output` None, for a layer that was not called.
    """

    name: str
    kind: str
    depth: int
    label: str
    trained: int
    frozen: int
    shared: int
    buffers: int
    bytes: int
    calls: int = 0
    output: Any = None
    flops: int = 0


@dataclass(frozen=True)
class Summary:
    """The layers of a network in `rows`, and their totals; printed, a table.

    uncounted: ops whose FLOPs are not known, and how often each was called; they count nothing in `flops`.
    """

    rows: tuple[Row, ...]
    has_run: bool
    uncounted: dict[str, int] = field(default_factory=dict)

    @property
    def trained(self) -> int:
        """The number of parameters that training changes."""
        return sum(r.trained for r in self.rows)

    @property
    def frozen(self) -> int:
        """The number of parameters that were made constant by `freeze`."""
        return sum(r.frozen for r in self.rows)

    @property
    def buffers(self) -> int:
        """The number of numbers in buffers, such as running means."""
        return sum(r.buffers for r in self.rows)

    @property
    def bytes(self) -> int:
        """The memory of parameters and buffers, in bytes."""
        return sum(r.bytes for r in self.rows)

    @property
    def flops(self) -> int:
        """The floating-point operations of one call."""
        return sum(r.flops for r in self.rows)

    def __str__(self) -> str:
        return "\n".join([*table(self), *totals(self)])

    __repr__ = __str__


def summary(model: Module, *inputs: Any, batch: int = 1, dtype: Any = None, **options: Any) -> Summary:
    """A table of the layers of `model`, called on the inputs: outputs, parameters and FLOPs of each, and totals.

    inputs: what the model is called with: Values, arrays, lists. A tuple of whole numbers is the shape of one example,
    and stands for zeros of shape (batch, *shape) in `dtype`, or in that of the first parameter. options: named
    arguments of the call. Without inputs nothing is called: outputs and FLOPs are left out.

    FLOPs are those of a forward call in `eval` mode: one for each number that is computed from numbers, be it a sum, a
    product, a comparison or an exp. So a multiply-add counts 2, and a `Linear` without bias 2 * in_features *
    out_features for each row. Every op is charged to the innermost layer that was running. What is computed
    inside `no_grad` leaves no record, and is not counted.

    The model stays as it is: a copy of it is called, which shares its parameters, and has its own buffers, modes and
    random generators.

    Raises: UsageError for what is no module, inside `no_grad`, and for a model that cannot be copied. What the model
    raises has a note that says in which layer.

    Example
    -------
    >>> from nn import Linear, Sequential, Tanh
    >>> print(summary(Sequential(Linear(4, 8), Tanh(), Linear(8, 2)), (4,), batch=5))
    layer        output  trained  FLOPs
    -----------------------------------
    Sequential   (5, 2)
      0: Linear  (5, 8)       40    360
      1: Tanh    (5, 8)              40
      2: Linear  (5, 2)       18    170
    <BLANKLINE>
    parameters: 58 trained
    memory: 464 B
    FLOPs: 570 forward
    """
    if not isinstance(model, Module):
        raise UsageError(f"summary: got {type(model).__name__}; it describes a module; give a Module of nn")
    if (Value(0.0) + 0.0).is_leaf:
        raise UsageError("summary: got called inside no_grad, where no op is recorded; call it outside")
    rows = tuple(still(model))
    check_whole("summary", "batch", batch)
    if not (inputs or options):
        return Summary(rows, has_run=False)
    copied = copy_of(model).eval()
    names = {id(m): row.name for m, row in zip(copied.modules(), rows, strict=True)}
    log = Log(names)
    for m in copied.modules():
        m.__class__ = logged(type(m), log)
    dtype = dtype or next((v.dtype for v in copied.parameters()), np.float64)
    copied(*(zeros(x, batch, dtype) if is_shape(x) else traced(x) for x in inputs), **traced(options))
    counts, uncounted = log.flops()
    done = tuple(
        replace(r, calls=log.calls[r.name], output=log.outputs.get(r.name), flops=counts[r.name]) for r in rows
    )
    return Summary(done, has_run=True, uncounted=dict(uncounted))


def still(model: Module) -> Iterator[Row]:
    """A row for each module, with what it holds."""
    frozen = set(map(id, frozen_in(model)))
    seen: set[int] = set()
    names: list[str] = []
    model.named_parameters()  # which refuses computed ones
    for name, module in model.named_modules():
        above = [n for n in names if n and name.startswith(f"{n}.")]
        parent = max(above, key=len, default="")
        names.append(name)
        new: list[Any] = []
        shared = 0
        for x in leaves(module.parts()):
            if id(x) not in seen:
                seen.add(id(x))
                new.append(x)
            elif isinstance(x, Value) or id(x) in frozen:
                shared += x.size
        yield Row(
            name=name,
            kind=type(module).__name__,
            depth=len(above) + bool(name),
            label=name[len(parent) + 1 :] if parent else name,
            trained=sum(x.size for x in new if isinstance(x, Value)),
            frozen=sum(x.size for x in new if id(x) in frozen),
            shared=shared,
            buffers=sum(x.size for x in new if not isinstance(x, Value) and id(x) not in frozen),
            bytes=sum(x.size * np.dtype(x.dtype).itemsize for x in new),
        )


def leaves(parts: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    """The Values and arrays among the parts of a module, in lists, tuples and dicts too; each object once."""
    found: dict[int, Any] = {}
    stack = [x for _, x in parts][::-1]
    while stack:
        x = stack.pop()
        if isinstance(x, (Value, np.ndarray)):
            found.setdefault(id(x), x)
        elif isinstance(x, (list, tuple, dict)):
            stack += [*(x.values() if isinstance(x, dict) else x)][::-1]
    return iter(found.values())


def frozen_in(model: Module) -> list[Any]:
    """The arrays that `freeze` put in the places of parameters."""
    return [a for m in model.modules() for _, a in getattr(m, "_frozen", ())]


# ---- the call that is watched


def copy_of(model: Module) -> Module:
    """A deep copy that shares the parameters; what is frozen is a Value in it, so that its ops are recorded."""
    known: dict[int, Any] = {id(v): v for v in model.parameters()}
    known.update((id(a), Value(a)) for a in frozen_in(model))
    try:
        return deepcopy(model, known)
    except TypeError as error:
        raise UsageError(
            f"summary: got a {type(model).__name__} that cannot be copied ({error}); a copy of it is called, so that "
            "it stays as it is; keep what cannot be copied out of its attributes"
        ) from error


def is_shape(x: Any) -> bool:
    """Whether an input stands for zeros of that shape."""
    return isinstance(x, tuple) and all(isinstance(n, (int, np.integer)) for n in x)


def zeros(shape: tuple[int, ...], batch: int, dtype: Any) -> Any:
    """What stands for a batch of examples of that shape."""
    for n in shape:
        check_whole("summary", f"the shape {shape}, and in it", n, least=0)
    return traced(np.zeros((batch, *shape), dtype))


def traced(x: Any) -> Any:
    """An argument with Values in the places of arrays of floats, so that what is computed from it is recorded."""
    if isinstance(x, Value):
        return x.detach()
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        return Value(x)
    if isinstance(x, (list, tuple)):
        parts = [traced(y) for y in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return {k: traced(y) for k, y in x.items()} if isinstance(x, dict) else x


class Log:
    """What the modules of a network gave, and between which marks in the record each was running."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.calls: Counter[str] = Counter()
        self.outputs: dict[str, Any] = {}
        self.given: list[Value] = []
        self.marks: list[tuple[Value, str | None]] = []
        self.has_failed = False

    def run(self, call: Callable[..., Any], module: Module, args: Any, options: Any) -> Any:
        """What the call gives, written down."""
        name = self.names[id(module)]
        self.mark(name)
        try:
            y = call(module, *args, **options)
        except Exception as error:
            if not self.has_failed:
                error.add_note(f"summary: raised in {name or 'the network itself'}, a {type(module).__name__}")
            self.has_failed = True
            raise
        self.mark(None)
        self.calls[name] += 1
        self.outputs[name] = shapes(y)
        self.given += values(y)
        return y

    def mark(self, name: str | None) -> None:
        """Leave an op in the record that says which module begins; None where one ends."""
        self.marks.append((Value(0.0) + 0.0, name))

    def flops(self) -> tuple[Counter[str], Counter[str]]:
        """FLOPs by the name of the innermost module that was running, and how often ops ran that are not known."""
        marks = [(v, name) for v, name in self.marks if not v.is_leaf]  # inside no_grad they are
        graph = Graph.of(*self.given, *(v for v, _ in marks))
        named = {graph[v].index: name for v, name in marks}
        counts: Counter[str] = Counter()
        uncounted: Counter[str] = Counter()
        running: list[str] = []
        for node in graph.nodes:
            if node.index not in named:
                n = flops(node)
                counts[running[-1] if running else ""] += n or 0
                uncounted.update([node.op.name] if n is None and node.op else ())
            elif (name := named[node.index]) is None:
                running.pop()
            else:
                running.append(name)
        return counts, uncounted


def logged(kind: type[Module], log: Log) -> type[Module]:
    """The class of modules of that kind whose calls are logged."""

    def call(self: Module, *args: Any, **options: Any) -> Any:
        return log.run(kind.__call__, self, args, options)

    return type(kind.__name__, (kind,), {"__call__": call, "__module__": kind.__module__})


def values(y: Any) -> list[Value]:
    """The Values in what a module gave."""
    if isinstance(y, (list, tuple, dict)):
        return [v for x in (y.values() if isinstance(y, dict) else y) for v in values(x)]
    return [y] if isinstance(y, Value) else []


def shapes(y: Any) -> Any:
    """The shape of what a module gave; of several things, a list of shapes, without those that are None."""
    if isinstance(y, (list, tuple, dict)):
        return [shapes(x) for x in (y.values() if isinstance(y, dict) else y) if x is not None]
    return shape_of(y)


# ---- the table


def table(found: Summary) -> list[str]:
    """The lines of the table: a column is left out where it has nothing to say."""
    columns: list[tuple[str, list[str]]] = [("layer", [label(r) for r in found.rows])]
    if found.has_run:
        columns.append(("output", [output(r) for r in found.rows]))
    columns.append(("trained", [number(r.trained) + " (shared)" * (r.shared > 0) for r in found.rows]))
    if found.frozen:
        columns.append(("frozen", [number(r.frozen) for r in found.rows]))
    if found.buffers:
        columns.append(("buffers", [number(r.buffers) for r in found.rows]))
    if found.has_run:
        columns.append(("FLOPs", [number(r.flops) for r in found.rows]))
    widths = [max(map(len, (head, *cells))) for head, cells in columns]
    lines = [
        "  ".join(
            text.rjust(width) if head in NUMBERS else text.ljust(width)
            for text, (head, _), width in zip(texts, columns, widths, strict=True)
        ).rstrip()
        for texts in zip(*([head, *cells] for head, cells in columns), strict=True)
    ]
    return [lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]]


NUMBERS = ("trained", "frozen", "buffers", "FLOPs")


def label(row: Row) -> str:
    """A layer's name and class, indented by its depth."""
    return "  " * row.depth + (f"{row.label}: " if row.name else "") + row.kind


def output(row: Row) -> str:
    """The shape of what a layer gave, and how often it was called, if not once; nothing if it was not."""
    return written(row.output) + f" x{row.calls}" * (row.calls > 1) if row.calls else ""


def written(shape: Any) -> str:
    """A shape, or several."""
    return ", ".join(map(written, shape)) if isinstance(shape, list) else str(shape)


def number(n: int) -> str:
    """A number with its thousands set apart; nothing for 0."""
    return f"{n:,}" if n else ""


def totals(found: Summary) -> list[str]:
    """The lines below the table."""
    held = [f"{found.trained:,} trained"]
    held += [f"{found.frozen:,} frozen"] * bool(found.frozen)
    lines = [f"parameters: {', '.join(held)}", f"memory: {short(found.bytes, 'B')}"]
    if found.has_run:
        lines.append(f"FLOPs: {short(found.flops)} forward")
    if found.uncounted:
        lines.append(f"not counted: {', '.join(f'{name} x{n}' for name, n in found.uncounted.items())}")
    return ["", *lines]


def short(n: float, unit: str = "") -> str:
    """A number to three digits, with the prefix that suits."""
    prefixes = iter(("", "k", "M", "G", "T", "P"))
    prefix = next(prefixes)
    while n >= 999.5:
        n, prefix = n / 1000, next(prefixes)
    return f"{n:.3g} {prefix}{unit}".rstrip()
