"""Python's containers and questions of type; containers of Values are plain containers here.

>>> import numpy as np
>>> from autograd_mini import Value
>>> isinstance(Value(3.0), float), isinstance(Value([1.0]), np.ndarray)
(True, True)
"""

from __future__ import annotations

import builtins
from typing import Any

from .tracer import getval

__all__ = ["dict", "isinstance", "list", "tuple", "type"]

dict, list, tuple = builtins.dict, builtins.list, builtins.tuple  # noqa: A001  # the names that are stood in for


def isinstance(x: Any, kinds: Any) -> bool:  # noqa: A001  # as above
    """Whether `x`, or the numbers of a Value, are of these kinds."""
    return builtins.isinstance(x, kinds) or builtins.isinstance(getval(x), kinds)


def type(x: Any) -> Any:  # noqa: A001  # as above
    """The type of `x`, or of the numbers of a Value."""
    return builtins.type(getval(x))
