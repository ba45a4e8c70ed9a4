"""`numpy.fft`: NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    return getattr(np.fft, name)


def __dir__() -> list[str]:
    return sorted(dir(np.fft))
