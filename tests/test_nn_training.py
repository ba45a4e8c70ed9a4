"""Losses and gradient descent."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from autograd_mini import ShapeError, UsageError, Value
from nn import SGD, Layer, Linear, Sequential, Tanh, half_squared_error, mse_loss

LOSSES = (half_squared_error, mse_loss)

# ---- losses


def test_half_squared_error_is_half_the_sum_of_squares_and_its_gradient_the_difference():
    out, target = Value([1.0, 2.0, 4.0]), np.array([0.0, 2.0, 1.0])
    loss = half_squared_error(out, target)
    loss.backward()
    assert loss.item() == 5.0
    np.testing.assert_array_equal(out.grad, [1.0, 0.0, 3.0])


def test_mse_is_the_mean_of_squares():
    out = Value([[1.0, 2.0], [3.0, 4.0]])
    loss = mse_loss(out, np.zeros((2, 2)))
    loss.backward()
    assert loss.item() == 7.5
    np.testing.assert_array_equal(out.grad, [[0.5, 1.0], [1.5, 2.0]])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_reduction_is_the_sum_the_mean_or_every_element(loss):
    out, target = np.array([[1.0, 2.0], [3.0, 5.0]]), np.zeros((2, 2))
    each = loss(out, target, reduction="none")
    assert each.shape == (2, 2)
    assert loss(out, target, reduction="sum") == each.sum()
    assert loss(out, target, reduction="mean") == each.mean()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_takes_scalars_and_lists_of_values(loss):
    a, b = Value(2.0), Value(3.0)
    assert loss(a, 0.0, reduction="sum").item() == loss(2.0, 0.0, reduction="sum")
    total = loss([a, b], [0.0, 1.0], reduction="sum")
    total.backward()
    assert total.item() == loss(np.array([2.0, 3.0]), np.array([0.0, 1.0]), reduction="sum")
    assert a.grad == b.grad


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("out", "target"), [((3, 1), (3,)), ((3,), (3, 1)), ((3,), ()), ((2, 3), (3,)), ((1,), (3,))])
def test_a_loss_refuses_shapes_that_would_broadcast(loss, out, target):
    with pytest.raises(ShapeError) as error:
        loss(Value(np.ones(out)), np.ones(target))
    assert f"{loss.__name__}: got input of shape {out} and target of shape {target}; " in str(error.value)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_refuses_other_reductions_and_the_mean_of_nothing(loss):
    with pytest.raises(UsageError, match=f"{loss.__name__}: got reduction='avg'; it is one of 'sum', 'mean'"):
        loss(1.0, 2.0, reduction="avg")
    with pytest.raises(ShapeError, match=rf"{loss.__name__}: got arrays of shape \(0,\); a mean needs an element"):
        loss(np.ones(0), np.ones(0), reduction="mean")
    assert loss(np.ones(0), np.ones(0), reduction="sum") == 0.0


# ---- gradient descent


def test_a_step_moves_each_parameter_against_its_gradient():
    p, q = Value(1.0), Value(np.array([1.0, 2.0], np.float32))
    (p * p + (q * q).sum()).backward()
    SGD([p, q], lr=np.float64(0.25)).step()
    assert p.data == 0.5
    np.testing.assert_array_equal(q.data, np.array([0.5, 1.0], np.float32))
    assert q.dtype == np.float32


def test_a_parameter_given_twice_is_moved_once():
    p = Value(1.0)
    (p * p).backward()
    SGD([p, p], lr=0.25).step()
    assert p.data == 0.5


def test_a_parameter_without_a_gradient_stays():
    p, q = Value(1.0), Value(1.0)
    (p * p).backward()
    SGD(iter([p, q]), lr=0.25).step()
    assert (p.data, q.data) == (0.5, 1.0)


def test_the_rate_may_change_between_steps():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.25)
    for lr, expected in ((0.25, 0.5), (0.5, 0.0)):
        optimizer.lr = lr
        optimizer.zero_grad()
        assert p.grad is None
        (p * p).backward()
        optimizer.step()
        assert p.data == expected


def test_gradients_recorded_before_a_step_stay_those_of_the_old_numbers():
    w = Value(np.array([1.0, 2.0]))
    loss = (w * w).sum()
    loss.backward()
    SGD([w], lr=1.0).step()
    w.zero_grad()
    loss.backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])


@pytest.mark.parametrize(
    ("parameters", "lr", "said"),
    [
        ([], 0.1, "SGD: got no parameters"),
        (Linear(2, 2), 0.1, r"SGD: got a Linear; .*module\.parameters\(\)"),
        (Value([1.0, 2.0]), 0.1, "SGD: got a Value; it takes several parameters"),
        ([np.ones(2)], 0.1, "SGD: got ndarray among the parameters"),
        ([Value(1.0) * 2.0], 0.1, "SGD: got the result of multiply among the parameters"),
        ([Value(1.0)], -0.1, "SGD: got lr = -0.1; a learning rate is a finite number from 0 on"),
        ([Value(1.0)], float("nan"), "SGD: got lr = nan"),
        ([Value(1.0)], "0.1", "SGD: got lr = '0.1'"),
        ([Value(1.0)], 1j, "SGD: got lr = 1j"),
    ],
)
def test_what_cannot_be_trained_is_refused(parameters, lr, said):
    with pytest.raises(UsageError, match=said):
        SGD(parameters, lr)


def test_a_step_without_any_gradient_is_refused():
    with pytest.raises(UsageError, match=r"SGD\.step: no parameter has a gradient; .* call backward\(\)"):
        SGD([Value(1.0)], lr=0.1).step()


def test_an_optimizer_prints_how_much_it_trains():
    assert repr(SGD(Linear(2, 2).parameters(), lr=0.1)) == "SGD(2 parameters, lr=0.1)"


# ---- together


def test_a_network_of_matrices_learns_a_line():
    rng = np.random.default_rng(0)
    linear = Linear(2, 1, rng=rng)
    x = rng.normal(size=(50, 2))
    target = x @ np.array([[2.0], [-3.0]]) + 0.5
    optimizer = SGD(linear.parameters(), lr=0.1)
    for _ in range(500):
        optimizer.zero_grad()
        mse_loss(linear(x), target).backward()
        optimizer.step()
    np.testing.assert_allclose(linear.weight.data, [[2.0, -3.0]], rtol=1e-12)
    np.testing.assert_allclose(linear.bias.data, [0.5], rtol=1e-12)


def test_a_sum_with_a_rate_and_a_mean_with_n_times_that_rate_train_alike():
    x, target = np.arange(10.0).reshape(5, 2) / 10, np.ones((5, 1))
    weights = []
    for reduction, lr in (("sum", 0.1), ("mean", 0.5)):
        linear = Linear(2, 1, rng=np.random.default_rng(1))
        optimizer = SGD(linear.parameters(), lr)
        for _ in range(20):
            optimizer.zero_grad()
            half_squared_error(linear(x), target, reduction).backward()
            optimizer.step()
        weights.append(linear.weight.data)
    np.testing.assert_allclose(*weights, rtol=1e-12)


@pytest.mark.parametrize(
    "network", [Sequential(Linear(2, 3), Tanh(), Linear(3, 1)), Sequential(Layer(2, 3), Layer(3, 1))]
)
def test_training_leaves_no_garbage_for_the_collector(network):
    optimizer = SGD(network.parameters(), lr=0.1)
    is_scalar = isinstance(network[0], Layer)
    x, target = ([0.5, 1.0], 0.3) if is_scalar else (np.ones((4, 2)), np.zeros((4, 1)))
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            optimizer.zero_grad()
            out = network(x)
            half_squared_error(out[0] if is_scalar else out, target).backward()
            optimizer.step()
        del out
        assert gc.collect() == 0
    finally:
        gc.enable()
