"""Digits that nobody wrote: a variational autoencoder of the 8 x 8 digits, and what it makes of random numbers.

    python examples/vae.py [--epochs 60] [--seed 0] [--out out/]

The 1,797 images come with scikit-learn. Writes vae.png. Needs scikit-learn and matplotlib:
pip install 'autograd-mini[examples]'.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014).
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from nn import (
    Adam,
    DataLoader,
    Linear,
    Module,
    ReLU,
    Sequential,
    TensorDataset,
    binary_cross_entropy_with_logits,
    sigmoid,
    summary,
    train_test_split,
)


class VAE(Module):
    """An image as a cloud of points in few dimensions, and points as images.  (N, 64) -> (N, 64)

    The encoder gives the cloud's middle and, as a logarithm, its variance; the decoder, logits of how dark pixels are.
    """

    def __init__(self, latent: int, rng: np.random.Generator) -> None:
        self.encoder = Sequential(Linear(64, 128, rng=rng), ReLU(), Linear(128, 2 * latent, rng=rng))
        self.decoder = Sequential(Linear(latent, 128, rng=rng), ReLU(), Linear(128, 64, rng=rng))
        self.latent, self.rng = latent, rng

    def __call__(self, x: Any) -> tuple[Any, Any, Any]:
        """(N, 64) -> logits (N, 64), middles (N, latent), logarithms of variances (N, latent)"""
        code = self.encoder(x)
        middle, log_variance = code[:, : self.latent], code[:, self.latent :]
        z = middle + np.exp(0.5 * log_variance) * self.rng.standard_normal(middle.shape)
        return self.decoder(z), middle, log_variance


def bound(net: VAE, x: Any) -> tuple[Any, Any]:
    """What an image costs on average, in nats: its pixels, given the code, and the code; their sum is to be small."""
    logits, middle, log_variance = net(x)
    pixels = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    code = 0.5 * np.sum(np.exp(log_variance) + middle**2 - 1 - log_variance) / len(x)
    return pixels, code


def main(arguments: list[str] | None = None) -> None:
    """Train, print the bound, and draw images, what comes back of them, and new ones."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    images, digits = load_digits(return_X_y=True)
    x_train, x_test, _, y_test = train_test_split(images / 16, digits, test_size=300, stratify=digits, rng=rng)

    net = VAE(8, rng)
    print(summary(net, x_train[:64]))
    optimizer = Adam(net.parameters(), lr=2e-3)
    batches = DataLoader(TensorDataset(x_train), batch_size=64, shuffle=True, rng=rng)
    for epoch in range(options.epochs + 1):
        for (x,) in batches if epoch else ():
            optimizer.zero_grad()
            sum(bound(net, x)).backward()
            optimizer.step()
        if epoch % 20 == 0 or epoch == options.epochs:
            pixels, code = (part.item() for part in bound(net, x_test))
            print(f"epoch {epoch:3}   test images, in nats: {pixels:.2f} for pixels + {code:.2f} for the code", end="")
            print(f" = {pixels + code:.2f}")
    print(f"wrote {drawing(net, x_test, y_test, rng, options.out)}")


def drawing(net: VAE, images: Any, digits: Any, rng: np.random.Generator, folder: Path) -> Path:
    """Draw test images and what comes back, images of random codes, and a walk from one digit to another."""
    figure = Figure(figsize=(10.5, 5.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(6, 8, 8))
    some = images[np.argsort(digits, kind="stable")[:: len(digits) // 30][:30]]
    back = sigmoid(net(some)[0]).data
    left.imshow(mosaic(np.stack([some, back], axis=1).reshape(-1, 64), 6), cmap="gray_r")
    left.set_title("test images, each with what\ncomes back of it on its right")
    drawn = sigmoid(net.decoder(rng.standard_normal((80, net.latent)))).data
    middle.imshow(mosaic(drawn, 8), cmap="gray_r")
    middle.set_title("images of random codes,\nwhich nobody wrote")
    ends = [net.encoder(images[digits == d][:1]).data[:, : net.latent] for d in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0)]
    steps = np.linspace(0, 1, 8)[:, None]
    walks = np.concatenate([(1 - steps) * a + steps * b for a, b in pairwise(ends)])
    right.imshow(mosaic(sigmoid(net.decoder(walks)).data, 8), cmap="gray_r")
    right.set_title("from each digit to the next,\nalong a line between their codes")
    for axes in (left, middle, right):
        axes.axis("off")
    path = folder / "vae.png"
    figure.savefig(path, dpi=120)
    return path


def mosaic(images: Any, columns: int) -> Any:
    """Images of 64 pixels side by side, in so many columns, with a white line between them."""
    framed = np.pad(images.reshape(-1, columns, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    return framed.transpose(0, 2, 1, 3).reshape(-1, 10 * columns)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=60, help="rounds over the training images (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
