"""Functions that have a derivative for complex numbers, and none for real ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import composite
from . import discrete
from .elementwise import absolute, is_complex, nonzero

__all__ = ["sign"]


@composite(np.sign)
def sign(x: Any, /) -> Any:
    """-1, 0 or 1, without derivative; for complex numbers x / abs(x), whose derivative at 0 is 0."""
    if not is_complex(x):
        return discrete.sign(x)
    size = absolute(x)
    return x * (np.not_equal(size, 0) / nonzero(size))
