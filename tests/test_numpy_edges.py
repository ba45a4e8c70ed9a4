"""NumPy's functions where they are special: ties, nan, empty rows, masks, writing, and what is refused."""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import scipy

import autograd_mini
from autograd_mini import AutogradError, MutationError, NoRuleError, Value, grad
from autograd_mini.coverage import NAMESPACES, OF_SCIPY, entries, markdown
from autograd_mini.excluded import EXCLUDED
from autograd_mini.primitive import TABLE
from autograd_mini.testing import assert_close, check_grads

# ---- ties, zeros, nan


def test_the_median_of_an_even_count_is_shared_by_the_two_in_the_middle():
    assert_close(grad(np.median)(np.array([4.0, 1.0, 3.0, 2.0])), np.array([0.0, 0.0, 0.5, 0.5]))


def test_equal_elements_share_the_derivative_of_the_distinct_one():
    g = grad(lambda v: np.sum(np.unique(v) * np.array([10.0, 1.0])))(np.array([2.0, 1.0, 2.0, 1.0, 2.0]))
    assert_close(g, np.array([1 / 3, 5.0, 1 / 3, 5.0, 1 / 3]))


def test_equal_rows_share_the_derivative_of_the_distinct_one():
    x = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 3.0]])
    g = grad(lambda v: np.sum(np.unique(v, axis=0) * np.array([[1.0], [10.0]])))(x)
    assert_close(g, np.array([[5.0, 5.0], [5.0, 5.0], [1.0, 1.0]]))


@pytest.mark.parametrize("zeros", [(0,), (1, 3), (0, 1, 2)])
@pytest.mark.parametrize("f", [np.prod, np.cumprod, np.nanprod, np.nancumprod, np.multiply.reduce, np.cumulative_prod])
def test_products_are_exact_to_the_second_order_where_factors_are_0(f, zeros):
    x = np.array([1.5, -0.5, 2.0, 0.7])
    x[list(zeros)] = 0.0
    check_grads(f, (x,))


@pytest.mark.parametrize("f", [np.nanstd, lambda v: np.std(v, where=np.array([True, True, False])), np.std])
def test_the_spread_of_constant_data_has_derivative_0(f):
    assert_close(grad(f)(np.array([2.0, 2.0, 2.0])), np.zeros(3))


@pytest.mark.parametrize("f", [np.median, lambda v: np.quantile(v, 0.3), lambda v: np.percentile(v, 70.0)])
def test_a_quantile_of_a_row_with_nan_is_nan(f):
    x = np.array([1.0, np.nan, 3.0])
    assert np.isnan(f(Value(x))._data)


@pytest.mark.parametrize("f", [np.nanmax, np.nanmin, np.nanmedian, np.nanmean])
def test_a_row_of_nan_alone_gives_nan_and_derivative_0_elsewhere(f):
    v = Value(np.array([[np.nan, np.nan], [1.0, 2.0]]))
    with np.errstate(invalid="ignore"):
        y = f(v, axis=1)
    assert np.isnan(y._data[0])
    y[1].backward()
    assert_close(np.sum(v.grad), 1.0)
    assert_close(v.grad[0], np.zeros(2))


@pytest.mark.parametrize("f", [np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmedian, np.nanprod])
def test_nan_that_was_left_out_gets_derivative_0(f):
    g = grad(f)(np.array([1.0, np.nan, 3.0, 2.5]))
    assert g[1] == 0.0
    assert np.all(np.isfinite(g))


def test_a_running_maximum_goes_on_with_nan():
    x = np.array([1.0, np.nan, 3.0])
    assert_close(np.maximum.accumulate(Value(x)), np.maximum.accumulate(x))


def test_a_masked_maximum_of_nothing_is_its_initial():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    mask = np.array([[False, False], [True, False]])
    v = Value(x)
    y = np.max(v, axis=1, where=mask, initial=-1.0)
    assert_close(y, np.array([-1.0, 3.0]))
    y.sum().backward()
    assert_close(v.grad, np.array([[0.0, 0.0], [1.0, 0.0]]))


def test_what_a_mask_leaves_out_has_derivative_0_even_where_it_is_not_finite():
    x = np.array([-1.0, 4.0])
    v = Value(x)
    with np.errstate(invalid="ignore"):
        y = np.sum(np.sqrt(v), where=x > 0)
    y.backward()
    assert_close(v.grad, np.array([0.0, 0.25]))


def test_median_of_infinities_is_finite_where_the_middle_is():
    x = np.array([-np.inf, 1.0, np.inf])
    assert_close(np.median(Value(x)), 1.0)
    assert_close(np.quantile(Value(x), 0.5), 1.0)


def test_piecewise_calls_no_function_for_elements_of_another():
    seen = []
    np.piecewise(Value([-1.0, 4.0]), [np.array([False, True])], [lambda z: seen.append(z.data) or np.sqrt(z), 0.0])
    assert_close(seen[0], np.array([4.0]))


def test_the_last_condition_of_piecewise_wins():
    x = np.array([-1.0, 1.0, 2.0])
    conditions = [x > 0, x > 1.5]
    ours = np.piecewise(Value(x), conditions, [lambda z: 2 * z, lambda z: 3 * z])
    assert_close(ours, np.piecewise(x, conditions, [lambda z: 2 * z, lambda z: 3 * z]))


# ---- masks of ufuncs


def test_what_a_ufunc_left_out_is_0_without_out():
    x = np.array([1.0, 2.0])
    y = np.exp(Value(x), where=np.array([True, False]))
    assert_close(y, np.array([np.exp(1.0), 0.0]))


def test_an_array_given_as_out_beside_where_is_read_and_not_written():
    before = np.array([7.0, 8.0])
    y = np.add(Value([1.0, 2.0]), 1.0, where=np.array([True, False]), out=before)
    assert_close(y, np.array([2.0, 8.0]))
    assert_close(before, np.array([7.0, 8.0]))


def test_a_mask_may_be_a_value():
    v = Value([1.0, -2.0, 3.0])
    y = np.sum(v * v, where=v > 0)
    y.backward()
    assert_close(v.grad, np.array([2.0, 0.0, 6.0]))
    assert_close(np.sum(np.array([1.0, 2.0, 3.0]), where=v > 0), 4.0)


def test_a_dtype_of_whole_numbers_is_refused():
    with pytest.raises(NoRuleError, match="derivatives are of real or complex numbers"):
        np.add(Value([1.0]), 1.0, dtype=int)


# ---- writing


WRITES = {
    "copyto": lambda b, v: np.copyto(b, v, where=np.array([[True, False, True], [False, True, False]])),
    "copyto all": np.copyto,
    "put": lambda b, v: np.put(b, [1, -1], v[0]),
    "put clip": lambda b, v: np.put(b, [1, 9], v[0], mode="clip"),
    "place": lambda b, v: np.place(b, np.array([[True, False, True], [True, True, False]]), v[0]),
    "putmask": lambda b, v: np.putmask(b, np.array([[True, False, True], [True, True, False]]), v),
    "put_along_axis": lambda b, v: np.put_along_axis(b, np.array([[1], [0]]), v[:, :1], 1),
    "put_along_axis flat": lambda b, v: np.put_along_axis(b, np.array([4, 0]), v[0, :2], None),
    "fill_diagonal": lambda b, v: np.fill_diagonal(b, v[0, 1]),
    "add.at": lambda b, v: np.add.at(b, (np.array([0, 0, 1]), np.array([1, 1, 2])), v[0]),
    "subtract.at": lambda b, v: np.subtract.at(b, np.array([0, 0]), v),
    "fill": lambda b, v: b.fill(v[0, 0]),
    "sort": lambda b, v: b.sort(axis=0),
    "partition": lambda b, v: b.partition(1),
    "b.put": lambda b, v: b.put([0, 5], v[1, :2]),
    "out": lambda b, v: np.multiply(b, v, out=b),
    "out where": lambda b, v: np.multiply(b, v, out=b, where=np.array([[True], [False]])),
}
START = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])
GIVEN = np.array([[1.1, -0.7, 0.2], [0.9, 1.6, -1.4]])


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_writing_into_a_buffer_gives_what_numpy_gives_and_its_derivatives(write):
    def f(a, v):
        b = (a * 1.0).copy()
        write(b, v)
        return b * b

    assert_close(f(Value(START), Value(GIVEN)), f(START, GIVEN))
    check_grads(f, (START, GIVEN))


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_writing_into_what_was_recorded_is_refused(write):
    v = Value(GIVEN)
    with pytest.raises(MutationError, match=r"not overwritten|writes? into"):
        write(v * 1.0, v)


@pytest.mark.parametrize("name", sorted(WRITES.keys() - {"sort", "fill", "partition", "b.put", "out where"}))
def test_writing_values_into_an_array_is_refused(name):
    with pytest.raises(AutogradError):
        WRITES[name](START.copy(), Value(GIVEN))


@pytest.mark.parametrize("method", ["resize", "setflags"])
def test_methods_that_change_memory_are_refused(method):
    with pytest.raises(MutationError, match=f"v.{method}: what was recorded"):
        getattr(Value([1.0, 2.0]), method)()


def test_a_multiplication_in_place_at_places_is_refused_with_the_form_to_use():
    with pytest.raises(MutationError, match=r"b\[i\] = f\(b\[i\], v\)"):
        np.multiply.at(Value([1.0]).copy(), [0], 2.0)


# ---- forms that NumPy cannot hand over


def test_arrays_of_values_are_made_with_like():
    v, w = Value(2.0), Value([1.0, 3.0])
    assert_close(np.array([v, v * 2], like=v), np.array([2.0, 4.0]))
    assert_close(np.array([[w, w]], like=w, ndmin=4), np.array([[[[1.0, 3.0], [1.0, 3.0]]]]))
    assert np.asarray(w, like=w) is w
    assert np.arange(3, like=w).tolist() == [0, 1, 2]
    assert np.fromiter((1.0, 2.0), float, like=w).tolist() == [1.0, 2.0]


PLACES = [lambda m, v, w: m.r_[v, w], lambda m, v, w: m.r_[v, 0:3, 1.0, w[0]], lambda m, v, w: m.r_["0,2", v, w]]
PLACES += [lambda m, v, w: m.c_[v, w], lambda m, v, w: m.c_[np.ones((2, 3)), v], lambda m, v, w: m.r_["-1", [v], [w]]]


@pytest.mark.parametrize("f", PLACES)
def test_r_and_c_join_as_numpys_do(f):
    v, w = np.array([0.3, 1.2]), np.array([2.0, -0.7])
    assert_close(f(autograd_mini, Value(v), Value(w)), f(np, v, w))
    check_grads(lambda x, y: f(autograd_mini, x, y), (v, w))


def test_r_without_values_is_numpys():
    assert_close(autograd_mini.r_[1.0, 2:4], np.r_[1.0, 2:4])


def test_a_function_of_numbers_is_made_to_take_arrays():
    f = autograd_mini.vectorize(lambda a, b: a * a if a > b else a - b)
    x, y = np.array([[0.3, 2.0], [1.4, -1.0]]), np.array([1.0, 0.5])
    assert_close(f(Value(x), y), np.vectorize(f.pyfunc)(x, y))
    check_grads(f, (x, y))
    assert f(np.zeros(0), 1.0).shape == (0,)


def test_a_vectorized_function_may_give_several_results_and_leave_arguments_alone():
    f = autograd_mini.vectorize(lambda a, powers: tuple(a**n for n in powers), excluded=["powers"])
    y, z = f(Value([2.0, 3.0]), powers=(2, 3))
    assert_close(y, np.array([4.0, 9.0]))
    assert_close(z, np.array([8.0, 27.0]))


@pytest.mark.parametrize("n", [0, 1, 2, 5, 6])
def test_kaisers_window_is_numpys(n):
    assert_close(autograd_mini.kaiser(n, 2.5), np.kaiser(n, 2.5))
    check_grads(lambda b: np.sum(autograd_mini.kaiser(n, b)), (2.5,))


# ---- nothing, and single numbers

OF_NOTHING = {
    "median": np.median,
    "nanmedian": np.nanmedian,
    "logaddexp.reduce": np.logaddexp.reduce,
    "hypot.reduce": np.hypot.reduce,
    "resize": lambda x: np.resize(x, (2, 2)),
    "unique": np.unique,
    "max": lambda x: np.max(x, initial=-1.0),
    "sort": lambda x: np.sort(x, axis=None),
}
OF_A_NUMBER = {
    "pad": lambda x: np.pad(x, 1),
    "median": np.median,
    "cumulative_sum": np.cumulative_sum,
    "unique": np.unique,
    "insert": lambda x: np.insert(x, 0, 3.0),
    "meshgrid": lambda x: np.meshgrid(x, x)[1],
    "interp": lambda x: np.interp(x, [0.0, 3.0], [1.0, 5.0]),
    "partition": lambda x: np.partition(x, 0, axis=None),
    "modf": lambda x: np.modf(x)[1],
}


@pytest.mark.parametrize("f", OF_NOTHING.values(), ids=list(OF_NOTHING))
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_of_no_elements_it_is_what_numpy_gives(f):
    x = np.zeros(0)
    y = f(Value(x))
    assert isinstance(y, Value)
    assert_close(y, f(x))
    assert y.dtype == np.asarray(f(x)).dtype


@pytest.mark.parametrize("f", OF_A_NUMBER.values(), ids=list(OF_A_NUMBER))
def test_of_a_single_number_it_is_what_numpy_gives(f):
    y = f(Value(2.5))
    assert isinstance(y, Value)
    assert_close(y, f(2.5))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda v: np.bincount([0, 1], weights=v), ValueError, r"bincount: got \(2,\) numbers and \(3,\) weights"),
        (lambda v: np.convolve(v[None], v), ValueError, r"convolve: got shape \(1, 3\)"),
        (lambda v: np.gradient(v, 1.0, 2.0), ValueError, "gradient: got 2 distances for 1 axes"),
        (lambda v: np.gradient(v, [1.0, 2.0]), ValueError, r"gradient: got places of shape \(2,\) for 3 points"),
        (lambda v: np.gradient(v, edge_order=3), ValueError, "gradient: got edge_order=3"),
        (lambda v: np.gradient(v[:1]), ValueError, "gradient: got 1 points"),
        (lambda v: np.interp(v, v, v, period=0), ValueError, "interp: got period=0"),
        (lambda v: np.polyfit(v, v, 1, full=True), NoRuleError, "polyfit: got full=True"),
        (lambda v: np.polyder(v, -1), ValueError, "polyder: got m=-1"),
        (lambda v: np.polyint(v, -1), ValueError, "polyint: got m=-1"),
        (lambda v: np.polyint(v, 2, k=[1.0, 2.0, 3.0]), ValueError, "polyint: got 3 constants for m=2"),
        (lambda v: np.vander(v[None]), ValueError, r"vander: got shape \(1, 3\)"),
        (lambda v: np.poly(v[None, None]), ValueError, r"poly: got shape \(1, 1, 3\)"),
        (lambda v: np.select([v > 0], [v, v]), ValueError, "select: got 1 conditions and 2 choices"),
        (lambda v: np.piecewise(v, [v > 0], []), ValueError, "piecewise: got 1 conditions and 0 functions"),
        (lambda v: np.choose([0, 2, 0], [v, v]), ValueError, "choose: got a number that is not one of the 2 choices"),
        (
            lambda v: np.apply_along_axis(np.sum, 0, v[None][:, :0]),
            ValueError,
            "apply_along_axis: got an array without",
        ),
        (lambda v: np.cov(v, ddof=0.5), ValueError, "cov: got ddof=0.5"),
        (lambda v: np.cov(v[None, None]), ValueError, "cov: got 3 axes"),
        (lambda v: np.sum(v, out=np.zeros(())), MutationError, "writes into an array"),
        (lambda v: np.add.reduce(v, where=v > 0, axis=0, out=np.zeros(())), AutogradError, "out="),
        (lambda v: np.exp(v, out=np.zeros(3)), MutationError, "writes into an array"),
        (lambda v: np.subtract.reduce(v[:0]), ValueError, "subtract.reduce: got no elements"),
        (np.sin.reduce, ValueError, "only supported for binary"),
        (lambda v: np.pad(v, 1, lambda *_: None), NoRuleError, "pad: got mode="),
        (lambda v: autograd_mini.r_["r", v], NoRuleError, "a directive for a matrix"),
        (lambda v: np.put(v.copy(), 7, 1.0), IndexError, "put: got the place 7; there are 3"),
        (lambda v: np.place(v.copy(), [True, False, True], []), ValueError, "place: got no values"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call(Value([1.0, 2.0, 4.0]))


# ---- what is there without a call


def test_attributes_of_the_array_api():
    v = Value([1.0, 2.0])
    assert v.__array_namespace__() is np
    assert v.to_device(v.device) is v
    with pytest.raises(ValueError, match="to_device: got 'gpu'"):
        v.to_device("gpu")


def test_flat_reads_and_goes_along_all_elements():
    v = Value([[1.0, 2.0], [3.0, 4.0]])
    assert v.flat[3].data == 4.0
    assert [float(x.data) for x in v.flat] == [1.0, 2.0, 3.0, 4.0]


def test_operands_may_be_given_by_name():
    v = Value([[1.0, 2.0], [3.0, 4.0]])
    assert_close(np.sum(a=v, axis=0), np.array([4.0, 6.0]))
    assert_close(np.transpose(a=v), v._data.T)
    assert_close(np.flip(m=v, axis=0), v._data[::-1])
    assert_close(np.linalg.inv(a=v), np.linalg.inv(v._data))


# ---- coverage


def every_entry():
    return [e for namespace in NAMESPACES for e in entries(namespace)]


def test_every_public_function_is_covered_discrete_plain_or_excluded_with_its_reason():
    assert [e.name for e in every_entry() if not e.kind] == []


def test_nothing_is_excluded_that_does_not_exist():
    known = {e.name for e in every_entry()} | {f"ndarray.{n}" for n in dir(np.ndarray)} | {"flatiter"}
    assert sorted(set(EXCLUDED) - known) == []


def test_nothing_is_excluded_that_is_covered():
    assert [e.name for e in every_entry() if e.name in EXCLUDED and e.kind != "excluded"] == []
    for module in map(import_module, (f"autograd_mini.scipy.{m}" for m in OF_SCIPY)):
        assert set(module.EXCLUDED) & set(module.__all__) == set()


def test_every_method_of_arrays_is_there_or_excluded_with_its_reason():
    named = [n for n in dir(np.ndarray) if not n.startswith("_")]
    v = Value([[1.0, 2.0]])
    assert [n for n in named if not hasattr(v, n) and f"ndarray.{n}" not in EXCLUDED] == []
    for name in named:
        if f"ndarray.{name}" in EXCLUDED:
            with pytest.raises(AttributeError, match="a Value has no such attribute: "):
                getattr(v, name)


# A call of each excluded function that NumPy hands over.
HANDED_OVER = {
    "busday_count": lambda v: np.busday_count(v, v),
    "busday_offset": lambda v: np.busday_offset(v, 1),
    "datetime_as_string": np.datetime_as_string,
    "is_busday": np.is_busday,
    "isnat": np.isnat,
    "packbits": np.packbits,
    "save": lambda v: np.save("", v),
    "savetxt": lambda v: np.savetxt("", v),
    "savez": lambda v: np.savez("", v),
    "savez_compressed": lambda v: np.savez_compressed("", v),
    "unpackbits": np.unpackbits,
}


@pytest.mark.parametrize("name", HANDED_OVER)
def test_an_excluded_function_raises_with_its_reason(name):
    with pytest.raises(NoRuleError, match="it takes no Values: ") as error:
        HANDED_OVER[name](Value([1.0, 2.0]))
    assert EXCLUDED[name] in str(error.value)


def test_coverage_is_written_out():
    page = (Path(__file__).parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
    versions = f"NumPy {np.__version__}, SciPy {scipy.__version__}.\n"
    # Other versions have other names; each is still covered or excluded, as the tests above say.
    assert versions not in page or page == markdown()
    assert "## scipy.stats" in page


def test_options_stand_in_the_table():
    (mean,) = [e for e in every_entry() if e.name == "mean"]
    assert mean.kind == "covered"
    assert "where" in mean.says


def test_functions_take_the_arguments_that_numpys_take():
    """Each name of an argument of NumPy's function is known to ours; those that only say how to compute are not."""
    idle = {"out", "subok", "like", "device", "overwrite_input", "writeable", "kind", "casting", "interpolation"}
    idle |= {"kwargs", "arrays_and_dtypes"}
    missing = {}
    for namespace in NAMESPACES:
        if not namespace.title.startswith("numpy"):
            continue  # the options of SciPy's functions are in the tests of each module
        for name, function in namespace.functions().items():
            op = TABLE.get(function) if callable(function) else None
            if op is None or isinstance(function, np.ufunc):
                continue
            try:
                theirs = inspect.signature(function).parameters
            except ValueError:
                continue  # NumPy does not tell
            ours = getattr(op, "defaults", None)
            if ours is None:
                ours = inspect.signature(op).parameters
                if any(p.kind is p.VAR_KEYWORD for p in ours.values()):
                    continue
            n = getattr(op, "n_operands", 0) or 0
            lost = [k for k in list(theirs)[n:] if k not in ours and k not in idle]
            if lost:
                missing[name] = lost
    assert missing == {}


@pytest.mark.parametrize("number", [2.0, np.float32(2.0), np.complex128(1 + 2j)])
def test_a_number_of_any_kind_can_be_given_axes(number):
    v = Value(number)
    np.sum(np.real(v[None, ...] * 3.0)).backward()
    assert v.grad == 3.0
