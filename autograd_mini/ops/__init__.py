"""The ops, declared: each file reads as a table of derivatives."""

from . import calculus, contraction, discrete, elementwise, fft, indexing, linalg, reduction, shape

__all__ = ["calculus", "contraction", "discrete", "elementwise", "fft", "indexing", "linalg", "reduction", "shape"]
