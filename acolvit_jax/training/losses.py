"""The two losses of the paper (eq. 9 and 10), in float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def huber(predicted: jax.Array, target: jax.Array, delta: float) -> jax.Array:
    """Huber loss on colours, in the form of the reference: slope 1 beyond delta.

    `d^2 / (2 delta)` below delta and `d - delta / 2` above, summed over the two channels, mean
    over pixels and images.

    Args:
        predicted: normalised a, b, `[..., 2]`.
        target: of the same shape.
        delta: where the square ends, in normalised units.

    Returns:
        A float32 scalar.
    """
    d = jnp.abs(predicted.astype(jnp.float32) - target)
    per_channel = jnp.where(d < delta, 0.5 * d**2 / delta, d - 0.5 * delta)
    return per_channel.sum(axis=-1).mean()


def sparsity(decisions: jax.Array, budgets: jax.Array | float) -> jax.Array:
    """Squared distance of the keep ratio from its budget (paper eq. 9).

    The mean runs over all images of a group, the blocks and both sublayers, so that single photos
    are free to take more or less. The paper's batch is one group.

    Args:
        decisions: `[B, depth, 2]`, 1 where a sublayer is computed.
        budgets: keep ratios beta in (0, 1], one a group, `[G]`, G a divisor of B; or one number.

    Returns:
        A float32 scalar, the mean over the groups.
    """
    groups = jnp.atleast_1d(budgets)
    keep = decisions.reshape(groups.size, -1).mean(axis=1)  # [G]
    return ((keep - groups) ** 2).mean()


def draw_budgets(key: jax.Array, groups: int, smallest: float) -> jax.Array:
    """Draws the budgets of a batch, for a model of any budget.

    They are spread evenly, one in each part of the range, at random within it: every batch asks
    for little and for much.

    Args:
        key: a JAX random key.
        groups: G.
        smallest: budget; the largest is 1.

    Returns:
        float32 `[G]`, rising.
    """
    places = jnp.arange(groups) + jax.random.uniform(key, (groups,))
    return smallest + (1.0 - smallest) * places / groups
