"""A text character by character: a small Transformer reads this project's guide, and goes on writing in its way.

    python examples/char_transformer.py [--steps 600] [--seed 0] [--out out/]

Writes char_transformer.png. Needs matplotlib: pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nn import (
    AdamW,
    Embedding,
    LayerNorm,
    Linear,
    Module,
    OneCycleLR,
    TransformerEncoder,
    TransformerEncoderLayer,
    clip_grad_norm_,
    cross_entropy,
    softmax,
    summary,
)

DOCS = Path(__file__).parent.parent / "docs"
TEXTS = ("guide.md", "from-hips-autograd.md", "reading-the-example.md")
BATCH, CONTEXT = 16, 48


class Writer(Module):
    """The scores of each character to come next, at every place of a text.  (N, L) -> (N, L, number of characters)"""

    def __init__(self, n_characters: int, width: int, rng: np.random.Generator) -> None:
        f32 = {"dtype": np.float32, "rng": rng}
        self.character = Embedding(n_characters, width, **f32)
        self.place = Embedding(CONTEXT, width, **f32)
        layer = TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, **f32
        )
        self.layers = TransformerEncoder(layer, 2, LayerNorm(width, dtype=np.float32))
        self.out = Linear(width, n_characters, **f32)

    def __call__(self, text: Any) -> Any:
        """(N, L) -> (N, L, number of characters); a place sees what stands before it, not what follows."""
        length = text.shape[1]
        unseen = np.triu(np.ones((length, length), dtype=bool), k=1)
        x = self.character(text) + self.place(np.arange(length))
        return self.out(self.layers(x, mask=unseen, is_causal=True))


def main(arguments: list[str] | None = None) -> None:
    """Train, print the loss and samples, and draw."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    texts = [(DOCS / name).read_text(encoding="utf-8") for name in TEXTS]
    characters = sorted(set("".join(texts)) & set(map(chr, range(128))))
    train, test = parts_of([np.array([characters.index(c) for c in text if c in characters]) for text in texts])

    net = Writer(len(characters), 64, rng)
    print(summary(net, train[None, :CONTEXT]))
    print(f"\n{len(train):,} characters to learn from, {len(test):,} to be tested on; {len(characters)} different ones")
    optimizer = AdamW(net.parameters(), weight_decay=0.1)
    schedule = OneCycleLR(optimizer, 1e-2, options.steps)
    losses, tests = [], {}
    start = perf_counter()
    for step in range(1, options.steps + 1):
        places = rng.integers(len(train) - CONTEXT, size=(BATCH, 1)) + np.arange(CONTEXT + 1)
        optimizer.zero_grad()
        loss = loss_of(net, train[places])
        loss.backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 0 or step == options.steps:
            tests[step] = loss_of(net, windows(test)).item()
            print(
                f"step {step:4}   loss {np.mean(losses[-100:]):.3f}   test loss {tests[step]:.3f} nats a character"
                f"   {perf_counter() - start:5.1f} s",
                flush=True,
            )

    for prompt in ("The gradient ", "```python\n"):
        print(f"\n{' sample ':-^80}\n{continued(net, prompt, 300, characters, rng)}")
    print(f"{'':-^80}\nwrote {drawing(losses, tests, train, options.out)}")


def parts_of(texts: list[Any]) -> tuple[Any, Any]:
    """The first nine tenths of all texts, one after the other, and the last tenths."""
    ends = [len(text) * 9 // 10 for text in texts]
    first, last = zip(*((text[:end], text[end:]) for text, end in zip(texts, ends, strict=True)), strict=True)
    return np.concatenate(first), np.concatenate(last)


def loss_of(net: Writer, texts: Any) -> Any:
    """The cross entropy of each character of the texts but the first, given those before.  (N, L + 1) -> ()"""
    scores = net(texts[:, :-1])
    return cross_entropy(scores.reshape(-1, scores.shape[-1]), texts[:, 1:].reshape(-1))


def windows(numbers: Any) -> Any:
    """A text in pieces that overlap by one character.  (n,) -> (n // CONTEXT, CONTEXT + 1)"""
    starts = np.arange(0, len(numbers) - CONTEXT - 1, CONTEXT)
    return numbers[starts[:, None] + np.arange(CONTEXT + 1)]


def continued(net: Writer, prompt: str, n: int, characters: list[str], rng: np.random.Generator) -> str:
    """The prompt and n characters more, each drawn by its probability; rare ones are made rarer."""
    numbers = [characters.index(c) for c in prompt]
    for _ in range(n):
        scores = net(np.array([numbers[-CONTEXT:]])).data[0, -1]
        p = softmax(scores.astype(float) / 0.7)
        numbers.append(int(rng.choice(len(characters), p=p / p.sum())))
    return "".join(characters[i] for i in numbers)


def drawing(losses: list[float], tests: dict[int, float], train: Any, folder: Path) -> Path:
    """Draw the losses, beside that of a writer who knows how frequent each character is and nothing else."""
    shares = np.bincount(train) / len(train)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, color="tab:blue", linewidth=0.8, label="training")
    axes.plot(*zip(*tests.items(), strict=True), color="tab:orange", marker="o", label="test")
    entropy = -np.sum(shares[shares > 0] * np.log(shares[shares > 0]))
    axes.axhline(entropy, color="grey", linestyle=":")
    axes.text(len(losses), entropy, "frequencies alone", color="grey", ha="right", va="bottom")
    axes.set(xlabel="step", ylabel="nats a character", title="how surprising the next character is")
    axes.legend()
    path = folder / "char_transformer.png"
    figure.savefig(path, dpi=120)
    return path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--steps", type=int, default=600, help="batches to learn from (default: 600)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.steps < 1:
        parser.error(f"--steps: got {options.steps}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
