"""All ONNX nodes of NumPy's ops, and the way to declare those of others."""

from __future__ import annotations

from . import arrays, elementwise, indexing, special
from .nodes import NODES, onnx_by_parts, onnx_left_out, onnx_node, why_not

__all__ = ["NODES", "PARTS", "onnx_by_parts", "onnx_left_out", "onnx_node", "why_not"]

PARTS = (arrays, elementwise, indexing, special)  # imported for what they declare
