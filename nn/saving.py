"""Files of a model's numbers: safetensors and npz, which PyTorch and NumPy read and write.

Laws: a file is written beside its place and then moved there, so that a failure leaves the old file;
nothing that is read is run (no pickle), and nothing is changed before all of it has been read.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from autograd_mini import DtypeError, UsageError, Value, __version__
from autograd_mini.files import replaced

from .module import Module

__all__ = ["load", "save", "saved_metadata", "saved_state"]

Format = Literal["safetensors", "npz"]
FilePath = str | os.PathLike[str]

FORMATS: tuple[Format, ...] = ("safetensors", "npz")
# The dtypes of safetensors, as NumPy has them; BF16 is read as float32, which holds all its numbers.
KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?", "C64": "<c8",
}  # fmt: skip
COMMENT = 65535  # bytes that a comment of a zip file may have


def save(
    model: Module | Mapping[str, Any],
    path: FilePath,
    *,
    format: Format | None = None,  # noqa: A002  # the word that its users look for
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the parameters and buffers of a model, or the numbers of a mapping such as `state()`, into a file.

    format: "safetensors", which needs the package of that name, or "npz"; by the suffix of `path` when None. metadata:
    texts to keep beside the numbers, where the model's class and our version stand too; see `saved_metadata`.

    Names and layouts are PyTorch's: `safetensors.torch.load_file` gives what `load_state_dict` of the same architecture
    takes. A parameter that is shared is written once, under the name by which it is met first.

    Raises: UsageError for another suffix, or metadata that is not text; DtypeError for numbers that the format cannot
    hold; ImportError, which names the extra, without the package. The file that was there is then still there.

    Example
    -------
    >>> import tempfile
    >>> from nn import Linear, load, save
    >>> model, other = Linear(3, 2), Linear(3, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.npz")
    ...     load(other, f"{folder}/model.npz")
    >>> bool((other.weight.data == model.weight.data).all())
    True
    """
    kind = format_of(path, format, "save")
    if not isinstance(model, (Module, Mapping)):
        raise UsageError(
            f"save: got {type(model).__name__}; it must be a module, or a mapping of names to numbers; "
            "give the model, or its state()"
        )
    state = model.state() if isinstance(model, Module) else model
    numbers = {str(name): plain(x, f"save: {name}") for name, x in state.items()}
    said = {"class": type(model).__name__, "autograd_mini": __version__} if isinstance(model, Module) else {}
    said |= metadata or {}
    for name, text in said.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise UsageError(f"save: got metadata {name!r}: {text!r}; both must be text; write json.dumps(...) of it")
    data = safetensors_bytes(numbers, said) if kind == "safetensors" else npz_bytes(numbers, said)
    with replaced(path) as file:
        file.write(data)


def load(model: Module, path: FilePath, *, format: Format | None = None) -> None:  # noqa: A002  # as in save
    """Set all parameters and buffers of a model to the numbers in a file, in the dtypes that they have.

    The file may come from `save`, or from PyTorch through `safetensors.torch`, whose bfloat16 is read as well. To
    load from a model of PyTorch without a file: `model.load({k: v.numpy() for k, v in theirs.state_dict().items()})`.

    Raises: FileNotFoundError; UsageError for a file that is cut off, or of another kind, and for names that are missing
    or unknown, ShapeError for numbers of another shape, DtypeError for what does not convert. Then the model is as it
    was.
    """
    model.load(saved_state(path, format=format))


def saved_state(path: FilePath, *, format: Format | None = None) -> dict[str, Any]:  # noqa: A002  # as in save
    """The numbers in a file, by name: what `Module.load` takes.

    Raises: FileNotFoundError; UsageError for a file that is cut off, or of another kind.
    """
    return contents_of(path, format)[0]


def saved_metadata(path: FilePath, *, format: Format | None = None) -> dict[str, str]:  # noqa: A002  # as in save
    """The texts beside the numbers in a file: of a model, "class" and the version "autograd_mini", and the user's own.

    Raises: FileNotFoundError; UsageError for a file that is cut off, or of another kind.
    """
    return contents_of(path, format)[1]


def format_of(path: FilePath, given: Any, where: str) -> Format:
    """The format that is given, or that the suffix says."""
    name = Path(path).suffix.removeprefix(".").lower() if given is None else given
    if name not in FORMATS:
        said = f"the path {os.fspath(path)!r}" if given is None else f"format={given!r}"
        raise UsageError(
            f"{where}: got {said}; the formats are {' and '.join(FORMATS)}; end the path with .safetensors or .npz, "
            "or give format="
        )
    chosen: Format = name
    return chosen


def plain(x: Any, where: str) -> Any:
    """An array that lies in memory as files hold it: in a row, the lowest byte first."""
    try:
        array = np.asarray(x.detach().data if isinstance(x, Value) else x)
    except (RuntimeError, TypeError) as error:  # a PyTorch tensor that has a gradient, or NumPy lacks its dtype
        raise DtypeError(
            f"{where}: got {type(x).__name__}, which gives no array ({error}); files hold arrays of numbers; "
            "convert it first, as in x.detach().float().numpy()"
        ) from None
    if array.dtype.kind not in "biufc":
        raise DtypeError(f"{where}: got dtype {array.dtype}; files hold real or complex numbers; convert it first")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)


# ---- the two formats


def safetensors() -> ModuleType:
    """The package; an error that names the extra without it."""
    try:
        import safetensors.numpy  # noqa: PLC0415  # an optional dependency
    except ImportError:
        raise ImportError(
            "safetensors: the package is not installed; files of that format need it; "
            "pip install 'autograd-mini[safetensors]', or save as .npz"
        ) from None
    return safetensors


def safetensors_bytes(numbers: Mapping[str, Any], said: Mapping[str, str]) -> bytes:
    """A whole safetensors file."""
    package = safetensors()
    for name, x in numbers.items():
        if x.dtype.str.replace("|", "") not in {np.dtype(k).str.replace("|", "") for k in KINDS.values()}:
            raise DtypeError(
                f"save: {name} has dtype {x.dtype}, which safetensors has not; its kinds are {', '.join(KINDS)}; "
                "convert it, or save as .npz"
            )
    # Readers of PyTorch's files ask for this word, and names and layouts are theirs.
    data: bytes = package.numpy.save(numbers, {"format": "pt", **said})
    return data


def npz_bytes(numbers: Mapping[str, Any], said: Mapping[str, str]) -> bytes:
    """A whole npz file; the metadata is its comment, so that NumPy lists no names but those of the numbers."""
    comment = json.dumps(dict(said)).encode()
    if len(comment) > COMMENT:
        raise UsageError(
            f"save: got {len(comment)} bytes of metadata; an npz file holds {COMMENT}; shorten it, or save as "
            ".safetensors"
        )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, x in numbers.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, x, allow_pickle=False)
        archive.comment = comment
    return buffer.getvalue()


def contents_of(path: FilePath, given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Numbers and metadata of a file; UsageError if it is not what its format says."""
    kind = format_of(path, given, "load")
    package = safetensors() if kind == "safetensors" else None
    data = Path(path).read_bytes()
    try:
        return read_npz(data) if package is None else read_safetensors(package, data)
    except Broken as error:
        why = str(error)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, KeyError, OSError, NotImplementedError) as error:
        why = str(error) or type(error).__name__
    raise UsageError(
        f"load: {os.fspath(path)} ({len(data):,} bytes) is no whole {kind} file: {why}; "
        "it was cut off, or is of another kind; write it again with save, or give format="
    )


class Broken(Exception):  # noqa: N818  # never seen from outside
    """What is wrong with a file."""


def read_safetensors(package: ModuleType, data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Numbers and metadata of a safetensors file, which the package has found to be whole."""
    try:
        found = package.deserialize(data)
    except package.SafetensorError as error:
        raise Broken(str(error)) from None
    numbers = {name: read_tensor(name, **tensor) for name, tensor in found}
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return numbers, header.get("__metadata__") or {}


def read_tensor(name: str, dtype: str, shape: list[int], data: bytes) -> Any:
    """One array of a safetensors file."""
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if dtype not in KINDS:
        raise DtypeError(
            f"load: {name} has dtype {dtype}, which NumPy has not; {', '.join([*KINDS, 'BF16'])} can be read; "
            "convert it where it was saved, as in x.float()"
        )
    return np.frombuffer(bytes(data), KINDS[dtype]).reshape(shape).copy()


def read_npz(data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Numbers and metadata of an npz file; those of others have no metadata."""
    numbers = {}
    end = data.rfind(b"PK\x05\x06")  # the last record of a zip file, whose comment zipfile takes as far as it goes
    if end >= 0 and end + 22 + int.from_bytes(data[end + 20 : end + 22], "little") > len(data):
        raise Broken("its end is missing")
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for entry in archive.namelist():
            name = entry.removesuffix(".npy")
            x = numbers[name] = np.lib.format.read_array(BytesIO(archive.read(entry)), allow_pickle=False)
            if x.dtype.kind not in "biufc":
                raise Broken(f"{name} has dtype {x.dtype}, which is no real or complex numbers")
        comment = archive.comment
    with suppress(ValueError):
        said = json.loads(comment)
        if isinstance(said, dict):
            return numbers, said
    return numbers, {}
