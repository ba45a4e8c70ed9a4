"""NumPy's functions that write into an array: into a buffer they write, anything else they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MutationError, ShapeError
from ..primitive import composite
from .operands import is_value, numbers
from .shape import broadcast_to, ravel

FORMS: dict[Callable[..., Any], str] = {
    np.copyto: "y = np.where(mask, v, a)",
    np.fill_diagonal: "y = np.where(np.eye(n, dtype=bool), v, a)",
    np.place: "y = np.where(mask, v, a)",
    np.put: "y = np.where(mask, v, a)",
    np.put_along_axis: "y = np.where(mask, v, a)",
    np.putmask: "y = np.where(mask, v, a)",
}


def check_buffer(a: Any, function: Callable[..., Any]) -> None:
    """Raise unless `a` is an array under construction."""
    if not hasattr(a, "by_key"):
        what = "a recorded Value" if is_value(a) else "an array, which holds no Values"
        raise MutationError(
            f"{function.__name__}: it would write into {what}; write into b = v.copy() or autograd_mini.zeros(shape), "
            f"or choose: {FORMS[function]}"
        )


@composite(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Write `src` into a buffer, where the mask holds."""
    check_buffer(dst, np.copyto)
    if where is True:
        dst[...] = src
        return
    mask = np.broadcast_to(numbers(where), np.shape(dst))
    if not np.shape(dst):
        return
    dst[mask] = np.broadcast_to(src, np.shape(dst))[mask]


@composite(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Write into a buffer where the mask holds: the values at the same places of the flattened arrays."""
    check_buffer(a, np.putmask)
    places = np.flatnonzero(numbers(mask))
    row = ravel(values) if is_value(values) else np.ravel(values)
    a[np.unravel_index(places, np.shape(a))] = row[places % np.size(row)]


@composite(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write the values one after the other where the mask holds, again and again."""
    check_buffer(arr, np.place)
    places = np.flatnonzero(numbers(mask))
    row = ravel(vals) if is_value(vals) else np.ravel(vals)
    if places.size and not np.size(row):
        raise ShapeError("place: got no values; one or more are needed to write")
    arr[np.unravel_index(places, np.shape(arr))] = row[np.arange(places.size) % max(np.size(row), 1)]


@composite(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write into a buffer at places of its flattened form."""
    check_buffer(a, np.put)
    places = np.ravel(numbers(ind))
    n = np.size(a)
    if mode == "raise" and places.size and (places.min() < -n or places.max() >= n):
        raise IndexError(
            f"put: got the place {places[np.argmax(np.abs(places))]}; there are {n}; count from 0, or give mode="
        )
    places = np.clip(places, 0, n - 1) if mode == "clip" else places % n
    row = ravel(v) if is_value(v) else np.ravel(v)
    if not np.size(row):
        return
    a[np.unravel_index(places, np.shape(a))] = row[np.arange(places.size) % np.size(row)]


@composite(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """Write into a buffer at places along `axis`."""
    check_buffer(arr, np.put_along_axis)
    places = np.asarray(numbers(indices))
    if axis is None:
        arr[np.unravel_index(places, np.shape(arr))] = (
            broadcast_to(values, places.shape) if is_value(values) else values
        )
        return
    n = np.ndim(arr)
    axis %= n
    key = tuple(
        places if i == axis else np.arange(m).reshape((1,) * i + (-1,) + (1,) * (n - 1 - i))
        for i, m in enumerate(np.shape(arr))
    )
    arr[key] = values


@composite(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write the values along the diagonal of a buffer, again and again."""
    check_buffer(a, np.fill_diagonal)
    marked = np.zeros(np.shape(a), bool)
    np.fill_diagonal(marked, val=True, wrap=wrap)
    place(a, marked, val)
