"""Functions and attributes of NumPy that take no Values, each with its reason, for errors and docs/coverage.md."""

from __future__ import annotations

__all__ = ["EXCLUDED"]

# Reason -> the functions that take no Values for it, in words that follow "it takes no Values:".
REASONS: dict[str, str] = {
    "it makes constants, and takes no array": (
        "bartlett blackman hamming hanning diag_indices indices mask_indices tril_indices "
        "triu_indices broadcast_shapes from_dlpack"
    ),
    "NumPy turns it into an array of numbers; write autograd_mini.kaiser(M, beta)": "kaiser",
    "NumPy turns it into an array of numbers; write autograd_mini.r_[...] or np.concatenate": "r_",
    "NumPy turns it into an array of numbers; write autograd_mini.c_[...] or np.column_stack": "c_",
    "NumPy turns it into an array of numbers; write autograd_mini.vectorize(f)": "vectorize frompyfunc",
    "NumPy turns it into an array of numbers; write v itself": "asarray_chkfinite lib.stride_tricks.as_strided",
    "NumPy's matrices take no Values; write np.block or np.stack": "asmatrix bmat matrix",
    "a polynomial as an object holds numbers; write np.polyval(coefficients, x)": "poly1d",
    "it goes over the memory of arrays; loop over the Value, or over np.ndindex(v.shape)": (
        "broadcast flatiter ndenumerate nditer nested_iters"
    ),
    "it reads numbers from outside; make a Value of them": ("fromfile fromregex genfromtxt load loadtxt memmap"),
    "it writes numbers out; give it v.data": "save savetxt savez savez_compressed",
    "it is of whole numbers, dates or bits, which have no derivative; give it v.data": (
        "base_repr binary_repr busday_count busday_offset busdaycalendar datetime_as_string datetime_data is_busday "
        "isnat packbits unpackbits"
    ),
    "it is of single numbers, as text; give it v.item()": "format_float_positional format_float_scientific",
    "it is of memory, which a Value does not show; give it v.data": "isfortran",
    "it is of dtypes or of settings, and takes no array": (
        "dtype finfo iinfo errstate getbufsize geterr geterrcall get_include get_printoptions info isdtype issubdtype "
        "mintypecode printoptions promote_types set_printoptions setbufsize seterr seterrcall show_config show_runtime "
        "__array_namespace_info__ test typename ndarray ndindex recarray ufunc"
    ),
    "it is of memory, which a Value does not show; use .data": (
        "ndarray.base ndarray.byteswap ndarray.ctypes ndarray.dump ndarray.dumps ndarray.flags ndarray.getfield "
        "ndarray.setfield ndarray.strides ndarray.tobytes ndarray.tofile ndarray.view"
    ),
}
EXCLUDED: dict[str, str] = {name: reason for reason, names in REASONS.items() for name in names.split()}
