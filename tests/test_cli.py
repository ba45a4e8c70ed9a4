"""The command line: what it prints and writes, and what it refuses."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_mini import UsageError, Value, read_csv
from autograd_mini.__main__ import main
from autograd_mini.calculator import FUNCTIONS, computed

LINES = """\
f = sin(x*y) + x**2 = 3.720584502
  x = 2    df/dx = 6.88051086
  y = 3    df/dy = 1.920340573
"""


def run(capsys, *arguments, status=0):
    assert main(list(arguments)) == status
    said = capsys.readouterr()
    return said.out if status == 0 else said.err


def test_value_and_gradients_are_printed(capsys):
    assert run(capsys, "sin(x*y) + x**2", "x=2", "y=3") == LINES


def test_it_runs_as_a_module(tmp_path):
    done = subprocess.run(  # our own module
        [sys.executable, "-W", "error", "-m", "autograd_mini", "sin(x*y) + x**2", "x=2", "y=3"],
        capture_output=True, text=True, cwd=tmp_path, check=True, env=os.environ,
    )  # fmt: skip
    assert done.stdout == LINES


def test_files_are_written_and_named(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run(
        capsys, "sin(x*y) + x**2", "x=2", "y=3", "--draw", "graph.svg", "--explore", "page.html", "--csv", "trace.csv"
    )
    assert said == LINES + "wrote graph.svg\nwrote page.html\nwrote trace.csv\n"
    assert "</svg>" in (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert "<html" in (tmp_path / "page.html").read_text(encoding="utf-8")
    rows = read_csv(tmp_path / "trace.csv")
    assert rows["x"].gradient == pytest.approx(6.880510859951098, rel=1e-15)
    assert main(["x*x", "x=2", "--draw", "graph.dot"]) == 0
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8").startswith("digraph")


def test_explanations_and_paths_are_printed(capsys):
    said = run(
        capsys, "sin(x*y) + x**2", "x=2", "y=3", "--explain", "x", "--explain", "y", "--rate", "0.1", "--paths", "x"
    )
    for line in ("∂f/∂x = 2 · x + cos(x · y) · y", "How y influences f", "x⁺ = x − η · ∂f/∂x", "2 paths from x to f"):
        assert line in said


def test_lists_are_arrays(capsys):
    assert "df/dx = [2.0, 4.0, 6.0]" in run(capsys, "sum(x**2)", "x=[1, 2, 3]")
    assert "comes to an array of shape (2,)" in run(capsys, "x*2", "x=[1,2]", status=2)


def test_without_a_name_there_is_no_gradient(capsys):
    assert run(capsys, "2**10 + sqrt(4)") == "2**10 + sqrt(4) = 1026\nIt depends on no name, so there is no gradient.\n"


def test_a_name_by_itself_and_one_not_used(capsys):
    said = run(capsys, "x", "x=2", "y=3")
    assert "df/dx = 1" in said
    assert "df/dy = 0 (it is not used)" in said
    assert "got 'y', which the expression does not use" in run(capsys, "x", "x=2", "y=3", "--explain", "y", status=2)


@pytest.mark.parametrize(
    ("text", "said", "mark"),
    [
        ("__import__('os').system('true')", "is no function that is known here", "^^^^^^^^^^^^^^^^^^^^^^^"),
        ("x.real", "'x.real' is not allowed", "^^^^^^"),
        ("1 + x.data", "'x.data' is not allowed", "    ^^^^^^"),
        ("x[0]", "is not allowed", "^^^^"),
        ("[x]", "is not allowed", "^^^"),
        ("lambda: 1", "is not allowed", "^"),
        ("x if x else 1", "is not allowed", "^"),
        ("x > 1", "is not allowed", "^"),
        ("x and 1", "is not allowed", "^"),
        ("(y := x)", "is not allowed", " ^"),
        ("'a' * 9", "is not allowed", "^^^"),
        ("True", "is not allowed", "^^^^"),
        ("1j * x", "is not allowed", "^^"),
        ("f'{x}'", "is not allowed", "^"),
        ("eval(x)", "'eval' is no function", "^^^^"),
        ("sin.real(x)", "is no function", "^^^^^^^^"),
        ("tanx(x)", "there are tan, tanh", "^^^^"),
        ("sin(x, out=x)", "has an option", "^"),
        ("sin(*x)", "has an option", "^"),
        ("q + x", "'q' has no value; give it one, as in q=2", "^"),
        ("x +", "invalid syntax", "^"),
        ("2**(x", "was never closed", "   ^"),
        ("9**9**9**9", "cannot be computed", "   ^^^^^^^"),
        ("1/0 + x", "cannot be computed: float division by zero", "^^^"),
        ("sin(x, x, x)", "cannot be computed", "^"),
        ("größe + 1", "'größe' has no value", "^^^^^"),
        ("x; x", "invalid syntax", " ^"),
        ("", "invalid syntax", "^"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_place_marked(text, said, mark):
    with pytest.raises(UsageError) as caught:
        computed(text, {"x": Value(2.0, name="x")})
    message, shown, marks = str(caught.value).split("\n")
    assert message.startswith("expression: ")
    assert said in message
    assert shown == f"  {text}"
    assert marks.startswith(f"  {mark}")


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "x" + ")" * 5000, "x+" * 4900 + "x", "-" * 9000 + "x", "x" * 10_001, "\0"]
)
def test_monstrous_expressions_are_refused_or_computed_and_never_crash(text):
    try:
        y = computed(text, {"x": Value(2.0)})
    except UsageError:
        return
    assert y.data in (2.0, 9802.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x"], "'x' has no value"),
        (["x", "x"], "names: got 'x'; it is a name and its number"),
        (["x", "x=two"], "x: got 'two'; a name is given a number"),
        (["x", "x=__import__('os')"], "a name is given a number"),
        (["pi", "pi=3"], "pi is 3.14159265 already"),
        (["x*2", "x=1", "--draw", "graph"], "--draw: got graph, which has no ending"),
        (["x*2", "x=1", "--csv", "no/such/folder.csv"], "no/such/folder.csv: No such file or directory"),
    ],
)
def test_other_arguments_are_refused_with_advice(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in run(capsys, *arguments, status=2)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_that_is_allowed_can_be_called(name):
    x = Value([0.3, 0.6] if name != "arccosh" else [1.3, 1.6])
    try:
        made = computed(f"{name}(x)", {"x": x})
    except UsageError:
        made = computed(f"{name}(x, x)", {"x": x})
    assert isinstance(made, Value)


def test_the_command_of_the_readme_runs(capsys, tmp_path, monkeypatch):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^python -m autograd_mini (.*)$", readme, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    said = run(capsys, *shlex.split(command))
    assert said.startswith(LINES)
    assert "How x influences f" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.svg", "page.html", "trace.csv"]
