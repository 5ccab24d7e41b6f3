"""The two losses of the paper (eq. 9 and 10), and one in decibels, in float32."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from acolvit_jax import metrics

ERROR_FLOOR = 1e-4  # added to the squared error: beyond 40 dB next to nothing is to be won


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


def squared_error(lightness: jax.Array, predicted: jax.Array, target: jax.Array) -> jax.Array:
    """Squared error of colours in sRGB, the one that PSNR is made of.

    Args:
        lightness: normalised L of the photos, `[B, H, W]`.
        predicted: normalised a, b, `[B, H, W, 2]`.
        target: of the same shape.

    Returns:
        float32 `[B]`, the mean over pixels and channels of sRGB in [0, 1].
    """
    difference = metrics.compose_rgb(lightness, predicted) - metrics.compose_rgb(lightness, target)
    return (difference**2).mean(axis=(1, 2, 3))


def negative_psnr(squared_errors: jax.Array) -> jax.Array:
    """What errors cost in decibels: each image's PSNR, times -1/100.

    A hundredth brings it to about the size of the Huber loss, so that the same weight of the
    sparsity loss fits.

    Args:
        squared_errors: `[B]`, 0 or more.

    Returns:
        float32 `[B]`, from -0.4 for no error to about 0.
    """
    return 0.1 * jnp.log10(squared_errors + ERROR_FLOOR)


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
