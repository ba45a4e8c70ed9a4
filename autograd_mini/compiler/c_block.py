"""The C of the terms of a kernel, or of a loop's body: what is elementwise is fused, on memory that is laid out here.

Laws: shapes are known, so all memory is laid out beforehand; terms of one shape share a loop where none has to wait for
another; results are never memory that is used again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from .c_file import File, Item, Place, names_in, scalar_type
from .c_loops import Access, Loops, Product
from .c_terms import C_TYPES, computed_in, expression, kind_of, layout_of, literal_of
from .program import Term
from .simplify import tiles

__all__ = ["Block", "is_number"]

MOST_FUSED = 80  # terms of one loop
PLAIN_NUMBERS = (0.0, 1.0, -1.0, 2.0, 0.5)  # others are arguments of a loop, so that more loops are equal


class Block:
    """The C of the terms of a kernel, or of the body of a loop in it."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.places: dict[int, Place] = {}
        self.numbers: dict[int, str] = {}
        self.repeats: dict[int, list[Any]] = {}
        self.items: list[Item] = []
        self.free: dict[int, list[int]] = {}
        self.kinds: dict[int, str | None] = {}
        self.stand_ins: list[Term] = []

    # ---- where things are

    def add(
        self, *lines: str, declared: dict[str, str] | None = None, read: Iterable[str] = (), set_: Iterable[str] = ()
    ) -> None:
        """Lines of C."""
        declared = declared or {}
        self.file.kinds_of_names.update(declared)
        names = {x for x in read if x.isidentifier()}
        self.items.append(Item(list(lines), declared, names - set(declared), set(set_)))

    def take(self, t: Term, pointer: str) -> None:
        """Note where an input is; a number is read at once."""
        if t.shape != ():
            x = np.empty(t.shape, t.dtype)
            self.places[id(t)] = Place(pointer, x, x)
        else:
            self.declare(t, f"*({C_TYPES[t.dtype.char]} *)({pointer})", [])

    def constants(self, terms: Iterable[Term]) -> None:
        """Note where constant arrays are."""
        for t in terms:
            k = self.file.constant_at.setdefault(id(t), len(self.file.constants))
            if k == len(self.file.constants):
                self.file.constants.append(np.ascontiguousarray(t.value))
            x = self.file.constants[k]
            self.places[id(t)] = Place(f"p[{self.file.first_constant + k}]", x, x)

    def declare(self, t: Term, text: str, read: Iterable[str]) -> None:
        """Give a number a name."""
        name = self.file.name("t")
        self.numbers[id(t)] = name
        self.add(f"{name} = {text};", declared={name: scalar_type(t.dtype)}, read=read)

    def number(self, t: Term) -> str:
        """A number, by its name or as it is written."""
        if is_number(t):
            return literal_of(t)
        if self.kinds.get(id(t)) == "pick":
            name: str = self.repeats[id(t.args[0])][t.options["index"]]
            return name
        return self.numbers[id(t)]

    def place(self, t: Term) -> Place:
        """Where an array is."""
        found = self.places.get(id(t))
        if found is None:
            if self.kinds.get(id(t)) == "pick":
                kept: Place = self.repeats[id(t.args[0])][t.options["index"]]
                return kept
            base = self.place(t.args[0])
            part: Any = layout_of(t, base.part)
            found = self.places[id(t)] = Place(base.pointer, base.root, part)
        return found

    def new_place(self, shape: tuple[int, ...], dtype: Any, pointer: str | None = None) -> Place:
        """Memory for an array: at a pointer, or in the work space."""
        x = np.empty(shape, dtype)
        if pointer is None:
            n = -(-x.nbytes // 64) * 64
            free = self.free.get(n)
            at = free.pop() if free else self.file.allocate(n)
            pointer = f"w + {at}"
        return Place(pointer, x, x)

    # ---- steps

    def write(self, terms: list[Term], outs: dict[int, str | None], guards: list[Term]) -> None:
        """Items for all terms. outs: pointers to where those that are results are to be, or None for anywhere."""
        self.kinds = {id(t): kind_of(t) for t in terms}
        self.lay_views(terms)
        steps = self.steps(terms, guards)
        at = {id(t): k for k, step in enumerate(steps) for t in step.terms}
        self.at = at
        users: dict[int, list[Term]] = {}
        for t in terms:
            for a in t.args:
                users.setdefault(id(a), []).append(t)
        last: dict[int, int] = {}
        for t in terms:
            for a in t.args:
                r = self.root(a)
                last[id(r)] = max(last.get(id(r), -1), at.get(id(t), -1))
        for k, step in enumerate(steps):
            for g in step.guards:
                last[id(self.root(g))] = max(last.get(id(self.root(g)), -1), k)
        for t in reversed(terms):  # what a view of it is used for later keeps its memory
            if self.kinds[id(t)] in ("view", "pick"):
                r = self.root(t)
                last[id(r)] = max(last.get(id(r), -1), last.get(id(t), -1))
        views_out = {id(self.root(t)) for t in terms if id(t) in outs and self.kinds[id(t)] in ("view", "pick")}
        dying: dict[int, list[Term]] = {}
        for t in terms:
            if id(t) not in outs and id(t) not in views_out:
                dying.setdefault(last.get(id(t), at.get(id(t), 0)), []).append(t)
        self.stored = {
            id(t)
            for t in terms
            if self.kinds[id(t)] == "map"
            and t.shape != ()
            and (id(t) in outs or id(t) in views_out or not all(self.is_inside(t, u) for u in users.get(id(t), ())))
        }
        self.outs = outs
        for k, step in enumerate(steps):
            if step.shape is not None:
                self.nest(step)
            else:
                self.single(step.terms[0])
            for t in dying.get(k, ()):
                place = self.places.get(id(t))
                if place is not None and place.pointer.startswith("w + ") and self.kinds[id(t)] not in ("view", "pick"):
                    self.free.setdefault(-(-place.root.nbytes // 64) * 64, []).append(int(place.pointer[4:]))
        for t in terms:
            pointer = outs.get(id(t))
            if pointer is not None and (self.kinds[id(t)] in ("view", "pick") or t.shape == ()):
                self.copy(t, self.new_place(t.shape, t.dtype, pointer))

    def lay_views(self, terms: list[Term]) -> None:
        """Find out which views would be copies, on arrays that stand for memory."""
        layouts: dict[int, np.ndarray] = {}
        for t in terms:
            if t.shape == () or isinstance(t.dtype, tuple):
                if self.kinds[id(t)] == "view":
                    self.kinds[id(t)] = "load"
                continue
            if self.kinds[id(t)] == "view":
                a = t.args[0]
                x = layouts.get(id(a))
                if x is None:
                    x = self.places[id(a)].part if id(a) in self.places else np.empty(a.shape, a.dtype)
                y = layout_of(t, x)
                if y is None:
                    self.kinds[id(t)] = "copy"
                    y = np.empty(t.shape, t.dtype)
                layouts[id(t)] = y
            else:
                layouts[id(t)] = np.empty(t.shape, t.dtype)

    def root(self, t: Term) -> Term:
        """The term whose memory a view shows."""
        while self.kinds.get(id(t)) in ("view", "pick"):
            t = t.args[0]
        return t

    def is_inside(self, a: Term, t: Term) -> bool:
        """Whether `t` reads `a` in the loop that computes it."""
        return (
            self.kinds[id(a)] == "map"
            and self.kinds[id(t)] in ("map", "reduce")
            and self.at.get(id(a)) == self.at.get(id(t))
            and a.shape != ()
        )

    def steps(self, terms: list[Term], guards: list[Term]) -> list[Step]:
        """The steps in which all terms are computed: each term in the first loop of its shape that it can share."""
        steps: list[Step] = []
        at: dict[int, int] = {}
        loops: dict[tuple[int, ...], list[int]] = {}

        def earliest(t: Term, shape: tuple[int, ...] | None) -> int:
            first = 0
            for a in t.args:
                r = self.root(a)
                if id(r) in at:
                    k = at[id(r)]
                    shares = a is r and steps[k].shape == shape == a.shape and self.kinds[id(a)] == "map"
                    first = max(first, k if shares else k + 1)
            return first

        def loop_from(first: int, shape: tuple[int, ...]) -> int:
            found = loops.setdefault(shape, [])
            for k in found[bisect_left(found, first) :]:
                if len(steps[k].terms) < MOST_FUSED:
                    return k
            steps.append(Step(shape))
            found.append(len(steps) - 1)
            return found[-1]

        for t in terms:
            kind = self.kinds[id(t)]
            if kind in ("view", "pick"):
                continue
            shape = t.shape if kind == "map" else t.args[0].shape if kind == "reduce" else ()
            if shape == ():
                steps.append(Step(None))
                k = len(steps) - 1
            else:
                k = loop_from(earliest(t, shape), shape)
            steps[k].terms.append(t)
            at[id(t)] = k
        for g in guards:
            r = self.root(g)
            if g.shape == () or r is not g or self.kinds.get(id(g)) != "map":
                if g.shape == ():
                    steps.append(Step((), [], [g]))
                else:
                    steps[loop_from(at.get(id(r), -1) + 1, g.shape)].guards.append(g)
            else:
                steps[at[id(g)]].guards.append(g)
        return steps

    def nest(self, step: Step) -> None:
        """A loop."""
        shape = step.shape or ()
        if shape == ():
            for g in step.guards:
                x = self.number(g)
                self.add(f"bad |= {x} != {x} ? 2 : 0;", read=[x])
            return
        self.file.load += prod(shape) * len(step.terms)
        loops = Loops(shape)
        inside: dict[int, str] = {}
        reads: set[str] = set()
        declared: dict[str, str] = {}
        called: list[str] = []

        def operand(a: Term, kind: str) -> str:
            """A term as it is read in the loop, in the type that is computed in."""
            if id(a) in inside:
                text, was = inside[id(a)], scalar_type(a.dtype)
            elif a.shape == ():
                text, was = self.number(a), scalar_type(a.dtype)
                if is_number(a) and float(a.value) in PLAIN_NUMBERS:
                    return f"(({kind}){text})"
                if is_number(a):
                    return loops.scalar(f"(({kind}){text})", kind)
                reads.add(text)
                text = loops.scalar(text, was)
            else:
                access = self.place(a).access(shape)
                reads.update(names_in(access.pointer))
                text, was = loops.load(access), scalar_type(a.dtype)
            return text if was == kind else f"(({kind}){text})"

        for t in step.terms:
            if self.kinds[id(t)] == "map":
                kind = scalar_type(computed_in(t))
                is_choice = t.op.name == "choice"  # type: ignore[union-attr]  # it has an op
                keeps = t.op.name.startswith("logical")  # type: ignore[union-attr]  # it has an op
                xs = [
                    operand(a, scalar_type(a.dtype) if keeps or (is_choice and i == 0) else kind)
                    for i, a in enumerate(t.args)
                ]
                text, ours = expression(t, xs, is_many=True)
                if ours:
                    called.append(ours)
                    if ours[:3] in ("sin", "cos"):
                        loops.far(xs[0])
                inside[id(t)] = loops.let(text, scalar_type(t.dtype))
                if id(t) in self.stored:
                    place = self.places[id(t)] = self.new_place(t.shape, t.dtype, self.outs.get(id(t)))
                    access = place.access(shape)
                    reads.update(names_in(access.pointer))
                    loops.store(access, inside[id(t)])
            else:
                (a,) = t.args
                kept = np.empty(a.shape, "?").max(axis=t.options["axis"], keepdims=True, initial=False).shape
                if t.shape == ():
                    name = self.numbers[id(t)] = self.file.name("t")
                    declared[name] = scalar_type(t.dtype)
                    access = Access(f"&{name}", C_TYPES[t.dtype.char], (0,) * len(shape))
                else:
                    place = self.places[id(t)] = self.new_place(t.shape, t.dtype, self.outs.get(id(t)))
                    reads.update(names_in(place.pointer))
                    access = Place(place.pointer, place.root, place.part.reshape(kept)).access(shape)
                loops.reduce(t.op.name, access, operand(a, scalar_type(t.dtype)), prod(kept))  # type: ignore[union-attr]  # it has an op
        for g in step.guards:
            loops.guard(operand(g, scalar_type(g.dtype)))
        text, args = loops.written()
        for ours in called:
            self.file.names[ours] = self.file.names.get(ours, 0) + (text not in self.file.functions)
        self.call(text, args, loops.has_flags, declared, reads)

    def call(self, text: str, args: list[str], has_flags: bool, declared: dict[str, str], reads: Iterable[str]) -> None:
        """A call of a function of that text."""
        name = self.file.function(text)
        self.add(f"{'bad |= ' * has_flags}{name}({', '.join(args)});", declared=declared, read=reads)

    def copy(self, t: Term, to: Place, *, adds: bool = False, shape: tuple[int, ...] | None = None) -> None:
        """Copy an array, or a number, to a place that may be a part of another array; or add it there."""
        shape = to.part.shape if shape is None else shape
        access = to.access(shape)
        loops = Loops(shape)
        reads = names_in(access.pointer)
        if t.shape == ():
            x = self.number(t)
            reads.add(x)
            x = loops.scalar(x, scalar_type(t.dtype))
        else:
            source = self.place(t).access(shape)
            reads |= names_in(source.pointer)
            x = loops.load(source)
        loops.store(access, f"{loops.load(access)} + {x}" if adds else x)
        text, args = loops.written()
        self.call(text, args, has_flags=False, declared={}, reads=reads)

    # ---- single terms

    def single(self, t: Term) -> None:
        """A term by itself."""
        kind = self.kinds[id(t)]
        if kind == "map":
            xs = []
            reads = []
            is_choice = t.op.name == "choice"  # type: ignore[union-attr]  # it has an op
            for i, a in enumerate(t.args):
                x = self.number(a)
                reads.append(x)
                wanted = scalar_type(computed_in(t))
                as_it_is = t.op.name.startswith("logical") or (is_choice and i == 0)  # type: ignore[union-attr]  # it has an op
                as_it_is = as_it_is or (scalar_type(a.dtype) == wanted and not is_number(a))
                xs.append(x if as_it_is else f"(({wanted}){x})")
            text, ours = expression(t, xs, is_many=False)
            if ours:
                self.file.names[ours] = self.file.names.get(ours, 0) + 1
            self.declare(t, text, reads)
        elif kind == "load":
            place = self.place_of_number(t)
            access = place.access(())
            self.declare(t, f"*({access.pointer})", names_in(access.pointer))
        elif kind == "copy":
            a = t.args[0]
            place = self.places[id(t)] = self.new_place(t.shape, t.dtype, self.outs.get(id(t)))
            self.copy(a, Place(place.pointer, place.root, place.part.reshape(a.shape)))
        elif kind == "repeat":
            self.repeat(t)
        elif t.op.name == "matmul":  # type: ignore[union-attr]  # it has an op
            self.product(t)
        else:
            self.put_together(t)

    def place_of_number(self, t: Term) -> Place:
        """Where a number stands in an array."""
        base = self.place(t.args[0])
        part: Any = layout_of(t, base.part)
        return Place(base.pointer, base.root, part)

    def product(self, t: Term) -> None:
        """A matrix product."""
        a, b = t.args
        scratch = None
        product = Product(self.place(a).part, self.place(b).part, scalar_type(t.dtype))
        if product.n_packed:
            scratch = self.new_place((product.n_packed,), t.dtype)
        shape = t.shape
        self.file.load += prod(shape) * a.shape[-1]
        if shape == ():
            name = self.numbers[id(t)] = self.file.name("t")
            declared, out = {name: scalar_type(t.dtype)}, f"&{name}"
        else:
            place = self.places[id(t)] = self.new_place(shape, t.dtype, self.outs.get(id(t)))
            declared, out = {}, place.access(shape).pointer
        args = [self.place(a).access(a.shape).pointer, self.place(b).access(b.shape).pointer, out]
        if scratch is not None:
            args.append(scratch.access((product.n_packed,)).pointer)
        reads = {name for x in args for name in names_in(x)} - set(declared)
        self.call(product.written(), args, has_flags=False, declared=declared, reads=reads)

    def put_together(self, t: Term) -> None:
        """Parts at their places in an array; zeros where there is none."""
        place = self.places[id(t)] = self.new_place(t.shape, t.dtype, self.outs.get(id(t)))
        if t.op is tiles:
            keys = t.options["keys"]
        elif t.op.name == "scatter":  # type: ignore[union-attr]  # it has an op
            keys = (t.options["key"],)
        else:
            axis = t.options["axis"] % len(t.shape)
            ends = np.cumsum([0, *(a.shape[axis] for a in t.args)])
            keys = tuple((*[slice(None)] * axis, slice(int(i), int(j))) for i, j in pairwise(ends))
        count = np.zeros(t.shape, np.int32)
        for key in keys:
            count[key] += 1
        overlaps = bool((count > 1).any())
        if overlaps or not count.all():
            self.copy(Term.constant(np.zeros((), t.dtype)[()]), place)
        for key, a in zip(keys, t.args, strict=True):
            whole = key if isinstance(key, tuple) else (key,)
            part = place.part[whole if any(k is Ellipsis for k in whole) else (*whole, ...)]
            self.copy(a, Place(place.pointer, place.root, part), adds=overlaps)

    # ---- loops of the user's

    def repeat(self, t: Term) -> None:
        """A loop: its body again and again, on memory of its own."""
        body, n, n_fed, n_rows = (t.options[k] for k in ("body", "n", "n_fed", "n_rows"))
        inner = Block(self.file)
        i = self.file.name("i")
        ends: list[Place | str] = []
        names: dict[str, str] = {i: "int64"}
        for a, x in zip(t.args[:n_fed], body.inputs[:n_fed], strict=True):
            if a.shape == ():
                u = self.file.name("u")
                inner.numbers[id(x)] = u
                ends.append(u)
                names[u] = scalar_type(x.dtype)
                start = self.number(a)
                self.add(f"{u} = ({names[u]}){start};", declared={u: names[u]}, read=[start])
            else:
                place = inner.places[id(x)] = self.new_place(x.shape, x.dtype)
                ends.append(place)
                self.copy(a, place)
        self.file.kinds_of_names[i] = "int64"
        for a, x in zip(t.args[n_fed : n_fed + n_rows], body.inputs[n_fed : n_fed + n_rows], strict=True):
            place = self.place(a)
            if not place.part.flags.c_contiguous:
                whole = self.new_place(a.shape, a.dtype)
                self.copy(a, whole)
                place = whole
            row = place.part.itemsize * prod(a.shape[1:])
            inner.take(x, f"({place.access(a.shape).pointer}) + {i} * {row // place.part.itemsize}")
        for a, x in zip(t.args[n_fed + n_rows :], body.inputs[n_fed + n_rows :], strict=True):
            if a.shape == ():
                inner.numbers[id(x)] = self.number(a)
            else:
                inner.places[id(x)] = self.place(a)
        terms = [u for u in body.terms if u.op is not None]
        load, self.file.load = self.file.load, len(terms)
        inner.constants(u for u in body.terms if u.is_constant and u.shape != () and u.value is not None)
        inner.write(terms, {id(u): None for u in body.outputs}, body.guards)
        stacks = []
        for j, u in enumerate(body.outputs[n_fed:]):
            stack = self.new_place(t.shape[n_fed + j], u.dtype)
            stacks.append(stack)
            row = np.empty(u.shape, u.dtype)
            inner.copy(u, Place(f"({C_TYPES[u.dtype.char]} *)({stack.pointer}) + {i} * {row.size}", row, row))
        inner.feed(list(zip(body.outputs[:n_fed], ends, strict=True)), {id(x) for x in body.inputs})
        self.file.load = load + n * self.file.load
        lines, slotted = self.file.assembled(inner.items)
        stores = {name: kind for name, kind in slotted.items() if name != i}
        read = {name for item in inner.items for name in item.read} | set(stores)
        declared_inside = {name for item in inner.items for name in item.declared}
        fed = [u for u in ends if isinstance(u, str)]
        text = [
            *(f"{self.file.slot(name, kind)} = {name};" for name, kind in stores.items()),
            f"for (int64 {i} = 0; {i} < {n}; {i}++) {{",
            *([f"    {self.file.slot(i, 'int64')} = {i};"] if i in slotted else []),
            *(f"    {line}" for line in lines),
            "    if (bad) return bad;",
            "}",
            *(f"{u} = {self.file.slot(u, names[u])};" for u in fed if u in stores),
        ]
        self.add(*text, read=(read - declared_inside - {i}), set_=fed)
        self.repeats[id(t)] = [*ends, *stacks]

    def feed(self, pairs: list[tuple[Term, Any]], given: set[int]) -> None:
        """Put what a step gave where the next one finds it: all at once."""
        waiting: list[tuple[Any, Any]] = []
        for t, end in pairs:
            if isinstance(end, str):
                x = self.number(t)
                if x == end:
                    continue
                name, kind = self.file.name("t"), self.file.kinds_of_names[end]
                self.add(f"{name} = ({kind}){x};", declared={name: kind}, read=[x])
                waiting.append((name, end))
            elif self.places.get(id(t)) is not end:
                if id(self.root(t)) in given or id(t) in given:
                    spare = self.new_place(t.shape, t.dtype)
                    self.copy(t, spare)
                    stand_in = Term(None, (), {}, t.shape, t.dtype)
                    self.places[id(stand_in)] = spare
                    self.stand_ins.append(stand_in)
                    waiting.append((stand_in, end))
                else:
                    waiting.append((t, end))
        for x, end in waiting:
            if isinstance(end, str):
                self.add(f"{end} = {x};", read=[x], set_=[end])
            else:
                self.copy(x, end)


def is_number(t: Term) -> bool:
    """Whether a term is a constant that is written out."""
    return t.is_constant and t.shape == ()


@dataclass
class Step:
    """Terms that are computed together: of one loop over `shape`, or, without it, a single one."""

    shape: tuple[int, ...] | None
    terms: list[Term] = field(default_factory=list)
    guards: list[Term] = field(default_factory=list)
