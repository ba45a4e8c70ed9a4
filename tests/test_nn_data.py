"""Data sets, their splits, and loaders that give the same batches again."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd_mini import DtypeError, ShapeError, UsageError, Value
from nn import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
    train_test_split,
)


class Squares(Dataset):
    """Sample i is (i, i * i)."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return np.array([float(i)]), i * i


class Lines(IterableDataset):
    """Samples that are read one by one."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(float(i) for i in range(self.n))


class Pair(NamedTuple):
    """A sample with names."""

    a: Any
    b: Any


def tree(x):
    """A batch as lists."""
    if isinstance(x, dict):
        return {k: tree(v) for k, v in x.items()}
    if isinstance(x, tuple):
        return tuple(map(tree, x))
    return x.tolist() if isinstance(x, np.ndarray) else x


def batches(loader):
    return [tree(b) for b in loader]


def test_batches_are_in_order_and_the_last_is_smaller_or_left_out():
    data = TensorDataset(np.arange(5.0), np.arange(5) * 2)
    assert batches(DataLoader(data, 2)) == [([0.0, 1.0], [0, 2]), ([2.0, 3.0], [4, 6]), ([4.0], [8])]
    assert batches(DataLoader(data, 2, drop_last=True)) == [([0.0, 1.0], [0, 2]), ([2.0, 3.0], [4, 6])]
    assert batches(DataLoader(data, 9, drop_last=True)) == []


@pytest.mark.parametrize("n", [1, 4, 5, 8])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 9])
def test_length_is_the_number_of_batches(n, drop_last, batch_size):
    loader = DataLoader(Squares(n), batch_size, drop_last=drop_last)
    assert len(loader) == len(list(loader))


def test_shuffled_epochs_have_every_sample_once_in_orders_that_the_generator_decides():
    data = TensorDataset(np.arange(50))
    loader = DataLoader(data, 7, shuffle=True, rng=np.random.default_rng(3))
    again = DataLoader(data, 7, shuffle=True, rng=np.random.default_rng(3))
    epochs = [[i for (b,) in batches(loader) for i in b] for _ in range(2)]
    assert epochs == [[i for (b,) in batches(again) for i in b] for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert all(sorted(e) == list(range(50)) for e in epochs)


def test_whole_arrays_and_single_samples_give_the_same_batches():
    x, y = np.random.default_rng(0).normal(size=(11, 2, 3)).astype(np.float32), np.arange(11)
    data = TensorDataset(x, y)
    one_by_one = DataLoader([data[i] for i in range(11)], 4)
    for a, b in zip(DataLoader(data, 4), one_by_one, strict=True):
        assert [p.dtype for p in a] == [p.dtype for p in b]
        assert tree(a) == tree(b)
    part = Subset(Subset(data, [9, 3, 5]), [2, 0])
    assert batches(DataLoader(part, 2)) == batches(DataLoader([data[5], data[9]], 2))


def test_a_data_set_that_changes_the_samples_of_another_is_asked_for_each():
    class Doubled(TensorDataset):
        def __getitem__(self, i):
            return (2 * super().__getitem__(i)[0],)

    assert batches(DataLoader(Doubled(np.arange(3)), 3)) == [([0, 2, 4],)]


def test_tuples_dicts_named_tuples_lists_and_texts_are_collated_place_by_place():
    samples = [{"x": Pair(float(i), [i, i + 1]), "text": f"t{i}"} for i in range(2)]
    (batch,) = DataLoader(samples, 2)
    assert isinstance(batch["x"], Pair)
    assert tree(batch) == {"x": Pair([0.0, 1.0], [[0, 1], [1, 2]]), "text": ["t0", "t1"]}


def test_values_are_collated_to_values():
    (batch,) = DataLoader([Value([1.0, 2.0]), Value([3.0, 4.0])], 2)
    assert isinstance(batch, Value)
    assert batch.shape == (2, 2)


def test_samplers_say_the_order_and_batch_samplers_the_batches():
    data = Squares(6)
    assert [b[1] for b in batches(DataLoader(data, 2, sampler=[5, 0, 5]))] == [[25, 0], [25]]
    assert len(DataLoader(data, 2, sampler=[5, 0, 5])) == 2
    loader = DataLoader(data, batch_sampler=[[1], [2, 3]])
    assert [b[1] for b in batches(loader)] == [[1], [4, 9]]
    assert len(loader) == 2


def test_a_collate_function_of_your_own_gets_the_samples():
    assert list(DataLoader(TensorDataset(np.arange(4)), 2, collate_fn=len)) == [2, 2]


def test_data_sets_without_places_are_read_from_their_beginning():
    assert batches(DataLoader(Lines(5), 2)) == [[0.0, 1.0], [2.0, 3.0], [4.0]]
    assert batches(DataLoader(Lines(5), 2, drop_last=True)) == [[0.0, 1.0], [2.0, 3.0]]


def test_without_a_batch_size_samples_are_given_as_they_are():
    given = [([1], [2]), ([3], [4])]
    assert list(DataLoader(given, None)) == given
    assert list(DataLoader(Lines(2), None)) == [0.0, 1.0]


@pytest.mark.parametrize("data", [TensorDataset(np.arange(10)), Lines(10)], ids=["places", "lines"])
@pytest.mark.parametrize("given", [1, 3, 4])
def test_an_epoch_goes_on_where_its_state_was_taken(data, given):
    shuffle = isinstance(data, TensorDataset)
    loader = DataLoader(data, 3, shuffle, rng=np.random.default_rng(1))
    epoch = iter(loader)
    list(islice(epoch, given))
    state = loader.state()
    expected = [tree(b) for b in epoch], batches(loader)
    other = DataLoader(data, 3, shuffle, rng=np.random.default_rng(99))
    other.load(state)
    assert (batches(other), batches(other)) == expected


def test_between_epochs_a_state_begins_the_next():
    data = TensorDataset(np.arange(10))
    loader, other = (DataLoader(data, 3, shuffle=True, rng=np.random.default_rng(k)) for k in (1, 2))
    list(loader)
    other.load(loader.state())
    assert batches(other) == batches(loader)


def test_a_state_of_other_data_or_another_generator_changes_nothing():
    loader = DataLoader(Squares(10), shuffle=True, rng=np.random.default_rng(0))
    next(iter(loader))
    other = DataLoader(Squares(5), rng=np.random.default_rng(1))
    before = other.state()
    with pytest.raises(UsageError, match="there are 5 places in the data set; load it with the data"):
        other.load(loader.state())
    old = DataLoader(Squares(10), rng=np.random.Generator(np.random.MT19937(0)))
    with pytest.raises(UsageError, match="got the state of a MT19937 generator; this one is a PCG64"):
        other.load({**old.state(), "epoch": None})
    assert other.state() == before


@pytest.mark.parametrize(
    ("samples", "error", "words"),
    [
        ([np.zeros(2), np.zeros(3)], ShapeError, r"got shapes \(2,\), \(3,\) of a sample in one batch"),
        ([(1.0, 2), (1.0, 2.0)], DtypeError, r"got dtypes int64, float64 of a sample\[1\] in one batch"),
        ([np.zeros(2), np.zeros(2, np.float32)], DtypeError, "got dtypes float64, float32"),
        ([[[1], [1, 2]], [[1], [1, 2]]], ShapeError, "got a ragged list as a sample"),
        ([None, None], DtypeError, "got a NoneType as a sample"),
        ([(1, 2), (1,)], UsageError, r"got \(1, 2\) and \(1,\) as a sample in one batch; all samples must be built"),
        ([{"a": 1}, {"b": 1}], UsageError, "all samples must be built alike"),
        (["a", 1], UsageError, "got 'a' and 1 as a sample"),
    ],
)
def test_samples_that_fit_no_batch_are_named(samples, error, words):
    with pytest.raises(error, match=words):
        list(DataLoader(samples, 2))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dataset": []}, "got a list with no samples"),
        ({"dataset": 5}, "a data set has __getitem__ and __len__, or __iter__"),
        ({"dataset": iter([1])}, "which can be read once"),
        ({"dataset": Lines(3), "shuffle": True}, "which has no places, with shuffle"),
        ({"batch_size": 0}, "got batch_size = 0"),
        ({"sampler": [0], "shuffle": True}, "got a sampler and shuffle=True"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "it alone says what the batches are"),
        ({"batch_size": None, "drop_last": True}, "got drop_last without batch_size"),
    ],
    ids=str,
)
def test_loaders_refuse_settings_that_exclude_each_other(settings, words):
    with pytest.raises(UsageError, match=words):
        DataLoader(**{"dataset": Squares(3), **settings})


def test_an_empty_batch_and_places_that_are_no_numbers_are_refused():
    with pytest.raises(UsageError, match="batch_sampler gave an empty batch"):
        list(DataLoader(Squares(3), batch_sampler=[[]]))
    with pytest.raises(UsageError, match=r"DataLoader: sampler: got places .* dtype float64"):
        list(DataLoader(Squares(3), sampler=[0.5]))


def test_data_sets_stand_one_behind_the_other():
    both = Squares(2) + Squares(3)
    assert [both[i][1] for i in range(len(both))] == [0, 1, 0, 1, 4]
    assert both[-1][1] == 4
    with pytest.raises(IndexError, match="got place 5; it has 5 samples"):
        both[5]


def test_parts_drawn_by_chance_have_no_sample_in_common():
    parts = random_split(range(10), [0.5, 0.25, 0.25], np.random.default_rng(0))
    assert [len(p) for p in parts] == [6, 2, 2]
    assert sorted(p[i] for p in parts for i in range(len(p))) == list(range(10))
    assert [len(p) for p in random_split(range(10), [10, 0])] == [10, 0]


@pytest.mark.parametrize("lengths", [[3, 3], [0.5, 0.4], [], [-1, 11], [1.5, -0.5]], ids=str)
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(UsageError, match="they are numbers that add up to 10"):
        random_split(range(10), lengths)


@pytest.mark.parametrize(("test_size", "train_size"), [(None, None), (0.3, None), (5, None), (None, 0.5), (3, 6)])
@pytest.mark.parametrize("stratify", [False, True])
def test_splits_have_the_sizes_that_scikit_learn_gives(test_size, train_size, stratify):
    theirs = pytest.importorskip("sklearn.model_selection", reason="its splits are compared")
    x = np.arange(40).reshape(20, 2)
    y = np.repeat(["a", "b", "c"], [11, 6, 3])
    sizes = {"test_size": test_size, "train_size": train_size, "stratify": y if stratify else None}
    found = train_test_split(x, y, **sizes, rng=np.random.default_rng(0))
    expected = theirs.train_test_split(x, y, **sizes, random_state=0)
    assert [a.shape for a in found] == [a.shape for a in expected]
    assert not set(found[0][:, 0]) & set(found[1][:, 0])
    assert all(y[x[:, 0] == a][0] == b for a, b in zip(found[0][:, 0], found[2], strict=True))
    if stratify:
        for mine, other in zip(found[2:], expected[2:], strict=True):
            counts = [[int(np.sum(part == k)) for k in "abc"] for part in (mine, other)]
            assert np.max(np.abs(np.subtract(*counts))) <= 1
            assert min(counts[0]) >= 1


def test_without_shuffle_the_test_is_the_end():
    assert [a.tolist() for a in train_test_split(np.arange(4), shuffle=False)] == [[0, 1, 2], [3]]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (((), {}), UsageError, "got no arrays"),
        (([[1, 2], [1]], {}), ShapeError, r"got arrays of shapes \(2,\), \(1,\)"),
        (([[1, 2]], {"test_size": 2}), UsageError, "got test_size = 2 for 2 rows"),
        (([[1, 2]], {"test_size": 0.0}), UsageError, "a fraction between 0 and 1"),
        (([[1, 2, 3]], {"test_size": 2, "train_size": 2}), UsageError, "of which 2 are to train and 2 to test"),
        (([[1, 2, 3]], {"stratify": [0, 0, 1]}), UsageError, r"got the label .*1.* once"),
        (([[1, 2, 3, 4]], {"stratify": [0, 0, 1, 1], "test_size": 1}), UsageError, "a row of every label"),
        (([[1, 2]], {"stratify": [0, 0], "shuffle": False}), UsageError, "got stratify without shuffle"),
        (([[1, 2]], {"stratify": [0]}), ShapeError, "it is a label for each of 2 rows"),
    ],
    ids=str,
)
def test_splits_that_cannot_be_made_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        train_test_split(*arguments[0], **arguments[1])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (TensorDataset, UsageError, "TensorDataset: got no arrays"),
        (lambda: TensorDataset(1.0), ShapeError, "got a number in place 0"),
        (lambda: TensorDataset([1, 2], [1]), ShapeError, "their first axes must be equal"),
        (lambda: TensorDataset([[1], [1, 2]]), ShapeError, "got a ragged list"),
        (lambda: TensorDataset([None]), DtypeError, "got objects in place 0"),
        (lambda: Subset(range(3), [3]), UsageError, "got the place 3; the data set has 3 samples"),
        (lambda: Subset(range(3), [0.5]), UsageError, "they are whole numbers in a row"),
        (lambda: ConcatDataset([]), UsageError, "got no data sets"),
        (lambda: ConcatDataset([Lines(2)]), UsageError, "got a Lines, which has no places"),
        (lambda: Dataset()[0], NotImplementedError, "define __getitem__"),
        (lambda: len(Dataset()), NotImplementedError, "define __len__"),
        (lambda: iter(IterableDataset()), NotImplementedError, "define __iter__"),
    ],
    ids=range(12),
)
def test_data_sets_say_what_they_lack(make, error, words):
    with pytest.raises(error, match=words):
        make()
