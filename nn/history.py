"""`History`: what a training measured, by epoch and by step."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd_mini import UsageError

__all__ = ["History", "Table"]

# Colours of Okabe and Ito, which are told apart with every kind of colour vision.
TRAINING, VALIDATION, RATE = "#0072B2", "#D55E00", "#009E73"
WIDE = 20.0  # the largest over the smallest number from which a logarithmic axis shows more


class Table:
    """Columns of numbers by name, as long as each other; a row without one of them has nan there."""

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}
        self.length = 0

    def append(self, row: Mapping[str, float]) -> None:
        """Add a row."""
        for name in row:
            self.columns.setdefault(name, [math.nan] * self.length)
        for name, column in self.columns.items():
            column.append(row.get(name, math.nan))
        self.length += 1

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise UsageError(
                f"History: got {name!r}; its columns are {', '.join(self.columns) or 'none yet'}; choose one of them"
            )
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return self.length

    def rows(self) -> list[dict[str, float]]:
        """The rows, each by names."""
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a file with a line of names and a line for each row; numbers are whole to the last bit."""
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(self.columns)
            out.writerows(zip(*self.columns.values(), strict=True))

    def state(self) -> dict[str, Any]:
        """The columns as arrays."""
        return {name: np.array(column) for name, column in self.columns.items()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Hold the columns of a state instead."""
        self.columns = {name: np.asarray(column).tolist() for name, column in state.items()}
        self.length = max(map(len, self.columns.values()), default=0)


class History:
    """What a training measured: `history["loss"]` has a number for each epoch, `history.steps["loss"]` for each step.

    Columns of `epochs`: "epoch", from 1 on; "loss" and the metrics, over the batches as they were trained on; the same
    after "val_", over the validation data at the end of the epoch; and "lr", the rate of its last step. Columns of
    `steps`: "step", from 1 on, "epoch", "loss" and "lr".

    Example
    -------
    >>> history = History()
    >>> history.epochs.append({"epoch": 1, "loss": 0.5})
    >>> history["loss"]
    [0.5]
    >>> history
    <History of 1 epochs: loss 0.5>
    """

    def __init__(self) -> None:
        self.epochs, self.steps = Table(), Table()

    def __getitem__(self, name: str) -> list[float]:
        return self.epochs[name]

    def __contains__(self, name: str) -> bool:
        return name in self.epochs

    def __iter__(self) -> Iterator[str]:
        return iter(self.epochs)

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        last = [f"{name} {self[name][-1]:.4g}" for name in self if name not in ("epoch", "lr")]
        return f"<History of {len(self)} epochs: {', '.join(last) or 'nothing yet'}>"

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the epochs as a table; `history.steps.to_csv(path)` writes the steps."""
        self.epochs.to_csv(path)

    def state(self) -> dict[str, Any]:
        """All columns as arrays: what `load` takes."""
        return {"epochs": self.epochs.state(), "steps": self.steps.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Hold what another history had."""
        self.epochs.load(state["epochs"])
        self.steps.load(state["steps"])

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """The figure of matplotlib with a panel for the loss, for each metric, and for a learning rate that changes.

        It is written to `path` too, in the format of its suffix. An axis is logarithmic where that shows more: for
        losses and rates above 0 whose largest is over 20 times the smallest. Nothing of pyplot is touched.

        Raises: UsageError where there is no epoch; ImportError, which names the extra, without matplotlib.
        """
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415  # an optional dependency, slow to import
        except ImportError:
            raise ImportError(
                "History.plot: the package matplotlib is not installed; plots need it; "
                "pip install 'autograd-mini[train]', or write a table by to_csv"
            ) from None
        if not len(self):
            raise UsageError("History.plot: got no epoch; a plot needs one; train first")
        names = [k for k in self.epochs if k not in {"epoch", "lr"} and not k.startswith("val_")]
        names += [k for k in self.epochs if k.startswith("val_") and k.removeprefix("val_") not in names]
        if len(set(self.epochs.columns.get("lr", []))) > 1:
            names.append("lr")
        columns = 2 if len(names) == 4 else min(3, len(names))
        rows = -(-len(names) // columns)
        figure = Figure(figsize=(4.2 * columns + 0.6, 3.1 * rows + 0.3), layout="constrained")
        for k, name in enumerate(names):
            self.panel(figure.add_subplot(rows, columns, k + 1), name)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure

    def panel(self, axes: Any, name: str) -> None:
        """Draw a column, and that of the validation, over the epochs."""
        epochs = self["epoch"]
        drawn: list[Sequence[float]] = []
        styles = [(name, "training", TRAINING, "-", "o"), (f"val_{name}", "validation", VALIDATION, "--", "s")]
        for column, label, color, dash, marker in styles:
            if column in self:
                is_rate = column == "lr"
                axes.plot(
                    epochs,
                    self[column],
                    dash,
                    color=RATE if is_rate else color,
                    label=None if is_rate else label,
                    linewidth=1.8,
                    marker=marker if len(epochs) <= 30 else None,
                    markersize=3.5,
                )
                drawn.append(self[column])
        if len(drawn) > 1:
            axes.legend(frameon=False)
        axes.set_title("learning rate" if name == "lr" else name.replace("_", " "), fontsize=11)
        axes.set_xlabel("epoch")
        axes.locator_params(axis="x", integer=True, nbins=8)
        axes.grid(visible=True, color="#e5e7eb", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        numbers = [x for column in drawn for x in column if math.isfinite(x)]
        if name in {"loss", "val_loss", "lr"} and numbers and 0 < min(numbers) * WIDE < max(numbers):
            axes.set_yscale("log")
