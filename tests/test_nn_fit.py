"""Training: what fit computes, calls, measures, and leaves when something is raised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from autograd_mini import AnomalyError, ShapeError, UsageError, Value
from nn import (
    LBFGS,
    SGD,
    Adam,
    Callback,
    DataLoader,
    EarlyStopping,
    History,
    IterableDataset,
    LambdaCallback,
    Linear,
    Module,
    Sequential,
    TensorDataset,
    evaluate,
    fit,
    metrics,
    mse_loss,
    predict,
)
from nn.metrics import Metric
from nn.schedule import ReduceLROnPlateau


class Drop(Module):
    """Half of the inputs, drawn by chance while it trains."""

    def __init__(self, rng):
        self._rng = rng

    def __call__(self, x):
        return x * (2.0 * (self._rng.random(x.shape) < 0.5)) if self.training else x


class Norm(Module):
    """Inputs less their running mean, which moves while it trains."""

    def __init__(self, n):
        self.mean = np.zeros(n)
        self.count = np.array(0)

    def __call__(self, x):
        if self.training:
            self.set_buffer("mean", 0.9 * self.mean + 0.1 * np.mean(x, axis=0))
            self.set_buffer("count", self.count + 1)
        return x - self.mean


class BoomError(Exception):
    """What the tests raise."""


def made(seed=0):
    """A model with dropout and running statistics, its optimizer, and data of 20 rows."""
    rng = np.random.default_rng(seed)
    model = Sequential(Linear(3, 8, rng=rng), Norm(8), np.tanh, Drop(rng), Linear(8, 2, rng=rng))
    data = np.random.default_rng(7)
    x = data.normal(size=(20, 3))
    return model, Adam(model.parameters(), lr=0.01), x, x[:, :2] * x[:, 1:]


def everything(model, optimizer):
    """The numbers of a model and its optimizer."""
    state = {**model.state(), **{f"optimizer.{k}": v for k, v in optimizer.state().items()}}
    return {k: np.array(v).tolist() for k, v in state.items()}


def line(seed=0):
    """A linear model and data without noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 3))
    return Linear(3, 1, rng=rng), x, x @ np.array([[1.0], [-2.0], [0.5]]) + 0.3


def test_fit_makes_the_steps_of_a_loop_written_by_hand():
    model, optimizer, x, y = made()
    history = fit(model, (x, y), mse_loss, optimizer, epochs=3, batch_size=6, shuffle=False)
    other, by_hand, x, y = made()
    losses = []
    for _ in range(3):
        total = 0.0
        for start in range(0, 20, 6):
            rows = slice(start, start + 6)
            by_hand.zero_grad()
            loss = mse_loss(other(x[rows]), y[rows])
            loss.backward()
            by_hand.step()
            total += loss.item() * len(x[rows])
        losses.append(total / 20)
    assert everything(model, optimizer) == everything(other, by_hand)
    assert history["loss"] == losses
    assert history["epoch"] == [1, 2, 3]
    assert history.steps["step"] == list(range(1, 13))


def test_data_in_arrays_data_sets_and_loaders_is_the_same_data():
    found = []
    for data in ("arrays", "data set", "loader"):
        model, optimizer, x, y = made()
        rng = np.random.default_rng(5)
        given = {"arrays": (x, y), "data set": TensorDataset(x, y)}.get(
            data, DataLoader(TensorDataset(x, y), 6, shuffle=True, rng=rng)
        )
        fit(model, given, mse_loss, optimizer, epochs=2, batch_size=6, rng=rng)
        found.append(everything(model, optimizer))
    assert found[0] == found[1] == found[2]


def test_several_inputs_come_before_the_target():
    class Two(Module):
        def __init__(self):
            self.w = Value(0.0)

        def __call__(self, a, b):
            return self.w * a * b

    model = Two()
    a, b = np.random.default_rng(0).normal(size=(2, 50))
    fit(model, (a, b, 3 * a * b), mse_loss, SGD(model.parameters(), lr=0.1), epochs=30)
    assert model.w.item() == pytest.approx(3, rel=1e-3)
    assert predict(model, (a, b, a)).shape == (50,)


def test_an_iterable_data_set_trains():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([(np.ones(3), np.ones(1))] * 5)

    model, _, _ = line()
    history = fit(model, Stream(), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, batch_size=2)
    assert len(history.steps) == 6


def test_losses_and_metrics_of_an_epoch_are_those_of_all_its_samples():
    model, x, y = line()
    history = fit(
        model,
        (x, y),
        mse_loss,
        SGD(model.parameters(), lr=0.0),
        epochs=1,
        batch_size=7,
        validation=(x[:11], y[:11]),
        metrics=[metrics.r2_score, Metric(metrics.rmse, "error")],
    )
    assert list(history) == ["epoch", "loss", "r2_score", "error", "val_loss", "val_r2_score", "val_error", "lr"]
    row = history.epochs.rows()[0]
    output = predict(model, x)
    assert row["loss"] == pytest.approx(np.mean((output - y) ** 2), rel=1e-13)
    assert row["r2_score"] == pytest.approx(metrics.r2_score(output, y), rel=1e-12)
    assert row["val_error"] == pytest.approx(metrics.rmse(output[:11], y[:11]), rel=1e-12)
    found = evaluate(model, (x, y), mse_loss, metrics.r2_score, batch_size=4)
    assert found == pytest.approx({k: row[k] for k in ("loss", "r2_score")}, rel=1e-12)


def test_validation_predicts_and_modes_are_afterwards_as_before():
    model, optimizer, x, y = made()
    model[1].eval()
    seen = []

    class Watch(Module):
        def __call__(self, x):
            seen.append(self.training)
            return x

    model.append(Watch())
    fit(model, (x, y), mse_loss, optimizer, epochs=1, batch_size=10, validation=(x, y))
    assert seen == [True, True, False, False]
    assert [m.training for m in model.modules()] == [True, True, False, True, True, True]
    assert model[1].count == 0
    model.eval()
    fit(model, (x, y), mse_loss, optimizer, epochs=1)
    assert seen[-1] is True
    assert not any(m.training for m in model.modules())


def test_a_loader_that_was_set_into_an_epoch_trains_on_the_rest():
    model, x, y = line()
    loader = DataLoader(TensorDataset(x, y), 5)
    batches = iter(loader)
    next(batches)
    next(batches)
    state = loader.state()
    loader.load(state)
    history = fit(model, loader, mse_loss, SGD(model.parameters(), lr=0.1), epochs=2)
    assert [history.steps["epoch"].count(e) for e in (1, 2)] == [4, 6]


def test_a_loss_with_buffers_is_set_to_eval_for_validation():
    class Counted(Module):
        def __init__(self):
            self.calls = np.array(0)

        def __call__(self, output, target):
            if self.training:
                self.set_buffer("calls", self.calls + 1)
            return mse_loss(output, target)

    model, x, y = line()
    loss = Counted()
    fit(model, (x, y), loss, SGD(model.parameters(), lr=0.1), epochs=2, batch_size=10, validation=(x, y))
    assert (loss.calls, loss.training) == (6, True)


def test_evaluate_and_predict_change_nothing_and_record_nothing():
    model, optimizer, x, y = made()
    before = everything(model, optimizer)
    assert list(evaluate(model, (x, y), metrics={"error": metrics.rmse})) == ["error"]
    output = predict(model, DataLoader(TensorDataset(x, y), 3))
    assert type(output) is np.ndarray
    np.testing.assert_array_equal(output, predict(model, x, batch_size=20))
    np.testing.assert_array_equal(output, predict(model, Value(x)))
    assert everything(model, optimizer) == before
    assert model.training


def test_outputs_in_tuples_and_dicts_are_joined_place_by_place():
    class Both(Module):
        def __call__(self, x):
            return {"twice": 2 * x, "pair": (x, x[:, 0])}

    found = predict(Both(), np.arange(10.0).reshape(5, 2), batch_size=2)
    assert found["twice"].shape == (5, 2)
    assert found["pair"][1].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert evaluate(np.sin, (np.zeros(3), np.ones(3)), mse_loss) == {"loss": 1.0}


class Halving:
    """A schedule that halves the rate, or nearly so."""

    def __init__(self, optimizer, factor=0.5):
        self.optimizer, self.factor = optimizer, factor

    def step(self):
        self.optimizer.lr = self.optimizer.lr * self.factor


def test_schedules_step_by_epoch_or_by_step():
    for every, rates in (("epoch", [1.0, 0.5]), ("step", [0.5, 0.125])):
        model, x, y = line()
        optimizer = SGD(model.parameters(), lr=1.0)
        history = fit(
            model,
            (x, y),
            lambda o, t: 0.0 * mse_loss(o, t),
            optimizer,
            epochs=2,
            batch_size=15,
            scheduler=Halving(optimizer),
            scheduler_every=every,
        )
        assert history["lr"] == rates


@pytest.mark.parametrize(("monitor", "expected"), [(None, "val_loss"), ("rmse", "rmse")])
def test_a_schedule_that_needs_a_number_gets_the_column_that_is_watched(monitor, expected):
    seen = []

    class Plateau:
        def step(self, number):
            seen.append(number)

    model, x, y = line()
    history = fit(
        model,
        (x, y),
        mse_loss,
        SGD(model.parameters(), lr=0.1),
        epochs=2,
        validation=(x, y),
        metrics=metrics.rmse,
        scheduler=Plateau(),
        monitor=monitor,
    )
    assert seen == history[expected]


@pytest.mark.parametrize("clip_norm", [0.1, 1e9])
def test_gradients_are_scaled_down_to_the_norm_that_is_allowed(clip_norm):
    model, x, y = line()
    start = np.append(model.weight.data, model.bias.data)
    error = predict(model, x) - y
    slope = np.append(2 / 30 * error.T @ x, 2 * error.mean())
    fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=1.0), epochs=1, batch_size=30, clip_norm=clip_norm)
    moved = start - np.append(model.weight.data, model.bias.data)
    np.testing.assert_allclose(moved, slope * min(1, clip_norm / (np.linalg.norm(slope) + 1e-6)), rtol=1e-12)


def test_an_optimizer_that_measures_several_times_a_step_trains():
    model, x, y = line()
    history = fit(model, (x, y), mse_loss, LBFGS(model.parameters()), epochs=2, batch_size=30, shuffle=False)
    other, _, _ = line()
    by_hand = LBFGS(other.parameters())

    def closure():
        by_hand.zero_grad()
        loss = mse_loss(other(x), y)
        loss.backward()
        return loss

    losses = [by_hand.step(closure).item() for _ in range(2)]
    assert history["loss"] == losses
    assert everything(model, by_hand) == everything(other, by_hand)


def test_training_in_float32_stays_in_float32():
    rng = np.random.default_rng(0)
    model = Linear(3, 1, dtype=np.float32, rng=rng)
    x = rng.normal(size=(10, 3)).astype(np.float32)
    fit(model, (x, x[:, :1]), mse_loss, Adam(model.parameters(), lr=0.1), epochs=2, clip_norm=0.1)
    assert model.weight.dtype == np.float32


def test_callbacks_are_called_between_steps_and_epochs():
    calls = []
    hooks = ("on_fit_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_fit_end")
    callback = LambdaCallback(**{h: lambda run, h=h: calls.append((h, run.epoch, run.step)) for h in hooks})
    model, x, y = line()
    fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, batch_size=15, callbacks=[callback])
    assert calls == [
        ("on_fit_begin", 0, 0),
        ("on_epoch_begin", 0, 0),
        ("on_step_end", 0, 1),
        ("on_step_end", 0, 2),
        ("on_epoch_end", 1, 2),
        ("on_epoch_begin", 1, 2),
        ("on_step_end", 1, 3),
        ("on_step_end", 1, 4),
        ("on_epoch_end", 2, 4),
        ("on_fit_end", 2, 4),
    ]


def test_a_callback_ends_the_training_after_a_step():
    def stop(run):
        run.stop = run.step == 3

    model, x, y = line()
    callback = LambdaCallback(on_step_end=stop)
    history = fit(
        model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=9, batch_size=15, callbacks=[callback]
    )
    assert (len(history), len(history.steps)) == (1, 3)


class Scripted(Module):
    """A model whose loss on validation follows a script."""

    def __init__(self, losses):
        self.w = Value(0.0)
        self._losses = iter(losses)

    def __call__(self, x):
        return self.w * x if self.training else np.sqrt(next(self._losses)) * np.ones_like(x)


@pytest.mark.parametrize(
    ("losses", "settings", "epochs", "best"),
    [
        ([5, 4, 3, 4, 4, 1], {"patience": 2}, 5, 3),
        ([5, 4, 4, 4, 4], {"patience": 1}, 3, 2),
        ([5, 4.95, 4.9, 4.85, 4.7], {"patience": 3, "min_delta": 0.2}, 4, 1),
        ([1, 2, 3, 2, 1], {"patience": 2, "mode": "max"}, 5, 3),
        ([5, 4, 3, 2, 1], {}, 5, 5),
    ],
    ids=str,
)
def test_training_ends_early_where_nothing_gets_better(losses, settings, epochs, best):
    model = Scripted(losses)
    stopping = EarlyStopping("val_loss", **settings)
    zeros = np.zeros(4)
    history = fit(
        model,
        (np.ones(4), np.ones(4)),
        mse_loss,
        SGD(model.parameters(), lr=0.1),
        epochs=5,
        validation=(zeros, zeros),
        callbacks=[stopping],
    )
    assert len(history) == epochs
    assert (stopping.best_epoch, stopping.best) == (best, pytest.approx(losses[best - 1]))


def test_the_model_goes_back_to_its_best_epoch():
    model = Scripted([3, 1, 2, 2])
    states = []
    zeros = np.zeros(4)
    fit(
        model,
        (np.ones(4), np.ones(4)),
        mse_loss,
        SGD(model.parameters(), lr=0.1),
        epochs=4,
        validation=(zeros, zeros),
        callbacks=[
            EarlyStopping(patience=2, restore_best=True),
            LambdaCallback(on_epoch_end=lambda run: states.append(run.model.w.item())),
        ],
    )
    assert model.w.item() == states[1] != states[-1]


# ---- what is left when something is raised


def failing(where, k, raised):
    """Arguments of a training in which something is raised at the k-th call of some part of it."""
    model, optimizer, x, y = made()
    calls = {"count": 0}

    def maybe():
        calls["count"] += 1
        if calls["count"] == k:
            raised()

    class Late(Module):
        def __call__(self, x):
            if self.training == (where != "validation"):
                maybe()
            return x

    def loss(output, target):
        if where == "loss":
            maybe()
        return mse_loss(output, target)

    def metric(output, target):
        maybe()
        return 0.0

    class Data(TensorDataset):
        def __getitem__(self, i):
            if where == "data":
                maybe()
            return super().__getitem__(i)

    if where in {"model", "validation"}:
        model.append(Late())
    if where == "step":
        step = optimizer.step

        def late():
            maybe()
            step()
            maybe()

        optimizer.step = late
    hook = LambdaCallback(**{where: lambda run: maybe()} if where.startswith("on_") else {})
    rng = np.random.default_rng(11)
    return (model, DataLoader(Data(x, y), 5, shuffle=True, rng=rng), loss, optimizer), {
        "validation": (x, y),
        "metrics": {"m": Metric(metric, mean=True)} if where == "metric" else (),
        "callbacks": [hook],
    }


def after_whole_steps(n):
    """The numbers after n steps that nothing disturbs."""
    (model, data, loss, optimizer), options = failing("nowhere", 0, None)

    def stop(run):
        run.stop = run.step == n

    options["callbacks"] = [LambdaCallback(on_step_end=stop)]
    if n:
        fit(model, data, loss, optimizer, epochs=9, **options)
    return everything(model, optimizer)


PLACES = [("data", 1), ("data", 28), ("model", 6), ("loss", 3), ("metric", 2), ("validation", 1)]
PLACES += [("on_step_end", 5), ("on_epoch_end", 1), ("on_epoch_begin", 2), ("on_fit_begin", 1)]


@pytest.mark.parametrize("kind", [BoomError, KeyboardInterrupt])
@pytest.mark.parametrize(("where", "k"), PLACES)
def test_whatever_is_raised_leaves_the_last_whole_step(where, k, kind):
    def raised():
        raise kind

    (model, data, loss, optimizer), options = failing(where, k, raised)
    history = History()
    model[3].eval()
    model[3].train()
    ended = []
    options["callbacks"].append(LambdaCallback(on_fit_end=lambda run: ended.append(type(run.error))))
    with pytest.raises(kind):
        fit(model, data, loss, optimizer, epochs=3, history=history, **options)
    assert everything(model, optimizer) == after_whole_steps(len(history.steps))
    assert all(m.training for m in model.modules())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert ended == [kind]


@pytest.mark.parametrize(("where", "k"), [*PLACES, ("step", 3), ("step", 4), ("on_epoch_end", 3)])
def test_ctrl_c_waits_until_the_step_is_whole(where, k):
    (model, data, loss, optimizer), options = failing(where, k, lambda: signal.raise_signal(signal.SIGINT))
    history = History()
    with pytest.raises(KeyboardInterrupt):
        fit(model, data, loss, optimizer, epochs=3, history=history, **options)
    assert everything(model, optimizer) == after_whole_steps(len(history.steps))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(("where", "k"), [("model", 6), ("data", 28), ("step", 3), ("validation", 1)])
def test_a_second_ctrl_c_undoes_the_step_unless_it_is_being_made(where, k):
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    (model, data, loss, optimizer), options = failing(where, k, twice)
    history = History()
    with pytest.raises(KeyboardInterrupt):
        fit(model, data, loss, optimizer, epochs=3, history=history, **options)
    assert len(history.steps) == {"model": 5, "data": 5, "step": 2, "validation": 4}[where]
    assert everything(model, optimizer) == after_whole_steps(len(history.steps))


def test_a_handler_of_your_own_is_called_and_may_let_the_training_go_on():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        (model, data, loss, optimizer), options = failing("model", 3, lambda: signal.raise_signal(signal.SIGINT))
        history = fit(model, data, loss, optimizer, epochs=2, **options)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]
    assert len(history) == 2


def test_training_in_another_thread_leaves_signals_alone():
    model, x, y = line()
    found = []

    def train():
        found.append(fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2))
        found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert len(found[0]) == 2
    assert found[1] is signal.default_int_handler


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_refused_before_the_step(bad):
    model, optimizer, x, y = made()
    x[13, 1] = bad
    history = History()
    words = r"fit: got a loss of (nan|inf) in epoch 1, step 3; .* autograd_mini.diagnose\(loss\) says"
    with np.errstate(all="ignore"), pytest.raises(AnomalyError, match=words):
        fit(model, (x, y), mse_loss, optimizer, epochs=2, batch_size=5, shuffle=False, history=history)
    assert len(history.steps) == 2
    other, by_hand, x, y = made()
    fit(other, (x[:10], y[:10]), mse_loss, by_hand, epochs=1, batch_size=5, shuffle=False)
    assert everything(model, optimizer) == everything(other, by_hand)


def test_a_gradient_that_is_not_finite_is_refused_before_the_step():
    model = Linear(1, 1)
    model.weight.data = np.array([[0.0]])
    model.bias.data = np.array([0.0])
    before = model.state()
    with np.errstate(all="ignore"), pytest.raises(AnomalyError, match="got a gradient of weight with nan or infinity"):
        fit(
            model,
            (np.ones((3, 1)), np.zeros((3, 1))),
            lambda o, t: np.sum(np.sqrt(o * o)),
            SGD(model.parameters(), lr=0.1),
            epochs=1,
        )
    assert {k: v.tolist() for k, v in before.items()} == {k: v.tolist() for k, v in model.state().items()}


PROGRAM = """
import sys, time
import numpy as np
from nn import *
rng = np.random.default_rng(0)
model = Linear(3, 1, rng=rng)
class Slow(Module):
    def __init__(self): self.seen = np.array(0)
    def __call__(self, x):
        self.set_buffer("seen", self.seen + 1)
        time.sleep(0.02)
        return x
net = Sequential(Slow(), model)
x = rng.normal(size=(40, 3))
optimizer = Adam(net.parameters(), lr=0.01)
def told(run):
    if run.step == 1: print("ready", flush=True)
history = History()
try:
    fit(net, (x, x[:, :1]), mse_loss, optimizer, epochs=500, batch_size=8, rng=rng, history=history,
        callbacks=[LambdaCallback(on_step_end=told)], checkpoint=sys.argv[1])
except KeyboardInterrupt:
    tree = load_checkpoint(sys.argv[1])
    steps = len(history.steps)
    same = all(np.array_equal(tree["model"][k], v) for k, v in net.state().items())
    counts = {steps, tree["step"], int(net[0].seen), *(v for k, v in optimizer.state().items() if k.endswith(".step"))}
    print(same, len(counts), net.training)
"""


@pytest.mark.parametrize("delay", [0.0, 0.05])
def test_a_program_that_is_interrupted_has_written_its_last_whole_step(tmp_path, delay):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "c.npz")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    with program:
        assert program.stdout.readline() == "ready\n"
        threading.Event().wait(delay)
        program.send_signal(signal.SIGINT)
        assert program.stdout.read() == "True 1 True\n"


# ---- what is refused


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"epochs": 0}, UsageError, "fit: got epochs = 0"),
        ({"model": np.sin}, UsageError, "got a ufunc as the model"),
        ({"optimizer": None}, UsageError, "got None as the optimizer"),
        ({"clip_norm": 0}, UsageError, "got clip_norm = 0"),
        ({"clip_norm": float("nan")}, UsageError, "got clip_norm = nan"),
        ({"progress": "yes"}, UsageError, "fit: got progress='yes'"),
        ({"scheduler_every": "batch"}, UsageError, "got scheduler_every='batch'"),
        ({"data": np.ones((3, 3))}, UsageError, r"got an array of shape \(3, 3\) alone"),
        ({"data": DataLoader(TensorDataset(np.ones((4, 3))), 2)}, UsageError, "got a batch that is a tuple of 1"),
        ({"data": DataLoader([1.0, 2.0], 2)}, UsageError, "got a batch that is a ndarray; it is"),
        (
            {"data": DataLoader(TensorDataset(np.ones((4, 3)), np.ones((4, 1))), 9, drop_last=True)},
            UsageError,
            "fit: got data without a batch",
        ),
        ({"loss": lambda o, t: o - t}, ShapeError, r"fit: got a loss of shape \(4, 1\)"),
        ({"loss": lambda o, t: 1.0}, UsageError, "got a loss that is a float; it must be a Value"),
        ({"metrics": [metrics.rmse, metrics.rmse]}, UsageError, "got two metrics named 'rmse'"),
        ({"metrics": metrics.f1, "loss": mse_loss}, UsageError, "got scores of one class"),
        ({"metrics": {"m": lambda o, t: o}}, UsageError, "got the metric 'm', which gives an array"),
        ({"callbacks": [EarlyStopping()]}, UsageError, "got monitor='val_loss'; the history of this training has loss"),
        ({"callbacks": [print]}, UsageError, "got <built-in function print> as a callback; it has no hooks"),
        ({"scheduler": "plateau", "scheduler_every": "step"}, UsageError, "got scheduler_every='step' with a Reduce"),
        ({"history": "used"}, UsageError, "got a history with 1 steps"),
    ],
    ids=range(20),
)
def test_fit_refuses_what_does_not_fit_before_the_first_step(change, error, words):
    model = Linear(3, 1)
    x = np.arange(12.0).reshape(4, 3)
    if change.get("history") == "used":
        change["history"] = History()
        change["history"].steps.append({"loss": 1.0})
    arguments = {
        "model": model,
        "data": (x, x[:, :1]),
        "loss": mse_loss,
        "optimizer": SGD(model.parameters(), lr=0.0),
        "epochs": 1,
        **change,
    }
    if "scheduler" in change:
        arguments["scheduler"] = ReduceLROnPlateau(arguments["optimizer"])
    before = model.state()
    with pytest.raises(error, match=words):
        fit(**arguments)
    assert all(np.array_equal(before[k], v) for k, v in model.state().items())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LambdaCallback(on_end=print), UsageError, "got on_end=<built-in function print>; the hooks are"),
        (lambda: LambdaCallback(on_fit_end=1), UsageError, "got on_fit_end=1"),
        (lambda: EarlyStopping(patience=0), UsageError, "EarlyStopping: got patience = 0"),
        (lambda: EarlyStopping(min_delta=-1.0), UsageError, "got min_delta = -1.0"),
        (lambda: EarlyStopping(mode="up"), UsageError, "got mode='up'"),
        (lambda: EarlyStopping("my_metric"), UsageError, "got monitor='my_metric', of which it is not known"),
        (lambda: evaluate(Linear(1, 1), DataLoader([], 1)), UsageError, "got a list with no samples"),
        (
            lambda: evaluate(Linear(1, 1), DataLoader([1, 2], 3, drop_last=True)),
            UsageError,
            "evaluate: got data without a batch",
        ),
        (
            lambda: predict(Linear(1, 1), DataLoader([1, 2], 3, drop_last=True)),
            UsageError,
            "predict: got data without a batch",
        ),
        (lambda: predict(Sequential(np.sum), np.ones(3)), ShapeError, "predict: got an output of shape ()"),
    ],
    ids=range(10),
)
def test_settings_that_do_not_exist_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_callbacks_that_define_nothing_do_nothing():
    model, x, y = line()
    assert len(fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=1, callbacks=[Callback()])) == 1


# ---- the bar


def test_the_bar_shows_loss_and_metrics_when_it_is_asked_for(capsys):
    pytest.importorskip("tqdm", reason="it draws the bar")
    model, x, y = line()
    fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, validation=(x, y), metrics=metrics.rmse)
    assert capsys.readouterr().err == ""
    fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=2, metrics=metrics.rmse, progress=True)
    shown = capsys.readouterr().err
    assert "epoch 2/2: 100%" in shown
    assert "rmse=" in shown


def test_without_tqdm_training_is_quiet_unless_a_bar_is_demanded(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    model, x, y = line()
    assert len(fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=1)) == 1
    with pytest.raises(ImportError, match=r"tqdm is not installed; .* pip install 'autograd-mini\[train\]'"):
        fit(model, (x, y), mse_loss, SGD(model.parameters(), lr=0.1), epochs=1, progress=True)


# ---- the history


def history_of(epochs=20):
    """A training with validation and a rate that falls."""
    model, x, y = line()
    optimizer = SGD(model.parameters(), lr=0.3)
    return fit(
        model, (x, y), mse_loss, optimizer, epochs=epochs, validation=(x, y), metrics=[metrics.rmse, metrics.r2_score],
        scheduler=Halving(optimizer, 0.8),
    )  # fmt: skip


def test_a_history_is_written_as_a_table_with_all_digits(tmp_path):
    history = history_of(3)
    history.to_csv(tmp_path / "h.csv")
    head, *lines = (tmp_path / "h.csv").read_text().splitlines()
    assert head == "epoch,loss,rmse,r2_score,val_loss,val_rmse,val_r2_score,lr"
    assert [float(row.split(",")[1]) for row in lines] == history["loss"]
    assert history.epochs.rows()[2]["epoch"] == 3
    assert ("rmse" in history, "steps" in history) == (True, False)
    with pytest.raises(UsageError, match="History: got 'steps'; its columns are epoch, loss"):
        history["steps"]


def test_a_column_that_begins_late_is_nan_before():
    history = History()
    history.epochs.append({"a": 1.0})
    history.epochs.append({"b": 2.0})
    assert [str(history["a"]), str(history["b"])] == ["[1.0, nan]", "[nan, 2.0]"]


def test_a_plot_has_a_panel_for_each_measure_and_logarithmic_losses(tmp_path):
    pytest.importorskip("matplotlib", reason="it draws the plot")
    figure = history_of().plot(tmp_path / "h.png")
    assert (tmp_path / "h.png").stat().st_size > 10_000
    assert [a.get_title() for a in figure.axes] == ["loss", "rmse", "r2 score", "learning rate"]
    assert [a.get_yscale() for a in figure.axes] == ["log", "linear", "linear", "log"]
    assert [line.get_color() for line in figure.axes[0].lines] == ["#0072B2", "#D55E00"]
    assert "matplotlib.pyplot" not in sys.modules


def test_a_plot_needs_an_epoch_and_matplotlib(monkeypatch):
    pytest.importorskip("matplotlib", reason="it draws the plot")
    with pytest.raises(UsageError, match=r"History.plot: got no epoch"):
        History().plot()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"matplotlib is not installed; .* pip install 'autograd-mini\[train\]'"):
        history_of(1).plot()
