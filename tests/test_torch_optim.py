"""Optimizers, against PyTorch: the same hundred steps from the same start."""

import numpy as np
import pytest

from autograd_mini import Value
from nn import (
    ASGD,
    LBFGS,
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

# Every option that changes a formula. On Rosenbrock's function some other rates are chaotic: PyTorch's own
# trajectory then changes in the fifth digit when its start does in the sixteenth.
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
    (NAdam, {"lr": 0.002, "betas": (0.8, 0.95), "weight_decay": 0.1, "decoupled_weight_decay": True}),
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


LBFGS_CASES = [
    {"lr": 0.1},
    {"lr": 0.5, "max_iter": 4, "history_size": 2},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 5, "history_size": 3},
    {"line_search_fn": "strong_wolfe", "max_iter": 8, "max_eval": 3},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1.0, "tolerance_change": 0.05},
]
SHORT = {"float64": (3, 20), "float32": (1, 5)}  # steps and iterations, before curvature has magnified rounding


@pytest.mark.parametrize("settings", LBFGS_CASES, ids=name_of)
@dtypes
@pytest.mark.parametrize("problem", ["rosenbrock", "network"])
def test_steps_of_lbfgs_are_those_of_pytorch(settings, dtype, problem):
    steps, iterations = SHORT[dtype]
    settings = {"max_iter": iterations, **settings}
    data, here, there = losses(problem, dtype)
    ps, qs = [Value(a) for a in data], [torch.tensor(a, requires_grad=True) for a in data]
    ours, theirs = LBFGS(ps, **settings), torch.optim.LBFGS(qs, **settings)
    scale = None
    for _ in range(steps):
        here_loss = ours.step(closure_of(ours, ps, here)).item()
        there_loss = theirs.step(closure_of(theirs, qs, there)).item()
        scale = scale or there_loss  # what later losses are rounded from
        assert abs(here_loss - there_loss) <= TOLERANCE[dtype] * scale
    memory = theirs.state_dict()["state"][0]
    assert (ours.memory["n_iter"], ours.memory["func_evals"]) == (memory["n_iter"], memory["func_evals"])
    assert_alike([np.array(p.data) for p in ps], [q.detach().numpy() for q in qs], dtype)


def closure_of(optimizer, parameters, loss_of):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(*parameters)
        loss.backward()
        return loss

    return closure


GROUPS = [
    (SGD, {"momentum": 0.9}, [{"lr": 0.05}, {"lr": 0.01, "momentum": 0.5, "nesterov": True}]),
    (AdamW, {"lr": 0.01}, [{"weight_decay": 0.5}, {"lr": 0.02, "betas": (0.5, 0.9), "amsgrad": True}]),
    (RMSprop, {"lr": 1e-3}, [{"momentum": 0.9}, {"centered": True, "alpha": 0.9}]),
    (Adagrad, {"initial_accumulator_value": 1.0}, [{"lr": 0.1}, {"lr_decay": 0.1, "eps": 1e-2}]),
]


@pytest.mark.parametrize(("kind", "settings", "own"), GROUPS, ids=[kind.__name__ for kind, _, _ in GROUPS])
def test_groups_with_settings_of_their_own_move_as_in_pytorch(kind, settings, own):
    data, here, there = losses("network", "float64")
    ps, qs = [Value(a) for a in data], [torch.tensor(a, requires_grad=True) for a in data]
    theirs_of = getattr(torch.optim, kind.__name__)
    ours, theirs = (
        made([{"params": vs[:2], **own[0]}, {"params": vs[2:], **own[1]}], **settings)
        for made, vs in ((kind, ps), (theirs_of, qs))
    )
    assert_alike(trained(ours, ps, here), trained(theirs, qs, there), "float64")


@pytest.mark.parametrize("kind", [SGD, Adam, Rprop, RMSprop, Adamax, NAdam, RAdam, ASGD, Adadelta, Adagrad])
def test_maximize_climbs_as_in_pytorch(kind):
    data, here, there = losses("network", "float64")
    ps, qs = [Value(a) for a in data], [torch.tensor(a, requires_grad=True) for a in data]
    ours, theirs = kind(ps, lr=1e-3, maximize=True), getattr(torch.optim, kind.__name__)(qs, lr=1e-3, maximize=True)
    start = here(*ps).item()
    assert_alike(trained(ours, ps, here, 20), trained(theirs, qs, there, 20), "float64")
    assert here(*ps).item() > start


@pytest.mark.parametrize("kind", [SGD, Adam, Rprop, RMSprop, NAdam, RAdam, ASGD, Adadelta, Adagrad, LBFGS])
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_complex_parameters_move_as_in_pytorch(kind, dtype):
    data, target = np.array([1 + 2j, -0.5j, 0.3], dtype), np.array([0.5, 1j, 2 - 1j], dtype)
    p, q = Value(data), torch.tensor(data, requires_grad=True)
    ours, theirs = kind([p], lr=0.01), getattr(torch.optim, kind.__name__)([q], lr=0.01)
    for _ in range(2 if kind is LBFGS else 20):
        ours.step(closure_of(ours, [p], lambda v: np.sum(np.abs(v * v - target) ** 2)))
        theirs.step(closure_of(theirs, [q], lambda v: torch.sum(torch.abs(v * v - torch.tensor(target)) ** 2)))
    tolerance = 1e-10 if dtype == "complex128" else 1e-5
    assert p.data.dtype == dtype
    np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_the_mean_that_asgd_keeps_is_that_of_pytorch():
    data, here, there = losses("network", "float64")
    ps, qs = [Value(a) for a in data], [torch.tensor(a, requires_grad=True) for a in data]
    ours, theirs = ASGD(ps, lr=0.1, t0=10), torch.optim.ASGD(qs, lr=0.1, t0=10)
    trained(ours, ps, here)
    trained(theirs, qs, there)
    assert_alike([ours.states[p]["ax"] for p in ps], [theirs.state[q]["ax"].numpy() for q in qs], "float64")
