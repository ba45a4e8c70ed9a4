"""`explore`: a computation as one page to open in a browser, to walk through forward and backward.

The page holds its data, style and script, and asks no network for anything: a strict content policy
names the only script and the only style that may run, by their hashes. What the page shows is computed
here, from the Graph; what is selected, folded or stepped to is the page's own business.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .chain import Way
from .errors import UsageError
from .graph import Graph, Node, added, expression, formula, number, swept
from .outline import FEW, Modules, Part, modules, outline, outline_around
from .scene import clean, gradient_rows, op_lines, plain, shortened, size, value_rows
from .sweep import full
from .typeset import Text, written

__all__ = ["Page", "Training", "explore"]

LIMIT = 200_000
MOST_STEPS = 2_000_000  # of the sweeps that fold unnamed operations
MOST_FORMULAS = 300  # of values whose local derivatives are written as formulas
MOST_OPERATIONS = 12  # in such a formula
MOST_DOCKED = 4  # a leaf is a row on the cards that read it, if they are no more
LONGEST_TEXT, LONGEST_FORMULA = 400, 80
TEXT = Text()
SCRIPTS = (  # each uses what stands above it
    "basics.js", "layout.js", "model.js", "view.js", "picture.js", "steps.js", "details.js", "graph.js",
    "learning.js", "page.js",
)  # fmt: skip


class Training(Protocol):
    """What `explore` asks of a recorded training run; `nn.Training` is one."""

    network: Any
    rate: float | None

    def history(self) -> Mapping[str, Any]:
        """The run, in lists and numbers."""


def explore(
    value: Any,
    training: Training | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    network: Any = None,
    title: str | None = None,
) -> Page:
    """A page that shows how `value` was computed, and how its derivatives are; `path` is where to write it.

    The page steps forward through the values and backward through the gradients of `value`, which it
    takes from the graph itself, whether `backward` was called or not; of an array, the gradients are
    those of the sum of its elements. Selecting a value shows its chain rule, local derivatives and
    paths, and how much of its gradient passes through each line.

    training: a recorded run, to be watched on a page of its own. network: a module, whose parameters are
    shown by module; it is that of `training` unless given. title: what stands at the top.

    Raises: DtypeError for something that is not a Value, UsageError for one that is not real or depends
    on more than 200,000 others.

    Example
    -------
    >>> from autograd_mini import Value, explore
    >>> x, y = Value(3.0, name="x"), Value(4.0, name="y")
    >>> page = explore(x * y)
    >>> page
    <Page v1: 3 values>
    >>> page.html[:15]
    '<!doctype html>'
    """
    graph = Graph.of(value)
    if len(graph.nodes) > LIMIT:
        raise UsageError(
            f"explore: the value depends on {len(graph.nodes):,} values; a page can hold {LIMIT:,}; "
            "explore an earlier value, or a smaller part of the computation"
        )
    output = graph.outputs[0]
    if isinstance(output.value, tuple) or np.dtype(output.dtype).kind != "f":
        raise UsageError(
            f"explore: got {clean(output.name)} of dtype {output.dtype}; gradients are of real numbers; "
            "explore a value of a floating dtype"
        )
    if network is None and training is not None:
        network = training.network
    where = modules(graph, network)
    data = {
        "title": title or f"{shortened(clean(output.name), 40)}: {len(graph.nodes):,} values",
        "rate": None if training is None else training.rate,
        "training": None if training is None else training.history(),
        **contents(graph, where),
    }
    page = Page(data["title"], document(data))
    if path is not None:
        page.save(path)
    return page


@dataclass(frozen=True, repr=False)
class Page:
    """A page of HTML that needs nothing else; a notebook shows it by itself."""

    title: str
    html: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, to be opened in a browser; the path."""
        path = Path(path)
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" srcdoc="{escape(self.html)}" '
            'width="100%" height="760" style="border:1px solid #8888;border-radius:8px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Page {self.title}>"


def document(data: Mapping[str, Any]) -> str:
    """The page for that data."""
    style = asset("explorer.css")
    script = '"use strict";\n' + "\n".join(map(asset, SCRIPTS))
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for c in "<>&\u2028\u2029":  # so that no text in it ends the element that holds it
        text = text.replace(c, f"\\u{ord(c):04x}")
    pieces = {
        "STYLE-HASH": digest(style),
        "SCRIPT-HASH": digest(script),
        "TITLE": escape(str(data["title"])),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": text.encode("utf-8", "replace").decode(),  # lone surrogates are not text
    }
    return re.sub(r"\{\{([A-Z-]+)\}\}", lambda found: pieces[found[1]], asset("explorer.html"))


def asset(name: str) -> str:
    """One of the files that the page is made of."""
    return files(__package__).joinpath("assets", "explorer", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """How a content policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def contents(graph: Graph, where: Modules) -> dict[str, Any]:
    """The nodes of the page, column by column, and the levels of detail that it has."""
    gradients, flows = backward(graph)
    output = graph.outputs[0]
    names = [shown_name(node, where) for node in graph.nodes]
    rows = {
        node.index: [list(texts(value_rows(node))), list(texts(gradient_rows(replace(node, grad=g))))]
        for node, g in zip(graph.nodes, gradients, strict=True)
        if not node.is_scalar
    }
    milestones = [node for node in graph.nodes if node.is_named or node.is_leaf or node is output]
    writer = Formulas(graph)
    levels = [level("Every operation", graph.nodes, every_line(graph, flows), names, where)]
    levels[0]["formulas"] = writer.of_lines(levels[0], lambda node: [node])
    if len(milestones) < len(graph.nodes):
        lines = folded_lines(milestones, gradients)
        if lines is not None:
            levels.insert(0, level("Named values", milestones, lines, names, where))
            levels[0]["formulas"] = writer.of_lines(levels[0], lambda node: writer.fold(node, MOST_OPERATIONS + 1))
    return {
        "output": output.index,
        "names": names,
        "named": "".join(str(int(is_card(node))) for node in graph.nodes),
        "kinds": [kind(node, where, output) for node in graph.nodes],
        "ops": [" ".join(op_lines(node)) if node.op else "" for node in graph.nodes],
        "calls": [cut(formula(node)) if node.op else "" for node in graph.nodes],
        "expressions": {node.index: cut(expression(node)) for node in milestones if node.op},
        "values": [shown_number(node.value) if node.is_scalar else None for node in graph.nodes],
        "gradients": [
            shown_number(g) if node.is_scalar and g is not None else None
            for node, g in zip(graph.nodes, gradients, strict=True)
        ],
        "norms": {node.index: shown_number(size(g)) for node, g in zip(graph.nodes, gradients, strict=True)
                  if g is not None and not node.is_scalar},
        "rows": rows,
        "modules": where.labels,
        "levels": levels,
        "start": 0 if len(levels) > 1 and any(node.is_named and node.op for node in graph.nodes) else len(levels) - 1,
    }  # fmt: skip


Line = tuple[int, int, Any, Any]  # operand, result, local derivative, and where that is no number the norm of the flow


def backward(graph: Graph) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """The derivative of the output by each node, None where there is none; and what flows to each operand."""
    output = graph.outputs[0]
    gradients: list[Any] = [None] * len(graph.nodes)
    gradients[output.index] = full(1.0, output.value)
    flows: list[tuple[Any, ...]] = [()] * len(graph.nodes)
    with np.errstate(all="ignore"):
        for node in reversed(graph.nodes):
            g = gradients[node.index]
            flows[node.index] = (None,) * len(node.operands) if g is None else node.pulled(g)
            for p, c in zip(node.operands, flows[node.index], strict=True):
                if isinstance(p, Node):
                    gradients[p.index] = added(gradients[p.index], c)
    return gradients, flows


def every_line(graph: Graph, flows: list[tuple[Any, ...]]) -> list[Line]:
    """A line for each operand of each node."""
    found: list[Line] = []
    for v in graph.nodes:
        if v.op is None:
            continue
        partials = v.partials if v.is_scalar else (None,) * len(v.operands)
        for p, d, flow in zip(v.operands, partials, flows[v.index], strict=True):
            if isinstance(p, Node):
                found.append(line(p, v, d, flow))
    return found


def folded_lines(milestones: list[Node], gradients: list[Any]) -> list[Line] | None:
    """Lines between milestones, with the derivative over all that lies between; None where that takes too long."""
    stops = set(milestones)
    steps = 0
    found: list[Line] = []

    def is_stop(node: Node) -> bool:
        nonlocal steps
        steps += 1
        return node in stops or steps > MOST_STEPS

    for v in milestones:
        if v.op is None:
            continue
        g = gradients[v.index]
        is_real = v.is_scalar and np.dtype(v.dtype).kind == "f"
        for p, c in swept(v, 1.0 if is_real else g, is_stop).items():
            scale = 0.0 if g is None else plain(g) if is_real else 1.0
            flow = None if c is None or isinstance(c, tuple) or g is None else np.multiply(c, scale)
            found.append(line(p, v, c if is_real and p.is_scalar else None, flow))
        if steps > MOST_STEPS:
            return None
    return found


class Formulas(Way):
    """Local derivatives as formulas, wherever they are in the graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.end, self.start = graph, graph.outputs[0], graph.outputs[0]
        self.readers, self.between, self.is_between = {}, list(graph.nodes), set(graph.nodes)
        self.locals, self.formulas = {}, {}

    def of_lines(self, shown: Mapping[str, Any], inner: Callable[[Node], list[Node]]) -> dict[int, str]:
        """By the place of a line, the formula of its derivative, if that is more than a number.

        inner: the operations that a value was computed by, as far as the level folds them.
        """
        nodes = self.graph.nodes
        found: dict[int, dict[Node, Any]] = {}
        texts: dict[int, str] = {}
        for k, (u, v, d) in enumerate(zip(shown["from"], shown["to"], shown["partials"], strict=True)):
            if d is None or (v not in found and len(found) >= MOST_FORMULAS):
                continue
            if v not in found:
                operations = inner(nodes[v])
                found[v] = self.derived(nodes[v], operations) if len(operations) <= MOST_OPERATIONS else {}
            f = found[v].get(nodes[u])
            several = sum(p is nodes[u] for p in nodes[v].operands) > 1
            if f is not None and f.kind != "number" and not several:
                texts[k] = written(f, TEXT)
        return {k: text for k, text in texts.items() if len(text) <= LONGEST_FORMULA}


def line(p: Node, v: Node, d: Any, flow: Any) -> Line:
    """A line with a number, if there is one, or with the norm of what flows."""
    is_number = d is not None and p.is_scalar and v.is_scalar
    return (
        p.index,
        v.index,
        shown_number(d) if is_number else None,
        None if is_number or flow is None else shown_number(size(flow)),
    )


def level(title: str, nodes: Any, lines: list[Line], names: list[str], where: Modules) -> dict[str, Any]:
    """A level of detail: its nodes, the lines between them, leaves that are rows of other cards, and how it folds."""
    nodes = list(nodes)
    docked = set(docking(nodes, lines, where))
    items = [node for node in nodes if node.index not in docked]
    items.sort(key=lambda node: (natural(names[node.index]) if is_card(node) else [], node.index))
    items.sort(key=lambda node: not is_card(node))
    # The outline reads places in which operands come first; the page shows items in the order of their names.
    first = sorted(items, key=lambda node: node.index)
    place = {node.index: i for i, node in enumerate(first)}
    pairs = [(place[u], place[v]) for u, v, *_ in lines if u in place and v in place]
    said = [names[node.index] for node in first]
    kinds, ranks = [alike(node) for node in first], [where.of.get(node, 0) for node in first]
    stops = [i for i, node in enumerate(first) if node.op and node.is_named] if len(first) > FEW else []
    if stops:
        parts = outline_around(stops, pairs, said, kinds, ranks, where.labels)
    else:
        parts = outline(pairs, said, kinds, ranks, where.labels)
    return {
        "title": title,
        "from": [u for u, *_ in lines],
        "to": [v for _, v, *_ in lines],
        "partials": [d for *_, d, _ in lines],
        "flows": {k: flow for k, (*_, flow) in enumerate(lines) if flow is not None},
        "docked": sorted(docked),
        "order": [node.index for node in items],
        "parts": [folded(part, [node.index for node in first]) for part in parts],
    }


def docking(nodes: list[Node], lines: list[Line], where: Modules) -> Iterator[int]:
    """Leaves that need no card: few cards read them, all with a name, and in the leaf's own module."""
    by_index = {node.index: node for node in nodes}
    readers: dict[int, set[int]] = {}
    for u, v, *_ in lines:
        if by_index[u].op is None:
            readers.setdefault(u, set()).add(v)
    for u, found in readers.items():
        most = MOST_DOCKED if where.labels else 1
        near = all(is_card(by_index[v]) and where.of.get(by_index[v]) == where.of.get(by_index[u]) for v in found)
        if near and len(found) <= most:
            yield u


def folded(part: Part | int, index: list[int]) -> Any:
    """A part as the page reads it, an item by the index of its node."""
    if isinstance(part, int):
        return index[part]
    return {"label": part.label, "module": part.is_module, "parts": [folded(p, index) for p in part.parts]}


def is_card(node: Node) -> bool:
    """Whether it is shown with its name, and not as a mere operation."""
    return node.is_named or node.is_leaf or not node.is_scalar


def kind(node: Node, where: Modules, output: Node) -> str:
    """What part a node plays: o(utput), p(arameter), l(eaf), or c(omputed)."""
    return "o" if node is output else "p" if node in where.paths else "l" if node.op is None else "c"


def alike(node: Node) -> tuple[Any, ...]:
    """What nodes have in common that fold into one: the op, and the name but for its numbers."""
    return (node.op.name if node.op else "", re.sub(r"\d+", "#", node.name) if node.is_named else "", node.shape)


def shown_name(node: Node, where: Modules) -> str:
    """A node's own name, or a parameter's path."""
    return shortened(clean(node.name if node.is_named else where.paths.get(node, node.name)), 80)


def natural(name: str) -> list[Any]:
    """A key by which w2 comes before w10."""
    return [(0, int(s), "") if s.isdecimal() else (1, 0, s) for s in re.split(r"(\d+)", name) if s]


def cut(text: str) -> str:
    """A text on one line, and not too long."""
    return shortened(clean(text), LONGEST_TEXT)


def texts(rows: Any) -> Iterator[str]:
    """The words of rows."""
    return (row.text for row in rows)


def shown_number(x: Any) -> Any:
    """A number as JSON has it; as text where it has none."""
    x = plain(x)
    if isinstance(x, float):
        return x if math.isfinite(x) else "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x if isinstance(x, int) and not isinstance(x, bool) and abs(x) < 2**53 else number(x, 9)
