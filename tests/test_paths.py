"""Paths against listing them all, and shares across every cut."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_mini import Graph, UsageError, Value, paths, shares
from autograd_mini.graph import Node
from autograd_mini.testing import every_sample
from nn import Linear, Sequential, Tanh, mse_loss
from nn.worked_example import two_two_two

TOP_TWO = """\
2 paths from w1 to E_total; ∂E_total/∂w1 = 0.000438568; top 2:
  +6.683960e-04 +████████████ w1 → net_h1 → out_h1 → net_o1 → out_o1 → E_o1 → E_total
  -2.298283e-04 −████         w1 → net_h1 → out_h1 → net_o2 → out_o2 → E_o2 → E_total
  shown 100.0% of Σ|contribution| = 0.000898; cancellation 51%"""
STEPS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
    lambda a, _: np.tanh(a),
    lambda a, _: a * a,
    lambda a, b: a * 0.0 + b,
    lambda a, _: 3.0 - a,
]


@st.composite
def graphs(draw):
    """A random graph of scalars, and its first leaf."""
    pool = [Value(draw(st.floats(-2, 2)), name=f"x{i}") for i in range(2)]
    for _ in range(draw(st.integers(1, 12))):
        step = draw(st.sampled_from(STEPS))
        a, b = (pool[draw(st.integers(0, len(pool) - 1))] for _ in range(2))
        pool.append(step(a, b))
    return pool[-1], pool[0]


def listed(graph, start):
    """All paths, one by one: the product of local derivatives on each."""
    found = []

    def walk(node, product, above):
        if node is start:
            found.append((product, (node, *above)))
            return
        for p, d in zip(node.operands, node.partials, strict=True):
            if isinstance(p, Node) and d is not None:
                walk(p, product * float(d), (node, *above))

    walk(graph.outputs[0], 1.0, ())
    return found


# ---- paths


def test_the_worked_example_has_two_paths_from_w1():
    assert str(paths(two_two_two().error(), "w1", 2)) == TOP_TWO


@settings(deadline=None, max_examples=150)
@given(graphs(), st.integers(1, 6))
def test_paths_are_those_that_a_list_of_all_gives(graph, k):
    y, x = graph
    view = Graph.of(y)
    if x not in view.places:
        return
    found, every = paths(y, x, k), listed(view, view[x])
    assert found.count == len(every)
    assert math.isclose(found.mass, math.fsum(abs(c) for c, _ in every), rel_tol=1e-9, abs_tol=1e-12)
    assert math.isclose(
        found.derivative, math.fsum(c for c, _ in every), rel_tol=1e-9, abs_tol=1e-9 * found.mass + 1e-12
    )
    largest = sorted((abs(c) for c, _ in every), reverse=True)[:k]
    np.testing.assert_allclose([abs(p.contribution) for p in found.top], largest, rtol=1e-9, atol=1e-300)
    routes = [(tuple(n.index for n in nodes), round(c, 9)) for c, nodes in every]
    for path in found.top:
        assert (tuple(n.index for n in path.nodes), round(path.contribution, 9)) in routes


def test_cancellation_and_share_are_told():
    x = Value(1.0, name="x")
    found = paths(3.0 * x - 1.0 * x, x, 1)
    assert (found.count, found.mass, found.derivative) == (2, 4.0, 2.0)
    assert (found.shown, found.cancellation) == (0.75, 0.5)


def test_counts_are_exact_where_nothing_could_be_listed():
    v = x = Value(1.0, name="x")
    for _ in range(200):
        v = v * 0.5 + v * 0.5
    found = paths(v, x)
    assert found.count == 2**200
    assert found.derivative == 1.0
    assert "about 10^60 paths from x" in str(found)


def test_paths_of_one_name_are_told_apart_by_all_that_is_on_them():
    x = Value(2.0, name="x")
    y = x * x
    y.name = "y"
    z = y * 2 + y * 3
    z.name = "z"
    assert str(paths(z, y)).count(" → v") == 2


def test_without_a_path_there_is_nothing_to_show():
    x, c = Value(1.0, name="x"), Value(2.0, name="c")
    y = c * (x > 0)
    assert str(paths(y, c)).startswith("1 path from c to v")
    with pytest.raises(UsageError, match="Graph: got 'q'"):
        paths(y, "q")


@pytest.mark.parametrize("k", [0, -1, 1.5])
def test_k_is_a_number_of_paths(k):
    x = Value(1.0)
    with pytest.raises(UsageError, match=rf"paths: got k={k}; .*from 1 on"):
        paths(x * 2, x, k)


def test_arrays_on_the_way_are_named():
    x = Value([1.0, 2.0], name="x")
    with pytest.raises(UsageError, match=r"paths: got x of shape \(2,\).*a path is a product of real numbers.*shares"):
        paths(np.sum(x), x)


@pytest.mark.slow
def test_paths_of_a_long_graph_are_found():
    v = x = Value(1.0, name="x")
    for _ in range(50_000):
        v = v * 0.5 + v * 0.5
    assert paths(v, x, 2).count == 2**50_000


# ---- shares


def cuts(found, start, end):
    """The sum of the shares across each cut: between the nodes up to a place and those after it."""
    order = sorted({s.tail.index for s in found} | {s.head.index for s in found})
    for place in order[:-1]:
        yield sum(s.share for s in found if s.tail.index <= place < s.head.index)


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_shares_add_up_to_the_derivative_across_every_cut(graph):
    y, x = graph
    y.backward()
    if x not in Graph.of(y).places or x is y:
        return
    found = shares(y, x)
    size = sum(abs(s.share) for s in found)
    for total in cuts(found, x, y):
        assert math.isclose(total, x.grad or 0.0, rel_tol=1e-9, abs_tol=1e-9 * size + 1e-12)


def test_shares_add_up_across_a_cut_that_is_no_line_in_time():
    y = two_two_two().error()
    found = shares(y, "w1")
    y.backward()
    nodes = {s.tail for s in found} | {s.head for s in found}
    inner = sorted(nodes, key=lambda n: n.index)[1:-1][:10]
    start = min(nodes, key=lambda n: n.index)
    for chosen in itertools.chain.from_iterable(itertools.combinations(inner, k) for k in range(4)):
        side = {start, *chosen}
        total = sum(s.share * ((s.tail in side) - (s.head in side)) for s in found)
        assert total == pytest.approx(Graph.of(y)["w1"].grad, rel=1e-9)


def test_shares_of_arrays_add_up_to_the_norm_of_the_gradient():
    rng = np.random.default_rng(0)
    net = Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))
    loss = mse_loss(net(rng.normal(size=(4, 2))), np.ones((4, 1)))
    loss.backward()
    for p in net.parameters():
        found = shares(loss, p)
        for total in cuts(found, p, loss):
            assert total == pytest.approx(np.linalg.norm(p.grad), rel=1e-9)


@pytest.mark.parametrize("sample", every_sample(), ids=str)
def test_shares_pass_through_every_op(sample):
    xs = [Value(x) for x in sample.operands]
    y = sample(*xs)
    if not isinstance(y, Value) or y.dtype.kind != "f":
        return  # it has no gradient to share
    total = np.sum(y * y) if y.shape else y * y
    total.backward()
    for x in xs:
        if x in Graph.of(total).places and x.dtype.kind == "f" and x.grad is not None and np.all(np.isfinite(x.grad)):
            size = np.linalg.norm(np.ravel(x.grad)) if x.shape else x.grad
            for cut in cuts(shares(total, x), x, total):
                assert cut == pytest.approx(size, rel=1e-6 if x.dtype == np.float64 else 1e-3, abs=1e-9)


def test_where_nothing_leads_there_are_no_shares():
    x, y = Value(1.0), Value(2.0)
    assert shares(x, x) == []
    assert {s.share for s in shares(x * y + y, x)} == {2.0}
