"""The measuring instruments themselves: differences, comparisons and samples."""

import numpy as np
import pytest

from autograd_mini import AutogradError, UsageError, Value, elementwise, primitive
from autograd_mini.errors import DerivativeError
from autograd_mini.primitive import OF, REGISTRY, TABLE
from autograd_mini.testing import (
    assert_close,
    check_grads,
    complex_step_gradient,
    every_sample,
    numerical_gradient,
    samples_of,
)


@pytest.fixture
def declared():
    """Ops declared by a test are forgotten after it."""
    stores = [(store, dict(store)) for store in (REGISTRY, TABLE, OF)]
    yield
    for store, before in stores:
        store.clear()
        store.update(before)


def test_differences_measure_a_closed_form():
    x, y = np.array([0.3, 1.2]), np.array([2.0, 0.5])
    assert_close(numerical_gradient(np.multiply, (x, y), 0), y, order=1)
    assert_close(numerical_gradient(np.multiply, (x, y), 1, np.array([1.0, -1.0])), x * [1, -1], order=1)
    assert_close(numerical_gradient(lambda v: (np.sin(v), v**3), (x,), 0), np.cos(x) + 3 * x**2, order=1)
    assert numerical_gradient(np.exp, (0.0,)).shape == ()


def test_differences_of_single_precision_have_a_step_to_match():
    x = np.array([0.5, 1.0], np.float32)
    assert_close(numerical_gradient(np.sin, (x,)), np.cos(x).astype(float), order=1, dtype=np.float32)


def test_the_gradient_of_a_real_function_of_a_complex_number_is_dx_plus_i_dy():
    z = np.array([1.0 + 2.0j, -0.5j])
    assert_close(numerical_gradient(lambda v: np.abs(v) ** 2, (z,)), 2 * z, order=1)


def test_the_complex_step_is_exact_to_rounding():
    x = np.array([0.1, 1.7])
    assert_close(complex_step_gradient(np.sin, (x,), 0, np.array([1.0, 2.0])), np.cos(x) * [1, 2])


def test_the_memory_order_of_an_argument_is_kept_while_it_is_moved():
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert_close(numerical_gradient(lambda v: np.ravel(v, "K")[1], (x,)), np.eye(6)[3].reshape(2, 3), order=1)


@pytest.mark.usefixtures("declared")
def test_a_wrong_rule_is_found_with_its_order_argument_and_element():
    wrong = elementwise(np.sin, lambda y, x: np.where(np.greater(x, 1), -1, 1) * np.cos(x), name="wrong sin")
    check_grads(wrong, (np.array([0.5, 0.7]),))
    with pytest.raises(DerivativeError, match=r"wrong sin: order 1, argument 0: got element \(1,\) = .* was expected"):
        check_grads(wrong, (np.array([0.5, 1.3]),))


@pytest.mark.usefixtures("declared")
def test_a_rule_that_cannot_be_differentiated_is_found_at_the_second_order():
    frozen = elementwise(np.sin, lambda y, x: np.cos(getattr(x, "data", x)), name="frozen sin")
    check_grads(frozen, (0.5,), order=1)
    with pytest.raises(DerivativeError, match="frozen sin: order 2, argument 0: got the number"):
        check_grads(frozen, (0.5,), order=2)


@pytest.mark.usefixtures("declared")
def test_a_rule_of_the_wrong_operand_is_found():
    @primitive(name="crossed")
    def crossed(x, y, /):
        return x * y * y

    crossed.vjp(lambda g, z, x, y: g * y * y)
    crossed.vjp(lambda g, z, x, y: g * x * y)
    with pytest.raises(DerivativeError, match="crossed: order 1, argument 1"):
        check_grads(crossed, (2.0, 3.0))
    check_grads(crossed, (2.0, 3.0), argnums=0, order=1)


def test_check_grads_takes_lists_constants_values_and_higher_orders():
    check_grads(lambda x, k, s: [np.sin(x) * k, s.join(["a"]) and x**3], (np.array([0.5]), 3, ","), order=4)
    check_grads(np.tanh, (Value(0.3),))
    check_grads(np.prod, (np.array([1.0 + 1j, 2.0 - 1j]),))
    check_grads(np.sin, (np.array([0.5], np.float32),))


def test_a_derivative_error_is_an_assertion_error_and_one_of_ours():
    assert issubclass(DerivativeError, AssertionError)
    assert issubclass(DerivativeError, AutogradError)


def test_check_grads_needs_an_order():
    with pytest.raises(UsageError, match="check_grads: got order=0"):
        check_grads(np.sin, (0.5,), order=0)


def test_close_is_by_precision_and_order():
    assert_close(np.float32(1.0), 1 + 1e-6)
    assert_close(1.0, 1 + 1e-10, order=1)
    with pytest.raises(
        DerivativeError, match=r"here: got the number = 1.0; 1.0000000001 was expected, to within 4.0e-15"
    ):
        assert_close(1.0, 1 + 1e-10, where="here")


def test_infinities_and_nans_equal_themselves_only():
    assert_close(np.array([np.inf, -np.inf, np.nan]), np.array([np.inf, -np.inf, np.nan]))
    for a, b in ((np.inf, -np.inf), (np.inf, 1.0), (np.nan, 1.0), (1.0, np.nan)):
        with pytest.raises(DerivativeError, match="got the number"):
            assert_close(a, b)


def test_shapes_must_be_equal():
    with pytest.raises(DerivativeError, match=r"got shape \(2, 1\); \(2,\) was expected"):
        assert_close(np.ones((2, 1)), np.ones(2))


def test_samples_are_the_same_at_every_call_and_in_the_domain():
    for first, second in zip(every_sample(), every_sample(), strict=True):
        assert str(first) == str(second)
        for x, y in zip(first.operands, second.operands, strict=True):
            np.testing.assert_array_equal(x, y)
    for sample in every_sample([REGISTRY["divide"]]):
        for x, (low, high) in zip(sample.args, REGISTRY["divide"].domain, strict=True):
            assert np.all((low < np.asarray(x)) & (np.asarray(x) < high))


@pytest.mark.usefixtures("declared")
def test_an_op_without_samples_has_none():
    @primitive(name="untested")
    def untested(x, /):
        return x

    assert list(samples_of(untested)) == []
