"""Value: its data, operators, indexing and methods are those of NumPy's floats and arrays."""

import copy
import math
import operator
import pickle
import warnings

import numpy as np
import pytest

import autograd_mini
from autograd_mini import DtypeError, MutationError, ShapeError, Value
from autograd_mini.testing import assert_close

ROW = np.array([0.5, -1.5, 2.0])
GRID = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])


# ---- data


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (3, np.float64),
        (True, np.float64),
        (3.0, np.float64),
        (np.int8(3), np.float64),
        (np.uint64(3), np.float64),
        (np.bool_(True), np.float64),
        (np.float64(3), np.float64),
        (np.float32(3), np.float32),
        ([1, 2], np.float64),
        ([True, False], np.float64),
        ((1.0, 2), np.float64),
        (np.arange(3), np.float64),
        (np.ones(3, np.float32), np.float32),
        (np.ones((2, 0), np.int32), np.float64),
        (np.array(3.0), np.float64),
        (np.array(3.0, np.float32), np.float32),
        (1j, np.complex128),
    ],
    ids=repr,
)
def test_data_is_float64_unless_it_has_another_precision(given, dtype):
    v = Value(given)
    assert v.dtype == dtype
    assert v.shape == np.shape(given)
    assert np.array_equal(v.data, np.asarray(given))


def test_a_float64_scalar_is_a_python_float():
    for v in (Value(3), Value(np.float64(3)), Value(np.array(3.0)), Value([1.0, 2.0]).sum(), Value(ROW)[0]):
        assert type(v.data) is float


def test_whole_numbers_are_exact_to_2_to_the_53():
    for n in (2**53, 2**53 - 1, -(2**53)):
        assert Value(n).data == n
        assert Value([n]).data[0] == n
        assert Value(np.int64(n)).data == n


def test_data_given_is_copied():
    given = ROW.copy()
    v = Value(given)
    given[0] = 9
    assert v.data[0] == ROW[0]


def test_the_data_of_a_computed_value_is_read_only():
    y = Value(ROW) * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1
    with pytest.raises(MutationError, match="only a leaf's data can be set"):
        y.data = ROW


def test_data_set_keeps_shape_and_dtype():
    v = Value(np.ones(3, np.float32))
    v.data = [1, 2, 3]
    assert v.data.dtype == np.float32
    assert v.data.tolist() == [1, 2, 3]
    s = Value(np.float32(1))
    s.data = 0.1
    assert s.data == np.float32(0.1)
    assert s.dtype == np.float32
    with pytest.raises(ShapeError, match=r"\.data of a leaf: got shape \(4,\); it must be \(3,\)"):
        v.data = np.ones(4)
    with pytest.raises(DtypeError, match="complex"):
        v.data = 1j * np.ones(3)
    with pytest.raises(DtypeError, match="got str"):
        v.data = "three"


def test_data_set_is_not_shared():
    a, b = Value(ROW), Value(ROW)
    a.data = b.data
    a.data -= 1.0
    assert np.array_equal(b.data, ROW)
    a.data = (b * 1).data
    a.data[0] = 7.0
    assert a.data[0] == 7


# ---- numbers: as NumPy's floats, never Python's exceptions or complex results

SINGULAR = [
    (lambda x: x / 0, 3.0),
    (lambda x: x / 0.0, 0.0),
    (lambda x: 1 / x, 0.0),
    (lambda x: 1 / x, -0.0),
    (lambda x: x / x, 0.0),
    (lambda x: x**-1, 0.0),
    (lambda x: x**-0.5, 0.0),
    (lambda x: x**-2, 0.0),
    (lambda x: x ** (1 / 3), -8.0),
    (lambda x: x**0.5, -8.0),
    (lambda x: x**x, -0.5),
    (lambda x: 0.0**x, -1.0),
    (lambda x: x * 1e300, 1e300),
    (lambda x: x**2, 1e200),
    (lambda x: x**400, 10.0),
    (lambda x: 2**x, 5000.0),
    (lambda x: x - x, math.inf),
    (lambda x: x * 0.0, math.inf),
    (lambda x: 1.0 / x, 1e-310),
    (np.exp, 1000.0),
    (np.log, 0.0),
    (np.log, -1.0),
    (np.log1p, -1.0),
    (np.sqrt, -1.0),
    (np.sqrt, 0.0),
    (np.arcsin, 2.0),
    (np.arctanh, 1.0),
    (np.sin, math.inf),
    (np.cosh, 1000.0),
    (np.tan, math.nan),
]


@pytest.mark.parametrize(
    ("f", "x", "kind"),
    [(f, x, kind) for f, x in SINGULAR for kind in (float, np.float32) if kind is float or not 1e38 < x < math.inf],
)
def test_singular_scalars_are_numpys_with_its_warnings(f, x, kind):
    def heard(argument):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            y = f(argument)
        return y, bool(caught)

    theirs, they_warn = heard(np.float64(x) if kind is float else kind(x))
    ours, we_warn = heard(Value(kind(x)))
    assert np.array_equal(ours.data, theirs, equal_nan=True)
    assert np.signbit(ours.data) == np.signbit(theirs) or np.isnan(theirs)
    assert ours.dtype == theirs.dtype
    assert we_warn == they_warn


@pytest.mark.parametrize(("f", "x"), SINGULAR)
def test_derivatives_of_singular_scalars_are_those_of_arrays_of_them(f, x):
    v, a = Value(x), Value([x])
    with np.errstate(all="ignore"):
        y, z = f(v), f(a)
    y.backward()
    z.backward([1.0])
    assert type(v.grad) is float
    assert np.array_equal([v.grad], a.grad, equal_nan=True)


def test_derivatives_at_poles_are_infinite():
    def slope(f, x):
        v = Value(x)
        with np.errstate(all="ignore"):
            f(v).backward()
        return v.grad

    assert slope(lambda x: 1 / x, 0.0) == -math.inf
    assert slope(lambda x: x**-1, 0.0) == -math.inf
    assert slope(np.log, 0.0) == math.inf
    assert slope(np.exp, 1000.0) == math.inf
    assert math.isnan(slope(lambda x: x ** (1 / 3), -8.0))


def test_errstate_rules_over_the_forward_computation():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        Value(1.0) / 0
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        Value(1.0) / 0


def test_float64_scalars_are_not_narrowed_by_float32_arrays():
    narrow = np.ones(3, np.float32)
    for v in (Value(2.0), Value([2.0, 0.0]).sum()):
        assert (v * narrow).dtype == np.float64
        assert (np.float32(2) * v).dtype == np.float64
        assert (Value(narrow) * v).dtype == np.float64
    assert (Value(narrow) * 2.0).dtype == np.float32
    assert (2 * Value(narrow) + 1).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dtype_is_kept_by_ops_and_gradients(dtype):
    x = Value(GRID.astype(dtype))
    joined = np.concatenate([x, x])[1:3]
    y = np.real(np.sum(np.tanh(x * 2 - 1) / 3.0 + np.exp(x.T @ x).sum() ** 2 + x[0, 1] + joined))
    assert y.dtype == np.empty(0, dtype).real.dtype
    y.backward()
    assert x.grad.dtype == dtype


# ---- operators

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.floordiv,
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]
OTHERS = [
    2,
    2.0,
    True,
    np.float64(2),
    np.float32(2),
    np.int64(2),
    [2.0, 1.0, 3.0],
    (2, 1, 3),
    np.array([2.0, 1.0, 3.0]),
    np.array([2, 1, 3]),
    np.array([[1.0], [2.0]]),
    np.array(2.0),
]


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("other", OTHERS, ids=repr)
@pytest.mark.parametrize("data", [1.5, np.array([0.5, 1.5, 2.0]), np.array([1.0, 2.0, 3.0], np.float32)], ids=repr)
def test_operators_take_numbers_arrays_and_lists_on_either_side(op, other, data):
    v, x = Value(data), np.asarray(data)[()]
    as_array = np.asarray(other) if isinstance(other, (list, tuple)) else other
    for ours, theirs in (
        (op(v, other), op(x, as_array)),
        (op(other, v), op(as_array, x)),
        (op(v, v), op(x, x)),
    ):
        assert isinstance(ours, Value)
        assert_close(ours.data, theirs)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("kind", [np.array, list])
def test_matrix_products_take_arrays_and_lists_on_either_side(kind):
    x = Value(GRID)
    row = kind(ROW.tolist())
    assert_close((x @ row).data, GRID @ ROW)
    assert_close(([1.0, 2.0] @ x).data, np.array([1.0, 2.0]) @ GRID)
    assert_close((np.array([1.0, 2.0]) @ x).data, np.array([1.0, 2.0]) @ GRID)
    assert_close((x @ x.T).data, GRID @ GRID.T)


def test_unary_operators_are_those_of_arrays():
    x = Value(GRID)
    for f in (operator.neg, operator.pos, abs):
        assert_close(f(x).data, f(GRID))
        assert_close(f(x[0, 1]).data, f(GRID[0, 1]))
    assert np.array_equal((~(x > 0)).data, ~(GRID > 0))
    assert np.array_equal(((x > 0) & (x < 1)).data, (GRID > 0) & (GRID < 1))
    assert np.array_equal(((x > 0) | (x < -1)).data, (GRID > 0) | (GRID < -1))
    assert np.array_equal(((x > 0) ^ (x > 1)).data, (GRID > 0) ^ (GRID > 1))
    assert round(Value(3.14159), 2).data == 3.14


def test_an_augmented_assignment_rebinds():
    x = Value(ROW)
    y = x
    y += 1
    y *= 2
    y -= 3
    y /= 4
    y **= 2
    assert y is not x
    assert np.array_equal(x.data, ROW)
    assert_close(y.data, (((ROW + 1) * 2 - 3) / 4) ** 2)


@pytest.mark.parametrize("other", [None, "x", {}, object(), print], ids=lambda x: type(x).__name__)
def test_operators_refuse_what_is_not_numbers(other):
    for v in (Value(1.0), Value(ROW)):
        with pytest.raises(TypeError):
            v + other
        with pytest.raises(TypeError):
            other * v
    assert (Value(1.0) == other) is False
    assert (Value(1.0) != other) is True


def test_values_hash_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert len({a, b, a}) == 2


def test_truth_is_that_of_arrays():
    assert Value(2.0)
    assert not Value([0.0])
    assert Value(2.0) > 1
    with pytest.raises(ShapeError, match=r"ambiguous; use v\.any"):
        bool(Value(ROW))


# ---- NumPy's protocols


def test_numpys_functions_answer_with_values():
    x = Value(GRID)
    for ours, theirs in (
        (np.sin(x), np.sin(GRID)),
        (np.sum(x, axis=0), np.sum(GRID, axis=0)),
        (np.add.reduce(x), np.add.reduce(GRID)),
        (np.add.reduce(x, 1), np.add.reduce(GRID, 1)),
        (np.add.accumulate(x), np.add.accumulate(GRID)),
        (np.multiply.reduce(x, 1), np.multiply.reduce(GRID, 1)),
        (np.maximum.reduce(x, 1), np.maximum.reduce(GRID, 1)),
        (np.minimum.reduce(x, axis=0), np.minimum.reduce(GRID, axis=0)),
        (np.where(x > 0, x, 0.0), np.where(GRID > 0, GRID, 0.0)),
        (np.concatenate([x, [ROW]]), np.concatenate([GRID, [ROW]])),
        (np.stack([x[0], ROW]), np.stack([GRID[0], ROW])),
        (np.argmax(x, 1), np.argmax(GRID, 1)),
        (np.floor(x), np.floor(GRID)),
    ):
        assert isinstance(ours, Value)
        assert_close(ours.data, theirs)
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6


def test_an_array_and_a_value_meet_in_one_op_in_either_order():
    x = Value(ROW)
    for y in (ROW * x, x * ROW):
        assert isinstance(y, Value)
        y.backward(np.ones(3))
        assert_close(x.grad, ROW)
        x.grad = None


# ---- indexing

KEYS = [
    0,
    -1,
    np.int64(1),
    slice(1, None),
    slice(None, None, -1),
    None,
    Ellipsis,
    (),
    (0, 1),
    (slice(None), 1),
    (Ellipsis, 0),
    (None, Ellipsis, 1),
    (0, slice(None, None, 2)),
    [0, 1, 1],
    [],
    np.array([1, 0]),
    np.array([[1, 0], [0, 0]]),
    (slice(None), [0, 2]),
    ([0, 1], [2, 2]),
    (1, [0, 2]),
    (np.array([0, 0]), np.array([1, 1])),
    (np.array([[0], [1]]), np.array([0, 2])),
    (slice(None), np.array([True, False, True])),
    [True, False],
    GRID > 0.3,
    (np.array([True, False]), 1),
    True,
    (None, [1], slice(None)),
    ([0, 1], None, [1, 1]),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_every_kind_of_index_reads_as_numpy_does_and_differentiates(key):
    x = Value(GRID)
    y = x[key]
    assert_close(y.data, GRID[key])
    rng = np.random.default_rng(0)
    seed = rng.normal(size=y.shape)
    y.backward(seed)
    expected = np.zeros_like(GRID)
    np.add.at(expected, key, seed)
    assert_close(x.grad, expected)


def test_values_without_derivative_are_indices_and_masks():
    x = Value(GRID)
    assert_close(x[x > 0.3].data, GRID[GRID > 0.3])
    assert_close(x[0][np.argmax(x[0])].data, GRID[0].max())
    assert_close(x[np.argmax(x, 0), [0, 1, 2]].data, GRID.max(0))
    assert_close(x[0, [x[0].argmax(), 0]].data, GRID[0, [2, 0]])
    assert [10, 20, 30][np.argmax(x[0])] == 30
    y = x[x > 0.3].sum()
    y.backward()
    assert_close(x.grad, (GRID > 0.3) * 1.0)


@pytest.mark.parametrize("key", [2, -3, (0, 3), ([0, 2],), (slice(None), np.array([3])), (0, 0, 0), 1.5, Value(1.0)])
def test_an_index_that_is_not_there_raises_as_in_numpy(key):
    with pytest.raises(IndexError):
        Value(GRID)[key]


def test_a_scalar_is_indexed_as_numpys_are():
    v = Value(2.0)
    assert v[...].data == 2
    assert v[()].data == 2
    assert v[None].shape == (1,)
    with pytest.raises(IndexError):
        v[0]


def test_iteration_gives_values():
    x = Value(GRID)
    assert len(x) == 2
    total = sum(row.sum() for row in x)
    total.backward()
    assert_close(x.grad, np.ones((2, 3)))
    a, b, c = Value(ROW)
    assert [a.data, b.data, c.data] == ROW.tolist()
    assert max(Value(ROW)).data == 2.0
    assert 2.0 in Value(ROW)
    assert 9.0 not in Value(ROW)
    assert np.iterable(x)


# ---- methods

METHODS = [
    ("sum", ()),
    ("sum", (0,)),
    ("mean", (1,)),
    ("max", ()),
    ("min", (0,)),
    ("prod", (1,)),
    ("var", (0,)),
    ("std", ()),
    ("cumsum", (1,)),
    ("argmax", (1,)),
    ("argmin", ()),
    ("argsort", (0,)),
    ("all", ()),
    ("any", (1,)),
    ("round", (1,)),
    ("reshape", (3, 2)),
    ("reshape", ((6,),)),
    ("reshape", (-1, 2)),
    ("ravel", ()),
    ("flatten", ()),
    ("transpose", ()),
    ("transpose", (1, 0)),
    ("transpose", ((1, 0),)),
    ("swapaxes", (0, 1)),
    ("repeat", (2, 0)),
    ("take", ([1, 0],)),
    ("diagonal", ()),
    ("trace", ()),
    ("clip", (0, 1)),
    ("dot", (ROW,)),
    ("astype", (np.float32,)),
    ("copy", ()),
    ("conj", ()),
    ("conjugate", ()),
    ("compress", ([True, False], 0)),
    ("item", (2,)),
    ("tolist", ()),
]


@pytest.mark.parametrize(("name", "args"), METHODS, ids=str)
def test_methods_are_those_of_arrays(name, args):
    ours, theirs = getattr(Value(GRID), name)(*args), getattr(GRID, name)(*args)
    assert_close(ours.data if isinstance(ours, Value) else ours, theirs)


def test_methods_take_keywords():
    x = Value(GRID)
    assert_close(x.sum(axis=1, keepdims=True).data, GRID.sum(axis=1, keepdims=True))
    assert_close(x.std(axis=0, ddof=1).data, GRID.std(axis=0, ddof=1))
    assert_close(x.clip(min=0.0).data, GRID.clip(min=0.0))
    assert_close(x.mean(axis=(0, 1)).data, GRID.mean())
    assert_close(Value(GRID[None]).squeeze(axis=0).data, GRID)


def test_attributes_are_those_of_arrays():
    x = Value(GRID.astype(np.float32))
    assert (x.shape, x.ndim, x.size, x.itemsize, x.nbytes) == ((2, 3), 2, 6, 4, 24)
    assert_close(x.T.data, x.data.T)
    assert_close(x.mT.data, x.data.mT)
    assert_close(x.real.data, x.data.real)
    assert np.array_equal(Value([1 + 2j]).imag.data, [2.0])
    assert np.array_equal(Value(ROW).nonzero()[0], ROW.nonzero()[0])
    s = Value(2.0)
    assert (s.shape, s.ndim, s.size, s.dtype, s.nbytes) == ((), 0, 1, np.float64, 8)


def test_functions_of_one_scalar_are_methods_too():
    for name in ("exp", "log", "sqrt", "tanh"):
        assert getattr(Value(0.7), name)().data == getattr(math, name)(0.7)
    assert Value(-1.0).relu().data == 0
    assert Value(0.0).logistic().data == Value(0.0).sigmoid().data == 0.5


# ---- text


def test_repr_shows_numbers_dtype_name_op_and_gradient():
    x = Value(2.0, name="x")
    y = x * 3
    assert repr(x) == "Value(2.0, name='x')"
    assert repr(y) == "Value(6.0, op=multiply)"
    y.backward()
    assert repr(x) == "Value(2.0, name='x', grad=3.)"
    assert repr(Value(np.ones(2, np.float32))) == "Value([1., 1.], dtype=float32)"
    assert repr(Value([])) == "Value([])"


def test_format_takes_the_codes_of_floats():
    assert f"{Value(1 / 3):.3f}" == "0.333"
    assert f"{Value(np.float32(0.5)):.1e}" == "5.0e-01"
    assert f"{Value([1.0, 2.5]):.2f}" == "[1.00, 2.50]"
    assert f"{Value(2.0)}" == "Value(2.0)"


def test_a_name_can_be_given_later():
    y = Value(2.0) * 3
    y.name = "loss"
    assert "name='loss'" in repr(y)


def test_other_attributes_cannot_be_set():
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 3


# ---- arrays of Values


def test_array_joins_values_and_numbers():
    a, b = Value(2.0), Value(3.0)
    y = autograd_mini.array([[a, 1], [b * a, a]])
    assert np.array_equal(y.data, [[2, 1], [6, 2]])
    y.backward([[1.0, 10.0], [100.0, 1000.0]])
    assert a.grad == 1 + 300 + 1000
    assert b.grad == 200
    assert np.array_equal(autograd_mini.array([Value(ROW), [1, 2, 3]]).data, [ROW, [1, 2, 3]])


# ---- ways out, and copies


def test_ways_out_are_asked_for_by_name():
    y = Value(ROW) * 1
    assert y.tolist() == ROW.tolist()
    assert type(y[0].item()) is float
    d = y.detach()
    assert d.is_leaf
    d.data[0] = 9.0
    assert y.data[0] == ROW[0]
    assert y[0].detach().data == ROW[0]


def test_operands_are_the_values_and_constants_of_the_call():
    x = Value(2.0)
    assert (x * 3).operands == (x, 3)
    assert (3 - x).operands == (3, x)
    assert np.sin(x).operands == (x,)
    assert x.operands == ()
    assert x.is_leaf
    assert not (x * 3).is_leaf
    a = Value(ROW)
    y = a * ROW
    assert y.operands[0] is a
    assert np.array_equal(y.operands[1], ROW)


def network(x):
    return np.tanh(x @ GRID.T).sum() * x[0] + x[[0, 2]].mean() + np.transpose(x[None], [1, 0])[1, 0] + np.std(x)


def test_a_copy_is_recorded():
    x = Value(ROW)
    y = copy.copy(x)
    (y * y).backward(np.ones(3))
    assert_close(x.grad, 2 * ROW)


def test_a_deep_copy_has_leaves_of_its_own_and_the_same_derivatives():
    x = Value(ROW, name="x")
    y = network(x)
    y.backward()
    u, z = copy.deepcopy((x, y))
    assert u is not x
    assert u.name == "x"
    assert np.array_equal(u.grad, x.grad)
    assert not np.shares_memory(u.grad, x.grad)
    before = x.grad.copy()
    u.grad = None
    z.backward()
    assert np.array_equal(u.grad, before)
    assert np.array_equal(x.grad, before)


def test_a_deep_copy_shares_what_was_shared():
    x = Value(2.0)
    shared = x * x
    a, b = copy.deepcopy([shared + 1, shared * 3])
    assert a.operands[0] is b.operands[0]
    assert copy.deepcopy([x, x])[0] is not x
    u, w = copy.deepcopy([x, x])
    assert u is w


def test_a_pickle_gives_the_same_numbers_and_derivatives():
    x = Value(ROW, name="x")
    y = network(x)
    u, z = pickle.loads(pickle.dumps((x, y)))
    assert z.data == y.data
    assert u.name == "x"
    y.backward()
    z.backward()
    assert np.array_equal(u.grad, x.grad)
    s, t = pickle.loads(pickle.dumps((x, y)))
    assert np.array_equal(s.grad, x.grad)
    assert t.grad == 1


def test_a_pickle_of_model_and_loss_keeps_the_leaves_one():
    model = {"w": Value(ROW), "b": Value(0.5)}
    loss = np.sum((model["w"] * 2 + model["b"]) ** 2)
    again, lost = pickle.loads(pickle.dumps((model, loss)))
    lost.backward()
    loss.backward()
    assert np.array_equal(again["w"].grad, model["w"].grad)
    assert again["b"].grad == model["b"].grad
    again["w"].data -= 0.1 * again["w"].grad
    assert not np.array_equal(again["w"].data, model["w"].data)
