"""Formulas written down: as plain text, as LaTeX, and as MathML, which browsers show by themselves.

Names are text, whatever they hold: each way of writing takes the meaning out of its own markup.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from html import escape

from .symbols import Formula

__all__ = ["Latex", "MathML", "Text", "Writing", "decimal", "line", "written"]

SUM, PRODUCT, FACTOR, ATOM = range(1, 5)  # how tightly a written formula holds together
LONGEST_NAME = 60
SUPERSCRIPTS = {2.0: "²", 3.0: "³"}
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
TEXT_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
    "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    '"': r"\textquotedblright{}", "'": r"\textquoteright{}", "`": r"\textquoteleft{}",
}  # fmt: skip
ACCENTS = dict(zip("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c", "`'^~=u.\"rHv", strict=True))
LETTERS = {"…": "...", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}"}
RELATIONS = {"==": "=", "!=": r"\ne", "<=": r"\le", ">=": r"\ge", "@": r"\,", "<": "<", ">": ">"}


def decimal(x: float, places: int = 9) -> str:
    """A number with so many decimals, without needless zeros; very large and small ones with an exponent.

    Example
    -------
    >>> decimal(0.741365069552316), decimal(0.5), decimal(1.23e-7), decimal(-0.0)
    ('0.74136507', '0.5', '1.23e-07', '0')
    """
    if not math.isfinite(x):
        return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"
    if x == 0:
        return "0"
    if not 1e-4 <= abs(x) < 1e6:
        return f"{x:.{places}g}"
    text = f"{x:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def line(text: str) -> str:
    """A name on one line, without characters that do not print, its middle left out if it is long."""
    plain = "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))
    half = (LONGEST_NAME - 1) // 2
    return plain if len(plain) <= LONGEST_NAME else f"{plain[:half]}…{plain[-half:]}"


class Writing:
    """A way of writing formulas: plain text, and the base of the others."""

    plus, minus, dot, cross, tight, sign, equal = " + ", " − ", " · ", " × ", "", "−", " = "
    fraction_level = PRODUCT

    def name(self, text: str) -> str:
        """A name."""
        return line(text)

    def number(self, x: float) -> str:
        """A number."""
        return decimal(x)

    def factor(self, x: float) -> str:
        """A number among factors: in brackets if it is negative."""
        return self.bracket(self.number(x)) if x < 0 else self.number(x)

    def derivative(self, of: str, by: str) -> str:
        """The derivative of one by the other, by their names."""
        return f"∂{self.name(of)}/∂{self.name(by)}"

    def fraction(self, top: Formula, bottom: Formula) -> str:
        """One formula over another."""
        return f"{written(top, self, PRODUCT)} / {written(bottom, self, FACTOR)}"

    def power(self, base: str, n: float) -> str:
        """A power."""
        return base + SUPERSCRIPTS.get(n, f"^{self.factor(n)}")

    def bracket(self, text: str) -> str:
        """In round brackets."""
        return f"({text})"

    def indicator(self, text: str) -> str:
        """1 where a condition holds, else 0."""
        return f"[{text}]"

    def call(self, function: str, xs: Sequence[str]) -> str:
        """A function of some formulas."""
        if function == "transpose" and len(xs) == 1:
            return f"{xs[0]}ᵀ"
        return f"{function}({', '.join(xs)})"

    def infix(self, symbol: str, a: str, b: str) -> str:
        """Two formulas and the operator between."""
        return f"{a} {symbol} {b}"

    def delta(self, text: str) -> str:
        """The delta of a node."""
        return f"δ_{self.name(text)}"

    def updated(self, text: str) -> str:
        """A name after the step."""
        return f"{self.name(text)}⁺"

    def words(self, text: str) -> str:
        """Words among formulas."""
        return text

    def strong(self, text: str) -> str:
        """A result."""
        return text

    def total(self, text: str, label: str) -> str:
        """A part of a sum, and the number that it comes to."""
        return f"{text} = {label}"

    @property
    def rate(self) -> str:
        """The learning rate."""
        return "η"


class Text(Writing):
    """Plain text."""


class Latex(Writing):
    """LaTeX that KaTeX and MathJax read."""

    plus, minus, dot, cross, tight, sign, equal = " + ", " - ", r" \cdot ", r" \times ", r"\,", "-", " = "
    fraction_level = FACTOR

    def name(self, text: str) -> str:
        """A name: one letter as a variable, more upright; what follows "_", or digits at the end, as an index."""
        head, _, index = line(text).partition("_")
        if not index and head[:1].isalpha() and head.rstrip("0123456789").isalpha():
            stem = head.rstrip("0123456789")
            head, index = stem, head[len(stem) :]
        if not head:
            head, index = line(text), ""
        said = self.upright(head)
        if not index:
            return said
        return f"{said}_{{{index}}}" if index.isascii() and index.isdigit() else f"{said}_{{{self.upright(index)}}}"

    def upright(self, text: str) -> str:
        """A word: a letter by itself is a variable."""
        if text in GREEK:
            return rf"\{GREEK[text]}"
        if len(text) == 1 and text.isascii() and text.isalpha():
            return text
        if text.isascii() and text.isalnum():
            return rf"\mathrm{{{text}}}"
        return rf"\text{{{''.join(map(self.letter, text))}}}"

    def letter(self, c: str) -> str:
        """A character of a word: one that fonts of formulas do not have becomes a question mark."""
        if c in TEXT_ESCAPES:
            return TEXT_ESCAPES[c]
        if c.isascii() or unicodedata.name(c, "").startswith(("CJK UNIFIED", "HIRAGANA", "KATAKANA LETTER", "HANGUL")):
            return c
        if c in GREEK:
            return rf"$\{GREEK[c]}$"
        plain, *marks = list(unicodedata.normalize("NFD", c))
        if plain.isascii() and plain.isalpha():
            return rf"\{ACCENTS[marks[0]]}{{{plain}}}" if marks and marks[0] in ACCENTS else plain
        return LETTERS.get(c, "?")

    def number(self, x: float) -> str:
        """A number; an exponent as a power of ten."""
        if not math.isfinite(x):
            return r"\mathrm{nan}" if math.isnan(x) else r"\infty" if x > 0 else r"-\infty"
        digits, _, exponent = decimal(x).partition("e")
        return digits if not exponent else rf"{digits} \times 10^{{{int(exponent)}}}"

    def factor(self, x: float) -> str:
        """A number among factors."""
        return self.number(x) if x >= 0 else self.bracket(self.number(x))

    def derivative(self, of: str, by: str) -> str:
        """The derivative as a fraction."""
        return rf"\frac{{\partial {self.name(of)}}}{{\partial {self.name(by)}}}"

    def fraction(self, top: Formula, bottom: Formula) -> str:
        """One formula over another."""
        return rf"\frac{{{written(top, self)}}}{{{written(bottom, self)}}}"

    def power(self, base: str, n: float) -> str:
        """A power; the base in braces, as it may have an index."""
        return f"{{{base}}}^{{{self.number(n)}}}"

    def bracket(self, text: str) -> str:
        """In round brackets."""
        return rf"\left({text}\right)"

    def indicator(self, text: str) -> str:
        """1 where a condition holds, else 0."""
        return rf"\left[{text}\right]"

    def call(self, function: str, xs: Sequence[str]) -> str:
        """A function of some formulas."""
        if function == "transpose" and len(xs) == 1:
            return rf"{{{xs[0]}}}^{{\mathsf{{T}}}}"
        if function == "sqrt":
            return rf"\sqrt{{{xs[0]}}}"
        said = rf"\{function}" if function in ("sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh") else None
        said = said or (r"\sigma" if function == "σ" else self.upright(function))
        return said + self.bracket(", ".join(xs))

    def infix(self, symbol: str, a: str, b: str) -> str:
        """Two formulas and the operator between."""
        return f"{a} {RELATIONS.get(symbol, self.upright(symbol))} {b}"

    def delta(self, text: str) -> str:
        """The delta of a node."""
        return rf"\delta_{{{self.name(text)}}}"

    def updated(self, text: str) -> str:
        """A name after the step."""
        return f"{self.name(text)}^{{+}}"

    def words(self, text: str) -> str:
        """Words among formulas."""
        return rf"\text{{{''.join(map(self.letter, text))}}}"

    def strong(self, text: str) -> str:
        """A result."""
        return rf"\mathbf{{{text}}}"

    def total(self, text: str, label: str) -> str:
        """A part of a sum, and the number that it comes to."""
        return rf"\underbrace{{{text}}}_{{{label}}}"

    @property
    def rate(self) -> str:
        """The learning rate."""
        return r"\eta"


class MathML(Writing):
    """Elements of MathML."""

    plus, minus, dot, cross, tight, sign, equal = (f"<mo>{c}</mo>" for c in "+−·×\u2062−=")
    fraction_level = FACTOR

    def name(self, text: str) -> str:
        """A name, what follows "_" or digits at the end as an index: an element of its own."""
        head, _, index = line(text).partition("_")
        if not index and head.rstrip("0123456789").isalpha():
            stem = head.rstrip("0123456789")
            head, index = stem, head[len(stem) :]
        if not head:
            head, index = line(text), ""
        return f"<msub>{self.word(head)}{self.word(index)}</msub>" if index else self.word(head)

    def word(self, text: str) -> str:
        """A word; one letter by itself is a variable, and slanted."""
        return f"<mi>{escape(text)}</mi>" if len(text) == 1 else f"<mtext>{escape(text)}</mtext>"

    def number(self, x: float) -> str:
        """A number."""
        return f"<mn>{decimal(x).replace('-', '−')}</mn>"

    def derivative(self, of: str, by: str) -> str:
        """The derivative as a fraction."""
        top, bottom = (f"<mrow><mo>∂</mo>{self.name(x)}</mrow>" for x in (of, by))
        return f"<mfrac>{top}{bottom}</mfrac>"

    def fraction(self, top: Formula, bottom: Formula) -> str:
        """One formula over another."""
        return f"<mfrac><mrow>{written(top, self)}</mrow><mrow>{written(bottom, self)}</mrow></mfrac>"

    def power(self, base: str, n: float) -> str:
        """A power."""
        return f"<msup><mrow>{base}</mrow>{self.number(n)}</msup>"

    def bracket(self, text: str) -> str:
        """In round brackets."""
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def indicator(self, text: str) -> str:
        """1 where a condition holds, else 0."""
        return f"<mrow><mo>[</mo>{text}<mo>]</mo></mrow>"

    def call(self, function: str, xs: Sequence[str]) -> str:
        """A function of some formulas."""
        if function == "transpose" and len(xs) == 1:
            return f"<msup><mrow>{xs[0]}</mrow><mtext>T</mtext></msup>"
        if function == "sqrt":
            return f"<msqrt>{xs[0]}</msqrt>"
        return f"<mrow>{self.word(function)}{self.bracket('<mo>,</mo>'.join(xs))}</mrow>"

    def infix(self, symbol: str, a: str, b: str) -> str:
        """Two formulas and the operator between."""
        return f"{a}<mo>{escape(symbol)}</mo>{b}"

    def delta(self, text: str) -> str:
        """The delta of a node."""
        return f"<msub><mi>δ</mi><mrow>{self.name(text)}</mrow></msub>"

    def updated(self, text: str) -> str:
        """A name after the step."""
        return f"<msup><mrow>{self.name(text)}</mrow><mo>+</mo></msup>"

    def words(self, text: str) -> str:
        """Words among formulas."""
        return f"<mtext>{escape(text)}</mtext>"

    def strong(self, text: str) -> str:
        """A result."""
        return f'<mrow style="font-weight:bold">{text}</mrow>'

    def total(self, text: str, label: str) -> str:
        """A part of a sum, and the number that it comes to."""
        under = f"<munder><mrow>{text}</mrow><mo>⏟</mo></munder>"
        return f"<munder>{under}<mrow>{label}</mrow></munder>"

    @property
    def rate(self) -> str:
        """The learning rate."""
        return "<mi>η</mi>"


def written(f: Formula, w: Writing, least: int = 0) -> str:
    """The formula, in brackets if it holds together less tightly than `least`."""
    text, level = said(f, w)
    return w.bracket(text) if level < least else text


def said(f: Formula, w: Writing) -> tuple[str, int]:
    """The formula, and how tightly it holds together."""
    if f.kind == "number":
        return w.number(f.number), PRODUCT if f.number < 0 else ATOM
    if f.kind == "name":
        return w.name(f.text), ATOM
    if f.kind == "derivative":
        return w.derivative(*(p.text for p in f.parts)), ATOM
    if f.kind == "sum":
        return sum_of(f.parts, w), SUM
    if f.kind == "product":
        return product_of(f, w), PRODUCT
    if f.kind == "quotient":
        return w.fraction(*f.parts), w.fraction_level
    if f.kind == "power":
        return w.power(written(f.parts[0], w, ATOM), f.number), FACTOR
    if f.kind == "bracket":
        return w.indicator(written(f.parts[0], w)), ATOM
    if f.kind == "infix":
        return w.infix(f.text, *(written(p, w, FACTOR) for p in f.parts)), PRODUCT
    least = ATOM if f.text == "transpose" else 0
    return w.call(f.text, [written(p, w, least) for p in f.parts]), ATOM


def sum_of(parts: Sequence[Formula], w: Writing) -> str:
    """Terms with their signs between."""
    text = written(parts[0], w, SUM)
    for part in parts[1:]:
        if part.kind in ("number", "product") and part.number < 0:
            is_sign = part.number == -1 and len(part.parts) == 1
            positive = part.parts[0] if is_sign else Formula(part.kind, part.parts, part.text, -part.number)
            text += w.minus + written(positive, w, PRODUCT)
        else:
            text += w.plus + written(part, w, PRODUCT)
    return text


def product_of(f: Formula, w: Writing) -> str:
    """Factors; a sum stands close to what it is multiplied with, and a number in front of a fraction in it."""
    text, number, parts = w.sign if f.number < 0 else "", abs(f.number), f.parts
    if len(parts) == 1 and parts[0].kind == "quotient" and number != 1:
        top, bottom = parts[0].parts
        inner = top.parts if top.kind == "product" else () if top.is_one else (top,)
        top = Formula("product", inner, number=number) if inner else Formula("number", number=number)
        parts, number = (Formula("quotient", (top, bottom)),), 1.0
    before = ""
    if number != 1:
        text, before = text + w.number(number), "name"
    least = PRODUCT if len(parts) == 1 and not before else FACTOR  # by itself, or after a sign: no brackets
    for part in parts:
        if before:
            text += w.tight if part.kind == "sum" and before in ("name", "sum") else w.dot
        text, before = text + written(part, w, least), part.kind
    return text
