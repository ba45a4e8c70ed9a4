"""`to_onnx`: a function of Values, or a module, as an ONNX model."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..doctor import line_of
from ..errors import AutogradError, NoRuleError, ShapeError, UsageError
from ..files import replaced
from ..primitive import REGISTRY
from ..record import Record
from .sizes import Size, length_text
from .tables import NODES, why_not
from .traces import Call, Of, Trace, edge, traced
from .writer import Edge, Writer, package

__all__ = ["PARAMETERS", "to_onnx"]

PARAMETERS = "autograd_mini.parameters"  # under which a model says which of its constants are trained
OLDEST = 18  # the first version in which reductions take their axes as `ReduceSum` does


def to_onnx(
    f: Callable[..., Any],
    *example_inputs: Any,
    path: str | os.PathLike[str] | None = None,
    dynamic_batch: bool = True,
    batch_axis: int | Sequence[int | None] = 0,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset: int = OLDEST,
    dtype: Any = None,
) -> Any:
    """An `onnx.ModelProto` that computes what f does, checked, with the shapes of all that is in it; and its file.

    f: a function, or a module, which is run as after `eval()` and is as it was afterwards. Its parameters are kept
    under their names, and so are other Values that it reads. example_inputs: arrays of the shapes and dtypes that it
    takes; whole numbers stay whole numbers. path: where it is written, whole or not at all. input_names: those of f's
    arguments when None.
    opset: the version of ONNX's operators, from 18 on. dtype: the dtype of all real numbers, such as np.float32; each
    its own when None.

    dynamic_batch: the model takes batches of every length, not only that of the examples. f is run with three lengths,
    and what differs between the runs must follow from the length. batch_axis: the axis that is the batch, for all
    inputs or one for each, None for an input without a batch. Inputs without axes have none. What f does by the numbers
    themselves, as through `.data` or a mask, is done as for the examples.

    Runtimes do not have every operator in float64. onnxruntime 1.32 on a CPU lacks convolutions, average pooling, erf,
    tan, sinh, cosh, and the inverse functions of the sines, cosines and tangents: give dtype=np.float32 to write a
    model with them that is in float64.

    Raises: NoRuleError, which names the op and what can be done, for an op without ONNX nodes; UsageError for a
    function that computes batches of another length differently; ShapeError for batches that differ in length;
    DtypeError for complex numbers; ImportError, which names the extra, without the package `onnx`.

    Example
    -------
    >>> import numpy as np
    >>> from autograd_mini import to_onnx
    >>> model = to_onnx(lambda x: np.tanh(x) * 2, np.ones((4, 3)))
    >>> [node.op_type for node in model.graph.node]
    ['Tanh', 'Mul', 'Identity']
    """
    onnx = package()
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        raise UsageError(
            f"to_onnx: got opset={opset}; the installed package onnx has versions {OLDEST} to {newest} that fit; "
            "choose one of them"
        )
    examples = [as_array(x) for x in example_inputs]
    axes = batch_axes(examples, batch_axis) if dynamic_batch else [None] * len(examples)
    with at_rest(f):
        trace = traced(f, examples, axes)
    names = input_names or arguments(f, len(examples))
    check_names("input_names", names, len(examples))
    results = output_names or [f"output_{i}" if i else "output" for i in range(len(trace.outputs))]
    check_names("output_names", results, len(trace.outputs))
    if overlap := set(names) & set(results):
        raise UsageError(f"to_onnx: got {sorted(overlap)} as names of inputs and outputs; names differ; choose others")
    w = Writer(opset, dtype)
    model = written(w, trace, list(names), list(results), named_parameters(f))
    if path is not None:
        with replaced(path) as file:
            file.write(model.SerializeToString())
    return model


def as_array(x: Any) -> Any:
    """An example input as an array."""
    return np.asarray(x._data if isinstance(x, Record) else x)


def batch_axes(examples: Sequence[Any], axis: int | Sequence[int | None]) -> list[int | None]:
    """The axis of each example that is its batch."""
    given = [axis] * len(examples) if isinstance(axis, int) else list(axis)
    if len(given) != len(examples):
        raise UsageError(
            f"to_onnx: got batch_axis={axis} for {len(examples)} inputs; give one number, or one for each input"
        )
    axes: list[int | None] = []
    for x, a in zip(examples, given, strict=True):
        if a is not None and x.ndim and not -x.ndim <= a < x.ndim:
            raise ShapeError(
                f"to_onnx: got batch_axis={a} for an input of shape {x.shape}; it must be one of its axes; "
                "give another, or None"
            )
        axes.append(None if a is None or not x.ndim else a % x.ndim)
    return axes


@contextmanager
def at_rest(f: Any) -> Iterator[None]:
    """Run a module as after `eval()`, and leave it as it was."""
    owner = getattr(f, "__self__", f)
    modules = owner.modules() if hasattr(owner, "modules") and hasattr(owner, "eval") else []
    before = [m.training for m in modules]
    try:
        if modules:
            owner.eval()
        yield
    finally:
        for m, training in zip(modules, before, strict=True):
            m.training = training


def named_parameters(f: Any) -> dict[Record, str]:
    """The names of a module's parameters."""
    owner = getattr(f, "__self__", f)
    return {v: name for name, v in owner.named_parameters()} if hasattr(owner, "named_parameters") else {}


def arguments(f: Any, n: int) -> list[str]:
    """The names of the arguments of f, for n inputs."""
    given = inspect.signature(f).parameters.values()
    found = [p.name for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:n]
    return found + [f"input_{i}" for i in range(len(found), n)]


def check_names(what: str, names: Sequence[str], n: int) -> None:
    """Raise UsageError unless there is a name for each, and no two alike."""
    if len(names) != n or len(set(names)) != n:
        raise UsageError(f"to_onnx: got {what}={list(names)}; {n} are needed, all different; give one for each")


def written(w: Writer, trace: Trace, names: list[str], results: list[str], parameters: dict[Record, str]) -> Any:
    """The model of a trace."""
    onnx = w.onnx
    w.taken |= {*names, *results}
    if trace.batch is not None:
        w.batch_of = names[trace.batch[0]], trace.batch[1]
    edges: dict[int, Edge] = {}
    declared = []
    for name, (index, x) in zip(names, trace.inputs, strict=True):
        declared.append(value_info(w, name, x))
        if index is not None:
            edges[index] = Edge(name, x.shape, x.dtype)
    trained = []
    for index, v, made in trace.leaves:
        if made is not None:
            edges[index] = made
            continue
        name = w.initializer(w.fresh(parameters.get(v) or v.name or "value"), v._data)
        trained.append(name)
        array = np.asarray(v._data)
        edges[index] = Edge(name, array.shape, array.dtype)
    for call in trace.calls:
        y = call.output
        edges[call.index] = Edge(nodes_of(w, call, [edge(p, edges) for p in call.operands]), y.shape, y.dtype)
    given = []
    for name, found in zip(results, trace.outputs, strict=True):
        y = edges[found.index] if isinstance(found, Of) else found
        w.nodes.append(onnx.helper.make_node("Identity", [w.name(y)], [name], name=name))
        given.append(value_info(w, name, y))
    graph = onnx.helper.make_graph(needed(w.nodes, results), "autograd_mini", declared, given)
    used = {name for node in graph.node for name in node.input}
    graph.initializer.extend(x for name, x in w.initializers.items() if name in used or name in trained)
    versions = [onnx.helper.make_opsetid("", w.opset)]
    model = onnx.helper.make_model(
        graph, producer_name="autograd_mini", opset_imports=versions,
        ir_version=onnx.helper.find_min_ir_version_for(versions),
    )  # fmt: skip
    onnx.helper.set_model_props(model, {PARAMETERS: json.dumps(trained)})
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    onnx.checker.check_model(model)
    return model


def needed(nodes: list[Any], results: list[str]) -> list[Any]:
    """The nodes on which the outputs depend, in order."""
    wanted = set(results)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]


def nodes_of(w: Writer, call: Call, operands: list[Edge]) -> str:
    """The name of what a call gives, with its nodes written."""
    name = call.op.name if call.op else ""
    called = name + called_at(call)
    if REGISTRY.get(name) is not call.op:
        raise NoRuleError(
            f"to_onnx: {called} is a function of your own, which stands in no table of ops; "
            "declare it with @autograd_mini.primitive and @autograd_mini.onnx_node, or export what it is made of"
        )
    rule = NODES.get(name)
    if rule is None:
        raise NoRuleError(
            f"to_onnx: the op {called} has no ONNX nodes: "
            f"{why_not(name) or 'nobody has declared any'}; declare them with "
            f"@autograd_mini.onnx_node({name!r}), or compute it with ops that have"
        )
    if isinstance(call.output.dtype, tuple):
        raise NoRuleError(f"to_onnx: the op {called} has several outputs; only one can be exported")
    try:
        return rule(w, call.output, *operands, **call.options)
    except AutogradError:
        raise
    except (TypeError, ValueError) as error:
        if depends(call.options):
            raise UsageError(
                f"to_onnx: the op {called} has options that depend on the batch, {call.options}; "
                "its ONNX nodes have none for that; give dynamic_batch=False"
            ) from error
        raise


def depends(x: Any) -> bool:
    """Whether options depend on the batch."""
    if isinstance(x, dict):
        return any(map(depends, x.values()))
    return isinstance(x, Size) or (isinstance(x, (tuple, list)) and any(map(depends, x)))


def called_at(call: Call) -> str:
    """Where an op was called, if that is known."""
    file, line = line_of(call.record)
    return f", called in {file}, line {line}," if file else ""


def value_info(w: Writer, name: str, x: Edge) -> Any:
    """The type of an input or an output."""
    return w.onnx.helper.make_tensor_value_info(name, w.type_of(x.dtype), [length_text(n) for n in x.shape])
