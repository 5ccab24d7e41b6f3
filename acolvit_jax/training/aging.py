"""What scans, old prints and phones do to lightness, on the devices: `data.augment`'s changes.

Lightness is float32 `[S, S]`, normalized to [-0.5, 0.5].
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.data import augment
from acolvit_jax.training.crops import EXACT

BLOCK = 8  # pixels along a side of what JPEG transforms at once
# How coarsely JPEG keeps each frequency of lightness at a quality of 50 (ITU-T T.81, table K.1).
COARSENESS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)


def age_lightness(key: jax.Array, l_norm: jax.Array) -> jax.Array:
    """Changes lightness in the order in which a photo meets it: blur, tones, noise, JPEG.

    Args:
        key: of the randomness.
        l_norm: float32 `[S, S]`, normalized.

    Returns:
        float32 `[S, S]`, normalized, inside [-0.5, 0.5].
    """
    some_key, *keys = jax.random.split(key, 5)
    changed = jax.random.bernoulli(some_key, augment.CHANCE, (4,))
    for i, change in enumerate((blur, tones, noise, jpeg)):
        l_norm = jnp.where(changed[i], change(keys[i], l_norm), l_norm)
    return jnp.clip(l_norm, -0.5, 0.5)


def tones(key: jax.Array, l_norm: jax.Array) -> jax.Array:
    """Bends the tones by a gamma and squeezes them between a lifted black and a dull white."""
    bend, black, white = jax.random.uniform(key, (3,))
    gamma = jnp.exp((2 * bend - 1) * math.log(augment.MOST_GAMMA))
    black, white = black / 4, 0.75 + white / 4
    return black + (white - black) * jnp.clip(l_norm + 0.5, 0.0, 1.0) ** gamma - 0.5


def noise(key: jax.Array, l_norm: jax.Array) -> jax.Array:
    """Adds the grain of film or sensor, white and Gaussian."""
    size_key, key = jax.random.split(key)
    size = jax.random.uniform(size_key, maxval=augment.MOST_NOISE)
    return l_norm + size * jax.random.normal(key, l_norm.shape)


def blur(key: jax.Array, l_norm: jax.Array) -> jax.Array:
    """Blurs by a Gaussian, as a lens or a rescaled scan does."""
    low, high = augment.BLUR_RADII
    radius = jax.random.uniform(key, minval=low, maxval=high)
    places = jnp.arange(len(l_norm))
    weights = jnp.exp(-0.5 * jnp.square((places[:, None] - places) / radius))
    weights = weights / weights.sum(axis=1, keepdims=True)
    product = functools.partial(jnp.matmul, precision=EXACT)
    return product(product(weights, l_norm), weights.T)


def jpeg(key: jax.Array, l_norm: jax.Array) -> jax.Array:
    """Rounds the frequencies of the lightness as a grey JPEG does."""
    low, high = augment.JPEG_QUALITIES
    return jpeg_of(jax.random.randint(key, (), low, high + 1), l_norm)


def jpeg_of(quality: jax.Array, l_norm: jax.Array) -> jax.Array:
    """A grey JPEG of a quality from 1 to 100, by the scale that libjpeg has."""
    percent = jnp.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    steps = jnp.clip(jnp.floor((COARSENESS * percent + 50) / 100), 1, 255)
    side = len(l_norm)
    levels = jnp.clip(jnp.round((l_norm + 0.5) * 255), 0, 255) - 128
    levels = jnp.pad(levels, (0, -side % BLOCK), mode="edge")  # the last blocks are filled up
    blocks = len(levels) // BLOCK
    parts = levels.reshape(blocks, BLOCK, blocks, BLOCK)
    waves = jnp.asarray(_waves())
    around = functools.partial(jnp.einsum, precision=EXACT)
    kept = (
        jnp.round(around("ki,aibj,lj->akbl", waves, parts, waves) / steps[:, None]) * steps[:, None]
    )
    shown = around("ki,akbl,lj->aibj", waves, kept, waves).reshape(levels.shape)[:side, :side]
    return jnp.clip(jnp.round(shown + 128), 0, 255) / 255 - 0.5


def _waves() -> np.ndarray:
    """The orthonormal cosine transform of a line of a block, `[frequency, pixel]`."""
    frequency, pixel = np.mgrid[:BLOCK, :BLOCK]
    waves = np.sqrt(2 / BLOCK) * np.cos(np.pi * (2 * pixel + 1) * frequency / (2 * BLOCK))
    waves[0] = np.sqrt(1 / BLOCK)
    return waves.astype(np.float32)
