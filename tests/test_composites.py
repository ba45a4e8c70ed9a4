"""NumPy's functions that are made of ops: calls of each, against NumPy and against differences."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_mini import NoRuleError, ShapeError, UsageError, Value, log_softmax, softmax
from autograd_mini.primitive import REGISTRY, TABLE, dotted
from autograd_mini.testing import as_precise, assert_close, check_grads, direction, pulled_back

rng = np.random.default_rng(7)


def a(*shape):
    """Numbers of that shape, no two of them close, none near 0."""
    n = int(np.prod(shape))
    x = (rng.permutation(n) + rng.uniform(0.3, 0.7, n)) / n
    return np.where(x > 0.5, 2 * x - 0.9, 2 * x - 1.1).reshape(shape)


@dataclass
class Call:
    """A NumPy function and arguments; the arrays of real or complex numbers among them are its operands."""

    function: Any
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def operands(self):
        return [x for x in leaves((self.args, self.options)) if is_operand(x)]

    def __call__(self, *operands):
        new = iter(operands)
        args, options = filled((self.args, self.options), new)
        return self.function(*args, **options)

    def __str__(self):
        said = ",".join(map(described, (*self.args, *self.options.items())))
        return f"{self.function.__name__}({said})"


def is_operand(x):
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def leaves(x):
    if isinstance(x, dict):
        return leaves(list(x.values()))
    return [y for part in x for y in leaves(part)] if isinstance(x, (list, tuple)) else [x]


def filled(x, new):
    if isinstance(x, dict):
        return {k: filled(v, new) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)([filled(part, new) for part in x])
    return next(new) if is_operand(x) else x


def described(x):
    if isinstance(x, (list, tuple)):
        return "[" + " ".join(map(described, x)) + "]"
    return str(x.shape).replace(" ", "") if isinstance(x, np.ndarray) else str(x)


def call(function, *args, **options):
    return Call(function, args, options)


MASK = np.array([[True, False, True], [False, False, True]])

CALLS = [
    # ---- shape
    call(np.ravel, a(2, 3)),
    call(np.ravel, a(2, 3), "F"),
    call(np.ravel, np.asfortranarray(a(2, 3)), "A"),
    call(np.ravel, np.transpose(a(2, 3, 4), (1, 2, 0)), "K"),
    call(np.reshape, np.asfortranarray(a(2, 3)), (3, 2), "A"),
    call(np.swapaxes, a(2, 3, 4), 0, -1),
    call(np.moveaxis, a(2, 3, 4), 0, -1),
    call(np.moveaxis, a(2, 3, 4), (0, 1), (-1, 0)),
    call(np.moveaxis, a(2, 3, 2, 2), [2, 0], [0, -2]),
    call(np.rollaxis, a(2, 3, 4), 2),
    call(np.rollaxis, a(2, 3, 4), 0, 3),
    call(np.rollaxis, a(2, 3, 4), -1, 1),
    call(np.matrix_transpose, a(2, 3, 4)),
    call(np.permute_dims, a(2, 3, 4), (1, 2, 0)),
    call(np.expand_dims, a(2, 3), 1),
    call(np.expand_dims, a(2, 3), (0, -1)),
    call(np.expand_dims, a(), 0),
    call(np.squeeze, a(1, 3, 1)),
    call(np.squeeze, a(1, 3, 1), 0),
    call(np.squeeze, a(1, 3, 1), (0, -1)),
    call(np.squeeze, a(1, 1)),
    call(np.atleast_1d, a()),
    call(np.atleast_1d, a(), a(2, 2)),
    call(np.atleast_2d, a(3)),
    call(np.atleast_2d, a(), a(3), a(1, 2, 1)),
    call(np.atleast_3d, a(3)),
    call(np.atleast_3d, a(), a(2, 3), a(2, 1, 3)),
    call(np.broadcast_arrays, a(3), a(2, 1)),
    call(np.broadcast_arrays, a(), a(2), a(3, 1)),
    call(np.fliplr, a(2, 3)),
    call(np.flipud, a(2, 3)),
    call(np.astype, a(3), np.float64),
    call(np.astype, a(3), np.complex128),
    # ---- joining and splitting
    call(np.concatenate, [a(2), a(3)]),
    call(np.concatenate, (a(2, 1), a(2, 3)), 1),
    call(np.concatenate, [a(2, 1), a(2, 3)], axis=-1),
    call(np.concatenate, [a(2, 2), a(3)], axis=None),
    call(np.concatenate, [a(2), np.array([1, 2])]),
    call(np.concatenate, [a(0), a(2)]),
    call(np.concatenate, a(2, 3)),
    call(np.concatenate, [a(2), a(3)], dtype=np.float64),
    call(np.stack, [a(2, 3), a(2, 3)]),
    call(np.stack, [a(2, 3), a(2, 3)], 1),
    call(np.stack, [a(2, 3), a(2, 3)], axis=-1),
    call(np.stack, [a(), a(), a()]),
    call(np.stack, [a(), 1.5]),
    call(np.stack, [a(0, 2), a(0, 2)], axis=1),
    call(np.vstack, [a(3), a(2, 3)]),
    call(np.hstack, [a(3), a(2)]),
    call(np.hstack, [a(2, 1), a(2, 3)]),
    call(np.hstack, [a(), a()]),
    call(np.dstack, [a(2, 3), a(2, 3)]),
    call(np.dstack, [a(3), a(3)]),
    call(np.column_stack, [a(3), a(3, 2)]),
    call(np.append, a(2, 2), a(3)),
    call(np.append, a(2, 2), a(1, 2), 0),
    call(np.append, a(2), 1.5),
    call(np.split, a(6), 3),
    call(np.split, a(6), [1, 4]),
    call(np.split, a(2, 6), 2, 1),
    call(np.split, a(2, 6), [2, 2, 9], axis=-1),
    call(np.split, a(6), [-2]),
    call(np.array_split, a(7), 3),
    call(np.array_split, a(2, 3), 2, axis=1),
    call(np.array_split, a(2), 3),
    call(np.hsplit, a(2, 4), 2),
    call(np.hsplit, a(4), [1]),
    call(np.vsplit, a(4, 2), 2),
    call(np.dsplit, a(1, 2, 4), 2),
    call(np.unstack, a(3, 2)),
    call(np.unstack, a(2, 3), axis=1),
    # ---- repeating and padding
    call(np.tile, a(3), 2),
    call(np.tile, a(3), (2, 2)),
    call(np.tile, a(2, 3), 2),
    call(np.tile, a(2, 1, 3), (3, 2)),
    call(np.tile, a(), 3),
    call(np.tile, a(2), (2, 0)),
    call(np.repeat, a(3), 2),
    call(np.repeat, a(2, 3), 2),
    call(np.repeat, a(2, 3), 2, axis=-1),
    call(np.repeat, a(2, 3), [1, 3], axis=0),
    call(np.repeat, a(2, 3), [2, 0, 1], axis=-1),
    call(np.repeat, a(), 3),
    call(np.pad, a(3), 2),
    call(np.pad, a(2, 2), ((1, 0), (0, 2))),
    call(np.pad, a(2, 2), (1, 2)),
    call(np.pad, a(2, 2), {-1: 1, 0: (2, 0)}),
    call(np.pad, a(3), (1, 2), constant_values=1.5),
    call(np.pad, a(2, 2), 1, constant_values=((1, 2), (3, 4))),
    call(np.pad, a(3), (1, 2), "edge"),
    call(np.pad, a(3), (4, 5), "wrap"),
    call(np.pad, a(3), (2, 5), "reflect"),
    call(np.pad, a(2, 3), ((1, 1), (3, 4)), mode="symmetric"),
    call(np.pad, a(3), (2, 5), "reflect", reflect_type="odd"),
    call(np.pad, a(2, 3), 2, "symmetric", reflect_type="odd"),
    call(np.pad, a(3), (1, 2), "mean"),
    call(np.pad, a(2, 3), (1, 2), "maximum"),
    call(np.pad, a(4), 2, "minimum", stat_length=2),
    call(np.pad, a(4), 1, "mean", stat_length=((2, 3),)),
    call(np.pad, a(3), (2, 3), "linear_ramp"),
    call(np.pad, a(2, 3), 2, "linear_ramp", end_values=1.0),
    call(np.pad, a(2, 3), 1, "empty"),
    call(np.full_like, np.ones((2, 3)), a(3)),
    call(np.full_like, np.ones((2, 3)), a(), shape=(2,)),
    # ---- reading
    call(np.take, a(4), [0, 0, 3]),
    call(np.take, a(2, 3), np.array([[5, 0], [1, -1]])),
    call(np.take, a(2, 3), [2, 0], axis=1),
    call(np.take, a(2, 3), 1, axis=-1),
    call(np.take, a(3), [4, -5], mode="wrap"),
    call(np.take, a(3), [4, -5, 1], mode="clip"),
    call(np.take_along_axis, a(2, 3), np.array([[2, 0], [1, 1]]), 1),
    call(np.take_along_axis, a(2, 3), np.array([5, 0]), None),
    call(np.take_along_axis, a(2, 3), np.array([[0, 1, 0]]), axis=0),
    call(np.compress, [True, False, True], a(2, 3), 1),
    call(np.compress, [False, True], a(2, 3)),
    call(np.extract, MASK, a(2, 3)),
    call(np.where, MASK, a(2, 3), a(3)),
    call(np.where, MASK, 1.0, a(2, 3)),
    call(np.where, MASK[0], a(), a(2, 1)),
    call(np.clip, a(5) * 2, -1.0, 1.0),
    call(np.clip, a(5) * 2, None, 1.0),
    call(np.clip, a(5) * 2, -1, None),
    call(np.clip, a(2, 3) * 2, min=-1.0),
    call(np.clip, a(2, 3) * 2, a(3) - 1.2, a(2, 1) + 1.2),
    call(np.diagonal, a(3, 3)),
    call(np.diagonal, a(2, 3), 1),
    call(np.diagonal, a(3, 2), -1),
    call(np.diagonal, a(2, 3, 4), 0, 2, 1),
    call(np.diagonal, a(2, 2), 5),
    call(np.diag, a(3)),
    call(np.diag, a(3), 1),
    call(np.diag, a(2), -2),
    call(np.diag, a(2, 3)),
    call(np.diag, a(3, 2), -1),
    call(np.diagflat, a(2, 2)),
    call(np.diagflat, a(2), 1),
    call(np.trace, a(3, 3)),
    call(np.trace, a(2, 3, 4), 1, 1, 2),
    call(np.sort, a(5)),
    call(np.sort, a(2, 3), 0),
    call(np.sort, a(2, 3), axis=None),
    # ---- products
    call(np.dot, a(3), a(3)),
    call(np.dot, a(2, 3), a(3)),
    call(np.dot, a(2, 3), a(3, 2)),
    call(np.dot, a(3), a(3, 2)),
    call(np.dot, a(), a(3)),
    call(np.dot, a(2, 3), a()),
    call(np.dot, a(2, 2, 3), a(3)),
    call(np.dot, a(2, 3), a(2, 3, 2)),
    call(np.dot, a(3), a(2, 3, 2)),
    call(np.dot, a(2, 2, 3), a(2, 3, 2)),
    call(np.vdot, a(2, 3), a(2, 3)),
    call(np.inner, a(3), a(3)),
    call(np.inner, a(2, 3), a(4, 3)),
    call(np.inner, a(2), a(3, 2)),
    call(np.inner, a(), a(3)),
    call(np.outer, a(3), a(2)),
    call(np.outer, a(2, 2), a(3)),
    call(np.outer, a(), a(3)),
    call(np.tensordot, a(2, 3), a(3, 2), 1),
    call(np.tensordot, a(2, 3), a(2, 3)),
    call(np.tensordot, a(2), a(3), 0),
    call(np.tensordot, a(2, 0), a(0, 3), 1),
    call(np.tensordot, a(2, 3, 4), a(4, 3), axes=((1, 2), (1, 0))),
    call(np.tensordot, a(2, 3), a(3, 2), axes=(-1, 0)),
    call(np.tensordot, a(2, 3), a(4, 3), axes=[1, 1]),
    call(np.einsum, "ij,jk", a(2, 3), a(3, 2)),
    call(np.einsum, "ij,jk->ki", a(2, 3), a(3, 2)),
    call(np.einsum, "ij", a(2, 3)),
    call(np.einsum, "ji", a(2, 3)),
    call(np.einsum, "ii", a(3, 3)),
    call(np.einsum, "iij->ji", a(2, 2, 3)),
    call(np.einsum, "iii->i", a(2, 2, 2)),
    call(np.einsum, "i,i->", a(3), a(3)),
    call(np.einsum, "i,j", a(3), a(2)),
    call(np.einsum, "ij->", a(2, 3)),
    call(np.einsum, ",i->i", a(), a(3)),
    call(np.einsum, "...ij,...jk->...ik", a(2, 2, 3), a(3, 2)),
    call(np.einsum, "...i,...i", a(2, 3), a(3)),
    call(np.einsum, "i...->...", a(2, 3)),
    call(np.einsum, "...ii->...i", a(2, 3, 3)),
    call(np.einsum, "i...j,j...->...i", a(2, 3, 4), a(4, 1)),
    call(np.einsum, "ij,ij->i", a(2, 3), a(2, 1)),
    call(np.einsum, "i j, j -> i", a(2, 3), a(3)),
    call(np.einsum, "ij,jk,kl->il", a(2, 3), a(3, 2), a(2, 2), optimize=True),
    call(np.einsum, "ii,i->", a(3, 3), a(3)),
    call(np.einsum, "aB,Bc->ac", a(2, 3), a(3, 2)),
    call(np.einsum, a(2, 3), [0, 1], a(3, 2), [1, 2], [0, 2]),
    call(np.einsum, a(2, 3), [0, 1], a(3), [1]),
    call(np.einsum, a(3, 3), [4, 4]),
    call(np.einsum, "ij,jk->ik", a(2, 0), a(0, 3)),
    call(np.einsum, a(2, 3), [Ellipsis, 1], a(3), [1], [Ellipsis]),
    # ---- reductions
    call(np.add.reduce, a(2, 3)),
    call(np.add.reduce, a(2, 3), 1, keepdims=True),
    call(np.multiply.reduce, a(2, 3)),
    call(np.maximum.reduce, a(2, 3)),
    call(np.minimum.reduce, a(2, 3), axis=None),
    call(np.add.accumulate, a(2, 3)),
    call(np.multiply.accumulate, a(3, 2)),
    call(np.cumulative_sum, a(4)),
    call(np.cumulative_sum, a(2, 3), axis=1, include_initial=True),
    call(np.cumulative_prod, a(4)),
    call(np.cumulative_prod, a(2, 3), axis=0, include_initial=True),
    call(np.sum, a(2, 3), where=MASK),
    call(np.sum, a(2, 3), 0, initial=2.0),
    call(np.prod, a(2, 3), axis=1, where=MASK, initial=2.0),
    call(np.mean, a(2, 3), where=MASK),
    call(np.mean, a(2, 3), axis=1, where=MASK, keepdims=True),
    call(np.max, a(2, 3), initial=-5.0, where=MASK),
    call(np.min, a(2, 3), axis=0, initial=0.0),
    call(np.var, a(2, 3), axis=1, where=MASK),
    call(np.std, a(2, 3), where=MASK, ddof=1),
    call(np.var, a(2, 3), correction=1),
    call(np.std, a(2, 3), axis=0, correction=0.5),
    call(np.average, a(4)),
    call(np.average, a(2, 3), 0),
    call(np.average, a(2, 3), weights=a(2, 3) + 2),
    call(np.average, a(2, 3), axis=1, weights=a(3) + 2),
    call(np.average, a(2, 3), axis=-1, weights=[1, 2, 3], keepdims=True),
    call(np.average, a(2, 3, 2), axis=(0, 2), weights=a(2, 2) + 2),
    call(np.average, a(2, 3), 0, a(2) + 2, returned=True),
    call(np.ptp, a(4)),
    call(np.ptp, a(2, 3), 1),
    call(np.ptp, a(2, 3), (0, 1), keepdims=True),
    # ---- differences
    call(np.diff, a(4)),
    call(np.diff, a(4), 2),
    call(np.diff, a(2, 3), axis=0),
    call(np.diff, a(2, 3), 0),
    call(np.diff, a(2, 3), prepend=0.0),
    call(np.diff, a(2, 3), append=a(2, 1)),
    call(np.diff, a(2, 3), 2, 0, a(2, 3), 1.5),
    call(np.ediff1d, a(4)),
    call(np.ediff1d, a(2, 2), to_end=a(2), to_begin=9.0),
    # ---- complex numbers
    call(np.angle, a(3) + 1j * a(3)),
    call(np.angle, a(2, 2) + 1j * a(2, 2), deg=True),
    call(np.angle, a(3)),
    call(np.vdot, a(3) + 1j * a(3), a(3) - 1j * a(3)),
    call(np.inner, a(3) + 1j * a(3), a(2, 3)),
    call(np.einsum, "ij,j->i", a(2, 3) + 1j * a(2, 3), a(3) + 1j * a(3)),
    call(np.tensordot, a(2, 3) + 1j * a(2, 3), a(3, 2), 1),
]

# Functions whose result does not depend on the numbers, or has no place in a graph.
QUERIES = [
    call(np.shape, a(2, 3)),
    call(np.shape, a()),
    call(np.ndim, a(2, 3)),
    call(np.size, a(2, 3)),
    call(np.size, a(2, 3), 1),
    call(np.iscomplexobj, a(2)),
    call(np.iscomplexobj, a(2) + 1j),
    call(np.isrealobj, a(2)),
    call(np.isrealobj, a() + 1j),
    call(np.result_type, a(2), np.float32),
    call(np.nonzero, np.array([0.0, 1.0, 2.0])),
    call(np.where, np.array([[0.0, 1.0], [2.0, 0.0]])),
    call(np.array_equal, np.ones(2), np.ones(2)),
    call(np.array_equal, np.ones(2), a(2)),
    call(np.allclose, np.ones(2), np.ones(2)),
    call(np.allclose, np.ones(2), a(2), rtol=0.0),
]


def of_calls(calls):
    return pytest.mark.parametrize("call", calls, ids=str)


def has_holes(call):
    """Whether part of the result is whatever was in memory."""
    return any(x.__class__ is str and x == "empty" for x in call.args)


def parts(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


@of_calls(CALLS)
def test_values_give_what_arrays_give(call):
    expected = call(*call.operands)
    ours = call(*map(Value, call.operands))
    assert len(parts(ours)) == len(parts(expected))
    for y, truth in zip(parts(ours), parts(expected), strict=True):
        assert isinstance(y, Value) or call.function is np.average
        assert y.dtype == np.asarray(truth).dtype
        kept = (slice(1, -1),) * y.ndim if has_holes(call) else ...
        assert_close(y[kept], np.asarray(truth)[kept][()])


@of_calls([c for c in CALLS if not has_holes(c)])
def test_derivatives_agree_with_differences_to_the_second_order(call):
    check_grads(call, call.operands, order=2)


@of_calls(CALLS)
def test_single_precision_is_kept(call):
    leaves = [Value(as_precise(x, np.float32)) for x in call.operands]
    total = sum(np.sum(np.real(y * y)) for y in parts(call(*leaves)) if isinstance(y, Value))
    total.backward()
    double = [Value(x) for x in call.operands]
    sum(np.sum(np.real(y * y)) for y in parts(call(*double)) if isinstance(y, Value)).backward()
    for v, w in zip(leaves, double, strict=True):
        if w.grad is None:  # only its shape is read
            assert v.grad is None
            continue
        assert v.grad.dtype == v.dtype
        if not has_holes(call):
            assert_close(as_precise(v.grad, float), w.grad, order=1, dtype=np.float32)


@of_calls(QUERIES)
def test_queries_answer_for_a_value_as_for_its_data(call):
    expected, ours = call(*call.operands), call(*map(Value, call.operands))
    assert not isinstance(ours, Value)
    assert type(ours) is type(expected)
    for y, truth in zip(parts(ours), parts(expected), strict=True):
        np.testing.assert_array_equal(y, truth)


# What makes an array to write into is tested with writing: test_buffer.py.
TO_WRITE_INTO = {np.zeros_like, np.ones_like, np.empty_like}


def test_every_function_that_is_answered_for_is_called_here_or_written_in_a_test():
    called = {f for op in REGISTRY.values() for f in op.stands_for} | {c.function for c in CALLS + QUERIES}
    called |= TO_WRITE_INTO
    here = Path(__file__).parent
    texts = {p.name: p.read_text(encoding="utf-8") for p in here.glob("test_*.py")}
    written = {name for text in texts.values() for name in re.findall(r"\bnp\.([\w.]+)", text)}
    # Tables of names, which these two files call by getattr.
    written |= {f"linalg.{word}" for word in re.findall(r"\w+", texts["test_linalg.py"])}
    written |= {f"fft.{word}" for word in re.findall(r"\w+", texts["test_fft.py"])}
    names = {
        dotted(f).removeprefix("numpy.").replace("lib.scimath.", "emath.")
        for f in TABLE
        if (getattr(*f) if isinstance(f, tuple) else f) not in called and dotted(f).startswith("numpy.")
    }
    # What answers for the methods of every ufunc is called through those of single ones.
    missing = {name for name in names - written if not name.startswith("ufunc.")}
    assert missing == set()


# ---- what one function or another gets wrong in some library


def test_gradients_of_parts_read_many_times_add_up():
    v = Value(np.arange(4.0))
    y = v[1] + v[1] * v[[1, 1, 2]].sum() + np.sum(v[::-1][:2]) + np.sum(v[v > 1.5])
    y.backward()
    assert_close(v.grad, np.array([0.0, 7.0, 3.0, 2.0]))


def test_sort_gives_each_element_the_cotangent_of_its_place():
    v = Value([3.0, 1.0, 2.0])
    np.sort(v).backward(np.array([10.0, 20.0, 30.0]))
    assert_close(v.grad, np.array([30.0, 10.0, 20.0]))


def test_a_change_of_precision_gives_the_cotangent_back_in_the_first():
    for there, back in ((np.float32, np.float64), (np.float64, np.float32), (np.complex64, np.float64)):
        v = Value(np.ones(3, back))
        y = np.astype(v, there)
        assert y.dtype == there
        np.sum(np.real(y * y)).backward()
        assert v.grad.dtype == back
        assert_close(v.grad, np.full(3, 2, back))


def test_full_like_carries_the_derivative_of_its_fill():
    v = Value(2.0)
    np.sum(np.full_like(Value(np.ones((2, 3))), v)).backward()
    assert v.grad == 6.0


def test_where_of_one_argument_gives_places():
    (places,) = np.where(Value([0.0, 1.0]))
    np.testing.assert_array_equal(places, [1])


@pytest.mark.parametrize(
    ("refused", "error", "words"),
    [
        (lambda v: np.split(v, 2), ValueError, "split: got an axis of length 3 and 2 sections"),
        (lambda v: np.diff(v, -1), UsageError, "diff: got n=-1"),
        (lambda v: np.diag(v[None, None]), ShapeError, r"diag: got shape \(1, 1, 3\)"),
        (lambda v: np.tensordot(v, v[:2], 1), ShapeError, "tensordot: got shapes"),
        (lambda v: np.einsum("i,i", v), ShapeError, "einsum: got 1 operands for the 2 terms"),
        (lambda v: np.einsum("ij->i", v), ShapeError, r"einsum: got an operand of shape \(3,\) for the term 'ij'"),
        (lambda v: np.einsum("i->i", v, casting="safe"), NoRuleError, "einsum: got .*casting"),
        (lambda v: np.repeat(v, Value(2.0)), NoRuleError, "repeat: got repeats as a Value"),
        (lambda v: np.pad(v, 1, "nowhere"), NoRuleError, "pad: got mode='nowhere'"),
        (lambda v: np.max(v, where=v > 0), UsageError, "max: got where= without initial="),
        (lambda v: np.std(v, ddof=1, correction=1), UsageError, "std: got ddof=1 and correction=1"),
        (lambda v: np.cumulative_sum(v[None]), ShapeError, r"cumulative_sum: got shape \(1, 3\) and no axis"),
        (lambda v: np.average(v, weights=[1, 2]), ShapeError, r"average: got weights of shape \(2,\)"),
        (lambda v: np.average(v, axis=0, weights=[1, 2]), ShapeError, "average: .* for the axes"),
    ],
)
def test_calls_without_a_rule_say_what_to_do(refused, error, words):
    with pytest.raises(error, match=words):
        refused(Value(np.ones(3)))


@pytest.mark.parametrize("f", [softmax, log_softmax])
def test_softmax_does_not_overflow(f):
    x = np.array([1000.0, 999.0, -1000.0])
    shifted = f(x - 1000.0)
    assert_close(f(x), shifted)
    seed = direction(x, np.random.default_rng(0))
    pulled = pulled_back(f, (0,), 1)
    assert_close(pulled(x, seed)[0], pulled(x - 1000.0, seed)[0])
