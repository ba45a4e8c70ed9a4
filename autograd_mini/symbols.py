"""Formulas: what a graph computes as a short symbolic expression, and ways to write it down.

A formula is made from a Graph, node by node: names stay, numbers are multiplied out, and equal
terms are collected. Where a rule chooses by a condition, the branch taken at these numbers is
what stands there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .graph import OPERATORS, SPOKEN, Graph, Node, same
from .record import shape_of

__all__ = ["ONE", "Formula", "derivative", "formula_of", "name", "times"]

Kind = Literal["number", "name", "product", "sum", "quotient", "power", "call", "infix", "bracket", "derivative"]
MOST_NODES = 80  # of a graph that is still written as a formula
COMPARISONS = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})
# Ops that change the form of what they are given and not its numbers.
TRANSPARENT = frozenset({"alias", "positive", "broadcast_to", "astype", "copy", "conj", "real"})


@dataclass(frozen=True)
class Formula:
    """A formula: a number; a name; or a product, sum, ... of parts.

    number: of a "number" its value, of a "product" what all parts are multiplied with, of a "power"
    the exponent. text: a name, a function, or an infix operator.
    """

    kind: Kind
    parts: tuple[Formula, ...] = ()
    text: str = ""
    number: float = 1.0

    @property
    def is_one(self) -> bool:
        """Whether it is the number 1."""
        return self.kind == "number" and self.number == 1


def constant(x: float) -> Formula:
    """A number."""
    return Formula("number", number=float(x))


def name(text: str) -> Formula:
    """A name."""
    return Formula("name", text=text)


def derivative(of: str, by: str) -> Formula:
    """A derivative that stands for itself."""
    return Formula("derivative", (name(of), name(by)))


ONE, ZERO = constant(1.0), constant(0.0)


def times(*xs: Formula) -> Formula:
    """The product: numbers multiplied out, repeated parts as powers, at most one fraction.

    Example
    -------
    >>> x = name("x")
    >>> times(constant(0.5), plus(x, x)) == x
    True
    """
    number, exponents = 1.0, dict[Formula, float]()
    pending = [(x, 1.0) for x in reversed(xs)]
    while pending:
        x, n = pending.pop()
        if x.kind == "quotient":
            top, bottom = x.parts
            pending += [(bottom, -n), (top, n)]
        elif x.kind in ("number", "product") and (x.number or n > 0):
            number *= x.number**n
            pending += [(part, n) for part in reversed(x.parts)]
        else:
            base, k = (x.parts[0], x.number) if x.kind == "power" else (x, 1.0)
            exponents[base] = exponents.get(base, 0.0) + n * k
    if number == 0:
        return ZERO
    tops = [power(base, n) for base, n in exponents.items() if n > 0]
    bottoms = [power(base, -n) for base, n in exponents.items() if n < 0]
    if not bottoms:
        return product(number, tops)
    return product(number, [Formula("quotient", (product(1.0, tops), product(1.0, bottoms)))])


def product(number: float, parts: list[Formula]) -> Formula:
    """A number times parts, in its simplest form."""
    if not parts:
        return constant(number)
    return parts[0] if number == 1 and len(parts) == 1 else Formula("product", tuple(parts), number=number)


def power(x: Formula, n: float) -> Formula:
    """The n-th power of x."""
    if n == 1:
        return x
    return ONE if n == 0 else Formula("power", (x,), number=n)


def plus(*xs: Formula) -> Formula:
    """The sum, equal terms collected."""
    if len(set(xs)) == 1:
        return times(constant(len(xs)), xs[0])
    weights: dict[Formula, float] = {}
    for x in xs:
        for term in x.parts if x.kind == "sum" else (x,):
            base, n = (ONE, term.number) if term.kind == "number" else (term, 1.0)
            if term.kind == "product":
                base, n = product(1.0, list(term.parts)), term.number
            weights[base] = weights.get(base, 0.0) + n
    terms = [times(constant(n), base) for base, n in weights.items() if n]
    if not terms:
        return ZERO
    return terms[0] if len(terms) == 1 else Formula("sum", tuple(terms))


def over(a: Formula, b: Formula) -> Formula:
    """The quotient a / b."""
    if b.kind == "number" and b.number:
        if a.kind == "number":
            return constant(a.number / b.number)
        if b.number in (1.0, -1.0):
            return times(b, a)
    return times(a, Formula("quotient", (ONE, b)))


def formula_of(output: Any, names: dict[Any, Formula]) -> Formula | None:
    """What the Value `output` was computed as, with these names for some Values; None if that is too long.

    Example
    -------
    >>> from autograd_mini import Value
    >>> x = Value(3.0, name="x")
    >>> formula_of(x * x * 2, {}).number
    2.0
    """
    if output.__class__ is float or not hasattr(output, "op"):
        return constant_of(output)
    if output in names:
        return names[output]
    graph = Graph.of(output)
    if len(graph.nodes) > MOST_NODES:
        return None
    known = {graph[v].index: said for v, said in names.items() if v in graph.places}
    needed = {graph.nodes[-1].index}
    for node in reversed(graph.nodes):  # what stands behind a name is not written out
        if node.index in needed and node.index not in known:
            needed |= {p.index for p in node.operands if isinstance(p, Node)}
    for node in graph.nodes:
        if node.index in needed and node.index not in known:
            operands = [known[p.index] if isinstance(p, Node) else constant_of(p) for p in node.operands]
            known[node.index] = call_of(node, operands) if node.op else constant_of(node.value, node)
    return known[graph.nodes[-1].index]


def constant_of(x: Any, node: Node | None = None) -> Formula:
    """A number as it is, an array of equal numbers as that number, any other array by its shape."""
    if node is not None and node.is_named:
        return name(node.name)
    if isinstance(x, (bool, int, float, np.generic)) or (isinstance(x, np.ndarray) and not x.shape):
        return constant(float(np.real(x)))
    if isinstance(x, np.ndarray) and x.size and x.dtype.kind in "fbiu" and np.all(x == x.flat[0]):
        return constant(float(x.flat[0]))
    return name(f"array{shape_of(x)}" if hasattr(x, "shape") else str(x))


def call_of(node: Node, xs: list[Formula]) -> Formula:
    """The formula of a call, of those of its operands."""
    op: Any = node.op
    kind = op.name
    if kind in TRANSPARENT:
        return xs[0]
    if kind in ("add", "subtract"):
        return plus(xs[0], xs[1] if kind == "add" else times(constant(-1.0), xs[1]))
    if kind == "multiply":
        return times(*xs)
    if kind == "negative":
        return times(constant(-1.0), xs[0])
    if kind == "divide":
        return over(*xs)
    if kind == "reciprocal":
        return over(ONE, xs[0])
    if kind == "square":
        return power(xs[0], 2.0)
    if kind in ("power", "float_power") and xs[1].kind == "number":
        return power(xs[0], xs[1].number)
    if kind == "choice" and (taken := branch_taken(node)) is not None:
        return xs[taken]
    if kind in COMPARISONS:  # 1 where it holds, else 0
        return Formula("bracket", (Formula("infix", tuple(xs), text=OPERATORS[kind]),))
    if kind == "transpose" and xs[0].kind == "call" and xs[0].text == kind and len(xs[0].parts) == 1:
        return xs[0].parts[0]
    if kind == "matmul":
        return Formula("infix", tuple(xs), text="@")
    options = {k: x for k, x in node.options.items() if not same(x, op.defaults.get(k))}
    said = [*xs, *(name(f"{k}={x}") for k, x in options.items() if k != "dtype")]
    return Formula("call", tuple(said), text="σ" if kind == "logistic" else SPOKEN.get(kind, kind))


def branch_taken(node: Node) -> int | None:
    """Which operand a choice took; None if it took some of both."""
    p = node.operands[0]
    condition = np.asarray(p.value if isinstance(p, Node) else p)
    if condition.all():
        return 1
    return None if condition.any() else 2
