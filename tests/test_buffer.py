"""Arrays under construction: what is written has its derivative, also when read in between."""

from __future__ import annotations

import copy
import pickle
import time

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import DtypeError, MutationError, ShapeError, Value, grad, hessian, jacobian
from autograd_mini.testing import check_grads


def in_a_loop(v):
    b = np.zeros_like(v)
    for i in range(4):
        b[i] = v[i] ** 2
    return b


def overwritten(v):
    b = np.zeros_like(v)
    b[0] = v[0] ** 2
    b[0] = v[1] ** 3
    b[1:3] = v[:2]
    b[2] = 5.0
    return b


def read_in_between(v):
    b = np.zeros_like(v)
    b[0] = v[0]
    s = b.sum()
    b[0] = v[1] * s
    b[3] = b[0] * b[1]
    return b * s


def aliased(v):
    b = v.copy() if hasattr(v, "copy") else np.array(v)
    b[1] = b[0] * b[2]
    b[::2] = b[1::2] * 3
    b[...] = b * b
    return b


def added_to(v):
    b = v.copy()
    b[np.array([True, False, False, True])] += v[1]
    b[[0, 0, 1]] = v[1:4]
    b[np.array([2, 3])] *= v[:2]
    b[-1] -= v[0]
    return b


def in_two_axes(v):
    b = np.zeros((3, 4)) if isinstance(v, np.ndarray) else am.zeros((3, 4))
    b[0] = v
    b[1, 2] = v[0]
    b[1, -1] = b[1, 2] * v[1]
    b[2] = v.reshape(1, 4)
    b[:, 0] = v[2]
    return b * v


PROGRAMS = [in_a_loop, overwritten, read_in_between, aliased, added_to, in_two_axes]
POINT = np.array([0.3, -0.5, 1.2, 0.7])


@pytest.mark.parametrize("f", PROGRAMS)
def test_the_numbers_are_those_of_numpy(f):
    np.testing.assert_array_equal(f(Value(POINT)).data, f(POINT.copy()))


@pytest.mark.parametrize("f", PROGRAMS)
def test_derivatives_of_what_was_written_agree_with_differences(f):
    check_grads(f, (POINT,), order=2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_forward_and_reverse_mode_agree(f):
    np.testing.assert_allclose(
        jacobian(f, mode="forward")(POINT), jacobian(f, mode="reverse")(POINT), rtol=1e-13, atol=1e-15
    )


def test_a_reading_keeps_what_it_read():
    v = Value(2.0)
    b = am.zeros(2)
    b[0] = v
    first = b * 1
    b[0] = v * v
    (first.sum() + b.sum()).backward()
    assert first.data.tolist() == [2.0, 0.0]
    assert v.grad == 1 + 2 * 2.0


def test_an_element_that_is_overwritten_has_no_derivative():
    v = Value(2.0)
    b = am.zeros(2)
    b[0] = v
    b[0] = 1.0
    b.sum().backward()
    assert v.grad == 0.0


def test_writes_of_repeated_places_belong_to_the_last():
    v = Value([1.0, 2.0])
    b = am.zeros(3)
    b[[1, 1]] = v
    b.sum().backward()
    assert v.grad.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("n", [200, 2000])
def test_writes_are_recorded_once_however_many(n):
    v = Value(1.5)
    b = am.zeros(n)
    for i in range(n):
        b[i] = v
    record = (b + 0).operands[0]
    assert len(record.operands) == n + 1


def test_a_recurrence_does_not_copy_the_array_at_each_step():
    def seconds(n):
        start = time.process_time()
        v = Value(1.0)
        b = am.zeros(n)
        b[0] = v
        for i in range(1, n):
            b[i] = b[i - 1] * 0.999
        b.sum().backward()
        return time.process_time() - start

    seconds(100)
    small, large = min(seconds(1000) for _ in range(3)), min(seconds(16000) for _ in range(2))
    assert large < 16 * small * 6  # quadratic growth would make it 256 times


def test_the_gradient_of_a_buffer_is_that_of_what_was_written():
    v = Value([1.0, 2.0])
    b = v.copy()
    b[0] = v[1]
    (b * np.array([3.0, 5.0])).sum().backward()
    assert b.grad.tolist() == [3.0, 5.0]
    assert v.grad.tolist() == [0.0, 8.0]


def test_a_function_may_return_a_buffer():
    np.testing.assert_array_equal(hessian(lambda v: in_a_loop(v).sum())(POINT), 2 * np.eye(4))
    assert grad(lambda v: overwritten(v).sum())(POINT).shape == (4,)


def test_like_functions_of_a_value_can_be_written_into():
    v = Value(np.ones((2, 3), np.float32))
    for b in (np.zeros_like(v), np.ones_like(v), np.empty_like(v), np.full_like(v, 2.0), v.copy(), np.copy(v)):
        assert b.shape == (2, 3)
        assert b.dtype == np.float32
        b[0, 0] = v[1, 1]
        assert b.data[0, 0] == 1.0


def test_full_takes_a_value():
    v = Value(3.0)
    (am.full((2, 2), v) ** 2).sum().backward()
    assert v.grad == 4 * 2 * 3.0


def test_a_value_that_is_no_buffer_refuses_and_shows_what_to_write():
    v = Value([1.0, 2.0])
    with pytest.raises(MutationError, match=r"v\.copy\(\)"):
        v[0] = 3.0
    with pytest.raises(MutationError):
        (v * 2)[0] = 3.0


def test_a_value_of_another_shape_is_refused_and_nothing_is_changed():
    b = am.zeros(3)
    with pytest.raises(ShapeError, match=r"shape \(2,\) for a place of shape \(3,\)"):
        b[:] = Value([1.0, 2.0])
    assert b.data.tolist() == [0.0, 0.0, 0.0]
    b[:] = Value(1.0)
    assert b.sum().data == 3.0


def test_a_complex_value_is_refused_by_a_real_buffer():
    b = am.zeros(2)
    with pytest.raises(DtypeError, match="imaginary part would be lost"):
        b[0] = Value(1j)


def test_a_place_out_of_range_is_refused():
    b = am.zeros(2)
    with pytest.raises(IndexError):
        b[5] = 1.0
    with pytest.raises(IndexError):
        _ = b[5]


def test_an_index_array_changed_afterwards_does_not_matter():
    v = Value([1.0, 2.0])
    places = np.array([0, 1])
    b = am.zeros(3)
    b[places] = v
    places[:] = 2
    (b * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert v.grad.tolist() == [1.0, 10.0]


def test_a_buffer_is_pickled_and_copied_as_what_was_written():
    v = Value([1.0, 2.0])
    b = v.copy()
    b[0] = v[1]
    for twin in (pickle.loads(pickle.dumps(b)), copy.deepcopy(b)):
        assert twin.data.tolist() == [2.0, 2.0]
