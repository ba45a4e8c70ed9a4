"""The memory that a process holds at most for the 20 elementwise operations, beyond what it held before them.

Of every library: a new interpreter computes a small one, and then, twice, one of 10^6 numbers, keeping leaves only.
"""

import os
import subprocess
import sys
from pathlib import Path

from ..libraries import NAMES, loaded
from ..measure import called
from . import Workload
from .elementwise import N, chain

ROOT = Path(__file__).parents[2]


def held(name, n):
    """Print the bytes, twice, as a sample has two figures."""
    library = loaded(name)
    chain(library, n=5, dtype="float64", spare=True)()
    before = process_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is what is held now
    run = chain(library, n=n, dtype="float64", spare=True)
    run()
    run()
    peak = process_bytes("VmHWM") - before
    print(peak, peak)


def process_bytes(name):
    """A figure of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def peak(library, *, n):
    if not Path("/proc/self/clear_refs").exists():
        raise NotImplementedError("this system does not say how much memory a process held at most")
    name = next(name for name in NAMES if loaded(name) is library)
    command = [sys.executable, "-c", f"from benchmarks.workloads.memory import held; held({name!r}, {n})"]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}

    def run():
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)  # noqa: S603  # our own words
        return [float(x) for x in done.stdout.split()]

    return run


WORKLOADS = (
    Workload(
        "memory",
        "peak memory of the same, of the process",
        peak,
        size={"n": N},
        tiny={"n": 5},
        clock=called,
        unit="bytes",
        agrees=False,
    ),
)
