"""What the figures are to be: ours over a peer's, at most."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALSO", "COLUMNS", "SUITES", "TARGETS", "Target"]

COMPILED = ("compiled", "native")


@dataclass(frozen=True)
class Target:
    """Our figure over the peer's is to be `at_most` this.

    peers, ours: where there are several, the fastest of them counts. kind: "time", of a call, or "first", of the
    first call of a new function.
    """

    workload: str
    peers: tuple[str, ...]
    at_most: float
    ours: tuple[str, ...] = ("ours",)
    kind: str = "time"


def eager(workload: str, peer: str, at_most: float) -> Target:
    return Target(workload, (peer,), at_most)


def compiled(workload: str, at_most: float, *peers: str) -> Target:
    return Target(workload, peers or ("jax",), at_most, COMPILED)


OVERHEAD = (
    eager("step-scalars", "micrograd", 0.35),
    eager("chain", "micrograd", 0.55),
    eager("wide", "micrograd", 0.55),
    eager("chain", "torch", 0.12),
    eager("wide", "torch", 0.12),
    eager("step-matrices", "torch", 0.30),
    eager("ops-8x8", "torch", 0.50),
    eager("ops-8x8-np", "torch", 0.55),
    eager("lstm", "torch", 0.60),
    eager("logistic-regression", "torch", 0.30),
    eager("curve", "torch", 0.30),
    eager("eight-schools", "torch", 0.30),
    eager("mlp-float32", "torch", 1.0),
    eager("mlp-float64", "torch", 1.0),
    eager("elementwise-float32", "torch", 1.2),
    eager("elementwise-float64", "torch", 1.2),
    eager("elementwise-memory", "autograd", 1.0),
    eager("import", "numpy", 1.25),
)

STEPS = (
    compiled("mlp-float32", 1.0, "torch", "jax"),
    compiled("mlp-float64", 1.0, "torch", "jax"),
    compiled("train-mlp", 1.0, "torch", "jax"),
    compiled("train-cnn", 1.0, "torch", "jax"),
    compiled("train-transformer", 1.0, "torch", "jax"),
)

TIMES = (
    compiled("rounds-scalars", 0.5),
    compiled("rounds-matrices", 0.5),
    compiled("step-scalars", 0.2),
    compiled("step-matrices", 0.2),
    compiled("logistic-regression", 0.25),
    compiled("curve", 0.25),
    compiled("eight-schools", 0.25),
    compiled("ops-8x8", 0.5),
    compiled("lstm", 0.5),
    compiled("elementwise-float32", 0.9),
    compiled("elementwise-float64", 0.9),
    *STEPS,
    compiled("hvp", 0.5),
    compiled("hessian", 0.6),
)

# Every workload that is compiled.
FIRST = (*dict.fromkeys(t.workload for t in TIMES), "chain", "wide", "ops-64x64", "lbfgs", "train-lstm")

COMPILATION = (
    *TIMES,
    *(Target(w, ("jax",), 0.1, ("compiled",), "first") for w in FIRST),
    *(Target(w, ("jax",), 1.0, ("native",), "first") for w in FIRST),
)

SUITES = {"overhead": OVERHEAD, "compiled": COMPILATION, "training": STEPS}
TARGETS = (*OVERHEAD, *COMPILATION)

# What a part measures beside its targets, and which columns it has; the whole has all.
ALSO = {"overhead": ("ops-64x64", "lbfgs", "hessian", "hvp"), "compiled": (), "training": ("train-lstm",)}
COLUMNS = {
    "overhead": ("ours", "torch", "jax", "autograd", "mygrad", "micrograd", "tinygrad", "numpy"),
    "compiled": ("ours", "compiled", "native", "torch", "jax"),
    "training": ("ours", "compiled", "native", "torch", "jax", "autograd", "mygrad", "tinygrad"),
    "growth": ("ours", "compiled", "native", "torch", "jax", "autograd", "mygrad", "micrograd"),
}
