"""Programs written once and run by both: whole networks, trained from the same weights, have the same losses."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pytest

import nn

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

STEPS = 20
OURS = SimpleNamespace(
    nn=nn,
    F=nn,
    optim=nn,
    schedule=nn,
    clip=nn.clip_grad_norm_,
    given=lambda x: x,
    join=np.concatenate,
    swapped=np.swapaxes,
    load=lambda net, state: net.load({k: v.numpy() for k, v in state.items()}),
)
THEIRS = SimpleNamespace(
    nn=torch.nn,
    F=torch.nn.functional,
    optim=torch.optim,
    schedule=torch.optim.lr_scheduler,
    clip=torch.nn.utils.clip_grad_norm_,
    given=torch.tensor,
    join=torch.cat,
    swapped=torch.transpose,
    load=lambda net, state: net.load_state_dict(state),
)


def residual(lib, start, rng):
    """A network of residual blocks, momentum, smoothed labels; predictions at the end."""
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self, n_in, n, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(n_in, n, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(n)
            self.conv2 = nn.Conv2d(n, n, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(n)
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n, 1, stride=stride, bias=False), nn.BatchNorm2d(n))

        def forward(self, x):
            y = lib.F.relu(self.bn1(self.conv1(x)))
            return lib.F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Block(4, 4, 1), Block(4, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    )  # fmt: skip
    start(net)
    optimizer = lib.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    for _ in range(STEPS):
        x, y = lib.given(rng.normal(size=(8, 3, 8, 8))), lib.given(rng.integers(0, 5, 8))
        yield criterion(net(x), y), [optimizer]
    yield criterion(net.eval()(x), y), []


def decoder(lib, start, rng):
    """Causal attention with tied embeddings, decay of matrices alone, clipped gradients and a schedule."""
    nn, width, heads, n = lib.nn, 16, 2, 20

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 32), nn.GELU(approximate="tanh"), nn.Linear(32, width))

        def forward(self, x):
            parts = self.qkv(self.ln1(x)).reshape(*x.shape[:2], 3, heads, -1)
            q, k, v = (lib.swapped(parts[:, :, i], 1, 2) for i in range(3))
            seen = lib.F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(lib.swapped(seen, 1, 2).reshape(*x.shape))
            return x + self.mlp(self.ln2(x))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(n, width), nn.Embedding(9, width)
            self.blocks = nn.ModuleList([Block() for _ in range(2)])
            self.head = nn.Linear(width, n, bias=False)
            self.head.weight = self.tokens.weight

        def forward(self, x):
            x = self.tokens(x) + self.places(lib.given(np.arange(x.shape[1])))
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    net = Decoder()
    start(net)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": [p for p in net.parameters() if p.ndim == 1]}]
    optimizer = lib.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))
    schedule = lib.schedule.OneCycleLR(optimizer, max_lr=1e-2, total_steps=STEPS + 1)
    for _ in range(STEPS):
        text = rng.integers(0, n, (4, 10))
        logits = net(lib.given(text[:, :-1]))
        loss = lib.F.cross_entropy(logits.reshape(-1, n), lib.given(text[:, 1:].reshape(-1)), ignore_index=3)
        yield loss, [lambda: lib.clip(net.parameters(), 0.5), optimizer, schedule]


def translation(lib, start, rng):
    """An encoder of sequences of different lengths in both directions, and a decoder that is shown the targets."""
    nn, n = lib.nn, 12

    class Translation(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(n, 6, padding_idx=0)
            self.encoder = nn.LSTM(6, 8, batch_first=True, bidirectional=True)
            self.decoder = nn.GRU(6, 16, num_layers=1, batch_first=True)
            self.out = nn.Linear(16, n)

        def forward(self, x, lengths, y):
            x = self.words(x)
            if lib is THEIRS:
                x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                _, (h, _) = self.encoder(x)
            else:
                _, (h, _) = self.encoder(x, lengths=lengths)
            return self.out(self.decoder(self.words(y), lib.join([h[:1], h[1:]], -1))[0])

    net = Translation()
    start(net)
    optimizer = lib.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(STEPS):
        lengths = [5, 2, 6, 3]
        x = rng.integers(1, n, (4, 6)) * (np.arange(6) < np.array(lengths)[:, None])
        y = np.pad(x[:, ::-1], ((0, 0), (1, 0)), constant_values=1)
        scores = net(lib.given(x), lengths, lib.given(y[:, :-1].copy()))
        yield lib.F.cross_entropy(lib.swapped(scores, 1, 2), lib.given(y[:, 1:].copy()), ignore_index=0), [optimizer]


def rivals(lib, start, rng):
    """Two networks with an optimizer each, of which one is trained through the other."""
    nn = lib.nn
    maker = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    judge = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    start(maker)
    start(judge)
    makes, judges = (lib.optim.Adam(m.parameters(), lr=1e-2, betas=(0.5, 0.999)) for m in (maker, judge))
    criterion = nn.BCEWithLogitsLoss()
    yes, no = lib.given(np.ones((6, 1))), lib.given(np.zeros((6, 1)))
    for _ in range(STEPS):
        fake = maker(lib.given(rng.normal(size=(6, 3))))
        yield criterion(judge(lib.given(rng.normal(size=(6, 2)))), yes) + criterion(judge(fake.detach()), no), [judges]
        yield criterion(judge(fake), yes), [makes]


def thawed(lib, start, rng):
    """A head is trained, and then the body too, at a rate of its own; the target is a copy that follows slowly."""
    nn = lib.nn
    net = nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.Tanh()), nn.Linear(8, 2))
    start(net)
    target = copy.deepcopy(net)
    freeze(lib, net, "0")
    optimizer = lib.optim.SGD(net[1].parameters(), lr=0.1, momentum=0.9)
    for i in range(STEPS):
        if i == STEPS // 2:
            net[0].requires_grad_(True) if lib is THEIRS else net.unfreeze()
            optimizer.add_param_group({"params": net[0].parameters(), "lr": 0.02})
        x, wanted = lib.given(rng.normal(size=(8, 4))), lib.given(rng.normal(size=(8, 2)))
        yield (
            nn.SmoothL1Loss()(net(x), wanted + 0.9 * target(x).detach()),
            [optimizer, lambda: follow(lib, target, net)],
        )


def freeze(lib, net, name):
    if lib is OURS:
        net.freeze(name)
    else:
        net[int(name)].requires_grad_(False)


def follow(lib, target, net):
    """Move the numbers of a copy towards those of a network."""
    if lib is OURS:
        new = net.state()
        target.load({k: 0.9 * x + 0.1 * new[k] for k, x in target.state().items()})
    else:
        new = net.state_dict()
        target.load_state_dict({k: 0.9 * x + 0.1 * new[k] for k, x in target.state_dict().items()})


def losses(program, lib, starts):
    """What the losses of a program are; PyTorch's run comes first, and fills `starts` with its weights."""
    rest = iter(list(starts))

    def start(net):
        if lib is THEIRS:
            starts.append({k: v.clone() for k, v in net.double().state_dict().items()})
        else:
            lib.load(net, next(rest))

    found = []
    for loss, then in program(lib, start, np.random.default_rng(0)):
        found.append(loss.item())
        optimizers = [x for x in then if hasattr(x, "zero_grad")]
        for optimizer in optimizers:
            optimizer.zero_grad()
        if then:
            loss.backward()
        for do in then:
            do.step() if hasattr(do, "step") else do()
    return found


@pytest.fixture(autouse=True)
def _float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("program", [residual, decoder, translation, rivals, thawed], ids=lambda f: f.__name__)
def test_a_program_has_the_losses_of_pytorch(program):
    starts = []
    torch.manual_seed(0)
    theirs = losses(program, THEIRS, starts)
    ours = losses(program, OURS, starts)
    assert len(theirs) >= STEPS
    assert np.ptp(theirs) > 1e-2
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
