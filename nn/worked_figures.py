"""What the worked example writes: figures, explanations, the table, the plot of learning rates, and what readers ask.

Each function gives lines to print, or writes one file; `examples/backprop_step_by_step.py` calls them all.

>>> from nn.worked_example import two_two_two
>>> E_total = two_two_two().error()
>>> explanations(E_total).count("influences E_total")
8
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autograd_mini import Graph, UsageError, Value, draw, explain, explore

from .diagram import diagram
from .losses.regression import half_squared_error
from .module import Module
from .neuron import Layer
from .plot import curves
from .worked_example import INPUTS, RATE, TARGETS, Order, recorded, rounds, two_two_two

__all__ = ["FILES", "batches", "explanations", "rates", "starts", "written"]

RATES = (0.01, 0.1, 0.5, 2.0, 10.0, 50.0)
RATE_ROUNDS = 1_000
SIZES, SEEDS, START_ROUNDS = (1, 2, 3, 5), (0, 1, 2, 3), 200


def explanations(E_total: Any, rate: float = RATE) -> str:  # noqa: N803  # the post's name
    """How each of the eight weights influences E_total, and its step."""
    return "\n\n\n".join(str(explain(E_total, f"w{k}", rate=rate)) for k in range(1, 9)) + "\n"


def rates(path: str | os.PathLike[str] | None = None, n: int = RATE_ROUNDS) -> dict[float, float]:
    """The error after n rounds at each learning rate; the curves are written to `path`.

    Raises: UsageError for no round.
    """
    if n < 1:
        raise UsageError(f"rates: got n={n}; it is how many rounds are trained, from 1 on; give a whole number")
    series: dict[str, list[tuple[float, float]]] = {}
    last: dict[float, float] = {}
    for rate in RATES:
        network = two_two_two()
        errors = [*islice(rounds(network, rate=rate), n), network.error().item()]
        series[f"eta = {rate:g}"] = list(enumerate(errors[1:], 1))
        last[rate] = errors[-1]
    curves(series, path, title="The error by learning rate", x="rounds of training", y="E_total", log="xy")
    return last


def batches(n: int = 1_000, steps: int = 5) -> Iterator[str]:
    """Sum and mean over n examples: gradients that differ by a factor, and the rates that make the same steps.

    Example
    -------
    >>> next(batches(10))
    '10 examples of 2 outputs, 20 numbers in all:'
    """
    rng = np.random.default_rng(0)
    inputs, targets = rng.uniform(0, 1, (n, 2)), rng.uniform(0, 1, (n, 2))
    elements = targets.size
    yield f"{n:,} examples of 2 outputs, {elements:,} numbers in all:"
    ends = []
    eta = {"sum": RATE / elements, "mean": RATE}
    reductions: tuple[Literal["sum", "mean"], ...] = ("sum", "mean")
    for reduction in reductions:
        network = two_two_two("matrix")
        weight: Any = network.output.parameters()[0]
        for k in range(steps):
            for p in network.parameters():
                p.zero_grad()
            error = half_squared_error(network(inputs), targets, reduction)
            error.backward()
            if not k:
                g = weight.grad[0, 0]
                yield f"  {reduction:<6} E = {error.item():.6g}, dE/dw5 = {g:.6g}, eta = {eta[reduction]:.6g}"
            for p in network.parameters():
                p.data = p.data - eta[reduction] * p.grad
        ends.append(weight.data[0, 0])
    yield f"  w5 after {steps} steps: {ends[0]:.9f} with the sum, {ends[1]:.9f} with the mean"
    yield f"  The sum's gradient is {elements:,} times the mean's: a rate divided by that makes the same steps."


class Two(Module):
    """Two layers of scalar neurons."""

    def __init__(self, hidden: int, rng: np.random.Generator) -> None:
        self.hidden = Layer(2, hidden, name="h", rng=rng)
        self.output = Layer(hidden, 2, name="o", number_from=2 * hidden + 1, rng=rng)

    def error(self) -> Any:
        """E_total of the one example."""
        outs = self.output(self.hidden(INPUTS))
        errors = [half_squared_error(o, Value(t)) for o, t in zip(outs, TARGETS, strict=True)]
        return errors[0] + errors[1]


def starts(n: int = START_ROUNDS) -> Iterator[str]:
    """The error after n rounds from random weights, for some numbers of hidden neurons and some seeds."""
    yield f"E_total after {n:,} rounds from random weights, one bias per neuron:"
    yield f"  {'hidden neurons':<16}" + "".join(f"{f'seed {seed}':>14}" for seed in SEEDS)
    for hidden in SIZES:
        ends = []
        for seed in SEEDS:
            network = Two(hidden, np.random.default_rng(seed))
            for _ in range(n):
                for p in network.parameters():
                    p.zero_grad()
                network.error().backward(keep="leaves")
                for p in network.parameters():
                    p.data -= RATE * p.grad
            ends.append(network.error().item())
        yield f"  {hidden:<16}" + "".join(f"{end:>14.9f}" for end in ends)


Writer = Callable[[Any, Path, int, Order], None]


def path_to(name: str) -> Writer:
    """Writes the graph of named Values, all faded but what lies between `name` and E_total."""
    return lambda error, path, _n, _order: text(path, draw(error, operations=False, highlight=name).svg())


def text(path: Path, content: str) -> None:
    """Write a text file."""
    path.write_text(content, encoding="utf-8")


def page(E_total: Any, path: Path, n: int, order: Order) -> None:  # noqa: N803  # the post's name
    """Write the explorer, with the training of a network of its own."""
    explore(E_total, recorded(two_two_two(), n, order=order), path, title="Backpropagation step by step")


def plot(_E_total: Any, path: Path, n: int, _order: Order) -> None:  # noqa: N803  # the post's name
    """Write the plot of learning rates."""
    rates(path, min(n, RATE_ROUNDS))


# What is written, by file name.
FILES: Mapping[str, Writer] = {
    "structure.svg": lambda error, path, _n, _order: diagram(error).save(path),
    "weights.svg": lambda error, path, _n, _order: diagram(error, weights=True).save(path),
    "path-to-w5.svg": path_to("w5"),
    "paths-to-w1.svg": path_to("w1"),
    "explanation.txt": lambda error, path, _n, _order: text(path, explanations(error)),
    "trace.csv": lambda error, path, _n, _order: text(path, Graph.of(error).to_csv()),
    "rates.svg": plot,
    "explorer.html": page,
}


def written(E_total: Any, folder: Path, *, n: int, order: Order = "simultaneous") -> Iterator[Path]:  # noqa: N803  # the post's name
    """Write every file of FILES into a folder, and give its path; the explorer shows n rounds."""
    for name, write in FILES.items():
        path = folder / name
        write(E_total, path, n, order)
        yield path
