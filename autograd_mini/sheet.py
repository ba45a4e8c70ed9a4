"""A graph as a table that a spreadsheet opens: one row a node; and the table read back.

Numbers are written with all their digits, arrays as nested lists of them. Text that a spreadsheet
would take for a formula gets an apostrophe in front, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import UsageError

__all__ = ["COLUMNS", "Row", "csv_text", "read_csv"]

COLUMNS = ("name", "op", "operands", "value", "gradient", "dtype")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
LARGEST_CELL = 2**24


@dataclass(frozen=True)
class Row:
    """A node, as a table holds it.

    op: "" for a leaf. operands: names of nodes, and constants as text. gradient: None before `backward`.
    """

    name: str
    op: str
    operands: tuple[str, ...]
    value: Any
    gradient: Any
    dtype: str


def csv_text(nodes: Iterable[Any]) -> str:
    """The table of the nodes of a Graph."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for node in nodes:
        names = [p.name if hasattr(p, "is_named") else cell(p) for p in node.operands]
        kinds = node.dtype if isinstance(node.dtype, tuple) else (node.dtype,)
        row = (node.name, node.op.name if node.op else "", "; ".join(map(quoted, names)))
        writer.writerow(
            [
                *map(guarded, row),
                cell(node.value),
                "" if node.grad is None else cell(node.grad),
                " ".join(map(str, kinds)),
            ]
        )
    return out.getvalue()


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula, in characters that a file can hold."""
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def quoted(text: str) -> str:
    """A name among several: in quotes if it holds what stands between names."""
    return json.dumps(text, ensure_ascii=False) if ";" in text or '"' in text or text != text.strip() else text


def cell(x: Any) -> str:
    """A number with all its digits, or an array as nested lists of them."""
    if isinstance(x, tuple):
        return "(" + ", ".join(map(cell, x)) + ")"
    if isinstance(x, (np.ndarray, np.generic)):
        return nested(x.tolist()) if x.size else f"empty {x.shape}"
    return nested(x) if isinstance(x, (bool, int, float, complex)) else str(x)


def nested(x: Any) -> str:
    """Numbers in nested lists."""
    return "[" + ", ".join(map(nested, x)) + "]" if isinstance(x, list) else repr(x)


def read_csv(source: str | os.PathLike[str]) -> dict[str, Row]:
    """The rows of a table that `Graph.to_csv` gave, by name: the path of a file, or the text itself.

    Text has several lines, a path has one. Numbers come back as they were; an array has its dtype.

    Raises: UsageError for a table with other columns, and for a cell that is no number.

    Example
    -------
    >>> from autograd_mini import Graph, Value
    >>> x = Value(3.0, name="x")
    >>> read_csv(Graph.of(x * 2).to_csv())["x"].value
    3.0
    """
    text = str(source) if isinstance(source, str) else ""
    if "\n" not in text:
        text = Path(source).read_text(encoding="utf-8")
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    finally:
        csv.field_size_limit(before)
    if not lines or tuple(lines[0]) != COLUMNS:
        raise UsageError(
            f"read_csv: got the columns {', '.join(lines[0]) if lines else 'of an empty file'}; "
            f"a trace has {', '.join(COLUMNS)}; give what Graph.to_csv wrote"
        )
    rows = [row_of(line, i) for i, line in enumerate(lines[1:], 2) if line]
    return {row.name: row for row in rows}


def row_of(line: list[str], place: int) -> Row:
    """A row of a table."""
    if len(line) != len(COLUMNS):
        raise UsageError(
            f"read_csv: line {place} has {len(line)} cells; a trace has {len(COLUMNS)}; give what Graph.to_csv wrote"
        )
    name, op, operands, value, gradient, dtype = line
    try:
        return Row(
            plain(name), plain(op), names_of(plain(operands)), number(value, dtype),
            number(gradient, dtype) if gradient else None, dtype,
        )  # fmt: skip
    except ValueError:
        raise UsageError(
            f"read_csv: line {place}, of {plain(name)!r}, has a cell that is no number; "
            "give what Graph.to_csv wrote, with its numbers only edited"
        ) from None


def plain(text: str) -> str:
    """Text without the apostrophe in front."""
    return text.removeprefix("'")


def names_of(text: str) -> tuple[str, ...]:
    """Names that stand in one cell."""
    found, decoder = [], json.JSONDecoder()
    while text:
        if text.startswith('"'):
            name, end = decoder.raw_decode(text)
        else:
            end = text.find(";") if ";" in text else len(text)
            name = text[:end]
        found.append(str(name))
        text = text[end:].removeprefix("; ")
    return tuple(found)


def number(text: str, dtype: str) -> Any:
    """What a cell holds: a float, a number of another dtype, an array, or of several outputs a tuple."""
    if " " in dtype:
        kinds = dtype.split()
        parts = split(text[1:-1])
        if len(parts) != len(kinds):
            raise ValueError(text)
        return tuple(number(part, kind) for part, kind in zip(parts, kinds, strict=True))
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise ValueError(dtype) from None
    if text.startswith("empty ("):
        return np.zeros([int(n) for n in text[7:-1].split(",") if n.strip()], kind)
    if text.startswith("["):
        flat = text.replace("[", " ").replace("]", " ").replace(",", " ").split()
        return np.array([scalar(part, kind) for part in flat], kind).reshape(shape_of(text))
    x = scalar(text, kind)
    return x if kind == np.float64 else kind.type(x)


def scalar(text: str, kind: Any) -> Any:
    """One number."""
    if kind.kind == "b":
        return {"True": True, "False": False}.get(text, text == "1")
    return int(text) if kind.kind in "iu" else complex(text) if kind.kind == "c" else float(text)


def shape_of(text: str) -> tuple[int, ...]:
    """The shape of nested lists: at each depth, the length of the first."""
    shape, rest = [], text
    while rest.startswith("["):
        parts = split(rest[1:-1])
        shape.append(len(parts))
        rest = parts[0]
    return tuple(shape)


def split(text: str) -> list[str]:
    """The parts of a list, at commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "[(") - (c in "])")
        if c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts
