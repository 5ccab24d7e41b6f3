"""From the model's colors to the photo: finishing, upsampling, the photo's lightness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.common.text import brief
from acolvit_jax.photo.compose import CHUNK, GROUP, Composer
from acolvit_jax.photo.upsampling import Upsampler

SATURATIONS = (0.0, 2.0)
WARMTHS = (-1.0, 1.0)
_MOST_GROUPS = CHUNK // GROUP // 4  # of a row, whose colors are upsampled at once
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
        """Refuses what is no number or out of range.

        Raises:
            ConfigError: with the value and the range.
        """
        for name, (low, high) in (("saturation", SATURATIONS), ("warmth", WARMTHS)):
            value = getattr(self, name)
            if not low <= _number(value) <= high:
                raise ConfigError(f"{name} {brief(value)} must be a number in [{low:g}, {high:g}]")

    def of(self, ab: np.ndarray) -> np.ndarray:
        """Finishes colors.

        Args:
            ab: float32 `[..., 2]`, a* and b*.

        Returns:
            float32 `[..., 2]`.
        """
        finished = ab * np.float32(self.saturation)
        for plane, most in enumerate(WARMTH_AB):
            finished[..., plane] += np.float32(self.warmth * most)
        return finished


def _number(value: Any) -> float:
    """A number of Python, NumPy or JAX; NaN for what is none."""
    try:
        return math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


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
    groups = -(-width // GROUP)  # of a row
    planes = ab.transpose(2, 0, 1)
    composer, out = Composer(), np.empty_like(rgb, order="C")
    across = min(groups, _MOST_GROUPS)
    for left in range(0, groups, across):
        columns = slice(left, min(groups, left + across))
        pixels = slice(GROUP * columns.start, min(width, GROUP * columns.stop))
        upsampler = Upsampler(planes, (height, width), GROUP, columns)
        _color_columns(rgb[:, pixels], upsampler, composer, out[:, pixels])
        del upsampler  # two at once would be the most that a long picture takes
    return out


def _color_columns(
    rgb: np.ndarray, upsampler: Upsampler, composer: Composer, out: np.ndarray
) -> None:
    """Gives some columns of a photo, at most a chunk wide, the colors of an upsampler."""
    height, width = rgb.shape[:2]
    groups = -(-width // GROUP)
    down = CHUNK // GROUP // groups
    for top in range(0, height, down):
        # What is upsampled is composed while it is in cache.
        rows = slice(top, min(height, top + down))
        shape = rows.stop - rows.start, groups
        count = GROUP * shape[0] * groups
        upsampler.rows(rows, out=composer.ab(count).reshape(2, GROUP, *shape))
        tile = shape[0], GROUP * groups, 3
        composer.rgb(count).reshape(tile)[:, :width] = rgb[rows]
        out[rows] = composer.compose()[:count].reshape(tile)[:, :width]
