"""The inference forward: same numbers and decisions as the masked one, and it really skips."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from acolvit_jax.config import ModelConfig
from acolvit_jax.config.variants import VARIANTS
from acolvit_jax.models import skipping, sublayers
from acolvit_jax.models.params import graphdef_of, init_params
from acolvit_jax.models.prepared import prepare_params

SMALL = ModelConfig(width=64, depth=3, num_heads=2, patch_size=8, image_size=32)
KINDS = {
    "gated": {},
    "dense": {"gated": False},
    "bias table": {"gated": False, "rel_pos_bias": True},
    "linear head": {"head": "linear"},
    "any budget": {"any_budget": True},
}


def make(config, seed=0):
    """Parameters with nothing left at zero or one."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda x: np.asarray(x) + 0.05 * rng.normal(size=x.shape).astype(np.float32),
        init_params(config, seed),
    )


def images(config, count, seed=1):
    side = config.image_size
    return np.random.default_rng(seed).normal(size=(count, side, side, 4)).astype(np.float32)


@functools.cache
def compiled(name, config):
    """A forward of `(prepared, inputs, budget)` as one program."""
    function = getattr(skipping, name)
    return jax.jit(lambda p, x, budget=None: function(p, x, config, budget=budget))


@functools.cache
def compiled_masked(config):
    graphdef = graphdef_of(config)
    return jax.jit(lambda p, x, b: nnx.merge(graphdef, p)(x, train=False, budget=b))


def masked(config, params, inputs, budget=None):
    return compiled_masked(config)(params, inputs, budget)


@pytest.mark.parametrize("kind", KINDS)
def test_one_image_equals_the_masked_forward(kind):
    config = dataclasses.replace(SMALL, **KINDS[kind])
    budget = 0.4 if config.any_budget else None
    for seed in range(4):
        params, inputs = make(config, seed), images(config, 1, seed)
        ab, decisions = compiled("forward", config)(prepare_params(params, config), inputs, budget)
        expected_ab, expected = masked(config, params, inputs, budget)
        np.testing.assert_array_equal(decisions, expected)
        np.testing.assert_allclose(ab, expected_ab, atol=1e-5)


def test_tiny_equals_the_masked_forward():
    config = VARIANTS["tiny"]
    params, inputs = make(config), images(config, 1)
    ab, decisions = compiled("forward", config)(prepare_params(params, config), inputs)
    expected_ab, expected = masked(config, params, inputs)
    np.testing.assert_array_equal(decisions, expected)
    assert 0 < expected.mean() < 1
    np.testing.assert_allclose(ab, expected_ab, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_equals_its_images(kind):
    config = dataclasses.replace(SMALL, **KINDS[kind])
    prepared, inputs = prepare_params(make(config), config), images(config, 6)
    budget = np.linspace(0.2, 1, 6).astype(np.float32) if config.any_budget else None
    ab, decisions = compiled("forward_batch", config)(prepared, inputs, budget)
    for i in range(6):
        asked = None if budget is None else budget[i]
        one, chosen = compiled("forward", config)(prepared, inputs[i : i + 1], asked)
        np.testing.assert_array_equal(decisions[i], chosen[0])
        np.testing.assert_allclose(ab[i], one[0], atol=1e-5)


CONFIG = SMALL
PREPARED = prepare_params(make(SMALL), SMALL)
INPUTS = images(SMALL, 5)
ONE = jax.jit(lambda x, forced: skipping.forward(PREPARED, x, SMALL, forced=forced))
MANY = jax.jit(lambda x, forced: skipping.forward_batch(PREPARED, x, SMALL, forced=forced))


def by_hand(inputs, forced):
    """Every sublayer in Python, those that are not chosen left out."""
    x = skipping.embed(PREPARED, inputs, SMALL, None)
    for i in range(SMALL.depth):
        if forced[i, 0]:
            x = sublayers.add_attention(x, PREPARED.block(i), SMALL)
        if forced[i, 1]:
            x = sublayers.add_ffn(x, PREPARED.block(i))
    return skipping.readout(PREPARED, x, SMALL)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=30, max_size=30))
def test_any_decisions_are_obeyed(bits):
    forced = np.array(bits, np.float32).reshape(5, 3, 2)
    ab, decisions = MANY(INPUTS, forced)
    np.testing.assert_array_equal(decisions, forced)
    for i in range(5):
        one, chosen = ONE(INPUTS[i : i + 1], forced[i])
        np.testing.assert_array_equal(chosen[0], forced[i])
        expected = by_hand(INPUTS[i], forced[i])
        np.testing.assert_allclose(one[0], expected, atol=1e-5)
        np.testing.assert_allclose(ab[i], expected, atol=1e-5)


def test_the_program_has_a_conditional_for_every_sublayer():
    config = VARIANTS["tiny"]
    prepared = prepare_params(make(config), config)
    lowered = jax.jit(lambda p, x: skipping.forward(p, x, config)).lower(
        prepared, images(config, 1)
    )
    assert lowered.compile().as_text().count(" conditional(") == 24


def test_more_than_one_image_is_refused():
    with pytest.raises(ValueError, match="one image at a time, got 2"):
        skipping.forward(PREPARED, INPUTS[:2], SMALL)


@pytest.mark.parametrize(("any_budget", "budget"), [(True, None), (False, 0.5)])
def test_a_budget_must_fit_the_model(any_budget, budget):
    config = dataclasses.replace(SMALL, any_budget=any_budget)
    prepared = prepare_params(make(config), config)
    with pytest.raises(ValueError, match="does not fit"):
        skipping.forward(prepared, images(config, 1), config, budget=budget)


def test_bf16_products_stay_near():
    config = dataclasses.replace(SMALL, dtype="bfloat16")
    prepared = prepare_params(make(config), config)
    ones = jnp.ones((3, 2))
    ab, _ = skipping.forward(prepared, INPUTS[:1], config, forced=ones)
    assert ab.dtype == jnp.float32
    np.testing.assert_allclose(ab, ONE(INPUTS[:1], ones)[0], atol=0.06)


@pytest.mark.parametrize("rel_pos_bias", [False, True])
def test_bf16_computes_what_the_masked_forward_computes_in_bf16(rel_pos_bias):
    """Both round the operands of their products, at other places: far nearer than 8 bits."""
    config = dataclasses.replace(
        SMALL, dtype="bfloat16", gated=not rel_pos_bias, rel_pos_bias=rel_pos_bias
    )
    params = make(config)
    masked = nnx.merge(graphdef_of(config), params)(INPUTS[:1], train=False)
    ab, decisions = skipping.forward(prepare_params(params, config), INPUTS[:1], config)
    np.testing.assert_array_equal(decisions, masked[1])
    np.testing.assert_allclose(ab, masked[0], atol=0.03)
    many, _ = skipping.forward_batch(prepare_params(params, config), INPUTS[:3], config)
    np.testing.assert_allclose(many[:1], ab, atol=1e-2)
