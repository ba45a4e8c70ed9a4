"""Convolutions and padding, against PyTorch: outputs and gradients, on several shapes and dtypes."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def agree(ours, theirs, operands, dtype):
    """Outputs and gradients of two functions of the same arrays, to the tolerance of the dtype."""
    values = [Value(x.astype(dtype)) for x in operands]
    tensors = [torch.tensor(x.astype(dtype), requires_grad=True) for x in operands]
    compare(ours(*values), theirs(*tensors), values, tensors, dtype)


def compare(y, z, values, tensors, dtype):
    assert y.shape == tuple(z.shape)
    assert y.dtype == dtype
    seed = np.random.default_rng(9).normal(size=y.shape).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    pairs = [(y.data, z), *((v.grad, t.grad) for v, t in zip(values, tensors, strict=True))]
    for a, b in pairs:
        b = b.detach().numpy()  # noqa: PLW2901  # the same numbers
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


def numbers(*shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


CONVOLUTIONS = [  # dimensions, shapes of x and weight, options
    (1, (3, 4, 9), (6, 4, 3), {}),
    (1, (4, 9), (6, 4, 3), {"padding": 2}),
    (1, (3, 4, 9), (4, 1, 3), {"groups": 4, "padding": "same", "dilation": 2}),
    (1, (2, 4, 10), (2, 4, 4), {"padding": "same"}),
    (1, (2, 4, 300), (2, 4, 40), {"stride": 7}),
    (2, (3, 4, 9, 8), (6, 4, 3, 2), {}),
    (2, (4, 9, 8), (6, 4, 3, 3), {"stride": 2, "padding": 1}),
    (2, (3, 4, 9, 8), (6, 2, 3, 2), {"stride": (2, 3), "padding": (2, 1), "dilation": (1, 2), "groups": 2}),
    (2, (3, 4, 9, 8), (8, 1, 3, 3), {"groups": 4, "padding": 1}),
    (2, (3, 4, 9, 8), (6, 4, 1, 1), {}),
    (2, (3, 4, 9, 8), (6, 2, 1, 1), {"stride": 2, "groups": 2}),
    (2, (3, 4, 9, 8), (3, 4, 9, 8), {}),
    (2, (3, 4, 4, 4), (20, 4, 3, 3), {"padding": 4}),
    (2, (3, 4, 4, 4), (3, 4, 3, 3), {"padding": 4}),
    (2, (3, 4, 9, 8), (6, 4, 3, 3), {"padding": "valid"}),
    (3, (2, 2, 5, 4, 6), (4, 2, 2, 3, 3), {"padding": 1}),
    (3, (2, 5, 4, 6), (4, 1, 2, 3, 3), {"groups": 2, "stride": (2, 1, 2), "padding": (0, 1, 2)}),
]
TRANSPOSED = [
    (1, (3, 4, 9), (4, 6, 3), {}),
    (1, (4, 9), (4, 3, 3), {"stride": 3, "padding": 1, "output_padding": 2, "groups": 2}),
    (2, (3, 4, 5, 6), (4, 6, 3, 2), {}),
    (2, (4, 5, 6), (4, 2, 3, 3), {"padding": 2}),
    (2, (3, 4, 5, 6), (4, 6, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    (2, (3, 4, 5, 6), (4, 3, 3, 2), {"stride": (2, 1), "dilation": (1, 2), "groups": 2, "output_padding": (0, 1)}),
    (2, (3, 4, 5, 6), (4, 1, 3, 3), {"groups": 4, "dilation": 3, "output_padding": 2}),
    (2, (3, 4, 5, 6), (4, 2, 1, 1), {"stride": 2}),
    (3, (2, 2, 3, 4, 2), (2, 4, 2, 3, 3), {"stride": 2, "padding": 1}),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")  # which PyTorch copies for
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("n", "x", "w", "options"), CONVOLUTIONS)
def test_convolutions_are_theirs(n, x, w, options, dtype, bias):
    operands = numbers(x, w, *([(w[0],)] if bias else []))
    ours, theirs = getattr(nn, f"conv{n}d"), getattr(torch.nn.functional, f"conv{n}d")
    agree(lambda *a: ours(*a, **options), lambda *a: theirs(*a, **options), operands, dtype)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("n", "x", "w", "options"), TRANSPOSED)
def test_transposed_convolutions_are_theirs(n, x, w, options, dtype, bias):
    operands = numbers(x, w, *([(w[1] * options.get("groups", 1),)] if bias else []))
    ours, theirs = getattr(nn, f"conv_transpose{n}d"), getattr(torch.nn.functional, f"conv_transpose{n}d")
    agree(lambda *a: ours(*a, **options), lambda *a: theirs(*a, **options), operands, dtype)


MODULES = [  # name, positional arguments, options, shape of x
    ("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "reflect"}, (3, 4, 9)),
    ("Conv1d", (4, 6, 3, 1, 2, 2, 2, False, "circular"), {}, (4, 9)),
    ("Conv2d", (4, 6, 3), {}, (3, 4, 7, 8)),
    ("Conv2d", (4, 6, (3, 2), (2, 1), (2, 1), 1, 2, False, "replicate"), {}, (3, 4, 7, 8)),
    ("Conv2d", (4, 8, (3, 5)), {"padding": "same", "padding_mode": "reflect", "groups": 4}, (3, 4, 7, 8)),
    ("Conv2d", (4, 8, 4), {"padding": "same", "padding_mode": "circular"}, (4, 7, 8)),
    ("Conv3d", (2, 3, 2), {"padding": 1, "padding_mode": "replicate"}, (2, 2, 3, 4, 3)),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1, 2, False, 2), {}, (3, 4, 9)),
    ("ConvTranspose2d", (4, 6, (3, 2)), {"stride": (2, 1)}, (4, 7, 8)),
    ("ConvTranspose3d", (2, 4, 2), {"stride": 2, "groups": 2}, (2, 2, 3, 2, 3)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("name", "args", "options", "shape"), MODULES)
def test_modules_of_one_state_are_theirs(name, args, options, shape, dtype):
    ours = getattr(nn, name)(*args, **options, dtype=dtype)
    theirs = getattr(torch.nn, name)(*args, **options, dtype=getattr(torch, dtype))
    theirs.load_state_dict({k: torch.tensor(a) for k, a in ours.state().items()})
    (x,) = numbers(shape)
    v, t = Value(x.astype(dtype)), torch.tensor(x.astype(dtype), requires_grad=True)
    compare(ours(v), theirs(t), [v, *ours.parameters()], [t, *theirs.parameters()], dtype)


def test_output_size_is_theirs():
    (x,) = numbers((3, 4, 5, 6))
    ours, theirs = (m.ConvTranspose2d(4, 2, 3, stride=2, padding=1) for m in (nn, torch.nn))
    ours = ours.astype(np.float32)
    ours.load({k: a.numpy() for k, a in theirs.state_dict().items()})
    v, t = Value(x.astype("float32")), torch.tensor(x.astype("float32"), requires_grad=True)
    compare(ours(v, (10, 12)), theirs(t, output_size=(10, 12)), [v], [t], "float32")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("shape", "pad", "mode", "value"),
    [
        ((2, 3, 4), (1, 2), "constant", None),
        ((2, 3, 4), (1, 2, 0, 3), "constant", 2.5),
        ((2, 3, 4), (-1, 2, 1, -2), "constant", None),
        ((2, 3, 4), (3, 2), "reflect", None),
        ((2, 3, 4, 5), (3, 2, 1, 3), "reflect", None),
        ((2, 3, 4, 5), (4, 2, 1, 6), "replicate", None),
        ((2, 3, 4, 5), (4, 5, 1, 4), "circular", None),
        ((2, 3, 4, 5), (-1, 2, 1, -2), "replicate", None),
        ((2, 2, 3, 4, 5), (1, 2, 2, 1, 1, 2), "reflect", None),
    ],
)
def test_padding_is_theirs(shape, pad, mode, value, dtype):
    agree(
        lambda x: nn.pad(x, pad, mode, value),
        lambda x: torch.nn.functional.pad(x, pad, mode, value),
        numbers(shape),
        dtype,
    )


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"])
def test_modules_of_padding_are_theirs(kind, n):
    args = (2.0,) if kind == "ConstantPad" else ()
    for padding in (1, tuple(range(1, 2 * n + 1)) if "Re" not in kind else (1, 2) * n):
        for shape in ((2, 3, 6, 7, 8)[: n + 2], (3, 6, 7, 8)[: n + 1]):
            ours, theirs = (getattr(m, f"{kind}{n}d")(padding, *args) for m in (nn, torch.nn))
            agree(ours, theirs, numbers(shape), "float64")
