"""Neurons built of scalar Values, one per weight: small and slow, and every number can be seen.

`Linear` computes the same with matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from autograd_mini import ShapeError, Value, logistic

from .checks import check_choice, check_whole
from .layers.linear import uniform
from .module import Module

__all__ = ["Bias", "Layer", "Neuron"]

Bias = Literal["fixed", "shared", "each"]
Activation = Callable[[Any], Any]


class Neuron(Module):
    """activation(w1 x1 + ... + wn xn + bias), of scalars.

    weights: in_features numbers; bias: a number, or a Value to be shared with other neurons; without
    them both are drawn from `rng`, as those of `Linear` are. name: what drawings call it; its
    weighted sum is net_<name>, and its output out_<name>. number_from: the number of its first
    weight, in the names w<number>.

    Raises: UsageError for a size below 1; ShapeError for another number of weights, and, when
    called, of inputs.

    Example
    -------
    >>> h1 = Neuron(2, weights=[0.15, 0.20], bias=0.35, name="h1")
    >>> h1
    Neuron(name='h1', weights=[w1: 0.15, w2: 0.2], bias=b_h1: 0.35, activation=logistic)
    >>> f"{h1([0.05, 0.10]):.9f}"
    '0.593269992'
    """

    def __init__(
        self,
        in_features: int,
        *,
        activation: Activation = logistic,
        weights: Sequence[float] | None = None,
        bias: float | Value | None = None,
        name: str = "n",
        number_from: int = 1,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("Neuron", "in_features", in_features)
        rng = np.random.default_rng() if rng is None else rng
        drawn = uniform(rng, in_features, (in_features + 1,))
        starts = drawn[:-1] if weights is None else np.array(weights, dtype=float)
        if starts.shape != (in_features,):
            raise ShapeError(
                f"Neuron {name}: got weights of shape {starts.shape}; it needs {(in_features,)}; give one per input"
            )
        self.name = name
        self.weights = [Value(w, name=f"w{i}") for i, w in enumerate(starts.tolist(), number_from)]
        start = drawn[-1] if bias is None else bias
        self.bias: Any = start if isinstance(start, Value) else Value(float(start), name=f"b_{name}")
        self.activation = activation

    def __call__(self, x: Sequence[Any]) -> Any:
        """The output, for in_features scalars."""
        return self.out(self.net(x))

    def net(self, x: Sequence[Any], bias: Any = None) -> Any:
        """The weighted sum of the inputs and the bias, or another `bias` in place of its own."""
        if len(x) != len(self.weights):
            raise ShapeError(
                f"Neuron {self.name}: got {len(x)} inputs; it has {len(self.weights)} weights; give one input each"
            )
        net = self.weights[0] * x[0]
        for i in range(1, len(x)):
            net = net + self.weights[i] * x[i]
        net = net + (self.bias if bias is None else bias)
        net.name = f"net_{self.name}"
        return net

    def out(self, net: Any) -> Any:
        """The activation of a weighted sum."""
        out = self.activation(net)
        if out is not net and isinstance(out, Value):
            out.name = f"out_{self.name}"
        return out


class Layer(Module):
    """Neurons that read the same inputs; a list of in_features scalars -> a list of out_features scalars.

    bias: "each" neuron has one, or one is "shared" by all of them, or that one is "fixed", a number
    that is not trained. weights: a row of in_features numbers per neuron; biases: the number that
    they start from, or with "each" one for every neuron; without them both are drawn from `rng`.
    name: the neurons are <name>1, <name>2, ... number_from: the number of the first weight.
    bias_name: what drawings call the one bias of the layer.

    Raises: UsageError for sizes below 1 and another bias; ShapeError for weights or biases of
    another shape, and, when called, for another number of inputs.

    Example
    -------
    >>> hidden = Layer(2, 2, weights=[[0.15, 0.20], [0.25, 0.30]], biases=0.35, bias="shared", name="h")
    >>> [out.name for out in hidden([0.05, 0.10])]
    ['out_h1', 'out_h2']
    >>> len(hidden.parameters())
    5
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activation: Activation = logistic,
        bias: Bias = "each",
        weights: Any = None,
        biases: Any = None,
        name: str = "n",
        number_from: int = 1,
        bias_name: str | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_whole("Layer", "in_features", in_features)
        check_whole("Layer", "out_features", out_features)
        check_choice("Layer", "bias", bias, ("fixed", "shared", "each"))
        rng = np.random.default_rng() if rng is None else rng
        rows = numbers("Layer", weights, uniform(rng, in_features, (out_features, in_features)))
        starts = numbers("Layer", biases, uniform(rng, in_features, (out_features,) if bias == "each" else ()))
        if bias == "each":
            starts = np.broadcast_to(starts, (out_features,))
        self.neurons = [
            Neuron(
                in_features,
                activation=activation,
                weights=row,
                bias=0.0,
                name=f"{name}{j}",
                number_from=number_from + (j - 1) * in_features,
            )
            for j, row in enumerate(rows, 1)
        ]
        self.bias_name = f"b_{name}" if bias_name is None else bias_name
        self.bias: Any = None
        if bias == "each":
            for neuron, start in zip(self.neurons, starts.tolist(), strict=True):
                neuron.bias.data = start
        else:
            start = starts.item()
            self.bias = start if bias == "fixed" else Value(start, name=self.bias_name)
            for neuron in self.neurons:
                neuron.bias = self.bias

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """The outputs, for in_features scalars."""
        return self.outs(self.nets(x))

    def nets(self, x: Sequence[Any]) -> list[Any]:
        """The weighted sum of each neuron.

        A fixed bias is recorded as a Value all the same, made for this call: it is drawn, and has
        a gradient, but is no parameter.
        """
        bias = Value(self.bias, name=self.bias_name) if isinstance(self.bias, float) else None
        return [neuron.net(x, bias) for neuron in self.neurons]

    def outs(self, nets: Sequence[Any]) -> list[Any]:
        """The activation of each weighted sum."""
        return [neuron.out(net) for neuron, net in zip(self.neurons, nets, strict=True)]


def numbers(where: str, given: Any, default: Any) -> Any:
    """What was given as an array, or the default of the same shape; one number does for all of a vector."""
    if given is None:
        return default
    array = np.array(given, dtype=float)
    if array.shape != default.shape and not (array.shape == () and default.ndim == 1):
        raise ShapeError(
            f"{where}: got numbers of shape {array.shape}; it needs shape {default.shape}; "
            "give a row of weights, or a bias, for each neuron"
        )
    return array
