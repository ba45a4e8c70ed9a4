"""A reader's own numbers beside the right ones: which first differ, and why."""

import re

import pytest

from autograd_mini import DtypeError, UsageError, Value, compare
from nn.worked_example import two_two_two


@pytest.fixture
def E_total():  # noqa: N802  # the post's name
    y = two_two_two().error()
    y.backward()
    return y


def why(y, name, number, **options):
    return compare(y, {name: number}, **options).findings[0].why


def test_what_a_reader_asked_is_answered(E_total):
    found = compare(E_total, {"dE_o2/dout_h1": -0.017144})
    assert not found.first.agrees
    assert found.first.right == pytest.approx(-0.0190491182582781, rel=1e-12)
    assert found.first.why == "with w6 where w7 belongs, in ∂net_o2/∂out_h1 = w7"
    assert "dE_o2/dout_h1  yours      -0.017144  here   -0.019049118  differs first" in str(found)


def test_the_slip_of_the_published_text_is_found(E_total):
    assert "with w3 where w2 belongs" in why(E_total, "net_h1", 0.3825)


PRINTED = {
    "net_h1": "0.3775", "out_h1": "0.593269992", "out_h2": "0.596884378", "net_o1": "1.105905967",
    "out_o1": "0.75136507", "E_o1": "0.274811083", "E_total": "0.298371109", "dE_total/dout_o1": "0.74136507",
    "∂net_o1/∂out_h1": "0.40",
    "delta_o1": "0.138498562", "δ_o1": "0.138498562", "dE_total/dw5": "0.082167041", "w5+": "0.35891648",
    "w1⁺": "0.149780716", "dE_total/dw1": "0.000438568",
}  # fmt: skip


def test_numbers_that_are_right_to_their_digits_agree(E_total):
    found = compare(E_total, PRINTED, rate=0.5)
    assert all(f.agrees for f in found.findings)
    assert found.first is None
    assert str(found).endswith(f"{len(PRINTED)} of {len(PRINTED)} agree, to the digits given")


def test_a_last_digit_may_be_cut_off_but_not_be_another(E_total):
    assert compare(E_total, {"out_o2": "0.77292"}).first is None
    assert compare(E_total, {"out_o2": "0.77293"}).first is None
    assert compare(E_total, {"out_o2": "0.77294"}).first is not None
    assert compare(E_total, {"w5": 0.4}).first is None
    assert compare(E_total, {"w6": 0.4}).first is not None


def test_the_first_that_differs_is_the_first_computed(E_total):
    wrong = {"w1+": 0.1, "dE_total/dw1": 0.5, "dE_total/dout_h1": 0.7, "out_o1": 0.2, "net_h2": 0.3}
    found = compare(E_total, wrong, rate=0.5)
    assert [f.name for f in found.findings] == ["net_h2", "out_o1", "dE_total/dout_h1", "dE_total/dw1", "w1+"]
    assert found.first.name == "net_h2"


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("dE_total/dw5", 0.4398297, "without the factor ∂out_o1/∂net_o1"),
        ("dE_total/dw1", 0.000668396, "with the branch through net_o1 alone"),
        ("dE_total/dw8", 0.022740242, "with the sign turned"),
        ("dE_total/dw5", 0.01535009, "with the factor ∂out_o1/∂net_o1 taken twice"),
        ("dE_total/dout_h1", 0.038255, "with w6 where w7 belongs"),
        ("dE_total/dout_h1", 0.74, ""),
        ("out_h1", 0.1, ""),
    ],
)
def test_usual_slips_are_told_by_name(name, number, said, E_total):
    assert said in why(E_total, name, number)
    assert bool(said) == bool(why(E_total, name, number))


def test_weights_that_have_moved_already_are_told(E_total):
    moved_w5, moved_w7 = 0.358916479717885, 0.511301270238738
    d = 0.138498561628557 * moved_w5 + -0.0380982365165562 * 0.5
    assert (
        why(E_total, "dE_total/dout_h1", d, rate=0.5)
        == "with w5 after the step where w5 belongs, in ∂net_o1/∂out_h1 = w5"
    )
    assert why(E_total, "dE_o2/dout_h1", -0.0380982365165562 * moved_w7, rate=0.5).startswith("with w7 after the step")


def test_what_follows_from_a_wrong_number_of_ones_own_says_so(E_total):
    found = compare(E_total, {"out_h1": 0.7, "net_o1": f"{0.4 * 0.7 + 0.45 * 0.596884378259767 + 0.6:.9f}"})
    assert found.findings[1].why == "with your own out_h1"
    found = compare(
        E_total, {"dE_total/dout_h1": 0.0382550, "dE_total/dw1": f"{0.038255 * 0.241300708572325 * 0.05:.10f}"}
    )
    assert found.findings[1].why == "with your own dE_total/dout_h1"


@pytest.mark.parametrize(
    ("numbers", "said", "kind"),
    [
        ({"q": 1.0}, "compare: got 'q', which is no value, derivative, delta or step", UsageError),
        ({"dE_total/dq": 1.0}, "names of numbers here are: w1, i1, w2", UsageError),
        ({"w5+": 1.0}, "compare: got 'w5+', a number after a step; that needs the learning rate", UsageError),
        ({"w5": "half"}, "compare: got 'half' for 'w5'; it is compared as a number", DtypeError),
    ],
)
def test_names_and_numbers_that_are_none_are_refused(numbers, said, kind, E_total):
    with pytest.raises(kind, match=re.escape(said)):
        compare(E_total, numbers)


def test_names_with_slashes_are_found():
    a, b = Value(2.0, name="d/dt"), Value(3.0, name="x/dy")
    y = a * b
    y.name = "a/d"
    assert compare(y, {"da/d/dd/dt": 3.0, "d/dt": 2.0}).first is None
