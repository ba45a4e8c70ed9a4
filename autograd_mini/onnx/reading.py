"""`from_onnx`: an ONNX model as a function of arrays and Values, whose parameters have gradients."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AutogradError, NoRuleError, ShapeError, UsageError
from ..value import Value
from .export import PARAMETERS
from .operators import OPERATORS
from .writer import package

__all__ = ["OnnxModel", "from_onnx"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node: the function that it stands for, and the names of what it takes and gives."""

    name: str
    op_type: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


class OnnxModel:
    """A model that was read from ONNX: called with its inputs in order, or by name, it gives its outputs.

    parameters: its trained numbers, by name, as Values. input_names, output_names: in order. It is a tree, whose
    leaves are the parameters, so `grad` and its like take it as an argument.

    Raises: ShapeError or UsageError, when called, for inputs that do not fit; the node is named where it fails inside.
    """

    def __init__(
        self,
        steps: list[Step],
        parameters: dict[str, Value],
        constants: dict[str, Any],
        inputs: list[tuple[str, Any, tuple[int | None, ...] | None]],
        output_names: list[str],
    ) -> None:
        self.steps, self.parameters, self.constants = steps, parameters, constants
        self.inputs, self.output_names = inputs, output_names

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in order."""
        return [name for name, _, _ in self.inputs]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(name, parameter) pairs."""
        return list(self.parameters.items())

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The output, or a tuple of the outputs if there are several."""
        return self.run(self.parameters, inputs, named)

    def run(self, parameters: Mapping[str, Any], inputs: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """The outputs with these numbers in place of the parameters."""
        given = dict(zip(self.input_names, inputs, strict=False)) | dict(named)
        if len(inputs) + len(named) != len(self.inputs) or given.keys() != set(self.input_names):
            raise UsageError(
                f"OnnxModel: got {len(inputs)} inputs{' and ' + ', '.join(named) if named else ''}; its inputs are "
                f"{', '.join(self.input_names) or 'none'}; give one for each"
            )
        known: dict[str, Any] = {**self.constants, **parameters}
        for name, dtype, shape in self.inputs:
            known[name] = fitted(name, given[name], dtype, shape)
        for step in self.steps:
            operands = [known[name] if name else None for name in step.inputs]
            try:
                found = step.function(*operands, **step.attributes)
            except AutogradError as error:
                raise type(error)(f"OnnxModel: at the node {step.name} ({step.op_type}): {error}") from error
            results = found if isinstance(found, tuple) else (found,)
            if len(results) < len(step.outputs):
                raise NoRuleError(
                    f"OnnxModel: at the node {step.name} ({step.op_type}): it is to give {len(step.outputs)} outputs; "
                    f"its operator gives {len(results)} here; export the model without the others"
                )
            known.update(zip(step.outputs, results, strict=False))
        outputs = tuple(known[name] for name in self.output_names)
        return outputs[0] if len(outputs) == 1 else outputs

    def tree_flatten(self) -> list[Value]:
        """The parameters as the leaves of a tree."""
        return list(self.parameters.values())

    def tree_unflatten(self, leaves: list[Any]) -> OnnxModel:
        """The same model with other parameters."""
        other = copy(self)
        other.parameters = dict(zip(self.parameters, leaves, strict=True))
        return other

    def __repr__(self) -> str:
        names = f"{', '.join(self.input_names)} -> {', '.join(self.output_names)}"
        return f"<OnnxModel {names}: {len(self.steps)} nodes, {len(self.parameters)} parameters>"


def from_onnx(model: Any) -> OnnxModel:
    """The model in a file, or of an `onnx.ModelProto`, as a function of arrays and Values: gradients flow through it.

    It runs the operators that `to_onnx` writes, and more of their kind, in opsets that the package `onnx` knows.
    Its parameters are those that `to_onnx` named; of a model from elsewhere, all constants of real numbers that have
    axes.

    Raises: FileNotFoundError; UsageError for a file that is cut off or no ONNX model; NoRuleError, which names it and
    its node, for an operator that cannot be run; ImportError, which names the extra, without the package `onnx`.

    Example
    -------
    >>> import numpy as np
    >>> from autograd_mini import Value, from_onnx, to_onnx
    >>> w = Value([1.0, 2.0], name="w")
    >>> again = from_onnx(to_onnx(lambda x: x @ w, np.ones((3, 2))))
    >>> again(np.array([[3.0, 4.0]]))
    Value([11.], op=matmul)
    """
    onnx = package()
    proto, where = (model, "the model") if isinstance(model, onnx.ModelProto) else read(onnx, model)
    try:
        onnx.checker.check_model(proto)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise UsageError(
            f"from_onnx: {where} is no valid ONNX model: {str(error).strip().splitlines()[0]}; it was cut off, or is "
            "of another kind; export it again"
        ) from None
    props = {p.key: p.value for p in proto.metadata_props}
    graph = proto.graph
    arrays = {x.name: onnx.numpy_helper.to_array(x) for x in graph.initializer}
    trained = json.loads(props[PARAMETERS]) if PARAMETERS in props else [
        name for name, x in arrays.items() if x.dtype.kind == "f" and x.ndim
    ]  # fmt: skip
    steps = [step_of(onnx, node) for node in graph.node]
    return OnnxModel(
        steps,
        {name: Value(arrays[name], name=name) for name in trained},
        {name: x for name, x in arrays.items() if name not in trained},
        [declared(onnx, x) for x in graph.input if x.name not in arrays],
        [x.name for x in graph.output],
    )


def read(onnx: Any, path: str | os.PathLike[str]) -> tuple[Any, str]:
    """The model in a file, and how to call it."""
    where = os.fspath(path)
    proto = onnx.ModelProto()
    data = Path(path).read_bytes()
    try:
        proto.ParseFromString(data)
    except Exception as error:  # noqa: BLE001  # of protobuf, which is not ours to import
        raise UsageError(
            f"from_onnx: {where} ({len(data):,} bytes) is no ONNX model: {error}; it was cut off, or is of another "
            "kind; export it again"
        ) from None
    if any(x.data_location == onnx.TensorProto.EXTERNAL for x in proto.graph.initializer):
        onnx.load_external_data_for_model(proto, str(Path(path).parent))
    return proto, where


def step_of(onnx: Any, node: Any) -> Step:
    """A node as a step."""
    name = node.name or node.output[0]
    function = OPERATORS.get(f"{node.op_type}/{len(node.output)}", OPERATORS.get(node.op_type))
    function = function if node.domain in ("", "ai.onnx") else None
    if function is None:
        kind = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        raise NoRuleError(
            f"from_onnx: the node {name} is of the operator {kind}, which cannot be run here; "
            f"declare it with @autograd_mini.onnx_operator({node.op_type!r}), or export the model without it"
            + ("; `import nn` declares those of layers" if node.op_type in OF_LAYERS else "")
        )
    attributes = {a.name: attribute(onnx, node.op_type, a) for a in node.attribute}
    return Step(name, node.op_type, function, tuple(node.input), tuple(node.output), attributes)


OF_LAYERS = ("AveragePool", "Conv", "ConvTranspose", "Erf", "Gelu", "MaxPool")


def attribute(onnx: Any, op_type: str, given: Any) -> Any:
    """An attribute as its function takes it: texts, arrays, and for Cast a dtype."""
    x = onnx.helper.get_attribute_value(given)
    if op_type == "Cast" and given.name == "to":
        return onnx.helper.tensor_dtype_to_np_dtype(x)
    if isinstance(x, bytes):
        return x.decode()
    if isinstance(x, onnx.TensorProto):
        return onnx.numpy_helper.to_array(x)
    return list(x) if isinstance(x, (list, tuple)) or hasattr(x, "extend") else x


def declared(onnx: Any, x: Any) -> tuple[str, Any, tuple[int | None, ...] | None]:
    """Name, dtype and shape of an input; None for lengths that are free, and for a shape that is not said."""
    kind = x.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
    if not kind.HasField("shape"):
        return x.name, dtype, None
    return x.name, dtype, tuple(d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim)


def fitted(name: str, x: Any, dtype: Any, shape: tuple[int | None, ...] | None) -> Any:
    """An input in the dtype that the model takes; an error if its shape does not fit."""
    y: Any = x if isinstance(x, Value) else np.asarray(x)
    if shape is not None and (
        len(shape) != y.ndim or any(n not in (None, m) for n, m in zip(shape, y.shape, strict=True))
    ):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ShapeError(
            f"OnnxModel: got {name} of shape {tuple(y.shape)}; the model takes ({wanted}); reshape it, or export "
            "the model for that shape"
        )
    return y if y.dtype == dtype else np.astype(y, dtype)
