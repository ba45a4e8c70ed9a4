"""The names of HIPS autograd, on autograd_mini: its programs run by changing their imports.

What is different, and how to move on to autograd_mini's own names: `docs/from-hips-autograd.md`.

>>> import autograd_mini.compat.autograd.numpy as np
>>> from autograd_mini.compat.autograd import grad
>>> grad(lambda x: np.sum(np.tanh(x)))(np.array([0.0, 1.0])).round(3)
array([1.  , 0.42])
"""

from .builtins import dict, isinstance, list, tuple, type  # noqa: A004  # the names that are stood in for
from .differential_operators import (
    checkpoint,
    deriv,
    egrad,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)  # fmt: skip
from .extend import primitive

__all__ = [
    "checkpoint",
    "deriv",
    "dict",
    "egrad",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "isinstance",
    "jacobian",
    "list",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_vjp",
    "multigrad_dict",
    "primitive",
    "tensor_jacobian_product",
    "tuple",
    "type",
    "value_and_grad",
    "vector_jacobian_product",
]
