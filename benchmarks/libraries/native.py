"""autograd_mini, compiled to C."""

import autograd_mini

from .compiled import adapter

probe = autograd_mini.compile(lambda x: x * x, backend="native")
probe(2.0)
if "import" in probe.source.split("\n", 1)[0] or "def " in probe.source:
    raise ImportError("autograd_mini compiles nothing to C here")

ADAPTER = adapter("native")
