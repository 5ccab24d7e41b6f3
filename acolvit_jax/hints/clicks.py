"""Training hints where a person would click: at colors that nothing else in the photo tells."""

from __future__ import annotations

import numpy as np

BLUR = 8.0  # pixels, standard deviation: a person sees a region that is wrong, not a pixel
LEAST_DISTANCE = 1e-4  # squared, in normalized units: 1 step of a* or b*; grey can be hinted too


def click_weights(ab_cells: np.ndarray, reference: np.ndarray, exponent: float) -> np.ndarray:
    """How often each cell is clicked: a power of its color's squared distance.

    A person clicks where the result is worst. Without a model at hand, the error is that of a
    colorless result (`reference` is grey), or of one that has the photo's mean color only: then
    what is rare in the photo is clicked, a neutral thing in a colorful photo too.

    Args:
        ab_cells: float32 `[R, C, 2]`, normalized a, b of the cells.
        reference: float32 `[2]`, normalized a, b.
        exponent: 0 makes every cell as likely as any other.

    Returns:
        float32 `[R, C]`, above 0, not normalized.
    """
    squares = ((ab_cells - reference) ** 2).sum(axis=-1) + np.float32(LEAST_DISTANCE)
    return squares ** np.float32(exponent)


def sample_weighted(rng: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """Draws cells one after the other, each in proportion to its weight among those left.

    Args:
        rng: source of randomness.
        weights: float32 `[R, C]`, above 0.
        count: K, at most the number of cells.

    Returns:
        int `[K, 2]` (row, column) in cells, without repeats, in random order.
    """
    # The first arrival of rate w comes first with probability w / sum(w), and so on.
    arrivals = rng.standard_exponential(weights.size, np.float32) / weights.ravel()
    first = np.argsort(arrivals)[:count]
    return np.stack(np.divmod(first, weights.shape[1]), axis=-1)


def sample_clicks(
    rng: np.random.Generator, ab_cells: np.ndarray, most: int, exponent: float
) -> np.ndarray:
    """Draws the clicks of a training image: 1 to `most`, few as common as many.

    Their distance is measured from grey in one half of the images and from the image's mean color
    in the other.

    Args:
        rng: source of randomness.
        ab_cells: float32 `[R, C, 2]`, normalized a, b of the cells.
        most: the largest number, at most the number of cells; the number is log-uniform.
        exponent: of the squared distance, see `click_weights`.

    Returns:
        int `[K, 2]` (row, column) in cells, without repeats.
    """
    count = int((most + 1) ** rng.random())
    mean = rng.random() < 0.5
    reference = ab_cells.mean(axis=(0, 1)) if mean else np.zeros(2, np.float32)
    return sample_weighted(rng, click_weights(ab_cells, reference, exponent), count)
