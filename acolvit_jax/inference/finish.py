"""From the model's colors to the photo: finishing, upsampling, the photo's lightness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from acolvit_jax.common.errors import ConfigError
from acolvit_jax.photo.compose import CHUNK, GROUP, Composer
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
        finished = ab * np.float32(self.saturation)
        for plane, most in enumerate(WARMTH_AB):
            finished[..., plane] += np.float32(self.warmth * most)
        return finished


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
    upsampler = Upsampler(ab.transpose(2, 0, 1), (height, width), apart=GROUP)
    composer, out = Composer(), np.empty_like(rgb, order="C")
    for rows, columns in _tiles(height, groups):
        # What is upsampled is composed while it is in cache.
        shape = rows.stop - rows.start, columns.stop - columns.start
        count = GROUP * shape[0] * shape[1]
        upsampler.tile(rows, columns, out=composer.ab(count).reshape(2, GROUP, *shape))
        pixels = slice(GROUP * columns.start, min(width, GROUP * columns.stop))
        inside = slice(0, pixels.stop - pixels.start)
        tile = shape[0], GROUP * shape[1], 3
        composer.rgb(count).reshape(tile)[:, inside] = rgb[rows, pixels]
        out[rows, pixels] = composer.compose()[:count].reshape(tile)[:, inside]
    return out


def _tiles(height: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """Rows, and columns of groups, of at most `CHUNK` pixels, that cover a photo."""
    most = CHUNK // GROUP
    across = min(groups, most)
    down = most // across
    for top in range(0, height, down):
        for left in range(0, groups, across):
            yield slice(top, min(height, top + down)), slice(left, min(groups, left + across))
