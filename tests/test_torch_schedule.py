"""Schedules, against PyTorch: the same rates and momenta for a hundred steps."""

import numpy as np
import pytest

from autograd_mini import Value
from nn import optim, schedule

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

THERE = torch.optim.lr_scheduler
STEPS = 100
RTOL = 1e-10


def halving(n):
    return 0.5 ** (n // 30)


def waning(n):
    return 0.97 if n % 2 else 1.01


def shrinking(x):
    return 1 / (1 + x)


CASES = [
    ("StepLR", {"step_size": 7}),
    ("StepLR", {"step_size": 30, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [3, 40, 40, 80], "gamma": 0.3}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 20}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "end_factor": 0.8, "total_iters": 30}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 60}),
    ("ExponentialLR", {"gamma": 0.95}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 80, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingLR", {"T_max": 17, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 9}),
    ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 3, "eta_min": 0.001}),
    ("LambdaLR", {"lr_lambda": halving}),
    ("LambdaLR", {"lr_lambda": [halving, waning]}),
    ("MultiplicativeLR", {"lr_lambda": waning}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8}),
    ("CyclicLR", {"base_lr": [0.01, 0.02], "max_lr": [0.1, 0.5], "step_size_up": 8, "step_size_down": 13}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 10, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 10, "mode": "exp_range", "gamma": 0.98}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 6, "scale_fn": shrinking}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "scale_fn": shrinking, "scale_mode": "iterations"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 6, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 6, "base_momentum": 0.5, "max_momentum": 0.99}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 100}),
    ("OneCycleLR", {"max_lr": [0.5, 1.0], "epochs": 6, "steps_per_epoch": 20, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 120, "three_phase": True, "pct_start": 0.4}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 100, "div_factor": 10.0, "final_div_factor": 100.0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 100, "cycle_momentum": False}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 100, "base_momentum": 0.5, "max_momentum": 0.9}),
]


def name_of(x):
    if isinstance(x, dict):
        return "-".join(f"{k}={getattr(v, '__name__', len(v) if isinstance(v, list) else v)}" for k, v in x.items())
    return x


def pair(kind="SGD"):
    """An optimizer with two groups, here and there."""
    options = {"momentum": 0.9} if kind == "SGD" else {}
    ps, qs = [Value(1.0), Value(2.0)], [torch.ones((), requires_grad=True), torch.ones((), requires_grad=True)]
    return tuple(
        getattr(engine, kind)([{"params": [a]}, {"params": [b], "lr": 0.3}], lr=0.1, **options)
        for engine, (a, b) in ((optim, ps), (torch.optim, qs))
    )


def stepped(optimizer, made, n=STEPS, measures=None):
    """(rates, momenta) at every step; the optimizers are PyTorch's own way of ordering warnings, so they step too."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = 0 * p.detach() if isinstance(p, torch.Tensor) else 0.0
    rows = []
    for i in range(n):
        momenta = [g["momentum"] if "momentum" in g else g["betas"][0] for g in optimizer.param_groups]
        rates = [g["lr"] for g in optimizer.param_groups]
        assert rates == made.get_last_lr()
        rows.append([*rates, *momenta])
        optimizer.step()
        made.step(*([] if measures is None else [measures[i]]))
    return rows


def assert_alike(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=1e-15)


@pytest.mark.parametrize(("kind", "settings"), CASES, ids=name_of)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_rates_and_momenta_are_those_of_pytorch(kind, settings, optimizer):
    ours, theirs = pair(optimizer)
    here, there = getattr(schedule, kind)(ours, **settings), getattr(THERE, kind)(theirs, **settings)
    assert_alike(stepped(ours, here), stepped(theirs, there))


MEASURES = np.concatenate([np.linspace(3, 1, 20), np.full(30, 1.0), 1 + 1e-5 * np.sin(np.arange(50))])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"factor": 0.5, "patience": 3, "cooldown": 4},
        {"mode": "max", "patience": 2, "min_lr": [0.01, 0.001]},
        {"threshold": 0.5, "threshold_mode": "abs", "patience": 0},
        {"mode": "max", "threshold": 0.1, "threshold_mode": "abs", "patience": 1},
        {"mode": "max", "threshold": 0.1, "patience": 5},
        {"patience": 0, "factor": 0.9, "eps": 1e-2},
    ],
    ids=name_of,
)
def test_rates_on_a_plateau_are_those_of_pytorch(settings):
    ours, theirs = pair()
    here, there = schedule.ReduceLROnPlateau(ours, **settings), THERE.ReduceLROnPlateau(theirs, **settings)
    assert_alike(stepped(ours, here, measures=MEASURES), stepped(theirs, there, measures=MEASURES))


SEQUENCES = [
    ([("LinearLR", {"start_factor": 0.1, "total_iters": 10}), ("CosineAnnealingLR", {"T_max": 90})], [10]),
    ([("ConstantLR", {"total_iters": 4}), ("ExponentialLR", {"gamma": 0.9}), ("StepLR", {"step_size": 5})], [20, 60]),
    ([("LinearLR", {}), ("CosineAnnealingWarmRestarts", {"T_0": 10})], [5]),
    ([("ExponentialLR", {"gamma": 0.9}), ("LambdaLR", {"lr_lambda": halving}), ("PolynomialLR", {})], [30, 50]),
    ([("ExponentialLR", {"gamma": 0.9}), ("MultiplicativeLR", {"lr_lambda": waning})], [30]),
    ([("ExponentialLR", {"gamma": 0.9}), ("MultiStepLR", {"milestones": [10, 20]})], [30]),
]


@pytest.mark.parametrize(
    ("parts", "milestones"), SEQUENCES, ids=lambda x: "-".join(y[0] for y in x if type(y) is tuple)
)
def test_schedules_one_after_the_other_are_those_of_pytorch(parts, milestones):
    (ours, here), (theirs, there) = (
        (optimizer, engine.SequentialLR(optimizer, [getattr(engine, k)(optimizer, **s) for k, s in parts], milestones))
        for optimizer, engine in zip(pair(), (schedule, THERE), strict=True)
    )
    assert_alike(stepped(ours, here), stepped(theirs, there))


CHAINS = [
    [("ConstantLR", {"factor": 0.1, "total_iters": 10}), ("ExponentialLR", {"gamma": 0.9})],
    [("LinearLR", {"total_iters": 20}), ("StepLR", {"step_size": 30}), ("CosineAnnealingLR", {"T_max": 40})],
    [("PolynomialLR", {"total_iters": 70}), ("MultiplicativeLR", {"lr_lambda": waning})],
]


@pytest.mark.parametrize("parts", CHAINS, ids=lambda x: "-".join(y[0] for y in x))
def test_schedules_together_are_those_of_pytorch(parts):
    (ours, here), (theirs, there) = (
        (optimizer, engine.ChainedScheduler([getattr(engine, k)(optimizer, **s) for k, s in parts]))
        for optimizer, engine in zip(pair(), (schedule, THERE), strict=True)
    )
    assert_alike(stepped(ours, here), stepped(theirs, there))


@pytest.mark.parametrize("mult", [1, 2])
def test_fractions_of_epochs_restart_as_in_pytorch(mult):
    ours, theirs = pair()
    here = schedule.CosineAnnealingWarmRestarts(ours, T_0=3, T_mult=mult)
    there = THERE.CosineAnnealingWarmRestarts(theirs, T_0=3, T_mult=mult)
    for epoch in [*np.linspace(0, 9, 37), None, None, 20.25, None]:
        here.step(epoch)
        there.step(epoch)
        assert_alike(here.get_last_lr(), there.get_last_lr())
        assert here.last_epoch == there.last_epoch


ABSOLUTE = ("CyclicLR", "OneCycleLR", "CosineAnnealingWarmRestarts")  # PyTorch's restarts lose their place there


@pytest.mark.parametrize(("kind", "settings"), [c for c in CASES if c[0] not in ABSOLUTE], ids=name_of)
def test_a_schedule_that_goes_on_from_a_later_step_is_that_of_pytorch(kind, settings):
    ours, theirs = pair()
    for optimizer in (ours, theirs):
        for group in optimizer.param_groups:
            group["initial_lr"] = 1.0
    here = getattr(schedule, kind)(ours, **settings, last_epoch=11)
    there = getattr(THERE, kind)(theirs, **settings, last_epoch=11)
    assert_alike(stepped(ours, here, 60), stepped(theirs, there, 60))
