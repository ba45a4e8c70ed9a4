"""What losses share: operands of equal shapes, checks of their numbers, and reductions.

reduction: "mean" and "sum" are over all elements, and "none" gives every element's own loss. A mean
is the sum divided by the number n of elements, so a learning rate that suits the sum is to
be multiplied by n for the same steps. A mean over nothing is refused: it would be nan.

Shapes must be equal: an input (n, 1) against a target (n,) would broadcast to (n, n), and train
towards something else without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from autograd_mini import ShapeError, UsageError, Value, array, is_compiling, stop_gradient

from .checks import check_choice, shape_of

__all__ = [
    "TINY",
    "Reduction",
    "as_operand",
    "as_precise",
    "check_each",
    "check_positive",
    "check_reduction",
    "check_signs",
    "data_of",
    "dtype_of",
    "floored",
    "in_precision_of",
    "kind_of",
    "matched",
    "reduced",
    "weighted",
]

Reduction = Literal["mean", "sum", "none"]

# 1e-12 in single precision, which PyTorch has in double precision too.
TINY = float(np.float32(1e-12))


def matched(where: str, reduction: str, **named: Any) -> list[Any]:
    """Operands of equal shapes, lists made into arrays, and whole numbers in the precision of the first operand.

    Raises: ShapeError for shapes that differ, or a mean over nothing; UsageError for another reduction.
    """
    operands = [as_operand(x) for x in named.values()]
    first, shape = operands[0], shape_of(operands[0])
    for name, x in zip(named, operands, strict=True):
        if shape_of(x) != shape:
            raise ShapeError(
                f"{where}: got {next(iter(named))} of shape {shape} and {name} of shape {shape_of(x)}; they must be "
                "equal, as broadcasting would pair each element of one with many of the other; reshape one of them"
            )
    check_reduction(where, reduction, shape)
    return [first, *(in_precision_of(first, x) for x in operands[1:])]


def check_reduction(where: str, reduction: str, shape: tuple[int, ...], more: tuple[str, ...] = ()) -> None:
    """Raise UsageError for another reduction, and ShapeError for a mean over losses of a shape without elements."""
    check_choice(where, "reduction", reduction, ("sum", "mean", "none", *more))
    if reduction not in {"sum", "none"} and 0 in shape:
        raise ShapeError(f"{where}: got arrays of shape {shape}; a mean needs an element; leave this batch out")


def reduced(losses: Any, reduction: str) -> Any:
    """The losses of all elements, as the reduction says."""
    if reduction == "none" or shape_of(losses) == ():
        return losses
    return losses.sum() if reduction == "sum" else losses.mean()


def weighted(where: str, weight: Any, like: Any, *, broadcast: bool = False) -> Any:
    """A weight for each element, in the precision of `like`; broadcast: one that broadcasts to its shape will do.

    Raises: ShapeError for another shape.
    """
    weight, shape = as_operand(weight), shape_of(like)
    fits = shape_of(weight) == shape or (broadcast and is_broadcast(shape_of(weight), shape))
    if not fits:
        raise ShapeError(
            f"{where}: got a weight of shape {shape_of(weight)} for losses of shape {shape}; "
            f"{'it must broadcast to them' if broadcast else 'they must be equal'}; reshape the weight"
        )
    return as_precise(weight, like)


def is_broadcast(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Whether arrays of a shape broadcast to a larger one."""
    return len(shape) <= len(larger) and all(n in {1, m} for n, m in zip(shape[::-1], larger[::-1], strict=False))


def as_operand(x: Any) -> Any:
    """A list as the array that it stands for; anything else as it is."""
    return array(x) if isinstance(x, (list, tuple)) else x


def kind_of(x: Any) -> str:
    """The kind of numbers: "f" for real ones, "i", "u" and "b" for whole ones and truth values."""
    return str(dtype_of(x).kind)


def in_precision_of(like: Any, x: Any) -> Any:
    """Whole numbers and truth values in an array as real numbers in the precision of `like`; the rest as it is."""
    return x.astype(dtype_of(like)) if hasattr(x, "dtype") and kind_of(x) in "biu" and kind_of(like) == "f" else x


def as_precise(x: Any, like: Any) -> Any:
    """Plain numbers as real numbers in the precision of `like`; a Value as it is."""
    return x if isinstance(x, Value) or kind_of(like) != "f" else np.asarray(x, dtype_of(like))


def dtype_of(x: Any) -> Any:
    """The dtype of a Value, an array or a number."""
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def floored(x: Any, least: float) -> Any:
    """x, or `least` where x is below it; the derivative is 1 there too, as PyTorch's is."""
    return x + stop_gradient(np.maximum(least - x, 0.0))


def data_of(x: Any) -> Any:
    """The numbers of a Value or of anything else, to be checked and nothing more; None of a Value in compiled code."""
    if isinstance(x, Value):
        return None if is_compiling() else np.asarray(x.detach().data)
    return np.asarray(x)


def check_each(where: str, name: str, x: Any, is_good: Callable[[Any], Any], need: str) -> None:
    """Raise UsageError, naming the first number that is not good, and its place."""
    data = data_of(x)
    if data is None:
        return
    good = is_good(data)
    if not np.all(good):
        place = tuple(map(int, np.unravel_index(int(np.argmin(good)), data.shape)))
        raise UsageError(f"{where}: got {name} {data[place]}{f' in place {place}' if place else ''}; {need}")


def check_signs(where: str, target: Any) -> None:
    """Raise UsageError for targets other than 1 and -1."""
    check_each(
        where, "target", target, lambda t: np.abs(t) == 1, "a target is 1 or -1; write 2 * target - 1 for those of 0, 1"
    )


def check_positive(where: str, name: str, x: float, *, zero: bool = False) -> None:
    """Raise UsageError unless a setting is a number above 0, or from 0 on."""
    if isinstance(x, Value) or not (x > 0 or (zero and x == 0)):
        raise UsageError(
            f"{where}: got {name} = {x!r}; it must be a number {'from' if zero else 'above'} 0{' on' * zero}; "
            f"give another {name}"
        )
