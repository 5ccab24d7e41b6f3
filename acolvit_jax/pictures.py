"""Pictures of results: hints drawn on grey photos, grids with headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from acolvit_jax import color, images
from acolvit_jax.hints import Hint

_GAP = 6
_HEADING = 26
_MARKER_RADIUS = 4


def grey_picture(inputs: np.ndarray) -> np.ndarray:
    """The grey photo that a model is given.

    Args:
        inputs: float32 `[S, S, 4]`, a model's input.

    Returns:
        uint8 `[S, S, 3]`.
    """
    lightness = color.denormalize_l(inputs[..., :1])
    return color.lab_to_uint8(np.concatenate([lightness, np.zeros_like(inputs[..., :2])], axis=-1))


def hints_picture(inputs: np.ndarray) -> np.ndarray:
    """The grey photo with a ringed dot of its colour on each hint.

    Args:
        inputs: float32 `[S, S, 4]`, a model's input.

    Returns:
        uint8 `[S, S, 3]`.
    """
    image = Image.fromarray(grey_picture(inputs))
    draw = ImageDraw.Draw(image)
    lab = np.concatenate(
        [color.denormalize_l(inputs[..., :1]), color.denormalize_ab(inputs[..., 1:3])], axis=-1
    )
    colors = color.lab_to_uint8(lab)
    for row, column in np.argwhere(inputs[..., 3] > 0):
        # A dot for every pixel of a cell lays the cell's dots over each other: they look like one.
        r = _MARKER_RADIUS
        box = (column - r, row - r, column + r, row + r)
        draw.ellipse(box, fill=tuple(int(c) for c in colors[row, column]), outline="white")
    return np.asarray(image)


def mark_hints(rgb: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
    """Draws a ringed dot of its colour on each hint of a photo.

    Args:
        rgb: uint8 `[H, W, 3]`.
        hints: in pixels of the photo.

    Returns:
        A new picture, uint8 `[H, W, 3]`.
    """
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    r = max(_MARKER_RADIUS, round(min(rgb.shape[:2]) / 60))
    for hint in hints:
        lab = color.uint8_to_lab(rgb[hint.row, hint.column])
        fill = color.lab_to_uint8(np.array([lab[0], *hint.ab()], np.float32))
        box = (hint.column - r, hint.row - r, hint.column + r, hint.row + r)
        draw.ellipse(box, fill=tuple(int(c) for c in fill), outline="white", width=max(1, r // 3))
    return np.asarray(image)


def hinted_grey(rgb: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
    """The grey of a photo's own lightness, with its hints.

    Args:
        rgb: uint8 `[H, W, 3]`.
        hints: in pixels of the photo.

    Returns:
        uint8 `[H, W, 3]`.
    """
    grey = color.recolor(rgb.astype(np.float32) / 255.0, 0.0, 0.0)
    return mark_hints(np.round(grey * 255.0).astype(np.uint8), hints)


def side_by_side(columns: Mapping[str, np.ndarray], *, max_side: int = 360) -> np.ndarray:
    """Pictures of one photo under headings, small enough to look at together.

    Args:
        columns: by heading, uint8 `[H, W, 3]`, all of one size.
        max_side: a picture's longer side, in pixels, is at most this.

    Returns:
        uint8 `[h, w, 3]`.
    """
    height, width = next(iter(columns.values())).shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return grid([[images.resize(picture, size) for picture in columns.values()]], list(columns))


def grid(rows: Sequence[Sequence[np.ndarray]], headings: Sequence[str]) -> np.ndarray:
    """Lays pictures out in rows under headings.

    Args:
        rows: pictures, uint8 `[S, S, 3]`, all of one size.
        headings: one a column.

    Returns:
        uint8 `[H, W, 3]`.
    """
    height, width = rows[0][0].shape[:2]
    size = (
        _GAP + len(headings) * (width + _GAP),
        _HEADING + len(rows) * (height + _GAP),
    )
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for column, heading in enumerate(headings):
        draw.text((_GAP + column * (width + _GAP), 4), heading, fill="black", font=font)
    for r, row in enumerate(rows):
        for column, picture in enumerate(row):
            corner = (_GAP + column * (width + _GAP), _HEADING + r * (height + _GAP))
            sheet.paste(Image.fromarray(picture), corner)
    return np.asarray(sheet)
