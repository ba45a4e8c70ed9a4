"""The import of the library, in a new interpreter each time: CPU seconds without the interpreter's own start."""

import subprocess
import sys

from ..measure import called_cpu_seconds
from . import Workload


def start(library):
    code = f"import time; t = time.process_time(); import {library.MODULE}; print(time.process_time() - t)"
    command = [sys.executable, "-c", code]
    return lambda: float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603  # our own words


WORKLOADS = (Workload("import", "import", start, needs="import", clock=called_cpu_seconds, agrees=False),)
