"""Hints: the points a person colors, and the planes the model reads them from.

A hint fills an aligned cell of `hint_size` x `hint_size` pixels of the model's image. Cells are
counted in cells, pixels in pixels; the names say which.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
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
                    "photo: "
                    f"rows are 0..{height - 1}, columns 0..{width - 1}",
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


def _checked_color(color: Any) -> Color:
    try:
        values = tuple(float(value) for value in color)
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


def cell_means(plane: np.ndarray, hint_size: int = HINT_SIZE) -> np.ndarray:
    """Means over the cells of an image.

    Args:
        plane: `[H, W, C]`, H and W multiples of `hint_size`.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[H / h, W / h, C]`.
    """
    h = hint_size
    # Adding strided slices is several times faster than a mean over two small axes.
    rows = np.add.reduce([plane[i::h] for i in range(h)])
    cells = np.add.reduce([rows[:, j::h] for j in range(h)])
    return (cells / h**2).astype(np.float32)


def _spread(cells: np.ndarray, hint_size: int) -> np.ndarray:
    """Repeats each cell `[R, C, ...]` over its pixels `[R * h, C * h, ...]`."""
    return cells.repeat(hint_size, axis=0).repeat(hint_size, axis=1)


def model_input(
    l_norm: np.ndarray, ab_norm: np.ndarray, cells: np.ndarray, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """The model's input from a color image whose hints are known by their cells.

    Args:
        l_norm: float32 `[H, W]`, normalized lightness.
        ab_norm: float32 `[H, W, 2]`, normalized true colors; hints take their cells' means.
        cells: int `[K, 2]` (row, column) in cells; a repeated cell counts once.
        hint_size: side of a cell, in pixels.

    Returns:
        float32 `[H, W, 4]`: L, a and b (0 outside hints), hint mask (1 on hints).

    Raises:
        IndexError: for a cell outside the image.
    """
    height, width = l_norm.shape
    hinted = np.zeros((height // hint_size, width // hint_size, 3), np.float32)
    rows, columns = cells[:, 0], cells[:, 1]
    hinted[rows, columns, :2] = cell_means(ab_norm, hint_size)[rows, columns]
    hinted[rows, columns, 2] = 1.0
    planes = _spread(hinted, hint_size)
    return np.concatenate([l_norm[..., None].astype(np.float32), planes], axis=-1)


def hint_cell(
    hint: Hint, photo_size: tuple[int, int], image_size: int, hint_size: int = HINT_SIZE
) -> tuple[int, int]:
    """The cell that a person's hint marks.

    The mapping is exact: a hint on any pixel of the photo marks the aligned cell that holds the
    model pixel over that pixel's top left corner.

    Args:
        hint: on the photo.
        photo_size: height and width of the photo, in pixels.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell.

    Returns:
        Row and column, in cells.

    Raises:
        HintError: for a hint outside the photo.
    """
    hint.check_inside(photo_size)
    height, width = photo_size
    row, column = hint.row * image_size // height, hint.column * image_size // width
    return row // hint_size, column // hint_size


def draw_cells(
    cells: np.ndarray, ab: np.ndarray, image_size: int, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """Draws hinted cells as the model reads them.

    Args:
        cells: int `[K, 2]` (row, column) in cells.
        ab: float `[K, 2]`, a* and b*.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell.

    Returns:
        float32 `[image_size, image_size, 3]`: normalized a and b (0 outside hints), hint mask.
    """
    planes = np.zeros((image_size, image_size, 3), np.float32)
    _draw(planes, cells, ab, hint_size)
    return planes


def draw_input(
    l_norm: np.ndarray, cells: np.ndarray, ab: np.ndarray, hint_size: int = HINT_SIZE
) -> np.ndarray:
    """The model's input from a photo's lightness and hinted cells.

    Args:
        l_norm: float32 `[S, S]`, normalized lightness.
        cells: int `[K, 2]` (row, column) in cells.
        ab: float `[K, 2]`, a* and b*.
        hint_size: side of a cell.

    Returns:
        float32 `[S, S, 4]`: L, and what `draw_cells` gives.
    """
    inputs = np.zeros((*l_norm.shape, 4), np.float32)
    inputs[..., 0] = l_norm
    _draw(inputs[..., 1:], cells, ab, hint_size)
    return inputs


def _draw(planes: np.ndarray, cells: np.ndarray, ab: np.ndarray, hint_size: int) -> None:
    """Draws cells into zeros `[S, S, 3]`."""
    if len(cells):
        side = len(planes) // hint_size
        drawn = planes.reshape(side, hint_size, side, hint_size, 3)  # a view
        rows, columns = cells.T
        drawn[rows, :, columns, :, :2] = color.normalize_ab(ab)[:, None, None]
        drawn[rows, :, columns, :, 2] = 1.0


def hint_planes(
    hints: Sequence[Hint],
    photo_size: tuple[int, int],
    image_size: int,
    hint_size: int = HINT_SIZE,
) -> np.ndarray:
    """Draws a person's hints on the model's image.

    Args:
        hints: on the photo, all with a color; a later one replaces an earlier one in the same cell.
        photo_size: height and width of the photo, in pixels.
        image_size: side of the model's square image, in pixels.
        hint_size: side of a cell; must divide `image_size`.

    Returns:
        float32 `[image_size, image_size, 3]`: normalized a and b (0 outside hints), hint mask.

    Raises:
        HintError: for a hint outside the photo, or a hint size that does not divide.
    """
    if hint_size < 1 or image_size % hint_size:
        raise HintError(f"{hint_size=} must divide the model's {image_size=}")
    by_cell = {hint_cell(hint, photo_size, image_size, hint_size): hint.ab() for hint in hints}
    cells = np.array(list(by_cell), int).reshape(-1, 2)
    ab = np.array(list(by_cell.values()), float).reshape(-1, 2)
    return draw_cells(cells, ab, image_size, hint_size)
