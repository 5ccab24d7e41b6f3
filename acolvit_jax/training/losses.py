"""The two losses of the paper (eq. 9 and 10), in float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def huber(predicted: jax.Array, target: jax.Array, delta: float) -> jax.Array:
    """Huber loss on colours, in the form of the reference: slope 1 beyond delta.

    `d^2 / (2 delta)` below delta and `d - delta / 2` above, summed over the two channels, mean
    over the pixels of an image.

    Args:
        predicted: normalised a, b, `[B, H, W, 2]`.
        target: of the same shape.
        delta: where the square ends, in normalised units.

    Returns:
        float32 `[B]`; the paper's loss is its mean.
    """
    d = jnp.abs(predicted.astype(jnp.float32) - target)
    per_channel = jnp.where(d < delta, 0.5 * d**2 / delta, d - 0.5 * delta)
    return per_channel.sum(axis=-1).mean(axis=(1, 2))


def sparsity(decisions: jax.Array, budgets: jax.Array | float) -> jax.Array:
    """Squared distance of the keep ratio from its budget (paper eq. 9).

    The mean runs over all images of a group, the blocks and both sublayers. The paper's batch is
    one group; for a model of any budget every image is a group of its own (`own_budgets`).

    Args:
        decisions: `[B, depth, 2]`, 1 where a sublayer is computed.
        budgets: keep ratios beta in (0, 1], one a group, `[G]`, G a divisor of B; or one number.

    Returns:
        A float32 scalar, the mean over the groups.
    """
    groups = jnp.atleast_1d(budgets)
    keep = decisions.reshape(groups.size, -1).mean(axis=1)  # [G]
    return ((keep - groups) ** 2).mean()
