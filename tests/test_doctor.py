"""A nan in a gradient is traced to its op, line, place and operand."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from autograd_mini import AnomalyError, Value, detect_anomaly, diagnose, grad


def line_here():
    return inspect.currentframe().f_back.f_lineno


def test_a_finite_gradient_has_no_diagnosis():
    x = Value([1.0, 2.0])
    assert diagnose(np.sum(x * x)) is None


def test_a_nan_born_forward_is_traced_to_op_line_place_and_operand():
    x = Value([1.0, -2.0, 3.0], name="x")
    with np.errstate(invalid="ignore"):
        y, line = np.log(x), line_here()
    d = diagnose(np.sum(y * 2))
    assert (d.what, d.born, d.op, d.operand, d.place, d.value) == ("nan", "forward", "log", 0, (1,), -2.0)
    assert (d.file, d.line) == (__file__, line)
    assert 'line_here()"' in str(d)
    assert "keep the argument above 0" in str(d)


def test_a_nan_born_backward_is_traced_to_the_op_that_made_it():
    x = Value([4.0, 0.0], name="x")
    squares = x * x
    roots, line = np.sqrt(squares), line_here()
    d = diagnose(np.sum(roots))
    assert (d.what, d.born, d.op, d.place, d.value, d.cotangent) == ("nan", "backward", "multiply", (1,), 0.0, np.inf)
    assert (d.cause.op, d.cause.file, d.cause.line) == ("sqrt", __file__, line)
    assert "that infinity is an infinity born backward in the derivative of sqrt at test_doctor.py" in str(d)


def test_the_root_of_a_square_at_zero_is_told_to_be_an_absolute_value():
    x = Value(0.0, name="x")
    d = diagnose(np.sqrt(x**2))
    assert (d.what, d.born) == ("nan", "backward")
    assert diagnose(np.sqrt(x)).what == "infinity"
    assert "np.abs" in str(diagnose(np.sqrt(x)))
    assert "np.linalg.norm" in str(diagnose(np.sqrt(x)))


def test_an_infinite_derivative_is_traced():
    x = Value([1.0, 0.0])
    with np.errstate(divide="ignore"):
        d = diagnose(np.sum(np.cbrt(x)))
    assert (d.what, d.born, d.op, d.place, d.value) == ("infinity", "backward", "cbrt", (1,), 0.0)


def test_a_nan_in_the_data_of_a_leaf_is_said_to_be_given():
    d = diagnose(np.sum(Value([1.0, np.nan], name="x") ** 2))
    assert (d.born, d.value_name, d.place) == ("given", "x", (1,))
    assert "nan in the data of x at index 1" in str(d)


def test_a_branch_that_was_not_taken_is_no_anomaly():
    x = Value([-1.0, 4.0])
    with np.errstate(invalid="ignore"):
        assert diagnose(np.sum(np.where(x > 0, np.sqrt(x), 0.0))) is None


def test_a_diagnosis_leaves_gradients_as_they_are():
    x = Value(0.0)
    np.sqrt(x).backward()
    diagnose(np.sqrt(x))
    assert x.grad == np.inf


def test_watching_raises_at_once_and_writes_no_gradient():
    x = Value([4.0, 0.0], name="x")
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"nan born backward in the derivative of multiply.*sqrt at test_doctor"),
    ):
        np.sum(np.sqrt(x * x)).backward()
    assert x.grad is None
    with detect_anomaly(), pytest.raises(AnomalyError, match="infinity born backward"):
        grad(np.sqrt)(0.0)


def test_watching_ends_with_its_block():
    x = Value(0.0)
    with detect_anomaly():
        (x * x).backward()
    np.sqrt(x).backward()
    assert x.grad == np.inf


def test_watching_again_works_after_an_anomaly():
    for _ in range(2):
        with detect_anomaly(), pytest.raises(AnomalyError):
            np.sqrt(Value(0.0)).backward()


def test_smooth_ops_keep_their_line_while_anomalies_are_watched_for():
    x = Value([4.0, 0.0], name="x")
    with detect_anomaly():
        squares, line = x * x, line_here()
        total = np.sum(np.sqrt(squares))
        with pytest.raises(AnomalyError) as caught:
            total.backward()
    assert f'in the derivative of multiply at test_doctor.py, line {line}: "squares, line' in str(caught.value)
