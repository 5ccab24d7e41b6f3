"""Pictures at another size, and whether there is color in them."""

from __future__ import annotations

import numpy as np
from PIL import Image

GREY_CHROMA = 3.0  # mean distance from grey, in 8-bit steps, below which a photo has no color


def resize(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes, bilinear with antialiasing; the aspect is not kept.

    Args:
        rgb: uint8 `[H, W, 3]`.
        size: height and width to make, in pixels.

    Returns:
        uint8 `[*size, 3]`.
    """
    return crop_resize(rgb, (0, 0, rgb.shape[1], rgb.shape[0]), size)


def crop_resize(
    rgb: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int]
) -> np.ndarray:
    """Resizes a part of an image in one pass, bilinear with antialiasing.

    Args:
        rgb: uint8 `[H, W, 3]`.
        box: left, top, right, bottom in pixels of the image; fractions are allowed.
        size: height and width to make, in pixels.

    Returns:
        uint8 `[*size, 3]`.
    """
    image = Image.fromarray(rgb)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR, box=box))


def is_near_grey(rgb: np.ndarray) -> bool:
    """Tells photos with next to no color, old black-and-white ones for example.

    Args:
        rgb: uint8 `[H, W, 3]`.

    Returns:
        Whether the channels of a thumbnail differ by less than `GREY_CHROMA` steps on average.
    """
    step = max(1, min(rgb.shape[:2]) // 32)
    red, green, blue = np.moveaxis(rgb[::step, ::step], -1, 0)
    most = np.maximum(np.maximum(red, green), blue)
    least = np.minimum(np.minimum(red, green), blue)
    return float((most - least).mean()) < GREY_CHROMA
