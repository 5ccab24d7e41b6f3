"""Hint cells of training images, drawn on the devices as `hints.sampling` and `hints.clicks` do."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from acolvit_jax.config import DataConfig
from acolvit_jax.hints.clicks import LEAST_DISTANCE


def draw_uniform(key: jax.Array, cells: int, data: DataConfig) -> jax.Array:
    """Draws cells that are all as likely, from none to `data.max_hints`.

    Args:
        key: of the randomness.
        cells: R, along a side of the whole image.
        data: number of hints, at most that of the cells, and how it is drawn.

    Returns:
        bool `[R, R]`, the hinted cells.
    """
    most = data.max_hints
    count_key, key = jax.random.split(key)
    if data.hint_counts == "uniform":
        count = jax.random.randint(count_key, (), 0, most + 1)
    else:
        count = _log_uniform(count_key, most + 2) - 1
    return highest(jax.random.uniform(key, (cells, cells)), count, most)


def draw_clicks(key: jax.Array, ab_cells: jax.Array, data: DataConfig) -> jax.Array:
    """Draws cells where a person would click, from one to `data.max_clicks`.

    Args:
        key: of the randomness.
        ab_cells: float32 `[R, R, 2]`, normalized a, b of the cells that are shown.
        data: number of clicks, at most that of the cells, and exponent.

    Returns:
        bool `[R, R]`, the hinted cells.
    """
    count_key, mean_key, key = jax.random.split(key, 3)
    reference = jnp.where(jax.random.bernoulli(mean_key), ab_cells.mean(axis=(0, 1)), 0.0)
    squares = jnp.square(ab_cells - reference).sum(axis=-1) + LEAST_DISTANCE
    scores = data.click_exponent * jnp.log(squares) + jax.random.gumbel(key, squares.shape)
    count = _log_uniform(count_key, data.max_clicks + 1)
    return highest(scores, count, data.max_clicks)


def _log_uniform(key: jax.Array, end: int) -> jax.Array:
    """A whole number from 1 to `end` - 1, its logarithm uniform before it is rounded down."""
    return jnp.floor(jnp.exp(jax.random.uniform(key) * jnp.log(end))).astype(jnp.int32)


def highest(scores: jax.Array, count: jax.Array, most: int) -> jax.Array:
    """The cells of the highest scores.

    Logits plus Gumbel noise as scores are draws without replacement.

    Args:
        scores: `[R, R]`.
        count: how many cells, at most `most`.
        most: at most the number of cells.

    Returns:
        bool `[R, R]`.
    """
    best = jax.lax.top_k(scores.ravel(), most)[1]
    drawn = jnp.zeros(scores.size, bool).at[best].set(jnp.arange(most) < count)
    return drawn.reshape(scores.shape)
