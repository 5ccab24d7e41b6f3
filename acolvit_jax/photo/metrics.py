"""Scores of single images: they are averaged where all of them are known."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from acolvit_jax.photo import color

MSE_FLOOR = 1e-5


def psnr(predicted: jax.Array, truth: jax.Array) -> jax.Array:
    """Peak signal-to-noise ratio of each image (docs/reference.md, "Evaluation protocol").

    Args:
        predicted: sRGB in [0, 1], `[B, H, W, 3]`.
        truth: of the same shape.

    Returns:
        float32 `[B]` in dB; the squared error is floored at 1e-5, so 50 dB is the most.

    Raises:
        ValueError: if the shapes differ.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"shapes differ: {predicted.shape=}, {truth.shape=}")
    return _decibels(((predicted - truth) ** 2).mean(axis=(1, 2, 3)))


def _decibels(mse: jax.Array) -> jax.Array:
    return 10.0 * jnp.log10(1.0 / jnp.maximum(mse, MSE_FLOOR))


def compose_rgb(l_norm: ArrayLike, ab_norm: ArrayLike) -> jax.Array:
    """Puts predicted colors on the photo's lightness.

    Args:
        l_norm: normalized lightness, `[..., H, W]`.
        ab_norm: normalized a, b, `[..., H, W, 2]`.

    Returns:
        sRGB in [0, 1], `[..., H, W, 3]`.
    """
    lightness = color.denormalize_l(jnp.asarray(l_norm))[..., None]
    lab = jnp.concatenate([lightness, color.denormalize_ab(jnp.asarray(ab_norm))], axis=-1)
    return color.lab_to_rgb(lab, jnp)


def boundary_psnr(predicted: jax.Array, truth: jax.Array, patch_size: int) -> jax.Array:
    """IColoriT's boundary PSNR: only pixels on both sides of the patches' borders.

    Args:
        predicted: sRGB in [0, 1], `[B, S, S, 3]`.
        truth: of the same shape.
        patch_size: side P of a patch, in pixels.

    Returns:
        float32 `[B]` in dB, floored like `psnr`.
    """
    place = jnp.arange(predicted.shape[1])
    first, last = place % patch_size == 0, place % patch_size == patch_size - 1
    # The image's own border is no border between patches.
    edge = (first & (place > 0)) | (last & (place < predicted.shape[1] - 1))
    mask = (edge[:, None] | edge[None, :])[None, :, :, None]
    squares = jnp.where(mask, (predicted - truth) ** 2, 0.0).sum(axis=(1, 2, 3))
    return _decibels(squares / (3 * mask.sum()))


def patch_error_variance(predicted: jax.Array, truth: jax.Array, patch_size: int) -> jax.Array:
    """IColoriT's patch error variance: how unevenly the error lies over the patches.

    Args:
        predicted: sRGB in [0, 1], `[B, S, S, 3]`.
        truth: of the same shape.
        patch_size: side P of a patch, in pixels.

    Returns:
        float32 `[B]`: variance over the patches of their root mean square errors, in 8-bit units.
    """
    b, side = predicted.shape[:2]
    n, p = side // patch_size, patch_size
    squares = (255.0 * (predicted - truth)) ** 2
    rmse = jnp.sqrt(squares.reshape(b, n, p, n, p, 3).mean(axis=(2, 4, 5)))  # [B, n, n]
    return rmse.reshape(b, -1).var(axis=1)
