"""Numbers around arrays: zeros, a constant, or numbers of the array itself, as a function and as modules."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd_mini import ShapeError, UsageError, linear

from .checks import check_choice, shape_of
from .module import Module
from .windows import Pairs, as_operand, batched, unbatched

__all__ = [
    "MODES",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "pad",
    "padded",
    "surrounded",
    "unpadded",
]

# PyTorch's names of what stands around an array, and NumPy's.
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(
    input: Any,  # noqa: A002  # the name that users of PyTorch know
    pad: Any,
    mode: str = "constant",
    value: float | None = None,
) -> Any:
    """An array with numbers around its last axes.  pad: (before, behind) of the last axis, then of the one before it.

    mode: "constant" for `value`, or 0; "reflect" for the numbers next to the edge, turned round; "replicate" for those
    on the edge; "circular" for those of the other end. Negative numbers cut off as many.

    Raises: UsageError for an odd number of numbers, or more than there are axes, an unknown mode, or a value with
    another mode than "constant"; ShapeError for more numbers than the array can give.

    Example
    -------
    >>> pad([[1.0, 2.0, 3.0]], (1, 2), mode="reflect").tolist()
    [[2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """
    x = as_operand(input)
    n = len(shape_of(x))
    given = tuple(pad) if isinstance(pad, (tuple, list)) else ()
    whole = all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in given)
    if not given or len(given) % 2 or len(given) > 2 * n or not whole:
        raise UsageError(
            f"pad: got pad = {pad!r} for shape {shape_of(x)}; it is a (before, behind) for each axis, the last one "
            "first, in one tuple of whole numbers; give such a tuple"
        )
    check_choice("pad", "mode", mode, ("constant", *MODES))
    if value is not None and mode != "constant":
        raise UsageError(f'pad: got value = {value} with mode={mode!r}; only "constant" takes a value; leave it out')
    pairs = tuple((int(given[i]), int(given[i + 1])) for i in range(len(given) - 2, -1, -2))
    return surrounded("pad", x, pairs, mode, 0.0 if value is None else value)


def surrounded(where: str, x: Any, pairs: Pairs, mode: str, value: float = 0.0) -> Any:
    """An array with numbers around its last axes, a (before, behind) for each in order; negative ones cut off.

    Raises: ShapeError for more numbers than the array can give.
    """
    shape = shape_of(x)
    lead = len(shape) - len(pairs)
    most = {n: {"reflect": n - 1, "circular": n, "replicate": n and np.inf}.get(mode, np.inf) for n in shape[lead:]}
    if any(max(p) > most[n] or sum(p) < -n for p, n in zip(pairs, shape[lead:], strict=True)):
        raise ShapeError(
            f"{where}: got x of shape {shape} and padding {pairs} of mode {mode!r}; "
            "an axis must be longer than what is taken from it; give a longer x, or less padding"
        )
    if any(min(p) < 0 for p in pairs):
        cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, shape[lead:], strict=True))
        x = x[(..., *cut)]
        pairs = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if mode != "constant":
        return padded(x, pairs=pairs, mode=MODES[mode])
    options: Any = {"constant_values": value} if value else {}
    return np.pad(x, ((0, 0),) * lead + pairs, **options)


@linear(
    name="nn.pad",
    transpose=lambda g, x, pairs, mode: added_inside(g, pairs, mode),
    samples=lambda a: [
        (a(2, 4), {"pairs": ((2, 3),), "mode": "reflect"}),
        (a(1, 3, 4), {"pairs": ((2, 0), (0, 3)), "mode": "edge"}),
        (a(2, 3), {"pairs": ((0, 2), (3, 1)), "mode": "wrap"}),
    ],
)
def padded(x: Any, /, pairs: Pairs, mode: str) -> Any:
    """An array with its own numbers around its last axes, in one of NumPy's modes."""
    whole: Any = ((0, 0),) * (x.ndim - len(pairs)) + pairs
    return np.pad(x, whole, mode=mode)  # type: ignore[call-overload]  # one of the modes


def added_inside(g: Any, pairs: Pairs, mode: str) -> Any:
    """The transpose of `padded`, which is declared with it."""
    return unpadded(g, pairs=pairs, mode=mode)


@linear(
    name="nn.pad_transpose",
    transpose=lambda g, y, **options: padded(g, **options),
    samples=lambda a: [
        (a(2, 9), {"pairs": ((2, 3),), "mode": "reflect"}),
        (a(5, 7), {"pairs": ((2, 0), (0, 3)), "mode": "edge"}),
        (a(5, 7), {"pairs": ((0, 2), (3, 1)), "mode": "wrap"}),
    ],
)
def unpadded(g: Any, /, pairs: Pairs, mode: str) -> Any:
    """The inside of an array, with each number around it added to the one that it was."""
    for axis, (before, behind) in enumerate(pairs, g.ndim - len(pairs)):
        n = g.shape[axis] - before - behind
        first = (slice(None),) * axis
        x = g[(*first, slice(before, before + n))].copy()
        places = np.pad(np.arange(n), (before, behind), mode=mode)  # type: ignore[call-overload]  # one of the modes
        for i in (*range(before), *range(before + n, before + n + behind)):
            x[(*first, places[i])] += g[(*first, i)]
        g = x
    return g


# ---- modules


class Padding(Module):
    """Numbers around the last n axes; a class says how many, and what stands there.

    Raises: UsageError for what is neither a whole number nor 2 n of them; ShapeError, when called, for x with another
    number of axes, or too short.
    """

    n: ClassVar[int]
    mode: ClassVar[str] = "constant"
    value: float = 0.0

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        given = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * (2 * self.n)
        if len(given) != 2 * self.n or not all(isinstance(k, (int, np.integer)) for k in given):
            raise UsageError(
                f"{type(self).__name__}: got padding = {padding!r}; it is a whole number, or {2 * self.n} of them, "
                "(before, behind) for each axis, the last one first; give those"
            )
        self.padding = given

    def __call__(self, x: Any) -> Any:
        """(N, C, *lengths) -> (N, C, *lengths), longer by the padding; also without N."""
        where = type(self).__name__
        x, alone = batched(where, x, self.n)
        pairs = tuple((self.padding[2 * i], self.padding[2 * i + 1]) for i in reversed(range(self.n)))
        return unbatched(surrounded(where, x, pairs, self.mode, self.value), alone)


class ZeroPad1d(Padding):
    """Zeros around the last axis.  (N, C, L) -> (N, C, L_out)"""

    n = 1


class ZeroPad2d(Padding):
    """Zeros around the last two axes.  (N, C, H, W) -> (N, C, H_out, W_out)

    Example
    -------
    >>> ZeroPad2d((1, 0, 0, 0))(np.ones((1, 1, 1, 2))).tolist()
    [[[[0.0, 1.0, 1.0]]]]
    """

    n = 2


class ZeroPad3d(Padding):
    """Zeros around the last three axes."""

    n = 3


class ConstantPad1d(Padding):
    """A number around the last axis.  (N, C, L) -> (N, C, L_out)"""

    n = 1

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value


class ConstantPad2d(ConstantPad1d):
    """A number around the last two axes.  (N, C, H, W) -> (N, C, H_out, W_out)"""

    n = 2


class ConstantPad3d(ConstantPad1d):
    """A number around the last three axes."""

    n = 3


class ReflectionPad1d(Padding):
    """The numbers next to the edge, turned round, around the last axis.  (N, C, L) -> (N, C, L_out)

    Example
    -------
    >>> ReflectionPad1d(1)([[[1.0, 2.0, 3.0]]]).tolist()
    [[[2.0, 1.0, 2.0, 3.0, 2.0]]]
    """

    n, mode = 1, "reflect"


class ReflectionPad2d(Padding):
    """The numbers next to the edges, turned round, around the last two axes."""

    n, mode = 2, "reflect"


class ReflectionPad3d(Padding):
    """The numbers next to the edges, turned round, around the last three axes."""

    n, mode = 3, "reflect"


class ReplicationPad1d(Padding):
    """The numbers on the edge around the last axis.  (N, C, L) -> (N, C, L_out)"""

    n, mode = 1, "replicate"


class ReplicationPad2d(Padding):
    """The numbers on the edges around the last two axes."""

    n, mode = 2, "replicate"


class ReplicationPad3d(Padding):
    """The numbers on the edges around the last three axes."""

    n, mode = 3, "replicate"


class CircularPad1d(Padding):
    """The numbers of the other end around the last axis.  (N, C, L) -> (N, C, L_out)"""

    n, mode = 1, "circular"


class CircularPad2d(Padding):
    """The numbers of the other ends around the last two axes."""

    n, mode = 2, "circular"


class CircularPad3d(Padding):
    """The numbers of the other ends around the last three axes."""

    n, mode = 3, "circular"
