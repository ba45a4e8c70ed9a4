"""One file a workload. A file gives `WORKLOADS`; the name of each is what `--only` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from ..measure import Clock, seconds

__all__ = ["WORKLOADS", "Workload", "difference"]

# How far results may differ, relative to the largest number of each, by dtype.
TOLERANCE = {"float64": 1e-9, "float32": 1e-3}


@dataclass(frozen=True)
class Workload:
    """What is timed.

    build: `(library, **size) -> run`, a callable without arguments whose results agree from
    library to library. needs: what a library must be able to do. tiny: sizes for tests. shorter: sizes for a
    library that repeats nothing inside, in Python's time. units: into how many parts a figure is divided, as
    operations: a number, or which of the sizes says it. unit: "s" or "bytes". agrees: whether there are results
    to compare, and tolerance, how well.
    """

    name: str
    title: str
    build: Callable[..., Callable[[], Any]]
    needs: str = "arrays"
    size: Mapping[str, Any] = field(default_factory=dict)
    tiny: Mapping[str, Any] = field(default_factory=dict)
    shorter: Mapping[str, Any] = field(default_factory=dict)
    units: int | str = 1
    clock: Clock = seconds
    unit: str = "s"
    agrees: bool = True
    tolerance: float | None = None

    def runs_on(self, library: ModuleType) -> bool:
        """Whether the library can do it."""
        return self.needs in library.CAN

    def size_on(self, library: ModuleType, *, tiny: bool = False) -> dict[str, Any]:
        """The sizes it has there."""
        return {**self.size, **(self.tiny if tiny else {} if "loop" in library.CAN else self.shorter)}

    def units_on(self, library: ModuleType) -> int:
        """Into how many parts a figure of the library is divided."""
        return self.size_on(library)[self.units] if isinstance(self.units, str) else self.units

    def run(self, library: ModuleType, *, tiny: bool = False) -> Callable[[], Any]:
        """The callable to time."""
        return self.build(library, **self.size_on(library, tiny=tiny))

    def closeness(self, library: ModuleType, *, tiny: bool = False) -> float:
        """How far its results may differ from ours, relative to the largest number of each."""
        tolerance = self.tolerance or TOLERANCE[self.size_on(library, tiny=tiny).get("dtype", "float64")]
        return tolerance * getattr(library, "SLACK", 1.0)


def difference(expected: list[Any], results: list[Any], tolerance: float) -> str | None:
    """How results differ from what was expected; None if they agree."""
    for i, (a, b) in enumerate(zip(expected, results, strict=True)):
        size = float(np.max(np.abs(a), initial=0.0))
        off = float(np.max(np.abs(a - b), initial=0.0)) if a.shape == b.shape else np.inf
        if not off <= tolerance * max(size, 1e-6):
            return f"result {i} has shape {b.shape} and differs by {off:.3g} from {a.shape} of size {size:.3g}"
    return None


from . import (  # noqa: E402  # they need Workload
    convnet,
    curve,
    eight_schools,
    elementwise,
    hessian,
    imports,
    lbfgs,
    logistic_regression,
    lstm,
    mlp,
    ops,
    perceptron,
    recurrent,
    scalars,
    step,
    transformer,
)

FILES = (
    step, scalars, ops, lstm, logistic_regression, curve, eight_schools, lbfgs, hessian, mlp, elementwise,
    perceptron, convnet, recurrent, transformer, imports,
)  # fmt: skip

WORKLOADS: dict[str, Workload] = {w.name: w for file in FILES for w in file.WORKLOADS}
