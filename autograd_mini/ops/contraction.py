"""Products summed over axes: matmul and its relations."""

from __future__ import annotations

from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import NoRuleError, ShapeError
from ..primitive import OF, composite, primitive
from ..record import Record, shape_of
from .elementwise import conjugated, multiply
from .shape import expand_dims, moveaxis, ravel, reshape, transpose

ndarray = np.ndarray


@primitive(
    np.matmul,
    smooth=True,
    samples=lambda a: [
        (a(3), a(3)),
        (a(2, 3), a(3)),
        (a(2), a(2, 3)),
        (a(2, 3), a(3, 2)),
        (a(2, 2, 3), a(3, 2)),
        (a(2, 1, 2, 3), a(2, 3, 2)),
        (a(2, 2, 3), a(3)),
        (a(3), a(2, 3, 2)),
        (a(0, 3), a(3, 2)),
        (a(2, 0), a(0, 3)),
        (a(0, 2, 3), a(3)),
    ],
)
def matmul(x1: Any, x2: Any, /) -> Any:
    """The matrix product of the last two axes, broadcast over the others."""
    if x1.__class__ is ndarray and x2.__class__ is ndarray and 0 < x2.ndim < 3 and x1.ndim:
        if x1.ndim < 3:
            return x1.dot(x2)  # 440 against 980 ns on 8 elements
        if x1.size and x1.shape[-1] == x2.shape[0]:  # one product: 37 against 109 ms for (128, 8, 256) @ (256, 1024)
            return x1.reshape(-1, x1.shape[-1]).dot(x2).reshape(x1.shape[:-1] + x2.shape[1:])
    return np.matmul(x1, x2)


@matmul.vjp
def left_of_matmul(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The cotangent of x in x @ y."""
    y = conjugated(y)
    n, m = x.ndim, y.ndim
    if m == 1:
        return g * y if n == 1 else np.reshape(g, (*shape_of(g), 1)) * y
    if n == 1:
        return np.matmul(y, g[..., None])[..., 0]
    return np.dot(g, y.T) if n == 2 == m else np.matmul(g, np.swapaxes(y, -1, -2))


@matmul.vjp
def right_of_matmul(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The cotangent of y in x @ y."""
    x = conjugated(x)
    n, m = x.ndim, y.ndim
    if n == 1:
        return g * x if m == 1 else np.reshape(x, (-1, 1)) * np.reshape(g, (*shape_of(g)[:-1], 1, shape_of(g)[-1]))
    if m == 1:
        return np.dot(x.T, g) if n == 2 else np.matmul(np.swapaxes(x, -1, -2), g[..., None])[..., 0]
    if m == 2:
        if n > 2:  # one product, which sums over the axes in front too
            n_rows = product(shape_of(x)[:-1])
            x, g = (np.reshape(a, (n_rows, shape_of(a)[-1])) for a in (x, g))
        return np.dot(x.T, g)
    return np.matmul(np.swapaxes(x, -1, -2), g)


@matmul.real_vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    if x.ndim == 2 >= y.ndim:  # 350 of 1,000 ns less for matrices, 1,400 of 2,300 for a vector
        return g.dot(y.T) if y.ndim == 2 else g.reshape(-1, 1).dot(y.reshape(1, -1))
    if y.ndim == 2:
        return y.dot(g) if x.ndim == 1 else matmul.fn(g, y.T)
    return left_of_matmul(g, z, x, y)


@matmul.real_vjp
def _(g: Any, z: Any, x: Any, y: Any) -> Any:
    return x.T.dot(g) if x.ndim == 2 >= y.ndim else right_of_matmul(g, z, x, y)


@composite(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """The product of two vectors, matrices, or a number and an array."""
    n, m = np.ndim(a), np.ndim(b)
    if n == 0 or m == 0:
        return multiply(a, b)
    if n <= 2 and m <= 2:
        return matmul(a, b)
    return tensordot(a, b, (n - 1, max(m - 2, 0)))


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """The dot product of the flattened arrays, the first conjugated."""
    return matmul(np.conjugate(ravel(a)), ravel(b))


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """The sum of products over the last axes."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return multiply(a, b)
    return tensordot(a, b, (-1, -1))


@composite(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Every product of an element of `a` with one of `b`."""
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@composite(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes."""
    n, m = np.ndim(a), np.ndim(b)
    if isinstance(axes, (int, np.integer)):
        ours, theirs = tuple(range(n - int(axes), n)), tuple(range(int(axes)))
    else:
        ours, theirs = (normalize_axis_tuple(s, k) for s, k in zip(axes, (n, m), strict=True))
    left = [i for i in range(n) if i not in ours]
    right = [i for i in range(m) if i not in theirs]
    shape_a, shape_b = np.shape(a), np.shape(b)
    if [shape_a[i] for i in ours] != [shape_b[i] for i in theirs]:
        raise ShapeError(
            f"tensordot: got shapes {shape_a} and {shape_b} with axes {ours} and {theirs}; "
            "the lengths of paired axes must be equal; transpose, or pair other axes"
        )
    shared = product(shape_a[i] for i in ours)
    x = reshape(transpose(a, (*left, *ours)), (product(shape_a[i] for i in left), shared))
    y = reshape(transpose(b, (*theirs, *right)), (shared, product(shape_b[i] for i in right)))
    return reshape(matmul(x, y), tuple(shape_a[i] for i in left) + tuple(shape_b[i] for i in right))


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@primitive(
    name="einsum",
    smooth=True,
    samples=lambda a: [
        (a(2, 3), a(3, 2), {"subscripts": "ij,jk->ik"}),
        (a(2, 3), {"subscripts": "ij->j"}),
        (a(3, 3), {"subscripts": "ii->"}),
        (a(3, 3), {"subscripts": "ii->i"}),
        (a(2, 3), a(3), a(2), {"subscripts": "ij,j,i->"}),
        (a(2, 3), a(4), {"subscripts": "ij,k->i"}),
    ],
)
def contraction(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    """The sum of products that the subscripts, written out in full, stand for."""
    return np.einsum(subscripts, *operands, optimize=optimize)


@contraction.vjp_of_each
def _(i: int, g: Any, y: Any, *operands: Any, subscripts: str, optimize: Any) -> Any:
    left, result = subscripts.split("->")
    terms = left.split(",")
    mine, others = terms[i], terms[:i] + terms[i + 1 :]
    rest = [conjugated(x) for j, x in enumerate(operands) if j != i]
    lengths = dict(zip(mine, shape_of(operands[i]), strict=True))
    known = set(result).union(*others)
    letters = "".join(dict.fromkeys(mine))
    # A letter that repeats is a diagonal, put back by an identity matrix.
    spare = iter(c for c in LETTERS if c not in subscripts)
    wanted, eyes = "", []
    for place, c in enumerate(mine):
        if c in mine[:place]:
            fresh = next(spare)
            eyes.append((c + fresh, np.eye(lengths[c], dtype=operands[i].dtype)))
            wanted += fresh
        else:
            wanted += c
    # A letter that stands nowhere else was summed away: its axis is broadcast.
    for c in letters:
        if c not in known and not any(c in pair for pair, _ in eyes):
            eyes.append((c, np.ones(lengths[c], dtype=operands[i].dtype)))
    inputs = ",".join([result, *others, *(pair for pair, _ in eyes)])
    return einsum(f"{inputs}->{wanted}", g, *rest, *(eye for _, eye in eyes), optimize=optimize)


def written_out(subscripts: str, shapes: list[tuple[int, ...]]) -> str:
    """Subscripts with an arrow, and letters in place of every ellipsis."""
    subscripts = subscripts.replace(" ", "")
    left, arrow, result = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(
            f"einsum: got {len(shapes)} operands for the {len(terms)} terms of {subscripts!r}; give one each"
        )
    if not arrow:
        once = sorted(c for c in set(left) - set(",.") if left.count(c) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    widths = [len(shape) - len(t.replace("...", "")) for t, shape in zip(terms, shapes, strict=True) if "..." in t]
    widest = max(widths, default=0)
    hidden = "".join([c for c in LETTERS if c not in subscripts][:widest])
    full = [
        t.replace("...", hidden[widest - (len(shape) - len(t) + 3) :] if len(shape) > len(t) - 3 else "")
        for t, shape in zip(terms, shapes, strict=True)
    ]
    return ",".join(full) + "->" + result.replace("...", hidden)


@composite(np.einsum)
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **options: Any) -> Any:
    """Sums of products in Einstein's notation: explicit or implicit, with ellipsis and repeated letters."""
    if out is not None or options:
        raise NoRuleError(f"einsum: got {['out', *options]}; only optimize= has a rule; write y = np.einsum(...)")
    if not isinstance(operands[0], str):
        operands = from_lists(operands)
    subscripts, *arrays = operands
    shapes = [np.shape(x) for x in arrays]
    full = written_out(subscripts, shapes)
    terms, result = full.split("->")
    lengths: dict[str, int] = {}
    for term, shape in zip(terms.split(","), shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(
                f"einsum: got an operand of shape {shape} for the term {term!r} of {subscripts!r}; "
                "give a letter to each axis"
            )
        for c, n in zip(term, shape, strict=True):
            lengths[c] = max(lengths.get(c, 1), n)
    # An axis of length 1 that broadcasts would hide the letter: take it away from that operand.
    slim, short = [], []
    for term, x, shape in zip(terms.split(","), arrays, shapes, strict=True):
        keep = [i for i, c in enumerate(term) if shape[i] == lengths[c] or (shape[i] != 1)]
        short.append("".join(term[i] for i in keep))
        slim.append(x if len(keep) == len(term) else reshape(x, tuple(shape[i] for i in keep)))
    return contraction(*slim, subscripts=",".join(short) + "->" + result, optimize=optimize)


def from_lists(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The form einsum(x, [0, 1], y, [1, 2], [0, 2]) as subscripts and operands."""

    def term(axes: Any) -> str:
        return "".join("..." if k is Ellipsis else LETTERS[k] for k in axes)

    arrays, lists = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    subscripts = ",".join(term(s) for s in lists)
    if len(operands) % 2:
        subscripts += "->" + term(operands[-1])
    return (subscripts, *arrays)


# ---- generalised ufuncs, whose core axes can be chosen


def on_axes(op: Any) -> Any:
    """`op`, which works on the last axes, with NumPy's option `axes`: those of both operands and of the result."""

    def along(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
        if axes is None:
            return op(x1, x2)
        places = [(a,) if isinstance(a, (int, np.integer)) else tuple(a) for a in axes]
        last = [tuple(range(-len(a), 0)) for a in places]
        y = op(moveaxis(x1, places[0], last[0]), moveaxis(x2, places[1], last[1]))
        return moveaxis(y, last[2], places[2]) if len(places) > 2 and places[2] else y

    along.__doc__ = op.__doc__
    return along


composite(np.matmul)(on_axes(matmul))
OF[np.matmul] = matmul.of


@composite(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, axes: Any = None, keepdims: bool = False) -> Any:
    """The sum of products of the conjugate of `x1` with `x2` along `axis`; `axes` chooses one for each."""
    first, second, *result = (axis, axis) if axes is None else axes
    x, y = (moveaxis(x, a, -1) for x, a in ((x1, first), (x2, second)))
    z = np.sum(conjugated(as_array(x)) * y, axis=-1)
    return expand_dims(z, result[0] if result else first) if keepdims else z


def as_array(x: Any) -> Any:
    """Nested lists as an array; arrays and Values as they are."""
    return x if isinstance(x, Record) else np.asarray(x)


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors, both the last axes.  (..., m, n), (..., n) -> (..., m)"""
    return matmul(x1, expand_dims(x2, -1))[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors, conjugated, times matrices, both the last axes.  (..., m), (..., m, n) -> (..., n)"""
    return matmul(expand_dims(conjugated(as_array(x1)), -2), x2)[..., 0, :]


if hasattr(np, "matvec"):  # since NumPy 2.2
    composite(np.matvec)(on_axes(matvec))
    composite(np.vecmat)(on_axes(vecmat))
