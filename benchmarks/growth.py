"""How the time of a reader grows with the graph: `python -m benchmarks.growth [READER ...] [--most N]`.

The graph is a network of scalars, eight neurons wide, as deep as it takes, each neuron with a name. A row
a size: CPU seconds, and by which factor they grew, beside that of n log n.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import log
from typing import Any

from autograd_mini import Value, draw, explain, explore

from .measure import seconds

__all__ = ["READERS", "SIZES", "growth", "network"]

SIZES = (100, 1_000, 10_000, 100_000)
WIDTH = 8

READERS: dict[str, Callable[[Any], Any]] = {
    "draw": lambda error: draw(error).svg(),
    "explain": lambda error: str(explain(error, "w_0_0_0")),
    "explore": explore,
}


def network(n: int) -> Any:
    """The output of a network that takes about n operations."""
    xs: list[Any] = [Value(0.1 * k, name=f"x{k}") for k in range(WIDTH)]
    each = 3 * WIDTH + 1  # weights, products, sums, and the function
    for depth in range(max(1, n // (WIDTH * each))):
        outs = []
        for j in range(WIDTH if n >= WIDTH * each else max(1, n // each)):
            products = [Value(0.3 - 0.1 * ((j + k) % 7), name=f"w_{depth}_{j}_{k}") * x for k, x in enumerate(xs)]
            outs.append(sum(products[1:], products[0]).tanh())
            outs[-1].name = f"h_{depth}_{j}"
        xs = outs
    error = sum(xs[1:], xs[0])
    error.name = "E"
    error.backward()
    return error


def growth(reader: Callable[[Any], Any], sizes: Iterable[int]) -> Iterator[tuple[int, float]]:
    """Size, and the CPU seconds of the faster of two calls, without the collector's part."""
    for n in sizes:
        error = network(n)
        gc.collect()
        gc.disable()
        try:
            yield n, min(seconds(partial(reader, error), 1).cpu for _ in range(2))
        finally:
            gc.enable()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Time readers as graphs grow.")
    parser.add_argument("reader", nargs="*", choices=[*READERS, []], help="which (default: all)")
    parser.add_argument("--most", type=int, default=SIZES[-1], metavar="N", help="leave larger graphs out")
    chosen = parser.parse_args()
    for name in chosen.reader or READERS:
        print(f"{name:<10}{'n':>9}{'seconds':>10}{'grew by':>10}{'n log n':>10}")
        before = None
        for n, took in growth(READERS[name], [n for n in SIZES if n <= chosen.most]):
            grew = f"{took / before[1]:10.1f}{n * log(n) / (before[0] * log(before[0])):10.1f}" if before else ""
            print(f"{'':<10}{n:>9,}{took:>10.3f}{grew}", flush=True)
            before = (n, took)


if __name__ == "__main__":
    main()
