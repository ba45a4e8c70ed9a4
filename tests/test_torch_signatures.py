"""Names, order and defaults of arguments are PyTorch's, but for what these tables say, each with its reason."""

from __future__ import annotations

import inspect
import re
from typing import get_overloads

import pytest

import nn

torch = pytest.importorskip("torch", reason="the independent engine is PyTorch: install the extra `test-parity`")
F = torch.nn.functional

PLACES = [
    torch.nn,
    F,
    torch.optim,
    torch.optim.lr_scheduler,
    torch.optim.swa_utils,
    torch.nn.utils,
    torch.utils.data,
]
# Arguments that no function here has.
NOWHERE = {
    "device": "numbers are in memory, where NumPy has them",
    "inplace": "what was recorded is not overwritten",
    "out": "what was recorded is not overwritten",
    "size_average": "PyTorch's own word for it is reduction",
    "reduce": "PyTorch's own word for it is reduction",
    "_stacklevel": "it is for PyTorch's warnings",
    "foreach": "there is one way to compute a step",
    "fused": "there is one way to compute a step",
    "capturable": "there is one way to compute a step",
    "differentiable": "a step is no function of the parameters",
}
# Arguments that PyTorch has none of: the precision, and where chance comes from.
OURS = ("dtype", "rng")
# PyTorch calls the first operand `input`, which hides Python's; it is given by position.
FIRST = ("x", "indices")
# By name: arguments of PyTorch's that are missing, of ours that are more, defaults that differ, and why.
DIFFERENT = {
    "AveragedModel": ({"multi_avg_fn"}, {}, {}, "averages are of one array at a time"),
    "DataLoader": (
        {
            "num_workers", "pin_memory", "timeout", "worker_init_fn", "multiprocessing_context", "generator",
            "prefetch_factor", "persistent_workers", "pin_memory_device", "in_order",
        },
        {},
        {"shuffle": False},
        "batches are made in this process, by slices of arrays, and drawn from rng",
    ),
    "Embedding": (
        {"max_norm", "norm_type", "scale_grad_by_freq", "sparse", "_weight", "_freeze"}, {}, {},
        "a table is its rows; from_pretrained gives it others",
    ),
    "embedding": ({"max_norm", "norm_type", "scale_grad_by_freq", "sparse"}, {}, {}, "as of Embedding"),
    "Hardtanh": ({"min_value", "max_value"}, {}, {}, "older names of min_val and max_val"),
    "HuberLoss": ({}, {"weight"}, {}, "PyTorch's function has it, and its module has not"),
    "L1Loss": ({}, {"weight"}, {}, "PyTorch's function has it, and its module has not"),
    "MSELoss": ({}, {"weight"}, {}, "PyTorch's function has it, and its module has not"),
    "LogSoftmax": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "Softmax": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "Softmin": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "log_softmax": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "softmax": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "softmin": ({}, {}, {"dim": -1}, "PyTorch guesses an axis, with a warning"),
    "LBFGS": ({}, {"maximize"}, {}, "PyTorch's other optimizers have it"),
    "ModuleList": ({}, {}, {"modules": ()}, "nothing is none"),
    "Transformer": ({}, {}, {"activation": "relu"}, "the function has a name, which prints"),
    "TransformerDecoderLayer": ({}, {}, {"activation": "relu"}, "the function has a name, which prints"),
    "TransformerEncoderLayer": ({}, {}, {"activation": "relu"}, "the function has a name, which prints"),
    "TransformerEncoder": ({"enable_nested_tensor", "mask_check"}, {}, {}, "there are no nested tensors"),
    "interpolate": ({"antialias"}, {}, {}, "its docstring says that it has none"),
    "random_split": ({"generator"}, {}, {}, "chance comes from rng"),
}  # fmt: skip
# Classes whose constructors take anything there, and one thing or nothing here.
ANYTHING = {
    "Identity": "its arguments are for nothing",
    "Module": "a base class",
    "Optimizer": "a base class",
    "LRScheduler": "a base class",
    "Sequential": "its steps",
    "ModuleDict": "its modules",
    "ConcatDataset": "its parts",
    "Dataset": "a base class",
    "IterableDataset": "a base class",
    "TensorDataset": "its arrays",
    "get_swa_avg_fn": "it takes nothing",
}


def counterpart(name):
    """PyTorch's function or class of that name, or None."""
    return next((getattr(place, name) for place in PLACES if hasattr(place, name)), None)


SHARED = [n for n in nn.__all__ if callable(counterpart(n)) and n not in ANYTHING]


def theirs_of(name):
    """{argument: default} of PyTorch's: by its signature, that of its overload, or the first line of its docstring."""
    found = counterpart(name)
    made = getattr(found, "__init__", None) if inspect.isclass(found) else None
    if made is not None and get_overloads(made):
        return arguments(get_overloads(made)[0])
    if hasattr(F, f"_{name}") and "pool" in name:
        return arguments(getattr(F, f"_{name}"))  # which the one that users call dispatches to
    try:
        return arguments(found)
    except ValueError:
        said = re.search(rf"{name}\((.*?)\) ->", found.__doc__, re.DOTALL).group(1)
        scope: dict = {}
        exec(f"def f({said}): pass", scope)  # noqa: S102  # a line of PyTorch's documentation
        return arguments(scope["f"])


def arguments(function):
    skipped = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    ps = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in ps if p.kind not in skipped and p.name != "self"}


def differences(name):
    """(missing, more, defaults that differ, in the same order) of ours beside PyTorch's."""
    ours = {k: v for k, v in arguments(getattr(nn, name)).items() if k not in OURS}
    theirs = {k: v for k, v in theirs_of(name).items() if k not in NOWHERE and k not in OURS}
    if ours and theirs and next(iter(theirs)) == "input" and next(iter(ours)) in FIRST:
        ours = dict(zip(["input", *list(ours)[1:]], ours.values(), strict=True))
    missing, more = set(theirs) - set(ours), set(ours) - set(theirs)
    other = {k: ours[k] for k in ours if k in theirs and ours[k] != theirs[k]}
    in_order = [k for k in ours if k in theirs] == [k for k in theirs if k in ours]
    return missing, more, other, in_order


@pytest.mark.parametrize("name", SHARED)
def test_arguments_and_defaults_are_those_of_pytorch(name):
    missing, more, other, _ = DIFFERENT.get(name, ((), (), {}, ""))
    found = differences(name)
    assert found == (set(missing), set(more), other, name != "DataLoader"), name


@pytest.mark.parametrize("name", sorted(set(SHARED) - set(DIFFERENT)))
def test_arguments_are_given_by_position_as_far_as_in_pytorch(name):
    by_position = lambda f: [
        k for k, p in inspect.signature(f).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD and k not in NOWHERE
    ]
    try:
        theirs = by_position(counterpart(name))
    except ValueError:
        return  # it is not written in Python
    ours = by_position(getattr(nn, name))
    assert len(ours) >= len([k for k in theirs if k not in OURS and k != "maximize"])


def test_a_difference_has_a_reason_and_a_name_that_is_shared():
    assert set(DIFFERENT) <= set(SHARED)
    assert set(ANYTHING) <= set(nn.__all__)
    assert all([*(why for *_, why in DIFFERENT.values()), *ANYTHING.values(), *NOWHERE.values()])


INIT = [n for n in nn.init.__all__ if n != "calculate_gain"]


@pytest.mark.parametrize("name", INIT)
def test_ways_to_start_have_the_arguments_of_pytorch_but_a_shape_for_a_tensor(name):
    theirs = {k: v for k, v in arguments(getattr(torch.nn.init, f"{name}_")).items() if k != "generator"}
    ours = {k: v for k, v in arguments(getattr(nn.init, name)).items() if k not in OURS}
    assert next(iter(ours)) == "shape"
    assert next(iter(theirs)) == "tensor"
    assert list(ours.items())[1:] == list(theirs.items())[1:]


# Calls whose arguments or defaults differ.
LENGTHS = ({"lengths"}, {}, "in place of packed sequences")
BY_MASK = ({}, {"is_causal": False}, "PyTorch looks whether the mask is causal, which changes no output")
CALLED = {
    **dict.fromkeys(["RNN", "LSTM", "GRU"], LENGTHS),
    "TransformerEncoder": BY_MASK,
    "TransformerDecoder": ({}, {"tgt_is_causal": False}, BY_MASK[2]),
    "Transformer": ({}, {"src_is_causal": False, "tgt_is_causal": False}, BY_MASK[2]),
}
MODULES = [n for n in SHARED if inspect.isclass(getattr(nn, n)) and issubclass(getattr(nn, n), nn.Module)]


@pytest.mark.parametrize("name", [n for n in MODULES if hasattr(counterpart(n), "forward")])
def test_modules_are_called_with_the_arguments_of_pytorch(name):
    called = getattr(nn, name)
    theirs = arguments(counterpart(name).forward)
    ours = arguments(called.function if issubclass(called, nn.Loss) else called.__call__)
    if issubclass(called, nn.Loss):  # the operands of its function
        ours = {k: v for k, v in ours.items() if v is inspect.Parameter.empty}
    more, defaults, _ = CALLED.get(name, ({}, {}, ""))
    is_operand = lambda pair: pair[1] is inspect.Parameter.empty  # given by position
    assert sum(map(is_operand, ours.items())) == sum(map(is_operand, theirs.items()))
    optional = [pair for pair in ours.items() if not is_operand(pair) and pair[0] not in more]
    assert optional == [(k, defaults.get(k, v)) for k, v in theirs.items() if not is_operand((k, v))]
