"""The lines of a drawing: from operand to result, or between the nodes shown with all that lies between folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import UsageError
from .graph import Node, swept

__all__ = ["Link", "every_link", "folded_links", "size"]

MOST_STEPS = 1_000_000  # of the sweeps that fold unnamed operations

Link = tuple[Node, Node, Any, float | None]  # operand, result, local derivative, contribution


def every_link(shown: list[Node]) -> Iterator[Link]:
    """Each operand of each node, an operand that is used twice twice."""
    for v in shown:
        for p, d, flow in zip(v.operands, v.partials, v.flows, strict=True):
            if isinstance(p, Node):
                yield p, v, d, None if flow is None else size(flow)


def folded_links(shown: list[Node], is_shown: Callable[[Node], bool]) -> Iterator[Link]:
    """The shown nodes that each shown node depends on, with the derivative over all that lies between."""
    steps = 0

    def counted(node: Node) -> bool:
        nonlocal steps
        steps += 1
        if steps > MOST_STEPS:
            raise UsageError(
                f"draw: folding the unnamed operations takes more than {MOST_STEPS:,} steps, as many named Values "
                "share them; the drawing needs fewer; name the Values that are shared"
            )
        return is_shown(node)

    for v in shown:
        real_scalar = v.is_scalar and v.dtype.kind == "f"
        for p, c in swept(v, 1.0 if real_scalar else v.grad, counted).items():
            if not real_scalar:
                yield p, v, None, None if c is None else size(c)
            else:
                yield p, v, c, None if c is None or v.grad is None else size(c) * abs(float(v.grad))


def size(c: Any) -> float:
    """The norm of a cotangent."""
    with np.errstate(all="ignore"):
        if isinstance(c, tuple):
            return float(np.sqrt(sum(size(x) ** 2 for x in c if x is not None)))
        return float(abs(c)) if np.ndim(c) == 0 else float(np.linalg.norm(np.ravel(c)))
