"""autograd_mini, compiled to C."""

import os

from autograd_mini.compiler.c_compiler import LOADED, compiler, folder

from .compiled import adapter

if compiler() is None:
    raise ImportError("autograd_mini compiles nothing to C here, as there is no C compiler")

ADAPTER = adapter("native")


def forget():
    """From here on nothing is found that was compiled before, unless it is the user's."""
    LOADED.clear()
    if os.environ.get("AUTOGRAD_MINI_CACHE") == "off":
        for file in folder().iterdir():
            file.unlink()


ADAPTER.forget = forget
