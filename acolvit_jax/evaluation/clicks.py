"""What a person experiences who clicks where the result is worst: the measure, on arrays alone.

Hints are placed one after the other, each in the cell with the largest blurred error, with its true
color. Counting them until the result is good enough is the number of clicks (NoC) of interactive
segmentation (Sofiiuk et al. 2022, "Reviving iterative training with mask guidance").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from acolvit_jax.hints.clicks import BLUR

TARGETS = (26.0, 28.0, 30.0)  # dB
RADII = (16, 32, 64)  # pixels of the model's image
EDGE_SHARE = 0.1  # of the pixels, those with the largest gradient, are strong edges
EDGE_BLUR = 1.0  # pixels, before the gradient is taken


def next_cell(error: np.ndarray, taken: np.ndarray) -> tuple[int, int]:
    """Where a person clicks next.

    Args:
        error: `[S, S]`, squared error of the result by pixel, any unit.
        taken: bool `[R, R]`, cells that are hinted; R divides S.

    Returns:
        Row and column of the cell, not taken, whose error, blurred by a Gaussian of `BLUR`, is
        largest; of equals the first by rows.

    Raises:
        ValueError: if every cell is taken.
    """
    if taken.all():
        raise ValueError(f"all {taken.size} cells are taken")
    cells, size = taken.shape[0], error.shape[0] // taken.shape[0]
    blurred = ndimage.gaussian_filter(error.astype(np.float64), BLUR, mode="nearest")
    means = blurred.reshape(cells, size, cells, size).mean(axis=(1, 3))
    row, column = np.unravel_index(np.argmax(np.where(taken, -1.0, means)), taken.shape)
    return int(row), int(column)


def clicks_to(psnr: Sequence[float], target: float) -> int | None:
    """Number of clicks.

    Args:
        psnr: in dB after 0, 1, 2, ... clicks.
        target: in dB.

    Returns:
        The first number of clicks with at least the target, None if there is none.
    """
    return next((k for k, value in enumerate(psnr) if value >= target), None)


def distances(cell: tuple[int, int], side: int, hint_size: int) -> np.ndarray:
    """Distance in pixels from the center of a cell to every pixel, `[side, side]`."""
    row, column = (hint_size * c + (hint_size - 1) / 2 for c in cell)
    y, x = np.ogrid[:side, :side]
    return np.hypot(y - row, x - column)


def reach(change: np.ndarray, distance: np.ndarray) -> list[float] | None:
    """How near to a click its change stays.

    Args:
        change: `[S, S]`, how far each pixel's color moved, 0 or more.
        distance: `[S, S]`, from the click in pixels.

    Returns:
        Share of the change within each of `RADII`; None if nothing changed.
    """
    total = change.sum()
    if not total:
        return None
    return [float(change[distance <= radius].sum() / total) for radius in RADII]


def beyond_edges(l_norm: np.ndarray, cell: tuple[int, int], hint_size: int) -> np.ndarray:
    """Pixels that a click reaches only across strong edges.

    Strong edges are the tenth of the pixels with the largest gradient of lightness. They part the
    image into regions (neighbors by sides); the click's own are those that its cell touches.

    Args:
        l_norm: `[S, S]`, lightness in any unit.
        cell: of the click.
        hint_size: side of a cell, in pixels.

    Returns:
        bool `[S, S]`: True in the other regions, False in the click's own and on the edges.
    """
    lightness = l_norm.astype(np.float64)
    gradient = ndimage.gaussian_gradient_magnitude(lightness, EDGE_BLUR, mode="nearest")
    flat = gradient <= np.quantile(gradient, 1 - EDGE_SHARE)
    regions, _ = ndimage.label(flat)
    top, left = (hint_size * c for c in cell)
    own = np.unique(regions[top : top + hint_size, left : left + hint_size])
    return flat & ~np.isin(regions, own[own > 0])
