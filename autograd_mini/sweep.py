"""The chain rule, once: cotangents swept backward over a recorded computation.

A rule gives an operand's cotangent in the output's shape, or in any shape that broadcasts to it;
the sweep brings it to the operand's own shape and dtype. The first contribution to an operand is
borrowed from its rule; a second one makes an array that the sweep owns, and later ones are added
in place, so nothing that a rule or a user holds is written to.

A zero cotangent stays zero: a sweep that left a nan in a leaf is run once more, and there an
elementwise op contributes 0 wherever its cotangent is exactly 0, whatever its partial.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from threading import get_ident
from typing import Any

import numpy as np

from .errors import MutationError, ShapeError
from .record import TRACES, WATCHES, Record, leaf, operands, recording, shape_of, tracing

__all__ = ["Contribution", "Picked", "Scattered", "ancestry", "full", "is_changed", "pullback", "pushforward"]

ndarray = np.ndarray
FLOAT64 = np.dtype(np.float64)
SMALL = 10_000  # elements
add_reduce: Any = np.add.reduce
vdot: Any = np.vdot
time_of = attrgetter("index")

# The computed records, latest first; all of them with their leaves; and the leaves.
Ancestry = tuple[list[Record], dict[Record, Any], list[Record]]


class Contribution:
    """A cotangent of a part of an operand: it is added into one buffer that the sweep owns."""

    __slots__ = ()

    def added(self, q: Any, x: Any, *, owned: bool) -> Any:
        """The operand's cotangent so far, `q` or None, with this added; in place if `q` is owned."""
        raise NotImplementedError


class Scattered(Contribution):
    """A cotangent that is zero but at `key`, where it is `g`: what reading a part of x gives.

    n reads of x cost O(n) in all.
    """

    __slots__ = ("g", "is_basic", "key")

    def __init__(self, g: Any, key: Any, is_basic: bool) -> None:
        self.g, self.key, self.is_basic = g, key, is_basic

    def added(self, q: Any, x: Any, *, owned: bool) -> Any:
        """`q` with `g` added at `key`; repeated places add up."""
        if q is None and self.is_basic and x.__class__ is ndarray:
            q = np.zeros(x.shape, x.dtype)
            q[self.key] = self.g  # 1,000 of 1,300 ns less than to add it
            return q
        if not owned:
            q = full(0.0 if q is None else q, x)
        if self.is_basic:
            there = q[self.key]
            if there.__class__ is ndarray:
                there += self.g  # a view: 100 of 1,400 ns less than q[key] += g
            else:
                q[self.key] = there + self.g
        else:
            np.add.at(q, self.key, self.g)
        return q


class Picked(Contribution):
    """The cotangent of one output of an op with several, which records them as a tuple."""

    __slots__ = ("g", "index")

    def __init__(self, g: Any, index: int) -> None:
        self.g, self.index = g, index

    def added(self, q: Any, x: Any, *, owned: bool) -> Any:
        """A tuple of cotangents, None for outputs without one."""
        parts = [None] * len(x) if q is None else list(q)
        so_far = parts[self.index]
        parts[self.index] = self.g if so_far is None else so_far + self.g
        return tuple(parts)


def ancestry(*roots: Record, inputs: Iterable[Record] | None = None) -> Ancestry:
    """The computed records that the roots depend on, latest first; all of them, with their leaves; and the leaves.

    With `inputs`, only what lies between them and the roots, and they are what counts as leaves.
    """
    stop: set[Record] = set() if inputs is None else set(inputs)
    seen: dict[Record, Any] = dict.fromkeys(roots)
    order: list[Record] = []
    leaves: list[Record] = []
    keep, end = order.append, leaves.append
    for root in seen:
        if root.op is not None and root not in stop:
            keep(root)
        else:
            end(root)
    for v in order:  # which grows on the way; 40 of 160 ns a record less than with a stack
        if v.options is None:
            p = v.a
            if p is not None and p not in seen:
                seen[p] = None
                if p.op is not None and not (stop and p in stop):
                    keep(p)
                else:
                    end(p)
            p = v.b
            if p is not None and p not in seen:
                seen[p] = None
                if p.op is not None and not (stop and p in stop):
                    keep(p)
                else:
                    end(p)
        else:
            for p in v.args:
                if p is not None and p not in seen:
                    seen[p] = None
                    if p.op is not None and not (stop and p in stop):
                        keep(p)
                    else:
                        end(p)
    order.sort(key=time_of, reverse=True)
    if inputs is not None:
        leaves = [v for v in leaves if v in stop]
        seen = dict.fromkeys(leaves)
        for v in reversed(order):
            parents = (v.a, v.b) if v.options is None else v.args
            if any(p in seen for p in parents):
                seen[v] = None
        order = [v for v in order if v in seen]
    return order, seen, leaves


def pullback(
    seeds: dict[Record, Any],
    *,
    inputs: Iterable[Record] | None = None,
    recorded: bool = False,
    keep: bool = True,
    found: Ancestry | None = None,
) -> dict[Record, Any]:
    """Cotangents of everything that the roots depend on, each root given with its seed.

    inputs: sweep only between these and the roots. recorded: compute on Values, so that the
    cotangents can be differentiated again. keep: hold the cotangents of computed Values too;
    otherwise each is let go once it has been passed on. found: the `ancestry`, if it is known.
    A cotangent is None where nothing arrived, and may be smaller than its Value where it
    broadcasts to it: `full` gives it its shape.
    """
    order, pending, leaves = ancestry(*seeds, inputs=inputs) if found is None else found
    only = None if inputs is None else pending
    sweep = sweep_recorded if recorded else sweep_raw
    with np.errstate(all="ignore"):
        cotangents = sweep(order, pending | seeds, only, keep, careful=False)
        if TRACES and recorded and (trace := tracing()) is not None:
            trace.swept(cotangents, leaves)  # then nan is looked for when numbers are there
        elif has_nan(cotangents, leaves):
            cotangents = sweep(order, pending | seeds, only, keep, careful=True)
    if WATCHES and (watch := WATCHES.get(get_ident())):
        watch(seeds, cotangents)
    return cotangents


def has_nan(cotangents: dict[Record, Any], leaves: list[Record]) -> bool:
    """Whether the cotangent of a leaf holds a nan (or infinities that add up to one)."""
    for v in leaves:
        g = cotangents[v]
        if g.__class__ is float:
            if g != g:
                return True
        elif g.__class__ is ndarray:
            total = vdot(g, g) if g.size < SMALL else add_reduce(g, None)  # 420 against 820 ns
            if total != total:
                return True
        elif g is not None:
            raw = g._data if isinstance(g, Record) else g
            if np.isnan(raw).any():
                return True
    return False


def sweep_raw(
    order: list[Record],
    pending: dict[Record, Any],
    only: dict[Record, Any] | None,
    keep: bool,
    *,
    careful: bool,
) -> dict[Record, Any]:
    """The sweep on raw data, latest record first."""
    small: set[Record] = set()  # cotangents that are smaller than their Value
    owned: set[Record] = set()  # cotangents in arrays made here
    p: Any
    r: Any
    for v in order:
        g = pending[v] if keep else pending.pop(v)
        if g is None:
            if keep and is_differentiable(v._data):
                pending[v] = 0.0
            continue
        if v.options is None:
            p = v.a
            if p is not None and (only is None or p in only):
                q = pending[p]
                pending[p] = g * v.da if q is None else q + g * v.da
            p = v.b
            if p is not None and (only is None or p in only):
                q = pending[p]
                pending[p] = g * v.db if q is None else q + g * v.db
            continue
        op, raw, y, options = v.op, v.raw, v._data, v.options
        if small and v in small and not op.takes_small(v):
            g = full(g, y)
            small.discard(v)
        if op.adds is not None and len(raw) == 1 and only is None and not careful:
            x = raw[0]
            if x.__class__ is ndarray and x.dtype is FLOAT64:
                p = v.args[0]
                q = pending[p]
                is_new = q is None
                if is_new:
                    q = pending[p] = np.zeros(x.shape)
                    owned.add(p)
                elif p not in owned or p in small:
                    q = pending[p] = full(q, x)
                    owned.add(p)
                op.adds(q, g, is_new, **options)
                continue
        joint = None
        is_real = y.__class__ is ndarray and (y.dtype is FLOAT64 or y.dtype.kind == "f")
        rules = op.real_rules if is_real else None
        if not rules:
            joint = None if op.joint_vjp is None else called(op.joint_vjp, v, g, y, raw)
            rules = joint or op.raw_vjps(len(raw))
            if len(raw) == 1 and joint is None and only is None and not careful and rules:
                x, rule = raw[0], rules[0]
                p = v.args[0]
                if x.__class__ is ndarray and x.dtype is FLOAT64 and rule is not None and p is not None:
                    try:
                        c = rule(g, y, x, **options)
                    except Exception:  # noqa: BLE001  # raised again there, with the op's name
                        c = called(rule, v, g, y, raw)
                    if c.__class__ is ndarray and c.dtype is FLOAT64 and c.shape == x.shape:
                        q = pending[p]
                        pending[p] = c if q is None else added(q, c, p, owned, small)
                        continue
                    joint = rules = (c,)
        elif only is None and not careful and v not in small:
            # Real arrays without options, as most are, without the checks that these cannot fail: 0.6 of 2.4 us less.
            dtype, n = y.dtype, len(raw)
            if n == 1 and raw[0].dtype is dtype:
                p = v.args[0]
                try:
                    c = rules[0](g, y, raw[0])
                except Exception:  # noqa: BLE001  # raised again there, with the op's name
                    c = called(rules[0], v, g, y, raw)
                if c.dtype is not dtype:
                    c = fit(c, p, raw[0], v, small)
                q = pending[p]
                pending[p] = c if q is None else added(q, c, p, owned, small)
                continue
            if n == 2:
                (p, r), (x, z) = v.args, raw
                first, second = rules
                if op.sums and dtype is FLOAT64:
                    if x.__class__ is float:
                        first = op.sums[0]
                    elif z.__class__ is float:
                        second = op.sums[1]
                if (p is None or (x.dtype is dtype if x.__class__ is ndarray else first is not rules[0])) and (
                    r is None or (z.dtype is dtype if z.__class__ is ndarray else second is not rules[1])
                ):
                    try:
                        c = None if p is None else first(g, y, x, z)
                        d = None if r is None else second(g, y, x, z)
                    except Exception:  # noqa: BLE001  # raised again there, with the op's name
                        c = None if p is None else called(first, v, g, y, raw)
                        d = None if r is None else called(second, v, g, y, raw)
                    if c is not None:
                        if c.__class__ is not float and (c.shape != x.shape or c.dtype is not dtype):
                            c = fit(c, p, x, v, small)
                        q = pending[p]
                        pending[p] = c if q is None else added(q, c, p, owned, small)
                    if d is not None:
                        if d.__class__ is not float and (d.shape != z.shape or d.dtype is not dtype):
                            d = fit(d, r, z, v, small)
                        q = pending[r]
                        pending[r] = d if q is None else added(q, d, r, owned, small)
                    continue
        for p, rule, x in zip(v.args, rules, raw):  # noqa: B905  # strict=True takes 150 ns more
            if p is None or rule is None or (only is not None and p not in only):
                continue
            dtype = None if x.__class__ is float or x.__class__ is tuple else x.dtype
            if dtype is not None and dtype is not FLOAT64 and dtype.kind not in "fc":
                continue  # a mask or an index: nothing flows into it
            if joint is not None:
                c = rule  # what the joint rule gave for it
            else:
                try:  # `called` only on failure: 70 of 230 ns less
                    c = rule(g, y, *raw, **options) if options else rule(g, y, *raw)
                except Exception:  # noqa: BLE001  # raised again there, with the op's name
                    c = called(rule, v, g, y, raw)
            if c is None:
                continue
            q = pending[p]
            if c.__class__ is not ndarray and c.__class__ is not float and isinstance(c, Contribution):
                pending[p] = c.added(q, x, owned=p in owned)
                owned.add(p)
                continue
            if careful:
                c = without_lost_nan(op, g, c)
            # Bring c to the shape and dtype of x.
            if dtype is None:
                if c.__class__ is not float:
                    if c.__class__ is complex and joint is None:
                        c = rule(*on_numpy(g, y, raw), **v.options)  # a root of a negative number: nan
                    c = float((add_reduce(c, None) if shape_of(c) else c).real)
            elif c.__class__ is float or c.__class__ is int:
                small.add(p)
            elif c.shape != x.shape or c.dtype is not dtype:
                c = fit(c, p, x, v, small)
            # Add it to what is there.
            pending[p] = c if q is None else added(q, c, p, owned, small)
    return pending


def fit(c: Any, p: Record, x: Any, v: Record, small: set[Record]) -> Any:
    """What a rule of `v` gave for its operand `p`, brought to the dtype of x and towards its shape."""
    if c.shape != x.shape:
        c = unbroadcast(c, x.shape)
        if c.shape != x.shape:
            small.add(p)
            check_fit(c.shape, x.shape, v)
    if c.dtype != x.dtype:
        c = (c.real if x.dtype.kind != "c" else c).astype(x.dtype)
    return c


def added(q: Any, c: Any, p: Record, owned: set[Record], small: set[Record]) -> Any:
    """The cotangent `q` of `p` with `c` added to it, in place if the sweep owns it."""
    if p in owned and p not in small:
        q += c
        return q
    q = q + c
    if q.__class__ is ndarray:
        owned.add(p)
    return q


def sweep_recorded(
    order: list[Record],
    pending: dict[Record, Any],
    only: dict[Record, Any] | None,
    keep: bool,
    *,
    careful: bool,
) -> dict[Record, Any]:
    """The same sweep on Values: every step is recorded in turn."""
    for v in order:
        g = pending[v] if keep else pending.pop(v)
        if g is None:
            continue
        op, args = v.op, operands(v)
        for i, p in enumerate(args):
            if isinstance(p, Record) and p.op is None:
                check_unchanged(p, v, i)
        g = full_recorded(g, v)
        joint = None if op.joint_vjp is None else called(op.joint_vjp, v, g, v, args)
        for i, (p, rule) in enumerate(zip(args, op.vjps_of(len(args)), strict=True)):
            if not isinstance(p, Record) or rule is None or (only is not None and p not in only):
                continue
            x = p._data
            if x.__class__ is not float and x.__class__ is not tuple and x.dtype.kind not in "fc":
                continue
            c = called(rule, v, g, v, args) if joint is None else joint[i]
            if c is None:
                continue
            if isinstance(c, Contribution):
                pending[p] = c.added(pending[p], x, owned=False)
                continue
            if careful:
                c = without_lost_nan(op, g, c)
            c = fitted(c, p)
            q = pending[p]
            pending[p] = c if q is None else q + c
    return pending


def pushforward(outputs: Iterable[Record], tangents: dict[Record, Any], *, recorded: bool = False) -> dict[Record, Any]:
    """Tangents of everything between the inputs, given with theirs, and the outputs.

    recorded: compute on Values, so that the tangents can be differentiated again.
    """
    order, _, _ = ancestry(*outputs, inputs=tangents)
    tangents = dict(tangents)
    with np.errstate(all="ignore"):
        for v in reversed(order):
            if v.options is None and not recorded:
                t = None
                for p, d in ((v.a, v.da), (v.b, v.db)):
                    if p is not None and p in tangents:
                        t = tangents[p] * d if t is None else t + tangents[p] * d
            else:
                t = tangent_of(v, tangents, recorded=recorded)
            if t is not None:
                tangents[v] = t
    return tangents


def tangent_of(v: Record, tangents: dict[Record, Any], *, recorded: bool) -> Any:
    """The tangent of one record, from those of its operands."""
    op, args = v.op, operands(v)
    xs = args if recorded else v.raw
    y = v if recorded else v._data
    if recorded:
        for i, p in enumerate(args):
            if isinstance(p, Record) and p.op is None:
                check_unchanged(p, v, i)
    total: Any = None
    for i, p in enumerate(args):
        if not isinstance(p, Record) or p not in tangents or op.vjps_of(len(args))[i] is None:
            continue
        t = tangents[p]
        holomorphic = not (op.is_elementwise and is_complex(p._data) and not is_complex(v._data))
        if op.jvps is not None and holomorphic:
            t = called(op.jvps[i], v, t, y, xs)
        else:
            t = transposed(v, i, t, y, xs, recorded=recorded)
        if t is not None:
            t = fitted_tangent(t, v._data)
            total = t if total is None else added_tangents(total, t)
    return total


def is_complex(data: Any) -> bool:
    """Whether raw data is complex."""
    return data.__class__ is not float and data.__class__ is not tuple and data.dtype.kind == "c"


def transposed(v: Record, i: int, t: Any, y: Any, xs: Any, *, recorded: bool) -> Any:
    """The tangent that the vjp of operand i implies: it is linear in g, and its transpose carries tangents."""
    with recording():
        data = v._data
        several = data.__class__ is tuple
        gs = [leaf(v.__class__, full(0.0, d)) for d in (data if several else (data,))]
        c = called(v.op.vjps_of(len(xs))[i], v, tuple(gs) if several else gs[0], y, xs)
        if not isinstance(c, Record):
            return None
        cotangents = pullback({c: t}, inputs=gs, recorded=recorded)
    if several:
        return tuple(cotangents.get(g) for g in gs)
    return cotangents.get(gs[0])


def fitted_tangent(t: Any, data: Any) -> Any:
    """A tangent, raw or recorded, brought to the shape and dtype of the data; parts of a tuple each."""
    if data.__class__ is tuple:
        return tuple(None if part is None else fitted_tangent(part, d) for part, d in zip(t, data, strict=True))
    shape = shape_of(data)
    if t.__class__ is complex:
        t = np.complex128(t)
    if shape_of(t) != shape:
        t = np.broadcast_to(t, shape)
    raw = t._data if isinstance(t, Record) else t
    dtype = np.dtype(float) if data.__class__ is float else data.dtype
    if not isinstance(raw, (float, int)) and raw.dtype != dtype:
        if raw.dtype.kind == "c" and dtype.kind != "c":
            t = np.real(t)
        t = np.astype(t, dtype)
    return t


def added_tangents(a: Any, b: Any) -> Any:
    """The sum of two tangents, of parts that may be None in a tuple."""
    if a.__class__ is not tuple:
        return a + b
    return tuple(q if p is None else p if q is None else p + q for p, q in zip(a, b, strict=True))


def is_differentiable(data: Any) -> bool:
    """Whether data has a gradient: not several outputs together, and neither a mask nor an index."""
    return data.__class__ is float or (data.__class__ is not tuple and data.dtype.kind in "fc")


def called(rule: Any, v: Record, g: Any, y: Any, xs: Any) -> Any:
    """The cotangent that `rule` gives; an error says which op's rule it was."""
    options = v.options or {}
    try:
        return rule(g, y, *xs, **options)
    except ArithmeticError:
        return rule(*on_numpy(g, y, xs), **options)
    except Exception as error:
        shape = tuple(map(shape_of, v._data)) if v._data.__class__ is tuple else shape_of(v._data)
        error.add_note(f"in the vjp of {v.op.name}, at the output {v.name or ''} of shape {shape}")
        raise


def on_numpy(*args: Any) -> tuple[Any, ...]:
    """Operands with NumPy's numbers for Python's, which raise where NumPy's give inf or nan: 1/0.0, exp(1e3)."""
    *first, xs = args
    return tuple(np.float64(x) if isinstance(x, (float, int)) else x for x in (*first, *xs))


def without_lost_nan(op: Any, g: Any, c: Any) -> Any:
    """`c`, with 0 where the cotangent `g` of an elementwise op is 0 and c is not finite."""
    raw_g = g._data if isinstance(g, Record) else g
    raw_c = c._data if isinstance(c, Record) else c
    if raw_g.__class__ is tuple:
        parts = [part._data if isinstance(part, Record) else part for part in raw_g if part is not None]
        return c if any(map(np.any, parts)) else np.zeros_like(raw_c)
    if not op.is_elementwise:
        return np.zeros_like(raw_c) if not np.any(raw_g) else c
    lost = (raw_g == 0) & ~np.isfinite(raw_c)
    return np.where(lost, np.zeros((), np.asarray(raw_c).dtype), c) if np.any(lost) else c


def check_unchanged(p: Record, v: Record, i: int) -> None:
    """Raise if the leaf `p` no longer has the data with which `v` was recorded."""
    if is_changed(p, v, i):
        raise MutationError(
            f"backward: the data of {p.name or 'a leaf'} was changed after {v.op.name} recorded it; "
            "a derivative that is itself differentiated needs the recorded data; "
            "take the derivative before changing the leaf, or compute the output again"
        )


def is_changed(p: Record, v: Record, i: int) -> bool:
    """Whether the leaf `p`, operand `i` of `v`, no longer has the data with which `v` was recorded."""
    if p.raw and p.raw[0] > v.index:  # when it was last assigned
        return True
    return p.exposed and v.options is not None and not np.array_equal(p._data, v.raw[i], equal_nan=True)


def check_fit(have: tuple[int, ...], want: tuple[int, ...], v: Record) -> None:
    """Raise unless a cotangent of the shape that it has broadcasts to the shape of its operand."""
    for n, m in zip(reversed(have), reversed(want), strict=False):
        if n not in (m, 1):
            raise ShapeError(
                f"vjp of {v.op.name}: it gave shape {have} for an operand of shape {want}; "
                "a cotangent has the shape of its operand, or broadcasts to it; mend the rule"
            )


def unbroadcast(c: Any, shape: tuple[int, ...]) -> Any:
    """Sum a raw or recorded `c` over the axes along which `shape` was broadcast."""
    have = shape_of(c)
    lead = len(have) - len(shape)
    if lead > 0:
        first = 0 if lead == 1 else tuple(range(lead))  # 200 of 1,100 ns less than (0,)
        c = np.sum(c, axis=first) if isinstance(c, Record) else add_reduce(c, first)
        have = have[lead:]
        if have == shape:  # as of a bias: 400 of 2,000 ns less
            return c
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and len(have) == len(shape) and have[i] != 1)
    if axes:
        c = np.sum(c, axis=axes, keepdims=True) if isinstance(c, Record) else add_reduce(c, axes, None, None, True)
    return c


def full(c: Any, data: Any) -> Any:
    """A new array of the shape and dtype of `data` that holds the cotangent `c`."""
    if data.__class__ is float:
        return float(c)
    if data.__class__ is ndarray:
        out = np.empty(data.shape, data.dtype)
        if c.__class__ is float:
            out.fill(c)  # 80 of 300 ns less
        else:
            out[...] = c
        return out
    if not data.shape:
        return data.dtype.type(c)
    return np.zeros_like(data) + c


def full_recorded(g: Any, v: Record) -> Any:
    """The cotangent `g`, raw or recorded, broadcast to the shape of `v`."""
    if g.__class__ is tuple:
        return g
    shape = shape_of(v._data)
    return g if shape_of(g) == shape else np.broadcast_to(g, shape)


def fitted(c: Any, p: Record) -> Any:
    """The cotangent `c`, raw or recorded, brought to the shape and dtype of `p`."""
    x = p._data
    shape = shape_of(x)
    if shape_of(c) != shape:
        c = unbroadcast(c, shape)
        if shape_of(c) != shape:
            c = np.broadcast_to(c, shape)
    raw = c._data if isinstance(c, Record) else c
    if isinstance(raw, (float, int)):
        if x.__class__ is float:
            return c
        return np.astype(c, x.dtype) if isinstance(c, Record) else x.dtype.type(c)
    dtype = np.dtype(float) if x.__class__ is float else x.dtype
    if raw.dtype != dtype:
        if raw.dtype.kind == "c" and dtype.kind != "c":
            c = np.real(c)
        c = np.astype(c, dtype) if isinstance(c, Record) else c.astype(dtype)
    return c
