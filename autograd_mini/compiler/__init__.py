"""Functions run once, and from then on as straight code, without a graph being built."""

from .compiled import Compiled, compile  # noqa: A004  # the name that users of other libraries know
from .loop import loop, scan
from .reverse import of_loop

__all__ = ["Compiled", "compile", "loop", "of_loop", "scan"]
