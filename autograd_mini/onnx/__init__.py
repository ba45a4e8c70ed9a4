"""Computations as ONNX models, which other programs run, and ONNX models as computations, which have gradients."""
