"""Every op at every sample that it declares: its values, and its derivatives to the second order."""

import math
import operator

import numpy as np
import pytest

from autograd_mini import Value, grad
from autograd_mini.ops.indexing import HOLE
from autograd_mini.primitive import REGISTRY, TABLE
from autograd_mini.testing import (
    as_precise,
    assert_close,
    check_grads,
    complex_step_gradient,
    direction,
    every_sample,
    is_differentiable,
    numerical_gradient,
    pulled_back,
    samples_of,
)

# ---- the functions that the ops stand for


def filled(key, indices):
    rest = iter(indices)
    keys = tuple(next(rest) if k is HOLE else k for k in (key if isinstance(key, tuple) else (key,)))
    return keys if isinstance(key, tuple) else keys[0]


def written_one_by_one(base, *values, keys):
    y = base.astype(np.result_type(base, *(v for v in values if np.iscomplexobj(v))))
    for key, value in zip(keys, values, strict=True):
        y[key] = value
    return y


def scattered(g, *indices, key, shape):
    y = np.zeros(shape, np.asarray(g).dtype)
    places = np.arange(y.size).reshape(shape)[filled(key, indices)]
    for place, x in zip(places.flat, np.asarray(g).flat, strict=True):
        y.flat[place] += x
    return y


def log_sum_exp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def integral_for_sinc(x, n):
    """(d/dx)^n of the integral of cos(pi*x*t) over t from 0 to 1, by Gauss's rule."""
    nodes, weights = np.polynomial.legendre.leggauss(30)
    t = ((nodes + 1) / 2).astype(np.asarray(x).real.dtype)
    wave = np.cos(np.pi * np.asarray(x)[..., None] * t + np.asarray(n * np.pi / 2, t.dtype))
    return np.sum((weights / 2).astype(t.dtype) * (np.pi * t) ** n * wave, axis=-1)


def bessel_by_series(x, n):
    """The sum of (x/2)**(2k + n) / (k! (k+n)!)."""
    half = np.asarray(x) / 2
    term = total = half**n / math.factorial(n)
    for k in range(1, 40):
        term = term * half * half / (k * (k + n))
        total = total + term
    return total


def place_read_back(x, q, weights=True, method="linear", is_nan_left_out=False):  # as the op has it
    """Where NumPy's quantile of numbers that all differ lies between them."""
    n = x.shape[-1]
    options = {} if weights is True else {"weights": np.broadcast_to(weights, x.shape)}
    values = np.quantile(x, q, -1, method=method, **options)
    places = np.zeros(np.shape(values))
    for i in np.ndindex(x.shape[:-1]):
        places[..., *i] = np.interp(values[..., *i], x[i], np.arange(n))
    return places


def record_by_record(x, is_max=True, axis=0):  # as the op has it
    rows = np.moveaxis(x if is_max else -x, axis, -1)
    places = np.zeros(rows.shape, int)
    for i in np.ndindex(rows.shape):
        places[i] = np.argmax(rows[i[:-1]][: i[-1] + 1])
    return np.moveaxis(places, -1, axis)


# What an op computes, where that is not what the NumPy function it answers for computes.
OURS = {
    "alias": lambda x: x,
    "astype": lambda x, dtype: np.asarray(x).astype(dtype),
    "bessel_i": bessel_by_series,
    "bincount": np.bincount,
    "bins_of": lambda x, edges: np.digitize(x, edges) - 1,
    "choice": np.where,
    "clipped": np.clip,
    "concatenate": lambda *xs, axis=0: np.concatenate(xs, axis),
    "convolved": np.convolve,
    "distinct": np.unique,
    "einsum": lambda *xs, subscripts: np.einsum(subscripts, *xs),
    "least_squares": lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond)[0],
    "length": lambda x, axis=None, keepdims=False: np.linalg.vector_norm(x, axis=axis, keepdims=keepdims),
    "pinv": np.linalg.pinv,
    "power_norm": lambda x, order, axis=None, keepdims=False: np.linalg.vector_norm(
        x, axis=axis, keepdims=keepdims, ord=order
    ),
    "exponent": lambda x: np.frexp(x)[1],
    "interval_of": lambda x, xp: np.clip(np.digitize(x, xp) - 1, 0, len(xp) - 2),
    "getitem": lambda x, *indices, key: x[filled(key, indices)],
    "log_softmax": lambda x, axis=-1: x - log_sum_exp(x, axis, True),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "logsumexp": log_sum_exp,
    "pad_zeros": np.pad,
    "quantile_place": place_read_back,
    "record_places": record_by_record,
    "relu": lambda x: np.maximum(x, 0),
    "scatter": scattered,
    "set_part": lambda x, index: np.unique(x, True, True, True)[index + 1],  # NumPy's own order
    "trimmed_places": lambda x: np.flatnonzero(np.cumsum(x != 0) * np.cumsum(x[::-1] != 0)[::-1]),
    "written": written_one_by_one,
    "sinc_derivative": integral_for_sinc,
    "softmax": lambda x, axis=-1: np.exp(x - log_sum_exp(x, axis, True)),
}

# The ops of SciPy's modules, whose names have a dot, have tests of their own.
OPS = [op for name, op in REGISTRY.items() if "." not in name]
ALL = every_sample(OPS)
SMOOTH = [s for s in ALL if s.places and not s.op.is_discrete]
OF_TWO = [s for s in SMOOTH if len(s.places) == 2]
ELEMENTWISE = [s for s in SMOOTH if s.op.is_elementwise]

# Real for every complex number, so not analytic: a complex step tells nothing.
NOT_ANALYTIC = {"abs", "angle", "astype", "conj", "hypot", "imag", "real", "sinc", "std", "var"}
NOT_ANALYTIC |= {"cholesky", "least_squares", "length", "pinv", "power_norm"}
# Complex for every real number: its imaginary part is no derivative.
NOT_ANALYTIC |= {"fft", "ifft", "irfft", "roots"}
# NumPy computes these on complex numbers with less than full accuracy near the real line.
COARSE_NEAR_THE_REAL_LINE = {"expm1", "log1p", "arccosh"}


def truth(sample, *operands):
    """What NumPy gives for the sample, at other operands."""
    f = OURS.get(sample.op.name) or numpys(sample.op)[0]
    return f(*sample.filled(operands), **sample.options)


def numpys(op):
    """The NumPy functions that an op stands for."""
    return [getattr(*f) if isinstance(f, tuple) else f for f in op.stands_for]


def recordable(x):
    """The operand as a Value: masks as what a comparison gives; integers and options as they are."""
    if getattr(x, "dtype", None) == np.bool_:
        return np.greater(Value(x.astype(float)), 0.5)
    return Value(x) if is_differentiable(x) else x


def gradients(f, operands, seed):
    """The gradients that `backward` gives, and the Values it gave them to."""
    leaves = [Value(x) for x in operands]
    f(*leaves).backward(seed)
    return [v.grad for v in leaves]


def of_samples(samples):
    return pytest.mark.parametrize("sample", samples, ids=str)


# Ops that record a tuple of outputs, and the op that takes one out of it, are tested where they are put together.
OF_TUPLES = {"pick", "slogdet", "qr", "svd", "eigh", "eig"}


def test_every_op_has_samples():
    assert {op.name for op in OPS if not any(True for _ in samples_of(op))} <= OF_TUPLES


def test_every_rule_gives_more_than_zeros_at_some_sample():
    silent = {(s.op.name, i) for s in SMOOTH for i in s.places if s.op.vjps_of(len(s.args))[i] is not None}
    for sample in SMOOTH:
        for i, g in zip(sample.places, gradients(sample, sample.operands, np.ones_like(sample())), strict=True):
            if np.any(g):
                silent.discard((sample.op.name, i))
    # softmax has 0 for a cotangent of ones, and heaviside has 1 for its second operand only where the first is 0
    assert silent <= {("softmax", 0), ("heaviside", 1)}


# ---- values


@of_samples(ALL)
def test_the_result_is_what_numpy_gives(sample):
    expected = truth(sample)
    y = sample.op(*map(recordable, sample.args), **sample.options)
    assert isinstance(y, Value) or not any(isinstance(recordable(x), Value) for x in sample.args)
    ours = y._data if isinstance(y, Value) else y
    assert np.asarray(ours).dtype == np.asarray(expected).dtype
    assert_close(ours, expected)


@of_samples([s for s in ALL if s.op.stands_for and s.op.name not in OURS])
def test_numpys_functions_of_a_value_give_what_they_give_of_its_data(sample):
    options = {k: v for k, v in sample.options.items() if k != "dtype"}
    for f in numpys(sample.op):
        y = f(*map(recordable, sample.args), **options)
        if any(isinstance(recordable(x), Value) for x in sample.args):
            assert isinstance(y, Value)
            y = y._data
        assert_close(y, f(*sample.args, **options), where=f.__name__)


@of_samples(ALL)
def test_an_op_of_arrays_gives_arrays(sample):
    ours, expected = sample(), truth(sample)
    assert not isinstance(ours, Value)
    assert_close(ours, expected)


@of_samples([s for s in ALL if s.op.is_discrete and s.places])
def test_a_discrete_op_has_gradient_zero(sample):
    leaves = [Value(x) for x in sample.operands]
    y = np.sum(sample(*leaves) * 1.0) + sum(np.sum(v) for v in leaves)
    y.backward()
    for v, x in zip(leaves, sample.operands, strict=True):
        assert_close(v.grad, np.ones_like(x))


# ---- derivatives


@of_samples(SMOOTH)
def test_gradients_agree_with_differences_of_numpys_function(sample):
    seed = direction(truth(sample), np.random.default_rng(1))
    ours = gradients(sample, sample.operands, seed)
    for i, g in enumerate(ours):
        measured = numerical_gradient(lambda *xs: truth(sample, *xs), sample.operands, i, seed)
        assert_close(g, measured, order=1, where=f"{sample}, operand {i}")


@of_samples([s for s in SMOOTH if s.op.name not in NOT_ANALYTIC])
def test_gradients_agree_with_the_complex_step(sample):
    complex_operands = [np.asarray(x, complex)[()] for x in sample.operands]
    try:
        with np.errstate(all="ignore"):
            truth(sample, *complex_operands)
    except TypeError:
        return  # NumPy does not take complex numbers here: differences have to do
    seed = direction(truth(sample), np.random.default_rng(1))
    ours = gradients(sample, sample.operands, seed)
    order = 1 if sample.op.name in COARSE_NEAR_THE_REAL_LINE else 0
    for i, g in enumerate(ours):
        exact = complex_step_gradient(lambda *xs: truth(sample, *xs), sample.operands, i, seed)
        assert_close(g, exact, order=order, where=f"{sample}, operand {i}")


@of_samples(SMOOTH)
def test_second_derivatives_agree_with_differences(sample):
    check_grads(sample, sample.operands, order=2)


@of_samples(SMOOTH)
def test_the_sweep_on_values_gives_what_the_sweep_on_arrays_gives(sample):
    seed = direction(truth(sample), np.random.default_rng(1))
    pulled = pulled_back(sample, tuple(range(len(sample.operands))), len(sample.operands))
    on_arrays = pulled(*sample.operands, seed)
    on_values = pulled(*map(Value, sample.operands), Value(seed))
    for i, (a, b) in enumerate(zip(on_arrays, on_values, strict=True)):
        assert isinstance(b, Value)
        assert_close(b, a, where=f"{sample}, operand {i}")


@of_samples(SMOOTH)
def test_gradients_have_the_shape_and_dtype_of_their_leaf_and_memory_of_their_own(sample):
    leaves = [Value(x) for x in sample.operands]
    y = sample(*leaves)
    seed = np.asarray(direction(y._data, np.random.default_rng(1)))
    y.backward(seed)
    gradients_of_all = [v.grad for v in (*leaves, y)]
    for i, (v, g) in enumerate(zip((*leaves, y), gradients_of_all, strict=True)):
        assert np.shape(g) == v.shape
        assert np.asarray(g).dtype == v.dtype
        assert isinstance(g, float) == isinstance(v._data, float)
        for other in (seed, y._data, *(u._data for u in leaves), *gradients_of_all[:i]):
            assert not np.shares_memory(g, other)


@of_samples(SMOOTH)
def test_single_precision_is_kept_and_agrees_with_double(sample):
    single = sample.astype(np.float32)
    leaves = [Value(x) for x in single.operands]
    y, expected = single(*leaves), truth(single)
    assert y.dtype == np.asarray(expected).dtype
    assert_close(y, expected, dtype=np.float32)
    seed = direction(expected, np.random.default_rng(1))
    y.backward(seed)
    double = gradients(sample, sample.operands, as_precise(seed, float))
    for v, g in zip(leaves, double, strict=True):
        assert np.asarray(v.grad).dtype == v.dtype
        assert_close(as_precise(v.grad, float), g, dtype=np.float32)


@of_samples(SMOOTH)
def test_second_derivatives_keep_single_precision(sample):
    n = len(sample.operands)
    seed = direction(truth(sample), np.random.default_rng(1))
    pulled = pulled_back(sample, tuple(range(n)), n)
    doubly = pulled_back(pulled, tuple(range(n + 1)), n + 1)
    firsts = [direction(x, np.random.default_rng(2)) for x in sample.operands]
    double = doubly(*sample.operands, seed, *firsts)
    single = doubly(*(as_precise(x, np.float32) for x in (*sample.operands, seed, *firsts)))
    for a, b in zip(single, double, strict=True):
        assert np.asarray(a).dtype in {np.dtype(np.float32), np.dtype(np.complex64)}
        assert_close(as_precise(a, float), b, order=1, dtype=np.float32)


# ---- memory layouts

LAYOUTS = {
    "reversed": (np.flip, np.flip),
    "strided": (lambda x: np.repeat(x, 2, -1), lambda v: v[..., ::2]),
    "Fortran": (lambda x: np.ascontiguousarray(np.transpose(x)), np.transpose),
    "broadcast": (lambda x: x[:1] if x.shape[0] == 1 else x, lambda v: v),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@of_samples([s for s in SMOOTH if all(np.ndim(x) for x in s.operands)])
def test_operands_need_not_be_contiguous(sample, layout):
    packed, seen = LAYOUTS[layout]
    seed = direction(truth(sample), np.random.default_rng(1))
    expected = gradients(sample, sample.operands, seed)
    leaves = [Value(packed(x)) for x in sample.operands]
    views = [seen(v) for v in leaves]
    y = sample(*views)
    assert_close(y, truth(sample))
    y.backward(np.asfortranarray(seed) if np.ndim(seed) else seed)
    for v, g in zip(views, expected, strict=True):
        assert_close(v.grad, g)


@of_samples(OF_TWO)
def test_constants_need_not_be_contiguous(sample):
    seed = direction(truth(sample), np.random.default_rng(1))
    first, second = sample.operands
    expected = gradients(lambda v: sample(v, second), [first], seed)
    other = np.asarray(second)
    for constant in (np.flip(np.flip(other).copy()), np.repeat(other[..., None], 2, -1)[..., 0], other.copy("F")):
        assert_close(gradients(lambda v, c=constant: sample(v, c), [first], seed)[0], expected[0])


# ---- mixed operands


@of_samples(OF_TWO)
def test_a_value_and_an_array_give_what_two_values_give(sample):
    x, y = sample.operands
    seed = direction(truth(sample), np.random.default_rng(1))
    both = gradients(sample, (x, y), seed)
    assert_close(gradients(lambda v: sample(v, y), [x], seed)[0], both[0])
    assert_close(gradients(lambda v: sample(x, v), [y], seed)[0], both[1])
    if isinstance(y, float):
        assert_close(gradients(lambda v: sample(v, np.float64(y)), [x], seed)[0], both[0])


TWICE = [s for s in OF_TWO if np.shape(s.operands[0]) == np.shape(s.operands[1]) and s.op.is_elementwise]


@of_samples(TWICE)
def test_one_value_in_both_places_gets_the_sum_of_both_cotangents(sample):
    x = sample.operands[0] * 0.5 + 0.6
    if sample.op.name in {"maximum", "minimum", "fmax", "fmin"}:
        measured = np.ones_like(x)
        seed = np.ones_like(x)[()]
    else:
        seed = direction(truth(sample, x, x), np.random.default_rng(1))
        measured = numerical_gradient(lambda z: truth(sample, z, z), [x], 0, seed)
    assert_close(gradients(lambda v: sample(v, v), [x], seed)[0], measured, order=1)


@pytest.mark.parametrize("op", [op for op in OPS if op.is_elementwise and len(op.domain) == 2], ids=str)
@pytest.mark.parametrize("number", [1, 2, 1.5])
def test_numbers_are_constants(op, number):
    rng = np.random.default_rng(0)
    for x in (rng.uniform(0.3, 0.9, 3), 0.7):
        seed = direction(x, rng)
        (left,) = gradients(lambda v: op(v, number), [x], seed)
        assert_close(left, gradients(op, [x, np.full_like(x, number)], seed)[0])
        (right,) = gradients(lambda v: op(number, v), [x], seed)
        assert_close(right, gradients(op, [np.full_like(x, number), x], seed)[1])


# ---- floats: a path of their own, with the same answers


@of_samples([s for s in ELEMENTWISE if all(x.__class__ is float for x in s.args)])
def test_floats_have_the_derivatives_of_arrays(sample):
    n = len(sample.args)
    columns = [np.array([x]) for x in sample.args]
    pulled = pulled_back(sample, tuple(range(n)), n)
    doubly = pulled_back(pulled, tuple(range(n + 1)), n + 1)
    of_floats = doubly(*sample.args, 0.7, *([0.3] * n))
    of_arrays = doubly(*columns, np.array([0.7]), *([np.array([0.3])] * n))
    for a, b in zip(of_floats, of_arrays, strict=True):
        assert a.__class__ is float
        assert_close(a, b[0])


OPERATORS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.pow: np.power,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
}
NUMBERS = [(1.7, 0.6), (0.3, -1.2), (2.0, 2.0), (1.5, 0.5), (0.5, -1.0), (1.3, 3.0), (1.1, 1.0), (2.5, 0.0)]


@pytest.mark.parametrize("infix", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("a", "b"), NUMBERS)
def test_operators_of_floats_agree_with_the_rules_of_the_registry(infix, a, b):
    op = TABLE[OPERATORS[infix]]
    if b == 0.0 and infix in {operator.truediv, operator.floordiv, operator.mod}:
        return  # singular: in test_singular_points

    def by_rules(x, y):
        raw = [x, y]
        z = op.fn(*raw)
        return z, [rule and rule(1.0, z, *raw) for rule in op.vjps_of(2)]

    z, (da, db) = by_rules(a, b)
    cases = [(Value(a), Value(b), True, True), (Value(a), b, True, False), (a, Value(b), False, True)]
    if b == int(b):
        cases.append((Value(a), int(b), True, False))
    if a == int(a):
        cases.append((int(a), Value(b), False, True))
    for x, y, left, right in cases:
        v = infix(x, y)
        assert isinstance(v, Value)
        assert_close(np.float64(v._data), np.float64(z))
        if da is None and db is None:
            assert TABLE[OPERATORS[infix]].is_discrete
            continue
        v.backward()
        if left:
            assert_close(x.grad, float(da or 0.0))
        if right:
            assert_close(y.grad, float(db or 0.0))


@pytest.mark.parametrize("infix", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
@pytest.mark.parametrize(("a", "b"), NUMBERS[:7])
def test_operators_of_floats_have_second_derivatives(infix, a, b):
    check_grads(infix, (a, b))
    check_grads(lambda x: infix(x, b), (a,))
    check_grads(lambda y: infix(a, y), (b,))


@pytest.mark.parametrize("prefix", [operator.neg, operator.pos, operator.abs])
def test_prefix_operators_agree_with_differences(prefix):
    for x in (-1.3, 0.4, np.array([-1.3, 0.4])):
        check_grads(prefix, (x,))


def test_a_value_used_twice_gets_both_cotangents():
    for x in (3.0, np.array([3.0, -2.0])):
        assert_close(grad(lambda v: np.sum(v * v))(x), 2 * x)
        assert_close(grad(lambda v: np.sum(v * v * v))(x), 3 * x * x)
        assert_close(grad(lambda v: np.sum(v + v))(x), 2 * np.ones_like(x))
        assert_close(grad(lambda v: np.sum(v - v))(x), 0 * x)
        assert_close(grad(lambda v: np.sum(v / v))(x), 0 * x)


# ---- complex operands


def made_complex(x):
    """The operand with an imaginary part, off the branch cuts."""
    rng = np.random.default_rng(3)
    return (np.asarray(x) + 1j * rng.uniform(0.2, 0.6, np.shape(x)))[()]


def takes_complex(sample):
    try:
        with np.errstate(all="ignore"):
            sample.op.fn(*sample.filled([made_complex(x) for x in sample.operands]), **sample.options)
    except (TypeError, ValueError, np.exceptions.ComplexWarning):
        return False
    return True


@of_samples([s for s in SMOOTH if takes_complex(s)])
def test_complex_gradients_agree_with_differences_to_the_second_order(sample):
    check_grads(sample, [made_complex(x) for x in sample.operands], order=2)


@of_samples([s for s in OF_TWO if takes_complex(s)])
def test_a_real_operand_beside_a_complex_one_has_a_real_gradient(sample):
    x, y = sample.operands
    for pair in ((x, made_complex(y)), (made_complex(x), y)):
        check_grads(sample, pair, order=2)
