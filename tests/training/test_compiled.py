"""Compiled programs against NumPy: jaxlib has computed wrong numbers on CPU without a word.

jax#39103: with jaxlib 0.10.2 a vmapped product of matrix and vector, followed by a reduction, can
be silently wrong. Here the compiled forward, loss and gradient are compared with an independent
forward in float64, the gradient by a difference along a direction.
"""

import dataclasses

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.torch import to_state_dict
from acolvit_jax.config import Config, DataConfig, ModelConfig
from acolvit_jax.config.training import TrainConfig
from acolvit_jax.models import skipping
from acolvit_jax.models.acolvit import training_noise
from acolvit_jax.models.params import init_params
from acolvit_jax.models.prepared import prepare_params
from acolvit_jax.training.step import make_loss_and_grad
from tests.models.numpy_reference import forward

DENSE = ModelConfig(width=64, depth=2, num_heads=2, gated=False)
BATCH, DELTA, STEP = 4, 8.0, 0.1  # so large a delta makes the loss a square: smooth
RNG = np.random.default_rng(0)
INPUTS = RNG.uniform(-0.5, 0.5, (BATCH, 224, 224, 4)).astype(np.float32)
TARGET = RNG.uniform(-1, 1, (BATCH, 224, 224, 2)).astype(np.float32)
PARAMS = jax.tree.map(np.asarray, init_params(DENSE, 0))


def loss_in_numpy(params):
    given = to_state_dict(DENSE, params)
    results = np.stack([forward(given, image, DENSE.num_heads)[0] for image in INPUTS])
    return (0.5 * (results - TARGET) ** 2 / DELTA).sum(axis=-1).mean()


def slope_in_numpy(direction):
    """How fast the loss rises along a direction."""

    def loss(step):
        moved = jax.tree.map(lambda x, d: x.astype(np.float64) + step * d, PARAMS, direction)
        return loss_in_numpy(moved)

    return (loss(STEP) - loss(-STEP)) / (2 * STEP)


def some_way_up(grads):
    """A direction near the gradient's, so that the slope is no small difference of large parts."""
    return jax.tree.map(lambda g: np.asarray(g, np.float64) * RNG.uniform(0, 2, g.shape), grads)


@pytest.mark.parametrize("micro_batch", [BATCH, 2])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_loss_and_gradient(micro_batch, dtype, tolerance):
    train = TrainConfig(batch_size=BATCH, budget=None, huber_delta=DELTA, micro_batch=micro_batch)
    model = dataclasses.replace(DENSE, dtype=dtype)
    config = Config(model=model, data=DataConfig(), train=train)
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]).reshape(1, 1), ("data", "fsdp"))
    noise = training_noise(jax.random.key(0), BATCH, model)
    batch = {"inputs": INPUTS, "target_ab": TARGET}
    metrics, grads = jax.jit(make_loss_and_grad(config, mesh))(PARAMS, batch, noise)
    direction = some_way_up(grads)
    slope = sum(jax.tree.leaves(jax.tree.map(np.vdot, grads, direction)))
    assert float(metrics["loss"]) == pytest.approx(loss_in_numpy(PARAMS), rel=tolerance)
    assert slope == pytest.approx(slope_in_numpy(direction), rel=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_skipping_forward_of_one_and_of_many(dtype, tolerance):
    config = dataclasses.replace(DENSE, gated=True, dtype=dtype)
    params = jax.tree.map(np.asarray, init_params(config, 0))
    forced = RNG.integers(0, 2, (BATCH, config.depth, 2)).astype(np.float32)
    given = to_state_dict(config, params)
    pairs = zip(INPUTS, forced, strict=True)
    wanted = np.stack([forward(given, image, 2, decided)[0] for image, decided in pairs])
    prepared = prepare_params(params, config)

    def one(image, decided):
        return skipping.forward(prepared, image, config, forced=decided)[0]

    def many(images, decided):
        return skipping.forward_batch(prepared, images, config, forced=decided)[0]

    scale = np.abs(wanted).max()
    np.testing.assert_allclose(jax.jit(many)(INPUTS, forced), wanted, atol=tolerance * scale)
    got = jax.jit(one)(INPUTS[:1], forced[0])
    np.testing.assert_allclose(got, wanted[:1], atol=tolerance * scale)
