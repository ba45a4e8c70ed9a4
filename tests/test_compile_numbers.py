"""Compiled with one set of numbers and called with another: what is decided by numbers is decided anew, or refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd_mini.scipy.interpolate
import autograd_mini.scipy.linalg
import autograd_mini.scipy.signal
import autograd_mini.scipy.special
import autograd_mini.scipy.stats  # noqa: F401  # the ops that these declare have samples, too
from autograd_mini import (
    NoRuleError,
    TraceError,
    Value,
    checkpoint,
    compile,
    grad,
    hessian,
    jacobian,
    jvp,
    sample,
    vjp,
    zeros,
)
from autograd_mini import optimize as ao
from autograd_mini.ops.indexing import picked
from autograd_mini.primitive import REGISTRY
from autograd_mini.testing import (
    as_data,
    direction,
    every_sample,
    flat,
    is_differentiable,
    numbers,
    pulled_back,
)

OF_SCIPY = [op for op in REGISTRY.values() if "." in op.name and not op.name.startswith("nn.")]
SAMPLES = every_sample() + every_sample(OF_SCIPY)
NAMES = sorted({s.op.name for s in SAMPLES})


def other(x):
    """Another operand of the same shape and dtype, in the domain of the first."""
    if not is_differentiable(x):
        return x
    y = np.flip(np.asarray(x)).copy()
    return y if y.shape else (y * 0.9).astype(y.dtype)[()] if y.dtype != float else float(y) * 0.9


def outputs_of(y):
    """The outputs of an op with several, one by one."""
    return picked(y) if isinstance(y, Value) and isinstance(y._data, tuple) else y


def assert_same(found, expected, tolerance):
    """Equal dtypes, shapes and places of nan; numbers to a share of the largest."""
    for x, y in zip(*(map(np.asarray, map(as_data, flat(tree))) for tree in (found, expected)), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        if x.dtype.kind in "fc":
            np.testing.assert_allclose(
                x, y, rtol=tolerance, atol=tolerance * np.abs(y[np.isfinite(y)]).max(initial=1.0)
            )
        else:
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", NAMES)
def test_compiled_at_one_point_every_op_is_itself_at_another_to_second_order(name):
    rng = np.random.default_rng(1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for s in (s for s in SAMPLES if s.op.name == name and s.operands):
            first, second = s.operands, tuple(map(other, s.operands))
            f = lambda *xs, s=s: outputs_of(s(*xs))
            try:
                expected = numbers(f(*(Value(x) if is_differentiable(x) else x for x in second)))
            except (ValueError, ArithmeticError, np.linalg.LinAlgError):
                continue  # outside of its domain
            c = compile(f)
            c(*first)
            assert_same(c(*second), expected, 1e-12)
            seeds = tuple(direction(y, rng) for y in flat(expected) if is_differentiable(y))
            if not seeds:
                continue
            pull = pulled_back(f, tuple(range(len(first))), len(first))
            try:
                expected = pull(*second, *seeds)
            except NoRuleError:
                continue
            c = compile(pull)
            c(*first, *seeds)
            assert_same(c(*second, *seeds), expected, 1e-12)
            if "." in name:
                break  # of SciPy's, one sample to first order
            more = tuple(direction(x, rng) for x in first)
            n = len(first) + len(seeds)
            pull = pulled_back(pull, tuple(range(n)), n)
            c = compile(pull)
            c(*first, *seeds, *more)
            assert_same(c(*second, *seeds, *more), pull(*second, *seeds, *more), 1e-11)


A = np.array([0.5, -1.0, 2.0])
B = np.array([-0.3, 0.4, -0.7])
M = np.random.default_rng(0).normal(size=(3, 3))
N = M.T + np.eye(3)


def written_into(x):
    b = zeros(3)
    b[np.argmax(x)] = x[0] ** 2
    return np.sum(b * x)


DECIDED = {
    "mask": (lambda x: np.sum(x[x > 0] ** 2), A, B),
    "mean of a mask": (lambda x: x[x > 0].mean(), A, B),
    "unique": (lambda x: np.sum(np.unique(x) ** 2), np.array([1.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0])),
    "norm at 0": (np.linalg.norm, A, 0 * A),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3), A, 0 * A),
    "lstsq": (lambda x: np.sum(np.linalg.lstsq(x, np.ones(3))[0]), M, np.outer(A, B)),
    "pinv": (lambda x: np.sum(np.linalg.pinv(x, rcond=1e-10)), M, np.outer(A, B)),
    "det": (np.linalg.det, M, np.outer(A, B)),
    "matrix_rank": (lambda x: np.linalg.matrix_rank(x) * np.sum(x), M, np.outer(A, B)),
    "sqrt of emath": (lambda x: np.sum(np.abs(np.emath.sqrt(x))), np.abs(A), A),
    "setdiff1d": (lambda x: np.sum(np.setdiff1d(x, [2.0]) ** 2), A, B),
    "choose": (lambda x: np.choose((x > 0).astype(int), [x, 2 * x]).sum(), A, B),
    "piecewise": (lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda t: -t, lambda t: t**2]).sum(), A, B),
    "histogram": (lambda x: np.sum(np.histogram_bin_edges(x, 4) ** 2), A, B),
    "sort": (lambda x: np.sort(x) @ np.arange(3.0), A, B),
    "median": (np.median, A, B),
    "polydiv": (lambda x: np.sum(np.polydiv(x, np.array([1.0, 2.0]))[0]), A, B),
    "eigh": (lambda x: np.sum(np.abs(np.linalg.eigh(x + x.T)[1][0])), M, N),
    "svd": (lambda x: np.sum(np.linalg.svd(x)[0] ** 2 @ A), M, N),
    "argmax as a place": (lambda x: x[np.argmax(x)] * np.sum(x), A, B[::-1]),
    "data": (lambda x: x @ np.sqrt(np.abs(x.data)), A, B),
    "Value of data": (lambda x: np.sum(Value(x.data) * x), A, B),
    "detach": (lambda x: np.sum(x.detach() ** 2 * x), A, B),
    "checkpoint": (checkpoint(lambda x: np.sum(np.sin(x) * x)), A, B),
    "a place in a buffer": (written_into, A, B),
}


@pytest.mark.parametrize("case", DECIDED)
def test_what_depends_on_numbers_is_what_the_function_gives(case):
    f, first, second = DECIDED[case]
    for g in (f, grad(f)):
        c = compile(g)
        for x in (first, second, first):
            expected = g(Value(x)) if g is f else g(x)
            assert_same(c(x), as_data(expected), 1e-12)


FORWARD = {
    "jvp": lambda f, x: jvp(f, (x,), (np.cos(x),))[1],
    "vjp, called twice": lambda f, x: [pull(s)[0] for pull in [vjp(f, x)[1]] for s in (1.0, 2.5)],
    "hessian": lambda f, x: hessian(f)(x),
    "jacobian forward": lambda f, x: jacobian(lambda x: f(x) * x, mode="forward")(x),
    "jacobian reverse": lambda f, x: jacobian(lambda x: f(x) * x, mode="reverse")(x),
}


@pytest.mark.parametrize("case", FORWARD)
def test_every_kind_of_derivative_compiles(case):
    f = lambda x: np.sum(np.exp(np.sin(x)) * x[::-1])
    c = compile(lambda x: FORWARD[case](f, x))
    for x in (A, B):
        assert_same(c(x), FORWARD[case](f, x), 1e-12)
    assert c.stats.eager_calls == 0


REFUSED = {
    "if": lambda x: x if x[0] > 0 else -x,
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "item": lambda x: x[0].item(),
    "tolist": lambda x: x.tolist(),
    "asarray": lambda x: np.asarray(x.data) * 2,
    "range": lambda x: [i for i in range(np.argmax(x))],  # noqa: C416  # that is the question
    "in": lambda x: 2.0 in x,
    "text": lambda x: f"{x[0]:.2f}",
    "array_equal": lambda x: np.array_equal(x, x + 1),
    "allclose": lambda x: np.allclose(x, 1.0),
    "nonzero": np.nonzero,
    "places of a condition": lambda x: np.where(x > 0),
    "compress": lambda x: np.compress(x > 0, x),
    "constant at a place": lambda x: A[np.argmax(x)],
    "written into": lambda x: x.data.__setitem__(0, 1.0),
    "minimize": lambda x: ao.minimize(lambda p: np.sum((p - x) ** 2), np.zeros(3)).x,
    "root": lambda x: ao.root(lambda p: p - x, np.zeros(3)).x,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_needs_a_number_is_refused_and_says_what_to_do(case):
    with pytest.raises(TraceError, match=r"compile: .*; "):
        compile(REFUSED[case])(A)


def test_the_line_that_asked_is_named():
    def f(x):
        return 2.0 if np.any(x > 1) else x

    with pytest.raises(TraceError, match=r"test_compile_numbers\.py, line \d+: 'return 2\.0 if np\.any"):
        compile(f)(A)


def test_a_Value_shows_no_numbers_while_a_function_is_compiled():  # noqa: N802  # its name
    shown = []
    compile(lambda x: shown.append(repr(x)) or x)(A)
    assert shown == ["Value(float64 of shape (3,), of any numbers)"]


def test_gradients_found_inside_are_constants_for_later_ones():
    def step(w):
        (w * w).sum().backward()
        (w.grad * w).sum().backward()

    v, w = Value(A), Value(A)
    step(v)
    compile(step)(w)
    np.testing.assert_allclose(w.grad, v.grad, rtol=1e-15)


def test_draws_by_hand_are_refused_and_undone():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(TraceError, match=r"write autograd_mini\.sample\(rng"):
        compile(lambda x: x + rng.normal())(1.0)
    with pytest.raises(TraceError, match="draws random numbers by itself"):
        compile(lambda x, g: x + g.normal())(1.0, rng)
    with pytest.raises(TraceError, match="draws random numbers by itself"):
        compile(lambda x: x + np.random.rand())(1.0)  # noqa: NPY002  # that is the question
    assert rng.bit_generator.state == before
    same = np.random.default_rng(0)
    c = compile(lambda x: x + sample(rng, "normal", size=2))
    for _ in range(3):
        np.testing.assert_array_equal(c(1.0), 1.0 + same.normal(size=2))


def test_a_draw_inside_a_derivative_is_drawn_anew():
    rng, same = (np.random.default_rng(0) for _ in range(2))
    c = compile(grad(lambda x: x * x * sample(rng, "normal")))
    for _ in range(2):
        assert c(3.0) == pytest.approx(6.0 * same.normal(), rel=1e-15)
