"""The model: sizes, windows, budgets, gradients. Parity of its forward is tested in interop."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from acolvit_jax.config import ModelConfig
from acolvit_jax.config.variants import VARIANTS, icolorit
from acolvit_jax.models import layers
from acolvit_jax.models.acolvit import ACoLViT, TrainingNoise, training_noise
from acolvit_jax.models.params import flatten, param_count, param_shapes

SMALL = ModelConfig(width=64, depth=2, num_heads=2, patch_size=8, image_size=32)
COUNTS = {
    "tiny": (6_423_320, 6_418_496),
    "small": (23_462_936, 23_453_312),
    "base": (89_392_664, 89_373_440),
}


@pytest.mark.parametrize("variant", COUNTS)
def test_parameter_counts_are_pinned(variant):
    gated, dense = COUNTS[variant]
    assert param_count(param_shapes(VARIANTS[variant])) == gated
    assert param_count(param_shapes(icolorit(variant))) == dense
    # By hand, the gated model adds a policy token and depth times a width x 2 layer with bias.
    width = VARIANTS[variant].width
    assert gated - dense == width + 12 * (2 * width + 2)


def test_published_icolorit_has_its_bias_tables():
    assert param_count(param_shapes(icolorit("tiny", rel_pos_bias=True))) == 6_444_740
    tables = [
        n for n in flatten(param_shapes(icolorit("tiny", rel_pos_bias=True))) if "bias_table" in n
    ]
    assert len(tables) == 12


def test_initial_parameters_are_as_the_reference_says():
    flat = flatten(
        nnx.to_pure_dict(nnx.state(ACoLViT(VARIANTS["tiny"], rngs=nnx.Rngs(0)), nnx.Param))
    )
    for name, value in flat.items():
        if name.endswith("bias"):
            assert not value.any(), name
        elif name.endswith("scale"):
            assert (value == 1).all(), name
        elif name == "policy_token":
            assert float(jnp.abs(value).max()) <= 0.05
        elif value.ndim == 2:
            limit = np.sqrt(6 / sum(value.shape))
            assert 0.95 * limit < float(jnp.abs(value).max()) <= 1.000001 * limit, name


def inputs(batch, side=32, seed=0):
    return jax.random.normal(jax.random.key(seed), (batch, side, side, 4))


@pytest.fixture(scope="module")
def model():
    return ACoLViT(SMALL, rngs=nnx.Rngs(0))


def test_outputs_have_the_contract_s_shapes_and_ranges(model):
    ab, decisions = model(inputs(3), train=False)
    assert ab.shape == (3, 32, 32, 2)
    assert ab.dtype == decisions.dtype == jnp.float32
    assert float(jnp.abs(ab).max()) <= 1
    assert decisions.shape == (3, 2, 2)
    assert set(np.unique(decisions)) <= {0.0, 1.0}


def test_images_of_a_batch_do_not_touch_each_other(model):
    x = inputs(3)
    ab, decisions = model(x, train=False)
    for i in range(3):
        one, one_decisions = model(x[i : i + 1], train=False)
        np.testing.assert_allclose(one[0], ab[i], atol=1e-5)
        np.testing.assert_array_equal(one_decisions[0], decisions[i])


def test_a_skipped_sublayer_adds_nothing(model):
    """With noise that closes every gate, the tokens pass through untouched."""
    x = inputs(2)
    closed = TrainingNoise(jnp.full((2, 2, 2), -1e4), jnp.ones((2, 2, 2)))
    ab, decisions = model(x, train=True, noise=closed)
    assert not decisions.any()
    np.testing.assert_allclose(ab, model.readout(model.embed(x), (4, 4)), atol=1e-6)


def test_windows_keep_their_own_rows_of_the_position_table(model):
    whole = model.embed(inputs(1))
    origin = jnp.array([[1, 2]])
    window = model.embed(inputs(1)[:, 8:24, 16:32], origin=origin)
    np.testing.assert_array_equal(window[:, 0], whole[:, 0])  # policy token
    patches = whole[:, 1:].reshape(1, 4, 4, -1)[:, 1:3, 2:4].reshape(1, 4, -1)
    np.testing.assert_allclose(window[:, 1:], patches, atol=1e-6)


def test_a_small_image_without_an_origin_is_refused(model):
    with pytest.raises(ValueError, match="origin"):
        model(inputs(1, 16), train=False)


def test_training_needs_noise_and_evaluation_takes_none(model):
    with pytest.raises(ValueError, match="noise"):
        model(inputs(1), train=True)
    with pytest.raises(ValueError, match="noise"):
        model(inputs(1), train=False, noise=training_noise(jax.random.key(0), 1, SMALL))


def test_gates_learn_from_the_color_loss(model):
    graphdef, params = nnx.split(model)
    noise = training_noise(jax.random.key(1), 2, SMALL)

    def loss(params):
        return (nnx.merge(graphdef, params)(inputs(2), train=True, noise=noise)[0] ** 2).sum()

    grads = flatten(nnx.to_pure_dict(jax.grad(loss)(params)))
    for name in ("policy_token", "blocks.0.gate.linear.kernel", "blocks.1.gate.linear.bias"):
        assert float(jnp.abs(grads[name]).max()) > 0, name


def test_the_dense_baseline_computes_everything():
    dense = ACoLViT(dataclasses.replace(SMALL, gated=False), rngs=nnx.Rngs(0))
    _, decisions = dense(inputs(2), train=False)
    assert (decisions == 1).all()
    assert dense.embed(inputs(2)).shape == (2, 16, 64)


def test_a_model_of_any_budget_listens_to_the_budget():
    config = dataclasses.replace(SMALL, any_budget=True)
    model = ACoLViT(config, rngs=nnx.Rngs(0))
    model.budget_embed[...] = jax.random.normal(jax.random.key(0), (3, 64)) * 10
    low = model.embed(inputs(2), budget=0.2)
    both = model.embed(inputs(2), budget=jnp.array([0.2, 0.9]))
    np.testing.assert_array_equal(both[0], low[0])
    assert float(jnp.abs(both[1, 0] - low[1, 0]).max()) > 1
    np.testing.assert_array_equal(both[:, 1:], low[:, 1:])
    with pytest.raises(ValueError, match="budget"):
        model(inputs(1), train=False)
    with pytest.raises(ValueError, match="budget"):
        ACoLViT(SMALL, rngs=nnx.Rngs(0))(inputs(1), train=False, budget=0.5)


def test_bf16_products_stay_near_float32():
    low = ACoLViT(dataclasses.replace(SMALL, dtype="bfloat16", gated=False), rngs=nnx.Rngs(0))
    full = ACoLViT(dataclasses.replace(SMALL, gated=False), rngs=nnx.Rngs(0))
    a, b = low(inputs(2), train=False)[0], full(inputs(2), train=False)[0]
    assert a.dtype == jnp.float32
    assert 0 < float(jnp.abs(a - b).max()) < 0.03
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(nnx.state(low, nnx.Param)))


def test_stochastic_depth_drops_more_of_the_later_sublayers():
    config = dataclasses.replace(SMALL, stochastic_depth=0.5)
    noise = training_noise(jax.random.key(0), 4000, config)
    rates = np.asarray((noise.paths == 0).mean(axis=0)).ravel()
    np.testing.assert_allclose(rates, [0, 1 / 6, 1 / 3, 1 / 2], atol=0.03)
    np.testing.assert_allclose(np.asarray(noise.paths.mean(axis=0)), 1, atol=0.05)
    plain = training_noise(jax.random.key(0), 4, SMALL)
    assert (plain.paths == 1).all()


def test_patches_are_flat_by_row_column_channel_and_come_back():
    x = inputs(2)
    flat = layers.patchify(x, 8)
    np.testing.assert_array_equal(flat[1, 6], x[1, 8:16, 16:24].reshape(-1))
    np.testing.assert_array_equal(layers.pixel_shuffle(flat, (4, 4), 8), x)
