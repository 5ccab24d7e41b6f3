"""Hints where the model errs most: what a person adds who has seen its result.

Interactive segmentation trains so (Sofiiuk et al. 2022, "Reviving iterative training with mask
guidance"); `evaluation.clicks` measures what it is for. As there the worst is looked for in the
blurred error, so that hints gather where the model cannot help itself.
"""

from __future__ import annotations

import functools
import math
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
from acolvit_jax.training import sharding
from acolvit_jax.training.cells import highest
from acolvit_jax.training.losses import srgb_squared_errors
from acolvit_jax.training.micro_batches import Batch, given
from acolvit_jax.training.planes import draw_planes

Correct = Callable[[Any, Batch, int], Batch]
Color = Callable[[Batch], jax.Array]  # of what a model is shown: normalized a, b `[B, S, S, 2]`

ADDED = (1, 1, 1, 2, 2, 4, 4)  # hints of each round: 15 in all
TOGETHER = ((0,), (1, 2), (3, 4, 5, 6))  # rounds that color the same images: one program each
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
        (`planes.draw_planes`); `hinted` changes. With `train.regret_weight` `error_before` `[B]` is
        new: the squared error of sRGB before an image's last hints, infinite where none were added.
        The same seed, step and batch give the same hints.
    """
    every = config.train.correct_one_in
    with_error = config.train.regret_weight > 0
    graphdef = graphdef_of(config.model)
    budget = 1.0 if config.model.any_budget else None
    root = jax.random.fold_in(jax.random.key(config.train.seed), STREAM)
    size = config.model.hint_size
    batches = sharding.batch_sharding(mesh)

    def corrected(params: Any, batch: Batch, step: jax.Array, count: jax.Array) -> Batch:
        def color(shown: Batch) -> jax.Array:
            shown = jax.lax.with_sharding_constraint(shown, batches)  # of whoever takes part
            return nnx.merge(graphdef, params)(**given(shown), train=False, budget=budget)[0]

        some = {name: value[::every] for name, value in batch.items()}
        hinted, before = correct(jax.random.fold_in(root, step), some, color, size)
        chosen = jnp.arange(hinted.shape[0]) < count
        hinted = jnp.where(chosen[:, None, None], hinted, some["hinted"])
        hinted = batch["hinted"].at[::every].set(hinted)
        return batch | {"hinted": hinted} | errors(hinted, jnp.where(chosen, before, jnp.inf))

    def errors(hinted: jax.Array, before: jax.Array | float = jnp.inf) -> Batch:
        if not with_error:
            return {}
        return {"error_before": jnp.full(len(hinted), jnp.inf).at[::every].set(before)}

    compiled = jax.jit(corrected, out_shardings=batches)
    uncorrected = jax.jit(errors, out_shardings=batches)

    def correct_some(params: Any, batch: Batch, step: int) -> Batch:
        count = corrected_at(step, len(batch["hinted"]), every)
        if not count:
            return batch | uncorrected(batch["hinted"])
        return compiled(params, batch, jnp.uint32(step), jnp.uint32(count))

    return correct_some


def corrected_at(step: int, batch_size: int, every: int) -> int:
    """How many images of a step's batch are corrected: over all steps one in `every`."""
    return step * batch_size // every - (step - 1) * batch_size // every


def correct(
    key: jax.Array, batch: Batch, color: Color, hint_size: int
) -> tuple[jax.Array, jax.Array]:
    """Adds hints in rounds: the model colors, and cells where it errs are hinted.

    Three quarters of the images lose their hints first. Each image takes part in 1 to `len(ADDED)`
    rounds, few more often than many (`draw_rounds`), and looks for its worst cells more or less
    strictly (`EXPONENTS`, log-uniform).

    Args:
        key: of the randomness.
        batch: as it is sent to the devices.
        color: the model.
        hint_size: side of a cell, in pixels.

    Returns:
        bool `[B, S / h, S / h]`, the hinted cells; and float32 `[B]`, the squared error of sRGB
        before the last round.
    """
    blank_key, order_key, rounds_key, strict_key, key = jax.random.split(key, 5)
    hinted = batch["hinted"]
    count = hinted.shape[0]
    order = jax.random.permutation(order_key, count)  # the last ones take part in most rounds
    batch = jax.tree.map(lambda x: x[order], batch)
    hinted = hinted[order] & ~jax.random.bernoulli(blank_key, BLANK, (count, 1, 1))
    rounds = draw_rounds(rounds_key, count)
    low, high = EXPONENTS
    exponent = low * (high / low) ** jax.random.uniform(strict_key, (count,))
    before = jnp.zeros(count)

    def add(state: tuple[jax.Array, jax.Array], args: Any, part: slice) -> tuple[Any, None]:
        hinted, before = state
        key, number, added = args
        shown = {name: value[part] for name, value in batch.items()} | {"hinted": hinted}
        shown = draw_planes(shown, hint_size)
        error = srgb_squared_errors(shown["inputs"][..., 0], color(shown), shown["target_ab"])
        takes_part = number < rounds[part]
        before = jnp.where(takes_part, error.mean(axis=(1, 2)), before)
        added = jnp.where(takes_part, added, 0)
        cells = cell_errors(error, hint_size)
        return (hinted | draw_worst(key, cells, hinted, added, exponent[part]), before), None

    for numbers in TOGETHER:
        part = slice(first_in(numbers[0], count), None)
        steps = jax.random.split(jax.random.fold_in(key, numbers[0]), len(numbers))
        args = steps, jnp.array(numbers), jnp.array([ADDED[number] for number in numbers])
        done, _ = jax.lax.scan(
            functools.partial(add, part=part), (hinted[part], before[part]), args
        )
        hinted, before = hinted.at[part].set(done[0]), before.at[part].set(done[1])
    back = jnp.argsort(order)
    return hinted[back], before[back]


def draw_rounds(key: jax.Array, count: int) -> jax.Array:
    """How many rounds each image takes part in, the fewest first: int `[B]`, 1 to `len(ADDED)`.

    A uniform number squared, drawn evenly: one in each `count`-th of the range.
    """
    uniform = (jnp.arange(count) + jax.random.uniform(key)) / count
    return jnp.minimum(1 + (len(ADDED) * uniform**2).astype(int), len(ADDED))


def first_in(number: int, count: int) -> int:
    """The first of `count` images that can take part in round `number`, from 0."""
    return max(0, math.ceil(count * (number / len(ADDED)) ** 0.5) - 1)


def cell_errors(errors: jax.Array, hint_size: int) -> jax.Array:
    """Squared error around each cell: a person sees a region that is wrong (`BLUR`).

    Args:
        errors: of pixels, `[B, S, S]`, from `srgb_squared_errors`.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[B, S / h, S / h]`.
    """
    side = errors.shape[1]
    blur = ndimage.gaussian_filter1d(np.eye(side), BLUR, axis=0, mode="nearest")
    means = blur.reshape(side // hint_size, hint_size, side).mean(axis=1).astype(np.float32)
    return jnp.einsum("rs,bst,ct->brc", means, errors, means, precision="float32")


def draw_worst(
    key: jax.Array, errors: jax.Array, taken: jax.Array, added: jax.Array, exponent: jax.Array
) -> jax.Array:
    """Draws cells without repeats, each by a power of its error.

    Args:
        key: of the randomness.
        errors: `[B, R, R]`, mean squared error by cell.
        taken: bool `[B, R, R]`, cells that are not drawn while others are left.
        added: int `[B]`, how many cells of each image, at most `max(ADDED)` and all that it has.
        exponent: `[B]`.

    Returns:
        bool `[B, R, R]`, the drawn cells.
    """
    logits = exponent[:, None, None] * jnp.log(errors + LEAST_ERROR)
    scores = jnp.where(taken, -jnp.inf, logits) + jax.random.gumbel(key, logits.shape)
    most = min(max(ADDED), errors[0].size)  # a window may have fewer cells
    return jax.vmap(highest, in_axes=(0, 0, None))(scores, added, most)
