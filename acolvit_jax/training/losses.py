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


def sparsity(decisions: jax.Array, budget: jax.Array | float) -> jax.Array:
    """Squared distance of the keep ratio from its budget (paper eq. 9).

    The mean runs over the whole batch, the blocks and both sublayers, so that single photos are
    free to take more or less.

    Args:
        decisions: `[B, depth, 2]`, 1 where a sublayer is computed.
        budget: keep ratio beta in (0, 1].

    Returns:
        A float32 scalar.
    """
    return (decisions.mean() - budget) ** 2
