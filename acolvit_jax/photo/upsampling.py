"""Planes at the model's size to a photo's rows: bicubic, as products of narrow matrices."""

from __future__ import annotations

import functools

import numpy as np

_SHARPNESS = -0.5  # of the cubic kernel, as Pillow and Keys (1981) have it
_SUPPORT = 2.0  # of the kernel, in source pixels
_ONE_THREAD = 2**18  # products of numbers in one call, above which OpenBLAS wakes its threads
_LEAST_COLUMNS = 16
_BAND = 32  # columns resized at once


class Upsampler:
    """Planes of one size, ready to be resized to another, some rows at a time.

    Widths are resized once, for all rows; a band of rows is then one narrow product of matrices,
    several times faster than a general resampler and small enough to stay in cache. The result is
    Pillow's bicubic, which antialiases where it makes planes smaller.
    """

    def __init__(self, planes: np.ndarray, size: tuple[int, int]) -> None:
        """Resizes the widths.

        Args:
            planes: float32 `[C, h, w]`.
            size: height and width to resize to.
        """
        height, width = size
        count, source_height, source_width = planes.shape
        self._rows = bicubic_weights(source_height, height)
        columns = bicubic_weights(source_width, width)
        lines = planes.reshape(-1, source_width)
        wide = np.empty((len(lines), width), np.float32)
        for left in range(0, width, _BAND):
            part = slice(left, left + _BAND)
            used = _used(columns[part])
            wide[:, part] = lines[:, used] @ columns[part, used].T
        self._wide = wide.reshape(count, source_height, width)

    def rows(self, top: int, bottom: int, out: np.ndarray | None = None) -> np.ndarray:
        """Some rows of the result.

        Args:
            top: the first row.
            bottom: the row after the last.
            out: float32 `[C, bottom - top, width]` to write them to; None makes a new array.

        Returns:
            float32 `[C, bottom - top, width]`.
        """
        weights, source = self._rows[top:bottom], self._wide
        if out is None:
            out = np.empty((len(source), bottom - top, source.shape[-1]), np.float32)
        used = _used(weights)
        narrow, source = weights[:, used], source[:, used]
        step = max(_LEAST_COLUMNS, _ONE_THREAD // narrow.size)
        for left in range(0, out.shape[-1], step):
            part = slice(left, left + step)
            np.matmul(narrow, source[..., part], out=out[..., part])
        return out


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
