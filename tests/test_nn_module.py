"""Modules: what they find in their attributes, how they save, load, copy and print."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from autograd_mini import DtypeError, ShapeError, UsageError, Value, grad, hvp
from nn import Layer, Linear, Module, Sequential, Tanh


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
    assert list(one.state()) == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]


def test_a_state_is_a_copy():
    net = network(1)
    state = net.state()
    state["layers.0.weight"][...] = 0.0
    other = network(2)
    other.load(net.state())
    loaded = net.state()
    net.layers[0].weight.data[...] = 0.0
    np.testing.assert_array_equal(other.state()["layers.0.weight"], loaded["layers.0.weight"])
    assert np.all(loaded["layers.0.weight"] != 0.0)


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
        (lambda s: s.pop("layers.2.bias"), UsageError, "got no layers.2.bias"),
        (lambda s: s.update(extra=1.0), UsageError, "got unknown names extra"),
        (lambda s: s.update({"layers.2.bias": np.zeros((1, 1))}), ShapeError, r"shape \(1, 1\); it has shape \(1,\)"),
        (lambda s: s.update({"layers.2.bias": [[1.0], [2.0, 3.0]]}), ShapeError, "layers.2.bias: got a ragged list"),
        (lambda s: s.update({"layers.2.bias": np.array(["a"])}), DtypeError, "2.bias: got dtype <U1; it holds float64"),
        (lambda s: s.update({"layers.2.bias": np.array([1j])}), DtypeError, "layers.2.bias: got dtype complex128"),
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
        "  layers=[\n"
        "    Linear(in_features=2, out_features=3, weight=array of shape (3, 2), bias=array of shape (3,)),\n"
        "    Tanh(),\n"
        "    sin,\n"
        "  ],\n"
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
