"""All ONNX nodes of NumPy's ops, and the way to declare those of others."""

from __future__ import annotations

from . import arrays, elementwise, indexing
from .nodes import LEFT_OUT, NODES, onnx_by_parts, onnx_left_out, onnx_node

__all__ = ["LEFT_OUT", "NODES", "PARTS", "onnx_by_parts", "onnx_left_out", "onnx_node"]

PARTS = (arrays, elementwise, indexing)  # imported for what they declare
