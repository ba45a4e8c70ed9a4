"""The page of `explore`: what it holds, and, in a browser, what it does."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import CHROMIUM

from autograd_mini import DtypeError, Graph, UsageError, Value, explore, logistic
from autograd_mini.outline import MOST_PARTS
from nn import SGD, Linear, Sequential, Tanh, Training, mse_loss
from nn.worked_example import named_values, recorded, two_two_two

RELATIVE = 1e-12
MOST_CARDS = 64
MARKUP = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<b>bold</b> & \"quotes\" 'too'",
    "--><!-- {{DATA}} ${1} \\u003c",
    "größe 重み \u2028 end",
    "lone \ud800 surrogate",
]
SAMPLE_HTML = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data_of(page):
    return json.loads(SAMPLE_HTML.search(page.html)[1])


def worked_example():
    network = two_two_two()
    return network.error(), recorded(network, 10_000)


def mlp(sizes=(2, 16, 16, 1)):
    """A network of scalars, every Value named: 406 for these sizes."""
    rng = np.random.default_rng(0)
    xs = [Value(x, name=f"x{k}") for k, x in enumerate(rng.normal(size=sizes[0]))]
    for layer, (a, b) in enumerate(pairwise(sizes)):
        outs = []
        for j in range(b):
            net = Value(rng.normal(), name=f"b{layer}_{j}")
            for i in range(a):
                net = net + Value(rng.normal() / a, name=f"w{layer}_{j}_{i}") * xs[i]
            net.name = f"n{layer}_{j}"
            out = np.tanh(net)
            out.name = f"h{layer}_{j}"
            outs.append(out)
        xs = outs
    loss = (xs[0] - 1.0) ** 2
    loss.name = "L"
    return loss


def chain(n):
    v = Value(0.3, name="x")
    for _ in range(n):
        v = np.sin(v) * 1.01
    return v


# ---- what the page holds


def test_gradients_are_those_of_the_value_before_and_after_backward():
    x, y = Value(3.0, name="x"), Value(4.0, name="y")
    z = x * y + x
    before = data_of(explore(z))["gradients"]
    z.backward()
    z.backward()  # leaves have twice the gradient now
    assert data_of(explore(z))["gradients"] == before
    assert x.grad == 10.0
    assert dict(zip(data_of(explore(z))["names"], before, strict=True))["x"] == 5.0


def test_partials_of_folded_lines_are_the_derivatives_between_named_values():
    error = two_two_two().error()
    data = data_of(explore(error))
    named = data["levels"][0]
    names = data["names"]
    found = {(names[v], names[u]): d for u, v, d in zip(named["from"], named["to"], named["partials"], strict=True)}
    values = named_values(error)
    for (of, by), d in found.items():
        for v in values.values():
            v.zero_grad()
        values[of].backward(keep="all")
        stops = [v for (f, b), v in found.items() if f == of and b == by]
        assert d == pytest.approx(stops[0], rel=RELATIVE)
        if values[by].is_leaf:
            assert d == pytest.approx(values[by].grad, rel=RELATIVE)


def test_a_page_is_written_where_it_is_asked_for(tmp_path):
    page = explore(chain(2), path=tmp_path / "page.html", title="<Chain>")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    assert "&lt;Chain&gt;</title>" in page.html
    assert repr(page) == "<Page <Chain>>"


def test_a_page_is_the_same_in_every_run():
    assert explore(mlp((2, 3, 1))).html == explore(mlp((2, 3, 1))).html


def test_names_cannot_end_the_data_or_fill_in_the_page():
    v = Value(1.0)
    for name in MARKUP:
        v = v * Value(2.0, name=name)
    page = explore(v)
    assert len(re.findall("</script>", page.html)) == 2
    shown = data_of(page)["names"]
    assert all(name.split()[0] in " ".join(shown) for name in MARKUP)


def test_numbers_that_json_does_not_have_are_kept():
    x = Value(0.0, name="x")
    with np.errstate(all="ignore"):
        data = data_of(explore(np.log(x)))
    assert "-Infinity" in data["values"]
    assert "Infinity" in data["gradients"]


def test_arrays_have_shapes_summaries_and_norms():
    w, x = Value(np.ones((2, 3)), name="w"), Value([1.0, 2.0, 3.0], name="x")
    y = w @ x
    y.name = "y"
    data = data_of(explore(np.sum(y)))
    at = data["names"].index("w")
    assert data["rows"][str(at)][0][0] == "(2, 3) float64"
    assert data["norms"][str(at)] == pytest.approx(np.sqrt(28.0), rel=RELATIVE)
    flows = data["levels"][-1]["flows"]
    assert len(flows) == 3


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (3.0, DtypeError, "a graph is of Values"),
        (Value([1, 2]) > 1, UsageError, "gradients are of real numbers"),
    ],
)
def test_what_has_no_gradient_is_refused(value, error, words):
    with pytest.raises(error, match=words):
        explore(value)


def test_too_many_values_are_refused(monkeypatch):
    monkeypatch.setattr("autograd_mini.explorer.LIMIT", 5)
    with pytest.raises(UsageError, match="depends on 21 values; a page can hold 5"):
        explore(chain(10))


@pytest.mark.parametrize("value", [mlp((3, 30, 30, 1)), chain(2_000)], ids=["network", "chain"])
def test_parts_are_few_at_every_depth(value):
    for level in data_of(explore(value))["levels"]:
        counts = []

        def walk(parts, counts=counts):
            counts.append(len(parts))
            for part in parts:
                if isinstance(part, dict):
                    walk(part["parts"])

        walk(level["parts"])
        assert max(counts) <= 5 * MOST_PARTS
        assert counts[0] <= 2 * MOST_PARTS


def test_modules_of_a_network_are_parts():
    error, training = worked_example()
    named = data_of(explore(error, training))["levels"][0]
    names = data_of(explore(error, training))["names"]
    shown = {part["label"]: [names[i] for i in part["parts"]] for part in named["parts"]}
    assert list(shown) == ["input", "hidden", "output", "error"]
    assert sorted(shown["hidden"]) == ["net_h1", "net_h2", "out_h1", "out_h2"]
    assert sorted(shown["error"]) == ["E_o1", "E_o2", "E_total"]
    docked = {names[i] for i in named["docked"]}
    assert docked == {*(f"w{k}" for k in range(1, 9)), "b1", "b2", "target_o1", "target_o2"}


def test_a_long_computation_is_no_recursion():
    assert len(data_of(explore(chain(5_000)))["names"]) == 10_001


def test_a_notebook_shows_the_page_in_a_sandbox():
    shown = explore(chain(2))._repr_html_()
    assert 'sandbox="allow-scripts"' in shown
    assert "<script" not in shown


# ---- what it does in a browser

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages written once: by name, their address."""
    folder = tmp_path_factory.mktemp("pages")
    error, training = worked_example()
    explore(error, training, folder / "example.html", title="A 2-2-2 network")
    explore(mlp(), path=folder / "mlp.html")
    explore(chain(3_000), path=folder / "chain.html")
    v = Value(1.0, name="plain")
    for name in MARKUP:
        v = v * Value(2.0, name=name)
        v.name = f"{name} again"
    explore(v, path=folder / "markup.html", title=MARKUP[0])
    return lambda name: (folder / f"{name}.html").as_uri()


@pytest.fixture
def tab(browser, pages):
    """Opens a page in a window of its own; at the end, nothing was asked of a network, logged, or alerted."""
    opened, said = [], []

    def open_(name, *, hash_="", **options):
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        context = browser.new_context(**options)
        window = context.new_page()
        window.on("console", lambda message: said.append(f"console: {message.text}"))
        window.on("pageerror", lambda error: said.append(f"error: {error}"))
        window.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}") or dialog.dismiss())
        window.on("request", lambda request: said.append(request.url) if is_foreign(request.url) else None)
        window.goto(pages(name) + hash_)
        window.wait_for_selector("html[data-ready]")
        opened.append(context)
        return window

    yield open_
    for context in opened:
        context.close()
    assert said == []


def is_foreign(url):
    return not url.startswith(("file:", "data:", "about:"))


def in_browser(test):
    return pytest.mark.slow(pytest.mark.browser(test))


def card(window, name):
    return window.locator(f'[role=button][aria-label^="{name},"]').first


def details(window):
    return re.sub(r"\s+", " ", window.locator("#details").inner_text())


def equations(window):
    return [re.sub(r"\s", "", text) for text in window.locator("#details .equation").all_text_contents()]


@in_browser
def test_whatever_is_pressed_nothing_is_logged_or_fetched(tab):
    window = tab("example")
    for button in ("zoom-in", "zoom-out", "fit", "fold", "fold", "theme", "theme", "back", "next", "play", "play"):
        window.click(f"#{button}")
    for k in range(window.locator("#view [role=button]").count()):
        window.locator("#view [role=button]").nth(k).dispatch_event("click")
    window.select_option("#level", "1")
    window.click("#learning-tab")
    window.click("#train")
    window.click("#train")
    window.click("#graph-tab")
    assert window.locator("#view .node").count() > 0


@in_browser
def test_the_content_policy_lets_nothing_else_run(browser, pages):
    window = browser.new_page()
    window.goto(pages("example"))
    window.wait_for_selector("html[data-ready]")
    refused = window.evaluate("fetch('https://example.com/').then(() => false, () => true)")
    window.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert refused
    assert window.evaluate("window.ran") is None
    window.close()


@in_browser
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("w5", ["=0.138498562×0.593269992", "=0.082167041", "=0.4−0.5×0.082167041", "=0.35891648"]),
        ("w1", ["=0.008771355×0.05", "=0.000438568", "=0.15−0.5×0.000438568", "=0.149780716"]),
        ("b1", ["=0.008771355×1", "+0.009954255×1", "=0.018725609"]),
        ("out_h1", ["=0.138498562×0.4", "+(−0.038098237)×0.5", "=0.036350306"]),
    ],
)
def test_selecting_a_value_shows_its_chain_rule(tab, name, expected):
    window = tab("example")
    card(window, name).click()
    found = equations(window)
    assert all(any(line.endswith(part) for line in found) for part in expected), found


@in_browser
def test_a_selected_value_has_its_local_derivatives_and_paths(tab):
    window = tab("example")
    card(window, "w1").click()
    assert any(line.endswith("=i1=0.05") for line in equations(window))
    text = details(window)
    assert "Its 2 paths, largest first" in text
    assert "+0.000668396 w1 → net_h1 → out_h1 → net_o1 → out_o1 → E_o1 → E_total" in text
    assert "−0.000229828 w1 → net_h1 → out_h1 → net_o2 → out_o2 → E_o2 → E_total" in text
    assert "51.2 % cancels" in text


@in_browser
@pytest.mark.parametrize("level", [0, 1])
def test_shares_add_up_to_the_derivative_across_every_cut(tab, level):
    error = two_two_two().error()
    error.backward()
    graph = Graph.of(error)
    window = tab("example", hash_=f"#level={level}")
    for leaf in (n for n in graph.nodes if n.is_leaf):
        window.evaluate("name => graph.find(DATA.names.indexOf(name))", leaf.name)
        lines = window.eval_on_selector_all(
            "#view [data-line]", "all => all.map(e => [...e.dataset.line.split(' '), Number(e.dataset.share)])"
        )
        starts = window.evaluate(
            "v => graph.cards.filter(c => c.node === v || c.rows.includes(v)).map(c => c.key)", leaf.index
        )
        order = sorted({key for u, v, _ in lines for key in (u, v)}, key=lambda key: int(key[1:]))
        last = max(int(key[1:]) for key in starts)
        for cut in range(last, int(order[-1][1:])):
            across = sum(share for u, v, share in lines if int(u[1:]) <= cut < int(v[1:]))
            assert across == pytest.approx(leaf.grad, rel=RELATIVE), (leaf.name, cut)


@in_browser
def test_steps_go_forward_through_values_and_backward_through_gradients(tab):
    window = tab("example")
    caption = window.locator("#caption")
    window.keyboard.press("Home")
    assert "leaves are known" in caption.inner_text()
    window.keyboard.press("ArrowRight")
    assert caption.inner_text().startswith("Forward net_h1 = ")
    assert caption.inner_text().endswith("= 0.3775")
    assert "not computed yet" in card(window, "out_h1").get_attribute("aria-label")
    captions = []
    for _ in range(40):
        window.keyboard.press(".")
        captions.append(caption.inner_text())
    assert any("∂E_total/∂out_h1 = 0.138498562 × 0.4 + (−0.038098237) × 0.5 = 0.036350306" in c for c in captions)
    assert captions[-1].startswith("Done: one backward pass gave all 25 derivatives")
    kinds = [c.split()[0] for c in captions if not c.startswith("Done")]
    assert kinds == sorted(kinds, reverse=True)  # forward, then backward
    window.keyboard.press(",")
    assert caption.inner_text().startswith("Backward")


@in_browser
def test_playing_goes_through_all_steps(tab):
    window = tab("example")
    window.keyboard.press("Home")
    window.evaluate("graph.player.pause = () => 5")
    window.keyboard.press(" ")
    window.locator("#caption", has_text="Done: one backward pass").wait_for()
    assert window.inner_text("#play") == "▶ Play"


@in_browser
def test_everything_can_be_done_with_the_keyboard(tab):
    window = tab("example")
    press = window.keyboard.press

    def focused(property_="getAttribute('aria-label')"):
        return window.evaluate(f"document.activeElement.{property_}")

    for _ in range(30):
        press("Tab")
        if (
            window.evaluate("document.getElementById('view').contains(document.activeElement)")
            and "Fold" not in focused()
        ):
            break
    assert focused().startswith("i1, value 0.05")
    press("ArrowRight")
    assert focused().startswith("net_h")
    for _ in range(12):
        if focused().startswith("w1,"):
            break
        press("ArrowUp" if not focused().startswith("net_h1") else "ArrowDown")
    assert focused().startswith("w1, value 0.15")
    press("Enter")
    assert focused("getAttribute('aria-pressed')") == "true"
    assert "0.149780716" in details(window)
    press("ArrowLeft")
    assert focused().startswith("net_h1")
    press("Escape")
    assert "Nothing selected" in details(window)
    scale = window.evaluate("graph.view.scale")
    press("+")
    assert window.evaluate("graph.view.scale") > scale
    press("0")
    assert window.evaluate("graph.view.scale") == pytest.approx(scale)
    window.focus(".hull .title")
    press("Enter")
    assert "folded" in focused()
    press("Enter")
    assert "folded" not in focused()
    window.focus("#graph-tab")
    press("ArrowRight")
    assert focused("id") == "learning-tab"
    window.evaluate("document.activeElement.blur()")
    press("End")
    assert window.inner_text("#rounds") == "round 10,000"


@in_browser
def test_everything_that_takes_focus_has_a_name(tab):
    window = tab("example")
    unnamed = window.eval_on_selector_all(
        "button, select, input, [tabindex], [role=button]",
        "all => all.filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))"
        ".map(e => e.outerHTML.slice(0, 80))",
    )
    assert unnamed == []
    assert window.get_attribute("#caption", "aria-live") == "polite"


@in_browser
def test_the_slider_ends_on_the_exact_figures(tab):
    window = tab("example")
    window.click("#learning-tab")
    assert "Before training" in window.inner_text("#figures")
    window.locator("#round").focus()
    window.keyboard.press("End")
    text = window.inner_text("#figures")
    assert window.inner_text("#rounds") == "round 10,000"
    assert "0.0000351018778298" in text
    assert "0.01591362044" in text
    assert "0.98406427351" in text
    window.keyboard.press("ArrowLeft")
    assert window.inner_text("#rounds") != "round 10,000"


@in_browser
def test_a_weight_is_as_thick_as_it_is_large_and_dashed_if_negative(tab):
    window = tab("example", hash_="#tab=learning&round=10000")
    lines = window.eval_on_selector_all(
        ".synapse",
        "all => all.map(e => [e.dataset.name, +e.getAttribute('stroke-width'), getComputedStyle(e).strokeDasharray])",
    )
    width = {name: w for name, w, _ in lines}
    dashed = {name for name, _, dash in lines if dash != "none"}
    assert dashed == {"w5", "w6"}
    assert width["w5"] > width["w7"] > width["w1"]


@in_browser
def test_markup_in_names_is_text(tab):
    window = tab("markup")
    for _ in range(len(MARKUP)):
        window.keyboard.press(",")
    window.keyboard.press("End")
    for k in range(window.locator("#view [role=button]").count()):
        window.locator("#view [role=button]").nth(k).dispatch_event("click")
    assert window.locator("img, b:has-text('bold')").count() == 0
    assert window.locator("script").count() == 2
    assert "<b>bold</b>" in window.inner_html("#details") or "&lt;" in window.inner_html("#view")
    assert window.inner_text("#title") == MARKUP[0]


@in_browser
def test_the_page_works_in_a_sandboxed_frame(browser):
    error, training = worked_example()
    said = []
    window = browser.new_page(viewport={"width": 1100, "height": 900})
    window.on("console", lambda message: said.append(message.text))
    window.on("pageerror", lambda problem: said.append(str(problem)))
    window.set_content(explore(error, training)._repr_html_())
    frame = window.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for(state="attached")
    frame.locator('[role=button][aria-label^="w5,"]').click()
    frame.locator("#details", has_text="0.35891648").wait_for()
    frame.locator("#learning-tab").click()
    assert "Before training" in frame.locator("#figures").inner_text()
    assert said == []
    window.close()


CONTRASTS = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("hash_", ["", "#tab=learning&round=300", "#select=w1"])
def test_text_and_lines_stand_out_in_both_themes(tab, scheme, hash_):
    window = tab("example", hash_=hash_, color_scheme=scheme)
    if "select" in hash_:  # what does not concern the selection is faint on purpose
        window.evaluate("document.querySelectorAll('.stage .faint').forEach(e => e.remove())")
    found = window.evaluate(CONTRASTS)
    assert len(found) > 30
    assert [f for f in found if f[0] < f[1]] == []


@in_browser
def test_the_theme_can_be_switched(tab):
    window = tab("example", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    first = window.evaluate(ground)
    window.click("#theme")
    assert window.evaluate(ground) != first
    assert window.get_attribute("#theme", "aria-pressed") == "true"
    window.click("#theme")
    assert window.evaluate(ground) == first


@in_browser
def test_a_network_of_400_values_is_ready_in_3_seconds_and_can_be_read(tab):
    window = tab("mlp")
    seconds = window.evaluate("performance.getEntriesByName('ready')[0].startTime") / 1000  # since it was asked for
    assert "(406)" in window.inner_text("#level")
    assert window.locator("#view .node").count() <= MOST_CARDS
    sizes = window.eval_on_selector_all("#view .node .name", "all => all.map(e => e.getBoundingClientRect().height)")
    assert min(sizes) > 9
    assert seconds < 3


@in_browser
@pytest.mark.parametrize("name", ["mlp", "chain"])
def test_parts_unfold_and_fold_within_what_can_be_shown(tab, name):
    window = tab(name)
    for _ in range(6):
        part = window.locator("#view .node.part").first
        if not part.count():
            break
        part.dispatch_event("click")
        assert window.locator("#view .node").count() <= MOST_CARDS + 8
    window.locator(".hull .title").first.dispatch_event("click")
    assert window.locator("#view .node.part").count() > 0


@in_browser
def test_find_unfolds_what_it_finds(tab):
    window = tab("mlp")
    window.fill("#find", "w1_3_2")
    window.keyboard.press("Enter")
    assert card(window, "w1_3_2").get_attribute("aria-pressed") == "true"
    assert "w1_3_2 → n1_3 → h1_3 → n2_0 → h2_0 → L" in details(window)


@in_browser
def test_a_phone_shows_all_without_scrolling_sideways(tab):
    window = tab("example", viewport={"width": 390, "height": 844}, has_touch=True)
    for hash_ in ("#graph-tab", "#learning-tab"):
        window.click(hash_)
        assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.click("#graph-tab")
    box = window.locator("#view").bounding_box()
    assert box["width"] <= 390


@in_browser
def test_without_motion_nothing_moves_by_itself(tab):
    window = tab("example", reduced_motion="reduce")
    durations = window.eval_on_selector_all(
        "#view *", "all => [...new Set(all.map(e => getComputedStyle(e).transitionDuration))]"
    )
    assert durations == ["0s"]


@in_browser
def test_a_network_of_matrices_can_be_watched(browser, tmp_path):
    rng = np.random.default_rng(0)
    x, t = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    net = Sequential(Linear(2, 5, rng=rng), Tanh(), Linear(5, 1, rng=rng))
    optimizer = SGD(net.parameters(), lr=0.1)
    training = Training(net, list(zip(x, t, strict=True)), rounds=50, rate=0.1)
    for _ in range(51):
        optimizer.zero_grad()
        loss = mse_loss(net(x), t)
        loss.backward()
        training.record(loss)
        optimizer.step()
    window = browser.new_page()
    said = []
    window.on("pageerror", lambda problem: said.append(str(problem)))
    window.goto(explore(loss, training).save(tmp_path / "page.html").as_uri() + "#tab=learning&round=50")
    window.wait_for_selector("html[data-ready]")
    assert window.locator(".synapse").count() == 15
    window.select_option("#example", "3")
    assert "Outputs of example 4" in window.inner_text("#figures")
    window.click("#graph-tab")
    assert "‖" in window.inner_text("#details")
    assert said == []
    window.close()


def test_activations_of_the_logistic_are_shown_by_its_sign():
    x = Value(0.5, name="x")
    y = logistic(x)
    y.name = "y"
    assert "logistic" in data_of(explore(y))["ops"]
