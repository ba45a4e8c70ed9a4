"""Questions about Values, and conversions that carry no derivative: NumPy's answers for the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import DetachError, Value, grad, jvp

DATA = np.array([[1.0, 2.0, 0.5], [4.0, -5.0, 6.0], [0.0, 3.0, 7.0]])

QUESTIONS = [
    lambda x: np.array_equiv(x, x[:1]),
    lambda x: np.array_equiv(x, x),
    np.array2string,
    np.array_str,
    lambda x: np.can_cast(x.dtype, np.float32),
    lambda x: np.common_type(x, np.float32(1)),
    np.diag_indices_from,
    np.tril_indices_from,
    lambda x: np.triu_indices_from(x, 1),
    lambda x: np.einsum_path("ij,jk->ik", x, x)[1],
    np.min_scalar_type,
    lambda x: np.shares_memory(x, np.zeros(3)),
    lambda x: np.may_share_memory(x, np.zeros(3)),
    lambda x: np.ravel_multi_index(np.nonzero(x > 3), x.shape),
    lambda x: np.unravel_index(np.argmax(x), x.shape),
    lambda x: np.ix_(x[:, 0] > 0, [0, 2]),
    lambda x: np.tri(3, like=x),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_a_value_is_answered_as_for_its_data(question):
    ours, truth = question(Value(DATA)), question(DATA)
    flat = lambda y: [np.asarray(getattr(p, "data", p)) if not isinstance(p, str) else p for p in parts(y)]
    for a, b in zip(flat(ours), flat(truth), strict=True):
        np.testing.assert_array_equal(a, b)


def parts(y):
    """The parts of a tuple, or the thing itself."""
    return y if isinstance(y, tuple) else (y,)


def test_the_text_of_an_array_is_that_of_the_numbers():
    assert np.array_repr(Value([1.0, 2.0])) == "array([1., 2.])"


def test_the_real_part_of_what_is_almost_real_keeps_its_derivative():
    v = Value([1.0, 2.0])
    y = np.real_if_close(v * (1 + 1e-18j))
    assert y.dtype == np.float64
    y.sum().backward()
    np.testing.assert_array_equal(v.grad, [1.0, 1.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda v: np.asanyarray([v, 1.0], like=v),
        lambda v: np.ascontiguousarray([v, 1.0], like=v),
        lambda v: np.require([v, 1.0], like=v),
        lambda v: np.array([v, 1.0], like=v),
    ],
)
def test_arrays_made_like_a_value_hold_values(make):
    v = Value(2.0)
    y = make(v)
    assert isinstance(y, Value)
    y.sum().backward()
    assert v.grad >= 1.0


def test_an_array_of_a_value_is_refused_without_like():
    with pytest.raises(DetachError):
        np.asanyarray(Value([1.0]))


def test_numbers_from_an_iterator_come_as_they_are():
    y = np.fromiter(iter([1.0, 2.0]), float, like=Value(1.0))
    np.testing.assert_array_equal(getattr(y, "data", y), [1.0, 2.0])


def test_numbers_from_bytes_come_as_they_are():
    y = np.frombuffer(np.arange(3.0).tobytes(), like=Value(1.0))
    np.testing.assert_array_equal(getattr(y, "data", y), [0.0, 1.0, 2.0])


def test_numbers_from_text_come_as_they_are():
    y = np.fromstring("1 2", sep=" ", like=Value(1.0))
    np.testing.assert_array_equal(getattr(y, "data", y), [1.0, 2.0])


@pytest.mark.parametrize(
    ("f", "inside", "outside", "slope"),
    [
        (np.emath.log2, 2.0, -2.0, lambda x: 1 / (x * np.log(2))),
        (np.emath.log10, 2.0, -2.0, lambda x: 1 / (x * np.log(10))),
        (np.emath.arcsin, 0.5, 2.0, lambda x: 1 / np.emath.sqrt(1 - x * x)),
        (np.emath.arccos, 0.5, 2.0, lambda x: -1 / np.emath.sqrt(1 - x * x)),
        (np.emath.arctanh, 0.5, 2.0, lambda x: 1 / (1 - x * x)),
    ],
)
def test_functions_beyond_the_real_line_are_differentiated_on_both_sides(f, inside, outside, slope):
    np.testing.assert_allclose(grad(f)(inside), slope(inside), rtol=1e-13)
    y, tangent = jvp(f, (outside,), (1.0,))
    np.testing.assert_allclose(y, f(outside), rtol=1e-13)
    h = 1e-6
    np.testing.assert_allclose(tangent, (f(outside + h) - f(outside - h)) / (2 * h), rtol=1e-8)
