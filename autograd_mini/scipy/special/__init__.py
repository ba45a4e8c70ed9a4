"""`scipy.special` on Values: every function with a known derivative, under SciPy's name.

The ufuncs work by plain `scipy.special.f(v)` as well. Where the derivative in one argument is not
known, an error says so as soon as it is asked for. EXCLUDED lists what has no rule at all, with the
reason: those are SciPy's own functions, for numbers only.

>>> from autograd_mini import grad
>>> from autograd_mini.scipy import special
>>> round(grad(special.gammaln)(3.0), 6)
0.922784
"""

from __future__ import annotations

from typing import Any

import scipy.special as sp

from ...primitive import TABLE
from . import bessels, distributions, elementary, elliptic, errors, functions, gammas, hypergeometric, waves

ZEROS = "whole numbers in: it has no argument to differentiate by"
ROOTS = "nodes, weights or coefficients of whole orders"
LISTS = "fills lists of orders, without a formula here"

EXCLUDED = {
    "geterr": "settings",
    "seterr": "settings",
    "errstate": "settings",
    "SpecialFunctionWarning": "a warning",
    "SpecialFunctionError": "an error",
    **dict.fromkeys(
        (
            "ai_zeros", "bei_zeros", "beip_zeros", "ber_zeros", "bernoulli", "berp_zeros", "bi_zeros", "erf_zeros",
            "euler", "fresnel_zeros", "fresnelc_zeros", "fresnels_zeros", "jn_zeros", "jnjnp_zeros", "jnp_zeros",
            "jnyn_zeros", "kei_zeros", "keip_zeros", "kelvin_zeros", "ker_zeros", "kerp_zeros", "stirling2",
            "y0_zeros", "y1_zeros", "y1p_zeros", "yn_zeros", "ynp_zeros", "factorial2", "factorialk",
        ),
        ZEROS,
    ),
    **dict.fromkeys(
        (
            "c_roots", "cg_roots", "chebyc", "chebys", "chebyt", "chebyu", "gegenbauer", "genlaguerre", "h_roots",
            "he_roots", "hermite", "hermitenorm", "j_roots", "jacobi", "js_roots", "l_roots", "la_roots", "laguerre",
            "legendre", "mathieu_even_coef", "mathieu_odd_coef", "p_roots", "ps_roots", "roots_chebyc",
            "roots_chebys", "roots_chebyt", "roots_chebyu", "roots_gegenbauer", "roots_genlaguerre", "roots_hermite",
            "roots_hermitenorm", "roots_jacobi", "roots_laguerre", "roots_legendre", "roots_sh_chebyt",
            "roots_sh_chebyu", "roots_sh_jacobi", "roots_sh_legendre", "s_roots", "sh_chebyt", "sh_chebyu",
            "sh_jacobi", "sh_legendre", "t_roots", "ts_roots", "u_roots", "us_roots",
        ),
        ROOTS,
    ),
    **dict.fromkeys(
        (
            "assoc_legendre_p", "assoc_legendre_p_all", "legendre_p", "legendre_p_all", "lmbda", "lpmn", "lpn", "lqmn",
            "lqn", "clpmn", "obl_cv_seq", "pbdn_seq", "pbdv_seq", "pbvv_seq", "pro_cv_seq", "riccati_jn",
            "riccati_yn", "sph_harm_y_all", "sph_legendre_p", "sph_legendre_p_all",
        ),
        LISTS,
    ),
    "assoc_laguerre": "eval_genlaguerre is the same function",
    "sph_harm": "sph_harm_y is the same function, and newer",
    "btdtr": "betainc is the same function, and newer",
    "btdtri": "betaincinv is the same function, and newer",
    "ellip_harm": "no formula for its derivatives is known here",
    "ellip_harm_2": "no formula for its derivatives is known here",
    "ellip_normal": "no formula for its derivatives is known here",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    function = None if name.startswith("_") else getattr(sp, name, None)
    if function is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return TABLE.get(function, function) if callable(function) else function


def __dir__() -> list[str]:
    return sorted(sp.__all__)


__all__ = [
    "EXCLUDED", "bessels", "distributions", "elementary", "elliptic", "errors", "functions", "gammas",
    "hypergeometric", "waves",
]  # fmt: skip
