"""Schedules: how they step, go on from a state, and what they refuse."""

import copy
import io
import math
import pickle

import numpy as np
import pytest

from autograd_mini import DtypeError, ShapeError, UsageError, Value
from nn import (
    SGD,
    SWALR,
    Adagrad,
    Adam,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    schedule,
)


def optimizer(kind=SGD):
    p, q = Value(1.0), Value(2.0)
    p.grad = q.grad = 0.0
    return kind([{"params": [p]}, {"params": [q], "lr": 0.4}], lr=0.8, **({"momentum": 0.9} if kind is SGD else {}))


def halving(n):
    return 0.5**n


def shrinking(n):
    return 1 / (1 + n)


SCHEDULES = {
    "SWALR": lambda o: SWALR(o, [0.1, 0.2], 8),
    "ConstantLR": ConstantLR,
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, 5, 0.01),
    "CosineAnnealingWarmRestarts": lambda o: CosineAnnealingWarmRestarts(o, 3, 2),
    "CyclicLR": lambda o: CyclicLR(o, 0.1, 0.5, 4, mode="triangular2"),
    "ExponentialLR": lambda o: ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: LambdaLR(o, halving),
    "LinearLR": lambda o: LinearLR(o, total_iters=7),
    "MultiStepLR": lambda o: MultiStepLR(o, [2, 6]),
    "MultiplicativeLR": lambda o: MultiplicativeLR(o, [halving, shrinking]),
    "OneCycleLR": lambda o: OneCycleLR(o, 2.0, 20, three_phase=True),
    "PolynomialLR": lambda o: PolynomialLR(o, 9, 2.0),
    "StepLR": lambda o: StepLR(o, 3),
    "ReduceLROnPlateau": lambda o: ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=1),
    "SequentialLR": lambda o: SequentialLR(o, [LinearLR(o), CosineAnnealingWarmRestarts(o, 3), StepLR(o, 2)], [4, 7]),
    "ChainedScheduler": lambda o: ChainedScheduler([LinearLR(o), CosineAnnealingLR(o, 6)]),
}
every = pytest.mark.parametrize("name", SCHEDULES)


def stepped(made, n):
    """The settings of all groups after each of n steps."""
    rows = []
    for _ in range(n):
        made.step(*[2.0] * isinstance(made, ReduceLROnPlateau))
        groups = made.optimizer.param_groups
        assert made.get_last_lr() == [g["lr"] for g in groups]
        rows.append([{k: x for k, x in g.items() if k != "params"} for g in groups])
    return rows


def test_every_schedule_is_named_here():
    assert {*SCHEDULES, "LRScheduler"} == set(schedule.__all__)


@every
@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("done", [1, 6])
@pytest.mark.parametrize("form", ["dict", "npz"])
def test_a_schedule_goes_on_from_a_state_bit_for_bit(name, kind, done, form):
    first = SCHEDULES[name](optimizer(kind))
    stepped(first, done)
    states = [first.optimizer.state(), first.state()]
    if form == "npz":
        states = [saved_and_loaded(s) for s in states]
    other = SCHEDULES[name](optimizer(kind))
    other.optimizer.load(states[0])
    other.load(states[1])
    assert other.get_last_lr() == first.get_last_lr()
    assert other.last_epoch == first.last_epoch
    assert stepped(first, 8) == stepped(other, 8)


def saved_and_loaded(state):
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return dict(np.load(file))


@every
def test_a_state_of_a_schedule_that_does_not_fit_is_refused_whole(name):
    made = SCHEDULES[name](optimizer())
    stepped(made, 3)
    before = made.state()
    last = list(before)[-1]
    for change, error, said in (
        (lambda s: s.pop(last), UsageError, f"{name}.load: got no {last}; every name is needed"),
        (lambda s: s.update(rate=1), UsageError, f"{name}.load: got unknown names rate"),
        (lambda s: s.update(last_lrs=np.ones(3)), ShapeError, r"last_lrs: got shape \(3,\); it has shape \(2,\)"),
        (lambda s: s.update(last_epoch="a"), DtypeError, "last_epoch: got dtype <U1; it holds int64"),
    ):
        state = {k: copy.copy(x) for k, x in before.items()} | {"last_epoch": 17}
        change(state)
        with pytest.raises(error, match=said):
            made.load(state)
        after = made.state()
        assert all(np.array_equal(after[k], before[k]) for k in before)


@every
def test_a_copy_of_a_schedule_steps_its_own_optimizer(name):
    made = SCHEDULES[name](optimizer())
    rates = made.get_last_lr()
    copied = copy.deepcopy(made)
    assert copied.optimizer is not made.optimizer
    rows = stepped(copied, 4)
    assert made.get_last_lr() == rates == [g["lr"] for g in made.optimizer.param_groups]
    assert stepped(made, 4) == rows


def test_a_schedule_is_pickled_with_its_optimizer():
    made = pickle.loads(pickle.dumps(SCHEDULES["OneCycleLR"](optimizer())))
    assert stepped(made, 5) == stepped(SCHEDULES["OneCycleLR"](optimizer()), 5)


@pytest.mark.parametrize("n", [1, 4, 8, 12])
def test_restarts_that_go_on_from_a_later_step_are_where_they_would_have_been(n):
    whole, later = SCHEDULES["CosineAnnealingWarmRestarts"](optimizer()), optimizer()
    stepped(whole, n + 1)
    for group in later.param_groups:
        group["initial_lr"] = group["lr"]
    assert CosineAnnealingWarmRestarts(later, 3, 2, last_epoch=n).get_last_lr() == whole.get_last_lr()


def test_two_schedules_beside_each_other_multiply():
    o = SGD([Value(1.0)], lr=1.0)
    first, second = StepLR(o, 2, 0.5), LinearLR(o, 0.5, total_iters=2)
    seen = []
    for _ in range(4):
        seen.append(o.lr)
        first.step(), second.step()
    assert seen == [0.5, 0.75, 0.5, 0.5]


def test_a_schedule_prints_where_it_is():
    made = StepLR(optimizer(), 1, 0.5)
    made.step()
    assert repr(made) == "StepLR(step 1, lr=0.4, 0.2)"


def test_a_measure_may_be_a_value_and_a_nan_is_no_improvement():
    made = ReduceLROnPlateau(optimizer(), patience=0, factor=0.5)
    for measure in (Value(1.0), Value(0.5), math.nan):
        made.step(measure)
    assert made.best == 0.5
    assert made.get_last_lr() == [0.4, 0.2]


def test_a_group_that_came_later_is_noticed():
    o = SGD([Value(1.0)], lr=0.1)
    made = StepLR(o, 1)
    o.add_param_group({"params": [Value(1.0)]})
    with pytest.raises(
        UsageError, match=r"StepLR\.step: got an optimizer of 2 groups; it had 1; make the schedule after"
    ):
        made.step()
    assert made.last_epoch == 0


def test_one_cycle_has_an_end():
    made = OneCycleLR(optimizer(), 1.0, total_steps=3)
    stepped(made, 3)
    with pytest.raises(UsageError, match=r"OneCycleLR\.step: got a step after the last; the cycle has 3"):
        made.step()


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda o: StepLR([o], 1), "StepLR: got a list; it schedules the rates of an Optimizer"),
        (lambda o: StepLR(o, 0), "StepLR: got step_size = 0; it must be a whole number from 1 on"),
        (
            lambda o: StepLR(o, 1, -1.0),
            r"StepLR: got gamma = -1\.0; it is a finite number from 0 on; give another gamma",
        ),
        (lambda o: StepLR(o, 1, last_epoch=3), 'StepLR: got last_epoch = 3, and group 0 has no "initial_lr"'),
        (lambda o: MultiStepLR(o, [1.5]), r"MultiStepLR: got a milestone = 1\.5; it must be a whole number from 0 on"),
        (lambda o: ConstantLR(o, 0.0), r"ConstantLR: got factor = 0; a rate of 0 cannot grow again"),
        (lambda o: LinearLR(o, 1.5), r"LinearLR: got start_factor = 1\.5; it is a finite number from 0 on and up to 1"),
        (lambda o: LinearLR(o, 0), r"LinearLR: got start_factor = 0; a rate of 0 cannot grow again"),
        (lambda o: PolynomialLR(o, 5, math.nan), "PolynomialLR: got power = nan; it is a finite number from 0 on"),
        (lambda o: ExponentialLR(o, "a"), "ExponentialLR: got gamma = 'a'; it is a finite number"),
        (lambda o: LambdaLR(o, 0.5), r"LambdaLR: got lr_lambda = 0\.5; it is a function of the number of the step"),
        (
            lambda o: LambdaLR(o, [halving]),
            "LambdaLR: got 1 of lr_lambda; the optimizer has 2 groups; give one for each",
        ),
        (lambda o: CosineAnnealingLR(o, 2.5), r"CosineAnnealingLR: got T_max = 2\.5; it must be a whole number"),
        (lambda o: CosineAnnealingWarmRestarts(o, 2, 0), "CosineAnnealingWarmRestarts: got T_mult = 0; it must be"),
        (
            lambda o: CosineAnnealingWarmRestarts(o, 2).step(-1),
            r"Restarts\.step: got epoch = -1; it is a number from 0",
        ),
        (lambda o: CyclicLR(o, 0.1, 0.2, mode="sine"), "CyclicLR: got mode='sine'; it is one of 'triangular', "),
        (lambda o: CyclicLR(o, [0.1], 0.2), "CyclicLR: got 1 of base_lr; the optimizer has 2 groups"),
        (
            lambda o: CyclicLR(optimizer(Adagrad), 0.1, 0.2),
            "CyclicLR: got cycle_momentum=True and an optimizer without",
        ),
        (lambda o: OneCycleLR(o, 0.1), "OneCycleLR: got total_steps = None, epochs = None and steps_per_epoch = None"),
        (
            lambda o: OneCycleLR(o, 0.1, 10, pct_start=1.5),
            r"OneCycleLR: got pct_start = 1\.5; it is a finite number from",
        ),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), r"ReduceLROnPlateau: got factor = 1\.0; a rate times it must be"),
        (lambda o: ReduceLROnPlateau(o, mode="low"), "ReduceLROnPlateau: got mode='low'; it is one of 'min', 'max'"),
        (lambda o: SWALR(o, -0.1), r"SWALR: got swa_lr = -0\.1; it is a finite number from 0 on"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], [3]), r"SequentialLR: got 1 schedules and the milestones \[3\]"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)] * 3, [3, 3]), r"got 3 schedules and the milestones \[3, 3\]"),
        (lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []), "SequentialLR: got a ReduceLROnPlateau among the"),
        (lambda o: SequentialLR(o, [StepLR(optimizer(), 1)], []), r"SequentialLR: got one of SGD\(2 parameters"),
        (lambda o: ChainedScheduler([]), "ChainedScheduler: got no schedules; there is nothing to follow"),
        (lambda o: ChainedScheduler([o], o), "ChainedScheduler: got SGD among the schedules; each must be a schedule"),
        (lambda o: ChainedScheduler([ReduceLROnPlateau(o)]), "ChainedScheduler: got a ReduceLROnPlateau among"),
    ],
)
def test_schedules_that_cannot_be_are_refused(build, said):
    with pytest.raises(UsageError, match=said):
        build(optimizer())


def test_a_refused_schedule_leaves_the_optimizer_as_it_was():
    o = optimizer(Adagrad)
    before = copy.deepcopy(o.param_groups)
    for build in (lambda: CyclicLR(o, 0.1, 0.2), lambda: OneCycleLR(o, 1.0, 10), lambda: StepLR(o, 1, -1)):
        with pytest.raises(UsageError):
            build()
    assert [g["lr"] for g in o.param_groups] == [g["lr"] for g in before]
    assert not any("initial_lr" in g for g in o.param_groups)


def test_the_base_asks_for_rates():
    with pytest.raises(NotImplementedError):
        LRScheduler(optimizer())
