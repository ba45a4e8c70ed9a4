"""The example that carries weights from PyTorch and back finds the two engines alike."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")

EXAMPLE = Path(__file__).parent.parent / "examples" / "torch_weights.py"


@pytest.mark.slow
def test_weights_go_from_torch_and_back(tmp_path):
    done = subprocess.run(  # our own file
        [sys.executable, str(EXAMPLE), "--out", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^  (\w+) +largest (\S+), largest difference (\S+)$", done.stdout, re.MULTILINE)
    assert [name for name, _, _ in rows] == ["outputs", "gradients", "parameters", "outputs", "outputs"]
    assert all(float(difference) <= 1e-10 * float(largest) for _, largest, difference in rows)
    assert (tmp_path / "weights.safetensors").is_file()
