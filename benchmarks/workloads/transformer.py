"""A training step of a decoder block: causal attention and a network of two maps, each normalised before and added."""

import numpy as np

from . import Workload

RATE = 2.0**-13  # the same in float32


def step(library, *, dtype, batch, length, width, heads):
    rng = np.random.default_rng(0)
    x, t = [library.constant(rng.standard_normal((batch, length, width)).astype(dtype)) for _ in range(2)]
    shapes = {
        "self_attn.in_proj_weight": (3 * width, width),
        "self_attn.in_proj_bias": (3 * width,),
        "self_attn.out_proj.weight": (width, width),
        "self_attn.out_proj.bias": (width,),
        "linear1.weight": (4 * width, width),
        "linear1.bias": (4 * width,),
        "linear2.weight": (width, 4 * width),
        "linear2.bias": (width,),
    }
    numbers = {name: (rng.standard_normal(s) / width**0.5).astype(dtype) for name, s in shapes.items()}
    for name in ("norm1", "norm2"):
        numbers |= {f"{name}.weight": np.ones(width, dtype), f"{name}.bias": np.zeros(width, dtype)}

    if "modules" in library.CAN:
        model = library.nn.TransformerEncoderLayer(
            width,
            heads,
            4 * width,
            dropout=0.0,
            activation=library.gelu,
            batch_first=True,
            norm_first=True,
            dtype=library.kind(dtype),
        )
        mask = library.later(length, dtype)
        return library.trained(
            model, numbers, lambda model: ((model(x, src_mask=mask, is_causal=True) - t) ** 2).mean(), rate=RATE
        )

    hidden = library.constant(np.triu(np.full((length, length), -1e9, dtype), 1))

    def normalised(x, weight, bias):
        off = x - library.row_sums(x) / width
        return off / library.sqrt(library.row_sums(off * off) / width + 1e-5) * weight + bias

    def split(x):
        return library.permuted(x.reshape(batch, length, heads, width // heads), (0, 2, 1, 3))

    def loss(w_in, b_in, w_out, b_out, w1, b1, w2, b2, g1, c1, g2, c2):
        z = normalised(x, g1, c1) @ w_in.T + b_in
        q, k, v = (split(z[:, :, i * width : (i + 1) * width]) for i in range(3))
        scores = q @ library.permuted(k, (0, 1, 3, 2)) * (heads / width) ** 0.5 + hidden
        seen = library.softmax(scores) @ v
        y = x + library.permuted(seen, (0, 2, 1, 3)).reshape(batch, length, width) @ w_out.T + b_out
        off = y + library.gelu(normalised(y, g2, c2) @ w1.T + b1) @ w2.T + b2 - t
        return (off * off).mean()

    return library.adam(loss, *numbers.values(), rate=RATE)


WORKLOADS = (
    Workload(
        "train-transformer",
        "decoder block B8 T64 C128 H4, Adam, float32",
        step,
        needs="transformer",
        size={"dtype": "float32", "batch": 8, "length": 64, "width": 128, "heads": 4},
        tiny={"dtype": "float64", "batch": 2, "length": 3, "width": 4, "heads": 2},
    ),
)
