"""Metrics: scores of single images, and means that merge."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from acolvit_jax import color

MSE_FLOOR = 1e-5


def psnr(predicted: jax.Array, truth: jax.Array) -> jax.Array:
    """Peak signal-to-noise ratio of each image (the reference, "Evaluation protocol").

    Args:
        predicted: sRGB in [0, 1], `[B, H, W, 3]`.
        truth: of the same shape.

    Returns:
        float32 `[B]` in dB; the squared error is floored at 1e-5, so 50 dB is the most.

    Raises:
        ValueError: if the shapes differ.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"shapes differ: {predicted.shape=}, {truth.shape=}")
    mse = ((predicted - truth) ** 2).mean(axis=(1, 2, 3))
    return 10.0 * jnp.log10(1.0 / jnp.maximum(mse, MSE_FLOOR))


def compose_rgb(l_norm: ArrayLike, ab_norm: ArrayLike) -> jax.Array:
    """Puts predicted colours on the photo's lightness.

    Args:
        l_norm: normalised lightness, `[..., H, W]`.
        ab_norm: normalised a, b, `[..., H, W, 2]`.

    Returns:
        sRGB in [0, 1], `[..., H, W, 3]`.
    """
    lightness = color.denormalize_l(jnp.asarray(l_norm))[..., None]
    lab = jnp.concatenate([lightness, color.denormalize_ab(jnp.asarray(ab_norm))], axis=-1)
    return color.lab_to_rgb(lab, jnp)


@dataclass(frozen=True)
class Mean:
    """A mean that is kept as sum and count, so that batches and processes merge exactly.

    Attributes:
        total: sum of the values, in float64.
        count: how many.
    """

    total: float = 0.0
    count: float = 0.0

    def add(self, values: np.ndarray, valid: np.ndarray) -> Mean:
        """Adds values `[B]`, those whose `valid` `[B]` is 1.

        Raises:
            ValueError: if the shapes differ.
        """
        if np.shape(values) != np.shape(valid):
            raise ValueError(f"shapes differ: {np.shape(values)=}, {np.shape(valid)=}")
        weights = np.asarray(valid, np.float64)
        total = float((np.asarray(values, np.float64) * weights).sum())
        return Mean(self.total + total, self.count + float(weights.sum()))

    def merge(self, other: Mean) -> Mean:
        """The mean over both sets of values."""
        return Mean(self.total + other.total, self.count + other.count)

    def value(self) -> float:
        """The mean; nan of nothing."""
        return self.total / self.count if self.count else float("nan")
