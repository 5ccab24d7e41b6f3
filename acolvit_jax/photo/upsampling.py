"""Planes at the model's size to a photo's rows: bicubic, as products of narrow matrices."""

from __future__ import annotations

import functools

import numpy as np

_SHARPNESS = -0.5  # of the cubic kernel, as Pillow and Keys (1981) have it
_SUPPORT = 2.0  # of the kernel, in source pixels
_ONE_THREAD = 2**18  # products of numbers in one call, above which OpenBLAS wakes its threads
_LEAST_COLUMNS = 16
_BAND = 64  # columns resized at once


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
        columns = _taken_apart(source_width, width, apart)  # [parts, width of a part, w]
        planes = np.ascontiguousarray(planes)
        self._wide = np.empty((count, apart, source_height, columns.shape[1]), np.float32)
        step = _BAND // apart
        for left in range(0, columns.shape[1], step):
            weights = columns[:, left : left + step].reshape(-1, source_width)
            used = _used(weights)
            made = (planes[..., used] @ weights[:, used].T).reshape(*planes.shape[:2], apart, -1)
            self._wide[..., left : left + step] = made.swapaxes(1, 2)

    def tile(self, rows: slice, columns: slice, out: np.ndarray | None = None) -> np.ndarray:
        """A part of the result.

        Args:
            rows: with a start and a stop.
            columns: of every part, likewise.
            out: float32 to write it to; None makes a new array.

        Returns:
            float32 `[C, apart, rows, columns]`; what lies right of the last column repeats it.
        """
        weights, source = self._rows[rows], self._wide[..., columns]
        if out is None:
            out = np.empty((*source.shape[:2], len(weights), source.shape[-1]), np.float32)
        used = _used(weights)
        narrow, source = weights[:, used], source[:, :, used]
        step = max(_LEAST_COLUMNS, _ONE_THREAD // narrow.size)
        for left in range(0, out.shape[-1], step):
            part = slice(left, left + step)
            np.matmul(narrow, source[..., part], out=out[..., part])
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
def _taken_apart(source: int, target: int, apart: int) -> np.ndarray:
    """`bicubic_weights` `[apart, ceil(target / apart), source]` of the columns of each part."""
    weights = bicubic_weights(source, target)
    columns = np.arange(-(-target // apart) * apart).clip(max=target - 1)
    taken: np.ndarray = weights[columns].reshape(-1, apart, source).swapaxes(0, 1)
    return np.ascontiguousarray(taken)


def _used(weights: np.ndarray) -> slice:
    """The columns of weights `[t, s]` of some neighboring targets that are not 0."""
    used = np.flatnonzero(weights.any(axis=0))
    return slice(used[0], used[-1] + 1)


@functools.lru_cache(16)
def bicubic_weights(source: int, target: int) -> np.ndarray:
    """The matrix that resizes a line.

    Args:
        source: pixels of the line.
        target: pixels to resize it to.

    Returns:
        float32 `[target, source]`, rows of sum 1; not to be changed.
    """
    step = source / target
    stretch = max(step, 1.0)  # wider than a pixel where the line is made shorter
    taps = 2 * int(np.ceil(_SUPPORT * stretch)) + 1
    centers = (np.arange(target) + 0.5) * step
    first = np.floor(centers - _SUPPORT * stretch).astype(int)
    indices = first[:, None] + np.arange(taps)  # [target, taps]
    values = _kernel((indices + 0.5 - centers[:, None]) / stretch)
    inside = (indices >= 0) & (indices < source)
    weights = np.zeros((target, source), np.float32)
    rows = np.broadcast_to(np.arange(target)[:, None], indices.shape)
    weights[rows[inside], indices[inside]] = values[inside]
    weights /= weights.sum(axis=1, keepdims=True)
    weights.flags.writeable = False
    return weights


def _kernel(distance: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel."""
    t, a = abs(distance), _SHARPNESS
    near = ((a + 2) * t - (a + 3)) * t**2 + 1
    far = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t < 1, near, np.where(t < _SUPPORT, far, 0.0))
