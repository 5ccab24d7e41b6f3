"""Hints that nobody gave: drawn for training, and of a photo's own colors."""

from __future__ import annotations

import numpy as np

from acolvit_jax.hints.points import Hint


def true_hints(rgb: np.ndarray, count: int, seed: int) -> list[Hint]:
    """Hints that a photo's own colors give, as if a person knew them.

    Args:
        rgb: uint8 `[H, W, 3]`, the photo in color.
        count: of hints.
        seed: of their places.

    Returns:
        Hints on random pixels.
    """
    places = np.random.default_rng(seed).integers(0, rgb.shape[:2], (count, 2)).tolist()
    colors = (rgb[row, column].tolist() for row, column in places)
    return [
        Hint(row, column, (red, green, blue))
        for (row, column), (red, green, blue) in zip(places, colors, strict=True)
    ]


def sample_count(rng: np.random.Generator, most: int, counts: str = "uniform") -> int:
    """Draws the number of hints of a training image, 0 to `most`.

    Args:
        rng: source of randomness.
        most: the largest number.
        counts: `uniform` (docs/reference.md, "Model"), or `log-uniform`: floor(x) - 1 with x
            log-uniform in [1, most + 2), so that 0, 1 to 2, 3 to 6 and 7 to 14 are all as likely.
            People give few.

    Returns:
        The number.
    """
    if counts == "uniform":
        return int(rng.integers(most + 1))
    return int((most + 2) ** rng.random()) - 1


def sample_cells(rng: np.random.Generator, grid: tuple[int, int], count: int) -> np.ndarray:
    """Draws the hint cells of a training image (docs/reference.md, "Model").

    Args:
        rng: source of randomness.
        grid: rows and columns of cells.
        count: K, at most the number of cells.

    Returns:
        int `[K, 2]` (row, column) in cells, uniform without replacement, in random order.
    """
    flat = rng.choice(grid[0] * grid[1], size=count, replace=False)
    return np.stack(np.divmod(flat, grid[1]), axis=-1)
