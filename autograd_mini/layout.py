"""Where the cards of a drawing go: a layered layout, from left to right.

The method of Sugiyama: every card gets a column, later than those of its operands; a line that skips
columns, and every label, gets a place of its own in each column that it crosses, so lines and labels
pass between cards and never over them; the order within a column is improved until lines cross less;
then everything is moved as close to its neighbours as the order allows. Each step is linear in the
number of places, up to a logarithm.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

__all__ = ["Layout", "layered", "passed"]

Point = tuple[float, float]
Size = tuple[float, float]

CARD_GAP, LINE_GAP = 14.0, 7.0  # the least distance, one below the other, of two cards, and of lines and labels
COLUMN_GAP, STEEP, WIDEST_GAP = 18.0, 0.1, 70.0  # columns stand further apart where lines have far to climb
MOST_PLACES = 12_000  # beyond these, the longest lines are drawn straight across
FEW_PLACES = 3_000  # up to here several orders are tried
SWEEPS, PATIENCE = 12, 4


@dataclass(frozen=True)
class Layout:
    """The centre of every card and label, and the points of every line, within (0, 0) and `size`.

    Between two points of equal height a line is straight; between others it is a curve that starts
    and ends level.
    """

    cards: list[Point]
    labels: list[Point]
    lines: list[list[Point]]
    size: Size


def layered(cards: Sequence[Size], lines: Sequence[tuple[int, int]], labels: Sequence[Size]) -> Layout:
    """The layout of cards of these sizes, lines from an earlier card to a later one, and a label on each line.

    A label of size (0, 0) takes no place.
    """
    places = Places(cards, lines, labels)
    places.reorder()
    places.settle()
    places.straighten()
    return places.layout()


class Places:
    """The places in the columns: first the cards, then what each line needs on its way."""

    def __init__(self, cards: Sequence[Size], lines: Sequence[tuple[int, int]], labels: Sequence[Size]) -> None:
        self.cards, self.lines = cards, lines
        self.sizes = list(cards)
        column = columns(len(cards), lines)
        self.column = [2 * c for c in column]  # labels stand in the odd ones
        self.before: list[list[int]] = [[] for _ in cards]
        self.after: list[list[int]] = [[] for _ in cards]
        self.ways: list[list[int]] = []
        too_long = self.length_beyond_budget(column)
        for (u, v), size in zip(lines, labels, strict=True):
            start, end = self.column[u] + 1, self.column[v]
            if column[v] - column[u] > too_long:
                start = end - 1
            way = [self.place(c, size if c == end - 1 else (0.0, 0.0)) for c in range(start, end)]
            self.ways.append([u, *way, v])
            if start == self.column[u] + 1:
                self.after[u].append(way[0])
                self.before[way[0]].append(u)
            for p, q in pairwise((*way, v)):
                self.after[p].append(q)
                self.before[q].append(p)
        self.y = [0.0] * len(self.sizes)
        self.rows = self.first_order()

    def place(self, column: int, size: Size) -> int:
        """A new place in a column."""
        self.column.append(column)
        self.sizes.append(size)
        self.before.append([])
        self.after.append([])
        return len(self.sizes) - 1

    def length_beyond_budget(self, column: list[int]) -> int:
        """How many columns a line may span and still have a place in each."""
        spent = 0
        for span in sorted(column[v] - column[u] for u, v in self.lines):
            spent += 2 * span
            if spent > MOST_PLACES:
                return span - 1
        return len(column)

    def first_order(self) -> list[list[int]]:
        """Each column's places, in the order of a walk back from the last cards: trees come out without crossings."""
        rows: list[list[int]] = [[] for _ in range(1 + max(self.column, default=-1))]
        seen = [False] * len(self.sizes)
        stack = [i for i in range(len(self.cards) - 1, -1, -1) if not self.after[i]]
        while stack:
            i = stack.pop()
            if not seen[i]:
                seen[i] = True
                rows[self.column[i]].append(i)
                stack.extend(reversed(self.before[i]))
        for i, was in enumerate(seen):
            if not was:  # the start of a line without places of its own
                rows[self.column[i]].append(i)
        return rows

    def reorder(self) -> None:
        """Sort columns by the mean place of their neighbours, to and fro, and keep the best order met.

        Best is what crosses least, and among equals what keeps the order of the cards, upside down if
        need be. A small drawing is tried from several starts.
        """
        walk = self.rows
        best = (self.crossings(), self.upset(), walk)
        few = len(self.sizes) < FEW_PLACES
        for start in (walk, [sorted(row) for row in walk]) if few else (walk,):
            for first in (0, 1) if few else (0,):
                self.rows = [row.copy() for row in start]
                best = self.best_sweep(first, best)
        self.rows = best[2]
        n = len(self.cards)
        cards = [[i for i in row if i < n] for row in self.rows]
        if 2 * sum(map(inversions, cards)) > sum(len(row) * (len(row) - 1) // 2 for row in cards):
            for row in self.rows:
                row.reverse()

    def best_sweep(self, first: int, best: tuple[int, int, list[list[int]]]) -> tuple[int, int, list[list[int]]]:
        """The best order of `best` and those met from the present one, the first sweep forward if `first` is 0."""
        rank = self.ranks()
        patience = PATIENCE
        for sweep in range(first, first + 2 * SWEEPS):
            forward = sweep % 2 == 0
            near = self.before if forward else self.after
            for row in self.rows if forward else reversed(self.rows):
                row.sort(key=lambda i: sum(rank[j] for j in near[i]) / len(near[i]) if near[i] else rank[i])
                for k, i in enumerate(row):
                    rank[i] = k / len(row)
            now = (self.crossings(), self.upset())
            patience -= 1
            if now < best[:2]:
                best, patience = (*now, [row.copy() for row in self.rows]), PATIENCE
            if not patience:
                break
        return best

    def upset(self) -> int:
        """How many pairs of cards in a column stand in another order than they came in; or all, turned over."""
        n = len(self.cards)
        cards = [[i for i in row if i < n] for row in self.rows]
        wrong = sum(map(inversions, cards))
        return min(wrong, sum(len(row) * (len(row) - 1) // 2 for row in cards) - wrong)

    def ranks(self) -> list[float]:
        """The place of each place in its column, from 0 to 1."""
        rank = [0.0] * len(self.sizes)
        for row in self.rows:
            for k, i in enumerate(row):
                rank[i] = k / len(row)
        return rank

    def crossings(self) -> int:
        """How many pairs of lines cross between neighbouring columns."""
        total = 0
        for row in self.rows[1:]:
            if not row:
                continue
            rank = {j: k for k, j in enumerate(self.rows[self.column[row[0]] - 1])}
            ends = [k for i in row for k in sorted(rank[j] for j in self.before[i])]
            total += inversions(ends)
        return total

    def settle(self) -> None:
        """Heights: to and fro, each column moves to the mean height of its neighbours, in order and without overlap.

        A line that is the only one at both of its ends pulls most: it becomes straight.
        """
        offsets = [self.offsets(row) for row in self.rows]
        for row, least in zip(self.rows, offsets, strict=True):
            for i, y in zip(row, least, strict=True):
                self.y[i] = y - least[-1] / 2
        back = [[(j, 1 / (len(self.after[j]) * len(near))) for j in near] for near in self.before]
        on = [[(j, 1 / (len(self.before[j]) * len(near))) for j in near] for near in self.after]
        both = [b + o for b, o in zip(back, on, strict=True)]
        for sweep in range(2 * SWEEPS):
            forward = sweep % 2 == 0
            pulls = both if sweep > 1 else back if forward else on
            for c in range(len(self.rows)) if forward else reversed(range(len(self.rows))):
                row = self.rows[c]
                weights = [sum(w for _, w in pulls[i]) for i in row]
                wanted = [
                    sum(w * self.y[j] for j, w in pulls[i]) / total if total else self.y[i]
                    for i, total in zip(row, weights, strict=True)
                ]
                heights = spread(wanted, [w or 0.1 for w in weights], offsets[c])
                for i, y in zip(row, heights, strict=True):
                    self.y[i] = y

    def straighten(self) -> None:
        """Each line level for as far as its neighbours leave room, from where it leaves its card."""
        above: list[int | None] = [None] * len(self.sizes)
        below: list[int | None] = [None] * len(self.sizes)
        for row in self.rows:
            for i, j in pairwise(row):
                below[i], above[j] = j, i
        for _ in range(2):
            leave, arrive = self.ports()
            for k, way in enumerate(self.ways):
                rest = way[1:-1]
                while rest:
                    low, high = -inf, inf
                    run = 0
                    for i in rest:
                        a, b = above[i], below[i]
                        least = max(low, -inf if a is None else self.y[a] + self.distance(a, i))
                        most = min(high, inf if b is None else self.y[b] - self.distance(i, b))
                        if least > most + 1e-9 and run:
                            break
                        low, high, run = least, most, run + 1
                    y = arrive[k] if len(way) > 3 or len(self.after[way[0]]) > 1 else leave[k]
                    y = max(low, min(high, y))
                    for i in rest[:run]:
                        self.y[i] = y
                    rest = rest[run:]

    def distance(self, i: int, j: int) -> float:
        """How far apart two neighbours in a column must at least be."""
        n = len(self.cards)
        return (self.sizes[i][1] + self.sizes[j][1]) / 2 + (CARD_GAP if i < n and j < n else LINE_GAP)

    def offsets(self, row: list[int]) -> list[float]:
        """How far below the first place of a column each must at least be."""
        least = [0.0] if row else []
        for i, j in pairwise(row):
            least.append(least[-1] + self.distance(i, j))
        return least

    def layout(self) -> Layout:
        """The heights as they are, with columns far enough apart for the lines between them."""
        leave, arrive = self.ports()
        widths = [max((self.sizes[i][0] for i in row), default=0.0) for row in self.rows]
        climbs = [0.0] * len(self.rows)  # the steepest line between a column and the one before
        for k, way in enumerate(self.ways):
            heights = [leave[k], *(self.y[i] for i in way[1:-1]), arrive[k]]
            for j, (p, q) in zip(way[1:], pairwise(heights), strict=True):
                climbs[self.column[j]] = max(climbs[self.column[j]], abs(p - q))
        left, x = [], 0.0
        for c, width in enumerate(widths):
            x += min(COLUMN_GAP + STEEP * climbs[c], WIDEST_GAP) if c else 0.0
            left.append(x)
            x += width
        top = min((self.y[i] - s[1] / 2 for i, s in enumerate(self.sizes)), default=0.0)
        bottom = max((self.y[i] + s[1] / 2 for i, s in enumerate(self.sizes)), default=0.0)
        middle = [left[c] + widths[c] / 2 for c in self.column]
        lines = []
        for k, way in enumerate(self.ways):
            u, v = way[0], way[-1]
            first, last = self.column[u], self.column[v]
            points = [(middle[u] + self.sizes[u][0] / 2, leave[k]), (left[first] + widths[first], leave[k])]
            for i in way[1:-1]:
                c = self.column[i]
                points += [(left[c], self.y[i]), (left[c] + widths[c], self.y[i])]
            points += [(left[last], arrive[k]), (middle[v] - self.sizes[v][0] / 2, arrive[k])]
            lines.append([(px, py - top) for px, py in points])
        return Layout(
            [(middle[i], self.y[i] - top) for i in range(len(self.cards))],
            [(middle[i], self.y[i] - top) for i in (w[-2] for w in self.ways)],
            lines,
            (x, bottom - top),
        )

    def ports(self) -> tuple[list[float], list[float]]:
        """The height at which each line leaves its first card, and at which it arrives at its last: side by side."""
        leaving: list[list[int]] = [[] for _ in self.cards]
        arriving: list[list[int]] = [[] for _ in self.cards]
        for k, way in enumerate(self.ways):
            leaving[way[0]].append(k)
            arriving[way[-1]].append(k)
        leave, arrive = [0.0] * len(self.ways), [0.0] * len(self.ways)
        for i, (_, height) in enumerate(self.cards):
            for here, found, step in ((leaving[i], leave, 1), (arriving[i], arrive, -2)):
                toward = sorted((self.y[self.ways[k][step]], k) for k in here)
                gap = min(10.0, (height - 14.0) / max(len(here), 1))
                for rank, (_, k) in enumerate(toward):
                    found[k] = self.y[i] + gap * (rank - (len(here) - 1) / 2)
                if len(here) == 1 and abs(toward[0][0] - self.y[i]) < height / 4:
                    found[here[0]] = toward[0][0]  # a line by itself stays level
        return leave, arrive


def columns(n: int, lines: Sequence[tuple[int, int]]) -> list[int]:
    """A column for each of n cards: just before the first card that needs it."""
    after: list[list[int]] = [[] for _ in range(n)]
    for u, v in lines:
        after[u].append(v)
    back = [0] * n
    for u in reversed(range(n)):
        back[u] = 1 + max((back[v] for v in after[u]), default=-1)
    last = max(back, default=0)
    return [last - b for b in back]


def passed(n: int, lines: Sequence[tuple[int, int]]) -> int:
    """How many columns the lines between n cards pass by in all: how long-winded the drawing is."""
    column = columns(n, lines)
    return sum(column[v] - column[u] - 1 for u, v in lines)


def inversions(ranks: Iterable[int]) -> int:
    """How many pairs stand in the wrong order."""
    total = 0
    met: list[int] = []
    for r in reversed(list(ranks)):
        at = bisect_left(met, r)
        total += at
        met.insert(at, r)
    return total


def spread(wanted: Sequence[float], weights: Sequence[float], least: Sequence[float]) -> list[float]:
    """The heights nearest to those wanted (least squares) that keep the order and the distances of `least`.

    Source: the pool-adjacent-violators algorithm for isotonic regression.

    Example
    -------
    >>> spread([0.0, 0.0, 9.0], [1.0, 1.0, 1.0], [0.0, 2.0, 4.0])
    [-1.0, 1.0, 9.0]
    """
    blocks: list[list[float]] = []  # mean, weight, count
    for y, w, low in zip(wanted, weights, least, strict=True):
        block = [y - low, w, 1]
        while blocks and blocks[-1][0] > block[0]:
            mean, weight, count = blocks.pop()
            total = weight + block[1]
            block = [(mean * weight + block[0] * block[1]) / total, total, count + block[2]]
        blocks.append(block)
    levels = (mean for mean, _, count in blocks for _ in range(int(count)))
    return [level + low for level, low in zip(levels, least, strict=True)]
