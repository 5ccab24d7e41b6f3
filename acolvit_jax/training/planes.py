"""From a batch as it is sent to the devices to what a model is shown, drawn on the devices."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from acolvit_jax.data.transforms import STEP
from acolvit_jax.training import sharding

Draw = Callable[[dict[str, jax.Array]], dict[str, jax.Array]]


def make_draw(hint_size: int, mesh: Mesh) -> Draw:
    """Builds the jitted `draw_planes`, every device drawing its own images."""
    where = sharding.batch_sharding(mesh)
    draw = functools.partial(draw_planes, hint_size=hint_size)
    return jax.jit(draw, in_shardings=where, out_shardings=where)


def draw_planes(batch: dict[str, jax.Array], hint_size: int) -> dict[str, jax.Array]:
    """Draws the hint planes of a batch; the same as `hints.model_input` of each photo.

    Args:
        batch: `l` `[B, S, S]` and `ab` `[B, S, S, 2]`, normalized, int16 in steps of `STEP`;
            `hinted` bool `[B, S / h, S / h]`, the hinted cells; other arrays are left as they are.
        hint_size: side h of a cell, in pixels.

    Returns:
        `inputs` float32 `[B, S, S, 4]` (L, a, b, hint mask; a and b are the cell's means on hints
        and 0 elsewhere), `target_ab` float32 `[B, S, S, 2]`, and the other arrays.
    """
    others = {name: value for name, value in batch.items() if name not in ("l", "ab", "hinted")}
    target = batch["ab"].astype(jnp.float32) * STEP
    hinted = batch["hinted"].astype(jnp.float32)[..., None]  # [B, R, R, 1]
    count, cells = hinted.shape[:2]
    means = target.reshape(count, cells, hint_size, cells, hint_size, 2).mean(axis=(2, 4))
    drawn = jnp.concatenate([means * hinted, hinted], axis=-1)  # [B, R, R, 3]
    planes = drawn.repeat(hint_size, axis=1).repeat(hint_size, axis=2)
    lightness = batch["l"].astype(jnp.float32)[..., None] * STEP
    inputs = jnp.concatenate([lightness, planes], axis=-1)
    return {"inputs": inputs, "target_ab": target} | others
