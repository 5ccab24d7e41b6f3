"""Resampling of lines: a narrow matrix of weights for some neighboring pixels of the result."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_SHARPNESS = -0.5  # of the cubic kernel, as Pillow and Keys (1981) have it
_ONE_THREAD = 2**18  # products of numbers in one call, above which OpenBLAS wakes its threads
_LEAST_COLUMNS = 16


@functools.lru_cache(16)
def bicubic_weights(source: int, target: int) -> np.ndarray:
    """The matrix that resizes a line by Keys' cubic kernel.

    Args:
        source: pixels of the line.
        target: pixels to resize it to.

    Returns:
        float32 `[target, source]`, rows of sum 1; not to be changed.
    """
    return _weights(source, target, _cubic, 2.0)


@functools.lru_cache(64)
def bilinear_bands(source: int, target: int, count: int, beside: int = 1) -> tuple[Band, ...]:
    """How lines are resized by a triangle, some neighboring pixels of the result at a time.

    Args:
        source: pixels of a line.
        target: pixels to resize it to.
        count: pixels of the result in a band; the last may have fewer.
        beside: numbers of a pixel, that lie beside each other in a line; each is resized alone.

    Returns:
        The bands; they count numbers, not pixels.
    """
    weights = _weights(source, target, _triangle, 1.0)
    parts = (slice(start, start + count) for start in range(0, target, count))
    return tuple(Band.of(part, weights[part]).repeated(beside) for part in parts)


class Band(NamedTuple):
    """Neighboring pixels of a result, and what they are made of.

    Attributes:
        made: the pixels.
        used: the pixels of the source that have weight in them.
        weights: float32 `[made, used]`.
    """

    made: slice
    used: slice
    weights: np.ndarray

    @classmethod
    def of(cls, made: slice, weights: np.ndarray) -> Band:
        """A band of the pixels whose weights `[made, source]` are given."""
        used = np.flatnonzero(weights.any(axis=0))
        inside = slice(int(used[0]), int(used[-1]) + 1)
        return cls(made, inside, np.ascontiguousarray(weights[:, inside]))

    def repeated(self, beside: int) -> Band:
        """The band of lines whose pixels are some numbers beside each other."""
        made, used = (slice(beside * p.start, beside * p.stop) for p in (self.made, self.used))
        rows, columns = self.weights.shape
        weights = np.zeros((rows, beside, columns, beside), np.float32)
        each = np.arange(beside)
        weights[:, each, :, each] = self.weights
        return Band(made, used, weights.reshape(rows * beside, columns * beside))


def multiply(weights: np.ndarray, source: np.ndarray, out: np.ndarray) -> None:
    """A product of matrices, on one thread however wide.

    Args:
        weights: float32 `[t, s]`.
        source: `[..., s, w]`; other numbers are made float32, a part at a time.
        out: float32 `[..., t, w]`, written to.
    """
    step = max(_LEAST_COLUMNS, _ONE_THREAD // weights.size)
    for left in range(0, out.shape[-1], step):
        part = slice(left, left + step)
        np.matmul(weights, source[..., part].astype(np.float32, copy=False), out=out[..., part])


def _weights(
    source: int, target: int, kernel: Callable[[np.ndarray], np.ndarray], support: float
) -> np.ndarray:
    """float32 `[target, source]` of a kernel that ends `support` pixels from its middle."""
    step = source / target
    stretch = max(step, 1.0)  # wider than a pixel where the line is made shorter
    taps = 2 * int(np.ceil(support * stretch)) + 1
    centers = (np.arange(target) + 0.5) * step
    first = np.floor(centers - support * stretch).astype(int)
    indices = first[:, None] + np.arange(taps)  # [target, taps]
    values = kernel((indices + 0.5 - centers[:, None]) / stretch)
    inside = (indices >= 0) & (indices < source)
    weights = np.zeros((target, source), np.float32)
    rows = np.broadcast_to(np.arange(target)[:, None], indices.shape)
    weights[rows[inside], indices[inside]] = values[inside]
    weights /= weights.sum(axis=1, keepdims=True)
    weights.flags.writeable = False
    return weights


def _triangle(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - abs(distance), 0.0)


def _cubic(distance: np.ndarray) -> np.ndarray:
    t, a = abs(distance), _SHARPNESS
    near = ((a + 2) * t - (a + 3)) * t**2 + 1
    far = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))
