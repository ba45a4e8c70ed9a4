"""Methods that NumPy's arrays have beyond the everyday ones of `Value`: each is NumPy's function of the same name."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .errors import MutationError, NoAttributeError, UsageError
from .excluded import EXCLUDED
from .ops import choosing
from .primitive import TABLE
from .record import Record

__all__ = ["ArrayMethods"]


class Missing:
    """An attribute that arrays have and Values have not: reading it raises, with the reason."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, v: Any, owner: type) -> NoReturn:
        reason = EXCLUDED[f"ndarray.{self.name}"]
        raise NoAttributeError(f"v.{self.name}: a Value has no such attribute: {reason}")


class ArrayMethods(Record):
    """The less common methods of arrays; those that write work on buffers, and are refused elsewhere."""

    __slots__ = ()

    # ---- values

    def cumprod(self, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
        """The running product along `axis`."""
        return TABLE[np.cumprod](self, axis, dtype, out)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Any:
        """Each element from the array of choices whose number stands here."""
        return choosing.choose(self, choices, out, mode)

    @property
    def flat(self) -> Any:
        """All elements in one row, as `v.ravel()`."""
        return TABLE[np.ravel](self)

    # ---- without derivative

    def argpartition(self, kth: Any, axis: int | None = -1) -> Any:
        """The places that would partition it; without derivative."""
        return choosing.argpartition(self, kth, axis)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        """Where `v` would have to be inserted; without derivative."""
        return TABLE[np.searchsorted](self, v, side=side, sorter=sorter)

    # ---- writing: into a buffer

    def fill(self, value: Any) -> None:
        """Write one number everywhere."""
        self.overwritten("fill", "np.full_like(v, value)")[...] = value

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """Sort in place."""
        b = self.overwritten("sort", "np.sort(v)")
        b[...] = TABLE[np.sort](self, axis)

    def partition(self, kth: Any, axis: int = -1) -> None:
        """Partition in place."""
        b = self.overwritten("partition", "np.partition(v, kth)")
        b[...] = choosing.partition(self, kth, axis)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Write at places of the flattened array."""
        TABLE[np.put](self.overwritten("put", "np.where(mask, values, v)"), indices, values, mode)

    def resize(self, *new_shape: Any, refcheck: bool = True) -> NoReturn:
        """Refused: a recorded array keeps its shape."""
        raise MutationError("v.resize: what was recorded is not overwritten; write y = np.resize(v, shape)")

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> NoReturn:
        """Refused: a recorded array stays as it is."""
        raise MutationError("v.setflags: what was recorded is not overwritten; write into b = v.copy()")

    def overwritten(self, method: str, instead: str) -> Any:
        """Itself, if it is an array under construction; or MutationError."""
        if not hasattr(self, "by_key"):
            raise MutationError(
                f"v.{method}: what was recorded is not overwritten; write y = {instead}, or call it on b = v.copy()"
            )
        return self

    # ---- the array API

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """NumPy: its functions take Values."""
        return np

    @property
    def device(self) -> str:
        """Where the data lie."""
        return str(getattr(self._data, "device", "cpu"))

    def to_device(self, device: str, /, *, stream: Any = None) -> Any:
        """Itself; another device is refused."""
        if device != self.device:
            raise UsageError(
                f"v.to_device: got {device!r}; the data lie on {self.device!r}; make a Value of data there"
            )
        return self

    # A __getattr__ instead would take 20 ns from every reading of a slot.
    base = Missing()
    byteswap = Missing()
    ctypes = Missing()
    dump = Missing()
    dumps = Missing()
    flags = Missing()
    getfield = Missing()
    setfield = Missing()
    strides = Missing()
    tobytes = Missing()
    tofile = Missing()
    view = Missing()
