"""Checkpoints: a tree of state in one npz file, which is whole or not there, and holds no program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_mini import DtypeError, UsageError, Value
from autograd_mini.files import replaced

from .saving import FilePath, npz_bytes, plain, saved_state

__all__ = ["load_checkpoint", "save_checkpoint"]

STRUCTURE = "structure"  # the entry that says, as JSON, how the arrays of the others hang together
VERSION = 1


def save_checkpoint(path: FilePath, tree: Any) -> None:
    """Write a tree of dicts, lists, tuples, arrays, numbers and texts into a file, which `load_checkpoint` reads.

    The arrays stand in it under their paths, so that `np.load(path)["model/weight"]` is one of them. The file is
    written beside its place, and moved there when all of it is on the disk.

    Raises: DtypeError for anything else in the tree. The file that was there is then still there.

    Example
    -------
    >>> import tempfile
    >>> from nn import SGD, Linear, load_checkpoint, save_checkpoint
    >>> model = Linear(3, 2)
    >>> optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/c.npz", {"model": model.state(), "optimizer": optimizer.state(), "epoch": 7})
    ...     tree = load_checkpoint(f"{folder}/c.npz")
    >>> model.load(tree["model"])
    >>> optimizer.load(tree["optimizer"])
    >>> tree["epoch"]
    7
    """
    arrays: dict[str, Any] = {}
    structure = json.dumps({"version": VERSION, "tree": packed(tree, "", arrays)})
    arrays[STRUCTURE] = np.frombuffer(structure.encode(), np.uint8)
    with replaced(path) as file:
        file.write(npz_bytes(arrays, {}))


def load_checkpoint(path: FilePath) -> Any:
    """The tree in a file: the arrays, numbers, texts and containers that `save_checkpoint` was given, bit for bit.

    Raises: FileNotFoundError; UsageError for a file that is cut off, or that `save_checkpoint` did not write.
    """
    arrays = saved_state(path, format="npz")
    if STRUCTURE not in arrays:
        raise UsageError(
            f"load_checkpoint: {path} has no entry {STRUCTURE!r}; it is an npz file, but no checkpoint; "
            "give a file of save_checkpoint, or read its arrays by nn.saved_state"
        )
    try:
        found = json.loads(arrays.pop(STRUCTURE).tobytes())
        if found["version"] != VERSION:
            raise UsageError(
                f"load_checkpoint: {path} has version {found['version']}; this release reads {VERSION}; "
                "read it with the release that wrote it"
            )
        return unpacked(found["tree"], arrays)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"load_checkpoint: {path} cannot be understood ({type(error).__name__}: {error}); "
            "it was not written by save_checkpoint; give one that was"
        ) from None


def packed(x: Any, path: str, arrays: dict[str, Any]) -> Any:
    """A tree as JSON has it, its arrays apart; containers but lists, and arrays, are an object of one key."""
    if isinstance(x, Value):
        x = x.detach().data
    if x is None or isinstance(x, (bool, str)) or type(x) in {int, float}:
        return x
    if isinstance(x, np.ndarray) and x.dtype.kind == "U":
        return {"texts": x.tolist()}
    if isinstance(x, (np.ndarray, np.generic, complex)):
        name = path or "numbers"
        while name in arrays or name == STRUCTURE:
            name += "'"
        arrays[name] = plain(x, f"save_checkpoint: {name}")
        return {"array" if isinstance(x, np.ndarray) else "number": name}
    if isinstance(x, Mapping):
        return {"items": [[packed(k, path, arrays), packed(y, joined(path, k), arrays)] for k, y in x.items()]}
    if isinstance(x, (list, tuple)):
        parts = [packed(y, joined(path, i), arrays) for i, y in enumerate(x)]
        return parts if isinstance(x, list) else {"tuple": parts}
    raise DtypeError(
        f"save_checkpoint: got a {type(x).__name__} in {path or 'the tree'}; it takes dicts, lists, tuples, arrays, "
        "numbers, texts and None; turn it into these"
    )


def joined(path: str, key: Any) -> str:
    """The path of a part."""
    return f"{path}/{key}" if path else str(key)


def unpacked(x: Any, arrays: Mapping[str, Any]) -> Any:
    """The tree that JSON stands for."""
    if isinstance(x, list):
        return [unpacked(y, arrays) for y in x]
    if not isinstance(x, dict):
        return x
    ((kind, inside),) = x.items()
    if kind == "items":
        return {unpacked(k, arrays): unpacked(y, arrays) for k, y in inside}
    if kind == "tuple":
        return tuple(unpacked(y, arrays) for y in inside)
    if kind == "texts":
        return np.array(inside, dtype=str)
    return arrays[inside] if kind == "array" else arrays[inside][()]
