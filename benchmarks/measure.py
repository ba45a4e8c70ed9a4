"""Samples of several callables, taken in turns, so that a slow minute of the machine slows them all."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Sample", "called_seconds", "interleaved", "peak_bytes", "seconds"]

Run = Callable[[], Any]

SAMPLE = 0.01  # seconds that one sample takes at least: 10,000 ticks of the slowest clock
WARM = 0.2  # seconds of calls before the first sample


class Sample(NamedTuple):
    """What one call takes: seconds of all threads of this process, and seconds that pass; or bytes, twice."""

    cpu: float
    wall: float


Clock = Callable[[Run, int], Sample]


def seconds(run: Run, calls: int) -> Sample:
    """Seconds a call."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        run()
    return Sample((time.process_time() - cpu) / calls, (time.perf_counter() - wall) / calls)


def peak_bytes(run: Run, calls: int) -> Sample:  # one call has the peak of many
    """The most bytes that a call holds at once beyond what was there, of what Python and NumPy allocate."""
    tracemalloc.start()
    try:
        run()
        peak = float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    return Sample(peak, peak)


def called_seconds(run: Run, calls: int) -> Sample:  # each call is a process of its own
    """What `run` itself reports."""
    return Sample(*run())


def interleaved(runs: dict[str, Run], clock: Clock, rounds: int) -> dict[str, list[Sample]]:
    """`rounds` samples of each callable, one of each per round, warmed up before the first.

    Python's collector stays on during a sample, as it is for users; garbage is collected before
    it, so that nobody pays for another's.
    """
    calls = {name: warmed(run) if clock is seconds else 1 for name, run in runs.items()}
    samples: dict[str, list[Sample]] = {name: [] for name in runs}
    names = list(runs)
    gc.collect()
    gc.freeze()  # the objects of every imported library are nobody's to walk through
    try:
        for i in range(rounds):
            for name in names[i % len(names) :] + names[: i % len(names)]:
                gc.collect()
                samples[name].append(clock(runs[name], calls[name]))
    finally:
        gc.unfreeze()
    return samples


def warmed(run: Run) -> int:
    """How many calls a sample takes, after calls enough to compile and to fill caches."""
    run()
    start, calls = time.process_time(), 0
    while calls < 3 or time.process_time() - start < WARM:
        run()
        calls += 1
    return max(1, round(SAMPLE * calls / (time.process_time() - start)))
