"""Every command of docs/reading-the-example.md does what it says there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "reading-the-example.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"^(\S.*?)  # -> (.*)$", re.MULTILINE)
COMMANDS = [line for language, source in BLOCKS if language == "sh" for line in source.splitlines()]
# What readers asked, each with words of its heading.
ASKED = [
    "biases", "-0.017144", "w6 fall", "-1 come from", "the same", "sum of the errors or the mean", "eta 0.5",
    "weights, or how many hidden", "draw the figures", "does not learn", "spreadsheet", "another order",
]  # fmt: skip


def test_every_question_has_a_section_with_a_command():
    sections = TEXT.split("\n## ")[1:]
    assert len(sections) == len(ASKED)
    for words, section in zip(ASKED, sections, strict=True):
        assert words in section.partition("\n")[0]
        assert "```" in section


def test_the_python_runs_from_top_to_bottom_and_gives_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = []
    names = {"said": lambda result, text: said.append((str(result), text))}
    for source in (source for language, source in BLOCKS if language == "python"):
        checked = CLAIM.sub(lambda m: f"said({m[1]}, {m[2]!r})", source)
        exec(compile(checked, "reading-the-example.md", "exec"), names)  # noqa: S102  # our own file
    assert [result for result, _ in said] == [text for _, text in said]
    assert len(said) == TEXT.count("# ->") > 0
    for name in (
        "w7.dot",
        "rates.svg",
        "structure.svg",
        "weights.svg",
        "path-to-w5.svg",
        "paths-to-w1.svg",
        "trace.csv",
    ):
        assert (tmp_path / name).stat().st_size > 0
    printed = capsys.readouterr().out
    for words in ("w6⁺ = w6 − η", "2 paths from out_h1", "1 path from out_o1", "1,000 examples", "hidden neurons"):
        assert words in printed


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, tmp_path):
    program, script, *arguments = command.split()
    assert program == "python"
    done = subprocess.run(  # our own script
        [sys.executable, "-W", "error", str(ROOT / script), *arguments, "--rounds", "20"],
        cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
