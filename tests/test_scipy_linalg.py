"""scipy.linalg on Values: what SciPy gives, and derivatives to the second order against differences."""

import warnings

import numpy as np
import pytest
import scipy.linalg as sl

from autograd_mini import DegenerateError, NoRuleError, ShapeError, UsageError, Value, grad, jvp
from autograd_mini.primitive import REGISTRY
from autograd_mini.scipy import linalg
from autograd_mini.testing import as_data, assert_close, check_grads, every_sample

rng = np.random.default_rng(5)
A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
B = rng.normal(size=(3, 2))
M = rng.normal(size=(2, 2)) + 2 * np.eye(2)
S = A @ A.T + np.diag([1.0, 3.0, 6.0])
T = B.T @ B + np.diag([1.0, 2.0])
W = rng.normal(size=(4, 3))
v, w = rng.normal(size=3), rng.normal(size=3)
Z = A + 0.3j * rng.normal(size=(3, 3))
STACK = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
BAND = rng.normal(size=(3, 4)) + np.array([[0.0], [5.0], [0.0]])
HALF = rng.normal(size=(2, 4)) * 0.3 + np.array([[0.0], [3.0]])
H = Z @ Z.conj().T + np.eye(3)
H = 0.5 * (H + H.conj().T)


def name_of(case):
    return case[0] if isinstance(case[0], str) else str(case)


# (function, operands, options): operands are differentiated; lists and tuples as SciPy takes them.
CASES = [
    ("expm", (0.3 * A,), {}), ("expm", (0.3 * STACK,), {}), ("expm", (0.2 * Z,), {}), ("logm", (S,), {}),
    ("logm", (STACK + 2 * np.eye(3),), {}), ("sqrtm", (S,), {}), ("sqrtm", (Z @ Z,), {}),
    ("signm", (np.diag([1.0, -2.0, 3.0]) + 0.1 * A,), {}), ("fractional_matrix_power", (S,), {"t": 0.3}),
    ("fractional_matrix_power", (A,), {"t": -2}), ("fractional_matrix_power", (S, 0.4), {}), ("cosm", (0.3 * A,), {}),
    ("sinm", (0.3 * A,), {}), ("tanm", (0.2 * A,), {}), ("coshm", (0.3 * A,), {}), ("sinhm", (0.3 * A,), {}),
    ("tanhm", (0.2 * A,), {}), ("cosm", (0.2 * Z,), {}), ("sinm", (0.2 * Z,), {}),
    ("expm_frechet", (0.3 * A, 0.5 * S), {}), ("expm_frechet", (0.3 * A, 0.5 * S), {"compute_expm": False}),
    ("solve", (A, v), {}), ("solve", (A, B), {"transposed": True}), ("solve", (S, B), {"assume_a": "pos"}),
    ("solve", (S, v), {"assume_a": "pos", "lower": True}), ("solve", (S, v), {"assume_a": "sym", "lower": True}),
    ("solve", (S, v), {"assume_a": "sym"}), ("solve", (A, v), {"assume_a": "lower triangular"}),
    ("solve", (A, v), {"assume_a": "upper triangular"}), ("solve", (Z, B), {}), ("solve", (H, v), {"assume_a": "her"}),
    ("solve", (A, v), {"assume_a": "tridiagonal"}), ("solve", (A, v), {"assume_a": "diagonal"}),
    ("solve_triangular", (A, B), {}), ("solve_triangular", (A, v), {"lower": True, "trans": 1}),
    ("solve_triangular", (Z, v), {"trans": "C"}), ("solve_triangular", (Z, B), {"trans": "T"}),
    ("solve_triangular", (A, v), {"unit_diagonal": True}),
    ("inv", (A,), {}), ("inv", (STACK,), {}), ("det", (A,), {}), ("det", (STACK,), {}), ("pinv", (W,), {}),
    ("pinv", (W.T,), {"rtol": 1e-3}), ("pinv", (W,), {"atol": 1e-3}), ("pinvh", (S,), {}),
    ("pinvh", (S,), {"lower": False}),
    ("cholesky", (S,), {}), ("cholesky", (S,), {"lower": True}), ("cholesky", (H,), {"lower": True}),
    ("qr", (W,), {"mode": "economic"}),
    ("qr", (A,), {}), ("qr", (W,), {"mode": "economic", "pivoting": True}), ("qr", (B.T,), {"mode": "r"}),
    ("rq", (A,), {}), ("rq", (W.T,), {"mode": "economic"}), ("rq", (W.T,), {"mode": "r"}),
    ("svd", (W,), {"full_matrices": False}),
    ("svd", (A,), {"compute_uv": False}), ("svdvals", (STACK,), {}), ("eigh", (S,), {}),
    ("eigh", (S,), {"lower": False}),
    ("eigh", (S, A.T @ A + np.eye(3)), {}), ("eigh", (S, A.T @ A + np.eye(3)), {"type": 2}),
    ("eigh", (S, A.T @ A + np.eye(3)), {"type": 3}), ("eigh", (S,), {"subset_by_index": [1, 2]}),
    ("eigvalsh", (S,), {}), ("eigvalsh", (H,), {}), ("eigvalsh", (S, A.T @ A + np.eye(3)), {}),
    ("eigvals", (np.diag([1.0, 4.0, 9.0]) + 0.3 * A,), {}),
    ("lu", (A,), {}), ("lu", (W,), {}), ("lu", (W.T,), {}), ("lu", (A,), {"permute_l": True}), ("lu", (STACK,), {}),
    ("lu", (Z,), {}), ("lu", (W,), {"p_indices": True}), ("lu_factor", (A,), {}), ("lu_factor", (W,), {}),
    ("lu_factor", (STACK,), {}), ("ldl", (S,), {}), ("ldl", (S,), {"lower": False}), ("ldl", (H,), {}),
    ("ldl", (np.array([[0.0, 2.0, 0.3], [2.0, 0.1, 0.5], [0.3, 0.5, 4.0]]),), {}),
    ("schur", (np.diag([1.0, 4.0, 9.0]) + 0.3 * A,), {}), ("hessenberg", (A,), {}),
    ("hessenberg", (A,), {"calc_q": True}),
    ("hessenberg", (rng.normal(size=(4, 4)),), {"calc_q": True}), ("hessenberg", (Z,), {"calc_q": True}),
    ("polar", (A,), {}), ("polar", (W,), {}), ("polar", (W,), {"side": "left"}), ("polar", (W.T,), {}),
    ("polar", (W.T,), {"side": "left"}), ("polar", (Z,), {}),
    ("orthogonal_procrustes", (W, W[::-1] * 1.3 + 0.2), {}), ("orth", (W,), {}),
    ("subspace_angles", (W[:, :2], W[:, 1:] + 0.3), {}), ("subspace_angles", (W[:, :1], W[:, 1:] - 0.4), {}),
    ("solve_sylvester", (A, M, B), {}), ("solve_sylvester", (Z, M, B + 0.1j), {}),
    ("solve_continuous_lyapunov", (A, S), {}), ("solve_continuous_lyapunov", (Z, H), {}),
    ("solve_discrete_lyapunov", (0.1 * A, S), {}), ("solve_discrete_lyapunov", (0.1 * Z, H), {}),
    ("solve_banded", ((1, 1), BAND, rng.normal(size=4)), {}),
    ("solve_banded", ((0, 2), BAND[::-1] + np.array([[0.0], [0.0], [4.0]]), rng.normal(size=(4, 2))), {}),
    ("solve_banded", ((1, 1), BAND + 0.1j, rng.normal(size=4)), {}),
    ("solveh_banded", (HALF, rng.normal(size=4)), {}),
    ("solveh_banded", (HALF[::-1], rng.normal(size=4)), {"lower": True}),
    ("solveh_banded", (HALF + np.array([[0.2j], [0.0]]), rng.normal(size=4)), {}),
    ("solve_toeplitz", (v + np.array([6.0, 0, 0]), w), {}),
    ("solve_toeplitz", ((v + np.array([6.0, 0, 0]), w + np.array([6.0, 0, 0])), B), {}),
    ("matmul_toeplitz", ((v, w), B), {}), ("matmul_toeplitz", (v, w), {}),
    ("solve_circulant", (v + np.array([6.0, 0, 0]), w), {}),
    ("toeplitz", (v,), {}), ("toeplitz", (v, W[:, 0]), {}), ("toeplitz", (v + 0.3j,), {}), ("hankel", (v,), {}),
    ("hankel", (v, W[:, 0]), {}), ("circulant", (v,), {}), ("companion", (np.array([2.0, 1.0, 3.0, 0.5]),), {}),
    ("fiedler_companion", (W[:, 0],), {}),
    ("fiedler_companion", (np.array([2.0, 1.0, 3.0, 0.5, 0.7, 0.2]),), {}), ("leslie", (v, w[:2]), {}),
    ("fiedler", (v,), {}),
    ("convolution_matrix", (v,), {"n": 5}), ("convolution_matrix", (v,), {"n": 4, "mode": "same"}),
    ("convolution_matrix", (v,), {"n": 2, "mode": "valid"}), ("block_diag", (A, B, v), {}), ("khatri_rao", (B, M), {}),
    ("diagsvd", (v,), {"M": 4, "N": 3}), ("lstsq", (W, rng.normal(size=4)), {}), ("lstsq", (W.T, B), {}),
    ("norm", (A,), {}), ("norm", (A,), {"ord": 2}), ("norm", (A,), {"ord": 1, "axis": 0}),
    ("eigh_tridiagonal", (v, w[:2]), {}), ("eigvalsh_tridiagonal", (v, w[:2]), {}),
    ("eig_banded", (HALF * [1, 2, 3, 4],), {}), ("eigvals_banded", (HALF[::-1] * [1, 2, 3, 4],), {"lower": True}),
]  # fmt: skip


OF_ANY_SIGN = {"eigh", "eigh_tridiagonal", "eig_banded"}


def as_values(x):
    if isinstance(x, tuple) and not all(isinstance(i, int) for i in x):
        return tuple(map(as_values, x))
    return Value(x) if isinstance(x, (np.ndarray, float)) else x


def parts(y):
    return [as_data(p) for p in y] if isinstance(y, (tuple, list)) else [as_data(y)]


@pytest.mark.parametrize(("name", "operands", "options"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_values_give_what_scipy_gives(name, operands, options):
    theirs = parts(getattr(sl, name)(*operands, **options))
    ours = parts(getattr(linalg, name)(*map(as_values, operands), **options))
    assert len(ours) == len(theirs)
    for a, b in zip(map(np.asarray, ours), map(np.asarray, theirs), strict=True):
        if name in OF_ANY_SIGN and b.ndim == 2:
            assert_close(a * np.sign(np.sum(a * b, axis=0)), b, order=1)
        else:
            assert_close(a, b, order=1)  # two algorithms


def check_along_lines(f, operands):
    """Check derivatives to the second order along a line through each operand, of a weighted sum of the results."""
    source = np.random.default_rng(3)
    lines = [source.normal(size=np.shape(x)) * (0.2 + 0.1j if np.iscomplexobj(x) else 0.2) for x in operands]

    def on_lines(*steps):
        y = f(*(x + s * d for x, s, d in zip(operands, steps, lines, strict=True)))
        weights = np.random.default_rng(4)
        parts = [
            p for p in (y if isinstance(y, (tuple, list)) else [y]) if isinstance(p, Value) and p.dtype.kind in "fc"
        ]
        pairs = [(p, weights.normal(size=p.shape), weights.normal(size=p.shape)) for p in parts]
        return sum(np.sum(np.real(p) * a + np.imag(p) * b) for p, a, b in pairs)

    check_grads(on_lines, (0.0,) * len(operands))


@pytest.mark.parametrize(("name", "operands", "options"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives_agree_with_differences_to_the_second_order(name, operands, options):
    f = getattr(linalg, name)
    if name == "solve_banded":
        check_along_lines(lambda *xs: f(operands[0], *xs, **options), operands[1:])
    elif isinstance(operands[0], tuple):
        check_along_lines(lambda *xs: f(xs[:2], *xs[2:], **options), (*operands[0], *operands[1:]))
    else:
        check_along_lines(lambda *xs: f(*xs, **options), operands)


@pytest.mark.parametrize("sample", every_sample(op for n, op in REGISTRY.items() if n.startswith("linalg.")), ids=str)
def test_samples_of_the_ops_have_second_derivatives(sample):
    if sample.places and not sample.op.is_discrete:
        check_along_lines(sample, sample.operands)


@pytest.mark.parametrize("lower", [False, True])
def test_systems_are_solved_by_their_factors(lower):
    check_along_lines(lambda a, b: linalg.cho_solve(linalg.cho_factor(a, lower=lower), b), (S, v))
    check_along_lines(lambda a, b: linalg.cho_solve(linalg.cho_factor(a, lower=lower), b), (H, B))
    assert_close(linalg.cho_solve(linalg.cho_factor(Value(S), lower), v).data, np.linalg.solve(S, v), order=1)


@pytest.mark.parametrize("trans", [0, 1, 2])
def test_systems_are_solved_by_triangles_and_rows(trans):
    f = lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, trans=trans)
    for a, b in ((A, v), (Z, B)):
        check_along_lines(f, (a, b))
        assert_close(f(Value(a), b).data, sl.lu_solve(sl.lu_factor(a), b, trans=trans), order=1)


def symmetric(x):
    return x + x.T


@pytest.mark.parametrize("name", ["solve_continuous_are", "solve_discrete_are"])
@pytest.mark.parametrize("extra", [{}, {"e": np.eye(2) + 0.1 * M}, {"e": np.eye(2) + 0.1 * M, "s": 0.1 * M}])
def test_riccati_equations(name, extra):
    keys = list(extra)
    a, b, q, r = M - np.eye(2) * 0.3, B[:2, :2] + np.eye(2), T, np.diag([1.0, 2.0])

    def f(a, b, q, r, *rest):
        return getattr(linalg, name)(a, b, 0.5 * symmetric(q), 0.5 * symmetric(r), **dict(zip(keys, rest, strict=True)))

    assert_close(f(Value(a), b, q, r, *extra.values()).data, getattr(sl, name)(a, b, q, r, **extra), order=1)
    check_along_lines(f, (a, b, q, r, *extra.values()))


def projector(n):
    return n @ n.T


def test_bases_may_be_used_where_the_choice_of_basis_does_not_matter():
    check_grads(lambda x: projector(linalg.null_space(x)), (W.T,))
    check_grads(lambda x: projector(linalg.orth(x)), (W,))
    with pytest.raises(DegenerateError, match="basis"):
        grad(lambda x: np.sum(linalg.null_space(x)))(rng.normal(size=(2, 4)))


def test_a_function_of_matrices_is_that_of_their_eigenvalues():
    near = np.diag([1.0, 4.0, 9.0]) + 0.3 * A
    assert_close(linalg.funm(Value(near), np.exp).data, sl.expm(near), order=1)
    check_along_lines(lambda x: linalg.funm(x, np.sin), (near,))
    check_along_lines(lambda x, t: linalg.funm(x, lambda z: np.exp(t * z)), (near, 0.3))


def test_a_complex_schur_form_has_gradients_of_what_phases_do_not_change():
    a = rng.normal(size=(3, 3))
    check_along_lines(lambda a: np.abs(linalg.schur(a, output="complex")[0]), (a,))
    t, z = linalg.schur(Value(a), output="complex")
    assert_close((z @ t @ np.conjugate(z).T).data, a + 0j, order=1)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_triangular_form_of_other_sizes(n):
    a = np.diag(np.arange(n) * 3.0) + 0.2 * rng.normal(size=(n, n))
    check_along_lines(linalg.schur, (a,))


def first(y):
    return y[0] if isinstance(y, tuple) else y


@pytest.mark.parametrize(("name", "operands", "options"), CASES[:40:3], ids=lambda x: x if isinstance(x, str) else "")
def test_forward_mode_agrees_with_reverse(name, operands, options):
    f = lambda *xs: first(getattr(linalg, name)(*xs, **options))
    t = jvp(f, operands, tuple(np.ones_like(x) for x in operands))[1]
    if np.isrealobj(t):
        g = grad(lambda *xs: np.sum(f(*xs)), tuple(range(len(operands))))(*operands)
        assert_close(np.sum(t), sum(float(np.sum(np.real(c))) for c in g), order=1)


def test_single_precision_is_kept():
    for f in (linalg.expm, linalg.sqrtm, linalg.logm, linalg.inv, linalg.det, linalg.cholesky):
        x = Value(S.astype(np.float32))
        y = np.sum(f(x))
        y.backward()
        assert y.dtype == x.grad.dtype == np.float32


def test_arrays_go_to_scipy_and_give_arrays():
    assert isinstance(linalg.expm(A), np.ndarray)
    assert linalg.hilbert(2).shape == (2, 2)
    assert linalg.bandwidth(A) == (2, 2)
    assert linalg.solve(A, v, overwrite_a=False).__class__ is np.ndarray


def test_lists_of_values_are_arrays():
    x = Value(0.5)
    y = linalg.det([[x, 1.0], [2.0, x]])
    y.backward()
    assert x.grad == pytest.approx(1.0)


def test_what_has_no_rule_says_why():
    x = Value(A)
    with pytest.raises(NoRuleError, match=r"scipy\.linalg\.qz: got a Value; it takes numbers only: it is of a pair"):
        linalg.qz(x, x)
    with pytest.raises(NoRuleError, match=r"overwrit|subset_by_value"):
        linalg.eigh(x, subset_by_value=(0, 1))
    with pytest.raises(NoRuleError, match=r'write schur\(a, output="complex"\)'):
        linalg.schur(np.array([[0.0, 1.0], [-1.0, 0.0]]) * Value(1.0))
    with pytest.raises(NoRuleError, match="pair"):
        linalg.eig(x, x)
    with pytest.raises(NoRuleError, match="mode='raw'"):
        linalg.qr(x, mode="raw")


def test_errors_say_what_is_needed():
    x = Value(W)
    with pytest.raises(ShapeError, match=r"expm: got shape \(4, 3\); square"):
        linalg.expm(x)
    with pytest.raises(UsageError, match="solve: got assume_a='odd'"):
        linalg.solve(Value(A), v, assume_a="odd")
    with pytest.raises(ShapeError, match="solve_banded: got diagonals of shape"):
        linalg.solve_banded((1, 0), Value(BAND), np.ones(4))
    with pytest.raises(ShapeError, match="solve_toeplitz: got 3 and 3 numbers"):
        linalg.solve_toeplitz(Value(v), np.ones(4))
    with pytest.raises(DegenerateError, match="hessenberg: column 0"):
        linalg.hessenberg(Value(np.eye(3)))
    with pytest.raises(DegenerateError, match="schur: two eigenvalues"):
        grad(lambda a: np.sum(linalg.schur(a)[1] * W[1:]))(np.eye(3))


def test_every_public_name_is_answered_or_excluded():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        modules = {"basic", "blas", "cython_blas", "cython_lapack", "decomp", "decomp_cholesky", "decomp_lu",
                   "decomp_qr",
                   "decomp_schur", "decomp_svd", "lapack", "matfuncs", "misc", "special_matrices"}  # fmt: skip
        left = set(sl.__all__) - modules - set(linalg.__all__) - set(linalg.EXCLUDED)
    assert not left
