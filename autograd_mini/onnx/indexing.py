"""The ONNX nodes of reading at places and of writing at places, with every kind of key that NumPy has.

Axes that are read whole stay; those that are read at places go to the front, where GatherND and ScatterND want them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..ops.indexing import HOLE
from .nodes import onnx_node
from .sizes import Counted, Length, Size
from .writer import Edge, Writer

__all__: list[str] = []

FIRST, LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
WHOLE = slice(None)


@dataclass(slots=True)
class Plan:
    """What a key says of an array: which axes are read at places, and where the axes of the result come from.

    places: (axis, number or Edge); ranges: (axis, places of a slice); whole: the axes that are read whole. layout: for
    each axis of the result None, if it is new, or ("block", i), ("range", axis) or ("whole", axis).
    """

    places: list[tuple[int, Any]]
    ranges: list[tuple[int, Any]]
    whole: list[int]
    block: tuple[Length, ...]
    layout: list[tuple[str, int] | None]

    @property
    def order(self) -> list[tuple[str, int]]:
        """The axes of the result, those that are read at places first."""
        block = [("block", i) for i in range(len(self.block))]
        return block + [("range", i) for i, _ in self.ranges] + [("whole", i) for i in self.whole]

    @property
    def kept(self) -> list[tuple[str, int]]:
        """The axes of the result in their order, without the new ones."""
        return [part for part in self.layout if part is not None]

    @property
    def new(self) -> list[int]:
        """The places of the new axes."""
        return [i for i, part in enumerate(self.layout) if part is None]


def items_of(key: Any, n: int, indices: Sequence[Edge]) -> list[Any]:
    """The parts of a key, one for each axis, None for a new one, or an ellipsis, with index arrays as Edges."""
    rest = iter(indices)
    parts: list[Any] = []
    for given in key if isinstance(key, tuple) else (key,):
        k = next(rest) if given is HOLE else given
        if isinstance(k, (list, np.ndarray, Counted)):
            array = k if isinstance(k, Counted) else np.asarray(k)
            k = Edge(None, tuple(array.shape), np.dtype(array.dtype), array)
        if isinstance(k, Edge) and k.dtype == bool:
            if not isinstance(k.value, np.ndarray):
                raise NoRuleError(
                    "to_onnx: getitem got a mask that is computed or depends on the batch; how much it takes depends "
                    "on numbers, and shapes in a model do not; choose with np.where instead"
                )
            parts += [Edge(None, i.shape, i.dtype, i) for i in k.value.nonzero()]
        else:
            parts.append(k)
    used = sum(k is not None and k is not Ellipsis for k in parts)
    place = next((i for i, k in enumerate(parts) if k is Ellipsis), len(parts))
    # An ellipsis parts the index arrays before it from those behind it, even where it stands for no axis.
    return parts[:place] + ([WHOLE] * (n - used) or parts[place : place + 1]) + parts[place + 1 :]


def planned(shape: Sequence[Length], items: list[Any]) -> Plan:
    """The plan of a key for an array of this shape."""
    places: list[tuple[int, Any]] = []
    ranges, whole, at = [], [], []
    layout: list[tuple[str, int] | None] = []
    axis = 0
    for i, item in enumerate(items):
        if item is Ellipsis:
            continue
        if item is None:
            layout.append(None)
            continue
        if not isinstance(item, slice):
            places.append((axis, item))
            at.append(i)
            layout.append(("block", -1))
        elif item == WHOLE:
            whole.append(axis)
            layout.append(("whole", axis))
        else:
            n = shape[axis]
            if isinstance(n, Size) or any(isinstance(end, Size) for end in (item.start, item.stop)):
                raise NoRuleError(
                    "to_onnx: an array was written at a slice of an axis whose length depends on the batch; "
                    "write whole batches, or give dynamic_batch=False"
                )
            ranges.append((axis, np.arange(n)[item]))
            layout.append(("range", axis))
        axis += 1
    block = broadcast([k.shape for _, k in places if isinstance(k, Edge)])
    is_split = bool(at) and at != list(range(at[0], at[-1] + 1))
    start = 0 if is_split or not at else layout.index(("block", -1))
    rest: list[tuple[str, int] | None] = [part for part in layout if part != ("block", -1)]
    parts: list[tuple[str, int] | None] = [("block", i) for i in range(len(block))]
    return Plan(places, ranges, whole, block, rest[:start] + parts + rest[start:])


def broadcast(shapes: Sequence[tuple[Length, ...]]) -> tuple[Length, ...]:
    """The shape that shapes broadcast to."""
    n = max(map(len, shapes), default=0)
    columns = zip(*((1,) * (n - len(s)) + s for s in shapes), strict=True)
    return tuple(next((k for k in column if k != 1), 1) for column in columns)


def index_of(w: Writer, plan: Plan) -> str:
    """The name of the places, the numbers of one place in the last axis."""
    n, m = len(plan.block), len(plan.ranges)
    shape: Any = plan.block + tuple(len(places) for _, places in plan.ranges)
    columns: list[Any] = []
    for _, k in plan.places:
        if isinstance(k, Edge) and isinstance(k.value, np.ndarray):
            columns.append(k.value.reshape(k.value.shape + (1,) * m))
        elif isinstance(k, Edge):
            columns.append(w.unsqueeze(w.cast(k, np.int64), [k.ndim + i for i in range(m)]))
        else:
            columns.append(w.size(k) if isinstance(k, Size) else np.array(k))
    for i, (_, places) in enumerate(plan.ranges):
        columns.append(places.reshape([-1 if j == n + i else 1 for j in range(n + m)]))
    if not any(isinstance(c, str) for c in columns) and not any(isinstance(k, Size) for k in shape):
        return w.constant(np.stack([np.broadcast_to(c, shape) for c in columns], -1).astype(np.int64))
    names = [c if isinstance(c, str) else w.constant(c.astype(np.int64)) for c in columns]
    wide = [w.unsqueeze(w("Expand", name, w.ints(shape)), [len(shape)]) for name in names]
    return str(w("Concat", *wide, axis=len(shape)))


@onnx_node("getitem")
def _(w: Writer, y: Edge, x: Edge, *indices: Edge, key: Any) -> str:
    items = items_of(key, x.ndim, indices)
    name = sliced(w, x, items)
    plan = planned(x.shape, [WHOLE if isinstance(k, slice) else k for k in items])
    if not any(isinstance(k, Edge) for _, k in plan.places):
        for axis, k in reversed(plan.places):
            name = w("Gather", name, w.size(k), axis=axis)
    elif len(plan.places) == 1:
        name = w("Gather", name, w.cast(plan.places[0][1], np.int64), axis=plan.places[0][0])
    else:
        name = w.transpose(name, [axis for axis, _ in plan.places] + plan.whole)
        name = w("GatherND", name, index_of(w, plan))
        name = w.transpose(name, [plan.order.index(part) for part in plan.kept])
    return w.unsqueeze(name, plan.new)


def sliced(w: Writer, x: Edge, items: list[Any]) -> str:
    """The name of x, cut by the slices of a key."""
    starts, stops, steps, axes = [], [], [], []
    for axis, k in enumerate(k for k in items if k is not None and k is not Ellipsis):
        if not isinstance(k, slice) or k in (WHOLE, slice(None, None, 1)):
            continue
        start, stop, step = ends_of(k, x.shape[axis])
        starts.append(start)
        stops.append(stop)
        steps.append(step)
        axes.append(axis)
    return str(w("Slice", x, w.ints(starts), w.ints(stops), w.ints(axes), w.ints(steps))) if axes else w.name(x)


def ends_of(k: slice, n: Length) -> tuple[Length, Length, int]:
    """Start, stop and step of a slice as ONNX reads them, which moves a start before the first element to it."""
    step = 1 if k.step is None else k.step
    if isinstance(n, Size) or isinstance(k.start, Size) or isinstance(k.stop, Size):
        start = (0 if step > 0 else LAST) if k.start is None else k.start
        return start, (LAST if step > 0 else FIRST) if k.stop is None else k.stop, step
    start, stop, step = k.indices(n)
    if not range(start, stop, step):
        return 0, 0, 1
    return start, FIRST if stop < 0 else stop, step


def written_at(
    w: Writer, name: str, shape: Sequence[Length], items: list[Any], g: Edge, y: Edge, reduction: str
) -> str:
    """The name of an array with `g` written, or added, at a key."""
    plan = planned(shape, items)
    lengths = {("whole", i): shape[i] for i in plan.whole} | {("range", i): len(k) for i, k in plan.ranges}
    lengths |= {("block", i): n for i, n in enumerate(plan.block)}
    target = tuple(1 if part is None else lengths[part] for part in plan.layout)
    value = w.cast(g, y.dtype)
    if g.shape != target:
        value = w("Expand", value, w.ints(target))
    value = w.squeeze(value, plan.new)
    if not plan.places and not plan.ranges:
        return str(w("Add", name, value)) if reduction == "add" else value
    value = w.transpose(value, [plan.kept.index(part) for part in plan.order])
    order = [axis for axis, _ in plan.places + plan.ranges] + plan.whole
    name = w("ScatterND", w.transpose(name, order), index_of(w, plan), value, reduction=reduction)
    return w.transpose(name, np.argsort(order).tolist())


@onnx_node("scatter")
def _(w: Writer, y: Edge, g: Edge, *indices: Edge, key: Any, shape: Any) -> str:
    zeros = w("Expand", w.weak(0, y), w.ints(y.shape))
    return written_at(w, zeros, y.shape, items_of(key, y.ndim, indices), g, y, "add")


@onnx_node("written")
def _(w: Writer, y: Edge, base: Edge, *values: Edge, keys: tuple[Any, ...]) -> str:
    name = w.cast(base, y.dtype)
    for key, value in zip(keys, values, strict=True):
        name = written_at(w, name, y.shape, items_of(key, y.ndim, ()), value, y, "none")
    return name
