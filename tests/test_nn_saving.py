"""Files of a model's numbers: what is written is read back, and what is broken is said."""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value
from nn import Linear, Module, Sequential, Tanh, load, save, saved_metadata, saved_state

SUFFIXES = ("safetensors", "npz")


class Everything(Module):
    """Parameters and buffers of many dtypes and shapes, one of them shared."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.weight = Value(rng.normal(size=(3, 4)).T)
        self.scale = Value(float(rng.normal()))
        self.single = Value(rng.normal(size=2).astype(np.float32))
        self.half = rng.normal(size=(2, 1)).astype(np.float16)
        self.count = np.array(seed)
        self.mask = rng.normal(size=3) > 0
        self.nothing = np.zeros((0, 3))
        self.file = Value(rng.normal(size=(2,)))
        self.tied = [self.weight]


def equal(a, b):
    return a.keys() == b.keys() and all(a[k].dtype == b[k].dtype and np.array_equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestBothFormats:
    def test_what_is_saved_is_loaded(self, tmp_path, suffix):
        mine, other = Everything(0), Everything(1)
        save(mine, tmp_path / f"m.{suffix}")
        assert not equal(mine.state(), other.state())
        load(other, tmp_path / f"m.{suffix}")
        assert equal(mine.state(), other.state())
        assert other.tied[0] is other.weight

    def test_a_mapping_is_saved_as_it_is(self, tmp_path, suffix):
        state = {"a.b": np.arange(3)[::-1], "big": np.arange(4, dtype=">f8"), "v": Value([1.0, 2.0]), "list": [1.0]}
        save(state, str(tmp_path / f"m.{suffix}"))
        found = saved_state(tmp_path / f"m.{suffix}")
        assert list(found) == list(state) or suffix == "safetensors"
        assert {k: v.tolist() for k, v in found.items()} == {
            "a.b": [2, 1, 0], "big": [0.0, 1.0, 2.0, 3.0], "v": [1.0, 2.0], "list": [1.0],
        }  # fmt: skip

    def test_what_is_read_can_be_written_to(self, tmp_path, suffix):
        save({"x": np.ones(3)}, tmp_path / f"m.{suffix}")
        saved_state(tmp_path / f"m.{suffix}")["x"] += 1

    def test_metadata_says_the_class_the_version_and_what_was_given(self, tmp_path, suffix):
        save(Linear(2, 1), tmp_path / f"m.{suffix}", metadata={"epoch": "3"})
        said = saved_metadata(tmp_path / f"m.{suffix}")
        assert said["class"] == "Linear"
        assert said["autograd_mini"]
        assert said["epoch"] == "3"

    def test_the_format_can_be_said_for_any_name(self, tmp_path, suffix):
        model, path = Linear(2, 1), tmp_path / "model.weights"
        save(model, path, format=suffix)
        load(Linear(2, 1), path, format=suffix)
        assert equal(saved_state(path, format=suffix), model.state())

    @pytest.mark.parametrize("length", [0, 1, 7, 8, 30, 0.5, 0.9, -1])
    def test_a_file_that_is_cut_off_is_named_and_changes_nothing(self, tmp_path, suffix, length):
        path, model = tmp_path / f"m.{suffix}", Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
        save(model, path)
        data = path.read_bytes()
        path.write_bytes(data[: int(length * len(data)) if isinstance(length, float) else length])
        before = model.state()
        with pytest.raises(UsageError, match=rf"load: .*m\.{suffix} \([\d,]+ bytes\) is no whole {suffix} file: .+;"):
            load(model, path)
        assert equal(before, model.state())

    @pytest.mark.parametrize("data", [b"this is text", bytes(64), b"PK\x03\x04" + bytes(60)], ids=[1, 2, 3])
    def test_a_foreign_file_is_named(self, tmp_path, suffix, data):
        path = tmp_path / f"m.{suffix}"
        path.write_bytes(data)
        with pytest.raises(UsageError, match=f"is no whole {suffix} file"):
            saved_state(path)

    def test_the_other_format_is_a_foreign_file(self, tmp_path, suffix):
        other = SUFFIXES[suffix == SUFFIXES[0]]
        save(Linear(2, 1), tmp_path / f"m.{other}")
        with pytest.raises(UsageError, match=f"is no whole {suffix} file"):
            load(Linear(2, 1), tmp_path / f"m.{other}", format=suffix)

    def test_a_state_of_another_model_changes_nothing(self, tmp_path, suffix):
        path = tmp_path / f"m.{suffix}"
        model = Sequential(Linear(2, 3), Linear(3, 1))
        before = model.state()
        for other, error in ((Linear(2, 3), UsageError), (Sequential(Linear(2, 3), Linear(3, 2)), ShapeError)):
            save(other, path)
            with pytest.raises(error):
                load(model, path)
            assert equal(before, model.state())

    def test_a_missing_file_is_a_missing_file(self, tmp_path, suffix):
        with pytest.raises(FileNotFoundError):
            load(Linear(2, 1), tmp_path / f"m.{suffix}")

    def test_a_failure_leaves_the_old_file_and_no_other(self, tmp_path, suffix, monkeypatch):
        path = tmp_path / f"m.{suffix}"
        save(Linear(2, 1), path)
        before = path.read_bytes()

        def full(_):
            raise OSError("the disk is full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="disk is full"):
            save(Linear(2, 1), path)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    def test_a_file_has_the_permissions_of_any_new_file(self, tmp_path, suffix):
        (tmp_path / "other").write_bytes(b"")
        save(Linear(2, 1), tmp_path / f"m.{suffix}")
        mode = stat.S_IMODE((tmp_path / f"m.{suffix}").stat().st_mode)
        assert mode == stat.S_IMODE((tmp_path / "other").stat().st_mode)

    def test_a_link_stays_a_link(self, tmp_path, suffix):
        (tmp_path / "latest").symlink_to(tmp_path / f"m.{suffix}")
        save({"x": np.ones(1)}, tmp_path / "latest", format=suffix)
        assert (tmp_path / "latest").is_symlink()
        assert saved_state(tmp_path / f"m.{suffix}")["x"] == 1

    @pytest.mark.parametrize("numbers", [np.array(["a"]), np.array([None]), np.array(["2000-01-01"], "M8[D]")], ids=str)
    def test_what_is_no_number_is_refused(self, tmp_path, suffix, numbers):
        with pytest.raises(DtypeError, match=r"save: x: got dtype .*; files hold real or complex numbers"):
            save({"x": numbers}, tmp_path / f"m.{suffix}")
        assert not list(tmp_path.iterdir())

    def test_a_shared_parameter_may_stand_under_any_of_its_names(self, tmp_path, suffix):
        path, mine, other = tmp_path / f"m.{suffix}", Everything(0), Everything(1)
        state = mine.state()
        assert "tied.0" not in state
        save(state | {"tied.0": state["weight"]}, path)
        load(other, path)
        assert equal(state, other.state())
        save({k if k != "weight" else "tied.0": x for k, x in Everything(2).state().items()}, path)
        load(other, path)
        assert equal(Everything(2).state(), other.state())

    def test_a_shared_parameter_with_two_sets_of_numbers_is_refused(self, tmp_path, suffix):
        path, model = tmp_path / f"m.{suffix}", Everything(0)
        state = model.state()
        save(state | {"tied.0": state["weight"] + 1}, path)
        with pytest.raises(UsageError, match=r"different numbers for weight and tied\.0, which are one parameter"):
            load(model, path)
        assert equal(state, model.state())


def test_numpy_reads_and_writes_the_same_npz(tmp_path):
    model = Linear(2, 3)
    save(model, tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        assert equal(dict(file), model.state())
    np.savez_compressed(tmp_path / "n.npz", **{k: x + 1 for k, x in model.state().items()})
    before = model.state()
    load(model, tmp_path / "n.npz")
    assert all((x == before[k] + 1).all() for k, x in model.state().items())
    assert saved_metadata(tmp_path / "n.npz") == {}


def test_an_npz_with_a_pickle_is_not_run(tmp_path):
    np.savez(tmp_path / "m.npz", x=np.array([{}], object))
    with pytest.raises(UsageError, match=r"is no whole npz file: .*allow_pickle"):
        saved_state(tmp_path / "m.npz")


def test_an_npz_with_one_changed_byte_is_found(tmp_path):
    path = tmp_path / "m.npz"
    save({"x": np.arange(100.0)}, path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is no whole npz file: Bad CRC-32"):
        saved_state(path)


def test_an_npz_with_unknown_bytes_for_numbers_is_refused(tmp_path):
    np.savez(tmp_path / "m.npz", x=np.zeros(3, "V2"))
    with pytest.raises(UsageError, match=r"x has dtype \|V2, which is no real or complex numbers"):
        saved_state(tmp_path / "m.npz")


def test_the_comment_of_another_zip_is_no_metadata(tmp_path):
    for comment in (b"made by hand", b"[1]"):
        np.savez(tmp_path / "m.npz", x=np.ones(1))
        with zipfile.ZipFile(tmp_path / "m.npz", "a") as archive:
            archive.comment = comment
        assert saved_metadata(tmp_path / "m.npz") == {}
        assert saved_state(tmp_path / "m.npz")["x"] == 1


def test_an_unknown_suffix_is_refused_before_any_work(tmp_path):
    with pytest.raises(UsageError, match=r"save: got the path '.*m\.pt'; the formats are safetensors and npz; end"):
        save(Linear(2, 1), tmp_path / "m.pt")
    with pytest.raises(UsageError, match="load: got format='pickle'; the formats are"):
        load(Linear(2, 1), tmp_path / "m.npz", format="pickle")


def test_what_has_no_names_is_refused(tmp_path):
    with pytest.raises(UsageError, match="save: got list; it must be a module, or a mapping"):
        save([np.ones(2)], tmp_path / "m.npz")


def test_metadata_must_be_text(tmp_path):
    with pytest.raises(UsageError, match=r"save: got metadata 'epoch': 3; both must be text"):
        save(Linear(2, 1), tmp_path / "m.npz", metadata={"epoch": 3})
    with pytest.raises(UsageError, match="bytes of metadata; an npz file holds 65535"):
        save(Linear(2, 1), tmp_path / "m.npz", metadata={"text": "x" * 70000})


def test_safetensors_has_no_wide_complex_numbers(tmp_path):
    save({"z": np.ones(2, np.complex64)}, tmp_path / "m.safetensors")
    assert saved_state(tmp_path / "m.safetensors")["z"].dtype == np.complex64
    with pytest.raises(DtypeError, match="save: z has dtype complex128, which safetensors has not"):
        save({"z": np.ones(2, complex)}, tmp_path / "m.safetensors")


def test_dtypes_that_numpy_lacks_are_named(tmp_path):
    header = json.dumps({"w": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))
    with pytest.raises(DtypeError, match="load: w has dtype F8_E4M3, which NumPy has not"):
        saved_state(tmp_path / "m.safetensors")


def test_without_the_package_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"pip install 'autograd-mini\[safetensors\]', or save as .npz"):
        save(Linear(2, 1), tmp_path / "m.safetensors")
    (tmp_path / "m.safetensors").write_bytes(b"")
    with pytest.raises(ImportError, match="autograd-mini"):
        load(Linear(2, 1), tmp_path / "m.safetensors")
    save(Linear(2, 1), tmp_path / "m.npz")


def test_the_names_are_public():
    assert {"load", "save", "saved_metadata", "saved_state"} <= set(nn.__all__)
