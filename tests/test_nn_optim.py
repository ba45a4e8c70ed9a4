"""Optimizers: groups, settings, state, and what they refuse; clipped gradients and averaged parameters."""

import copy
import io
import math
import pickle

import numpy as np
import pytest

from autograd_mini import DtypeError, ShapeError, UsageError, Value
from nn import (
    ASGD,
    LBFGS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AveragedModel,
    BatchNorm1d,
    Linear,
    Lion,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
    Sequential,
    Tanh,
    clip_grad_norm_,
    clip_grad_value_,
    get_ema_avg_fn,
    get_swa_avg_fn,
    get_total_norm,
    mse_loss,
    optim,
    update_bn,
)

# Every optimizer that moves parameters one by one, with the options that change what it keeps.
KINDS = [
    (SGD, {"lr": 0.01}),
    (SGD, {"lr": 0.01, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    (ASGD, {"t0": 2.0}),
    (Rprop, {}),
    (Lion, {"weight_decay": 0.1}),
    (Adam, {}),
    (Adam, {"amsgrad": True, "weight_decay": 0.1}),
    (AdamW, {}),
    (Adamax, {}),
    (NAdam, {}),
    (RAdam, {"betas": (0.9, 0.9)}),
    (Adagrad, {"initial_accumulator_value": 0.1}),
    (Adadelta, {}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
]
kinds = pytest.mark.parametrize(
    ("kind", "settings"), KINDS, ids=[f"{k.__name__}-{'-'.join(s) or 'defaults'}" for k, s in KINDS]
)


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [Value(rng.normal(size=(2, 3)).astype(dtype)), Value(rng.normal(size=3).astype(dtype)), Value(0.5)]


def descend(optimizer, ps, n):
    """The numbers of the parameters after n steps down a bowl."""
    for _ in range(n):
        optimizer.zero_grad()
        sum((np.sum(np.cosh(p)) for p in ps), Value(0.0)).backward()
        optimizer.step()
    return [np.array(p.data) for p in ps]


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.result_type(a) == np.result_type(b)


# ---- one parameter


@kinds
def test_dtypes_stay_and_scalars_stay_floats(kind, settings):
    ps = parameters(np.float32)
    optimizer = kind(ps, **settings)
    descend(optimizer, ps, 8)
    assert [p.dtype for p in ps] == [np.float32, np.float32, np.float64]
    assert type(ps[2].data) is float
    for p in ps:
        for k, x in optimizer.states[p].items():
            assert isinstance(x, float) or (x.shape, x.dtype) == (p.shape, np.float32), k


@kinds
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_update_of_values_is_that_of_numbers(kind, settings, dtype):
    p = np.array([0.5, -1.5, 2.0], dtype)
    plain = kind([Value(p)], **settings).param_groups[0]
    moving = plain | {"lr": Value(plain["lr"])}
    numbers, values = (p, kind.start(p, plain)), (Value(p), {k: Value(x) for k, x in kind.start(p, plain).items()})
    for i in range(6):
        g = np.array([0.3, -0.2 * i, math.sin(i)], dtype)
        numbers, values = kind.update(numbers[0], g, numbers[1], plain), kind.update(values[0], g, values[1], moving)
    assert set(numbers[1]) == set(values[1])
    pairs = [(numbers[0], values[0]), *((x, values[1][k]) for k, x in numbers[1].items())]
    for x, v in pairs:
        assert v.dtype == np.result_type(x) or not np.ndim(x)
        np.testing.assert_allclose(v.data, x, rtol=1e-12 if dtype == np.float64 else 1e-5)


@kinds
def test_an_update_changes_none_of_its_arguments(kind, settings):
    p, g = np.array([0.5, -1.5]), np.array([0.1, 0.2])
    group = kind([Value(p)], **settings).param_groups[0]
    _, state = kind.update(p, g, kind.start(p, group), group)
    before = copy.deepcopy((p, g, state))
    new, after = kind.update(p, g, state, group)
    assert_same([p, g, *state.values()], [before[0], before[1], *before[2].values()])
    for x in (new, *after.values()):
        assert not any(np.shares_memory(x, y) for y in (p, g))


def test_lion_follows_its_paper():
    lr, decay, beta1, beta2 = 0.01, 0.1, 0.9, 0.99
    ps = parameters()
    theta, m = [x for p in ps for x in np.ravel(p.data).tolist()], [0.0] * 10
    optimizer = Lion(ps, lr=lr, weight_decay=decay)
    for _ in range(100):
        for i, x in enumerate(theta):
            g = math.sinh(x)
            c = beta1 * m[i] + (1 - beta1) * g
            theta[i] = x - lr * (math.copysign(1, c) + decay * x)
            m[i] = beta2 * m[i] + (1 - beta2) * g
        descend(optimizer, ps, 1)
    np.testing.assert_allclose(np.concatenate([np.ravel(p.data) for p in ps]), theta, rtol=1e-10, atol=1e-12)


def test_an_optimizer_of_ones_own_says_how_one_parameter_moves():
    class Heavy(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr, "drag": 0.5})

        @staticmethod
        def keeps(settings):
            return ("speed",)

        @staticmethod
        def update(p, g, state, settings):
            speed = settings["drag"] * state["speed"] - settings["lr"] * g
            return p + speed, {"speed": speed}

    p = Value(1.0)
    optimizer = Heavy([p], lr=0.25)
    for expected in (0.5, 0.0):
        optimizer.zero_grad()
        (p * p).backward()
        optimizer.step()
        assert p.data == expected


def test_an_update_to_another_shape_is_refused_before_anything_moves():
    class Summed(Optimizer):
        @staticmethod
        def update(p, g, state, settings):
            return np.sum(p - g), state

    p, q = Value(1.0), Value([1.0, 2.0])
    (p * np.sum(q)).backward()
    with pytest.raises(
        ShapeError, match=r"Summed\.update: got \(\) for a parameter of shape \(2,\); a parameter keeps"
    ):
        Summed([p, q], {"lr": 1.0}).step()
    assert p.data == 1.0


def test_momentum_that_is_switched_on_later_starts_then():
    p, q = Value(1.0), Value(1.0)
    late, plain = SGD([p], lr=0.1), SGD([q], lr=0.1)
    descend(late, [p], 2), descend(plain, [q], 2)
    late.param_groups[0]["momentum"] = 0.9
    fresh = SGD([q], lr=0.1, momentum=0.9)
    assert descend(late, [p], 3) == descend(fresh, [q], 3)


# ---- groups


def test_groups_have_settings_of_their_own_and_one_lr_for_all_where_they_agree():
    p, q, r = parameters()
    optimizer = SGD([{"params": [p]}, {"params": [q], "lr": 0.5}])
    optimizer.add_param_group({"params": [r], "momentum": 0.9})
    assert [g["lr"] for g in optimizer.param_groups] == [1e-3, 0.5, 1e-3]
    assert [g["momentum"] for g in optimizer.param_groups] == [0.0, 0.0, 0.9]
    assert optimizer.parameters == [p, q, r]
    assert repr(optimizer) == "SGD(3 parameters in 3 groups, lr=0.001, 0.5)"
    with pytest.raises(UsageError, match=r"SGD\.lr: its groups have the rates 0\.001, 0\.5, 0\.001; .*param_groups"):
        _ = optimizer.lr
    optimizer.lr = 0.25
    assert [g["lr"] for g in optimizer.param_groups] == [0.25] * 3
    assert optimizer.lr == 0.25


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([{"lr": 0.1}], 'SGD: got a group of lr; its parameters are missing; give them as "params"'),
        (
            [{"params": [Value(1.0)], "rate": 1.0}],
            "SGD: got a group with rate; its settings are maximize, lr, momentum",
        ),
        ([{"params": []}], "SGD: got no parameters"),
        ([{"params": Linear(1, 1)}], r"SGD: got a Linear; .*module\.parameters"),
        ([{"params": [Value(1.0)], "lr": -1.0}], r"SGD: got lr = -1\.0; a learning rate"),
        ([("a", Value(1.0)), Value(2.0)], "SGD: got names for some parameters only; .*named_parameters"),
        ([("a", Value(1.0)), ("a", Value(2.0))], "SGD: got a in two groups, or two parameters of that name"),
        ([{"params": [Value(1.0)]}, Value(2.0)], "SGD: got dict among the parameters"),
    ],
)
def test_groups_that_cannot_be_are_refused(groups, said):
    with pytest.raises(UsageError, match=said):
        SGD(groups)


def test_a_parameter_has_one_group():
    p, q = Value(1.0), Value(2.0)
    optimizer = SGD([p])
    with pytest.raises(
        UsageError, match="SGD: got 0 in two groups, or two parameters of that name; each parameter has"
    ):
        optimizer.add_param_group({"params": [p, q]})
    assert optimizer.parameters == [p]
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (SGD, {"momentum": -0.1}, r"SGD: got momentum = -0\.1; it is a finite number from 0 on"),
        (SGD, {"weight_decay": math.inf}, "SGD: got weight_decay = inf; it is a finite number"),
        (SGD, {"dampening": "a"}, "SGD: got dampening = 'a'; it is a finite number"),
        (SGD, {"nesterov": True}, r"SGD: got nesterov with momentum = 0\.0 and dampening = 0\.0; it looks ahead"),
        (SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, r"SGD: got nesterov with .*dampening = 0\.1"),
        (SGD, {"maximize": 1}, "SGD: got maximize = 1; it is True or False"),
        (
            Adam,
            {"betas": (0.9, 1.0)},
            r"Adam: got betas = \(0\.9, 1\.0\); it is a pair of numbers from 0 on and below 1",
        ),
        (Adam, {"betas": 0.9}, r"Adam: got betas = 0\.9; it is a pair"),
        (AdamW, {"eps": -1e-8}, "AdamW: got eps = -1e-08; it is a finite number from 0 on"),
        (
            Rprop,
            {"etas": (1.2, 0.5)},
            r"Rprop: got etas = \(1\.2, 0\.5\); it is a number between 0 and 1 and one above",
        ),
        (Rprop, {"step_sizes": (1.0, 0.1)}, r"Rprop: got step_sizes = \(1\.0, 0\.1\); it is the least and the largest"),
        (Adadelta, {"rho": 1.5}, r"Adadelta: got rho = 1\.5; it is a number from 0 to 1"),
        (Adagrad, {"lr_decay": -1}, "Adagrad: got lr_decay = -1; it is a finite number from 0 on"),
        (LBFGS, {"max_iter": 0}, "LBFGS: got max_iter = 0; it must be a whole number from 1 on"),
        (LBFGS, {"history_size": 1.5}, r"LBFGS: got history_size = 1\.5; it must be a whole number"),
        (LBFGS, {"line_search_fn": "armijo"}, "LBFGS: got line_search_fn='armijo'; it is one of None, 'strong_wolfe'"),
    ],
)
def test_settings_out_of_range_are_refused(kind, settings, said):
    with pytest.raises(UsageError, match=said):
        kind([Value(1.0)], **settings)


def test_settings_are_checked_again_by_a_step_and_then_nothing_has_moved():
    p, q = Value(1.0), Value(1.0)
    optimizer = Adam([{"params": [p]}, {"params": [q]}])
    (p * q).backward()
    optimizer.param_groups[1]["betas"] = (2.0, 0.9)
    with pytest.raises(UsageError, match=r"Adam: got betas = \(2\.0, 0\.9\)"):
        optimizer.step()
    assert (p.data, q.data) == (1.0, 1.0)
    assert optimizer.states == {}


# ---- closures


def test_a_step_gives_what_its_closure_gave():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = p * p
        loss.backward()
        return loss

    assert optimizer.step(closure).data == 1.0
    assert optimizer.step(closure).data == 0.25
    assert optimizer.step.__self__ is optimizer


def test_lbfgs_needs_a_closure_a_gradient_and_one_group():
    p = Value(1.0)
    optimizer = LBFGS([p])
    with pytest.raises(UsageError, match=r"LBFGS\.step: got no closure; it evaluates the loss several times"):
        optimizer.step()
    with pytest.raises(UsageError, match=r"LBFGS\.step: no parameter has a gradient"):
        optimizer.step(lambda: 1.0)
    with pytest.raises(UsageError, match="LBFGS: got a second group"):
        optimizer.add_param_group({"params": [Value(1.0)]})


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_parameters_are_where_they_were_when_a_closure_of_lbfgs_fails(search):
    ps = parameters()
    optimizer, calls = LBFGS(ps, line_search_fn=search), []
    before = [np.array(p.data) for p in ps]

    def closure():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = sum(np.sum(np.cosh(p)) for p in ps)
        loss.backward()
        return loss

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert_same([np.array(p.data) for p in ps], before)
    assert optimizer.memory == {}


def test_lbfgs_climbs_if_it_is_to_maximize():
    p = Value([0.5, 1.0])
    optimizer = LBFGS([p], maximize=True, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        height = -np.sum((p - 3.0) ** 4)
        height.backward()
        return height

    for _ in range(5):
        optimizer.step(closure)
    np.testing.assert_allclose(p.data, 3.0, atol=1e-2)


def test_a_search_survives_losses_that_are_infinite_or_nan():
    p = Value(1.0)
    optimizer = LBFGS([p], lr=100.0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        if p.data <= 0:
            p.grad = math.nan
            return math.inf
        loss = p - np.log(p) * 2
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    assert abs(p.data - 2) < 1e-4


# ---- state


def resumed(optimizer, build, form):
    """An optimizer of copied parameters that took the state of another one, directly or by a file."""
    state = optimizer.state()
    if form == "npz":
        file = io.BytesIO()
        np.savez(file, **state)
        file.seek(0)
        state = dict(np.load(file))
    ps = [Value(p.data) for p in optimizer.parameters]
    other = build(ps)
    other.load(state)
    return other, ps


@kinds
@pytest.mark.parametrize("form", ["dict", "npz"])
def test_training_goes_on_from_a_state_bit_for_bit(kind, settings, form):
    ps = parameters(np.float32)
    optimizer = kind(ps, **settings)
    descend(optimizer, ps, 5)
    optimizer.lr = 0.02
    other, qs = resumed(optimizer, lambda qs: kind(qs, **settings), form)
    assert other.param_groups[0] | {"params": 0} == optimizer.param_groups[0] | {"params": 0}
    assert_same(descend(optimizer, ps, 5), descend(other, qs, 5))


@pytest.mark.parametrize("form", ["dict", "npz"])
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_goes_on_from_a_state_bit_for_bit(form, search):
    def stepped(optimizer, ps):
        def closure():
            optimizer.zero_grad()
            loss = sum(np.sum(np.cosh(p) * np.arange(1, p.size + 1).reshape(p.shape)) for p in ps)
            loss.backward()
            return loss

        optimizer.step(closure)
        return [np.array(p.data) for p in ps]

    def build(ps):
        return LBFGS(ps, lr=0.3, max_iter=3, history_size=4, line_search_fn=search)

    ps = parameters()
    optimizer = build(ps)
    stepped(optimizer, ps), stepped(optimizer, ps)
    other, qs = resumed(optimizer, build, form)
    assert_same(stepped(optimizer, ps), stepped(other, qs))


def test_lbfgs_goes_on_from_where_it_had_nothing_to_do():
    def stepped(optimizer, p, target):
        def closure():
            optimizer.zero_grad()
            loss = np.sum((p - target) ** 2)
            loss.backward()
            return loss

        optimizer.step(closure)
        return p.data

    p = Value([1.0, 2.0])
    optimizer = LBFGS([p])
    np.testing.assert_array_equal(stepped(optimizer, p, np.array([1.0, 2.0])), [1.0, 2.0])
    assert optimizer.state()["memory.old_dirs"].shape == (0, 2)
    other, (q,) = resumed(optimizer, LBFGS, "npz")
    assert_same([stepped(other, q, np.zeros(2))], [stepped(optimizer, p, np.zeros(2))])
    assert other.memory["func_evals"] == optimizer.memory["func_evals"]


def test_a_state_is_named_as_the_parameters_are_and_shares_nothing():
    net = Linear(2, 1)
    optimizer = Adam(net.named_parameters())
    mse_loss(net(np.ones((1, 2))), np.zeros((1, 1))).backward()
    optimizer.step()
    state = optimizer.state()
    assert set(state) == {
        *(f"parameters.{p}.{k}" for p in ("weight", "bias") for k in ("step", "exp_avg", "exp_avg_sq")),
        *(f"groups.0.{k}" for k in optimizer.defaults),
    }
    state["parameters.weight.exp_avg"][:] = 99
    assert np.all(optimizer.state()["parameters.weight.exp_avg"] != 99)
    optimizer.load(optimizer.state() | {"parameters.weight.exp_avg": state["parameters.weight.exp_avg"]})
    state["parameters.weight.exp_avg"][:] = 7
    assert np.all(optimizer.state()["parameters.weight.exp_avg"] == 99)


def test_a_parameter_that_never_moved_has_no_state():
    p, q = Value(1.0), Value(1.0)
    optimizer = Adam([p, q])
    (p * p).backward()
    optimizer.step()
    assert not any(name.startswith("parameters.1.") for name in optimizer.state())
    other = Adam([Value(p.data), Value(1.0)])
    other.load(optimizer.state())
    assert len(other.states) == 1


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda s: s.pop("parameters.0.step"), UsageError, r"Adam\.load: got no parameters\.0\.step; every name"),
        (
            lambda s: s.pop("groups.0.lr"),
            UsageError,
            r"Adam\.load: got no groups\.0\.lr; .* state\(\) of one that was built",
        ),
        (lambda s: s.update(rate=1.0), UsageError, r"Adam\.load: got unknown names rate; every name is needed"),
        (lambda s: s.update({"groups.0.lr": -1.0}), UsageError, r"Adam\.load: got lr = -1\.0; a learning rate"),
        (lambda s: s.update({"groups.0.betas": 0.5}), UsageError, r"Adam\.load: got betas = 0\.5; it is a pair"),
        (
            lambda s: s.update({"parameters.0.exp_avg": np.ones(3)}),
            ShapeError,
            r"Adam\.load: parameters\.0\.exp_avg: got shape \(3,\); it has shape \(2, 3\); load what was saved",
        ),
        (
            lambda s: s.update({"parameters.0.exp_avg": np.ones((2, 3), complex)}),
            DtypeError,
            r"Adam\.load: parameters\.0\.exp_avg: got dtype complex128; it holds float64",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(change, error, said):
    ps = parameters()
    optimizer = Adam(ps)
    descend(optimizer, ps, 2)
    before, state = optimizer.state(), optimizer.state() | {"groups.0.eps": 1e-3}
    change(state)
    with pytest.raises(error, match=said):
        optimizer.load(state)
    after = optimizer.state()
    assert set(after) == set(before)
    assert all(np.array_equal(after[k], before[k]) for k in before)


def test_a_state_of_another_optimizer_or_other_groups_is_refused():
    ps = parameters()
    with pytest.raises(
        UsageError, match=r"SGD\.load: got no groups\.0\.momentum, .* and unknown names groups\.0\.amsgrad"
    ):
        SGD(ps).load(Adam(ps).state())
    with pytest.raises(UsageError, match=r"SGD\.load: got unknown names groups\.1\.dampening, .* and 2 more"):
        SGD(ps).load(SGD([{"params": ps[:1]}, {"params": ps[1:]}]).state())
    full = LBFGS(ps)
    full.step(lambda: (full.zero_grad(), np.sum(ps[0] ** 2).backward(), 1.0)[2])
    state = full.state()
    del state["memory.d"]
    with pytest.raises(UsageError, match=r"LBFGS\.load: got no memory\.d; every name is needed"):
        LBFGS(ps).load(state)


@kinds
def test_copies_and_pickles_go_on_alike(kind, settings):
    ps = parameters()
    optimizer = kind(ps, **settings)
    descend(optimizer, ps, 3)
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        qs = copied.parameters
        assert not any(p is q for p, q in zip(ps, qs, strict=True))
        again = copy.deepcopy(optimizer)
        assert_same(descend(copied, qs, 3), descend(again, again.parameters, 3))


def test_every_optimizer_is_named_here():
    tested = {kind for kind, _ in KINDS} | {LBFGS, Optimizer}
    assert tested == {getattr(optim, name) for name in optim.__all__}


# ---- clipping


def with_gradients():
    p, q, r = Value([3.0, 4.0]), Value(np.array([12.0], np.float32)), Value(1.0)
    p.grad, q.grad = np.array([3.0, 4.0]), np.array([12.0], np.float32)
    return [p, q, r]


@pytest.mark.parametrize(("p", "norm"), [(2.0, 13.0), (1, 19.0), (math.inf, 12.0), (3.0, (27 + 64 + 1728) ** (1 / 3))])
def test_gradients_are_scaled_to_a_common_norm(p, norm):
    ps = with_gradients()
    total = clip_grad_norm_(ps, 1.0, p)
    np.testing.assert_allclose(total, norm, rtol=1e-6)
    np.testing.assert_allclose(ps[0].grad, np.array([3.0, 4.0]) / (norm + 1e-6), rtol=1e-6)
    assert [v.grad.dtype for v in ps[:2]] == [np.float64, np.float32]
    assert ps[2].grad is None


def test_small_gradients_stay_and_nothing_has_the_norm_0():
    ps = with_gradients()
    clip_grad_norm_(ps, 100.0)
    np.testing.assert_array_equal(ps[0].grad, [3.0, 4.0])
    assert clip_grad_norm_(Value(1.0), 1.0) == 0.0
    assert get_total_norm([]) == 0.0


def test_modules_and_single_values_are_clipped():
    net = Linear(2, 1, rng=np.random.default_rng(0))
    np.sum(net(np.array([3.0, 4.0]))).backward()
    assert clip_grad_norm_(net, 1.0) == pytest.approx(math.sqrt(26))
    assert get_total_norm([p.grad for p in net.parameters()]) == pytest.approx(1.0)
    clip_grad_value_(net, 0.5)
    assert max(np.max(np.abs(p.grad)) for p in net.parameters()) == 0.5
    p = Value(2.0)
    (p * p).backward()
    clip_grad_value_(p, 1.0)
    assert p.grad == 1.0
    assert type(p.grad) is float


def test_gradients_that_are_not_finite_are_found_if_asked_for():
    ps = with_gradients()
    ps[0].grad = np.array([np.inf, 1.0])
    with pytest.raises(UsageError, match=r"get_total_norm: the norm of 2 arrays is inf; .*detect_anomaly"):
        clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(ps[0].grad, [np.inf, 1.0])
    clip_grad_norm_(ps, 1.0)
    np.testing.assert_array_equal(ps[0].grad, [np.nan, 0.0])


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        (lambda p: clip_grad_norm_(p, -1.0), r"clip_grad_norm_: got max_norm = -1\.0; it is a number from 0 on"),
        (lambda p: clip_grad_norm_(p, math.nan), "clip_grad_norm_: got max_norm = nan"),
        (lambda p: clip_grad_norm_(p, 1.0, 0), "get_total_norm: got norm_type = 0; it is a number above 0"),
        (lambda p: clip_grad_value_(p, "1"), "clip_grad_value_: got clip_value = '1'; it is a number from 0 on"),
        (lambda p: clip_grad_value_([1.0], 1.0), "clip_grad_value_: got a float among the parameters; each is a Value"),
    ],
)
def test_bounds_that_are_none_are_refused(clip, said):
    with pytest.raises(UsageError, match=said):
        clip(with_gradients())


# ---- averaging


def test_parameters_are_averaged_and_buffers_follow():
    net = Sequential(Linear(2, 2, rng=np.random.default_rng(0)), BatchNorm1d(2))
    averaged, weights = AveragedModel(net), []
    for i in range(4):
        net[0].weight.data += 1.0
        net[1].running_mean[:] = i
        weights.append(np.array(net[0].weight.data))
        averaged.update_parameters(net)
    np.testing.assert_allclose(averaged.module[0].weight.data, np.mean(weights, 0), rtol=1e-14)
    np.testing.assert_array_equal(averaged.module[1].running_mean, [3, 3])
    assert averaged.n_averaged == 4
    assert "module.0.weight" in averaged.state()
    assert averaged(np.ones((3, 2))).shape == (3, 2)


def test_a_mean_that_forgets_moves_by_its_share():
    net = Linear(1, 1, bias=False, dtype=np.float32)
    averaged = AveragedModel(net, avg_fn=get_ema_avg_fn(0.75))
    for number in (1.0, 2.0, 4.0):
        net.weight.data = np.array([[number]])
        averaged.update_parameters(net)
    assert averaged.module.weight.data == 1.9375
    assert averaged.module.weight.dtype == np.float32
    pickle.dumps(averaged)
    assert get_swa_avg_fn()(1.0, 4.0, 2) == 2.0


def test_averaging_refuses_other_models_and_other_shares():
    averaged = AveragedModel(Linear(2, 2))
    with pytest.raises(
        UsageError, match=r"AveragedModel\.update_parameters: got a Linear whose parameters and buffers"
    ):
        averaged.update_parameters(Linear(2, 3))
    assert averaged.n_averaged == 0
    with pytest.raises(UsageError, match=r"get_ema_avg_fn: got decay = 1\.5; it is a share from 0 to 1"):
        get_ema_avg_fn(1.5)


def test_statistics_are_taken_anew_and_all_else_stays():
    norm, batches = BatchNorm1d(2, momentum=0.3), np.random.default_rng(0).normal(size=(5, 8, 2))
    net = Sequential(norm, Tanh())
    net(np.full((4, 2), 9.0) + np.arange(8).reshape(4, 2))
    net.eval()
    update_bn([(b, "label") for b in batches], net)
    np.testing.assert_allclose(norm.running_mean, batches.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(norm.running_var, batches.var(1, ddof=1).mean(0), rtol=1e-12)
    assert (norm.momentum, norm.training, net.training, norm.num_batches_tracked) == (0.3, False, False, 5)
    update_bn(iter(()), Linear(1, 1))


def test_gradients_are_forgotten_or_zero_as_pytorch_says_it():
    p = Value([1.0, 2.0])
    optimizer = SGD([p], lr=0.1)
    (p * p).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(p.grad, [0.0, 0.0])
    optimizer.zero_grad(set_to_none=True)
    assert p.grad is None
