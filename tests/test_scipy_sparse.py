"""scipy.sparse on Values: products and systems, with Values in the entries and in the vectors."""

import numpy as np
import pytest
import scipy.sparse as ss
import scipy.sparse.linalg as sl

from autograd_mini import AutogradError, NoRuleError, ShapeError, UsageError, Value, grad
from autograd_mini.primitive import REGISTRY
from autograd_mini.scipy import sparse
from autograd_mini.testing import as_data, assert_close, check_grads, every_sample

rng = np.random.default_rng(5)
ROW, COL = np.array([0, 1, 2, 0, 2, 1]), np.array([0, 1, 2, 2, 0, 2])
DATA = np.array([3.0, 4.0, 5.0, 0.5, -0.7, 1.1])
A = ss.csr_array((DATA, (ROW, COL)), shape=(3, 3))
WIDE = ss.random_array((3, 5), density=0.5, rng=np.random.default_rng(1))
v, X = rng.normal(size=3), rng.normal(size=(3, 2))


def of(data):
    return sparse.csr_array((data, (ROW, COL)), shape=(3, 3))


@pytest.mark.parametrize("x", [v, X])
def test_products_with_values_in_entries_and_vectors(x):
    assert_close((of(Value(DATA)) @ Value(x)).data, A @ x, order=1)
    assert_close((Value(x.T) @ of(DATA)).data, x.T @ A.toarray(), order=1)
    check_grads(lambda d, x: of(d) @ x, (DATA, x))
    check_grads(lambda d, x: x.T @ of(d), (DATA, x))


def test_a_constant_matrix_of_any_form():
    for form in (WIDE, WIDE.tocsc(), WIDE.tocoo(), ss.csr_matrix(WIDE)):
        a = sparse.csr_array(form)
        assert_close((a @ Value(np.arange(5.0))).data, WIDE @ np.arange(5.0), order=1)
        check_grads(a.dot, (rng.normal(size=5),))
    assert isinstance(sparse.csr_array(WIDE) @ np.ones(5), np.ndarray)
    assert isinstance(np.ones(3) @ sparse.csr_array(WIDE), np.ndarray)


def test_complex_entries():
    check_grads(lambda d, x: of(d) @ x, (DATA + 0.5j, v))
    check_grads(lambda d, x: sparse.linalg.spsolve(of(d), x), (DATA + 0.5j, v))


@pytest.mark.parametrize("b", [v, X])
def test_systems_of_equations(b):
    assert_close(sparse.linalg.spsolve(A, Value(b)).data, sl.spsolve(A.tocsc(), b), order=1)
    check_grads(lambda d, b: sparse.linalg.spsolve(of(d), b), (DATA, b))


def test_entries_at_one_place_add_up():
    a = sparse.coo_array((Value(np.array([1.0, 2.0])), ([0, 0], [1, 1])), shape=(2, 2))
    assert a.toarray().data.tolist() == [[0.0, 3.0], [0.0, 0.0]]


def test_what_is_made_of_matrices():
    f = {
        "sum": lambda a: a.sum(), "columns": lambda a: a.sum(axis=0), "rows": lambda a: a.sum(axis=1),
        "diagonal": lambda a: a.diagonal(), "dense": lambda a: a.toarray(), "turned": lambda a: a.T.toarray(),
        "twice": lambda a: (a * 2.0).toarray(), "half": lambda a: (a / 2.0).toarray(), "less": lambda a: (-a).toarray(),
        "weighted": lambda a: a.multiply(np.arange(9.0).reshape(3, 3)).toarray(),
    }  # fmt: skip
    for name, g in f.items():
        assert_close(as_data(g(of(Value(DATA)))), np.asarray(g(A)), order=1, where=name)
        check_grads(lambda d, g=g: g(of(d)), (DATA,))
    check_grads(lambda d: (of(d) + A).toarray() + (of(d) - of(2 * d)).toarray(), (DATA,))
    check_grads(lambda d: sparse.linalg.norm(of(d)), (DATA,))
    assert_close(sparse.linalg.norm(of(Value(DATA))).data, sl.norm(A), order=1)


def test_a_dense_matrix_of_values_keeps_its_pattern():
    m = A.toarray()
    check_grads(lambda s: sparse.csr_array(m * s) @ v, (1.5,))
    g = grad(lambda m: np.sum(sparse.csr_array(m).toarray()))(m)
    assert np.array_equal(g != 0, m != 0)


@pytest.mark.parametrize("sample", every_sample(op for n, op in REGISTRY.items() if n.startswith("sparse.")), ids=str)
def test_samples_of_the_ops_have_second_derivatives(sample):
    check_grads(sample, sample.operands)


def test_scipys_matrices_refuse_values_and_say_what_to_write():
    x = Value(v)
    for product in (lambda: A @ x, lambda: x @ A):
        with pytest.raises(AutogradError, match=r"autograd_mini\.scipy\.sparse\.csr_array\(m\) @ v"):
            product()


def test_what_has_no_rule_says_why():
    with pytest.raises(NoRuleError, match=r"cg: got a Value; .* use spsolve"):
        sparse.linalg.cg(A, Value(v))
    with pytest.raises(NoRuleError, match="use csr_array"):
        sparse.dia_array((Value(X), [0, 1]), shape=(2, 2))
    assert sparse.eye_array(2).shape == (2, 2)
    assert isinstance(sparse.linalg.spsolve(A.tocsc(), v), np.ndarray)


def test_errors_say_what_is_needed():
    with pytest.raises(ShapeError, match=r"sparse @: got shapes \(3, 5\) and \(3,\)"):
        sparse.csr_array(WIDE) @ Value(v)
    with pytest.raises(ShapeError, match=r"entries of shape \(2,\) for 6 places"):
        of(Value(v[:2]))
    with pytest.raises(UsageError, match="got the column 3"):
        sparse.csr_array((v, ([0, 1, 2], [1, 2, 3])), shape=(3, 3))
    with pytest.raises(ShapeError, match="spsolve: got shapes"):
        sparse.linalg.spsolve(WIDE, Value(v))
    with pytest.raises(UsageError, match="pointers"):
        sparse.csr_array((v, COL, ROW), shape=(3, 3))


def test_every_public_name_is_answered_or_excluded():
    for theirs, ours in ((ss, sparse), (sl, sparse.linalg)):
        public = {n for n in theirs.__all__ if callable(getattr(theirs, n))}
        assert not public - set(ours.__all__) - set(ours.EXCLUDED)
