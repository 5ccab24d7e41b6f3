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


def most_lines(width: int, side: int) -> int:
    """Lines of a photo that a crop is made of, at most.

    Args:
        width: M, the most pixels that a photo's short side has.
        side: of the whole image that crops become, in pixels.

    Returns:
        Those of the longest crop, and those above and below it that are weighed in.
    """
    longest = math.ceil(width * CROP_ASPECTS[1]) + 2  # sides are rounded
    return longest + math.ceil(max(longest / side, 2.0)) + 2


def resample(
    lines: jax.Array, first: jax.Array, size: jax.Array, box: jax.Array, side: int, most: int
) -> jax.Array:
    """Resizes a part of a photo, bilinear with antialiasing: `photo.images.crop_resize`.

    Rounded between, halves up, as Pillow does, whose fixed-point weights take some values to the
    next step. Of a tall photo heights come first, and more values are a step off.

    Args:
        lines: uint8 `[R, M, 3]`, the photos as `data.memory` has them.
        first: int32, the line in which the photo begins.
        size: int32 `[2]`, height and width of the photo.
        box: float32 `[4]`: left, top, right, bottom in pixels of the photo.
        side: S, in pixels.
        most: lines that any such part is made of; at most R.

    Returns:
        float32 `[S, S, 3]`, whole numbers in 0..255.
    """
    wide = size[1] >= size[0]  # and so transposed
    left, top, right, bottom = jnp.where(wide, box[jnp.array([1, 0, 3, 2])], box)
    scale = (bottom - top) / side
    above = jnp.floor(top + scale / 2 - jnp.maximum(scale, 1.0) - 0.5).astype(jnp.int32)
    start = jnp.minimum(first + jnp.maximum(above, 0), len(lines) - most)
    part = jax.lax.dynamic_slice_in_dim(lines, start, most)
    across = _weights(left, right, jnp.arange(lines.shape[1]), size.min(), side)
    down = _weights(top, bottom, start - first + jnp.arange(most), size.max(), side)
    values = part.astype(jnp.float32)
    values = _halves_up(jnp.einsum("in,nmc->imc", down, values, precision=EXACT))
    values = _halves_up(jnp.einsum("jm,imc->ijc", across, values, precision=EXACT))
    return jnp.where(wide, values.swapaxes(0, 1), values)


def _halves_up(values: jax.Array) -> jax.Array:
    """Rounds; `jnp.round` takes halves to the even number."""
    return jnp.floor(values + 0.5)


def _weights(
    low: jax.Array, high: jax.Array, pixels: jax.Array, length: jax.Array, side: int
) -> jax.Array:
    """What pixels add to each of `side`, those outside of the photo's `length` nothing."""
    scale = (high - low) / side
    centers = low + (jnp.arange(side) + 0.5) * scale  # [side]
    away = jnp.abs(pixels + 0.5 - centers[:, None]) / jnp.maximum(scale, 1.0)  # [side, pixels]
    inside = (pixels >= 0) & (pixels < length)
    weights = jnp.where(inside, jnp.maximum(1.0 - away, 0.0), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
