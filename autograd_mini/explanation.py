"""`explain`: the chain rule from an output down to one Value, written out with its numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Literal, get_args

import numpy as np

from .chain import way
from .derivation import Derivation, Factor, Flow, Term, derivation
from .errors import UsageError
from .graph import number
from .symbols import Formula
from .typeset import Latex, MathML, Text, Writing, decimal, line, written

__all__ = ["Explanation", "explain"]

Style = Literal["text", "latex", "html"]
LONGEST_FORMULA = 90
MOST_NUMBERS = 6
GAP = 14  # the width of a number that something follows
TEXT, LATEX, MATHML = Text(), Latex(), MathML()


def explain(output: Any, wrt: Any, style: Style = "text", rate: float | None = None) -> Explanation:
    """How `wrt`, a Value or its name, influences `output`: the derivative as a product, with every factor.

    Named Values and leaves are the steps; unnamed operations between them are one factor. Where a
    Value is read more than once, the sum over its branches is shown; where an activation lies on
    the way, the deltas. With a learning `rate` the step of gradient descent follows. Where arrays
    are on the way, each line says what becomes of the derivative from one step to the next. Nothing has
    to have been computed by `backward`.

    style: what `str` gives; "text", "latex" or "html". A notebook typesets it by itself.

    Raises: UsageError for an output that is not one real number, another style, or a rate that is
    no number.

    Example
    -------
    >>> from autograd_mini import Value, explain
    >>> x = Value(3.0, name="x")
    >>> y = x * x
    >>> y.name = "y"
    >>> print(explain(y, x))
    How x influences y
    <BLANKLINE>
      ∂y/∂x = 2 · x
            = 6
    """
    if style not in get_args(Style):
        raise UsageError(f'explain: got style={style!r}; it is "text", "latex" or "html"; choose one of them')
    if rate is not None and not (isinstance(rate, (int, float)) and math.isfinite(rate)):
        raise UsageError(f"explain: got rate={rate!r}; a learning rate is a finite number; give one, as in rate=0.5")
    return Explanation(derivation(way("explain", output, wrt), rate), style)


@dataclass(frozen=True)
class Explanation:
    """An explanation: as `text`, as `latex`, as `html`, and in a notebook typeset."""

    derivation: Derivation
    style: Style = "text"

    def __str__(self) -> str:
        return str(getattr(self, self.style))

    def __repr__(self) -> str:
        return f"<how {line(self.derivation.start.name)} influences {line(self.derivation.end.name)}>"

    @cached_property
    def text(self) -> str:
        """Plain text."""
        return "\n".join(text_lines(self.derivation))

    @cached_property
    def latex(self) -> str:
        """LaTeX, to stand in display mode."""
        rows = [rf"{left} &= {right}" for left, right in equations(self.derivation, LATEX)]
        return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(rows) + "\n\\end{aligned}"

    @cached_property
    def html(self) -> str:
        """A part of a page, in MathML: it needs no script and no font."""
        d = self.derivation
        cell = "<mtd style='text-align:{}'>{}</mtd>"
        rows = "".join(
            f"<mtr>{cell.format('right', left)}{cell.format('left', f'<mo>=</mo>{right}')}</mtr>"
            for left, right in equations(d, MATHML)
        )
        title = f"How {line(d.start.name)} influences {line(d.end.name)}"
        said = escape(title)
        return (
            f'<div class="explanation" role="group" aria-label="{said}"><p><strong>{said}</strong></p>'
            f'<math display="block" style="text-align:left"><mtable displaystyle="true">{rows}</mtable></math></div>'
        )

    def _repr_latex_(self) -> str | None:
        return None if self.style == "html" else f"$\\displaystyle {self.latex}$"

    def _repr_html_(self) -> str | None:
        return self.html if self.style == "html" else None


def text_lines(d: Derivation) -> list[str]:
    """The lines of plain text."""
    w = TEXT
    of, by = d.end.name, d.start.name
    whole = w.derivative(of, by)
    said = [f"How {line(by)} influences {line(of)}", ""]
    if not d.chain and not d.flows:
        return [*said, f"  {whole} = {reason(d)}"]
    if d.flows:
        said += flow_lines(d)
    else:
        terms = d.chain[0].terms if len(d.chain) == 1 else ()
        first, numbers = headline(d, w)
        said += [f"  {whole} = {first}", *([f"  {' ' * len(whole)} = {numbers}"] if numbers else [])]
        said.append(f"  {' ' * len(whole)} = {decimal(float(d.gradient))}")
        if len(d.chain) > 1 or terms:
            said += ["", "  where"]
            width = max(len(w.derivative(f.of, f.by)) for f in d.chain)
            for f in d.chain:
                said += factor_lines(f, width)
            width = max((len(w.derivative(t.reader, by)) for t in terms), default=0)
            for t in terms:  # the headline is the sum itself: its terms have formulas of their own
                said.append(
                    number_line(t.reader, by, width, t.link.number or 0.0, shown(t.link.formula, w, t.link.folded))
                )
    if d.deltas:
        said += delta_lines(d)
    if d.rate is not None and d.is_stale:
        said += ["", f"  {line(by)} was given another value since: compute {line(of)} again for its update"]
    elif d.rate is not None:
        said += ["", f"  update ({w.rate} = {decimal(d.rate)})", f"    {' = '.join(step(d, w))}"]
    return [text.rstrip() for text in said]


def reason(d: Derivation) -> str:
    """What to say of a Value that is the output, or has no way to it."""
    if d.start is d.end:
        return "1, as it is the output itself"
    return f"0: {line(d.start.name)} does not influence {line(d.end.name)} through anything that has a derivative"


def headline(d: Derivation, w: Writing) -> tuple[str, str]:
    """The product of derivatives, and of their numbers; of a Value with several readers, the sum."""
    if len(d.chain) > 1:
        return (
            w.dot.join(w.derivative(f.of, f.by) for f in d.chain),
            w.cross.join(w.factor(f.number) for f in d.chain),
        )
    (f,) = d.chain
    if not f.terms:
        return shown(f.formula, w, f.folded), ""
    products = [w.derivative(t.target, t.reader) + w.dot + w.derivative(t.reader, f.by) for t in f.terms]
    numbers = [w.factor(t.adjoint) + w.cross + w.factor(t.link.number or 0.0) for t in f.terms]
    if f.omitted[0]:
        products.append(w.words(f"{f.omitted[0]:,} more terms"))
        numbers.append(w.factor(f.omitted[1]))
    return w.plus.join(products), w.plus.join(numbers)


def factor_lines(f: Factor, width: int) -> list[str]:
    """A factor with its number, and where that comes from."""
    w = TEXT
    if not f.terms:
        why = f"the product of {f.skipped:,} factors that are not shown" if f.skipped else shown(f.formula, w, f.folded)
        return [number_line(f.of, f.by, width, f.number, why)]
    ways = "paths" if all(t.is_path for t in f.terms) and not f.omitted[0] else "branches"
    start = f"    {w.derivative(f.of, f.by):<{width}} = {decimal(f.number):<{GAP}}"
    said = [f"{start} sum over {len(f.terms) + f.omitted[0]:,} {ways}:"]
    for t in f.terms:
        product = w.derivative(t.target, t.reader) + w.dot + w.derivative(t.reader, f.by)
        numbers = w.factor(t.adjoint) + w.cross + w.factor(t.link.number or 0.0)
        said.append(f"    {'':<{width}}   + {product} = {numbers} = {decimal(t.number)}")
    if f.omitted[0]:
        said.append(
            f"    {'':<{width}}   + {f.omitted[0]:,} smaller terms that are not shown = {decimal(f.omitted[1])}"
        )
    return said


def number_line(of: str, by: str, width: int, x: float, why: str) -> str:
    """A derivative with its number, and the formula unless that is the number itself."""
    text = f"    {TEXT.derivative(of, by):<{width}} = {decimal(x):<{GAP}}"
    return text if why in (decimal(x), TEXT.number(x)) else f"{text} = {why}"


def shown(formula: Formula | None, w: Writing, folded: int = 0) -> str:
    """A formula, or how many operations it would have to tell of."""
    text = "" if formula is None else written(formula, w)
    if text and (len(text) <= LONGEST_FORMULA or w is not TEXT):
        return text
    return w.words(f"[{folded + 1:,} operations]")


def delta_lines(d: Derivation) -> list[str]:
    """The deltas, and the derivative as one of them times what it is read with."""
    w = TEXT
    of = w.name(d.end.name)
    inner = "net(x)" if all(name.startswith("net_") for _, name, _ in d.deltas) else "x"
    said = ["", f"  node deltas   δ(x) = ∂{of}/∂{inner}"]
    lines = [f"    {w.delta(label)} = {decimal(x)}" for label, _, x in d.deltas]
    if d.deltas_omitted:
        lines.insert(len(lines) // 2, f"    … {d.deltas_omitted:,} more")
    said += lines
    if d.by_delta:
        said.append(f"  so {' = '.join((w.derivative(d.end.name, d.start.name), *by_delta(d, w)))}")
    return said


def by_delta(d: Derivation, w: Writing) -> tuple[str, str, str]:
    """The derivative by deltas: as a formula, with numbers, and what it comes to."""
    symbols = [w.delta(label) + w.dot + factor_of(t, w) for label, t in d.by_delta]
    numbers = [w.factor(t.adjoint) + w.cross + w.factor(t.link.number or 0.0) for _, t in d.by_delta]
    return w.plus.join(symbols), w.plus.join(numbers), w.number(float(d.gradient))


def factor_of(t: Term, w: Writing) -> str:
    """The local derivative of a term as a factor."""
    if t.link.formula is None:
        return w.derivative(t.link.of.name, t.link.by.name)
    return written(t.link.formula, w, 3)


def step(d: Derivation, w: Writing) -> tuple[str, ...]:
    """The step of gradient descent: what it is, its symbols, its numbers and its result."""
    name, whole = w.name(d.start.name), w.derivative(d.end.name, d.start.name)
    symbols = name + w.minus + w.rate + w.dot + whole
    gradient, rate = 0.0 if d.gradient is None else d.gradient, d.rate or 0.0
    if not d.start.is_scalar or d.start.dtype.kind == "c":
        return w.updated(d.start.name), symbols, array_text(np.asarray(d.start.value) - rate * np.asarray(gradient), w)
    value, g = float(d.start.value), float(gradient)
    numbers = w.number(value) + w.minus + w.factor(rate) + w.cross + w.factor(g)
    return w.updated(d.start.name), symbols, numbers, w.number(value - rate * g)


def array_text(x: Any, w: Writing) -> str:
    """A small array by its numbers, a large one by shape and norm."""
    x = np.asarray(x)
    if not x.shape:
        return w.words(number(x[()], 9)) if x.dtype.kind == "c" else w.number(float(x))
    if 0 < x.size <= MOST_NUMBERS and x.ndim <= 2 and x.dtype.kind != "c":
        rows = ["[" + ", ".join(decimal(float(e)) for e in row) + "]" for row in np.atleast_2d(x)]
        return w.words(rows[0] if x.ndim == 1 else "[" + ", ".join(rows) + "]")
    return w.words(f"array of shape {x.shape} and norm {number(float(np.linalg.norm(np.ravel(x))), 6)}")


def flow_sum(flow: Flow, w: Writing) -> str:
    """What each reader of an array adds to the derivative by it."""
    parts = []
    for reader, formula in flow.formulas:
        text = "" if formula is None else written(formula, w)
        fits = text and (len(text) <= LONGEST_FORMULA or w is not TEXT)
        parts.append(text if fits else w.words("[through ") + w.name(reader) + w.words("]"))
    if flow.omitted:
        parts.append(w.words(f"{flow.omitted:,} more terms"))
    return w.plus.join(parts)


def flow_lines(d: Derivation) -> list[str]:
    """The derivative of the end by one array after the other, and the norm or the numbers of each."""
    w = TEXT
    said = []
    for k, flow in enumerate(d.flows):
        if d.flows_omitted and k == len(d.flows) // 2:
            said.append(f"  … {d.flows_omitted:,} more steps")
        whole = w.derivative(d.end.name, flow.by.name)
        said += [f"  {whole} = {flow_sum(flow, w)}", f"  {' ' * len(whole)} = {array_text(flow.value, w)}"]
    return said


def equations(d: Derivation, w: Writing) -> list[tuple[str, str]]:
    """The explanation as equations, left and right; an empty left side goes on from the line above."""
    whole = w.derivative(d.end.name, d.start.name)
    said: list[tuple[str, str]] = []
    if d.flows:
        for k, flow in enumerate(d.flows):
            if d.flows_omitted and k == len(d.flows) // 2:
                said.append((w.words("…"), w.words(f"{d.flows_omitted:,} more steps")))
            said.append((w.derivative(d.end.name, flow.by.name), flow_sum(flow, w)))
            said.append(("", array_text(flow.value, w)))
    elif not d.chain:
        said.append((whole, w.number(0.0 if d.gradient is None else 1.0)))
    else:
        first, numbers = headline(d, w)
        result = w.number(float(d.gradient))
        rights = [first, *([numbers] if numbers else []), w.strong(result)]
        said += [(whole if not k else "", right) for k, right in enumerate(rights)]
        said += [(w.derivative(f.of, f.by), factor_equation(f, w)) for f in d.chain if len(d.chain) > 1]
    if d.by_delta:
        said += [(whole if not k else "", right) for k, right in enumerate(by_delta(d, w))]
    if d.rate is not None and not d.is_stale:
        left, *rights = step(d, w)
        said.append((left, w.equal.join(rights)))
    return said


def factor_equation(f: Factor, w: Writing) -> str:
    """What a factor is: a formula, or the sum of its terms, and the number."""
    if f.skipped:
        return w.words(f"the product of {f.skipped:,} more factors") + w.equal + w.number(f.number)
    if not f.terms:
        return shown(f.formula, w, f.folded) + w.equal + w.number(f.number)
    parts = [
        w.total(w.derivative(t.target, t.reader) + w.dot + w.derivative(t.reader, f.by), w.number(t.number))
        for t in f.terms
    ]
    if f.omitted[0]:
        parts.append(w.total(w.words(f"{f.omitted[0]:,} smaller terms"), w.number(f.omitted[1])))
    return w.plus.join(parts) + w.equal + w.number(f.number)
