"""The import of the library, in a new interpreter each time: seconds without the interpreter's own start.

Every module comes from bytecode, as after an installation: the first run writes it to a folder of ours.
"""

import os
import subprocess
import sys
from functools import cache
from tempfile import TemporaryDirectory

from ..measure import called_seconds
from . import Workload


@cache
def bytecode():
    """The folder of the bytecode; deleted at exit."""
    return TemporaryDirectory(prefix="benchmarks-")


def start(library):
    clocks = "[time.process_time(), time.perf_counter()]"
    code = f"import time; a = {clocks}; import {library.MODULE}; b = {clocks}; print(b[0] - a[0], b[1] - a[1])"
    command = [sys.executable, "-c", code]
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    variables["PYTHONPYCACHEPREFIX"] = bytecode().name

    def run():
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)  # noqa: S603  # our own words
        return [float(x) for x in done.stdout.split()]

    run()
    return run


WORKLOADS = (Workload("import", "import", start, needs="import", clock=called_seconds, agrees=False),)
