"""Hints where the model errs most: what a person adds who has seen its result.

Interactive segmentation trains so (Sofiiuk et al. 2022, "Reviving iterative training with mask
guidance"); `evaluation.clicks` measures what it is for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh

from acolvit_jax.config import Config
from acolvit_jax.models.params import graphdef_of
from acolvit_jax.photo import metrics
from acolvit_jax.training import sharding
from acolvit_jax.training.micro_batches import Batch, given
from acolvit_jax.training.planes import draw_planes

Correct = Callable[[Any, Batch, int], Batch]
Color = Callable[[Batch], jax.Array]  # of what a model is shown: normalized a, b `[B, S, S, 2]`

ADDED = (1, 1, 2, 4)  # hints of each round; a person who has placed two sees what they did
BLANK = 0.5  # share of the corrected images that begin without a hint
EXPONENT = 2.0  # of a patch's squared error: how strongly the worst is preferred
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
    sizes = config.model.hint_size, config.model.patch_size

    def corrected(params: Any, batch: Batch, step: jax.Array) -> Batch:
        def color(shown: Batch) -> jax.Array:
            return nnx.merge(graphdef, params)(**given(shown), train=False, budget=budget)[0]

        some = {name: value[::every] for name, value in batch.items()}
        hinted = correct(jax.random.fold_in(root, step), some, color, *sizes)
        return batch | {"hinted": batch["hinted"].at[::every].set(hinted)}

    batches = sharding.batch_sharding(mesh)
    compiled = jax.jit(corrected, out_shardings=batches)
    return lambda params, batch, step: compiled(params, batch, jnp.uint32(step))


def correct(
    key: jax.Array, batch: Batch, color: Color, hint_size: int, patch_size: int
) -> jax.Array:
    """Adds hints in rounds: the model colors, and the patches that are worst are hinted.

    Half of the images lose their hints first. Each image takes part in 1 to `len(ADDED)` rounds,
    all as likely, and gets at most one hint a patch in a round.

    Args:
        key: of the randomness.
        batch: as it is sent to the devices.
        color: the model.
        hint_size: side of a cell, in pixels.
        patch_size: in pixels.

    Returns:
        bool `[B, S / h, S / h]`, the hinted cells.
    """
    blank_key, rounds_key, key = jax.random.split(key, 3)
    hinted = batch["hinted"]
    count = hinted.shape[0]
    blank = jax.random.bernoulli(blank_key, BLANK, (count, 1, 1))
    rounds = jax.random.randint(rounds_key, (count,), 1, len(ADDED) + 1)

    def add(hinted: jax.Array, args: Any) -> tuple[jax.Array, None]:
        key, number, added = args
        shown = draw_planes(batch | {"hinted": hinted}, hint_size)
        errors = patch_errors(shown["inputs"][..., 0], color(shown), shown["target_ab"], patch_size)
        added = jnp.where(number < rounds, added, 0)
        return hinted | draw_worst(key, errors, added, patch_size // hint_size), None

    steps = jax.random.split(key, len(ADDED)), jnp.arange(len(ADDED)), jnp.array(ADDED)
    return jax.lax.scan(add, hinted & ~blank, steps)[0]


def patch_errors(l_norm: jax.Array, ab: jax.Array, target: jax.Array, patch_size: int) -> jax.Array:
    """Mean squared error of sRGB in each patch.

    Args:
        l_norm: normalized L, `[B, S, S]`.
        ab: normalized a, b of the result, `[B, S, S, 2]`.
        target: those of the photo.
        patch_size: p, in pixels.

    Returns:
        float32 `[B, S / p, S / p]`.
    """
    shown = metrics.compose_rgb(l_norm, ab) - metrics.compose_rgb(l_norm, target)
    count, side = l_norm.shape[:2]
    parts = (count, side // patch_size, patch_size, side // patch_size, patch_size, -1)
    return jnp.square(shown).reshape(parts).mean(axis=(2, 4, 5))


def draw_worst(key: jax.Array, errors: jax.Array, added: jax.Array, cells: int) -> jax.Array:
    """Draws patches without repeats, each by a power of its error, and a cell in each.

    Args:
        key: of the randomness.
        errors: `[B, P, P]`, mean squared error by patch.
        added: int `[B]`, how many patches of each image, at most `max(ADDED)`.
        cells: along a side of a patch.

    Returns:
        bool `[B, P * cells, P * cells]`, the drawn cells.
    """
    patch_key, cell_key = jax.random.split(key)
    count, patches = errors.shape[:2]
    logits = EXPONENT * jnp.log(errors + LEAST_ERROR).reshape(count, -1)
    # The largest K of logits plus Gumbel noise are K draws without replacement.
    drawn = jax.lax.top_k(logits + jax.random.gumbel(patch_key, logits.shape), max(ADDED))[1]
    row, column = jnp.divmod(drawn, patches)  # [B, K]
    inside = jax.random.randint(cell_key, (2, *drawn.shape), 0, cells)
    row, column = row * cells + inside[0], column * cells + inside[1]
    wanted = jnp.arange(drawn.shape[1]) < added[:, None]
    grid = jnp.zeros((count, patches * cells, patches * cells), bool)
    return grid.at[jnp.arange(count)[:, None], row, column].max(wanted)
