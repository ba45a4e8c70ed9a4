"""The targets, and the run that measures them."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from .libraries import OURS, loaded
from .measure import interleaved
from .workloads import WORKLOADS, Workload, disagreement

__all__ = ["SUITES", "Figures", "Target", "measured"]


@dataclass(frozen=True)
class Target:
    """Our figure over the peer's is to be `at_most` this."""

    workload: str
    peer: str
    at_most: float


@dataclass(frozen=True)
class Figures:
    """Every sample of one workload, by library, in turns; in seconds or bytes, per call."""

    workload: Workload
    samples: dict[str, list[float]]

    def median(self, library: str) -> float:
        """The median per unit of the workload."""
        return statistics.median(self.samples[library]) / self.workload.units

    def ratio(self, peer: str) -> float | None:
        """Our median over the peer's; None if the peer is missing."""
        return self.median(OURS) / self.median(peer) if peer in self.samples else None

    def spread(self, peer: str) -> tuple[float, float]:
        """The quartiles of the ratio, round by round."""
        ratios = [a / b for a, b in zip(self.samples[OURS], self.samples[peer], strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        return low, high


SUITES: dict[str, tuple[Target, ...]] = {
    "overhead": (
        Target("step-scalars", "micrograd", 0.35),
        Target("chain", "micrograd", 0.55),
        Target("wide", "micrograd", 0.55),
        Target("chain", "torch", 0.12),
        Target("wide", "torch", 0.12),
        Target("step-matrices", "torch", 0.30),
        Target("ops-8x8", "torch", 0.50),
        Target("ops-8x8-np", "torch", 0.55),
        Target("lstm", "torch", 0.60),
        Target("logistic-regression", "torch", 0.30),
        Target("curve", "torch", 0.30),
        Target("eight-schools", "torch", 0.30),
        Target("mlp-float32", "torch", 1.0),
        Target("mlp-float64", "torch", 1.0),
        Target("elementwise-float32", "torch", 1.2),
        Target("elementwise-float64", "torch", 1.2),
        Target("elementwise-memory", "autograd", 1.0),
        Target("import", "numpy", 1.25),
    ),
}


def measured(targets: Iterable[Target], peers: Iterable[str], rounds: int) -> dict[str, Figures]:
    """The figures of every workload that has a target, of us and of those peers that are installed.

    Raises: AssertionError if two libraries do not give the same numbers.
    """
    libraries = {name: library for name in (OURS, *peers) if (library := loaded(name)) is not None}
    figures = {}
    for name in dict.fromkeys(t.workload for t in targets):
        workload = WORKLOADS[name]
        print(f"{workload.title} ...", file=sys.stderr, flush=True)
        able = {k: library for k, library in libraries.items() if workload.runs_on(library)}
        if complaint := disagreement(workload, able):
            raise AssertionError(complaint)
        runs = {k: workload.run(library) for k, library in able.items()}
        figures[name] = Figures(workload, interleaved(runs, workload.clock, rounds))
    return figures
