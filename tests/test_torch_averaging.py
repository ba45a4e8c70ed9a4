"""Clipped gradients and averaged parameters, against PyTorch."""

import math

import numpy as np
import pytest

from autograd_mini import Value
from nn import (
    SGD,
    SWALR,
    AveragedModel,
    BatchNorm1d,
    Linear,
    Sequential,
    Tanh,
    clip_grad_norm_,
    clip_grad_value_,
    get_ema_avg_fn,
    get_total_norm,
    update_bn,
)

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
dtypes = pytest.mark.parametrize("dtype", ["float64", "float32"])


def pairs(dtype):
    """Parameters with gradients, and one without, here and there."""
    rng = np.random.default_rng(0)
    ours, theirs = [], []
    for shape in [(4, 3), (5,), (), (2, 1, 2)]:
        data, grad = (np.asarray(rng.normal(size=shape), dtype) for _ in range(2))
        ours.append(Value(data))
        theirs.append(torch.tensor(data, requires_grad=True))
        ours[-1].grad, theirs[-1].grad = grad, torch.tensor(grad)
    return [*ours, Value(1.0)], [*theirs, torch.tensor(1.0, requires_grad=True)]


@dtypes
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 0.7, 1000.0])
def test_norms_and_clipped_gradients_are_those_of_pytorch(dtype, norm_type, max_norm):
    ours, theirs = pairs(dtype)
    here = clip_grad_norm_(ours, max_norm, norm_type)
    there = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    np.testing.assert_allclose(here, there.item(), rtol=TOLERANCE[dtype])
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=TOLERANCE[dtype])
    total = torch.nn.utils.get_total_norm([q.grad for q in theirs[:-1]], norm_type).item()
    np.testing.assert_allclose(get_total_norm([p.grad for p in ours[:-1]], norm_type), total, rtol=TOLERANCE[dtype])


@dtypes
def test_gradients_cut_off_are_those_of_pytorch(dtype):
    ours, theirs = pairs(dtype)
    clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        np.testing.assert_array_equal(p.grad, q.grad.numpy())


def networks():
    ours = Sequential(Linear(3, 4, rng=np.random.default_rng(0)), BatchNorm1d(4), Tanh(), Linear(4, 1))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    theirs.load_state_dict({k: torch.tensor(x) for k, x in ours.state().items()})
    return ours, theirs


AVERAGES = {
    "equal": (None, None),
    "ema": (get_ema_avg_fn(0.9), torch.optim.swa_utils.get_ema_avg_fn(0.9)),
    "own": (lambda mean, now, n: mean + (now - mean) / (n + 5), lambda mean, now, n: mean + (now - mean) / (n + 5)),
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", AVERAGES)
def test_averaged_networks_are_those_of_pytorch(average, use_buffers):
    ours, theirs = networks()
    here_fn, there_fn = AVERAGES[average]
    here = AveragedModel(ours, avg_fn=here_fn, use_buffers=use_buffers)
    there = torch.optim.swa_utils.AveragedModel(theirs, avg_fn=there_fn, use_buffers=use_buffers)
    rng = np.random.default_rng(1)
    here_sgd, there_sgd = SGD(ours.parameters(), lr=0.1), torch.optim.SGD(theirs.parameters(), lr=0.1)
    for _ in range(6):
        x = rng.normal(size=(8, 3))
        for optimizer, loss in ((here_sgd, (ours(x) ** 2).mean()), (there_sgd, (theirs(torch.tensor(x)) ** 2).mean())):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        here.update_parameters(ours)
        there.update_parameters(theirs)
    assert_states_alike(here, there)
    batches = rng.normal(size=(4, 8, 3))
    update_bn(batches, here)
    torch.optim.swa_utils.update_bn([torch.tensor(b) for b in batches], there)
    assert_states_alike(here, there)


def assert_states_alike(here, there):
    ours, theirs = here.state(), there.state_dict()
    assert list(ours) == list(theirs)
    for k, x in ours.items():
        np.testing.assert_allclose(x, theirs[k].numpy(), rtol=1e-10, atol=1e-12, err_msg=k)


@pytest.mark.parametrize("epochs", [0, 1, 7])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_rates_on_the_way_to_averaging_are_those_of_pytorch(epochs, strategy):
    p, q = Value(1.0), torch.ones((), requires_grad=True)
    p.grad, q.grad = 0.0, torch.zeros(())
    ours, theirs = SGD([p], lr=0.5), torch.optim.SGD([q], lr=0.5)
    here = SWALR(ours, 0.05, epochs, strategy)
    there = torch.optim.swa_utils.SWALR(theirs, 0.05, epochs, strategy)
    for _ in range(20):
        np.testing.assert_allclose(here.get_last_lr(), there.get_last_lr(), rtol=1e-10)
        for step in (ours.step, theirs.step, here.step, there.step):
            step()
