"""Numerical programs written for NumPy run on Values as they are, and their derivatives agree with differences."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from autograd_mini import Value
from autograd_mini.testing import check_grads

FOLDER = Path(__file__).parent.parent / "examples" / "numerical"
FIGURES = {
    "fft_filter": ["misfit 0.72 -> 0.04", "center 8.0", "delay 10 ms", "21 dB less"],
    "finite_elements": ["compliance 0.0655 -> 0.0357", "16 of 29"],
    "gaussian_process": ["symmetric: True", "of the truth"],
    "hmm_forward": ["forward-backward: True", "states found: 100%"],
    "image_deblurring": ["width 1.20", "0.202 -> 0.052", "no gradient of variation: True"],
    "kalman_filter": ["within two deviations: 90%"],
    "logistic_newton": ["Hessian is X' W X: True", "accuracy 92%"],
    "n_body": ["energy: True", "energy is kept: True", "rounds: True"],
    "ode_fit": ["rates [1.11 0.4  0.1  0.4 ]", "gradient at the fit is 0: True", "four standard errors: True"],
    "pca_eigh": ["two axes explain 98.8%", "only turns: True"],
    "rosenbrock_lbfgs": ["with the loop: True", "vector agrees with differences: True", "minimum after"],
}


def loaded(name):
    """The example as a module."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_numerical_example_is_run_here():
    assert sorted(FIGURES) == sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("name", FIGURES)
def test_the_numerical_part_knows_nothing_of_us(name):
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("autograd_mini")
        for alias in node.names
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    numerical = [f for f in functions if f.name not in ("main", "problem")]
    used = {n.id for f in numerical for n in ast.walk(f) if isinstance(n, ast.Name)}
    assert ours
    assert not ours & used


@pytest.mark.parametrize("name", FIGURES)
def test_values_give_what_arrays_give(name):
    f, args = loaded(name).problem()
    on_values = f(*map(Value, args))
    assert isinstance(on_values, Value)
    np.testing.assert_allclose(on_values.data, f(*args), rtol=1e-12)


@pytest.mark.parametrize("name", FIGURES)
def test_its_derivatives_agree_with_differences(name):
    f, args = loaded(name).problem()
    check_grads(f, args, order=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_it_prints_what_it_is_there_for(name, capsys):
    loaded(name).main()
    text = capsys.readouterr().out
    assert "agree" in text
    assert "False" not in text
    assert [figure for figure in FIGURES[name] if figure not in text] == []
