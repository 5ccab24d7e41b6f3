"""Parts of photos as training images, cut and resized on the devices."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from acolvit_jax.data.transforms import CROP_ASPECTS, CROP_TRIES

EXACT = jax.lax.Precision.HIGHEST  # eight bits of color do not survive a product in bfloat16


def draw_box(key: jax.Array, size: jax.Array, scale_min: float) -> jax.Array:
    """Draws the part of a photo that a training image shows, as `data.transforms` does.

    Args:
        key: of the randomness.
        size: int32 `[2]`, height and width of the photo.
        scale_min: smallest share of the photo's area.

    Returns:
        float32 `[4]`: left, top, right, bottom in pixels.
    """
    area_key, aspect_key, place_key = jax.random.split(key, 3)
    height, width = size[0], size[1]
    shape = (CROP_TRIES,)
    area = height * width * jax.random.uniform(area_key, shape, minval=scale_min, maxval=1.0)
    low, high = (math.log(aspect) for aspect in CROP_ASPECTS)
    aspect = jnp.exp(jax.random.uniform(aspect_key, shape, minval=low, maxval=high))
    w = jnp.round(jnp.sqrt(area * aspect)).astype(jnp.int32)
    h = jnp.round(jnp.sqrt(area / aspect)).astype(jnp.int32)
    fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
    w, h = w[jnp.argmax(fits)], h[jnp.argmax(fits)]  # of the first that fits
    room = jnp.maximum(jnp.stack([width - w, height - h]), 0)
    left, top = jax.random.randint(place_key, (2,), 0, room + 1)
    drawn = jnp.stack([left, top, left + w, top + h]).astype(jnp.float32)
    return jnp.where(fits.any(), drawn, _largest_box(height, width))


def _largest_box(height: jax.Array, width: jax.Array) -> jax.Array:
    """The largest centered box of an allowed aspect."""
    w = jnp.minimum(width, jnp.maximum(1.0, jnp.round(height * CROP_ASPECTS[1])))
    h = jnp.minimum(height, jnp.maximum(1.0, jnp.round(width / CROP_ASPECTS[0])))
    return jnp.stack([width - w, height - h, width + w, height + h]) / 2


def window_box(box: jax.Array, origin: jax.Array, window: int, grid_size: int) -> jax.Array:
    """The part of a crop that a window of patches shows, as `data.transforms` has it.

    Args:
        box: float32 `[4]`, of the whole image.
        origin: int32 `[2]`, row and column of the window in the patch grid.
        window: patches along a side of the window.
        grid_size: patches along a side of the whole image.

    Returns:
        float32 `[4]`: left, top, right, bottom in pixels of the photo.
    """
    corner, size = box[:2], (box[2:] - box[:2]) / grid_size
    start = corner + origin[::-1] * size
    return jnp.concatenate([start, start + window * size])


def resample(photo: jax.Array, size: jax.Array, box: jax.Array, side: int) -> jax.Array:
    """Resizes a part of a photo, bilinear with antialiasing: `photo.images.crop_resize`.

    Across first and rounded between, halves up, as Pillow does, whose fixed-point weights take some
    values to the next step.

    Args:
        photo: uint8 `[M, M, 3]`, the photo in its top left corner.
        size: int32 `[2]`, height and width of the photo.
        box: float32 `[4]`: left, top, right, bottom in pixels of the photo.
        side: S, in pixels.

    Returns:
        float32 `[S, S, 3]`, whole numbers in 0..255.
    """
    across = _weights(box[0], box[2], size[1], photo.shape[1], side)
    down = _weights(box[1], box[3], size[0], photo.shape[0], side)
    values = photo.astype(jnp.float32)
    values = _halves_up(jnp.einsum("jm,nmc->njc", across, values, precision=EXACT))
    return _halves_up(jnp.einsum("in,njc->ijc", down, values, precision=EXACT))


def _halves_up(values: jax.Array) -> jax.Array:
    """Rounds; `jnp.round` takes halves to the even number."""
    return jnp.floor(values + 0.5)


def _weights(
    low: jax.Array, high: jax.Array, valid: jax.Array, length: int, side: int
) -> jax.Array:
    """What each of `length` pixels, the first `valid` of them real, adds to each of `side`."""
    scale = (high - low) / side
    centers = low + (jnp.arange(side) + 0.5) * scale  # [side]
    pixels = jnp.arange(length)
    away = jnp.abs(pixels + 0.5 - centers[:, None]) / jnp.maximum(scale, 1.0)  # [side, length]
    weights = jnp.where(pixels < valid, jnp.maximum(1.0 - away, 0.0), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
