"""Samples of any depth as numbers over a known range."""

from __future__ import annotations

import numpy as np

from acolvit_jax.common.errors import ImageError
from acolvit_jax.photo.parts import in_parts, parts

_NARROW = (8, 10, 12)  # bits that cameras and programs store in 16 or more without scaling them
_STATED = (*_NARROW, 14, 24)  # those that are believed where a file states them
_FLOAT_WHITES = tuple(2.0**bits - 1 for bits in (8, 10, 12, 14, 16))


def full_range(
    values: np.ndarray, bits: int, *, white: float | None = None, of_ink: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Spreads samples over the whole range of their type.

    Args:
        values: bool, integers or floats of any width.
        bits: that a sample has, at most those of its type.
        white: the largest value that the file states. It may be that of white or, as TIFF has it,
            of this picture: only the largest number of some bits is believed to be white.
        of_ink: whether 0 is paper: small numbers are then a light picture, not one of fewer bits.

    Returns:
        uint8, uint16, or float32 in [0, 1]; and what a person should know of how they were read.

    Raises:
        ImageError: for signed or wide integers beyond 16 bits, or floats without a known range.
    """
    if values.dtype.kind == "f":
        return _floats(values, white)
    _refuse_negative(values)
    used, notes = _depth(values, bits, white, of_ink)
    dtype = np.dtype(np.uint8 if used <= 8 else np.uint16)
    return _scaled(values, float(2**used - 1), dtype), notes


def _refuse_negative(values: np.ndarray) -> None:
    if values.dtype.kind == "i" and values.min(initial=0) < 0:
        raise ImageError("holds negative values; save it with 8 or 16 unsigned bits")


def unit_alpha(
    values: np.ndarray,
    colors: np.ndarray,
    bits: int,
    *,
    white: float | None = None,
    of_ink: bool = False,
) -> np.ndarray:
    """Alpha in [0, 1].

    How deep integers are is seen by the colors beside them alone: alpha may be small everywhere.

    Args:
        values: `[H, W]`, of the colors' type.
        colors: `[H, W, C]`.
        bits: as of `full_range`, which the colors are given to.
        white: likewise.
        of_ink: likewise.

    Returns:
        float32 `[H, W]`.

    Raises:
        ImageError: for negative integers.
    """
    if values.dtype.kind == "f":
        return _floats(values, None)[0]
    _refuse_negative(values)
    used = _depth(colors, bits, white, of_ink)[0]
    whole = bits - (values.dtype.kind == "i")  # one is the sign's
    most = 2**used - 1 if values.max(initial=0) < 2**used else 2**whole - 1
    return in_parts(
        lambda some: np.clip(some.astype(np.float32) / np.float32(most), 0.0, 1.0), values
    )


def _depth(
    values: np.ndarray, bits: int, white: float | None, of_ink: bool
) -> tuple[int, tuple[str, ...]]:
    """The bits that integers really use, and what is to be told of it."""
    largest = int(values.max(initial=0))
    narrow = _narrow(largest, bits, white, of_ink)
    if narrow:
        wide = 8 * values.dtype.itemsize
        return narrow, (f"its values end at {largest}: read as {narrow} bits in {wide}",)
    unsigned = values.dtype.kind in "bu"
    if values.dtype.itemsize <= 2:
        return bits if unsigned else bits - 1, ()
    if largest <= 65535:
        return 16, ()
    if unsigned:
        return bits, ()
    raise ImageError("holds values beyond 16 bits; save it with 8 or 16 bits")


def _narrow(largest: int, bits: int, white: float | None, of_ink: bool) -> int | None:
    """The bits that wider samples really use, where no photograph would be as dark as that."""
    if bits <= 8 or not largest:
        return None
    for stated in _STATED:
        if white == 2**stated - 1 and stated < bits and largest < 2**stated:
            return stated
    if of_ink:
        return None
    return next((n for n in _NARROW if bits >= 16 and largest < 2**n), None)


def _scaled(values: np.ndarray, most: float, dtype: np.dtype) -> np.ndarray:
    range_ = float(np.iinfo(dtype).max)
    if most == range_ and values.dtype == dtype:
        return values
    return in_parts(
        lambda some: np.rint(some.astype(np.float64) * (range_ / most)).astype(dtype), values
    )


def _largest(numbers: np.ndarray) -> float:
    """Of those that are finite, 0 at least."""
    return float(numbers.max(initial=0, where=np.isfinite(numbers)))


def _floats(values: np.ndarray, white: float | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Floats of [0, 1], or of the range of an 8- or 16-bit file."""
    largest = max(_largest(some.astype(np.float32)) for (some,) in parts(values))
    if white is not None and white in _FLOAT_WHITES and largest <= white:
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
    told = f"its floating-point values end at {largest:g}: read as 0 to {most:g}"
    notes = () if most == 1 else (told,)

    def clipped(some: np.ndarray) -> np.ndarray:
        numbers = np.nan_to_num(some.astype(np.float32), nan=0.0, posinf=np.inf, neginf=0.0)
        return np.clip(numbers / np.float32(most), 0.0, 1.0)

    return in_parts(clipped, values), notes
