"""The guides keep their promises: their Python runs and gives what it says, and so does the table of singular points.

In a block of Python, `expression  # -> text` says what the expression prints as; a block of text behind it is what it
prints.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.primitive import REGISTRY

DOCS = Path(__file__).parent.parent / "docs"
# The page on the worked example has tests of its own.
PAGES = [path for path in DOCS.glob("*.md") if path.name != "reading-the-example.md"]
GUIDES = sorted(path.name for path in PAGES if "```python" in path.read_text(encoding="utf-8"))
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"^(\S.*?)  # -> (.*)$", re.MULTILINE)
GUIDE = (DOCS / "guide.md").read_text(encoding="utf-8")
POINTS = re.findall(r"^\| `([^`]*)` \| `([^`]*)` \| `([^`]*)` \|$", GUIDE, re.MULTILINE)


def test_the_guides_are_read_here():
    assert {"guide.md", "from-hips-autograd.md"} <= set(GUIDES)


@pytest.mark.parametrize("name", GUIDES)
def test_the_python_of_a_guide_runs_from_top_to_bottom_and_gives_what_it_says(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = []
    names = {"__name__": "a guide", "said": lambda result, text: said.append((str(result), text))}
    for source, printed in BLOCK.findall((DOCS / name).read_text(encoding="utf-8")):
        checked = CLAIM.sub(lambda m: f"said({in_brackets(m[1])}, {m[2]!r})", source)
        exec(compile(checked, name, "exec"), names)  # noqa: S102  # our own file
        assert capsys.readouterr().out == printed
    for op in [op for op in REGISTRY.values() if getattr(op.fn, "__module__", None) == "a guide"]:
        del REGISTRY[op.name]  # as it has no samples for the tests of all ops
    assert [result for result, _ in said] == [text for _, text in said]
    assert said


def in_brackets(expression):
    """An expression as one argument; several, parted by commas, as a tuple."""
    return f"({expression})"


@pytest.mark.parametrize(("f", "x", "gradient"), POINTS)
def test_the_table_of_singular_points_is_what_happens(f, x, gradient):
    names = {"np": np, "am": am}
    point, expected = eval(x, names), eval(gradient, names)  # noqa: S307  # our own file
    with np.errstate(all="ignore"):
        found = am.grad(eval(f"lambda x: {f}", names))(point)  # noqa: S307  # as above
    np.testing.assert_array_equal(found, expected)


def test_the_table_of_singular_points_is_found():
    assert len(POINTS) > 10


@pytest.mark.parametrize("name", GUIDES)
def test_every_file_that_a_guide_names_is_there(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    for link in re.findall(r"`((?:examples|docs|benchmarks)/[\w./]+)`", text):
        assert (DOCS.parent / link).exists(), link
    for link in re.findall(r"\]\((\w[\w-]*\.md)\)", text):
        assert (DOCS / link).exists(), link
