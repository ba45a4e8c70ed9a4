"""SciPy's functions on Values, under SciPy's own names; an extra: `pip install autograd-mini[scipy]`.

The ufuncs of `scipy.special` work on Values by plain `scipy.special.f(v)`. The other functions have
no protocol by which they could be answered for: they are here, under the same names.

>>> import scipy.special
>>> from autograd_mini import grad
>>> grad(scipy.special.erf)(0.0)
1.1283791670955126
"""

from importlib import import_module
from types import ModuleType

try:
    import scipy  # noqa: F401  # to know that it is there
except ImportError as error:
    raise ImportError(
        "autograd_mini.scipy: SciPy is not installed; it must be SciPy 1.13 or newer; "
        "install the extra, as in pip install autograd-mini[scipy]"
    ) from error

from . import special

# Loaded when first asked for: each takes as long to import as SciPy's own.
MODULES = ("integrate", "interpolate", "linalg", "signal", "sparse", "stats")


def __getattr__(name: str) -> ModuleType:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["MODULES", "special"]
