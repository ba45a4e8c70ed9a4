"""What is recorded, how long it lives, and how it is copied: also a million operations of it."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

from autograd_mini import MutationError, NoRuleError, Value, grad, no_grad, primitive
from autograd_mini.primitive import REGISTRY
from autograd_mini.sweep import pullback
from autograd_mini.testing import assert_close

ROW = np.array([0.5, -1.5, 2.0])


def live_values():
    return sum(type(x) is Value for x in gc.get_objects())


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# ---- what a record holds


def test_one_shape_of_result_whatever_the_function_gives():
    for given, kept, dtype in (
        (3, 3, np.int64),
        (True, True, np.bool_),
        (2.5, 2.5, np.float64),
        (1j, 1j, np.complex128),
        (np.array(2.5), 2.5, np.float64),
        (np.float32(2.5), 2.5, np.float32),
        (np.array(2.5, np.float32), 2.5, np.float32),
        (np.ones(2), [1, 1], np.float64),
    ):
        op = primitive(name="given")(lambda x, /, given=given: given)
        del REGISTRY["given"]  # which other tests read
        y = op(Value(ROW))
        assert np.array_equal(y.data, kept)
        assert y.dtype == dtype
        assert y.shape == np.shape(kept)


def test_a_function_that_gives_no_array_is_refused_by_name():
    op = primitive(name="listing")(lambda x, /: [1, 2])
    del REGISTRY["listing"]
    with pytest.raises(TypeError, match="listing: its function gave list; an op gives an array or a number"):
        op(Value(ROW))


# ---- no_grad


def test_no_grad_records_nothing():
    x, a = Value(2.0), Value(ROW)
    with no_grad():
        for y in (x * x, np.sin(x), a * a, np.sum(a), a[0], a @ a):
            assert y.is_leaf
            assert y.operands == ()
    assert not (x * x).is_leaf


def test_no_grad_nests_and_ends_after_an_exception():
    x = Value(2.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * x).is_leaf
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert (x * x).is_leaf
    assert not (x * x).is_leaf
    with pytest.raises(KeyboardInterrupt), no_grad():
        raise KeyboardInterrupt
    assert not (x * x).is_leaf


def test_no_grad_decorates_a_function():
    @no_grad()
    def f(x):
        return x * x

    assert f(Value(2.0)).is_leaf
    assert f(Value(3.0)).data == 9
    assert not (Value(2.0) * 2).is_leaf


def test_what_was_recorded_before_is_differentiated_inside_no_grad():
    x = Value(2.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 4


def test_results_inside_no_grad_share_nothing_that_is_written_to():
    a = Value(ROW)
    with no_grad():
        row, turned = a[:], a[::-1]
    row.data[0] = 9.0
    turned.data[...] = 7.0
    assert a.data.tolist() == ROW.tolist()


# ---- lifetime


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("data", [2.0, ROW], ids=repr)
def test_a_graph_is_freed_as_soon_as_it_is_dropped(data):
    x = Value(data)
    y = np.tanh(x * x)
    z = np.sum(y[..., None] * 3 + x)
    z.backward()
    inner, root = weakref.ref(y), weakref.ref(z)
    del y, z
    assert inner() is None
    assert root() is None


@pytest.mark.usefixtures("without_collector")
def test_ten_thousand_rounds_of_training_leave_nothing_behind():
    w, a = Value(0.5), Value(ROW)

    def one_round():
        loss = np.tanh(w * 2.0) ** 2 + np.sum(a * a)
        w.grad = a.grad = None
        loss.backward()
        w.data -= 0.1 * w.grad
        a.data -= 0.1 * a.grad
        grad(lambda u: u * u)(1.0)

    one_round()
    before, objects = live_values(), len(gc.get_objects())
    for _ in range(10_000):
        one_round()
    assert live_values() == before
    assert len(gc.get_objects()) < objects + 100


@pytest.mark.usefixtures("without_collector")
def test_failures_leave_nothing_behind():
    before = live_values()
    for _ in range(20):
        for attempt in (
            (Value(ROW) * 2).backward,
            lambda: Value(ROW) + np.ones(4),
            lambda: grad(lambda x: x * ROW)(1.0),
            lambda: np.packbits(Value(ROW)),
        ):
            with pytest.raises((ValueError, TypeError)):
                attempt()
    assert live_values() == before


def test_a_value_can_be_weakly_referenced():
    x = Value(1.0)
    assert weakref.ref(x)() is x


# ---- large graphs


def chain(x, n):
    y = x
    for _ in range(n):
        y = y * 1.0000001
    return y


@pytest.mark.slow
def test_a_chain_of_a_million_operations_is_swept_copied_pickled_and_freed():
    n = 1_000_000
    x = Value(1.0)
    y = chain(x, n)
    y.backward(keep="leaves")
    slope = x.grad
    assert_close(slope, 1.0000001**n, order=1)
    assert copy.copy(y).data == y.data
    u, z = copy.deepcopy((x, y))
    del x, y
    assert z.data == slope
    u.grad = None
    z.backward(keep="leaves")
    assert u.grad == slope
    text = pickle.dumps((u, z))
    del u, z
    s, t = pickle.loads(text)
    s.grad = None
    t.backward(keep="leaves")
    assert s.grad == slope


@pytest.mark.slow
def test_a_chain_of_100_000_operations_on_arrays_is_swept_copied_pickled_and_freed():
    n = 100_000
    x = Value(ROW)
    y = chain(x, n)
    np.sum(y).backward(keep="leaves")
    slope = x.grad
    assert_close(slope, 1.0000001**n + 0 * ROW, order=1)
    u, z = copy.deepcopy((x, y))
    del x, y
    u.grad = None
    np.sum(z).backward(keep="leaves")
    assert np.array_equal(u.grad, slope)
    text = pickle.dumps((u, z))
    del u, z
    s, t = pickle.loads(text)
    s.grad = None
    np.sum(t).backward(keep="leaves")
    assert np.array_equal(s.grad, slope)


def test_a_chain_of_10_000_operations_is_differentiated_twice():
    x = Value(1.0)
    second = grad(grad(lambda v: chain(v * v, 5_000)))(x)
    assert_close(second.data, 2 * 1.0000001**5000, order=2)
    del second


def test_a_wide_graph_is_copied_and_pickled():
    x = Value(ROW)
    y = np.sum(np.concatenate([x * float(i) for i in range(2000)]))
    y.backward()
    slope = x.grad
    for u, z in (copy.deepcopy((x, y)), pickle.loads(pickle.dumps((x, y)))):
        u.grad = None
        z.backward()
        assert np.array_equal(u.grad, slope)


# ---- copies remember what was changed


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("change", ["assigned", "written"])
@pytest.mark.parametrize("data", [2.0, ROW], ids=repr)
def test_a_copy_of_a_changed_leaf_refuses_a_second_derivative_too(copied, change, data):
    w = Value(data, name="w")
    y = np.sum(w * w)
    if change == "assigned" or not w.shape:
        w.data = w.data + 1.0
    else:
        w.data[0] = 9.0
    u, z = copied((w, y))
    z.backward()
    assert_close(u.grad, 2 * data)
    with pytest.raises(MutationError, match="the data of w was changed after multiply recorded it"):
        pullback({z: 1.0}, inputs=[u], recorded=True)
    u, z = copied((w, np.sum(w * w)))
    assert_close(pullback({z: 1.0}, inputs=[u], recorded=True)[u].data, 2 * u.data)


def test_a_pickle_of_an_op_that_is_not_declared_names_it():
    op = primitive(name="gone")(lambda x, /: x * 2)
    text = pickle.dumps(op(Value(ROW)))
    assert pickle.loads(text).data.tolist() == (2 * ROW).tolist()
    del REGISTRY["gone"]
    with pytest.raises(NoRuleError, match="the graph uses an op 'gone', which is not declared; import the module"):
        pickle.loads(text)


def test_reading_a_slot_of_a_value_takes_no_python_call():
    """A `__getattr__` would nearly double what each attribute of each record costs."""
    assert not any("__getattr__" in c.__dict__ or "__getattribute__" in c.__dict__ for c in Value.__mro__[:-1])
