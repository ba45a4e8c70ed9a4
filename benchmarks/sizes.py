"""How the time of a workload grows with its size."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

from .libraries import loaded
from .suite import Figures, figures
from .workloads import WORKLOADS

__all__ = ["SIZES", "measured_in_sizes"]

# Which of its sizes grows, and how.
SIZES = {
    "chain": ("n", (100, 1_000, 10_000)),
    "ops-8x8": ("n", (8, 32, 128)),
    "elementwise-float64": ("n", (10**3, 10**4, 10**5, 10**6)),
    "lstm": ("steps", (10, 50, 250)),
    "train-mlp": ("batch", (8, 128, 1024)),
}
PATIENCE = 3.0  # seconds of a first call, after which a library is spared the sizes beyond


def measured_in_sizes(
    names: Iterable[str], rounds: int, only: Iterable[str] | None = None, *, tiny: bool = False
) -> dict[str, Figures]:
    """The figures of workloads in several sizes."""
    found = {}
    libraries = {name: library for name in names if (library := loaded(name)) is not None}
    for name in only or SIZES:
        able = dict(libraries)
        size, values = SIZES[name]
        for n in values:
            workload = WORKLOADS[name]
            grown = replace(workload, title=f"{workload.title}: {size} = {n:,}", size={**workload.size, size: n})
            print(f"{grown.title} ...", file=sys.stderr, flush=True)
            one = found[f"{name}, {n}"] = figures(grown, able, rounds, tiny=tiny)
            able = {k: library for k, library in able.items() if max(one.first.get(k, [0.0])) < PATIENCE}
    return found
