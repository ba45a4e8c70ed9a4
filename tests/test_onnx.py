"""Computations as ONNX models and back: every op, sizes that follow from the batch, and what is refused."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import onnx
import pytest

import autograd_mini
import nn
from autograd_mini import (
    DtypeError,
    NoRuleError,
    ShapeError,
    UsageError,
    Value,
    from_onnx,
    grad,
    onnx_by_parts,
    onnx_left_out,
    onnx_node,
    onnx_operator,
    to_onnx,
)
from autograd_mini.onnx.nodes import LEFT_OUT, NODES, why_not
from autograd_mini.onnx.operators import OPERATORS
from autograd_mini.onnx.sizes import Counted, Differs, Size, alike
from autograd_mini.primitive import REGISTRY, elementwise
from autograd_mini.testing import every_sample

runtime = pytest.importorskip("onnxruntime", reason="the independent runtime is onnxruntime: install the extra `test`")
runtime.set_default_logger_severity(4)
SETTINGS = runtime.SessionOptions()
SETTINGS.intra_op_num_threads = SETTINGS.inter_op_num_threads = 1

TOLERANCES = {np.dtype(np.float64): (1e-10, 1e-12), np.dtype(np.float32): (1e-5, 1e-6)}
# Ops whose operators onnxruntime has in float32 alone.
IN_SINGLE_ALONE = {
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cosh", "sinh", "special.erf",
    "special.erfc", "special.ndtr", "tan",
}  # fmt: skip
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
W = Value(RNG.normal(size=(3, 5)), name="W")


def computed(model, *inputs):
    """What onnxruntime gives."""
    names = [x.name for x in model.graph.input]
    session = runtime.InferenceSession(model.SerializeToString(), SETTINGS, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip(names, map(np.asarray, inputs), strict=True)))


def numbers(y):
    return np.asarray(y.data if isinstance(y, Value) else y)


def close(y, truth, dtype=np.float64):
    y, truth = numbers(y), numbers(truth)
    assert y.shape == truth.shape
    assert y.dtype == truth.dtype
    np.testing.assert_allclose(y, truth, *TOLERANCES[np.dtype(dtype)])


# ---- every op

for package in (autograd_mini, nn):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
# Before any test has run, and declared ops of its own.
DECLARED = {k for k, op in REGISTRY.items() if not getattr(op.fn, "__module__", "").startswith(("test", "tests"))}
SAMPLES = [
    s
    for s in every_sample([REGISTRY[k] for k in sorted(DECLARED) if not k.startswith("nn.")])
    if s.op.name in NODES and s.operands and not any(np.iscomplexobj(x) for x in s.args)
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_every_op_is_computed_by_onnxruntime_and_read_back(sample, dtype):
    sample = sample.astype(dtype)
    model = to_onnx(
        sample, *sample.operands, dynamic_batch=False, input_names=[f"x{i}" for i in range(len(sample.operands))]
    )
    truth = sample(*sample.operands)
    close(from_onnx(model)(*sample.operands), truth, dtype)
    if dtype is np.float32 or sample.op.name not in IN_SINGLE_ALONE:
        close(computed(model, *sample.operands)[0], truth, dtype)


def test_every_op_has_nodes_or_a_reason_why_not():
    assert sorted(name for name in DECLARED if name not in NODES and not why_not(name)) == []
    assert sorted(set(NODES) & set(LEFT_OUT)) == []
    assert sorted(k for k in {*NODES, *LEFT_OUT} - DECLARED if not k.startswith(("doc_", "test_"))) == []


# ---- batches of another length


def assigned(x):
    b = autograd_mini.zeros((x.shape[0], 3))
    for i in range(3):
        b[:, i] = x[:, i] * 2
    return b


def added(x):
    b = np.zeros((x.shape[0], 2, 3), like=x)
    b[:, 1] = x
    b[:, 0, 1:] += x[:, :2]
    return b


BATCHES = {
    "affine": lambda x: np.tanh(x @ W) + 1.5,
    "ravel": lambda x: x.reshape(-1),
    "rows of two": lambda x: x.reshape(x.shape[0], 1, -1),
    "column order": lambda x: np.reshape(x, (3, -1), order="F"),
    "tile": lambda x: np.tile(x, (2, 1)),
    "each row twice": lambda x: np.repeat(x, 2, axis=0),
    "rows tiled": lambda x: x.reshape(-1) * np.tile([1.0, 2.0, 4.0], x.shape[0]),
    "weights repeated": lambda x: np.concatenate([x, x]) * np.tile(np.arange(x.shape[0]), 2)[:, None],
    "reversed": lambda x: x[::-1],
    "flip": lambda x: np.flip(x, 0),
    "last": lambda x: x[-1],
    "last by length": lambda x: x[x.shape[0] - 1],
    "all but one": lambda x: x[: x.shape[0] - 1] * 2,
    "half open": lambda x: x[1:, ::-2],
    "new axes": lambda x: x[:, None, ..., 1],
    "chosen columns": lambda x: x[:, [0, 2, 2]],
    "one of each row": lambda x: x[np.arange(x.shape[0]), 0],
    "pairs": lambda x: x[:, [0, 1], None][..., [0, 0], :],
    "split index": lambda x: x[:, None, :][[0, 1], :, [2, 0]],
    "parted by an ellipsis": lambda x: x[:, None][:, 0, ..., [0, 2, 1, 1]],
    "from before the start": lambda x: x[:, -5::-1] * 2,
    "mask of columns": lambda x: x[:, np.array([True, False, True])],
    "sorted": lambda x: np.sort(x, axis=0),
    "sorted rows": lambda x: np.sort(x, axis=1),
    "take along": lambda x: np.take_along_axis(x, np.argsort(x, axis=1), 1),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1),
    "weights by row": lambda x: x * np.arange(x.shape[0])[:, None],
    "counted back": lambda x: x * np.arange(x.shape[0] - 1, -1, -1)[:, None],
    "zeros beside": lambda x: np.concatenate([x, np.zeros((x.shape[0], 2))], 1),
    "ones made": lambda x: x + Value(np.ones((x.shape[0], 1))),
    "mean by hand": lambda x: np.sum(x, 0) / x.shape[0],
    "twice the length": lambda x: x * (2 * x.shape[0] + 1),
    "outer": lambda x: x[:, :, None] @ x[:, None, :],
    "einsum": lambda x: np.einsum("bi,bj->bij", x, x),
    "where": lambda x: np.where(x > 0, x, 0.5 * x),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "spread": lambda x: np.std(x, axis=0, ddof=1),
    "cumsum": lambda x: np.cumsum(x, 0),
    "split": lambda x: tuple(np.split(x, 3, axis=1)),
    "pad": lambda x: np.pad(x, ((0, 0), (1, 2))),
    "pad by edges": lambda x: np.pad(x, ((0, 0), (1, 2)), mode="edge"),
    "stack": lambda x: np.stack([x, x], 1),
    "roll": lambda x: np.roll(x, 1, axis=0),
    "broadcast": lambda x: np.broadcast_to(x[:, None], (x.shape[0], 2, 3)),
    "full": lambda x: x + np.full_like(x, 3.0),
    "assigned": assigned,
    "added": added,
    "dict": lambda x: {"a": x + 1, "b": [x.sum(), None]},
    "constant output": lambda x: (x, np.arange(x.shape[0]), 2.0),
    "truths": lambda x: (x > 0) & (x < 1),
    "places": lambda x: np.argmax(x, axis=1),
    "gradient": grad(lambda x: np.sum(np.tanh(x @ W) ** 2)),
    "second derivative": grad(lambda x: np.sum(grad(lambda x: np.sum(np.sin(x) * x))(x) ** 2)),
    "gradient of a maximum": grad(lambda x: np.sum(np.max(x, axis=1) ** 2)),
    "gradient of reading": grad(lambda x: np.sum(x[:, 1:] ** 2)),
}


@pytest.mark.parametrize("name", BATCHES)
def test_batches_of_every_length_are_computed(name):
    f = BATCHES[name]
    model = to_onnx(f, X)
    for n in (1, 2, 9):
        x = RNG.normal(size=(n, 3))
        if (name == "half open" and n == 1) or (name in ("split index", "spread") and n == 1):
            continue  # nothing is left, or divided by
        found = f(Value(x))
        found = list(found.values()) if isinstance(found, dict) else found
        truth = found if isinstance(found, (tuple, list)) else [found]
        truth = [y for part in truth for y in (part if isinstance(part, list) else [part]) if y is not None]
        given, again = computed(model, x), from_onnx(model)(x)
        again = again if isinstance(again, tuple) else (again,)
        assert len(given) == len(truth) == len(again)
        for y, z, t in zip(given, again, truth, strict=True):
            close(y, t)
            close(z, t)


def part_of_a_key(n, rng):
    """What may stand in a key for an axis of that length."""
    return (
        lambda: int(rng.integers(-n, n)),
        lambda: slice(
            *(None if rng.random() < 0.4 else int(rng.integers(-n - 1, n + 2)) for _ in range(2)),
            int(rng.choice([1, 2, -1, -2])),
        ),
        lambda: slice(None),
        lambda: rng.integers(-n, n, 2),
        lambda: rng.integers(-n, n, (2, 1)),
        lambda: np.append(rng.random(n - 1) > 0.4, True),
    )[rng.integers(6)]()


@pytest.mark.parametrize("seed", range(40))
def test_random_keys_are_read_and_written(seed):
    rng = np.random.default_rng(seed)
    shape = (4, 3, 2, 5)[: rng.integers(2, 5)]
    key = [slice(None), *(part_of_a_key(n, rng) for n in shape[1:])][: rng.integers(1, len(shape) + 1)]
    for extra in (None, Ellipsis):
        if rng.random() < 0.3:
            key.insert(int(rng.integers(1, len(key) + 1)), extra)
    key = tuple(key)
    x = rng.normal(size=shape)
    try:
        x[key]
    except IndexError:  # masks and index arrays of other lengths
        key = (slice(None), key[1])

    def doubled(x):
        b = np.zeros_like(x)
        b[key] = x[key] * 2.0
        return b

    more = np.concatenate([x, -x])[:7]
    for f in (lambda x: x[key] * 1.0, doubled, grad(lambda x: np.sum(x[key] ** 2))):
        model = to_onnx(f, x)
        truth = f(Value(more))
        close(computed(model, more)[0], truth)
        close(from_onnx(model)(more), truth)


def test_whole_numbers_are_inputs():
    model = to_onnx(lambda x, i: np.take(W, i, 0) * x, X[:, :1], np.array([0, 2, 1, 1]))
    x, i = RNG.normal(size=(6, 1)), np.array([0, 1, 2, 2, 1, 0])
    close(computed(model, x, i)[0], W.data[i] * x)
    assert [t.type.tensor_type.elem_type for t in model.graph.input] == [
        onnx.TensorProto.DOUBLE,
        onnx.TensorProto.INT64,
    ]


def test_lengths_of_inputs_and_outputs_are_said():
    model = to_onnx(lambda x, y: (x.reshape(-1), x @ y), X, np.ones((3, 2)), batch_axis=(0, None))
    said = [
        [d.dim_param or d.dim_value for d in t.type.tensor_type.shape.dim]
        for t in (*model.graph.input, *model.graph.output)
    ]
    assert said == [["batch", 3], [3, 2], ["3*batch"], ["batch", 2]]


def test_a_fixed_batch_is_said_and_kept():
    model = to_onnx(lambda x: x * 2, X, dynamic_batch=False)
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [4, 3]
    with pytest.raises(ShapeError, match=r"OnnxModel: got x of shape \(5, 3\); the model takes \(4, 3\)"):
        from_onnx(model)(np.ones((5, 3)))


@pytest.mark.parametrize(
    ("found", "one"),
    [
        ((8, 10, 14), Size(2, 0)),
        ((slice(0, 3), slice(0, 4), slice(0, 6)), slice(0, Size(1, -1))),
        (({"a": (1, 4)}, {"a": (1, 5)}, {"a": (1, 7)}), {"a": (1, Size(1, 0))}),
        ((None, None, None), None),
        ((float("nan"),) * 3, float("nan")),
        ((np.sin, np.sin, np.sin), np.sin),
    ],
    ids=range(6),
)
def test_what_traces_have_in_one_place_is_one(found, one):
    assert repr(alike(found, (4, 5, 7))) == repr(one)


@pytest.mark.parametrize(
    "found",
    [(1, 2, 9), (1.0, 2, 3), ("a", "b", "c"), ((1,), (1, 2), (1,)), ({"a": 1}, {"b": 1}, {"a": 1}), (0.25, 0.2, 1 / 7),
     (np.arange(4) ** 2, np.arange(5) ** 2, np.arange(7) ** 2), (np.ones(2), np.ones((2, 1)), np.ones(2)),
     (np.sin, np.cos, np.sin), (True, False, True)],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_formula_differs(found):
    with pytest.raises(Differs):
        alike(found, (4, 5, 7))


def test_arrays_that_grow_evenly_are_counted():
    found = alike(tuple(np.arange(n)[:, None] * 2 + np.arange(n) for n in (4, 5, 7)), (4, 5, 7))
    assert isinstance(found, Counted)
    assert found.shape == (Size(1, 0), Size(1, 0))


# ---- models


def test_parameters_are_kept_under_their_names():
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    model = to_onnx(net, X)
    assert {x.name for x in model.graph.initializer} >= {"0.weight", "0.bias"}
    again = from_onnx(model)
    assert [name for name, _ in again.named_parameters()] == ["0.weight", "0.bias"]
    assert repr(again) == "<OnnxModel x -> output: 5 nodes, 2 parameters>"
    close(grad(lambda m: np.sum(m(X)))(again).parameters["0.weight"], grad(lambda m: np.sum(m(X)))(net)[0].weight)


def test_values_that_a_function_reads_are_parameters():
    again = from_onnx(to_onnx(lambda x: x @ W, X))
    assert list(again.parameters) == ["W"]
    np.sum(again(X)).backward()
    close(again.parameters["W"].grad, np.sum(X, 0)[:, None] * np.ones((3, 5)))


def test_what_is_read_back_is_differentiated_twice():
    f = lambda x: np.sum(np.tanh(x @ W) ** 2)
    again = from_onnx(to_onnx(f, X))
    twice = lambda f: grad(lambda x: np.sum(grad(f)(x) ** 2))(X)
    close(twice(again), twice(f))


def test_a_method_of_a_module_is_exported_at_rest():
    class Drop(nn.Module):
        def __init__(self):
            self.dropout = nn.Dropout(0.5)
            self.scale = Value([2.0])

        def predict(self, x):
            return self.dropout(x) * self.scale

    module = Drop()
    close(computed(to_onnx(module.predict, X), X)[0], X * 2)
    assert module.training
    assert module.dropout.training
    module.scale = Value(np.ones(2))
    with pytest.raises(ShapeError):
        to_onnx(module.predict, X)
    assert module.training


def test_inputs_and_outputs_are_named_as_asked():
    model = to_onnx(lambda x: (x, x + 1), X, input_names=["image"], output_names=["a", "b"])
    assert [x.name for x in model.graph.input] == ["image"]
    assert [x.name for x in model.graph.output] == ["a", "b"]
    again = from_onnx(model)
    assert again.input_names == ["image"]
    close(again(image=X)[1], X + 1)


def test_a_file_is_written_and_read(tmp_path):
    model = to_onnx(lambda x: x * 2, X, path=tmp_path / "m.onnx")
    assert onnx.load(tmp_path / "m.onnx") == model
    close(from_onnx(tmp_path / "m.onnx")(X), X * 2)
    close(from_onnx(str(tmp_path / "m.onnx"))(X), X * 2)


@pytest.mark.parametrize("opset", [18, 20, 22])
def test_other_opsets_are_written(opset):
    f = lambda x: np.sum(np.pad(np.tanh(x @ W).reshape(x.shape[0], -1), ((0, 0), (1, 0))), axis=1)
    model = to_onnx(f, X, opset=opset)
    assert model.opset_import[0].version == opset
    close(computed(model, X)[0], f(X))


def test_all_real_numbers_are_written_in_one_dtype():
    model = to_onnx(lambda x: np.where(x > 0, x @ np.ones((3, 3)), 0.5), X, dtype=np.float32)
    (y,) = computed(model, X.astype(np.float32))
    assert y.dtype == np.float32


def test_single_precision_stays_single_precision():
    model = to_onnx(lambda x: np.tanh(2.0 * x + 1), X.astype(np.float32))
    assert not any(node.op_type == "Cast" for node in model.graph.node)
    assert computed(model, X.astype(np.float32))[0].dtype == np.float32


def test_no_graph_is_kept():
    to_onnx(lambda x: np.tanh(x @ W), X)
    gc.collect()
    assert not [v for v in gc.get_objects() if type(v) is Value and v.op is not None and v.shape == (7, 5)]


# ---- ops and operators of others


def test_an_op_of_ones_own_says_its_nodes():
    half = elementwise(lambda x: x / 2, 0.5, name="test_onnx_half")
    with pytest.raises(NoRuleError, match=r"the op test_onnx_half has no ONNX nodes: nobody"):
        to_onnx(half, X)
    onnx_left_out("it is a test", "test_onnx_half")
    with pytest.raises(
        NoRuleError, match=r"has no ONNX nodes: it is a test; declare them with @autograd_mini.onnx_node"
    ):
        to_onnx(half, X)
    try:
        onnx_node("test_onnx_half")(lambda w, y, x: w("Mul", x, w.constant(0.5, y.dtype)))
        close(computed(to_onnx(half, X), X)[0], X / 2)
        with pytest.raises(UsageError, match="onnx_node: the op 'test_onnx_half' has its nodes already"):
            onnx_node("test_onnx_half")(lambda w, y, x: x)
    finally:
        del LEFT_OUT["test_onnx_half"], NODES["test_onnx_half"], REGISTRY["test_onnx_half"]


def test_an_op_is_taken_apart():
    double = elementwise(lambda x: np.add(x, x), 2, name="test_onnx_double")
    try:
        onnx_by_parts("test_onnx_double")
        model = to_onnx(lambda x: double(np.sin(x)) * 3, X)
        assert [n.op_type for n in model.graph.node] == ["Sin", "Add", "Mul", "Identity"]
        close(computed(model, X)[0], np.sin(X) * 6)
    finally:
        del NODES["test_onnx_double"], REGISTRY["test_onnx_double"]


def test_nodes_are_declared_for_ops_that_are():
    with pytest.raises(UsageError, match="onnx_node: got 'nonsense', and no op has this name"):
        onnx_node("nonsense")(lambda w, y, x: x)


def model_of(op_type, domain="", **attributes):
    """A model of one node."""
    x, y = (onnx.helper.make_tensor_value_info(k, onnx.TensorProto.DOUBLE, ["n", 3]) for k in "xy")
    node = onnx.helper.make_node(op_type, ["x"], ["y"], domain=domain, name="here", **attributes)
    graph = onnx.helper.make_graph([node], "g", [x], [y])
    versions = [onnx.helper.make_opsetid("", 18)] + [onnx.helper.make_opsetid(domain, 1)] * bool(domain)
    return onnx.helper.make_model(graph, opset_imports=versions, ir_version=8)


def test_an_operator_that_cannot_be_run_is_named():
    with pytest.raises(NoRuleError, match="from_onnx: the node here is of the operator NonZero, which cannot be run"):
        from_onnx(model_of("NonZero"))
    with pytest.raises(NoRuleError, match=r"of the operator com\.example\.Tanh, which cannot"):
        from_onnx(model_of("Tanh", "com.example"))


def test_an_operator_can_be_declared():
    try:
        onnx_operator("ThresholdedRelu")(lambda x, alpha=1.0: np.where(x > alpha, x, 0.0))
        close(from_onnx(model_of("ThresholdedRelu", alpha=0.5))(X), np.where(X > 0.5, X, 0.0))
        with pytest.raises(UsageError, match="onnx_operator: 'ThresholdedRelu' is in the table already"):
            onnx_operator("ThresholdedRelu")(np.abs)
    finally:
        del OPERATORS["ThresholdedRelu"]


# ---- errors


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: x / x.shape[0] ** 2, "divide with 16, 25, 49"),
        (lambda x: Value(1 / x.shape[0]) * x, "a Value made anew in each call"),
        (lambda x: x[:3] if x.shape[0] > 4 else x, "1, 2, 2 operations"),
        (lambda x: np.sin(x) if x.shape[0] > 4 else np.cos(x), "cos and sin and sin"),
        (lambda x: x * RNG.normal(size=3), "multiply with arrays of shapes"),
        (lambda x: (x, np.arange(x.shape[0]) ** 2), "a constant output, arrays of shapes"),
        (lambda x: x + (W if x.shape[0] > 4 else Value(np.ones(5)))[0, 0], "getitem"),
    ],
    ids=range(7),
)
def test_a_computation_that_depends_on_the_length_otherwise_is_refused(f, what):
    with pytest.raises((UsageError, ShapeError, IndexError)) as caught:
        to_onnx(f, X)
    if isinstance(caught.value, UsageError):
        assert "to_onnx: batches of 4, 5, 7 are computed differently: " in str(caught.value)
        assert "give dynamic_batch=False" in str(caught.value)
        assert what in str(caught.value) or "getitem" in what


def test_what_is_random_is_refused():
    with pytest.raises(UsageError, match=r"two calls with the same inputs are computed differently: .*random"):
        to_onnx(lambda x: x * RNG.normal(size=3), X, dynamic_batch=False)


def test_an_op_without_nodes_is_named_with_its_line():
    with pytest.raises(
        NoRuleError, match=r"the op inv, called in .*test_onnx\.py, line \d+, has no ONNX nodes: ONNX has"
    ):
        to_onnx(lambda x: np.linalg.inv(x.T @ x), X)
    with pytest.raises(NoRuleError, match="the op fft has no ONNX nodes: its numbers are complex"):
        to_onnx(np.fft.fft, X)


def test_a_function_with_a_rule_of_its_own_is_named():
    cube = autograd_mini.custom_rule(lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    with pytest.raises(NoRuleError, match="is a function of your own, which stands in no table of ops; declare it"):
        to_onnx(cube, X)


@pytest.mark.parametrize("f", [lambda x: x[x > -9], lambda x: x[np.arange(x.shape[0]) > -1]], ids=[0, 1])
def test_masks_that_take_by_numbers_are_refused(f):
    with pytest.raises(NoRuleError, match="getitem got a mask that is computed or depends on the batch"):
        to_onnx(f, X)


def test_writing_at_a_part_of_a_batch_is_refused():
    def f(x):
        b = autograd_mini.zeros((x.shape[0], 3))
        b[1:] = x[1:]
        return b

    with pytest.raises(NoRuleError, match="written at a slice of an axis whose length depends on the batch"):
        to_onnx(f, X)
    close(computed(to_onnx(f, X, dynamic_batch=False), X)[0], f(X))


def test_complex_numbers_are_refused():
    with pytest.raises(DtypeError, match="to_onnx: got numbers of dtype complex128"):
        to_onnx(lambda x: x * 2, X + 1j)


def test_options_are_checked_before_anything_is_run():
    def never(x):
        raise AssertionError

    with pytest.raises(UsageError, match=r"to_onnx: got opset=17; the installed package onnx has versions 18 to \d+"):
        to_onnx(never, X, opset=17)
    with pytest.raises(UsageError, match=r"to_onnx: got batch_axis=\(0, 1\) for 1 inputs"):
        to_onnx(never, X, batch_axis=(0, 1))
    with pytest.raises(ShapeError, match=r"to_onnx: got batch_axis=2 for an input of shape \(4, 3\)"):
        to_onnx(never, X, batch_axis=2)
    with pytest.raises(ShapeError, match=r"whose batches differ in length along axes \[0, 0\]"):
        to_onnx(never, X, X[:2])
    with pytest.raises(ShapeError, match=r"got an example of shape \(0, 3\); it must hold an element"):
        to_onnx(never, X[:0])


def test_names_must_fit():
    with pytest.raises(UsageError, match=r"got input_names=\['a', 'b'\]; 1 are needed"):
        to_onnx(lambda x: x, X, input_names=["a", "b"])
    with pytest.raises(UsageError, match=r"got output_names=\['a', 'a'\]; 2 are needed, all different"):
        to_onnx(lambda x: (x, x), X, output_names=["a", "a"])
    with pytest.raises(UsageError, match=r"got \['x'\] as names of inputs and outputs"):
        to_onnx(lambda x: x, X, output_names=["x"])


@pytest.mark.parametrize(
    "f", [autograd_mini.compile(lambda x: x * 2), lambda x: x.data * 2, lambda x: 3.0], ids=range(3)
)
def test_what_is_not_recorded_is_refused(f):
    with pytest.raises(UsageError, match="to_onnx: "):
        to_onnx(f, np.ones((2, 3)))
    with pytest.raises(UsageError, match=r"gives numbers that nothing was recorded of; .* without compile"):
        to_onnx(f, np.ones((2, 3)), dynamic_batch=False)


def test_what_is_no_array_is_no_output():
    with pytest.raises(DtypeError, match="to_onnx: the function gave str; a model gives arrays"):
        to_onnx(lambda x: "text", X)


@pytest.mark.parametrize("length", [0, 1, 0.3, 0.6, 0.9])
def test_a_file_that_is_cut_off_is_named(tmp_path, length):
    to_onnx(lambda x: np.tanh(x @ W), X, path=tmp_path / "m.onnx")
    data = (tmp_path / "m.onnx").read_bytes()
    (tmp_path / "m.onnx").write_bytes(data[: int(length * len(data)) if isinstance(length, float) else length])
    with pytest.raises(UsageError, match=r"from_onnx: .*m\.onnx.* is no (valid )?ONNX model: .+; it was cut off"):
        from_onnx(tmp_path / "m.onnx")


def test_a_foreign_file_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"hello world, this is text")
    with pytest.raises(UsageError, match=r"m\.onnx \(25 bytes\) is no ONNX model"):
        from_onnx(tmp_path / "m.onnx")
    with pytest.raises(FileNotFoundError):
        from_onnx(tmp_path / "n.onnx")


def test_inputs_must_fit_the_model():
    again = from_onnx(to_onnx(lambda x: x @ W, X))
    with pytest.raises(UsageError, match="OnnxModel: got 2 inputs; its inputs are x; give one for each"):
        again(X, X)
    with pytest.raises(UsageError, match="OnnxModel: got 0 inputs and y; its inputs are x"):
        again(y=X)
    with pytest.raises(ShapeError, match=r"OnnxModel: got x of shape \(3,\); the model takes \(any, 3\)"):
        again(X[0])


def test_an_error_inside_names_the_node():
    again = from_onnx(to_onnx(lambda x, y: x + y, X, X))
    with pytest.raises(ShapeError, match=r"OnnxModel: at the node add \(Add\): "):
        again(Value(X), X[:3])


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for f in (lambda: to_onnx(np.sin, X), lambda: from_onnx("m.onnx")):
        with pytest.raises(ImportError, match=r"pip install 'autograd-mini\[onnx\]'"):
            f()


def test_the_package_is_not_imported_before_it_is_used():
    code = "import autograd_mini, nn, sys; print('onnx' in sys.modules, 'autograd_mini.onnx.export' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
