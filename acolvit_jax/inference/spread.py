"""Hints kept exactly, without a dot: what the model misses at them is spread around them.

The missing color (asked minus predicted) is interpolated by a Gaussian process over place and
lightness: it fades with distance, stops at edges, and hints near each other share it. A narrower
correction then makes the photo's own pixel under each hint exact.
"""

from __future__ import annotations

import numpy as np

from acolvit_jax.inference.placed import PlacedHints
from acolvit_jax.inference.tones import Tones

_WIDTH = 16.0  # pixels of the model's image, standard deviation of the spread
_TONE = 12.0  # L*, by which likeness fades
_RIDGE = 0.05  # of the missing color's variance, taken for noise
_POINT_WIDTH = 2.0  # pixels, of the correction of single pixels
_POINT_FAR = 12.0  # pixels, beyond which nothing of that is left
_POINT_RIDGE = 0.02  # so that hints closer than a pixel share what is missing
_REACH = 3.0  # standard deviations, beyond which nothing is spread


def spread_missing(ab: np.ndarray, tones: Tones, hints: PlacedHints) -> np.ndarray:
    """Corrects colors so that the photo shows what hints ask for.

    Args:
        ab: float32 `[S, S, 2]`, a* and b*.
        tones: of the photo.
        hints: all with a color.

    Returns:
        float32 `[S, S, 2]`; `hints.shown` of it is `hints.ab`.
    """
    if not len(hints):
        return ab
    places, owners = _area_points(tones.lightness, hints)
    at = tones.lightness[tuple(places.round().astype(int).T)]
    missing = (hints.ab - hints.shown(ab))[owners]
    gram = np.exp(-_half_squares(places, _WIDTH) - _half_squares(at[:, None], _TONE))
    weights = np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), missing).astype(np.float32)
    planes = np.moveaxis(ab, -1, 0)
    wide = _add_bumps(planes, tones, places, weights)
    # Nowhere is more added than is missing somewhere: hints at odds do not overshoot.
    most = abs(missing).max(axis=0)[:, None, None]
    added = (_exact_points(wide, hints) - planes).clip(-most, most)
    return np.ascontiguousarray(np.moveaxis(planes + added, 0, -1))


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


def _add_bumps(
    planes: np.ndarray, tones: Tones, places: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Adds to planes `[2, S, S]` a bump at every place times its weights `[N, 2]`."""
    out = planes.copy()
    for place, weight in zip(places.tolist(), weights, strict=True):
        share, rows, columns = bump(tones, *place)
        for plane, amount in zip(out, weight, strict=True):
            plane[rows, columns] += share * amount
    return out


def bump(tones: Tones, row: float, column: float) -> tuple[np.ndarray, slice, slice]:
    """A Gaussian of place and lightness.

    Args:
        tones: of the photo.
        row: of its center, in pixels of the model's image.
        column: likewise.

    Returns:
        float32 `[h, w]` in [0, 1], not to be changed, and the rows and columns that it covers.
    """
    rows, columns = (_around(x, _REACH * _WIDTH, len(tones.norm)) for x in (row, column))
    key = ("bump", row, column)
    return tones.kept(key, lambda: _bump(tones.lightness, row, column)), rows, columns


def _bump(lightness: np.ndarray, row: float, column: float) -> np.ndarray:
    side = np.arange(len(lightness), dtype=np.float32)
    rows, columns = (_around(x, _REACH * _WIDTH, len(lightness)) for x in (row, column))
    down = np.exp(-(((side[rows] - np.float32(row)) / _WIDTH) ** 2) / 2)
    right = np.exp(-(((side[columns] - np.float32(column)) / _WIDTH) ** 2) / 2)
    tone = lightness[round(row), round(column)]
    like = np.exp(-(((lightness[rows, columns] - tone) / _TONE) ** 2) / 2)
    like *= down[:, None] * right
    return like


def _around(center: float, far: float, side: int) -> slice:
    """The pixels that a bump reaches."""
    return slice(max(0, int(center - far)), min(side, int(center + far) + 1))


def _exact_points(planes: np.ndarray, hints: PlacedHints) -> np.ndarray:
    """Corrects what planes `[2, S, S]` still miss at the photo's pixels under the hints."""
    length = planes.shape[1]
    side = np.arange(length, dtype=np.float64)

    def bumps(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[slice]]:
        """Gaussians along an axis `[K, S]`, how hints show them `[K, K]`, and where they are."""
        weights = weights.astype(np.float64)
        middle = weights @ side
        made = np.exp(-(((side - middle[:, None]) / _POINT_WIDTH) ** 2) / 2)
        places = [_around(center, _POINT_FAR, length) for center in middle]
        return made, weights @ made.T, places

    down, shown_down, rows = bumps(hints.row_weights)
    right, shown_right, columns = bumps(hints.column_weights)
    gram = shown_down * shown_right + _POINT_RIDGE * np.eye(len(hints))
    out = planes.copy()
    for _ in range(2):  # the second round makes up for the ridge
        weights = np.linalg.solve(gram, hints.ab - hints.shown(np.moveaxis(out, 0, -1)))
        for i, part in enumerate(zip(rows, columns, strict=True)):
            near = down[i, part[0], None] * right[i, part[1]]
            for plane, amount in zip(out, weights[i], strict=True):
                plane[part] += near * amount
    return out
