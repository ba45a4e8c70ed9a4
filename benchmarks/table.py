"""Figures as text, as Markdown in a page, and as JSON."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .libraries import NAMES, loaded, why_missing
from .suite import Figures
from .targets import Target

__all__ = ["absolute", "against_targets", "as_json", "in_page", "report"]

TITLES = {"ours": "eager", "torch_compile": "torch.compile", "jax": "jax.jit"}


def title(library: str) -> str:
    """The heading of a library's column."""
    return TITLES.get(library, library)


def report(
    targets: Iterable[Target], figures: dict[str, Figures], names: Iterable[str], clock: str, rounds: int
) -> str:
    """Everything that was measured, as Markdown."""
    targets = list(targets)
    parts = [setting(names, clock, rounds)]
    for kind, heading in (("time", "Targets"), ("first", "Targets for the first call of a new function")):
        if chosen := [t for t in targets if t.kind == kind]:
            parts += [f"### {heading}", tally(chosen, figures, clock), against_targets(chosen, figures, clock)]
    for kind, heading in (("cpu", "CPU time"), ("wall", "Wall clock"), ("first", "First call")):
        if any(f.values(name, kind) for f in figures.values() for name in NAMES):
            parts += [f"### {heading}", absolute(figures, kind)]
    left_out = [
        f"- {f.workload.title}, {title(name)}: `{reason}`"
        for f in figures.values()
        for name, reason in f.left_out.items()
    ]
    if left_out:
        parts += ["### Left out", "\n".join(left_out)]
    return "\n\n".join(parts)


def setting(names: Iterable[str], clock: str, rounds: int) -> str:
    """The day, the machine, the versions and what is missing, in sentences."""
    names = list(names)
    found = ", ".join(f"{name} {v}" for name, v in versions(names).items())
    missing = "".join(f" Without {title(n)}: {why_missing(n)}." for n in names if loaded(n) is None)
    threads = os.environ.get("OMP_NUM_THREADS", "?")
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {os.cpu_count()} cores, {platform.system()}; "
        f"CPython {platform.python_version()}, {found}. {clock} clock, {threads} thread{'s' * (threads != '1')} each, "
        f"medians of {rounds} rounds.{missing}"
    )


def processor() -> str:
    """The name of the processor, as far as the system says it."""
    try:
        said = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        said = None
    return said[1] if said else platform.processor() or platform.machine()


def versions(names: Iterable[str]) -> dict[str, str]:
    """The version of every package that is measured."""
    found = {}
    for name in names:
        library = loaded(name)
        if library is not None:
            try:
                found[library.PACKAGE] = version(library.PACKAGE)
            except PackageNotFoundError:
                found[library.PACKAGE] = "?"
    return found


def against_targets(targets: Iterable[Target], figures: dict[str, Figures], clock: str) -> str:
    """A row per target: both medians, their ratio with its quartiles, the target, met or missed."""
    rows = [["workload", "ours", "", "against", "theirs", "ratio", "quartiles", "at most", ""]]
    for t in targets:
        f = figures[t.workload]
        kind, ratio = kind_of(t, clock), ratio_of(t, f, clock)
        row = [per_call(f) if t.kind == "first" else f.workload.title]
        best = [f.fastest(names, kind) for names in (t.ours, t.peers)]
        for names, name in zip((t.ours, t.peers), best, strict=True):
            row.append(title(name) if name else "/".join(map(title, names)))
            row.append(quantity(f.median(name, kind), f.workload.unit) if name else "")
        ours, peer = best
        if ours is None or peer is None or ratio is None:
            row += ["", "", f"{t.at_most:.2f}", ""]
        else:
            verdict = "met" if ratio <= t.at_most else "**missed**"
            spread = "" if kind == "first" else "{:.2f}-{:.2f}".format(*f.quartiles(ours, peer, kind))
            row += [f"{ratio:.2f}", spread, f"{t.at_most:.2f}", verdict]
        rows.append(row)
    return ruled(rows)


def kind_of(t: Target, clock: str) -> str:
    """Which figures a target is of."""
    return "first" if t.kind == "first" else clock


def per_call(f: Figures) -> str:
    """The title of a workload without the unit that its figures are per."""
    return re.sub(r", per \w+$", "", f.workload.title)


def ratio_of(t: Target, f: Figures, clock: str) -> float | None:
    """Our median over the peer's; None if one is missing."""
    kind = kind_of(t, clock)
    ours, peer = f.fastest(t.ours, kind), f.fastest(t.peers, kind)
    return None if ours is None or peer is None else f.median(ours, kind) / f.median(peer, kind)


def tally(targets: Iterable[Target], figures: dict[str, Figures], clock: str) -> str:
    """How many targets are met, missed, and not measured."""
    targets = list(targets)
    ratios = [ratio_of(t, figures[t.workload], clock) for t in targets]
    met = sum(r is not None and r <= t.at_most for r, t in zip(ratios, targets, strict=True))
    blank = sum(r is None for r in ratios)
    return f"{met} targets met, {len(ratios) - met - blank} missed, {blank} not measured."


def absolute(figures: dict[str, Figures], kind: str) -> str:
    """A row per workload, a column per library: medians."""
    found = [f for f in figures.values() if any(f.values(name, kind) for name in NAMES)]
    names = [name for name in NAMES if any(f.values(name, kind) for f in found)]
    rows = [["", *map(title, names)]]
    for f in found:
        if kind == "wall" and f.workload.unit != "s":
            continue
        cells = [quantity(f.median(name, kind), f.workload.unit) if f.values(name, kind) else "" for name in names]
        rows.append([per_call(f) if kind == "first" else f.workload.title, *cells])
    return ruled(rows)


def as_json(targets: Iterable[Target], figures: dict[str, Figures], clock: str) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "processor": processor(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "clock": clock,
        "versions": versions(NAMES),
        "targets": [
            {
                "workload": t.workload,
                "ours": t.ours,
                "peers": t.peers,
                "kind": t.kind,
                "at_most": t.at_most,
                "ratio": ratio_of(t, figures[t.workload], clock),
            }
            for t in targets
        ],
        "workloads": {
            name: {
                "title": f.workload.title,
                "unit": f.workload.unit,
                "units_per_call": f.units,
                "samples_per_call": {k: [s._asdict() for s in samples] for k, samples in f.samples.items()},
                "first_calls": f.first,
                "left_out": f.left_out,
            }
            for name, f in figures.items()
        },
    }


def in_page(page: str, name: str, text: str) -> str:
    """The page with the text between its markers of that name.

    Raises: ValueError if the page has no such markers.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if page.count(start) != 1 or page.count(end) != 1:
        raise ValueError(f"in_page: the page has not one {start} and one {end}; add them where the figures stand")
    before, _, rest = page.partition(start)
    return f"{before}{start}\n\n{text}\n\n{end}{rest.partition(end)[2]}"


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
