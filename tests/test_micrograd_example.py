"""The expression in the README of Andrej Karpathy's micrograd, with the three numbers printed there."""

from __future__ import annotations

from autograd_mini import Value, grad, relu


def expression(a, b):
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def test_value_and_gradients_are_the_printed_ones():
    a, b = Value(-4.0), Value(2.0)
    g = expression(a, b)
    g.backward()
    assert [f"{x:.4f}" for x in (g, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


def test_its_own_methods_give_the_same():
    a, b = Value(-4.0), Value(2.0)
    assert (b + a).relu().item() == relu(-2.0) == 0.0
    g = expression(a, b)
    g.backward()
    assert grad(expression, (0, 1))(-4.0, 2.0) == (a.grad, b.grad)
