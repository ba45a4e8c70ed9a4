"""`scipy.stats` on Values: distributions in all of their parameters, and statistics of samples, under SciPy's names.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import stats
>>> grad(lambda loc: stats.norm.logpdf(1.5, loc, 2.0))(0.5)
0.25
"""

from __future__ import annotations

from typing import Any

from .common import COMMON
from .counts import COUNTS
from .excluded import EXCLUDED
from .further import FURTHER
from .samples import SAMPLES
from .vectors import VECTORS

DISTRIBUTIONS = {d.name: d for d in (*COMMON, *FURTHER, *COUNTS)}
NAMES: dict[str, Any] = {
    **DISTRIBUTIONS,
    "erlang": DISTRIBUTIONS["gamma"],
    **{d.name: d for d in VECTORS},
    **{f.__name__: f for f in SAMPLES},
}


def __getattr__(name: str) -> Any:
    if name in NAMES:
        return NAMES[name]
    reason = EXCLUDED.get(name, "SciPy has no such name")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: {reason}; for numbers alone, use scipy.stats")


def __dir__() -> list[str]:
    return sorted(NAMES)


__all__ = ["DISTRIBUTIONS", "EXCLUDED"]
