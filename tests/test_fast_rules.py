"""The faster rules for real arrays give what the rules give that serve everything."""

import numpy as np
import pytest

from autograd_mini.testing import assert_close, every_sample


def gives_real_array(sample):
    y = sample()
    return isinstance(y, np.ndarray) and y.ndim > 0 and y.dtype.kind == "f"


@pytest.mark.parametrize("sample", [s for s in every_sample() if s.op.real_rules and gives_real_array(s)], ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_faster_rules_agree(sample, dtype):
    args = [x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in sample.args]
    y = sample.op(*args, **sample.options)
    g = np.random.default_rng(0).standard_normal(y.shape).astype(dtype)
    before = [np.copy(x) for x in (g, y, *args)]
    rules = zip(sample.op.vjps_of(len(args)), sample.op.real_rules, strict=True)
    for i, (rule, fast) in enumerate(rules):
        assert (rule is None) == (fast is None)
        if rule is not None and i in sample.places:
            assert_close(fast(g, y, *args), rule(g, y, *args), dtype=dtype)
    for x, was in zip((g, y, *args), before, strict=True):
        np.testing.assert_array_equal(x, was)
