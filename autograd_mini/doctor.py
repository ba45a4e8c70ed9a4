"""Where a nan or an infinity in a gradient comes from: op, line, place and operand."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import get_ident
from typing import Any, Literal

import numpy as np

from .errors import AnomalyError
from .record import WATCHES, Record, operands
from .sweep import Contribution, ancestry, called, full, pullback
from .value import Value

__all__ = ["Diagnosis", "detect_anomaly", "diagnose"]

# What to write instead, by the op in which it is born.
ADVICE = {
    "sqrt": "the root of a sum of squares has derivative 0 at 0 as np.abs, np.hypot or np.linalg.norm; "
    "elsewhere keep the argument above 0",
    "power": "keep the base above 0, or write np.abs, np.square or np.sqrt for what it stands for",
    "log": "keep the argument above 0, as with np.maximum(x, tiny); log(1 + x) is np.log1p, "
    "log(sum(exp(x))) is autograd_mini.logsumexp",
    "divide": "keep the divisor from 0, as with np.where(d == 0, 1, d)",
    "exp": "subtract the largest argument first; autograd_mini.softmax and logsumexp do",
    "subtract": "infinities cancel here: keep both operands finite",
    "multiply": "0 times an infinity: keep both operands finite",
    "arctanh": "keep the argument within -1 and 1",
    "arcsin": "keep the argument within -1 and 1",
    "arccos": "keep the argument within -1 and 1",
}


@dataclass(frozen=True)
class Diagnosis:
    """Where a nan or an infinity was born.

    born: in the "forward" computation, in the "backward" sweep, or "given" in a leaf's data.
    op: the op's name; None for a leaf. operand: which one it is about; None for the output.
    place: the index in that array. value: the number there. file, line: what recorded the op, for
    ops with singular points. cause: where the infinity was born that made this nan.
    """

    what: Literal["nan", "infinity"]
    born: Literal["forward", "backward", "given"]
    value_name: str
    op: str | None
    operand: int | None
    place: tuple[int, ...]
    value: Any
    cotangent: Any
    file: str | None
    line: int | None
    cause: Diagnosis | None = None

    def __str__(self) -> str:
        return self.sentence() + (f"; that infinity is an {self.cause.sentence()}" if self.cause else "")

    def sentence(self) -> str:
        """The diagnosis without its cause."""
        at = f" at index {self.place if len(self.place) != 1 else self.place[0]}" if self.place else ""
        if self.born == "given":
            return (
                f"{self.what} in the data of {self.value_name}{at}; a leaf must be finite; "
                "look where its data comes from"
            )
        source = ""
        if self.file is not None and self.line is not None:
            code = linecache.getline(self.file, self.line).strip()
            source = f" at {Path(self.file).name}, line {self.line}" + (f': "{code}"' if code else "")
        advice = ADVICE.get(self.op or "", "look at that operand")
        if self.born == "forward":
            return (
                f"{self.what} born forward in {self.op}{source}: "
                f"its operand {self.operand} is {self.value}{at}; {advice}"
            )
        return (
            f"{self.what} born backward in the derivative of {self.op}{source}: its operand {self.operand} is "
            f"{self.value}{at}, and the cotangent that arrives there is {self.cotangent}; {advice}"
        )


def diagnose(output: Value, seed: Any = None) -> Diagnosis | None:
    """Where the first nan (or else infinity) of `output` or its gradients is born; None if all are finite.

    It sweeps anew, and leaves every `.grad` as it is.

    Example
    -------
    >>> x = Value([4.0, 0.0], name="x")
    >>> loss = np.sum(np.sqrt(x * x))
    >>> d = diagnose(loss)
    >>> d.what, d.born, d.op, d.place, d.value
    ('nan', 'backward', 'multiply', (1,), 0.0)
    """
    root = output.settled()
    return found({root: output.seed_from(seed)})


def found(seeds: dict[Record, Any]) -> Diagnosis | None:
    """The diagnosis of a sweep from these seeds."""
    order, seen, _ = ancestry(*seeds)
    cotangents = pullback(seeds)
    ends = [c for v, c in cotangents.items() if v.op is None and c is not None]
    ends += [v._data for v in seeds]
    tests: tuple[tuple[Any, Any], ...] = (("nan", np.isnan), ("infinity", np.isinf))
    for what, test in tests:
        if not any(holds(test, c) for c in ends):
            continue
        with np.errstate(all="ignore"):
            diagnosis = (
                born_forward(what, test, order, seen)
                or born_backward(what, test, order, cotangents)
                or Diagnosis(what, "backward", "a leaf", "add", None, (), None, None, None, None)
            )
            if what == "nan" and diagnosis.born != "given":
                cause = born_forward("infinity", np.isinf, order, seen)
                cause = cause or born_backward("infinity", np.isinf, order, cotangents)
                diagnosis = replace(diagnosis, cause=cause)
        return diagnosis
    return None


def born_forward(what: Any, test: Any, order: list[Record], seen: dict[Record, Any]) -> Diagnosis | None:
    """The first op, or leaf, whose data is bad though its operands are not."""
    for v in seen:
        if v.op is None and holds(test, v._data):
            place = first(test, v._data)
            return Diagnosis(what, "given", label(v), None, None, place, at(v._data, place), None, None, None)
    for v in reversed(order):
        if not holds(test, v._data):
            continue
        xs = raw_operands(v)
        if any(holds(test, x) for x in xs):
            continue
        outputs = v._data if v._data.__class__ is tuple else (v._data,)
        bad = next(d for d in outputs if holds(test, d))
        place = first(test, bad)
        for i, x in enumerate(xs):
            index = place if np.shape(x) == np.shape(bad) else ()
            if np.shape(x) == () or index:
                return Diagnosis(what, "forward", label(v), v.op.name, i, index, at(x, index), None, *line_of(v))
        return Diagnosis(what, "forward", label(v), v.op.name, 0, (), "an array", None, *line_of(v))
    return None


def born_backward(what: Any, test: Any, order: list[Record], cotangents: dict[Record, Any]) -> Diagnosis | None:
    """The first op of the sweep that makes a bad cotangent of a good one."""
    for v in order:
        g = cotangents.get(v)
        if g is None or holds(test, g):
            continue
        if v._data.__class__ is tuple:
            whole = tuple(None if c is None else full(c, d) for c, d in zip(g, v._data, strict=True))
            shape = None
        else:
            whole = full(g, v._data)
            shape = np.shape(whole)
        xs = raw_operands(v)
        args = operands(v)
        for i, p in enumerate(args):
            if not isinstance(p, Record):
                continue
            c = contribution(v, i, whole, xs)
            if c is None or isinstance(c, Contribution) or not holds(test, c):
                continue
            place = first(test, c)
            x = xs[i]
            index = place if np.shape(x) == np.shape(c) else ()
            value = at(x, index) if index or not np.shape(x) else "an array"
            return Diagnosis(
                what, "backward", label(p), v.op.name, i, index, value,
                at(whole, place) if shape == np.shape(c) else "an array", *line_of(v),
            )  # fmt: skip
    return None


def contribution(v: Record, i: int, g: Any, xs: list[Any]) -> Any:
    """What the op passes on to operand i."""
    if v.options is None:
        return g * (v.da if i == 0 else v.db)
    if v.op.joint_vjp is not None:
        return called(v.op.joint_vjp, v, g, v._data, xs)[i]
    rule = v.op.raw_vjps(len(xs))[i]
    return None if rule is None else called(rule, v, g, v._data, xs)


def raw_operands(v: Record) -> list[Any]:
    """The data of each operand, as it was recorded."""
    if v.options is None:
        return [p._data if isinstance(p, Record) else p for p in operands(v)]
    return list(v.raw)


def holds(test: Any, data: Any) -> bool:
    """Whether numbers pass the test anywhere."""
    if data.__class__ is tuple:
        return any(d is not None and holds(test, d) for d in data)
    return np.asarray(data).dtype.kind in "fc" and bool(np.any(test(data)))


def first(test: Any, data: Any) -> tuple[int, ...]:
    """The index of the first number that passes the test."""
    return tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(test(data))))[: np.ndim(data)]


def at(data: Any, place: tuple[int, ...]) -> Any:
    """The number at a place."""
    x = data if np.ndim(data) == 0 else data[place]
    return x.item() if hasattr(x, "item") else x


def label(v: Record) -> str:
    """What a Value is called."""
    return v.name or ("a leaf" if v.op is None else f"the result of {v.op.name}")


def line_of(v: Record) -> tuple[str | None, int | None]:
    """The file and line that recorded a call; None for a call on floats, which are finite."""
    if v.options is None or v.site is None:
        return None, None
    code, instruction = v.site
    line = None
    for start, end, number in code.co_lines():
        if start <= instruction < end:
            line = number
    return code.co_filename, line


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError, with its diagnosis, as soon as a sweep of this thread gives a nan or an infinity.

    It raises before any gradient is written.

    Example
    -------
    >>> x = Value(0.0, name="x")
    >>> with detect_anomaly():
    ...     np.sqrt(x * x).backward()
    Traceback (most recent call last):
        ...
    autograd_mini.errors.AnomalyError: nan born backward in the derivative of multiply...
    """

    def watch(seeds: dict[Record, Any], cotangents: dict[Record, Any]) -> None:
        raw = [c._data if isinstance(c, Record) else c for v, c in cotangents.items() if v.op is None]
        if all(c is None or c.__class__ is tuple or np.all(np.isfinite(c)) for c in raw):
            return
        WATCHES.pop(thread, None)
        diagnosis = found({v: g._data if isinstance(g, Record) else g for v, g in seeds.items()})
        if diagnosis is not None:
            raise AnomalyError(str(diagnosis))

    thread = get_ident()
    outer = WATCHES.get(thread)
    WATCHES[thread] = watch
    try:
        yield
    finally:
        WATCHES.pop(thread, None)
        if outer is not None:
            WATCHES[thread] = outer
