"""The table of a graph: what is in it, and that it reads back into the same numbers."""

import csv
import io

import numpy as np
import pytest

from autograd_mini import Graph, UsageError, Value, read_csv
from autograd_mini.sheet import COLUMNS
from autograd_mini.testing import every_sample
from nn.worked_example import two_two_two


def same(a, b):
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if a is None or b is None:
        return a is b
    has_nan = np.asarray(a).dtype.kind in "fc"
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=has_nan)


def check(graph):
    rows = read_csv(graph.to_csv())
    assert list(rows) == [node.name for node in graph.nodes]
    for node in graph.nodes:
        row = rows[node.name]
        assert same(row.value, node.value)
        assert same(row.gradient, node.grad)
        assert row.op == (node.op.name if node.op else "")
        assert len(row.operands) == len(node.operands)
    return rows


def test_every_node_is_a_row_in_order():
    graph = Graph.of(two_two_two().error())
    lines = list(csv.reader(io.StringIO(graph.to_csv())))
    assert tuple(lines[0]) == COLUMNS == ("name", "op", "operands", "value", "gradient", "dtype")
    assert [line[0] for line in lines[1:]] == [node.name for node in graph.nodes]
    assert ["v1", "multiply", "w1; i1", "0.0075", "", "float64"] in lines


def test_the_worked_example_reads_back_into_the_same_numbers(tmp_path):
    y = two_two_two().error()
    y.backward()
    graph = Graph.of(y)
    rows = check(graph)
    assert rows["E_total"].operands == ("E_o1", "E_o2")
    assert rows["w5"].gradient == graph["w5"].grad
    text = graph.to_csv(tmp_path / "trace.csv")
    assert (tmp_path / "trace.csv").read_bytes() == text.encode()
    assert read_csv(tmp_path / "trace.csv") == rows == read_csv(str(tmp_path / "trace.csv"))


@pytest.mark.parametrize("sample", every_sample(), ids=str)
def test_every_op_and_dtype_reads_back(sample):
    y = sample(*[Value(x) for x in sample.operands])
    if isinstance(y, Value):
        if y.dtype.kind in "fc":
            y.backward(np.ones(y.shape, y.dtype))
        check(Graph.of(y))


KINDS = [
    np.nan, np.inf, -0.0, 1e-300, 0.1, np.float32(0.1), np.zeros((0, 3)), np.zeros((2, 0)), [[np.nan, -np.inf]],
    [1 + 2j], np.arange(3), np.array([True, False]), np.ones((2, 3, 4), np.float32),
]  # fmt: skip


@pytest.mark.parametrize("x", KINDS, ids=range(len(KINDS)))
def test_numbers_of_every_kind_read_back(x):
    v = Value(x, name="x")
    row = read_csv(Graph.of(v).to_csv())["x"]
    assert same(row.value, v.data)
    assert np.asarray(row.value).dtype == np.asarray(v.data).dtype
    if np.ndim(x) == 0:
        assert np.copysign(1, row.value) == np.copysign(1, v.data)


NAMES = [
    "=1+1",
    "+x",
    "-x",
    "@SUM(A1)",
    "'quoted",
    "a;b",
    'say "hi"',
    "two\nlines",
    "größe 重み",
    "a,b",
    " x ",
    "\ttab",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_read_back_and_are_no_formulas(name):
    x = Value(2.0, name=name)
    text = Graph.of(x * Value(3.0, name="k")).to_csv()
    rows = read_csv(text)
    assert rows[name].value == 2.0
    assert rows["v1"].operands == (name, "k")
    for line in csv.reader(io.StringIO(text)):
        assert not line[0].startswith(("=", "+", "-", "@", "\t"))
        assert not line[2].startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", r"read_csv: got the columns a, b; a trace has name, op, operands"),
        ("\n", r"read_csv: got the columns of an empty file|read_csv: got the columns ;"),
        (",".join(COLUMNS) + "\nx,,\n", "read_csv: line 2 has 3 cells; a trace has 6"),
        (",".join(COLUMNS) + "\nx,,,two,,float64\n", "read_csv: line 2, of 'x', has a cell that is no number"),
        (",".join(COLUMNS) + "\nx,,,2,,float65\n", "read_csv: line 2, of 'x'"),
    ],
)
def test_what_is_no_trace_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        read_csv(text)
