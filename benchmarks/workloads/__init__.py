"""One file a workload. A file gives `WORKLOADS`; the name of each is what `--only` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from ..measure import cpu_seconds

__all__ = ["WORKLOADS", "Workload", "disagreement"]

# How far results may differ, relative to the largest number of each, by dtype.
TOLERANCE = {"float64": 1e-9, "float32": 1e-3}


@dataclass(frozen=True)
class Workload:
    """What is timed.

    build: `(library, **size) -> run`, a callable without arguments whose results agree from
    library to library. needs: what a library must be able to do. tiny: sizes for tests.
    units: into how many parts a figure is divided, as operations. unit: "s" or "bytes".
    """

    name: str
    title: str
    build: Callable[..., Callable[[], Any]]
    needs: str = "arrays"
    size: Mapping[str, Any] = field(default_factory=dict)
    tiny: Mapping[str, Any] = field(default_factory=dict)
    units: int = 1
    clock: Callable[[Callable[[], Any], int], float] = cpu_seconds
    unit: str = "s"
    agrees: bool = True

    def runs_on(self, library: ModuleType) -> bool:
        """Whether the library can do it."""
        return self.needs in library.CAN

    def run(self, library: ModuleType, *, tiny: bool = False) -> Callable[[], Any]:
        """The callable to time."""
        return self.build(library, **{**self.size, **(self.tiny if tiny else {})})


def disagreement(workload: Workload, libraries: Mapping[str, ModuleType], *, tiny: bool = False) -> str | None:
    """How the results of the libraries differ, over two calls each; None if they agree."""
    if not workload.agrees:
        return None
    reference: list[Any] = []
    for name, library in libraries.items():
        run = workload.run(library, tiny=tiny)
        results = [np.array(library.numbers(x)) for _ in range(2) for x in run()]
        reference = reference or results
        for i, (a, b) in enumerate(zip(reference, results, strict=True)):
            size = float(np.max(np.abs(a), initial=0.0))
            off = float(np.max(np.abs(a - b), initial=0.0)) if a.shape == b.shape else np.inf
            tolerance = TOLERANCE[workload.size.get("dtype", "float64")]
            if not off <= tolerance * max(size, 1e-6):
                return (
                    f"{workload.name}: result {i} of {name} has shape {b.shape} and differs by {off:.3g} "
                    f"from {a.shape} of size {size:.3g}"
                )
    return None


from . import curve, eight_schools, elementwise, imports, logistic_regression, lstm, mlp, ops, scalars, step  # noqa: E402  # they need Workload

WORKLOADS: dict[str, Workload] = {
    w.name: w
    for file in (step, scalars, ops, lstm, logistic_regression, curve, eight_schools, mlp, elementwise, imports)
    for w in file.WORKLOADS
}
