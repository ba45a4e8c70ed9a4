"""Two half moons told apart: a small network, the loss as it falls, and the boundary that was learnt.

    python examples/moons.py [--epochs 200] [--seed 0] [--out out/]

Writes moons.png. Needs scikit-learn and matplotlib: pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

from nn import Adam, Linear, Sequential, Tanh, binary_cross_entropy_with_logits, metrics, summary, train_test_split


def main(arguments: list[str] | None = None) -> None:
    """Train, print how well it does, and draw."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    x, y = make_moons(n_samples=600, noise=0.2, random_state=options.seed)
    x_train, x_test, y_train, y_test = train_test_split(x, y.astype(float), test_size=200, rng=rng)

    net = network(rng)
    print(summary(net, x_train))
    optimizer = Adam(net.parameters(), lr=0.03)
    losses = []
    for _ in range(options.epochs):
        optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(net(x_train)[:, 0], y_train)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    print(f"\nloss: {losses[0]:.4f} at first, {losses[-1]:.4f} after {options.epochs} epochs")
    for name, points, labels in (("training", x_train, y_train), ("test", x_test, y_test)):
        share = metrics.accuracy(net(points)[:, 0], labels, threshold=0.0)  # a logit above 0 is a probability above 1/2
        print(f"{name} accuracy: {share:.1%} of {len(labels)}")
    print(f"wrote {drawing(net, losses, x_test, y_test, options.out)}")


def network(rng: np.random.Generator) -> Sequential:
    """From a point to the logit of moon 1.  (N, 2) -> (N, 1)"""
    return Sequential(Linear(2, 16, rng=rng), Tanh(), Linear(16, 16, rng=rng), Tanh(), Linear(16, 1, rng=rng))


def drawing(net: Sequential, losses: list[float], x: Any, y: Any, folder: Path) -> Path:
    """Draw the loss, and the probabilities that the network gives all over the plane, with the test points."""
    across, up = np.meshgrid(np.linspace(-2.0, 3.0, 200), np.linspace(-1.5, 2.0, 140))
    logits = net(np.column_stack([across.ravel(), up.ravel()])).data
    probabilities = (1 / (1 + np.exp(-logits))).reshape(across.shape)

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.4))
    left.plot(losses)
    left.set(xlabel="epoch", ylabel="cross entropy", title="loss", yscale="log")
    shades = right.contourf(across, up, probabilities, levels=np.linspace(0, 1, 21), cmap="RdBu_r", alpha=0.8)
    right.contour(across, up, probabilities, levels=[0.5], colors="black")
    for label, colour, marker in ((0.0, "tab:blue", "o"), (1.0, "tab:red", "^")):
        right.scatter(*x[y == label].T, c=colour, marker=marker, edgecolors="white", s=30, label=f"moon {label:.0f}")
    right.set(title="test points, and the probability of moon 1", aspect="equal")
    right.legend(loc="lower left")
    figure.colorbar(shades, ax=right, ticks=[0, 0.5, 1])
    path = folder / "moons.png"
    figure.savefig(path, dpi=120)
    return path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=200, help="rounds over all training points (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
