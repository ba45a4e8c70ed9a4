"""A network's numbers from PyTorch and back to it: the same outputs, the same gradients, the same step of training.

    python examples/torch_weights.py [--seed 0] [--out out/]

Names and layouts are PyTorch's, so `state_dict` and `state` fit each other, in memory and as safetensors files.
Without PyTorch it shows the names and says what is missing: pip install torch safetensors.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nn import (
    GELU,
    AdamW,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    Sequential,
    cross_entropy,
    load,
    save,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Carry the numbers there and back, and print how far the two engines are apart."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    net = network(rng)
    print("Names and shapes, which are those of the same network in PyTorch:")
    for name, x in net.state().items():
        print(f"  {name:<24}{x.shape!s:<16}{x.dtype}")
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        print(f"\nThe rest needs {' and '.join(missing)}: pip install {' '.join(missing)}")
        return
    transferred(net, rng, options)


def network(rng: np.random.Generator) -> Sequential:
    """A small convolutional network.  (N, 1, 12, 12) -> (N, 10)"""
    return Sequential(
        Conv2d(1, 8, 3, padding=1, bias=False, rng=rng), BatchNorm2d(8), GELU(), MaxPool2d(2),
        Flatten(), Linear(8 * 6 * 6, 10, rng=rng),
    )  # fmt: skip


def network_of_torch(torch: Any) -> Any:
    """The same in PyTorch."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.GELU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 6 * 6, 10),
    ).double()  # fmt: skip


def transferred(net: Sequential, rng: np.random.Generator, options: argparse.Namespace) -> None:
    """Load a PyTorch network's numbers, train both a step, and give them back."""
    import safetensors.torch  # noqa: PLC0415  # they may be missing
    import torch  # noqa: PLC0415  # likewise

    torch.manual_seed(options.seed)
    theirs = network_of_torch(torch)
    x, labels = rng.standard_normal((32, 1, 12, 12)), rng.integers(10, size=32)
    x_theirs, labels_theirs = torch.from_numpy(x), torch.from_numpy(labels)

    print("\nFrom PyTorch: net.load of its state_dict")
    net.load({name: t.numpy() for name, t in theirs.state_dict().items()})
    ours_given, theirs_given = net(x), theirs(x_theirs)
    apart("outputs", ours_given.data, theirs_given)
    cross_entropy(ours_given, labels).backward()
    torch.nn.functional.cross_entropy(theirs_given, labels_theirs).backward()
    gradients = zip(net.parameters(), theirs.parameters(), strict=True)
    apart("gradients", *map(joined, zip(*((p.grad, q.grad) for p, q in gradients), strict=True)))

    print("\nA step of AdamW in each")
    AdamW(net.parameters(), lr=1e-3).step()
    torch.optim.AdamW(theirs.parameters(), lr=1e-3).step()
    parameters = zip(net.parameters(), theirs.parameters(), strict=True)
    apart("parameters", *map(joined, zip(*((p.data, q.detach()) for p, q in parameters), strict=True)))

    print("\nTo PyTorch: load_state_dict of a file that `save` wrote")
    path = options.out / "weights.safetensors"
    save(net, path)
    fresh = network_of_torch(torch)
    fresh.load_state_dict(safetensors.torch.load_file(path))
    apart("outputs", net.eval()(x).data, fresh.eval()(x_theirs))

    print("\nFrom a file that PyTorch wrote")
    safetensors.torch.save_file(theirs.state_dict(), path)
    again = network(rng)
    load(again, path)
    apart("outputs", again.eval()(x).data, theirs.eval()(x_theirs))


def joined(arrays: tuple[Any, ...]) -> Any:
    """All numbers of some arrays in a row."""
    return np.concatenate([np.ravel(a) for a in arrays])


def apart(what: str, ours: Any, theirs: Any) -> None:
    """Print the largest difference, beside the largest number."""
    theirs = theirs.detach().numpy() if hasattr(theirs, "detach") else theirs
    print(f"  {what:<12}largest {np.abs(theirs).max():.3g}, largest difference {np.abs(ours - theirs).max():.1e}")


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the file is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the file (default: out/)")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
