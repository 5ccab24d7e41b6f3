"""Compiled programs against NumPy: jaxlib has computed wrong numbers on CPU without a word.

jax#39103: with jaxlib 0.10.2 a vmapped product of matrix and vector, followed by a reduction, can
be silently wrong. Here the compiled forward, loss and gradient are compared with an independent
forward in float64, the gradient by a difference along a direction; all as the program compiles it.
"""

import dataclasses

import jax
import numpy as np
import pytest

from acolvit_jax.checkpoint.torch import to_state_dict
from acolvit_jax.common.jax_settings import compiler_options
from acolvit_jax.config import Config, DataConfig, ModelConfig
from acolvit_jax.config.training import TrainConfig
from acolvit_jax.models import skipping
from acolvit_jax.models.acolvit import training_noise
from acolvit_jax.models.params import init_params
from acolvit_jax.models.prepared import prepare_params
from acolvit_jax.training.step import make_loss_and_grad
from tests.models.numpy_reference import forward

DENSE = ModelConfig(width=64, depth=2, num_heads=2, gated=False)
GATED = dataclasses.replace(DENSE, gated=True, stochastic_depth=0.2)
BATCH, DELTA, STEP = 4, 8.0, 0.1  # so large a delta makes the loss a square: smooth
BUDGET, SPARSITY_WEIGHT, TEMPERATURE = 0.3, 2.0, 5.0
RNG = np.random.default_rng(0)
INPUTS = RNG.uniform(-0.5, 0.5, (BATCH, 224, 224, 4)).astype(np.float32)
TARGET = RNG.uniform(-1, 1, (BATCH, 224, 224, 2)).astype(np.float32)


def soft_decisions(logits, noise):
    return 1 / (1 + np.exp(-(logits + noise) / TEMPERATURE))


class InNumPy:
    """The loss of a batch, as a function whose slope is the gradient that training takes.

    Decisions are 0 or 1 with the slope of the soft ones: here they are moved from 0 or 1 as far as
    the soft ones are moved from where the parameters had them at first.
    """

    def __init__(self, model, params, noise):
        self.model, self.params, self.noise = model, params, jax.tree.map(np.asarray, noise)
        self.first = np.zeros((BATCH, model.depth, 2))
        self.at_first = True
        self.loss = self(params)
        self.at_first = False

    def __call__(self, params):
        given = to_state_dict(self.model, params)
        results, masks = zip(*(self.one(given, index) for index in range(BATCH)), strict=True)
        loss = (0.5 * (np.stack(results) - TARGET) ** 2 / DELTA).sum(axis=-1).mean()
        if self.model.gated:
            loss += SPARSITY_WEIGHT * (np.mean(masks) - BUDGET) ** 2
        return loss

    def one(self, given, index):
        masks = np.ones((self.model.depth, 2))

        def decide(block, logits):
            soft = soft_decisions(logits, self.noise.gates[index, block])
            if self.at_first:
                self.first[index, block] = soft
            before = self.first[index, block]
            masks[block] = (before > 0.5) + (soft - before)
            return masks[block] * self.noise.paths[index, block]

        colors, _ = forward(given, INPUTS[index], self.model.num_heads, decide)
        return colors, masks

    def slope(self, direction):
        """How fast the loss rises along a direction."""

        def loss(step):
            return self(
                jax.tree.map(lambda x, d: x.astype(np.float64) + step * d, self.params, direction)
            )

        return (loss(STEP) - loss(-STEP)) / (2 * STEP)


def some_way_up(grads, only=""):
    """A direction near the gradient's, so that the slope is no small difference of large parts.

    Where `only` names a layer, along its parameters alone.
    """

    def move(path, leaf):
        names = [str(key.key) for key in path]
        moved = not only or only in names
        return moved * np.asarray(leaf, np.float64) * RNG.uniform(0, 2, leaf.shape)

    return jax.tree_util.tree_map_with_path(move, grads)


def compiled(model, params, noise, micro_batch=BATCH):
    """Loss and gradient as training compiles them."""
    train = TrainConfig(
        batch_size=BATCH,
        budget=BUDGET if model.gated else None,
        sparsity_weight=SPARSITY_WEIGHT,
        huber_delta=DELTA,
        micro_batch=micro_batch,
    )
    config = Config(model=model, data=DataConfig(), train=train)
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]).reshape(1, 1), ("data", "fsdp"))
    compute = jax.jit(make_loss_and_grad(config, mesh), compiler_options=compiler_options())
    metrics, grads = compute(params, {"inputs": INPUTS, "target_ab": TARGET}, noise)
    return float(metrics["loss"]), grads


@pytest.fixture(scope="module", params=[DENSE, GATED], ids=["dense", "gated"])
def in_numpy(request):
    """A model, its loss in NumPy, and directions with the slope of the loss along each."""
    model = request.param
    params = jax.tree.map(np.asarray, init_params(model, 0))
    reference = InNumPy(model, params, training_noise(jax.random.key(0), BATCH, model))
    _, grads = compiled(model, params, reference.noise)
    parts = ("", "gate") if model.gated else ("",)
    directions = [some_way_up(grads, only) for only in parts]
    return model, reference, [(way, reference.slope(way)) for way in directions]


@pytest.mark.parametrize("micro_batch", [BATCH, 2])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_loss_and_gradient(in_numpy, micro_batch, dtype, tolerance):
    model, reference, slopes = in_numpy
    model = dataclasses.replace(model, dtype=dtype)
    loss, grads = compiled(model, reference.params, reference.noise, micro_batch)
    assert loss == pytest.approx(reference.loss, rel=tolerance)
    for direction, expected in slopes:
        slope = sum(jax.tree.leaves(jax.tree.map(np.vdot, grads, direction)))
        assert slope == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_skipping_forward_of_one_and_of_many(dtype, tolerance):
    config = dataclasses.replace(DENSE, gated=True, dtype=dtype)
    params = jax.tree.map(np.asarray, init_params(config, 0))
    forced = RNG.integers(0, 2, (BATCH, config.depth, 2)).astype(np.float32)
    given = to_state_dict(config, params)
    wanted = np.stack(
        [
            forward(given, image, 2, lambda block, _, to=decided: to[block])[0]
            for image, decided in zip(INPUTS, forced, strict=True)
        ]
    )
    prepared = prepare_params(params, config)

    def one(image, decided):
        return skipping.forward(prepared, image, config, forced=decided)[0]

    def many(images, decided):
        return skipping.forward_batch(prepared, images, config, forced=decided)[0]

    scale = np.abs(wanted).max()
    many, one = (jax.jit(f, compiler_options=compiler_options()) for f in (many, one))
    np.testing.assert_allclose(many(INPUTS, forced), wanted, atol=tolerance * scale)
    got = one(INPUTS[:1], forced[0])
    np.testing.assert_allclose(got, wanted[:1], atol=tolerance * scale)
