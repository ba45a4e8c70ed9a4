"""Figures as text and as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .libraries import NAMES, OURS, loaded
from .suite import Figures, Target

__all__ = ["absolute", "against_targets", "as_json", "setting"]


def setting() -> str:
    """The machine and the versions, in a line."""
    found = ", ".join(f"{name} {v}" for name, v in versions().items())
    return f"{platform.machine()}, CPython {platform.python_version()}; {found}. CPU clock, one thread each, medians."


def versions() -> dict[str, str]:
    """The version of every library that is installed."""
    found = {}
    for name in (OURS, *NAMES):
        library = loaded(name)
        if library is not None:
            try:
                found[name] = version(library.PACKAGE)
            except PackageNotFoundError:
                found[name] = "?"
    return found


def against_targets(targets: Iterable[Target], figures: dict[str, Figures]) -> str:
    """A row per target: both medians, their ratio with its quartiles, the target, met or missed."""
    rows = [["workload", "ours", "against", "theirs", "ratio", "quartiles", "at most", ""]]
    for t in targets:
        f = figures[t.workload]
        ratio, unit = f.ratio(t.peer), f.workload.unit
        ours = quantity(f.median(OURS), unit)
        if ratio is None:
            rows.append([f.workload.title, ours, t.peer, "", "", "", f"{t.at_most:.2f}", ""])
            continue
        low, high = f.spread(t.peer)
        verdict = "met" if ratio <= t.at_most else "missed"
        theirs = quantity(f.median(t.peer), unit)
        rows.append(
            [
                f.workload.title,
                ours,
                t.peer,
                theirs,
                f"{ratio:.2f}",
                f"{low:.2f}-{high:.2f}",
                f"{t.at_most:.2f}",
                verdict,
            ]
        )
    return ruled(rows)


def absolute(figures: dict[str, Figures]) -> str:
    """A row per workload, a column per library: medians."""
    names = [name for name in (OURS, *NAMES) if any(name in f.samples for f in figures.values())]
    rows = [["median", *names]]
    for f in figures.values():
        cells = [quantity(f.median(name), f.workload.unit) if name in f.samples else "" for name in names]
        rows.append([f.workload.title, *cells])
    return ruled(rows)


def as_json(targets: Iterable[Target], figures: dict[str, Figures]) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "versions": versions(),
        "targets": [
            {"workload": t.workload, "peer": t.peer, "at_most": t.at_most, "ratio": figures[t.workload].ratio(t.peer)}
            for t in targets
        ],
        "workloads": {
            name: {
                "title": f.workload.title,
                "unit": f.workload.unit,
                "units_per_call": f.workload.units,
                "samples_per_call": f.samples,
            }
            for name, f in figures.items()
        },
    }


def quantity(x: float, unit: str) -> str:
    """Three digits and a unit: seconds as s, ms, us or ns; bytes as MB."""
    if unit == "bytes":
        return f"{x / 1e6:.1f} MB"
    for factor, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if x >= factor:
            return f"{x / factor:.3g} {name}"
    return f"{x / 1e-9:.3g} ns"


def ruled(rows: list[list[str]]) -> str:
    """Rows as a Markdown table whose columns line up; the first is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * w for w in widths) + " |")
    return "\n".join(lines)
