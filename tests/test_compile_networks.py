"""Layers, losses and optimizers, compiled: the same outputs, gradients, draws and state as without."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import nn
from autograd_mini import TraceError, Value, compile, is_compiling, loop

X1, X2, X3, X4, X5 = (
    np.random.default_rng(7).normal(size=s) for s in ((4,), (4, 6), (2, 4, 6), (2, 4, 6, 6), (2, 4, 4, 4, 4))
)
SAME = [
    "ReLU", "ReLU6", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Softsign", "Softshrink",
    "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Logistic", "Sigmoid",
    "Tanh", "Tanhshrink", "Identity", "Flatten", "Dropout", "AlphaDropout", "RReLU", "GLU", "PReLU",
    "Softmax", "Softmin", "LogSoftmax",
]  # fmt: skip


def rng():
    """A generator that begins anew."""
    return np.random.default_rng(3)


LAYERS = {
    **{name: (lambda name=name: getattr(nn, name)(), (X2,)) for name in SAME},
    "Threshold": (lambda: nn.Threshold(0.1, -1.0), (X2,)),
    "Linear": (lambda: nn.Linear(6, 3, rng=rng()), (X2,)),
    "Bilinear": (lambda: nn.Bilinear(6, 6, 3, rng=rng()), (X2, X2[::-1].copy())),
    "Embedding": (lambda: nn.Embedding(5, 3, rng=rng()), (np.array([[0, 4], [2, 2]]),)),
    "Layer": (lambda: nn.Layer(4, 2, rng=rng()), (list(X1),)),
    "Residual": (lambda: nn.Residual(nn.Linear(6, 6, rng=rng())), (X2,)),
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(6, 3, rng=rng()), nn.BatchNorm1d(3), nn.Dropout(0.3, rng=rng())),
        (X2,),
    ),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(6), (X2,)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4, momentum=None), (X4,)),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), (X4,)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (X4,)),
    "LayerNorm": (lambda: nn.LayerNorm(6), (X2,)),
    "RMSNorm": (lambda: nn.RMSNorm(6), (X2,)),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(2), (X4,)),
    "Dropout1d": (lambda: nn.Dropout1d(0.4, rng=rng()), (X3,)),
    "Dropout2d": (lambda: nn.Dropout2d(0.4, rng=rng()), (X4,)),
    "FeatureAlphaDropout": (lambda: nn.FeatureAlphaDropout(0.4, rng=rng()), (X4,)),
    **{
        f"Conv{d}d": (lambda d=d: getattr(nn, f"Conv{d}d")(4, 3, 3, padding=1, rng=rng()), (x,))
        for d, x in ((1, X3), (2, X4), (3, X5))
    },
    **{
        f"ConvTranspose{d}d": (lambda d=d: getattr(nn, f"ConvTranspose{d}d")(4, 3, 3, stride=2, rng=rng()), (x,))
        for d, x in ((1, X3), (2, X4), (3, X5))
    },
    **{
        f"{kind}Pool{d}d": (lambda kind=kind, d=d: getattr(nn, f"{kind}Pool{d}d")(2), (x,))
        for kind in ("Max", "Avg")
        for d, x in ((1, X3), (2, X4), (3, X5))
    },
    **{f"LPPool{d}d": (lambda d=d: getattr(nn, f"LPPool{d}d")(2.0, 2), (np.abs(x),)) for d, x in ((1, X3), (2, X4))},
    **{
        f"Adaptive{kind}Pool{d}d": (lambda kind=kind, d=d: getattr(nn, f"Adaptive{kind}Pool{d}d")(3), (x,))
        for kind in ("Max", "Avg")
        for d, x in ((1, X3), (2, X4))
    },
    **{
        f"{kind}Pad{d}d": (lambda kind=kind, d=d: getattr(nn, f"{kind}Pad{d}d")(1), (x,))
        for kind in ("Reflection", "Replication", "Zero", "Circular")
        for d, x in ((1, X3), (2, X4))
    },
    "ConstantPad2d": (lambda: nn.ConstantPad2d(1, 0.5), (X4,)),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), (X4,)),
    "PixelUnshuffle": (lambda: nn.PixelUnshuffle(2), (X4,)),
    "Unfold": (lambda: nn.Unfold(2), (X4,)),
    "Fold": (lambda: nn.Fold((3, 4), 2), (X3,)),
    "Unflatten": (lambda: nn.Unflatten(1, (2, 3)), (X2,)),
    "Upsample": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (X4,)),
    "Upsample nearest": (lambda: nn.Upsample(scale_factor=2), (X4,)),
    "CosineSimilarity": (nn.CosineSimilarity, (X2, X2[::-1].copy())),
    "PairwiseDistance": (nn.PairwiseDistance, (X2, X2[::-1].copy())),
    "RNN": (lambda: nn.RNN(6, 3, num_layers=2, rng=rng()), (X3,)),
    "LSTM": (lambda: nn.LSTM(6, 3, num_layers=2, dropout=0.3, bidirectional=True, rng=rng()), (X3,)),
    "GRU": (lambda: nn.GRU(6, 3, batch_first=True, rng=rng()), (X3,)),
    "RNNCell": (lambda: nn.RNNCell(6, 3, rng=rng()), (X2,)),
    "LSTMCell": (lambda: nn.LSTMCell(6, 3, rng=rng()), (X2,)),
    "GRUCell": (lambda: nn.GRUCell(6, 3, rng=rng()), (X2,)),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(6, 2, dropout=0.2, rng=rng()), (X3, X3, X3)),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(6, 2, 8, rng=rng()), (X3,)),
    "TransformerDecoderLayer": (lambda: nn.TransformerDecoderLayer(6, 2, 8, rng=rng()), (X3, X3[:, ::-1].copy())),
    "Transformer": (lambda: nn.Transformer(6, 2, 1, 1, 8, rng=rng()), (X3, X3)),
    "SinusoidalPositions": (lambda: nn.SinusoidalPositions(6), (X3,)),
    "LearnedPositions": (lambda: nn.LearnedPositions(6, 6, rng=rng()), (X3,)),
    "RotaryPositions": (lambda: nn.RotaryPositions(6), (X3,)),
}

P = 1 / (1 + np.exp(-X2))
LOSSES = {
    "L1Loss": (X2, X2[::-1].copy()), "MSELoss": (X2, P), "SmoothL1Loss": (X2, P), "HuberLoss": (X2, P),
    "BCELoss": (P, np.round(P)), "BCEWithLogitsLoss": (X2, P), "KLDivLoss": (np.log(P), P),
    "CrossEntropyLoss": (X2, np.array([0, 5, 2, 2])), "NLLLoss": (np.log(P), np.array([0, 5, 2, 2])),
    "PoissonNLLLoss": (X2, np.round(3 * P)), "GaussianNLLLoss": (X2, P, P + 0.1),
    "SoftMarginLoss": (X2, np.sign(X2)), "HingeEmbeddingLoss": (X2, np.sign(X2)),
    "MarginRankingLoss": (X2, P, np.sign(X2)), "MultiMarginLoss": (X2, np.array([0, 5, 2, 2])),
    "MultiLabelMarginLoss": (X2, np.array([[0, 3, -1, 0, 0, 0]] * 4)), "MultiLabelSoftMarginLoss": (X2, np.round(P)),
    "CosineEmbeddingLoss": (X2, P, np.array([1.0, -1.0, 1.0, -1.0])), "TripletMarginLoss": (X2, P, X2[::-1].copy()),
    "TripletMarginWithDistanceLoss": (X2, P, X2[::-1].copy()),
}  # fmt: skip
LOSSES["CTCLoss"] = (np.log(P / P.sum(-1, keepdims=True))[:, None],)  # its lengths are settings


def ctc_of(loss):
    """The loss of one sequence."""
    return lambda x: loss(x, np.array([[1, 2]]), [4], [2])


def leaves_of(y):
    """The arrays in an output."""
    return [x for part in y for x in leaves_of(part)] if isinstance(y, (tuple, list)) else [y]


def other(x):
    """Other numbers of the same kind."""
    if isinstance(x, list):
        return [0.5 * e for e in x]
    return x[::-1].copy() if x.dtype.kind in "iu" else 0.7 * x


def run(make, inputs, dtype, *, compiled, training):
    """Outputs and gradients of two calls with different numbers, and the state at the end."""
    module = make()
    if dtype is not float:
        module.astype(dtype)
    for m in module.modules():
        for k, x in vars(m).items():
            if isinstance(x, np.random.Generator):
                setattr(m, k, rng())
    module.train(training)

    def step(*xs):
        y = module(*xs)
        total = sum(np.sum(np.sin(p)) for p in leaves_of(y) if p.dtype.kind == "f")
        if isinstance(total, Value) and module.parameters():
            total.backward()
        return leaves_of(y)

    f = compile(step) if compiled else step
    results = []
    for xs in (inputs, tuple(map(other, inputs)), inputs):
        xs = [x if isinstance(x, list) or x.dtype.kind != "f" else x.astype(dtype) for x in xs]  # noqa: PLW2901  # cast
        given = xs if compiled else [valued(x) for x in xs]
        results.append([x.data if isinstance(x, Value) else x for x in f(*given)])
        results.append([p.grad for p in module.parameters()])
    if compiled:
        assert f.stats.programs <= 2  # first there are no gradients
        assert f.stats.eager_calls == 0, f.stats.reason
    return results, module.state()


def valued(x):
    """An argument as a compiled function has it."""
    return [Value(e) for e in x] if isinstance(x, list) else Value(x) if x.dtype.kind == "f" else x


def assert_same(found, expected, tolerance):
    """Equal arrays, to a share of the largest."""
    for x, y in zip(found, expected, strict=True):
        if y is None:
            assert x is None
            continue
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * max(1.0, np.abs(y).max(initial=0.0)))


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_that_is_compiled_gives_what_it_gives_without(name, training):
    for dtype, tolerance in ((float, 1e-12), (np.float32, 1e-5)):
        found, state = run(*LAYERS[name], dtype, compiled=True, training=training)
        expected, after = run(*LAYERS[name], dtype, compiled=False, training=training)
        for x, y in zip(found, expected, strict=True):
            assert_same(x, y, tolerance)
        assert_same(state.values(), after.values(), tolerance)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_is_compiled_gives_what_it_gives_without(name):
    loss, inputs = getattr(nn, name)(), LOSSES[name]
    if name == "CTCLoss":
        loss = ctc_of(loss)
    for dtype, tolerance in ((float, 1e-12), (np.float32, 1e-5)):
        w = [Value(np.array(1.0, dtype)) for _ in range(2)]

        def step(v, x, *rest):
            v.grad = None
            y = loss(v * x, *rest)
            y.backward()
            return y

        c = compile(step)
        for factor in (1.0, 0.9):
            xs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]
            xs[0] = xs[0] * np.asarray(factor, dtype)
            found = c(w[0], *xs)
            expected = step(w[1], *map(valued, xs)).data
            assert_same([found, w[0].grad], [expected, w[1].grad], tolerance)
        assert c.stats.eager_calls == 0, c.stats.reason


def test_every_layer_and_loss_stands_in_these_tables():
    known = {name.split()[0] for name in (*LAYERS, *LOSSES)}
    kinds = {k for k, x in vars(nn).items() if isinstance(x, type) and issubclass(x, nn.Module)}
    others = {
        "Module", "Loss", "ModuleList", "ModuleDict", "Neuron", "AveragedModel", "OnnxModule", "Dropout3d",
        "InstanceNorm1d", "InstanceNorm3d", "BatchNorm3d", "AdaptiveMaxPool3d", "AdaptiveAvgPool3d", "LPPool3d",
        "ConstantPad1d", "ConstantPad3d", "ReflectionPad3d", "ReplicationPad3d", "ZeroPad3d", "CircularPad3d",
        "TransformerEncoder", "TransformerDecoder",  # parts of what is here, or the same in another number of axes
    }  # fmt: skip
    assert kinds - known == others


OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "NAdam": {"lr": 0.1},
    "RAdam": {"lr": 0.1},
    "Adamax": {"lr": 0.1},
    "RMSprop": {"lr": 0.01, "centered": True, "momentum": 0.5},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1},
    "Adadelta": {},
    "ASGD": {"lr": 0.1, "t0": 2},
    "Rprop": {"lr": 0.1},
    "Lion": {"lr": 0.01, "weight_decay": 0.1},
}


def trained(name, dtype, *, compiled, rounds=1):
    """Losses, parameters and the optimizer's state after some steps, with a rate that changes."""
    model = nn.Sequential(nn.Linear(6, 5, rng=rng()), nn.Tanh(), nn.Linear(5, 3, rng=rng())).astype(dtype)
    optimizer = getattr(nn, name)(model.parameters(), **OPTIMIZERS[name])
    x, t = X2.astype(dtype), np.array([0, 2, 1, 1])

    def step():
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    f = compile(loop(step, rounds)) if compiled else loop(step, rounds)
    losses = []
    for i in range(3):
        losses.append(float(f()) if compiled else f().item())
        if i == 1:
            optimizer.lr = optimizer.lr * 0.5
    return losses, [p.data for p in model.parameters()], optimizer.state()


@pytest.mark.parametrize("rounds", [1, 3], ids=["step", "loop"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_that_is_compiled_moves_as_it_does_without(name, rounds):
    for dtype, tolerance in ((float, 1e-11), (np.float32, 1e-4)):
        found, expected = (trained(name, dtype, compiled=c, rounds=rounds) for c in (True, False))
        assert_same(found[0], expected[0], tolerance)
        assert_same(found[1], expected[1], tolerance)
        for k, x in expected[2].items():
            np.testing.assert_allclose(found[2][k], x, rtol=tolerance, atol=tolerance)


def test_modes_freezing_and_other_parts_are_found_after_compiling():
    model = nn.Sequential(nn.Linear(6, 3, rng=rng()), nn.BatchNorm1d(3), nn.Dropout(0.5, rng=rng()))
    c = compile(model)
    c(X2)
    model.eval()
    np.testing.assert_allclose(c(X2), model(X2).data, rtol=1e-13)
    model.freeze("0")
    weight = vars(model[0])["weight"]
    weight *= 2.0
    np.testing.assert_allclose(c(X2), np.asarray(model(X2).data), rtol=1e-13)
    model.unfreeze()
    model[1].eps = 0.5
    np.testing.assert_allclose(c(X2), model(X2).data, rtol=1e-13)


def test_clipping_and_averages_compile():
    model, twin = (nn.Linear(6, 3, rng=rng()) for _ in range(2))

    def step(m, x):
        for p in m.parameters():
            p.grad = None
        np.sum(m(x) ** 2).backward()
        norm = nn.clip_grad_norm_(m.parameters(), 0.5)
        nn.clip_grad_value_(m.parameters(), 0.2)
        return norm

    c = compile(lambda x: step(model, x))
    for x in (X2, 0.01 * X2):
        np.testing.assert_allclose(c(x), np.asarray(step(twin, Value(x))), rtol=1e-12)
        assert_same([p.grad for p in model.parameters()], [p.grad for p in twin.parameters()], 1e-12)


def test_what_goes_step_by_step_is_refused_inside():
    w = Value([1.0, 2.0])
    optimizer = nn.LBFGS([w])
    with pytest.raises(TraceError, match=r"compile: LBFGS\.step goes step by step"):
        compile(lambda: optimizer.step((w * w).sum))()
    schedule = nn.StepLR(nn.SGD([w], lr=0.1), 2)
    with pytest.raises(TraceError, match="the step of a schedule"):
        compile(schedule.step)()


class Remembers(nn.Module):
    """A module that keeps what it computed."""

    def __call__(self, x):
        self.last = x * 2
        return self.last


def test_attributes_that_would_be_kept_are_refused():
    with pytest.raises(TraceError, match=r"Remembers\.last was set to a Value that was computed"):
        compile(Remembers())(1.0)
    assert not is_compiling()


def test_what_a_module_keeps_is_copied_with_it():
    model = nn.BatchNorm1d(6)
    c = compile(model)
    twin = copy.deepcopy(model)
    for _ in range(2):
        np.testing.assert_allclose(c(X2), twin(X2).data, rtol=1e-13)
    assert_same(model.state().values(), twin.state().values(), 1e-13)
