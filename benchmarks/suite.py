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
from .measure import Sample, called, interleaved, seconds
from .workloads import Workload, difference

__all__ = ["Figures", "measured"]

FIRST_CALLS = 3  # of functions made anew, where one takes less than PATIENCE
PATIENCE = 1.0  # seconds
PROCESSES = 5  # rounds, where each sample is a process of its own


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
        """The quartiles of the ratio, round by round; of times and bytes."""
        pairs = zip(self.values(library, kind), self.values(peer, kind), strict=True)
        ratios = [a / b for a, b in pairs]
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        return low, high


def measured(workloads: Iterable[Workload], names: Iterable[str], rounds: int) -> dict[str, Figures]:
    """The figures of workloads, of those libraries that are installed; all of them agree before any is timed.

    Raises: AssertionError if two libraries do not give the same numbers.
    """
    workloads = list(workloads)
    libraries = {name: library for name in names if (library := loaded(name)) is not None}
    able = {}
    for i, workload in enumerate(workloads):
        print(f"\rDo they agree? {i + 1} of {len(workloads)}", end="", file=sys.stderr, flush=True)
        able[workload.name] = agreeing(workload, libraries)
    print(file=sys.stderr)
    found = {}
    for workload in workloads:
        print(f"{workload.title} ...", file=sys.stderr, flush=True)
        result = figures(workload, able[workload.name][0], rounds)
        result.left_out = {**able[workload.name][1], **result.left_out}
        found[workload.name] = result
        for name, reason in result.left_out.items():
            print(f"  without {name}: {reason}", file=sys.stderr, flush=True)
    return found


def agreeing(workload: Workload, libraries: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The libraries that can do a workload in its tiny size, and why others cannot. What we cannot do is an error.

    Raises: AssertionError if two of them do not give the same numbers.
    """
    able, left_out = {}, {}
    expected: dict[str, list[Any]] = {}
    for name, library in libraries.items():
        if not workload.runs_on(library):
            continue
        try:
            if workload.agrees:
                checked(workload, name, library, expected, tiny=True)
        except AssertionError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a peer raises, the others are measured
            left_out[name] = reason_of(error, name)
        else:
            able[name] = library
    return able, left_out


def figures(workload: Workload, libraries: dict[str, Any], rounds: int, *, tiny: bool = False) -> Figures:
    """The figures of one workload. What a peer cannot do, or does otherwise, leaves it out; of ours it is an error."""
    result = Figures(workload)
    runs: dict[str, Callable[[], Any]] = {}
    expected: dict[str, list[Any]] = {}
    for name, library in libraries.items():
        if not workload.runs_on(library):
            continue
        result.units[name] = 1 if tiny else workload.units_on(library)
        try:
            if workload.agrees:
                runs[name], took = checked(workload, name, library, expected, tiny=tiny)
                result.first[name] = [took]
            else:
                runs[name] = workload.run(library, tiny=tiny)
        except Exception as error:  # noqa: BLE001  # as above
            result.left_out[name] = reason_of(error, name)
    if workload.clock is seconds:
        for _ in range(FIRST_CALLS - 1):
            for name, times in result.first.items():
                if times[0] < PATIENCE and not tiny:
                    forget(libraries[name])
                    times.append(timed(workload.run(libraries[name]))[1])
    else:
        result.first.clear()
    result.samples = interleaved(runs, workload.clock, min(rounds, PROCESSES) if workload.clock is called else rounds)
    return result


def reason_of(error: Exception, name: str) -> str:
    """An error in a line.

    Raises: that error, if it is one of ours and not a missing extra, or system.
    """
    if name in OURS and not isinstance(error, (ModuleNotFoundError, NotImplementedError)):
        raise error
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]


def checked(
    workload: Workload, name: str, library: Any, expected: dict[str, list[Any]], *, tiny: bool
) -> tuple[Callable[[], Any], float]:
    """A callable of the library whose results of two calls agree with all before, and how long the first took.

    expected: results by size, of the library that came first; filled here.

    Raises: AssertionError if they do not agree.
    """
    run = workload.run(library, tiny=tiny)
    forget(library)
    results, took = timed(run)
    found = [np.array(library.numbers(x)) for x in results]
    found += [np.array(library.numbers(x)) for x in timed(run)[0]]
    before = expected.setdefault(str(workload.size_on(library, tiny=tiny)), found)
    if complaint := difference(before, found, workload.closeness(library, tiny=tiny)):
        raise AssertionError(f"{workload.name}, {name}: {complaint}")
    return run, took


def forget(library: Any) -> None:
    """Empty what a library keeps of compiled code from one process to the next."""
    if hasattr(library, "forget"):
        library.forget()


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and the seconds that pass."""
    start = time.perf_counter()
    results = run()
    return results, time.perf_counter() - start
