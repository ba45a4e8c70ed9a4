"""`DataLoader`: the batches of a data set, epoch after epoch, from any place on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError, Value

from .checks import check_whole
from .data import Subset, TensorDataset, whole
from .init import given

__all__ = ["DataLoader", "collate", "generator_state", "set_generator"]


class DataLoader:
    """The batches of a data set: `for x, y in loader` is an epoch.

    batch_size: samples of a batch; None gives the samples as they are, for data sets that hold batches.
    shuffle: whether each epoch has an order of its own, drawn from `rng`. sampler: places, in the order of an
    epoch, read anew for each. batch_sampler: likewise, a list of places for each batch. drop_last: leave out a last
    batch that is smaller. collate_fn: what makes a batch of a list of samples; `collate` if it is None.

    Unlike PyTorch's, it has no workers: NumPy's arrays are sliced faster than they would be sent to another process.

    `state()` says which batches of an epoch that is going on were given, in numbers that `load` takes: the next
    epoch is then the rest of that one. An iterable data set is read again up to there.

    Raises: UsageError for a data set without samples, or without places where they are needed, and for settings that
    exclude each other.

    Example
    -------
    >>> data = TensorDataset(np.arange(5.0), np.arange(5))
    >>> [x.tolist() for x, _ in DataLoader(data, batch_size=2)]
    [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        *,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        if batch_size is not None:
            check_whole("DataLoader", "batch_size", batch_size)
        self.is_mapped = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
        check_settings(dataset, self.is_mapped, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.sampler, self.batch_sampler, self.collate_fn = sampler, batch_sampler, collate_fn
        self.rng = given(rng)
        self._epoch: Epoch | None = None  # the one that was begun last
        self._loaded: Epoch | None = None  # the one that `load` has set, not begun yet

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]  # if it has no length, Python says so
        n = len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]  # likewise
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        epoch = self._epoch = self.begun()
        yield from self.read(epoch)
        if self._epoch is epoch:
            self._epoch = None

    def begun(self) -> Epoch:
        """A new epoch, or the one that was loaded."""
        epoch, self._loaded = self._loaded or Epoch(*self.order()), None
        return epoch

    def read(self, epoch: Epoch) -> Iterator[Any]:
        """The batches of an epoch that were not given yet, and count them."""
        for batch in self.batches(epoch):
            epoch.given += 1
            yield batch

    def batches(self, epoch: Epoch) -> Iterator[Any]:
        """The batches of an epoch from where it is."""
        join = self.collate_fn or collate
        if epoch.order is None or epoch.ends is None:
            samples = iter(self.dataset)
            if self.batch_size is None:
                yield from islice(samples, epoch.given, None)
                return
            for _ in islice(samples, epoch.given * self.batch_size):
                pass
            while batch := list(islice(samples, self.batch_size)):
                if len(batch) == self.batch_size or not self.drop_last:
                    yield join(batch)
            return
        starts = np.concatenate([[0], epoch.ends])[:-1]
        for start, end in zip(starts[epoch.given :], epoch.ends[epoch.given :], strict=True):
            places = epoch.order[start:end]
            if self.batch_size is None and self.batch_sampler is None:
                yield self.dataset[int(places[0])]
            elif self.collate_fn is None and (batch := rows_of(self.dataset, places)) is not None:
                yield batch
            else:
                yield join([self.dataset[i] for i in places.tolist()])

    def order(self) -> tuple[Any, Any]:
        """The places of a new epoch, batch after batch, and where each batch ends; None, None if it has no places."""
        if not self.is_mapped:
            return None, None
        if self.batch_sampler is not None:
            batches = [whole("DataLoader: batch_sampler", b) for b in self.batch_sampler]
            if any(b.size == 0 for b in batches):
                raise UsageError("DataLoader: batch_sampler gave an empty batch; a batch needs a sample; leave it out")
            order = np.concatenate([whole("DataLoader", []), *batches])
            return order, np.cumsum([b.size for b in batches], dtype=np.intp)
        n = len(self.dataset)
        if self.sampler is not None:
            order = whole("DataLoader: sampler", self.sampler)
        else:
            order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        size = self.batch_size or 1
        ends = np.arange(size, len(order) + size, size)
        if self.drop_last and len(order) % size:
            return order, ends[:-1]
        return order, np.minimum(ends, len(order))

    def state(self) -> dict[str, Any]:
        """The generator, and the epoch that is going on: its order, and how many batches were given."""
        epoch = self._loaded or self._epoch
        return {"rng": generator_state(self.rng), "epoch": None if epoch is None else dict(vars(epoch))}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state()` was taken: the next iteration gives the rest of that epoch.

        Raises: UsageError for what is no state of such a loader; then nothing has been changed.
        """
        epoch = self.epoch_of(state["epoch"])
        set_generator("DataLoader.load", self.rng, state["rng"])
        self._epoch, self._loaded = None, epoch

    def epoch_of(self, state: Mapping[str, Any] | None) -> Epoch | None:
        """The epoch of a state.

        Raises: UsageError if it has places that the data set has not.
        """
        if state is None:
            return None
        order = state["order"]
        if order is not None and (not self.is_mapped or np.any(order >= len(self.dataset))):
            n = len(self.dataset) if self.is_mapped else 0
            raise UsageError(
                f"DataLoader.load: got place {order.max()} in the order; there are {n} places in the data set; "
                "load it with the data that it was made for"
            )
        return Epoch(**state)


class Epoch:
    """The order of an epoch, and how many of its batches were given."""

    def __init__(self, order: Any, ends: Any, given: int = 0) -> None:
        self.order, self.ends, self.given = order, ends, given


def check_settings(
    dataset: Any, is_mapped: bool, batch_size: Any, shuffle: bool, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    """Raise UsageError for a data set that gives no samples, and for settings that exclude each other."""
    if not is_mapped and not hasattr(dataset, "__iter__"):
        raise UsageError(
            f"DataLoader: got a {type(dataset).__name__}; a data set has __getitem__ and __len__, or __iter__; "
            "give a Dataset, or TensorDataset(x, y)"
        )
    if isinstance(dataset, Iterator):
        raise UsageError(
            f"DataLoader: got a {type(dataset).__name__}, which can be read once; every epoch reads the data anew; "
            "give a list, or an object whose __iter__ begins again"
        )
    if not is_mapped and (shuffle or sampler is not None or batch_sampler is not None):
        raise UsageError(
            f"DataLoader: got a {type(dataset).__name__}, which has no places, with shuffle or a sampler; "
            "these choose places; leave them out, or give a data set with __getitem__ and __len__"
        )
    if is_mapped and len(dataset) == 0:
        raise UsageError(
            f"DataLoader: got a {type(dataset).__name__} with no samples; there is nothing to batch; give at least one"
        )
    if sampler is not None and shuffle:
        raise UsageError("DataLoader: got a sampler and shuffle=True; both say the order; give one of them")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise UsageError(
            "DataLoader: got a batch_sampler with batch_size, shuffle, sampler or drop_last; "
            "it alone says what the batches are; leave the others out"
        )
    if batch_size is None and drop_last:
        raise UsageError(
            "DataLoader: got drop_last without batch_size; there are no batches to drop; give a batch_size"
        )


def rows_of(dataset: Any, places: Any) -> Any:
    """A batch taken from whole arrays at once, which is the same as collated samples; None where it is not possible."""
    if isinstance(dataset, TensorDataset) and type(dataset).__getitem__ is TensorDataset.__getitem__:
        return tuple(x[places] for x in dataset.tensors)
    if isinstance(dataset, Subset) and type(dataset).__getitem__ is Subset.__getitem__:
        return rows_of(dataset.dataset, dataset.indices[places])
    return None


def collate(samples: Sequence[Any], where: str = "a sample") -> Any:
    """One batch of some samples: arrays are stacked along a new first axis, tuples and dicts place by place.

    A list of numbers is an array, unlike in PyTorch, where it is a list of separate batches; texts stay a list.

    Raises: ShapeError for samples of different shapes, DtypeError for different dtypes, UsageError for samples that
    are built in different ways.

    Example
    -------
    >>> x, label = collate([([1.0, 2.0], 0), ([3.0, 4.0], 1)])
    >>> x.tolist(), label.tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [0, 1])
    """
    first = samples[0]
    if isinstance(first, Mapping):
        check_alike(where, samples, Mapping, list)
        return {k: collate([s[k] for s in samples], f"{where}[{k!r}]") for k in first}
    if isinstance(first, tuple):
        check_alike(where, samples, tuple, len)
        parts = [collate(part, f"{where}[{i}]") for i, part in enumerate(zip(*samples, strict=True))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    if isinstance(first, str):
        check_alike(where, samples, str, type)
        return list(samples)
    arrays = [s if isinstance(s, Value) else leaf(s, where) for s in samples]
    for name, error in (("shape", ShapeError), ("dtype", DtypeError)):
        kinds = list(dict.fromkeys(getattr(a, name) for a in arrays))
        if len(kinds) > 1:
            raise error(
                f"DataLoader: got {name}s {', '.join(map(str, kinds[:3]))} of {where} in one batch; "
                f"a batch is one array, of one {name}; convert the samples, or give a collate_fn"
            )
    return np.stack(arrays)


def leaf(sample: Any, where: str) -> Any:
    """A part of a sample as an array."""
    try:
        a = np.asarray(sample)
    except ValueError:
        raise ShapeError(
            f"DataLoader: got a ragged list as {where}; its rows must have one shape; pad them, or give a collate_fn"
        ) from None
    if a.dtype == object:
        raise DtypeError(
            f"DataLoader: got a {type(sample).__name__} as {where}; samples are made of numbers, arrays, texts, "
            "tuples and dicts; convert it, or give a collate_fn"
        )
    return a


def check_alike(where: str, samples: Sequence[Any], kind: type, shape: Callable[[Any], Any]) -> None:
    """Raise UsageError unless all samples are of one kind, with the same keys or as many parts."""
    first = shape(samples[0])
    for s in samples:
        if not isinstance(s, kind) or shape(s) != first:
            raise UsageError(
                f"DataLoader: got {samples[0]!r:.60} and {s!r:.60} as {where} in one batch; "
                "all samples must be built alike; make them so, or give a collate_fn"
            )


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """What a generator will draw from, in numbers that `set_generator` takes."""
    return dict(rng.bit_generator.state)


def set_generator(where: str, rng: np.random.Generator, state: Mapping[str, Any]) -> None:
    """Let a generator draw what another would have drawn.

    Raises: UsageError for the state of another kind of generator.
    """
    mine = rng.bit_generator.state["bit_generator"]
    if state.get("bit_generator") != mine:
        raise UsageError(
            f"{where}: got the state of a {state.get('bit_generator')} generator; this one is a {mine}; "
            f"use np.random.Generator(np.random.{state.get('bit_generator')}())"
        )
    rng.bit_generator.state = dict(state)
