"""The ops, declared: each file reads as a table of derivatives."""

from . import calculus, contraction, discrete, elementwise, indexing, reduction, shape

__all__ = ["calculus", "contraction", "discrete", "elementwise", "indexing", "reduction", "shape"]
