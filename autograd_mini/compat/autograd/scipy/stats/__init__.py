"""`scipy.stats` on Values: log-densities of distributions.

HIPS autograd has a module for each distribution, so that programs import them as such: here the
names of those modules stand for the distributions themselves.
"""

import sys

from .. import lookup

__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t"]

__getattr__ = lookup("stats")

for _name in __all__:
    sys.modules[f"{__name__}.{_name}"] = globals()[_name] = __getattr__(_name)
