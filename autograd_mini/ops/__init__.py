"""The ops, declared: each file reads as a table of derivatives."""

from . import contraction, discrete, elementwise, indexing, reduction, shape

__all__ = ["contraction", "discrete", "elementwise", "indexing", "reduction", "shape"]
