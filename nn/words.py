"""What stands here for PyTorch's names that are not here, for those who look for them."""

from __future__ import annotations

__all__ = ["unknown"]

# Of a module.
OF_MODULES = {
    "state_dict": "state()",
    "load_state_dict": "load(state)",
    **dict.fromkeys(["buffers", "named_buffers"], "state(), beside parameters"),
    **dict.fromkeys(["children", "named_children"], "modules() and named_modules(), or the attributes themselves"),
    "apply": "a loop over modules()",
    **dict.fromkeys(["to", "type", "float", "double", "half"], "astype(dtype), as in astype(np.float32)"),
    **dict.fromkeys(["cpu", "cuda"], "nothing, as all numbers are in memory"),
    "requires_grad_": "freeze() and unfreeze()",
    "register_buffer": "an array in an attribute",
    "register_parameter": "a Value in an attribute",
    **dict.fromkeys(["add_module", "register_module"], "a module in an attribute"),
    "get_parameter": "dict(module.named_parameters())[name]",
    "get_submodule": "dict(module.named_modules())[name]",
}
# Of the package.
OF_PACKAGE = {
    **dict.fromkeys(["Parameter", "Buffer"], "a Value, or for a buffer an array, in an attribute"),
    **dict.fromkeys(["ParameterList", "ParameterDict"], "a list or a dict of Values in an attribute"),
    "functional": "nn itself, as in nn.relu",
    **dict.fromkeys(["utils", "lr_scheduler"], "nn itself, as in nn.clip_grad_norm_ and nn.StepLR"),
    "one_hot": "np.eye(n)[labels]",
    "Softmax2d": "Softmax(dim=-3)",
    "UpsamplingNearest2d": "Upsample(mode='nearest')",
    "UpsamplingBilinear2d": "Upsample(mode='bilinear', align_corners=True)",
}


def unknown(where: str, name: str, words: dict[str, str]) -> AttributeError:
    """An error for a name that is not there, which says what is there for it."""
    said = f"; in place of PyTorch's {name} there is {words[name]}" if name in words else ""
    return AttributeError(f"{where} has no attribute {name!r}{said}")
