"""scipy.interpolate on Values: what SciPy gives, and derivatives in values, places and points."""

import numpy as np
import pytest
import scipy.interpolate as sp

from autograd_mini import NoRuleError, ShapeError, UsageError, Value, grad
from autograd_mini.scipy import interpolate
from autograd_mini.testing import as_data, assert_close, check_grads

rng = np.random.default_rng(5)
X = np.array([0.0, 0.8, 1.5, 2.7, 3.4, 4.1])
Y = rng.normal(size=6)
Y2 = rng.normal(size=(6, 2))
RISING = np.cumsum(rng.uniform(0.2, 1.0, 6))
P = np.array([0.3, 1.1, 2.0, 3.9])
BEYOND = np.array([-0.4, 1.1, 4.6])

CURVES = [
    *(("CubicSpline", X, Y, {"bc_type": b}) for b in ("not-a-knot", "natural", "clamped", ((1, 0.3), (2, -0.4)))),
    ("CubicSpline", X, Y2, {}), ("CubicSpline", X, Y2.T, {"axis": 1}), ("CubicSpline", X[:3], Y[:3], {}),
    ("CubicSpline", X[:2], Y[:2], {}),
    ("CubicSpline", X[:3], Y[:3], {"bc_type": "natural"}), ("PchipInterpolator", X, RISING, {}),
    ("PchipInterpolator", X, Y, {}),
    ("PchipInterpolator", X, Y2, {}), ("PchipInterpolator", X[:2], Y[:2], {}), ("Akima1DInterpolator", X, Y, {}),
    ("Akima1DInterpolator", X, Y2, {"method": "makima"}),
    *(("make_interp_spline", X, Y, {"k": k}) for k in (1, 2, 3, 5)),
    ("make_interp_spline", X, Y2.T, {"axis": 1}),
    *(("interp1d", X, Y, {"kind": k}) for k in ("linear", "quadratic", "cubic", "slinear")),
    ("interp1d", X, Y2.T, {}), ("interp1d", X, Y2, {"axis": 0, "kind": "cubic"}), ("interp1d", X[::-1], Y, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "y", "options"), CURVES, ids=lambda p: p if isinstance(p, str) else "")
def test_curves_through_points(name, x, y, options):
    points = P[x.max() > P]
    f = lambda x, y, p: getattr(interpolate, name)(x, y, **options)(p)
    theirs = getattr(sp, name)(x, y, **options)(points)
    assert_close(f(Value(x), Value(y), Value(points)).data, theirs, order=1)
    assert_close(f(x, y, points), theirs, order=1)
    lines = [0.1 * rng.normal(size=np.shape(z)) for z in (x, y, points)]
    weights = rng.normal(size=theirs.shape)
    along = lambda *s: np.sum(weights * f(*(z + t * d for z, t, d in zip((x, y, points), s, lines, strict=True))))
    check_grads(along, (0.0, 0.0, 0.0))


@pytest.mark.parametrize("kind", ["nearest", "nearest-up", "previous", "next", "zero"])
def test_steps_have_derivatives_in_values_only(kind):
    f = lambda y: interpolate.interp1d(X, y, kind=kind)(P)
    assert_close(as_data(f(Value(Y))), sp.interp1d(X, Y, kind=kind)(P), order=1)
    check_grads(f, (Y,))
    assert not np.any(grad(lambda p: np.sum(interpolate.interp1d(X, Y, kind=kind)(p)))(P))


@pytest.mark.parametrize("name", ["CubicSpline", "PchipInterpolator", "make_interp_spline", "Akima1DInterpolator"])
def test_derivatives_and_integrals_of_curves(name):
    theirs, ours = getattr(sp, name)(X, Y), getattr(interpolate, name)(X, Value(Y))
    for nu in (1, 2, 3):
        assert_close(ours(P, nu).data, theirs(P, nu), order=2)
        assert_close(ours.derivative(nu)(P).data, theirs.derivative(nu)(P), order=2)
    assert_close(ours.antiderivative()(P).data, theirs.antiderivative()(P), order=1)
    assert_close(np.squeeze(ours.integrate(0.3, 2.9).data), np.squeeze(theirs.integrate(0.3, 2.9)), order=1)
    check_grads(lambda b, y: getattr(interpolate, name)(X, y).integrate(0.2, b), (2.2, Y))


def test_periodic_splines():
    y = np.append(Y[:5], Y[0])
    f = lambda y, p: interpolate.CubicSpline(X, y, bc_type="periodic")(p)
    assert_close(as_data(f(Value(y), BEYOND)), sp.CubicSpline(X, y, bc_type="periodic")(BEYOND), order=1)
    check_grads(lambda y, p: f(np.concatenate([y, y[:1]]), p), (y[:5], BEYOND))


def test_curves_go_on_beyond_their_ends_or_do_not():
    assert_close(interpolate.CubicSpline(X, Value(Y))(BEYOND).data, sp.CubicSpline(X, Y)(BEYOND), order=1)
    assert np.isnan(interpolate.CubicSpline(X, Value(Y), extrapolate=False)(BEYOND).data).tolist() == [
        True,
        False,
        True,
    ]
    assert_close(interpolate.make_interp_spline(X, Value(Y))(BEYOND).data, sp.make_interp_spline(X, Y)(BEYOND), order=1)
    for fill in (0.5, (0.5, -1.0)):
        f = lambda y: interpolate.interp1d(X, y, fill_value=fill, bounds_error=False)(BEYOND)  # noqa: B023  # called at once
        assert_close(f(Value(Y)).data, sp.interp1d(X, Y, fill_value=fill, bounds_error=False)(BEYOND), order=1)
        check_grads(f, (Y,))
    onward = lambda y: interpolate.interp1d(X, y, fill_value="extrapolate")(BEYOND)
    assert_close(onward(Value(Y)).data, sp.interp1d(X, Y, fill_value="extrapolate")(BEYOND), order=1)
    check_grads(lambda low: interpolate.interp1d(X, Y, fill_value=(low, 0.0), bounds_error=False)(BEYOND), (0.3,))


def test_points_of_any_shape():
    for v in (np.float64(1.1), P.reshape(2, 2)):
        assert_close(as_data(interpolate.CubicSpline(X, Value(Y2))(v)), sp.CubicSpline(X, Y2)(v), order=1)
        assert_close(as_data(interpolate.interp1d(X, Value(Y2.T))(v)), sp.interp1d(X, Y2.T)(v), order=1)


def test_splines_have_derivatives_in_knots():
    t = np.array([0, 0, 0, 0.4, 1.1, 2, 2, 2])
    c = rng.normal(size=5)
    points = np.array([0.2, 0.9, 1.7])
    assert_close(interpolate.BSpline(Value(t), c, 2)(points).data, sp.BSpline(t, c, 2)(points), order=1)
    check_grads(
        lambda inner, c, p: interpolate.BSpline(np.concatenate([t[:3], inner, t[5:]]), c, 2)(p), (t[3:5], c, points)
    )
    f = lambda c, p: interpolate.splev(p, (t, c, 2), der=1)
    assert_close(as_data(f(Value(c), points)), sp.splev(points, (t, np.r_[c, 0, 0, 0], 2), der=1), order=1)
    check_grads(f, (c, points))
    assert interpolate.splev(np.array([5.0]), (t, Value(c), 2), ext=1).data == 0.0


def test_given_slopes_and_coefficients():
    s = rng.normal(size=6)
    f = lambda x, y, s, p: interpolate.CubicHermiteSpline(x, y, s)(p)
    assert_close(as_data(f(X, Value(Y), s, P)), sp.CubicHermiteSpline(X, Y, s)(P), order=1)
    check_grads(lambda r: f(X * (1 + 0.1 * r), Y + r, s * (1 - r), P + 0.1 * r), (0.0,))
    c = rng.normal(size=(3, 5))
    assert_close(interpolate.PPoly(Value(c), X)(P, 1).data, sp.PPoly(c, X)(P, 1), order=1)
    assert_close(as_data(interpolate.pchip_interpolate(X, Value(Y), P)), sp.pchip_interpolate(X, Y, P), order=1)


@pytest.mark.parametrize("method", ["linear", "nearest"])
def test_grids(method):
    grid, values = (X[:4], X[:3]), rng.normal(size=(4, 3))
    points = np.array([[0.3, 0.2], [1.1, 1.3], [2.2, 0.9]])
    f = lambda values, p: interpolate.RegularGridInterpolator(grid, values, method=method)(p)
    assert_close(
        as_data(f(Value(values), points)), sp.RegularGridInterpolator(grid, values, method=method)(points), order=1
    )
    check_grads(f, (values, points))
    assert_close(
        as_data(interpolate.interpn(grid, Value(values), points, method)),
        sp.interpn(grid, values, points, method),
        order=1,
    )


def test_grids_of_values_and_points_beyond_them():
    grid, values = (X[:4], X[:3]), rng.normal(size=(4, 3, 2))
    points = np.array([[0.3, 0.2], [9.0, 1.3]])
    for fill in (np.nan, 0.5, None):
        options = {"bounds_error": False, "fill_value": fill}
        theirs = sp.RegularGridInterpolator(grid, values, **options)(points)
        assert_close(interpolate.RegularGridInterpolator(grid, Value(values), **options)(points).data, theirs, order=1)
    check_grads(lambda a, v: interpolate.RegularGridInterpolator((a, grid[1]), v)(points[:1]), (grid[0], values))


def test_what_has_no_rule_says_why():
    with pytest.raises(NoRuleError, match=r"UnivariateSpline: got a Value; .* knots"):
        interpolate.UnivariateSpline(X, Value(Y))
    with pytest.raises(NoRuleError, match="bc_type='natural'"):
        interpolate.make_interp_spline(X, Value(Y), bc_type="natural")
    with pytest.raises(NoRuleError, match="method='cubic'"):
        interpolate.interpn((X, X), Value(np.ones((6, 6))), X[:2], method="cubic")
    with pytest.raises(NoRuleError, match="'roots' of a spline of Values"):
        interpolate.CubicSpline(X, Value(Y)).roots  # the reading raises
    assert interpolate.CubicSpline(X, Y).roots().ndim == 1
    assert interpolate.UnivariateSpline(X, Y, s=0)(0.8) == pytest.approx(Y[1])


def test_errors_say_what_is_needed():
    with pytest.raises(ShapeError, match=r"CubicSpline: got places of shape \(6,\) for values of shape \(5,\)"):
        interpolate.CubicSpline(X, Value(Y[:5]))
    with pytest.raises(UsageError, match="do not rise"):
        interpolate.CubicSpline(X[::-1], Value(Y))
    with pytest.raises(UsageError, match=r"interp1d: got -0.4"):
        interpolate.interp1d(X, Value(Y))(BEYOND)
    with pytest.raises(UsageError, match="outside of the grid"):
        interpolate.RegularGridInterpolator((X,), Value(Y))(BEYOND[:, None])
    with pytest.raises(ShapeError, match="BSpline: got 3 knots"):
        interpolate.BSpline(X[:3], Value(Y), 3)
    with pytest.raises(UsageError, match="2 points for degree 3"):
        interpolate.make_interp_spline(X[:2], Value(Y[:2]))


def test_every_public_name_is_answered_or_excluded():
    left = {n for n in sp.__all__ if callable(getattr(sp, n))} - set(interpolate.__all__) - set(interpolate.EXCLUDED)
    assert not left
