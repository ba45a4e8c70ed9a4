"""The passengers of an airline that does not exist, month by month, and the next three years as an LSTM expects them.

The series grows, has a season that grows with it, and is noisy, as the famous one of 1949 to 1960 is. The network
sees how the logarithm changes from month to month, learns to tell the next change, and then forecasts by
believing itself. What it is to beat says that next year is this year, and as much higher as the last one was.

    python examples/forecast.py [--epochs 150] [--seed 0] [--out out/]

Writes forecast.png. Needs matplotlib: pip install 'autograd-mini[examples]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nn import LSTM, Adam, Linear, Module, clip_grad_norm_, mse_loss, summary

YEAR, KNOWN, AHEAD = 12, 12 * 12, 3 * 12  # months


class Forecaster(Module):
    """What comes next after each step of a series.  (N, L) -> (N, L), and the state after the last step"""

    def __init__(self, hidden: int, rng: np.random.Generator) -> None:
        self.lstm = LSTM(1, hidden, batch_first=True, rng=rng)
        self.out = Linear(hidden, 1, rng=rng)

    def __call__(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """(N, L) -> (N, L), and the state"""
        hidden, state = self.lstm(x[:, :, None], state)
        return self.out(hidden)[:, :, 0], state

    def continued(self, x: Any, steps: int) -> Any:
        """The next steps of a series, each computed from those before.  (L,) -> (steps,)"""
        y, state = self(x[None])
        found = [y.data[0, -1]]
        while len(found) < steps:
            y, state = self(np.array([[found[-1]]]), state)
            found.append(y.data[0, -1])
        return np.array(found)


def main(arguments: list[str] | None = None) -> None:
    """Train on twelve years, forecast three, print the errors, and draw."""
    options = parsed(arguments)
    rng = np.random.default_rng(options.seed)
    passengers = series(KNOWN + AHEAD, rng)
    past, future = passengers[:KNOWN], passengers[KNOWN:]
    changes = np.diff(np.log(past))
    middle, spread = changes.mean(), changes.std()
    x = (changes - middle) / spread

    net = Forecaster(24, rng)
    print(summary(net, x[None, :-1]))
    windows = np.lib.stride_tricks.sliding_window_view(x, 3 * YEAR + 1)
    optimizer = Adam(net.parameters(), lr=1e-2)
    losses = []
    for epoch in range(1, options.epochs + 1):
        batch = windows[rng.choice(len(windows), 32, replace=False)]
        optimizer.zero_grad()
        found, _ = net(batch[:, :-1])
        loss = mse_loss(found[:, YEAR:], batch[:, 1 + YEAR :])  # the first year is there to find out about the season
        loss.backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if epoch % 30 == 0 or epoch == options.epochs:
            print(f"epoch {epoch:4}   loss {loss.item():.4f}")

    forecast = past[-1] * np.exp(np.cumsum(middle + spread * net.continued(x, AHEAD)))
    growth = past[-YEAR:].sum() / past[-2 * YEAR : -YEAR].sum()
    naive = np.concatenate([past[-YEAR:] * growth ** (k + 1) for k in range(AHEAD // YEAR)])
    for name, found in (("the LSTM", forecast), ("last year again", naive)):
        print(f"mean error of {name} over {AHEAD} months: {np.mean(np.abs(found / future - 1)):.1%}")
    print(f"wrote {drawing(passengers, forecast, naive, losses, options.out)}")


def series(months: int, rng: np.random.Generator) -> Any:
    """Growth of a tenth a year, a summer and a smaller winter peak, and noise that lasts a while."""
    t = np.arange(months)
    season = 0.18 * np.sin(2 * np.pi * (t - 3) / YEAR) + 0.08 * np.cos(4 * np.pi * t / YEAR)
    noise = np.zeros(months)
    for i in range(1, months):
        noise[i] = 0.6 * noise[i - 1] + 0.02 * rng.standard_normal()
    return 110 * np.exp(0.1 * t / YEAR + season + noise)


def drawing(passengers: Any, forecast: Any, naive: Any, losses: list[float], folder: Path) -> Path:
    """Draw the series, the two forecasts of its end, and the loss."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2.4, 1))
    years = np.arange(len(passengers)) / YEAR
    left.plot(years, passengers, color="black", linewidth=1, label="passengers")
    left.plot(years[KNOWN:], forecast, color="tab:blue", label="LSTM")
    left.plot(years[KNOWN:], naive, color="tab:orange", linestyle="--", label="last year again")
    left.axvspan(KNOWN / YEAR, years[-1], color="lightgrey", alpha=0.4)
    left.set(xlabel="year", ylabel="thousands of passengers", title="three years that it has not seen")
    left.legend()
    right.plot(losses)
    right.set(xlabel="epoch", ylabel="mean square", title="error of the next change", yscale="log")
    path = folder / "forecast.png"
    figure.savefig(path, dpi=120)
    return path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line; the folder for the picture is there afterwards."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=150, help="steps of training (default: 150)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the picture (default: out/)")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: got {options.epochs}; it must be 1 or more")
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
