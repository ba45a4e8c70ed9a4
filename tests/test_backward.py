"""backward: what it fills, when, and that nothing else changes it."""

import sys

import numpy as np
import pytest

from autograd_mini import DetachError, DtypeError, MutationError, ShapeError, UsageError, Value, grad, primitive
from autograd_mini.primitive import REGISTRY
from autograd_mini.testing import assert_close, numerical_gradient

ROW = np.array([0.5, -1.5, 2.0])
GRID = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])


# ---- what is filled


def test_every_value_on_the_way_gets_its_gradient():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    d = c + a
    d.backward()
    assert (a.grad, b.grad, c.grad, d.grad) == (4.0, 2.0, 1.0, 1.0)


def test_values_that_are_not_connected_keep_none():
    a, b = Value(2.0), Value(3.0)
    side = a * b
    (a * a).backward()
    assert b.grad is None
    assert side.grad is None


def test_leaves_add_up_over_calls_and_computed_values_do_not():
    for data in (2.0, ROW):
        x = Value(data)
        y = x * x
        z = np.sum(y * 3)
        for n in (1, 2, 3):
            z.backward()
            assert_close(x.grad, n * 6 * x.data)
            assert_close(y.grad, 3 + 0 * x.data)
            assert z.grad == 1


def test_gradients_of_different_outputs_add_up_in_leaves():
    x = Value(2.0)
    y = x * x
    (y * 5).backward()
    (y + x).backward()
    assert x.grad == 20 + 5
    assert y.grad == 1


def test_backward_of_a_leaf_gives_the_seed():
    x, a = Value(2.0), Value(ROW)
    x.backward()
    assert x.grad == 1
    a.backward([1, 2, 3])
    a.backward([1, 2, 3])
    assert a.grad.tolist() == [2, 4, 6]


def test_a_branch_that_passes_nothing_on_has_zeros():
    x = Value(ROW)
    y = np.sum((x > 0) * 1.0)
    y.backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_masks_and_places_have_no_gradient():
    x = Value(ROW)
    mask, place = x > 0, x.argmax()
    np.sum(x * mask + x[place]).backward()
    assert mask.grad is None
    assert place.grad is None
    assert_close(x.grad, (ROW > 0) * 1.0 + 3 * (np.arange(3) == 2))


def test_zero_grad_forgets():
    x = Value(2.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad is None
    (x * x).backward()
    assert x.grad == 4


def test_the_gradients_of_leaves_alone_can_be_kept():
    for data in (2.0, ROW):
        x = Value(data)
        y = x * x
        z = np.sum(np.tanh(y) * y)
        z.backward()
        kept = x.grad
        x.grad = None
        z.backward(keep="leaves")
        assert np.array_equal(x.grad, kept)
        assert y.grad is None
        assert z.grad is None
    with pytest.raises(UsageError, match='keep=\'all of it\'; it is "all" or "leaves"'):
        z.backward(keep="all of it")


# ---- seeds


def test_an_array_needs_a_seed():
    with pytest.raises(ShapeError, match=r"a leaf has shape \(3,\); only a scalar has a gradient; .*v\.sum\(\)"):
        Value(ROW).backward()
    with pytest.raises(ShapeError, match=r"the result of multiply has shape \(3,\)"):
        (Value(ROW) * 2).backward()
    with pytest.raises(ShapeError, match=r"yield has shape \(1,\)"):
        Value([1.0], name="yield").backward()


@pytest.mark.parametrize("seed", [np.ones(4), 1.0, np.ones((1, 3)), [[1, 2, 3]]], ids=repr)
def test_a_seed_of_another_shape_is_refused(seed):
    x = Value(ROW)
    with pytest.raises(ShapeError, match=r"the seed of .* it must be \(3,\)"):
        (x * 2).backward(seed)
    assert x.grad is None


@pytest.mark.parametrize("seed", ["one", None.__class__, {}, [1, [2], 3], np.array([None] * 3), 1j * ROW], ids=repr)
def test_a_seed_that_is_not_real_numbers_is_refused(seed):
    with pytest.raises(DtypeError):
        (Value(ROW) * 2).backward(seed)
    with pytest.raises(DetachError):
        (Value(ROW) * 2).backward(Value(ROW))


def test_seeds_may_be_whole_numbers_lists_and_infinite():
    for seed in ([1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], np.int8), [np.inf, -np.inf, np.nan]):
        x = Value(ROW)
        (x * 2).backward(seed)
        assert np.array_equal(x.grad, 2 * np.asarray(seed, float), equal_nan=True)
    s = Value(2.0)
    (s * s).backward(3)
    assert s.grad == 12


# ---- shape, dtype and memory of a gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1), (0,), (0, 3)])
def test_a_gradient_has_the_shape_and_dtype_of_its_data(dtype, shape):
    x = Value(np.ones(shape, dtype))
    y = np.real(np.sum(x * np.ones((2, 3)) if shape not in {(0,), (0, 3)} else x * x))
    y.backward()
    assert np.shape(x.grad) == shape
    assert np.asarray(x.grad).dtype == dtype
    if shape == () and dtype == np.float64:
        assert type(x.grad) is float


def several_uses(x):
    y = x + x
    return y, y.T, np.reshape(y, (3, 2)), y + 0.0, y[0:2], y.copy(), y * 1.0, +y


def test_gradients_share_memory_with_nothing():
    x = Value(GRID)
    seed = np.ones((2, 3))
    parts = several_uses(x)
    out = parts[0]
    for p in parts[1:]:
        out = out + np.reshape(p.T if p.shape == (3, 2) else p, (2, 3))
    out.backward(seed)
    arrays = [seed, x._data, GRID, x.grad, out.grad, *(p.grad for p in parts), *(p.data for p in parts)]
    for i, a in enumerate(arrays):
        for j, b in enumerate(arrays[:i]):
            both_data = i >= 5 + len(parts) and j >= 5 + len(parts)
            assert both_data or not np.shares_memory(a, b)


def test_writing_to_a_gradient_changes_no_other():
    x = Value(ROW)
    y = x + 0.0
    z = y + 0.0
    z.backward(np.ones(3))
    z.grad[...] = 7
    y.grad[...] = 8
    assert x.grad.tolist() == [1, 1, 1]
    x.grad[0] = 5
    z.backward(np.ones(3))
    assert x.grad.tolist() == [6, 2, 2]
    assert y.grad.tolist() == [1, 1, 1]


def test_a_seed_written_to_afterwards_changes_nothing():
    x, seed = Value(ROW), np.ones(3)
    y = x + 0.0
    y.backward(seed)
    seed[...] = 9
    assert x.grad.tolist() == y.grad.tolist() == [1, 1, 1]


def test_gradients_of_infinities_of_both_signs_warn_of_nothing():
    x = Value([1.0, 1.0])
    (x * 1e308).backward([1.0, 1.0])
    assert x.grad.tolist() == [1e308, 1e308]
    y = Value([1.0, 1.0])
    (y * 1.0).backward([np.inf, -np.inf])
    assert y.grad.tolist() == [np.inf, -np.inf]


# ---- one Value in several places


def test_operands_that_are_one_value_count_each_use():
    for data in (1.5, ROW, np.array([[1.0, 2.0], [3.0, 4.0]])):
        x = Value(data)
        for f, slope in (
            (lambda v: v * v, 2 * x.data),
            (lambda v: v + v, 2 + 0 * x.data),
            (lambda v: v - v, 0 * x.data),
            (lambda v: v / v, 0 * x.data),
            (np.hypot, None),
            (lambda v: v * v * v, 3 * x.data**2),
            (np.maximum, 1 + 0 * x.data),
        ):
            if slope is None:
                continue
            x.grad = None
            y = f(x, x) if f is np.maximum else f(x)
            y.backward(np.ones(x.shape))
            assert_close(x.grad, slope, order=1)


def test_a_matrix_times_itself():
    x = Value(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.sum(x @ x).backward()
    ones = np.ones((2, 2))
    assert_close(x.grad, ones @ x.data.T + x.data.T @ ones)
    v = Value(ROW)
    (v @ v).backward()
    assert_close(v.grad, 2 * ROW)
    x.grad = None
    np.sum(np.concatenate([x, x, x.T])).backward()
    assert_close(x.grad, 3 * ones)
    x.grad = None
    np.sum(np.where(x > 2, x, x)).backward()
    assert_close(x.grad, ones)


# ---- data changed between forward and backward: the gradient is that of what was recorded


def recorded_gradient(change, *, expose=None):
    x, w = Value(ROW), Value(ROW + 1)
    held = x.data if expose == "before" else None
    y = np.sum(np.sin(x) * w * x)
    if expose == "after":
        held = x.data
    change(x, held)
    y.backward()
    return x.grad, w.grad


@pytest.mark.parametrize("expose", [None, "before", "after"])
@pytest.mark.parametrize(
    "change",
    [
        lambda x, held: x.data.__setitem__(..., 9.0),
        lambda x, held: x.data.__setitem__(0, 9.0),
        lambda x, held: x.data.sort(),
        lambda x, held: setattr(x, "data", x.data - 1.0),
        lambda x, held: setattr(x, "data", np.zeros(3)),
        lambda x, held: np.add(x.data, 1, out=x.data),
        lambda x, held: None if held is None else held.fill(3.0),
        lambda x, held: None if held is None else held[1:].fill(3.0),
    ],
)
def test_changed_leaves_have_the_gradient_of_what_was_recorded(change, expose):
    x_grad, w_grad = recorded_gradient(change, expose=expose)
    assert_close(x_grad, (ROW + 1) * (np.cos(ROW) * ROW + np.sin(ROW)), order=1)
    assert_close(w_grad, np.sin(ROW) * ROW, order=1)


def test_an_augmented_assignment_to_data_leaves_the_record_alone():
    for data in (2.0, ROW):
        x = Value(data)
        recorded = np.copy(data)
        y = np.sum(x * x)
        x.data -= 1.0
        x.data *= 3.0
        y.backward()
        assert_close(x.grad, 2 * recorded)
        assert_close(x.data, (recorded - 1) * 3)


def test_an_array_assigned_as_data_may_be_written_to_afterwards():
    x, new = Value(ROW), np.ones(3)
    x.data = new
    y = np.sum(x * x)
    new[...] = 5
    x.data[...] = 7
    y.backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_a_leaf_written_to_is_recorded_as_it_is_each_time():
    x = Value(ROW)
    held = x.data
    total = 0
    for n in (1.0, 2.0, 3.0):
        held[...] = n
        total = total + np.sum(x * x)
    total.backward()
    assert x.grad.tolist() == [12, 12, 12]
    assert total.data == 3 * (1 + 4 + 9)


@pytest.mark.parametrize(
    "constant_of",
    [
        ROW.copy,
        lambda: ROW.copy()[::-1],
        ROW.tolist,
        lambda: np.broadcast_to(ROW.copy(), (2, 3)),
    ],
)
def test_constants_written_to_after_recording_change_nothing(constant_of):
    x, c = Value(ROW), constant_of()
    expected = np.sum(np.atleast_2d(c), axis=0)
    y = np.sum(x * c)
    base = c if isinstance(c, list) or c.base is None else c.base
    base[0] = 5
    base[2] = 6
    y.backward()
    assert_close(x.grad, expected)


def test_a_read_only_constant_may_be_made_writeable():
    x, c = Value(ROW), np.ones(3)
    view = c[:]
    c.flags.writeable = False
    y = np.sum(x * c)
    view[0] = 9
    y.backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_index_arrays_masks_and_options_written_to_after_recording_change_nothing():
    x = Value(GRID)
    rows, mask, axes, shift = np.array([0, 0]), GRID > 0, [1, 0], [1, 1]
    y = np.sum(x[rows] * 2) + np.sum(x[mask] * 3)
    y = y + np.sum(np.transpose(x, axes)[0] * [10, 100]) + np.sum(np.roll(x, shift, [0, 1])[0, 0] * 1000)
    expected = 2 * np.array([[2.0] * 3, [0] * 3]) + 3 * mask
    expected[:, 0] += [10, 100]
    expected[1, 2] += 1000
    rows[:] = 1
    mask[:] = False
    axes.reverse()
    shift[:] = [0, 0]
    y.backward()
    assert_close(x.grad, expected)


def test_a_second_derivative_at_a_changed_leaf_is_refused_by_name():
    def changing(change):
        w = Value(ROW, name="weights")

        def f(x):
            y = np.sum(x * w * x)
            change(w)
            return y

        return lambda: grad(f)(ROW)

    for change in (
        lambda w: w.data.__setitem__(0, 9.0),
        lambda w: setattr(w, "data", ROW + 1),
        lambda w: w.data.__isub__(1.0),
    ):
        with pytest.raises(MutationError, match="the data of weights was changed after multiply recorded it"):
            changing(change)()
    assert_close(changing(lambda w: w.data)().data, 2 * ROW * ROW)

    s = Value(2.0, name="slope")

    def g(x):
        y = x * s
        s.data = 3.0
        return y

    with pytest.raises(MutationError, match="the data of slope"):
        grad(g)(1.0)


# ---- training loops


@pytest.mark.parametrize("clear", [lambda p: p.zero_grad(), lambda p: setattr(p, "grad", None)])
@pytest.mark.parametrize("step", ["augmented", "assigned", "in place"])
@pytest.mark.parametrize("start", [5.0, ROW, np.float32(5), ROW.astype(np.float32)], ids=repr)
def test_training_loops_find_the_least_square(clear, step, start):
    p = Value(start)
    target = np.asarray(start) * 0 + 1
    for _ in range(100):
        loss = np.sum((p - target) ** 2)
        clear(p)
        loss.backward()
        if step == "augmented" or not p.shape:
            p.data -= 0.2 * p.grad
        elif step == "assigned":
            p.data = p.data - 0.2 * p.grad
        else:
            p.data[...] = p.data - 0.2 * p.grad
    assert p.dtype == np.asarray(start).dtype
    assert_close(p.data, target[()], order=1, dtype=np.float32)


def test_a_gradient_can_be_set_to_a_number_or_an_array():
    x = Value(ROW)
    x.grad = 0
    assert x.grad.tolist() == [0, 0, 0]
    np.sum(x * x).backward()
    assert_close(x.grad, 2 * ROW)
    x.grad *= 0.5
    x.grad += 1
    assert_close(x.grad, ROW + 1)
    given = np.ones(3)
    x.grad = given
    given[0] = 9
    assert x.grad.tolist() == [1, 1, 1]
    s = Value(2.0)
    s.grad = 0
    (s * s).backward()
    assert s.grad == 4
    n = Value(np.float32(2))
    n.grad = 0
    assert type(n.grad) is np.float32


@pytest.mark.parametrize("given", [np.ones(4), [[1.0, 2.0, 3.0]]], ids=repr)
def test_a_gradient_of_another_shape_is_refused(given):
    x = Value(ROW)
    with pytest.raises(ShapeError, match=r"\.grad of a leaf: got shape"):
        x.grad = given
    assert x.grad is None


@pytest.mark.parametrize("given", ["x", 1j, {}, [1, [2]]], ids=repr)
def test_a_gradient_that_is_not_real_numbers_is_refused(given):
    x = Value(ROW)
    with pytest.raises(DtypeError):
        x.grad = given
    with pytest.raises(DetachError):
        x.grad = Value(ROW)


# ---- failures in the middle


class OutOfLuckError(Exception):
    """What the rule below raises."""


TROUBLE = []


@primitive()
def unlucky(x, /):
    """x, with a rule that raises what stands in TROUBLE."""
    return x * 1.0


@unlucky.vjp
def _(g, y, x):
    if TROUBLE:
        raise TROUBLE[0]
    return g


del REGISTRY["unlucky"]  # which other tests read


@pytest.mark.parametrize("trouble", [OutOfLuckError("no"), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_an_exception_in_a_rule_leaves_every_gradient_as_it_was(trouble):
    for data in (2.0, ROW):
        x = Value(data)
        y = x * x
        z = np.sum(unlucky(y) * y)
        z.backward()
        before = [np.copy(v.grad) for v in (x, y, z)]
        TROUBLE.append(trouble)
        try:
            with pytest.raises(type(trouble)):
                z.backward()
        finally:
            TROUBLE.clear()
        for v, g in zip((x, y, z), before, strict=True):
            assert np.array_equal(v.grad, g)


def test_an_exception_in_a_rule_says_whose_rule_it_was():
    y = unlucky(Value(ROW))
    TROUBLE.append(OutOfLuckError("no"))
    try:
        with pytest.raises(OutOfLuckError) as caught:
            y.backward(ROW)
    finally:
        TROUBLE.clear()
    assert "in the vjp of unlucky" in caught.value.__notes__[0]


def interrupted_at(step, run):
    """Whether `run` was still going at its line number `step`, where KeyboardInterrupt was raised."""
    passed = 0
    done = False

    def trace(frame, event, arg):
        nonlocal passed, done
        if "autograd_mini" not in frame.f_code.co_filename:
            return None
        if event == "line" and not done:
            passed += 1
            if passed == step:
                done = True
                raise KeyboardInterrupt
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    with np.errstate():  # tracing interrupts even between a block and its end, where Ctrl-C does not
        try:
            run()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(previous)
    return False


@pytest.mark.parametrize("data", [2.0, ROW], ids=repr)
@pytest.mark.parametrize("keep", ["all", "leaves"])
def test_an_interrupt_anywhere_leaves_all_gradients_old_or_all_new(data, keep):
    def graph():
        x, w = Value(data), Value(3.0)
        y = x * w
        z = np.sum(y * y + x)
        z.backward()
        return x, w, y, z

    def state(values):
        return [None if v.grad is None else np.copy(v.grad).tolist() for v in values]

    values = graph()
    old = state(values)
    values[-1].backward(keep=keep)
    new = state(values)
    assert new != old
    step = 1
    while True:
        values = graph()
        going = interrupted_at(step, lambda v=values: v[-1].backward(keep=keep))
        assert state(values) in (old, new)
        if not going:
            break
        step += 1
    assert step > 30


# ---- a cotangent smaller than its Value, as sums give


@pytest.mark.parametrize("reduce", [np.sum, np.mean, lambda y: np.sum(np.sum(y, axis=0, keepdims=True) * 2)])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 1), (1, 3), (2, 3)])
def test_a_broadcast_operand_gets_the_sum_over_all_that_it_was_broadcast_to(reduce, shape):
    rng = np.random.default_rng(1)
    small, large = rng.normal(size=shape), rng.normal(size=(2, 3))
    for f in (lambda x, y: x + y, lambda x, y: y - x, lambda x, y: (y + 2 * x) * 1.0, lambda x, y: -(y + x) / 2.0):
        x, y = Value(small), Value(large)
        z = reduce(f(x, y))
        z.backward()
        for i, v in enumerate((x, y)):
            truth = numerical_gradient(lambda *args, f=f: reduce(f(*args)), (small, large), i)
            assert_close(v.grad, truth, order=1)
