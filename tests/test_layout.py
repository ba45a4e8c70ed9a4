"""The layout: every card, label and line has room of its own."""

import random
import time
from itertools import combinations, pairwise

import pytest

from autograd_mini.layout import columns, inversions, layered, passed, spread

CARD, LABEL = (80.0, 50.0), (30.0, 15.0)


def random_drawing(seed, n=40, more=1.5):
    rng = random.Random(seed)  # noqa: S311  # no secret
    cards = [(rng.uniform(40, 160), rng.uniform(30, 90)) for _ in range(n)]
    lines = [(rng.randrange(v), v) for v in range(1, n) for _ in range(rng.choice((0, 1, int(2 * more))))]
    labels = [rng.choice([(0.0, 0.0), (rng.uniform(10, 60), 15.0)]) for _ in lines]
    return cards, lines, labels


def overlap(p, size_p, q, size_q):
    return (
        abs(p[0] - q[0]) < (size_p[0] + size_q[0]) / 2 - 1e-6 and abs(p[1] - q[1]) < (size_p[1] + size_q[1]) / 2 - 1e-6
    )


DRAWINGS = [random_drawing(seed) for seed in range(12)]


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(12))
def test_cards_and_labels_do_not_overlap(drawing):
    cards, lines, labels = drawing
    plan = layered(*drawing)
    boxes = [*zip(plan.cards, cards, strict=True)]
    boxes += [(p, size) for p, size in zip(plan.labels, labels, strict=True) if size[0]]
    assert len(plan.lines) == len(lines)
    assert not any(overlap(*a, *b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(12))
def test_everything_lies_within_the_size(drawing):
    cards, _, labels = drawing
    plan = layered(*drawing)
    width, height = plan.size
    for (x, y), (w, h) in [*zip(plan.cards, cards, strict=True), *zip(plan.labels, labels, strict=True)]:
        assert -1e-6 <= x - w / 2 <= x + w / 2 <= width + 1e-6
        assert -1e-6 <= y - h / 2 <= y + h / 2 <= height + 1e-6
    for x, y in (point for line in plan.lines for point in line):
        assert -1e-6 <= x <= width + 1e-6
        assert -1e-6 <= y <= height + 1e-6


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(12))
def test_lines_run_forward_from_edge_to_edge_and_never_over_a_card(drawing):
    cards, lines, _ = drawing
    plan = layered(*drawing)
    for (u, v), points in zip(lines, plan.lines, strict=True):
        assert points[0][0] == pytest.approx(plan.cards[u][0] + cards[u][0] / 2)
        assert points[-1][0] == pytest.approx(plan.cards[v][0] - cards[v][0] / 2)
        assert all(p[0] <= q[0] + 1e-6 for p, q in pairwise(points))
        for (px, py), (qx, qy) in pairwise(points):
            low, high = min(py, qy), max(py, qy)
            for i, ((x, y), (w, h)) in enumerate(zip(plan.cards, cards, strict=True)):
                beside = qx <= x - w / 2 + 1e-6 or px >= x + w / 2 - 1e-6
                assert i in (u, v) or beside or high <= y - h / 2 + 1e-6 or low >= y + h / 2 - 1e-6


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(12))
def test_a_line_passes_through_its_label(drawing):
    plan = layered(*drawing)
    for (x, y), size, points in zip(plan.labels, drawing[2], plan.lines, strict=True):
        if size[0]:
            assert any(p[1] == pytest.approx(y) == q[1] and p[0] <= x <= q[0] for p, q in pairwise(points))


def test_a_chain_is_straight():
    plan = layered([CARD] * 5, [(i, i + 1) for i in range(4)], [LABEL] * 4)
    assert {y for points in plan.lines for _, y in points} == {25.0}


def test_two_lines_between_the_same_cards_stay_apart():
    plan = layered([CARD] * 2, [(0, 1), (0, 1)], [LABEL] * 2)
    assert len({points[-1] for points in plan.lines}) == 2
    assert abs(plan.labels[0][1] - plan.labels[1][1]) >= LABEL[1]


def test_a_tree_has_no_crossings():
    n = 31
    lines = sorted((n - 1 - child, n - 1 - (child - 1) // 2) for child in range(1, n))
    plan = layered([CARD] * n, lines, [LABEL] * len(lines))
    by_column = {}
    for (_, v), points in zip(lines, plan.lines, strict=True):
        by_column.setdefault(points[0][0], []).append((points[0][1], points[-1][1], v))
    for ends in by_column.values():
        arrivals = [end for _, end, _ in sorted(ends)]
        assert arrivals == sorted(arrivals)


def test_cards_of_a_column_keep_their_order_where_nothing_crosses():
    plan = layered([CARD] * 4, [(0, 3), (1, 3), (2, 3)], [LABEL] * 3)
    heights = [plan.cards[i][1] for i in range(3)]
    assert heights == sorted(heights)


def test_cards_without_lines_and_no_cards_at_all_have_a_layout():
    assert layered([], [], []).size == (0.0, 0.0)
    plan = layered([CARD] * 3, [], [])
    assert plan.size[0] == CARD[0]
    assert len({y for _, y in plan.cards}) == 3


def test_the_layout_is_the_same_every_time():
    assert layered(*DRAWINGS[0]) == layered(*DRAWINGS[0])


def test_a_card_stands_just_before_the_first_that_needs_it():
    assert columns(4, [(0, 1), (1, 2), (2, 3)]) == [0, 1, 2, 3]
    assert columns(4, [(0, 2), (1, 3), (2, 3)]) == [0, 1, 1, 2]
    assert passed(3, [(0, 1), (1, 2), (0, 2)]) == 1


def test_inversions_count_pairs_in_the_wrong_order():
    rng = random.Random(0)  # noqa: S311  # no secret
    for _ in range(50):
        ranks = [rng.randrange(8) for _ in range(12)]
        assert inversions(ranks) == sum(a > b for a, b in combinations(ranks, 2))


def test_heights_are_the_nearest_that_keep_their_distances():
    assert spread([0.0, 10.0], [1.0, 1.0], [0.0, 5.0]) == [0.0, 10.0]
    assert spread([5.0, 5.0], [3.0, 1.0], [0.0, 4.0]) == [4.0, 8.0]
    rng = random.Random(1)  # noqa: S311  # no secret
    for _ in range(50):
        wanted = [rng.uniform(0, 10) for _ in range(6)]
        least = [2.0 * i for i in range(6)]
        found = spread(wanted, [1.0] * 6, least)
        assert all(b - a >= 2.0 - 1e-9 for a, b in pairwise(found))
        cost = sum((a - b) ** 2 for a, b in zip(found, wanted, strict=True))
        for i in range(6):  # no block can be moved for the better
            for step in (1e-4, -1e-4):
                for j in range(i, 6):
                    moved = [v + step if i <= k <= j else v for k, v in enumerate(found)]
                    if all(b - a >= 2.0 - 1e-9 for a, b in pairwise(moved)):
                        assert sum((a - b) ** 2 for a, b in zip(moved, wanted, strict=True)) >= cost - 1e-9


@pytest.mark.slow
def test_a_thousand_cards_take_a_few_seconds_even_when_all_lines_are_long():
    n = 1000
    started = time.perf_counter()
    lines = [(i, i + 1) for i in range(n - 1)] + [(0, v) for v in range(2, n)]
    plan = layered([CARD] * n, lines, [LABEL] * len(lines))
    assert len(plan.cards) == n
    assert time.perf_counter() - started < 10
