"""From the model's colours to the photo: upsample a and b, lay them on the photo's lightness."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from acolvit_jax.photo import color

CHUNK = 2**17  # pixels composed at once; one program serves photos of every size
BAND = 2**20  # pixels upsampled at once, so that memory stays bounded

_pool = ThreadPoolExecutor(2)  # one plane of colour a thread


def upsample(
    ab: np.ndarray, size: tuple[int, int], rows: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Upsamples colours to some rows of a photo, bicubic.

    Bicubic was the best of those measured on real photos (benchmarks/upsampling.py).

    Args:
        ab: float32 `[S, S, 2]`, a* and b*.
        size: height and width of the photo.
        rows: the first row to make and the row after the last.

    Returns:
        a* and b*, float32 `[rows, width]` each.
    """
    height, width = size
    scale = ab.shape[0] / height
    box = (0, rows[0] * scale, ab.shape[1], rows[1] * scale)

    def resize(plane: np.ndarray) -> np.ndarray:
        image = Image.fromarray(np.ascontiguousarray(plane))
        target = (width, rows[1] - rows[0])
        return np.asarray(image.resize(target, Image.Resampling.BICUBIC, box=box))

    a, b = _pool.map(resize, (ab[..., 0], ab[..., 1]))
    return a, b


def color_photo(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Gives a photo new colours and leaves its lightness.

    Args:
        rgb: uint8 `[H, W, 3]`, the photo.
        ab: float32 `[S, S, 2]`, a* and b* at the model's size.

    Returns:
        uint8 `[H, W, 3]`; colours outside sRGB are clipped.
    """
    height, width = rgb.shape[:2]
    band = max(1, BAND // width)
    out = np.empty_like(rgb)
    for top in range(0, height, band):
        bottom = min(height, top + band)
        colors = upsample(ab, (height, width), (top, bottom))
        out[top:bottom] = _compose(rgb[top:bottom], *colors)
    return out


def _compose(rgb: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Lightness of uint8 `[h, W, 3]` and colours `[h, W]` as uint8 `[h, W, 3]`."""
    planes = rgb.reshape(-1, 3), a.reshape(-1), b.reshape(-1)
    out = np.empty_like(planes[0])
    for start in range(0, len(out), CHUNK):
        part = slice(start, start + CHUNK)
        chunk = _compose_program()(*(_fill(plane[part]) for plane in planes))
        out[part] = np.asarray(chunk)[: len(out) - start]
    return out.reshape(rgb.shape)


def _fill(values: np.ndarray) -> np.ndarray:
    """The values `[n, ...]`, with zeros behind them to make up a chunk."""
    missing = CHUNK - len(values)
    return np.pad(values, ((0, missing), *((0, 0),) * (values.ndim - 1))) if missing else values


def pin_cells(out: np.ndarray, rgb: np.ndarray, planes: np.ndarray, hint_size: int) -> None:
    """Gives the photo's pixels under hinted cells exactly the hints' colours.

    Args:
        out: uint8 `[H, W, 3]`, the photo in colour; changed in place.
        rgb: uint8 `[H, W, 3]`, the photo.
        planes: float32 `[S, S, 3]`, from `hint_planes`.
        hint_size: side of a cell, in pixels of the model's image.
    """
    cells = planes[::hint_size, ::hint_size]
    for row, column in np.argwhere(cells[..., 2] > 0):
        # The pixels p of the photo with p * S // size // hint_size equal to the cell's number.
        part = tuple(
            slice(
                -(-i * hint_size * size // planes.shape[0]),
                -(-(i + 1) * hint_size * size // planes.shape[0]),
            )
            for i, size in zip((row, column), rgb.shape[:2], strict=True)
        )
        a, b = color.denormalize_ab(cells[row, column, :2])
        pinned = color.recolor(rgb[part].astype(np.float32) / 255.0, a, b)
        out[part] = np.round(pinned * 255.0).astype(np.uint8)


@functools.cache
def _compose_program() -> jax.stages.Compiled:
    """The compiled program for one chunk of pixels."""

    def compose(rgb: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
        composed = color.recolor(rgb.astype(jnp.float32) / 255.0, a, b, jnp)
        return jnp.round(composed * 255.0).astype(jnp.uint8)

    pixels = jax.ShapeDtypeStruct((CHUNK, 3), jnp.uint8)
    plane = jax.ShapeDtypeStruct((CHUNK,), jnp.float32)
    return jax.jit(compose).lower(pixels, plane, plane).compile()
