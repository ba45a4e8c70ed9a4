"""Elementary functions in C, without branches, so that the compiler makes them work on several numbers at once.

Laws: each stays below 2 ulp in float64, and 3 in float32, from the smallest denormal to infinity, and keeps nan; sines
and cosines do so up to FAR, beyond which the code that calls them must say so, and have NumPy compute them. All are
Taylor series after an exact reduction of the argument, as in W. J. Cody and W. Waite, Software Manual for the
Elementary Functions, 1980; none is written as `a * b + c` where one rounding is meant, as that differs between CPUs.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np

__all__ = ["FAR", "HEAD", "needed"]

MOST_INSIDE = 24  # calls that are written out in the loops around them
FAR = 1.6e6  # so that whole multiples of pi/2 have less than 21 bits

LOG2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680009493")
HALF_PI = Fraction("1.57079632679489661923132169163975144209858469968755291048747229615")

HEAD = """\
typedef long long int64;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FMA(a, b, c) __builtin_fma(a, b, c)
#define FMAF(a, b, c) __builtin_fmaf(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#define FMAF(a, b, c) ((a) * (b) + (c))
#endif
#define INLINE static inline __attribute__((always_inline))
#define OUTSIDE _Pragma("omp declare simd notinbranch") static __attribute__((noinline))
"""


def series(coefficients: list[float], x: str, kind: str) -> str:
    """The polynomial with these coefficients, lowest first, by Estrin's scheme: of x, x2, x4, x8, its powers.

    Its steps do not wait for each other as Horner's do: 0.7 of the time for a number by itself.
    """
    fma = "FMA" if kind == "double" else "FMAF"
    parts, n = [literal(c, kind) for c in coefficients], 1
    while len(parts) > 1:
        power = x if n == 1 else f"{x}{n}"
        parts = [
            f"{fma}({parts[i + 1]}, {power}, {parts[i]})" if i + 1 < len(parts) else parts[i]
            for i in range(0, len(parts), 2)
        ]
        n *= 2
    return parts[0]


def powers(x: str, n: int) -> str:
    """The declaration of x2, x4, x8 ..., up to n."""
    names = [x, *(f"{x}{2**k}" for k in range(1, n.bit_length()))]
    return ", ".join(f"{b} = {a} * {a}" for a, b in pairwise(names))


def literal(x: float, kind: str) -> str:
    """A number in C, to the last bit."""
    return f"{float(np.float32(x)).hex()}f" if kind == "float" else float(x).hex()


def split(x: Fraction, *bits: int) -> list[float]:
    """Floats of so many bits each, that add up to x."""
    parts = []
    for n in bits:
        scale = Fraction(2) ** (n - 1 - int(np.floor(np.log2(abs(float(x))))))
        parts.append(float(round(x * scale) / scale))
        x -= Fraction(parts[-1])
    return parts


def of_kind(kind: str) -> dict[str, str]:
    """The functions in double or in float, by name: each needs those whose names stand in it."""
    is_double = kind == "double"
    f = "" if is_double else "f"

    def number(x: float) -> str:
        return literal(x, kind)

    bits, width, bias = ("int64", 52, 1023) if is_double else ("int", 23, 127)
    magic = number(1.5 * 2.0**width)
    fma = "FMA" if is_double else "FMAF"
    ln2 = split(LOG2, 33, 53) if is_double else split(LOG2, 15, 24)
    terms = 13 if is_double else 7
    expm1 = series([1 / factorial(k) for k in range(2, terms + 1)], "r", kind)
    atanh = series([2 / (2 * k + 1) for k in range(1, 11 if is_double else 5)], "z", kind)
    sine = series([(-1) ** k / factorial(2 * k + 1) for k in range(1, 9 if is_double else 5)], "z", kind)
    cosine = series([(-1) ** k / factorial(2 * k) for k in range(2, 9 if is_double else 6)], "z", kind)
    low, high = (-746.0, 710.0) if is_double else (-104.0, 89.0)
    per_turn = literal(float(1 / HALF_PI), "double")
    p = [c.hex() for c in (split(HALF_PI, 33, 33, 33, 53) if is_double else split(HALF_PI, 33, 53))]
    turned = f"double n = (double)x * {per_turn} + 0x1.8p52; {bits} q = ({bits})bits_d(n); n -= 0x1.8p52;\n    " + (
        f"double a = x - n * {p[0]}, b = n * {p[1]}, r = a - b; r += ((a - r) - b) - n * {p[2]}; r -= n * {p[3]};"
        if is_double
        else f"float r = (float)((x - n * {p[0]}) - n * {p[1]});"
    )
    spare, unsigned = (12, "unsigned long long") if is_double else (9, "unsigned int")  # bits beside the mantissa
    limits: Any = np.finfo(np.float64 if is_double else np.float32)
    tiny, largest = float(limits.tiny), float(limits.max)
    k, half = kind[0], number(0.5)
    reduced = (  # x = n log 2 + r, and s = 2**m, where m is about n / 2
        f"{kind} n = {fma}({{0}}, {number(float(1 / LOG2))}, {magic}) - {magic};\n"
        f"    {kind} r = {fma}(-n, {number(ln2[0])}, {{0}}); r = {fma}(-n, {number(ln2[1])}, r);\n"
        f"    {kind} m = {fma}(n, {half}, {magic}) - {magic}, s = power2_{k}(m), {powers('r', 8 if is_double else 4)};"
    )
    return {
        f"bits_{k}": f"INLINE {bits} bits_{k}({kind} x) {{ {bits} i; __builtin_memcpy(&i, &x, sizeof i); return i; }}",
        f"number_{k}": f"""\
INLINE {kind} number_{k}({bits} i) {{ {kind} x; __builtin_memcpy(&x, &i, sizeof x); return x; }}""",
        f"power2_{k}": f"""\
INLINE {kind} power2_{k}({kind} n) {{ /* of a whole number that gives no denormal */
    {unsigned} i = ({unsigned})bits_{k}(n + {magic}) << {width};
    return number_{k}(({bits})i + (({bits}){bias} << {width}));
}}""",
        f"exp_{k}": f"""\
INLINE {kind} exp_{k}({kind} x) {{
    x = x < {number(low)} ? {number(low)} : x; x = x > {number(high)} ? {number(high)} : x;
    {reduced.format("x")}
    return {fma}(s, {fma}(r2, {expm1}, r), s) * power2_{k}(n - m); /* 2**n by two steps, as one could overflow */
}}""",
        f"tanh_{k}": f"""\
INLINE {kind} tanh_{k}({kind} x) {{ /* e / (e + 2), where e = exp(2 |x|) - 1 = 2**n (exp(r) - 1) + (2**n - 1) */
    {kind} a = __builtin_fabs{f}(x), u = a > {number(20.0)} ? {number(40.0)} : a + a;
    {kind} n = {fma}(u, {number(float(1 / LOG2))}, {magic}) - {magic};
    {kind} r = {fma}(-n, {number(ln2[0])}, u); r = {fma}(-n, {number(ln2[1])}, r);
    {kind} {powers("r", 8 if is_double else 4)};
    {kind} s = power2_{k}(n), e = {fma}(s, r2 * ({expm1}), {fma}(s, r, s - {number(1.0)}));
    {kind} d = e + {number(2.0)}, y = e / d;
    {kind} lost = e < {number(2.0)} ? e - (d - {number(2.0)}) : {number(0.0)}; /* by the sum; 2 / d = 1 - y */
    y -= y * lost * ({number(1.0)} - y) * {half};
    return __builtin_copysign{f}(y, x);
}}""",
        f"logistic_{k}": f"""\
INLINE {kind} logistic_{k}({kind} x) {{ /* of e = exp(-|x|), which does not overflow */
    {kind} a = -__builtin_fabs{f}(x); a = a < {number(low)} ? {number(low)} : a;
    {reduced.format("a")}
    {kind} u = {fma}(s, {fma}(r2, {expm1}, r), s), s2 = power2_{k}(n - m);
    return (x < 0 ? u * s2 : {number(1.0)}) / {fma}(u, s2, {number(1.0)});
}}""",
        f"log_{k}": f"""\
INLINE {kind} log_{k}({kind} x) {{ /* n log 2 + 2 atanh(s), where s = (m - 1) / (m + 1) and x = 2**n m */
    int is_small = x < {number(tiny)};
    {kind} y = is_small ? x * {number(2.0 ** (width + 2))} : x;
    {bits} i = bits_{k}(y) - bits_{k}({number(0.70710678118654752 if is_double else 0.70710677)});
    {bits} e = i & ~((({bits})1 << {width}) - 1);
    {kind} m = number_{k}(bits_{k}(y) - e);
    {kind} n = number_{k}(({bits})((({unsigned})e >> {width}) ^ {1 << spare - 1}) | bits_{k}({number(2.0**width)}))
        - {number(2.0**width + 2.0 ** (spare - 1))};
    n -= is_small ? {number(width + 2)} : {number(0.0)};
    {kind} f = m - {number(1.0)}, s = f / ({number(2.0)} + f), z = s * s, h = {half} * f * f;
    {kind} {powers("z", 8 if is_double else 2)};
    {kind} t = s * (h + z * ({atanh}));
    t = n * {number(ln2[0])} - ((h - (t + n * {number(ln2[1])})) - f);
    t = x > {number(largest)} ? x : t;
    t = x == 0 ? -__builtin_inf{f}() : t;
    return x >= 0 ? t : __builtin_nan{f}("");
}}""",
        f"log1p_{k}": f"""\
INLINE {kind} log1p_{k}({kind} x) {{ /* log(u) and what 1 + x lost in u */
    {kind} u = {number(1.0)} + x, c = (x - (u - {number(1.0)})) / u;
    {kind} t = log_{k}(u);
    return u > {number(2.0 ** (width + 2))} || u == 0 ? t : u == {number(1.0)} ? x : t + c;
}}""",
        f"sin_{k}": f"""\
INLINE {kind} sin_{k}({kind} x) {{
    {turned}
    {kind} z = r * r, h = {half} * z, {powers("z", 4)}, w = {number(1.0)} - h;
    {kind} s = {fma}(r * z, {sine}, r), c = w + ((({number(1.0)} - w) - h) + z * z * ({cosine}));
    {kind} y = q & 1 ? c : s;
    y = q & 2 ? -y : y;
    return x == 0 ? x : y;
}}""",
        f"cos_{k}": f"""\
INLINE {kind} cos_{k}({kind} x) {{
    {turned}
    {kind} z = r * r, h = {half} * z, {powers("z", 4)}, w = {number(1.0)} - h;
    {kind} s = {fma}(r * z, {sine}, r), c = w + ((({number(1.0)} - w) - h) + z * z * ({cosine}));
    {kind} y = q & 1 ? s : c;
    return (q + 1) & 2 ? -y : y;
}}""",
    }


FUNCTIONS = {**of_kind("double"), **of_kind("float")}


def needed(names: dict[str, int]) -> str:
    """The C of these functions, of which it is given how often they are called, and of those that they call.

    If there are many calls, the functions are not written into them: 2 s, and not 30, for gcc and 700 calls.
    """
    head = "OUTSIDE" if sum(names.values()) > MOST_INSIDE else "INLINE"
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in FUNCTIONS:
            if other != name and f"{other}(" in FUNCTIONS[name] and other not in found:
                visit(other)
        found[name] = None

    for name in FUNCTIONS:
        if name in names and name not in found:
            visit(name)
    return "\n".join(FUNCTIONS[name].replace("INLINE", head if name in names else "INLINE", 1) for name in found)
