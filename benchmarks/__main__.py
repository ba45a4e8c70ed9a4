"""The command line: `python -m benchmarks SUITE [--only W] [--against L] [--rounds N] [--json FILE]`."""

import os

# One thread each, said before any library is imported: a spinning BLAS thread on a busy machine
# makes a step 50 times longer, and the CPU clock would count both threads.
for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import argparse  # noqa: E402  # after the threads
import json  # noqa: E402  # after the threads are set
from pathlib import Path  # noqa: E402  # after the threads are set

from .libraries import NAMES  # noqa: E402  # after the threads are set
from .suite import SUITES, measured  # noqa: E402  # after the threads are set
from .table import absolute, against_targets, as_json, setting  # noqa: E402  # after the threads are set
from .workloads import WORKLOADS  # noqa: E402  # after the threads are set


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time autograd_mini beside its peers.")
    parser.add_argument("suite", choices=SUITES, help="which table of targets")
    parser.add_argument(
        "--only", action="append", metavar="WORKLOAD", choices=sorted(WORKLOADS), help="this workload; may be repeated"
    )
    parser.add_argument("--against", action="append", metavar="PEER", choices=NAMES, help="this peer; may be repeated")
    parser.add_argument("--rounds", type=int, default=15, help="samples per library and workload (default 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures there")
    chosen = parser.parse_args()

    targets = [
        t
        for t in SUITES[chosen.suite]
        if (not chosen.only or t.workload in chosen.only) and (not chosen.against or t.peer in chosen.against)
    ]
    if not targets:
        parser.error("no target has both that workload and that peer; leave one of --only and --against out")
    figures = measured(targets, peers=chosen.against or NAMES, rounds=chosen.rounds)
    print(setting(), against_targets(targets, figures), absolute(figures), sep="\n\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(targets, figures), indent=1) + "\n")


if __name__ == "__main__":
    main()
