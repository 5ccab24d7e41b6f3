"""Samples of any depth as numbers over a known range."""

from __future__ import annotations

import numpy as np

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo.parts import in_parts, parts

_NARROW = (8, 10, 12)  # bits that cameras and programs store in 16 or more without scaling them


def full_range(
    values: np.ndarray, bits: int, *, white: float | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Spreads samples over the whole range of their type.

    Args:
        values: bool, integers or floats of any width.
        bits: that a sample has, at most those of its type.
        white: the value of white where the file states one.

    Returns:
        uint8, uint16, or float32 in [0, 1]; and what a person should know of how they were read.

    Raises:
        ImageError: for signed or wide integers beyond 16 bits, or floats without a known range.
    """
    if values.dtype.kind == "f":
        return _floats(values, white)
    if values.dtype.kind == "i" and values.min(initial=0) < 0:
        raise ImageError("holds negative values; save it with 8 or 16 unsigned bits")
    if values.dtype.itemsize > 2:
        return _wide(values, bits, white)
    notes: tuple[str, ...] = ()
    most = float(2**bits - 1) if values.dtype.kind in "bu" else float(2 ** (bits - 1) - 1)
    if white is not None and values.max(initial=0) <= white < most:
        most = white
    elif bits == 16 and (narrow := _narrow(int(values.max(initial=0)))):
        bits, most, notes = narrow, float(2**narrow - 1), _told(values, narrow)
    if bits <= 8:
        return _scaled(values, most, np.dtype(np.uint8)), notes
    return _scaled(values, most, np.dtype(np.uint16)), notes


def _narrow(largest: int) -> int | None:
    """The bits that samples of 16 really use, where no photograph would be as dark as that."""
    return next((bits for bits in _NARROW if 0 < largest < 2**bits), None)


def _told(values: np.ndarray, narrow: int) -> tuple[str, ...]:
    wide = 8 * values.dtype.itemsize
    return (f"its values end at {values.max()}: read as {narrow} bits in {wide}",)


def _scaled(values: np.ndarray, most: float, dtype: np.dtype) -> np.ndarray:
    range_ = float(np.iinfo(dtype).max)
    if most == range_ and values.dtype == dtype:
        return values
    return in_parts(
        lambda some: np.rint(some.astype(np.float64) * (range_ / most)).astype(dtype), values
    )


def _wide(values: np.ndarray, bits: int, white: float | None) -> tuple[np.ndarray, tuple[str, ...]]:
    largest = int(values.max(initial=0))
    if white is not None and largest <= white:
        most = white
    elif narrow := _narrow(largest):
        deep = np.dtype(np.uint8 if narrow == 8 else np.uint16)
        return _scaled(values, float(2**narrow - 1), deep), _told(values, narrow)
    elif largest <= 65535:
        most = 65535.0
    elif values.dtype.kind == "u":
        most = float(2**bits - 1)
    else:
        raise ImageError("holds values beyond 16 bits; save it with 8 or 16 bits")
    return _scaled(values, most, np.dtype(np.uint16)), ()


def _largest(numbers: np.ndarray) -> float:
    """Of those that are finite, 0 at least."""
    return float(numbers.max(initial=0, where=np.isfinite(numbers)))


def _floats(values: np.ndarray, white: float | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Floats of [0, 1], or of the range of an 8- or 16-bit file."""
    largest = max(_largest(some.astype(np.float32)) for (some,) in parts(values))
    notes: tuple[str, ...] = ()
    if white is not None and white > 0 and largest <= white:
        most = white
    elif largest <= 2.0:  # highlights of a float file reach beyond white
        most = 1.0
    else:
        most = next((m for m in (255.0, 65535.0) if largest <= m), 0.0)
        if not most:
            raise ImageError(
                f"holds floating-point values up to {largest:g}; save it with values in 0..1, or "
                "with 8 or 16 bits"
            )
        notes = (f"its floating-point values end at {largest:g}: read as 0 to {most:g}",)

    def clipped(some: np.ndarray) -> np.ndarray:
        numbers = np.nan_to_num(some.astype(np.float32), nan=0.0, posinf=np.inf, neginf=0.0)
        return np.clip(numbers / np.float32(most), 0.0, 1.0)

    return in_parts(clipped, values), notes
