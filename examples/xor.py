"""Exclusive or, learnt by neurons of scalars: 2 inputs, 5 hidden neurons, 1 output.

The second network of the script that came with Matt Mazur's "A Step by Step Backpropagation
Example": eta 0.5, random initial weights between 0 and 1, one random bias per layer, and 10,000
examples chosen at random, one at a time. The biases stay fixed, as there; --bias trains them.

    python examples/xor.py [--bias fixed|shared|each] [--rounds 10000] [--seed 0]
"""

from __future__ import annotations

import argparse
from typing import get_args

import numpy as np

from nn import SGD, Layer, Sequential, half_squared_error
from nn.neuron import Bias

EXAMPLES = (((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0))
RATE = 0.5


def main(arguments: list[str] | None = None) -> None:
    """Train, and print the outputs before and after."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--bias", choices=get_args(Bias), default="fixed", help="which are trained (default: fixed)")
    parser.add_argument("--rounds", type=int, default=10_000, help="examples to learn from (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    options = parser.parse_args(arguments)
    if options.rounds < 0 or options.seed < 0:
        parser.error("--rounds and --seed must be 0 or more")

    rng = np.random.default_rng(options.seed)
    network = Sequential(random_layer(2, 5, options.bias, "h", rng), random_layer(5, 1, options.bias, "o", rng))
    before = outputs(network)
    optimizer = SGD(network.parameters(), lr=RATE)
    for choice in rng.integers(len(EXAMPLES), size=options.rounds):
        inputs, target = EXAMPLES[choice]
        optimizer.zero_grad()
        half_squared_error(network(inputs)[0], target).backward(keep="leaves")
        optimizer.step()
    after = outputs(network)

    print(f"XOR by 2-5-1 logistic neurons, eta {RATE}, bias {options.bias}, seed {options.seed}")
    print(f"  inputs   target   output before   after {options.rounds:,} examples")
    for (inputs, target), first, last in zip(EXAMPLES, before, after, strict=True):
        print(f"  {inputs[0]:.0f}  {inputs[1]:.0f}   {target:6.0f}   {first:13.6f}   {last:13.6f}")
    right = sum((last > 0.5) == (target > 0.5) for (_, target), last in zip(EXAMPLES, after, strict=True))
    print(f"  E_total of the four: {total_error(before):.6f} before, {total_error(after):.6f} after")
    print(f"  on the right side of 0.5: {right} of {len(EXAMPLES)}")


def random_layer(in_features: int, out_features: int, bias: Bias, name: str, rng: np.random.Generator) -> Layer:
    """A layer with weights, and one starting bias, drawn uniformly from [0, 1)."""
    weights = rng.random((out_features, in_features))
    return Layer(in_features, out_features, bias=bias, weights=weights, biases=rng.random(), name=name)


def outputs(network: Sequential) -> list[float]:
    """What the network gives for the four examples."""
    return [network(inputs)[0].item() for inputs, _ in EXAMPLES]


def total_error(outs: list[float]) -> float:
    """The sum of 1/2 (target - out)^2 over the four examples."""
    return float(half_squared_error(np.array(outs), np.array([target for _, target in EXAMPLES])))


if __name__ == "__main__":
    main()
