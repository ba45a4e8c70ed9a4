"""Small programs in plain NumPy give on Values what they give on arrays, and derivatives that differences confirm."""

from __future__ import annotations

import functools
import itertools
import operator

import numpy as np
import pytest

from autograd_mini import Value, grad, hessian
from autograd_mini.testing import numerical_gradient

POINT = np.array([1.0, -2.0, 3.0])
MATRIX = np.random.default_rng(0).standard_normal((3, 3)) + 4 * np.eye(3)
PROGRAMS = []


def program(f):
    """Decorator: one to be tested."""
    PROGRAMS.append(f)
    return f


# ---- loops that fill arrays


@program
def tridiagonal_solve(x):
    n = 4
    off, diagonal, right = np.full(n, -1.0), np.array([4.0, 5.0, 6.0, 7.0], like=x), np.ones(n, like=x)
    diagonal[:3] += x**2
    for i in range(1, n):
        w = off[i] / diagonal[i - 1]
        diagonal[i] -= w * off[i]
        right[i] -= w * right[i - 1]
    out = np.zeros(n, like=x)
    out[-1] = right[-1] / diagonal[-1]
    for i in range(n - 2, -1, -1):
        out[i] = (right[i] - off[i] * out[i + 1]) / diagonal[i]
    return out.sum()


@program
def heat_equation(x):
    u = np.zeros(6, like=x)
    u[2:5] = x
    for _ in range(4):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**3)


@program
def elimination_with_pivots(x):
    m = np.array(MATRIX, like=x)
    m[0] += x
    det = 1.0
    for k in range(3):
        p = k + np.argmax(np.abs(m[k:, k]))
        if p != k:
            m[[k, p]] = m[[p, k]]
            det = -det
        det = det * m[k, k]
        for i in range(k + 1, 3):
            m[i, k:] -= m[i, k] / m[k, k] * m[k, k:]
    return det


@program
def cholesky_by_hand(x):
    s = np.outer(x, x) + 3 * np.eye(3)
    lower = np.zeros_like(s)
    for i in range(3):
        for j in range(i + 1):
            rest = s[i, j] - np.dot(lower[i, :j], lower[j, :j])
            lower[i, j] = np.sqrt(rest) if i == j else rest / lower[j, j]
    return 2 * np.log(np.diag(lower)).sum() + np.sum(lower)


@program
def edit_distance(x):
    d = np.full((4, 4), 10.0, like=x)
    d[0, 0] = 0
    for i in range(1, 4):
        for j in range(1, 4):
            cost = (x[i - 1] - MATRIX[0, j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[-1, -1]


@program
def assembled_from_outer_products(x):
    h = np.zeros((3, 3), like=x)
    for k in range(3):
        g = np.zeros(3, like=x)
        g[k] = x[k]
        g[(k + 1) % 3] = x[k] ** 2
        h += np.outer(g, g)
    return np.linalg.det(h + np.eye(3))


@program
def swaps_masks_and_places(x):
    b = x.copy()
    b[0], b[1] = b[1], b[0]
    b[[1, 2]] = b[[2, 1]]
    b[b < 0] *= 3
    b[np.argmax(b)] *= 2
    b[np.array([0, 0])] += 1
    return b @ np.array([1.0, 2.0, 3.0]) + max(b)


@program
def added_at(x):
    rows, columns = np.array([0, 0, 2, 1]), np.array([1, 2, 0, 1])
    y = np.zeros(3, like=x)
    np.add.at(y, rows, x[columns] * np.array([1.0, 2.0, 3.0, 4.0]))
    return y @ y


@program
def filled_by_a_function(x):
    def fill(b):
        b[1] = x[0]
        b[-1] += x[2]

    b = np.zeros_like(x)
    fill(b)
    fill(b)
    a, c, d = b
    return b @ np.array([1.0, 2.0, 3.0]) + a * c * d + sum(bi**2 for bi in b)


# ---- iterations, branches, Python's own functions


@program
def newton_inside(x):
    z = 1.0
    for _ in range(20):
        z = z - (z**3 + z - x[0] ** 2 - x[2]) / (3 * z**2 + 1)
    return z


@program
def power_iteration(x):
    m = MATRIX @ MATRIX.T + np.diag(x**2)
    v = np.ones(3)
    for _ in range(50):
        v = m @ v
        v /= np.linalg.norm(v)
    return v @ m @ v


@program
def solves_in_a_loop(x):
    for _ in range(3):
        x = np.linalg.solve(MATRIX, x) + 0.1 * x**2
    return x.sum()


@program
def halved_until_small(x):
    t = x[2]
    while t > 0.1:
        t = t / 2
    return t if x[0] > 0 and not x[1] > 0 else x[1]


@program
def running_mean_and_variance(x):
    mean = s = 0.0
    for k, xi in enumerate(x, 1):
        d = xi - mean
        mean += d / k
        s += d * (xi - mean)
    return s / len(x) + mean


@program
def python_functions(x):
    total = sum(xi**2 for xi in x) + functools.reduce(operator.mul, x)
    total += sorted(x)[1] * max(x) + min(x, key=lambda v: (v - 2.4) ** 2)
    total += sum(itertools.accumulate(x, lambda a, b: a * 0.5 + b))
    total += sum(a * b for a, b in zip(x, reversed(list(x)), strict=True)) + sum(map(abs, x))
    total += pow(x[0], 3) + divmod(x[2], 0.7)[1] + round(x[0]) * x[1]
    assert any(xi < 0 for xi in x)
    assert f"{x[1]:.1f}" == "-2.0"
    return total


@program
def logsumexp_in_a_list(x):
    r = [0.0]
    for xi in x:
        r.append(np.logaddexp(r[-1], xi))
    return r[-1]


@program
def clusters(x):
    label = ((x[:, None] - np.array([0.0, 1.0])) ** 2).argmin(axis=1)
    groups = [x[label == k] for k in range(2) if np.any(label == k)]
    return sum(((g - g.mean()) ** 2).sum() for g in groups)


# ---- arrays


@program
def masks(x):
    m = np.outer(x, x)
    by_mask = m[m > 0].sum() + m[x > 0].prod() + np.mean(m, where=m > 0) + np.sum(x, where=[True, False, True])
    by_product = np.mean(x > 0) * np.sum((x > 0) * x + (x <= 0) * x**2)
    return by_mask + by_product + np.where(x > 0, np.log(np.abs(x)), x).sum()


@program
def indices(x):
    m = np.outer(x, x)
    ends = m[..., 0].sum() + m[1:, ::2].sum() + m[-1] @ m[:, -1] + x[-1:-3:-1] @ np.array([1.0, 2.0])
    single = x[None, ..., None].sum() + x[np.int64(1)] + x[np.array(2)]
    return ends + m[np.ix_([0, 1], [1, 2])].sum() + single + x[[True, False, True]].sum()


@program
def broadcasts(x):
    table = x[:, None] - x[None, :]
    return table.T.sum(axis=1) @ x + (x[:, np.newaxis] * np.ones((3, 0))).sum() + np.broadcast_to(x**2, (2, 3)).sum()


@program
def stacks_of_matrices(x):
    m = np.stack([np.outer(x, x) + np.eye(3) * k for k in (4, 5)])
    solved = np.linalg.solve(m, np.ones((2, 3, 1))).sum() + np.linalg.inv(m).trace(axis1=1, axis2=2).sum()
    products = np.einsum("bij,bjk->bik", m, m).sum() + (m @ m.swapaxes(1, 2)).mean()
    return solved + np.linalg.slogdet(m)[1].sum() + products


@program
def windows_and_differences(x):
    w = np.lib.stride_tricks.sliding_window_view(x, 2)
    rest = np.trapezoid(x**2) + np.diff(x).prod() + np.gradient(x**2).sum() + np.interp(0.5, [0, 1, 2], x)
    return (w.mean(axis=1) ** 2).sum() + rest + np.convolve(x, x, "same")[0] + np.cumsum(np.cumprod(x)).sum()


@program
def rotation(x):
    q = np.concatenate([[1.0], x])
    q = q / np.linalg.norm(q)
    w, a = q[0], q[1:]
    return (POINT + 2 * np.cross(a, np.cross(a, POINT) + w * POINT)) @ np.array([1.0, 2.0, 3.0])


@program
def other_dtypes(x):
    return (x * np.arange(3, dtype=np.uint8) + x**2 * np.array([True, False, True]) + np.float32(2) * x + x * 3).sum()


@program
def spectrum(x):
    z = x + 1j * x**2
    return np.abs(z).sum() + np.real(np.exp(1j * z / 9)).sum() + np.sum(np.abs(np.fft.fft(z)) ** 2) + np.angle(z[0])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_give_what_arrays_give(f):
    y = f(Value(POINT))
    assert isinstance(y, Value)
    np.testing.assert_allclose(y.data, f(POINT), rtol=1e-12)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients_and_hessians_agree_with_differences(f):
    np.testing.assert_allclose(grad(f)(POINT), numerical_gradient(f, (POINT,)), rtol=1e-6, atol=1e-7)
    h = 1e-5
    rows = [(grad(f)(POINT + h * e) - grad(f)(POINT - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(hessian(f)(POINT), rows, rtol=1e-5, atol=1e-5)
