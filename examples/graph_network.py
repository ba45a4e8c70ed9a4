"""A karate club that falls apart: a graph network tells its two camps, of which it knows one member each.

The 34 members of the club and their 78 friendships are those of Zachary, "An Information Flow Model for
Conflict and Fission in Small Groups" (1977). The instructor (0) and the president (33) fell out, and
the club split. The network sees who is friends with whom, and to which camp these two belong.

    python examples/graph_network.py [--epochs 60] [--seed 0] [--out out/]

Writes graph_network.png. Needs matplotlib: pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from autograd_mini import Value
from nn import Adam, Linear, Module, Sequential, Tanh, cross_entropy, softmax, summary

# The friends of each member that have a higher number.
FRIENDS = {
    0: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
    1: [2, 3, 7, 13, 17, 19, 21, 30],
    2: [3, 7, 8, 9, 13, 27, 28, 32],
    3: [7, 12, 13],
    4: [6, 10],
    5: [6, 10, 16],
    6: [16],
    8: [30, 32, 33],
    9: [33],
    13: [33],
    14: [32, 33],
    15: [32, 33],
    18: [32, 33],
    19: [33],
    20: [32, 33],
    22: [32, 33],
    23: [25, 27, 29, 32, 33],
    24: [25, 27, 31],
    25: [31],
    26: [29, 33],
    27: [33],
    28: [31, 33],
    29: [32, 33],
    30: [32, 33],
    31: [32, 33],
    32: [33],
}
EDGES = np.array([(i, j) for i, others in FRIENDS.items() for j in others])
N = 34
WITH_INSTRUCTOR = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21]
CAMP = np.array([0 if i in WITH_INSTRUCTOR else 1 for i in range(N)])
KNOWN = np.array([0, 33])


class GraphConvolution(Module):
    """Each member's features become a linear map of the average over itself and its friends.  (N, n) -> (N, m)

    Source: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks" (2017), equation 2.
    """

    def __init__(self, edges: Any, n: int, m: int, rng: np.random.Generator) -> None:
        self.linear = Linear(n, m, rng=rng)
        self.average = averages(edges)  # an array: it is not trained

    def __call__(self, x: Any) -> Any:
        """(N, n) -> (N, m)"""
        return self.average @ self.linear(x)


def club(hidden: int, rng: np.random.Generator) -> Sequential:
    """Two graph convolutions: every member hears of its friends, and of their friends.  (N, N) -> (N, 2)"""
    return Sequential(GraphConvolution(EDGES, N, hidden, rng), Tanh(), GraphConvolution(EDGES, hidden, 2, rng))


def averages(edges: Any) -> Any:
    """D^-1/2 (A + I) D^-1/2, with the friendships A and, in D, the number of friends and oneself."""
    a = np.eye(N)
    a[edges[:, 0], edges[:, 1]] = a[edges[:, 1], edges[:, 0]] = 1
    scale = 1 / np.sqrt(a.sum(axis=1))
    return scale[:, None] * a * scale


def main(arguments: list[str] | None = None) -> None:
    """Train on two members, print what is found for the others, and draw."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    members = np.eye(N)  # nothing is known of them but who they are
    net = club(8, rng)
    print(summary(net, members))

    optimizer = Adam(net.parameters(), lr=0.03)
    for epoch in range(options.epochs):
        optimizer.zero_grad()
        loss = cross_entropy(net(members)[KNOWN], CAMP[KNOWN])
        loss.backward()
        optimizer.step()
        if epoch % 20 == 0 or epoch == options.epochs - 1:
            right = np.sum(net(members).data.argmax(axis=1) == CAMP)
            print(f"epoch {epoch + 1:4}   loss of the two that are known {loss.item():.4f}   right: {right} of {N}")

    probabilities = softmax(net(members)).data
    found = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(found != CAMP)
    print(f"camps told from two known members: {np.sum(found == CAMP)} of {N} right; wrong: {wrong.tolist() or 'none'}")
    print(f"wrote {drawing(probabilities[:, 1], layout(rng), options.out)}")


def layout(rng: np.random.Generator) -> Any:
    """Places in the plane that are as far from each other as the members are in steps from friend to friend.  (N, 2)

    Source: Kamada and Kawai, "An Algorithm for Drawing General Undirected Graphs" (1989).
    """
    steps = np.full((N, N), np.inf)
    reach = np.eye(N)
    for k in range(N):
        steps[(reach > 0) & np.isinf(steps)] = k
        reach = averages(EDGES) @ reach
    i, j = np.triu_indices(N, 1)
    places = Value(rng.standard_normal((N, 2)))
    optimizer = Adam([places], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        distances = np.sqrt(np.sum((places[i] - places[j]) ** 2, axis=1))
        np.sum((distances / steps[i, j] - 1) ** 2).backward()
        optimizer.step()
    return places.data


def drawing(probabilities: Any, places: Any, folder: Path) -> Path:
    """Draw the club: the shape is the camp that a member joined, the colour the probability that was found."""
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    axes = figure.subplots()
    for edge in EDGES:
        axes.plot(*places[edge].T, color="lightgrey", linewidth=0.8, zorder=1)
    for camp, marker, name in ((0, "o", "the instructor"), (1, "s", "the president")):
        here = camp == CAMP
        shown = axes.scatter(
            *places[here].T, c=probabilities[here], vmin=0, vmax=1, cmap="PuOr", marker=marker, s=240, zorder=2,
            edgecolors=["red" if i in KNOWN else "black" for i in np.flatnonzero(here)], label=f"went with {name}",
        )  # fmt: skip
    for i, place in enumerate(places):
        colour = "black" if 0.2 < probabilities[i] < 0.8 else "white"
        axes.annotate(str(i), place, ha="center", va="center", fontsize=8, color=colour, zorder=3)
    axes.set_title("34 members of a karate club; the network knows two of them (red)")
    axes.set_axis_off()
    axes.legend()
    figure.colorbar(shown, ax=axes, label="probability of the president's camp", shrink=0.7)
    path = folder / "graph_network.png"
    figure.savefig(path, dpi=120)
    return path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=60, help="steps of training (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
