"""What all tests share."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_make_parametrize_id(config, val, argname):
    """A parameter's id without memory addresses, which differ between the processes that share the tests."""
    text = repr(val)
    return ADDRESS.sub("", text) if ADDRESS.search(text) else None


def without_browser():
    """Why tests that need a browser cannot run here; None if they can."""
    missing = [] if CHROMIUM else ["Chromium"]
    missing += [] if find_spec("playwright") else ["the package playwright"]
    return f"tests marked browser are left out: {' and '.join(missing)} not found" if missing else None


def pytest_collection_modifyitems(config, items):
    """Leave out the tests of a browser where there is none."""
    if not without_browser():
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_report_header(config):
    """Say so at the start."""
    return without_browser()


def pytest_terminal_summary(terminalreporter):
    """Say so at the end, where it is read in a quiet run too."""
    if why := without_browser():
        terminalreporter.write_line(why)
