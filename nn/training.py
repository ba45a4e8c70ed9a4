"""`Training`: what a network was like on some rounds of its training, to be watched in a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_mini import Graph, ShapeError, UsageError, Value

from .layers.linear import Linear
from .module import Module, contents
from .neuron import Neuron

__all__ = ["Training"]

MOST_NEURONS = 100
POINTS = 180  # rounds that are kept, evenly spaced on a logarithmic scale


class Training:
    """A recorder of a training run: call `record` once each round, before the parameters move.

    network: of `Layer`s, `Neuron`s or `Linear`s, one behind the other. examples: (inputs, targets)
    pairs, whose activations the page shows. rounds: how many are to come; round 0 is before
    training, and a last `record` after it is welcome. rate: the learning rate, if the page is to say
    what a step does.

    Rounds are kept on a logarithmic scale: the first few, then ever fewer, and the last. `record` does
    next to nothing on the others; a loop that has to do more for it may ask `is_due` first.

    Raises: UsageError for a network without such layers, or with more than 100 neurons; ShapeError
    for examples that do not fit.

    Example
    -------
    >>> from autograd_mini import explore
    >>> from nn import SGD, Layer, half_squared_error
    >>> net = Layer(1, 1, weights=[[2.0]], biases=[0.0], name="o")
    >>> optimizer = SGD(net.parameters(), lr=0.5)
    >>> training = Training(net, [([1.0], [0.5])], rounds=20, rate=0.5)
    >>> for _ in range(21):
    ...     optimizer.zero_grad()
    ...     error = half_squared_error(net([1.0]), [0.5])
    ...     error.backward()
    ...     training.record(error)
    ...     optimizer.step()
    >>> explore(error, training)
    <Page v7: 11 values>
    """

    def __init__(
        self,
        network: Module,
        examples: Sequence[tuple[Any, Any]],
        *,
        rounds: int,
        rate: float | None = None,
    ) -> None:
        self.network, self.rate = network, rate
        self.layers = list(layers_of(network))
        if not self.layers:
            raise UsageError(
                f"Training: got a {type(network).__name__} without a Layer, Neuron or Linear; "
                "the page shows weights between neurons; give a network of such layers"
            )
        neurons = sum(map(fan_out, self.layers)) + fan_in(self.layers[0])
        if neurons > MOST_NEURONS:
            raise UsageError(
                f"Training: got a network of {neurons} neurons; the page shows up to {MOST_NEURONS}; "
                "record a smaller network"
            )
        sizes = fan_in(self.layers[0]), fan_out(self.layers[-1])
        self.examples = [(np.ravel(x).astype(float), np.ravel(t).astype(float)) for x, t in examples]
        for x, t in self.examples:
            if (x.size, t.size) != sizes:
                raise ShapeError(
                    f"Training: got an example of {x.size} inputs and {t.size} targets; the network has "
                    f"{sizes[0]} and {sizes[1]}; give (inputs, targets) pairs of these sizes"
                )
        if not self.examples:
            raise UsageError("Training: got no examples; the page shows activations; give at least one")
        self.total = rounds
        self.kept = frozenset(spaced(rounds))
        self.round = 0
        self.rows: list[dict[str, Any]] = []

    @property
    def is_due(self) -> bool:
        """Whether the coming `record` keeps its round."""
        return self.round in self.kept

    def record(self, error: Any = None) -> None:
        """Keep this round, if it is one of those to be kept: the error, and what parameters hold and have as gradient.

        Raises: UsageError if it is kept, and there is no error.
        """
        if self.is_due:
            if error is None:
                raise UsageError(
                    f"Training.record: round {self.round} is to be kept, and has no error; "
                    "give the error of the round, a Value or a number"
                )
            self.rows.append(self.row(error))
        self.round += 1

    def row(self, error: Any) -> dict[str, Any]:
        """All that is kept of a round."""
        parameters = [tied(layer) for layer in self.layers]
        weights = [w for weights, _ in parameters for row in weights for w in row]
        biases = [b for _, found in parameters for b in found if b is not None]
        return {
            "round": self.round,
            "error": float(error.item() if hasattr(error, "item") else error),
            "weights": [held(p) for p in (*weights, *biases)],
            "gradients": [slope(p) for p in (*weights, *biases)],
            "activations": [self.activations(x) for x, _ in self.examples],
        }

    def activations(self, x: Any) -> list[list[float]]:
        """What each neuron puts out for these inputs, layer by layer, read from the graph of the outputs."""
        if isinstance(self.layers[0], Linear):
            inputs: Any = Value(x)
            outputs = [self.network(inputs)]
        else:
            inputs = [Value(float(e)) for e in x]
            found = self.network(inputs)
            outputs = list(found) if isinstance(found, (list, tuple)) else [found]
        graph = Graph.of(*outputs)
        owner: dict[Any, tuple[int, int]] = {}
        for depth, layer in enumerate(self.layers):
            for j, neuron in enumerate(parts_of(layer)):
                owner.update({graph[w]: (depth, j) for w in weights_in(neuron) if w in graph.places})
        # What is computed from a neuron's weights belongs to it, until weights of a later layer come in.
        given = set(inputs if isinstance(inputs, list) else [inputs])
        moves = {graph[v] for v in given if v in graph.places}
        last: dict[tuple[int, int], Any] = {}
        for node in graph.nodes:
            if node.op is None:
                continue
            near = [p for p in node.operands if p in owner] if node.op else []
            if near:
                owner[node] = max(owner[p] for p in near)
            if any(p in moves for p in node.operands if p.__class__ is node.__class__):
                moves.add(node)
                if node in owner and len({owner[p] for p in near if owner[p][0] == owner[node][0]}) == 1:
                    last[owner[node]] = node.value
        return [
            [float(e) for j in range(len(parts_of(layer))) for e in np.ravel(last.get((depth, j), np.nan))]
            for depth, layer in enumerate(self.layers)
        ]

    def history(self) -> Mapping[str, Any]:
        """The run in lists and numbers, as the page reads it."""
        if not self.rows:
            raise UsageError("Training: nothing was recorded; call record(error) once each round")
        names = [named(layer, depth, len(self.layers)) for depth, layer in enumerate(self.layers)]
        columns = [[f"i{k + 1}" for k in range(fan_in(self.layers[0]))], *names]
        synapses, biases = [], []
        for depth, layer in enumerate(self.layers):
            weights, found = tied(layer)
            synapses += [
                {"name": label(w, f"w_{columns[depth][i]}_{names[depth][j]}"), "from": [depth, i], "to": [depth + 1, j]}
                for j, row in enumerate(weights)
                for i, w in enumerate(row)
            ]
            biases += [label(b, f"b_{names[depth][j]}") for j, b in enumerate(found) if b is not None]
        scales = [1.0] * len(columns)
        for row in self.rows:
            for example in row["activations"]:
                for depth, found in enumerate(example, 1):
                    scales[depth] = max(scales[depth], *(abs(a) for a in found if np.isfinite(a)), 0.0)
        scales[0] = max(1.0, *(float(np.max(np.abs(x), initial=0.0)) for x, _ in self.examples))
        titles = ["inputs", *titles_of(len(self.layers))]
        return {
            "rounds": [row["round"] for row in self.rows],
            "errors": [number(row["error"]) for row in self.rows],
            "weights": [numbers(row["weights"]) for row in self.rows],
            "gradients": [numbers(row["gradients"]) for row in self.rows],
            "activations": [[[numbers(a) for a in e] for e in row["activations"]] for row in self.rows],
            "examples": [{"inputs": numbers(x), "targets": numbers(t)} for x, t in self.examples],
            "layers": [{"title": t, "neurons": n, "scale": s} for t, n, s in zip(titles, columns, scales, strict=True)],
            "synapses": synapses,
            "biases": [{"name": name, "column": len(synapses) + k} for k, name in enumerate(biases)],
        }


Cell = tuple[Value, int | tuple[int, ...] | None]  # a parameter, and where in it the number stands


def spaced(rounds: int) -> Iterable[int]:
    """Rounds from 0 to the last, evenly spaced on a logarithmic scale, each power of ten among them."""
    yield 0
    yield rounds
    for x in np.geomspace(1, max(rounds, 1), POINTS):
        yield round(float(x))
    yield from (10**k for k in range(len(str(rounds))))


def layers_of(module: Any) -> Iterator[Any]:
    """The layers in a network, in order; neurons that stand by themselves are layers of one."""
    if isinstance(module, (Linear, Neuron)):
        yield module
        return
    inside = contents(module)
    if isinstance(module, Module) and isinstance(getattr(module, "neurons", None), list):
        yield module
        return
    for _, part in inside:
        yield from layers_of(part)


def parts_of(layer: Any) -> list[Any]:
    """The neurons of a layer; a Linear is one part, of arrays."""
    return list(layer.neurons) if hasattr(layer, "neurons") else [layer]


def weights_in(part: Any) -> list[Value]:
    """The weights of a neuron, or of a Linear."""
    return [part.weight] if isinstance(part, Linear) else list(part.weights)


def fan_in(layer: Any) -> int:
    """How many inputs a layer has."""
    part = parts_of(layer)[0]
    return part.in_features if isinstance(part, Linear) else len(part.weights)


def fan_out(layer: Any) -> int:
    """How many neurons a layer has."""
    return layer.out_features if isinstance(layer, Linear) else len(parts_of(layer))


def tied(layer: Any) -> tuple[list[list[Cell]], list[Cell | None]]:
    """The weights of a layer, a row for each neuron, and its trained biases, one that is shared once."""
    if isinstance(layer, Linear):
        rows, columns = layer.out_features, layer.in_features
        weights: list[list[Cell]] = [[(layer.weight, (j, i)) for i in range(columns)] for j in range(rows)]
        if not isinstance(layer.bias, Value):
            return weights, []
        shared = layer.bias.shape == ()
        return weights, [(layer.bias, None)] if shared else [(layer.bias, (j,)) for j in range(rows)]
    neurons = parts_of(layer)
    found: dict[Value, None] = {}
    biases: list[Cell | None] = []
    for neuron in neurons:
        is_new = isinstance(neuron.bias, Value) and neuron.bias not in found
        biases.append((neuron.bias, None) if is_new else None)
        if is_new:
            found[neuron.bias] = None
    return [[(w, None) for w in neuron.weights] for neuron in neurons], biases


def held(cell: Cell) -> float:
    """The number that a cell holds."""
    v, at = cell
    return float(v.data if at is None else v.data[at])


def slope(cell: Cell) -> float | None:
    """The gradient at a cell, if there is one yet."""
    v, at = cell
    if v.grad is None:
        return None
    return float(v.grad if at is None else v.grad[at])


def label(cell: Cell, otherwise: str) -> str:
    """What a cell is called: its own name if it has one to itself."""
    v, at = cell
    return v.name if at is None and v.name else otherwise


def named(layer: Any, depth: int, count: int) -> list[str]:
    """The names of the neurons of a layer."""
    if not isinstance(layer, Linear):
        return [neuron.name for neuron in parts_of(layer)]
    letter = getattr(layer, "name", None) or ("o" if depth == count - 1 else "h" if count <= 2 else f"h{depth + 1}_")
    return [f"{letter}{j + 1}" for j in range(layer.out_features)]


def titles_of(count: int) -> list[str]:
    """The titles of the columns behind the inputs."""
    hidden = ["hidden"] if count == 2 else [f"hidden {k}" for k in range(1, count)]
    return [*hidden, "outputs"]


def numbers(xs: Iterable[Any]) -> list[Any]:
    """Numbers as JSON has them, to 15 digits."""
    return [None if x is None else number(float(f"{x:.15g}")) for x in xs]


def number(x: float) -> Any:
    """A number as JSON has it; as text where it has none."""
    return x if np.isfinite(x) else "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"
