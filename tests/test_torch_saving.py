"""Files go both ways between our models and PyTorch's of the same architecture."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import DtypeError, UsageError
from nn import Linear, Module, Sequential, Tanh, load, save, saved_metadata, saved_state

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")
from safetensors.torch import load_file, load_model, save_file, save_model  # noqa: E402  # after the skip

ours = lambda dtype: Sequential(Linear(3, 4, dtype=dtype), Tanh(), Linear(4, 2, dtype=dtype))
theirs = lambda dtype: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).to(dtype)
DTYPES = [(np.float64, torch.float64, 1e-10), (np.float32, torch.float32, 1e-5)]
X = np.random.default_rng(0).normal(size=(5, 3))


def close(mine, other, x, tolerance):
    np.testing.assert_allclose(mine(x).data, other(torch.from_numpy(x)).detach().numpy(), tolerance, tolerance)


@pytest.mark.parametrize(("dtype", "torch_dtype", "tolerance"), DTYPES, ids=["float64", "float32"])
def test_pytorch_reads_what_is_saved(tmp_path, dtype, torch_dtype, tolerance):
    mine, other = ours(dtype), theirs(torch_dtype)
    save(mine, tmp_path / "m.safetensors")
    other.load_state_dict(load_file(tmp_path / "m.safetensors"), strict=True)
    close(mine, other, X.astype(dtype), tolerance)


@pytest.mark.parametrize(("dtype", "torch_dtype", "tolerance"), DTYPES, ids=["float64", "float32"])
def test_what_pytorch_saves_is_read(tmp_path, dtype, torch_dtype, tolerance):
    mine, other = ours(dtype), theirs(torch_dtype)
    save_file(other.state_dict(), tmp_path / "m.safetensors", {"by": "torch"})
    assert saved_metadata(tmp_path / "m.safetensors") == {"by": "torch"}
    load(mine, tmp_path / "m.safetensors")
    close(mine, other, X.astype(dtype), tolerance)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bfloat16", "float16"])
def test_half_precision_of_pytorch_is_read_without_loss(tmp_path, dtype):
    mine, other = ours(np.float32), theirs(dtype)
    save_file(other.state_dict(), tmp_path / "m.safetensors")
    load(mine, tmp_path / "m.safetensors")
    for name, x in other.state_dict().items():
        assert np.array_equal(mine.state()[name], x.float().numpy())


def test_every_number_of_bfloat16_is_read(tmp_path):
    x = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(torch.bfloat16).reshape(256, 256)
    save_file({"x": x}, tmp_path / "m.safetensors")
    found = saved_state(tmp_path / "m.safetensors")["x"]
    assert found.dtype == np.float32
    assert np.array_equal(found, x.float().numpy(), equal_nan=True)


def test_a_state_dict_is_loaded_as_arrays():
    mine, other = ours(np.float64), theirs(torch.float64)
    mine.load({k: v.numpy() for k, v in other.state_dict().items()})
    close(mine, other, X, 1e-10)
    mine.load({k: v.float().numpy() for k, v in theirs(torch.bfloat16).state_dict().items()})


def test_a_state_of_pytorch_is_saved(tmp_path):
    mine, other = ours(np.float64), theirs(torch.float64)
    save(other.state_dict(), tmp_path / "m.npz")
    load(mine, tmp_path / "m.npz")
    close(mine, other, X, 1e-10)


@pytest.mark.parametrize("x", [torch.ones(2, requires_grad=True), torch.ones(2, dtype=torch.bfloat16)], ids=[1, 2])
def test_tensors_that_give_no_array_are_refused(tmp_path, x):
    with pytest.raises(DtypeError, match=r"save: x: got Tensor, which gives no array .*x\.detach\(\)\.float\(\)"):
        save({"x": x}, tmp_path / "m.npz")


class Tied(Module):
    def __init__(self):
        self.encoder = Linear(3, 3, False)
        self.decoder = Linear(3, 3, False)
        self.decoder.weight = self.encoder.weight


class TiedOfTorch(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Linear(3, 3, False, dtype=torch.float64)
        self.decoder = torch.nn.Linear(3, 3, False, dtype=torch.float64)
        self.decoder.weight = self.encoder.weight


def test_tied_weights_go_both_ways(tmp_path):
    mine, other = Tied(), TiedOfTorch()
    save_model(other, str(tmp_path / "theirs.safetensors"))  # keeps decoder.weight alone
    load(mine, tmp_path / "theirs.safetensors")
    assert np.array_equal(mine.encoder.weight.data, other.encoder.weight.detach().numpy())
    save(Tied(), tmp_path / "ours.safetensors")
    load_model(other, str(tmp_path / "ours.safetensors"))
    assert np.array_equal(
        saved_state(tmp_path / "ours.safetensors")["encoder.weight"], other.decoder.weight.detach().numpy()
    )
    both = {k: v.clone() for k, v in TiedOfTorch().state_dict().items()}
    save_file(both, tmp_path / "both.safetensors")
    load(mine, tmp_path / "both.safetensors")
    assert np.array_equal(mine.decoder.weight.data, both["decoder.weight"].numpy())
    save_file({k: v + i for i, (k, v) in enumerate(both.items())}, tmp_path / "both.safetensors")
    with pytest.raises(UsageError, match=r"different numbers for encoder\.weight and decoder\.weight"):
        load(mine, tmp_path / "both.safetensors")
    assert np.array_equal(mine.decoder.weight.data, both["decoder.weight"].numpy())


class Counting(Module):
    def __init__(self):
        self.num_batches_tracked = np.array(0)
        self.running_mean = np.zeros(2)


def test_whole_numbers_without_axes_go_both_ways(tmp_path):
    path = tmp_path / "m.safetensors"
    save_file({"num_batches_tracked": torch.tensor(7), "running_mean": torch.ones(2)}, path)
    model = Counting()
    load(model, path)
    assert model.num_batches_tracked.shape == ()
    assert model.num_batches_tracked == 7
    save(model, path)
    found = load_file(path)["num_batches_tracked"]
    assert found.shape == ()
    assert found.dtype == torch.int64
