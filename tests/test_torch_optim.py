"""Optimizers, against PyTorch: the same hundred steps from the same start."""

import numpy as np
import pytest

from autograd_mini import Value
from nn import (
    ASGD,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    RAdam,
    RMSprop,
    Rprop,
)

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

STEPS = 100
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}

# Every option that changes a formula; the numbers leave the trajectories on Rosenbrock's function bounded.
CASES = [
    (SGD, {"lr": 1e-4}),
    (SGD, {"lr": 1e-4, "momentum": 0.9}),
    (SGD, {"lr": 1e-4, "momentum": 0.9, "dampening": 0.5}),
    (SGD, {"lr": 1e-4, "momentum": 0.9, "nesterov": True}),
    (SGD, {"lr": 1e-4, "momentum": 0.9, "weight_decay": 0.1}),
    (SGD, {"lr": 1e-4, "weight_decay": 0.1}),
    (ASGD, {"lr": 1e-4}),
    (ASGD, {"lr": 1e-4, "lambd": 0.1, "alpha": 0.5, "t0": 10.0, "weight_decay": 0.1}),
    (Rprop, {}),
    (Rprop, {"lr": 1e-3, "etas": (0.4, 1.3), "step_sizes": (1e-4, 0.01)}),
    (Adam, {}),
    (Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3}),
    (Adam, {"lr": 0.05, "amsgrad": True}),
    (Adam, {"lr": 0.01, "weight_decay": 0.1}),
    (Adam, {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (AdamW, {}),
    (AdamW, {"lr": 0.01, "weight_decay": 0.2, "amsgrad": True}),
    (Adamax, {}),
    (Adamax, {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1}),
    (NAdam, {}),
    (NAdam, {"lr": 0.01, "momentum_decay": 0.05, "weight_decay": 0.1}),
    (NAdam, {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (RAdam, {}),
    (RAdam, {"lr": 1e-4, "betas": (0.8, 0.9), "weight_decay": 0.1}),
    (RAdam, {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (Adagrad, {}),
    (Adagrad, {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    (Adadelta, {}),
    (Adadelta, {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1}),
    (RMSprop, {}),
    (RMSprop, {"lr": 1e-3, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    (RMSprop, {"lr": 1e-3, "momentum": 0.9}),
    (RMSprop, {"lr": 1e-3, "centered": True}),
    (RMSprop, {"lr": 1e-3, "centered": True, "momentum": 0.5, "weight_decay": 0.1}),
]


def name_of(case):
    return case.__name__ if isinstance(case, type) else "-".join(f"{k}={v}" for k, v in case.items()) or "defaults"


cases = pytest.mark.parametrize(("kind", "settings"), CASES, ids=name_of)
dtypes = pytest.mark.parametrize("dtype", ["float64", "float32"])


@pytest.fixture(autouse=True)
def _numbers_of_the_state_in_float64():
    """PyTorch keeps NAdam's and ASGD's numbers in its default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def rosenbrock_data(dtype):
    return [np.array(a, dtype) for a in (-1.2, 1.5)]


def network_data(dtype):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(dtype) for shape in [(5, 3), (5,), (2, 5), (2,)]]


INPUTS = np.random.default_rng(1).normal(size=(8, 3))
TARGETS = np.random.default_rng(2).normal(size=(8, 2))


def network(engine, x, target, w, b, u, c):
    """The squared error of a perceptron with a hidden layer."""
    return ((engine.tanh(x @ w.T + b) @ u.T + c - target) ** 2).mean()


def losses(problem, dtype):
    """The problem's start, and its loss here and there."""
    if problem == "rosenbrock":
        return rosenbrock_data(dtype), rosenbrock, rosenbrock
    x, target = INPUTS.astype(dtype), TARGETS.astype(dtype)
    there = torch.tensor(x), torch.tensor(target)
    return network_data(dtype), lambda *ps: network(np, x, target, *ps), lambda *ps: network(torch, *there, *ps)


def trained(optimizer, parameters, loss_of, n=STEPS):
    """The parameters' numbers after n steps."""
    for _ in range(n):
        optimizer.zero_grad()
        loss = loss_of(*parameters)
        loss.backward()
        optimizer.step()
    return [np.array(p.data) if isinstance(p, Value) else p.detach().numpy() for p in parameters]


def assert_alike(ours, theirs, dtype):
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * np.max(np.abs(b)))


@cases
@dtypes
@pytest.mark.parametrize("problem", ["rosenbrock", "network"])
def test_a_hundred_steps_are_those_of_pytorch(kind, settings, dtype, problem):
    data, here, there = losses(problem, dtype)
    ps, qs = [Value(a) for a in data], [torch.tensor(a, requires_grad=True) for a in data]
    ours = trained(kind(ps, **settings), ps, here)
    theirs = trained(getattr(torch.optim, kind.__name__)(qs, **settings), qs, there)
    assert any(np.any(a != b) for a, b in zip(ours, data, strict=True))
    assert_alike(ours, theirs, dtype)
