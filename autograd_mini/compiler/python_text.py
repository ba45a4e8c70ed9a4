"""Numbers, keys and expressions as they are written in Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["ATOM", "COMPARE", "POWER", "PRODUCT", "SIGN", "SUM", "Text", "bracketed", "place", "written", "written_key"]

Text = tuple[str, int]  # an expression, and how tightly it binds
COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = 2, 5, 6, 7, 8, 10


def bracketed(text: Text, least: int) -> str:
    """An expression, in brackets if it binds less tightly."""
    return text[0] if text[1] >= least else f"({text[0]})"


def place(key: Any) -> tuple[Any, ...]:
    """A key as a tuple."""
    return key if isinstance(key, tuple) else (key,)


def written(x: Any) -> str | None:
    """Something as Python writes it; None if it has to be given by name."""
    if x is None or x.__class__ in (bool, int) or (x.__class__ is str and x.isidentifier()):
        return repr(x)  # another text may be a mark, which is known by identity
    if isinstance(x, np.integer):
        return repr(int(x))
    if x.__class__ is float and math.isfinite(x):
        return repr(x)
    if x.__class__ in (tuple, list):
        parts = [written(y) for y in x]
        if None in parts:
            return None
        inside = ", ".join(map(str, parts)) + ("," if len(parts) == 1 and x.__class__ is tuple else "")
        return f"({inside})" if x.__class__ is tuple else f"[{inside}]"
    return None


def written_key(key: Any) -> str | None:
    """A key of whole numbers, slices, ... and None, as it stands between brackets; None for others."""
    parts = []
    for k in place(key):
        if isinstance(k, slice):
            ends = [k.start, k.stop, k.step]
            if not all(e is None or isinstance(e, (int, np.integer)) for e in ends):
                return None
            parts.append(":".join("" if e is None else str(int(e)) for e in (ends if k.step is not None else ends[:2])))
        elif k is Ellipsis:
            parts.append("...")
        elif k is None:
            parts.append("None")
        elif isinstance(k, (int, np.integer)) and not isinstance(k, bool):
            parts.append(str(int(k)))
        else:
            return None
    return ", ".join(parts) + ("," if len(parts) == 1 and isinstance(key, tuple) else "") or "()"
