"""`scipy.misc.logsumexp`, which SciPy has moved to `scipy.special`."""

from ....ops.reduction import logsumexp

__all__ = ["logsumexp"]
