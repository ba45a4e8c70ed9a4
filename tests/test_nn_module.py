"""Modules: what they find in their attributes, how they save, load, copy and print."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import nn
from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, hvp
from nn import Layer, Linear, Module, ModuleDict, ModuleList, Residual, Sequential, Tanh
from nn.words import OF_MODULES, OF_PACKAGE


class Part(Module):
    """A module with whatever attributes it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_values_are_found_in_attributes_lists_tuples_dicts_and_modules():
    part = Part(
        a=Value(1.0),
        b=[Value(2.0), (Value(3.0),)],
        c={"x": Value(4.0), 7: [Value(5.0)]},
        d=Part(e=Value(6.0)),
        f=3,
        g="w",
    )
    assert names(part) == ["a", "b.0", "b.1.0", "c.x", "c.7.0", "d.e"]
    assert [p.item() for p in part.parameters()] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_a_parameter_reached_in_two_ways_counts_once_under_its_first_name():
    tied = Value([1.0, 2.0])
    part = Part(first=tied, second=[tied], third=Part(again=tied))
    assert names(part) == ["first"]
    assert list(part.state()) == ["first"]
    shared = Part(x=Value(1.0))
    assert names(Part(left=shared, right=shared)) == ["left.x"]


def test_a_module_inside_itself_is_searched_once():
    part = Part(w=Value(1.0))
    part.me = part
    part.all = [part]
    assert names(part) == ["w"]
    assert repr(part) == "Part(\n  w=1.0,\n  me=...,\n  all=[\n    ...,\n  ],\n)"


def test_modules_nested_five_thousand_deep_are_searched_without_recursion():
    part = Part(w=Value(1.0))
    for _ in range(5_000):
        part = Part(p=part)
    assert names(part) == ["p." * 5_000 + "w"]
    while hasattr(part, "p"):
        part = part.p


def test_arrays_are_state_and_not_parameters():
    part = Part(w=Value(1.0), mean=np.array([1.0, 2.0]), count=np.array(3))
    assert names(part) == ["w"]
    assert list(part.state()) == ["w", "mean", "count"]


def test_a_computed_value_among_the_attributes_is_named_in_the_error():
    part = Part(w=Value(1.0) * 0.1)
    for call in (part.parameters, part.state, part.zero_grad, lambda: part.load({"w": 1.0})):
        with pytest.raises(
            UsageError, match=r"Part\.parameters: w was computed \(the result of multiply\).*Value\(numbers\)"
        ):
            call()


def test_two_parameters_of_one_name_are_refused():
    part = Part(d={1: Value(1.0), "1": Value(2.0)})
    with pytest.raises(UsageError, match=r"two of its parameters have the name 'd\.1'.*rename"):
        part.parameters()


def test_a_module_that_defines_no_call_says_so():
    with pytest.raises(NotImplementedError, match=r"Part: it has no __call__.*define __call__"):
        Part()(1.0)


def test_zero_grad_forgets_the_gradients_of_all_parameters():
    net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    np.sum(net(np.ones(2))).backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


# ---- state and load


def network(seed):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))


def test_a_state_loaded_into_another_module_makes_them_equal():
    one, other = network(1), network(2)
    other.load(one.state())
    x = np.array([[0.5, -1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(other(x).data, one(x).data)
    assert list(one.state()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_state_is_a_copy():
    net = network(1)
    state = net.state()
    state["0.weight"][...] = 0.0
    other = network(2)
    other.load(net.state())
    loaded = net.state()
    net.layers[0].weight.data[...] = 0.0
    np.testing.assert_array_equal(other.state()["0.weight"], loaded["0.weight"])
    assert np.all(loaded["0.weight"] != 0.0)


def test_a_load_keeps_dtypes_and_identity():
    part = Part(w=Value(np.ones(2, np.float32)), n=np.zeros(2))
    w, n = part.w, part.n
    part.load({"w": np.array([1.5, 2.5]), "n": [3, 4]})
    assert part.w is w
    assert part.n is n
    assert w.dtype == np.float32
    np.testing.assert_array_equal(w.data, np.array([1.5, 2.5], np.float32))
    np.testing.assert_array_equal(n, [3.0, 4.0])


def test_scalars_of_single_neurons_are_saved_and_loaded():
    one = Layer(2, 2, rng=np.random.default_rng(1))
    other = Layer(2, 2, rng=np.random.default_rng(2))
    other.load(one.state())
    assert [o.item() for o in other([0.5, 1.0])] == [o.item() for o in one([0.5, 1.0])]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda s: s.pop("2.bias"), UsageError, "got no 2.bias"),
        (lambda s: s.update(extra=1.0), UsageError, "got unknown names extra"),
        (lambda s: s.update({"2.bias": np.zeros((1, 1))}), ShapeError, r"shape \(1, 1\); it has shape \(1,\)"),
        (lambda s: s.update({"2.bias": [[1.0], [2.0, 3.0]]}), ShapeError, "2.bias: got a ragged list"),
        (lambda s: s.update({"2.bias": np.array(["a"])}), DtypeError, "2.bias: got dtype <U1; it holds float64"),
        (lambda s: s.update({"2.bias": np.array([1j])}), DtypeError, "2.bias: got dtype complex128"),
    ],
)  # fmt: skip
def test_a_load_that_fails_says_why_and_changes_nothing(change, error, said):
    net, state = network(1), network(2).state()
    before = net.state()
    change(state)
    with pytest.raises(error, match=said):
        net.load(state)
    for name, x in net.state().items():
        np.testing.assert_array_equal(x, before[name])


# ---- copies and pictures in text


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_shares_nothing_with_its_original_and_shares_what_was_shared(duplicate):
    net = Layer(2, 2, bias="shared")
    other = duplicate(net)
    assert other.neurons[0].bias is other.neurons[1].bias is other.bias
    assert names(other) == names(net)
    for p in other.parameters():
        p.data = 0.0
    assert all(p.item() != 0.0 for p in net.parameters())


def test_a_repr_has_a_line_for_each_module():
    assert repr(Sequential(Linear(2, 3), Tanh(), np.sin)) == (
        "Sequential(\n"
        "  0: Linear(in_features=2, out_features=3, weight=array of shape (3, 2), bias=array of shape (3,)),\n"
        "  1: Tanh(),\n"
        "  2: sin,\n"
        ")"
    )


def test_a_repr_shows_scalars_with_their_names_and_containers_as_they_are():
    part = Part(w=Value(0.5, name="w1"), d={"a": Value(1.0)}, t=(1, 2), n=None)
    assert repr(part) == "Part(w=w1: 0.5, d={'a': 1.0}, t=(1, 2), n=None)"


# ---- a module as a tree of its parameters


def test_a_module_is_differentiated_as_an_argument():
    net = Sequential(Linear(2, 3, rng=np.random.default_rng(0)), Tanh(), Linear(3, 1, rng=np.random.default_rng(1)))
    x = np.array([[0.3, -0.7], [1.0, 0.5]])
    loss = lambda net: (net(x) ** 2).sum()
    gradients = grad(loss)(net)
    loss(net).backward()
    assert [name for name, _ in gradients.named_leaves()] == [name for name, _ in net.named_leaves()]
    for p, g in zip(net.parameters(), gradients.tree_flatten(), strict=True):
        np.testing.assert_allclose(g.data, p.grad, rtol=1e-14)


def test_products_with_the_hessian_of_a_module_have_its_tree():
    net = Linear(2, 1, rng=np.random.default_rng(0))
    x = np.array([[0.3, -0.7], [1.0, 0.5]])
    product = hvp(lambda net: (net(x) ** 2).sum(), net, net)
    expected = 2 * (x * (x @ net.weight.data.T + net.bias.data)).sum(axis=0)
    np.testing.assert_allclose(product.weight.data[0], expected, rtol=1e-14)


def test_a_shared_parameter_is_one_leaf_and_stays_shared():
    net = Linear(2, 2, rng=np.random.default_rng(0))
    both = Sequential(net, net)
    assert len(both.tree_flatten()) == 2
    twin = both.tree_unflatten([1.0, 2.0])
    assert twin[0] is twin[1]
    assert twin[0].weight == 1.0
    assert net.weight is both.tree_flatten()[0]


# ---- modes, freezing, precision


def test_train_and_eval_reach_every_module_and_are_no_state():
    net = Sequential(Linear(2, 3), Part(inner=Part(w=Value(1.0))))
    assert net.training
    assert net.eval() is net
    assert [m.training for m in net.modules()] == [False] * 4
    assert not any(m.training for m in net.eval().modules())
    assert all(m.training for m in net.train().modules())
    assert "training" not in repr(net)
    assert list(net.state()) == ["0.weight", "0.bias", "1.inner.w"]


def test_frozen_parameters_are_constants_with_the_same_names_and_come_back_as_the_same_values():
    tied = Value([1.0, 2.0])
    net = Part(encoder=Part(w=tied, pair=(tied, [Value(3.0)])), head=Part(w=Value([4.0, 5.0])))
    before = net.parameters()
    assert net.freeze("encoder") is net
    assert names(net) == ["head.w"]
    assert list(net.state()) == ["encoder.w", "encoder.pair.1.0", "head.w"]
    assert net.encoder.pair[0] is net.encoder.w
    assert isinstance(net.encoder.w, np.ndarray)
    net.load({**net.state(), "encoder.w": [7.0, 8.0]})
    assert net.unfreeze() is net
    assert [id(p) for p in net.parameters()] == [id(p) for p in before]
    np.testing.assert_array_equal(tied.data, [7.0, 8.0])
    assert net.freeze().parameters() == []


def test_a_frozen_module_is_copied_and_pickled_with_its_way_back():
    net = Sequential(Linear(2, 3), Linear(3, 1)).freeze("0")
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert names(other) == ["1.weight", "1.bias"]
        assert names(other.unfreeze()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_an_optimizer_forgets_what_is_frozen_and_moves_it_again_afterwards():
    net = Sequential(Linear(2, 3), Linear(3, 1))
    optimizer = nn.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(np.ones(2)).sum().backward()
    before = net[0].weight
    net.freeze("0")
    assert before.grad is None
    net(np.ones(2)).sum().backward()
    optimizer.step()
    assert list(optimizer.states) == net[1].parameters()
    net.unfreeze()(np.ones(2)).sum().backward()
    optimizer.step()
    assert net[0].weight is before
    assert len(optimizer.states) == 4


def test_freezing_a_name_that_is_not_there_changes_nothing():
    net = Sequential(Linear(2, 3), Linear(3, 1))
    with pytest.raises(UsageError, match=r"Sequential\.freeze: got '2'; its parameters are 0\.weight, 0\.bias"):
        net.freeze("0", "2")
    assert len(net.parameters()) == 4


def test_another_precision_reaches_parameters_and_real_buffers_alone():
    shared = Value(np.ones(2), name="s")
    part = Part(w=shared, again=[shared], mean=np.zeros(2), count=np.array(3)).astype(np.float32)
    assert part.w is part.again[0]
    assert (part.w.dtype, part.w.name, part.mean.dtype, part.count.dtype) == (np.float32, "s", np.float32, np.int64)


def test_private_attributes_are_no_state():
    part = Part(w=Value(1.0), _cache=np.zeros(3))
    assert list(part.state()) == ["w"]


def test_a_class_that_defines_forward_is_called_by_it():
    class Double(Module):
        def forward(self, x, *, times=1):
            return 2 * x * times

    assert Double()(3.0, times=2) == 12.0


def test_lists_and_dicts_of_modules_name_parameters_as_containers_do():
    part = Part(
        steps=ModuleList([Linear(1, 1)]).append(Linear(1, 1, bias=False)),
        by=ModuleDict({"a": Linear(1, 1, bias=False)}),
    )
    assert names(part) == ["steps.0.weight", "steps.0.bias", "steps.1.weight", "by.a.weight"]
    assert len(part.steps[:1]) == 1
    assert list(part.by) == list(part.by.keys()) == ["a"]
    with pytest.raises(UsageError, match="ModuleDict: got the key 1"):
        part.by[1] = Linear(1, 1)


@pytest.mark.parametrize("kind", [Sequential, lambda *layers: ModuleList(layers)], ids=["Sequential", "ModuleList"])
def test_steps_are_changed_as_those_of_a_list(kind):
    a, b, c = Linear(2, 3), Tanh(), Linear(3, 4)
    net = kind(a, b)
    net[-1] = c
    assert list(net) == [a, c]
    assert list(net.insert(1, b)) == [a, b, c]
    assert names(net) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    del net[1:]
    assert list(net.extend([b, c])) == [a, b, c]
    for change in (lambda: net.insert(0, 5), lambda: net.extend([Tanh(), Tanh]), lambda: net.__setitem__(0, [a])):
        with pytest.raises(UsageError, match="a step is a module or a function"):
            change()
    assert list(net) == [a, b, c]
    assert list(net[1:]) == [b, c]


def test_modules_are_added_to_lists_and_dicts_and_taken_out():
    a, b = Linear(1, 1), Tanh()
    steps, by = ModuleList([a]), ModuleDict({"a": a})
    steps += [b]
    assert list(steps) == [a, b]
    by.update({"b": b, "a": b})
    assert dict(by.items()) == {"a": b, "b": b}
    assert by.pop("b") is b
    assert list(by) == ["a"]


def test_a_shared_parameter_is_loaded_under_any_of_its_names_and_under_all_if_they_agree():
    net = Part(w=Value(np.zeros(2)), tied=[Value(1.0)], mean=np.zeros(2))
    net.tied.append(net.w)
    numbers, rest = np.array([1.0, np.nan]), {"tied.0": 3.0, "mean": np.ones(2)}
    for given in ({"w": numbers}, {"tied.1": numbers}, {"w": numbers, "tied.1": numbers}):
        net.w.data = np.zeros(2)
        net.load({**given, **rest})
        np.testing.assert_array_equal(net.w.data, numbers)
    with pytest.raises(
        UsageError, match=r"Part\.load: got different numbers for w and tied\.1, which are one parameter"
    ):
        net.load({"w": np.zeros(2), "tied.1": np.ones(2), "tied.0": 5.0, "mean": np.zeros(2)})
    np.testing.assert_array_equal(net.mean, np.ones(2))
    with pytest.raises(UsageError, match=r"got no w"):
        net.load(rest)


class OfNone(Module):
    """A module with a property that has an error of its own."""

    property = property(lambda self: None.x)


def test_names_of_pytorch_that_are_not_here_are_answered_with_those_that_are():
    net = Linear(1, 1)
    with pytest.raises(AttributeError, match=r"^'Linear' object has no attribute 'state_dict'; .* there is state\(\)$"):
        net.state_dict()
    with pytest.raises(AttributeError, match=r"^'Linear' object has no attribute 'wieght'$"):
        net.wieght
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'functional'; .* there is nn itself"):
        nn.functional.relu(1.0)
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'relv'$"):
        nn.relv
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'x'"):
        OfNone().property
    assert not [name for name in OF_MODULES if hasattr(Module, name)]
    assert not [name for name in OF_PACKAGE if hasattr(nn, name)]


def test_a_residual_adds_its_input():
    np.testing.assert_array_equal(Residual(np.square)(np.array([2.0])), [6.0])
    np.testing.assert_array_equal(Residual(np.square, shortcut=np.negative)(np.array([2.0])), [2.0])
