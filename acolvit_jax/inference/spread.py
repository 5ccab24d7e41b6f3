"""Hints kept exactly, without a dot: what the model misses at them is spread around them.

The missing color (asked minus predicted) is interpolated by a Gaussian process over place and
lightness: it fades with distance, stops at edges, and hints near each other share it. A narrower
correction then makes the photo's own pixel under each hint exact, or nearly so.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from acolvit_jax.common.jax_settings import compiled
from acolvit_jax.inference.placed import PlacedHints
from acolvit_jax.inference.tones import Tones

_WIDTH = 16.0  # pixels of the model's image, standard deviation of the spread
_TONE = 12.0  # L*, by which likeness fades
_RIDGE = 0.05  # of the missing color's variance, taken for noise
_POINT_WIDTH = 2.0  # pixels, of the correction of single pixels
_POINT_FAR = 12.0  # pixels, beyond which nothing of that is left
_POINT_RIDGE = 0.02  # so that hints closer than a pixel share what is missing
_MOST = 64  # bumps in a call
_REACH = 3.0  # standard deviations, beyond which nothing is spread


def spread_missing(ab: np.ndarray, tones: Tones, hints: PlacedHints) -> np.ndarray:
    """Corrects colors so that the photo shows what hints ask for.

    Args:
        ab: float32 `[S, S, 2]`, a* and b*.
        tones: of the photo.
        hints: all with a color.

    Returns:
        float32 `[S, S, 2]`; `hints.shown` of it is `hints.ab`, but where hints within a few pixels
        of each other are at odds: there it lies between them. Nowhere is more added than is missing
        at a hint, so that it may stay short of a single hint too: by a few units of a* and b* where
        the photo's pixel lies between pixels of the model's image, by up to 20 where it stands for
        many of them, in a photo of a few pixels a side (`docs/color.md`).
    """
    if not len(hints):
        return ab
    places, owners = _area_points(tones.lightness, hints)
    at = tones.lightness[tuple(places.round().astype(int).T)]
    missing = hints.ab - hints.shown(ab)
    gram = np.exp(-_half_squares(places, _WIDTH) - _half_squares(at[:, None], _TONE))
    weights = np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), missing[owners])
    added = bumps(tones, places, weights)
    _add_points(added, missing - hints.shown(np.moveaxis(added, 0, -1)), hints)
    # Nowhere is more added than is missing somewhere: hints at odds do not overshoot.
    return np.asarray(compiled(_with_at_most)(ab, added, abs(missing).max(axis=0)))


def _with_at_most(ab: jax.Array, added: jax.Array, most: jax.Array) -> jax.Array:
    """`[S, S, 2]` and `[2, S, S]`, of which no more is added than `most` `[2]`."""
    return ab + jnp.clip(jnp.moveaxis(added, 0, -1), -most, most)


def _area_points(lightness: np.ndarray, hints: PlacedHints) -> tuple[np.ndarray, np.ndarray]:
    """Points that stand for the areas of hints: `[N, 2]`, and the hint of each, `[N]`.

    An area larger than a cell has nine; those beyond an edge of lightness are left out.
    """
    offsets = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2)
    half = np.maximum(hints.sizes - hints.cell_size, 0) / 2
    places = hints.centers[:, None] + offsets * half[:, None, None]  # [K, 9, 2]
    places = places.clip(0, len(lightness) - 1).astype(np.float32)
    tones = lightness[tuple(np.moveaxis(places.round().astype(int), -1, 0))]  # [K, 9]
    center = len(offsets) // 2
    alike = abs(tones - tones[:, center : center + 1]) < _TONE
    alike &= (half > 0)[:, None]
    alike[:, center] = True
    return places[alike], np.broadcast_to(np.arange(len(hints))[:, None], alike.shape)[alike]


def _half_squares(points: np.ndarray, width: float) -> np.ndarray:
    """Half the squared distances `[N, N]` of points `[N, D]`, in units of a width."""
    points = points.astype(np.float64)
    products = points @ points.T
    squares = np.diag(products)
    return np.maximum(squares[:, None] + squares - 2 * products, 0) / (2 * width**2)


def bumps(tones: Tones, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gaussians of place and lightness.

    Args:
        tones: of the photo.
        places: float `[N, 2]`, rows and columns of their middles, in pixels of the model's image.
        weights: `[N, 2]`, by which they are added into two planes.

    Returns:
        float32 `[2, S, S]`, a new array; a bump is 1 at its middle, and ends at 3 of its widths.
    """
    lightness = tones.lightness
    rows, columns = places.T
    tone = lightness[tuple(places.round().astype(int).T)]
    numbers = np.column_stack([rows, columns, tone, weights]).astype(np.float32)
    out = np.zeros((2, *lightness.shape), np.float32)
    for start in range(0, len(numbers), _MOST):
        part = numbers[start : start + _MOST]
        padded = np.pad(part, [(0, _MOST - len(part)), (0, 0)])
        out = compiled(_add_bumps)(out, lightness, padded, np.int32(len(part)))
    return np.array(out)


def _add_bumps(
    planes: jax.Array, lightness: jax.Array, numbers: jax.Array, count: jax.Array
) -> jax.Array:
    """Planes `[2, S, S]` with the first bumps of `[k, 5]`: row, column, tone, two weights."""
    side = min(len(lightness), 2 * int(_REACH * _WIDTH) + 2)  # of what a bump covers
    places = jnp.arange(side, dtype=jnp.float32)
    both = np.int32(0)  # planes, from the first on

    def add(i: jax.Array, planes: jax.Array) -> jax.Array:
        row, column, tone, *weights = numbers[i]
        top, left = (
            jnp.clip(_first(middle).astype(jnp.int32), 0, len(lightness) - side)
            for middle in (row, column)
        )
        down, right = (start.astype(jnp.float32) + places for start in (top, left))
        near = _covers(row, down)[:, None] & _covers(column, right)
        squares = ((down - row) ** 2)[:, None] + (right - column) ** 2
        squares *= np.float32(1 / _WIDTH**2)
        seen = jax.lax.dynamic_slice(lightness, (top, left), (side, side))
        squares += ((seen - tone) * np.float32(1 / _TONE)) ** 2
        bump = jnp.where(near, jnp.exp(-0.5 * squares), 0)
        before = jax.lax.dynamic_slice(planes, (both, top, left), (2, side, side))
        after = before + jnp.stack(weights)[:, None, None] * bump
        return jax.lax.dynamic_update_slice(planes, after, (both, top, left))

    made: jax.Array = jax.lax.fori_loop(0, count, add, planes)
    return made


def _first(middle: jax.Array) -> jax.Array:
    """The first place along an axis that a bump reaches, if there is one so far."""
    return jnp.floor(middle - np.float32(_REACH * _WIDTH))


def _covers(middle: jax.Array, at: jax.Array) -> jax.Array:
    """Whether a bump reaches the places along an axis."""
    return (at >= _first(middle)) & (at <= jnp.floor(middle + np.float32(_REACH * _WIDTH)))


def _add_points(planes: np.ndarray, missing: np.ndarray, hints: PlacedHints) -> None:
    """Adds what is missing `[K, 2]` at the photo's pixels under the hints to `[2, S, S]`."""
    length = planes.shape[1]
    side = np.arange(length, dtype=np.float64)

    def along(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[slice]]:
        """Gaussians along an axis `[K, S]`, how hints show them `[K, K]`, and where they are."""
        weights = weights.astype(np.float64)
        middle = weights @ side
        made = np.exp(-(((side - middle[:, None]) / _POINT_WIDTH) ** 2) / 2)
        places = [
            slice(max(0, int(x - _POINT_FAR)), min(length, int(x + _POINT_FAR) + 1)) for x in middle
        ]
        return made, weights @ made.T, places

    down, shown_down, rows = along(hints.row_weights)
    right, shown_right, columns = along(hints.column_weights)
    shown = shown_down * shown_right
    ridged = shown + _POINT_RIDGE * np.eye(len(hints))
    weights = np.linalg.solve(ridged, missing)
    weights += np.linalg.solve(ridged, missing - shown @ weights)  # makes up for the ridge
    for i, part in enumerate(zip(rows, columns, strict=True)):
        near = down[i, part[0], None] * right[i, part[1]]
        planes[:, part[0], part[1]] += weights[i, :, None, None] * near
