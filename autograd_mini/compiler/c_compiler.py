"""The C compiler of this machine, and the folder that keeps what it made.

Laws: a file is loaded only from a folder that no one else can write to, and only if its checksum is the one that was
noted when it was made; names are hashes of all that the file depends on; files appear in one step, complete.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from ..errors import BackendError

__all__ = ["compiler", "folder", "library"]

SECONDS = 300  # that a compiler may take
# No -ffast-math, as nan and infinity must stay what they are; no contraction, so that products and sums are rounded as
# NumPy rounds them; loops that are marked are vectorised.
FLAGS = (
    "-O1", "-std=gnu11", "-shared", "-fPIC", "-w", "-fopenmp-simd", "-ftree-vectorize", "-fno-math-errno",
    "-fno-trapping-math", "-ffp-contract=off", "-fwrapv",
    *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()),  # Python's functions are there already
)  # fmt: skip
FAST = ("-fassociative-math", "-freciprocal-math", "-fno-signed-zeros", "-ffp-contract=fast")
LOADED: dict[str, ctypes.CDLL] = {}
LOCK = Lock()


def library(source: str, *, fast_math: bool = False) -> ctypes.CDLL:
    """What this C source makes, compiled now or found in the folder.

    Raises: BackendError where there is no compiler, or it fails.
    """
    command = compiler()
    if command is None:
        raise BackendError(
            "compile: no C compiler was found; native code needs one; install gcc or clang, set CC, or "
            "`pip install autograd-mini[native]`"
        )
    flags = [*FLAGS, *(FAST if fast_math else ()), "-march=native"]
    key = sha256("\0".join([source, *flags, *command, identity(command[0]), processor()]).encode()).hexdigest()[:40]
    with LOCK:
        if key not in LOADED:
            place = folder()
            file = checked(place, key)
            if file is None:
                file = built(place, key, source, command, flags)
            LOADED[key] = ctypes.CDLL(str(file))
        return LOADED[key]


def checked(place: Path, key: str) -> Path | None:
    """The file of that key, if it is there and is what was made."""
    try:
        noted = (place / f"{key}.txt").read_text("ascii").strip()
        file = place / f"{key}-{noted[:16]}.so"
        return file if len(noted) == 64 and sha256(file.read_bytes()).hexdigest() == noted else None
    except (OSError, ValueError):
        return None


def built(place: Path, key: str, source: str, command: list[str], flags: list[str]) -> Path:
    """The file, made by the compiler. What another process makes meanwhile is as good."""
    with tempfile.TemporaryDirectory(dir=place) as made:
        (Path(made) / "source.c").write_text(source, "utf-8")
        output = Path(made) / "made.so"
        tries = [flags, [f for f in flags if f != "-march=native"]]  # which some processors have no name for
        error = ""
        for these in tries:
            try:
                run = subprocess.run(  # noqa: S603  # the user's compiler
                    [*command, *these, "-o", str(output), "source.c", *([] if os.name == "nt" else ["-lm"])],
                    cwd=made, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as e:
                error = str(e)
                break
            if run.returncode == 0:
                noted = sha256(output.read_bytes()).hexdigest()
                file = place / f"{key}-{noted[:16]}.so"
                output.replace(file)
                note = Path(made) / "note.txt"
                note.write_text(noted, "ascii")
                note.replace(place / f"{key}.txt")
                return file
            error = run.stderr
    where = next((line for line in error.splitlines() if "error" in line), error[:200])
    raise BackendError(
        f"compile: the C compiler {' '.join(command)} failed ({where.strip()}); native code needs one that works; "
        "set CC to another, or give backend='numpy'"
    )


@cache
def compiler() -> list[str] | None:
    """The command of the C compiler: that of CC, or one that is found; None if there is none."""
    named = os.environ.get("CC", "").split()
    for command in ([named] if named else []) + [["cc"], ["gcc"], ["clang"]]:
        path = shutil.which(command[0])
        if path is not None:
            return [path, *command[1:]]
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


@cache
def identity(command: str) -> str:
    """What tells one compiler from another, without running it."""
    path = Path(command).resolve()
    found = path.stat()
    return f"{path} {found.st_size} {found.st_mtime_ns}"


@cache
def processor() -> str:
    """What tells one kind of processor from another."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0].splitlines()
    except OSError:
        lines = []
    kept = [line for line in lines if line.startswith(("model", "vendor", "cpu family", "flags", "Features", "CPU "))]
    return "\n".join([platform.machine(), platform.processor(), *(x for x in kept if "MHz" not in x)])


@cache
def folder() -> Path:
    """Where compiled files are kept: in AUTOGRAD_MINI_CACHE, or the user's cache.

    `off` keeps them for this process only. A folder that belongs to another user, or that
    others can write to or read, is not used.
    """
    named = os.environ.get("AUTOGRAD_MINI_CACHE")
    if named != "off":
        try:
            place = (Path(named) if named else users_cache() / "autograd_mini") / "native"
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if is_private(place):
                return place
        except (OSError, RuntimeError):
            pass
    place = Path(tempfile.mkdtemp(prefix="autograd_mini_"))  # which nobody else can read
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def users_cache() -> Path:
    """The folder for what programs can make again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def is_private(place: Path) -> bool:
    """Whether a folder is the user's, and nobody else's."""
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    if sys.platform == "win32":
        return True  # the folders of a user are private there
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077 and os.access(place, os.W_OK)
