"""What a scientist's NumPy code does, as it is, with Values in it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse

from autograd_mini import DetachError, DtypeError, ShapeError, Value, grad, jacobian
from autograd_mini.ops.indexing import picked
from autograd_mini.primitive import Primitive

close = np.testing.assert_allclose


# ---- making arrays


@pytest.mark.parametrize("make", [np.zeros, np.ones, np.empty])
def test_arrays_made_like_a_value_can_be_written_into(make):
    def f(x):
        b = make((2, 3), like=x)
        b[0] = x
        b[1, 1:] += x[:2] ** 2
        return np.sum(b[:, 1:] * b[:, :-1])

    x = np.array([1.0, 2.0, 3.0])
    base = 0.0 if make is not np.ones else 1.0
    rows = np.array([x, [base, base + 1.0, base + 4.0]])
    close(f(Value(x)).data, np.sum(rows[:, 1:] * rows[:, :-1]))
    assert np.any(grad(f)(x))


def test_filled_and_unit_arrays_made_like_a_value_can_be_written_into():
    def f(x):
        b = np.full(2, x, like=x)
        m = np.eye(2, like=x)
        m[0, 1] = x
        return np.sum(m @ b) + np.identity(2, like=x)[0, 0]

    close(f(Value(3.0)).data, 16.0)
    close(grad(f)(3.0), 8.0)


def test_arrays_of_values_are_made_like_a_value():
    close(jacobian(lambda x: np.array([x[1], x[0] ** 2, 1.0], like=x))(np.array([3.0, 2.0])), [[0, 1], [6, 0], [0, 0]])


# ---- places and masks


def test_masks_and_places_index_plain_arrays():
    table = np.array([10.0, 20.0, 30.0])
    v = Value([0.5, 2.5, 1.5])
    close(table[v > 1.0], [20.0, 30.0])
    close(table[np.floor(v).astype(int)], [10.0, 30.0, 20.0])
    close(table[np.argsort(v)], [10.0, 30.0, 20.0])
    assert np.asarray(v > 1.0).tolist() == [False, True, True]
    table[v > 1.0] = 0.0
    close(table, [10.0, 0.0, 0.0])
    with pytest.raises(DetachError, match="like=v"):
        np.asarray(v)


# ---- complex numbers


def test_the_jacobian_of_complex_results_of_real_numbers_is_complex():
    x = np.array([1.0, 2.0])
    for mode in ("auto", "forward", "reverse"):
        close(jacobian(lambda x: 1j * x**2, mode=mode)(x), np.diag(2j * x))
    close(jacobian(lambda x: np.fft.fft(x)[:1])(x), [[1.0, 1.0]])


# ---- writing


def test_operators_in_place_write_into_a_buffer_under_all_its_names():
    def shifted(b):
        b += 1.0
        b[b > 2.5] -= 1.0

    def f(x):
        b = x.copy()
        other = b
        shifted(b)
        b *= x
        b[0] = b[0] ** 2
        b -= np.ones((1, 3))
        return np.sum(other * np.array([1.0, 2.0, 3.0]))

    x = np.array([1.0, 2.0, 3.0])
    y = np.array([2.0, 2.0, 3.0]) * x
    y[0] **= 2
    close(f(Value(x)).data, np.sum((y - 1) * [1, 2, 3]))
    close(grad(f)(x), [2 * 2 * (1 + 2.0), 2 * (2 + 2.0), 3 * (3 + 3.0)])


def test_what_was_read_before_an_operator_in_place_stays():
    def f(x):
        b = x.copy()
        before = np.sum(b)
        b *= 2.0
        between = b[0]
        b[0] = 0.0
        b /= 4.0
        return before + between + np.sum(b)

    close(grad(f)(np.array([1.0, 2.0])), [1.0 + 2.0, 1.0 + 0.5])


def test_a_copy_of_an_array_made_like_a_value_can_be_written_into():
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])

    def f(x):
        m = np.array(matrix, like=x)
        m[:, 0] = x
        return np.linalg.det(m)

    close(grad(f)(np.array([1.0, 2.0])), [3.0, -1.0])
    close(matrix[:, 0], [2.0, 1.0])


def test_fractions_are_not_written_into_whole_numbers():
    b = np.zeros(2, dtype=int, like=Value(1.0))
    with pytest.raises(DtypeError, match="its fraction would be lost"):
        b[0] = Value(0.5)
    with pytest.raises(DtypeError, match="its fraction would be lost"):
        b += Value(0.5)


def test_an_operator_in_place_cannot_change_the_shape():
    b = np.zeros(2, like=Value(1.0))
    with pytest.raises(ShapeError, match="it must broadcast to the place"):
        b += np.ones((2, 1))


# ---- what cannot hand a Value over


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda v: np.testing.assert_allclose(v, [1.0, 2.0]), r"compare v\.data"),
        (scipy.linalg.toeplitz, r"same name from autograd_mini\.scipy"),
        (lambda v: scipy.sparse.eye_array(2) @ v, r"autograd_mini\.scipy\.sparse\.csr_array\(m\) @ v"),
        (lambda v: np.array([v, v]), r"autograd_mini\.array\(\[v, w\]\)"),
    ],
)
def test_the_error_says_what_to_write_by_who_asked_for_an_array(call, advice):
    with pytest.raises(DetachError, match=advice):
        call(Value([1.0, 2.0]))


def test_the_numbers_of_an_op_with_several_outputs_can_be_read():
    parts = pair(Value(2.0)).operands[0].data
    assert parts == (4.0, 8.0)


def pair(x):
    """The first output of an op that gives two numbers."""
    op = Primitive("square and cube", lambda x: (np.square(x), np.power(x, 3)), is_registered=False)
    return picked(op(x))[0]
