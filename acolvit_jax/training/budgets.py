"""Training one model for every budget: each photo is computed at two, and what it gains counts.

The paper holds the mean over a batch to the budget, and leaves it to the color loss who gets more.
That says next to nothing about single photos: all get the same. Here every photo of a batch is
computed at a low and a high budget. How far its colors move from the one to the other, measured by
how wrong they are, tells what compute is worth to it, and the photos of a group are asked for more
or less accordingly. A group is photos with about as many hints, for with more of them colors move
more than with few, whatever the photo.

How much the loss falls would be the plainer measure. But a photo leaves much open, its own colors
are one draw of many, and whether colors that move come nearer to them is mostly chance. How far
they move does not depend on the draw; for squared errors and a model that answers with the mean of
all draws it is what computing more gains on average, and here it stands for that. The loss that it
is divided by, as decibels are a ratio, is that against the photo, with a teacher too.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from acolvit_jax.config import ModelConfig
from acolvit_jax.training.losses import huber

PER_PHOTO = 2  # budgets that each photo of a batch is computed at


def per_photo(config: ModelConfig) -> int:
    """Times that each photo of a batch is computed in training."""
    return PER_PHOTO if config.any_budget else 1


def draw_budgets(key: jax.Array, groups: int, smallest: float) -> jax.Array:
    """Draws a low and a high budget for each group of a batch.

    They are spread evenly, the low ones over the lower half of the range, each at random within its
    part; a high one is half of the range above its low one. Which group gets which is random.

    Args:
        key: a JAX random key.
        groups: G.
        smallest: budget; the largest is 1.

    Returns:
        float32 `[G, 2]` (low, high).
    """
    half = (1.0 - smallest) / 2
    order_key, place_key = jax.random.split(key)
    parts = jax.random.permutation(order_key, groups)
    low = smallest + half * (parts + jax.random.uniform(place_key, (groups,))) / groups
    return jnp.stack([low, low + half], axis=-1)


def group_by_hints(inputs: jax.Array, groups: int) -> jax.Array:
    """Groups of photos with about as many hints.

    Args:
        inputs: `[B, H, W, 4]` (L, a, b, hint mask).
        groups: G, a divisor of B.

    Returns:
        Places in the batch, int32 `[G, B / G]`: the photos with the fewest hints first.
    """
    hints = inputs[..., 3].sum(axis=(1, 2))
    return jnp.argsort(hints).reshape(groups, -1)


def at_two_budgets(
    batch: dict[str, jax.Array], budgets: jax.Array, groups: jax.Array
) -> dict[str, jax.Array]:
    """Every photo of a batch at the two budgets of its group, one after the other.

    Args:
        batch: arrays `[B, ...]`.
        budgets: `[G, 2]` from `draw_budgets`.
        groups: `[G, B / G]` from `group_by_hints`.

    Returns:
        Arrays `[2 * B, ...]`, and `budget` `[2 * B]`: low, high, low, high.
    """
    repeated = {name: jnp.repeat(value, PER_PHOTO, axis=0) for name, value in batch.items()}
    by_photo = jnp.zeros((groups.size, PER_PHOTO)).at[groups].set(budgets[:, None])  # [B, 2]
    return repeated | {"budget": by_photo.reshape(-1)}


def value_of_compute(ab: jax.Array, losses: jax.Array, delta: float) -> jax.Array:
    """What compute is worth to each photo: how far it moves the colors, over how wrong they are.

    Args:
        ab: colors at the two budgets of each photo, low, high, low, high, `[2 * B, H, W, 2]`.
        losses: of these against the photos, `[2 * B]`, above 0.
        delta: of the Huber loss.

    Returns:
        float32 `[B]`, 0 or more; no gradient passes.
    """
    ab, losses = jax.lax.stop_gradient((ab, losses))
    return huber(ab[::PER_PHOTO], ab[1::PER_PHOTO], delta) / losses[1::PER_PHOTO]


def budget_by_photo(
    budgets: jax.Array, worth: jax.Array, groups: jax.Array, spread: float
) -> jax.Array:
    """What each photo is asked for: its budget, more where compute is worth more.

    Photos are ranked within their group, equal ones the same. The ranks have mean 0, so that a
    group's mean stays at the budget, and variance 1 where no two are equal. Towards 0 and 1, where
    there is no room, photos differ less.

    Args:
        budgets: `[2 * B]` from `at_two_budgets`.
        worth: `[B]`, what compute is worth to each photo.
        groups: `[G, B / G]` from `group_by_hints`.
        spread: standard deviation of a group's own budgets, at a budget of 1/2. Up to 0.144,
            1 / (4 sqrt(3)), all stay within 0 and 1 by themselves.

    Returns:
        float32 `[2 * B]` in [0, 1]; some are below the smallest budget that is drawn.
    """
    size = groups.shape[1]
    ranks = _centered_ranks(worth[groups])  # [G, B / G]
    deviation = ((size**2 - 1) / 12) ** 0.5 or 1.0  # that of the numbers 1 to size
    offsets = jnp.zeros(groups.size).at[groups].set(ranks / deviation)
    room = 4 * budgets * (1 - budgets)
    return jnp.clip(budgets + spread * room * jnp.repeat(offsets, PER_PHOTO), 0.0, 1.0)


def _centered_ranks(values: jax.Array) -> jax.Array:
    """Ranks within each row of `[G, N]`, less their mean; equal values share the mean of theirs."""
    below = (values[:, None, :] < values[:, :, None]).sum(axis=-1)
    above = (values[:, None, :] > values[:, :, None]).sum(axis=-1)
    return (below - above) / 2
