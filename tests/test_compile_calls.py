"""How compiled functions are called: kinds of arguments and results, methods, threads, errors, memory."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from autograd_mini import (
    DtypeError,
    UsageError,
    Value,
    compile,
    detect_anomaly,
    grad,
    hvp,
    loop,
    no_grad,
    read_state,
    sample,
    value_and_grad,
    write_state,
)
from nn import Linear, Module, Sequential


class Pair(NamedTuple):
    """Two trees."""

    a: object
    b: object


@dataclass
class Point:
    """Two numbers."""

    x: float
    y: object


def total(tree):
    """Something of everything in a tree."""
    match tree:
        case dict():
            return sum(total(x) for x in tree.values())
        case list() | tuple():
            return sum((i + 1) * total(x) for i, x in enumerate(tree))
        case Point():
            return total(tree.x) * total(tree.y)
        case None | str():
            return 0.0
    return np.sum(tree * tree)


TREES = {
    "dict": ({"b": 1.0, "a": np.array([1.0, 2.0])}, {"b": 3.0, "a": np.array([0.5, 2.0])}),
    "defaultdict": (defaultdict(list, a=1.0), defaultdict(list, a=2.0)),
    "namedtuple": (Pair(1.0, [2.0]), Pair(2.0, [5.0])),
    "dataclass": (Point(1.0, np.ones(2)), Point(3.0, np.arange(2.0))),
    "list of arrays": ([np.ones(2), np.ones((1, 3))], [np.arange(2.0), np.full((1, 3), 0.5)]),
    "NumPy's numbers": ([np.float64(1.0), np.float32(2.0)], [np.float64(0.5), np.float32(4.0)]),
    "complex": ([1 + 1j, np.complex128(2j)], [3 - 1j, np.complex128(1.0)]),
    "without axes": (np.array(2.0), np.array(3.0)),
    "float32": (np.ones(2, "f"), np.arange(2, dtype="f")),
    "whole numbers": (np.array([1, 2]), np.array([3, 4])),
    "not contiguous": (np.arange(6.0).reshape(2, 3).T, np.ones((6, 4))[::2, ::2] * 3),
    "no elements": (np.zeros((0, 3)), np.zeros((0, 3))),
    "matrix": (np.ones((2, 2)).view(type("Mine", (np.ndarray,), {})), np.full((2, 2), 2.0)),
    "None and texts": ([None, "sum", 1.0], [None, "sum", 2.0]),
}


@pytest.mark.parametrize("kind", TREES)
def test_trees_of_numbers_are_read_anew_on_each_call(kind):
    first, second = TREES[kind]
    c = compile(total)
    for tree in (first, second):
        y, expected = c(tree), total(tree)
        np.testing.assert_allclose(y, expected, rtol=1e-6)
        if kind != "whole numbers":
            assert np.asarray(y).dtype == np.asarray(expected).dtype
    assert c.stats.programs == 1 or kind == "matrix"


def test_arguments_may_be_read_only_overlap_and_be_the_same_and_stay_as_they_are():
    x = np.arange(5.0)
    x.flags.writeable = False
    c = compile(lambda a, b: (a + b, a, b[::-1]))
    for a, b in ((x[:3], x[1:4]), (x[2:], x[2:])):
        s, y, z = c(a, b)
        np.testing.assert_array_equal(s, a + b)
        np.testing.assert_array_equal(z, b[::-1])
        y += 1.0
        s += 1.0
    np.testing.assert_array_equal(x, np.arange(5.0))


def test_results_share_no_memory_with_arguments_parameters_or_other_results():
    w, k = Value([1.0, 2.0]), np.array([3.0, 4.0])
    c = compile(lambda x: [x, x, w, w.reshape(2, 1), k, x + k, np.sum(x), None, "text", 3, w])
    x = np.array([5.0, 6.0])
    first, second = c(x), c(x)
    arrays = [y for y in (*first, *second, x, k, w.data) if isinstance(y, np.ndarray)]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert second[6:10] == [11.0, None, "text", 3]
    for y in first:
        if isinstance(y, np.ndarray):
            y[...] = 0.0
    for a, b in zip(c(x)[:6], second[:6], strict=True):
        np.testing.assert_array_equal(a, b)
    eager = compile(lambda x: [w, k, x[0] / 0.0])
    with np.errstate(all="ignore"):
        assert not np.shares_memory(eager(x)[0], w.data)
        assert not np.shares_memory(eager(x)[1], k)


def test_settings_go_by_their_value_also_where_they_cannot_be_hashed():
    seen = []

    def f(x, how, places=(0,)):
        seen.append(how)
        return x[list(places)].sum() * (2.0 if how == ["double"] else 1.0)

    c = compile(f, static=("how", "places"))
    x = np.arange(3.0)
    assert [c(x, ["double"]), c(x, ["single"]), c(x, ["double"], places=[1, 2])] == [0.0, 0.0, 6.0]
    assert c(x, ["double"]) == 0.0
    assert len(seen) == c.stats.programs == 3
    d = compile(lambda x, at: x * np.copysign(1.0, at), static="at")
    assert (d(2.0, 0.0), d(2.0, -0.0)) == (2.0, -2.0)
    e = compile(lambda x, table: x * table[0], static="table")
    assert (e(2.0, np.array([1.0])), e(2.0, np.array([3.0]))) == (2.0, 6.0)


def test_whole_numbers_truth_values_and_texts_are_settings():
    c = compile(lambda x, n, flag, name: x**n if flag else x + len(name))
    assert (c(2.0, 3, True, "a"), c(2.0, 2, True, "a"), c(2.0, 2, False, "abc"), c(2.0, 1, np.True_, "")) == (
        8,
        4,
        5,
        2,
    )


def test_defaults_and_keywords_are_arguments():
    c = compile(lambda x, y=2.0, **more: x * y + sum(more.values()))
    assert (c(3.0), c(3.0, 4.0), c(3.0, y=4.0), c(x=3.0, z=1.0, y=4.0)) == (6.0, 12.0, 12.0, 13.0)
    assert (c(3.0, y=5.0), c(x=3.0, z=2.0, y=4.0)) == (15.0, 14.0)


def test_a_Value_given_twice_is_one_and_two_are_two():  # noqa: N802  # its name
    def step(a, b):
        a.grad = b.grad = None
        (a * b).backward()

    c = compile(step)
    for make in (lambda: [Value(3.0)] * 2, lambda: [Value(3.0), Value(5.0)]):
        (a, b), (u, v) = make(), make()
        c(a, b)
        step(u, v)
        assert (a.grad, b.grad) == (u.grad, v.grad)


def test_a_Value_found_outside_may_later_be_an_argument():  # noqa: N802  # its name
    w = Value(3.0)

    def step(v):
        w.grad = v.grad = None
        (w * v).backward()

    c = compile(step)
    c(Value(2.0))
    c(w)
    assert w.grad == 6.0


def test_modules_are_arguments_and_trees_of_their_gradients_too():
    models = [Linear(2, 1, rng=np.random.default_rng(i)) for i in range(2)]
    x = np.ones((3, 2))
    f = lambda model, x: np.sum(np.tanh(model(x)))
    slope = compile(grad(f))
    norm = compile(lambda g: np.sum(g.weight**2) + np.sum(g.bias**2))
    for model in (*models, models[0]):
        g, expected = slope(model, x), grad(f)(model, x)
        np.testing.assert_allclose(np.asarray(g.weight), expected.weight.data, rtol=1e-14)
        np.testing.assert_allclose(norm(g), np.sum(expected.weight.data**2) + np.sum(expected.bias.data**2), rtol=1e-14)
        model.weight.data *= 2.0
    assert norm.stats.reason == "an argument is an object whose arrays may change"


def test_what_cannot_be_an_argument_is_refused():
    with pytest.raises(DtypeError, match="compile: got an array of dtype"):
        compile(lambda x: x)(np.array(["a"]))
    with pytest.raises(DtypeError, match="masked array"):
        compile(lambda x: x)(np.ma.masked_array([1.0], [True]))
    with pytest.raises(UsageError, match="got donate='y'; the arguments are x"):
        compile(lambda x: x, donate="y")


# ---- methods, parts of other functions, derivatives around


class Line(Module):
    """A method that is compiled."""

    def __init__(self, slope):
        self.slope = Value(slope)

    @compile
    def at(self, x):
        """The value at x."""
        return self.slope * x

    @compile(static="n")
    def power(self, x, n):
        """A power."""
        return loop(lambda y: y * self.slope, n)(x)


def test_methods_are_compiled_for_each_object():
    lines = [Line(2.0), Line(3.0)]
    for line in lines:
        for x in (1.0, 5.0):
            assert line.at(x) == line.slope.data * x
            assert line.power(x, 2) == line.slope.data**2 * x
        assert line.at.stats.programs == 1
        assert line.at.__doc__ == "The value at x."
    other = copy.deepcopy(lines[0])
    other.slope.data = 7.0
    again = pickle.loads(pickle.dumps(other))
    assert (lines[0].at(1.0), other.at(1.0), again.at(1.0)) == (2.0, 7.0, 7.0)
    assert [name for name, _ in other.named_parameters()] == ["slope"]
    assert isinstance(Line.at, type(compile(abs)))
    gone = weakref.ref(lines.pop())
    del line
    gc.collect()
    assert gone() is None


class Callable:
    """An object that is called."""

    def __call__(self, x, y=1.0):
        return x * y


def test_lambdas_partial_functions_and_objects_are_compiled():
    for f in (partial(Callable(), y=3.0), Callable(), lambda x: 3 * x, np.square, compile(lambda x: x + 1)):
        assert compile(f)(2.0) == f(2.0)


def test_inside_another_compiled_function_it_is_a_part_of_it():
    inner = compile(lambda x: np.sin(x) * 2)
    outer = compile(grad(lambda x: inner(x) ** 2))
    for x in (0.5, 1.5):
        assert outer(x) == pytest.approx(8 * np.sin(x) * np.cos(x), rel=1e-14)
    assert inner.stats.programs == 0


def test_derivatives_flow_through_a_compiled_function():
    c = compile(lambda x: np.sum(np.sin(x) ** 2))
    x = np.array([0.3, 0.9])
    np.testing.assert_allclose(grad(c)(x), np.sin(2 * x), rtol=1e-14)
    np.testing.assert_allclose(hvp(c, x, np.ones(2)), 2 * np.cos(2 * x), rtol=1e-13)
    v = Value(x)
    y = c(v * 1.0)
    y.backward()
    np.testing.assert_allclose(v.grad, np.sin(2 * x), rtol=1e-14)
    assert "being differentiated" in c.stats.reason


def test_without_recording_a_program_is_another():
    w = Value(3.0)

    def step():
        w.grad = None
        y = w * w
        if not y.is_leaf:
            y.backward()
        return y

    c = compile(step)
    with no_grad():
        assert c() == 9.0
        assert w.grad is None
    assert c() == 9.0
    assert w.grad == 6.0


def test_anomalies_are_found_in_the_function_itself():
    w = Value(1.0)
    c = compile(lambda: np.sqrt(w).backward())
    c()
    w.data = 0.0
    with detect_anomaly(), pytest.raises(ArithmeticError, match="sqrt"):
        c()


# ---- donate, limits, errors, threads, memory


def test_a_result_takes_the_array_of_a_donated_argument():
    c = compile(lambda x, y: (x + y, x * y), donate="x")
    x, y = np.ones(3), np.arange(3.0)
    s, p = c(x, y)
    assert s is x
    assert not np.shares_memory(p, y)
    np.testing.assert_array_equal(s, 1.0 + y)
    np.testing.assert_array_equal(p, y)


def test_too_many_kinds_of_arguments_are_run_as_they_are_with_a_warning():
    c = compile(lambda x: x.sum(), limit=2)
    c(np.ones(1)), c(np.ones(2))
    with pytest.warns(RuntimeWarning, match="was compiled for 2 kinds of arguments"):
        assert c(np.ones(3)) == 3.0
    assert c(np.ones(4)) == 4.0
    assert (c.stats.programs, c.stats.calls, c.stats.eager_calls) == (2, 4, 2)
    assert c.stats.reason == "there are too many kinds of arguments"


def test_attributes_that_change_before_each_call_bring_a_warning():
    net = Linear(2, 1)
    c = compile(net, limit=3)
    net.rounds = 0
    for _ in range(3):
        net.rounds += 1
        c(np.ones(2))
    net.rounds += 1
    with pytest.warns(RuntimeWarning, match=r"compiled 3 times in 4 calls.*begins with _"):
        c(np.ones(2))
    net._rounds = 5
    c(np.ones(2))
    assert c.stats.programs == 4


def test_an_error_in_the_middle_leaves_everything_as_it_was():
    w, rng, kept = Value(1.0), np.random.default_rng(0), {"n": 1.0}

    def step(x):
        w.data = w.data + sample(rng, "normal")
        write_state(kept, "n", read_state(kept, "n") + 1.0)
        return w * np.linalg.inv(x)

    c = compile(step)
    c(np.eye(2))
    before = w.data, kept["n"], rng.bit_generator.state

    class Stop(BaseException):
        """As Ctrl-C."""

    def stop(*_):
        rng.normal()
        raise Stop

    (entry,) = next(iter(c.entries.values()))
    run, entry.code.run = entry.code.run, stop
    with pytest.raises(Stop):
        c(np.eye(2))
    assert (w.data, kept["n"], rng.bit_generator.state) == before
    entry.code.run = run
    put_back, pressed = entry.put_back, []

    def interrupted(*args):
        if not pressed:
            pressed.append(True)
            raise Stop
        put_back(*args)

    entry.put_back = interrupted
    with pytest.raises(Stop):
        c(np.eye(2))
    assert kept["n"] == before[1] + 1.0
    assert w.data != before[0]


def test_an_error_while_it_is_compiled_leaves_everything_as_it_was_and_is_passed_on():
    w = Value([1.0, 2.0])

    def step(x):
        w.data = w.data * 2
        (w * x).sum().backward()
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        compile(step)(1.0)
    assert "while compile ran the function" in caught.value.__notes__[0]
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert w.grad is None


def test_threads_call_one_function_at_once():
    w = Value(np.arange(20.0))
    c = compile(value_and_grad(lambda x: np.sum(np.tanh(x * w) ** 2)))
    expected = {n: value_and_grad(lambda x: np.sum(np.tanh(x * w.data) ** 2))(np.full(20, n / 7)) for n in range(8)}
    wrong = []

    def work(n):
        x = np.full(20, n / 7)
        for _ in range(50):
            y, g = c(x)
            if y != pytest.approx(expected[n][0], rel=1e-13) or not np.allclose(g, expected[n][1], rtol=1e-13):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
    assert (c.stats.programs, c.stats.calls, c.stats.eager_calls) == (1, 400, 0)


def test_threads_trace_different_functions_at_once():
    results = {}

    def work(n):
        results[n] = [compile(grad(lambda x, k=k: x ** (n + 2) + k))(2.0) for k in range(10)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {n: [(n + 2) * 2.0 ** (n + 1)] * 10 for n in range(4)}


def test_compiled_functions_are_freed_and_keep_no_large_arguments():
    x = np.ones(2**18)
    c = compile(lambda x: np.sum(x * x))
    c(x)
    gone = weakref.ref(x)
    del x
    assert gone() is None
    assert len(c.graph.nodes) == 3
    gone = weakref.ref(c)
    del c
    gc.collect()
    assert gone() is None


def test_the_graph_and_the_statistics_of_a_function_are_at_hand():
    c = compile(grad(np.sin))
    with pytest.raises(UsageError, match="it was not called yet"):
        assert c.graph
    c(1.0)
    assert [n.op.name for n in c.graph.nodes if n.op][-1] == "multiply" or c.graph.nodes
    assert "cos" in c.source
    s = c.stats
    assert (s.programs, s.calls, s.eager_calls, s.reason) == (1, 1, 0, "")
    assert min(s.terms, s.lines, s.trace_seconds, s.code_seconds) > 0
    assert repr(c).endswith("1 programs>")


def test_networks_stay_as_they_are_while_they_are_compiled():
    net = Sequential(Linear(3, 2, rng=np.random.default_rng(0)))
    state = copy.deepcopy(net.state())
    compile(lambda x: net(x).sum().backward())(np.ones((1, 3)))
    for k, x in net.state().items():
        np.testing.assert_array_equal(x, state[k])
