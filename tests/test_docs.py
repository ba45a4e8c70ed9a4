"""The README keeps its promises: its Python runs and gives what it says, its two commands are there.

In a block of Python, `expression  # -> text` says what the expression prints as.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"^(\S.*?)  # -> (.*)$", re.MULTILINE)


def test_the_python_of_the_readme_runs_from_top_to_bottom_and_gives_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    names = {"said": lambda result, text: said.append((str(result), text))}
    blocks = [source for language, source in BLOCKS if language == "python"]
    for source in blocks:
        checked = CLAIM.sub(lambda m: f"said({m[1]}, {m[2]!r})", source)
        exec(compile(checked, "README.md", "exec"), names)  # noqa: S102  # our own file
    assert [result for result, _ in said] == [text for _, text in said]
    assert len(said) == sum(source.count("# ->") for source in blocks) > 0
    assert (tmp_path / "network.svg").read_text(encoding="utf-8").lstrip().startswith("<")


def test_the_readme_has_two_commands_one_for_the_example_and_one_for_the_tests():
    commands = [source.strip() for language, source in BLOCKS if language == "sh"]
    assert len(commands) == 2
    for command, extra, last in zip(
        commands, ("examples", "dev"), ("examples/backprop_step_by_step.py", "-m pytest -q -n auto"), strict=True
    ):
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e '.[" + extra + "]' && ")
        assert command.endswith(f".venv/bin/python {last}")


def test_the_extras_of_the_two_commands_bring_what_they_need():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert any(package.startswith("tqdm") for package in extras["examples"])
    assert "autograd-mini[test]" in extras["dev"]
    assert any(package.startswith("autograd-mini[examples") for package in extras["test"])
    for package in ("pytest", "pytest-xdist", "hypothesis"):
        assert any(needed.startswith(package) for needed in extras["test"])


@pytest.mark.parametrize("link", re.findall(r"`((?:examples|docs|benchmarks)/[\w./]+)`", README))
def test_every_file_that_the_readme_names_is_there(link):
    assert (ROOT / link).exists()


def test_every_section_that_the_readme_links_to_is_there():
    headings = {
        re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) <= headings
