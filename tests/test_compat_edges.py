"""The shim for HIPS autograd: its edges, and what it says when it is used wrongly."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import autograd_mini.compat.autograd as ag
import autograd_mini.compat.autograd.numpy as anp
from autograd_mini import AutogradError, Value
from autograd_mini.compat.autograd import core, extend
from autograd_mini.compat.autograd.misc.flatten import flatten, flatten_func
from autograd_mini.compat.autograd.numpy.numpy_boxes import ArrayBox
from autograd_mini.compat.autograd.test_util import check_equivalent, check_grads
from autograd_mini.compat.autograd.tracer import Box, getval, isbox, notrace_primitive
from autograd_mini.compat.autograd.wrap_util import unary_to_nary

close = np.testing.assert_allclose


# ---- without SciPy


def test_without_scipy_the_error_names_the_extra():
    program = "import sys; sys.modules['scipy'] = None; import autograd_mini.compat.autograd.scipy"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "SciPy is not installed" in done.stderr
    assert "pip install autograd-mini[scipy]" in done.stderr


def test_without_scipy_the_rest_is_there():
    program = (
        "import sys; sys.modules['scipy'] = None; from autograd_mini.compat.autograd import grad; "
        "import autograd_mini.compat.autograd.numpy as np; print(grad(np.sin)(0.0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.0"


# ---- values and types


def test_values_are_boxes_and_their_numbers_can_be_asked_for():
    v = Value([1.0, 2.0])
    assert isinstance(v, ArrayBox)
    assert isinstance(v, Box)
    assert isbox(v)
    assert not isbox(1.0)
    close(getval(v), [1.0, 2.0])
    assert type(getval(Value(1.0))) is np.float64
    assert ag.type(v) is np.ndarray


def test_what_is_not_traced_sees_plain_numbers():
    @notrace_primitive
    def rounded(x):
        assert type(x) is np.float64
        return float(round(x))

    close(ag.grad(lambda x: rounded(x) * x)(2.4), 2.0)


def test_arrays_are_made_as_by_numpy():
    v = Value([1.0, 2.0])
    assert anp.asarray(v) is v
    assert anp.array(v, ndmin=2).shape == (1, 2)
    assert anp.array([v, v], dtype=np.float32).dtype == np.float32
    assert anp.full((2, 2), Value(3.0)).data.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert anp.full(2, 1.5).tolist() == [1.5, 1.5]
    assert anp.asarray((1, 2)).tolist() == [1, 2]
    assert anp.isscalar(Value(1.0))
    assert not anp.isscalar(v)
    assert anp.pi == np.pi
    assert "linspace" in dir(anp)


def test_a_vector_and_its_containers_turn_into_each_other():
    f, unflatten, start = flatten_func(lambda p: {"y": p["x"] * 2}, {"x": np.array([1.0, 2.0])})
    close(f(start), [2.0, 4.0])
    assert list(unflatten(start)) == ["x"]
    check_equivalent({"a": 1.0}, {"a": 1.0})
    assert flatten([])[0].shape == (0,)


def test_the_core_takes_the_function_and_its_argument_together():
    vjp, value = core.make_vjp(np.sin, 0.5)
    close([value, vjp(2.0)], [np.sin(0.5), 2 * np.cos(0.5)])
    close(core.make_jvp(np.sin, 0.5)(2.0)[1], 2 * np.cos(0.5))


def test_a_primitive_may_give_several_arrays():
    @extend.primitive
    def both(x):
        return x**2, x**3

    extend.defvjp(both, lambda ans, x: lambda g: g[0] * 2 * x + g[1] * 3 * x**2)
    close(ag.grad(lambda x: both(x)[0] * 10 + both(x)[1])(2.0), 40.0 + 12.0)
    close(ag.grad(lambda x: both(x)[1])(2.0), 12.0)


def test_rules_for_all_arguments_by_their_numbers():
    @extend.primitive
    def product(x, y):
        return x * y

    extend.defvjp_argnum(product, lambda i, ans, args, kwargs: lambda g: g * args[1 - i])
    extend.def_linear(product)
    close(ag.grad(product, (0, 1))(2.0, 5.0), [5.0, 2.0])
    close(ag.make_jvp(lambda x: product(x, x))(3.0)(1.0)[1], 6.0)
    extend.defjvp_argnums(product, lambda argnums, ts, ans, args, kwargs: ts[0] * args[1 - argnums[0]])
    close(ag.make_jvp(lambda x: product(x, x))(3.0)(1.0)[1], 6.0)


# ---- errors


def without_rules():
    @extend.primitive
    def bare(x, y=1.0):
        return x * y

    return bare


def with_one_rule():
    bare = without_rules()
    extend.defvjp(bare, lambda ans, x, y: lambda g: g)
    extend.defjvp(bare, "same")
    return bare


ERRORS = [
    (lambda: ag.grad(without_rules())(1.0), "bare: it has no vjp"),
    (lambda: ag.grad(with_one_rule(), 1)(1.0, 2.0), "bare: it has no vjp for argument 1"),
    (lambda: ag.make_jvp(with_one_rule(), 1)(1.0, 2.0)(1.0), "bare: it has no jvp for argument 1"),
    (lambda: ag.grad(lambda y: without_rules()(1.0, y=y))(1.0), "bare: got a Value by keyword"),
    (lambda: extend.defvjp(np.sin, None), "defvjp: sin is not a primitive"),
    (lambda: ag.grad(np.exp)(np.ones(2)), r"grad: exp gave an array of shape \(2,\)"),
    (lambda: ag.grad(np.exp)(1j), "grad: exp gave a complex number"),
    (lambda: ag.elementwise_grad(np.exp)(np.array([1j])), "elementwise_grad: got complex results"),
    (lambda: ag.jacobian(np.exp)(np.array([1j])), "jacobian: got complex input and output"),
    (lambda: ag.grad_named(lambda x: x, "y"), "grad_named: got 'y'; the arguments are x"),
    (lambda: check_grads(np.sin, modes=["back"])(1.0), "check_grads: got modes"),
    (lambda: check_equivalent([1.0], [1.0, 2.0]), "check_equivalent: got 1 and 2 arrays"),
    (lambda: flatten([1.0])[1](np.ones(2)), r"unflatten: got shape \(2,\); it must be \(1,\)"),
]


@pytest.mark.parametrize(("call", "words"), ERRORS, ids=[words for _, words in ERRORS])
def test_errors_say_where_and_what(call, words):
    with pytest.raises(AutogradError, match=words):
        call()


def test_operators_of_ones_own_take_argnum():
    @unary_to_nary
    def slope(f, x, h=1e-6):
        return (f(x + h) - f(x - h)) / (2 * h)

    close(slope(lambda x, y: x * y**2, 1)(2.0, 3.0), 12.0, rtol=1e-6)
