"""`compare`: somebody's own numbers beside those of a graph, and what may have gone wrong in theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from .chain import Way
from .errors import DtypeError, UsageError
from .graph import Graph, Node
from .slips import Question, slip
from .typeset import decimal

__all__ = ["Comparison", "Finding", "compare"]

SLASH = re.compile(r"/\s*[d∂]")
LEAST_DIGITS = 3  # a float with fewer is taken to be exact


@dataclass(frozen=True)
class Finding:
    """One of the reader's numbers: `given`, and `right`; `why` is empty unless a slip explains it."""

    name: str
    given: float
    right: float
    agrees: bool
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """All findings, in the order in which the numbers are computed: forward, then backward."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding | None:
        """The first that differs: those after it may differ because of it."""
        return next((f for f in self.findings if not f.agrees), None)

    def __str__(self) -> str:
        width = max((len(f.name) for f in self.findings), default=0)
        said = []
        for f in self.findings:
            verdict = "agrees" if f.agrees else "differs first" if f is self.first else "differs"
            said.append(f"{f.name:<{width}}  yours {decimal(f.given):>14}  here {decimal(f.right):>14}  {verdict}")
            if f.why:
                said.append(f"{'':<{width}}  yours is what comes out {f.why}")
        count = sum(f.agrees for f in self.findings)
        return "\n".join([*said, f"{count} of {len(self.findings)} agree, to the digits given"])


def compare(output: Any, numbers: Mapping[str, float | str], rate: float | None = None) -> Comparison:
    """Your own numbers beside those that `output` was computed with, and its derivatives.

    numbers: by name. "out_h1" is a value; "dE_o2/dout_h1" (or with ∂) a derivative, of any named Value by
    any other; "delta_o1" the derivative of the output by net_o1; "w5+" what w5 is after a step of
    `rate`. A number agrees if it is right to its last digit, rounded or cut off; as text, "0.40" has two.
    One that differs is tried against the slips that people make: another operand in place of the right
    one, a factor left out, one branch in place of all, a sign, or a number of yours that was wrong before.

    Raises: UsageError for a name that is not there, and for a step without a rate; DtypeError for
    what is no number.

    Example
    -------
    >>> from autograd_mini import Value, compare
    >>> w1, w2, x = Value(2.0, name="w1"), Value(7.0, name="w2"), Value(3.0, name="x")
    >>> y = w1 * x + w2
    >>> y.name = "y"
    >>> compare(y, {"y": 13.0, "dy/dw1": 3.0, "dy/dx": "7.00"}).first.why
    'with w2 where w1 belongs, in ∂y/∂x = w1'
    """
    graph = Graph.of(output)
    questions = sorted((question(graph, name, x, rate) for name, x in numbers.items()), key=lambda q: q.order)
    found = []
    for k, q in enumerate(questions):
        agrees = q.fits(q.right)
        why = "" if agrees else slip(graph, q, questions[:k], rate)
        found.append(Finding(q.name, q.given, q.right, agrees, why))
    return Comparison(tuple(found))


def question(graph: Graph, name: str, given: float | str, rate: float | None) -> Question:
    """What one of the reader's numbers is of, and what it is here."""
    try:
        exact = Decimal(str(given))
        x, unit = float(exact), float(Decimal(1).scaleb(int(exact.as_tuple().exponent)))
    except (InvalidOperation, ValueError):
        raise DtypeError(f"compare: got {given!r} for {name!r}; it is compared as a number; give one") from None
    if not isinstance(given, str) and len(exact.as_tuple().digits) < LEAST_DIGITS:
        unit = 1e-9 * abs(x)
    return of_name(graph, name, rate, x, unit)


def of_name(graph: Graph, name: str, rate: float | None, given: float, unit: float) -> Question:
    """The value, derivative, delta or step that the name tells."""
    nodes = {node.name: node for node in graph.nodes if node.is_scalar and node.dtype.kind == "f"}
    end = graph.outputs[0]

    def derivative(of: Node, by: Node) -> Question:
        between = Way(graph, of, by)
        g = between.adjoints[by] if between.connects else None
        right = 0.0 if g is None else float(g)
        return Question(name, given, unit, right, (1, -by.index, of.index), by, of, between)

    if name in nodes:
        node = nodes[name]
        return Question(name, given, unit, float(node.value), (0, node.index, 0), node)
    if name[:1] in ("d", "∂"):
        for m in SLASH.finditer(name):
            of, by = nodes.get(name[1 : m.start()].strip()), nodes.get(name[m.end() :].strip())
            if of is not None and by is not None:
                return derivative(of, by)
    for start in ("delta_", "δ_"):
        label = name.removeprefix(start)
        for key in (f"net_{label}", label) if label != name else ():
            if key in nodes:
                return derivative(end, nodes[key])
    stem = name.rstrip("+⁺")
    if stem != name and stem in nodes:
        if rate is None:
            raise UsageError(
                f"compare: got {name!r}, a number after a step; that needs the learning rate; give rate=..."
            )
        q = derivative(end, nodes[stem])
        right = float(nodes[stem].value) - rate * q.right
        return Question(name, given, unit, right, (2, nodes[stem].index, 0), nodes[stem])
    known = ", ".join([n for n, node in nodes.items() if node.is_named][:8])
    raise UsageError(
        f'compare: got {name!r}, which is no value, derivative, delta or step of {graph}; it is like "net_h1", '
        f'"dE/dw1", "delta_h1" or "w1+"; the names of numbers here are: {known}'
    )
