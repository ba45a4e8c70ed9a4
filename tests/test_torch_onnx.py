"""Models that PyTorch exports are read, and models that we export give PyTorch's outputs from the same weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import nn
from autograd_mini import NoRuleError, to_onnx

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")
runtime = pytest.importorskip("onnxruntime", reason="the independent runtime is onnxruntime: install the extra `test`")

RNG = np.random.default_rng(0)
T = torch.nn
# name: (PyTorch's network, ours, the shape of an input)
NETWORKS = {
    "mlp": (
        lambda: T.Sequential(T.Linear(3, 8), T.GELU(), T.LayerNorm(8), T.Linear(8, 2), T.Softmax(-1)),
        lambda d: nn.Sequential(nn.Linear(3, 8, dtype=d), nn.GELU(), nn.LayerNorm(8, dtype=d),
                                nn.Linear(8, 2, dtype=d), nn.Softmax(-1)),
        (4, 3),
    ),
    "cnn": (
        lambda: T.Sequential(T.Conv2d(2, 4, 3, padding=1), T.BatchNorm2d(4), T.ReLU(), T.MaxPool2d(2),
                             T.ConvTranspose2d(4, 2, 2, stride=2), T.AvgPool2d(2), T.Flatten(), T.Linear(24, 5)),
        lambda d: nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, dtype=d), nn.BatchNorm2d(4, dtype=d), nn.ReLU(),
                                nn.MaxPool2d(2), nn.ConvTranspose2d(4, 2, 2, stride=2, dtype=d), nn.AvgPool2d(2),
                                nn.Flatten(), nn.Linear(24, 5, dtype=d)),
        (4, 2, 8, 6),
    ),
    "transformer": (
        lambda: T.TransformerEncoderLayer(6, 2, 8, batch_first=True, activation="gelu"),
        lambda d: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, activation="gelu", dtype=d),
        (4, 5, 6),
    ),
    "gru": (
        lambda: T.GRU(3, 4, 2, batch_first=True),
        lambda d: nn.GRU(3, 4, 2, batch_first=True, dtype=d),
        (4, 5, 3),
    ),
}  # fmt: skip


def trained(build):
    """A network of PyTorch with running statistics, at rest."""
    torch.manual_seed(0)
    net = build()
    for m in net.modules():
        if isinstance(m, T.BatchNorm2d):
            torch.nn.init.normal_(m.running_mean)
            torch.nn.init.uniform_(m.running_var, 0.5, 2.0)
    return net.eval()


def exported(net, shape, path):
    """PyTorch's own export, by the exporter that needs no further package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.ones(shape),), path, dynamo=False, opset_version=18, do_constant_folding=False)
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_our_export_gives_pytorchs_outputs(name):
    theirs, ours, shape = NETWORKS[name]
    net = trained(theirs)
    model = ours(np.float32)
    model.load({k: v.numpy() for k, v in net.state_dict().items()})
    x = RNG.normal(size=shape).astype(np.float32)
    written = to_onnx(model, x)
    x = np.concatenate([x, x[::-1] * 2])
    session = runtime.InferenceSession(written.SerializeToString(), providers=["CPUExecutionProvider"])
    y = session.run(None, {written.graph.input[0].name: x})[0]
    truth = net(torch.from_numpy(x))
    truth = truth[0] if isinstance(truth, tuple) else truth
    np.testing.assert_allclose(y, truth.detach().numpy(), 1e-5, 1e-5)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_what_pytorch_exports_is_read_with_outputs_and_gradients(name, tmp_path):
    theirs, _, shape = NETWORKS[name]
    net = trained(theirs)
    again = nn.from_onnx(exported(net, shape, tmp_path / "m.onnx"))
    x = RNG.normal(size=shape).astype(np.float32)
    y = net(torch.from_numpy(x))
    np.testing.assert_allclose(again(x).data, y.detach().numpy(), 1e-5, 1e-5)
    torch.sum(torch.sin(y)).backward()
    np.sum(np.sin(again(x))).backward()
    ours, theirs = dict(again.named_parameters()), dict(net.named_parameters())
    shared = ours.keys() & theirs.keys()
    assert len(shared) >= 4
    for key in shared:
        np.testing.assert_allclose(ours[key].grad, theirs[key].grad.numpy(), 1e-5, 1e-5)


def test_an_operator_of_pytorch_that_cannot_be_run_is_named(tmp_path):
    with pytest.raises(NoRuleError, match=r"from_onnx: the node .* is of the operator GRU, which cannot be run here"):
        nn.from_onnx(exported(NETWORKS["gru"][0]().eval(), (4, 5, 3), tmp_path / "m.onnx"))
