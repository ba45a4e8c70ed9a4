"""`traced`: one computation that holds for every length of the batch, from runs at three lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError, UsageError
from ..graph import Graph, Node
from ..primitive import Primitive
from ..record import Record, leaf, recording
from ..tree import flatten
from ..value import Value
from .nodes import BY_PARTS
from .sizes import Differs, Size, alike
from .writer import Edge

__all__ = ["Call", "Of", "Trace", "edge", "traced"]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of an op: its operands, by index of call or as constants, its options, and what it gave.

    A leaf has no op.
    """

    index: int
    op: Primitive | None
    operands: tuple[Any, ...]
    options: Mapping[str, Any]
    output: Edge
    record: Record


@dataclass(frozen=True, slots=True)
class Of:
    """An operand that a call computes."""

    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run: what it was given, every call in order, and the outputs, which are Ofs or arrays."""

    inputs: list[Any]
    calls: list[Call]
    outputs: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The inputs with the index of each, the calls in order, and the outputs, which are Ofs or constants.

    leaves: Values that are neither inputs nor computed, by index, and the constants that stand for those made in each
    call. batch: an input and its axis, which say the length of the batch.
    """

    inputs: list[tuple[int | None, Edge]]
    leaves: list[tuple[int, Record, Edge | None]]
    calls: list[Call]
    outputs: list[Of | Edge]
    batch: tuple[int, int] | None


def traced(f: Callable[..., Any], examples: Sequence[Any], axes: Sequence[int | None]) -> Trace:
    """The computation of f on arrays like the examples, whose given axes are the batch; of two calls if none is.

    Raises: UsageError where it is another computation for another length of the batch.
    """
    batched = [i for i, axis in enumerate(axes) if axis is not None]
    lengths = {np.shape(examples[i])[axes[i]] for i in batched}
    if len(lengths) > 1:
        shapes = ", ".join(str(np.shape(examples[i])) for i in batched)
        raise ShapeError(
            f"to_onnx: got inputs of shapes {shapes}, whose batches differ in length along axes "
            f"{[axes[i] for i in batched]}; one batch has one length; give batch_axis=, with None for an input "
            "without a batch, or dynamic_batch=False"
        )
    if not batched:
        return merged([run(f, list(examples)) for _ in range(2)], (0, 0), None)
    n = max(lengths.pop(), 2)  # an axis of length 1 would be broadcast
    batches = (n, n + 1, n + 3)
    runs = [
        run(f, [x if a is None else repeated(x, a, b) for x, a in zip(examples, axes, strict=True)]) for b in batches
    ]
    return merged(runs, batches, (batched[0], int(axes[batched[0]] or 0)))


def repeated(x: Any, axis: int, n: int) -> Any:
    """An example with its elements along the axis again and again, until there are n."""
    if not np.shape(x)[axis]:
        raise ShapeError(f"to_onnx: got an example of shape {np.shape(x)}; it must hold an element; give one that does")
    return np.take(x, np.arange(n) % np.shape(x)[axis], axis)


def run(f: Callable[..., Any], examples: list[Any]) -> Run:
    """One call of f, its ops that are written by their parts taken apart."""
    inputs = [leaf(Value, float(x) if x.dtype == np.float64 and not x.shape else x) for x in examples]
    with recording():
        found, _ = flatten(f(*inputs))
    outputs = [y.settled() if isinstance(y, Record) else y for y in found if y is not None]
    for y in outputs:
        if not isinstance(y, Record) and not isinstance(y, (bool, int, float, np.ndarray, np.generic)):
            raise DtypeError(
                f"to_onnx: the function gave {type(y).__name__}; a model gives arrays; "
                "return Values, or tuples, lists or dicts of them"
            )
    calls: list[Call] = []
    places = unrolled([y for y in outputs if isinstance(y, Record)], {}, calls)
    return Run(inputs, calls, [places[y] if isinstance(y, Record) else y for y in outputs])


def unrolled(outputs: list[Record], known: Mapping[Record, Of], calls: list[Call]) -> dict[Record, Of]:
    """Append the calls that lead from known records to the outputs; and where each record stands."""
    places = dict(known)
    for node in Graph.of(*outputs).nodes:
        if node.record in places:
            continue
        operands = tuple(places[p.record] if isinstance(p, Node) else p for p in node.operands)
        if node.op is not None and node.op.name in BY_PARTS:
            within = {
                leaf(Value, p.value): x for p, x in zip(node.operands, operands, strict=True) if isinstance(x, Of)
            }
            inner = iter(within)
            with recording():
                y = node.op.fn(*(next(inner) if isinstance(x, Of) else x for x in operands), **node.options)
            places[node.record] = unrolled([y], within, calls)[y]
            continue
        output = Edge(None, node.shape, node.dtype)
        calls.append(Call(len(calls), node.op, operands, node.options, output, node.record))
        places[node.record] = Of(len(calls) - 1)
    return places


def merged(runs: list[Run], batches: tuple[int, ...], batch: tuple[int, int] | None) -> Trace:
    """Runs as one trace, if they are alike."""
    if len({len(r.calls) for r in runs}) > 1:
        raise differs(batches, f"{', '.join(str(len(r.calls)) for r in runs)} operations")
    places = [{x: i for i, x in enumerate(r.inputs)} for r in runs]
    found: dict[int, int] = {}
    calls, leaves = [], []
    for each in zip(*(r.calls for r in runs), strict=True):
        call = each[0]
        names = [c.op.name if c.op else "an input" for c in each]
        called = names[0]
        if len(set(names)) > 1:
            raise differs(batches, " and ".join(names))
        if call.op is None:
            if len({where.get(c.record) for c, where in zip(each, places, strict=True)}) > 1:
                raise differs(batches, "an input takes the place of another")
            if call.record in places[0]:
                found[places[0][call.record]] = call.index
            else:
                leaves.append((call.index, call.record, made_anew(each, batches)))
            continue
        try:
            args = alike(tuple(c.operands for c in each), batches)
            options = alike(tuple(dict(c.options) for c in each), batches)
            shape = alike(tuple(c.output.shape for c in each), batches)
        except Differs as what:
            raise differs(batches, f"{called} with {what}") from None
        calls.append(Call(call.index, call.op, args, options, Edge(None, shape, call.output.dtype), call.record))
    inputs = []
    for i, given in enumerate(zip(*(r.inputs for r in runs), strict=True)):
        shape = alike(tuple(v.shape for v in given), batches)
        inputs.append((found.get(i), Edge(None, shape, np.dtype(given[0].dtype))))
    outputs = [output(y, batches) for y in zip(*(r.outputs for r in runs), strict=True)]
    if inputs and not any(isinstance(y, Of) for y in outputs):
        raise UsageError(
            "to_onnx: the function gives numbers that nothing was recorded of; a model is what is recorded from inputs "
            "to outputs; give the function itself, without compile, .data or no_grad"
        )
    return Trace(inputs, leaves, calls, outputs, batch)


def made_anew(each: tuple[Call, ...], batches: tuple[int, ...]) -> Edge | None:
    """The constant that stands for a Value which each run made for itself; None for one that all share."""
    if all(c.record is each[0].record for c in each):
        return None
    return constant(tuple(np.asarray(c.record._data) for c in each), batches, "a Value made anew in each call")


def constant(arrays: tuple[Any, ...], batches: tuple[int, ...], what: str) -> Edge:
    """Arrays of the runs as one constant."""
    try:
        value = alike(arrays, batches)
    except Differs as difference:
        raise differs(batches, f"{what}, {difference}") from None
    return Edge(None, tuple(value.shape), np.dtype(value.dtype), value)


def output(each: tuple[Any, ...], batches: tuple[int, ...]) -> Of | Edge:
    """Where an output stands, or the constant that it is."""
    if isinstance(each[0], Of):
        if len(set(each)) > 1:
            raise differs(batches, "another operation gives the output")
        return each[0]
    return constant(tuple(map(np.asarray, each)), batches, "a constant output")


def edge(p: Any, edges: Mapping[int, Edge]) -> Edge:
    """The edge of an operand."""
    if isinstance(p, Of):
        return edges[p.index]
    kind = np.int64 if isinstance(p, Size) else p.dtype if hasattr(p, "dtype") else np.asarray(p).dtype
    return Edge(None, tuple(getattr(p, "shape", ())), np.dtype(kind), p)


def differs(batches: tuple[int, ...], what: str) -> UsageError:
    """The error of runs that are not alike."""
    if len(set(batches)) == 1:
        return UsageError(
            f"to_onnx: two calls with the same inputs are computed differently: {what}; a model computes alike in "
            "every call; take away what is random, or changes from call to call"
        )
    lengths = ", ".join(map(str, batches))
    return UsageError(
        f"to_onnx: batches of {lengths} are computed differently: {what}; a model computes all batches alike; "
        "take sizes from x.shape only as they are or times a number, or give dynamic_batch=False"
    )
