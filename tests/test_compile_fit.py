"""`fit` with compiled steps: the same training, validation, checkpoints and errors."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest

import nn
from autograd_mini import AnomalyError, TraceError
from nn import compiling

X = np.random.default_rng(0).normal(size=(22, 4))
Y = (X.sum(1) > 0).astype(int)


def model_of(dtype=float):
    """A small network with draws and running statistics."""
    rng = np.random.default_rng(1)
    return nn.Sequential(
        nn.Linear(4, 8, bias=False, rng=rng),
        nn.BatchNorm1d(8),
        nn.Tanh(),
        nn.Dropout(0.2, rng=rng),
        nn.Linear(8, 2, rng=rng),
    ).astype(dtype)


def trained(*, compiled, optimizer=nn.Adam, dtype=float, lr=0.05, epochs=3, **options):
    """History, parameters and buffers after a training with a smaller last batch."""
    model = model_of(dtype)
    moves = optimizer(model.parameters(), lr=lr)
    history = nn.fit(
        model, (X.astype(dtype), Y), nn.cross_entropy, moves, epochs=epochs, batch_size=8, rng=np.random.default_rng(2),
        compile=compiled, progress=False, validation=(X[:9].astype(dtype), Y[:9]), metrics=[nn.metrics.accuracy],
        **({"scheduler": nn.StepLR(moves, 2)} | options),
    )  # fmt: skip
    return history, model


def assert_same(found, expected, tolerance=1e-11):
    """The same columns and state."""
    for name in expected[0].epochs.columns:
        np.testing.assert_allclose(found[0].epochs[name], expected[0].epochs[name], rtol=tolerance)
    for name, x in expected[1].state().items():
        np.testing.assert_allclose(found[1].state()[name], x, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"clip_norm": 0.1}, {"optimizer": nn.SGD}, {"optimizer": nn.LBFGS, "scheduler": None}, {"clip_norm": 50.0},
        {"scheduler_every": "step"},
    ],
    ids=str,
)  # fmt: skip
def test_a_training_is_the_same(options):
    tolerance = 1e-5 if options.get("optimizer") is nn.LBFGS else 1e-9  # which makes much of rounding
    assert_same(trained(compiled=True, **options), trained(compiled=False, **options), tolerance)


def test_a_training_in_float32_stays_so():
    found = trained(compiled=True, dtype=np.float32)
    assert_same(found, trained(compiled=False, dtype=np.float32), 1e-3)
    assert {p.dtype for p in found[1].parameters()} == {np.dtype(np.float32)}


def test_a_training_that_is_resumed_ends_bit_for_bit_as_one_that_was_not(tmp_path):
    whole = trained(compiled=True, epochs=4)[1].state()
    path = tmp_path / "training.npz"
    trained(compiled=True, epochs=2, checkpoint=path)
    resumed = trained(compiled=True, epochs=4, resume=path)[1].state()
    for name, x in whole.items():
        np.testing.assert_array_equal(resumed[name], x)


def test_a_loss_that_is_not_finite_is_found_before_the_step():
    model = nn.Linear(4, 1)
    before = model.state()
    with pytest.raises(AnomalyError, match="a loss of nan in epoch 1, step 1"):
        nn.fit(model, (X * np.nan, X[:, :1]), nn.mse_loss, nn.SGD(model.parameters(), lr=0.1), epochs=1, compile=True)
    for name, x in before.items():
        np.testing.assert_array_equal(model.state()[name], x)


def test_a_gradient_that_is_not_finite_is_found_before_the_step():
    model = nn.Linear(4, 1, bias=False)
    with pytest.raises(AnomalyError, match=r"a gradient of weight with nan or infinity"):
        nn.fit(
            model, (X * 0, X[:, :1]), lambda y, t: np.sum(y * t) + np.sum(np.sqrt(np.abs(model.weight * 0.0))),
            nn.SGD(model.parameters(), lr=0.1), epochs=1, compile=True,
        )  # fmt: skip


def test_a_loss_that_branches_on_numbers_is_refused_with_its_line():
    model = nn.Linear(4, 1)
    with pytest.raises(TraceError, match=r"test_compile_fit\.py, line \d+"):
        nn.fit(
            model, (X, X[:, :1]), lambda y, t: np.sum(y) if np.sum(y) > 0 else -np.sum(y),
            nn.SGD(model.parameters(), lr=0.1), epochs=1, compile=True,
        )  # fmt: skip


def test_a_notice_is_written_while_something_takes_over_a_second(monkeypatch):
    monkeypatch.setattr(compiling, "PATIENCE", 0.02)
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    with compiling.noticed("compiling the gradient"):
        time.sleep(0.15)
    said = text.getvalue()
    assert "fit: compiling the gradient . 1 s" in said
    assert said.endswith("\r")
    with compiling.noticed("nothing"):
        pass
    assert "nothing" not in text.getvalue()
