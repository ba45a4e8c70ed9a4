"""Functions whose modules alone are compared elsewhere, against PyTorch: outputs, and gradients by all operands."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from autograd_mini import Value

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")
F = torch.nn.functional

PRECISION = {"float64": 1e-10, "float32": 1e-5}

# Name, shapes of what is differentiated, and what follows or stands between: None marks the places of the former.
CASES = [
    *(("layer_norm", (s, s[-1:], s[-1:]), (None, s[-1:], None, None, 1e-3)) for s in ((5,), (3, 5), (2, 3, 5))),
    *(("layer_norm", (s, (3, 5)), (None, (3, 5), None)) for s in ((3, 5), (2, 3, 5))),
    *(("rms_norm", (s, s[-1:]), (None, s[-1:], None, 1e-3)) for s in ((5,), (3, 5), (2, 3, 5))),
    *(("group_norm", (s, (6,), (6,)), (None, 3, None, None, 1e-3)) for s in ((2, 6), (2, 6, 4), (1, 6, 2, 3))),
    *(("local_response_norm", (s,), (None, 3, 0.1, 0.5, 2.0)) for s in ((2, 5, 4), (2, 4, 3, 2))),
    *(("normalize", (s,), (None, 3.0, -1)) for s in ((5,), (3, 5), (2, 3, 5))),
    *(("prelu", (s, w), (None, None)) for s, w in (((2, 3), (1,)), ((2, 3), (3,)), ((2, 3, 4), (3,)), ((5,), (1,)))),
    *(("pixel_shuffle", (s,), (None, 2)) for s in ((8, 3, 2), (2, 4, 3, 5))),
    *(("pixel_unshuffle", (s,), (None, 2)) for s in ((3, 4, 2), (2, 1, 6, 4))),
    *(("unfold", (s,), (None, (3, 2), 1, (1, 0), 2)) for s in ((3, 7, 6), (2, 3, 5, 8))),
    *(("fold", (s,), (None, (4, 5), 2, 1, 0, 1)) for s in ((12, 12), (2, 4, 12))),
    *((name, (s,), (None, 0.4, False)) for name in ("dropout", "alpha_dropout") for s in ((5,), (2, 3))),
    *((f"dropout{n}d", (s,), (None, 0.4, False)) for n, s in ((1, (2, 3, 4)), (2, (2, 3, 4, 2)), (3, (2, 3, 4, 2, 2)))),
    ("feature_alpha_dropout", ((2, 3, 4),), (None, 0.4, False)),
]  # fmt: skip
BY_STATISTICS = [("batch_norm", s) for s in ((8, 3), (4, 3, 5), (2, 3, 4, 5))]
BY_STATISTICS += [("instance_norm", s) for s in ((4, 3, 5), (2, 3, 4, 5), (1, 3, 2, 3, 4))]


def agree(name, operands, dtype, ours_of, theirs_of):
    """Outputs, and gradients by all operands, of two functions of the same numbers."""
    values, tensors = [Value(x) for x in operands], [torch.tensor(x, requires_grad=True) for x in operands]
    y, z = ours_of(*values), theirs_of(*tensors)
    seed = np.random.default_rng(9).normal(size=tuple(z.shape)).astype(dtype)
    y.backward(seed)
    z.backward(torch.tensor(seed))
    for a, b in [(y.data, z.detach()), *((v.grad, t.grad) for v, t in zip(values, tensors, strict=True))]:
        assert (a.shape, a.dtype) == (tuple(b.shape), dtype), name
        limit = PRECISION[dtype]
        np.testing.assert_allclose(a, b.numpy(), rtol=limit, atol=limit * np.abs(b.numpy()).max(), err_msg=name)


def placed(function, arguments):
    """The function of the operands alone, which stand where the arguments are None."""

    def of(*operands):
        rest = iter(operands)
        return function(*(next(rest) if a is None else a for a in arguments))

    return of


def drawn(shapes, dtype):
    rng = np.random.default_rng(0)
    return [(rng.normal(size=s) + 0.5).astype(dtype) for s in shapes]


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(("name", "shapes", "arguments"), CASES, ids=str)
def test_a_function_is_that_of_pytorch(name, shapes, arguments, dtype):
    ours, theirs = (placed(getattr(m, name), arguments) for m in (nn, F))
    agree(name, drawn(shapes, dtype), dtype, ours, theirs)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("of_batch", [True, False])
@pytest.mark.parametrize("with_weights", [True, False])
@pytest.mark.parametrize(("name", "shape"), BY_STATISTICS, ids=str)
def test_normalisations_by_statistics_are_those_of_pytorch(name, shape, with_weights, of_batch, dtype):
    mean, variance = np.array([0.1, -0.2, 0.3], dtype), np.array([0.5, 1.5, 2.0], dtype)
    operands = drawn([shape, *([(3,), (3,)] if with_weights else [])], dtype)
    for kept in (True, False) if of_batch else (True,):
        m, v = (mean.copy(), variance.copy()) if kept else (None, None)
        tm, tv = (torch.tensor(mean), torch.tensor(variance)) if kept else (None, None)
        fill = (None,) * (3 - len(operands))
        ours = lambda x, *wb: getattr(nn, name)(x, m, v, *wb, *fill, of_batch, 0.3, 1e-3)  # noqa: B023  # called in this round of the loop
        theirs = lambda x, *wb: getattr(F, name)(x, tm, tv, *wb, *fill, of_batch, 0.3, 1e-3)  # noqa: B023  # called in this round of the loop
        agree(name, operands, dtype, ours, theirs)
        if kept:
            np.testing.assert_allclose(m, tm.numpy(), rtol=PRECISION[dtype])
            np.testing.assert_allclose(v, tv.numpy(), rtol=PRECISION[dtype])


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("padding_idx", [None, 1, -1])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_rows_of_a_table_are_those_of_pytorch(shape, padding_idx, dtype):
    places = np.random.default_rng(1).integers(0, 4, shape)
    ours = lambda w: nn.embedding(places, w, padding_idx)
    theirs = lambda w: F.embedding(torch.tensor(places), w, padding_idx)
    agree("embedding", drawn([(4, 3)], dtype), dtype, ours, theirs)


DROPS = [("dropout", (50, 8)), ("dropout1d", (50, 8, 3)), ("dropout2d", (50, 8, 3, 2)), ("dropout3d", (50, 8, 3, 2, 2))]
DROPS += [("alpha_dropout", (50, 8)), ("feature_alpha_dropout", (50, 8, 3))]


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("p", [0.2, 0.7])
@pytest.mark.parametrize(("name", "shape"), DROPS)
def test_what_is_dropped_and_what_is_kept_become_what_pytorch_makes_of_them(name, shape, p, dtype):
    (x,) = drawn([shape], dtype)
    v, t = Value(x), torch.tensor(x, requires_grad=True)
    torch.manual_seed(0)
    y = getattr(nn, name)(v, p, training=True, rng=np.random.default_rng(0))
    z = getattr(F, name)(t, p, training=True)
    y.sum().backward()
    z.sum().backward()
    theirs, slopes, limit = z.detach().numpy(), t.grad.numpy(), PRECISION[dtype]
    for alike in ((v.grad != 0) & (slopes != 0), (v.grad == 0) & (slopes == 0)):
        assert alike.sum() > 10
        np.testing.assert_allclose(y.data[alike], theirs[alike], rtol=limit)
        np.testing.assert_allclose(v.grad[alike], slopes[alike], rtol=limit)
    assert abs(np.mean(v.grad == 0) - np.mean(slopes == 0)) < 0.12
    axes = tuple(range(2, x.ndim))
    if name not in {"dropout", "alpha_dropout"}:
        np.testing.assert_array_equal(np.any(v.grad == 0, axis=axes), np.all(v.grad == 0, axis=axes))


def test_the_mean_of_averaged_weights_is_that_of_pytorch():
    mean, now = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    for n in (0, 1, 7):
        theirs = torch.optim.swa_utils.get_swa_avg_fn()(torch.tensor(mean), torch.tensor(now), n)
        np.testing.assert_allclose(nn.get_swa_avg_fn()(mean, now, n), theirs.numpy(), rtol=1e-15)


# ---- data


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 5, 12, 20])
def test_batches_in_order_are_those_of_pytorch(size, drop_last):
    x, y = np.arange(24.0).reshape(12, 2), np.arange(12)
    ours = nn.DataLoader(nn.TensorDataset(x, y), size, drop_last=drop_last)
    tensors = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    theirs = torch.utils.data.DataLoader(tensors, size, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_array_equal(a, b.numpy())


SAMPLES = {
    "pairs": [(1.0, 2), (3.0, 4), (5.0, 6)],
    "dicts": [{"a": np.ones(2) * i, "b": i} for i in range(3)],
    "nested": [{"a": (i, (i, float(i)))} for i in range(3)],
    "texts": [("one", 1), ("two", 2)],
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_are_put_together_as_by_pytorch(kind):
    def same(a, b):
        if isinstance(b, torch.Tensor):
            np.testing.assert_array_equal(a, b.numpy())
            assert a.dtype == b.numpy().dtype
        elif isinstance(b, dict):
            assert list(a) == list(b)
            for k in b:
                same(a[k], b[k])
        elif isinstance(b, (list, tuple)):
            assert len(a) == len(b)
            for one, other in zip(a, b, strict=True):
                same(one, other)
        else:
            assert a == b

    (ours,) = nn.DataLoader(SAMPLES[kind], 3)
    (theirs,) = torch.utils.data.DataLoader(SAMPLES[kind], 3)
    same(ours, theirs)


@pytest.mark.filterwarnings("ignore:Length of split at index 1 is 0")  # which PyTorch says
@pytest.mark.parametrize("lengths", [[7, 3], [0.5, 0.5], [0.33, 0.33, 0.34], [0.95, 0.05], [1.0]], ids=str)
def test_parts_have_the_sizes_that_pytorch_gives_them(lengths):
    theirs = torch.utils.data.random_split(range(10), lengths)
    ours = nn.random_split(list(range(10)), lengths, rng=np.random.default_rng(0))
    assert [len(part) for part in ours] == [len(part) for part in theirs]
    assert sorted(x for part in ours for x in part) == list(range(10))
