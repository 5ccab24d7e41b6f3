"""Planes at the model's size to a photo's rows: bicubic, as products of narrow matrices."""

from __future__ import annotations

import functools

import numpy as np

from acolvit_jax.photo.lines import Band, bicubic_weights, multiply

_BAND = 48  # columns resized at once, so few that OpenBLAS takes one thread


class Upsampler:
    """Planes of one size, ready to be resized to another, some of the result at a time.

    Widths are resized once, for all rows; a tile is then one narrow product of matrices, several
    times faster than a general resampler and small enough to stay in cache. The result is Pillow's
    bicubic, which antialiases where it makes planes smaller.
    """

    def __init__(self, planes: np.ndarray, size: tuple[int, int], apart: int = 1) -> None:
        """Resizes the widths.

        Args:
            planes: float32 `[C, h, w]`.
            size: height and width to resize to.
            apart: columns that lie so many apart are put beside each other: column
                `apart * i + k` is column i of part k.
        """
        height, width = size
        count, source_height, source_width = planes.shape
        self._rows = bicubic_weights(source_height, height)
        planes = np.ascontiguousarray(planes)
        made = np.empty((count, source_height, apart, -(-width // apart)), np.float32)
        for columns, used, weights in _bands_apart(source_width, width, apart):
            band = planes[..., used] @ weights.T
            made[..., columns] = band.reshape(count, source_height, apart, -1)
        self._wide = made.swapaxes(1, 2)

    def tile(self, rows: slice, columns: slice, out: np.ndarray | None = None) -> np.ndarray:
        """A part of the result.

        Args:
            rows: with a start and a stop.
            columns: of every part, likewise.
            out: float32 to write it to; None makes a new array.

        Returns:
            float32 `[C, apart, rows, columns]`; what lies right of the last column repeats it.
        """
        source = self._wide[..., columns]  # [C, apart, h, columns]
        _, used, weights = Band.of(rows, self._rows[rows])
        if out is None:
            out = np.empty((*source.shape[:2], len(weights), source.shape[-1]), np.float32)
        multiply(weights, source[:, :, used], out)
        return out


def upsample(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes planes as `Upsampler` does, all at once.

    Args:
        planes: float32 `[C, h, w]`.
        size: height and width to resize to.

    Returns:
        float32 `[C, *size]`.
    """
    return Upsampler(planes, size).tile(slice(0, size[0]), slice(0, size[1]))[:, 0]


@functools.lru_cache(16)
def _bands_apart(source: int, target: int, apart: int) -> tuple[Band, ...]:
    """The columns of each part, some at a time; the weights are those of one part after another."""
    weights = bicubic_weights(source, target)
    columns = np.arange(-(-target // apart) * apart).clip(max=target - 1)
    parts = weights[columns].reshape(-1, apart, source).swapaxes(0, 1)  # [apart, columns, source]
    step = _BAND // apart
    places = (slice(left, left + step) for left in range(0, parts.shape[1], step))
    return tuple(Band.of(part, parts[:, part].reshape(-1, source)) for part in places)
