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
        lines = planes.reshape(-1, source_width).T
        bands = [_product(columns[left : left + _BAND], lines) for left in range(0, width, _BAND)]
        wide = np.concatenate(bands).T.reshape(count, source_height, width)
        self._wide = np.ascontiguousarray(wide)

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """Some rows of the result.

        Args:
            top: the first row.
            bottom: the row after the last.

        Returns:
            float32 `[C, bottom - top, width]`.
        """
        return _product(self._rows[top:bottom], self._wide)


def _product(weights: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Weights `[t, s]` of some neighboring targets times `[..., s, n]`, where they are not 0."""
    used = np.flatnonzero(weights.any(axis=0))
    part = slice(used[0], used[-1] + 1)
    narrow, source = weights[:, part], source[..., part, :]
    step = max(_LEAST_COLUMNS, _ONE_THREAD // narrow.size)
    parts = [
        np.matmul(narrow, source[..., left : left + step])
        for left in range(0, source.shape[-1], step)
    ]
    return np.concatenate(parts, axis=-1)


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
