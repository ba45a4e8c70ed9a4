"""`make_vjp` and `make_jvp` as functions of (fun, x), as HIPS autograd's core has them."""

from .differential_operators import pulled as make_vjp
from .differential_operators import pushed as make_jvp
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
)  # fmt: skip
from .tracer import getval

__all__ = [
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "getval",
    "make_jvp",
    "make_vjp",
    "primitive",
]
