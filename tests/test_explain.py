"""Explanations: the chain rule in words and numbers, for the worked example and for any graph."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET  # our own pages

import numpy as np
import pytest
from conftest import KATEX, NODE

from autograd_mini import Graph, UsageError, Value, explain, logistic, relu
from autograd_mini.testing import every_sample
from nn import Linear, Sequential, Tanh, mse_loss
from nn.worked_example import two_two_two

W5 = """\
How w5 influences E_total

  ∂E_total/∂w5 = ∂E_total/∂out_o1 · ∂out_o1/∂net_o1 · ∂net_o1/∂w5
               = 0.74136507 × 0.186815602 × 0.593269992
               = 0.082167041

  where
    ∂E_total/∂out_o1 = 0.74136507     = −(target_o1 − out_o1)
    ∂out_o1/∂net_o1  = 0.186815602    = out_o1(1 − out_o1)
    ∂net_o1/∂w5      = 0.593269992    = out_h1

  node deltas   δ(x) = ∂E_total/∂net(x)
    δ_o1 = 0.138498562
  so ∂E_total/∂w5 = δ_o1 · out_h1 = 0.138498562 × 0.593269992 = 0.082167041

  update (η = 0.5)
    w5⁺ = w5 − η · ∂E_total/∂w5 = 0.4 − 0.5 × 0.082167041 = 0.35891648
"""
W1 = """\
How w1 influences E_total

  ∂E_total/∂w1 = ∂E_total/∂out_h1 · ∂out_h1/∂net_h1 · ∂net_h1/∂w1
               = 0.036350306 × 0.241300709 × 0.05
               = 0.000438568

  where
    ∂E_total/∂out_h1 = 0.036350306    sum over 2 paths:
                       + ∂E_o1/∂net_o1 · ∂net_o1/∂out_h1 = 0.138498562 × 0.4 = 0.055399425
                       + ∂E_o2/∂net_o2 · ∂net_o2/∂out_h1 = (-0.038098237) × 0.5 = -0.019049118
    ∂out_h1/∂net_h1  = 0.241300709    = out_h1(1 − out_h1)
    ∂net_h1/∂w1      = 0.05           = i1

  node deltas   δ(x) = ∂E_total/∂net(x)
    δ_o2 = -0.038098237
    δ_o1 = 0.138498562
    δ_h1 = 0.008771355
  so ∂E_total/∂w1 = δ_h1 · i1 = 0.008771355 × 0.05 = 0.000438568

  update (η = 0.5)
    w1⁺ = w1 − η · ∂E_total/∂w1 = 0.15 − 0.5 × 0.000438568 = 0.149780716
"""
# What the published text prints of the same two derivations, to its digits.
PUBLISHED = {
    "w5": {"∂E_total/∂out_o1": "0.74136507", "∂out_o1/∂net_o1": "0.186815602", "∂net_o1/∂w5": "0.593269992",
           "∂E_total/∂w5": "0.082167041", "δ_o1": "0.138498562", "w5⁺": "0.35891648"},
    "w1": {"∂E_total/∂out_h1": "0.036350306", "∂out_h1/∂net_h1": "0.241300709", "∂net_h1/∂w1": "0.05",
           "∂E_total/∂w1": "0.000438568", "w1⁺": "0.149780716"},
}  # fmt: skip


@pytest.fixture
def E_total():  # noqa: N802  # the post's name
    return two_two_two().error()


def named(x, name):
    x.name = name
    return x


def text(*args, **options):
    return str(explain(*args, **options))


# ---- the worked example


@pytest.mark.parametrize(("name", "expected"), [("w5", W5), ("w1", W1)])
def test_the_worked_example_is_explained_number_by_number(name, expected, E_total):
    assert text(E_total, name, rate=0.5) == expected.rstrip("\n")


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_numbers_are_those_of_the_published_text(name, E_total):
    said = text(E_total, name, rate=0.5)
    for left, number in PUBLISHED[name].items():
        line = next(x for x in said.split("\n") if x.strip().startswith((f"{left} ", f"so {left} ")) and number in x)
        assert re.search(rf"= {re.escape(number)}(\s|$)", line)


def test_a_shared_bias_is_the_sum_of_the_deltas_that_it_feeds(E_total):
    said = text(E_total, "b1")
    assert "so ∂E_total/∂b1 = δ_h1 · 1 + δ_h2 · 1 = 0.008771355 × 1 + 0.009954255 × 1 = 0.018725609" in said
    assert "∂E_total/∂b1 = 0.018725609    sum over 2 branches:" in said


def test_backward_is_not_needed_and_changes_nothing(E_total):
    before = text(E_total, "w1")
    E_total.backward()
    assert text(E_total, "w1") == before


def test_a_value_and_its_name_give_the_same(E_total):
    node = Graph.of(E_total)["w1"]
    assert text(E_total, node.record) == text(E_total, "w1")


# ---- any graph


def test_the_gradient_is_that_of_backward_for_every_named_value(E_total):
    E_total.backward()
    for node in Graph.of(E_total).nodes:
        if node.is_named and node is not Graph.of(E_total).nodes[-1] and node.name != "E_total":
            assert explain(E_total, node.name).derivation.gradient == pytest.approx(node.grad, rel=1e-12)


def test_the_product_of_the_factors_is_the_gradient(E_total):
    for node in Graph.of(E_total).inputs:
        d = explain(E_total, node.name).derivation
        assert np.prod([f.number for f in d.chain]) == pytest.approx(d.gradient, rel=1e-12)
        for f in d.chain:
            if f.terms:
                assert sum(t.number for t in f.terms) == pytest.approx(f.number, rel=1e-12)


@pytest.mark.parametrize(
    ("of", "formula", "number"),
    [
        (lambda x, y: x * y, "y", "2"),
        (lambda x, y: x**2, "2 · x", "3"),
        (lambda x, y: x**3 / y, "3 · x² / y", "3.375"),
        (lambda x, y: x / y, "1 / y", "0.5"),
        (lambda x, y: 1 / (x * x) + x**-3 / x, "−4 / x^5 − 2 / x³", "-1.119341564"),
        (lambda x, y: np.exp(x * x) / x, "−v / x + 2 · exp(x²)", "14.75870019"),
        (lambda x, y: y / x, "−v / x", "-0.888888889"),
        (lambda x, y: np.sin(x * y) + x**2, "2 · x + cos(x · y) · y", "1.020015007"),
        (lambda x, y: 0.5 * (x - y) ** 2, "x − y", "-0.5"),
        (lambda x, y: 0.5 * (y - x) ** 2, "−(y − x)", "-0.5"),
        (lambda x, _: relu(x), "[x > 0]", "1"),
        (lambda x, y: np.log(x) * y, "y / x", "1.333333333"),
        (lambda x, _: np.sqrt(x), "0.5 / v", "0.40824829"),
        (np.maximum, "[x > y] + 0.5 · [x == y]", "0"),
        (lambda x, y: logistic(x * y), "v(1 − v) · y", "0.090353319"),
        (lambda x, y: np.exp(-x * y), "−v · y", "-0.099574137"),
    ],
    ids=range(16),
)
def test_formulas_come_from_the_rules_and_are_simple(of, formula, number):
    x, y = Value(1.5, name="x"), Value(2.0, name="y")
    said = text(named(of(x, y), "v"), x).split("\n")
    assert said[2] == f"  ∂v/∂x = {formula}"
    assert said[3] == f"        = {number}"


def test_unnamed_operations_fold_into_one_factor():
    x = Value(3.0, name="x")
    h = named(x * x + 2 * x, "h")
    said = text(named(h * h, "y"), x)
    assert "∂y/∂x = ∂y/∂h · ∂h/∂x" in said
    assert "∂h/∂x = 8              = 2 + 2 · x" in said


def test_a_long_fold_tells_how_many_operations_it_has():
    v = x = Value(1.0, name="x")
    for _ in range(50):
        v = v * 1.01
    assert "∂y/∂x = [51 operations]" in text(named(v + 1, "y"), x)


def test_an_output_without_a_name_is_told_by_its_number():
    x = Value(2.0, name="x")
    assert text(x * x, x).startswith("How x influences v1\n")


def test_names_do_not_matter_for_the_numbers():
    x = Value(2.0)
    d = explain(np.tanh(x * 3) * x, x).derivation
    t = np.tanh(6.0)
    assert d.gradient == pytest.approx(t + 2 * 3 * (1 - t * t), rel=1e-13)


def test_what_has_no_way_to_the_output_has_the_derivative_0():
    x = Value(2.0, name="x")
    y = named(Value(1.0, name="c") * (x > 1), "y")
    assert "0: x does not influence y through anything that has a derivative" in text(y, x)
    assert "1, as it is the output itself" in text(y, y)


def test_many_branches_are_capped_and_what_is_left_out_is_told():
    x = Value(0.5, name="x")
    hs = [named(x * k, f"h{k}") for k in range(1, 31)]
    said = text(named(sum(h * h for h in hs), "y"), x)
    assert re.search(r"\+ 22 smaller terms that are not shown = \S+", said)
    assert "sum over 30 branches" in said
    assert said.count("\n") < 40


def test_a_long_chain_is_capped_and_its_middle_is_one_factor():
    v = x = Value(0.5, name="x")
    for k in range(300):
        v = named(np.tanh(v) if k % 2 else v * 1.5, f"h{k}")
    explained = explain(v, x)
    assert "the product of 288 factors that are not shown" in str(explained)
    assert "… 138 more" in str(explained)
    assert np.prod([f.number for f in explained.derivation.chain]) == pytest.approx(explained.derivation.gradient)


def test_a_step_is_not_told_of_a_weight_that_has_moved_since():
    w = Value(2.0, name="w")
    y = named(w * w, "y")
    w.data = 5.0
    explained = explain(y, w, rate=0.1)
    assert "w was given another value since: compute y again for its update" in str(explained)
    assert "= 4\n" in str(explained)
    assert r"\eta" not in explained.latex


# ---- arrays


def network():
    rng = np.random.default_rng(0)
    net = Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))
    for name, p in net.named_parameters():
        p.name = name
    h = named(net[1](net[0](rng.normal(size=(4, 2)))), "h")
    return net, named(mse_loss(net[2](h), np.ones((4, 1))), "loss")


def test_arrays_are_explained_step_by_step():
    net, loss = network()
    said = text(loss, "0.weight", rate=0.1)
    assert "∂loss/∂0.weight = (array(2, 4) @ (∂loss/∂h · (1 − h²)))ᵀ" in said
    assert "∂loss/∂h = " in said
    loss.backward()
    for flow in explain(loss, "0.weight").derivation.flows:
        np.testing.assert_allclose(flow.value, Graph.of(loss)[flow.by.name].grad, rtol=1e-12)
    step = net[0].weight.data - 0.1 * net[0].weight.grad
    assert f"[{step[0, 0]:.9f}".rstrip("0") in said


@pytest.mark.parametrize("sample", every_sample(), ids=str)
def test_every_op_can_be_explained_in_every_style(sample):
    xs = [Value(x, name=f"x{i}") for i, x in enumerate(sample.operands)]
    y = sample(*xs)
    if not isinstance(y, Value) or y.dtype.kind != "f":
        return  # it has no gradient to explain
    y.name = "y"
    total = named(np.sum(y * 1.5), "total") if y.shape else y
    graph = Graph.of(total)
    for x in xs:
        if x in graph.places:
            explained = explain(total, x)
            assert explained.text
            assert explained.latex
            assert ET.fromstring(explained.html) is not None  # noqa: S314  # our own


# ---- the result


def test_a_notebook_typesets_it(E_total):
    explained = explain(E_total, "w5")
    assert explained._repr_latex_() == f"$\\displaystyle {explained.latex}$"
    assert explained._repr_html_() is None
    page = explain(E_total, "w5", "html")
    assert page._repr_html_() == page.html == str(page)
    assert page._repr_latex_() is None


def test_html_is_mathml_and_names_are_text():
    x = Value(2.0, name="<b>&x")
    page = explain(named(x * x, "y"), x, "html").html
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;x" in page
    root = ET.fromstring(page)  # noqa: S314  # our own
    assert root.find(".//mfrac") is not None


def test_latex_has_the_lines_of_the_derivation(E_total):
    said = str(explain(E_total, "w1", "latex", 0.5))
    assert said.startswith("\\begin{aligned}\n\\frac{\\partial E_{\\mathrm{total}}}{\\partial w_{1}} &= ")
    for piece in ("0.036350306 \\times 0.241300709 \\times 0.05", r"\underbrace", "0.055399425", "= 0.149780716"):
        assert piece in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"style": "word"}, 'explain: got style=\'word\'; it is "text", "latex" or "html"'),
        ({"rate": np.nan}, "explain: got rate=nan; a learning rate is a finite number"),
    ],
)
def test_other_options_are_refused(options, said):
    x = Value(1.0, name="x")
    with pytest.raises(UsageError, match=re.escape(said)):
        explain(x * x, x, **options)


def test_an_array_and_a_stranger_are_refused():
    x = Value([1.0, 2.0], name="x")
    with pytest.raises(UsageError, match=r"explain: got v1 of shape \(2,\).*of one real number; reduce it"):
        explain(x * x, x)
    with pytest.raises(UsageError, match=r"Graph: got 'z', which .* does not hold"):
        explain(np.sum(x), "z")


# ---- LaTeX, by KaTeX

STRICT = """
const katex = require("katex");
for (const source of JSON.parse(require("fs").readFileSync(0, "utf8")))
  katex.renderToString(source, {displayMode: true, strict: "error", throwOnError: true, trust: false});
"""
NAMES = [
    "w_1",
    "a_b_c",
    "x^2",
    "100%",
    "a&b",
    "{x}",
    "\\frac{",
    "$",
    "#~",
    "0.weight",
    "größe",
    "çàéñœÅ",
    "重み",
    "δ_h1",
    "🙂",
    "<b>",
    "'\"",
]


@pytest.mark.slow
@pytest.mark.katex
def test_katex_reads_the_latex_in_strict_mode(E_total):
    sources = [explain(E_total, n.name, rate=0.5).latex for n in Graph.of(E_total).inputs]
    for name in NAMES:
        x = Value(1e-9, name=name)
        sources.append(explain(named(np.exp(x) * x + x**3 / 2, "y"), x, rate=0.1).latex)
    _, loss = network()
    sources += [explain(loss, p.name, rate=0.1).latex for p in Graph.of(loss).inputs]
    for sample in every_sample():
        xs = [Value(x, name=f"x{i}") for i, x in enumerate(sample.operands)]
        y = sample(*xs)
        if isinstance(y, Value) and y.dtype.kind == "f":
            total = np.sum(y * 1.5) if y.shape else y
            sources += [explain(total, x).latex for x in xs if x in Graph.of(total).places]
    done = subprocess.run(  # our own script
        [NODE, "-e", STRICT],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        cwd=KATEX.parent.parent,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
