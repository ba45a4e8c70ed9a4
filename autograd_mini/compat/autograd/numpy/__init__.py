"""NumPy itself, which hands calls on Values to us; and, where it cannot, functions of the same names that can.

>>> from autograd_mini import Value
>>> array([Value(1.0), 2.0]).sum().data
3.0
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....buffer import full as full_of_values
from ....ops.creation import c_, r_, vectorize
from ....ops.indexing import nested
from ....record import Record
from . import fft, linalg, numpy_boxes, random

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "c_",
    "fft",
    "full",
    "isscalar",
    "linalg",
    "numpy_boxes",
    "r_",
    "random",
    "vectorize",
]


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:  # noqa: A002  # NumPy's name
    """An array of nested lists of numbers and Values: a Value if any is one."""
    y: Any = nested(object) if isinstance(object, (list, tuple)) else object
    if not isinstance(y, Record):
        return np.array(object, dtype, ndmin=ndmin, **options)
    y = y if dtype is None else np.astype(y, dtype)
    return np.reshape(y, (1,) * (ndmin - np.ndim(y)) + np.shape(y)) if ndmin > np.ndim(y) else y


def asarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """As `array`; a Value stays itself."""
    y = array(a, dtype) if isinstance(a, (list, tuple, Record)) else a
    return y if isinstance(y, Record) else np.asarray(a, dtype, **options)


asanyarray = ascontiguousarray = asarray


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """An array filled with one number or Value."""
    if isinstance(fill_value, Record):
        return full_of_values(shape, fill_value, dtype)
    return np.full(shape, fill_value, dtype, **options)


def isscalar(element: Any) -> bool:
    """Whether it is a number, or a Value of one without axes."""
    return np.ndim(element) == 0 if isinstance(element, Record) else np.isscalar(element)


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def __dir__() -> list[str]:
    return sorted({*dir(np), *__all__})
