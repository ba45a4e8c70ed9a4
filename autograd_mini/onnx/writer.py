"""`Writer`: the nodes and constants of an ONNX model while it is written, and `Edge`: what a node takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import DtypeError
from .sizes import Counted, Length, Size

__all__ = ["Edge", "Writer", "package"]

FLOAT64 = np.dtype(np.float64)
INT64 = np.dtype(np.int64)


def package() -> ModuleType:
    """The package `onnx`; an error that names the extra without it."""
    try:
        import onnx  # noqa: PLC0415  # an optional dependency
    except ImportError:
        raise ImportError(
            "onnx: the package is not installed; models of that format need it; pip install 'autograd-mini[onnx]'"
        ) from None
    return onnx


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """An operand or the output of a call: its name in the model, the lengths of its axes, and its dtype.

    value: the number or array of a constant, which has no name yet. A length that depends on the batch is a Size.
    """

    name: str | None
    shape: tuple[Length, ...]
    dtype: Any
    value: Any = None

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def is_weak(self) -> bool:
        """Whether it is a number of Python, which takes the dtype of what it is combined with."""
        return isinstance(self.value, (bool, int, float, complex, Size)) and not isinstance(self.value, np.generic)


class Writer:
    """Writes nodes: `w("Add", x, y)` is the name of the sum, where x and y are Edges or names.

    opset: the version of ONNX's operators. floats: the dtype of all real numbers; None: each its own.
    """

    def __init__(self, opset: int, floats: Any = None) -> None:
        self.onnx = package()
        self.opset = opset
        self.floats = None if floats is None else np.dtype(floats)
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.known: dict[Any, str] = {}
        self.taken: set[str] = set()
        self.batch_of = ("", 0)  # an input and its axis, which say how long the batch is

    def __call__(self, op_type: str, *inputs: Edge | str | None, outputs: int = 1, **attributes: Any) -> Any:
        """The name of a new node's output, or the names of its outputs; None stands for an input that is left out."""
        names = ["" if x is None else self.name(x) for x in inputs]
        given = {k: a for k, a in attributes.items() if a is not None}
        key = (op_type, tuple(names), outputs, repr(sorted(given.items())))
        if key not in self.known:
            made = [self.fresh(op_type.lower()) for _ in range(outputs)]
            self.nodes.append(self.onnx.helper.make_node(op_type, names, made, name=made[0], **given))
            self.known[key] = " ".join(made)
        made = self.known[key].split(" ")
        return made[0] if outputs == 1 else made

    def fresh(self, wish: str) -> str:
        """A name that nothing else has."""
        name, i = wish.replace(" ", "_") or "value", 1
        while name in self.taken:
            i += 1
            name = f"{wish}_{i}".replace(" ", "_")
        self.taken.add(name)
        return name

    def kind(self, dtype: Any) -> Any:
        """The dtype that numbers of this dtype have in the model."""
        dtype = np.dtype(dtype)
        if dtype.kind not in "biuf" or dtype.itemsize > 8:
            raise DtypeError(
                f"to_onnx: got numbers of dtype {dtype}; ONNX's operators take real numbers of 64 bits and less; "
                "compute real and imaginary parts apart, or convert them"
            )
        return self.floats if self.floats is not None and dtype.kind == "f" else dtype

    def type_of(self, dtype: Any) -> int:
        """ONNX's number for a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(self.kind(dtype)))

    def name(self, x: Edge | str) -> str:
        """The name of an edge; a constant becomes an initializer."""
        if isinstance(x, str):
            return x
        if x.name is not None:
            return x.name
        return self.constant(x.value, x.dtype)

    def constant(self, value: Any, dtype: Any = None) -> str:
        """The name of a constant."""
        if isinstance(value, Size):
            return str(self("Cast", self.size(value), to=self.type_of(INT64 if dtype is None else dtype)))
        if isinstance(value, Counted):
            return self.counted(value, value.dtype if dtype is None else dtype)
        array = np.asarray(value, dtype)
        array = np.ascontiguousarray(array.astype(self.kind(array.dtype))).reshape(array.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.known:
            self.known[key] = self.initializer(self.fresh("constant"), array)
        return self.known[key]

    def initializer(self, name: str, array: Any) -> str:
        """The name of numbers that are kept in the model under this name."""
        self.taken.add(name)
        array = np.asarray(array)
        self.initializers[name] = self.onnx.numpy_helper.from_array(array.astype(self.kind(array.dtype)), name)
        return name

    def cast(self, x: Edge | str, dtype: Any, old: Any = None) -> str:
        """The name of x in another dtype; `old`: the dtype of a name."""
        if isinstance(x, Edge):
            if x.name is None:
                return self.constant(x.value, dtype)
            old = x.dtype
        if old is not None and self.kind(old) == self.kind(dtype):
            return self.name(x)
        return str(self("Cast", x, to=self.type_of(dtype)))

    def weak(self, number: float, like: Edge) -> str:
        """A constant in the dtype of an edge."""
        return self.constant(number, like.dtype)

    # ---- lengths

    def size(self, n: Length) -> str:
        """The name of a whole number, without axes."""
        return str(self("Squeeze", self.ints([n]))) if isinstance(n, Size) else self.constant(np.int64(n))

    def ints(self, lengths: Sequence[Length]) -> str:
        """The name of whole numbers in a row, computed where they depend on the batch."""
        if not any(isinstance(n, Size) for n in lengths):
            return self.constant(np.array(lengths, np.int64))
        pieces = []
        for n in lengths:
            if not isinstance(n, Size):
                pieces.append(self.constant(np.array([n], np.int64)))
                continue
            name, axis = self.batch_of
            piece = self("Shape", name, start=axis, end=axis + 1)
            piece = piece if n.per == 1 else self("Mul", piece, self.constant(np.array([n.per], np.int64)))
            pieces.append(piece if n.plus == 0 else self("Add", piece, self.constant(np.array([n.plus], np.int64))))
        return pieces[0] if len(pieces) == 1 else str(self("Concat", *pieces, axis=0))

    def counted(self, x: Counted, dtype: Any) -> str:
        """The name of an array that depends on the batch."""
        kind = INT64 if x.dtype.kind in "biu" else x.dtype
        name = self.constant(x.start, kind)
        if x.slope is not None:
            batch = self("Cast", self.ints([Size(1, 0)]), to=self.type_of(kind))
            name = self("Add", name, self("Mul", batch, self.constant(x.slope, kind)))
        for axis, step in x.steps.items():
            places = self("Range", self.constant(np.int64(0)), self.size(x.grid[axis]), self.constant(np.int64(1)))
            places = self("Reshape", places, self.ints([-1 if i == axis else 1 for i in range(len(x.grid))]))
            places = self("Cast", places, to=self.type_of(kind))
            name = self("Add", name, self("Mul", places, self.constant(step, kind)))
        name = self("Expand", name, self.ints(x.grid))
        name = name if x.grid == x.shape else self.reshape(name, x.shape)
        return self.cast(name, dtype, kind)

    # ---- what many ops need

    def reshape(self, x: Edge | str, shape: Sequence[Length]) -> str:
        """The name of x in another shape."""
        moving = [i for i, n in enumerate(shape) if isinstance(n, Size)]
        if len(moving) == 1 and 0 not in shape:
            return str(self("Reshape", x, self.ints([-1 if i in moving else n for i, n in enumerate(shape)])))
        return str(self("Reshape", x, self.ints(shape), allowzero=1 if 0 in shape else None))

    def slice(self, x: Edge | str, axis: int, start: Length, stop: Length, step: int = 1) -> str:
        """The name of x[start:stop:step] in one axis, as NumPy counts places."""
        return str(self("Slice", x, self.ints([start]), self.ints([stop]), self.ints([axis]), self.ints([step])))

    def squeeze(self, x: Edge | str, axes: Sequence[int]) -> str:
        """The name of x without axes of length 1."""
        return str(self("Squeeze", x, self.ints(axes))) if axes else self.name(x)

    def unsqueeze(self, x: Edge | str, axes: Sequence[int]) -> str:
        """The name of x with new axes of length 1."""
        return str(self("Unsqueeze", x, self.ints(axes))) if axes else self.name(x)

    def transpose(self, x: Edge | str, axes: Sequence[int]) -> str:
        """The name of x with its axes in another order."""
        moved = list(axes) != sorted(axes)
        return str(self("Transpose", x, perm=list(axes))) if moved else self.name(x)

    def flip(self, x: Edge | str, axis: int) -> str:
        """The name of x in reverse along an axis."""
        return self.slice(x, axis, -1, np.iinfo(np.int64).min, -1)
