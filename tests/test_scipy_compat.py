"""SciPy's side of the shim for HIPS autograd."""

from __future__ import annotations

import autograd_mini.compat.autograd.scipy.stats.norm as norm  # noqa: PLR0402  # as programs do
import numpy as np
import pytest
import scipy.signal
import scipy.special
import scipy.stats

import autograd_mini.compat.autograd as ag
from autograd_mini import AutogradError
from autograd_mini.compat.autograd.scipy.misc import logsumexp
from autograd_mini.compat.autograd.scipy.signal import convolve
from autograd_mini.compat.autograd.scipy.special import gammaln
from autograd_mini.compat.autograd.test_util import check_grads

close = np.testing.assert_allclose
rng = np.random.default_rng(0)


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
@pytest.mark.parametrize(("n", "m"), [((7,), (3,)), ((5, 6), (2, 3)), ((4, 4), (4, 1))])
def test_convolutions_are_those_of_scipy(n, m, mode):
    a, b = rng.standard_normal(n), rng.standard_normal(m)
    close(convolve(a, b, mode=mode), scipy.signal.convolve(a, b, mode=mode), atol=1e-12)
    check_grads(lambda a, b: convolve(a, b, mode=mode), (0, 1), modes=["rev"])(a, b)


def test_the_smaller_array_may_come_first_where_only_whole_overlaps_count():
    a, b = rng.standard_normal(3), rng.standard_normal(7)
    close(convolve(a, b, mode="valid"), scipy.signal.convolve(a, b, mode="valid"))


def test_layers_of_a_network_convolve_some_axes_and_sum_over_others():
    images, filters = rng.standard_normal((2, 3, 5, 5)), rng.standard_normal((3, 4, 2, 2))
    y = convolve(images, filters, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
    assert y.shape == (2, 4, 4, 4)
    close(y[1, 2], sum(scipy.signal.convolve(images[1, c], filters[c, 2], mode="valid") for c in range(3)))


def test_distributions_are_imported_as_modules():
    close(ag.grad(lambda m: norm.logpdf(1.0, m, 2.0))(0.0), 0.25)
    close(norm.logpdf(1.0), scipy.stats.norm.logpdf(1.0))


def test_special_functions_and_logsumexp():
    close(ag.elementwise_grad(gammaln)(np.array([1.0, 2.0])), scipy.special.digamma([1.0, 2.0]))
    close(ag.grad(logsumexp)(np.zeros(4)), np.full(4, 0.25))


ERRORS = [
    (lambda: convolve(np.ones(2), np.ones(2), mode="most"), "convolve: got mode='most'"),
    (lambda: convolve(np.ones(2), np.ones((2, 2))), "convolve: got shapes"),
    (lambda: convolve(np.ones((2, 3)), np.ones((2, 2)), axes=([0], [0]), dot_axes=([1], [1])), "elements to sum over"),
    (lambda: convolve(np.ones((2, 3)), np.ones((3, 2)), mode="valid"), "one must hold the other"),
]


@pytest.mark.parametrize(("call", "words"), ERRORS, ids=[words for _, words in ERRORS])
def test_errors_of_convolve_say_what_was_found(call, words):
    with pytest.raises(AutogradError, match=words):
        call()
