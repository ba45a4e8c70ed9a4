"""Threads: each records and differentiates for itself."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograd_mini import Value, grad, no_grad
from autograd_mini.testing import assert_close

N = 8
ROW = np.array([0.5, -1.5, 2.0])


@pytest.fixture(autouse=True)
def _switching_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(work):
    """The results of `work(i)` in N threads that start at one time."""
    start = threading.Barrier(N)

    def task(i):
        start.wait()
        return work(i)

    with ThreadPoolExecutor(N) as pool:
        return list(pool.map(task, range(N)))


def slope_of(i, rounds=60):
    """The derivative of a scalar and an array program, taken many times."""
    for _ in range(rounds):
        x, a = Value(0.1 * i), Value(ROW * i)
        y = x
        for _ in range(10):
            y = np.sin(y) * x + y
        (y + np.sum(np.tanh(a) * a[::-1])).backward()
    return x.grad, a.grad


def test_threads_differentiate_graphs_of_their_own():
    for i, (x, a) in enumerate(together(slope_of)):
        alone = slope_of(i, 1)
        assert x == alone[0]
        assert np.array_equal(a, alone[1])


def test_threads_share_leaves_that_they_only_read():
    w, b = Value(ROW), Value(0.5)

    def work(i):
        return [grad(lambda x: np.sum(np.tanh(w * x + b)))(0.1 * i).data for _ in range(60)]

    for i, slopes in enumerate(together(work)):
        x = 0.1 * i
        for slope in slopes:
            assert_close(slope, np.sum(ROW * (1 - np.tanh(ROW * x + 0.5) ** 2)), order=1)
    assert w.grad is None
    assert b.grad is None


def test_nested_derivatives_in_threads_do_not_meet():
    def work(i):
        x = 1.0 + i
        return [
            (
                grad(lambda x: x * grad(lambda y: x * y * y)(x))(x),
                grad(grad(grad(lambda x: x**4)))(x),
            )
            for _ in range(40)
        ]

    for i, results in enumerate(together(work)):
        x = 1.0 + i
        for mixed, third in results:
            assert_close(mixed, 6 * x * x, order=1)
            assert_close(third, 24 * x, order=2)


def test_no_grad_is_of_one_thread():
    def work(i):
        leaves = []
        for _ in range(200):
            x = Value(2.0)
            if i % 2:
                with no_grad():
                    y = x * x
            else:
                y = x * x
            leaves.append(y.is_leaf)
        return leaves

    for i, leaves in enumerate(together(work)):
        assert leaves == [bool(i % 2)] * 200


def test_a_thread_started_inside_no_grad_records():
    found = []
    with no_grad():
        thread = threading.Thread(target=lambda: found.append((Value(2.0) * 2).is_leaf))
        thread.start()
        thread.join()
        assert (Value(2.0) * 2).is_leaf
    assert found == [False]


def test_a_thread_that_fails_inside_no_grad_leaves_others_recording():
    def work(i):
        for _ in range(100):
            if i % 2:
                with pytest.raises(ValueError, match="shape"), no_grad():
                    Value(ROW) + np.ones(4)
            assert not (Value(2.0) * 2).is_leaf
        return True

    assert all(together(work))


def test_a_graph_recorded_in_one_thread_is_differentiated_in_another():
    x = Value(3.0)
    y = x * x
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    assert x.grad == 6
