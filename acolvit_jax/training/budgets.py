"""Training one model for every budget: each photo is computed at two, and what it gains counts.

The paper holds the mean over a batch to the budget, and leaves it to the colour loss who gets more.
That says next to nothing about single photos: all get the same. Here every photo of a batch is
computed at a low and a high budget. How much its loss falls from the one to the other tells what
compute is worth to it, and the photos of a group are asked for a little more or less accordingly.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

PER_PHOTO = 2  # budgets that each photo of a batch is computed at


def draw_budgets(key: jax.Array, groups: int, smallest: float) -> jax.Array:
    """Draws a low and a high budget for each group of a batch.

    They are spread evenly, the low ones over the lower half of the range, each at random within its
    part; a high one is half of the range above its low one.

    Args:
        key: a JAX random key.
        groups: G.
        smallest: budget; the largest is 1.

    Returns:
        float32 `[G, 2]` (low, high), rising.
    """
    half = (1.0 - smallest) / 2
    places = (jnp.arange(groups) + jax.random.uniform(key, (groups,))) / groups
    low = smallest + half * places
    return jnp.stack([low, low + half], axis=-1)


def twice(batch: dict[str, jax.Array], budgets: jax.Array) -> dict[str, jax.Array]:
    """Every photo of a batch at the two budgets of its group, one after the other.

    Args:
        batch: arrays `[B, ...]`; consecutive photos form a group.
        budgets: `[G, 2]` from `draw_budgets`, G a divisor of B.

    Returns:
        Arrays `[2 * B, ...]`, and `budget` `[2 * B]`: low, high, low, high.
    """
    photos = next(iter(batch.values())).shape[0]
    repeated = {name: jnp.repeat(value, PER_PHOTO, axis=0) for name, value in batch.items()}
    by_photo = jnp.repeat(budgets, photos // budgets.shape[0], axis=0)  # [B, 2]
    return repeated | {"budget": by_photo.reshape(-1)}


def own_budgets(budgets: jax.Array, losses: jax.Array, groups: int, spread: float) -> jax.Array:
    """What each photo is asked for: its budget, more where compute helps it more.

    Photos are ranked within their group by the ratio of the losses at their two budgets. The ranks
    have mean 0 and variance 1, so that a group's mean stays at the budget. Towards 0 and 1, where
    there is no room, photos differ less.

    Args:
        budgets: `[2 * B]` from `twice`.
        losses: `[2 * B]`, of single photos at these budgets; above 0.
        groups: G.
        spread: standard deviation of a group's own budgets, at a budget of 1/2.

    Returns:
        float32 `[2 * B]`; no gradient passes.
    """
    low, high = jax.lax.stop_gradient(losses).reshape(-1, PER_PHOTO).T
    gains = (jnp.log(low) - jnp.log(high)).reshape(groups, -1)  # [G, B / G]
    size = gains.shape[1]
    ranks = jnp.argsort(jnp.argsort(gains, axis=1), axis=1) - (size - 1) / 2
    deviation = ((size**2 - 1) / 12) ** 0.5 or 1.0  # that of the numbers 1 to size
    offsets = jnp.repeat((ranks / deviation).reshape(-1), PER_PHOTO)
    room = (4 * budgets * (1 - budgets)) ** 1.5  # keeps a spread of 0.2 within 0 to 1
    return budgets + spread * room * offsets
