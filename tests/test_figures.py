"""The diagram of neurons, the plot of curves, and the files that the worked example writes."""

import math
import re
import xml.etree.ElementTree as ET  # our own pictures

import pytest

from autograd_mini import UsageError, Value
from nn import Layer
from nn.diagram import diagram
from nn.plot import curves
from nn.worked_example import two_two_two
from nn.worked_figures import FILES, batches, explanations, rates, starts, written

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # our own


def lines(svg):
    return [e.find(f"{SVG}title").text for e in ET.fromstring(svg).iter(f"{SVG}line")]  # noqa: S314  # our own


# ---- the diagram


def test_a_diagram_has_a_circle_for_each_neuron_and_a_line_for_each_weight():
    svg = diagram(two_two_two().error()).svg
    assert texts(svg) == ["i1", "i2", "h1", "h2", "o1", "o2", "b1", "b2"]
    assert sorted(lines(svg)) == sorted(
        [f"w{k} = {w:g}" for k, w in enumerate((0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55), 1)]
        + ["b1 = 0.35"] * 2
        + ["b2 = 0.6"] * 2
    )


def test_weights_are_written_on_their_lines():
    said = texts(diagram(two_two_two().error(), weights=True).svg)
    assert {"w1 0.15", "w8 0.55", "0.05", "0.35"} <= set(said)


def test_a_negative_weight_is_told_by_colour_and_dash():
    out = Layer(2, 1, weights=[[1.0, -2.0]], biases=[0.5], name="o")([Value(1.0, name="a"), Value(2.0, name="b")])[0]
    svg = diagram(out, weights=True).svg
    assert svg.count('stroke-dasharray="7 4"') == 1
    assert 'stroke="#d55e00"' in svg


def test_circles_do_not_overlap():
    outs = Layer(5, 4, name="o")([Value(float(k), name=f"i{k}") for k in range(5)])
    root = ET.fromstring(diagram(sum(outs[1:], outs[0])).svg)  # noqa: S314  # our own
    circles = [(float(e.get("cx")), float(e.get("cy")), float(e.get("r"))) for e in root.iter(f"{SVG}circle")]
    assert len(circles) == 5 + 4 + 4
    for i, (x, y, r) in enumerate(circles):
        assert all(math.hypot(x - u, y - v) > 2 * r for u, v, _ in circles[:i])
        assert r < x < float(root.get("width")) - r
        assert r < y < float(root.get("height")) - r


def test_names_are_text():
    out = Layer(1, 1, name="<o>")([Value(1.0, name="a&b")])[0]
    assert {"a&b", "<o>1"} <= set(texts(diagram(out, weights=True).svg))


def test_a_graph_without_neurons_is_refused():
    with pytest.raises(UsageError, match="diagram: got <Graph of v2: 2 nodes>, without neurons; a neuron has"):
        diagram(Value(1.0) * 2)


# ---- the plot


def test_every_series_is_a_curve_with_a_name_and_a_dash_of_its_own():
    svg = curves({f"s{k}": [(1, k + 1), (2, 3)] for k in range(4)}, title="T", x="X", y="Y")
    assert {"T", "X", "Y", "s0", "s3"} <= set(texts(svg))
    styles = re.findall(r'stroke="(#\w+)" stroke-width="2"( stroke-dasharray="[^"]+")?><title>', svg)
    assert len(set(styles)) == len({dash for _, dash in styles}) == 4


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_points_lie_where_the_axes_say(log):
    root = ET.fromstring(curves({"a": [(1, 1), (10, 10), (100, 100)]}, log=log))  # noqa: S314  # our own
    d = next(e.get("d") for e in root.iter(f"{SVG}path") if e.find(f"{SVG}title") is not None)
    (x0, y0), (x1, y1), (x2, y2) = [tuple(map(float, p.split(","))) for p in d[1:].split("L")]
    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.5 if "x" in log else 9 / 99, abs=0.01)
    assert (y1 - y0) / (y2 - y0) == pytest.approx(0.5 if "y" in log else 9 / 99, abs=0.01)
    assert y2 < y0


def test_points_that_cannot_be_shown_are_left_out():
    svg = curves({"a": [(0, 1), (1, math.nan), (2, math.inf), (3, 4), (5, 6)]}, log="x")
    assert svg.count("L") == 1
    with pytest.raises(UsageError, match="curves: got no point"):
        curves({"a": [(0, 1)]}, log="xy")
    with pytest.raises(UsageError, match="curves: got log='z'"):
        curves({"a": [(0, 1)]}, log="z")


def test_one_point_has_axes():
    assert texts(curves({"a": [(2.0, 3.0)]}))
    assert texts(curves({"a": [(2.0, 3.0)]}, log="xy"))


# ---- what the worked example writes


def test_all_eight_weights_are_explained():
    text = explanations(two_two_two().error())
    for k, number in enumerate(
        (
            "0.149780716",
            "0.199561432",
            "0.249751144",
            "0.299502287",
            "0.35891648",
            "0.408666186",
            "0.51130127",
            "0.56137012",
        ),
        1,
    ):
        assert re.search(rf"w{k}⁺ = w{k} − η · ∂E_total/∂w{k} = .* = {number}", text)


def test_every_file_is_written(tmp_path):
    network = two_two_two()
    error = network.error()
    error.backward()
    paths = list(written(error, tmp_path, n=20))
    assert [p.name for p in paths] == list(FILES)
    assert all(p.stat().st_size > 500 for p in paths)
    faded = (tmp_path / "paths-to-w1.svg").read_text(encoding="utf-8")
    assert "#c9ced6" in faded


def test_larger_rates_learn_this_one_example_faster(tmp_path):
    found = rates(tmp_path / "rates.svg", n=50)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found[0.1] > 0.2 > found[0.5]
    assert "eta = 0.5" in texts((tmp_path / "rates.svg").read_text(encoding="utf-8"))
    with pytest.raises(UsageError, match="rates: got n=0"):
        rates(n=0)


def test_sum_and_mean_make_the_same_steps():
    said = list(batches(50, 3))
    first, second = re.search(r"(\S+) with the sum, (\S+) with the mean", said[3]).groups()
    assert first == second
    sums, means = (float(re.search(r"dE/dw5 = (\S+),", line)[1]) for line in said[1:3])
    assert sums / means == pytest.approx(100, rel=1e-4)


def test_random_starts_are_the_same_each_time():
    assert list(starts(3)) == list(starts(3))
    assert len(list(starts(1))) == 6
