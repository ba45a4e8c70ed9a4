"""autograd_mini, compiled: what `ours` does, by functions that were compiled to Python and NumPy."""

from types import SimpleNamespace

import autograd_mini
from autograd_mini import Value

from . import ours

__all__ = ["ADAPTER", "adapter"]


def adapter(backend):
    """The adapter of one of the ways to compile."""

    def through(f):
        return autograd_mini.compile(f, backend=backend)

    def gradients(f, *parameters, spare=False):
        both = through(autograd_mini.value_and_grad(f, tuple(range(len(parameters)))))

        def run():
            y, gradient = both(*parameters)
            return [y, *gradient]

        return run

    def long_descent(f, *parameters, rate, n):
        leaves = [Value(p) for p in parameters]
        steps = through(autograd_mini.loop(ours.one_step(f, leaves, rate), n))
        return lambda: [steps(), *[v.data for v in leaves]]

    def descent(f, *parameters, rate):
        leaves = [Value(p) for p in parameters]
        one = through(ours.one_step(f, leaves, rate))
        return lambda: [one(), *[v.data for v in leaves]]

    def hessian_vector_product(f, point, direction):
        product = through(lambda point, direction: autograd_mini.hvp(lambda p: f(*p), point, direction))
        return lambda: product(point, direction)

    return SimpleNamespace(
        **{
            **vars(ours),
            "MODULE": "autograd_mini.compiler",
            "CAN": ours.CAN - {"memory", "import"} | {"loop"},
            "gradients": gradients,
            "descent": descent,
            "long_descent": long_descent,
            "value_and_gradient": lambda f: through(autograd_mini.value_and_grad(f)),
            "hessian": lambda f: through(autograd_mini.hessian(f)),
            "hessian_vector_product": hessian_vector_product,
            "trained": lambda *args, **kwargs: ours.trained(*args, **kwargs, through=through),
        }
    )


ADAPTER = adapter("numpy")
