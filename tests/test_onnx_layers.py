"""Layers and networks as ONNX models: onnxruntime computes what they do, for batches of other lengths than traced."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value, from_onnx, to_onnx

RNG = np.random.default_rng(0)
# Whose operators onnxruntime has in float32 alone.
IN_SINGLE_ALONE = ("Conv", "ConvTranspose", "AveragePool", "Erf", "Tan")
TOLERANCES = {np.float64: 1e-10, np.float32: 1e-5}


@pytest.fixture(scope="module")
def session():
    """onnxruntime's session of a model, in one thread."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="the independent runtime is onnxruntime")
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return lambda model: onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def x_of(*shape):
    return lambda dtype: RNG.normal(size=shape).astype(dtype)


def ids(n, *shape):
    return lambda dtype: RNG.integers(0, n, shape)


def mlp(d):
    return nn.Sequential(
        nn.Linear(3, 8, dtype=d), nn.GELU("tanh"), nn.Linear(8, 8, dtype=d), nn.Tanh(), nn.Linear(8, 2, dtype=d)
    )


def cnn(d):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, dtype=d), nn.BatchNorm2d(4, dtype=d), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4 * 4 * 3, 5, dtype=d), nn.LogSoftmax(-1),
    )  # fmt: skip


class Tagger(nn.Module):
    """Embedded words, read both ways, and scored."""

    def __init__(self, dtype):
        self.table = nn.Embedding(11, 4, dtype=dtype)
        self.reader = nn.LSTM(4, 3, batch_first=True, bidirectional=True, dtype=dtype)
        self.scores = nn.Linear(6, 5, dtype=dtype)

    def __call__(self, words):
        return self.scores(self.reader(self.table(words))[0])


class SelfAttention(nn.Module):
    """Attention of positions to those before them."""

    def __init__(self, dtype):
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True, dtype=dtype)

    def __call__(self, x):
        return self.attention(x, x, x, is_causal=True)


IMAGE = x_of(4, 2, 8, 6)
ROW = x_of(4, 3)
TIMES = x_of(4, 5, 3)
# name: (a module for a dtype, its inputs)
CASES = {
    "Linear": (lambda d: nn.Linear(3, 4, dtype=d), ROW),
    "MLP": (mlp, ROW),
    "CNN": (cnn, IMAGE),
    "Tagger": (Tagger, ids(11, 4, 6)),
    "SelfAttention": (SelfAttention, x_of(4, 5, 6)),
    "Embedding": (lambda d: nn.Embedding(7, 3, dtype=d), ids(7, 4, 2)),
    "Embedding-padded": (lambda d: nn.Embedding(7, 3, padding_idx=0, dtype=d), ids(7, 4, 2)),
    "Conv1d": (lambda d: nn.Conv1d(3, 4, 2, stride=2, padding=1, dilation=2, dtype=d), x_of(4, 3, 9)),
    "Conv2d": (lambda d: nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, dtype=d), IMAGE),
    "Conv2d-same": (lambda d: nn.Conv2d(2, 3, 4, padding="same", dtype=d), IMAGE),
    "Conv2d-reflect": (lambda d: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect", dtype=d), IMAGE),
    "Conv3d": (lambda d: nn.Conv3d(2, 3, 2, bias=False, dtype=d), x_of(4, 2, 4, 3, 3)),
    "ConvTranspose2d": (
        lambda d: nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2, dtype=d), IMAGE),
    "MaxPool2d": (lambda d: nn.MaxPool2d(3, 2, 1), IMAGE),
    "MaxPool2d-ceil": (lambda d: nn.MaxPool2d((3, 2), 2, ceil_mode=True), x_of(4, 2, 8, 5)),
    "MaxPool2d-indices": (lambda d: nn.MaxPool2d(2, return_indices=True), IMAGE),
    "AvgPool2d": (lambda d: nn.AvgPool2d(3, 2, 1), IMAGE),
    "AvgPool2d-ceil": (lambda d: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), x_of(4, 2, 8, 5)),
    "AdaptiveAvgPool2d": (lambda d: nn.AdaptiveAvgPool2d((4, 3)), IMAGE),
    "AdaptiveAvgPool2d-uneven": (lambda d: nn.AdaptiveAvgPool2d((3, 4)), IMAGE),
    "AdaptiveAvgPool2d-1": (lambda d: nn.AdaptiveAvgPool2d(1), IMAGE),
    "AdaptiveMaxPool2d": (lambda d: nn.AdaptiveMaxPool2d((3, 4)), IMAGE),
    "BatchNorm1d": (lambda d: nn.BatchNorm1d(3, dtype=d), ROW),
    "BatchNorm2d": (lambda d: nn.BatchNorm2d(2, affine=False, dtype=d), IMAGE),
    "LayerNorm": (lambda d: nn.LayerNorm((5, 3), dtype=d), TIMES),
    "RMSNorm": (lambda d: nn.RMSNorm(3, dtype=d), TIMES),
    "GroupNorm": (lambda d: nn.GroupNorm(2, 4, dtype=d), x_of(4, 4, 3)),
    "InstanceNorm2d": (lambda d: nn.InstanceNorm2d(2, affine=True, dtype=d), IMAGE),
    "Dropout": (lambda d: nn.Dropout(0.5), ROW),
    "Flatten": (lambda d: nn.Flatten(), IMAGE),
    "RNN": (lambda d: nn.RNN(3, 4, 2, batch_first=True, dtype=d), TIMES),
    "RNN-relu": (lambda d: nn.RNN(3, 4, nonlinearity="relu", batch_first=True, dtype=d), TIMES),
    "LSTM": (lambda d: nn.LSTM(3, 4, 2, batch_first=True, dtype=d), TIMES),
    "LSTM-projected": (lambda d: nn.LSTM(3, 4, batch_first=True, proj_size=2, dtype=d), TIMES),
    "GRU": (lambda d: nn.GRU(3, 4, batch_first=True, bidirectional=True, dtype=d), TIMES),
    "GRU-without-bias": (lambda d: nn.GRU(3, 4, batch_first=True, bias=False, dtype=d), TIMES),
    "TransformerEncoderLayer": (
        lambda d: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, dtype=d), x_of(4, 5, 6)),
    "TransformerEncoderLayer-gelu": (
        lambda d: nn.TransformerEncoderLayer(6, 3, 8, activation="gelu", batch_first=True, norm_first=True, dtype=d),
        x_of(4, 5, 6)),
    "TransformerEncoder": (
        lambda d: nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, dtype=d), 2),
        x_of(4, 5, 6)),
    **{name: (lambda d, name=name: getattr(nn, name)(), ROW) for name in (
        "ReLU", "Tanh", "Logistic", "Sigmoid", "GELU", "SiLU", "Mish", "ELU", "SELU", "CELU", "Softplus", "Softsign",
        "LeakyReLU", "Hardtanh", "ReLU6", "Hardsigmoid", "Hardswish", "Hardshrink", "Softshrink", "Tanhshrink",
        "LogSigmoid", "Softmin",
    ) if hasattr(nn, name)},
    "Softmax": (lambda d: nn.Softmax(1), ROW),
    "LogSoftmax": (lambda d: nn.LogSoftmax(0), ROW),
    "GLU": (lambda d: nn.GLU(), x_of(4, 6)),
    "PReLU": (lambda d: nn.PReLU(dtype=d), ROW),
    "Threshold": (lambda d: nn.Threshold(0.1, 20.0), ROW),
    "Residual": (lambda d: nn.Residual(nn.Linear(3, 3, dtype=d)), ROW),
}  # fmt: skip


def longer(x, n=7):
    """An input whose batch has another length."""
    return np.concatenate([x, x[::-1]])[:n]


def outputs_of(y):
    """The outputs of a module in a row."""
    return [z for part in y for z in outputs_of(part)] if isinstance(y, tuple) else [] if y is None else [y]


def numbers(y):
    return y.data if isinstance(y, Value) else y


def built(name, dtype):
    """A module, a little trained where that changes how it predicts, and an input."""
    build, example = CASES[name]
    model, x = build(dtype), example(dtype)
    for _ in range(2):
        model(x)  # running statistics
    return model, x


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_and_the_model_that_is_read_back_agree(name, dtype, session):
    model, x = built(name, dtype)
    training = [m.training for m in model.modules()]
    exported = to_onnx(model, x)
    assert [m.training for m in model.modules()] == training
    inputs = longer(x)
    model.eval()
    truth = [numbers(y) for y in outputs_of(model(inputs))]
    again = nn.from_onnx(exported)
    found = outputs_of(again(inputs))
    assert len(found) == len(truth)
    for y, z in zip(found, truth, strict=True):
        np.testing.assert_allclose(numbers(y), z, TOLERANCES[dtype], TOLERANCES[dtype])
        assert numbers(y).dtype == np.asarray(z).dtype
    assert {k: p.data.tolist() for k, p in again.named_parameters()} == {
        k: p.data.tolist() for k, p in model.named_parameters()
    }
    if dtype is np.float64 and any(node.op_type in IN_SINGLE_ALONE for node in exported.graph.node):
        return
    for y, z in zip(session(exported).run(None, {exported.graph.input[0].name: inputs}), truth, strict=True):
        np.testing.assert_allclose(y, z, TOLERANCES[dtype], TOLERANCES[dtype])
        assert y.dtype == np.asarray(z).dtype


# Of what no gradient flows through, or only outside of a model: rows for padding are trained as others once read back.
WITHOUT_GRADIENTS = ("MaxPool2d-indices", "Embedding-padded")


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT_GRADIENTS])
def test_gradients_flow_through_the_model_that_is_read_back(name):
    model, x = built(name, np.float64)
    exported = to_onnx(model, x)
    model.eval()
    again = nn.from_onnx(exported)
    inputs = longer(x)
    for each in (model, again):
        total = sum(np.sum(np.sin(y)) for y in outputs_of(each(inputs)))
        if isinstance(total, Value):
            total.backward()
    theirs = dict(model.named_parameters())
    for key, p in again.named_parameters():
        np.testing.assert_allclose(p.grad, theirs[key].grad, 1e-10, 1e-12)


def test_a_model_in_float64_is_written_in_float32(session):
    model, x = cnn(np.float64), IMAGE(np.float64)
    exported = to_onnx(model, x, dtype=np.float32)
    model.eval()
    (y,) = session(exported).run(None, {exported.graph.input[0].name: longer(x).astype(np.float32)})
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, model(longer(x)).data, 1e-5, 1e-5)


def test_a_model_that_was_read_is_a_module(tmp_path):
    model = mlp(np.float64)
    again = nn.from_onnx(to_onnx(model, ROW(np.float64)))
    nn.save(again, tmp_path / "m.npz")
    nn.load(model, tmp_path / "m.npz")
    again.load({k: x * 0 for k, x in again.state().items()})
    assert not again(ROW(np.float64)).data.any()
    again.freeze("0.weight")
    assert len(again.parameters()) == len(model.parameters()) - 1
    assert len(nn.from_onnx(to_onnx(again, ROW(np.float64))).parameters()) == len(again.parameters())


def test_a_model_of_another_batch_axis(session):
    model = nn.LSTM(3, 4)  # (L, N, 3)
    x = RNG.normal(size=(5, 2, 3))
    exported = to_onnx(model, x, batch_axis=1)
    inputs = RNG.normal(size=(5, 7, 3))
    found = session(exported).run(None, {exported.graph.input[0].name: inputs})
    for y, z in zip(found, outputs_of(model(inputs)), strict=True):
        np.testing.assert_allclose(y, z.data, 1e-10, 1e-12)


def test_losses_are_exported_with_their_targets(session):
    model, x, target = mlp(np.float64), ROW(np.float64), RNG.integers(0, 2, 4)
    exported = to_onnx(lambda x, target: nn.cross_entropy(model(x), target, reduction="none"), x, target)
    inputs = {"x": longer(x), "target": longer(target)}
    (y,) = session(exported).run(None, inputs)
    np.testing.assert_allclose(y, nn.cross_entropy(model(inputs["x"]), inputs["target"], reduction="none").data, 1e-10)


def test_layers_are_read_only_with_nn():
    assert from_onnx(to_onnx(nn.Conv1d(1, 1, 2), np.ones((2, 1, 3)))).input_names
