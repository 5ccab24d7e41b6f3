"""A photo's lightness at the model's size: what the model and the steps around it read."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.jax_settings import compiled
from acolvit_jax.inference.levels import inner, spread_tones
from acolvit_jax.photo import color, images

_WINDOW = 9  # pixels of the model's image, side of the square whose texture is looked at


@dataclass(frozen=True, eq=False)
class Tones:
    """A photo without its colors.

    Attributes:
        norm: float32 `[S, S, 1]`, normalized lightness, of a faded photo as if it were not.
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
        small = images.resize(rgb, (side, side))
        lightness = color.uint8_to_lightness(small)
        if images.has_one_color_a_tone(inner(small)):
            lightness = spread_tones(lightness)
        return cls(color.normalize_l(lightness[..., None]))

    @functools.cached_property
    def lightness(self) -> np.ndarray:
        """L*, float32 `[S, S]`."""
        return color.denormalize_l(self.norm[..., 0])

    @functools.cached_property
    def smoothness(self) -> np.ndarray:
        """Minus the logarithm of 1 + the deviation of L* around each pixel, float32 `[S, S]`."""
        return np.asarray(compiled(_smoothness)(self.lightness))

    @property
    def nbytes(self) -> int:
        """Memory that it takes at most."""
        return 3 * self.norm.nbytes


def _smoothness(lightness: jax.Array) -> jax.Array:
    mean, variance = _along(lightness, 1)
    between = _along(mean, 0)[1]
    within = sum(_shifts(variance, 0)) / _WINDOW
    return -jnp.log1p(jnp.sqrt(between + within))


def _along(plane: jax.Array, axis: int) -> tuple[jax.Array, jax.Array]:
    """Mean and variance in a window along an axis.

    Of distances from the middle: squares of L* itself would leave float32 few digits for these.
    """
    apart = [shifted - plane for shifted in _shifts(plane, axis)]
    mean = sum(apart) / _WINDOW
    variance = sum(x * x for x in apart) / _WINDOW - mean * mean
    return plane + mean, jnp.maximum(variance, 0)


def _shifts(plane: jax.Array, axis: int) -> list[jax.Array]:
    """A plane `[S, S]` moved by each place of a window; the border is mirrored."""
    half = _WINDOW // 2
    padded = jnp.pad(plane, [(half, half) if i == axis else (0, 0) for i in (0, 1)], "symmetric")
    length = plane.shape[axis]
    return [jax.lax.slice_in_dim(padded, i, i + length, axis=axis) for i in range(_WINDOW)]
