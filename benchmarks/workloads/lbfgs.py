"""A whole fit of the logistic regression by SciPy's L-BFGS-B, which asks for value and gradient together."""

import numpy as np

from . import Workload
from .logistic_regression import regression


def fit(library, *, n, features):
    from scipy.optimize import minimize  # an extra, which only this workload needs

    loss, at = regression(library, n=n, features=features)
    both = library.value_and_gradient(loss)

    def run():
        found = minimize(both, at, jac=True, method="L-BFGS-B")
        return found.fun, np.asarray(found.x)

    return run


WORKLOADS = (
    Workload(
        "lbfgs",
        "whole L-BFGS-B fit of the logistic regression",
        fit,
        size={"n": 100, "features": 5},
        tiny={"n": 20, "features": 2},
        tolerance=1e-6,  # a search enlarges differences of rounding
    ),
)
