"""From the model's colors to the photo: finishing, upsampling, the photo's lightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.photo.compose import CHUNK, Composer
from acolvit_jax.photo.upsampling import Upsampler

SATURATIONS = (0.0, 2.0)
WARMTHS = (-1.0, 1.0)
WARMTH_AB = (6.0, 18.0)  # a* and b* of the most warmth: the way daylight moves at dusk


@dataclass(frozen=True)
class Finish:
    """What is done to the colors of the whole result; the model knows nothing of it.

    Attributes:
        saturation: factor of all chroma, 0 to 2.
        warmth: -1 (cool) to 1 (warm), greys too.
    """

    saturation: float = 1.0
    warmth: float = 0.0

    def __post_init__(self) -> None:
        """Refuses values that are out of range.

        Raises:
            ConfigError: with the value and the range.
        """
        for name, (low, high) in (("saturation", SATURATIONS), ("warmth", WARMTHS)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} {value!r} must be in [{low:g}, {high:g}]")

    def of(self, ab: np.ndarray) -> np.ndarray:
        """Finishes colors.

        Args:
            ab: float32 `[..., 2]`, a* and b*.

        Returns:
            float32 `[..., 2]`.
        """
        return ab * np.float32(self.saturation) + np.float32(self.warmth) * np.array(
            WARMTH_AB, np.float32
        )


def describe_finishing() -> dict[str, list[float]]:
    """Ranges of saturation and warmth, and a*, b* of the most warmth, as clients are told."""
    return {
        "saturation": list(SATURATIONS),
        "warmth": list(WARMTHS),
        "warmth_ab": list(WARMTH_AB),
    }


def color_photo(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Gives a photo new colors and leaves its lightness.

    Args:
        rgb: uint8 `[H, W, 3]`, the photo.
        ab: float32 `[S, S, 2]`, a* and b* at the model's size.

    Returns:
        uint8 `[H, W, 3]`; colors outside sRGB are clipped.
    """
    height, width = rgb.shape[:2]
    band = max(1, CHUNK // width)  # of rows: what is upsampled is composed while it is in cache
    upsampler = Upsampler(ab.transpose(2, 0, 1), (height, width))
    composer, out = Composer(band * width), np.empty_like(rgb, order="C")
    for top in range(0, height, band):
        part = slice(top, min(height, top + band))
        colors = composer.ab((part.stop - top) * width)
        upsampler.rows(top, part.stop, out=colors.reshape(2, -1, width))
        composer.compose(rgb[part].reshape(-1, 3), out[part].reshape(-1, 3))
    return out
