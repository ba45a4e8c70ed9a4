"""The command line: `python -m benchmarks [SUITE] [--only W] [--against L] [--rounds N] [--json FILE] ...`."""

import os
import sys

# As many threads for each, said before any library is imported: a spinning BLAS thread on a busy machine
# makes a step 50 times longer, and the CPU clock would count all threads.
THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv[:-1] else "1"
for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = THREADS
if THREADS == "1":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CACHELEVEL", "0")  # tinygrad's kernels of another day would make its first calls short

import argparse  # noqa: E402  # after the threads
import json  # noqa: E402  # after the threads are set
from collections.abc import Sequence  # noqa: E402  # after the threads are set
from pathlib import Path  # noqa: E402  # after the threads are set

from .libraries import NAMES, OURS  # noqa: E402  # after the threads are set
from .sizes import measured_in_sizes  # noqa: E402  # after the threads are set
from .suite import measured  # noqa: E402  # after the threads are set
from .table import as_json, in_page, report  # noqa: E402  # after the threads are set
from .targets import ALSO, COLUMNS, SUITES, TARGETS  # noqa: E402  # after the threads are set
from .workloads import WORKLOADS  # noqa: E402  # after the threads are set


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time autograd_mini beside its peers.")
    parser.add_argument("suite", nargs="?", choices=COLUMNS, help="a part of it (default: everything)")
    parser.add_argument(
        "--only", action="append", metavar="WORKLOAD", choices=sorted(WORKLOADS), help="this workload; may be repeated"
    )
    parser.add_argument(
        "--against", action="append", metavar="PEER", choices=NAMES[len(OURS) :], help="this peer; may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=15, help="samples per library and workload (default 15)")
    parser.add_argument("--threads", default="1", help="threads of each library (default 1)")
    parser.add_argument("--clock", choices=("cpu", "wall"), help="what ratios are of (default: cpu for one thread)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the report between its markers in this page")
    chosen = parser.parse_args(arguments)

    suite = chosen.suite
    names = COLUMNS.get(suite, [n for n in NAMES if n != "torch_compile"])  # which takes minutes to compile
    if chosen.against:
        names = [n for n in NAMES if n in chosen.against or (n in OURS and n in names)]
    clock = chosen.clock or ("cpu" if THREADS == "1" else "wall")
    targets = [
        t
        for t in SUITES.get(suite, () if suite else TARGETS)
        if (not chosen.only or t.workload in chosen.only) and (not chosen.against or {*t.peers} & {*chosen.against})
    ]
    if suite == "growth":
        figures = measured_in_sizes(names, chosen.rounds, chosen.only)
    else:
        wanted = {*(t.workload for t in targets), *ALSO.get(suite, WORKLOADS)}
        workloads = [w for name, w in WORKLOADS.items() if name in (chosen.only or wanted)]
        figures = measured(workloads, names, chosen.rounds)
    text = report(targets, figures, names, clock, chosen.rounds)
    print(text)
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(targets, figures, clock), indent=1) + "\n", encoding="utf-8")
    if chosen.markdown:
        name = f"{suite or 'everything'}, threads: {THREADS}"
        page = chosen.markdown.read_text(encoding="utf-8")
        chosen.markdown.write_text(in_page(page, name, text), encoding="utf-8")


if __name__ == "__main__":
    main()
