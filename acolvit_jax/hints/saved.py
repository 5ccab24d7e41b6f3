"""Hints that the demo's page saved: they say which photo they are of, and follow it to any size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from acolvit_jax.hints.points import Hint
from acolvit_jax.photo import color

_FIELDS = (8, 9)  # rows and columns whose lightness is compared
_SAME_SHAPE = 0.02  # largest difference of two aspects of one photo
_LONGEST = 10**9  # pixels; no photo has a longer side
_SAME_BITS = 10  # of a fingerprint's 64 that may differ in one photo


@dataclass(frozen=True)
class HintedPhoto:
    """The photo that hints were made on.

    Attributes:
        name: of its file.
        width: in pixels.
        height: in pixels.
        print: its `fingerprint`, or "" where nobody knows.
    """

    name: str
    width: int
    height: int
    print: str

    def fit(self, hints: Sequence[Hint], rgb: np.ndarray) -> tuple[list[Hint], str]:
        """Moves hints to a photo.

        Args:
            hints: in pixels of this photo; those outside it stay outside.
            rgb: uint8 `[H, W, 3]`, the photo to color.

        Returns:
            The hints in its pixels, and what a person should know, "" if nothing.
        """
        height, width = rgb.shape[:2]

        def scaled(value: int, one: int, other: int) -> int:
            inside = 0 <= value < one
            return (2 * value + 1) * other // (2 * one) if inside else value

        moved = [
            replace(
                hint,
                row=scaled(hint.row, self.height, height),
                column=scaled(hint.column, self.width, width),
            )
            for hint in hints
        ]
        size = f"{self.width} x {self.height}"
        if self._is_other(rgb):
            return moved, f"the hints are of another photo, {self.name} ({size})"
        if (self.width, self.height) != (width, height):
            return moved, f"hints scaled from {size}"
        return moved, ""

    def _is_other(self, rgb: np.ndarray) -> bool:
        height, width = rgb.shape[:2]
        if abs((self.width / self.height) / (width / height) - 1) > _SAME_SHAPE:
            return True
        if not self.print:
            return False
        return (int(self.print, 16) ^ int(fingerprint(rgb), 16)).bit_count() > _SAME_BITS


def hinted_photo(entry: dict[str, Any]) -> HintedPhoto | None:
    """Reads what a file of hints says of its photo; None if it says no size that a photo has."""
    name, width, height, mark = (entry.get(key) for key in ("name", "width", "height", "print"))
    if not (type(width) is int and type(height) is int):
        return None
    if not (0 < width <= _LONGEST and 0 < height <= _LONGEST):
        return None
    known = isinstance(mark, str) and re.fullmatch("[0-9a-f]{16}", mark)
    return HintedPhoto(str(name), width, height, str(mark) if known else "")


def fingerprint(rgb: np.ndarray) -> str:
    """What stays of a photo at any size, as the page computes it (`grey.js`).

    Args:
        rgb: uint8 `[H, W, 3]`.

    Returns:
        64 bits as hex: of each of 8 x 8 fields, whether it is lighter than the next in its row.
    """
    lightness = np.stack([_row_of_fields(rgb, row) for row in range(_FIELDS[0])])
    bits = (lightness[:, :-1] > lightness[:, 1:]).ravel()
    return np.packbits(bits).tobytes().hex()


def _row_of_fields(rgb: np.ndarray, row: int) -> np.ndarray:
    """Mean lightness of fields in a row, each a ninth of the width and of the height."""
    count = _FIELDS[1]

    def part(place: float, length: int) -> slice:
        size = max(1, round(length / count))
        start = round(place * length - size / 2)
        start = max(0, min(length - size, start))
        return slice(start, start + size)

    rows = part((row + 0.5) / _FIELDS[0], rgb.shape[0])
    lightness = color.uint8_to_lab(rgb[rows])[..., 0]
    columns = (part((column + 0.5) / count, rgb.shape[1]) for column in range(count))
    return np.array([lightness[:, column].mean() for column in columns])
