"""`LBFGS`: steps along the gradient bent by the curvature that the last steps met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from autograd_mini import UsageError, Value, refuse_to_compile

from ..checks import check_choice, check_whole
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, Settings, State, as_complex, as_real
from .stored import fitting, refuse_names, stored

__all__ = ["LBFGS"]

FLATTEST = 1e-10  # curvature along a step that is still learned from


class LBFGS(Optimizer):
    """Limited-memory BFGS: several iterations a step, each along an estimate of Newton's direction.

    max_iter: iterations in one step; max_eval: evaluations in one step, max_iter * 5 / 4 without one.
    tolerance_grad, tolerance_change: a step ends early when no number of the gradient is larger, or
    neither the loss nor any parameter changes more. history_size: how many steps are remembered, two
    arrays for each. line_search_fn: None goes lr along the direction, "strong_wolfe" searches. For whole
    batches: the curvature of noise teaches nothing. Settings as in PyTorch.

    Raises: as `Optimizer`; UsageError for a second group.

    Source: Liu & Nocedal, "On the limited memory BFGS method for large scale optimization" (1989).

    Example
    -------
    >>> from autograd_mini import Value
    >>> p = Value([-1.2, 1.0])
    >>> optimizer = LBFGS([p], max_iter=100, line_search_fn="strong_wolfe")
    >>> def loss():
    ...     optimizer.zero_grad()
    ...     out = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    ...     out.backward()
    ...     return out
    >>> _ = optimizer.step(loss)
    >>> p.data.round(3)
    array([1., 1.])
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: Literal["strong_wolfe"] | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        check_whole("LBFGS", "max_iter", max_iter)
        self.memory: State = {}
        super().__init__(
            params,
            {
                "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
                "line_search_fn": line_search_fn, "maximize": maximize,
            },
        )  # fmt: skip

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the parameters of the first group, the only one."""
        if self.param_groups:
            raise UsageError(
                "LBFGS: got a second group; its direction belongs to all parameters together; give them in one group"
            )
        super().add_param_group(param_group)

    def settings(self, group: Settings) -> dict[str, Any]:
        """The settings as plain numbers."""
        settings = super().settings(group)
        for name in ("max_iter", "max_eval", "history_size"):
            check_whole("LBFGS", name, settings[name])
        check_choice("LBFGS", "line_search_fn", settings["line_search_fn"], (None, "strong_wolfe"))
        return settings

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """What `closure` gave first, after up to max_iter iterations; nothing has moved if it raises an error.

        closure: it forgets all gradients, takes them anew, and gives the loss; called several times.

        Raises: UsageError without a closure, or if no parameter has a gradient.
        """
        refuse_to_compile("LBFGS.step")
        if closure is None:
            raise UsageError(
                "LBFGS.step: got no closure; it evaluates the loss several times; "
                "give a function that calls zero_grad and backward, and returns the loss"
            )
        settings = self.settings(self.param_groups[0])
        start = [np.array(p.data) for p in self.names]
        try:
            return self.iterated(closure, settings)
        except BaseException:
            for p, data in zip(self.names, start, strict=True):
                p.data = data
            raise

    def iterated(self, closure: Callable[[], Any], settings: Settings) -> Any:
        """The loss at first; the parameters move, and the memory of this object is exchanged at the end."""
        lr, most, tolerance = settings["lr"], settings["max_eval"], settings["tolerance_change"]
        x = vector(p.data for p in self.names)
        memory = self.memory or nothing(x)
        loss, value, g = self.evaluated(closure, settings)
        evaluations, is_done = 1, is_small(g, settings["tolerance_grad"])
        for i in range(0 if is_done else settings["max_iter"]):
            memory = remembered(memory, g, settings["history_size"])
            d, is_first = direction(memory, g), memory["n_iter"] == 1
            t = lr * min(1.0, 1 / float(np.sum(np.abs(g)))) if is_first else lr
            slope, before = float(g @ d), value
            memory |= {"d": d, "t": t, "prev_flat_grad": g}
            if slope > -tolerance:
                break
            is_last = i + 1 == settings["max_iter"]
            if settings["line_search_fn"]:
                here = Point(0.0, value, slope, g)
                at = self.along(x, d, closure, settings)
                found, n = strong_wolfe(at, here, t, float(np.max(np.abs(d))), most - evaluations)
                t, value, g = found.step, found.value, found.gradient
                self.put(x + t * d)
            else:
                self.put(x + t * d)
                n = 0 if is_last else 1  # the next step begins with an evaluation there, perhaps of another batch
                if not is_last:
                    _, value, g = self.evaluated(closure, settings)
            x = x + t * d
            memory["t"] = t
            evaluations += n
            is_still = is_small(t * d, tolerance) or abs(value - before) < tolerance
            if is_last or evaluations >= most or is_small(g, settings["tolerance_grad"]) or is_still:
                break
        self.memory = memory | {"func_evals": memory["func_evals"] + evaluations}
        return loss

    def evaluated(self, closure: Callable[[], Any], settings: Settings) -> tuple[Any, float, Any]:
        """What the closure gives; and what is to become small: its number, and the gradient as a vector."""
        loss = closure()
        if all(p.grad is None for p in self.names):
            raise self.no_gradient()
        g = vector(np.zeros(p.shape, p.dtype) if p.grad is None else p.grad for p in self.names)
        value = float(loss.item() if isinstance(loss, Value) else loss)
        return (loss, -value, -g) if settings["maximize"] else (loss, value, g)

    def along(self, x: Any, d: Any, closure: Callable[[], Any], settings: Settings) -> Callable[[float], Point]:
        """The point of every step from x along d."""

        def at(t: float) -> Point:
            self.put(x + t * d)
            _, value, g = self.evaluated(closure, settings)
            return Point(t, value, float(g @ d), g)

        return at

    def put(self, x: Any) -> None:
        """Give the parameters the numbers of a vector."""
        i = 0
        for p in self.names:
            is_complex = p.dtype.kind == "c"
            n = p.size * (2 if is_complex else 1)
            part = x[i : i + n]
            p.data = as_complex(part.reshape(*p.shape, 2)) if is_complex else part.reshape(p.shape)
            i += n

    def state(self) -> dict[str, Any]:
        """Copies of all that a later step depends on, besides the parameters, by name: what `load` takes."""
        kept = super().state()
        for k, x in self.memory.items():
            kept[f"memory.{k}"] = np.reshape(x, (len(x), self.memory["d"].size)) if isinstance(x, list) else stored(x)
        return kept

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave: the next steps are, bit for bit, those that would have come then.

        Raises: as that of every optimizer; then nothing has been changed.
        """
        x = vector(p.data for p in self.names)
        names = {f"memory.{k}": k for k in nothing(x)}
        found = {k: a for k, a in state.items() if k in names}
        memory: State = {}
        if found:
            refuse_names("LBFGS.load", names, found)
            rows = np.zeros((len(np.atleast_1d(found["memory.old_dirs"])), x.size), x.dtype)
            for name, k in names.items():
                old = nothing(x)[k]
                a = fitting(f"LBFGS.load: {name}", found[name], rows if isinstance(old, list) else np.asarray(old))
                memory[k] = a if isinstance(old, np.ndarray) else type(old)(a)
        super().load({k: a for k, a in state.items() if k not in names})
        self.memory = memory


def nothing(x: Any) -> State:
    """What is remembered before the first step of a vector of numbers."""
    nowhere = np.zeros_like(x)
    return {
        "n_iter": 0, "func_evals": 0, "old_dirs": [], "old_stps": [], "H_diag": 1.0, "d": nowhere, "t": 0.0,
        "prev_flat_grad": nowhere,
    }  # fmt: skip


def remembered(memory: State, g: Any, history_size: int) -> State:
    """What is remembered once the gradient after the last step is known: how it changed, if it did, along that step."""
    memory = {**memory, "n_iter": memory["n_iter"] + 1}
    if memory["n_iter"] == 1:
        return memory
    y, s = g - memory["prev_flat_grad"], memory["d"] * memory["t"]
    curvature = float(y @ s)
    if curvature > FLATTEST:
        kept = slice(max(0, len(memory["old_dirs"]) + 1 - history_size), None)
        memory["old_dirs"] = [*memory["old_dirs"], y][kept]
        memory["old_stps"] = [*memory["old_stps"], s][kept]
        memory["H_diag"] = curvature / float(y @ y)
    return memory


def direction(memory: State, g: Any) -> Any:
    """Minus the gradient, times the estimate of the inverse Hessian: two loops over what is remembered.

    Source: Nocedal & Wright, "Numerical Optimization" (2nd edition, 2006), algorithm 7.4.
    """
    pairs = [(y, s, 1 / float(y @ s)) for y, s in zip(memory["old_dirs"], memory["old_stps"], strict=True)]
    d, weights = -g, []
    for y, s, inverse in reversed(pairs):
        weights.append(inverse * float(s @ d))
        d = d - weights[-1] * y
    d = d * memory["H_diag"]
    for (y, s, inverse), weight in zip(pairs, reversed(weights), strict=True):
        d = d + (weight - inverse * float(y @ d)) * s
    return d


def vector(arrays: Any) -> Any:
    """All numbers one behind the other; complex ones as pairs."""
    return np.concatenate([np.ravel(as_real(a) if np.iscomplexobj(a) else a) for a in arrays])


def is_small(x: Any, tolerance: float) -> bool:
    """Whether no number is larger than the tolerance."""
    return bool(np.max(np.abs(x)) <= tolerance)
