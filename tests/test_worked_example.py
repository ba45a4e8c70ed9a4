"""The worked example: every figure against its exact value, in both forms, and after training.

Source: Matt Mazur, "A Step by Step Backpropagation Example" (17 March 2015). EXACT is in 30-digit arithmetic;
the results of training are computed here, in 40 digits.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import cache
from itertools import islice

import numpy as np
import pytest

from autograd_mini import UsageError, Value, draw
from nn import half_squared_error
from nn.worked_example import INPUTS, RATE, TARGETS, WEIGHTS, named_values, rounds, two_two_two

RELATIVE = 1e-12
FORMS = ("scalar", "matrix")
BIAS = ("fixed", "shared", "each")
ORDERS = ("simultaneous", "sequential")

EXACT = {
    "net_h1": 0.3775,
    "out_h1": 0.593269992107187,
    "out_h2": 0.596884378259767,
    "net_o1": 1.10590596705977,
    "out_o1": 0.751365069552316,
    "out_o2": 0.772928465321463,
    "E_o1": 0.274811083176155,
    "E_o2": 0.0235600255838477,
    "E_total": 0.298371108760003,
    "dE_total/dout_o1": 0.741365069552316,
    "dout_o1/dnet_o1": 0.186815601808959,
    "dnet_o1/dw5": 0.593269992107187,
    "dE_total/dw5": 0.0821670405642308,
    "dE_o1/dnet_o1": 0.138498561628557,
    "dE_o2/dnet_o2": -0.0380982365165562,
    "dE_o1/dout_h1": 0.0553994246514228,
    "dE_o2/dout_h1": -0.0190491182582781,
    "dE_total/dout_h1": 0.0363503063931447,
    "dout_h1/dnet_h1": 0.241300708572325,
    "dE_total/dw1": 0.000438567734474347,
    "dE_total/dnet_h1": 0.00877135468948693,
    "dE_total/dnet_h2": 0.00995425470521720,
}
MOVED = {
    "w1": 0.149780716132763,
    "w2": 0.199561432265526,
    "w3": 0.24975114363237,
    "w4": 0.299502287264739,
    "w5": 0.358916479717885,
    "w6": 0.408666186076233,
    "w7": 0.511301270238738,
    "w8": 0.561370121107989,
}
BIAS_GRADIENTS = {
    "shared": (0.0187256093947041, 0.100400325112001),
    "each": (0.00877135468948693, 0.00995425470521720, 0.138498561628557, -0.0380982365165562),
}

# As printed, of one round, where the text's own method gives them.
PRINTED = {
    "net_h1": "0.3775",
    "out_h1": "0.593269992",
    "out_h2": "0.596884378",
    "net_o1": "1.105905967",
    "out_o1": "0.75136507",
    "out_o2": "0.772928465",
    "E_o1": "0.274811083",
    "E_o2": "0.023560026",
    "E_total": "0.298371109",
    "dE_total/dout_o1": "0.74136507",
    "dout_o1/dnet_o1": "0.186815602",
    "dnet_o1/dw5": "0.593269992",
    "dE_total/dw5": "0.082167041",
    "dE_o1/dnet_o1": "0.138498562",
    "dE_o1/dout_h1": "0.055399425",
    "dE_total/dout_h1": "0.036350306",
    "dout_h1/dnet_h1": "0.241300709",
    "dE_total/dw1": "0.000438568",
    "w1": "0.149780716",
    "w2": "0.19956143",
    "w3": "0.24975114",
    "w4": "0.29950229",
    "w5": "0.35891648",
    "w6": "0.408666186",
    "w7": "0.511301270",
    "w8": "0.561370121",
}

# E_total after 1 round and after 10,000, and the outputs then, to the digits that are known from elsewhere.
TRAINED = {
    ("fixed", "simultaneous"): ("0.291027773693599", "0.00003510187783", "0.01591362044", "0.98406427351"),
    ("fixed", "sequential"): ("0.2910279239", "0.0000350847863", "0.0159121963", "0.9840657345"),
    ("shared", "simultaneous"): ("0.28575089", "0.0000043553211", None, None),
    ("each", "simultaneous"): ("0.28047145", "0.0000024475622", None, None),
}


# ---- one round


@pytest.mark.parametrize("name", EXACT)
def test_every_figure_is_exact_in_scalar_form(name):
    assert_equal(figure_of_scalars(name), EXACT[name])


@pytest.mark.parametrize("name", EXACT)
def test_every_figure_is_exact_in_matrix_form(name):
    assert_equal(figure_of_matrices(name), EXACT[name])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bias", BIAS)
def test_one_simultaneous_round_moves_every_weight_to_its_exact_place(form, bias):
    network = two_two_two(form, bias)
    next(rounds(network))
    for name, w in weights_of(network).items():
        assert_equal(w, MOVED[name])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bias", ["shared", "each"])
def test_gradients_of_trained_biases_are_exact(form, bias):
    network = two_two_two(form, bias)
    network.error().backward()
    biases = [p for p in network.parameters() if p.name.startswith("b")]
    found = np.concatenate([np.ravel(p.grad) for p in biases])
    for g, exact in zip(found, BIAS_GRADIENTS[bias], strict=True):
        assert_equal(g, exact)


def test_a_fixed_bias_has_a_gradient_in_the_graph_and_is_no_parameter():
    network = two_two_two()
    total = network.error()
    total.backward()
    values = named_values(total)
    for name, exact in zip(("b1", "b2"), BIAS_GRADIENTS["shared"], strict=True):
        assert_equal(values[name].grad, exact)
    assert [p.name for p in network.parameters()] == [f"w{i}" for i in range(1, 9)]


@pytest.mark.parametrize("name", PRINTED)
def test_the_printed_figure_is_the_exact_one_rounded(name):
    exact = MOVED[name] if name in MOVED else EXACT[name]
    assert rounded_like(exact, PRINTED[name]) == PRINTED[name]


# ---- figures of the post that are not those of its text


def test_the_printed_derivative_of_the_second_error_by_out_h1_is_off_by_one_in_its_last_digit():
    assert rounded_like(figure_of_scalars("dE_o2/dout_h1"), "-0.019049119") == "-0.019049118"


def test_the_printed_error_after_a_round_is_that_of_the_sequential_order_only():
    printed = "0.291027924"
    errors = {order: after(1, "fixed", order).error().item() for order in ORDERS}
    assert rounded_like(errors["sequential"], printed) == printed
    assert rounded_like(errors["simultaneous"], printed) == "0.291027774"


@pytest.mark.slow
def test_the_printed_outputs_after_training_are_those_of_the_sequential_order_only():
    outs = {order: numbers(after(10_000, "fixed", order)(INPUTS)) for order in ORDERS}
    assert [f"{x:.9f}" for x in outs["sequential"]] == ["0.015912196", "0.984065734"]
    assert [f"{x:.9f}" for x in outs["simultaneous"]] == ["0.015913620", "0.984064274"]


@pytest.mark.slow
def test_the_printed_error_after_training_is_the_simultaneous_one_of_a_round_earlier():
    printed = "0.0000351085"
    *_, before_the_last = islice(rounds(network := two_two_two()), 10_000)
    assert rounded_like(before_the_last, printed) == printed
    assert f"{before_the_last:.14f}" == "0.00003510854812"
    assert rounded_like(network.error().item(), printed) == "0.0000351019"


# ---- ten thousand rounds


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("bias", BIAS)
@pytest.mark.parametrize("form", FORMS)
def test_ten_thousand_rounds_end_where_exact_arithmetic_ends(form, bias, order):
    network = two_two_two(form, bias)
    errors = list(islice(rounds(network, order=order), 10_000))
    errors.append(network.error().item())
    exact = exact_training(bias, order)
    for n in (0, 1, 9_999, 10_000):
        assert_equal(errors[n], exact["errors"][n])
    for out, expected in zip(np.ravel(numbers(network(INPUTS))), exact["outs"], strict=True):
        assert_equal(out, expected)
    for w, expected in zip(weights_of(network).values(), exact["weights"], strict=True):
        assert_equal(w, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("bias", "order"), TRAINED)
def test_exact_training_has_the_known_digits(bias, order):
    exact = exact_training(bias, order)
    found = (exact["errors"][1], exact["errors"][10_000], *exact["outs"])
    for number, known in zip(found, TRAINED[bias, order], strict=True):
        assert known is None or rounded_like(number, known) == known


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_round_takes_no_notice_of_gradients_that_were_there_and_leaves_none(form, order):
    clean, other = two_two_two(form), two_two_two(form)
    for network in (clean, other):
        steps = rounds(network, order=order)
        for _ in range(2):
            if network is other:
                network.error().backward()
            next(steps)
            assert all(p.grad is None for p in network.parameters())
    assert weights_of(clean) == weights_of(other)


@pytest.mark.parametrize("bias", BIAS)
def test_the_two_orders_differ_in_the_hidden_layer_alone_after_one_round(bias):
    first, second = (weights_of(after(1, bias, order)) for order in ORDERS)
    assert [name for name in first if first[name] != second[name]] == ["w1", "w2", "w3", "w4"]


# ---- what it takes


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: two_two_two("tensor"), 'two_two_two: got form=\'tensor\'; it is "scalar" or "matrix"'),
        (lambda: two_two_two(bias="none"), 'two_two_two: got bias=\'none\'; it is "fixed", "shared" or "each"'),
        (lambda: rounds(two_two_two(), order="random"), "rounds: got order='random'"),
        (lambda: next(rounds(two_two_two(), rate=-1.0)), "SGD: got lr = -1.0"),
    ],
)
def test_other_arguments_are_refused(call, said):
    with pytest.raises(UsageError) as error:
        call()
    assert said in str(error.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operations", [True, False])
def test_a_graph_recorded_before_training_is_drawn_after_it(form, operations):
    network = two_two_two(form)
    total = network.error()
    total.backward()
    next(rounds(network))
    assert "E_total" in draw(total, operations=operations).source


def test_named_values_keeps_the_first_of_two_with_one_name():
    deep, near = Value(1.0, name="x"), Value(2.0, name="x")
    assert named_values(near * (deep * 3.0))["x"] is near


def test_named_values_of_a_long_chain_needs_no_recursion():
    v = first = Value(0.0, name="first")
    for _ in range(100_000):
        v = v + 1.0
    assert named_values(v) == {"first": first}


# ---- the same, by other means


def figure_of_scalars(name):
    """A number of the scalar network by its name in the post; "dy/dx" by a backward sweep from y."""
    values = named_values(two_two_two().error())
    if "/" not in name:
        return values[name].item()
    y, x = (part[1:] for part in name.split("/"))
    values[y].backward()
    return values[x].grad


def figure_of_matrices(name):
    """The same number, read out of the arrays of the matrix network."""
    total = two_two_two("matrix").error()
    values = named_values(total)
    errors = half_squared_error(values["out_o"], Value(TARGETS), reduction="none")
    values |= {"E_o": errors}
    if "/" not in name:
        v, place = located(name, values)
        return v.data[place].item() if place else v.item()
    y, x = (part[1:] for part in name.split("/"))
    v, place = located(y, values)
    (v[place] if place else v).backward()
    v, place = located(x, values)
    return v.grad[place].item()


def located(name, values):
    """The array that holds a number of the post, and its place there."""
    if name == "E_total":
        return values[name], ()
    if name[0] == "w":
        i = int(name[1:]) - 1
        return values["w_h" if i < 4 else "w_o"], (i % 4 // 2, i % 2)
    return values[name[:-1]], (int(name[-1]) - 1,)


def weights_of(network):
    """The numbers of w1 ... w8."""
    found = [x for p in network.parameters() if p.name.startswith("w") for x in np.ravel(p.data).tolist()]
    return {f"w{i}": x for i, x in enumerate(found, 1)}


def numbers(outs):
    return [o.item() for o in outs] if isinstance(outs, list) else outs.data


def after(n, bias, order):
    """The scalar network after n rounds."""
    network = two_two_two(bias=bias)
    for _ in islice(rounds(network, order=order), n):
        pass
    return network


@cache
def exact_training(bias, order, n=10_000):
    """Errors, outputs and weights of n rounds by the delta rule, in 40 digits."""
    with localcontext() as context:
        context.prec = 40
        (i1, i2), targets, rate = map(decimal, INPUTS), tuple(map(decimal, TARGETS)), decimal(RATE)
        hidden, output = ([list(map(decimal, row)) for row in layer] for layer in WEIGHTS)
        b, c = [decimal(0.35)] * 2, [decimal(0.60)] * 2
        errors = []
        for done in range(n + 1):
            h = [logistic(w1 * i1 + w2 * i2 + bias_) for (w1, w2), bias_ in zip(hidden, b, strict=True)]
            o = [logistic(v1 * h[0] + v2 * h[1] + bias_) for (v1, v2), bias_ in zip(output, c, strict=True)]
            errors.append(sum((t - out) ** 2 / 2 for t, out in zip(targets, o, strict=True)))
            if done == n:
                break
            delta_o = [(out - t) * out * (1 - out) for t, out in zip(targets, o, strict=True)]
            moved = [
                [v - rate * d * x for v, x in zip(row, h, strict=True)] for row, d in zip(output, delta_o, strict=True)
            ]
            through = moved if order == "sequential" else output
            delta_h = [(delta_o[0] * through[0][k] + delta_o[1] * through[1][k]) * h[k] * (1 - h[k]) for k in range(2)]
            output = moved
            hidden = [[w1 - rate * d * i1, w2 - rate * d * i2] for (w1, w2), d in zip(hidden, delta_h, strict=True)]
            if bias != "fixed":
                b, c = (
                    [x - rate * (sum(ds) if bias == "shared" else d) for x, d in zip(biases, ds, strict=True)]
                    for biases, ds in ((b, delta_h), (c, delta_o))
                )
        return {
            "errors": list(map(float, errors)),
            "outs": list(map(float, o)),
            "weights": [float(w) for layer in (hidden, output) for row in layer for w in row],
        }


def decimal(x):
    """The decimal that a figure is written as: 0.05, not the float next to it."""
    return Decimal(repr(x))


def logistic(x):
    return 1 / (1 + (-x).exp())


def rounded_like(x, printed):
    """`x` with as many decimals as the printed figure has."""
    return f"{x:.{len(printed.partition('.')[2])}f}"


def assert_equal(found, exact):
    assert math.isclose(found, exact, rel_tol=RELATIVE, abs_tol=0.0), (found, exact)
