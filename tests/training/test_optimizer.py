"""The schedule, the decay mask, AdamW by hand, the average."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.config.training import OptimizerConfig
from acolvit_jax.config.variants import VARIANTS, icolorit
from acolvit_jax.models.params import flatten, param_shapes
from acolvit_jax.training import optimizer


def test_warm_up_then_cosine_to_the_floor():
    config = OptimizerConfig(learning_rate=1e-3, floor=1e-5, warmup=0.1)
    rate = optimizer.learning_rate_schedule(config, 100)
    assert rate(0) == 0
    assert rate(5) == pytest.approx(5e-4)
    assert rate(10) == pytest.approx(1e-3)
    assert rate(55) == pytest.approx((1e-3 + 1e-5) / 2, rel=1e-5)
    assert rate(100) == pytest.approx(1e-5)
    steady = optimizer.learning_rate_schedule(OptimizerConfig(warmup=0.0), 10)
    assert steady(0) == pytest.approx(5e-4)


def test_biases_and_norms_do_not_decay():
    for config in (VARIANTS["tiny"], icolorit("tiny", rel_pos_bias=True)):
        for name, decays in flatten(optimizer.decay_mask(param_shapes(config))).items():
            free = name.endswith((".bias", ".scale", ".q_bias", ".v_bias"))
            assert decays != free, name


def adamw_by_hand(p, grads, config, steps, decays):
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        rate = float(optimizer.learning_rate_schedule(config, steps)(t - 1))
        m = config.b1 * m + (1 - config.b1) * g
        v = config.b2 * v + (1 - config.b2) * g * g
        update = m / (1 - config.b1**t) / (np.sqrt(v / (1 - config.b2**t)) + 1e-8)
        p = p - rate * (update + config.weight_decay * p * decays)
    return p


def test_adamw_by_hand():
    config = OptimizerConfig(warmup=0.0, learning_rate=0.1)
    tx = optimizer.make_optimizer(config, 10)
    params = {"kernel": jnp.full((1, 1), 2.0), "bias": jnp.full((1,), 2.0)}
    state = tx.init(params)
    grads = [0.5, -1.0, 2.0]
    for g in grads:
        updates, state = tx.update(
            {"kernel": jnp.full((1, 1), g), "bias": jnp.full((1,), g)}, state, params
        )
        params = optax.apply_updates(params, updates)
    assert float(params["kernel"][0, 0]) == pytest.approx(
        adamw_by_hand(2.0, grads, config, 10, 1), rel=1e-5
    )
    assert float(params["bias"][0]) == pytest.approx(
        adamw_by_hand(2.0, grads, config, 10, 0), rel=1e-5
    )


def test_clipping_bounds_the_whole_gradient():
    config = OptimizerConfig(grad_clip=1.0, warmup=0.0)
    tx = optimizer.make_optimizer(config, 10)
    params = {"a": jnp.zeros((2, 1)), "b": jnp.zeros((1,))}
    _, state = tx.update(
        {"a": jnp.full((2, 1), 2.0), "b": jnp.full((1,), 1.0)}, tx.init(params), params
    )
    # The norm is 3: moments see a third. mu = (1 - b1) * g / 3.
    assert float(state[1][0].mu["a"][0, 0]) == pytest.approx(0.1 * 2 / 3)


def test_the_average_warms_up():
    average = optimizer.update_ema(jnp.array(0.0), jnp.array(1.0), 0.99, jnp.array(0))
    assert float(average) == pytest.approx(0.9)
    late = optimizer.update_ema(jnp.array(0.0), jnp.array(1.0), 0.99, jnp.array(10**6))
    assert float(late) == pytest.approx(0.01)


@pytest.mark.parametrize("config", [VARIANTS["tiny"], icolorit("tiny", rel_pos_bias=True)])
def test_muon_takes_the_matrices_of_the_blocks_alone(config):
    shapes = param_shapes(config)
    specs = optimizer.muon_matrices(shapes)
    found = jax.tree.leaves(specs, is_leaf=lambda x: x is None or isinstance(x, tuple))
    for name, spec in zip(flatten(shapes), found, strict=True):
        wanted = name.startswith("blocks") and name.endswith(".kernel") and ".gate." not in name
        assert (spec is not None) == wanted, name


def test_muon_s_updates_are_orthogonal_and_of_adamw_s_size():
    config = OptimizerConfig(name="muon", warmup=0.0, learning_rate=0.1, weight_decay=0.0)
    tx = optimizer.make_optimizer(config, 10)
    rng = np.random.default_rng(0)
    params = {"ffn": {"kernel": jnp.zeros((8, 32)), "bias": jnp.zeros(32)}}
    grads = jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape), jnp.float32), params)
    update = tx.update(grads, tx.init(params), params)[0]["ffn"]
    values = np.linalg.svd(np.asarray(update["kernel"]), compute_uv=False)
    # An orthogonal 8 x 32 matrix has singular values 1; times 0.1 * 0.2 * sqrt(32). The iteration
    # of five steps leaves them within a third of 1.
    np.testing.assert_allclose(values / (0.1 * 0.2 * 32**0.5), 1.0, atol=1 / 3)
    # All else takes Adam's first step, with Nesterov's look ahead: b1 (1 - b1) / (1 - b1^2) + 1.
    np.testing.assert_allclose(np.abs(update["bias"]), 0.1 * (0.09 / 0.19 + 1), rtol=1e-4)


@pytest.mark.parametrize("config", [VARIANTS["tiny"], icolorit("tiny")], ids=["gated", "dense"])
def test_all_blocks_together_are_the_same_muon(monkeypatch, config):
    """An accelerator's: updates but for rounding, state in form and numbers as a CPU's."""
    settings = OptimizerConfig(name="muon", weight_decay=0.1, warmup=0.0)
    by_matrix = optimizer.make_optimizer(settings, 10)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    together = optimizer.make_optimizer(settings, 10)
    rng = np.random.default_rng(0)
    config = dataclasses.replace(config, depth=3, width=48, num_heads=3)

    def draw():
        shapes = param_shapes(config)
        return jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape), x.dtype), shapes)

    params, grads = draw(), draw()
    found = {}
    for name, made in (("by matrix", by_matrix), ("together", together)):
        state = made.init(params)
        for _ in range(2):
            updates, state = jax.jit(made.update)(grads, state, params)
        found[name] = updates, state
    (updates, state), (wanted, wanted_state) = found["together"], found["by matrix"]
    assert jax.tree.structure(state) == jax.tree.structure(wanted_state)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, b), state, wanted_state)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-7), updates, wanted)


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ConfigError, match="choose one of adamw, muon"):
        OptimizerConfig(name="sgd")
