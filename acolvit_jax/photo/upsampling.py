"""Planes at the model's size to a photo's rows: bicubic, as products of narrow matrices."""

from __future__ import annotations

import functools

import numpy as np

from acolvit_jax.photo.lines import Band, bicubic_band, multiply

_BAND = 48  # columns resized at once, so few that OpenBLAS takes one thread


class Upsampler:
    """Planes of one size, ready to be resized to another, some of the result at a time.

    Widths are resized once, for all rows; some rows are then one narrow product of matrices,
    several times faster than a general resampler and small enough to stay in cache. The result is
    Pillow's bicubic, which antialiases where it makes planes smaller.
    """

    def __init__(
        self,
        planes: np.ndarray,
        size: tuple[int, int],
        apart: int = 1,
        columns: slice | None = None,
    ) -> None:
        """Resizes the widths.

        Args:
            planes: float32 `[C, h, w]`.
            size: height and width to resize to.
            apart: columns that lie so many apart are put beside each other: column
                `apart * i + k` is column i of part k.
            columns: of every part, with a start and a stop, that are wanted; None is all.
        """
        height, width = size
        count, source_height, source_width = planes.shape
        columns = columns or slice(0, -(-width // apart))
        self._lines = source_height, height
        planes = np.ascontiguousarray(planes)
        made = np.empty((count, source_height, apart, columns.stop - columns.start), np.float32)
        for part, used, weights in _bands_apart(
            source_width, width, apart, columns.start, columns.stop
        ):
            band = planes[..., used] @ weights.T
            made[..., part] = band.reshape(count, source_height, apart, -1)
        self._wide = made.swapaxes(1, 2)

    def rows(self, rows: slice, out: np.ndarray | None = None) -> np.ndarray:
        """Some rows of the result.

        Args:
            rows: with a start and a stop.
            out: float32 to write them to; None makes a new array.

        Returns:
            float32 `[C, apart, rows, columns]`; what lies right of the last column repeats it.
        """
        _, used, weights = bicubic_band(*self._lines, rows, np.arange(rows.start, rows.stop))
        if out is None:
            out = np.empty((*self._wide.shape[:2], len(weights), self._wide.shape[-1]), np.float32)
        multiply(weights, self._wide[:, :, used], out)
        return out


def upsample(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes planes as `Upsampler` does, all at once.

    Args:
        planes: float32 `[C, h, w]`.
        size: height and width to resize to.

    Returns:
        float32 `[C, *size]`.
    """
    return Upsampler(planes, size).rows(slice(0, size[0]))[:, 0]


@functools.lru_cache(16)
def _bands_apart(source: int, target: int, apart: int, start: int, stop: int) -> tuple[Band, ...]:
    """The columns of each part, some at a time; the weights are those of one part after another."""
    step = _BAND // apart
    bands = []
    for left in range(start, stop, step):
        right = min(stop, left + step)
        columns = apart * np.arange(left, right) + np.arange(apart)[:, None]  # [apart, columns]
        places = columns.clip(max=target - 1).ravel()
        bands.append(bicubic_band(source, target, slice(left - start, right - start), places))
    return tuple(bands)
