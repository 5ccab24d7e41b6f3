"""Resampling of lines: a narrow matrix of weights for some neighboring pixels of the result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

_SHARPNESS = -0.5  # of the cubic kernel, as Pillow and Keys (1981) have it
_ONE_THREAD = 2**18  # products of numbers in one call, above which OpenBLAS wakes its threads
_LEAST_COLUMNS = 16
_KEPT = 2**14  # pixels of a line, up to which its weights are kept for the next photo


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

    def repeated(self, beside: int) -> Band:
        """The band of lines whose pixels are some numbers beside each other."""
        made, used = (slice(beside * p.start, beside * p.stop) for p in (self.made, self.used))
        rows, columns = self.weights.shape
        weights = np.zeros((rows, beside, columns, beside), np.float32)
        each = np.arange(beside)
        weights[:, each, :, each] = self.weights
        return Band(made, used, weights.reshape(rows * beside, columns * beside))


class _Taps(NamedTuple):
    """What pixels of a result are made of.

    Attributes:
        first: int `[T]`, the first pixel of the source; it may lie before the line.
        weights: float32 `[T, taps]`, of it and those after it, of sum 1; 0 outside the line.
    """

    first: np.ndarray
    weights: np.ndarray

    def matrix(self, used: slice) -> np.ndarray:
        """The weights of some pixels of the source: float32 `[T, used]`."""
        indices = self.first[:, None] + (np.arange(self.weights.shape[1]) - used.start)
        inside = (indices >= 0) & (indices < used.stop - used.start)
        made = np.zeros((len(indices), used.stop - used.start), np.float32)
        made[np.nonzero(inside)[0], indices[inside]] = self.weights[inside]
        return made

    def band(self, source: int, made: slice) -> Band:
        """The band of these pixels, of which there is at least one."""
        start = max(0, int(self.first.min()))
        stop = min(source, int(self.first.max()) + self.weights.shape[1])
        matrix = self.matrix(slice(start, stop))
        used = np.flatnonzero(matrix.any(axis=0))
        low, high = int(used[0]), int(used[-1]) + 1
        return Band(
            made, slice(start + low, start + high), np.ascontiguousarray(matrix[:, low:high])
        )


def bicubic_weights(source: int, target: int, places: np.ndarray) -> np.ndarray:
    """What pixels of a line are made of that is resized by Keys' cubic kernel.

    Args:
        source: pixels of the line.
        target: pixels to resize it to.
        places: int `[K]`, pixels of the result.

    Returns:
        float32 `[K, source]`, rows of sum 1.
    """
    return _cubic_taps(source, target, places).matrix(slice(0, source))


def bicubic_band(source: int, target: int, made: slice, places: np.ndarray) -> Band:
    """How some pixels of such a line are made.

    Args:
        source: pixels of the line.
        target: pixels to resize it to.
        made: what the band calls them.
        places: int `[K]`, pixels of the result, at least one.

    Returns:
        The band.
    """
    return _cubic_taps(source, target, places).band(source, made)


def bilinear_bands(source: int, target: int, count: int, beside: int = 1) -> Iterable[Band]:
    """How lines are resized by a triangle, some neighboring pixels of the result at a time.

    Args:
        source: pixels of a line.
        target: pixels to resize it to.
        count: pixels of the result in a band; the last may have fewer.
        beside: numbers of a pixel, that lie beside each other in a line; each is resized alone.

    Returns:
        The bands; they count numbers, not pixels.
    """
    if max(source, target) <= _KEPT:
        return _kept_bands(source, target, count, beside)
    return _bilinear_bands(source, target, count, beside)


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


@functools.lru_cache(64)
def _kept_bands(source: int, target: int, count: int, beside: int) -> tuple[Band, ...]:
    return tuple(_bilinear_bands(source, target, count, beside))


def _bilinear_bands(source: int, target: int, count: int, beside: int) -> Iterator[Band]:
    for start in range(0, target, count):
        made = slice(start, min(target, start + count))
        taps = _taps(source, target, _triangle, 1.0, np.arange(made.start, made.stop))
        yield taps.band(source, made).repeated(beside)


def _cubic_taps(source: int, target: int, places: np.ndarray) -> _Taps:
    if max(source, target) > _KEPT:
        return _taps(source, target, _cubic, 2.0, places)
    first, weights = _kept_taps(source, target)
    return _Taps(first[places], weights[places])


@functools.lru_cache(16)
def _kept_taps(source: int, target: int) -> _Taps:
    return _taps(source, target, _cubic, 2.0, np.arange(target))


def _taps(
    source: int,
    target: int,
    kernel: Callable[[np.ndarray], np.ndarray],
    support: float,
    places: np.ndarray,
) -> _Taps:
    """What pixels are made of by a kernel that ends `support` pixels from its middle."""
    step = source / target
    stretch = max(step, 1.0)  # wider than a pixel where the line is made shorter
    centers = (places + 0.5) * step
    first = np.floor(centers - support * stretch).astype(int)
    indices = first[:, None] + np.arange(2 * int(np.ceil(support * stretch)) + 1)  # [T, taps]
    values = kernel((indices + 0.5 - centers[:, None]) / stretch)
    values[(indices < 0) | (indices >= source)] = 0
    weights = values.astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    return _Taps(first, weights)


def _triangle(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - abs(distance), 0.0)


def _cubic(distance: np.ndarray) -> np.ndarray:
    t, a = abs(distance), _SHARPNESS
    near = ((a + 2) * t - (a + 3)) * t**2 + 1
    far = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))
