"""A bar for each epoch, drawn by tqdm."""

from __future__ import annotations

import sys
import time
from typing import Any

from .callbacks import Callback
from .checks import check_choice
from .run import Run

__all__ = ["ProgressBar", "bar_for", "is_seen"]

BETWEEN = 0.1  # seconds from one writing of the numbers to the next


class ProgressBar(Callback):
    """Draws how far the epoch is, with its loss and metrics."""

    def __init__(self, tqdm: Any, epochs: int) -> None:
        self.tqdm, self.epochs = tqdm, epochs
        self.bar: Any = None
        self.written = 0.0

    def on_epoch_begin(self, run: Run) -> None:
        """Begin a bar."""
        if run.stop:
            return
        try:
            total = len(run.loader)
        except TypeError:
            total = None
        what = f"epoch {run.epoch + 1}/{self.epochs}"
        self.bar = self.tqdm(total=total, initial=run.batches, desc=what, unit="batch")

    def on_step_end(self, run: Run) -> None:
        """Move on."""
        self.bar.update()
        if time.monotonic() - self.written > BETWEEN:
            self.written = time.monotonic()
            self.bar.set_postfix_str(words(run.totals.means()), refresh=False)

    def on_epoch_end(self, run: Run) -> None:
        """Finish the bar, with the validation."""
        row = {name: column[-1] for name, column in run.history.epochs.columns.items()}
        self.bar.set_postfix_str(words({k: x for k, x in row.items() if k not in {"epoch", "lr"}}))
        self.bar.close()
        self.bar = None

    def on_fit_end(self, run: Run) -> None:
        """Leave no bar open."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def words(numbers: dict[str, Any]) -> str:
    """Names and numbers in a row."""
    return ", ".join(f"{name}={x:.4g}" for name, x in numbers.items() if not hasattr(x, "shape") or x.shape == ())


def is_seen(progress: Any) -> bool:
    """Whether progress is to be shown: if it is asked for, and by "auto" where somebody sees it."""
    if progress == "auto":
        return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return bool(progress)


def bar_for(progress: Any, epochs: int) -> list[ProgressBar]:
    """The bar that is asked for, if any.

    Raises: UsageError for another word; ImportError, which names the extra, if True finds no tqdm.
    """
    check_choice("fit", "progress", progress, (True, False, "auto"))
    if not is_seen(progress):
        return []
    try:
        from tqdm.auto import tqdm  # noqa: PLC0415  # an optional dependency, slow to import
    except ImportError:
        if progress == "auto":
            return []
        raise ImportError(
            "fit: the package tqdm is not installed; progress=True needs it; "
            "pip install 'autograd-mini[train]', or leave progress as it is"
        ) from None
    return [ProgressBar(tqdm, epochs)]
