"""A picture as its file holds it, before colors, alpha and orientation are settled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from acolvit_jax.photo.metadata import Metadata
from acolvit_jax.photo.parts import in_parts

CHANNELS = {"grey": 1, "rgb": 3, "lab": 3, "cmyk": 4}


@dataclass(frozen=True)
class Raster:
    """Pixels in the colors of a file.

    Attributes:
        pixels: `[H, W, C]`, C as `CHANNELS[space]`: uint8 or uint16 over their whole range, or
            float32 in [0, 1]. Grey is 0 where it is black, CMYK 0 where there is no ink, Lab as
            ICC has it (a and b are 0 at the middle of the range).
        space: `grey`, `rgb`, `lab` or `cmyk`.
        alpha: float32 `[H, W]`, 1 where opaque; None for a picture without.
        profile: ICC profile of the colors; None is sRGB.
        orientation: EXIF's number, 1 to 8.
        metadata: what else the file says.
        notes: what a person should know of how the file was read.
    """

    pixels: np.ndarray
    space: str
    alpha: np.ndarray | None = None
    profile: bytes | None = None
    orientation: int = 1
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turns a picture as EXIF's orientation says.

    Args:
        pixels: `[H, W, ...]`.
        orientation: 1 to 8; anything else turns nothing.

    Returns:
        `[H, W, ...]` or `[W, H, ...]`.
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def off_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Takes the white of `over_white` away again.

    Args:
        rgb: uint8 `[H, W, 3]` over white.
        alpha: uint8 `[H, W]`.

    Returns:
        uint8 `[H, W, 4]`, not premultiplied: over white it is the picture again.
    """

    def own(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        share = np.maximum(alpha, 1)[:, None] / np.float32(255)
        colors = 255 + (rgb.astype(np.float32) - 255) / share
        return np.column_stack([np.rint(colors.clip(0, 255)).astype(np.uint8), alpha])

    return in_parts(own, rgb, alpha)


def over_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lays a picture over white.

    Args:
        rgb: uint8 `[H, W, 3]`.
        alpha: float32 `[H, W]` in [0, 1].

    Returns:
        uint8 `[H, W, 3]`.
    """

    def over(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        colors = 255.0 + (rgb.astype(np.float32) - 255.0) * alpha[:, None]
        return np.rint(colors).astype(np.uint8)

    return in_parts(over, rgb, alpha)
