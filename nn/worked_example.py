"""The 2-2-2 network of Matt Mazur's "A Step by Step Backpropagation Example" (2015), to be taken apart.

Two inputs, two hidden and two output neurons, all logistic. Weights w1 and w2 enter h1, w3 and w4
h2, w5 and w6 o1, w7 and w8 o2; bias b1 is of the hidden layer, b2 of the output layer. The error
E_total is the sum of 1/2 (target - out)^2 over the two outputs.

>>> network = two_two_two()
>>> E_total = network.error()
>>> E_total.backward()
>>> f"{E_total:.9f}, {named_values(E_total)['w5'].grad:.9f}"
'0.298371109, 0.082167041'
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Literal

import numpy as np

from autograd_mini import UsageError, Value, logistic

from .layers.linear import Linear
from .losses.regression import half_squared_error
from .module import Module
from .neuron import Bias, Layer
from .optim import SGD
from .training import Training

__all__ = [
    "BIASES",
    "INPUTS",
    "RATE",
    "TARGETS",
    "WEIGHTS",
    "MatrixLayer",
    "TwoTwoTwo",
    "named_values",
    "recorded",
    "rounds",
    "two_two_two",
]

INPUTS = (0.05, 0.10)
TARGETS = (0.01, 0.99)
WEIGHTS = (((0.15, 0.20), (0.25, 0.30)), ((0.40, 0.45), (0.50, 0.55)))
BIASES = (0.35, 0.60)
RATE = 0.5

Form = Literal["scalar", "matrix"]
Order = Literal["simultaneous", "sequential"]


def two_two_two(form: Form = "scalar", bias: Bias = "fixed") -> TwoTwoTwo:
    """The network with the weights that it starts from.

    form: a "scalar" Value for every weight, or a 2 x 2 "matrix" for every layer. bias: "fixed", not
    trained, as in the post; "shared", one trained per layer; or "each", one trained per neuron.

    Raises: UsageError for another form or bias.

    Example
    -------
    >>> [len(two_two_two(bias=b).parameters()) for b in ("fixed", "shared", "each")]
    [8, 10, 12]
    >>> [len(two_two_two("matrix", bias=b).parameters()) for b in ("fixed", "shared", "each")]
    [2, 4, 4]
    """
    if form not in ("scalar", "matrix"):
        raise UsageError(f'two_two_two: got form={form!r}; it is "scalar" or "matrix"; choose one of them')
    if bias not in ("fixed", "shared", "each"):
        raise UsageError(f'two_two_two: got bias={bias!r}; it is "fixed", "shared" or "each"; choose one of them')
    layers: list[Any] = []
    for name, number, weights, start in zip("ho", (1, 2), WEIGHTS, BIASES, strict=True):
        if form == "matrix":
            layers.append(MatrixLayer(weights, start, bias, name=name))
        else:
            layers.append(
                Layer(
                    2, 2, bias=bias, weights=weights, biases=start,
                    name=name, number_from=4 * number - 3, bias_name=f"b{number}",
                )
            )  # fmt: skip
    return TwoTwoTwo(*layers)


def rounds(network: TwoTwoTwo, *, rate: float = RATE, order: Order = "simultaneous") -> Iterator[float]:
    """Train without end on the one example; each round, once done, gives the E_total that it began with.

    So n items mean n rounds, and `network.error()` is the error after them. Gradients from elsewhere
    are forgotten first, and none are left.
    order: "simultaneous" takes every gradient before any weight moves: gradient descent.
    "sequential" moves the output layer first, and takes the gradients of the hidden layer through
    the output weights that have moved already: not a gradient of anything, but the order behind some
    of the figures in the post.

    Raises: UsageError for another order, or a rate that is no rate.

    Example
    -------
    >>> from itertools import islice
    >>> [round(error, 6) for error in islice(rounds(two_two_two()), 3)]
    [0.298371, 0.291028, 0.283547]
    """
    if order not in ("simultaneous", "sequential"):
        raise UsageError(f'rounds: got order={order!r}; it is "simultaneous" or "sequential"; choose one of them')
    steps = simultaneous if order == "simultaneous" else sequential
    return steps(network, rate)


def recorded(network: TwoTwoTwo, n: int, *, rate: float = RATE, order: Order = "simultaneous") -> Training:
    """What n rounds of training do to a copy of the network, which itself stays as it is.

    Raises: UsageError as `rounds` does.

    Example
    -------
    >>> training = recorded(two_two_two(), 100)
    >>> training.history()["rounds"][-1], f"{training.history()['errors'][-1]:.9f}"
    (100, '0.020046828')
    """
    trained = deepcopy(network)
    training = Training(trained, [(INPUTS, TARGETS)], rounds=n, rate=rate)
    steps = rounds(trained, rate=rate, order=order)
    for k in range(n + 1):
        if k:
            next(steps)
        error = None
        if training.is_due:
            trained.zero_grad()
            error = trained.error()
            error.backward()
        training.record(error)
    training.network = network
    return training


def simultaneous(network: TwoTwoTwo, rate: float) -> Iterator[float]:
    """Gradient descent."""
    optimizer = SGD(network.parameters(), rate)
    while True:
        optimizer.zero_grad()
        error = network.error()
        error.backward(keep="leaves")
        optimizer.step()
        optimizer.zero_grad()
        yield error.item()


def sequential(network: TwoTwoTwo, rate: float) -> Iterator[float]:
    """The output layer first; then the hidden layer, through the output weights that have moved.

    The deltas of the output layer stay those of the forward pass. What carries them down is recorded
    anew: the sum of each delta times its weighted sum, whose derivative by out_h1 is the sum of each
    delta times the weight that has moved.
    """
    first, second = SGD(network.output.parameters(), rate), SGD(network.hidden.parameters(), rate)
    while True:
        first.zero_grad()
        second.zero_grad()
        hidden = network.hidden(network.inputs())
        nets = network.output.nets(hidden)
        error = network.error_of(network.output.outs(nets))
        error.backward()
        deltas = [net.grad for net in parts(nets)]
        first.step()
        second.zero_grad()
        moved = parts(network.output.nets(hidden))
        carried = [
            delta * net if isinstance(delta, float) else np.sum(delta * net)
            for delta, net in zip(deltas, moved, strict=True)
        ]
        sum(carried[1:], carried[0]).backward(keep="leaves")
        second.step()
        first.zero_grad()
        second.zero_grad()
        yield error.item()


class TwoTwoTwo(Module):
    """A hidden and an output layer.

    Called with two inputs it gives two outputs: a list of two scalar Values if its layers are of
    scalars, and a Value of shape (2,) if they are matrices.
    """

    def __init__(self, hidden: Layer | MatrixLayer, output: Layer | MatrixLayer) -> None:
        self.hidden, self.output = hidden, output

    def __call__(self, x: Any) -> Any:
        """The two outputs, for two inputs."""
        return self.output(self.hidden(x))

    def error(self) -> Any:
        """E_total of the one example."""
        return self.error_of(self(self.inputs()))

    def inputs(self) -> Any:
        """The inputs of the one example as Values, made for this call: they are drawn, and not trained."""
        if isinstance(self.hidden, MatrixLayer):
            return Value(INPUTS, name="i")
        return [Value(x, name=f"i{k}") for k, x in enumerate(INPUTS, 1)]

    def error_of(self, outs: Any) -> Any:
        """E_total of outputs of the network, against the targets of the one example."""
        if isinstance(outs, list):
            errors = [
                half_squared_error(o, Value(t, name=f"target_o{k}"))
                for k, (o, t) in enumerate(zip(outs, TARGETS, strict=True), 1)
            ]
            for k, error in enumerate(errors, 1):
                error.name = f"E_o{k}"
            total = errors[0] + errors[1]
        else:
            total = half_squared_error(outs, Value(TARGETS, name="target_o"))
        total.name = "E_total"
        return total


class MatrixLayer(Linear):
    """A `Linear` and the logistic function, with the methods of `Layer`.  (..., 2) -> (..., 2)"""

    def __init__(self, weights: Any, start: float, bias: Bias, *, name: str) -> None:
        super().__init__(2, 2)
        self.name = name
        self.weight = Value(weights, name=f"w_{name}")
        if bias == "fixed":
            self.bias = np.array(start)
        else:
            self.bias = Value(start if bias == "shared" else (start, start), name=f"b_{name}")

    def __call__(self, x: Any) -> Any:
        """The outputs.  (..., 2) -> (..., 2)"""
        return self.outs(self.nets(x))

    def nets(self, x: Any) -> Any:
        """The weighted sums."""
        nets = super().__call__(x)
        nets.name = f"net_{self.name}"
        return nets

    def outs(self, nets: Any) -> Any:
        """The logistic function of the weighted sums."""
        outs = logistic(nets)
        outs.name = f"out_{self.name}"
        return outs


def parts(x: Any) -> list[Any]:
    """The scalars of a layer of scalars, or the one array of a layer of matrices."""
    return x if isinstance(x, list) else [x]


def named_values(output: Value) -> dict[str, Value]:
    """Every Value with a name that `output` was computed from, and itself, by name.

    Of several with one name, the one that was met first on the way from `output`.
    """
    found: dict[str, Value] = {}
    seen: set[int] = set()
    stack = [output]
    while stack:
        v = stack.pop()
        if id(v) in seen:
            continue
        seen.add(id(v))
        if v.name is not None:
            found.setdefault(v.name, v)
        stack += [x for x in reversed(v.operands) if isinstance(x, Value)]
    return found
