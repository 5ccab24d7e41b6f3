"""A photo's lightness at the model's size: what the model and the steps around it read."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from acolvit_jax.photo import color, images

_WINDOW = 9  # pixels of the model's image, side of the square whose texture is looked at


@dataclass(frozen=True, eq=False)
class Tones:
    """A photo without its colors; what is worked out of it is kept with it.

    Attributes:
        norm: float32 `[S, S, 1]`, normalized lightness.
    """

    norm: np.ndarray

    @classmethod
    def of(cls, rgb: np.ndarray, side: int) -> Tones:
        """Looks at a photo.

        Args:
            rgb: uint8 `[H, W, 3]`.
            side: S, of the model's image, in pixels.

        Returns:
            Its tones.
        """
        lab = color.uint8_to_lab(images.resize(rgb, (side, side)))
        return cls(color.normalize_l(lab[..., :1]))

    @functools.cached_property
    def lightness(self) -> np.ndarray:
        """L*, float32 `[S, S]`."""
        return color.denormalize_l(self.norm[..., 0])

    @functools.cached_property
    def smoothness(self) -> np.ndarray:
        """Minus the logarithm of 1 + the deviation of L* around each pixel, float32 `[S, S]`."""
        exact = self.lightness.astype(np.float64)
        mean, squares = (ndimage.uniform_filter(x, _WINDOW) for x in (exact, exact**2))
        texture = np.sqrt(np.maximum(squares - mean**2, 0)).astype(np.float32)
        return -np.log1p(texture)

    @property
    def nbytes(self) -> int:
        """Memory that it takes, with what is kept."""
        return 3 * self.norm.nbytes
