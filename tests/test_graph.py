"""The graph: what every reader sees of a computation."""

import operator
import random

import numpy as np
import pytest

from autograd_mini import DtypeError, Graph, UsageError, Value, logistic
from autograd_mini.graph import expression, formula, number, swept
from autograd_mini.testing import assert_close, every_sample

LENGTH = 1_000_000


def cubic():
    x = Value(3.0, name="x")
    return x, x * x * x + 2


def names(graph):
    return [node.name for node in graph.nodes]


# ---- order, ids and names


def test_operands_come_before_results_and_places_count_up():
    _, y = cubic()
    nodes = Graph.of(y).nodes
    assert [n.index for n in nodes] == list(range(4))
    assert all(p.index < n.index for n in nodes for p in n.operands if not isinstance(p, int))


def test_inputs_are_the_leaves_and_outputs_are_as_given():
    x, y = cubic()
    graph = Graph.of(y, x)
    assert [n.name for n in graph.inputs] == ["x"]
    assert graph.outputs == (graph[y], graph[x])


def test_a_graph_of_a_leaf_is_the_leaf():
    graph = Graph.of(Value(1.0))
    assert names(graph) == ["v1"]
    assert graph.inputs == graph.nodes == graph.outputs


def test_two_runs_give_the_same_ids_and_names():
    def run():
        a, b = Value(1.0, name="a"), Value(2.0)
        return Graph.of(np.sin(a * b) + b)

    first, second = run(), run()
    assert list(map(repr, first.nodes)) == list(map(repr, second.nodes))
    assert [n.id for n in first.nodes] == ["n0", "n1", "n2", "n3", "n4"]


def test_setting_the_data_of_a_leaf_does_not_move_it():
    a, b = Value(1.0, name="a"), Value(2.0, name="b")
    y = a * b
    before = names(Graph.of(y))
    a.data = 5.0
    assert names(Graph.of(y)) == before == ["a", "b", "v1"]


def test_unnamed_values_are_numbered_and_shun_names_in_use():
    a = Value(1.0)
    y = a + Value(2.0, name="v2")
    assert names(Graph.of(y * a)) == ["v1", "v2", "v3", "v4"]


def test_equal_names_are_told_apart():
    xs = [Value(1.0, name="x"), Value(2.0, name="x"), Value(3.0, name="x_2"), Value(4.0, name="x")]
    y = xs[0] + xs[1] + xs[2] + xs[3]
    graph = Graph.of(y)
    assert [graph[x].name for x in xs] == ["x", "x_3", "x_2", "x_4"]
    assert all(graph[x].is_named for x in xs)
    assert not graph[y].is_named


def test_nodes_are_found_by_value_and_by_name():
    x, y = cubic()
    graph = Graph.of(y)
    assert graph[x] is graph["x"] is graph.inputs[0]


@pytest.mark.parametrize(
    ("key", "said"), [("z", "'z'"), (Value(1.0, name="other"), "'other'"), (Value(1.0), "without a name")]
)
def test_what_a_graph_does_not_hold_is_named(key, said):
    _, y = cubic()
    with pytest.raises(UsageError, match=f"Graph: got .*{said}.*does not hold; give a Value"):
        Graph.of(y)[key]


def test_a_graph_is_of_values():
    with pytest.raises(DtypeError, match=r"Graph\.of: got float; a graph is of Values"):
        Graph.of(1.0)


# ---- nothing changes


def test_a_node_cannot_be_changed():
    node = Graph.of(cubic()[1]).nodes[0]
    with pytest.raises(AttributeError):
        node.name = "y"


def test_arrays_are_read_only():
    x = Value([1.0, 2.0])
    y = np.sum(x * x)
    y.backward()
    node = Graph.of(y)[x]
    for array in (node.value, node.grad):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.0


def test_later_changes_of_a_leaf_do_not_show():
    x = Value([1.0, 2.0])
    x.data[0] = 5.0
    y = np.sum(x)
    y.backward()
    graph = Graph.of(y)
    x.data[:] = 7.0
    x.grad[:] = 7.0
    assert graph[x].value.tolist() == [5.0, 2.0]
    assert graph[x].grad.tolist() == [1.0, 1.0]


# ---- what a node tells


def test_gradients_are_none_before_backward_and_numbers_after():
    x, y = cubic()
    assert [n.grad for n in Graph.of(y).nodes] == [None] * 4
    y.backward()
    graph = Graph.of(y)
    assert (graph[x].grad, graph[y].grad) == (27.0, 1.0)


def test_shapes_and_dtypes_are_told_of_scalars_and_arrays():
    x = Value(np.ones((2, 3), np.float32))
    graph = Graph.of(np.sum(x) > 1.0)
    assert [(n.shape, str(n.dtype)) for n in graph.nodes] == [((2, 3), "float32"), ((), "float32"), ((), "bool")]


def test_constants_stay_among_the_operands():
    x = Value(3.0)
    assert Graph.of(2 * x).nodes[-1].operands[0] == 2
    assert Graph.of(x**3).nodes[-1].operands[1] == 3


def test_partials_of_scalars_are_numbers():
    a, b = Value(3.0), Value(4.0)
    assert Graph.of(a / b).nodes[-1].partials == (0.25, -0.1875)
    assert Graph.of(a * 2).nodes[-1].partials == (2.0, None)
    assert Graph.of(a * a).nodes[-1].partials == (3.0, 3.0)
    assert Graph.of(logistic(Value(0.0))).nodes[-1].partials == (0.25,)


def test_partials_of_infinite_scalars_come_from_the_rule():
    x = Value(np.inf)
    assert Graph.of(x * 2.0).nodes[-1].partials == (2.0, None)
    (d,) = Graph.of(np.exp(Value(-np.inf))).nodes[-1].partials
    assert d == 0.0


def test_partials_of_elementwise_ops_have_the_shape_of_the_result():
    x, b = Value([[1.0, 2.0], [3.0, 4.0]]), Value([10.0, 20.0])
    dx, db = Graph.of(x * b).nodes[-1].partials
    assert dx.tolist() == [[10.0, 20.0], [10.0, 20.0]]
    assert db.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_partials_of_a_scalar_result_have_the_shape_of_the_operand():
    x = Value([1.0, 2.0])
    assert Graph.of(x @ np.array([3.0, 4.0])).nodes[-1].partials[0].tolist() == [3.0, 4.0]


def test_partials_that_would_be_larger_are_left_out_and_flows_are_not():
    x, w = Value(np.ones((2, 3))), Value(np.ones((3, 2)))
    y = x @ w
    assert Graph.of(y).nodes[-1].partials == (None, None)
    assert Graph.of(y).nodes[-1].flows == (None, None)
    y.backward(np.ones((2, 2)))
    assert [flow.shape for flow in Graph.of(y).nodes[-1].flows] == [(2, 3), (3, 2)]


def test_nothing_flows_through_discrete_ops():
    x = Value([1.0, 2.0])
    graph = Graph.of(np.sum(np.where(x > 1.5, x, 0.0)))
    mask = next(n for n in graph.nodes if n.op and n.op.is_discrete)
    assert mask.partials == mask.flows == (None, None)


def flows_into(graph):
    total = {}
    for node in graph.nodes:
        for p, flow in zip(node.operands, node.flows, strict=True):
            if flow is not None:
                total[p] = total.get(p, 0) + flow
    return total


@pytest.mark.parametrize("sample", every_sample(), ids=str)
def test_what_flows_to_a_value_adds_up_to_its_gradient(sample):
    xs = [Value(x) for x in sample.operands]
    y = sample(*xs)
    if not isinstance(y, Value) or isinstance(y.data, tuple) or y.dtype.kind != "f":
        return  # it has no gradient to flow
    y.backward(np.ones(y.shape))
    graph = Graph.of(y)
    total = flows_into(graph)
    for x in xs:
        if x in graph.places and graph[x] in total:
            assert_close(total[graph[x]], x.grad, order=1)
    assert expression(graph[y])
    assert all(repr(node) for node in graph.nodes)


# ---- derivatives over what lies between


def test_a_sweep_adds_up_all_ways_to_where_it_stops():
    x, y = Value(3.0, name="x"), Value(2.0, name="y")
    z = (x * y + x) * (x * y)
    found = swept(Graph.of(z).outputs[0], 1.0, lambda n: n.is_named)
    assert {n.name: d for n, d in found.items()} == {"x": 36.0, "y": 45.0}


def test_a_sweep_does_not_cross_where_it_stops():
    x = Value(3.0, name="x")
    h = x * x
    h.name = "h"
    found = swept(Graph.of(h * 2 + h).outputs[0], 1.0, lambda n: n.is_named)
    assert {n.name: d for n, d in found.items()} == {"h": 3.0}


def test_a_sweep_of_nothing_finds_the_nodes_alone():
    x = Value([3.0], name="x")
    found = swept(Graph.of(np.exp(x * 2)).outputs[0], None, lambda n: n.is_named)
    assert {n.name: d for n, d in found.items()} == {"x": None}


# ---- text


def three():
    return [Value(v, name=n) for v, n in ((1.5, "x"), (2.0, "y"), (0.5, "z"))]


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (lambda x, y, z: x + y * z, "x + y * z"),
        (lambda x, y, z: (x + y) * z, "(x + y) * z"),
        (lambda x, y, z: x - (y - z), "x - (y - z)"),
        (lambda x, y, z: x - y - z, "x - y - z"),
        (lambda x, y, z: x / (y * z), "x / (y * z)"),
        (lambda x, y, z: -(x**3.0), "-x ** 3"),
        (lambda x, y, z: (-x) ** y, "(-x) ** y"),
        (lambda x, y, z: x**-y, "x ** -y"),
        (lambda x, y, z: (x**y) ** z, "(x ** y) ** z"),
        (lambda x, y, z: x ** (y**z), "x ** y ** z"),
        (lambda x, y, z: x * -2, "x * -2"),
        (lambda x, y, z: (x + 1) ** 2, "(x + 1)²"),
        (lambda x, y, z: -x * y, "-x * y"),
        (lambda x, y, z: -(x * y), "-(x * y)"),
        (lambda x, y, z: np.exp(-x) + 1, "exp(-x) + 1"),
        (lambda x, y, z: np.maximum(x * y, 0.0), "maximum(x * y, 0)"),
        (lambda x, y, z: (x > y) * z, "(x > y) * z"),
        (lambda x, y, z: 2 / x, "2 / x"),
        (lambda x, y, z: x * x, "x * x"),
    ],
)
def test_expressions_read_as_python_writes_them(of, text):
    assert expression(Graph.of(of(*three())).outputs[0]) == text


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (lambda a: a @ a.T, "a @ transpose(a)"),
        (lambda a: a[1:, 0], "a[1:, 0]"),
        (lambda a: (a + 1)[..., None], "(a + 1)[..., None]"),
        (lambda a: a[::2], "a[::2]"),
        (lambda a: a[np.array([0, 1]), 0], "a[[0, 1], 0]"),
        (lambda a: np.sum(a, axis=0), "sum(a, axis=0)"),
        (lambda a: np.where(a > 0, a, 0.0), "where(a > 0, a, 0)"),
        (lambda a: a * np.ones((2, 2)), "a * array of shape (2, 2)"),
        (lambda a: a + np.array(0.5), "a + 0.5"),
    ],
)
def test_expressions_of_arrays_show_keys_and_options(of, text):
    a = Value([[1.0, 2.0], [3.0, 4.0]], name="a")
    assert expression(Graph.of(of(a)).outputs[0]) == text


def test_an_expression_stops_at_named_values_and_says_what_it_computes():
    x, y, z = three()
    h = x * y
    h.name = "h"
    assert expression(Graph.of(h + z).outputs[0]) == "h + z"
    assert expression(Graph.of(h).outputs[0]) == "x * y"


def test_an_expression_reads_back_into_the_same_number():
    x, y, z = three()
    rng = random.Random(0)  # noqa: S311  # no secret
    ops = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
    for _ in range(200):
        pool = [x, y, z]
        while len(pool) < 9:
            a, b, op = rng.choice(pool), rng.choice(pool), rng.choice(ops)
            if 0.1 < a.data < 5 and 0.1 < b.data < 5:
                pool.append(op(a, b))
            elif op is not operator.pow and b.data:
                pool.append(op(-a, b))
        text = expression(Graph.of(pool[-1]).outputs[0], limit=1000)
        read = eval(text, {"x": x.data, "y": y.data, "z": z.data})  # noqa: S307  # our own text
        assert read == pytest.approx(pool[-1].data, rel=1e-13)


def test_a_long_expression_ends_in_names():
    v = three()[0]
    for _ in range(10):
        v = v + 1
    assert expression(Graph.of(v).outputs[0], limit=3) == "v7 + 1 + 1 + 1"


def test_a_formula_names_its_operands():
    x, y, _ = three()
    graph = Graph.of((x + y) * 2)
    assert [formula(n) for n in graph.nodes] == ["x", "y", "v1 = x + y", "v2 = v1 * 2"]


def test_numbers_are_short():
    assert [number(v) for v in (0.1 + 0.2, 1e-20, np.float32(2), np.nan, -np.inf, 1 + 2j, np.True_, 7)] == [
        "0.3", "1e-20", "2", "nan", "-inf", "1+2j", "True", "7",
    ]  # fmt: skip


# ---- size


@pytest.mark.slow
def test_a_chain_of_a_million_operations_can_be_viewed():
    v = start = Value(1.0)
    for _ in range(LENGTH):
        v = v + 1.0
    v.backward()
    graph = Graph.of(v)
    assert len(graph.nodes) == LENGTH + 1
    assert graph[start].grad == 1.0
    assert expression(graph.outputs[0]).endswith("+ 1")
    assert swept(graph.outputs[0], 1.0, lambda n: n.is_leaf) == {graph[start]: 1.0}
