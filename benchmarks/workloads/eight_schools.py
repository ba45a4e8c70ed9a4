"""Value and gradient of the log density of the eight schools, as a sampler asks for it.

Source: Rubin (1981); not centred, as in Gelman et al., Bayesian Data Analysis, section 5.5.
"""

import numpy as np

from . import Workload

EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def log_density(library):
    effect, error = library.constant(EFFECT), library.constant(ERROR)

    def density(q):
        mean, log_scale, z = q[0], q[1], q[2:]
        scale = library.exp(log_scale)
        r = (effect - (mean + scale * z)) / error
        prior = log_scale - 0.5 * (mean / 5.0) ** 2 - library.log1p((scale / 5.0) ** 2)
        return prior - 0.5 * library.total(z * z) - 0.5 * library.total(r * r)

    at, both = np.linspace(-1.0, 1.0, 10), library.value_and_gradient(density)
    return lambda: both(at)


WORKLOADS = (Workload("eight-schools", "eight schools, value and gradient", log_density),)
