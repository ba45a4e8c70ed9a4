"""Every example runs as its reader would run it, and prints the figures that it is there for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
# Each example, with arguments that make it short where it is long.
SHORT = {
    "backprop_step_by_step.py": ["--rounds", "20"],
    "char_transformer.py": ["--steps", "2"],
    "digits.py": ["--epochs", "1"],
    "expressions.py": [],
    "forecast.py": ["--epochs", "1"],
    "graph_network.py": ["--epochs", "2"],
    "mnist_cnn.py": ["--epochs", "1"],
    "moons.py": ["--epochs", "2"],
    "torch_weights.py": [],
    "vae.py": ["--epochs", "1"],
    "xor.py": ["--rounds", "20"],
}
WITHOUT_TQDM = (
    "import runpy, sys; sys.modules['tqdm'] = None; sys.argv = sys.argv[1:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)

pytestmark = pytest.mark.slow


def run(name, *arguments, folder, status=0, before=()):
    """What the example prints, run in `folder`; what it complains of, where it is to fail."""
    done = finished([*before, str(EXAMPLES / name), *arguments], folder)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def finished(arguments, folder):
    """Python with these arguments, when it is done; warnings are errors, output must be ASCII, and a core must do."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error", "OMP_NUM_THREADS": "1"}
    return subprocess.run(  # our own files
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_every_example_is_run_here():
    assert sorted(SHORT) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", SHORT)
def test_every_example_runs(name, tmp_path):
    assert run(name, *SHORT[name], folder=tmp_path)


# ---- backpropagation step by step


def test_the_worked_example_prints_every_figure_beside_the_printed_one(tmp_path):
    text = run("backprop_step_by_step.py", folder=tmp_path)
    rows = [line.split() for line in text.splitlines() if " printed " in line and line.startswith("    ")]
    same = {row[0] for row in rows if row[-1] == "same"}
    differs = {" ".join(row[: row.index("printed") - 1]): row[-1] for row in rows if "differs:" in row}
    assert len(same) == 29
    assert {"E_total", "dE_total/dw5", "delta_o1", "w5+", "dE_total/dout_h1", "dE_total/dw1", "w1+", "w8+"} <= same
    assert differs == {
        "dE_o2/dout_h1": "(a)",
        "E_total after 1 round": "(b)",
        "E_total after 10,000 rounds": "(c)",
        "out_o1 after 10,000 rounds": "(b)",
        "out_o2 after 10,000 rounds": "(b)",
    }
    assert all(f"\n  ({letter}) " in text for letter in "abc")
    assert "(d)" not in text
    for name, number in (
        ("E_total after 9,999 rounds", "0.0000351085481225"),
        ("E_total after 10,000 rounds", "0.000035101877829"),
        ("out_o1 after 10,000 rounds", "0.015913620443"),
        ("dE_total/db2", "0.100400325112"),
    ):
        assert re.search(rf"^ +{re.escape(name)} +{re.escape(number)}\d*\b", text, re.MULTILINE), name
    for bias, first, last in (
        ("fixed", "0.2910277737", "0.00003510187783"),
        ("shared", "0.2857508867", "0.00000435532107"),
        ("each", "0.2804714468", "0.00000244756224"),
    ):
        row = re.search(rf"^  {bias} +(\S+) +(\S+)$", text, re.MULTILINE)
        assert (f"{float(row[1]):.10f}", f"{float(row[2]):.14f}") == (first, last)


def test_the_sequential_order_gives_the_figures_that_the_simultaneous_one_does_not(tmp_path):
    text = run("backprop_step_by_step.py", "--order", "sequential", folder=tmp_path)
    for name in ("E_total after 1 round", "out_o1 after 10,000 rounds", "out_o2 after 10,000 rounds"):
        assert re.search(rf"^ +{name} .* same$", text, re.MULTILINE)
    assert "(b)" not in text


@pytest.mark.parametrize("bias", ["shared", "each"])
def test_trained_biases_are_said_to_differ_from_the_post(bias, tmp_path):
    text = run("backprop_step_by_step.py", "--bias", bias, "--rounds", "10", folder=tmp_path)
    assert re.search(r"^ +E_total after 1 round .* differs: see \(d\)$", text, re.MULTILINE)
    assert "\n  (d) The post trains weights only" in text
    assert f"Training: 10 rounds, bias {bias}, simultaneous updates" in text


def test_the_worked_example_draws_its_graph_where_it_is_told(tmp_path):
    folder = tmp_path / "new" / "pictures"
    text = run("backprop_step_by_step.py", "--rounds", "1", "--out", str(folder), folder=tmp_path)
    for name in ("graph", "network"):
        assert f"wrote {folder / name}.svg\nwrote {folder / name}.dot\n" in text
        picture = ET.parse(folder / f"{name}.svg")  # noqa: S314  # our own file
        assert picture.getroot().tag == "{http://www.w3.org/2000/svg}svg"
        shown = " ".join(picture.getroot().itertext())
        for label in (*(f"w{i}" for i in range(1, 9)), "b1", "b2", "net_h1", "out_o2", "E_o1", "E_total"):
            assert label in shown
        assert "digraph" in (folder / f"{name}.dot").read_text(encoding="utf-8")


def test_the_worked_example_writes_the_figures_of_the_post_and_what_else_can_be_read(tmp_path):
    text = run("backprop_step_by_step.py", "--rounds", "30", folder=tmp_path)
    for name in (
        "structure.svg", "weights.svg", "path-to-w5.svg", "paths-to-w1.svg", "explanation.txt", "trace.csv",
        "rates.svg", "explorer.html",
    ):  # fmt: skip
        assert f"wrote out/{name}\n" in text
        assert (tmp_path / "out" / name).stat().st_size > 500
    assert "∂E_total/∂w5 = δ_o1 · out_h1" in (tmp_path / "out" / "explanation.txt").read_text(encoding="utf-8")
    assert "1,000 examples of 2 outputs" in text
    assert re.search(r"^  eta = 0.5 +E_total after 30 rounds: 0\.\d{9}", text, re.MULTILINE)


def test_pictures_go_to_a_folder_named_out_by_default(tmp_path):
    run("backprop_step_by_step.py", "--rounds", "1", folder=tmp_path)
    assert (tmp_path / "out" / "graph.svg").is_file()


def test_the_progress_bar_is_on_standard_error(tmp_path):
    done = finished([str(EXAMPLES / "backprop_step_by_step.py"), "--rounds", "5"], tmp_path)
    assert "bias fixed: 100%" in done.stderr
    assert "%|" not in done.stdout


def test_without_tqdm_the_worked_example_names_the_extra_and_goes_on(tmp_path):
    text = run("backprop_step_by_step.py", "--rounds", "5", folder=tmp_path, before=("-c", WITHOUT_TQDM))
    assert "pip install 'autograd-mini[examples]'" in text
    assert "E_total after 5 rounds" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rounds", "0"], "--rounds: got 0; it must be 1 or more"),
        (["--bias", "none"], "invalid choice: 'none'"),
        (["--order", "random"], "invalid choice: 'random'"),
        (["--out", "taken"], "--out: the folder taken cannot be made"),
    ],
)
def test_the_worked_example_refuses_other_options(arguments, said, tmp_path):
    (tmp_path / "taken").write_text("a file")
    assert said in run("backprop_step_by_step.py", *arguments, folder=tmp_path, status=2)


# ---- expressions and XOR


def test_the_expressions_have_their_derivatives(tmp_path):
    text = run("expressions.py", folder=tmp_path)
    for line in ("g     = 24.7041", "dg/da = 138.8338", "dg/db = 645.5773", "order 2: -0.841470984808"):
        assert line in text
    assert re.search(r"d/dx of the gradient: +402\.0 +400\.0\n  d/dy of the gradient: +400\.0 +200\.0", text)


@pytest.mark.parametrize("bias", ["fixed", "each"])
def test_xor_is_learnt(bias, tmp_path):
    text = run("xor.py", "--bias", bias, folder=tmp_path)
    assert "on the right side of 0.5: 4 of 4" in text
    rows = re.findall(r"^  (\d)  (\d) +(\d) +(\S+) +(\S+)$", text, re.MULTILINE)
    assert [(a, b, t) for a, b, t, _, _ in rows] == [("0", "0", "0"), ("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0")]
    assert all(abs(float(out) - float(target)) < 0.1 for _, _, target, _, out in rows)


def test_xor_of_one_seed_is_the_same_each_time_and_of_another_not(tmp_path):
    first, again, other = (run("xor.py", "--rounds", "50", "--seed", s, folder=tmp_path) for s in "112")
    assert first == again
    assert first != other


def test_xor_refuses_negative_rounds(tmp_path):
    assert "must be 0 or more" in run("xor.py", "--rounds", "-1", folder=tmp_path, status=2)


# ---- networks that learn from data


def reached(pattern, text):
    """The number that an example prints in that place."""
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


def check_picture(path, text):
    """The picture is where the example says, and has something on it."""
    assert f"wrote {path}\n" in text
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 20_000


def test_the_moons_are_told_apart(tmp_path):
    text = run("moons.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"test accuracy: (\S+)% of 200", text) >= 96
    check_picture(tmp_path / "moons.png", text)


def test_the_camps_of_the_karate_club_are_told_from_two_members(tmp_path):
    text = run("graph_network.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"camps told from two known members: (\d+) of 34 right", text) >= 32
    check_picture(tmp_path / "graph_network.png", text)


def test_the_small_digits_are_read(tmp_path):
    text = run("digits.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"that it had not seen: (\S+)%", text) >= 97
    check_picture(tmp_path / "digits.png", text)


def test_the_convolutional_network_reads_mnist(tmp_path):
    text = run("mnist_cnn.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"of 1000 digits that it had not seen: (\S+)%", text) >= 97
    check_picture(tmp_path / "mnist_cnn.png", text)


def test_the_forecast_is_better_than_last_year_again(tmp_path):
    text = run("forecast.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"mean error of the LSTM over 36 months: (\S+)%", text) < 5.5
    assert reached(r"mean error of last year again over 36 months: (\S+)%", text) > 6.5
    check_picture(tmp_path / "forecast.png", text)


def test_the_transformer_learns_to_write(tmp_path):
    text = run("char_transformer.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"step +600   loss (\S+)", text) < 1.5
    assert reached(r"step +600 .* test loss (\S+)", text) < 2.4
    samples = re.findall(r"-+ sample -+\n(.*?)(?=\n-{20})", text, re.DOTALL)
    assert [s[:10] for s in samples] == ["The gradie", "```python\n"]
    assert all(len(s) > 300 for s in samples)
    check_picture(tmp_path / "char_transformer.png", text)


def test_without_torch_the_transfer_names_what_is_missing(tmp_path):
    without = (
        "import importlib.util, runpy, sys; sys.argv = sys.argv[1:]; find = importlib.util.find_spec; "
        "importlib.util.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest); "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    text = run("torch_weights.py", folder=tmp_path, before=("-c", without))
    assert re.search(r"^  0.weight +\(8, 1, 3, 3\) +float64$", text, re.MULTILINE)
    assert text.endswith("The rest needs torch: pip install torch\n")


@pytest.mark.parametrize("name", ["digits.py", "forecast.py", "graph_network.py", "mnist_cnn.py", "moons.py", "vae.py"])
def test_examples_that_learn_refuse_to_do_nothing(name, tmp_path):
    assert "--epochs: got 0; it must be 1 or more" in run(name, "--epochs", "0", folder=tmp_path, status=2)


def test_the_autoencoder_learns_to_draw_digits(tmp_path):
    text = run("vae.py", "--out", str(tmp_path), folder=tmp_path)
    assert reached(r"epoch +0 .* = (\S+)", text) > 40
    assert reached(r"epoch +60 .* = (\S+)", text) < 26
    check_picture(tmp_path / "vae.png", text)
