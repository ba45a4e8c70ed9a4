"""Data sets: samples by their places, in parts, one behind the other, and split by chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError

from .init import given

__all__ = [
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Subset",
    "TensorDataset",
    "random_split",
    "train_test_split",
]


class Dataset:
    """Base of data sets with places: define `__getitem__(i)`, which gives a sample, and `__len__`.

    Anything with these two methods, such as a list, does as well; this adds `+`, which puts one behind the other.
    """

    def __getitem__(self, i: int) -> Any:
        """The sample in place i: an array or a number, or tuples and dicts of them."""
        raise NotImplementedError(
            f"{type(self).__name__}: it has no __getitem__; a data set gives its samples by place; "
            "define __getitem__(self, i), or derive from IterableDataset and define __iter__(self)"
        )

    def __len__(self) -> int:
        raise NotImplementedError(
            f"{type(self).__name__}: it has no __len__; a data set says how many samples it has; define __len__(self)"
        )

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset:
    """Base of data sets that are read from their beginning, as files are: define `__iter__`, which gives samples."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(
            f"{type(self).__name__}: it has no __iter__; an iterable data set gives its samples one by one; "
            "define __iter__(self)"
        )


class TensorDataset(Dataset):
    """Rows of arrays: sample i is the tuple of the i-th entry of each array along its first axis.

    It has the name that PyTorch gives it. A DataLoader takes whole batches of it at once.

    Raises: ShapeError for arrays of different lengths, DtypeError for arrays of objects, UsageError for none.

    Example
    -------
    >>> data = TensorDataset(np.eye(3), np.arange(3))
    >>> len(data), data[1]
    (3, (array([0., 1., 0.]), np.int64(1)))
    """

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise UsageError("TensorDataset: got no arrays; a sample needs one; give TensorDataset(x, y)")
        self.tensors = tuple(rows("TensorDataset", x, i) for i, x in enumerate(tensors))
        check_lengths("TensorDataset", self.tensors)

    def __getitem__(self, i: Any) -> tuple[Any, ...]:
        return tuple(x[i] for x in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of a data set in some of its places, in that order.

    Raises: UsageError for places that are no whole numbers, or that it has not.
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices = whole("Subset", indices)
        n = len(dataset)
        out = self.indices[(self.indices < -n) | (self.indices >= n)]
        if out.size:
            raise UsageError(f"Subset: got the place {out[0]}; the data set has {n} samples; give places below {n}")

    def __getitem__(self, i: int) -> Any:
        return self.dataset[int(self.indices[i])]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """The samples of several data sets, one data set behind the other.

    Raises: UsageError for no data sets, and for ones that have no length.
    """

    def __init__(self, datasets: Sequence[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise UsageError("ConcatDataset: got no data sets; it puts several in a row; give a list of them")
        for d in self.datasets:
            if not hasattr(d, "__len__") or not hasattr(d, "__getitem__"):
                raise UsageError(
                    f"ConcatDataset: got a {type(d).__name__}, which has no places; "
                    "it takes data sets with __getitem__ and __len__; read an iterable one into a list first"
                )
        self.cumulative_sizes = np.cumsum([len(d) for d in self.datasets])

    def __getitem__(self, i: int) -> Any:
        n = len(self)
        if not -n <= i < n:
            raise IndexError(f"ConcatDataset: got place {i}; it has {n} samples")
        place = i % n
        k = int(np.searchsorted(self.cumulative_sizes, place, side="right"))
        return self.datasets[k][place - int(self.cumulative_sizes[k - 1]) if k else place]

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])


def random_split(dataset: Any, lengths: Sequence[float], rng: np.random.Generator | None = None) -> list[Subset]:
    """Parts of a data set, without a sample in common, drawn by chance.

    lengths: numbers of samples that add up to all, or fractions that add up to 1; of fractions, every part has the
    whole number below, and what is left goes to the first parts, one each.

    Raises: UsageError for lengths that do not add up.

    Example
    -------
    >>> train, test = random_split(TensorDataset(np.arange(10)), [0.75, 0.25], np.random.default_rng(0))
    >>> len(train), len(test)
    (8, 2)
    """
    n = len(dataset)
    sizes = split_sizes(n, lengths)
    order = given(rng).permutation(n)
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def split_sizes(n: int, lengths: Sequence[float]) -> list[int]:
    """How many samples each part has."""
    if len(lengths) and all(isinstance(k, (int, np.integer)) and k >= 0 for k in lengths) and sum(lengths) == n:
        return [int(k) for k in lengths]
    is_fractions = all(isinstance(f, Real) and 0 <= f <= 1 for f in lengths) and math.isclose(sum(lengths), 1)
    if not is_fractions:
        raise UsageError(
            f"random_split: got lengths {list(lengths)} for {n} samples; they are numbers that add up to {n}, "
            "or fractions that add up to 1; give others"
        )
    sizes = [math.floor(n * f) for f in lengths]
    for i in range(n - sum(sizes)):
        sizes[i % len(sizes)] += 1
    return sizes


def train_test_split(
    *arrays: Any,
    test_size: float | None = None,
    train_size: float | None = None,
    shuffle: bool = True,
    stratify: Any = None,
    rng: np.random.Generator | None = None,
) -> list[Any]:
    """The rows of each array in two parts: [x_train, x_test, y_train, y_test] of `train_test_split(x, y)`.

    test_size, train_size: a fraction of the rows or their number; a quarter is for the test if neither is given.
    stratify: a label of each row; both parts then have all labels in the proportions of the whole, up to rounding.

    scikit-learn's function of this name takes the same arguments, but for its `random_state`, which is `rng` here;
    it draws other rows.

    Raises: ShapeError for arrays of different lengths; UsageError for parts that are empty, or too large, for a label
    that has one row alone, and for fewer rows in a part than there are labels.

    Example
    -------
    >>> x, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 0, 1, 1])
    >>> *_, y_train, y_test = train_test_split(x, y, test_size=0.5, stratify=y, rng=np.random.default_rng(0))
    >>> sorted(y_train.tolist()), sorted(y_test.tolist())
    ([0, 0, 1], [0, 0, 1])
    """
    if not arrays:
        raise UsageError("train_test_split: got no arrays; there is nothing to split; give x and y")
    found = [rows("train_test_split", x, i) for i, x in enumerate(arrays)]
    check_lengths("train_test_split", found)
    n = len(found[0])
    n_train, n_test = part_sizes(n, train_size, test_size)
    rng = given(rng)
    if stratify is not None:
        if not shuffle:
            raise UsageError(
                "train_test_split: got stratify without shuffle; rows by label are drawn by chance; leave shuffle=True"
            )
        train, test = stratified(rows("train_test_split: stratify", stratify, 0), n, n_train, n_test, rng)
    else:
        order = rng.permutation(n) if shuffle else np.arange(n)
        train, test = (order[:n_train], order[n_train : n_train + n_test])
    return [x[places] for x in found for places in (train, test)]


def part_sizes(n: int, train_size: float | None, test_size: float | None) -> tuple[int, int]:
    """How many rows train and how many test; as in scikit-learn, a fraction of the test is rounded up."""
    for size, name in ((train_size, "train_size"), (test_size, "test_size")):
        is_count = isinstance(size, (int, np.integer)) and not isinstance(size, bool) and 0 < size < n
        is_fraction = isinstance(size, (float, np.floating)) and 0 < size < 1
        if not (size is None or is_count or is_fraction):
            raise UsageError(
                f"train_test_split: got {name} = {size!r} for {n} rows; it is a number of rows from 1 to {n - 1}, "
                "or a fraction between 0 and 1; give another"
            )
    if train_size is None and test_size is None:
        test_size = 0.25
    tests = None if test_size is None else test_size if test_size >= 1 else math.ceil(test_size * n)
    trains = None if train_size is None else train_size if train_size >= 1 else math.floor(train_size * n)
    n_test = int(n - trains if tests is None and trains is not None else tests or 0)
    n_train = int(n - n_test if trains is None else trains)
    if n_train < 1 or n_test < 1 or n_train + n_test > n:
        raise UsageError(
            f"train_test_split: got {n} rows, of which {n_train} are to train and {n_test} to test; "
            "each part needs a row, and both no more than there are; give other sizes"
        )
    return n_train, n_test


def stratified(labels: Any, n: int, n_train: int, n_test: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Places that train and that test, with every label in both as in the whole."""
    where = "train_test_split: stratify"
    if labels.shape != (n,):
        raise ShapeError(f"{where}: got shape {labels.shape}; it is a label for each of {n} rows; give shape ({n},)")
    names, group, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise UsageError(
            f"{where}: got the label {names[counts.argmin()]!r} once; both parts need it; "
            "leave its row out, or do not stratify"
        )
    if min(n_train, n_test) < len(names):
        raise UsageError(
            f"{where}: got {len(names)} labels for parts of {n_train} and {n_test} rows; "
            "each part needs a row of every label; give larger parts"
        )
    trains = shared_out(n_train, counts - 1, counts * (n_train / n))
    tests = shared_out(n_test, counts - trains, counts * (n_test / n))
    chosen = [rng.permutation(np.flatnonzero(group == k)) for k in range(len(names))]
    train = np.concatenate([c[:a] for c, a in zip(chosen, trains, strict=True)])
    test = np.concatenate([c[a : a + b] for c, a, b in zip(chosen, trains, tests, strict=True)])
    return rng.permutation(train), rng.permutation(test)


def shared_out(total: int, most: Any, wanted: Any) -> Any:
    """Whole numbers from 1 to `most` near those wanted, that add up to `total`."""
    counts = np.clip(np.floor(wanted).astype(int), 1, most)
    while (short := total - int(counts.sum())) != 0:
        step = 1 if short > 0 else -1
        free = counts < most if step > 0 else counts > 1
        lack = np.where(free, step * (wanted - counts), -np.inf)
        counts[int(np.argmax(lack))] += step
    return counts


def rows(where: str, x: Any, i: int) -> Any:
    """An array with a first axis."""
    try:
        a = np.asarray(x)
    except ValueError:
        raise ShapeError(
            f"{where}: got a ragged {type(x).__name__} in place {i}; rows must have one shape; pad them"
        ) from None
    if a.ndim == 0:
        raise ShapeError(
            f"{where}: got a number in place {i}; an array of rows is needed; give one row for each sample"
        )
    if a.dtype == object:
        raise DtypeError(f"{where}: got objects in place {i}; arrays hold numbers or text; convert them")
    return a


def check_lengths(where: str, arrays: Sequence[Any]) -> None:
    """Raise ShapeError unless all arrays have as many rows."""
    if len({len(a) for a in arrays}) > 1:
        raise ShapeError(
            f"{where}: got arrays of shapes {', '.join(str(a.shape) for a in arrays)}; "
            "their first axes must be equal, as row i of each belongs to sample i; cut them to one length"
        )


def whole(where: str, places: Any) -> Any:
    """An array of places in a data set, which are whole numbers."""
    found = np.asarray(places if hasattr(places, "__array__") else list(places))
    if found.size and (found.ndim != 1 or found.dtype.kind not in "iu"):
        raise UsageError(
            f"{where}: got places of shape {found.shape} and dtype {found.dtype}; they are whole numbers in a row; "
            "give a list of them"
        )
    return found.astype(np.intp).reshape(-1)
