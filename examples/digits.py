"""Handwritten digits of 8 x 8 pixels, read by a network of two hidden layers: 97 % of those it has not seen.

    python examples/digits.py [--epochs 40] [--seed 0] [--out out/]

The 1,797 images come with scikit-learn. Writes digits.png. Needs scikit-learn and matplotlib:
pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from nn import (
    AdamW,
    Dropout,
    History,
    LambdaCallback,
    Linear,
    ReLU,
    Sequential,
    cross_entropy,
    fit,
    metrics,
    predict,
    summary,
    train_test_split,
)


def main(arguments: list[str] | None = None) -> None:
    """Train, print how many digits are read, and draw those that are not."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    images, digits = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(images / 16, digits, test_size=0.25, stratify=digits, rng=rng)

    net = network(rng)
    print(summary(net, x_train[:32]))
    optimizer = AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    history = fit(
        net, (x_train, y_train), cross_entropy, optimizer, epochs=options.epochs, batch_size=32,
        validation=(x_test, y_test), metrics=[metrics.accuracy], callbacks=[LambdaCallback(on_epoch_end=said)], rng=rng,
    )  # fmt: skip

    found = predict(net, x_test).argmax(axis=1)
    right = np.sum(found == y_test)
    print(f"read {right} of {len(y_test)} digits that it had not seen: {right / len(y_test):.2%}")
    print(f"wrote {drawing(x_test, y_test, found, history, options.out)}")


def network(rng: np.random.Generator) -> Sequential:
    """From the grey of 64 pixels to a logit for each digit.  (N, 64) -> (N, 10)"""
    return Sequential(
        Linear(64, 128, rng=rng), ReLU(), Dropout(0.2, rng=rng),
        Linear(128, 64, rng=rng), ReLU(), Dropout(0.2, rng=rng),
        Linear(64, 10, rng=rng),
    )  # fmt: skip


def said(run: Any) -> None:
    """Print how far it is, every fifth epoch."""
    h = run.history
    if len(h) % 5 == 0:
        print(f"epoch {len(h):3}   loss {h['loss'][-1]:.4f}   test accuracy {h['val_accuracy'][-1]:.1%}")


def drawing(images: Any, digits: Any, found: Any, history: History, folder: Path) -> Path:
    """Draw the accuracy, how often each digit was read as each other, and the images that were misread."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    curve, counts, misread = figure.subfigures(1, 3, width_ratios=(1, 1.2, 1.2))
    axes = curve.subplots()
    axes.plot(history["epoch"], history["val_accuracy"])
    axes.axhline(0.97, color="grey", linestyle=":")
    axes.set(xlabel="epoch", title="test accuracy", ylim=(0.9, 1.0))

    table = metrics.confusion_matrix(found, digits)
    axes = counts.subplots()
    axes.imshow(np.log1p(table), cmap="Blues")
    for (i, j), n in np.ndenumerate(table):
        if n:
            axes.text(j, i, n, ha="center", va="center", fontsize=8, color="white" if i == j else "black")
    axes.set(xlabel="read as", ylabel="digit", title="what was read", xticks=range(10), yticks=range(10))

    misread.suptitle("misread: digit > read as")
    wrong = np.flatnonzero(found != digits)[:16]
    for axes, i in zip(misread.subplots(4, 4).flat, [*wrong, *[None] * (16 - len(wrong))], strict=True):
        axes.axis("off")
        if i is not None:
            axes.imshow(images[i].reshape(8, 8), cmap="gray_r")
            axes.set_title(f"{digits[i]} > {found[i]}", fontsize=9)
    path = folder / "digits.png"
    figure.savefig(path, dpi=120)
    return path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0].replace("%", "%%"))
    parser.add_argument("--epochs", type=int, default=40, help="rounds over the training images (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
