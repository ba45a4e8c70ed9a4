"""The run that measures: what agrees is timed, in turns."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .libraries import OURS, loaded
from .measure import Sample, interleaved, seconds
from .workloads import Workload, difference

__all__ = ["Figures", "measured"]

FIRST_CALLS = 3  # of functions made anew, where one takes less than PATIENCE
PATIENCE = 1.0  # seconds


@dataclass
class Figures:
    """What was measured of one workload, by library.

    samples: per call, one a round, in turns. units: into how many parts a figure is divided. first: seconds that pass
    from the first call of a new function to its result. left_out: why a library that is here has no figures.
    """

    workload: Workload
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def values(self, library: str, kind: str) -> list[float]:
        """All figures of one kind, per unit of the workload: "cpu" and "wall", or "first", which is per call."""
        if kind == "first":
            return self.first.get(library, [])
        return [getattr(s, kind) / self.units[library] for s in self.samples.get(library, [])]

    def median(self, library: str, kind: str) -> float:
        """Their median."""
        return statistics.median(self.values(library, kind))

    def fastest(self, libraries: Iterable[str], kind: str) -> str | None:
        """Which of the libraries has the smallest median; None if none was measured."""
        there = [name for name in libraries if self.values(name, kind)]
        return min(there, key=lambda name: self.median(name, kind), default=None)

    def quartiles(self, library: str, peer: str, kind: str) -> tuple[float, float]:
        """The quartiles of the ratio, round by round."""
        pairs = zip(self.values(library, kind), self.values(peer, kind), strict=False)
        ratios = [a / b for a, b in pairs]
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        return low, high


def measured(workloads: Iterable[Workload], names: Iterable[str], rounds: int) -> dict[str, Figures]:
    """The figures of workloads, of those libraries that are installed.

    Raises: AssertionError if two libraries do not give the same numbers.
    """
    libraries = {name: library for name in names if (library := loaded(name)) is not None}
    found = {}
    for workload in workloads:
        print(f"{workload.title} ...", file=sys.stderr, flush=True)
        found[workload.name] = figures(workload, libraries, rounds)
        for name, reason in found[workload.name].left_out.items():
            print(f"  without {name}: {reason}", file=sys.stderr, flush=True)
    return found


def figures(workload: Workload, libraries: dict[str, Any], rounds: int, *, tiny: bool = False) -> Figures:
    """The figures of one workload. What a peer cannot do leaves it out; what we cannot do is an error.

    Raises: AssertionError if two libraries do not give the same numbers.
    """
    result = Figures(workload)
    runs: dict[str, Callable[[], Any]] = {}
    expected: dict[str, list[Any]] = {}
    for name, library in libraries.items():
        if not workload.runs_on(library):
            continue
        result.units[name] = 1 if tiny else workload.units_on(library)
        try:
            if workload.agrees:  # the small one also does what a library does once
                checked(workload, name, library, expected, tiny=True)
                runs[name], took = checked(workload, name, library, expected, tiny=tiny)
                result.first[name] = [took]
            else:
                runs[name] = workload.run(library, tiny=tiny)
        except AssertionError:
            raise
        except Exception as error:
            if name in OURS and not isinstance(error, ModuleNotFoundError):
                raise
            result.left_out[name] = f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
    if workload.clock is seconds:
        for _ in range(FIRST_CALLS - 1):
            for name, took in result.first.items():
                if took[0] < PATIENCE and not tiny:
                    took.append(called(workload.run(libraries[name]))[1])
    else:
        result.first.clear()
    result.samples = interleaved(runs, workload.clock, rounds)
    return result


def checked(
    workload: Workload, name: str, library: Any, expected: dict[str, list[Any]], *, tiny: bool
) -> tuple[Callable[[], Any], float]:
    """A callable of the library whose results of two calls agree with all before, and how long the first took.

    expected: results by size, of the library that came first; filled here.

    Raises: AssertionError if they do not agree.
    """
    run = workload.run(library, tiny=tiny)
    results, took = called(run)
    found = [np.array(library.numbers(x)) for x in results]
    found += [np.array(library.numbers(x)) for x in called(run)[0]]
    before = expected.setdefault(str(workload.size_on(library, tiny=tiny)), found)
    if complaint := difference(before, found, workload.closeness(library, tiny=tiny)):
        raise AssertionError(f"{workload.name}, {name}: {complaint}")
    return run, took


def called(run: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and the seconds that pass."""
    start = time.perf_counter()
    results = run()
    return results, time.perf_counter() - start
