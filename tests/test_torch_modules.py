"""Every module that PyTorch has too: names and shapes of its state, outputs and gradients, on shapes and dtypes."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")

PRECISION = {"float64": 1e-10, "float32": 1e-5}
ROWS = [(6,), (4, 6), (2, 3, 4, 6)]
IMAGES = [(2, 4, 7, 8), (1, 4, 9, 6), (4, 8, 7)]
VOLUMES = [(2, 4, 5, 4, 6), (4, 5, 6, 4)]
SIGNALS = [(3, 4, 9), (1, 4, 12), (4, 10)]
BY_DIMENSIONS = {1: SIGNALS, 2: IMAGES, 3: VOLUMES}
PADS = ("Zero", "Reflection", "Replication", "Circular")
SEQUENCES = [(4, 6), (3, 2, 6)]
with_batch = lambda n: [s for s in BY_DIMENSIONS[n] if len(s) == n + 2]

# Name, arguments, and shapes of the input; in training, but for what draws numbers.
LAYERS = [
    ("Identity", (), ROWS),
    *((name, (), ROWS) for name in (
        "ReLU", "ReLU6", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "Sigmoid", "Tanh", "LogSigmoid",
        "Hardswish", "Hardtanh", "Hardshrink", "Softshrink", "Softsign", "Tanhshrink", "LeakyReLU",
        "PReLU", "RReLU", "Dropout", "AlphaDropout",
    )),
    *((name, (0.7,), ROWS) for name in ("ELU", "LeakyReLU", "Hardshrink", "Softshrink")),
    ("CELU", (0.5,), ROWS),  # at 0.7 PyTorch's own gradient is 1e-8 off its formula, in float64 too
    ("GELU", ("tanh",), ROWS), ("Softplus", (2.0, 1.0), ROWS), ("Hardtanh", (-0.5, 0.7), ROWS),
    ("Threshold", (0.1, 20.0), ROWS), ("PReLU", (4, 0.1), IMAGES[:2]), ("RReLU", (0.2, 0.3), ROWS),
    *((name, (dim,), ROWS) for name in ("Softmax", "Softmin", "LogSoftmax") for dim in (-1, 0)),
    ("GLU", (), ROWS), ("GLU", (0,), [(6,), (4, 6), (2, 3, 5)]),
    ("Linear", (6, 3), ROWS), ("Linear", (6, 1, False), ROWS),
    *((f"Conv{n}d", (4, 6, 3), s) for n, s in BY_DIMENSIONS.items()),
    *((f"Conv{n}d", (4, 6, 3, 2, 1, 1, 2, False, "reflect"), s) for n, s in BY_DIMENSIONS.items()),
    *((f"ConvTranspose{n}d", (4, 6, 3), s) for n, s in BY_DIMENSIONS.items()),
    *((f"ConvTranspose{n}d", (4, 6, 3, 2, 1, 1, 2, False), s) for n, s in BY_DIMENSIONS.items()),
    *((f"MaxPool{n}d", (3, 2, 1), s) for n, s in BY_DIMENSIONS.items()),
    *((f"AvgPool{n}d", (3, 2, 1, True, False), s) for n, s in BY_DIMENSIONS.items()),
    *((f"LPPool{n}d", (2.0, 2), s) for n, s in BY_DIMENSIONS.items()),
    *((f"AdaptiveAvgPool{n}d", (k,), s) for n, s in BY_DIMENSIONS.items() for k in (1, 3)),
    *((f"AdaptiveMaxPool{n}d", (k,), s) for n, s in BY_DIMENSIONS.items() for k in (1, 3)),
    *((f"BatchNorm{n}d", (4,), with_batch(n)) for n in BY_DIMENSIONS), ("BatchNorm1d", (6,), [(4, 6), (9, 6)]),
    *((f"InstanceNorm{n}d", (4, 1e-3, 0.2, True, True), s) for n, s in BY_DIMENSIONS.items()),
    ("LayerNorm", (6,), ROWS), ("LayerNorm", ((4, 6), 1e-3, True, False), [(4, 6), (2, 4, 6)]),
    ("RMSNorm", (6,), ROWS), ("GroupNorm", (2, 4), with_batch(2)), ("LocalResponseNorm", (3, 0.1), with_batch(2)),
    *((f"Dropout{n}d", (0.3,), with_batch(n)) for n in BY_DIMENSIONS), ("FeatureAlphaDropout", (0.3,), IMAGES),
    *((f"{kind}Pad{n}d", (1,), s) for kind in PADS for n, s in BY_DIMENSIONS.items()),
    *((f"ConstantPad{n}d", ((1, 2) * n, 0.5), s) for n, s in BY_DIMENSIONS.items()),
    ("Flatten", (), [(2, 3, 4), (3, 4), (2, 3, 2, 2)]), ("Flatten", (0, 1), [(2, 3, 4), (3, 4)]),
    ("Unflatten", (-1, (2, 3)), ROWS), ("PixelShuffle", (2,), [(2, 8, 3, 4), (4, 3, 3)]),
    ("PixelUnshuffle", (2,), [(2, 3, 4, 6), (3, 4, 4)]), ("Unfold", (3, 1, 1, 2), [(2, 4, 7, 8), (4, 8, 7)]),
    ("Fold", ((5, 6), 2), [(2, 8, 20), (4, 20)]), ("Upsample", (None, 2.0), [(2, 4, 7), (2, 4, 3, 5), (1, 2, 3, 2, 2)]),
    ("Upsample", ((5, 9), None, "bicubic", True), [(2, 4, 7, 8), (1, 2, 3, 3)]),
    ("RNN", (6, 5), SEQUENCES), ("LSTM", (6, 5, 2), SEQUENCES),
    ("GRU", (6, 5, 1, False), SEQUENCES),
    *((f"{kind}Cell", (6, 5), ROWS[:2]) for kind in ("RNN", "LSTM", "GRU")),
    ("TransformerEncoderLayer", (6, 2, 8, 0.0), [(4, 6), (3, 2, 6)]),
]  # fmt: skip
# Keyword arguments that PyTorch takes by keyword alone.
WITHOUT_BIAS = [
    *((f"BatchNorm{n}d", (4,), with_batch(n)) for n in BY_DIMENSIONS),
    *((f"InstanceNorm{n}d", (4, 1e-5, 0.1, True), s) for n, s in BY_DIMENSIONS.items()),
    ("GroupNorm", (2, 4), with_batch(2)),
]
DRAWS = ("Dropout", "RReLU")  # parts of the names of what is compared after eval(); its draws have tests of their own
TWO_INPUTS = [
    ("Bilinear", (6, 5, 3), [((6,), (5,)), ((4, 6), (4, 5)), ((2, 4, 6), (2, 4, 5))]),
    ("CosineSimilarity", (-1, 1e-6), [((6,), (6,)), ((4, 6), (4, 6)), ((2, 3, 6), (2, 1, 6))]),
    ("PairwiseDistance", (3.0, 1e-3, True), [((6,), (6,)), ((4, 6), (4, 6))]),
    ("TransformerDecoderLayer", (6, 2, 8, 0.0), [((4, 6), (3, 6)), ((4, 2, 6), (3, 2, 6))]),
    ("Transformer", (6, 2, 1, 1, 8, 0.0), [((4, 6), (3, 6)), ((4, 2, 6), (3, 2, 6))]),
]
ELSEWHERE = {
    "Hardsigmoid": "test_torch_activations: there the slope is 1/6 in float32, in float64 too",
    "Embedding": "test_torch_layers",
    "MultiheadAttention": "test_torch_attention",
    "TransformerEncoder": "test_torch_attention",
    "TransformerDecoder": "test_torch_attention",
    "Module": "a base class",
    "ModuleDict": "holds modules",
    "ModuleList": "holds modules",
    "Sequential": "holds modules",
}


def named(cases):
    """The cases, called by name and arguments."""
    return [pytest.param(*case, id=f"{case[0]}{case[1]}".replace(" ", "")) for case in cases]


def twins(name, args, dtype, **options):
    """A module of PyTorch's, and ours, with the same numbers, off their starts."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **options).to(getattr(torch, dtype))
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(0.3 * torch.randn_like(p))
    made = getattr(nn, name)
    typed = {"dtype": dtype} if "dtype" in inspect.signature(made).parameters else {}
    ours = made(*args, **options, **typed)
    state = theirs.state_dict()
    assert [(k, v.shape, str(v.dtype)) for k, v in ours.state().items()] == [
        (k, tuple(v.shape), str(v.dtype).removeprefix("torch.")) for k, v in state.items()
    ]
    ours.load({k: v.numpy() for k, v in state.items()})
    if any(part in name for part in DRAWS):
        ours.eval()
        theirs.eval()
    return ours, theirs


def near(ours, theirs, dtype, where):
    ours = np.asarray(ours.data if isinstance(ours, Value) else ours)
    theirs = theirs.detach().numpy()
    assert (ours.shape, str(ours.dtype)) == (theirs.shape, dtype), where
    limit = PRECISION[dtype]
    np.testing.assert_allclose(ours, theirs, rtol=limit, atol=limit * np.abs(theirs).max(initial=1e-3), err_msg=where)


def flat(y):
    return [z for part in y for z in flat(part)] if isinstance(y, tuple) else [y]


def assert_same_call(ours, theirs, xs, dtype, free=None):
    """Outputs, and the gradients of a weighted sum of them by what is `free` (all inputs) and parameters, agree."""
    rng = np.random.default_rng(1)
    free = len(xs) if free is None else free
    vs = [Value(x) if i < free else x for i, x in enumerate(xs)]
    ts = [torch.tensor(x, requires_grad=i < free) for i, x in enumerate(xs)]
    mine, other = 0.0, 0.0
    for i, (y, z) in enumerate(zip(flat(ours(*vs)), flat(theirs(*ts)), strict=True)):
        near(y, z, dtype, f"output {i}")
        by = rng.normal(size=tuple(z.shape)).astype(dtype)
        mine, other = mine + (y * by).sum(), other + (z * torch.tensor(by)).sum()
    mine.backward()
    other.backward()
    for i, (v, t) in enumerate(zip(vs[:free], ts[:free], strict=True)):
        near(v.grad, t.grad, dtype, f"gradient of input {i}")
    for (name, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        near(p.grad, q.grad, dtype, name)


def checked(name, args, shapes, dtype, **options):
    rng = np.random.default_rng(0)
    for shape in shapes:
        ours, theirs = twins(name, args, dtype, **options)
        several = shape if isinstance(shape[0], tuple) else (shape,)
        assert_same_call(ours, theirs, [1.5 * rng.normal(size=s).astype(dtype) for s in several], dtype)
        if "Instance" not in name:  # PyTorch counts no batches there
            for k, q in theirs.named_buffers():
                near(getattr(ours, k), q, str(q.dtype).removeprefix("torch."), k) if "num" not in k else None
                assert "num" not in k or getattr(ours, k) == q.item()


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(("name", "args", "shapes"), named([*LAYERS, *TWO_INPUTS]))
def test_a_module_is_that_of_pytorch(name, args, shapes, dtype):
    checked(name, args, shapes, dtype)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(("name", "args", "shapes"), named(WITHOUT_BIAS))
def test_a_normalisation_without_a_bias_is_that_of_pytorch(name, args, shapes, dtype):
    checked(name, args, shapes, dtype, bias=False)


@pytest.mark.parametrize("size", [1, 2, 3, (5, 2, 3), (None, 4, 1)])
@pytest.mark.parametrize("n", BY_DIMENSIONS)
def test_places_of_the_largest_of_adaptive_windows_are_those_of_pytorch(n, size):
    size = size[:n] if isinstance(size, tuple) and n > 1 else 5 if isinstance(size, tuple) else size
    for shape in BY_DIMENSIONS[n]:
        for x in (np.random.default_rng(0).normal(size=shape), np.random.default_rng(1).integers(0, 3, shape) / 2):
            theirs = getattr(torch.nn, f"AdaptiveMaxPool{n}d")(size, True)(torch.tensor(x))
            modules = getattr(nn, f"AdaptiveMaxPool{n}d")(size, True)
            for found in (modules(x), modules(Value(x)), getattr(nn, f"adaptive_max_pool{n}d")(x, size, True)):
                for a, b in zip(found, theirs, strict=True):
                    np.testing.assert_array_equal(a.data if isinstance(a, Value) else a, b.numpy())


# ---- losses

normal = lambda rng, *s: rng.normal(size=s)
positive = lambda rng, *s: rng.uniform(0.1, 2.0, s)
share = lambda rng, *s: rng.uniform(0.02, 0.98, s)
signs = lambda rng, *s: rng.choice([-1.0, 1.0], s)
classes = lambda rng, *s: rng.integers(0, 4, s)
both = lambda first, second: lambda rng, *s: (first(rng, *s), second(rng, *s))
triple = lambda rng, *s: tuple(normal(rng, *s) for _ in range(3))
of_classes = lambda rng, *s: (normal(rng, s[0], 4, *s[1:]), classes(rng, *s))
WEIGHT = np.array([1.0, 2.0, 0.5, 0.0])
PLAIN = [(), (4,), (2, 3), (2, 3, 4)]
MATRICES = [(4,), (3, 4), (1, 4)]
squared_distance = lambda a, b: ((a - b) ** 2).sum(-1)

# Name, settings, operands, their shapes, how many are differentiated.
LOSSES = [
    *(("MSELoss", {}, both(normal, normal), PLAIN, 2), ("L1Loss", {}, both(normal, normal), PLAIN, 2)),
    *(("SmoothL1Loss", {"beta": b}, both(normal, normal), PLAIN, 2) for b in (1.0, 0.3)),
    *(("HuberLoss", {"delta": d}, both(normal, normal), PLAIN, 2) for d in (1.0, 0.4)),
    *(("CrossEntropyLoss", s, of_classes, [(5,), (2, 3), (2, 3, 2)], 1)
      for s in ({}, {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.2})),
    *(("NLLLoss", s, of_classes, [(5,), (2, 3), (2, 3, 2)], 1) for s in ({}, {"weight": WEIGHT, "ignore_index": 2})),
    *(("BCELoss", s, both(share, share), [(4,), (3, 4)], 1) for s in ({}, {"weight": WEIGHT})),
    *(("BCEWithLogitsLoss", s, both(normal, share), [(4,), (3, 4)], 2)
      for s in ({}, {"weight": WEIGHT, "pos_weight": 1 + WEIGHT})),
    *(("KLDivLoss", {"log_target": log}, both(normal, normal if log else share), [(4,), (2, 3)], 1)
      for log in (True, False)),
    ("SoftMarginLoss", {}, both(normal, signs), PLAIN, 1),
    *(("MultiMarginLoss", s, of_classes, [(5,), (1,)], 1) for s in ({}, {"p": 2, "margin": 0.7, "weight": WEIGHT})),
    ("MultiLabelMarginLoss", {}, lambda rng, n: (normal(rng, n, 4), np.tile([2, 0, -1, 1], (n, 1))), [(1,), (3,)], 1),
    *(("MultiLabelSoftMarginLoss", s, both(normal, share), [(3, 4), (1, 4)], 1) for s in ({}, {"weight": WEIGHT})),
    *(("HingeEmbeddingLoss", s, both(positive, signs), PLAIN, 1) for s in ({}, {"margin": 1.2})),
    *(("MarginRankingLoss", s, lambda rng, n: (normal(rng, n), normal(rng, n), signs(rng, n)), [(1,), (6,)], 2)
      for s in ({}, {"margin": 0.5})),
    *(("CosineEmbeddingLoss", s, lambda rng, n: (normal(rng, n, 3), normal(rng, n, 3), signs(rng, n)), [(2,), (6,)], 2)
      for s in ({}, {"margin": 0.3})),
    *(("TripletMarginLoss", s, triple, MATRICES, 3) for s in ({}, {"margin": 2.0, "p": 3.0, "eps": 0.1, "swap": True})),
    *(("TripletMarginWithDistanceLoss", s, triple, [(3, 4), (1, 4)], 3)
      for s in ({}, {"distance_function": squared_distance, "margin": 0.5, "swap": True})),
    *(("PoissonNLLLoss", s, both(positive, positive), PLAIN, 1)
      for s in ({}, {"log_input": False, "full": True, "eps": 0.5})),
    *(("GaussianNLLLoss", s, lambda rng, *n: (normal(rng, *n), normal(rng, *n), positive(rng, *n)), PLAIN[1:], 3)
      for s in ({}, {"full": True, "eps": 0.7})),
]  # fmt: skip


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "settings", "operands", "shapes", "free"),
    [pytest.param(*case, id=f"{i}-{case[0]}-{','.join(case[1])}") for i, case in enumerate(LOSSES)],
)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # PyTorch's of its mean of kl_div
def test_a_loss_module_is_that_of_pytorch(name, settings, operands, shapes, free, reduction, dtype):
    rng = np.random.default_rng(0)
    typed = lambda x: x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
    settings = {k: typed(x) for k, x in settings.items()}
    tensors = {k: torch.tensor(x) if isinstance(x, np.ndarray) else x for k, x in settings.items()}
    for shape in shapes:
        ours = getattr(nn, name)(**settings, reduction=reduction)
        theirs = getattr(torch.nn, name)(**tensors, reduction=reduction)
        xs = [typed(np.asarray(x)) for x in operands(rng, *shape)]
        assert_same_call(Plain(ours), Plain(theirs), xs, dtype, free)


class Plain:
    """A loss whose settings, which are constants, are no parameters."""

    def __init__(self, loss):
        self.loss = loss

    def named_parameters(self):
        return []

    def __call__(self, *xs):
        return self.loss(*xs)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("settings", [{}, {"blank": 2, "reduction": "sum"}, {"reduction": "none"}], ids=str)
def test_the_module_of_sequences_is_that_of_pytorch(settings, dtype):
    for n_times, n in ((6, 3), (9, 1)):
        x = np.random.default_rng(0).normal(size=(n_times, n, 5)).astype(dtype)
        labels = np.random.default_rng(1).choice([1, 3, 4], (n, 2))
        times, counts = np.full(n, n_times - 1), np.array([2, 1, 2][:n])
        v, t = Value(x), torch.tensor(x, requires_grad=True)
        y = nn.CTCLoss(**settings)(nn.log_softmax(v, -1), labels, times, counts)
        z = torch.nn.CTCLoss(**settings)(t.log_softmax(-1), *map(torch.tensor, (labels, times, counts)))
        y.sum().backward()
        z.sum().backward()
        near(y, z, dtype, "loss")
        near(v.grad, t.grad, dtype, "gradient")


def test_every_module_that_pytorch_has_stands_in_a_table():
    modules = [n for n in nn.__all__ if inspect.isclass(getattr(nn, n)) and issubclass(getattr(nn, n), nn.Module)]
    shared = {n for n in modules if hasattr(torch.nn, n)}
    compared = {case[0] for case in (*LAYERS, *TWO_INPUTS, *LOSSES)} | {"CTCLoss"}
    assert shared - compared == set(ELSEWHERE)
    assert not compared & set(ELSEWHERE)
