"""How a large computation folds: everything stays, nothing goes in circles, modules are found."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Graph, Value
from autograd_mini.outline import MOST_PARTS, Part, modules, outline, outline_around
from nn import Linear, Sequential, Tanh, mse_loss
from nn.worked_example import two_two_two


def computation(seed):
    """Lines from earlier to later items, what they are like, in which module, and where to stop."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 200))
    lines = [(int(rng.integers(max(0, v - 20), v)), v) for v in range(1, n) for _ in range(rng.integers(0, 3))]
    ranks = [0] * n
    for u, v in lines:
        ranks[v] = min(3, max(ranks[v], ranks[u] + int(rng.random() < 0.05)))
    kinds = rng.choice(list("abc"), size=n).tolist()
    stops = {n - 1, *rng.integers(0, n, size=rng.integers(0, n)).tolist()}
    return lines, [f"v{i}" for i in range(n)], kinds, ranks, sorted(stops)


def items_of(part):
    return [part] if isinstance(part, int) else [i for p in part.parts for i in items_of(p)]


def assert_no_circles(parts, lines):
    """At every depth, what is in one part never leads back into it through others."""
    owner = {i: k for k, part in enumerate(parts) for i in items_of(part)}
    after = {k: set() for k in range(len(parts))}
    for u, v in lines:
        if u in owner and v in owner and owner[u] != owner[v]:
            after[owner[u]].add(owner[v])
    done, open_ = set(), set()

    def visit(k):
        assert k not in open_, "a circle"
        if k not in done:
            open_.add(k)
            for j in after[k]:
                visit(j)
            open_.remove(k)
            done.add(k)

    for k in after:
        visit(k)
    for part in parts:
        if isinstance(part, Part):
            assert_no_circles(part.parts, lines)


@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_folding_keeps_every_item_once_and_makes_no_circle(seed, with_modules, with_stops):
    lines, names, kinds, ranks, stops = computation(seed)
    labels = ("a", "b", "c", "d") if with_modules else ()
    if with_stops:
        parts = outline_around(stops, lines, names, kinds, ranks, labels)
    else:
        parts = outline(lines, names, kinds, ranks, labels)
    assert sorted(i for part in parts for i in items_of(part)) == list(range(len(names)))
    assert_no_circles(parts, lines)


def test_few_items_are_not_folded():
    assert outline([(0, 1)], ["x", "y"], ["", "f"], [0, 0], []) == (0, 1)


def test_a_long_chain_folds_into_a_dozen_parts():
    n = 1_000
    parts = outline([(i, i + 1) for i in range(n - 1)], [f"v{i}" for i in range(n)], ["f"] * n, [0] * n, [])
    assert len(parts) == MOST_PARTS
    assert parts[0].label.startswith("v0 … v")


def test_alike_items_of_a_column_are_one_part():
    n = 100
    parts = outline(
        [(i, n) for i in range(n)], [*(f"x{i}" for i in range(n)), "sum"], ["x"] * n + ["+"], [0] * (n + 1), []
    )
    assert [part.label if isinstance(part, Part) else part for part in parts] == ["x0 … x99", n]


def shown(graph, found):
    """The names of the computed nodes of each module."""
    names = {}
    for node in graph.nodes:
        if node.is_named:
            names.setdefault(found.labels[found.of[node]], []).append(node.name)
    return {label: sorted(names[label]) for label in found.labels if label in names}


@pytest.mark.parametrize("bias", ["fixed", "shared", "each"])
def test_modules_of_the_worked_example(bias):
    network = two_two_two(bias=bias)
    graph = Graph.of(network.error())
    found = shown(graph, modules(graph, network))
    assert found["input"] == ["i1", "i2"]
    assert [n for n in found["hidden"] if not re.match(r"b\d?", n)] == [
        "net_h1",
        "net_h2",
        "out_h1",
        "out_h2",
        "w1",
        "w2",
        "w3",
        "w4",
    ]
    assert [n for n in found["output"] if not re.match(r"b\d?", n)] == [
        "net_o1",
        "net_o2",
        "out_o1",
        "out_o2",
        "w5",
        "w6",
        "w7",
        "w8",
    ]
    assert found["error"] == ["E_o1", "E_o2", "E_total", "target_o1", "target_o2"]


def test_modules_of_matrices_hold_their_transposes_and_activations():
    net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    x = Value(np.ones((4, 2)), name="x")
    graph = Graph.of(mse_loss(net(x), np.zeros((4, 1))))
    found = modules(graph, net)
    ops = {}
    for node in graph.nodes:
        if node.op:
            ops.setdefault(found.labels[found.of[node]], []).append(node.op.name)
    assert ops["0"] == ["transpose", "matmul", "add", "tanh"]
    assert ops["2"] == ["transpose", "matmul", "add"]
    assert found.labels[found.of[graph["x"]]] == "input"
    assert sorted(found.paths.values()) == ["0.bias", "0.weight", "2.bias", "2.weight"]


def test_without_a_network_there_are_no_modules():
    graph = Graph.of(Value(1.0) * 2)
    assert modules(graph, None).labels == ()
    assert modules(graph, Linear(1, 1)).labels == ()
