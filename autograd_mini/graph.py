"""The one view of a computation that every reader shares: what was computed from what, by which op.

Laws: a Graph never changes, whatever is done to its Values afterwards; nodes stand in an order in
which operands come before results; the order, the ids and the names depend on the computation alone,
so two runs of a program give graphs that compare line by line. Only this file reads a Value's slots.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from .errors import DtypeError, UsageError
from .ops.indexing import filled, part
from .primitive import Primitive
from .record import Record, operands, shape_of
from .sheet import csv_text
from .sweep import Contribution, called, full, unbroadcast, without_lost_nan

__all__ = ["OPERATORS", "SPOKEN", "Graph", "Node", "expression", "formula", "number", "same", "swept"]

FLOAT64 = np.dtype(np.float64)
time_of = attrgetter("index")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """One Value of a Graph, as it was when the Graph was made.

    index: its place in `Graph.nodes`. name: unique in the Graph; the user's own if `is_named`.
    operands: Nodes and constants, in order. grad: None before `backward`. Arrays are read-only.
    """

    index: int
    name: str
    is_named: bool
    op: Primitive | None
    operands: tuple[Any, ...]
    options: Mapping[str, Any]
    value: Any
    grad: Any
    record: Record

    @property
    def id(self) -> str:
        """An identifier that is the same in every run: "n" and its place."""
        return f"n{self.index}"

    @property
    def is_leaf(self) -> bool:
        """Whether nobody computed it."""
        return self.op is None

    @property
    def is_scalar(self) -> bool:
        """Whether it is one number."""
        return not isinstance(self.value, tuple) and shape_of(self.value) == ()

    @property
    def shape(self) -> Any:
        """The lengths of its axes, () for a scalar; of an op with several outputs, a tuple of shapes."""
        return tuple(map(shape_of, self.value)) if isinstance(self.value, tuple) else shape_of(self.value)

    @property
    def dtype(self) -> Any:
        """The dtype of its numbers; of an op with several outputs, a tuple of dtypes."""
        kinds = [FLOAT64 if x.__class__ is float else x.dtype for x in self.parts]
        return tuple(kinds) if isinstance(self.value, tuple) else kinds[0]

    @property
    def parts(self) -> tuple[Any, ...]:
        """Its value, or its values if its op has several outputs."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def partials(self) -> tuple[Any, ...]:
        """The local derivative d this / d operand, for each operand, without the rest of the graph.

        A number between scalars. An array of the operand's shape where this is a scalar, and of this
        one's shape where the op works element by element. None for a constant, where there is no
        derivative, and where it would be a larger array than either: see `flows`.

        Example
        -------
        >>> from autograd_mini import Graph, Value
        >>> Graph.of(Value(3.0) * Value(4.0)).nodes[-1].partials
        (4.0, 3.0)
        """
        v, y = self.record, self.value
        if v.op is None:
            return ()
        if v.options is None:
            both = (None if v.a is None else float(v.da), None if v.b is None else float(v.db))
            return both[: len(self.operands)]
        if isinstance(y, tuple) or (y.__class__ is not float and y.dtype.kind != "f"):
            return (None,) * len(self.operands)
        if self.is_scalar:
            return self.pulled(full(1.0, y))
        if not v.op.is_elementwise:
            return (None,) * len(self.operands)
        found = self.contributions(full(1.0, y))
        return tuple(None if c is None else np.broadcast_to(c, y.shape) for c in found)

    @property
    def flows(self) -> tuple[Any, ...]:
        """The part of this one's gradient that flows to each operand; None before `backward`.

        The gradient of a Value is the sum of what flows to it.
        """
        return (None,) * len(self.operands) if self.grad is None else self.pulled(self.grad)

    def pulled(self, g: Any) -> tuple[Any, ...]:
        """The cotangent of each operand, of its shape, that the cotangent `g` of this one causes."""
        v = self.record
        if v.op is None:
            return ()
        if v.options is None:
            return tuple(None if d is None else g * d for d in self.partials)
        return tuple(None if c is None else fitted(c, x) for c, x in zip(self.contributions(g), v.raw, strict=True))

    def contributions(self, g: Any) -> list[Any]:
        """What the op's rules give for the cotangent `g`, before it is brought to the operands' shapes."""
        v = self.record
        found: list[Any] = []
        with np.errstate(all="ignore"):
            for p, x, rule in zip(self.operands, v.raw, v.op.vjps_of(len(v.raw)), strict=True):
                if not isinstance(p, Node) or rule is None or not is_smooth(x):
                    found.append(None)
                    continue
                c = called(rule, v, g, v._data, v.raw)
                plain = c is None or isinstance(c, Contribution)
                found.append(c if plain else without_lost_nan(v.op, g, c))
        return found

    def __repr__(self) -> str:
        return f"<Node {self.id} {formula(self) if self.op else self.name}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Graph:
    """Everything that some Values depend on: inputs, nodes in order, outputs."""

    inputs: tuple[Node, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Node, ...]
    places: Mapping[Any, Node]

    @classmethod
    def of(cls, *outputs: Record) -> Graph:
        """The graph of the Values that lead to `outputs`.

        A Value without a name is called v1, v2, ... in the order of computation; a name that several
        Values have is told apart by _2, _3, ...

        Raises: DtypeError for something that is not a Value.

        Example
        -------
        >>> from autograd_mini import Value
        >>> x = Value(3.0, name="x")
        >>> y = x * x + 2
        >>> [node.name for node in Graph.of(y).nodes]
        ['x', 'v1', 'v2']
        """
        for v in outputs:
            if not isinstance(v, Record):
                raise DtypeError(
                    f"Graph.of: got {type(v).__name__}; a graph is of Values; give what was computed from Values"
                )
        records = ordered(outputs)
        names = unique_names(records)
        places: dict[Any, Node] = {}
        for i, v in enumerate(records):
            if v.op is None:
                args: tuple[Any, ...] = ()
            else:
                args = tuple(places[p] if isinstance(p, Record) else p for p in operands(v))
            data = v._data
            places[v] = Node(
                i,
                names[i],
                bool(v.name),
                v.op,
                args,
                v.options or {},
                data if data.__class__ is float else snapshot(data, copy=v.exposed),
                None if data.__class__ is tuple else snapshot(v.grad, copy=True),
                v,
            )
        nodes = tuple(places.values())
        return cls(tuple(n for n in nodes if n.op is None), nodes, tuple(places[v] for v in outputs), places)

    def __getitem__(self, key: Any) -> Node:
        """The node of a Value, or the node of that name.

        Raises: UsageError if there is none.
        """
        if isinstance(key, Record) and key in self.places:
            return self.places[key]
        if isinstance(key, str):
            for node in self.nodes:
                if node.name == key:
                    return node
        name = key if isinstance(key, str) else getattr(key, "name", None)
        raise UsageError(
            f"Graph: got {repr(name) if name else 'a Value without a name'}, which {self} does not hold; "
            "give a Value that the outputs depend on, or its name"
        )

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The table of all nodes, for a spreadsheet: name, op, operands, value, gradient, dtype; one row each.

        Written to `path` too, if there is one. `read_csv` reads it back into the same numbers.

        Example
        -------
        >>> from autograd_mini import Value
        >>> x = Value(3.0, name="x")
        >>> print(Graph.of(x * 2).to_csv(), end="")
        name,op,operands,value,gradient,dtype
        x,,,3.0,,float64
        v1,multiply,x; 2,6.0,,float64
        """
        text = csv_text(self.nodes)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8", newline="")
        return text

    def __repr__(self) -> str:
        return f"<Graph of {', '.join(n.name for n in self.outputs)}: {len(self.nodes)} nodes>"


def ordered(outputs: tuple[Record, ...]) -> list[Record]:
    """All records that the outputs depend on: results in the order of computation, each leaf before its first use."""
    seen: dict[Record, Any] = dict.fromkeys(outputs)
    stack = list(seen)
    while stack:
        for p in parents(stack.pop()):
            if p not in seen:
                seen[p] = None
                stack.append(p)
    placed: dict[Record, Any] = {}
    for v in sorted((v for v in seen if v.op is not None), key=time_of):
        for p in parents(v):
            if p.op is None:
                placed.setdefault(p)
        placed[v] = None
    for v in outputs:
        placed.setdefault(v)
    return list(placed)


def parents(v: Record) -> list[Record]:
    """The operands of a record that are records."""
    if v.op is None:
        return []
    return [p for p in ((v.a, v.b) if v.options is None else v.args) if p is not None]


def unique_names(records: list[Record]) -> list[str]:
    """A name for each record: its own if it has one, and no name twice."""
    taken = {str(v.name) for v in records if v.name}
    used: set[str] = set()
    again: dict[str, Iterator[str]] = {}
    names = []
    fresh = (f"v{i}" for i in range(1, 2 + len(records) + len(taken)))
    for v in records:
        name = str(v.name) if v.name else next(s for s in fresh if s not in taken)
        if name in used:
            variants = again.setdefault(name, numbered(name))
            name = next(s for s in variants if s not in taken)
            taken.add(name)
        used.add(name)
        names.append(name)
    return names


def numbered(name: str) -> Iterator[str]:
    """name_2, name_3, ..."""
    i = 1
    while True:
        i += 1
        yield f"{name}_{i}"


def snapshot(data: Any, *, copy: bool) -> Any:
    """Data that no one can change: an array as a read-only view, copied if someone else may write to it."""
    if data.__class__ is tuple:
        return tuple(snapshot(x, copy=copy) for x in data)
    if not isinstance(data, np.ndarray):
        return data
    view = data.copy() if copy else data.view()
    view.flags.writeable = False
    return view


def is_smooth(x: Any) -> bool:
    """Whether a cotangent can flow into operand data: not into a mask or an index."""
    return x.__class__ in (float, tuple) or getattr(x, "dtype", FLOAT64).kind in "fc"


def fitted(c: Any, x: Any) -> Any:
    """The cotangent `c` brought to the shape and dtype of the operand data `x`."""
    if isinstance(c, Contribution):
        return c.added(None, x, owned=False)
    if x.__class__ is tuple:
        return c
    if np.iscomplexobj(c) and not np.iscomplexobj(x):
        c = np.real(c)
    if shape_of(c) != shape_of(x):
        c = unbroadcast(c, shape_of(x))
    return full(c, x)


def swept(node: Node, g: Any, stop: Callable[[Node], bool]) -> dict[Node, Any]:
    """The cotangents that `g` at `node` causes at the nearest nodes where `stop` holds, through all others.

    With `g` = 1 at a scalar they are its derivatives with respect to those nodes, summed over all ways
    between. None where there is no derivative; with `g` None only the nodes are found.
    """
    pending: dict[int, tuple[Node, Any]] = {node.index: (node, g)}
    heap = [-node.index]
    found: dict[Node, Any] = {}
    while heap:
        u, g = pending.pop(-heapq.heappop(heap))
        cotangents = (None,) * len(u.operands) if g is None else u.pulled(g)
        for p, c in zip(u.operands, cotangents, strict=True):
            if not isinstance(p, Node):
                continue
            if stop(p):
                found[p] = added(found.get(p), c)
            elif p.index in pending:
                pending[p.index] = (p, added(pending[p.index][1], c))
            else:
                pending[p.index] = (p, c)
                heapq.heappush(heap, -p.index)
    return found


def added(q: Any, c: Any) -> Any:
    """The sum of two cotangents, either of which may be missing; part by part for several outputs."""
    if q is None or c is None:
        return c if q is None else q
    if isinstance(q, tuple):
        return tuple(map(added, q, c))
    return q + c


# How tightly each operator binds, as in Python.
PRECEDENCE = {
    "==": 1, "!=": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "|": 2, "^": 3, "&": 4, "+": 5, "-": 5,
    "*": 6, "/": 6, "@": 6, "//": 6, "%": 6, "**": 8,
}  # fmt: skip
PREFIX, POSTFIX, ATOM = 7, 9, 10
# Operators of Python whose ops do not declare a symbol.
OPERATORS = {
    "matmul": "@", "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "floor_divide": "//", "remainder": "%", "bitwise_and": "&", "bitwise_or": "|",
    "bitwise_xor": "^", "logical_and": "&", "logical_or": "|", "invert": "~",
}  # fmt: skip
# Ops by which a function of NumPy is made, under its name.
SPOKEN = {"choice": "where", "clipped": "clip", "pad_zeros": "pad"}


def expression(node: Node, *, limit: int = 60) -> str:
    """How `node` was computed, as text: from leaves and named Values, unnamed ones written out.

    At most `limit` operations are written out; what lies beyond stands under its name.

    Example
    -------
    >>> from autograd_mini import Graph, Value
    >>> x, y = Value(1.0, name="x"), Value(2.0, name="y")
    >>> expression(Graph.of((x + 2) * y ** 3).outputs[0])
    '(x + 2) * y ** 3'
    """
    if node.op is None:
        return node.name
    # Breadth first, so that children stand after parents: read backwards, they are ready first.
    items: list[tuple[Node, list[Any]]] = [(node, [])]
    for u, pieces in items:
        for p in u.operands:
            if isinstance(p, Node) and p.op is not None and not p.is_named and len(items) < limit:
                pieces.append(len(items))
                items.append((p, []))
            else:
                pieces.append(p)
    texts: list[tuple[str, int]] = [("", 0)] * len(items)
    for i in reversed(range(len(items))):
        u, pieces = items[i]
        texts[i] = written(u, [texts[p] if p.__class__ is int and isinstance(q, Node) else atom(p)
                               for p, q in zip(pieces, u.operands, strict=True)])  # fmt: skip
    return texts[0][0]


def formula(node: Node) -> str:
    """The call that made `node`, in terms of its operands' names: "v3 = x * y"; a leaf's name alone."""
    if node.op is None:
        return node.name
    return f"{node.name} = {written(node, [atom(p) for p in node.operands])[0]}"


def written(node: Node, texts: list[tuple[str, int]]) -> tuple[str, int]:
    """The call that made `node` and how tightly it binds, from the same of its operands."""
    op: Any = node.op
    symbol = op.symbol or OPERATORS.get(op.name)
    options = {k: x for k, x in node.options.items() if not same(x, op.defaults.get(k))}
    if symbol and len(texts) == 2 and symbol in PRECEDENCE:
        level = PRECEDENCE[symbol]
        left, right = (level + 1, PREFIX) if symbol == "**" else (level, level + 1)
        return f"{bracketed(*texts[0], left)} {symbol} {bracketed(*texts[1], right)}", level
    if symbol and len(texts) == 1:
        if op.name in ("negative", "invert"):
            return symbol + bracketed(*texts[0], PREFIX), PREFIX
        return bracketed(*texts[0], POSTFIX) + symbol, POSTFIX
    if op is part:
        return f"{bracketed(*texts[0], POSTFIX)}[{key_text(options.get('key'), [t for t, _ in texts[1:]])}]", POSTFIX
    said = [t for t, _ in texts] + [f"{k}={option_text(x)}" for k, x in options.items()]
    return f"{SPOKEN.get(op.name, op.name)}({', '.join(said)})", ATOM


def bracketed(text: str, level: int, least: int) -> str:
    """`text`, in brackets if it binds less tightly than `least`."""
    return f"({text})" if level < least else text


def atom(p: Any) -> tuple[str, int]:
    """An operand by its name, or as its number, and how tightly that binds."""
    if isinstance(p, Node):
        return p.name, ATOM
    text = option_text(p)
    return text, PREFIX if text.startswith("-") else ATOM


def same(x: Any, default: Any) -> bool:
    """Whether an option has its default."""
    return x is default or (type(x) is type(default) and bool(np.all(x == default)))


def key_text(key: Any, indices: list[str]) -> str:
    """What stands between the brackets of x[...]."""
    key = filled(key, tuple(map(Text, indices)))
    if isinstance(key, tuple) and key:
        return ", ".join(map(option_text, key)) + ("," if len(key) == 1 else "")
    return option_text(key)


class Text(str):
    """Text that is already written."""

    __slots__ = ()


def option_text(x: Any) -> str:
    """A constant or an option as Python would write it, shortened."""
    if isinstance(x, Text):
        return str(x)
    if isinstance(x, slice):
        ends = ["" if e is None else str(e) for e in (x.start, x.stop)]
        return ":".join(ends) + ("" if x.step is None else f":{x.step}")
    if x is Ellipsis:
        return "..."
    if isinstance(x, (float, int, complex, np.generic)):
        return number(x)
    if isinstance(x, np.ndarray) and not x.ndim:
        return number(x[()])
    if isinstance(x, np.ndarray) or hasattr(x, "__array_function__"):
        if x.ndim == 1 and x.size <= 4:
            return "[" + ", ".join(map(number, x.tolist())) + "]"
        return f"array of shape {x.shape}"
    text = getattr(x, "__name__", None) if callable(x) else None
    text = text or repr(x)
    return text if len(text) <= 40 else text[:39] + "…"


def number(x: Any, digits: int = 5) -> str:
    """A number to so many significant digits, without needless zeros.

    Example
    -------
    >>> number(0.75136507), number(3.0), number(True)
    ('0.75137', '3', 'True')
    """
    x = x.item() if isinstance(x, np.generic) else x
    if isinstance(x, (bool, int)):
        return str(x)
    return f"{x:.{digits}g}"
