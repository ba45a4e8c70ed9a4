"""Checkpoints: whole files, and trainings that go on bit for bit."""

from __future__ import annotations

import signal

import numpy as np
import pytest

from autograd_mini import DtypeError, UsageError, Value
from nn import (
    SGD,
    Adam,
    AdamW,
    BatchNorm1d,
    Checkpoint,
    CrossEntropyLoss,
    DataLoader,
    Dropout,
    EarlyStopping,
    History,
    LambdaCallback,
    Linear,
    Module,
    ReLU,
    RMSprop,
    Sequential,
    TensorDataset,
    fit,
    load_checkpoint,
    metrics,
    mse_loss,
    save_checkpoint,
    schedule,
)
from nn.metrics import Metric

TREE = {
    "model": {"a.weight": np.arange(6.0).reshape(2, 3), "n": np.array(3), "f": np.float32([0.1]), "c": np.array([1j])},
    "numbers": [1, 0.1, True, None, "text", np.float32(0.1), np.int64(2**62), 2**127, float("inf"), 1 + 2j],
    "tuple": (1, (2.5, [])),
    7: {"labels": np.array(["cat", "épice"]), "empty": np.zeros((0, 3)), "flags": np.array([True, False])},
    "structure": np.zeros(2),
}


def alike(a, b):
    """Whether two trees are equal in kinds, dtypes and every bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    return a == b


def names(folder):
    """The files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_tree_comes_back_bit_for_bit(tmp_path):
    save_checkpoint(tmp_path / "c", TREE)
    found = load_checkpoint(tmp_path / "c")
    found["numbers"][-1] = complex(found["numbers"][-1])
    assert alike(found, TREE)
    assert names(tmp_path) == ["c"]
    with np.load(tmp_path / "c") as plain:
        np.testing.assert_array_equal(plain["model/a.weight"], TREE["model"]["a.weight"])


def test_the_numbers_of_values_are_kept(tmp_path):
    save_checkpoint(tmp_path / "c.npz", {"w": Value([1.0, 2.0])})
    assert load_checkpoint(tmp_path / "c.npz")["w"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("bad", [object(), {1, 2}, np.array([None])], ids=["object", "set", "objects"])
def test_what_no_file_can_hold_is_refused_and_the_old_file_stays(tmp_path, bad):
    path = tmp_path / "c.npz"
    save_checkpoint(path, {"a": 1})
    with pytest.raises(DtypeError, match="save_checkpoint: "):
        save_checkpoint(path, {"a": 2, "b": [bad]})
    assert load_checkpoint(path) == {"a": 1}
    assert names(tmp_path) == ["c.npz"]


def test_files_that_are_cut_off_or_of_others_are_refused(tmp_path):
    path = tmp_path / "c.npz"
    save_checkpoint(path, TREE)
    whole = path.read_bytes()
    for n in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:n])
        with pytest.raises(UsageError, match="is no whole npz file"):
            load_checkpoint(path)
    place = whole.index(np.arange(6.0).tobytes())
    path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    with pytest.raises(UsageError, match="is no whole npz file: Bad CRC"):
        load_checkpoint(path)
    np.savez(path, weight=np.zeros(3))
    with pytest.raises(UsageError, match="has no entry 'structure'; it is an npz file, but no checkpoint"):
        load_checkpoint(path)
    np.savez(path, structure=np.zeros(3))
    with pytest.raises(UsageError, match="cannot be understood"):
        load_checkpoint(path)
    np.savez(path, structure=np.frombuffer(b'{"version": 99, "tree": null}', np.uint8))
    with pytest.raises(UsageError, match="has version 99; this release reads 1"):
        load_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.npz")


# ---- trainings that go on


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

    def __call__(self, x):
        if self.training:
            self.set_buffer("mean", 0.9 * self.mean + 0.1 * np.mean(x, axis=0))
        return x - self.mean


class Noisy(TensorDataset):
    """Rows with noise from a generator of its own."""

    def __init__(self, rng, *arrays):
        super().__init__(*arrays)
        self.rng = rng

    def __getitem__(self, i):
        x, y = super().__getitem__(i)
        return x + 0.1 * self.rng.normal(size=x.shape), y


OPTIMIZERS = {
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda p: Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda p: AdamW(p, lr=0.01),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, centered=True),
}
SCHEDULES = {
    "none": lambda o: {},
    "cosine": lambda o: {"scheduler": schedule.CosineAnnealingLR(o, 6)},
    "one cycle": lambda o: {"scheduler": schedule.OneCycleLR(o, 0.05, total_steps=24), "scheduler_every": "step"},
    "plateau": lambda o: {"scheduler": schedule.ReduceLROnPlateau(o, patience=0, threshold=0.5)},
}
EPOCHS, STEPS = 4, 20  # of 5 steps each


def training(seed, optimizer="Adam", chosen="cosine", kind="own", bits=np.random.PCG64, **options):
    """The arguments of a training with chance in model, data and order; seeds differ, so that all must be restored."""
    weights = np.random.default_rng(0)
    rng = np.random.Generator(bits(seed))
    other = rng if kind == "shared" else np.random.Generator(bits(seed + 1))
    noise = rng if kind == "shared" else np.random.Generator(bits(seed + 2))
    model = Sequential(Linear(3, 6, rng=weights), Norm(6), np.tanh, Drop(other), Linear(6, 1, rng=weights))
    x = weights.normal(size=(23, 3))
    y = x[:, :1] * x[:, 1:2]
    data = (x, y) if kind == "arrays" else DataLoader(Noisy(noise, x, y), 5, shuffle=True, rng=rng)
    made = OPTIMIZERS[optimizer](model.named_parameters())
    arguments = {
        "data": data,
        "loss": mse_loss,
        "optimizer": made,
        "epochs": EPOCHS,
        "batch_size": 5,
        "validation": (x[:7], y[:7]),
        "metrics": [metrics.rmse, Metric(lambda o, t: float(np.max(o - t)), "largest")],
        "rng": [rng, noise],
        **SCHEDULES[chosen](made),
        **options,
    }
    return model, arguments


def all_numbers(model, optimizer, history):
    """Everything that a training ends with."""
    state = {"model": model.state(), "optimizer": optimizer.state(), "history": history.state()}
    return {k: {n: np.asarray(x) for n, x in part.items()} if k != "history" else part for k, part in state.items()}


def whole(**settings):
    """What a training ends with that nothing interrupts."""
    model, arguments = training(1, **settings)
    return all_numbers(model, arguments["optimizer"], fit(model, **arguments))


def resumed(path, **settings):
    """What a training ends with that goes on from a file, made of other seeds."""
    model, arguments = training(500, **settings)
    return all_numbers(model, arguments["optimizer"], fit(model, **arguments, resume=path))


class StopError(Exception):
    """What ends a training in these tests."""


def stop_at(k, hook="on_step_end"):
    """A callback that ends the training after k calls of a hook, as a power cut would."""
    calls = []

    def stop(run):
        calls.append(None)
        if len(calls) == k:
            raise StopError

    return LambdaCallback(**{hook: stop})


def cut(path, k, **settings):
    """Write a checkpoint after each step, and end after the k-th."""
    model, arguments = training(1, **settings)
    callbacks = [*arguments.pop("callbacks", ()), Checkpoint(path, every_steps=1), stop_at(k + 1)]
    with pytest.raises(StopError):
        fit(model, **arguments, callbacks=callbacks)


@pytest.mark.parametrize("k", [1, 4, 5, 6, 12, 19])
@pytest.mark.parametrize("kind", ["own", "shared", "arrays"])
def test_a_training_goes_on_bit_for_bit_from_any_step(tmp_path, k, kind):
    cut(tmp_path / "c.npz", k, kind=kind)
    assert alike(resumed(tmp_path / "c.npz", kind=kind), whole(kind=kind))


@pytest.mark.parametrize("chosen", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_and_schedules_go_on_bit_for_bit(tmp_path, optimizer, chosen):
    settings = {"optimizer": optimizer, "chosen": chosen}
    cut(tmp_path / "c.npz", 8, **settings)
    assert alike(resumed(tmp_path / "c.npz", **settings), whole(**settings))


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_kind_of_generator_goes_on(tmp_path, bits):
    cut(tmp_path / "c.npz", 7, bits=bits)
    assert alike(resumed(tmp_path / "c.npz", bits=bits), whole(bits=bits))


def test_a_training_goes_on_from_the_end_of_an_epoch_and_to_more_epochs(tmp_path):
    model, arguments = training(1, chosen="none")
    fit(model, **{**arguments, "epochs": 2}, checkpoint=tmp_path / "c.npz")
    assert alike(resumed(tmp_path / "c.npz", chosen="none"), whole(chosen="none"))


def test_a_training_that_was_over_changes_nothing_more(tmp_path):
    model, arguments = training(1)
    end = all_numbers(model, arguments["optimizer"], fit(model, **arguments, checkpoint=tmp_path / "c.npz"))
    assert alike(resumed(tmp_path / "c.npz"), end)


@pytest.mark.parametrize("k", [1, 3, 5, 11])
def test_ctrl_c_writes_a_file_from_which_the_training_goes_on(tmp_path, k):
    model, arguments = training(1)
    history = History()

    def press(run):
        if run.step == k:
            signal.raise_signal(signal.SIGINT)

    path = tmp_path / "c.npz"
    callbacks = [LambdaCallback(on_step_end=press)]
    with pytest.raises(KeyboardInterrupt):
        fit(model, **arguments, callbacks=callbacks, checkpoint=path, history=history)
    assert len(history.steps) == k
    assert alike(load_checkpoint(path)["model"], model.state())
    assert alike(resumed(path), whole())


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("where", ["data", "model", "validation"])
def test_ctrl_c_inside_a_step_or_the_validation_loses_nothing(tmp_path, where, presses):
    model, arguments = training(1)
    calls = []

    def press():
        calls.append(None)
        if len(calls) == 9:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)

    if where == "data":
        row = Noisy.__getitem__

        class Pressed(Noisy):
            def __getitem__(self, i):
                found = row(self, i)
                press()
                return found

        arguments["data"].dataset.__class__ = Pressed
    else:
        drop = model[3]

        class Late(Drop):
            def __call__(self, x):
                found = super().__call__(x)
                if self.training == (where == "model"):
                    press()
                return found

        drop.__class__ = Late
        if where == "validation":
            calls.extend([None] * 6)  # so that it is in the second epoch
    with pytest.raises(KeyboardInterrupt):
        fit(model, **arguments, checkpoint=tmp_path / "c.npz")
    assert alike(resumed(tmp_path / "c.npz"), whole())


def test_stopping_early_goes_on_with_its_memory(tmp_path):
    def settings():
        return {"callbacks": [EarlyStopping("val_loss", patience=2, restore_best=True)], "chosen": "none", "epochs": 30}

    expected = whole(**settings())
    n = len(expected["history"]["epochs"]["loss"])
    assert 4 < n < 30
    for k in (n - 2, n - 1):
        cut(tmp_path / "c.npz", 5 * k + 2, **settings())
        assert alike(resumed(tmp_path / "c.npz", **settings()), expected)
    model, arguments = training(1, **settings())
    arguments["callbacks"] = [Checkpoint(tmp_path / "c.npz"), *arguments["callbacks"]]
    fit(model, **arguments)
    assert alike(resumed(tmp_path / "c.npz", **settings()), expected)


def test_ctrl_c_leaves_the_last_step_and_not_the_best_epoch(tmp_path):
    model, arguments = training(1)
    stopping = EarlyStopping("val_loss", restore_best=True)
    last = LambdaCallback(on_step_end=lambda run: run.step == 18 and signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        fit(model, **arguments, callbacks=[stopping, last], checkpoint=tmp_path / "c.npz")
    assert not alike(stopping.best_state, model.state())
    assert alike(load_checkpoint(tmp_path / "c.npz")["model"], model.state())


def test_a_batch_that_was_counted_and_undone_is_counted_once(tmp_path):
    calls = []

    def press(output, target):
        calls.append(None)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return 1.0

    settings = {"metrics": [metrics.rmse, Metric(press, mean=True)]}
    model, arguments = training(1, **settings)
    history = History()
    with pytest.raises(KeyboardInterrupt):
        fit(model, **arguments, checkpoint=tmp_path / "c.npz", history=history)
    assert len(history.steps) == 2
    assert alike(resumed(tmp_path / "c.npz", **settings), whole(**settings))


def test_a_loss_with_numbers_of_its_own_goes_on(tmp_path):
    class Weighted(Module):
        def __init__(self):
            self.scale = Value(1.0)
            self.calls = np.array(0)

        def __call__(self, output, target):
            if self.training:
                self.set_buffer("calls", self.calls + 1)
            return mse_loss(output, target) * np.exp(-self.scale) + self.scale

    found = []
    for resume in (None, tmp_path / "c.npz"):
        model, loss = Linear(3, 1, rng=np.random.default_rng(0)), Weighted()
        x = np.random.default_rng(1).normal(size=(10, 3))
        optimizer = Adam([*model.parameters(), *loss.parameters()], lr=0.01)
        arguments = {"epochs": 4, "batch_size": 4, "shuffle": False}
        hooks = [] if resume else [Checkpoint(tmp_path / "c.npz", every_steps=4)]
        fit(model, (x, x[:, :1]), loss, optimizer, **arguments, callbacks=hooks, resume=resume)
        if not resume:
            tree = load_checkpoint(tmp_path / "c.npz")
            assert tree["step"] == 12
        found.append({**model.state(), **loss.state()})
    assert alike(*found)
    assert found[0]["calls"] == 12


def test_dropout_and_batch_statistics_go_on_bit_for_bit(tmp_path):
    x = np.random.default_rng(0).normal(size=(14, 3))
    y = x[:, 0] > 0
    found = []
    for seed, resume in ((1, None), (2, tmp_path / "c.npz")):
        rng = np.random.default_rng(seed)
        model = Sequential(Linear(3, 8, rng=rng), BatchNorm1d(8), ReLU(), Dropout(0.3, rng=rng), Linear(8, 2, rng=rng))
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        history = fit(
            model, (x, y.astype(int)), CrossEntropyLoss(), optimizer, epochs=5, batch_size=4, resume=resume,
            metrics=[metrics.accuracy, metrics.f1], rng=rng, callbacks=Checkpoint(tmp_path / "c.npz", every_steps=11),
        )  # fmt: skip
        found.append(all_numbers(model, optimizer, history))
    assert load_checkpoint(tmp_path / "c.npz")["step"] == 11
    assert alike(*found)


def test_files_are_named_by_epoch_and_step_and_the_best_is_kept(tmp_path):
    model, arguments = training(1, chosen="none")
    history = fit(
        model,
        **arguments,
        callbacks=[
            Checkpoint(tmp_path / "every{epoch}.npz", every=2),
            Checkpoint(tmp_path / "step{step}.npz", every_steps=8),
            Checkpoint(tmp_path / "best.npz", monitor="val_loss"),
        ],
    )
    assert names(tmp_path) == ["best.npz", "every2.npz", "every4.npz", "step16.npz", "step8.npz"]
    best = load_checkpoint(tmp_path / "best.npz")
    assert best["epoch"] == 1 + int(np.argmin(history["val_loss"]))


def test_the_best_so_far_is_remembered(tmp_path):
    model, arguments = training(1, chosen="none")
    path = tmp_path / "best{epoch}.npz"
    fit(model, **arguments, callbacks=[Checkpoint(path, monitor="loss", mode="max")], checkpoint=tmp_path / "c.npz")
    expected = names(tmp_path)
    for name in expected:
        (tmp_path / name).unlink()
    for epochs, resume in ((2, None), (EPOCHS, tmp_path / "c.npz")):
        model, arguments = training(1, chosen="none", epochs=epochs)
        callbacks = [Checkpoint(path, monitor="loss", mode="max")]
        fit(model, **arguments, callbacks=callbacks, checkpoint=tmp_path / "c.npz", resume=resume)
    assert names(tmp_path) == expected


# ---- what is refused


def bigger():
    """A training whose model has other sizes."""
    model, arguments = training(1)
    model = Sequential(Linear(3, 9), Norm(9), np.tanh, model[3], Linear(9, 1))
    optimizer = Adam(model.named_parameters(), lr=0.01)
    return model, {**arguments, "optimizer": optimizer, "scheduler": schedule.CosineAnnealingLR(optimizer, 6)}


OTHERS = {
    "sizes": (bigger, r"Sequential.load: 0.weight: got shape \(6, 3\)"),
    "optimizer": (lambda: training(1, optimizer="momentum"), "SGD.load: got"),
    "schedule": (lambda: training(1, chosen="none"), "got resume of a training with a scheduler"),
    "metrics": (lambda: training(1, metrics=()), "a training with 2 metrics"),
    "generators": (lambda: training(1, rng=None), r"and the generators rng.0, rng.1, model.3._rng, loader"),
    "generator": (lambda: training(1, bits=np.random.MT19937), "got the state of a PCG64 generator; this one is a MT"),
    "data": (
        lambda: training(1, data=DataLoader(TensorDataset(np.ones((5, 3)), np.ones((5, 1))), 5)),
        "there are 5 places in the data set",
    ),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_file_of_another_training_is_refused_and_nothing_changes(tmp_path, other):
    cut(tmp_path / "c.npz", 8)
    make, words = OTHERS[other]
    model, arguments = make()
    rngs = arguments["rng"] or []
    before = {**model.state(), **arguments["optimizer"].state()}, [str(r.bit_generator.state) for r in rngs]
    history = History()
    with pytest.raises(Exception, match=words) as caught:
        fit(model, **arguments, resume=tmp_path / "c.npz", history=history)
    assert isinstance(caught.value, ValueError)
    after = {**model.state(), **arguments["optimizer"].state()}, [str(r.bit_generator.state) for r in rngs]
    assert alike(before, after)
    assert len(history.steps) == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_file_that_fit_has_not_written_is_refused(tmp_path):
    model, arguments = training(1)
    save_checkpoint(tmp_path / "c.npz", {"model": model.state()})
    with pytest.raises(UsageError, match=r"a checkpoint without batches, callbacks, .*; fit writes all of them"):
        fit(model, **arguments, resume=tmp_path / "c.npz")
    save_checkpoint(tmp_path / "c.npz", [1])
    with pytest.raises(UsageError, match="a checkpoint without "):
        fit(model, **arguments, resume=tmp_path / "c.npz")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: Checkpoint(path, every=0), "Checkpoint: got every = 0"),
        (lambda path: Checkpoint(path, every_steps=1.5), "Checkpoint: got every_steps = 1.5"),
        (lambda path: Checkpoint(path, monitor="loss", every=2), "got a monitor with every or every_steps"),
        (lambda path: Checkpoint(path, monitor="val_f1"), "got monitor='val_f1'; the history of this training has"),
        (lambda path: Checkpoint(path / "no" / "c.npz"), "there is no folder"),
    ],
    ids=range(5),
)
def test_checkpoints_that_cannot_be_written_are_refused_before_the_first_step(tmp_path, make, words):
    model, arguments = training(1)
    history = History()
    with pytest.raises(UsageError, match=words):
        fit(model, **arguments, checkpoint=make(tmp_path), history=history)
    assert len(history.steps) == 0
