"""What depends on the length of the batch, found by comparing what traces at three lengths have in the same place.

Two lengths determine a formula, and the third confirms it: a whole number may be `per * batch + plus`, and the
numbers of an array may grow evenly along the axes whose lengths depend on the batch, and with the batch itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Counted", "Differs", "Length", "Size", "alike", "length_text"]


class Differs(Exception):  # noqa: N818  # caught where it can be said of what
    """What traces have in the same place, and is no formula in the length of the batch."""


@dataclass(frozen=True, slots=True)
class Size:
    """The whole number per * batch + plus."""

    per: int
    plus: int

    def at(self, batch: int) -> int:
        """Its value for a batch of that length."""
        return self.per * batch + self.plus

    def __str__(self) -> str:
        times = "batch" if self.per == 1 else f"{self.per}*batch"
        return times + (f"{self.plus:+d}" if self.plus else "")


Length = int | Size


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """An array that depends on the batch: start + batch * slope + the sum over `steps` of step * place in that axis.

    shape: the lengths of its axes. grid: the same with an axis in two, if it holds so many elements for each of the
    batch; in this shape it is counted. start, slope and each step have length 1 in the axes that depend on the batch.
    """

    shape: tuple[Length, ...]
    grid: tuple[Length, ...]
    dtype: Any
    start: Any
    slope: Any
    steps: dict[int, Any]


def length_text(n: Length) -> int | str:
    """How a length stands in the type of an input or an output."""
    return str(n) if isinstance(n, Size) else int(n)


def alike(found: tuple[Any, ...], batches: tuple[int, ...]) -> Any:
    """What traces at these lengths have in the same place, as one: with Sizes and Counted where they differ.

    Raises: Differs.
    """
    a = found[0]
    if len({type(x) for x in found}) > 1:
        raise Differs(" and ".join(type(x).__name__ for x in found))
    if isinstance(a, (tuple, list)):
        if len({len(x) for x in found}) > 1:
            raise Differs(", ".join(map(str, found)))
        parts = [alike(each, batches) for each in zip(*found, strict=True)]
        return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)
    if isinstance(a, slice):
        return slice(*(alike(tuple(getattr(s, end) for s in found), batches) for end in ("start", "stop", "step")))
    if isinstance(a, dict):
        if any(x.keys() != a.keys() for x in found):
            raise Differs("dicts of other keys")
        return {k: alike(tuple(x[k] for x in found), batches) for k in a}
    if isinstance(a, np.ndarray):
        return counted(found, batches)
    if all(x is a or x == a or (x != x and a != a) for x in found):
        return a
    if isinstance(a, (int, float, np.number)) and not isinstance(a, bool):
        return size(found, batches)
    if callable(a) and all(getattr(x, "__qualname__", x) == getattr(a, "__qualname__", None) for x in found):
        return a
    raise Differs(", ".join(map(str, found)))


def size(found: tuple[Any, ...], batches: tuple[int, ...]) -> Size:
    """Numbers as per * batch + plus."""
    if batches[0] == batches[1]:
        raise Differs(", ".join(map(str, found)))
    per = (found[1] - found[0]) / (batches[1] - batches[0])
    plus = found[0] - per * batches[0]
    if per != int(per) or plus != int(plus) or any(x != per * b + plus for x, b in zip(found, batches, strict=True)):
        raise Differs(", ".join(map(str, found)))
    return Size(int(per), int(plus))


def counted(found: tuple[Any, ...], batches: tuple[int, ...]) -> Any:
    """Arrays as one, if they are equal, or as Counted."""
    a = found[0]
    if all(x.shape == a.shape and np.array_equal(x, a, equal_nan=a.dtype.kind in "fc") for x in found):
        return a
    what = "arrays of shapes " + ", ".join(str(x.shape) for x in found)
    if (
        batches[0] == batches[1]
        or any(x.ndim != a.ndim or x.dtype != a.dtype for x in found)
        or a.dtype.kind not in "biuf"
    ):
        raise Differs(what)
    shape = alike(tuple(x.shape for x in found), batches)
    forms = [found]
    axes = [i for i, n in enumerate(shape) if isinstance(n, Size)]
    if len(axes) == 1 and shape[axes[0]].per > 1 and not shape[axes[0]].plus:  # so many for each of the batch
        forms += [
            tuple(split(x, axes[0], shape[axes[0]].per, is_outer=is_outer) for x in found) for is_outer in (False, True)
        ]
    for form in forms:
        one = grown(form, shape, batches)
        if one is not None:
            return one
    raise Differs(what)


def split(x: Any, axis: int, n: int, *, is_outer: bool) -> Any:
    """An array with an axis in two, of which the inner has length n, or the outer."""
    rest = x.shape[axis] // n
    return x.reshape((*x.shape[:axis], *((n, rest) if is_outer else (rest, n)), *x.shape[axis + 1 :]))


def grown(found: tuple[Any, ...], shape: tuple[Length, ...], batches: tuple[int, ...]) -> Counted | None:
    """Arrays that grow evenly, as one; None if they do not."""
    a = found[0]
    grid = alike(tuple(x.shape for x in found), batches)
    axes = [i for i, n in enumerate(grid) if isinstance(n, Size)]
    if any(x.shape[i] < 2 for x in found for i in axes):
        return None
    wide = [x.astype(np.int64) if a.dtype.kind in "biu" else x for x in found]
    starts = [first(x, axes) for x in wide]
    slope = (starts[1] - starts[0]) / (batches[1] - batches[0])
    slope = slope if a.dtype.kind == "f" else slope.astype(np.int64)
    start = starts[0] - slope * batches[0]
    steps = {i: second(wide[0], i, axes) - starts[0] for i in axes}
    for x, batch in zip(wide, batches, strict=True):
        places = [step * along(i, x.shape) for i, step in steps.items()]
        if not np.array_equal(np.broadcast_to(sum(places, start + slope * batch), x.shape), x):
            return None
    steps = {i: step for i, step in steps.items() if step.any()}
    return Counted(shape, grid, a.dtype, start, slope if slope.any() else None, steps)


def first(x: Any, axes: list[int]) -> Any:
    """The numbers at place 0 of the axes, which are kept."""
    return x[tuple(slice(0, 1) if i in axes else slice(None) for i in range(x.ndim))]


def second(x: Any, axis: int, axes: list[int]) -> Any:
    """The numbers at place 1 of one of the axes, and 0 of the others."""
    return x[tuple(slice(i == axis, 1 + (i == axis)) if i in axes else slice(None) for i in range(x.ndim))]


def along(axis: int, shape: tuple[int, ...]) -> Any:
    """The places in one axis, in an array that broadcasts to the shape."""
    return np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
