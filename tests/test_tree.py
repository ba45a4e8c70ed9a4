"""Trees: containers as flat lists of leaves, and back."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd_mini import ShapeError, Value
from autograd_mini.tree import flatten, is_number, map_leaves, structure


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass(frozen=True)
class Fit:
    slope: Any
    offset: Any


TREES = [
    1.0,
    [1.0, 2.0],
    (1.0, [2.0, (3.0,)]),
    {"a": 1.0, "b": {"c": 2.0}},
    OrderedDict(z=1.0, a=2.0),
    Point(1.0, [2.0, 3.0]),
    Fit(1.0, (2.0, 3.0)),
    [],
    {},
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_a_tree_rebuilt_from_its_own_leaves_equals_it(tree):
    leaves, rebuild = flatten(tree)
    assert rebuild(leaves) == tree
    assert type(rebuild(leaves)) is type(tree)


def test_leaves_come_in_the_order_in_which_they_are_written():
    assert flatten({"b": [1, 2], "a": Point(3, {"z": 4})})[0] == [1, 2, 3, 4]


def test_a_value_and_an_array_are_leaves():
    v, a = Value([1.0, 2.0]), np.ones(3)
    leaves, _ = flatten([v, a])
    assert leaves[0] is v
    assert leaves[1] is a


def test_leaves_of_several_trees_are_mapped_together():
    assert map_leaves(lambda x, y: x + y, {"a": [1, 2]}, {"a": [10, 20]}) == {"a": [11, 22]}


def test_structures_of_trees_with_other_leaves_are_equal():
    assert structure({"a": [1, 2]}) == structure({"a": [3, 4]})
    assert structure({"a": [1, 2]}) != structure({"a": [1]})


def test_too_few_leaves_are_refused():
    _, rebuild = flatten([1.0, 2.0])
    with pytest.raises(ShapeError, match="got 1 leaves; the tree has 2"):
        rebuild([1.0])


@pytest.mark.parametrize("x", [1, 2.5, 1j, np.float32(1), np.ones(2), np.arange(3), Value(1.0)])
def test_numbers_arrays_and_values_are_differentiated(x):
    assert is_number(x)


@pytest.mark.parametrize("x", [True, "a", None, np.array(["a"]), np.array([True]), len, object()])
def test_other_leaves_are_static(x):
    assert not is_number(x)
