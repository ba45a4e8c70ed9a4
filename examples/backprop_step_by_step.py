"""Backpropagation step by step: every figure of a well-known worked example, from a live graph.

The network is the one of Matt Mazur's "A Step by Step Backpropagation Example" (17 March 2015). Each
number that the post prints stands beside the one that this graph gives; where the two differ, a
remark says why.

    python examples/backprop_step_by_step.py [--bias fixed|shared|each] [--order simultaneous|sequential]
                                             [--rounds 10000] [--out out/]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, get_args

from autograd_mini import draw
from nn.neuron import Bias
from nn.worked_example import RATE, Order, named_values, rounds, two_two_two
from nn.worked_figures import batches, rates, starts, written

try:
    from tqdm import tqdm  # type: ignore[import-untyped]  # it has no types
except ImportError:
    tqdm = None

# What the post prints, as it prints it.
PRINTED = {
    "net_h1": "0.3775",
    "out_h1": "0.593269992",
    "out_h2": "0.596884378",
    "net_o1": "1.105905967",
    "out_o1": "0.75136507",
    "out_o2": "0.772928465",
    "E_o1": "0.274811083",
    "E_o2": "0.023560026",
    "E_total": "0.298371109",
    "dE_total/dout_o1": "0.74136507",
    "dout_o1/dnet_o1": "0.186815602",
    "dnet_o1/dw5": "0.593269992",
    "dE_total/dw5": "0.082167041",
    "delta_o1": "0.138498562",
    "w5+": "0.35891648",
    "w6+": "0.408666186",
    "w7+": "0.511301270",
    "w8+": "0.561370121",
    "dE_o1/dnet_o1": "0.138498562",
    "dnet_o1/dout_h1": "0.40",
    "dE_o1/dout_h1": "0.055399425",
    "dE_o2/dout_h1": "-0.019049119",
    "dE_total/dout_h1": "0.036350306",
    "dout_h1/dnet_h1": "0.241300709",
    "dnet_h1/dw1": "0.05",
    "dE_total/dw1": "0.000438568",
    "w1+": "0.149780716",
    "w2+": "0.19956143",
    "w3+": "0.24975114",
    "w4+": "0.29950229",
    "E_total after 1 round": "0.291027924",
    "E_total after 10,000 rounds": "0.0000351085",
    "out_o1 after 10,000 rounds": "0.015912196",
    "out_o2 after 10,000 rounds": "0.984065734",
}

REMARKS = {
    "a": "The last digit printed is off by one.",
    "b": "The printed figure comes from a program that moves the output weights first, and then takes the\n"
    "      hidden layer's gradients through the weights that have moved. The text of the post, and the\n"
    "      w1+ ... w8+ that it prints, take all gradients first. --order sequential gives this figure.",
    "c": "The printed figure is the error one round earlier, after 9,999 simultaneous rounds.",
    "d": "The post trains weights only: its figures are those of --bias fixed.",
}
SEQUENTIAL = ("E_total after 1 round", "out_o1 after 10,000 rounds", "out_o2 after 10,000 rounds")


def main(arguments: list[str] | None = None) -> int:
    """Print the derivation, train, and draw; 0 if every figure is as printed or as a remark says."""
    options = parsed(arguments)
    table = Table(options.bias, options.order)
    E_total = two_two_two(bias=options.bias).error()  # noqa: N806  # the post's name
    derivation(Trace(E_total), table)
    training(options, table)
    answers(options)
    drawing(E_total, options)
    return table.conclusion()


def derivation(graph: Trace, table: Table) -> None:
    """One round by hand, as the post walks it."""
    heading("Forward pass")
    say("A neuron adds up its weighted inputs and its bias, and squashes the sum: net_h1 = w1*i1 + w2*i2 + b1,")
    say("out_h1 = 1 / (1 + exp(-net_h1)). The outputs do the same with what the hidden neurons give.")
    for name in ("net_h1", "out_h1", "net_h2", "out_h2", "net_o1", "out_o1", "net_o2", "out_o2"):
        table.row(name, graph[name])
    say("(In its hidden-layer section the post once has w3 where w2 belongs: w2 is what enters h1.)")

    heading("Errors")
    say("E = 1/2 (target - out)^2 for each output, and E_total is their sum.")
    for name in ("E_o1", "E_o2", "E_total"):
        table.row(name, graph[name])

    heading("Output layer: w5 by the chain rule")
    say("w5 acts on E_total through net_o1 and then out_o1, so three local derivatives are multiplied.")
    say("  dE_total/dout_o1 = -(target_o1 - out_o1); the sign is the derivative of target - out, which is -1,")
    say("                     and the 2 of the square cancels the 1/2. E_o2 does not see out_o1: its part is 0.")
    say("  dout_o1/dnet_o1  = out_o1 (1 - out_o1)")
    say("  dnet_o1/dw5      = out_h1")
    chain = [("E_total", "out_o1"), ("out_o1", "net_o1"), ("net_o1", "w5")]
    for y, x in chain:
        table.row(f"d{y}/d{x}", graph.d(y, x))
    table.row("the product of the three", product(graph.d(y, x) for y, x in chain))
    table.row("dE_total/dw5", graph.d("E_total", "w5"))

    heading("Output layer: the delta form")
    say("The first two factors are the same for every weight into a neuron. Their product is its delta,")
    say("dE_total/dnet, and the gradient of a weight is that delta times what the weight multiplies.")
    for k in (1, 2):
        table.row(f"delta_o{k}", graph.d("E_total", f"net_o{k}"))
    table.row("delta_o1 * out_h1", graph.d("E_total", "net_o1") * graph["out_h1"])
    say("delta_o1 is positive, as out_o1 is above its target: w5 and w6 fall. delta_o2 is negative, as out_o2")
    say("is below its target: w7 and w8 rise.")

    heading(f"Output layer: w5 to w8 after a step of eta = {RATE}")
    say("w+ = w - eta * dE_total/dw")
    updates(graph, table, range(5, 9))
    say("The hidden layer below still uses the old w5 ... w8.")

    heading("Hidden layer: w1, through both outputs")
    say("out_h1 is read by o1 and by o2, so its derivative is a sum over two paths.")
    for k, w in ((1, "w5"), (2, "w7")):
        say(f"  through o{k}: dE_o{k}/dnet_o{k} * dnet_o{k}/dout_h1, where the second factor is {w}")
        table.row(f"dE_o{k}/dnet_o{k}", graph.d(f"E_o{k}", f"net_o{k}"))
        table.row(f"dnet_o{k}/dout_h1", graph.d(f"net_o{k}", "out_h1"))
        table.row(f"dE_o{k}/dout_h1", graph.d(f"E_o{k}", "out_h1"))
    table.row("the sum of the two", graph.d("E_o1", "out_h1") + graph.d("E_o2", "out_h1"))
    chain = [("E_total", "out_h1"), ("out_h1", "net_h1"), ("net_h1", "w1")]
    for y, x in chain:
        table.row(f"d{y}/d{x}", graph.d(y, x))
    table.row("the product of the three", product(graph.d(y, x) for y, x in chain))
    table.row("dE_total/dw1", graph.d("E_total", "w1"))
    say("Or with deltas: delta_h1 = (delta_o1 w5 + delta_o2 w7) out_h1 (1 - out_h1), times i1.")
    for k in (1, 2):
        table.row(f"delta_h{k}", graph.d("E_total", f"net_h{k}"))
    table.row("delta_h1 * i1", graph.d("E_total", "net_h1") * graph["i1"])

    heading(f"Hidden layer: w1 to w4 after a step of eta = {RATE}")
    updates(graph, table, range(1, 5))

    heading("Biases")
    say("The post leaves them as they are. A bias adds to net with the factor 1, so its gradient is the delta")
    say("of its neuron, or the sum of the deltas of all neurons that share it.")
    for name in graph.names("b"):
        table.row(f"dE_total/d{name}", graph.d("E_total", name))


def updates(graph: Trace, table: Table, numbers: Iterable[int]) -> None:
    """Gradients and new values of some weights."""
    for i in numbers:
        gradient = graph.d("E_total", f"w{i}")
        if i not in (1, 5):
            table.row(f"dE_total/dw{i}", gradient)
        table.row(f"w{i}+", graph[f"w{i}"] - RATE * gradient)


def training(options: argparse.Namespace, table: Table) -> None:
    """Train with the biases and the order asked for, then with the other two kinds of bias."""
    n = options.rounds
    heading(f"Training: {n:,} rounds, bias {options.bias}, {options.order} updates")
    if tqdm is None:
        say("(No progress bar: tqdm is missing. It comes with the extra: pip install 'autograd-mini[examples]')")
    ends = {}
    for bias in (options.bias, *(b for b in get_args(Bias) if b != options.bias)):
        network = two_two_two(bias=bias)
        steps = rounds(network, order=options.order)
        errors = list(shown(islice(steps, n), total=n, title=f"bias {bias}"))
        last = network.error()
        errors.append(last.item())
        ends[bias] = (errors[1], errors[-1])
        if bias != options.bias:
            continue
        values = named_values(last)
        table.row("E_total after 1 round", errors[1])
        if n > 2:
            table.row(f"E_total after {n - 1:,} rounds", errors[-2])
        if n > 1:
            table.row(f"E_total after {n:,} rounds", errors[-1])
        for k in (1, 2):
            table.row(f"out_o{k} after {n:,} rounds", values[f"out_o{k}"].item())
    say(f"E_total with each kind of bias ({options.order} updates):")
    say(f"  {'bias':<8}{'after 1 round':>20}{f'after {n:,} rounds':>26}")
    for bias in get_args(Bias):
        first, end = ends[bias]
        say(f"  {bias:<8}{decimal(first, 12):>20}{decimal(end, 12):>26}")


def answers(options: argparse.Namespace) -> None:
    """What readers of the post ask beyond its own example; docs/reading-the-example.md has their questions."""
    heading("1,000 training examples: the sum of their errors, or the mean?")
    for line in batches():
        say(line)
    heading("Other learning rates")
    for rate, error in rates(n=min(options.rounds, 1_000)).items():
        say(f"  eta = {rate:<6g} E_total after {min(options.rounds, 1_000):,} rounds: {decimal(error, 12)}")
    heading("Other weights to start from, and other numbers of hidden neurons")
    for line in starts(min(options.rounds, 200)):
        say(line)


def drawing(E_total: Any, options: argparse.Namespace) -> None:  # noqa: N803  # the post's name
    """Write the graph with its values and gradients, the post's own figures, and what else can be read."""
    heading("Files")
    folder = options.out
    for v in named_values(E_total).values():
        v.zero_grad()
    E_total.backward()
    for name, picture in (("graph", draw(E_total)), ("network", draw(E_total, operations=False))):
        for path, text in (
            (folder / f"{name}.svg", picture.svg()),
            (folder / f"{name}.dot", picture.source),
        ):
            path.write_text(text, encoding="utf-8")
            say(f"wrote {path}")
    for path in written(E_total, folder, n=options.rounds, order=options.order):
        say(f"wrote {path}")
    say("graph.* has every operation; network.* has the named Values, and the derivatives between them.")
    say("structure, weights, path-to-w5 and paths-to-w1 are the post's own figures; explorer.html opens in a browser.")


class Trace:
    """The named Values of a graph, and the derivative of any of them by any other."""

    def __init__(self, output: Any) -> None:
        self.values = named_values(output)

    def __getitem__(self, name: str) -> float:
        return float(self.values[name].item())

    def names(self, start: str) -> list[str]:
        """The names that begin with `start`, in order."""
        return sorted(name for name in self.values if name.startswith(start))

    def d(self, y: str, x: str) -> float:
        """Derivative dy/dx: a backward sweep from y, and what arrives at x."""
        for v in self.values.values():
            v.zero_grad()
        self.values[y].backward()
        return float(self.values[x].grad or 0.0)


class Table:
    """Rows of figures beside the printed ones; it remembers what differs."""

    def __init__(self, bias: str, order: str) -> None:
        self.bias, self.order = bias, order
        self.used: set[str] = set()
        self.same = self.unexplained = 0

    def row(self, name: str, number: float) -> None:
        """Print one figure, the printed one, and the letter of the remark if they differ."""
        printed = PRINTED.get(name)
        line = f"    {name:<32}{decimal(number):>24}"
        if printed is None:
            say(line)
            return
        if f"{number:.{len(printed.partition('.')[2])}f}" == printed:
            verdict = "same"
            self.same += 1
        elif letter := self.remark_on(name):
            verdict = f"differs: see ({letter})"
            self.used.add(letter)
        else:
            verdict = "differs, unexpectedly"
            self.unexplained += 1
        say(f"{line}   printed {printed:<14}{verdict}")

    def remark_on(self, name: str) -> str | None:
        """The letter of the remark that explains why the printed figure is another."""
        if name == "dE_o2/dout_h1":
            return "a"
        if " after " not in name:
            return None
        if self.bias != "fixed":
            return "d"
        if name in SEQUENTIAL:
            return "b" if self.order == "simultaneous" else None
        return "c"

    def conclusion(self) -> int:
        """Print the remarks that were used; the exit status."""
        heading("Beside the post")
        say(f"{self.same} figures are as printed, to every digit.")
        for letter in sorted(self.used):
            say(f"  ({letter}) {REMARKS[letter]}")
        if self.unexplained:
            say(f"{self.unexplained} figures differ without a reason: please report this.")
        return 1 if self.unexplained else 0


def shown(steps: Iterator[float], *, total: int, title: str) -> Iterable[float]:
    """The steps, with a progress bar on standard error if tqdm is there."""
    return steps if tqdm is None else tqdm(steps, total=total, desc=title, unit=" rounds", ascii=True)


def decimal(number: float, digits: int = 15) -> str:
    """The number in that many digits, without an exponent."""
    return format(Decimal(f"{number:.{digits}g}"), "f")


def product(factors: Iterable[float]) -> float:
    """The factors multiplied from left to right."""
    result = 1.0
    for x in factors:
        result *= x
    return result


def heading(text: str) -> None:
    """Print a heading."""
    say(f"\n{text}\n{'-' * len(text)}")


def say(text: str) -> None:
    """Print a line."""
    print(text)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the files is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--bias", choices=get_args(Bias), default="fixed", help="what is trained (default: fixed)")
    parser.add_argument(
        "--order", choices=get_args(Order), default="simultaneous",
        help="when the output weights move: with all others, or first (default: simultaneous)",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=10_000, help="rounds of training, from 1 on (default: 10000)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the files (default: out/)")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds: got {options.rounds}; it must be 1 or more")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: the folder {options.out} cannot be made: {error.strerror}")
    return options


if __name__ == "__main__":
    sys.exit(main())
