"""What colorization without learning is worth: grey, the nearest hint, Levin et al. 2004.

Each takes a model's input `[S, S, 4]` (L, a, b, hint mask), normalized, and gives normalized a, b
`[S, S, 2]`, so that it sees just what a model sees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu
from scipy.spatial import KDTree

NEIGHBORS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
SMALLEST_SCALE = 2e-6
LIGHTNESS_WEIGHT = 1.0  # of a difference of 100 L* against the whole side of the image


def grey(inputs: np.ndarray) -> np.ndarray:
    """No color at all."""
    return np.zeros((*inputs.shape[:2], 2), np.float32)


def nearest_hint(inputs: np.ndarray) -> np.ndarray:
    """Every pixel takes the color of the hint that is nearest in position and lightness."""
    height, width = inputs.shape[:2]
    hinted = inputs[..., 3] > 0
    if not hinted.any():
        return grey(inputs)
    rows, columns = np.mgrid[:height, :width]
    places = np.stack([rows / height, columns / width, LIGHTNESS_WEIGHT * inputs[..., 0]], axis=-1)
    nearest = KDTree(places[hinted]).query(places.reshape(-1, 3))[1]
    return inputs[..., 1:3][hinted][nearest].reshape(height, width, 2).astype(np.float32)


def levin(inputs: np.ndarray) -> np.ndarray:
    """Colorization by optimization (Levin, Lischinski and Weiss, SIGGRAPH 2004).

    Each pixel's color is the weighted mean of its eight neighbors', those of like lightness
    weighing more, and hinted pixels keep theirs: a sparse linear system.
    """
    hinted = (inputs[..., 3] > 0).ravel()
    if not hinted.any():
        return grey(inputs)
    means = neighbor_means(inputs[..., 0].astype(np.float64))
    # (I - W) u = 0 at free pixels, u = hint at hinted ones.
    system = diags(np.ones(hinted.size)) - diags((~hinted).astype(float)) @ means
    known = np.where(hinted[:, None], inputs[..., 1:3].reshape(-1, 2), 0.0)
    solved = splu(system.tocsc()).solve(known.astype(np.float64))
    return solved.reshape(*inputs.shape[:2], 2).astype(np.float32)


def neighbor_means(lightness: np.ndarray) -> coo_matrix:
    """Levin's weights: `exp(-(L(r) - L(s))^2 / scale(r))` over the neighbors of r, sum 1.

    The scale is 0.6 times the variance in the 3x3 window, as the authors have it in their program
    (their paper writes twice the variance), and wide enough to leave the likest neighbor 1%.

    Args:
        lightness: float64 `[H, W]`, normalized.

    Returns:
        Sparse `[H * W, H * W]`, rows r, columns s.
    """
    height, width = lightness.shape
    padded = np.pad(lightness, 1, constant_values=np.nan)
    window = np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in NEIGHBORS])
    squares = (window - lightness) ** 2  # nan outside the image
    variance = np.nanvar(np.concatenate([window, lightness[None]]), axis=0)
    scale = np.maximum(0.6 * variance, np.nanmin(squares, axis=0) / np.log(100))
    weights = np.nan_to_num(np.exp(-squares / np.maximum(scale, SMALLEST_SCALE)))
    weights /= weights.sum(axis=0)
    index = np.arange(height * width).reshape(height, width)
    columns = np.stack([index + i * width + j for i, j in NEIGHBORS])
    rows = np.broadcast_to(index, columns.shape)
    inside = weights > 0
    size = height * width
    return coo_matrix((weights[inside], (rows[inside], columns[inside])), shape=(size, size))


BASELINES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grey": grey,
    "nearest": nearest_hint,
    "levin": levin,
}
