"""What all tests share."""

from __future__ import annotations

import re

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def pytest_make_parametrize_id(config, val, argname):
    """A parameter's id without memory addresses, which differ between the processes that share the tests."""
    text = repr(val)
    return ADDRESS.sub("", text) if ADDRESS.search(text) else None
