"""What of NumPy and SciPy takes Values, and what does not and why; written out as docs/coverage.md.

Each public function is covered (with a derivative), discrete (a value without derivative), plain
(NumPy's own code works on Values), or excluded with its reason.

    python -m autograd_mini.coverage > docs/coverage.md
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import scipy

from .excluded import EXCLUDED
from .primitive import TABLE, Primitive

__all__ = ["NAMESPACES", "Entry", "Namespace", "entries", "markdown"]

# NumPy's own code works on Values, as it only calls what it is given, or asks for shape and dtype.
PLAIN = frozenset({"fft.fftfreq", "fft.rfftfreq", "fromfunction", "isscalar", "iterable", "row_stack"})

# Composites that give numbers, masks or places, without derivative.
WITHOUT_DERIVATIVE = """
    all allclose any arange array2string array_equal array_equiv array_repr array_str can_cast common_type
    diag_indices_from einsum_path empty_like eye frombuffer fromiter fromstring identity iscomplexobj isrealobj
    ix_ lexsort linalg.matrix_rank may_share_memory min_scalar_type ndim nonzero ones_like ravel_multi_index
    result_type shape shares_memory size tri tril_indices_from triu_indices_from unravel_index zeros_like
"""
DISCRETE = frozenset(WITHOUT_DERIVATIVE.split())


@dataclass(frozen=True)
class Namespace:
    """A module with public functions: its name, its functions by name, and the prefix of their keys in EXCLUDED."""

    title: str
    functions: Callable[[], dict[str, Any]]
    prefix: str = ""


@dataclass(frozen=True)
class Entry:
    """What is known of one function: kind is "covered", "discrete", "plain", "excluded" or "" for none of them."""

    name: str
    kind: str
    says: str


def public(module: ModuleType) -> dict[str, Any]:
    """The public functions of a module, and its classes that are not dtypes or errors."""
    found = {}
    for name in sorted(getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]):
        f = getattr(module, name)
        is_type = isinstance(f, type) and issubclass(f, (np.generic, BaseException))
        if (callable(f) and not is_type) or name in ("r_", "c_"):
            found[name] = f
    return found


def public_of(name: str) -> dict[str, Any]:
    """The public functions of the module of that name."""
    return public(import_module(name))


NAMESPACES: list[Namespace] = [
    Namespace("numpy", lambda: public(np)),
    Namespace("numpy.linalg", lambda: public(np.linalg), "linalg."),
    Namespace("numpy.fft", lambda: public(np.fft), "fft."),
    Namespace("numpy.emath", lambda: public(np.emath), "emath."),
    Namespace("numpy.lib.stride_tricks", lambda: public(np.lib.stride_tricks), "lib.stride_tricks."),
]


# The modules of SciPy whose names are answered for under autograd_mini.scipy.
OF_SCIPY = ("special", "stats", "linalg", "signal", "integrate", "interpolate", "sparse", "sparse.linalg")
NAMESPACES += [Namespace(f"scipy.{m}", partial(public_of, f"scipy.{m}"), f"scipy.{m}.") for m in OF_SCIPY]


def entries(namespace: Namespace) -> Iterable[Entry]:
    """What is known of every function of a namespace."""
    if namespace.title.startswith("scipy."):
        ours = import_module(f"{__package__}.{namespace.title}")
        for name, function in namespace.functions().items():
            yield scipys(namespace.prefix + name, name, function, ours)
        return
    for name, function in namespace.functions().items():
        yield entry(namespace.prefix + name, function)


def scipys(key: str, name: str, function: Any, ours: ModuleType) -> Entry:
    """What is known of one function of SciPy."""
    if name in ours.EXCLUDED:
        return Entry(key, "excluded", ours.EXCLUDED[name])
    op = TABLE.get(function) if isinstance(function, np.ufunc) else None
    if op is not None:
        return Entry(key, "discrete" if isinstance(op, Primitive) and op.is_discrete else "covered", "")
    return Entry(key, "covered" if name in dir(ours) else "", "")


def entry(key: str, function: Any) -> Entry:
    """What is known of one function."""
    op = TABLE.get(function) if callable(function) else None
    if op is not None:
        is_discrete = op.is_discrete if isinstance(op, Primitive) else key in DISCRETE
        return Entry(key, "discrete" if is_discrete else "covered", ", ".join(options_of(op)))
    if key in PLAIN:
        return Entry(key, "plain", "")
    if key in EXCLUDED:
        return Entry(key, "excluded", EXCLUDED[key])
    return Entry(key, "", "")


def options_of(op: Any) -> list[str]:
    """The keyword arguments that are not arrays, as far as the declaration tells them."""
    if isinstance(op, Primitive):
        return list(op.defaults)
    parameters = inspect.signature(op).parameters.values()
    return [p.name for p in parameters if p.default is not p.empty and p.name not in ("out", "subok")]


def markdown(namespaces: Iterable[Namespace] | None = None) -> str:
    """The page: a table for each namespace."""
    lines = [
        "# What takes Values",
        "",
        "Written by `python -m autograd_mini.coverage`; a test keeps it up to date.",
        "",
        "*Covered* functions have derivatives of every order. *Discrete* ones give Values without derivative.",
        "*Plain* ones are NumPy's own code, which works on Values as it is. *Excluded* ones raise, with the reason.",
        "Ufuncs also take `where=` and `dtype=`, and have `reduce`, `accumulate`, `outer` and `reduceat`.",
        "The names of SciPy are in `autograd_mini.scipy`; its ufuncs also take Values under SciPy's own names.",
        "",
        f"NumPy {np.__version__}, SciPy {scipy.__version__}.",
    ]
    for namespace in NAMESPACES if namespaces is None else namespaces:
        found = list(entries(namespace))
        counts = {kind: sum(e.kind == kind for e in found) for kind in ("covered", "discrete", "plain", "excluded")}
        said = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
        lines += [
            "",
            f"## {namespace.title}",
            "",
            f"{said}.",
            "",
            "| function | | options, or reason |",
            "| --- | --- | --- |",
        ]
        lines += [f"| `{e.name}` | {e.kind} | {e.says} |" for e in found]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201  # what it is for
