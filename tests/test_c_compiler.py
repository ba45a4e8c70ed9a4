"""The C compiler and its folder: what is kept and trusted, what happens without one; and how accurate C is."""

from __future__ import annotations

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from autograd_mini import BackendError, compile, logistic
from autograd_mini.compiler import c_compiler, compiled
from autograd_mini.compiler.c_functions import FAR

SOURCE = "int three(void) {{ return {}; }}"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of its own, as if nothing had been compiled."""
    monkeypatch.setenv("AUTOGRAD_MINI_CACHE", str(tmp_path))
    monkeypatch.setattr(c_compiler, "LOADED", {})
    forget()
    yield tmp_path / "native"
    monkeypatch.undo()
    forget()


def forget():
    """Look for the folder and the compiler anew."""
    c_compiler.folder.cache_clear()
    c_compiler.compiler.cache_clear()
    compiled.NOTICES.clear()


def value_of(n):
    """What a library made from source gives."""
    return c_compiler.library(SOURCE.format(n)).three()


@pytest.mark.native
def test_a_library_is_made_once_and_kept(place, monkeypatch):
    assert value_of(3) == 3
    files = {f: f.stat().st_mtime_ns for f in place.iterdir()}
    assert {f.suffix for f in files} == {".so", ".txt"}
    monkeypatch.setattr(c_compiler, "LOADED", {})
    monkeypatch.setattr(c_compiler, "built", None)
    assert value_of(3) == 3
    assert {f: f.stat().st_mtime_ns for f in place.iterdir()} == files


@pytest.mark.native
def test_a_library_that_was_tampered_with_is_made_anew(place, monkeypatch):
    assert value_of(4) == 4
    (file,) = place.glob("*.so")
    other = place / "other"
    other.write_bytes(file.read_bytes() + b"x")
    other.replace(file)
    monkeypatch.setattr(c_compiler, "LOADED", {})
    assert c_compiler.checked(place, file.name[:40]) is None
    assert value_of(4) == 4
    assert c_compiler.checked(place, file.name[:40]) == file


@pytest.mark.native
def test_a_folder_that_others_can_write_to_is_not_used(place):
    place.mkdir(mode=0o777, parents=True)
    place.chmod(0o777)
    assert value_of(5) == 5
    assert not list(place.iterdir())
    assert c_compiler.folder() != place
    assert c_compiler.folder().stat().st_mode & 0o077 == 0


@pytest.mark.native
def test_a_link_in_the_place_of_the_folder_is_not_used(place, tmp_path):
    (tmp_path / "other").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "other")
    assert c_compiler.folder() != place


def test_the_folder_can_be_turned_off(place, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_CACHE", "off")
    assert c_compiler.folder().name.startswith("autograd_mini_")


@pytest.mark.native
def test_processes_that_compile_the_same_at_once_do_not_disturb_each_other(place):
    code = f"from autograd_mini.compiler.c_compiler import library; print(library({SOURCE.format(6)!r}).three())"
    command = [sys.executable, "-c", code]
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: subprocess.check_output(command, text=True), range(3))) == {"6\n"}
    assert len(list(place.glob("*.txt"))) == 1


@pytest.mark.parametrize("command", ["", "false"])
def test_without_a_compiler_that_works_numpy_source_runs_after_one_notice(place, monkeypatch, command):
    monkeypatch.setattr(c_compiler, "compiler", lambda: [c_compiler.shutil.which(command)] if command else None)
    wanted = "the C compiler .* failed .*; NumPy source" if command else "no C compiler was found; .*; NumPy source"
    x = np.linspace(0, 1, 5)
    f = lambda x: np.tanh(x) * np.exp(x) - x  # compared with itself
    with pytest.warns(RuntimeWarning, match=wanted):
        y = compile(f, backend="native")(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(compile(f, backend="native")(x + 1), f(x + 1))
    np.testing.assert_allclose(y, f(x))


def test_auto_says_nothing_without_a_compiler(place, monkeypatch):
    monkeypatch.setattr(c_compiler, "compiler", lambda: None)
    f = compile(lambda x: np.tanh(x) * np.exp(x) - x)
    x = np.ones(1_000_000)
    for _ in range(12):
        np.testing.assert_allclose(f(x)[0], np.tanh(1) * np.e - 1)
    assert f.stats.native == 0


@pytest.mark.native
def test_an_error_of_the_compiler_is_told(place):
    with pytest.raises(BackendError, match=r"failed \(source\.c:1.*error.*set CC to another, or give backend='numpy'"):
        c_compiler.library("int x = ;")


@pytest.mark.native
def test_the_compiler_of_cc_comes_first(place, monkeypatch):
    found = c_compiler.compiler()
    monkeypatch.setenv("CC", f"{found[0]} -O0")
    c_compiler.compiler.cache_clear()
    assert c_compiler.compiler() == [found[0], "-O0"]
    assert value_of(7) == 7
    assert Path(found[0]).exists()


# ---- accuracy: at most 2 ulp of the numbers that long doubles give

NAMES = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "sin": np.sin, "cos": np.cos}


def arguments(name, rng):
    """Numbers of all sizes at which a function is computed in C."""
    x = np.concatenate([rng.normal(size=20_000), 10 * rng.normal(size=20_000), rng.uniform(-1, 1, 20_000)])
    tiny = np.exp(rng.uniform(-740, 0, 10_000))
    if name == "log":
        return np.concatenate([np.abs(x), tiny, np.exp(rng.uniform(0, 700, 10_000)), 1 + 1e-3 * x, [5e-324]])
    if name in ("sin", "cos"):
        return np.concatenate([x, tiny, rng.uniform(-FAR, FAR, 50_000), np.arange(1, 20_000) * np.pi / 2])
    return np.concatenate([x, tiny, -tiny, rng.uniform(-745, 709, 50_000), np.arange(-40, 41) * 0.25])


@pytest.mark.native
@pytest.mark.parametrize("name", [*NAMES, "logistic"])
def test_elementary_functions_are_right_to_two_units_in_the_last_place(name):
    x = arguments(name, np.random.default_rng(0))
    f = NAMES.get(name, logistic)
    ours = compile(lambda x: f(x) + 0.0, backend="native")(x)
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        exact = NAMES[name](wide) if name in NAMES else 1 / (1 + np.exp(-wide))
        ulps = np.abs(ours - exact) / np.spacing(np.abs(exact.astype(np.float64)))
    assert np.max(ulps) <= 2
