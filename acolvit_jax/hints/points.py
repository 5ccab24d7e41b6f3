"""Hints: the points that a person colors."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from acolvit_jax.common.errors import HintError
from acolvit_jax.common.text import brief
from acolvit_jax.photo import color

HINT_SIZE = 2  # of the published protocol; a model's own is `ModelConfig.hint_size`
HINT_SIZES = (2, 4, 8, 16)  # sides of the area that a person may color with one hint
REACHES = (8.0, 224.0)  # the nearest, and from where on a hint changes the whole photo
_AB_LIMIT = 128.0
_NO_NUMBERS = (str, bytes, bytearray, Set, Mapping)

Color = tuple[int, int, int] | tuple[float, float]


@dataclass(frozen=True)
class Hint:
    """A colored point on a photo.

    Attributes:
        row: pixel row of the user's own photo, from 0 at the top.
        column: pixel column, from 0 at the left.
        color: sRGB triple of integers in 0..255, or an (a*, b*) pair in [-128, 128]; None leaves
            the place as the automatic result has it.
        size: side of the area that takes the color, in pixels of the model's image; what lies
            beyond an edge of lightness inside it does not.
        reach: how far the hint changes the photo, in pixels of the model's image: the standard
            deviation of a Gaussian that leads back to the result without it; from 224 on the
            whole photo. None reaches what is like the hint's place, and of a place that is left
            as it is 96 pixels.
    """

    row: int
    column: int
    color: Color | None
    size: int = HINT_SIZE
    reach: float | None = None

    def __post_init__(self) -> None:
        """Takes NumPy's numbers for Python's, and refuses what is no place, color, size or reach.

        Raises:
            HintError: with the field, its value and what is allowed.
        """
        for name, value in (("row", self.row), ("column", self.column)):
            place = _whole(value)
            if place is None:
                raise HintError(f"a hint's {name} {brief(value)} is no whole number", name)
            object.__setattr__(self, name, place)
        if self.color is not None:
            object.__setattr__(self, "color", _checked_color(self.color))
        size = _whole(self.size)
        if size not in HINT_SIZES:
            allowed = ", ".join(map(str, HINT_SIZES))
            raise HintError(f"a hint's size {brief(self.size)} is not one of {allowed}", "size")
        object.__setattr__(self, "size", size)
        if self.reach is not None:
            object.__setattr__(self, "reach", _checked_reach(self.reach))

    def check_inside(self, photo_size: tuple[int, int]) -> None:
        """Refuses a place outside a photo.

        Args:
            photo_size: height and width of the photo, in pixels.

        Raises:
            HintError: with the place and what is allowed.
        """
        height, width = photo_size
        for name, value, side in (("row", self.row, height), ("column", self.column, width)):
            if not 0 <= value < side:
                raise HintError(
                    f"hint at row {brief(self.row)}, column {brief(self.column)} lies outside the "
                    f"photo: rows are 0..{height - 1}, columns 0..{width - 1}",
                    name,
                )

    def ab(self) -> tuple[float, float] | None:
        """The color's a* and b*; a triple's lightness is the photo's own affair."""
        if self.color is None:
            return None
        if len(self.color) == 2:
            return self.color
        lab = color.uint8_to_lab(np.array(self.color, np.uint8))
        return float(lab[1]), float(lab[2])


def hints_in(given: Iterable[Any]) -> tuple[Hint, ...]:
    """Hints that a program gives, in order.

    Raises:
        HintError: if one is no `Hint`, or they are no sequence.
    """
    if not isinstance(given, Iterable):
        raise HintError(f"wanted a sequence of hints, got {brief(given)}")
    hints = tuple(given)
    for hint in hints:
        if not isinstance(hint, Hint):
            raise HintError(
                f"{brief(hint)} is no hint: wanted Hint(row, column, color); hints.text.hint_of "
                "reads those of JSON"
            )
    return hints


def colors_of(hints: Sequence[Hint]) -> np.ndarray:
    """The colors of hints.

    Args:
        hints: any number K.

    Returns:
        float32 `[K, 2]`, a* and b*; not a number where a place is to be left alone.
    """
    triples = [hint.color for hint in hints if hint.color is not None and len(hint.color) == 3]
    converted = iter(color.uint8_to_lab(np.array(triples, np.uint8).reshape(-1, 3))[:, 1:])
    nothing = (np.nan, np.nan)
    made = [
        nothing if h.color is None else h.color if len(h.color) == 2 else next(converted)
        for h in hints
    ]
    return np.array(made, np.float32).reshape(-1, 2)


def _whole(value: Any) -> int | None:
    """A whole number as Python's; None for what is none, and for True and False."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def _checked_reach(reach: Any) -> float:
    low, high = REACHES
    try:
        value = float(reach) if isinstance(reach, Real) else np.nan
    except OverflowError:  # of a whole number
        value = np.inf
    if not low <= value <= high:
        raise HintError(f"a hint's reach {brief(reach)} is not in {low:g}..{high:g}", "reach")
    return value


def _numbers(color: Any) -> tuple[float, ...]:
    """The numbers of a sequence.

    Raises:
        TypeError: for what is no sequence, such as a text or a set, or holds such things.
        ValueError: for what else is no number.
        OverflowError: for a number beyond measure.
    """
    values = (color,) if isinstance(color, _NO_NUMBERS) else tuple(color)
    if any(isinstance(value, _NO_NUMBERS) for value in values):  # Python makes floats of texts
        raise TypeError
    return tuple(float(value) for value in values)


def _checked_color(color: Any) -> Color:
    try:
        values = _numbers(color)
    except (TypeError, ValueError, OverflowError):
        raise HintError(
            f"a hint's color {brief(color)} is no sequence of numbers; "
            "hints.text.parse_color reads names and #rrggbb",
            "color",
        ) from None
    if len(values) == 3 and all(0 <= v <= 255 and v == int(v) for v in values):
        red, green, blue = map(int, values)
        return red, green, blue
    if len(values) == 2 and all(abs(v) <= _AB_LIMIT for v in values):
        return values[0], values[1]
    raise HintError(
        f"a hint's color {brief(values)} is neither an sRGB triple in 0..255 nor an "
        "(a*, b*) pair in -128..128",
        "color",
    )
