"""Hints where the model errs most: what a person adds who has seen its result.

Interactive segmentation trains so (Sofiiuk et al. 2022, "Reviving iterative training with mask
guidance"); `evaluation.clicks` measures what it is for. As there the worst is looked for in the
blurred error, so that hints gather where the model cannot help itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from scipy import ndimage

from acolvit_jax.config import Config
from acolvit_jax.hints.clicks import BLUR
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.photo import metrics
from acolvit_jax.training import sharding
from acolvit_jax.training.cells import highest
from acolvit_jax.training.micro_batches import Batch, given
from acolvit_jax.training.planes import draw_planes

Correct = Callable[[Any, Batch, int], Batch]
Color = Callable[[Batch], jax.Array]  # of what a model is shown: normalized a, b `[B, S, S, 2]`

ADDED = (1, 1, 1, 2, 2, 4, 4)  # hints of each round: 15 in all
BLANK = 0.75  # share of the corrected images that begin without a hint
EXPONENTS = (2.0, 64.0)  # of a cell's squared error: from wherever is wrong to the worst alone
LEAST_ERROR = 1e-6  # squared, of sRGB in [0, 1]: a quarter of an 8-bit step
STREAM = 0x636C6963  # parts this randomness from that of the step


def make_correct(config: Config, mesh: Mesh) -> Correct:
    """Builds the function that adds hints to one image in `train.correct_one_in` of a batch.

    Args:
        config: of the run.
        mesh: of the run.

    Returns:
        `correct(params, batch, step) -> batch`, with the batch as it is sent to the devices
        (`planes.draw_planes`); only `hinted` changes. The same seed, step and batch give the same
        hints.
    """
    every = config.train.correct_one_in
    graphdef = graphdef_of(config.model)
    budget = 1.0 if config.model.any_budget else None
    root = jax.random.fold_in(jax.random.key(config.train.seed), STREAM)
    size = config.model.hint_size

    def corrected(params: Any, batch: Batch, step: jax.Array, count: jax.Array) -> Batch:
        def color(shown: Batch) -> jax.Array:
            return nnx.merge(graphdef, params)(**given(shown), train=False, budget=budget)[0]

        some = {name: value[::every] for name, value in batch.items()}
        hinted = correct(jax.random.fold_in(root, step), some, color, size)
        chosen = (jnp.arange(hinted.shape[0]) < count)[:, None, None]
        hinted = jnp.where(chosen, hinted, some["hinted"])
        return batch | {"hinted": batch["hinted"].at[::every].set(hinted)}

    batches = sharding.batch_sharding(mesh)
    compiled = jax.jit(corrected, out_shardings=batches)

    def correct_some(params: Any, batch: Batch, step: int) -> Batch:
        count = corrected_at(step, len(batch["hinted"]), every)
        if not count:
            return batch
        return compiled(params, batch, jnp.uint32(step), jnp.uint32(count))

    return correct_some


def corrected_at(step: int, batch_size: int, every: int) -> int:
    """How many images of a step's batch are corrected: over all steps one in `every`."""
    return step * batch_size // every - (step - 1) * batch_size // every


def correct(key: jax.Array, batch: Batch, color: Color, hint_size: int) -> jax.Array:
    """Adds hints in rounds: the model colors, and cells where it errs are hinted.

    Three quarters of the images lose their hints first. Each image takes part in 1 to `len(ADDED)`
    rounds, few more often than many (a uniform number squared), and looks for its worst cells more
    or less strictly (`EXPONENTS`, log-uniform).

    Args:
        key: of the randomness.
        batch: as it is sent to the devices.
        color: the model.
        hint_size: side of a cell, in pixels.

    Returns:
        bool `[B, S / h, S / h]`, the hinted cells.
    """
    blank_key, rounds_key, strict_key, key = jax.random.split(key, 4)
    hinted = batch["hinted"]
    count = hinted.shape[0]
    blank = jax.random.bernoulli(blank_key, BLANK, (count, 1, 1))
    rounds = 1 + (len(ADDED) * jax.random.uniform(rounds_key, (count,)) ** 2).astype(int)
    low, high = EXPONENTS
    exponent = low * (high / low) ** jax.random.uniform(strict_key, (count,))

    def add(hinted: jax.Array, args: Any) -> tuple[jax.Array, None]:
        key, number, added = args
        shown = draw_planes(batch | {"hinted": hinted}, hint_size)
        errors = cell_errors(shown["inputs"][..., 0], color(shown), shown["target_ab"], hint_size)
        added = jnp.where(number < rounds, added, 0)
        return hinted | draw_worst(key, errors, hinted, added, exponent), None

    steps = jax.random.split(key, len(ADDED)), jnp.arange(len(ADDED)), jnp.array(ADDED)
    return jax.lax.scan(add, hinted & ~blank, steps)[0]


def cell_errors(l_norm: jax.Array, ab: jax.Array, target: jax.Array, hint_size: int) -> jax.Array:
    """Squared error of sRGB around each cell: a person sees a region that is wrong (`BLUR`).

    Args:
        l_norm: normalized L, `[B, S, S]`.
        ab: normalized a, b of the result, `[B, S, S, 2]`.
        target: those of the photo.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[B, S / h, S / h]`.
    """
    shown = metrics.compose_rgb(l_norm, ab) - metrics.compose_rgb(l_norm, target)
    side = l_norm.shape[1]
    blur = ndimage.gaussian_filter1d(np.eye(side), BLUR, axis=0, mode="nearest")
    means = blur.reshape(side // hint_size, hint_size, side).mean(axis=1).astype(np.float32)
    return jnp.einsum(
        "rs,bst,ct->brc", means, jnp.square(shown).mean(axis=-1), means, precision="float32"
    )


def draw_worst(
    key: jax.Array, errors: jax.Array, taken: jax.Array, added: jax.Array, exponent: jax.Array
) -> jax.Array:
    """Draws cells without repeats, each by a power of its error.

    Args:
        key: of the randomness.
        errors: `[B, R, R]`, mean squared error by cell.
        taken: bool `[B, R, R]`, cells that are not drawn while others are left.
        added: int `[B]`, how many cells of each image, at most `max(ADDED)`.
        exponent: `[B]`.

    Returns:
        bool `[B, R, R]`, the drawn cells.
    """
    logits = exponent[:, None, None] * jnp.log(errors + LEAST_ERROR)
    scores = jnp.where(taken, -jnp.inf, logits) + jax.random.gumbel(key, logits.shape)
    return jax.vmap(highest, in_axes=(0, 0, None))(scores, added, max(ADDED))
