"""np.linalg: values, derivatives to the second order, both modes, single precision; and matrices that are singular."""

import numpy as np
import pytest

from autograd_mini import (
    DegenerateError,
    NoRuleError,
    ShapeError,
    UsageError,
    Value,
    diagnose,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    vjp,
)
from autograd_mini.testing import as_precise, assert_close, check_grads, direction

rng = np.random.default_rng(10)
START = rng.bit_generator.state
linalg = np.linalg


@pytest.fixture(autouse=True)
def _each_test_draws_the_same_numbers():
    rng.bit_generator.state = START


def real(*shape):
    return rng.uniform(0.25, 1.0, shape) * rng.choice((-1.0, 1.0), shape)


def complex_(*shape):
    return real(*shape) + 1j * real(*shape)


def adjoint(x):
    return np.conjugate(np.swapaxes(x, -1, -2))


def scaled(x, least=1.0, most=2.0):
    """The matrices with singular values spread evenly between two numbers."""
    u, s, vh = linalg.svd(x, full_matrices=False)
    return (u * np.linspace(most, least, s.shape[-1])) @ vh


def outputs(y):
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)


def then(f, g):
    """The function that gives g of the outputs of f."""
    return lambda *xs: g(*outputs(f(*xs)))


def planes(v):
    """Each column times its conjugate: what does not change with the signs that LAPACK happens to choose."""
    return np.einsum("...ik,...jk->...kij", v, np.conjugate(v))


def parts(f, *places):
    """The function that gives some of the outputs, as a tuple."""
    return lambda *xs: tuple(f(*xs)[i] for i in places)


def cases(m):
    """Name -> function and operands; m draws numbers, real or complex."""
    square = scaled(m(2, 3, 3))
    x = m(2, 3, 3)
    hermitian = (x + adjoint(x)) / 4 + np.diag([0.0, 2.0, 5.0])
    definite = x @ adjoint(x) + np.eye(3)
    general = m(2, 3, 3) / 2 + np.diag([0.0, 2.0, 5.0])
    tall, wide = scaled(m(2, 4, 3)), scaled(m(2, 2, 4))
    low_rank = scaled(m(4, 2)) @ scaled(m(2, 3))
    matrix_orders = ("fro", "nuc", 1, 2, -1, -2, np.inf, -np.inf)
    vector_orders = (None, 1, 2, 3, 2.5, 0.5, -1, -2, np.inf, -np.inf)
    return {
        # systems of equations
        "inv": (linalg.inv, square),
        "solve, a stack of systems and one vector": (linalg.solve, square, m(3)),
        "solve, one system and a stack of matrices": (linalg.solve, square[0], m(4, 3, 2)),
        "solve, both broadcast": (linalg.solve, square, m(2, 1, 3, 2)),
        "lstsq, a vector": (lambda a, b: linalg.lstsq(a, b)[0], tall[0], m(4)),
        "lstsq, under-determined": (lambda a, b: linalg.lstsq(a, b)[0], wide[0], m(2, 3)),
        "lstsq, all": (parts(linalg.lstsq, 0, 1, 3), tall[0], m(4, 2)),
        "lstsq, deficient rank": (lambda a, b: linalg.lstsq(a, b, 0.1)[0], low_rank, m(4)),
        "pinv, tall": (linalg.pinv, tall),
        "pinv, wide": (linalg.pinv, wide),
        "pinv, hermitian": (lambda a: linalg.pinv(a, hermitian=True), definite),
        "pinv, deficient rank": (lambda a: linalg.pinv(a, rcond=0.1), low_rank),
        "pinv, cut off": (lambda a: linalg.pinv(a, rtol=0.2), low_rank + 0.01 * m(4, 3)),
        "tensorsolve": (lambda a, b: linalg.tensorsolve(a, b, axes=(0, 1)), scaled(m(6, 6)).reshape(2, 3, 6), m(6)),
        "tensorinv": (lambda a: linalg.tensorinv(a, 1), scaled(m(6, 6)).reshape(6, 2, 3)),
        # determinants
        "det": (linalg.det, m(2, 3, 3)),
        "det, rank 2 of 3": (linalg.det, m(3, 2) @ m(2, 3)),
        "det, rank 1 of 3": (linalg.det, m(3, 1) @ m(1, 3)),
        "det, a stack of each rank": (
            linalg.det,
            np.stack([m(3, 3), m(3, 2) @ m(2, 3), m(3, 1) @ m(1, 3), 0 * m(3, 3)]),
        ),
        "slogdet": (parts(linalg.slogdet, 0, 1), square),
        # factorisations
        "cholesky": (linalg.cholesky, definite),
        "cholesky, upper": (lambda a: linalg.cholesky(a, upper=True), definite),
        "qr, tall": (parts(linalg.qr, 0, 1), tall),
        "qr, square": (parts(linalg.qr, 0, 1), square),
        "qr, wide": (parts(linalg.qr, 0, 1), wide + np.eye(2, 4)),
        "qr, r": (lambda a: linalg.qr(a, "r"), tall),
        "qr, complete, projector": (
            then(lambda a: linalg.qr(a, "complete").Q, lambda q: q[..., 2:] @ adjoint(q[..., 2:])),
            scaled(m(4, 2)),
        ),
        "qr, complete, r": (lambda a: linalg.qr(a, "complete").R, scaled(m(4, 2))),
        "qr, complete, wide": (lambda a: tuple(linalg.qr(a, "complete")), wide + np.eye(2, 4)),
        "eigh": (then(linalg.eigh, lambda w, v: (w, planes(v))), hermitian),
        "eigh, upper": (then(lambda a: linalg.eigh(a, "U"), lambda w, v: (w, planes(v))), hermitian),
        "eigvalsh": (linalg.eigvalsh, hermitian),
        "eig": (parts(linalg.eig, 0, 1), general),
        "eig, rotation": (parts(linalg.eig, 0, 1), scaled(m(2, 2)) / 4 + np.array([[0.0, -1.0], [2.0, 0.0]])),
        "eigvals": (linalg.eigvals, general),
        "svd, tall": (lambda a: tuple(linalg.svd(a, full_matrices=False)), tall),
        "svd, wide": (lambda a: tuple(linalg.svd(a, full_matrices=False)), wide),
        "svd, square": (then(linalg.svd, lambda u, s, vh: (np.einsum("...ik,...kj->...kij", u, vh), s)), square),
        "svd, full, projector": (
            then(lambda a: linalg.svd(a).U, lambda u: u[:, 2:] @ adjoint(u[:, 2:])),
            scaled(m(4, 2)),
        ),
        "svd, full, wide, projector": (
            then(lambda a: linalg.svd(a).Vh, lambda v: adjoint(v[2:]) @ v[2:]),
            scaled(m(2, 4)),
        ),
        "svd, one against many": (lambda a: tuple(linalg.svd(a, full_matrices=False)), scaled(m(9, 2))),
        "svd, hermitian": (
            then(lambda a: linalg.svd(a, hermitian=True), lambda u, s, vh: (planes(u), s, vh @ u)),
            hermitian,
        ),
        "svd, values": (lambda a: linalg.svd(a, compute_uv=False), tall),
        "svd, values, hermitian": (lambda a: linalg.svd(a, compute_uv=False, hermitian=True), hermitian),
        "svdvals": (linalg.svdvals, wide),
        # norms
        "norm of all": (lambda x: [linalg.norm(x), linalg.norm(x, keepdims=True)], m(2, 3, 2)),
        "norms of a matrix": (lambda x: [linalg.norm(x, k) for k in matrix_orders], tall[0]),
        "norms of a vector": (lambda x: [linalg.norm(x, k) for k in vector_orders], m(4)),
        "norms along an axis": (
            lambda x: [linalg.norm(x, k, axis=-2, keepdims=True) for k in vector_orders],
            m(2, 3, 2),
        ),
        "norms of two axes": (
            lambda x: [linalg.norm(x, k, axis=(2, 0)) for k in matrix_orders],
            np.moveaxis(tall, 2, 0),
        ),
        "norms of two axes, kept": (lambda x: [linalg.norm(x, k, (-1, 0), True) for k in matrix_orders], tall),
        "vector_norm": (
            lambda x: [linalg.vector_norm(x), linalg.vector_norm(x, axis=(0, 2), ord=3, keepdims=True)],
            m(2, 3, 2),
        ),
        "matrix_norm": (lambda x: [linalg.matrix_norm(x, ord=k, keepdims=True) for k in matrix_orders], tall),
        "cond": (lambda x: [linalg.cond(x, k) for k in (None, *matrix_orders)], square),
        # products
        "matrix_power": (
            lambda a: [linalg.matrix_power(a, n) for n in (0, 1, 2, 5, -1, -3)],
            scaled(m(2, 3, 3), 1.0, 1.2),
        ),
        "multi_dot": (lambda *xs: linalg.multi_dot(xs), m(2, 4), m(4, 3), m(3, 5), m(5, 1)),
        "multi_dot of vectors at the ends": (lambda *xs: linalg.multi_dot(xs), m(4), m(4, 2), m(2, 5), m(5)),
        "kron": (np.kron, m(2, 1, 2), m(2, 3)),
        "cross": (np.cross, m(4, 3), m(3)),
        "cross, axes": (lambda a, b: np.cross(a, b, axisa=0, axisb=1, axisc=0), m(3, 4), m(4, 3)),
        "linalg.cross": (lambda a, b: linalg.cross(a, b, axis=0), m(3, 2), m(3, 2)),
        "vecdot": (np.vecdot, m(2, 3), m(3)),
        "vecdot, axis": (lambda a, b: np.vecdot(a, b, axis=0, keepdims=True), m(3, 2), m(3, 2)),
        "vecdot, axes": (lambda a, b: np.vecdot(a, b, axes=[0, 1, ()]), m(3, 2), m(2, 3)),
        "matmul, axes": (lambda a, b: np.matmul(a, b, axes=[(0, 2), (1, 0), (0, 1)]), m(3, 2, 4), m(5, 4, 2)),
        "matmul of a vector, axes": (lambda a, b: np.matmul(a, b, axes=[(0, 1), (0,), (0,)]), m(4, 3, 2), m(3)),
        "linalg's names": (
            lambda a, b: [
                linalg.vecdot(a, b, axis=0),
                linalg.trace(a, offset=1),
                linalg.diagonal(b, offset=-1),
                linalg.matrix_transpose(a),
                linalg.tensordot(a, b),
                linalg.outer(a[0], b[1]),
                linalg.matmul(a, linalg.matrix_transpose(b)),
            ],
            m(3, 4),
            m(3, 4),
        ),
    }


CASES = {
    f"{name}, {kind}": case for kind, m in (("real", real), ("complex", complex_)) for name, case in cases(m).items()
}
of_cases = pytest.mark.parametrize("name", CASES)


@of_cases
def test_values_are_numpys(name):
    f, *args = CASES[name]
    for y, expected in zip(outputs(f(*map(Value, args))), outputs(f(*args)), strict=True):
        assert isinstance(y, Value)
        assert y.dtype == np.asarray(expected).dtype
        # Other orders of summation, and an inverse for a solution.
        assert_close(y, expected, order=1)


@of_cases
def test_derivatives_agree_with_differences_to_the_second_order(name):
    f, *args = CASES[name]
    check_grads(f, args)


def inner(a, b):
    return sum(np.sum(np.real(np.conjugate(x) * y)) for x, y in zip(a, b, strict=True))


@of_cases
def test_tangents_and_cotangents_agree(name):
    f, *args = CASES[name]
    y, pull = vjp(lambda *xs: outputs(f(*xs)), *args)
    cotangents = tuple(direction(x, rng) for x in y)
    tangents = tuple(direction(x, rng) for x in args)
    _, pushed = jvp(lambda *xs: outputs(f(*xs)), tuple(args), tangents)
    assert_close(inner(cotangents, pushed), inner(pull(cotangents), tangents), order=1)


@of_cases
def test_single_precision_is_kept(name):
    f, *args = CASES[name]
    if "cut off" in name or "deficient" in name:
        return  # what is rounding in single precision is above the cut
    leaves = [Value(as_precise(x, np.float32)) for x in args]
    ys = outputs(f(*leaves))
    assert {y.dtype.char for y in ys} <= {"f", "F"}
    double = [Value(x) for x in args]
    for y in ys:
        np.sum(np.abs(y) ** 2).backward()
    for y in outputs(f(*double)):
        np.sum(np.abs(y) ** 2).backward()
    for v, w in zip(leaves, double, strict=True):
        assert v.grad.dtype == v.dtype
        assert_close(as_precise(v.grad, float), w.grad, order=2, dtype=np.float32)


@pytest.mark.parametrize(
    "name", [n for n in CASES if n.endswith("real") and n.startswith(("eig", "svd", "qr", "slog", "lst", "pinv, t"))]
)
def test_the_order_of_forward_and_reverse_does_not_matter(name):
    f, *args = CASES[name]

    def loss(a):
        return sum(np.sum(np.real(y) ** 3) for y in outputs(f(a, *args[1:])))

    a = args[0]
    t = direction(a, rng)
    assert_close(grad(lambda x: jvp(loss, (x,), (t,))[1])(a), hvp(loss, a, t), order=1)


# ---- results as NumPy names them


def test_results_are_numpys_named_tuples():
    a = Value(scaled(real(3, 3)))
    u, s, vh = linalg.svd(a)
    assert_close((u * s) @ vh, a, order=1)
    assert_close(linalg.svd(a).S, s)
    q, r = linalg.qr(a)
    assert_close(linalg.qr(a).Q @ linalg.qr(a).R, q @ r)
    assert_close(linalg.eig(a).eigenvectors @ np.diag(linalg.eig(a).eigenvalues), a @ linalg.eig(a)[1], order=1)
    assert_close(linalg.eigh(a @ a.T).eigenvalues[::-1], s * s, order=1)
    assert_close(linalg.slogdet(a).sign * np.exp(linalg.slogdet(a).logabsdet), linalg.det(a), order=1)


def test_the_rank_has_no_derivative():
    a = Value(real(4, 1) * real(3))
    assert linalg.matrix_rank(a).data == 1
    (np.sum(a) * linalg.matrix_rank(a)).backward()
    assert_close(a.grad, np.ones((4, 3)))


def test_lists_of_numbers_are_constants():
    b = Value([1.0, 2.0])
    y = linalg.solve([[2.0, 0.0], [0.0, 4.0]], b)
    np.sum(y).backward()
    assert_close(b.grad, np.array([0.5, 0.25]))


# ---- one triangle


@pytest.mark.parametrize("lower", [True, False])
def test_derivatives_lie_in_the_triangle_that_is_read(lower):
    a = real(3, 3) / 4 + np.diag([1.0, 2.0, 4.0])
    other = np.triu(np.ones((3, 3)), 1) if lower else np.tril(np.ones((3, 3)), -1)
    uplo = "L" if lower else "U"
    for f in (lambda a: linalg.eigvalsh(a, uplo), lambda a: linalg.cholesky(a, upper=not lower)):
        assert_close(grad(lambda a, f=f: np.sum(f(a) ** 2))(a) * other, np.zeros((3, 3)))
        check_grads(f, [a])


def test_the_log_determinant_by_cholesky_has_the_derivative_of_slogdet():
    x = real(3, 3)

    def by_cholesky(x):
        return 2 * np.sum(np.log(np.diagonal(linalg.cholesky(x @ x.T + np.eye(3)))))

    assert_close(grad(by_cholesky)(x), grad(lambda x: linalg.slogdet(x @ x.T + np.eye(3))[1])(x), order=1)


# ---- zero vectors


def test_the_norm_of_a_zero_vector_has_gradient_zero():
    for order in (None, 2, 3, 1.5, 1):
        assert_close(grad(lambda x, k=order: linalg.norm(x, k))(np.zeros(3)), np.zeros(3))
    assert_close(grad(linalg.norm)(np.zeros((2, 2), complex)), np.zeros((2, 2), complex))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "square",
    [lambda x: linalg.norm(x) ** 2, lambda x: linalg.norm(x) * linalg.norm(x), lambda x: np.square(linalg.norm(x))],
)
def test_the_squared_norm_has_second_derivative_two_at_zero(square, mode):
    assert_close(jacobian(grad(square), mode=mode)(np.zeros(2)), 2 * np.eye(2))


def test_a_smooth_function_of_the_squared_norm_has_its_second_derivative_at_zero():
    assert_close(hessian(lambda x: np.sqrt(1 + linalg.norm(x) ** 2))(np.zeros(2)), np.eye(2))


def test_rows_that_are_zero_do_not_disturb_others():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert_close(grad(lambda x: np.sum(linalg.norm(x, axis=1)))(x), np.array([[0.0, 0.0], [0.6, 0.8]]))
    h = hessian(lambda x: np.sum(linalg.norm(x, axis=1) ** 2))(x)
    assert_close(h.reshape(4, 4), 2 * np.eye(4))


# ---- singular matrices


def test_the_determinant_of_a_singular_matrix_has_its_cofactors():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    assert_close(grad(linalg.det)(a), np.array([[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]]), order=1)
    assert_close(grad(linalg.det)(np.zeros((2, 2))), np.zeros((2, 2)))
    # det is bilinear in the rows of a 2 by 2 matrix.
    assert_close(hessian(linalg.det)(np.zeros((2, 2)))[0, 0], np.array([[0.0, 0.0], [0.0, 1.0]]))
    assert_close(hessian(linalg.det)(np.zeros((2, 2)))[0, 1], np.array([[0.0, 0.0], [-1.0, 0.0]]))


def test_third_derivatives_of_the_determinant_of_zero():
    t = np.eye(3)
    f = linalg.det
    third = grad(lambda x: jvp(lambda x: jvp(f, (x,), (t,))[1], (x,), (t,))[1])(np.zeros((3, 3)))
    assert_close(third, 2 * np.eye(3), order=1)


def test_the_nuclear_norm_of_a_singular_matrix_has_a_finite_gradient():
    a = np.diag([1.0, 0.0, 2.0])
    g = grad(lambda a: linalg.norm(a, "nuc"))(a)
    assert_close(g[::2, ::2], np.eye(2), order=1)


def test_the_condition_of_a_singular_matrix_is_infinite_and_does_not_disturb_what_is_not_chosen():
    a = np.diag([1.0, 0.0])
    assert linalg.cond(Value(a)).data == np.inf
    g = grad(lambda a: np.sum(np.where(np.isinf(linalg.cond(a)), 0.0, linalg.cond(a))) + np.sum(a))(a)
    assert_close(g, np.ones((2, 2)))


def test_a_nan_born_in_an_op_of_several_outputs_is_traced_to_it():
    a = Value(np.diag([2.0, 0.0]))
    with np.errstate(all="ignore"):
        diagnosis = diagnose(np.log(linalg.svdvals(a)[1]))
    assert (diagnosis.born, diagnosis.op) == ("backward", "svd")


def test_singular_systems_raise_as_in_numpy():
    with pytest.raises(linalg.LinAlgError, match="Singular"):
        linalg.inv(Value(np.ones((2, 2))))


# ---- eigenvalues that coincide


def degenerate():
    """A symmetric matrix with eigenvalues 1, 1, 3, and no zeros in its eigenvectors."""
    q = linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    a = (q * np.array([1.0, 1.0, 3.0])) @ q.T
    return (a + a.T) / 2


def test_eigenvalues_that_coincide_have_finite_derivatives():
    a = degenerate()
    for f in (linalg.eigvalsh, lambda a: linalg.eigh(a)[0], linalg.svdvals, lambda a: np.real(linalg.eigvals(a))):
        assert np.isfinite(grad(lambda a, f=f: f(a)[0])(a)).all()
        assert_close(grad(lambda a, f=f: np.sum(f(a)))(a), np.eye(3), order=1)
    assert_close(jvp(lambda a: linalg.eigh(a)[0], (a,), (np.eye(3),))[1], np.ones(3), order=1)


@pytest.mark.parametrize("a", [degenerate(), np.eye(3)], ids=["general", "identity"])
@pytest.mark.parametrize("f", [np.sum, lambda v: np.sum(v**3), lambda v: v[0] @ np.array([1.0, 2.0, 3.0])])
@pytest.mark.parametrize(
    "vectors", [lambda a: linalg.eigh(a)[1], lambda a: linalg.svd(a)[0], lambda a: np.real(linalg.eig(a)[1])]
)
def test_vectors_of_eigenvalues_that_coincide_have_none(a, f, vectors):
    with pytest.raises(DegenerateError, match=r"numbers \d and \d, .* apart"):
        grad(lambda a: f(vectors(a)))(a)


def test_other_vectors_and_projectors_do_not_mind_eigenvalues_that_coincide():
    a = degenerate()
    check_grads(lambda a: linalg.eigh(a)[1][:, 2] ** 2, [a], order=1)
    check_grads(then(lambda a: linalg.eigh(a)[1], lambda v: v[:, :2] @ v[:, :2].T), [a], order=1)
    check_grads(then(linalg.svd, lambda u, s, vh: u @ vh), [a], order=1)


def test_a_matrix_function_of_eigenvalues_that_coincide_is_refused():
    def exponential(a):
        w, v = linalg.eigh(a)
        return (v * np.exp(w)) @ v.T

    with pytest.raises(DegenerateError, match="coincide"):
        grad(lambda a: exponential(a)[0, 1])(degenerate())


def test_tangents_of_vectors_that_turn_at_once_are_nan():
    _, t = jvp(lambda a: linalg.eigh(a)[1], (degenerate(),), (np.diag([1.0, 2.0, 3.0]),))
    assert np.isnan(t[:, :2]).all()
    assert np.isfinite(t[:, 2]).all()


def test_complex_vectors_have_lapacks_phase():
    a = complex_(3, 3)
    h = (a + adjoint(a)) / 2 + np.diag([0.0, 2.0, 4.0])
    for f in (
        lambda a: linalg.eigh(a)[1] * np.sign(linalg.eigh(a)[1][0].data.real),
        lambda a: linalg.eigh(a, "U")[1] * np.sign(linalg.eigh(a, "U")[1][-1].data.real),
    ):
        assert np.imag(f(Value(h)).data[[0, -1]]).min(0).min() < 0  # not both rows are real
        check_grads(lambda x, f=f: f(x) if isinstance(x, Value) else f(Value(x)).data, [h])


def test_vectors_that_complete_a_basis_have_no_derivative_of_their_own():
    a = real(4, 2)
    for f in (lambda a: linalg.svd(a)[0], lambda a: linalg.qr(a, "complete")[0]):
        with pytest.raises(DegenerateError, match="2 columns that complete 2"):
            grad(lambda a, f=f: np.sum(f(a) ** 3))(a)


def test_one_vector_that_completes_a_basis_has_a_derivative():
    check_grads(lambda a: tuple(linalg.svd(a)), [real(3, 2)])
    check_grads(lambda a: tuple(linalg.svd(a)), [real(2, 3)])
    check_grads(lambda a: tuple(linalg.qr(a, "complete")), [scaled(real(3, 2))])


def test_vectors_of_singular_values_that_are_zero_are_refused():
    a = real(4, 1) * real(3)
    with pytest.raises(DegenerateError, match="svd"):
        grad(lambda a: np.sum(linalg.svd(a, full_matrices=False)[0]))(a)


def test_a_phase_that_nothing_fixes_is_refused():
    a = np.array([[2.0, 0.0], [0.0, 1.0]], complex)  # the first rows of v hold a 0
    with pytest.raises(DegenerateError, match="phase"):
        grad(lambda a: np.sum(np.imag(linalg.eigh(a)[1] * 1j * (1 + 2j))))(a)


# ---- errors


@pytest.mark.parametrize(
    ("f", "kind", "words"),
    [
        (lambda a: linalg.qr(a, "raw"), NoRuleError, "qr: got mode='raw'"),
        (lambda a: linalg.eigh(a, "X"), UsageError, "UPLO='X'"),
        (lambda a: linalg.norm(a, 3), UsageError, "norm: got ord=3 for matrices"),
        (lambda a: linalg.norm(a[0], "nuc"), UsageError, "norm: got ord='nuc' for vectors"),
        (lambda a: linalg.norm(a[None], 2), ShapeError, r"norm: got shape \(1, 2, 2\)"),
        (lambda a: linalg.norm(a[None], None, (0, 1, 2)), ShapeError, "norm: got 3 axes"),
        (lambda a: linalg.multi_dot([a]), UsageError, "multi_dot: got 1 arrays"),
        (lambda a: linalg.tensorsolve(a, a), ShapeError, "tensorsolve: got shapes"),
        (lambda a: np.cross(a[:, :1], a), ShapeError, "cross: got vectors of 1 and 2"),
        (lambda a: linalg.cross(a, a), ShapeError, "cross: got vectors of 2 elements"),
        (lambda a: linalg.outer(a, a), ShapeError, "outer: got shapes"),
    ],
)
def test_errors_say_what_was_found(f, kind, words):
    with pytest.raises(kind, match=words):
        f(Value(np.array([[1.0, 2.0], [2.0, 5.0]])))
