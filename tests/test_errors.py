"""Errors: what is refused, and the words that say what to write instead."""

import math
from importlib import import_module

import numpy as np
import pytest

import autograd_mini
from autograd_mini import (
    AutogradError,
    DetachError,
    DtypeError,
    MutationError,
    NoRuleError,
    ShapeError,
    UsageError,
    Value,
    errors,
    functions,
    logsumexp,
    primitive,
)
from autograd_mini.primitive import REGISTRY

ROW = np.array([0.5, -1.5, 2.0])


def test_every_error_is_ours_and_a_built_in_kind():
    for name in errors.__all__:
        error = getattr(errors, name)
        assert issubclass(error, AutogradError)
        if error is not AutogradError:
            kinds = (ValueError, TypeError, RuntimeError, ArithmeticError, AssertionError, AttributeError)
            assert issubclass(error, kinds)
    assert issubclass(ShapeError, ValueError)
    assert issubclass(DtypeError, TypeError)
    assert issubclass(MutationError, RuntimeError)


# ---- no silent way out of the graph


def assign(place, v):
    np.zeros(3)[place] = v


DETACHING = [
    (lambda v, a: float(v), r"write v for float\(v\), .* v\.item\(\) for the number"),
    (lambda v, a: int(v), r"write np\.trunc\(v\), or v\.item\(\)"),
    (lambda v, a: complex(v), r"write v \+ 0j"),
    (lambda v, a: math.sin(v), r"np\.sin\(v\) for math\.sin\(v\)"),
    (lambda v, a: math.floor(v), r"v\.item\(\) for the number"),
    (lambda v, a: range(v), "a Value as an index"),
    (lambda v, a: [1, 2][v], "a Value as an index"),
    (lambda v, a: np.asarray(v), r"v itself for np\.asarray\(v\)"),
    (lambda v, a: np.asarray(a), r"v itself for np\.asarray\(v\)"),
    (lambda v, a: np.array([v, v]), r"write autograd_mini\.array\(\[v, w\]\) for np\.array\(\[v, w\]\)"),
    (lambda v, a: np.array([a, a]), r"write autograd_mini\.array\(\[v, w\]\)"),
    (lambda v, a: np.array([v, v], dtype=object), r"write autograd_mini\.array\(\[v, w\]\)"),
    (lambda v, a: np.full(3, v), r"v \* np\.ones\(n\) for np\.full\(n, v\)"),
    (lambda v, a: assign(slice(None), a), r"b = autograd_mini\.zeros\(n\) or np\.zeros\(n, like=v\) before b\[i\] = v"),
    (
        lambda v, a: assign([True, False, False], a[:1]),
        r"b = autograd_mini\.zeros\(n\) or np\.zeros\(n, like=v\) before b\[i\] = v",
    ),
    (lambda v, a: np.ma.masked_array(ROW, [0, 1, 0]) * a, r"fill the masked array first, as in m\.filled"),
    (lambda v, a: Value(v), r"use v itself, or v\.detach\(\)"),
    (lambda v, a: Value([v, v]), r"write autograd_mini\.array\(\[v, w\]\)"),
    (lambda v, a: Value([[1.0], [v]]), r"write autograd_mini\.array\(\[v, w\]\)"),
    (lambda v, a: np.add(a, [v, v, v]), r"write autograd_mini\.array\(\[v, w\]\)"),
    (lambda v, a: setattr(a, "data", a * 2), r"v\.detach\(\)"),
    (lambda v, a: setattr(v, "grad", v * 2), "got a Value"),
]


@pytest.mark.parametrize(("leave", "words"), DETACHING)
def test_a_conversion_that_would_lose_the_derivative_shows_what_to_write(leave, words):
    with pytest.raises(DetachError, match=words) as caught:
        leave(Value(2.0), Value(ROW))
    assert str(caught.value).endswith("or leave the graph on purpose with .data")


def test_an_element_set_to_a_value_is_refused():
    """NumPy words its own error, and gives ours as the cause."""
    for value in (Value(2.0), Value(ROW).sum()):
        with pytest.raises(ValueError, match="setting an array element") as caught:
            assign(0, value)
        assert isinstance(caught.value.__cause__, DetachError)
        assert "b = autograd_mini.zeros(n) before b[i] = v" in str(caught.value.__cause__)


def test_what_a_refusal_says_to_write_works():
    v, a, mask = Value(2.0), Value(ROW), ROW > 0
    assert np.sin(v).data == math.sin(2.0)
    assert autograd_mini.array([v, v]).shape == (2,)
    assert (v * np.ones(3)).shape == (3,)
    assert np.where(mask, v, ROW).data.tolist() == [2, -1.5, 2]
    assert (v + 0j).dtype == np.complex128
    assert v.item() == 2
    assert a.detach().is_leaf


# ---- nothing recorded is written to


@pytest.mark.parametrize(
    "write",
    [
        lambda v, a, z: z.__iadd__(a),
        lambda v, a, z: z.__imul__(v),
        lambda v, a, z: np.add(a, 1, out=z),
        lambda v, a, z: np.add(a, 1, z),
        lambda v, a, z: np.sum(a, out=np.zeros(())),
        lambda v, a, z: np.copyto(z, a),
        lambda v, a, z: np.full(3, v, dtype=float),
        lambda v, a, z: np.put(z, 0, v),
        lambda v, a, z: np.add.at(z, [0], v),
        lambda v, a, z: a.sum(out=np.zeros(())),
        lambda v, a, z: a.__setitem__(0, 1.0),
        lambda v, a, z: a.__setitem__(slice(None), v),
        lambda v, a, z: setattr(a * 2, "data", ROW),
    ],
)
def test_writing_is_refused_and_the_line_to_write_is_shown(write):
    a, z = Value(ROW), np.zeros(3)
    with pytest.raises(MutationError, match=r"write |use Value\(\.\.\.\)"):
        write(Value(2.0), a, z)
    assert z.tolist() == [0, 0, 0]
    assert a.data.tolist() == ROW.tolist()


# ---- functions without a rule


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (np.packbits, "numpy.packbits: it takes no Values: it is of whole numbers"),
        (np.frompyfunc(math.gamma, 1, 1), "it has no rule for Values"),
    ],
)
def test_a_function_without_a_rule_is_named_with_the_reason(call, words):
    with pytest.raises(NoRuleError, match=words):
        call(Value(ROW))


def test_a_function_without_a_rule_points_to_those_that_have_one():
    with pytest.raises(NoRuleError, match=r"autograd_mini\.functions\(\) lists those that have.*or use \.data"):
        np.frompyfunc(math.gamma, 1, 1)(Value(ROW))


def test_functions_lists_names_that_lead_to_functions():
    names = functions()
    assert names == sorted(set(names))
    assert {"numpy.sin", "numpy.sum", "numpy.add.reduce", "numpy.matmul", "numpy.where"} <= set(names)
    assert "numpy.packbits" not in names
    for name in names:
        module, *parts = name.split(".")
        found = import_module(module)
        for part in parts:
            found = getattr(found, part)
        assert callable(found)


def test_an_option_without_a_rule_is_named():
    with pytest.raises(NoRuleError, match="logsumexp: got the option 'base'; the options that have a rule are: axis"):
        logsumexp(Value(ROW), base=2)
    with pytest.raises(NoRuleError, match=r"cumsum: got a Value as the option 'axis'; .* use its \.data"):
        np.cumsum(Value(ROW), axis=Value(ROW).argmax())


def test_names_of_primitives_are_unique():
    with pytest.raises(UsageError, match="the name 'multiply' is taken; names are unique; choose another"):
        primitive(name="multiply")(lambda x, /: x)
    assert REGISTRY["multiply"](2.0, 3.0) == 6


# ---- hostile data

HOSTILE = [
    ("x", "got str 'x'"),
    (b"x", "got bytes"),
    (None, "got NoneType None"),
    ({}, r"got dict \{\}"),
    ({1, 2}, "got set"),
    (object(), "got object"),
    (print, "got builtin_function_or_method"),
    ([1, [2, 3]], "got a ragged list; rows must have equal lengths"),
    ([[1], [2, [3]]], "got a ragged list"),
    (["a", "b"], "got dtype <U1"),
    ([None, 1], "got dtype object"),
    ([{}, {}], "got dtype object"),
    (np.array(["a"]), "got dtype <U1"),
    (np.array([1, None]), "got dtype object"),
    (np.array(object()), "got dtype object"),
    (np.datetime64("2020"), "got dtype datetime64"),
    (np.array(["2020"], "M8[D]"), "got dtype datetime64"),
    (np.timedelta64(1), "got dtype timedelta64"),
    (np.zeros(2, [("a", float)]), "got dtype"),
    (10**400, "got dtype object"),
    (np.ma.masked_array([1.0, 2.0], [0, 1]), "got a masked array; .* x.filled"),
]


@pytest.mark.parametrize(("data", "words"), HOSTILE)
def test_hostile_data_is_refused_by_name(data, words):
    with pytest.raises(DtypeError, match=f"Value: {words}"):
        Value(data)
    x = Value([1.0, 2.0])
    with pytest.raises(DtypeError, match=words):
        x.data = data
    assert x.data.tolist() == [1, 2]


@pytest.mark.parametrize(("operand", "words"), HOSTILE[:-2])
def test_hostile_operands_are_refused_by_name(operand, words):
    for v in (Value(1.0), Value([1.0, 2.0])):
        with pytest.raises(DtypeError, match=f"add: {words}"):
            np.add(v, operand)
        with pytest.raises(DtypeError, match=f"concatenate: {words}|add: {words}"):
            np.concatenate([v, operand]) if isinstance(operand, np.ndarray) and operand.ndim else np.add(v, operand)
        with pytest.raises(TypeError):
            v * operand
        with pytest.raises(TypeError):
            operand - v


def test_the_text_of_a_large_operand_is_cut_short():
    with pytest.raises(DtypeError) as caught:
        Value({i: i for i in range(10_000)})
    assert len(str(caught.value)) < 300


def test_nan_and_infinity_are_numbers():
    for x in (math.nan, math.inf, -math.inf):
        v, a = Value(x), Value([x, 1.0])
        (v * 2).backward()
        np.sum(a * 2).backward()
        assert v.grad == 2
        assert a.grad.tolist() == [2, 2]
        assert np.array_equal((v + 1).data, x + 1, equal_nan=True)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda a, m: a + np.ones(4), r"add: .*shapes \(3,\) and \(4,\)"),
        (lambda a, m: np.ones((2, 2)) * a, r"multiply: .*shapes \(2, 2\) and \(3,\)"),
        (lambda a, m: m @ m, r"matmul: .*shapes \(2, 3\) and \(2, 3\)"),
        (lambda a, m: a @ np.ones(4), r"matmul: .*shapes \(3,\) and \(4,\)"),
        (lambda a, m: a.reshape(2, 2), r"reshape: .*size 3 into shape \(2,2\).*shapes \(3,\)"),
        (lambda a, m: np.concatenate([a, m]), r"concatenate: .*shapes \(3,\) and \(2, 3\)"),
        (lambda a, m: np.where(a > 0, a, np.ones(4)), r"choice: .*shapes \(3,\) and \(3,\) and \(4,\)"),
        (lambda a, m: np.broadcast_to(a, (4,)), r"broadcast_to: .*shapes \(3,\)"),
        (lambda a, m: np.max(a[:0]), r"max: .*shapes \(0,\)"),
        (lambda a, m: autograd_mini.array([a, m]), r"array: got rows of shapes \[\(2, 3\), \(3,\)\]"),
    ],
)
def test_shapes_that_do_not_fit_are_named(f, words):
    with pytest.raises(ShapeError, match=words):
        f(Value(ROW), Value(np.ones((2, 3))))


def test_an_axis_that_is_not_there_raises_as_in_numpy():
    for f in (np.sum, np.max, np.cumsum, np.argmax, np.flip):
        with pytest.raises(np.exceptions.AxisError):
            f(Value(ROW), axis=1)


def test_a_scalar_has_no_length_and_is_not_iterated_over():
    with pytest.raises(DtypeError, match=r"len: a scalar Value has no length; it has \.size 1"):
        len(Value(1.0))
    with pytest.raises(DtypeError, match=r"a scalar Value cannot be iterated over; its number is \.data"):
        list(Value(1.0))
