"""A training step of a small convolutional network for digits: two convolutions, two poolings, one linear map."""

import numpy as np

from . import Workload

RATE = 2.0**-13  # the same in float32


def step(library, *, dtype, side, channels, batch):
    rng = np.random.default_rng(0)
    first, second = channels
    n = second * (side // 4) ** 2
    x = library.constant(rng.standard_normal((batch, 1, side, side)).astype(dtype))
    labels = library.labels(rng.integers(0, 10, batch))
    numbers = {
        "0.weight": rng.standard_normal((first, 1, 3, 3)) / 3,
        "0.bias": np.full(first, 0.1),
        "3.weight": rng.standard_normal((second, first, 3, 3)) / (9 * first) ** 0.5,
        "3.bias": np.full(second, 0.1),
        "7.weight": rng.standard_normal((10, n)) / n**0.5,
        "7.bias": np.full(10, 0.1),
    }
    numbers = {name: a.astype(dtype) for name, a in numbers.items()}

    if "modules" in library.CAN:
        nn, kind = library.nn, library.kind(dtype)
        model = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1, dtype=kind),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1, dtype=kind),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(n, 10, dtype=kind),
        )
        return library.trained(model, numbers, lambda model: library.cross_entropy(model(x), labels), rate=RATE)

    def loss(w1, b1, w2, b2, w3, b3):
        h = library.max_pool(library.relu(library.conv(x, w1) + b1.reshape(1, -1, 1, 1)))
        h = library.max_pool(library.relu(library.conv(h, w2) + b2.reshape(1, -1, 1, 1)))
        return library.cross_entropy(h.reshape(batch, n) @ w3.T + b3, labels)

    return library.adam(loss, *numbers.values(), rate=RATE)


WORKLOADS = (
    Workload(
        "train-cnn",
        "convnet 8-16 channels, 28x28, batch 32, Adam, float32",
        step,
        needs="convolution",
        size={"dtype": "float32", "side": 28, "channels": (8, 16), "batch": 32},
        tiny={"dtype": "float64", "side": 4, "channels": (2, 3), "batch": 2},
    ),
)
