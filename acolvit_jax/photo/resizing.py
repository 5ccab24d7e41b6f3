"""Pictures at another size, and whether there is color in them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from acolvit_jax.photo.lines import bilinear_bands, multiply

GREY_CHROMA = 3.0  # mean distance from grey, in 8-bit steps, below which a photo has no color
_TONE = 16  # steps of green that count as one tone
_TONES = 4  # at least, in a photo; fewer may be things of one color
_LINES = 4  # of the result, made at once
# Sums of floats miss a half by last bits, to either side: with this all are rounded up, everywhere.
_HALVES = 2**-10


def resize(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes, bilinear with antialiasing; the aspect is not kept.

    Heights first where they get smaller, and rounded once: twice as fast as Pillow's, which goes
    across first and rounds between. No channel is more than one step from Pillow's, and none
    further from the truth than rounding takes it.

    Args:
        rgb: uint8 `[H, W, 3]`.
        size: height and width to make, in pixels.

    Returns:
        uint8 `[*size, 3]`.
    """
    source = rgb.reshape(len(rgb), -1)  # a line holds three numbers a pixel
    if len(rgb) < size[0]:  # across first, since what lies between would be larger than the photo
        between = _across(source, rgb.shape[1], size[1])
        out = _down(between, size[0])
    else:
        between = _down(source, size[0])
        out = _across(between, rgb.shape[1], size[1])
    out += np.float32(0.5 + _HALVES)
    return out.astype(np.uint8).reshape(*size, 3)


def _down(lines: np.ndarray, height: int) -> np.ndarray:
    """Lines `[h, n]` as float32 `[height, n]`."""
    out = np.empty((height, lines.shape[1]), np.float32)
    for made, used, weights in bilinear_bands(len(lines), height, _LINES):
        multiply(weights, lines[used], out[made])
    return out


def _across(lines: np.ndarray, pixels: int, width: int) -> np.ndarray:
    """Lines of some pixels, `[n, 3 * pixels]`, as float32 `[n, 3 * width]`."""
    out = np.empty((len(lines), 3 * width), np.float32)
    for made, used, weights in bilinear_bands(pixels, width, _LINES, beside=3):
        part = lines[:, used].astype(np.float32, copy=False)
        np.matmul(part, weights.T, out=out[:, made])
    return out


def shrink(rgb: np.ndarray, side: int) -> np.ndarray:
    """Makes an image smaller until its short side has some pixels; a smaller one stays as it is.

    Args:
        rgb: uint8 `[H, W, 3]`.
        side: pixels of the short side, at most.

    Returns:
        uint8 `[H', W', 3]`, the aspect kept.
    """
    height, width = rgb.shape[:2]
    scale = side / min(height, width)
    if scale >= 1:
        return rgb
    return resize(rgb, (max(1, round(height * scale)), max(1, round(width * scale))))


def crop_resize(
    rgb: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int]
) -> np.ndarray:
    """Resizes a part of an image in one pass, bilinear with antialiasing: Pillow's.

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


def has_one_color_a_tone(rgb: np.ndarray) -> bool:
    """Tells photos without colors of their own: grey ones, and those in sepia, blue or the like.

    Args:
        rgb: uint8 `[H, W, 3]`, small, but of far more pixels than the 16 tones: the only pixel of
            a tone is that tone's color, and counts as one without a color of its own.

    Returns:
        Whether pixels of one tone differ by less than `GREY_CHROMA` steps on average from that
        tone's color, or from grey in a picture of few tones: red minus green and blue minus green
        added up.
    """
    red, green, blue = (plane.ravel().astype(np.float32) for plane in np.moveaxis(rgb, -1, 0))
    _, tone, count = np.unique(green // _TONE, return_inverse=True, return_counts=True)
    off = np.zeros_like(green)
    for channel in (red - green, blue - green):
        usual = np.bincount(tone, channel) / count if len(count) >= _TONES else np.zeros(len(count))
        off += abs(channel - usual[tone])
    return float(off.mean()) < GREY_CHROMA
