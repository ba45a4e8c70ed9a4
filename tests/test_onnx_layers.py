"""Layers and networks as ONNX models: onnxruntime computes what they do, for batches of other lengths than traced."""

from __future__ import annotations

import runpy
from pathlib import Path

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


def signs(*shape):
    return lambda dtype: np.where(RNG.normal(size=shape) > 0, 1, -1).astype(dtype)


def both(*examples):
    """Several inputs."""
    return lambda dtype: tuple(example(dtype) for example in examples)


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
CUBES = {1: x_of(4, 2, 5), 2: x_of(4, 2, 5, 4), 3: x_of(4, 2, 5, 4, 3)}
SHARES = lambda dtype: RNG.uniform(0.1, 0.9, (4, 3)).astype(dtype)
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
    "MaxPool2d-padded": (lambda d: nn.MaxPool2d(3, 2, 1), IMAGE),
    "MaxPool2d-ceil": (lambda d: nn.MaxPool2d((3, 2), 2, ceil_mode=True), x_of(4, 2, 8, 5)),
    "MaxPool2d-indices": (lambda d: nn.MaxPool2d(2, return_indices=True), IMAGE),
    "AvgPool2d-padded": (lambda d: nn.AvgPool2d(3, 2, 1), IMAGE),
    "AvgPool2d-ceil": (lambda d: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), x_of(4, 2, 8, 5)),
    "AdaptiveAvgPool2d-even": (lambda d: nn.AdaptiveAvgPool2d((4, 3)), IMAGE),
    "AdaptiveAvgPool2d-uneven": (lambda d: nn.AdaptiveAvgPool2d((3, 4)), IMAGE),
    "AdaptiveAvgPool2d-1": (lambda d: nn.AdaptiveAvgPool2d(1), IMAGE),
    "AdaptiveMaxPool2d-uneven": (lambda d: nn.AdaptiveMaxPool2d((3, 4)), IMAGE),
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
    "Identity": (lambda d: nn.Identity(), ROW),
    "Bilinear": (lambda d: nn.Bilinear(3, 2, 4, dtype=d), both(ROW, x_of(4, 2))),
    "Unflatten": (lambda d: nn.Unflatten(1, (3, 2)), x_of(4, 6)),
    "PixelShuffle": (lambda d: nn.PixelShuffle(2), x_of(4, 8, 3, 2)),
    "PixelUnshuffle": (lambda d: nn.PixelUnshuffle(2), IMAGE),
    "Upsample": (lambda d: nn.Upsample(scale_factor=2), IMAGE),
    "Upsample-bilinear": (lambda d: nn.Upsample((5, 9), mode="bilinear"), IMAGE),
    "Upsample-bicubic": (lambda d: nn.Upsample((5, 9), mode="bicubic", align_corners=True), IMAGE),
    "Unfold": (lambda d: nn.Unfold((3, 2), dilation=(1, 2), padding=1, stride=2), IMAGE),
    "Fold": (lambda d: nn.Fold((4, 5), (3, 2), padding=(1, 0), stride=2), x_of(4, 12, 4)),
    "ReflectionPad2d": (lambda d: nn.ReflectionPad2d((1, 2, 3, 0)), IMAGE),
    "ConstantPad1d": (lambda d: nn.ConstantPad1d((1, 2), 3.5), TIMES),
    "LocalResponseNorm": (lambda d: nn.LocalResponseNorm(2), IMAGE),
    "LPPool2d": (lambda d: nn.LPPool2d(2, 2), IMAGE),
    "BatchNorm3d": (lambda d: nn.BatchNorm3d(2, dtype=d), x_of(4, 2, 2, 3, 2)),
    "InstanceNorm1d": (lambda d: nn.InstanceNorm1d(5, track_running_stats=True, dtype=d), TIMES),
    "ConvTranspose1d": (lambda d: nn.ConvTranspose1d(5, 2, 2, dilation=2, dtype=d), TIMES),
    "RNNCell": (lambda d: nn.RNNCell(3, 4, dtype=d), ROW),
    "LSTMCell": (lambda d: nn.LSTMCell(3, 4, dtype=d), ROW),
    "GRUCell": (lambda d: nn.GRUCell(3, 4, dtype=d), both(ROW, x_of(4, 4))),
    "TransformerDecoderLayer": (
        lambda d: nn.TransformerDecoderLayer(6, 2, 8, batch_first=True, dtype=d), both(x_of(4, 5, 6), x_of(4, 3, 6))),
    "Transformer": (
        lambda d: nn.Transformer(6, 2, 1, 1, 8, batch_first=True, dtype=d), both(x_of(4, 5, 6), x_of(4, 3, 6))),
    "CosineSimilarity": (lambda d: nn.CosineSimilarity(), both(ROW, ROW)),
    "PairwiseDistance": (lambda d: nn.PairwiseDistance(), both(ROW, ROW)),
    "CrossEntropyLoss": (lambda d: nn.CrossEntropyLoss(reduction="none"), both(ROW, ids(3, 4))),
    "CrossEntropyLoss-mean": (lambda d: nn.CrossEntropyLoss(label_smoothing=0.1), both(ROW, ids(3, 4))),
    "MSELoss": (lambda d: nn.MSELoss(), both(ROW, ROW)),
    "HuberLoss": (lambda d: nn.HuberLoss(reduction="none"), both(ROW, ROW)),
    "BCEWithLogitsLoss": (lambda d: nn.BCEWithLogitsLoss(reduction="sum"), both(ROW, SHARES)),
    "BCELoss": (lambda d: nn.BCELoss(), both(SHARES, SHARES)),
    "NLLLoss": (lambda d: nn.NLLLoss(), both(ROW, ids(3, 4))),
    "MultiMarginLoss": (lambda d: nn.MultiMarginLoss(), both(ROW, ids(3, 4))),
    "MultiLabelMarginLoss": (lambda d: nn.MultiLabelMarginLoss(), both(ROW, ids(3, 4, 3))),
    "GaussianNLLLoss": (lambda d: nn.GaussianNLLLoss(), both(ROW, ROW, SHARES)),
    "CosineEmbeddingLoss": (lambda d: nn.CosineEmbeddingLoss(), both(ROW, ROW, signs(4))),
    "MarginRankingLoss": (lambda d: nn.MarginRankingLoss(), both(ROW, ROW, signs(4, 3))),
    "TripletMarginLoss": (lambda d: nn.TripletMarginLoss(), both(ROW, ROW, ROW)),
    "TripletMarginWithDistanceLoss": (lambda d: nn.TripletMarginWithDistanceLoss(), both(ROW, ROW, ROW)),
    **{name: (lambda d, name=name: getattr(nn, name)(reduction="none"), both(ROW, ROW)) for name in (
        "L1Loss", "SmoothL1Loss", "PoissonNLLLoss")},
    **{name: (lambda d, name=name: getattr(nn, name)(), both(ROW, signs(4, 3))) for name in (
        "SoftMarginLoss", "HingeEmbeddingLoss")},
    "KLDivLoss": (lambda d: nn.KLDivLoss(reduction="sum"), both(ROW, SHARES)),
    "MultiLabelSoftMarginLoss": (lambda d: nn.MultiLabelSoftMarginLoss(), both(ROW, SHARES)),
    "LearnedPositions": (lambda d: nn.LearnedPositions(8, 6, batch_first=True, dtype=d), x_of(4, 5, 6)),
    "SinusoidalPositions": (lambda d: nn.SinusoidalPositions(6, batch_first=True), x_of(4, 5, 6)),
    "RotaryPositions": (lambda d: nn.RotaryPositions(6), x_of(4, 5, 6)),
    "AveragedModel": (lambda d: nn.AveragedModel(nn.Linear(3, 2, dtype=d)), ROW),
    "RReLU": (lambda d: nn.RReLU().eval(), ROW),
    **{name: (lambda d, name=name: getattr(nn, name)().eval(), TIMES) for name in (
        "AlphaDropout", "FeatureAlphaDropout", "Dropout1d")},
    **{f"Dropout{n}d": (lambda d, n=n: getattr(nn, f"Dropout{n}d")().eval(), CUBES[n]) for n in (2, 3)},
    **{f"{name}{n}d": (lambda d, name=f"{name}{n}d": getattr(nn, name)(2), CUBES[n]) for n in (1, 2, 3) for name in (
        "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "ReplicationPad", "CircularPad", "ZeroPad")},
    **{f"ReflectionPad{n}d": (lambda d, n=n: getattr(nn, f"ReflectionPad{n}d")(1), CUBES[n]) for n in (1, 3)},
    **{f"ConstantPad{n}d": (lambda d, n=n: getattr(nn, f"ConstantPad{n}d")(1, 2.0), CUBES[n]) for n in (2, 3)},
    **{f"LPPool{n}d": (lambda d, n=n: getattr(nn, f"LPPool{n}d")(4.0, 2), CUBES[n]) for n in (1, 3)},
    "InstanceNorm3d": (lambda d: nn.InstanceNorm3d(2), x_of(4, 2, 2, 3, 2)),
    "ConvTranspose3d": (lambda d: nn.ConvTranspose3d(2, 1, 2, dtype=d), x_of(4, 2, 2, 3, 2)),
    "TransformerDecoder": (
        lambda d: nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8, dtype=d, batch_first=True), 1),
        both(x_of(4, 5, 6), x_of(4, 3, 6))),
    "Residual": (lambda d: nn.Residual(nn.Linear(3, 3, dtype=d)), ROW),
}  # fmt: skip


def longer(xs, n=7):
    """Inputs whose batch has another length."""
    return tuple(np.concatenate([x, x[::-1]])[:n] for x in xs)


def outputs_of(y):
    """The outputs of a module in a row."""
    return [z for part in y for z in outputs_of(part)] if isinstance(y, tuple) else [] if y is None else [y]


def numbers(y):
    return y.data if isinstance(y, Value) else y


def built(name, dtype):
    """A module, a little trained where that changes how it predicts, and its inputs."""
    build, example = CASES[name]
    model, xs = build(dtype), example(dtype)
    xs = xs if isinstance(xs, tuple) else (xs,)
    for _ in range(2):
        model(*xs)  # running statistics
    return model, xs


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_and_the_model_that_is_read_back_agree(name, dtype, session):
    model, xs = built(name, dtype)
    training = [m.training for m in model.modules()]
    exported = to_onnx(model, *xs)
    assert [m.training for m in model.modules()] == training
    inputs = longer(xs)
    model.eval()
    truth = [numbers(y) for y in outputs_of(model(*inputs))]
    again = nn.from_onnx(exported)
    found = outputs_of(again(*inputs))
    assert len(found) == len(truth)
    for y, z in zip(found, truth, strict=True):
        np.testing.assert_allclose(numbers(y), z, TOLERANCES[dtype], TOLERANCES[dtype])
        assert numbers(y).dtype == np.asarray(z).dtype
    assert {k: p.data.tolist() for k, p in again.named_parameters()} == {
        k: p.data.tolist() for k, p in model.named_parameters()
    }
    if dtype is np.float64 and any(node.op_type in IN_SINGLE_ALONE for node in exported.graph.node):
        return
    named = {x.name: numbers for x, numbers in zip(exported.graph.input, inputs, strict=True)}
    for y, z in zip(session(exported).run(None, named), truth, strict=True):
        np.testing.assert_allclose(y, z, TOLERANCES[dtype], TOLERANCES[dtype])
        assert y.dtype == np.asarray(z).dtype


# Of what no gradient flows through, or only outside of a model: rows for padding are trained as others once read back.
WITHOUT_GRADIENTS = ("MaxPool2d-indices", "Embedding-padded")


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT_GRADIENTS])
def test_gradients_flow_through_the_model_that_is_read_back(name):
    model, xs = built(name, np.float64)
    exported = to_onnx(model, *xs)
    model.eval()
    again = nn.from_onnx(exported)
    inputs = longer(xs)
    for each in (model, again):
        total = sum(np.sum(np.sin(y)) for y in outputs_of(each(*inputs)))
        if isinstance(total, Value):
            total.backward()
    theirs = dict(model.named_parameters())
    for key, p in again.named_parameters():
        np.testing.assert_allclose(p.grad, theirs[key].grad, 1e-10, 1e-12)


# Networks of the examples: (file, network of what the file has, inputs); onnxruntime convolves in float32 only
EXAMPLES = {
    "char_transformer": ("char_transformer", lambda f, rng: f["Writer"](20, 16, rng), ids(20, 4, 6)),
    "digits": ("digits", lambda f, rng: f["network"](rng), x_of(4, 64)),
    "forecast": ("forecast", lambda f, rng: f["Forecaster"](5, rng), x_of(4, 7)),
    "graph_network": ("graph_network", lambda f, rng: f["club"](8, rng), lambda d: np.eye(34)),
    "mnist_cnn": ("mnist_cnn", lambda f, rng: f["network"](rng), x_of(4, 1, 28, 28)),
    "moons": ("moons", lambda f, rng: f["network"](rng), x_of(4, 2)),
    "torch_weights": ("torch_weights", lambda f, rng: f["network"](rng).astype(np.float32), x_of(4, 1, 12, 12)),
    "vae encoder": ("vae", lambda f, rng: f["VAE"](3, rng).encoder, x_of(4, 64)),
    "vae decoder": ("vae", lambda f, rng: f["VAE"](3, rng).decoder, x_of(4, 3)),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_networks_of_the_examples_are_computed_by_onnxruntime(name, session):
    file, build, example = EXAMPLES[name]
    names = runpy.run_path(str(Path(__file__).parent.parent / "examples" / f"{file}.py"))
    net = build(names, np.random.default_rng(0))
    single = any(p.dtype == np.float32 for p in net.parameters())
    x = example(np.float32 if single else np.float64)
    is_graph = name == "graph_network"  # whose members are as many as they are
    exported = to_onnx(net, x, dynamic_batch=not is_graph)
    inputs = x if is_graph else longer((x,))[0]
    net.eval()
    found = session(exported).run(None, {exported.graph.input[0].name: inputs})
    tolerance = 1e-5 if single else 1e-10
    for y, z in zip(found, outputs_of(net(inputs)), strict=True):
        np.testing.assert_allclose(y, z.data, tolerance, tolerance)


def test_a_model_in_float64_is_written_in_float32(session):
    model, x = cnn(np.float64), IMAGE(np.float64)
    exported = to_onnx(model, x, dtype=np.float32)
    model.eval()
    (inputs,) = longer((x,))
    (y,) = session(exported).run(None, {exported.graph.input[0].name: inputs.astype(np.float32)})
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, model(inputs).data, 1e-5, 1e-5)


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
    inputs = dict(zip(("x", "target"), longer((x, target)), strict=True))
    (y,) = session(exported).run(None, inputs)
    np.testing.assert_allclose(y, nn.cross_entropy(model(inputs["x"]), inputs["target"], reduction="none").data, 1e-10)


# Modules that are no case, by the reason.
LEFT_OUT = {
    "CTCLoss": "its op has no ONNX nodes",
    "Layer": "it takes single scalars in a list",
    "Loss": "the base of losses",
    "Module": "the base of modules",
    "ModuleDict": "it is not called",
    "ModuleList": "it is not called",
    "Neuron": "it takes single scalars in a list",
    "OnnxModule": "what is read back in every case",
}


def test_every_module_is_a_case_or_has_a_reason_why_not():
    modules = {k for k in nn.__all__ if isinstance(getattr(nn, k), type) and issubclass(getattr(nn, k), nn.Module)}
    covered = {type(m).__name__ for build, _ in CASES.values() for m in build(np.float64).modules()}
    assert sorted(modules - covered - set(LEFT_OUT)) == []
    assert sorted(covered & set(LEFT_OUT)) == []


def test_layers_are_read_only_with_nn():
    assert from_onnx(to_onnx(nn.Conv1d(1, 1, 2), np.ones((2, 1, 3)))).input_names
