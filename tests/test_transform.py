"""grad and value_and_grad: whose derivative, of what kind, however nested."""

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, no_grad, value_and_grad
from autograd_mini.testing import assert_close

ROW = np.array([0.5, -1.5, 2.0])


def product(x, y, z):
    return x * y * y * z * z * z


# ---- which argument


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 1125.0),
        (1, 1500.0),
        (2, 1350.0),
        (-1, 1350.0),
        (-3, 1125.0),
        ((0,), (1125.0,)),
        ((0, 1), (1125.0, 1500.0)),
        ((2, 0), (1350.0, 1125.0)),
        ((-1, 1, 0), (1350.0, 1500.0, 1125.0)),
        ((0, 0), (1125.0, 1125.0)),
        ((0, -3), (1125.0, 1125.0)),
        ((), ()),
        (np.int64(1), 1500.0),
        (True, 1500.0),
    ],
    ids=repr,
)
def test_argnums_choose_arguments_in_any_order(argnums, expected):
    assert grad(product, argnums)(2.0, 3.0, 5.0) == expected
    assert value_and_grad(product, argnums)(2.0, 3.0, 5.0) == (2250.0, expected)


@pytest.mark.parametrize("argnums", [3, -4, (0, 3)])
def test_an_argument_that_is_not_there_is_refused(argnums):
    with pytest.raises(UsageError, match="and 3 positional arguments; give that argument by position"):
        grad(product, argnums)(2.0, 3.0, 5.0)
    with pytest.raises(UsageError, match="got argnums=0 and 0 positional arguments"):
        grad(product)(x=2.0, y=3.0, z=5.0)


@pytest.mark.parametrize("argnums", [1.5, "x", None, (0, "x")], ids=repr)
def test_argnums_are_whole_numbers(argnums):
    with pytest.raises(DtypeError, match="it is a whole number, or a tuple of them"):
        grad(product, argnums)


def test_other_arguments_pass_through_untouched():
    seen = []

    def f(x, text, options, *rest, scale=1.0, **named):
        seen.append((text, options, rest, named))
        return x * x * scale

    options = {"a": [1]}
    assert grad(f)(3.0, "text", options, 7, None, scale=2.0, other="b") == 12
    assert seen == [("text", options, (7, None), {"other": "b"})]
    assert seen[0][1] is options


def test_name_and_doc_are_those_of_the_function():
    assert grad(product).__name__ == "product"
    assert grad(np.sin)(0.0) == 1.0
    assert grad(operator.neg)(0.0) == -1.0


# ---- kinds: what goes in comes out


def test_numbers_in_numbers_out_and_arrays_in_arrays_out():
    assert type(grad(lambda x: x * x)(3)) is float
    assert type(grad(lambda x: x * x)(np.float64(3))) is float
    assert type(grad(lambda x: x * x)(np.array(3.0))) is float
    y, g = value_and_grad(lambda x: np.sum(x * x))(ROW)
    assert type(y) is float
    assert type(g) is np.ndarray
    assert_close(g, 2 * ROW)
    assert grad(lambda x: x[0] * x[0] + x[1] * x[1])([1, 2]) == [2.0, 4.0]


def test_float32_is_kept():
    y, g = value_and_grad(lambda x: np.sum(np.tanh(x) * 2.0))(ROW.astype(np.float32))
    assert y.dtype == g.dtype == np.float32
    y, g = value_and_grad(lambda x: x * x)(np.float32(3))
    assert type(y) is type(g) is np.float32


def test_a_gradient_is_its_callers_to_write_to():
    given = ROW.copy()
    f = grad(np.sum)
    g = f(given)
    g[0] = 9.0
    assert given.tolist() == ROW.tolist()
    assert f(given).tolist() == [1, 1, 1]
    a, b = grad(lambda x, y: np.sum(x + y), (0, 1))(ROW, ROW)
    a[...] = 5
    assert b.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "f", [lambda x: x * x, lambda x: 3 * x, lambda x: 3.0, lambda x: x * 0 + 1, lambda x: x, lambda x: x > 0]
)
def test_a_value_in_gives_values_out(f):
    x = Value(2.0)
    g = grad(f)(x)
    assert isinstance(g, Value)
    assert g.data == grad(f)(2.0)


def test_a_gradient_of_values_is_differentiable():
    x = Value(2.0)
    y, g = value_and_grad(lambda u: u**3)(x)
    (g + y).backward()
    assert x.grad == 12 + 12


@pytest.mark.parametrize("where", ["captured", "passed"])
def test_a_value_that_is_not_differentiated_gives_values_out(where):
    w = Value(ROW)
    g = grad(lambda x: np.sum(w * x))(ROW) if where == "captured" else grad(lambda x, v: np.sum(v * x))(ROW, w)
    assert isinstance(g, Value)
    np.sum(g * g).backward()
    assert_close(w.grad, 2 * ROW)


def test_a_captured_value_that_was_changed_gives_values_out():
    w = Value(2.0)

    def f(x):
        w.data = 3.0
        return x * w

    g = grad(f)(1.0)
    assert isinstance(g, Value)
    g.backward()
    assert w.grad == 1


def test_values_made_inside_the_function_are_its_own():
    def f(x):
        with no_grad():
            slope = x * 2
        return x * Value(2.0) + x * x.detach() + slope * x

    g = grad(f)(3.0)
    assert type(g) is float
    assert g == 2 + 3 + 6


def test_derivatives_are_taken_inside_no_grad():
    w = Value(2.0)
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6
        assert grad(grad(lambda x: x * x))(3.0) == 2
        y, g = value_and_grad(lambda x: x * w)(3.0)
        assert (y.data, g.data) == (6, 2)
        assert y.is_leaf
        assert g.is_leaf
        assert (w * w).is_leaf
        with pytest.raises(ZeroDivisionError):
            grad(lambda x: 1 // 0)(1.0)
        assert (w * w).is_leaf
    assert not (w * w).is_leaf


def test_grad_leaves_no_gradient_behind():
    w = Value(ROW)
    grad(lambda x: np.sum(w * x))(w)
    grad(lambda x: np.sum(w * x))(ROW)
    assert w.grad is None


# ---- constants and what is not used


def test_what_is_not_used_gets_zeros():
    a, b = grad(lambda x, y: np.sum(x), (0, 1))(ROW, np.ones((2, 2), np.float32))
    assert a.tolist() == [1, 1, 1]
    assert b.tolist() == [[0, 0], [0, 0]]
    assert b.dtype == np.float32
    assert grad(lambda x, y: x, 1)(1.0, 2.0) == 0


@pytest.mark.parametrize("constant", [3, 3.0, np.float32(3), np.array(3.0), True, Value(3.0)], ids=repr)
def test_a_constant_function_has_zero_gradient(constant):
    y, g = value_and_grad(lambda x: constant)(ROW)
    assert getattr(y, "data", y) == constant
    assert np.array_equal(getattr(g, "data", g), np.zeros(3))


def test_functions_without_derivative_have_zero_gradient():
    for f in (np.argmax, lambda x: np.floor(x).sum(), lambda x: (x > 0).sum()):
        assert grad(f)(ROW).tolist() == [0, 0, 0]


# ---- what is refused


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda x: x * ROW, ShapeError, r"gave an array of shape \(3,\); .*np\.sum"),
        (lambda x: ROW, ShapeError, "gave an array of shape"),
        (lambda x: np.stack([x]), ShapeError, "gave an array of shape"),
        (lambda x: x + 1j, DtypeError, "gave a complex number; .* take np.real"),
        (lambda x: 1j, DtypeError, "gave a complex number"),
        (lambda x: None, DtypeError, "gave NoneType; .* return a scalar Value"),
        (lambda x: "x", DtypeError, "gave str"),
        (lambda x: np.str_("x"), DtypeError, "gave str_"),
        (lambda x: np.datetime64("2020"), DtypeError, "gave datetime64"),
        (lambda x: (x, x), DtypeError, "gave tuple"),
        (lambda x: [x], DtypeError, "gave list"),
        (lambda x: {"loss": x}, DtypeError, "gave dict"),
    ],
)
def test_what_is_not_one_real_number_has_no_gradient(f, error, words):
    for x in (2.0, Value(2.0)):
        with pytest.raises(error, match=words):
            grad(f)(x)


@pytest.mark.parametrize("x", ["x", None, {}, [1, [2]], object(), np.array([None])])
def test_arguments_are_numbers(x):
    with pytest.raises(DtypeError):
        grad(lambda x: x)(x)


def test_an_exception_of_the_function_comes_through():
    with pytest.raises(KeyError, match="mine"):
        grad(lambda x: {}["mine"])(1.0)


# ---- nesting: an outer variable is never taken for an inner one


def test_an_inner_derivative_does_not_see_the_outer_variable():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6
    assert grad(lambda x: x * grad(lambda y: y * y)(x))(3.0) == 12
    assert grad(lambda x: grad(lambda y: x * y * y)(x * 2))(3.0) == 24
    assert grad(lambda x: grad(lambda x: x * x)(x) * x)(2.0) == 8
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(y))(x))(5.0) == 1


def test_a_function_may_be_handed_its_own_outer_variable_twice():
    def f(x, y):
        return x * x * y

    assert grad(lambda x: grad(f, 0)(x, x))(3.0) == 12
    assert grad(lambda x: grad(f, 1)(x, x))(3.0) == 6
    assert grad(lambda x: sum(grad(f, (0, 1))(x, x)))(3.0) == 18


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_derivatives_of_every_order_of_a_power(n):
    f = lambda x: x**5 * 2.0
    for _ in range(n):
        f = grad(f)
    assert_close(f(1.5), 2 * math.perm(5, n) * 1.5 ** (5 - n), order=1)


def test_derivatives_of_every_order_of_a_sine():
    f = np.sin
    for truth in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin):
        f = grad(f)
        assert_close(f(0.7), float(truth(0.7)), order=2)


def test_a_gradient_of_an_array_is_differentiated_again():
    def f(x):
        return np.sum(np.sin(x) * x[::-1])

    def norm(x):
        return np.sum(grad(f)(x) ** 2)

    g = np.cos(ROW) * ROW[::-1] + np.sin(ROW)[::-1]
    hessian = np.zeros((3, 3))
    for i in range(3):
        hessian[i, i] -= np.sin(ROW[i]) * ROW[2 - i]
        hessian[i, 2 - i] += np.cos(ROW[i])
        hessian[2 - i, i] += np.cos(ROW[i])
    assert_close(grad(norm)(ROW), 2 * hessian @ g, order=2)


def test_a_gradient_inside_a_loss_trains():
    w = Value(2.0)
    for _ in range(50):
        slope = grad(lambda x: w * x * x)(1.0)
        loss = (slope - 3.0) ** 2
        w.grad = None
        loss.backward()
        w.data -= 0.1 * w.grad
    assert_close(w.data, 1.5, order=3)


@given(st.lists(st.tuples(st.floats(-2, 2), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_mixed_derivatives_of_polynomials_are_theirs_in_either_order(terms):
    def p(x, y):
        return sum(c * x**i * y**j for c, i, j in terms)

    x, y = 0.7, -1.3
    truth = sum(c * i * x ** (i - 1) * j * y ** (j - 1) for c, i, j in terms if i and j)
    across = grad(lambda y: grad(lambda x: p(x, y))(x))(y)
    along = grad(lambda x: grad(lambda y: p(x, y))(y))(x)
    assert_close(across, float(truth), order=2)
    assert_close(along, float(truth), order=2)


def test_inputs_with_one_cotangent_get_gradients_of_their_own():
    x = Value(np.array([1.0, 2.0]))
    g = grad(lambda p: np.sum(x * (p["a"] + p["b"])))({"a": np.ones(2), "b": np.ones(2)})
    assert g["a"] is not g["b"]
    assert np.array_equal(g["a"].data, g["b"].data)
    first, second = grad(lambda a, b: a + b, argnums=(0, 1))(np.float32(1.0), Value(2.0))
    assert first is not second
    g = grad(lambda p: np.sum(p[0] + p[1]))([np.ones(2), np.ones(2)])
    assert not np.shares_memory(*g)
