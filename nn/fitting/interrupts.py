"""Ctrl-C that waits until a step is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

__all__ = ["Interrupts"]


class Interrupts:
    """While entered, a first Ctrl-C waits for `check`; a second is raised at once, unless `shielded` holds it off too.

    What comes of it is what would have come without this: the handler of SIGINT that was there is called, which raises
    KeyboardInterrupt if nobody has set another. In threads other than the main one, where Python handles no signals,
    and where SIGINT is ignored, it does nothing.
    """

    def __init__(self) -> None:
        self.pressed = 0
        self.depth = 0
        self.previous: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self.previous = signal.signal(signal.SIGINT, self.noted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.previous is None:
            return
        signal.signal(signal.SIGINT, self.previous)
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.check()

    def noted(self, number: int, frame: Any) -> None:
        """Handle SIGINT: count it, and raise the second."""
        self.pressed += 1
        if self.pressed > 1 and not self.depth:
            self.passed_on(frame)

    def check(self) -> None:
        """Let an interrupt that waits come."""
        if self.pressed:
            self.passed_on(None)

    def passed_on(self, frame: Any) -> None:
        """Do what was done before on SIGINT."""
        self.pressed = 0
        self.previous(signal.SIGINT, frame)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """A block that nothing interrupts."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
